#![deny(unsafe_code)]
//! Clock, randomness and paths of this machine.
//!
//! Owns: the system clock and its sleep, the operating system's randomness, where a counter keeps
//! its profile, files written whole, what the allocator keeps. Does not know: what the profile's files contain.
//!
//! ```
//! use motcua_desk::ports::{Clock, Random};
//! let mut salt = [0u8; 16];
//! motcua_platform::SystemRandom.fill(&mut salt);
//! assert!(motcua_platform::SystemClock.now().0 > 0);
//! ```

mod files;
#[allow(unsafe_code)]
mod memory;
mod paths;

pub use files::{read_up_to, write_whole, write_whole_by};
pub use memory::give_back_large_buffers;
pub use paths::{PathError, ProfileDir};

use async_trait::async_trait;
use motcua_desk::ports::{Clock, Random};
use motcua_dossier::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine's clock; waiting is tokio's, so it needs a running tokio runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |m| -m),
        };
        Timestamp(millis)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// The operating system gives no randomness. Going on would mean guessable keys and colliding
    /// identifiers; everything acknowledged before is already durable.
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system always has randomness after start-up");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_in_this_century_and_goes_on() {
        let first = SystemClock.now();
        assert!(first.0 > 1_700_000_000_000 && first.0 < 4_102_444_800_000, "milliseconds, not seconds");
        std::thread::sleep(Duration::from_millis(5));
        assert!(SystemClock.now() > first);
    }

    #[tokio::test]
    async fn sleep_waits_at_least_as_long_as_asked() {
        let start = std::time::Instant::now();
        SystemClock.sleep(Duration::from_millis(20)).await;
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn two_fills_differ() {
        let (mut a, mut b) = ([0u8; 32], [0u8; 32]);
        SystemRandom.fill(&mut a);
        SystemRandom.fill(&mut b);
        assert_ne!(a, b);
        assert_ne!(a, [0u8; 32]);
    }
}
