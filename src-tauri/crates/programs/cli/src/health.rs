//! `motcua doctor`.

use crate::output::{Failure, Output};
use motcua_assembly::{CounterProfile, Health, ProfileDir, diagnose};
use motcua_desk::Desk;
use std::process::ExitCode;

/// Prints every part with its state and one thing to do; exit code 4 when a part keeps the main job from working.
pub(crate) async fn doctor(
    dir: &ProfileDir,
    profile: &CounterProfile,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failure> {
    let findings = diagnose(dir, profile, desk).await;
    output.data(&findings, || {
        for finding in &findings {
            let mark = match finding.health {
                Health::Good => "✓",
                Health::Warning => "!",
                Health::Bad => "✗",
            };
            println!("{mark} {:<10} {}", finding.part, finding.state);
            if !finding.action.is_empty() {
                println!("             → {}", finding.action);
            }
        }
    })?;
    let bad = findings.iter().any(|f| f.health == Health::Bad);
    Ok(if bad { ExitCode::from(4) } else { ExitCode::SUCCESS })
}
