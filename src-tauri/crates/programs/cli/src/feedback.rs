//! `motcua feedback …`: feedback on papers, and what the issuing agency says to it.

use crate::arguments::FeedbackAction;
use crate::files::write_whole;
use crate::output::{Failure, Output};
use anyhow::{Context, anyhow};
use motcua_desk::{Desk, FeedbackLine, Judgement};
use motcua_dossier::OpId;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

pub(crate) async fn run(desk: &Desk, action: &FeedbackAction, output: Output) -> Result<ExitCode, Failure> {
    match action {
        FeedbackAction::List => {
            let lines = desk.feedback().await?;
            output.data(&lines, || lines.iter().for_each(print))?;
        }
        FeedbackAction::Paper { id, out } => {
            let blob = desk.bring_reported(parse(id)?, &|_, _| {}, &CancellationToken::new()).await?;
            write_whole(out, &desk.content(&blob).await?)?;
            eprintln!("Đã ghi {}.", out.display());
        }
        FeedbackAction::Answer { id, right, corrected, text, wrong: _ } => {
            let id = parse(id)?;
            match corrected {
                Some(file) => {
                    let bytes =
                        std::fs::read(file).with_context(|| format!("không đọc được {}", file.display()))?;
                    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
                    desk.correct_paper(id, text, &name.unwrap_or_default(), &bytes).await?;
                }
                None => {
                    let judgement = if *right { Judgement::Right } else { Judgement::Wrong };
                    desk.answer_feedback(id, judgement, text).await?;
                }
            }
            output.data(&serde_json::json!({ "feedback": id }), || println!("Đã lưu trên máy."))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(id: &str) -> Result<OpId, Failure> {
    Ok(OpId::parse(id).map_err(|_| anyhow!("mã phản ánh không đúng: {id}"))?)
}

fn print(line: &FeedbackLine) {
    let given = &line.feedback;
    let paper =
        given.paper.as_ref().map_or_else(|| given.document.to_string(), |p| p.record.metadata.name.clone());
    let state = match (&given.answer, &given.confirmed) {
        (Some(answer), _) if answer.corrected => format!("đã sửa: {}", answer.text),
        (Some(answer), _) => format!("kết quả đúng: {}", answer.text),
        (None, _) if line.unsent.is_some() => "đã trả lời, chờ gửi".to_owned(),
        (None, Some(finding)) => format!("cần sửa: {}", finding.text),
        (None, None) if given.ours => "CHỜ TRẢ LỜI".to_owned(),
        (None, None) => "chờ cơ quan cấp trả lời".to_owned(),
    };
    println!("{} {} · {paper} · {} · {state}", given.id, given.given_at.format_vn(), given.reason.label());
    for use_ in &given.uses {
        let returned = if use_.returned { "đã trả kết quả" } else { "đang giải quyết" };
        println!("  hồ sơ {} · {} · {returned}", use_.code, use_.officer);
    }
}
