//! The numbers of the sync, measured over real HTTPS against the release build of `motcua-warehouse serve`
//! on this machine, durable and verified: what was acknowledged is counted and hashed again at the end.
//!
//! `make bench` runs all of it, `make bench PART=search` one part, `QUICK=1` a hundredth of everything (to see
//! that it works; its figures mean nothing). A gate that is missed is said, and does not fail the run.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a program of measures ends at its first surprise"
)]

#[path = "../desktop/driver.rs"]
#[allow(dead_code, reason = "the journeys use all of it")]
mod driver;
mod feed;
mod load;
mod million;
mod officer;
mod papers;
mod peers;
mod report;
mod search;
mod server;
mod slow;
mod upload;

use report::Report;
use std::path::PathBuf;

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) quick: bool,
}

impl Scale {
    /// That many, or a hundredth of it.
    pub(crate) fn of(self, whole: usize) -> usize {
        if self.quick { (whole / 100).max(2) } else { whole }
    }
}

const PARTS: [&str; 11] =
    ["floor", "upload", "peers", "slow", "load", "million", "search", "unlock", "feed", "officer", "day"];

fn main() {
    let installed = rustls::crypto::ring::default_provider().install_default();
    drop(installed);
    let wished: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    for part in &wished {
        assert!(PARTS.contains(&part.as_str()), "{part} is no part; there are {}", PARTS.join(", "));
    }
    let scale = Scale { quick: std::env::var_os("QUICK").is_some_and(|v| !v.is_empty() && v != "0") };
    let out = PathBuf::from(std::env::var_os("MOTCUA_BENCH_OUT").unwrap_or_else(|| "target/bench".into()));
    std::fs::create_dir_all(&out).unwrap();
    let out = out.canonicalize().unwrap();
    let mut report = Report::begin(scale);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for part in PARTS.iter().filter(|p| wished.is_empty() || wished.iter().any(|w| w == *p)) {
        report.part(part);
        match *part {
            "floor" => upload::floor(&mut report, scale),
            "upload" => runtime.block_on(upload::cut_anywhere(&mut report, scale)),
            "peers" => runtime.block_on(peers::uploads(&mut report, scale)),
            "slow" => runtime.block_on(slow::day_over_a_thin_line(&mut report, scale)),
            "load" => runtime.block_on(load::into_an_empty_store(&mut report, scale)),
            "million" => runtime.block_on(million::at_a_million(&mut report, scale, &out)),
            "search" => search::of_a_counter(&mut report, scale, &out),
            "unlock" => search::unlock(&mut report, scale, &out),
            "officer" => runtime.block_on(officer::at_the_window(&mut report, scale)),
            "day" => runtime.block_on(officer::a_long_day(&mut report, scale)),
            _ => runtime.block_on(feed::first_sync(&mut report, scale, &out)),
        }
        report.save(&out);
    }
    report.end(&out);
}
