//! The first half of a pass: what the counter needs when the network is gone again.

use super::{OnEvent, SyncEvent, SyncReport};
use crate::desk::Desk;
use crate::error::{DeskError, link_code};
use crate::identity::is_unsure;
use crate::ports::{Batch, LinkError};
use crate::replace::never_left;
use motcua_dossier::{
    Day, Dossier, DossierId, DossierState, OutboxItem, OutboxKind, OutboxState, Reservation, Timestamp,
};
use motcua_wire::LeaseBlock;
use tokio_util::sync::CancellationToken;

/// Codes held per day; topped up when half of them are gone.
const BLOCK: u32 = 20;
/// Which history of the warehouse this counter knows.
const EPOCH: &str = "warehouse_epoch";
/// Dossiers looked at for re-checks, reservations and owners.
pub(crate) const RECENT: u32 = 300;
/// Drafts whose owner's papers are kept fresh, and how fresh.
const OWNERS: usize = 20;
const OWNER_MILLIS: i64 = 10 * 60 * 1000;

impl Desk {
    /// Asks who is there; notes contact and the server's clock, and wakes what waited for the network.
    /// No contact is an outcome; true in it when there was none before.
    pub(crate) async fn contact(&self) -> Result<Result<bool, LinkError>, DeskError> {
        match self.warehouse.about().await {
            Ok(about) => self.reached(about.epoch, about.time).map(Ok),
            Err(error) => {
                self.missed(&error);
                Ok(Err(error))
            }
        }
    }

    /// The warehouse answered. True when there was no contact before.
    pub(super) fn reached(&self, epoch: u64, time: Timestamp) -> Result<bool, DeskError> {
        let now = self.clock.now();
        let news = {
            let mut live = self.live();
            let news = live.online != Some(true);
            live.online = Some(true);
            live.last_contact = Some(now);
            live.note_offset(time.0 - now.0);
            live.failures = 0;
            live.trouble = None;
            news
        };
        if let Err(error) = self.note_epoch(epoch) {
            tracing::warn!(code = error.code(), "epoch of the warehouse was not noted");
        }
        if news {
            self.wake_offline_lines()?;
        }
        Ok(news)
    }

    /// It did not.
    pub(super) fn missed(&self, error: &LinkError) {
        let mut live = self.live();
        live.online = Some(false);
        live.trouble = Some(link_code(error));
        live.failures = live.failures.saturating_add(1);
    }

    /// Steps that fail are told in the report and do not keep the others from running; only the vault may.
    pub(super) async fn refresh(
        &self,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) -> Result<(), DeskError> {
        let mut note = |outcome: Result<(), DeskError>| super::note(outcome, report);
        if self.wants_reference()? {
            note(self.refresh_reference().await.map(|_| ()))?;
        }
        let reference = self.vault.reference()?;
        let today = self.clock.now().day();
        for day in [today, reference.calendar.next_working(today)] {
            note(self.top_up(day, today).await)?;
        }
        note(self.name_all_finally(today, on_event).await)?;
        let recent = self.vault.dossiers("", RECENT)?;
        for dossier in &recent {
            if cancel.is_cancelled() {
                return Ok(());
            }
            if is_unsure(&dossier.identity) {
                note(self.recheck_by_itself(dossier).await.map(|known| {
                    if known {
                        on_event(SyncEvent::DossierChanged(dossier.id));
                    }
                }))?;
            }
        }
        let mut fetched = 0;
        let mut waiting: Vec<Dossier> = vec![];
        for item in self.vault.outbox(false)? {
            let known = recent.iter().chain(&waiting).any(|d| d.id == item.dossier);
            if item.kind == OutboxKind::Acceptance && !known {
                waiting.extend(self.vault.dossier(item.dossier)?);
            }
        }
        for dossier in recent.iter().chain(&waiting) {
            for row in &dossier.components {
                if let Some(reservation) = row.reservation.as_ref().filter(|r| r.problem.is_none())
                    && !cancel.is_cancelled()
                {
                    match self.fill(dossier.id, reservation, cancel).await {
                        Ok(true) => {
                            fetched += 1;
                            on_event(SyncEvent::DossierChanged(dossier.id));
                        }
                        Ok(false) => on_event(SyncEvent::DossierChanged(dossier.id)),
                        Err(error) => note(Err(error))?,
                    }
                }
            }
        }
        for dossier in recent.iter().filter(|d| d.state == DossierState::Draft).take(OWNERS) {
            if cancel.is_cancelled() {
                break;
            }
            note(self.refresh_papers(dossier, OWNER_MILLIS).await.map(|_| ()))?;
        }
        report.fetched = fetched;
        Ok(())
    }

    pub(crate) fn known_epoch(&self) -> Result<Option<u64>, DeskError> {
        Ok(self.vault.setting(EPOCH)?.and_then(|epoch| epoch.parse().ok()))
    }

    /// A restored warehouse has a higher epoch and may lack what it once confirmed: every line goes again.
    /// What it still has, it answers with the same receipt.
    fn note_epoch(&self, epoch: u64) -> Result<(), DeskError> {
        let _writing = self.writing();
        let known = self.known_epoch()?;
        if known == Some(epoch) {
            return Ok(());
        }
        let mut batch = Batch { settings: vec![(EPOCH.to_owned(), epoch.to_string())], ..Batch::default() };
        if known.is_some_and(|k| k < epoch) {
            batch.outbox = self
                .vault
                .outbox(true)?
                .into_iter()
                .filter(|i| matches!(i.state, OutboxState::Received { .. } | OutboxState::Sent))
                .map(|i| OutboxItem { state: OutboxState::Queued, ..i })
                .collect();
        }
        self.vault.commit(&batch)?;
        Ok(())
    }

    async fn top_up(&self, day: Day, today: Day) -> Result<(), DeskError> {
        let agency = &self.office.agency_code;
        let left: u32 = self
            .vault
            .blocks()?
            .iter()
            .filter(|b| b.agency == *agency && b.day == day)
            .map(motcua_dossier::NumberBlock::left)
            .sum();
        if left > BLOCK / 2 {
            return Ok(());
        }
        let request = LeaseBlock { agency: agency.clone(), day, count: BLOCK - left };
        let leased = self.warehouse.lease_block(&request).await?;
        let _writing = self.writing();
        let mut blocks = self.vault.blocks()?;
        blocks.retain(|b| b.day >= today && b.left() > 0);
        blocks.push(leased);
        self.vault.commit(&Batch { blocks: Some(blocks), ..Batch::default() })?;
        Ok(())
    }

    /// Provisional codes whose dossiers have not left become final ones, of the day of acceptance.
    async fn name_all_finally(&self, today: Day, on_event: OnEvent<'_>) -> Result<(), DeskError> {
        for item in self.vault.outbox(false)? {
            if item.kind != OutboxKind::Acceptance || !never_left(&item) {
                continue;
            }
            let dossier = self.stored(item.dossier)?;
            let Some((at, _)) = dossier.state.acceptance() else { continue };
            if dossier.code.is_none_or(|code| code.is_final()) {
                continue;
            }
            self.top_up(at.day(), at.day().min(today)).await?;
            if self.name_finally(dossier.id)? {
                on_event(SyncEvent::DossierChanged(dossier.id));
            }
        }
        Ok(())
    }

    /// Fetches, verifies and attaches a reserved paper; a paper that is refused for good says why on its
    /// row. True when it was attached.
    async fn fill(
        &self,
        id: DossierId,
        reservation: &Reservation,
        cancel: &CancellationToken,
    ) -> Result<bool, DeskError> {
        let reuse = &reservation.reuse;
        let outcome = match self.fetch_verified(&reservation.blob, reuse, 0, &|_, _| {}, cancel).await {
            Ok(attachment) => Ok(attachment),
            Err(DeskError::File(reason)) => Err(reason.code()),
            Err(DeskError::Link(LinkError::Refused(_))) => Err("documentFileGone"),
            Err(DeskError::Link(error)) => {
                tracing::debug!(code = link_code(&error), "reserved paper not fetched");
                return Err(error.into());
            }
            Err(error) => return Err(error),
        };
        let attached = outcome.is_ok();
        self.change(id, |change| {
            match outcome {
                Ok(attachment) => change.dossier.fill_reservation(reuse.document, &attachment),
                Err(code) => {
                    for row in &mut change.dossier.components {
                        if let Some(held) = &mut row.reservation
                            && held.reuse.document == reuse.document
                        {
                            held.problem = Some(code.to_owned());
                        }
                    }
                }
            }
            Ok(())
        })?;
        Ok(attached)
    }
}
