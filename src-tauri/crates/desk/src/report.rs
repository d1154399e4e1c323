//! "Phản ánh về kết quả giải quyết": a paper of the warehouse that is wrong, told to the agency that filed it (inventory H).

use crate::desk::Desk;
use crate::error::{DeskError, ReportError};
use motcua_dossier::{
    DocumentId, Dossier, DossierId, DossierState, FeedbackAct, FeedbackReason, FeedbackRecord, OutboxKind,
    Provenance, Report,
};
use motcua_wire::{MAX_TEXT, OpPayload};

impl Desk {
    /// Reports a paper of the owner for the citizen; durable, and queued, when this returns. The dossier goes on without
    /// it: a paper that is in use stays until the officer takes it off.
    ///
    /// # Errors
    /// The paper is not known, is of a national store, or was reported from this dossier before; the text is too long; the
    /// dossier was taken back; the vault is closed.
    pub async fn report_paper(
        &self,
        id: DossierId,
        document: DocumentId,
        reason: FeedbackReason,
        text: &str,
    ) -> Result<Dossier, DeskError> {
        let text = text.trim().to_owned();
        if text.chars().count() > MAX_TEXT {
            return Err(ReportError::TextTooLong.into());
        }
        let officer = self.officer();
        self.change(id, |change| {
            if matches!(change.dossier.state, DossierState::Withdrawn { .. }) {
                return Err(ReportError::DossierWithdrawn.into());
            }
            let paper = self.known_paper(&change.dossier.applicant.owner, document)?;
            if paper.provenance != Provenance::Provincial {
                return Err(ReportError::NationalPaper.into());
            }
            if change.dossier.reports.iter().any(|report| report.document == document) {
                return Err(ReportError::ReportedBefore.into());
            }
            let act = FeedbackAct::Given { document, reason, text };
            let record = FeedbackRecord { act, officer, at: change.now };
            let op = change.enqueue(OutboxKind::Feedback, OpPayload::Feedback(Box::new(record)), vec![])?;
            change.dossier.reports.push(Report { op, document, reason });
            Ok(())
        })
    }
}
