//! How much is kept.

use super::{StoreError, View};
use crate::health::Sizes;

impl View<'_> {
    pub(crate) fn sizes(&self) -> Result<Sizes, StoreError> {
        let count = |sql: &str| -> Result<u64, StoreError> { Ok(self.0.query_row(sql, [], |r| r.get(0))?) };
        let (entries, signed) =
            (self.audit_end()?.map_or(0, |(seq, _)| seq), self.last_audit_head()?.map_or(0, |(seq, _)| seq));
        let (notices_waiting, notices_oldest, notices_dead) = self.notice_counts()?;
        Ok(Sizes {
            notices_waiting,
            notices_oldest,
            notices_dead,
            blobs: count("SELECT count(*) FROM blobs")?,
            blob_bytes: count("SELECT coalesce(sum(size), 0) FROM blobs")?,
            documents: count("SELECT count(*) FROM documents")?,
            dossiers: count("SELECT count(*) FROM dossiers")?,
            uploads: count("SELECT count(*) FROM uploads")?,
            inbox: count("SELECT count(*) FROM inbox")?,
            epoch: self.epoch()?,
            audit_entries: entries,
            audit_unsigned: entries.saturating_sub(signed),
        })
    }
}
