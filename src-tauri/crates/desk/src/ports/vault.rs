//! The encrypted store of one counter.

use crate::forms::PrintedForm;
use motcua_dossier::{
    BlobId, Day, DeviceId, DocumentSummary, Dossier, DossierId, HeldFile, IdNumber, IdentityAnswer,
    NumberBlock, OfficeDossier, OpId, OutboxItem, QueueFilter, QueuePage, ReferenceData, SeatLoad, Timestamp,
};
use motcua_wire::{DossierLease, DossierView, Op, SignedReceipt};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Whether there is a vault and whether it can be read now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum VaultStatus {
    /// None on this machine yet.
    Absent,
    /// Closed; one of these officers may open it.
    Locked {
        /// Enrolled officers.
        officers: Vec<String>,
    },
    /// Closed for good to every officer of this machine; the agency's recovery key opens it.
    Sealed {
        /// Since when, by this machine's clock.
        at: Timestamp,
    },
    /// Open.
    Open {
        /// Who opened it.
        officer: String,
    },
}

/// Why the vault did not do it. Nothing is ever half done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Not open.
    #[error("vault is locked")]
    Locked,
    /// No vault here.
    #[error("no vault on this machine")]
    Absent,
    /// There is one already.
    #[error("there is a vault already")]
    Exists,
    /// The secret does not open it.
    #[error("secret does not open the vault")]
    WrongSecret,
    /// Secret shorter than eight characters.
    #[error("secret is too short")]
    WeakSecret,
    /// Only the agency's recovery key opens it.
    #[error("vault is sealed to the recovery key")]
    Sealed,
    /// No officer of that name is enrolled.
    #[error("officer is not enrolled")]
    UnknownOfficer,
    /// Written by a newer program; left untouched.
    #[error("vault was written by a newer version")]
    Newer,
    /// Content does not fit its check value.
    #[error("vault content is damaged")]
    Damaged,
    /// Disk full.
    #[error("disk is full")]
    Full,
    /// Someone else changed the same dossier (revision differs).
    #[error("dossier was changed meanwhile")]
    Stale,
    /// Another program holds the vault.
    #[error("vault is in use by another program")]
    InUse,
    /// Any other failure of disk or database; detail only in the log.
    #[error("vault storage failed")]
    Storage,
}

/// How often in a row an officer's secret was wrong. Says nothing about the secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WrongSecrets {
    /// Since it was last right.
    pub in_a_row: u32,
    /// When it was wrong last, by this machine's clock.
    pub last: Timestamp,
}

impl Default for WrongSecrets {
    /// None.
    fn default() -> Self {
        Self { in_a_row: 0, last: Timestamp(0) }
    }
}

/// Settings of this counter that live inside the vault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counter {
    /// This machine.
    pub device: DeviceId,
    /// Sequence number of the last operation put into the outbox.
    pub last_sequence: u64,
    /// Provisional codes given out so far.
    pub provisional: u64,
}

/// An outbox line with what is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueuedOp {
    /// The line.
    pub item: OutboxItem,
    /// The operation as it goes over the wire; never changes after it was committed.
    pub op: Op,
    /// Receipt, once held.
    #[serde(default)]
    pub receipt: Option<SignedReceipt>,
}

/// A remembered answer of the identity service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CachedIdentity {
    /// What it said.
    pub answer: IdentityAnswer,
    /// When.
    pub at: Timestamp,
}

/// Pages of a scan that is not a PDF yet; kept so that a crash loses none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaptureDraft {
    /// Dossier.
    pub dossier: DossierId,
    /// Component row; 0 is the result.
    pub component: u32,
    /// In order.
    pub pages: Vec<CapturedPage>,
}

/// One captured page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CapturedPage {
    /// JPEG bytes.
    pub image: BlobId,
    /// Small JPEG for the list.
    pub thumbnail: BlobId,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Dots per inch.
    pub dpi: u32,
    /// Grey instead of colour.
    pub gray: bool,
}

/// What the warehouse said when it did not take an operation because of what others did: kept with the line,
/// so that both sides can be shown whenever somebody has time to decide, with the network or without.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptConflict {
    /// The operation.
    pub op: OpId,
    /// When it was said, by this machine's clock.
    pub at: Timestamp,
    /// Version the warehouse had.
    pub server_version: u64,
    /// The machine that worked on the dossier, when that was why.
    #[serde(default)]
    pub held_by: Option<DossierLease>,
    /// The dossier as the warehouse had it; none when it had no such dossier.
    #[serde(default)]
    pub server: Option<DossierView>,
}

/// What came to be known of the office's dossiers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfficeRows {
    /// Which history of the warehouse they are of. One of an older history never replaces a row, one of a newer
    /// always does; within a history the newer version stays.
    pub epoch: u64,
    /// The dossiers.
    pub rows: Vec<OfficeDossier>,
    /// With these everything of this history is known: rows of older ones go.
    pub complete: bool,
}

/// What names a file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct FileUses {
    /// Dossiers whose rows, result, receipt or sealed package it is.
    pub dossiers: Vec<DossierId>,
    /// Operations that send it, whatever became of them.
    pub lines: Vec<OpId>,
    /// It is a page of a scan under way.
    pub captured: bool,
}

/// What becomes of a file that is held here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileChange {
    /// It came from the warehouse.
    Fetched(BlobId),
    /// Nothing needs it since then; none: something does.
    Idle(BlobId, Option<Timestamp>),
    /// From then on only the recovery key reads it. A file of unsent work is refused.
    Seal(BlobId, Timestamp),
    /// A sealed file goes. One that can be read, or of unsent work, is refused.
    Forget(BlobId),
}

/// How far a print of a form is, as the journal has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintState {
    /// Written down, and being handed to the print system. Found after a crash, it may or may not be on paper.
    Sending,
    /// In the queue.
    Waiting,
    /// On its way onto paper.
    Printing,
    /// On paper.
    Printed,
    /// Taken out of the queue.
    Cancelled,
    /// Did not come onto paper.
    Failed,
}

/// A print of a form: a line of the journal. Says nothing of what stands on the sheet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PrintRecord {
    /// Of which dossier.
    pub dossier: DossierId,
    /// Number of the print among those of its dossier, from 1.
    pub number: u32,
    /// Which form.
    pub form: PrintedForm,
    /// Of the receipt: which one, since another may be made.
    #[serde(default)]
    pub file: Option<BlobId>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub officer: String,
    /// Whole copies.
    pub copies: u32,
    /// Queue.
    pub printer: String,
    /// What people call it.
    pub label: String,
    /// Name of the job there, once it was taken.
    #[serde(default)]
    pub job: Option<String>,
    /// How far it is.
    pub state: PrintState,
    /// It was heard to be on its way onto paper: whatever became of the job, some of it may be there.
    #[serde(default)]
    pub begun: bool,
    /// What is in the way, as a code.
    #[serde(default)]
    pub trouble: Option<String>,
    /// The how manieth reprint of the same sheet it is; 0: the first.
    pub reprint: u32,
}

/// What one commit changes; all of it or nothing, durable (fsync) before the call returns.
#[derive(Clone, Default, Debug)]
pub struct Batch {
    /// Dossiers to write. `revision` must be one more than what is stored (1 for a new one).
    pub dossiers: Vec<Dossier>,
    /// New operations, with `item.sequence` following the counter's last without a gap.
    pub enqueue: Vec<QueuedOp>,
    /// Changed states of outbox lines (the operation itself never changes).
    pub outbox: Vec<OutboxItem>,
    /// Receipts that arrived.
    pub receipts: Vec<(OpId, SignedReceipt)>,
    /// Papers known of these owners, replacing what was known of each owner before.
    pub documents: Vec<(IdNumber, Timestamp, Vec<DocumentSummary>)>,
    /// Identity answers to remember.
    pub identities: Vec<(IdNumber, CachedIdentity)>,
    /// Capture drafts to write; one without pages is removed.
    pub captures: Vec<CaptureDraft>,
    /// Newer reference data.
    pub reference: Option<ReferenceData>,
    /// Number blocks of the device, replacing all.
    pub blocks: Option<Vec<NumberBlock>>,
    /// Changed counter.
    pub counter: Option<Counter>,
    /// Settings by key.
    pub settings: Vec<(String, String)>,
    /// Dossiers of the office.
    pub office: Option<OfficeRows>,
    /// Conflicts, each replacing what was kept of its operation.
    pub conflicts: Vec<KeptConflict>,
    /// Files held here.
    pub files: Vec<FileChange>,
    /// Lines of the journal of prints: a new one follows the last number of its dossier without a gap, a known one is
    /// replaced.
    pub prints: Vec<PrintRecord>,
}

/// Encrypted database and blobs of one counter. Methods block for milliseconds at most, except
/// `create` and `unlock`, which derive a key from the secret on purpose slowly (≤ 300 ms), and `accepted`, which looks at
/// every dossier and is asked for a few times a day.
pub trait Vault: Send + Sync {
    /// Is there one, and is it open.
    fn status(&self) -> VaultStatus;
    /// Makes the vault with its first officer; its key is also wrapped to the agency's recovery key
    /// (X25519 public key). Leaves it open.
    ///
    /// # Errors
    /// `Exists`, `WeakSecret`, storage.
    fn create(
        &self,
        officer: &str,
        secret: &Zeroizing<String>,
        recovery: &[u8; 32],
        device: DeviceId,
    ) -> Result<(), VaultError>;
    /// Enrols a further officer; the vault must be open. One opened by the recovery key is sealed no more after it.
    ///
    /// # Errors
    /// `Locked`, `WeakSecret`, storage.
    fn enrol(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError>;
    /// Opens it. Migrates an older format; refuses a newer one untouched. Lines left `Sending`
    /// by a crash become `Queued`.
    ///
    /// # Errors
    /// `Absent`, `WrongSecret`, `UnknownOfficer`, `Sealed`, `Newer`, `Damaged`, `InUse`, storage.
    fn unlock(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError>;
    /// Is this the secret of that officer; the vault must be open, and stays open as it is.
    ///
    /// # Errors
    /// `Locked`, `WrongSecret`, `UnknownOfficer`, storage.
    fn proves(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError>;
    /// Forgets the keys. Nothing is lost.
    fn lock(&self);
    /// Takes the keys of all officers off this machine: from then on only the agency's recovery key opens the vault.
    /// Closes it, needs no key, is durable before it returns. Nothing is lost; again is free.
    ///
    /// # Errors
    /// `Absent`, `InUse`, `Newer`, `Damaged`, `Full`, storage. The vault is as it was then.
    fn seal(&self, at: Timestamp) -> Result<(), VaultError>;
    /// What was kept of that officer's wrong secrets; none in a row when nothing was. Needs no key, so
    /// that it can be asked before the vault is opened.
    ///
    /// # Errors
    /// Storage.
    fn wrong_secrets(&self, officer: &str) -> Result<WrongSecrets, VaultError>;
    /// Keeps them beside the vault, durable before it returns, so that they outlive the program.
    ///
    /// # Errors
    /// `Full`, storage.
    fn keep_wrong_secrets(&self, officer: &str, wrong: WrongSecrets) -> Result<(), VaultError>;

    /// All or nothing, durable before it returns.
    ///
    /// # Errors
    /// `Locked`, `Stale` (revision or sequence does not follow), `Full`, storage.
    fn commit(&self, batch: &Batch) -> Result<(), VaultError>;

    /// Seals and stores bytes, durable before it returns. The same bytes are stored once; they can be read
    /// afterwards, whatever was before, and count as needed.
    ///
    /// # Errors
    /// `Locked`, `Full`, storage.
    fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, VaultError>;
    /// The bytes, checked against their identity; none when not on this machine, or only for the recovery key.
    ///
    /// # Errors
    /// `Locked`, `Damaged`, storage.
    fn blob(&self, id: &BlobId) -> Result<Option<Vec<u8>>, VaultError>;
    /// Is it on this machine.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn has_blob(&self, id: &BlobId) -> Result<bool, VaultError> {
        Ok(self.blob_size(id)?.is_some())
    }
    /// Bytes of a file, none when it cannot be read on this machine.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn blob_size(&self, id: &BlobId) -> Result<Option<u64>, VaultError>;
    /// Files held here, readable or sealed, in the order of their ids, after that one.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn held_files(&self, after: Option<&BlobId>, limit: u32) -> Result<Vec<HeldFile>, VaultError>;
    /// One of them.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn held_file(&self, id: &BlobId) -> Result<Option<HeldFile>, VaultError>;
    /// What names a file, held here or not.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn file_uses(&self, id: &BlobId) -> Result<FileUses, VaultError>;

    /// One dossier.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn dossier(&self, id: DossierId) -> Result<Option<Dossier>, VaultError>;
    /// Newest first, at most `limit`, by the rules of [`SearchQuery`](motcua_dossier::SearchQuery): people,
    /// numbers, codes and procedures; what fits with its marks before what fits without.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn dossiers(&self, query: &str, limit: u32) -> Result<Vec<Dossier>, VaultError>;
    /// Dossiers whose result is owed ([`Dossier::owed_by`]), the most pressing first, however many there are beside them.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn owed(&self, limit: u32) -> Result<Vec<Dossier>, VaultError>;
    /// The queue of the office: dossiers of this counter and, of those it has none of, what the warehouse tells, that the
    /// citizen is owed something for; the most pressing first, `limit` of them after the first `skip`. `today` says what
    /// is late.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn queue(&self, filter: &QueueFilter, today: Day, skip: u32, limit: u32)
    -> Result<QueuePage, VaultError>;
    /// How much of the queue lies with whom, in the order of units and officers; what nobody handed on comes first.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn queue_loads(&self, today: Day) -> Result<Vec<SeatLoad>, VaultError>;
    /// Dossiers of this counter that were accepted in that time, the first moment counted and the last not, in the order
    /// of their acceptance, then of their ids; also what was completed or taken back since. There is no index of that
    /// moment: where every dossier stands is read out of its body, some tenths of a second for ten thousand.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Dossier>, VaultError>;
    /// Outbox, oldest first; received and replaced lines too when `all`.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn outbox(&self, all: bool) -> Result<Vec<OutboxItem>, VaultError>;
    /// Every line of one dossier, oldest first. Costs no more however large the outbox is.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn outbox_of(&self, dossier: DossierId) -> Result<Vec<OutboxItem>, VaultError>;
    /// The operation of a line.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn queued(&self, op: OpId) -> Result<Option<QueuedOp>, VaultError>;
    /// Lines of entries of fees that were queued in that time, the first moment counted and the last not, oldest first;
    /// replaced and withdrawn ones too.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn fee_lines(&self, from: Timestamp, until: Timestamp) -> Result<Vec<QueuedOp>, VaultError>;
    /// Payments of this counter with that number of a receipt, neither replaced nor withdrawn.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn fee_receipts(&self, number: &str) -> Result<Vec<(DossierId, OpId)>, VaultError>;
    /// Papers known of these numbers, with the moment each answer was fetched.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn documents(&self, owner: &[IdNumber]) -> Result<(Option<Timestamp>, Vec<DocumentSummary>), VaultError>;
    /// Remembered identity answer.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn identity(&self, number: &IdNumber) -> Result<Option<CachedIdentity>, VaultError>;
    /// Capture draft of a row, if one is under way.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn capture(&self, dossier: DossierId, component: u32) -> Result<Option<CaptureDraft>, VaultError>;
    /// Reference data; empty before the first sync.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn reference(&self) -> Result<Arc<ReferenceData>, VaultError>;
    /// Number blocks.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn blocks(&self) -> Result<Vec<NumberBlock>, VaultError>;
    /// The counter.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn counter(&self) -> Result<Counter, VaultError>;
    /// A setting.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn setting(&self, key: &str) -> Result<Option<String>, VaultError>;
    /// Dossiers of the office that this counter has none of its own of, found as [`Vault::dossiers`] finds.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn office(&self, query: &str, limit: u32) -> Result<Vec<OfficeDossier>, VaultError>;
    /// Dossiers of the office that were handed to somebody and whose result was not returned, newest first; without those
    /// this counter has.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn office_seated(&self, limit: u32) -> Result<Vec<OfficeDossier>, VaultError>;
    /// Dossiers of the office that were accepted in that time, bounded and ordered as [`Vault::accepted`]; without those
    /// this counter has.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn office_accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<OfficeDossier>, VaultError>;
    /// What is known of one dossier of the office, this counter's own ones too.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn office_dossier(&self, id: DossierId) -> Result<Option<OfficeDossier>, VaultError>;
    /// What the warehouse said when it did not take an operation.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn conflict(&self, op: OpId) -> Result<Option<KeptConflict>, VaultError>;
    /// Journal of the prints of one dossier, oldest first.
    ///
    /// # Errors
    /// `Locked`, storage.
    fn prints(&self, dossier: DossierId) -> Result<Vec<PrintRecord>, VaultError>;
}
