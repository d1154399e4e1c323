//! What the officer tells a citizen, and what the law asks of every dossier.

use crate::steps::*;
use motcua_desk::ports::Clock;
use motcua_desk::{DeskError, GuideError, ResultForm};
use motcua_dossier::{
    ConsentMethod, Dossier, DossierState, GuideText, IdentityAnswer, Provenance, ReferenceData, Timestamp,
};
use motcua_testkit::{Office, owner, paper_of, pki, reference};
use std::time::Duration;

#[tokio::test]
async fn a_guide_is_the_one_in_force_and_can_be_handed_out() {
    let office = Office::ready().await;
    let guides = office.desk.guides().await.unwrap();
    let keys: Vec<&str> = guides.iter().map(|guide| guide.key.as_str()).collect();
    assert_eq!(keys, ["identity", "online", "warehouse"]);
    for key in keys {
        let pdf = office.desk.printed_guide(key).await.unwrap();
        assert!(pdf.starts_with(b"%PDF-"), "{key}");
    }
    let unknown = office.desk.printed_guide("khac").await.unwrap_err();
    assert!(matches!(unknown, DeskError::Guide(GuideError::Unknown)), "{unknown}");
    let basis = office.desk.digitizing_basis().await.unwrap();
    assert!(basis.iter().any(|document| document.cited().contains("Thông tư 03/2025/TT-VPCP")));
}

#[tokio::test]
async fn a_guide_of_the_province_takes_the_place_of_the_shipped_one() {
    let office = Office::ready().await;
    let own = GuideText {
        key: "online".into(),
        title: "Nộp tại nhà".into(),
        text: "Liên hệ: 1022\n1. Gọi 1022".into(),
    };
    let held = office.desk.refresh_reference().await.unwrap();
    let effective_at = Some(Timestamp(20));
    office.warehouse.put_reference(ReferenceData {
        version: held + 1,
        effective_at,
        guides: vec![own],
        ..reference()
    });
    office.desk.refresh_reference().await.unwrap();
    let guide = office.desk.guides().await.unwrap().into_iter().find(|g| g.key == "online").unwrap();
    assert_eq!((guide.title.as_str(), guide.contact.as_str()), ("Nộp tại nhà", "1022"));
    assert_eq!(guide.steps, ["Gọi 1022"]);
}

async fn give_back(office: &Office, dossier: &Dossier) -> Dossier {
    let (_, pdf) = paper_of(77, BIRTH_CODE, Some(&pki().agency));
    office.desk.attach_result(dossier.id, "kq.pdf", &pdf).await.unwrap();
    let metadata = office.desk.suggest_metadata(dossier.id, RESULT).await.unwrap();
    office.desk.return_result(dossier.id, metadata).await.unwrap()
}

#[tokio::test]
async fn an_account_opened_meanwhile_shows_what_the_warehouse_has_of_its_owner() {
    let office = Office::ready().await;
    let (paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().agency));
    office.warehouse.hold(paper, &file);
    office.warehouse.know(&owner().number, IdentityAnswer::NotRegistered, None);
    let found = office.desk.check_identity(owner().number.value()).await.unwrap();
    assert_eq!(found.guide.map(|guide| guide.key).as_deref(), Some("identity"));
    let id = office.open().await.id;
    office.warehouse.know(&owner().number, IdentityAnswer::Registered, None);
    office.desk.recheck_identity(id).await.unwrap();
    let found = office.desk.auto_attach(id, &|_| {}, &Default::default()).await.unwrap();
    let reused: Vec<_> = found.dossier.reused().collect();
    assert_eq!(reused.len(), 1, "his paper is on its row");
    assert!(office.desk.check_identity(owner().number.value()).await.unwrap().guide.is_none());
}

#[tokio::test]
async fn a_dossier_with_a_national_paper_goes_the_same_way_to_its_result() {
    let office = Office::ready().await;
    let today = office.clock.now().day();
    let (mut paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().agency));
    paper.provenance = Provenance::National;
    office.warehouse.hold(paper.clone(), &file);
    let id = office.open().await.id;
    office.desk.offers(id, BIRTH).await.unwrap();
    let method = Some(ConsentMethod::Spoken);
    office.desk.take(id, BIRTH, paper.record.id, method, &|_| {}, &Default::default()).await.unwrap();
    scan(&office, id, FORM, 1).await;
    let accepted = office.desk.accept(id).await.unwrap();
    let done = give_back(&office, &accepted).await;
    assert!(matches!(done.state, DossierState::Completed { .. }));
    sync(&office).await;
    assert!(all_received(&states(&office).await), "result and use are told like any other");
    let found = office.desk.compliance(today, today).await.unwrap();
    assert_eq!((found.reused(), found.electronic(), found.digitized()), (1, 1, 1));
}

#[tokio::test]
async fn what_is_missing_is_told_by_dossier_and_reuse_is_counted_by_dossier() {
    let office = Office::ready().await;
    let today = office.clock.now().day();
    let scanned = accept_scanned(&office).await;
    let found = office.desk.compliance(today, today).await.unwrap();
    assert_eq!((found.lines.len(), found.digitized(), found.reused()), (1, 1, 0));
    assert_eq!(found.lines[0].result, ResultForm::Pending, "nothing is missing before it is returned");
    assert_eq!(found.missing().count(), 0);
    assert_eq!(found.target, 6000);
    give_back(&office, &scanned).await;
    let found = office.desk.compliance(today, today).await.unwrap();
    assert_eq!((found.returned(), found.electronic()), (1, 1));
    let text = String::from_utf8(found.table()).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains(";đủ;có;không;"), "{text}");
    office.clock.pass(Duration::from_secs(24 * 60 * 60));
    let tomorrow = office.clock.now().day();
    assert!(office.desk.compliance(tomorrow, tomorrow).await.unwrap().lines.is_empty());
    assert_eq!(office.desk.compliance(tomorrow, today).await.unwrap_err().code(), "bookReversed");
}
