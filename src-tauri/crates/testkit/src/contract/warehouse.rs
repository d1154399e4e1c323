//! What every warehouse promises at the other end of its line, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod admin;
mod feed;
mod feedback;
mod fees;
mod inbox;
mod lease;
mod machine;
mod office;
mod steps;
mod submissions;

use async_trait::async_trait;
use ed25519_dalek::{SigningKey, VerifyingKey};
use machine::{Machine, blob_of, code_of, consent, filing_of, receipt_of, returned, reuse, somebody_else};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{
    AgencyCode, BlobId, DeviceId, DocumentId, DocumentRecord, DocumentStatus, DossierCode, DossierId,
    IdNumber, IdentityAnswer, ProcedureCode, Provenance, Timestamp,
};
use motcua_wire::{
    AcceptedDossier, DossierView, EvidenceSource, LeaseBlock, LeaseDossier, Op, OpPayload, OpResult,
    OpsRequest, PackageManifest, PackageSecrets, PackageWriter, Purpose, Role, SCHEMA_VERSION,
};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Who signed a paper of the suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignedBy {
    /// The agency, trusted.
    Agency,
    /// An officer, trusted, but no agency.
    Officer,
    /// Somebody the warehouse's authorities do not know, under the agency's name.
    Stranger,
    /// Nobody.
    Nobody,
}

/// A warehouse and two machines of one agency, as each make sets them up.
#[async_trait]
pub trait WarehouseBench: Send + Sync {
    /// The line of a machine, 0 or 1.
    fn line(&self, machine: u8) -> Arc<dyn Warehouse>;
    /// That machine.
    fn device(&self, machine: u8) -> DeviceId;
    /// Number of a machine that is a portal of their agency.
    fn portal(&self) -> u8;
    /// Agency of all.
    fn agency(&self) -> AgencyCode;
    /// Key the warehouse signs receipts with.
    fn receipt_key(&self) -> [u8; 32];
    /// Now, as all of them see it.
    fn now(&self) -> Timestamp;
    /// A person the identity service knows.
    fn owner(&self) -> IdNumber;
    /// A procedure of the reference data.
    fn procedure(&self) -> ProcedureCode;
    /// A case of it.
    fn case(&self) -> String;
    /// A PDF of one page; every mark gives other bytes.
    fn paper(&self, by: SignedBy, mark: u8) -> Vec<u8>;
    /// Puts a paper into the stock, filed an hour ago.
    fn stock(&self, record: DocumentRecord, pdf: &[u8]);
    /// The warehouse was restored from a backup.
    fn restore(&self);
    /// An officer of the agency may take dossiers in there, and has that secret.
    fn employ(&self, login: &str, secret: &str);
    /// An administrator of the whole province works in the agency, and has that secret.
    fn appoint(&self, login: &str, secret: &str);
    /// The identity service falls silent; nothing else does.
    fn silence_identity(&self);
    /// The warehouse is out of reach from now on.
    async fn cut(&mut self);
}

/// Runs the whole suite; `make` gives a warehouse of its own each time.
pub async fn warehouse_contract<B: WarehouseBench>(make: impl AsyncFn() -> B) {
    it_says_who_it_is_and_sends_only_what_is_newer(&make().await).await;
    the_silence_of_the_identity_service_is_told_apart(&make().await).await;
    a_file_is_kept_under_its_hash(&make().await).await;
    a_cancelled_transfer_leaves_nothing(&make().await).await;
    an_operation_has_one_effect_however_often_it_is_sent(&make().await).await;
    an_id_belongs_to_its_body(&make().await).await;
    a_receipt_names_every_file_and_bears_the_key(&make().await).await;
    each_operation_has_its_own_result(&make().await).await;
    a_file_that_may_not_enter_is_refused_by_its_reason(&make().await).await;
    papers_come_newest_first_and_only_the_owners(&make().await).await;
    leased_codes_never_overlap_and_serve_once(&make().await).await;
    an_acceptance_waits_for_what_it_names(&make().await).await;
    a_reuse_is_counted_once_when_the_dossier_is_accepted(&make().await).await;
    a_paper_of_somebody_else_or_unshared_is_not_reused(&make().await).await;
    the_day_of_a_reuse_is_bounded_by_the_warehouses_clock(&make().await).await;
    a_result_completes_an_accepted_dossier_once(&make().await).await;
    a_change_by_another_machine_is_a_conflict(&make().await).await;
    who_works_at_a_machine_is_known_until_he_leaves(&make().await).await;
    a_package_of_another_machine_is_kept_for_whoever_has_the_key(&make().await).await;
    inbox::suite(&make).await;
    feed::suite(&make).await;
    fees::suite(&make).await;
    steps::suite(&make).await;
    feedback::suite(&make).await;
    submissions::suite(&make).await;
    lease::suite(&make).await;
    office::suite(&make).await;
    admin::suite(&make).await;
    a_cut_line_is_no_contact(make().await).await;
}

async fn it_says_who_it_is_and_sends_only_what_is_newer(bench: &dyn WarehouseBench) {
    let line = bench.line(0);
    let about = line.about().await.unwrap();
    assert_eq!(about.receipt_key, hex::encode(bench.receipt_key()));
    assert!((about.min_schema..=about.max_schema).contains(&SCHEMA_VERSION));
    let sealed = line.reference(0).await.unwrap().unwrap();
    let key = VerifyingKey::from_bytes(&bench.receipt_key()).unwrap();
    let version = sealed.open(&key).unwrap().version;
    assert!(version > 0);
    assert!(
        sealed.open(&SigningKey::from_bytes(&[9; 32]).verifying_key()).is_err(),
        "the receipts' key alone"
    );
    assert_eq!(line.reference(version).await, Ok(None), "nothing is newer");
    assert_eq!(line.dossier(DossierId::derive(1, &[1; 10])).await, Ok(None), "unknown is no error");
}

async fn who_works_at_a_machine_is_known_until_he_leaves(bench: &dyn WarehouseBench) {
    let (line, beside) = (bench.line(0), bench.line(1));
    bench.employ("canbo.mau", "Mat-khau-mau-1");
    let secret = |text: &str| Zeroizing::new(text.to_owned());
    let refused = line.log_in("canbo.mau", &secret("Sai-mat-khau")).await;
    assert_eq!(refused, Err(LinkError::Refused("loginRefused".into())));
    assert_eq!(line.session(), None);
    let known = line.log_in("canbo.mau", &secret("Mat-khau-mau-1")).await.unwrap();
    assert_eq!((known.login.as_str(), known.roles.as_slice()), ("canbo.mau", [Role::Intake].as_slice()));
    assert!(!known.name.is_empty());
    assert_eq!(line.session(), Some(known));
    assert_eq!(beside.session(), None, "at that machine alone");
    assert!(line.documents(&[bench.owner()], Purpose::Intake).await.is_ok(), "and works");
    line.log_out();
    assert_eq!(line.session(), None, "at once");
    for _ in 0..2 {
        assert_eq!(line.tell_logged_out().await, Ok(()));
    }
    assert!(line.documents(&[bench.owner()], Purpose::Intake).await.is_ok(), "the machine goes on");
}

async fn a_package_of_another_machine_is_kept_for_whoever_has_the_key(bench: &dyn WarehouseBench) {
    let line = bench.line(1);
    let made_at = bench.now();
    let sealed = empty_package(bench, made_at);
    let upload = async |bytes: &[u8]| {
        let id = blob_of(bytes);
        line.upload(&id, bytes, &|_, _| {}, &CancellationToken::new()).await.unwrap();
        id
    };
    let nowhere = line.carry_package(&blob_of(&sealed)).await;
    assert_eq!(nowhere, Err(LinkError::Refused("blobUnknown".into())));
    let id = upload(&sealed).await;
    for _ in 0..2 {
        let carried = line.carry_package(&id).await.unwrap();
        assert_eq!((carried.blob, carried.device, carried.operations), (id, bench.device(0), 0));
        assert!(!carried.taken && carried.made_at == made_at);
    }
    for unfit in [b"no package".as_slice(), &sealed[..sealed.len() - 1]] {
        let refused = line.carry_package(&upload(unfit).await).await;
        assert_eq!(refused, Err(LinkError::Refused("packageUnfit".into())));
    }
}

/// A package of machine 0 with nothing in it.
fn empty_package(bench: &dyn WarehouseBench, made_at: Timestamp) -> Vec<u8> {
    let manifest = PackageManifest {
        device: bench.device(0),
        agency: bench.agency(),
        officer: "canbo.mau".into(),
        made_at,
        files: vec![],
        dossiers: vec![],
        lines: vec![],
    };
    let secrets = PackageSecrets { ephemeral: Zeroizing::new([3; 32]), prefix: [4; 19] };
    let writer = PackageWriter::begin(Vec::new(), &manifest, super::vault::RECOVERY, &secrets).unwrap();
    writer.finish().unwrap()
}

async fn the_silence_of_the_identity_service_is_told_apart(bench: &dyn WarehouseBench) {
    let line = bench.line(0);
    let known = line.identity(&bench.owner(), Purpose::Intake).await.unwrap();
    assert_eq!(known.answer, IdentityAnswer::Registered);
    assert_eq!(
        line.identity(&somebody_else(), Purpose::Intake).await.unwrap().answer,
        IdentityAnswer::NotRegistered
    );
    bench.silence_identity();
    assert_eq!(line.identity(&bench.owner(), Purpose::Intake).await, Err(LinkError::IdentityDown));
    assert!(line.about().await.is_ok() && line.reference(0).await.is_ok(), "only that service is out");
}

async fn a_file_is_kept_under_its_hash(bench: &dyn WarehouseBench) {
    let (line, cancel) = (bench.line(0), CancellationToken::new());
    let bytes: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    let (blob, total) = (blob_of(&bytes), bytes.len() as u64);
    assert_eq!(line.fetch(&blob, &|_, _| {}, &cancel).await, Err(LinkError::Refused("blobUnknown".into())));
    for _ in 0..2 {
        let told = Mutex::new(vec![]);
        let tell = |sent, of| told.lock().unwrap().push((sent, of));
        assert_eq!(line.upload(&blob, &bytes, &tell, &cancel).await, Ok(()), "again is free");
        let told = told.into_inner().unwrap();
        assert_eq!(told.last(), Some(&(total, total)), "told when it is done");
        assert!(told.is_sorted() && told.iter().all(|(_, of)| *of == total), "{told:?}");
    }
    let told = Mutex::new(vec![]);
    let tell = |received, of| told.lock().unwrap().push((received, of));
    assert!(line.fetch(&blob, &tell, &cancel).await.unwrap() == bytes, "as it went");
    let told = told.into_inner().unwrap();
    assert_eq!(told.last(), Some(&(total, total)), "told as it comes");
    assert!(told.is_sorted(), "{told:?}");
    let wrong = line.upload(&BlobId([1; 32]), &bytes, &|_, _| {}, &cancel).await;
    assert_eq!(wrong, Err(LinkError::Refused("blobHashMismatch".into())));
}

async fn a_cancelled_transfer_leaves_nothing(bench: &dyn WarehouseBench) {
    let (line, cancel) = (bench.line(0), CancellationToken::new());
    cancel.cancel();
    let blob = blob_of(b"stopped");
    assert_eq!(line.upload(&blob, b"stopped", &|_, _| {}, &cancel).await, Err(LinkError::Cancelled));
    assert_eq!(line.fetch(&blob, &|_, _| {}, &cancel).await, Err(LinkError::Cancelled));
    let absent = line.fetch(&blob, &|_, _| {}, &CancellationToken::new()).await;
    assert_eq!(absent, Err(LinkError::Refused("blobUnknown".into())));
}

async fn an_operation_has_one_effect_however_often_it_is_sent(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (record, op) = machine.filing(1, SignedBy::Agency).await;
    let first = machine.push(&op).await;
    let OpResult::Applied { version: 1, receipt, .. } = &first else { panic!("{first:?}") };
    let newer = Op { base_version: 1, ..op.clone() };
    for again in [&op, &newer, &op] {
        let expected = OpResult::Duplicate { op_id: op.op_id, version: 1, receipt: receipt.clone() };
        assert_eq!(machine.push(again).await, expected, "the first answer again");
    }
    let papers = machine.papers(&[bench.owner()]).await;
    assert_eq!(papers.len(), 1);
    assert_eq!((&papers[0].record, papers[0].version, papers[0].uses), (&record, 1, 0));
    assert_eq!((papers[0].status, papers[0].provenance), (DocumentStatus::Valid, Provenance::Provincial));
    assert_eq!(machine.view(1).await.receipts, vec![receipt.clone()]);
}

async fn an_id_belongs_to_its_body(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    for (dossier, by) in [(1, SignedBy::Agency), (2, SignedBy::Nobody)] {
        let (record, op) = machine.filing(dossier, by).await;
        let first = machine.push(&op).await;
        assert_eq!(matches!(first, OpResult::Applied { .. }), by == SignedBy::Agency, "{first:?}");
        let other = DocumentRecord { owner: vec![somebody_else()], ..record };
        let changed = Op { payload: filing_of(other), ..op };
        assert_eq!(code_of(&machine.push(&changed).await), "idempotencyMismatch", "applied or refused");
    }
    assert_eq!(machine.papers(&[somebody_else()]).await, []);
    let (_, op) = machine.filing(3, SignedBy::Agency).await;
    let newer = Op { schema_version: SCHEMA_VERSION + 1, ..op };
    assert_eq!(code_of(&machine.push(&newer).await), "schemaUnknown");
}

async fn a_receipt_names_every_file_and_bears_the_key(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (record, filing) = machine.filing(1, SignedBy::Agency).await;
    let scan = EvidenceSource::Scan { blob: record.blob, document: Some(record.id) };
    let accepted = machine.accepted(vec![scan], vec![]).await;
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted.clone())));
    let key = VerifyingKey::from_bytes(&bench.receipt_key()).unwrap();
    let body = receipt_of(&machine.push(&filing).await).verify(&key).unwrap();
    assert_eq!((body.op_id, body.dossier, body.version), (filing.op_id, filing.dossier, 1));
    assert_eq!((body.document, body.blobs), (Some(record.id), vec![record.blob]));
    let body = receipt_of(&machine.push(&acceptance).await).verify(&key).unwrap();
    assert_eq!((body.op_id, body.version, body.document), (acceptance.op_id, 2, None));
    let (mut named, mut sent) = (body.blobs, vec![record.blob, accepted.receipt]);
    named.sort();
    sent.sort();
    assert_eq!(named, sent);
    assert_eq!(machine.view(1).await.accepted, Some(accepted));
}

async fn each_operation_has_its_own_result(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let absent = bench.paper(SignedBy::Agency, machine.next());
    let first = machine.op(1, filing_of(machine.record(&absent)));
    let (_, second) = machine.filing(1, SignedBy::Agency).await;
    let (_, third) = machine.filing(2, SignedBy::Agency).await;
    let results = machine.push_all(&[&first, &second, &third]).await;
    let deferred = |op: &Op, waits_for: String| OpResult::Deferred {
        op_id: op.op_id,
        waits_for: vec![waits_for],
        kept: true,
    };
    assert_eq!(results[0], deferred(&first, blob_of(&absent).to_string()), "it waits for its file");
    assert!(matches!(results[1], OpResult::Applied { version: 1, .. }), "papers do not know each other");
    assert!(matches!(results[2], OpResult::Applied { .. }), "other dossiers go on: {:?}", results[2]);
    machine.upload(&absent).await;
    let results = machine.push_all(&[&first, &second]).await;
    let done = results
        .iter()
        .zip([2, 1])
        .all(|(result, place)| matches!(result, OpResult::Duplicate { version, .. } if *version == place));
    assert!(done, "the warehouse did the first by itself: {results:?}");
}

async fn a_file_that_may_not_enter_is_refused_by_its_reason(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    for (by, reason) in [
        (SignedBy::Nobody, "fileUnsigned"),
        (SignedBy::Officer, "agencySignatureMissing"),
        (SignedBy::Stranger, "fileNotTrusted"),
    ] {
        let (_, op) = machine.filing(1, by).await;
        assert_eq!(code_of(&machine.push(&op).await), reason);
        assert_eq!(code_of(&machine.push(&op).await), reason, "sending again changes nothing");
    }
    machine.upload(b"an old text").await;
    let op = machine.op(1, filing_of(machine.record(b"an old text")));
    assert_eq!(code_of(&machine.push(&op).await), "fileNotPdf");
    let (record, op) = machine.filing(1, SignedBy::Agency).await;
    let op = Op { payload: filing_of(DocumentRecord { size: record.size + 1, ..record }), ..op };
    assert_eq!(code_of(&machine.push(&op).await), "sizeMismatch");
    assert_eq!(machine.papers(&[bench.owner()]).await, [], "none of them entered");
}

async fn papers_come_newest_first_and_only_the_owners(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let older = machine.stocked();
    let (newer, op) = machine.filing(1, SignedBy::Agency).await;
    machine.push(&op).await;
    let papers = machine.papers(&[somebody_else(), bench.owner()]).await;
    assert_eq!(papers.iter().map(|p| p.record.id).collect::<Vec<_>>(), [newer.id, older]);
    assert_eq!(machine.papers(&[somebody_else()]).await, []);
    let again = Op { op_id: machine.op(1, op.payload.clone()).op_id, device_seq: 200, ..op };
    assert_eq!(code_of(&machine.push(&again).await), "documentExists");
}

async fn leased_codes_never_overlap_and_serve_once(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let mut seen: Vec<DossierCode> = vec![];
    for mut block in [machine.lease(3).await, other.lease(3).await, machine.lease(3).await] {
        assert_eq!((&block.agency, block.day), (&bench.agency(), bench.now().day()));
        assert!((1..=3).contains(&block.left()), "what was asked for, or fewer");
        while let Some(code) = block.take() {
            assert!(!seen.contains(&code), "{code} was given twice");
            seen.push(code);
        }
    }
    let accept = async |dossier, code: DossierCode| {
        let accepted = AcceptedDossier { code, ..machine.accepted(vec![], vec![]).await };
        machine.push(&machine.op(dossier, OpPayload::AcceptDossier(Box::new(accepted)))).await
    };
    assert!(matches!(accept(1, seen[0].clone()).await, OpResult::Applied { .. }));
    assert_eq!(code_of(&accept(2, seen[0].clone()).await), "codeTaken");
    let nobodys = DossierCode::derive(&bench.agency(), bench.now().day(), 9998).unwrap();
    assert_eq!(code_of(&accept(2, nobodys).await), "codeNotLeased");
    assert!(matches!(accept(2, DossierCode::provisional("ab12", 1)).await, OpResult::Applied { .. }));
    assert_eq!(code_of(&accept(1, seen[1].clone()).await), "alreadyAccepted");
}

async fn an_acceptance_waits_for_what_it_names(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let (record, filing) = machine.filing(1, SignedBy::Agency).await;
    let scan = EvidenceSource::Scan { blob: record.blob, document: Some(record.id) };
    let accepted = machine.accepted(vec![scan], vec![]).await;
    let early = machine.op(2, OpPayload::AcceptDossier(Box::new(accepted)));
    let waits_for = vec![record.id.to_string()];
    assert_eq!(machine.push(&early).await, OpResult::Deferred { op_id: early.op_id, waits_for, kept: false });
    machine.push(&filing).await;
    assert!(matches!(machine.push(&early).await, OpResult::Applied { .. }));
}

async fn a_reuse_is_counted_once_when_the_dossier_is_accepted(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let document = machine.stocked();
    let rows = vec![reuse(document), reuse(document)];
    let silent = machine.accepted(rows.clone(), vec![]).await;
    let op = machine.op(1, OpPayload::AcceptDossier(Box::new(silent)));
    assert_eq!(code_of(&machine.push(&op).await), "consentMissing");
    assert_eq!(machine.papers(&[bench.owner()]).await[0].uses, 0, "taking alone counts nothing");
    let confirmed = machine.accepted(rows, vec![consent(bench, document)]).await;
    let op = machine.op(1, OpPayload::AcceptDossier(Box::new(confirmed)));
    for _ in 0..3 {
        machine.push(&op).await;
    }
    assert_eq!(machine.papers(&[bench.owner()]).await[0].uses, 1, "two rows and three sendings are one use");
    let unknown = DocumentId::derive(9, &[9; 10]);
    let accepted = machine.accepted(vec![reuse(unknown)], vec![consent(bench, unknown)]).await;
    let op = machine.op(2, OpPayload::AcceptDossier(Box::new(accepted)));
    assert_eq!(code_of(&machine.push(&op).await), "documentUnknown");
}

async fn a_paper_of_somebody_else_or_unshared_is_not_reused(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let strangers = machine.stocked_but(|record| record.owner = vec![somebody_else()]);
    let unshared = machine.stocked_but(|record| record.metadata.shared = false);
    let take = async |dossier, document| {
        let accepted = machine.accepted(vec![reuse(document)], vec![consent(bench, document)]).await;
        machine.push(&machine.op(dossier, OpPayload::AcceptDossier(Box::new(accepted)))).await
    };
    assert_eq!(code_of(&take(1, strangers).await), "documentOfOtherPerson");
    assert_eq!(code_of(&take(2, unshared).await), "documentNotShared");
    assert_eq!(machine.papers(&[somebody_else()]).await[0].uses, 0);
    machine.stocked_but(|record| record.owner.push(somebody_else()));
    let joined = take(3, strangers).await;
    assert!(matches!(joined, OpResult::Applied { .. }), "a paper names both numbers: {joined:?}");
    let (record, filing) = machine.filing(4, SignedBy::Agency).await;
    let own = record.id;
    let mut unshared = record;
    unshared.metadata.shared = false;
    machine.push(&Op { payload: filing_of(unshared), ..filing }).await;
    assert!(matches!(take(5, own).await, OpResult::Applied { .. }), "the agency's own need no sharing");
}

async fn the_day_of_a_reuse_is_bounded_by_the_warehouses_clock(bench: &dyn WarehouseBench) {
    const DAY: i64 = 86_400_000;
    let machine = Machine::of(bench, 0);
    let now = bench.now().0;
    let until =
        |at: i64| machine.stocked_but(|record| record.metadata.valid_until = Some(Timestamp(at).day()));
    let (yesterday, long_ago, fresh) = (until(now - DAY), until(now - 60 * DAY), until(now + DAY));
    let mut dossier = 0;
    for (document, at, refused) in [
        (yesterday, now - 2 * DAY, None),
        (yesterday, now, Some("documentExpired")),
        (long_ago, now - 70 * DAY, Some("documentExpired")),
        (fresh, now + 60_000, None),
        (fresh, now + 3_600_000, Some("acceptedInFuture")),
    ] {
        dossier += 1;
        let accepted = machine.accepted(vec![reuse(document)], vec![consent(bench, document)]).await;
        let accepted = AcceptedDossier { accepted_at: Timestamp(at), ..accepted };
        let result = machine.push(&machine.op(dossier, OpPayload::AcceptDossier(Box::new(accepted)))).await;
        match refused {
            Some(code) => assert_eq!(code_of(&result), code),
            None => assert!(matches!(result, OpResult::Applied { .. }), "{result:?}"),
        }
    }
}

async fn a_result_completes_an_accepted_dossier_once(bench: &dyn WarehouseBench) {
    let machine = Machine::of(bench, 0);
    let accepted = machine.accepted(vec![], vec![]).await;
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let (record, _) = machine.filing(1, SignedBy::Agency).await;
    let result = machine.op(1, returned(bench, record.clone()));
    let early = machine.push(&result).await;
    assert!(matches!(early, OpResult::Deferred { .. }), "it waits for the acceptance: {early:?}");
    let (other, _) = machine.filing(1, SignedBy::Agency).await;
    let strangers = DocumentRecord { owner: vec![somebody_else()], ..other.clone() };
    let [misled, late] = [strangers, other].map(|record| machine.op(1, returned(bench, record)));
    assert!(matches!(machine.push(&acceptance).await, OpResult::Applied { version: 1, .. }));
    assert_eq!(code_of(&machine.push(&misled).await), "ownerMismatch");
    assert!(matches!(machine.push(&result).await, OpResult::Applied { version: 2, .. }));
    assert_eq!(code_of(&machine.push(&late).await), "alreadyReturned");
    let view = machine.view(1).await;
    assert_eq!((view.version, view.receipts.len()), (2, 2));
    assert_eq!(view.returned.unwrap().record, record);
    assert_eq!(machine.papers(&[bench.owner()]).await[0].record, record, "the next dossier finds it");
}

async fn a_change_by_another_machine_is_a_conflict(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), Machine::of(bench, 1));
    let (_, early) = machine.filing(1, SignedBy::Agency).await;
    let (_, first) = machine.filing(1, SignedBy::Agency).await;
    assert!(matches!(machine.push(&first).await, OpResult::Applied { version: 1, .. }));
    let applied = |result: OpResult, version: u64| {
        assert!(matches!(&result, OpResult::Applied { version: v, .. } if *v == version), "{result:?}");
    };
    applied(machine.push(&early).await, 2);
    let ahead = Op { base_version: 7, ..machine.filing(1, SignedBy::Agency).await.1 };
    applied(machine.push(&ahead).await, 3);
    let accepted = other.accepted(vec![], vec![]).await;
    let blind = other.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let server = Some(Box::new(DossierView { receipts: vec![], ..machine.view(1).await }));
    let conflict = OpResult::Conflict { op_id: blind.op_id, server_version: 3, held_by: None, server };
    assert_eq!(other.push(&blind).await, conflict, "accepted without having seen its papers");
    applied(other.push(&Op { base_version: 3, ..blind }).await, 4);
    // Papers know neither order nor each other: one sent again after it was refused is no conflict.
    applied(machine.push(&machine.filing(1, SignedBy::Agency).await.1).await, 5);
}

async fn a_cut_line_is_no_contact(mut bench: impl WarehouseBench) {
    bench.cut().await;
    let (line, cancel) = (bench.line(0), CancellationToken::new());
    let machine = Machine::of(&bench, 0);
    let op = machine.op(1, filing_of(machine.record(b"%PDF")));
    assert_eq!(line.about().await.err(), Some(LinkError::Offline));
    assert_eq!(line.reference(0).await.err(), Some(LinkError::Offline));
    assert_eq!(line.identity(&bench.owner(), Purpose::Intake).await.err(), Some(LinkError::Offline));
    assert_eq!(line.documents(&[bench.owner()], Purpose::Intake).await.err(), Some(LinkError::Offline));
    assert_eq!(line.fetch(&blob_of(b"x"), &|_, _| {}, &cancel).await.err(), Some(LinkError::Offline));
    let sent = line.upload(&blob_of(b"x"), b"x", &|_, _| {}, &cancel).await;
    assert_eq!(sent.err(), Some(LinkError::Offline));
    assert_eq!(line.push(&OpsRequest { ops: vec![op] }).await.err(), Some(LinkError::Offline));
    let wish = LeaseBlock { agency: bench.agency(), day: bench.now().day(), count: 1 };
    assert_eq!(line.lease_block(&wish).await.err(), Some(LinkError::Offline));
    assert_eq!(line.dossier(DossierId::derive(1, &[1; 10])).await.err(), Some(LinkError::Offline));
    assert_eq!(line.changes(None, 1, 0).await.err(), Some(LinkError::Offline));
    let (id, wish) = (DossierId::derive(1, &[1; 10]), LeaseDossier { officer: "a".into(), force: false });
    assert_eq!(line.lease_dossier(id, 0, &wish).await.err(), Some(LinkError::Offline));
    assert_eq!(line.give_back_dossier(id).await.err(), Some(LinkError::Offline));
}
