//! What a restore has to make good: leases of ordinals that the backup does not know.

use super::{DeviceRow, GrantRow, OfficerRow, StoreError, View};
use motcua_dossier::{Day, Timestamp};
use rusqlite::params;

const LAST_ORDINAL: u32 = 9999;

/// So many versions of the reference data may have been made after a backup.
const VERSIONS: u64 = 1000;

/// Who may do what, as the records that are replaced knew it last.
pub(crate) struct Access {
    devices: Vec<DeviceRow>,
    officers: Vec<(OfficerRow, Vec<GrantRow>)>,
}

impl View<'_> {
    pub(crate) fn access(&self) -> Result<Access, StoreError> {
        let with_grants = |row: OfficerRow| Ok((self.grants_of(&row.login)?, row)).map(|(g, row)| (row, g));
        let officers = self.officers()?.into_iter().map(with_grants);
        Ok(Access { devices: self.devices()?, officers: officers.collect::<Result<_, StoreError>>()? })
    }

    /// What was decided after the backup stays decided: who was revoked, ended, or has another secret.
    pub(crate) fn keep_access(&self, access: &Access) -> Result<(), StoreError> {
        access.devices.iter().try_for_each(|row| self.put_device(row))?;
        if access.officers.is_empty() {
            return Ok(());
        }
        self.0.execute_batch("DELETE FROM officers; DELETE FROM grants;")?;
        for (officer, grants) in &access.officers {
            self.put_officer(officer)?;
            for grant in grants {
                self.add_grant(&officer.login, grant)?;
            }
        }
        Ok(())
    }

    /// Notes a restore, and ends every session and code: who has them proves himself anew.
    pub(crate) fn note_restore(&self, at: Timestamp) -> Result<(), StoreError> {
        self.0.execute_batch("DELETE FROM sessions; DELETE FROM device_codes;")?;
        self.set_meta("restored_at", u64::try_from(at.0).unwrap_or(0))
    }

    pub(crate) fn was_restored_since(&self, at: Timestamp) -> Result<bool, StoreError> {
        let restored = self.meta("restored_at")?;
        Ok(restored.is_some_and(|restored| restored >= u64::try_from(at.0).unwrap_or(0)))
    }

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
