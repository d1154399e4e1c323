//! The counter at which the officer works, and the warehouse beside it.

use super::{KINDS, Kind, number, program};
use crate::driver::Ended;
use crate::papers::Sequence;
use crate::search;
use motcua_demo::{authority::Authority, content, pages};
use motcua_desk::ports::{Batch, Vault};
use motcua_dossier::{
    AgencyCode, BlobId, ComponentSpec, CopyForm, DocumentId, DocumentRecord, HandlingCase, IdNumber,
    Metadata, Procedure, ProcedureCode, Provenance, ReferenceData, ResultCode, StoreKind, Timestamp,
};
use motcua_vault::SealedVault;
use motcua_warehouse::{Config, SeedDocument, SeedFile, seed};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SIGNATURE_MS: u64 = 500;
const PROCEDURES: u32 = 2_000;
pub(super) const PAPERS: u32 = 8;
const DOSSIERS: u64 = 10_000;

/// A counter with its warehouse: 2,000 procedures of eight papers, 10,000 dossiers in its vault.
pub(super) struct Counter {
    pub(super) dir: tempfile::TempDir,
    warehouse: Option<Ended>,
}

impl Counter {
    /// With so many owners of each kind of dossier.
    pub(super) fn prepare(rounds: usize, kinds: &[Kind]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let prepared = Command::new(program("motcua"))
            .arg("--profile")
            .arg(dir.path())
            .args(["demo", "--prepare"])
            .env("MOTCUA_DEMO_PORT", port.to_string())
            .output()
            .unwrap();
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
        stock(dir.path(), rounds, kinds);
        slow_token(dir.path());
        let vault = SealedVault::at(dir.path().join("vault"));
        vault.unlock(motcua_demo::OFFICER, &motcua_demo::OFFICER_SECRET.to_owned().into()).unwrap();
        let mut random = Sequence(42);
        for first in (0..DOSSIERS).step_by(2_000) {
            let dossiers = (first..first + 2_000).map(|n| search::dossier(n, &mut random)).collect();
            vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
        }
        vault.lock();
        let mut serve = Command::new(program("motcua-warehouse"));
        serve
            .args(["serve", "--data"])
            .arg(dir.path().join("warehouse"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut warehouse = Ended::start(&mut serve).unwrap();
        let mut line = String::new();
        BufReader::new(warehouse.stdout().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("listening"), "{line:?}");
        Self { dir, warehouse: Some(warehouse) }
    }

    /// The network is gone.
    pub(super) fn cut(&mut self) {
        self.warehouse = None;
    }
}

/// Each signature takes half a second.
fn slow_token(dir: &Path) {
    let shim = program("libmotcua_p11shim.so");
    if !shim.exists() {
        println!("    SKIPPED LOUDLY: {} is not built; the token signs at once", shim.display());
        return;
    }
    let script = dir.join("token.json");
    std::fs::write(&script, json!({ "sign_delay_ms": SIGNATURE_MS }).to_string()).unwrap();
    let file = dir.join("counter.json");
    let mut settings: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let target = settings["pkcs11_module"].take();
    settings["pkcs11_module"] = json!(shim);
    settings["pkcs11_env"]["MOTCUA_P11SHIM_TARGET"] = target;
    settings["pkcs11_env"]["MOTCUA_P11SHIM_SCRIPT"] = json!(script);
    std::fs::write(&file, settings.to_string()).unwrap();
}

fn result_code(paper: u32) -> ResultCode {
    ResultCode::parse(&format!("KQ.G15.{:06}", 980_000 + paper)).unwrap()
}

/// Eight papers each; of the procedure of the scans three are not asked for.
fn procedure(number: u32) -> Procedure {
    let required = KINDS.iter().find(|kind| kind.procedure == number).map_or(PAPERS, |k| k.stocked + k.scans);
    let component = |paper: u32| ComponentSpec {
        number: paper,
        name: format!("Giấy tờ mẫu thứ {paper}"),
        form: CopyForm::Original,
        quantity: 1,
        result_codes: vec![result_code(paper)],
        fresh_days: None,
        required: paper <= required,
        enters_warehouse: true,
    };
    Procedure {
        code: ProcedureCode::parse(&format!("9.{number:06}.000.00.00.H08")).unwrap(),
        name: format!("Cấp giấy xác nhận theo mẫu số {number}"),
        field: "Lĩnh vực mẫu".into(),
        level: "Cấp Xã".into(),
        agency_applicant: false,
        cases: vec![HandlingCase {
            code: "thuong".into(),
            name: "Thông thường".into(),
            working_days: 3,
            working_hours: 0,
            fee: 0,
        }],
        components: (1..=PAPERS).map(component).collect(),
        result_code: None,
        result_name: "Giấy xác nhận".into(),
        version: 1,
    }
}

/// The catalogue, the owners and their papers.
fn stock(dir: &Path, rounds: usize, kinds: &[Kind]) {
    let now = crate::load::now();
    let (at, data) = (now.in_vietnam(), dir.join("warehouse"));
    let authority = Authority::prepare(&dir.join("authority"), at).unwrap();
    let (signer, chain) = (authority.archive_signer().unwrap(), authority.chain().unwrap());
    let starter: Value = serde_json::from_slice(&std::fs::read(dir.join("reference.json")).unwrap()).unwrap();
    let known: ReferenceData = serde_json::from_value(starter["reference"].clone()).unwrap();
    let mut procedures = known.procedures.clone();
    procedures.extend((1..=PROCEDURES).map(procedure));
    let reference = ReferenceData { version: known.version + 1, procedures, ..known };
    let folder = data.join("seed");
    let mut documents = vec![];
    let file = data.join("identity.json");
    let mut people: Vec<Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let owners: Vec<(usize, u32, usize)> = kinds
        .iter()
        .enumerate()
        .flat_map(|(kind, of)| (0..rounds).map(move |round| (kind, of.stocked, round)))
        .collect();
    let named = |kind: usize, round: usize| (number(kind, round), format!("Người Thử Nghiệm {kind} {round}"));
    for (kind, _, round) in &owners {
        let (owner, name) = named(*kind, *round);
        people.push(json!({ "number": owner, "registered": true, "name": name }));
    }
    // Thousands of papers are drawn and signed: every processor takes a share.
    let share = owners.len().div_ceil(std::thread::available_parallelism().map_or(1, usize::from));
    let drawn_for = |share: &[(usize, u32, usize)]| {
        let mut drawn = vec![];
        for (kind, stocked, round) in share {
            let (owner, name) = named(*kind, *round);
            for paper in 1..=*stocked {
                let title = format!("Giấy tờ mẫu thứ {paper}");
                let mark = Sha256::digest(format!("{owner} {paper}"));
                let page =
                    pages::page_pdf(&title, std::slice::from_ref(&name), at, mark[..16].try_into().unwrap());
                let pdf = signer.sign_pdf(&page.unwrap(), &chain, at).unwrap();
                let place = PathBuf::from("papers").join(format!("{owner}-{paper}.pdf"));
                std::fs::write(folder.join(&place), &pdf).unwrap();
                let random = mark[..10].try_into().unwrap();
                drawn.push(document(&owner, &name, paper, (&pdf, place), now, random));
            }
        }
        drawn
    };
    std::thread::scope(|scope| {
        let shares: Vec<_> =
            owners.chunks(share.max(1)).map(|share| scope.spawn(|| drawn_for(share))).collect();
        documents.extend(shares.into_iter().flat_map(|share| share.join().unwrap()));
    });
    std::fs::write(&file, serde_json::to_vec(&people).unwrap()).unwrap();
    let content = SeedFile {
        version: 1,
        reference: Some(reference),
        devices: vec![],
        identity: None,
        aliases: vec![],
        documents,
        submissions: vec![],
    };
    let file = folder.join("officer.json");
    std::fs::write(&file, serde_json::to_vec(&content).unwrap()).unwrap();
    let report = seed(&Config::load(&data).unwrap(), &file).unwrap();
    assert!(report.marked.is_empty(), "{:?}", report.marked);
}

fn document(
    owner: &str,
    name: &str,
    paper: u32,
    (pdf, file): (&[u8], PathBuf),
    now: Timestamp,
    random: [u8; 10],
) -> SeedDocument {
    SeedDocument {
        record: DocumentRecord {
            id: DocumentId::derive(u64::try_from(now.0).unwrap(), &random),
            owner: vec![IdNumber::parse(owner).unwrap()],
            metadata: Metadata {
                kind: "Kết quả giải quyết".into(),
                category: String::new(),
                result_code: Some(result_code(paper)),
                name: format!("Giấy tờ mẫu thứ {paper}"),
                decision_number: String::new(),
                summary: String::new(),
                issuer: content::AGENCY_NAME.into(),
                issued_on: Some(now.day()),
                valid_until: None,
                form: CopyForm::Original,
                store: StoreKind::Personal,
                shown: true,
                shared: true,
            },
            blob: BlobId(Sha256::digest(pdf).into()),
            size: pdf.len() as u64,
            pages: 1,
            supersedes: None,
        },
        owner_name: name.to_owned(),
        file,
        code: None,
        provenance: Provenance::Provincial,
        store_name: String::new(),
        cancelled: false,
        uses: 0,
        filed_at: now,
        filed_by: AgencyCode::parse(content::AGENCY_CODE).ok(),
    }
}
