//! What an officer does, on fakes.

#![allow(clippy::unwrap_used)]

mod admin;
mod book;
mod capture;
mod convert;
mod correct;
mod crash;
mod feedback;
mod fees;
mod files;
mod grace;
mod guides;
mod intake;
mod job;
mod life;
mod login;
mod office;
mod online;
mod package;
mod printing;
mod queue;
mod report;
mod retention;
mod reuse;
mod revoked;
mod settings;
mod sign;
mod steps;
mod sync;
mod training;
mod unlock;
mod waive;
mod withdraw;
