//! Corrections of a returned result, as the page shows them.

use super::Around;
use crate::view::{self, CorrectionStateName};
use motcua_dossier::{self as domain, CorrectionState};

impl Around<'_> {
    /// Oldest first; those that were agreed to are among the steps too.
    pub(super) fn corrections(&self, d: &domain::Dossier) -> Vec<view::Correction> {
        let name = |login: &String| self.names.get(login).unwrap_or(login).clone();
        let shown = |asked: &domain::Correction| {
            // Agreed to, and taken back by two officers before the warehouse had it.
            let void = |op: &domain::OpId| d.steps.iter().any(|line| line.id == *op && line.void);
            let (state, by, at, refusal) = match &asked.state {
                CorrectionState::Waiting => (CorrectionStateName::Waiting, None, None, None),
                CorrectionState::Approved { op, .. } if void(op) => {
                    (CorrectionStateName::TakenBack, None, None, None)
                }
                CorrectionState::Approved { by, at, .. } => {
                    (CorrectionStateName::Approved, Some(by), Some(*at), None)
                }
                CorrectionState::Refused { by, at, reason } => {
                    (CorrectionStateName::Refused, Some(by), Some(*at), Some(reason.clone()))
                }
                CorrectionState::TakenBack { at } => (CorrectionStateName::TakenBack, None, Some(*at), None),
            };
            view::Correction {
                before: asked.before.to_string(),
                blob: asked.attachment.blob.to_string(),
                pages: asked.attachment.pages,
                reason: asked.reason.into(),
                text: asked.text.clone(),
                login: asked.officer.clone(),
                officer: name(&asked.officer),
                at: asked.at.into(),
                state,
                decided_by: by.map(name),
                decided_at: at.map(Into::into),
                refusal,
            }
        };
        d.corrections.iter().map(shown).collect()
    }
}

impl view::WaitingCorrection {
    /// What a supervisor sees of it; none where it waits no more.
    pub(crate) fn of(dossier: view::Dossier) -> Option<Self> {
        let waits = |correction: &view::Correction| correction.state == CorrectionStateName::Waiting;
        let correction = dossier.corrections.into_iter().find(waits)?;
        Some(Self {
            dossier: dossier.id,
            code: dossier.code,
            owner_name: dossier.owner.name,
            procedure_name: dossier.procedure_name,
            before: correction.before.clone(),
            correction,
        })
    }
}
