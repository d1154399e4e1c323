//! Reference data, people's numbers and the list of blobs.

use super::{StoreError, View};
use crate::scope::Scope;
use motcua_dossier::{BlobId, DeviceId, IdNumber, Timestamp};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

impl View<'_> {
    /// Says that all these numbers belong to one person.
    pub(crate) fn join_numbers(&self, numbers: &[IdNumber]) -> Result<(), StoreError> {
        let Some(first) = numbers.first() else { return Ok(()) };
        let held: Option<String> = self
            .0
            .query_row("SELECT person FROM aliases WHERE number = ?", [first.value()], |r| r.get(0))
            .optional()?;
        let person = held.unwrap_or_else(|| first.value().to_owned());
        for number in numbers {
            self.0.execute(
                "INSERT INTO aliases(number, person) VALUES(?, ?)
                 ON CONFLICT(number) DO UPDATE SET person = excluded.person",
                [number.value(), &person],
            )?;
        }
        Ok(())
    }

    /// The numbers given and all others known for the same people.
    pub(crate) fn all_numbers(&self, numbers: &[IdNumber]) -> Result<BTreeSet<String>, StoreError> {
        let mut all: BTreeSet<String> = numbers.iter().map(|n| n.value().to_owned()).collect();
        let mut statement = self.0.prepare_cached(
            "SELECT other.number FROM aliases one JOIN aliases other ON other.person = one.person
             WHERE one.number = ?",
        )?;
        for number in numbers {
            for other in statement.query_map([number.value()], |r| r.get::<_, String>(0))? {
                all.insert(other?);
            }
        }
        Ok(all)
    }

    pub(crate) fn add_blob(
        &self,
        id: &BlobId,
        size: u64,
        at: Timestamp,
        device: Option<DeviceId>,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO blobs(id, size, stored_at, device) VALUES(?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
            params![id.0.as_slice(), size, at.0, device.map(|d| d.to_string())],
        )?;
        if let Some(device) = device {
            self.0.execute(
                "INSERT INTO blob_senders(blob, device) VALUES(?, ?) ON CONFLICT DO NOTHING",
                params![id.0.as_slice(), device.to_string()],
            )?;
        }
        Ok(())
    }

    pub(crate) fn has_blob(&self, id: &BlobId) -> Result<bool, StoreError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM blobs WHERE id = ?")?.exists([id.0.as_slice()])?)
    }

    pub(crate) fn blob_ids(&self) -> Result<BTreeSet<BlobId>, StoreError> {
        let mut statement = self.0.prepare("SELECT id FROM blobs")?;
        let rows = statement.query_map([], |r| r.get::<_, [u8; 32]>(0))?;
        Ok(rows.map(|r| r.map(BlobId)).collect::<Result<_, _>>()?)
    }

    /// Did that machine bring the file.
    pub(crate) fn brought_by(&self, id: &BlobId, device: DeviceId) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT 1 FROM blob_senders WHERE blob = ? AND device = ?")?
            .exists(params![id.0.as_slice(), device.to_string()])?)
    }

    /// May the file be fetched: it is a paper that is shared or of the scope, belongs to a dossier of the scope, or a
    /// machine of the scope brought it.
    pub(crate) fn blob_in_scope(&self, id: &BlobId, scope: &Scope) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT 1 FROM documents WHERE blob = ?1
               AND (shared = 1 OR {}) AND provenance <> 'national_not_synced'
             UNION ALL SELECT 1 FROM dossier_blobs db JOIN dossiers d ON d.id = db.dossier
               WHERE db.blob = ?1 AND {}
             UNION ALL SELECT 1 FROM blob_senders s JOIN devices v ON v.id = s.device
               WHERE s.blob = ?1 AND v.portal = 0 AND {}",
            Scope::holds("filed_by", "?2"),
            Scope::holds("d.agency", "?2"),
            Scope::holds("v.agency", "?2"),
        );
        Ok(self.0.prepare_cached(&sql)?.exists(params![id.0.as_slice(), scope.parameter()])?)
    }
}
