//! Steps beside a dossier: where it stands after them, and what another machine is told.

use super::WarehouseBench;
use super::machine::{Machine, code_of, receipt_of};
use motcua_dossier::{Deadline, DossierId, Moved, OfficeDossier, Phase, Seat, StepAct, StepRecord};
use motcua_wire::{AcceptedDossier, Change, DossierEvent, EvidenceSource, Op, OpPayload, OpResult};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    steps_move_the_dossier_every_machine_sees(&make().await).await;
    a_step_waits_for_its_dossier_and_leaves_its_version_alone(&make().await).await;
    what_two_machines_did_goes_together(&make().await).await;
}

async fn accept(machine: &Machine<'_>, dossier: u8) -> AcceptedDossier {
    let accepted = machine.accepted(vec![EvidenceSource::Absent], vec![]).await;
    let op = machine.op(dossier, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    receipt_of(&machine.push(&op).await);
    accepted
}

fn step(bench: &dyn WarehouseBench, machine: &Machine<'_>, dossier: u8, act: StepAct) -> Op {
    let record = StepRecord { act, officer: "canbo.mau".into(), at: bench.now() };
    machine.op(dossier, OpPayload::Step(Box::new(record)))
}

fn asked() -> StepAct {
    StepAct::SupplementAsked {
        items: vec!["Bản sao giấy khai sinh".into()],
        reason: "Thiếu giấy tờ".into(),
        exception: None,
    }
}

fn seat() -> Seat {
    Seat { unit: "Công chức tư pháp (mẫu)".into(), officer: "tu.phap".into() }
}

fn step_of(op: &Op) -> StepRecord {
    let OpPayload::Step(record) = &op.payload else { panic!("no step") };
    StepRecord::clone(record)
}

async fn row(bench: &dyn WarehouseBench, id: DossierId) -> OfficeDossier {
    bench.line(1).office_dossiers(&[id]).await.unwrap().remove(0)
}

async fn steps_move_the_dossier_every_machine_sees(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), bench.line(1));
    let id = DossierId::derive(1, &[1; 10]);
    assert_eq!(other.steps(id).await, Ok(None), "no dossier, no steps");
    let accepted = accept(&machine, 1).await;
    let fresh = row(bench, id).await;
    assert_eq!((fresh.phase, fresh.seat, &fresh.deadline), (Phase::Working, None, &accepted.deadline));
    let cursor = other.changes(None, 500, 0).await.unwrap().next_cursor;
    let sent = step(bench, &machine, 1, StepAct::HandedOver { to: seat(), note: String::new() });
    receipt_of(&machine.push(&sent).await);
    let there = row(bench, id).await;
    assert_eq!((there.seat, there.on_its_way), (Some(seat()), true));
    let StepRecord { officer: from, at, .. } = step_of(&sent);
    assert_eq!(there.moved, Some(Moved { from, at }), "who handed it on, and when");
    receipt_of(&machine.push(&step(bench, &machine, 1, asked())).await);
    assert!(matches!(row(bench, id).await.phase, Phase::AwaitingSupplement { .. }));
    let due = Deadline::plain(accepted.deadline.day, 9);
    let came = StepAct::Supplemented { note: "đủ".into(), due: due.clone(), papers: vec![] };
    receipt_of(&machine.push(&step(bench, &machine, 1, came)).await);
    let on = row(bench, id).await;
    assert_eq!((on.phase, on.deadline), (Phase::Working, due), "the clock began anew");
    let told = other.steps(id).await.unwrap().unwrap();
    assert_eq!((told.dossier, told.entries.len()), (id, 3));
    let first = &told.entries[0];
    assert_eq!((first.id, first.device), (sent.op_id, bench.device(0)));
    let heard = other.changes(Some(&cursor), 500, 0).await.unwrap().items;
    let of_steps = |change: &&Change| matches!(change, Change::Dossier { id: of, what: DossierEvent::StepTaken, .. } if *of == id);
    assert_eq!(heard.iter().filter(of_steps).count(), 3, "each step is told of");
    let page = other.office_page(None, 10).await.unwrap().items;
    assert_eq!(page[0].seat, Some(seat()), "the list says the same");
}

async fn a_step_waits_for_its_dossier_and_leaves_its_version_alone(bench: &dyn WarehouseBench) {
    let (machine, colleague) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let early = step(bench, &machine, 1, asked());
    assert!(matches!(machine.push(&early).await, OpResult::Deferred { .. }));
    let accepted = accept(&machine, 1).await;
    // Another machine has seen nothing of the dossier, and holds no lease.
    let taken = step(bench, &colleague, 1, StepAct::TakenOver { by: seat() });
    receipt_of(&colleague.push(&taken).await);
    let view = machine.view(1).await;
    assert_eq!((view.version, view.accepted), (1, Some(accepted)));
    let again = colleague.push(&taken).await;
    assert!(matches!(again, OpResult::Duplicate { .. }), "once, however often it is sent");
    let other = Op { payload: early.payload, ..taken };
    assert_eq!(code_of(&colleague.push(&other).await), "idempotencyMismatch");
}

async fn what_two_machines_did_goes_together(bench: &dyn WarehouseBench) {
    let (machine, colleague) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let id = DossierId::derive(1, &[1; 10]);
    accept(&machine, 1).await;
    // Without a line both asked for more, and one of them refused it too: the citizen has all three papers.
    receipt_of(&machine.push(&step(bench, &machine, 1, asked())).await);
    receipt_of(&colleague.push(&step(bench, &colleague, 1, asked())).await);
    let refused = StepAct::Refused { reasons: vec!["Không đủ điều kiện".into()] };
    receipt_of(&colleague.push(&step(bench, &colleague, 1, refused)).await);
    assert!(row(bench, id).await.phase.is_over());
    assert_eq!(bench.line(0).steps(id).await.unwrap().unwrap().entries.len(), 3);
}
