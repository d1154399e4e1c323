//! Crash reports: one small local JSON file per panic, for the officer to hand over; never sent by itself.
//!
//! A report says version, build, thread, place and the frames of our own code. It never carries the
//! panic's payload, arguments or paths of this machine. The twenty newest are kept.

use std::backtrace::Backtrace;
use std::path::{Path, PathBuf};

const KEPT: usize = 20;

/// Writes a report for every panic from now on, into `<profile>/crashes`.
pub fn install(profile: &Path) {
    let dir = profile.join("crashes");
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(|l| format!("{}:{}", file_name(l.file()), l.line()));
        tracing::error!(place, "panic");
        // Nothing can be done about a report that cannot be written.
        let _ = write(&dir, place.as_deref(), &Backtrace::force_capture().to_string());
    }));
}

/// The reports on this machine, newest first.
#[must_use]
pub fn reports(profile: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(profile.join("crashes"))
        .map(|entries| entries.filter_map(|e| e.ok().map(|e| e.path())).collect())
        .unwrap_or_default();
    found.retain(|p| p.extension().is_some_and(|e| e == "json"));
    found.sort_unstable();
    found.reverse();
    found
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
    for old in reports(dir.parent().unwrap_or(dir)).into_iter().skip(KEPT) {
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

    #[test]
    fn a_report_names_our_frames_and_no_path_and_twenty_are_kept() {
        let dir = std::env::temp_dir().join(format!("motcua-crash-{}", std::process::id()));
        let backtrace =
            "  3: motcua_desk::sign::Desk::sign\n      at /home/officer/sign.rs:12\n  4: std::rt::run";
        for n in 0..25 {
            std::fs::create_dir_all(dir.join("crashes")).unwrap();
            std::fs::write(dir.join("crashes").join(format!("{n:013}.json")), "{}").unwrap();
        }
        write(&dir.join("crashes"), Some("sign.rs:12"), backtrace).unwrap();
        let found = reports(&dir);
        assert_eq!(found.len(), KEPT);
        let newest = std::fs::read_to_string(&found[0]).unwrap();
        assert!(newest.contains("motcua_desk::sign") && !newest.contains("officer"), "{newest}");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
