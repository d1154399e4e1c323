//! What the warehouse keeps: records (all SQL is below this module) and blobs.
//!
//! [`Records`] is one SQLite file today; a second engine stands beside `sqlite.rs` and gives the
//! same [`View`], nothing above this module changes.

mod audit;
mod blobs;
mod changes;
mod devices;
mod dossiers;
mod imports;
mod inbox;
mod leases;
mod ledger;
mod notices;
mod numbers;
mod office;
mod officers;
mod packages;
mod papers;
mod reference;
mod restored;
mod schema;
mod sizes;
mod sqlite;
mod uploads;
mod world;

pub(crate) use audit::{AuditHead, AuditRow, Event, GENESIS};
pub use blobs::{BlobError, Blobs};
pub(crate) use blobs::{flush_folder, hash_of};
pub(crate) use devices::{CodeRow, DeviceRow};
pub(crate) use dossiers::DossierRow;
pub(crate) use inbox::Lane;
pub(crate) use ledger::{By, Source, account};
pub(crate) use notices::{NewNotice, NoticeRow};
pub(crate) use officers::{GrantRow, OfficerRow, SessionRow};
pub(crate) use packages::PackageRow;
pub(crate) use papers::{PaperRow, StoredStatus};
pub use sqlite::{Records, StoreError};
pub(crate) use sqlite::{View, is_full};
pub(crate) use uploads::UploadRow;
