//! Unsent work that comes by hand does what it would have done by the network, once, or says why not.

use crate::paper;
use crate::world::{OWNER, World, file_document, fresh_uuid, is_applied, push, rejected_code, upload};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{AgencyCode, BlobId, DossierId, IdNumber, OutboxKind, Timestamp};
use motcua_testkit::contract::vault::RECOVERY;
use motcua_warehouse::{
    CarriedImport, PackageImportError, PackageReport, carried_packages, import_carried, import_package,
    read_recovery_key,
};
use motcua_wire::{
    Op, OpResult, PackageError, PackageFile, PackageLine, PackageManifest, PackageSecrets, PackageWriter,
    Purpose,
};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A package of these operations, each with the bytes of its file or without them.
pub(crate) fn package(world: &World, machine: usize, lines: &[(&Op, Option<&[u8]>)]) -> Vec<u8> {
    let json: Vec<Vec<u8>> = lines.iter().map(|(op, _)| serde_json::to_vec(op).unwrap()).collect();
    let identity = |bytes: &[u8]| BlobId(Sha256::digest(bytes).into());
    let files: Vec<&[u8]> = lines.iter().filter_map(|(_, file)| *file).collect();
    let manifest = PackageManifest {
        device: world.devices[machine],
        agency: AgencyCode::parse(crate::world::AGENCY).unwrap(),
        officer: "canbo.mau".into(),
        made_at: Timestamp(1_795_143_600_000),
        files: files.iter().map(|f| PackageFile { id: identity(f), size: f.len() as u64 }).collect(),
        dossiers: vec![],
        lines: lines
            .iter()
            .zip(&json)
            .map(|((op, file), json)| PackageLine {
                op: op.op_id,
                dossier: op.dossier,
                sequence: op.device_seq,
                kind: OutboxKind::Document,
                files: file.iter().map(|f| identity(f)).collect(),
                missing: vec![],
                size: json.len() as u64,
                sha256: identity(json),
            })
            .collect(),
    };
    let ephemeral = Zeroizing::new([fresh_uuid().into_bytes(); 2].concat().try_into().unwrap());
    let secrets = PackageSecrets { ephemeral, prefix: [4; 19] };
    let mut writer = PackageWriter::begin(Vec::new(), &manifest, RECOVERY, &secrets).unwrap();
    for part in files.into_iter().chain(json.iter().map(Vec::as_slice)) {
        writer.part(part).unwrap();
    }
    writer.finish().unwrap()
}

fn import(world: &World, bytes: &[u8]) -> Result<PackageReport, PackageImportError> {
    let path: PathBuf = world.dir.path().join("quay.mcgoi");
    std::fs::write(&path, bytes)?;
    import_package(&world.config, &read_recovery_key(&"07".repeat(32))?, &path, false)
}

async fn papers(world: &World) -> usize {
    world.line(0).documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap().len()
}

#[tokio::test]
async fn a_package_does_what_sending_does_and_again_changes_nothing() {
    let world = World::new().await;
    let bytes = world.signed("by hand");
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let sealed = package(&world, 0, &[(&op, Some(&bytes))]);
    let report = import(&world, &sealed).unwrap();
    assert!(report.is_done(), "{report:?}");
    assert_eq!((report.device, report.files, report.lines.len()), (world.devices[0], 1, 1));
    assert!(is_applied(&report.lines[0].answer));
    assert_eq!(papers(&world).await, 1);
    let again = import(&world, &sealed).unwrap();
    assert!(matches!(again.lines[0].answer, OpResult::Duplicate { version: 1, .. }));
    let sent = push(&world.line(0), &op).await;
    assert!(
        matches!(sent, OpResult::Duplicate { version: 1, .. }),
        "the counter sends it later all the same"
    );
    assert_eq!(papers(&world).await, 1);
}

#[tokio::test]
async fn what_was_sent_meanwhile_is_not_done_twice() {
    let world = World::new().await;
    let bytes = world.signed("both ways");
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let sealed = package(&world, 0, &[(&op, Some(&bytes))]);
    upload(&world.line(0), &bytes).await;
    assert!(is_applied(&push(&world.line(0), &op).await));
    let report = import(&world, &sealed).unwrap();
    assert!(report.is_done() && matches!(report.lines[0].answer, OpResult::Duplicate { .. }));
    assert_eq!(papers(&world).await, 1);
}

#[tokio::test]
async fn one_refused_line_holds_no_other_and_the_same_checks_are_made() {
    let world = World::new().await;
    let (good, plain) = (world.signed("good"), paper::pdf(1, "nobody signed"));
    let refused = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &plain, 1)));
    let taken = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &good, 1)));
    let lost = world.signed("the counter lost it");
    let waits = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &lost, 1)));
    let sealed = package(&world, 0, &[(&refused, Some(&plain)), (&taken, Some(&good)), (&waits, None)]);
    let report = import(&world, &sealed).unwrap();
    assert!(!report.is_done());
    assert_eq!(rejected_code(&report.lines[0].answer), "fileUnsigned");
    assert!(is_applied(&report.lines[1].answer));
    assert!(matches!(report.lines[2].answer, OpResult::Deferred { .. }));
}

#[tokio::test]
async fn nothing_of_a_damaged_package_is_taken() {
    let world = World::new().await;
    let bytes = world.signed("damaged");
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let sealed = package(&world, 0, &[(&op, Some(&bytes))]);
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (bytes, cut) in [(&changed[..], false), (&sealed[..sealed.len() - 1], true)] {
        match import(&world, bytes).unwrap_err() {
            PackageImportError::Package(PackageError::Damaged(_)) => assert!(!cut),
            PackageImportError::Package(PackageError::Truncated) => assert!(cut),
            other => panic!("{other}"),
        }
    }
    assert_eq!(papers(&world).await, 0);
    let blobs = motcua_warehouse::Blobs::open(&world.config.data.join("blobs")).unwrap();
    assert!(blobs.read(&paper::blob(&bytes)).is_err(), "not even its file");
}

#[tokio::test]
async fn a_stranger_s_package_and_another_machine_s_operation_are_refused() {
    let world = World::new().await;
    let bytes = world.signed("strangers");
    let op = world.op(1, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let sealed = package(&world, 0, &[(&op, Some(&bytes))]);
    assert!(
        matches!(import(&world, &sealed).unwrap_err(), PackageImportError::Operation(id) if id == op.op_id)
    );
    let mut elsewhere = World::new().await;
    elsewhere.devices = world.devices;
    let own = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let sealed = package(&world, 0, &[(&own, Some(&bytes))]);
    let refused = import(&elsewhere, &sealed).unwrap_err();
    assert!(matches!(refused, PackageImportError::Machine(device) if device == world.devices[0]));
    let path = world.dir.path().join("quay.mcgoi");
    std::fs::write(&path, &sealed).unwrap();
    let wrong = import_package(&world.config, &Zeroizing::new([8; 32]), &path, true).unwrap_err();
    assert!(matches!(wrong, PackageImportError::Package(PackageError::WrongKey)));
    assert!(matches!(read_recovery_key("07"), Err(PackageImportError::Key)));
}

fn recovery() -> Zeroizing<[u8; 32]> {
    read_recovery_key(&"07".repeat(32)).unwrap()
}

#[tokio::test]
async fn a_package_that_another_counter_carried_waits_for_the_key_and_is_taken_once() {
    let world = World::new().await;
    let (carrier, bytes) = (world.line(1), world.signed("carried"));
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let sealed = package(&world, 0, &[(&op, Some(&bytes))]);
    upload(&carrier, &sealed).await;
    let id = paper::blob(&sealed);
    for _ in 0..2 {
        let carried = carrier.carry_package(&id).await.unwrap();
        assert_eq!((carried.device, carried.operations, carried.taken), (world.devices[0], 1, false));
    }
    let listed = carried_packages(&world.config).unwrap();
    assert_eq!(listed.len(), 1, "again is free: {listed:?}");
    assert_eq!((listed[0].package, listed[0].carried_by), (id, world.devices[1]));
    assert_eq!(papers(&world).await, 0, "nobody looked into it");
    let wrong = import_carried(&world.config, &Zeroizing::new([8; 32]), false).unwrap();
    assert!(matches!(wrong[0].outcome, Err(PackageImportError::Package(PackageError::WrongKey))));
    assert!(!carrier.carry_package(&id).await.unwrap().taken, "it waits for the right key");
    let taken = import_carried(&world.config, &recovery(), false).unwrap();
    assert!(taken[0].outcome.as_ref().unwrap().is_done(), "{taken:?}");
    assert_eq!(papers(&world).await, 1);
    assert!(carrier.carry_package(&id).await.unwrap().taken, "whoever brought it can see that");
    assert!(import_carried(&world.config, &recovery(), false).unwrap().is_empty());
    assert!(carried_packages(&world.config).unwrap()[0].taken_at.is_some());
}

#[tokio::test]
async fn one_carried_package_that_cannot_be_taken_keeps_no_other_from_it() {
    let world = World::new().await;
    let carrier = world.line(1);
    let plain = paper::pdf(1, "nobody signed");
    let refused = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &plain, 1)));
    let good = world.signed("good");
    let done = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &good, 1)));
    for sealed in
        [package(&world, 0, &[(&refused, Some(&plain))]), package(&world, 0, &[(&done, Some(&good))])]
    {
        upload(&carrier, &sealed).await;
        carrier.carry_package(&paper::blob(&sealed)).await.unwrap();
    }
    let taken = import_carried(&world.config, &recovery(), false).unwrap();
    let all = |import: &CarriedImport| import.outcome.as_ref().is_ok_and(PackageReport::is_done);
    assert_eq!(taken.iter().filter(|import| all(import)).count(), 1, "{taken:?}");
    let again = import_carried(&world.config, &recovery(), false).unwrap();
    assert_eq!(again.len(), 1, "what is not through is asked for again");
}

#[tokio::test]
async fn a_package_of_a_machine_nobody_knows_is_not_kept() {
    let (world, elsewhere) = (World::new().await, World::new().await);
    let carrier = world.line(0);
    let sealed = package(&elsewhere, 0, &[]);
    upload(&carrier, &sealed).await;
    let refused = carrier.carry_package(&paper::blob(&sealed)).await.unwrap_err();
    assert_eq!(refused, LinkError::Refused("packageUnfit".into()));
    assert_eq!(carried_packages(&world.config).unwrap(), []);
}
