//! What whoever looks after the sending asks and does.

use super::send::masked;
use crate::{Config, ServeError, Warehouse};
use motcua_dossier::Timestamp;
use serde::Serialize;

/// How far a notice is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoticeState {
    /// Waits for its next try.
    Waiting,
    /// Somebody took it.
    Sent,
    /// Given up.
    Dead,
    /// Of before a restore, and so not sent: it may have been sent then.
    Withheld,
}

impl NoticeState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Withheld => "withheld",
        }
    }
}

/// A notice without what it says and to whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NoticeReport {
    /// For `notices retry`.
    pub id: u64,
    /// The key whoever sends it knows it by.
    pub key: String,
    /// Which dossier.
    pub dossier: String,
    /// Which event.
    pub event: String,
    /// Which channel.
    pub channel: String,
    /// Its last digits.
    pub to: String,
    /// `waiting`, `sent`, `dead` or `withheld`.
    pub state: String,
    /// Tries so far.
    pub attempts: u32,
    /// When the next one is, of a waiting one.
    pub next_at: Option<Timestamp>,
    /// Why the last one failed.
    pub error: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was taken.
    pub sent_at: Option<Timestamp>,
}

/// The newest notices, of one state or of every one.
///
/// # Errors
/// The data directory cannot be opened.
pub fn notices_list(
    config: &Config,
    state: Option<NoticeState>,
    limit: u32,
) -> Result<Vec<NoticeReport>, ServeError> {
    let warehouse = Warehouse::beside(config)?;
    let rows = warehouse.records.read(|v| v.notices(state.map(NoticeState::word), limit))?;
    let report = rows.into_iter().map(|row| NoticeReport {
        to: masked(&row.recipient),
        next_at: (row.state == NoticeState::Waiting.word()).then_some(row.next_at),
        id: row.id,
        key: row.key,
        dossier: row.dossier,
        event: row.event,
        channel: row.channel,
        state: row.state,
        attempts: row.attempts,
        error: row.error,
        made_at: row.made_at,
        sent_at: row.sent_at,
    });
    Ok(report.collect())
}

/// Ends the hold that a restore began: a running server sends what waits, and tells of what is late.
///
/// # Errors
/// The data directory cannot be opened.
pub fn notices_release(config: &Config) -> Result<(), ServeError> {
    let warehouse = Warehouse::beside(config)?;
    warehouse.records.write(|v| v.release_notices())?;
    warehouse.note_command("notices.released", String::new())?;
    Ok(())
}

/// Tries what was given up again: one notice, or all; says how many. A running server sends them.
///
/// # Errors
/// The data directory cannot be opened.
pub fn notices_retry(config: &Config, id: Option<u64>) -> Result<usize, ServeError> {
    let warehouse = Warehouse::beside(config)?;
    let now = warehouse.now();
    let revived = warehouse.records.write(|v| v.revive_notices(id, now))?;
    warehouse.note_command("notices.retried", revived.to_string())?;
    Ok(revived)
}
