//! Dossiers of the portal: listed, opened with their files, accepted or given back; and the rule for agencies.

use crate::steps::*;
use motcua_desk::ports::{Batch, LinkError, OfficeRows, Vault, Warehouse};
use motcua_desk::{AsideError, DeskError, OfficeProblem, PrintedForm, StepError, StepWish};
use motcua_dossier::{
    AgencyCode, AsideWhy, Channel, ConsentMethod, DeclineKind, DeclineReason, DeviceId, Dossier,
    DossierError, DossierId, DossierState, EvidenceSource, IdentityAnswer, IdentityCheck, OpId, OutboxKind,
    OutboxState, PartyKind, PortalAccount, QueueFilter, ReturnMethod, Seat, Side, Submission, SubmittedPaper,
    Timestamp,
};
use motcua_testkit::{Office, new_dossier, owner, paper_of, pki, unsigned_pdf};
use motcua_wire::{Op, OpPayload, OpsRequest, SCHEMA_VERSION};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

const SENT: Timestamp = Timestamp(1_795_120_000_000);

async fn file(office: &Office, bytes: &[u8]) -> EvidenceSource {
    let blob = motcua_dossier::BlobId(Sha256::digest(bytes).into());
    office.warehouse.upload(&blob, bytes, &|_, _| {}, &CancellationToken::new()).await.unwrap();
    EvidenceSource::File { blob, document: None }
}

fn paper(component: u32, name: &str, source: EvidenceSource) -> SubmittedPaper {
    SubmittedPaper { component, name: name.into(), source }
}

fn account(kind: PartyKind) -> Option<PortalAccount> {
    Some(PortalAccount { kind, number: None, login: "VNeID".into(), assurance: String::new() })
}

fn submission(papers: Vec<SubmittedPaper>) -> Submission {
    let like = new_dossier();
    Submission {
        reference: "TT-0001".into(),
        agency: AgencyCode::parse("000.01.20.H08").unwrap(),
        resolving_agency: "UBND thị xã mẫu".into(),
        district: String::new(),
        channel: Channel::Online,
        return_method: ReturnMethod::Electronic,
        applicant: like.applicant,
        account: account(PartyKind::Citizen),
        procedure: like.procedure,
        case_code: like.case_code,
        papers,
        note: "Xin nhận kết quả điện tử".into(),
        sent_at: SENT,
        follows: None,
    }
}

/// What a portal sends reaches the warehouse.
async fn send(office: &Office, number: u8, submission: Submission) -> DossierId {
    let device = DeviceId::derive(9, &[9; 10]);
    let portal = office.warehouse.of(device);
    portal.be_portal();
    let dossier = DossierId::derive(number.into(), &[7; 10]);
    let op = Op {
        op_id: OpId::derive(number.into(), &[7; 10]),
        device,
        device_seq: number.into(),
        device_time: SENT,
        schema_version: SCHEMA_VERSION,
        dossier,
        base_version: 0,
        replaces: vec![],
        payload: OpPayload::Submit(Box::new(submission)),
    };
    let reply = portal.push(&OpsRequest { ops: vec![op] }).await.unwrap();
    assert!(matches!(reply.results[..], [motcua_wire::OpResult::Applied { .. }]), "{reply:?}");
    dossier
}

async fn open(office: &Office, id: DossierId) -> Result<motcua_desk::Opened, DeskError> {
    office.desk.open_submission(id, false, &|_| {}, &CancellationToken::new()).await
}

async fn waiting(office: &Office) -> Vec<DossierId> {
    office.desk.submissions().await.unwrap().into_iter().map(|item| item.id).collect()
}

fn reason(text: &str) -> DeclineReason {
    DeclineReason { code: String::new(), text: text.into() }
}

async fn form(office: &Office, dossier: &Dossier) -> String {
    let pdf = office.desk.printed_form(dossier.id, PrintedForm::Decline).await.unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    String::from_utf8_lossy(&pdf).into_owned()
}

#[tokio::test]
async fn what_was_sent_is_listed_and_opened_with_its_files_on_their_rows() {
    let office = Office::ready().await;
    office.warehouse.know(&owner().number, IdentityAnswer::Registered, None);
    sync(&office).await;
    let papers = vec![
        paper(FORM, "Tờ khai theo mẫu", file(&office, &unsigned_pdf(1)).await),
        paper(0, "Giấy khai sinh", file(&office, &pki().sign(&unsigned_pdf(2), &pki().agency, SENT)).await),
        paper(0, "Giấy giới thiệu", file(&office, &unsigned_pdf(3)).await),
        paper(RECORD, "Phiếu lý lịch tư pháp số 1", file(&office, b"khong phai tep tin").await),
    ];
    let sent = submission(papers);
    let id = send(&office, 1, sent.clone()).await;
    assert_eq!(waiting(&office).await, [], "not heard of yet");
    sync(&office).await;
    assert_eq!(waiting(&office).await, [id]);
    office.warehouse.out(Some(LinkError::Offline));
    assert_eq!(waiting(&office).await, [id], "the list is there without a line");
    assert_eq!(open(&office, id).await.unwrap_err(), OfficeProblem::SubmissionOffline.into());
    assert_eq!(office.vault.dossier(id).unwrap(), None, "and nothing is opened");
    office.warehouse.out(None);
    let opened = open(&office, id).await.unwrap();
    assert_eq!(opened.failed, [("Phiếu lý lịch tư pháp số 1".to_owned(), "fileUnsupported")]);
    let dossier = opened.dossier;
    assert_eq!((dossier.channel, dossier.return_method), (Channel::Online, ReturnMethod::Electronic));
    assert!(matches!(dossier.identity, IdentityCheck::Answered { answer: IdentityAnswer::Registered, .. }));
    assert_eq!(dossier.submission.as_deref(), Some(&sent));
    let filled = |number: u32| dossier.component(number).unwrap().attachment.is_some();
    assert_eq!([FORM, BIRTH, RECORD, 4].map(filled), [true, true, false, true]);
    assert_eq!(
        dossier.component(4).unwrap().name,
        "Giấy giới thiệu",
        "what the procedure does not name has a row"
    );
    assert_eq!(dossier.component(BIRTH).unwrap().attachment.as_ref().unwrap().signatures.len(), 1);
    assert_eq!(waiting(&office).await, [], "it is this counter's draft now");
    assert_eq!(open(&office, id).await.unwrap().dossier.id, id, "again is free");
    // The same rules as at the counter.
    digitize(&office, id, BIRTH).await;
    let accepted = office.desk.accept(id).await.unwrap();
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0));
    let view = office.warehouse.dossier(id).await.unwrap().unwrap();
    assert_eq!(view.accepted.unwrap().code, accepted.code.unwrap());
    let other = office.beside(5);
    sync(&other).await;
    assert_eq!(waiting(&other).await, []);
}

#[tokio::test]
async fn a_paper_the_sender_chose_in_the_warehouse_is_reused_by_his_own_word() {
    let office = Office::ready().await;
    let (stocked, bytes) = paper_of(4, BIRTH_CODE, Some(&pki().agency));
    office.warehouse.hold(stocked.clone(), &bytes);
    let chosen = EvidenceSource::Warehouse {
        document: stocked.record.id,
        version: stocked.version,
        provenance: stocked.provenance,
    };
    let gone = EvidenceSource::Warehouse {
        document: motcua_dossier::DocumentId::derive(1, &[99; 10]),
        version: 1,
        provenance: stocked.provenance,
    };
    let papers = vec![
        paper(FORM, "Tờ khai theo mẫu", file(&office, &unsigned_pdf(1)).await),
        paper(BIRTH, "Giấy khai sinh", chosen),
        paper(RECORD, "Phiếu lý lịch tư pháp số 1", gone),
    ];
    let id = send(&office, 1, submission(papers)).await;
    sync(&office).await;
    let opened = open(&office, id).await.unwrap();
    assert_eq!(opened.failed.len(), 1, "what is not there is told: {:?}", opened.failed);
    let [consent] = &opened.dossier.consents[..] else { panic!("{:?}", opened.dossier.consents) };
    assert_eq!((consent.method, consent.at), (ConsentMethod::Portal, SENT));
    assert_eq!(opened.dossier.unconfirmed_reuse(), [], "he is not asked again");
    office.desk.accept(id).await.unwrap();
    assert_eq!(sync(&office).await.attention, 0);
    assert_eq!(office.warehouse.uses(stocked.record.id), 1);
}

#[tokio::test]
async fn one_counter_looks_into_a_dossier_and_the_others_see_who() {
    let (office, papers) = (Office::ready().await, vec![]);
    let id = send(&office, 1, submission(papers)).await;
    let other = office.beside(5);
    sync(&office).await;
    sync(&other).await;
    open(&office, id).await.unwrap();
    let refused = open(&other, id).await.unwrap_err();
    assert!(matches!(refused, DeskError::Office(OfficeProblem::SubmissionHeld(_))), "{refused:?}");
    sync(&other).await;
    let there = other.desk.submissions().await.unwrap();
    assert!(there[0].holder.is_some(), "the list says who");
    let taken = other.desk.open_submission(id, true, &|_| {}, &CancellationToken::new()).await.unwrap();
    other.desk.decline(id, DeclineKind::Refusal, vec![reason("Không thuộc thẩm quyền")]).await.unwrap();
    assert_eq!(taken.dossier.id, id);
    assert_eq!(sync(&other).await.attention, 0);
    // The first one did not know, and says the same: what the warehouse has stands.
    office.desk.decline(id, DeclineKind::Supplement, vec![reason("Thiếu giấy tờ")]).await.unwrap();
    sync(&office).await;
    let conflict = office.desk.outbox(false).await.unwrap().remove(0);
    assert!(matches!(conflict.state, OutboxState::NeedsAttention { .. }), "{conflict:?}");
    assert_eq!(
        open(&Office::beside(&office, 6), id).await.unwrap_err(),
        OfficeProblem::SubmissionGone.into()
    );
}

#[tokio::test]
async fn a_dossier_that_is_declined_has_its_form_and_the_portal_is_told_why() {
    let office = Office::ready().await;
    let id = send(&office, 1, submission(vec![])).await;
    sync(&office).await;
    open(&office, id).await.unwrap();
    let nothing = office.desk.decline(id, DeclineKind::Refusal, vec![reason("  ")]).await.unwrap_err();
    assert!(matches!(nothing, DeskError::Step(StepError::Unfit(_))), "{nothing:?}");
    let known = office.desk.decline_reasons().await.unwrap();
    let wrong = known.into_iter().find(|reason| reason.code == "papersMissing").unwrap();
    let reasons = vec![wrong.clone(), reason(" Bản chụp giấy chứng sinh bị mờ ")];
    let declined = office.desk.decline(id, DeclineKind::Supplement, reasons).await.unwrap();
    let DossierState::Declined(said) = &declined.state else { panic!("{:?}", declined.state) };
    assert_eq!(said.reasons, [wrong, reason("Bản chụp giấy chứng sinh bị mờ")]);
    form(&office, &declined).await;
    let late = office.desk.accept(id).await.unwrap_err();
    assert!(matches!(late, DeskError::Dossier(DossierError::Incomplete(_))), "{late:?}");
    assert_eq!(
        office.desk.decline(id, DeclineKind::Refusal, vec![reason("Lần nữa")]).await.unwrap_err(),
        DossierError::NotDraft.into()
    );
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0));
    let there = office.warehouse.dossier(id).await.unwrap().unwrap().declined.unwrap();
    assert_eq!(there.record, **said);
    assert_eq!(waiting(&office).await, []);
}

#[tokio::test]
async fn a_draft_of_the_counter_is_declined_without_a_line_and_taken_back_before_it_left() {
    let office = Office::ready().await;
    office.warehouse.out(Some(LinkError::Offline));
    let id = office.open().await.id;
    let declined =
        office.desk.decline(id, DeclineKind::Refusal, vec![reason("Không thuộc thẩm quyền")]).await.unwrap();
    form(&office, &declined).await;
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    assert_eq!(line.kind, OutboxKind::Decline);
    let secret = zeroize::Zeroizing::new("Hai-2026-mot-cua".to_owned());
    office.desk.enrol("canbo.hai", &secret).await.unwrap();
    let back = office.desk.withdraw(line.op, "công dân đã bổ sung ngay", "canbo.hai", &secret).unwrap();
    assert_eq!(back.state, DossierState::Draft, "it is a draft again");
    office.warehouse.out(None);
    let accepted = fill_and_accept(&office, id).await;
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0));
    let view = office.warehouse.dossier(id).await.unwrap().unwrap();
    assert_eq!((view.accepted.map(|a| a.code), view.declined), (accepted.code, None));
}

#[tokio::test]
async fn an_agency_s_dossier_comes_from_its_own_account_signed_or_an_officer_says_why_not() {
    let office = Office::ready().await;
    let mut sent = submission(vec![paper(FORM, "Tờ khai theo mẫu", file(&office, &unsigned_pdf(1)).await)]);
    sent.applicant.owner.kind = PartyKind::Agency;
    let id = send(&office, 1, sent.clone()).await;
    sync(&office).await;
    let dossier = open(&office, id).await.unwrap().dossier;
    let codes = |dossier: &Dossier| -> Vec<&str> {
        office.desk.agency_defects(dossier).unwrap().into_iter().map(|defect| defect.code()).collect()
    };
    assert_eq!(codes(&dossier), ["agencyOtherAccount", "agencyPapersUnsigned"]);
    let problems = office.desk.problems(id).await.unwrap();
    assert!(problems.iter().any(|problem| problem.code == "agencyOtherAccount"), "{problems:?}");
    office.desk.set_exception(id, " Cơ quan chưa được cấp tài khoản ").await.unwrap();
    let problems = office.desk.problems(id).await.unwrap();
    assert!(!problems.iter().any(|problem| problem.field == "owner.kind"), "{problems:?}");
    office.desk.set_exception(id, "").await.unwrap();
    assert!(office.desk.problems(id).await.unwrap().iter().any(|problem| problem.field == "owner.kind"));
    // Its own account, everything signed, nobody authorised.
    let signed = pki().sign(&unsigned_pdf(2), &pki().agency, SENT);
    sent.account = account(PartyKind::Agency);
    sent.papers = vec![paper(FORM, "Tờ khai theo mẫu", file(&office, &signed).await)];
    let right = send(&office, 2, sent.clone()).await;
    assert_eq!(codes(&open(&office, right).await.unwrap().dossier), [""; 0]);
    sent.applicant.submitter = Some(owner());
    let authorised = send(&office, 3, sent.clone()).await;
    assert_eq!(codes(&open(&office, authorised).await.unwrap().dossier), ["agencyOtherAccount"]);
    // Before the day the rule began, and of anybody else, nothing is asked.
    sent.sent_at = Timestamp(SENT.0 - 900 * 24 * 3_600_000);
    let early = send(&office, 4, sent.clone()).await;
    assert_eq!(codes(&open(&office, early).await.unwrap().dossier), [""; 0]);
    sent.applicant.owner.kind = PartyKind::Citizen;
    sent.sent_at = SENT;
    let citizen = send(&office, 5, sent).await;
    assert_eq!(codes(&open(&office, citizen).await.unwrap().dossier), [""; 0]);
}

#[tokio::test]
async fn a_word_that_met_a_colleague_s_lease_is_said_again_and_not_lost() {
    let office = Office::ready().await;
    let id = send(&office, 1, submission(vec![])).await;
    let other = office.beside(5);
    sync(&office).await;
    sync(&other).await;
    open(&office, id).await.unwrap();
    office.desk.decline(id, DeclineKind::Refusal, vec![reason("Không thuộc thẩm quyền")]).await.unwrap();
    other.desk.open_submission(id, true, &|_| {}, &CancellationToken::new()).await.unwrap();
    sync(&office).await;
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    assert!(matches!(line.state, OutboxState::NeedsAttention { .. }), "{line:?}");
    // The colleague puts it aside, and the word goes on.
    office.warehouse.of(other.vault.counter().unwrap().device).give_back_dossier(id).await.unwrap();
    office.desk.settle_conflict(line.op, &std::collections::BTreeMap::new()).await.unwrap();
    assert_eq!(sync(&office).await.attention, 0);
    let there = office.warehouse.dossier(id).await.unwrap().unwrap();
    assert!(there.declined.is_some(), "the warehouse knows what the citizen was told");
    assert!(matches!(office.desk.dossier(id).await.unwrap().state, DossierState::Declined(_)));
}

#[tokio::test]
async fn what_is_being_opened_is_kept_from_the_others_while_its_files_come() {
    let office = Office::ready().await;
    let source = file(&office, &unsigned_pdf(1)).await;
    let id = send(&office, 1, submission(vec![paper(FORM, "Tờ khai theo mẫu", source)])).await;
    let other = office.beside(5);
    sync(&office).await;
    sync(&other).await;
    office.warehouse.hold_files(true);
    let desk = std::sync::Arc::clone(&office.desk);
    let opening =
        tokio::spawn(
            async move { desk.open_submission(id, false, &|_| {}, &CancellationToken::new()).await },
        );
    office.warehouse.file_waits().await;
    sync(&office).await;
    let refused = open(&other, id).await.unwrap_err();
    assert!(matches!(refused, DeskError::Office(OfficeProblem::SubmissionHeld(_))), "{refused:?}");
    office.warehouse.hold_files(false);
    opening.await.unwrap().unwrap();
    // It stays this counter's until it is accepted or declined.
    sync(&office).await;
    assert!(office.warehouse.dossier(id).await.unwrap().unwrap().lease.is_some());
}

#[tokio::test]
async fn a_dossier_whose_acceptance_was_taken_back_waits_again() {
    let office = Office::ready().await;
    let source = file(&office, &unsigned_pdf(1)).await;
    let birth = file(&office, &pki().sign(&unsigned_pdf(2), &pki().agency, SENT)).await;
    let papers = vec![paper(FORM, "Tờ khai theo mẫu", source), paper(BIRTH, "Giấy khai sinh", birth)];
    let id = send(&office, 1, submission(papers)).await;
    sync(&office).await;
    open(&office, id).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    let secret = zeroize::Zeroizing::new("Hai-2026-mot-cua".to_owned());
    office.desk.enrol("canbo.hai", &secret).await.unwrap();
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    office.desk.withdraw(line.op, "tiếp nhận nhầm người nộp", "canbo.hai", &secret).unwrap();
    assert_eq!(waiting(&office).await, [id], "nobody has it, so somebody can");
    office.warehouse.out(None);
    sync(&office).await;
    let again = open(&office, id).await.unwrap().dossier;
    assert_eq!((again.state, again.withdrawals.len()), (DossierState::Draft, 1));
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    let report = sync(&office).await;
    assert_eq!((report.waiting, report.attention), (0, 0));
}

#[tokio::test]
async fn two_papers_for_one_row_both_have_a_place() {
    let office = Office::ready().await;
    let (stocked, bytes) = paper_of(4, BIRTH_CODE, Some(&pki().agency));
    office.warehouse.hold(stocked.clone(), &bytes);
    let (document, version, provenance) = (stocked.record.id, stocked.version, stocked.provenance);
    let papers = vec![
        paper(BIRTH, "Giấy khai sinh", EvidenceSource::Warehouse { document, version, provenance }),
        paper(BIRTH, "Bản chụp giấy khai sinh", file(&office, &unsigned_pdf(3)).await),
    ];
    let id = send(&office, 1, submission(papers)).await;
    sync(&office).await;
    let opened = open(&office, id).await.unwrap();
    assert_eq!(opened.failed, []);
    let row = |number: u32| opened.dossier.component(number).unwrap().attachment.clone().unwrap();
    assert!(row(BIRTH).is_reused() && !row(4).is_reused(), "{:?}", opened.dossier.components);
}

fn signer() -> Seat {
    Seat { unit: "Lãnh đạo (mẫu)".into(), officer: "lanh.dao".into() }
}

fn hand_over() -> StepWish {
    StepWish::HandOver { to: signer(), note: String::new() }
}

/// One that lacks nothing to be accepted.
async fn sent_complete(office: &Office) -> DossierId {
    let form = file(office, &unsigned_pdf(1)).await;
    let birth = file(office, &pki().sign(&unsigned_pdf(2), &pki().agency, SENT)).await;
    let papers = vec![paper(FORM, "Tờ khai theo mẫu", form), paper(BIRTH, "Giấy khai sinh", birth)];
    send(office, 1, submission(papers)).await
}

/// A whole dossier of the portal that is a draft of this counter; the other counter has heard of it too.
async fn opened_beside_a_colleague() -> (Office, Office, DossierId) {
    let office = Office::ready().await;
    let id = sent_complete(&office).await;
    let other = office.beside(5);
    sync(&office).await;
    sync(&other).await;
    open(&office, id).await.unwrap();
    (office, other, id)
}

async fn accept_there(office: &Office, id: DossierId) -> Dossier {
    office.desk.open_submission(id, true, &|_| {}, &CancellationToken::new()).await.unwrap();
    digitize(office, id, BIRTH).await;
    let accepted = office.desk.accept(id).await.unwrap();
    assert_eq!(sync(office).await.attention, 0);
    accepted
}

#[tokio::test]
async fn a_draft_that_a_colleague_accepted_is_told_and_the_office_s_row_stands_in_lists_and_book() {
    let (office, other, id) = opened_beside_a_colleague().await;
    scan(&office, id, RECORD, 1).await;
    let accepted = accept_there(&other, id).await;
    sync(&office).await;
    let told = office.desk.dossier(id).await.unwrap();
    let DossierState::SetAside(aside) = &told.state else { panic!("{:?}", told.state) };
    let code = accepted.code.unwrap();
    assert!(matches!(&aside.why, AsideWhy::AcceptedElsewhere { code: there, .. } if *there == code));
    let late = office.desk.accept(id).await.unwrap_err();
    assert!(matches!(late, DeskError::Dossier(DossierError::Incomplete(_))), "{late:?}");
    let attached = office.desk.attach_file(id, FORM, "a.pdf", &unsigned_pdf(9)).await;
    assert!(attached.is_err(), "nothing is put onto it any more");
    assert_eq!(office.desk.dossiers("").await.unwrap(), [], "it is no draft of this counter");
    for query in ["", "mau", code.as_str()] {
        let found = office.desk.office_dossiers(query).await.unwrap();
        assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [id], "{query}");
    }
    let day = told.opened_at.day();
    let lines = office.desk.book(day, day).await.unwrap().lines;
    assert_eq!(lines.iter().map(|line| (line.dossier, line.here)).collect::<Vec<_>>(), [(id, false)]);
    assert_eq!(office.desk.set_aside_dossiers("mau").await.unwrap().len(), 1);
    // Whoever goes on with it has it as it was accepted, and the scan of this counter stays.
    let taken = office.desk.take_up(id).await.unwrap();
    assert!(matches!(taken.state, DossierState::Accepted { .. }) && taken.taken_up.is_some());
    let [former] = &taken.former_papers[..] else { panic!("{:?}", taken.former_papers) };
    assert!(office.vault.has_blob(&former.attachment.blob).unwrap());
    assert_eq!(office.desk.office_dossiers("").await.unwrap(), [], "it is this counter's own now");
    assert_eq!(office.desk.set_aside_dossiers("").await.unwrap(), []);
    assert_eq!(office.desk.book(day, day).await.unwrap().lines.len(), 1);
}

#[tokio::test]
async fn a_draft_that_a_colleague_accepted_is_in_the_queue_as_the_office_tells_it() {
    let (office, other, id) = opened_beside_a_colleague().await;
    let all = QueueFilter::default();
    assert_eq!(office.desk.office_queue(&all, 0).await.unwrap().count, 0, "a draft is owed to nobody");
    accept_there(&other, id).await;
    other.desk.take_step(id, hand_over()).unwrap();
    assert_eq!(sync(&other).await.attention, 0);
    sync(&office).await;
    let told = office.desk.dossier(id).await.unwrap();
    assert!(matches!(told.state, DossierState::SetAside(_)), "{:?}", told.state);
    let queue = office.desk.office_queue(&all, 0).await.unwrap();
    let [row] = &queue.rows[..] else { panic!("{:?}", queue.rows) };
    assert_eq!((row.dossier, row.here, row.seat.clone()), (id, false, Some(signer())));
    office.desk.take_up(id).await.unwrap();
    let queue = office.desk.office_queue(&all, 0).await.unwrap();
    let [row] = &queue.rows[..] else { panic!("{:?}", queue.rows) };
    assert_eq!((row.dossier, row.here), (id, true), "it is this counter's own now");
}

#[tokio::test]
async fn what_was_taken_back_is_not_taken_up_before_the_warehouse_has_heard_of_it() {
    let (office, other, id) = opened_beside_a_colleague().await;
    office.warehouse.out(Some(LinkError::Offline));
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    let secret = zeroize::Zeroizing::new("Hai-2026-mot-cua".to_owned());
    office.desk.enrol("canbo.hai", &secret).await.unwrap();
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    let withdrawn = office.desk.withdraw(line.op, "tiếp nhận nhầm người nộp", "canbo.hai", &secret).unwrap();
    office.warehouse.out(None);
    accept_there(&other, id).await;
    let row = office.warehouse.office_dossiers(&[id]).await.unwrap().remove(0);
    let told = OfficeRows { epoch: 1, rows: vec![row], complete: false };
    office.vault.commit(&Batch { office: Some(told), ..Batch::default() }).unwrap();
    assert!(office.desk.outbox(false).await.unwrap().iter().any(|line| line.dossier == id));
    assert_eq!(office.desk.take_up(id).await.unwrap(), withdrawn, "the answer may say that it was too late");
}

#[tokio::test]
async fn a_draft_that_a_colleague_declined_is_told_and_so_is_one_that_missed_the_news() {
    let (office, other, id) = opened_beside_a_colleague().await;
    other.desk.open_submission(id, true, &|_| {}, &CancellationToken::new()).await.unwrap();
    other.desk.decline(id, DeclineKind::Refusal, vec![reason("Không thuộc thẩm quyền")]).await.unwrap();
    sync(&other).await;
    sync(&office).await;
    let told = office.desk.dossier(id).await.unwrap();
    let DossierState::Declined(said) = &told.state else { panic!("{:?}", told.state) };
    assert_eq!(said.reasons, [reason("Không thuộc thẩm quyền")]);
    assert_eq!(office.desk.outbox(true).await.unwrap(), [], "this counter said nothing");
    form(&office, &told).await;

    let second = send(&office, 2, submission(vec![])).await;
    sync(&office).await;
    sync(&other).await;
    open(&office, second).await.unwrap();
    other.desk.open_submission(second, true, &|_| {}, &CancellationToken::new()).await.unwrap();
    other.desk.decline(second, DeclineKind::Refusal, vec![reason("Trùng hồ sơ")]).await.unwrap();
    sync(&other).await;
    // The cursor is gone: the list of the office begins anew, and tells nothing of what was declined.
    office
        .vault
        .commit(&Batch { settings: vec![("changes_cursor".into(), String::new())], ..Batch::default() })
        .unwrap();
    sync(&office).await;
    assert!(matches!(office.desk.dossier(second).await.unwrap().state, DossierState::Declined(_)));
}

#[tokio::test]
async fn an_opened_dossier_is_given_back_and_its_own_papers_are_not_lost() {
    let (office, other, id) = opened_beside_a_colleague().await;
    assert_eq!(office.desk.discard(id, "").await.unwrap_err(), AsideError::FromPortal.into());
    scan(&office, id, RECORD, 1).await;
    assert_eq!(
        office.desk.give_back_submission(id, false).await.unwrap_err(),
        AsideError::PapersAdded(1).into()
    );
    let mine = office.desk.dossier(id).await.unwrap().component(RECORD).unwrap().attachment.clone();
    let back = office.desk.give_back_submission(id, true).await.unwrap();
    assert!(matches!(&back.state, DossierState::SetAside(aside) if aside.why == AsideWhy::GivenBack));
    assert_eq!(office.desk.dossiers("").await.unwrap(), []);
    assert_eq!(waiting(&office).await, [id], "it waits here too");
    assert_eq!(office.desk.submissions().await.unwrap()[0].holder, None);
    sync(&other).await;
    assert_eq!(other.desk.submissions().await.unwrap()[0].holder, None, "nobody looks into it");
    // Opened again, it is as it was left.
    let again = open(&office, id).await.unwrap().dossier;
    assert_eq!((&again.state, &again.component(RECORD).unwrap().attachment), (&DossierState::Draft, &mine));
    assert_eq!(office.desk.set_aside_dossiers("").await.unwrap(), []);
    assert!(matches!(open(&other, id).await, Err(DeskError::Office(OfficeProblem::SubmissionHeld(_)))));
    office.desk.give_back_submission(id, true).await.unwrap();
    open(&other, id).await.unwrap();
    accept_there(&other, id).await;
    sync(&office).await;
    let told = office.desk.dossier(id).await.unwrap();
    assert!(
        matches!(&told.state, DossierState::SetAside(aside) if matches!(aside.why, AsideWhy::AcceptedElsewhere { .. }))
    );
    assert_eq!(office.desk.office_dossiers("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_draft_is_discarded_found_again_and_restored_as_it_was() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    scan(&office, id, FORM, 1).await;
    let before = office.desk.dossier(id).await.unwrap();
    assert_eq!(office.desk.give_back_submission(id, false).await.unwrap_err(), AsideError::NotSent.into());
    let gone = office.desk.discard(id, " mở nhầm thủ tục ").await.unwrap();
    let DossierState::SetAside(aside) = &gone.state else { panic!("{:?}", gone.state) };
    assert_eq!(aside.why, AsideWhy::Discarded { reason: "mở nhầm thủ tục".into() });
    for query in ["", "mau"] {
        assert_eq!(office.desk.dossiers(query).await.unwrap(), []);
        assert_eq!(office.desk.set_aside_dossiers(query).await.unwrap().len(), 1);
    }
    assert_eq!(office.desk.set_aside_dossiers("khongai").await.unwrap(), []);
    assert_eq!(office.desk.discard(id, "").await.unwrap_err(), DossierError::NotDraft.into());
    let blob = before.component(FORM).unwrap().attachment.as_ref().unwrap().blob;
    office.clock.pass(std::time::Duration::from_secs(60 * 24 * 3_600));
    sync(&office).await;
    assert!(office.vault.has_blob(&blob).unwrap(), "what the warehouse does not have is never sealed away");
    let back = office.desk.restore_draft(id).await.unwrap();
    assert_eq!((&back.state, &back.components), (&DossierState::Draft, &before.components));
    assert_eq!(office.desk.dossiers("").await.unwrap().len(), 1);
    assert_eq!(office.desk.restore_draft(id).await.unwrap_err(), AsideError::NotDiscarded.into());
}

#[tokio::test]
async fn a_decline_that_met_an_acceptance_names_it_and_asks() {
    let (office, other, id) = opened_beside_a_colleague().await;
    scan(&office, id, RECORD, 1).await;
    office.warehouse.out(Some(LinkError::Offline));
    office.desk.decline(id, DeclineKind::Refusal, vec![reason("Không thuộc thẩm quyền")]).await.unwrap();
    office.warehouse.out(None);
    let accepted = accept_there(&other, id).await;
    sync(&office).await;
    let line = office.desk.outbox(false).await.unwrap().remove(0);
    let conflict = office.desk.conflict(line.op).await.unwrap().unwrap();
    let [difference] = &conflict.differences[..] else { panic!("{:?}", conflict.differences) };
    assert_eq!((difference.field.as_str(), difference.taken), ("outcome", None));
    let (ours, theirs) = (difference.ours.as_ref().unwrap(), difference.theirs.as_ref().unwrap());
    assert!(ours.contains("refusal") && ours.contains("Không thuộc thẩm quyền"), "{ours}");
    assert!(theirs.contains("accepted") && theirs.contains(accepted.code.as_ref().unwrap().as_str()));
    for choices in [vec![], vec![("outcome".to_owned(), Side::Ours)]] {
        let settled = office.desk.settle_conflict(line.op, &choices.into_iter().collect()).await;
        assert!(matches!(settled, Err(DeskError::Office(OfficeProblem::Undecided(_)))), "{settled:?}");
    }
    other.desk.take_step(id, hand_over()).unwrap();
    assert_eq!(sync(&other).await.attention, 0);
    let theirs = [("outcome".to_owned(), Side::Theirs)].into();
    let settled = office.desk.settle_conflict(line.op, &theirs).await.unwrap();
    assert_eq!(settled.code, accepted.code);
    assert_eq!(
        settled.standing().unwrap().seat,
        Some(signer()),
        "what was done there since is known at once"
    );
    assert_eq!(office.desk.dossier(id).await.unwrap(), settled);
    assert!(matches!(settled.state, DossierState::Accepted { .. }) && settled.taken_up.is_some());
    let own = settled.components.iter().any(|row| row.attachment.is_some());
    assert!(!own, "it has the rows it was accepted with, not this counter's");
    assert_eq!((settled.former_papers.len(), settled.settlements.len()), (1, 1));
    assert_eq!(sync(&office).await.attention, 0);
}

#[tokio::test]
async fn what_did_not_come_is_computed_and_asked_for_again() {
    let office = Office::ready().await;
    let bytes = unsigned_pdf(1);
    let form = file(&office, &bytes).await;
    let blob = form.blob().unwrap();
    let (stocked, birth) = paper_of(4, BIRTH_CODE, Some(&pki().agency));
    let chosen = EvidenceSource::Warehouse {
        document: stocked.record.id,
        version: stocked.version,
        provenance: stocked.provenance,
    };
    let papers = vec![paper(FORM, "Tờ khai theo mẫu", form), paper(BIRTH, "Giấy khai sinh", chosen)];
    let id = send(&office, 1, submission(papers)).await;
    sync(&office).await;
    office.warehouse.lose(&blob);
    let opened = open(&office, id).await.unwrap();
    assert_eq!(opened.failed.len(), 2);
    // Another run of the program knows it from the dossier alone.
    let lacks = |dossier: &Dossier| -> Vec<u32> {
        dossier.unfetched().into_iter().map(|(number, _)| number).collect()
    };
    assert_eq!(lacks(&office.vault.dossier(id).unwrap().unwrap()), [FORM, BIRTH]);
    file(&office, &bytes).await;
    office.warehouse.hold(stocked, &birth);
    let again = open(&office, id).await.unwrap();
    assert_eq!((again.failed, lacks(&again.dossier)), (vec![], vec![]));
    assert!(again.dossier.component(BIRTH).unwrap().attachment.as_ref().unwrap().is_reused());
    assert_eq!(again.dossier.unconfirmed_reuse(), []);
    // What an officer put there himself lacks nothing.
    office.desk.detach(id, FORM).await.unwrap();
    scan(&office, id, FORM, 1).await;
    assert_eq!(lacks(&office.desk.dossier(id).await.unwrap()), [0_u32; 0]);
}

#[tokio::test]
async fn a_dossier_whose_procedure_ended_is_opened_and_declined() {
    let office = Office::ready().await;
    let id = sent_complete(&office).await;
    sync(&office).await;
    let mut reference = (*office.desk.reference().await.unwrap()).clone();
    reference.version += 1;
    reference.procedures.retain(|known| !known.code.same_procedure(&new_dossier().procedure));
    office.warehouse.put_reference(reference);
    sync(&office).await;
    let opened = open(&office, id).await.unwrap();
    assert_eq!(opened.failed, []);
    assert_eq!(opened.dossier.components.len(), 2, "what was sent has its rows");
    let problems = office.desk.problems(id).await.unwrap();
    assert!(problems.iter().any(|problem| problem.code == "caseEnded"), "{problems:?}");
    assert!(office.desk.accept(id).await.is_err(), "nothing says when it would be due");
    office.desk.decline(id, DeclineKind::Refusal, vec![reason("Thủ tục đã bãi bỏ")]).await.unwrap();
    assert_eq!(sync(&office).await.attention, 0);
    assert!(office.warehouse.dossier(id).await.unwrap().unwrap().declined.is_some());
}

#[tokio::test]
async fn who_may_not_open_it_is_told_that_and_not_that_it_is_gone() {
    let office = Office::ready().await;
    let id = sent_complete(&office).await;
    sync(&office).await;
    office.warehouse.show_no_dossier(true);
    assert_eq!(open(&office, id).await.unwrap_err(), OfficeProblem::SubmissionNotAllowed.into());
    office.warehouse.show_no_dossier(false);
    let other = office.beside(5);
    sync(&other).await;
    accept_there(&other, id).await;
    office.warehouse.show_no_dossier(true);
    assert_eq!(open(&office, id).await.unwrap_err(), OfficeProblem::SubmissionGone.into());
}
