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

mod apply;
mod check;
mod config;
mod feed;
mod http;
mod identity;
mod inbox;
mod intake;
mod keys;
mod problem;
mod reference;
mod seed;
mod server;
mod store;
mod warehouse;

pub use check::{CheckReport, check};
pub use config::{CONFIG_VERSION, Config, ConfigError};
pub use http::openapi_json;
pub use identity::{FileDirectory, IdentityDirectory, IdentityEntry, IdentityOutage};
pub use intake::{FileFacts, FileRefusal, examine};
pub use keys::{device_key_hash, receipt_key};
pub use reference::Reference;
pub use seed::{SEED_VERSION, SeedDevice, SeedDocument, SeedError, SeedFile, SeedReport, seed};
pub use server::{RunningServer, ServeError, serve, start};
pub use store::{BlobError, Blobs, MAX_BLOB, Records, StoreError};
pub use warehouse::{Clock, Warehouse};
