//! What a supervisor sees: health, metrics, limits, a stop that cuts nobody off.

use crate::paper;
use crate::world::{OWNER, World, provide_crypto, tls};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::IdNumber;
use motcua_warehouse::{Config, Limits, config_check};
use motcua_wire::{PURPOSE, Problem, Purpose};
use serde_json::Value;
use std::net::TcpListener;
use std::time::Duration;

async fn get(world: &World, path: &str) -> (u16, String) {
    let answer = world.raw().get(format!("{}{path}", world.url())).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// A server with other limits.
async fn limited(limits: Limits) -> World {
    let mut world = World::new().await;
    world.down().await;
    world.config.limits = limits;
    world.up().await;
    world
}

#[tokio::test]
async fn a_server_that_can_serve_is_ready_and_says_why_when_it_cannot() {
    let world = World::new().await;
    assert_eq!(get(&world, "/health/live").await.0, 200);
    let (status, body) = get(&world, "/health/ready").await;
    assert_eq!((status, body.as_str()), (200, r#"{"ready":true,"troubles":[]}"#));
    let incoming = world.config.data.join("blobs/incoming");
    assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 0, "asking leaves nothing behind");
    std::fs::remove_dir_all(&incoming).unwrap();
    // Somebody else's transaction that does not end meanwhile.
    let (records, (begun, begins)) = (world.config.data.join("records.db"), tokio::sync::oneshot::channel());
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let busy = std::thread::spawn(move || {
        let busy = rusqlite::Connection::open(records).unwrap();
        busy.execute_batch("BEGIN IMMEDIATE").unwrap();
        begun.send(()).unwrap();
        ends.recv().unwrap();
    });
    begins.await.unwrap();
    let (status, body) = get(&world, "/health/ready").await;
    end.send(()).unwrap();
    busy.join().unwrap();
    assert_eq!(status, 503);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["troubles"], serde_json::json!(["database", "files"]));
    assert_eq!(get(&world, "/health/live").await.0, 200, "it lives all the same");
}

#[tokio::test]
async fn an_unseeded_server_is_not_ready() {
    let dir = tempfile::tempdir().unwrap();
    let ca_pem = tls(dir.path());
    let config = Config {
        data: dir.path().join("data"),
        tls_cert: dir.path().join("server.pem"),
        tls_key: dir.path().join("server.key"),
        ..Config::default()
    };
    let server = motcua_warehouse::start(config, TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
    provide_crypto();
    let roots = reqwest::Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([roots]).no_proxy().build().unwrap();
    let answer = client.get(format!("{}/health/ready", server.url())).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.unwrap(), r#"{"ready":false,"troubles":["reference"]}"#);
}

#[tokio::test]
async fn metrics_count_by_template_and_name_nobody() {
    let world = World::new().await;
    let line = world.line(0);
    line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap();
    line.identity(&IdNumber::parse(OWNER).unwrap(), Purpose::Intake).await.unwrap();
    crate::world::upload(&line, &paper::pdf(1, "counted")).await;
    get(&world, "/v1/identity/not-a-number-of-anybody").await;
    let (status, text) = get(&world, "/metrics").await;
    assert_eq!(status, 200);
    for wanted in [
        r#"motcua_requests_total{method="GET",route="/v1/documents",status="200"} 1"#,
        r#"motcua_requests_total{method="GET",route="/v1/identity/{number}",status="401"} 1"#,
        r#"motcua_request_seconds_bucket{route="/v1/documents",le="+Inf"} 1"#,
        r#"motcua_request_seconds_count{route="/v1/documents"} 1"#,
        "motcua_blobs 1\n",
        "motcua_audit_entries 6\n",
        "motcua_epoch 1\n",
        "motcua_inbox_ops 0\n",
        "motcua_disk_free_bytes ",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains(OWNER) && !text.contains("not-a-number"), "{text}");
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("motcua_") && value.parse::<f64>().is_ok(), "{line}");
    }
    let buckets: Vec<u64> = text
        .lines()
        .filter(|l| l.starts_with(r#"motcua_request_seconds_bucket{route="/v1/documents""#))
        .map(|l| l.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert!(buckets.windows(2).all(|w| w[0] <= w[1]), "buckets are cumulative: {buckets:?}");
}

#[tokio::test]
async fn a_machine_that_looks_up_too_many_people_has_to_wait_and_nothing_else_does() {
    let world = limited(Limits { lookups_per_minute: 3, ..Limits::default() }).await;
    let owner = [IdNumber::parse(OWNER).unwrap()];
    let line = world.line(0);
    line.documents(&owner, Purpose::Intake).await.unwrap();
    line.identity(&owner[0], Purpose::Intake).await.unwrap();
    line.documents(&owner, Purpose::Intake).await.unwrap();
    let answer = world
        .raw_of(0)
        .get(format!("{}/v1/documents?owner={OWNER}", world.url()))
        .header(PURPOSE, "intake")
        .send()
        .await
        .unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "30"));
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!((problem.code.as_str(), problem.retryable), ("tooManyLookups", true));
    assert!(line.reference(0).await.is_ok(), "other work goes on");
    assert!(world.line(1).documents(&owner, Purpose::Intake).await.is_ok(), "and so do other machines");
}

#[tokio::test]
async fn a_machine_and_an_address_have_a_measure() {
    let world = limited(Limits { device_per_minute: 5, ..Limits::default() }).await;
    for _ in 0..5 {
        world.line(0).reference(0).await.unwrap();
    }
    let refused = world.line(0).reference(0).await.unwrap_err();
    assert!(!matches!(refused, LinkError::Refused(_)), "not refused for good: {refused:?}");
    assert!(world.line(1).reference(0).await.is_ok());
    let world = limited(Limits { address_per_minute: 4, ..Limits::default() }).await;
    let statuses: Vec<u16> = {
        let mut all = Vec::new();
        for _ in 0..6 {
            all.push(get(&world, "/v1/reference").await.0);
        }
        all
    };
    assert_eq!(statuses, [401, 401, 401, 401, 429, 429], "guessing keys is slowed down");
    assert_eq!(get(&world, "/health/live").await.0, 200);
}

#[tokio::test]
async fn a_stop_lets_the_request_in_flight_finish() {
    let mut world = World::new().await;
    let bytes = vec![7u8; 300_000];
    let url = format!("{}/v1/blobs/{}", world.url(), paper::blob(&bytes));
    let (send, pieces) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let body = reqwest::Body::wrap_stream(futures_util::stream::unfold(pieces, |mut pieces| async {
        pieces.recv().await.map(|piece| (piece, pieces))
    }));
    let request = world.raw_of(0).put(url).body(body);
    let asked = tokio::spawn(request.send());
    send.send(Ok(bytes[..100_000].to_vec())).await.unwrap();
    send.send(Ok(bytes[100_000..200_000].to_vec())).await.unwrap();
    let server = world.server.take().unwrap();
    let address = server.address();
    let stopped = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!stopped.is_finished(), "it waits for the one it has");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "and takes no other");
    send.send(Ok(bytes[200_000..].to_vec())).await.unwrap();
    drop(send);
    assert_eq!(asked.await.unwrap().unwrap().status(), 201);
    tokio::time::timeout(Duration::from_secs(5), stopped).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn the_environment_goes_before_the_file_and_the_check_says_so() {
    let world = World::new().await;
    let data = &world.config.data;
    let variables = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| (format!("MOTCUA_WAREHOUSE_{n}"), (*v).to_owned())).collect()
    };
    let report = config_check(data, None, &[]);
    assert!(report.is_usable(), "{report:?}");
    assert!(report.problems.is_empty(), "{report:?}");
    let said = variables(&[
        ("LISTEN", "0.0.0.0:9000"),
        ("METRICS_FROM", "10.0.0.1, ::1"),
        ("LOOKUPS_PER_MINUTE", "7"),
        ("LISTE", "1"),
    ]);
    let report = config_check(data, None, &said);
    let row = |name| {
        let found = report.settings.iter().find(|s| s.name == name).unwrap();
        (found.value.as_str(), found.from)
    };
    assert_eq!(row("listen"), ("0.0.0.0:9000", "environment"));
    assert_eq!(row("metrics_from"), ("10.0.0.1,::1", "environment"));
    assert_eq!(row("lookups_per_minute"), ("7", "environment"));
    assert_eq!(row("tls_key").1, "file");
    assert_eq!(report.problems[0].code, "variableUnknown", "a typing error is told");
    assert!(report.is_usable());
    let read =
        Config::load_with(data, &|name| said.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()));
    assert_eq!(read.unwrap().limits.lookups_per_minute, 7);
    for (pairs, listen, code) in [
        (&[("DEVICE_PER_MINUTE", "many")][..], None, "variableMalformed"),
        (&[("TLS_KEY", "nowhere.key")][..], None, "tlsUnusable"),
        (&[], Some("here"), "addressMalformed"),
    ] {
        let report = config_check(data, listen, &variables(pairs));
        assert!(!report.is_usable() && report.problems[0].code == code, "{report:?}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(config_check(empty.path(), None, &[]).problems[0].code, "fileUnreadable");
    let (cert, tls_key) = (world.config.tls_cert.to_str().unwrap(), world.config.tls_key.to_str().unwrap());
    let report = config_check(empty.path(), None, &variables(&[("TLS_CERT", cert), ("TLS_KEY", tls_key)]));
    assert!(report.is_usable(), "without a file the environment is enough: {report:?}");
    assert_eq!(report.problems[0].code, "empty", "and an empty warehouse is told");
}
