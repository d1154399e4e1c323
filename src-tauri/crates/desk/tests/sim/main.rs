//! Days at two counters, played by seeds: lines that lose, double and delay, a warehouse in trouble or
//! restored, programs killed between any two steps, clocks that jump. Nothing is lost, nothing is doubled.
//!
//! `MOTCUA_SEEDS=from..to` plays other seeds, `make soak` millions; a failure prints its own.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod day;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Seeds of one run.
fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("MOTCUA_SEEDS").ok();
    if let Some((from, to)) = given.as_deref().and_then(|s| s.split_once("..")) {
        return from.parse().unwrap()..to.parse().unwrap();
    }
    0..2_000
}

#[test]
fn no_day_loses_or_doubles_anything() {
    let all = seeds();
    let count = all.end - all.start;
    let halves = [all.start..all.start + count / 2, all.start + count / 2..all.end];
    let told = std::thread::scope(|scope| {
        let runs = halves.map(|seeds| scope.spawn(|| play_all(seeds)));
        runs.map(|run| run.join().unwrap())
    });
    let mut sum = day::Told::default();
    told.iter().for_each(|t| sum.add(t));
    println!("{count} days: {sum}");
    assert!(count < 100 || sum.saw_everything(), "the days were too quiet: {sum}");
}

fn play_all(seeds: std::ops::Range<u64>) -> day::Told {
    let mut sum = day::Told::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| day::play(seed))) {
            Ok(told) => sum.add(&told),
            Err(error) => {
                eprintln!(
                    "play it again: MOTCUA_SEEDS={seed}..{} cargo test --workspace --test sim",
                    seed + 1
                );
                std::panic::resume_unwind(error);
            }
        }
    }
    sum
}

#[test]
fn the_same_seed_plays_the_same_day() {
    for seed in [1, 2, 3] {
        assert_eq!(day::play(seed), day::play(seed), "seed {seed}");
    }
}
