//! Steps after the acceptance: what is refused for what it says, who may take one, and who is told late.

use crate::paper;
use crate::world::{World, accept, fresh_uuid, is_applied, now, push, rejected_code, today, upload};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{Day, Deadline, DossierId, Exception, Phase, Seat, StepAct, StepRecord, Timestamp};
use motcua_warehouse::{GrantWish, add_officer, grant, notices_list};
use motcua_wire::{OpPayload, Role};
use zeroize::Zeroizing;

fn step(act: StepAct) -> OpPayload {
    OpPayload::Step(Box::new(StepRecord { act, officer: "canbo.demo".into(), at: now() }))
}

fn asked(exception: Option<Exception>) -> StepAct {
    StepAct::SupplementAsked {
        items: vec!["Bản sao".into()], reason: "Thiếu giấy tờ".into(), exception
    }
}

fn seat() -> Seat {
    Seat { unit: "Công chức tư pháp (mẫu)".into(), officer: "tu.phap".into() }
}

async fn accepted(world: &World, due: Day) -> DossierId {
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let receipt = upload(&line, &paper::pdf(1, &format!("receipt {dossier}"))).await;
    let mut acceptance = accept(world.code(0).await, receipt, vec![]);
    acceptance.applicant.owner.phone = "0900000123".into();
    acceptance.deadline = Deadline::plain(due, 1);
    let op = world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(acceptance)));
    assert!(is_applied(&push(&line, &op).await));
    dossier
}

#[tokio::test]
async fn a_step_is_refused_for_what_it_says_and_never_for_what_others_did() {
    let world = World::new().await;
    let line = world.line(0);
    let dossier = accepted(&world, today()).await;
    let of = |payload| world.op(0, dossier, 1, payload);
    let by = |approver: &str| Exception { reason: "phát sinh".into(), approved_by: approver.into() };
    let long = "x".repeat(2001);
    for (act, code) in [
        (StepAct::HandedOver { to: Seat { unit: " ".into(), ..seat() }, note: String::new() }, "textMissing"),
        (StepAct::HandedOver { to: seat(), note: long.clone() }, "textTooLong"),
        (StepAct::Refused { reasons: vec![] }, "textMissing"),
        (StepAct::Refused { reasons: vec!["x".into(); 51] }, "textTooLong"),
        (StepAct::Stopped { reason: String::new() }, "textMissing"),
        (asked(Some(by("CANBO.DEMO"))), "approverIsOfficer"),
    ] {
        assert_eq!(rejected_code(&push(&line, &of(step(act.clone()))).await), code, "{act:?}");
    }
    let at = |at: i64| {
        let record = StepRecord { act: asked(None), officer: "canbo.demo".into(), at: Timestamp(at) };
        of(OpPayload::Step(Box::new(record)))
    };
    assert_eq!(rejected_code(&push(&line, &at(now().0 + 3_600_000)).await), "madeInFuture");
    assert_eq!(rejected_code(&push(&line, &at(now().0 - 90 * 86_400_000)).await), "madeTooEarly");
    // The law allows one request; two were printed and handed over, so two are taken.
    for _ in 0..2 {
        assert!(is_applied(&push(&line, &of(step(asked(None)))).await));
    }
    assert!(is_applied(&push(&line, &of(step(StepAct::Stopped { reason: "rút hồ sơ".into() }))).await));
    assert!(is_applied(&push(&line, &of(step(asked(Some(by("truong.phong")))))).await));
    let told = line.steps(dossier).await.unwrap().unwrap();
    assert_eq!(told.entries.len(), 4);
    assert_eq!(world.line(2).steps(dossier).await.unwrap(), None, "of another agency it is as absent");
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn where_officers_are_known_whoever_takes_a_step_works_there_and_an_approver_is_noted() {
    let world = World::new().await;
    let line = world.line(0);
    let dossier = accepted(&world, today()).await;
    let secret = Zeroizing::new("Mat-khau-mau-1".to_owned());
    for login in ["canbo.demo", "truong.phong"] {
        add_officer(&world.config, login, "Cán bộ mẫu", "xa", &secret).unwrap();
    }
    let wish = |role| GrantWish { role, node: "xa".into(), from: None, until: None, procedures: None };
    let op = world.op(0, dossier, 1, step(asked(None)));
    grant(&world.config, "canbo.demo", &wish(Role::Reporter)).unwrap();
    assert_eq!(rejected_code(&push(&line, &op).await), "authorNotGranted");
    grant(&world.config, "canbo.demo", &wish(Role::Specialist)).unwrap();
    assert!(is_applied(&push(&line, &op).await), "the same line goes through once it is granted");
    let noted = || -> u64 {
        let records = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
        let sql = "SELECT count(*) FROM audit WHERE action = 'op.approver_without_role'";
        records.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let agreed = Exception { reason: "phát sinh".into(), approved_by: "truong.phong".into() };
    let again = || world.op(0, dossier, 2, step(asked(Some(agreed.clone()))));
    assert!(is_applied(&push(&line, &again()).await), "the citizen has the paper");
    assert_eq!(noted(), 1);
    grant(&world.config, "truong.phong", &wish(Role::Supervisor)).unwrap();
    assert!(is_applied(&push(&line, &again()).await));
    assert_eq!(noted(), 1);
}

#[tokio::test]
async fn nobody_is_told_late_while_the_citizen_is_waited_for_and_a_new_day_counts() {
    let mut world = World::new().await;
    let line = world.line(0);
    let yesterday = Day(today().0.previous_day().unwrap());
    let tomorrow = Day(today().0.next_day().unwrap());
    let (late, waiting, promised) = (
        accepted(&world, yesterday).await,
        accepted(&world, yesterday).await,
        accepted(&world, yesterday).await,
    );
    let came =
        StepAct::Supplemented { note: String::new(), due: Deadline::plain(tomorrow, 1), papers: vec![] };
    for (dossier, act) in [(waiting, asked(None)), (promised, asked(None)), (promised, came)] {
        assert!(is_applied(&push(&line, &world.op(0, dossier, 1, step(act))).await));
    }
    let rows = line.office_dossiers(&[waiting, promised]).await.unwrap();
    let phase = |id: DossierId| rows.iter().find(|row| row.id == id).unwrap();
    assert!(matches!(phase(waiting).phase, Phase::AwaitingSupplement { .. }));
    assert_eq!((phase(promised).phase, phase(promised).deadline.day), (Phase::Working, tomorrow));
    world.down().await;
    world.up().await;
    let told = || notices_list(&world.config, None, 100).unwrap();
    for _ in 0..100 {
        if told().iter().any(|notice| notice.event == "overdue") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let late_ones: Vec<String> =
        told().into_iter().filter(|n| n.event == "overdue").map(|n| n.dossier).collect();
    assert!(!late_ones.is_empty() && late_ones.iter().all(|id| *id == late.to_string()), "{late_ones:?}");
}
