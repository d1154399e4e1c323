//! "Bàn xử lý" and "Giám sát": what was handed on in the office, wherever it was accepted, and who has it.

use crate::steps::*;
use motcua_desk::ports::LinkError;
use motcua_desk::{DeskError, MAX_AT_ONCE, OfficeProblem, SeveralWish, StepError, StepWish, TakenStep};
use motcua_dossier::{Dossier, DossierId, Moved, Phase, QueueFilter, QueueState, Seat, StepAct, StepFault};
use motcua_testkit::{OFFICER, Office, SECRET};
use motcua_wire::Role;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn seat(unit: &str, officer: &str) -> Seat {
    Seat { unit: unit.into(), officer: officer.into() }
}

fn signer() -> Seat {
    seat("Lãnh đạo (mẫu)", "lanh.dao")
}

fn here(office: &Office) -> Seat {
    seat(&office.desk.office().unit_name, "")
}

fn hand_on(to: Seat) -> SeveralWish {
    SeveralWish::HandOver { to, note: "thẩm tra".into() }
}

async fn mine(office: &Office) -> Vec<DossierId> {
    let queue = office.desk.bench(None, None, 0).await.unwrap();
    assert_eq!(queue.count as usize, queue.rows.len());
    queue.rows.into_iter().map(|row| row.dossier).collect()
}

fn acts(dossier: &Dossier) -> Vec<&StepAct> {
    dossier.steps.iter().map(|line| &line.record.act).collect()
}

fn refused(taken: &[TakenStep]) -> Vec<Option<DeskError>> {
    taken.iter().map(|step| step.refused.clone()).collect()
}

/// A counter that has accepted so many dossiers and handed them to the unit of its neighbour, and that neighbour.
async fn handed(number: usize) -> (Office, Office, Vec<DossierId>) {
    let counter = Office::ready().await;
    let mut ids = vec![];
    for _ in 0..number {
        let id = accept_scanned(&counter).await.id;
        counter.desk.take_step(id, StepWish::HandOver { to: here(&counter), note: String::new() }).unwrap();
        ids.push(id);
    }
    sync(&counter).await;
    let specialist = counter.beside(5);
    sync(&specialist).await;
    (counter, specialist, ids)
}

#[tokio::test]
async fn what_was_handed_to_the_unit_is_received_at_once_and_handed_on() {
    let (counter, specialist, ids) = handed(2).await;
    let queue = specialist.desk.bench(None, None, 0).await.unwrap();
    assert!(queue.as_of.is_some(), "it says how old it is");
    assert_eq!(queue.units, [here(&counter).unit]);
    let [row, _] = &queue.rows[..] else { panic!("{:?}", queue.rows) };
    assert!(!row.here && row.on_its_way);
    let at = counter.desk.dossier(row.dossier).await.unwrap().steps[0].record.at;
    assert_eq!(row.moved, Some(Moved { from: OFFICER.into(), at }), "who handed it on, and when");

    let taken = specialist.desk.take_several(&ids, &SeveralWish::TakeOver).await.unwrap();
    assert_eq!(refused(&taken), [None, None]);
    for id in &ids {
        let standing = specialist.desk.dossier(*id).await.unwrap().standing().unwrap();
        assert_eq!((standing.seat, standing.on_its_way), (Some(seat(&here(&counter).unit, OFFICER)), false));
    }
    let again = specialist.desk.take_several(&ids[..1], &SeveralWish::TakeOver).await.unwrap();
    assert_eq!(refused(&again), [Some(StepError::NothingSent.into())], "it is received once");
    let there = seat("Công chức tư pháp (mẫu)", "tu.phap");
    let moved = specialist.desk.take_several(&ids, &hand_on(there.clone())).await.unwrap();
    assert_eq!(refused(&moved), [None, None]);
    assert_eq!(mine(&specialist).await, [] as [DossierId; 0], "it is somebody else's now");
    let unit = specialist.desk.bench(Some(there.unit.clone()), None, 0).await.unwrap();
    assert_eq!(unit.count, 2);

    sync(&specialist).await;
    sync(&counter).await;
    let heard = counter.desk.dossier(ids[0]).await.unwrap();
    let to = |to: &Seat, note: &str| StepAct::HandedOver { to: to.clone(), note: note.into() };
    let by = StepAct::TakenOver { by: seat(&here(&counter).unit, OFFICER) };
    assert_eq!(acts(&heard), [&to(&here(&counter), ""), &by, &to(&there, "thẩm tra")], "lines of form 05");
}

#[tokio::test]
async fn one_that_is_refused_holds_no_other() {
    let (counter, specialist, ids) = handed(2).await;
    specialist.desk.take_up(ids[0]).await.unwrap();
    specialist.warehouse.out(Some(LinkError::Offline));
    let mut taken = specialist.desk.take_several(&ids, &SeveralWish::TakeOver).await.unwrap();
    taken.sort_by_key(|step| step.dossier != ids[0]);
    assert_eq!(
        refused(&taken),
        [None, Some(LinkError::Offline.into())],
        "what lies here is received without a line"
    );
    let unknown = [DossierId::derive(1, &[99; 10])];
    let taken = counter.desk.take_several(&unknown, &SeveralWish::TakeOver).await.unwrap();
    assert_eq!(refused(&taken), [Some(OfficeProblem::Unknown.into())]);
    let many: Vec<DossierId> =
        (0..=MAX_AT_ONCE).map(|n| DossierId::derive(u64::try_from(n).unwrap(), &[1; 10])).collect();
    let all = counter.desk.take_several(&many, &SeveralWish::TakeOver).await;
    assert_eq!(all, Err(OfficeProblem::TooManyAtOnce.into()));
}

#[tokio::test]
async fn a_proposal_goes_to_whoever_signs_in_the_same_act() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    let wish = StepWish::ProposeResult { note: " đủ điều kiện ".into(), to: Some(signer()) };
    let proposed = office.desk.take_step(id, wish).unwrap();
    let note = || "đủ điều kiện".to_owned();
    let handed = StepAct::HandedOver { to: signer(), note: note() };
    assert_eq!(acts(&proposed), [&StepAct::ResultProposed { note: note() }, &handed]);
    let standing = proposed.standing().unwrap();
    assert!(matches!(standing.phase, Phase::ResultProposed { .. }), "handing it on takes nothing back");
    assert_eq!((standing.seat, standing.on_its_way), (Some(signer()), true));
    let revision = proposed.revision;
    let nobody = Some(seat("  ", "lanh.dao"));
    let wish = StepWish::ProposeResult { note: String::new(), to: nobody };
    let missing: DeskError = StepError::Unfit(StepFault::TextMissing).into();
    assert_eq!(office.desk.take_step(id, wish), Err(missing));
    assert_eq!(office.desk.dossier(id).await.unwrap().revision, revision, "both steps or none");
    assert_eq!(sync(&office).await.attention, 0);
    let queue = office.desk.bench(Some(signer().unit), Some(QueueState::ToReturn), 0).await.unwrap();
    assert_eq!(queue.rows.iter().map(|row| row.dossier).collect::<Vec<_>>(), [id]);
}

#[tokio::test]
async fn a_supervisor_sees_who_has_what_and_gives_it_to_somebody_else() {
    let (counter, specialist, ids) = handed(2).await;
    specialist.desk.take_several(&ids[..1], &SeveralWish::TakeOver).await.unwrap();
    let waiting =
        StepWish::AskSupplement { items: vec!["Tờ khai".into()], reason: "thiếu".into(), approval: None };
    specialist.desk.take_step(ids[0], waiting).unwrap();
    sync(&specialist).await;
    counter.clock.pass(DAY * 10);
    sync(&counter).await;
    let overview = counter.desk.office_overview().await.unwrap();
    assert_eq!((overview.whole.all, overview.whole.late, overview.whole.awaiting), (2, 1, 1));
    assert_eq!(overview.seats.len(), 2, "anybody of the unit, and the specialist by name");
    let late = QueueFilter { state: Some(QueueState::Late), ..QueueFilter::default() };
    let queue = counter.desk.office_queue(&late, 0).await.unwrap();
    assert_eq!(queue.rows.iter().map(|row| row.dossier).collect::<Vec<_>>(), [ids[1]]);

    let missing: DeskError = StepError::Unfit(StepFault::TextMissing).into();
    assert_eq!(counter.desk.reassign(&ids, signer(), "  ").await, Err(missing));
    let moved = counter.desk.reassign(&ids[1..], signer(), " cán bộ nghỉ phép ").await.unwrap();
    assert_eq!(refused(&moved), [None]);
    let dossier = counter.desk.dossier(ids[1]).await.unwrap();
    let given = StepAct::HandedOver { to: signer(), note: "cán bộ nghỉ phép".into() };
    assert_eq!(acts(&dossier).last(), Some(&&given));
    assert_eq!(counter.desk.office_overview().await.unwrap().unsent, 1);

    let table = counter.desk.office_queue_table(&QueueFilter::default()).await.unwrap();
    let table = String::from_utf8(table).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "a head and two dossiers");
    assert!(lines[1].contains("Lãnh đạo (mẫu);lanh.dao") || lines[2].contains("Lãnh đạo (mẫu);lanh.dao"));
    assert!(table.contains("chờ bổ sung") && table.contains("quá hạn"));
    let number = dossier.applicant.owner.number.value().to_owned();
    assert!(!table.contains(&number), "numbers are masked in lists");
}

#[tokio::test]
async fn where_officers_are_known_only_a_supervisor_sees_the_work_of_others() {
    let office = Office::ready().await;
    assert!(office.desk.may_supervise().unwrap(), "an office without officers works as before");
    let visit = async |roles: &[Role]| {
        office.warehouse.employ(OFFICER, SECRET, roles);
        office.desk.lock().await;
        office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
        sync(&office).await;
    };
    visit(&[Role::Intake]).await;
    assert!(!office.desk.may_supervise().unwrap());
    let refused = || -> DeskError { OfficeProblem::NotSupervisor.into() };
    let all = QueueFilter::default();
    assert_eq!(office.desk.office_queue(&all, 0).await, Err(refused()));
    assert_eq!(office.desk.office_overview().await, Err(refused()));
    assert_eq!(office.desk.office_queue_table(&all).await, Err(refused()));
    assert_eq!(office.desk.reassign(&[], signer(), "nghỉ phép").await, Err(refused()));
    assert!(office.desk.bench(None, None, 0).await.is_ok(), "his own work is his");
    visit(&[Role::Intake, Role::Supervisor]).await;
    assert!(office.desk.may_supervise().unwrap());
    office.warehouse.out(Some(LinkError::Offline));
    assert!(office.desk.office_queue(&all, 0).await.is_ok(), "also without a line");
}
