//! [`SealedVault`]: the vault port over a directory.

use crate::accepted;
use crate::blob::{BlobStore, identify};
use crate::database;
use crate::disk::{self, Hold};
use crate::keys::{KeyFile, RootKey};
use crate::queue;
use crate::records::{FileRow, Records};
use crate::tries::Tries;
use motcua_desk::ports::{
    Batch, CachedIdentity, CaptureDraft, Counter, FileChange, FileUses, KeptConflict, PrintRecord, QueuedOp,
    Vault, VaultError, VaultStatus, WrongSecrets,
};
use motcua_dossier::{
    BlobId, Day, DeviceId, DocumentSummary, Dossier, DossierId, HeldFile, IdNumber, NumberBlock,
    OfficeDossier, OpId, OutboxItem, QueueFilter, QueuePage, ReferenceData, SeatLoad, Timestamp,
};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The vault of one counter: `keys.json`, `tries.json`, `vault.db`, `blobs/` and `vault.lock` in one directory.
///
/// One program at a time has it open. Dropping it is locking it.
pub struct SealedVault {
    dir: PathBuf,
    open: Mutex<Option<Open>>,
    /// One file is sealed at a time, so that the key in the row is the key of the file.
    sealing: Mutex<()>,
}

/// Another program, or this one, has the vault of this directory open.
#[must_use]
pub fn is_in_use(dir: &Path) -> bool {
    disk::is_held(&dir.join("vault.lock"))
}

/// An open vault. Fields are dropped in this order: the lock file goes last.
struct Open {
    officer: String,
    root: RootKey,
    records: Records,
    /// What the records hold, once it was asked for: thousands of procedures are read once, not at each act.
    reference: Option<Arc<ReferenceData>>,
    blobs: Arc<BlobStore>,
    /// The agency's public recovery key.
    recovery: [u8; 32],
    /// Its private one, when the vault was opened with it: sealed files can be read then.
    private: Option<Arc<Zeroizing<[u8; 32]>>>,
    _hold: Hold,
}

impl Open {
    /// The rows of changed files. What is sealed has its key given away; what is forgotten is off the disk before its
    /// row goes, so that a crash between the two leaves a row that is forgotten again.
    fn file_rows(&self, changes: &[FileChange]) -> Result<Vec<FileRow>, VaultError> {
        let (mut rows, mut gone) = (Vec::with_capacity(changes.len()), vec![]);
        for change in changes {
            rows.push(match *change {
                FileChange::Fetched(id) => FileRow::Fetched(id),
                FileChange::Idle(id, since) => FileRow::Idle(id, since),
                FileChange::Seal(id, at) => {
                    let wrapped = self.records.blob_key(&id)?.ok_or(VaultError::Stale)?;
                    match self.blobs.give_away(&id, &wrapped, &self.recovery) {
                        Ok(key) => FileRow::Seal(id, at, key),
                        // Nobody can read it as it is; it must not keep others from being sealed.
                        Err(VaultError::Damaged) => continue,
                        Err(error) => return Err(error),
                    }
                }
                FileChange::Forget(id) => {
                    if !self.records.may_go(&id)? {
                        return Err(VaultError::Stale);
                    }
                    gone.push(id);
                    FileRow::Forget(id)
                }
            });
        }
        self.blobs.remove(&gone)?;
        Ok(rows)
    }
}

impl SealedVault {
    /// The vault in `dir`, whether there is one yet or not. Nothing is touched.
    #[must_use]
    pub fn at(dir: PathBuf) -> Self {
        Self { dir, open: Mutex::new(None), sealing: Mutex::new(()) }
    }

    /// Opens the vault of a dead or orphaned machine with the agency's private recovery key
    /// (X25519), so that unsent work can be saved.
    ///
    /// # Errors
    /// As [`Vault::unlock`]; `WrongSecret` when the key is another agency's.
    pub fn open_with_recovery(dir: &Path, private: &[u8; 32]) -> Result<Self, VaultError> {
        let vault = Self::at(dir.to_owned());
        vault.enter("recovery", |keys| keys.recover(private))?;
        vault.with(|open| {
            open.private = Some(Arc::new(Zeroizing::new(*private)));
            Ok(())
        })?;
        Ok(vault)
    }

    /// Reads everything through: each page and index of the database, each sealed file.
    /// Takes as long as reading the whole vault takes.
    ///
    /// # Errors
    /// `Locked`, `Damaged`, storage.
    pub fn check(&self) -> Result<(), VaultError> {
        let ids = self.with(|open| {
            database::check(open.records.connection())?;
            open.records.blob_ids()
        })?;
        ids.iter().try_for_each(|id| self.blob(id).map(drop))
    }

    fn keys_path(&self) -> PathBuf {
        self.dir.join("keys.json")
    }

    fn tries_path(&self) -> PathBuf {
        self.dir.join("tries.json")
    }

    fn database_path(&self) -> PathBuf {
        self.dir.join("vault.db")
    }

    fn blobs_path(&self) -> PathBuf {
        self.dir.join("blobs")
    }

    fn opened(&self) -> MutexGuard<'_, Option<Open>> {
        // A panic elsewhere rolled its transaction back; what is here is whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Open) -> Result<T, VaultError>) -> Result<T, VaultError> {
        work(self.opened().as_mut().ok_or(VaultError::Locked)?)
    }

    fn hold(&self) -> Result<Hold, VaultError> {
        Hold::take(&self.dir.join("vault.lock"))
    }

    /// Opens with whatever gives the root key; when it is open already, only the officer changes.
    fn enter(
        &self,
        officer: &str,
        key: impl FnOnce(&KeyFile) -> Result<RootKey, VaultError>,
    ) -> Result<(), VaultError> {
        let mut open = self.opened();
        if !self.keys_path().exists() {
            return Err(VaultError::Absent);
        }
        let hold = if open.is_none() { Some(self.hold()?) } else { None };
        let keys = KeyFile::read(&self.keys_path())?.ok_or(VaultError::Absent)?;
        let root = key(&keys)?;
        match (open.as_mut(), hold) {
            (Some(open), _) => officer.clone_into(&mut open.officer),
            (None, Some(hold)) => {
                if !self.database_path().exists() {
                    return Err(VaultError::Damaged); // never an empty one in its place
                }
                let records = Records::new(database::open(&self.database_path(), &root.database())?);
                records.requeue()?;
                *open = Some(self.assemble(officer, root, records, keys.recovery()?, hold));
            }
            (None, None) => return Err(VaultError::Locked),
        }
        Ok(())
    }

    fn assemble(
        &self,
        officer: &str,
        root: RootKey,
        records: Records,
        recovery: [u8; 32],
        hold: Hold,
    ) -> Open {
        let blobs = BlobStore::new(self.blobs_path(), root.blobs(), root.names());
        blobs.sweep();
        let blobs = Arc::new(blobs);
        Open {
            officer: officer.to_owned(),
            root,
            records,
            reference: None,
            blobs,
            recovery,
            private: None,
            _hold: hold,
        }
    }
}

impl Vault for SealedVault {
    fn status(&self) -> VaultStatus {
        if let Some(open) = self.opened().as_ref() {
            return VaultStatus::Open { officer: open.officer.clone() };
        }
        match KeyFile::read(&self.keys_path()) {
            Ok(None) => VaultStatus::Absent,
            Ok(Some(keys)) => match keys.sealed_at() {
                Some(at) => VaultStatus::Sealed { at },
                None => VaultStatus::Locked { officers: keys.officers() },
            },
            // There is a vault; unlocking says what is wrong with it.
            Err(_) => VaultStatus::Locked { officers: Vec::new() },
        }
    }

    fn create(
        &self,
        officer: &str,
        secret: &Zeroizing<String>,
        recovery: &[u8; 32],
        device: DeviceId,
    ) -> Result<(), VaultError> {
        let mut open = self.opened();
        if open.is_some() || self.keys_path().exists() {
            return Err(VaultError::Exists);
        }
        let root = RootKey::make()?;
        let keys = KeyFile::make(&root, officer, secret, recovery)?;
        disk::make_dir(&self.dir)?;
        disk::make_dir(&self.blobs_path())?;
        let hold = self.hold()?;
        if self.keys_path().exists() {
            return Err(VaultError::Exists); // another program was quicker
        }
        set_aside(&self.database_path())?;
        let records = Records::new(database::create(&self.database_path(), &root.database())?);
        records.begin(device)?;
        // From here on there is a vault: a crash before leaves none.
        keys.write(&self.keys_path())?;
        *open = Some(self.assemble(officer, root, records, *recovery, hold));
        Ok(())
    }

    fn enrol(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        let path = self.keys_path();
        self.with(|open| {
            let mut keys = KeyFile::read(&path)?.ok_or(VaultError::Damaged)?;
            if keys.knows(officer) && officer != open.officer && open.private.is_none() {
                return Err(VaultError::Exists); // nobody replaces a colleague's secret
            }
            keys.enrol(&open.root, officer, secret)?;
            keys.write(&path)
        })
    }

    fn unlock(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        self.enter(officer, |keys| match keys.sealed_at() {
            Some(_) => Err(VaultError::Sealed),
            None => keys.open(officer, secret),
        })
    }

    fn proves(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        self.with(|_| Ok(()))?;
        KeyFile::read(&self.keys_path())?.ok_or(VaultError::Damaged)?.open(officer, secret).map(drop)
    }

    fn lock(&self) {
        *self.opened() = None;
    }

    fn seal(&self, at: Timestamp) -> Result<(), VaultError> {
        let mut open = self.opened();
        let path = self.keys_path();
        if !path.exists() {
            return Err(VaultError::Absent);
        }
        // Another program that has it open seals it at its own contact.
        let _hold = if open.is_none() { Some(self.hold()?) } else { None };
        let mut keys = KeyFile::read(&path)?.ok_or(VaultError::Absent)?;
        if keys.sealed_at().is_none() {
            keys.seal(at);
            keys.write_over(&path)?;
        }
        *open = None;
        Ok(())
    }

    fn wrong_secrets(&self, officer: &str) -> Result<WrongSecrets, VaultError> {
        Ok(Tries::read(&self.tries_path())?.of(officer))
    }

    fn keep_wrong_secrets(&self, officer: &str, wrong: WrongSecrets) -> Result<(), VaultError> {
        let mut tries = Tries::read(&self.tries_path())?;
        tries.keep(officer, wrong);
        tries.write(&self.tries_path())
    }

    fn commit(&self, batch: &Batch) -> Result<(), VaultError> {
        self.with(|open| {
            let files = open.file_rows(&batch.files)?;
            if batch.reference.is_some() {
                open.reference = None;
            }
            open.records.commit(batch, &files)
        })
    }

    fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, VaultError> {
        let _one = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let id = identify(bytes);
        let (blobs, known) = self.with(|open| Ok((open.blobs.clone(), open.records.blob_key(&id)?)))?;
        // Said to be stored only when it can be read: a damaged copy is replaced by these bytes.
        if let Some(wrapped) = known
            && matches!(blobs.read(&id, &wrapped), Ok(Some(_)))
        {
            // Sealed meanwhile, or not: it is wanted, and the row says what became of it.
            self.with(|open| open.records.want_blob(&id))?;
            if self.with(|open| open.records.blob_key(&id))?.is_some() {
                return Ok(id);
            }
        }
        let wrapped = blobs.write(&id, bytes)?;
        self.with(|open| open.records.keep_blob_key(&id, bytes.len(), &wrapped))?;
        Ok(id)
    }

    fn blob(&self, id: &BlobId) -> Result<Option<Vec<u8>>, VaultError> {
        let (blobs, known, sealed) = self.with(|open| {
            let sealed = match &open.private {
                Some(private) => open.records.sealed_key(id)?.map(|key| (key, Arc::clone(private))),
                None => None,
            };
            Ok((open.blobs.clone(), open.records.blob_key(id)?, sealed))
        })?;
        if let Some((sealed, private)) = sealed {
            return blobs.read_sealed(id, &sealed, &private);
        }
        let Some(wrapped) = known else { return Ok(None) };
        // Its row is here, so the file has to be.
        blobs.read(id, &wrapped)?.ok_or(VaultError::Damaged).map(Some)
    }

    fn blob_size(&self, id: &BlobId) -> Result<Option<u64>, VaultError> {
        self.with(|open| {
            let size = open.records.blob_size(id, open.private.is_some())?;
            Ok(size.filter(|_| open.blobs.has(id)))
        })
    }

    fn held_files(&self, after: Option<&BlobId>, limit: u32) -> Result<Vec<HeldFile>, VaultError> {
        self.with(|open| open.records.held_files(after, limit))
    }

    fn held_file(&self, id: &BlobId) -> Result<Option<HeldFile>, VaultError> {
        self.with(|open| open.records.held_file(id))
    }

    fn file_uses(&self, id: &BlobId) -> Result<FileUses, VaultError> {
        self.with(|open| open.records.file_uses(id))
    }

    fn dossier(&self, id: DossierId) -> Result<Option<Dossier>, VaultError> {
        self.with(|open| open.records.dossier(id))
    }

    fn dossiers(&self, query: &str, limit: u32) -> Result<Vec<Dossier>, VaultError> {
        self.with(|open| open.records.dossiers(query, limit))
    }

    fn owed(&self, limit: u32) -> Result<Vec<Dossier>, VaultError> {
        self.with(|open| open.records.owed(limit))
    }

    fn accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Dossier>, VaultError> {
        self.with(|open| accepted::own(open.records.connection(), from, until))
    }

    fn outbox(&self, all: bool) -> Result<Vec<OutboxItem>, VaultError> {
        self.with(|open| open.records.outbox(all))
    }

    fn outbox_of(&self, dossier: DossierId) -> Result<Vec<OutboxItem>, VaultError> {
        self.with(|open| open.records.outbox_of(dossier))
    }

    fn queued(&self, op: OpId) -> Result<Option<QueuedOp>, VaultError> {
        self.with(|open| open.records.queued(op))
    }

    fn fee_lines(&self, from: Timestamp, until: Timestamp) -> Result<Vec<QueuedOp>, VaultError> {
        self.with(|open| open.records.fee_lines(from, until))
    }

    fn fee_receipts(&self, number: &str) -> Result<Vec<(DossierId, OpId)>, VaultError> {
        self.with(|open| open.records.fee_receipts(number))
    }

    fn documents(&self, owner: &[IdNumber]) -> Result<(Option<Timestamp>, Vec<DocumentSummary>), VaultError> {
        self.with(|open| open.records.documents(owner))
    }

    fn identity(&self, number: &IdNumber) -> Result<Option<CachedIdentity>, VaultError> {
        self.with(|open| open.records.identity(number))
    }

    fn capture(&self, dossier: DossierId, component: u32) -> Result<Option<CaptureDraft>, VaultError> {
        self.with(|open| open.records.capture(dossier, component))
    }

    fn reference(&self) -> Result<Arc<ReferenceData>, VaultError> {
        self.with(|open| {
            if let Some(known) = &open.reference {
                return Ok(Arc::clone(known));
            }
            let read = Arc::new(open.records.reference()?);
            open.reference = Some(Arc::clone(&read));
            Ok(read)
        })
    }

    fn blocks(&self) -> Result<Vec<NumberBlock>, VaultError> {
        self.with(|open| open.records.blocks())
    }

    fn counter(&self) -> Result<Counter, VaultError> {
        self.with(|open| open.records.counter())
    }

    fn setting(&self, key: &str) -> Result<Option<String>, VaultError> {
        self.with(|open| open.records.setting(key))
    }

    fn queue(
        &self,
        filter: &QueueFilter,
        today: Day,
        skip: u32,
        limit: u32,
    ) -> Result<QueuePage, VaultError> {
        self.with(|open| queue::page(open.records.connection(), filter, today, skip, limit))
    }

    fn queue_loads(&self, today: Day) -> Result<Vec<SeatLoad>, VaultError> {
        self.with(|open| queue::loads(open.records.connection(), today))
    }

    fn office(&self, query: &str, limit: u32) -> Result<Vec<OfficeDossier>, VaultError> {
        self.with(|open| open.records.office(query, limit))
    }

    fn office_seated(&self, limit: u32) -> Result<Vec<OfficeDossier>, VaultError> {
        self.with(|open| open.records.office_seated(limit))
    }

    fn office_accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<OfficeDossier>, VaultError> {
        self.with(|open| accepted::of_office(open.records.connection(), from, until))
    }

    fn office_dossier(&self, id: DossierId) -> Result<Option<OfficeDossier>, VaultError> {
        self.with(|open| open.records.office_dossier(id))
    }

    fn conflict(&self, op: OpId) -> Result<Option<KeptConflict>, VaultError> {
        self.with(|open| open.records.conflict(op))
    }

    fn prints(&self, dossier: DossierId) -> Result<Vec<PrintRecord>, VaultError> {
        self.with(|open| open.records.prints(dossier))
    }
}

/// Shows whether it is open; no path, no name, no key.
impl fmt::Debug for SealedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.opened().is_some();
        f.write_str(if open { "SealedVault(open)" } else { "SealedVault(locked)" })
    }
}

/// A database without its key file is an interrupted creation, or a lost key file: kept, out of the way.
fn set_aside(database: &Path) -> Result<(), VaultError> {
    if !database.exists() {
        return Ok(());
    }
    let number = u64::from_le_bytes(crate::keys::make_random()?);
    for end in ["", "-wal", "-shm"] {
        let with_end = |p: &Path| {
            let mut name = p.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let (from, to) =
            (with_end(database), with_end(&database.with_extension(format!("aside-{number:016x}.db"))));
        if from.exists() {
            std::fs::rename(from, to).map_err(|e| crate::failure::from_io(&e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RECOVERY_PRIVATE: [u8; 32] = [7; 32];

    fn made(dir: &Path) -> SealedVault {
        let public = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(RECOVERY_PRIVATE));
        let vault = SealedVault::at(dir.to_owned());
        let secret = "Mau-2026-mot-cua".to_owned().into();
        vault.create("canbo.mau", &secret, public.as_bytes(), DeviceId::derive(1, &[1; 10])).unwrap();
        vault
    }

    fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(dir).unwrap().flatten().map(|e| e.path()).filter(|p| p.is_file());
        let mut all: Vec<_> = files.map(|p| (p.clone(), std::fs::read(p).unwrap())).collect();
        all.sort();
        all
    }

    #[test]
    fn a_newer_schema_is_refused_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let vault = made(dir.path());
        vault
            .with(|open| {
                open.records.connection().pragma_update(None, "user_version", 99).unwrap();
                Ok(())
            })
            .unwrap();
        drop(vault);
        let before = contents(dir.path());
        let opened = SealedVault::open_with_recovery(dir.path(), &RECOVERY_PRIVATE);
        assert_eq!(opened.err(), Some(VaultError::Newer));
        assert_eq!(contents(dir.path()), before, "not a byte, not a file");
    }

    #[test]
    fn a_file_nobody_can_read_keeps_no_other_from_being_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let vault = made(dir.path());
        let (bad, good) = (vault.put_blob(b"bad").unwrap(), vault.put_blob(b"good").unwrap());
        vault
            .with(|open| {
                let spoilt = "UPDATE blob SET wrapped = x'00' WHERE id = ?1";
                open.records.connection().execute(spoilt, [bad.to_string()]).unwrap();
                Ok(())
            })
            .unwrap();
        let files = [bad, good].map(|id| FileChange::Seal(id, Timestamp(7))).to_vec();
        vault.commit(&Batch { files, ..Batch::default() }).unwrap();
        assert_eq!(vault.blob(&good), Ok(None));
        assert!(vault.held_file(&bad).unwrap().unwrap().sealed_at.is_none());
    }

    #[test]
    fn unsent_work_cannot_be_deleted_and_an_operation_cannot_be_changed() {
        let dir = tempfile::tempdir().unwrap();
        let vault = made(dir.path());
        vault
            .with(|open| {
                let db = open.records.connection();
                db.execute("INSERT INTO outbox VALUES ('o','d',1,'k','[]',0,'{}','{}',0,NULL,NULL)", [])
                    .unwrap();
                assert!(db.execute("DELETE FROM outbox", []).is_err(), "no receipt is held");
                assert!(db.execute("UPDATE outbox SET body = 'other'", []).is_err());
                db.execute("UPDATE outbox SET receipt = 'r'", []).unwrap();
                assert_eq!(db.execute("DELETE FROM outbox", []), Ok(1));
                Ok(())
            })
            .unwrap();
    }
}
