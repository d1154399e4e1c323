use crate::steps::*;
use motcua_desk::ports::LinkError;
use motcua_desk::{AutoOutcome, Fit};
use motcua_dossier::{ConsentMethod, Day, DocumentStatus, DocumentSummary, Dossier, Provenance};
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
