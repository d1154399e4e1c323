//! Officers at the warehouse: who works at which machine, and what he sees.

use crate::paper;
use crate::world::{
    AGENCY, OTHER_AGENCY, OWNER, World, accept, file_document, fresh_uuid, is_applied, now, push,
    rejected_code, today, upload,
};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{
    AgencyCode, Day, DossierCode, DossierId, FeeAct, FeeMethod, FeeRecord, IdNumber, OpId, OrgNode, Timestamp,
};
use motcua_warehouse::{
    GrantReport, GrantWish, OfficerError, OfficerImportReport, add_officer, end_officer, grant,
    import_officers, officers, revoke_grant, set_officer_secret,
};
use motcua_wire::{LoggedIn, Op, OpPayload, OpResult, PURPOSE, Problem, Purpose, Role, WithdrawnWork};
use reqwest::Client;
use serde_json::{Value, json};
use zeroize::Zeroizing;

const LOGIN: &str = "canbo.mau";
const SECRET: &str = "Mat-khau-mau-1";

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn wish(role: Role) -> GrantWish {
    GrantWish { role, node: "xa".into(), procedures: None, from: None, until: None }
}

async fn world() -> World {
    let world = World::new().await;
    add_officer(&world.config, LOGIN, "Nguyễn Thị Mẫu", "xa", &secret(SECRET)).unwrap();
    world
}

async fn post(client: &Client, world: &World, path: &str, body: Value) -> Result<LoggedIn, (u16, String)> {
    let answer = client.post(format!("{}{path}", world.url())).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 200 {
        Ok(answer.json().await.unwrap())
    } else {
        Err((status, answer.json::<Problem>().await.unwrap().code))
    }
}

async fn login(client: &Client, world: &World, secret: &str) -> Result<LoggedIn, (u16, String)> {
    post(client, world, "/v1/login", json!({"login": LOGIN, "secret": secret})).await
}

async fn refresh(client: &Client, world: &World, token: &str) -> Result<LoggedIn, (u16, String)> {
    post(client, world, "/v1/login/refresh", json!({"refresh": token})).await
}

/// How many papers of the owner are listed with that token, or why none are.
async fn papers(client: &Client, world: &World, access: &str) -> Result<usize, String> {
    let url = format!("{}/v1/documents?owner={OWNER}", world.url());
    let answer = client.get(url).header(PURPOSE, "intake").bearer_auth(access).send().await.unwrap();
    if answer.status() == 200 {
        Ok(answer.json::<Vec<Value>>().await.unwrap().len())
    } else {
        Err(answer.json::<Problem>().await.unwrap().code)
    }
}

/// Is it a token of a session that goes on; what it shows is another matter.
async fn knows(client: &Client, world: &World, access: &str) -> bool {
    papers(client, world, access).await != Err("loginExpired".into())
}

fn refused<T>(status: u16, code: &str) -> Result<T, (u16, String)> {
    Err((status, code.to_owned()))
}

#[tokio::test]
async fn an_officer_sees_what_his_grants_allow_and_no_longer() {
    let world = world().await;
    world.stock(&world.signed("of the office"), |d| {
        d.record.metadata.shared = false;
        d.filed_by = Some(AgencyCode::parse(AGENCY).unwrap());
    });
    let machine = world.raw_of(0);
    let session = login(&machine, &world, SECRET).await.unwrap();
    assert_eq!((session.officer.as_str(), session.name.as_str()), (LOGIN, "Nguyễn Thị Mẫu"));
    assert!(session.roles.is_empty());
    assert_eq!(
        papers(&machine, &world, &session.access).await,
        Err("lookUpNotGranted".into()),
        "without a grant nothing of the office"
    );
    let mut ended = wish(Role::Clerk);
    ended.until = Some(Day::parse("2020-01-01").unwrap());
    grant(&world.config, LOGIN, &ended).unwrap();
    let nothing = Err("lookUpNotGranted".to_owned());
    assert_eq!(papers(&machine, &world, &session.access).await, nothing, "a grant has its days");
    let id = grant(&world.config, LOGIN, &wish(Role::Intake)).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, Ok(1), "noticed at the next request");
    assert_eq!(login(&machine, &world, SECRET).await.unwrap().roles, [Role::Intake]);
    let session = login(&machine, &world, SECRET).await.unwrap();
    revoke_grant(&world.config, id).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, nothing);
    end_officer(&world.config, LOGIN, true).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, Err("loginExpired".into()));
    assert_eq!(login(&machine, &world, SECRET).await, refused(403, "loginRefused"));
    assert!(
        officers(&world.config).unwrap()[0].ended && officers(&world.config).unwrap()[0].grants.len() == 2
    );
}

#[tokio::test]
async fn officer_and_machine_belong_to_one_office_and_tokens_to_one_machine() {
    let world = world().await;
    let (ours, beside, theirs) = (world.raw_of(0), world.raw_of(1), world.raw_of(2));
    assert_eq!(login(&theirs, &world, SECRET).await, refused(403, "officeWithoutOfficers"));
    let session = login(&ours, &world, SECRET).await.unwrap();
    assert_eq!(papers(&beside, &world, &session.access).await, Err("loginExpired".into()));
    assert_eq!(refresh(&beside, &world, &session.refresh).await, refused(403, "loginExpired"));
    assert!(
        login(&beside, &world, SECRET).await.is_ok(),
        "the same officer at another machine of the office"
    );
    assert!(knows(&ours, &world, &session.access).await, "does not end the first session");
    let bare = world
        .raw()
        .post(format!("{}/v1/login", world.url()))
        .json(&json!({"login": LOGIN, "secret": SECRET}));
    assert_eq!(bare.send().await.unwrap().status(), 401, "a machine that is not enrolled logs nobody in");
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_lost_answer_is_asked_again() {
    let world = world().await;
    let machine = world.raw_of(0);
    let first = login(&machine, &world, SECRET).await.unwrap();
    let lost = refresh(&machine, &world, &first.refresh).await.unwrap();
    let second = refresh(&machine, &world, &first.refresh).await.unwrap();
    assert!(knows(&machine, &world, &second.access).await);
    assert_eq!(papers(&machine, &world, &first.access).await, Err("loginExpired".into()));
    assert_eq!(refresh(&machine, &world, &lost.refresh).await, refused(403, "loginExpired"));
    let third = refresh(&machine, &world, &second.refresh).await.unwrap();
    assert_eq!(refresh(&machine, &world, &first.refresh).await, refused(403, "loginExpired"));
    set_officer_secret(&world.config, LOGIN, &secret("Mat-khau-khac-2")).unwrap();
    assert_eq!(
        refresh(&machine, &world, &third.refresh).await,
        refused(403, "loginExpired"),
        "a new secret ends it"
    );
    assert!(login(&machine, &world, "Mat-khau-khac-2").await.is_ok());
}

#[tokio::test]
async fn whoever_leaves_a_machine_is_known_there_no_longer() {
    let world = world().await;
    let (ours, beside) = (world.raw_of(0), world.raw_of(1));
    let session = login(&ours, &world, SECRET).await.unwrap();
    let other = login(&beside, &world, SECRET).await.unwrap();
    let leave = async |client: &Client, token: &str| {
        let request = client.post(format!("{}/v1/logout", world.url())).json(&json!({"refresh": token}));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(leave(&beside, &session.refresh).await, 204, "another machine ends nothing");
    assert!(knows(&ours, &world, &session.access).await);
    for _ in 0..2 {
        assert_eq!(leave(&ours, &session.refresh).await, 204, "again is free");
        assert_eq!(papers(&ours, &world, &session.access).await, Err("loginExpired".into()));
        assert_eq!(refresh(&ours, &world, &session.refresh).await, refused(403, "loginExpired"));
    }
    assert!(knows(&beside, &world, &other.access).await, "where else he works he goes on");
}

#[tokio::test]
async fn a_role_shows_what_it_is_for_and_only_where_it_is_granted() {
    let world = world().await;
    let mut tree = crate::world::tree();
    tree.push(OrgNode { id: "xa-hai".into(), agency_code: Some(OTHER_AGENCY.into()), ..tree[0].clone() });
    world.load_tree(6, tree);
    let theirs = |pdf: &[u8], shared| {
        world.stock(pdf, |d| {
            d.record.metadata.shared = shared;
            d.filed_by = Some(AgencyCode::parse(OTHER_AGENCY).unwrap());
        })
    };
    let shared = world.signed("shared");
    theirs(&shared, true);
    theirs(&world.signed("their own"), false);
    let (dossier, former) = (DossierId(fresh_uuid()), world.line(2));
    let receipt = upload(&former, &paper::pdf(1, "their receipt")).await;
    let mut acceptance = accept(DossierCode::provisional("M2", 1), receipt, vec![]);
    acceptance.fee = 9_000;
    let paid = FeeRecord {
        act: FeeAct::Paid { amount: 9_000, method: FeeMethod::Cash, receipt_number: "B-1".into() },
        officer: "canbo.hai".into(),
        at: now(),
    };
    for payload in [OpPayload::AcceptDossier(Box::new(acceptance)), OpPayload::Fee(Box::new(paid))] {
        assert!(is_applied(&push(&former, &world.op(2, dossier, 0, payload)).await));
    }
    let machine = world.raw_of(0);
    let access = login(&machine, &world, SECRET).await.unwrap().access;
    let status = async |path: &str| {
        let asked = machine.get(format!("{}{path}", world.url())).header(PURPOSE, "intake");
        asked.bearer_auth(&access).send().await.unwrap().status().as_u16()
    };
    let totals = async || {
        let url = format!("{}/v1/fees/totals?day={}", world.url(), today().format_iso());
        let answer = machine.get(url).bearer_auth(&access).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().len()
    };
    let (of_dossier, of_file) =
        (format!("/v1/dossiers/{dossier}"), format!("/v1/blobs/{}", paper::blob(&shared)));
    let at = |role, node: &str| GrantWish { node: node.into(), ..wish(role) };
    for (role, seen) in [(Role::Administrator, 0), (Role::Reporter, 1)] {
        grant(&world.config, LOGIN, &at(role, "xa-hai")).unwrap();
        assert_eq!(totals().await, seen, "{role:?}");
        for person in ["/v1/identity/099000000001", "/v1/owners/099000000001"] {
            assert_eq!(status(person).await, 403, "{role:?}");
        }
        assert_eq!(papers(&machine, &world, &access).await, Err("lookUpNotGranted".into()));
        assert_eq!((status(&of_dossier).await, status(&of_file).await), (404, 404), "{role:?}");
    }
    grant(&world.config, LOGIN, &at(Role::Intake, "xa")).unwrap();
    assert_eq!(
        papers(&machine, &world, &access).await,
        Ok(1),
        "what is shared, and nothing of the other office"
    );
    assert_eq!((status(&of_dossier).await, status(&of_file).await), (404, 200));
    assert_eq!(totals().await, 1, "he reads its figures all the same");
    grant(&world.config, LOGIN, &at(Role::Supervisor, "xa-hai")).unwrap();
    assert_eq!((papers(&machine, &world, &access).await, status(&of_dossier).await), (Ok(2), 200));
}

fn records(world: &World) -> rusqlite::Connection {
    rusqlite::Connection::open(world.config.data.join("records.db")).unwrap()
}

/// Under whose names people were looked up, in order.
fn named(world: &World) -> Vec<String> {
    let records = records(world);
    let sql = "SELECT officer FROM audit WHERE action = 'documents.listed' ORDER BY seq";
    let mut statement = records.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn a_counter_asks_under_the_name_of_its_officer_while_the_warehouse_knows_him() {
    let world = world().await;
    let (line, owner) = (world.line(0), [IdNumber::parse(OWNER).unwrap()]);
    let look = async || line.documents(&owner, Purpose::Intake).await.map(drop);
    let known = line.log_in(LOGIN, &secret(SECRET)).await.unwrap();
    assert_eq!((known.name.as_str(), known.roles.len()), ("Nguyễn Thị Mẫu", 0));
    look().await.unwrap();
    assert_eq!(named(&world), [""], "without a right here the machine asks");
    grant(&world.config, LOGIN, &wish(Role::Reporter)).unwrap();
    assert_eq!(line.log_in(LOGIN, &secret(SECRET)).await.unwrap().roles, [Role::Reporter]);
    look().await.unwrap();
    assert_eq!(named(&world), ["", ""], "a reader of figures looks nobody up by himself");
    grant(&world.config, LOGIN, &wish(Role::Intake)).unwrap();
    assert!(line.log_in(LOGIN, &secret(SECRET)).await.unwrap().looks_people_up());
    look().await.unwrap();
    // Another program took the session over, or the machine slept: what the token is refused for is told once more.
    records(&world).execute("UPDATE sessions SET access_until = 0", []).unwrap();
    look().await.unwrap();
    assert_eq!(named(&world)[2..], [LOGIN, LOGIN], "refreshed");
    end_officer(&world.config, LOGIN, true).unwrap();
    look().await.unwrap();
    assert_eq!(named(&world)[4], "", "the counter works on without a name");
    assert_eq!(line.session(), None, "and says so");
    end_officer(&world.config, LOGIN, false).unwrap();
    line.log_in(LOGIN, &secret(SECRET)).await.unwrap();
    line.log_out();
    look().await.unwrap();
    assert_eq!((named(&world)[5].as_str(), line.session()), ("", None));
    line.tell_logged_out().await.unwrap();
    let open: u64 = records(&world).query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).unwrap();
    assert_eq!(open, 0, "the warehouse was told");
}

#[tokio::test]
async fn where_officers_are_known_an_author_had_the_right_on_the_day() {
    let world = World::new().await;
    let line = world.line(0);
    let fresh = async || {
        let dossier = DossierId(fresh_uuid());
        let receipt = upload(&line, &paper::pdf(1, &format!("receipt {dossier}"))).await;
        let acceptance = accept(world.code(0).await, receipt, vec![]);
        assert_eq!(acceptance.officer, "canbo.demo");
        world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(acceptance)))
    };
    let nobody_known = fresh().await;
    assert!(is_applied(&push(&line, &nobody_known).await), "an office without officers works as before");
    add_officer(&world.config, "canbo.demo", "Cán bộ mẫu", "xa", &secret(SECRET)).unwrap();
    let op = fresh().await;
    assert_eq!(rejected_code(&push(&line, &op).await), "authorNotGranted");
    let other = wish(Role::Reporter);
    grant(&world.config, "canbo.demo", &other).unwrap();
    let tomorrow = Day(today().0.next_day().unwrap());
    grant(&world.config, "canbo.demo", &GrantWish { from: Some(tomorrow), ..wish(Role::Intake) }).unwrap();
    assert_eq!(rejected_code(&push(&line, &op).await), "authorNotGranted", "another role, another day");
    let elsewhere = GrantWish { procedures: Some("Đất đai".into()), ..wish(Role::Intake) };
    let unknown = grant(&world.config, "canbo.demo", &elsewhere);
    assert!(matches!(unknown, Err(OfficerError::Field(_))), "a right to nothing is a slip of the pen");
    let today_only = |field: &str| GrantWish {
        from: Some(today()),
        until: Some(today()),
        procedures: Some(field.into()),
        ..wish(Role::Intake)
    };
    grant(&world.config, "canbo.demo", &today_only("Lý lịch tư pháp")).unwrap();
    assert_eq!(rejected_code(&push(&line, &op).await), "authorNotGranted", "another field");
    grant(&world.config, "canbo.demo", &today_only("Hộ tịch")).unwrap();
    assert!(is_applied(&push(&line, &op).await), "the same line goes through once it is granted");
    end_officer(&world.config, "canbo.demo", true).unwrap();
    assert!(is_applied(&push(&line, &fresh().await).await), "what he did on his last day is good");
    let grants = officers(&world.config).unwrap().remove(0).grants;
    let over = |grant: &GrantReport| grant.until.is_some_and(|until| until <= today());
    assert!(grants.iter().all(over), "and no right outlives his work: {grants:?}");
    let signed = world.signed("without author");
    upload(&line, &signed).await;
    let filing = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &signed, 1)));
    assert!(is_applied(&push(&line, &filing).await), "a paper is judged by its signature");
}

/// By whom and of which operations an approval is noted that no supervisor gave.
fn unfounded(world: &World) -> Vec<(String, String)> {
    let records = records(world);
    let sql = "SELECT officer, subject FROM audit WHERE action = 'op.approver_without_role' ORDER BY seq";
    let mut statement = records.prepare(sql).unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn work_taken_back_without_a_supervisor_s_word_is_taken_back_and_noted() {
    const APPROVER: &str = "truong.mau";
    let world = World::new().await;
    let line = world.line(0);
    let yesterday = Timestamp(now().0 - 24 * 60 * 60 * 1000);
    let withdrawal = |at: Timestamp| {
        let ops = vec![OpId(fresh_uuid())];
        let work = WithdrawnWork {
            ops: ops.clone(),
            reason: "Quét nhầm giấy của người khác".into(),
            officer: "canbo.demo".into(),
            approved_by: APPROVER.into(),
            at,
        };
        let op = world.op(0, DossierId(fresh_uuid()), 0, OpPayload::Withdraw(Box::new(work)));
        Op { replaces: ops, ..op }
    };
    let taken_back = async |op: &Op| {
        let answer = push(&line, op).await;
        let done = matches!(answer, OpResult::Applied { .. } | OpResult::Duplicate { .. });
        assert!(done, "never refused for it: {answer:?}");
    };
    taken_back(&withdrawal(now())).await;
    assert_eq!(unfounded(&world), [], "an office without officers works as before");

    add_officer(&world.config, "canbo.demo", "Cán bộ mẫu", "xa", &secret(SECRET)).unwrap();
    grant(&world.config, "canbo.demo", &wish(Role::Supervisor)).unwrap();
    let mut noted = vec![];
    let mut without = async |why: &str| {
        let op = withdrawal(now());
        taken_back(&op).await;
        taken_back(&op).await;
        noted.push((APPROVER.to_owned(), op.op_id.to_string()));
        assert_eq!(unfounded(&world), noted, "{why}, and once however often it is sent");
    };
    without("nobody of that name, whatever the officer himself may do").await;
    add_officer(&world.config, APPROVER, "Trưởng bộ phận mẫu", "xa", &secret(SECRET)).unwrap();
    grant(&world.config, APPROVER, &wish(Role::Clerk)).unwrap();
    let tomorrow = Day(today().0.next_day().unwrap());
    grant(&world.config, APPROVER, &GrantWish { from: Some(tomorrow), ..wish(Role::Supervisor) }).unwrap();
    without("another role, another day").await;
    let since = GrantWish { from: Some(today()), ..wish(Role::Supervisor) };
    let id = grant(&world.config, APPROVER, &since).unwrap();
    let before = unfounded(&world);
    taken_back(&withdrawal(now())).await;
    assert_eq!(unfounded(&world), before, "a supervisor of the office");
    taken_back(&withdrawal(yesterday)).await;
    assert_eq!(unfounded(&world).len(), before.len() + 1, "not yet on that day");
    end_officer(&world.config, APPROVER, true).unwrap();
    taken_back(&withdrawal(now())).await;
    assert_eq!(unfounded(&world).len(), before.len() + 1, "his last day is a day of his");
    revoke_grant(&world.config, id).unwrap();
    taken_back(&withdrawal(now())).await;
    assert_eq!(unfounded(&world).len(), before.len() + 2, "revoked");
}

#[tokio::test]
async fn five_wrong_secrets_begin_a_wait_also_for_the_right_one() {
    let world = world().await;
    let machine = world.raw_of(0);
    for _ in 0..5 {
        assert_eq!(login(&machine, &world, "Sai-mat-khau").await, refused(403, "loginRefused"));
    }
    assert_eq!(login(&machine, &world, SECRET).await, refused(429, "loginWait"));
    let nobody = post(&machine, &world, "/v1/login", json!({"login": "khong.co", "secret": SECRET})).await;
    assert_eq!(nobody, refused(403, "loginRefused"), "nobody is told which logins there are");
}

#[tokio::test]
async fn an_administrator_is_told_what_he_typed_wrong() {
    let world = world().await;
    let config = &world.config;
    assert!(matches!(add_officer(config, LOGIN, "B", "xa", &secret(SECRET)), Err(OfficerError::Exists(_))));
    assert!(matches!(add_officer(config, "b", "B", "nowhere", &secret(SECRET)), Err(OfficerError::Node(_))));
    assert!(matches!(add_officer(config, "b", "B", "xa", &secret("ngan")), Err(OfficerError::Secret)));
    assert!(matches!(add_officer(config, "b b", "B", "xa", &secret(SECRET)), Err(OfficerError::Name)));
    assert!(matches!(grant(config, "b", &wish(Role::Signer)), Err(OfficerError::Unknown(_))));
    assert!(matches!(revoke_grant(config, 77), Err(OfficerError::Grant(77))));
}

/// Takes a list of officers over; what it says of rows that did not enter.
fn take(world: &World, text: &str, dry_run: bool) -> (OfficerImportReport, Vec<(u64, &'static str)>) {
    let csv = world.dir.path().join("can-bo.csv");
    std::fs::write(&csv, text).unwrap();
    let mut refused = vec![];
    let report = import_officers(&world.config, &csv, dry_run, &mut |row| refused.push((row.line, row.code)));
    (report.unwrap(), refused)
}

fn counts(report: &OfficerImportReport) -> [u64; 6] {
    [report.rows, report.added, report.renamed, report.granted, report.there, report.refused]
}

const HEAD: &str = "Tên đăng nhập;Họ tên;Đơn vị;Vai trò;Đơn vị quyền;Lĩnh vực;Từ ngày;Đến ngày\n";

#[tokio::test]
async fn a_list_adds_officers_who_cannot_log_in_before_their_secret_is_set() {
    let world = world().await;
    let text = format!(
        "\u{feff}{HEAD}canbo.lan;Trần Thị Lan;xa;Tiếp nhận;;Hộ tịch;;31/12/2099\n\
         canbo.lan;Trần Thị Lan;xa;văn thư;xa;;01/01/2026;\ncanbo.hai;Lê Hải;xa;;;;;\n"
    );
    let (dry, refused_rows) = take(&world, &text, true);
    assert_eq!((counts(&dry), refused_rows.len()), ([3, 2, 0, 2, 0, 0], 0));
    assert_eq!(officers(&world.config).unwrap().len(), 1, "nothing was written");
    let (report, _) = take(&world, &text, false);
    assert_eq!(counts(&report), counts(&dry), "as the dry run said");
    assert_eq!((report.left_officers, report.left_grants.len()), (1, 0), "who is not on the list stays");
    let known = officers(&world.config).unwrap().into_iter().find(|o| o.login == "canbo.lan").unwrap();
    assert_eq!((known.name.as_str(), known.has_secret, known.grants.len()), ("Trần Thị Lan", false, 2));
    assert_eq!(known.grants[0].procedures.as_deref(), Some("Hộ tịch"));
    let machine = world.raw_of(0);
    for tried in ["", "Mat-khau-mau-1", "canbo.lan"] {
        let body = json!({"login": "canbo.lan", "secret": tried});
        assert_eq!(post(&machine, &world, "/v1/login", body).await, refused(403, "loginRefused"));
    }
    set_officer_secret(&world.config, "canbo.lan", &secret(SECRET)).unwrap();
    let body = json!({"login": "canbo.lan", "secret": SECRET});
    let session = post(&machine, &world, "/v1/login", body).await.unwrap();
    assert_eq!(session.here, [Role::Intake, Role::Clerk]);
    assert!(motcua_warehouse::audit_verify(&world.config, None).unwrap().is_clean());
}

#[tokio::test]
async fn a_list_read_again_changes_names_adds_what_is_missing_and_ends_nothing() {
    let world = world().await;
    let first =
        format!("{HEAD}canbo.lan;Trần Thị Lan;xa;Tiếp nhận;;;;\ncanbo.lan;Trần Thị Lan;xa;Báo cáo;;;;\n");
    assert_eq!(counts(&take(&world, &first, false).0), [2, 1, 0, 2, 0, 0]);
    assert_eq!(counts(&take(&world, &first, false).0), [2, 0, 0, 0, 2, 0], "again changes nothing");
    set_officer_secret(&world.config, "canbo.lan", &secret(SECRET)).unwrap();
    let body = json!({"login": "canbo.lan", "secret": SECRET});
    let access = post(&world.raw_of(0), &world, "/v1/login", body.clone()).await.unwrap().access;
    let second = format!("{HEAD}canbo.lan;Trần Thị Lan Anh;xa;Tiếp nhận;;;;\n");
    let (report, _) = take(&world, &second, false);
    assert_eq!(counts(&report), [1, 0, 1, 0, 0, 0]);
    let left: Vec<Role> = report.left_grants.iter().map(|left| left.grant.role).collect();
    assert_eq!(left, [Role::Reporter], "a right the list no longer names goes on, and is told");
    assert!(knows(&world.raw_of(0), &world, &access).await, "another name ends no session");
    assert!(post(&world.raw_of(0), &world, "/v1/login", body).await.is_ok(), "and takes no secret");
    let known = || officers(&world.config).unwrap().into_iter().find(|o| o.login == "canbo.lan").unwrap();
    assert_eq!((known().name.as_str(), known().grants.len()), ("Trần Thị Lan Anh", 2));
    revoke_grant(&world.config, known().grants[0].id).unwrap();
    let (report, refused_rows) = take(&world, &second, false);
    assert_eq!(
        (report.granted, refused_rows),
        (0, vec![(2, "grantEnded")]),
        "an old list brings no right back"
    );
    end_officer(&world.config, "canbo.lan", true).unwrap();
    assert_eq!(take(&world, &second, false).1, [(2, "officerEnded")]);
    assert!(known().ended);
}

#[tokio::test]
async fn a_row_that_is_wrong_costs_itself_and_no_other() {
    let world = world().await;
    let mut tree = crate::world::tree();
    tree.push(OrgNode { id: "xa-hai".into(), agency_code: Some(OTHER_AGENCY.into()), ..tree[0].clone() });
    world.load_tree(6, tree);
    grant(&world.config, LOGIN, &wish(Role::Clerk)).unwrap();
    let long = "x".repeat(201);
    let rows = [
        ("c d;B;xa;;;;;", Some("loginMalformed")),
        (&format!("c;{long};xa;;;;;"), Some("nameTooLong")),
        ("c;;xa;;;;;", Some("valueMissing")),
        ("c;C;nowhere;;;;;", Some("nodeUnknown")),
        ("c;C;xa;giám đốc;;;;", Some("valueUnknown")),
        ("c;C;xa;Tiếp nhận;nowhere;;;", Some("nodeUnknown")),
        ("c;C;xa;Tiếp nhận;;Đất đai;;", Some("fieldUnknown")),
        ("c;C;xa;Tiếp nhận;;;02/01/2027;01/01/2027", Some("daysOutOfOrder")),
        ("c;C;xa;Tiếp nhận;;;31/02/2027;", Some("valueMalformed")),
        ("c;C;xa;;xa;;;", Some("valueMissing")),
        ("c;C;xa;intake;;;;", None),
        ("c;C khác;xa;intake;;;;", Some("officerDiffers")),
        ("canbo.mau;Nguyễn Thị Mẫu;xa-hai;;;;;", Some("nodeDiffers")),
        ("canbo.mau;Nguyễn Thị Mẫu;xa;Văn thư;;;;31/12/2099", Some("grantLonger")),
        ("\"never closed;", Some("rowQuotes")),
    ];
    let text: String = rows.iter().map(|(row, _)| format!("{row}\n")).collect();
    let (report, refused_rows) = take(&world, &format!("{HEAD}{text}"), false);
    let wanted: Vec<(u64, &str)> =
        (2..).zip(&rows).filter_map(|(line, (_, code))| code.map(|code| (line, code))).collect();
    assert_eq!(refused_rows, wanted);
    assert_eq!(counts(&report), [15, 1, 0, 1, 0, 14]);
    assert_eq!(officers(&world.config).unwrap().len(), 2);
    let days = GrantWish {
        from: Day::parse("2027-01-02").ok(),
        until: Day::parse("2027-01-01").ok(),
        ..wish(Role::Clerk)
    };
    assert!(
        matches!(grant(&world.config, LOGIN, &days), Err(OfficerError::Days)),
        "as by the single command"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_that_come_at_once_are_counted_one_after_another() {
    let world = world().await;
    let machine = world.raw_of(0);
    let tries = (0..12).map(|_| login(&machine, &world, "Sai-mat-khau"));
    let answers = futures_util::future::join_all(tries).await;
    let looked_at = answers.iter().filter(|answer| **answer == refused(403, "loginRefused")).count();
    assert_eq!(looked_at, 5, "the others wait: {answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_dismissed_while_his_secret_is_verified_stays_dismissed() {
    let world = world().await;
    let machine = world.raw_of(0);
    for _ in 0..3 {
        end_officer(&world.config, LOGIN, false).unwrap();
        let tries = futures_util::future::join_all((0..4).map(|_| login(&machine, &world, SECRET)));
        let dismissal = async {
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
            end_officer(&world.config, LOGIN, true).unwrap();
        };
        let (answers, ()) = tokio::join!(tries, dismissal);
        assert!(officers(&world.config).unwrap()[0].ended);
        for session in answers.into_iter().flatten() {
            assert_eq!(papers(&machine, &world, &session.access).await, Err("loginExpired".into()));
        }
    }
}
