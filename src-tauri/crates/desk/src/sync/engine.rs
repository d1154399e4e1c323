//! What leaves next, and what an answer means: the outbox as a machine without clock, network or chance.
//!
//! The driver ([`super::push`]) hands in the lines as they are committed, does what [`Engine::next`] says,
//! hands back how it ended with the time and some random bits, and commits the verdicts. The same history
//! gives the same decisions, so that every failure can be played again.
//!
//! Two lanes. Operations go in batches, before their files: the warehouse knows of a day's work within
//! seconds, and keeps what waits for a file; an acceptance waits there for the papers it names. A result leaves
//! when its acceptance is confirmed. Files go two at a time, in the order of the lines that need
//! them; when the last one of a line is there, its operation is sent again for the receipt. Operations of
//! one dossier stay in their order; dossiers do not know each other. A batch that fails as a whole is
//! taken apart, dossier by dossier and then line by line, until only the poisoned one is left alone.

use super::backoff;
use crate::conflict::CONFLICT;
use crate::error::link_code;
use crate::ports::{KeptConflict, LinkError, QueuedOp};
use crate::replace::never_left;
use ed25519_dalek::VerifyingKey;
use motcua_dossier::{
    BlobId, DocumentId, DossierId, FeedbackAct, OpId, OutboxItem, OutboxKind, OutboxState, Timestamp,
};
use motcua_wire::{ComponentEvidence, OpPayload, OpResult, SignedReceipt};
use std::collections::{BTreeMap, BTreeSet};

/// Files on their way at once.
const LANES: usize = 2;
/// Operations sent at once: those that only tell of work, and those the warehouse looks into files for.
const TOLD_AT_ONCE: usize = 100;
const WHOLE_AT_ONCE: usize = 20;
/// No pause is longer, whatever the warehouse asks for.
const LONGEST: i64 = 10 * 60 * 1000;
/// So often a file may be there and then not be there before its line waits.
const LOSSES: u8 = 2;

/// A line as the engine sees it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// As committed.
    pub(crate) item: OutboxItem,
    /// Paper it files.
    files: Option<DocumentId>,
    /// Papers it names that other lines of its dossier file.
    names: BTreeSet<DocumentId>,
    /// It tells of papers of its place, and leaves when they have arrived: an answer that a paper was filed anew.
    tells_of_papers: bool,
    /// Stays here for now: its dossier is not ready.
    kept_back: bool,
}

impl Line {
    /// A line of the outbox with what its operation says.
    pub(crate) fn of(queued: &QueuedOp, kept_back: bool) -> Self {
        let filed =
            |papers: &[ComponentEvidence]| papers.iter().filter_map(|p| p.source.document()).collect();
        let (files, names) = match &queued.op.payload {
            OpPayload::FileDocument { record, .. } => (Some(record.id), BTreeSet::new()),
            OpPayload::ReturnResult(_)
            | OpPayload::Submit(_)
            | OpPayload::Decline(_)
            | OpPayload::Withdraw(_)
            | OpPayload::Fee(_)
            | OpPayload::Feedback(_) => (None, BTreeSet::new()),
            OpPayload::AcceptDossier(accepted) => (None, filed(&accepted.components)),
            OpPayload::Step(step) => (None, filed(step.act.papers())),
        };
        let tells_of_papers = match &queued.op.payload {
            OpPayload::Feedback(record) => {
                matches!(record.act, FeedbackAct::Answered { corrected: true, .. })
            }
            _ => false,
        };
        Self { item: queued.item.clone(), files, names, tells_of_papers, kept_back }
    }

    fn op(&self) -> OpId {
        self.item.op
    }

    /// Papers before the acceptance that names them, the result last: an acceptance made anew is younger
    /// than what waits for it.
    fn turn(&self) -> (u8, u64) {
        let kind = match self.item.kind {
            OutboxKind::Document => 0,
            OutboxKind::Acceptance | OutboxKind::Decline => 1,
            OutboxKind::Fee => 2,
            OutboxKind::Step => 3,
            OutboxKind::Result => 4,
            OutboxKind::Withdrawal => 5,
            OutboxKind::Feedback => 6,
        };
        (kind, self.item.sequence)
    }
}

/// Something the driver begins now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Task {
    /// Send these operations in this order.
    Push(Vec<OpId>),
    /// Send this file.
    Upload(BlobId),
}

/// How a task ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// What of a batch truly left, and what came back.
    Pushed {
        /// The task.
        asked: Vec<OpId>,
        /// Without those that may not leave any more.
        left: Vec<OpId>,
        /// One result per operation.
        answer: Result<Vec<OpResult>, LinkError>,
    },
    /// A file.
    Uploaded {
        /// Which.
        blob: BlobId,
        /// Verified by the warehouse, or why not.
        answer: Result<(), Upload>,
    },
}

/// Why a file is not in the warehouse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Upload {
    /// Not on this machine, or sealed and only to be had with the agency's recovery key; the code says which.
    Missing(&'static str),
    /// The line.
    Link(LinkError),
}

/// What the driver commits before it asks for more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The line's new state.
    Write(OutboxItem),
    /// Its receipt verifies: "Kho đã nhận".
    Receive {
        /// The line's new state.
        item: OutboxItem,
        /// Version of its dossier in the warehouse.
        version: u64,
        /// To be kept.
        receipt: SignedReceipt,
    },
    /// Others changed or hold its dossier: a person looks at both sides.
    Conflict {
        /// The line's new state.
        item: OutboxItem,
        /// To be kept with it.
        conflict: Box<KeptConflict>,
    },
    /// The warehouse is gone; nothing more in this pass.
    NoContact(LinkError),
}

/// When an answer came, and some chance for the pause after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The machine's clock.
    pub(crate) now: Timestamp,
    /// Random bits.
    pub(crate) chance: u64,
}

/// How the last question about a line was answered in this pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// It was told of while files were missing.
    Told,
    /// It was sent whole and waits for another line.
    Whole,
}

/// How small the batches of a dossier have become.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Narrow {
    Dossier,
    Line,
}

/// The machine of one pass.
pub(crate) struct Engine {
    key: Option<VerifyingKey>,
    /// By dossier, in the order of their first lines; each in sending order.
    dossiers: Vec<(DossierId, Vec<Line>)>,
    /// Files the warehouse has confirmed in this pass.
    there: BTreeSet<BlobId>,
    losses: BTreeMap<BlobId, u8>,
    /// Files that are not on this machine; whether the warehouse has them its next answer tells.
    gone: BTreeMap<BlobId, &'static str>,
    uploading: BTreeSet<BlobId>,
    pushing: BTreeSet<OpId>,
    asked: BTreeMap<OpId, Asked>,
    narrow: BTreeMap<DossierId, Narrow>,
    /// Lines whose try of this pass is counted.
    counted: BTreeSet<OpId>,
    stopped: bool,
}

impl Engine {
    /// A machine that believes receipts of this key only.
    pub(crate) fn new(receipt_key: &[u8; 32]) -> Self {
        Self {
            key: VerifyingKey::from_bytes(receipt_key).ok(),
            dossiers: vec![],
            there: BTreeSet::new(),
            losses: BTreeMap::new(),
            gone: BTreeMap::new(),
            uploading: BTreeSet::new(),
            pushing: BTreeSet::new(),
            asked: BTreeMap::new(),
            narrow: BTreeMap::new(),
            counted: BTreeSet::new(),
            stopped: false,
        }
    }

    /// The lines as they are committed now, in any order; what is under way goes on.
    pub(crate) fn load(&mut self, mut lines: Vec<Line>) {
        lines.sort_by_key(|line| line.item.sequence);
        // What the warehouse holds whole it had the files of; were they lost, it says so when it is asked.
        let held = lines.iter().filter(|line| line.item.state == OutboxState::Sent);
        self.there.extend(held.flat_map(|line| &line.item.blobs).copied());
        let mut place: BTreeMap<DossierId, usize> = BTreeMap::new();
        self.dossiers.clear();
        for line in lines {
            let at = *place.entry(line.item.dossier).or_insert_with(|| {
                self.dossiers.push((line.item.dossier, vec![]));
                self.dossiers.len() - 1
            });
            self.dossiers[at].1.push(line);
        }
        for (_, lines) in &mut self.dossiers {
            lines.sort_by_key(Line::turn);
        }
    }

    /// What is to be begun now; nothing when all is done, waits, or runs.
    pub(crate) fn next(&mut self, now: Timestamp) -> Vec<Task> {
        if self.stopped {
            return vec![];
        }
        let open: Vec<(Line, bool)> = self.open(now).map(|(line, goes)| (line.clone(), goes)).collect();
        let mut tasks = vec![];
        if self.pushing.is_empty()
            && let Some(batch) = self.batch(open.iter().map(|(line, _)| line))
        {
            self.pushing.extend(&batch);
            tasks.push(Task::Push(batch));
        }
        let going = open.iter().filter(|(_, goes)| *goes);
        for blob in going.flat_map(|(line, _)| &line.item.blobs) {
            if self.uploading.len() == LANES {
                break;
            }
            if !self.there.contains(blob) && !self.gone.contains_key(blob) && self.uploading.insert(*blob) {
                tasks.push(Task::Upload(*blob));
            }
        }
        tasks
    }

    /// Nothing more is begun; what runs may end.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The state before a line leaves, to be committed first: from then on the warehouse may know of it. To ask
    /// for one the warehouse holds is no try.
    pub(crate) fn leaving(&mut self, item: &OutboxItem) -> OutboxItem {
        if item.state == OutboxState::Sent {
            return item.clone();
        }
        OutboxItem { attempts: self.count(item), last_error: None, ..item.clone() }
    }

    /// What an ended task means. The verdicts are also taken into the engine's own lines.
    pub(crate) fn ended(&mut self, ended: Ended, at: Moment) -> Vec<Verdict> {
        let verdicts = match ended {
            Ended::Uploaded { blob, answer } => self.uploaded(blob, answer, at),
            Ended::Pushed { asked, left, answer } => {
                for op in &asked {
                    self.pushing.remove(op);
                }
                self.pushed(&left, answer, at)
            }
        };
        for verdict in &verdicts {
            match verdict {
                Verdict::Write(item) | Verdict::Receive { item, .. } | Verdict::Conflict { item, .. } => {
                    self.take_in(item)
                }
                Verdict::NoContact(_) => self.stopped = true,
            }
        }
        verdicts
    }

    /// Lines to be told of now, dossier by dossier in sending order, and whether their files go too.
    fn open(&self, now: Timestamp) -> impl Iterator<Item = (&Line, bool)> {
        self.dossiers.iter().flat_map(move |(_, lines)| {
            let mut open = vec![];
            let mut refused: BTreeSet<DocumentId> = BTreeSet::new();
            let mut accepting = false;
            let mut stepping = false;
            let mut filing = false;
            for line in lines {
                filing |= line.item.kind == OutboxKind::Document && !line.item.state.is_closed();
                if filing && line.tells_of_papers {
                    continue;
                }
                // Where a dossier stands is the order of its steps: each leaves when the one before it has arrived.
                let stands = line.item.kind == OutboxKind::Step && !line.item.state.is_closed();
                if stands && std::mem::replace(&mut stepping, true) {
                    continue;
                }
                match &line.item.state {
                    OutboxState::Received { .. } | OutboxState::Replaced | OutboxState::Withdrawn => continue,
                    // A refused paper holds only what names it; any other refused line holds the rest.
                    OutboxState::NeedsAttention { .. } => match line.files {
                        Some(paper) => {
                            refused.insert(paper);
                            continue;
                        }
                        None if is_aside(line) => continue,
                        None => break,
                    },
                    // Nothing but the next step waits for a step, and nothing at all for money or an opinion.
                    OutboxState::WaitingForNetwork { next_try }
                        if is_aside(line) && waits(*next_try, now) =>
                    {
                        continue;
                    }
                    OutboxState::WaitingForNetwork { next_try } if waits(*next_try, now) => break,
                    OutboxState::WaitingForNetwork { .. }
                    | OutboxState::Queued
                    | OutboxState::Sent
                    | OutboxState::Sending { .. } => {}
                }
                let named = |refused: &BTreeSet<DocumentId>| line.names.iter().any(|p| refused.contains(p));
                if is_aside(line) && named(&refused) {
                    continue;
                }
                if named(&refused) || (line.item.kind == OutboxKind::Result && accepting) {
                    // It cannot be applied now. Did it leave already, it is asked once what became of it.
                    if !never_left(&line.item) && !self.asked.contains_key(&line.op()) {
                        open.push((line, false));
                    }
                    break;
                }
                accepting |= line.item.kind == OutboxKind::Acceptance;
                if line.kept_back {
                    break;
                }
                open.push((line, true));
            }
            open
        })
    }

    /// The next operations, whole ones before those that only tell of work. One narrowed dossier or line
    /// goes alone.
    fn batch<'a>(&self, open: impl Iterator<Item = &'a Line> + Clone) -> Option<Vec<OpId>> {
        let whole = |line: &Line| line.item.blobs.iter().all(|b| self.there.contains(b));
        let wants = |line: &&Line| match self.asked.get(&line.op()) {
            None => true,
            Some(Asked::Told) => whole(line),
            Some(Asked::Whole) => false,
        };
        let most = if open.clone().any(|l| wants(&l) && whole(l)) { WHOLE_AT_ONCE } else { TOLD_AT_ONCE };
        let mut batch = vec![];
        for line in open.filter(wants) {
            if most == WHOLE_AT_ONCE && !whole(line) {
                continue;
            }
            let alone = self.narrow.get(&line.item.dossier).copied();
            if batch.is_empty() {
                batch.push((line, alone));
                continue;
            }
            let same = batch[0].0.item.dossier == line.item.dossier;
            let fits = match (batch[0].1, alone) {
                (None, None) => true,
                (Some(Narrow::Dossier), _) => same,
                (Some(Narrow::Line), _) | (None, Some(_)) => false,
            };
            if fits && batch.len() < most {
                batch.push((line, alone));
            }
        }
        (!batch.is_empty()).then(|| batch.into_iter().map(|(line, _)| line.op()).collect())
    }

    fn uploaded(&mut self, blob: BlobId, answer: Result<(), Upload>, at: Moment) -> Vec<Verdict> {
        self.uploading.remove(&blob);
        let error = match answer {
            Ok(()) => {
                self.there.insert(blob);
                return vec![];
            }
            Err(error) => error,
        };
        let needing: Vec<OutboxItem> = self
            .open(at.now)
            .filter(|(l, goes)| *goes && l.item.blobs.contains(&blob))
            .map(|(l, _)| l.item.clone())
            .collect();
        match error {
            Upload::Link(LinkError::Cancelled) => {
                self.stopped = true;
                vec![]
            }
            Upload::Link(error) if error.ends_contact() => self.lost(&needing, error, at),
            // An earlier try may have sent it, and its answer been lost.
            Upload::Missing(code)
                if needing.first().is_some_and(|i| i.attempts > 0 && !self.asked.contains_key(&i.op)) =>
            {
                self.gone.insert(blob, code);
                vec![]
            }
            // Whoever else needs it waits behind the first, or is asked for it in turn.
            Upload::Missing(code) => needing.first().map(|i| self.refuse(i, code)).into_iter().collect(),
            Upload::Link(LinkError::Refused(code)) => {
                needing.first().map(|i| self.refuse(i, &code)).into_iter().collect()
            }
            Upload::Link(error) => {
                let (code, pause) = trouble(&error);
                needing.iter().map(|i| self.put_off(i, code, pause, at)).collect()
            }
        }
    }

    fn pushed(
        &mut self,
        left: &[OpId],
        answer: Result<Vec<OpResult>, LinkError>,
        at: Moment,
    ) -> Vec<Verdict> {
        let items: Vec<OutboxItem> =
            left.iter().filter_map(|op| self.line(*op)).map(|l| l.item.clone()).collect();
        let results = match answer {
            Ok(results) => results,
            Err(LinkError::Cancelled) => {
                self.stopped = true;
                return vec![];
            }
            Err(error) if error.ends_contact() => return self.lost(&items, error, at),
            Err(error) => return self.narrow_down(&items, &error, at),
        };
        let mut verdicts = vec![];
        for item in &items {
            let result = results.iter().find(|r| r.op_id() == item.op);
            verdicts.extend(self.answered(item, result, at));
        }
        verdicts
    }

    fn answered(&mut self, item: &OutboxItem, result: Option<&OpResult>, at: Moment) -> Option<Verdict> {
        match result {
            Some(
                OpResult::Applied { version, receipt, .. } | OpResult::Duplicate { version, receipt, .. },
            ) => Some(self.receive(item, *version, receipt)),
            Some(OpResult::Conflict { server_version, held_by, server, .. }) => {
                let conflict = KeptConflict {
                    op: item.op,
                    at: at.now,
                    server_version: *server_version,
                    held_by: held_by.clone(),
                    server: server.as_deref().cloned(),
                };
                Some(Verdict::Conflict { item: self.refused(item, CONFLICT), conflict: Box::new(conflict) })
            }
            Some(OpResult::Rejected { code, .. }) => Some(self.refuse(item, code)),
            Some(OpResult::Deferred { waits_for, kept, .. }) => self.deferred(item, waits_for, *kept, at),
            None => Some(self.put_off(item, link_code(&LinkError::Malformed), None, at)),
        }
    }

    /// It waits for files, or for other lines of its dossier.
    fn deferred(
        &mut self,
        item: &OutboxItem,
        waits_for: &[String],
        kept: bool,
        at: Moment,
    ) -> Option<Verdict> {
        for blob in &item.blobs {
            // A file that was confirmed and is not there is sent again, but not for ever.
            if waits_for.contains(&blob.to_string()) && self.there.remove(blob) {
                let losses = self.losses.entry(*blob).or_default();
                *losses += 1;
                if *losses >= LOSSES {
                    return Some(self.put_off(item, "deferred", None, at));
                }
            }
        }
        // The first line that needs it is put right by its officer; the others wait for that.
        let lost = |b: &BlobId| self.gone.get(b).filter(|_| waits_for.contains(&b.to_string())).copied();
        if let Some((blob, code)) = item.blobs.iter().find_map(|b| Some((b, lost(b)?)))
            && !self.before(item).any(|line| line.item.blobs.contains(blob))
        {
            return Some(self.refuse(item, code));
        }
        let whole = item.blobs.iter().all(|b| self.there.contains(b));
        self.asked.insert(item.op, if whole { Asked::Whole } else { Asked::Told });
        if kept {
            let state = if whole { OutboxState::Sent } else { OutboxState::Queued };
            let held = OutboxItem { state, last_error: None, ..item.clone() };
            return (held != *item).then_some(Verdict::Write(held));
        }
        // Another line of its dossier is still to go or was refused; news of that one asks again.
        if !whole || self.before(item).next().is_some() {
            return None;
        }
        Some(self.put_off(item, "deferred", None, at))
    }

    /// Lines of its dossier before it that are not through.
    fn before(&self, item: &OutboxItem) -> impl Iterator<Item = &Line> {
        let lines = self.dossiers.iter().filter(|(id, _)| *id == item.dossier).flat_map(|(_, lines)| lines);
        lines.take_while(|line| line.op() != item.op).filter(|line| !line.item.state.is_closed())
    }

    /// A batch failed as a whole: smaller ones find out for whom.
    fn narrow_down(&mut self, items: &[OutboxItem], error: &LinkError, at: Moment) -> Vec<Verdict> {
        let dossiers: BTreeSet<DossierId> = items.iter().map(|i| i.dossier).collect();
        if items.len() > 1 {
            let how = if dossiers.len() > 1 { Narrow::Dossier } else { Narrow::Line };
            self.narrow.extend(dossiers.into_iter().map(|d| (d, how)));
            return vec![];
        }
        let Some(item) = items.first() else { return vec![] };
        match error {
            LinkError::Refused(code) => vec![self.refuse(item, code)],
            error => {
                let (code, pause) = trouble(error);
                vec![self.put_off(item, code, pause, at)]
            }
        }
    }

    fn lost(&mut self, items: &[OutboxItem], error: LinkError, at: Moment) -> Vec<Verdict> {
        let code = link_code(&error);
        let mut verdicts: Vec<_> = items.iter().map(|i| self.put_off(i, code, None, at)).collect();
        verdicts.push(Verdict::NoContact(error));
        verdicts
    }

    /// Received only with a receipt of the pinned key that speaks of this line and all its files.
    fn receive(&mut self, item: &OutboxItem, version: u64, receipt: &SignedReceipt) -> Verdict {
        let body = self.key.as_ref().and_then(|key| receipt.verify(key).ok()).filter(|body| {
            body.op_id == item.op
                && body.dossier == item.dossier
                && item.blobs.iter().all(|b| body.blobs.contains(b))
        });
        let Some(body) = body else { return self.refuse(item, "receiptInvalid") };
        self.there.extend(&item.blobs);
        self.ask_again(item);
        let attempts = self.count(item);
        let state = OutboxState::Received { at: body.at };
        let item = OutboxItem { state, attempts, last_error: None, ..item.clone() };
        Verdict::Receive { item, version, receipt: receipt.clone() }
    }

    fn refuse(&mut self, item: &OutboxItem, code: &str) -> Verdict {
        Verdict::Write(self.refused(item, code))
    }

    fn refused(&mut self, item: &OutboxItem, code: &str) -> OutboxItem {
        self.ask_again(item);
        OutboxItem {
            state: OutboxState::NeedsAttention { code: code.to_owned() },
            attempts: self.count(item),
            last_error: Some(code.to_owned()),
            ..item.clone()
        }
    }

    fn put_off(&mut self, item: &OutboxItem, code: &str, pause: Option<u32>, at: Moment) -> Verdict {
        let attempts = self.count(item);
        self.counted.remove(&item.op);
        self.asked.remove(&item.op);
        let wait = pause.map_or_else(|| backoff(attempts, at.chance), |seconds| u64::from(seconds) * 1000);
        let wait = i64::try_from(wait).map_or(LONGEST, |w| w.min(LONGEST));
        let next_try = Timestamp(at.now.0.saturating_add(wait));
        Verdict::Write(OutboxItem {
            state: OutboxState::WaitingForNetwork { next_try },
            attempts,
            last_error: Some(code.to_owned()),
            ..item.clone()
        })
    }

    /// News of a line: what waits for it in its dossier is sent again.
    fn ask_again(&mut self, item: &OutboxItem) {
        if let Some((_, lines)) = self.dossiers.iter().find(|(id, _)| *id == item.dossier) {
            for line in lines {
                if self.asked.get(&line.op()) == Some(&Asked::Whole) {
                    self.asked.remove(&line.op());
                }
            }
        }
    }

    /// The number of this try; one pass counts a line once.
    fn count(&mut self, item: &OutboxItem) -> u32 {
        if self.counted.insert(item.op) { item.attempts.saturating_add(1) } else { item.attempts }
    }

    fn line(&self, op: OpId) -> Option<&Line> {
        self.dossiers.iter().flat_map(|(_, lines)| lines).find(|l| l.op() == op)
    }

    /// A line as it was committed just now.
    pub(crate) fn take_in(&mut self, item: &OutboxItem) {
        let lines = self.dossiers.iter_mut().flat_map(|(_, lines)| lines);
        if let Some(line) = lines.into_iter().find(|l| l.item.op == item.op) {
            line.item = item.clone();
        }
    }
}

/// It stands beside its dossier: nothing else of the dossier waits for it, but a step for the step before it.
fn is_aside(line: &Line) -> bool {
    matches!(line.item.kind, OutboxKind::Fee | OutboxKind::Step | OutboxKind::Feedback)
}

/// Not yet. A moment farther away than any pause was written before the clock was set back.
fn waits(next_try: Timestamp, now: Timestamp) -> bool {
    next_try > now && next_try.0 - now.0 <= LONGEST
}

/// The code of a failure of one line, and the pause the warehouse asks for.
fn trouble(error: &LinkError) -> (&'static str, Option<u32>) {
    let pause = match error {
        LinkError::Trouble { retry_after } => *retry_after,
        _ => None,
    };
    (link_code(error), pause)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_143_600_000);
    const AT: Moment = Moment { now: NOW, chance: 7 };

    fn op(n: u64) -> OpId {
        OpId::derive(n, &[1; 10])
    }

    fn file(n: u64) -> BlobId {
        BlobId([u8::try_from(n).unwrap(); 32])
    }

    fn line(n: u64, dossier: u64, kind: OutboxKind, blobs: &[u64]) -> Line {
        let item = OutboxItem {
            op: op(n),
            dossier: DossierId::derive(dossier, &[2; 10]),
            sequence: n,
            kind,
            blobs: blobs.iter().map(|b| file(*b)).collect(),
            state: OutboxState::Queued,
            attempts: 0,
            queued_at: NOW,
            last_error: None,
        };
        let files = (kind == OutboxKind::Document).then(|| DocumentId::derive(n, &[3; 10]));
        Line { item, files, names: BTreeSet::new(), tells_of_papers: false, kept_back: false }
    }

    fn engine(lines: Vec<Line>) -> Engine {
        let mut engine = Engine::new(&[9; 32]);
        engine.load(lines);
        engine
    }

    fn push_of(tasks: &[Task]) -> Vec<OpId> {
        tasks
            .iter()
            .find_map(|t| match t {
                Task::Push(ops) => Some(ops.clone()),
                Task::Upload(_) => None,
            })
            .unwrap_or_default()
    }

    fn pushed(ops: Vec<OpId>, answer: Result<Vec<OpResult>, LinkError>) -> Ended {
        Ended::Pushed { asked: ops.clone(), left: ops, answer }
    }

    #[test]
    fn an_answer_that_a_paper_was_filed_anew_leaves_when_the_paper_has_arrived() {
        let told = Line { tells_of_papers: true, ..line(2, 1, OutboxKind::Feedback, &[]) };
        let lines = vec![line(1, 1, OutboxKind::Document, &[1]), told, line(3, 1, OutboxKind::Feedback, &[])];
        let mut engine = engine(lines);
        assert_eq!(push_of(&engine.next(NOW)), [op(3)], "a feedback waits for nothing");
        let mut there = line(1, 1, OutboxKind::Document, &[1]).item;
        there.state = OutboxState::Received { at: NOW };
        let told = Line { tells_of_papers: true, ..line(2, 1, OutboxKind::Feedback, &[]) };
        let arrived = Line { item: there, ..line(1, 1, OutboxKind::Document, &[1]) };
        let mut engine = Engine::new(&[9; 32]);
        engine.load(vec![arrived, told]);
        assert_eq!(push_of(&engine.next(NOW)), [op(2)]);
    }

    #[test]
    fn the_work_is_told_at_once_and_its_files_go_two_at_a_time() {
        let mut engine = engine(vec![
            line(1, 1, OutboxKind::Document, &[1, 2]),
            line(2, 1, OutboxKind::Acceptance, &[3]),
            line(3, 2, OutboxKind::Document, &[4]),
        ]);
        let tasks = engine.next(NOW);
        assert_eq!(push_of(&tasks), [op(1), op(2), op(3)], "all of it before the first file");
        assert_eq!(tasks[1..], [Task::Upload(file(1)), Task::Upload(file(2))]);
        assert_eq!(engine.next(NOW), [], "nothing is begun twice");
        let kept = |n: u64, blob: u64| OpResult::Deferred {
            op_id: op(n),
            waits_for: vec![file(blob).to_string()],
            kept: true,
        };
        engine.ended(pushed(vec![op(1), op(2), op(3)], Ok(vec![kept(1, 1), kept(2, 3), kept(3, 4)])), AT);
        engine.ended(Ended::Uploaded { blob: file(1), answer: Ok(()) }, AT);
        assert_eq!(engine.next(NOW), [Task::Upload(file(3))], "one lane is free");
        engine.ended(Ended::Uploaded { blob: file(2), answer: Ok(()) }, AT);
        let tasks = engine.next(NOW);
        assert_eq!(push_of(&tasks), [op(1)], "whole: it is asked for its receipt");
        assert!(tasks.contains(&Task::Upload(file(4))));
    }

    fn naming(mut acceptance: Line, paper: u64) -> Line {
        acceptance.names.insert(DocumentId::derive(paper, &[3; 10]));
        acceptance
    }

    #[test]
    fn an_acceptance_leaves_with_its_papers_and_not_after_one_was_refused() {
        let lines = vec![
            line(1, 1, OutboxKind::Document, &[1]),
            naming(line(2, 1, OutboxKind::Acceptance, &[1, 2]), 1),
            line(3, 1, OutboxKind::Result, &[3]),
        ];
        let mut engine = engine(lines.clone());
        let tasks = engine.next(NOW);
        assert_eq!(push_of(&tasks), [op(1), op(2)], "its result waits for it");
        let refused = OpResult::Rejected { op_id: op(1), code: "fileNotTrusted".into(), fields: vec![] };
        let behind = OpResult::Deferred { op_id: op(2), waits_for: vec!["paper".into()], kept: false };
        engine.ended(pushed(vec![op(1), op(2)], Ok(vec![refused, behind])), AT);
        engine.ended(Ended::Uploaded { blob: file(1), answer: Ok(()) }, AT);
        engine.ended(Ended::Uploaded { blob: file(2), answer: Ok(()) }, AT);
        assert_eq!(engine.next(NOW), [], "it was told, and cannot be done");
        let mut stays = lines;
        stays[0].item.state = OutboxState::NeedsAttention { code: "fileNotTrusted".into() };
        engine = self::engine(stays.clone());
        assert_eq!(engine.next(NOW), [], "it does not leave");
        stays[1].item.attempts = 1;
        engine = self::engine(stays);
        assert_eq!(
            engine.next(NOW),
            [Task::Push(vec![op(2)])],
            "it left: it is asked for, without its files"
        );
    }

    #[test]
    fn an_acceptance_made_anew_leaves_before_what_waits_for_it_and_after_its_papers() {
        let lines = vec![
            line(2, 1, OutboxKind::Fee, &[]),
            line(5, 1, OutboxKind::Acceptance, &[]),
            line(6, 1, OutboxKind::Document, &[]),
        ];
        assert_eq!(push_of(&engine(lines).next(NOW)), [op(6), op(5), op(2)]);
    }

    #[test]
    fn a_step_leaves_when_the_one_before_it_has_arrived() {
        let steps = || vec![line(1, 1, OutboxKind::Step, &[1]), line(2, 1, OutboxKind::Step, &[])];
        let mut sending = engine(steps());
        assert_eq!(
            sending.next(NOW),
            [Task::Push(vec![op(1)]), Task::Upload(file(1))],
            "the first is told of"
        );
        assert_eq!(sending.next(NOW), [], "the second is whole and waits all the same");
        let later = Timestamp(NOW.0 + 1_000);
        for held in [
            OutboxState::WaitingForNetwork { next_try: later },
            OutboxState::NeedsAttention { code: "op.refused".into() },
        ] {
            let mut lines = steps();
            lines[0].item.state = held;
            lines.push(line(3, 1, OutboxKind::Fee, &[]));
            assert_eq!(push_of(&engine(lines).next(NOW)), [op(3)], "money waits for no step");
        }
        for closed in [OutboxState::Received { at: NOW }, OutboxState::Withdrawn] {
            let mut lines = steps();
            lines[0].item.state = closed;
            assert_eq!(push_of(&engine(lines).next(NOW)), [op(2)]);
        }
    }

    #[test]
    fn a_file_lost_here_may_be_there() {
        let mut told = line(1, 1, OutboxKind::Document, &[1]);
        told.item.attempts = 1;
        let follows = naming(line(2, 1, OutboxKind::Acceptance, &[1, 2]), 1);
        let mut engine = engine(vec![told, follows]);
        engine.next(NOW);
        let missing = Ended::Uploaded { blob: file(1), answer: Err(Upload::Missing("fileMissing")) };
        assert_eq!(engine.ended(missing, AT), [], "an earlier try may have sent it");
        assert_eq!(engine.next(NOW), [], "it is not looked for again");
        let lacks = |n| OpResult::Deferred { op_id: op(n), waits_for: vec![file(1).to_string()], kept: true };
        let verdicts = engine.ended(pushed(vec![op(1), op(2)], Ok(vec![lacks(1), lacks(2)])), AT);
        let [Verdict::Write(item)] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!(
            (item.op, &item.state),
            (op(1), &OutboxState::NeedsAttention { code: "fileMissing".into() })
        );
    }

    #[test]
    fn what_the_warehouse_holds_is_asked_for_without_its_files_and_is_no_try() {
        let mut held = line(1, 1, OutboxKind::Document, &[1]);
        held.item.state = OutboxState::Sent;
        held.item.attempts = 1;
        let mut engine = engine(vec![held.clone()]);
        assert_eq!(engine.next(NOW), [Task::Push(vec![op(1)])]);
        assert_eq!(engine.leaving(&held.item), held.item);
        let lost = OpResult::Deferred { op_id: op(1), waits_for: vec![file(1).to_string()], kept: true };
        engine.ended(pushed(vec![op(1)], Ok(vec![lost])), AT);
        assert_eq!(engine.next(NOW), [Task::Upload(file(1))], "it lost the file");
    }

    #[test]
    fn a_batch_that_fails_is_taken_apart_until_one_line_is_left() {
        let mut engine = engine(vec![
            line(1, 1, OutboxKind::Document, &[]),
            line(2, 1, OutboxKind::Document, &[]),
            line(3, 2, OutboxKind::Document, &[]),
        ]);
        let trouble = || Err(LinkError::Trouble { retry_after: None });
        let mut batches = vec![];
        loop {
            let batch = push_of(&engine.next(NOW));
            if batch.is_empty() {
                break;
            }
            let verdicts = match batch.contains(&op(2)) {
                true => engine.ended(pushed(batch.clone(), trouble()), AT),
                false => {
                    let refused = |op_id: &OpId| OpResult::Rejected {
                        op_id: *op_id,
                        code: "fileNotPdf".into(),
                        fields: vec![],
                    };
                    let results = batch.iter().map(refused).collect();
                    engine.ended(pushed(batch.clone(), Ok(results)), AT)
                }
            };
            batches.push((batch, verdicts.len()));
            assert!(batches.len() < 10, "{batches:?}");
        }
        let alone = (vec![op(2)], 1);
        assert_eq!(batches[0], (vec![op(1), op(2), op(3)], 0));
        assert!(batches.contains(&alone), "{batches:?}");
        assert!(batches.contains(&(vec![op(1)], 1)) && batches.contains(&(vec![op(3)], 1)), "{batches:?}");
        let waits =
            |n: u64| matches!(engine.line(op(n)).unwrap().item.state, OutboxState::WaitingForNetwork { .. });
        assert!(waits(2) && !waits(1) && !waits(3));
    }

    #[test]
    fn no_contact_ends_the_pass_and_a_clock_set_back_holds_nothing() {
        let mut engine =
            engine(vec![line(1, 1, OutboxKind::Document, &[]), line(2, 2, OutboxKind::Document, &[])]);
        let batch = push_of(&engine.next(NOW));
        let verdicts = engine.ended(pushed(batch, Err(LinkError::Offline)), AT);
        assert_eq!(verdicts.last(), Some(&Verdict::NoContact(LinkError::Offline)));
        assert_eq!(engine.next(NOW), []);
        let mut later = line(1, 1, OutboxKind::Document, &[]);
        let wait = |millis| OutboxState::WaitingForNetwork { next_try: Timestamp(NOW.0 + millis) };
        later.item.state = wait(60_000);
        assert_eq!(self::engine(vec![later.clone()]).next(NOW), []);
        assert_eq!(push_of(&self::engine(vec![later.clone()]).next(Timestamp(NOW.0 + 60_000))), [op(1)]);
        later.item.state = wait(3_600_000);
        assert_eq!(push_of(&self::engine(vec![later]).next(NOW)), [op(1)], "an hour ahead was never a pause");
    }

    #[test]
    fn a_file_that_is_lost_again_and_again_is_not_sent_for_ever() {
        let mut engine = engine(vec![line(1, 1, OutboxKind::Document, &[1])]);
        for round in 0..20 {
            let tasks = engine.next(NOW);
            if tasks.is_empty() {
                assert!(round > 2);
                let item = &engine.line(op(1)).unwrap().item;
                assert!(matches!(item.state, OutboxState::WaitingForNetwork { .. }));
                return;
            }
            for task in tasks {
                match task {
                    Task::Upload(blob) => engine.ended(Ended::Uploaded { blob, answer: Ok(()) }, AT),
                    Task::Push(ops) => {
                        let waits_for = vec![file(1).to_string()];
                        let never = OpResult::Deferred { op_id: op(1), waits_for, kept: false };
                        engine.ended(pushed(ops, Ok(vec![never])), AT)
                    }
                };
            }
        }
        panic!("it goes round and round");
    }
}
