//! Wrong secrets: five are tried, then the officer waits.

use motcua_desk::ports::{Vault, VaultError};
use motcua_desk::{DeskError, UnlockError};
use motcua_testkit::{OFFICER, Office, SECRET};
use std::time::Duration;

async fn tried(office: &Office, secret: &str) -> Result<(), DeskError> {
    office.desk.unlock(OFFICER, &secret.to_owned().into()).await
}

/// What a wrong secret is answered with: zero for "wrong", else the seconds to wait.
async fn wrong(office: &Office) -> u32 {
    match tried(office, "Sai-2026-mot-cua").await.unwrap_err() {
        DeskError::Vault(VaultError::WrongSecret) => 0,
        DeskError::Unlock(UnlockError::TooManyTries { seconds }) => seconds,
        other => panic!("{other:?}"),
    }
}

async fn locked() -> Office {
    let office = Office::new();
    office.desk.lock().await;
    office
}

#[tokio::test]
async fn the_fifth_wrong_secret_in_a_row_begins_a_wait_that_doubles_up_to_a_quarter_of_an_hour() {
    let office = locked().await;
    for _ in 0..4 {
        assert_eq!(wrong(&office).await, 0);
    }
    for wait in [30, 60, 120, 240, 480, 900, 900, 900] {
        assert_eq!(wrong(&office).await, wait);
        office.clock.pass(Duration::from_secs(10));
        assert_eq!(wrong(&office).await, wait - 10, "not tried, so not counted either");
        let refused = tried(&office, SECRET).await.unwrap_err();
        assert_eq!(refused.code(), "vaultTooManyTries", "the right one has to wait as well");
        office.clock.pass(Duration::from_secs(u64::from(wait) - 10));
    }
    tried(&office, SECRET).await.unwrap();
    office.desk.lock().await;
    assert_eq!(wrong(&office).await, 0, "the right one ends the row");
}

#[tokio::test]
async fn a_restart_ends_no_wait_and_a_colleague_has_none() {
    let mut office = locked().await;
    for _ in 0..5 {
        wrong(&office).await;
    }
    let wrong_secrets = office.vault.wrong_secrets(OFFICER).unwrap();
    office.restart();
    office.desk.enrol("canbo.hai", &SECRET.to_owned().into()).await.unwrap();
    office.desk.lock().await;
    assert_eq!(office.vault.wrong_secrets(OFFICER), Ok(wrong_secrets));
    assert_eq!(wrong(&office).await, 30);
    office.desk.unlock("canbo.hai", &SECRET.to_owned().into()).await.unwrap();
    assert_eq!(wrong(&office).await, 30, "taking over at an open counter is no way around");
    let unknown = office.desk.unlock("ai.do", &SECRET.to_owned().into()).await.unwrap_err();
    assert_eq!(unknown.code(), "vaultUnknownOfficer");
}

#[tokio::test]
async fn a_clock_set_back_lets_nobody_wait_longer_than_the_whole_wait() {
    let office = locked().await;
    for _ in 0..5 {
        wrong(&office).await;
    }
    office.clock.set_back(Duration::from_secs(365 * 24 * 3600));
    assert_eq!(wrong(&office).await, 30);
    office.clock.pass(Duration::from_secs(29));
    assert_eq!(wrong(&office).await, 1);
    office.clock.pass(Duration::from_secs(1));
    tried(&office, SECRET).await.unwrap();
}

#[tokio::test]
async fn the_refusal_says_how_long_in_minutes_and_seconds() {
    let error = DeskError::from(UnlockError::TooManyTries { seconds: 485 });
    assert_eq!(error.params()["wait"], "8:05");
    assert_eq!(error.params()["seconds"], "485");
}
