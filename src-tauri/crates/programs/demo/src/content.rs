//! What the demo warehouse holds: invented owners, their papers, reference data, keys and TLS.
//!
//! Every name and number is made up: numbers begin with 099 or 99, which no province and no series
//! uses, or belong to agencies 9x of a demo commune.

use anyhow::{Context, Result};
use motcua_dossier::{
    Applicant, BlobId, Calendar, Category, Channel, CopyForm, Day, DeviceId, DocumentId, DocumentRecord,
    DossierId, EvidenceSource, GuideText, IDENTITY_GUIDE, IdNumber, Metadata, OrgNode, PaperName, Party,
    PartyKind, PortalAccount, Procedure, ProcedureCode, Provenance, ReferenceData, ResultCode, ReturnMethod,
    Setting, SettingKey, StoreKind, Submission, SubmittedPaper, Timestamp, WorkingHours,
};
use motcua_warehouse::{
    Config, IdentityEntry, SeedDevice, SeedDocument, SeedFile, SeedReport, SeedSubmission, seed,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Code of the demo agency.
pub const AGENCY_CODE: &str = "000.01.20.H08";
/// Name of the demo agency, the same as its certificate's common name.
pub const AGENCY_NAME: &str = "UBND xã An Hòa (DEMO)";
/// Where the demo warehouse listens.
pub const LISTEN: &str = "127.0.0.1:8843";

/// [`LISTEN`], or the loopback port named by `MOTCUA_DEMO_PORT` so that several demos stand side by side.
fn listen() -> String {
    match std::env::var("MOTCUA_DEMO_PORT").ok().and_then(|p| p.trim().parse::<u16>().ok()) {
        Some(port) => format!("127.0.0.1:{port}"),
        None => LISTEN.to_owned(),
    }
}

const MARITAL: &str = "KQ.G15.900009";
const RECORD: &str = "KQ.G15.900011";
const BIRTH: &str = "KQ.G15.000031";
const CERTIFIED: &str = "KQ.G15.000021";
const CARD: &str = "KQ.G01.000023";
const PETROL: &str = "KQ.G02.000144";

/// What the content needs of the demo's other parts.
pub struct Tools<'a> {
    /// Draws a one-page paper: title, then lines.
    #[allow(clippy::type_complexity, reason = "one closure, used once")]
    pub draw: &'a dyn Fn(&str, &[String]) -> Result<Vec<u8>>,
    /// Signs a paper with the demo agency's certificate.
    pub sign: &'a dyn Fn(&[u8]) -> Result<Vec<u8>>,
    /// Trust list of the demo authority, PEM.
    pub trust_pem: Vec<String>,
}

/// What a counter must know about the demo warehouse.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Base URL.
    pub url: String,
    /// Demo province CA, PEM.
    pub ca_pem: String,
    /// Key of the counter machine, hex.
    pub identity: String,
    /// Identity of the counter machine.
    pub device: DeviceId,
    /// Key receipts are signed with, hex.
    pub receipt_key: String,
    /// What was loaded.
    pub report: SeedReport,
    /// What the warehouse serves, for a counter that never reached it.
    pub reference: ReferenceData,
}

/// One invented owner and what he is there to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// Main number.
    pub number: &'static str,
    /// Old number of the same person.
    pub alias: Option<&'static str>,
    /// Name.
    pub name: &'static str,
    /// Has a digital identity account.
    pub registered: bool,
    /// What can be seen with this owner.
    pub story: &'static str,
    papers: &'static [Paper],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flaw {
    None,
    Cancelled,
    ChangedAfterSigning,
    Unsigned,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Paper {
    label: &'static str,
    code: Option<&'static str>,
    form: CopyForm,
    provenance: Provenance,
    store_name: &'static str,
    issued_days_ago: i64,
    valid_days: Option<i64>,
    flaw: Flaw,
    under_alias: bool,
    shared: bool,
    uses: u64,
}

/// Stores beside the owner's own, by the names of the source documents.
const QUY_NHON: &str = "Kho Quy Nhơn";
const PORTAL: &str = "Kho DVCQG";
const CIVIL_STATUS: &str = "CSDLHTĐT";

const fn paper(label: &'static str, code: &'static str, issued_days_ago: i64) -> Paper {
    Paper {
        label,
        code: Some(code),
        form: CopyForm::Original,
        provenance: Provenance::Provincial,
        store_name: "",
        issued_days_ago,
        valid_days: None,
        flaw: Flaw::None,
        under_alias: false,
        shared: true,
        uses: 0,
    }
}

const fn marital(issued_days_ago: i64) -> Paper {
    let mut paper = paper("Giấy xác nhận tình trạng hôn nhân", MARITAL, issued_days_ago);
    paper.valid_days = Some(180);
    paper
}

const fn criminal_record(issued_days_ago: i64) -> Paper {
    paper("Phiếu lý lịch tư pháp số 1", RECORD, issued_days_ago)
}

const fn birth(issued_days_ago: i64) -> Paper {
    let mut paper = paper("Giấy khai sinh", BIRTH, issued_days_ago);
    paper.form = CopyForm::TrueCopy;
    paper
}

const fn card(issued_days_ago: i64) -> Paper {
    let mut paper = paper("Thẻ căn cước công dân", CARD, issued_days_ago);
    paper.form = CopyForm::CertifiedCopy;
    paper
}

const fn certified(issued_days_ago: i64) -> Paper {
    let mut paper = paper("Bản sao được chứng thực từ bản chính", CERTIFIED, issued_days_ago);
    paper.form = CopyForm::CertifiedCopy;
    paper
}

const fn flawed(mut paper: Paper, flaw: Flaw) -> Paper {
    paper.flaw = flaw;
    paper
}

const fn stored(mut paper: Paper, provenance: Provenance, store_name: &'static str) -> Paper {
    paper.provenance = provenance;
    paper.store_name = store_name;
    paper
}

const fn used(mut paper: Paper, uses: u64) -> Paper {
    paper.uses = uses;
    paper
}

const fn old_number(mut paper: Paper) -> Paper {
    paper.under_alias = true;
    paper
}

const fn unshared(mut paper: Paper) -> Paper {
    paper.shared = false;
    paper
}

const fn owner(
    number: &'static str,
    name: &'static str,
    registered: bool,
    papers: &'static [Paper],
    story: &'static str,
) -> Owner {
    Owner { number, alias: None, name, registered, story, papers }
}

const fn with_alias(mut owner: Owner, alias: &'static str) -> Owner {
    owner.alias = Some(alias);
    owner
}

/// The owners of the demo.
pub const OWNERS: &[Owner] = &[
    owner(
        "099001000001",
        "Nguyễn Văn Mẫu",
        true,
        &[marital(20), birth(9000), stored(card(700), Provenance::Provincial, QUY_NHON)],
        "Đã có tài khoản; đúng một Giấy xác nhận tình trạng hôn nhân phù hợp: tự đính kèm",
    ),
    owner(
        "099002000002",
        "Trần Thị Ví Dụ",
        true,
        &[marital(15), used(marital(90), 2), birth(8500)],
        "Đã có tài khoản; nhiều giấy phù hợp: phải chọn",
    ),
    owner("099003000003", "Lê Văn Giả Định", true, &[marital(400)], "Giấy đã hết hiệu lực"),
    owner("099004000004", "Phạm Thị Hủy Bỏ", true, &[flawed(marital(30), Flaw::Cancelled)], "Giấy đã bị hủy"),
    owner(
        "099005000005",
        "Hoàng Văn Sai Ký",
        true,
        &[flawed(marital(25), Flaw::ChangedAfterSigning)],
        "Tệp bị sửa sau khi ký",
    ),
    owner(
        "099006000006",
        "Vũ Thị Quốc Gia",
        true,
        &[
            stored(marital(40), Provenance::National, CIVIL_STATUS),
            stored(criminal_record(60), Provenance::National, PORTAL),
        ],
        "Chỉ có trong kho quốc gia: cần xác nhận riêng trước khi lấy",
    ),
    owner(
        "099007000007",
        "Đặng Văn Chưa Đồng Bộ",
        true,
        &[stored(marital(10), Provenance::NationalNotSynced, PORTAL)],
        "Giấy ở kho quốc gia chưa đồng bộ: thấy nhưng chưa dùng được",
    ),
    owner("099008000008", "Bùi Thị Chưa Có", false, &[], "Chưa có tài khoản, chưa có giấy nào"),
    with_alias(
        owner(
            "099009000009",
            "Đỗ Văn Số Cũ",
            true,
            &[old_number(birth(9900)), marital(50)],
            "Có số CMND cũ 990000009; giấy khai sinh lưu theo số cũ",
        ),
        "990000009",
    ),
    owner("990000010", "Hồ Thị Chứng Minh", false, &[birth(10_500)], "Chỉ có CMND 9 số, chưa có tài khoản"),
    owner(
        "099011000011",
        "Ngô Văn Lâu Ngày",
        true,
        &[criminal_record(300)],
        "Phiếu lý lịch tư pháp cấp đã quá 180 ngày",
    ),
    owner(
        "099012000012",
        "Dương Thị Chưa Ký",
        true,
        &[flawed(birth(7000), Flaw::Unsigned)],
        "Giấy trong kho chưa ký số",
    ),
    owner(
        "0999000104",
        "Công ty TNHH Giả Lập An Hòa",
        true,
        &[paper("Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", PETROL, 200)],
        "Doanh nghiệp đã có tài khoản",
    ),
    owner(
        "0999000104-001",
        "Chi nhánh Công ty TNHH Giả Lập An Hòa",
        false,
        &[],
        "Chi nhánh chưa có tài khoản",
    ),
    owner(
        "000.91.20.H08",
        "Trường Tiểu học Thử Nghiệm",
        true,
        &[certified(45)],
        "Cơ quan nộp hồ sơ, đã có tài khoản",
    ),
    owner("000.92.20.H08", "Trạm Y tế Ví Dụ", false, &[], "Cơ quan chưa có tài khoản"),
    owner("099017000017", "Lý Văn Trùng Tên", true, &[marital(35)], "Trùng họ tên với người kế tiếp"),
    owner("099018000018", "Lý Văn Trùng Tên", true, &[marital(500)], "Trùng họ tên; giấy đã hết hiệu lực"),
    owner(
        "099019000019",
        "Mai Thị Hành Nghề",
        true,
        &[criminal_record(20), certified(100), used(card(400), 1)],
        "Đủ giấy để cấp chứng chỉ hành nghề",
    ),
    owner("C9900020", "Đinh Thị Hộ Chiếu", true, &[birth(9500)], "Dùng số hộ chiếu"),
    owner(
        "099021000021",
        "Cao Văn Không Chia Sẻ",
        true,
        &[unshared(birth(8000))],
        "Giấy của cơ quan khác, không chia sẻ: quầy này không thấy",
    ),
];

/// Fills `<profile>/warehouse/`: configuration, TLS, keys, papers; loads it all by `seed`.
///
/// # Errors
/// Disk, drawing, signing or loading failed.
pub fn prepare(dir: &Path, now: Timestamp, tools: &Tools<'_>) -> Result<Line> {
    let data = dir.join("warehouse");
    let stock = data.join("seed");
    std::fs::create_dir_all(stock.join("papers"))?;
    let ca_pem = tls(&data.join("tls"), now)?;
    let listen = listen();
    let config = Config {
        version: 1,
        data: data.clone(),
        listen: listen.clone(),
        tls_cert: "tls/server.pem".into(),
        tls_key: "tls/server.key".into(),
        epoch: 1,
        ..Config::default()
    };
    config.save()?;
    let device = DeviceId::derive(u64::try_from(now.0)?, &random::<10>()?);
    let mut documents = Vec::new();
    for (place, owner) in OWNERS.iter().enumerate() {
        for (number, paper) in owner.papers.iter().enumerate() {
            documents.push(document(&stock, now, tools, owner, paper, (place, number))?);
        }
    }
    let reference = reference(tools.trust_pem.clone())?;
    let content = SeedFile {
        version: 1,
        reference: Some(reference.clone()),
        devices: vec![SeedDevice {
            id: device,
            agency: motcua_dossier::AgencyCode::parse(AGENCY_CODE)?,
            name: "Quầy DEMO".to_owned(),
            revoked: false,
        }],
        identity: Some(identity()?),
        aliases: vec![],
        documents,
        submissions: submissions(&stock, now, tools)?,
    };
    let file = stock.join("seed.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&content)?)?;
    let report = seed(&config, &file).context("the demo warehouse does not take its own stock")?;
    let identity = enrol(&config, device)?;
    let receipt_key = hex::encode(motcua_warehouse::receipt_key(&data)?.verifying_key().to_bytes());
    Ok(Line { url: format!("https://{listen}"), ca_pem, identity, device, receipt_key, report, reference })
}

/// Two dossiers that came through the portal: a citizen's, and an agency's that the rule of 11/9/2024 is not kept by.
fn submissions(stock: &Path, now: Timestamp, tools: &Tools<'_>) -> Result<Vec<SeedSubmission>> {
    let portal = DeviceId::derive(u64::try_from(now.0)?, &random::<10>()?);
    let hours_ago = |hours: i64| Timestamp(now.0 - hours * DAY / 24);
    let mut sent = vec![];
    let wishes = [
        (OWNERS.first().context("no owner")?, PartyKind::Citizen, "2.000635.000.00.00.H08", "TN", 20),
        (
            OWNERS.iter().find(|owner| owner.number.contains(".H")).context("no agency")?,
            PartyKind::Agency,
            "1.012373.H08",
            "TH1",
            3,
        ),
    ];
    for (n, (owner, kind, procedure, case, hours)) in wishes.into_iter().enumerate() {
        let title =
            if n == 0 { "Tờ khai (DEMO)" } else { "Tờ trình đề nghị khen thưởng (DEMO)" };
        let pdf = (tools.draw)(title, &[owner.name.to_owned(), "Mọi thông tin đều hư cấu".to_owned()])?;
        let file = PathBuf::from("papers").join(format!("nop-{}.pdf", n + 1));
        std::fs::write(stock.join(&file), &pdf)?;
        let number = IdNumber::parse(owner.number)?;
        let sent_at = hours_ago(hours);
        let mark = <[u8; 10]>::try_from(&Sha256::digest(title.as_bytes())[..10])?;
        let owner = Party {
            kind,
            number: number.clone(),
            aliases: vec![],
            name: owner.name.to_owned(),
            address: "Thôn DEMO, xã An Hòa".to_owned(),
            phone: String::new(),
        };
        let source = EvidenceSource::File { blob: BlobId(Sha256::digest(&pdf).into()), document: None };
        sent.push(SeedSubmission {
            id: DossierId::derive(u64::try_from(sent_at.0)?, &mark),
            portal,
            submission: Submission {
                reference: format!("DEMO-{:04}", n + 1),
                agency: motcua_dossier::AgencyCode::parse(AGENCY_CODE)?,
                resolving_agency: AGENCY_NAME.to_owned(),
                district: String::new(),
                channel: Channel::Online,
                return_method: ReturnMethod::Counter,
                applicant: Applicant { owner, submitter: None },
                account: Some(PortalAccount {
                    kind: PartyKind::Citizen,
                    number: Some(number).filter(|_| kind == PartyKind::Citizen),
                    login: "VNeID".to_owned(),
                    assurance: "IAL3".to_owned(),
                }),
                procedure: ProcedureCode::parse(procedure)?,
                case_code: case.to_owned(),
                papers: vec![SubmittedPaper { component: 1, name: title.to_owned(), source }],
                note: String::new(),
                sent_at,
                follows: None,
            },
            files: vec![file],
        });
    }
    Ok(sent)
}

/// Reference data of the seeds, as shipped in `assets/seed`, with a trust list.
///
/// # Errors
/// A shipped file is not what it should be (does not happen: a test reads them all).
pub fn reference(trust_pem: Vec<String>) -> Result<ReferenceData> {
    let procedures: Vec<Procedure> =
        serde_json::from_str(include_str!("../../../../../assets/seed/procedures.json"))?;
    let categories: Vec<Category> =
        serde_json::from_str(include_str!("../../../../../assets/seed/categories.json"))?;
    let tree: Vec<OrgNode> =
        serde_json::from_str(include_str!("../../../../../assets/seed/organisation.json"))?;
    let calendar: Calendar = serde_json::from_str(include_str!("../../../../../assets/seed/calendar.json"))?;
    // The guide of the identity check has a place of its own.
    let (identity, guides): (Vec<_>, Vec<_>) =
        GuideText::shipped().into_iter().partition(|guide| guide.key == IDENTITY_GUIDE);
    Ok(ReferenceData {
        version: 1,
        procedures,
        categories,
        tree,
        calendar,
        trust_pem,
        identity_guide: identity.into_iter().map(|guide| guide.text).collect(),
        guides,
        hours: office_hours(),
        settings: whoever_helps(),
        ..ReferenceData::default()
    })
}

/// An invented office that helps.
fn whoever_helps() -> Vec<Setting> {
    let said = [
        (SettingKey::SupportUnit, "Tổ hỗ trợ một cửa (DEMO)"),
        (SettingKey::SupportPhone, "0256 000 000"),
        (SettingKey::SupportHours, "7:30–17:00 ngày làm việc"),
    ];
    let row = |(key, value): (SettingKey, &str)| Setting {
        key: key.code().to_owned(),
        value: value.to_owned(),
        ..Setting::default()
    };
    said.map(row).to_vec()
}

/// Hours of the invented office: Monday to Friday, 7:30 to 11:30 and 13:30 to 17:00.
fn office_hours() -> Vec<WorkingHours> {
    let row = |weekday, (from, until): (&str, &str)| WorkingHours {
        weekday,
        from: from.to_owned(),
        until: until.to_owned(),
    };
    (1..=5)
        .flat_map(|weekday| [("07:30", "11:30"), ("13:30", "17:00")].map(|span| row(weekday, span)))
        .collect()
}

fn identity() -> Result<Vec<IdentityEntry>> {
    OWNERS
        .iter()
        .map(|owner| {
            Ok(IdentityEntry {
                number: IdNumber::parse(owner.number)?,
                registered: owner.registered,
                name: owner.registered.then(|| owner.name.to_owned()),
                aliases: owner.alias.map(IdNumber::parse).transpose()?.into_iter().collect(),
            })
        })
        .collect()
}

fn document(
    stock: &Path,
    now: Timestamp,
    tools: &Tools<'_>,
    owner: &Owner,
    paper: &Paper,
    place: (usize, usize),
) -> Result<SeedDocument> {
    let issued_on = days_before(now, paper.issued_days_ago);
    let valid_until = paper.valid_days.map(|days| days_before(now, paper.issued_days_ago - days));
    let decision = format!("{:02}{}/DEMO-TL", place.0 + 1, place.1 + 1);
    let number = if paper.under_alias { owner.alias.unwrap_or(owner.number) } else { owner.number };
    let number = IdNumber::parse(number)?;
    let result_code = paper.code.map(ResultCode::parse).transpose()?;
    let name = result_code.as_ref().map_or_else(
        || paper.label.to_owned(),
        |code| {
            let (owner, result) = (number.value().to_owned(), code.clone());
            PaperName { owner, result, day: Some(issued_on), label: paper.label.to_owned() }.to_string()
        },
    );
    let drawn = (tools.draw)(paper.label, &lines(owner, &number, paper, &decision, issued_on))?;
    let bytes = match paper.flaw {
        Flaw::Unsigned => drawn,
        Flaw::None | Flaw::Cancelled => (tools.sign)(&drawn)?,
        Flaw::ChangedAfterSigning => changed((tools.sign)(&drawn)?),
    };
    let file = PathBuf::from("papers").join(format!("{:02}-{}.pdf", place.0 + 1, place.1 + 1));
    std::fs::write(stock.join(&file), &bytes)?;
    let filed_at = Timestamp(now.0 - paper.issued_days_ago.min(400) * DAY + i64::try_from(place.1)? * 1000);
    let random = <[u8; 10]>::try_from(&Sha256::digest(format!("{place:?}").as_bytes())[..10])?;
    let national = paper.provenance != Provenance::Provincial;
    Ok(SeedDocument {
        record: DocumentRecord {
            id: DocumentId::derive(u64::try_from(filed_at.0)?, &random),
            owner: vec![number],
            metadata: Metadata {
                kind: "Kết quả giải quyết".to_owned(),
                category: paper.label.to_owned(),
                result_code,
                name,
                decision_number: decision,
                summary: format!("{} của {}", paper.label, owner.name),
                issuer: if national {
                    "Cơ quan tỉnh khác (DEMO)".to_owned()
                } else {
                    AGENCY_NAME.to_owned()
                },
                issued_on: Some(issued_on),
                valid_until,
                form: paper.form,
                store: if owner.number.contains(".H") { StoreKind::Agency } else { StoreKind::Personal },
                shown: true,
                shared: paper.shared,
            },
            blob: BlobId(Sha256::digest(&bytes).into()),
            size: bytes.len() as u64,
            pages: 1,
            supersedes: None,
        },
        owner_name: owner.name.to_owned(),
        file,
        code: None,
        provenance: paper.provenance,
        store_name: paper.store_name.to_owned(),
        cancelled: paper.flaw == Flaw::Cancelled,
        uses: paper.uses,
        filed_at,
        filed_by: None,
    })
}

fn lines(owner: &Owner, number: &IdNumber, paper: &Paper, decision: &str, issued_on: Day) -> Vec<String> {
    let mut lines = vec![
        format!("Số: {decision}"),
        format!("Họ tên / tên tổ chức: {}", owner.name),
        format!("Số định danh: {}", number.value()),
        format!("Ngày cấp: {}", issued_on.format_vn()),
    ];
    if paper.provenance == Provenance::Provincial {
        lines.push(format!("Cơ quan cấp: {AGENCY_NAME}"));
    }
    lines.push("DỮ LIỆU TRÌNH DIỄN - KHÔNG CÓ GIÁ TRỊ SỬ DỤNG".to_owned());
    lines
}

const DAY: i64 = 86_400_000;

fn days_before(now: Timestamp, days: i64) -> Day {
    Timestamp(now.0 - days * DAY).day()
}

/// One byte of the comment in the file's second line: readable as before, and no longer what was signed.
fn changed(mut signed: Vec<u8>) -> Vec<u8> {
    if let Some(end) = signed.iter().position(|b| *b == b'\n')
        && let Some(byte) = signed.get_mut(end + 2)
    {
        *byte ^= 1;
    }
    signed
}

/// A demo province CA and the server's certificate below it; the CA's key is not kept.
/// What `motcua enrol` leaves beside `counter.json`, issued by the warehouse's own authority.
fn enrol(config: &Config, device: DeviceId) -> Result<String> {
    let key = rcgen::KeyPair::generate()?;
    let csr = rcgen::CertificateParams::new(vec![])?.serialize_request(&key)?.pem()?;
    let enrolled = motcua_warehouse::issue_certificate(config, device, &csr)?;
    Ok(serde_json::to_string_pretty(&serde_json::json!({
        "version": 1,
        "key": key.serialize_pem(),
        "certificate": enrolled.certificate,
        "renew_from": enrolled.renew_from,
        "until": enrolled.until,
    }))?)
}

fn tls(dir: &Path, now: Timestamp) -> Result<String> {
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    };
    std::fs::create_dir_all(dir)?;
    let from = now.in_vietnam() - time::Duration::days(1);
    let mut ca = CertificateParams::new(vec![])?;
    ca.distinguished_name.push(DnType::CommonName, "CA tỉnh (DEMO)");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (ca.not_before, ca.not_after) = (from, from + time::Duration::days(3650));
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "motcua-warehouse (DEMO)");
    server.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    (server.not_before, server.not_after) = (from, from + time::Duration::days(825));
    let server = server.signed_by(&key, &ca)?;
    std::fs::write(dir.join("ca.pem"), ca.pem())?;
    std::fs::write(dir.join("server.pem"), server.pem())?;
    write_private(&dir.join("server.key"), key.serialize_pem().as_bytes())?;
    Ok(ca.pem())
}

/// Writes a file only its owner can read.
///
/// # Errors
/// Disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    use rand_core::RngCore;
    let mut bytes = [0u8; N];
    rand_core::OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn shipped_reference_data_is_read_and_whole() {
        let data = reference(vec![]).unwrap();
        assert_eq!(data.procedures.iter().filter(|p| p.agency_applicant).count(), 14);
        assert!(data.categories.len() >= 16);
        assert_eq!(data.categories[3].name.matches("tài sản khác gắn liền với đất").count(), 2, "verbatim");
        let ids: BTreeSet<_> = data.tree.iter().map(|n| n.id.as_str()).collect();
        assert_eq!(ids.len(), data.tree.len());
        for node in &data.tree {
            assert!(node.parent.as_deref().is_none_or(|p| ids.contains(p)), "{}", node.id);
            assert!(node.successor.as_deref().is_none_or(|s| ids.contains(s)), "{}", node.id);
        }
        let demo = data.tree.iter().find(|n| n.name == AGENCY_NAME).unwrap();
        assert_eq!(demo.agency_code.as_deref(), Some(AGENCY_CODE));
        for procedure in &data.procedures {
            assert!(!procedure.cases.is_empty() && !procedure.components.is_empty(), "{}", procedure.code);
            assert!(procedure.components.iter().zip(1..).all(|(c, n)| c.number == n));
        }
        assert!(!data.calendar.is_working(Day::parse("24/11/2026").unwrap()));
        assert!(data.calendar.is_working(Day::parse("22/08/2026").unwrap()));
    }

    #[test]
    fn owners_are_many_and_their_numbers_have_a_valid_shape() {
        assert!(OWNERS.len() >= 15);
        let mut seen = BTreeSet::new();
        for owner in OWNERS {
            assert!(IdNumber::parse(owner.number).is_ok(), "{}", owner.name);
            assert!(seen.insert(owner.number));
        }
    }

    #[test]
    fn the_whole_stock_is_loaded_and_marked_as_it_should_be() {
        let dir = tempfile::tempdir().unwrap();
        let draw = |_: &str, _: &[String]| Ok(b"%PDF-1.7\n%\xe2\xe3\n".to_vec());
        let sign = |pdf: &[u8]| Ok(pdf.to_vec());
        let tools = Tools { draw: &draw, sign: &sign, trust_pem: vec![] };
        let now = Timestamp(1_795_143_600_000);
        let line = prepare(dir.path(), now, &tools).unwrap();
        let papers: usize = OWNERS.iter().map(|o| o.papers.len()).sum();
        assert_eq!(line.report.documents_added, papers);
        assert_eq!(line.report.identity, OWNERS.len());
        let config = Config::load(&dir.path().join("warehouse")).unwrap();
        let again = seed(&config, &dir.path().join("warehouse/seed/seed.json")).unwrap();
        assert_eq!((again.documents_added, again.documents_there), (0, papers));
    }

    #[test]
    fn the_sixteen_categories_of_the_seeds_are_shipped_verbatim() {
        let categories = reference(vec![]).unwrap().categories;
        let names: Vec<&str> = categories.iter().take(16).map(|c| c.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "Bản sao được chứng thực từ bản chính",
                "Chứng chỉ hành nghề hoạt động xây dựng",
                "Công văn cho phép hội tổ chức đại hội nhiệm kỳ, đại hội bất thường",
                "Giấy chứng nhận quyền sử dụng đất quyền sở hữu nhà ở và tài sản khác gắn liền với đất tài sản khác gắn liền với đất",
                "Giấy khai sinh",
                "Giấy phép lái xe cơ giới đường bộ",
                "Giấy phép sử dụng vật liệu nổ công nghiệp hoặc văn bản trả lời đối với trường hợp không cấp",
                "Giấy phép thiết lập trang thông tin điện tử tổng hợp",
                "Giấy xác nhận tình trạng hôn nhân",
                "Mệnh lệnh vận chuyển vật liệu nổ công nghiệp, tiền chất thuốc nổ hoặc văn bản trả lời đối với trường hợp không cấp",
                "Phiếu lý lịch tư pháp số 1",
                "Phiếu lý lịch tư pháp số 2",
                "Thông báo cấp mã ngân hàng",
                "Thẻ căn cước công dân",
                "Trích lục khai tử",
                "Chứng chỉ hành nghề dược",
            ]
        );
        assert!(categories.iter().zip(1..).all(|(c, n)| c.number == n));
        for (place, codes) in
            [(0, vec![CERTIFIED]), (4, vec![BIRTH]), (13, vec![CARD, "KQ.G01.000005"]), (15, vec![])]
        {
            let known: Vec<&str> = categories[place].result_codes.iter().map(ResultCode::as_str).collect();
            assert_eq!(known, codes, "{}", names[place]);
        }
    }

    #[test]
    fn the_fourteen_procedures_of_agencies_are_shipped_verbatim() {
        let procedures = reference(vec![]).unwrap().procedures;
        let of_agencies: Vec<(&str, &str, &str)> = procedures
            .iter()
            .filter(|p| p.agency_applicant)
            .map(|p| (p.code.as_str(), p.name.as_str(), p.level.as_str()))
            .collect();
        assert_eq!(
            of_agencies,
            [
                (
                    "1.012373.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp xã theo công trạng (Cấp xã)",
                    "Cấp Xã"
                ),
                (
                    "1.012378.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp xã cho hộ gia đình (Cấp xã)",
                    "Cấp Xã"
                ),
                (
                    "1.012387.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp huyện về thành tích thi đua theo chuyên đề (Cấp huyện)",
                    "Cấp Huyện"
                ),
                (
                    "1.012389.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp huyện về thành tích đột xuất (Cấp huyện)",
                    "Cấp Huyện"
                ),
                (
                    "1.012381.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp huyện huyện theo công trạng (Cấp huyện)",
                    "Cấp Huyện"
                ),
                (
                    "1.012383.H08",
                    "Thủ tục tặng danh hiệu \"Tập thể lao động tiên tiến\" (Cấp huyện)",
                    "Cấp Huyện"
                ),
                (
                    "1.012374.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp xã về thành tích thi đua theo chuyên đề (Cấp xã)",
                    "Cấp Xã"
                ),
                (
                    "1.012376.H08",
                    "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp xã về thành tích đột xuất (Cấp xã)",
                    "Cấp Xã"
                ),
                ("1.005435.000.00.00.H08", "Mua hóa đơn lẻ", "Cấp Tỉnh; Cấp Huyện"),
                (
                    "1.005429.000.00.00.H08",
                    "Thanh toán chi phí có liên quan đến việc xử lý tài sản công",
                    "Cấp Bộ; Cấp Tỉnh"
                ),
                (
                    "2.002594.000.00.00.H08",
                    "Đề nghị đánh giá, công nhận \"Đơn vị học tập\" cấp huyện",
                    "Cấp Tỉnh; Cấp Huyện"
                ),
                (
                    "1.009324.000.00.00.H08",
                    "Thủ tục thẩm định giải thể đơn vị sự nghiệp công lập thuộc thẩm quyền quyết định của UBND cấp huyện",
                    "Cấp Huyện"
                ),
                (
                    "1.009323.000.00.00.H08",
                    "Thủ tục thẩm định tổ chức lại đơn vị sự nghiệp công lập thuộc thẩm quyền quyết định của UBND cấp huyện",
                    "Cấp Huyện"
                ),
                (
                    "1.009322.000.00.00.H08",
                    "Thủ tục thẩm định thành lập đơn vị sự nghiệp công lập thuộc thẩm quyền quyết định của UBND cấp huyện",
                    "Cấp Huyện"
                ),
            ]
        );
    }

    #[test]
    fn the_tree_of_the_seeds_and_the_present_one_are_both_shipped() {
        let tree = reference(vec![]).unwrap().tree;
        let ended = |name: &str| tree.iter().find(|n| n.name == name && n.until.is_some()).unwrap();
        let province = ended("UBND tỉnh Bình Định");
        assert_eq!(
            (province.parent.as_deref(), province.agency_code.as_deref()),
            (None, Some("000.00.00.H08"))
        );
        let district = ended("UBND huyện An Lão");
        for name in ["UBND huyện An Lão", "UBND huyện Tuy Phước"] {
            assert_eq!(ended(name).parent.as_ref(), Some(&province.id), "{name}");
        }
        for unit in ["Phòng Tư pháp", "Chi nhánh VPĐKĐĐ huyện", "Hạt Kiểm lâm huyện"] {
            assert_eq!(ended(unit).parent.as_ref(), Some(&district.id), "{unit}");
        }
        for place in [
            "Thị Trấn An Lão",
            "xã An Dũng",
            "xã An Hòa",
            "xã An Hưng",
            "xã An Nghĩa",
            "xã An Quang",
            "xã An Tân",
            "xã An Trung",
            "xã An Toàn",
            "xã An Vinh",
        ] {
            let commune = ended(&format!("UBND {place}"));
            assert_eq!(commune.parent.as_ref(), Some(&district.id), "{place}");
            let after = tree.iter().find(|n| Some(&n.id) == commune.successor.as_ref()).unwrap();
            assert!(after.from.is_some() && after.until.is_none(), "{place} has a successor of today");
        }
    }

    #[test]
    fn a_judicial_record_of_another_province_serves_the_second_example_procedure() {
        let procedures = reference(vec![]).unwrap().procedures;
        let find = |key: &str| procedures.iter().find(|p| p.code.key() == key).unwrap();
        let (first, second) = (find("2.000488"), find("1.003709"));
        assert!(first.name.contains("Phiếu lý lịch tư pháp"));
        assert!(second.name.contains("chứng chỉ hành nghề khám bệnh, chữa bệnh"));
        let code = first.result_code.as_ref().unwrap();
        assert_eq!(code.as_str(), RECORD);
        assert!(second.components.iter().any(|c| c.result_codes.contains(code)));
        let elsewhere = |p: &Paper| p.code == Some(RECORD) && p.provenance == Provenance::National;
        assert!(OWNERS.iter().any(|owner| owner.papers.iter().any(elsewhere)));
    }
}
