//! "Đối chiếu": what this counter sent, line by line, against what the warehouse says it has.
//!
//! A line of which this counter holds the warehouse's receipt and the warehouse knows nothing (a restore that nobody
//! announced) can be sent again: so the counters repair a server.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::ports::Batch;
use motcua_dossier::{Day, OpId, OutboxItem, OutboxState, Timestamp};
use motcua_wire::{MAX_ASKED, OpState, SignedReceipt};
use std::collections::BTreeMap;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a comparison found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reconciliation {
    /// When the warehouse was asked.
    pub at: Timestamp,
    /// Newest first; days on which nothing was sent are left out.
    pub days: Vec<ReconciledDay>,
}

/// The lines that were put into the outbox on one day and have left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReconciledDay {
    /// The day.
    pub day: Day,
    /// In the order they were made.
    pub lines: Vec<ReconciledLine>,
}

/// One line on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReconciledLine {
    /// As this counter has it.
    pub item: OutboxItem,
    /// Whether the sides agree.
    pub finding: Finding,
}

/// What both sides say of one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Received, with the same receipt.
    Received,
    /// The warehouse has it; its receipt is on its way here.
    Arriving,
    /// The warehouse keeps it until its files are there.
    Kept,
    /// Not there, and this counter does not say it is.
    Waiting,
    /// Refused, and this counter says so.
    Refused,
    /// The warehouse does not know it though this counter holds its receipt.
    Unknown,
    /// The sides say different things.
    Differs,
}

impl ReconciledDay {
    /// Lines of which that is true.
    #[must_use]
    pub fn count(&self, of: &[Finding]) -> u32 {
        u32::try_from(self.lines.iter().filter(|line| of.contains(&line.finding)).count()).unwrap_or(u32::MAX)
    }
}

impl Reconciliation {
    /// Lines that can be sent again to repair the warehouse.
    #[must_use]
    pub fn lost(&self) -> Vec<OpId> {
        let lines = self.days.iter().flat_map(|day| &day.lines);
        lines.filter(|line| line.finding == Finding::Unknown).map(|line| line.item.op).collect()
    }
}

impl Desk {
    /// Compares what left this counter in the last `days` days with what the warehouse has.
    ///
    /// # Errors
    /// No contact; the vault is closed.
    pub async fn reconcile(&self, days: u32) -> Result<Reconciliation, DeskError> {
        let now = self.clock.now();
        let since = Timestamp(now.0.saturating_sub(i64::from(days).saturating_mul(DAY_MS)));
        let mut lines = self.vault.outbox(true)?;
        let left =
            |item: &OutboxItem| item.attempts > 0 || matches!(item.state, OutboxState::Received { .. });
        lines.retain(|item| {
            let closed = matches!(item.state, OutboxState::Replaced | OutboxState::Withdrawn);
            left(item) && item.queued_at >= since && !closed
        });
        let mut by_day: BTreeMap<Day, Vec<ReconciledLine>> = BTreeMap::new();
        for part in lines.chunks(MAX_ASKED) {
            let ops: Vec<OpId> = part.iter().map(|item| item.op).collect();
            let there = self.warehouse.op_states(&ops).await?;
            for (item, there) in part.iter().zip(there) {
                // What came meanwhile is no difference.
                let Some(queued) = self.vault.queued(item.op)? else { continue };
                let finding = self.compare(&queued.item, queued.receipt.as_ref(), &there.state);
                let line = ReconciledLine { item: queued.item, finding };
                by_day.entry(line.item.queued_at.day()).or_default().push(line);
            }
        }
        let days = by_day.into_iter().rev().map(|(day, lines)| ReconciledDay { day, lines });
        Ok(Reconciliation { at: now, days: days.collect() })
    }

    fn compare(&self, item: &OutboxItem, held: Option<&SignedReceipt>, there: &OpState) -> Finding {
        let received = matches!(item.state, OutboxState::Received { .. });
        match there {
            OpState::Received { receipt, .. } if !self.speaks_of(receipt, item) => Finding::Differs,
            OpState::Received { .. } if !received => Finding::Arriving,
            OpState::Received { .. } if held.is_some_and(|held| self.speaks_of(held, item)) => {
                Finding::Received
            }
            OpState::Received { .. } => Finding::Differs,
            OpState::Kept { .. } if received => Finding::Differs,
            OpState::Kept { .. } => Finding::Kept,
            OpState::Refused { code } => match &item.state {
                OutboxState::NeedsAttention { code: here } if here == code => Finding::Refused,
                OutboxState::Received { .. } => Finding::Differs,
                _ => Finding::Waiting,
            },
            OpState::Unknown if received => Finding::Unknown,
            OpState::Unknown => Finding::Waiting,
        }
    }

    /// The receipt is of the pinned key and of this line with all its files.
    fn speaks_of(&self, receipt: &SignedReceipt, item: &OutboxItem) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.office.receipt_key).ok();
        let body = key.and_then(|key| receipt.verify(&key).ok());
        body.is_some_and(|body| {
            body.op_id == item.op
                && body.dossier == item.dossier
                && item.blobs.iter().all(|blob| body.blobs.contains(blob))
        })
    }

    /// Sends received lines again, the same operations under the same ids; those that are not received are left
    /// alone. Says how many.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn send_again(&self, ops: &[OpId]) -> Result<u32, DeskError> {
        let mut again = vec![];
        {
            let _writing = self.writing();
            for op in ops {
                let item = self.vault.queued(*op)?.map(|queued| queued.item);
                let received = item.filter(|item| matches!(item.state, OutboxState::Received { .. }));
                again.extend(received.map(|item| OutboxItem { state: OutboxState::Queued, ..item }));
            }
            if !again.is_empty() {
                self.vault.commit(&Batch { outbox: again.clone(), ..Batch::default() })?;
            }
        }
        self.wake.notify_one();
        Ok(u32::try_from(again.len()).unwrap_or(u32::MAX))
    }
}
