//! Signing tokens through PKCS#11.
//!
//! The module of the token's maker runs in a child process (`worker token`), because such modules
//! crash and hang: [`Pkcs11Signer`] keeps one worker per module, gives every call a time limit and
//! starts a fresh worker after a fault. Programs hand over to [`worker_main`] when they are started
//! as a worker.

mod certificate;
mod child;
mod message;
mod readers;
mod signer;
mod worker;

pub use child::WorkerCommand;
pub use readers::{Reader, ReaderError, readers};
pub use signer::{Pkcs11Signer, TimeLimits};
pub use worker::worker_main;
