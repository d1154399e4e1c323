use crate::steps::*;
use motcua_desk::ports::{ConvertError, Vault};
use motcua_dossier::{Attachment, AttachmentSource, Dossier, DossierId};
use motcua_testkit::word::{compound, docx};
use motcua_testkit::{OFFICER, Office, PIN, pki};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn paper(dossier: &Dossier, component: u32) -> &Attachment {
    dossier.component(component).unwrap().attachment.as_ref().unwrap()
}

async fn convert(office: &Office, id: DossierId, component: u32) -> Result<Dossier, &'static str> {
    office.desk.convert(id, component, &Default::default()).await.map_err(|error| error.code())
}

/// A draft with a DOCX on the row that enters the warehouse.
async fn with_word(office: &Office) -> (DossierId, Attachment) {
    let id = office.open().await.id;
    let dossier = office.desk.attach_file(id, BIRTH, "giay.docx", &docx("Giấy khai sinh")).await.unwrap();
    (id, paper(&dossier, BIRTH).clone())
}

#[tokio::test]
async fn a_word_file_becomes_the_rows_pdf_and_stays_as_its_origin() {
    let office = Office::ready().await;
    let (id, word) = with_word(&office).await;
    assert!(word.is_word() && word.pages == 0);
    let dossier = convert(&office, id, BIRTH).await.unwrap();
    let pdf = paper(&dossier, BIRTH);
    assert!(pdf.is_pdf() && pdf.pages == 1 && pdf.blob != word.blob && pdf.signatures.is_empty());
    assert_eq!(pdf.source, AttachmentSource::File, "born digital: no rule of scans is for it");
    let origin = pdf.origin.as_ref().unwrap();
    assert_eq!((origin.blob, origin.size, &origin.media_type), (word.blob, word.size, &word.media_type));
    assert_eq!(origin.officer, OFFICER, "who did it");
    assert_eq!(office.desk.content(&origin.blob).await.unwrap(), docx("Giấy khai sinh"), "kept to the byte");
    assert!(dossier.files().any(|file| file == origin.blob), "the dossier holds it");
    assert_eq!(office.desk.dossier(id).await.unwrap(), dossier, "durable");
    assert_eq!(convert(&office, id, BIRTH).await, Err("fileNotWord"), "there is nothing to convert any more");
}

#[tokio::test]
async fn the_word_file_comes_back_in_place_of_the_pdf() {
    let office = Office::ready().await;
    let (id, word) = with_word(&office).await;
    assert_eq!(office.desk.restore_word(id, BIRTH).await.unwrap_err().code(), "fileNotWord");
    convert(&office, id, BIRTH).await.unwrap();
    sign_by_agency(&office, id, &[BIRTH]).await;
    let dossier = office.desk.restore_word(id, BIRTH).await.unwrap();
    assert_eq!(paper(&dossier, BIRTH), &word, "as it was before");
    convert(&office, id, BIRTH).await.unwrap();
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    assert_eq!(office.desk.restore_word(id, BIRTH).await.unwrap_err().code(), "dossierAlreadyDigitized");
}

#[tokio::test]
async fn the_pdf_is_signed_and_filed_and_the_word_file_is_never_sent() {
    let office = Office::ready().await;
    let (id, word) = with_word(&office).await;
    let pin = Some(PIN.to_owned().into());
    let agency = pki().agency.fingerprint();
    let early = office.desk.sign(id, &[BIRTH], &agency, pin, &Default::default(), &|_| {}).await;
    assert_eq!(early.unwrap_err().code(), "fileNotPdf", "before it was converted");
    convert(&office, id, BIRTH).await.unwrap();
    let dossier = office.desk.attach_file(id, FORM, "don.docx", &docx("Tờ khai")).await.unwrap();
    let form = paper(&dossier, FORM).blob;
    convert(&office, id, FORM).await.unwrap();
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    sync(&office).await;
    assert!(all_received(&states(&office).await), "{:?}", states(&office).await);
    for item in office.desk.outbox(true).await.unwrap() {
        assert!(!item.blobs.contains(&word.blob) && !item.blobs.contains(&form), "{item:?}");
    }
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(paper(&dossier, BIRTH).origin.as_ref().unwrap().blob, word.blob, "it stays with the dossier");
    assert_eq!(office.desk.restore_word(id, FORM).await.unwrap_err().code(), "dossierNotDraft");
}

#[tokio::test]
async fn a_word_file_is_sealed_when_its_dossier_is_over_and_never_deleted() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    let dossier = office.desk.attach_file(id, FORM, "don.docx", &docx("Tờ khai")).await.unwrap();
    let word = paper(&dossier, FORM).blob;
    convert(&office, id, FORM).await.unwrap();
    scan(&office, id, BIRTH, 1).await;
    sign_by_agency(&office, id, &[BIRTH]).await;
    digitize(&office, id, BIRTH).await;
    office.desk.accept(id).await.unwrap();
    sync(&office).await;
    let days = |n: u64| Duration::from_secs(n * 24 * 60 * 60);
    for _ in 0..3 {
        office.clock.pass(days(3));
        sync(&office).await;
    }
    assert!(office.desk.content(&word).await.is_ok(), "the dossier is not over");
    scan(&office, id, RESULT, 1).await;
    sign_by_agency(&office, id, &[RESULT]).await;
    let metadata = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    office.desk.return_result(id, metadata).await.unwrap();
    for _ in 0..6 {
        sync(&office).await;
        office.clock.pass(days(30));
        sync(&office).await;
    }
    let held = office.vault.held_file(&word).unwrap().expect("nobody else has it");
    assert!(held.sealed_at.is_some(), "only the recovery key reads it now");
}

#[tokio::test]
async fn whatever_goes_wrong_the_row_keeps_its_word_file() {
    let office = Office::ready().await;
    let (id, word) = with_word(&office).await;
    for (error, code) in [
        (ConvertError::Missing, "convertMissing"),
        (ConvertError::Failed, "convertFailed"),
        (ConvertError::Hung, "convertHung"),
        (ConvertError::TooLarge, "convertTooLarge"),
        (ConvertError::NoRoom, "convertNoRoom"),
    ] {
        office.converter.fail(Some(error));
        assert_eq!(convert(&office, id, BIRTH).await, Err(code));
        assert_eq!(office.desk.converter().await.is_err(), error == ConvertError::Missing, "said beforehand");
    }
    office.converter.fail(None);
    office.converter.hang(true);
    let cancel = CancellationToken::new();
    let officer = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(office.desk.convert(id, BIRTH, &cancel), officer);
    assert_eq!(ended.unwrap_err().code(), "convertCancelled");
    assert_eq!(paper(&office.desk.dossier(id).await.unwrap(), BIRTH), &word);
}

#[tokio::test]
async fn a_file_that_was_replaced_meanwhile_stays() {
    let office = Office::ready().await;
    let (id, _) = with_word(&office).await;
    office.converter.hang(true);
    let (cancel, other) = (CancellationToken::new(), docx("Bản khác"));
    let officer = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        office.desk.attach_file(id, BIRTH, "khac.docx", &other).await.unwrap();
        office.converter.hang(false);
    };
    let (ended, ()) = tokio::join!(office.desk.convert(id, BIRTH, &cancel), officer);
    assert_eq!(ended.unwrap_err().code(), "fileReplaced");
    let dossier = office.desk.dossier(id).await.unwrap();
    assert_eq!(office.desk.content(&paper(&dossier, BIRTH).blob).await.unwrap(), other);
}

#[tokio::test]
async fn what_carries_macros_or_a_password_is_refused_before_any_program_sees_it() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    for (bytes, code) in [
        (compound(&["Root Entry", "WordDocument", "Macros"], 0), "fileMacros"),
        (compound(&["Root Entry", "WordDocument"], 0x0100), "fileEncrypted"),
    ] {
        office.desk.attach_file(id, FORM, "don.doc", &bytes).await.unwrap();
        assert_eq!(convert(&office, id, FORM).await, Err(code));
    }
    assert_eq!(office.converter.begun(), 0);
    let locked = compound(&["Root Entry", "EncryptionInfo", "EncryptedPackage"], 0);
    let refused = office.desk.attach_file(id, FORM, "don.docx", &locked).await.unwrap_err();
    assert_eq!(refused.code(), "fileEncrypted", "a password is told when it is attached");
    assert_eq!(convert(&office, id, RECORD).await, Err("dossierNothingAttached"));
    assert_eq!(convert(&office, id, RESULT).await, Err("dossierNoSuchComponent"));
}
