//! The audit chain of the server: what is noted, how its heads are signed, how it is checked.
//!
//! An act that writes is noted in its own transaction. A read is answered only after its entry is
//! committed: readers that arrive together share one commit, so nothing noted is lost in a crash and
//! a hundred readers cost one flush.

use crate::store::{AuditHead, AuditRow, Event, GENESIS, Records};
use crate::warehouse::Caller;
use crate::{Config, ServeError, StoreError, Warehouse};
use ed25519_dalek::{Signature, Signer, Verifier, VerifyingKey};
use motcua_dossier::{DeviceId, IdNumber, NumberBlock, Timestamp};
use motcua_wire::{Op, OpPayload, Purpose};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, Write};
use std::sync::{Mutex, PoisonError};

/// A head is signed when so many entries follow the last one…
const SIGN_AFTER: u64 = 1000;
/// …or when the last signature is so old and something happened since.
const SIGN_EVERY_MS: i64 = 60_000;
/// Trouble beyond this is not listed: one cut row shows in every one after it.
const MAX_PROBLEMS: usize = 100;

/// Reads that wait for their entry, and the last one that has it.
#[derive(Default)]
pub(crate) struct Journal {
    waiting: Mutex<Waiting>,
    /// Held by the one that writes for all.
    written: Mutex<u64>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    events: VecDeque<(u64, Event)>,
}

impl Journal {
    /// Commits the event, together with whatever else waits.
    fn append(&self, records: &Records, event: Event) -> Result<(), StoreError> {
        let ticket = {
            let mut waiting = lock(&self.waiting);
            waiting.last += 1;
            let ticket = waiting.last;
            waiting.events.push_back((ticket, event));
            ticket
        };
        let mut written = lock(&self.written);
        if *written >= ticket {
            return Ok(());
        }
        let batch: Vec<(u64, Event)> = lock(&self.waiting).events.iter().cloned().collect();
        let done = records.write(|v| batch.iter().try_for_each(|(_, event)| v.audit(event)));
        let mut waiting = lock(&self.waiting);
        match done {
            Ok(()) => {
                let last = batch.last().map_or(ticket, |(last, _)| *last);
                waiting.events.retain(|(t, _)| *t > last);
                *written = last;
                Ok(())
            }
            Err(error) => {
                // The others try for themselves.
                waiting.events.retain(|(t, _)| *t != ticket);
                Err(error)
            }
        }
    }
}

impl Warehouse {
    /// Notes something a machine read; comes back when the entry is committed.
    pub(crate) fn note_read(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: String,
    ) -> Result<(), StoreError> {
        let officer = caller.session.as_ref().map_or("", |session| session.officer.as_str());
        self.journal.append(&self.records, event(caller.device, officer, action, subject, self.now()))
    }

    /// Notes that somebody looked people up, and what for.
    pub(crate) fn note_look_up(
        &self,
        caller: &Caller,
        action: &'static str,
        purpose: Purpose,
        numbers: &[IdNumber],
    ) -> Result<(), StoreError> {
        self.note_read(caller, action, format!("{} {}", purpose.word(), self.pseudonyms(numbers)))
    }

    /// Notes a command at the server, and signs.
    pub(crate) fn note_command(&self, action: &'static str, subject: String) -> Result<(), StoreError> {
        let at = self.now();
        self.records.write(|v| v.audit(&command(action, subject, at)))?;
        self.sign_audit(at)
    }

    /// Numbers of people as the audit knows them: salted hashes, so that an export names nobody. The salt
    /// comes from the receipt key and never leaves the server.
    pub(crate) fn pseudonyms(&self, numbers: &[IdNumber]) -> String {
        let salt = Sha256::new()
            .chain_update(b"motcua audit salt v1\0")
            .chain_update(self.receipts.to_bytes())
            .finalize();
        let of = |number: &IdNumber| {
            let hash = Sha256::new().chain_update(salt).chain_update(number.value()).finalize();
            hex::encode(&hash[..16])
        };
        numbers.iter().map(of).collect::<Vec<_>>().join(" ")
    }

    /// Signs the head when that is due.
    pub(crate) fn sign_audit_if_due(&self) -> Result<(), StoreError> {
        let now = self.now();
        let (end, signed) = self.records.read(|v| Ok((v.audit_end()?, v.last_audit_head()?)))?;
        let (last, at) = signed.unwrap_or((0, Timestamp(0)));
        let unsigned = end.map_or(0, |(seq, _)| seq.saturating_sub(last));
        if unsigned >= SIGN_AFTER || (unsigned > 0 && now.0.saturating_sub(at.0) >= SIGN_EVERY_MS) {
            self.sign_audit(now)?;
        }
        Ok(())
    }

    /// Signs the head as it is, once.
    pub(crate) fn sign_audit(&self, at: Timestamp) -> Result<(), StoreError> {
        self.records.write(|v| {
            let Some((seq, hash)) = v.audit_end()? else { return Ok(()) };
            if v.last_audit_head()?.is_some_and(|(last, _)| last >= seq) {
                return Ok(());
            }
            let signature = self.receipts.sign(&head_bytes(seq, at.0, &hash)).to_bytes().to_vec();
            v.put_audit_head(&AuditHead { seq, at: at.0, hash, signature })
        })
    }
}

/// What a machine did.
pub(crate) fn event(
    device: DeviceId,
    officer: &str,
    action: &'static str,
    subject: String,
    at: Timestamp,
) -> Event {
    Event { at, actor: device.to_string(), officer: officer.to_owned(), action, subject }
}

/// What became of an operation.
pub(crate) fn of_op(caller: &Caller, op: &Op, action: &'static str, at: Timestamp) -> Event {
    let officer = match &op.payload {
        OpPayload::AcceptDossier(accepted) => accepted.officer.as_str(),
        OpPayload::ReturnResult(result) => result.officer.as_str(),
        OpPayload::Withdraw(work) => work.officer.as_str(),
        OpPayload::Fee(record) => record.officer.as_str(),
        OpPayload::Step(record) => record.officer.as_str(),
        OpPayload::Feedback(record) => record.officer.as_str(),
        OpPayload::Decline(declined) => declined.record.officer.as_str(),
        OpPayload::FileDocument { .. } | OpPayload::Submit(_) => "",
    };
    event(caller.device, officer, action, op.op_id.to_string(), at)
}

/// Ordinals a machine was given.
pub(crate) fn leased(caller: &Caller, block: &NumberBlock, at: Timestamp) -> Event {
    let subject = format!("{} {} {}..{}", block.agency, block.day.format_iso(), block.next, block.last);
    event(caller.device, "", "numbers.leased", subject, at)
}

/// A command at the server, by whoever is logged in there.
pub(crate) fn command(action: &'static str, subject: String, at: Timestamp) -> Event {
    Hand::operator().did(action, subject, at)
}

/// Whose act it is: the operator's at the server, or an officer's at a machine.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    actor: String,
    officer: String,
}

impl Hand {
    /// Whoever is logged in at the server.
    pub(crate) fn operator() -> Self {
        Self { actor: "operator".to_owned(), officer: operator() }
    }

    /// An officer at a machine.
    pub(crate) fn of(device: DeviceId, officer: &str) -> Self {
        Self { actor: device.to_string(), officer: officer.to_owned() }
    }

    /// His name in the audit.
    pub(crate) fn officer(&self) -> &str {
        &self.officer
    }

    /// His act.
    pub(crate) fn did(&self, action: &'static str, subject: String, at: Timestamp) -> Event {
        Event { at, actor: self.actor.clone(), officer: self.officer.clone(), action, subject }
    }
}

/// Who is logged in at the server.
pub(crate) fn operator() -> String {
    ["SUDO_USER", "USER"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default()
}

fn head_bytes(seq: u64, at: i64, hash: &[u8; 32]) -> Vec<u8> {
    [b"motcua audit head v1\0".as_slice(), &seq.to_be_bytes(), &at.to_be_bytes(), hash].concat()
}

/// What is wrong at one place of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditTrouble {
    /// Entries before this one are gone.
    Missing,
    /// The entry is not what was hashed.
    Changed,
    /// The entry does not follow the one before it.
    Unlinked,
    /// The server's signature under the head does not fit.
    HeadNotSigned,
    /// A signed head names an entry that is gone.
    HeadWithoutEntry,
    /// A signed head names another hash than the entry has.
    HeadDiffers,
    /// The chain does not have the head that was noted outside.
    NotAsNoted,
}

/// One piece of trouble.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuditProblem {
    /// Entry it is about.
    pub seq: u64,
    /// What is wrong there.
    pub what: AuditTrouble,
}

/// What a walk along the chain found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct AuditReport {
    /// Entries.
    pub entries: u64,
    /// Signed heads.
    pub heads: u64,
    /// Entries after the last signed head; only the chain itself speaks for them.
    pub unsigned: u64,
    /// `seq:hash` of the last entry, to be noted outside: with it a chain cut at its end is found.
    pub head: Option<String>,
    /// What is wrong, at most a hundred.
    pub problems: Vec<AuditProblem>,
}

impl AuditReport {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Why the chain could not be walked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The warehouse cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The export cannot be read or written.
    #[error("export cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// A line of the export is not understood.
    #[error("line {0} of the export is not understood")]
    Line(usize),
    /// Not `seq:hash`.
    #[error("the noted head is not seq:hash")]
    Noted,
}

/// First line of an export.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportStart {
    magic: String,
    version: u32,
    heads: u64,
}

const EXPORT_MAGIC: &str = "motcua-audit";
const EXPORT_VERSION: u32 = 1;

/// Walks the chain of a warehouse. `noted` is a `seq:hash` written down earlier. May run beside a server.
///
/// # Errors
/// See [`AuditError`]; a broken chain is no error, it is reported.
pub fn audit_verify(config: &Config, noted: Option<&str>) -> Result<AuditReport, AuditError> {
    let warehouse = Warehouse::beside(config)?;
    let noted = noted.map(parse_noted).transpose()?;
    Ok(warehouse.records.read(|v| {
        let mut walk = Walk::new(v.audit_heads()?, &warehouse.receipts.verifying_key(), noted);
        v.each_audit(|row| walk.step(&row))?;
        Ok(walk.end())
    })?)
}

/// Walks an export. The key is the one `/v1/about` names.
///
/// # Errors
/// See [`AuditError`].
pub fn audit_verify_export(
    export: &mut dyn BufRead,
    key: &VerifyingKey,
    noted: Option<&str>,
) -> Result<AuditReport, AuditError> {
    let noted = noted.map(parse_noted).transpose()?;
    let mut lines = export.lines().enumerate();
    let (_, first) = lines.next().ok_or(AuditError::Line(1))?;
    let start: ExportStart = serde_json::from_str(&first?).map_err(|_| AuditError::Line(1))?;
    if start.magic != EXPORT_MAGIC || start.version != EXPORT_VERSION {
        return Err(AuditError::Line(1));
    }
    let mut heads = Vec::new();
    for _ in 0..start.heads {
        let (n, line) = lines.next().ok_or(AuditError::Line(heads.len() + 2))?;
        heads.push(serde_json::from_str(&line?).map_err(|_| AuditError::Line(n + 1))?);
    }
    let mut walk = Walk::new(heads, key, noted);
    for (n, line) in lines {
        walk.step(&serde_json::from_str(&line?).map_err(|_| AuditError::Line(n + 1))?)?;
    }
    Ok(walk.end())
}

/// Writes the chain as JSON lines: a start line, the signed heads, the entries.
///
/// # Errors
/// See [`AuditError`].
pub fn audit_export(config: &Config, out: &mut dyn Write) -> Result<u64, AuditError> {
    let warehouse = Warehouse::beside(config)?;
    Ok(warehouse.records.read(|v| {
        let heads = v.audit_heads()?;
        let mut line = |value: serde_json::Value| writeln!(out, "{value}").map_err(StoreError::from);
        line(serde_json::to_value(ExportStart {
            magic: EXPORT_MAGIC.to_owned(),
            version: EXPORT_VERSION,
            heads: heads.len() as u64,
        })?)?;
        for head in &heads {
            line(serde_json::to_value(head)?)?;
        }
        let mut entries = 0;
        v.each_audit(|row| {
            entries += 1;
            line(serde_json::to_value(&row)?)
        })?;
        Ok(entries)
    })?)
}

fn parse_noted(text: &str) -> Result<(u64, [u8; 32]), AuditError> {
    let (seq, hash) = text.trim().split_once(':').ok_or(AuditError::Noted)?;
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(hash, &mut bytes).map_err(|_| AuditError::Noted)?;
    Ok((seq.parse().map_err(|_| AuditError::Noted)?, bytes))
}

struct Walk {
    heads: BTreeMap<u64, [u8; 32]>,
    last_head: u64,
    last: (u64, [u8; 32]),
    noted: Option<(u64, [u8; 32])>,
    report: AuditReport,
}

impl Walk {
    fn new(heads: Vec<AuditHead>, key: &VerifyingKey, noted: Option<(u64, [u8; 32])>) -> Self {
        let mut walk = Self {
            last_head: heads.last().map_or(0, |h| h.seq),
            heads: BTreeMap::new(),
            last: (0, GENESIS),
            noted,
            report: AuditReport { heads: heads.len() as u64, ..AuditReport::default() },
        };
        for head in heads {
            let signed = Signature::from_slice(&head.signature)
                .is_ok_and(|s| key.verify(&head_bytes(head.seq, head.at, &head.hash), &s).is_ok());
            if signed {
                walk.heads.insert(head.seq, head.hash);
            } else {
                walk.trouble(head.seq, AuditTrouble::HeadNotSigned);
            }
        }
        walk
    }

    fn step(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let (last, hash) = self.last;
        if row.seq != last + 1 {
            self.trouble(row.seq, AuditTrouble::Missing);
        } else if row.prev != hash {
            self.trouble(row.seq, AuditTrouble::Unlinked);
        }
        if row.computed()? != row.hash {
            self.trouble(row.seq, AuditTrouble::Changed);
        }
        if self.heads.remove(&row.seq).is_some_and(|signed| signed != row.hash) {
            self.trouble(row.seq, AuditTrouble::HeadDiffers);
        }
        if self.noted == Some((row.seq, row.hash)) {
            self.noted = None;
        }
        self.last = (row.seq, row.hash);
        self.report.entries += 1;
        Ok(())
    }

    fn end(mut self) -> AuditReport {
        for seq in std::mem::take(&mut self.heads).into_keys() {
            self.trouble(seq, AuditTrouble::HeadWithoutEntry);
        }
        if let Some((seq, _)) = self.noted {
            self.trouble(seq, AuditTrouble::NotAsNoted);
        }
        let (seq, hash) = self.last;
        self.report.unsigned = seq.saturating_sub(self.last_head);
        self.report.head = (seq > 0).then(|| format!("{seq}:{}", hex::encode(hash)));
        self.report
    }

    fn trouble(&mut self, seq: u64, what: AuditTrouble) {
        if self.report.problems.len() < MAX_PROBLEMS {
            self.report.problems.push(AuditProblem { seq, what });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
