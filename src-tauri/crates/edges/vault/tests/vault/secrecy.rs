//! What lies on the disk and what is printed says nothing.

use super::{created, reopened};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use motcua_desk::ports::{Batch, Vault};
use motcua_testkit::contract::vault::{self as contract, OFFICER, SECRET};
use std::path::{Path, PathBuf};

const MARK: &str = "DAUVETRIENGTU7391";

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The mark in every dress: UTF-8, UTF-16 of both orders, hex, base64 at each of its three offsets.
fn dresses(mark: &str) -> Vec<Vec<u8>> {
    let mut all = vec![
        mark.as_bytes().to_vec(),
        mark.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        mark.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        mark.to_lowercase().into_bytes(),
    ];
    for skip in 0..3 {
        // Whole groups of three bytes only: their letters do not depend on what is around.
        let inner = &mark.as_bytes()[skip..];
        let whole = &inner[..inner.len() / 3 * 3];
        all.push(STANDARD_NO_PAD.encode(whole).into_bytes());
    }
    all
}

#[test]
fn a_mark_in_a_dossier_and_a_file_is_in_no_byte_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let dossier = contract::sample_dossier(1, MARK);
    let batch = Batch {
        dossiers: vec![dossier.clone()],
        settings: vec![(MARK.into(), MARK.into())],
        enqueue: vec![contract::sample_op(1)],
        ..Batch::default()
    };
    vault.commit(&batch).unwrap();
    let blob = vault.put_blob(MARK.repeat(1000).as_bytes()).unwrap();
    let search = |when: &str| {
        let files = files_below(dir.path());
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            for dress in dresses(MARK).iter().chain(&[SECRET.into(), blob.to_string().into()]) {
                assert!(!bytes.windows(dress.len()).any(|w| w == dress), "{when}: {}", file.display());
            }
            assert!(!file.to_string_lossy().contains(&blob.to_string()), "names are hashed with a key");
            assert!(!bytes.starts_with(b"SQLite format 3"));
        }
    };
    search("while it is open, its log included");
    drop(vault);
    search("after it was closed");
    let vault = reopened(dir.path());
    let found = vault.dossiers(&MARK.to_lowercase(), 10).unwrap();
    assert_eq!(found, [dossier], "the mark was really in there");
}

#[test]
fn debug_output_says_open_or_locked_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    assert_eq!(format!("{vault:?}"), "SealedVault(open)");
    vault.lock();
    assert_eq!(format!("{vault:?}"), "SealedVault(locked)");
    let error = vault.unlock(OFFICER, &"Sai-2026-mot-cua".to_owned().into()).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("Sai-2026"));
}

#[test]
#[cfg(unix)]
fn files_are_for_this_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    vault.put_blob(b"page").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.path().join("vault")), 0o700);
    assert_eq!(mode(&dir.path().join("vault/blobs")), 0o700);
    for file in files_below(dir.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
