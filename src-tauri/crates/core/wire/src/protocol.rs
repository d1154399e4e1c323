//! The HTTP contract, version 1.
//!
//! | Method and path | Body → answer |
//! |---|---|
//! | `GET /v1/about` | → [`About`] |
//! | `GET /v1/reference?since=N` | → `ReferenceData` in force, or 304 when the caller has it; signed in `motcua-signature` |
//! | `GET /v1/reference?version=N`, `?at=D` | → that version, or the one in force on that day |
//! | `GET /v1/identity/{number}` | → [`IdentityReply`]; 503 `identityServiceDown` when only that service is out |
//! | `GET /v1/documents?owner=N[&owner=N]` | → `[DocumentSummary]`, newest first |
//! | `GET /v1/blobs/{sha256}` | → bytes |
//! | `PUT /v1/blobs/{sha256}` | bytes → 201 stored, 200 already there; 422 `blobHashMismatch` |
//! | `POST /v1/blobs/check` | [`BlobsQuery`] → [`BlobsReply`]: what of these the caller's agency can name already |
//! | `POST /v1/blobs/{sha256}/commit` | → 204 once the upload of it is whole; 409 `uploadIncomplete` |
//! | `/v1/uploads`, `/v1/uploads/{id}` | tus 1.0.0: creation, with upload, checksum, expiration, termination |
//! | `POST /v1/ops` | [`OpsRequest`] → [`OpsReply`] |
//! | `POST /v1/ops/status` | [`OpsQuery`] → [`OpsStatus`]: what became of operations of the calling machine |
//! | `GET /v1/dossiers?after=ID&limit=N` | → [`DossierPage`]: the accepted dossiers of the agency, in the order of their ids |
//! | `POST /v1/dossiers/read` | [`DossiersQuery`] → [`DossiersReply`]: these of the agency's accepted dossiers |
//! | `GET /v1/dossiers/{id}` | → [`DossierView`], its version in `ETag: "v<version>"` |
//! | `POST /v1/packages/{sha256}` | a file that was sent and is a sealed package → [`CarriedPackage`]; 404 `blobUnknown`, 422 `packageUnfit` |
//! | `POST /v1/dossiers/{id}/lease` | [`LeaseDossier`], `If-Match: "v<version>"` → [`DossierLease`]; 409 `dossierLeased`, 412 `dossierChanged`, 428 `ifMatchAbsent` |
//! | `DELETE /v1/dossiers/{id}/lease` | → 204 given back; 409 `dossierLeased` when another machine holds it |
//! | `GET /v1/changes?since=C&limit=N&wait=S` | → [`Changes`] of the caller's agency after the cursor; 410 `cursorGone` |
//! | `GET /v1/submissions?after=ID&limit=N` | → [`SubmissionPage`]: what was sent to the agency and nobody accepted or declined yet |
//! | `GET /v1/dossiers/{id}/fees` | → [`DossierFees`](crate::DossierFees) |
//! | `GET /v1/dossiers/{id}/steps` | → [`DossierSteps`](crate::DossierSteps) |
//! | `GET /v1/fees/totals?day=D&officer=O` | → [`FeeTotals`](crate::FeeTotals) of the caller's agency |
//! | `GET /v1/feedback?after=N&limit=N&open=B` | → [`FeedbackPage`](crate::FeedbackPage) |
//! | `GET /v1/reuse?dossier=I` or `?document=I` | → `[Use]` by dossiers of the caller's agency |
//! | `GET /v1/consents?dossier=I` or `?document=I` | → `[ConsentRecord]` of dossiers of the caller's agency |
//! | `GET /v1/owners/{number}` | → [`Owner`](crate::Owner) |
//! | `POST /v1/number-blocks` | [`LeaseBlock`] → `NumberBlock`; the same again under the same `Idempotency-Key` |
//! | `POST /v1/enrol` | [`EnrolDevice`] with a one-time code → [`Enrolled`]; 403 `enrolCodeRefused` |
//! | `POST /v1/enrol/renew` | [`RenewDevice`] → [`Enrolled`]; also with a certificate that ran out not long ago |
//! | `POST /v1/login` | [`Login`] → [`LoggedIn`]; 403 `loginRefused`, `officeWithoutOfficers`, 429 `loginWait` |
//! | `POST /v1/login/refresh` | [`RefreshLogin`] → [`LoggedIn`]; 403 `loginExpired` |
//! | `POST /v1/logout` | [`RefreshLogin`] → 204; again is free |
//! | `GET /v1/openapi.json` | → OpenAPI 3.1 |
//!
//! Whoever looks up a person (`/v1/identity`, `/v1/documents`, `/v1/owners`) says what for in `motcua-purpose`
//! ([`Purpose`]); 422 `purposeAbsent`, 403 `lookUpNotGranted` to an officer none of whose roles works with people.
//!
//! All but `/v1/about`, `/v1/openapi.json` and `/v1/enrol` need the client certificate of an enrolled machine.
//! A machine that was enrolled as a portal submits dossiers to the agencies below its own, sends their files, reads what
//! became of them and the reference data, and nothing else (403 `notForPortals`).
//! `Authorization: Bearer <access>` says beside it which officer works there; then the answers are what his grants
//! allow.

use crate::SignedReceipt;
use motcua_dossier::{
    AgencyCode, Applicant, BlobId, Channel, ComponentEvidence, Consent, ConsentMethod, Day, Deadline,
    Declined, DeviceId, DocumentId, DocumentRecord, DossierCode, DossierId, EvidenceSource, FeeRecord,
    FeedbackAct, FeedbackRecord, Holder, IdentityAnswer, IdentityCheck, OfficeDossier, OpId, ProcedureCode,
    ReturnMethod, StepRecord, Submission, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Version of the payload shapes below; the server takes every one up to it, since an operation bears the oldest that has
/// everything it says.
pub const SCHEMA_VERSION: u32 = 7;

/// Bytes of the largest file the warehouse takes, and a counter reads.
pub const MAX_FILE: u64 = 64 << 20;

/// What a warehouse says about itself; needs no key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About {
    /// `motcua-warehouse`.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// Oldest payload schema taken.
    pub min_schema: u32,
    /// Newest payload schema taken.
    pub max_schema: u32,
    /// Rises when the server was restored from a backup.
    pub epoch: u64,
    /// Server time.
    pub time: Timestamp,
    /// Ed25519 key that signs receipts, 64 hex digits.
    pub receipt_key: String,
}

/// Answer of the identity service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IdentityReply {
    /// "Đã có" or "Chưa có".
    pub answer: IdentityAnswer,
    /// Name the service has for the number, when it gives one.
    #[serde(default)]
    pub name: Option<String>,
    /// When it answered.
    pub at: Timestamp,
}

/// A machine asks to be known: a one-time code of the administrator and a request that proves its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolDevice {
    /// As printed, however it was typed: case, spaces and hyphens do not matter.
    pub code: String,
    /// Identity of the machine, made by itself; one that enrols again keeps it.
    pub device: DeviceId,
    /// Agency the machine is set up for.
    pub agency: AgencyCode,
    /// PKCS#10, PEM, P-256; the private key stays on the machine.
    pub csr: String,
}

/// Debug output leaves the code out.
impl std::fmt::Debug for EnrolDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolDevice").field("device", &self.device).finish_non_exhaustive()
    }
}

/// An enrolled machine asks for its next certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewDevice {
    /// PKCS#10, PEM, P-256, of a fresh key.
    pub csr: String,
}

/// The certificate of a machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Enrolled {
    /// Its identity.
    pub device: DeviceId,
    /// The agency it belongs to.
    pub agency: AgencyCode,
    /// PEM.
    pub certificate: String,
    /// From then on it should be renewed.
    pub renew_from: Timestamp,
    /// Last moment it is valid.
    pub until: Timestamp,
}

/// Days a machine's certificate is valid.
pub const CERTIFICATE_DAYS: i64 = 90;

/// Days after which a machine renews it.
pub const RENEW_AFTER_DAYS: i64 = 60;

/// Days after its end in which a certificate is still good for its own renewal, and for nothing else.
pub const RENEWAL_GRACE_DAYS: i64 = 90;

/// Header of a look-up of a person that says what it is for.
pub const PURPOSE: &str = "motcua-purpose";

/// What a person is looked up for; noted with every look-up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A dossier is being taken in.
    Intake,
    /// An accepted dossier is supplemented or put right.
    Correction,
    /// A result is handed over.
    ResultReturn,
    /// Somebody who answers for others' work looks into it.
    Supervision,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Intake, Self::Correction, Self::ResultReturn, Self::Supervision];

    /// Its word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Correction => "correction",
            Self::ResultReturn => "result_return",
            Self::Supervision => "supervision",
        }
    }

    /// The purpose of that word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

/// What an officer may do, in a part of the tree of organisations and for a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes dossiers in and hands results out.
    Intake,
    /// Works on dossiers.
    Specialist,
    /// Văn thư: registers and files.
    Clerk,
    /// Signs results.
    Signer,
    /// Certifies copies.
    Certifier,
    /// Answers for others' work.
    Supervisor,
    /// Reads figures.
    Reporter,
    /// Keeps machines, officers and grants.
    Administrator,
}

impl Role {
    /// Whoever has it looks people and their papers up. A figure is nobody's paper, and keeping machines is none of them.
    #[must_use]
    pub const fn works_with_people(self) -> bool {
        match self {
            Self::Intake
            | Self::Specialist
            | Self::Clerk
            | Self::Signer
            | Self::Certifier
            | Self::Supervisor => true,
            Self::Reporter | Self::Administrator => false,
        }
    }

    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Intake,
        Self::Specialist,
        Self::Clerk,
        Self::Signer,
        Self::Certifier,
        Self::Supervisor,
        Self::Reporter,
        Self::Administrator,
    ];

    /// Its word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Specialist => "specialist",
            Self::Clerk => "clerk",
            Self::Signer => "signer",
            Self::Certifier => "certifier",
            Self::Supervisor => "supervisor",
            Self::Reporter => "reporter",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// An officer begins to work at this machine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Login name.
    pub login: String,
    /// Secret.
    pub secret: String,
}

/// Debug output leaves the secret out.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// An officer goes on working at this machine, or stops.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshLogin {
    /// The token given last; a new one comes with the answer.
    pub refresh: String,
}

/// Debug output leaves the token out.
impl std::fmt::Debug for RefreshLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshLogin").finish_non_exhaustive()
    }
}

/// An officer works at this machine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// Login name.
    pub officer: String,
    /// Name for people.
    pub name: String,
    /// What he may do somewhere today.
    pub roles: Vec<Role>,
    /// What of it he may do in the office of the machine.
    pub here: Vec<Role>,
    /// Server time.
    pub time: Timestamp,
    /// Token of each request.
    pub access: String,
    /// Last moment it is good.
    pub access_until: Timestamp,
    /// Token for the next ones; good at this machine only, and once.
    pub refresh: String,
    /// Last moment it is good.
    pub refresh_until: Timestamp,
}

/// Debug output leaves the tokens out.
impl std::fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoggedIn").field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// Bytes of one piece of a file on its way: what a cut costs at most.
pub const CHUNK: u64 = 1 << 20;

/// Pieces shrink to this on a bad line.
pub const SMALLEST_CHUNK: u64 = 256 << 10;

/// Operations of one machine the warehouse holds in its inbox at most; what comes beyond is answered
/// `kept: false`.
pub const MAX_KEPT: u32 = 5_000;

/// So many days an operation waits in the inbox for its files.
pub const KEPT_DAYS: i64 = 30;

/// Operations one operation may take the place of.
pub const MAX_REPLACED: usize = 100;

/// Most changes in one answer.
pub const MAX_CHANGES: u32 = 500;

/// Most dossiers in one answer, and most ids in one question about dossiers or operations.
pub const MAX_ASKED: usize = 500;

/// Longest a question for changes waits for one, in seconds.
pub const MAX_WAIT: u32 = 25;

/// Hours a lease of a dossier lasts unless its holder renews it.
pub const LEASE_HOURS: i64 = 8;

/// Asks which files need not be sent, or not from their beginning.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsQuery {
    /// At most 200.
    pub blobs: Vec<BlobId>,
}

/// Answer to [`BlobsQuery`], in its order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlobsReply {
    /// One for each that was asked for.
    pub blobs: Vec<BlobState>,
}

/// What the warehouse has of one file, as far as the caller may know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlobState {
    /// The file.
    pub id: BlobId,
    /// Whole, and in the scope of the caller's agency.
    pub have: bool,
    /// An upload of the caller's own machine that can go on.
    #[serde(default)]
    pub upload: Option<OpenUpload>,
}

/// An upload that can go on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenUpload {
    /// Last segment of its address.
    pub id: String,
    /// Bytes the server has.
    pub received: u64,
}

/// Asks for ordinals of a day in advance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseBlock {
    /// Receiving agency.
    pub agency: AgencyCode,
    /// Day of the ordinals.
    pub day: Day,
    /// How many are wished for; the server may give fewer.
    pub count: u32,
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Op {
    /// Idempotency key: the same id with the same body has one effect however often it is sent;
    /// with another body it is refused (`idempotencyMismatch`).
    pub op_id: OpId,
    /// Machine.
    pub device: DeviceId,
    /// Order on that machine; sequential per dossier.
    pub device_seq: u64,
    /// Machine's clock when it was made.
    pub device_time: Timestamp,
    /// [`SCHEMA_VERSION`] of the payload.
    pub schema_version: u32,
    /// Dossier it belongs to; operations of one dossier are applied in order.
    pub dossier: DossierId,
    /// Version of the dossier the device last saw from the server; 0 when none.
    pub base_version: u64,
    /// Earlier operations of the same machine on the same dossier that this one takes the place of, at most
    /// [`MAX_REPLACED`]. One that was not applied yet never will be (`opReplaced`), however late a copy of it comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<OpId>,
    /// What to do.
    pub payload: OpPayload,
}

/// What an operation does.
#[allow(clippy::large_enum_variant, reason = "the commonest variant stays flat; the rarer two are boxed")]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum OpPayload {
    /// "Số hóa": a paper enters its owner's warehouse. The blob must be there before.
    FileDocument {
        /// The paper.
        record: DocumentRecord,
        /// Name of the owner.
        owner_name: String,
    },
    /// "Tiếp nhận".
    AcceptDossier(Box<AcceptedDossier>),
    /// "Nộp hồ sơ": a dossier comes through a portal. Its files must be there before. Schema 4.
    Submit(Box<Submission>),
    /// A dossier is not accepted, with form 02 or 03. Schema 4.
    Decline(Box<DeclinedDossier>),
    /// "Trả kết quả": completes the dossier and files the result (decision 10: one event).
    ReturnResult(Box<ReturnedResult>),
    /// Unsent work of the dossier is taken back: none of it is applied from here on. Refused as a whole
    /// (`withdrawTooLate`) when one of them was applied already.
    Withdraw(Box<WithdrawnWork>),
    /// An entry of the dossier's fees; only ever added.
    Fee(Box<FeeRecord>),
    /// What happened to the dossier after its acceptance; only ever added. Files it names must be there before. Schema 3;
    /// a correction of the result is schema 7.
    Step(Box<StepRecord>),
    /// "Phản ánh về kết quả giải quyết", or its answer; only ever added.
    Feedback(Box<FeedbackRecord>),
}

impl OpPayload {
    /// Must an earlier operation of the same machine on the same dossier be settled first? Papers know neither
    /// order nor each other; an acceptance waits for the papers it names, a result for the acceptance.
    #[must_use]
    pub fn waits_for(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Withdraw(_) | Self::Submit(_), _) | (_, Self::Withdraw(_) | Self::Submit(_)) => false,
            // A fee and a step are of an accepted dossier, a reversal of an entry before it, a step after a step;
            // nothing waits for money.
            (Self::Fee(_), Self::AcceptDossier(_) | Self::Fee(_))
            | (Self::Step(_), Self::AcceptDossier(_) | Self::Step(_))
            | (Self::Feedback(_), Self::Feedback(_)) => true,
            (Self::Step(step), Self::FileDocument { record, .. }) => {
                step.act.papers().iter().any(|paper| paper.source.document() == Some(record.id))
            }
            // There is no result to correct before it is returned; what is sent anew after a restore may come in any order.
            (Self::Step(step), Self::ReturnResult(_)) => step.act.corrected().is_some(),
            (Self::FileDocument { .. } | Self::Fee(_) | Self::Step(_) | Self::Feedback(_), _)
            | (_, Self::Fee(_) | Self::Step(_) | Self::Feedback(_))
            | (Self::ReturnResult(_) | Self::Decline(_), Self::FileDocument { .. }) => false,
            (Self::AcceptDossier(accepted), Self::FileDocument { record, .. }) => {
                accepted.components.iter().any(|paper| paper.source.document() == Some(record.id))
            }
            (Self::AcceptDossier(_) | Self::Decline(_) | Self::ReturnResult(_), _) => true,
        }
    }

    /// The oldest schema that has everything this says: a warehouse of before takes what it knows.
    #[must_use]
    pub fn schema(&self) -> u32 {
        let newer = |accepted: &AcceptedDossier| {
            accepted.components.iter().any(|c| matches!(c.source, EvidenceSource::Database { .. }))
        };
        let newest = |accepted: &AcceptedDossier| {
            let of_portal = |consent: &Consent| consent.method == ConsentMethod::Portal;
            accepted.exception.is_some() || accepted.consents.iter().any(of_portal)
        };
        match self {
            Self::Feedback(record) if matches!(record.act, FeedbackAct::Confirmed { .. }) => 6,
            Self::Step(record) if record.act.corrected().is_some() => 7,
            Self::Submit(_) | Self::Decline(_) => 4,
            Self::AcceptDossier(accepted) if newest(accepted) => 4,
            Self::Step(_) => 3,
            Self::AcceptDossier(accepted) if newer(accepted) => 2,
            _ => 1,
        }
    }

    /// It knows no order among the operations of its dossier: it only adds (a paper, an entry of the fees, a
    /// step, a feedback), or takes work back. It contradicts nothing another machine did and overtakes nothing.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        matches!(self, Self::FileDocument { .. } | Self::Withdraw(_)) || self.is_aside()
    }

    /// It is kept beside the dossier: the dossier's version stays, and nobody's lease is in the way.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        matches!(self, Self::Fee(_) | Self::Step(_) | Self::Feedback(_))
    }
}

/// A dossier at the moment of its acceptance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AcceptedDossier {
    /// Code on the receipt.
    pub code: DossierCode,
    /// How it came in.
    pub channel: Channel,
    /// How the result is handed over.
    pub return_method: ReturnMethod,
    /// Owner and submitter.
    pub applicant: Applicant,
    /// What the identity service said.
    pub identity: IdentityCheck,
    /// Which procedure.
    pub procedure: ProcedureCode,
    /// Which case.
    pub case_code: String,
    /// Version of the reference data it was taken under.
    pub reference_version: u64,
    /// When it was accepted (machine's clock).
    pub accepted_at: Timestamp,
    /// When it is due.
    pub deadline: Deadline,
    /// Fee in đồng.
    pub fee: u64,
    /// What was handed in, row by row.
    pub components: Vec<ComponentEvidence>,
    /// Confirmations of reuse; each covered paper counts one use, once.
    pub consents: Vec<Consent>,
    /// The receipt PDF.
    pub receipt: BlobId,
    /// Officer.
    pub officer: String,
    /// Why it is accepted though a rule for agencies' dossiers is not kept. Schema 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}

/// A dossier that was not accepted, and what it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeclinedDossier {
    /// What was said.
    pub record: Declined,
    /// How it came in.
    pub channel: Channel,
    /// Owner and submitter.
    pub applicant: Applicant,
    /// Which procedure.
    pub procedure: ProcedureCode,
    /// Which case.
    pub case_code: String,
}

/// A returned result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnedResult {
    /// The result as a paper of the owner's warehouse.
    pub record: DocumentRecord,
    /// Name of the owner.
    pub owner_name: String,
    /// When it was handed over.
    pub returned_at: Timestamp,
    /// Officer.
    pub officer: String,
}

/// Unsent work that is taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WithdrawnWork {
    /// The operations; each is named in [`Op::replaces`] too.
    pub ops: Vec<OpId>,
    /// Why, in the officer's words.
    pub reason: String,
    /// Officer.
    pub officer: String,
    /// The colleague who agreed; another than the officer.
    pub approved_by: String,
    /// When (machine's clock).
    pub at: Timestamp,
}

/// Batch of operations, at most 100.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsRequest {
    /// In `device_seq` order.
    pub ops: Vec<Op>,
}

/// One result per operation, in the order of the request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpsReply {
    /// The results.
    pub results: Vec<OpResult>,
}

/// What became of one operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum OpResult {
    /// Done and verified; the receipt is "Kho đã nhận".
    Applied {
        /// Which operation.
        op_id: OpId,
        /// Dossier's version after it.
        version: u64,
        /// Signed by the server.
        receipt: SignedReceipt,
    },
    /// Was done before; the first answer again.
    Duplicate {
        /// Which operation.
        op_id: OpId,
        /// Version then.
        version: u64,
        /// The same receipt as then.
        receipt: SignedReceipt,
    },
    /// The dossier is at another version.
    Conflict {
        /// Which operation.
        op_id: OpId,
        /// Version the server has.
        server_version: u64,
        /// The machine that works on the dossier now, when that is why.
        #[serde(default)]
        held_by: Option<DossierLease>,
        /// The dossier as the server has it, so that both sides can be shown; none when it has no
        /// such dossier.
        #[serde(default)]
        server: Option<Box<DossierView>>,
    },
    /// Refused; sending again changes nothing.
    Rejected {
        /// Which operation.
        op_id: OpId,
        /// Stable code: `fileNotPdf`, `fileUnsigned`, `fileSignatureInvalid`, `fileNotTrusted`,
        /// `fileSignerExpired`, `fileChangedAfterSigning`, `agencySignatureMissing`, `codeTaken`,
        /// `consentMissing`, `documentUnknown`, `idempotencyMismatch`, `schemaUnknown`, …
        code: String,
        /// Fields it is about.
        #[serde(default)]
        fields: Vec<String>,
    },
    /// Waits for something earlier; send again later, the same operation under the same id.
    Deferred {
        /// Which operation.
        op_id: OpId,
        /// What it waits for: ids of files, of an earlier operation of its dossier, of papers, or of
        /// the dossier.
        waits_for: Vec<String>,
        /// The server holds it durably and applies it by itself once every file it waits for is there and
        /// the earlier ones of its dossier are done: "Đã gửi, kho đang kiểm". Sent again, it is answered
        /// as a duplicate or as refused when that has happened. When not, nothing of it is here, and whoever
        /// sent it may change it.
        #[serde(default)]
        kept: bool,
    },
}

impl OpResult {
    /// Which operation it answers.
    #[must_use]
    pub fn op_id(&self) -> OpId {
        match self {
            Self::Applied { op_id, .. }
            | Self::Duplicate { op_id, .. }
            | Self::Conflict { op_id, .. }
            | Self::Rejected { op_id, .. }
            | Self::Deferred { op_id, .. } => *op_id,
        }
    }
}

/// A dossier as the warehouse has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DossierView {
    /// Which.
    pub id: DossierId,
    /// Server version.
    pub version: u64,
    /// As it was sent, when it came through a portal.
    #[serde(default)]
    pub submitted: Option<Submission>,
    /// As it was not accepted.
    #[serde(default)]
    pub declined: Option<DeclinedDossier>,
    /// As accepted.
    pub accepted: Option<AcceptedDossier>,
    /// As returned.
    pub returned: Option<ReturnedResult>,
    /// Receipts given for it.
    pub receipts: Vec<SignedReceipt>,
    /// Which machine works on it now.
    #[serde(default)]
    pub lease: Option<DossierLease>,
}

/// A sealed package of one machine that another one brought: the warehouse keeps it until somebody with the agency's
/// recovery key takes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CarriedPackage {
    /// The package as a file.
    pub blob: BlobId,
    /// Machine that wrote it, by its own word.
    pub device: DeviceId,
    /// When, by that machine's clock.
    pub made_at: Timestamp,
    /// Operations inside.
    pub operations: u32,
    /// Somebody took it, and everything in it had its effect.
    pub taken: bool,
}

/// Asks to work on a dossier alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseDossier {
    /// Who asks.
    pub officer: String,
    /// Takes it from a machine that has it; recorded.
    #[serde(default)]
    pub force: bool,
}

/// A machine works on a dossier alone until then; operations of others are answered as a conflict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DossierLease {
    /// Which dossier.
    pub dossier: DossierId,
    /// Which machine.
    pub device: DeviceId,
    /// Which officer.
    pub officer: String,
    /// By the server's clock.
    pub until: Timestamp,
}

/// What changed in the scope of an agency, in the order of the commits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Changes {
    /// Oldest first.
    pub items: Vec<Change>,
    /// Where to go on, to be kept as it is. The same as before when nothing changed.
    pub next_cursor: String,
    /// More is there already.
    pub has_more: bool,
    /// Oldest payload schema taken.
    pub min_schema: u32,
    /// As in [`About`]: a counter that asks for changes needs no second question to know who answers.
    pub epoch: u64,
    /// Server time.
    pub time: Timestamp,
}

/// Accepted dossiers of an agency, in the order of their ids.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DossierPage {
    /// The dossiers.
    pub items: Vec<OfficeDossier>,
    /// Where the next page begins; none after the last.
    #[serde(default)]
    pub next: Option<DossierId>,
    /// Changes from here on are not in this page. Whoever reads all pages goes on from the first one's.
    pub cursor: String,
    /// As in [`About`].
    pub epoch: u64,
}

/// A dossier that waits to be accepted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WaitingSubmission {
    /// Which.
    pub id: DossierId,
    /// Version the warehouse has.
    pub version: u64,
    /// As it was sent.
    pub submission: Submission,
    /// The machine that looks into it now.
    #[serde(default)]
    pub holder: Option<Holder>,
}

/// Dossiers that wait to be accepted, in the order of their ids.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionPage {
    /// The dossiers.
    pub items: Vec<WaitingSubmission>,
    /// Where the next page begins; none after the last.
    #[serde(default)]
    pub next: Option<DossierId>,
}

/// Asks for dossiers by their ids.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossiersQuery {
    /// At most [`MAX_ASKED`].
    pub ids: Vec<DossierId>,
}

/// Those of them that are of the caller's agency and accepted, in any order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DossiersReply {
    /// The dossiers.
    pub items: Vec<OfficeDossier>,
}

/// Asks what became of operations of the calling machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsQuery {
    /// At most [`MAX_ASKED`].
    pub ops: Vec<OpId>,
}

/// One answer for each operation, in the order of the question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpsStatus {
    /// The answers.
    pub ops: Vec<OpStatus>,
}

/// What became of one operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpStatus {
    /// Which.
    pub op_id: OpId,
    /// How far it is there.
    #[serde(flatten)]
    pub state: OpState,
}

/// How far an operation is in the warehouse.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum OpState {
    /// Applied.
    Received {
        /// Dossier's version after it.
        version: u64,
        /// As it was given.
        receipt: SignedReceipt,
    },
    /// In the inbox.
    Kept {
        /// What it waits for, as in [`OpResult::Deferred`].
        waits_for: Vec<String>,
    },
    /// Refused; nothing of it was applied.
    Refused {
        /// Stable code.
        code: String,
    },
    /// No operation of the calling machine.
    Unknown,
}

/// One change. It says what to ask for again and carries no personal data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Change {
    /// A dossier of the agency.
    Dossier {
        /// Which.
        id: DossierId,
        /// Its version now.
        version: u64,
        /// Its code, once it has one.
        code: Option<DossierCode>,
        /// What happened.
        what: DossierEvent,
    },
    /// A paper the agency filed, or a new version of one.
    Document {
        /// Which.
        id: DocumentId,
        /// Its version now.
        version: u64,
        /// The dossier it was filed from.
        dossier: Option<DossierId>,
    },
    /// A feedback of the agency's own or on a paper it filed.
    Feedback {
        /// Which.
        id: OpId,
        /// About which paper.
        document: DocumentId,
    },
    /// Reference data.
    Reference {
        /// The newest version.
        version: u64,
    },
    /// Of a later warehouse; nothing this program asks for.
    #[serde(other)]
    Unknown,
}

/// What happened to a dossier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DossierEvent {
    /// "Số hóa".
    PaperFiled,
    /// It came through a portal.
    Submitted,
    /// It was not accepted.
    Declined,
    /// "Tiếp nhận".
    Accepted,
    /// "Trả kết quả".
    Returned,
    /// Unsent work of it was taken back.
    Withdrawn,
    /// An entry of its fees.
    FeeRecorded,
    /// It was handed on, paused, refused, promised anew …
    StepTaken,
    /// A machine took the lease, anew or from another.
    Leased,
    /// The lease was given back.
    LeaseEnded,
    /// Of a later warehouse.
    #[serde(other)]
    Unknown,
}
