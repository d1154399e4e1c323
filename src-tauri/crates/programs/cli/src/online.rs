//! `motcua online …`: dossiers sent through the portal, and dossiers that are not accepted.

use crate::arguments::OnlineAction;
use crate::dossier::parse;
use crate::files::write_whole;
use crate::output::{Failure, Output};
use anyhow::anyhow;
use motcua_desk::{Desk, PrintedForm};
use motcua_dossier::{AsideWhy, DeclineKind, DeclineReason, Declined, SetAside};
use serde_json::json;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

pub(crate) async fn run(desk: &Desk, action: &OnlineAction, output: Output) -> Result<ExitCode, Failure> {
    match action {
        OnlineAction::List => {
            let waiting = desk.submissions().await?;
            let mut names = vec![];
            for item in &waiting {
                names.push(match &item.holder {
                    Some(holder) => Some(desk.officer_name(&holder.officer).await?),
                    None => None,
                });
            }
            output.data(&waiting, || {
                for (item, name) in waiting.iter().zip(&names) {
                    let sent = &item.submission;
                    let holder = name.as_ref().map(|name| format!(" · {name} đang xem"));
                    println!(
                        "{} {} · {} · {} · {} giấy tờ{}",
                        item.id,
                        sent.sent_at.format_vn(),
                        sent.applicant.owner.name,
                        sent.reference,
                        sent.papers.len(),
                        holder.unwrap_or_default()
                    );
                }
            })?;
        }
        OnlineAction::Open { id, force } => {
            let fetching = |_| {};
            let opened =
                desk.open_submission(parse(id)?, *force, &fetching, &CancellationToken::new()).await?;
            let failed: Vec<_> =
                opened.failed.iter().map(|(name, code)| json!({ "name": name, "code": code })).collect();
            output.data(&json!({ "dossier": opened.dossier, "failed": failed }), || {
                println!("Đã mở hồ sơ {}.", opened.dossier.id);
                for (name, code) in &opened.failed {
                    println!("  {name}: chưa lấy được ({code})");
                }
            })?;
        }
        OnlineAction::GiveBack { id, confirm } => {
            let dossier = desk.give_back_submission(parse(id)?, *confirm).await?;
            output.data(&dossier, || println!("Đã trả lại danh sách. Hồ sơ chờ ở mọi quầy."))?;
        }
        OnlineAction::Reasons => {
            let reasons = desk.decline_reasons().await?;
            output.data(&reasons, || {
                for reason in &reasons {
                    println!("{}: {}", reason.code, reason.text);
                }
            })?;
        }
        OnlineAction::Decline { id, supplement, codes, reasons } => {
            let known = desk.decline_reasons().await?;
            let mut said = vec![];
            for code in codes {
                let reason = known.iter().find(|reason| reason.code == *code);
                let unknown = || anyhow!("không có lý do {code}; xem `motcua online reasons`");
                said.push(reason.cloned().ok_or_else(unknown)?);
            }
            let other = |text: &String| DeclineReason { code: String::new(), text: text.clone() };
            said.extend(reasons.iter().map(other));
            let kind = if *supplement { DeclineKind::Supplement } else { DeclineKind::Refusal };
            let dossier = desk.decline(parse(id)?, kind, said).await?;
            output.data(&dossier, || println!("Đã lưu trên máy. In phiếu: `motcua online form`."))?;
        }
        OnlineAction::Except { id, reason } => {
            let dossier = desk.set_exception(parse(id)?, reason).await?;
            output.data(&dossier, || println!("Đã lưu trên máy."))?;
        }
        OnlineAction::Form { id, out } => {
            write_whole(out, &desk.printed_form(parse(id)?, PrintedForm::Decline).await?)?;
            eprintln!("Đã ghi {}.", out.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a draft is worked on no more, in one line.
pub(crate) fn aside_words(aside: &SetAside) -> String {
    let at = aside.at.format_vn();
    match &aside.why {
        AsideWhy::Discarded { reason } if reason.is_empty() => format!("Nháp đã bỏ {at}"),
        AsideWhy::Discarded { reason } => format!("Nháp đã bỏ {at}: {reason}"),
        AsideWhy::GivenBack => format!("Đã trả lại danh sách {at}"),
        AsideWhy::AcceptedElsewhere { code, .. } => {
            format!("Đã được tiếp nhận ở quầy khác {at}: {code} ({})", aside.officer)
        }
    }
}

/// What was said, in one line.
pub(crate) fn declined_words(said: &Declined) -> String {
    let what = match said.kind {
        DeclineKind::Supplement => "Yêu cầu bổ sung, chưa tiếp nhận",
        DeclineKind::Refusal => "Từ chối tiếp nhận",
    };
    let reasons: Vec<&str> = said.reasons.iter().map(|reason| reason.text.as_str()).collect();
    format!("{what} {}: {}", said.at.format_vn(), reasons.join("; "))
}
