//! Settings to Desk: the only crate that names edges.
//!
//! Owns the counter's profile (`counter.json`), the start of worker processes and logging.
//! The window and the command line call [`dispatch_worker`] as their first act, then [`assemble`].

mod diagnosis;
mod logging;
mod profile;
mod wiring;
mod worker;

pub use diagnosis::{Finding, Health, diagnose};
pub use logging::init_logging;
pub use profile::{CounterProfile, ProfileError, profile_dir};
pub use wiring::{AssemblyError, assemble};
pub use worker::dispatch_worker;
