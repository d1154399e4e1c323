#![forbid(unsafe_code)]
//! The encrypted store of one counter: SQLCipher database and sealed files.
//!
//! Owns: the key file and its wraps (`keys.json`), the count of wrong secrets
//! (`tries.json`), the database and its migrations (`vault.db`),
//! sealed files (`blobs/`, format in `BLOB_V1.md`), exclusive use (`vault.lock`). Does not know:
//! what a dossier means, or when anything is sent. What was acknowledged survives a killed process
//! and a power cut: files are fsynced before the row that names them, rows before the call returns.
//!
//! ```no_run
//! use motcua_desk::ports::Vault;
//! use zeroize::Zeroizing;
//! let vault = motcua_vault::SealedVault::at("/profile/vault".into());
//! vault.unlock("canbo.demo", &Zeroizing::new("a long secret".to_owned()))?;
//! assert!(vault.outbox(false)?.is_empty());
//! # Ok::<(), motcua_desk::ports::VaultError>(())
//! ```

mod accepted;
mod blob;
mod database;
mod disk;
mod failure;
mod keys;
mod migrations;
mod owed;
mod queue;
mod records;
mod sealed;
mod tries;

pub use blob::BLOB_VERSION;
pub use migrations::SCHEMA_VERSION;
pub use sealed::{SealedVault, is_in_use};
