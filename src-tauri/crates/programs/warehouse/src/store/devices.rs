//! Machines and the one-time codes that enrol them.

use super::{StoreError, View};
use motcua_dossier::{DeviceId, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

/// A counter machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DeviceRow {
    pub(crate) id: DeviceId,
    pub(crate) agency: String,
    pub(crate) name: String,
    /// A portal that sends dossiers, no counter.
    pub(crate) portal: bool,
    pub(crate) revoked: bool,
    /// Certificates of an earlier one are ended.
    pub(crate) generation: u32,
    pub(crate) certificate_until: Option<Timestamp>,
}

/// A one-time code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CodeRow {
    /// Its first letters.
    pub(crate) selector: String,
    /// Hash of the whole.
    pub(crate) secret: [u8; 32],
    pub(crate) agency: String,
    pub(crate) name: String,
    /// For a portal.
    pub(crate) portal: bool,
    /// The machine it is for; none is a new one.
    pub(crate) device: Option<DeviceId>,
    pub(crate) until: Timestamp,
    pub(crate) tries: u32,
    /// Hash of what it was used for: machine, generation, key.
    pub(crate) used: Option<[u8; 32]>,
}

const DEVICE: &str = "SELECT id, agency, name, revoked, generation, certificate_until, portal FROM devices";

type RawDevice = (String, String, String, bool, u32, Option<i64>, bool);

fn raw(row: &Row<'_>) -> rusqlite::Result<RawDevice> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn device(raw: RawDevice) -> Result<DeviceRow, StoreError> {
    let (id, agency, name, revoked, generation, until, portal) = raw;
    let id = DeviceId::parse(&id).map_err(|_| StoreError::Identifier)?;
    Ok(DeviceRow { id, agency, name, portal, revoked, generation, certificate_until: until.map(Timestamp) })
}

impl View<'_> {
    /// A machine, admitted or not.
    pub(crate) fn device(&self, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        let sql = format!("{DEVICE} WHERE id = ?");
        self.0.prepare_cached(&sql)?.query_row([id.to_string()], raw).optional()?.map(device).transpose()
    }

    /// Every machine, by agency and name.
    pub(crate) fn devices(&self) -> Result<Vec<DeviceRow>, StoreError> {
        let mut statement = self.0.prepare(&format!("{DEVICE} ORDER BY agency, name, id"))?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| device(row?)).collect()
    }

    pub(crate) fn put_device(&self, row: &DeviceRow) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO devices(id, agency, name, revoked, generation, certificate_until, portal)
             VALUES(?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT(id) DO UPDATE SET agency = excluded.agency, name = excluded.name,
               revoked = excluded.revoked, generation = excluded.generation,
               certificate_until = excluded.certificate_until, portal = excluded.portal",
            params![
                row.id.to_string(),
                row.agency,
                row.name,
                row.revoked,
                row.generation,
                row.certificate_until.map(|t| t.0),
                row.portal
            ],
        )?;
        Ok(())
    }

    /// False when no machine has that identity.
    pub(crate) fn revoke_device(&self, id: DeviceId) -> Result<bool, StoreError> {
        Ok(self.0.execute("UPDATE devices SET revoked = 1 WHERE id = ?", [id.to_string()])? > 0)
    }

    #[cfg(test)]
    pub(crate) fn forget_device(&self, id: DeviceId) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM devices WHERE id = ?", [id.to_string()])?;
        Ok(())
    }

    /// A code that has not run out.
    pub(crate) fn code(&self, selector: &str, now: Timestamp) -> Result<Option<CodeRow>, StoreError> {
        let found = self
            .0
            .query_row(
                "SELECT selector, secret, agency, name, device, until, tries, used, portal FROM device_codes
                 WHERE selector = ? AND until >= ?",
                params![selector, now.0],
                |r| {
                    let row = CodeRow {
                        selector: r.get(0)?,
                        secret: r.get(1)?,
                        agency: r.get(2)?,
                        name: r.get(3)?,
                        portal: r.get(8)?,
                        device: None,
                        until: Timestamp(r.get(5)?),
                        tries: r.get(6)?,
                        used: r.get(7)?,
                    };
                    Ok((row, r.get::<_, Option<String>>(4)?))
                },
            )
            .optional()?;
        let Some((row, device)) = found else { return Ok(None) };
        let device = device.map(|id| DeviceId::parse(&id).map_err(|_| StoreError::Identifier)).transpose()?;
        Ok(Some(CodeRow { device, ..row }))
    }

    pub(crate) fn put_code(&self, row: &CodeRow) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO device_codes(selector, secret, agency, name, device, until, tries, used, portal)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                row.selector,
                row.secret.as_slice(),
                row.agency,
                row.name,
                row.device.map(|id| id.to_string()),
                row.until.0,
                row.tries,
                row.used.as_ref().map(<[u8; 32]>::as_slice),
                row.portal
            ],
        )?;
        Ok(())
    }

    pub(crate) fn drop_codes_before(&self, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM device_codes WHERE until < ?", [now.0])?;
        Ok(())
    }
}
