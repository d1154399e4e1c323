//! The warehouse in memory, by the rules of the protocol, with switches for everything that goes wrong.

#![allow(clippy::unwrap_used)]

use crate::pki::{AGENCY_NAME, pki};
use crate::world::FRIDAY_MORNING;
use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use motcua_desk::ports::{LinkError, Progress, Warehouse};
use motcua_dossier::{
    BlobId, DocumentId, DocumentRecord, DocumentStatus, DocumentSummary, DossierId, IdNumber, IdentityAnswer,
    NumberBlock, OpId, PaperCode, Provenance, ReferenceData, Timestamp,
};
use motcua_signature::{TrustList, Verdict, verify_pdf};
use motcua_wire::{
    About, DossierView, EvidenceSource, IdentityReply, LeaseBlock, Op, OpPayload, OpResult, OpsReply,
    OpsRequest, ReceiptBody, SCHEMA_VERSION, SignedReceipt,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The warehouse.
pub struct FakeWarehouse {
    state: Mutex<State>,
    key: SigningKey,
}

struct State {
    reference: ReferenceData,
    outage: Option<LinkError>,
    identity_down: bool,
    identities: HashMap<IdNumber, (IdentityAnswer, Option<String>)>,
    papers: BTreeMap<DocumentId, DocumentSummary>,
    blobs: HashMap<BlobId, Vec<u8>>,
    ops: HashMap<OpId, (Op, u64, SignedReceipt)>,
    dossiers: BTreeMap<DossierId, DossierView>,
    next_ordinal: HashMap<motcua_dossier::Day, u32>,
    refuse_next: Option<String>,
    trouble_for: HashSet<DossierId>,
    lose_replies: u32,
    forge_receipts: bool,
    epoch: u64,
    applied: u32,
    uploads: u32,
    asked: u32,
}

impl FakeWarehouse {
    /// A warehouse with this reference data.
    #[must_use]
    pub fn new(reference: ReferenceData) -> Self {
        let state = State {
            reference,
            outage: None,
            identity_down: false,
            identities: HashMap::new(),
            papers: BTreeMap::new(),
            blobs: HashMap::new(),
            ops: HashMap::new(),
            dossiers: BTreeMap::new(),
            next_ordinal: HashMap::new(),
            refuse_next: None,
            trouble_for: HashSet::new(),
            lose_replies: 0,
            forge_receipts: false,
            epoch: 1,
            applied: 0,
            uploads: 0,
            asked: 0,
        };
        Self { state: Mutex::new(state), key: SigningKey::from_bytes(&[42; 32]) }
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

    /// A restore from an old backup: the operations are gone, the epoch rises.
    pub fn restore_empty(&self) {
        let mut state = self.state();
        state.epoch += 1;
        state.ops.clear();
        state.dossiers.clear();
        state.papers.clear();
        state.blobs.clear();
    }

    /// Operations that had an effect.
    #[must_use]
    pub fn applied(&self) -> u32 {
        self.state().applied
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reached(&self) -> Result<MutexGuard<'_, State>, LinkError> {
        let state = self.state();
        match &state.outage {
            Some(how) => Err(how.clone()),
            None => Ok(state),
        }
    }
}

impl State {
    fn apply(&mut self, op: &Op, key: &SigningKey) -> OpResult {
        let op_id = op.op_id;
        if let Some((known, version, receipt)) = self.ops.get(&op_id) {
            let same = Op { base_version: 0, ..known.clone() } == Op { base_version: 0, ..op.clone() };
            return if same {
                OpResult::Duplicate { op_id, version: *version, receipt: receipt.clone() }
            } else {
                OpResult::Rejected { op_id, code: "idempotencyMismatch".into(), fields: vec![] }
            };
        }
        if let Some(code) = self.refuse_next.take() {
            return OpResult::Rejected { op_id, code, fields: vec![] };
        }
        let done = match &op.payload {
            OpPayload::FileDocument { record, owner_name } => self.file(record, owner_name),
            OpPayload::AcceptDossier(_) => self.accept(op),
            OpPayload::ReturnResult(result) => {
                if self.dossiers.get(&op.dossier).is_none_or(|d| d.accepted.is_none()) {
                    let waits_for = vec![op.dossier.to_string()];
                    return OpResult::Deferred { op_id, waits_for };
                }
                self.file(&result.record, &result.owner_name)
            }
        };
        let (document, blobs) = match done {
            Ok(done) => done,
            Err(Refusal::Rejected(code)) => {
                return OpResult::Rejected { op_id, code: code.into(), fields: vec![] };
            }
            Err(Refusal::Deferred(waits_for)) => return OpResult::Deferred { op_id, waits_for },
        };
        let view = self.dossiers.entry(op.dossier).or_insert_with(|| DossierView {
            id: op.dossier,
            version: 0,
            accepted: None,
            returned: None,
            receipts: vec![],
        });
        view.version += 1;
        match &op.payload {
            OpPayload::AcceptDossier(accepted) => view.accepted = Some((**accepted).clone()),
            OpPayload::ReturnResult(result) => view.returned = Some((**result).clone()),
            OpPayload::FileDocument { .. } => {}
        }
        let version = view.version;
        let blobs = blobs.into_iter().collect();
        let at = op.device_time;
        let body = ReceiptBody { v: 1, op_id, dossier: op.dossier, version, document, blobs, at };
        let forger = SigningKey::from_bytes(&[1; 32]);
        let signer = if self.forge_receipts { &forger } else { key };
        let receipt = SignedReceipt::sign(&body, signer).unwrap();
        view.receipts.push(receipt.clone());
        self.ops.insert(op_id, (op.clone(), version, receipt.clone()));
        self.applied += 1;
        OpResult::Applied { op_id, version, receipt }
    }

    fn file(&mut self, record: &DocumentRecord, owner_name: &str) -> Result<Done, Refusal> {
        let Some(pdf) = self.blobs.get(&record.blob) else {
            return Err(Refusal::Deferred(vec![record.blob.to_string()]));
        };
        let trust = TrustList::from_pem(&pki().trust_pem).unwrap();
        let report = verify_pdf(pdf, &trust, FRIDAY_MORNING).map_err(|_| Refusal::Rejected("fileNotPdf"))?;
        if report.signatures.is_empty() {
            return Err(Refusal::Rejected("fileUnsigned"));
        }
        if report.document != Verdict::Passed {
            return Err(Refusal::Rejected("fileSignatureInvalid"));
        }
        if !report.signatures.iter().any(|s| s.signer.organization == AGENCY_NAME) {
            return Err(Refusal::Rejected("agencySignatureMissing"));
        }
        if record.size != pdf.len() as u64 {
            return Err(Refusal::Rejected("sizeMismatch"));
        }
        if self.papers.contains_key(&record.id) {
            return Err(Refusal::Rejected("documentExists"));
        }
        let owner = record.owner.first().ok_or(Refusal::Rejected("metadataIncomplete"))?;
        let suffix = format!("T{}", self.papers.len() + 1);
        let code = match &record.metadata.result_code {
            Some(result) => PaperCode::derive(owner, result, &suffix),
            None => PaperCode::parse(&format!("{}.{suffix}", owner.value())).unwrap(),
        };
        let paper = DocumentSummary {
            record: record.clone(),
            code,
            version: 1,
            uses: 0,
            status: DocumentStatus::Valid,
            provenance: Provenance::Provincial,
            owner_name: owner_name.to_owned(),
            filed_at: FRIDAY_MORNING,
        };
        self.papers.insert(record.id, paper);
        Ok((Some(record.id), BTreeSet::from([record.blob])))
    }

    fn accept(&mut self, op: &Op) -> Result<Done, Refusal> {
        let OpPayload::AcceptDossier(accepted) = &op.payload else {
            return Err(Refusal::Rejected("schemaUnknown"));
        };
        if self.dossiers.values().any(|d| d.accepted.as_ref().is_some_and(|a| a.code == accepted.code)) {
            return Err(Refusal::Rejected("codeTaken"));
        }
        let mut blobs = BTreeSet::from([accepted.receipt]);
        let (mut reused, mut waits_for) = (BTreeSet::new(), vec![]);
        for component in &accepted.components {
            match &component.source {
                EvidenceSource::Scan { blob, document } | EvidenceSource::File { blob, document } => {
                    blobs.insert(*blob);
                    waits_for
                        .extend(document.filter(|d| !self.papers.contains_key(d)).map(|d| d.to_string()));
                }
                EvidenceSource::Warehouse { document, provenance, .. } => {
                    if !self.papers.contains_key(document) {
                        return Err(Refusal::Rejected("documentUnknown"));
                    }
                    let covered = accepted.consents.iter().any(|c| {
                        c.documents.contains(document)
                            && (c.national || *provenance == Provenance::Provincial)
                    });
                    if !covered {
                        return Err(Refusal::Rejected("consentMissing"));
                    }
                    reused.insert(*document);
                }
                EvidenceSource::Absent => {}
            }
        }
        waits_for.extend(blobs.iter().filter(|b| !self.blobs.contains_key(*b)).map(BlobId::to_string));
        if !waits_for.is_empty() {
            return Err(Refusal::Deferred(waits_for));
        }
        for document in reused {
            if let Some(paper) = self.papers.get_mut(&document) {
                paper.uses += 1;
            }
        }
        Ok((None, blobs))
    }
}

type Done = (Option<DocumentId>, BTreeSet<BlobId>);

enum Refusal {
    Rejected(&'static str),
    Deferred(Vec<String>),
}

#[async_trait]
impl Warehouse for FakeWarehouse {
    async fn about(&self) -> Result<About, LinkError> {
        let state = self.reached()?;
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

    async fn reference(&self, since: u64) -> Result<Option<ReferenceData>, LinkError> {
        let state = self.reached()?;
        Ok((state.reference.version > since).then(|| state.reference.clone()))
    }

    async fn identity(&self, number: &IdNumber) -> Result<IdentityReply, LinkError> {
        let state = self.reached()?;
        if state.identity_down {
            return Err(LinkError::IdentityDown);
        }
        let known = state.identities.get(number).cloned();
        let (answer, name) = known.unwrap_or((IdentityAnswer::NotRegistered, None));
        Ok(IdentityReply { answer, name, at: FRIDAY_MORNING })
    }

    async fn documents(&self, owner: &[IdNumber]) -> Result<Vec<DocumentSummary>, LinkError> {
        let state = self.reached()?;
        let of_owner = |p: &&DocumentSummary| p.record.owner.iter().any(|n| owner.contains(n));
        Ok(state.papers.values().filter(of_owner).cloned().collect())
    }

    async fn fetch(&self, blob: &BlobId, _cancel: &CancellationToken) -> Result<Vec<u8>, LinkError> {
        let mut state = self.reached()?;
        state.asked += 1;
        state.blobs.get(blob).cloned().ok_or_else(|| LinkError::Refused("blobUnknown".into()))
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
        {
            let mut state = self.reached()?;
            if BlobId(Sha256::digest(bytes).into()) != *blob {
                return Err(LinkError::Refused("blobHashMismatch".into()));
            }
            state.uploads += 1;
            state.blobs.insert(*blob, bytes.to_vec());
        }
        progress(bytes.len() as u64, bytes.len() as u64);
        Ok(())
    }

    async fn push(&self, request: &OpsRequest) -> Result<OpsReply, LinkError> {
        let mut state = self.reached()?;
        if request.ops.iter().any(|op| state.trouble_for.contains(&op.dossier)) {
            return Err(LinkError::Trouble { retry_after: None });
        }
        let results: Vec<OpResult> = request.ops.iter().map(|op| state.apply(op, &self.key)).collect();
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
        Ok(self.reached()?.dossiers.get(&id).cloned())
    }
}

/// Papers were filed at this moment.
#[must_use]
pub(crate) fn filed_at() -> Timestamp {
    FRIDAY_MORNING
}
