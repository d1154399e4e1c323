//! A full disk, on either side, after any number of bytes: what could not be done says so and is done when
//! there is room again; nothing acknowledged is lost, nothing is there twice.

use crate::counter::{Counter, text};
use crate::killed::{Dice, seed};
use crate::killed_sync::{copy, put_back, receipts};
use crate::offline::today;
use std::path::Path;

/// Jobs at a counter and outboxes at a server, in one run and in `make soak`.
const ROUNDS: (u64, u64) = (2, 300);

#[test]
fn a_full_disk_on_either_side_loses_and_doubles_nothing() {
    let Some(mut counter) = Counter::prepare() else { return };
    if !cfg!(target_os = "linux") {
        println!("SKIPPED LOUDLY: a full disk is played on Linux only");
        return;
    }
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();
    let given = receipts(&counter);
    let limit = counter.temporary().join("room");
    counter.full = Some(limit.clone());
    let seed = seed();
    let mut dice = Dice(seed);
    let rounds = if std::env::var_os("MOTCUA_SOAK").is_some() { ROUNDS.1 } else { ROUNDS.0 };
    let before = tempfile::tempdir().unwrap();
    copy(counter.path(), before.path());
    let (mut refused, mut steps) = (0, 0);
    let full = tempfile::tempdir().unwrap();
    for round in 0..rounds {
        put_back(&counter, before.path());
        let (hit, of) = job(&counter, &limit, &mut dice, round == 0);
        refused += hit;
        steps += of;
        if round + 1 < rounds {
            counter.start_warehouse();
            all_arrives(&counter, given);
            counter.cut_warehouse();
        } else {
            copy(counter.path(), full.path());
        }
    }
    assert!(refused * 3 > steps, "the disk was full in {refused} of {steps} steps only; SEED={seed}");

    let mut troubled = 0;
    for round in 0..rounds * 2 {
        put_back(&counter, full.path());
        counter.start_warehouse();
        // The first time nothing fits at all.
        let room = if round == 0 { 0 } else { dice.below(500_000) };
        std::fs::write(&limit, room.to_string()).unwrap();
        // The counter's own disk has room.
        counter.full = None;
        let report = counter.data(&["sync"]);
        assert_eq!(report["online"], true, "the server answers: {report}; room {room}, SEED={seed}");
        assert_eq!(report["attention"], 0, "nothing is refused for good: {report}; room {room}, SEED={seed}");
        assert!(counter.warehouse_is_up(), "the server stays up; room {room}, SEED={seed}");
        troubled += u64::from(!counter.waiting().is_empty());
        std::fs::remove_file(&limit).unwrap();
        all_arrives(&counter, given);
        counter.full = Some(limit.clone());
        counter.cut_warehouse();
    }
    assert!(troubled * 3 > rounds, "the server's disk was full in {troubled} rounds only; SEED={seed}");
    println!(
        "{refused} of {steps} steps and {troubled} of {} outboxes met a full disk; SEED={seed}",
        rounds * 2
    );
}

/// The job of a dossier; each step meets a disk that is full after some bytes, says so, and is done again.
fn job(counter: &Counter, limit: &Path, dice: &mut Dice, nothing_fits: bool) -> (u64, u64) {
    let agency = counter.agency();
    let today = today();
    let mut refused = 0;
    let owner = ["--owner", "099090000495", "--name", "TRẦN VĂN MẪU", "--procedure", "1.000894"];
    let open = [&["dossier", "open"][..], &owner].concat();
    let begun = meet(counter, limit, &open, if nothing_fits { 0 } else { dice.below(60_000) }, &mut refused);
    let id = begun["id"].as_str().unwrap().to_owned();
    let steps: [(&[&str], u64); 5] = [
        (&["scan", &id, "1", "--device", "pnm:1", "--pages", "1"], 400_000),
        (&["scan", &id, "2", "--device", "pnm:0", "--pages", "1"], 400_000),
        (&["sign", &id, "2", "--certificate", &agency], 300_000),
        (&["digitize", &id, "2", "--issued-on", &today], 60_000),
        (&["accept", &id], 200_000),
    ];
    for (arguments, most) in steps {
        let room = if nothing_fits { 0 } else { dice.below(most) };
        meet(counter, limit, &[&["dossier"], arguments].concat(), room, &mut refused);
    }
    let list = counter.data(&["dossier", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 1, "what was refused left nothing behind: {list}");
    for row in ["1", "2"] {
        let out = counter.temporary().join("out.pdf");
        counter.data(&["dossier", "export", &id, row, "--out", &out.to_string_lossy()]);
        assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF"));
    }
    (refused, 6)
}

/// Does it with so much room left, and again with enough.
fn meet(counter: &Counter, limit: &Path, step: &[&str], room: u64, refused: &mut u64) -> serde_json::Value {
    std::fs::write(limit, room.to_string()).unwrap();
    let first = counter.motcua(step);
    std::fs::remove_file(limit).unwrap();
    if first.status.success() {
        return serde_json::from_slice(&first.stdout).unwrap();
    }
    *refused += 1;
    let said = text(&first.stderr);
    assert!(said.contains("Ổ đĩa đã đầy."), "{step:?} with {room} bytes left says what is wrong: {said}");
    counter.data(step)
}

/// The outbox is sent, each line of it once.
fn all_arrives(counter: &Counter, given: u64) {
    counter.drain();
    let all = counter.data(&["outbox", "--all"]);
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 2, "a paper and an acceptance: {all:?}");
    assert!(all.iter().all(|l| l["state"]["state"] == "received"), "{all:?}");
    assert_eq!(receipts(counter) - given, 2, "each operation had its effect once");
}
