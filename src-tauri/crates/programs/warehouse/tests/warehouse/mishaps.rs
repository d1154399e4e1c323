//! Everything that can happen to a request happens to every route of the API: one effect per action, the
//! right word for the officer, nothing half done. A route without a case here fails the test.
#![allow(clippy::print_stdout, reason = "what was asked, and with which seed, is told")]

use crate::paper;
use crate::world::{
    AGENCY, OWNER, World, file_document, fresh_uuid, is_applied, pem, provide_crypto, push, tls, today,
    upload,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use motcua_desk::ports::{Lease, LinkError, Warehouse};
use motcua_dossier::{AgencyCode, BlobId, Day, DeviceId, DossierId, IdNumber, OpId};
use motcua_link::DeviceRequest;
use motcua_testkit::{ChaosLine, Cut, CutAt, Mishap};
use motcua_warehouse::{GrantWish, add_officer, device_code, grant};
use motcua_wire::{
    AdminAct, AdminRequest, EnrolDevice, LeaseBlock, LeaseDossier, Login, Op, OpResult, OpsRequest, PURPOSE,
    Purpose, RefreshLogin, RenewDevice,
};
use reqwest::{Method, Response};
use serde_json::Value;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const MISHAPS: [Mishap; 14] = [
    Mishap::RequestLost,
    Mishap::RequestCut,
    Mishap::AnswerLost,
    Mishap::AnswerCut,
    Mishap::RequestDoubled,
    Mishap::RequestReplayed,
    Mishap::AnswerReplayed,
    Mishap::Instead(500),
    Mishap::Instead(502),
    Mishap::Instead(503),
    Mishap::Instead(302),
    Mishap::Instead(200),
    Mishap::InsteadAfter(504),
    Mishap::InsteadAfter(502),
];

/// One action on a subject of its own.
enum Action {
    About,
    Description,
    Reference,
    Identity,
    Documents,
    Changes,
    Dossier,
    OfficePage,
    OfficeDossiers,
    OpStates,
    Fetch(BlobId, Vec<u8>),
    Ops(Box<Op>),
    Put(BlobId, Vec<u8>),
    BlobsCheck(BlobId, Vec<u8>),
    Commit(BlobId),
    Carry(BlobId),
    Offer,
    Create(BlobId),
    Position(String),
    Append(String),
    GiveUp(String, BlobId),
    Lease(DossierId),
    GiveBack(DossierId),
    NumberBlock,
    Enrol(EnrolDevice),
    Renew,
    Login,
    GoOn(String),
    LogOut(String),
    /// A token, and a grant that ends on that day.
    Administer(String, Day),
    /// A path, and what its answer has.
    Read(String, &'static str),
}

const OFFICER: &str = "canbo.mau";
/// Nobody grants himself anything.
const COLLEAGUE: &str = "dong.nghiep";
const OFFICER_SECRET: &str = "Mat-khau-mau-1";
/// What the tests send by hand, before a mark of its own.
const PART: &[u8] = b"the bytes of an upload by hand";

impl Action {
    /// The action of a route, with what must be there before it. A new route has no action yet: it needs one.
    async fn of(world: &World, method: &str, path: &str) -> Self {
        let mark = fresh_uuid().to_string();
        let bytes = paper::pdf(1, &mark);
        let blob = paper::blob(&bytes);
        let part = [PART, mark.as_bytes()].concat();
        let part_blob = paper::blob(&part);
        match (method, path) {
            ("get", "/v1/about") => Self::About,
            ("get", "/v1/openapi.json") => Self::Description,
            ("get", "/v1/reference") => Self::Reference,
            ("get", "/v1/identity/{number}") => Self::Identity,
            ("get", "/v1/documents") => Self::Documents,
            ("get", "/v1/changes") => Self::Changes,
            ("get", "/v1/dossiers/{id}") => Self::Dossier,
            ("get", "/v1/dossiers") => Self::OfficePage,
            ("post", "/v1/dossiers/read") => Self::OfficeDossiers,
            ("post", "/v1/ops/status") => Self::OpStates,
            ("get", "/v1/blobs/{sha256}") => {
                upload(&world.line(0), &bytes).await;
                Self::Fetch(blob, bytes)
            }
            ("post", "/v1/ops") => {
                let signed = world.signed(&mark);
                upload(&world.line(0), &signed).await;
                let record = paper::record(OWNER, &signed, 1);
                Self::Ops(Box::new(world.op(0, DossierId(fresh_uuid()), 0, file_document(record))))
            }
            ("put", "/v1/blobs/{sha256}") => Self::Put(blob, bytes),
            ("post", "/v1/blobs/check") => {
                let mut large = bytes;
                large.resize(1_200_000, 7);
                Self::BlobsCheck(paper::blob(&large), large)
            }
            ("post", "/v1/blobs/{sha256}/commit") => {
                let id = open(world, &part_blob, part.len()).await;
                append(world, &world.url(), &id, &part).await.unwrap();
                Self::Commit(part_blob)
            }
            ("post", "/v1/packages/{sha256}") => {
                let sealed = crate::package::package(world, 0, &[]);
                upload(&world.line(0), &sealed).await;
                Self::Carry(paper::blob(&sealed))
            }
            ("options", "/v1/uploads") => Self::Offer,
            ("post", "/v1/uploads") => Self::Create(part_blob),
            ("head", "/v1/uploads/{id}") => Self::Position(open(world, &part_blob, part.len()).await),
            ("patch", "/v1/uploads/{id}") => {
                Self::Append(open(world, &paper::blob(&[0u8; 700_000]), 700_000).await)
            }
            ("delete", "/v1/uploads/{id}") => {
                Self::GiveUp(open(world, &part_blob, part.len()).await, part_blob)
            }
            ("post", "/v1/dossiers/{id}/lease") => Self::Lease(begun(world, &mark).await),
            ("delete", "/v1/dossiers/{id}/lease") => {
                let id = begun(world, &mark).await;
                lease(world, &world.url(), id).await.unwrap();
                Self::GiveBack(id)
            }
            ("post", "/v1/number-blocks") => Self::NumberBlock,
            ("post", "/v1/enrol") => {
                let agency = AgencyCode::parse(AGENCY).unwrap();
                let code = device_code(&world.config, &agency, "Quầy mới").unwrap().code;
                let csr = DeviceRequest::new().unwrap().csr().to_owned();
                Self::Enrol(EnrolDevice { code, device: DeviceId(fresh_uuid()), agency, csr })
            }
            ("post", "/v1/enrol/renew") => Self::Renew,
            ("post", "/v1/login") => Self::Login,
            ("post", "/v1/login/refresh") => {
                let told = Self::Login.logs_in(world, &world.url()).await.unwrap();
                Self::GoOn(told["refresh"].as_str().unwrap().to_owned())
            }
            ("post", "/v1/logout") => {
                let told = Self::Login.logs_in(world, &world.url()).await.unwrap();
                Self::LogOut(told["refresh"].as_str().unwrap().to_owned())
            }
            ("get", "/v1/dossiers/{id}/fees") => {
                Self::Read(format!("/v1/dossiers/{}/fees", begun(world, &mark).await), "entries")
            }
            ("get", "/v1/dossiers/{id}/steps") => {
                Self::Read(format!("/v1/dossiers/{}/steps", begun(world, &mark).await), "entries")
            }
            ("get", "/v1/fees/totals") => {
                Self::Read(format!("/v1/fees/totals?day={}", today().format_iso()), "items")
            }
            ("post", "/v1/admin") => {
                static UNTIL: AtomicI32 = AtomicI32::new(2_500_000);
                let until = time::Date::from_julian_day(UNTIL.fetch_add(1, Ordering::Relaxed)).unwrap();
                let told = Self::Login.logs_in(world, &world.url()).await.unwrap();
                Self::Administer(told["access"].as_str().unwrap().to_owned(), Day(until))
            }
            ("get", "/v1/submissions") => Self::Read("/v1/submissions".into(), "items"),
            ("get", "/v1/feedback") => Self::Read("/v1/feedback".into(), "items"),
            ("get", "/v1/reuse") => Self::Read(format!("/v1/reuse?dossier={mark}"), ""),
            ("get", "/v1/consents") => Self::Read(format!("/v1/consents?dossier={mark}"), ""),
            ("get", "/v1/owners/{number}") => Self::Read(format!("/v1/owners/{OWNER}"), "numbers"),
            (method, path) => panic!("{method} {path} has no case: say what one effect of it is"),
        }
    }

    /// Does it through that address, once, as the counter does.
    async fn act(&self, world: &World, url: &str) -> Result<(), LinkError> {
        let line = world.line_by(url, 0);
        let cancel = CancellationToken::new();
        let owner = IdNumber::parse(OWNER).unwrap();
        match self {
            Self::About => line.about().await.map(drop),
            Self::Description => {
                let answer = raw(world, Method::GET, url, "/v1/openapi.json").send().await;
                let body = told(answer)?.bytes().await.map_err(|_| LinkError::Offline)?;
                let api: Value = serde_json::from_slice(&body).map_err(|_| LinkError::Malformed)?;
                if api["openapi"].is_string() { Ok(()) } else { Err(LinkError::Malformed) }
            }
            Self::Reference => line
                .reference(0)
                .await
                .map(|r| assert_eq!(r.unwrap().open(&world.receipt_key()).unwrap().version, 5)),
            Self::Identity => line.identity(&owner, Purpose::Intake).await.map(drop),
            Self::Documents => line.documents(&[owner], Purpose::Intake).await.map(drop),
            Self::Changes => line.changes(None, 500, 0).await.map(drop),
            Self::Dossier => {
                line.dossier(DossierId(fresh_uuid())).await.map(|found| assert!(found.is_none()))
            }
            Self::OfficePage => line.office_page(None, 500).await.map(drop),
            Self::OfficeDossiers => {
                line.office_dossiers(&[DossierId(fresh_uuid())]).await.map(|found| assert!(found.is_empty()))
            }
            Self::OpStates => {
                line.op_states(&[OpId(fresh_uuid())]).await.map(|states| assert_eq!(states.len(), 1))
            }
            Self::Fetch(blob, bytes) => {
                line.fetch(blob, &|_, _| {}, &cancel).await.map(|got| assert_eq!(got, *bytes))
            }
            Self::Ops(op) => {
                let reply = line.push(&OpsRequest { ops: vec![(**op).clone()] }).await?;
                let done = matches!(reply.results[0], OpResult::Applied { .. } | OpResult::Duplicate { .. });
                assert!(done, "{reply:?}");
                Ok(())
            }
            Self::Put(blob, bytes) | Self::BlobsCheck(blob, bytes) => {
                line.upload(blob, bytes, &|_, _| {}, &cancel).await
            }
            Self::Commit(blob) => {
                let path = format!("/v1/blobs/{blob}/commit");
                told(raw(world, Method::POST, url, &path).send().await).map(drop)
            }
            Self::Carry(package) => {
                line.carry_package(package).await.map(|carried| assert_eq!(carried.blob, *package))
            }
            Self::Offer => told(raw(world, Method::OPTIONS, url, "/v1/uploads").send().await).and_then(|a| {
                if a.headers().contains_key("tus-extension") { Ok(()) } else { Err(LinkError::Malformed) }
            }),
            Self::Create(blob) => create(world, url, blob, PART.len() + 36).await.map(drop),
            Self::Position(id) => position(world, url, id).await.map(|at| assert_eq!(at, 0)),
            Self::Append(id) => {
                let at = position(world, &world.url(), id).await?;
                append(world, url, id, &vec![0u8; 700_000][usize::try_from(at).unwrap()..]).await
            }
            Self::GiveUp(id, _) => {
                let path = format!("/v1/uploads/{id}");
                let answer = raw(world, Method::DELETE, url, &path).send().await;
                match told(answer) {
                    // Gone is what was wished.
                    Err(LinkError::Refused(code)) if code == "404" => Ok(()),
                    other => other.map(drop),
                }
            }
            Self::Lease(id) => lease(world, url, *id).await,
            Self::GiveBack(id) => line.give_back_dossier(*id).await,
            Self::NumberBlock => {
                let wish = LeaseBlock { agency: AgencyCode::parse(AGENCY).unwrap(), day: today(), count: 1 };
                line.lease_block(&wish).await.map(|block| assert_eq!(block.left(), 1))
            }
            Self::Enrol(wish) => {
                let request = raw(world, Method::POST, url, "/v1/enrol").json(wish);
                answered(request.send().await, "certificate").await.map(drop)
            }
            Self::Renew => {
                let wish = RenewDevice { csr: DeviceRequest::new().unwrap().csr().to_owned() };
                let request = raw(world, Method::POST, url, "/v1/enrol/renew").json(&wish);
                answered(request.send().await, "certificate").await.map(drop)
            }
            Self::Login => self.logs_in(world, url).await.map(drop),
            Self::GoOn(token) => {
                let request = raw(world, Method::POST, url, "/v1/login/refresh");
                let request = request.json(&RefreshLogin { refresh: token.clone() });
                answered(request.send().await, "access").await.map(drop)
            }
            Self::LogOut(token) => {
                let request = raw(world, Method::POST, url, "/v1/logout");
                let answer = request.json(&RefreshLogin { refresh: token.clone() }).send().await;
                told(answer).map(drop)
            }
            Self::Administer(access, until) => {
                let (login, node, until) = (COLLEAGUE.to_owned(), "xa".to_owned(), Some(*until));
                let role = motcua_wire::Role::Reporter;
                let act = AdminAct::Grant { login, role, node, procedures: None, from: None, until };
                let request = raw(world, Method::POST, url, "/v1/admin").bearer_auth(access);
                answered(request.json(&AdminRequest::Act(act)).send().await, "type").await.map(drop)
            }
            Self::Read(path, part) => {
                let request = raw(world, Method::GET, url, path).header(PURPOSE, Purpose::Supervision.word());
                answered(request.send().await, part).await.map(drop)
            }
        }
    }

    async fn logs_in(&self, world: &World, url: &str) -> Result<Value, LinkError> {
        let wish = Login { login: OFFICER.into(), secret: OFFICER_SECRET.into() };
        answered(raw(world, Method::POST, url, "/v1/login").json(&wish).send().await, "access").await
    }

    /// How often it has had its effect; none for a look.
    fn effects(&self, world: &World) -> Option<u64> {
        let records = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
        let count = |sql: &str, of: &dyn rusqlite::ToSql| -> u64 {
            records.query_row(sql, [of], |r| r.get(0)).unwrap()
        };
        match self {
            Self::Ops(op) => {
                let dossier = op.dossier.to_string();
                let ops =
                    count("SELECT count(*) FROM ops WHERE dossier = ? AND version IS NOT NULL", &dossier);
                let papers = "SELECT count(*) FROM document_versions WHERE op = ?";
                let told = "SELECT count(*) FROM changes WHERE body ->> '$.kind' = 'dossier' AND body ->> '$.id' = ?";
                assert_eq!(
                    ops,
                    count(papers, &op.op_id.to_string()),
                    "a paper for the operation and none else"
                );
                assert_eq!(ops, count(told, &dossier), "told once");
                Some(ops)
            }
            Self::Put(blob, _) | Self::BlobsCheck(blob, _) | Self::Commit(blob) => {
                Some(count("SELECT count(*) FROM blobs WHERE id = ?", &blob.0.as_slice()))
            }
            Self::Carry(package) => {
                Some(count("SELECT count(*) FROM packages WHERE blob = ?", &package.0.as_slice()))
            }
            Self::Create(blob) => {
                Some(count("SELECT count(*) FROM uploads WHERE blob = ?", &blob.0.as_slice()))
            }
            Self::Append(id) => {
                let received = count("SELECT received FROM uploads WHERE id = ?", id);
                assert!(received <= 700_000);
                Some(u64::from(received == 700_000))
            }
            Self::GiveUp(_, blob) => {
                Some(1 - count("SELECT count(*) FROM uploads WHERE blob = ?", &blob.0.as_slice()))
            }
            Self::Lease(id) => Some(count("SELECT count(*) FROM leases WHERE dossier = ?", &id.to_string())),
            Self::GiveBack(id) => {
                Some(1 - count("SELECT count(*) FROM leases WHERE dossier = ?", &id.to_string()))
            }
            Self::LogOut(_) => Some(1 - count("SELECT count(*) FROM sessions WHERE officer = ?", &OFFICER)),
            Self::Administer(_, until) => {
                Some(count("SELECT count(*) FROM grants WHERE until_day = ?", &until.format_iso()))
            }
            Self::Enrol(wish) => {
                Some(count("SELECT count(*) FROM devices WHERE id = ?", &wish.device.to_string()))
            }
            _ => None,
        }
    }

    /// The client tries a file again by itself before it says anything.
    fn is_persistent(&self) -> bool {
        matches!(self, Self::Put(..) | Self::BlobsCheck(..))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_on_the_way_to_any_route_an_action_has_one_effect() {
    let world = with_officer().await;
    let gate = world.gate(world.dir.path(), "server").await;
    let (mut played, mut wrong) = (0, vec![]);
    for (method, path) in routes() {
        for mishap in MISHAPS {
            played += 1;
            let mut holds = |truth: bool, what: &str, seen: &dyn std::fmt::Debug| {
                if !truth {
                    wrong.push(format!("{method} {path}, {mishap:?}: {what}, {seen:?}"));
                }
            };
            let action = Action::of(&world, &method, &path).await;
            // An answer to another question, for the mishap that repeats it.
            world.line_by(&gate.url(), 0).about().await.unwrap();
            let (blocks, met) = (number_blocks(&world), gate.met());
            gate.suffer(mishap, &method, &path);
            let first = action.act(&world, &gate.url()).await;
            holds(gate.met() == met + 1, "it meets its mishap", &first);
            if let Some(effects) = action.effects(&world) {
                let never_arrived = matches!(
                    mishap,
                    Mishap::RequestLost | Mishap::RequestCut | Mishap::Instead(_) | Mishap::AnswerReplayed
                );
                let done = match (&action, mishap) {
                    // A file that somebody said was there is asked for again with its operation.
                    (_, Mishap::AnswerReplayed) => 0,
                    // A question does nothing; what follows it does.
                    (Action::BlobsCheck(..), _) => u64::from(first.is_ok()),
                    _ => u64::from(!never_arrived || (action.is_persistent() && first.is_ok())),
                };
                holds(
                    effects == done,
                    "what did not arrive does nothing, what arrives is done once",
                    &effects,
                );
            }
            holds(is_right(&action, mishap, &first), "what the desk is told", &first);
            if matches!(mishap, Mishap::RequestDoubled | Mishap::RequestReplayed) {
                let more = u64::from(matches!(action, Action::NumberBlock));
                holds(number_blocks(&world) == blocks + more, "said twice is one block", &blocks);
            }
            let again = action.act(&world, &world.url()).await;
            holds(again == Ok(()), "asked again it is done", &again);
            let effects = action.effects(&world);
            holds(effects.is_none_or(|n| n == 1), "and has been done once", &effects);
        }
    }
    println!("{played} mishaps on {} routes", routes().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let check = motcua_warehouse::check(&world.config).unwrap();
    assert!(check.is_clean(), "{check:?}");
}

/// What the desk is told of it, once.
fn is_right(action: &Action, mishap: Mishap, first: &Result<(), LinkError>) -> bool {
    if action.is_persistent() && first.is_ok() {
        return true;
    }
    match mishap {
        Mishap::RequestLost | Mishap::RequestCut | Mishap::AnswerLost => *first == Err(LinkError::Offline),
        // The head of an answer is all of some.
        Mishap::AnswerCut => matches!(first, Err(LinkError::Offline)),
        // The second time its place is taken: the client asks how far the file is, and goes on.
        Mishap::RequestDoubled if matches!(action, Action::Append(_)) => {
            *first == Err(LinkError::Refused("409".into()))
        }
        // Two that come at once: one of them waits.
        Mishap::RequestDoubled | Mishap::RequestReplayed => first.is_ok(),
        // Somebody else's words: understood as nothing, or not believed.
        Mishap::AnswerReplayed => match action {
            Action::About => first.is_ok(),
            _ => matches!(first, Err(LinkError::Malformed) | Ok(())),
        },
        Mishap::Instead(status) | Mishap::InsteadAfter(status) => match status {
            500.. => matches!(first, Err(LinkError::Trouble { .. })),
            // A page somebody put in the way says nothing about the file or the dossier.
            _ => matches!(first, Err(LinkError::Malformed)),
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_the_servers_is_an_interception_on_every_route() {
    let world = with_officer().await;
    let elsewhere = tempfile::tempdir().unwrap();
    tls(elsewhere.path());
    let other_host = world.gate(world.dir.path(), "other").await;
    let other_ca = world.gate(elsewhere.path(), "server").await;
    for (method, path) in routes() {
        let action = Action::of(&world, &method, &path).await;
        for (gate, what) in [(&other_host, "another host"), (&other_ca, "another authority")] {
            let said = action.act(&world, &gate.url()).await;
            assert_eq!(said, Err(LinkError::Intercepted), "{method} {path}: a certificate of {what}");
            assert_ne!(action.effects(&world), Some(1), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_refused_or_slow_or_falls_silent_is_told_from_an_interception() {
    let world = with_officer().await;
    let server = world.server.as_ref().unwrap().address();
    let line = ChaosLine::to(server).await.unwrap();
    let url = format!("https://{}", line.address());
    for (method, path) in routes() {
        let action = Action::of(&world, &method, &path).await;
        line.refuse(true);
        assert_eq!(action.act(&world, &url).await, Err(LinkError::Offline), "{method} {path}");
        line.refuse(false);
        line.delay(Duration::from_millis(15));
        line.slow_down(4_000_000);
        assert_eq!(action.act(&world, &url).await, Ok(()), "{method} {path}");
        line.delay(Duration::ZERO);
        line.slow_down(0);
    }
    // Half-open: the client waits as long as it waits for any answer, so only a quick question is asked.
    let whole = ChaosLine::to(server).await.unwrap();
    world.line_by(&format!("https://{}", whole.address()), 0).about().await.unwrap();
    let (sent, answered) = (whole.sent(), whole.answered());
    let silent = |cut| {
        let world = &world;
        async move {
            let line = ChaosLine::to(server).await.unwrap();
            line.cut(cut, Cut::Silence);
            let said = world.line_by(&format!("https://{}", line.address()), 0).about().await;
            assert_eq!((said.map(drop), line.cuts()), (Err(LinkError::Offline), 1), "{cut:?}");
        }
    };
    let (begun, asked, almost) = (CutAt::Sent(100), CutAt::Sent(sent - 40), CutAt::Answered(answered - 60));
    tokio::join!(silent(begun), silent(asked), silent(almost));
}

/// Every method of every path in the description.
fn routes() -> Vec<(String, String)> {
    let api: Value = serde_json::from_str(&motcua_warehouse::openapi_json().unwrap()).unwrap();
    let paths = api["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
        })
        .collect()
}

fn number_blocks(world: &World) -> u64 {
    let records = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
    records.query_row("SELECT count(*) FROM number_blocks", [], |r| r.get(0)).unwrap()
}

fn raw(world: &World, method: Method, url: &str, path: &str) -> reqwest::RequestBuilder {
    provide_crypto();
    let roots = reqwest::Certificate::from_pem(world.ca_pem.as_bytes()).unwrap();
    let nowhere_else = reqwest::redirect::Policy::none();
    let machine = reqwest::Identity::from_pem(pem(&world.identity(0)).as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([roots]).identity(machine).no_proxy();
    let client = client.redirect(nowhere_else).build().unwrap();
    client.request(method, format!("{url}{path}")).header("tus-resumable", "1.0.0")
}

async fn with_officer() -> World {
    let world = World::new().await;
    let secret = OFFICER_SECRET.to_owned().into();
    add_officer(&world.config, OFFICER, "Nguyễn Thị Mẫu", "xa", &secret).unwrap();
    add_officer(&world.config, COLLEAGUE, "Trần Văn Mẫu", "xa", &secret).unwrap();
    let (role, node) = (motcua_wire::Role::Administrator, "xa".to_owned());
    let wish = GrantWish { role, node, procedures: None, from: None, until: None };
    grant(&world.config, OFFICER, &wish).unwrap();
    world
}

/// An answer with that part; with an empty name, a list.
async fn answered(answer: reqwest::Result<Response>, part: &str) -> Result<Value, LinkError> {
    let body = heard(answer)?.bytes().await.map_err(|_| LinkError::Offline)?;
    let value: Value = serde_json::from_slice(&body).map_err(|_| LinkError::Malformed)?;
    let fits = if part.is_empty() { value.is_array() } else { value.get(part).is_some() };
    if fits { Ok(value) } else { Err(LinkError::Malformed) }
}

/// What the client makes of an answer, for the requests it never sends alone.
fn told(answer: reqwest::Result<Response>) -> Result<Response, LinkError> {
    let answer = heard(answer)?;
    // What speaks no tus is not the warehouse.
    let ours = answer.url().path().starts_with("/v1/openapi")
        || answer.headers().contains_key("tus-resumable")
        || answer.status() == 204;
    if ours { Ok(answer) } else { Err(LinkError::Malformed) }
}

fn heard(answer: reqwest::Result<Response>) -> Result<Response, LinkError> {
    match answer {
        Err(error) if format!("{error:?}").contains("InvalidCertificate") => Err(LinkError::Intercepted),
        Err(_) => Err(LinkError::Offline),
        Ok(answer) if answer.status().is_server_error() => Err(LinkError::Trouble { retry_after: None }),
        Ok(answer) if answer.status().is_redirection() => Err(LinkError::Malformed),
        Ok(answer) if answer.status().is_client_error() => {
            Err(LinkError::Refused(answer.status().as_str().to_owned()))
        }
        Ok(answer) => Ok(answer),
    }
}

async fn create(world: &World, url: &str, blob: &BlobId, length: usize) -> Result<String, LinkError> {
    let answer = raw(world, Method::POST, url, "/v1/uploads")
        .header("upload-length", length)
        .header("upload-metadata", format!("sha256 {}", STANDARD.encode(blob.to_string())))
        .send()
        .await;
    let place = told(answer)?.headers().get("location").cloned().ok_or(LinkError::Malformed)?;
    Ok(place.to_str().unwrap().trim_start_matches("/v1/uploads/").to_owned())
}

async fn open(world: &World, blob: &BlobId, length: usize) -> String {
    create(world, &world.url(), blob, length).await.unwrap()
}

async fn position(world: &World, url: &str, id: &str) -> Result<u64, LinkError> {
    let answer = told(raw(world, Method::HEAD, url, &format!("/v1/uploads/{id}")).send().await)?;
    let at = answer.headers().get("upload-offset").and_then(|v| v.to_str().ok()?.parse().ok());
    at.ok_or(LinkError::Malformed)
}

async fn append(world: &World, url: &str, id: &str, bytes: &[u8]) -> Result<(), LinkError> {
    let at = position(world, &world.url(), id).await?;
    let answer = raw(world, Method::PATCH, url, &format!("/v1/uploads/{id}"))
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", at)
        .body(bytes.to_vec())
        .send()
        .await;
    told(answer).map(drop)
}

/// A dossier with one paper.
async fn begun(world: &World, mark: &str) -> DossierId {
    let signed = world.signed(mark);
    upload(&world.line(0), &signed).await;
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &signed, 1)));
    assert!(is_applied(&push(&world.line(0), &op).await));
    op.dossier
}

async fn lease(world: &World, url: &str, id: DossierId) -> Result<(), LinkError> {
    let wish = LeaseDossier { officer: "canbo.mau".into(), force: false };
    match world.line_by(url, 0).lease_dossier(id, 1, &wish).await? {
        Lease::Ours(_) => Ok(()),
        Lease::Theirs(other) => panic!("held by {other:?}"),
    }
}
