//! "Phản ánh về kết quả giải quyết": a paper of the warehouse that is wrong.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault};
use motcua_desk::{ReportError, ReuseError};
use motcua_dossier::{
    DocumentId, DossierId, FeedbackAct, FeedbackReason, OutboxKind, OutboxState, Provenance,
};
use motcua_testkit::{Office, paper_of, pki};
use motcua_wire::OpPayload;

const WRONG: FeedbackReason = FeedbackReason::WrongInformation;

/// A draft whose owner has a paper of the province and one of a national store.
async fn with_papers(office: &Office) -> (DossierId, DocumentId, DocumentId) {
    let (provincial, file) = paper_of(1, BIRTH_CODE, Some(&pki().agency));
    office.warehouse.hold(provincial.clone(), &file);
    let (mut national, file) = paper_of(2, BIRTH_CODE, Some(&pki().agency));
    national.provenance = Provenance::National;
    office.warehouse.hold(national.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    (id, provincial.record.id, national.record.id)
}

#[tokio::test]
async fn a_wrong_paper_is_reported_once_from_a_draft_and_without_a_line() {
    let office = Office::ready().await;
    let (id, paper, national) = with_papers(&office).await;
    office.warehouse.out(Some(LinkError::Offline));
    let dossier = office.desk.report_paper(id, paper, WRONG, " Sai ngày sinh ").await.unwrap();
    assert_eq!((dossier.reports[0].document, dossier.reports[0].reason), (paper, WRONG));
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    assert_eq!(line.kind, OutboxKind::Feedback);
    let OpPayload::Feedback(record) = office.vault.queued(line.op).unwrap().unwrap().op.payload else {
        panic!("a feedback")
    };
    let text = "Sai ngày sinh".to_owned();
    assert_eq!(record.act, FeedbackAct::Given { document: paper, reason: WRONG, text });
    for (document, text, error) in [
        (paper, String::new(), ReportError::ReportedBefore.into()),
        (national, String::new(), ReportError::NationalPaper.into()),
        (national, "x".repeat(2001), ReportError::TextTooLong.into()),
        (DocumentId::derive(9, &[9; 10]), String::new(), ReuseError::UnknownDocument.into()),
    ] {
        assert_eq!(office.desk.report_paper(id, document, WRONG, &text).await.unwrap_err(), error);
    }
    office.warehouse.out(None);
    assert_eq!(sync(&office).await.received, 1, "it needs no acceptance");
}

#[tokio::test]
async fn a_report_nobody_takes_holds_nothing_up_and_may_be_taken_back() {
    let office = Office::ready().await;
    let secret = zeroize::Zeroizing::new("Hai-2026-mot-cua".to_owned());
    office.desk.enrol("canbo.hai", &secret).await.unwrap();
    let (id, paper, _) = with_papers(&office).await;
    let op = office.desk.report_paper(id, paper, WRONG, "").await.unwrap().reports[0].op;
    office.warehouse.refuse_next("documentUnknown");
    assert_eq!(sync(&office).await.attention, 1);
    fill_and_accept(&office, id).await;
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention), (2, 1), "the paper and the acceptance are through");
    let with: Vec<_> = office.desk.withdrawal_of(op).await.unwrap().into_iter().map(|line| line.op).collect();
    assert_eq!(with, [op], "it goes alone");
    let back = office.desk.withdraw(op, "phản ánh nhầm giấy tờ", "canbo.hai", &secret).unwrap();
    assert!(back.reports.is_empty());
    assert_eq!(sync(&office).await.attention, 0);
    let states = states(&office).await;
    assert_eq!(states.iter().filter(|s| **s == OutboxState::Withdrawn).count(), 1);
    office.desk.report_paper(id, paper, FeedbackReason::NotSigned, "").await.unwrap();
}
