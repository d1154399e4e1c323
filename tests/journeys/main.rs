//! Journeys on real parts: the built programs, SANE, SoftHSM2, the real server over TLS.
//!
//! They need the programs built (`cargo build --workspace`) and say `SKIPPED LOUDLY` when a part of the
//! machine is missing.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_possible_truncation)]

mod counter;
mod full;
mod judges;
mod killed;
mod killed_sync;
mod main_job;
mod offline;
mod online;
mod power;
mod secrets;
mod sentinel;
mod training;
