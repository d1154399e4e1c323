use crate::steps::*;
use motcua_desk::{DeskError, ScanOptions};
use motcua_dossier::{ConsentMethod, DossierId, DossierState};
use motcua_testkit::{Office, PIN, paper_of, pki};

/// One act of the job; each may be cut at any commit inside it and is done again after a restart.
async fn act(office: &Office, step: u32, id: &mut Option<DossierId>) -> Result<(), DeskError> {
    let desk = &office.desk;
    if step == 0 {
        if id.is_none() {
            let found = desk.dossiers("").await?;
            *id = found.first().map(|d| d.id);
        }
        if id.is_none() {
            *id = Some(desk.open_dossier(motcua_testkit::new_dossier()).await?.id);
        }
        return Ok(());
    }
    let id = id.unwrap();
    let dossier = desk.dossier(id).await?;
    let filled = |component| dossier.component(component).unwrap().attachment.clone();
    match step {
        1 if filled(FORM).is_none() => {
            // The officer sees which pages are there and scans the rest.
            let kept = u32::try_from(desk.capture(id, FORM).await?.pages.len()).unwrap();
            if kept < 2 {
                office.scanner.lay_in(2 - kept);
                desk.scan(id, FORM, &ScanOptions::default(), &|_, _| {}, &Default::default()).await?;
            }
            desk.finish_capture(id, FORM).await?;
        }
        2 if filled(BIRTH).is_none() => {
            desk.attach_file(id, BIRTH, "a.pdf", &motcua_testkit::unsigned_pdf(3)).await?;
        }
        3 if filled(BIRTH).is_some_and(|a| a.signatures.is_empty()) => {
            let pin = Some(PIN.to_owned().into());
            let agency = pki().agency.fingerprint();
            desk.sign(id, &[BIRTH], &agency, pin, &Default::default(), &|_| {}).await?;
        }
        4 if filled(BIRTH).is_some_and(|a| a.digitized.is_none()) => {
            let metadata = desk.suggest_metadata(id, BIRTH).await?;
            desk.digitize(id, BIRTH, metadata).await?;
        }
        5 if dossier.component(RECORD).unwrap().is_empty() => {
            desk.auto_attach(id, &|_| {}, &Default::default()).await?;
        }
        6 if !dossier.unconfirmed_reuse().is_empty() => {
            desk.confirm_reuse(id, ConsentMethod::Pad, None).await?;
        }
        7 if dossier.state == DossierState::Draft => {
            desk.accept(id).await?;
        }
        // The second pass hears of what the first one did.
        8 | 9 => {
            desk.sync_once(&Default::default(), &|_| {}).await?;
        }
        _ => {}
    }
    Ok(())
}

#[tokio::test]
async fn dying_at_any_commit_loses_nothing_and_doubles_nothing() {
    let mut point = 0;
    loop {
        let mut office = Office::ready().await;
        let (paper, file) = paper_of(1, "KQ.G15.000040", Some(&pki().agency));
        office.warehouse.hold(paper.clone(), &file);
        office.vault.die_after(Some(point));
        let (mut id, mut died) = (None, false);
        for step in 0..=9 {
            if act(&office, step, &mut id).await.is_err() {
                assert!(!died, "one death per run");
                died = true;
                office.restart();
                for line in office.desk.outbox(true).await.unwrap() {
                    let known = office.warehouse.has_applied(line.op);
                    assert!(!known || line.attempts > 0, "it left and does not know it (point {point})");
                }
                for again in 0..=step {
                    act(&office, again, &mut id).await.unwrap();
                }
            }
        }
        office.desk.retry_now().await.unwrap();
        sync(&office).await;
        let states = states(&office).await;
        assert_eq!(states.len(), 2, "two operations, whatever died (point {point})");
        assert!(all_received(&states), "point {point}: {states:?}");
        assert_eq!(office.warehouse.applied(), 2, "each had its effect once (point {point})");
        assert_eq!(office.warehouse.uses(paper.record.id), 1, "point {point}");
        let dossier = office.desk.dossier(id.unwrap()).await.unwrap();
        assert_eq!(dossier.component(FORM).unwrap().attachment.as_ref().unwrap().pages, 2, "point {point}");
        assert_eq!(office.desk.dossiers("").await.unwrap().len(), 1);
        if !died {
            assert!(point > 12, "every commit of the job was a point");
            break;
        }
        point += 1;
    }
}
