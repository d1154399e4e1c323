//! Both ends of the line killed (SIGKILL) at random moments while an outbox is sent: every line arrives,
//! once, with its receipt.

use crate::counter::{Counter, program, text};
use crate::killed::{Dice, seed};
use crate::offline::{fill, open_for};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Kills of one run; `MOTCUA_KILLS` says another number.
const KILLS: u32 = 100;
/// Most kills until the machine is put back to the full outbox.
const ROUND: u32 = 10;

#[test]
fn sigkill_of_either_end_while_sending_loses_and_doubles_nothing() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();
    for owner in [("099090000495", "TRẦN VĂN MẪU"), ("034199900999", "PHẠM THỊ NGOẠI TUYẾN")] {
        let id = open_for(&counter, owner, "1.000894");
        fill(&counter, &id);
        counter.data(&["dossier", "accept", &id]);
    }
    let lines = counter.waiting().len();
    assert_eq!(lines, 4, "two papers and two acceptances wait");
    let before = receipts(&counter);
    let full = tempfile::tempdir().unwrap();
    copy(counter.path(), full.path());
    let whole = sending_time(&mut counter);

    let seed = seed();
    let mut dice = Dice(seed);
    let asked = std::env::var("MOTCUA_KILLS").ok().and_then(|kills| kills.parse().ok());
    let points = asked.unwrap_or(KILLS);
    let (mut killed, mut hit, mut rounds) = ([0u32; 3], 0u32, 0u32);
    while killed.iter().sum::<u32>() < points {
        put_back(&counter, full.path());
        rounds += 1;
        counter.start_warehouse();
        for _ in 0..ROUND {
            let which = dice.below(3);
            // Later than the whole sending is too late to hit anything; a start takes the first part of it.
            let moment = Duration::from_micros(dice.below(u64::try_from(whole.as_micros()).unwrap()));
            let mut sync =
                counter.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let begin = Instant::now();
            std::thread::sleep(moment);
            // What is sent whole before the blow leaves nothing to hit: the outbox is filled again after it.
            let sent = sync.try_wait().unwrap().is_some_and(|ended| ended.success());
            if which != 0 {
                counter.cut_warehouse();
            }
            if which != 1 {
                hit += u32::from(sync.try_wait().unwrap().is_none());
                sync.kill().unwrap();
            }
            sync.wait().unwrap();
            assert!(begin.elapsed() < Duration::from_secs(60), "a sync without its server ends");
            if which != 0 {
                counter.start_warehouse();
            }
            killed[usize::try_from(which).unwrap()] += 1;
            if sent {
                break;
            }
        }
        counter.drain();
        let all = counter.data(&["outbox", "--all"]);
        let all = all.as_array().unwrap();
        assert_eq!(all.len(), lines, "no line is lost or doubled: {all:?}");
        assert!(all.iter().all(|l| l["state"]["state"] == "received"), "{all:?}");
        assert_eq!(receipts(&counter), before + 4, "each operation had its effect once");
        counter.cut_warehouse();
    }
    println!(
        "{} kills in {rounds} rounds (client {}, server {}, both {}; {hit} hit a client at work); SEED={seed}",
        killed.iter().sum::<u32>(),
        killed[0],
        killed[1],
        killed[2]
    );
    assert!(hit > points / 10, "the moments fall into the sending: {hit}");
}

/// Receipts the server ever gave, after a check of everything it has.
pub(crate) fn receipts(counter: &Counter) -> u64 {
    let data = counter.path().join("warehouse");
    let done = Command::new(program("motcua-warehouse"))
        .args(["check", "--json", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    serde_json::from_slice::<Value>(&done.stdout).unwrap()["receipts"].as_u64().unwrap()
}

/// How long it takes to send all of it undisturbed.
fn sending_time(counter: &mut Counter) -> Duration {
    counter.start_warehouse();
    let begin = Instant::now();
    counter.data(&["sync"]);
    let took = begin.elapsed();
    counter.cut_warehouse();
    took
}

pub(crate) fn put_back(counter: &Counter, full: &Path) {
    for entry in std::fs::read_dir(counter.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
    }
    copy(full, counter.path());
}

pub(crate) fn copy(from: &Path, to: &Path) {
    let mut all = from.as_os_str().to_owned();
    all.push("/.");
    let done = Command::new("cp").arg("-a").arg(all).arg(to).status().unwrap();
    assert!(done.success(), "{} is copied", from.display());
}
