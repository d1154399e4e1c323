//! What a restore has to make good: leases of ordinals that the backup does not know.

use super::{StoreError, View};
use motcua_dossier::{Day, Timestamp};
use rusqlite::params;

const LAST_ORDINAL: u32 = 9999;

/// So many versions of the reference data may have been made after a backup.
const VERSIONS: u64 = 1000;

impl View<'_> {
    /// Numbers of reference data begin anew above those that counters may hold and the backup does not know:
    /// one number never means two things.
    pub(crate) fn cede_versions(&self) -> Result<(), StoreError> {
        match self.newest_reference_version()? {
            Some(newest) => self.set_meta("reference_floor", newest.saturating_add(VERSIONS)),
            None => Ok(()),
        }
    }

    /// Gives up half of what is left of each day: counters may hold blocks that were leased after the
    /// backup was made. Codes in that half are taken from whoever of the agency printed them first, and
    /// new blocks begin above it, so that no two dossiers get one code.
    pub(crate) fn cede_ordinals(&self, from: Day, until: Day, at: Timestamp) -> Result<u32, StoreError> {
        let mut statement =
            self.0.prepare("SELECT agency FROM devices UNION SELECT agency FROM number_blocks")?;
        let agencies = statement.query_map([], |r| r.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let (mut day, mut ceded) = (from, 0);
        while day <= until {
            for agency in &agencies {
                let given: u32 = self
                    .0
                    .prepare_cached(
                        "SELECT coalesce(max(last), 0) FROM number_blocks WHERE agency = ? AND day = ?",
                    )?
                    .query_row([agency, &day.format_iso()], |r| r.get(0))?;
                if given < LAST_ORDINAL {
                    let last = given + (LAST_ORDINAL - given).div_ceil(2);
                    self.0.execute(
                        "INSERT INTO number_blocks(agency, day, first, last, device, leased_at)
                         VALUES(?, ?, ?, ?, 'restored', ?)",
                        params![agency, day.format_iso(), given + 1, last, at.0],
                    )?;
                    ceded += 1;
                }
            }
            let Some(next) = day.0.next_day() else { break };
            day = Day(next);
        }
        Ok(ceded)
    }
}
