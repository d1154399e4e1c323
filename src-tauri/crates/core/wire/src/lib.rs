//! Versioned messages: desktop to warehouse (`/v1`), and program to worker.
//!
//! Requests refuse unknown fields; responses ignore them. Every durable or exchanged
//! thing names its version. No transport is known here.
//!
//! ```
//! use motcua_wire::{read_frame, write_frame};
//! let mut pipe = Vec::new();
//! write_frame(&mut pipe, &"a page follows", b"its bytes")?;
//! let (head, body): (String, Vec<u8>) = read_frame(&mut pipe.as_slice())?;
//! assert_eq!((head.as_str(), body.as_slice()), ("a page follows", &b"its bytes"[..]));
//! # Ok::<(), motcua_wire::FrameError>(())
//! ```

mod admin;
mod frame;
mod ledger;
mod package;
mod problem;
mod protocol;
mod receipt;
mod seal;
pub mod sheets;

pub use admin::{
    ActDone, AdminAct, AdminReply, AdminRequest, CellDiff, ChangeReport, ColumnKind, EditFault, MAX_EDITS,
    MachineLine, NewerVersion, OfficerGrant, OfficerLine, People, RowDiff, RowFate, RowStep, SheetChange,
    SheetColumn, SheetEdit, SheetHead, SheetList, SheetRow, Unit, VersionLine,
};
pub use frame::{FRAME_VERSION, FrameError, SECRET_VARIABLES, read_frame, write_frame};
pub use ledger::{
    ConsentRecord, DossierFees, DossierSteps, FeeEntry, FeeTotals, Feedback, FeedbackAnswer, FeedbackFinding,
    FeedbackPage, MAX_PAGE, MAX_RECEIPT_NUMBER, MAX_STEP_ITEMS, MAX_TEXT, OfficerFees, Owner, OwnerIdentity,
    StepEntry, Use, WrongUse,
};
pub use motcua_dossier::{ComponentEvidence, EvidenceSource};
pub use package::{
    MAX_PACKAGE_PART, PACKAGE_VERSION, PackageDossier, PackageError, PackageFile, PackageHeader, PackageLine,
    PackageManifest, PackagePart, PackageReader, PackageSecrets, PackageWriter,
};
pub use problem::Problem;
pub use protocol::{
    About, AcceptedDossier, BlobState, BlobsQuery, BlobsReply, CERTIFICATE_DAYS, CHUNK, CarriedPackage,
    Change, Changes, DeclinedDossier, DossierEvent, DossierLease, DossierPage, DossierView, DossiersQuery,
    DossiersReply, EnrolDevice, Enrolled, IdentityReply, KEPT_DAYS, LEASE_HOURS, LeaseBlock, LeaseDossier,
    LoggedIn, Login, MAX_ASKED, MAX_CHANGES, MAX_FILE, MAX_KEPT, MAX_REPLACED, MAX_WAIT, Op, OpPayload,
    OpResult, OpState, OpStatus, OpenUpload, OpsQuery, OpsReply, OpsRequest, OpsStatus, PURPOSE, Purpose,
    RENEW_AFTER_DAYS, RENEWAL_GRACE_DAYS, RefreshLogin, RenewDevice, ReturnedResult, Role, SCHEMA_VERSION,
    SMALLEST_CHUNK, SubmissionPage, WaitingSubmission, WithdrawnWork,
};
pub use receipt::{ReceiptBody, ReceiptError, SignedReceipt};
pub use seal::{REFERENCE_SIGNATURE, ReferenceSeal, SealedReference};
