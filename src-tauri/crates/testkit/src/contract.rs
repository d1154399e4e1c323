//! Contract suites: one per port, run on the real edge and on its twin here; and one for every edge that
//! starts workers.
//!
//! A suite speaks of the port only; what a make needs to be set up (sheets in a feeder, a token in its
//! slot, a paper in the stock) its bench does.

pub mod converter;
pub mod environment;
pub mod printer;
pub mod scanner;
pub mod signer;
pub mod vault;
pub mod warehouse;
