//! Loading a warehouse from a file: reference data, machines, identity accounts, papers with their
//! PDFs. Loading the same file again changes nothing.

use crate::audit::operator;
use crate::intake::{FileRefusal, examine};
use crate::reference::content_hash;
use crate::store::{BlobError, DeviceRow, DossierRow, PaperRow, StoredStatus};
use crate::{Config, IdentityEntry, Reference, ServeError, StoreError, Warehouse};
use motcua_dossier::{
    AgencyCode, DeviceId, DocumentRecord, DossierId, IdNumber, PaperCode, Provenance, ReferenceData,
    Submission, Timestamp,
};
use motcua_wire::{Change, DossierEvent};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Version of the seed file this program reads.
pub const SEED_VERSION: u32 = 1;

/// What is loaded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedFile {
    /// [`SEED_VERSION`].
    pub version: u32,
    /// Reference data; taken only when its version is newer than the stored one.
    #[serde(default)]
    pub reference: Option<ReferenceData>,
    /// Machines.
    #[serde(default)]
    pub devices: Vec<SeedDevice>,
    /// Identity accounts, written to `identity.json`; none leaves that file as it is.
    #[serde(default)]
    pub identity: Option<Vec<IdentityEntry>>,
    /// Numbers of one person each.
    #[serde(default)]
    pub aliases: Vec<Vec<IdNumber>>,
    /// Papers.
    #[serde(default)]
    pub documents: Vec<SeedDocument>,
    /// Dossiers that wait to be accepted.
    #[serde(default)]
    pub submissions: Vec<SeedSubmission>,
}

impl std::fmt::Debug for IdentityEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentityEntry({:?})", self.number.kind())
    }
}

/// One machine. Known is not yet admitted: its certificate comes by enrolment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedDevice {
    /// Identity.
    pub id: DeviceId,
    /// Its agency.
    pub agency: AgencyCode,
    /// Name for people.
    pub name: String,
    /// No longer admitted.
    #[serde(default)]
    pub revoked: bool,
}

impl std::fmt::Debug for SeedDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeedDevice({})", self.id)
    }
}

/// One paper. Its signature is examined like any other: a file that would be refused at intake is
/// kept and marked, the way an old stock is taken over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedDocument {
    /// What is filed; `blob`, `size` and `pages` must fit the file.
    pub record: DocumentRecord,
    /// Name of the owner.
    pub owner_name: String,
    /// The PDF, relative to the seed file.
    pub file: PathBuf,
    /// Mã giấy tờ; derived when absent.
    #[serde(default)]
    pub code: Option<PaperCode>,
    /// Which store.
    pub provenance: Provenance,
    /// Name of that store; the owner's own has none.
    #[serde(default)]
    pub store_name: String,
    /// Declared void by its issuer.
    #[serde(default)]
    pub cancelled: bool,
    /// Uses before this warehouse began to count.
    #[serde(default)]
    pub uses: u64,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// Agency that filed it, when known.
    #[serde(default)]
    pub filed_by: Option<AgencyCode>,
}

/// One dossier as if a portal had sent it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSubmission {
    /// Which.
    pub id: DossierId,
    /// The portal.
    pub portal: DeviceId,
    /// As it was sent.
    pub submission: Submission,
    /// The files it names, relative to the seed file.
    pub files: Vec<PathBuf>,
}

/// What was loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SeedReport {
    /// Version of the reference data now in force.
    pub reference: Option<u64>,
    /// Machines written.
    pub devices: usize,
    /// Identity accounts written.
    pub identity: usize,
    /// Papers added.
    pub documents_added: usize,
    /// Papers that were there already.
    pub documents_there: usize,
    /// Waiting dossiers added.
    pub submissions_added: usize,
    /// Papers kept with a mark because their file would be refused at intake, by reason.
    pub marked: Vec<String>,
}

/// Why a seed was not loaded; papers loaded before the failure stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The file is absent, unreadable or not understood.
    #[error("seed file cannot be used: {0}")]
    File(String),
    /// A paper's file does not fit its record.
    #[error("file of paper {0} does not fit its record")]
    Paper(String),
    /// Store.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Blobs.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl From<StoreError> for SeedError {
    fn from(error: StoreError) -> Self {
        Self::Serve(error.into())
    }
}

/// Loads a seed file into a data directory; a running server notices.
///
/// # Errors
/// See [`SeedError`].
pub fn seed(config: &Config, file: &Path) -> Result<SeedReport, SeedError> {
    let text = std::fs::read(file).map_err(|e| SeedError::File(e.to_string()))?;
    let content: SeedFile = serde_json::from_slice(&text).map_err(|e| SeedError::File(e.to_string()))?;
    if content.version != SEED_VERSION {
        return Err(SeedError::File(format!("version {}", content.version)));
    }
    let warehouse = Warehouse::beside(config)?;
    let mut report = SeedReport::default();
    let now = warehouse.now();
    if let Some(data) = &content.reference {
        Reference::new(data.clone()).map_err(|_| ServeError::TrustList)?;
        warehouse.records.write(|v| match v.newest_reference_version()? {
            Some(held) if held >= data.version => Ok(()),
            _ => {
                let data = ReferenceData { effective_at: Some(now), ..data.clone() };
                v.put_reference(&data, &content_hash(&data)?, ("seed", &operator()), now)
            }
        })?;
    }
    for device in &content.devices {
        warehouse.records.write(|v| {
            let known = v.device(device.id)?;
            v.put_device(&DeviceRow {
                id: device.id,
                agency: device.agency.to_string(),
                name: device.name.clone(),
                portal: known.as_ref().is_some_and(|row| row.portal),
                revoked: device.revoked,
                generation: known.as_ref().map_or(0, |row| row.generation),
                certificate_until: known.and_then(|row| row.certificate_until),
            })
        })?;
        report.devices += 1;
    }
    if let Some(entries) = &content.identity {
        write_identity(&config.data, entries).map_err(ServeError::from)?;
        report.identity = entries.len();
        for entry in entries {
            let mut numbers = vec![entry.number.clone()];
            numbers.extend(entry.aliases.iter().cloned());
            warehouse.records.write(|v| v.join_numbers(&numbers))?;
        }
    }
    for numbers in &content.aliases {
        warehouse.records.write(|v| v.join_numbers(numbers))?;
    }
    let reference = warehouse.reference()?;
    report.reference = reference.as_ref().map(|r| r.data.version);
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    for document in content.documents {
        load_paper(&warehouse, reference.as_deref(), folder, document, now, &mut report)?;
    }
    for sent in content.submissions {
        report.submissions_added += usize::from(load_submission(&warehouse, folder, sent, now)?);
    }
    warehouse.note_command("seeded", hex::encode(Sha256::digest(&text)))?;
    Ok(report)
}

/// False when it is there already, whatever became of it.
fn load_submission(
    warehouse: &Warehouse,
    folder: &Path,
    sent: SeedSubmission,
    now: Timestamp,
) -> Result<bool, SeedError> {
    let SeedSubmission { id, portal, submission, files } = sent;
    if warehouse.records.read(|v| v.dossier(id))?.is_some() {
        return Ok(false);
    }
    let mut blobs = vec![];
    for file in files {
        let bytes = std::fs::read(folder.join(file)).map_err(|e| SeedError::File(e.to_string()))?;
        blobs.push((warehouse.blobs.put(&bytes)?, bytes.len() as u64));
    }
    let named = submission.papers.iter().filter_map(|paper| paper.source.blob());
    for blob in named {
        if !blobs.iter().any(|(id, _)| *id == blob) {
            return Err(SeedError::Paper(id.to_string()));
        }
    }
    warehouse.records.write(|v| {
        for (blob, size) in &blobs {
            v.add_blob(blob, *size, now, None)?;
            v.bind_blob(id, blob)?;
        }
        let agency = submission.agency.to_string();
        let row = DossierRow {
            version: 1,
            agency: agency.clone(),
            submitted: Some((submission, portal)),
            declined: None,
            accepted: None,
            returned: None,
        };
        v.put_dossier(id, &row)?;
        let change = Change::Dossier { id, version: 1, code: None, what: DossierEvent::Submitted };
        v.note(&change, Some(&agency), now)
    })?;
    Ok(true)
}

fn load_paper(
    warehouse: &Warehouse,
    reference: Option<&Reference>,
    folder: &Path,
    document: SeedDocument,
    now: Timestamp,
    report: &mut SeedReport,
) -> Result<(), SeedError> {
    let SeedDocument {
        record,
        owner_name,
        file,
        code,
        provenance,
        store_name,
        cancelled,
        uses,
        filed_at,
        filed_by,
    } = document;
    if warehouse.records.read(|v| v.paper(record.id))?.is_some() {
        report.documents_there += 1;
        return Ok(());
    }
    let bytes = std::fs::read(folder.join(file)).map_err(|e| SeedError::File(e.to_string()))?;
    let blob = warehouse.blobs.put(&bytes)?;
    if blob != record.blob || bytes.len() as u64 != record.size {
        return Err(SeedError::Paper(record.id.to_string()));
    }
    let reference = reference.ok_or_else(|| SeedError::File("no reference data".to_owned()))?;
    let status = match examine(&bytes, reference, now) {
        _ if cancelled => StoredStatus::Cancelled,
        Ok(facts) if facts.pages == record.pages => StoredStatus::Valid,
        Ok(_) => return Err(SeedError::Paper(record.id.to_string())),
        Err(refusal) => {
            report.marked.push(refusal.code());
            if refusal == FileRefusal::Unsigned { StoredStatus::Unsigned } else { StoredStatus::BadSignature }
        }
    };
    warehouse.records.write(|v| {
        v.add_blob(&blob, record.size, now, None)?;
        let suffix = v.next_paper_suffix()?;
        let owner = record.owner.first().ok_or(StoreError::Identifier)?;
        let code = match (code, &record.metadata.result_code) {
            (Some(code), _) => code.to_string(),
            (None, Some(result)) => PaperCode::derive(owner, result, &suffix).to_string(),
            (None, None) => format!("{}.{suffix}", owner.value()),
        };
        v.put_paper(
            &PaperRow {
                code,
                version: 1,
                status,
                provenance,
                store_name,
                owner_name,
                filed_at,
                filed_by: filed_by.map(|a| a.to_string()),
                base_uses: uses,
                record,
            },
            None,
        )
    })?;
    report.documents_added += 1;
    Ok(())
}

fn write_identity(data: &Path, entries: &[IdentityEntry]) -> std::io::Result<()> {
    let fresh = data.join("identity.json.new");
    std::fs::write(&fresh, serde_json::to_vec_pretty(entries)?)?;
    std::fs::rename(fresh, data.join("identity.json"))
}
