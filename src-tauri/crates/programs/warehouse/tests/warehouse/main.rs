//! The warehouse as counters meet it: the real server over TLS, the real client of `edges/link`.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, unreachable_pub, missing_docs)]

mod admin;
mod audit;
mod authority;
mod backup;
mod contract;
mod correct;
mod description;
mod enrol;
mod feed;
mod health;
mod import;
mod inbox;
mod intake;
mod leases;
mod ledger;
mod line;
mod mishaps;
mod notices;
mod numbers;
mod office;
mod officers;
mod ops;
mod package;
mod paper;
mod portal;
mod program;
mod reference;
mod routes;
mod scope;
mod steps;
mod uploads;
mod world;
