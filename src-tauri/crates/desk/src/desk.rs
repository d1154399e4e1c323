//! The desk itself: its ports, its office, and how one change becomes durable.

use crate::error::{DeskError, IntakeError};
use crate::login::Login;
use crate::ports::{
    Batch, CapturedPage, Clock, Converter, Printer, QueuedOp, Random, Scanner, Signer, Vault, VaultStatus,
    Warehouse,
};
use crate::replace::{failed_of, is_accepted};
use motcua_dossier::{
    AgencyCode, BlobId, DeviceId, Dossier, DossierId, IdNumber, IdentityCheck, OpId, OutboxItem, OutboxKind,
    OutboxState, Retention, SupportContact, Timestamp,
};
use motcua_wire::{MAX_REPLACED, Op, OpPayload};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// Everything of the world the desk needs.
#[derive(Clone)]
pub struct Ports {
    /// Encrypted store.
    pub vault: Arc<dyn Vault>,
    /// Scanners.
    pub scanner: Arc<dyn Scanner>,
    /// Printers.
    pub printer: Arc<dyn Printer>,
    /// Word files to PDF.
    pub converter: Arc<dyn Converter>,
    /// Signing tokens.
    pub signer: Arc<dyn Signer>,
    /// The provincial warehouse.
    pub warehouse: Arc<dyn Warehouse>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// Which office and which machine this is.
#[derive(Clone, Debug)]
pub struct OfficeSettings {
    /// This machine.
    pub device: DeviceId,
    /// Receiving agency.
    pub agency_code: AgencyCode,
    /// Its name as printed.
    pub agency_name: String,
    /// The unit at the counter, as printed on the receipt.
    pub unit_name: String,
    /// Place written before a date.
    pub place: String,
    /// Ed25519 key of the warehouse's receipts, pinned.
    pub receipt_key: [u8; 32],
    /// X25519 key the vault's key is also wrapped to.
    pub recovery_key: [u8; 32],
    /// Further driver options by scanner id.
    pub scanner_options: BTreeMap<String, Vec<(String, String)>>,
    /// Days without contact after which papers of others that lie here are not used any more; none: as the province
    /// decided.
    pub offline_grace_days: Option<u32>,
    /// How long files are kept here.
    pub retention: Retention,
    /// Minutes without input after which the window locks; none: as the province decided.
    pub lock_after_minutes: Option<u32>,
    /// Whom to ask for help, as it was known when this machine was open last.
    pub support: Option<SupportContact>,
    /// Nothing here is real: whatever is printed says so.
    pub training: bool,
}

/// The counter. Share it by `Arc`; every method takes `&self`.
pub struct Desk {
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) scanner: Arc<dyn Scanner>,
    pub(crate) printer: Arc<dyn Printer>,
    pub(crate) converter: Arc<dyn Converter>,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) warehouse: Arc<dyn Warehouse>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) office: OfficeSettings,
    pub(crate) wake: Notify,
    pub(crate) syncing: tokio::sync::Mutex<()>,
    writing: Mutex<()>,
    live: Mutex<Live>,
}

/// What is true only while the program runs.
#[derive(Default)]
pub(crate) struct Live {
    /// Was the warehouse reached at the last try; none before the first.
    pub(crate) online: Option<bool>,
    /// What was in the way at the last try; none after a contact.
    pub(crate) trouble: Option<&'static str>,
    /// Last contact.
    pub(crate) last_contact: Option<Timestamp>,
    /// The officer who has just unlocked, with his secret, until the next contact or the lock.
    pub(crate) login_due: Option<(String, Zeroizing<String>)>,
    /// What the warehouse said to the login.
    pub(crate) login: Login,
    /// Officers whose login was refused, and when: the same secret is not sent again at every unlocking.
    pub(crate) refused_logins: HashMap<String, Timestamp>,
    /// Server clock minus ours, in milliseconds, at the last contacts, oldest first.
    pub(crate) offsets: VecDeque<i64>,
    /// Failed contacts in a row.
    pub(crate) failures: u32,
    /// Bytes sent and in all, by operation.
    pub(crate) sending: HashMap<OpId, (u64, u64)>,
    /// Files each line of the pass under way needs.
    pub(crate) flows: HashMap<OpId, Flow>,
    /// Bytes of each file that the warehouse has.
    pub(crate) sent: HashMap<BlobId, u64>,
    /// Outcome of the last identity check of each number in this session.
    pub(crate) checked: HashMap<IdNumber, IdentityCheck>,
    /// Owners whose papers the warehouse has changed since they were asked for.
    pub(crate) stale_papers: HashSet<IdNumber>,
    /// Operations whose sending has begun and whose outcome is not written yet.
    pub(crate) in_flight: HashSet<OpId>,
    /// Rows whose reserved paper cannot be had, by dossier; none before they were counted.
    pub(crate) failed_rows: Option<BTreeMap<DossierId, u32>>,
    /// Dossiers that are open on a screen and asked for alone.
    pub(crate) open_work: BTreeSet<DossierId>,
    /// Labels of the scanners seen in the last list, by id.
    pub(crate) scanner_labels: HashMap<String, String>,
    /// Whom to ask for help, as it was when the vault was closed.
    pub(crate) support: Option<SupportContact>,
    /// Pages removed from a capture, for undo.
    pub(crate) removed_pages: HashMap<(DossierId, u32, BlobId), CapturedPage>,
}

/// The files of one line with their sizes.
pub(crate) struct Flow {
    pub(crate) sizes: Vec<(BlobId, u64)>,
}

/// So many contacts tell how far our clock is off.
const OFFSETS: usize = 9;

impl Live {
    /// Server clock minus ours in milliseconds: the median of the last contacts, so that one slow answer
    /// moves no deadline.
    pub(crate) fn clock_offset(&self) -> i64 {
        let mut sorted: Vec<i64> = self.offsets.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    }

    /// Our clock against the server's at a contact.
    pub(crate) fn note_offset(&mut self, offset: i64) {
        if self.offsets.len() == OFFSETS {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
    }

    /// Bytes of a file arrived: what every line that needs it shows now.
    pub(crate) fn flowed(&mut self, blob: BlobId, sent: u64) -> Vec<(OpId, (u64, u64))> {
        self.sent.insert(blob, sent);
        let mut told = vec![];
        for (op, flow) in &self.flows {
            if flow.sizes.iter().any(|(id, _)| *id == blob) {
                let total = flow.sizes.iter().map(|(_, size)| size).sum();
                let through = |(id, size): &(BlobId, u64)| self.sent.get(id).map_or(0, |n| *n.min(size));
                told.push((*op, (flow.sizes.iter().map(through).sum(), total)));
            }
        }
        self.sending.extend(told.iter().copied());
        told
    }

    /// A file is not on its way any more: its lines wait.
    pub(crate) fn stopped(&mut self, blob: BlobId) {
        let waits = |flow: &Flow| flow.sizes.iter().any(|(id, _)| *id == blob);
        let ops: Vec<OpId> = self.flows.iter().filter(|(_, f)| waits(f)).map(|(op, _)| *op).collect();
        for op in ops {
            self.sending.remove(&op);
        }
    }
}

impl Desk {
    /// A desk of this office on these ports.
    #[must_use]
    pub fn new(ports: Ports, office: OfficeSettings) -> Self {
        Self {
            vault: ports.vault,
            scanner: ports.scanner,
            printer: ports.printer,
            converter: ports.converter,
            signer: ports.signer,
            warehouse: ports.warehouse,
            clock: ports.clock,
            random: ports.random,
            office,
            wake: Notify::new(),
            syncing: tokio::sync::Mutex::new(()),
            writing: Mutex::new(()),
            live: Mutex::new(Live::default()),
        }
    }

    /// The office this desk belongs to.
    #[must_use]
    pub fn office(&self) -> &OfficeSettings {
        &self.office
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held from reading to committing, never across an await: changes of one vault follow each other.
    pub(crate) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn officer(&self) -> String {
        match self.vault.status() {
            VaultStatus::Open { officer } => officer,
            VaultStatus::Absent | VaultStatus::Locked { .. } | VaultStatus::Sealed { .. } => String::new(),
        }
    }

    /// Time part and ten random bytes of a new identifier.
    pub(crate) fn id_parts(&self) -> (u64, [u8; 10]) {
        let mut random = [0u8; 10];
        self.random.fill(&mut random);
        (u64::try_from(self.clock.now().0).unwrap_or(0), random)
    }

    pub(crate) fn stored(&self, id: DossierId) -> Result<Dossier, DeskError> {
        self.vault.dossier(id)?.ok_or_else(|| IntakeError::UnknownDossier.into())
    }

    /// Reads a dossier, lets `act` change it and what goes with it, and commits all of it at once.
    /// When `act` refuses, nothing is written. An acceptance that has not left follows its dossier.
    pub(crate) fn change(
        &self,
        id: DossierId,
        act: impl FnOnce(&mut Change<'_>) -> Result<(), DeskError>,
    ) -> Result<Dossier, DeskError> {
        let _writing = self.writing();
        let before = self.stored(id)?;
        let mut change = Change {
            desk: self,
            now: self.clock.now(),
            dossier: before.clone(),
            batch: Batch::default(),
            wakes: false,
        };
        act(&mut change)?;
        if is_accepted(&before)
            && (before.components != change.dossier.components || before.consents != change.dossier.consents)
        {
            self.settle_acceptance(&mut change)?;
        }
        let Change { mut dossier, mut batch, wakes, .. } = change;
        dossier.revision += 1;
        batch.dossiers.push(dossier.clone());
        let wakes = wakes || !batch.enqueue.is_empty();
        self.vault.commit(&batch)?;
        if let Some(failed) = &mut self.live().failed_rows {
            match failed_of(&dossier) {
                0 => failed.remove(&id),
                rows => failed.insert(id, rows),
            };
        }
        if wakes {
            self.wake.notify_one();
        }
        Ok(dossier)
    }
}

/// Puts an operation into the outbox: under which id, based on which version of it, in whose place.
pub(crate) fn queue(
    desk: &Desk,
    batch: &mut Batch,
    now: Timestamp,
    (dossier, base_version, replaced): &(DossierId, u64, BTreeSet<OpId>),
    (kind, payload, blobs): (OutboxKind, OpPayload, Vec<BlobId>),
) -> Result<OpId, DeskError> {
    let mut counter = match batch.counter.take() {
        Some(counter) => counter,
        None => desk.vault.counter()?,
    };
    counter.last_sequence += 1;
    let (millis, random) = desk.id_parts();
    let op_id = OpId::derive(millis, &random);
    batch.enqueue.push(QueuedOp {
        item: OutboxItem {
            op: op_id,
            dossier: *dossier,
            sequence: counter.last_sequence,
            kind,
            blobs,
            state: OutboxState::Queued,
            attempts: 0,
            queued_at: now,
            last_error: None,
        },
        op: Op {
            op_id,
            device: counter.device,
            device_seq: counter.last_sequence,
            device_time: now,
            schema_version: payload.schema(),
            dossier: *dossier,
            base_version: *base_version,
            // The newest: of a hundred that were replaced one after another, who knows the first?
            replaces: replaced.iter().rev().take(MAX_REPLACED).copied().collect(),
            payload,
        },
        receipt: None,
    });
    batch.counter = Some(counter);
    Ok(op_id)
}

/// One change under way: the dossier as it will be, and everything committed with it.
pub(crate) struct Change<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) now: Timestamp,
    pub(crate) dossier: Dossier,
    pub(crate) batch: Batch,
    /// The sync loop has something to do though nothing new is queued.
    pub(crate) wakes: bool,
}

impl Change<'_> {
    /// Puts an operation into the outbox, in the same commit as the dossier.
    pub(crate) fn enqueue(
        &mut self,
        kind: OutboxKind,
        payload: OpPayload,
        blobs: Vec<BlobId>,
    ) -> Result<OpId, DeskError> {
        let dossier = &self.dossier;
        let place = (dossier.id, dossier.server_version, dossier.replaced.clone());
        queue(self.desk, &mut self.batch, self.now, &place, (kind, payload, blobs))
    }

    /// Another operation takes the place of this one. What is queued from now on tells the warehouse, which
    /// may have it and then never applies it.
    pub(crate) fn close(&mut self, item: OutboxItem) {
        self.dossier.replaced.insert(item.op);
        self.batch.outbox.push(OutboxItem { state: OutboxState::Replaced, ..item });
    }
}
