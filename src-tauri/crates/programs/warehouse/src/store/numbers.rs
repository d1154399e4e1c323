//! Ordinals of an agency's day, leased in blocks that never overlap.

use super::{StoreError, View};
use motcua_dossier::{AgencyCode, Day, DeviceId, NumberBlock, Timestamp};
use rusqlite::{OptionalExtension, params};

const LAST_ORDINAL: u32 = 9999;

impl View<'_> {
    /// The block a machine was given under a key, and how many ordinals it had wished for.
    pub(crate) fn block_under(
        &self,
        key: &str,
        device: DeviceId,
    ) -> Result<Option<(NumberBlock, u32)>, StoreError> {
        let found: Option<(String, String, u32, u32, u32)> = self
            .0
            .prepare_cached(
                "SELECT agency, day, first, last, wished FROM number_blocks WHERE device = ? AND key = ?",
            )?
            .query_row([&device.to_string(), key], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
            })
            .optional()?;
        found
            .map(|(agency, day, next, last, wished)| {
                let agency = AgencyCode::parse(&agency).map_err(|_| StoreError::Identifier)?;
                let day = Day::parse(&day).map_err(|_| StoreError::Identifier)?;
                Ok((NumberBlock { agency, day, next, last }, wished))
            })
            .transpose()
    }

    /// Leases up to `count` ordinals; none when the day is used up.
    pub(crate) fn lease_block(
        &self,
        agency: &AgencyCode,
        day: Day,
        count: u32,
        device: DeviceId,
        at: Timestamp,
        key: Option<&str>,
    ) -> Result<Option<NumberBlock>, StoreError> {
        let given: u32 = self
            .0
            .prepare_cached("SELECT coalesce(max(last), 0) FROM number_blocks WHERE agency = ? AND day = ?")?
            .query_row([agency.as_str(), &day.format_iso()], |r| r.get(0))?;
        if given >= LAST_ORDINAL {
            return Ok(None);
        }
        let (first, last) = (given + 1, given.saturating_add(count.max(1)).min(LAST_ORDINAL));
        self.0.execute(
            "INSERT INTO number_blocks(agency, day, first, last, device, leased_at, key, wished)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            params![agency.as_str(), day.format_iso(), first, last, device.to_string(), at.0, key, count],
        )?;
        Ok(Some(NumberBlock { agency: agency.clone(), day, next: first, last }))
    }

    /// Does the ordinal lie in a block leased to the device, or in one whose lease a restore forgot.
    pub(crate) fn leased_to(
        &self,
        agency: &str,
        day: Day,
        ordinal: u32,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM number_blocks
                 WHERE agency = ? AND day = ? AND ? BETWEEN first AND last AND device IN (?, 'restored')",
            )?
            .exists(params![agency, day.format_iso(), ordinal, device.to_string()])?)
    }
}
