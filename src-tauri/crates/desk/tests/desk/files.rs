use crate::steps::*;
use motcua_dossier::SignerRole;
use motcua_testkit::{FRIDAY_MORNING, Office, pki, unsigned_pdf};

fn doc() -> Vec<u8> {
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    bytes.extend([0; 600]);
    bytes.extend("WordDocument".encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[tokio::test]
async fn a_word_file_stays_an_attachment_and_never_enters_the_warehouse() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    let dossier = office.desk.attach_file(id, BIRTH, "giay.pdf", &doc()).await.unwrap();
    let row = dossier.component(BIRTH).unwrap();
    assert_eq!(row.attachment.as_ref().unwrap().media_type, "application/msword", "the content decides");
    let data = office.desk.reference().await.unwrap();
    assert_eq!(office.desk.needs_signature(row, &data), None);
    let agency = pki().agency.fingerprint();
    let pin = Some(motcua_testkit::PIN.to_owned().into());
    let signed = office.desk.sign(id, &[BIRTH], &agency, pin, &Default::default(), &|_| {}).await;
    assert_eq!(signed.unwrap_err().code(), "fileNotPdf");
    assert_eq!(office.signer.logins(), 0, "no PIN is spent on it");
    let metadata = office.desk.suggest_metadata(id, BIRTH).await.unwrap();
    assert_eq!(office.desk.digitize(id, BIRTH, metadata).await.unwrap_err().code(), "fileNotPdf");
    office.desk.attach_file(id, FORM, "don.docx", &docx()).await.unwrap();
}

fn docx() -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend([0; 40]);
    bytes.extend(b"word/document.xml");
    bytes
}

#[tokio::test]
async fn every_refused_file_says_why() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    let broken = unsigned_pdf(1)[..400].to_vec();
    let mut tampered = pki().sign(&unsigned_pdf(1), &pki().agency, FRIDAY_MORNING);
    tampered[12] ^= 1;
    for (bytes, code) in [
        (vec![], "fileEmpty"),
        (b"MZ\x90\0 a program".to_vec(), "fileUnsupported"),
        (b"<html>%</html>".to_vec(), "fileUnsupported"),
        (broken, "fileBroken"),
        (b"\x89PNG\r\n\x1a\n but no picture".to_vec(), "fileBroken"),
        (vec![b' '; 50 * 1024 * 1024 + 1], "fileTooLarge"),
    ] {
        let error = office.desk.attach_file(id, BIRTH, "x.pdf", &bytes).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    let error = office.desk.attach_file(id, BIRTH, "x.pdf", &tampered).await.unwrap_err();
    assert!(
        ["fileChangedAfterSigning", "fileSignatureInvalid", "fileBroken"].contains(&error.code()),
        "{}",
        error.code()
    );
    assert!(office.desk.dossier(id).await.unwrap().component(BIRTH).unwrap().is_empty());
}

#[tokio::test]
async fn a_file_that_came_signed_keeps_its_signatures_as_marks() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    let by_agency = pki().sign(&unsigned_pdf(2), &pki().agency, FRIDAY_MORNING);
    let dossier = office.desk.attach_file(id, BIRTH, "a.pdf", &by_agency).await.unwrap();
    let row = dossier.component(BIRTH).unwrap();
    assert_eq!(row.attachment.as_ref().unwrap().signatures[0].role, SignerRole::Agency);
    let data = office.desk.reference().await.unwrap();
    assert!(office.desk.can_digitize(row, &data), "no second signature is asked for");
    let by_stranger = pki().sign(&unsigned_pdf(3), &pki().stranger, FRIDAY_MORNING);
    let dossier = office.desk.attach_file(id, BIRTH, "b.pdf", &by_stranger).await.unwrap();
    let row = dossier.component(BIRTH).unwrap();
    assert!(row.attachment.as_ref().unwrap().signatures.is_empty(), "a name alone proves no agency");
    assert!(!office.desk.can_digitize(row, &data));
    let by_officer = pki().sign(&unsigned_pdf(4), &pki().officer, FRIDAY_MORNING);
    let dossier = office.desk.attach_file(id, BIRTH, "c.pdf", &by_officer).await.unwrap();
    let mark = &dossier.component(BIRTH).unwrap().attachment.as_ref().unwrap().signatures[0];
    assert_eq!(mark.role, SignerRole::Other);
}

#[tokio::test]
async fn a_picture_becomes_a_page() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    let samples = vec![200u8; 100 * 140 * 3];
    let jpeg = motcua_imaging::encode_jpeg(&samples, 100, 140, false, 85, 200).unwrap();
    let dossier = office.desk.attach_file(id, BIRTH, "anh.jpg", &jpeg).await.unwrap();
    let attachment = dossier.component(BIRTH).unwrap().attachment.clone().unwrap();
    assert_eq!((attachment.pages, attachment.media_type.as_str()), (1, "application/pdf"));
}
