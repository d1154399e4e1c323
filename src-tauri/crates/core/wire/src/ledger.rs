//! What is kept beside a dossier and read for itself: fees, feedback, uses of papers, confirmations, owners.

use motcua_dossier::{
    ConsentMethod, Day, DeviceId, DocumentId, DocumentSummary, DossierCode, DossierId, FeeAccount, FeeMethod,
    FeeRecord, FeedbackReason, IdNumber, IdentityAnswer, OpId, StepRecord, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Most entries in one page of these lists.
pub const MAX_PAGE: u32 = 200;

/// Longest text of a person (reasons, opinions, answers), in characters.
pub const MAX_TEXT: usize = 2000;

/// Longest number of a receipt for a fee, in characters.
pub const MAX_RECEIPT_NUMBER: usize = 50;

/// Fees of a dossier, computed from its entries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DossierFees {
    /// Which dossier.
    pub dossier: DossierId,
    /// Fee of its case, đồng.
    pub fee: u64,
    /// Paid and not reversed.
    pub paid: u64,
    /// Exempt or reduced and not reversed.
    pub relieved: u64,
    /// Still to be paid.
    pub due: u64,
    /// Paid or relieved beyond a fee that was lowered afterwards.
    pub beyond: u64,
    /// Nothing is to be paid any more.
    pub settled: bool,
    /// In the order they were taken.
    pub entries: Vec<FeeEntry>,
}

impl DossierFees {
    /// The fees of a dossier; settled only when it was accepted, for before there is no fee.
    #[must_use]
    pub fn of(dossier: DossierId, account: &FeeAccount, accepted: bool, entries: Vec<FeeEntry>) -> Self {
        Self {
            dossier,
            fee: account.fee(),
            paid: account.paid(),
            relieved: account.relieved(),
            due: account.due(),
            beyond: account.beyond(),
            settled: accepted && account.is_settled(),
            entries,
        }
    }
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeEntry {
    /// The operation that brought it.
    pub id: OpId,
    /// As the officer made it.
    pub record: FeeRecord,
    /// On which machine.
    pub device: DeviceId,
    /// When the warehouse took it.
    pub taken_at: Timestamp,
}

/// What happened to a dossier after its acceptance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DossierSteps {
    /// Which dossier.
    pub dossier: DossierId,
    /// In the order they were taken.
    pub entries: Vec<StepEntry>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StepEntry {
    /// The operation that brought it.
    pub id: OpId,
    /// As the officer made it.
    pub record: StepRecord,
    /// On which machine.
    pub device: DeviceId,
    /// When the warehouse took it.
    pub taken_at: Timestamp,
}

/// Most things one request for a supplement, or one refusal, lists.
pub const MAX_STEP_ITEMS: usize = 50;

/// What the officers of an agency took on a day: for the end of a shift.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeTotals {
    /// The day the officers made the entries.
    pub day: Day,
    /// By officer and method.
    pub items: Vec<OfficerFees>,
}

/// One officer's payments of one method.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfficerFees {
    /// Who.
    pub officer: String,
    /// How.
    pub method: FeeMethod,
    /// Payments taken that day.
    pub count: u64,
    /// Đồng of these.
    pub paid: u64,
    /// Đồng of payments, of this or an earlier day, that the officer reversed that day.
    pub reversed: u64,
}

/// A feedback and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Feedback {
    /// The operation that brought it.
    pub id: OpId,
    /// About which paper.
    pub document: DocumentId,
    /// In which version.
    pub version: u64,
    /// Which of the three reasons.
    pub reason: FeedbackReason,
    /// The opinion.
    pub text: String,
    /// Who recorded it.
    pub officer: String,
    /// When.
    pub given_at: Timestamp,
    /// Agency that recorded it.
    pub from_agency: String,
    /// Agency that filed the paper, when known.
    pub to_agency: Option<String>,
    /// The issuing agency found the paper wrong.
    #[serde(default)]
    pub confirmed: Option<FeedbackFinding>,
    /// What came of it.
    pub answer: Option<FeedbackAnswer>,
    /// The caller's office is the one that answers.
    #[serde(default)]
    pub ours: bool,
    /// The paper as it is now, where the caller may see it.
    #[serde(default)]
    pub paper: Option<DocumentSummary>,
    /// Dossiers of the caller's scope that use the paper as it was, once it was found wrong.
    #[serde(default)]
    pub uses: Vec<WrongUse>,
}

impl Feedback {
    /// The paper was found wrong, and not right since.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.confirmed.is_some() && self.answer.as_ref().is_none_or(|answer| answer.corrected)
    }
}

/// The issuing agency found the paper wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeedbackFinding {
    /// What is wrong.
    pub text: String,
    /// Who.
    pub officer: String,
    /// When.
    pub at: Timestamp,
}

/// A dossier that uses a paper that was found wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WrongUse {
    /// Which dossier.
    pub dossier: DossierId,
    /// Its code.
    pub code: DossierCode,
    /// Name of its owner.
    pub owner_name: String,
    /// Who accepted it.
    pub officer: String,
    /// Its result was handed over.
    pub returned: bool,
}

/// What the issuing agency did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeedbackAnswer {
    /// The paper was filed anew.
    pub corrected: bool,
    /// What was done, or why not.
    pub text: String,
    /// Who.
    pub officer: String,
    /// When.
    pub at: Timestamp,
}

/// A page of feedback, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeedbackPage {
    /// The page.
    pub items: Vec<Feedback>,
    /// `after` of the next page; none at the end.
    pub next: Option<u64>,
}

/// A paper was reused by a dossier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Use {
    /// By which.
    pub dossier: DossierId,
    /// Which paper.
    pub document: DocumentId,
    /// When it was counted.
    pub at: Timestamp,
}

/// A confirmation of reuse, as recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// For which dossier.
    pub dossier: DossierId,
    /// Which paper.
    pub document: DocumentId,
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: ConsentMethod,
    /// Which officer heard it.
    pub officer: String,
    /// Of a paper of the national store.
    pub national: bool,
}

/// A person or organisation as the warehouse knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// Every number known for it.
    pub numbers: Vec<IdNumber>,
    /// Its name, when the warehouse was told.
    pub name: Option<String>,
    /// What the identity service last said of it to a counter of the caller's agency.
    pub identity: Option<OwnerIdentity>,
}

/// Identity status as it was last told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnerIdentity {
    /// "Đã có" or "Chưa có".
    pub answer: IdentityAnswer,
    /// When.
    pub at: Timestamp,
}
