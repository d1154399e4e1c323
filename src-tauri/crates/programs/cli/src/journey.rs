//! The main job end to end, twice: the result of the first dossier is reused by the second (inventory F-06, F-25).

use crate::dossier::{identity_words, state_words};
use crate::files::write_whole;
use crate::output::{Failure, Output};
use anyhow::{Context, anyhow};
use motcua_demo::DemoProfile;
use motcua_desk::ports::{CapturedPage, VaultStatus};
use motcua_desk::{AutoOutcome, Desk, Fit, NewDossier, ScanOptions};
use motcua_dossier::{
    Applicant, Channel, ConsentMethod, Dossier, DossierId, FeeAct, FeeMethod, OutboxState, Party, PartyKind,
    ProcedureCode, ReturnMethod, SignerRole,
};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Phiếu lý lịch tư pháp: its result is a component of the next one.
const FIRST: &str = "2.000488";
/// Cấp lần đầu chứng chỉ hành nghề khám bệnh, chữa bệnh.
const SECOND: &str = "1.003709";

/// One printed step.
#[derive(Serialize)]
struct Step {
    name: String,
    millis: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

struct Walk<'a> {
    desk: &'a Desk,
    out: PathBuf,
    demo: &'a DemoProfile,
    cancel: CancellationToken,
    steps: Vec<Step>,
    begin: Instant,
}

/// Walks both rounds and prints each step, its time and where each file lies.
pub(crate) async fn walk(
    desk: &Desk,
    dir: &Path,
    demo: &DemoProfile,
    output: Output,
) -> Result<ExitCode, Failure> {
    let out = dir.join("out");
    std::fs::create_dir_all(&out).map_err(anyhow::Error::from)?;
    let mut walk =
        Walk { desk, out, demo, cancel: CancellationToken::new(), steps: vec![], begin: Instant::now() };
    if !matches!(desk.status().await.vault, VaultStatus::Open { .. }) {
        return Err(anyhow!("kho trên máy đang khóa").into());
    }
    let report = desk.sync_once(&walk.cancel, &|_| {}).await?;
    if let Some(problem) = report.problem {
        return Err(anyhow!("chưa liên lạc được với kho: {problem}").into());
    }
    walk.step("Đồng bộ danh mục, thủ tục, dải số", None);

    let first = walk.open(FIRST).await?;
    walk.fill(first).await?;
    let first = walk.accept(first, "ho-so-1").await?;
    walk.deliver(first.id).await?;
    walk.return_result(first.id).await?;
    walk.deliver(first.id).await?;

    let second = walk.open(SECOND).await?;
    let reused = walk.reuse(second).await?;
    walk.fill(second).await?;
    let second = walk.accept(second, "ho-so-2").await?;
    walk.deliver(second.id).await?;
    walk.count(second.id, reused).await?;

    output.data(&walk.steps, || {
        for step in walk.steps.iter().filter(|s| s.file.is_some()) {
            if let Some(file) = &step.file {
                println!("{}", file.display());
            }
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

impl Walk<'_> {
    fn step(&mut self, name: impl Into<String>, file: Option<PathBuf>) {
        let (name, millis) = (name.into(), self.begin.elapsed().as_millis());
        let lies = file.as_ref().map(|f| format!("  → {}", f.display())).unwrap_or_default();
        eprintln!("✓ {name} ({millis} ms){lies}");
        self.steps.push(Step { name, millis, file });
        self.begin = Instant::now();
    }

    async fn open(&mut self, procedure: &str) -> Result<DossierId, Failure> {
        let finding = self.desk.check_identity(&self.demo.owner_number).await?;
        self.step(format!("Xác minh danh tính số: {}", identity_words(&finding.check)), None);
        let wanted = ProcedureCode::parse(procedure).map_err(anyhow::Error::from)?;
        let reference = self.desk.reference().await?;
        let known = &reference.procedures;
        let row = known.iter().find(|p| p.code.same_procedure(&wanted)).context("thiếu thủ tục mẫu")?;
        let owner = Party {
            kind: PartyKind::Citizen,
            number: finding.number,
            aliases: finding.earlier.map(|p| p.aliases).unwrap_or_default(),
            name: self.demo.owner_name.clone(),
            address: String::new(),
            phone: String::new(),
        };
        let new = NewDossier {
            channel: Channel::Direct,
            return_method: ReturnMethod::Counter,
            applicant: Applicant { owner, submitter: None },
            identity: finding.check,
            procedure: row.code.clone(),
            case_code: row.cases.first().map(|c| c.code.clone()).unwrap_or_default(),
        };
        let dossier = self.desk.open_dossier(new).await?;
        self.step(format!("Thêm mới hồ sơ: {}", dossier.procedure_name), None);
        Ok(dossier.id)
    }

    /// Scans every required row that is still empty; signs and digitizes those that enter the warehouse.
    async fn fill(&mut self, id: DossierId) -> Result<(), Failure> {
        let dossier = self.desk.dossier(id).await?;
        let empty: Vec<_> = dossier
            .components
            .iter()
            .filter(|c| c.required && c.attachment.is_none() && c.reservation.is_none())
            .map(|c| (c.number, c.name.clone(), c.enters_warehouse))
            .collect();
        let mut enter = Vec::new();
        for (number, name, enters) in &empty {
            self.scan(id, *number, if *enters { "pnm:0" } else { "pnm:1" }).await?;
            self.step(format!("Scan File: {name}"), None);
            if *enters {
                enter.push(*number);
            }
        }
        if enter.is_empty() {
            return Ok(());
        }
        let dossier = self.sign(id, &enter).await?;
        let rows = enter.len();
        let mut file = None;
        for row in dossier.components.iter().filter(|c| enter.contains(&c.number)) {
            let blob = row.attachment.as_ref().map(|a| a.blob).context("thiếu tệp đã ký")?;
            let path = self.out.join(format!("{id}-{}.pdf", row.number));
            write_whole(&path, &self.desk.content(&blob).await?)?;
            file = Some(path);
        }
        self.step(format!("Ký số {rows} giấy tờ, một lần nhập PIN"), file);
        for number in enter {
            let metadata = self.desk.suggest_metadata(id, number).await?;
            self.desk.digitize(id, number, metadata).await?;
            self.step(format!("Số hóa thành phần {number}: đã lưu trên máy"), None);
        }
        Ok(())
    }

    async fn scan(&self, id: DossierId, component: u32, device: &str) -> Result<Dossier, Failure> {
        self.desk.choose_scanner(device).await?;
        let options = ScanOptions { max_pages: 1, ..ScanOptions::default() };
        let on_page = |_: u32, _: &CapturedPage| {};
        self.desk.scan(id, component, &options, &on_page, &self.cancel).await?;
        Ok(self.desk.finish_capture(id, component).await?)
    }

    async fn sign(&self, id: DossierId, components: &[u32]) -> Result<Dossier, Failure> {
        let usable = self.desk.certificates().await?;
        let agency = usable
            .iter()
            .find(|c| c.role == SignerRole::Agency && c.problem.is_none())
            .context("không thấy chứng thư số của cơ quan trên thiết bị ký số")?;
        let pin = Zeroizing::new(self.demo.pin.clone());
        let certificate = &agency.fingerprint;
        let signed = self.desk.sign(id, components, certificate, Some(pin), &self.cancel, &|_| {}).await?;
        Ok(signed.dossier)
    }

    async fn accept(&mut self, id: DossierId, stem: &str) -> Result<Dossier, Failure> {
        let dossier = self.desk.accept(id).await?;
        let code = dossier.code.as_ref().map(ToString::to_string).unwrap_or_default();
        let path = self.out.join(format!("{stem}-giay-tiep-nhan.pdf"));
        let receipt = dossier.receipt.context("thiếu giấy tiếp nhận")?;
        write_whole(&path, &self.desk.content(&receipt).await?)?;
        self.step(format!("Tiếp nhận {code}: đã lưu trên máy"), Some(path));
        Ok(dossier)
    }

    /// Sends until the warehouse has everything of the dossier.
    async fn deliver(&mut self, id: DossierId) -> Result<(), Failure> {
        for _ in 0..20 {
            self.desk.sync_once(&self.cancel, &|_| {}).await?;
            let items = self.desk.outbox(true).await?;
            let ours: Vec<_> = items.iter().filter(|i| i.dossier == id).collect();
            if let Some(stuck) = ours.iter().find(|i| matches!(i.state, OutboxState::NeedsAttention { .. })) {
                return Err(anyhow!("{}", state_words(&stuck.state)).into());
            }
            if ours.iter().all(|i| i.state.is_closed()) {
                self.step(format!("Kho đã nhận {} mục, biên nhận có chữ ký của kho", ours.len()), None);
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            self.desk.retry_now().await?;
        }
        Err(anyhow!("kho chưa nhận sau nhiều lần gửi").into())
    }

    async fn return_result(&mut self, id: DossierId) -> Result<(), Failure> {
        self.scan(id, 0, "pnm:0").await?;
        self.step("Đính kèm kết quả", None);
        let dossier = self.sign(id, &[0]).await?;
        let blob = dossier.result.map(|r| r.attachment.blob).context("thiếu kết quả")?;
        let path = self.out.join(format!("{id}-ket-qua.pdf"));
        write_whole(&path, &self.desk.content(&blob).await?)?;
        self.step("Ký số kết quả bằng chứng thư của cơ quan", Some(path));
        let due = self.desk.dossier(id).await?.fee_account().due();
        if due > 0 {
            // Numbers of a book nobody else has; earlier runs of the demo used others.
            let receipt_number = format!("DEMO-{id}");
            let act = FeeAct::Paid { amount: due, method: FeeMethod::Cash, receipt_number };
            self.desk.enter_fee(id, act).await?;
            self.step(format!("Thu phí {} đồng, tiền mặt", motcua_desk::dotted(due)), None);
        }
        let metadata = self.desk.suggest_metadata(id, 0).await?;
        self.desk.return_result(id, metadata).await?;
        self.step("Trả kết quả: đã lưu trên máy", None);
        Ok(())
    }

    /// Takes every fitting paper of the warehouse and records the citizen's confirmation. Gives the row and
    /// the use count of the result of the first dossier before this use.
    async fn reuse(&mut self, id: DossierId) -> Result<(u32, u64), Failure> {
        let auto = self.desk.auto_attach(id, &|_| {}, &self.cancel).await?;
        for row in auto.rows.iter().filter(|r| matches!(r.outcome, AutoOutcome::Ambiguous(_))) {
            // Earlier demo runs left more than one: the newest is taken, as an officer would choose.
            let offers = self.desk.offers(id, row.component).await?;
            if let Some(newest) = offers.items.iter().find(|o| o.fits == Fit::Exact) {
                let document = newest.summary.record.id;
                self.desk.take(id, row.component, document, None, &|_| {}, &self.cancel).await?;
            }
        }
        let dossier = self.desk.dossier(id).await?;
        let taken: Vec<u32> =
            dossier.components.iter().filter(|c| c.reuse().is_some()).map(|c| c.number).collect();
        let result = *taken.last().context("kho không có giấy tờ nào để dùng lại")?;
        self.step(format!("Lấy từ kho: thành phần {taken:?}"), None);
        let uses = self.uses(id, result).await?;
        self.desk.confirm_reuse(id, ConsentMethod::Spoken, None).await?;
        self.step("Công dân đồng ý dùng lại giấy tờ: đã ghi nhận", None);
        Ok((result, uses))
    }

    async fn count(&mut self, id: DossierId, (component, before): (u32, u64)) -> Result<(), Failure> {
        let after = self.uses(id, component).await?;
        if after != before + 1 {
            return Err(anyhow!("số lần sử dụng từ {before} thành {after}, cần đúng một lần").into());
        }
        self.step(format!("Số lần sử dụng: {before} → {after}"), None);
        Ok(())
    }

    async fn uses(&self, id: DossierId, component: u32) -> Result<u64, Failure> {
        let dossier = self.desk.dossier(id).await?;
        let row = dossier.component(component).map_err(motcua_desk::DeskError::from)?;
        let document = row.reuse().map(|r| r.document).context("thành phần không lấy từ kho")?;
        let offers = self.desk.offers(id, component).await?;
        let offer = offers.items.iter().find(|o| o.summary.record.id == document);
        Ok(offer.context("kho không còn giấy tờ này")?.summary.uses)
    }
}
