//! "Trả kết quả": the signed result completes the dossier and enters the owner's warehouse (decision 10).

use crate::desk::Desk;
use crate::digitize::record_of;
use crate::error::{DeskError, FilingError};
use crate::steps::may_return;
use motcua_dossier::{Dossier, DossierError, DossierId, DossierState, Metadata, OutboxKind, ResultPaper};
use motcua_wire::{OpPayload, ReturnedResult};

impl Desk {
    /// Attaches the result of an accepted dossier from a file; a scanned one comes by component 0.
    ///
    /// # Errors
    /// As [`Desk::attach_file`]; the dossier is not accepted.
    pub async fn attach_result(&self, id: DossierId, name: &str, bytes: &[u8]) -> Result<Dossier, DeskError> {
        self.attach_file(id, 0, name, bytes).await
    }

    /// Hands the result over: the dossier is completed and the paper queued, in one commit.
    ///
    /// # Errors
    /// No result; a fee is still due; the dossier waits for the citizen, or is over; the agency's signature is missing or does not hold; the metadata is not complete; the
    /// dossier is not accepted.
    pub async fn return_result(&self, id: DossierId, metadata: Metadata) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        if !matches!(dossier.state, DossierState::Accepted { .. }) {
            return Err(DossierError::NotAccepted.into());
        }
        let result = dossier.result.as_ref().ok_or(FilingError::ResultMissing)?;
        may_go(&dossier)?;
        self.may_file(&result.attachment, &metadata, &dossier)?;
        // It is the result of its procedure, whatever else it is called.
        let reference = self.vault.reference()?;
        let procedure = reference.procedures.iter().find(|p| p.code.same_procedure(&dossier.procedure));
        if let Some(code) = procedure.and_then(|procedure| procedure.result_code.as_ref()) {
            self.signed_to_enter(&result.attachment, Some(code))?;
        }
        let checked = result.attachment.blob;
        let document = self.new_document();
        let officer = self.officer();
        self.change(id, |change| {
            let DossierState::Accepted { at: accepted_at, deadline } = change.dossier.state.clone() else {
                return Err(DossierError::NotAccepted.into());
            };
            may_go(&change.dossier)?;
            let result = change.dossier.result.clone().filter(|r| r.attachment.blob == checked);
            let mut attachment = result.ok_or(FilingError::ResultMissing)?.attachment;
            let returned = ReturnedResult {
                record: record_of(document, &change.dossier, &attachment, &metadata),
                owner_name: change.dossier.applicant.owner.name.clone(),
                returned_at: change.now,
                officer,
            };
            let payload = OpPayload::ReturnResult(Box::new(returned));
            let op = change.enqueue(OutboxKind::Result, payload, vec![attachment.blob])?;
            attachment.digitized = Some((op, document));
            change.dossier.result = Some(ResultPaper { attachment, metadata });
            change.dossier.state = DossierState::Completed { at: change.now, accepted_at, deadline };
            Ok(())
        })
    }
}

/// The citizen owes nothing, and nobody waits for him: the steps and the entries of the fees say so, nobody ticks it.
fn may_go(dossier: &Dossier) -> Result<(), DeskError> {
    dossier.standing().as_ref().map_or(Ok(()), may_return)?;
    match dossier.fee_account().due() {
        0 => Ok(()),
        due => Err(FilingError::FeeDue(due).into()),
    }
}
