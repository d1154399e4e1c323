//! Time and randomness.

use async_trait::async_trait;
use motcua_dossier::Timestamp;
use std::time::Duration;

/// The machine's clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, by this machine.
    fn now(&self) -> Timestamp;
    /// Waits.
    async fn sleep(&self, time: Duration);
}

/// Cryptographic randomness.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}
