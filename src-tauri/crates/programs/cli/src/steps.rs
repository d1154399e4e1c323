//! `motcua step …`: what happens to a dossier after its acceptance.

use crate::arguments::StepAction;
use crate::dossier::parse;
use crate::files::write_whole;
use crate::output::{Failure, Output};
use crate::secrets;
use anyhow::Context;
use motcua_desk::{Approval, CorrectError, Desk, DeskError, PrintedForm, StepWish};
use motcua_dossier::{
    BlobId, Correction, CorrectionFault, CorrectionState, Dossier, OpId, Phase, Seat, StepAct, StepLine,
};
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(desk: &Desk, action: &StepAction, output: Output) -> Result<ExitCode, Failure> {
    let id = parse(action.id())?;
    let dossier = match (action, wish(action)?) {
        (_, Some(wish)) => desk.take_step(id, wish)?,
        (StepAction::AddPaper { name, .. }, None) => desk.add_paper(id, name).await?,
        (StepAction::Form { form, out, .. }, None) => {
            write_whole(out, &desk.printed_form(id, form_of(form)?).await?)?;
            eprintln!("Đã ghi {}.", out.display());
            desk.dossier(id).await?
        }
        (StepAction::Correct { file, reason, text, .. }, None) => {
            let bytes = std::fs::read(file).with_context(|| format!("không đọc được {}", file.display()))?;
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            desk.ask_correction(id, (*reason).into(), text, &name, &bytes).await?
        }
        (StepAction::TakeBack { .. }, None) => {
            desk.take_back_correction(id, waiting_file(&desk.dossier(id).await?)?).await?
        }
        (_, None) => desk.dossier(id).await?,
    };
    if !matches!(action, StepAction::Show { .. } | StepAction::Form { .. }) {
        eprintln!("Đã lưu trên máy.");
    }
    let standing = dossier.standing();
    let days = desk.step_days(&dossier).await?;
    let said = json!({
        "dossier": dossier.id,
        "phase": standing.as_ref().map(|s| s.phase),
        "seat": standing.as_ref().and_then(|s| s.seat.clone()),
        "on_its_way": standing.as_ref().is_some_and(|s| s.on_its_way),
        "due": standing.as_ref().map(|s| &s.due),
        "hand_over_by": days.map(|d| d.hand_over),
        "ask_by": days.map(|d| d.ask),
        "apologise_by": days.map(|d| d.apologise),
        "steps": dossier.steps,
        "corrections": dossier.corrections,
    });
    output.data(&said, || {
        println!("{}", standing_words(&dossier));
        for line in &dossier.steps {
            println!("{}", words(&dossier, line));
        }
        for asked in &dossier.corrections {
            println!("{}", correction_words(asked));
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is wished for; none of what is no step.
fn wish(action: &StepAction) -> Result<Option<StepWish>, Failure> {
    Ok(Some(match action {
        StepAction::Show { .. }
        | StepAction::AddPaper { .. }
        | StepAction::Form { .. }
        | StepAction::Correct { .. }
        | StepAction::TakeBack { .. } => return Ok(None),
        StepAction::TakeOver { .. } => StepWish::TakeOver,
        StepAction::HandOver { to, officer, note, .. } => {
            let to = Seat { unit: to.clone(), officer: officer.clone() };
            StepWish::HandOver { to, note: note.clone() }
        }
        StepAction::Ask { items, reason, approver, because, .. } => {
            let approval = match (approver, because) {
                (Some(approver), Some(because)) => {
                    let secret = secrets::ask("MOTCUA_APPROVER_SECRET", &format!("Mật khẩu của {approver}"))?;
                    Some(Approval { reason: because.clone(), approver: approver.clone(), secret })
                }
                _ => None,
            };
            StepWish::AskSupplement { items: items.clone(), reason: reason.clone(), approval }
        }
        StepAction::Supplemented { note, .. } => StepWish::Supplement { note: note.clone() },
        StepAction::Reappoint { day, reason, .. } => {
            StepWish::Reappoint { reason: reason.clone(), day: *day }
        }
        StepAction::Refuse { reasons, .. } => StepWish::Refuse { reasons: reasons.clone() },
        StepAction::Stop { reason, .. } => StepWish::Stop { reason: reason.clone() },
        StepAction::Original { component, .. } => StepWish::ReturnOriginal { component: *component },
        StepAction::Propose { note, .. } => StepWish::ProposeResult { note: note.clone(), to: None },
    }))
}

pub(crate) fn form_of(name: &str) -> Result<PrintedForm, Failure> {
    Ok(match name {
        "control" => PrintedForm::Control,
        "slip" => PrintedForm::Slip,
        step => {
            PrintedForm::Step(OpId::parse(step).context("mã của bước không đúng; xem `motcua step show`")?)
        }
    })
}

/// Where an accepted dossier stands, in one line.
pub(crate) fn standing_words(dossier: &Dossier) -> String {
    let Some(standing) = dossier.standing() else { return "Nháp".to_owned() };
    let due = standing.due.day.format_vn();
    let mut text = match standing.phase {
        Phase::Working => format!("Đã tiếp nhận, hẹn trả {due}"),
        Phase::AwaitingSupplement { since } => format!("Chờ bổ sung từ {}", since.format_vn()),
        Phase::ResultProposed { .. } => format!("Đã đề xuất kết quả, hẹn trả {due}"),
        Phase::Refused { at } => format!("Đã từ chối {}", at.format_vn()),
        Phase::Stopped { at } => format!("Đã dừng theo yêu cầu {}", at.format_vn()),
    };
    if let Some(seat) = &standing.seat {
        let way = if standing.on_its_way { "đang chuyển đến" } else { "đang ở" };
        text.push_str(&format!(" · {way} {}", seat_words(seat)));
    }
    text
}

pub(crate) fn seat_words(seat: &Seat) -> String {
    if seat.officer.is_empty() { seat.unit.clone() } else { format!("{} ({})", seat.unit, seat.officer) }
}

fn words(dossier: &Dossier, line: &StepLine) -> String {
    let with = |what: &str, text: &str| match text {
        "" => what.to_owned(),
        text => format!("{what}: {text}"),
    };
    let what = match &line.record.act {
        StepAct::HandedOver { to, note } => with(&format!("Chuyển đến {}", seat_words(to)), note),
        StepAct::TakenOver { by } => format!("Nhận tại {}", seat_words(by)),
        StepAct::SupplementAsked { items, reason, .. } => {
            format!("Yêu cầu bổ sung: {} ({reason})", items.join("; "))
        }
        StepAct::Supplemented { note, due, papers } => {
            let came: Vec<&str> =
                papers.iter().map(|paper| paper.name.as_str()).chain([note.as_str()]).collect();
            with(
                &format!("Đã bổ sung đủ, hẹn trả {}", due.day.format_vn()),
                came.join("; ").trim_end_matches("; "),
            )
        }
        StepAct::Reappointed { reason, due } => {
            format!("Xin lỗi và hẹn lại {}: {reason}", due.day.format_vn())
        }
        StepAct::Refused { reasons } => format!("Từ chối: {}", reasons.join("; ")),
        StepAct::Stopped { reason } => format!("Dừng theo yêu cầu: {reason}"),
        StepAct::OriginalReturned { component } => {
            let name = dossier.component(*component).map_or("", |row| row.name.as_str());
            with("Trả lại bản chính", name)
        }
        StepAct::ResultProposed { note } => with("Đề xuất kết quả", note),
        StepAct::ResultCorrected(corrected) => {
            format!("Đính chính kết quả: {} ({} duyệt)", corrected.text, corrected.approved_by)
        }
    };
    let void = if line.void { " [đã bỏ, không tính]" } else { "" };
    format!("  {}  {}  {what}{void}", line.record.at.format_vn(), line.record.officer)
}

/// The file of the correction that waits.
pub(crate) fn waiting_file(dossier: &Dossier) -> Result<BlobId, Failure> {
    let waits = dossier.waiting_correction().map(|asked| asked.attachment.blob);
    Ok(waits.ok_or(DeskError::Correct(CorrectError::Unfit(CorrectionFault::NoneWaiting)))?)
}

/// A correction that was asked for, in one line.
pub(crate) fn correction_words(asked: &Correction) -> String {
    let state = match &asked.state {
        CorrectionState::Waiting => "CHỜ DUYỆT".to_owned(),
        CorrectionState::Approved { by, at, .. } => format!("{by} duyệt {}", at.format_vn()),
        CorrectionState::Refused { by, reason, .. } => format!("{by} không duyệt: {reason}"),
        CorrectionState::TakenBack { at } => format!("đã rút đề nghị {}", at.format_vn()),
    };
    format!(
        "  {}  {}  Đề nghị đính chính kết quả: {} {} [{state}]",
        asked.at.format_vn(),
        asked.officer,
        asked.reason.label(),
        asked.text
    )
}
