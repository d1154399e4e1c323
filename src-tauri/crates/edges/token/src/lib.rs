//! Signing tokens through PKCS#11.
//!
//! The module of the token's maker runs in a child process (`worker token`), because such modules
//! crash and hang: [`Pkcs11Signer`] keeps one worker per module, gives every call a time limit and
//! starts a fresh worker after a fault. Programs hand over to [`worker_main`] when they are started
//! as a worker.
//!
//! ```no_run
//! use motcua_desk::ports::Signer;
//! # async fn list() -> Result<(), Box<dyn std::error::Error>> {
//! let command = motcua_token::WorkerCommand {
//!     program: std::env::current_exe()?,
//!     args: vec!["worker".into(), "token".into()],
//!     env: vec![],
//! };
//! let signer = motcua_token::Pkcs11Signer::new(command, "/usr/lib/softhsm/libsofthsm2.so".into());
//! for token in signer.tokens().await? {
//!     println!("{}", token.label);
//! }
//! # Ok(())
//! # }
//! ```

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
