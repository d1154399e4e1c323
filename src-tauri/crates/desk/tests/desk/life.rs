//! After the acceptance: from hand to hand, paused, promised anew, refused, stopped; and nothing goes out that should wait.

use crate::steps::*;
use motcua_desk::ports::{Clock, LinkError, Vault, Warehouse};
use motcua_desk::{Approval, DeskError, PrintedForm, StepError, StepWish, WithdrawError};
use motcua_dossier::{
    Day, Dossier, DossierId, DossierState, Exception, OpId, OutboxKind, OutboxState, Phase, Seat, StepAct,
    StepFault,
};
use motcua_testkit::{OFFICER, Office, paper_of, pki};
use motcua_wire::{OpPayload, Role};
use std::time::Duration;
use zeroize::Zeroizing;

const COLLEAGUE: &str = "canbo.hai";
const HOUR: u64 = 60 * 60;

fn secret() -> Zeroizing<String> {
    "Hai-2026-mot-cua".to_owned().into()
}

fn seat(officer: &str) -> Seat {
    Seat { unit: "Công chức tư pháp (mẫu)".into(), officer: officer.into() }
}

fn hand_over(officer: &str) -> StepWish {
    StepWish::HandOver { to: seat(officer), note: " xác minh nơi cư trú ".into() }
}

fn ask(approval: Option<Approval>) -> StepWish {
    let items = vec![" Bản sao giấy chứng sinh ".into(), "  ".into()];
    StepWish::AskSupplement { items, reason: "Thiếu giấy tờ".into(), approval }
}

fn agreed(secret: Zeroizing<String>) -> Option<Approval> {
    Some(Approval { reason: "Phát sinh sau khi xác minh".into(), approver: COLLEAGUE.into(), secret })
}

fn came() -> StepWish {
    StepWish::Supplement { note: "đủ".into() }
}

fn reappoint(day: &str) -> StepWish {
    StepWish::Reappoint { reason: "Chờ cơ quan khác trả lời".into(), day: Day::parse(day).unwrap() }
}

fn refuse() -> StepWish {
    StepWish::Refuse { reasons: vec!["Không thuộc thẩm quyền".into()] }
}

fn phase(dossier: &Dossier) -> Phase {
    dossier.standing().unwrap().phase
}

async fn give_back(office: &Office, id: DossierId) -> Result<Dossier, DeskError> {
    let (_, pdf) = paper_of(77, BIRTH_CODE, Some(&pki().agency));
    office.desk.attach_result(id, "kq.pdf", &pdf).await.unwrap();
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    office.desk.return_result(id, metadata).await
}

async fn step_lines(office: &Office) -> Vec<(OpId, OutboxState)> {
    let lines = office.desk.outbox(true).await.unwrap();
    lines.into_iter().filter(|l| l.kind == OutboxKind::Step).map(|l| (l.op, l.state)).collect()
}

#[tokio::test]
async fn a_dossier_goes_from_hand_to_hand_and_every_counter_sees_who_has_it() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    let sent = office.desk.take_step(id, hand_over("tu.phap")).unwrap();
    let [line] = &sent.steps[..] else { panic!("{:?}", sent.steps) };
    assert_eq!((&*line.record.officer, line.record.at), (OFFICER, office.clock.now()));
    assert_eq!(
        line.record.act,
        StepAct::HandedOver { to: seat("tu.phap"), note: "xác minh nơi cư trú".into() }
    );
    assert_eq!(office.desk.seats().await.unwrap()[0], seat("").unit, "offered first the next time");
    let queued = office.vault.queued(line.id).unwrap().unwrap();
    assert_eq!(queued.op.schema_version, 3, "a warehouse of before is not asked what it does not know");
    assert_eq!(sync(&office).await.attention, 0);
    let second = office.beside(5);
    sync(&second).await;
    let [row] = &second.desk.office_dossiers("").await.unwrap()[..] else { panic!("one dossier") };
    assert_eq!((row.seat.clone(), row.on_its_way), (Some(seat("tu.phap")), true));
    let there = second.desk.take_up(id).await.unwrap();
    assert!(there.steps.iter().map(|l| l.id).eq([line.id]), "what happened before comes with it");
    let taken = second.desk.take_step(id, StepWish::TakeOver).unwrap();
    let standing = taken.standing().unwrap();
    assert_eq!((standing.seat, standing.on_its_way), (Some(seat(OFFICER)), false));
    second.desk.take_step(id, StepWish::ProposeResult { note: String::new(), to: None }).unwrap();
    sync(&second).await;
    sync(&office).await;
    let heard = office.desk.dossier(id).await.unwrap();
    assert_eq!(heard.steps.len(), 3);
    assert!(matches!(phase(&heard), Phase::ResultProposed { .. }));
    assert!(give_back(&office, id).await.is_ok());
}

#[tokio::test]
async fn a_supplement_stops_the_clock_and_begins_it_anew() {
    let office = Office::ready().await;
    let accepted = accept_scanned(&office).await;
    let (_, promised) = accepted.state.acceptance().unwrap();
    assert_eq!(promised.day, Day::parse("26/11/2026").unwrap(), "three days, the 24th is off");
    let id = accepted.id;
    let waiting = office.desk.take_step(id, ask(None)).unwrap();
    assert!(matches!(phase(&waiting), Phase::AwaitingSupplement { .. }));
    let StepAct::SupplementAsked { items, exception, .. } = &waiting.steps[0].record.act else { panic!() };
    assert_eq!((&items[..], exception), (&["Bản sao giấy chứng sinh".to_owned()][..], &None));
    let refused = give_back(&office, id).await.unwrap_err();
    assert_eq!(refused.code(), "stepAwaitingSupplement", "the citizen is waited for");
    office.clock.pass(Duration::from_secs(4 * 24 * HOUR));
    let on = office.desk.take_step(id, came()).unwrap();
    let due = on.standing().unwrap().due;
    assert_eq!(due.day, Day::parse("27/11/2026").unwrap(), "from Tuesday, which is off, three days");
    assert_eq!(
        on.state.acceptance().unwrap().1.day,
        Day::parse("26/11/2026").unwrap(),
        "the receipt said so"
    );
    assert!(give_back(&office, id).await.is_ok());
    assert_eq!(sync(&office).await.attention, 0);
    let there = office.warehouse.steps_of(id).unwrap();
    assert!(there.entries.iter().map(|e| e.id).eq(on.steps.iter().map(|l| l.id)));
}

#[tokio::test]
async fn papers_that_come_later_are_told_with_the_step_and_the_receipt_stays() {
    let office = Office::ready().await;
    let accepted = accept_scanned(&office).await;
    let (id, receipt) = (accepted.id, accepted.receipt);
    assert!(office.desk.open_rows(id).await.unwrap().is_empty(), "nothing is asked for");
    let early = office.desk.add_paper(id, "Giấy ủy quyền").await.unwrap_err();
    assert_eq!(early, StepError::Unfit(StepFault::NothingAsked).into());
    office.desk.take_step(id, ask(None)).unwrap();
    assert_eq!(office.desk.open_rows(id).await.unwrap(), [RECORD], "what was told stays as it is");
    let added = office.desk.add_paper(id, " Giấy ủy quyền ").await.unwrap();
    let extra = added.components.last().unwrap().number;
    scan(&office, id, extra, 1).await;
    scan(&office, id, RECORD, 2).await;
    let unsigned = office.desk.take_step(id, came()).unwrap_err();
    assert_eq!(unsigned.code(), "dossierIncomplete", "it enters the warehouse, so the agency signs it");
    sign_by_agency(&office, id, &[RECORD]).await;
    digitize(&office, id, RECORD).await;
    let on = office.desk.take_step(id, came()).unwrap();
    let numbers: Vec<u32> = on.steps[1].record.act.papers().iter().map(|paper| paper.number).collect();
    assert_eq!(numbers, [RECORD, extra]);
    assert_eq!((on.receipt, on.reprint.is_empty()), (receipt, true), "the acceptance is as it was");
    assert!(office.desk.open_rows(id).await.unwrap().is_empty());
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0), "{:?}", office.desk.outbox(true).await.unwrap());
    assert!(all_received(&states(&office).await));
    let there = office.warehouse.steps_of(id).unwrap();
    for paper in there.entries[1].record.act.papers() {
        assert!(office.warehouse.has_blob(&paper.source.blob().unwrap()), "its file is there: {paper:?}");
    }
    let view = office.warehouse.dossier(id).await.unwrap().unwrap();
    assert_eq!(view.accepted.unwrap().components.len(), 3, "and the acceptance says what it said");
}

#[tokio::test]
async fn more_is_asked_for_once_and_again_only_with_a_colleague() {
    let office = Office::ready().await;
    office.desk.enrol(COLLEAGUE, &secret()).await.unwrap();
    let id = accept_scanned(&office).await.id;
    office.desk.take_step(id, ask(None)).unwrap();
    office.desk.take_step(id, came()).unwrap();
    let again = |approval| office.desk.take_step(id, ask(approval));
    assert_eq!(again(None).unwrap_err(), StepError::Unfit(StepFault::TooManySupplements).into());
    let wrong = again(agreed("Sai-2026-mot-cua".to_owned().into())).unwrap_err();
    assert_eq!(wrong.code(), "vaultWrongSecret");
    let own = Approval { reason: "x".into(), approver: OFFICER.to_uppercase(), secret: secret() };
    assert_eq!(again(Some(own)).unwrap_err(), WithdrawError::ApproverIsOfficer.into());
    let silent = Approval { reason: " ".into(), approver: COLLEAGUE.into(), secret: secret() };
    assert_eq!(again(Some(silent)).unwrap_err(), StepError::Unfit(StepFault::TextMissing).into());
    let asked = again(agreed(secret())).unwrap();
    let StepAct::SupplementAsked { exception, .. } = &asked.steps[2].record.act else { panic!() };
    let told = Exception { reason: "Phát sinh sau khi xác minh".into(), approved_by: COLLEAGUE.into() };
    assert_eq!(exception, &Some(told));
    assert_eq!(asked.steps.len(), 3, "what was refused is nowhere");
}

#[tokio::test]
async fn only_a_supervisor_agrees_where_the_warehouse_knows_the_officers() {
    let office = Office::ready().await;
    office.desk.enrol(COLLEAGUE, &secret()).await.unwrap();
    office.warehouse.employ(OFFICER, motcua_testkit::SECRET, &[Role::Intake]);
    let id = accept_scanned(&office).await.id;
    sync(&office).await;
    office.desk.take_step(id, ask(None)).unwrap();
    office.desk.take_step(id, came()).unwrap();
    office.desk.lock().await;
    office.desk.unlock(OFFICER, &motcua_testkit::SECRET.to_owned().into()).await.unwrap();
    sync(&office).await;
    let refused = office.desk.take_step(id, ask(agreed(secret()))).unwrap_err();
    assert_eq!(refused, WithdrawError::ApproverNotSupervisor.into());
}

#[tokio::test]
async fn another_day_is_promised_once_later_and_never_on_a_day_off() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    let promise = |day: &str| office.desk.take_step(id, reappoint(day));
    assert_eq!(promise("28/11/2026").unwrap_err(), StepError::DayOff.into(), "a Saturday");
    assert_eq!(promise("26/11/2026").unwrap_err(), StepError::Unfit(StepFault::NotLater).into());
    let late = promise("30/11/2026").unwrap();
    assert_eq!(late.standing().unwrap().due.day, Day::parse("30/11/2026").unwrap());
    let again = promise("02/12/2026").unwrap_err();
    assert_eq!(again, StepError::Unfit(StepFault::TooManyReappointments).into());
    sync(&office).await;
    let row = office.warehouse.office_dossiers(&[id]).await.unwrap().remove(0);
    assert_eq!(row.deadline.day, Day::parse("30/11/2026").unwrap());
}

#[tokio::test]
async fn nothing_follows_a_refusal_but_the_originals_and_no_result_goes_out() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    office.desk.take_step(id, refuse()).unwrap();
    assert_eq!(give_back(&office, id).await.unwrap_err().code(), "stepOver");
    assert_eq!(office.desk.take_step(id, came()).unwrap_err(), StepError::Unfit(StepFault::Over).into());
    let back = office.desk.take_step(id, StepWish::ReturnOriginal { component: BIRTH }).unwrap();
    assert!(back.standing().unwrap().originals_returned.contains(&BIRTH));
    let twice = office.desk.take_step(id, StepWish::ReturnOriginal { component: BIRTH }).unwrap_err();
    assert_eq!(twice, StepError::Unfit(StepFault::ReturnedBefore).into());
    let unknown = office.desk.take_step(id, StepWish::ReturnOriginal { component: 99 }).unwrap_err();
    assert_eq!(unknown.code(), "dossierNoSuchComponent");
}

#[tokio::test]
async fn a_draft_and_a_text_that_says_nothing_are_refused_and_an_original_is_given_back_at_any_time() {
    let office = Office::ready().await;
    let draft = office.open().await;
    assert_eq!(office.desk.take_step(draft.id, came()).unwrap_err().code(), "dossierNotAccepted");
    let id = accept_scanned(&office).await.id;
    let missing = StepError::Unfit(StepFault::TextMissing);
    for wish in [
        StepWish::HandOver { to: Seat { unit: "\t".into(), officer: String::new() }, note: String::new() },
        StepWish::Refuse { reasons: vec!["  ".into()] },
        StepWish::Stop { reason: String::new() },
        StepWish::AskSupplement { items: vec![], reason: "x".into(), approval: None },
    ] {
        assert_eq!(office.desk.take_step(id, wish).unwrap_err(), missing.into());
    }
    let long = StepWish::Stop { reason: "x".repeat(2001) };
    assert_eq!(office.desk.take_step(id, long).unwrap_err(), StepError::TextTooLong.into());
    let nothing = office.desk.take_step(id, came()).unwrap_err();
    assert_eq!(nothing, StepError::Unfit(StepFault::NothingAsked).into());
    assert_eq!(office.desk.dossier(id).await.unwrap().steps, [], "what was refused is nowhere");
    give_back(&office, id).await.unwrap();
    let back = office.desk.take_step(id, StepWish::ReturnOriginal { component: BIRTH }).unwrap();
    assert!(matches!(back.state, DossierState::Completed { .. }));
    assert_eq!(office.desk.take_step(id, refuse()).unwrap_err().code(), "dossierNotAccepted");
}

#[tokio::test]
async fn what_two_counters_did_without_a_line_goes_together() {
    let first = Office::ready().await;
    let id = accept_scanned(&first).await.id;
    sync(&first).await;
    let second = first.beside(5);
    sync(&second).await;
    second.desk.take_up(id).await.unwrap();
    first.warehouse.out(Some(LinkError::Offline));
    first.desk.take_step(id, ask(None)).unwrap();
    second.desk.take_step(id, ask(None)).unwrap();
    second.desk.take_step(id, refuse()).unwrap();
    first.warehouse.out(None);
    for office in [&first, &second, &first] {
        assert_eq!(sync(office).await.attention, 0, "the citizen has all three papers: none is refused");
    }
    let (here, there) = (first.desk.dossier(id).await.unwrap(), second.desk.dossier(id).await.unwrap());
    assert_eq!(here.steps.len(), 3);
    assert_eq!(here.steps, there.steps);
    assert_eq!((here.standing(), here.standing().unwrap().supplements), (there.standing(), 2));
}

#[tokio::test]
async fn a_step_nobody_sent_is_taken_back_alone_and_counts_nothing() {
    let office = Office::ready().await;
    office.desk.enrol(COLLEAGUE, &secret()).await.unwrap();
    let id = accept_scanned(&office).await.id;
    office.warehouse.out(Some(LinkError::Offline));
    let refused = office.desk.take_step(id, refuse()).unwrap();
    let op = refused.steps[0].id;
    assert_eq!(office.desk.withdrawal_of(op).await.unwrap().len(), 1, "the dossier stays");
    let back = office.desk.withdraw(op, "Từ chối nhầm hồ sơ khác", COLLEAGUE, &secret()).unwrap();
    assert!(back.steps[0].void && phase(&back) == Phase::Working);
    office.warehouse.out(None);
    sync(&office).await;
    assert_eq!(office.warehouse.steps_of(id).unwrap().entries, [], "it never counted there");
}

#[tokio::test]
async fn a_step_survives_a_power_cut_or_was_never_taken() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    for commits in 0..2 {
        office.vault.die_after(Some(commits));
        let taken = office.desk.take_step(id, hand_over(""));
        office.vault.die_after(None);
        let steps = office.desk.dossier(id).await.unwrap().steps.len();
        assert_eq!((steps, step_lines(&office).await.len()), (usize::from(taken.is_ok()), steps));
    }
}

#[tokio::test]
async fn each_paper_the_citizen_gets_is_set_from_what_was_done_and_the_same_again_elsewhere() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    office.desk.take_step(id, hand_over("tu.phap")).unwrap();
    let asked = office.desk.take_step(id, ask(None)).unwrap().steps[1].id;
    sync(&office).await;
    let second = office.beside(5);
    sync(&second).await;
    second.desk.take_up(id).await.unwrap();
    for (which, said) in [
        (PrintedForm::Step(asked), "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ"),
        (PrintedForm::Control, "PHIẾU KIỂM SOÁT"),
        (PrintedForm::Slip, "PHIẾU TRA CỨU HỒ SƠ"),
    ] {
        let form = office.desk.printed_form(id, which).await.unwrap();
        assert!(form.starts_with(b"%PDF-"), "{said}");
        assert!(second.desk.printed_form(id, which).await.unwrap().starts_with(b"%PDF-"));
    }
    let sent = office.desk.dossier(id).await.unwrap().steps[0].id;
    let none = office.desk.printed_form(id, PrintedForm::Step(sent)).await.unwrap_err();
    assert_eq!(none.code(), "stepNoForm", "a hand-over is a line of form 05");
    let draft = office.open().await.id;
    let refused = office.desk.printed_form(draft, PrintedForm::Control).await.unwrap_err();
    assert_eq!(refused.code(), "dossierNotAccepted");
}

#[tokio::test]
async fn a_step_of_a_draft_s_acceptance_leaves_after_it() {
    let office = Office::ready().await;
    office.warehouse.out(Some(LinkError::Offline));
    let id = accept_scanned(&office).await.id;
    office.desk.take_step(id, hand_over("")).unwrap();
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0));
    assert!(all_received(&states(&office).await));
    let payloads = office.desk.outbox(true).await.unwrap();
    let last = office.vault.queued(payloads.last().unwrap().op).unwrap().unwrap();
    assert!(matches!(last.op.payload, OpPayload::Step(_)));
}
