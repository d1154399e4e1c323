//! What this counter wants to send beside what the warehouse has, and how a person settles it.
//!
//! The warehouse does not take an operation whose dossier another counter changed or holds; its answer is kept with
//! the line. Lists of both sides go together, values that only one side has are taken and listed, the rest is put side
//! by side and a person chooses. Both values stay in the dossier's history, the operation that was not taken stays in
//! the outbox as replaced, and the choice leaves as a new operation in knowledge of the warehouse's version.

use crate::desk::{Change, Desk};
use crate::error::{DeskError, IntakeError, OfficeProblem};
use crate::office::succeeds;
use crate::ports::{KeptConflict, QueuedOp};
use motcua_dossier::{
    Applicant, DeclineKind, Declined, Difference, Dossier, DossierCode, DossierState, Merged, OpId,
    OutboxItem, OutboxKind, OutboxState, ReceiptChange, Settlement, Sheet, Side, Timestamp, merge,
};
use motcua_wire::{AcceptedDossier, DossierView, EvidenceSource, OpPayload, ReturnedResult};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Code of a line that others' work stands in the way of.
pub(crate) const CONFLICT: &str = "dossierConflict";
/// The returned result is one value: signed papers are never put together.
const RESULT: &str = "result";
/// What became of a dossier: this counter did not accept it, another did or did not. One of them stands.
const OUTCOME: &str = "outcome";
/// One dossier has one code in the warehouse, and it is on the citizen's paper.
const CODE: &str = "code";
const COMPONENT: &str = "components.";
const CONSENTS: &str = "consents";

/// Two sides of one dossier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The operation the warehouse did not take.
    pub line: OutboxItem,
    /// What the warehouse said.
    pub kept: KeptConflict,
    /// Single values that differ, as JSON; a person decides where none was taken.
    pub differences: Vec<Difference>,
    /// Entries that only this counter's lists have; they are added.
    pub added: u32,
}

impl Desk {
    /// Both sides of a line whose dossier others changed or hold; none when the line has no conflict.
    ///
    /// # Errors
    /// No such line, the vault is closed.
    pub async fn conflict(&self, op: OpId) -> Result<Option<Conflict>, DeskError> {
        let queued = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?;
        let Some(kept) = self.vault.conflict(op)?.filter(|_| is_conflict(&queued.item)) else {
            return Ok(None);
        };
        let merged = merge_sides(&queued.op.payload, &kept);
        let theirs = kept.server.as_ref().and_then(|server| server.accepted.as_ref());
        let known = theirs.map_or(0, |accepted| accepted.consents.len());
        let all = merged.sheet.lists.get(CONSENTS).map_or(0, Vec::len);
        let added = if theirs.is_some() { all.saturating_sub(known) } else { 0 };
        Ok(Some(Conflict {
            line: queued.item,
            kept,
            differences: merged.differences,
            added: u32::try_from(added).unwrap_or(u32::MAX),
        }))
    }

    /// Settles it: a side for every value a person decides on. What is sent now is a new operation; nothing is sent
    /// when the warehouse's side was taken everywhere.
    ///
    /// # Errors
    /// The line has no conflict; a value is undecided; the receipt cannot be made; the vault is closed.
    pub async fn settle_conflict(
        &self,
        op: OpId,
        choices: &BTreeMap<String, Side>,
    ) -> Result<Dossier, DeskError> {
        let line = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?.item;
        let officer = self.officer();
        let dossier = self.change(line.dossier, |change| {
            let queued = self.vault.queued(op)?.ok_or(IntakeError::UnknownOutboxLine)?;
            let kept = self.vault.conflict(op)?.filter(|_| is_conflict(&queued.item));
            let kept = kept.ok_or(OfficeProblem::NoConflict)?;
            let (sheet, differences) = merge_sides(&queued.op.payload, &kept)
                .decide(choices)
                .map_err(|undecided| OfficeProblem::Undecided(undecided.0))?;
            if queued.op.payload.stands_alone() {
                // A paper more contradicts nobody, nor does work taken back: the same operation is sent again.
                let item = OutboxItem { state: OutboxState::Queued, ..queued.item };
                change.batch.outbox.push(item);
                change.wakes = true;
                return Ok(());
            }
            change.dossier.server_version = kept.server_version;
            change.close(queued.item.clone());
            let ours = |d: &Difference| d.taken == Some(Side::Ours);
            match &queued.op.payload {
                // What another counter did with it meanwhile stands.
                OpPayload::Decline(_) => {
                    let settled =
                        |server: &DossierView| server.accepted.is_some() || server.declined.is_some();
                    match kept.server.as_ref().filter(|server| settled(server)) {
                        // The warehouse has one word of a dossier: it stands, and a person has seen it.
                        Some(_) if differences.iter().any(ours) => {
                            return Err(OfficeProblem::Undecided(vec![OUTCOME.to_owned()]).into());
                        }
                        Some(server) => self.take_their_word(change, server)?,
                        // Somebody had it on the table, or filed a paper: it is said again in knowledge of that.
                        None => {
                            change.enqueue(OutboxKind::Decline, queued.op.payload.clone(), vec![])?;
                        }
                    }
                }
                OpPayload::FileDocument { .. }
                | OpPayload::Submit(_)
                | OpPayload::Withdraw(_)
                | OpPayload::Fee(_)
                | OpPayload::Step(_)
                | OpPayload::Feedback(_) => {}
                OpPayload::ReturnResult(result) => {
                    if differences.is_empty() || differences.iter().any(ours) {
                        send_result_again(change, op, &queued)?;
                    } else if let Some(theirs) = kept.server.as_ref().and_then(|s| s.returned.as_ref()) {
                        take_their_result(&mut change.dossier, theirs, result);
                    }
                }
                OpPayload::AcceptDossier(accepted) => {
                    self.settle_acceptance_conflict(change, &queued, accepted, &kept, &sheet)?;
                }
            }
            change.dossier.settlements.push(Settlement {
                at: change.now,
                officer,
                op,
                server_version: kept.server_version,
                differences,
            });
            Ok(())
        })?;
        self.wake.notify_one();
        if line.kind == OutboxKind::Decline && dossier.state.acceptance().is_some() {
            return self.heard_now(dossier).await;
        }
        Ok(dossier)
    }

    /// The same dossier with the fees and steps the warehouse tells, when there is a line.
    async fn heard_now(&self, dossier: Dossier) -> Result<Dossier, DeskError> {
        if self.live().online == Some(false) {
            return Ok(dossier);
        }
        self.hear_fees_and_steps(dossier.id).await?;
        self.stored(dossier.id)
    }

    /// It was declined here, and accepted or declined elsewhere before: it is the dossier as it was accepted there, with
    /// the rows it has there. Papers of this counter stay on this machine.
    fn take_their_word(&self, change: &mut Change<'_>, server: &DossierView) -> Result<(), DeskError> {
        if let Some(accepted) = &server.accepted {
            let here = change.dossier.clone();
            let row = self.vault.office_dossier(here.id)?;
            let counter = row.as_ref().map_or("", |row| row.counter.as_str());
            let returned_at = server.returned.as_ref().map(|returned| returned.returned_at);
            let submitted = server.submitted.clone().or_else(|| here.submission.as_deref().cloned());
            let known = (here.procedure_name.as_str(), counter);
            let stands = (server.version, returned_at);
            let mut there = self.dossier_of(here.id, known, accepted.clone(), submitted, stands)?;
            // What was paid and done is known from here until the warehouse is asked.
            there.fees.clone_from(&here.fees);
            there.steps.clone_from(&here.steps);
            let revision = here.revision;
            change.dossier = Dossier { revision, ..succeeds(there, here) };
        } else if let Some(declined) = &server.declined {
            change.dossier.state = DossierState::Declined(Box::new(declined.record.clone()));
        }
        Ok(())
    }

    /// The acceptance both sides agree on now takes the place of the one that was not taken.
    fn settle_acceptance_conflict(
        &self,
        change: &mut Change<'_>,
        queued: &QueuedOp,
        ours: &AcceptedDossier,
        kept: &KeptConflict,
        sheet: &Sheet,
    ) -> Result<(), DeskError> {
        let Some(theirs) = kept.server.as_ref().and_then(|server| server.accepted.as_ref()) else {
            let results = self.close_results(change)?;
            change.enqueue(OutboxKind::Acceptance, queued.op.payload.clone(), queued.item.blobs.clone())?;
            return self.number_again(change, results);
        };
        let mut agreed = accepted_of(sheet, ours)?;
        let same = AcceptedDossier { receipt: theirs.receipt, ..agreed.clone() } == *theirs;
        apply(&mut change.dossier, &agreed);
        let results = self.close_results(change)?;
        if !same {
            let (code, at) = (agreed.code.clone(), agreed.accepted_at);
            agreed.receipt =
                self.make_receipt(&change.dossier, &code, at, &agreed.deadline, &agreed.officer)?;
            change.dossier.receipt = Some(agreed.receipt);
            change.dossier.reprint.insert(ReceiptChange::Papers);
            let mut blobs = vec![agreed.receipt];
            for component in &agreed.components {
                if let EvidenceSource::Scan { blob, .. } | EvidenceSource::File { blob, .. } =
                    &component.source
                    && self.vault.has_blob(blob)?
                {
                    blobs.push(*blob);
                }
            }
            let payload = OpPayload::AcceptDossier(Box::new(agreed));
            change.enqueue(OutboxKind::Acceptance, payload, blobs)?;
        }
        self.number_again(change, results)
    }
}

/// Others' work stands in its way.
fn is_conflict(item: &OutboxItem) -> bool {
    matches!(&item.state, OutboxState::NeedsAttention { code } if code == CONFLICT)
}

fn send_result_again(change: &mut Change<'_>, before: OpId, queued: &QueuedOp) -> Result<(), DeskError> {
    let op = change.enqueue(OutboxKind::Result, queued.op.payload.clone(), queued.item.blobs.clone())?;
    if let Some(result) = &mut change.dossier.result
        && let Some((filed_by, _)) = &mut result.attachment.digitized
        && *filed_by == before
    {
        *filed_by = op;
    }
    Ok(())
}

/// The result that was handed over elsewhere counts; ours stays in the history and its file on this machine.
fn take_their_result(dossier: &mut Dossier, theirs: &ReturnedResult, ours: &ReturnedResult) {
    if let DossierState::Completed { at, .. } = &mut dossier.state {
        *at = theirs.returned_at;
    }
    if dossier.result.as_ref().is_some_and(|result| result.attachment.blob == ours.record.blob) {
        dossier.result = None;
    }
}

/// What one side says became of a dossier, for a person to read.
#[derive(Serialize)]
struct Outcome<'a> {
    /// `accepted`, `supplement` or `refusal`.
    kind: &'static str,
    officer: &'a str,
    at: Timestamp,
    code: Option<&'a DossierCode>,
    reasons: Vec<&'a str>,
}

impl<'a> Outcome<'a> {
    fn accepted(accepted: &'a AcceptedDossier) -> Self {
        let (officer, at, code) = (&accepted.officer, accepted.accepted_at, Some(&accepted.code));
        Self { kind: "accepted", officer, at, code, reasons: vec![] }
    }

    fn declined(said: &'a Declined) -> Self {
        let kind = match said.kind {
            DeclineKind::Supplement => "supplement",
            DeclineKind::Refusal => "refusal",
        };
        let reasons = said.reasons.iter().map(|reason| reason.text.as_str()).collect();
        Self { kind, officer: &said.officer, at: said.at, code: None, reasons }
    }
}

fn outcome(outcome: &Outcome<'_>) -> Sheet {
    let text = serde_json::to_string(outcome).unwrap_or_default();
    Sheet { fields: BTreeMap::from([(OUTCOME.to_owned(), text)]), ..Sheet::default() }
}

fn merge_sides(ours: &OpPayload, kept: &KeptConflict) -> Merged {
    let nothing = Merged { sheet: Sheet::default(), differences: vec![] };
    let Some(server) = &kept.server else { return nothing };
    match ours {
        OpPayload::FileDocument { .. }
        | OpPayload::Submit(_)
        | OpPayload::Withdraw(_)
        | OpPayload::Fee(_)
        | OpPayload::Step(_)
        | OpPayload::Feedback(_) => nothing,
        OpPayload::Decline(ours) => {
            let theirs = match (&server.accepted, &server.declined) {
                (Some(accepted), _) => outcome(&Outcome::accepted(accepted)),
                (None, Some(declined)) => outcome(&Outcome::declined(&declined.record)),
                (None, None) => return nothing,
            };
            merge(None, &outcome(&Outcome::declined(&ours.record)), &theirs)
        }
        OpPayload::ReturnResult(ours) => {
            let Some(theirs) = &server.returned else { return nothing };
            merge(None, &result_sheet(ours), &result_sheet(theirs))
        }
        OpPayload::AcceptDossier(ours) => {
            let Some(theirs) = &server.accepted else { return nothing };
            let mut merged = merge(None, &accepted_sheet(ours), &accepted_sheet(theirs));
            if let Some(code) = merged.differences.iter_mut().find(|d| d.field == CODE) {
                code.taken = Some(Side::Theirs);
                merged.sheet.fields.extend(code.theirs.clone().map(|code| (CODE.to_owned(), code)));
            }
            merged
        }
    }
}

fn result_sheet(result: &ReturnedResult) -> Sheet {
    let text = serde_json::to_string(result).unwrap_or_default();
    Sheet { fields: BTreeMap::from([(RESULT.to_owned(), text)]), ..Sheet::default() }
}

/// The acceptance value by value. The receipt is made from them.
fn accepted_sheet(accepted: &AcceptedDossier) -> Sheet {
    let mut sheet = Sheet::default();
    let Ok(Value::Object(mut fields)) = serde_json::to_value(accepted) else { return sheet };
    fields.remove("receipt");
    if let Some(Value::Array(consents)) = fields.remove(CONSENTS) {
        sheet.lists.insert(CONSENTS.to_owned(), consents.iter().map(Value::to_string).collect());
    }
    if let Some(Value::Array(rows)) = fields.remove("components") {
        for row in rows {
            let number = row.get("number").and_then(Value::as_u64).unwrap_or(0);
            sheet.fields.insert(format!("{COMPONENT}{number:04}"), row.to_string());
        }
    }
    if let Some(Value::Object(parties)) = fields.remove("applicant") {
        fields.extend(parties);
    }
    let said = fields.into_iter().filter(|(_, value)| !value.is_null());
    sheet.fields.extend(said.map(|(name, value)| (name, value.to_string())));
    sheet
}

/// The acceptance of a sheet, with the receipt of `like`.
fn accepted_of(sheet: &Sheet, like: &AcceptedDossier) -> Result<AcceptedDossier, DeskError> {
    let read = |text: &String| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let mut fields = Map::new();
    let (mut rows, mut parties) = (vec![], Map::new());
    for (name, text) in &sheet.fields {
        match name.as_str() {
            "owner" | "submitter" => drop(parties.insert(name.clone(), read(text))),
            _ if name.starts_with(COMPONENT) => rows.push(read(text)),
            _ => drop(fields.insert(name.clone(), read(text))),
        }
    }
    let consents = sheet.lists.get(CONSENTS).map(|list| list.iter().map(read).collect()).unwrap_or_default();
    fields.insert("applicant".to_owned(), Value::Object(parties));
    fields.insert("components".to_owned(), Value::Array(rows));
    fields.insert(CONSENTS.to_owned(), Value::Array(consents));
    fields.insert("receipt".to_owned(), Value::String(like.receipt.to_string()));
    serde_json::from_value(Value::Object(fields)).map_err(|_| OfficeProblem::NoConflict.into())
}

/// What was agreed on stands in the dossier of this counter too; files it has stay on their rows.
fn apply(dossier: &mut Dossier, agreed: &AcceptedDossier) {
    let Applicant { owner, submitter } = agreed.applicant.clone();
    dossier.applicant = Applicant { owner, submitter };
    dossier.code = Some(agreed.code.clone());
    dossier.channel = agreed.channel;
    dossier.return_method = agreed.return_method;
    dossier.identity = agreed.identity.clone();
    dossier.procedure = agreed.procedure.clone();
    dossier.case_code.clone_from(&agreed.case_code);
    dossier.reference_version = agreed.reference_version;
    dossier.fee = agreed.fee;
    let (now_at, now_due) = (agreed.accepted_at, agreed.deadline.clone());
    match &mut dossier.state {
        DossierState::Draft
        | DossierState::Declined(_)
        | DossierState::SetAside(_)
        | DossierState::Withdrawn { .. } => {}
        DossierState::Accepted { at, deadline }
        | DossierState::Completed { accepted_at: at, deadline, .. } => {
            *at = now_at;
            *deadline = now_due;
        }
    }
}
