//! Fees, steps and feedback: rows that are only ever added, beside the dossiers they belong to.

use super::{StoreError, View};
use crate::scope::Scope;
use motcua_dossier::{
    Day, Deadline, DeviceId, DocumentId, DossierId, FeeAccount, FeeAct, FeeMethod, FeeRecord, FeedbackReason,
    IdNumber, OpId, Standing, StepRecord, Timestamp,
};
use motcua_wire::{
    AcceptedDossier, ConsentRecord, FeeEntry, Feedback, FeedbackAnswer, FeedbackFinding, OfficerFees,
    OwnerIdentity, StepEntry, Use, WrongUse,
};
use rusqlite::{OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

/// What a list of uses or confirmations is asked by.
#[derive(Clone, Copy)]
pub(crate) enum By {
    Dossier(DossierId),
    Document(DocumentId),
}

impl By {
    fn column(self) -> &'static str {
        match self {
            Self::Dossier(_) => "dossier",
            Self::Document(_) => "document",
        }
    }

    fn value(self) -> String {
        match self {
            Self::Dossier(id) => id.to_string(),
            Self::Document(id) => id.to_string(),
        }
    }
}

/// Where an entry comes from.
pub(crate) struct Source<'a> {
    pub(crate) op: OpId,
    pub(crate) dossier: DossierId,
    pub(crate) device: DeviceId,
    pub(crate) agency: &'a str,
    pub(crate) at: Timestamp,
}

const FEEDBACK: &str =
    "serial, id, document, version, reason, text, officer, given_at, from_agency, to_agency,
    answered_at, corrected, answer, answered_by, confirmed";

/// Most dossiers told of that use one wrong paper.
const WRONG_USES: u32 = 200;

impl View<'_> {
    /// The operation stands alone: nothing of its own machine is overtaken by it. One that stands beside its dossier
    /// contradicts no other machine either; a paper does, for whoever decides has to have seen it.
    pub(crate) fn set_alone(&self, op: OpId, aside: bool) -> Result<(), StoreError> {
        let kind = if aside { 1 } else { 2 };
        self.0
            .prepare_cached("UPDATE ops SET aside = ? WHERE id = ?")?
            .execute(params![kind, op.to_string()])?;
        Ok(())
    }

    /// The entries of a dossier in their order.
    pub(crate) fn fee_entries(&self, dossier: DossierId) -> Result<Vec<FeeEntry>, StoreError> {
        self.entries_of("fees", dossier, |id, record, device, taken_at| FeeEntry {
            id,
            record,
            device,
            taken_at,
        })
    }

    /// What stands beside a dossier in that table, in its order.
    fn entries_of<T, R: DeserializeOwned>(
        &self,
        table: &'static str,
        dossier: DossierId,
        entry: impl Fn(OpId, R, DeviceId, Timestamp) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let sql = format!("SELECT op, record, device, at FROM {table} WHERE dossier = ? ORDER BY serial");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map([dossier.to_string()], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?, r.get(3)?))
        })?;
        rows.map(|row| {
            let (op, record, device, at) = row?;
            let op = OpId::parse(&op).map_err(|_| StoreError::Identifier)?;
            let device = DeviceId::parse(&device).map_err(|_| StoreError::Identifier)?;
            Ok(entry(op, serde_json::from_str(&record)?, device, Timestamp(at)))
        })
        .collect()
    }

    /// Adds an entry that the account takes. A reversal has amount and method of what it reverses, so that
    /// totals need no second look.
    pub(crate) fn put_fee(
        &self,
        from: &Source<'_>,
        record: &FeeRecord,
        reversed: Option<&FeeAct>,
    ) -> Result<(), StoreError> {
        let (kind, of) = match &record.act {
            FeeAct::Paid { .. } => ("paid", Some(&record.act)),
            FeeAct::Relieved { .. } => ("relieved", Some(&record.act)),
            FeeAct::Reversed { .. } => ("reversed", reversed),
        };
        let (amount, method) = match of {
            Some(FeeAct::Paid { amount, method, .. }) => (*amount, Some(method_text(*method))),
            Some(FeeAct::Relieved { amount, .. }) => (*amount, None),
            Some(FeeAct::Reversed { .. }) | None => return Err(StoreError::Identifier),
        };
        let (number, reverses) = match &record.act {
            FeeAct::Paid { receipt_number, .. } => (Some(receipt_number), None),
            FeeAct::Relieved { .. } => (None, None),
            FeeAct::Reversed { entry, .. } => (None, Some(entry.to_string())),
        };
        self.0.execute(
            "INSERT INTO fees(op, dossier, agency, device, officer, day, kind, amount, method, receipt_number,
               reverses, record, at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                from.op.to_string(),
                from.dossier.to_string(),
                from.agency,
                from.device.to_string(),
                record.officer,
                record.at.day().format_iso(),
                kind,
                amount,
                method,
                number,
                reverses,
                serde_json::to_string(record)?,
                from.at.0
            ],
        )?;
        Ok(())
    }

    /// Does a payment that stands bear that number at the agency.
    pub(crate) fn fee_receipt_taken(&self, agency: &str, number: &str) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM fees f WHERE f.agency = ? AND f.receipt_number = ?
                 AND NOT EXISTS (SELECT 1 FROM fees r WHERE r.reverses = f.op)",
            )?
            .exists([agency, number])?)
    }

    /// What the officers of a scope took on a day.
    pub(crate) fn fee_totals(
        &self,
        scope: &Scope,
        day: Day,
        officer: Option<&str>,
    ) -> Result<Vec<OfficerFees>, StoreError> {
        let sql = format!(
            "SELECT officer, method, sum(kind = 'paid'), sum(CASE kind WHEN 'paid' THEN amount ELSE 0 END),
               sum(CASE kind WHEN 'reversed' THEN amount ELSE 0 END)
             FROM fees WHERE {} AND day = ?2 AND method IS NOT NULL AND (?3 IS NULL OR officer = ?3)
             GROUP BY officer, method ORDER BY officer, method",
            Scope::holds("agency", "?1")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.parameter(), day.format_iso(), officer], |r| {
            Ok((r.get(0)?, r.get::<_, String>(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
        })?;
        rows.map(|row| {
            let (officer, method, count, paid, reversed) = row?;
            Ok(OfficerFees { officer, method: method_of(&method)?, count, paid, reversed })
        })
        .collect()
    }

    /// The steps of a dossier in their order.
    pub(crate) fn step_entries(&self, dossier: DossierId) -> Result<Vec<StepEntry>, StoreError> {
        self.entries_of("steps", dossier, |id, record, device, taken_at| StepEntry {
            id,
            record,
            device,
            taken_at,
        })
    }

    pub(crate) fn put_step(&self, from: &Source<'_>, record: &StepRecord) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO steps(op, dossier, agency, device, officer, record, at) VALUES(?, ?, ?, ?, ?, ?, ?)",
            params![
                from.op.to_string(),
                from.dossier.to_string(),
                from.agency,
                from.device.to_string(),
                record.officer,
                serde_json::to_string(record)?,
                from.at.0
            ],
        )?;
        Ok(())
    }

    /// Where an accepted dossier stands.
    pub(crate) fn standing(&self, dossier: DossierId, promised: &Deadline) -> Result<Standing, StoreError> {
        let steps = self.step_entries(dossier)?;
        Ok(Standing::after(promised.clone(), steps.iter().map(|step| &step.record)))
    }

    /// Keeps the day on which a result is owed; none while nobody owes one.
    pub(crate) fn set_promise(&self, id: DossierId, accepted: &AcceptedDossier) -> Result<(), StoreError> {
        let standing = self.standing(id, &accepted.deadline)?;
        let due = standing.phase.runs().then(|| standing.due.day.format_iso());
        self.0
            .prepare_cached("UPDATE dossiers SET due = ? WHERE id = ?")?
            .execute(params![due, id.to_string()])?;
        Ok(())
    }

    pub(crate) fn put_feedback(&self, from: &Source<'_>, given: &Feedback) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO feedback(id, document, version, dossier, from_agency, to_agency, device, officer, reason,
               text, given_at, at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                given.id.to_string(),
                given.document.to_string(),
                given.version,
                from.dossier.to_string(),
                given.from_agency,
                given.to_agency,
                from.device.to_string(),
                given.officer,
                serde_json::to_string(&given.reason)?,
                given.text,
                given.given_at.0,
                from.at.0
            ],
        )?;
        Ok(())
    }

    /// The issuing agency found the paper wrong: nobody is offered it until it is filed anew or found right after all.
    pub(crate) fn confirm_feedback(&self, id: OpId, finding: &FeedbackFinding) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE feedback SET confirmed = ? WHERE id = ?",
            params![serde_json::to_string(finding)?, id.to_string()],
        )?;
        Ok(())
    }

    /// That version of a paper was found wrong and nothing came of it yet.
    pub(crate) fn is_under_correction(&self, id: DocumentId, version: u64) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM feedback WHERE document = ? AND version = ? AND confirmed IS NOT NULL
                 AND answered_at IS NULL",
            )?
            .exists(params![id.to_string(), version])?)
    }

    /// Feedback on a paper that nobody answered yet, each with the agency that gave it.
    pub(crate) fn unanswered(&self, id: DocumentId) -> Result<Vec<(OpId, String)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, from_agency FROM feedback WHERE document = ? AND answered_at IS NULL ORDER BY serial",
        )?;
        let rows = statement
            .query_map([id.to_string()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (id, from) = row?;
            Ok((OpId::parse(&id).map_err(|_| StoreError::Identifier)?, from))
        })
        .collect()
    }

    /// Agencies whose dossiers use a paper.
    pub(crate) fn agencies_using(&self, id: DocumentId) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT DISTINCT d.agency FROM uses u JOIN dossiers d ON d.id = u.dossier WHERE u.document = ?",
        )?;
        let rows = statement.query_map([id.to_string()], |r| r.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Feedback by which a paper was found wrong, and not right since.
    pub(crate) fn found_wrong(&self, id: DocumentId) -> Result<Vec<OpId>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id FROM feedback WHERE document = ? AND confirmed IS NOT NULL
             AND (answered_at IS NULL OR corrected = 1)",
        )?;
        let rows = statement.query_map([id.to_string()], |r| r.get::<_, String>(0))?;
        rows.map(|id| OpId::parse(&id?).map_err(|_| StoreError::Identifier)).collect()
    }

    /// Dossiers of a scope that use that version of a paper, oldest use first.
    pub(crate) fn wrong_uses(
        &self,
        id: DocumentId,
        version: u64,
        scope: &Scope,
    ) -> Result<Vec<WrongUse>, StoreError> {
        let sql = format!(
            "SELECT d.id, d.accepted, d.returned IS NOT NULL FROM uses u JOIN dossiers d ON d.id = u.dossier
             WHERE u.document = ?1 AND d.accepted IS NOT NULL AND {}
               AND NOT EXISTS (SELECT 1 FROM document_versions v
                               WHERE v.document = ?1 AND v.version > ?3 AND v.filed_at <= u.at)
             ORDER BY u.at, d.id LIMIT {WRONG_USES}",
            Scope::holds("d.agency", "?2")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![id.to_string(), scope.parameter(), version], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get(2)?))
        })?;
        rows.map(|row| {
            let (dossier, accepted, returned) = row?;
            let accepted: AcceptedDossier = serde_json::from_str(&accepted)?;
            Ok(WrongUse {
                dossier: DossierId::parse(&dossier).map_err(|_| StoreError::Identifier)?,
                code: accepted.code,
                owner_name: accepted.applicant.owner.name,
                officer: accepted.officer,
                returned,
            })
        })
        .collect()
    }

    pub(crate) fn answer_feedback(&self, id: OpId, answer: &FeedbackAnswer) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE feedback SET answered_at = ?, corrected = ?, answer = ?, answered_by = ? WHERE id = ?",
            params![answer.at.0, answer.corrected, answer.text, answer.officer, id.to_string()],
        )?;
        Ok(())
    }

    pub(crate) fn feedback(&self, id: OpId) -> Result<Option<Feedback>, StoreError> {
        let sql = format!("SELECT {FEEDBACK} FROM feedback WHERE id = ?");
        let found = self.0.prepare_cached(&sql)?.query_row([id.to_string()], raw_feedback).optional()?;
        found.map(|raw| raw.read().map(|(_, feedback)| feedback)).transpose()
    }

    /// Feedback of a scope or on its papers, and on wrong papers its dossiers use, after a place, each with its place.
    pub(crate) fn feedback_after(
        &self,
        scope: &Scope,
        after: u64,
        limit: u32,
        open_only: bool,
    ) -> Result<Vec<(u64, Feedback)>, StoreError> {
        let sql = format!(
            "SELECT {FEEDBACK} FROM feedback WHERE serial > ?1 AND ({} OR {} OR confirmed IS NOT NULL AND EXISTS (
                 SELECT 1 FROM uses u JOIN dossiers d ON d.id = u.dossier
                 WHERE u.document = feedback.document AND {}))
               AND (NOT ?4 OR answered_at IS NULL) ORDER BY serial LIMIT ?3",
            Scope::holds("from_agency", "?2"),
            Scope::holds("to_agency", "?2"),
            Scope::holds("d.agency", "?2")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![after, scope.parameter(), limit, open_only], raw_feedback)?;
        rows.map(|raw| raw?.read()).collect()
    }

    /// Papers reused by dossiers of a scope, newest first.
    pub(crate) fn uses(&self, by: By, scope: &Scope, limit: u32) -> Result<Vec<Use>, StoreError> {
        let sql = format!(
            "SELECT u.dossier, u.document, u.at FROM uses u JOIN dossiers d ON d.id = u.dossier
             WHERE u.{} = ?1 AND {} ORDER BY u.at DESC, u.dossier, u.document LIMIT ?3",
            by.column(),
            Scope::holds("d.agency", "?2")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![by.value(), scope.parameter(), limit], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get(2)?))
        })?;
        rows.map(|row| {
            let (dossier, document, at) = row?;
            let (dossier, document) = ids(&dossier, &document)?;
            Ok(Use { dossier, document, at: Timestamp(at) })
        })
        .collect()
    }

    /// Confirmations for dossiers of a scope, newest first.
    pub(crate) fn consents(
        &self,
        by: By,
        scope: &Scope,
        limit: u32,
    ) -> Result<Vec<ConsentRecord>, StoreError> {
        let sql = format!(
            "SELECT c.dossier, c.document, c.at, c.method, c.officer, c.national
             FROM consents c JOIN dossiers d ON d.id = c.dossier
             WHERE c.{} = ?1 AND {} ORDER BY c.at DESC, c.dossier, c.document LIMIT ?3",
            by.column(),
            Scope::holds("d.agency", "?2")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![by.value(), scope.parameter(), limit], |r| {
            let (dossier, document): (String, String) = (r.get(0)?, r.get(1)?);
            let (at, method, officer, national): (i64, String, String, bool) =
                (r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?);
            Ok((dossier, document, at, method, officer, national))
        })?;
        rows.map(|row| {
            let (dossier, document, at, method, officer, national) = row?;
            let (dossier, document) = ids(&dossier, &document)?;
            let method = serde_json::from_value(serde_json::Value::String(method))?;
            Ok(ConsentRecord { dossier, document, at: Timestamp(at), method, officer, national })
        })
        .collect()
    }

    /// What the identity service last said of somebody to a counter of the agency.
    pub(crate) fn identity_told(
        &self,
        number: &IdNumber,
        agency: &str,
    ) -> Result<Option<OwnerIdentity>, StoreError> {
        let found: Option<(String, i64)> = self
            .0
            .prepare_cached("SELECT answer, at FROM identity_told WHERE number = ? AND agency = ?")?
            .query_row([number.value(), agency], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        found
            .map(|(answer, at)| {
                Ok(OwnerIdentity { answer: serde_json::from_str(&answer)?, at: Timestamp(at) })
            })
            .transpose()
    }

    pub(crate) fn tell_identity(
        &self,
        number: &IdNumber,
        agency: &str,
        told: &OwnerIdentity,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO identity_told(number, agency, answer, at) VALUES(?, ?, ?, ?)
             ON CONFLICT(number, agency) DO UPDATE SET answer = excluded.answer, at = excluded.at",
            params![number.value(), agency, serde_json::to_string(&told.answer)?, told.at.0],
        )?;
        Ok(())
    }
}

/// The account these entries make under the fee of the acceptance as it is now.
pub(crate) fn account(fee: u64, entries: &[FeeEntry]) -> FeeAccount {
    FeeAccount::of(fee, entries.iter().map(|entry| (entry.id, &entry.record.act)))
}

fn ids(dossier: &str, document: &str) -> Result<(DossierId, DocumentId), StoreError> {
    let dossier = DossierId::parse(dossier).map_err(|_| StoreError::Identifier)?;
    Ok((dossier, DocumentId::parse(document).map_err(|_| StoreError::Identifier)?))
}

fn method_text(method: FeeMethod) -> &'static str {
    match method {
        FeeMethod::Cash => "cash",
        FeeMethod::Transfer => "transfer",
        FeeMethod::Portal => "portal",
        FeeMethod::Post => "post",
    }
}

fn method_of(text: &str) -> Result<FeeMethod, StoreError> {
    let all = [FeeMethod::Cash, FeeMethod::Transfer, FeeMethod::Portal, FeeMethod::Post];
    all.into_iter().find(|m| method_text(*m) == text).ok_or(StoreError::Identifier)
}

struct RawFeedback {
    serial: u64,
    id: String,
    document: String,
    version: u64,
    reason: String,
    text: String,
    officer: String,
    given_at: i64,
    from_agency: String,
    to_agency: Option<String>,
    answered_at: Option<i64>,
    corrected: Option<bool>,
    answer: Option<String>,
    answered_by: Option<String>,
    confirmed: Option<String>,
}

fn raw_feedback(row: &Row<'_>) -> rusqlite::Result<RawFeedback> {
    Ok(RawFeedback {
        serial: row.get(0)?,
        id: row.get(1)?,
        document: row.get(2)?,
        version: row.get(3)?,
        reason: row.get(4)?,
        text: row.get(5)?,
        officer: row.get(6)?,
        given_at: row.get(7)?,
        from_agency: row.get(8)?,
        to_agency: row.get(9)?,
        answered_at: row.get(10)?,
        corrected: row.get(11)?,
        answer: row.get(12)?,
        answered_by: row.get(13)?,
        confirmed: row.get(14)?,
    })
}

impl RawFeedback {
    fn read(self) -> Result<(u64, Feedback), StoreError> {
        let reason: FeedbackReason = serde_json::from_str(&self.reason)?;
        let answer = match (self.answered_at, self.corrected, self.answer, self.answered_by) {
            (Some(at), Some(corrected), Some(text), Some(officer)) => {
                Some(FeedbackAnswer { corrected, text, officer, at: Timestamp(at) })
            }
            _ => None,
        };
        let feedback = Feedback {
            id: OpId::parse(&self.id).map_err(|_| StoreError::Identifier)?,
            document: DocumentId::parse(&self.document).map_err(|_| StoreError::Identifier)?,
            version: self.version,
            reason,
            text: self.text,
            officer: self.officer,
            given_at: Timestamp(self.given_at),
            from_agency: self.from_agency,
            to_agency: self.to_agency,
            confirmed: self.confirmed.map(|text| serde_json::from_str(&text)).transpose()?,
            answer,
            ours: false,
            paper: None,
            uses: vec![],
        };
        Ok((self.serial, feedback))
    }
}
