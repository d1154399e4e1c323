//! What an officer does at the counter, and the ports it needs.

pub mod ports;
