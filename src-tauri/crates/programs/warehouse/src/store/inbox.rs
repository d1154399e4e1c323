//! Operations that wait for their files. A lane is what one machine sent for one dossier; within it the
//! order is that of the machine.

use super::{StoreError, View};
use motcua_dossier::{BlobId, DeviceId, DossierId, OpId, Timestamp};
use motcua_wire::{Op, WithdrawnWork};
use rusqlite::{OptionalExtension, params};

/// One machine's operations on one dossier.
pub(crate) type Lane = (DossierId, DeviceId);

/// An operation that waits, and whose word it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KeptOp {
    pub(crate) op: Op,
    pub(crate) agency: String,
}

impl View<'_> {
    /// Takes an operation in, or notes what it waits for now. It keeps the day it first came.
    pub(crate) fn keep(
        &self,
        op: &Op,
        body_hash: &[u8; 32],
        agency: &str,
        files: &[BlobId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = op.op_id.to_string();
        self.0.execute(
            "INSERT INTO inbox(op, body_hash, body, dossier, device, device_seq, agency, at)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(op) DO UPDATE SET body = excluded.body",
            params![
                id,
                body_hash.as_slice(),
                serde_json::to_string(op)?,
                op.dossier.to_string(),
                op.device.to_string(),
                op.device_seq,
                agency,
                at.0
            ],
        )?;
        self.0.execute("DELETE FROM inbox_files WHERE op = ?", [&id])?;
        let mut insert = self.0.prepare_cached("INSERT INTO inbox_files(blob, op) VALUES(?, ?)")?;
        for file in files {
            insert.execute(params![file.0.as_slice(), id])?;
        }
        Ok(())
    }

    /// Body hash of an operation that waits.
    pub(crate) fn kept_hash(&self, op: OpId) -> Result<Option<[u8; 32]>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT body_hash FROM inbox WHERE op = ?")?
            .query_row([op.to_string()], |r| r.get(0))
            .optional()?)
    }

    /// How many operations of a machine wait.
    pub(crate) fn kept_of(&self, device: DeviceId) -> Result<u32, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT count(*) FROM inbox WHERE device = ?")?
            .query_row([device.to_string()], |r| r.get(0))?)
    }

    /// What of an operation's lane waits here and must be settled before it, the nearest one.
    pub(crate) fn waits_behind(&self, op: &Op) -> Result<Option<OpId>, StoreError> {
        if op.payload.stands_alone() {
            return Ok(None);
        }
        let mut statement = self.0.prepare_cached(
            "SELECT body FROM inbox WHERE dossier = ? AND device = ? AND device_seq < ? ORDER BY device_seq DESC",
        )?;
        let mut rows =
            statement.query(params![op.dossier.to_string(), op.device.to_string(), op.device_seq])?;
        while let Some(row) = rows.next()? {
            let earlier: Op = serde_json::from_str(&row.get::<_, String>(0)?)?;
            if op.payload.waits_for(&earlier.payload) {
                return Ok(Some(earlier.op_id));
            }
        }
        Ok(None)
    }

    /// The first of a lane after that place.
    pub(crate) fn next_kept(&self, lane: Lane, after: Option<u64>) -> Result<Option<KeptOp>, StoreError> {
        let found: Option<(String, String)> = self
            .0
            .prepare_cached(
                "SELECT body, agency FROM inbox
                 WHERE dossier = ?1 AND device = ?2 AND (?3 IS NULL OR device_seq > ?3)
                 ORDER BY device_seq LIMIT 1",
            )?
            .query_row(params![lane.0.to_string(), lane.1.to_string(), after], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        found.map(|(body, agency)| Ok(KeptOp { op: serde_json::from_str(&body)?, agency })).transpose()
    }

    /// Lanes in which something waits for that file, as far as the agency's word counts.
    pub(crate) fn lanes_for(&self, blob: &BlobId, agency: &str) -> Result<Vec<Lane>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT DISTINCT i.dossier, i.device FROM inbox_files f JOIN inbox i ON i.op = f.op
             WHERE f.blob = ? AND i.agency = ?",
        )?;
        let rows = statement.query_map(params![blob.0.as_slice(), agency], |r| Ok((r.get(0)?, r.get(1)?)))?;
        rows.map(lane).collect()
    }

    /// Every lane in which something waits.
    pub(crate) fn lanes(&self) -> Result<Vec<Lane>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT DISTINCT dossier, device FROM inbox")?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        rows.map(lane).collect()
    }

    /// Another operation takes the place of this one: it leaves the inbox, and is never applied, whenever a copy
    /// comes. One that was applied stays applied. False when it belongs to another machine or dossier.
    pub(crate) fn replace_op(&self, replaced: OpId, by: &Op, at: Timestamp) -> Result<bool, StoreError> {
        let (id, dossier, device) = (replaced.to_string(), by.dossier.to_string(), by.device.to_string());
        let others = self
            .0
            .prepare_cached(
                "SELECT count(*) FROM (SELECT dossier, device FROM ops WHERE id = ?1
                   UNION ALL SELECT dossier, device FROM inbox WHERE op = ?1)
                 WHERE dossier <> ?2 OR device <> ?3",
            )?
            .query_row(params![id, dossier, device], |r| r.get::<_, u32>(0))?;
        if others > 0 {
            return Ok(false);
        }
        self.drop_kept(replaced)?;
        self.0
            .prepare_cached(
                "INSERT INTO replaced_ops(op, device, by_op, at)
                 SELECT ?1, ?2, ?3, ?4
                 WHERE NOT EXISTS(SELECT 1 FROM ops WHERE id = ?1 AND version IS NOT NULL)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![id, device, by.op_id.to_string(), at.0])?;
        Ok(true)
    }

    /// Records who took work back, with whose word and why.
    pub(crate) fn put_withdrawal(
        &self,
        op: &Op,
        work: &WithdrawnWork,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO withdrawals(op, dossier, body, at) VALUES(?, ?, ?, ?)",
            params![op.op_id.to_string(), op.dossier.to_string(), serde_json::to_string(work)?, at.0],
        )?;
        Ok(())
    }

    /// Did another operation of its machine take its place. No other machine's word counts: whoever names an
    /// operation before it comes bars nobody's way.
    pub(crate) fn is_replaced(&self, op: &Op) -> Result<bool, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT 1 FROM replaced_ops WHERE op = ? AND device = ?")?;
        Ok(statement.exists([op.op_id.to_string(), op.device.to_string()])?)
    }

    /// Takes one out.
    pub(crate) fn drop_kept(&self, op: OpId) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM inbox_files WHERE op = ?", [op.to_string()])?;
        self.0.execute("DELETE FROM inbox WHERE op = ?", [op.to_string()])?;
        Ok(())
    }

    /// Takes one out that cannot be applied, and what was to follow it. Papers follow nothing and stay.
    pub(crate) fn drop_kept_from(&self, op: &Op) -> Result<(), StoreError> {
        const THESE: &str = "SELECT op FROM inbox WHERE dossier = ?1 AND device = ?2 AND device_seq >= ?3
             AND (op = ?4 OR body ->> '$.payload.type' <> 'file_document')";
        let (dossier, device, id) = (op.dossier.to_string(), op.device.to_string(), op.op_id.to_string());
        let lane = params![dossier, device, op.device_seq, id];
        self.0.execute(&format!("DELETE FROM inbox_files WHERE op IN ({THESE})"), lane)?;
        self.0.execute(&format!("DELETE FROM inbox WHERE op IN ({THESE})"), lane)?;
        Ok(())
    }

    /// Takes out what came before that moment; says how many.
    pub(crate) fn drop_kept_before(&self, moment: Timestamp) -> Result<usize, StoreError> {
        self.0
            .execute("DELETE FROM inbox_files WHERE op IN (SELECT op FROM inbox WHERE at < ?)", [moment.0])?;
        Ok(self.0.execute("DELETE FROM inbox WHERE at < ?", [moment.0])?)
    }
}

fn lane(row: rusqlite::Result<(String, String)>) -> Result<Lane, StoreError> {
    let (dossier, device) = row?;
    let unread = |_| StoreError::Identifier;
    Ok((DossierId::parse(&dossier).map_err(unread)?, DeviceId::parse(&device).map_err(unread)?))
}
