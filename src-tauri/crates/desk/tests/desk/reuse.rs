use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault};
use motcua_desk::{AutoOutcome, AutoRow, DossierChange, Fit, RowProgress};
use motcua_dossier::{
    ConsentMethod, Day, DocumentStatus, DocumentSummary, Dossier, IdNumber, OutboxState, Provenance,
    ReceiptChange,
};
use motcua_testkit::{Office, paper_of, pki};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

fn birth(seed: u8) -> (DocumentSummary, Vec<u8>) {
    paper_of(seed, BIRTH_CODE, Some(&pki().agency))
}

async fn auto(office: &Office, dossier: &Dossier) -> AutoOutcome {
    let auto = office.desk.auto_attach(dossier.id, &|_| {}, &Default::default()).await.unwrap();
    auto.rows.iter().find(|r| r.component == BIRTH).unwrap().outcome
}

#[tokio::test]
async fn exactly_one_attaches_itself_several_are_left_none_is_told() {
    let office = Office::ready().await;
    let none = office.open().await;
    assert_eq!(auto(&office, &none).await, AutoOutcome::None);

    office.clock.pass(std::time::Duration::from_secs(60));
    let (one, file) = birth(1);
    office.warehouse.hold(one.clone(), &file);
    let dossier = office.open().await;
    assert_eq!(auto(&office, &dossier).await, AutoOutcome::Attached);
    let dossier = office.desk.dossier(dossier.id).await.unwrap();
    assert_eq!(dossier.unconfirmed_reuse(), [one.record.id], "provisional until the citizen confirms");

    office.clock.pass(std::time::Duration::from_secs(60));
    let (two, file) = birth(2);
    office.warehouse.hold(two, &file);
    let several = office.open().await;
    assert_eq!(auto(&office, &several).await, AutoOutcome::Ambiguous(2));
    let several = office.desk.dossier(several.id).await.unwrap();
    assert!(several.component(BIRTH).unwrap().is_empty());
    assert_eq!(office.desk.badges(several.id).await.unwrap().rows[1], (BIRTH, 2));
}

#[tokio::test]
async fn papers_that_do_not_fit_are_shown_with_their_reasons_and_are_not_taken() {
    let office = Office::ready().await;
    let mut wrong: Vec<(DocumentSummary, &str)> = vec![];
    for (seed, reason) in
        [(1, "cancelled"), (2, "notShared"), (3, "notSynced"), (4, "expired"), (5, "badSignature")]
    {
        let (mut paper, file) = birth(seed);
        match reason {
            "cancelled" => paper.status = DocumentStatus::Cancelled,
            "notShared" => paper.record.metadata.shared = false,
            "notSynced" => paper.provenance = Provenance::NationalNotSynced,
            "expired" => paper.record.metadata.valid_until = Some(Day::parse("2026-11-19").unwrap()),
            _ => paper.status = DocumentStatus::BadSignature,
        }
        office.warehouse.hold(paper.clone(), &file);
        wrong.push((paper, reason));
    }
    let id = office.open().await.id;
    let offers = office.desk.offers(id, BIRTH).await.unwrap();
    for (paper, reason) in wrong {
        let offer = offers.items.iter().find(|o| o.summary.record.id == paper.record.id).unwrap();
        assert_eq!(offer.fits, Fit::Unfit { reasons: vec![reason] });
        let error = office
            .desk
            .take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default())
            .await
            .unwrap_err();
        assert_eq!((error.code(), error.params()["reasons"].as_str()), ("documentUnfit", reason));
    }
    let (old, file) = paper_of(9, "KQ.G15.000040", Some(&pki().agency));
    let mut old = old;
    old.record.metadata.issued_on = Some(Day::parse("2026-01-05").unwrap());
    office.clock.pass(std::time::Duration::from_secs(60));
    office.warehouse.hold(old.clone(), &file);
    let offers = office.desk.offers(id, RECORD).await.unwrap();
    let offer = offers.items.iter().find(|o| o.summary.record.id == old.record.id).unwrap();
    assert_eq!(offer.fits, Fit::Unfit { reasons: vec!["tooOld"] });
}

#[tokio::test]
async fn a_paper_whose_signature_does_not_hold_is_refused_and_not_attached() {
    let office = Office::ready().await;
    for (seed, by, code) in [
        (1, None, "fileUnsigned"),
        (2, Some(&pki().stranger), "fileNotTrusted"),
        (3, Some(&pki().expired), "fileSignerExpired"),
    ] {
        let (paper, file) = paper_of(seed, BIRTH_CODE, by);
        office.warehouse.hold(paper.clone(), &file);
        office.clock.pass(std::time::Duration::from_secs(60));
        let id = office.open().await.id;
        office.desk.offers(id, BIRTH).await.unwrap();
        let error = office
            .desk
            .take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default())
            .await
            .unwrap_err();
        assert_eq!(error.code(), code);
        assert!(office.desk.dossier(id).await.unwrap().component(BIRTH).unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_national_paper_is_not_fetched_before_it_is_confirmed() {
    let office = Office::ready().await;
    let (mut paper, file) = birth(1);
    paper.provenance = Provenance::National;
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(auto(&office, &dossier).await, AutoOutcome::Ambiguous(1), "never by itself");
    let error =
        office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap_err();
    assert_eq!(error.code(), "consentMissing");
    assert_eq!(office.warehouse.fetches(), 0);
    let method = Some(ConsentMethod::Paper);
    let dossier =
        office.desk.take(id, BIRTH, paper.record.id, method, &|_| {}, &Default::default()).await.unwrap();
    assert_eq!(office.warehouse.fetches(), 1);
    assert!(dossier.consents[0].national && dossier.unconfirmed_reuse().is_empty());
    let error = office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap_err();
    assert_eq!(error.code(), "nothingToConfirm");
}

#[tokio::test]
async fn the_provincial_warehouse_comes_before_the_national_one() {
    let office = Office::ready().await;
    let (mut national, file) = birth(1);
    national.provenance = Provenance::National;
    national.record.metadata.issued_on = Some(Day::parse("2026-11-01").unwrap());
    office.warehouse.hold(national, &file);
    let (provincial, file) = birth(2);
    office.warehouse.hold(provincial.clone(), &file);
    let id = office.open().await.id;
    let offers = office.desk.offers(id, BIRTH).await.unwrap();
    let order: Vec<Provenance> = offers.items.iter().map(|o| o.summary.provenance).collect();
    assert_eq!(order, [Provenance::Provincial, Provenance::National], "though the national one is newer");
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(auto(&office, &dossier).await, AutoOutcome::Attached);
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(dossier.unconfirmed_reuse(), [provincial.record.id]);
    assert_eq!(office.warehouse.fetches(), 1, "nothing national was fetched");
}

#[tokio::test]
async fn a_paper_taken_offline_is_reserved_and_comes_by_itself() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    let offers = office.desk.offers(id, BIRTH).await.unwrap();
    assert!(!offers.items[0].here && offers.fetched_at.is_some());
    let dossier =
        office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap();
    assert!(dossier.component(BIRTH).unwrap().reservation.is_some());
    scan(&office, id, FORM, 1).await;
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    office.desk.accept(id).await.unwrap();
    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.fetched, report.received), (1, 1));
    let dossier = office.desk.dossier(id).await.unwrap();
    let row = dossier.component(BIRTH).unwrap();
    assert!(row.reservation.is_none());
    assert_eq!(row.attachment.as_ref().unwrap().blob, paper.record.blob);
    assert_eq!(office.warehouse.uses(paper.record.id), 1);
}

#[tokio::test]
async fn a_reserved_paper_that_is_refused_says_why_on_its_row() {
    let office = Office::ready().await;
    let (paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().stranger));
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap();
    office.warehouse.out(None);
    sync(&office).await;
    let dossier = office.desk.dossier(id).await.unwrap();
    let reservation = dossier.component(BIRTH).unwrap().reservation.clone().unwrap();
    assert_eq!(reservation.problem.as_deref(), Some("fileNotTrusted"));
    assert!(dossier.problems().iter().any(|p| p.code == "reservationFailed"));
}

#[tokio::test]
async fn removing_before_acceptance_counts_nothing_and_asks_again() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.auto_attach(id, &|_| {}, &Default::default()).await.unwrap();
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    let dossier = office.desk.detach(id, BIRTH).await.unwrap();
    assert!(dossier.consents.is_empty());
    let dossier =
        office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap();
    assert_eq!(dossier.unconfirmed_reuse(), [paper.record.id]);
    office.desk.detach(id, BIRTH).await.unwrap();
    scan(&office, id, FORM, 1).await;
    scan(&office, id, BIRTH, 1).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    sync(&office).await;
    assert_eq!(office.warehouse.uses(paper.record.id), 0);
}

#[tokio::test]
async fn a_reuse_counts_once_however_often_it_is_sent() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.auto_attach(id, &|_| {}, &Default::default()).await.unwrap();
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    scan(&office, id, FORM, 1).await;
    office.desk.accept(id).await.unwrap();
    office.warehouse.lose_replies(2);
    for _ in 0..4 {
        sync(&office).await;
        office.clock.pass(std::time::Duration::from_secs(600));
    }
    assert!(all_received(&states(&office).await));
    assert_eq!(office.warehouse.uses(paper.record.id), 1);
}

/// A dossier accepted offline on a reserved paper whose file the warehouse has lost meanwhile.
async fn accepted_on_a_lost_paper(office: &Office) -> (Dossier, DocumentSummary) {
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap();
    scan(office, id, FORM, 1).await;
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    let dossier = office.desk.accept(id).await.unwrap();
    office.warehouse.lose(&paper.record.blob);
    office.warehouse.out(None);
    (dossier, paper)
}

#[tokio::test]
async fn a_reservation_that_fails_after_acceptance_holds_it_and_counts_nothing() {
    let office = Office::ready().await;
    let (dossier, paper) = accepted_on_a_lost_paper(&office).await;
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention), (0, 1));
    assert_eq!(office.desk.status().await.attention, 1, "told once, not once per row and once per line");
    assert_eq!(office.warehouse.uses(paper.record.id), 0);
    assert_eq!(office.desk.open_rows(dossier.id).await.unwrap(), [BIRTH]);
    let error = office.desk.detach(dossier.id, FORM).await.unwrap_err();
    assert_eq!(error.code(), "dossierNotDraft", "the other rows are as accepted");
    let line = office.desk.outbox(false).await.unwrap()[0].clone();
    assert_eq!(
        (line.state, line.attempts),
        (OutboxState::NeedsAttention { code: "acceptanceHeld".into() }, 0)
    );
}

#[tokio::test]
async fn a_scan_replaces_the_lost_paper_and_the_acceptance_is_made_anew() {
    let office = Office::ready().await;
    let (dossier, paper) = accepted_on_a_lost_paper(&office).await;
    let id = dossier.id;
    sync(&office).await;
    let held = office.desk.outbox(false).await.unwrap()[0].op;
    scan(&office, id, BIRTH, 2).await;
    assert_eq!(sync(&office).await.received, 0, "not before the scan is filed");
    sign_by_agency(&office, id, &[BIRTH]).await;
    let mended = digitize(&office, id, BIRTH).await;
    assert_eq!((&mended.code, &mended.state), (&dossier.code, &dossier.state));
    assert_ne!(mended.receipt, dossier.receipt, "the receipt names what is there");
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (2, 0, 0));
    assert_eq!(office.warehouse.uses(paper.record.id), 0);
    let lines = office.desk.outbox(true).await.unwrap();
    assert_eq!(lines.iter().find(|l| l.op == held).unwrap().state, OutboxState::Replaced);
    assert_eq!(office.desk.detach(id, BIRTH).await.unwrap_err().code(), "dossierNotDraft");
}

#[tokio::test]
async fn another_paper_replaces_the_lost_one_after_its_own_confirmation() {
    let office = Office::ready().await;
    let (dossier, lost) = accepted_on_a_lost_paper(&office).await;
    let (other, file) = birth(2);
    office.warehouse.hold(other.clone(), &file);
    sync(&office).await;
    office.clock.pass(std::time::Duration::from_secs(60));
    office.desk.offers(dossier.id, BIRTH).await.unwrap();
    office.desk.take(dossier.id, BIRTH, other.record.id, None, &|_| {}, &Default::default()).await.unwrap();
    assert_eq!(sync(&office).await.received, 0, "the citizen has not confirmed this one");
    office.desk.confirm_reuse(dossier.id, ConsentMethod::Spoken, None).await.unwrap();
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention), (1, 0));
    assert_eq!((office.warehouse.uses(lost.record.id), office.warehouse.uses(other.record.id)), (0, 1));
}

#[tokio::test]
async fn a_lost_paper_that_is_found_again_goes_with_the_acceptance_as_it_was() {
    let office = Office::ready().await;
    let (dossier, paper) = accepted_on_a_lost_paper(&office).await;
    sync(&office).await;
    let held = office.desk.outbox(false).await.unwrap()[0].op;
    let (_, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    office.desk.resend(held).await.unwrap();
    let report = sync(&office).await;
    assert_eq!((report.fetched, report.received, report.attention), (1, 1, 0));
    assert_eq!(office.desk.outbox(true).await.unwrap()[0].op, held, "the same content, the same id");
    assert_eq!(office.warehouse.uses(paper.record.id), 1);
    let dossier = office.desk.dossier(dossier.id).await.unwrap();
    assert!(dossier.reprint.is_empty(), "the same receipt");
    let row = dossier.component(BIRTH).unwrap().clone();
    assert_eq!(row.attachment.unwrap().blob, paper.record.blob);
}

#[tokio::test]
async fn a_failed_reservation_of_a_draft_counts_as_work_for_a_person() {
    let office = Office::ready().await;
    let (paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().stranger));
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap();
    assert_eq!(office.desk.status().await.attention, 0);
    office.warehouse.out(None);
    assert_eq!(sync(&office).await.attention, 1);
    assert_eq!(office.desk.status().await.attention, 1);
    office.desk.detach(id, BIRTH).await.unwrap();
    assert_eq!(office.desk.status().await.attention, 0);
}

#[tokio::test]
async fn a_line_that_fails_takes_papers_as_no_line_does_and_says_why() {
    for (how, why, online) in [
        (LinkError::Intercepted, "linkIntercepted", false),
        (LinkError::Unauthorized, "linkUnauthorized", false),
        (LinkError::Trouble { retry_after: None }, "linkTrouble", true),
    ] {
        let office = Office::ready().await;
        let (paper, file) = birth(1);
        office.warehouse.hold(paper.clone(), &file);
        let id = office.open().await.id;
        office.desk.offers(id, BIRTH).await.unwrap();
        office.clock.pass(std::time::Duration::from_secs(60));
        office.warehouse.out(Some(how));
        let offers = office.desk.offers(id, BIRTH).await.unwrap();
        assert_eq!((offers.problem, offers.items.len()), (Some(why), 1));
        assert_eq!(
            office.desk.status().await.online,
            Some(online),
            "trouble at the other end is no missing network"
        );
        let dossier =
            office.desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await.unwrap();
        assert!(dossier.component(BIRTH).unwrap().reservation.is_some());
        office.warehouse.out(None);
        assert_eq!(sync(&office).await.fetched, 1);
    }
}

#[tokio::test]
async fn a_paper_that_comes_after_the_owner_changed_is_not_attached() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let dossier = office.open().await;
    let id = dossier.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    office.warehouse.hold_files(true);
    let desk = office.desk.clone();
    let taking = tokio::spawn(async move {
        desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await
    });
    office.warehouse.file_waits().await;
    let mut applicant = dossier.applicant.clone();
    applicant.owner.number = IdNumber::parse("079090000019").unwrap();
    let to = DossierChange {
        channel: dossier.channel,
        return_method: dossier.return_method,
        applicant,
        case_code: dossier.case_code,
    };
    office.desk.update_dossier(id, to).await.unwrap();
    office.warehouse.hold_files(false);
    let error = taking.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "documentUnknown");
    assert!(office.desk.dossier(id).await.unwrap().component(BIRTH).unwrap().is_empty());
}

#[tokio::test]
async fn a_paper_that_comes_after_the_row_was_filed_does_not_replace_it() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    office.warehouse.hold_files(true);
    let desk = office.desk.clone();
    let taking = tokio::spawn(async move {
        desk.take(id, BIRTH, paper.record.id, None, &|_| {}, &Default::default()).await
    });
    office.warehouse.file_waits().await;
    scan(&office, id, BIRTH, 1).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    let filed = digitize(&office, id, BIRTH).await;
    office.warehouse.hold_files(false);
    assert_eq!(taking.await.unwrap().unwrap_err().code(), "dossierAlreadyDigitized");
    assert_eq!(office.desk.dossier(id).await.unwrap(), filed);
}

#[tokio::test]
async fn an_acceptance_refused_for_a_reused_paper_goes_with_another() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.auto_attach(id, &|_| {}, &Default::default()).await.unwrap();
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    scan(&office, id, FORM, 1).await;
    office.desk.accept(id).await.unwrap();
    office.warehouse.refuse_next("documentCancelled");
    assert_eq!(sync(&office).await.attention, 1);
    assert_eq!(office.desk.open_rows(id).await.unwrap(), [BIRTH]);
    scan(&office, id, BIRTH, 1).await;
    assert_eq!(sync(&office).await.received, 0, "not before the scan is filed");
    sign_by_agency(&office, id, &[BIRTH]).await;
    let dossier = digitize(&office, id, BIRTH).await;
    assert_eq!(
        dossier.reprint,
        [ReceiptChange::Papers].into(),
        "the receipt the citizen holds names the other"
    );
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (2, 0, 0));
    assert_eq!(office.warehouse.uses(paper.record.id), 0);
}

#[tokio::test]
async fn a_paper_whose_fetch_is_stopped_leaves_no_trace_and_no_consent() {
    let office = Office::ready().await;
    let (mut paper, file) = birth(1);
    paper.provenance = Provenance::National;
    let (document, blob) = (paper.record.id, paper.record.blob);
    office.warehouse.hold(paper, &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    let before = office.desk.dossier(id).await.unwrap();
    office.warehouse.hold_files(true);
    let (desk, cancel) = (office.desk.clone(), CancellationToken::new());
    let (told, stop) = (Arc::new(Mutex::new(vec![])), cancel.clone());
    let taking = tokio::spawn({
        let told = told.clone();
        async move {
            let tell = |at: RowProgress| told.lock().unwrap().push(at);
            desk.take(id, BIRTH, document, Some(ConsentMethod::Spoken), &tell, &cancel).await
        }
    });
    office.warehouse.file_waits().await;
    stop.cancel();
    assert_eq!(taking.await.unwrap().unwrap_err().code(), "linkCancelled", "without waiting for the line");
    let size = file.len() as u64;
    let waiting = RowProgress { component: BIRTH, done: 0, total: 1, received: 0, size };
    assert_eq!(*told.lock().unwrap(), [waiting]);
    assert_eq!(office.desk.dossier(id).await.unwrap(), before, "neither paper, reservation nor confirmation");
    assert!(!office.vault.has_blob(&blob).unwrap() && office.warehouse.uses(document) == 0);
    office.warehouse.hold_files(false);
    let again = office.desk.take(id, BIRTH, document, None, &|_| {}, &Default::default()).await;
    assert_eq!(again.unwrap_err().code(), "consentMissing", "the confirmation is asked for anew");

    let method = Some(ConsentMethod::Spoken);
    let tell = |at: RowProgress| told.lock().unwrap().push(at);
    let taken = office.desk.take(id, BIRTH, document, method, &tell, &Default::default()).await.unwrap();
    assert_eq!(taken.consents.len(), 1);
    assert_eq!(told.lock().unwrap().last().unwrap().received, size, "told as it comes");
}

#[tokio::test]
async fn a_national_paper_that_is_refused_leaves_no_confirmation_behind() {
    let office = Office::ready().await;
    let (mut paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().stranger));
    paper.provenance = Provenance::National;
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    let before = office.desk.dossier(id).await.unwrap();
    let method = Some(ConsentMethod::Paper);
    let refused = office.desk.take(id, BIRTH, paper.record.id, method, &|_| {}, &Default::default()).await;
    assert_eq!(refused.unwrap_err().code(), "fileNotTrusted");
    assert_eq!(office.desk.dossier(id).await.unwrap(), before);
}

#[tokio::test]
async fn stopping_the_automatic_update_keeps_the_rows_served_and_leaves_the_rest() {
    let office = Office::ready().await;
    let (record, file) = paper_of(2, "KQ.G15.000040", Some(&pki().agency));
    office.warehouse.hold(record.clone(), &file);
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    let (cancel, told) = (CancellationToken::new(), Mutex::new(vec![]));
    let tell = |at: RowProgress| {
        told.lock().unwrap().push((at.component, at.done, at.total));
        if at.component == RECORD {
            cancel.cancel();
        }
    };
    let stopped = office.desk.auto_attach(id, &tell, &cancel).await.unwrap();
    assert!(stopped.stopped);
    let rows: Vec<(u32, AutoOutcome)> = stopped.rows.iter().map(|r| (r.component, r.outcome)).collect();
    assert_eq!(rows, [(FORM, AutoOutcome::None), (BIRTH, AutoOutcome::Attached)]);
    let told = told.into_inner().unwrap();
    assert!(
        told.starts_with(&[(FORM, 0, 3), (BIRTH, 1, 3)]) && told.last() == Some(&(RECORD, 2, 3)),
        "{told:?}"
    );
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(dossier, stopped.dossier);
    assert!(dossier.component(RECORD).unwrap().is_empty());
    assert_eq!(dossier.unconfirmed_reuse(), [paper.record.id]);

    let early = CancellationToken::new();
    early.cancel();
    let nothing = office.desk.auto_attach(id, &|_| {}, &early).await.unwrap();
    assert!(nothing.stopped && nothing.rows.is_empty() && nothing.dossier == dossier);
    let rest = office.desk.auto_attach(id, &|_| {}, &Default::default()).await.unwrap();
    assert!(
        !rest.stopped && rest.rows.contains(&AutoRow { component: RECORD, outcome: AutoOutcome::Attached })
    );
}

#[tokio::test]
async fn a_paper_is_looked_at_before_it_is_taken_and_nothing_is_recorded() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    let (mut national, other) = birth(2);
    national.provenance = Provenance::National;
    office.warehouse.hold(paper.clone(), &file);
    office.warehouse.hold(national.clone(), &other);
    let id = office.open().await.id;
    let offers = office.desk.offers(id, BIRTH).await.unwrap();
    assert!(offers.items.iter().all(|o| !o.here));
    let before = office.desk.dossier(id).await.unwrap();
    let bring = async |document| {
        let brought = office.desk.bring_paper(id, document, &|_, _| {}, &Default::default()).await;
        brought.map_err(|e| e.code())
    };
    assert_eq!(bring(paper.record.id).await, Ok(paper.record.blob));
    assert_eq!(office.desk.content(&paper.record.blob).await.unwrap(), file);
    assert_eq!(bring(paper.record.id).await, Ok(paper.record.blob));
    assert_eq!(office.warehouse.fetches(), 1, "what is here is not fetched again");
    assert_eq!(bring(national.record.id).await, Err("consentMissing"));
    assert_eq!(office.warehouse.fetches(), 1, "a national paper is not fetched for a look");
    assert_eq!(office.desk.dossier(id).await.unwrap(), before);
    assert_eq!(office.warehouse.uses(paper.record.id), 0);
    assert_eq!(bring(motcua_dossier::DocumentId::derive(9, &[9; 10])).await, Err("documentUnknown"));
}
