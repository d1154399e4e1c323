//! The audit chain: rows that are only ever added, each bound to the one before it.

use super::{StoreError, View};
use motcua_dossier::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the first entry is bound to.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// Something that happened, before it has its place in the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    /// Machine, or `operator` for a command at the server.
    pub(crate) actor: String,
    /// Officer or operator, where one was told.
    pub(crate) officer: String,
    pub(crate) action: &'static str,
    /// Id, SHA-256 of a file or salted hash of a person's number; never a number or a name.
    pub(crate) subject: String,
}

/// An entry of the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AuditRow {
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) at: i64,
    pub(crate) officer: String,
    pub(crate) seq: u64,
    pub(crate) subject: String,
    #[serde(with = "hex_bytes")]
    pub(crate) prev: [u8; 32],
    #[serde(with = "hex_bytes")]
    pub(crate) hash: [u8; 32],
}

/// A head that the server signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AuditHead {
    pub(crate) seq: u64,
    pub(crate) at: i64,
    #[serde(with = "hex_bytes")]
    pub(crate) hash: [u8; 32],
    #[serde(with = "hex_text")]
    pub(crate) signature: Vec<u8>,
}

/// What is hashed: keys in alphabetical order, no spaces (RFC 8785 for these types).
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    actor: &'a str,
    at: i64,
    officer: &'a str,
    seq: u64,
    subject: &'a str,
}

impl AuditRow {
    /// SHA-256 over the hash before and the canonical JSON of the entry.
    pub(crate) fn computed(&self) -> Result<[u8; 32], StoreError> {
        let Self { action, actor, at, officer, seq, subject, .. } = self;
        let json = serde_json::to_vec(&Canonical { action, actor, at: *at, officer, seq: *seq, subject })?;
        let mut hash = Sha256::new();
        hash.update(self.prev);
        hash.update(json);
        Ok(hash.finalize().into())
    }
}

impl View<'_> {
    /// Appends to the chain, in the transaction of what happened.
    pub(crate) fn audit(&self, event: &Event) -> Result<(), StoreError> {
        let (last, prev) = self.audit_end()?.unwrap_or((0, GENESIS));
        let mut row = AuditRow {
            action: event.action.to_owned(),
            actor: event.actor.clone(),
            at: event.at.0,
            officer: event.officer.clone(),
            seq: last + 1,
            subject: event.subject.clone(),
            prev,
            hash: GENESIS,
        };
        row.hash = row.computed()?;
        self.0
            .prepare_cached(
                "INSERT INTO audit(seq, at, actor, officer, action, subject, prev_hash, hash)
                 VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                row.seq,
                row.at,
                row.actor,
                row.officer,
                row.action,
                row.subject,
                row.prev.as_slice(),
                row.hash.as_slice()
            ])?;
        Ok(())
    }

    /// Number and hash of the last entry.
    pub(crate) fn audit_end(&self) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
            .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?)
    }

    /// Entry and time of the last signature.
    pub(crate) fn last_audit_head(&self) -> Result<Option<(u64, Timestamp)>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT seq, at FROM audit_heads ORDER BY seq DESC LIMIT 1")?
            .query_row([], |r| Ok((r.get(0)?, Timestamp(r.get(1)?))))
            .optional()?)
    }

    pub(crate) fn put_audit_head(&self, head: &AuditHead) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO audit_heads(seq, at, hash, signature) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING",
            params![head.seq, head.at, head.hash.as_slice(), head.signature],
        )?;
        Ok(())
    }

    pub(crate) fn audit_heads(&self) -> Result<Vec<AuditHead>, StoreError> {
        let mut statement =
            self.0.prepare("SELECT seq, at, hash, signature FROM audit_heads ORDER BY seq")?;
        let rows = statement.query_map([], |r| {
            Ok(AuditHead { seq: r.get(0)?, at: r.get(1)?, hash: r.get(2)?, signature: r.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Walks the chain in its order, one entry at a time.
    pub(crate) fn each_audit(
        &self,
        mut walk: impl FnMut(AuditRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT seq, at, actor, officer, action, subject, prev_hash, hash FROM audit ORDER BY seq";
        let mut statement = self.0.prepare(sql)?;
        for found in statement.query_map([], row)? {
            walk(found?)?;
        }
        Ok(())
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        seq: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        officer: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
        prev: row.get(6)?,
        hash: row.get(7)?,
    })
}

mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(String::deserialize(from)?, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

mod hex_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
