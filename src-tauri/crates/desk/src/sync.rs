//! Synchronising: one pass fetches what the counter needs offline, fills reservations and drains the
//! outbox. A pass may be cut anywhere: what it had not committed, the next one does again, once.

mod contact;
mod engine;
mod pull;
mod push;

pub(crate) use contact::RECENT;

use crate::desk::Desk;
use crate::error::{DeskError, link_code};
use crate::ports::{Batch, LinkError, VaultStatus};
use motcua_dossier::{DossierId, OpId, OutboxItem, OutboxState, Timestamp};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Something the window shows changed during a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncEvent {
    /// The status line.
    StatusChanged,
    /// A dossier on this machine.
    DossierChanged(DossierId),
    /// What is known of the office's dossiers.
    OfficeChanged,
    /// Bytes flowed for a line of the outbox.
    Sending {
        /// The line.
        op: OpId,
        /// Bytes the server has.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// Told of [`SyncEvent`]s; cheap, may be called often.
pub(crate) type OnEvent<'a> = &'a (dyn Fn(SyncEvent) + Send + Sync);

/// What a pass did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncReport {
    /// The warehouse was reached.
    pub online: bool,
    /// Stable code of what kept it from being reached, or of the last step that failed.
    pub problem: Option<&'static str>,
    /// Lines whose receipt arrived.
    pub received: u32,
    /// Lines that wait for another try.
    pub waiting: u32,
    /// Lines that need a person, and rows whose reserved paper cannot be had.
    pub attention: u32,
    /// Reserved papers that were attached.
    pub fetched: u32,
    /// The warehouse revoked this machine: the vault is sealed now.
    pub revoked: bool,
    /// When the next line is due.
    pub next_try: Option<Timestamp>,
}

const POLL: Duration = Duration::from_secs(30);
/// How often a locked counter asks whether it was revoked.
const ASK_LOCKED: Duration = Duration::from_secs(5 * 60);
const BACKOFF_FIRST: u64 = 2_000;
const BACKOFF_LAST: u64 = 300_000;

/// Milliseconds before the next try: 2 s doubling to 5 min, full jitter above a quarter of it.
fn backoff(attempts: u32, chance: u64) -> u64 {
    let cap = BACKOFF_FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(BACKOFF_LAST);
    let floor = cap / 4;
    floor + chance % (cap - floor + 1)
}

/// A step that failed is told in the report and does not keep the others from running; only the vault may.
fn note(outcome: Result<(), DeskError>, report: &mut SyncReport) -> Result<(), DeskError> {
    match outcome {
        Err(DeskError::Vault(error)) => Err(DeskError::Vault(error)),
        Err(error) => {
            report.revoked |= error == DeskError::Link(LinkError::Revoked);
            report.problem = Some(error.code());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

impl Desk {
    /// One pass. A second caller waits for the first and then passes again. No contact is an outcome.
    ///
    /// # Errors
    /// The vault is closed or fails.
    pub async fn sync_once(
        &self,
        cancel: &CancellationToken,
        on_event: &(dyn Fn(SyncEvent) + Send + Sync),
    ) -> Result<SyncReport, DeskError> {
        let _alone = self.syncing.lock().await;
        self.vault.counter()?;
        self.note_time()?;
        let mut report = SyncReport::default();
        match self.meet().await? {
            Ok((news, page)) => {
                report.online = true;
                if news {
                    on_event(SyncEvent::StatusChanged);
                }
                self.log_in_if_due().await?;
                let more = page.as_ref().is_none_or(|page| page.has_more);
                if let Some(page) = page {
                    note(self.take_in(page, on_event).await, &mut report)?;
                }
                self.refresh(cancel, on_event, &mut report).await?;
                self.drain(cancel, on_event, &mut report).await?;
                if report.online {
                    if more {
                        note(self.pull(cancel, on_event).await, &mut report)?;
                    }
                    self.close_answered()?;
                    self.tend_leases(on_event).await?;
                }
            }
            Err(error) => {
                self.forget_login();
                report.problem = Some(link_code(&error));
                report.revoked = error == LinkError::Revoked;
                self.put_off_all(&error)?;
            }
        }
        if report.revoked {
            self.seal().await?;
            on_event(SyncEvent::StatusChanged);
            return Ok(report);
        }
        self.tidy_files()?;
        self.summarize(&mut report)?;
        on_event(SyncEvent::StatusChanged);
        Ok(report)
    }

    /// Passes again and again until cancelled: at once when work is queued or [`Desk::retry_now`] asks,
    /// when a line is due, and every half minute. Ends by itself when the machine was revoked.
    pub async fn run_sync(&self, cancel: &CancellationToken, on_event: &(dyn Fn(SyncEvent) + Send + Sync)) {
        while !cancel.is_cancelled() {
            let mut pause = POLL;
            if matches!(self.vault.status(), VaultStatus::Open { .. }) {
                match self.sync_once(cancel, on_event).await {
                    Ok(report) if report.revoked => return,
                    Ok(report) => pause = self.pause_after(&report),
                    Err(error) => tracing::warn!(code = error.code(), "sync pass ended early"),
                }
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = self.wake.notified() => {}
                () = self.clock.sleep(pause) => {}
            }
        }
    }

    /// Asks now and then whether the warehouse still wants this machine, while nobody has opened the counter: a
    /// machine that was taken away is sealed at its first contact. Ends when cancelled.
    pub async fn watch_revocation(
        &self,
        cancel: &CancellationToken,
        on_event: &(dyn Fn(SyncEvent) + Send + Sync),
    ) {
        while !cancel.is_cancelled() {
            if matches!(self.vault.status(), VaultStatus::Locked { .. }) {
                match self.seal_if_revoked().await {
                    Ok(true) => on_event(SyncEvent::StatusChanged),
                    Ok(false) => {}
                    Err(error) => tracing::warn!(code = error.code(), "vault was not sealed"),
                }
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = self.clock.sleep(ASK_LOCKED) => {}
            }
        }
    }

    /// Asks the warehouse, and seals the vault when it has revoked this machine. No contact is a no.
    ///
    /// # Errors
    /// The vault could not be sealed.
    pub async fn seal_if_revoked(&self) -> Result<bool, DeskError> {
        let revoked = self.is_revoked().await;
        if revoked {
            self.seal().await?;
        }
        Ok(revoked)
    }

    /// Does the warehouse say that it revoked this machine. No contact is a no.
    pub async fn is_revoked(&self) -> bool {
        self.warehouse.op_states(&[]).await == Err(LinkError::Revoked)
    }

    /// From now on only the agency's recovery key opens what is here, sent or not. Where that cannot be written, on a
    /// full disk for one, the counter is locked all the same, and the next contact tries again.
    async fn seal(&self) -> Result<(), DeskError> {
        let sealed = {
            let _writing = self.writing();
            self.vault.seal(self.clock.now())
        };
        self.lock().await;
        sealed?;
        tracing::warn!("the warehouse revoked this machine; the vault is sealed");
        Ok(())
    }

    fn pause_after(&self, report: &SyncReport) -> Duration {
        let due = report.next_try.map_or(i64::MAX, |at| at.0.saturating_sub(self.clock.now().0));
        let longest = if report.online {
            u64::try_from(POLL.as_millis()).unwrap_or(u64::MAX)
        } else {
            self.backoff(self.live().failures)
        };
        Duration::from_millis(u64::try_from(due).unwrap_or(0).min(longest).max(250))
    }

    /// Pause before the next contact after so many failed ones.
    pub(crate) fn backoff(&self, attempts: u32) -> u64 {
        backoff(attempts, self.chance())
    }

    pub(crate) fn chance(&self) -> u64 {
        let mut bytes = [0u8; 8];
        self.random.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// The lines that waited for the network are due now that it is back.
    fn wake_offline_lines(&self) -> Result<(), DeskError> {
        let lost = ["linkOffline", "linkIntercepted", "linkUnauthorized", "deviceRevoked"];
        self.change_lines(|item| {
            let waits = matches!(item.state, OutboxState::WaitingForNetwork { .. });
            (waits && item.last_error.as_deref().is_some_and(|e| lost.contains(&e)))
                .then(|| OutboxItem { state: OutboxState::Queued, ..item.clone() })
        })
    }

    /// No contact: every queued line says so, with the next try.
    fn put_off_all(&self, error: &LinkError) -> Result<(), DeskError> {
        let code = link_code(error);
        let wait = self.backoff(self.live().failures);
        let next_try = Timestamp(self.clock.now().0 + i64::try_from(wait).unwrap_or(0));
        self.change_lines(|item| {
            matches!(item.state, OutboxState::Queued | OutboxState::Sending { .. }).then(|| OutboxItem {
                state: OutboxState::WaitingForNetwork { next_try },
                last_error: Some(code.to_owned()),
                ..item.clone()
            })
        })
    }

    fn change_lines(&self, act: impl Fn(&OutboxItem) -> Option<OutboxItem>) -> Result<(), DeskError> {
        let _writing = self.writing();
        let changed: Vec<OutboxItem> = self.vault.outbox(false)?.iter().filter_map(act).collect();
        if !changed.is_empty() {
            self.vault.commit(&Batch { outbox: changed, ..Batch::default() })?;
        }
        Ok(())
    }

    fn summarize(&self, report: &mut SyncReport) -> Result<(), DeskError> {
        let outbox = self.vault.outbox(false)?;
        report.attention += self.failed_rows(&outbox)?;
        for item in outbox {
            match item.state {
                OutboxState::NeedsAttention { .. } => report.attention += 1,
                OutboxState::WaitingForNetwork { next_try } => {
                    report.waiting += 1;
                    report.next_try = Some(report.next_try.map_or(next_try, |t| t.min(next_try)));
                }
                OutboxState::Queued | OutboxState::Sent | OutboxState::Sending { .. } => report.waiting += 1,
                OutboxState::Received { .. } | OutboxState::Replaced | OutboxState::Withdrawn => {}
            }
        }
        Ok(())
    }
}
