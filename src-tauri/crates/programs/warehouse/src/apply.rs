//! What an operation of a counter does: once, in order, whole, with a signed receipt.

use crate::audit::{event, of_op};
use crate::intake::{FileRefusal, PaperFile, admit};
use crate::ledger;
use crate::reference::Reference;
use crate::store::{DossierRow, GrantRow, PaperRow, StoreError, StoredStatus, View};
use crate::submissions;
use crate::warehouse::{Caller, Warehouse};
use motcua_dossier::{
    BlobId, ConsentMethod, CorrectedResult, Day, DocumentId, DocumentRecord, DocumentStatus, DossierCode,
    DossierId, IdNumber, OpId, PaperCode, Party, Procedure, Provenance, ReferenceData, SettingKey,
    SigningRule, StepAct, StepRecord, Timestamp, USUAL_GRACE_DAYS,
};
use motcua_wire::{
    AcceptedDossier, Change, DossierEvent, DossierView, EvidenceSource, MAX_KEPT, MAX_REPLACED, MAX_TEXT, Op,
    OpPayload, OpResult, ReceiptBody, ReturnedResult, Role, SCHEMA_VERSION, SignedReceipt, WithdrawnWork,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Oldest payload schema taken.
pub(crate) const MIN_SCHEMA: u32 = 1;

/// So far may a counter's clock be ahead: machines without the network drift by minutes, and a later
/// hour on the receipt would be a promise nobody made.
pub(crate) const AHEAD_MS: i64 = 10 * 60 * 1000;

/// So many days may pass between "Tiếp nhận" without the network and its arrival here; what was valid
/// on that day stays reused. A day told from further back is taken for this one: it could be
/// invented to reuse a paper that has long expired.
pub(crate) const OFFLINE_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// The longest a province lets a counter work alone.
const ALONE_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Why an operation is not applied.
#[derive(Debug)]
pub(crate) enum Stop {
    Rejected { code: String, fields: Vec<String> },
    Deferred(Vec<String>),
    Conflict(Box<DossierView>),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<FileRefusal> for Stop {
    fn from(refusal: FileRefusal) -> Self {
        rejected(&refusal.code(), &["file"])
    }
}

/// Whoever accepted a dossier, took a step or handed a result over had the right to on that day, in this office; once its officers
/// are known here. What he did before his grant ended is good whenever it comes.
fn require_author(view: &View<'_>, caller: &Caller, op: &Op, reference: &Reference) -> Result<(), Stop> {
    let (officer, at, roles, procedure): (_, _, &[Role], _) = match &op.payload {
        OpPayload::AcceptDossier(accepted) => {
            (&accepted.officer, accepted.accepted_at, &[Role::Intake], Some(accepted.procedure.clone()))
        }
        OpPayload::Decline(declined) => {
            let said = &declined.record;
            (&said.officer, said.at, &[Role::Intake], Some(declined.procedure.clone()))
        }
        OpPayload::ReturnResult(result) => {
            let accepted = view.dossier(op.dossier)?.and_then(|row| row.accepted);
            let roles = &[Role::Intake, Role::Clerk, Role::Signer];
            (&result.officer, result.returned_at, roles, accepted.map(|a| a.procedure))
        }
        OpPayload::Step(record) => {
            let accepted = view.dossier(op.dossier)?.and_then(|row| row.accepted);
            // Whoever may hand a result over may ask for another one, by what he was when he asked; who agrees is judged
            // for himself.
            let asked = record.act.corrected().map(|corrected| corrected.asked_at);
            let roles: &[Role] = if asked.is_some() {
                &[Role::Intake, Role::Clerk, Role::Signer, Role::Supervisor]
            } else {
                &[Role::Intake, Role::Specialist, Role::Clerk, Role::Signer, Role::Supervisor]
            };
            (&record.officer, asked.unwrap_or(record.at), roles, accepted.map(|a| a.procedure))
        }
        OpPayload::Feedback(record) if record.act.answers().is_some() => {
            let roles = &[Role::Intake, Role::Clerk, Role::Signer, Role::Supervisor];
            (&record.officer, record.at, roles, None)
        }
        _ => return Ok(()),
    };
    let any_field = matches!(op.payload, OpPayload::Feedback(_));
    let procedure = procedure.as_ref();
    let is = |known: &&Procedure| procedure.is_some_and(|code| known.code.same_procedure(code));
    let field = reference.data.procedures.iter().find(is).map(|known| known.field.as_str());
    let fits = |grant: &GrantRow| {
        let covers = any_field || grant.procedures.is_none() || grant.procedures.as_deref() == field;
        roles.contains(&grant.role) && covers
    };
    if lacks_role(view, caller, reference, (officer, at), fits)? {
        return Err(rejected("authorNotGranted", &["officer"]));
    }
    Ok(())
}

/// Where officers of the caller's office are known: that one had no such grant there on that day.
fn lacks_role(
    view: &View<'_>,
    caller: &Caller,
    reference: &Reference,
    (officer, at): (&str, Timestamp),
    fits: impl Fn(&GrantRow) -> bool,
) -> Result<bool, StoreError> {
    let (day, tree) = (at.day(), &reference.tree);
    let allows = |grant: &GrantRow| {
        fits(grant) && grant.holds_on(day) && tree.reach(&grant.node, day).contains(&caller.agency)
    };
    if view.grants_of(officer)?.iter().any(allows) {
        return Ok(false);
    }
    let known = |node: &String| tree.agency_of(node, day).as_ref() == Some(&caller.agency);
    Ok(view.nodes_of_officers()?.iter().any(known))
}

/// Whoever agreed that work is taken back, or that more is asked for once more, was a supervisor of the office on that
/// day; if not, that is noted. It holds all the same: the counter has closed what it took back, the citizen has the
/// paper, and nothing there could mend a refusal.
fn note_approver(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    reference: &Reference,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (approver, at) = match &op.payload {
        OpPayload::Withdraw(work) => (&work.approved_by, work.at),
        OpPayload::Step(record) => match &record.act {
            StepAct::SupplementAsked { exception: Some(exception), .. } => {
                (&exception.approved_by, record.at)
            }
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    let fits = |grant: &GrantRow| grant.role == Role::Supervisor;
    if lacks_role(view, caller, reference, (approver, at), fits)? {
        let subject = op.op_id.to_string();
        view.audit(&event(caller.device, approver, "op.approver_without_role", subject, now))?;
    }
    Ok(())
}

pub(crate) fn rejected(code: &str, fields: &[&str]) -> Stop {
    Stop::Rejected { code: code.to_owned(), fields: fields.iter().map(|f| (*f).to_owned()).collect() }
}

/// What an operation filed and verified.
#[derive(Default)]
struct Done {
    document: Option<DocumentId>,
    blobs: BTreeSet<BlobId>,
}

impl Warehouse {
    /// Applies a batch in its order. Within a dossier no acceptance or result overtakes one that did not
    /// succeed; papers and other dossiers go on.
    ///
    /// # Errors
    /// The store failed; what was applied before stays applied and answers as a duplicate.
    pub(crate) fn apply_all(
        &self,
        caller: &Caller,
        ops: Vec<Result<Op, OpResult>>,
        reference: &Reference,
    ) -> Result<Vec<OpResult>, StoreError> {
        let mut stuck: BTreeMap<DossierId, OpId> = BTreeMap::new();
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            let op = match op {
                Ok(op) => op,
                Err(result) => {
                    results.push(result);
                    continue;
                }
            };
            let result = match stuck.get(&op.dossier) {
                Some(earlier)
                    // What is answered as not kept is nowhere here: its counter may change it yet.
                    if !op.payload.stands_alone()
                        && self.records.read(|v| {
                            let applied = v.op(op.op_id)?.is_some_and(|o| o.applied.is_some());
                            Ok(!applied && v.kept_hash(op.op_id)?.is_none())
                        })? =>
                {
                    OpResult::Deferred { op_id: op.op_id, waits_for: vec![earlier.to_string()], kept: false }
                }
                _ => self.apply_or_keep(caller, &op, reference)?,
            };
            // What follows one that is kept is kept behind it.
            let goes_on = matches!(
                result,
                OpResult::Applied { .. } | OpResult::Duplicate { .. } | OpResult::Deferred { kept: true, .. }
            );
            if !goes_on && !op.payload.stands_alone() {
                stuck.entry(op.dossier).or_insert(op.op_id);
            }
            results.push(result);
        }
        Ok(results)
    }

    /// Applies one. A file may arrive while its operation is being taken into the inbox, so one that was
    /// kept is looked at once more.
    fn apply_or_keep(&self, caller: &Caller, op: &Op, reference: &Reference) -> Result<OpResult, StoreError> {
        let result = self.apply(caller, op, reference)?;
        let OpResult::Deferred { waits_for, kept: true, .. } = &result else { return Ok(result) };
        let lacked = waits_for.iter().any(|id| BlobId::parse(id).is_ok());
        if !lacked || !self.missing(caller, op)?.is_empty() {
            return Ok(result);
        }
        self.settle((op.dossier, op.device), reference)?;
        self.apply(caller, op, reference)
    }

    /// Applies one, keeps it in the inbox, or says why not.
    pub(crate) fn apply(
        &self,
        caller: &Caller,
        op: &Op,
        reference: &Reference,
    ) -> Result<OpResult, StoreError> {
        let now = self.now();
        let op_id = op.op_id;
        if !is_storable(op) {
            return Ok(reject(op_id, "opMalformed", vec![]));
        }
        let body_hash = body_hash(op)?;
        let (known, kept) = self.records.read(|v| Ok((v.op(op_id)?, v.kept_hash(op_id)?)))?;
        if known.as_ref().map(|k| k.body_hash).or(kept).is_some_and(|hash| hash != body_hash) {
            return Ok(reject(op_id, "idempotencyMismatch", vec![]));
        }
        if let Some((version, receipt)) = known.as_ref().and_then(|k| k.applied.clone()) {
            return Ok(OpResult::Duplicate { op_id, version, receipt });
        }
        let first = known.is_none() && kept.is_none();
        let replaced = if first { self.replace_earlier(caller, op, now) } else { Ok(()) };
        let examined = replaced.and_then(|()| self.examine(caller, op, reference, now));
        let outcome = examined.and_then(|missing| {
            self.records.attempt(|view| {
                if view.is_replaced(op)? {
                    return Err(rejected("opReplaced", &[]));
                }
                if let Some((version, receipt)) = view.op(op_id)?.and_then(|o| o.applied) {
                    return Ok(OpResult::Duplicate { op_id, version, receipt });
                }
                require_author(view, caller, op, reference)?;
                let dossier = stand_of(view, caller, op, reference, now)?;
                let mut waits_for: Vec<String> = missing.iter().map(BlobId::to_string).collect();
                match view.waits_behind(op)? {
                    // Whether it can be done follows from what is done before it.
                    Some(earlier) => waits_for.push(earlier.to_string()),
                    None if missing.is_empty() => {
                        let (version, receipt) = self.apply_in(view, caller, op, dossier, reference, now)?;
                        view.put_op(
                            op_id,
                            &body_hash,
                            op.dossier,
                            op.device,
                            op.device_seq,
                            Ok((version, &receipt)),
                            now,
                        )?;
                        if op.payload.stands_alone() {
                            view.set_alone(op_id, op.payload.is_aside())?;
                        }
                        view.audit(&of_op(caller, op, "op.applied", now))?;
                        note_approver(view, caller, op, reference, now)?;
                        view.drop_kept(op_id)?;
                        return Ok(OpResult::Applied { op_id, version, receipt });
                    }
                    None => {
                        let tried = view
                            .undone(|| self.apply_in(view, caller, op, dossier, reference, now).map(drop));
                        match tried {
                            Err(Stop::Deferred(more)) => {
                                waits_for.extend(more);
                                return Err(Stop::Deferred(waits_for));
                            }
                            tried => tried?,
                        }
                    }
                }
                let room = kept.is_some() || view.kept_of(op.device)? < MAX_KEPT;
                if room {
                    view.keep(op, &body_hash, &caller.agency, &missing, now)?;
                }
                Ok(OpResult::Deferred { op_id, waits_for, kept: room })
            })
        });
        let result = match outcome {
            Ok(result) => return Ok(result),
            Err(Stop::Rejected { code, fields }) => {
                self.records.write(|view| {
                    view.audit(&of_op(caller, op, "op.rejected", now))?;
                    view.put_op(op_id, &body_hash, op.dossier, op.device, op.device_seq, Err(&code), now)
                })?;
                reject(op_id, &code, fields)
            }
            Err(Stop::Deferred(waits_for)) => OpResult::Deferred { op_id, waits_for, kept: false },
            Err(Stop::Conflict(view)) => OpResult::Conflict {
                op_id,
                server_version: view.version,
                held_by: view.lease.clone().filter(|lease| lease.device != op.device),
                // Only a dossier that is here was changed here, or is held.
                server: Some(view),
            },
            Err(Stop::Store(error)) => return Err(error),
        };
        if kept.is_some() {
            self.records.write(|view| match (&op.payload, &result) {
                // Only what names a refused paper cannot go on without it, and notices by itself.
                (OpPayload::FileDocument { .. }, OpResult::Rejected { .. }) => view.drop_kept(op_id),
                _ => view.drop_kept_from(op),
            })?;
        }
        Ok(result)
    }

    /// What the operation takes the place of is never applied from here on, whatever becomes of the operation
    /// itself: its counter has closed them. So this is committed before it is looked at whether it can be done.
    fn replace_earlier(&self, caller: &Caller, op: &Op, now: Timestamp) -> Result<(), Stop> {
        // Work is taken back whole or not at all, together with the word for it.
        let takes_back = matches!(op.payload, OpPayload::Withdraw(_));
        if op.replaces.is_empty() || op.device != caller.device || takes_back {
            return Ok(());
        }
        self.records.attempt(|view| {
            replace_ops(view, op, now)?;
            Ok(view.audit(&of_op(caller, op, "op.replaces", now))?)
        })
    }

    /// Everything that needs no transaction: a blob that is there stays there, and looking into a
    /// file must not hold the writer. Says which files are not there.
    fn examine(
        &self,
        caller: &Caller,
        op: &Op,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Vec<BlobId>, Stop> {
        if !(MIN_SCHEMA..=SCHEMA_VERSION).contains(&op.schema_version) {
            return Err(rejected("schemaUnknown", &["schema_version"]));
        }
        if op.device != caller.device {
            return Err(rejected("deviceMismatch", &["device"]));
        }
        if caller.portal != matches!(op.payload, OpPayload::Submit(_)) {
            return Err(rejected(if caller.portal { "notForPortals" } else { "notAPortal" }, &["payload"]));
        }
        let missing = self.missing(caller, op)?;
        match &op.payload {
            OpPayload::FileDocument { record, owner_name } => {
                check_record(record, owner_name)?;
                self.admit_file(caller, op, (&PaperFile::of(record), &missing), reference, now)?;
            }
            OpPayload::ReturnResult(result) => {
                check_record(&result.record, &result.owner_name)?;
                let file = PaperFile::of(&result.record);
                self.admit_file(caller, op, (&file, &missing), reference, now)?;
                // Who has to sign is not a matter of what the sender calls it: it is the result of its procedure, too.
                let accepted = self.records.read(|v| v.dossier(op.dossier))?.and_then(|row| row.accepted);
                let of = |known: &&Procedure| {
                    accepted.as_ref().is_some_and(|accepted| known.code.same_procedure(&accepted.procedure))
                };
                let code = reference.data.procedures.iter().find(of).and_then(|p| p.result_code.as_ref());
                if code.is_some() && code != file.code {
                    self.admit_file(caller, op, (&PaperFile { code, ..file }, &missing), reference, now)?;
                }
            }
            OpPayload::Step(step) => {
                if let Some(corrected) = step.act.corrected() {
                    let paper = self.records.read(|v| v.paper(corrected.document))?;
                    let code = paper.as_ref().and_then(|paper| paper.record.metadata.result_code.as_ref());
                    let (blob, size, pages) = (corrected.blob, corrected.size, corrected.pages);
                    let file = PaperFile { blob, size, pages, code };
                    self.admit_file(caller, op, (&file, &missing), reference, now)?;
                }
            }
            OpPayload::Withdraw(work) => {
                let told = !work.reason.trim().is_empty() && !work.approved_by.trim().is_empty();
                let fits = told && work.approved_by != work.officer && !work.ops.is_empty();
                if !fits || work.ops.iter().any(|id| !op.replaces.contains(id)) {
                    return Err(rejected("withdrawUnfit", &["payload"]));
                }
            }
            OpPayload::AcceptDossier(accepted) => {
                if !missing.contains(&accepted.receipt) {
                    let receipt = self.blobs.read(&accepted.receipt).map_err(StoreError::from)?;
                    motcua_pdf::inspect(&receipt).map_err(|_| rejected("fileNotPdf", &["receipt"]))?;
                }
            }
            OpPayload::Submit(_) | OpPayload::Decline(_) | OpPayload::Fee(_) | OpPayload::Feedback(_) => {}
        }
        Ok(missing)
    }

    fn admit_file(
        &self,
        caller: &Caller,
        op: &Op,
        (file, missing): (&PaperFile<'_>, &[BlobId]),
        reference: &Reference,
        now: Timestamp,
    ) -> Result<(), Stop> {
        if missing.contains(&file.blob) {
            return Ok(());
        }
        let made = Timestamp(op.device_time.0.clamp(now.0 - ALONE_MS, now.0));
        let rule = |data: &ReferenceData| data.signing(true, &caller.agency, file.code, made.day());
        let pdf = self.blobs.read(&file.blob).map_err(StoreError::from)?;
        let asked = rule(&reference.data);
        match admit(&pdf, file, reference, asked, now) {
            Err(FileRefusal::OfficerSignatureMissing | FileRefusal::AgencySignatureMissing)
                if asked != SigningRule::Agency =>
            {
                let known = self.known_to_all(&reference.data, &caller.agency, made)?;
                Ok(admit(&pdf, file, reference, known.as_ref().map_or(SigningRule::Agency, rule), now)?)
            }
            answer => Ok(answer?),
        }
    }

    /// The lists every counter knew that still worked then: those in force as many days before as one may work alone. Nobody
    /// is asked afterwards for signatures he could not know of, since what was handed out cannot be signed again.
    fn known_to_all(
        &self,
        data: &ReferenceData,
        agency: &str,
        made: Timestamp,
    ) -> Result<Option<ReferenceData>, StoreError> {
        let days = data.setting_number(SettingKey::OfflineGraceDays, agency, made.day());
        let alone = i64::from(days.unwrap_or(USUAL_GRACE_DAYS)) * 24 * 60 * 60 * 1000;
        let at = Timestamp(made.0.saturating_sub(alone));
        self.records.read(|v| {
            let version = v.reference_in_force(at)?;
            Ok(version.map(|version| v.reference_version(version)).transpose()?.flatten())
        })
    }

    /// The files an operation names that are not there. One outside the scope of the machine's office is as
    /// absent as one that is nowhere: knowing a hash opens no file and tells nothing.
    pub(crate) fn missing(&self, caller: &Caller, op: &Op) -> Result<Vec<BlobId>, StoreError> {
        let mut absent = Vec::new();
        for blob in blobs_of(&op.payload) {
            if !self.may_name(caller, &blob)? {
                absent.push(blob);
            }
        }
        Ok(absent)
    }

    fn apply_in(
        &self,
        view: &View<'_>,
        caller: &Caller,
        op: &Op,
        mut dossier: DossierRow,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<(u64, SignedReceipt), Stop> {
        let before = dossier.clone();
        let aside = op.payload.is_aside();
        // What was sent and comes after what became of it changes nothing for the counters.
        let late = matches!(op.payload, OpPayload::Submit(_)) && before.version > 0;
        dossier.version += u64::from(!aside && !late);
        let done = match &op.payload {
            OpPayload::FileDocument { record, owner_name } => {
                // A result the citizen has is put right by two officers: here somebody reported it and another one answers.
                if record.supersedes.is_some()
                    && view.is_result(record.id)?
                    && view.unanswered(record.id)?.is_empty()
                    && view.restored_at()?.is_none()
                {
                    return Err(rejected("correctionNeedsApproval", &["record.supersedes"]));
                }
                file_paper(view, caller, op, record, owner_name, now)?
            }
            OpPayload::AcceptDossier(accepted) => {
                accept(view, caller, op, accepted, &dossier, reference, now)?
            }
            OpPayload::ReturnResult(result) => return_result(view, caller, op, result, &dossier, now)?,
            OpPayload::Submit(sent) => {
                submissions::submit(sent, reference, now)?;
                Done { document: None, blobs: blobs_of(&op.payload) }
            }
            OpPayload::Decline(declined) => {
                submissions::decline(declined, &dossier, now)?;
                Done::default()
            }
            OpPayload::Withdraw(work) => withdraw(view, op, work, now)?,
            OpPayload::Fee(record) => {
                ledger::fee(view, caller, op, record, &dossier, now)?;
                Done::default()
            }
            OpPayload::Step(record) => {
                ledger::step(view, caller, op, record, &dossier, now)?;
                let document = match record.act.corrected() {
                    Some(corrected) => {
                        Some(correct_result(view, caller, op, (record, corrected), &dossier, reference, now)?)
                    }
                    None => None,
                };
                Done { document, blobs: blobs_of(&op.payload) }
            }
            OpPayload::Feedback(record) => {
                ledger::feedback(view, caller, op, record, now)?;
                Done::default()
            }
        };
        let said_again = match &op.payload {
            OpPayload::AcceptDossier(_) => before.accepted.is_some() || before.declined.is_some(),
            OpPayload::ReturnResult(_) => before.returned.is_some(),
            OpPayload::FileDocument { .. }
            | OpPayload::Submit(_)
            | OpPayload::Decline(_)
            | OpPayload::Withdraw(_)
            | OpPayload::Fee(_)
            | OpPayload::Step(_)
            | OpPayload::Feedback(_) => false,
        };
        if said_again {
            view.keep_history(op.dossier, &before)?;
        }
        match &op.payload {
            OpPayload::AcceptDossier(accepted) => {
                (dossier.accepted, dossier.declined) = (Some((**accepted).clone()), None);
            }
            OpPayload::ReturnResult(result) => dossier.returned = Some((**result).clone()),
            OpPayload::Submit(sent) => dossier.submitted = Some(((**sent).clone(), op.device)),
            OpPayload::Decline(declined) => dossier.declined = Some(((**declined).clone(), op.op_id)),
            OpPayload::FileDocument { .. }
            | OpPayload::Withdraw(_)
            | OpPayload::Fee(_)
            | OpPayload::Step(_)
            | OpPayload::Feedback(_) => {}
        }
        if !aside {
            view.put_dossier(op.dossier, &dossier)?;
        }
        crate::notices::raise_for(view, op, &dossier, reference, now)?;
        let change = Change::Dossier {
            id: op.dossier,
            version: dossier.version,
            code: dossier.accepted.as_ref().map(|accepted| accepted.code.clone()),
            what: match &op.payload {
                OpPayload::FileDocument { .. } => DossierEvent::PaperFiled,
                OpPayload::AcceptDossier(_) => DossierEvent::Accepted,
                OpPayload::ReturnResult(_) => DossierEvent::Returned,
                OpPayload::Submit(_) => DossierEvent::Submitted,
                OpPayload::Decline(_) => DossierEvent::Declined,
                OpPayload::Withdraw(_) => DossierEvent::Withdrawn,
                OpPayload::Step(_) => DossierEvent::StepTaken,
                OpPayload::Fee(_) | OpPayload::Feedback(_) => DossierEvent::FeeRecorded,
            },
        };
        // A feedback is told of for itself.
        if !matches!(op.payload, OpPayload::Feedback(_)) {
            view.note(&change, Some(&dossier.agency), now)?;
        }
        for blob in &done.blobs {
            view.bind_blob(op.dossier, blob)?;
        }
        let body = ReceiptBody {
            v: 1,
            op_id: op.op_id,
            dossier: op.dossier,
            version: dossier.version,
            document: done.document,
            blobs: done.blobs.into_iter().collect(),
            at: now,
        };
        let receipt = SignedReceipt::sign(&body, &self.receipts).map_err(StoreError::from)?;
        Ok((dossier.version, receipt))
    }
}

fn replace_ops(view: &View<'_>, op: &Op, now: Timestamp) -> Result<(), Stop> {
    let unfit = || rejected("replacesUnfit", &["replaces"]);
    if op.replaces.len() > MAX_REPLACED || op.replaces.contains(&op.op_id) {
        return Err(unfit());
    }
    for replaced in &op.replaces {
        if !view.replace_op(*replaced, op, now)? {
            return Err(unfit());
        }
    }
    Ok(())
}

/// Work the counter takes back before it was applied.
fn withdraw(view: &View<'_>, op: &Op, work: &WithdrawnWork, now: Timestamp) -> Result<Done, Stop> {
    for id in &work.ops {
        if view.op(*id)?.is_some_and(|known| known.applied.is_some()) {
            return Err(rejected("withdrawTooLate", &["ops"]));
        }
    }
    replace_ops(view, op, now)?;
    view.put_withdrawal(op, work, now)?;
    Ok(Done { document: None, blobs: BTreeSet::new() })
}

/// The dossier an operation is about, if the operation may touch it at all.
fn stand_of(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    reference: &Reference,
    now: Timestamp,
) -> Result<DossierRow, Stop> {
    // A portal is of an agency above: what it sends is the office's it is sent to.
    let office = match &op.payload {
        OpPayload::Submit(sent) => {
            let below = reference.tree.under(&caller.agency, now.day());
            let to = sent.agency.to_string();
            if !below.contains(&to) {
                return Err(rejected("agencyUnknown", &["agency"]));
            }
            to
        }
        _ => caller.agency.clone(),
    };
    let dossier = view.dossier(op.dossier)?.unwrap_or_else(|| DossierRow {
        version: 0,
        agency: office.clone(),
        submitted: None,
        declined: None,
        accepted: None,
        returned: None,
    });
    // What is here was sent or taken in by somebody, and is told to no portal; but for what became of the very dossier that
    // is sent, which came here first after a restore.
    if let OpPayload::Submit(sent) = &op.payload
        && dossier.version > 0
        && !submissions::became_of(sent, &dossier)
    {
        return Err(rejected("dossierExists", &["dossier"]));
    }
    // An answer stands under the feedback's id, and whose it is its own rule says.
    let answers = matches!(&op.payload, OpPayload::Feedback(said) if said.act.answers().is_some());
    if !answers && !caller.office.contains(&dossier.agency) && office != dossier.agency {
        return Err(rejected("dossierOfOtherAgency", &["dossier"]));
    }
    // A base ahead of ours was seen before a restore, or names what waits here before it. What an operation
    // needs it names itself; to wait for a version that may never come again would hold it for ever.
    // Papers know neither order nor each other: one that is sent again after it was refused overtakes
    // nothing, and a paper more contradicts no machine.
    let filing = op.payload.stands_alone();
    let lease = view.lease_of(op.dossier, now)?;
    let told = op.payload.is_aside() || matches!(op.payload, OpPayload::Submit(_));
    if !told && lease.as_ref().is_some_and(|lease| lease.device != op.device)
        || !filing
            && !matches!(op.payload, OpPayload::Submit(_))
            && (view.changed_elsewhere(op.dossier, op.base_version, op.device)?
                || view.overtaken(op.dossier, op.device, op.device_seq)?)
    {
        return Err(Stop::Conflict(Box::new(dossier.view(op.dossier, lease))));
    }
    Ok(dossier)
}

/// Its numbers are such as the records can hold. What they cannot would be trouble with the store, and be sent again
/// for ever together with the rest of its batch.
fn is_storable(op: &Op) -> bool {
    let reference = match &op.payload {
        OpPayload::AcceptDossier(accepted) => accepted.reference_version,
        _ => 0,
    };
    [op.device_seq, op.base_version, reference].into_iter().all(|number| i64::try_from(number).is_ok())
}

/// The result of an operation that is refused for good.
pub(crate) fn reject(op_id: OpId, code: &str, fields: Vec<String>) -> OpResult {
    OpResult::Rejected { op_id, code: code.to_owned(), fields }
}

/// Identity of an operation's body. The base version is a precondition like `If-Match`, not part of
/// what is wished, and may be newer when the same operation is sent again.
fn body_hash(op: &Op) -> Result<[u8; 32], StoreError> {
    let mut bare = op.clone();
    bare.base_version = 0;
    Ok(Sha256::digest(serde_json::to_vec(&bare)?).into())
}

fn blobs_of(payload: &OpPayload) -> BTreeSet<BlobId> {
    match payload {
        OpPayload::FileDocument { record, .. } => BTreeSet::from([record.blob]),
        OpPayload::ReturnResult(result) => BTreeSet::from([result.record.blob]),
        OpPayload::Withdraw(_) => BTreeSet::new(),
        OpPayload::AcceptDossier(accepted) => {
            let mut blobs = BTreeSet::from([accepted.receipt]);
            blobs.extend(accepted.components.iter().filter_map(|paper| paper.source.blob()));
            blobs
        }
        OpPayload::Step(step) => step.act.files().collect(),
        OpPayload::Submit(sent) => sent.papers.iter().filter_map(|paper| paper.source.blob()).collect(),
        OpPayload::Fee(_) | OpPayload::Feedback(_) | OpPayload::Decline(_) => BTreeSet::new(),
    }
}

fn check_record(record: &DocumentRecord, owner_name: &str) -> Result<(), Stop> {
    let mut missing = Vec::new();
    if record.owner.is_empty() {
        missing.push("record.owner");
    }
    if owner_name.trim().is_empty() {
        missing.push("owner_name");
    }
    if record.metadata.kind.trim().is_empty() {
        missing.push("record.metadata.kind");
    }
    if record.metadata.name.trim().is_empty() {
        missing.push("record.metadata.name");
    }
    if missing.is_empty() { Ok(()) } else { Err(rejected("metadataIncomplete", &missing)) }
}

/// "Số hóa" and the filing half of "Trả kết quả": a new paper, or the next version of one.
fn file_paper(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    record: &DocumentRecord,
    owner_name: &str,
    now: Timestamp,
) -> Result<Done, Stop> {
    let row = match (view.paper(record.id)?, record.supersedes) {
        (None, None) => PaperRow {
            code: new_code(view, record)?,
            version: 1,
            provenance: Provenance::Provincial,
            store_name: String::new(),
            filed_by: Some(caller.agency.clone()),
            base_uses: 0,
            status: StoredStatus::Valid,
            owner_name: owner_name.to_owned(),
            filed_at: now,
            record: record.clone(),
        },
        (None, Some(_)) => return Err(rejected("documentUnknown", &["record.id"])),
        (Some(_), None) => return Err(rejected("documentExists", &["record.id"])),
        (Some(held), Some(before)) => {
            if !held.filed_by.as_ref().is_some_and(|by| caller.office.contains(by)) {
                return Err(rejected("documentOfOtherAgency", &["record.id"]));
            }
            if held.record.blob != before {
                return Err(rejected("supersedesMismatch", &["record.supersedes"]));
            }
            PaperRow {
                version: held.version + 1,
                status: StoredStatus::Valid,
                owner_name: owner_name.to_owned(),
                filed_at: now,
                record: record.clone(),
                ..held
            }
        }
    };
    view.put_paper(&row, Some((op.op_id, op.dossier)))?;
    Ok(Done { document: Some(record.id), blobs: BTreeSet::from([record.blob]) })
}

/// Mã giấy tờ. A paper without a national result code gets none invented.
fn new_code(view: &View<'_>, record: &DocumentRecord) -> Result<String, Stop> {
    let suffix = view.next_paper_suffix()?;
    let owner = record.owner.first().ok_or_else(|| rejected("metadataIncomplete", &["record.owner"]))?;
    Ok(match &record.metadata.result_code {
        Some(result) => PaperCode::derive(owner, result, &suffix).to_string(),
        None => format!("{}.{suffix}", owner.value()),
    })
}

/// "Tiếp nhận".
fn accept(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    accepted: &AcceptedDossier,
    dossier: &DossierRow,
    reference: &Reference,
    now: Timestamp,
) -> Result<Done, Stop> {
    // A word that was taken back, and came here all the same, gives way to the acceptance that names it.
    // What another machine did is never replaced by a word of this one, however often it is said.
    let mut own = vec![];
    for replaced in &op.replaces {
        if view.made_by(*replaced, op.device)? {
            own.push(*replaced);
        }
    }
    if dossier.declined.as_ref().is_some_and(|(_, by)| !own.contains(by)) {
        return Err(rejected("dossierDeclined", &["dossier"]));
    }
    if accepted.exception.as_ref().is_some_and(|why| why.chars().count() > MAX_TEXT) {
        return Err(rejected("textTooLong", &["exception"]));
    }
    // He who sent it chose them himself, and it is known what he chose; after a restore it may still be on its way.
    let unsent = dossier.submitted.is_none() && view.restored_at()?.is_some();
    let by_portal = accepted.consents.iter().filter(|consent| consent.method == ConsentMethod::Portal);
    let chosen = |document: &DocumentId| {
        dossier.submitted.as_ref().is_some_and(|(sent, _)| submissions::chose(sent, *document))
    };
    if !unsent && !by_portal.flat_map(|consent| &consent.documents).all(chosen) {
        return Err(rejected("consentMissing", &["consents"]));
    }
    // One that was applied while its counter made another is corrected by that other; one that was made in
    // knowledge of it is what a person settled. What stood before is kept.
    let corrects = match &dossier.accepted {
        None => false,
        Some(_) if dossier.returned.is_none() && view.accepted_by_one_of(op.dossier, &own)? => true,
        Some(before) if knows(op, dossier) && before.code == accepted.code => true,
        Some(_) => return Err(rejected("alreadyAccepted", &["dossier"])),
    };
    if !reference.knows_procedure(&accepted.procedure)
        && !view.reference_knows(accepted.reference_version, &accepted.procedure)?
    {
        return Err(rejected("procedureUnknown", &["procedure"]));
    }
    check_code(view, caller, op, &accepted.code)?;
    ledger::bounded(accepted.fee, "fee")?;
    if accepted.accepted_at.0 > now.0.saturating_add(AHEAD_MS) {
        return Err(rejected("acceptedInFuture", &["accepted_at"]));
    }
    let earliest = now.0.saturating_sub(OFFLINE_MS);
    let day = Timestamp(accepted.accepted_at.0.clamp(earliest, now.0.max(earliest))).day();
    let numbers = numbers_of(view, caller, &accepted.applicant.owner, day)?;
    let mut reused = BTreeSet::new();
    let mut waits_for = Vec::new();
    for component in &accepted.components {
        let field = format!("components.{}", component.number);
        match &component.source {
            EvidenceSource::Scan { document: Some(document), .. }
            | EvidenceSource::File { document: Some(document), .. } => {
                if view.paper(*document)?.is_none() {
                    waits_for.push(document.to_string());
                }
            }
            EvidenceSource::Warehouse { document, version, .. } => {
                let paper = view.paper(*document)?.filter(|p| *version >= 1 && *version <= p.version);
                let Some(paper) = paper else { return Err(rejected("documentUnknown", &[&field])) };
                check_reusable(&paper, caller, &numbers, &field)?;
                check_usable(&paper, day, &field)?;
                if !accepted.consents.iter().any(|c| {
                    c.documents.contains(document)
                        && (c.national || paper.provenance == Provenance::Provincial)
                }) {
                    return Err(rejected("consentMissing", &[&field]));
                }
                reused.insert(*document);
            }
            EvidenceSource::Database { database, note } => {
                if database.trim().is_empty() {
                    return Err(rejected("textMissing", &[&field]));
                }
                if [database, note].iter().any(|text| text.chars().count() > MAX_TEXT) {
                    return Err(rejected("textTooLong", &[&field]));
                }
            }
            EvidenceSource::Scan { document: None, .. }
            | EvidenceSource::File { document: None, .. }
            | EvidenceSource::Absent => {}
        }
    }
    if !waits_for.is_empty() {
        return Err(Stop::Deferred(waits_for));
    }
    if corrects {
        view.forget_uses_but(op.dossier, &reused)?;
    }
    for document in &reused {
        view.count_use(op.dossier, *document, now)?;
        // It was accepted before anybody here could hear that the paper is wrong: its officer is told now.
        for id in view.found_wrong(*document)? {
            view.note(&Change::Feedback { id, document: *document }, Some(&dossier.agency), now)?;
        }
    }
    view.put_acceptance(op.dossier, dossier.version, op.op_id)?;
    for consent in &accepted.consents {
        view.put_consent(op.dossier, dossier.version, consent)?;
    }
    Ok(Done { document: None, blobs: blobs_of(&op.payload) })
}

/// The operation was made in knowledge of the dossier as it was before it: what it says again takes the place of
/// what was said, which is kept. So a person settles a conflict; by itself no counter says a thing twice.
fn knows(op: &Op, dossier: &DossierRow) -> bool {
    op.base_version >= dossier.version.saturating_sub(1)
}

/// Every number of the owner: those the dossier tells, those known here for the same person, and those
/// that the person's papers name beside them. A counter looks for papers by the same numbers.
fn numbers_of(view: &View<'_>, caller: &Caller, owner: &Party, day: Day) -> Result<BTreeSet<String>, Stop> {
    let mut numbers = owner.numbers();
    for paper in view.papers_of(&numbers, &caller.office, day)? {
        for number in paper.record.owner {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    Ok(view.all_numbers(&numbers)?)
}

/// A paper is reused only for its owner, and only when it is shared ("Chia sẻ") or this agency filed it:
/// what a counter is offered, asked of it again. An id alone opens nothing.
fn check_reusable(
    paper: &PaperRow,
    caller: &Caller,
    numbers: &BTreeSet<String>,
    field: &str,
) -> Result<(), Stop> {
    if !paper.record.owner.iter().any(|number| numbers.contains(number.value())) {
        return Err(rejected("documentOfOtherPerson", &[field]));
    }
    if !paper.record.metadata.shared && !paper.filed_by.as_ref().is_some_and(|by| caller.office.contains(by))
    {
        return Err(rejected("documentNotShared", &[field]));
    }
    Ok(())
}

fn check_usable(paper: &PaperRow, day: Day, field: &str) -> Result<(), Stop> {
    if paper.provenance == Provenance::NationalNotSynced {
        return Err(rejected("documentNotSynced", &[field]));
    }
    match paper.status_on(day) {
        // What was accepted while it was found wrong is told of, not refused: the citizen has the receipt.
        DocumentStatus::Valid | DocumentStatus::UnderCorrection => Ok(()),
        DocumentStatus::Expired => Err(rejected("documentExpired", &[field])),
        DocumentStatus::Cancelled => Err(rejected("documentCancelled", &[field])),
        DocumentStatus::Unsigned | DocumentStatus::BadSignature => {
            Err(rejected("documentBadSignature", &[field]))
        }
    }
}

/// A final code comes from a block leased to this very device and is given once; a provisional one
/// only has to be unique.
fn check_code(view: &View<'_>, caller: &Caller, op: &Op, code: &DossierCode) -> Result<(), Stop> {
    let code = DossierCode::parse(code.as_str()).map_err(|_| rejected("codeMalformed", &["code"]))?;
    if view.code_taken(code.as_str(), op.dossier)? {
        return Err(rejected("codeTaken", &["code"]));
    }
    if !code.is_final() {
        return Ok(());
    }
    let (of_agency, day, ordinal) = parts(&code).ok_or_else(|| rejected("codeMalformed", &["code"]))?;
    if !caller.office.contains(of_agency) || !view.leased_to(of_agency, day, ordinal, op.device)? {
        return Err(rejected("codeNotLeased", &["code"]));
    }
    Ok(())
}

pub(crate) fn parts(code: &DossierCode) -> Option<(&str, Day, u32)> {
    let mut parts = code.as_str().rsplitn(3, '-');
    let (ordinal, day, agency) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (day.get(..2)?, day.get(2..4)?, day.get(4..)?);
    Some((agency, Day::parse(&format!("20{year}-{month}-{day}")).ok()?, ordinal.parse().ok()?))
}

/// "Trả kết quả": completes the dossier and files the result, one event (decision 10).
fn return_result(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    result: &ReturnedResult,
    dossier: &DossierRow,
    now: Timestamp,
) -> Result<Done, Stop> {
    let Some(accepted) = &dossier.accepted else {
        return Err(Stop::Deferred(vec![op.dossier.to_string()]));
    };
    if let Some(before) = &dossier.returned {
        // One that was taken back too late, or whose answer was lost, gives way to the one that names it.
        if view.filed_by_one_of(before.record.id, &op.replaces)? {
            view.cancel_paper(before.record.id, &dossier.agency, op.dossier, now)?;
        } else if !knows(op, dossier) {
            return Err(rejected("alreadyReturned", &["dossier"]));
        }
    }
    let owner = &accepted.applicant.owner;
    let of_owner = |n: &IdNumber| *n == owner.number || owner.aliases.contains(n);
    if !result.record.owner.iter().any(of_owner) {
        return Err(rejected("ownerMismatch", &["record.owner"]));
    }
    file_paper(view, caller, op, &result.record, &result.owner_name, now)
}

/// "Đính chính kết quả": the paper of a returned result gets its next version, by the word of two officers. Here the word of
/// the second is not noted but required: nothing was handed out yet that a refusal would contradict. What the paper is and
/// whose stays as it is; only its file changes.
fn correct_result(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    (record, corrected): (&StepRecord, &CorrectedResult),
    dossier: &DossierRow,
    reference: &Reference,
    now: Timestamp,
) -> Result<DocumentId, Stop> {
    let fits = |grant: &GrantRow| grant.role == Role::Supervisor;
    if lacks_role(view, caller, reference, (&corrected.approved_by, record.at), fits)? {
        return Err(rejected("approverNotGranted", &["approved_by"]));
    }
    // After a restore the result may come later than what corrects it.
    let Some(returned) = &dossier.returned else {
        return Err(Stop::Deferred(vec![op.dossier.to_string()]));
    };
    if returned.record.id != corrected.document {
        return Err(rejected("resultNotOfDossier", &["document"]));
    }
    // The days both are judged by are said by the counter: after the result, in their order, and no older than a counter
    // may be alone. What comes back after a restore was judged before it.
    let old = record.at.0 < now.0.saturating_sub(ALONE_MS) && view.restored_at()?.is_none();
    let before_result = corrected.asked_at.0.saturating_add(AHEAD_MS) < returned.returned_at.0;
    if old || before_result || corrected.asked_at > record.at {
        return Err(rejected("madeTooEarly", &["at"]));
    }
    let held = view.paper(corrected.document)?.ok_or_else(|| rejected("documentUnknown", &["document"]))?;
    if corrected.blob == corrected.before {
        return Err(rejected("supersedesMismatch", &["blob"]));
    }
    let paper = DocumentRecord {
        blob: corrected.blob,
        size: corrected.size,
        pages: corrected.pages,
        supersedes: Some(corrected.before),
        ..held.record.clone()
    };
    file_paper(view, caller, op, &paper, &held.owner_name, now)?;
    ledger::told_wrong(view, caller, op, (record, corrected), &held, now)?;
    Ok(corrected.document)
}
