//! Every reason for which a file may not enter, with a file really made that way.

use crate::authority::Authority;
use crate::paper;
use crate::world::{OWNER, World, file_document, fresh_uuid, is_applied, now, push, rejected_code, upload};
use motcua_dossier::{DocumentRecord, DossierId};
use motcua_wire::OpResult;

/// Files one paper with those bytes and gives the answer.
async fn file(world: &World, bytes: &[u8], change: impl FnOnce(&mut DocumentRecord)) -> OpResult {
    let line = world.line(0);
    upload(&line, bytes).await;
    let mut record = paper::record(OWNER, bytes, 1);
    change(&mut record);
    push(&line, &world.op(0, DossierId(fresh_uuid()), 0, file_document(record))).await
}

async fn refusal(world: &World, bytes: &[u8]) -> String {
    rejected_code(&file(world, bytes, |_| {}).await).to_owned()
}

#[tokio::test]
async fn a_page_signed_by_the_agency_enters() {
    let world = World::new().await;
    assert!(is_applied(&file(&world, &world.signed("good"), |_| {}).await));
}

#[tokio::test]
async fn officer_first_and_agency_second_enters() {
    let world = World::new().await;
    let twice = world.agency.sign(&world.officer.sign(&paper::pdf(1, "two"), now()), now());
    assert!(is_applied(&file(&world, &twice, |_| {}).await));
}

#[tokio::test]
async fn what_is_no_pdf_is_refused_whatever_its_record_says() {
    let world = World::new().await;
    assert_eq!(refusal(&world, b"\xd0\xcf\x11\xe0 an old word document").await, "fileNotPdf");
}

#[tokio::test]
async fn a_torn_pdf_is_refused() {
    let world = World::new().await;
    let whole = paper::pdf(1, "torn");
    assert_eq!(refusal(&world, &whole[..whole.len() / 2]).await, "fileBroken");
}

#[tokio::test]
async fn an_encrypted_pdf_is_refused() {
    let world = World::new().await;
    let open = paper::pdf(1, "locked");
    let mut text = String::from_utf8(open).unwrap();
    let id = "<00112233445566778899aabbccddeeff>";
    let locked = format!(
        "/Root 1 0 R /ID [{id} {id}] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >> >>",
        "00".repeat(32)
    );
    text = text.replace("/Root 1 0 R >>", &locked);
    assert_eq!(refusal(&world, text.as_bytes()).await, "fileEncrypted");
}

#[tokio::test]
async fn an_unsigned_pdf_is_refused() {
    let world = World::new().await;
    assert_eq!(refusal(&world, &paper::pdf(1, "plain")).await, "fileUnsigned");
}

#[tokio::test]
async fn a_byte_changed_after_signing_is_found() {
    let world = World::new().await;
    let mut changed = world.signed("mark-original");
    let at = changed.windows(13).position(|w| w == b"mark-original").unwrap();
    changed[at..at + 13].copy_from_slice(b"mark-0riginal");
    assert_eq!(refusal(&world, &changed).await, "fileChangedAfterSigning");
}

#[tokio::test]
async fn a_signature_that_cannot_be_read_is_refused() {
    let world = World::new().await;
    let mut broken = world.signed("broken cms");
    let at = broken.windows(10).position(|w| w == b"/Contents<" || w == b"/Contents ").unwrap();
    let hex = at + broken[at..].iter().position(|b| *b == b'<').unwrap() + 1;
    broken[hex..hex + 40].fill(b'0');
    assert_eq!(refusal(&world, &broken).await, "fileSignatureInvalid");
}

#[tokio::test]
async fn a_signer_of_an_unknown_authority_is_refused() {
    let world = World::new().await;
    let stranger = world.authority_stranger_signed();
    assert_eq!(refusal(&world, &stranger).await, "fileNotTrusted");
}

#[tokio::test]
async fn an_expired_signer_is_refused() {
    let world = World::new().await;
    let late = world.authority.issue(crate::world::AGENCY_NAME, -30, -2);
    let signed = late.sign(&paper::pdf(1, "late"), now());
    assert_eq!(refusal(&world, &signed).await, "fileSignerExpired");
}

#[tokio::test]
async fn a_signer_that_is_not_valid_yet_is_refused() {
    let world = World::new().await;
    let early = world.authority.issue(crate::world::AGENCY_NAME, 5, 30);
    let signed = early.sign(&paper::pdf(1, "early"), now());
    assert_eq!(refusal(&world, &signed).await, "fileSignerNotYetValid");
}

#[tokio::test]
async fn a_revoked_signer_is_refused() {
    let world = World::with_trust(|authority, agency| vec![authority.revoke(agency)]).await;
    assert_eq!(refusal(&world, &world.signed("revoked")).await, "fileSignerRevoked");
}

#[tokio::test]
async fn the_officer_alone_is_not_enough_for_the_warehouse() {
    let world = World::new().await;
    let signed = world.officer.sign(&paper::pdf(1, "officer"), now());
    assert_eq!(refusal(&world, &signed).await, "agencySignatureMissing");
}

#[tokio::test]
async fn a_record_that_tells_other_pages_or_another_size_is_refused() {
    let world = World::new().await;
    let bytes = world.signed("pages");
    assert_eq!(rejected_code(&file(&world, &bytes, |r| r.pages = 2).await), "pagesMismatch");
    assert_eq!(rejected_code(&file(&world, &bytes, |r| r.size += 1).await), "sizeMismatch");
    let nameless = file(&world, &bytes, |r| r.metadata.name.clear()).await;
    assert_eq!(rejected_code(&nameless), "metadataIncomplete");
}

impl World {
    /// A page signed by somebody below an authority nobody trusts.
    pub fn authority_stranger_signed(&self) -> Vec<u8> {
        let stranger = Authority::new("CA lạ").issue(crate::world::AGENCY_NAME, -5, 30);
        stranger.sign(&paper::pdf(1, "stranger"), now())
    }
}
