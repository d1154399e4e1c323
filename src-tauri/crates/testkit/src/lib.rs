//! Fakes for every port and contract suites; dev-dependency only.
//!
//! [`Office`] puts a whole counter together: a ready [`motcua_desk::Desk`] on fakes, with a small
//! authority, reference data and a warehouse that keeps the rules of the protocol.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let office = motcua_testkit::Office::ready().await;
//! let draft = office.open().await;
//! assert!(office.desk.dossier(draft.id).await.is_ok());
//! # });
//! ```

#![allow(clippy::missing_panics_doc, clippy::unwrap_in_result)]

mod bad_line;
mod chaos;
pub mod contract;
mod fake_converter;
mod fake_printer;
mod fake_scanner;
mod fake_signer;
mod fake_warehouse;
mod gate;
mod memory_vault;
mod office;
mod pki;
mod simulation;
pub mod word;
mod world;

pub use bad_line::{BadLine, Faults};
pub use chaos::{ChaosLine, Cut, CutAt};
pub use fake_converter::FakeConverter;
pub use fake_printer::{FAKE_PRINTER, FAKE_SLIP_PRINTER, FakePrinter, Printed};
pub use fake_scanner::{FAKE_DEVICE, FakeScanner};
pub use fake_signer::{FakeSigner, PIN};
pub use fake_warehouse::FakeWarehouse;
pub use gate::{ChaosGate, Mishap};
pub use memory_vault::MemoryVault;
pub use office::{
    CASE_WITH_FEE, FEE, OFFICER, Office, SECRET, new_dossier, owner, paper_of, reference, settings,
    unsigned_pdf,
};
pub use pki::{Identity, Pki, pki};
pub use simulation::{Dice, Simulation, SkewedClock, TaskId, Timeline};
pub use world::{FRIDAY_MORNING, FakeClock, SeededRandom};
