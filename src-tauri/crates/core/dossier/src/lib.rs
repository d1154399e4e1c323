//! Words and rules of the one-stop counter.
//!
//! Owns: identifiers and codes, people, procedures, papers, dossiers and their
//! transitions, text folding for search, deadlines. Values in, values out: no
//! file, clock, network or random source is known here; time and fresh ids
//! arrive as arguments.
//!
//! ```
//! use motcua_dossier::{fold, IdNumber};
//! assert_eq!(fold("Đặng Thị Diệp"), "dang thi diep");
//! assert_eq!(IdNumber::parse("012345678901").unwrap().masked(), "0123••••8901");
//! ```

mod aside;
mod calendar;
mod code;
mod correct;
mod document;
mod dossier;
mod evidence;
mod feedback;
mod fees;
mod fit;
mod fold;
mod guide;
mod identity;
mod ids;
mod legal;
mod merge;
mod moment;
mod office;
mod outbox;
mod procedure;
mod queue;
mod reference;
mod retention;
mod rules;
mod search;
mod settings;
mod steps;
mod submission;

pub use aside::{AsideWhy, FormerPaper, SetAside};
pub use calendar::{Calendar, DayOff, Deadline, TimeLimit};
pub use code::{
    AgencyCode, CodeError, DossierCode, NumberBlock, PaperCode, PaperName, ProcedureCode, ResultCode,
};
pub use correct::{CorrectedResult, Correction, CorrectionFault, CorrectionState, same_officer};
pub use document::{
    CopyForm, DocumentRecord, DocumentStatus, DocumentSummary, Metadata, Provenance, StoreKind,
};
pub use dossier::{
    Applicant, Attachment, AttachmentSource, Channel, ComponentRow, Consent, ConsentMethod, DOCX, Dossier,
    DossierError, DossierState, FieldProblem, MSWORD, ReceiptChange, Reservation, ResultPaper, ReturnMethod,
    Reuse, Settlement, SignatureMark, SignerRole, TakenUp, Waiver, Withdrawal, WordOrigin,
};
pub use evidence::{ComponentEvidence, EvidenceSource};
pub use feedback::{FeedbackAct, FeedbackReason, FeedbackRecord, Report};
pub use fees::{FeeAccount, FeeAct, FeeFault, FeeLine, FeeMethod, FeeRecord, MAX_FEE, next_receipt_number};
pub use fit::{Fit, UnfitReason};
pub use fold::{fold, untelex};
pub use guide::{Guide, ONLINE_GUIDE, WAREHOUSE_GUIDE};
pub use identity::{
    IdKind, IdNumber, IdNumberError, IdentityAnswer, IdentityCheck, LinkFault, Party, PartyKind,
};
pub use ids::{BlobId, DeviceId, DocumentId, DossierId, OpId};
pub use legal::LegalDocument;
pub use merge::{Difference, Merged, Sheet, Side, Undecided, merge};
pub use moment::{Day, Timestamp};
pub use office::{Holder, OfficeDossier};
pub use outbox::{OutboxItem, OutboxKind, OutboxState};
pub use procedure::{Category, ComponentSpec, HandlingCase, OrgNode, Procedure, ReferenceData};
pub use queue::{Load, QueueFilter, QueuePage, QueueRow, QueueState, SeatLoad, seat_key, seat_loads};
pub use reference::{
    Database, FaultKind, FormTemplate, GuideText, IDENTITY_GUIDE, NoticeChannel, NoticeEvent, NoticeTemplate,
    ReferenceFault, ReferenceList, Target, WorkingHours,
};
pub use retention::{Claim, Due, HeldFile, Retention};
pub use rules::{LawRule, RuleKey};
pub use search::{SearchQuery, SearchText, SearchWord};
pub use settings::{Setting, SettingKey, SettingKind, SigningRule, SupportContact, USUAL_GRACE_DAYS};
pub use steps::{
    Exception, Moved, Phase, Seat, Standing, StepAct, StepDays, StepFault, StepLine, StepRecord, StepRules,
};
pub use submission::{
    AgencyDefect, DeclineKind, DeclineReason, Declined, MAX_SUBMITTED_PAPERS, PortalAccount, Submission,
    SubmittedPaper,
};
