//! Dossiers of the portal: listed, opened with their files, accepted or given back; and the rule for agencies.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault, Warehouse};
use motcua_desk::{DeskError, OfficeProblem, PrintedForm, StepError};
use motcua_dossier::{
    AgencyCode, Channel, ConsentMethod, DeclineKind, DeclineReason, DeviceId, Dossier, DossierError,
    DossierId, DossierState, EvidenceSource, IdentityAnswer, IdentityCheck, OpId, OutboxKind, OutboxState,
    PartyKind, PortalAccount, ReturnMethod, Submission, SubmittedPaper, Timestamp,
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
