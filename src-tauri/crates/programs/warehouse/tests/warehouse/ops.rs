//! What operations do: once, in order, whole, with a receipt.

use crate::paper;
use crate::world::{
    AGENCY, OTHER_AGENCY, OWNER, OWNER_OLD, PASSPORT, STRANGER, World, accept, consent, file_document,
    fresh_uuid, is_applied, push, push_all, rejected_code, returned, reuse, upload,
};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{DossierCode, DossierId, IdNumber, Provenance};
use motcua_wire::{EvidenceSource, Op, OpPayload, OpResult, Purpose, SignedReceipt};

fn receipt_of(result: &OpResult) -> &SignedReceipt {
    match result {
        OpResult::Applied { receipt, .. } | OpResult::Duplicate { receipt, .. } => receipt,
        other => panic!("no receipt: {other:?}"),
    }
}

/// An acceptance without components, its receipt uploaded and its code leased.
async fn acceptance(world: &World, machine: usize, dossier: DossierId, more: Vec<EvidenceSource>) -> Op {
    let receipt = upload(&world.line(machine), &paper::pdf(1, &format!("receipt {dossier}"))).await;
    let code = world.code(machine).await;
    world.op(machine, dossier, 0, OpPayload::AcceptDossier(Box::new(accept(code, receipt, more))))
}

fn with_consents(mut op: Op, consents: Vec<motcua_dossier::Consent>) -> Op {
    if let OpPayload::AcceptDossier(accepted) = &mut op.payload {
        accepted.consents = consents;
    }
    op
}

#[tokio::test]
async fn ten_times_the_same_operation_has_one_effect_and_one_receipt() {
    let world = World::new().await;
    let line = world.line(0);
    let bytes = world.signed("ten times");
    upload(&line, &bytes).await;
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let first = push(&line, &op).await;
    assert!(is_applied(&first), "{first:?}");
    for _ in 0..9 {
        let again = push(&line, &op).await;
        assert!(matches!(again, OpResult::Duplicate { version: 1, .. }));
        assert_eq!(receipt_of(&again), receipt_of(&first));
    }
    let papers = line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap();
    assert_eq!((papers.len(), papers[0].version), (1, 1));
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused() {
    let world = World::new().await;
    let line = world.line(0);
    let bytes = world.signed("mismatch");
    upload(&line, &bytes).await;
    let mut op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    assert!(is_applied(&push(&line, &op).await));
    op.payload = file_document(paper::record(STRANGER, &bytes, 1));
    assert_eq!(rejected_code(&push(&line, &op).await), "idempotencyMismatch");
    assert_eq!(
        line.documents(&[IdNumber::parse(STRANGER).unwrap()], Purpose::Intake).await.unwrap().len(),
        0
    );
}

#[tokio::test]
async fn a_receipt_names_every_verified_file_and_bears_the_server_key() {
    let world = World::new().await;
    let line = world.line(0);
    let bytes = world.signed("receipt");
    let blob = upload(&line, &bytes).await;
    let record = paper::record(OWNER, &bytes, 1);
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(record.clone()));
    let result = push(&line, &op).await;
    let key = motcua_warehouse::receipt_key(&world.config.data).unwrap().verifying_key();
    let body = receipt_of(&result).verify(&key).unwrap();
    assert_eq!((body.op_id, body.dossier, body.version), (op.op_id, op.dossier, 1));
    assert_eq!((body.document, body.blobs), (Some(record.id), vec![blob]));
}

#[tokio::test]
async fn an_operation_waits_for_its_file_and_is_applied_once_that_is_there() {
    let world = World::new().await;
    let line = world.line(0);
    let bytes = world.signed("later");
    let op = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &bytes, 1)));
    let waiting = push(&line, &op).await;
    let OpResult::Deferred { waits_for, .. } = waiting else { panic!("{waiting:?}") };
    assert_eq!(waits_for, [paper::blob(&bytes).to_string()]);
    upload(&line, &bytes).await;
    assert!(matches!(push(&line, &op).await, OpResult::Duplicate { version: 1, .. }));
}

#[tokio::test]
async fn a_result_waits_for_the_acceptance_and_completes_the_dossier() {
    let world = World::new().await;
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let bytes = world.signed("result");
    upload(&line, &bytes).await;
    let acceptance = acceptance(&world, 0, dossier, vec![]).await;
    let result = world.op(0, dossier, 0, returned(paper::record(OWNER, &bytes, 1)));
    let early = push(&line, &result).await;
    assert!(matches!(early, OpResult::Deferred { .. }), "{early:?}");
    assert!(is_applied(&push(&line, &acceptance).await));
    assert!(is_applied(&push(&line, &result).await));
    let view = line.dossier(dossier).await.unwrap().unwrap();
    assert_eq!((view.version, view.receipts.len()), (2, 2));
    assert!(view.accepted.is_some() && view.returned.is_some());
    let papers = line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap();
    assert_eq!(papers[0].record, view.returned.unwrap().record);
    let twice = world.op(0, dossier, 1, returned(paper::record(OWNER, &bytes, 1)));
    assert_eq!(rejected_code(&push(&line, &twice).await), "alreadyReturned");
    assert_eq!(world.line(2).dossier(dossier).await.unwrap(), None, "another agency sees nothing");
}

#[tokio::test]
async fn a_result_for_somebody_else_is_refused() {
    let world = World::new().await;
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let bytes = world.signed("wrong owner");
    upload(&line, &bytes).await;
    assert!(is_applied(&push(&line, &acceptance(&world, 0, dossier, vec![]).await).await));
    let op = world.op(0, dossier, 1, returned(paper::record(STRANGER, &bytes, 1)));
    assert_eq!(rejected_code(&push(&line, &op).await), "ownerMismatch");
}

#[tokio::test]
async fn a_paper_that_waits_for_its_file_holds_no_other() {
    let world = World::new().await;
    let line = world.line(0);
    let (stuck, free) = (DossierId(fresh_uuid()), DossierId(fresh_uuid()));
    let absent = world.signed("absent");
    let there = world.signed("there");
    upload(&line, &there).await;
    let first = world.op(0, stuck, 0, file_document(paper::record(OWNER, &absent, 1)));
    let second = world.op(0, stuck, 0, file_document(paper::record(OWNER, &there, 1)));
    let third = world.op(0, free, 0, file_document(paper::record(OWNER, &there, 1)));
    let results = push_all(&line, &[first.clone(), second.clone(), third]).await;
    assert!(matches!(results[0], OpResult::Deferred { .. }));
    assert!(is_applied(&results[1]) && is_applied(&results[2]), "{results:?}");
    upload(&line, &absent).await;
    let results = push_all(&line, &[first, second]).await;
    assert!(results.iter().all(|r| matches!(r, OpResult::Duplicate { .. })), "{results:?}");
}

#[tokio::test]
async fn a_change_by_another_machine_is_a_conflict() {
    let world = World::new().await;
    let dossier = DossierId(fresh_uuid());
    let a = world.signed("machine a");
    upload(&world.line(0), &a).await;
    let first = world.op(0, dossier, 0, file_document(paper::record(OWNER, &a, 1)));
    assert!(is_applied(&push(&world.line(0), &first).await));
    let mut second = acceptance(&world, 1, dossier, vec![]).await;
    let conflict = push(&world.line(1), &second).await;
    assert!(matches!(conflict, OpResult::Conflict { server_version: 1, .. }), "{conflict:?}");
    second.base_version = 1;
    assert!(is_applied(&push(&world.line(1), &second).await), "having seen it, it may go on");
}

#[tokio::test]
async fn a_reuse_is_counted_once_per_paper_and_dossier() {
    let world = World::new().await;
    let line = world.line(0);
    let document = world.stock(&world.signed("reused"), |d| d.uses = 5);
    let dossier = DossierId(fresh_uuid());
    let op = acceptance(&world, 0, dossier, vec![reuse(document), reuse(document)]).await;
    assert_eq!(rejected_code(&push(&line, &op).await), "consentMissing");
    let mut op = with_consents(op, vec![consent(vec![document], false)]);
    op.op_id = motcua_dossier::OpId(fresh_uuid());
    for _ in 0..3 {
        push(&line, &op).await;
    }
    let uses =
        async || line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap()[0].uses;
    assert_eq!(uses().await, 6, "two rows and three sendings are one use");
    let other = acceptance(&world, 0, DossierId(fresh_uuid()), vec![reuse(document)]).await;
    assert!(is_applied(&push(&line, &with_consents(other, vec![consent(vec![document], false)])).await));
    assert_eq!(uses().await, 7);
}

#[tokio::test]
async fn a_national_paper_needs_its_own_confirmation() {
    let world = World::new().await;
    let line = world.line(0);
    let national = world.stock(&world.signed("national"), |d| d.provenance = Provenance::National);
    let op = acceptance(&world, 0, DossierId(fresh_uuid()), vec![reuse(national)]).await;
    let plain = with_consents(op.clone(), vec![consent(vec![national], false)]);
    assert_eq!(rejected_code(&push(&line, &plain).await), "consentMissing");
    let mut own = with_consents(op, vec![consent(vec![national], true)]);
    own.op_id = motcua_dossier::OpId(fresh_uuid());
    assert!(is_applied(&push(&line, &own).await));
    assert_eq!(line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap()[0].uses, 1);
}

#[tokio::test]
async fn a_paper_that_may_not_be_used_stops_the_acceptance() {
    let world = World::new().await;
    let line = world.line(0);
    let yesterday = motcua_dossier::Day(crate::world::today().0.previous_day().unwrap());
    let expired = world.stock(&world.signed("e"), |d| d.record.metadata.valid_until = Some(yesterday));
    let cancelled = world.stock(&world.signed("c"), |d| d.cancelled = true);
    let unsynced = world.stock(&world.signed("n"), |d| d.provenance = Provenance::NationalNotSynced);
    let unsigned = world.stock(&paper::pdf(1, "u"), |_| {});
    let unknown = motcua_dossier::DocumentId(fresh_uuid());
    for (document, code) in [
        (expired, "documentExpired"),
        (cancelled, "documentCancelled"),
        (unsynced, "documentNotSynced"),
        (unsigned, "documentBadSignature"),
        (unknown, "documentUnknown"),
    ] {
        let op = acceptance(&world, 0, DossierId(fresh_uuid()), vec![reuse(document)]).await;
        let op = with_consents(op, vec![consent(vec![document], true)]);
        assert_eq!(rejected_code(&push(&line, &op).await), code);
    }
}

#[tokio::test]
async fn a_paper_is_reused_for_its_owner_only_and_when_it_is_shared_or_of_the_agency() {
    let world = World::new().await;
    let line = world.line(0);
    let number = |text: &str| IdNumber::parse(text).unwrap();
    let stock = |mark: &str, owner: &[&str], shared: bool, filed_by: Option<&str>| {
        world.stock(&world.signed(mark), |d| {
            d.record.owner = owner.iter().map(|text| number(text)).collect();
            d.record.metadata.shared = shared;
            d.filed_by = filed_by.map(|code| motcua_dossier::AgencyCode::parse(code).unwrap());
        })
    };
    let unshared = stock("theirs", &[OWNER], false, Some(OTHER_AGENCY));
    let of_nobody = stock("whose", &[OWNER], false, None);
    for (document, verdict) in [
        (stock("strangers", &[STRANGER], true, None), Err("documentOfOtherPerson")),
        (stock("strangers, filed here", &[STRANGER], true, Some(AGENCY)), Err("documentOfOtherPerson")),
        (unshared, Err("documentNotShared")),
        (of_nobody, Err("documentNotShared")),
        (stock("ours", &[OWNER], false, Some(AGENCY)), Ok(())),
        (stock("old number", &[OWNER_OLD], true, None), Ok(())),
        (stock("two numbers", &[OWNER, PASSPORT], true, None), Ok(())),
        (stock("passport", &[PASSPORT], true, None), Ok(())),
    ] {
        let op = acceptance(&world, 0, DossierId(fresh_uuid()), vec![reuse(document)]).await;
        let result = push(&line, &with_consents(op, vec![consent(vec![document], false)])).await;
        match verdict {
            Ok(()) => assert!(is_applied(&result), "{result:?}"),
            Err(code) => assert_eq!(rejected_code(&result), code),
        }
    }
    let uses = |papers: Vec<motcua_dossier::DocumentSummary>| papers.iter().map(|p| p.uses).sum::<u64>();
    assert_eq!(
        uses(line.documents(&[number(STRANGER)], Purpose::Intake).await.unwrap()),
        0,
        "nothing refused is counted"
    );
    assert_eq!(
        uses(world.line(2).documents(&[number(OWNER)], Purpose::Intake).await.unwrap()),
        2,
        "shared ones only"
    );
}

#[tokio::test]
async fn the_day_of_a_reuse_is_the_counters_within_the_bounds_of_the_servers_clock() {
    const DAY: i64 = 86_400_000;
    let world = World::new().await;
    let line = world.line(0);
    let now = crate::world::now().0;
    let until = |mark: &str, at: i64| {
        let day = motcua_dossier::Timestamp(at).day();
        world.stock(&world.signed(mark), |d| d.record.metadata.valid_until = Some(day))
    };
    let (yesterday, long_ago) = (until("yesterday", now - DAY), until("long ago", now - 60 * DAY));
    let fresh = until("fresh", now + DAY);
    for (document, accepted_at, verdict) in [
        (yesterday, now - 2 * DAY, Ok(())),
        (yesterday, now, Err("documentExpired")),
        (long_ago, now - 70 * DAY, Err("documentExpired")),
        (fresh, now - 70 * DAY, Ok(())),
        (fresh, now + 60_000, Ok(())),
        (fresh, now + 3_600_000, Err("acceptedInFuture")),
        (fresh, i64::MAX, Err("acceptedInFuture")),
        (long_ago, i64::MIN, Err("documentExpired")),
    ] {
        let op = acceptance(&world, 0, DossierId(fresh_uuid()), vec![reuse(document)]).await;
        let mut op = with_consents(op, vec![consent(vec![document], false)]);
        if let OpPayload::AcceptDossier(accepted) = &mut op.payload {
            accepted.accepted_at = motcua_dossier::Timestamp(accepted_at);
        }
        let result = push(&line, &op).await;
        match verdict {
            Ok(()) => assert!(is_applied(&result), "{accepted_at}: {result:?}"),
            Err(code) => assert_eq!(rejected_code(&result), code, "{accepted_at}"),
        }
    }
}

#[tokio::test]
async fn a_note_of_what_was_looked_up_is_taken_up_to_its_longest_and_not_beyond() {
    let world = World::new().await;
    let line = world.line(0);
    for (letters, taken) in [(2000, true), (2001, false)] {
        let source =
            EvidenceSource::Database { database: "CSDL hộ tịch".into(), note: "ấ".repeat(letters) };
        let result = push(&line, &acceptance(&world, 0, DossierId(fresh_uuid()), vec![source]).await).await;
        assert_eq!(is_applied(&result), taken, "{letters}");
        assert!(taken || rejected_code(&result) == "textTooLong");
    }
}

#[tokio::test]
async fn an_acceptance_waits_for_the_papers_it_digitized() {
    let world = World::new().await;
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let bytes = world.signed("component");
    let blob = upload(&line, &bytes).await;
    let record = paper::record(OWNER, &bytes, 1);
    let filing = world.op(0, dossier, 0, file_document(record.clone()));
    let source = EvidenceSource::Scan { blob, document: Some(record.id) };
    let op = acceptance(&world, 0, dossier, vec![source]).await;
    let mut other = op.clone();
    (other.op_id, other.dossier) = (motcua_dossier::OpId(fresh_uuid()), DossierId(fresh_uuid()));
    assert!(matches!(push(&line, &other).await, OpResult::Deferred { .. }));
    assert!(push_all(&line, &[filing, op]).await.iter().all(is_applied));
}

#[tokio::test]
async fn a_code_is_given_once_and_only_from_the_machines_own_block() {
    let world = World::new().await;
    let line = world.line(0);
    let first = acceptance(&world, 0, DossierId(fresh_uuid()), vec![]).await;
    let OpPayload::AcceptDossier(accepted) = &first.payload else { panic!() };
    let code = accepted.code.clone();
    assert!(is_applied(&push(&line, &first).await));
    let recoded = async |machine: usize, code: DossierCode| {
        let mut op = acceptance(&world, machine, DossierId(fresh_uuid()), vec![]).await;
        if let OpPayload::AcceptDossier(accepted) = &mut op.payload {
            accepted.code = code;
        }
        push(&world.line(machine), &op).await
    };
    assert_eq!(rejected_code(&recoded(0, code).await), "codeTaken");
    let foreign = world.code(1).await;
    assert_eq!(rejected_code(&recoded(0, foreign).await), "codeNotLeased");
    let never = DossierCode::parse("000.01.20.H08-261121-9998").unwrap();
    assert_eq!(rejected_code(&recoded(0, never).await), "codeNotLeased");
    let provisional = DossierCode::provisional("ab12", 1);
    assert!(is_applied(&recoded(0, provisional.clone()).await));
    assert_eq!(rejected_code(&recoded(1, provisional).await), "codeTaken");
}

#[tokio::test]
async fn an_operation_in_the_name_of_another_machine_or_schema_is_refused() {
    let world = World::new().await;
    let op = acceptance(&world, 1, DossierId(fresh_uuid()), vec![]).await;
    assert_eq!(rejected_code(&push(&world.line(0), &op).await), "deviceMismatch");
    let mut newer = acceptance(&world, 0, DossierId(fresh_uuid()), vec![]).await;
    newer.schema_version = motcua_wire::SCHEMA_VERSION + 1;
    assert_eq!(rejected_code(&push(&world.line(0), &newer).await), "schemaUnknown");
}

#[tokio::test]
async fn a_new_version_replaces_the_file_and_keeps_the_history() {
    let world = World::new().await;
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let (before, after) = (world.signed("wrong page"), world.signed("right page"));
    upload(&line, &before).await;
    upload(&line, &after).await;
    let record = paper::record(OWNER, &before, 1);
    assert!(is_applied(&push(&line, &world.op(0, dossier, 0, file_document(record.clone()))).await));
    let mut next = paper::record(OWNER, &after, 1);
    next.id = record.id;
    let blind = world.op(0, dossier, 1, file_document(next.clone()));
    assert_eq!(rejected_code(&push(&line, &blind).await), "documentExists");
    next.supersedes = Some(paper::blob(b"something else"));
    let wrong = world.op(0, dossier, 1, file_document(next.clone()));
    assert_eq!(rejected_code(&push(&line, &wrong).await), "supersedesMismatch");
    next.supersedes = Some(record.blob);
    assert!(is_applied(&push(&line, &world.op(0, dossier, 1, file_document(next.clone()))).await));
    let papers = line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap();
    assert_eq!((papers.len(), papers[0].version, papers[0].record.blob), (1, 2, next.blob));
    assert!(line.fetch(&record.blob, &|_, _| {}, &tokio_util::sync::CancellationToken::new()).await.is_ok());
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let mut world = World::new().await;
    let dossier = DossierId(fresh_uuid());
    let bytes = world.signed("restart");
    let line = world.line(0);
    upload(&line, &bytes).await;
    let filing = world.op(0, dossier, 0, file_document(paper::record(OWNER, &bytes, 1)));
    let acceptance = acceptance(&world, 0, dossier, vec![]).await;
    let before = push_all(&line, &[filing.clone(), acceptance.clone()]).await;
    assert!(before.iter().all(is_applied), "{before:?}");
    let view = line.dossier(dossier).await.unwrap();
    let next = world.lease(0, 1).await.next;
    world.down().await;
    world.up().await;
    let line = world.line(0);
    assert_eq!(line.dossier(dossier).await.unwrap(), view);
    let again = push_all(&line, &[filing, acceptance]).await;
    assert!(again.iter().all(|r| matches!(r, OpResult::Duplicate { .. })));
    assert_eq!(receipt_of(&again[0]), receipt_of(&before[0]));
    assert_eq!(world.lease(0, 1).await.next, next + 1, "numbers go on where they were");
    assert_eq!(line.documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap().len(), 1);
    let report = motcua_warehouse::check(&world.config).unwrap();
    assert!(report.is_clean() && report.receipts == 2, "{report:?}");
}
