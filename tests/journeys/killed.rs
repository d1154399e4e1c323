//! The program killed (SIGKILL) between all steps and inside them: nothing acknowledged is lost or doubled.

use crate::counter::{Counter, text};
use crate::offline::open;
use std::time::{Duration, Instant};

#[test]
fn sigkill_at_random_moments_of_every_step_loses_and_doubles_nothing() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let agency = counter.agency();
    let rounds = if std::env::var_os("MOTCUA_SOAK").is_some() { 40 } else { 3 };
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
    });
    println!("replay with SEED={seed}");
    let mut dice = Dice(seed);
    let mut codes = Vec::new();
    for _ in 0..rounds {
        let id = open(&counter, "1.000894");
        step(
            &counter,
            &mut dice,
            &["dossier", "scan", &id, "1", "--device", "pnm:1", "--pages", "1"],
            || attached(&counter, &id, 1),
        );
        step(
            &counter,
            &mut dice,
            &["dossier", "scan", &id, "2", "--device", "pnm:0", "--pages", "1"],
            || attached(&counter, &id, 2),
        );
        step(&counter, &mut dice, &["dossier", "sign", &id, "2", "--certificate", &agency], || {
            shown(&counter, &id)["components"][1]["attachment"]["signatures"]
                .as_array()
                .is_some_and(|s| !s.is_empty())
        });
        step(&counter, &mut dice, &["dossier", "digitize", &id, "2"], || {
            !shown(&counter, &id)["components"][1]["attachment"]["digitized"].is_null()
        });
        step(&counter, &mut dice, &["dossier", "accept", &id], || {
            shown(&counter, &id)["state"]["state"] == "accepted"
        });
        codes.push(shown(&counter, &id)["code"].as_str().unwrap().to_owned());
        step(&counter, &mut dice, &["sync"], || counter.waiting().is_empty());
    }
    counter.drain();
    let distinct: std::collections::BTreeSet<&String> = codes.iter().collect();
    assert_eq!(distinct.len(), codes.len(), "no code was given twice: {codes:?} (SEED={seed})");
    let fresh = open(&counter, "1.000894");
    let offers = counter.data(&["dossier", "offers", &fresh, "2"]);
    assert_eq!(
        offers["items"].as_array().unwrap().len(),
        usize::try_from(rounds).unwrap(),
        "each paper is in the warehouse once (SEED={seed})"
    );
    let all = counter.data(&["outbox", "--all"]);
    let received = all.as_array().unwrap().iter().filter(|i| i["state"]["state"] == "received").count();
    assert_eq!(
        received,
        2 * usize::try_from(rounds).unwrap(),
        "every acknowledged act arrived (SEED={seed})"
    );
}

/// Kills the command at random moments until it gets through or its effect is there; then the effect must be there.
fn step(counter: &Counter, dice: &mut Dice, arguments: &[&str], done: impl Fn() -> bool) {
    for attempt in 0..6u64 {
        let limit = Duration::from_millis(30 + dice.below(400 * (attempt + 1)));
        let mut child = counter
            .command(arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        loop {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            if begin.elapsed() > limit {
                child.kill().unwrap();
                child.wait().unwrap();
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if done() {
            return;
        }
    }
    let last = counter.motcua(arguments);
    assert!(done(), "motcua {arguments:?} has its effect in the end: {}", text(&last.stderr));
}

fn shown(counter: &Counter, id: &str) -> serde_json::Value {
    counter.data(&["dossier", "show", id])
}

fn attached(counter: &Counter, id: &str, number: usize) -> bool {
    !shown(counter, id)["components"][number - 1]["attachment"].is_null()
}

/// xorshift64*: enough to choose moments, replayable from its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 |= 1;
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound.max(1)
    }
}
