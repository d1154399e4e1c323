//! Scanners through SANE, in a child process.
//!
//! Drivers crash and hang, so libsane is never loaded into the program: a worker process holds it
//! and hands whole pages over as frames. Killing the worker is always possible.
//!
//! ```no_run
//! use motcua_desk::ports::Scanner;
//! # async fn list() -> Result<(), Box<dyn std::error::Error>> {
//! let command = motcua_scanner::WorkerCommand {
//!     program: std::env::current_exe()?,
//!     args: vec!["worker".into(), "scanner".into()],
//!     env: vec![],
//! };
//! for scanner in motcua_scanner::SaneScanner::new(command).list(&Default::default()).await? {
//!     println!("{}", scanner.label);
//! }
//! # Ok(())
//! # }
//! ```

mod message;
mod picture;
mod sane;
mod scanner;
mod settings;
mod worker;
mod worker_process;

pub use scanner::{SaneScanner, WorkerCommand};
pub use worker::worker_main;
