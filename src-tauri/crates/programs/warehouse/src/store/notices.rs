//! Notices on their way out: each is made once, and stays until somebody took it.

use super::{StoreError, View};
use motcua_dossier::{Day, DossierId, Timestamp};
use motcua_wire::AcceptedDossier;
use rusqlite::{Row, params};

/// A notice to be sent.
pub(crate) struct NewNotice<'a> {
    /// The same for the same dossier, event and channel; whoever sends it is told.
    pub(crate) key: &'a str,
    pub(crate) dossier: DossierId,
    pub(crate) event: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) recipient: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
}

/// A notice as stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct NoticeRow {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) dossier: String,
    pub(crate) event: String,
    pub(crate) channel: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) state: String,
    pub(crate) attempts: u32,
    pub(crate) next_at: Timestamp,
    pub(crate) error: Option<String>,
    pub(crate) made_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
}

/// A dossier whose day has passed.
pub(crate) struct Overdue {
    pub(crate) dossier: DossierId,
    pub(crate) agency: String,
    pub(crate) accepted: AcceptedDossier,
}

/// Until when notices are held.
const HELD: &str = "notices_held_until";

const COLUMNS: &str = "id, key, dossier, event, channel, recipient, subject, text, state, attempts, next_at,
    error, made_at, sent_at";

impl View<'_> {
    /// Notes that an event of a dossier came; true the first time.
    pub(crate) fn note_event(
        &self,
        dossier: DossierId,
        event: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "INSERT INTO notice_events(dossier, event, at) VALUES(?, ?, ?) ON CONFLICT DO NOTHING",
            )?
            .execute(params![dossier.to_string(), event, at.0])?
            == 1)
    }

    pub(crate) fn put_notice(
        &self,
        notice: &NewNotice<'_>,
        state: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO notices(key, dossier, event, channel, recipient, subject, text, state, next_at, made_at)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9, ?8, ?8) ON CONFLICT(key) DO NOTHING",
            params![
                notice.key,
                notice.dossier.to_string(),
                notice.event,
                notice.channel,
                notice.recipient,
                notice.subject,
                notice.text,
                at.0,
                state
            ],
        )?;
        Ok(())
    }

    /// Notices of a channel that may be tried now; none while they are held.
    pub(crate) fn due_notices(
        &self,
        channel: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeRow>, StoreError> {
        if self.notices_held(now)?.is_some() {
            return Ok(vec![]);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM notices WHERE state = 'waiting' AND next_at <= ? AND channel = ?
             ORDER BY next_at, id LIMIT ?"
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![now.0, channel, limit], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// After a restore nobody knows what was sent since the backup: nothing is sent until that moment.
    pub(crate) fn hold_notices(&self, restored: Timestamp, until: Timestamp) -> Result<(), StoreError> {
        self.set_meta("restored_at", restored.0.unsigned_abs())?;
        self.set_meta(HELD, until.0.unsigned_abs())
    }

    /// Until when nothing is sent, where that has not passed.
    pub(crate) fn notices_held(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.moment(HELD)?.filter(|until| now.0 < until.0))
    }

    /// Ends the hold.
    pub(crate) fn release_notices(&self) -> Result<(), StoreError> {
        self.set_meta(HELD, 0)
    }

    /// When these records were last restored.
    pub(crate) fn restored_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.moment("restored_at")
    }

    fn moment(&self, key: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.meta(key)?.and_then(|at| i64::try_from(at).ok()).map(Timestamp))
    }

    /// How many wait, the oldest of them, and how many were given up.
    pub(crate) fn notice_counts(&self) -> Result<(u64, Option<Timestamp>, u64), StoreError> {
        let (waiting, oldest): (u64, Option<i64>) = self.0.query_row(
            "SELECT count(*), min(made_at) FROM notices WHERE state = 'waiting'",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let dead = self.0.query_row("SELECT count(*) FROM notices WHERE state = 'dead'", [], |r| r.get(0))?;
        Ok((waiting, oldest.map(Timestamp), dead))
    }

    /// A try begins: should it be cut, the next one is then.
    pub(crate) fn notice_tried(&self, id: u64, next_at: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE notices SET attempts = attempts + 1, next_at = ? WHERE id = ?",
            params![next_at.0, id],
        )?;
        Ok(())
    }

    /// Somebody took it. What it said of a person is not needed any more.
    pub(crate) fn notice_sent(&self, id: u64, masked: &str, at: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE notices SET state = 'sent', sent_at = ?, error = NULL, recipient = ?, subject = '', text = ''
             WHERE id = ?",
            params![at.0, masked, id],
        )?;
        Ok(())
    }

    /// A try failed; for good, when `dead`.
    pub(crate) fn notice_failed(&self, id: u64, error: &str, dead: bool) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE notices SET error = ?, state = CASE WHEN ? THEN 'dead' ELSE state END WHERE id = ?",
            params![error, dead, id],
        )?;
        Ok(())
    }

    /// The newest notices of a state, or of every one.
    pub(crate) fn notices(&self, state: Option<&str>, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM notices WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT ?2");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![state, limit], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Tries dead ones again, one of them or all; says how many.
    pub(crate) fn revive_notices(&self, id: Option<u64>, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.0.execute(
            "UPDATE notices SET state = 'waiting', attempts = 0, next_at = ?1
             WHERE state = 'dead' AND (?2 IS NULL OR id = ?2)",
            params![now.0, id],
        )?)
    }

    /// Dossiers promised for a day of that span, not returned and not yet told of.
    pub(crate) fn overdue(
        &self,
        event: &str,
        (from, before): (Day, Day),
        limit: u32,
    ) -> Result<Vec<Overdue>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, agency, accepted, due FROM dossiers d
             WHERE due IS NOT NULL AND returned IS NULL AND due >= ?2 AND due < ?3
               AND NOT EXISTS (SELECT 1 FROM notice_events e WHERE e.dossier = d.id AND e.event = ?1)
             LIMIT ?4",
        )?;
        let rows = statement
            .query_map(params![event, from.format_iso(), before.format_iso(), limit], |r| {
                Ok((r.get::<_, String>(0)?, r.get(1)?, r.get::<_, String>(2)?, r.get::<_, String>(3)?))
            })?;
        rows.map(|row| {
            let (dossier, agency, accepted, due) = row?;
            let dossier = DossierId::parse(&dossier).map_err(|_| StoreError::Identifier)?;
            let mut accepted: AcceptedDossier = serde_json::from_str(&accepted)?;
            // People are told of the day they were promised last.
            accepted.deadline.day = Day::parse(&due).map_err(|_| StoreError::Identifier)?;
            Ok(Overdue { dossier, agency, accepted })
        })
        .collect()
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<NoticeRow> {
    Ok(NoticeRow {
        id: row.get(0)?,
        key: row.get(1)?,
        dossier: row.get(2)?,
        event: row.get(3)?,
        channel: row.get(4)?,
        recipient: row.get(5)?,
        subject: row.get(6)?,
        text: row.get(7)?,
        state: row.get(8)?,
        attempts: row.get(9)?,
        next_at: Timestamp(row.get(10)?),
        error: row.get(11)?,
        made_at: Timestamp(row.get(12)?),
        sent_at: row.get::<_, Option<i64>>(13)?.map(Timestamp),
    })
}
