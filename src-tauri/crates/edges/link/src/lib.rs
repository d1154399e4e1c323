//! HTTPS to the provincial warehouse: desk's `Warehouse` port over the real network.
//!
//! This machine is known by a client certificate ([`enrol`]), which is renewed by itself; who works
//! at it by a session whose tokens live in memory alone. Believes one root only, the province's CA; whoever else answers is an interception. Never logs
//! a path, since paths carry people's numbers. Does not know dossiers' rules, the vault or time-outs
//! of the outbox.
//!
//! ```no_run
//! # fn demo(ca_pem: String) -> Result<(), motcua_link::LinkSettingsError> {
//! use motcua_link::{HttpWarehouse, LinkSettings};
//! let url = "https://127.0.0.1:8843".to_owned();
//! let warehouse = HttpWarehouse::new(LinkSettings { url, ca_pem, identity: "device.json".into() })?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod answer;
mod identity;
mod session;
mod settings;
mod upload;
mod warehouse;

pub use identity::{DeviceIdentity, DeviceRequest, enrol};
pub use settings::{LinkSettings, LinkSettingsError};
pub use warehouse::HttpWarehouse;

/// Version of the messages this client speaks.
pub const PROTOCOL_VERSION: u32 = motcua_wire::SCHEMA_VERSION;
