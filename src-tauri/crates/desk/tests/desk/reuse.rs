use crate::steps::*;
use motcua_desk::ports::LinkError;
use motcua_desk::{AutoOutcome, DossierChange, Fit};
use motcua_dossier::{
    ConsentMethod, Day, DocumentStatus, DocumentSummary, Dossier, IdNumber, OutboxState, Provenance,
};
use motcua_testkit::{Office, paper_of, pki};

fn birth(seed: u8) -> (DocumentSummary, Vec<u8>) {
    paper_of(seed, BIRTH_CODE, Some(&pki().agency))
}

async fn auto(office: &Office, dossier: &Dossier) -> AutoOutcome {
    let auto = office.desk.auto_attach(dossier.id).await.unwrap();
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
        let error = office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap_err();
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
        let error = office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap_err();
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
    let error = office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap_err();
    assert_eq!(error.code(), "consentMissing");
    assert_eq!(office.warehouse.fetches(), 0);
    let method = Some(ConsentMethod::Paper);
    let dossier = office.desk.take(id, BIRTH, paper.record.id, method).await.unwrap();
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
    let dossier = office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap();
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
    office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap();
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
    office.desk.auto_attach(id).await.unwrap();
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    let dossier = office.desk.detach(id, BIRTH).await.unwrap();
    assert!(dossier.consents.is_empty());
    let dossier = office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap();
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
    office.desk.auto_attach(id).await.unwrap();
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
    office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap();
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
    office.desk.take(dossier.id, BIRTH, other.record.id, None).await.unwrap();
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
    let row = office.desk.dossier(dossier.id).await.unwrap().component(BIRTH).unwrap().clone();
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
    office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap();
    assert_eq!(office.desk.status().await.attention, 0);
    office.warehouse.out(None);
    assert_eq!(sync(&office).await.attention, 1);
    assert_eq!(office.desk.status().await.attention, 1);
    office.desk.detach(id, BIRTH).await.unwrap();
    assert_eq!(office.desk.status().await.attention, 0);
}

#[tokio::test]
async fn an_intercepted_line_or_a_refused_device_takes_papers_as_no_line_does() {
    for how in [LinkError::Intercepted, LinkError::Unauthorized] {
        let office = Office::ready().await;
        let (paper, file) = birth(1);
        office.warehouse.hold(paper.clone(), &file);
        let id = office.open().await.id;
        office.desk.offers(id, BIRTH).await.unwrap();
        office.clock.pass(std::time::Duration::from_secs(60));
        office.warehouse.out(Some(how));
        let offers = office.desk.offers(id, BIRTH).await.unwrap();
        assert!(!offers.online && offers.items.len() == 1);
        let dossier = office.desk.take(id, BIRTH, paper.record.id, None).await.unwrap();
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
    office.warehouse.hold_fetches(true);
    let desk = office.desk.clone();
    let taking = tokio::spawn(async move { desk.take(id, BIRTH, paper.record.id, None).await });
    office.warehouse.fetch_waits().await;
    let mut applicant = dossier.applicant.clone();
    applicant.owner.number = IdNumber::parse("079090000019").unwrap();
    let to = DossierChange {
        channel: dossier.channel,
        return_method: dossier.return_method,
        applicant,
        case_code: dossier.case_code,
    };
    office.desk.update_dossier(id, to).await.unwrap();
    office.warehouse.hold_fetches(false);
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
    office.warehouse.hold_fetches(true);
    let desk = office.desk.clone();
    let taking = tokio::spawn(async move { desk.take(id, BIRTH, paper.record.id, None).await });
    office.warehouse.fetch_waits().await;
    scan(&office, id, BIRTH, 1).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    let filed = digitize(&office, id, BIRTH).await;
    office.warehouse.hold_fetches(false);
    assert_eq!(taking.await.unwrap().unwrap_err().code(), "dossierAlreadyDigitized");
    assert_eq!(office.desk.dossier(id).await.unwrap(), filed);
}

#[tokio::test]
async fn an_acceptance_refused_for_a_reused_paper_goes_with_another() {
    let office = Office::ready().await;
    let (paper, file) = birth(1);
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.auto_attach(id).await.unwrap();
    office.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await.unwrap();
    scan(&office, id, FORM, 1).await;
    office.desk.accept(id).await.unwrap();
    office.warehouse.refuse_next("documentCancelled");
    assert_eq!(sync(&office).await.attention, 1);
    assert_eq!(office.desk.open_rows(id).await.unwrap(), [BIRTH]);
    scan(&office, id, BIRTH, 1).await;
    assert_eq!(sync(&office).await.received, 0, "not before the scan is filed");
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (2, 0, 0));
    assert_eq!(office.warehouse.uses(paper.record.id), 0);
}
