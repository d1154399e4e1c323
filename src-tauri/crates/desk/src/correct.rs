//! "Đính chính kết quả": a result the citizen has is put right, under four eyes.
//!
//! One officer asks, with the corrected file and what was wrong; that waits at this counter and changes nothing. Another one
//! who may agree proves himself with his own secret, here, with or without a line; only then the step that brings the file to
//! the warehouse is queued. What the warehouse does not have yet is taken back instead (`withdraw`), not corrected.

use crate::desk::{Change, Desk};
use crate::error::{CorrectError, DeskError, OfficeProblem};
use crate::unlock::login;
use motcua_dossier::{
    Attachment, BlobId, CorrectedResult, Correction, CorrectionFault, CorrectionState, DocumentId, Dossier,
    DossierId, FeedbackReason, OpId, OutboxKind, OutboxState, StepAct, same_officer,
};
use motcua_wire::MAX_TEXT;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Dossiers with a correction that waits, so that nobody reads all of them for the list.
const WAITING: &str = "corrections_waiting";

impl Desk {
    /// Asks for a correction of a returned result by a PDF the agency signed; it waits here until somebody else agrees.
    ///
    /// # Errors
    /// See [`CorrectError`]; the file is no PDF, not signed by the agency, or its signature does not hold; the vault is closed
    /// or full.
    pub async fn ask_correction(
        &self,
        id: DossierId,
        reason: FeedbackReason,
        text: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<Dossier, DeskError> {
        let text = said(text)?;
        let stored = self.stored(id)?;
        self.may_correct(&stored)?;
        let attachment = self.attachment_of(bytes, name)?;
        self.is_result(&stored, &attachment, bytes)?;
        let officer = self.officer();
        self.change(id, |change| {
            self.may_correct(&change.dossier)?;
            let (_, before) = self.result_now(&change.dossier)?;
            if before == attachment.blob {
                return Err(CorrectError::Unfit(CorrectionFault::SameFile).into());
            }
            let (at, state) = (change.now, CorrectionState::Waiting);
            let asked = Correction { before, attachment, reason, text, officer, at, state };
            change.dossier.ask_correction(asked).map_err(CorrectError::Unfit)?;
            change.note_correction()
        })
    }

    /// A colleague agrees to the correction he saw: durable, and queued, when this returns. He is judged as at
    /// [`Desk::withdraw`]. Blocks while his secret is stretched.
    ///
    /// # Errors
    /// See [`CorrectError`]; a wrong secret; no supervisor; the file's signature does not hold any more; the vault is closed
    /// or full.
    pub fn approve_correction(
        &self,
        id: DossierId,
        seen: BlobId,
        approver: &str,
        secret: &Zeroizing<String>,
    ) -> Result<Dossier, DeskError> {
        let approver = login(approver);
        let mut stored = self.stored(id)?;
        let waits = stored.waiting_mut(seen).map_err(CorrectError::Unfit)?.clone();
        waits.judged_by(&approver).map_err(CorrectError::Unfit)?;
        self.try_secret(&approver, || self.vault.proves(&approver, secret))?;
        self.may_approve(&approver)?;
        // It may have waited for days: a certificate that was revoked meanwhile signs nothing.
        self.is_result(&stored, &waits.attachment, &self.held(&seen)?)?;
        self.change(id, |change| {
            self.may_correct(&change.dossier)?;
            let (document, before) = self.result_now(&change.dossier)?;
            let waits = change.dossier.waiting_mut(seen).map_err(CorrectError::Unfit)?.clone();
            waits.judged_by(&approver).map_err(CorrectError::Unfit)?;
            // What came between was not looked at when this was asked for: nobody agrees to undo it unseen.
            if before != waits.before {
                return Err(CorrectError::Unfit(CorrectionFault::Overtaken).into());
            }
            let corrected = CorrectedResult {
                document,
                before,
                blob: seen,
                size: waits.attachment.size,
                pages: waits.attachment.pages,
                reason: waits.reason,
                text: waits.text,
                asked_at: waits.at,
                approved_by: approver.clone(),
            };
            let op = change.take_step(StepAct::ResultCorrected(Box::new(corrected)), &waits.officer)?;
            let (by, at) = (approver.clone(), change.now);
            change.dossier.waiting_mut(seen).map_err(CorrectError::Unfit)?.state =
                CorrectionState::Approved { by, at, op };
            change.note_correction()
        })
    }

    /// A supervisor does not agree, and says why; whoever asked reads it in the dossier.
    ///
    /// # Errors
    /// See [`CorrectError`]; no supervisor; the vault is closed.
    pub async fn refuse_correction(
        &self,
        id: DossierId,
        seen: BlobId,
        reason: &str,
    ) -> Result<Dossier, DeskError> {
        let (reason, by) = (said(reason)?, self.officer());
        if !self.may_supervise()? {
            return Err(OfficeProblem::NotSupervisor.into());
        }
        self.change(id, |change| {
            let at = change.now;
            let waits = change.dossier.waiting_mut(seen).map_err(CorrectError::Unfit)?;
            waits.judged_by(&by).map_err(CorrectError::Unfit)?;
            waits.state = CorrectionState::Refused { by, at, reason };
            change.note_correction()
        })
    }

    /// Whoever asked takes it back before anybody agreed; what was asked stays to be read.
    ///
    /// # Errors
    /// See [`CorrectError`]; the vault is closed.
    pub async fn take_back_correction(&self, id: DossierId, seen: BlobId) -> Result<Dossier, DeskError> {
        let officer = self.officer();
        self.change(id, |change| {
            let at = change.now;
            let waits = change.dossier.waiting_mut(seen).map_err(CorrectError::Unfit)?;
            if !same_officer(&waits.officer, &officer) {
                return Err(CorrectError::Unfit(CorrectionFault::NotOwnRequest).into());
            }
            waits.state = CorrectionState::TakenBack { at };
            change.note_correction()
        })
    }

    /// "Chờ duyệt": dossiers of this counter with a correction that waits for a colleague's word, the longest first; for a
    /// supervisor.
    ///
    /// # Errors
    /// The officer is no supervisor; the vault is closed.
    pub async fn corrections_waiting(&self) -> Result<Vec<Dossier>, DeskError> {
        if !self.may_supervise()? {
            return Err(OfficeProblem::NotSupervisor.into());
        }
        let mut waiting = vec![];
        for id in self.waiting_ids()? {
            waiting.extend(self.vault.dossier(id)?.filter(|dossier| dossier.waiting_correction().is_some()));
        }
        waiting.sort_by_key(|dossier| dossier.waiting_correction().map(|correction| correction.at));
        Ok(waiting)
    }

    /// The result was returned here, and the warehouse has it as it is.
    fn may_correct(&self, dossier: &Dossier) -> Result<(), DeskError> {
        let (_, _) = dossier.returned_result().ok_or(CorrectError::Unfit(CorrectionFault::NotReturned))?;
        let corrections: BTreeSet<_> =
            dossier.steps.iter().filter(|line| line.record.act.corrected().is_some()).map(|l| l.id).collect();
        let open = self.vault.outbox_of(dossier.id)?.into_iter().any(|item| {
            !item.state.is_closed() && (item.kind == OutboxKind::Result || corrections.contains(&item.op))
        });
        if open { Err(CorrectError::Unsent.into()) } else { Ok(()) }
    }

    /// The paper of a returned result and the file that is in force: a feedback may have brought another one than the
    /// corrections of its dossier, and a correction the warehouse did not take is none. Nothing before it is returned.
    ///
    /// # Errors
    /// The vault is closed.
    pub fn current_result(&self, dossier: &Dossier) -> Result<Option<(DocumentId, BlobId)>, DeskError> {
        let (Some((document, _)), Some(result)) = (dossier.returned_result(), &dossier.result) else {
            return Ok(None);
        };
        let refused: BTreeSet<OpId> = self
            .vault
            .outbox_of(dossier.id)?
            .into_iter()
            .filter(|item| matches!(item.state, OutboxState::NeedsAttention { .. }))
            .map(|item| item.op)
            .collect();
        let counts = dossier.steps.iter().filter(|line| !line.void && !refused.contains(&line.id));
        let mut corrected = counts.filter_map(|line| line.record.act.corrected());
        let last = corrected.rfind(|c| c.document == document).map(|c| c.blob);
        let mut known: BTreeSet<BlobId> =
            dossier.corrected_results().flat_map(|corrected| [corrected.before, corrected.blob]).collect();
        known.insert(result.attachment.blob);
        let heard = self.heard_file(document)?.filter(|blob| !known.contains(blob));
        Ok(Some((document, heard.or(last).unwrap_or(result.attachment.blob))))
    }

    fn result_now(&self, dossier: &Dossier) -> Result<(DocumentId, BlobId), DeskError> {
        Ok(self.current_result(dossier)?.ok_or(CorrectError::Unfit(CorrectionFault::NotReturned))?)
    }

    fn is_result(&self, dossier: &Dossier, attachment: &Attachment, bytes: &[u8]) -> Result<(), DeskError> {
        let kind = dossier.result.as_ref().and_then(|result| result.metadata.result_code.as_ref());
        self.fit_to_enter(attachment, kind, bytes)
    }

    fn waiting_ids(&self) -> Result<BTreeSet<DossierId>, DeskError> {
        let text = self.vault.setting(WAITING)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}

impl Change<'_> {
    /// The list follows the dossier, in the same commit.
    pub(crate) fn note_correction(&mut self) -> Result<(), DeskError> {
        let before = self.desk.waiting_ids()?;
        let mut waiting = before.clone();
        if self.dossier.waiting_correction().is_some() {
            waiting.insert(self.dossier.id);
        } else {
            waiting.remove(&self.dossier.id);
        }
        if waiting == before {
            return Ok(());
        }
        let text = serde_json::to_string(&waiting).unwrap_or_default();
        self.batch.settings.push((WAITING.to_owned(), text));
        Ok(())
    }
}

fn said(text: &str) -> Result<String, CorrectError> {
    match text.trim() {
        "" => Err(CorrectError::TextMissing),
        text if text.chars().count() > MAX_TEXT => Err(CorrectError::TextTooLong),
        text => Ok(text.to_owned()),
    }
}
