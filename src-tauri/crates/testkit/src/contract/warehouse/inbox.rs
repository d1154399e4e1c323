//! "Đã gửi, kho đang kiểm": what came before its files waits in the warehouse and is applied there.

use super::machine::{Machine, blob_of, code_of, filing_of, receipt_of, returned, somebody_else};
use super::{SignedBy, WarehouseBench};
use motcua_dossier::{DocumentRecord, DossierCode};
use motcua_wire::{AcceptedDossier, EvidenceSource, Op, OpPayload, OpResult};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    it_is_applied_by_itself_when_its_file_is_there(&make().await).await;
    a_dossier_waits_whole_and_is_applied_in_order(&make().await).await;
    what_needs_no_file_is_refused_at_once(&make().await).await;
    what_is_refused_later_takes_only_what_needs_it_out(&make().await).await;
    what_is_held_is_never_told_to_be_free(&make().await).await;
    a_change_meanwhile_is_a_conflict(&make().await).await;
}

fn waits(op: &Op, waits_for: Vec<String>) -> OpResult {
    OpResult::Deferred { op_id: op.op_id, waits_for, kept: true }
}

async fn it_is_applied_by_itself_when_its_file_is_there(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let (pdf, record, op) = machine.absent(1, SignedBy::Agency);
    for _ in 0..3 {
        assert_eq!(machine.push(&op).await, waits(&op, vec![blob_of(&pdf).to_string()]));
    }
    let strangers = DocumentRecord { owner: vec![somebody_else()], ..record.clone() };
    let changed = Op { payload: filing_of(strangers), ..op.clone() };
    assert_eq!(code_of(&machine.push(&changed).await), "idempotencyMismatch", "its id is taken");
    assert_eq!((machine.papers(&[bench.owner()]).await, machine.seen(1).await), (vec![], None));
    other.upload(&pdf).await;
    let papers = machine.papers(&[bench.owner()]).await;
    assert_eq!(papers.iter().map(|p| &p.record).collect::<Vec<_>>(), [&record], "nobody asked");
    let OpResult::Duplicate { version: 1, receipt, .. } = machine.push(&op).await else { panic!("not done") };
    assert_eq!(machine.view(1).await.receipts, [receipt], "one effect, one receipt");
}

async fn a_dossier_waits_whole_and_is_applied_in_order(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (first_pdf, first, filing) = machine.absent(1, SignedBy::Agency);
    let (second_pdf, second, next) = machine.absent(1, SignedBy::Agency);
    let receipt = bench.paper(SignedBy::Nobody, machine.next());
    let scan = |r: &DocumentRecord| EvidenceSource::Scan { blob: r.blob, document: Some(r.id) };
    let accepted = machine.accepted(vec![scan(&first), scan(&second)], vec![]).await;
    let accepted = AcceptedDossier { receipt: blob_of(&receipt), ..accepted };
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let (result_pdf, result, _) = machine.absent(1, SignedBy::Agency);
    // It knows what the others will make of the dossier.
    let result = Op { base_version: 3, ..machine.op(1, returned(bench, result)) };
    let all = [&filing, &next, &acceptance, &result];
    let answers = machine.push_all(&all).await;
    let kept = |r: &OpResult| matches!(r, OpResult::Deferred { kept: true, .. });
    assert!(answers.iter().all(kept), "{answers:?}");
    for pdf in [&result_pdf, &receipt] {
        machine.upload(pdf).await;
        assert_eq!(machine.seen(1).await, None, "nothing overtakes the papers");
    }
    machine.upload(&second_pdf).await;
    let view = machine.view(1).await;
    assert_eq!(
        (view.version, view.accepted),
        (1, None),
        "the acceptance waits for both, no paper for another"
    );
    machine.upload(&first_pdf).await;
    let view = machine.view(1).await;
    assert_eq!((view.version, view.returned.is_some()), (4, true));
    let answers = machine.push_all(&all).await;
    for (answer, place) in answers.iter().zip([2, 1, 3, 4]) {
        let OpResult::Duplicate { version, receipt, .. } = answer else { panic!("{answer:?}") };
        assert_eq!((*version, receipt), (place as u64, &view.receipts[place - 1]));
    }
}

async fn what_needs_no_file_is_refused_at_once(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let nobodys = DossierCode::derive(&bench.agency(), bench.now().day(), 9998).unwrap();
    let accepted = AcceptedDossier {
        code: nobodys,
        receipt: blob_of(b"a receipt that never came"),
        ..machine.accepted(vec![], vec![]).await
    };
    let op = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    assert_eq!(code_of(&machine.push(&op).await), "codeNotLeased");
    let (record, filing) = machine.filing(2, SignedBy::Agency).await;
    receipt_of(&machine.push(&filing).await);
    let twice = DocumentRecord { blob: blob_of(b"another file"), ..record };
    let op = machine.op(2, filing_of(twice));
    assert_eq!(code_of(&machine.push(&op).await), "documentExists");
    let (pdf, ..) = machine.absent(3, SignedBy::Nobody);
    machine.upload(&pdf).await;
    let (_, _, waiting) = machine.absent(3, SignedBy::Agency);
    let unsigned = machine.op(3, filing_of(machine.record(&pdf)));
    let answers = machine.push_all(&[&waiting, &unsigned]).await;
    assert_eq!(code_of(&answers[1]), "fileUnsigned", "a file that is there is looked into");
}

async fn what_is_refused_later_takes_only_what_needs_it_out(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (poison, refused, first) = machine.absent(1, SignedBy::Nobody);
    let (second, filing) = machine.filing(1, SignedBy::Agency).await;
    let scan = EvidenceSource::Scan { blob: refused.blob, document: Some(refused.id) };
    let accepted = machine.accepted(vec![scan], vec![]).await;
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let (_, result, _) = machine.absent(1, SignedBy::Agency);
    let result = machine.op(1, returned(bench, result));
    let (good, elsewhere_record, elsewhere) = machine.absent(2, SignedBy::Agency);
    machine.push_all(&[&first, &filing, &acceptance, &result, &elsewhere]).await;
    machine.upload(&poison).await;
    let filed =
        async || machine.papers(&[bench.owner()]).await.iter().map(|p| p.record.id).collect::<Vec<_>>();
    assert_eq!(filed().await, [second.id], "the next paper needs it not");
    let view = machine.view(1).await;
    assert_eq!((view.version, view.accepted), (1, None), "what names it does");
    machine.upload(&good).await;
    assert!(filed().await.contains(&elsewhere_record.id), "the other dossier goes on");
    for _ in 0..2 {
        assert_eq!(code_of(&machine.push(&first).await), "fileUnsigned");
    }
    for op in [&acceptance, &result] {
        let stays = machine.push(op).await;
        assert!(matches!(stays, OpResult::Deferred { kept: false, .. }), "nobody waits for it: {stays:?}");
    }
}

async fn what_is_held_is_never_told_to_be_free(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (poison, _, first) = machine.absent(1, SignedBy::Nobody);
    let (pdf, _, second) = machine.absent(1, SignedBy::Agency);
    machine.push_all(&[&first, &second]).await;
    machine.upload(&poison).await;
    let answers = machine.push_all(&[&first, &second]).await;
    assert_eq!(code_of(&answers[0]), "fileUnsigned");
    assert_eq!(answers[1], waits(&second, vec![blob_of(&pdf).to_string()]), "it waits on, and says so");
    machine.upload(&pdf).await;
    assert!(matches!(machine.push(&second).await, OpResult::Duplicate { version: 1, .. }));
}

async fn a_change_meanwhile_is_a_conflict(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let receipt = bench.paper(SignedBy::Nobody, machine.next());
    let accepted = machine.accepted(vec![], vec![]).await;
    let accepted = AcceptedDossier { receipt: blob_of(&receipt), ..accepted };
    let op = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    machine.push(&op).await;
    let (_, theirs) = other.filing(1, SignedBy::Agency).await;
    receipt_of(&other.push(&theirs).await);
    machine.upload(&receipt).await;
    assert_eq!(machine.view(1).await.version, 1, "never over the work of another");
    assert!(matches!(machine.push(&op).await, OpResult::Conflict { server_version: 1, .. }));
    let seen = Op { base_version: 1, ..op };
    receipt_of(&machine.push(&seen).await);
}
