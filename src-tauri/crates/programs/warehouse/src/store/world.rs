//! Devices, reference data, people's numbers and the list of blobs.

use super::{StoreError, View};
use motcua_dossier::{BlobId, DeviceId, IdNumber, ReferenceData, Timestamp};
use motcua_wire::Change;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

/// A counter machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DeviceRow {
    pub(crate) id: DeviceId,
    pub(crate) agency: String,
}

impl View<'_> {
    pub(crate) fn device_by_key(&self, key_hash: &[u8; 32]) -> Result<Option<DeviceRow>, StoreError> {
        let row: Option<(String, String)> = self
            .0
            .prepare_cached("SELECT id, agency FROM devices WHERE key_hash = ? AND revoked = 0")?
            .query_row([key_hash.as_slice()], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        row.map(|(id, agency)| {
            Ok(DeviceRow { id: DeviceId::parse(&id).map_err(|_| StoreError::Identifier)?, agency })
        })
        .transpose()
    }

    /// A machine that is admitted now.
    pub(crate) fn device_by_id(&self, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        let agency: Option<String> = self
            .0
            .prepare_cached("SELECT agency FROM devices WHERE id = ? AND revoked = 0")?
            .query_row([id.to_string()], |r| r.get(0))
            .optional()?;
        Ok(agency.map(|agency| DeviceRow { id, agency }))
    }

    pub(crate) fn put_device(
        &self,
        id: DeviceId,
        key_hash: &[u8; 32],
        agency: &str,
        name: &str,
        revoked: bool,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO devices(id, key_hash, agency, name, revoked) VALUES(?, ?, ?, ?, ?)
             ON CONFLICT(id) DO UPDATE SET key_hash = excluded.key_hash, agency = excluded.agency,
               name = excluded.name, revoked = excluded.revoked",
            params![id.to_string(), key_hash.as_slice(), agency, name, revoked],
        )?;
        Ok(())
    }

    pub(crate) fn newest_reference_version(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.0.prepare_cached("SELECT max(version) FROM reference")?.query_row([], |r| r.get(0))?)
    }

    pub(crate) fn newest_reference(&self) -> Result<Option<ReferenceData>, StoreError> {
        let body: Option<String> = self
            .0
            .query_row("SELECT body FROM reference ORDER BY version DESC LIMIT 1", [], |r| r.get(0))
            .optional()?;
        Ok(body.map(|b| serde_json::from_str(&b)).transpose()?)
    }

    pub(crate) fn put_reference(&self, data: &ReferenceData, at: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO reference(version, body, loaded_at) VALUES(?, ?, ?)",
            params![data.version, serde_json::to_string(data)?, at.0],
        )?;
        self.note(&Change::Reference { version: data.version }, None, at)
    }

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

    /// May a machine of that agency fetch the file: it is a paper in its scope, belongs to one of
    /// its dossiers, or one of its machines brought it.
    pub(crate) fn blob_in_scope(&self, id: &BlobId, agency: &str) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM documents WHERE blob = ?1
                   AND (shared = 1 OR filed_by = ?2) AND provenance <> 'national_not_synced'
                 UNION ALL SELECT 1 FROM dossier_blobs db JOIN dossiers d ON d.id = db.dossier
                   WHERE db.blob = ?1 AND d.agency = ?2
                 UNION ALL SELECT 1 FROM blob_senders s JOIN devices v ON v.id = s.device
                   WHERE s.blob = ?1 AND v.agency = ?2",
            )?
            .exists(params![id.0.as_slice(), agency])?)
    }
}
