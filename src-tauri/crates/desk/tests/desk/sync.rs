use crate::steps::*;
use motcua_desk::SyncEvent;
use motcua_desk::ports::{Clock, LinkError, Vault};
use motcua_dossier::{IdentityAnswer, IdentityCheck, OutboxState};
use motcua_testkit::Office;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_poisoned_dossier_holds_no_other() {
    let office = Office::ready().await;
    let (poisoned, good) = (accept_scanned(&office).await, accept_scanned(&office).await);
    office.warehouse.trouble_for(poisoned.id, true);
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting), (2, 2));
    let lines = office.desk.outbox(true).await.unwrap();
    assert!(lines.iter().filter(|l| l.dossier == good.id).all(|l| l.state_is_received()));
    let first = lines.iter().find(|l| l.dossier == poisoned.id).unwrap();
    assert_eq!((first.attempts, first.last_error.as_deref()), (1, Some("linkTrouble")));
    assert_eq!(sync(&office).await.received, 0, "not tried again before its time");
    assert_eq!(office.desk.outbox(false).await.unwrap()[0].attempts, 1);
    for tries in 2..=8 {
        office.desk.retry_now().await.unwrap();
        sync(&office).await;
        let line = office.desk.outbox(false).await.unwrap().remove(0);
        assert_eq!(line.attempts, tries, "every pass that tried it counts, once");
        let OutboxState::WaitingForNetwork { next_try } = line.state else { panic!("{line:?}") };
        let pause = next_try.0 - office.clock.now().0;
        assert!(tries < 8 || pause >= 60_000, "the pause grows with the tries: {pause} ms");
    }
    office.warehouse.trouble_for(poisoned.id, false);
    office.desk.retry_now().await.unwrap();
    assert_eq!(sync(&office).await.received, 2, "asked for by the officer: at once");
}

trait Received {
    fn state_is_received(&self) -> bool;
}

impl Received for motcua_dossier::OutboxItem {
    fn state_is_received(&self) -> bool {
        matches!(self.state, OutboxState::Received { .. })
    }
}

#[tokio::test]
async fn a_refusal_needs_a_person_and_a_corrected_paper_goes_anew() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    scan(&office, id, FORM, 1).await;
    scan(&office, id, BIRTH, 1).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    office.warehouse.refuse_next("fileSignatureInvalid");
    let report = sync(&office).await;
    assert_eq!((report.attention, report.received), (1, 0));
    let line = office.desk.outbox(false).await.unwrap()[0].clone();
    assert_eq!(line.state, OutboxState::NeedsAttention { code: "fileSignatureInvalid".into() });
    sync(&office).await;
    assert_eq!(office.warehouse.applied(), 0, "a refused line is not sent again by itself");
    scan(&office, id, BIRTH, 2).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention), (2, 0), "the corrected paper closed the refused line");
    let lines = office.desk.outbox(true).await.unwrap();
    assert_eq!(lines[0].state, OutboxState::Replaced);
    assert_ne!(lines[0].op, lines[1].op, "other content goes under another id");
    office.desk.resend(lines[0].op).await.unwrap();
    assert_eq!(sync(&office).await.received, 0, "what was replaced is never sent");
}

#[tokio::test]
async fn an_acceptance_waits_for_the_refused_paper_it_names() {
    let office = Office::ready().await;
    office.warehouse.refuse_next("fileNotTrusted");
    accept_scanned(&office).await;
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (0, 1, 1));
    let refused = office.desk.outbox(false).await.unwrap()[0].op;
    office.desk.resend(refused).await.unwrap();
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (2, 0, 0));
    assert!(office.desk.outbox(true).await.unwrap().iter().any(|l| l.op == refused), "the same id");
}

#[tokio::test]
async fn a_refused_paper_is_corrected_after_acceptance_and_both_go() {
    let office = Office::ready().await;
    office.warehouse.refuse_next("fileNotTrusted");
    let id = accept_scanned(&office).await.id;
    assert_eq!(sync(&office).await.attention, 1);
    scan(&office, id, BIRTH, 3).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    let dossier = digitize(&office, id, BIRTH).await;
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (2, 0, 0));
    assert_eq!(dossier.code, office.desk.dossier(id).await.unwrap().code, "the code on paper holds");
    assert_eq!(office.desk.open_rows(id).await.unwrap(), [0u32; 0], "what was sent is closed");
}

#[tokio::test]
async fn a_forged_receipt_is_never_received() {
    let office = Office::ready().await;
    accept_scanned(&office).await;
    office.warehouse.forge_receipts(true);
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention), (0, 1));
    let line = &office.desk.outbox(false).await.unwrap()[0];
    assert_eq!(line.state, OutboxState::NeedsAttention { code: "receiptInvalid".into() });
    assert_eq!(office.vault.queued(line.op).unwrap().unwrap().receipt, None);
}

#[tokio::test]
async fn each_way_of_no_contact_has_its_code_and_keeps_the_queue() {
    let office = Office::ready().await;
    accept_scanned(&office).await;
    for (error, code) in [
        (LinkError::Offline, "linkOffline"),
        (LinkError::Intercepted, "linkIntercepted"),
        (LinkError::Unauthorized, "linkUnauthorized"),
        (LinkError::Trouble { retry_after: None }, "linkTrouble"),
    ] {
        office.warehouse.out(Some(error));
        let report = sync(&office).await;
        assert_eq!((report.online, report.problem, report.waiting), (false, Some(code), 2));
        assert_eq!(office.desk.status().await.trouble, Some(code), "and the screen says which it is");
    }
    office.warehouse.out(None);
    office.desk.retry_now().await.unwrap();
    assert_eq!(sync(&office).await.received, 2);
    assert_eq!(office.desk.status().await.trouble, None);
}

#[tokio::test]
async fn a_restored_warehouse_gets_everything_again() {
    let office = Office::ready().await;
    accept_scanned(&office).await;
    sync(&office).await;
    office.warehouse.restore_empty();
    let report = sync(&office).await;
    assert_eq!(report.received, 2, "the counter repairs the server");
    assert_eq!(sync(&office).await.received, 0);
}

#[tokio::test]
async fn sending_is_shown_while_bytes_flow_and_never_stored() {
    let office = Office::ready().await;
    accept_scanned(&office).await;
    let seen = Mutex::new(vec![]);
    let vault = office.vault.clone();
    let note = |event| {
        if let SyncEvent::Sending { op, sent, total } = event {
            let stored = vault.queued(op).unwrap().unwrap().item.state;
            assert!(!matches!(stored, OutboxState::Sending { .. } | OutboxState::Received { .. }));
            seen.lock().unwrap().push((sent, total));
        }
    };
    office.desk.sync_once(&CancellationToken::new(), &note).await.unwrap();
    assert!(seen.lock().unwrap().iter().any(|(sent, total)| sent == total && *total > 0));
    assert!(all_received(&states(&office).await));
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_and_not_tried_forever() {
    let office = Office::ready().await;
    let dossier = accept_scanned(&office).await;
    office.vault.forget_blob(&dossier.component(BIRTH).unwrap().attachment.as_ref().unwrap().blob);
    sync(&office).await;
    let line = &office.desk.outbox(false).await.unwrap()[0];
    assert_eq!(line.state, OutboxState::NeedsAttention { code: "fileMissing".into() });
}

#[tokio::test]
async fn the_loop_sends_by_itself_and_ends_when_told() {
    let office = Office::ready().await;
    let cancel = CancellationToken::new();
    let (desk, stop) = (office.desk.clone(), cancel.clone());
    let running = tokio::spawn(async move { desk.run_sync(&stop, &|_| {}).await });
    accept_scanned(&office).await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while !all_received(&states(&office).await) || states(&office).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the queue drains by itself");
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(5), running).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn blocks_are_topped_up_for_today_and_the_next_working_day() {
    let office = Office::ready().await;
    let days: Vec<_> =
        office.vault.blocks().unwrap().iter().map(|b| (b.day.format_iso(), b.left())).collect();
    assert_eq!(days, [("2026-11-20".to_owned(), 20), ("2026-11-23".to_owned(), 20)]);
}

#[tokio::test]
async fn a_remembered_identity_answer_is_asked_again_when_the_service_is_back() {
    let office = Office::ready().await;
    let number = motcua_testkit::owner().number;
    office.desk.check_identity(number.value()).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    let id = office.open().await.id;
    let dossier = office.desk.recheck_identity(id).await.unwrap();
    assert!(matches!(dossier.identity, IdentityCheck::Answered { cached: true, .. }));
    office.warehouse.out(None);
    office.warehouse.identity_down(true);
    let before = office.desk.dossier(id).await.unwrap().revision;
    sync(&office).await;
    assert_eq!(office.desk.dossier(id).await.unwrap().revision, before, "the same memory is no news");
    office.warehouse.identity_down(false);
    office.warehouse.know(&number, IdentityAnswer::NotRegistered, None);
    sync(&office).await;
    let found = office.desk.dossier(id).await.unwrap();
    assert!(
        matches!(
            found.identity,
            IdentityCheck::Answered { answer: IdentityAnswer::NotRegistered, cached: false, .. }
        ),
        "{:?}",
        found.identity
    );
    assert!(found.guide_due, "nobody saw the answer: it becomes a task");
    assert!(!office.desk.guided(id).await.unwrap().guide_due);
    sync(&office).await;
    assert!(!office.desk.dossier(id).await.unwrap().guide_due, "what was done is not asked for again");
}

#[tokio::test]
async fn an_account_opened_meanwhile_ends_the_task_and_an_answer_seen_makes_none() {
    let office = Office::ready().await;
    let number = motcua_testkit::owner().number;
    office.warehouse.know(&number, IdentityAnswer::NotRegistered, None);
    let seen = office.open().await;
    assert!(
        !office.desk.recheck_identity(seen.id).await.unwrap().guide_due,
        "the officer has the guide before him"
    );
    office.warehouse.out(Some(LinkError::Offline));
    let id = office.open().await.id;
    office.desk.recheck_identity(id).await.unwrap();
    office.warehouse.out(None);
    sync(&office).await;
    assert!(office.desk.dossier(id).await.unwrap().guide_due);
    office.warehouse.know(&number, IdentityAnswer::Registered, None);
    assert!(!office.desk.recheck_identity(id).await.unwrap().guide_due);
}
