//! "Đã gửi, kho đang kiểm": what came before its files waits in the warehouse and is applied there.

use super::machine::{
    Machine, blob_of, code_of, consent, filing_of, receipt_of, returned, reuse, somebody_else,
};
use super::{SignedBy, WarehouseBench};
use motcua_dossier::{DocumentRecord, DocumentStatus, DossierCode};
use motcua_wire::{AcceptedDossier, EvidenceSource, Op, OpPayload, OpResult, WithdrawnWork};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    it_is_applied_by_itself_when_its_file_is_there(&make().await).await;
    a_dossier_waits_whole_and_is_applied_in_order(&make().await).await;
    what_needs_no_file_is_refused_at_once(&make().await).await;
    what_is_refused_later_takes_only_what_needs_it_out(&make().await).await;
    what_is_held_is_never_told_to_be_free(&make().await).await;
    a_change_meanwhile_is_a_conflict(&make().await).await;
    what_was_replaced_is_never_applied(&make().await).await;
    an_acceptance_that_was_applied_is_corrected(&make().await).await;
    a_result_that_was_applied_is_corrected(&make().await).await;
    nothing_of_others_is_replaced(&make().await).await;
    work_is_taken_back_whole_or_not_at_all(&make().await).await;
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

async fn what_was_replaced_is_never_applied(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (old_pdf, old, filing) = machine.absent(1, SignedBy::Agency);
    let scan = |r: &DocumentRecord| EvidenceSource::Scan { blob: r.blob, document: Some(r.id) };
    let first = machine.accepted(vec![scan(&old)], vec![]).await;
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(first.clone())));
    machine.push_all(&[&filing, &acceptance]).await;
    // The officer takes another paper: both are made anew.
    let (pdf, new, next) = machine.absent(1, SignedBy::Agency);
    let next = Op { replaces: vec![filing.op_id], ..next };
    let second =
        AcceptedDossier { components: machine.accepted(vec![scan(&new)], vec![]).await.components, ..first };
    let anew = machine.op(1, OpPayload::AcceptDossier(Box::new(second)));
    let never = machine.op(1, anew.payload.clone()).op_id;
    let anew = Op { replaces: vec![filing.op_id, acceptance.op_id, never], ..anew };
    for answer in machine.push_all(&[&next, &anew]).await {
        assert!(matches!(answer, OpResult::Deferred { kept: true, .. }), "{answer:?}");
    }
    machine.upload(&old_pdf).await;
    assert_eq!(machine.seen(1).await, None, "its file came, and nothing waits for it");
    machine.upload(&pdf).await;
    let view = machine.view(1).await;
    assert_eq!((view.version, view.accepted.map(|a| a.components[0].source.clone())), (2, Some(scan(&new))));
    for late in [&filing, &acceptance, &Op { op_id: never, ..acceptance.clone() }] {
        assert_eq!(code_of(&machine.push(late).await), "opReplaced", "a late copy");
    }
    assert_eq!(machine.papers(&[bench.owner()]).await.len(), 1);
    assert!(matches!(machine.push(&anew).await, OpResult::Duplicate { version: 2, .. }));
    let (_, late) = machine.filing(1, SignedBy::Agency).await;
    let late = Op { replaces: vec![anew.op_id], ..late };
    receipt_of(&machine.push(&late).await);
    assert!(matches!(machine.push(&anew).await, OpResult::Duplicate { .. }), "what was done stays done");
}

/// The answer to the first was lost, and its counter made another.
async fn an_acceptance_that_was_applied_is_corrected(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (wrong, right) = (machine.stocked(), machine.stocked());
    let uses = async |document| {
        let papers = machine.papers(&[bench.owner()]).await;
        papers.iter().find(|p| p.record.id == document).map(|p| p.uses).unwrap()
    };
    let consents = vec![consent(bench, wrong), consent(bench, right)];
    let accepted = machine.accepted(vec![reuse(wrong)], consents.clone()).await;
    let code = accepted.code.clone();
    let first = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    receipt_of(&machine.push(&first).await);
    let accepted =
        AcceptedDossier { code: code.clone(), ..machine.accepted(vec![reuse(right)], consents).await };
    let second = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let blind = Op { op_id: machine.op(1, second.payload.clone()).op_id, ..second.clone() };
    assert_eq!(code_of(&machine.push(&blind).await), "alreadyAccepted");
    let second = Op { replaces: vec![first.op_id], ..second };
    receipt_of(&machine.push(&second).await);
    let view = machine.view(1).await;
    assert_eq!(view.accepted.map(|a| (a.code, a.components[0].source.clone())), Some((code, reuse(right))));
    assert_eq!((uses(wrong).await, uses(right).await), (0, 1), "one use, of the paper that is used");
    assert!(matches!(machine.push(&first).await, OpResult::Duplicate { version: 1, .. }));
    assert!(matches!(machine.push(&second).await, OpResult::Duplicate { version: 2, .. }));
}

async fn nothing_of_others_is_replaced(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let (pdf, _, theirs) = other.absent(1, SignedBy::Agency);
    other.push(&theirs).await;
    let (_, elsewhere) = machine.filing(2, SignedBy::Agency).await;
    receipt_of(&machine.push(&elsewhere).await);
    for of_others in [theirs.op_id, elsewhere.op_id] {
        let (_, op) = machine.filing(1, SignedBy::Agency).await;
        let itself = Op { replaces: vec![op.op_id], ..op.clone() };
        assert_eq!(code_of(&machine.push(&itself).await), "replacesUnfit");
        let (_, op) = machine.filing(1, SignedBy::Agency).await;
        let op = Op { replaces: vec![of_others], ..op };
        assert_eq!(code_of(&machine.push(&op).await), "replacesUnfit");
    }
    other.upload(&pdf).await;
    assert!(matches!(other.push(&theirs).await, OpResult::Duplicate { .. }), "it was applied all the same");
    let (_, later) = other.filing(1, SignedBy::Agency).await;
    let (_, op) = machine.filing(1, SignedBy::Agency).await;
    receipt_of(&machine.push(&Op { replaces: vec![later.op_id], ..op }).await);
    receipt_of(&other.push(&later).await);
}

async fn work_is_taken_back_whole_or_not_at_all(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let take_back = |ops: Vec<motcua_dossier::OpId>, approver: &str| {
        let work = WithdrawnWork {
            ops: ops.clone(),
            reason: "quét nhầm giấy".into(),
            officer: "canbo.mau".into(),
            approved_by: approver.into(),
            at: bench.now(),
        };
        Op { replaces: ops, ..machine.op(1, OpPayload::Withdraw(Box::new(work))) }
    };
    let (pdf, record, filing) = machine.absent(1, SignedBy::Agency);
    let scan = EvidenceSource::Scan { blob: record.blob, document: Some(record.id) };
    let accepted = machine.accepted(vec![scan], vec![]).await;
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let (result_pdf, result, _) = machine.absent(1, SignedBy::Agency);
    let result = machine.op(1, returned(bench, result));
    machine.push_all(&[&filing, &acceptance, &result]).await;
    for nobody in ["", "canbo.mau"] {
        assert_eq!(code_of(&machine.push(&take_back(vec![result.op_id], nobody)).await), "withdrawUnfit");
    }
    let blind = Op { replaces: vec![], ..take_back(vec![result.op_id], "truong.mau") };
    assert_eq!(code_of(&machine.push(&blind).await), "withdrawUnfit");
    let alone = take_back(vec![result.op_id], "truong.mau");
    receipt_of(&machine.push(&alone).await);
    assert!(matches!(machine.push(&alone).await, OpResult::Duplicate { .. }));
    machine.upload(&result_pdf).await;
    machine.upload(&pdf).await;
    let view = machine.view(1).await;
    assert_eq!((view.accepted.is_some(), view.returned), (true, None), "the rest went its way");
    assert_eq!(code_of(&machine.push(&result).await), "opReplaced");
    let (_, next, _) = machine.absent(1, SignedBy::Agency);
    let next = machine.op(1, returned(bench, next));
    machine.push(&next).await;
    let late = take_back(vec![acceptance.op_id, next.op_id], "truong.mau");
    assert_eq!(code_of(&machine.push(&late).await), "withdrawTooLate");
    assert!(matches!(machine.push(&next).await, OpResult::Deferred { kept: true, .. }), "all of it goes on");
}

/// The first was taken back too late; its dossier has another by then.
async fn a_result_that_was_applied_is_corrected(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let accepted = machine.accepted(vec![], vec![]).await;
    receipt_of(&machine.push(&machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)))).await);
    let (first_record, _) = machine.filing(1, SignedBy::Agency).await;
    let first = machine.op(1, returned(bench, first_record.clone()));
    receipt_of(&machine.push(&first).await);
    let (record, _) = machine.filing(1, SignedBy::Agency).await;
    let blind = machine.op(1, returned(bench, record.clone()));
    assert_eq!(code_of(&machine.push(&blind).await), "alreadyReturned");
    let second = Op { replaces: vec![first.op_id], ..machine.op(1, returned(bench, record.clone())) };
    receipt_of(&machine.push(&second).await);
    assert_eq!(machine.view(1).await.returned.map(|r| r.record.id), Some(record.id));
    let status = async |id| {
        let papers = machine.papers(&[bench.owner()]).await;
        papers.iter().find(|p| p.record.id == id).map(|p| p.status).unwrap()
    };
    assert_eq!(status(first_record.id).await, DocumentStatus::Cancelled, "nobody reuses the first");
    assert_eq!(status(record.id).await, DocumentStatus::Valid);
    assert!(matches!(machine.push(&first).await, OpResult::Duplicate { .. }));
}
