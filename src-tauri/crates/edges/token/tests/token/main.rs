//! The signer with a real PKCS#11 module (SoftHSM2), alone and behind the fault injector.

#![allow(clippy::unwrap_used)]

mod bench;
mod contract;
mod environment;
mod faults;
mod signing;
