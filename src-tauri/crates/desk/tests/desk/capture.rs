use crate::steps::*;
use motcua_desk::ScanOptions;
use motcua_desk::ports::ScanFault;
use motcua_testkit::{OFFICER, Office, SECRET};
use std::sync::Mutex;

#[tokio::test]
async fn every_fault_has_its_code_and_costs_no_page() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    let faults = [
        (ScanFault::Jammed, "scanPaperJam"),
        (ScanFault::CoverOpen, "scanCoverOpen"),
        (ScanFault::Busy, "scanBusy"),
        (ScanFault::Io, "scanIo"),
        (ScanFault::Hung, "scanHung"),
        (ScanFault::Crashed, "scanCrashed"),
        (ScanFault::Truncated, "scanTruncated"),
        (ScanFault::Gone, "scanGone"),
    ];
    for (n, (fault, code)) in faults.into_iter().enumerate() {
        office.scanner.lay_in_then_fail(1, fault);
        let error = office
            .desk
            .scan(id, BIRTH, &ScanOptions::default(), &|_, _| {}, &Default::default())
            .await
            .unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(office.desk.capture(id, BIRTH).await.unwrap().pages.len(), n + 1, "{code}");
    }
}

#[tokio::test]
async fn a_page_is_durable_before_it_is_shown() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    office.scanner.lay_in(3);
    let seen = Mutex::new(vec![]);
    let (vault, component) = (office.vault.clone(), BIRTH);
    office
        .desk
        .scan(
            id,
            component,
            &ScanOptions::default(),
            &|index, page| {
                use motcua_desk::ports::Vault;
                let held = vault.capture(id, component).unwrap().unwrap();
                assert_eq!(held.pages[index as usize], *page);
                assert!(vault.has_blob(&page.image).unwrap() && vault.has_blob(&page.thumbnail).unwrap());
                seen.lock().unwrap().push(index);
            },
            &Default::default(),
        )
        .await
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [0, 1, 2]);
}

#[tokio::test]
async fn a_full_disk_stops_the_scan_and_keeps_what_was_kept() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    office.scanner.lay_in(5);
    office.vault.die_after(Some(2));
    let error = office
        .desk
        .scan(id, BIRTH, &ScanOptions::default(), &|_, _| {}, &Default::default())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "vaultStorage");
    office.vault.die_after(None);
    assert_eq!(office.desk.capture(id, BIRTH).await.unwrap().pages.len(), 2);
}

#[tokio::test]
async fn pages_are_moved_removed_and_put_back() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    office.scanner.lay_in(3);
    let options = ScanOptions::default();
    let draft = office.desk.scan(id, BIRTH, &options, &|_, _| {}, &Default::default()).await.unwrap();
    let before: Vec<_> = draft.pages.iter().map(|p| p.image).collect();
    let moved = office.desk.move_page(id, BIRTH, 0, 2).await.unwrap();
    assert_eq!(moved.pages[2].image, before[0]);
    let removed = office.desk.remove_page(id, BIRTH, 2).await.unwrap();
    assert_eq!(removed.pages.len(), 2);
    let restored = office.desk.restore_page(id, BIRTH, 0, &before[0]).await.unwrap();
    assert_eq!(restored.pages.iter().map(|p| p.image).collect::<Vec<_>>(), before);
    let again = office.desk.restore_page(id, BIRTH, 0, &before[0]).await.unwrap_err();
    assert_eq!(again.code(), "scanNoSuchPage", "a page comes back once");
    office.desk.remove_page(id, BIRTH, 0).await.unwrap();
    // "Hoàn tác" still stands on the screen under the lock.
    office.desk.lock().await;
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    let elsewhere = office.desk.restore_page(id, FORM, 0, &before[0]).await.unwrap_err();
    assert_eq!(elsewhere.code(), "scanNoSuchPage", "and only to the paper it was taken from");
    office.desk.restore_page(id, BIRTH, 0, &before[0]).await.unwrap();
    assert_eq!(office.desk.remove_page(id, BIRTH, 9).await.unwrap_err().code(), "scanNoSuchPage");
    office.desk.discard_capture(id, BIRTH).await.unwrap();
    assert_eq!(office.desk.finish_capture(id, BIRTH).await.unwrap_err().code(), "scanNoPages");
}

#[tokio::test]
async fn an_empty_feeder_and_no_chosen_scanner_are_told_apart() {
    let office = Office::new();
    office.desk.refresh_reference().await.unwrap();
    let id = office.open().await.id;
    let scan = || async {
        let options = ScanOptions::default();
        office.desk.scan(id, BIRTH, &options, &|_, _| {}, &Default::default()).await.unwrap_err().code()
    };
    assert_eq!(scan().await, "scanNotChosen");
    office.desk.choose_scanner(motcua_testkit::FAKE_DEVICE).await.unwrap();
    assert_eq!(scan().await, "scanNoPaper");
}

#[tokio::test]
async fn unfinished_pages_keep_a_dossier_from_being_accepted() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    office.scanner.lay_in(1);
    let options = ScanOptions::default();
    office.desk.scan(id, FORM, &options, &|_, _| {}, &Default::default()).await.unwrap();
    let problems = office.desk.problems(id).await.unwrap();
    assert!(problems.iter().any(|p| p.field == "components.1" && p.code == "captureUnfinished"));
}
