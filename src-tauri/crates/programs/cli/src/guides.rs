//! `motcua guide …`: what the officer tells a citizen, on the screen and as a hand-out.

use crate::arguments::GuideAction;
use crate::files::write_whole;
use crate::output::{Failure, Output};
use motcua_desk::{Desk, DeskError, GuideError};
use motcua_dossier::Guide;
use std::process::ExitCode;

pub(crate) async fn run(desk: &Desk, action: &GuideAction, output: Output) -> Result<ExitCode, Failure> {
    match action {
        GuideAction::List => {
            let guides = desk.guides().await?;
            output.data(&guides, || {
                for guide in &guides {
                    println!("{}\t{}", guide.key, guide.title);
                }
            })?;
        }
        GuideAction::Show { key } => {
            let guides = desk.guides().await?;
            let found = guides.iter().find(|guide| guide.key == *key);
            let guide = found.ok_or(DeskError::from(GuideError::Unknown))?;
            output.data(guide, || println!("{}", text(guide)))?;
        }
        GuideAction::Print { key, out } => {
            write_whole(out, &desk.printed_guide(key).await?)?;
            eprintln!("Đã ghi {}.", out.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A guide as plain text.
pub(crate) fn text(guide: &Guide) -> String {
    let steps = (1_u32..).zip(&guide.steps).map(|(number, step)| format!("{number}. {step}"));
    let mut lines = vec![guide.title.clone()];
    lines.extend(guide.lead.iter().cloned());
    lines.extend(steps);
    lines.extend(guide.notes.iter().cloned());
    lines.extend(guide.link.iter().cloned());
    lines.join("\n")
}
