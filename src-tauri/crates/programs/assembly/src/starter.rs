//! What a counter is installed with: the province's reference data, taken into a vault that has none.
//!
//! A counter that never reached the warehouse can so do the whole main job. The file is as trusted as
//! `counter.json` beside it; the first contact brings whatever is newer.

use motcua_desk::ports::{
    Batch, CachedIdentity, CaptureDraft, Clock, Counter, FileUses, KeptConflict, PrintRecord, QueuedOp,
    Vault, VaultError, VaultStatus, WrongSecrets,
};
use motcua_dossier::{
    AgencyCode, BlobId, Day, DeviceId, DocumentSummary, Dossier, DossierId, HeldFile, IdNumber, NumberBlock,
    OfficeDossier, OpId, OutboxItem, QueueFilter, QueuePage, ReferenceData, SeatLoad, Timestamp,
};
use motcua_platform::SystemClock;
use motcua_vault::SealedVault;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Name of the file in the profile directory.
pub const STARTER_FILE: &str = "reference.json";
/// Version of the file this program reads; a newer one is left alone.
pub const STARTER_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Starter {
    version: u32,
    reference: ReferenceData,
}

/// A vault that is filled from the profile's [`STARTER_FILE`] when it is opened without reference data.
pub(crate) struct StartedVault {
    vault: SealedVault,
    profile: PathBuf,
    agency: AgencyCode,
}

impl StartedVault {
    pub(crate) fn new(vault: SealedVault, profile: &Path, agency: AgencyCode) -> Self {
        Self { vault, profile: profile.to_owned(), agency }
    }

    /// Keeps whom to ask for help where a closed vault does not hide it.
    fn keep_support(&self) {
        if let Ok(data) = self.vault.reference() {
            let contact = data.support(self.agency.as_str(), SystemClock.now().day());
            crate::support::keep(&self.profile, contact.as_ref());
        }
    }

    /// A file that is absent or not understood keeps nobody out: the catalogue comes with the first contact.
    fn stock(&self) -> Result<(), VaultError> {
        if self.vault.reference()?.version > 0 {
            return Ok(());
        }
        match read(&self.profile.join(STARTER_FILE)) {
            Ok(Some(reference)) => {
                self.vault.commit(&Batch { reference: Some(reference), ..Batch::default() })
            }
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "reference data of the profile is not usable");
                Ok(())
            }
        }
    }
}

fn read(file: &Path) -> std::io::Result<Option<ReferenceData>> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let raw: serde_json::Value = serde_json::from_slice(&bytes)?;
    let version = raw.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(STARTER_VERSION)) {
        return Err(std::io::Error::other("version is not one this program reads"));
    }
    let starter: Starter = serde_json::from_value(raw)?;
    Ok(Some(starter.reference).filter(|r| r.version > 0))
}

impl Vault for StartedVault {
    fn status(&self) -> VaultStatus {
        self.vault.status()
    }

    fn create(
        &self,
        officer: &str,
        secret: &Zeroizing<String>,
        recovery: &[u8; 32],
        device: DeviceId,
    ) -> Result<(), VaultError> {
        self.vault.create(officer, secret, recovery, device)?;
        self.stock()?;
        self.keep_support();
        Ok(())
    }

    fn enrol(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        self.vault.enrol(officer, secret)
    }

    fn unlock(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        self.vault.unlock(officer, secret)?;
        self.stock()?;
        self.keep_support();
        Ok(())
    }

    fn proves(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), VaultError> {
        self.vault.proves(officer, secret)
    }

    fn lock(&self) {
        self.vault.lock();
    }

    fn seal(&self, at: Timestamp) -> Result<(), VaultError> {
        self.vault.seal(at)
    }

    fn wrong_secrets(&self, officer: &str) -> Result<WrongSecrets, VaultError> {
        self.vault.wrong_secrets(officer)
    }

    fn keep_wrong_secrets(&self, officer: &str, wrong: WrongSecrets) -> Result<(), VaultError> {
        self.vault.keep_wrong_secrets(officer, wrong)
    }

    fn commit(&self, batch: &Batch) -> Result<(), VaultError> {
        self.vault.commit(batch)?;
        if batch.reference.is_some() {
            self.keep_support();
        }
        Ok(())
    }

    fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, VaultError> {
        self.vault.put_blob(bytes)
    }

    fn blob(&self, id: &BlobId) -> Result<Option<Vec<u8>>, VaultError> {
        Vault::blob(&self.vault, id)
    }

    fn blob_size(&self, id: &BlobId) -> Result<Option<u64>, VaultError> {
        self.vault.blob_size(id)
    }

    fn held_files(&self, after: Option<&BlobId>, limit: u32) -> Result<Vec<HeldFile>, VaultError> {
        self.vault.held_files(after, limit)
    }

    fn held_file(&self, id: &BlobId) -> Result<Option<HeldFile>, VaultError> {
        self.vault.held_file(id)
    }

    fn file_uses(&self, id: &BlobId) -> Result<FileUses, VaultError> {
        self.vault.file_uses(id)
    }

    fn dossier(&self, id: DossierId) -> Result<Option<Dossier>, VaultError> {
        self.vault.dossier(id)
    }

    fn dossiers(&self, query: &str, limit: u32) -> Result<Vec<Dossier>, VaultError> {
        self.vault.dossiers(query, limit)
    }

    fn owed(&self, limit: u32) -> Result<Vec<Dossier>, VaultError> {
        self.vault.owed(limit)
    }

    fn accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Dossier>, VaultError> {
        self.vault.accepted(from, until)
    }

    fn outbox(&self, all: bool) -> Result<Vec<OutboxItem>, VaultError> {
        self.vault.outbox(all)
    }

    fn outbox_of(&self, dossier: DossierId) -> Result<Vec<OutboxItem>, VaultError> {
        self.vault.outbox_of(dossier)
    }

    fn queued(&self, op: OpId) -> Result<Option<QueuedOp>, VaultError> {
        self.vault.queued(op)
    }

    fn fee_lines(&self, from: Timestamp, until: Timestamp) -> Result<Vec<QueuedOp>, VaultError> {
        self.vault.fee_lines(from, until)
    }

    fn fee_receipts(&self, number: &str) -> Result<Vec<(DossierId, OpId)>, VaultError> {
        self.vault.fee_receipts(number)
    }

    fn documents(&self, owner: &[IdNumber]) -> Result<(Option<Timestamp>, Vec<DocumentSummary>), VaultError> {
        self.vault.documents(owner)
    }

    fn identity(&self, number: &IdNumber) -> Result<Option<CachedIdentity>, VaultError> {
        self.vault.identity(number)
    }

    fn capture(&self, dossier: DossierId, component: u32) -> Result<Option<CaptureDraft>, VaultError> {
        self.vault.capture(dossier, component)
    }

    fn reference(&self) -> Result<Arc<ReferenceData>, VaultError> {
        self.vault.reference()
    }

    fn blocks(&self) -> Result<Vec<NumberBlock>, VaultError> {
        self.vault.blocks()
    }

    fn counter(&self) -> Result<Counter, VaultError> {
        self.vault.counter()
    }

    fn setting(&self, key: &str) -> Result<Option<String>, VaultError> {
        self.vault.setting(key)
    }

    fn queue(
        &self,
        filter: &QueueFilter,
        today: Day,
        skip: u32,
        limit: u32,
    ) -> Result<QueuePage, VaultError> {
        self.vault.queue(filter, today, skip, limit)
    }

    fn queue_loads(&self, today: Day) -> Result<Vec<SeatLoad>, VaultError> {
        self.vault.queue_loads(today)
    }

    fn office(&self, query: &str, limit: u32) -> Result<Vec<OfficeDossier>, VaultError> {
        self.vault.office(query, limit)
    }

    fn office_seated(&self, limit: u32) -> Result<Vec<OfficeDossier>, VaultError> {
        self.vault.office_seated(limit)
    }

    fn office_accepted(&self, from: Timestamp, until: Timestamp) -> Result<Vec<OfficeDossier>, VaultError> {
        self.vault.office_accepted(from, until)
    }

    fn office_dossier(&self, id: DossierId) -> Result<Option<OfficeDossier>, VaultError> {
        self.vault.office_dossier(id)
    }

    fn conflict(&self, op: OpId) -> Result<Option<KeptConflict>, VaultError> {
        self.vault.conflict(op)
    }
    fn prints(&self, dossier: DossierId) -> Result<Vec<PrintRecord>, VaultError> {
        self.vault.prints(dossier)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn opened(profile: &Path) -> StartedVault {
        let agency = AgencyCode::parse("000.01.20.H08").unwrap();
        let vault = StartedVault::new(SealedVault::at(profile.join("vault")), profile, agency);
        let secret = Zeroizing::new("mat-khau-dai".to_owned());
        match vault.status() {
            VaultStatus::Absent => {
                let device = DeviceId::derive(1_795_143_600_000, &[7; 10]);
                vault.create("canbo", &secret, &[9; 32], device).unwrap();
            }
            VaultStatus::Locked { .. } | VaultStatus::Sealed { .. } | VaultStatus::Open { .. } => {
                vault.unlock("canbo", &secret).unwrap()
            }
        }
        vault
    }

    fn put(profile: &Path, version: u32, reference: u64) {
        let reference = ReferenceData { version: reference, ..ReferenceData::default() };
        std::fs::write(
            profile.join(STARTER_FILE),
            serde_json::to_vec(&Starter { version, reference }).unwrap(),
        )
        .unwrap();
    }

    #[test]
    fn a_vault_without_reference_data_takes_the_profiles_and_one_that_has_some_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(opened(dir.path()).reference().unwrap().version, 0, "no file, no catalogue, no failure");
        put(dir.path(), STARTER_VERSION + 1, 3);
        assert_eq!(opened(dir.path()).reference().unwrap().version, 0, "a newer file is left alone");
        std::fs::write(dir.path().join(STARTER_FILE), "{").unwrap();
        assert_eq!(opened(dir.path()).reference().unwrap().version, 0, "a broken file keeps nobody out");
        put(dir.path(), STARTER_VERSION, 3);
        assert_eq!(opened(dir.path()).reference().unwrap().version, 3);
        put(dir.path(), STARTER_VERSION, 9);
        assert_eq!(opened(dir.path()).reference().unwrap().version, 3, "what the vault holds stays");
    }
}
