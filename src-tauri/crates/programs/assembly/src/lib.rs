//! Settings to Desk: the only crate that names edges.
//!
//! Owns the counter's profile (`counter.json`, `device.json`, `reference.json`), the start of worker processes, logging, the
//! health check and the folder for training. The window and the command line call [`dispatch_worker`] as their first act, then
//! [`assemble`].
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let profile = motcua_assembly::ProfileDir::find(None)?;
//! let desk = motcua_assembly::assemble(&profile)?;
//! println!("{:?}", desk.status().await);
//! # Ok(())
//! # }
//! ```

mod diagnosis;
mod logging;
mod profile;
mod starter;
mod support;
mod training;
mod version;
mod wiring;
mod worker;

pub use diagnosis::{Finding, Health, diagnose, diagnose_without_profile};
pub use logging::init_logging;
pub use motcua_link::DeviceIdentity;
pub use motcua_platform::{PathError, ProfileDir, read_up_to, write_whole, write_whole_by};
pub use profile::{CounterProfile, PROFILE_VERSION, ProfileError};
pub use starter::{STARTER_FILE, STARTER_VERSION};
pub use training::{
    TrainingCast, TrainingError, TrainingGround, claim_training, complete_training, open_training_window,
    own_programs, prepare_training, require_training,
};
pub use version::version_line;
pub use wiring::{
    AssemblyError, EnrolError, RescueError, assemble, assemble_from, assemble_recovered, enrol,
};
pub use worker::dispatch_worker;
