//! Dossiers that come through a portal: what the counters see of them, and what becomes of them.

use super::machine::{Machine, code_of, receipt_of};
use super::{SignedBy, WarehouseBench};
use motcua_desk::ports::LinkError;
use motcua_dossier::{
    Channel, Consent, ConsentMethod, DeclineKind, DeclineReason, Declined, DocumentId, DossierId, PartyKind,
    PortalAccount, ReturnMethod, Submission, SubmittedPaper,
};
use motcua_wire::{
    AcceptedDossier, Change, DeclinedDossier, DossierEvent, EvidenceSource, LeaseDossier, OpPayload, OpResult,
};

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    a_submission_waits_until_it_is_accepted(&make().await).await;
    a_submission_that_is_declined_waits_no_more(&make().await).await;
    a_submission_waits_for_its_files(&make().await).await;
    a_portal_submits_and_does_nothing_else(&make().await).await;
    what_comes_after_its_outcome_tells_the_portal_of_it(&make().await).await;
    a_portal_s_word_for_a_paper_is_its_sender_s(&make().await).await;
    another_machine_s_word_is_never_replaced(&make().await).await;
}

fn id(dossier: u8) -> DossierId {
    DossierId::derive(1, &[dossier; 10])
}

/// With one file, which is uploaded.
async fn sent(bench: &dyn WarehouseBench, portal: &Machine<'_>) -> Submission {
    let blob = portal.upload(&bench.paper(SignedBy::Nobody, portal.next())).await;
    with_file(bench, EvidenceSource::File { blob, document: None })
}

fn with_file(bench: &dyn WarehouseBench, source: EvidenceSource) -> Submission {
    Submission {
        reference: "TT-0001".into(),
        agency: bench.agency(),
        resolving_agency: String::new(),
        district: String::new(),
        channel: Channel::Online,
        return_method: ReturnMethod::Counter,
        applicant: Machine::of(bench, 0).applicant(),
        account: Some(PortalAccount {
            kind: PartyKind::Citizen,
            number: None,
            login: "VNeID".into(),
            assurance: String::new(),
        }),
        procedure: bench.procedure(),
        case_code: bench.case(),
        papers: vec![SubmittedPaper { component: 1, name: "Tờ khai mẫu".into(), source }],
        note: String::new(),
        sent_at: bench.now(),
        follows: None,
    }
}

fn declined(bench: &dyn WarehouseBench, reasons: &[&str]) -> OpPayload {
    let reason = |text: &&str| DeclineReason { code: String::new(), text: (*text).into() };
    let record = Declined {
        kind: DeclineKind::Refusal,
        reasons: reasons.iter().map(reason).collect(),
        officer: "canbo.mau".into(),
        at: bench.now(),
    };
    OpPayload::Decline(Box::new(DeclinedDossier {
        record,
        channel: Channel::Online,
        applicant: Machine::of(bench, 0).applicant(),
        procedure: bench.procedure(),
        case_code: bench.case(),
    }))
}

async fn a_submission_waits_until_it_is_accepted(bench: &dyn WarehouseBench) {
    let (counter, portal) = (Machine::of(bench, 0), Machine::of(bench, bench.portal()));
    let (line, other) = (bench.line(0), bench.line(1));
    assert_eq!(line.submissions(None, 10).await.unwrap().items, []);
    let cursor = line.changes(None, 500, 0).await.unwrap().next_cursor;
    let (first, second) = (sent(bench, &portal).await, sent(bench, &portal).await);
    let op = portal.op(1, OpPayload::Submit(Box::new(first.clone())));
    receipt_of(&portal.push(&op).await);
    assert!(matches!(portal.push(&op).await, OpResult::Duplicate { .. }), "once, however often it is sent");
    receipt_of(&portal.push(&portal.op(2, OpPayload::Submit(Box::new(second.clone())))).await);
    let page = line.submissions(None, 10).await.unwrap();
    let waiting: Vec<_> = page.items.iter().map(|item| (item.id, item.version, &item.submission)).collect();
    assert_eq!((waiting, page.next), (vec![(id(1), 1, &first), (id(2), 1, &second)], None));
    let page = line.submissions(None, 1).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, Some(id(1))));
    let rest = line.submissions(page.next, 10).await.unwrap();
    assert_eq!(rest.items.iter().map(|item| item.id).collect::<Vec<_>>(), [id(2)]);
    let heard = line.changes(Some(&cursor), 500, 0).await.unwrap().items;
    let submitted = |change: &&Change| {
        matches!(change, Change::Dossier { what: DossierEvent::Submitted, code: None, .. })
    };
    assert_eq!(heard.iter().filter(submitted).count(), 2, "the counters are told");
    assert_eq!(line.office_page(None, 10).await.unwrap().items, [], "it is no dossier of the office yet");
    // One counter looks into it, and the other sees that.
    let wish = LeaseDossier { officer: "canbo.mau".into(), force: false };
    line.lease_dossier(id(1), 1, &wish).await.unwrap();
    let there = other.submissions(None, 10).await.unwrap().items;
    assert_eq!(there[0].holder.as_ref().map(|holder| holder.device), Some(bench.device(0)));
    let EvidenceSource::File { blob, .. } = first.papers[0].source else { panic!() };
    let cancel = tokio_util::sync::CancellationToken::new();
    let file = line.fetch(&blob, &|_, _| {}, &cancel).await.unwrap();
    assert_eq!(super::machine::blob_of(&file), blob, "its files are the office's");
    let accepted = counter.accepted(vec![EvidenceSource::File { blob, document: None }], vec![]).await;
    let acceptance = counter.op(1, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    receipt_of(&counter.push(&motcua_wire::Op { base_version: 1, ..acceptance }).await);
    let left = line.submissions(None, 10).await.unwrap().items;
    assert_eq!(left.iter().map(|item| item.id).collect::<Vec<_>>(), [id(2)], "it waits no more");
    let view = bench.line(bench.portal()).dossier(id(1)).await.unwrap().unwrap();
    assert_eq!((view.submitted, view.accepted.map(|a| a.code)), (Some(first), Some(accepted.code)));
}

async fn a_submission_that_is_declined_waits_no_more(bench: &dyn WarehouseBench) {
    let (counter, portal) = (Machine::of(bench, 0), Machine::of(bench, bench.portal()));
    let submission = sent(bench, &portal).await;
    receipt_of(&portal.push(&portal.op(1, OpPayload::Submit(Box::new(submission)))).await);
    let say =
        |reasons: &[&str]| motcua_wire::Op { base_version: 1, ..counter.op(1, declined(bench, reasons)) };
    assert_eq!(code_of(&counter.push(&say(&[])).await), "textMissing");
    receipt_of(&counter.push(&say(&["Không thuộc thẩm quyền"])).await);
    assert_eq!(
        code_of(&counter.push(&motcua_wire::Op { base_version: 2, ..say(&["Lần nữa"]) }).await),
        "alreadyDeclined"
    );
    assert_eq!(bench.line(0).submissions(None, 10).await.unwrap().items, []);
    let view = bench.line(bench.portal()).dossier(id(1)).await.unwrap().unwrap();
    assert_eq!(
        view.declined.unwrap().record.reasons[0].text,
        "Không thuộc thẩm quyền",
        "the portal is told why"
    );
    let accepted = counter.accepted(vec![EvidenceSource::Absent], vec![]).await;
    let late = counter.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    assert_eq!(code_of(&counter.push(&motcua_wire::Op { base_version: 2, ..late }).await), "dossierDeclined");
    // A word that was taken back when it was here already gives way to the acceptance that names it.
    let said = counter.op(6, declined(bench, &["Nhầm"]));
    receipt_of(&counter.push(&said).await);
    let accepted = counter.accepted(vec![EvidenceSource::Absent], vec![]).await;
    let instead = counter.op(6, OpPayload::AcceptDossier(Box::new(accepted)));
    let instead = motcua_wire::Op { base_version: 1, replaces: vec![said.op_id], ..instead };
    receipt_of(&counter.push(&instead).await);
    let view = bench.line(0).dossier(id(6)).await.unwrap().unwrap();
    assert!(view.accepted.is_some() && view.declined.is_none());
    // One that stood at the counter is declined as well, and is known from then on.
    receipt_of(&counter.push(&counter.op(7, declined(bench, &["Thiếu giấy tờ"]))).await);
    assert!(bench.line(0).dossier(id(7)).await.unwrap().unwrap().declined.is_some());
}

async fn a_submission_waits_for_its_files(bench: &dyn WarehouseBench) {
    let portal = Machine::of(bench, bench.portal());
    let file = bench.paper(SignedBy::Nobody, portal.next());
    let blob = super::machine::blob_of(&file);
    let submission = with_file(bench, EvidenceSource::File { blob, document: None });
    let op = portal.op(1, OpPayload::Submit(Box::new(submission)));
    assert!(matches!(portal.push(&op).await, OpResult::Deferred { kept: true, .. }));
    assert_eq!(bench.line(0).submissions(None, 10).await.unwrap().items, [], "nobody is shown half of one");
    portal.upload(&file).await;
    assert_eq!(bench.line(0).submissions(None, 10).await.unwrap().items.len(), 1, "it comes by itself");
}

async fn a_portal_submits_and_does_nothing_else(bench: &dyn WarehouseBench) {
    let (counter, portal) = (Machine::of(bench, 0), Machine::of(bench, bench.portal()));
    let submission = sent(bench, &portal).await;
    let from_counter = counter.op(1, OpPayload::Submit(Box::new(submission.clone())));
    assert_eq!(code_of(&counter.push(&from_counter).await), "notAPortal");
    assert_eq!(code_of(&portal.push(&portal.op(2, declined(bench, &["Không"]))).await), "notForPortals");
    let refused = bench.line(bench.portal()).submissions(None, 10).await.unwrap_err();
    assert_eq!(refused, LinkError::Refused("notForPortals".into()));
    let unknown = Submission { case_code: "khong-co".into(), ..submission.clone() };
    assert_eq!(
        code_of(&portal.push(&portal.op(3, OpPayload::Submit(Box::new(unknown)))).await),
        "caseUnknown"
    );
    let scanned = EvidenceSource::Absent;
    let unfit = with_file(bench, scanned);
    assert_eq!(code_of(&portal.push(&portal.op(4, OpPayload::Submit(Box::new(unfit)))).await), "paperUnfit");
    receipt_of(&portal.push(&portal.op(5, OpPayload::Submit(Box::new(submission.clone())))).await);
    let again = motcua_wire::Op { base_version: 1, ..portal.op(5, OpPayload::Submit(Box::new(submission))) };
    assert_eq!(code_of(&portal.push(&again).await), "dossierExists");
    // A counter's dossier is told to no portal, whatever it knows of it.
    let accepted = counter.accepted(vec![EvidenceSource::Absent], vec![]).await;
    receipt_of(&counter.push(&counter.op(9, OpPayload::AcceptDossier(Box::new(accepted)))).await);
    let onto = portal.op(9, OpPayload::Submit(Box::new(sent(bench, &portal).await)));
    assert_eq!(code_of(&portal.push(&onto).await), "dossierExists");
}

/// After a restore the counter is sometimes the first to say what it knows.
async fn what_comes_after_its_outcome_tells_the_portal_of_it(bench: &dyn WarehouseBench) {
    let (counter, portal) = (Machine::of(bench, 0), Machine::of(bench, bench.portal()));
    let at_portal = bench.line(bench.portal());
    let accepted = counter.accepted(vec![EvidenceSource::Absent], vec![]).await;
    let accepted = AcceptedDossier { channel: Channel::Online, ..accepted };
    receipt_of(&counter.push(&counter.op(20, OpPayload::AcceptDossier(Box::new(accepted.clone())))).await);
    receipt_of(&counter.push(&counter.op(21, declined(bench, &["Thiếu giấy tờ"]))).await);
    assert_eq!(at_portal.dossier(id(20)).await.unwrap(), None, "it has not said that it sent it");
    let submission = sent(bench, &portal).await;
    let of_other = Submission { channel: Channel::Postal, ..submission.clone() };
    let onto = portal.op(20, OpPayload::Submit(Box::new(of_other)));
    assert_eq!(code_of(&portal.push(&onto).await), "dossierExists", "it is another");
    for (dossier, was_accepted) in [(20, true), (21, false)] {
        receipt_of(&portal.push(&portal.op(dossier, OpPayload::Submit(Box::new(submission.clone())))).await);
        let view = at_portal.dossier(id(dossier)).await.unwrap().unwrap();
        assert_eq!(view.version, 1, "for the counters nothing changed");
        assert_eq!((view.accepted.is_some(), view.declined.is_some()), (was_accepted, !was_accepted));
        assert_eq!(view.submitted.as_ref(), Some(&submission));
    }
    assert_eq!(bench.line(0).submissions(None, 10).await.unwrap().items, [], "nothing of it waits");
    let [row] = &bench.line(0).office_page(None, 10).await.unwrap().items[..] else { panic!("one row") };
    assert_eq!((row.id, row.device), (id(20), Some(bench.device(0))), "the counter took it in");
}

async fn a_portal_s_word_for_a_paper_is_its_sender_s(bench: &dyn WarehouseBench) {
    let counter = Machine::of(bench, 0);
    let consent = Consent {
        at: bench.now(),
        method: ConsentMethod::Portal,
        officer: "canbo.mau".into(),
        documents: vec![DocumentId::derive(1, &[77; 10])],
        national: false,
    };
    let accepted = counter.accepted(vec![EvidenceSource::Absent], vec![consent]).await;
    let said = counter.op(22, OpPayload::AcceptDossier(Box::new(accepted)));
    assert_eq!(code_of(&counter.push(&said).await), "consentMissing", "nobody sent it and chose that paper");
}

async fn another_machine_s_word_is_never_replaced(bench: &dyn WarehouseBench) {
    let (first, second) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let accepted = first.accepted(vec![EvidenceSource::Absent], vec![]).await;
    let there = first.op(23, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    receipt_of(&first.push(&there).await);
    let said = first.op(24, declined(bench, &["Thiếu giấy tờ"]));
    receipt_of(&first.push(&said).await);
    for (dossier, named) in [(23, there.op_id), (24, said.op_id)] {
        let own = second.accepted(vec![EvidenceSource::Absent], vec![]).await;
        let own = second.op(dossier, OpPayload::AcceptDossier(Box::new(own)));
        let own = motcua_wire::Op { base_version: 1, replaces: vec![named], ..own };
        for _ in 0..2 {
            let answer = second.push(&own).await;
            assert!(matches!(answer, OpResult::Rejected { .. }), "however often it is said: {answer:?}");
        }
    }
    let view = bench.line(0).dossier(id(23)).await.unwrap().unwrap();
    assert_eq!(view.accepted.map(|accepted| accepted.code), Some(accepted.code));
    assert!(bench.line(0).dossier(id(24)).await.unwrap().unwrap().declined.is_some());
}
