//! What waits in the warehouse for its files, beyond what the contract says of every warehouse.

use crate::paper;
use crate::world::{
    OTHER_AGENCY, OWNER, World, file_document, fresh_uuid, is_applied, push, push_all, upload,
};
use motcua_desk::ports::Warehouse;
use motcua_dossier::DossierId;
use motcua_wire::{Op, OpResult};

fn waiting(world: &World, dossier: DossierId, bytes: &[u8]) -> Op {
    world.op(0, dossier, 0, file_document(paper::record(OWNER, bytes, 1)))
}

fn is_kept(result: &OpResult) -> bool {
    matches!(result, OpResult::Deferred { kept: true, .. })
}

#[tokio::test]
async fn what_waits_survives_a_restart_and_a_large_file_releases_it_by_its_commit() {
    let mut world = World::new().await;
    // Longer than one piece, so that it goes by tus and is committed.
    let bytes = world.signed(&"large ".repeat(200_000));
    assert!(bytes.len() as u64 > motcua_wire::CHUNK);
    let dossier = DossierId(fresh_uuid());
    let op = waiting(&world, dossier, &bytes);
    assert!(is_kept(&push(&world.line(0), &op).await));
    world.down().await;
    world.up().await;
    let line = world.line(0);
    upload(&line, &bytes).await;
    assert_eq!(line.dossier(dossier).await.unwrap().unwrap().version, 1);
    assert!(matches!(push(&line, &op).await, OpResult::Duplicate { version: 1, .. }));
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn what_came_into_scope_unnoticed_is_applied_at_the_next_start() {
    let mut world = World::new().await;
    let bytes = world.signed("shared by the stock");
    let dossier = DossierId(fresh_uuid());
    let op = waiting(&world, dossier, &bytes);
    assert!(is_kept(&push(&world.line(0), &op).await));
    world.stock(&bytes, |_| {});
    assert_eq!(world.line(0).dossier(dossier).await.unwrap(), None);
    world.down().await;
    world.up().await;
    let line = world.line(0);
    for _ in 0..100 {
        if line.dossier(dossier).await.unwrap().is_some() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nobody looked at the inbox");
}

#[tokio::test]
async fn the_file_of_another_agency_releases_nothing() {
    let world = World::new().await;
    assert_ne!(OTHER_AGENCY, crate::world::AGENCY);
    let bytes = world.signed("theirs");
    let dossier = DossierId(fresh_uuid());
    let op = waiting(&world, dossier, &bytes);
    assert!(is_kept(&push(&world.line(0), &op).await));
    upload(&world.line(2), &bytes).await;
    assert!(is_kept(&push(&world.line(0), &op).await), "and nobody can tell that it is here");
    upload(&world.line(1), &bytes).await;
    assert_eq!(world.line(0).dossier(dossier).await.unwrap().unwrap().version, 1);
}

#[tokio::test]
async fn files_and_operations_that_arrive_at_once_leave_nothing_behind() {
    let world = World::new().await;
    let line = world.line(0);
    let dossiers: Vec<_> = (0..8).map(|_| DossierId(fresh_uuid())).collect();
    let files: Vec<_> = (0..8).map(|n| world.signed(&format!("race {n}"))).collect();
    let ops: Vec<_> = dossiers.iter().zip(&files).map(|(d, f)| waiting(&world, *d, f)).collect();
    let sent = async {
        for file in &files {
            upload(&line, file).await;
        }
    };
    let (answers, ()) = tokio::join!(push_all(&line, &ops), sent);
    assert!(answers.iter().all(|a| is_applied(a) || is_kept(a)), "{answers:?}");
    for dossier in dossiers {
        assert!(line.dossier(dossier).await.unwrap().is_some());
    }
}
