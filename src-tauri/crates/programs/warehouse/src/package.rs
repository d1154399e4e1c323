//! A package of unsent work that came by hand (`core/wire/PACKAGE_V1.md`): its files and operations go
//! the way of those that are sent, with the same checks, and again changes nothing.

use crate::audit::{command, event};
use crate::problem::Refusal;
use crate::store::PackageRow;
use crate::warehouse::{Caller, Warehouse};
use crate::{BlobError, Config, ServeError, StoreError};
use motcua_dossier::{BlobId, DeviceId, DossierId, OpId, OutboxKind, Timestamp};
use motcua_wire::{
    CarriedPackage, Op, OpResult, PackageError, PackageHeader, PackageManifest, PackagePart, PackageReader,
};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::Path;
use zeroize::Zeroizing;

/// What became of a package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PackageReport {
    /// Machine that wrote it.
    pub device: DeviceId,
    /// When, by its clock.
    pub made_at: Timestamp,
    /// Files taken; those that were here already are among them.
    pub files: usize,
    /// One for each operation, in the order of its making.
    pub lines: Vec<PackageLineReport>,
}

/// What became of one operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PackageLineReport {
    /// The operation.
    pub op: OpId,
    /// Its dossier.
    pub dossier: DossierId,
    /// What it does.
    pub kind: OutboxKind,
    /// Files it needs that the counter did not have any more.
    pub missing: Vec<BlobId>,
    /// The same answer as to one that is sent.
    pub answer: OpResult,
}

impl PackageReport {
    /// Everything in it is in the warehouse now.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.lines.iter().all(PackageLineReport::is_done)
    }
}

impl PackageLineReport {
    /// The operation had its effect, now or before.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.answer, OpResult::Applied { .. } | OpResult::Duplicate { .. })
    }
}

/// Why a package is not taken; nothing of it is then, except where the store failed on the way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageImportError {
    /// The file cannot be read.
    #[error("package cannot be read: {0}")]
    File(#[from] io::Error),
    /// The key file is not 64 hex digits.
    #[error("recovery key is not 64 hex digits")]
    Key,
    /// The package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// An operation is not the one its line says, or is of another machine.
    #[error("operation {0} is not what its line says")]
    Operation(OpId),
    /// The machine was never enrolled here.
    #[error("machine {0} is not admitted")]
    Machine(DeviceId),
    /// The machine was revoked, and nobody said that this is known.
    #[error("machine {0} was revoked; --revoked takes its package all the same")]
    Revoked(DeviceId),
    /// No reference data to check against.
    #[error("warehouse has no reference data")]
    NoReference,
    /// Store.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Blobs.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl From<StoreError> for PackageImportError {
    fn from(error: StoreError) -> Self {
        Self::Serve(error.into())
    }
}

/// Reads the private half of a recovery key: 64 hex digits.
///
/// # Errors
/// `Key`.
pub fn read_recovery_key(text: &str) -> Result<Zeroizing<[u8; 32]>, PackageImportError> {
    let mut key = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), &mut *key).map_err(|_| PackageImportError::Key)?;
    Ok(key)
}

/// Takes a package into a data directory. It is read through before anything of it is taken.
///
/// The seal proves that nothing was changed since it was made, not who made it: whoever runs this answers for the
/// hand it came from. The machine must be enrolled, one that was revoked only when `revoked` says that it is known,
/// and every check of a sent operation is made.
///
/// # Errors
/// See [`PackageImportError`].
pub fn import_package(
    config: &Config,
    key: &Zeroizing<[u8; 32]>,
    package: &Path,
    revoked: bool,
) -> Result<PackageReport, PackageImportError> {
    let mut file = File::open(package)?;
    let manifest = each_part(&mut file, key, |device, part| match part {
        PackagePart::Operation { line, json } => read_op(device, line.op, line.dossier, &json).map(drop),
        PackagePart::File { .. } | PackagePart::Dossier { .. } => Ok(()),
    })?;
    let warehouse = Warehouse::beside(config)?;
    let reference = warehouse.reference()?.ok_or(PackageImportError::NoReference)?;
    let device = manifest.device;
    let machine = warehouse.records.read(|v| v.device(device))?;
    let machine = machine.ok_or(PackageImportError::Machine(device))?;
    if machine.revoked && !revoked {
        return Err(PackageImportError::Revoked(device));
    }
    let caller = warehouse.machine(device, machine.agency, machine.portal)?;
    let (mut ops, mut files) = (Vec::with_capacity(manifest.lines.len()), 0);
    file.rewind()?;
    let manifest = each_part(&mut file, key, |_, part| {
        match part {
            PackagePart::File { id, bytes } => {
                if warehouse.blobs.put(&bytes)? != id {
                    return Err(PackageError::Content.into());
                }
                let now = warehouse.now();
                warehouse.records.write(|v| v.add_blob(&id, bytes.len() as u64, now, Some(device)))?;
                files += 1;
            }
            PackagePart::Operation { line, json } => {
                ops.push(Ok(read_op(device, line.op, line.dossier, &json)?));
            }
            // What the counter has of it beside its operations is for people, not for the records.
            PackagePart::Dossier { .. } => {}
        }
        Ok(())
    })?;
    let answers = warehouse.apply_all(&caller, ops, &reference)?;
    let lines = manifest.lines.into_iter().zip(answers).map(|(line, answer)| PackageLineReport {
        op: line.op,
        dossier: line.dossier,
        kind: line.kind,
        missing: line.missing,
        answer,
    });
    Ok(PackageReport { device, made_at: manifest.made_at, files, lines: lines.collect() })
}

/// A package that a machine brought for another one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CarriedReport {
    /// SHA-256 of the file.
    pub package: BlobId,
    /// Machine that wrote it, by its own word.
    pub device: DeviceId,
    /// When, by its clock.
    pub made_at: Timestamp,
    /// Operations inside.
    pub operations: u32,
    /// Who brought it.
    pub carried_by: DeviceId,
    /// When.
    pub carried_at: Timestamp,
    /// When everything in it had its effect.
    pub taken_at: Option<Timestamp>,
}

impl From<PackageRow> for CarriedReport {
    fn from(row: PackageRow) -> Self {
        let PackageRow { blob: package, device, made_at, operations, carried_by, carried_at, taken_at } = row;
        Self { package, device, made_at, operations, carried_by, carried_at, taken_at }
    }
}

impl From<PackageRow> for CarriedPackage {
    fn from(row: PackageRow) -> Self {
        let PackageRow { blob, device, made_at, operations, taken_at, .. } = row;
        Self { blob, device, made_at, operations, taken: taken_at.is_some() }
    }
}

/// The packages that machines brought for others, oldest first; those that were taken too.
///
/// # Errors
/// Store.
pub fn carried_packages(config: &Config) -> Result<Vec<CarriedReport>, PackageImportError> {
    let rows = Warehouse::beside(config)?.records.read(|v| v.packages())?;
    Ok(rows.into_iter().map(CarriedReport::from).collect())
}

/// What became of a package that was brought.
#[derive(Debug)]
pub struct CarriedImport {
    /// Which.
    pub package: CarriedReport,
    /// As of one that came by hand.
    pub outcome: Result<PackageReport, PackageImportError>,
}

/// Takes every package that was brought and still waits. One that cannot be taken keeps no other from it, and waits
/// on; it may be sealed to another agency's key.
///
/// # Errors
/// Store; what is wrong with one package is said with it.
pub fn import_carried(
    config: &Config,
    key: &Zeroizing<[u8; 32]>,
    revoked: bool,
) -> Result<Vec<CarriedImport>, PackageImportError> {
    let warehouse = Warehouse::beside(config)?;
    let waiting = warehouse.records.read(|v| v.packages())?.into_iter().filter(|row| row.taken_at.is_none());
    let mut done = vec![];
    for row in waiting {
        let outcome = import_package(config, key, &warehouse.blobs.path(&row.blob), revoked);
        if outcome.as_ref().is_ok_and(PackageReport::is_done) {
            let now = warehouse.now();
            warehouse.records.write(|v| {
                v.package_taken(&row.blob, now)?;
                v.audit(&command("package.taken", row.blob.to_string(), now))
            })?;
        }
        done.push(CarriedImport { package: row.into(), outcome });
    }
    Ok(done)
}

impl Warehouse {
    /// Notes a file of the caller's office as a package, if it is one of a machine that is known here.
    pub(crate) fn carry_package(&self, caller: &Caller, id: &BlobId) -> Result<CarriedPackage, Refusal> {
        if !self.sees_blob(&caller.office, id)? {
            return Err(Refusal::BlobUnknown);
        }
        let mut file = File::open(self.blobs.path(id)).map_err(|_| Refusal::StorageTrouble)?;
        let size = file.metadata().map_err(|_| Refusal::StorageTrouble)?.len();
        let header = PackageHeader::read(&mut file).map_err(|_| Refusal::PackageUnfit)?;
        if header.sealed_length() != size {
            return Err(Refusal::PackageUnfit);
        }
        let now = self.now();
        self.records.attempt(|v| {
            if let Some(known) = v.package(id)? {
                return Ok(known.into());
            }
            v.device(header.device)?.ok_or(Refusal::PackageUnfit)?;
            let row = PackageRow {
                blob: *id,
                device: header.device,
                made_at: header.made_at,
                operations: header.operations,
                carried_by: caller.device,
                carried_at: now,
                taken_at: None,
            };
            v.add_package(&row)?;
            v.audit(&event(caller.device, "", "package.carried", id.to_string(), now))?;
            Ok(row.into())
        })
    }
}

/// Goes through the package to its very end.
fn each_part(
    file: &mut File,
    key: &Zeroizing<[u8; 32]>,
    mut take: impl FnMut(DeviceId, PackagePart) -> Result<(), PackageImportError>,
) -> Result<PackageManifest, PackageImportError> {
    let mut reader = PackageReader::open(BufReader::new(file), key)?;
    while let Some(part) = reader.next_part()? {
        take(reader.manifest().device, part)?;
    }
    Ok(reader.manifest().clone())
}

/// An operation that is the one its line says, of the machine that wrote the package.
fn read_op(device: DeviceId, op_id: OpId, dossier: DossierId, json: &[u8]) -> Result<Op, PackageImportError> {
    match serde_json::from_slice::<Op>(json) {
        Ok(op) if op.op_id == op_id && op.dossier == dossier && op.device == device => Ok(op),
        _ => Err(PackageImportError::Operation(op_id)),
    }
}
