//! What changed, in the order of the commits, and the epoch that order belongs to.
//!
//! No reader ever skips a change: its number is given inside the transaction that makes it, and there is one
//! writer at a time (`BEGIN IMMEDIATE`), so numbers become visible in their order. A transaction that is
//! rolled back gives its numbers back (`AUTOINCREMENT` counts in a table of the same file), and none is given
//! twice though old rows go. An engine with several writers takes a lock per change in its stead.

use super::{StoreError, View};
use crate::scope::Scope;
use motcua_dossier::Timestamp;
use motcua_wire::Change;
use rusqlite::{OptionalExtension, params};

/// The lowest and the highest number a reader may stand at.
pub(crate) struct Bounds {
    /// All up to here are gone.
    pub(crate) pruned: u64,
    pub(crate) newest: u64,
}

impl View<'_> {
    /// Notes a change for the machines of an agency, or for all.
    pub(crate) fn note(
        &self,
        change: &Change,
        agency: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.prepare_cached("INSERT INTO changes(agency, body, at) VALUES(?, ?, ?)")?.execute(params![
            agency,
            serde_json::to_string(change)?,
            at.0
        ])?;
        self.1.borrow_mut().push(agency.map(str::to_owned));
        Ok(())
    }

    /// The next changes in the a scope, each with its number.
    pub(crate) fn changes_after(
        &self,
        seq: u64,
        scope: &Scope,
        limit: u32,
    ) -> Result<Vec<(u64, Change)>, StoreError> {
        // One agency, the commonest, is two walks along the index merged; several are one walk along the numbers.
        let (sql, bound) = match scope.single() {
            Some(agency) => (
                "SELECT seq, body FROM changes WHERE agency = ?2 AND seq > ?1
                 UNION ALL SELECT seq, body FROM changes WHERE agency IS NULL AND seq > ?1
                 ORDER BY seq LIMIT ?3"
                    .to_owned(),
                agency,
            ),
            None => (
                format!(
                    "SELECT seq, body FROM changes WHERE seq > ?1 AND (agency IS NULL OR +{})
                     ORDER BY seq LIMIT ?3",
                    Scope::holds("agency", "?2")
                ),
                scope.parameter(),
            ),
        };
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![seq, bound, limit], |r| Ok((r.get(0)?, r.get(1)?)))?;
        rows.map(|row| {
            let (seq, body): (u64, String) = row?;
            Ok((seq, serde_json::from_str(&body)?))
        })
        .collect()
    }

    pub(crate) fn change_bounds(&self) -> Result<Bounds, StoreError> {
        let newest: Option<u64> = self
            .0
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'changes'")?
            .query_row([], |r| r.get(0))
            .optional()?;
        Ok(Bounds { pruned: self.meta("changes_pruned")?.unwrap_or(0), newest: newest.unwrap_or(0) })
    }

    /// Forgets changes of before that moment, and those noted before them.
    pub(crate) fn prune_changes(&self, moment: Timestamp) -> Result<(), StoreError> {
        let oldest: Option<i64> =
            self.0.query_row("SELECT at FROM changes ORDER BY seq LIMIT 1", [], |r| r.get(0)).optional()?;
        if oldest.is_none_or(|at| at >= moment.0) {
            return Ok(());
        }
        let last: u64 =
            self.0.query_row("SELECT max(seq) FROM changes WHERE at < ?", [moment.0], |r| r.get(0))?;
        self.0.execute("DELETE FROM changes WHERE seq <= ?", [last])?;
        self.set_meta("changes_pruned", last)
    }

    /// Which history this is; every restore begins another.
    pub(crate) fn epoch(&self) -> Result<u64, StoreError> {
        Ok(self.meta("epoch")?.unwrap_or(1))
    }

    /// The epoch of a file that has none yet.
    pub(crate) fn seed_epoch(&self, epoch: u64) -> Result<(), StoreError> {
        if self.meta("epoch")?.is_none() {
            self.set_meta("epoch", epoch)?;
        }
        Ok(())
    }

    /// Begins another history, above `floor`.
    pub(crate) fn raise_epoch(&self, floor: u64) -> Result<u64, StoreError> {
        let next = self.epoch()?.saturating_add(1).max(floor);
        self.set_meta("epoch", next)?;
        Ok(next)
    }

    pub(super) fn meta(&self, key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT value FROM meta WHERE key = ?")?
            .query_row([key], |r| r.get(0))
            .optional()?)
    }

    pub(super) fn set_meta(&self, key: &str, value: u64) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            params![key, value],
        )?;
        Ok(())
    }
}
