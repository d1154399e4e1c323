//! "Xuất gói": unsent work in one sealed file, for the road where there is no network. Exporting deletes
//! nothing: each line stays in the outbox and remembers when it was last exported.

use crate::desk::Desk;
use crate::error::{DeskError, FileError, IntakeError, PackageProblem};
use crate::ports::{Batch, LinkError, Progress, QueuedOp, VaultError};
use motcua_dossier::{BlobId, DossierId, OpId, Timestamp};
use motcua_wire::{
    CarriedPackage, MAX_FILE, MAX_PACKAGE_PART, PackageDossier, PackageError, PackageFile, PackageHeader,
    PackageLine, PackageManifest, PackageSecrets, PackageWriter,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// A package that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Package {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// The lines in it.
    pub ops: Vec<OpId>,
    /// Dossiers in it.
    pub dossiers: usize,
    /// Files in it.
    pub files: usize,
    /// Files the lines need that are not on this machine any more, or not whole. The package says which.
    pub missing: usize,
}

impl Desk {
    /// Seals unsent lines (all of them when none is named) to the agency's recovery key, with their files and
    /// dossiers. Blocks for as long as reading and writing takes; one file at a time is in memory. What
    /// was written counts only once it is durable: tell it with [`Desk::package_saved`].
    ///
    /// # Errors
    /// Nothing to export, no such unsent line, the sink refuses, the vault is closed.
    pub fn export_package(&self, ops: &[OpId], sink: &mut dyn Write) -> Result<Package, DeskError> {
        let lines = self.unsent(ops)?;
        let mut sizes: BTreeMap<BlobId, Option<u64>> = BTreeMap::new();
        for blob in lines.iter().flat_map(|queued| &queued.item.blobs) {
            if !sizes.contains_key(blob) {
                sizes.insert(*blob, self.whole(blob)?.map(|bytes| bytes.len() as u64));
            }
        }
        let is_missing = |blob: &BlobId| sizes.get(blob).copied().flatten().is_none();
        let operations =
            lines.iter().map(|queued| json(&queued.op)).collect::<Result<Vec<Vec<u8>>, DeskError>>()?;
        let mut dossiers = Vec::new();
        for id in lines.iter().map(|queued| queued.item.dossier).collect::<BTreeSet<DossierId>>() {
            // An operation stands for itself; a dossier that is not here takes nothing from it.
            if let Some(dossier) = self.vault.dossier(id)? {
                dossiers.push((id, json(&dossier)?));
            }
        }
        let at = self.clock.now();
        let manifest = PackageManifest {
            device: self.office.device,
            agency: self.office.agency_code.clone(),
            officer: self.officer(),
            made_at: at,
            files: sizes
                .iter()
                .filter_map(|(id, size)| size.map(|size| PackageFile { id: *id, size }))
                .collect(),
            dossiers: dossiers
                .iter()
                .map(|(id, json)| PackageDossier { id: *id, size: json.len() as u64, sha256: identity(json) })
                .collect(),
            lines: lines
                .iter()
                .zip(&operations)
                .map(|(queued, json)| PackageLine {
                    op: queued.item.op,
                    dossier: queued.item.dossier,
                    sequence: queued.item.sequence,
                    kind: queued.item.kind,
                    files: queued.item.blobs.clone(),
                    missing: queued.item.blobs.iter().copied().filter(is_missing).collect(),
                    size: json.len() as u64,
                    sha256: identity(json),
                })
                .collect(),
        };
        let mut secrets = PackageSecrets { ephemeral: Zeroizing::new([0; 32]), prefix: [0; 19] };
        self.random.fill(&mut *secrets.ephemeral);
        self.random.fill(&mut secrets.prefix);
        let mut writer = PackageWriter::begin(sink, &manifest, self.office.recovery_key, &secrets)?;
        for file in &manifest.files {
            writer.part(&self.whole(&file.id)?.ok_or(FileError::Missing)?)?;
        }
        for json in dossiers.iter().map(|(_, json)| json).chain(&operations) {
            writer.part(json)?;
        }
        writer.finish()?;
        Ok(Package {
            at,
            ops: lines.iter().map(|queued| queued.item.op).collect(),
            dossiers: manifest.dossiers.len(),
            files: manifest.files.len(),
            missing: sizes.values().filter(|size| size.is_none()).count(),
        })
    }

    /// The file is whole where the officer wanted it: its lines remember "Đã xuất gói lúc …".
    ///
    /// # Errors
    /// The vault is closed.
    pub fn package_saved(&self, package: &Package) -> Result<(), DeskError> {
        let settings = package.ops.iter().map(|op| (exported(*op), package.at.0.to_string())).collect();
        let _writing = self.writing();
        self.vault.commit(&Batch { settings, ..Batch::default() })?;
        Ok(())
    }

    /// When a line was last exported; none when never.
    ///
    /// # Errors
    /// The vault is closed.
    pub fn exported_at(&self, op: OpId) -> Result<Option<Timestamp>, DeskError> {
        Ok(self.vault.setting(&exported(op))?.and_then(|at| at.parse().ok()).map(Timestamp))
    }

    /// "Gửi hộ gói": brings a sealed package of another machine to the warehouse, which keeps it until somebody with
    /// the recovery key takes it. This counter cannot look into it. What was sent stays sent, so trying again after a
    /// cut is cheap, and a package brought twice is there once.
    ///
    /// # Errors
    /// It is no package, cut off or larger than one upload; no contact; the warehouse does not know its machine.
    pub async fn carry_package(
        &self,
        package: &[u8],
        on_bytes: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<CarriedPackage, DeskError> {
        let header = package_header(package)?;
        if header.sealed_length() > MAX_FILE {
            return Err(PackageProblem::TooLarge.into());
        }
        if header.sealed_length() != package.len() as u64 {
            return Err(PackageProblem::Cut.into());
        }
        let id = identity(package);
        self.warehouse.upload(&id, package, on_bytes, cancel).await?;
        match self.warehouse.carry_package(&id).await {
            Err(LinkError::Refused(code)) if code == "packageUnfit" => {
                Err(PackageProblem::OfUnknownMachine.into())
            }
            carried => Ok(carried?),
        }
    }

    fn unsent(&self, ops: &[OpId]) -> Result<Vec<QueuedOp>, DeskError> {
        let wanted: BTreeSet<OpId> = if ops.is_empty() {
            self.vault.outbox(false)?.iter().map(|item| item.op).collect()
        } else {
            ops.iter().copied().collect()
        };
        let mut lines = Vec::with_capacity(wanted.len());
        for op in wanted {
            let queued = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?;
            if queued.item.state.is_closed() {
                return Err(PackageProblem::NothingUnsent.into());
            }
            lines.push(queued);
        }
        if lines.is_empty() {
            return Err(PackageProblem::NothingUnsent.into());
        }
        lines.sort_by_key(|queued| queued.item.sequence);
        Ok(lines)
    }

    /// A file as it is here, when it is here whole: one that is damaged must not hold back the rest.
    fn whole(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, DeskError> {
        match self.vault.blob(blob) {
            Ok(bytes) => Ok(bytes.filter(|b| b.len() as u64 <= MAX_PACKAGE_PART)),
            Err(VaultError::Damaged) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a package says without a key.
///
/// # Errors
/// It is none, a newer one, or cut off.
pub fn package_header(mut source: impl Read) -> Result<PackageHeader, DeskError> {
    Ok(PackageHeader::read(&mut source)?)
}

/// Name of the setting that holds when a line was last exported.
fn exported(op: OpId) -> String {
    format!("exported.{op}")
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, DeskError> {
    serde_json::to_vec(value).map_err(|_| VaultError::Storage.into())
}

fn identity(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

impl From<PackageError> for DeskError {
    fn from(error: PackageError) -> Self {
        Self::Package(match error {
            PackageError::NotPackage | PackageError::Header => PackageProblem::NotPackage,
            PackageError::Newer(_) => PackageProblem::Newer,
            PackageError::Truncated => PackageProblem::Cut,
            PackageError::KeyUnusable => PackageProblem::KeyUnusable,
            // Reading its content needs the key, which a counter does not have.
            _ => PackageProblem::NotWritten,
        })
    }
}
