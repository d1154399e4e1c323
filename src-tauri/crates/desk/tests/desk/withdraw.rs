//! "Bỏ, không gửi": two officers, a reason, a sealed package; and the warehouse never applies it.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, VaultError, Warehouse};
use motcua_desk::{DeskError, UnlockError, WithdrawError};
use motcua_dossier::{Dossier, DossierState, OpId, OutboxKind, OutboxState};
use motcua_testkit::{OFFICER, Office, SECRET};
use motcua_wire::{OpResult, OpsRequest, PackageReader};
use zeroize::Zeroizing;

const COLLEAGUE: &str = "canbo.hai";
const REASON: &str = "Quét nhầm giấy của người khác";

fn secret() -> Zeroizing<String> {
    "Hai-2026-mot-cua".to_owned().into()
}

async fn with_colleague() -> Office {
    let office = Office::ready().await;
    office.desk.enrol(COLLEAGUE, &secret()).await.unwrap();
    office
}

fn withdraw(office: &Office, op: OpId) -> Result<Dossier, DeskError> {
    office.desk.withdraw(op, REASON, COLLEAGUE, &secret())
}

/// What a counter sent, told by a line that lost every answer.
async fn send_unheard(office: &Office) -> Vec<OpResult> {
    let mut ops = vec![];
    for line in office.desk.outbox(false).await.unwrap() {
        for blob in &line.blobs {
            let bytes = office.vault.blob(blob).unwrap().unwrap();
            office.warehouse.upload(blob, &bytes, &|_, _| {}, &Default::default()).await.unwrap();
        }
        ops.push(office.vault.queued(line.op).unwrap().unwrap().op);
    }
    office.warehouse.push(&OpsRequest { ops }).await.unwrap().results
}

#[tokio::test]
async fn a_dossier_is_taken_back_whole_sealed_before_and_never_applied() {
    let office = with_colleague().await;
    office.warehouse.out(Some(LinkError::Offline));
    let id = accept_scanned(&office).await.id;
    let lines = office.desk.outbox(false).await.unwrap();
    let late = office.vault.queued(lines[1].op).unwrap().unwrap().op;
    assert_eq!(office.desk.withdrawal_of(lines[0].op).await.unwrap(), lines, "no half of a dossier");
    let dossier = withdraw(&office, lines[0].op).unwrap();
    assert!(
        matches!(&dossier.state, DossierState::Withdrawn { was, .. } if matches!(**was, DossierState::Accepted { .. }))
    );
    let [told] = &dossier.withdrawals[..] else { panic!("{dossier:?}") };
    assert_eq!((&*told.officer, &*told.approved_by, &*told.reason), (OFFICER, COLLEAGUE, REASON));
    let package = office.desk.withdrawn_package(lines[1].op).await.unwrap();
    let reader = PackageReader::open(&package[..], &Zeroizing::new([7; 32])).unwrap();
    assert_eq!(reader.manifest().lines.len(), 2, "sealed, and whole");
    let open = office.desk.outbox(false).await.unwrap();
    assert_eq!(open.iter().map(|l| l.kind).collect::<Vec<_>>(), [OutboxKind::Withdrawal]);
    let all = office.desk.outbox(true).await.unwrap();
    assert_eq!(all.iter().filter(|l| l.state == OutboxState::Withdrawn).count(), 2, "they stay listed");
    assert_eq!(withdraw(&office, lines[0].op), Err(WithdrawError::Nothing.into()));
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting, report.attention), (1, 0, 0));
    assert!(office.warehouse.dossiers().iter().all(|d| d.id != id || d.accepted.is_none()));
    let answer = office.warehouse.push(&OpsRequest { ops: vec![late] }).await.unwrap().results;
    assert!(matches!(&answer[0], OpResult::Rejected { code, .. } if code == "opReplaced"), "{answer:?}");
}

#[tokio::test]
async fn what_the_warehouse_had_applied_goes_on() {
    let office = with_colleague().await;
    let accepted = accept_scanned(&office).await;
    send_unheard(&office).await;
    let lines = office.desk.outbox(false).await.unwrap();
    withdraw(&office, lines[1].op).unwrap();
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting, report.attention), (2, 0, 0));
    let dossier = office.desk.dossier(accepted.id).await.unwrap();
    assert_eq!(dossier.state, accepted.state, "as if it had never been");
    assert_eq!((dossier.withdrawals[0].too_late, &dossier.replaced), (true, &accepted.replaced));
    assert_eq!(office.warehouse.dossiers().iter().filter(|d| d.accepted.is_some()).count(), 1);
}

#[tokio::test]
async fn a_result_is_taken_back_alone_and_may_be_returned_again() {
    let office = with_colleague().await;
    let id = accept_scanned(&office).await.id;
    sync(&office).await;
    office.warehouse.out(Some(LinkError::Offline));
    let completed = give_back(&office, id).await;
    let line = office.desk.outbox(false).await.unwrap()[0].clone();
    let dossier = withdraw(&office, line.op).unwrap();
    assert!(matches!(dossier.state, DossierState::Accepted { .. }));
    give_back(&office, id).await;
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting, report.attention), (2, 0, 0));
    let view = office.warehouse.dossiers().into_iter().find(|d| d.id == id).unwrap();
    let (first, second) = (completed.result.unwrap(), view.returned.unwrap());
    assert_ne!(first.attachment.digitized.unwrap().1, second.record.id, "the second one counts");
}

#[tokio::test]
async fn a_result_that_was_applied_is_there_again() {
    let office = with_colleague().await;
    let id = accept_scanned(&office).await.id;
    sync(&office).await;
    let completed = give_back(&office, id).await;
    send_unheard(&office).await;
    withdraw(&office, office.desk.outbox(false).await.unwrap()[0].op).unwrap();
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting, report.attention), (1, 0, 0));
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!((dossier.state, dossier.result), (completed.state, completed.result));
}

#[tokio::test]
async fn a_draft_s_paper_is_taken_back_alone_and_its_row_is_free() {
    let office = with_colleague().await;
    office.warehouse.out(Some(LinkError::Offline));
    let id = office.open().await.id;
    scan(&office, id, FORM, 1).await;
    scan(&office, id, BIRTH, 2).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    let line = office.desk.outbox(false).await.unwrap()[0].op;
    let dossier = withdraw(&office, line).unwrap();
    assert_eq!(dossier.component(BIRTH).unwrap().attachment.as_ref().unwrap().digitized, None);
    scan(&office, id, BIRTH, 1).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting, report.attention), (3, 0, 0));
}

#[tokio::test]
async fn it_needs_a_reason_and_another_officer_by_her_secret() {
    let office = with_colleague().await;
    office.warehouse.out(Some(LinkError::Offline));
    accept_scanned(&office).await;
    let before = office.desk.outbox(true).await.unwrap();
    let op = before[0].op;
    let tried = |reason: &str, who: &str, secret: &str| {
        office.desk.withdraw(op, reason, who, &secret.to_owned().into()).unwrap_err()
    };
    assert_eq!(tried("  nhầm .......... ", COLLEAGUE, &secret()), WithdrawError::ReasonMissing.into());
    assert_eq!(tried(REASON, "CANBO.MAU", SECRET), WithdrawError::ApproverIsOfficer.into());
    assert_eq!(tried(REASON, "canbo.la", &secret()), VaultError::UnknownOfficer.into());
    for _ in 0..4 {
        assert_eq!(tried(REASON, COLLEAGUE, "sai-mat-khau"), VaultError::WrongSecret.into());
    }
    let waits = |error: DeskError| matches!(error, DeskError::Unlock(UnlockError::TooManyTries { .. }));
    assert!(waits(tried(REASON, COLLEAGUE, "sai-mat-khau")));
    assert!(waits(tried(REASON, COLLEAGUE, &secret())), "guessing here is guessing at the lock");
    assert_eq!(office.desk.outbox(true).await.unwrap(), before);
    assert_eq!(
        office.desk.withdrawal_of(OpId::derive(1, &[1; 10])).await.unwrap_err().code(),
        "outboxLineUnknown"
    );
}

/// The result by the agency, handed over.
async fn give_back(office: &Office, id: motcua_dossier::DossierId) -> Dossier {
    scan(office, id, RESULT, 1).await;
    sign_by_agency(office, id, &[RESULT]).await;
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    office.desk.return_result(id, metadata).await.unwrap()
}

#[tokio::test]
async fn an_officer_s_own_name_in_another_spelling_is_no_colleague() {
    // One name, composed and decomposed (Unicode Annex 15).
    const COMPOSED: &str = "ngọc.mẫu";
    const DECOMPOSED: &str = "ngo\u{323}c.ma\u{302}\u{303}u";
    let office = Office::ready().await;
    office.desk.enrol(DECOMPOSED, &secret()).await.unwrap();
    for typed in [COMPOSED, DECOMPOSED] {
        office.desk.lock().await;
        office.desk.unlock(typed, &secret()).await.unwrap();
    }
    office.warehouse.out(Some(LinkError::Offline));
    accept_scanned(&office).await;
    let op = office.desk.outbox(true).await.unwrap()[0].op;
    for own in [COMPOSED, DECOMPOSED, " NGỌC.MẪU ", "NGO\u{323}C.MA\u{302}\u{303}U"] {
        let tried = office.desk.withdraw(op, REASON, own, &secret()).unwrap_err();
        assert_eq!(tried, WithdrawError::ApproverIsOfficer.into(), "{own}");
    }
}

#[tokio::test]
async fn what_was_taken_back_is_not_compared() {
    let office = with_colleague().await;
    let id = accept_scanned(&office).await.id;
    office.warehouse.trouble_for(id, true);
    sync(&office).await;
    let lines = office.desk.outbox(false).await.unwrap();
    assert!(lines.iter().any(|line| line.attempts > 0));
    assert!(!office.desk.reconcile(30).await.unwrap().days.is_empty());
    withdraw(&office, lines[0].op).unwrap();
    assert!(office.desk.reconcile(30).await.unwrap().days.is_empty());
}
