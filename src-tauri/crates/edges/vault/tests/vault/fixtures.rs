//! Vaults of every shipped schema still open, with a full outbox.

use super::RECOVERY_PRIVATE;
use motcua_desk::ports::{Batch, Vault};
use motcua_dossier::{OutboxItem, OutboxState, Timestamp};
use motcua_testkit::contract::vault::{self as contract, OFFICER, SECRET};
use motcua_vault::SealedVault;
use motcua_wire::SignedReceipt;
use std::path::{Path, PathBuf};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../tests/fixtures/vault");

fn copied(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(FIXTURES).join(name), dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The states of the outbox in the fixture, as they are after it was opened.
fn states() -> Vec<OutboxState> {
    vec![
        OutboxState::Received { at: Timestamp(1_795_143_700_000) },
        OutboxState::Queued, // was Sending when the machine went down
        OutboxState::WaitingForNetwork { next_try: Timestamp(1_795_143_800_000) },
        OutboxState::NeedsAttention { code: "fileNotTrusted".into() },
        OutboxState::Queued,
    ]
}

#[test]
fn schema_1_opens_with_its_outbox() {
    for recovery in [false, true] {
        let dir = copied("schema_1");
        let vault = if recovery {
            SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap()
        } else {
            let vault = SealedVault::at(dir.path().to_owned());
            vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
            vault
        };
        vault.check().unwrap();
        let lines = vault.outbox(true).unwrap();
        assert_eq!(lines.iter().map(|l| l.state.clone()).collect::<Vec<_>>(), states());
        for (line, number) in lines.iter().zip(1..) {
            let queued = vault.queued(line.op).unwrap().unwrap();
            assert_eq!(queued.op, contract::sample_op(number).op, "operation {number} as it was made");
            assert_eq!(queued.receipt.is_some(), number == 1);
        }
        let dossier = contract::sample_dossier(1, "Nguyễn Văn A (DEMO)");
        assert_eq!(vault.dossier(dossier.id), Ok(Some(dossier)));
        let (_, papers) = vault.documents(&contract::sample_document(1).record.owner).unwrap();
        assert_eq!(papers, [contract::sample_document(1)]);
        let id = vault.put_blob(b"%PDF-1.7 (DEMO)").unwrap();
        assert_eq!(vault.blob(&id), Ok(Some(b"%PDF-1.7 (DEMO)".to_vec())));
        assert_eq!(std::fs::read_dir(dir.path().join("blobs")).unwrap().count(), 1, "it was there");
        contract::enqueue(&vault, &contract::sample_op(6)).unwrap();
    }
}

/// Made once when schema 1 was shipped; never run again on a committed fixture.
#[test]
#[ignore = "writes a new fixture into MOTCUA_NEW_FIXTURE"]
fn write_the_fixture_of_this_schema() {
    let dir = PathBuf::from(std::env::var_os("MOTCUA_NEW_FIXTURE").unwrap());
    let vault = SealedVault::at(dir.clone());
    contract::create(&vault);
    let queued: Vec<_> = (1..=5).map(contract::sample_op).collect();
    let mut written = states();
    written[1] = OutboxState::Sending { sent: 500, total: 1000 };
    let changed = queued.iter().zip(written).map(|(q, state)| OutboxItem { state, ..q.item.clone() });
    let batch = Batch {
        dossiers: vec![contract::sample_dossier(1, "Nguyễn Văn A (DEMO)")],
        outbox: changed.collect(),
        receipts: vec![(queued[0].item.op, SignedReceipt("demo.demo.demo".into()))],
        documents: vec![(
            contract::sample_document(1).record.owner[0].clone(),
            Timestamp(1_795_143_600_000),
            vec![contract::sample_document(1)],
        )],
        captures: vec![contract::sample_capture(1)],
        settings: vec![("scanner".into(), "test:0".into())],
        enqueue: queued,
        ..Batch::default()
    };
    vault.commit(&batch).unwrap();
    vault.put_blob(b"%PDF-1.7 (DEMO)").unwrap();
    drop(vault);
    std::fs::remove_file(dir.join("vault.lock")).unwrap();
}
