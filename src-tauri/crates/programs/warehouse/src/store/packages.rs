//! Sealed packages that machines carried for others, until somebody with the recovery key takes them.

use super::{StoreError, View};
use motcua_dossier::{BlobId, DeviceId, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "blob, device, made_at, operations, carried_by, carried_at, taken_at";

/// A package that was brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PackageRow {
    pub(crate) blob: BlobId,
    /// Who wrote it, by its own word.
    pub(crate) device: DeviceId,
    pub(crate) made_at: Timestamp,
    pub(crate) operations: u32,
    pub(crate) carried_by: DeviceId,
    pub(crate) carried_at: Timestamp,
    pub(crate) taken_at: Option<Timestamp>,
}

impl View<'_> {
    /// Notes a package; one that is known stays as it is.
    pub(crate) fn add_package(&self, row: &PackageRow) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR IGNORE INTO packages(blob, device, made_at, operations, carried_by, carried_at)
             VALUES(?, ?, ?, ?, ?, ?)",
            params![
                row.blob.0.as_slice(),
                row.device.to_string(),
                row.made_at.0,
                row.operations,
                row.carried_by.to_string(),
                row.carried_at.0
            ],
        )?;
        Ok(())
    }

    /// A package that was brought.
    pub(crate) fn package(&self, blob: &BlobId) -> Result<Option<PackageRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM packages WHERE blob = ?");
        self.0.prepare_cached(&sql)?.query_row([blob.0.as_slice()], raw).optional()?.map(package).transpose()
    }

    /// All of them, oldest first.
    pub(crate) fn packages(&self) -> Result<Vec<PackageRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM packages ORDER BY carried_at, blob");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map([], raw)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(package).collect()
    }

    /// Everything in it had its effect.
    pub(crate) fn package_taken(&self, blob: &BlobId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE packages SET taken_at = coalesce(taken_at, ?2) WHERE blob = ?1";
        self.0.execute(sql, params![blob.0.as_slice(), at.0])?;
        Ok(())
    }
}

type RawPackage = (BlobId, String, i64, u32, String, i64, Option<i64>);

fn raw(row: &Row<'_>) -> rusqlite::Result<RawPackage> {
    let blob = BlobId(row.get(0)?);
    Ok((blob, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn package(raw: RawPackage) -> Result<PackageRow, StoreError> {
    let (blob, device, made_at, operations, carried_by, carried_at, taken_at) = raw;
    let device_of = |text: &str| DeviceId::parse(text).map_err(|_| StoreError::Identifier);
    Ok(PackageRow {
        blob,
        device: device_of(&device)?,
        made_at: Timestamp(made_at),
        operations,
        carried_by: device_of(&carried_by)?,
        carried_at: Timestamp(carried_at),
        taken_at: taken_at.map(Timestamp),
    })
}
