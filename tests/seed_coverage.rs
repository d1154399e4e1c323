//! Holds `seed_coverage.toml` true: every row of the inventory is there, and a row is only "done" when the
//! tests it names ran and passed in this run. A test is named as its runner prints it:
//!
//! - `module::test`: a Rust test; one that said SKIPPED does not count,
//! - `ui:title`: a test of the page (vitest),
//! - `screen:state`: a state of `screens/states.mjs`, shown without a fault in every look,
//! - `journey:title`: a journey of `screens/journeys.mjs`, walked to its end by keyboard.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Rows of the inventory by section; a missing row shows here even without the inventory at hand.
const ROWS: &[(&str, usize)] = &[
    ("A", 21),
    ("B", 12),
    ("C", 15),
    ("D", 26),
    ("E", 24),
    ("F", 35),
    ("G", 10),
    ("H", 7),
    ("I", 18),
    ("J", 16),
    ("K", 24),
    ("L", 22),
    ("M", 35),
    ("N", 12),
    ("O", 13),
];

/// Rows one test may stand for without a written reason.
const ROWS_PER_TEST: usize = 3;

/// Looks of every screen state: light and dark, at 100 % and 200 %.
const LOOKS: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    text: String,
    scope: Vec<String>,
    state: String,
    #[serde(default)]
    r#where: String,
    #[serde(default)]
    tests: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[test]
fn every_row_of_the_inventory_is_listed_with_its_scope() {
    let rows = rows();
    for (section, count) in ROWS {
        let found = rows.keys().filter(|id| id.split('-').next() == Some(section)).count();
        assert_eq!(found, *count, "section {section}");
    }
    for (id, row) in &rows {
        assert!(!row.text.is_empty(), "{id} has no text");
        assert!(!row.scope.is_empty(), "{id} has no scope");
        assert!(row.scope.iter().all(|s| ["APP", "SRV", "CTX", "fixture"].contains(&s.as_str())), "{id}");
        assert!(["planned", "done"].contains(&row.state.as_str()), "{id} is {}", row.state);
    }
    let inventory = Path::new("../../shared/seed-inventory.md");
    let Ok(text) = std::fs::read_to_string(inventory) else {
        println!("SKIPPED LOUDLY: the inventory is not at hand, its ids were compared by number only");
        return;
    };
    for line in text.lines() {
        let id = line.strip_prefix("| ").and_then(|l| l.split(' ').next()).unwrap_or("");
        let is_id = id.len() >= 4 && id.as_bytes()[1] == b'-' && id[2..].bytes().all(|b| b.is_ascii_digit());
        assert!(!is_id || rows.contains_key(id), "{id} of the inventory is missing");
    }
}

#[test]
fn a_done_row_names_where_it_lives_and_tests_that_passed() {
    let rows = rows();
    let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let passed = passed();
    for (id, row) in rows.iter().filter(|(_, r)| r.state == "done") {
        assert!(!row.r#where.is_empty() && !row.tests.is_empty(), "{id} is done without place or test");
        for test in &row.tests {
            uses.entry(test).or_default().push(id);
            if let Some(passed) = &passed {
                assert!(
                    passed.contains(test),
                    "{id} is done by «{test}», which did not run and pass in this run"
                );
            }
        }
    }
    for (test, ids) in uses {
        let reasoned = ids.iter().filter(|id| !rows[**id].reason.is_empty()).count();
        assert!(
            ids.len() - reasoned <= ROWS_PER_TEST,
            "«{test}» stands for {ids:?}: more than {ROWS_PER_TEST} rows need a written reason"
        );
    }
    if passed.is_none() {
        println!("SKIPPED LOUDLY: no results of this run (MOTCUA_RESULTS), names of tests were not compared");
    }
}

fn rows() -> BTreeMap<String, Row> {
    toml::from_str(&std::fs::read_to_string("seed_coverage.toml").unwrap()).unwrap()
}

/// Names of the tests that passed, from the logs of this run's stages; none without logs.
fn passed() -> Option<BTreeSet<String>> {
    let dir = std::env::var_os("MOTCUA_RESULTS")?;
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let log = plain(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        match path.file_stem().and_then(|n| n.to_str()) {
            Some("coverage") => {}
            Some("page") => names.extend(log.lines().filter_map(page_test)),
            Some("screens") => names.extend(screens(&log)),
            _ => names.extend(rust_tests(&log)),
        }
    }
    Some(names)
}

/// `test module::name ... ok`, without those whose printed output (`--show-output`) says SKIPPED.
fn rust_tests(log: &str) -> BTreeSet<String> {
    let ok = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... ok")?.to_owned());
    let mut names: BTreeSet<String> = log.lines().filter_map(ok).collect();
    let mut speaker = "";
    for line in log.lines() {
        if let Some(name) = line.strip_prefix("---- ").and_then(|l| l.strip_suffix(" stdout ----")) {
            speaker = name;
        } else if line == "successes:" {
            speaker = "";
        } else if line.contains("SKIPPED") {
            names.remove(speaker);
        }
    }
    names
}

/// ` ✓ file > group > title 12ms`, as vitest's verbose reporter prints it.
fn page_test(line: &str) -> Option<String> {
    let (_, rest) = line.trim().strip_prefix("✓ ")?.split_once(" > ")?;
    let title = rest.rsplit(" > ").next()?;
    let title = match title.rsplit_once(' ') {
        Some((title, took)) if took.strip_suffix("ms").is_some_and(|n| n.parse::<u32>().is_ok()) => title,
        _ => title,
    };
    Some(format!("ui:{title}"))
}

/// Every state and the journeys, when all states were shown in all looks and nothing was found.
fn screens(log: &str) -> Vec<String> {
    let text = std::fs::read_to_string("screens/states.mjs").unwrap();
    let state = |line: &str| Some(line.trim().strip_prefix("{ name: \"")?.split_once('"')?.0.to_owned());
    let states: Vec<String> = text.lines().filter_map(state).collect();
    let shown = |line: &str| line.strip_suffix(" screens shown, 0 faults")?.parse::<usize>().ok();
    if states.is_empty() || log.lines().find_map(shown) != Some(states.len() * LOOKS) {
        return vec![];
    }
    let journeys = log.lines().filter_map(|l| Some(format!("journey:{}", l.strip_prefix("journey: ")?)));
    states.iter().map(|s| format!("screen:{s}")).chain(journeys).collect()
}

/// Without the colours a runner may print.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}
