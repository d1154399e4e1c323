//! What an officer does at the counter, and the ports it needs.
//!
//! Owns: the use cases from unlocking to "Kho đã nhận", one file per area. Does not know: files,
//! sockets, devices, clocks or randomness; all of them are [`ports`]. Two rules hold everywhere:
//! nothing is shown as saved before the vault has committed it, and a failure changes nothing.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let office = motcua_testkit::Office::ready().await;
//! let draft = office.open().await;
//! let offers = office.desk.offers(draft.id, draft.components[0].number).await.unwrap();
//! assert_eq!(offers.problem, None, "the warehouse answered");
//! # });
//! ```

// Every use case is async for its callers, whether or not it waits today.
#![allow(clippy::unused_async)]
#![forbid(unsafe_code)]

mod accept;
mod admin;
mod aside;
mod attach;
mod book;
mod capture;
mod compliance;
mod conflict;
mod convert;
mod correct;
mod decline;
mod desk;
mod digitize;
mod error;
mod feedback;
mod fees;
mod forms;
mod grace;
mod guides;
mod identity;
mod intake;
mod login;
mod loose;
mod office;
mod officer;
mod online;
mod outbox;
mod package;
mod papers;
pub mod ports;
mod printing;
mod queue;
mod reconcile;
mod replace;
mod report;
mod result;
mod retention;
mod reuse;
mod settings;
mod shift;
mod sign;
mod spreadsheet;
mod standing;
mod steps;
mod supply;
mod sync;
mod unlock;
mod withdraw;
mod word;

pub use accept::TRAINING_WATERMARK;
pub use admin::AdminLists;
pub use book::{Book, BookLine, BookNote};
pub use capture::ScanOptions;
pub use compliance::{Compliance, ComplianceLine, ResultForm};
pub use conflict::Conflict;
pub use desk::{Desk, OfficeSettings, Ports};
pub use error::{
    AdminError, AsideError, BookError, CODES, CaptureError, CorrectError, DeskError, FINDINGS, FeeError,
    FileError, FilingError, GuideError, IntakeError, OUTBOX_CODES, OfficeProblem, PRINTER_CODES,
    PackageProblem, PrintProblem, ReferenceError, ReportError, ReuseError, SignError, StepError,
    UNFIT_REASONS, UnlockError, WithdrawError, dotted, pin_state_code,
};
pub use feedback::{FeedbackLine, Judgement};
pub use forms::PrintedForm;
pub use identity::IdentityFinding;
pub use intake::{DossierChange, NewDossier};
pub use login::Login;
pub use loose::LooseScan;
pub use motcua_pdf::{CodePicture, code_picture};
pub use motcua_wire::MAX_FILE;
pub use motcua_wire::PACKAGE_VERSION;
pub use motcua_wire::WaitingSubmission;
pub use motcua_wire::{
    ActDone, AdminAct, ChangeReport, ColumnKind, EditFault, People, Role, RowDiff, RowFate, RowStep,
    SheetChange, SheetEdit, SheetList, SheetRow, VersionLine,
};
pub use motcua_wire::{Feedback, WrongUse};
pub use office::Work;
pub use online::Opened;
pub use package::{Package, package_header};
pub use printing::PrintSettings;
pub use queue::{MAX_AT_ONCE, Overview, QUEUE_PAGE, Queue, SeveralWish, TakenStep, queue_words};
pub use reconcile::{Finding, ReconciledDay, ReconciledLine, Reconciliation};
pub use reuse::{AutoAttach, AutoOutcome, AutoRow, Badges, Fit, Offer, Offers};
pub use shift::{Shift, ShiftEntry, ShiftMethod};
pub use sign::{CertificateChoice, RowProgress, SignedRows, TokenState};
pub use standing::{Approver, Approvers};
pub use steps::{Approval, StepWish};
pub use sync::{SyncEvent, SyncReport};
pub use unlock::Status;
pub use word::{MAX_UNPACKED, word_format};
