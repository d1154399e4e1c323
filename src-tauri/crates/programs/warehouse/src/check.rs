//! Checking a whole warehouse: the database is whole, every file hashes to its name, every receipt
//! bears the server's own signature.

use crate::{Config, ServeError, StoreError, Warehouse};
use serde::Serialize;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckReport {
    /// The database says it is whole.
    pub database_whole: bool,
    /// Files examined.
    pub files: usize,
    /// Files that are absent.
    pub files_missing: Vec<String>,
    /// Files whose content changed.
    pub files_changed: Vec<String>,
    /// Receipts examined.
    pub receipts: usize,
    /// Receipts that do not bear the server's signature.
    pub receipts_bad: usize,
}

impl CheckReport {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.database_whole
            && self.files_missing.is_empty()
            && self.files_changed.is_empty()
            && self.receipts_bad == 0
    }
}

/// Checks a data directory. Reads every file; may run beside a server.
///
/// # Errors
/// The directory cannot be opened.
pub fn check(config: &Config) -> Result<CheckReport, ServeError> {
    let warehouse = Warehouse::beside(config)?;
    let mut blobs = warehouse.records.read(|v| v.blob_ids())?;
    blobs.extend(warehouse.records.read(|v| v.paper_blobs())?);
    let (mut files_missing, mut files_changed) = (Vec::new(), Vec::new());
    for blob in &blobs {
        match warehouse.blobs.is_whole(blob) {
            Ok(true) => {}
            Ok(false) => files_changed.push(blob.to_string()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => files_missing.push(blob.to_string()),
            Err(e) => return Err(StoreError::from(e).into()),
        }
    }
    let receipts = warehouse.records.read(|v| v.all_receipts())?;
    let key = warehouse.receipts.verifying_key();
    Ok(CheckReport {
        database_whole: warehouse.records.is_whole()?,
        files: blobs.len(),
        files_missing,
        files_changed,
        receipts: receipts.len(),
        receipts_bad: receipts.iter().filter(|r| r.verify(&key).is_err()).count(),
    })
}
