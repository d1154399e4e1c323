//! `motcua doctor`.

use crate::output::{Failure, Output};
use motcua_assembly::{
    CounterProfile, Finding, Health, ProfileDir, ProfileError, diagnose, diagnose_without_profile,
};
use motcua_desk::Desk;
use std::process::ExitCode;

/// Prints every part with its state and one thing to do; exit code 4 when a part keeps the main job from working.
pub(crate) async fn doctor(
    dir: &ProfileDir,
    profile: &CounterProfile,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failure> {
    report(&diagnose(dir, profile, desk).await, output)
}

/// `motcua doctor` on a machine that is no counter yet, or whose settings cannot be read.
pub(crate) fn without_profile(
    dir: &ProfileDir,
    error: &ProfileError,
    output: Output,
) -> Result<ExitCode, Failure> {
    report(&diagnose_without_profile(dir, error), output)
}

fn report(findings: &[Finding], output: Output) -> Result<ExitCode, Failure> {
    output.data(&findings, || {
        for finding in findings {
            let mark = match finding.health {
                Health::Good => "✓",
                Health::Warning => "!",
                Health::Bad => "✗",
            };
            println!("{mark} {:<11} {}", finding.part, finding.state);
            if !finding.action.is_empty() {
                println!("              → {}", finding.action);
            }
        }
    })?;
    let bad = findings.iter().any(|f| f.health == Health::Bad);
    Ok(if bad { ExitCode::from(4) } else { ExitCode::SUCCESS })
}
