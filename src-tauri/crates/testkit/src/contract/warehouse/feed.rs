//! What changed: every change once, in order, and a cursor that leads nowhere says so.

use super::machine::{Machine, receipt_of, returned};
use super::{SignedBy, WarehouseBench};
use ed25519_dalek::VerifyingKey;
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_wire::{Change, DossierEvent, EvidenceSource, OpPayload};
use std::time::Duration;

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    every_change_is_told_once_and_in_order(&make().await).await;
    a_question_waits_for_the_next_change(&make().await).await;
    a_cursor_of_before_a_restore_is_gone(&make().await).await;
}

/// Everything after a cursor, in pages of `limit`, and where that ends.
async fn follow(line: &dyn Warehouse, since: Option<&str>, limit: u32) -> (Vec<Change>, String) {
    let (mut found, mut cursor) = (vec![], since.map(str::to_owned));
    loop {
        let page = line.changes(cursor.as_deref(), limit, 0).await.unwrap();
        assert!(page.items.len() <= limit as usize && page.min_schema >= 1);
        found.extend(page.items);
        if !page.has_more {
            return (found, page.next_cursor);
        }
        cursor = Some(page.next_cursor);
    }
}

async fn every_change_is_told_once_and_in_order(bench: &dyn WarehouseBench) {
    let (machine, line, other) = (Machine::of(bench, 0), bench.line(0), bench.line(1));
    let (before, start) = follow(&*line, None, 500).await;
    let key = VerifyingKey::from_bytes(&bench.receipt_key()).unwrap();
    let version = line.reference(0).await.unwrap().unwrap().open(&key).unwrap().version;
    assert_eq!(before, [Change::Reference { version }], "what is there already is told too");
    let (record, filing) = machine.filing(1, SignedBy::Agency).await;
    let scan = EvidenceSource::Scan { blob: record.blob, document: Some(record.id) };
    let accepted = machine.accepted(vec![scan], vec![]).await;
    let code = Some(accepted.code.clone());
    let acceptance = machine.op(1, OpPayload::AcceptDossier(Box::new(accepted)));
    let (result, _) = machine.filing(1, SignedBy::Agency).await;
    let returning = machine.op(1, returned(bench, result.clone()));
    for op in [&filing, &acceptance, &returning, &filing] {
        machine.push(op).await;
    }
    let (_, unsigned) = machine.filing(2, SignedBy::Nobody).await;
    machine.push(&unsigned).await;
    machine.push(&machine.absent(3, SignedBy::Agency).2).await;
    let dossier = |version, code, what| Change::Dossier { id: filing.dossier, version, code, what };
    let paper = |id| Change::Document { id, version: 1, dossier: Some(filing.dossier) };
    let expected = [
        paper(record.id),
        dossier(1, None, DossierEvent::PaperFiled),
        dossier(2, code.clone(), DossierEvent::Accepted),
        paper(result.id),
        dossier(3, code, DossierEvent::Returned),
    ];
    for (line, limit) in [(&line, 500), (&other, 1), (&other, 2)] {
        let (told, end) = follow(&**line, Some(&start), limit).await;
        assert_eq!(told, expected, "in pages of {limit}");
        let idle = line.changes(Some(&end), 500, 0).await.unwrap();
        assert_eq!((idle.items, idle.next_cursor, idle.has_more), (vec![], end, false), "it stays there");
    }
    let (all, _) = follow(&*other, None, 3).await;
    assert_eq!(all, [&before[..], &expected].concat());
}

async fn a_question_waits_for_the_next_change(bench: &dyn WarehouseBench) {
    let (machine, other) = (Machine::of(bench, 0), bench.line(1));
    let (_, op) = machine.filing(1, SignedBy::Agency).await;
    let (_, end) = follow(&*other, None, 500).await;
    let quiet = other.changes(Some(&end), 500, 1).await.unwrap();
    assert_eq!((quiet.items, &quiet.next_cursor), (vec![], &end), "nobody did anything");
    let push = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        receipt_of(&machine.push(&op).await);
    };
    let asked = other.changes(Some(&end), 500, 25);
    let (told, ()) = tokio::time::timeout(Duration::from_secs(15), async { tokio::join!(asked, push) })
        .await
        .expect("told when it happens");
    assert_eq!(told.unwrap().items.len(), 2);
}

async fn a_cursor_of_before_a_restore_is_gone(bench: &dyn WarehouseBench) {
    let line = bench.line(0);
    let (_, end) = follow(&*line, None, 500).await;
    let epoch = line.about().await.unwrap().epoch;
    bench.restore();
    assert_eq!(line.about().await.unwrap().epoch, epoch + 1);
    let gone = line.changes(Some(&end), 500, 0).await;
    assert_eq!(gone, Err(LinkError::Refused("cursorGone".into())));
    let (_, end) = follow(&*line, None, 500).await;
    assert!(line.changes(Some(&end), 500, 0).await.is_ok(), "from the beginning it goes on");
    let nonsense = line.changes(Some("nonsense"), 500, 0).await;
    assert_eq!(nonsense, Err(LinkError::Refused("cursorMalformed".into())));
}
