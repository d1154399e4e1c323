//! Every reason for which a file may not enter, with a file really made that way.

use crate::authority::Authority;
use crate::paper;
use crate::world::{OWNER, World, file_document, fresh_uuid, is_applied, now, push, rejected_code, upload};
use motcua_dossier::{DocumentRecord, DossierId, ResultCode, Timestamp};
use motcua_warehouse::{RowWish, reference_set};
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

/// The province decides who signs papers of that kind from that day on.
fn decide(world: &World, paper: &str, from: &str) {
    let cells = [
        ("ma", "ký giấy vào Kho"),
        ("loai_giay", paper),
        ("tu_ngay", from),
        ("gia_tri", "cán bộ rồi cơ quan"),
    ];
    let cells = cells.map(|(column, value)| (column.to_owned(), value.to_owned()));
    let wish = RowWish { sheet: "cai_dat", key: None, cells: Some(&cells) };
    let report = reference_set(&world.config, &wish, (None, "Quyết định mẫu", true)).unwrap();
    assert!(report.faults.is_empty() && report.version.is_some(), "{:?}", report.faults);
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// As if the newest lists had been in force for so many days, and the others always.
fn in_force_for(world: &World, days: i64) {
    let records = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
    records.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let since = now().0 - days * DAY;
    let aged = "UPDATE reference SET effective_at =
                CASE version WHEN (SELECT max(version) FROM reference) THEN ? ELSE 0 END";
    assert!(records.execute(aged, [since]).unwrap() > 1);
}

#[tokio::test]
async fn where_the_province_asks_for_both_an_agencys_signature_alone_is_refused() {
    let world = World::new().await;
    decide(&world, "KQ.G15.000031", "");
    in_force_for(&world, 20);
    let (agency, officer) = (&world.agency, &world.officer);
    let signed = |mark: &str, by: &[&crate::authority::Identity]| {
        by.iter().fold(paper::pdf(1, mark), |pdf, who| who.sign(&pdf, now()))
    };
    assert_eq!(refusal(&world, &signed("a", &[agency])).await, "officerSignatureMissing");
    assert_eq!(refusal(&world, &signed("o", &[officer])).await, "agencySignatureMissing");
    assert_eq!(refusal(&world, &signed("ao", &[agency, officer])).await, "agencySignatureMissing");
    assert!(is_applied(&file(&world, &signed("oa", &[officer, agency]), |_| {}).await));
    let other = |record: &mut DocumentRecord| {
        record.metadata.result_code = Some(ResultCode::parse("KQ.G15.000040").unwrap());
    };
    assert!(is_applied(&file(&world, &signed("other", &[agency]), other).await), "another kind of paper");
}

#[tokio::test]
async fn nobody_is_asked_for_a_signature_he_could_not_know_of() {
    let world = World::new().await;
    let line = world.line(0);
    decide(&world, "", "");
    // Fourteen days alone: whoever works still knows the lists of fifteen days before.
    for (mark, known, ago, enters) in [
        ("just decided", 0, 0, true),
        ("alone since before", 13, 0, true),
        ("heard by all", 15, 0, false),
        ("made before", 20, 10, true),
        ("made long before", 20, 200, true),
    ] {
        in_force_for(&world, known);
        let bytes = world.signed(mark);
        upload(&line, &bytes).await;
        let payload = file_document(paper::record(OWNER, &bytes, 1));
        let mut op = world.op(0, DossierId(fresh_uuid()), 0, payload);
        op.device_time = Timestamp(now().0 - ago * DAY);
        let answer = push(&line, &op).await;
        assert_eq!(is_applied(&answer), enters, "{mark}: {answer:?}");
    }
    let officer = world.officer.sign(&paper::pdf(1, "officer's"), now());
    in_force_for(&world, 0);
    assert_eq!(refusal(&world, &officer).await, "agencySignatureMissing", "the agency's is asked for always");
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
