//! Which machine works on a dossier alone.

use super::{StoreError, View};
use motcua_dossier::{DeviceId, DossierId, Timestamp};
use motcua_wire::DossierLease;
use rusqlite::{OptionalExtension, params};

impl View<'_> {
    /// The lease of a dossier, unless it has run out.
    pub(crate) fn lease_of(
        &self,
        dossier: DossierId,
        now: Timestamp,
    ) -> Result<Option<DossierLease>, StoreError> {
        let found: Option<(String, String, i64)> = self
            .0
            .prepare_cached("SELECT device, officer, until FROM leases WHERE dossier = ? AND until > ?")?
            .query_row(params![dossier.to_string(), now.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .optional()?;
        found
            .map(|(device, officer, until)| {
                let device = DeviceId::parse(&device).map_err(|_| StoreError::Identifier)?;
                Ok(DossierLease { dossier, device, officer, until: Timestamp(until) })
            })
            .transpose()
    }

    /// Gives the lease, anew or again; taking it from another machine is recorded.
    pub(crate) fn put_lease(
        &self,
        lease: &DossierLease,
        from: Option<&DossierLease>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (dossier, device) = (lease.dossier.to_string(), lease.device.to_string());
        self.0.execute(
            "INSERT INTO leases(dossier, device, officer, until) VALUES(?, ?, ?, ?)
             ON CONFLICT(dossier) DO UPDATE SET device = excluded.device, officer = excluded.officer,
               until = excluded.until",
            params![dossier, device, lease.officer, lease.until.0],
        )?;
        if let Some(from) = from {
            self.0.execute(
                "INSERT INTO lease_takeovers(dossier, from_device, from_officer, to_device, to_officer, at)
                 VALUES(?, ?, ?, ?, ?, ?)",
                params![dossier, from.device.to_string(), from.officer, device, lease.officer, now.0],
            )?;
        }
        Ok(())
    }

    pub(crate) fn drop_lease(&self, dossier: DossierId) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM leases WHERE dossier = ?", [dossier.to_string()])?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Records;

    #[test]
    fn a_lease_runs_out_and_a_take_over_is_recorded() {
        let dir = tempfile::tempdir().unwrap();
        let records = Records::open(&dir.path().join("records.db")).unwrap();
        let dossier = DossierId::derive(1, &[1; 10]);
        let lease = |mark: u8, until: i64| DossierLease {
            dossier,
            device: DeviceId::derive(1, &[mark; 10]),
            officer: format!("canbo.{mark}"),
            until: Timestamp(until),
        };
        let (first, second) = (lease(1, 100), lease(2, 200));
        let at = |now: i64| records.read(|v| v.lease_of(dossier, Timestamp(now))).unwrap();
        records.write(|v| v.put_lease(&first, None, Timestamp(0))).unwrap();
        assert_eq!((at(99), at(100)), (Some(first.clone()), None));
        records.write(|v| v.put_lease(&second, Some(&first), Timestamp(50))).unwrap();
        assert_eq!(at(100), Some(second));
        let recorded: (String, String, i64) = records
            .read(|v| {
                let sql = "SELECT from_officer, to_officer, at FROM lease_takeovers";
                Ok(v.0.query_row(sql, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?)
            })
            .unwrap();
        assert_eq!(recorded, ("canbo.1".into(), "canbo.2".into(), 50));
        records.write(|v| v.drop_lease(dossier)).unwrap();
        assert_eq!(at(100), None);
    }
}
