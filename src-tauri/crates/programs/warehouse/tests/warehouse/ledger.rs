//! Fees, feedback, uses and confirmations: beside the dossiers, once each, told to whom they concern.

use crate::paper;
use crate::world::{
    OTHER_AGENCY, OWNER, OWNER_OLD, STRANGER, World, accept, consent, file_document, fresh_uuid, is_applied,
    now, push, push_all, rejected_code, reuse, today, upload,
};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{
    Day, DossierId, FeeAct, FeeMethod, FeeRecord, FeedbackAct, FeedbackReason, FeedbackRecord, IdNumber,
    IdentityAnswer, OpId, OrgNode, Timestamp,
};
use motcua_wire::{
    Change, ConsentRecord, DossierEvent, DossierFees, FeeTotals, FeedbackPage, Op, OpPayload, OpResult,
    Owner, PURPOSE, Purpose, Use,
};
use serde::de::DeserializeOwned;

fn fee(act: FeeAct, officer: &str) -> OpPayload {
    OpPayload::Fee(Box::new(FeeRecord { act, officer: officer.into(), at: now() }))
}

fn paid(amount: u64, method: FeeMethod, number: &str) -> OpPayload {
    fee(FeeAct::Paid { amount, method, receipt_number: number.into() }, "canbo.demo")
}

fn reversed(entry: OpId, officer: &str) -> OpPayload {
    fee(FeeAct::Reversed { entry, reason: "ghi nhầm".into() }, officer)
}

async fn ask<T: DeserializeOwned>(world: &World, machine: usize, path: &str) -> Result<T, u16> {
    let request = world.raw_of(machine).get(format!("{}{path}", world.url()));
    let answer = request.header(PURPOSE, Purpose::Supervision.word()).send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 200 { Ok(answer.json().await.unwrap()) } else { Err(status) }
}

async fn accepted(world: &World, fee: u64) -> (DossierId, Op) {
    let line = world.line(0);
    let dossier = DossierId(fresh_uuid());
    let receipt = upload(&line, &paper::pdf(1, &format!("receipt {dossier}"))).await;
    let mut acceptance = accept(world.code(0).await, receipt, vec![]);
    acceptance.fee = fee;
    (dossier, world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(acceptance))))
}

#[tokio::test]
async fn a_fee_is_paid_reversed_and_settled_by_its_entries_alone() {
    let world = World::new().await;
    let line = world.line(0);
    let (dossier, acceptance) = accepted(&world, 20_000).await;
    let early = world.op(0, dossier, 0, paid(5_000, FeeMethod::Cash, "BL-1"));
    assert!(matches!(push(&line, &early).await, OpResult::Deferred { .. }), "nothing is due yet");
    assert!(is_applied(&push(&line, &acceptance).await));
    let cursor = line.changes(None, 500, 0).await.unwrap().next_cursor;
    assert!(is_applied(&push(&line, &early).await));
    assert!(matches!(push(&line, &early).await, OpResult::Duplicate { version: 1, .. }), "one effect");
    let of = |payload| world.op(0, dossier, 1, payload);
    let wrong = [
        (paid(5_000, FeeMethod::Cash, "BL-1"), "feeReceiptTaken"),
        (paid(15_001, FeeMethod::Cash, "BL-2"), "feeBeyondDue"),
        (paid(0, FeeMethod::Cash, "BL-2"), "feeZero"),
        (paid(1, FeeMethod::Cash, " "), "textMissing"),
        (reversed(OpId(fresh_uuid()), "canbo.demo"), "feeEntryUnknown"),
        (fee(FeeAct::Relieved { amount: 1, reason: String::new() }, "canbo.demo"), "textMissing"),
    ];
    for (payload, code) in wrong {
        assert_eq!(rejected_code(&push(&line, &of(payload)).await), code);
    }
    let exempt = FeeAct::Relieved { amount: 8_000, reason: "Hộ nghèo".into() };
    let rest = of(paid(7_000, FeeMethod::Transfer, "CK-9"));
    let results = push_all(&line, &[of(fee(exempt, "canbo.hai")), rest.clone()]).await;
    assert!(results.iter().all(is_applied), "{results:?}");
    let fees: DossierFees = ask(&world, 1, &format!("/v1/dossiers/{dossier}/fees")).await.unwrap();
    assert_eq!(
        (fees.fee, fees.paid, fees.relieved, fees.due, fees.settled),
        (20_000, 12_000, 8_000, 0, true)
    );
    let back = of(reversed(rest.op_id, "canbo.hai"));
    assert!(is_applied(&push(&line, &back).await));
    let twice = of(reversed(rest.op_id, "canbo.hai"));
    assert_eq!(rejected_code(&push(&line, &twice).await), "feeReversedBefore");
    assert!(is_applied(&push(&line, &of(paid(7_000, FeeMethod::Cash, "CK-9"))).await), "entered anew");
    let fees: DossierFees = ask(&world, 0, &format!("/v1/dossiers/{dossier}/fees")).await.unwrap();
    assert_eq!((fees.due, fees.settled, fees.entries.len()), (0, true, 5), "nothing is ever taken away");
    let day = today().format_iso();
    let totals: FeeTotals = ask(&world, 0, &format!("/v1/fees/totals?day={day}")).await.unwrap();
    let rows: Vec<_> =
        totals.items.iter().map(|t| (t.officer.as_str(), t.method, t.count, t.paid, t.reversed)).collect();
    let wanted = [
        ("canbo.demo", FeeMethod::Cash, 2, 12_000, 0),
        ("canbo.demo", FeeMethod::Transfer, 1, 7_000, 0),
        ("canbo.hai", FeeMethod::Transfer, 0, 0, 7_000),
    ];
    assert_eq!(rows, wanted);
    let one: FeeTotals =
        ask(&world, 0, &format!("/v1/fees/totals?day={day}&officer=canbo.hai")).await.unwrap();
    assert_eq!(one.items.len(), 1);
    let told = line.changes(Some(&cursor), 500, 0).await.unwrap().items;
    let recorded =
        |c: &&Change| matches!(c, Change::Dossier { what: DossierEvent::FeeRecorded, version: 1, .. });
    assert_eq!(told.iter().filter(recorded).count(), 5);
    let view = line.dossier(dossier).await.unwrap().unwrap();
    assert_eq!((view.version, view.receipts.len()), (1, 6), "the dossier is as it was, with its receipts");
    assert_eq!(ask::<DossierFees>(&world, 2, &format!("/v1/dossiers/{dossier}/fees")).await, Err(404));
    let others: FeeTotals = ask(&world, 2, &format!("/v1/fees/totals?day={day}")).await.unwrap();
    assert_eq!(others.items, []);
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn an_amount_is_bounded_a_day_is_a_possible_one_and_a_number_is_one_however_it_is_typed() {
    const TOO_MUCH: u64 = 1_000_000_000_001;
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let world = World::new().await;
    let line = world.line(0);
    let (_, dear) = accepted(&world, TOO_MUCH).await;
    assert_eq!(rejected_code(&push(&line, &dear).await), "feeTooLarge");
    let (dossier, mut acceptance) = accepted(&world, 1_000_000_000_000).await;
    let OpPayload::AcceptDossier(said) = &mut acceptance.payload else { panic!() };
    said.accepted_at = Timestamp(now().0 - 40 * DAY);
    assert!(is_applied(&push(&line, &acceptance).await));
    let of = |payload| world.op(0, dossier, 1, payload);
    let (huge, odd) = (of(paid(1 << 63, FeeMethod::Cash, "X")), of(paid(1, FeeMethod::Cash, "BL-0")));
    let odd = Op { device_seq: u64::MAX, ..odd };
    let paid_now = of(paid(1_000, FeeMethod::Cash, " BL-1 "));
    let answers = push_all(&line, &[huge, odd, paid_now.clone()]).await;
    assert_eq!(
        (rejected_code(&answers[0]), rejected_code(&answers[1])),
        ("feeTooLarge", "opMalformed"),
        "one that cannot be kept stops nothing beside it"
    );
    assert!(is_applied(&answers[2]), "{answers:?}");
    let again = of(paid(1_000, FeeMethod::Cash, "BL-1"));
    assert_eq!(rejected_code(&push(&line, &again).await), "feeReceiptTaken", "the same but for its spaces");
    let at = |act, at: i64| {
        OpPayload::Fee(Box::new(FeeRecord { act, officer: "canbo.demo".into(), at: Timestamp(at) }))
    };
    let back = |entry| FeeAct::Reversed { entry, reason: "ghi nhầm".into() };
    let pay =
        |number: &str| FeeAct::Paid { amount: 500, method: FeeMethod::Cash, receipt_number: number.into() };
    for (payload, code) in [
        (at(back(paid_now.op_id), now().0 - DAY), "madeTooEarly"),
        (at(pay("BL-2"), now().0 - 41 * DAY), "madeTooEarly"),
        (at(pay("BL-2"), now().0 - 31 * DAY), "madeTooLongAgo"),
    ] {
        assert_eq!(rejected_code(&push(&line, &of(payload)).await), code);
    }
    for payload in [at(pay("BL-2"), now().0 - 29 * DAY), at(back(paid_now.op_id), now().0)] {
        assert!(is_applied(&push(&line, &of(payload)).await));
    }
}

#[tokio::test]
async fn work_that_was_taken_over_is_told_and_can_be_gone_on_with() {
    let world = World::new().await;
    let (line, former) = (world.line(0), world.line(2));
    let mut tree = crate::world::tree();
    let yesterday = Day(today().0.previous_day().unwrap());
    // What the other agency did before it was dissolved.
    let (dossier, paper, bytes) = (DossierId(fresh_uuid()), DossierId(fresh_uuid()), world.signed("theirs"));
    let receipt = upload(&former, &paper::pdf(1, "their receipt")).await;
    let request = motcua_wire::LeaseBlock {
        agency: motcua_dossier::AgencyCode::parse(OTHER_AGENCY).unwrap(),
        day: today(),
        count: 1,
    };
    let code = former.lease_block(&request).await.unwrap().take().unwrap();
    let mut acceptance = accept(code, receipt, vec![]);
    acceptance.fee = 9_000;
    let taken = world.op(2, dossier, 0, OpPayload::AcceptDossier(Box::new(acceptance)));
    assert!(is_applied(&push(&former, &taken).await));
    assert!(is_applied(&push(&former, &world.op(2, dossier, 1, paid(4_000, FeeMethod::Cash, "B-1"))).await));
    upload(&former, &bytes).await;
    let mut record = paper::record(OWNER, &bytes, 1);
    record.metadata.shared = true;
    assert!(is_applied(&push(&former, &world.op(2, paper, 0, file_document(record.clone()))).await));
    let cursor = line.changes(None, 500, 0).await.unwrap().next_cursor;
    let fees = format!("/v1/dossiers/{dossier}/fees");
    assert_eq!(ask::<DossierFees>(&world, 0, &fees).await, Err(404));

    tree.push(OrgNode {
        id: "xa-cu".into(),
        agency_code: Some(OTHER_AGENCY.into()),
        until: Some(yesterday),
        successor: Some("xa".into()),
        ..tree[0].clone()
    });
    world.load_tree(6, tree);
    assert_eq!(
        line.changes(Some(&cursor), 500, 0).await,
        Err(LinkError::Refused("cursorGone".into())),
        "before the cursor lies what was never told"
    );
    let old = format!("v1.{}", cursor.trim_start_matches("v2.").rsplit_once('.').unwrap().0);
    assert_eq!(line.changes(Some(&old), 500, 0).await, Err(LinkError::Refused("cursorGone".into())));
    let page = line.changes(None, 500, 0).await.unwrap();
    assert!(page.items.iter().any(|c| matches!(c, Change::Dossier { id, .. } if *id == dossier)));
    assert!(line.changes(Some(&page.next_cursor), 500, 0).await.is_ok());

    let found: DossierFees = ask(&world, 0, &fees).await.unwrap();
    assert_eq!((found.paid, found.due), (4_000, 5_000));
    assert!(is_applied(&push(&line, &world.op(0, dossier, 1, paid(5_000, FeeMethod::Cash, "A-1"))).await));
    let day = today().format_iso();
    let totals: FeeTotals = ask(&world, 1, &format!("/v1/fees/totals?day={day}")).await.unwrap();
    assert_eq!(totals.items.iter().map(|t| t.paid).sum::<u64>(), 9_000);
    // Feedback on a paper of the dissolved office reaches the one that has its work, and is answered there.
    let act =
        |act| OpPayload::Feedback(Box::new(FeedbackRecord { act, officer: "canbo.demo".into(), at: now() }));
    let reason = FeedbackReason::WrongInformation;
    let given = FeedbackAct::Given { document: record.id, reason, text: "Sai ngày sinh".into() };
    let op = world.op(2, DossierId(fresh_uuid()), 0, act(given));
    assert!(is_applied(&push(&former, &op).await));
    let open: FeedbackPage = ask(&world, 0, "/v1/feedback?open=true").await.unwrap();
    assert_eq!(open.items.iter().map(|f| f.id).collect::<Vec<_>>(), [op.op_id]);
    let answered =
        FeedbackAct::Answered { feedback: op.op_id, corrected: false, text: "Đã kiểm tra".into() };
    assert!(is_applied(&push(&line, &world.op(0, DossierId(fresh_uuid()), 0, act(answered))).await));
}

#[tokio::test]
async fn a_fee_taken_elsewhere_meets_no_lease_and_makes_no_conflict() {
    let world = World::new().await;
    let line = world.line(0);
    let (dossier, acceptance) = accepted(&world, 9_000).await;
    assert!(is_applied(&push(&line, &acceptance).await));
    let wish = motcua_wire::LeaseDossier { officer: "canbo.demo".into(), force: false };
    line.lease_dossier(dossier, 1, &wish).await.unwrap();
    let elsewhere = world.op(1, dossier, 1, paid(9_000, FeeMethod::Post, "BC-1"));
    assert!(is_applied(&push(&world.line(1), &elsewhere).await));
    let result = world.signed("result");
    upload(&line, &result).await;
    let returned = world.op(0, dossier, 1, crate::world::returned(paper::record(OWNER, &result, 1)));
    let answer = push(&line, &returned).await;
    assert!(is_applied(&answer), "what is beside the dossier changed nothing in it: {answer:?}");
    let late = world.op(0, dossier, 2, {
        let record = FeeRecord {
            act: FeeAct::Relieved { amount: 1, reason: "x".into() },
            officer: "canbo.demo".into(),
            at: Timestamp(now().0 + 3_600_000),
        };
        OpPayload::Fee(Box::new(record))
    });
    assert_eq!(rejected_code(&push(&line, &late).await), "madeInFuture");
}

#[tokio::test]
async fn a_feedback_goes_to_the_issuing_agency_and_is_answered_once() {
    let world = World::new().await;
    let (issuer, other) = (world.line(0), world.line(2));
    let (filed, first) = (DossierId(fresh_uuid()), world.signed("first"));
    upload(&issuer, &first).await;
    let mut record = paper::record(OWNER, &first, 1);
    record.metadata.shared = true;
    assert!(is_applied(&push(&issuer, &world.op(0, filed, 0, file_document(record.clone()))).await));
    let cursor = issuer.changes(None, 500, 0).await.unwrap().next_cursor;
    let act =
        |act| OpPayload::Feedback(Box::new(FeedbackRecord { act, officer: "canbo.demo".into(), at: now() }));
    let aside = DossierId(fresh_uuid());
    let reason = FeedbackReason::WrongInformation;
    let given = |document| FeedbackAct::Given { document, reason, text: "Sai ngày sinh".into() };
    let unknown = world.op(2, aside, 0, act(given(motcua_dossier::DocumentId(fresh_uuid()))));
    assert_eq!(rejected_code(&push(&other, &unknown).await), "documentUnknown");
    let op = world.op(2, aside, 0, act(given(record.id)));
    assert!(is_applied(&push(&other, &op).await));
    assert_eq!(other.dossier(aside).await.unwrap(), None, "a feedback makes no dossier");
    let told = issuer.changes(Some(&cursor), 500, 0).await.unwrap().items;
    assert_eq!(told, [Change::Feedback { id: op.op_id, document: record.id }]);
    let open: FeedbackPage = ask(&world, 1, "/v1/feedback?open=true&limit=1").await.unwrap();
    assert_eq!((open.items.len(), open.next, open.items[0].reason), (1, None, reason));
    let answer = |machine, corrected| {
        let text = "Đã cấp lại".into();
        world.op(machine, aside, 0, act(FeedbackAct::Answered { feedback: op.op_id, corrected, text }))
    };
    assert_eq!(
        rejected_code(&push(&other, &answer(2, false)).await),
        "feedbackUnknown",
        "not theirs to answer"
    );
    assert_eq!(rejected_code(&push(&issuer, &answer(0, true)).await), "paperNotCorrected");
    let second = world.signed("second");
    upload(&issuer, &second).await;
    let mut better = paper::record(OWNER, &second, 1);
    (better.id, better.supersedes) = (record.id, Some(record.blob));
    better.metadata.shared = true;
    assert!(is_applied(&push(&issuer, &world.op(0, filed, 1, file_document(better))).await));
    assert!(is_applied(&push(&issuer, &answer(0, true)).await));
    assert_eq!(rejected_code(&push(&issuer, &answer(0, false)).await), "feedbackAnswered");
    let theirs: FeedbackPage = ask(&world, 2, "/v1/feedback").await.unwrap();
    assert!(theirs.items[0].answer.as_ref().is_some_and(|a| a.corrected), "who asked is told");
    let open: FeedbackPage = ask(&world, 0, "/v1/feedback?open=true").await.unwrap();
    assert_eq!(open.items, []);
    for query in ["?limit=0", "?limit=201", "?after=x", "?page=1", "?after=18446744073709551615"] {
        assert_eq!(
            ask::<FeedbackPage>(&world, 0, &format!("/v1/feedback{query}")).await,
            Err(422),
            "{query}"
        );
    }
}

#[tokio::test]
async fn uses_confirmations_and_owners_are_told_to_the_agency_they_are_of() {
    let world = World::new().await;
    let line = world.line(0);
    let paper = world.stock(&world.signed("reused"), |_| {});
    let dossier = DossierId(fresh_uuid());
    let receipt = upload(&line, &paper::pdf(1, "receipt")).await;
    let mut acceptance = accept(world.code(0).await, receipt, vec![reuse(paper)]);
    acceptance.consents = vec![consent(vec![paper], false)];
    assert!(is_applied(
        &push(&line, &world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(acceptance)))).await
    ));
    for query in [format!("dossier={dossier}"), format!("document={paper}")] {
        let uses: Vec<Use> = ask(&world, 1, &format!("/v1/reuse?{query}")).await.unwrap();
        assert_eq!(uses.iter().map(|u| (u.dossier, u.document)).collect::<Vec<_>>(), [(dossier, paper)]);
        let consents: Vec<ConsentRecord> = ask(&world, 1, &format!("/v1/consents?{query}")).await.unwrap();
        assert_eq!((consents.len(), consents[0].document, consents[0].national), (1, paper, false));
        assert_eq!(ask::<Vec<Use>>(&world, 2, &format!("/v1/reuse?{query}")).await, Ok(vec![]));
        assert_eq!(ask::<Vec<ConsentRecord>>(&world, 2, &format!("/v1/consents?{query}")).await, Ok(vec![]));
    }
    for path in ["/v1/reuse", "/v1/consents?limit=5", "/v1/reuse?dossier=x", "/v1/consents?document=x"] {
        assert_eq!(ask::<Vec<Use>>(&world, 0, path).await, Err(422), "{path}");
    }
    let owner: Owner = ask(&world, 0, &format!("/v1/owners/{OWNER_OLD}")).await.unwrap();
    assert_eq!((owner.numbers.len(), owner.identity), (2, None), "nobody asked yet");
    line.identity(&IdNumber::parse(OWNER).unwrap(), Purpose::Intake).await.unwrap();
    let owner: Owner = ask(&world, 1, &format!("/v1/owners/{OWNER_OLD}")).await.unwrap();
    assert_eq!(owner.identity.map(|told| told.answer), Some(IdentityAnswer::Registered));
    let elsewhere: Owner = ask(&world, 2, &format!("/v1/owners/{OWNER}")).await.unwrap();
    assert_eq!(elsewhere.identity, None, "another agency's question stays its own");
    let nobody: Owner = ask(&world, 0, &format!("/v1/owners/{STRANGER}")).await.unwrap();
    assert_eq!((nobody.numbers.len(), nobody.name), (1, None));
    let audit = motcua_warehouse::audit_verify(&world.config, None).unwrap();
    assert!(audit.is_clean());
    let database = rusqlite::Connection::open(world.config.data.join("records.db")).unwrap();
    let noted: u64 = database
        .query_row(
            "SELECT count(*) FROM audit WHERE action IN ('owner.read', 'reuse.listed', 'consents.listed')",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(noted, 4 + 8, "every look is noted, the vain ones too");
    let spoken: u64 = database
        .query_row("SELECT count(*) FROM audit WHERE subject LIKE '%' || ? || '%'", [OWNER], |r| r.get(0))
        .unwrap();
    assert_eq!(spoken, 0, "no number of a person is in it");
}

#[tokio::test]
async fn whoever_uses_a_paper_that_was_found_wrong_is_told_without_the_opinion() {
    let world = World::new().await;
    let (issuer, user) = (world.line(0), world.line(2));
    let file = world.signed("wrong");
    upload(&issuer, &file).await;
    let mut record = paper::record(OWNER, &file, 1);
    record.metadata.shared = true;
    let filed = world.op(0, DossierId(fresh_uuid()), 0, file_document(record.clone()));
    assert!(is_applied(&push(&issuer, &filed).await));
    let receipt = upload(&user, &paper::pdf(1, "receipt")).await;
    let mut acceptance = accept(world.code(2).await, receipt, vec![reuse(record.id)]);
    acceptance.consents = vec![consent(vec![record.id], false)];
    let used = world.op(2, DossierId(fresh_uuid()), 0, OpPayload::AcceptDossier(Box::new(acceptance)));
    assert!(is_applied(&push(&user, &used).await));
    let act =
        |act| OpPayload::Feedback(Box::new(FeedbackRecord { act, officer: "canbo.demo".into(), at: now() }));
    let reason = FeedbackReason::NotTheResult;
    let given = FeedbackAct::Given { document: record.id, reason, text: "Của người khác".into() };
    let aside = DossierId(fresh_uuid());
    let given = world.op(0, aside, 0, act(given));
    assert!(is_applied(&push(&issuer, &given).await));
    assert_eq!(
        user.feedback(None, 200).await.unwrap().items,
        [],
        "it is between others as long as nothing is wrong"
    );
    let cursor = user.changes(None, 500, 0).await.unwrap().next_cursor;
    let found = FeedbackAct::Confirmed { feedback: given.op_id, text: "Nhầm người".into() };
    assert!(is_applied(&push(&issuer, &world.op(0, aside, 0, act(found))).await));
    let told = user.changes(Some(&cursor), 500, 0).await.unwrap().items;
    assert_eq!(told, [Change::Feedback { id: given.op_id, document: record.id }]);
    let heard = user.feedback(None, 200).await.unwrap().items.remove(0);
    assert_eq!((heard.text.as_str(), heard.officer.as_str(), heard.ours), ("", "", false));
    assert!(heard.confirmed.is_some_and(|finding| finding.text == "Nhầm người"));
    assert_eq!(heard.uses.iter().map(|known| known.dossier).collect::<Vec<_>>(), [used.dossier]);
    let there = issuer.feedback(None, 200).await.unwrap().items.remove(0);
    assert_eq!(
        (there.text.as_str(), there.uses.len()),
        ("Của người khác", 0),
        "dossiers of others are theirs"
    );
    let late = world.op(
        0,
        DossierId(fresh_uuid()),
        0,
        act(FeedbackAct::Given { document: record.id, reason, text: String::new() }),
    );
    assert!(is_applied(&push(&issuer, &late).await));
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean());
}
