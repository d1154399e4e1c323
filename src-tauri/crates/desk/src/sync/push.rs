//! The second half of a pass: the outbox, dossier by dossier, each in order. One that cannot go on
//! never holds another.

use super::{OnEvent, SyncEvent, SyncReport};
use crate::desk::Desk;
use crate::error::{DeskError, link_code};
use crate::ports::{Batch, LinkError, QueuedOp};
use crate::replace::{awaits_paper, hold, is_held, missing, never_left};
use ed25519_dalek::VerifyingKey;
use motcua_dossier::{DocumentId, DossierId, OpId, OutboxItem, OutboxKind, OutboxState, Timestamp};
use motcua_wire::{EvidenceSource, OpPayload, OpResult, OpsRequest, ReceiptBody, SignedReceipt};
use std::collections::{BTreeMap, HashSet};
use tokio_util::sync::CancellationToken;

/// How one line ended.
enum Sent {
    /// Its receipt is held; the dossier's next line may go.
    Received,
    /// Refused; what depends on it stays.
    Refused,
    /// Later; the dossier's further lines wait too.
    Later,
    /// The warehouse is gone; the pass ends.
    NoContact(LinkError),
}

impl Desk {
    pub(super) async fn drain(
        &self,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) -> Result<(), DeskError> {
        let mut dossiers: BTreeMap<u64, (DossierId, Vec<OutboxItem>)> = BTreeMap::new();
        let mut first: BTreeMap<DossierId, u64> = BTreeMap::new();
        let mut items = self.vault.outbox(false)?;
        // Papers before the acceptance that names them, the result last: an acceptance made anew is younger
        // than what waits for it.
        items.sort_by_key(|i| i.sequence);
        for item in items {
            let place = *first.entry(item.dossier).or_insert(item.sequence);
            dossiers.entry(place).or_insert_with(|| (item.dossier, vec![])).1.push(item);
        }
        for (_, (dossier, mut items)) in dossiers {
            items.sort_by_key(|i| (turn(i.kind), i.sequence));
            let lost = self.drain_dossier(&items, cancel, on_event, report).await?;
            on_event(SyncEvent::DossierChanged(dossier));
            if let Some(error) = lost {
                let mut live = self.live();
                live.online = Some(false);
                live.failures = live.failures.saturating_add(1);
                drop(live);
                report.online = false;
                report.problem = Some(link_code(&error));
                return self.put_off_all(&error);
            }
            if cancel.is_cancelled() {
                break;
            }
        }
        Ok(())
    }

    async fn drain_dossier(
        &self,
        items: &[OutboxItem],
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
        report: &mut SyncReport,
    ) -> Result<Option<LinkError>, DeskError> {
        let mut refused: HashSet<DocumentId> = HashSet::new();
        for item in items {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let Some(queued) = self.vault.queued(item.op)? else { continue };
            match queued.item.state {
                OutboxState::Received { .. } | OutboxState::Replaced => continue,
                OutboxState::NeedsAttention { .. } => {
                    if !note_refused(&queued, &mut refused) {
                        return Ok(None);
                    }
                    continue;
                }
                OutboxState::WaitingForNetwork { next_try } if next_try > self.clock.now() => {
                    return Ok(None);
                }
                OutboxState::WaitingForNetwork { .. } | OutboxState::Queued | OutboxState::Sending { .. } => {
                }
            }
            if names_any(&queued, &refused) {
                return Ok(None);
            }
            if self.keeps_back(&queued)? {
                return Ok(None);
            }
            match self.send(&queued, cancel, on_event).await? {
                Sent::Received => report.received += 1,
                Sent::Refused if note_refused(&queued, &mut refused) => {}
                Sent::Refused | Sent::Later => return Ok(None),
                Sent::NoContact(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    }

    /// An acceptance that never left stays while a paper it names is still to be fetched, and becomes
    /// "Cần xử lý" when one cannot be had: what is not there is never counted.
    fn keeps_back(&self, queued: &QueuedOp) -> Result<bool, DeskError> {
        if queued.item.kind != OutboxKind::Acceptance || !never_left(&queued.item) {
            return Ok(false);
        }
        let dossier = self.stored(queued.item.dossier)?;
        // Its final code is asked for at the beginning of every pass.
        if dossier.code.as_ref().is_some_and(|code| !code.is_final()) {
            return Ok(true);
        }
        if !missing(&dossier).is_empty() {
            self.write_line(hold(&queued.item))?;
            return Ok(true);
        }
        Ok(awaits_paper(&dossier))
    }

    /// One try. From its first to its last step nobody replaces what is on its way.
    async fn send(
        &self,
        queued: &QueuedOp,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<Sent, DeskError> {
        let _flight = {
            let _writing = self.writing();
            let settled = |q: QueuedOp| matches!(q.item.state, OutboxState::Replaced) || is_held(&q.item);
            if self.vault.queued(queued.item.op)?.is_none_or(settled) {
                return Ok(Sent::Later);
            }
            self.live().in_flight.insert(queued.item.op);
            Flight { desk: self, op: queued.item.op }
        };
        self.send_now(queued, cancel, on_event).await
    }

    /// Files first, then the operation; the line is received only with a receipt that verifies.
    async fn send_now(
        &self,
        queued: &QueuedOp,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<Sent, DeskError> {
        let op = queued.item.op;
        let uploaded = self.upload_all(queued, cancel, on_event).await;
        let pushed = match uploaded {
            Ok(()) => self.warehouse.push(&OpsRequest { ops: vec![queued.op.clone()] }).await,
            Err(Upload::Missing) => {
                self.live().sending.remove(&op);
                return self.refuse(&queued.item, "fileMissing");
            }
            Err(Upload::Vault(error)) => {
                self.live().sending.remove(&op);
                return Err(error);
            }
            Err(Upload::Link(error)) => Err(error),
        };
        self.live().sending.remove(&op);
        let reply = match pushed {
            Ok(reply) => reply,
            Err(LinkError::Cancelled) => return Ok(Sent::Later),
            Err(LinkError::Refused(code)) => return self.refuse(&queued.item, &code),
            Err(error @ (LinkError::Offline | LinkError::Intercepted | LinkError::Unauthorized)) => {
                self.put_off(&queued.item, link_code(&error), None)?;
                return Ok(Sent::NoContact(error));
            }
            Err(LinkError::Trouble { retry_after }) => {
                return self.put_off(&queued.item, "linkTrouble", retry_after);
            }
            Err(error @ (LinkError::Malformed | LinkError::IdentityDown)) => {
                return self.put_off(&queued.item, link_code(&error), None);
            }
        };
        match reply.results.into_iter().find(|r| r.op_id() == op) {
            Some(
                OpResult::Applied { version, receipt, .. } | OpResult::Duplicate { version, receipt, .. },
            ) => match self.believed(queued, &receipt) {
                Some(body) => {
                    // It filed a paper or counted a use: what is known of the owner's papers is old now.
                    let owner = self.stored(queued.item.dossier)?.applicant.owner.number;
                    self.live().stale_papers.insert(owner);
                    self.receive(&queued.item, version, &body, receipt)
                }
                None => self.refuse(&queued.item, "receiptInvalid"),
            },
            Some(OpResult::Conflict { .. }) => self.refuse(&queued.item, "dossierConflict"),
            Some(OpResult::Rejected { code, .. }) => self.refuse(&queued.item, &code),
            Some(OpResult::Deferred { .. }) => self.put_off(&queued.item, "deferred", None),
            None => self.put_off(&queued.item, "linkMalformed", None),
        }
    }

    async fn upload_all(
        &self,
        queued: &QueuedOp,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<(), Upload> {
        let op = queued.item.op;
        let mut files = Vec::with_capacity(queued.item.blobs.len());
        for blob in &queued.item.blobs {
            match self.vault.blob(blob).map_err(|e| Upload::Vault(e.into()))? {
                Some(bytes) => files.push((*blob, bytes)),
                None => return Err(Upload::Missing),
            }
        }
        let total: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let mut before = 0u64;
        for (blob, bytes) in &files {
            let progress = |sent: u64, _of: u64| {
                let sent = (before + sent).min(total);
                self.live().sending.insert(op, (sent, total));
                on_event(SyncEvent::Sending { op, sent, total });
            };
            progress(0, total);
            self.warehouse.upload(blob, bytes, &progress, cancel).await.map_err(Upload::Link)?;
            before += bytes.len() as u64;
        }
        Ok(())
    }

    /// The body of a receipt that is signed by the pinned key and speaks of this line and all its files.
    fn believed(&self, queued: &QueuedOp, receipt: &SignedReceipt) -> Option<ReceiptBody> {
        let key = VerifyingKey::from_bytes(&self.office.receipt_key).ok()?;
        let body = receipt.verify(&key).ok()?;
        let fits = body.op_id == queued.item.op
            && body.dossier == queued.item.dossier
            && queued.item.blobs.iter().all(|b| body.blobs.contains(b));
        fits.then_some(body)
    }

    /// State, receipt and the dossier's server version in one commit.
    fn receive(
        &self,
        item: &OutboxItem,
        version: u64,
        body: &ReceiptBody,
        receipt: SignedReceipt,
    ) -> Result<Sent, DeskError> {
        self.change(item.dossier, |change| {
            change.dossier.server_version = change.dossier.server_version.max(version);
            change.batch.receipts.push((item.op, receipt));
            change.batch.outbox.push(OutboxItem {
                state: OutboxState::Received { at: body.at },
                attempts: item.attempts.saturating_add(1),
                last_error: None,
                ..item.clone()
            });
            Ok(())
        })?;
        Ok(Sent::Received)
    }

    fn refuse(&self, item: &OutboxItem, code: &str) -> Result<Sent, DeskError> {
        self.write_line(OutboxItem {
            state: OutboxState::NeedsAttention { code: code.to_owned() },
            attempts: item.attempts.saturating_add(1),
            last_error: Some(code.to_owned()),
            ..item.clone()
        })?;
        Ok(Sent::Refused)
    }

    fn put_off(&self, item: &OutboxItem, code: &str, retry_after: Option<u32>) -> Result<Sent, DeskError> {
        let attempts = item.attempts.saturating_add(1);
        let wait = retry_after.map_or_else(|| self.backoff(attempts), |seconds| u64::from(seconds) * 1000);
        let next_try = Timestamp(self.clock.now().0 + i64::try_from(wait).unwrap_or(0));
        self.write_line(OutboxItem {
            state: OutboxState::WaitingForNetwork { next_try },
            attempts,
            last_error: Some(code.to_owned()),
            ..item.clone()
        })?;
        Ok(Sent::Later)
    }

    fn write_line(&self, item: OutboxItem) -> Result<(), DeskError> {
        let _writing = self.writing();
        self.vault.commit(&Batch { outbox: vec![item], ..Batch::default() })?;
        Ok(())
    }
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

fn turn(kind: OutboxKind) -> u8 {
    match kind {
        OutboxKind::Document => 0,
        OutboxKind::Acceptance => 1,
        OutboxKind::Result => 2,
    }
}

enum Upload {
    Missing,
    Vault(DeskError),
    Link(LinkError),
}

/// A refused paper holds only what names it; any other refused line holds the rest of its dossier.
fn note_refused(queued: &QueuedOp, refused: &mut HashSet<DocumentId>) -> bool {
    match &queued.op.payload {
        OpPayload::FileDocument { record, .. } => refused.insert(record.id),
        OpPayload::AcceptDossier(_) | OpPayload::ReturnResult(_) => false,
    }
}

fn names_any(queued: &QueuedOp, refused: &HashSet<DocumentId>) -> bool {
    let OpPayload::AcceptDossier(accepted) = &queued.op.payload else { return false };
    accepted.components.iter().any(|c| match &c.source {
        EvidenceSource::Scan { document: Some(d), .. } | EvidenceSource::File { document: Some(d), .. } => {
            refused.contains(d)
        }
        EvidenceSource::Scan { .. }
        | EvidenceSource::File { .. }
        | EvidenceSource::Warehouse { .. }
        | EvidenceSource::Absent => false,
    })
}
