//! Damaged, missing, newer and full: each is said, and nothing is overwritten.

use super::{created, reopened};
use motcua_desk::ports::{Vault, VaultError};
use motcua_testkit::contract::vault::{self as contract, OFFICER, SECRET};
use motcua_vault::SealedVault;
use std::fs;
use std::path::{Path, PathBuf};

fn unlock_again(dir: &Path) -> Result<(), VaultError> {
    SealedVault::at(dir.join("vault")).unlock(OFFICER, &SECRET.to_owned().into())
}

fn sealed_files(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir.join("vault/blobs")).unwrap().map(|e| e.unwrap().path()).collect()
}

#[test]
fn two_swapped_files_are_damaged_and_storing_again_heals() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let (a, b) = (vault.put_blob(b"page a").unwrap(), vault.put_blob(b"page b").unwrap());
    let [x, y] = &sealed_files(dir.path())[..] else { panic!("two files") };
    let spare = dir.path().join("spare");
    fs::rename(x, &spare).unwrap();
    fs::rename(y, x).unwrap();
    fs::rename(&spare, y).unwrap();
    assert_eq!(vault.blob(&a), Err(VaultError::Damaged));
    assert_eq!(vault.blob(&b), Err(VaultError::Damaged));
    assert_eq!(vault.check(), Err(VaultError::Damaged));
    vault.put_blob(b"page a").unwrap();
    assert_eq!(
        vault.blob(&a),
        Ok(Some(b"page a".to_vec())),
        "damaged bytes are no reason to refuse good ones"
    );
    vault.put_blob(b"page b").unwrap();
    assert_eq!(vault.check(), Ok(()));
}

#[test]
fn a_cut_or_missing_file_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let id = vault.put_blob(&[5; 100_000]).unwrap();
    let [file] = &sealed_files(dir.path())[..] else { panic!("one file") };
    let whole = fs::read(file).unwrap();
    fs::write(file, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(vault.blob(&id), Err(VaultError::Damaged));
    fs::remove_file(file).unwrap();
    assert_eq!(vault.blob(&id), Err(VaultError::Damaged), "its row is here");
    assert_eq!(vault.has_blob(&id), Ok(false), "so that it is fetched or stored again");
    vault.put_blob(&[5; 100_000]).unwrap();
    assert_eq!(vault.has_blob(&id), Ok(true));
}

#[test]
fn what_an_interrupted_write_left_is_swept_at_unlock() {
    let dir = tempfile::tempdir().unwrap();
    created(dir.path());
    let left = dir.path().join("vault/blobs/00.unfinished");
    fs::write(&left, b"half").unwrap();
    reopened(dir.path());
    assert!(!left.exists());
}

#[test]
fn a_flipped_byte_in_the_database_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    contract::commit_dossier(&vault, &contract::sample_dossier(1, "A")).unwrap();
    drop(vault);
    let path = dir.path().join("vault/vault.db");
    let whole = fs::read(&path).unwrap();
    for at in [100, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, flipped).unwrap();
        let vault = SealedVault::at(dir.path().join("vault"));
        let opened = vault.unlock(OFFICER, &SECRET.to_owned().into());
        assert_eq!(opened.and_then(|()| vault.check()), Err(VaultError::Damaged), "byte {at}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(reopened(dir.path()).check(), Ok(()));
}

#[test]
fn a_key_file_that_is_no_key_file_is_damaged_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    created(dir.path());
    let path = dir.path().join("vault/keys.json");
    let whole = fs::read_to_string(&path).unwrap();
    for broken in ["", "{}", &whole[..whole.len() / 2], &whole.replace("motcua-vault-keys", "other")] {
        fs::write(&path, broken).unwrap();
        assert_eq!(unlock_again(dir.path()), Err(VaultError::Damaged));
        let vault = SealedVault::at(dir.path().join("vault"));
        let device = contract::sample_device();
        let made = vault.create(OFFICER, &SECRET.to_owned().into(), &contract::RECOVERY, device);
        assert_eq!(made, Err(VaultError::Exists), "never a new vault over it");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(unlock_again(dir.path()), Ok(()));
}

#[test]
fn a_missing_database_is_damage_not_an_empty_vault() {
    let dir = tempfile::tempdir().unwrap();
    created(dir.path());
    fs::remove_file(dir.path().join("vault/vault.db")).unwrap();
    assert_eq!(unlock_again(dir.path()), Err(VaultError::Damaged));
    assert!(!dir.path().join("vault/vault.db").exists());
}

#[test]
fn a_newer_key_file_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    created(dir.path());
    let path = dir.path().join("vault/keys.json");
    let newer = fs::read_to_string(&path).unwrap().replace("\"version\": 1", "\"version\": 2");
    fs::write(&path, &newer).unwrap();
    assert_eq!(unlock_again(dir.path()), Err(VaultError::Newer));
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
}

/// A disk of two megabytes; none where this machine may not mount.
#[cfg(target_os = "linux")]
struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let done = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(dir.path())
            .output()
            .is_ok_and(|o| o.status.success());
        done.then_some(Self(dir))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
#[allow(clippy::print_stderr)]
fn a_full_disk_is_said_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("SKIPPED: this machine may not mount a small disk");
        return;
    };
    let vault = created(disk.0.path());
    let dossier = contract::sample_dossier(1, "Nguyễn Văn A");
    contract::commit_dossier(&vault, &dossier).unwrap();
    let kept = vault.put_blob(&[1; 100_000]).unwrap();
    assert_eq!(vault.put_blob(&[2; 4_000_000]), Err(VaultError::Full));
    let mut revised = dossier.clone();
    let mut last = dossier;
    let refused = loop {
        revised.revision += 1;
        revised.procedure_name = "x".repeat(50_000);
        match contract::commit_dossier(&vault, &revised) {
            Ok(()) => last = revised.clone(),
            Err(e) => break e,
        }
        let filler = disk.0.path().join(format!("filler-{}", revised.revision));
        let _ = fs::write(filler, vec![0; 200_000]);
    };
    assert_eq!(refused, VaultError::Full);
    assert_eq!(vault.dossier(last.id), Ok(Some(last.clone())), "what was acknowledged is there");
    for entry in fs::read_dir(disk.0.path()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("filler") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    revised.revision = last.revision + 1;
    contract::commit_dossier(&vault, &revised).unwrap();
    drop(vault);
    let vault = reopened(disk.0.path());
    assert_eq!(vault.check(), Ok(()));
    assert_eq!(vault.has_blob(&kept), Ok(true));
    assert_eq!(vault.dossier(last.id), Ok(Some(revised)));
}
