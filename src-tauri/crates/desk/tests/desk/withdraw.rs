//! "Bỏ, không gửi": two officers, one a supervisor, a reason, a sealed package; and the warehouse never applies it.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, VaultError, Warehouse};
use motcua_desk::{DeskError, StepWish, UnlockError, WithdrawError};
use motcua_dossier::{Dossier, DossierState, OpId, OutboxKind, OutboxState};
use motcua_testkit::{OFFICER, Office, SECRET};
use motcua_wire::{OpResult, OpsRequest, PackageReader, Role};
use std::time::Duration;
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
async fn a_line_held_for_replaced_after_a_restore_is_made_anew() {
    let office = with_colleague().await;
    let id = accept_scanned(&office).await.id;
    sync(&office).await;
    let completed = give_back(&office, id).await;
    send_unheard(&office).await;
    let result = office.desk.outbox(false).await.unwrap()[0].op;
    withdraw(&office, result).unwrap();
    // What is queued before the warehouse's answer names the result among what it takes the place of.
    office.desk.take_step(id, StepWish::TakeOver).unwrap();
    assert_eq!(sync(&office).await.attention, 0);
    office.warehouse.restore_empty();
    let mut held = vec![];
    for _ in 0..3 {
        sync(&office).await;
        held = office.desk.outbox(false).await.unwrap();
    }
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(
        (held[0].op, &held[0].state),
        (result, &OutboxState::NeedsAttention { code: "opReplaced".into() })
    );
    office.desk.resend(result).await.unwrap();
    assert_eq!(sync(&office).await.attention, 0);
    assert_eq!(office.vault.outbox(false).unwrap(), []);
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(dossier.state, completed.state);
    let (filed_by, paper) = dossier.result.unwrap().attachment.digitized.unwrap();
    assert!(filed_by != result && paper == completed.result.unwrap().attachment.digitized.unwrap().1);
    assert!(office.warehouse.dossiers()[0].returned.is_some());
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

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// That officer unlocks the counter, is known or not at the next contact, and makes room for the one who works.
async fn visits(office: &Office, officer: &str, secret: &Zeroizing<String>) {
    office.desk.lock().await;
    office.desk.unlock(officer, secret).await.unwrap();
    sync(office).await;
    back(office).await;
}

async fn back(office: &Office) {
    office.desk.lock().await;
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
}

/// A dossier that cannot leave, and its acceptance.
async fn unsent(office: &Office) -> OpId {
    office.warehouse.out(Some(LinkError::Offline));
    accept_scanned(office).await;
    office.desk.outbox(false).await.unwrap()[0].op
}

/// The names offered; none when any colleague may agree.
async fn offered(office: &Office) -> Option<Vec<String>> {
    let approvers = office.desk.withdrawal_approvers().await.unwrap();
    approvers.supervisor.then(|| approvers.officers.into_iter().map(|o| o.login).collect())
}

fn not_supervisor() -> Result<Dossier, DeskError> {
    Err(WithdrawError::ApproverNotSupervisor.into())
}

#[tokio::test]
async fn where_officers_are_known_a_supervisor_agrees_also_after_a_restart_without_a_line() {
    let mut office = with_colleague().await;
    assert_eq!(offered(&office).await, None);
    visits(&office, OFFICER, &SECRET.to_owned().into()).await;
    assert_eq!(offered(&office).await, None, "an office without officers works as before");
    office.warehouse.employ(OFFICER, SECRET, &[Role::Intake, Role::Supervisor]);
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Clerk]);
    visits(&office, OFFICER, &SECRET.to_owned().into()).await;
    assert_eq!(offered(&office).await, Some(vec![]), "his own word is not a second one");
    visits(&office, COLLEAGUE, &secret()).await;
    let op = unsent(&office).await;
    let before = office.desk.outbox(true).await.unwrap();
    assert_eq!(withdraw(&office, op), not_supervisor(), "another role");
    assert_eq!(office.desk.outbox(true).await.unwrap(), before, "nothing is half done");
    office.warehouse.out(None);
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Supervisor]);
    office.warehouse.trouble_for(before[0].dossier, true);
    visits(&office, COLLEAGUE, &secret()).await;
    office.warehouse.out(Some(LinkError::Offline));
    office.restart();
    assert_eq!(offered(&office).await, Some(vec![COLLEAGUE.to_owned()]));
    withdraw(&office, op).unwrap();
}

#[tokio::test]
async fn a_colleague_the_warehouse_never_vouched_for_here_unlocks_once_with_a_line() {
    let office = with_colleague().await;
    office.warehouse.employ(OFFICER, SECRET, &[Role::Intake]);
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Supervisor]);
    visits(&office, OFFICER, &SECRET.to_owned().into()).await;
    let op = unsent(&office).await;
    visits(&office, COLLEAGUE, &secret()).await;
    assert_eq!(withdraw(&office, op), not_supervisor(), "nobody was asked");
    office.warehouse.out(None);
    let dossier = office.desk.outbox(false).await.unwrap()[0].dossier;
    office.warehouse.trouble_for(dossier, true);
    visits(&office, COLLEAGUE, &secret()).await;
    withdraw(&office, op).unwrap();
}

#[tokio::test]
async fn a_supervisor_s_word_ends_with_the_days_without_contact() {
    let office = with_colleague().await;
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Supervisor]);
    visits(&office, COLLEAGUE, &secret()).await;
    office.clock.pass(13 * DAY);
    assert_eq!(offered(&office).await, Some(vec![COLLEAGUE.to_owned()]));
    sync(&office).await;
    office.clock.pass(DAY);
    assert_eq!(offered(&office).await, Some(vec![]), "a contact of others says nothing of him");
    let op = unsent(&office).await;
    assert_eq!(withdraw(&office, op), not_supervisor());
    sync(&office).await;
    office.clock.set_back(5 * DAY);
    assert_eq!(withdraw(&office, op), not_supervisor(), "a clock that is set back makes no day undone");
}

#[tokio::test]
async fn what_a_clock_far_ahead_dated_is_not_young_for_longer() {
    let office = with_colleague().await;
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Supervisor]);
    office.clock.pass(30 * DAY);
    visits(&office, COLLEAGUE, &secret()).await;
    office.clock.set_back(30 * DAY);
    sync(&office).await;
    assert_eq!(offered(&office).await, Some(vec![]));
    visits(&office, COLLEAGUE, &secret()).await;
    assert_eq!(offered(&office).await, Some(vec![COLLEAGUE.to_owned()]), "said anew");
}

#[tokio::test]
async fn whoever_is_ended_moved_or_newly_granted_is_judged_by_the_last_word() {
    let office = with_colleague().await;
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Supervisor]);
    visits(&office, COLLEAGUE, &secret()).await;
    let supervisor = Some(vec![COLLEAGUE.to_owned()]);
    office.warehouse.out(Some(LinkError::Trouble { retry_after: None }));
    visits(&office, COLLEAGUE, &secret()).await;
    assert_eq!(offered(&office).await, supervisor, "a warehouse in trouble says nothing of anybody");
    office.warehouse.out(None);

    // His right ends while he works: the session says so at the next contact.
    office.desk.lock().await;
    office.desk.unlock(COLLEAGUE, &secret()).await.unwrap();
    sync(&office).await;
    office.warehouse.renew_session(&[Role::Intake]);
    sync(&office).await;
    back(&office).await;
    assert_eq!(offered(&office).await, Some(vec![]));
    visits(&office, COLLEAGUE, &secret()).await;
    assert_eq!(offered(&office).await, supervisor);

    office.warehouse.dismiss(COLLEAGUE);
    visits(&office, COLLEAGUE, &secret()).await;
    assert_eq!(offered(&office).await, Some(vec![]), "refused, and the office still has officers");
    let op = unsent(&office).await;
    assert_eq!(withdraw(&office, op), not_supervisor());
}

#[tokio::test]
async fn a_secret_the_warehouse_has_not_seen_is_no_supervisor_s() {
    let office = with_colleague().await;
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Supervisor]);
    office.desk.lock().await;
    office.desk.unlock(COLLEAGUE, &secret()).await.unwrap();
    office.desk.enrol(COLLEAGUE, &secret()).await.unwrap();
    sync(&office).await;
    assert_eq!(office.warehouse.logins().0, 0, "the former secret is not shown for the new one");
    visits(&office, COLLEAGUE, &secret()).await;
    let op = unsent(&office).await;
    office.desk.lock().await;
    office.desk.unlock(COLLEAGUE, &secret()).await.unwrap();
    let theirs: Zeroizing<String> = "Khac-2026-mot-cua".to_owned().into();
    office.desk.enrol(COLLEAGUE, &theirs).await.unwrap();
    back(&office).await;
    assert_eq!(office.desk.withdraw(op, REASON, COLLEAGUE, &theirs), not_supervisor());
}

#[tokio::test]
async fn officers_the_warehouse_refuses_are_no_office_without_officers() {
    let office = with_colleague().await;
    office.warehouse.employ(OFFICER, "Mat-khau-khac-1", &[Role::Intake]);
    visits(&office, OFFICER, &SECRET.to_owned().into()).await;
    assert_eq!(offered(&office).await, Some(vec![]));
    let op = unsent(&office).await;
    assert_eq!(withdraw(&office, op), not_supervisor(), "two wrong secrets do not make it one");
}
