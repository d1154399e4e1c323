//! Scanners through SANE, in a child process.
//!
//! Drivers crash and hang, so libsane is never loaded into the program: a worker process holds it
//! and hands whole pages over as frames. Killing the worker is always possible.

mod message;
mod picture;
mod sane;
mod scanner;
mod settings;
mod worker;
mod worker_process;

pub use scanner::{SaneScanner, WorkerCommand};
pub use worker::worker_main;
