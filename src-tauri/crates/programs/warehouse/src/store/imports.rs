//! What was taken over from older systems, so that taking it over again changes nothing.

use super::{StoreError, View};
use motcua_dossier::{AgencyCode, BlobId, Day, DocumentId, IdNumber, Timestamp};
use rusqlite::{OptionalExtension, params};

impl View<'_> {
    /// Content of the row under that key when it was taken over.
    pub(crate) fn imported(&self, kind: &str, key: &str) -> Result<Option<[u8; 32]>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT row_hash FROM imports WHERE kind = ? AND key = ?")?
            .query_row([kind, key], |r| r.get(0))
            .optional()?)
    }

    pub(crate) fn put_import(
        &self,
        kind: &str,
        key: &str,
        row_hash: &[u8; 32],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO imports(kind, key, row_hash, at) VALUES(?, ?, ?, ?)",
            params![kind, key, row_hash.as_slice(), at.0],
        )?;
        Ok(())
    }

    pub(crate) fn owner_name(&self, number: &IdNumber) -> Result<Option<String>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT name FROM owners WHERE number = ?")?
            .query_row([number.value()], |r| r.get(0))
            .optional()?)
    }

    pub(crate) fn put_owner(&self, number: &IdNumber, name: &str) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO owners(number, name) VALUES(?, ?) ON CONFLICT(number) DO UPDATE SET name = excluded.name",
            [number.value(), name],
        )?;
        Ok(())
    }

    /// The people these numbers are known to belong to; more than one when the numbers contradict each other.
    pub(crate) fn people_of(&self, numbers: &[IdNumber]) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT person FROM aliases WHERE number = ?")?;
        let mut people = Vec::new();
        for number in numbers {
            if let Some(person) = statement.query_row([number.value()], |r| r.get(0)).optional()? {
                people.push(person);
            }
        }
        people.sort();
        people.dedup();
        Ok(people)
    }

    /// Does another paper bear that code.
    pub(crate) fn paper_code_taken(&self, code: &str) -> Result<bool, StoreError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM documents WHERE code = ?")?.exists([code])?)
    }

    /// A paper of one of these owners with that very file.
    pub(crate) fn same_paper(
        &self,
        blob: &BlobId,
        owners: &[IdNumber],
    ) -> Result<Option<DocumentId>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT d.id FROM documents d JOIN document_owners o ON o.document = d.id
             WHERE d.blob = ? AND o.number = ?",
        )?;
        for owner in owners {
            let found: Option<String> =
                statement.query_row(params![blob.0.as_slice(), owner.value()], |r| r.get(0)).optional()?;
            if let Some(id) = found {
                return DocumentId::parse(&id).map(Some).map_err(|_| StoreError::Identifier);
            }
        }
        Ok(None)
    }

    /// Keeps an ordinal that an older system gave out from being leased.
    pub(crate) fn pass_ordinal(
        &self,
        agency: &AgencyCode,
        day: Day,
        ordinal: u32,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO number_blocks(agency, day, first, last, device, leased_at)
             SELECT ?1, ?2, given + 1, ?3, 'imported', ?4 FROM
               (SELECT coalesce(max(last), 0) AS given FROM number_blocks WHERE agency = ?1 AND day = ?2)
             WHERE given < ?3",
            params![agency.as_str(), day.format_iso(), ordinal, at.0],
        )?;
        Ok(())
    }
}
