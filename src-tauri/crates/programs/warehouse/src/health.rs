//! What a supervisor of the server asks: does it live, can it take requests, how much does it do. Nothing here
//! is about a person: routes are told by their template.

use crate::problem::Refusal;
use crate::warehouse::Warehouse;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use motcua_dossier::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// With less room on its disk the server says it is not ready.
pub(crate) const MIN_FREE: u64 = 256 << 20;
/// With less, nothing new is taken: what is left is for the audit of what is read, and for what is under way.
const RESERVE: u64 = 32 << 20;
/// Counting a large database is not repeated more often.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// Upper bounds of the histogram, in milliseconds.
const BOUNDS: [u64; 10] = [5, 10, 25, 50, 100, 150, 300, 500, 1_000, 5_000];

/// What the warehouse holds, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) blobs: u64,
    pub(crate) blob_bytes: u64,
    pub(crate) documents: u64,
    pub(crate) dossiers: u64,
    pub(crate) uploads: u64,
    pub(crate) audit_entries: u64,
    pub(crate) audit_unsigned: u64,
    /// Operations that wait for their files.
    pub(crate) inbox: u64,
    pub(crate) epoch: u64,
    pub(crate) notices_waiting: u64,
    /// When the oldest of them was made.
    pub(crate) notices_oldest: Option<Timestamp>,
    pub(crate) notices_dead: u64,
}

/// Counts since the start.
pub(crate) struct Metrics {
    started: Instant,
    requests: Mutex<Requests>,
    sizes: Mutex<Option<(Instant, Sizes)>>,
    /// Channels of notices, and whether they can be used.
    channels: Mutex<BTreeMap<&'static str, bool>>,
}

#[derive(Default)]
struct Requests {
    by_status: BTreeMap<(String, &'static str, u16), u64>,
    by_route: BTreeMap<String, Times>,
}

#[derive(Default)]
struct Times {
    within: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            requests: Mutex::default(),
            sizes: Mutex::default(),
            channels: Mutex::default(),
        }
    }
}

impl Metrics {
    /// One request was answered.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let mut all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *all.by_status.entry((route.to_owned(), method_name(method), status.as_u16())).or_default() += 1;
        let times = all.by_route.entry(route.to_owned()).or_default();
        for (bound, within) in BOUNDS.iter().zip(&mut times.within) {
            *within += u64::from(took <= Duration::from_millis(*bound));
        }
        times.count += 1;
        times.seconds += took.as_secs_f64();
    }

    /// A channel of notices can be used, or waits.
    pub(crate) fn channel(&self, channel: &'static str, usable: bool) {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).insert(channel, usable);
    }

    fn channels(&self) -> BTreeMap<&'static str, bool> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn text(&self, sizes: Sizes, (now, held): (Timestamp, Option<Timestamp>), free: Option<u64>) -> String {
        let mut out = String::new();
        let all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = |text: std::fmt::Arguments<'_>| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{text}");
        };
        line(format_args!("# HELP motcua_requests_total Requests answered."));
        line(format_args!("# TYPE motcua_requests_total counter"));
        for ((route, method, status), count) in &all.by_status {
            line(format_args!(
                "motcua_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
            ));
        }
        line(format_args!("# HELP motcua_request_seconds Time to the beginning of the answer."));
        line(format_args!("# TYPE motcua_request_seconds histogram"));
        for (route, times) in &all.by_route {
            for (bound, within) in BOUNDS.iter().zip(times.within) {
                let le = Duration::from_millis(*bound).as_secs_f64();
                line(format_args!("motcua_request_seconds_bucket{{route=\"{route}\",le=\"{le}\"}} {within}"));
            }
            let Times { count, seconds, .. } = times;
            line(format_args!("motcua_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}"));
            line(format_args!("motcua_request_seconds_sum{{route=\"{route}\"}} {seconds}"));
            line(format_args!("motcua_request_seconds_count{{route=\"{route}\"}} {count}"));
        }
        line(format_args!("# HELP motcua_notices_channel_up The service of the channel can be used."));
        line(format_args!("# TYPE motcua_notices_channel_up gauge"));
        for (channel, usable) in self.channels() {
            line(format_args!("motcua_notices_channel_up{{channel=\"{channel}\"}} {}", u8::from(usable)));
        }
        let seconds = |from: Timestamp, to: Timestamp| u64::try_from((to.0 - from.0) / 1000).unwrap_or(0);
        let oldest = sizes.notices_oldest.map_or(0, |made| seconds(made, now));
        let held = held.map_or(0, |until| seconds(now, until));
        let mut gauge = |name: &str, help: &str, value: u64| {
            line(format_args!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}"));
        };
        gauge("motcua_blobs", "Files kept.", sizes.blobs);
        gauge("motcua_blob_bytes", "Bytes of the files kept.", sizes.blob_bytes);
        gauge("motcua_documents", "Papers.", sizes.documents);
        gauge("motcua_dossiers", "Dossiers.", sizes.dossiers);
        gauge("motcua_uploads_open", "Uploads under way.", sizes.uploads);
        gauge("motcua_audit_entries", "Entries of the audit chain.", sizes.audit_entries);
        gauge("motcua_audit_unsigned", "Entries after the last signed head.", sizes.audit_unsigned);
        gauge("motcua_epoch", "Rises with every restore.", sizes.epoch);
        gauge("motcua_inbox_ops", "Operations that wait for their files.", sizes.inbox);
        gauge("motcua_notices_waiting", "Notices to people not yet taken.", sizes.notices_waiting);
        gauge("motcua_notices_oldest_seconds", "Age of the oldest of them.", oldest);
        gauge("motcua_notices_dead", "Notices given up.", sizes.notices_dead);
        gauge("motcua_notices_held_seconds", "After a restore: time until notices are sent again.", held);
        gauge("motcua_uptime_seconds", "Since the start.", self.started.elapsed().as_secs());
        if let Some(free) = free {
            gauge("motcua_disk_free_bytes", "Room left for the data directory.", free);
        }
        out
    }
}

impl Warehouse {
    fn sizes(&self) -> Result<Sizes, crate::StoreError> {
        let mut held = self.metrics.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, sizes)) = *held
            && at.elapsed() < COUNT_EVERY
        {
            return Ok(sizes);
        }
        let sizes = self.records.read(|v| v.sizes())?;
        *held = Some((Instant::now(), sizes));
        Ok(sizes)
    }

    /// What does not work and keeps no request from being served; one word each.
    fn warnings(&self) -> Vec<String> {
        let waits = self.metrics.channels().into_iter().filter(|(_, usable)| !usable);
        let mut found: Vec<String> = waits.map(|(channel, _)| format!("notices.{channel}")).collect();
        if self.records.read(|v| v.notices_held(self.now())).is_ok_and(|held| held.is_some()) {
            found.push("notices.held".to_owned());
        }
        found
    }

    /// Why requests cannot be served now, one word each; empty when they can.
    fn troubles(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        if let Err(error) = self.records.takes_writes() {
            tracing::error!(%error, "records take no writes");
            found.push("database");
        }
        if let Err(error) = self
            .blobs
            .receive()
            .and_then(|mut incoming| incoming.push(b"ready").map_err(std::io::Error::other))
        {
            tracing::error!(%error, "files cannot be written");
            found.push("files");
        }
        if free_bytes(&self.data).is_some_and(|free| free < MIN_FREE) {
            found.push("disk");
        }
        if !self.reference().is_ok_and(|r| r.is_some()) {
            found.push("reference");
        }
        found
    }
}

/// The routes; they need no key.
pub(crate) fn routes() -> Router<Arc<Warehouse>> {
    Router::new()
        .route("/health/live", get(|| async { axum::Json(serde_json::json!({ "live": true })) }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(State(warehouse): State<Arc<Warehouse>>) -> Response {
    let found = tokio::task::spawn_blocking(move || (warehouse.troubles(), warehouse.warnings())).await;
    let (troubles, warnings) = found.unwrap_or_else(|_| (vec!["server"], vec![]));
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = serde_json::json!({ "ready": troubles.is_empty(), "troubles": troubles });
    if !warnings.is_empty() {
        body["warnings"] = warnings.into();
    }
    (status, axum::Json(body)).into_response()
}

/// For this machine and the addresses of the settings only: how busy an office is concerns nobody else.
async fn metrics(State(warehouse): State<Arc<Warehouse>>, request: Request) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    if !from.is_some_and(|ip| ip.is_loopback() || warehouse.metrics_from.contains(&ip)) {
        return Refusal::RouteUnknown.into_response();
    }
    let text = tokio::task::spawn_blocking(move || {
        let (sizes, now) = (warehouse.sizes()?, warehouse.now());
        let held = warehouse.records.read(|v| v.notices_held(now))?;
        Ok::<_, crate::StoreError>(warehouse.metrics.text(sizes, (now, held), free_bytes(&warehouse.data)))
    });
    match text.await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        _ => Refusal::StorageTrouble.into_response(),
    }
}

impl Warehouse {
    /// Is there room for something new. A full disk stops the intake before it stops the readers, whose
    /// looks are written down too.
    pub(crate) fn require_room(&self) -> Result<(), Refusal> {
        if free_bytes(&self.data).is_some_and(|free| free < RESERVE) {
            return Err(Refusal::StorageFull);
        }
        Ok(())
    }
}

/// Room for an ordinary user on the disk of that folder, where the system tells.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder).ok().map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    #[cfg(not(unix))]
    return None;
}

/// A caller may invent methods; a metric must not grow with them.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
