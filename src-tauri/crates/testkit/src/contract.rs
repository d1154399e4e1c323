//! Contract suites: one per port, run on the real edge and on its twin here.

pub mod vault;
