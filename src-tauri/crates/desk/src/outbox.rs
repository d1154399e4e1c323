//! The outbox as the officer sees it: never ahead of what is durable.

use crate::desk::{Change, Desk};
use crate::error::{DeskError, IntakeError};
use crate::ports::{Batch, QueuedOp};
use crate::replace::is_held;
use motcua_dossier::{DossierId, FeeAct, OpId, OutboxItem, OutboxKind, OutboxState};
use motcua_wire::{OpPayload, SignedReceipt};

/// The warehouse's word for a line that another one took the place of.
const REPLACED: &str = "opReplaced";

impl Desk {
    /// What leaves the machine, oldest first; received and replaced lines too when `all`. "Đang gửi (n %)" is laid
    /// over the durable state while bytes flow.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn outbox(&self, all: bool) -> Result<Vec<OutboxItem>, DeskError> {
        Ok(self.as_it_goes(self.vault.outbox(all)?))
    }

    /// The same of one dossier, every line.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn outbox_of(&self, dossier: DossierId) -> Result<Vec<OutboxItem>, DeskError> {
        Ok(self.as_it_goes(self.vault.outbox_of(dossier)?))
    }

    fn as_it_goes(&self, mut items: Vec<OutboxItem>) -> Vec<OutboxItem> {
        let live = self.live();
        for item in &mut items {
            if let Some(&(sent, total)) = live.sending.get(&item.op)
                && matches!(
                    item.state,
                    OutboxState::Queued | OutboxState::Sent | OutboxState::WaitingForNetwork { .. }
                )
            {
                item.state = OutboxState::Sending { sent, total };
            }
        }
        items
    }

    /// The signed receipt of a line, once held.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn signed_receipt(&self, op: OpId) -> Result<Option<SignedReceipt>, DeskError> {
        Ok(self.vault.queued(op)?.and_then(|q| q.receipt))
    }

    /// Makes every line that waits due now and wakes the sync loop.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn retry_now(&self) -> Result<(), DeskError> {
        {
            let _writing = self.writing();
            let waiting: Vec<OutboxItem> = self
                .vault
                .outbox(false)?
                .into_iter()
                .filter(|i| matches!(i.state, OutboxState::WaitingForNetwork { .. }))
                .map(|i| OutboxItem { state: OutboxState::Queued, ..i })
                .collect();
            if !waiting.is_empty() {
                self.vault.commit(&Batch { outbox: waiting, ..Batch::default() })?;
            }
        }
        self.wake.notify_one();
        Ok(())
    }

    /// "Gửi lại": sends a refused line once more, the same operation under the same id, after what it was
    /// refused for has been put right outside. An acceptance held back for a paper that could not be had
    /// asks for that paper again. A line the warehouse holds for replaced, though nothing took its place, is made anew: work
    /// that was taken back too late, and a restore since. A line that needs nobody is left alone.
    ///
    /// # Errors
    /// No such line, its dossier still lacks something, the vault is closed.
    pub async fn resend(&self, op: OpId) -> Result<(), DeskError> {
        let item = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?.item;
        if is_held(&item) {
            self.resume_acceptance(item.dossier)?;
        } else if matches!(&item.state, OutboxState::NeedsAttention { code } if code == REPLACED) {
            self.change(item.dossier, |change| {
                let queued = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?;
                self.make_anew(change, &queued)
            })?;
        } else {
            let _writing = self.writing();
            let item = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?.item;
            if matches!(item.state, OutboxState::NeedsAttention { .. }) {
                let again = OutboxItem { state: OutboxState::Queued, ..item };
                self.vault.commit(&Batch { outbox: vec![again], ..Batch::default() })?;
            }
        }
        self.wake.notify_one();
        Ok(())
    }

    /// The same under another id; whatever names the line names the new one.
    fn make_anew(&self, change: &mut Change<'_>, queued: &QueuedOp) -> Result<(), DeskError> {
        let before = queued.item.op;
        change.close(queued.item.clone());
        // What was numbered before the acceptance would be overtaken by it.
        let results = match queued.item.kind {
            OutboxKind::Acceptance => self.close_results(change)?,
            _ => vec![],
        };
        let (payload, blobs) = (queued.op.payload.clone(), queued.item.blobs.clone());
        let op = change.enqueue(queued.item.kind, payload, blobs)?;
        let dossier = &mut change.dossier;
        let rows = dossier.components.iter_mut().filter_map(|row| row.attachment.as_mut());
        let files = rows.chain(dossier.result.as_mut().map(|result| &mut result.attachment));
        for (filed_by, _) in files.filter_map(|file| file.digitized.as_mut()) {
            if *filed_by == before {
                *filed_by = op;
            }
        }
        let ids = dossier.fees.iter_mut().map(|line| &mut line.id);
        let ids = ids.chain(dossier.steps.iter_mut().map(|line| &mut line.id));
        for id in ids.chain(dossier.reports.iter_mut().map(|report| &mut report.op)) {
            if *id == before {
                *id = op;
            }
        }
        self.name_anew(change, before, op)?;
        self.number_again(change, results)
    }

    /// Queued lines of the dossier that name the line by its former id: they are made anew too, with the new one.
    fn name_anew(&self, change: &mut Change<'_>, before: OpId, now: OpId) -> Result<(), DeskError> {
        for item in self.vault.outbox_of(change.dossier.id)? {
            if item.state.is_closed() || item.op == before || self.live().in_flight.contains(&item.op) {
                continue;
            }
            let Some(queued) = self.vault.queued(item.op)? else { continue };
            let OpPayload::Fee(mut record) = queued.op.payload.clone() else { continue };
            let FeeAct::Reversed { entry, .. } = &mut record.act else { continue };
            if *entry != before {
                continue;
            }
            *entry = now;
            change.close(queued.item.clone());
            let op = change.enqueue(queued.item.kind, OpPayload::Fee(record.clone()), vec![])?;
            if let Some(line) = change.dossier.fees.iter_mut().find(|line| line.id == queued.item.op) {
                (line.id, line.record) = (op, *record);
            }
        }
        Ok(())
    }
}
