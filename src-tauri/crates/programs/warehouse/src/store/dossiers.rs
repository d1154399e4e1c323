//! Dossiers and the operations applied to them.

use super::{StoreError, View};
use motcua_dossier::{BlobId, Consent, DeviceId, DossierId, OpId, Submission, Timestamp};
use motcua_wire::{
    AcceptedDossier, DeclinedDossier, DossierLease, DossierView, ReturnedResult, SignedReceipt,
};
use rusqlite::{OptionalExtension, params};

/// A dossier as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DossierRow {
    pub(crate) version: u64,
    pub(crate) agency: String,
    /// As it was sent, and by which portal.
    pub(crate) submitted: Option<(Submission, DeviceId)>,
    /// As it was not accepted, and by which operation.
    pub(crate) declined: Option<(DeclinedDossier, OpId)>,
    pub(crate) accepted: Option<AcceptedDossier>,
    pub(crate) returned: Option<ReturnedResult>,
}

impl DossierRow {
    /// What a counter is shown of it, without receipts.
    pub(crate) fn view(self, id: DossierId, lease: Option<DossierLease>) -> DossierView {
        let Self { version, declined, accepted, returned, .. } = self;
        let submitted = self.submitted.map(|(submission, _)| submission);
        let declined = declined.map(|(declined, _)| declined);
        DossierView { id, version, submitted, declined, accepted, returned, receipts: vec![], lease }
    }
}

/// An operation that was seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StoredOp {
    pub(crate) body_hash: [u8; 32],
    /// Version and receipt when it was applied; none when it was refused.
    pub(crate) applied: Option<(u64, SignedReceipt)>,
}

impl View<'_> {
    pub(crate) fn op(&self, id: OpId) -> Result<Option<StoredOp>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT body_hash, version, receipt FROM ops WHERE id = ?")?
            .query_row([id.to_string()], |r| {
                let (version, receipt): (Option<u64>, Option<String>) = (r.get(1)?, r.get(2)?);
                Ok(StoredOp { body_hash: r.get(0)?, applied: version.zip(receipt.map(SignedReceipt)) })
            })
            .optional()?)
    }

    #[allow(clippy::too_many_arguments)] // one row, one argument per column
    pub(crate) fn put_op(
        &self,
        id: OpId,
        body_hash: &[u8; 32],
        dossier: DossierId,
        device: DeviceId,
        device_seq: u64,
        outcome: Result<(u64, &SignedReceipt), &str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (version, receipt, code) = match outcome {
            Ok((version, receipt)) => (Some(version), Some(&receipt.0), None),
            Err(code) => (None, None, Some(code)),
        };
        self.0.execute(
            "INSERT INTO ops(id, body_hash, dossier, device, device_seq, version, receipt, code, at)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT(id) DO UPDATE SET version = excluded.version, receipt = excluded.receipt,
               code = excluded.code, at = excluded.at WHERE ops.version IS NULL",
            params![
                id.to_string(),
                body_hash.as_slice(),
                dossier.to_string(),
                device.to_string(),
                device_seq,
                version,
                receipt,
                code,
                at.0
            ],
        )?;
        Ok(())
    }

    /// Is the operation that machine's.
    pub(crate) fn made_by(&self, op: OpId, device: DeviceId) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT 1 FROM ops WHERE id = ? AND device = ?")?
            .exists(params![op.to_string(), device.to_string()])?)
    }

    /// Has another device changed the dossier after that version.
    pub(crate) fn changed_elsewhere(
        &self,
        dossier: DossierId,
        after: u64,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM ops WHERE dossier = ? AND version > ? AND device <> ? AND aside <> 1",
            )?
            .exists(params![dossier.to_string(), after, device.to_string()])?)
    }

    /// Has the same device already done something later to the dossier.
    pub(crate) fn overtaken(
        &self,
        dossier: DossierId,
        device: DeviceId,
        device_seq: u64,
    ) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM ops WHERE dossier = ? AND device = ? AND device_seq >= ?
                 AND version IS NOT NULL AND aside = 0",
            )?
            .exists(params![dossier.to_string(), device.to_string(), device_seq])?)
    }

    pub(crate) fn dossier(&self, id: DossierId) -> Result<Option<DossierRow>, StoreError> {
        let found = self
            .0
            .prepare_cached(
                "SELECT version, agency, accepted, returned, submitted, submitted_by, declined, declined_op
                 FROM dossiers WHERE id = ?",
            )?
            .query_row([id.to_string()], |r| {
                let text = |at: usize| r.get::<_, Option<String>>(at);
                Ok(((r.get(0)?, r.get(1)?), [text(2)?, text(3)?, text(4)?, text(5)?, text(6)?, text(7)?]))
            })
            .optional()?;
        let Some(((version, agency), [accepted, returned, submitted, by, declined, declined_op])) = found
        else {
            return Ok(None);
        };
        let submitted: Option<Submission> = submitted.map(|t| serde_json::from_str(&t)).transpose()?;
        let by = by.map(|id| DeviceId::parse(&id).map_err(|_| StoreError::Identifier)).transpose()?;
        let declined: Option<DeclinedDossier> = declined.map(|t| serde_json::from_str(&t)).transpose()?;
        let declined_op =
            declined_op.map(|id| OpId::parse(&id).map_err(|_| StoreError::Identifier)).transpose()?;
        Ok(Some(DossierRow {
            version,
            agency,
            submitted: submitted.zip(by),
            declined: declined.zip(declined_op),
            accepted: accepted.map(|t| serde_json::from_str(&t)).transpose()?,
            returned: returned.map(|t| serde_json::from_str(&t)).transpose()?,
        }))
    }

    pub(crate) fn put_dossier(&self, id: DossierId, row: &DossierRow) -> Result<(), StoreError> {
        let accepted = row.accepted.as_ref().map(serde_json::to_string).transpose()?;
        let returned = row.returned.as_ref().map(serde_json::to_string).transpose()?;
        let (submitted, by) = row.submitted.as_ref().map(|(sent, by)| (sent, by.to_string())).unzip();
        let submitted = submitted.map(serde_json::to_string).transpose()?;
        let (declined, declined_op) = row.declined.as_ref().map(|(said, op)| (said, op.to_string())).unzip();
        let declined = declined.map(serde_json::to_string).transpose()?;
        let code = row.accepted.as_ref().map(|a| a.code.as_str());
        self.0.execute(
            "INSERT INTO dossiers(id, version, agency, code, accepted, returned, submitted, submitted_by,
               declined, declined_op)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT(id) DO UPDATE SET version = excluded.version, code = excluded.code,
               accepted = excluded.accepted, returned = excluded.returned, submitted = excluded.submitted,
               submitted_by = excluded.submitted_by, declined = excluded.declined,
               declined_op = excluded.declined_op",
            params![
                id.to_string(),
                row.version,
                row.agency,
                code,
                accepted,
                returned,
                submitted,
                by,
                declined,
                declined_op
            ],
        )?;
        row.accepted.as_ref().map_or(Ok(()), |accepted| self.set_promise(id, accepted))
    }

    /// Which operation accepted the dossier, in that version of it.
    pub(crate) fn put_acceptance(
        &self,
        dossier: DossierId,
        version: u64,
        op: OpId,
    ) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT INTO acceptances(dossier, version, op) VALUES(?, ?, ?)")?
            .execute(params![dossier.to_string(), version, op.to_string()])?;
        Ok(())
    }

    /// Did one of these accept the dossier as it is.
    pub(crate) fn accepted_by_one_of(&self, dossier: DossierId, ops: &[OpId]) -> Result<bool, StoreError> {
        let by: Option<String> = self
            .0
            .prepare_cached("SELECT op FROM acceptances WHERE dossier = ? ORDER BY version DESC LIMIT 1")?
            .query_row([dossier.to_string()], |r| r.get(0))
            .optional()?;
        Ok(by.is_some_and(|by| ops.iter().any(|op| op.to_string() == by)))
    }

    /// Keeps what a dossier said at its version, before something else takes its place.
    pub(crate) fn keep_history(&self, id: DossierId, row: &DossierRow) -> Result<(), StoreError> {
        let accepted = row.accepted.as_ref().map(serde_json::to_string).transpose()?;
        let returned = row.returned.as_ref().map(serde_json::to_string).transpose()?;
        let (declined, by) = row.declined.as_ref().map(|(said, op)| (said, op.to_string())).unzip();
        let declined = declined.map(serde_json::to_string).transpose()?;
        self.0.execute(
            "INSERT INTO dossier_history(dossier, version, accepted, returned, declined, declined_op)
             VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            params![id.to_string(), row.version, accepted, returned, declined, by],
        )?;
        Ok(())
    }

    pub(crate) fn code_taken(&self, code: &str, by_other_than: DossierId) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT 1 FROM dossiers WHERE code = ? AND id <> ?")?
            .exists(params![code, by_other_than.to_string()])?)
    }

    pub(crate) fn bind_blob(&self, dossier: DossierId, blob: &BlobId) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO dossier_blobs(dossier, blob) VALUES(?, ?) ON CONFLICT DO NOTHING",
            params![dossier.to_string(), blob.0.as_slice()],
        )?;
        Ok(())
    }

    /// Records who confirmed the reuse of which paper, when, how and for which dossier.
    pub(crate) fn put_consent(
        &self,
        dossier: DossierId,
        version: u64,
        consent: &Consent,
    ) -> Result<(), StoreError> {
        let method = serde_json::to_value(consent.method)?;
        for document in &consent.documents {
            self.0.execute(
                "INSERT INTO consents(dossier, document, at, method, officer, national, version)
                 VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                params![
                    dossier.to_string(),
                    document.to_string(),
                    consent.at.0,
                    method.as_str().unwrap_or_default(),
                    consent.officer,
                    consent.national,
                    version
                ],
            )?;
        }
        Ok(())
    }

    /// Receipts given for a dossier, oldest first.
    pub(crate) fn receipts(&self, dossier: DossierId) -> Result<Vec<SignedReceipt>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT receipt FROM ops WHERE dossier = ? AND receipt IS NOT NULL ORDER BY version",
        )?;
        let rows = statement.query_map([dossier.to_string()], |r| r.get::<_, String>(0))?;
        Ok(rows.map(|r| r.map(SignedReceipt)).collect::<Result<_, _>>()?)
    }

    /// Every receipt ever given, for the check of a whole warehouse.
    pub(crate) fn all_receipts(&self) -> Result<Vec<SignedReceipt>, StoreError> {
        let mut statement = self.0.prepare("SELECT receipt FROM ops WHERE receipt IS NOT NULL")?;
        let rows = statement.query_map([], |r| r.get::<_, String>(0))?;
        Ok(rows.map(|r| r.map(SignedReceipt)).collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use motcua_dossier::{
        Applicant, Channel, DeclineKind, Declined, IdNumber, Party, PartyKind, ProcedureCode,
    };

    #[test]
    fn what_was_declined_stays_in_the_history_of_the_dossier() {
        let dir = tempfile::tempdir().unwrap();
        let records = crate::Records::open(&dir.path().join("records.db")).unwrap();
        let (id, op) = (DossierId::derive(1, &[1; 10]), OpId::derive(1, &[2; 10]));
        let owner = Party {
            kind: PartyKind::Citizen,
            name: "NGUYỄN VĂN MẪU".into(),
            number: IdNumber::parse("099000000001").unwrap(),
            aliases: vec![],
            address: String::new(),
            phone: String::new(),
        };
        let declined = DeclinedDossier {
            record: Declined {
                kind: DeclineKind::Refusal,
                reasons: vec![],
                officer: "canbo.mau".into(),
                at: Timestamp(1),
            },
            channel: Channel::Online,
            applicant: Applicant { owner, submitter: None },
            procedure: ProcedureCode::parse("1.000894").unwrap(),
            case_code: "thuong".into(),
        };
        let row = DossierRow {
            version: 1,
            agency: "a".into(),
            submitted: None,
            declined: Some((declined.clone(), op)),
            accepted: None,
            returned: None,
        };
        records.write(|view| view.keep_history(id, &row)).unwrap();
        let kept: (String, String) = records
            .read(|view| {
                let sql =
                    "SELECT declined, declined_op FROM dossier_history WHERE dossier = ? AND version = 1";
                Ok(view.0.query_row(sql, [id.to_string()], |r| Ok((r.get(0)?, r.get(1)?)))?)
            })
            .unwrap();
        assert_eq!(serde_json::from_str::<DeclinedDossier>(&kept.0).unwrap(), declined);
        assert_eq!(kept.1, op.to_string());
    }
}
