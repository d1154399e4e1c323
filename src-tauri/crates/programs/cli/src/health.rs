//! `motcua doctor` and `motcua enrol`.

use crate::help::Mistake;
use crate::output::{Failure, Output, sentence};
use motcua_assembly::{
    CounterProfile, EnrolError, Finding, Health, ProfileDir, ProfileError, diagnose,
    diagnose_without_profile, enrol as enrol_machine,
};
use motcua_desk::ports::LinkError;
use motcua_desk::{Desk, DeskError};
use std::collections::BTreeMap;
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

/// Makes this machine known to the warehouse.
pub(crate) async fn enrol(
    dir: &ProfileDir,
    profile: &CounterProfile,
    code: &str,
    output: Output,
) -> Result<ExitCode, Failure> {
    let identity = enrol_machine(dir, profile, code).await.map_err(|error| match error {
        EnrolError::Link(LinkError::Refused(code)) => match sentence("err", &code, &BTreeMap::new()) {
            Some(said) => {
                let todo = sentence("rec", &code, &BTreeMap::new()).unwrap_or_default();
                Failure::Usage(Mistake { said, todo })
            }
            None => Failure::from(DeskError::from(LinkError::Refused(code))),
        },
        EnrolError::Link(error) => Failure::from(DeskError::from(error)),
        EnrolError::Profile(error) => Failure::from(error),
        error => Failure::from(anyhow::Error::from(error)),
    })?;
    output.data(&serde_json::json!({ "until": identity.until }), || {
        let until = identity.until.day().format_vn();
        println!("✓ Máy đã được kho công nhận; chứng thư dùng đến {until} và tự gia hạn");
    })?;
    Ok(ExitCode::SUCCESS)
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
