//! Sending: one at a time, tried again with growing pauses, given up after so many tries.

use crate::store::NoticeRow;
use crate::warehouse::Warehouse;
use crate::{Config, ServeError, StoreError};
use motcua_dossier::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Notices that are sent go here where no service is set.
const FILE: &str = "notices.jsonl";
const IDLE: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(10);
const AT_ONCE: u32 = 50;
const FIRST_PAUSE_MS: i64 = 2_000;
const LONGEST_PAUSE_MS: i64 = 60 * 60 * 1000;

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
    /// Tries before a notice is given up.
    pub attempts: u32,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { zalo: None, sms: None, email: None, attempts: 10 }
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
}

pub(crate) fn usual_body() -> Value {
    serde_json::json!({ "to": "{to}", "subject": "{subject}", "text": "{text}" })
}

/// Where each channel goes.
pub(crate) struct Outbox {
    senders: BTreeMap<String, Sender>,
    file: PathBuf,
    attempts: u32,
}

struct Sender {
    client: Client,
    url: Url,
    body: Value,
}

/// Why a try failed; says nothing of anybody.
enum Failure {
    /// Worth another try.
    Later(String),
    /// The service will never take it as it is.
    Never(String),
}

impl Outbox {
    /// Makes the senders of the settings.
    pub(crate) fn new(config: &Config) -> Result<Self, ServeError> {
        let mut senders = BTreeMap::new();
        let of =
            [("zalo", &config.notices.zalo), ("sms", &config.notices.sms), ("email", &config.notices.email)];
        for (channel, settings) in of {
            if let Some(settings) = settings {
                let sender = Sender::new(&config.data, settings)
                    .map_err(|why| ServeError::Notices(format!("{channel}: {why}")))?;
                senders.insert(channel.to_owned(), sender);
            }
        }
        Ok(Self { senders, file: config.data.join(FILE), attempts: config.notices.attempts.max(1) })
    }

    async fn send(&self, notice: &NoticeRow, now: Timestamp) -> Result<(), Failure> {
        if let Some(sender) = self.senders.get(&notice.channel) {
            return sender.send(notice).await;
        }
        let (file, line) = (self.file.clone(), line_of(notice, now));
        let written = tokio::task::spawn_blocking(move || append(&file, &line)).await;
        match written {
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
        Ok(Self { client, url, body: settings.body.clone() })
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
            200..=299 => Ok(()),
            408 | 409 | 423 | 425 | 429 => Err(Failure::Later(said)),
            400..=499 => Err(Failure::Never(said)),
            _ => Err(Failure::Later(said)),
        }
    }
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

/// Sends what is due until the server stops; what is under way then is tried again after the next start.
pub(crate) async fn run(warehouse: Arc<Warehouse>, outbox: Outbox) {
    let closing = warehouse.closing.clone();
    loop {
        let sent = async {
            match deliver_due(&warehouse, &outbox).await {
                Ok(more) => more,
                Err(error) => {
                    tracing::error!(%error, "notices could not be sent");
                    false
                }
            }
        };
        let more = tokio::select! {
            () = closing.cancelled() => return,
            more = sent => more,
        };
        if !more {
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }
}

/// Tries what is due; true when there was something.
async fn deliver_due(warehouse: &Arc<Warehouse>, outbox: &Outbox) -> Result<bool, StoreError> {
    let due = in_store(warehouse, |w| w.records.read(|v| v.due_notices(w.now(), AT_ONCE))).await?;
    for notice in &due {
        let (id, tries) = (notice.id, notice.attempts + 1);
        // Marked before it leaves: a crash from here on means another try under the same key.
        in_store(warehouse, move |w| w.records.write(|v| v.notice_tried(id, next_try(w.now(), tries))))
            .await?;
        let ended = outbox.send(notice, warehouse.now()).await;
        let masked = masked(&notice.recipient);
        let (channel, attempts) = (&notice.channel, outbox.attempts);
        let (error, dead) = match ended {
            Ok(()) => {
                in_store(warehouse, move |w| w.records.write(|v| v.notice_sent(id, &masked, w.now())))
                    .await?;
                continue;
            }
            Err(Failure::Later(error)) => (error, tries >= attempts),
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
        let of = |url: &str| HttpSender {
            url: url.to_owned(),
            headers_file: None,
            ca_file: None,
            body: usual_body(),
        };
        assert!(Sender::new(dir.path(), &of("http://sms.example/send")).is_err());
        assert!(Sender::new(dir.path(), &of("https://sms.example/send")).is_err(), "no roots");
        assert!(Sender::new(dir.path(), &of("http://127.0.0.1:1/send")).is_ok());
        std::fs::write(dir.path().join("headers.json"), r#"{"authorization": 7}"#).unwrap();
        let secret = HttpSender { headers_file: Some("headers.json".into()), ..of("http://127.0.0.1:1/") };
        assert_eq!(Sender::new(dir.path(), &secret).err().unwrap(), "headers_file is not understood");
    }
}
