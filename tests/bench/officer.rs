//! An officer at the real window, by keyboard alone: from the first key to the receipt.
//!
//! He types a key in 200 ms, needs 1.2 s for each decision, asks the citizen in five seconds; a page takes the scanner a second,
//! a signature the token half a second. He sees what is written on the screen and knows the keys of the help sheet; nothing is
//! filled in for him. Catalogue of 2,000 procedures of eight papers, 10,000 dossiers in his vault.

use crate::Scale;
use crate::driver::{Ended, Window, missing_tools};
use crate::papers::Sequence;
use crate::report::{Gate, Report, Times};
use crate::search;
use fantoccini::key::Key;
use motcua_demo::{authority::Authority, content, pages, softtoken};
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
use std::time::{Duration, Instant};

const KEY: Duration = Duration::from_millis(200);
const DECISION: Duration = Duration::from_millis(1200);
const CONSENT: Duration = Duration::from_secs(5);
/// 60 pages a minute.
const PAGE: Duration = Duration::from_secs(1);
const SIGNATURE_MS: u64 = 500;
const PROCEDURES: u32 = 2_000;
const PAPERS: u32 = 8;
const DOSSIERS: u64 = 10_000;

/// One of the three dossiers.
struct Kind {
    what: &'static str,
    /// Papers of the owner that the warehouse has.
    stocked: u32,
    /// Papers that are scanned; the others are not asked for.
    scans: u32,
    /// Seconds from the first key to the receipt.
    gate: f64,
    /// What the seeds' own way costs: clicks and dialogs for each paper.
    procedure: u32,
}

const KINDS: [Kind; 3] = [
    Kind {
        what: "(a) seven papers of the warehouse and one scan",
        stocked: 7,
        scans: 1,
        gate: 45.0,
        procedure: 101,
    },
    Kind { what: "(b) five scans", stocked: 0, scans: 5, gate: 90.0, procedure: 202 },
    Kind { what: "(c) all eight papers of the warehouse", stocked: 8, scans: 0, gate: 20.0, procedure: 303 },
];

/// Clicks and dialogs the source documents show for one paper.
const SEEDS_CLICKS: u32 = 20;

pub(crate) async fn at_the_window(report: &mut Report, scale: Scale) {
    let missing = missing_tools();
    if !missing.is_empty() {
        report.skipped(&format!("the window is not driven, this machine lacks {}", missing.join(", ")));
        return;
    }
    let rounds = if scale.quick { 1 } else { 10 };
    let desk = Desk::prepare(rounds);
    let shots = desk.dir.path().join("shots");
    let begun = Instant::now();
    let mut window = Window::open(&program("motcua-desktop"), desk.dir.path(), &shots).await.unwrap();
    window.find("unlock-secret").await.unwrap();
    report.row(
        "cold start to usable, with the driver's own start",
        begun.elapsed().as_secs_f64(),
        "s",
        Gate::None,
    );
    let mut hands = Hands { window: &window, keys: 0, said: vec![] };
    hands.write(motcua_demo::OFFICER_SECRET).await;
    hands.press(Key::Enter).await;
    hands.see("Hồ sơ của tôi hôm nay").await;
    let mut failed = None;
    'kinds: for (n, kind) in KINDS.iter().enumerate() {
        let (mut times, mut keys) = (Times::default(), 0);
        for round in 0..rounds {
            hands.keys = 0;
            hands.said.clear();
            let begun = Instant::now();
            if let Err(error) = take_in(&mut hands, kind, &number(n, round)).await {
                failed = Some(format!("{} round {round}: {error}", kind.what));
                break 'kinds;
            }
            times.0.push(begun.elapsed());
            keys = hands.keys;
        }
        println!("    keys of the last: {}", hands.said.join(" "));
        let worst = times.0.iter().max().map_or(f64::NAN, Duration::as_secs_f64);
        report.row(
            &format!("{}, median", kind.what),
            times.millis(50) / 1000.0,
            "s",
            Gate::AtMost(kind.gate),
        );
        report.row(&format!("{}, worst of {rounds}", kind.what), worst, "s", Gate::AtMost(kind.gate));
        report.row(&format!("{}, keys", kind.what), f64::from(keys), "keys", Gate::None);
        let papers = kind.stocked + kind.scans;
        report.row(
            "  the source documents' own way, clicks",
            f64::from(papers * SEEDS_CLICKS),
            "clicks",
            Gate::None,
        );
    }
    if failed.is_some() {
        drop(window.shot("failed").await);
        let kept = std::env::temp_dir().join("motcua-officer");
        drop(Command::new("cp").arg("-r").arg(&shots).arg(&kept).status());
        println!("    {}", kept.display());
    }
    drop(window.close().await);
    if let Some(failed) = failed {
        report.skipped(&failed);
    }
}

/// From the first key to the receipt.
async fn take_in(hands: &mut Hands<'_>, kind: &Kind, owner: &str) -> anyhow::Result<()> {
    hands.press(Key::F2).await;
    hands.write(owner).await;
    hands.press(Key::F3).await;
    hands.look("Đã có").await?;
    hands.decide().await;
    hands.write(&format!("mau so {}", kind.procedure)).await;
    hands.look(&format!("mẫu số {}", kind.procedure)).await?;
    hands.decide().await;
    hands.press(Key::Enter).await;
    hands.look("Trường hợp giải quyết").await?;
    hands.press(Key::F9).await;
    hands.look("Thành phần hồ sơ").await?;
    if kind.stocked > 0 {
        hands.look(&format!("Lấy từ kho {} / {PAPERS}", kind.stocked)).await?;
        hands.decide().await;
        tokio::time::sleep(CONSENT).await;
        hands.chord(Key::Control, 'd').await;
        hands.look("Bằng lời").await?;
    }
    for scan in 0..kind.scans {
        hands.press(Key::F5).await;
        hands.look("Quét").await?;
        hands.ready("scan-start").await?;
        hands.press(Key::F5).await;
        let begun = Instant::now();
        hands.ready("capture-finish").await?;
        tokio::time::sleep(PAGE.saturating_sub(begun.elapsed())).await;
        hands.decide().await;
        hands.press(Key::F9).await;
        hands.count("Chờ ký số", scan + 1).await?;
    }
    if kind.scans > 0 {
        hands.press(Key::F9).await;
        hands.ready("sign-confirm").await?;
        hands.decide().await;
        hands.press(Key::F7).await;
        let main = hands.window.enter_second().await?;
        hands.ready("pin-input").await?;
        hands.write(softtoken::PIN).await;
        hands.press(Key::Enter).await;
        hands.window.leave_second(main).await?;
        hands.look("Chờ số hóa").await?;
        hands.press(Key::F9).await;
        for left in (0..kind.scans).rev() {
            hands.ready("digitize-save").await?;
            hands.decide().await;
            hands.press(Key::F9).await;
            hands.count("Chờ số hóa", left).await?;
        }
    }
    hands.decide().await;
    hands.press(Key::F9).await;
    hands.look("Giấy tiếp nhận hồ sơ").await?;
    hands.ready("receipt-code").await
}

/// Eyes and fingers.
struct Hands<'a> {
    window: &'a Window,
    keys: u32,
    said: Vec<String>,
}

impl Hands<'_> {
    async fn press(&mut self, key: Key) {
        self.said.push(format!("{key:?}"));
        self.strike(char::from(key)).await;
    }

    async fn write(&mut self, text: &str) {
        self.said.push(format!("«{text}»"));
        for letter in text.chars() {
            self.strike(letter).await;
        }
    }

    async fn chord(&mut self, held: Key, key: char) {
        self.said.push(format!("{held:?}+{key}"));
        self.keys += 2;
        let begun = Instant::now();
        self.window.chord(held, key).await.unwrap();
        tokio::time::sleep((KEY * 2).saturating_sub(begun.elapsed())).await;
    }

    async fn strike(&mut self, letter: char) {
        self.keys += 1;
        let begun = Instant::now();
        self.window.strike([letter]).await.unwrap();
        tokio::time::sleep(KEY.saturating_sub(begun.elapsed())).await;
    }

    async fn decide(&self) {
        tokio::time::sleep(DECISION).await;
    }

    /// Waits until that stands on the screen.
    async fn look(&self, words: &str) -> anyhow::Result<()> {
        let script = format!("return document.body.innerText.includes({})", json!(words));
        self.window.wait(words, &script).await
    }

    async fn see(&self, words: &str) {
        self.look(words).await.unwrap();
    }

    /// Waits until that stands on the screen so often.
    async fn count(&self, words: &str, times: u32) -> anyhow::Result<()> {
        let script = format!("return document.body.innerText.split({}).length - 1 === {times}", json!(words));
        self.window.wait(&format!("{words} {times} times"), &script).await
    }

    /// Waits until a button is no longer grey: that is seen, not read.
    async fn ready(&self, test: &str) -> anyhow::Result<()> {
        self.window.find(test).await.map(drop)
    }
}

/// The owner of that round: invented, a number no province gives.
fn number(kind: usize, round: usize) -> String {
    format!("09919{kind}{round:02}0000")[..12].to_owned()
}

/// A counter with its warehouse.
struct Desk {
    dir: tempfile::TempDir,
    _warehouse: Ended,
}

impl Desk {
    fn prepare(rounds: usize) -> Self {
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
        stock(dir.path(), rounds);
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
        Self { dir, _warehouse: warehouse }
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
fn stock(dir: &Path, rounds: usize) {
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
    for (kind, of) in KINDS.iter().enumerate() {
        for round in 0..rounds {
            let (owner, name) = (number(kind, round), format!("Người Thử Nghiệm {kind} {round}"));
            people.push(json!({ "number": owner, "registered": true, "name": name }));
            for paper in 1..=of.stocked {
                let title = format!("Giấy tờ mẫu thứ {paper}");
                let mark = Sha256::digest(format!("{owner} {paper}"));
                let drawn =
                    pages::page_pdf(&title, std::slice::from_ref(&name), at, mark[..16].try_into().unwrap());
                let pdf = signer.sign_pdf(&drawn.unwrap(), &chain, at).unwrap();
                let place = PathBuf::from("papers").join(format!("{owner}-{paper}.pdf"));
                std::fs::write(folder.join(&place), &pdf).unwrap();
                documents.push(document(
                    &owner,
                    &name,
                    paper,
                    (&pdf, place),
                    now,
                    mark[..10].try_into().unwrap(),
                ));
            }
        }
    }
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

/// A program of the release build.
fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().find(|dir| dir.join("motcua-warehouse").exists()).unwrap().join(name)
}
