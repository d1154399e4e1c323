//! A machine at the counter, and what it sends.

use super::{SignedBy, WarehouseBench};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{
    Applicant, BlobId, Channel, Consent, ConsentMethod, CopyForm, Deadline, DocumentId, DocumentRecord,
    DocumentSummary, DossierId, IdNumber, IdentityCheck, Metadata, NumberBlock, OpId, Party, PartyKind,
    Provenance, ResultCode, ReturnMethod, StoreKind,
};
use motcua_wire::{
    AcceptedDossier, ComponentEvidence, DossierView, EvidenceSource, LeaseBlock, Op, OpPayload, OpResult,
    OpsRequest, Purpose, ReturnedResult, SCHEMA_VERSION, SignedReceipt,
};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const OWNER_NAME: &str = "Người Mẫu";
const OFFICER: &str = "canbo.mau";

/// One machine at the counter, making its operations in order.
pub(super) struct Machine<'a> {
    bench: &'a dyn WarehouseBench,
    line: Arc<dyn Warehouse>,
    number: u8,
    made: Cell<u8>,
}

impl<'a> Machine<'a> {
    pub(super) fn of(bench: &'a dyn WarehouseBench, number: u8) -> Self {
        Self { bench, line: bench.line(number), number, made: Cell::new(number * 100) }
    }

    /// A number nothing else of the suite has.
    pub(super) fn next(&self) -> u8 {
        self.made.replace(self.made.get() + 1)
    }

    /// The next operation of this machine, which has seen nothing of the dossier yet.
    pub(super) fn op(&self, dossier: u8, payload: OpPayload) -> Op {
        let made = self.next();
        Op {
            op_id: OpId::derive(1, &[made; 10]),
            device: self.bench.device(self.number),
            device_seq: made.into(),
            device_time: self.bench.now(),
            schema_version: SCHEMA_VERSION,
            dossier: DossierId::derive(1, &[dossier; 10]),
            base_version: 0,
            replaces: vec![],
            payload,
        }
    }

    /// What is said of a page of the owner's.
    pub(super) fn record(&self, pdf: &[u8]) -> DocumentRecord {
        DocumentRecord {
            id: DocumentId::derive(1, &[self.next(); 10]),
            owner: vec![self.bench.owner()],
            metadata: Metadata {
                kind: "Kết quả giải quyết".into(),
                category: "Giấy khai sinh".into(),
                result_code: Some(ResultCode::parse("KQ.G15.000031").unwrap()),
                name: "Giấy mẫu".into(),
                decision_number: String::new(),
                summary: String::new(),
                issuer: "Cơ quan mẫu".into(),
                issued_on: None,
                valid_until: None,
                form: CopyForm::Original,
                store: StoreKind::Personal,
                shown: true,
                shared: true,
            },
            blob: blob_of(pdf),
            size: pdf.len() as u64,
            pages: 1,
            supersedes: None,
        }
    }

    /// A paper whose file is uploaded, and the operation that files it.
    pub(super) async fn filing(&self, dossier: u8, by: SignedBy) -> (DocumentRecord, Op) {
        let pdf = self.bench.paper(by, self.next());
        self.upload(&pdf).await;
        let record = self.record(&pdf);
        (record.clone(), self.op(dossier, filing_of(record)))
    }

    /// A paper whose file stays here for now.
    pub(super) fn absent(&self, dossier: u8, by: SignedBy) -> (Vec<u8>, DocumentRecord, Op) {
        let pdf = self.bench.paper(by, self.next());
        let record = self.record(&pdf);
        (pdf, record.clone(), self.op(dossier, filing_of(record)))
    }

    /// A paper of the owner that the warehouse held before.
    pub(super) fn stocked(&self) -> DocumentId {
        self.stocked_but(|_| {})
    }

    /// The same, told differently.
    pub(super) fn stocked_but(&self, change: impl FnOnce(&mut DocumentRecord)) -> DocumentId {
        let pdf = self.bench.paper(SignedBy::Agency, self.next());
        let mut record = self.record(&pdf);
        change(&mut record);
        let id = record.id;
        self.bench.stock(record, &pdf);
        id
    }

    /// The person the identity service knows.
    pub(super) fn applicant(&self) -> Applicant {
        let owner = Party {
            kind: PartyKind::Citizen,
            number: self.bench.owner(),
            aliases: vec![],
            name: OWNER_NAME.into(),
            address: String::new(),
            phone: String::new(),
        };
        Applicant { owner, submitter: None }
    }

    /// An acceptance under a fresh code, its receipt uploaded.
    pub(super) async fn accepted(
        &self,
        sources: Vec<EvidenceSource>,
        consents: Vec<Consent>,
    ) -> AcceptedDossier {
        let now = self.bench.now();
        let row = |(source, number)| ComponentEvidence { number, name: format!("Giấy {number}"), source };
        AcceptedDossier {
            code: self.lease(1).await.take().unwrap(),
            channel: Channel::Direct,
            return_method: ReturnMethod::Counter,
            applicant: self.applicant(),
            identity: IdentityCheck::NotAsked,
            procedure: self.bench.procedure(),
            case_code: "thuong".into(),
            reference_version: 1,
            accepted_at: now,
            deadline: Deadline::plain(now.day(), 1),
            fee: 0,
            components: sources.into_iter().zip(1..).map(row).collect(),
            consents,
            receipt: self.upload(&self.bench.paper(SignedBy::Nobody, self.next())).await,
            officer: OFFICER.into(),
            exception: None,
        }
    }

    pub(super) async fn upload(&self, bytes: &[u8]) -> BlobId {
        let blob = blob_of(bytes);
        self.line.upload(&blob, bytes, &|_, _| {}, &CancellationToken::new()).await.unwrap();
        blob
    }

    pub(super) async fn push(&self, op: &Op) -> OpResult {
        self.push_all(&[op]).await.remove(0)
    }

    pub(super) async fn push_all(&self, ops: &[&Op]) -> Vec<OpResult> {
        let request = OpsRequest { ops: ops.iter().map(|op| (*op).clone()).collect() };
        let results = self.line.push(&request).await.unwrap().results;
        assert!(results.iter().map(OpResult::op_id).eq(ops.iter().map(|op| op.op_id)), "one each, in order");
        results
    }

    pub(super) async fn lease(&self, count: u32) -> NumberBlock {
        let wish = LeaseBlock { agency: self.bench.agency(), day: self.bench.now().day(), count };
        self.line.lease_block(&wish).await.unwrap()
    }

    pub(super) async fn papers(&self, owner: &[IdNumber]) -> Vec<DocumentSummary> {
        self.line.documents(owner, Purpose::Intake).await.unwrap()
    }

    pub(super) async fn view(&self, dossier: u8) -> DossierView {
        self.seen(dossier).await.unwrap()
    }

    /// The same, where the warehouse may have none.
    pub(super) async fn seen(&self, dossier: u8) -> Option<DossierView> {
        self.line.dossier(DossierId::derive(1, &[dossier; 10])).await.unwrap()
    }
}

/// A person the identity service does not know and nobody filed anything for.
pub(super) fn somebody_else() -> IdNumber {
    IdNumber::parse("001203000019").unwrap()
}

pub(super) fn blob_of(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

pub(super) fn filing_of(record: DocumentRecord) -> OpPayload {
    OpPayload::FileDocument { record, owner_name: OWNER_NAME.into() }
}

pub(super) fn returned(bench: &dyn WarehouseBench, record: DocumentRecord) -> OpPayload {
    OpPayload::ReturnResult(Box::new(ReturnedResult {
        record,
        owner_name: OWNER_NAME.into(),
        returned_at: bench.now(),
        officer: OFFICER.into(),
    }))
}

pub(super) fn reuse(document: DocumentId) -> EvidenceSource {
    EvidenceSource::Warehouse { document, version: 1, provenance: Provenance::Provincial }
}

pub(super) fn consent(bench: &dyn WarehouseBench, document: DocumentId) -> Consent {
    Consent {
        at: bench.now(),
        method: ConsentMethod::Spoken,
        officer: OFFICER.into(),
        documents: vec![document],
        national: false,
    }
}

pub(super) fn code_of(result: &OpResult) -> &str {
    match result {
        OpResult::Rejected { code, .. } => code,
        other => panic!("not rejected: {other:?}"),
    }
}

pub(super) fn receipt_of(result: &OpResult) -> &SignedReceipt {
    match result {
        OpResult::Applied { receipt, .. } => receipt,
        other => panic!("not applied: {other:?}"),
    }
}
