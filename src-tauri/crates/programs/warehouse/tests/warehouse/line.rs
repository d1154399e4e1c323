//! What the line tells the desk when the other side is not as it should be.

use crate::paper;
use crate::world::{World, tls};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_link::{HttpWarehouse, LinkSettings};
use std::io::{Read, Write};
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn line_to(url: String, ca_pem: &str) -> HttpWarehouse {
    HttpWarehouse::new(LinkSettings { url, ca_pem: ca_pem.into(), identity: "/nowhere".into() }).unwrap()
}

#[tokio::test]
async fn another_ca_is_an_interception() {
    let world = World::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other_ca = tls(elsewhere.path());
    let line = world.line_with(world.identity(0), &other_ca);
    assert_eq!(line.about().await.unwrap_err(), LinkError::Intercepted);
    let sent = line.upload(&paper::blob(b"x"), b"x", &|_, _| {}, &CancellationToken::new()).await;
    assert_eq!(sent.unwrap_err(), LinkError::Intercepted);
}

#[tokio::test]
async fn an_answer_without_tls_is_an_interception() {
    let world = World::new().await;
    let portal = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", portal.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in portal.incoming().take(3) {
            let mut stream = stream.unwrap();
            let mut start = [0u8; 64];
            let _ = stream.read(&mut start);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlogin");
        }
    });
    assert_eq!(line_to(url, &world.ca_pem).about().await.unwrap_err(), LinkError::Intercepted);
}

#[tokio::test]
async fn a_stopped_server_and_an_unknown_name_are_no_contact() {
    let mut world = World::new().await;
    let line = world.line(0);
    assert!(line.about().await.is_ok());
    world.down().await;
    assert_eq!(line.about().await.unwrap_err(), LinkError::Offline);
    let nowhere = line_to("https://khong-co.invalid".into(), &world.ca_pem);
    assert_eq!(nowhere.about().await.unwrap_err(), LinkError::Offline);
}

#[tokio::test]
async fn a_cancelled_upload_stops_and_leaves_nothing_in_the_warehouse() {
    let world = World::new().await;
    let line = world.line(0);
    let bytes = vec![3u8; 8 * 1024 * 1024];
    let blob = paper::blob(&bytes);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let stopped = line.upload(&blob, &bytes, &|_, _| {}, &cancel).await;
    assert_eq!(stopped.unwrap_err(), LinkError::Cancelled);
    let absent = line.fetch(&blob, &|_, _| {}, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(absent, LinkError::Refused("blobUnknown".into()));
    assert_eq!(line.fetch(&blob, &|_, _| {}, &cancel).await.unwrap_err(), LinkError::Cancelled);
}

#[tokio::test]
async fn a_file_changed_on_the_way_is_not_believed() {
    let world = World::new().await;
    let line = world.line(0);
    let blob = crate::world::upload(&line, b"the true content").await;
    let name = blob.to_string();
    let path = world.config.data.join("blobs").join(&name[..2]).join(&name);
    std::fs::write(&path, b"the evil content").unwrap();
    let fetched = line.fetch(&blob, &|_, _| {}, &CancellationToken::new()).await;
    assert_eq!(fetched.unwrap_err(), LinkError::Malformed);
    let report = motcua_warehouse::check(&world.config).unwrap();
    assert_eq!(report.files_changed, [name]);
}
