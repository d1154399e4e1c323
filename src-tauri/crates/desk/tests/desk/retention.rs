//! How long files stay: sealed after days, gone after more, never of work that is not over, and back on request.

use crate::steps::*;
use motcua_desk::ports::{Batch, FileChange, LinkError, Vault};
use motcua_dossier::{BlobId, Dossier, DossierState, OutboxState, Timestamp};
use motcua_testkit::{Office, paper_of, pki};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// So much time goes by, and the counter looks at its files then.
async fn pass(office: &Office, time: Duration) {
    office.clock.pass(time);
    sync(office).await;
}

/// A dossier from the first key to its result, everything confirmed.
async fn completed(office: &Office) -> Dossier {
    let dossier = accept_scanned(office).await;
    sync(office).await;
    scan(office, dossier.id, RESULT, 1).await;
    sign_by_agency(office, dossier.id, &[RESULT]).await;
    let metadata = office.desk.suggest_metadata(dossier.id, RESULT).await.unwrap();
    let done = office.desk.return_result(dossier.id, metadata).await.unwrap();
    sync(office).await;
    assert!(all_received(&states(office).await));
    done
}

fn paper(dossier: &Dossier, component: u32) -> BlobId {
    dossier.component(component).unwrap().attachment.as_ref().unwrap().blob
}

async fn code(office: &Office, blob: &BlobId) -> &'static str {
    office.desk.content(blob).await.map_or_else(|error| error.code(), |_| "read")
}

async fn bring_back(office: &Office, blob: BlobId) -> Result<(), &'static str> {
    office.desk.bring_back(blob, &|_, _| {}, &Default::default()).await.map_err(|error| error.code())
}

#[tokio::test]
async fn papers_are_sealed_a_week_after_the_result_gone_a_month_later_and_come_back() {
    let office = Office::ready().await;
    let dossier = completed(&office).await;
    let (form, birth) = (paper(&dossier, FORM), paper(&dossier, BIRTH));
    pass(&office, HOUR).await; // It is noted now that nothing needs them.
    pass(&office, 7 * DAY - HOUR).await;
    assert_eq!(code(&office, &form).await, "read");
    pass(&office, HOUR).await;
    for blob in [form, birth, dossier.result.as_ref().unwrap().attachment.blob] {
        assert_eq!(code(&office, &blob).await, "fileOnlyThere");
        assert!(office.vault.held_file(&blob).unwrap().unwrap().sealed_at.is_some());
    }
    assert_eq!(code(&office, &dossier.receipt.unwrap()).await, "read", "the office's own record stays");
    assert_eq!(office.desk.dossiers("tran van mau").await.unwrap().len(), 1, "and is found");

    office.warehouse.out(Some(LinkError::Offline));
    assert_eq!(bring_back(&office, birth).await, Err("linkOffline"));
    office.warehouse.out(None);
    bring_back(&office, birth).await.unwrap();
    assert_eq!(code(&office, &birth).await, "read");
    pass(&office, HOUR).await;
    pass(&office, 6 * DAY).await;
    assert_eq!(code(&office, &birth).await, "read", "a week of its own");
    pass(&office, DAY).await;
    assert_eq!(code(&office, &birth).await, "fileOnlyThere");

    pass(&office, 23 * DAY).await;
    assert_eq!(office.vault.held_file(&form).unwrap(), None, "thirty days sealed, then gone");
    assert!(office.vault.held_file(&birth).unwrap().is_some());
    assert_eq!(code(&office, &form).await, "fileOnlyThere");
    bring_back(&office, form).await.unwrap();
    assert_eq!(code(&office, &form).await, "read");
    assert_eq!(bring_back(&office, BlobId([8; 32])).await, Err("fileMissing"), "nothing here names it");
}

#[tokio::test]
async fn work_that_is_not_over_keeps_every_file_however_long_it_lasts() {
    let office = Office::ready().await;
    office.desk.enrol("canbo.hai", &"Hai-2026-mot-cua".to_owned().into()).await.unwrap();
    let received = accept_scanned(&office).await;
    sync(&office).await;
    office.warehouse.refuse_next("fileNotTrusted");
    let refused = accept_scanned(&office).await;
    sync(&office).await;
    office.warehouse.out(Some(LinkError::Offline));
    let unsent = accept_scanned(&office).await;
    let withdrawn = accept_scanned(&office).await;
    let line =
        office.desk.outbox(false).await.unwrap().iter().find(|l| l.dossier == withdrawn.id).unwrap().op;
    office
        .desk
        .withdraw(line, "Quét nhầm giấy của người khác", "canbo.hai", &"Hai-2026-mot-cua".to_owned().into())
        .unwrap();
    let draft = office.open().await;
    scan(&office, draft.id, FORM, 1).await;
    office.scanner.lay_in(1);
    office.desk.scan(draft.id, BIRTH, &Default::default(), &|_, _| {}, &Default::default()).await.unwrap();
    for _ in 0..5 {
        pass(&office, 100 * DAY).await;
    }
    let mut looked = 0;
    for id in [received.id, refused.id, unsent.id, withdrawn.id, draft.id] {
        for blob in office.desk.dossier(id).await.unwrap().files() {
            assert_eq!(code(&office, &blob).await, "read");
            looked += 1;
        }
    }
    assert!(looked > 10);
    for page in office.desk.capture(draft.id, BIRTH).await.unwrap().pages {
        assert_eq!(code(&office, &page.image).await, "read");
    }
    for line in office.desk.outbox(true).await.unwrap() {
        for blob in &line.blobs {
            assert_eq!(code(&office, blob).await, "read", "{:?}", line.state);
        }
    }
}

#[tokio::test]
async fn a_receipt_that_is_not_held_confirms_nothing() {
    let office = Office::ready().await;
    let dossier = accept_scanned(&office).await;
    // As if a line said it was received, and nobody had signed for it.
    let at = Timestamp(0);
    let lines = office.desk.outbox(true).await.unwrap();
    let outbox = lines
        .into_iter()
        .map(|line| motcua_dossier::OutboxItem { state: OutboxState::Received { at }, ..line })
        .collect();
    let stored = office.vault.dossier(dossier.id).unwrap().unwrap();
    let (accepted_at, deadline) = stored.state.acceptance().map(|(at, d)| (at, d.clone())).unwrap();
    let over = Dossier {
        state: DossierState::Completed { at: accepted_at, accepted_at, deadline },
        revision: stored.revision + 1,
        ..stored
    };
    office.vault.commit(&Batch { outbox, dossiers: vec![over], ..Batch::default() }).unwrap();
    for _ in 0..3 {
        pass(&office, 100 * DAY).await;
    }
    assert_eq!(code(&office, &paper(&dossier, BIRTH)).await, "read");
}

#[tokio::test]
async fn a_paper_of_the_warehouse_stays_an_hour_or_as_long_as_its_dossier() {
    let office = Office::ready().await;
    let (taken, file) = paper_of(1, "KQ.G15.000040", Some(&pki().agency));
    let (looked_at, other_file) = paper_of(2, "KQ.G15.000041", Some(&pki().agency));
    office.warehouse.hold(taken.clone(), &file);
    office.warehouse.hold(looked_at.clone(), &other_file);
    let draft = office.open().await;
    office.desk.offers(draft.id, RECORD).await.unwrap();
    let none = Default::default();
    office.desk.take(draft.id, RECORD, taken.record.id, None, &|_| {}, &none).await.unwrap();
    let seen = office.desk.bring_paper(draft.id, looked_at.record.id, &|_, _| {}, &none).await.unwrap();
    pass(&office, HOUR).await;
    assert_eq!(code(&office, &seen).await, "read");
    pass(&office, HOUR).await;
    assert_eq!(code(&office, &seen).await, "fileOnlyThere");
    pass(&office, 50 * DAY).await;
    assert_eq!(code(&office, &taken.record.blob).await, "read", "its dossier is open");
    assert_eq!(office.vault.held_file(&seen).unwrap(), None);
    let again = office.desk.bring_paper(draft.id, looked_at.record.id, &|_, _| {}, &none).await.unwrap();
    assert_eq!(code(&office, &again).await, "read");
}

#[tokio::test]
async fn what_nothing_names_is_sealed_and_never_deleted() {
    let office = Office::ready().await;
    let loose = office.vault.put_blob(b"a page that became a paper").unwrap();
    for days in [1, 8, 400] {
        pass(&office, days * DAY).await;
    }
    assert_eq!(code(&office, &loose).await, "fileMissing");
    assert!(office.vault.held_file(&loose).unwrap().unwrap().sealed_at.is_some());
}

#[tokio::test]
async fn a_restored_warehouse_gets_the_operations_and_the_sealed_files_are_asked_for_by_name() {
    let office = Office::ready().await;
    let dossier = completed(&office).await;
    pass(&office, HOUR).await;
    pass(&office, 8 * DAY).await;
    let birth = paper(&dossier, BIRTH);
    assert_eq!(code(&office, &birth).await, "fileOnlyThere");
    office.warehouse.restore_empty();
    for blob in dossier.files() {
        office.warehouse.lose(&blob);
    }
    pass(&office, HOUR).await;
    sync(&office).await;
    let lines = office.desk.outbox(false).await.unwrap();
    let sealed = OutboxState::NeedsAttention { code: "fileSealed".into() };
    assert!(lines.iter().any(|line| line.state == sealed), "{lines:?}");
    for _ in 0..5 {
        pass(&office, 100 * DAY).await;
    }
    assert!(office.vault.held_file(&birth).unwrap().is_some(), "unsent again: kept, however long");
    assert!(office.warehouse.kept() + usize::try_from(office.warehouse.applied()).unwrap() > 0);
}

#[tokio::test]
async fn a_round_goes_on_step_by_step_after_a_restart() {
    let mut office = Office::ready().await;
    for n in 0..250u32 {
        office.vault.put_blob(&n.to_le_bytes()).unwrap();
    }
    let noted = |office: &Office| {
        let files = office.vault.held_files(None, 1000).unwrap();
        files.iter().filter(|file| file.idle_since.is_some()).count()
    };
    for expected in [100, 200, 250] {
        pass(&office, HOUR / 10 + HOUR).await;
        assert_eq!(noted(&office), expected);
        office.restart();
    }
    // A step that dies has changed nothing and is done again.
    office.vault.die_after(Some(0));
    office.clock.pass(8 * DAY);
    assert!(office.desk.sync_once(&Default::default(), &|_| {}).await.is_err());
    office.restart();
    let sealed =
        || office.vault.held_files(None, 1000).unwrap().iter().filter(|f| f.sealed_at.is_some()).count();
    assert_eq!(sealed(), 0);
    for _ in 0..3 {
        sync(&office).await;
    }
    assert_eq!(sealed(), 250);
    let first = office.vault.held_files(None, 1).unwrap()[0].id;
    let refused = Batch { files: vec![FileChange::Seal(first, Timestamp(1))], ..Batch::default() };
    assert!(office.vault.commit(&refused).is_err());
}
