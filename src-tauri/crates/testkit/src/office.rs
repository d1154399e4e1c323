//! A whole counter on fakes, ready to work.

#![allow(clippy::unwrap_used)]

use crate::pki::{AGENCY_NAME, Identity, pki};
use crate::{
    FAKE_DEVICE, FRIDAY_MORNING, FakeClock, FakeConverter, FakePrinter, FakeScanner, FakeSigner,
    FakeWarehouse, MemoryVault, SeededRandom,
};
use motcua_desk::ports::Vault;
use motcua_desk::{Desk, NewDossier, OfficeSettings, Ports};
use motcua_dossier::{
    AgencyCode, Applicant, BlobId, Calendar, Category, Channel, ComponentSpec, CopyForm, Day, DayOff,
    DeviceId, DocumentId, DocumentRecord, DocumentStatus, DocumentSummary, Dossier, HandlingCase, IdNumber,
    IdentityAnswer, IdentityCheck, Metadata, OrgNode, PaperCode, Party, PartyKind, Procedure, ProcedureCode,
    Provenance, ReferenceData, ResultCode, Retention, ReturnMethod, StoreKind,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The officer of the fake counter.
pub const OFFICER: &str = "canbo.mau";
/// Her secret.
pub const SECRET: &str = "Mau-2026-mot-cua";

/// A counter: the desk and every fake behind it.
pub struct Office {
    /// The desk.
    pub desk: Arc<Desk>,
    /// Its store.
    pub vault: Arc<MemoryVault>,
    /// Its scanner.
    pub scanner: Arc<FakeScanner>,
    /// Its printers; none is chosen.
    pub printer: Arc<FakePrinter>,
    /// What makes PDFs of Word files.
    pub converter: Arc<FakeConverter>,
    /// Its token.
    pub signer: Arc<FakeSigner>,
    /// The warehouse.
    pub warehouse: Arc<FakeWarehouse>,
    /// Its clock.
    pub clock: Arc<FakeClock>,
    random: Arc<SeededRandom>,
}

impl Office {
    /// An open counter that has synchronised nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let warehouse = FakeWarehouse::new(reference());
        warehouse.know(&owner().number, IdentityAnswer::Registered, Some("TRẦN VĂN MẪU"));
        Self::at(&warehouse, 9)
    }

    /// Another counter of the same office: its own machine and store, the same warehouse. Numbers differ from 9.
    #[must_use]
    pub fn beside(&self, number: u8) -> Self {
        Self::at(&self.warehouse, number)
    }

    fn at(warehouse: &FakeWarehouse, number: u8) -> Self {
        let vault = Arc::new(MemoryVault::default());
        let scanner = Arc::new(FakeScanner::default());
        let printer = Arc::new(FakePrinter::default());
        let converter = Arc::new(FakeConverter::default());
        let signer = Arc::new(FakeSigner::default());
        let device = DeviceId::derive(1, &[number; 10]);
        let warehouse = Arc::new(warehouse.of(device));
        let clock = Arc::new(FakeClock::at(FRIDAY_MORNING));
        let random = Arc::new(SeededRandom::new(u64::from(number) - 2));
        let settings = OfficeSettings { device, ..settings(&warehouse) };
        vault.create(OFFICER, &SECRET.to_owned().into(), &settings.recovery_key, settings.device).unwrap();
        let ports = Ports {
            vault: Arc::clone(&vault) as Arc<dyn Vault>,
            scanner: scanner.clone(),
            printer: printer.clone(),
            converter: converter.clone(),
            signer: signer.clone(),
            warehouse: warehouse.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let desk = Arc::new(Desk::new(ports, settings));
        Self { desk, vault, scanner, printer, converter, signer, warehouse, clock, random }
    }

    /// An open counter that has synchronised once and chosen its scanner.
    pub async fn ready() -> Self {
        let office = Self::new();
        office.desk.sync_once(&Default::default(), &|_| {}).await.unwrap();
        office.desk.choose_scanner(FAKE_DEVICE).await.unwrap();
        office
    }

    /// The same machine after the program died: a new desk on the same vault.
    pub fn restart(&mut self) {
        self.vault.die_after(None);
        self.vault.lock();
        self.vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
        let device = self.desk.office().device;
        self.desk_on(OfficeSettings { device, ..settings(&self.warehouse) });
    }

    /// The same counter, for training.
    #[must_use]
    pub fn for_training(mut self) -> Self {
        self.desk_on(OfficeSettings { training: true, ..self.desk.office().clone() });
        self
    }

    /// The same counter, set up otherwise.
    #[must_use]
    pub fn with_settings(mut self, change: impl FnOnce(&mut OfficeSettings)) -> Self {
        let mut settings = self.desk.office().clone();
        change(&mut settings);
        self.desk_on(settings);
        self
    }

    fn desk_on(&mut self, settings: OfficeSettings) {
        let ports = Ports {
            vault: Arc::clone(&self.vault) as Arc<dyn Vault>,
            scanner: self.scanner.clone(),
            printer: self.printer.clone(),
            converter: self.converter.clone(),
            signer: self.signer.clone(),
            warehouse: self.warehouse.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        self.desk = Arc::new(Desk::new(ports, settings));
    }

    /// A draft of the sample owner.
    pub async fn open(&self) -> Dossier {
        self.desk.open_dossier(new_dossier()).await.unwrap()
    }
}

impl Default for Office {
    fn default() -> Self {
        Self::new()
    }
}

/// The office every fake counter belongs to.
#[must_use]
pub fn settings(warehouse: &FakeWarehouse) -> OfficeSettings {
    OfficeSettings {
        device: DeviceId::derive(1, &[9; 10]),
        agency_code: AgencyCode::parse("000.01.20.H08").unwrap(),
        agency_name: AGENCY_NAME.into(),
        unit_name: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        place: "An Hòa".into(),
        receipt_key: warehouse.receipt_key(),
        recovery_key: crate::contract::vault::RECOVERY,
        scanner_options: BTreeMap::new(),
        offline_grace_days: None,
        retention: Retention::default(),
        lock_after_minutes: None,
        support: None,
        training: false,
    }
}

/// What a draft of the sample owner is opened with.
#[must_use]
pub fn new_dossier() -> NewDossier {
    NewDossier {
        channel: Channel::Direct,
        return_method: ReturnMethod::Counter,
        applicant: Applicant { owner: owner(), submitter: None },
        identity: IdentityCheck::NotAsked,
        procedure: ProcedureCode::parse("1.004873.H08").unwrap(),
        case_code: "thuong".into(),
    }
}

/// The sample owner.
#[must_use]
pub fn owner() -> Party {
    Party {
        kind: PartyKind::Citizen,
        number: IdNumber::parse("099090000495").unwrap(),
        aliases: vec![IdNumber::parse("099000495").unwrap()],
        name: "Trần Văn Mẫu".into(),
        address: "Thôn 1, xã An Hòa".into(),
        phone: "0900000000".into(),
    }
}

/// The case of [`reference`]'s procedure that costs [`FEE`]; the other one is free.
pub const CASE_WITH_FEE: &str = "co_phi";
/// In đồng.
pub const FEE: u64 = 8000;

/// One procedure: an application form that stays in the dossier, a birth certificate that enters the
/// warehouse, a judicial record of at most 180 days that is not required. Its result may serve as the
/// birth certificate of the next dossier.
#[must_use]
pub fn reference() -> ReferenceData {
    let component = |number, name: &str, codes: &[&str], required, enters_warehouse| ComponentSpec {
        number,
        name: name.into(),
        form: CopyForm::Original,
        quantity: 1,
        result_codes: codes.iter().map(|c| ResultCode::parse(c).unwrap()).collect(),
        fresh_days: (number == 3).then_some(180),
        required,
        enters_warehouse,
    };
    let case = |code: &str, name: &str, fee| HandlingCase {
        code: code.into(),
        name: name.into(),
        working_days: 3,
        working_hours: 0,
        fee,
    };
    ReferenceData {
        version: 3,
        procedures: vec![Procedure {
            code: ProcedureCode::parse("1.004873.000.00.00.H08").unwrap(),
            name: "Cấp bản sao Giấy khai sinh".into(),
            field: "Hộ tịch".into(),
            level: "Cấp Xã".into(),
            agency_applicant: false,
            cases: vec![case("thuong", "Thông thường", 0), case(CASE_WITH_FEE, "Cấp nhiều bản", FEE)],
            components: vec![
                component(1, "Tờ khai theo mẫu", &[], true, false),
                component(2, "Giấy khai sinh", &["KQ.G15.000031"], true, true),
                component(3, "Phiếu lý lịch tư pháp số 1", &["KQ.G15.000040"], false, true),
            ],
            result_code: Some(ResultCode::parse("KQ.G15.000031").unwrap()),
            result_name: "Giấy khai sinh".into(),
            version: 1,
        }],
        categories: vec![Category {
            number: 5,
            name: "Giấy khai sinh".into(),
            result_codes: vec![ResultCode::parse("KQ.G15.000031").unwrap()],
        }],
        tree: vec![OrgNode {
            id: "an-hoa".into(),
            parent: None,
            name: AGENCY_NAME.into(),
            level: "xã".into(),
            agency_code: None,
            from: None,
            until: None,
            successor: None,
        }],
        calendar: Calendar {
            days_off: vec![DayOff {
                day: Day::parse("2026-11-24").unwrap(),
                reason: "Ngày Văn hóa Việt Nam".into(),
            }],
            worked_weekends: vec![],
        },
        trust_pem: pki().trust_pem.clone(),
        identity_guide: "Hướng dẫn công dân đăng ký VNeID.".into(),
        ..ReferenceData::default()
    }
}

/// A one-page PDF nobody signed; every seed gives other bytes.
#[must_use]
pub fn unsigned_pdf(seed: u8) -> Vec<u8> {
    let (width, height) = (120u32, 170u32);
    let samples: Vec<u8> = (0..width * height * 3).map(|i| if i % 31 == 0 { seed } else { 240 }).collect();
    let jpeg = motcua_imaging::encode_jpeg(&samples, width, height, false, 85, 200).unwrap();
    let page = motcua_pdf::PageImage { jpeg, width, height, gray: false, dpi: 200 };
    let at = FRIDAY_MORNING.in_vietnam();
    let info = motcua_pdf::AssembleInfo { title: "Giấy mẫu".into(), at, seed: [seed; 16] };
    motcua_pdf::assemble(&[page], &info).unwrap()
}

/// A valid, shared paper of the sample owner and its file, signed by `by` (unsigned when none).
#[must_use]
pub fn paper_of(seed: u8, code: &str, by: Option<&Identity>) -> (DocumentSummary, Vec<u8>) {
    let pdf = unsigned_pdf(seed);
    let file = by.map_or_else(|| pdf.clone(), |id| pki().sign(&pdf, id, FRIDAY_MORNING));
    let result = ResultCode::parse(code).unwrap();
    let summary = DocumentSummary {
        code: PaperCode::derive(&owner().number, &result, &format!("CS{seed}")),
        record: DocumentRecord {
            id: DocumentId::derive(1, &[seed; 10]),
            owner: vec![owner().number],
            metadata: Metadata {
                kind: "Kết quả giải quyết".into(),
                category: String::new(),
                result_code: Some(result),
                name: format!("Giấy mẫu {seed}"),
                decision_number: String::new(),
                summary: String::new(),
                issuer: "Sở Tư pháp".into(),
                issued_on: Some(Day::parse("2026-10-01").unwrap()),
                valid_until: None,
                form: CopyForm::Original,
                store: StoreKind::Personal,
                shown: true,
                shared: true,
            },
            blob: BlobId(Sha256::digest(&file).into()),
            size: file.len() as u64,
            pages: 1,
            supersedes: None,
        },
        version: 1,
        uses: 0,
        status: DocumentStatus::Valid,
        provenance: Provenance::Provincial,
        store_name: String::new(),
        owner_name: "TRẦN VĂN MẪU".into(),
        filed_at: FRIDAY_MORNING,
    };
    (summary, file)
}
