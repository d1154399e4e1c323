//! Sending: one at a time on each channel, tried again with growing pauses, given up after days.
//!
//! A channel whose service cannot be used (a file of its settings is not there) waits and says so; it stops neither
//! the server nor the other channels.

use crate::store::NoticeRow;
use crate::warehouse::Warehouse;
use crate::{Config, StoreError};
use motcua_dossier::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Notices that are sent go here where no service is set.
const FILE: &str = "notices.jsonl";
const IDLE: Duration = Duration::from_secs(1);
/// So often it is looked whether a channel that waits can be used by now.
const REPAIR: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(10);
const AT_ONCE: u32 = 50;
const FIRST_PAUSE_MS: i64 = 2_000;
const LONGEST_PAUSE_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// So much of an answer is looked at.
const MAX_ANSWER: usize = 64 * 1024;

/// Which services send notices; a channel without one is written to a file in the data directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// Zalo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zalo: Option<HttpSender>,
    /// SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<HttpSender>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<HttpSender>,
    /// Tries a notice has at least before it is given up.
    pub attempts: u32,
    /// Days a notice has at least before it is given up.
    pub give_up_days: u32,
    /// Days after a restore in which nothing is sent.
    pub hold_days: u32,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { zalo: None, sms: None, email: None, attempts: 10, give_up_days: 3, hold_days: 3 }
    }
}

impl NoticeSettings {
    /// Every channel with its service, where it has one.
    pub(crate) fn channels(&self) -> [(&'static str, Option<&HttpSender>); 3] {
        [("zalo", self.zalo.as_ref()), ("sms", self.sms.as_ref()), ("email", self.email.as_ref())]
    }
}

/// A service that takes notices over HTTP: one POST each, with `Idempotency-Key`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSender {
    /// `https://…`; plain HTTP to this machine only.
    pub url: String,
    /// JSON object of headers (keys, tokens); nobody but its owner may read it.
    #[serde(default)]
    pub headers_file: Option<PathBuf>,
    /// CA certificates the service is believed under, PEM; no other is.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// JSON with `{to}`, `{text}`, `{subject}`, `{event}`, `{key}` in its texts.
    #[serde(default = "usual_body")]
    pub body: Value,
    /// What the body of a 2xx answer says when the notice was taken; not set, every 2xx is taken for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// The service answers 409 for a key it has taken before, and for nothing else: the notice is sent then. Not
    /// set, 409 is another try.
    #[serde(default)]
    pub conflict_means_sent: bool,
}

/// Many services answer 200 and say in the body that they took nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// JSON pointer into the answer (`/CodeResult`).
    pub pointer: String,
    /// What stands there when the notice was taken.
    pub equals: Value,
}

impl Default for HttpSender {
    fn default() -> Self {
        Self {
            url: String::new(),
            headers_file: None,
            ca_file: None,
            body: usual_body(),
            accepted: None,
            conflict_means_sent: false,
        }
    }
}

fn usual_body() -> Value {
    serde_json::json!({ "to": "{to}", "subject": "{subject}", "text": "{text}" })
}

/// What every channel needs to send.
pub(crate) struct Outbox {
    data: PathBuf,
    settings: NoticeSettings,
    /// Channels without a service write to one file.
    file: Arc<Mutex<PathBuf>>,
}

/// Where a channel goes.
enum Way {
    File(Arc<Mutex<PathBuf>>),
    Service(Sender),
}

struct Sender {
    client: Client,
    url: Url,
    body: Value,
    accepted: Option<Accepted>,
    conflict_means_sent: bool,
}

/// Why a try failed; says nothing of anybody.
enum Failure {
    /// Worth another try.
    Later(String),
    /// The service will never take it as it is.
    Never(String),
}

impl Outbox {
    pub(crate) fn new(config: &Config) -> Self {
        let file = Arc::new(Mutex::new(config.data.join(FILE)));
        Self { data: config.data.clone(), settings: config.notices.clone(), file }
    }

    /// Channels that cannot be used as they are set, and why.
    pub(crate) fn troubles(&self) -> Vec<(&'static str, String)> {
        let channels = self.settings.channels();
        channels.into_iter().filter_map(|(name, _)| Some((name, self.way(name).err()?))).collect()
    }

    fn way(&self, channel: &str) -> Result<Way, String> {
        let service = self.settings.channels().into_iter().find(|(name, _)| *name == channel);
        match service.and_then(|(_, service)| service) {
            Some(settings) => Ok(Way::Service(Sender::new(&self.data, settings)?)),
            None => Ok(Way::File(Arc::clone(&self.file))),
        }
    }

    /// A notice that failed once more at that moment is given up.
    fn gives_up(&self, notice: &NoticeRow, tries: u32, now: Timestamp) -> bool {
        let old = DAY_MS.saturating_mul(self.settings.give_up_days.into());
        tries >= self.settings.attempts && now.0.saturating_sub(notice.made_at.0) >= old
    }
}

impl Way {
    async fn send(&self, notice: &NoticeRow, now: Timestamp) -> Result<(), Failure> {
        let file = match self {
            Self::Service(sender) => return sender.send(notice).await,
            Self::File(file) => Arc::clone(file),
        };
        let line = line_of(notice, now);
        let written = tokio::task::spawn_blocking(move || {
            let path = file.lock().unwrap_or_else(PoisonError::into_inner);
            append(&path, &line)
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::Later(format!("file: {}", error.kind()))),
            Err(_) => Err(Failure::Later("file: stopped".to_owned())),
        }
    }
}

impl Sender {
    fn new(data: &Path, settings: &HttpSender) -> Result<Self, String> {
        let url = Url::parse(&settings.url).map_err(|e| e.to_string())?;
        let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err("the address must be https".to_owned());
        }
        if settings.accepted.as_ref().is_some_and(|a| !a.pointer.is_empty() && !a.pointer.starts_with('/')) {
            return Err("accepted.pointer is not a JSON pointer".to_owned());
        }
        let mut headers = HeaderMap::new();
        if let Some(file) = &settings.headers_file {
            let text = std::fs::read(data.join(file)).map_err(|e| format!("headers_file: {}", e.kind()))?;
            // Its content is a secret: an error never quotes it.
            let said: BTreeMap<String, String> =
                serde_json::from_slice(&text).map_err(|_| "headers_file is not understood".to_owned())?;
            for (name, value) in said {
                let name = HeaderName::try_from(name).map_err(|_| "headers_file has a wrong name")?;
                let mut value = HeaderValue::try_from(value).map_err(|_| "headers_file has a wrong value")?;
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        let mut roots = RootCertStore::empty();
        match &settings.ca_file {
            Some(file) => {
                let unusable = || "ca_file is not understood".to_owned();
                for root in CertificateDer::pem_file_iter(data.join(file)).map_err(|_| unusable())? {
                    roots.add(root.map_err(|_| unusable())?).map_err(|_| unusable())?;
                }
                if roots.is_empty() {
                    return Err(unusable());
                }
            }
            None if url.scheme() == "https" => return Err("ca_file is missing".to_owned()),
            None => {}
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .default_headers(headers)
            .timeout(LIMIT)
            .build()
            .map_err(|_| "TLS cannot be set up".to_owned())?;
        let (accepted, conflict_means_sent) = (settings.accepted.clone(), settings.conflict_means_sent);
        Ok(Self { client, url, body: settings.body.clone(), accepted, conflict_means_sent })
    }

    async fn send(&self, notice: &NoticeRow) -> Result<(), Failure> {
        let values = [
            ("{to}", notice.recipient.clone()),
            ("{text}", notice.text.clone()),
            ("{subject}", notice.subject.clone()),
            ("{event}", notice.event.clone()),
            ("{key}", notice.key.clone()),
        ];
        let request = self
            .client
            .post(self.url.clone())
            .header("idempotency-key", &notice.key)
            .json(&filled_body(&self.body, &values));
        let answer = request.send().await.map_err(|error| {
            let what = if error.is_timeout() { "timeout" } else { "no contact" };
            Failure::Later(what.to_owned())
        })?;
        let status = answer.status();
        let said = format!("http {}", status.as_u16());
        match status.as_u16() {
            200..=299 => match &self.accepted {
                Some(accepted) if !is_accepted(answer, accepted).await => {
                    // Its own words may quote the notice.
                    Err(Failure::Later(format!("{said}, not accepted")))
                }
                _ => Ok(()),
            },
            409 if self.conflict_means_sent => Ok(()),
            408 | 409 | 423 | 425 | 429 => Err(Failure::Later(said)),
            400..=499 => Err(Failure::Never(said)),
            _ => Err(Failure::Later(said)),
        }
    }
}

/// Does the body of an answer say that the notice was taken.
async fn is_accepted(mut answer: Response, accepted: &Accepted) -> bool {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        if body.len() + piece.len() > MAX_ANSWER {
            return false;
        }
        body.extend_from_slice(&piece);
    }
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    said.as_ref().and_then(|said| said.pointer(&accepted.pointer)) == Some(&accepted.equals)
}

fn filled_body(body: &Value, values: &[(&str, String)]) -> Value {
    match body {
        Value::String(text) => Value::String(super::filled(text, values)),
        Value::Array(items) => items.iter().map(|item| filled_body(item, values)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled_body(value, values))).collect()
        }
        other => other.clone(),
    }
}

fn line_of(notice: &NoticeRow, at: Timestamp) -> String {
    let NoticeRow { key, channel, event, recipient, subject, text, .. } = notice;
    serde_json::json!({
        "key": key, "at": at.0, "channel": channel, "event": event, "to": recipient,
        "subject": subject, "text": text,
    })
    .to_string()
}

/// One line more, on the disk before it comes back. A line that a crash cut stays alone.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let begin = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{begin}{line}\n").as_bytes())?;
    file.sync_data()
}

/// `+84 9… …123`, for people who look after the sending.
pub(super) fn masked(recipient: &str) -> String {
    let shown: String = recipient.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    format!("…{shown}")
}

/// When the next try is, after so many: 2 s doubling to an hour, half of it by chance.
fn next_try(now: Timestamp, tries: u32) -> Timestamp {
    let longest = FIRST_PAUSE_MS.saturating_mul(1 << tries.min(20)).min(LONGEST_PAUSE_MS);
    let mut random = [0u8; 4];
    // Without chance the pause is the longest one.
    let share = getrandom::fill(&mut random).map_or(u32::MAX, |()| u32::from_le_bytes(random));
    let half = longest / 2;
    Timestamp(now.0 + half + half * i64::from(share) / i64::from(u32::MAX))
}

/// Sends what is due until the server stops; what is under way then is tried again after the next start. Each channel
/// for itself: a service that does not answer holds no other up.
pub(crate) async fn run(warehouse: Arc<Warehouse>, outbox: Outbox) {
    let [zalo, sms, email] = outbox.settings.channels().map(|(channel, _)| channel);
    let run = |channel| run_channel(&warehouse, &outbox, channel);
    tokio::join!(run(zalo), run(sms), run(email));
}

async fn run_channel(warehouse: &Arc<Warehouse>, outbox: &Outbox, channel: &'static str) {
    let (mut way, mut told) = (outbox.way(channel), None);
    loop {
        warehouse.metrics.channel(channel, way.is_ok());
        let why = way.as_ref().err().cloned();
        if why != told {
            match &why {
                Some(why) => tracing::error!(channel, why, "notices of this channel wait"),
                None => tracing::info!(channel, "notices of this channel are sent again"),
            }
            told = why;
        }
        let pass = async {
            match &way {
                Ok(way) => deliver_due(warehouse, outbox, (channel, way)).await.unwrap_or_else(|error| {
                    tracing::error!(channel, %error, "notices could not be sent");
                    false
                }),
                Err(_) => false,
            }
        };
        let more = tokio::select! {
            () = warehouse.closing.cancelled() => return,
            more = pass => more,
        };
        let pause = match &way {
            Ok(_) if more => continue,
            Ok(_) => IDLE,
            Err(_) => REPAIR,
        };
        tokio::select! {
            () = warehouse.closing.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        if way.is_err() {
            way = outbox.way(channel);
        }
    }
}

/// Tries what is due on a channel; true when there was something.
async fn deliver_due(
    warehouse: &Arc<Warehouse>,
    outbox: &Outbox,
    (channel, way): (&'static str, &Way),
) -> Result<bool, StoreError> {
    let due = in_store(warehouse, |w| w.records.read(|v| v.due_notices(channel, w.now(), AT_ONCE))).await?;
    for notice in &due {
        let (id, tries) = (notice.id, notice.attempts.saturating_add(1));
        // Marked before it leaves: a crash from here on means another try under the same key.
        in_store(warehouse, move |w| w.records.write(|v| v.notice_tried(id, next_try(w.now(), tries))))
            .await?;
        let ended = way.send(notice, warehouse.now()).await;
        let masked = masked(&notice.recipient);
        let (error, dead) = match ended {
            Ok(()) => {
                in_store(warehouse, move |w| w.records.write(|v| v.notice_sent(id, &masked, w.now())))
                    .await?;
                continue;
            }
            Err(Failure::Later(error)) => (error, outbox.gives_up(notice, tries, warehouse.now())),
            Err(Failure::Never(error)) => (error, true),
        };
        tracing::warn!(notice = id, channel, tries, error, dead, "notice was not taken");
        in_store(warehouse, move |w| w.records.write(|v| v.notice_failed(id, &error, dead))).await?;
    }
    Ok(!due.is_empty())
}

async fn in_store<T: Send + 'static>(
    warehouse: &Arc<Warehouse>,
    work: impl FnOnce(&Warehouse) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let warehouse = Arc::clone(warehouse);
    let done = tokio::task::spawn_blocking(move || work(&warehouse)).await;
    done.map_err(|e| StoreError::Io(std::io::Error::other(e)))?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_are_never_alike_for_all() {
        let pause = |tries| next_try(Timestamp(0), tries).0;
        assert!((2_000..=4_000).contains(&pause(1)));
        assert!((LONGEST_PAUSE_MS / 2..=LONGEST_PAUSE_MS).contains(&pause(30)));
        assert!((0..20).map(|_| pause(12)).collect::<std::collections::BTreeSet<_>>().len() > 1);
    }

    #[test]
    fn a_line_that_was_cut_stays_alone_and_the_file_is_its_owners() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        append(&path, "one").unwrap();
        append(&path, "two").unwrap();
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"thr").unwrap();
        append(&path, "four").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthr\nfour\n");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_service_is_reached_over_tls_under_its_own_roots_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let of = |url: &str| HttpSender { url: url.to_owned(), ..HttpSender::default() };
        assert!(Sender::new(dir.path(), &of("http://sms.example/send")).is_err());
        assert!(Sender::new(dir.path(), &of("https://sms.example/send")).is_err(), "no roots");
        assert!(Sender::new(dir.path(), &of("http://127.0.0.1:1/send")).is_ok());
        std::fs::write(dir.path().join("headers.json"), r#"{"authorization": 7}"#).unwrap();
        let secret = HttpSender { headers_file: Some("headers.json".into()), ..of("http://127.0.0.1:1/") };
        assert_eq!(Sender::new(dir.path(), &secret).err().unwrap(), "headers_file is not understood");
    }
}
