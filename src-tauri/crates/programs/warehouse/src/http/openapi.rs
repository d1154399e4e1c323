//! The description of the API (OpenAPI 3.1). The types of the wire live in core and know nothing of
//! it; the flat ones are mirrored here and held to them by a test, the deep ones are named only.

#![allow(dead_code)] // the mirrors are read by their derive alone

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

#[derive(ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemSchema {
    r#type: String,
    title: String,
    status: u16,
    code: String,
    retryable: bool,
    retry_after: Option<u32>,
    held_by: Option<DossierLeaseSchema>,
}

#[derive(ToSchema)]
#[schema(as = About)]
pub(super) struct AboutSchema {
    name: String,
    version: String,
    min_schema: u32,
    max_schema: u32,
    epoch: u64,
    time: i64,
    receipt_key: String,
}

#[derive(ToSchema)]
#[schema(as = EnrolDevice)]
pub(super) struct EnrolDeviceSchema {
    code: String,
    #[schema(pattern = "^[0-9a-f-]{36}$")]
    device: String,
    agency: String,
    csr: String,
}

#[derive(ToSchema)]
#[schema(as = Login)]
pub(super) struct LoginSchema {
    login: String,
    secret: String,
}

#[derive(ToSchema)]
#[schema(as = RefreshLogin)]
pub(super) struct RefreshLoginSchema {
    refresh: String,
}

#[derive(ToSchema)]
#[schema(as = LoggedIn)]
pub(super) struct LoggedInSchema {
    officer: String,
    name: String,
    /// `intake`, `specialist`, `clerk`, `signer`, `certifier`, `supervisor`, `reporter`, `administrator`.
    roles: Vec<String>,
    /// Those of them he has in the office of the machine.
    here: Vec<String>,
    time: i64,
    access: String,
    access_until: i64,
    refresh: String,
    refresh_until: i64,
}

#[derive(ToSchema)]
#[schema(as = RenewDevice)]
pub(super) struct RenewDeviceSchema {
    csr: String,
}

#[derive(ToSchema)]
#[schema(as = Enrolled)]
pub(super) struct EnrolledSchema {
    device: String,
    agency: String,
    certificate: String,
    renew_from: i64,
    until: i64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Answer {
    Registered,
    NotRegistered,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Purpose {
    Intake,
    Correction,
    ResultReturn,
    Supervision,
}

#[derive(ToSchema)]
#[schema(as = IdentityReply)]
pub(super) struct IdentityReplySchema {
    answer: Answer,
    name: Option<String>,
    at: i64,
}

#[derive(ToSchema)]
#[schema(as = BlobsQuery)]
pub(super) struct BlobsQuerySchema {
    #[schema(max_items = 200)]
    blobs: Vec<String>,
}

#[derive(ToSchema)]
#[schema(as = OpenUpload)]
pub(super) struct OpenUploadSchema {
    id: String,
    received: u64,
}

#[derive(ToSchema)]
#[schema(as = BlobState)]
pub(super) struct BlobStateSchema {
    id: String,
    have: bool,
    upload: Option<OpenUploadSchema>,
}

#[derive(ToSchema)]
#[schema(as = BlobsReply)]
pub(super) struct BlobsReplySchema {
    blobs: Vec<BlobStateSchema>,
}

#[derive(ToSchema)]
#[schema(as = LeaseBlock)]
pub(super) struct LeaseBlockSchema {
    agency: String,
    #[schema(format = Date)]
    day: String,
    count: u32,
}

#[derive(ToSchema)]
#[schema(as = NumberBlock)]
pub(super) struct NumberBlockSchema {
    agency: String,
    #[schema(format = Date)]
    day: String,
    next: u32,
    last: u32,
}

#[derive(ToSchema)]
#[schema(as = CarriedPackage)]
pub(super) struct CarriedPackageSchema {
    blob: String,
    device: String,
    made_at: i64,
    operations: u32,
    taken: bool,
}

#[derive(ToSchema)]
#[schema(as = LeaseDossier)]
pub(super) struct LeaseDossierSchema {
    #[schema(max_length = 100)]
    officer: String,
    force: Option<bool>,
}

#[derive(ToSchema)]
#[schema(as = DossierLease)]
pub(super) struct DossierLeaseSchema {
    dossier: String,
    device: String,
    officer: String,
    until: i64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum DossierEvent {
    Withdrawn,
    PaperFiled,
    Submitted,
    Declined,
    Accepted,
    Returned,
    FeeRecorded,
    StepTaken,
    Leased,
    LeaseEnded,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[schema(as = Change)]
pub(super) enum ChangeSchema {
    Dossier { id: String, version: u64, code: Option<String>, what: DossierEvent },
    Document { id: String, version: u64, dossier: Option<String> },
    Feedback { id: String, document: String },
    Reference { version: u64 },
}

#[derive(ToSchema)]
#[schema(as = Changes)]
pub(super) struct ChangesSchema {
    items: Vec<ChangeSchema>,
    next_cursor: String,
    has_more: bool,
    min_schema: u32,
    epoch: u64,
    time: i64,
}

#[derive(ToSchema)]
#[schema(as = DossierPage)]
pub(super) struct DossierPageSchema {
    /// OfficeDossier, in the order of their ids.
    #[schema(value_type = Vec<Object>)]
    items: Vec<serde_json::Value>,
    next: Option<String>,
    cursor: String,
    epoch: u64,
}

#[derive(ToSchema)]
#[schema(as = DossiersQuery)]
pub(super) struct DossiersQuerySchema {
    #[schema(max_items = 500)]
    ids: Vec<String>,
}

#[derive(ToSchema)]
#[schema(as = DossiersReply)]
pub(super) struct DossiersReplySchema {
    /// OfficeDossier.
    #[schema(value_type = Vec<Object>)]
    items: Vec<serde_json::Value>,
}

#[derive(ToSchema)]
#[schema(as = OpsQuery)]
pub(super) struct OpsQuerySchema {
    #[schema(max_items = 500)]
    ops: Vec<String>,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
#[schema(as = OpStatus)]
pub(super) enum OpStatusSchema {
    Received { op_id: String, version: u64, receipt: String },
    Kept { op_id: String, waits_for: Vec<String> },
    Refused { op_id: String, code: String },
    Unknown { op_id: String },
}

#[derive(ToSchema)]
#[schema(as = OpsStatus)]
pub(super) struct OpsStatusSchema {
    ops: Vec<OpStatusSchema>,
}

#[derive(ToSchema)]
#[schema(as = Op)]
pub(super) struct OpSchema {
    #[schema(pattern = "^[0-9a-f-]{36}$")]
    op_id: String,
    #[schema(pattern = "^[0-9a-f-]{36}$")]
    device: String,
    device_seq: u64,
    device_time: i64,
    schema_version: u32,
    #[schema(pattern = "^[0-9a-f-]{36}$")]
    dossier: String,
    base_version: u64,
    /// Earlier operations of the machine on the dossier that this one takes the place of; at most 100.
    #[schema(required = false)]
    replaces: Vec<String>,
    /// `type`: `file_document`, `accept_dossier`, `return_result`, `withdraw`, `fee`, `step`, `feedback`, and the fields of that payload.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
}

#[derive(ToSchema)]
#[schema(as = OpsRequest)]
pub(super) struct OpsRequestSchema {
    ops: Vec<OpSchema>,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case", tag = "result")]
#[schema(as = OpResult)]
pub(super) enum OpResultSchema {
    Applied {
        op_id: String,
        version: u64,
        receipt: String,
    },
    Duplicate {
        op_id: String,
        version: u64,
        receipt: String,
    },
    Conflict {
        op_id: String,
        server_version: u64,
        held_by: Option<DossierLeaseSchema>,
        /// DossierView
        #[schema(value_type = Option<Object>)]
        server: Option<serde_json::Value>,
    },
    Rejected {
        op_id: String,
        code: String,
        fields: Vec<String>,
    },
    Deferred {
        op_id: String,
        waits_for: Vec<String>,
        kept: bool,
    },
}

#[derive(ToSchema)]
#[schema(as = OpsReply)]
pub(super) struct OpsReplySchema {
    results: Vec<OpResultSchema>,
}

/// Bytes as they are.
#[derive(ToSchema)]
#[schema(as = Bytes, value_type = String, format = Binary)]
pub(super) struct BytesSchema(Vec<u8>);

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum FeeMethod {
    Cash,
    Transfer,
    Portal,
    Post,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum FeeAct {
    Paid {
        amount: u64,
        method: FeeMethod,
        #[schema(max_length = 50)]
        receipt_number: String,
    },
    Relieved {
        amount: u64,
        #[schema(max_length = 2000)]
        reason: String,
    },
    Reversed {
        entry: String,
        #[schema(max_length = 2000)]
        reason: String,
    },
}

#[derive(ToSchema)]
#[schema(as = FeeRecord)]
pub(super) struct FeeRecordSchema {
    act: FeeAct,
    officer: String,
    at: i64,
}

#[derive(ToSchema)]
#[schema(as = FeeEntry)]
pub(super) struct FeeEntrySchema {
    id: String,
    record: FeeRecordSchema,
    device: String,
    taken_at: i64,
}

#[derive(ToSchema)]
#[schema(as = DossierFees)]
pub(super) struct DossierFeesSchema {
    dossier: String,
    fee: u64,
    paid: u64,
    relieved: u64,
    due: u64,
    beyond: u64,
    settled: bool,
    entries: Vec<FeeEntrySchema>,
}

#[derive(ToSchema)]
pub(super) struct Seat {
    unit: String,
    officer: String,
}

#[derive(ToSchema)]
pub(super) struct Exception {
    #[schema(max_length = 2000)]
    reason: String,
    approved_by: String,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum StepAct {
    HandedOver {
        to: Seat,
        #[schema(max_length = 2000)]
        note: String,
    },
    TakenOver {
        by: Seat,
    },
    SupplementAsked {
        #[schema(min_items = 1, max_items = 50)]
        items: Vec<String>,
        #[schema(max_length = 2000)]
        reason: String,
        exception: Option<Exception>,
    },
    Supplemented {
        #[schema(max_length = 2000)]
        note: String,
        /// Deadline.
        #[schema(value_type = Object)]
        due: String,
        /// ComponentEvidence, as in an acceptance.
        #[schema(max_items = 50, value_type = Vec<Object>)]
        papers: Vec<String>,
    },
    Reappointed {
        #[schema(max_length = 2000)]
        reason: String,
        /// Deadline.
        #[schema(value_type = Object)]
        due: String,
    },
    Refused {
        #[schema(min_items = 1, max_items = 50)]
        reasons: Vec<String>,
    },
    Stopped {
        #[schema(max_length = 2000)]
        reason: String,
    },
    OriginalReturned {
        component: u32,
    },
    ResultProposed {
        #[schema(max_length = 2000)]
        note: String,
    },
    /// Two officers agree; `officer` of the record is who asked. Schema 7.
    ResultCorrected {
        document: String,
        /// File it takes the place of.
        before: String,
        blob: String,
        size: u64,
        pages: u32,
        reason: FeedbackReason,
        #[schema(max_length = 2000)]
        text: String,
        asked_at: i64,
        #[schema(max_length = 100)]
        approved_by: String,
    },
}

#[derive(ToSchema)]
#[schema(as = StepRecord)]
pub(super) struct StepRecordSchema {
    act: StepAct,
    officer: String,
    at: i64,
}

#[derive(ToSchema)]
#[schema(as = StepEntry)]
pub(super) struct StepEntrySchema {
    id: String,
    record: StepRecordSchema,
    device: String,
    taken_at: i64,
}

#[derive(ToSchema)]
#[schema(as = DossierSteps)]
pub(super) struct DossierStepsSchema {
    dossier: String,
    entries: Vec<StepEntrySchema>,
}

#[derive(ToSchema)]
#[schema(as = OfficerFees)]
pub(super) struct OfficerFeesSchema {
    officer: String,
    method: FeeMethod,
    count: u64,
    paid: u64,
    reversed: u64,
}

#[derive(ToSchema)]
#[schema(as = FeeTotals)]
pub(super) struct FeeTotalsSchema {
    #[schema(format = Date)]
    day: String,
    items: Vec<OfficerFeesSchema>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum FeedbackReason {
    WrongInformation,
    NotTheResult,
    NotSigned,
}

#[derive(ToSchema)]
#[schema(as = FeedbackAnswer)]
pub(super) struct FeedbackAnswerSchema {
    corrected: bool,
    text: String,
    officer: String,
    at: i64,
}

#[derive(ToSchema)]
#[schema(as = Feedback)]
pub(super) struct FeedbackSchema {
    id: String,
    document: String,
    version: u64,
    reason: FeedbackReason,
    text: String,
    officer: String,
    given_at: i64,
    from_agency: String,
    to_agency: Option<String>,
    confirmed: Option<FeedbackFindingSchema>,
    answer: Option<FeedbackAnswerSchema>,
    ours: bool,
    #[schema(value_type = Option<Object>)]
    paper: Option<String>,
    uses: Vec<WrongUseSchema>,
}

#[derive(ToSchema)]
#[schema(as = FeedbackFinding)]
pub(super) struct FeedbackFindingSchema {
    text: String,
    officer: String,
    at: i64,
}

#[derive(ToSchema)]
#[schema(as = WrongUse)]
pub(super) struct WrongUseSchema {
    dossier: String,
    code: String,
    owner_name: String,
    officer: String,
    returned: bool,
}

#[derive(ToSchema)]
#[schema(as = FeedbackPage)]
pub(super) struct FeedbackPageSchema {
    items: Vec<FeedbackSchema>,
    next: Option<u64>,
}

#[derive(ToSchema)]
#[schema(as = Use)]
pub(super) struct UseSchema {
    dossier: String,
    document: String,
    at: i64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum ConsentMethod {
    Spoken,
    Paper,
    Pad,
    Portal,
}

#[derive(ToSchema)]
#[schema(as = ConsentRecord)]
pub(super) struct ConsentRecordSchema {
    dossier: String,
    document: String,
    at: i64,
    method: ConsentMethod,
    officer: String,
    national: bool,
}

#[derive(ToSchema)]
#[schema(as = OwnerIdentity)]
pub(super) struct OwnerIdentitySchema {
    answer: Answer,
    at: i64,
}

#[derive(ToSchema)]
#[schema(as = Owner)]
pub(super) struct OwnerSchema {
    numbers: Vec<String>,
    name: Option<String>,
    identity: Option<OwnerIdentitySchema>,
}

/// The certificate every closed route asks for, and what can be answered before a route is reached: the machine is
/// looked up in the store, every route has its time limit, and every look at somebody's papers is written down.
struct DeviceCertificate;

/// RFC 9457.
const PROBLEM: &str = "application/problem+json";

const BEFORE_THE_ROUTE: [(&str, &str); 6] = [
    ("401", "unauthorized, deviceRevoked, certificateExpired"),
    ("403", "loginExpired"),
    ("408", "requestTimeout"),
    ("429", "tooManyRequests"),
    ("503", "storageTrouble"),
    ("507", "storageFull"),
];

impl Modify for DeviceCertificate {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components
            .add_security_scheme("device", SecurityScheme::MutualTls { description: None, extensions: None });
        for path in api.paths.paths.values_mut() {
            let routes = [
                &mut path.get,
                &mut path.put,
                &mut path.post,
                &mut path.head,
                &mut path.patch,
                &mut path.delete,
                &mut path.options,
            ];
            for route in routes.into_iter().flatten() {
                for (status, said) in &mut route.responses.responses {
                    if let RefOr::T(said) = said
                        && status.as_str() >= "400"
                        && let Some(problem) = said.content.swap_remove("application/json")
                    {
                        said.content.insert(PROBLEM.to_owned(), problem);
                    }
                }
                if route.security.is_none() {
                    continue;
                }
                for (status, code) in BEFORE_THE_ROUTE {
                    let said = route.responses.responses.entry(status.to_owned()).and_modify(|said| {
                        if let RefOr::T(said) = said
                            && !said.description.contains(code)
                        {
                            said.description = format!("{}, {code}", said.description);
                        }
                    });
                    said.or_insert_with(|| {
                        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
                        let content = problem.build();
                        RefOr::T(ResponseBuilder::new().description(code).content(PROBLEM, content).build())
                    });
                }
            }
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Một Cửa warehouse", description = "Counter to provincial warehouse, version 1"),
    paths(
        super::records::about,
        super::enrol::enrol,
        super::enrol::renew,
        super::login::log_in,
        super::login::go_on,
        super::login::log_out,
        super::records::reference,
        super::records::identity,
        super::records::documents,
        super::records::ops,
        super::changes::changes,
        super::office::page,
        super::office::read,
        super::office::submissions,
        super::office::op_states,
        super::admin::ask,
        super::records::dossier,
        super::leases::take,
        super::leases::give_back,
        super::records::number_blocks,
        super::ledger::fees,
        super::ledger::steps,
        super::ledger::totals,
        super::ledger::feedback,
        super::ledger::reuse,
        super::ledger::consents,
        super::ledger::owner,
        super::blobs::fetch,
        super::blobs::store,
        super::uploads::check,
        super::uploads::commit,
        super::uploads::offer,
        super::uploads::create,
        super::uploads::position,
        super::uploads::append,
        super::uploads::give_up,
        super::packages::carry,
        serve,
    ),
    modifiers(&DeviceCertificate)
)]
struct Api;

/// The description as JSON.
///
/// # Errors
/// Does not happen for this description.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    Api::openapi().to_pretty_json()
}

/// This description; needs no key.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "warehouse",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn serve() -> Response {
    match openapi_json() {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => crate::problem::Refusal::StorageTrouble.into_response(),
    }
}
