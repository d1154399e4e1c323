//! A dossier that is not accepted: form 02 asks for what is missing, form 03 refuses. It stays here to be read and printed;
//! the warehouse is told, and so is the portal it came from.

use crate::desk::Desk;
use crate::error::{DeskError, StepError};
use motcua_dossier::{
    DeclineKind, DeclineReason, Declined, Dossier, DossierError, DossierId, DossierState, OutboxKind,
    StepFault,
};
use motcua_wire::{DeclinedDossier, MAX_STEP_ITEMS, MAX_TEXT, OpPayload};

impl Desk {
    /// Reasons officers choose from; the words are reference data.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn decline_reasons(&self) -> Result<Vec<DeclineReason>, DeskError> {
        Ok(self.vault.reference()?.decline_reasons())
    }

    /// Does not accept a draft, for these reasons; its form can be printed when this returns, network or not.
    ///
    /// # Errors
    /// Not a draft; no reason, or too many or too long ones; the vault is closed.
    pub async fn decline(
        &self,
        id: DossierId,
        kind: DeclineKind,
        reasons: Vec<DeclineReason>,
    ) -> Result<Dossier, DeskError> {
        let said = |reason: DeclineReason| {
            let text = reason.text.trim().to_owned();
            (!text.is_empty()).then_some(DeclineReason { text, ..reason })
        };
        let reasons: Vec<DeclineReason> = reasons.into_iter().filter_map(said).collect();
        if reasons.is_empty() {
            return Err(StepError::Unfit(StepFault::TextMissing).into());
        }
        if reasons.len() > MAX_STEP_ITEMS || reasons.iter().any(|r| r.text.chars().count() > MAX_TEXT) {
            return Err(StepError::TextTooLong.into());
        }
        let officer = self.officer();
        self.change(id, |change| {
            if change.dossier.state != DossierState::Draft {
                return Err(DossierError::NotDraft.into());
            }
            let record = Declined { kind, reasons, officer, at: change.now };
            let declined = DeclinedDossier {
                record: record.clone(),
                channel: change.dossier.channel,
                applicant: change.dossier.applicant.clone(),
                procedure: change.dossier.procedure.clone(),
                case_code: change.dossier.case_code.clone(),
            };
            change.enqueue(OutboxKind::Decline, OpPayload::Decline(Box::new(declined)), vec![])?;
            change.dossier.state = DossierState::Declined(Box::new(record));
            Ok(())
        })
    }
}
