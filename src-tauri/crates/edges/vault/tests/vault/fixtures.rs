//! Vaults of every shipped schema still open, with a full outbox.

use super::RECOVERY_PRIVATE;
use motcua_desk::ports::Vault;
use motcua_dossier::{Dossier, OutboxState, QueueFilter, QueueRow, Timestamp};
use motcua_testkit::contract::vault::{self as contract, OFFICER, SECRET};
use motcua_vault::SealedVault;
use std::path::Path;

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
    opens_with_its_outbox("schema_1", 1);
    let dir = copied("schema_1");
    drop(SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap());
    assert!(dir.path().join("vault.schema-1.db").is_file(), "a copy of what was there before");
}

#[test]
fn schema_2_opens_with_its_outbox() {
    opens_with_its_outbox("schema_2", 1);
}

#[test]
fn schema_3_opens_with_its_outbox_and_its_office() {
    opens_with_its_outbox("schema_3", 1);
    let dir = copied("schema_3");
    let vault = SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap();
    let row = contract::sample_office(2, "Đỗ Thị Bé (DEMO)");
    assert_eq!(vault.office("do thi be", 10), Ok(vec![row]));
    let op = contract::sample_op(4).item.op;
    assert_eq!(vault.conflict(op).unwrap().map(|kept| kept.server_version), Some(3));
}

#[test]
fn schema_3_learns_what_names_its_files() {
    let dir = copied("schema_3");
    let vault = SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap();
    let line = contract::sample_op(2).item;
    assert_eq!(vault.file_uses(&line.blobs[0]).unwrap().lines, [line.op]);
    let page = contract::sample_capture(1).pages[0].clone();
    assert!(vault.file_uses(&page.image).unwrap().captured);
    let [file] = &vault.held_files(None, 10).unwrap()[..] else { panic!("one file") };
    assert_eq!((file.fetched, file.idle_since, file.sealed_at), (false, None, None));
}

#[test]
fn schema_4_opens_with_its_outbox_and_its_sealed_file() {
    opens_with_its_outbox("schema_4", 2);
    has_its_sealed_file("schema_4");
}

#[test]
fn schema_5_opens_with_its_outbox_and_its_sealed_file() {
    opens_with_its_outbox("schema_5", 2);
    has_its_sealed_file("schema_5");
}

#[test]
fn schema_6_opens_with_its_outbox_and_its_sealed_file() {
    opens_with_its_outbox("schema_6", 2);
    has_its_sealed_file("schema_6");
}

#[test]
fn schema_7_opens_with_its_outbox_and_its_sealed_file() {
    opens_with_its_outbox("schema_7", 2);
    has_its_sealed_file("schema_7");
}

#[test]
fn schema_7_learns_its_queue() {
    let dir = copied("schema_7");
    let vault = SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap();
    let row = contract::sample_office(2, "Đỗ Thị Bé (DEMO)");
    let page = vault.queue(&QueueFilter::default(), row.deadline.day, 0, 50).unwrap();
    assert!(page.rows.contains(&QueueRow::of_office(&row).unwrap()));
}

#[test]
fn schema_9_opens_with_its_outbox_its_sealed_file_and_its_journal() {
    opens_with_its_outbox("schema_9", 2);
    has_its_sealed_file("schema_9");
    let dir = copied("schema_9");
    let vault = SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap();
    let prints = [contract::sample_print(1, 1), contract::sample_print(1, 2)];
    assert_eq!(vault.prints(prints[0].dossier), Ok(prints.to_vec()));
}

fn has_its_sealed_file(fixture: &str) {
    let dir = copied(fixture);
    let vault = SealedVault::at(dir.path().to_owned());
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    let files = vault.held_files(None, 10).unwrap();
    let sealed = files.iter().find(|file| file.sealed_at.is_some()).unwrap();
    assert!(sealed.fetched);
    assert_eq!(vault.blob(&sealed.id), Ok(None));
    drop(vault);
    let vault = SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE).unwrap();
    assert_eq!(vault.blob(&sealed.id), Ok(Some(b"%PDF-1.7 sealed (DEMO)".to_vec())));
}

fn opens_with_its_outbox(fixture: &str, files: usize) {
    for recovery in [false, true] {
        let dir = copied(fixture);
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
        assert_eq!(vault.dossier(dossier.id), Ok(Some(dossier.clone())));
        for query in ["", "nguyen van a", "0001", "khai sinh"] {
            assert_eq!(vault.dossiers(query, 10), Ok(vec![dossier.clone()]), "{query}");
        }
        let renamed = Dossier { procedure_name: "Chứng thực".into(), revision: 2, ..dossier };
        contract::commit_dossier(&vault, &renamed).unwrap();
        assert_eq!(vault.dossiers("khai sinh", 10), Ok(vec![]));
        assert_eq!(vault.dossiers("chứng thực", 10), Ok(vec![renamed]));
        let (_, papers) = vault.documents(&contract::sample_document(1).record.owner).unwrap();
        assert_eq!(papers, [contract::sample_document(1)]);
        let id = vault.put_blob(b"%PDF-1.7 (DEMO)").unwrap();
        assert_eq!(vault.blob(&id), Ok(Some(b"%PDF-1.7 (DEMO)".to_vec())));
        assert_eq!(std::fs::read_dir(dir.path().join("blobs")).unwrap().count(), files, "it was there");
        contract::enqueue(&vault, &contract::sample_op(6)).unwrap();
    }
}
