//! Versions of the reference data: each with the moment it comes into force, none ever changed.

use super::{StoreError, View};
use motcua_dossier::{ProcedureCode, ReferenceData, Timestamp};
use motcua_wire::Change;
use rusqlite::{OptionalExtension, params};

/// What is known of a version without reading it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct VersionRow {
    pub(crate) version: u64,
    pub(crate) effective_at: Timestamp,
    pub(crate) loaded_at: Timestamp,
    /// None for versions of before hashes were kept.
    pub(crate) hash: Option<[u8; 32]>,
    pub(crate) source: String,
    pub(crate) officer: String,
}

impl View<'_> {
    pub(crate) fn newest_reference_version(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.0.prepare_cached("SELECT max(version) FROM reference")?.query_row([], |r| r.get(0))?)
    }

    /// The number of the next version.
    pub(crate) fn next_reference_version(&self) -> Result<u64, StoreError> {
        let given = self.newest_reference_version()?.max(self.meta("reference_floor")?);
        Ok(given.unwrap_or(0) + 1)
    }

    /// The version in force at a moment: the one that came into force last, the newer of two at once.
    pub(crate) fn reference_in_force(&self, at: Timestamp) -> Result<Option<u64>, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT version FROM reference WHERE effective_at <= ?
                 ORDER BY effective_at DESC, version DESC LIMIT 1",
            )?
            .query_row([at.0], |r| r.get(0))
            .optional()?)
    }

    pub(crate) fn reference_version(&self, version: u64) -> Result<Option<ReferenceData>, StoreError> {
        // A number beyond what the database counts to is no version.
        let Ok(version) = i64::try_from(version) else { return Ok(None) };
        let body: Option<String> = self
            .0
            .prepare_cached("SELECT body FROM reference WHERE version = ?")?
            .query_row([version], |r| r.get(0))
            .optional()?;
        Ok(body.map(|b| serde_json::from_str(&b)).transpose()?)
    }

    /// Did that version know the procedure: a dossier is judged by what it was taken under.
    pub(crate) fn reference_knows(&self, version: u64, code: &ProcedureCode) -> Result<bool, StoreError> {
        let pinned = self.reference_version(version)?;
        Ok(pinned.is_some_and(|data| data.procedures.iter().any(|p| p.code.same_procedure(code))))
    }

    /// Every version, oldest first.
    pub(crate) fn reference_versions(&self) -> Result<Vec<VersionRow>, StoreError> {
        let mut statement = self.0.prepare(
            "SELECT version, effective_at, loaded_at, hash, source, officer FROM reference ORDER BY version",
        )?;
        let rows = statement.query_map([], |r| {
            Ok(VersionRow {
                version: r.get(0)?,
                effective_at: Timestamp(r.get(1)?),
                loaded_at: Timestamp(r.get(2)?),
                hash: r.get(3)?,
                source: r.get(4)?,
                officer: r.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Adds a version. It is told of now when it is in force now, else when it comes into force.
    pub(crate) fn put_reference(
        &self,
        data: &ReferenceData,
        hash: &[u8; 32],
        (source, officer): (&str, &str),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let effective = data.effective_at.unwrap_or(at);
        let told = effective <= at;
        self.0.execute(
            "INSERT INTO reference(version, body, loaded_at, effective_at, hash, source, officer, told)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                data.version,
                serde_json::to_string(data)?,
                at.0,
                effective.0,
                hash.as_slice(),
                source,
                officer,
                told
            ],
        )?;
        if told { self.note(&Change::Reference { version: data.version }, None, at) } else { Ok(()) }
    }

    /// Versions that came into force and were not told of.
    pub(crate) fn untold_reference(&self, now: Timestamp) -> Result<Vec<u64>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT version FROM reference WHERE told = 0 AND effective_at <= ? ORDER BY effective_at, version",
        )?;
        let rows = statement.query_map([now.0], |r| r.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn tell_reference(&self, version: u64, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute("UPDATE reference SET told = 1 WHERE version = ?", [version])?;
        self.note(&Change::Reference { version }, None, now)
    }
}
