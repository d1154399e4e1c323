//! One machine works on a dossier; the others are told which, and nothing of theirs goes over its work.

use super::machine::{Machine, receipt_of};
use super::{SignedBy, WarehouseBench};
use motcua_desk::ports::{Lease, LinkError, Warehouse};
use motcua_dossier::DossierId;
use motcua_wire::{Change, DossierEvent, DossierLease, LEASE_HOURS, LeaseDossier, Op, OpResult};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    a_dossier_is_leased_to_one_machine(&make().await).await;
    a_lease_is_taken_over_only_on_purpose(&make().await).await;
    a_lease_needs_a_dossier_as_it_is(&make().await).await;
    what_waits_meets_a_lease(&make().await).await;
}

fn wish(force: bool) -> LeaseDossier {
    LeaseDossier { officer: "canbo.mau".into(), force }
}

/// A machine that brought dossier 1 to version 1, another of its agency, and the dossier.
async fn office(bench: &dyn WarehouseBench) -> (Machine<'_>, Machine<'_>, DossierId) {
    let machine = Machine::of(bench, 0);
    let (_, op) = machine.filing(1, SignedBy::Agency).await;
    receipt_of(&machine.push(&op).await);
    (machine, Machine::of(bench, 1), op.dossier)
}

async fn ours(line: &dyn Warehouse, id: DossierId, version: u64, force: bool) -> DossierLease {
    match line.lease_dossier(id, version, &wish(force)).await.unwrap() {
        Lease::Ours(lease) => lease,
        Lease::Theirs(lease) => panic!("held by {lease:?}"),
    }
}

fn held_by(result: &OpResult) -> Option<&DossierLease> {
    match result {
        OpResult::Conflict { held_by, server: Some(_), .. } => held_by.as_ref(),
        other => panic!("no conflict: {other:?}"),
    }
}

async fn a_dossier_is_leased_to_one_machine(bench: &dyn WarehouseBench) {
    let (machine, other, id) = office(bench).await;
    let (line, others) = (bench.line(0), bench.line(1));
    assert_eq!(machine.view(1).await.lease, None);
    let lease = ours(&*line, id, 1, false).await;
    assert_eq!((lease.dossier, lease.device, lease.officer.as_str()), (id, bench.device(0), "canbo.mau"));
    let lasts = lease.until.0 - bench.now().0;
    assert!((lasts - LEASE_HOURS * 3_600_000).abs() < 60_000, "{lasts} ms");
    assert_eq!(machine.view(1).await.lease, Some(lease.clone()));
    let refused = others.lease_dossier(id, 1, &wish(false)).await;
    assert_eq!(refused, Ok(Lease::Theirs(lease.clone())), "and who has it");
    assert_eq!(others.give_back_dossier(id).await, Err(LinkError::Refused("dossierLeased".into())));
    let (_, theirs) = other.filing(1, SignedBy::Agency).await;
    let theirs = Op { base_version: 1, ..theirs };
    assert_eq!(held_by(&other.push(&theirs).await), Some(&lease));
    let (_, own) = machine.filing(1, SignedBy::Agency).await;
    receipt_of(&machine.push(&own).await);
    assert!(ours(&*line, id, 2, false).await.until >= lease.until, "its holder renews it");
    for _ in 0..2 {
        assert_eq!(line.give_back_dossier(id).await, Ok(()), "again is free");
    }
    assert_eq!(machine.view(1).await.lease, None);
    let seen = Op { base_version: 2, ..theirs };
    receipt_of(&other.push(&seen).await);
    assert_eq!(ours(&*others, id, 3, false).await.device, bench.device(1));
}

async fn a_lease_is_taken_over_only_on_purpose(bench: &dyn WarehouseBench) {
    let (machine, _, id) = office(bench).await;
    let (line, others) = (bench.line(0), bench.line(1));
    let before = line.changes(None, 500, 0).await.unwrap().next_cursor;
    ours(&*line, id, 1, false).await;
    ours(&*line, id, 1, false).await;
    let taken = ours(&*others, id, 1, true).await;
    assert_eq!(taken.device, bench.device(1));
    let (_, late) = machine.filing(1, SignedBy::Agency).await;
    assert_eq!(held_by(&machine.push(&late).await), Some(&taken), "what was under way is told, not lost");
    assert_eq!(line.give_back_dossier(id).await, Err(LinkError::Refused("dossierLeased".into())));
    others.give_back_dossier(id).await.unwrap();
    receipt_of(&machine.push(&late).await);
    let told: Vec<_> = line.changes(Some(&before), 500, 0).await.unwrap().items;
    let events = told.iter().filter_map(|change| match change {
        Change::Dossier { what, .. } => Some(*what),
        _ => None,
    });
    use DossierEvent::{LeaseEnded, Leased, PaperFiled};
    assert!(events.eq([Leased, Leased, LeaseEnded, PaperFiled]), "renewing is no news: {told:?}");
}

async fn a_lease_needs_a_dossier_as_it_is(bench: &dyn WarehouseBench) {
    let (_, _, id) = office(bench).await;
    let line = bench.line(0);
    for version in [0, 2] {
        let refused = line.lease_dossier(id, version, &wish(true)).await;
        assert_eq!(refused, Err(LinkError::Refused("dossierChanged".into())));
    }
    let unknown = DossierId::derive(1, &[77; 10]);
    let refused = Err(LinkError::Refused("dossierUnknown".into()));
    assert_eq!(line.lease_dossier(unknown, 0, &wish(false)).await.map(drop), refused);
    assert_eq!(line.give_back_dossier(unknown).await, refused);
}

async fn what_waits_meets_a_lease(bench: &dyn WarehouseBench) {
    let (machine, _, id) = office(bench).await;
    let (pdf, _, op) = machine.absent(1, SignedBy::Agency);
    machine.push(&op).await;
    let lease = ours(&*bench.line(1), id, 1, false).await;
    machine.upload(&pdf).await;
    assert_eq!(machine.view(1).await.version, 1, "never over the work of the holder");
    assert_eq!(held_by(&machine.push(&op).await), Some(&lease));
    bench.line(1).give_back_dossier(id).await.unwrap();
    receipt_of(&machine.push(&op).await);
}
