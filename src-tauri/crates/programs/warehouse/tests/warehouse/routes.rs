//! Every route of the table in `wire::protocol`, and its refusals.

use crate::paper;
use crate::world::{AGENCY, OTHER_AGENCY, OWNER, OWNER_OLD, STRANGER, World, upload};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{
    AgencyCode, BlobId, Day, DocumentStatus, DossierId, IdNumber, IdentityAnswer, Provenance,
};
use motcua_wire::{LeaseBlock, LeaseDossier, OpsRequest, PURPOSE, Problem, Purpose};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn about_needs_no_key_and_names_the_receipt_key() {
    let world = World::new().await;
    let about = world.line_with("/nowhere".into(), &world.ca_pem).about().await.unwrap();
    assert_eq!(about.name, "motcua-warehouse");
    assert_eq!((about.min_schema, about.max_schema, about.epoch), (1, motcua_wire::SCHEMA_VERSION, 1));
    let stored = motcua_warehouse::receipt_key(&world.config.data).unwrap().verifying_key();
    assert_eq!(about.receipt_key.len(), 64);
    assert!(about.receipt_key.bytes().eq(hex(&stored.to_bytes()).bytes()));
}

#[tokio::test]
async fn reference_data_is_sent_only_when_it_is_newer() {
    let world = World::new().await;
    let line = world.line(0);
    assert_eq!(line.reference(0).await.unwrap().unwrap().open(&world.receipt_key()).unwrap().version, 5);
    assert_eq!(line.reference(5).await.unwrap(), None);
}

#[tokio::test]
async fn identity_is_answered_under_old_and_new_numbers_and_an_outage_is_told_apart() {
    let world = World::new().await;
    let line = world.line(0);
    let number = |text| IdNumber::parse(text).unwrap();
    let reply = line.identity(&number(OWNER), Purpose::Intake).await.unwrap();
    assert_eq!(reply.answer, IdentityAnswer::Registered);
    assert_eq!(
        line.identity(&number(OWNER_OLD), Purpose::Intake).await.unwrap().answer,
        IdentityAnswer::Registered
    );
    assert_eq!(
        line.identity(&number(STRANGER), Purpose::Intake).await.unwrap().answer,
        IdentityAnswer::NotRegistered
    );
    let file = world.config.data.join("identity.json");
    let held = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(line.identity(&number(OWNER), Purpose::Intake).await.unwrap_err(), LinkError::IdentityDown);
    assert!(line.reference(0).await.is_ok(), "only the identity service is out");
    std::fs::write(&file, held).unwrap();
    assert!(line.identity(&number(OWNER), Purpose::Intake).await.is_ok(), "back without a restart");
}

#[tokio::test]
async fn a_file_comes_back_as_it_went_and_again_is_free() {
    let world = World::new().await;
    let line = world.line(0);
    let bytes: Vec<u8> = (0..700_000u32).map(|i| (i % 253) as u8).collect();
    let blob = paper::blob(&bytes);
    let seen = std::sync::Mutex::new(Vec::new());
    let tell = |sent, total| seen.lock().unwrap().push((sent, total));
    line.upload(&blob, &bytes, &tell, &CancellationToken::new()).await.unwrap();
    let seen = seen.into_inner().unwrap();
    let total = bytes.len() as u64;
    assert_eq!(seen.last(), Some(&(total, total)));
    assert!(seen.windows(2).all(|w| w[0].0 <= w[1].0), "progress never goes back");
    upload(&line, &bytes).await;
    assert_eq!(line.fetch(&blob, &|_, _| {}, &CancellationToken::new()).await.unwrap(), bytes);
    let unknown = line.fetch(&BlobId([7; 32]), &|_, _| {}, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(unknown, LinkError::Refused("blobUnknown".into()));
}

#[tokio::test]
async fn a_file_of_another_agency_does_not_exist_for_this_one() {
    let world = World::new().await;
    let bytes = b"a file of the first agency".to_vec();
    let blob = upload(&world.line(0), &bytes).await;
    assert!(world.line(1).fetch(&blob, &|_, _| {}, &CancellationToken::new()).await.is_ok(), "same agency");
    let other = world.line(2).fetch(&blob, &|_, _| {}, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(other, LinkError::Refused("blobUnknown".into()));
}

#[tokio::test]
async fn bytes_that_do_not_hash_to_their_name_are_refused() {
    let world = World::new().await;
    let wrong = world
        .line(0)
        .upload(&BlobId([1; 32]), b"something else", &|_, _| {}, &CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(wrong, LinkError::Refused("blobHashMismatch".into()));
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let world = World::new().await;
    let answer = world
        .raw_of(0)
        .put(format!("{}/v1/blobs/{}", world.url(), BlobId([1; 32])))
        .body(vec![0u8; 64 * 1024 * 1024 + 1])
        .send()
        .await;
    if let Ok(answer) = answer {
        assert_eq!(answer.status(), 413);
    }
    assert!(world.line(0).about().await.is_ok());
}

#[tokio::test]
async fn papers_are_listed_newest_first_under_every_number_of_the_person() {
    let world = World::new().await;
    let yesterday = Day(crate::world::today().0.previous_day().unwrap());
    let now = crate::world::now();
    let old = world.stock(&world.signed("old"), |d| {
        d.filed_at.0 = now.0 - 1000;
        d.record.metadata.valid_until = Some(yesterday);
        d.uses = 3;
    });
    let new = world.stock(&world.signed("new"), |d| {
        d.record.owner = vec![IdNumber::parse(OWNER_OLD).unwrap()];
        d.provenance = Provenance::National;
        d.store_name = "Kho DVCQG".into();
    });
    let cancelled = world.stock(&world.signed("cancelled"), |d| {
        d.filed_at.0 = now.0 - 2000;
        d.cancelled = true;
    });
    let unsigned = world.stock(&paper::pdf(1, "unsigned"), |d| d.filed_at.0 = now.0 - 3000);
    let stranger = world.authority_stranger_signed();
    let untrusted = world.stock(&stranger, |d| d.filed_at.0 = now.0 - 4000);
    world.stock(&world.signed("hidden"), |d| {
        d.record.metadata.shared = false;
        d.filed_by = Some(AgencyCode::parse(OTHER_AGENCY).unwrap());
    });
    let found = world.line(0).documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap();
    let ids: Vec<_> = found.iter().map(|d| d.record.id).collect();
    assert_eq!(ids, [new, old, cancelled, unsigned, untrusted]);
    let status: Vec<_> = found.iter().map(|d| d.status).collect();
    assert_eq!(
        status,
        [
            DocumentStatus::Valid,
            DocumentStatus::Expired,
            DocumentStatus::Cancelled,
            DocumentStatus::Unsigned,
            DocumentStatus::BadSignature
        ]
    );
    assert_eq!((found[0].provenance, found[1].uses), (Provenance::National, 3));
    let stores: Vec<_> = found.iter().take(2).map(|d| d.store_name.as_str()).collect();
    assert_eq!(
        stores,
        ["Kho DVCQG", ""],
        "a store has the name the province gave it; the owner's own has none"
    );
    assert!(found[1].code.as_str().starts_with("099000000001.KQ.G15.000031.CS"));
    assert_eq!(
        world.line(0).documents(&[IdNumber::parse(STRANGER).unwrap()], Purpose::Intake).await.unwrap(),
        vec![]
    );
    assert_eq!(
        world.line(2).documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap().len(),
        6
    );
}

#[tokio::test]
async fn loading_the_same_stock_again_changes_nothing() {
    let world = World::new().await;
    world.stock(&world.signed("once"), |_| {});
    let file = world.dir.path().join("seed.json");
    let again = motcua_warehouse::seed(&world.config, &file).unwrap();
    assert_eq!((again.documents_added, again.documents_there), (0, 1));
}

#[tokio::test]
async fn an_unknown_dossier_is_none_and_not_an_error() {
    let world = World::new().await;
    assert_eq!(world.line(0).dossier(DossierId(crate::world::fresh_uuid())).await.unwrap(), None);
}

#[tokio::test]
async fn every_closed_route_asks_for_an_enrolled_machine() {
    let world = World::new().await;
    let line = world.line_with("/nowhere".into(), &world.ca_pem);
    let owner = IdNumber::parse(OWNER).unwrap();
    let wish =
        LeaseBlock { agency: AgencyCode::parse(AGENCY).unwrap(), day: crate::world::today(), count: 1 };
    let cancel = CancellationToken::new();
    assert_eq!(line.reference(0).await.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.identity(&owner, Purpose::Intake).await.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.documents(&[owner], Purpose::Intake).await.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.fetch(&BlobId([1; 32]), &|_, _| {}, &cancel).await.unwrap_err(), LinkError::Unauthorized);
    let sent = line.upload(&paper::blob(b"x"), b"x", &|_, _| {}, &cancel).await;
    assert_eq!(sent.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.push(&OpsRequest { ops: vec![] }).await.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.lease_block(&wish).await.unwrap_err(), LinkError::Unauthorized);
    let id = DossierId(crate::world::fresh_uuid());
    assert_eq!(line.dossier(id).await.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.changes(None, 1, 0).await.unwrap_err(), LinkError::Unauthorized);
    let wish = LeaseDossier { officer: "a".into(), force: true };
    assert_eq!(line.lease_dossier(id, 0, &wish).await.unwrap_err(), LinkError::Unauthorized);
    assert_eq!(line.give_back_dossier(id).await.unwrap_err(), LinkError::Unauthorized);
}

#[tokio::test]
async fn refusals_are_problems_with_a_code_and_a_vietnamese_sentence() {
    let world = World::new().await;
    let raw = world.raw_of(0);
    let ask = async |path: &str| {
        let answer = raw.get(format!("{}{path}", world.url())).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        let status = answer.status().as_u16();
        let problem: Problem = answer.json().await.unwrap();
        assert_eq!(problem.status, status);
        assert!(problem.title.contains(' '));
        problem.code
    };
    assert_eq!(ask("/v1/nothing").await, "routeUnknown");
    assert_eq!(ask("/v1/identity/123").await, "numberMalformed");
    assert_eq!(ask("/v1/documents").await, "queryMalformed");
    assert_eq!(ask("/v1/documents?owner=1").await, "numberMalformed");
    assert_eq!(ask("/v1/documents?owner=099000000001&page=2").await, "queryMalformed");
    for unsaid in ["/v1/identity/099000000001", "/v1/documents?owner=099000000001", "/v1/owners/099000000001"]
    {
        assert_eq!(ask(unsaid).await, "purposeAbsent", "nobody is looked up for nothing");
    }
    assert_eq!(ask("/v1/reference?since=x").await, "queryMalformed");
    assert_eq!(ask("/v1/blobs/xyz").await, "blobIdMalformed");
    assert_eq!(ask("/v1/changes?wait=26").await, "queryMalformed");
    assert_eq!(ask("/v1/changes?scope=all").await, "queryMalformed");
    assert_eq!(ask("/v1/changes?since=1").await, "cursorMalformed");
    assert_eq!(ask("/v1/dossiers/xyz").await, "dossierIdMalformed");
    assert_eq!(ask("/v1/ops").await, "methodNotAllowed");
    let post = async |path: &str, body: Value| {
        let request = raw.post(format!("{}{path}", world.url())).json(&body);
        request.send().await.unwrap().json::<Problem>().await.unwrap().code
    };
    assert_eq!(post("/v1/ops", json!({"ops": [], "extra": 1})).await, "bodyMalformed");
    assert_eq!(post("/v1/ops", json!({"ops": [{"op_id": "x"}]})).await, "bodyMalformed");
    assert_eq!(post("/v1/ops", json!({"ops": vec![json!({}); 101]})).await, "tooManyOps");
    assert_eq!(post("/v1/number-blocks", json!({"agency": AGENCY})).await, "bodyMalformed");
}

#[tokio::test]
async fn the_description_names_every_route() {
    let world = World::new().await;
    let answer = world.raw().get(format!("{}/v1/openapi.json", world.url())).send().await.unwrap();
    let api: Value = answer.json().await.unwrap();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let table = [
        ("/v1/about", "get"),
        ("/v1/reference", "get"),
        ("/v1/identity/{number}", "get"),
        ("/v1/documents", "get"),
        ("/v1/blobs/{sha256}", "get"),
        ("/v1/blobs/{sha256}", "put"),
        ("/v1/blobs/check", "post"),
        ("/v1/blobs/{sha256}/commit", "post"),
        ("/v1/packages/{sha256}", "post"),
        ("/v1/uploads", "options"),
        ("/v1/uploads", "post"),
        ("/v1/uploads/{id}", "head"),
        ("/v1/uploads/{id}", "patch"),
        ("/v1/uploads/{id}", "delete"),
        ("/v1/ops", "post"),
        ("/v1/ops/status", "post"),
        ("/v1/changes", "get"),
        ("/v1/dossiers", "get"),
        ("/v1/dossiers/read", "post"),
        ("/v1/dossiers/{id}", "get"),
        ("/v1/dossiers/{id}/lease", "post"),
        ("/v1/dossiers/{id}/lease", "delete"),
        ("/v1/number-blocks", "post"),
        ("/v1/login", "post"),
        ("/v1/login/refresh", "post"),
        ("/v1/logout", "post"),
        ("/v1/enrol", "post"),
        ("/v1/enrol/renew", "post"),
        ("/v1/dossiers/{id}/fees", "get"),
        ("/v1/dossiers/{id}/steps", "get"),
        ("/v1/submissions", "get"),
        ("/v1/admin", "post"),
        ("/v1/fees/totals", "get"),
        ("/v1/feedback", "get"),
        ("/v1/reuse", "get"),
        ("/v1/consents", "get"),
        ("/v1/owners/{number}", "get"),
        ("/v1/openapi.json", "get"),
    ];
    for (path, method) in table {
        assert!(api["paths"][path][method].is_object(), "{method} {path}");
    }
    let described: usize =
        api["paths"].as_object().unwrap().values().map(|p| p.as_object().unwrap().len()).sum();
    assert_eq!(described, table.len());
}

/// Routes that look up people.
const PEOPLE: [&str; 3] = ["/v1/identity", "/v1/documents", "/v1/owners"];

/// Every refusal that a caller can provoke, asked of each route, is in the description with its code;
/// so are the three that may come before any closed route.
#[tokio::test]
async fn the_description_lists_every_status_a_route_answers() {
    let world = World::new().await;
    let raw = world.raw();
    let (base, blob) = (world.url(), format!("/v1/blobs/{}", BlobId([1; 32])));
    let package = format!("/v1/packages/{}", BlobId([1; 32]));
    let commit = format!("{blob}/commit");
    let api: Value = raw.get(format!("{base}/v1/openapi.json")).send().await.unwrap().json().await.unwrap();
    let block = |agency| json!({"agency": agency, "day": crate::world::today(), "count": 200}).to_string();
    let (own, others) = (block(AGENCY), block(OTHER_AGENCY));
    let large = "x".repeat(8 * 1024 * 1024 + 1);
    let unknown = format!("/v1/dossiers/{}", crate::world::fresh_uuid());
    let lease = format!("{unknown}/lease");
    let (fees, steps) = (format!("{unknown}/fees"), format!("{unknown}/steps"));
    let reused = format!("/v1/reuse?dossier={}", crate::world::fresh_uuid());
    // Reference data is there, so only what is asked of each route decides.
    let asked: &[(&str, &str, &str, &str)] = &[
        ("get", "/v1/reference", "/v1/reference", ""),
        ("get", "/v1/reference", "/v1/reference?since=5", ""),
        ("get", "/v1/reference", "/v1/reference?since=x", ""),
        ("get", "/v1/reference", "/v1/reference?version=99", ""),
        ("get", "/v1/dossiers/{id}/fees", &fees, ""),
        ("get", "/v1/dossiers/{id}/fees", "/v1/dossiers/x/fees", ""),
        ("get", "/v1/dossiers/{id}/steps", &steps, ""),
        ("get", "/v1/dossiers/{id}/steps", "/v1/dossiers/x/steps", ""),
        ("get", "/v1/submissions", "/v1/submissions", ""),
        ("get", "/v1/submissions", "/v1/submissions?limit=0", ""),
        ("get", "/v1/submissions", "/v1/submissions?after=x", ""),
        ("post", "/v1/admin", "/v1/admin", r#"{"type":"versions"}"#),
        ("post", "/v1/admin", "/v1/admin", "{}"),
        ("post", "/v1/admin", "/v1/admin", &large),
        ("get", "/v1/fees/totals", "/v1/fees/totals?day=2026-11-21", ""),
        ("get", "/v1/fees/totals", "/v1/fees/totals", ""),
        ("get", "/v1/feedback", "/v1/feedback", ""),
        ("get", "/v1/feedback", "/v1/feedback?limit=0", ""),
        ("get", "/v1/reuse", &reused, ""),
        ("get", "/v1/reuse", "/v1/reuse", ""),
        ("get", "/v1/reuse", "/v1/reuse?dossier=x", ""),
        ("get", "/v1/consents", "/v1/consents?document=x", ""),
        ("get", "/v1/consents", "/v1/consents?dossier=x", ""),
        ("get", "/v1/owners/{number}", "/v1/owners/099000000001", ""),
        ("get", "/v1/owners/{number}", "/v1/owners/1", ""),
        ("get", "/v1/identity/{number}", "/v1/identity/099000000001", ""),
        ("get", "/v1/identity/{number}", "/v1/identity/1", ""),
        ("get", "/v1/documents", "/v1/documents?owner=099000000001", ""),
        ("get", "/v1/documents", "/v1/documents", ""),
        ("get", "/v1/documents", "/v1/documents?owner=1", ""),
        ("get", "/v1/blobs/{sha256}", &blob, ""),
        ("get", "/v1/blobs/{sha256}", "/v1/blobs/x", ""),
        ("put", "/v1/blobs/{sha256}", &blob, "other bytes"),
        ("put", "/v1/blobs/{sha256}", "/v1/blobs/x", ""),
        ("post", "/v1/blobs/check", "/v1/blobs/check", r#"{"blobs":[]}"#),
        ("post", "/v1/blobs/check", "/v1/blobs/check", "{}"),
        ("post", "/v1/blobs/{sha256}/commit", &commit, ""),
        ("post", "/v1/blobs/{sha256}/commit", "/v1/blobs/x/commit", ""),
        ("post", "/v1/packages/{sha256}", &package, ""),
        ("post", "/v1/packages/{sha256}", "/v1/packages/x", ""),
        ("options", "/v1/uploads", "/v1/uploads", ""),
        ("post", "/v1/uploads", "/v1/uploads", ""),
        ("head", "/v1/uploads/{id}", "/v1/uploads/x", ""),
        ("patch", "/v1/uploads/{id}", "/v1/uploads/x", ""),
        ("delete", "/v1/uploads/{id}", "/v1/uploads/x", ""),
        ("post", "/v1/ops", "/v1/ops", r#"{"ops":[]}"#),
        ("post", "/v1/ops", "/v1/ops", "{}"),
        ("post", "/v1/ops", "/v1/ops", &large),
        ("get", "/v1/changes", "/v1/changes", ""),
        ("get", "/v1/changes", "/v1/changes?limit=501", ""),
        ("get", "/v1/changes", "/v1/changes?since=x", ""),
        ("get", "/v1/changes", "/v1/changes?since=v1.9.1", ""),
        ("get", "/v1/dossiers/{id}", &unknown, ""),
        ("get", "/v1/dossiers/{id}", "/v1/dossiers/x", ""),
        ("post", "/v1/dossiers/{id}/lease", &lease, r#"{"officer":"a"}"#),
        ("post", "/v1/dossiers/{id}/lease", &lease, r#"{"officer":""}"#),
        ("post", "/v1/dossiers/{id}/lease", &lease, &large),
        ("post", "/v1/dossiers/{id}/lease", "/v1/dossiers/x/lease", ""),
        ("delete", "/v1/dossiers/{id}/lease", &lease, ""),
        ("delete", "/v1/dossiers/{id}/lease", "/v1/dossiers/x/lease", ""),
        ("post", "/v1/enrol/renew", "/v1/enrol/renew", r#"{"csr":"x"}"#),
        ("post", "/v1/login", "/v1/login", r#"{"login":"nobody","secret":"12345678"}"#),
        ("post", "/v1/login", "/v1/login", "{}"),
        ("post", "/v1/login", "/v1/login", &large),
        ("post", "/v1/login/refresh", "/v1/login/refresh", r#"{"refresh":"x"}"#),
        ("post", "/v1/login/refresh", "/v1/login/refresh", "{}"),
        ("post", "/v1/login/refresh", "/v1/login/refresh", &large),
        ("post", "/v1/logout", "/v1/logout", r#"{"refresh":"x"}"#),
        ("post", "/v1/logout", "/v1/logout", "{}"),
        ("post", "/v1/logout", "/v1/logout", &large),
        ("post", "/v1/enrol/renew", "/v1/enrol/renew", "{}"),
        ("post", "/v1/enrol/renew", "/v1/enrol/renew", &large),
        ("post", "/v1/number-blocks", "/v1/number-blocks", &own),
        ("post", "/v1/number-blocks", "/v1/number-blocks", &others),
        ("post", "/v1/number-blocks", "/v1/number-blocks", "{}"),
        ("post", "/v1/number-blocks", "/v1/number-blocks", &large),
    ];
    let known = world.raw_of(0);
    let ask = async |method: &str, path: &str, body: &str, purpose: &str, client: &reqwest::Client| {
        let request = client
            .request(method.to_uppercase().parse().unwrap(), format!("{base}{path}"))
            .header("content-type", "application/json")
            .header(PURPOSE, purpose)
            .body(body.to_owned());
        // A body that is refused while it is still being sent may cost the answer.
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let problem: Option<Problem> = serde_json::from_slice(&answer.bytes().await.unwrap()).ok();
        Some((status, problem.filter(|_| status >= 400).map(|p| p.code)))
    };
    let listed = |method: &str, route: &str, status: u16, code: Option<&str>| {
        let said = &api["paths"][route][method]["responses"][status.to_string()];
        assert!(said.is_object(), "{method} {route} does not list {status}");
        let text = said["description"].as_str().unwrap_or_default();
        assert!(
            code.is_none_or(|code| text.contains(code)),
            "{method} {route} {status}: {code:?} not in {text}"
        );
    };
    let mut seen = std::collections::BTreeSet::new();
    for &(method, route, path, body) in asked {
        let mut clients = vec![(&known, ""), (&raw, "")];
        clients.extend(PEOPLE.iter().any(|p| route.starts_with(p)).then_some((&known, "intake")));
        for (client, purpose) in clients {
            let Some((status, code)) = ask(method, path, body, purpose, client).await else { continue };
            listed(method, route, status, code.as_deref());
            seen.insert(status);
        }
        for (status, code) in [
            (401, "unauthorized"),
            (408, "requestTimeout"),
            (429, "tooManyRequests"),
            (503, "storageTrouble"),
        ] {
            listed(method, route, status, Some(code));
        }
    }
    assert!([200, 304, 401, 403, 404, 422].iter().all(|status| seen.contains(status)), "{seen:?}");
    for (route, method) in [("/v1/about", "get"), ("/v1/openapi.json", "get"), ("/v1/enrol", "post")] {
        assert!(api["paths"][route][method]["responses"]["401"].is_null(), "{route} needs no key");
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, b| {
        write!(out, "{b:02x}").unwrap();
        out
    })
}
