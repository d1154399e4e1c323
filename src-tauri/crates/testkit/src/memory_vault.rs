//! The vault's twin in memory, with the same refusals, and one that fails after so many commits.

use motcua_desk::ports::{
    Batch, CachedIdentity, CaptureDraft, Counter, FileChange, FileUses, KeptConflict, PrintRecord, QueuedOp,
    Vault, VaultError, VaultStatus, WrongSecrets,
};
use motcua_dossier::{
    BlobId, Day, DeviceId, DocumentSummary, Dossier, DossierId, FeeAct, HeldFile, IdNumber, NumberBlock,
    OfficeDossier, OpId, OutboxItem, OutboxKind, OutboxState, QueueFilter, QueuePage, QueueRow,
    ReferenceData, SearchQuery, SeatLoad, Timestamp, seat_loads,
};
use motcua_wire::OpPayload;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// A vault without a disk. Locking keeps its content.
#[derive(Default)]
pub struct MemoryVault(Mutex<State>);

#[derive(Default)]
struct State {
    officers: Vec<(String, String)>,
    wrong: HashMap<String, WrongSecrets>,
    open: Option<String>,
    sealed_at: Option<Timestamp>,
    content: Content,
    commits_left: Option<u32>,
}

#[derive(Clone, Default)]
struct Content {
    counter: Option<Counter>,
    dossiers: HashMap<DossierId, Dossier>,
    outbox: BTreeMap<u64, QueuedOp>,
    documents: HashMap<IdNumber, (Timestamp, Vec<DocumentSummary>)>,
    identities: HashMap<IdNumber, CachedIdentity>,
    captures: HashMap<(DossierId, u32), CaptureDraft>,
    reference: ReferenceData,
    blocks: Vec<NumberBlock>,
    settings: HashMap<String, String>,
    /// With the history each row is of.
    office: HashMap<DossierId, (u64, OfficeDossier)>,
    conflicts: HashMap<OpId, KeptConflict>,
    prints: BTreeMap<(DossierId, u32), PrintRecord>,
    blobs: BTreeMap<BlobId, Kept>,
}

impl Content {
    /// What the citizen is owed something for: this counter's own, and what is told of others and of what is unsettled here.
    fn queue(&self) -> Vec<QueueRow> {
        let others = self.office.values().map(|(_, row)| row);
        let told = |id: &DossierId| self.dossiers.get(id).is_none_or(Dossier::is_unsettled);
        let others = others.filter(|row| told(&row.id)).filter_map(QueueRow::of_office);
        let settled = self.dossiers.values().filter(|own| !own.is_unsettled());
        settled.filter_map(QueueRow::of_own).chain(others).collect()
    }
}

/// A file, and what is known of it. A sealed one keeps its bytes and gives them to nobody.
#[derive(Clone)]
struct Kept {
    bytes: Vec<u8>,
    file: HeldFile,
}

impl MemoryVault {
    /// Lets `commits` further commits through; every later one fails as if the machine had died.
    /// None lets all through again.
    pub fn die_after(&self, commits: Option<u32>) {
        self.state().commits_left = commits;
    }

    /// Opens it as the agency's recovery key does.
    pub fn recover(&self) {
        self.state().open = Some("recovery".to_owned());
    }

    /// Loses a file, as a bad disk does.
    pub fn forget_blob(&self, id: &BlobId) {
        self.state().content.blobs.remove(id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, look: impl FnOnce(&Content) -> T) -> Result<T, VaultError> {
        let state = self.state();
        if state.open.is_none() { Err(VaultError::Locked) } else { Ok(look(&state.content)) }
    }
}

impl Content {
    fn apply(&mut self, batch: &Batch) -> Result<(), VaultError> {
        for dossier in &batch.dossiers {
            let stored = self.dossiers.get(&dossier.id).map_or(0, |d| d.revision);
            if dossier.revision != stored + 1 {
                return Err(VaultError::Stale);
            }
            self.dossiers.insert(dossier.id, dossier.clone());
        }
        let mut counter = self.counter.clone().ok_or(VaultError::Absent)?;
        for queued in &batch.enqueue {
            if queued.item.sequence != counter.last_sequence + 1 {
                return Err(VaultError::Stale);
            }
            counter.last_sequence = queued.item.sequence;
            self.outbox.insert(queued.item.sequence, queued.clone());
        }
        if let Some(wished) = &batch.counter {
            if wished.last_sequence != counter.last_sequence {
                return Err(VaultError::Stale);
            }
            counter = wished.clone();
        }
        self.counter = Some(counter);
        for item in &batch.outbox {
            let held = self.outbox.values_mut().find(|q| q.item.op == item.op).ok_or(VaultError::Stale)?;
            held.item.state = item.state.clone();
            held.item.attempts = item.attempts;
            held.item.last_error.clone_from(&item.last_error);
        }
        for (op, receipt) in &batch.receipts {
            let held = self.outbox.values_mut().find(|q| q.item.op == *op).ok_or(VaultError::Stale)?;
            held.receipt = Some(receipt.clone());
        }
        for (owner, at, papers) in &batch.documents {
            self.documents.insert(owner.clone(), (*at, papers.clone()));
        }
        self.identities.extend(batch.identities.iter().cloned());
        for draft in &batch.captures {
            let key = (draft.dossier, draft.component);
            if draft.pages.is_empty() {
                self.captures.remove(&key);
            } else {
                self.captures.insert(key, draft.clone());
            }
        }
        if let Some(reference) = &batch.reference {
            self.reference = reference.clone();
        }
        if let Some(blocks) = &batch.blocks {
            self.blocks.clone_from(blocks);
        }
        self.settings.extend(batch.settings.iter().cloned());
        if let Some(told) = &batch.office {
            for row in &told.rows {
                let held = self.office.get(&row.id).map(|(epoch, row)| (*epoch, row.version));
                if held.is_none_or(|held| held <= (told.epoch, row.version)) {
                    self.office.insert(row.id, (told.epoch, row.clone()));
                }
            }
            if told.complete {
                self.office.retain(|_, (epoch, _)| *epoch >= told.epoch);
            }
        }
        self.conflicts.extend(batch.conflicts.iter().map(|c| (c.op, c.clone())));
        batch.prints.iter().try_for_each(|print| self.print(print))?;
        batch.files.iter().try_for_each(|change| self.change_file(*change))
    }

    fn print(&mut self, record: &PrintRecord) -> Result<(), VaultError> {
        let last =
            self.prints.keys().filter(|(dossier, _)| *dossier == record.dossier).map(|(_, n)| *n).max();
        if !(1..=last.unwrap_or(0) + 1).contains(&record.number) {
            return Err(VaultError::Stale);
        }
        self.prints.insert((record.dossier, record.number), record.clone());
        Ok(())
    }

    fn change_file(&mut self, change: FileChange) -> Result<(), VaultError> {
        let unsent = |id: &BlobId| {
            self.outbox.values().any(|q| !q.item.state.is_closed() && q.item.blobs.contains(id))
        };
        match change {
            FileChange::Fetched(id) => {
                if let Some(kept) = self.blobs.get_mut(&id) {
                    kept.file.fetched = true;
                }
            }
            FileChange::Idle(id, since) => {
                if let Some(kept) = self.blobs.get_mut(&id) {
                    kept.file.idle_since = since;
                }
            }
            FileChange::Seal(id, at) => {
                let unsent = unsent(&id);
                let kept = self.blobs.get_mut(&id).filter(|kept| kept.file.sealed_at.is_none() && !unsent);
                kept.ok_or(VaultError::Stale)?.file.sealed_at = Some(at);
            }
            FileChange::Forget(id) => {
                let sealed = self.blobs.get(&id).is_some_and(|kept| kept.file.sealed_at.is_some());
                if !sealed || unsent(&id) {
                    return Err(VaultError::Stale);
                }
                self.blobs.remove(&id);
            }
        }
        Ok(())
    }

    fn readable(&self, id: &BlobId) -> Option<&Vec<u8>> {
        self.blobs.get(id).filter(|kept| kept.file.sealed_at.is_none()).map(|kept| &kept.bytes)
    }
}

impl Vault for MemoryVault {
    fn status(&self) -> VaultStatus {
        let state = self.state();
        match &state.open {
            Some(officer) => VaultStatus::Open { officer: officer.clone() },
            None if state.officers.is_empty() => match state.sealed_at {
                Some(at) => VaultStatus::Sealed { at },
                None => VaultStatus::Absent,
            },
            None => VaultStatus::Locked { officers: state.officers.iter().map(|(o, _)| o.clone()).collect() },
        }
    }

    fn create(
        &self,
        officer: &str,
        secret: &Zeroizing<String>,
        _recovery: &[u8; 32],
        device: DeviceId,
    ) -> Result<(), VaultError> {
        let mut state = self.state();
        if !state.officers.is_empty() || state.sealed_at.is_some() {
            return Err(VaultError::Exists);
        }
        if secret.chars().count() < 8 {
            return Err(VaultError::WeakSecret);
        }
        state.officers.push((officer.to_owned(), secret.to_string()));
        state.content.counter = Some(Counter { device, last_sequence: 0, provisional: 0 });
        state.open = Some(officer.to_owned());
        Ok(())
    }

    fn enrol(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        let mut state = self.state();
        if state.open.is_none() {
            return Err(VaultError::Locked);
        }
        if secret.chars().count() < 8 {
            return Err(VaultError::WeakSecret);
        }
        state.sealed_at = None;
        state.officers.retain(|(o, _)| o != officer);
        state.officers.push((officer.to_owned(), secret.to_string()));
        Ok(())
    }

    fn unlock(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        let mut state = self.state();
        if state.sealed_at.is_some() {
            return Err(VaultError::Sealed);
        }
        if state.officers.is_empty() {
            return Err(VaultError::Absent);
        }
        match state.officers.iter().find(|(o, _)| o == officer) {
            None => Err(VaultError::UnknownOfficer),
            Some((_, known)) if *known != **secret => Err(VaultError::WrongSecret),
            Some(_) => {
                state.open = Some(officer.to_owned());
                for queued in state.content.outbox.values_mut() {
                    if matches!(queued.item.state, OutboxState::Sending { .. }) {
                        queued.item.state = OutboxState::Queued;
                    }
                }
                Ok(())
            }
        }
    }

    fn proves(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        let state = self.state();
        if state.open.is_none() {
            return Err(VaultError::Locked);
        }
        match state.officers.iter().find(|(o, _)| o == officer) {
            None => Err(VaultError::UnknownOfficer),
            Some((_, known)) if *known != **secret => Err(VaultError::WrongSecret),
            Some(_) => Ok(()),
        }
    }

    fn lock(&self) {
        self.state().open = None;
    }

    fn seal(&self, at: Timestamp) -> Result<(), VaultError> {
        let mut state = self.state();
        if state.sealed_at.is_none() && state.officers.is_empty() {
            return Err(VaultError::Absent);
        }
        if state.commits_left == Some(0) {
            return Err(VaultError::Full);
        }
        state.sealed_at.get_or_insert(at);
        state.officers.clear();
        state.open = None;
        Ok(())
    }

    fn wrong_secrets(&self, officer: &str) -> Result<WrongSecrets, VaultError> {
        Ok(self.state().wrong.get(officer).copied().unwrap_or_default())
    }

    fn keep_wrong_secrets(&self, officer: &str, wrong: WrongSecrets) -> Result<(), VaultError> {
        self.state().wrong.insert(officer.to_owned(), wrong);
        Ok(())
    }

    fn commit(&self, batch: &Batch) -> Result<(), VaultError> {
        let mut state = self.state();
        if state.open.is_none() {
            return Err(VaultError::Locked);
        }
        match &mut state.commits_left {
            Some(0) => return Err(VaultError::Storage),
            Some(left) => *left -= 1,
            None => {}
        }
        let mut next = state.content.clone();
        next.apply(batch)?;
        state.content = next;
        Ok(())
    }

    fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, VaultError> {
        let mut state = self.state();
        if state.open.is_none() {
            return Err(VaultError::Locked);
        }
        let id = BlobId(Sha256::digest(bytes).into());
        let fetched = state.content.blobs.get(&id).is_some_and(|kept| kept.file.fetched);
        let file = HeldFile { id, fetched, idle_since: None, sealed_at: None };
        state.content.blobs.insert(id, Kept { bytes: bytes.to_vec(), file });
        Ok(id)
    }

    fn blob(&self, id: &BlobId) -> Result<Option<Vec<u8>>, VaultError> {
        self.read(|c| c.readable(id).cloned())
    }

    fn blob_size(&self, id: &BlobId) -> Result<Option<u64>, VaultError> {
        self.read(|c| c.readable(id).map(|bytes| bytes.len() as u64))
    }

    fn held_files(&self, after: Option<&BlobId>, limit: u32) -> Result<Vec<HeldFile>, VaultError> {
        self.read(|c| {
            let later = c.blobs.values().filter(|kept| after.is_none_or(|after| kept.file.id > *after));
            later.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|kept| kept.file.clone()).collect()
        })
    }

    fn held_file(&self, id: &BlobId) -> Result<Option<HeldFile>, VaultError> {
        self.read(|c| c.blobs.get(id).map(|kept| kept.file.clone()))
    }

    fn file_uses(&self, id: &BlobId) -> Result<FileUses, VaultError> {
        self.read(|c| {
            let mut uses = FileUses {
                dossiers: c.dossiers.values().filter(|d| d.files().any(|f| f == *id)).map(|d| d.id).collect(),
                lines: c.outbox.values().filter(|q| q.item.blobs.contains(id)).map(|q| q.item.op).collect(),
                captured: c
                    .captures
                    .values()
                    .any(|draft| draft.pages.iter().any(|p| p.image == *id || p.thumbnail == *id)),
            };
            uses.dossiers.sort_unstable();
            uses.lines.sort_unstable();
            uses
        })
    }

    fn dossier(&self, id: DossierId) -> Result<Option<Dossier>, VaultError> {
        self.read(|c| c.dossiers.get(&id).cloned())
    }

    fn dossiers(&self, query: &str, limit: u32) -> Result<Vec<Dossier>, VaultError> {
        self.read(|c| {
            let query = SearchQuery::parse(query);
            let mut found: Vec<(Dossier, bool)> = c
                .dossiers
                .values()
                .map(|d| (d, d.search_text()))
                .filter(|(_, text)| query.finds(text))
                .map(|(d, text)| (d.clone(), query.has_marks() && query.finds_exactly(&text)))
                .collect();
            found.sort_by_key(|(d, exact)| std::cmp::Reverse((*exact, d.place(), d.id)));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            found.into_iter().map(|(d, _)| d).collect()
        })
    }

    fn owed(&self, limit: u32) -> Result<Vec<Dossier>, VaultError> {
        self.read(|c| {
            let due = |d: &Dossier| d.owed_by().map(|day| (day, d.id.to_string()));
            let mut owed: Vec<Dossier> = c.dossiers.values().filter(|d| due(d).is_some()).cloned().collect();
            owed.sort_by_key(due);
            owed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            owed
        })
    }

    fn accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Dossier>, VaultError> {
        self.read(|c| {
            let at = |d: &Dossier| d.state.acceptance().map(|(at, _)| at);
            let within = |d: &&Dossier| at(d).is_some_and(|at| (from..until).contains(&at));
            let mut found: Vec<Dossier> = c.dossiers.values().filter(within).cloned().collect();
            found.sort_by_key(|d| (at(d), d.id));
            found
        })
    }

    fn outbox(&self, all: bool) -> Result<Vec<OutboxItem>, VaultError> {
        self.read(|c| {
            let wanted = |i: &OutboxItem| all || !i.state.is_closed();
            c.outbox.values().map(|q| q.item.clone()).filter(wanted).collect()
        })
    }

    fn outbox_of(&self, dossier: DossierId) -> Result<Vec<OutboxItem>, VaultError> {
        self.read(|c| c.outbox.values().map(|q| q.item.clone()).filter(|i| i.dossier == dossier).collect())
    }

    fn queued(&self, op: OpId) -> Result<Option<QueuedOp>, VaultError> {
        self.read(|c| c.outbox.values().find(|q| q.item.op == op).cloned())
    }

    fn fee_lines(&self, from: Timestamp, until: Timestamp) -> Result<Vec<QueuedOp>, VaultError> {
        self.read(|c| {
            let within =
                |q: &&QueuedOp| q.item.kind == OutboxKind::Fee && (from..until).contains(&q.item.queued_at);
            c.outbox.values().filter(within).cloned().collect()
        })
    }

    fn fee_receipts(&self, number: &str) -> Result<Vec<(DossierId, OpId)>, VaultError> {
        self.read(|c| {
            let counts = |q: &&QueuedOp| {
                !matches!(q.item.state, OutboxState::Replaced | OutboxState::Withdrawn)
                    && matches!(&q.op.payload, OpPayload::Fee(record)
                        if matches!(&record.act, FeeAct::Paid { receipt_number, .. } if receipt_number == number))
            };
            c.outbox.values().filter(counts).map(|q| (q.item.dossier, q.item.op)).collect()
        })
    }

    fn documents(&self, owner: &[IdNumber]) -> Result<(Option<Timestamp>, Vec<DocumentSummary>), VaultError> {
        self.read(|c| {
            let known: Vec<_> = owner.iter().filter_map(|n| c.documents.get(n)).collect();
            let mut seen = HashSet::new();
            let papers = known
                .iter()
                .flat_map(|(_, papers)| papers.iter())
                .filter(|p| seen.insert(p.record.id))
                .cloned()
                .collect();
            (known.iter().map(|(at, _)| *at).min(), papers)
        })
    }

    fn identity(&self, number: &IdNumber) -> Result<Option<CachedIdentity>, VaultError> {
        self.read(|c| c.identities.get(number).cloned())
    }

    fn capture(&self, dossier: DossierId, component: u32) -> Result<Option<CaptureDraft>, VaultError> {
        self.read(|c| c.captures.get(&(dossier, component)).cloned())
    }

    fn reference(&self) -> Result<Arc<ReferenceData>, VaultError> {
        self.read(|c| Arc::new(c.reference.clone()))
    }

    fn blocks(&self) -> Result<Vec<NumberBlock>, VaultError> {
        self.read(|c| c.blocks.clone())
    }

    fn counter(&self) -> Result<Counter, VaultError> {
        self.read(|c| c.counter.clone())?.ok_or(VaultError::Absent)
    }

    fn setting(&self, key: &str) -> Result<Option<String>, VaultError> {
        self.read(|c| c.settings.get(key).cloned())
    }

    fn queue(
        &self,
        filter: &QueueFilter,
        today: Day,
        skip: u32,
        limit: u32,
    ) -> Result<QueuePage, VaultError> {
        self.read(|c| {
            let mut rows = c.queue();
            rows.retain(|row| filter.fits(row, today));
            rows.sort_by_key(QueueRow::place);
            let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let rows = rows.into_iter().skip(skip as usize).take(limit as usize).collect();
            QueuePage { rows, count }
        })
    }

    fn queue_loads(&self, today: Day) -> Result<Vec<SeatLoad>, VaultError> {
        self.read(|c| seat_loads(&c.queue(), today))
    }

    fn office(&self, query: &str, limit: u32) -> Result<Vec<OfficeDossier>, VaultError> {
        self.read(|c| {
            let query = SearchQuery::parse(query);
            let mut found: Vec<(OfficeDossier, bool)> = c
                .office
                .values()
                .map(|(_, row)| (row, row.search_text()))
                .filter(|(row, text)| !c.dossiers.contains_key(&row.id) && query.finds(text))
                .map(|(row, text)| (row.clone(), query.has_marks() && query.finds_exactly(&text)))
                .collect();
            found.sort_by_key(|(row, exact)| std::cmp::Reverse((*exact, row.place(), row.id)));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            found.into_iter().map(|(row, _)| row).collect()
        })
    }

    fn office_seated(&self, limit: u32) -> Result<Vec<OfficeDossier>, VaultError> {
        self.read(|c| {
            let seated = |row: &&OfficeDossier| row.seat.is_some() && row.returned_at.is_none();
            let rows = c.office.values().map(|(_, row)| row).filter(seated);
            let mut found: Vec<OfficeDossier> =
                rows.filter(|row| !c.dossiers.contains_key(&row.id)).cloned().collect();
            found.sort_by_key(|row| std::cmp::Reverse((row.place(), row.id)));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            found
        })
    }

    fn office_accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<OfficeDossier>, VaultError> {
        self.read(|c| {
            let within = |row: &&OfficeDossier| {
                (from..until).contains(&row.accepted_at) && !c.dossiers.contains_key(&row.id)
            };
            let rows = c.office.values().map(|(_, row)| row);
            let mut found: Vec<OfficeDossier> = rows.filter(within).cloned().collect();
            found.sort_by_key(|row| (row.accepted_at, row.id));
            found
        })
    }

    fn office_dossier(&self, id: DossierId) -> Result<Option<OfficeDossier>, VaultError> {
        self.read(|c| c.office.get(&id).map(|(_, row)| row.clone()))
    }

    fn conflict(&self, op: OpId) -> Result<Option<KeptConflict>, VaultError> {
        self.read(|c| c.conflicts.get(&op).cloned())
    }

    fn prints(&self, dossier: DossierId) -> Result<Vec<PrintRecord>, VaultError> {
        self.read(|c| {
            c.prints.range((dossier, 0)..=(dossier, u32::MAX)).map(|(_, record)| record.clone()).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twin_keeps_what_every_vault_promises() {
        crate::contract::vault::vault_contract(|| Box::new(MemoryVault::default()));
    }
}
