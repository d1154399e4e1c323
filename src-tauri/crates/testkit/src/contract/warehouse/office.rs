//! The dossiers of an agency in short, what became of operations, and what is said again in knowledge of the rest.

use super::machine::{Machine, code_of, receipt_of, returned};
use super::{SignedBy, WarehouseBench};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{DossierId, OpId};
use motcua_wire::{AcceptedDossier, EvidenceSource, LeaseDossier, Op, OpPayload, OpState, SignedReceipt};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    accepted_dossiers_are_listed_page_by_page(&make().await).await;
    a_machine_is_told_what_became_of_its_operations(&make().await).await;
    what_is_said_again_must_know_what_was_said(&make().await).await;
    a_paper_that_was_looked_up_needs_no_file(&make().await).await;
}

async fn a_paper_that_was_looked_up_needs_no_file(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let looked_up =
        |database: &str| EvidenceSource::Database { database: database.into(), note: "có".into() };
    let nameless = machine.accepted(vec![looked_up(" ")], vec![]).await;
    let refused = machine.push(&machine.op(1, OpPayload::AcceptDossier(Box::new(nameless)))).await;
    assert_eq!(code_of(&refused), "textMissing");
    let accepted = machine.accepted(vec![looked_up("CSDL hộ tịch điện tử")], vec![]).await;
    receipt_of(&machine.push(&machine.op(2, OpPayload::AcceptDossier(Box::new(accepted.clone())))).await);
    assert_eq!(machine.view(2).await.accepted, Some(accepted));
}

async fn accept(machine: &Machine<'_>, dossier: u8) -> (AcceptedDossier, Op, SignedReceipt) {
    let accepted = machine.accepted(vec![EvidenceSource::Absent], vec![]).await;
    let op = machine.op(dossier, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    let receipt = receipt_of(&machine.push(&op).await).clone();
    (accepted, op, receipt)
}

async fn accepted_dossiers_are_listed_page_by_page(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), bench.line(1));
    let (first, op, _) = accept(&machine, 1).await;
    accept(&machine, 2).await;
    accept(&machine, 3).await;
    let (_, filed) = machine.filing(4, SignedBy::Agency).await;
    receipt_of(&machine.push(&filed).await);
    let (mut found, mut after, mut cursor) = (vec![], None, None);
    loop {
        let page = other.office_page(after, 2).await.unwrap();
        cursor = cursor.or(Some(page.cursor));
        assert_eq!(page.epoch, other.about().await.unwrap().epoch);
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let ids: Vec<DossierId> = found.iter().map(|row| row.id).collect();
    assert_eq!(ids, [1, 2, 3].map(|n| DossierId::derive(1, &[n; 10])), "in their order, the accepted ones");
    let row = &found[0];
    assert_eq!((&row.code, row.version, row.device), (&first.code, 1, Some(bench.device(0))));
    assert_eq!(row.owner_number, bench.owner());
    assert_eq!((&row.deadline, row.accepted_at), (&first.deadline, first.accepted_at));
    assert!(row.returned_at.is_none() && row.holder.is_none());
    let changes = other.changes(cursor.as_deref(), 500, 0).await.unwrap();
    assert_eq!(changes.items, [], "changes go on where the list began");
    let wish = LeaseDossier { officer: "canbo.mau".into(), force: false };
    bench.line(0).lease_dossier(op.dossier, 1, &wish).await.unwrap();
    let asked = [op.dossier, filed.dossier, DossierId::derive(9, &[9; 10])];
    let told = other.office_dossiers(&asked).await.unwrap();
    assert_eq!(told.len(), 1, "what is not accepted, or not there, is left out");
    assert_eq!(told[0].holder.as_ref().map(|holder| holder.device), Some(bench.device(0)));
    assert!(other.office_dossiers(&vec![op.dossier; 501]).await.is_err());
}

async fn a_machine_is_told_what_became_of_its_operations(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (_, applied, receipt) = accept(&machine, 1).await;
    let (pdf, record, kept) = machine.absent(2, SignedBy::Agency);
    machine.push(&kept).await;
    let (_, refused) = machine.filing(3, SignedBy::Nobody).await;
    let code = code_of(&machine.push(&refused).await).to_owned();
    let never = OpId::derive(7, &[7; 10]);
    let asked = [applied.op_id, kept.op_id, refused.op_id, never];
    let states = |line: std::sync::Arc<dyn Warehouse>| async move {
        let told = line.op_states(&asked).await.unwrap();
        assert!(told.iter().map(|op| op.op_id).eq(asked), "in the order of the question");
        told.into_iter().map(|op| op.state).collect::<Vec<_>>()
    };
    let told = states(bench.line(0)).await;
    assert!(matches!(&told[0], OpState::Received { version: 1, receipt: held } if *held == receipt));
    assert_eq!(told[1], OpState::Kept { waits_for: vec![record.blob.to_string()] });
    assert_eq!(told[2], OpState::Refused { code });
    assert_eq!(told[3], OpState::Unknown);
    assert_eq!(
        states(bench.line(1)).await,
        vec![OpState::Unknown; 4],
        "another machine's are nobody's business"
    );
    machine.upload(&pdf).await;
    assert!(matches!(states(bench.line(0)).await[1], OpState::Received { .. }));
}

async fn what_is_said_again_must_know_what_was_said(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (accepted, op, _) = accept(&machine, 1).await;
    let changed = AcceptedDossier { fee: accepted.fee + 1000, ..accepted.clone() };
    let again = |base_version, said: &AcceptedDossier| Op {
        base_version,
        ..machine.op(1, OpPayload::AcceptDossier(Box::new(said.clone())))
    };
    assert_eq!(code_of(&machine.push(&again(0, &changed)).await), "alreadyAccepted");
    let other_code = machine.accepted(vec![EvidenceSource::Absent], vec![]).await;
    assert_eq!(
        code_of(&machine.push(&again(1, &other_code)).await),
        "alreadyAccepted",
        "a dossier has one code"
    );
    receipt_of(&machine.push(&again(1, &changed)).await);
    let view = bench.line(1).dossier(op.dossier).await.unwrap().unwrap();
    assert_eq!((view.version, view.accepted), (2, Some(changed)));
    let (first, _) = machine.filing(1, SignedBy::Agency).await;
    let (second, _) = machine.filing(1, SignedBy::Agency).await;
    receipt_of(&machine.push(&machine.op(1, returned(bench, first))).await);
    let result = machine.op(1, returned(bench, second.clone()));
    assert_eq!(code_of(&machine.push(&result).await), "alreadyReturned");
    let settled = Op { base_version: 3, ..machine.op(1, returned(bench, second.clone())) };
    receipt_of(&machine.push(&settled).await);
    let view = bench.line(1).dossier(op.dossier).await.unwrap().unwrap();
    assert_eq!(view.returned.unwrap().record.id, second.id);
}
