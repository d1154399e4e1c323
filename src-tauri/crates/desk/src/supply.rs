//! Papers that come after the acceptance, because more was asked for.
//!
//! While the citizen is waited for, empty rows and rows that are added take papers as those of a draft do. What came is told
//! with the step that ends the waiting; the acceptance stays as it was, and so does the receipt. A paper of the
//! warehouse is no supplement: its reuse is confirmed and counted by an acceptance.

use crate::accept::evidence;
use crate::attach::extra_row;
use crate::desk::Desk;
use crate::error::{DeskError, StepError};
use motcua_dossier::{
    ComponentEvidence, ComponentRow, Dossier, DossierError, DossierId, DossierState, FieldProblem,
    OutboxKind, OutboxState, Phase, StepFault,
};
use motcua_wire::{AcceptedDossier, MAX_TEXT, OpPayload};

/// Rows a dossier has at most.
const MAX_ROWS: usize = 200;

impl Desk {
    /// Adds a row for a paper the procedure does not name; the last one is the new one.
    ///
    /// # Errors
    /// Nothing is asked for; no name; too many rows; the vault is closed.
    pub async fn add_paper(&self, id: DossierId, name: &str) -> Result<Dossier, DeskError> {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(StepError::Unfit(StepFault::TextMissing).into());
        }
        if name.chars().count() > MAX_TEXT {
            return Err(StepError::TextTooLong.into());
        }
        self.change(id, |change| {
            if !is_waiting(&change.dossier) {
                return Err(StepError::Unfit(StepFault::NothingAsked).into());
            }
            let rows = &mut change.dossier.components;
            if rows.len() >= MAX_ROWS {
                return Err(StepError::TextTooLong.into());
            }
            let number = rows.iter().map(|row| row.number).max().unwrap_or(0) + 1;
            rows.push(extra_row(number, name));
            Ok(())
        })
    }

    /// The row takes a paper because the citizen is asked for more: it has none, or one nobody was told of.
    pub(crate) fn may_supply(&self, dossier: &Dossier, row: &ComponentRow) -> Result<bool, DeskError> {
        if !is_waiting(dossier) || row.reservation.is_some() || row.reuse().is_some() {
            return Ok(false);
        }
        let empty = row.attachment.is_none() && row.waiver.is_none();
        Ok(empty || !self.told_papers(dossier)?.contains(&evidence(row)))
    }

    /// What came since the last time papers were told of; each as an acceptance would need it.
    pub(crate) fn supplied(&self, dossier: &Dossier) -> Result<Vec<ComponentEvidence>, DeskError> {
        let told = self.told_papers(dossier)?;
        let (mut papers, mut problems) = (vec![], vec![]);
        for row in &dossier.components {
            let field = || format!("components.{}", row.number);
            if !self.captured(dossier.id, row.number)?.pages.is_empty() {
                problems.push(FieldProblem { field: field(), code: "captureUnfinished".to_owned() });
            }
            let filled = row.attachment.as_ref().is_some_and(|a| !a.is_reused()) || row.waiver.is_some();
            let paper = evidence(row);
            if !filled || told.contains(&paper) {
                continue;
            }
            if row.enters_warehouse && row.attachment.as_ref().is_some_and(|a| a.digitized.is_none()) {
                problems.push(FieldProblem { field: field(), code: "componentNotDigitized".to_owned() });
            }
            papers.push(paper);
        }
        if problems.is_empty() { Ok(papers) } else { Err(DossierError::Incomplete(problems).into()) }
    }

    /// What the acceptance says of the rows now: those that papers came for afterwards are as they were then.
    pub(crate) fn said_at_acceptance(
        &self,
        dossier: &Dossier,
        accepted: &AcceptedDossier,
    ) -> Result<Vec<ComponentEvidence>, DeskError> {
        let supplied: Vec<u32> =
            dossier.steps_taken().flat_map(|step| step.act.papers()).map(|paper| paper.number).collect();
        let waiting = is_waiting(dossier);
        let then = |number: u32| accepted.components.iter().find(|paper| paper.number == number);
        let of_row = |row: &ComponentRow| {
            let before = then(row.number);
            let empty = before.is_none_or(|paper| paper.source == motcua_dossier::EvidenceSource::Absent);
            if supplied.contains(&row.number) || waiting && empty {
                before.cloned()
            } else {
                Some(evidence(row))
            }
        };
        Ok(dossier.components.iter().filter_map(of_row).collect())
    }

    /// What the acceptance and the steps of a dossier told of its rows.
    fn told_papers(&self, dossier: &Dossier) -> Result<Vec<ComponentEvidence>, DeskError> {
        let mut told: Vec<ComponentEvidence> =
            dossier.steps_taken().flat_map(|step| step.act.papers()).cloned().collect();
        for line in self.vault.outbox_of(dossier.id)? {
            let stands = !matches!(line.state, OutboxState::Replaced | OutboxState::Withdrawn);
            if line.kind != OutboxKind::Acceptance || !stands {
                continue;
            }
            if let Some(queued) = self.vault.queued(line.op)?
                && let OpPayload::AcceptDossier(accepted) = queued.op.payload
            {
                told.extend(accepted.components);
            }
        }
        Ok(told)
    }
}

/// Accepted, and the citizen is asked for more.
fn is_waiting(dossier: &Dossier) -> bool {
    let accepted = matches!(dossier.state, DossierState::Accepted { .. });
    let waits = |phase| matches!(phase, Phase::AwaitingSupplement { .. });
    accepted && dossier.standing().is_some_and(|standing| waits(standing.phase))
}
