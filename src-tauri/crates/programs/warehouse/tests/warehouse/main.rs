//! The warehouse as counters meet it: the real server over TLS, the real client of `edges/link`.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, unreachable_pub, missing_docs)]

mod audit;
mod authority;
mod backup;
mod contract;
mod description;
mod feed;
mod health;
mod import;
mod inbox;
mod intake;
mod leases;
mod line;
mod mishaps;
mod numbers;
mod office;
mod ops;
mod package;
mod paper;
mod program;
mod routes;
mod uploads;
mod world;
