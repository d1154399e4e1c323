//! A machine the warehouse revoked: sealed at its first contact, and nothing of it is lost.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, VaultError, VaultStatus};
use motcua_desk::{DeskError, SyncEvent};
use motcua_testkit::{OFFICER, Office, SECRET};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

async fn sealed(office: &Office) -> bool {
    matches!(office.desk.status().await.vault, VaultStatus::Sealed { .. })
}

#[tokio::test]
async fn an_open_counter_is_sealed_at_the_next_contact_with_everything_in_it() {
    let office = Office::ready().await;
    let draft = office.open().await;
    accept_scanned(&office).await;
    let before = (office.vault.outbox(true).unwrap(), office.vault.dossiers("", 9).unwrap());
    office.warehouse.revoke(true);
    let report = sync(&office).await;
    assert_eq!((report.revoked, report.online, report.problem), (true, false, Some("deviceRevoked")));
    assert!(sealed(&office).await);
    let again = office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap_err();
    assert_eq!(again.code(), "vaultSealed");
    assert_eq!(office.desk.dossier(draft.id).await.unwrap_err().code(), "vaultLocked");
    office.warehouse.revoke(false);
    office.vault.recover();
    let waits = |items: Vec<motcua_dossier::OutboxItem>| {
        items.into_iter().map(|i| (i.op, i.blobs)).collect::<Vec<_>>()
    };
    assert_eq!(waits(office.vault.outbox(true).unwrap()), waits(before.0));
    assert_eq!(office.vault.dossiers("", 9).unwrap(), before.1);
    // Admitted again, it goes on where it was.
    office.desk.enrol("canbo.moi", &SECRET.to_owned().into()).await.unwrap();
    office.desk.unlock("canbo.moi", &SECRET.to_owned().into()).await.unwrap();
    office.desk.retry_now().await.unwrap();
    assert_eq!(sync(&office).await.received, 2);
}

#[tokio::test]
async fn a_counter_that_never_had_a_contact_is_sealed_too() {
    let office = Office::new();
    office.warehouse.revoke(true);
    let report = sync(&office).await;
    assert!(report.revoked && sealed(&office).await, "{report:?}");
}

#[tokio::test]
async fn a_locked_counter_is_sealed_without_anybody_opening_it() {
    let office = Office::ready().await;
    office.desk.lock().await;
    let told = AtomicUsize::new(0);
    let cancel = CancellationToken::new();
    let hear = |event| {
        assert_eq!(event, SyncEvent::StatusChanged);
        told.fetch_add(1, Ordering::SeqCst);
        cancel.cancel();
    };
    for error in [LinkError::Offline, LinkError::Unauthorized, LinkError::Trouble { retry_after: None }] {
        office.warehouse.out(Some(error));
        assert_eq!(office.desk.seal_if_revoked().await, Ok(false));
    }
    assert!(!sealed(&office).await, "a machine that is not known is no machine that was revoked");
    office.warehouse.out(None);
    office.warehouse.revoke(true);
    office.desk.watch_revocation(&cancel, &hear).await;
    assert!(sealed(&office).await);
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_loop_ends_with_the_machine() {
    let office = Office::ready().await;
    office.warehouse.revoke(true);
    office.desk.run_sync(&CancellationToken::new(), &|_| {}).await;
    assert!(sealed(&office).await);
    assert_eq!(
        office.desk.sync_once(&CancellationToken::new(), &|_| {}).await,
        Err(DeskError::Vault(VaultError::Locked))
    );
}

#[tokio::test]
async fn a_counter_that_cannot_be_sealed_is_locked_and_sealed_when_there_is_room() {
    let office = Office::ready().await;
    office.warehouse.revoke(true);
    office.vault.die_after(Some(0));
    assert!(office.desk.seal_if_revoked().await.is_err());
    assert!(matches!(office.desk.status().await.vault, VaultStatus::Locked { .. }), "nobody works on");
    office.vault.die_after(None);
    assert_eq!(office.desk.seal_if_revoked().await, Ok(true));
    assert!(sealed(&office).await);
}
