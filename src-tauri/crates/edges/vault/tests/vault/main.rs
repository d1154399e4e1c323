//! The vault on a real directory: contract, keys, files, damage, fixtures, killed processes.

#![allow(clippy::unwrap_used)]

mod damage;
mod fixtures;
mod kill;
mod search;
mod secrecy;
mod tries;

use motcua_desk::ports::{Batch, FileChange, Vault, VaultError, VaultStatus};
use motcua_dossier::Timestamp;
use motcua_testkit::contract::vault::{self as contract, OFFICER, RECOVERY, SECRET};
use motcua_vault::SealedVault;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Private half of the recovery key of the samples.
const RECOVERY_PRIVATE: [u8; 32] = [7; 32];

fn created(dir: &Path) -> SealedVault {
    let vault = SealedVault::at(dir.join("vault"));
    contract::create(&vault);
    vault
}

fn reopened(dir: &Path) -> SealedVault {
    let vault = SealedVault::at(dir.join("vault"));
    let begun = std::time::Instant::now();
    // A process another test is just starting holds this one's files for a moment, the lock too.
    while vault.unlock(OFFICER, &SECRET.to_owned().into()) == Err(VaultError::InUse) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "nobody else has it open");
    }
    assert!(matches!(vault.status(), VaultStatus::Open { .. }), "the secret opens it");
    vault
}

#[test]
fn the_contract_holds_on_a_real_directory() {
    let dir = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    contract::vault_contract(|| {
        let own = format!("vault-{}", number.fetch_add(1, Ordering::Relaxed));
        Box::new(SealedVault::at(dir.path().join(own)))
    });
}

#[test]
fn a_sealed_file_is_read_with_the_recovery_key_alone() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let id = vault.put_blob(b"%PDF-1.7").unwrap();
    let change =
        |vault: &SealedVault, change| vault.commit(&Batch { files: vec![change], ..Batch::default() });
    change(&vault, FileChange::Seal(id, Timestamp(7))).unwrap();
    vault.lock();
    let vault = reopened(dir.path());
    assert_eq!((vault.blob(&id), vault.blob_size(&id)), (Ok(None), Ok(None)));
    vault.check().unwrap();
    drop(vault);
    let path = dir.path().join("vault");
    let saved = SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap();
    assert_eq!(saved.blob(&id), Ok(Some(b"%PDF-1.7".to_vec())));
    assert_eq!(saved.blob_size(&id), Ok(Some(8)));
    saved.check().unwrap();
    let on_disk = || std::fs::read_dir(path.join("blobs")).unwrap().count();
    assert_eq!(on_disk(), 1);
    change(&saved, FileChange::Forget(id)).unwrap();
    assert_eq!((on_disk(), saved.blob(&id), saved.held_file(&id)), (0, Ok(None), Ok(None)));
}

#[test]
fn a_file_that_goes_is_off_the_disk_before_its_row_and_goes_again_after_a_crash_between() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let id = vault.put_blob(b"%PDF-1.7").unwrap();
    let change = |change| vault.commit(&Batch { files: vec![change], ..Batch::default() });
    change(FileChange::Seal(id, Timestamp(7))).unwrap();
    for file in std::fs::read_dir(dir.path().join("vault/blobs")).unwrap().flatten() {
        std::fs::remove_file(file.path()).unwrap();
    }
    assert!(vault.held_file(&id).unwrap().is_some());
    change(FileChange::Forget(id)).unwrap();
    assert_eq!(vault.held_file(&id), Ok(None));
}

#[test]
fn the_recovery_key_opens_with_everything_unsent() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let queued = contract::sample_op(1);
    contract::enqueue(&vault, &queued).unwrap();
    let blob = vault.put_blob(b"%PDF-1.7").unwrap();
    drop(vault);
    let path = dir.path().join("vault");
    let saved = SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap();
    assert_eq!(saved.queued(queued.item.op), Ok(Some(queued)));
    assert_eq!(saved.blob(&blob), Ok(Some(b"%PDF-1.7".to_vec())));
    drop(saved);
    let other = SealedVault::open_with_recovery(&path, &[8; 32]);
    assert_eq!(other.err(), Some(VaultError::WrongSecret));
}

#[test]
fn a_sealed_vault_opens_by_the_recovery_key_alone_and_no_wrap_is_left_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let vault = created(dir.path());
    let queued = contract::sample_op(1);
    contract::enqueue(&vault, &queued).unwrap();
    let blob = vault.put_blob(b"%PDF-1.7").unwrap();
    let (keys, kept) = (path.join("keys.json"), dir.path().join("as-it-was"));
    std::fs::hard_link(&keys, &kept).unwrap();
    let wraps = std::fs::read(&keys).unwrap();
    vault.seal(Timestamp(7)).unwrap();
    let over = std::fs::read(&kept).unwrap();
    assert!(over.len() == wraps.len() && over.iter().all(|byte| *byte == 0), "where it lay is written over");
    let left = std::fs::read_to_string(&keys).unwrap();
    assert!(!left.contains(OFFICER) && !left.contains("argon2"), "{left}");
    assert!(!motcua_vault::is_in_use(&path), "sealed is closed");
    let sealed = SealedVault::at(path.clone());
    assert_eq!(sealed.unlock(OFFICER, &SECRET.to_owned().into()), Err(VaultError::Sealed));
    let saved = SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap();
    saved.check().unwrap();
    assert_eq!(saved.queued(queued.item.op), Ok(Some(queued)));
    assert_eq!(saved.blob(&blob), Ok(Some(b"%PDF-1.7".to_vec())));
    // Whoever holds the recovery key lets an officer in again.
    saved.enrol(OFFICER, &"Moi-2026-mot-cua".to_owned().into()).unwrap();
    saved.lock();
    assert_eq!(saved.unlock(OFFICER, &SECRET.to_owned().into()), Err(VaultError::WrongSecret));
    saved.unlock(OFFICER, &"Moi-2026-mot-cua".to_owned().into()).unwrap();
    saved.enrol("canbo.hai", &SECRET.to_owned().into()).unwrap();
    saved.lock();
    let recovered = SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap();
    recovered.enrol("canbo.hai", &"Hai-2026-mot-cua".to_owned().into()).unwrap();
}

#[test]
fn a_locked_vault_is_sealed_without_a_key_and_one_in_use_by_its_own_program() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let open = created(dir.path());
    let other = SealedVault::at(path.clone());
    assert_eq!(other.seal(Timestamp(7)), Err(VaultError::InUse));
    assert!(matches!(open.status(), VaultStatus::Open { .. }), "the first one goes on");
    open.lock();
    other.seal(Timestamp(7)).unwrap();
    assert_eq!(open.status(), VaultStatus::Sealed { at: Timestamp(7) });
    drop(SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap());
}

#[test]
fn one_program_at_a_time_has_it_open() {
    let dir = tempfile::tempdir().unwrap();
    let first = created(dir.path());
    let second = SealedVault::at(dir.path().join("vault"));
    assert_eq!(second.unlock(OFFICER, &SECRET.to_owned().into()), Err(VaultError::InUse));
    assert!(matches!(second.status(), VaultStatus::Locked { .. }), "not open here");
    assert!(motcua_vault::is_in_use(&dir.path().join("vault")));
    first.lock();
    assert!(!motcua_vault::is_in_use(&dir.path().join("vault")));
    second.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    assert_eq!(first.unlock(OFFICER, &SECRET.to_owned().into()), Err(VaultError::InUse));
}

#[test]
fn a_colleague_takes_over_without_closing_and_nobody_replaces_his_secret() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    vault.enrol("canbo.hai", &"Hai-2026-mot-cua".to_owned().into()).unwrap();
    let stolen = vault.enrol("canbo.hai", &"Khac-2026-mot-cua".to_owned().into());
    assert_eq!(stolen, Err(VaultError::Exists));
    assert_eq!(
        vault.unlock("canbo.hai", &"Khac-2026-mot-cua".to_owned().into()),
        Err(VaultError::WrongSecret)
    );
    assert_eq!(vault.status(), VaultStatus::Open { officer: OFFICER.into() }, "the first one goes on");
    vault.unlock("canbo.hai", &"Hai-2026-mot-cua".to_owned().into()).unwrap();
    assert_eq!(vault.status(), VaultStatus::Open { officer: "canbo.hai".into() });
    vault.enrol("canbo.hai", &"Moi-2026-mot-cua".to_owned().into()).unwrap();
    vault.lock();
    assert_eq!(
        vault.unlock("canbo.hai", &"Hai-2026-mot-cua".to_owned().into()),
        Err(VaultError::WrongSecret),
        "his own secret he may change"
    );
    vault.unlock("canbo.hai", &"Moi-2026-mot-cua".to_owned().into()).unwrap();
    assert_eq!(vault.status(), VaultStatus::Open { officer: "canbo.hai".into() });
}

#[test]
fn an_interrupted_creation_leaves_no_vault_and_is_not_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("vault.db"), b"half a database").unwrap();
    let vault = SealedVault::at(path.clone());
    assert_eq!(vault.status(), VaultStatus::Absent);
    contract::create(&vault);
    let kept = std::fs::read_dir(&path).unwrap().flatten().any(|e| {
        e.file_name().to_string_lossy().contains("aside")
            && std::fs::read(e.path()).unwrap() == b"half a database"
    });
    assert!(kept, "set aside, never deleted");
}

#[test]
fn a_new_vault_is_the_newest_schema_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    drop(created(dir.path()));
    let mut names: Vec<String> = std::fs::read_dir(dir.path().join("vault"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["blobs", "keys.json", "vault.db", "vault.lock"], "no copy of a schema nobody used");
}

#[test]
fn a_recovery_key_of_nobody_makes_no_vault() {
    let dir = tempfile::tempdir().unwrap();
    let vault = SealedVault::at(dir.path().join("vault"));
    let device = contract::sample_device();
    assert!(vault.create(OFFICER, &SECRET.to_owned().into(), &[0; 32], device).is_err());
    assert_eq!(vault.status(), VaultStatus::Absent);
    vault.create(OFFICER, &SECRET.to_owned().into(), &RECOVERY, device).unwrap();
}
