//! Dossiers, the outbox and the sync.

use crate::arguments::{DossierAction, OpenAction, Said};
use crate::files::{on_interrupt, read, write_whole};
use crate::output::{Failure, Output, sentence, word};
use crate::secrets;
use anyhow::Context;
use motcua_desk::ports::{LinkError, VaultStatus};
use motcua_desk::{
    AutoOutcome, Desk, DeskError, Finding, Fit, NewDossier, ReconciledDay, RowProgress, ScanOptions, dotted,
};
use motcua_dossier::{
    Applicant, Attachment, Channel, ConsentMethod, DocumentId, Dossier, DossierId, DossierState,
    IdentityAnswer, IdentityCheck, LinkFault, Metadata, OutboxState, Party, PartyKind, ProcedureCode,
    ReceiptChange, ReturnMethod,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// `motcua identity`.
pub(crate) async fn identity(desk: &Desk, number: &str, output: Output) -> Result<ExitCode, Failure> {
    let finding = desk.check_identity(number).await?;
    output.data(
        &json!({ "check": finding.check, "name": finding.suggested_name, "guide": finding.guide }),
        || {
            println!("{}", identity_words(&finding.check));
            if let Some(guide) = &finding.guide {
                println!("{}", crate::guides::text(guide));
            }
        },
    )?;
    Ok(ExitCode::SUCCESS)
}

/// `motcua procedures`.
pub(crate) async fn procedures(desk: &Desk, query: &str, output: Output) -> Result<ExitCode, Failure> {
    if desk.reference().await?.procedures.is_empty() {
        return Err(Failure::NoCatalogue);
    }
    let found = desk.procedures(query).await?;
    output.data(&found, || {
        for p in &found {
            println!("{}\t{}", p.code, p.name);
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `motcua dossier …`.
pub(crate) async fn run(desk: &Desk, action: &DossierAction, output: Output) -> Result<ExitCode, Failure> {
    let cancel = on_interrupt();
    let fetching = |at: RowProgress| {
        if at.received == 0 && at.size > 0 {
            eprintln!("{}: đang lấy từ kho ({} KB)", at.component, at.size.div_ceil(1024));
        }
    };
    let mut stopped = false;
    let dossier = match action {
        DossierAction::Open(open) => open_dossier(desk, open).await?,
        DossierAction::List { query, aside } => {
            let list =
                if *aside { desk.set_aside_dossiers(query).await? } else { desk.dossiers(query).await? };
            output.data(&list, || list.iter().for_each(line))?;
            return Ok(ExitCode::SUCCESS);
        }
        DossierAction::Discard { id, reason } => desk.discard(parse(id)?, reason).await?,
        DossierAction::Restore { id } => desk.restore_draft(parse(id)?).await?,
        DossierAction::Show { id } => desk.dossier(parse(id)?).await?,
        DossierAction::Scan { id, component, device, pages } => {
            let id = parse(id)?;
            if let Some(device) = device {
                desk.choose_scanner(device).await?;
            }
            let options = ScanOptions { max_pages: *pages, ..ScanOptions::default() };
            let on_page = |index: u32, _: &_| eprintln!("trang {}", index + 1);
            desk.scan(id, *component, &options, &on_page, &cancel).await?;
            desk.finish_capture(id, *component).await?
        }
        DossierAction::Attach { id, component, file } => {
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            desk.attach_file(parse(id)?, *component, &name, &read(file)?).await?
        }
        DossierAction::Convert { id, component, undo: true } => {
            desk.restore_word(parse(id)?, *component).await?
        }
        DossierAction::Convert { id, component, undo: false } => {
            let dossier = desk.convert(parse(id)?, *component, &cancel).await?;
            let made = dossier.component(*component).ok().and_then(|row| row.attachment.as_ref());
            if let Some(pdf) = made {
                eprintln!("{component}: đã chuyển sang PDF, {} trang; hãy so với tệp Word.", pdf.pages);
            }
            dossier
        }
        DossierAction::Detach { id, component } => desk.detach(parse(id)?, *component).await?,
        DossierAction::Offers { id, component } => return offers(desk, parse(id)?, *component, output).await,
        DossierAction::Auto { id } => {
            let auto = desk.auto_attach(parse(id)?, &fetching, &cancel).await?;
            for row in &auto.rows {
                match row.outcome {
                    AutoOutcome::Attached => eprintln!("{}: đã lấy từ kho", row.component),
                    AutoOutcome::Ambiguous(n) => {
                        eprintln!("{}: {n} giấy tờ phù hợp, hãy chọn", row.component)
                    }
                    AutoOutcome::None => eprintln!("{}: kho không có", row.component),
                }
            }
            stopped = auto.stopped;
            if stopped {
                eprintln!("Đã dừng. Giấy tờ đã lấy được giữ; các giấy tờ khác vẫn như trước.");
            }
            auto.dossier
        }
        DossierAction::Take { id, component, document, national_confirmed } => {
            let document = DocumentId::parse(document).context("mã giấy tờ không đúng")?;
            let confirmed = national_confirmed.then_some(ConsentMethod::Spoken);
            desk.take(parse(id)?, *component, document, confirmed, &fetching, &cancel).await?
        }
        DossierAction::Confirm { id } => desk.confirm_reuse(parse(id)?, ConsentMethod::Spoken, None).await?,
        DossierAction::Sign { id, components, certificate } => {
            let pin = secrets::pin()?;
            let on_progress = |at: RowProgress| eprintln!("đã ký {}/{}", at.done, at.total);
            let id = parse(id)?;
            let signed = desk.sign(id, components, certificate, Some(pin), &cancel, &on_progress).await?;
            stopped = !signed.left.is_empty();
            if stopped {
                eprintln!(
                    "Đã dừng: {} giấy đã ký được giữ, {} giấy chưa ký.",
                    signed.signed.len(),
                    signed.left.len()
                );
            }
            signed.dossier
        }
        DossierAction::Report { id, document, reason, text } => {
            let document = DocumentId::parse(document).context("mã giấy tờ không đúng")?;
            let dossier = desk.report_paper(parse(id)?, document, (*reason).into(), text).await?;
            eprintln!("Đã lưu trên máy.");
            dossier
        }
        DossierAction::Waive { id, component, database, note } => {
            // By its short name or as printed; what is not listed is no database.
            let listed = desk.databases().await?;
            let wanted = motcua_dossier::fold(database);
            let known = listed
                .iter()
                .find(|d| [&d.code, &d.name].iter().any(|name| motcua_dossier::fold(name) == wanted));
            let known = known.ok_or(DeskError::Intake(motcua_desk::IntakeError::UnknownDatabase))?;
            desk.waive(parse(id)?, *component, &known.name, note).await?
        }
        DossierAction::Digitize { id, component, said } => {
            let id = parse(id)?;
            let metadata = said.over(desk.suggest_metadata(id, *component).await?);
            desk.digitize(id, *component, metadata).await?
        }
        DossierAction::Accept { id, receipt } => {
            let dossier = desk.accept(parse(id)?).await?;
            if let (Some(path), Some(blob)) = (receipt, &dossier.receipt) {
                write_whole(path, &desk.content(blob).await?)?;
            }
            eprintln!("Đã lưu trên máy.");
            if let Some(record) = desk.print_accepted(dossier.id).await? {
                eprintln!("{}", crate::printing::words(&record));
            }
            dossier
        }
        DossierAction::Receipt { id, out } => {
            let dossier = desk.dossier(parse(id)?).await?;
            let receipt = dossier.receipt.context("hồ sơ chưa tiếp nhận nên chưa có giấy tiếp nhận")?;
            write_whole(out, &desk.content(&receipt).await?)?;
            desk.receipt_printed(dossier.id, receipt).await?
        }
        DossierAction::Guided { id } => desk.guided(parse(id)?).await?,
        DossierAction::Return { id, said } => {
            let id = parse(id)?;
            let metadata = said.over(desk.suggest_metadata(id, 0).await?);
            let dossier = desk.return_result(id, metadata).await?;
            eprintln!("Đã lưu trên máy.");
            dossier
        }
        DossierAction::Export { id, component, out } => {
            let dossier = desk.dossier(parse(id)?).await?;
            let blob = match component {
                // As it is now: a corrected result takes the place of the one before.
                0 => desk
                    .current_result(&dossier)?
                    .map(|(_, blob)| blob)
                    .or(dossier.result.as_ref().map(|r| r.attachment.blob)),
                n => dossier
                    .components
                    .iter()
                    .find(|c| c.number == *n)
                    .and_then(|c| c.attachment.as_ref())
                    .map(|a| a.blob),
            };
            let blob = blob.with_context(|| format!("thành phần {component} chưa có tệp"))?;
            write_whole(out, &desk.content(&blob).await?)?;
            dossier
        }
    };
    output.data(&dossier, || show(&dossier))?;
    // Half done is not done: a script must not go on as if it were.
    Ok(if stopped { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Said {
    /// What was typed over what was suggested.
    fn over(&self, suggested: Metadata) -> Metadata {
        Metadata {
            decision_number: self.number.clone().unwrap_or(suggested.decision_number),
            summary: self.summary.clone().unwrap_or(suggested.summary),
            issuer: self.issuer.clone().unwrap_or(suggested.issuer),
            issued_on: self.issued_on.or(suggested.issued_on),
            valid_until: self.valid_until.or(suggested.valid_until),
            ..suggested
        }
    }
}

/// `motcua outbox`; exit code 4 when a line needs a person.
pub(crate) async fn outbox(desk: &Desk, all: bool, output: Output) -> Result<ExitCode, Failure> {
    let items = desk.outbox(all).await?;
    output.data(&items, || {
        for item in &items {
            println!(
                "{}\t{}\t{}\tlần thử {}",
                item.op,
                word("out_kind", &item.kind),
                state_words(&item.state),
                item.attempts
            );
        }
    })?;
    let stuck = items.iter().any(|i| matches!(i.state, OutboxState::NeedsAttention { .. }));
    Ok(if stuck { ExitCode::from(4) } else { ExitCode::SUCCESS })
}

/// `motcua outbox resend`: the line waits for the next `motcua sync` again.
pub(crate) async fn resend(desk: &Desk, op: &str, output: Output) -> Result<ExitCode, Failure> {
    let op = motcua_dossier::OpId::parse(op).context("mã của mục không đúng; xem `motcua outbox`")?;
    desk.resend(op).await?;
    outbox(desk, false, output).await
}

/// `motcua outbox reconcile`; exit code 4 when the warehouse lacks something or the sides differ.
pub(crate) async fn reconcile(
    desk: &Desk,
    days: u32,
    resend: bool,
    output: Output,
) -> Result<ExitCode, Failure> {
    let found = desk.reconcile(days).await?;
    let lost = found.lost();
    let again = if resend { desk.send_again(&lost).await? } else { 0 };
    let counted = |day: &ReconciledDay| {
        use Finding::{Arriving, Differs, Kept, Received, Refused, Unknown, Waiting};
        [
            day.count(&[Received, Arriving]),
            day.count(&[Kept]),
            day.count(&[Waiting, Refused]),
            day.count(&[Unknown]),
            day.count(&[Differs]),
        ]
    };
    let days: Vec<_> = found
        .days
        .iter()
        .map(|day| {
            let [received, kept, waiting, unknown, differs] = counted(day);
            let open = day.lines.iter().filter(|line| line.finding != Finding::Received);
            let lines: Vec<_> = open
                .map(|line| json!({ "op": line.item.op, "kind": line.item.kind, "finding": finding_key(&line.finding) }))
                .collect();
            json!({ "day": day.day.format_iso(), "sent": day.lines.len(), "received": received, "kept": kept,
                    "waiting": waiting, "unknown": unknown, "differs": differs, "lines": lines })
        })
        .collect();
    output.data(&json!({ "days": days, "again": again }), || {
        for day in &found.days {
            let [received, kept, waiting, unknown, differs] = counted(day);
            println!(
                "{}\tđã gửi {}\tkho có {received}\tkho giữ chờ tệp {kept}\tchưa xong {waiting}\tkho thiếu {unknown}\tkhác nhau {differs}",
                day.day.format_vn(),
                day.lines.len(),
            );
            for line in day.lines.iter().filter(|line| line.finding != Finding::Received) {
                let word = sentence("finding", finding_key(&line.finding), &BTreeMap::new()).unwrap_or_default();
                println!("  {}\t{}\t{word}", line.item.op, self::word("out_kind", &line.item.kind));
            }
        }
        if found.days.is_empty() {
            println!("Máy này chưa gửi gì trong những ngày này.");
        }
        if again > 0 {
            println!("Đã xếp gửi lại {again} mục → motcua sync");
        } else if !lost.is_empty() {
            println!("Gửi lại các mục kho thiếu → motcua outbox reconcile --resend, rồi motcua sync");
        }
    })?;
    let apart = |day: &ReconciledDay| day.count(&[Finding::Unknown, Finding::Differs]) > 0;
    Ok(if found.days.iter().any(apart) && again == 0 { ExitCode::from(4) } else { ExitCode::SUCCESS })
}

/// How a finding is called in JSON and in the texts.
fn finding_key(finding: &Finding) -> &'static str {
    match finding {
        Finding::Received => "received",
        Finding::Arriving => "arriving",
        Finding::Kept => "kept",
        Finding::Waiting => "waiting",
        Finding::Refused => "refused",
        Finding::Unknown => "unknown",
        Finding::Differs => "differs",
    }
}

/// `motcua sync`; exit code 3 when the warehouse was not reached, 4 when a line needs a person.
pub(crate) async fn sync(desk: &Desk, watch: bool, output: Output) -> Result<ExitCode, Failure> {
    let cancel = on_interrupt();
    if watch {
        desk.run_sync(&cancel, &|_| {}).await;
        let sealed = matches!(desk.status().await.vault, VaultStatus::Sealed { .. });
        return if sealed { Err(DeskError::from(LinkError::Revoked).into()) } else { Ok(ExitCode::SUCCESS) };
    }
    desk.retry_now().await?;
    let report = desk.sync_once(&cancel, &|_| {}).await?;
    if report.revoked {
        return Err(DeskError::from(LinkError::Revoked).into());
    }
    let said = json!({ "online": report.online, "problem": report.problem, "received": report.received,
                       "waiting": report.waiting, "attention": report.attention, "fetched": report.fetched });
    output.data(&said, || {
        println!(
            "kho đã nhận {} · còn chờ {} · cần xử lý {} · đã lấy về {}",
            report.received, report.waiting, report.attention, report.fetched
        );
    })?;
    if let Some(problem) = report.problem {
        eprintln!("! {}", sentence("err", problem, &BTreeMap::new()).unwrap_or_else(|| problem.into()));
    }
    Ok(match report {
        r if r.attention > 0 => ExitCode::from(4),
        r if !r.online => ExitCode::from(3),
        _ => ExitCode::SUCCESS,
    })
}

async fn open_dossier(desk: &Desk, open: &OpenAction) -> Result<Dossier, Failure> {
    let finding = desk.check_identity(&open.owner).await?;
    eprintln!("{}", identity_words(&finding.check));
    let procedure = ProcedureCode::parse(&open.procedure).context("mã thủ tục không đúng")?;
    let reference = desk.reference().await?;
    let known = &reference.procedures;
    if known.is_empty() {
        return Err(Failure::NoCatalogue);
    }
    let row = known
        .iter()
        .find(|p| p.code.same_procedure(&procedure))
        .ok_or(DeskError::Intake(motcua_desk::IntakeError::UnknownProcedure))?;
    let case_code = match &open.case {
        Some(case) => case.clone(),
        None => row.cases.first().map(|c| c.code.clone()).unwrap_or_default(),
    };
    let owner = match finding.earlier {
        Some(party) => Party { name: open.name.clone(), ..party },
        None => citizen(finding.number, &open.name),
    };
    let submitter = match (&open.submitter, &open.submitter_name) {
        (Some(number), Some(name)) => {
            let number = motcua_dossier::IdNumber::parse(number).map_err(DeskError::from)?;
            Some(citizen(number, name))
        }
        _ => None,
    };
    let new = NewDossier {
        channel: if open.postal { Channel::Postal } else { Channel::Direct },
        return_method: if open.postal { ReturnMethod::Postal } else { ReturnMethod::Counter },
        applicant: Applicant { owner, submitter },
        identity: finding.check,
        procedure: row.code.clone(),
        case_code,
    };
    Ok(desk.open_dossier(new).await?)
}

async fn offers(desk: &Desk, id: DossierId, component: u32, output: Output) -> Result<ExitCode, Failure> {
    let offers = desk.offers(id, component).await?;
    let data: Vec<_> = offers
        .items
        .iter()
        .map(|o| {
            let reasons = match &o.fits {
                Fit::Exact | Fit::Suggested => vec![],
                Fit::Unfit { reasons } => reasons.clone(),
            };
            json!({ "document": o.summary.record.id, "name": o.summary.record.metadata.name, "fit": fit_name(&o.fits),
                    "reasons": reasons, "here": o.here, "uses": o.summary.uses, "status": o.summary.status,
                    "provenance": o.summary.provenance, "store": o.summary.store_name,
                    "issuer": o.summary.record.metadata.issuer, "owner": o.summary.owner_name })
        })
        .collect();
    output.data(
        &json!({ "problem": offers.problem, "fetched_at": offers.fetched_at, "items": data }),
        || {
            for o in &offers.items {
                println!(
                    "{}\t{}\t{}\tđã dùng {}\t{}",
                    o.summary.record.id,
                    o.summary.record.metadata.name,
                    word("offer", &fit_name(&o.fits)),
                    o.summary.uses,
                    if o.here { "có trên máy" } else { "ở kho" }
                );
            }
        },
    )?;
    Ok(ExitCode::SUCCESS)
}

fn fit_name(fit: &Fit) -> &'static str {
    match fit {
        Fit::Exact => "exact",
        Fit::Suggested => "suggested",
        Fit::Unfit { .. } => "unfit",
    }
}

fn citizen(number: motcua_dossier::IdNumber, name: &str) -> Party {
    let kind = match number.kind() {
        motcua_dossier::IdKind::TaxCode => PartyKind::Enterprise,
        motcua_dossier::IdKind::Agency => PartyKind::Agency,
        motcua_dossier::IdKind::Cccd | motcua_dossier::IdKind::Cmnd | motcua_dossier::IdKind::Passport => {
            PartyKind::Citizen
        }
    };
    Party { kind, number, aliases: vec![], name: name.into(), address: String::new(), phone: String::new() }
}

pub(crate) fn parse(id: &str) -> Result<DossierId, Failure> {
    Ok(DossierId::parse(id).with_context(|| format!("{id}: không phải mã hồ sơ"))?)
}

/// What a check found out, as the window says it.
pub(crate) fn identity_words(check: &IdentityCheck) -> String {
    match check {
        IdentityCheck::NotAsked => "Chưa xác minh".into(),
        IdentityCheck::Answered { answer, cached, at } => {
            let word = match answer {
                IdentityAnswer::Registered => "Đã có",
                IdentityAnswer::NotRegistered => "Chưa có",
            };
            if *cached { format!("{word} (theo lần hỏi lúc {})", at.format_vn()) } else { word.into() }
        }
        IdentityCheck::ServiceDown { .. } => "Hệ thống định danh không trả lời".into(),
        IdentityCheck::Offline { .. } => "Chưa kiểm được (mất mạng)".into(),
        IdentityCheck::LinkFailed { fault, .. } => match fault {
            LinkFault::Trouble => "Chưa kiểm được (kho đang gặp sự cố)",
            LinkFault::Malformed => "Chưa kiểm được (kho trả lời không đọc được)",
            LinkFault::Intercepted => "Chưa kiểm được (mạng đang bị chặn giữa)",
            LinkFault::Unauthorized => "Chưa kiểm được (kho chưa cho phép máy này)",
        }
        .into(),
    }
}

/// The state of an outbox line, as the window says it.
pub(crate) fn state_words(state: &OutboxState) -> String {
    match state {
        OutboxState::Queued => "Chờ gửi".into(),
        OutboxState::Sending { sent, total } => {
            format!("Đang gửi ({} %)", if *total == 0 { 0 } else { sent * 100 / total })
        }
        OutboxState::Sent => "Đã gửi, kho đang kiểm".into(),
        OutboxState::WaitingForNetwork { .. } => "Đang chờ mạng".into(),
        OutboxState::Received { at } => format!("Kho đã nhận ({})", at.format_vn()),
        OutboxState::Replaced => "Đã thay, không gửi nữa".into(),
        OutboxState::Withdrawn => "Đã bỏ, không gửi nữa".into(),
        OutboxState::NeedsAttention { code } => format!("Cần xử lý ({code})"),
    }
}

fn line(dossier: &Dossier) {
    println!(
        "{}\t{}\t{}\t{}\t{}",
        dossier.id,
        dossier.code.as_ref().map_or("—", |c| c.as_str()),
        dossier.applicant.owner.number.masked(),
        dossier.applicant.owner.name,
        dossier.procedure_name
    );
    if dossier.guide_due {
        println!(
            "  ! Chưa có tài khoản định danh: hướng dẫn công dân → motcua dossier guided {}",
            dossier.id
        );
    }
    if !dossier.reprint.is_empty() {
        let why: Vec<_> = dossier.reprint.iter().copied().map(change_words).collect();
        println!("  ! In lại giấy tiếp nhận: {} → motcua dossier receipt {}", why.join("; "), dossier.id);
    }
}

/// Why a receipt is to be printed again, as the window says it.
fn change_words(why: ReceiptChange) -> String {
    let key = match why {
        ReceiptChange::FinalCode => "finalCode",
        ReceiptChange::Papers => "papers",
    };
    sentence("reprint", key, &BTreeMap::new()).unwrap_or_default()
}

fn show(dossier: &Dossier) {
    line(dossier);
    let state = match &dossier.state {
        DossierState::Draft => "Nháp".to_owned(),
        DossierState::Declined(said) => crate::online::declined_words(said),
        DossierState::Accepted { .. } => crate::steps::standing_words(dossier),
        DossierState::Completed { at, .. } => format!("Hoàn thành {}", at.format_vn()),
        DossierState::SetAside(aside) => crate::online::aside_words(aside),
        DossierState::Withdrawn { at, .. } => format!("Đã bỏ {}", at.format_vn()),
    };
    println!("{state} · danh tính số: {}", identity_words(&dossier.identity));
    for row in &dossier.components {
        let file = match (&row.attachment, &row.reservation) {
            (Some(a), _) => attachment_words(a),
            (None, Some(r)) => r.problem.clone().unwrap_or_else(|| "Sẽ lấy khi có mạng".into()),
            (None, None) => match &row.waiver {
                Some(waiver) => format!("khai thác từ {}", waiver.database),
                None => "—".into(),
            },
        };
        println!("  {}. {} [{file}]", row.number, row.name);
    }
    let due = dossier.fee_account().due();
    if due > 0 && dossier.state != DossierState::Draft {
        println!("  ! Còn phải thu {} đồng → motcua fee pay {} --receipt …", dotted(due), dossier.id);
    }
    if let Some(result) = &dossier.result {
        println!("  Kết quả [{}]", attachment_words(&result.attachment));
    }
}

fn attachment_words(attachment: &Attachment) -> String {
    let signed: Vec<&str> = attachment.signatures.iter().map(|s| s.signer.as_str()).collect();
    let pages = if attachment.is_word() { "Word".to_owned() } else { format!("{} trang", attachment.pages) };
    let origin = attachment.origin.as_ref().map(|word| {
        let day = word.at.format_vn();
        format!(", chuyển từ Word lúc {day}, {}", word.officer)
    });
    format!(
        "{pages}, {} byte{}{}{}",
        attachment.size,
        origin.unwrap_or_default(),
        if signed.is_empty() { String::new() } else { format!(", ký: {}", signed.join("; ")) },
        if attachment.digitized.is_some() { ", đã số hóa" } else { "" }
    )
}
