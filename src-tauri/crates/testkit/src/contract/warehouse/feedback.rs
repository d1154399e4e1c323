//! Feedback on papers: recorded, found right or wrong, and filed anew.

use super::machine::{Machine, code_of, consent, filing_of, receipt_of, reuse};
use super::{SignedBy, WarehouseBench};
use motcua_dossier::{
    DocumentId, DocumentRecord, DocumentStatus, FeedbackAct, FeedbackReason, FeedbackRecord, OpId,
};
use motcua_wire::{Change, Feedback, Op, OpPayload, OpResult, Purpose};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    a_feedback_is_heard_and_answered_once(&make().await).await;
    a_paper_found_wrong_is_not_offered_until_it_is_filed_anew(&make().await).await;
    whoever_uses_a_wrong_paper_is_told(&make().await).await;
}

fn act(bench: &dyn WarehouseBench, machine: &Machine<'_>, dossier: u8, act: FeedbackAct) -> Op {
    let record = FeedbackRecord { act, officer: "canbo.mau".into(), at: bench.now() };
    machine.op(dossier, OpPayload::Feedback(Box::new(record)))
}

fn given(document: DocumentId) -> FeedbackAct {
    FeedbackAct::Given { document, reason: FeedbackReason::WrongInformation, text: "Sai ngày sinh".into() }
}

fn answered(feedback: OpId, corrected: bool) -> FeedbackAct {
    FeedbackAct::Answered { feedback, corrected, text: "Đã kiểm tra".into() }
}

fn confirmed(feedback: OpId) -> FeedbackAct {
    FeedbackAct::Confirmed { feedback, text: "Sai ngày sinh so với sổ gốc".into() }
}

/// A paper this office filed, and a feedback on it.
async fn reported(bench: &dyn WarehouseBench, machine: &Machine<'_>) -> (DocumentRecord, OpId) {
    let (record, op) = machine.filing(1, SignedBy::Agency).await;
    receipt_of(&machine.push(&op).await);
    let report = act(bench, machine, 2, given(record.id));
    receipt_of(&machine.push(&report).await);
    assert!(matches!(machine.push(&report).await, OpResult::Duplicate { .. }), "once");
    (record, report.op_id)
}

async fn heard(bench: &dyn WarehouseBench) -> Vec<Feedback> {
    bench.line(1).feedback(None, 200).await.unwrap().items
}

async fn status(bench: &dyn WarehouseBench, id: DocumentId) -> DocumentStatus {
    let papers = bench.line(1).documents(&[bench.owner()], Purpose::Intake).await.unwrap();
    papers.iter().find(|paper| paper.record.id == id).unwrap().status
}

async fn a_feedback_is_heard_and_answered_once(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let cursor = bench.line(1).changes(None, 500, 0).await.unwrap().next_cursor;
    let (record, id) = reported(bench, &machine).await;
    let told = bench.line(1).changes(Some(&cursor), 500, 0).await.unwrap().items;
    assert!(told.contains(&Change::Feedback { id, document: record.id }));
    let one = heard(bench).await.remove(0);
    assert_eq!((one.id, one.document, one.version, one.ours), (id, record.id, 1, true));
    assert_eq!((one.text.as_str(), one.confirmed, one.answer), ("Sai ngày sinh", None, None));
    assert_eq!(one.paper.unwrap().record, record, "what it is about is told with it");
    let unknown = answered(OpId::derive(9, &[9; 10]), false);
    assert_eq!(code_of(&machine.push(&act(bench, &machine, 2, unknown)).await), "feedbackUnknown");
    let early = act(bench, &machine, 2, answered(id, true));
    assert_eq!(code_of(&machine.push(&early).await), "paperNotCorrected");
    receipt_of(&machine.push(&act(bench, &machine, 2, answered(id, false))).await);
    for late in [answered(id, false), confirmed(id)] {
        assert_eq!(code_of(&machine.push(&act(bench, &machine, 2, late)).await), "feedbackAnswered");
    }
    let answer = heard(bench).await.remove(0).answer.unwrap();
    assert_eq!((answer.corrected, answer.text.as_str()), (false, "Đã kiểm tra"));
    assert!(
        bench.line(1).feedback(None, 0).await.is_err() && bench.line(1).feedback(None, 201).await.is_err()
    );
    receipt_of(&machine.push(&act(bench, &machine, 3, given(record.id))).await);
    let page = bench.line(0).feedback(None, 1).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let rest = bench.line(0).feedback(page.next, 1).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

async fn a_paper_found_wrong_is_not_offered_until_it_is_filed_anew(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (record, id) = reported(bench, &machine).await;
    assert_eq!(status(bench, record.id).await, DocumentStatus::Valid, "a feedback alone takes nothing away");
    receipt_of(&machine.push(&act(bench, &machine, 2, confirmed(id))).await);
    assert_eq!(code_of(&machine.push(&act(bench, &machine, 2, confirmed(id))).await), "feedbackAnswered");
    assert_eq!(status(bench, record.id).await, DocumentStatus::UnderCorrection);
    let found = heard(bench).await.remove(0);
    assert!(found.answer.is_none() && found.confirmed.is_some_and(|f| f.text.contains("sổ gốc")));
    let pdf = bench.paper(SignedBy::Agency, machine.next());
    machine.upload(&pdf).await;
    let better = DocumentRecord { id: record.id, supersedes: Some(record.blob), ..machine.record(&pdf) };
    receipt_of(&machine.push(&machine.op(2, filing_of(better.clone()))).await);
    assert_eq!(status(bench, record.id).await, DocumentStatus::Valid);
    receipt_of(&machine.push(&act(bench, &machine, 2, answered(id, true))).await);
    let done = heard(bench).await.remove(0);
    assert!(done.answer.is_some_and(|answer| answer.corrected));
    assert_eq!(done.paper.map(|paper| (paper.record, paper.version)), Some((better, 2)));
}

async fn whoever_uses_a_wrong_paper_is_told(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (record, id) = reported(bench, &machine).await;
    let (source, consents) = (reuse(record.id), vec![consent(bench, record.id)]);
    let accepted = machine.accepted(vec![source], consents).await;
    let op = machine.op(4, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    receipt_of(&machine.push(&op).await);
    assert_eq!(heard(bench).await.remove(0).uses, [], "nothing is wrong yet");
    receipt_of(&machine.push(&act(bench, &machine, 2, confirmed(id))).await);
    let uses = heard(bench).await.remove(0).uses;
    let told: Vec<_> = uses.iter().map(|use_| (use_.dossier, &use_.code, use_.returned)).collect();
    assert_eq!(told, [(op.dossier, &accepted.code, false)]);
    assert_eq!(uses[0].officer, accepted.officer);
}
