//! Crash reports: one small local JSON file per panic, for the officer to hand over; never sent by itself.
//!
//! A report says version, build, thread, place and the frames of our own code. It never carries the
//! panic's payload, arguments or paths of this machine. The twenty newest are kept; the window tells of the
//! newest one at the next start, and the officer may save a copy.

use std::backtrace::Backtrace;
use std::path::{Path, PathBuf};

const KEPT: usize = 20;

/// The reports of one profile, and which of them the officer has not been told of.
#[derive(Clone, Debug)]
pub struct Crashes {
    dir: PathBuf,
    untold: Option<PathBuf>,
}

impl Crashes {
    /// Those of a profile, as they are now: at the start of the program.
    #[must_use]
    pub fn of(profile: &Path) -> Self {
        let dir = profile.join("crashes");
        let told = std::fs::read_to_string(dir.join(TOLD)).unwrap_or_default();
        let newest = reports(&dir).into_iter().next();
        let untold = newest.filter(|report| name(report) > told.trim());
        Self { dir, untold }
    }

    /// Writes a report for every panic from now on.
    pub fn install(&self) {
        let dir = self.dir.clone();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|l| format!("{}:{}", file_name(l.file()), l.line()));
            tracing::error!(place, "panic");
            // Nothing can be done about a report that cannot be written.
            let _ = write(&dir, place.as_deref(), &Backtrace::force_capture().to_string());
        }));
    }

    /// The newest report from before this start, until [`Self::told`] was said of it in some run; with its
    /// moment in milliseconds since 1970.
    #[must_use]
    pub fn untold(&self) -> Option<(&Path, i64)> {
        let report = self.untold.as_deref()?;
        let at = name(report).trim_end_matches(".json").parse().ok()?;
        let told = std::fs::read_to_string(self.dir.join(TOLD)).unwrap_or_default();
        (name(report) > told.trim()).then_some((report, at))
    }

    /// The officer knows of it: not told again.
    pub fn told(&self) {
        if let Some(report) = &self.untold {
            // At worst it is told once more.
            let _ = std::fs::write(self.dir.join(TOLD), name(report));
        }
    }
}

/// Names the newest report the officer was told of.
const TOLD: &str = "told";

/// The reports on this machine, newest first.
fn reports(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .map(|entries| entries.filter_map(|e| e.ok().map(|e| e.path())).collect())
        .unwrap_or_default();
    found.retain(|p| p.extension().is_some_and(|e| e == "json"));
    found.sort_unstable();
    found.reverse();
    found
}

fn name(report: &Path) -> &str {
    report.file_name().and_then(|n| n.to_str()).unwrap_or_default()
}

fn write(dir: &Path, place: Option<&str>, backtrace: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let at = time::OffsetDateTime::now_utc();
    let report = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "build": if cfg!(debug_assertions) { "debug" } else { "release" },
        "at": at.unix_timestamp(),
        "thread": std::thread::current().name(),
        "place": place,
        "frames": own_frames(backtrace),
    });
    std::fs::write(dir.join(format!("{}.json", at.unix_timestamp_nanos() / 1_000_000)), report.to_string())?;
    for old in reports(dir).into_iter().skip(KEPT) {
        std::fs::remove_file(old)?;
    }
    Ok(())
}

/// Names of our own functions; lines with paths are left out.
fn own_frames(backtrace: &str) -> Vec<&str> {
    backtrace
        .lines()
        .map(str::trim)
        .filter_map(|line| line.split_once(": ").map(|(_, name)| name))
        .filter(|name| name.contains("motcua"))
        .collect()
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn empty() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("crashes")).unwrap();
        dir
    }

    #[test]
    fn a_report_names_our_frames_and_no_path_and_twenty_are_kept() {
        let profile = empty();
        let dir = profile.path();
        let backtrace =
            "  3: motcua_desk::sign::Desk::sign\n      at /home/officer/sign.rs:12\n  4: std::rt::run";
        for n in 0..25 {
            std::fs::write(dir.join("crashes").join(format!("{n:013}.json")), "{}").unwrap();
        }
        write(&dir.join("crashes"), Some("sign.rs:12"), backtrace).unwrap();
        let found = reports(&dir.join("crashes"));
        assert_eq!(found.len(), KEPT);
        let newest = std::fs::read_to_string(&found[0]).unwrap();
        assert!(newest.contains("motcua_desk::sign") && !newest.contains("officer"), "{newest}");
    }

    #[test]
    fn a_panic_that_speaks_of_somebody_leaves_a_report_that_does_not() {
        let profile = empty();
        let dir = profile.path();
        let before = std::panic::take_hook();
        Crashes::of(dir).install();
        let number = "099123454321";
        let panicked = std::panic::catch_unwind(|| panic!("no dossier of ZYXWVU, {number}"));
        std::panic::set_hook(before);
        assert!(panicked.is_err());
        let report = std::fs::read_to_string(&reports(&dir.join("crashes"))[0]).unwrap();
        assert!(report.contains("crash.rs:"), "it says where: {report}");
        assert!(!report.contains(number) && !report.contains("ZYXWVU") && !report.contains("/crash.rs"));
    }

    #[test]
    fn the_newest_report_is_told_at_each_start_until_the_officer_knows_of_it() {
        let profile = empty();
        let dir = profile.path();
        assert_eq!(Crashes::of(dir).untold(), None, "nothing happened");
        std::fs::write(dir.join("crashes/1795143600000.json"), "{}").unwrap();
        std::fs::write(dir.join("crashes/1795143700000.json"), "{}").unwrap();
        let start = Crashes::of(dir);
        assert_eq!(start.untold().unwrap().1, 1_795_143_700_000);
        assert_eq!(Crashes::of(dir).untold(), start.untold(), "he has not said so");
        std::fs::write(dir.join("crashes/1795143800000.json"), "{}").unwrap();
        start.told();
        assert_eq!(start.untold(), None);
        assert_eq!(Crashes::of(dir).untold().unwrap().1, 1_795_143_800_000, "the one of this run is news");
        Crashes::of(dir).told();
        assert_eq!(Crashes::of(dir).untold(), None);
    }
}
