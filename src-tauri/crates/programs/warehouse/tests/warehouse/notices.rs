//! Notices: made once, sent at least once, and known by their key.

use crate::paper;
use crate::world::{World, accept, fresh_uuid, is_applied, push, today, upload};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use motcua_dossier::{Day, DossierId};
use motcua_warehouse::{HttpSender, NoticeReport, NoticeState, notices_list, notices_retry};
use motcua_wire::OpPayload;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PHONE: &str = "0900 000 123";

async fn tell(world: &World, deadline: Day) -> DossierId {
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let receipt = upload(&line, &paper::pdf(1, &format!("receipt {dossier}"))).await;
    let mut accepted = accept(world.code(0).await, receipt, vec![]);
    accepted.applicant.owner.phone = PHONE.into();
    accepted.deadline.day = deadline;
    let op = world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(accepted)));
    assert!(is_applied(&push(&line, &op).await));
    assert!(!is_applied(&push(&line, &op).await), "the same again tells nobody twice");
    dossier
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
    let channels: Vec<_> = told.iter().map(|l| l["channel"].as_str().unwrap()).collect();
    assert_eq!(channels, ["zalo", "sms"]);
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

    async fn take(State(this): State<Self>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
        let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        this.seen.lock().unwrap().push((text("idempotency-key"), text("authorization"), body));
        let answer = this.answers.lock().unwrap().pop().unwrap_or(200);
        if answer == 0 {
            std::future::pending::<()>().await;
        }
        StatusCode::from_u16(answer).unwrap()
    }

    fn keys(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(key, ..)| key.clone()).collect()
    }
}

async fn with_service(answers: &[u16]) -> (World, Service) {
    let mut world = World::new().await;
    let (service, url) = Service::start(answers).await;
    world.down().await;
    let headers = world.config.data.join("sms-headers.json");
    std::fs::write(headers, r#"{"Authorization": "Bearer secret-of-the-service"}"#).unwrap();
    let body =
        json!({ "phone": "{to}", "messages": [{ "text": "{text}", "ref": "{key}" }], "unicode": true });
    world.config.notices.sms =
        Some(HttpSender { url, headers_file: Some("sms-headers.json".into()), ca_file: None, body });
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
