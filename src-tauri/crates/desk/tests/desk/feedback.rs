//! Feedback on papers: heard, judged, put right; and who uses a wrong one.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, Warehouse};
use motcua_desk::{Feedback, FileError, FilingError, Fit, Judgement, ReportError, WrongUse};
use motcua_dossier::{
    DocumentId, DocumentStatus, DossierCode, DossierId, FeedbackAct, FeedbackReason, OpId, OutboxKind,
    OutboxState, Timestamp,
};
use motcua_testkit::{FRIDAY_MORNING, OFFICER, Office, owner, paper_of, pki, unsigned_pdf};
use motcua_wire::{OpPayload, Purpose};
use tokio_util::sync::CancellationToken;

const ID: u64 = 77;

fn id() -> OpId {
    OpId::derive(ID, &[7; 10])
}

/// Another agency's word of a paper this office filed, which is not on this machine.
fn given(document: DocumentId) -> Feedback {
    Feedback {
        id: id(),
        document,
        version: 1,
        reason: FeedbackReason::WrongInformation,
        text: "Sai ngày sinh".into(),
        officer: "canbo.khac".into(),
        given_at: Timestamp(FRIDAY_MORNING.0 - 60_000),
        from_agency: "000.00.99.H08".into(),
        to_agency: Some("000.00.00.H08".into()),
        confirmed: None,
        answer: None,
        ours: true,
        paper: None,
        uses: vec![],
    }
}

/// A paper this office digitized, reported by another.
async fn reported(office: &Office) -> DocumentId {
    let draft = office.open().await;
    fill_and_accept(office, draft.id).await;
    sync(office).await;
    let papers = office.warehouse.documents(&owner().numbers(), Purpose::Intake).await.unwrap();
    let document = papers[0].record.id;
    office.warehouse.tell(given(document));
    sync(office).await;
    document
}

async fn status(office: &Office, id: DocumentId) -> DocumentStatus {
    let papers = office.warehouse.documents(&owner().numbers(), Purpose::Intake).await.unwrap();
    papers.into_iter().find(|paper| paper.record.id == id).unwrap().status
}

#[tokio::test]
async fn a_feedback_is_heard_opened_and_answered_without_a_line() {
    let office = Office::ready().await;
    assert_eq!(office.desk.feedback().await.unwrap(), []);
    reported(&office).await;
    let line = office.desk.feedback().await.unwrap().remove(0);
    assert!(line.waits_for_us() && line.feedback.paper.is_some());
    let blob = office.desk.bring_reported(id(), &|_, _| {}, &CancellationToken::new()).await.unwrap();
    assert!(!office.desk.content(&blob).await.unwrap().is_empty());
    office.warehouse.out(Some(LinkError::Offline));
    for (text, error) in [(" ", ReportError::AnswerMissing), (&*"x".repeat(2001), ReportError::TextTooLong)] {
        let refused = office.desk.answer_feedback(id(), Judgement::Right, text).await.unwrap_err();
        assert_eq!(refused, error.into());
    }
    let unknown = OpId::derive(1, &[1; 10]);
    assert_eq!(
        office.desk.answer_feedback(unknown, Judgement::Right, "đúng").await.unwrap_err(),
        ReportError::NotHeard.into()
    );
    office.desk.answer_feedback(id(), Judgement::Right, " Đúng như sổ gốc ").await.unwrap();
    let line = office.desk.feedback().await.unwrap().remove(0);
    assert!(!line.waits_for_us());
    let text = "Đúng như sổ gốc".to_owned();
    assert_eq!(line.unsent, Some(FeedbackAct::Answered { feedback: id(), corrected: false, text }));
    assert_eq!(
        office.desk.answer_feedback(id(), Judgement::Wrong, "sai").await.unwrap_err(),
        ReportError::AnsweredBefore.into()
    );
    let item = office.desk.outbox(false).await.unwrap().remove(0);
    assert_eq!(item.kind, OutboxKind::Feedback);
    assert_eq!(office.vault.queued(item.op).unwrap().unwrap().op.schema_version, 1, "said as it always was");
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!(
        (report.received, report.attention),
        (1, 0),
        "it is of no dossier here, and arrives all the same"
    );
    sync(&office).await;
    let line = office.desk.feedback().await.unwrap().remove(0);
    assert!(line.unsent.is_none() && line.feedback.answer.is_some_and(|answer| !answer.corrected));
    assert!(office.desk.dossier(DossierId(id().0)).await.is_err());
}

#[tokio::test]
async fn a_wrong_paper_is_not_offered_until_it_is_filed_anew() {
    let office = Office::ready().await;
    let document = reported(&office).await;
    office.desk.answer_feedback(id(), Judgement::Wrong, "Sai ngày sinh so với sổ gốc").await.unwrap();
    let queued = office.desk.outbox(false).await.unwrap().remove(0);
    let op = office.vault.queued(queued.op).unwrap().unwrap().op;
    assert!(matches!(op.payload, OpPayload::Feedback(_)) && op.schema_version == 6, "only what is new waits");
    assert_eq!(sync(&office).await.received, 1);
    assert_eq!(status(&office, document).await, DocumentStatus::UnderCorrection);
    let next = office.open().await;
    let offers = office.desk.offers(next.id, next.components[0].number).await.unwrap();
    let offer = offers.items.iter().find(|offer| offer.summary.record.id == document).unwrap();
    let Fit::Unfit { reasons } = &offer.fits else { panic!("{:?}", offer.fits) };
    assert!(reasons.contains(&"underCorrection"), "{reasons:?}");
    let unsigned = unsigned_pdf(9);
    let correct = |bytes: Vec<u8>| {
        let desk = office.desk.clone();
        async move { desk.correct_paper(id(), "Đã cấp lại", "da-sua.pdf", &bytes).await }
    };
    assert_eq!(correct(b"no paper".to_vec()).await.unwrap_err(), FileError::Unsupported.into());
    assert_eq!(correct(unsigned.clone()).await.unwrap_err(), FilingError::AgencySignatureMissing.into());
    let old = office.desk.bring_reported(id(), &|_, _| {}, &CancellationToken::new()).await.unwrap();
    let same = office.desk.content(&old).await.unwrap();
    assert_eq!(correct(same).await.unwrap_err(), ReportError::SameFile.into());
    correct(pki().sign(&unsigned, &pki().agency, FRIDAY_MORNING)).await.unwrap();
    assert!(!office.desk.feedback().await.unwrap()[0].waits_for_us());
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention), (2, 0), "the paper, and then the word of it");
    sync(&office).await;
    let line = office.desk.feedback().await.unwrap().remove(0);
    assert!(line.feedback.answer.is_some_and(|answer| answer.corrected));
    assert_eq!(line.feedback.paper.unwrap().version, 2);
    assert_eq!(status(&office, document).await, DocumentStatus::Valid);
}

#[tokio::test]
async fn whoever_reported_a_paper_puts_no_other_one_in_its_place() {
    let office = Office::ready().await;
    let draft = office.open().await;
    fill_and_accept(&office, draft.id).await;
    sync(&office).await;
    let papers = office.warehouse.documents(&owner().numbers(), Purpose::Intake).await.unwrap();
    let from_agency = office.desk.office().agency_code.to_string();
    let own = |officer: &str| Feedback {
        officer: officer.into(),
        from_agency: from_agency.clone(),
        ..given(papers[0].record.id)
    };
    let right = pki().sign(&unsigned_pdf(9), &pki().agency, FRIDAY_MORNING);
    office.warehouse.tell(own(&OFFICER.to_uppercase()));
    sync(&office).await;
    let refused = office.desk.correct_paper(id(), "Đã cấp lại", "da-sua.pdf", &right).await.unwrap_err();
    assert_eq!(refused, ReportError::OwnReport.into());
    office.desk.answer_feedback(id(), Judgement::Right, "Xem lại thì đúng").await.unwrap();
}

#[tokio::test]
async fn an_answer_a_colleague_was_faster_with_is_closed() {
    let office = Office::ready().await;
    reported(&office).await;
    let other = office.beside(5);
    sync(&other).await;
    office.desk.answer_feedback(id(), Judgement::Right, "Đúng như sổ gốc").await.unwrap();
    other.desk.answer_feedback(id(), Judgement::Right, "Đã kiểm tra, đúng").await.unwrap();
    assert_eq!(sync(&other).await.received, 1);
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    for _ in 0..2 {
        sync(&office).await;
    }
    assert_eq!(office.desk.outbox(false).await.unwrap(), [], "the colleague's took its place");
    let all = office.desk.outbox(true).await.unwrap();
    let closed = all.iter().find(|item| item.op == line.op).unwrap();
    assert_eq!(closed.state, OutboxState::Replaced);
}

#[tokio::test]
async fn a_refused_answer_is_said_anew_in_its_place() {
    let office = Office::ready().await;
    reported(&office).await;
    office.desk.answer_feedback(id(), Judgement::Right, "Đúng").await.unwrap();
    office.warehouse.refuse_next("textTooLong");
    assert_eq!(sync(&office).await.attention, 1);
    let refused = office.desk.outbox(false).await.unwrap().remove(0).op;
    assert!(office.desk.feedback().await.unwrap()[0].waits_for_us(), "what was refused counts for nothing");
    assert!(office.desk.withdrawal_of(refused).await.is_err(), "it is of no dossier that could be put back");
    office.desk.answer_feedback(id(), Judgement::Right, "Đúng như sổ gốc").await.unwrap();
    let again = office.desk.outbox(false).await.unwrap();
    assert_eq!(again.len(), 1);
    let op = office.vault.queued(again[0].op).unwrap().unwrap().op;
    assert!(op.replaces.contains(&refused));
    assert_eq!(sync(&office).await.received, 1);
}

#[tokio::test]
async fn whoever_uses_a_wrong_paper_has_it_in_the_list() {
    let office = Office::ready().await;
    let (paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().agency));
    office.warehouse.hold(paper.clone(), &file);
    let draft = office.open().await;
    office.desk.offers(draft.id, BIRTH).await.unwrap();
    office
        .desk
        .take(draft.id, BIRTH, paper.record.id, None, &|_| {}, &CancellationToken::new())
        .await
        .unwrap();
    let used = WrongUse {
        dossier: DossierId::derive(3, &[3; 10]),
        code: DossierCode::parse("TAM-261120-0001").unwrap(),
        owner_name: "MẪU VĂN A".into(),
        officer: "canbo.mau".into(),
        returned: false,
    };
    let finding =
        motcua_wire::FeedbackFinding { text: "Sai".into(), officer: "canbo.khac".into(), at: FRIDAY_MORNING };
    office.warehouse.tell(Feedback {
        ours: false,
        confirmed: Some(finding),
        uses: vec![used.clone()],
        ..given(paper.record.id)
    });
    sync(&office).await;
    let line = office.desk.feedback().await.unwrap().remove(0);
    assert!(!line.waits_for_us());
    assert_eq!((line.feedback.uses, line.drafts), (vec![used], vec![draft.id]));
    assert_eq!(
        office.desk.answer_feedback(id(), Judgement::Right, "đúng").await.unwrap_err(),
        ReportError::NotOurs.into()
    );
}
