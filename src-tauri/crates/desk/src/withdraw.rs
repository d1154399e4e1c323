//! Taking unsent work back. Nothing is deleted: a supervisor agrees, a reason is given, the work is sealed into a
//! package before, its lines stay listed, and the warehouse is told, so that it never applies what it may have.

use crate::desk::{Change, Desk};
use crate::error::{DeskError, IntakeError, WithdrawError};
use crate::ports::{QueuedOp, VaultError};
use crate::unlock::login;
use motcua_dossier::{
    CorrectionState, Dossier, DossierState, FeedbackAct, OpId, OutboxItem, OutboxKind, OutboxState, Report,
    Withdrawal, same_officer,
};
use motcua_wire::{OpPayload, WithdrawnWork};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Letters a reason has at least.
const SHORTEST_REASON: usize = 10;

/// The warehouse's answer when it had applied something of what is taken back.
const TOO_LATE: &str = "withdrawTooLate";

impl Desk {
    /// What goes when this line is taken back: a step, a word that a dossier is not accepted, an opinion or a draft's
    /// paper goes alone, a result or a correction of it with the corrections that build on it, an entry of the fees
    /// with its reversal, of an accepted dossier all that is unsent, for an acceptance without its papers, or they without it, would be half a dossier.
    ///
    /// # Errors
    /// No such unsent line, the vault is closed.
    pub async fn withdrawal_of(&self, op: OpId) -> Result<Vec<OutboxItem>, DeskError> {
        self.goes_with(op)
    }

    fn goes_with(&self, op: OpId) -> Result<Vec<OutboxItem>, DeskError> {
        let item = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?.item;
        if item.state.is_closed() || item.kind == OutboxKind::Withdrawal {
            return Err(WithdrawError::Nothing.into());
        }
        // An answer to a feedback is of no dossier: it is said anew, not taken back.
        let dossier = self.vault.dossier(item.dossier)?.ok_or(WithdrawError::Nothing)?;
        let mut lines = self.vault.outbox_of(item.dossier)?;
        lines.retain(|line| !line.state.is_closed());
        match item.kind {
            // A correction builds on the result and on the one before it. Several are unsent only when the warehouse was
            // restored and is told everything again.
            OutboxKind::Result | OutboxKind::Step => {
                let corrections = dossier.steps.iter().filter(|step| step.record.act.corrected().is_some());
                let corrections: Vec<OpId> = corrections.map(|step| step.id).collect();
                let from = match item.kind {
                    OutboxKind::Result => Some(0),
                    _ => corrections.iter().position(|correction| *correction == op),
                };
                let built_on = from.and_then(|from| corrections.get(from..)).unwrap_or_default();
                lines.retain(|line| line.op == op || built_on.contains(&line.op));
                return Ok(lines);
            }
            OutboxKind::Decline | OutboxKind::Feedback => return Ok(vec![item]),
            OutboxKind::Document if dossier.state == DossierState::Draft => return Ok(vec![item]),
            // A reversal of what was never entered reverses nothing.
            OutboxKind::Fee => {
                let reversals = dossier.reversals_of(op);
                lines.retain(|line| line.op == op || reversals.contains(&line.op));
                return Ok(lines);
            }
            OutboxKind::Document | OutboxKind::Acceptance | OutboxKind::Withdrawal => {}
        }
        lines.retain(|line| line.kind != OutboxKind::Withdrawal);
        Ok(lines)
    }

    /// Takes the line back, with what [`Desk::withdrawal_of`] tells. `approver` is a colleague enrolled at this
    /// counter, known by the secret; wrong ones are counted as at the unlocking. Where the warehouse knows the
    /// office's officers he is a supervisor by its last word, which is no older than the days without contact; in
    /// an office without officers any colleague may. Blocks while the package is sealed and the secret is
    /// stretched.
    ///
    /// # Errors
    /// No such unsent line, or it is on its way right now; no reason; the officer himself; a wrong secret; no
    /// supervisor; the vault is closed or full.
    pub fn withdraw(
        &self,
        op: OpId,
        reason: &str,
        approver: &str,
        secret: &Zeroizing<String>,
    ) -> Result<Dossier, DeskError> {
        let reason = reason.trim();
        if reason.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST_REASON {
            return Err(WithdrawError::ReasonMissing.into());
        }
        let (officer, approver) = (self.officer(), login(approver));
        if same_officer(&approver, &officer) {
            return Err(WithdrawError::ApproverIsOfficer.into());
        }
        self.try_secret(&approver, || self.vault.proves(&approver, secret))?;
        self.may_approve(&approver)?;
        let lines = self.goes_with(op)?;
        let ops: Vec<OpId> = lines.iter().map(|line| line.op).collect();
        let mut sealed = Vec::new();
        let written = self.export_package(&ops, &mut sealed)?;
        let package = self.vault.put_blob(&sealed)?;
        drop(sealed);
        let dossier = lines.first().ok_or(WithdrawError::Nothing)?.dossier;
        let changed = self.change(dossier, |change| {
            let at = change.now;
            for op in &ops {
                if self.live().in_flight.contains(op) {
                    return Err(WithdrawError::OnItsWay.into());
                }
                let queued = self.vault.queued(*op)?.filter(|q| !q.item.state.is_closed());
                change.take_back(queued.ok_or(WithdrawError::Nothing)?);
            }
            let work = WithdrawnWork {
                ops: ops.clone(),
                reason: reason.to_owned(),
                officer: officer.clone(),
                approved_by: approver.clone(),
                at,
            };
            change.note_correction()?;
            change.enqueue(OutboxKind::Withdrawal, OpPayload::Withdraw(Box::new(work)), vec![])?;
            change.dossier.withdrawals.push(Withdrawal {
                at,
                officer: officer.clone(),
                approved_by: approver.clone(),
                reason: reason.to_owned(),
                ops: ops.clone(),
                package,
                too_late: false,
            });
            if lines.iter().any(|line| line.kind == OutboxKind::Acceptance) {
                let was = Box::new(change.dossier.state.clone());
                change.dossier.state = DossierState::Withdrawn { at, was };
            }
            Ok(())
        })?;
        self.package_saved(&written)?;
        Ok(changed)
    }

    /// The sealed package of a line that was taken back.
    ///
    /// # Errors
    /// No such line, the vault is closed.
    pub async fn withdrawn_package(&self, op: OpId) -> Result<Vec<u8>, DeskError> {
        let line = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?.item;
        let withdrawals = self.stored(line.dossier)?.withdrawals;
        let of_line = withdrawals.iter().rev().find(|w| w.ops.contains(&op)).ok_or(WithdrawError::Nothing)?;
        Ok(self.vault.blob(&of_line.package)?.ok_or(VaultError::Damaged)?)
    }

    /// The warehouse had applied one of the lines before it heard that they were taken back: all of them go on as
    /// if they had never been, and the dossier remembers what was tried. True when this was such an answer.
    pub(crate) fn was_too_late(&self, answered: &OutboxItem) -> Result<bool, DeskError> {
        let refused = matches!(&answered.state, OutboxState::NeedsAttention { code } if code == TOO_LATE);
        if !refused || answered.kind != OutboxKind::Withdrawal {
            return Ok(false);
        }
        let Some(queued) = self.vault.queued(answered.op)? else { return Ok(false) };
        let OpPayload::Withdraw(work) = queued.op.payload else { return Ok(false) };
        self.change(answered.dossier, |change| {
            let ops: BTreeSet<OpId> = work.ops.iter().copied().collect();
            for op in &ops {
                if let Some(line) = self.vault.queued(*op)?.filter(|q| q.item.state == OutboxState::Withdrawn)
                {
                    change.go_on(line);
                }
            }
            for withdrawal in &mut change.dossier.withdrawals {
                withdrawal.too_late |= withdrawal.ops == work.ops;
            }
            if let DossierState::Withdrawn { was, .. } = &change.dossier.state {
                change.dossier.state = (**was).clone();
            }
            change.batch.outbox.push(OutboxItem { state: OutboxState::Replaced, ..answered.clone() });
            change.wakes = true;
            Ok(())
        })?;
        Ok(true)
    }
}

impl Change<'_> {
    /// The line is closed; its paper may be filed anew.
    fn take_back(&mut self, queued: QueuedOp) {
        let op = queued.item.op;
        self.void_fee(op, true);
        self.void_step(op, true);
        let dossier = &mut self.dossier;
        dossier.reports.retain(|report| report.op != op);
        dossier.replaced.insert(op);
        // What the warehouse has said to be declined stays so, whoever told it first.
        let said_there = |state: &OutboxState| matches!(state, OutboxState::NeedsAttention { code } if code == "alreadyDeclined" || code == "alreadyAccepted");
        if matches!(queued.op.payload, OpPayload::Decline(_)) && !said_there(&queued.item.state) {
            dossier.state = DossierState::Draft;
        }
        if dossier.state == DossierState::Draft {
            for row in &mut dossier.components {
                if let Some(paper) =
                    row.attachment.as_mut().filter(|a| a.digitized.is_some_and(|(by, _)| by == op))
                {
                    paper.digitized = None;
                }
            }
        }
        if let (DossierState::Completed { accepted_at, deadline, .. }, OpPayload::ReturnResult(_)) =
            (&dossier.state, &queued.op.payload)
        {
            dossier.state = DossierState::Accepted { at: *accepted_at, deadline: deadline.clone() };
            if let Some(result) = &mut dossier.result {
                result.attachment.digitized = None;
            }
            // What was to be put right is not returned any more.
            let at = self.now;
            for asked in
                dossier.corrections.iter_mut().filter(|asked| asked.state == CorrectionState::Waiting)
            {
                asked.state = CorrectionState::TakenBack { at };
            }
        }
        self.batch.outbox.push(OutboxItem { state: OutboxState::Withdrawn, ..queued.item });
    }

    /// The line is open again, and its paper filed by it unless another was filed meanwhile.
    fn go_on(&mut self, queued: QueuedOp) {
        let op = queued.item.op;
        self.void_fee(op, false);
        self.void_step(op, false);
        let dossier = &mut self.dossier;
        dossier.replaced.remove(&op);
        match &queued.op.payload {
            OpPayload::FileDocument { record, .. } => {
                for row in &mut dossier.components {
                    let unfiled =
                        |a: &&mut motcua_dossier::Attachment| a.blob == record.blob && a.digitized.is_none();
                    if let Some(paper) = row.attachment.as_mut().filter(unfiled) {
                        paper.digitized = Some((op, record.id));
                    }
                }
            }
            OpPayload::ReturnResult(returned) => {
                if let (DossierState::Accepted { at, deadline }, Some(result)) =
                    (&dossier.state, &mut dossier.result)
                    && result.attachment.blob == returned.record.blob
                {
                    result.attachment.digitized = Some((op, returned.record.id));
                    dossier.state = DossierState::Completed {
                        at: returned.returned_at,
                        accepted_at: *at,
                        deadline: deadline.clone(),
                    };
                }
            }
            OpPayload::Feedback(record) => {
                if let FeedbackAct::Given { document, reason, .. } = &record.act {
                    dossier.reports.push(Report { op, document: *document, reason: *reason });
                }
            }
            // One that was accepted meanwhile stays so: its acceptance names what it takes the place of.
            OpPayload::Decline(declined) => {
                if dossier.state == DossierState::Draft {
                    dossier.state = DossierState::Declined(Box::new(declined.record.clone()));
                }
            }
            OpPayload::AcceptDossier(_)
            | OpPayload::Submit(_)
            | OpPayload::Withdraw(_)
            | OpPayload::Fee(_)
            | OpPayload::Step(_) => {}
        }
        self.batch.outbox.push(OutboxItem { state: OutboxState::Queued, ..queued.item });
    }
}
