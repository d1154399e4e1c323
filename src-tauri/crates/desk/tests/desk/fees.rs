//! Fees at the counter: entered once, never changed, and nothing returned before they are settled.

use crate::steps::*;
use motcua_desk::ports::{Batch, Clock, LinkError, Vault, Warehouse};
use motcua_desk::{DeskError, FeeError, NewDossier};
use motcua_dossier::{
    Dossier, DossierId, DossierState, FeeAct, FeeFault, FeeMethod, OpId, OutboxItem, OutboxKind, OutboxState,
};
use motcua_testkit::{CASE_WITH_FEE, FEE, Office, new_dossier, paper_of, pki};

fn paid(amount: u64, number: &str) -> FeeAct {
    FeeAct::Paid { amount, method: FeeMethod::Cash, receipt_number: number.into() }
}

fn relieved(amount: u64) -> FeeAct {
    FeeAct::Relieved { amount, reason: "hộ nghèo".into() }
}

fn reversed(entry: OpId) -> FeeAct {
    FeeAct::Reversed { entry, reason: "thu nhầm".into() }
}

async fn accept_with_fee(office: &Office) -> Dossier {
    let new = NewDossier { case_code: CASE_WITH_FEE.into(), ..new_dossier() };
    let id = office.desk.open_dossier(new).await.unwrap().id;
    fill_and_accept(office, id).await
}

async fn give_back(office: &Office, id: DossierId) -> Result<Dossier, DeskError> {
    let (_, pdf) = paper_of(77, BIRTH_CODE, Some(&pki().agency));
    office.desk.attach_result(id, "kq.pdf", &pdf).await.unwrap();
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    office.desk.return_result(id, metadata).await
}

async fn fee_lines(office: &Office) -> Vec<(OpId, OutboxState)> {
    let lines = office.desk.outbox(true).await.unwrap();
    lines.into_iter().filter(|l| l.kind == OutboxKind::Fee).map(|l| (l.op, l.state)).collect()
}

#[tokio::test]
async fn a_result_is_returned_when_nothing_is_due_any_more() {
    let office = Office::ready().await;
    let id = accept_with_fee(&office).await.id;
    let refused = give_back(&office, id).await.unwrap_err();
    assert_eq!((refused.code(), refused.params().get("due").map(String::as_str)), ("feeDue", Some("8.000")));
    let half = office.desk.enter_fee(id, paid(FEE - 3000, "BL 07")).await.unwrap();
    assert_eq!((half.fee_account().paid(), half.fee_account().due()), (FEE - 3000, 3000));
    assert!(give_back(&office, id).await.is_err());
    let settled = office.desk.enter_fee(id, relieved(3000)).await.unwrap();
    assert!(settled.fee_account().is_settled());
    let done = give_back(&office, id).await.unwrap();
    assert!(matches!(done.state, DossierState::Completed { .. }));
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0));
    let there = office.warehouse.fees(id).await.unwrap().unwrap();
    assert_eq!((there.paid, there.relieved, there.due), (FEE - 3000, 3000, 0));
    assert!(there.entries.iter().map(|e| e.id).eq(done.fees.iter().map(|line| line.id)));
}

#[tokio::test]
async fn a_draft_takes_no_money_and_no_entry_takes_what_is_due_below_zero() {
    let office = Office::ready().await;
    let draft = office.open().await;
    let refused = office.desk.enter_fee(draft.id, paid(1, "BL 01")).await.unwrap_err();
    assert_eq!(refused.code(), "dossierNotAccepted");
    let id = accept_with_fee(&office).await.id;
    let enter = |act| office.desk.enter_fee(id, act);
    for (act, error) in [
        (paid(FEE + 1, "BL 01"), FeeError::Unfit(FeeFault::BeyondDue)),
        (paid(0, "BL 01"), FeeError::Unfit(FeeFault::Zero)),
        (paid(FEE, "  "), FeeError::ReceiptNumberMissing),
        (paid(FEE, &"9".repeat(51)), FeeError::TextTooLong),
        (paid(u64::MAX, "BL 01"), FeeError::TooLarge),
        (FeeAct::Relieved { amount: 1, reason: "\t".into() }, FeeError::ReasonMissing),
        (reversed(OpId::derive(1, &[1; 10])), FeeError::Unfit(FeeFault::EntryUnknown)),
    ] {
        assert_eq!(enter(act.clone()).await.unwrap_err(), error.into(), "{act:?}");
    }
    let entry = enter(paid(FEE, " BL 01 ")).await.unwrap().fees[0].clone();
    assert!(matches!(&entry.record.act, FeeAct::Paid { receipt_number, .. } if receipt_number == "BL 01"));
    enter(reversed(entry.id)).await.unwrap();
    let again = enter(reversed(entry.id)).await.unwrap_err();
    assert_eq!(again, FeeError::Unfit(FeeFault::ReversedBefore).into());
    assert_eq!(office.desk.dossier(id).await.unwrap().fees.len(), 2, "what was refused is nowhere");
}

#[tokio::test]
async fn one_receipt_has_one_number_until_it_is_reversed_and_the_next_is_suggested() {
    let office = Office::ready().await;
    let (first, second) = (accept_with_fee(&office).await.id, accept_with_fee(&office).await.id);
    assert_eq!(office.desk.next_fee_receipt().await.unwrap(), None);
    let entry = office.desk.enter_fee(first, paid(FEE, "AB/26P-0000099")).await.unwrap().fees[0].id;
    assert_eq!(office.desk.next_fee_receipt().await.unwrap().as_deref(), Some("AB/26P-0000100"));
    let taken = office.desk.enter_fee(second, paid(FEE, "AB/26P-0000099")).await.unwrap_err();
    assert_eq!(taken, FeeError::ReceiptTaken.into());
    office.desk.enter_fee(first, reversed(entry)).await.unwrap();
    office.desk.enter_fee(second, paid(FEE, "AB/26P-0000099")).await.unwrap();
    assert_eq!(sync(&office).await.attention, 0, "the warehouse sees it the same way");
}

#[tokio::test]
async fn a_number_another_counter_used_is_put_right_and_holds_nothing_up() {
    let office = Office::ready().await;
    let other = office.beside(5);
    sync(&other).await;
    other.desk.choose_scanner(motcua_testkit::FAKE_DEVICE).await.unwrap();
    let theirs = accept_with_fee(&other).await.id;
    other.desk.enter_fee(theirs, paid(FEE, "BL 01")).await.unwrap();
    sync(&other).await;
    office.warehouse.out(Some(LinkError::Offline));
    let id = accept_with_fee(&office).await.id;
    let entry = office.desk.enter_fee(id, paid(FEE, "BL 01")).await.unwrap().fees[0].id;
    give_back(&office, id).await.unwrap();
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.attention, report.waiting), (1, 0), "the result is through");
    let refused = fee_lines(&office).await;
    assert_eq!(refused, [(entry, OutboxState::NeedsAttention { code: "feeReceiptTaken".into() })]);
    assert_eq!(
        office.desk.enter_fee(id, reversed(entry)).await.unwrap_err(),
        FeeError::NotTaken.into(),
        "what never counted there is not reversed"
    );
    let mended = office.desk.mend_fee(id, entry, paid(FEE, "BL 02")).await.unwrap();
    assert!(mended.fees[0].void && !mended.fees[1].void && mended.fee_account().is_settled());
    let twice = office.desk.mend_fee(id, entry, paid(FEE, "BL 03")).await.unwrap_err();
    assert_eq!(twice, FeeError::NotRefused.into());
    let report = sync(&office).await;
    assert_eq!((report.attention, report.waiting), (0, 0));
    let there = office.warehouse.fees(id).await.unwrap().unwrap();
    assert_eq!(there.entries.iter().map(|e| e.id).collect::<Vec<_>>(), [mended.fees[1].id]);
    assert_eq!(office.vault.outbox(false).unwrap(), []);
}

#[tokio::test]
async fn an_entry_the_warehouse_has_after_all_is_confirmed_and_not_written_anew() {
    let office = Office::ready().await;
    let id = accept_with_fee(&office).await.id;
    let entry = office.desk.enter_fee(id, paid(FEE, "BL 01")).await.unwrap().fees[0].id;
    sync(&office).await;
    // A refusal of a line that was taken before: the first answer was lost, and the next one was of something else.
    let item = office.vault.queued(entry).unwrap().unwrap().item;
    let refused =
        OutboxItem { state: OutboxState::NeedsAttention { code: "feeReceiptTaken".into() }, ..item };
    office.vault.commit(&Batch { outbox: vec![refused], ..Batch::default() }).unwrap();
    let mended = office.desk.mend_fee(id, entry, paid(FEE, "BL 02")).await.unwrap_err();
    assert_eq!(mended, FeeError::NotRefused.into());
    assert_eq!(sync(&office).await.attention, 0);
    assert!(matches!(fee_lines(&office).await[..], [(line, OutboxState::Received { .. })] if line == entry));
    assert!(office.desk.dossier(id).await.unwrap().fees.iter().all(|line| !line.void), "the money counts");
}

#[tokio::test]
async fn a_refused_entry_that_was_reversed_goes_with_its_reversal() {
    let office = Office::ready().await;
    let (one, two) = (accept_with_fee(&office).await.id, accept_with_fee(&office).await.id);
    sync(&office).await;
    let other = office.beside(5);
    sync(&other).await;
    other.desk.take_up(two).await.unwrap();
    other.desk.enter_fee(two, paid(1, "BL 01")).await.unwrap();
    sync(&other).await;
    let entry = office.desk.enter_fee(one, paid(FEE, "BL 01")).await.unwrap().fees[0].id;
    office.desk.enter_fee(one, reversed(entry)).await.unwrap();
    office.desk.enter_fee(one, paid(FEE, "BL 02")).await.unwrap();
    assert_eq!(sync(&office).await.attention, 2);
    let mended = office.desk.mend_fee(one, entry, paid(FEE, "BL 03")).await.unwrap();
    let counts: Vec<&FeeAct> = mended.fees.iter().filter(|line| !line.void).map(|l| &l.record.act).collect();
    assert_eq!(counts, [&paid(FEE, "BL 02")], "the money was given back: nothing takes its place");
    assert_eq!(mended.fees.len(), 3, "all of it stays to be read");
    assert!(mended.fee_account().is_settled());
    assert_eq!(office.vault.outbox(false).unwrap(), [], "no line is a dead end");
}

#[tokio::test]
async fn money_another_counter_took_is_known_here() {
    let first = Office::ready().await;
    let id = accept_with_fee(&first).await.id;
    first.desk.enter_fee(id, paid(3000, "BL 01")).await.unwrap();
    sync(&first).await;
    let second = first.beside(5);
    sync(&second).await;
    let taken = second.desk.take_up(id).await.unwrap();
    assert_eq!((taken.fee_account().paid(), taken.fee_account().due()), (3000, FEE - 3000));
    second.desk.enter_fee(id, paid(FEE - 3000, "BL 02")).await.unwrap();
    sync(&second).await;
    assert_eq!(first.desk.dossier(id).await.unwrap().fee_account().paid(), 3000, "not told yet");
    sync(&first).await;
    assert!(first.desk.dossier(id).await.unwrap().fee_account().is_settled());
    let late = first.desk.enter_fee(id, paid(1, "BL 03")).await.unwrap_err();
    assert_eq!(late, FeeError::Unfit(FeeFault::BeyondDue).into(), "nobody pays twice");
}

#[tokio::test]
async fn two_counters_without_a_line_may_both_take_the_money_and_a_person_is_told() {
    let first = Office::ready().await;
    let id = accept_with_fee(&first).await.id;
    sync(&first).await;
    let second = first.beside(5);
    sync(&second).await;
    second.desk.take_up(id).await.unwrap();
    first.warehouse.out(Some(LinkError::Offline));
    first.desk.enter_fee(id, paid(FEE, "BL 01")).await.unwrap();
    second.desk.enter_fee(id, paid(FEE, "BL 02")).await.unwrap();
    first.warehouse.out(None);
    sync(&first).await;
    assert_eq!(sync(&second).await.attention, 1);
    let (entry, state) = fee_lines(&second).await.remove(0);
    assert_eq!(state, OutboxState::NeedsAttention { code: "feeBeyondDue".into() });
    // The money is given back to the citizen; a colleague agrees that the entry is taken back.
    let secret = zeroize::Zeroizing::new("Hai-2026-mot-cua".to_owned());
    second.desk.enrol("canbo.hai", &secret).await.unwrap();
    let back = second.desk.withdraw(entry, "đã hoàn lại tiền cho công dân", "canbo.hai", &secret).unwrap();
    let void: Vec<bool> = back.fees.iter().map(|line| line.void).collect();
    assert_eq!(void.iter().filter(|void| **void).count(), 1, "it stays to be read: {:?}", back.fees);
    assert_eq!(sync(&second).await.attention, 0);
    assert_eq!(second.desk.dossier(id).await.unwrap().fee_account().paid(), FEE);
    assert_eq!(first.warehouse.fees(id).await.unwrap().unwrap().entries.len(), 1);
}

#[tokio::test]
async fn an_entry_that_is_taken_back_takes_its_reversal_with_it() {
    let office = Office::ready().await;
    let secret = zeroize::Zeroizing::new("Hai-2026-mot-cua".to_owned());
    office.desk.enrol("canbo.hai", &secret).await.unwrap();
    let id = accept_with_fee(&office).await.id;
    sync(&office).await;
    office.warehouse.out(Some(LinkError::Offline));
    let entry = office.desk.enter_fee(id, paid(FEE, "BL 01")).await.unwrap().fees[0].id;
    let reversal = office.desk.enter_fee(id, reversed(entry)).await.unwrap().fees[1].id;
    let both = office.desk.withdrawal_of(entry).await.unwrap();
    assert_eq!(both.iter().map(|line| line.op).collect::<Vec<_>>(), [entry, reversal]);
    let alone = office.desk.withdrawal_of(reversal).await.unwrap();
    assert_eq!(alone.iter().map(|line| line.op).collect::<Vec<_>>(), [reversal], "the entry stands again");
    let back = office.desk.withdraw(entry, "ghi nhầm hồ sơ", "canbo.hai", &secret).unwrap();
    assert!(back.fees.iter().all(|line| line.void));
    assert_eq!(back.fee_account().due(), FEE);
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.attention, report.waiting), (0, 0), "no line is a dead end");
    assert_eq!(office.warehouse.fees(id).await.unwrap().unwrap().entries, []);
}

#[tokio::test]
async fn the_end_of_a_shift_tells_what_this_officer_took_without_a_line() {
    let office = Office::ready().await;
    office.warehouse.out(Some(LinkError::Offline));
    let day = office.clock.now().day();
    let (one, two, three) = (
        accept_with_fee(&office).await.id,
        accept_with_fee(&office).await.id,
        accept_with_fee(&office).await.id,
    );
    office.desk.enter_fee(one, paid(FEE, "BL 01")).await.unwrap();
    let by_transfer =
        FeeAct::Paid { amount: 5000, method: FeeMethod::Transfer, receipt_number: "BL 02".into() };
    let wrong = office.desk.enter_fee(two, by_transfer).await.unwrap().fees[0].id;
    office.desk.enter_fee(two, reversed(wrong)).await.unwrap();
    let free = office.desk.enter_fee(three, relieved(FEE)).await.unwrap().fees[0].id;
    let shift = office.desk.fee_shift(day).await.unwrap();
    let methods: Vec<_> = shift.methods.iter().map(|m| (m.method, m.count, m.paid, m.reversed)).collect();
    assert_eq!(methods, [(FeeMethod::Cash, 1, FEE, 0), (FeeMethod::Transfer, 1, 5000, 5000)]);
    assert_eq!((shift.relieved_count, shift.relieved, shift.entries.len()), (1, FEE, 4));
    office.desk.enter_fee(three, reversed(free)).await.unwrap();
    let later = office.desk.fee_shift(day).await.unwrap();
    assert_eq!(later.methods, shift.methods, "relief that was taken back is no money");
    assert_eq!((later.relieved_count, later.relieved), (0, 0));
    let tomorrow = motcua_dossier::Day(day.0.next_day().unwrap());
    assert_eq!(office.desk.fee_shift(tomorrow).await.unwrap().entries, []);
}

#[tokio::test]
async fn a_line_made_anew_is_named_by_its_new_id_in_what_is_queued() {
    let office = Office::ready().await;
    let id = accept_with_fee(&office).await.id;
    sync(&office).await;
    office.warehouse.out(Some(LinkError::Offline));
    let entry = office.desk.enter_fee(id, paid(FEE, "BL 01")).await.unwrap().fees[0].id;
    office.desk.enter_fee(id, reversed(entry)).await.unwrap();
    let line = office.desk.outbox(false).await.unwrap().into_iter().find(|line| line.op == entry).unwrap();
    let held = OutboxItem { state: OutboxState::NeedsAttention { code: "opReplaced".into() }, ..line };
    office.vault.commit(&Batch { outbox: vec![held], ..Batch::default() }).unwrap();
    office.desk.resend(entry).await.unwrap();
    let dossier = office.desk.dossier(id).await.unwrap();
    let counts: Vec<_> = dossier.fees.iter().filter(|line| !line.void).collect();
    let [anew, reversal] = &counts[..] else { panic!("{:?}", dossier.fees) };
    assert_ne!(anew.id, entry);
    assert_eq!(reversal.record.act, reversed(anew.id), "it reverses the line that leaves");
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.attention, report.waiting), (0, 0));
    assert_eq!(office.desk.dossier(id).await.unwrap().fee_account().due(), FEE);
}
