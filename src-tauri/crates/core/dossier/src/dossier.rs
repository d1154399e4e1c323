//! The dossier (hồ sơ) at the counter: rows, attachments, reuse, consent, states and what each state allows.

use crate::{
    BlobId, CopyForm, Correction, Day, Deadline, Declined, Difference, DocumentId, DossierCode, DossierId,
    FeeAccount, FeeAct, FeeLine, FeeMethod, FormerPaper, IdentityCheck, Metadata, OpId, Party, ProcedureCode,
    Provenance, Report, ResultCode, SetAside, Standing, StepLine, StepRecord, Submission, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the dossier came in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Trực tiếp.
    Direct,
    /// Bưu chính công ích.
    Postal,
    /// Trực tuyến.
    Online,
}

/// Hình thức nhận kết quả.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnMethod {
    /// At the counter.
    Counter,
    /// By post to the registered address.
    Postal,
    /// Electronic only.
    Electronic,
}

/// Người nộp and Chủ hồ sơ are two distinct parties (inventory G-06).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Applicant {
    /// Chủ hồ sơ: the owner of the dossier and of its papers.
    pub owner: Party,
    /// Người nộp when not the owner himself.
    #[serde(default)]
    pub submitter: Option<Party>,
}

/// Life of a dossier at the counter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum DossierState {
    /// Nháp: on this machine, being written.
    Draft,
    /// Đã tiếp nhận.
    Accepted {
        /// When.
        at: Timestamp,
        /// When the result is due.
        deadline: Deadline,
    },
    /// Hoàn thành: result returned and fees settled (decision 10).
    Completed {
        /// When.
        at: Timestamp,
        /// When it was accepted.
        accepted_at: Timestamp,
        /// When the result was due.
        deadline: Deadline,
    },
    /// Không tiếp nhận: something is missing, or it was refused; form 02 or 03 says why.
    Declined(Box<Declined>),
    /// Nháp đã cất: worked on no more, and never accepted here.
    SetAside(Box<SetAside>),
    /// Đã bỏ: taken back before the warehouse had it.
    Withdrawn {
        /// When.
        at: Timestamp,
        /// What it was before.
        was: Box<Self>,
    },
}

impl DossierState {
    /// When it was accepted and when the result is due; none of a draft.
    #[must_use]
    pub fn acceptance(&self) -> Option<(Timestamp, &Deadline)> {
        match self {
            Self::Draft | Self::Declined(_) | Self::SetAside(_) => None,
            Self::Accepted { at, deadline } | Self::Completed { accepted_at: at, deadline, .. } => {
                Some((*at, deadline))
            }
            Self::Withdrawn { was, .. } => was.acceptance(),
        }
    }
}

/// Where an attached file came from (inventory D-09).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum AttachmentSource {
    /// Scanned here; `dpi` is what was asked of the device.
    Scan {
        /// Dots per inch.
        dpi: u32,
    },
    /// Chosen from this computer.
    File,
    /// Lấy từ kho: a paper of the warehouse, provisional until acceptance.
    Warehouse(Reuse),
}

/// A reused paper.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reuse {
    /// Which paper.
    pub document: DocumentId,
    /// Which version of it.
    pub version: u64,
    /// Which store it came from.
    pub provenance: Provenance,
}

/// A signature found on, or put onto, an attached file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignatureMark {
    /// Whose certificate.
    pub role: SignerRole,
    /// Common name of the certificate's subject.
    pub signer: String,
    /// Claimed time of signing.
    pub at: Timestamp,
}

/// Whose certificate signs (decision 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerRole {
    /// The officer's own certificate.
    Officer,
    /// The agency's certificate.
    Agency,
    /// Somebody else's, on a file that came signed.
    Other,
}

/// A file on a component row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// The bytes as they are now (a signature makes a new blob; the one before is `supersedes`).
    pub blob: BlobId,
    /// Size in bytes.
    pub size: u64,
    /// Pages; 0 for a DOC attachment.
    pub pages: u32,
    /// `application/pdf` or a Word type; by content, not by name.
    pub media_type: String,
    /// Where it came from.
    pub source: AttachmentSource,
    /// Signatures, oldest first.
    #[serde(default)]
    pub signatures: Vec<SignatureMark>,
    /// Set when "Số hóa" queued it: the operation and the paper it becomes.
    #[serde(default)]
    pub digitized: Option<(OpId, DocumentId)>,
    /// What the officer wrote about it.
    #[serde(default)]
    pub metadata: Option<Metadata>,
    /// The Word file it was made of on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<WordOrigin>,
}

/// The Word file a PDF was made of: it stays with the dossier on this machine, is never sent once the PDF took its place,
/// and can take its place again (decision 1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WordOrigin {
    /// The bytes as the citizen brought them.
    pub blob: BlobId,
    /// Size in bytes.
    pub size: u64,
    /// [`MSWORD`] or [`DOCX`].
    pub media_type: String,
    /// Which officer had it converted.
    pub officer: String,
    /// When.
    pub at: Timestamp,
}

/// Media type of a DOC file.
pub const MSWORD: &str = "application/msword";
/// Media type of a DOCX file.
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

impl Attachment {
    /// A PDF: may be signed and may enter the warehouse (decision 1).
    #[must_use]
    pub fn is_pdf(&self) -> bool {
        self.media_type == "application/pdf"
    }

    /// A DOC or DOCX: it may stay in the dossier, and has to become a PDF before it is signed (decision 1).
    #[must_use]
    pub fn is_word(&self) -> bool {
        matches!(self.media_type.as_str(), MSWORD | DOCX)
    }

    /// Taken from the warehouse, so never signed or filed again.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        matches!(self.source, AttachmentSource::Warehouse(_))
    }
}

/// A paper known only by its metadata, to be fetched when the network is back ("Sẽ lấy khi có mạng").
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reservation {
    /// What is to be fetched.
    pub reuse: Reuse,
    /// Its content.
    pub blob: BlobId,
    /// Stable code of the reason, once fetching or verifying failed for good ("Cần xử lý").
    #[serde(default)]
    pub problem: Option<String>,
}

/// A paper that is not handed in, because its data are in a database of the state and an officer looked them up there
/// (inventory D-23). It is no reuse of a digitized paper.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Waiver {
    /// Name of the database.
    pub database: String,
    /// What was found there, in the officer's words; may be empty.
    #[serde(default)]
    pub note: String,
    /// Who looked.
    pub officer: String,
    /// When.
    pub at: Timestamp,
}

/// One row of the component table (inventory D-07).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ComponentRow {
    /// Position, from 1.
    pub number: u32,
    /// Name as printed.
    pub name: String,
    /// Form of copy asked for.
    pub form: CopyForm,
    /// Number of copies.
    pub quantity: u32,
    /// Codes that satisfy it.
    pub result_codes: Vec<ResultCode>,
    /// Age limit in days.
    pub fresh_days: Option<u32>,
    /// Must be there at acceptance.
    pub required: bool,
    /// A digitized copy enters the warehouse.
    pub enters_warehouse: bool,
    /// What is attached.
    #[serde(default)]
    pub attachment: Option<Attachment>,
    /// What will be attached by itself.
    #[serde(default)]
    pub reservation: Option<Reservation>,
    /// It is not handed in: its data are in a database.
    #[serde(default)]
    pub waiver: Option<Waiver>,
}

/// How the citizen confirmed the reuse; never assumed (Law 91/2025/QH15; decision 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMethod {
    /// Said so at the counter.
    Spoken,
    /// Signed on paper.
    Paper,
    /// Signed on a pad.
    Pad,
    /// He chose the paper himself at the portal when he sent the dossier. Schema 4.
    Portal,
}

/// A recorded confirmation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: ConsentMethod,
    /// Which officer heard it.
    pub officer: String,
    /// Which papers it covers.
    pub documents: Vec<DocumentId>,
    /// A national paper has a confirmation of its own, before it is fetched.
    pub national: bool,
}

/// The returned result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResultPaper {
    /// The signed PDF.
    pub attachment: Attachment,
    /// What is said about it.
    pub metadata: Metadata,
}

/// Why the receipt in the citizen's hands is no longer the dossier's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptChange {
    /// The final code took the place of the provisional one.
    FinalCode,
    /// A paper was replaced after acceptance.
    Papers,
}

/// A dossier that another counter took in and this one goes on with. Its papers are in the warehouse.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakenUp {
    /// What the office calls the machine that took it in; may be empty.
    pub counter: String,
    /// Officer who accepted it there.
    pub officer: String,
    /// When this counter took it up.
    pub at: Timestamp,
}

/// How a conflict with the warehouse was settled. Both sides' values stay here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settlement {
    /// When.
    pub at: Timestamp,
    /// Which officer decided.
    pub officer: String,
    /// The operation the warehouse did not take.
    pub op: OpId,
    /// Version the warehouse had.
    pub server_version: u64,
    /// What differed, both values, and which was taken.
    pub differences: Vec<Difference>,
}

/// A dossier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dossier {
    /// Identity, made at the first keystroke.
    pub id: DossierId,
    /// Code on the receipt, from acceptance on.
    #[serde(default)]
    pub code: Option<DossierCode>,
    /// How it came in.
    pub channel: Channel,
    /// How the result is handed over.
    pub return_method: ReturnMethod,
    /// Owner and submitter.
    pub applicant: Applicant,
    /// What the identity service said.
    pub identity: IdentityCheck,
    /// Which procedure, in which version of the reference data.
    pub procedure: ProcedureCode,
    /// Name of the procedure, as it was then.
    pub procedure_name: String,
    /// Version of the reference data it was taken under.
    pub reference_version: u64,
    /// Case of handling.
    pub case_code: String,
    /// Working days of that case.
    pub working_days: u32,
    /// Working hours of that case, beside the days.
    #[serde(default)]
    pub working_hours: u32,
    /// Fee in đồng.
    pub fee: u64,
    /// Entries of its fees, in the order they were made or heard of.
    #[serde(default)]
    pub fees: Vec<FeeLine>,
    /// What happened to it after its acceptance, in the order it was done or heard of.
    #[serde(default)]
    pub steps: Vec<StepLine>,
    /// Component table.
    pub components: Vec<ComponentRow>,
    /// Confirmations of reuse.
    #[serde(default)]
    pub consents: Vec<Consent>,
    /// Papers of the warehouse that were reported as wrong while it was worked on.
    #[serde(default)]
    pub reports: Vec<Report>,
    /// Where it stands.
    pub state: DossierState,
    /// The result, once attached.
    #[serde(default)]
    pub result: Option<ResultPaper>,
    /// Corrections of the returned result that were asked for at this counter, oldest first.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// The receipt PDF, from acceptance on.
    #[serde(default)]
    pub receipt: Option<BlobId>,
    /// Why the receipt must be printed again; empty once the present one was.
    #[serde(default)]
    pub reprint: BTreeSet<ReceiptChange>,
    /// Operations that may have left and that others took the place of; each later one says so to the
    /// warehouse.
    #[serde(default)]
    pub replaced: BTreeSet<OpId>,
    /// Unsent work of this dossier that was taken back, oldest first.
    #[serde(default)]
    pub withdrawals: Vec<Withdrawal>,
    /// A check made later, by itself, found "Chưa có": the owner is still to be told how to get an account
    /// (decision 11).
    #[serde(default)]
    pub guide_due: bool,
    /// How it was sent, when it came through the portal or by post with its files.
    #[serde(default)]
    pub submission: Option<Box<Submission>>,
    /// Why it is accepted though a rule for agencies' dossiers is not kept.
    #[serde(default)]
    pub exception: Option<String>,
    /// Where it comes from when another counter took it in.
    #[serde(default)]
    pub taken_up: Option<TakenUp>,
    /// Papers of this counter's draft that was set aside before the dossier came here as another counter accepted it.
    #[serde(default)]
    pub former_papers: Vec<FormerPaper>,
    /// Conflicts that were settled, oldest first.
    #[serde(default)]
    pub settlements: Vec<Settlement>,
    /// Officer who opened it.
    pub officer: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Version the server has; 0 before the first.
    #[serde(default)]
    pub server_version: u64,
    /// Local version, grows with every commit.
    #[serde(default)]
    pub revision: u64,
}

/// Unsent work was taken back: by an officer with a colleague's word, for a reason, and sealed before. Nothing of
/// it is deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub officer: String,
    /// Who agreed; never the same.
    pub approved_by: String,
    /// Why, in the officer's words.
    pub reason: String,
    /// The lines.
    pub ops: Vec<OpId>,
    /// The package that has them, sealed to the agency's recovery key.
    pub package: BlobId,
    /// The warehouse had applied one of them before it heard of this: the lines went on.
    #[serde(default)]
    pub too_late: bool,
}

/// What a dossier does not allow.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DossierError {
    /// Only a draft may be changed.
    #[error("dossier is no longer a draft")]
    NotDraft,
    /// Only an accepted dossier gets a result.
    #[error("dossier is not accepted")]
    NotAccepted,
    /// No row of that number.
    #[error("dossier has no component {0}")]
    NoSuchComponent(u32),
    /// The row has no file.
    #[error("component {0} has no file")]
    NothingAttached(u32),
    /// The row's file is already in the outbox.
    #[error("component {0} is already digitized")]
    AlreadyDigitized(u32),
    /// Something is missing or wrong, field by field.
    #[error("dossier is not complete")]
    Incomplete(Vec<FieldProblem>),
}

/// One finding of the completeness check, shown beside its field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldProblem {
    /// `owner.name`, `components.2`, `consent`, …
    pub field: String,
    /// Stable code; the window has the sentence.
    pub code: String,
}

impl Dossier {
    /// The row of that number.
    ///
    /// # Errors
    /// No such row.
    pub fn component(&self, number: u32) -> Result<&ComponentRow, DossierError> {
        self.components.iter().find(|c| c.number == number).ok_or(DossierError::NoSuchComponent(number))
    }

    /// The row of that number, to be changed; only while the dossier is a draft.
    ///
    /// # Errors
    /// Not a draft, or no such row.
    pub fn component_mut(&mut self, number: u32) -> Result<&mut ComponentRow, DossierError> {
        if self.state != DossierState::Draft {
            return Err(DossierError::NotDraft);
        }
        self.components.iter_mut().find(|c| c.number == number).ok_or(DossierError::NoSuchComponent(number))
    }

    /// What is paid and due, computed from the entries that count.
    #[must_use]
    pub fn fee_account(&self) -> FeeAccount {
        FeeAccount::of(
            self.fee,
            self.fees.iter().filter(|line| !line.void).map(|line| (line.id, &line.record.act)),
        )
    }

    /// The steps that count.
    pub fn steps_taken(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps.iter().filter(|line| !line.void).map(|line| &line.record)
    }

    /// Where it stands since its acceptance; none of a draft.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        let (_, deadline) = self.state.acceptance()?;
        Some(Standing::after(deadline.clone(), self.steps_taken()))
    }

    /// The day by which the citizen is owed something: of an accepted dossier that nobody refused or stopped, also
    /// while more is awaited.
    #[must_use]
    pub fn owed_by(&self) -> Option<Day> {
        let accepted = matches!(self.state, DossierState::Accepted { .. });
        self.standing().filter(|standing| accepted && !standing.is_over()).map(|standing| standing.due.day)
    }

    /// Entries of the fees that reverse that one, and count.
    #[must_use]
    pub fn reversals_of(&self, entry: OpId) -> Vec<OpId> {
        let reverses = |line: &&FeeLine| matches!(&line.record.act, FeeAct::Reversed { entry: reversed, .. } if *reversed == entry && !line.void);
        self.fees.iter().filter(reverses).map(|line| line.id).collect()
    }

    /// Đồng and method of an entry of the fees; a reversal is as much as what it takes back, relief has no method.
    #[must_use]
    pub fn fee_money(&self, act: &FeeAct) -> (u64, Option<FeeMethod>) {
        match act {
            FeeAct::Paid { amount, method, .. } => (*amount, Some(*method)),
            FeeAct::Relieved { amount, .. } => (*amount, None),
            FeeAct::Reversed { entry, .. } => {
                match self.fees.iter().find(|line| line.id == *entry).map(|line| &line.record.act) {
                    Some(FeeAct::Paid { amount, method, .. }) => (*amount, Some(*method)),
                    Some(FeeAct::Relieved { amount, .. }) => (*amount, None),
                    Some(FeeAct::Reversed { .. }) | None => (0, None),
                }
            }
        }
    }

    /// Papers attached from the warehouse that no confirmation covers yet.
    #[must_use]
    pub fn unconfirmed_reuse(&self) -> Vec<DocumentId> {
        self.reused()
            .map(|r| r.document)
            .filter(|d| !self.consents.iter().any(|c| c.documents.contains(d)))
            .collect()
    }

    /// Papers attached or reserved from the warehouse; each counts as one use at acceptance.
    pub fn reused(&self) -> impl Iterator<Item = &Reuse> {
        self.components.iter().filter_map(|row| match (&row.attachment, &row.reservation) {
            (Some(Attachment { source: AttachmentSource::Warehouse(reuse), .. }), _) => Some(reuse),
            (_, Some(reservation)) => Some(&reservation.reuse),
            _ => None,
        })
    }

    /// Takes a paper out of the confirmations: what was removed counts nothing and is asked again.
    pub fn forget_consent(&mut self, document: DocumentId) {
        for consent in &mut self.consents {
            consent.documents.retain(|d| *d != document);
        }
        self.consents.retain(|c| !c.documents.is_empty());
    }

    /// Replaces reservations of a paper by the fetched file, in whatever state the dossier is.
    pub fn fill_reservation(&mut self, document: DocumentId, attachment: &Attachment) {
        for row in &mut self.components {
            if row.attachment.is_none()
                && row.reservation.as_ref().is_some_and(|r| r.reuse.document == document)
            {
                row.attachment = Some(attachment.clone());
                row.reservation = None;
            }
        }
    }

    /// What keeps the dossier from being accepted; empty when nothing does.
    ///
    /// A component that enters the warehouse must carry the agency's signature and be digitized
    /// (decision 2); a reused paper must be covered by a recorded confirmation (decision 3).
    #[must_use]
    pub fn problems(&self) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        let mut add = |field: String, code: &str| found.push(FieldProblem { field, code: code.to_owned() });
        if self.state != DossierState::Draft {
            add("state".into(), "dossierNotDraft");
        }
        if self.applicant.owner.name.trim().is_empty() {
            add("owner.name".into(), "ownerNameMissing");
        }
        if matches!(&self.applicant.submitter, Some(p) if p.name.trim().is_empty()) {
            add("submitter.name".into(), "submitterNameMissing");
        }
        for row in &self.components {
            let field = format!("components.{}", row.number);
            match (&row.attachment, &row.reservation) {
                (None, Some(r)) if r.problem.is_some() => add(field, "reservationFailed"),
                (None, Some(_)) => {}
                (None, None) if row.required && row.waiver.is_none() => add(field, "componentMissing"),
                (Some(a), _)
                    if matches!(a.source, AttachmentSource::Scan { .. } | AttachmentSource::File)
                        && row.enters_warehouse
                        && a.digitized.is_none() =>
                {
                    add(field, "componentNotDigitized");
                }
                _ => {}
            }
        }
        if !self.unconfirmed_reuse().is_empty() {
            add("consent".into(), "reuseNotConfirmed");
        }
        found
    }
}
