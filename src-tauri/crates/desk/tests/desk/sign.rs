use crate::steps::*;
use motcua_desk::ports::TokenError;
use motcua_desk::{RowProgress, TokenState};
use motcua_dossier::{CopyForm, Dossier, DossierId, SignerRole, SigningRule};
use motcua_signature::Verdict;
use motcua_testkit::{Office, PIN, pki, unsigned_pdf};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

async fn two_scans(office: &Office) -> Dossier {
    let id = office.open().await.id;
    scan(office, id, FORM, 1).await;
    scan(office, id, BIRTH, 1).await
}

async fn sign(office: &Office, id: DossierId, fingerprint: &str, pin: &str) -> Result<Dossier, &'static str> {
    let pin = Some(pin.to_owned().into());
    let signed = office.desk.sign(id, &[FORM, BIRTH], fingerprint, pin, &Default::default(), &|_| {}).await;
    signed.map(|s| s.dossier).map_err(|e| e.code())
}

#[tokio::test]
async fn both_signatures_stand_on_one_file_and_verify() {
    let office = Office::ready().await;
    let id = two_scans(&office).await.id;
    sign(&office, id, &pki().officer.fingerprint(), PIN).await.unwrap();
    let dossier = sign(&office, id, &pki().agency.fingerprint(), PIN).await.unwrap();
    let attachment = dossier.component(BIRTH).unwrap().attachment.clone().unwrap();
    assert!(attachment.lacks(SigningRule::Agency).is_none());
    assert_eq!(attachment.signatures.len(), 2, "the first signature is still there");
    let report = office.desk.verify(&office.desk.content(&attachment.blob).await.unwrap()).await.unwrap();
    assert_eq!((report.document, report.signatures.len()), (Verdict::Passed, 2));
}

#[tokio::test]
async fn whatever_the_token_refuses_changes_nothing() {
    let office = Office::ready().await;
    let before = two_scans(&office).await;
    let agency = pki().agency.fingerprint();
    for fault in [
        (TokenError::Removed { done: 1 }, "signTokenRemoved"),
        (TokenError::Hung, "signTokenHung"),
        (TokenError::Crashed, "signTokenCrashed"),
        (TokenError::Device("CKR_DEVICE_ERROR".into()), "signTokenDevice"),
        (TokenError::Cancelled, "signCancelled"),
    ] {
        office.signer.fail_next(fault.0);
        assert_eq!(sign(&office, before.id, &agency, PIN).await, Err(fault.1));
    }
    office.signer.plug(false);
    assert_eq!(sign(&office, before.id, &agency, PIN).await, Err("signCertificateMissing"));
    assert_eq!(office.desk.token_state().await.unwrap(), TokenState::None);
    office.signer.plug(true);
    let tries = office.signer.logins();
    for code in ["signPinWrong", "signPinLastTry", "signPinLocked"] {
        assert_eq!(sign(&office, before.id, &agency, "sai").await, Err(code));
    }
    assert_eq!(office.signer.logins() - tries, 3, "one try per click");
    assert_eq!(sign(&office, before.id, &agency, PIN).await, Err("signPinLocked"));
    assert!(matches!(office.desk.token_state().await.unwrap(), TokenState::Locked { .. }));
    assert_eq!(office.desk.dossier(before.id).await.unwrap(), before);
}

#[tokio::test]
async fn a_cancel_between_two_papers_keeps_what_was_signed_and_leaves_the_rest() {
    let office = Office::ready().await;
    let before = two_scans(&office).await;
    let agency = pki().agency.fingerprint();
    let sign_until = async |stop_at: u32| {
        let (cancel, told) = (CancellationToken::new(), Mutex::new(vec![]));
        let on_progress = |at: RowProgress| {
            told.lock().unwrap().push((at.done, at.total, at.component));
            if at.done == stop_at {
                cancel.cancel();
            }
        };
        let pin = Some(PIN.to_owned().into());
        let outcome = office.desk.sign(before.id, &[BIRTH, FORM], &agency, pin, &cancel, &on_progress).await;
        (outcome, told.into_inner().unwrap())
    };
    let (outcome, told) = sign_until(0).await;
    assert_eq!(outcome.unwrap_err().code(), "signCancelled");
    assert_eq!(told, [(0, 2, FORM)], "the PIN was taken and the first paper named");
    assert_eq!(office.desk.dossier(before.id).await.unwrap(), before);

    let (outcome, told) = sign_until(1).await;
    let stopped = outcome.unwrap();
    assert_eq!((stopped.signed, stopped.left), (vec![FORM], vec![BIRTH]));
    assert_eq!(told, [(0, 2, FORM), (1, 2, BIRTH)]);
    let now = office.desk.dossier(before.id).await.unwrap();
    assert_eq!(now, stopped.dossier, "durable");
    let attached = |d: &Dossier, row| d.component(row).unwrap().attachment.clone().unwrap();
    assert!(attached(&now, FORM).lacks(SigningRule::Agency).is_none());
    let report = office.desk.verify(&office.desk.content(&attached(&now, FORM).blob).await.unwrap()).await;
    assert_eq!(report.unwrap().document, Verdict::Passed);
    assert_eq!(
        attached(&now, BIRTH),
        attached(&before, BIRTH),
        "the paper that was not reached is as before"
    );

    let (outcome, _) = sign_until(2).await;
    assert_eq!(outcome.unwrap().left, Vec::<u32>::new(), "a cancel after the last one comes too late");
    assert_eq!(office.signer.logins(), 3, "one PIN each");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_before_the_pin_is_asked() {
    let office = Office::ready().await;
    let id = two_scans(&office).await.id;
    let expired = pki().expired.fingerprint();
    assert_eq!(sign(&office, id, &expired, PIN).await, Err("signCertificateExpired"));
    assert_eq!(sign(&office, id, &pki().stranger.fingerprint(), PIN).await, Err("signCertificateMissing"));
    assert_eq!(office.signer.logins(), 0);
    let choices = office.desk.certificates().await.unwrap();
    let of = |f: String| choices.iter().find(|c| c.fingerprint == f).unwrap();
    assert_eq!(of(expired).problem, Some("signCertificateExpired"));
    assert_eq!(of(pki().agency.fingerprint()).role, SignerRole::Agency);
    assert_eq!(of(pki().officer.fingerprint()).role, SignerRole::Officer);
    assert!(!of(pki().officer.fingerprint()).untrusted);
}

#[tokio::test]
async fn a_file_replaced_while_the_token_signs_is_not_overwritten() {
    let office = Office::ready().await;
    let id = two_scans(&office).await.id;
    let gate = Arc::new(Notify::new());
    office.signer.wait_after(0, gate.clone());
    let desk = office.desk.clone();
    let signing = tokio::spawn(async move {
        let agency = pki().agency.fingerprint();
        let pin = Some(PIN.to_owned().into());
        desk.sign(id, &[FORM, BIRTH], &agency, pin, &Default::default(), &|_| {}).await
    });
    tokio::task::yield_now().await;
    let replaced = office.desk.attach_file(id, BIRTH, "khac.pdf", &unsigned_pdf(5)).await.unwrap();
    gate.notify_one();
    assert_eq!(signing.await.unwrap().unwrap_err().code(), "signFileReplaced");
    assert_eq!(
        office.desk.dossier(id).await.unwrap(),
        replaced,
        "the other file of the batch is not signed either"
    );
}

#[tokio::test]
async fn a_paper_enters_the_warehouse_only_with_the_agencys_signature() {
    let office = Office::ready().await;
    let id = two_scans(&office).await.id;
    let metadata = office.desk.suggest_metadata(id, BIRTH).await.unwrap();
    let refused = office.desk.digitize(id, BIRTH, metadata.clone()).await.unwrap_err();
    assert_eq!(refused.code(), "agencySignatureMissing");
    sign(&office, id, &pki().officer.fingerprint(), PIN).await.unwrap();
    let refused = office.desk.digitize(id, BIRTH, metadata.clone()).await.unwrap_err();
    assert_eq!(refused.code(), "agencySignatureMissing", "the officer's alone is not enough");
    sign(&office, id, &pki().agency.fingerprint(), PIN).await.unwrap();
    let mut nameless = metadata.clone();
    nameless.name = " ".into();
    let refused = office.desk.digitize(id, BIRTH, nameless).await.unwrap_err();
    assert_eq!((refused.code(), refused.params()["fields"].as_str()), ("metadataIncomplete", "name"));
    let form = office.desk.suggest_metadata(id, FORM).await.unwrap();
    assert_eq!(office.desk.digitize(id, FORM, form).await.unwrap_err().code(), "notForWarehouse");
    office.desk.digitize(id, BIRTH, metadata.clone()).await.unwrap();
    let twice = office.desk.digitize(id, BIRTH, metadata).await.unwrap_err();
    assert_eq!(twice.code(), "dossierAlreadyDigitized");
    assert_eq!(sign(&office, id, &pki().agency.fingerprint(), PIN).await, Err("dossierAlreadyDigitized"));
    assert_eq!(office.desk.detach(id, BIRTH).await.unwrap_err().code(), "dossierAlreadyDigitized");
}

#[tokio::test]
async fn a_result_is_returned_only_signed_and_only_once() {
    let office = Office::ready().await;
    let draft = office.open().await;
    let refused = office.desk.attach_result(draft.id, "kq.pdf", &unsigned_pdf(1)).await.unwrap_err();
    assert_eq!(refused.code(), "dossierNotAccepted");
    let id = accept_scanned(&office).await.id;
    assert_eq!(office.desk.suggest_metadata(id, RESULT).await.unwrap_err().code(), "resultMissing");
    office.desk.attach_result(id, "kq.pdf", &unsigned_pdf(1)).await.unwrap();
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    let refused = office.desk.return_result(id, metadata.clone()).await.unwrap_err();
    assert_eq!(refused.code(), "agencySignatureMissing");
    sign_by_agency(&office, id, &[RESULT]).await;
    office.desk.return_result(id, metadata.clone()).await.unwrap();
    assert_eq!(office.desk.return_result(id, metadata).await.unwrap_err().code(), "dossierNotAccepted");
}

#[tokio::test]
async fn a_scanned_result_is_filed_as_a_true_copy_with_all_that_was_said_of_it() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    sync(&office).await;
    scan(&office, id, RESULT, 1).await;
    sign_by_agency(&office, id, &[RESULT]).await;
    let mut metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    assert_eq!((metadata.kind.as_str(), metadata.form), ("Kết quả giải quyết", CopyForm::TrueCopy));
    metadata.decision_number = "12/GKS".into();
    metadata.summary = "Giấy khai sinh của người mẫu".into();
    let returned = office.desk.return_result(id, metadata.clone()).await.unwrap();
    sync(&office).await;
    let next = office.open().await;
    let offers = office.desk.offers(next.id, BIRTH).await.unwrap();
    let filed = offers.items.iter().find(|o| o.summary.record.metadata == metadata).unwrap();
    assert_eq!(filed.summary.record.size, returned.result.unwrap().attachment.size);
    assert_eq!(filed.summary.record.owner, returned.applicant.owner.numbers());
    assert_eq!(filed.summary.uses, 0);
}
