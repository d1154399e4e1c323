//! Writes a vault of the present schema with a full outbox, once when a schema ships; its test is
//! `tests/vault/fixtures.rs`. A committed fixture is never written again.
//!
//! ```sh
//! cargo run -p motcua-vault --example write-fixture -- tests/fixtures/vault/schema_9
//! ```

#![allow(clippy::unwrap_used)]

use motcua_desk::ports::{Batch, FileChange, KeptConflict, OfficeRows, Vault};
use motcua_dossier::{OutboxItem, OutboxState, Timestamp};
use motcua_testkit::contract::vault as contract;
use motcua_vault::SealedVault;
use motcua_wire::SignedReceipt;
use std::path::PathBuf;

fn main() {
    let dir = PathBuf::from(std::env::args_os().nth(1).expect("the directory of the new fixture"));
    let vault = SealedVault::at(dir.clone());
    contract::create(&vault);
    let queued: Vec<_> = (1..=5).map(contract::sample_op).collect();
    let states = [
        OutboxState::Received { at: Timestamp(1_795_143_700_000) },
        OutboxState::Sending { sent: 500, total: 1000 },
        OutboxState::WaitingForNetwork { next_try: Timestamp(1_795_143_800_000) },
        OutboxState::NeedsAttention { code: "fileNotTrusted".into() },
        OutboxState::Queued,
    ];
    let changed = queued.iter().zip(states).map(|(q, state)| OutboxItem { state, ..q.item.clone() });
    let paper = contract::sample_document(1);
    let batch = Batch {
        dossiers: vec![contract::sample_dossier(1, "Nguyễn Văn A (DEMO)")],
        outbox: changed.collect(),
        receipts: vec![(queued[0].item.op, SignedReceipt("demo.demo.demo".into()))],
        documents: vec![(paper.record.owner[0].clone(), Timestamp(1_795_143_600_000), vec![paper])],
        captures: vec![contract::sample_capture(1)],
        settings: vec![("scanner".into(), "test:0".into())],
        office: Some(OfficeRows {
            epoch: 1,
            rows: vec![contract::sample_office(2, "Đỗ Thị Bé (DEMO)")],
            complete: true,
        }),
        conflicts: vec![KeptConflict {
            op: queued[3].item.op,
            at: Timestamp(1_795_143_700_000),
            server_version: 3,
            held_by: None,
            server: None,
        }],
        prints: vec![contract::sample_print(1, 1), contract::sample_print(1, 2)],
        enqueue: queued,
        ..Batch::default()
    };
    vault.commit(&batch).unwrap();
    vault.put_blob(b"%PDF-1.7 (DEMO)").unwrap();
    let id = vault.put_blob(b"%PDF-1.7 sealed (DEMO)").unwrap();
    let files = vec![FileChange::Fetched(id), FileChange::Seal(id, Timestamp(1_795_143_700_000))];
    vault.commit(&Batch { files, ..Batch::default() }).unwrap();
    drop(vault);
    std::fs::remove_file(dir.join("vault.lock")).unwrap();
}
