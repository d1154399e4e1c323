//! Dossiers of an agency in short, and what became of a machine's operations.

use super::{StoreError, View};
use crate::scope::Scope;
use motcua_dossier::{BlobId, DeviceId, DossierId, Holder, OfficeDossier, OpId, Phase, Timestamp};
use motcua_wire::{AcceptedDossier, OpState, ReturnedResult, SignedReceipt, WaitingSubmission};
use rusqlite::{OptionalExtension, Row, params};

/// The machine that took a dossier in is the one whose operation on it was applied first, beside the portal that sent it.
const ROW: &str = "SELECT d.id, d.version, d.accepted, d.returned,
    o.device, coalesce(by.name, ''), l.device, coalesce(held.name, ''), l.officer, l.until
  FROM dossiers d
  LEFT JOIN ops o ON o.id =
    (SELECT id FROM ops WHERE dossier = d.id AND version IS NOT NULL AND device <> coalesce(d.submitted_by, '')
     ORDER BY version LIMIT 1)
  LEFT JOIN devices by ON by.id = o.device
  LEFT JOIN leases l ON l.dossier = d.id AND l.until > ?1
  LEFT JOIN devices held ON held.id = l.device
  WHERE d.accepted IS NOT NULL";

struct Raw {
    id: String,
    version: u64,
    accepted: String,
    returned: Option<String>,
    device: Option<String>,
    counter: String,
    holder: Option<(String, String, i64)>,
    holder_name: String,
}

impl Raw {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let held: (Option<String>, Option<String>, Option<i64>) = (row.get(6)?, row.get(8)?, row.get(9)?);
        Ok(Self {
            id: row.get(0)?,
            version: row.get(1)?,
            accepted: row.get(2)?,
            returned: row.get(3)?,
            device: row.get(4)?,
            counter: row.get(5)?,
            holder: match held {
                (Some(device), Some(officer), Some(until)) => Some((device, officer, until)),
                _ => None,
            },
            holder_name: row.get(7)?,
        })
    }

    fn told(self, view: &View<'_>) -> Result<OfficeDossier, StoreError> {
        let accepted: AcceptedDossier = serde_json::from_str(&self.accepted)?;
        let returned: Option<ReturnedResult> =
            self.returned.as_deref().map(serde_json::from_str).transpose()?;
        let device = |text: &str| DeviceId::parse(text).map_err(|_| StoreError::Identifier);
        let holder = match self.holder {
            Some((held_by, officer, until)) => Some(Holder {
                device: device(&held_by)?,
                counter: self.holder_name,
                officer,
                until: Timestamp(until),
            }),
            None => None,
        };
        let id = DossierId::parse(&self.id).map_err(|_| StoreError::Identifier)?;
        let standing = view.standing(id, &accepted.deadline)?;
        let row = OfficeDossier {
            id,
            version: self.version,
            code: accepted.code,
            procedure: accepted.procedure,
            procedure_name: String::new(),
            owner_name: accepted.applicant.owner.name,
            owner_number: accepted.applicant.owner.number,
            accepted_at: accepted.accepted_at,
            deadline: accepted.deadline,
            phase: Phase::default(),
            seat: None,
            on_its_way: false,
            moved: None,
            returned_at: returned.map(|result| result.returned_at),
            officer: accepted.officer,
            device: self.device.as_deref().map(device).transpose()?,
            counter: self.counter,
            holder,
        };
        Ok(row.standing(standing))
    }
}

impl View<'_> {
    /// Accepted dossiers of a scope after that one, in the order of their ids.
    pub(crate) fn office_page(
        &self,
        scope: &Scope,
        after: Option<DossierId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<OfficeDossier>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let sql =
            format!("{ROW} AND {} AND d.id > ?3 ORDER BY d.id LIMIT ?4", Scope::holds("d.agency", "?2"));
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![now.0, scope.parameter(), after, limit as u64], Raw::read)?;
        rows.map(|row| row?.told(self)).collect()
    }

    /// One accepted dossier of a scope.
    pub(crate) fn office_dossier(
        &self,
        scope: &Scope,
        id: DossierId,
        now: Timestamp,
    ) -> Result<Option<OfficeDossier>, StoreError> {
        let sql = format!("{ROW} AND {} AND d.id = ?3", Scope::holds("d.agency", "?2"));
        let found = self
            .0
            .prepare_cached(&sql)?
            .query_row(params![now.0, scope.parameter(), id.to_string()], Raw::read)
            .optional()?;
        found.map(|raw| raw.told(self)).transpose()
    }

    /// What was sent to a scope and waits, after that one, in the order of their ids.
    pub(crate) fn waiting(
        &self,
        scope: &Scope,
        after: Option<DossierId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<WaitingSubmission>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let sql = format!(
            "SELECT d.id, d.version, d.submitted, l.device, coalesce(held.name, ''), l.officer, l.until
             FROM dossiers d
             LEFT JOIN leases l ON l.dossier = d.id AND l.until > ?1
             LEFT JOIN devices held ON held.id = l.device
             WHERE d.submitted IS NOT NULL AND d.accepted IS NULL AND d.declined IS NULL
               AND {} AND d.id > ?3 ORDER BY d.id LIMIT ?4",
            Scope::holds("d.agency", "?2")
        );
        type Held = (Option<String>, String, Option<String>, Option<i64>);
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![now.0, scope.parameter(), after, limit], |r| {
            let sent: (String, u64, String) = (r.get(0)?, r.get(1)?, r.get(2)?);
            let held: Held = (r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?);
            Ok((sent, held))
        })?;
        rows.map(|row| {
            let ((id, version, submission), held) = row?;
            let holder = match held {
                (Some(device), counter, Some(officer), Some(until)) => Some(Holder {
                    device: DeviceId::parse(&device).map_err(|_| StoreError::Identifier)?,
                    counter,
                    officer,
                    until: Timestamp(until),
                }),
                _ => None,
            };
            Ok(WaitingSubmission {
                id: DossierId::parse(&id).map_err(|_| StoreError::Identifier)?,
                version,
                submission: serde_json::from_str(&submission)?,
                holder,
            })
        })
        .collect()
    }

    /// What became of an operation of that machine, as far as it is settled.
    pub(crate) fn op_outcome(&self, op: OpId, device: DeviceId) -> Result<Option<OpState>, StoreError> {
        type Outcome = (Option<u64>, Option<String>, Option<String>);
        let found: Option<Outcome> = self
            .0
            .prepare_cached("SELECT version, receipt, code FROM ops WHERE id = ? AND device = ?")?
            .query_row(params![op.to_string(), device.to_string()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .optional()?;
        Ok(found.and_then(|outcome| match outcome {
            (Some(version), Some(receipt), _) => {
                Some(OpState::Received { version, receipt: SignedReceipt(receipt) })
            }
            (_, _, Some(code)) => Some(OpState::Refused { code }),
            _ => None,
        }))
    }

    /// What an operation of that machine waits for in the inbox; none when it is not there.
    pub(crate) fn kept_for(&self, op: OpId, device: DeviceId) -> Result<Option<Vec<String>>, StoreError> {
        let body: Option<String> = self
            .0
            .prepare_cached("SELECT body FROM inbox WHERE op = ? AND device = ?")?
            .query_row(params![op.to_string(), device.to_string()], |r| r.get(0))
            .optional()?;
        let Some(body) = body else { return Ok(None) };
        let mut statement = self.0.prepare_cached(
            "SELECT blob FROM inbox_files f WHERE op = ? AND NOT EXISTS (SELECT 1 FROM blobs WHERE id = f.blob)",
        )?;
        let files = statement.query_map([op.to_string()], |r| r.get::<_, [u8; 32]>(0))?;
        let mut waits: Vec<String> =
            files.map(|file| file.map(|id| BlobId(id).to_string())).collect::<Result<_, _>>()?;
        waits.extend(self.waits_behind(&serde_json::from_str(&body)?)?.map(|earlier| earlier.to_string()));
        Ok(Some(waits))
    }
}
