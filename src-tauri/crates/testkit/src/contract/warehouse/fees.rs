//! Fees beside a dossier: what is taken, what is refused, and what another machine is told.

use super::WarehouseBench;
use super::machine::{Machine, code_of, receipt_of};
use motcua_dossier::{DossierId, FeeAct, FeeMethod, FeeRecord, OpId};
use motcua_wire::{AcceptedDossier, Change, DossierEvent, EvidenceSource, Op, OpPayload, OpResult};

const FEE: u64 = 8000;

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    entries_make_an_account_every_machine_reads(&make().await).await;
    an_entry_that_does_not_fit_is_refused_by_its_reason(&make().await).await;
    a_fee_waits_for_its_dossier_and_leaves_its_version_alone(&make().await).await;
}

async fn accept(machine: &Machine<'_>, dossier: u8) -> AcceptedDossier {
    let accepted =
        AcceptedDossier { fee: FEE, ..machine.accepted(vec![EvidenceSource::Absent], vec![]).await };
    let op = machine.op(dossier, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    receipt_of(&machine.push(&op).await);
    accepted
}

fn fee(bench: &dyn WarehouseBench, machine: &Machine<'_>, dossier: u8, act: FeeAct) -> Op {
    let record = FeeRecord { act, officer: "canbo.mau".into(), at: bench.now() };
    machine.op(dossier, OpPayload::Fee(Box::new(record)))
}

fn paid(amount: u64, number: &str) -> FeeAct {
    FeeAct::Paid { amount, method: FeeMethod::Cash, receipt_number: number.into() }
}

fn reversed(entry: OpId) -> FeeAct {
    FeeAct::Reversed { entry, reason: "thu nhầm".into() }
}

async fn entries_make_an_account_every_machine_reads(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), bench.line(1));
    let id = DossierId::derive(1, &[1; 10]);
    assert_eq!(other.fees(id).await, Ok(None), "no dossier, no fees");
    accept(&machine, 1).await;
    let cursor = other.changes(None, 500, 0).await.unwrap().next_cursor;
    let relief = FeeAct::Relieved { amount: 3000, reason: "hộ nghèo".into() };
    let first = fee(bench, &machine, 1, paid(5000, "BL 01"));
    for op in [&first, &fee(bench, &machine, 1, relief)] {
        receipt_of(&machine.push(op).await);
    }
    let told = other.fees(id).await.unwrap().unwrap();
    assert_eq!((told.fee, told.paid, told.relieved, told.due), (FEE, 5000, 3000, 0));
    assert!(told.settled && told.beyond == 0);
    let entry = &told.entries[0];
    assert_eq!((entry.id, entry.device), (first.op_id, bench.device(0)));
    receipt_of(&machine.push(&fee(bench, &machine, 1, reversed(first.op_id))).await);
    let told = other.fees(id).await.unwrap().unwrap();
    assert_eq!((told.paid, told.due, told.settled, told.entries.len()), (0, 5000, false, 3));
    let heard = other.changes(Some(&cursor), 500, 0).await.unwrap().items;
    let of_fees = |change: &&Change| matches!(change, Change::Dossier { id: of, what: DossierEvent::FeeRecorded, .. } if *of == id);
    assert_eq!(heard.iter().filter(of_fees).count(), 3, "each entry is told of");
}

async fn an_entry_that_does_not_fit_is_refused_by_its_reason(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    accept(&machine, 1).await;
    accept(&machine, 2).await;
    let entered = fee(bench, &machine, 1, paid(5000, "BL 01"));
    receipt_of(&machine.push(&entered).await);
    let never = OpId::derive(7, &[7; 10]);
    for (dossier, act, code) in [
        (1, paid(3001, "BL 02"), "feeBeyondDue"),
        (1, paid(0, "BL 02"), "feeZero"),
        (2, paid(1, "BL 01"), "feeReceiptTaken"),
        (2, reversed(entered.op_id), "feeEntryUnknown"),
        (1, reversed(never), "feeEntryUnknown"),
    ] {
        let told = machine.push(&fee(bench, &machine, dossier, act.clone())).await;
        assert_eq!(code_of(&told), code, "{act:?}");
    }
    receipt_of(&machine.push(&fee(bench, &machine, 1, reversed(entered.op_id))).await);
    let again = machine.push(&fee(bench, &machine, 1, reversed(entered.op_id))).await;
    assert_eq!(code_of(&again), "feeReversedBefore");
    receipt_of(&machine.push(&fee(bench, &machine, 2, paid(1, "BL 01"))).await);
}

async fn a_fee_waits_for_its_dossier_and_leaves_its_version_alone(bench: &dyn WarehouseBench) {
    let (machine, colleague) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let early = fee(bench, &machine, 1, paid(1, "BL 01"));
    assert!(matches!(machine.push(&early).await, OpResult::Deferred { .. }));
    let accepted = accept(&machine, 1).await;
    // Another machine has seen nothing of the dossier, and takes money for it.
    receipt_of(&colleague.push(&fee(bench, &colleague, 1, paid(2, "BL 02"))).await);
    let view = machine.view(1).await;
    assert_eq!((view.version, view.accepted), (1, Some(accepted)));
}
