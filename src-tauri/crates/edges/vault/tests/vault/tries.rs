//! The count of wrong secrets outlives the program, and no file of it locks anybody out.

use super::{RECOVERY_PRIVATE, created};
use motcua_desk::ports::{Vault, WrongSecrets};
use motcua_dossier::Timestamp;
use motcua_testkit::contract::vault::{OFFICER, SECRET};
use motcua_vault::SealedVault;

#[test]
fn wrong_secrets_outlive_the_program_and_keep_the_recovery_key_waiting_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let wrong = WrongSecrets { in_a_row: 9, last: Timestamp(1_795_143_600_000) };
    created(dir.path()).keep_wrong_secrets(OFFICER, wrong).unwrap();
    assert_eq!(SealedVault::at(path.clone()).wrong_secrets(OFFICER), Ok(wrong));
    assert_eq!(SealedVault::at(path.clone()).wrong_secrets(&format!(" {OFFICER} ")), Ok(wrong), "one name");
    let kept = std::fs::read_to_string(path.join("tries.json")).unwrap();
    assert!(!kept.contains(SECRET) && kept.len() < 200, "a name, a count and a moment: {kept}");
    drop(SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap());
}

#[test]
fn a_damaged_or_newer_count_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    let file = dir.path().join("vault/tries.json");
    for content in ["", "{", r#"{"magic":"motcua-vault-tries","version":2,"officers":{}}"#] {
        std::fs::write(&file, content).unwrap();
        assert_eq!(vault.wrong_secrets(OFFICER), Ok(WrongSecrets::default()), "{content:?}");
        let wrong = WrongSecrets { in_a_row: 1, last: Timestamp(1) };
        vault.keep_wrong_secrets(OFFICER, wrong).unwrap();
        assert_eq!(vault.wrong_secrets(OFFICER), Ok(wrong));
    }
}
