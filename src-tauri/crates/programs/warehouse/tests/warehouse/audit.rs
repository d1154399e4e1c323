//! The audit chain: every act and every look is in it, and whoever touches it is found.

use crate::paper;
use crate::world::{OWNER, World, file_document, fresh_uuid, is_applied, push, rejected_code, upload};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{DossierId, IdNumber};
use motcua_warehouse::{AuditReport, AuditTrouble, audit_export, audit_verify, audit_verify_export};
use motcua_wire::Purpose;
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

/// A stopped server with a chain of every kind of entry, its last head signed.
async fn lived() -> World {
    let mut world = World::new().await;
    let line = world.line(0);
    let owner = IdNumber::parse(OWNER).unwrap();
    let bytes = world.signed("audited");
    let blob = upload(&line, &bytes).await;
    let dossier = DossierId(fresh_uuid());
    let op = world.op(0, dossier, 0, file_document(paper::record(OWNER, &bytes, 1)));
    assert!(is_applied(&push(&line, &op).await));
    let unsigned = paper::pdf(1, "unsigned");
    upload(&line, &unsigned).await;
    let refused = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &unsigned, 1)));
    assert_eq!(rejected_code(&push(&line, &refused).await), "fileUnsigned");
    line.documents(std::slice::from_ref(&owner), Purpose::Intake).await.unwrap();
    line.identity(&owner, Purpose::Intake).await.unwrap();
    line.fetch(&blob, &|_, _| {}, &CancellationToken::new()).await.unwrap();
    line.dossier(dossier).await.unwrap().unwrap();
    world.lease(0, 3).await;
    world.down().await;
    world
}

fn database(world: &World) -> Connection {
    Connection::open(world.config.data.join("records.db")).unwrap()
}

fn verify(world: &World) -> AuditReport {
    audit_verify(&world.config, None).unwrap()
}

fn found(report: &AuditReport) -> Vec<(u64, AuditTrouble)> {
    report.problems.iter().map(|p| (p.seq, p.what)).collect()
}

fn exported(world: &World) -> Vec<u8> {
    let mut out = Vec::new();
    audit_export(&world.config, &mut out).unwrap();
    out
}

#[tokio::test]
async fn every_act_and_every_look_is_noted_without_a_number_of_anybody() {
    let world = lived().await;
    let report = verify(&world);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.unsigned, report.entries), (0, 11), "a stop signs what happened");
    let text = String::from_utf8(exported(&world)).unwrap();
    let actions: Vec<String> = text
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).unwrap()["action"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        actions,
        [
            "seeded",
            "device.enrolled",
            "device.enrolled",
            "device.enrolled",
            "op.applied",
            "op.rejected",
            "documents.listed",
            "identity.asked",
            "file.read",
            "dossier.read",
            "numbers.leased"
        ]
    );
    assert!(!text.contains(OWNER), "a number of a person");
    let subject = |action| {
        let lines = text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        let row = lines.into_iter().find(|v| v["action"] == action).unwrap();
        (row["subject"].clone(), row["actor"].clone())
    };
    assert_eq!(subject("documents.listed"), subject("identity.asked"), "the same person is recognised");
    assert!(
        subject("documents.listed").0.as_str().unwrap().starts_with("intake "),
        "and what he was asked for"
    );
    assert_eq!(subject("file.read").1, world.devices[0].to_string());
}

#[tokio::test]
async fn a_removed_entry_is_found() {
    let world = lived().await;
    database(&world).execute("DELETE FROM audit WHERE seq = 4", []).unwrap();
    assert_eq!(found(&verify(&world)), [(5, AuditTrouble::Missing)]);
}

#[tokio::test]
async fn a_changed_entry_is_found_whatever_was_changed() {
    let world = lived().await;
    for column in ["actor", "officer", "action", "subject"] {
        let database = database(&world);
        database.execute(&format!("UPDATE audit SET {column} = {column} || 'x' WHERE seq = 3"), []).unwrap();
        assert_eq!(found(&verify(&world)), [(3, AuditTrouble::Changed)], "{column}");
        let back =
            format!("UPDATE audit SET {column} = substr({column}, 1, length({column}) - 1) WHERE seq = 3");
        database.execute(&back, []).unwrap();
    }
    database(&world).execute("UPDATE audit SET at = at + 1 WHERE seq = 3", []).unwrap();
    assert_eq!(found(&verify(&world)), [(3, AuditTrouble::Changed)]);
}

#[tokio::test]
async fn re_ordered_entries_are_found() {
    let world = lived().await;
    database(&world)
        .execute_batch(
            "UPDATE audit SET seq = 100 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
             UPDATE audit SET seq = 4 WHERE seq = 100;",
        )
        .unwrap();
    let report = verify(&world);
    assert!(found(&report).contains(&(3, AuditTrouble::Changed)), "{report:?}");
    assert!(found(&report).contains(&(3, AuditTrouble::Unlinked)), "{report:?}");
}

#[tokio::test]
async fn a_chain_cut_at_its_end_is_found_by_the_signed_head_or_by_a_noted_one() {
    let world = lived().await;
    let noted = verify(&world).head.unwrap();
    assert!(audit_verify(&world.config, Some(&noted)).unwrap().is_clean());
    database(&world).execute("DELETE FROM audit WHERE seq > 6", []).unwrap();
    assert_eq!(found(&verify(&world)), [(11, AuditTrouble::HeadWithoutEntry)]);
    database(&world).execute("DELETE FROM audit_heads WHERE seq > 6", []).unwrap();
    assert!(verify(&world).is_clean(), "without what was noted outside nobody can know");
    let report = audit_verify(&world.config, Some(&noted)).unwrap();
    assert_eq!(found(&report), [(11, AuditTrouble::NotAsNoted)]);
}

#[tokio::test]
async fn a_chain_computed_anew_does_not_fit_the_signed_head() {
    let world = lived().await;
    let database = database(&world);
    database.execute("UPDATE audit SET subject = 'nothing' WHERE seq = 4", []).unwrap();
    let mut prev = [0u8; 32];
    for seq in 1..=11i64 {
        let json: String = database
            .query_row(
                "SELECT json_object('action', action, 'actor', actor, 'at', at, 'officer', officer,
                   'seq', seq, 'subject', subject) FROM audit WHERE seq = ?",
                [seq],
                |r| r.get(0),
            )
            .unwrap();
        let hash: [u8; 32] = Sha256::new().chain_update(prev).chain_update(json).finalize().into();
        let change = "UPDATE audit SET prev_hash = ?, hash = ? WHERE seq = ?";
        database.execute(change, rusqlite::params![prev.as_slice(), hash.as_slice(), seq]).unwrap();
        prev = hash;
    }
    assert_eq!(found(&verify(&world)), [(11, AuditTrouble::HeadDiffers)]);
    let change = "UPDATE audit_heads SET hash = ? WHERE seq = 11";
    database.execute(change, [prev.as_slice()]).unwrap();
    assert_eq!(found(&verify(&world)), [(11, AuditTrouble::HeadNotSigned)], "only the server's key signs");
}

#[tokio::test]
async fn an_export_is_checked_with_nothing_but_the_key() {
    let world = lived().await;
    let key = motcua_warehouse::receipt_key(&world.config.data).unwrap().verifying_key();
    let whole = exported(&world);
    let report = audit_verify_export(&mut whole.as_slice(), &key, None).unwrap();
    assert_eq!(report, verify(&world));
    let text = String::from_utf8(whole).unwrap();
    let forged = text.replacen("op.rejected", "op.applied", 1);
    let report = audit_verify_export(&mut forged.as_bytes(), &key, None).unwrap();
    assert_eq!(found(&report), [(6, AuditTrouble::Changed)]);
    let lines: Vec<&str> = text.lines().collect();
    let without = [&lines[..5], &lines[6..]].concat().join("\n");
    let report = audit_verify_export(&mut without.as_bytes(), &key, None).unwrap();
    assert!(found(&report).iter().any(|(_, what)| *what == AuditTrouble::Missing), "{report:?}");
    assert!(audit_verify_export(&mut "{}".as_bytes(), &key, None).is_err());
}

#[tokio::test]
async fn readers_who_come_together_are_all_noted() {
    let mut world = World::new().await;
    let line = std::sync::Arc::new(world.line(0));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let line = std::sync::Arc::clone(&line);
        readers.spawn(async move {
            line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap()
        });
    }
    readers.join_all().await;
    assert_eq!(verify(&world).entries, 64, "each is committed before it is answered");
    world.down().await;
    let report = verify(&world);
    assert!(report.is_clean() && report.unsigned == 0, "{report:?}");
}
