//! The provincial warehouse over the wire.

use async_trait::async_trait;
use motcua_dossier::{BlobId, DocumentSummary, DossierId, IdNumber, NumberBlock, OfficeDossier, OpId};
use motcua_wire::{
    About, AdminReply, AdminRequest, CarriedPackage, Changes, DossierFees, DossierLease, DossierPage,
    DossierSteps, DossierView, FeedbackPage, IdentityReply, LeaseBlock, LeaseDossier, OpStatus, OpsReply,
    OpsRequest, Purpose, Role, SealedReference, SubmissionPage,
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Called with (bytes sent or received, bytes in all or 0 while unknown); cheap, may be called often.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Why the warehouse did not answer as wished.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// No contact: name, route, refused, timed out.
    #[error("warehouse cannot be reached")]
    Offline,
    /// TLS did not end at the pinned province CA: "mạng đang bị chặn giữa".
    #[error("connection is intercepted")]
    Intercepted,
    /// The identity service behind the warehouse does not answer; the warehouse does.
    #[error("identity service does not answer")]
    IdentityDown,
    /// Device key refused.
    #[error("device is not known to the warehouse")]
    Unauthorized,
    /// The warehouse revoked this machine.
    #[error("device was revoked")]
    Revoked,
    /// Refused for good with a stable code.
    #[error("warehouse refused: {0}")]
    Refused(String),
    /// Server trouble; worth another try.
    #[error("warehouse is in trouble")]
    Trouble {
        /// Seconds to wait, when the server said so.
        retry_after: Option<u32>,
    },
    /// The answer is not what the contract says.
    #[error("answer is not understood")]
    Malformed,
    /// Cancelled.
    #[error("request was cancelled")]
    Cancelled,
}

impl LinkError {
    /// Nothing else gets through either.
    #[must_use]
    pub const fn ends_contact(&self) -> bool {
        matches!(self, Self::Offline | Self::Intercepted | Self::Unauthorized | Self::Revoked)
    }
}

/// Who works on a dossier alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lease {
    /// This machine, from now on.
    Ours(DossierLease),
    /// Another one already.
    Theirs(DossierLease),
}

/// An officer as the warehouse knows him.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownOfficer {
    /// Login name.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// What he may do in the office of this machine today. Without any that looks people up the machine asks in its
    /// own name.
    pub roles: Vec<Role>,
}

impl KnownOfficer {
    /// Has he a role here that looks people up.
    #[must_use]
    pub fn looks_people_up(&self) -> bool {
        self.roles.iter().any(|role| role.works_with_people())
    }

    /// Has he the role that keeps lists, officers and machines.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.roles.contains(&Role::Administrator)
    }
}

/// The warehouse.
#[async_trait]
pub trait Warehouse: Send + Sync {
    /// Who is there.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn about(&self) -> Result<About, LinkError>;
    /// Reference data newer than `since`, as they were signed; none when nothing is.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn reference(&self, since: u64) -> Result<Option<SealedReference>, LinkError>;
    /// Asks the identity service; the warehouse notes what for.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn identity(&self, number: &IdNumber, purpose: Purpose) -> Result<IdentityReply, LinkError>;
    /// Papers of an owner under any of the numbers; the warehouse notes what for.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn documents(
        &self,
        owner: &[IdNumber],
        purpose: Purpose,
    ) -> Result<Vec<DocumentSummary>, LinkError>;
    /// Fetches a file and checks its hash.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("blobUnknown")` when the warehouse has none.
    async fn fetch(
        &self,
        blob: &BlobId,
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, LinkError>;
    /// Uploads a file; done when the server has verified its hash. Uploading again is free.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn upload(
        &self,
        blob: &BlobId,
        bytes: &[u8],
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LinkError>;
    /// Sends operations.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn push(&self, request: &OpsRequest) -> Result<OpsReply, LinkError>;
    /// Leases ordinals.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn lease_block(&self, request: &LeaseBlock) -> Result<NumberBlock, LinkError>;
    /// A dossier as the warehouse has it.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn dossier(&self, id: DossierId) -> Result<Option<DossierView>, LinkError>;
    /// The fees of a dossier of the machine's office, with every entry; none of one the warehouse does not know.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn fees(&self, id: DossierId) -> Result<Option<DossierFees>, LinkError>;
    /// What happened to a dossier of the machine's office after its acceptance; none of one the warehouse does not know.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn steps(&self, id: DossierId) -> Result<Option<DossierSteps>, LinkError>;
    /// What was sent to the machine's agency and waits, after that one, in the order of their ids; at most `limit` (1 to 200).
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn submissions(&self, after: Option<DossierId>, limit: u32) -> Result<SubmissionPage, LinkError>;
    /// Feedback on papers: what the machine's office recorded, what is told of papers it filed, and what was found wrong of
    /// papers its dossiers use; after that place, oldest first, at most `limit` (1 to 200).
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn feedback(&self, after: Option<u64>, limit: u32) -> Result<FeedbackPage, LinkError>;
    /// What an administrator asks or does, under the name of whoever works at this machine.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("adminNotGranted")` without the role, `Refused("adminBeyondGrant")` outside his grant.
    async fn admin(&self, asked: &AdminRequest) -> Result<AdminReply, LinkError>;
    /// Takes a dossier for this machine alone, or renews that; `version` is the one it works on.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("dossierChanged")` when the warehouse has another version,
    /// `Refused("dossierUnknown")` when it has no such dossier.
    async fn lease_dossier(
        &self,
        id: DossierId,
        version: u64,
        request: &LeaseDossier,
    ) -> Result<Lease, LinkError>;
    /// Gives a dossier back; again is free.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("dossierLeased")` when another machine holds it.
    async fn give_back_dossier(&self, id: DossierId) -> Result<(), LinkError>;
    /// What changed in the scope of the machine's agency after a cursor, or from the oldest that is still
    /// told; at most `limit` (1 to 500). When nothing did, it waits up to `wait` seconds (at most 25) for it.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("cursorGone")` when the cursor leads nowhere any more: what is known of the
    /// warehouse is asked anew, and changes from then on without a cursor.
    async fn changes(&self, since: Option<&str>, limit: u32, wait: u32) -> Result<Changes, LinkError>;
    /// The accepted dossiers of the machine's agency after that one, in the order of their ids; at most `limit`
    /// (1 to 500).
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn office_page(&self, after: Option<DossierId>, limit: u32) -> Result<DossierPage, LinkError>;
    /// Those of these dossiers (at most 500) that are of the machine's agency and accepted.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn office_dossiers(&self, ids: &[DossierId]) -> Result<Vec<OfficeDossier>, LinkError>;
    /// What became of these operations (at most 500) of this machine, in the order of the question.
    ///
    /// # Errors
    /// See [`LinkError`].
    async fn op_states(&self, ops: &[OpId]) -> Result<Vec<OpStatus>, LinkError>;
    /// Leaves a file that was uploaded there as a sealed package of another machine; again is free, and says what became
    /// of it.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("blobUnknown")` before it was uploaded, `Refused("packageUnfit")` when it is no whole
    /// package of a machine the warehouse knows.
    async fn carry_package(&self, package: &BlobId) -> Result<CarriedPackage, LinkError>;
    /// Says who works at this machine. What he looks up goes under his name from then on, as long as the warehouse
    /// knows him; the machine's own work (operations, files, changes, numbers) goes under the machine's always.
    ///
    /// # Errors
    /// See [`LinkError`]; `Refused("loginRefused")` when nobody has that login with that secret,
    /// `Refused("officerOfOtherOffice")`.
    async fn log_in(&self, login: &str, secret: &Zeroizing<String>) -> Result<KnownOfficer, LinkError>;
    /// Under whose name things are looked up now; asks nobody.
    fn session(&self) -> Option<KnownOfficer>;
    /// Nobody works at this machine any more; at once, and without asking anybody.
    fn log_out(&self);
    /// Tells the warehouse of the sessions that were ended here. Nothing to tell costs nothing; again is free.
    ///
    /// # Errors
    /// See [`LinkError`]; what was not told is told the next time.
    async fn tell_logged_out(&self) -> Result<(), LinkError>;
}
