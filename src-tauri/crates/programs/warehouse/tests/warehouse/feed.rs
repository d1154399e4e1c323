//! The change feed, beyond what the contract says of every warehouse.

use crate::paper;
use crate::world::{OWNER, World, file_document, fresh_uuid, is_applied, push, upload};
use motcua_desk::ports::Warehouse;
use motcua_dossier::DossierId;
use motcua_link::HttpWarehouse;
use motcua_wire::Change;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

async fn file(world: &World, machine: usize, mark: &str) -> DossierId {
    let (line, bytes) = (world.line(machine), world.signed(mark));
    upload(&line, &bytes).await;
    let dossier = DossierId(fresh_uuid());
    let op = world.op(machine, dossier, 0, file_document(paper::record(OWNER, &bytes, 1)));
    assert!(is_applied(&push(&line, &op).await));
    dossier
}

fn dossiers(items: &[Change]) -> Vec<DossierId> {
    items
        .iter()
        .filter_map(|item| match item {
            Change::Dossier { id, .. } => Some(*id),
            _ => None,
        })
        .collect()
}

async fn all(line: &HttpWarehouse) -> Vec<Change> {
    line.changes(None, 500, 0).await.unwrap().items
}

#[tokio::test]
async fn an_agency_is_told_of_its_own_only_and_all_of_new_reference_data() {
    let mut world = World::new().await;
    let ours = file(&world, 0, "ours").await;
    let theirs = file(&world, 2, "theirs").await;
    assert_eq!(dossiers(&all(&world.line(1)).await), [ours]);
    assert_eq!(dossiers(&all(&world.line(2)).await), [theirs]);
    for machine in [0, 2] {
        assert!(all(&world.line(machine)).await.contains(&Change::Reference { version: 5 }));
    }
    let end = world.line(0).changes(None, 500, 0).await.unwrap().next_cursor;
    file(&world, 2, "theirs again").await;
    let idle = world.line(0).changes(Some(&end), 500, 0).await.unwrap();
    assert_eq!((idle.items, &idle.next_cursor), (vec![], &end), "what others do moves nothing");
    world.down().await;
    world.up().await;
    assert_eq!(world.line(0).changes(Some(&end), 500, 0).await.unwrap().next_cursor, end);
}

#[tokio::test]
async fn an_idle_question_is_one_small_answer() {
    let world = World::new().await;
    let end = world.line(0).changes(None, 500, 0).await.unwrap().next_cursor;
    let url = format!("{}/v1/changes?since={end}", world.url());
    let answer = world.raw_of(0).get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.unwrap().len() < 200);
}

#[tokio::test]
async fn a_reader_beside_many_writers_misses_nothing_and_sees_nothing_twice() {
    let world = World::new().await;
    let start = world.line(0).changes(None, 500, 0).await.unwrap().next_cursor;
    let write = async |machine: usize, name: &str| {
        let mut made = vec![];
        for n in 0..8 {
            made.push(file(&world, machine, &format!("{name} {n}")).await);
        }
        made
    };
    let read = async {
        let (line, mut seen, mut cursor) = (world.line(1), vec![], start);
        while seen.len() < 24 {
            let page = line.changes(Some(&cursor), 2, 10).await.unwrap();
            assert!(!page.items.is_empty(), "somebody still writes");
            seen.extend(dossiers(&page.items));
            cursor = page.next_cursor;
        }
        seen
    };
    let (a, b, c, seen) = tokio::join!(write(0, "a"), write(1, "b"), write(0, "c"), read);
    let made: BTreeSet<_> = [a, b, c].concat().into_iter().collect();
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (24, made));
}

#[tokio::test]
async fn a_stopping_server_keeps_nobody_waiting() {
    let mut world = World::new().await;
    let line = world.line(0);
    let end = line.changes(None, 500, 0).await.unwrap().next_cursor;
    let waits = tokio::spawn(async move { line.changes(Some(&end), 500, 25).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let started = Instant::now();
    world.down().await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(waits.await.unwrap().unwrap().items, []);
}

#[tokio::test]
async fn the_epoch_is_the_databases_and_a_restore_raises_it() {
    let mut world = World::new().await;
    world.down().await;
    let records = motcua_warehouse::Records::open(&world.config.data.join("records.db")).unwrap();
    assert_eq!(records.raise_epoch().unwrap(), 2);
    drop(records);
    world.up().await;
    assert_eq!(world.line(0).about().await.unwrap().epoch, 2, "whatever warehouse.json says");
}
