//! Taking in a version, giving it out, and looking back.

use super::content_hash;
use super::files::{self, Content, ExportError};
use super::tables::{CellFault, RowChange, data_of, differences, tables_of};
use crate::audit::Hand;
use crate::{Config, ServeError, StoreError, Warehouse};
use motcua_dossier::{Day, ReferenceData, Timestamp};
use serde::Serialize;
use std::path::Path;

/// What became of an import.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ReferenceReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// Version that has this content: made now, or there before; none when it was refused or in a dry run.
    pub version: Option<u64>,
    /// The content was there already.
    pub unchanged: bool,
    /// When it comes into force.
    pub effective_at: Option<Timestamp>,
    /// Row by row, against what would be in force without it.
    pub changes: Vec<RowChange>,
    /// Everything that is wrong; with one fault nothing of it is taken.
    pub faults: Vec<CellFault>,
    /// A version that comes into force later and replaces this one.
    pub replaced_by: Option<u64>,
}

/// One version as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReferenceVersion {
    /// Its number.
    pub version: u64,
    /// From when.
    pub effective_at: Timestamp,
    /// When it was taken in.
    pub loaded_at: Timestamp,
    /// From which file; or why, when an administrator made it row by row.
    pub source: String,
    /// By whom.
    pub officer: String,
    /// In force now.
    pub in_force: bool,
    /// Comes into force later.
    pub planned: bool,
}

/// A version in which a row was not as before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowHistory {
    /// Version.
    pub version: u64,
    /// From when.
    pub effective_at: Timestamp,
    /// What happened to the row.
    pub change: RowChange,
}

/// Why it could not be done; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The warehouse cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be read.
    #[error("không đọc được: {0}")]
    Io(#[from] std::io::Error),
    /// The file cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// There is no such version.
    #[error("không có phiên bản này")]
    VersionUnknown,
    /// Another import was faster.
    #[error("vừa có người nạp phiên bản khác: hãy chạy lại")]
    Overtaken,
}

/// Takes in a version from a workbook, a folder of CSV files, one CSV file or JSON. What is in the file replaces
/// the lists of that name; a fault anywhere refuses all of it. The same content again is the same version. `from` is
/// the first day it is in force, at once without one or when that day has begun.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_import(
    config: &Config,
    path: &Path,
    from: Option<Day>,
    dry_run: bool,
) -> Result<ReferenceReport, ReferenceError> {
    let warehouse = Warehouse::beside(config)?;
    let content = match files::read(path)? {
        Ok(content) => content,
        Err(faults) => return Ok(ReferenceReport { dry_run, faults, ..ReferenceReport::default() }),
    };
    let now = warehouse.now();
    let effective = from.map_or(now, |day| begin_of(day).max(now));
    let (before, newest) = warehouse.records.read(|v| {
        let version = v.reference_in_force(effective)?;
        let data = version.map(|version| v.reference_version(version)).transpose()?.flatten();
        Ok((data, v.newest_reference_version()?))
    })?;
    let base = before.clone().unwrap_or_default();
    let read = match content {
        Content::Lists(lists) => files::over(&base, lists),
        Content::Whole(data) => data_of(&tables_of(&data)),
    };
    let source = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let hand = Hand::operator();
    take_in(&warehouse, (before, newest), read, &Taking { effective, source, hand: &hand, dry_run })
}

/// How content becomes a version.
pub(super) struct Taking<'a> {
    /// From when.
    pub(super) effective: Timestamp,
    /// From which file, or why.
    pub(super) source: &'a str,
    pub(super) hand: &'a Hand,
    pub(super) dry_run: bool,
}

/// Makes a version of that content, over what would be in force without it; `newest` is the newest version when that
/// was read.
pub(super) fn take_in(
    warehouse: &Warehouse,
    (before, newest): (Option<ReferenceData>, Option<u64>),
    read: Result<ReferenceData, Vec<CellFault>>,
    &Taking { effective, source, hand, dry_run }: &Taking<'_>,
) -> Result<ReferenceReport, ReferenceError> {
    let mut data = match read {
        Ok(data) => data,
        Err(faults) => return Ok(ReferenceReport { dry_run, faults, ..ReferenceReport::default() }),
    };
    let base = before.clone().unwrap_or_default();
    let changes = differences(&tables_of(&base), &tables_of(&data));
    let hash = content_hash(&data)?;
    let mut report =
        ReferenceReport { dry_run, effective_at: Some(effective), changes, ..ReferenceReport::default() };
    if let Some(before) = before
        && content_hash(&before)? == hash
    {
        report.unchanged = true;
        report.version = Some(before.version);
        report.effective_at = before.effective_at;
        return Ok(report);
    }
    let planned = warehouse.records.read(|v| v.reference_versions())?;
    report.replaced_by = planned.iter().filter(|v| v.effective_at > effective).map(|v| v.version).min();
    if dry_run {
        return Ok(report);
    }
    let now = warehouse.now();
    data.effective_at = Some(effective);
    let taken = warehouse.records.write(|v| {
        if v.newest_reference_version()? != newest {
            return Ok(false);
        }
        data.version = v.next_reference_version()?;
        v.put_reference(&data, &hash, (source, hand.officer()), now)?;
        let subject =
            format!("{} from {}: {}", data.version, effective.day().format_iso(), hex::encode(hash));
        v.audit(&hand.did("reference.imported", subject, now))?;
        Ok(true)
    })?;
    if !taken {
        return Err(ReferenceError::Overtaken);
    }
    warehouse.sign_audit(now)?;
    report.version = Some(data.version);
    Ok(report)
}

/// Which version is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// By its number.
    Version(u64),
    /// In force at the end of that day.
    On(Day),
    /// In force now.
    Now,
}

/// Writes a version to a workbook (`.xlsx`), to JSON (`.json`) or to a folder of CSV files; says which it was.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_export(config: &Config, which: Which, to: &Path) -> Result<u64, ReferenceError> {
    let warehouse = Warehouse::beside(config)?;
    let data = find(&warehouse, which)?;
    files::write(&data, to)?;
    Ok(data.version)
}

/// Every version, newest first.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_list(config: &Config) -> Result<Vec<ReferenceVersion>, ReferenceError> {
    list(&Warehouse::beside(config)?)
}

pub(super) fn list(warehouse: &Warehouse) -> Result<Vec<ReferenceVersion>, ReferenceError> {
    let now = warehouse.now();
    let (versions, in_force) =
        warehouse.records.read(|v| Ok((v.reference_versions()?, v.reference_in_force(now)?)))?;
    let listed = versions.into_iter().rev().map(|row| ReferenceVersion {
        in_force: in_force == Some(row.version),
        planned: row.effective_at > now,
        version: row.version,
        effective_at: row.effective_at,
        loaded_at: row.loaded_at,
        source: row.source,
        officer: row.officer,
    });
    Ok(listed.collect())
}

/// What became of one row, version by version in the order they came into force.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_history(config: &Config, sheet: &str, key: &str) -> Result<Vec<RowHistory>, ReferenceError> {
    history(&Warehouse::beside(config)?, sheet, key)
}

pub(super) fn history(
    warehouse: &Warehouse,
    sheet: &str,
    key: &str,
) -> Result<Vec<RowHistory>, ReferenceError> {
    let mut versions = warehouse.records.read(|v| v.reference_versions())?;
    versions.sort_by_key(|row| (row.effective_at, row.version));
    let mut history = Vec::new();
    let mut before = tables_of(&ReferenceData::default());
    for row in versions {
        let after = tables_of(&find(warehouse, Which::Version(row.version))?);
        let change = differences(&before, &after).into_iter().find(|c| c.sheet == sheet && c.key == key);
        history.extend(change.map(|change| RowHistory {
            version: row.version,
            effective_at: row.effective_at,
            change,
        }));
        before = after;
    }
    Ok(history)
}

/// What differs between two versions.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_diff(config: &Config, from: u64, to: u64) -> Result<Vec<RowChange>, ReferenceError> {
    diff(&Warehouse::beside(config)?, from, to)
}

pub(super) fn diff(warehouse: &Warehouse, from: u64, to: u64) -> Result<Vec<RowChange>, ReferenceError> {
    let of = |version| find(warehouse, Which::Version(version)).map(|data| tables_of(&data));
    Ok(differences(&of(from)?, &of(to)?))
}

pub(super) fn find(warehouse: &Warehouse, which: Which) -> Result<ReferenceData, ReferenceError> {
    let found = warehouse.records.read(|v| {
        let version = match which {
            Which::Version(version) => Some(version),
            Which::On(day) => v.reference_in_force(end_of(day))?,
            Which::Now => v.reference_in_force(warehouse.now())?,
        };
        version.map(|version| v.reference_version(version)).transpose()
    })?;
    found.flatten().ok_or(ReferenceError::VersionUnknown)
}

/// Midnight at the beginning of a day, Vietnam's zone.
pub(super) fn begin_of(day: Day) -> Timestamp {
    let zone = time::UtcOffset::from_hms(7, 0, 0).unwrap_or(time::UtcOffset::UTC);
    Timestamp(day.0.midnight().assume_offset(zone).unix_timestamp() * 1000)
}

/// The last moment of a day, Vietnam's zone.
pub(crate) fn end_of(day: Day) -> Timestamp {
    Timestamp(begin_of(day).0 + 24 * 60 * 60 * 1000 - 1)
}
