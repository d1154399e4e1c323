//! The provincial warehouse ("kho"): HTTP API, records, blobs and the checks at intake.
//!
//! Owns: what an operation of a counter does to dossiers and papers, once and only once; which
//! file may enter; number blocks; signed receipts. Does not know the desk or the window.
//!
//! Order of every write: file to disk and flushed, then its row, then the operation with its
//! receipt in one transaction. What was answered with a receipt survives power loss.
//!
//! ```no_run
//! # async fn demo() -> Result<(), motcua_warehouse::ServeError> {
//! let config = motcua_warehouse::Config::load("/var/lib/motcua-warehouse".as_ref())?;
//! let server = motcua_warehouse::start(config, std::net::TcpListener::bind("127.0.0.1:0")?).await?;
//! println!("{}", server.url());
//! server.stop().await
//! # }
//! ```
#![forbid(unsafe_code)]

mod admin;
mod apply;
mod audit;
mod backup;
mod check;
mod config;
mod enrol;
mod feed;
mod health;
mod http;
mod identity;
mod import;
mod inbox;
mod intake;
mod keys;
mod ledger;
mod limits;
mod notices;
mod officers;
mod package;
mod problem;
mod reference;
mod scope;
mod scrub;
mod seed;
mod server;
mod settings;
mod store;
mod submissions;
mod warehouse;

pub use audit::{
    AuditError, AuditProblem, AuditReport, AuditTrouble, audit_export, audit_verify, audit_verify_export,
};
pub use backup::{BACKUP_VERSION, BackupError, BackupReport, RestoreReport, back_up, restore};
pub use check::{CheckReport, check};
pub use config::{CONFIG_VERSION, Config, ConfigError, PREFIX};
pub use enrol::{
    CODE_MINUTES, DeviceCode, DeviceError, DeviceReport, device_code, device_code_again, devices,
    issue_certificate, portal_code, revoke_device,
};
pub use http::openapi_json;
pub use identity::{FileDirectory, IdentityDirectory, IdentityEntry, IdentityOutage};
pub use import::{
    Column, ImportError, ImportKind, ImportReport, ImportWish, LeftGrant, OFFICER_COLUMNS,
    OfficerImportReport, RowReport, columns, import, import_officers,
};
pub use intake::{FileFacts, FileRefusal, examine};
pub use keys::receipt_key;
pub use limits::Limits;
pub use notices::{
    Accepted, HttpSender, NoticeReport, NoticeSettings, NoticeState, notices_list, notices_release,
    notices_retry,
};
pub use officers::{
    GrantReport, GrantWish, OfficerError, OfficerReport, add_officer, end_officer, grant, officers,
    revoke_grant, set_officer_secret,
};
pub use package::{
    CarriedImport, CarriedReport, PackageImportError, PackageLineReport, PackageReport, carried_packages,
    import_carried, import_package, read_recovery_key,
};
pub use reference::{
    CellFault, ExportError, Reference, ReferenceError, ReferenceReport, ReferenceVersion, RowChange,
    RowHistory, RowWish, RowsReport, SHEETS, Sheet, Which, reference_diff, reference_export,
    reference_history, reference_import, reference_list, reference_rows, reference_set, reference_undo,
};
pub use scrub::{ScrubReport, scrub};
pub use seed::{
    SEED_VERSION, SeedDevice, SeedDocument, SeedError, SeedFile, SeedReport, SeedSubmission, seed,
};
pub use server::{RunningServer, ServeError, serve, start};
pub use settings::{ConfigReport, Setting, SettingProblem, config_check};
pub use store::{BlobError, Blobs, Records, StoreError};
pub use warehouse::{Clock, Warehouse};
