//! Long without contact: papers of others rest, the counter's own work goes on.

use crate::steps::*;
use motcua_desk::ports::{LinkError, Vault};
use motcua_dossier::{DocumentSummary, Dossier, DossierState};
use motcua_testkit::{Office, paper_of, pki};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A counter that has a paper of the warehouse in a draft and one more that it looked at, and no network any more.
async fn cut_off() -> (Office, Dossier, DocumentSummary) {
    let office = Office::ready().await;
    let (taken, file) = paper_of(1, "KQ.G15.000040", Some(&pki().agency));
    office.warehouse.hold(taken.clone(), &file);
    let draft = office.open().await;
    office.desk.offers(draft.id, RECORD).await.unwrap();
    let none = Default::default();
    let draft = office.desk.take(draft.id, RECORD, taken.record.id, None, &|_| {}, &none).await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    (office, draft, taken)
}

async fn pass(office: &Office, time: Duration) {
    office.clock.pass(time);
    sync(office).await;
}

async fn left(office: &Office) -> Option<u32> {
    office.desk.status().await.offline_days_left
}

/// What is refused when the days are over, and its code.
async fn refusals(office: &Office, draft: &Dossier, paper: &DocumentSummary) -> Vec<&'static str> {
    let none = Default::default();
    let desk = &office.desk;
    let other = office.open().await.id;
    let code = |error: Option<motcua_desk::DeskError>| error.map_or("done", |error| error.code());
    vec![
        code(desk.offers(draft.id, RECORD).await.err()),
        code(desk.take(other, RECORD, paper.record.id, None, &|_| {}, &none).await.err()),
        code(desk.auto_attach(other, &|_| {}, &none).await.err()),
        code(desk.bring_paper(draft.id, paper.record.id, &|_, _| {}, &none).await.err()),
        code(desk.content(&paper.record.blob).await.err()),
    ]
}

#[tokio::test]
async fn after_the_days_papers_of_others_rest_and_one_contact_ends_it() {
    let (mut office, draft, paper) = cut_off().await;
    assert_eq!(left(&office).await, Some(14));
    pass(&office, 11 * DAY).await;
    assert_eq!(left(&office).await, Some(3));
    pass(&office, 3 * DAY - Duration::from_secs(60)).await;
    assert_eq!(left(&office).await, Some(1), "a begun day is a day");
    assert_eq!(refusals(&office, &draft, &paper).await, ["done"; 5]);
    pass(&office, Duration::from_secs(60)).await;
    assert_eq!(left(&office).await, Some(0));
    office.restart();
    assert_eq!(refusals(&office, &draft, &paper).await, ["offlineGraceOver"; 5]);
    let refused = office.desk.content(&paper.record.blob).await.unwrap_err();
    assert_eq!(refused.params()["days"], "14");

    // A machine that is reached and does not admit this one is no contact.
    office.warehouse.out(Some(LinkError::Unauthorized));
    sync(&office).await;
    assert_eq!(left(&office).await, Some(0));

    office.warehouse.out(None);
    assert_eq!(refusals(&office, &draft, &paper).await, ["done"; 5], "asking for papers is a contact");
    assert_eq!(left(&office).await, Some(14));
}

#[tokio::test]
async fn after_the_days_the_counter_s_own_work_goes_on_and_nothing_is_lost() {
    let (office, draft, paper) = cut_off().await;
    pass(&office, 40 * DAY).await;
    assert_eq!(left(&office).await, Some(0));
    let dossier = accept_scanned(&office).await;
    assert!(matches!(dossier.state, DossierState::Accepted { .. }));
    for blob in dossier.files() {
        office.desk.content(&blob).await.unwrap();
    }
    let mut package = vec![];
    let written = office.desk.export_package(&[], &mut package).unwrap();
    assert_eq!((written.ops.len(), written.missing), (2, 0));
    assert_eq!(office.vault.dossier(draft.id).unwrap().unwrap(), draft, "the draft is as it was");
    assert!(office.vault.has_blob(&paper.record.blob).unwrap(), "its paper too");
    office.warehouse.out(None);
    sync(&office).await;
    assert_eq!(left(&office).await, Some(14));
    sync(&office).await;
    assert_eq!(office.desk.outbox(false).await.unwrap(), [], "everything is through");
    office.desk.content(&paper.record.blob).await.unwrap();
}

#[tokio::test]
async fn a_clock_set_back_makes_no_day_undone() {
    let (office, draft, paper) = cut_off().await;
    pass(&office, 13 * DAY).await;
    office.clock.set_back(12 * DAY);
    sync(&office).await;
    assert_eq!(left(&office).await, Some(1));
    pass(&office, 13 * DAY).await;
    assert_eq!(left(&office).await, Some(0));
    office.clock.set_back(30 * DAY);
    assert_eq!(refusals(&office, &draft, &paper).await, ["offlineGraceOver"; 5]);
    // A clock that was far ahead and is right again counts from the next contact.
    office.warehouse.out(None);
    sync(&office).await;
    assert_eq!(left(&office).await, Some(14));
    assert_eq!(refusals(&office, &draft, &paper).await, ["done"; 5]);
}
