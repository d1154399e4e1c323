//! How much one machine and one address may ask for: so that a counter gone wild, or somebody who tries keys
//! or looks people up in bulk, does not take the warehouse from the others.

use crate::problem::Refusal;
use crate::warehouse::Warehouse;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use motcua_dossier::DeviceId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Tries to enrol a machine from one address in a minute.
const ENROLMENTS: u32 = 30;

/// Beyond so many callers those who have their whole measure are forgotten.
const MAX_CALLERS: usize = 10_000;

/// Requests a minute; 0 is no limit. A whole minute's measure may come at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of one machine: a day of 1,000 papers goes out in a minute.
    pub device_per_minute: u32,
    /// Of one network address: an office behind one router.
    pub address_per_minute: u32,
    /// Questions about people (identity, papers of an owner) of one machine.
    pub lookups_per_minute: u32,
    /// Logins at one machine; a shift has a handful.
    pub logins_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            device_per_minute: 6_000,
            address_per_minute: 60_000,
            lookups_per_minute: 120,
            logins_per_minute: 20,
        }
    }
}

/// What is left for each caller.
pub(crate) struct Gates {
    devices: Gate<DeviceId>,
    lookups: Gate<DeviceId>,
    addresses: Gate<IpAddr>,
    enrolments: Gate<IpAddr>,
    logins: Gate<DeviceId>,
}

impl Gates {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            devices: Gate::new(limits.device_per_minute),
            lookups: Gate::new(limits.lookups_per_minute),
            addresses: Gate::new(limits.address_per_minute),
            enrolments: Gate::new(ENROLMENTS),
            logins: Gate::new(limits.logins_per_minute),
        }
    }

    /// One more request of a machine.
    pub(crate) fn admit(&self, device: DeviceId) -> Result<(), Refusal> {
        if self.devices.take(device, Instant::now()) { Ok(()) } else { Err(Refusal::TooManyRequests) }
    }

    /// One more try to enrol a machine.
    pub(crate) fn enrol(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.enrolments.take(address, Instant::now()) { Ok(()) } else { Err(Refusal::TooManyRequests) }
    }

    /// One more login at a machine.
    pub(crate) fn log_in(&self, device: DeviceId) -> Result<(), Refusal> {
        if self.logins.take(device, Instant::now()) { Ok(()) } else { Err(Refusal::TooManyRequests) }
    }

    /// One more question about people.
    pub(crate) fn look_up(&self, device: DeviceId) -> Result<(), Refusal> {
        if self.lookups.take(device, Instant::now()) { Ok(()) } else { Err(Refusal::TooManyLookups) }
    }
}

/// Stops an address that asks too much, before its key is looked up.
pub(crate) async fn by_address(
    State(warehouse): State<Arc<Warehouse>>,
    request: Request,
    next: Next,
) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if address.is_some_and(|ip| !warehouse.gates.addresses.take(ip, Instant::now())) {
        return Refusal::TooManyRequests.into_response();
    }
    next.run(request).await
}

/// A measure for each caller that fills again with time.
struct Gate<K> {
    per_minute: f64,
    left: Mutex<HashMap<K, (f64, Instant)>>,
}

impl<K: Eq + Hash> Gate<K> {
    fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.into(), left: Mutex::default() }
    }

    fn take(&self, caller: K, now: Instant) -> bool {
        if self.per_minute == 0.0 {
            return true;
        }
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |(left, at): (f64, Instant)| {
            let minutes = now.saturating_duration_since(at).as_secs_f64() / 60.0;
            (left + minutes * self.per_minute).min(self.per_minute)
        };
        if all.len() >= MAX_CALLERS {
            all.retain(|_, state| filled(*state) < self.per_minute);
        }
        let state = all.entry(caller).or_insert((self.per_minute, now));
        let left = filled(*state);
        let admitted = left >= 1.0;
        *state = (if admitted { left - 1.0 } else { left }, now);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_caller_has_a_minutes_measure_and_it_fills_again() {
        let (gate, start) = (Gate::new(60), Instant::now());
        assert!((0..60).all(|_| gate.take(1, start)));
        assert!(!gate.take(1, start));
        assert!(gate.take(2, start), "another caller has its own");
        let later = start + Duration::from_secs(2);
        assert!(gate.take(1, later) && gate.take(1, later) && !gate.take(1, later));
        let next_day = start + Duration::from_secs(86_400);
        assert_eq!((0..100).filter(|_| gate.take(1, next_day)).count(), 60, "never more than a minute's");
        assert!((0..1000).all(|_| Gate::new(0).take(1, start)), "zero is no limit");
    }
}
