//! What was measured: a table for people, a file for programs.

use crate::Scale;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What a figure is held to.
#[derive(Clone, Copy)]
pub(crate) enum Gate {
    AtMost(f64),
    AtLeast(f64),
    /// Printed, not judged.
    None,
}

/// Everything measured so far.
pub(crate) struct Report {
    scale: Scale,
    part: String,
    rows: Vec<Value>,
    missed: usize,
    judged: usize,
}

impl Report {
    pub(crate) fn begin(scale: Scale) -> Self {
        if scale.quick {
            println!("QUICK: a hundredth of everything; the figures mean nothing");
        }
        println!("{} · {} CPUs · {}", cpu(), cpus(), said("uname", &["-sr"]));
        Self { scale, part: String::new(), rows: vec![], missed: 0, judged: 0 }
    }

    pub(crate) fn part(&mut self, name: &str) {
        name.clone_into(&mut self.part);
        println!("\n{name}");
    }

    /// One figure.
    pub(crate) fn row(&mut self, what: &str, value: f64, unit: &str, gate: Gate) {
        let (passed, held_to) = match gate {
            Gate::AtMost(most) => (Some(value <= most), format!("≤ {most}")),
            Gate::AtLeast(least) => (Some(value >= least), format!("≥ {least}")),
            Gate::None => (None, String::new()),
        };
        let verdict = match passed {
            Some(true) => "PASS",
            Some(false) => "OVER",
            None => "",
        };
        self.judged += usize::from(passed.is_some());
        self.missed += usize::from(passed == Some(false));
        let digits = if value.abs() < 10.0 { 3 } else { 1 };
        println!("  {what:<66} {value:>12.digits$} {unit:<6} {held_to:<10} {verdict}");
        self.rows.push(json!({
            "part": self.part, "what": what, "value": value, "unit": unit, "gate": held_to, "passed": passed,
        }));
    }

    /// p50, p95 and p99 of durations, each with its gate in milliseconds.
    pub(crate) fn times(&mut self, what: &str, times: &Times, gates: [Gate; 3]) {
        for (percent, gate) in [50, 95, 99].into_iter().zip(gates) {
            self.row(&format!("{what}, p{percent} of {}", times.0.len()), times.millis(percent), "ms", gate);
        }
    }

    /// What keeps a figure from being had.
    pub(crate) fn skipped(&mut self, what: &str) {
        println!("  SKIPPED LOUDLY: {what}");
        self.rows.push(json!({ "part": self.part, "skipped": what }));
    }

    pub(crate) fn save(&self, out: &Path) {
        let whole = json!({
            "version": 1,
            "commit": said("git", &["describe", "--always", "--dirty"]),
            "when": said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
            "machine": { "cpu": cpu(), "cpus": cpus(), "kernel": said("uname", &["-sr"]), "load": load() },
            "quick": self.scale.quick,
            "rows": self.rows,
        });
        std::fs::write(out.join("results.json"), serde_json::to_vec_pretty(&whole).unwrap()).unwrap();
    }

    pub(crate) fn end(&self, out: &Path) {
        println!(
            "\n{} of {} gates held; {}",
            self.judged - self.missed,
            self.judged,
            out.join("results.json").display()
        );
        println!("load of the machine at the end: {}", load());
    }
}

/// Durations of one kind.
#[derive(Default)]
pub(crate) struct Times(pub(crate) Vec<Duration>);

impl Times {
    pub(crate) fn millis(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        // The smallest that at least so many are not above.
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).map_or(f64::NAN, |t| t.as_secs_f64() * 1000.0)
    }
}

fn said(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output();
    said.map(|s| String::from_utf8_lossy(&s.stdout).trim().to_owned()).unwrap_or_default()
}

fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown CPU".to_owned(), |(_, name)| name.to_owned())
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}
