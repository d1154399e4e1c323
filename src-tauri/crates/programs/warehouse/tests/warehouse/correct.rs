//! A returned result is corrected: by two officers, with a file that may be a result; whoever uses the one before is told.

use crate::paper;
use crate::world::{
    OTHER_AGENCY, OWNER, World, accept, consent, file_document, fresh_uuid, is_applied, now, push, push_all,
    rejected_code, returned, reuse, today, tree, upload,
};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{
    BlobId, CorrectedResult, Day, DocumentId, DocumentRecord, DocumentStatus, DossierId, FeedbackAct,
    FeedbackReason, FeedbackRecord, OpId, OrgNode, StepAct, StepRecord, Timestamp,
};
use motcua_warehouse::{GrantWish, add_officer, grant, notices_list};
use motcua_wire::{Change, Op, OpPayload, OpResult, Purpose, Role};
use zeroize::Zeroizing;

const ASKS: &str = "canbo.demo";
const AGREES: &str = "truong.phong";
const SECRET: &str = "Mat-khau-mau-1";

/// A dossier, the paper its result became, and that file.
struct Finished {
    dossier: DossierId,
    document: DocumentId,
    blob: BlobId,
}

async fn accepted(world: &World) -> DossierId {
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let receipt = upload(&line, &paper::pdf(1, &format!("receipt {dossier}"))).await;
    let mut acceptance = accept(world.code(0).await, receipt, vec![]);
    acceptance.applicant.owner.phone = "0900000123".into();
    let op = world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(acceptance)));
    assert!(is_applied(&push(&line, &op).await));
    dossier
}

async fn finished(world: &World) -> Finished {
    let (line, dossier) = (world.line(0), accepted(world).await);
    let file = world.signed(&format!("result {dossier}"));
    let blob = upload(&line, &file).await;
    let mut record = paper::record(OWNER, &file, 1);
    record.metadata.shared = true;
    let document = record.id;
    assert!(is_applied(&push(&line, &world.op(0, dossier, 1, returned(record))).await));
    Finished { dossier, document, blob }
}

/// The corrected file and what an honest counter says of it.
fn corrected(of: &Finished, file: &[u8]) -> CorrectedResult {
    CorrectedResult {
        document: of.document,
        before: of.blob,
        blob: paper::blob(file),
        size: file.len() as u64,
        pages: 1,
        reason: FeedbackReason::WrongInformation,
        text: "Sai ngày sinh".into(),
        asked_at: now(),
        approved_by: AGREES.into(),
    }
}

fn step(world: &World, machine: usize, of: DossierId, officer: &str, said: CorrectedResult) -> Op {
    let act = StepAct::ResultCorrected(Box::new(said));
    let record = StepRecord { act, officer: officer.into(), at: now() };
    world.op(machine, of, 0, OpPayload::Step(Box::new(record)))
}

fn wish(role: Role, node: &str) -> GrantWish {
    GrantWish { role, node: node.into(), from: None, until: None, procedures: None }
}

fn employ(world: &World, login: &str, node: &str) {
    add_officer(&world.config, login, "Cán bộ mẫu", node, &Zeroizing::new(SECRET.to_owned())).unwrap();
}

#[tokio::test]
async fn the_corrected_file_takes_the_place_and_whoever_used_the_one_before_is_told() {
    let world = World::new().await;
    let (line, user) = (world.line(0), world.line(2));
    let of = finished(&world).await;
    let receipt = upload(&user, &paper::pdf(1, "receipt")).await;
    let mut acceptance = accept(world.code(2).await, receipt, vec![reuse(of.document)]);
    acceptance.consents = vec![consent(vec![of.document], false)];
    let used = world.op(2, DossierId(fresh_uuid()), 0, OpPayload::AcceptDossier(Box::new(acceptance)));
    assert!(is_applied(&push(&user, &used).await));
    let open = FeedbackAct::Given {
        document: of.document,
        reason: FeedbackReason::WrongInformation,
        text: "Sai".into(),
    };
    let record = FeedbackRecord { act: open, officer: "canbo.khac".into(), at: now() };
    let reported = world.op(2, DossierId(fresh_uuid()), 0, OpPayload::Feedback(Box::new(record)));
    assert!(is_applied(&push(&user, &reported).await));
    let cursor = user.changes(None, 500, 0).await.unwrap().next_cursor;

    let file = world.signed("corrected");
    let op = step(&world, 0, of.dossier, ASKS, corrected(&of, &file));
    let waits = push(&line, &op).await;
    assert!(matches!(waits, OpResult::Deferred { kept: true, .. }), "its file is not there: {waits:?}");
    upload(&line, &file).await;
    let OpResult::Duplicate { receipt, .. } = push(&line, &op).await else { panic!("applied by its file") };
    let body = receipt.verify(&world.receipt_key()).unwrap();
    assert_eq!((body.document, body.blobs), (Some(of.document), vec![paper::blob(&file)]));

    let papers = line.documents(&paper::record(OWNER, &file, 1).owner, Purpose::Intake).await;
    let papers: Vec<_> = papers.unwrap().into_iter().filter(|p| p.record.id == of.document).collect();
    let [paper] = &papers[..] else { panic!("one paper, the new one: {papers:?}") };
    assert_eq!((paper.version, paper.record.blob), (2, paper::blob(&file)));
    assert_eq!((paper.record.supersedes, paper.status), (Some(of.blob), DocumentStatus::Valid));
    let kept = line.fetch(&of.blob, &|_, _| {}, &Default::default()).await.unwrap();
    assert_eq!(paper::blob(&kept), of.blob, "the one before is kept");
    let told = line.steps(of.dossier).await.unwrap().unwrap().entries;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].record.act.corrected().map(|said| said.approved_by.as_str()), Some(AGREES));

    let news = user.changes(Some(&cursor), 500, 0).await.unwrap().items;
    for id in [op.op_id, reported.op_id] {
        assert!(news.contains(&Change::Feedback { id, document: of.document }), "{news:?}");
    }
    let heard = user.feedback(None, 200).await.unwrap().items;
    let wrong = heard.iter().find(|given| given.id == op.op_id).unwrap();
    assert!(wrong.is_wrong() && wrong.version == 1 && !wrong.ours, "{wrong:?}");
    assert_eq!(wrong.uses.iter().map(|use_| use_.dossier).collect::<Vec<_>>(), [used.dossier]);
    let answered = heard.iter().find(|given| given.id == reported.op_id).unwrap();
    assert!(answered.answer.as_ref().is_some_and(|answer| answer.corrected), "{answered:?}");
    assert!(notices_list(&world.config, None, 100).unwrap().iter().any(|n| n.event == "result_corrected"));

    // A second correction builds on the first; one that was agreed upon with the first file in sight does not.
    let third = world.signed("corrected again");
    upload(&line, &third).await;
    let stale = step(&world, 0, of.dossier, ASKS, corrected(&of, &third));
    assert_eq!(rejected_code(&push(&line, &stale).await), "supersedesMismatch");
    let again = CorrectedResult { before: paper::blob(&file), ..corrected(&of, &third) };
    assert!(is_applied(&push(&line, &step(&world, 0, of.dossier, ASKS, again)).await));
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn what_an_attacker_says_changes_nothing() {
    let world = World::new().await;
    let mut tree = tree();
    tree.push(OrgNode {
        id: "xa2".into(),
        name: "UBND xã Bên".into(),
        agency_code: Some(OTHER_AGENCY.into()),
        ..tree[0].clone()
    });
    world.load_tree(6, tree);
    let line = world.line(0);
    let (of, other) = (finished(&world).await, finished(&world).await);
    let unfinished = accepted(&world).await;
    let file = world.signed("forged");
    upload(&line, &file).await;
    let honest = || corrected(&of, &file);
    let refused = async |machine: usize, officer: &str, said: CorrectedResult| {
        let op = step(&world, machine, of.dossier, officer, said);
        rejected_code(&push(&world.line(machine), &op).await).to_owned()
    };
    for own in ["canbo.demo", "CANBO.DEMO", " canbo.demo "] {
        let said = CorrectedResult { approved_by: own.into(), ..honest() };
        assert_eq!(refused(0, ASKS, said).await, "approverIsOfficer", "{own}");
    }
    let said = CorrectedResult { approved_by: "  ".into(), ..honest() };
    assert_eq!(refused(0, ASKS, said).await, "textMissing", "nobody agreed");
    let said = CorrectedResult { text: String::new(), ..honest() };
    assert_eq!(refused(0, ASKS, said).await, "textMissing");
    assert_eq!(refused(2, ASKS, honest()).await, "dossierOfOtherAgency");
    let said = CorrectedResult { document: other.document, before: other.blob, ..honest() };
    assert_eq!(refused(0, ASKS, said).await, "resultNotOfDossier", "another citizen's paper");
    let said = CorrectedResult { blob: of.blob, ..honest() };
    assert_eq!(refused(0, ASKS, said).await, "sizeMismatch", "the file before, called another");
    let plain = paper::pdf(1, "unsigned");
    upload(&line, &plain).await;
    assert_eq!(refused(0, ASKS, corrected(&of, &plain)).await, "fileUnsigned");
    upload(&line, b"no paper").await;
    assert_eq!(refused(0, ASKS, corrected(&of, b"no paper")).await, "fileNotPdf");
    let by_officer = world.officer.sign(&paper::pdf(1, "by an officer alone"), now());
    upload(&line, &by_officer).await;
    assert_eq!(refused(0, ASKS, corrected(&of, &by_officer)).await, "agencySignatureMissing");

    let early = step(&world, 0, unfinished, ASKS, honest());
    let waits = push(&line, &early).await;
    assert!(matches!(waits, OpResult::Deferred { kept: false, .. }), "no result was returned: {waits:?}");
    let nowhere = world.signed("never sent");
    let waits = push(&line, &step(&world, 0, other.dossier, ASKS, corrected(&other, &nowhere))).await;
    assert!(matches!(waits, OpResult::Deferred { kept: true, .. }), "the file is not there: {waits:?}");

    // Where officers are known, both are asked for their right on that day.
    employ(&world, ASKS, "xa");
    grant(&world.config, ASKS, &wish(Role::Supervisor, "xa")).unwrap();
    assert_eq!(refused(0, ASKS, honest()).await, "approverNotGranted", "nobody of that name");
    employ(&world, AGREES, "xa");
    grant(&world.config, AGREES, &wish(Role::Clerk, "xa")).unwrap();
    let tomorrow = Day(today().0.next_day().unwrap());
    let later = GrantWish { from: Some(tomorrow), ..wish(Role::Supervisor, "xa") };
    grant(&world.config, AGREES, &later).unwrap();
    assert_eq!(refused(0, ASKS, honest()).await, "approverNotGranted", "another role, another day");
    employ(&world, "truong.khac", "xa2");
    grant(&world.config, "truong.khac", &wish(Role::Supervisor, "xa2")).unwrap();
    let said = CorrectedResult { approved_by: "truong.khac".into(), ..honest() };
    assert_eq!(refused(0, ASKS, said).await, "approverNotGranted", "a supervisor of another agency");
    employ(&world, "khach", "xa");
    grant(&world.config, AGREES, &wish(Role::Supervisor, "xa")).unwrap();
    assert_eq!(refused(0, "khach", honest()).await, "authorNotGranted", "whoever asks works here");

    let paper = |papers: Vec<motcua_dossier::DocumentSummary>| {
        papers.into_iter().find(|paper| paper.record.id == of.document).map(|p| (p.version, p.record.blob))
    };
    let owner = paper::record(OWNER, &file, 1).owner;
    let papers = line.documents(&owner, Purpose::Intake).await.unwrap();
    assert_eq!(paper(papers), Some((1, of.blob)), "nothing of all this had an effect");
    assert_eq!(line.steps(of.dossier).await.unwrap().unwrap().entries, []);
    assert_eq!(line.feedback(None, 200).await.unwrap().items, []);
    let op = step(&world, 0, of.dossier, ASKS, honest());
    let answers = push_all(&line, &[op.clone(), op]).await;
    assert!(matches!(answers[1], OpResult::Duplicate { .. }), "two officers with the right: {answers:?}");
    assert_eq!(line.steps(of.dossier).await.unwrap().unwrap().entries.len(), 1, "once");
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}

fn said(world: &World, officer: &str, act: FeedbackAct) -> Op {
    let record = FeedbackRecord { act, officer: officer.into(), at: now() };
    world.op(0, DossierId(fresh_uuid()), 0, OpPayload::Feedback(Box::new(record)))
}

/// The other way to another file of a paper: somebody says that it is wrong, and the agency files it anew.
#[tokio::test]
async fn a_result_is_filed_anew_by_nobody_alone() {
    let world = World::new().await;
    let line = world.line(0);
    let of = finished(&world).await;
    let file = world.signed("filed anew");
    upload(&line, &file).await;
    let record =
        DocumentRecord { id: of.document, supersedes: Some(of.blob), ..paper::record(OWNER, &file, 1) };
    let anew = || world.op(0, DossierId(fresh_uuid()), 0, file_document(record.clone()));
    assert_eq!(rejected_code(&push(&line, &anew()).await), "correctionNeedsApproval", "nobody reported it");
    let wrong = FeedbackAct::Given {
        document: of.document,
        reason: FeedbackReason::WrongInformation,
        text: "Sai ngày sinh".into(),
    };
    let report = said(&world, ASKS, wrong);
    assert!(is_applied(&push(&line, &report).await));
    assert!(is_applied(&push(&line, &anew()).await), "somebody did, and another one is to answer him");
    let answer =
        |feedback: OpId| FeedbackAct::Answered { feedback, corrected: true, text: "Đã sửa".into() };
    for own in [ASKS, "CANBO.DEMO "] {
        let answered = push(&line, &said(&world, own, answer(report.op_id))).await;
        assert_eq!(rejected_code(&answered), "approverIsOfficer", "{own}");
    }
    assert!(is_applied(&push(&line, &said(&world, AGREES, answer(report.op_id))).await));
    let papers = line.documents(&record.owner, Purpose::Intake).await.unwrap();
    let paper = papers.iter().find(|paper| paper.record.id == of.document).unwrap();
    assert_eq!((paper.version, paper.record.blob), (2, paper::blob(&file)));
}

#[tokio::test]
async fn the_days_of_a_correction_are_those_it_can_have_been_made_on() {
    let world = World::new().await;
    let line = world.line(0);
    let of = finished(&world).await;
    let file = world.signed("corrected");
    upload(&line, &file).await;
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let refused = async |asked: i64, agreed: i64| {
        let said = CorrectedResult { asked_at: Timestamp(now().0 + asked), ..corrected(&of, &file) };
        let mut op = step(&world, 0, of.dossier, ASKS, said);
        let OpPayload::Step(record) = &mut op.payload else { panic!("a step") };
        record.at = Timestamp(now().0 + agreed);
        rejected_code(&push(&line, &op).await).to_owned()
    };
    assert_eq!(refused(-DAY, 0).await, "madeTooEarly", "before there was a result");
    assert_eq!(refused(60_000, 0).await, "madeTooEarly", "agreed upon before it was asked for");
    assert_eq!(refused(0, DAY).await, "madeInFuture");
    let op = step(&world, 0, of.dossier, ASKS, corrected(&of, &file));
    assert!(is_applied(&push(&line, &op).await));
}

#[tokio::test]
async fn whoever_asked_is_judged_by_the_day_he_asked_on() {
    let world = World::new().await;
    let line = world.line(0);
    let of = finished(&world).await;
    let file = world.signed("corrected");
    upload(&line, &file).await;
    let yesterday = Day(today().0.previous_day().unwrap());
    employ(&world, ASKS, "xa");
    grant(&world.config, ASKS, &GrantWish { until: Some(yesterday), ..wish(Role::Clerk, "xa") }).unwrap();
    employ(&world, AGREES, "xa");
    grant(&world.config, AGREES, &wish(Role::Supervisor, "xa")).unwrap();
    let op = step(&world, 0, of.dossier, ASKS, corrected(&of, &file));
    assert_eq!(rejected_code(&push(&line, &op).await), "authorNotGranted", "he asked today");
}
