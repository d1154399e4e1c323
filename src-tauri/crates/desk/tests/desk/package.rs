//! "Xuất gói": everything unsent is in the package as it would be sent, and nothing here changes by it.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault};
use motcua_desk::{DeskError, PackageProblem, package_header};
use motcua_dossier::{Dossier, OpId, OutboxItem};
use motcua_testkit::Office;
use motcua_wire::{Op, PackageManifest, PackagePart, PackageReader};
use std::io::{self, Write};
use zeroize::Zeroizing;

fn opened(bytes: &[u8]) -> (PackageManifest, Vec<PackagePart>) {
    let mut reader = PackageReader::open(bytes, &Zeroizing::new([7; 32])).unwrap();
    let mut parts = Vec::new();
    while let Some(part) = reader.next_part().unwrap() {
        parts.push(part);
    }
    (reader.manifest().clone(), parts)
}

#[tokio::test]
async fn all_unsent_lines_are_in_it_exactly_as_they_would_be_sent_with_their_files_and_dossiers() {
    let office = Office::ready().await;
    let received = accept_scanned(&office).await;
    sync(&office).await;
    office.warehouse.out(Some(LinkError::Offline));
    let waiting = accept_scanned(&office).await;
    let lines: Vec<OutboxItem> = office.desk.outbox(false).await.unwrap();
    let before = office.desk.outbox(true).await.unwrap();
    let mut bytes = Vec::new();
    let package = office.desk.export_package(&[], &mut bytes).unwrap();
    assert_eq!(package.ops, lines.iter().map(|l| l.op).collect::<Vec<_>>(), "what was received is not in it");
    let (manifest, parts) = opened(&bytes);
    assert_eq!((manifest.device, manifest.lines.len()), (office.desk.office().device, lines.len()));
    assert_eq!((package.missing, package.dossiers), (0, 1));
    let (mut files, mut ops) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            PackagePart::File { id, bytes } => {
                assert_eq!(office.vault.blob(&id), Ok(Some(bytes)));
                files.push(id);
            }
            PackagePart::Dossier { json, .. } => {
                let dossier: Dossier = serde_json::from_slice(&json).unwrap();
                assert_eq!(dossier, office.desk.dossier(waiting.id).await.unwrap());
            }
            PackagePart::Operation { line, json } => {
                let op: Op = serde_json::from_slice(&json).unwrap();
                assert_eq!(op, office.vault.queued(line.op).unwrap().unwrap().op);
                assert_eq!(json, serde_json::to_vec(&op).unwrap());
                assert!(line.missing.is_empty());
                ops.push(line.op);
            }
        }
    }
    assert_eq!(ops, package.ops);
    assert!(lines.iter().all(|l| l.blobs.iter().all(|b| files.contains(b))), "every file they need");
    assert_eq!(office.desk.outbox(true).await.unwrap(), before, "exporting changes no line");
    assert_ne!(received.id, waiting.id);
    office.warehouse.out(None);
    office.desk.retry_now().await.unwrap();
    sync(&office).await;
    assert!(all_received(&states(&office).await), "and they are sent as ever");
}

#[tokio::test]
async fn one_line_alone_and_when_it_was_exported_is_remembered_once_the_file_is_there() {
    let office = Office::ready().await;
    accept_scanned(&office).await;
    let lines = office.desk.outbox(false).await.unwrap();
    let (one, other) = (lines[0].op, lines[1].op);
    let mut bytes = Vec::new();
    let package = office.desk.export_package(&[one], &mut bytes).unwrap();
    assert_eq!((package.ops.clone(), opened(&bytes).0.lines.len()), (vec![one], 1));
    assert_eq!(office.desk.exported_at(one), Ok(None), "nobody said that the file is there");
    office.desk.package_saved(&package).unwrap();
    assert_eq!(office.desk.exported_at(one), Ok(Some(package.at)));
    assert_eq!(office.desk.exported_at(other), Ok(None));
    assert_eq!(office.desk.outbox(false).await.unwrap(), lines, "it stays in the outbox");
    let header = package_header(bytes.as_slice()).unwrap();
    assert_eq!((header.operations, header.device), (1, office.desk.office().device));
}

#[tokio::test]
async fn a_file_that_is_gone_is_said_to_be_missing_and_holds_nothing_back() {
    let office = Office::ready().await;
    accept_scanned(&office).await;
    let line = office.desk.outbox(false).await.unwrap()[0].clone();
    office.vault.forget_blob(&line.blobs[0]);
    let mut bytes = Vec::new();
    let package = office.desk.export_package(&[], &mut bytes).unwrap();
    assert_eq!(package.missing, 1);
    let (manifest, _) = opened(&bytes);
    assert_eq!(manifest.lines[0].missing, [line.blobs[0]]);
}

#[tokio::test]
async fn what_is_not_waiting_is_not_exported() {
    let office = Office::ready().await;
    let nothing = DeskError::from(PackageProblem::NothingUnsent);
    assert_eq!(office.desk.export_package(&[], &mut Vec::new()).unwrap_err(), nothing);
    accept_scanned(&office).await;
    let line = office.desk.outbox(false).await.unwrap()[0].op;
    sync(&office).await;
    assert_eq!(office.desk.export_package(&[line], &mut Vec::new()).unwrap_err(), nothing, "received");
    let unknown = office.desk.export_package(&[OpId::derive(1, &[1; 10])], &mut Vec::new()).unwrap_err();
    assert_eq!(unknown.code(), "outboxLineUnknown");
}

#[tokio::test]
async fn a_place_that_refuses_is_said() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let office = Office::ready().await;
    accept_scanned(&office).await;
    let error = office.desk.export_package(&[], &mut Full).unwrap_err();
    assert_eq!(error.code(), "packageNotWritten");
}

#[test]
fn a_file_that_is_no_package_is_told_apart_from_a_newer_or_cut_one() {
    let code = |bytes: &[u8]| package_header(bytes).unwrap_err().code();
    assert_eq!(code(b"%PDF-1.7"), "packageNotOne");
    assert_eq!(code(b"MCGOI\0\0\0\x02"), "packageNewer");
    assert_eq!(code(b"MCGOI\0\0\0\x01\x01"), "packageCut");
}

#[tokio::test]
async fn a_package_of_another_counter_is_brought_and_can_be_brought_again() {
    let broken = Office::ready().await;
    let office = broken.beside(3);
    accept_scanned(&broken).await;
    let mut sealed = Vec::new();
    let package = broken.desk.export_package(&[], &mut sealed).unwrap();
    let none = Default::default();
    office.warehouse.out(Some(LinkError::Offline));
    let offline = office.desk.carry_package(&sealed, &|_, _| {}, &none).await.unwrap_err();
    assert_eq!(offline.code(), "linkOffline");
    office.warehouse.out(None);
    for _ in 0..2 {
        let carried = office.desk.carry_package(&sealed, &|_, _| {}, &none).await.unwrap();
        assert_eq!(carried.device, broken.desk.office().device);
        assert_eq!(carried.operations as usize, package.ops.len());
        assert!(!carried.taken);
    }
    let code =
        async |bytes: &[u8]| office.desk.carry_package(bytes, &|_, _| {}, &none).await.unwrap_err().code();
    assert_eq!(code(&sealed[..sealed.len() - 1]).await, "packageCut");
    assert_eq!(code(b"%PDF-1.7").await, "packageNotOne");
    assert_eq!(office.desk.outbox(false).await.unwrap(), [], "it is no work of this counter");
}
