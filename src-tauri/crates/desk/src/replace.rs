//! Between "Tiếp nhận" and "Kho đã nhận": a paper that cannot be had, or that the warehouse refused, is replaced,
//! and the acceptance is made anew. The new one names those it takes the place of, so that the warehouse, which
//! may keep them or still get a late copy, never applies them.

use crate::accept::{counted_consents, evidence};
use crate::desk::{Change, Desk};
use crate::error::DeskError;
use crate::ports::QueuedOp;
use motcua_dossier::{
    Attachment, BlobId, ComponentRow, Dossier, DossierCode, DossierError, DossierId, FieldProblem, OpId,
    OutboxItem, OutboxKind, OutboxState, ReceiptChange, Reservation,
};
use motcua_wire::{AcceptedDossier, OpPayload};

/// Why an acceptance stays here until someone has put its papers right.
pub(crate) const HELD: &str = "acceptanceHeld";

impl Desk {
    /// Rows that take new content now: every unfiled row of a draft, and in an accepted dossier that the warehouse
    /// does not have yet the rows whose paper cannot be had.
    ///
    /// # Errors
    /// Unknown dossier, the vault is closed.
    pub async fn open_rows(&self, id: DossierId) -> Result<Vec<u32>, DeskError> {
        let dossier = self.stored(id)?;
        let mut open = vec![];
        for row in &dossier.components {
            match self.may_capture(&dossier, row.number) {
                Ok(()) => open.push(row.number),
                Err(DeskError::Dossier(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(open)
    }

    /// The acceptance of a dossier as long as another may take its place: it never left this machine, waits in
    /// the warehouse for what cannot come, or was refused for a paper it reuses. Not while it is on its way.
    pub(crate) fn open_acceptance(&self, id: DossierId) -> Result<Option<QueuedOp>, DeskError> {
        let open = |item: &OutboxItem| {
            item.kind == OutboxKind::Acceptance
                && match item.state {
                    OutboxState::NeedsAttention { .. } => is_held(item) || refused_for_paper(item),
                    OutboxState::Received { .. } | OutboxState::Replaced | OutboxState::Withdrawn => false,
                    OutboxState::Queued
                    | OutboxState::Sent
                    | OutboxState::Sending { .. }
                    | OutboxState::WaitingForNetwork { .. } => true,
                }
        };
        let Some(item) = self.vault.outbox_of(id)?.into_iter().find(open) else { return Ok(None) };
        if self.live().in_flight.contains(&item.op) {
            return Ok(None);
        }
        Ok(self.vault.queued(item.op)?)
    }

    /// May a row of a dossier that is no draft take another paper: the citizen is asked for more, or its acceptance is
    /// not applied, and what it promised of the row cannot be had or is already being replaced.
    pub(crate) fn may_replace(&self, dossier: &Dossier, row: &ComponentRow) -> Result<(), DeskError> {
        if self.may_supply(dossier, row)? {
            return Ok(());
        }
        let Some(unsent) = self.open_acceptance(dossier.id)? else {
            return Err(DossierError::NotDraft.into());
        };
        let refused = match row.attachment.as_ref().and_then(|a| a.digitized) {
            Some((op, _)) => self.is_refused(op)?,
            None => false,
        };
        let replaced = promised(&unsent)
            .and_then(|accepted| accepted.components.iter().find(|c| c.number == row.number))
            .is_some_and(|promise| promise.source != evidence(row).source);
        let suspected = refused_for_paper(&unsent.item) && row.reuse().is_some();
        if refused || replaced || suspected || failed(row) {
            Ok(())
        } else {
            Err(DossierError::NotDraft.into())
        }
    }

    /// Brings the open acceptance in line with its dossier, in the same commit: held while something is
    /// missing, made anew when it says something else, due again when it was held and is right now.
    pub(crate) fn settle_acceptance(&self, change: &mut Change<'_>) -> Result<(), DeskError> {
        let Some(unsent) = self.open_acceptance(change.dossier.id)? else { return Ok(()) };
        let Some(accepted) = promised(&unsent).cloned() else { return Ok(()) };
        let held = is_held(&unsent.item);
        if !missing(&change.dossier).is_empty() {
            if !held {
                change.batch.outbox.push(hold(&unsent.item));
            }
            return Ok(());
        }
        let said = self.said_at_acceptance(&change.dossier, &accepted)?;
        if said == accepted.components && counted_consents(&change.dossier) == accepted.consents {
            if held {
                let due = OutboxItem { state: OutboxState::Queued, last_error: None, ..unsent.item };
                change.batch.outbox.push(due);
                change.wakes = true;
            }
            return Ok(());
        }
        let code = accepted.code.clone();
        self.accept_anew(change, unsent.item, &accepted, code, ReceiptChange::Papers)
    }

    /// The acceptance of the dossier as it is now, with its receipt, takes the place of the open one.
    /// The citizen holds the earlier receipt: it must be printed again.
    /// A result that waits behind it is made anew too: the warehouse takes the operations of a dossier in
    /// the order in which the counter numbered them.
    fn accept_anew(
        &self,
        change: &mut Change<'_>,
        unsent: OutboxItem,
        accepted: &AcceptedDossier,
        code: DossierCode,
        why: ReceiptChange,
    ) -> Result<(), DeskError> {
        let (at, deadline) = (accepted.accepted_at, &accepted.deadline);
        change.close(unsent);
        let results = self.close_results(change)?;
        let receipt = self.queue_acceptance(change, &code, at, deadline, &accepted.officer)?;
        change.dossier.code = Some(code);
        change.dossier.receipt = Some(receipt);
        change.dossier.reprint.insert(why);
        self.number_again(change, results)
    }

    /// Results that wait behind an acceptance; what follows takes their place.
    pub(crate) fn close_results(&self, change: &mut Change<'_>) -> Result<Vec<OutboxItem>, DeskError> {
        let open = |item: &OutboxItem| item.kind == OutboxKind::Result && !item.state.is_closed();
        let results: Vec<OutboxItem> =
            self.vault.outbox_of(change.dossier.id)?.into_iter().filter(open).collect();
        results.iter().for_each(|item| change.close(item.clone()));
        Ok(results)
    }

    /// They get new numbers after it.
    pub(crate) fn number_again(
        &self,
        change: &mut Change<'_>,
        results: Vec<OutboxItem>,
    ) -> Result<(), DeskError> {
        for item in results {
            let Some(waiting) = self.vault.queued(item.op)? else { continue };
            let op = change.enqueue(OutboxKind::Result, waiting.op.payload, item.blobs.clone())?;
            if let Some(result) = &mut change.dossier.result
                && let Some((filed_by, _)) = &mut result.attachment.digitized
                && *filed_by == item.op
            {
                *filed_by = op;
            }
        }
        Ok(())
    }

    /// A final code for a dossier that was accepted while the block was dry and whose acceptance has not
    /// left (decision 14): the code is of the day of acceptance, the receipt is made anew. False when
    /// there was nothing to replace or no code of that day is held.
    pub(crate) fn name_finally(&self, id: DossierId) -> Result<bool, DeskError> {
        let mut named = false;
        self.change(id, |change| {
            let Some(unsent) = self.open_acceptance(id)? else { return Ok(()) };
            let Some(accepted) = promised(&unsent).cloned() else { return Ok(()) };
            let Some(code) = self.leased_code(change, accepted.accepted_at.day())? else { return Ok(()) };
            named = true;
            self.accept_anew(change, unsent.item, &accepted, code, ReceiptChange::FinalCode)
        })?;
        Ok(named)
    }

    /// This receipt was printed or saved for the citizen. One that is no longer the dossier's was printed
    /// for nothing: the dossier goes on asking.
    ///
    /// # Errors
    /// Unknown dossier, the vault is closed.
    pub async fn receipt_printed(&self, id: DossierId, receipt: BlobId) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        if dossier.reprint.is_empty() {
            return Ok(dossier);
        }
        self.change(id, |change| {
            if change.dossier.receipt == Some(receipt) {
                change.dossier.reprint.clear();
            }
            Ok(())
        })
    }

    /// A held acceptance is tried again: what could not be fetched is asked for once more.
    pub(crate) fn resume_acceptance(&self, id: DossierId) -> Result<Dossier, DeskError> {
        self.change(id, |change| {
            for row in &mut change.dossier.components {
                if let Some(held) = &mut row.reservation {
                    held.problem = None;
                }
            }
            match missing(&change.dossier) {
                problems if problems.is_empty() => Ok(()),
                problems => Err(DossierError::Incomplete(problems).into()),
            }
        })
    }

    /// Rows of this counter whose reserved paper cannot be had and that no held acceptance tells of.
    pub(crate) fn failed_rows(&self, outbox: &[OutboxItem]) -> Result<u32, DeskError> {
        let known = self.live().failed_rows.clone();
        let by_dossier = match known {
            Some(known) => known,
            None => {
                let _writing = self.writing();
                let all = self.vault.dossiers("", crate::sync::RECENT)?;
                let found: std::collections::BTreeMap<_, _> =
                    all.iter().map(|d| (d.id, failed_of(d))).filter(|(_, n)| *n > 0).collect();
                self.live().failed_rows = Some(found.clone());
                found
            }
        };
        let told = |id: DossierId| outbox.iter().any(|i| i.dossier == id && is_held(i));
        Ok(by_dossier.iter().filter(|(id, _)| !told(**id)).map(|(_, n)| n).sum())
    }
}

impl Change<'_> {
    /// The row, to be changed now. What was true when the work began is asked again: the row may have
    /// been filed, or the dossier accepted or sent, while a device or the network was waited for.
    ///
    /// # Errors
    /// No such row; it takes nothing now.
    pub(crate) fn row_mut(&mut self, component: u32) -> Result<&mut ComponentRow, DeskError> {
        self.desk.may_capture(&self.dossier, component)?;
        let row = self.dossier.components.iter_mut().find(|c| c.number == component);
        Ok(row.ok_or(DossierError::NoSuchComponent(component))?)
    }

    /// Gives the row other contents, or none. What it held goes: a refused paper's line is closed, and a
    /// paper of the warehouse no row reuses any more leaves the confirmations.
    ///
    /// # Errors
    /// No such row; it takes nothing now.
    pub(crate) fn fill(
        &mut self,
        component: u32,
        attachment: Option<Attachment>,
        reservation: Option<Reservation>,
    ) -> Result<(), DeskError> {
        let row = self.row_mut(component)?;
        let reused = row.reuse().map(|r| r.document);
        let gone = std::mem::replace(&mut row.attachment, attachment);
        row.reservation = reservation;
        row.waiver = None;
        self.let_go(gone.as_ref())?;
        if let Some(document) = reused
            && !self.dossier.reused().any(|r| r.document == document)
        {
            self.dossier.forget_consent(document);
        }
        Ok(())
    }

    /// A refused paper that leaves its row needs nobody any more: its line is closed.
    fn let_go(&mut self, paper: Option<&Attachment>) -> Result<(), DeskError> {
        let Some((op, _)) = paper.and_then(|a| a.digitized) else { return Ok(()) };
        self.close_refused(op)
    }

    fn close_refused(&mut self, op: OpId) -> Result<(), DeskError> {
        if let Some(queued) = self.desk.vault.queued(op)?
            && matches!(queued.item.state, OutboxState::NeedsAttention { .. })
        {
            self.close(queued.item);
        }
        Ok(())
    }
}

/// The line as it waits for its officer; the warehouse has nothing of it.
pub(crate) fn hold(item: &OutboxItem) -> OutboxItem {
    OutboxItem {
        state: OutboxState::NeedsAttention { code: HELD.to_owned() },
        last_error: Some(HELD.to_owned()),
        attempts: 0,
        ..item.clone()
    }
}

/// It waits because of its dossier's papers, not because it was refused.
pub(crate) fn is_held(item: &OutboxItem) -> bool {
    matches!(&item.state, OutboxState::NeedsAttention { code } if code == HELD)
}

/// The warehouse refused it for one of the papers it reuses: nothing of it was applied.
fn refused_for_paper(item: &OutboxItem) -> bool {
    const PAPER: [&str; 7] = [
        "documentBadSignature",
        "documentCancelled",
        "documentExpired",
        "documentNotShared",
        "documentNotSynced",
        "documentOfOtherPerson",
        "documentUnknown",
    ];
    matches!(&item.state, OutboxState::NeedsAttention { code } if PAPER.contains(&code.as_str()))
}

/// The warehouse cannot know of it: it is marked as tried before it leaves.
pub(crate) fn never_left(item: &OutboxItem) -> bool {
    item.attempts == 0 && !item.state.is_closed()
}

/// What an accepted dossier lacks to be what was accepted.
pub(crate) fn missing(dossier: &Dossier) -> Vec<FieldProblem> {
    let mut problems = dossier.problems();
    problems.retain(|p| p.field != "state");
    problems
}

/// A paper is still to be fetched.
pub(crate) fn awaits_paper(dossier: &Dossier) -> bool {
    let awaited = |row: &ComponentRow| row.attachment.is_none() && row.reservation.is_some() && !failed(row);
    dossier.components.iter().any(awaited)
}

/// Rows of a dossier whose reserved paper cannot be had.
pub(crate) fn failed_of(dossier: &Dossier) -> u32 {
    u32::try_from(dossier.components.iter().filter(|row| failed(row)).count()).unwrap_or(u32::MAX)
}

fn failed(row: &ComponentRow) -> bool {
    row.attachment.is_none() && row.reservation.as_ref().is_some_and(|r| r.problem.is_some())
}

fn promised(queued: &QueuedOp) -> Option<&AcceptedDossier> {
    match &queued.op.payload {
        OpPayload::AcceptDossier(accepted) => Some(accepted),
        OpPayload::FileDocument { .. }
        | OpPayload::Submit(_)
        | OpPayload::Decline(_)
        | OpPayload::ReturnResult(_)
        | OpPayload::Withdraw(_)
        | OpPayload::Fee(_)
        | OpPayload::Step(_)
        | OpPayload::Feedback(_) => None,
    }
}

/// The dossier has left the draft: from here on its acceptance must follow what changes.
pub(crate) fn is_accepted(dossier: &Dossier) -> bool {
    dossier.state.acceptance().is_some()
}
