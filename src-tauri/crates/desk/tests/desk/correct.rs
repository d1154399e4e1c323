//! "Đính chính kết quả": one officer asks, another one agrees by his own secret, and only then something leaves the counter.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, VaultError, Warehouse};
use motcua_desk::{CorrectError, DeskError, Feedback, FileError, FilingError, OfficeProblem, WithdrawError};
use motcua_dossier::{
    BlobId, CorrectionFault, CorrectionState, DocumentRecord, DocumentSummary, Dossier, DossierId,
    FeedbackReason, OpId, OutboxKind, OutboxState,
};
use motcua_testkit::{FRIDAY_MORNING, OFFICER, Office, SECRET, owner, pki, unsigned_pdf};
use motcua_wire::{OpPayload, Purpose, Role};
use zeroize::Zeroizing;

const COLLEAGUE: &str = "canbo.hai";
const TEXT: &str = "Sai ngày sinh: 12/4, đúng là 21/4";

fn secret() -> Zeroizing<String> {
    "Hai-2026-mot-cua".to_owned().into()
}

fn own_secret() -> Zeroizing<String> {
    SECRET.to_owned().into()
}

/// A result the agency signed, unlike any other.
fn right(seed: u8) -> Vec<u8> {
    pki().sign(&unsigned_pdf(seed), &pki().agency, FRIDAY_MORNING)
}

/// A dossier whose result the warehouse has, at a counter with two officers.
async fn finished() -> (Office, Dossier) {
    let office = Office::ready().await;
    office.desk.enrol(COLLEAGUE, &secret()).await.unwrap();
    let dossier = returned(&office).await;
    for _ in 0..2 {
        assert_eq!(sync(&office).await.attention, 0);
    }
    (office, dossier)
}

async fn returned(office: &Office) -> Dossier {
    let id = accept_scanned(office).await.id;
    scan(office, id, RESULT, 1).await;
    sign_by_agency(office, id, &[RESULT]).await;
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    office.desk.return_result(id, metadata).await.unwrap()
}

async fn ask(office: &Office, id: DossierId, bytes: &[u8]) -> Result<Dossier, DeskError> {
    let reason = FeedbackReason::WrongInformation;
    office.desk.ask_correction(id, reason, &format!(" {TEXT} "), "ban-dung.pdf", bytes).await
}

/// What waits, and its file.
async fn asked(office: &Office, id: DossierId, seed: u8) -> BlobId {
    let dossier = ask(office, id, &right(seed)).await.unwrap();
    dossier.waiting_correction().unwrap().attachment.blob
}

fn unfit(fault: CorrectionFault) -> DeskError {
    CorrectError::Unfit(fault).into()
}

async fn works(office: &Office, officer: &str, secret: &Zeroizing<String>) {
    office.desk.lock().await;
    office.desk.unlock(officer, secret).await.unwrap();
}

#[tokio::test]
async fn a_correction_goes_out_when_another_officer_agreed_also_without_a_line() {
    let (office, dossier) = finished().await;
    let (id, before) = (dossier.id, dossier.returned_result().unwrap());
    office.warehouse.out(Some(LinkError::Offline));
    let blob = asked(&office, id, 21).await;
    let waiting = office.desk.dossier(id).await.unwrap();
    assert_eq!(waiting.returned_result(), Some(before), "nothing has changed");
    assert_eq!(office.desk.outbox(false).await.unwrap(), [], "and nothing waits to leave");
    assert_eq!(office.desk.corrections_waiting().await.unwrap(), [waiting]);
    let done = office.desk.approve_correction(id, blob, COLLEAGUE, &secret()).unwrap();
    assert_eq!(done.returned_result(), Some((before.0, blob)));
    assert_eq!(office.desk.corrections_waiting().await.unwrap(), []);
    let [said] = &done.corrections[..] else { panic!("{done:?}") };
    let CorrectionState::Approved { by, op, .. } = &said.state else { panic!("{said:?}") };
    let queued = office.vault.queued(*op).unwrap().unwrap();
    assert_eq!((by.as_str(), said.officer.as_str(), queued.op.schema_version), (COLLEAGUE, OFFICER, 7));
    assert_eq!((queued.item.kind, &queued.item.blobs[..]), (OutboxKind::Step, &[blob][..]));
    let OpPayload::Step(step) = &queued.op.payload else { panic!("{queued:?}") };
    let corrected = step.act.corrected().unwrap();
    assert_eq!((step.officer.as_str(), corrected.approved_by.as_str()), (OFFICER, COLLEAGUE));
    assert_eq!((corrected.before, corrected.text.as_str()), (before.1, TEXT));
    assert_eq!(ask(&office, id, &right(22)).await.unwrap_err(), CorrectError::Unsent.into());

    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting, report.attention), (1, 0, 0));
    let papers = office.warehouse.documents(&owner().numbers(), Purpose::Intake).await.unwrap();
    let paper = papers.iter().find(|paper| paper.record.id == before.0).unwrap();
    assert_eq!((paper.version, paper.record.blob), (2, blob), "it took the place of the one before");
    assert!(office.desk.content(&before.1).await.is_ok(), "which is still here to be read");
    sync(&office).await;
    let heard = office.desk.feedback().await.unwrap();
    assert!(heard.iter().any(|line| line.feedback.document == before.0 && line.feedback.is_wrong()));

    let again = asked(&office, id, 22).await;
    let done = office.desk.approve_correction(id, again, COLLEAGUE, &secret()).unwrap();
    let last = done.corrected_results().last().unwrap();
    assert_eq!((last.before, last.blob), (blob, again), "a second one builds on the first");
    assert_eq!(sync(&office).await.attention, 0);
}

#[tokio::test]
async fn it_needs_a_returned_result_the_agency_s_signature_and_words() {
    let (office, dossier) = finished().await;
    let id = dossier.id;
    let open = accept_scanned(&office).await.id;
    assert_eq!(ask(&office, open, &right(21)).await.unwrap_err(), unfit(CorrectionFault::NotReturned));
    office.warehouse.out(Some(LinkError::Offline));
    let unsent = returned(&office).await.id;
    assert_eq!(ask(&office, unsent, &right(21)).await.unwrap_err(), CorrectError::Unsent.into());
    let said = |text: &str| {
        let (desk, text) = (office.desk.clone(), text.to_owned());
        async move {
            desk.ask_correction(id, FeedbackReason::NotSigned, &text, "x.pdf", &right(21)).await.unwrap_err()
        }
    };
    assert_eq!(said("  ").await, CorrectError::TextMissing.into());
    assert_eq!(said(&"x".repeat(2001)).await, CorrectError::TextTooLong.into());
    assert_eq!(ask(&office, id, b"no paper").await.unwrap_err(), FileError::Unsupported.into());
    let unsigned = ask(&office, id, &unsigned_pdf(21)).await.unwrap_err();
    assert_eq!(unsigned, FilingError::AgencySignatureMissing.into());
    let by_officer = pki().sign(&unsigned_pdf(21), &pki().officer, FRIDAY_MORNING);
    assert_eq!(ask(&office, id, &by_officer).await.unwrap_err(), FilingError::AgencySignatureMissing.into());
    let same = office.desk.content(&dossier.returned_result().unwrap().1).await.unwrap();
    assert_eq!(ask(&office, id, &same).await.unwrap_err(), unfit(CorrectionFault::SameFile));
    assert_eq!(office.desk.dossier(id).await.unwrap().corrections, [], "nothing is half asked");
    asked(&office, id, 21).await;
    assert_eq!(ask(&office, id, &right(22)).await.unwrap_err(), unfit(CorrectionFault::Waiting));
}

#[tokio::test]
async fn nobody_agrees_with_himself_and_only_to_what_he_saw() {
    let (office, dossier) = finished().await;
    let id = dossier.id;
    let blob = asked(&office, id, 21).await;
    let agree = |blob, who: &str, secret: &Zeroizing<String>| {
        office.desk.approve_correction(id, blob, who, secret).unwrap_err()
    };
    for own in [OFFICER, "CANBO.MAU", " canbo.mau "] {
        assert_eq!(agree(blob, own, &own_secret()), unfit(CorrectionFault::OwnRequest), "{own}");
    }
    assert_eq!(agree(blob, COLLEAGUE, &own_secret()), VaultError::WrongSecret.into());
    assert_eq!(agree(blob, "canbo.la", &secret()), VaultError::UnknownOfficer.into());
    let seen = agree(dossier.returned_result().unwrap().1, COLLEAGUE, &secret());
    assert_eq!(seen, unfit(CorrectionFault::NoneWaiting), "another file than the one that waits");
    assert_eq!(
        office.desk.refuse_correction(id, blob, "sai").await.unwrap_err(),
        unfit(CorrectionFault::OwnRequest)
    );
    // He takes it back and asks with another file: who agreed to the first has not seen the second.
    let back = office.desk.take_back_correction(id, blob).await.unwrap();
    assert!(matches!(back.corrections[0].state, CorrectionState::TakenBack { .. }));
    let second = asked(&office, id, 22).await;
    assert_eq!(agree(blob, COLLEAGUE, &secret()), unfit(CorrectionFault::NoneWaiting));

    works(&office, COLLEAGUE, &secret()).await;
    let taken = office.desk.take_back_correction(id, second).await.unwrap_err();
    assert_eq!(taken, unfit(CorrectionFault::NotOwnRequest));
    assert_eq!(
        office.desk.refuse_correction(id, second, " ").await.unwrap_err(),
        CorrectError::TextMissing.into()
    );
    let refused = office.desk.refuse_correction(id, second, "Chưa sửa trang 2").await.unwrap();
    let CorrectionState::Refused { by, reason, .. } = &refused.corrections[1].state else { panic!() };
    assert_eq!((by.as_str(), reason.as_str()), (COLLEAGUE, "Chưa sửa trang 2"));
    assert_eq!(office.desk.outbox(false).await.unwrap(), [], "nothing of it ever left");
    assert_eq!(office.desk.corrections_waiting().await.unwrap(), []);
    // The other way round: who was the second pair of eyes may ask, and the first one agrees.
    let third = asked(&office, id, 23).await;
    office.desk.approve_correction(id, third, OFFICER, &own_secret()).unwrap();
}

#[tokio::test]
async fn where_officers_are_known_a_supervisor_agrees_and_sees_what_waits() {
    let (office, dossier) = finished().await;
    let id = dossier.id;
    office.warehouse.employ(OFFICER, SECRET, &[Role::Intake]);
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Clerk]);
    for (officer, secret) in [(COLLEAGUE, secret()), (OFFICER, own_secret())] {
        works(&office, officer, &secret).await;
        sync(&office).await;
    }
    let blob = asked(&office, id, 21).await;
    let agreed = office.desk.approve_correction(id, blob, COLLEAGUE, &secret());
    assert_eq!(agreed.unwrap_err(), WithdrawError::ApproverNotSupervisor.into());
    let refused = |error: DeskError| assert_eq!(error, OfficeProblem::NotSupervisor.into());
    refused(office.desk.corrections_waiting().await.unwrap_err());
    works(&office, COLLEAGUE, &secret()).await;
    refused(office.desk.refuse_correction(id, blob, "sai").await.unwrap_err());
    office.warehouse.employ(COLLEAGUE, &secret(), &[Role::Clerk, Role::Supervisor]);
    works(&office, COLLEAGUE, &secret()).await;
    sync(&office).await;
    assert_eq!(office.desk.corrections_waiting().await.unwrap().len(), 1);
    office.desk.approve_correction(id, blob, COLLEAGUE, &secret()).unwrap();
    assert_eq!(sync(&office).await.attention, 0);
}

#[tokio::test]
async fn a_correction_that_was_agreed_to_and_did_not_leave_is_taken_back_by_two() {
    let (office, dossier) = finished().await;
    let (id, before) = (dossier.id, dossier.returned_result());
    office.warehouse.out(Some(LinkError::Offline));
    let blob = asked(&office, id, 21).await;
    office.desk.approve_correction(id, blob, COLLEAGUE, &secret()).unwrap();
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    let back = office.desk.withdraw(line.op, "Sửa nhầm hồ sơ khác", COLLEAGUE, &secret()).unwrap();
    assert_eq!(back.returned_result(), before, "the result is the one the citizen has");
    office.warehouse.out(None);
    assert_eq!(sync(&office).await.attention, 0);
    let papers = office.warehouse.documents(&owner().numbers(), Purpose::Intake).await.unwrap();
    assert!(papers.iter().all(|paper| paper.version == 1), "the warehouse never had it");
    let again = asked(&office, id, 22).await;
    office.desk.approve_correction(id, again, COLLEAGUE, &secret()).unwrap();
    assert_eq!(sync(&office).await.attention, 0);
    let states = states(&office).await;
    assert!(!states.iter().any(|state| matches!(state, OutboxState::NeedsAttention { .. })));
}

#[tokio::test]
async fn what_came_between_is_seen_before_anybody_agrees() {
    let (office, dossier) = finished().await;
    let (id, (document, _)) = (dossier.id, dossier.returned_result().unwrap());
    let blob = asked(&office, id, 21).await;
    let papers = office.warehouse.documents(&owner().numbers(), Purpose::Intake).await.unwrap();
    let paper = papers.into_iter().find(|paper| paper.record.id == document).unwrap();
    let newer = BlobId([9; 32]);
    let record = DocumentRecord { blob: newer, ..paper.record.clone() };
    let paper = DocumentSummary { version: 2, record, ..paper };
    office.warehouse.tell(Feedback {
        id: OpId::derive(1, &[9; 10]),
        document,
        version: 1,
        reason: FeedbackReason::WrongInformation,
        text: "Sai họ".into(),
        officer: "canbo.khac".into(),
        given_at: FRIDAY_MORNING,
        from_agency: "000.00.99.H08".into(),
        to_agency: Some("000.00.00.H08".into()),
        confirmed: None,
        answer: None,
        ours: true,
        paper: Some(paper),
        uses: vec![],
    });
    sync(&office).await;
    let now = office.desk.dossier(id).await.unwrap();
    assert_eq!(office.desk.current_result(&now).unwrap(), Some((document, newer)), "a feedback brought it");
    let refused = office.desk.approve_correction(id, blob, COLLEAGUE, &secret()).unwrap_err();
    assert_eq!(refused, unfit(CorrectionFault::Overtaken));
    let back = office.desk.take_back_correction(id, blob).await.unwrap();
    assert!(back.is_declined(blob), "it is sealed when the dossier is old");
}

#[tokio::test]
async fn a_correction_the_warehouse_did_not_take_is_not_the_result() {
    let (office, dossier) = finished().await;
    let before = dossier.returned_result();
    let blob = asked(&office, dossier.id, 21).await;
    office.desk.approve_correction(dossier.id, blob, COLLEAGUE, &secret()).unwrap();
    office.warehouse.refuse_next("approverNotGranted");
    assert_eq!(sync(&office).await.attention, 1);
    let told = office.desk.dossier(dossier.id).await.unwrap();
    assert_eq!(office.desk.current_result(&told).unwrap(), before);
}
