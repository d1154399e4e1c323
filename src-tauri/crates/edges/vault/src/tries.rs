//! Wrong secrets in a row of each officer, in clear beside the vault: there is no key yet when they count.
//!
//! They slow down whoever sits at the keyboard. Whoever can write this file can copy the key file as well;
//! against him there is the cost of Argon2id alone.

use crate::disk;
use crate::keys::normal;
use motcua_desk::ports::{VaultError, WrongSecrets};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const MAGIC: &str = "motcua-vault-tries";
const VERSION: u32 = 1;

/// `tries.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Tries {
    magic: String,
    version: u32,
    officers: BTreeMap<String, WrongSecrets>,
}

impl Tries {
    /// Reads the file. One that is not understood is as good as none: it must lock nobody out.
    pub(crate) fn read(path: &Path) -> Result<Self, VaultError> {
        let none = || Self { magic: MAGIC.to_owned(), version: VERSION, officers: BTreeMap::new() };
        let Some(bytes) = disk::read(path)? else { return Ok(none()) };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(read) if read.magic == MAGIC && read.version == VERSION => Ok(read),
            Ok(_) | Err(_) => {
                tracing::warn!("count of wrong secrets is not readable, it begins anew");
                Ok(none())
            }
        }
    }

    /// Those of one officer.
    pub(crate) fn of(&self, officer: &str) -> WrongSecrets {
        self.officers.get(&normal(officer)).copied().unwrap_or_default()
    }

    /// Replaces those of one officer; none in a row is not written down.
    pub(crate) fn keep(&mut self, officer: &str, wrong: WrongSecrets) {
        let officer = normal(officer);
        match wrong.in_a_row {
            0 => self.officers.remove(&officer),
            _ => self.officers.insert(officer, wrong),
        };
    }

    /// Writes the file, durable.
    pub(crate) fn write(&self, path: &Path) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec(self).map_err(|_| VaultError::Storage)?;
        disk::replace(path, &[&bytes])
    }
}
