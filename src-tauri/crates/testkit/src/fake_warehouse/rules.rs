//! What an operation does to the warehouse in memory: the rules of the protocol, told shortly.

use super::{Seen, State, Step};
use crate::pki::{AGENCY_NAME, pki};
use crate::world::FRIDAY_MORNING;
use ed25519_dalek::SigningKey;
use motcua_desk::ports::{Lease, LinkError};
use motcua_dossier::{
    BlobId, Channel, ConsentMethod, CorrectedResult, Day, DeviceId, DocumentId, DocumentRecord,
    DocumentStatus, DocumentSummary, DossierCode, DossierId, FeeAccount, FeeAct, FeeFault, FeeRecord,
    FeedbackAct, FeedbackRecord, Holder, IdNumber, OfficeDossier, OpId, PaperCode, Party, Phase, Provenance,
    ReferenceData, ResultCode, SignerRole, Standing, StepRecord, Submission, Timestamp, same_officer,
};
use motcua_signature::{Integrity, Trust, TrustList, Verdict, verify_pdf};
use motcua_wire::{
    AcceptedDossier, Change, Changes, ComponentEvidence, DeclinedDossier, DossierEvent, DossierFees,
    DossierLease, DossierPage, DossierSteps, DossierView, EvidenceSource, FeeEntry, Feedback, FeedbackAnswer,
    FeedbackFinding, FeedbackPage, LEASE_HOURS, LeaseDossier, MAX_CHANGES, MAX_KEPT, MAX_PAGE, MAX_REPLACED,
    Op, OpPayload, OpResult, OpState, ReceiptBody, ReturnedResult, SCHEMA_VERSION, SignedReceipt, StepEntry,
    SubmissionPage, WaitingSubmission, WithdrawnWork, WrongUse,
};
use std::collections::{BTreeSet, HashMap};

/// A counter's clock may be ahead by this, and its acceptances late by that.
const AHEAD_MS: i64 = 10 * 60 * 1000;
const OFFLINE_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// What an operation filed and verified.
type Done = (Option<DocumentId>, BTreeSet<BlobId>);

enum Refusal {
    Rejected(String),
    /// Nothing stands in its way but files, or what is before it in the inbox.
    Kept(Vec<String>),
    Deferred(Vec<String>),
    Conflict(u64),
}

fn rejected(code: &str) -> Refusal {
    Refusal::Rejected(code.to_owned())
}

impl State {
    /// A batch in its order. Within a dossier no acceptance or result overtakes one that did not
    /// succeed; papers go on.
    pub(super) fn apply_all(&mut self, ops: &[Op], key: &SigningKey) -> Vec<OpResult> {
        let mut stuck: HashMap<DossierId, OpId> = HashMap::new();
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            // What is answered as not kept is nowhere here: its counter may change it yet.
            let here = self.ops.get(&op.op_id).is_some_and(|seen| seen.applied.is_some())
                || self.inbox.iter().any(|kept| kept.op_id == op.op_id);
            let result = match stuck.get(&op.dossier) {
                Some(earlier) if !here && !op.payload.stands_alone() => {
                    OpResult::Deferred { op_id: op.op_id, waits_for: vec![earlier.to_string()], kept: false }
                }
                _ => self.apply(op, key),
            };
            let goes_on = matches!(
                result,
                OpResult::Applied { .. } | OpResult::Duplicate { .. } | OpResult::Deferred { kept: true, .. }
            );
            if !goes_on && !op.payload.stands_alone() {
                stuck.entry(op.dossier).or_insert(op.op_id);
            }
            results.push(result);
        }
        results
    }

    fn apply(&mut self, op: &Op, key: &SigningKey) -> OpResult {
        let op_id = op.op_id;
        // The base version is a precondition, not part of what is wished.
        let body = Op { base_version: 0, ..op.clone() };
        let waits = self.inbox.iter().find(|kept| kept.op_id == op_id).cloned();
        let before = self.ops.get(&op_id).map(|seen| seen.body.clone()).or(waits.clone());
        let before_is_none = before.is_none();
        if before.is_some_and(|before| Op { base_version: 0, ..before } != body) {
            return OpResult::Rejected { op_id, code: "idempotencyMismatch".into(), fields: vec![] };
        }
        if let Some((version, receipt)) = self.ops.get(&op_id).and_then(|seen| seen.applied.as_ref()) {
            return OpResult::Duplicate { op_id, version: *version, receipt: receipt.clone() };
        }
        let takes_back = matches!(op.payload, OpPayload::Withdraw(_));
        if before_is_none && !takes_back && !self.replace_earlier(op) {
            return OpResult::Rejected { op_id, code: "replacesUnfit".into(), fields: vec![] };
        }
        if self.replaced.contains(&(op_id, op.device)) {
            return OpResult::Rejected { op_id, code: "opReplaced".into(), fields: vec![] };
        }
        let done = match self.refuse_next.take() {
            Some(code) => Err(Refusal::Rejected(code)),
            None => self.act(op),
        };
        let result = match done {
            Ok(done) => {
                self.inbox.retain(|kept| kept.op_id != op_id);
                return self.confirm(op, body, done, key);
            }
            Err(Refusal::Kept(waits_for)) => {
                let kept = waits.is_some()
                    || self.inbox.iter().filter(|kept| kept.device == op.device).count() < MAX_KEPT as usize;
                if kept {
                    self.inbox.retain(|kept| kept.op_id != op_id);
                    self.inbox.push(op.clone());
                }
                return OpResult::Deferred { op_id, waits_for, kept };
            }
            Err(Refusal::Rejected(code)) => {
                self.ops.insert(op_id, Seen { body, applied: None, refused: Some(code.clone()) });
                OpResult::Rejected { op_id, code, fields: vec![] }
            }
            Err(Refusal::Deferred(waits_for)) => OpResult::Deferred { op_id, waits_for, kept: false },
            Err(Refusal::Conflict(server_version)) => OpResult::Conflict {
                op_id,
                server_version,
                held_by: self.leases.get(&op.dossier).filter(|lease| lease.device != op.device).cloned(),
                server: self.view(op.dossier).map(|view| Box::new(DossierView { receipts: vec![], ..view })),
            },
        };
        if waits.is_some() {
            let refused = matches!(result, OpResult::Rejected { .. });
            let alone = refused && matches!(op.payload, OpPayload::FileDocument { .. });
            self.inbox.retain(|kept| match alone {
                true => kept.op_id != op_id,
                false => {
                    kept.op_id != op_id
                        && (!is_lane(kept, op)
                            || kept.device_seq < op.device_seq
                            || kept.payload.stands_alone())
                }
            });
        }
        result
    }

    /// What the operation takes the place of is never applied from here on.
    fn replace_earlier(&mut self, op: &Op) -> bool {
        let others = |known: &Op| known.dossier != op.dossier || known.device != op.device;
        for id in &op.replaces {
            let seen = self.ops.get(id);
            let kept = self.inbox.iter().find(|kept| kept.op_id == *id);
            if *id == op.op_id || seen.map(|seen| &seen.body).into_iter().chain(kept).any(others) {
                return false;
            }
            if seen.is_none_or(|seen| seen.applied.is_none()) {
                self.replaced.insert((*id, op.device));
            }
            self.inbox.retain(|kept| kept.op_id != *id);
        }
        op.replaces.len() <= MAX_REPLACED
    }

    /// Applies what no longer waits, each dossier for itself and in the machine's order.
    pub(super) fn settle(&mut self, key: &SigningKey) {
        let mut waiting = self.inbox.clone();
        waiting.sort_by_key(|op| op.device_seq);
        for op in waiting {
            let first = !self.inbox.iter().any(|kept| goes_before(kept, &op));
            if first && self.inbox.iter().any(|kept| kept.op_id == op.op_id) && self.missing(&op).is_empty() {
                self.apply(&op, key);
            }
        }
    }

    /// A dossier as it is told.
    pub(super) fn view(&self, id: DossierId) -> Option<DossierView> {
        let lease = self.leases.get(&id).cloned();
        self.dossiers.get(&id).map(|view| DossierView { lease, ..view.clone() })
    }

    /// This warehouse has no clock: a lease lasts until it is given back or taken.
    pub(super) fn lease(
        &mut self,
        id: DossierId,
        version: u64,
        device: DeviceId,
        wish: &LeaseDossier,
    ) -> Result<Lease, LinkError> {
        let view = self.view(id).ok_or_else(|| LinkError::Refused("dossierUnknown".into()))?;
        if view.version != version {
            return Err(LinkError::Refused("dossierChanged".into()));
        }
        if let Some(other) = view.lease.as_ref().filter(|lease| lease.device != device && !wish.force) {
            return Ok(Lease::Theirs(other.clone()));
        }
        let until = Timestamp(FRIDAY_MORNING.0 + LEASE_HOURS * 3_600_000);
        let lease = DossierLease { dossier: id, device, officer: wish.officer.clone(), until };
        self.leases.insert(id, lease.clone());
        if view.lease.as_ref().is_none_or(|before| before.device != device) {
            self.tell(&view, DossierEvent::Leased);
        }
        Ok(Lease::Ours(lease))
    }

    pub(super) fn give_back(&mut self, id: DossierId, device: DeviceId) -> Result<(), LinkError> {
        let view = self.view(id).ok_or_else(|| LinkError::Refused("dossierUnknown".into()))?;
        match &view.lease {
            Some(other) if other.device != device => return Err(LinkError::Refused("dossierLeased".into())),
            Some(_) => {
                self.leases.remove(&id);
                self.tell(&view, DossierEvent::LeaseEnded);
            }
            None => {}
        }
        Ok(())
    }

    fn tell(&mut self, view: &DossierView, what: DossierEvent) {
        let code = view.accepted.as_ref().map(|accepted| accepted.code.clone());
        self.feed.push(Change::Dossier { id: view.id, version: view.version, code, what });
    }

    /// The next changes; a cursor is the epoch and how many were told.
    pub(super) fn page(&self, since: Option<&str>, limit: u32) -> Result<Changes, LinkError> {
        let refused = |code: &str| LinkError::Refused(code.to_owned());
        if !(1..=MAX_CHANGES).contains(&limit) {
            return Err(refused("queryMalformed"));
        }
        let from = match since {
            None => 0,
            Some(cursor) => {
                let (epoch, told) = cursor.split_once('/').ok_or_else(|| refused("cursorMalformed"))?;
                let told: usize = told.parse().map_err(|_| refused("cursorMalformed"))?;
                if epoch != self.epoch.to_string() || told > self.feed.len() {
                    return Err(refused("cursorGone"));
                }
                told
            }
        };
        let items: Vec<Change> = self.feed.iter().skip(from).take(limit as usize).cloned().collect();
        let told = from + items.len();
        let (next_cursor, has_more) = (format!("{}/{told}", self.epoch), told < self.feed.len());
        let (epoch, time) = (self.epoch, FRIDAY_MORNING);
        Ok(Changes { items, next_cursor, has_more, min_schema: 1, epoch, time })
    }

    /// A dossier in short; none before its acceptance.
    pub(super) fn office_dossier(&self, id: DossierId) -> Option<OfficeDossier> {
        let view = self.view(id)?;
        let accepted = view.accepted?;
        let named = self.reference.procedures.iter().find(|p| p.code.same_procedure(&accepted.procedure));
        let holder = view.lease.map(|lease| Holder {
            device: lease.device,
            counter: String::new(),
            officer: lease.officer,
            until: lease.until,
        });
        let row = OfficeDossier {
            id,
            version: view.version,
            code: accepted.code,
            procedure: accepted.procedure,
            procedure_name: named.map(|p| p.name.clone()).unwrap_or_default(),
            owner_name: accepted.applicant.owner.name,
            owner_number: accepted.applicant.owner.number,
            accepted_at: accepted.accepted_at,
            deadline: accepted.deadline.clone(),
            phase: Phase::default(),
            seat: None,
            on_its_way: false,
            moved: None,
            returned_at: view.returned.map(|returned| returned.returned_at),
            officer: accepted.officer,
            device: {
                let here = |step: &&Step| step.dossier == id && !self.portals.contains(&step.device);
                self.changes.iter().find(here).map(|step| step.device)
            },
            counter: String::new(),
            holder,
        };
        let steps = self.steps.get(&id).into_iter().flatten().map(|step| &step.record);
        Some(row.standing(Standing::after(accepted.deadline, steps)))
    }

    pub(super) fn office_page(&self, after: Option<DossierId>, limit: u32) -> Result<DossierPage, LinkError> {
        if !(1..=MAX_CHANGES).contains(&limit) {
            return Err(LinkError::Refused("queryMalformed".into()));
        }
        let mut ids = self.dossiers.keys().copied().filter(|id| after.is_none_or(|after| *id > after));
        let items: Vec<_> =
            ids.by_ref().filter_map(|id| self.office_dossier(id)).take(limit as usize).collect();
        let next = (items.len() == limit as usize).then(|| items.last().map(|d| d.id)).flatten();
        let cursor = format!("{}/{}", self.epoch, self.feed.len());
        Ok(DossierPage { items, next, cursor, epoch: self.epoch })
    }

    /// How far an operation of that machine is.
    pub(super) fn op_state(&self, op: OpId, device: DeviceId) -> OpState {
        if let Some(kept) = self.inbox.iter().find(|kept| kept.op_id == op && kept.device == device) {
            let ahead = self.inbox.iter().filter(|other| goes_before(other, kept));
            let files = self.missing(kept).into_iter().map(|blob| blob.to_string());
            return OpState::Kept { waits_for: files.chain(ahead.map(|o| o.op_id.to_string())).collect() };
        }
        match self.ops.get(&op).filter(|seen| seen.body.device == device) {
            Some(Seen { applied: Some((version, receipt)), .. }) => {
                OpState::Received { version: *version, receipt: receipt.clone() }
            }
            Some(Seen { refused: Some(code), .. }) => OpState::Refused { code: code.clone() },
            Some(_) | None => OpState::Unknown,
        }
    }

    fn missing(&self, op: &Op) -> Vec<BlobId> {
        blobs_of(&op.payload).into_iter().filter(|blob| !self.blobs.contains_key(blob)).collect()
    }

    /// The next version of the dossier, and the receipt.
    fn confirm(&mut self, op: &Op, body: Op, (document, blobs): Done, key: &SigningKey) -> OpResult {
        let op_id = op.op_id;
        let view = self.dossiers.entry(op.dossier).or_insert_with(|| DossierView {
            id: op.dossier,
            version: 0,
            submitted: None,
            declined: None,
            accepted: None,
            returned: None,
            receipts: vec![],
            lease: None,
        });
        // What was sent and comes after what became of it changes nothing for the counters.
        let late = matches!(op.payload, OpPayload::Submit(_)) && view.version > 0;
        view.version += u64::from(!op.payload.is_aside() && !late);
        match &op.payload {
            OpPayload::AcceptDossier(accepted) => {
                (view.accepted, view.declined) = (Some((**accepted).clone()), None);
            }
            OpPayload::ReturnResult(result) => view.returned = Some((**result).clone()),
            OpPayload::Submit(sent) => view.submitted = Some((**sent).clone()),
            OpPayload::Decline(declined) => {
                view.declined = Some((**declined).clone());
                self.declined_by.insert(op.dossier, op.op_id);
            }
            OpPayload::FileDocument { .. }
            | OpPayload::Withdraw(_)
            | OpPayload::Fee(_)
            | OpPayload::Step(_)
            | OpPayload::Feedback(_) => {}
        }
        let version = view.version;
        let code = view.accepted.as_ref().map(|accepted| accepted.code.clone());
        let what = match &op.payload {
            OpPayload::FileDocument { .. } => DossierEvent::PaperFiled,
            OpPayload::AcceptDossier(_) => DossierEvent::Accepted,
            OpPayload::ReturnResult(_) => DossierEvent::Returned,
            OpPayload::Submit(_) => DossierEvent::Submitted,
            OpPayload::Decline(_) => DossierEvent::Declined,
            OpPayload::Withdraw(_) => DossierEvent::Withdrawn,
            OpPayload::Step(_) => DossierEvent::StepTaken,
            OpPayload::Fee(_) | OpPayload::Feedback(_) => DossierEvent::FeeRecorded,
        };
        let paper = document.map(|id| Change::Document { id, version: 1, dossier: Some(op.dossier) });
        self.feed.extend(paper);
        self.feed.push(match &op.payload {
            OpPayload::Feedback(record) => {
                let id = record.act.answers().unwrap_or(op_id);
                let document = self.feedback.iter().find(|given| given.id == id).map(|given| given.document);
                Change::Feedback { id, document: document.unwrap() }
            }
            _ => Change::Dossier { id: op.dossier, version, code, what },
        });
        let (blobs, at) = (blobs.into_iter().collect(), op.device_time);
        let written = ReceiptBody { v: 1, op_id, dossier: op.dossier, version, document, blobs, at };
        let forger = SigningKey::from_bytes(&[1; 32]);
        let signer = if self.forge_receipts { &forger } else { key };
        let receipt = SignedReceipt::sign(&written, signer).unwrap();
        view.receipts.push(receipt.clone());
        // A paper and work that is taken back overtake nothing of their machine.
        if !op.payload.is_aside() && !late {
            let alone = op.payload.stands_alone();
            let (device, device_seq) = (op.device, if alone { 0 } else { op.device_seq });
            self.changes.push(Step { dossier: op.dossier, version, device, device_seq });
        }
        self.ops.insert(op_id, Seen { body, applied: Some((version, receipt.clone())), refused: None });
        self.applied += 1;
        OpResult::Applied { op_id, version, receipt }
    }

    fn act(&mut self, op: &Op) -> Result<Done, Refusal> {
        if !(1..=SCHEMA_VERSION).contains(&op.schema_version) {
            return Err(rejected("schemaUnknown"));
        }
        let portal = self.portals.contains(&op.device);
        if portal != matches!(op.payload, OpPayload::Submit(_)) {
            return Err(rejected(if portal { "notForPortals" } else { "notAPortal" }));
        }
        if let OpPayload::Submit(sent) = &op.payload
            && self.dossiers.get(&op.dossier).is_some_and(|view| !became_of(sent, view))
        {
            return Err(rejected("dossierExists"));
        }
        let missing = self.missing(op);
        match &op.payload {
            OpPayload::FileDocument { record, .. } => self.look_into(record)?,
            OpPayload::ReturnResult(result) => self.look_into(&result.record)?,
            OpPayload::AcceptDossier(_)
            | OpPayload::Submit(_)
            | OpPayload::Decline(_)
            | OpPayload::Withdraw(_)
            | OpPayload::Fee(_)
            | OpPayload::Feedback(_) => {}
            OpPayload::Step(step) => {
                if let Some(corrected) = step.act.corrected() {
                    let pdf = self.blobs.get(&corrected.blob);
                    let paper = self.papers.get(&corrected.document);
                    let code = paper.and_then(|paper| paper.record.metadata.result_code.as_ref());
                    pdf.map_or(Ok(()), |pdf| admit(pdf, (corrected.size, code), &self.reference))?;
                }
            }
        }
        let version = self.dossiers.get(&op.dossier).map_or(0, |d| d.version);
        let held = self.leases.get(&op.dossier).is_some_and(|lease| lease.device != op.device);
        if held && !portal && !op.payload.is_aside() {
            return Err(Refusal::Conflict(version));
        }
        let filing = op.payload.stands_alone();
        let mut before = self.changes.iter().filter(|c| c.dossier == op.dossier);
        if !filing
            && !portal
            && before.any(|c| match c.device == op.device {
                true => c.device_seq >= op.device_seq,
                false => c.version > op.base_version,
            })
        {
            return Err(Refusal::Conflict(version));
        }
        let ahead: Vec<&Op> = self.inbox.iter().filter(|kept| goes_before(kept, op)).collect();
        let mut waits_for: Vec<String> = missing.iter().map(BlobId::to_string).collect();
        if let Some(nearest) = ahead.iter().max_by_key(|kept| kept.device_seq) {
            waits_for.push(nearest.op_id.to_string());
            return Err(Refusal::Kept(waits_for));
        }
        match &op.payload {
            OpPayload::FileDocument { record, owner_name } => {
                self.file(record, owner_name, op.device_time, waits_for)
            }
            OpPayload::AcceptDossier(accepted) => self.accept(op, accepted, waits_for),
            OpPayload::ReturnResult(result) => self.return_result(op, result, waits_for),
            OpPayload::Withdraw(work) => self.withdraw(op, work),
            OpPayload::Fee(record) => self.fee(op, record),
            OpPayload::Step(record) => self.step(op, record, waits_for),
            OpPayload::Submit(sent) => self.submit(&op.payload, sent, waits_for),
            OpPayload::Decline(declined) => self.decline(op, declined),
            OpPayload::Feedback(record) => self.take_feedback(op, record),
        }
    }

    /// Whether it may be accepted is for an officer to say.
    fn submit(
        &self,
        payload: &OpPayload,
        sent: &Submission,
        waits_for: Vec<String>,
    ) -> Result<Done, Refusal> {
        let known = self.reference.procedures.iter().find(|p| p.code.same_procedure(&sent.procedure));
        let procedure = known.ok_or_else(|| rejected("procedureUnknown"))?;
        if !procedure.cases.iter().any(|case| case.code == sent.case_code) {
            return Err(rejected("caseUnknown"));
        }
        let fits = |source: &EvidenceSource| {
            matches!(source, EvidenceSource::File { document: None, .. } | EvidenceSource::Warehouse { .. })
        };
        if !sent.papers.iter().all(|paper| fits(&paper.source)) {
            return Err(rejected("paperUnfit"));
        }
        if waits_for.is_empty() { Ok((None, blobs_of(payload))) } else { Err(Refusal::Kept(waits_for)) }
    }

    fn decline(&self, op: &Op, declined: &DeclinedDossier) -> Result<Done, Refusal> {
        let view = self.dossiers.get(&op.dossier);
        if view.is_some_and(|view| view.accepted.is_some()) {
            return Err(rejected("alreadyAccepted"));
        }
        if view.is_some_and(|view| view.declined.is_some()) {
            return Err(rejected("alreadyDeclined"));
        }
        if declined.record.reasons.is_empty() {
            return Err(rejected("textMissing"));
        }
        Ok((None, BTreeSet::new()))
    }

    pub(super) fn submissions(
        &self,
        after: Option<DossierId>,
        limit: u32,
    ) -> Result<SubmissionPage, LinkError> {
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(LinkError::Refused("queryMalformed".into()));
        }
        let waits = |view: &DossierView| {
            let submission = view.submitted.clone().filter(|_| view.accepted.is_none())?;
            let submission = Some(submission).filter(|_| view.declined.is_none())?;
            let holder = self.leases.get(&view.id).map(|lease| Holder {
                device: lease.device,
                counter: String::new(),
                officer: lease.officer.clone(),
                until: lease.until,
            });
            Some(WaitingSubmission { id: view.id, version: view.version, submission, holder })
        };
        let views = self.dossiers.values().filter(|view| after.is_none_or(|after| view.id > after));
        let items: Vec<_> = views.filter_map(waits).take(limit as usize).collect();
        let next = (items.len() == limit as usize).then(|| items.last().map(|item| item.id)).flatten();
        Ok(SubmissionPage { items, next })
    }

    /// Its agency is the only one here.
    fn take_feedback(&mut self, op: &Op, record: &FeedbackRecord) -> Result<Done, Refusal> {
        match &record.act {
            FeedbackAct::Given { document, reason, text } => {
                let paper = self.papers.get(document).ok_or_else(|| rejected("documentUnknown"))?;
                let agency = op.device.to_string();
                let to_agency = Some(agency.clone());
                let given = Feedback {
                    id: op.op_id,
                    document: *document,
                    version: paper.version,
                    reason: *reason,
                    text: text.clone(),
                    officer: record.officer.clone(),
                    given_at: record.at,
                    from_agency: agency,
                    to_agency,
                    confirmed: None,
                    answer: None,
                    ours: true,
                    paper: None,
                    uses: vec![],
                };
                self.feedback.push(given);
            }
            FeedbackAct::Confirmed { feedback, text } => {
                let at = self.place_of(*feedback)?;
                if text.trim().is_empty() {
                    return Err(rejected("textMissing"));
                }
                let given = &mut self.feedback[at];
                if given.to_agency.is_none() {
                    return Err(rejected("documentOfOtherAgency"));
                }
                if given.answer.is_some() || given.confirmed.is_some() {
                    return Err(rejected("feedbackAnswered"));
                }
                let finding =
                    FeedbackFinding { text: text.clone(), officer: record.officer.clone(), at: record.at };
                given.confirmed = Some(finding);
            }
            FeedbackAct::Answered { feedback, corrected, text } => {
                let at = self.place_of(*feedback)?;
                if text.trim().is_empty() {
                    return Err(rejected("textMissing"));
                }
                let newer = self.papers.get(&self.feedback[at].document);
                let newer = newer.is_some_and(|paper| paper.version > self.feedback[at].version);
                let given = &mut self.feedback[at];
                if given.answer.is_some() {
                    return Err(rejected("feedbackAnswered"));
                }
                if *corrected && !newer {
                    return Err(rejected("paperNotCorrected"));
                }
                let (text, officer) = (text.clone(), record.officer.clone());
                given.answer = Some(FeedbackAnswer { corrected: *corrected, text, officer, at: record.at });
            }
        }
        Ok((None, BTreeSet::new()))
    }

    fn place_of(&self, feedback: OpId) -> Result<usize, Refusal> {
        let known = self.feedback.iter().position(|given| given.id == feedback && given.ours);
        known.ok_or_else(|| rejected("feedbackUnknown"))
    }

    /// A paper as it is offered: one that was found wrong is not.
    pub(super) fn as_it_stands(&self, paper: &DocumentSummary) -> DocumentSummary {
        let wrong = |given: &Feedback| {
            (given.document, given.version) == (paper.record.id, paper.version)
                && given.confirmed.is_some()
                && given.answer.is_none()
        };
        let mut paper = paper.clone();
        if paper.status == DocumentStatus::Valid && self.feedback.iter().any(wrong) {
            paper.status = DocumentStatus::UnderCorrection;
        }
        paper
    }

    pub(super) fn feedback_after(&self, after: Option<u64>, limit: u32) -> Result<FeedbackPage, LinkError> {
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(LinkError::Refused("queryMalformed".into()));
        }
        let (from, limit) = (usize::try_from(after.unwrap_or(0)).unwrap(), limit as usize);
        let told = |given: &Feedback| {
            let paper = self.papers.get(&given.document).map(|paper| self.as_it_stands(paper));
            let uses = if given.is_wrong() { self.wrong_uses(given.document) } else { vec![] };
            let uses = if given.uses.is_empty() { uses } else { given.uses.clone() };
            Feedback { paper: given.paper.clone().or(paper), uses, ..given.clone() }
        };
        let items: Vec<Feedback> = self.feedback.iter().skip(from).take(limit).map(told).collect();
        let next = (self.feedback.len() > from + limit).then(|| (from + limit) as u64);
        Ok(FeedbackPage { items, next })
    }

    /// Dossiers that use a paper.
    fn wrong_uses(&self, document: DocumentId) -> Vec<WrongUse> {
        let uses = |accepted: &AcceptedDossier| {
            let reused = |c: &ComponentEvidence| matches!(c.source, EvidenceSource::Warehouse { document: id, .. } if id == document);
            accepted.components.iter().any(reused)
        };
        let views = self.dossiers.values();
        views
            .filter_map(|view| {
                let accepted = view.accepted.as_ref().filter(|accepted| uses(accepted))?;
                Some(WrongUse {
                    dossier: view.id,
                    code: accepted.code.clone(),
                    owner_name: accepted.applicant.owner.name.clone(),
                    officer: accepted.officer.clone(),
                    returned: view.returned.is_some(),
                })
            })
            .collect()
    }

    /// Of an accepted dossier; what it says is the real warehouse's to judge.
    fn step(&mut self, op: &Op, record: &StepRecord, mut waits_for: Vec<String>) -> Result<Done, Refusal> {
        if self.dossiers.get(&op.dossier).is_none_or(|d| d.accepted.is_none()) {
            return Err(Refusal::Deferred(vec![op.dossier.to_string()]));
        }
        let files = waits_for.len();
        let filed = record.act.papers().iter().filter_map(|paper| paper.source.document());
        waits_for.extend(filed.filter(|id| !self.papers.contains_key(id)).map(|id| id.to_string()));
        if waits_for.len() > files {
            return Err(Refusal::Deferred(waits_for));
        }
        if files > 0 {
            return Err(Refusal::Kept(waits_for));
        }
        let document = match record.act.corrected() {
            Some(corrected) => Some(self.correct(op, record, corrected)?),
            None => None,
        };
        let entry =
            StepEntry { id: op.op_id, record: record.clone(), device: op.device, taken_at: op.device_time };
        self.steps.entry(op.dossier).or_default().push(entry);
        Ok((document, blobs_of(&op.payload)))
    }

    /// The paper of a returned result gets its next version, and the one before is told of as wrong.
    fn correct(
        &mut self,
        op: &Op,
        record: &StepRecord,
        corrected: &CorrectedResult,
    ) -> Result<DocumentId, Refusal> {
        let Some(returned) = self.dossiers.get(&op.dossier).and_then(|view| view.returned.as_ref()) else {
            return Err(Refusal::Deferred(vec![op.dossier.to_string()]));
        };
        if same_officer(&corrected.approved_by, &record.officer) {
            return Err(rejected("approverIsOfficer"));
        }
        if returned.record.id != corrected.document {
            return Err(rejected("resultNotOfDossier"));
        }
        let held = self.papers.get(&corrected.document).ok_or_else(|| rejected("documentUnknown"))?.clone();
        let paper = DocumentRecord {
            blob: corrected.blob,
            size: corrected.size,
            pages: corrected.pages,
            supersedes: Some(corrected.before),
            ..held.record
        };
        self.file(&paper, &held.owner_name, op.device_time, vec![])?;
        let (text, officer, at) = (corrected.text.clone(), record.officer.clone(), record.at);
        self.feedback.push(Feedback {
            id: op.op_id,
            document: corrected.document,
            version: held.version,
            reason: corrected.reason,
            text: text.clone(),
            officer: officer.clone(),
            given_at: corrected.asked_at,
            from_agency: op.device.to_string(),
            to_agency: Some(op.device.to_string()),
            confirmed: Some(FeedbackFinding { text: text.clone(), officer: officer.clone(), at }),
            answer: Some(FeedbackAnswer { corrected: true, text, officer, at }),
            ours: true,
            paper: None,
            uses: vec![],
        });
        self.feed.push(Change::Feedback { id: op.op_id, document: corrected.document });
        Ok(corrected.document)
    }

    /// Of a dossier that is known.
    pub(super) fn steps(&self, id: DossierId) -> Option<DossierSteps> {
        self.dossiers.get(&id)?;
        Some(DossierSteps { dossier: id, entries: self.steps.get(&id).cloned().unwrap_or_default() })
    }

    fn fee(&mut self, op: &Op, record: &FeeRecord) -> Result<Done, Refusal> {
        let Some(mut account) = self.account(op.dossier) else {
            return Err(Refusal::Deferred(vec![op.dossier.to_string()]));
        };
        if let FeeAct::Paid { receipt_number, .. } = &record.act {
            let stands = |id: &DossierId, entry: &FeeEntry| {
                matches!(&entry.record.act, FeeAct::Paid { receipt_number: known, .. } if known == receipt_number)
                    && self.account(*id).is_some_and(|account| account.stands(entry.id))
            };
            if self.fees.iter().any(|(id, entries)| entries.iter().any(|entry| stands(id, entry))) {
                return Err(rejected("feeReceiptTaken"));
            }
        }
        account.enter(op.op_id, &record.act).map_err(|fault| match fault {
            FeeFault::Zero => rejected("feeZero"),
            FeeFault::BeyondDue => rejected("feeBeyondDue"),
            FeeFault::ReversedBefore => rejected("feeReversedBefore"),
            _ => rejected("feeEntryUnknown"),
        })?;
        let entry =
            FeeEntry { id: op.op_id, record: record.clone(), device: op.device, taken_at: op.device_time };
        self.fees.entry(op.dossier).or_default().push(entry);
        Ok((None, BTreeSet::new()))
    }

    /// Of an accepted dossier.
    fn account(&self, id: DossierId) -> Option<FeeAccount> {
        let fee = self.dossiers.get(&id)?.accepted.as_ref()?.fee;
        let entries = self.fees.get(&id).into_iter().flatten();
        Some(FeeAccount::of(fee, entries.map(|entry| (entry.id, &entry.record.act))))
    }

    pub(super) fn fees(&self, id: DossierId) -> Option<DossierFees> {
        let account = self.account(id)?;
        let entries = self.fees.get(&id).cloned().unwrap_or_default();
        Some(DossierFees::of(id, &account, true, entries))
    }

    /// A file that is there is examined at once.
    fn look_into(&self, record: &DocumentRecord) -> Result<(), Refusal> {
        let said = (record.size, record.metadata.result_code.as_ref());
        self.blobs.get(&record.blob).map_or(Ok(()), |pdf| admit(pdf, said, &self.reference))
    }

    fn file(
        &mut self,
        record: &DocumentRecord,
        owner_name: &str,
        at: Timestamp,
        missing: Vec<String>,
    ) -> Result<Done, Refusal> {
        if let Some(held) = self.papers.get(&record.id) {
            let Some(before) = record.supersedes else { return Err(rejected("documentExists")) };
            if !self.filed.contains(&record.id) {
                return Err(rejected("documentOfOtherAgency"));
            }
            if held.record.blob != before {
                return Err(rejected("supersedesMismatch"));
            }
            if !missing.is_empty() {
                return Err(Refusal::Kept(missing));
            }
            let newer = DocumentSummary {
                record: record.clone(),
                version: held.version + 1,
                owner_name: owner_name.to_owned(),
                filed_at: at,
                ..held.clone()
            };
            self.papers.insert(record.id, newer);
            return Ok((Some(record.id), BTreeSet::from([record.blob])));
        }
        if record.supersedes.is_some() {
            return Err(rejected("documentUnknown"));
        }
        let owner = record.owner.first().ok_or_else(|| rejected("metadataIncomplete"))?;
        let suffix = format!("T{}", self.papers.len() + 1);
        let code = match &record.metadata.result_code {
            Some(result) => PaperCode::derive(owner, result, &suffix),
            None => PaperCode::parse(&format!("{}.{suffix}", owner.value())).unwrap(),
        };
        if !missing.is_empty() {
            return Err(Refusal::Kept(missing));
        }
        let paper = DocumentSummary {
            record: record.clone(),
            code,
            version: 1,
            uses: 0,
            status: DocumentStatus::Valid,
            provenance: Provenance::Provincial,
            store_name: String::new(),
            owner_name: owner_name.to_owned(),
            filed_at: at,
        };
        self.papers.insert(record.id, paper);
        self.filed.insert(record.id);
        Ok((Some(record.id), BTreeSet::from([record.blob])))
    }

    fn accept(
        &mut self,
        op: &Op,
        accepted: &AcceptedDossier,
        mut waits_for: Vec<String>,
    ) -> Result<Done, Refusal> {
        // What another machine did is never replaced by a word of this one.
        let own = |by: &OpId| {
            op.replaces.contains(by) && self.ops.get(by).is_some_and(|seen| seen.body.device == op.device)
        };
        let taken_back = self.declined_by.get(&op.dossier).is_some_and(own);
        if !taken_back && self.dossiers.get(&op.dossier).is_some_and(|d| d.declined.is_some()) {
            return Err(rejected("dossierDeclined"));
        }
        let view = self.dossiers.get(&op.dossier);
        let sent = view.and_then(|view| view.submitted.as_ref());
        let ahead = sent.is_none() && self.epoch > 1;
        let by_portal = accepted.consents.iter().filter(|consent| consent.method == ConsentMethod::Portal);
        let chosen = |paper: &DocumentId| sent.is_some_and(|sent| chose(sent, *paper));
        if !ahead && !by_portal.flat_map(|consent| &consent.documents).all(chosen) {
            return Err(rejected("consentMissing"));
        }
        let stands = self.dossiers.get(&op.dossier).filter(|d| d.accepted.is_some());
        let by_earlier = self.accepted_by.get(&op.dossier).is_some_and(own);
        // Said again in knowledge of what is here, it takes its place.
        let knows = stands.is_some_and(|d| {
            op.base_version >= d.version && d.accepted.as_ref().is_some_and(|a| a.code == accepted.code)
        });
        if stands.is_some_and(|d| !knows && (d.returned.is_some() || !by_earlier)) {
            return Err(rejected("alreadyAccepted"));
        }
        let earlier: BTreeSet<DocumentId> =
            stands.and_then(|d| d.accepted.as_ref()).map(reused_by).unwrap_or_default();
        let mut others = self.dossiers.values().filter(|d| d.id != op.dossier);
        if others.any(|d| d.accepted.as_ref().is_some_and(|a| a.code == accepted.code)) {
            return Err(rejected("codeTaken"));
        }
        if accepted.code.is_final() && !self.is_leased(&accepted.code) {
            return Err(rejected("codeNotLeased"));
        }
        // This warehouse has no clock: the moment of sending stands for it, unless that clock was set back.
        let (now, said) = (op.device_time.0.max(FRIDAY_MORNING.0), accepted.accepted_at.0);
        if said > now.saturating_add(AHEAD_MS) {
            return Err(rejected("acceptedInFuture"));
        }
        let day = Timestamp(said.clamp(now.saturating_sub(OFFLINE_MS), now)).day();
        let numbers = self.numbers_of(&accepted.applicant.owner);
        let files = waits_for.len();
        let mut reused = BTreeSet::new();
        for component in &accepted.components {
            match &component.source {
                EvidenceSource::Scan { document, .. } | EvidenceSource::File { document, .. } => {
                    waits_for
                        .extend(document.filter(|d| !self.papers.contains_key(d)).map(|d| d.to_string()));
                }
                EvidenceSource::Warehouse { document, provenance, .. } => {
                    self.reusable(*document, &numbers, day)?;
                    let covered = accepted.consents.iter().any(|c| {
                        c.documents.contains(document)
                            && (c.national || *provenance == Provenance::Provincial)
                    });
                    if !covered {
                        return Err(rejected("consentMissing"));
                    }
                    reused.insert(*document);
                }
                EvidenceSource::Database { database, .. } if database.trim().is_empty() => {
                    return Err(rejected("textMissing"));
                }
                EvidenceSource::Database { .. } | EvidenceSource::Absent => {}
            }
        }
        if waits_for.len() > files {
            return Err(Refusal::Deferred(waits_for));
        }
        if files > 0 {
            return Err(Refusal::Kept(waits_for));
        }
        for document in earlier.symmetric_difference(&reused) {
            if let Some(paper) = self.papers.get_mut(document) {
                if reused.contains(document) { paper.uses += 1 } else { paper.uses -= 1 }
            }
        }
        self.accepted_by.insert(op.dossier, op.op_id);
        Ok((None, blobs_of(&op.payload)))
    }

    fn withdraw(&mut self, op: &Op, work: &WithdrawnWork) -> Result<Done, Refusal> {
        if !withdrawal_fits(op, work) {
            return Err(rejected("withdrawUnfit"));
        }
        let applied = |id: &OpId| self.ops.get(id).is_some_and(|seen| seen.applied.is_some());
        if work.ops.iter().any(applied) {
            return Err(rejected("withdrawTooLate"));
        }
        if !self.replace_earlier(op) {
            return Err(rejected("replacesUnfit"));
        }
        Ok((None, BTreeSet::new()))
    }

    /// The owner's numbers, and those the owner's papers name beside them.
    fn numbers_of(&self, owner: &Party) -> Vec<IdNumber> {
        let mut numbers = owner.numbers();
        let named: Vec<_> = self.papers.values().map(|paper| &paper.record.owner).collect();
        for owners in named.iter().filter(|owners| owners.iter().any(|n| owner.numbers().contains(n))) {
            numbers.extend_from_slice(owners);
        }
        numbers
    }

    fn reusable(&self, document: DocumentId, numbers: &[IdNumber], day: Day) -> Result<(), Refusal> {
        let paper = self.papers.get(&document).ok_or_else(|| rejected("documentUnknown"))?;
        let said = &paper.record.metadata;
        if !paper.record.owner.iter().any(|number| numbers.contains(number)) {
            return Err(rejected("documentOfOtherPerson"));
        }
        if !said.shared && !self.filed.contains(&document) {
            return Err(rejected("documentNotShared"));
        }
        if said.valid_until.is_some_and(|last| last < day) {
            return Err(rejected("documentExpired"));
        }
        Ok(())
    }

    fn return_result(
        &mut self,
        op: &Op,
        result: &ReturnedResult,
        missing: Vec<String>,
    ) -> Result<Done, Refusal> {
        let view = self.dossiers.get(&op.dossier);
        let Some(accepted) = view.and_then(|d| d.accepted.as_ref()) else {
            return Err(Refusal::Deferred([missing, vec![op.dossier.to_string()]].concat()));
        };
        let named = self.returned_by.get(&op.dossier).is_some_and(|by| op.replaces.contains(by));
        if view.is_some_and(|d| d.returned.is_some() && op.base_version < d.version && !named) {
            return Err(rejected("alreadyReturned"));
        }
        let before = view.and_then(|d| d.returned.as_ref()).filter(|_| named).map(|r| r.record.id);
        let numbers = accepted.applicant.owner.numbers();
        if !result.record.owner.iter().any(|n| numbers.contains(n)) {
            return Err(rejected("ownerMismatch"));
        }
        let done = self.file(&result.record, &result.owner_name, op.device_time, missing)?;
        if let Some(cancelled) = before.and_then(|id| self.papers.get_mut(&id)) {
            cancelled.status = DocumentStatus::Cancelled;
        }
        self.returned_by.insert(op.dossier, op.op_id);
        Ok(done)
    }

    /// Ordinals are leased from 1 upwards, so a leased one is below the next.
    fn is_leased(&self, code: &DossierCode) -> bool {
        let mut parts = code.as_str().rsplit('-');
        let (Some(ordinal), Some(day)) = (parts.next(), parts.next()) else { return false };
        let (year, rest) = day.split_at(2);
        let (month, day) = rest.split_at(2);
        let day = Day::parse(&format!("20{year}-{month}-{day}")).unwrap();
        self.next_ordinal.get(&day).is_some_and(|next| ordinal.parse::<u32>().is_ok_and(|o| o < *next))
    }
}

/// It waits in the inbox, and the other one for it.
fn goes_before(kept: &Op, op: &Op) -> bool {
    is_lane(kept, op) && kept.device_seq < op.device_seq && op.payload.waits_for(&kept.payload)
}

/// What one machine sent for one dossier.
fn is_lane(kept: &Op, op: &Op) -> bool {
    kept.dossier == op.dossier && kept.device == op.device
}

fn withdrawal_fits(op: &Op, work: &WithdrawnWork) -> bool {
    !work.ops.is_empty()
        && work.ops.iter().all(|id| op.replaces.contains(id))
        && !work.reason.trim().is_empty()
        && !work.approved_by.trim().is_empty()
        && work.approved_by != work.officer
}

/// Papers of the warehouse an acceptance uses.
fn reused_by(accepted: &AcceptedDossier) -> BTreeSet<DocumentId> {
    let used = accepted.components.iter().filter_map(|c| match &c.source {
        EvidenceSource::Warehouse { document, .. } => Some(*document),
        EvidenceSource::Scan { .. }
        | EvidenceSource::File { .. }
        | EvidenceSource::Database { .. }
        | EvidenceSource::Absent => None,
    });
    used.collect()
}

fn blobs_of(payload: &OpPayload) -> BTreeSet<BlobId> {
    match payload {
        OpPayload::FileDocument { record, .. } => BTreeSet::from([record.blob]),
        OpPayload::ReturnResult(result) => BTreeSet::from([result.record.blob]),
        OpPayload::Withdraw(_) => BTreeSet::new(),
        OpPayload::AcceptDossier(accepted) => {
            let scanned = accepted.components.iter().filter_map(|c| match &c.source {
                EvidenceSource::Scan { blob, .. } | EvidenceSource::File { blob, .. } => Some(*blob),
                EvidenceSource::Warehouse { .. }
                | EvidenceSource::Database { .. }
                | EvidenceSource::Absent => None,
            });
            scanned.chain([accepted.receipt]).collect()
        }
        OpPayload::Step(step) => step.act.files().collect(),
        OpPayload::Submit(sent) => sent.papers.iter().filter_map(|paper| paper.source.blob()).collect(),
        OpPayload::Fee(_) | OpPayload::Feedback(_) | OpPayload::Decline(_) => BTreeSet::new(),
    }
}

/// The office of every machine of the twin.
const AGENCY: &str = "000.01.20.H08";

/// The checks of a file, each with its own code.
fn admit(
    pdf: &[u8],
    (size, code): (u64, Option<&ResultCode>),
    reference: &ReferenceData,
) -> Result<(), Refusal> {
    let trust = TrustList::from_pem(&pki().trust_pem).unwrap();
    let report = verify_pdf(pdf, &trust, FRIDAY_MORNING).map_err(|_| rejected("fileNotPdf"))?;
    if report.signatures.is_empty() {
        return Err(rejected("fileUnsigned"));
    }
    for signature in &report.signatures {
        match (signature.integrity, &signature.trust) {
            (Integrity::Changed, _) => return Err(rejected("fileChangedAfterSigning")),
            (Integrity::Intact, Trust::Untrusted) => return Err(rejected("fileNotTrusted")),
            (Integrity::Intact, Trust::Expired) => return Err(rejected("fileSignerExpired")),
            _ if signature.verdict == Verdict::Passed => {}
            _ => return Err(rejected("fileSignatureInvalid")),
        }
    }
    if size != pdf.len() as u64 {
        return Err(rejected("sizeMismatch"));
    }
    let role = |name: &str| if name == AGENCY_NAME { SignerRole::Agency } else { SignerRole::Other };
    let signers: Vec<_> = report.signatures.iter().map(|s| role(&s.signer.organization)).collect();
    match reference.signing(true, AGENCY, code, FRIDAY_MORNING.day()).missing(&signers) {
        None => Ok(()),
        Some(SignerRole::Agency) => Err(rejected("agencySignatureMissing")),
        Some(SignerRole::Officer | SignerRole::Other) => Err(rejected("officerSignatureMissing")),
    }
}

/// What is here is what became of the very dossier that is sent.
fn became_of(sent: &Submission, view: &DossierView) -> bool {
    let known = match (&view.accepted, &view.declined) {
        (Some(accepted), _) => (&accepted.applicant, &accepted.procedure, accepted.channel),
        (None, Some(declined)) => (&declined.applicant, &declined.procedure, declined.channel),
        (None, None) => return false,
    };
    let same = known.0.owner.number == sent.applicant.owner.number && known.1.same_procedure(&sent.procedure);
    view.submitted.is_none() && same && known.2 == sent.channel && known.2 != Channel::Direct
}

/// The sender chose that paper himself.
fn chose(sent: &Submission, paper: DocumentId) -> bool {
    let is = |source: &EvidenceSource| matches!(source, EvidenceSource::Warehouse { document, .. } if *document == paper);
    sent.papers.iter().any(|sent| is(&sent.source))
}
