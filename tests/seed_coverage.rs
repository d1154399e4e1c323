//! Holds `seed_coverage.toml` true: every row of the inventory is there, and a row is only "done" when the
//! tests it names ran and passed in this run.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use serde::Deserialize;
use std::collections::BTreeMap;
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
    let passed = passed_lines();
    for (id, row) in rows.iter().filter(|(_, r)| r.state == "done") {
        assert!(!row.r#where.is_empty() && !row.tests.is_empty(), "{id} is done without place or test");
        for test in &row.tests {
            uses.entry(test).or_default().push(id);
            if let Some(passed) = &passed {
                assert!(
                    passed.iter().any(|line| line.contains(test.as_str())),
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

/// Lines of this run's logs that say a test passed (cargo test, vitest, the screen runner).
fn passed_lines() -> Option<Vec<String>> {
    let dir = std::env::var_os("MOTCUA_RESULTS")?;
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|n| n == "coverage.log") {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        lines.extend(
            text.lines()
                .filter(|l| l.ends_with("... ok") || l.contains('✓') || l.starts_with("ok "))
                .map(str::to_owned),
        );
    }
    Some(lines)
}
