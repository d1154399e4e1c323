//! The warehouse in memory, by the rules of the protocol, with switches for everything that goes wrong.

#![allow(clippy::unwrap_used)]

mod admin;
mod rules;

use crate::world::FRIDAY_MORNING;
use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use motcua_desk::ports::{KnownOfficer, Lease, LinkError, Progress, Warehouse};
use motcua_dossier::{
    BlobId, Day, DeviceId, DocumentId, DocumentSummary, DossierId, IdNumber, IdentityAnswer, NumberBlock,
    OfficeDossier, OpId, ReferenceData,
};
use motcua_wire::{
    About, AdminReply, AdminRequest, CarriedPackage, Change, Changes, DossierFees, DossierLease, DossierPage,
    DossierSteps, DossierView, FeeEntry, Feedback, FeedbackPage, IdentityReply, LeaseBlock, LeaseDossier,
    MAX_ASKED, Op, OpStatus, OpsReply, OpsRequest, PackageHeader, Purpose, Role, SCHEMA_VERSION,
    SealedReference, SignedReceipt, StepEntry, SubmissionPage,
};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// The warehouse, at the end of one machine's line.
pub struct FakeWarehouse {
    state: Arc<Mutex<State>>,
    /// Who works at the machine.
    session: Mutex<Sitting>,
    device: DeviceId,
    gate: watch::Sender<(bool, u32)>,
    news: watch::Sender<()>,
    key: SigningKey,
}

/// Sessions at one machine.
#[derive(Default)]
struct Sitting {
    open: Option<KnownOfficer>,
    untold: u32,
}

struct State {
    /// Officers by login, with their secrets.
    officers: HashMap<String, (String, KnownOfficer)>,
    /// Logins that were tried, and sessions it was told the end of.
    logins: u32,
    logouts: u32,
    reference: ReferenceData,
    /// Why and by whom, and the versions before.
    reason: String,
    reference_by: String,
    versions: Vec<admin::Kept>,
    outage: Option<LinkError>,
    revoked: HashSet<DeviceId>,
    /// Whoever works at the machines has no role that shows him a dossier.
    blind: bool,
    /// Machines that submit and do nothing else.
    portals: HashSet<DeviceId>,
    identity_down: bool,
    identities: HashMap<IdNumber, (IdentityAnswer, Option<String>)>,
    papers: BTreeMap<DocumentId, DocumentSummary>,
    /// Papers that came from the counters; they are of one agency.
    filed: HashSet<DocumentId>,
    blobs: HashMap<BlobId, Vec<u8>>,
    ops: HashMap<OpId, Seen>,
    changes: Vec<Step>,
    /// What the counters are told of.
    feed: Vec<Change>,
    /// Operations that wait for their files.
    inbox: Vec<Op>,
    /// Operations others took the place of.
    replaced: HashSet<(OpId, DeviceId)>,
    accepted_by: HashMap<DossierId, OpId>,
    returned_by: HashMap<DossierId, OpId>,
    declined_by: HashMap<DossierId, OpId>,
    leases: HashMap<DossierId, DossierLease>,
    dossiers: BTreeMap<DossierId, DossierView>,
    fees: HashMap<DossierId, Vec<FeeEntry>>,
    steps: HashMap<DossierId, Vec<StepEntry>>,
    feedback: Vec<Feedback>,
    next_ordinal: HashMap<Day, u32>,
    refuse_next: Option<String>,
    trouble_for: HashSet<DossierId>,
    lose_replies: u32,
    forge_receipts: bool,
    forge_reference: bool,
    epoch: u64,
    applied: u32,
    asked: u32,
    /// What people were looked up for, in order.
    looked_up: Vec<Purpose>,
}

/// An operation that was applied or refused: its id belongs to this body for good.
struct Seen {
    body: Op,
    applied: Option<(u64, SignedReceipt)>,
    /// Why it was refused.
    refused: Option<String>,
}

/// Who brought a dossier to a version.
struct Step {
    dossier: DossierId,
    version: u64,
    device: DeviceId,
    device_seq: u64,
}

impl FakeWarehouse {
    /// A warehouse with this reference data.
    #[must_use]
    pub fn new(reference: ReferenceData) -> Self {
        let state = State {
            officers: HashMap::new(),
            reason: String::new(),
            reference_by: String::new(),
            versions: vec![],
            logins: 0,
            logouts: 0,
            outage: None,
            revoked: HashSet::new(),
            blind: false,
            portals: HashSet::new(),
            identity_down: false,
            identities: HashMap::new(),
            papers: BTreeMap::new(),
            filed: HashSet::new(),
            blobs: HashMap::new(),
            ops: HashMap::new(),
            changes: vec![],
            feed: vec![Change::Reference { version: reference.version }],
            inbox: vec![],
            replaced: HashSet::new(),
            accepted_by: HashMap::new(),
            returned_by: HashMap::new(),
            declined_by: HashMap::new(),
            leases: HashMap::new(),
            reference,
            dossiers: BTreeMap::new(),
            fees: HashMap::new(),
            steps: HashMap::new(),
            feedback: vec![],
            next_ordinal: HashMap::new(),
            refuse_next: None,
            trouble_for: HashSet::new(),
            lose_replies: 0,
            forge_receipts: false,
            forge_reference: false,
            epoch: 1,
            applied: 0,
            asked: 0,
            looked_up: vec![],
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            session: Mutex::default(),
            device: DeviceId::derive(0, &[0; 10]),
            gate: watch::Sender::new((false, 0)),
            news: watch::Sender::new(()),
            key: SigningKey::from_bytes(&[42; 32]),
        }
    }

    /// The same warehouse at the end of that machine's line; it matters where no operation names one.
    #[must_use]
    pub fn of(&self, device: DeviceId) -> Self {
        Self {
            state: Arc::clone(&self.state),
            session: Mutex::default(),
            device,
            gate: watch::Sender::new((false, 0)),
            news: self.news.clone(),
            key: self.key.clone(),
        }
    }

    /// Has these reference data from now on; who is told of them asks.
    pub fn put_reference(&self, reference: ReferenceData) {
        let mut state = self.state();
        state.feed.push(Change::Reference { version: reference.version });
        state.reference = reference;
    }

    /// Key of its receipts.
    #[must_use]
    pub fn receipt_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Every call fails like this until told otherwise.
    pub fn out(&self, how: Option<LinkError>) {
        self.state().outage = how;
    }

    /// This machine is revoked, or admitted again.
    pub fn revoke(&self, revoked: bool) {
        let mut state = self.state();
        if revoked {
            state.revoked.insert(self.device);
        } else {
            state.revoked.remove(&self.device);
        }
    }

    /// This machine is a portal.
    pub fn be_portal(&self) {
        let mut state = self.state();
        state.portals.insert(self.device);
    }

    /// Officers have no role any more that shows them a dossier; their machines' lists stay.
    pub fn show_no_dossier(&self, on: bool) {
        self.state().blind = on;
    }

    /// Only the identity service is silent.
    pub fn identity_down(&self, down: bool) {
        self.state().identity_down = down;
    }

    /// What the identity service says about a number.
    pub fn know(&self, number: &IdNumber, answer: IdentityAnswer, name: Option<&str>) {
        self.state().identities.insert(number.clone(), (answer, name.map(str::to_owned)));
    }

    /// A paper with its file.
    pub fn hold(&self, paper: DocumentSummary, file: &[u8]) {
        let mut state = self.state();
        state.blobs.insert(paper.record.blob, file.to_vec());
        state.papers.insert(paper.record.id, paper);
    }

    /// Another agency tells of a paper, or of what it found.
    pub fn tell(&self, feedback: Feedback) {
        let mut state = self.state();
        state.feed.push(Change::Feedback { id: feedback.id, document: feedback.document });
        state.feedback.retain(|known| known.id != feedback.id);
        state.feedback.push(feedback);
    }

    /// Loses a file; its paper stays listed.
    pub fn lose(&self, blob: &BlobId) {
        self.state().blobs.remove(blob);
    }

    /// Files on their way to this machine and from it wait until told otherwise.
    pub fn hold_files(&self, on: bool) {
        self.gate.send_modify(|gate| gate.0 = on);
    }

    /// Returns once a file waits.
    pub async fn file_waits(&self) {
        let _ = self.gate.subscribe().wait_for(|gate| gate.1 > 0).await;
    }

    async fn pass_gate(&self, cancel: &CancellationToken) -> Result<(), LinkError> {
        self.gate.send_modify(|gate| gate.1 += 1);
        let mut gate = self.gate.subscribe();
        let stopped = cancel.run_until_cancelled(gate.wait_for(|gate| !gate.0)).await.is_none();
        self.gate.send_modify(|gate| gate.1 -= 1);
        if stopped { Err(LinkError::Cancelled) } else { Ok(()) }
    }

    /// The next operation is refused with this code.
    pub fn refuse_next(&self, code: &str) {
        self.state().refuse_next = Some(code.to_owned());
    }

    /// Operations of this dossier meet a server in trouble, or no longer do.
    pub fn trouble_for(&self, dossier: DossierId, on: bool) {
        let mut state = self.state();
        if on {
            state.trouble_for.insert(dossier);
        } else {
            state.trouble_for.remove(&dossier);
        }
    }

    /// So many further operations are applied while their answers get lost.
    pub fn lose_replies(&self, count: u32) {
        self.state().lose_replies = count;
    }

    /// Receipts are signed by another key.
    pub fn forge_receipts(&self, on: bool) {
        self.state().forge_receipts = on;
    }

    /// Reference data are signed by another key.
    pub fn forge_reference(&self, on: bool) {
        self.state().forge_reference = on;
    }

    /// A restore from an old backup: the operations are gone, the epoch rises.
    pub fn restore_empty(&self) {
        let mut state = self.state();
        state.epoch += 1;
        state.ops.clear();
        state.changes.clear();
        state.inbox.clear();
        state.replaced.clear();
        state.accepted_by.clear();
        state.returned_by.clear();
        state.declined_by.clear();
        state.leases.clear();
        state.feed.clear();
        state.dossiers.clear();
        state.fees.clear();
        state.steps.clear();
        state.papers.clear();
        state.filed.clear();
        state.blobs.clear();
    }

    /// Operations that wait for their files.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.state().inbox.len()
    }

    /// Operations that had an effect.
    #[must_use]
    pub fn applied(&self) -> u32 {
        self.state().applied
    }

    /// The operation had its effect.
    #[must_use]
    pub fn has_applied(&self, op: OpId) -> bool {
        self.state().ops.get(&op).is_some_and(|seen| seen.applied.is_some())
    }

    /// The account of an accepted dossier.
    #[must_use]
    pub fn fees_of(&self, id: DossierId) -> Option<DossierFees> {
        self.state().fees(id)
    }

    /// What happened to a dossier after its acceptance.
    #[must_use]
    pub fn steps_of(&self, id: DossierId) -> Option<DossierSteps> {
        self.state().steps(id)
    }

    /// A paper as it is now.
    #[must_use]
    pub fn paper(&self, id: DocumentId) -> Option<DocumentSummary> {
        self.state().papers.get(&id).cloned()
    }

    /// Every dossier it has.
    #[must_use]
    pub fn dossiers(&self) -> Vec<DossierView> {
        self.state().dossiers.values().cloned().collect()
    }

    /// Accepted dossiers whoever stands at this cursor was told of, with the version told last; none when it leads
    /// nowhere any more.
    #[must_use]
    pub fn told_up_to(&self, cursor: &str) -> Vec<(DossierId, u64)> {
        let state = self.state();
        let Some((epoch, told)) = cursor.split_once('/') else { return vec![] };
        if epoch != state.epoch.to_string() {
            return vec![];
        }
        let told: usize = told.parse().unwrap_or(0);
        let mut versions = BTreeMap::new();
        for change in state.feed.iter().take(told) {
            if let Change::Dossier { id, version, code: Some(_), .. } = change {
                versions.insert(*id, *version);
            }
        }
        versions.into_iter().collect()
    }

    /// Loses what it knew of an operation, as a restore nobody told of does.
    pub fn forget(&self, op: OpId) {
        let mut state = self.state();
        if let Some(seen) = state.ops.remove(&op) {
            let dossier = seen.body.dossier;
            if let motcua_wire::OpPayload::FileDocument { record, .. } = &seen.body.payload {
                state.papers.remove(&record.id);
            }
            state.dossiers.remove(&dossier);
            state.accepted_by.remove(&dossier);
            state.changes.retain(|step| step.dossier != dossier);
        }
    }

    /// It has the whole file.
    #[must_use]
    pub fn has_blob(&self, blob: &BlobId) -> bool {
        self.state().blobs.contains_key(blob)
    }

    /// Times a paper was used, by its counter.
    #[must_use]
    pub fn uses(&self, document: DocumentId) -> u64 {
        self.state().papers.get(&document).map_or(0, |p| p.uses)
    }

    /// Files asked for by `fetch`.
    #[must_use]
    pub fn fetches(&self) -> u32 {
        self.state().asked
    }

    /// Knows an officer, with these roles in the office.
    pub fn employ(&self, login: &str, secret: &str, roles: &[Role]) {
        let known =
            KnownOfficer { login: login.into(), name: format!("Tên {login}"), roles: roles.to_vec() };
        self.state().officers.insert(login.into(), (secret.into(), known));
    }

    /// Knows an officer no longer, as a warehouse whose administrator ended him: the office still has officers.
    pub fn dismiss(&self, login: &str) {
        if let Some((secret, _)) = self.state().officers.get_mut(login) {
            secret.clear();
        }
    }

    /// The session at this machine was renewed, and the officer may do this from now on.
    pub fn renew_session(&self, roles: &[Role]) {
        if let Some(open) = &mut self.sitting().open {
            open.roles = roles.to_vec();
        }
    }

    /// Ends the session at this machine by itself, as a warehouse does whose administrator ended the officer.
    pub fn end_session(&self) {
        self.sitting().open = None;
    }

    /// Logins tried, and sessions it was told the end of.
    #[must_use]
    pub fn logins(&self) -> (u32, u32) {
        let state = self.state();
        (state.logins, state.logouts)
    }

    fn sitting(&self) -> MutexGuard<'_, Sitting> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What people were looked up for since it was asked last, in order.
    #[allow(clippy::must_use_candidate)] // asked again to forget what went before
    pub fn looked_up(&self) -> Vec<Purpose> {
        std::mem::take(&mut self.state().looked_up)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a portal may not ask for.
    fn for_counters(&self) -> Result<MutexGuard<'_, State>, LinkError> {
        let state = self.reached()?;
        if state.portals.contains(&self.device) {
            return Err(LinkError::Refused("notForPortals".into()));
        }
        Ok(state)
    }

    /// Who is there is told to everybody, also to a machine that was revoked.
    fn there(&self) -> Result<MutexGuard<'_, State>, LinkError> {
        let state = self.state();
        match &state.outage {
            Some(how) => Err(how.clone()),
            None => Ok(state),
        }
    }

    fn reached(&self) -> Result<MutexGuard<'_, State>, LinkError> {
        let state = self.there()?;
        if state.revoked.contains(&self.device) { Err(LinkError::Revoked) } else { Ok(state) }
    }
}

#[async_trait]
impl Warehouse for FakeWarehouse {
    async fn about(&self) -> Result<About, LinkError> {
        let state = self.there()?;
        Ok(About {
            name: "motcua-warehouse".into(),
            version: "0".into(),
            min_schema: 1,
            max_schema: SCHEMA_VERSION,
            epoch: state.epoch,
            time: FRIDAY_MORNING,
            receipt_key: hex::encode(self.receipt_key()),
        })
    }

    async fn reference(&self, since: u64) -> Result<Option<SealedReference>, LinkError> {
        let state = self.reached()?;
        let forger = SigningKey::from_bytes(&[43; 32]);
        let key = if state.forge_reference { &forger } else { &self.key };
        let newer = state.reference.version > since;
        Ok(newer.then(|| SealedReference::seal(&state.reference, key).unwrap()))
    }

    async fn identity(&self, number: &IdNumber, purpose: Purpose) -> Result<IdentityReply, LinkError> {
        let mut state = self.reached()?;
        state.looked_up.push(purpose);
        if state.identity_down {
            return Err(LinkError::IdentityDown);
        }
        let known = state.identities.get(number).cloned();
        let (answer, name) = known.unwrap_or((IdentityAnswer::NotRegistered, None));
        Ok(IdentityReply { answer, name, at: FRIDAY_MORNING })
    }

    async fn documents(
        &self,
        owner: &[IdNumber],
        purpose: Purpose,
    ) -> Result<Vec<DocumentSummary>, LinkError> {
        let mut state = self.reached()?;
        state.looked_up.push(purpose);
        let of_owner = |p: &&DocumentSummary| p.record.owner.iter().any(|n| owner.contains(n));
        let papers = state.papers.values().filter(of_owner);
        let mut papers: Vec<_> = papers.map(|paper| state.as_it_stands(paper)).collect();
        papers.sort_by_key(|p| Reverse(p.filed_at));
        Ok(papers)
    }

    async fn fetch(
        &self,
        blob: &BlobId,
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, LinkError> {
        if cancel.is_cancelled() {
            return Err(LinkError::Cancelled);
        }
        self.pass_gate(cancel).await?;
        let mut state = self.reached()?;
        state.asked += 1;
        let bytes = state.blobs.get(blob).cloned().ok_or_else(|| LinkError::Refused("blobUnknown".into()))?;
        progress(bytes.len() as u64, bytes.len() as u64);
        Ok(bytes)
    }

    async fn upload(
        &self,
        blob: &BlobId,
        bytes: &[u8],
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LinkError> {
        if cancel.is_cancelled() {
            return Err(LinkError::Cancelled);
        }
        self.pass_gate(cancel).await?;
        {
            let mut state = self.reached()?;
            if BlobId(Sha256::digest(bytes).into()) != *blob {
                return Err(LinkError::Refused("blobHashMismatch".into()));
            }
            state.blobs.insert(*blob, bytes.to_vec());
            state.settle(&self.key);
        }
        self.news.send_replace(());
        progress(bytes.len() as u64, bytes.len() as u64);
        Ok(())
    }

    async fn push(&self, request: &OpsRequest) -> Result<OpsReply, LinkError> {
        let mut state = self.reached()?;
        if request.ops.iter().any(|op| state.trouble_for.contains(&op.dossier)) {
            return Err(LinkError::Trouble { retry_after: None });
        }
        let results = state.apply_all(&request.ops, &self.key);
        self.news.send_replace(());
        if state.lose_replies > 0 {
            state.lose_replies -= 1;
            return Err(LinkError::Offline);
        }
        Ok(OpsReply { results })
    }

    async fn lease_block(&self, request: &LeaseBlock) -> Result<NumberBlock, LinkError> {
        let mut state = self.reached()?;
        let next = state.next_ordinal.entry(request.day).or_insert(1);
        let first = *next;
        *next += request.count;
        Ok(NumberBlock {
            agency: request.agency.clone(),
            day: request.day,
            next: first,
            last: first + request.count - 1,
        })
    }

    async fn dossier(&self, id: DossierId) -> Result<Option<DossierView>, LinkError> {
        let state = self.reached()?;
        // A portal is shown what it sent; here there is one.
        let portal = state.portals.contains(&self.device);
        let shown = |view: &DossierView| !state.blind && (!portal || view.submitted.is_some());
        Ok(state.view(id).filter(shown))
    }

    async fn fees(&self, id: DossierId) -> Result<Option<DossierFees>, LinkError> {
        Ok(self.reached()?.fees(id))
    }

    async fn steps(&self, id: DossierId) -> Result<Option<DossierSteps>, LinkError> {
        Ok(self.reached()?.steps(id))
    }

    async fn submissions(&self, after: Option<DossierId>, limit: u32) -> Result<SubmissionPage, LinkError> {
        self.for_counters()?.submissions(after, limit)
    }

    async fn feedback(&self, after: Option<u64>, limit: u32) -> Result<FeedbackPage, LinkError> {
        self.for_counters()?.feedback_after(after, limit)
    }

    async fn admin(&self, asked: &AdminRequest) -> Result<AdminReply, LinkError> {
        let known = self.session();
        let reply = self.reached()?.administer(known.as_ref(), asked);
        self.news.send_replace(());
        reply
    }

    async fn lease_dossier(
        &self,
        id: DossierId,
        version: u64,
        request: &LeaseDossier,
    ) -> Result<Lease, LinkError> {
        let lease = self.reached()?.lease(id, version, self.device, request);
        self.news.send_replace(());
        lease
    }

    async fn give_back_dossier(&self, id: DossierId) -> Result<(), LinkError> {
        let done = self.reached()?.give_back(id, self.device);
        self.news.send_replace(());
        done
    }

    async fn office_page(&self, after: Option<DossierId>, limit: u32) -> Result<DossierPage, LinkError> {
        self.reached()?.office_page(after, limit)
    }

    async fn office_dossiers(&self, ids: &[DossierId]) -> Result<Vec<OfficeDossier>, LinkError> {
        let state = self.reached()?;
        if ids.len() > MAX_ASKED {
            return Err(LinkError::Refused("tooManyIds".into()));
        }
        Ok(ids.iter().filter_map(|id| state.office_dossier(*id)).collect())
    }

    async fn log_in(&self, login: &str, secret: &Zeroizing<String>) -> Result<KnownOfficer, LinkError> {
        self.log_out();
        let mut state = self.reached()?;
        state.logins += 1;
        if state.officers.is_empty() {
            return Err(LinkError::Refused("officeWithoutOfficers".into()));
        }
        let known = state.officers.get(login).filter(|(right, _)| right == secret.as_str());
        let known = known.ok_or_else(|| LinkError::Refused("loginRefused".into()))?.1.clone();
        self.sitting().open = Some(known.clone());
        Ok(known)
    }

    fn session(&self) -> Option<KnownOfficer> {
        self.sitting().open.clone()
    }

    fn log_out(&self) {
        let mut sitting = self.sitting();
        sitting.untold += u32::from(sitting.open.take().is_some());
    }

    async fn tell_logged_out(&self) -> Result<(), LinkError> {
        let mut sitting = self.sitting();
        if sitting.untold > 0 {
            self.reached()?.logouts += std::mem::take(&mut sitting.untold);
        }
        Ok(())
    }

    async fn carry_package(&self, package: &BlobId) -> Result<CarriedPackage, LinkError> {
        let state = self.reached()?;
        let bytes = state.blobs.get(package).ok_or_else(|| LinkError::Refused("blobUnknown".into()))?;
        let header = PackageHeader::read(&mut bytes.as_slice()).ok();
        let whole = header.filter(|header| header.sealed_length() == bytes.len() as u64);
        let header = whole.ok_or_else(|| LinkError::Refused("packageUnfit".into()))?;
        Ok(CarriedPackage {
            blob: *package,
            device: header.device,
            made_at: header.made_at,
            operations: header.operations,
            taken: false,
        })
    }

    async fn op_states(&self, ops: &[OpId]) -> Result<Vec<OpStatus>, LinkError> {
        let state = self.reached()?;
        if ops.len() > MAX_ASKED {
            return Err(LinkError::Refused("tooManyIds".into()));
        }
        Ok(ops.iter().map(|op| OpStatus { op_id: *op, state: state.op_state(*op, self.device) }).collect())
    }

    async fn changes(&self, since: Option<&str>, limit: u32, wait: u32) -> Result<Changes, LinkError> {
        let mut news = self.news.subscribe();
        let until = tokio::time::Instant::now() + Duration::from_secs(wait.into());
        loop {
            let page = self.reached()?.page(since, limit)?;
            if wait == 0
                || !page.items.is_empty()
                || tokio::time::timeout_at(until, news.changed()).await.is_err()
            {
                return Ok(page);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::warehouse::{SignedBy, WarehouseBench, warehouse_contract};
    use crate::{owner, pki, reference, unsigned_pdf};
    use motcua_dossier::{
        AgencyCode, DocumentRecord, DocumentStatus, PaperCode, ProcedureCode, Provenance, Timestamp,
    };
    struct Bench(FakeWarehouse);

    #[async_trait]
    impl WarehouseBench for Bench {
        fn line(&self, machine: u8) -> Arc<dyn Warehouse> {
            Arc::new(self.0.of(self.device(machine)))
        }

        fn device(&self, machine: u8) -> DeviceId {
            DeviceId::derive(1, &[machine; 10])
        }

        fn portal(&self) -> u8 {
            2
        }

        fn agency(&self) -> AgencyCode {
            AgencyCode::parse("000.01.20.H08").unwrap()
        }

        fn receipt_key(&self) -> [u8; 32] {
            self.0.receipt_key()
        }

        fn now(&self) -> Timestamp {
            FRIDAY_MORNING
        }

        fn owner(&self) -> IdNumber {
            owner().number
        }

        fn procedure(&self) -> ProcedureCode {
            reference().procedures[0].code.clone()
        }

        fn case(&self) -> String {
            reference().procedures[0].cases[0].code.clone()
        }

        fn paper(&self, by: SignedBy, mark: u8) -> Vec<u8> {
            let identity = match by {
                SignedBy::Agency => &pki().agency,
                SignedBy::Officer => &pki().officer,
                SignedBy::Stranger => &pki().stranger,
                SignedBy::Nobody => return unsigned_pdf(mark),
            };
            pki().sign(&unsigned_pdf(mark), identity, FRIDAY_MORNING)
        }

        fn stock(&self, record: DocumentRecord, pdf: &[u8]) {
            let paper = DocumentSummary {
                code: PaperCode::derive(
                    &record.owner[0],
                    record.metadata.result_code.as_ref().unwrap(),
                    "CS1",
                ),
                record,
                version: 1,
                uses: 0,
                status: DocumentStatus::Valid,
                provenance: Provenance::Provincial,
                store_name: String::new(),
                owner_name: owner().name,
                filed_at: Timestamp(FRIDAY_MORNING.0 - 3_600_000),
            };
            self.0.hold(paper, pdf);
        }

        fn restore(&self) {
            self.0.restore_empty();
        }

        fn employ(&self, login: &str, secret: &str) {
            self.0.employ(login, secret, &[Role::Intake]);
        }

        fn appoint(&self, login: &str, secret: &str) {
            self.0.employ(login, secret, &[Role::Administrator]);
        }

        fn silence_identity(&self) {
            self.0.identity_down(true);
        }

        async fn cut(&mut self) {
            self.0.out(Some(LinkError::Offline));
        }
    }

    #[tokio::test]
    async fn the_twin_keeps_what_every_warehouse_promises() {
        warehouse_contract(async || {
            let warehouse = FakeWarehouse::new(reference());
            warehouse.know(&owner().number, IdentityAnswer::Registered, None);
            warehouse.of(DeviceId::derive(1, &[2; 10])).be_portal();
            Bench(warehouse)
        })
        .await;
    }
}
