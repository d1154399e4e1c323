//! Dossiers of the office: known to every counter, worked on by one, and what happens when two did.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, VaultStatus, Warehouse};
use motcua_desk::{Finding, Work};
use motcua_dossier::{Dossier, DossierId, DossierState, OpId, OutboxState, Side};
use motcua_testkit::{FAKE_DEVICE, Office, paper_of, pki};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Two counters of one office; the first has accepted a dossier, both have synchronised.
async fn two() -> (Office, Office, Dossier) {
    let first = Office::ready().await;
    let dossier = accept_scanned(&first).await;
    sync(&first).await;
    let second = first.beside(5);
    sync(&second).await;
    sync(&first).await;
    (first, second, dossier)
}

async fn return_here(office: &Office, id: DossierId, mark: u8) -> Dossier {
    let (_, pdf) = paper_of(mark, "KQ.G15.000031", Some(&pki().agency));
    office.desk.attach_result(id, "kq.pdf", &pdf).await.unwrap();
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    office.desk.return_result(id, metadata).await.unwrap()
}

fn cursor(office: &Office) -> Option<String> {
    office.vault.setting("changes_cursor").unwrap()
}

#[tokio::test]
async fn what_one_counter_accepts_the_others_find() {
    let (first, second, dossier) = two().await;
    let known = second.desk.office_dossiers("").await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(Some(&known[0].code), dossier.code.as_ref());
    assert_eq!(known[0].device, Some(first.desk.office().device));
    for query in ["tran van mau", "Mẫu", "0495", dossier.code.as_ref().unwrap().as_str()] {
        assert_eq!(second.desk.office_dossiers(query).await.unwrap().len(), 1, "{query}");
    }
    assert!(second.desk.office_dossiers("nguyen").await.unwrap().is_empty());
    assert!(second.desk.dossiers("").await.unwrap().is_empty(), "it is not this counter's own");
    assert!(first.desk.office_dossiers("").await.unwrap().is_empty(), "the first has it as its own");
    assert_eq!(first.desk.dossier(dossier.id).await.unwrap().server_version, known[0].version);
}

#[tokio::test]
async fn while_files_are_on_their_way_the_others_are_heard_and_a_revocation_too() {
    let (first, second, _) = two().await;
    second.desk.choose_scanner(FAKE_DEVICE).await.unwrap();
    accept_scanned(&first).await;
    first.warehouse.hold_files(true);
    let none = CancellationToken::new();
    let heard = async {
        first.warehouse.file_waits().await;
        let news = accept_scanned(&second).await.id;
        sync(&second).await;
        while first.vault.office_dossier(news).unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        first.warehouse.hold_files(false);
    };
    let both = async { tokio::join!(first.desk.sync_once(&none, &|_| {}), heard).0 };
    let report = tokio::time::timeout(Duration::from_secs(60), both).await.expect("it is heard").unwrap();
    assert_eq!((report.received, report.revoked), (2, false));

    accept_scanned(&first).await;
    first.warehouse.hold_files(true);
    let revoked = async {
        first.warehouse.file_waits().await;
        first.warehouse.revoke(true);
    };
    let both = async { tokio::join!(first.desk.sync_once(&none, &|_| {}), revoked).0 };
    let report = tokio::time::timeout(Duration::from_secs(60), both).await.expect("it ends").unwrap();
    assert_eq!((report.received, report.revoked), (0, true));
    assert!(matches!(first.desk.status().await.vault, VaultStatus::Sealed { .. }));
}

#[tokio::test]
async fn rows_and_cursor_are_one_commit_wherever_the_machine_dies() {
    let (first, _, dossier) = two().await;
    for commits in 0..8 {
        let late = first.beside(6);
        late.vault.die_after(Some(commits));
        drop(late.desk.sync_once(&Default::default(), &|_| {}).await);
        let stands = cursor(&late).is_some_and(|cursor| !cursor.is_empty());
        let knows = late.vault.office_dossier(dossier.id).unwrap().is_some();
        assert!(knows || !stands, "after {commits} commits the cursor is ahead");
        late.vault.die_after(None);
        sync(&late).await;
        assert!(late.vault.office_dossier(dossier.id).unwrap().is_some());
    }
}

#[tokio::test]
async fn a_restored_warehouse_is_read_anew_and_the_outbox_repairs_it() {
    let (first, second, dossier) = two().await;
    let before = second.desk.outbox(true).await.unwrap();
    first.warehouse.restore_empty();
    sync(&second).await;
    assert!(second.desk.office_dossiers("").await.unwrap().is_empty(), "it is not there any more");
    assert_eq!(second.desk.outbox(true).await.unwrap(), before);
    assert_eq!(sync(&first).await.received, 2, "what was confirmed before goes again");
    sync(&second).await;
    let known = second.desk.office_dossiers("").await.unwrap();
    assert_eq!(known.iter().map(|row| row.id).collect::<Vec<_>>(), [dossier.id]);
    sync(&first).await;
    let own = first.desk.dossier(dossier.id).await.unwrap();
    assert_eq!(own.server_version, known[0].version, "versions of the new history count");
}

#[tokio::test]
async fn one_counter_works_on_a_dossier_and_the_other_is_told_who() {
    let (first, second, dossier) = two().await;
    let taken = second.desk.take_up(dossier.id).await.unwrap();
    assert_eq!(
        (taken.code.as_ref(), taken.state.acceptance()),
        (dossier.code.as_ref(), dossier.state.acceptance())
    );
    assert!(taken.taken_up.is_some());
    assert!(matches!(second.desk.begin_work(dossier.id, false).await.unwrap(), Work::Held { .. }));
    let Work::Elsewhere(holder) = first.desk.begin_work(dossier.id, false).await.unwrap() else {
        panic!("the other has it")
    };
    assert_eq!(holder.device, second.desk.office().device);
    second.desk.end_work(dossier.id).await.unwrap();
    sync(&first).await;
    assert!(matches!(first.desk.begin_work(dossier.id, false).await.unwrap(), Work::Held { .. }));
    let Work::Elsewhere(_) = second.desk.begin_work(dossier.id, false).await.unwrap() else { panic!("held") };
    assert!(
        matches!(second.desk.begin_work(dossier.id, true).await.unwrap(), Work::Held { .. }),
        "on purpose"
    );
}

#[tokio::test]
async fn a_lease_goes_back_when_the_work_has_left_and_not_before() {
    let (first, second, dossier) = two().await;
    first.desk.begin_work(dossier.id, false).await.unwrap();
    return_here(&first, dossier.id, 21).await;
    first.desk.end_work(dossier.id).await.unwrap();
    let held = |office: &Office| {
        let warehouse = office.warehouse.clone();
        async move { warehouse.dossier(dossier.id).await.unwrap().unwrap().lease }
    };
    assert!(held(&first).await.is_some(), "the result is still on its way");
    sync(&first).await;
    assert!(held(&first).await.is_none());
    sync(&second).await;
    assert!(second.desk.office_dossiers("").await.unwrap()[0].returned_at.is_some());
}

#[tokio::test]
async fn without_the_network_work_goes_on_and_says_so() {
    let (first, second, dossier) = two().await;
    second.desk.take_up(dossier.id).await.unwrap();
    first.warehouse.out(Some(LinkError::Offline));
    sync(&second).await;
    assert_eq!(second.desk.begin_work(dossier.id, false).await.unwrap(), Work::Unasked);
    return_here(&second, dossier.id, 22).await;
    first.warehouse.out(None);
    assert_eq!(sync(&second).await.received, 1);
}

/// Both counters returned a result; the second one's is in conflict.
async fn two_results() -> (Office, Office, Dossier, OpId) {
    let (first, second, dossier) = two().await;
    second.desk.take_up(dossier.id).await.unwrap();
    return_here(&second, dossier.id, 23).await;
    return_here(&first, dossier.id, 24).await;
    assert_eq!(sync(&first).await.received, 1);
    assert_eq!(sync(&second).await.attention, 1);
    let line = second.desk.outbox(false).await.unwrap()[0].clone();
    assert_eq!(line.state, OutboxState::NeedsAttention { code: "dossierConflict".into() });
    (first, second, dossier, line.op)
}

#[tokio::test]
async fn both_sides_of_a_conflict_are_kept_and_a_person_chooses() {
    for side in [Side::Ours, Side::Theirs] {
        let (first, mut second, dossier, op) = two_results().await;
        second.restart();
        let conflict = second.desk.conflict(op).await.unwrap().expect("kept with the line");
        let [difference] = conflict.differences.as_slice() else { panic!("one result on each side") };
        assert_eq!((difference.field.as_str(), difference.taken), ("result", None));
        assert_ne!(difference.ours, difference.theirs);
        let refused = second.desk.settle_conflict(op, &BTreeMap::new()).await.unwrap_err();
        assert_eq!(refused.code(), "conflictUndecided");
        let choices = BTreeMap::from([("result".to_owned(), side)]);
        let pending = || second.vault.setting("office_pending").unwrap().unwrap_or_default();
        assert!(pending().contains(&dossier.id.to_string()), "told of while work on it was under way");
        let settled = second.desk.settle_conflict(op, &choices).await.unwrap();
        let kept = settled.settlements.last().unwrap();
        assert_eq!(
            (&kept.differences[0].ours, &kept.differences[0].theirs),
            (&difference.ours, &difference.theirs)
        );
        assert_eq!(kept.differences[0].taken, Some(side));
        let lines = second.desk.outbox(true).await.unwrap();
        let replaced = lines.iter().find(|line| line.op == op).unwrap();
        assert_eq!(replaced.state, OutboxState::Replaced, "not thrown away");
        let report = sync(&second).await;
        assert_eq!((report.received, report.attention), (u32::from(side == Side::Ours), 0));
        if side == Side::Theirs {
            assert_eq!(pending(), "[]", "it is known now, though nothing further was told");
        }
        let there = first.warehouse.dossier(dossier.id).await.unwrap().unwrap().returned.unwrap();
        let ours = serde_json::to_string(&there).unwrap() == *difference.ours.as_ref().unwrap();
        assert_eq!(ours, side == Side::Ours);
        assert_eq!(second.desk.settle_conflict(op, &choices).await.unwrap_err().code(), "conflictSettled");
        sync(&first).await;
        sync(&second).await;
        let versions =
            [&first, &second].map(|office| office.vault.office_dossier(dossier.id).unwrap().unwrap());
        assert_eq!(versions[0], versions[1], "both counters see the same");
        let own = first.desk.dossier(dossier.id).await.unwrap();
        assert!(matches!(own.state, DossierState::Completed { .. }));
    }
}

#[tokio::test]
async fn work_under_a_lease_of_another_goes_when_that_one_is_done() {
    let (first, second, dossier) = two().await;
    second.desk.take_up(dossier.id).await.unwrap();
    second.desk.begin_work(dossier.id, false).await.unwrap();
    return_here(&first, dossier.id, 25).await;
    assert_eq!(sync(&first).await.attention, 1);
    let op = first.desk.outbox(false).await.unwrap()[0].op;
    let conflict = first.desk.conflict(op).await.unwrap().unwrap();
    assert_eq!(conflict.kept.held_by.unwrap().device, second.desk.office().device);
    assert!(conflict.differences.is_empty(), "nothing was changed there");
    second.desk.end_work(dossier.id).await.unwrap();
    first.desk.settle_conflict(op, &BTreeMap::new()).await.unwrap();
    let report = sync(&first).await;
    assert_eq!((report.received, report.attention), (1, 0));
}

#[tokio::test]
async fn what_the_warehouse_lost_is_found_by_comparing_and_sent_again() {
    let (first, _, _) = two().await;
    let found = first.desk.reconcile(30).await.unwrap();
    assert_eq!(found.days.len(), 1);
    assert_eq!(found.days[0].count(&[Finding::Received]), 2);
    for line in first.desk.outbox(true).await.unwrap() {
        first.warehouse.forget(line.op);
    }
    let found = first.desk.reconcile(30).await.unwrap();
    assert_eq!(found.lost().len(), 2);
    assert_eq!(first.desk.send_again(&found.lost()).await.unwrap(), 2);
    sync(&first).await;
    let found = first.desk.reconcile(30).await.unwrap();
    assert_eq!((found.lost().len(), found.days[0].count(&[Finding::Received, Finding::Differs])), (0, 2));
    assert!(first.desk.reconcile(30).await.unwrap().days[0].count(&[Finding::Received]) == 2);
}

#[tokio::test]
async fn another_machine_s_operations_are_nobody_s_business() {
    let (first, second, _) = two().await;
    let op = first.desk.outbox(true).await.unwrap()[0].op;
    let told = second.warehouse.op_states(&[op]).await.unwrap();
    assert_eq!(told[0].state, motcua_wire::OpState::Unknown);
}
