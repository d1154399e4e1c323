//! Uploads under way: one for each file of a machine, with the bytes that are flushed and who writes now.

use super::{StoreError, View};
use motcua_dossier::{BlobId, DeviceId, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

/// A holder that gives no sign of life for so long has lost its upload.
const HELD_MS: i64 = 60_000;

const COLUMNS: &str = "id, blob, length, received, touched_at";

/// One upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UploadRow {
    pub(crate) id: String,
    pub(crate) blob: BlobId,
    pub(crate) length: u64,
    /// Bytes that are flushed to disk; what lies beyond them in the file is not counted on.
    pub(crate) received: u64,
    pub(crate) touched_at: Timestamp,
}

impl View<'_> {
    /// Opens an upload in place of an earlier one of the same file by the same machine.
    pub(crate) fn open_upload(
        &self,
        id: &str,
        device: DeviceId,
        blob: &BlobId,
        length: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO uploads(id, device, blob, length, touched_at) VALUES(?, ?, ?, ?, ?)",
            params![id, device.to_string(), blob.0.as_slice(), length, now.0],
        )?;
        Ok(())
    }

    /// An upload of that machine.
    pub(crate) fn upload(&self, id: &str, device: DeviceId) -> Result<Option<UploadRow>, StoreError> {
        Ok(self
            .0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM uploads WHERE id = ? AND device = ?"))?
            .query_row([id, &device.to_string()], row)
            .optional()?)
    }

    /// The upload of a file by that machine.
    pub(crate) fn upload_of(&self, blob: &BlobId, device: DeviceId) -> Result<Option<UploadRow>, StoreError> {
        Ok(self
            .0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM uploads WHERE blob = ? AND device = ?"))?
            .query_row(params![blob.0.as_slice(), device.to_string()], row)
            .optional()?)
    }

    /// How many uploads a machine has open.
    pub(crate) fn uploads_of(&self, device: DeviceId) -> Result<u32, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT count(*) FROM uploads WHERE device = ?")?
            .query_row([device.to_string()], |r| r.get(0))?)
    }

    /// Makes `holder` the one writer, unless another one lives.
    pub(crate) fn hold_upload(&self, id: &str, holder: &str, now: Timestamp) -> Result<bool, StoreError> {
        let taken = self.0.execute(
            "UPDATE uploads SET holder = ?2, held_until = ?3 WHERE id = ?1 AND (holder IS NULL OR held_until < ?4)",
            params![id, holder, now.0 + HELD_MS, now.0],
        )?;
        Ok(taken == 1)
    }

    /// A sign of life of the holder; false when it lost the upload.
    pub(crate) fn keep_upload(&self, id: &str, holder: &str, now: Timestamp) -> Result<bool, StoreError> {
        let kept = self.0.execute(
            "UPDATE uploads SET held_until = ?3 WHERE id = ?1 AND holder = ?2",
            params![id, holder, now.0 + HELD_MS],
        )?;
        Ok(kept == 1)
    }

    /// Notes the flushed bytes and lets go; false when the holder lost the upload.
    pub(crate) fn release_upload(
        &self,
        id: &str,
        holder: &str,
        received: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let noted = self.0.execute(
            "UPDATE uploads SET received = ?3, touched_at = ?4, holder = NULL, held_until = 0
             WHERE id = ?1 AND holder = ?2",
            params![id, holder, received, now.0],
        )?;
        Ok(noted == 1)
    }

    /// Forgets an upload: done, given up or too old.
    pub(crate) fn close_upload(&self, id: &str) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM uploads WHERE id = ?", [id])?;
        Ok(())
    }

    /// Forgets uploads that were not touched since `before` and have no living holder; says which.
    pub(crate) fn close_stale_uploads(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "DELETE FROM uploads WHERE touched_at < ?1 AND (holder IS NULL OR held_until < ?2) RETURNING id",
        )?;
        let ids = statement.query_map(params![before.0, now.0], |r| r.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Ids of every upload.
    pub(crate) fn upload_ids(&self) -> Result<std::collections::BTreeSet<String>, StoreError> {
        let mut statement = self.0.prepare("SELECT id FROM uploads")?;
        let ids = statement.query_map([], |r| r.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// After a start nobody writes.
    pub(crate) fn release_all_uploads(&self) -> Result<(), StoreError> {
        self.0.execute("UPDATE uploads SET holder = NULL, held_until = 0", [])?;
        Ok(())
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<UploadRow> {
    Ok(UploadRow {
        id: row.get(0)?,
        blob: BlobId(row.get(1)?),
        length: row.get(2)?,
        received: row.get(3)?,
        touched_at: Timestamp(row.get(4)?),
    })
}
