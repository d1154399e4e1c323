//! The second half of a pass: does what the [`Engine`] says and commits what the answers mean.

use super::engine::{Ended, Engine, Line, Moment, Task, Upload, Verdict};
use super::{OnEvent, SyncEvent, SyncReport};
use crate::desk::{Desk, Flow};
use crate::error::{DeskError, link_code};
use crate::ports::{Batch, KeptConflict, LinkError, QueuedOp};
use crate::replace::{awaits_paper, hold, is_held, missing, never_left};
use futures_util::stream::{FuturesUnordered, StreamExt};
use motcua_dossier::{BlobId, OpId, OutboxItem, OutboxKind, OutboxState};
use motcua_wire::{OpsRequest, SignedReceipt};
use std::pin::pin;
use tokio_util::sync::CancellationToken;

impl Desk {
    /// Sends until nothing more can go now. Work that is queued meanwhile goes too.
    pub(super) async fn drain(
        &self,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) -> Result<(), DeskError> {
        let _shown = Shown { desk: self };
        let mut engine = Engine::new(&self.office.receipt_key);
        self.load(&mut engine)?;
        let mut running = FuturesUnordered::new();
        let mut beside = pin!(self.listen_beside(on_event));
        loop {
            if cancel.is_cancelled() {
                engine.stop();
            }
            for task in engine.next(self.clock.now()) {
                let flights = match &task {
                    Task::Push(ops) => Some(self.depart(ops, &mut engine)?),
                    Task::Upload(_) => None,
                };
                running.push(self.perform(task, flights, cancel, on_event));
            }
            if running.is_empty() {
                return Ok(());
            }
            tokio::select! {
                // No chance in it: a seed plays the same day again.
                biased;
                ended = running.next() => {
                    let Some((ended, flights)) = ended.transpose()? else { continue };
                    let short = matches!(&ended, Ended::Pushed { asked, left, .. } if asked.len() > left.len());
                    let at = Moment { now: self.clock.now(), chance: self.chance() };
                    let mut reload = short;
                    for verdict in engine.ended(ended, at) {
                        reload |= matches!(&verdict, Verdict::Write(item) if item.kind == OutboxKind::Withdrawal);
                        if let Some(error) = self.carry_out(verdict, on_event, report)? {
                            // What runs is let go: sent again it has the same effect.
                            return self.lose_contact(&error, report);
                        }
                    }
                    drop(flights);
                    if reload {
                        self.load(&mut engine)?;
                    }
                }
                () = self.wake.notified() => self.load(&mut engine)?,
                revoked = &mut beside => return self.lose_contact(&revoked?, report),
            }
        }
    }

    fn lose_contact(&self, error: &LinkError, report: &mut SyncReport) -> Result<(), DeskError> {
        self.missed(error);
        report.online = false;
        report.revoked |= *error == LinkError::Revoked;
        report.problem = Some(link_code(error));
        self.put_off_all(error)
    }

    /// The open lines as they are committed, and whether each may leave.
    fn load(&self, engine: &mut Engine) -> Result<(), DeskError> {
        let mut lines = vec![];
        for item in self.vault.outbox(false)? {
            if let Some(queued) = self.vault.queued(item.op)? {
                let kept_back = self.keeps_back(&queued)?;
                lines.push(Line::of(&queued, kept_back));
            }
        }
        let mut flows = vec![];
        for line in &lines {
            let mut sizes = Vec::with_capacity(line.item.blobs.len());
            for blob in &line.item.blobs {
                sizes.push((*blob, self.vault.blob_size(blob)?.unwrap_or(0)));
            }
            flows.push((line.item.op, Flow { sizes }));
        }
        self.live().flows = flows.into_iter().collect();
        engine.load(lines);
        Ok(())
    }

    /// An acceptance that never left stays while a paper it names is still to be fetched, and becomes
    /// "Cần xử lý" when one cannot be had: what is not there is never counted.
    fn keeps_back(&self, queued: &QueuedOp) -> Result<bool, DeskError> {
        let item = &queued.item;
        let settled = item.state.is_closed() || matches!(item.state, OutboxState::NeedsAttention { .. });
        if item.kind != OutboxKind::Acceptance || !never_left(item) || settled {
            return Ok(false);
        }
        let dossier = self.stored(item.dossier)?;
        // Its final code is asked for at the beginning of every pass.
        if dossier.code.as_ref().is_some_and(|code| !code.is_final()) {
            return Ok(true);
        }
        if !missing(&dossier).is_empty() {
            self.write_line(hold(item))?;
            return Ok(true);
        }
        Ok(awaits_paper(&dossier))
    }

    /// Marks operations as left, before they leave: from here to their verdict nobody replaces them, and
    /// after a crash it is known that the warehouse may have them. Those that may not leave any more stay.
    fn depart(&self, ops: &[OpId], engine: &mut Engine) -> Result<Departure<'_>, DeskError> {
        let _writing = self.writing();
        let mut departure = Departure { flights: vec![], leaving: vec![] };
        let mut marked = vec![];
        for op in ops {
            let Some(queued) = self.vault.queued(*op)? else { continue };
            if queued.item.state.is_closed() || is_held(&queued.item) {
                continue;
            }
            let item = engine.leaving(&queued.item);
            if item != queued.item {
                marked.push(item);
            }
            departure.leaving.push(queued);
        }
        for item in &marked {
            engine.take_in(item);
        }
        if !marked.is_empty() {
            self.vault.commit(&Batch { outbox: marked, ..Batch::default() })?;
        }
        for queued in &departure.leaving {
            self.live().in_flight.insert(queued.item.op);
            departure.flights.push(Flight { desk: self, op: queued.item.op });
        }
        Ok(departure)
    }

    async fn perform<'a>(
        &'a self,
        task: Task,
        departure: Option<Departure<'a>>,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<(Ended, Vec<Flight<'a>>), DeskError> {
        match (task, departure) {
            (Task::Upload(blob), _) => {
                let answer = self.upload(blob, cancel, on_event).await?;
                Ok((Ended::Uploaded { blob, answer }, vec![]))
            }
            (Task::Push(asked), departure) => {
                let Departure { flights, leaving } = departure.unwrap_or_default();
                let left: Vec<OpId> = leaving.iter().map(|q| q.item.op).collect();
                let ops: Vec<_> = leaving.into_iter().map(|q| q.op).collect();
                let answer = if ops.is_empty() {
                    Ok(vec![])
                } else {
                    let sent = cancel.run_until_cancelled(self.warehouse.push(&OpsRequest { ops })).await;
                    sent.unwrap_or(Err(LinkError::Cancelled)).map(|reply| reply.results)
                };
                Ok((Ended::Pushed { asked, left, answer }, flights))
            }
        }
    }

    async fn upload(
        &self,
        blob: BlobId,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<Result<(), Upload>, DeskError> {
        let Some(bytes) = self.vault.blob(&blob)? else {
            let sealed = self.vault.held_file(&blob)?.is_some_and(|file| file.sealed_at.is_some());
            return Ok(Err(Upload::Missing(if sealed { "fileSealed" } else { "fileMissing" })));
        };
        let progress = |sent: u64, _of: u64| {
            let told = self.live().flowed(blob, sent);
            for (op, (sent, total)) in told {
                on_event(SyncEvent::Sending { op, sent, total });
            }
        };
        progress(0, 0);
        let answer = self.warehouse.upload(&blob, &bytes, &progress, cancel).await;
        if answer.is_err() {
            self.live().stopped(blob);
        }
        Ok(answer.map_err(Upload::Link))
    }

    /// Commits a verdict. A line that was replaced meanwhile stays replaced.
    fn carry_out(
        &self,
        verdict: Verdict,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) -> Result<Option<LinkError>, DeskError> {
        let dossier = match verdict {
            Verdict::NoContact(error) => return Ok(Some(error)),
            Verdict::Write(item) => {
                let dossier = item.dossier;
                self.live().sending.remove(&item.op);
                if !self.was_too_late(&item)? {
                    self.write_line(item)?;
                }
                dossier
            }
            Verdict::Receive { item, version, receipt } => {
                let dossier = item.dossier;
                self.live().sending.remove(&item.op);
                self.receive(item, version, receipt)?;
                report.received += 1;
                dossier
            }
            Verdict::Conflict { item, conflict } => {
                let dossier = item.dossier;
                self.live().sending.remove(&item.op);
                self.write(item, vec![*conflict])?;
                dossier
            }
        };
        on_event(SyncEvent::DossierChanged(dossier));
        Ok(None)
    }

    /// State, receipt and the dossier's server version in one commit.
    fn receive(&self, item: OutboxItem, version: u64, receipt: SignedReceipt) -> Result<(), DeskError> {
        if self.vault.dossier(item.dossier)?.is_none() {
            // An answer to a feedback is of no dossier.
            let receipts = vec![(item.op, receipt)];
            let _writing = self.writing();
            return Ok(self.vault.commit(&Batch { receipts, outbox: vec![item], ..Batch::default() })?);
        }
        let dossier = self.change(item.dossier, |change| {
            change.dossier.server_version = change.dossier.server_version.max(version);
            change.batch.receipts.push((item.op, receipt));
            change.batch.outbox.push(item);
            Ok(())
        })?;
        // It filed a paper or counted a use: what is known of the owner's papers is old now.
        self.live().stale_papers.insert(dossier.applicant.owner.number);
        Ok(())
    }

    fn write_line(&self, item: OutboxItem) -> Result<(), DeskError> {
        self.write(item, vec![])
    }

    /// A line and what was said of it, in one commit.
    fn write(&self, item: OutboxItem, conflicts: Vec<KeptConflict>) -> Result<(), DeskError> {
        let _writing = self.writing();
        let held = self.vault.queued(item.op)?;
        if held.is_some_and(|q| !matches!(q.item.state, OutboxState::Replaced | OutboxState::Withdrawn)) {
            self.vault.commit(&Batch { outbox: vec![item], conflicts, ..Batch::default() })?;
        }
        Ok(())
    }
}

/// Operations that leave now.
#[derive(Default)]
struct Departure<'a> {
    flights: Vec<Flight<'a>>,
    leaving: Vec<QueuedOp>,
}

/// Takes the operation out of those under way, however the try ends.
struct Flight<'a> {
    desk: &'a Desk,
    op: OpId,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.desk.live().in_flight.remove(&self.op);
    }
}

/// Takes what is shown of bytes on their way back, however the pass ends.
struct Shown<'a> {
    desk: &'a Desk,
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        let mut live = self.desk.live();
        live.sending.clear();
        live.flows.clear();
    }
}
