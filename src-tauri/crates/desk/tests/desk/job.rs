use crate::steps::*;
use motcua_desk::ports::LinkError;
use motcua_desk::{AutoOutcome, Fit};
use motcua_dossier::{
    AttachmentSource, ConsentMethod, Dossier, DossierState, IdentityAnswer, IdentityCheck, OutboxState,
    ReceiptChange, SignerRole,
};
use motcua_testkit::{Office, owner};

#[tokio::test]
async fn a_dossier_goes_from_the_first_key_to_its_result_and_serves_the_next() {
    let office = Office::ready().await;
    let found = office.desk.check_identity("099 090 000 495").await.unwrap();
    assert!(matches!(
        found.check,
        IdentityCheck::Answered { answer: IdentityAnswer::Registered, cached: false, .. }
    ));
    assert_eq!(found.suggested_name.as_deref(), Some("TRẦN VĂN MẪU"));

    let dossier = accept_scanned(&office).await;
    assert_eq!(dossier.code.as_ref().unwrap().as_str(), "000.01.20.H08-261120-0001");
    let DossierState::Accepted { deadline, .. } = &dossier.state else { panic!("accepted") };
    assert_eq!(
        deadline.day.format_vn(),
        "26/11/2026",
        "three working days, without the weekend and the 24th"
    );
    assert!(!deadline.machine_time, "the warehouse was reached");
    let receipt = office.desk.content(&dossier.receipt.unwrap()).await.unwrap();
    assert!(receipt.starts_with(b"%PDF-"));
    assert!(
        matches!(dossier.identity, IdentityCheck::Answered { .. }),
        "the check before opening is on the dossier"
    );

    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (2, 0, 0));
    assert!(all_received(&states(&office).await));
    let line = office.desk.outbox(true).await.unwrap()[0].op;
    assert!(office.desk.signed_receipt(line).await.unwrap().is_some(), "received means the receipt is held");

    scan(&office, dossier.id, RESULT, 1).await;
    sign_by_agency(&office, dossier.id, &[RESULT]).await;
    let metadata = office.desk.suggest_metadata(dossier.id, RESULT).await.unwrap();
    assert_eq!(metadata.name, "099090000495.KQ.G15.000031.Giấy khai sinh");
    let done = office.desk.return_result(dossier.id, metadata).await.unwrap();
    assert!(matches!(done.state, DossierState::Completed { .. }));
    assert_eq!(done.state.acceptance(), dossier.state.acceptance(), "when and until when stays known");
    assert_eq!(sync(&office).await.received, 1);

    // The second round: two papers fit now, the filed copy and the result.
    let next = office.open().await;
    let offers = office.desk.offers(next.id, BIRTH).await.unwrap();
    assert_eq!(offers.problem, None);
    let fitting: Vec<_> = offers.items.iter().filter(|o| o.fits == Fit::Exact).collect();
    assert_eq!(fitting.len(), 2);
    assert!(fitting.iter().all(|o| o.here), "both were made on this machine");
    let auto = office.desk.auto_attach(next.id, &|_| {}, &Default::default()).await.unwrap();
    let row = auto.rows.iter().find(|r| r.component == BIRTH).unwrap();
    assert_eq!(row.outcome, AutoOutcome::Ambiguous(2));
    let result = done.result.unwrap().attachment.digitized.unwrap().1;
    office.desk.take(next.id, BIRTH, result, None, &|_| {}, &Default::default()).await.unwrap();
    scan(&office, next.id, FORM, 1).await;
    let refused = office.desk.accept(next.id).await.unwrap_err();
    assert_eq!(refused.code(), "dossierIncomplete");
    assert_eq!(refused.params()["codes"], "reuseNotConfirmed");
    office.desk.confirm_reuse(next.id, ConsentMethod::Spoken, None).await.unwrap();
    let accepted = office.desk.accept(next.id).await.unwrap();
    assert!(matches!(
        accepted.component(BIRTH).unwrap().attachment.as_ref().unwrap().source,
        AttachmentSource::Warehouse(_)
    ));
    assert_eq!(sync(&office).await.received, 1);
    assert_eq!(office.warehouse.uses(result), 1);
    assert_eq!(office.desk.owner_hint(&owner().number).await.unwrap().unwrap().name, owner().name);
}

#[tokio::test]
async fn a_day_offline_from_the_start_is_sent_once_when_the_network_comes() {
    let office = Office::ready().await;
    office.warehouse.out(Some(LinkError::Offline));
    let found = office.desk.check_identity("099090000495").await.unwrap();
    assert!(matches!(found.check, IdentityCheck::Offline { .. }), "no contact is told apart from Chưa có");
    sync(&office).await;
    let dossier = accept_scanned(&office).await;
    assert!(dossier.code.as_ref().unwrap().is_final(), "the leased block serves offline too");
    let DossierState::Accepted { deadline, .. } = &dossier.state else { panic!("accepted") };
    assert!(deadline.machine_time, "offline the machine's clock counts and says so");
    let report = sync(&office).await;
    assert_eq!((report.online, report.problem, report.waiting), (false, Some("linkOffline"), 2));
    assert!(report.next_try.is_some());

    office.warehouse.out(None);
    let report = sync(&office).await;
    assert_eq!((report.received, report.waiting), (2, 0), "network back: at once");
    assert_eq!(office.warehouse.applied(), 2);
    sync(&office).await;
    assert_eq!(office.warehouse.applied(), 2, "nothing goes twice");
    let dossier = office.desk.dossier(dossier.id).await.unwrap();
    assert!(matches!(dossier.identity, IdentityCheck::Answered { .. }), "checked again by itself");
    assert_eq!(dossier.server_version, 2);
}

#[tokio::test]
async fn a_dry_block_gives_a_provisional_code_and_never_two_alike() {
    let office = Office::new();
    office.desk.refresh_reference().await.unwrap();
    office.desk.choose_scanner(motcua_testkit::FAKE_DEVICE).await.unwrap();
    let (one, two) = (accept_scanned(&office).await, accept_scanned(&office).await);
    let (one, two) = (one.code.unwrap(), two.code.unwrap());
    assert!(one.as_str().starts_with("TAM-") && !one.is_final());
    assert_ne!(one, two);
}

#[tokio::test]
async fn a_program_that_just_started_asks_whose_clock_counts() {
    for (out, machine_time) in [(None, false), (Some(LinkError::Offline), true)] {
        let office = Office::new();
        office.desk.refresh_reference().await.unwrap();
        office.desk.choose_scanner(motcua_testkit::FAKE_DEVICE).await.unwrap();
        let id = office.open().await.id;
        scan(&office, id, FORM, 1).await;
        scan(&office, id, BIRTH, 1).await;
        sign_by_agency(&office, id, &[BIRTH]).await;
        digitize(&office, id, BIRTH).await;
        assert_eq!(office.desk.status().await.online, None, "nothing was tried yet");
        office.warehouse.out(out);
        let dossier = office.desk.accept(id).await.unwrap();
        assert_eq!(dossier.state.acceptance().unwrap().1.machine_time, machine_time);
    }
}

#[tokio::test]
async fn a_provisional_code_becomes_final_before_the_dossier_leaves() {
    let office = Office::new();
    office.desk.refresh_reference().await.unwrap();
    office.desk.choose_scanner(motcua_testkit::FAKE_DEVICE).await.unwrap();
    let before = accept_scanned(&office).await;
    assert!(!before.code.as_ref().unwrap().is_final());

    // The result is handed over before there is a network.
    scan(&office, before.id, RESULT, 1).await;
    sign_by_agency(&office, before.id, &[RESULT]).await;
    let metadata = office.desk.suggest_metadata(before.id, RESULT).await.unwrap();
    let before = office.desk.return_result(before.id, metadata).await.unwrap();

    let report = sync(&office).await;
    assert_eq!((report.received, report.attention, report.waiting), (3, 0, 0));
    let after = office.desk.dossier(before.id).await.unwrap();
    assert_eq!(after.code.as_ref().unwrap().as_str(), "000.01.20.H08-261120-0001");
    assert_eq!(after.state, before.state, "accepted when it was, due when it was");
    assert_ne!(after.receipt, before.receipt, "the receipt carries the final code");
    assert!(before.reprint.is_empty() && after.reprint == [ReceiptChange::FinalCode].into());
    let old = office.desk.receipt_printed(after.id, before.receipt.unwrap()).await.unwrap();
    assert_eq!(old.reprint, after.reprint, "the provisional receipt printed once more is not what was asked");
    office.desk.receipt_printed(after.id, after.receipt.unwrap()).await.unwrap();
    assert!(office.desk.dossier(after.id).await.unwrap().reprint.is_empty());
    let lines = office.desk.outbox(true).await.unwrap();
    let replaced = lines.iter().filter(|l| l.state == OutboxState::Replaced).count();
    assert_eq!(replaced, 2, "what carried the provisional code is not sent, nor the result numbered before");
    assert_eq!(office.warehouse.applied(), 3);
    let filed_by = after.result.unwrap().attachment.digitized.unwrap().0;
    assert!(lines.iter().any(|l| l.op == filed_by && matches!(l.state, OutboxState::Received { .. })));
}

#[tokio::test]
async fn the_needed_signature_follows_from_where_the_paper_goes() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    scan(&office, id, FORM, 1).await;
    let dossier = scan(&office, id, BIRTH, 1).await;
    let data = office.desk.reference().await.unwrap();
    let needs = |dossier: &Dossier, row| office.desk.needs_signature(dossier.component(row).unwrap(), &data);
    let can = |dossier: &Dossier| office.desk.can_digitize(dossier.component(BIRTH).unwrap(), &data);
    assert_eq!(needs(&dossier, FORM), Some(SignerRole::Officer));
    assert_eq!(needs(&dossier, BIRTH), Some(SignerRole::Agency));
    assert!(!can(&dossier));
    let dossier = sign_by_agency(&office, id, &[BIRTH]).await;
    assert!(can(&dossier));
    let dossier = digitize(&office, id, BIRTH).await;
    assert_eq!(needs(&dossier, BIRTH), None);
}
