//! A running server with two machines of one agency and one of another.

use crate::authority::{Authority, Identity};
use crate::paper;
use ed25519_dalek::VerifyingKey;
use motcua_desk::ports::Warehouse;
use motcua_dossier::{
    AgencyCode, Applicant, BlobId, Channel, Consent, ConsentMethod, Day, Deadline, DeviceId, DocumentId,
    DocumentRecord, DossierCode, DossierId, HandlingCase, IdNumber, IdentityCheck, NumberBlock, OpId,
    OrgNode, Party, PartyKind, Procedure, ProcedureCode, Provenance, ReferenceData, ReturnMethod, Timestamp,
};
use motcua_link::{DeviceIdentity, DeviceRequest, HttpWarehouse, LinkSettings};
use motcua_testkit::ChaosGate;
use motcua_warehouse::{
    Config, IdentityEntry, Limits, RunningServer, SeedDevice, SeedDocument, SeedFile, SeedReport,
    issue_certificate, seed, start,
};
use motcua_wire::{
    AcceptedDossier, ComponentEvidence, EvidenceSource, LeaseBlock, Op, OpPayload, OpResult, OpsRequest,
    ReturnedResult, SCHEMA_VERSION,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const AGENCY: &str = "000.01.20.H08";
pub const AGENCY_NAME: &str = "UBND xã Thử Nghiệm";
pub const OTHER_AGENCY: &str = "000.02.20.H08";
pub const OWNER: &str = "099000000001";
pub const OWNER_OLD: &str = "990000001";
/// A further number of the owner, which only a paper tells.
pub const PASSPORT: &str = "C1234567";
pub const STRANGER: &str = "099000000002";

pub struct World {
    pub dir: TempDir,
    pub config: Config,
    pub server: Option<RunningServer>,
    pub ca_pem: String,
    pub authority: Authority,
    pub agency: Identity,
    pub officer: Identity,
    pub devices: [DeviceId; 3],
    sequence: AtomicU64,
}

pub fn fresh_uuid() -> Uuid {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).unwrap();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

pub fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(now.as_millis()).unwrap())
}

/// The identity file of a machine, issued by the server's own library.
pub fn enrol(config: &Config, device: DeviceId, file: &Path) {
    let request = DeviceRequest::new().unwrap();
    let enrolled = issue_certificate(config, device, request.csr()).unwrap();
    request.with(&enrolled).save(file).unwrap();
}

/// One office.
pub fn tree() -> Vec<OrgNode> {
    vec![OrgNode {
        id: "xa".into(),
        parent: None,
        name: AGENCY_NAME.into(),
        level: "xã".into(),
        agency_code: Some(AGENCY.into()),
        from: None,
        until: None,
        successor: None,
    }]
}

/// A second installation in the same process finds the first one and changes nothing.
pub fn provide_crypto() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

impl World {
    pub async fn new() -> Self {
        Self::with_trust(|_, _| vec![]).await
    }

    /// `more` adds PEM texts to the trust list.
    pub async fn with_trust(more: impl FnOnce(&Authority, &Identity) -> Vec<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ca_pem = tls(dir.path());
        let config = Config {
            version: 1,
            data: dir.path().join("data"),
            listen: "127.0.0.1:0".into(),
            tls_cert: dir.path().join("server.pem"),
            tls_key: dir.path().join("server.key"),
            epoch: 1,
            limits: Limits { logins_per_minute: 0, ..Limits::default() },
            ..Config::default()
        };
        config.save().unwrap();
        let authority = Authority::new("CA thử nghiệm");
        let agency = authority.issue(AGENCY_NAME, -10, 365);
        let officer = authority.issue("Nguyễn Thị Thử", -10, 365);
        let mut trust_pem = vec![authority.root_pem.clone()];
        trust_pem.extend(more(&authority, &agency));
        let devices = [(); 3].map(|()| DeviceId(fresh_uuid()));
        let mut world = Self {
            dir,
            config,
            server: None,
            ca_pem,
            authority,
            agency,
            officer,
            devices,
            sequence: AtomicU64::new(1),
        };
        world.load(&world.base(trust_pem));
        for machine in 0..3 {
            enrol(&world.config, world.devices[machine], &world.identity(machine));
        }
        world.up().await;
        world
    }

    fn base(&self, trust_pem: Vec<String>) -> SeedFile {
        let agencies = [AGENCY, AGENCY, OTHER_AGENCY];
        SeedFile {
            version: 1,
            reference: Some(ReferenceData { trust_pem, ..self.reference() }),
            devices: (0..3)
                .map(|n| SeedDevice {
                    id: self.devices[n],
                    agency: AgencyCode::parse(agencies[n]).unwrap(),
                    name: format!("Máy {n}"),
                    revoked: false,
                })
                .collect(),
            identity: Some(vec![IdentityEntry {
                number: IdNumber::parse(OWNER).unwrap(),
                registered: true,
                name: Some("Trần Văn Giả Định".into()),
                aliases: vec![IdNumber::parse(OWNER_OLD).unwrap()],
            }]),
            aliases: vec![],
            documents: vec![],
            submissions: vec![],
        }
    }

    /// What the warehouse begins with.
    pub fn reference(&self) -> ReferenceData {
        ReferenceData {
            version: 5,
            procedures: vec![
                procedure("1.000894.000.00.00.H08", "Đăng ký kết hôn", "Hộ tịch"),
                procedure("2.000488.000.00.00.H08", "Cấp Phiếu lý lịch tư pháp", "Lý lịch tư pháp"),
            ],
            tree: tree(),
            trust_pem: vec![self.authority.root_pem.clone()],
            identity_guide: "hướng dẫn".into(),
            ..ReferenceData::default()
        }
    }

    /// A portal of the agency, enrolled by its code, and its identity file.
    pub async fn portal(&self) -> (DeviceId, PathBuf) {
        self.portal_at("portal.json").await
    }

    pub async fn portal_at(&self, file: &str) -> (DeviceId, PathBuf) {
        let agency = AgencyCode::parse(AGENCY).unwrap();
        let code = motcua_warehouse::portal_code(&self.config, &agency, "Cổng dịch vụ công").unwrap().code;
        let identity = self.dir.path().join(file);
        let device = DeviceId(fresh_uuid());
        let settings =
            LinkSettings { url: self.url(), ca_pem: self.ca_pem.clone(), identity: identity.clone() };
        motcua_link::enrol(&settings, &code, device, &agency).await.unwrap();
        (device, identity)
    }

    pub fn load(&self, content: &SeedFile) -> SeedReport {
        let file = self.dir.path().join("seed.json");
        std::fs::write(&file, serde_json::to_vec(content).unwrap()).unwrap();
        seed(&self.config, &file).unwrap()
    }

    /// The next version of the reference data has another tree.
    pub fn load_tree(&self, version: u64, tree: Vec<OrgNode>) {
        self.load(&SeedFile {
            version: 1,
            reference: Some(ReferenceData { version, tree, ..self.reference() }),
            devices: vec![],
            identity: None,
            aliases: vec![],
            documents: vec![],
            submissions: vec![],
        });
    }

    /// Puts a paper into the stock, beside the counters.
    pub fn stock(&self, pdf: &[u8], change: impl FnOnce(&mut SeedDocument)) -> DocumentId {
        let record = paper::record(OWNER, pdf, 1);
        let file = format!("{}.pdf", record.id);
        std::fs::write(self.dir.path().join(&file), pdf).unwrap();
        let mut document = SeedDocument {
            record,
            owner_name: "Trần Văn Giả Định".into(),
            file: file.into(),
            code: None,
            provenance: Provenance::Provincial,
            store_name: String::new(),
            cancelled: false,
            uses: 0,
            filed_at: now(),
            filed_by: None,
        };
        document.record.metadata.shared = true;
        change(&mut document);
        let id = document.record.id;
        let content = SeedFile {
            version: 1,
            reference: None,
            devices: vec![],
            identity: None,
            aliases: vec![],
            documents: vec![document],
            submissions: vec![],
        };
        let report = self.load(&content);
        assert_eq!(report.documents_added, 1);
        id
    }

    pub async fn up(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.server = Some(start(self.config.clone(), listener).await.unwrap());
    }

    pub async fn down(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await.unwrap();
        }
    }

    pub fn url(&self) -> String {
        self.server.as_ref().unwrap().url()
    }

    /// Key of receipts and reference data.
    pub fn receipt_key(&self) -> VerifyingKey {
        motcua_warehouse::receipt_key(&self.config.data).unwrap().verifying_key()
    }

    pub fn line(&self, machine: usize) -> HttpWarehouse {
        self.line_with(self.identity(machine), &self.ca_pem)
    }

    pub fn line_with(&self, identity: PathBuf, ca_pem: &str) -> HttpWarehouse {
        HttpWarehouse::new(LinkSettings { url: self.url(), ca_pem: ca_pem.into(), identity }).unwrap()
    }

    /// The same client through another address.
    pub fn line_by(&self, url: &str, machine: usize) -> HttpWarehouse {
        let (url, ca_pem, identity) = (url.into(), self.ca_pem.clone(), self.identity(machine));
        HttpWarehouse::new(LinkSettings { url, ca_pem, identity }).unwrap()
    }

    /// A gate before the server that shows the certificate in that file of `dir` (`server` or `other`). Beyond it
    /// everybody is the first machine.
    pub async fn gate(&self, dir: &Path, shown: &str) -> ChaosGate {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_file_iter(dir.join(format!("{shown}.pem"))).unwrap();
        let chain = chain.collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(dir.join(format!("{shown}.key"))).unwrap();
        let ours = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let theirs = self.tls_settings();
        let server = self.server.as_ref().unwrap().address();
        ChaosGate::to(server, std::sync::Arc::new(ours), std::sync::Arc::new(theirs)).await.unwrap()
    }

    /// As the first machine.
    fn tls_settings(&self) -> rustls::ClientConfig {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let machine = pem(&self.identity(0));
        let mut roots = rustls::RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(self.ca_pem.as_bytes()) {
            roots.add(root.unwrap()).unwrap();
        }
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(
                CertificateDer::pem_slice_iter(machine.as_bytes()).collect::<Result<_, _>>().unwrap(),
                PrivateKeyDer::from_pem_slice(machine.as_bytes()).unwrap(),
            )
            .unwrap()
    }

    /// A connection of the first machine, for what no HTTP client does.
    pub fn own_connection(&self) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
        let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
        let tls = rustls::ClientConnection::new(std::sync::Arc::new(self.tls_settings()), name).unwrap();
        rustls::StreamOwned::new(tls, TcpStream::connect(self.server.as_ref().unwrap().address()).unwrap())
    }

    /// Where key and certificate of a machine lie.
    pub fn identity(&self, machine: usize) -> PathBuf {
        self.dir.path().join(format!("device-{machine}.json"))
    }

    /// A plain client without a certificate.
    pub fn raw(&self) -> reqwest::Client {
        self.plain(None)
    }

    /// A plain client of a machine, for what the real one never does.
    pub fn raw_of(&self, machine: usize) -> reqwest::Client {
        self.plain(Some(&self.identity(machine)))
    }

    /// A plain client of the machine of that file.
    pub fn raw_at(&self, identity: &Path) -> reqwest::Client {
        self.plain(Some(identity))
    }

    fn plain(&self, identity: Option<&Path>) -> reqwest::Client {
        provide_crypto();
        let roots = reqwest::Certificate::from_pem(self.ca_pem.as_bytes()).unwrap();
        let mut builder = reqwest::Client::builder().tls_certs_only([roots]).no_proxy();
        if let Some(identity) = identity {
            builder = builder.identity(reqwest::Identity::from_pem(pem(identity).as_bytes()).unwrap());
        }
        builder.build().unwrap()
    }

    pub fn op(&self, machine: usize, dossier: DossierId, base_version: u64, payload: OpPayload) -> Op {
        Op {
            op_id: OpId(fresh_uuid()),
            device: self.devices[machine],
            device_seq: self.sequence.fetch_add(1, Ordering::Relaxed),
            device_time: now(),
            schema_version: SCHEMA_VERSION,
            dossier,
            base_version,
            replaces: vec![],
            payload,
        }
    }

    /// A page signed by the agency.
    pub fn signed(&self, mark: &str) -> Vec<u8> {
        self.agency.sign(&paper::pdf(1, mark), now())
    }

    pub async fn lease(&self, machine: usize, count: u32) -> NumberBlock {
        let agency = if machine == 2 { OTHER_AGENCY } else { AGENCY };
        let request = LeaseBlock { agency: AgencyCode::parse(agency).unwrap(), day: today(), count };
        self.line(machine).lease_block(&request).await.unwrap()
    }

    pub async fn code(&self, machine: usize) -> DossierCode {
        self.lease(machine, 1).await.take().unwrap()
    }
}

/// Key and certificate of a machine as one PEM text.
pub fn pem(identity: &Path) -> String {
    assert!(DeviceIdentity::load(identity).unwrap().is_some());
    let stored: serde_json::Value = serde_json::from_slice(&std::fs::read(identity).unwrap()).unwrap();
    format!("{}\n{}", stored["key"].as_str().unwrap(), stored["certificate"].as_str().unwrap())
}

pub fn today() -> Day {
    now().day()
}

pub async fn upload(line: &HttpWarehouse, bytes: &[u8]) -> BlobId {
    let blob = paper::blob(bytes);
    line.upload(&blob, bytes, &|_, _| {}, &CancellationToken::new()).await.unwrap();
    blob
}

pub async fn push(line: &HttpWarehouse, op: &Op) -> OpResult {
    push_all(line, std::slice::from_ref(op)).await.remove(0)
}

pub async fn push_all(line: &HttpWarehouse, ops: &[Op]) -> Vec<OpResult> {
    line.push(&OpsRequest { ops: ops.to_vec() }).await.unwrap().results
}

pub fn file_document(record: DocumentRecord) -> OpPayload {
    OpPayload::FileDocument { record, owner_name: "Trần Văn Giả Định".into() }
}

fn procedure(code: &str, name: &str, field: &str) -> Procedure {
    Procedure {
        code: ProcedureCode::parse(code).unwrap(),
        name: name.into(),
        field: field.into(),
        level: "Cấp Xã".into(),
        agency_applicant: false,
        cases: vec![HandlingCase {
            code: "thuong".into(),
            name: "Thông thường".into(),
            working_days: 1,
            working_hours: 0,
            fee: 0,
        }],
        components: vec![],
        result_code: None,
        result_name: String::new(),
        version: 1,
    }
}

pub fn accept(code: DossierCode, receipt: BlobId, components: Vec<EvidenceSource>) -> AcceptedDossier {
    AcceptedDossier {
        code,
        channel: Channel::Direct,
        return_method: ReturnMethod::Counter,
        applicant: Applicant {
            owner: Party {
                kind: PartyKind::Citizen,
                number: IdNumber::parse(OWNER).unwrap(),
                aliases: vec![],
                name: "Trần Văn Giả Định".into(),
                address: String::new(),
                phone: String::new(),
            },
            submitter: None,
        },
        identity: IdentityCheck::NotAsked,
        procedure: ProcedureCode::parse("1.000894.H08").unwrap(),
        case_code: "KXM".into(),
        reference_version: 5,
        accepted_at: now(),
        deadline: Deadline::plain(today(), 1),
        fee: 0,
        components: components
            .into_iter()
            .zip(1..)
            .map(|(source, number)| ComponentEvidence { number, name: format!("Giấy {number}"), source })
            .collect(),
        consents: vec![],
        receipt,
        officer: "canbo.demo".into(),
        exception: None,
    }
}

pub fn consent(documents: Vec<DocumentId>, national: bool) -> Consent {
    Consent { at: now(), method: ConsentMethod::Spoken, officer: "canbo.demo".into(), documents, national }
}

pub fn reuse(document: DocumentId) -> EvidenceSource {
    EvidenceSource::Warehouse { document, version: 1, provenance: Provenance::Provincial }
}

pub fn returned(record: DocumentRecord) -> OpPayload {
    OpPayload::ReturnResult(Box::new(ReturnedResult {
        record,
        owner_name: "Trần Văn Giả Định".into(),
        returned_at: now(),
        officer: "canbo.demo".into(),
    }))
}

pub fn rejected_code(result: &OpResult) -> &str {
    match result {
        OpResult::Rejected { code, .. } => code,
        other => panic!("not rejected: {other:?}"),
    }
}

pub fn is_applied(result: &OpResult) -> bool {
    matches!(result, OpResult::Applied { .. })
}

/// Writes a server certificate below a fresh CA and gives the CA.
pub fn tls(dir: &Path) -> String {
    let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
    // A name of its own: with the default one OpenSSL takes the server's certificate for self-signed.
    ca.distinguished_name.push(rcgen::DnType::CommonName, "CA thu nghiem");
    ca.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(ca, rcgen::KeyPair::generate().unwrap()).unwrap();
    let server_key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).unwrap();
    let server = server.signed_by(&server_key, &ca).unwrap();
    std::fs::write(dir.join("server.pem"), server.pem()).unwrap();
    std::fs::write(dir.join("server.key"), server_key.serialize_pem()).unwrap();
    // The same authority, another host: true, and not this server's.
    let other = rcgen::CertificateParams::new(vec!["kho-khac.invalid".into()]).unwrap();
    let other_key = rcgen::KeyPair::generate().unwrap();
    std::fs::write(dir.join("other.pem"), other.signed_by(&other_key, &ca).unwrap().pem()).unwrap();
    std::fs::write(dir.join("other.key"), other_key.serialize_pem()).unwrap();
    ca.pem()
}
