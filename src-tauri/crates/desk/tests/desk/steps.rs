//! Steps the tests share.

use motcua_desk::{ScanOptions, SyncReport};
use motcua_dossier::{Dossier, DossierId, OutboxState};
use motcua_testkit::{Office, PIN, pki};

pub(crate) const FORM: u32 = 1;
pub(crate) const BIRTH: u32 = 2;
pub(crate) const RECORD: u32 = 3;
pub(crate) const RESULT: u32 = 0;
pub(crate) const BIRTH_CODE: &str = "KQ.G15.000031";

/// Scans so many pages into a row and makes them its PDF.
pub(crate) async fn scan(office: &Office, id: DossierId, component: u32, pages: u32) -> Dossier {
    office.scanner.lay_in(pages);
    let draft = office
        .desk
        .scan(id, component, &ScanOptions::default(), &|_, _| {}, &Default::default())
        .await
        .unwrap();
    assert_eq!(draft.pages.len(), pages as usize);
    office.desk.finish_capture(id, component).await.unwrap()
}

pub(crate) async fn sign_by_agency(office: &Office, id: DossierId, components: &[u32]) -> Dossier {
    let agency = pki().agency.fingerprint();
    let pin = Some(PIN.to_owned().into());
    office.desk.sign(id, components, &agency, pin, &Default::default(), &|_| {}).await.unwrap().dossier
}

pub(crate) async fn digitize(office: &Office, id: DossierId, component: u32) -> Dossier {
    let metadata = office.desk.suggest_metadata(id, component).await.unwrap();
    office.desk.digitize(id, component, metadata).await.unwrap()
}

/// Scans both required papers, signs, files and accepts.
pub(crate) async fn accept_scanned(office: &Office) -> Dossier {
    fill_and_accept(office, office.open().await.id).await
}

/// The same with a draft that is there.
pub(crate) async fn fill_and_accept(office: &Office, id: DossierId) -> Dossier {
    scan(office, id, FORM, 1).await;
    scan(office, id, BIRTH, 2).await;
    sign_by_agency(office, id, &[BIRTH]).await;
    digitize(office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap()
}

pub(crate) async fn sync(office: &Office) -> SyncReport {
    office.desk.sync_once(&Default::default(), &|_| {}).await.unwrap()
}

pub(crate) async fn states(office: &Office) -> Vec<OutboxState> {
    office.desk.outbox(true).await.unwrap().into_iter().map(|i| i.state).collect()
}

pub(crate) fn all_received(states: &[OutboxState]) -> bool {
    states.iter().all(|s| matches!(s, OutboxState::Received { .. }))
}
