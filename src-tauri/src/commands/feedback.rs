//! Feedback on papers: what was reported, and what the issuing agency says to it.

use super::{Answer, picked, read_file};
use crate::mirror::{clean, op_id, small};
use crate::shell::Shell;
use crate::view::{AppError, FeedbackLine, JobKind, Judgement, RowProgress};
use motcua_desk::MAX_FILE;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

/// Feedback this office has to do with, as it was heard last; what waits for it first.
#[tauri::command]
#[specta::specta]
pub async fn feedback(shell: State<'_, Shell>) -> Answer<Vec<FeedbackLine>> {
    let (lines, reference) = (shell.desk.feedback().await?, shell.desk.reference().await?);
    let name = |code: &str| {
        let node = reference.tree.iter().find(|node| node.agency_code.as_deref() == Some(code));
        node.map_or_else(|| code.to_owned(), |node| node.name.clone())
    };
    let mut shown = Vec::with_capacity(lines.len());
    for line in lines {
        let mut drafts = vec![];
        for id in &line.drafts {
            drafts.extend(shell.desk.dossier(*id).await.ok());
        }
        shown.push(FeedbackLine::of(line, name, drafts));
    }
    Ok(shown)
}

/// Says what was found: the paper is right, or wrong and to be filed anew.
#[tauri::command]
#[specta::specta]
pub async fn answer_feedback<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    judgement: Judgement,
    text: String,
) -> Answer<()> {
    shell.desk.answer_feedback(op_id(&id)?, judgement.into(), &clean(&text)).await?;
    shell.start_sync(&app);
    Ok(())
}

/// Files a wrong paper anew from a PDF the officer picks in a dialog of the system; false when the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn correct_paper<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    text: String,
) -> Answer<bool> {
    let id = op_id(&id)?;
    let dialog = app.dialog().file().set_title("Chọn tệp đã sửa").add_filter("PDF", &["pdf"]);
    let Some(path) = picked(dialog).await else { return Ok(false) };
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = read_file(path).await?.map_err(|_| AppError::of("fileMissing"))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(AppError::of("fileTooLarge"));
    }
    shell.desk.correct_paper(id, &clean(&text), &name, &bytes).await?;
    shell.start_sync(&app);
    Ok(true)
}

/// Brings the paper a feedback is about to this machine, to be looked at; its content.
#[tauri::command]
#[specta::specta]
pub async fn bring_reported(
    shell: State<'_, Shell>,
    id: String,
    on_progress: Channel<RowProgress>,
) -> Answer<String> {
    let job = shell.jobs.begin(JobKind::Fetch);
    let tell = |received: u64, size: u64| {
        let at =
            RowProgress { component: 0, done: 0, total: 1, received: small(received), size: small(size) };
        drop(on_progress.send(at));
    };
    Ok(shell.desk.bring_reported(op_id(&id)?, &tell, &job.cancel).await?.to_string())
}
