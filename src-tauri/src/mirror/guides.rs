//! Guides for people as the page shows them.

use super::small;
use crate::view;
use motcua_desk::{CodePicture, Compliance, ComplianceLine, ResultForm};
use motcua_dossier as domain;
use std::fmt::Write as _;

/// Most lines a page shows; the table has all.
const SHOWN: usize = 500;

impl From<&domain::Guide> for view::Guide {
    fn from(guide: &domain::Guide) -> Self {
        let code = guide.link.as_deref().and_then(motcua_desk::code_picture);
        Self {
            key: guide.key.clone(),
            title: guide.title.clone(),
            link: guide.link.clone(),
            code: code.as_ref().map(Into::into),
            lead: guide.lead.clone(),
            steps: guide.steps.clone(),
            notes: guide.notes.clone(),
        }
    }
}

impl From<&CodePicture> for view::GuideCode {
    fn from(picture: &CodePicture) -> Self {
        let mut path = String::new();
        for (row, start, length) in &picture.runs {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{start} {row}h{length}v1h-{length}z");
        }
        Self { side: picture.side, path }
    }
}

impl From<&Compliance> for view::Compliance {
    fn from(found: &Compliance) -> Self {
        Self {
            from: found.from.format_iso(),
            to: found.to.format_iso(),
            received: small(found.lines.len()),
            elsewhere: found.elsewhere,
            digitized: small(found.digitized()),
            returned: small(found.returned()),
            electronic: small(found.electronic()),
            reused: small(found.reused()),
            target: found.target,
            missing: small(found.missing().count()),
            lines: found.missing().take(SHOWN).map(Into::into).collect(),
        }
    }
}

impl From<&ComplianceLine> for view::ComplianceLine {
    fn from(line: &ComplianceLine) -> Self {
        Self {
            dossier: line.dossier.to_string(),
            code: line.code.as_ref().map(ToString::to_string),
            procedure_name: line.procedure.clone(),
            owner_name: line.owner.clone(),
            received: line.received.into(),
            papers: line.papers_missing.clone(),
            result: line.result == ResultForm::PaperOnly,
        }
    }
}
