//! Notices: made once, sent at least once, and known by their key.

use crate::paper;
use crate::portal;
use crate::world::{
    AGENCY, OWNER, World, accept, fresh_uuid, is_applied, now, push, returned, today, upload,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use motcua_dossier::{
    BlobId, Channel, Day, Deadline, DeclineKind, DeclineReason, Declined, DossierCode, DossierId, Exception,
    Seat, StepAct, StepRecord,
};
use motcua_warehouse::{
    Accepted, Config, HttpSender, NoticeReport, NoticeState, back_up, config_check, notices_list,
    notices_release, notices_retry, restore,
};
use motcua_wire::{DeclinedDossier, Op, OpPayload};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PHONE: &str = "0900 000 123";

async fn tell(world: &World, deadline: Day) -> DossierId {
    told_by(world, deadline).await.dossier
}

async fn told_by(world: &World, deadline: Day) -> Op {
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let receipt = upload(&line, &paper::pdf(1, &format!("receipt {dossier}"))).await;
    let mut accepted = accept(world.code(0).await, receipt, vec![]);
    accepted.applicant.owner.phone = PHONE.into();
    accepted.deadline.day = deadline;
    let op = world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(accepted)));
    assert!(is_applied(&push(&line, &op).await));
    assert!(!is_applied(&push(&line, &op).await), "the same again tells nobody twice");
    op
}

/// The lines of the file, once there are so many.
async fn lines(world: &World, count: usize) -> Vec<Value> {
    for _ in 0..200 {
        let text = std::fs::read_to_string(world.config.data.join("notices.jsonl")).unwrap_or_default();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        if lines.len() >= count {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not so many notices")
}

async fn until(world: &World, state: NoticeState, count: usize) -> Vec<NoticeReport> {
    for _ in 0..400 {
        let found = notices_list(&world.config, Some(state), 100).unwrap();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", notices_list(&world.config, None, 100).unwrap())
}

#[tokio::test]
async fn without_a_service_each_notice_is_a_line_of_a_file_that_is_its_owners() {
    let mut world = World::new().await;
    tell(&world, today()).await;
    let told = lines(&world, 2).await;
    let mut channels: Vec<_> = told.iter().map(|l| l["channel"].as_str().unwrap()).collect();
    channels.sort_unstable();
    assert_eq!(channels, ["sms", "zalo"]);
    assert_ne!(told[0]["key"], told[1]["key"]);
    let text = told[0]["text"].as_str().unwrap();
    assert!(
        text.contains("UBND xã Thử Nghiệm đã tiếp nhận hồ sơ") && text.contains("Đăng ký kết hôn"),
        "{text}"
    );
    assert_eq!(told[0]["to"], "0900000123");
    #[cfg(unix)]
    {
        let file = world.config.data.join("notices.jsonl").metadata().unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777, 0o600);
    }
    let sent = until(&world, NoticeState::Sent, 2).await;
    assert!(sent.iter().all(|n| n.to == "…123"));
    assert_eq!(told_kept(&world), 0, "what was sent is not kept");
    // Of a day that has passed: an apology, once, after the next look at the clock.
    let yesterday = Day(today().0.previous_day().unwrap());
    let late = tell(&world, yesterday).await;
    tell(&world, Day(today().0 - time::Duration::days(60))).await;
    for _ in 0..2 {
        world.down().await;
        world.up().await;
    }
    let told = lines(&world, 8).await;
    let apologies: Vec<_> = told.iter().filter(|l| l["event"] == "overdue").collect();
    assert_eq!(apologies.len(), 2, "{told:?}");
    assert!(apologies[0]["text"].as_str().unwrap().contains(&yesterday.format_vn()));
    let of_late = until(&world, NoticeState::Sent, 8).await;
    assert_eq!(of_late.iter().filter(|n| n.event == "overdue" && n.dossier == late.to_string()).count(), 2);
}

/// Notices of which the store still has words or a number.
fn told_kept(world: &World) -> u64 {
    let database = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
    let sql = "SELECT count(*) FROM notices WHERE text <> '' OR recipient LIKE '%0900%'";
    database.query_row(sql, [], |r| r.get(0)).unwrap()
}

/// A service that answers as it is told and remembers what it was sent.
#[derive(Clone, Default)]
struct Service {
    answers: Arc<Mutex<Vec<u16>>>,
    seen: Arc<Mutex<Vec<(String, String, Value)>>>,
    /// What the body of its answers says, the last one first; 100 afterwards.
    codes: Arc<Mutex<Vec<u16>>>,
}

impl Service {
    /// Starts with what it answers, the last one first; 200 afterwards. 0: it never answers.
    async fn start(answers: &[u16]) -> (Self, String) {
        let service = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let router = Router::new().route("/send", post(Self::take)).with_state(service.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/send", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (service, url)
    }

    async fn take(
        State(this): State<Self>,
        headers: HeaderMap,
        Json(body): Json<Value>,
    ) -> (StatusCode, Json<Value>) {
        let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        this.seen.lock().unwrap().push((text("idempotency-key"), text("authorization"), body));
        let answer = this.answers.lock().unwrap().pop().unwrap_or(200);
        if answer == 0 {
            std::future::pending::<()>().await;
        }
        let code = this.codes.lock().unwrap().pop().unwrap_or(100);
        (StatusCode::from_u16(answer).unwrap(), Json(json!({ "result": { "code": code } })))
    }

    fn keys(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(key, ..)| key.clone()).collect()
    }
}

async fn with_service(answers: &[u16]) -> (World, Service) {
    with_sender(answers, |_| {}).await
}

async fn with_sender(answers: &[u16], change: impl FnOnce(&mut HttpSender)) -> (World, Service) {
    let mut world = World::new().await;
    let (service, url) = Service::start(answers).await;
    world.down().await;
    let headers = world.config.data.join("sms-headers.json");
    std::fs::write(headers, r#"{"Authorization": "Bearer secret-of-the-service"}"#).unwrap();
    let body =
        json!({ "phone": "{to}", "messages": [{ "text": "{text}", "ref": "{key}" }], "unicode": true });
    let headers_file = Some("sms-headers.json".into());
    let mut sender = HttpSender { url, headers_file, body, ..HttpSender::default() };
    change(&mut sender);
    world.config.notices.sms = Some(sender);
    world.config.save().unwrap();
    world.up().await;
    (world, service)
}

#[tokio::test]
async fn a_service_is_asked_again_under_the_same_key_until_it_takes_the_notice() {
    let (world, service) = with_service(&[503]).await;
    tell(&world, today()).await;
    let sent = until(&world, NoticeState::Sent, 2).await;
    let keys = service.keys();
    assert_eq!(keys.len(), 2, "one failure, one success");
    assert_eq!(keys[0], keys[1]);
    assert!(sent.iter().any(|n| n.key == keys[0] && n.attempts == 2 && n.channel == "sms"));
    let (_, authorization, body) = service.seen.lock().unwrap()[1].clone();
    assert_eq!(authorization, "Bearer secret-of-the-service");
    assert_eq!((&body["phone"], &body["unicode"]), (&json!("0900000123"), &json!(true)));
    assert_eq!(body["messages"][0]["ref"], keys[0].as_str());
}

#[tokio::test]
async fn what_a_service_refuses_is_given_up_shown_and_sent_when_somebody_says_so() {
    let (world, service) = with_service(&[400]).await;
    tell(&world, today()).await;
    let dead = until(&world, NoticeState::Dead, 1).await;
    assert_eq!(
        (dead[0].error.as_deref(), dead[0].attempts, dead[0].to.as_str()),
        (Some("http 400"), 1, "…123")
    );
    assert_eq!(notices_retry(&world.config, Some(dead[0].id + 1000)).unwrap(), 0);
    assert_eq!(notices_retry(&world.config, Some(dead[0].id)).unwrap(), 1);
    until(&world, NoticeState::Sent, 2).await;
    assert_eq!(service.keys().len(), 2);
}

#[tokio::test]
async fn a_stop_between_sending_and_marking_sends_again_under_the_same_key() {
    let (mut world, service) = with_service(&[0]).await;
    tell(&world, today()).await;
    for _ in 0..100 {
        if !service.keys().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let began = std::time::Instant::now();
    world.down().await;
    assert!(began.elapsed() < Duration::from_secs(5), "a service that does not answer holds no stop up");
    assert_eq!(service.keys().len(), 1, "the service has it, the warehouse does not know");
    world.up().await;
    until(&world, NoticeState::Sent, 2).await;
    let keys = service.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "known by its key, so people are told once");
}

/// Changes what the store has of notices, as time or a crash would.
fn rewrite(world: &World, sql: &str) {
    let database = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.execute_batch(sql).unwrap();
}

async fn asked(service: &Service, times: usize) {
    for _ in 0..200 {
        if service.keys().len() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("asked {} times", service.keys().len())
}

async fn plain(world: &World, path: &str) -> String {
    world.raw().get(format!("{}{path}", world.url())).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_notice_is_given_up_by_its_age_and_not_by_an_hour_of_trouble() {
    let (world, service) = with_service(&[503; 3]).await;
    tell(&world, today()).await;
    asked(&service, 1).await;
    rewrite(&world, "UPDATE notices SET attempts = 50, next_at = 0 WHERE state = 'waiting'");
    asked(&service, 2).await;
    until(&world, NoticeState::Sent, 1).await;
    let waits = until(&world, NoticeState::Waiting, 1).await;
    assert_eq!(waits[0].channel, "sms", "fifty tries of one evening are no reason");
    let days = 3 * 24 * 60 * 60 * 1000;
    rewrite(
        &world,
        &format!("UPDATE notices SET made_at = made_at - {days}, next_at = 0 WHERE state = 'waiting'"),
    );
    let dead = until(&world, NoticeState::Dead, 1).await;
    assert_eq!(dead[0].error.as_deref(), Some("http 503"));
    let metrics = plain(&world, "/metrics").await;
    for line in
        ["motcua_notices_dead 1", "motcua_notices_waiting 0", "motcua_notices_channel_up{channel=\"sms\"} 1"]
    {
        assert!(metrics.lines().any(|l| l == line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_holds_no_other_channel_up() {
    let (world, service) = with_service(&[0; 4]).await;
    tell(&world, today()).await;
    asked(&service, 1).await;
    let began = std::time::Instant::now();
    tell(&world, today()).await;
    assert!(lines(&world, 2).await.iter().all(|l| l["channel"] == "zalo"));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_200_that_says_no_in_its_body_is_no_and_a_known_key_is_sent_where_that_is_what_409_means() {
    let accepted = Accepted { pointer: "/result/code".into(), equals: json!(100) };
    let (world, service) = with_sender(&[409, 200], |sender| {
        sender.accepted = Some(accepted);
        sender.conflict_means_sent = true;
    })
    .await;
    service.codes.lock().unwrap().extend([99, 99]);
    tell(&world, today()).await;
    asked(&service, 1).await;
    until(&world, NoticeState::Sent, 1).await;
    let waits = until(&world, NoticeState::Waiting, 1).await;
    assert_eq!((waits[0].channel.as_str(), waits[0].attempts), ("sms", 1));
    let sent = until(&world, NoticeState::Sent, 2).await;
    assert!(sent.iter().any(|n| n.channel == "sms" && n.attempts == 2), "{sent:?}");
}

#[tokio::test]
async fn a_service_whose_files_are_gone_stops_its_channel_only_and_a_backup_has_them() {
    let (mut world, service) = with_service(&[]).await;
    let headers = world.config.data.join("sms-headers.json");
    let made = back_up(&world.config, &world.dir.path().join("backup"), false, None).unwrap();
    assert!(made.generation.join("sms-headers.json").is_file());
    world.down().await;
    std::fs::rename(&headers, world.dir.path().join("lost")).unwrap();
    let checked = config_check(&world.config.data, None, &[]);
    assert!(checked.is_usable() && checked.problems[0].name == "notices.sms", "{checked:?}");
    world.up().await;
    tell(&world, today()).await;
    assert_eq!(lines(&world, 1).await[0]["channel"], "zalo", "the others go on");
    let ready: Value = serde_json::from_str(&plain(&world, "/health/ready").await).unwrap();
    assert_eq!(ready, json!({ "ready": true, "troubles": [], "warnings": ["notices.sms"] }));
    assert!(plain(&world, "/metrics").await.contains("motcua_notices_channel_up{channel=\"sms\"} 0"));
    let waits = until(&world, NoticeState::Waiting, 1).await;
    assert_eq!((waits[0].attempts, service.keys().len()), (0, 0), "what waits for a file was not tried");
    std::fs::rename(world.dir.path().join("lost"), &headers).unwrap();
    until(&world, NoticeState::Sent, 2).await;
    assert!(!plain(&world, "/health/ready").await.contains("warnings"));
}

#[tokio::test]
async fn after_a_restore_nobody_is_told_again_what_he_was_told_before() {
    let mut world = World::new().await;
    let yesterday = Day(today().0.previous_day().unwrap());
    // Promised for yesterday; its result is given back after the backup.
    let late = told_by(&world, yesterday).await;
    until(&world, NoticeState::Sent, 2).await;
    let to = world.dir.path().join("backup");
    back_up(&world.config, &to, false, None).unwrap();
    let result = world.signed("result");
    upload(&world.line(0), &result).await;
    let given = world.op(0, late.dossier, 1, returned(paper::record(OWNER, &result, 1)));
    assert!(is_applied(&push(&world.line(0), &given).await));
    let second = told_by(&world, today()).await;
    until(&world, NoticeState::Sent, 6).await;
    world.down().await;
    let restored = restore(&to, &world.config.data, true).unwrap();
    assert!(restored.notices_held_until.0 > now().0 + 2 * 24 * 60 * 60 * 1000);
    // As if the backup had been made while they waited.
    rewrite(&world, "UPDATE notices SET state = 'waiting', next_at = 0, text = 'wartet', sent_at = NULL");
    world.config = Config::load(&world.config.data).unwrap();
    world.up().await;
    // The counter sends again what it has.
    upload(&world.line(0), &result).await;
    upload(&world.line(0), &paper::pdf(1, &format!("receipt {}", second.dossier))).await;
    for op in [&given, &second] {
        let answer = push(&world.line(0), op).await;
        assert!(is_applied(&answer), "{answer:?}");
    }
    let ready: Value = serde_json::from_str(&plain(&world, "/health/ready").await).unwrap();
    assert_eq!(ready["warnings"], json!(["notices.held"]));
    // Of after the restore: this is told, when the hold is over.
    let fresh = told_by(&world, today()).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(!world.config.data.join("notices.jsonl").exists(), "nothing leaves while they are held");
    let withheld = until(&world, NoticeState::Withheld, 4).await;
    assert!(withheld.iter().all(|n| n.to == "…123" && n.event != "overdue"), "{withheld:?}");
    notices_release(&world.config).unwrap();
    // Two that waited, two of after the restore; the sweep of the next start tells of nothing late.
    until(&world, NoticeState::Sent, 4).await;
    world.down().await;
    world.up().await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let told = lines(&world, 4).await;
    assert_eq!(told.len(), 4, "{told:?}");
    let all = notices_list(&world.config, None, 100).unwrap();
    assert_eq!(all.len(), 8, "{all:?}");
    let of_fresh = all.iter().filter(|n| n.dossier == fresh.dossier.to_string() && n.state == "sent");
    assert_eq!(of_fresh.count(), 2);
}

/// Words no message may bear.
const REASON: &str = "Giấy khai sinh của MẪU VĂN A";

fn step(world: &World, dossier: DossierId, act: StepAct) -> Op {
    let record = StepRecord { act, officer: "canbo.demo".into(), at: now() };
    world.op(0, dossier, 1, OpPayload::Step(Box::new(record)))
}

fn asked_for(exception: Option<Exception>) -> StepAct {
    StepAct::SupplementAsked { items: vec![REASON.into()], reason: REASON.into(), exception }
}

async fn push_twice(world: &World, op: &Op) {
    assert!(is_applied(&push(&world.line(0), op).await));
    assert!(!is_applied(&push(&world.line(0), op).await), "the same again tells nobody twice");
}

fn texts<'a>(told: &'a [Value], event: &str) -> Vec<&'a str> {
    let of_event = told.iter().filter(|line| line["event"] == event && line["channel"] == "sms");
    of_event.map(|line| line["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happens_after_the_acceptance_is_told_each_time_and_without_a_reason() {
    let world = World::new().await;
    let day = |days: i64| Day(today().0 + time::Duration::days(days));
    let first = tell(&world, day(1)).await;
    let (stopped, refused) = (tell(&world, day(1)).await, tell(&world, day(1)).await);
    let agreed = Exception { reason: REASON.into(), approved_by: "truong.phong".into() };
    let promised = |days| Deadline::plain(day(days), 1);
    let seat = Seat { unit: "Công chức tư pháp (mẫu)".into(), officer: String::new() };
    for act in [
        StepAct::HandedOver { to: seat, note: REASON.into() },
        asked_for(None),
        StepAct::Supplemented { note: REASON.into(), due: promised(3), papers: vec![] },
        asked_for(Some(agreed)),
        StepAct::Supplemented { note: REASON.into(), due: promised(5), papers: vec![] },
        StepAct::Reappointed { due: promised(9), reason: REASON.into() },
        StepAct::Reappointed { due: promised(-1), reason: REASON.into() },
        StepAct::ResultProposed { note: REASON.into() },
    ] {
        push_twice(&world, &step(&world, first, act)).await;
    }
    push_twice(&world, &step(&world, stopped, StepAct::Stopped { reason: REASON.into() })).await;
    push_twice(&world, &step(&world, refused, StepAct::Refused { reasons: vec![REASON.into()] })).await;
    // Three acceptances, two requests, one new day, one stop and one refusal; each by Zalo and SMS.
    let told = lines(&world, 16).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(lines(&world, 16).await.len(), 16, "nothing else is told");
    assert!(told.iter().all(|line| !line.to_string().contains("MẪU VĂN A")), "{told:?}");
    assert_eq!(texts(&told, "needs_supplement").len(), 2, "asked for again, told again");
    let again = texts(&told, "new_appointment");
    let (before, after) = (day(5).format_vn(), day(9).format_vn());
    assert!(again.len() == 1 && again[0].contains(&before) && again[0].contains(&after), "{again:?}");
    assert!(texts(&told, "stopped")[0].contains("UBND xã Thử Nghiệm đã dừng giải quyết"));
    assert!(texts(&told, "refused")[0].contains("không được giải quyết"));
    until(&world, NoticeState::Sent, 16).await;
    assert_eq!(told_kept(&world), 0, "what was sent is not kept");
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
    let listed = std::process::Command::new(env!("CARGO_BIN_EXE_motcua-warehouse"))
        .args(["notices", "list", "--json"])
        .env_clear()
        .env("MOTCUA_WAREHOUSE_DATA", &world.config.data)
        .output()
        .unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let of = |event: &str| listed.as_array().unwrap().iter().filter(|n| n["event"] == event).count();
    assert_eq!((of("needs_supplement"), of("new_appointment"), of("stopped"), of("refused")), (4, 2, 2, 2));
}

fn declined(world: &World, dossier: DossierId, base: u64, kind: DeclineKind) -> Op {
    let mut like = accept(DossierCode::parse("TAM-MAU-0001").unwrap(), BlobId([1; 32]), vec![]);
    like.applicant.owner.phone = PHONE.into();
    let record = Declined {
        kind,
        reasons: vec![DeclineReason { code: String::new(), text: REASON.into() }],
        officer: "canbo.demo".into(),
        at: now(),
    };
    let declined = DeclinedDossier {
        record,
        channel: Channel::Direct,
        applicant: like.applicant,
        procedure: like.procedure,
        case_code: like.case_code,
    };
    world.op(0, dossier, base, OpPayload::Decline(Box::new(declined)))
}

#[tokio::test]
async fn whoever_was_not_accepted_is_told_by_what_he_knows_his_dossier_by() {
    let world = World::new().await;
    let (device, identity) = world.portal().await;
    let sent = portal::submit(&world, device, AGENCY);
    assert!(is_applied(&push(&portal::line(&world, &identity), &sent).await));
    push_twice(&world, &declined(&world, sent.dossier, 1, DeclineKind::Supplement)).await;
    push_twice(&world, &declined(&world, DossierId(fresh_uuid()), 0, DeclineKind::Refusal)).await;
    let told = lines(&world, 4).await;
    assert!(told.iter().all(|line| !line.to_string().contains("MẪU VĂN A")), "{told:?}");
    let again = texts(&told, "not_yet_accepted");
    assert!(again.len() == 1 && again[0].contains("Hồ sơ TT-0001 (Đăng ký kết hôn)"), "{again:?}");
    let never = texts(&told, "not_accepted");
    let by_day = format!("Hồ sơ nộp ngày {}", today().format_vn());
    assert!(never.len() == 1 && never[0].starts_with(&by_day), "{never:?}");
}

#[tokio::test]
async fn a_step_that_comes_again_after_a_restore_is_not_told_again() {
    let mut world = World::new().await;
    let accepted = told_by(&world, today()).await;
    let to = world.dir.path().join("backup");
    back_up(&world.config, &to, false, None).unwrap();
    let stopped = step(&world, accepted.dossier, StepAct::Stopped { reason: REASON.into() });
    push_twice(&world, &stopped).await;
    until(&world, NoticeState::Sent, 4).await;
    world.down().await;
    restore(&to, &world.config.data, true).unwrap();
    world.config = Config::load(&world.config.data).unwrap();
    world.up().await;
    push_twice(&world, &stopped).await;
    let withheld = until(&world, NoticeState::Withheld, 2).await;
    assert!(withheld.iter().all(|n| n.event == "stopped" && n.to == "…123"), "{withheld:?}");
}
