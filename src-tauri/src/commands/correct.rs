//! "Đính chính kết quả": asked for by one officer, agreed to by another.

use super::{Answer, picked, read_file};
use crate::mirror::{blob_id, clean, dossier_id};
use crate::shell::Shell;
use crate::view::{AppError, Dossier, FeedbackReason, Secret, WaitingCorrection};
use motcua_desk::MAX_FILE;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

/// Asks for a correction of a returned result by a PDF the officer picks in a dialog of the system; none when the dialog was
/// closed.
#[tauri::command]
#[specta::specta]
pub async fn ask_correction<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    reason: FeedbackReason,
    text: String,
) -> Answer<Option<Dossier>> {
    let id = dossier_id(&id)?;
    let dialog = app.dialog().file().set_title("Chọn kết quả đã đính chính").add_filter("PDF", &["pdf"]);
    let Some(path) = picked(dialog).await else { return Ok(None) };
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = read_file(path).await?.map_err(|_| AppError::of("fileMissing"))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(AppError::of("fileTooLarge"));
    }
    let asked = shell.desk.ask_correction(id, reason.into(), &clean(&text), &name, &bytes).await?;
    Ok(Some(shell.dossier(asked).await?))
}

/// A colleague agrees to the correction whose file he saw, by his own secret.
#[tauri::command]
#[specta::specta]
pub async fn approve_correction<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    blob: String,
    approver: String,
    secret: Secret,
) -> Answer<Dossier> {
    let (id, blob, desk) = (dossier_id(&id)?, blob_id(&blob)?, shell.desk.clone());
    let done = tokio::task::spawn_blocking(move || desk.approve_correction(id, blob, &approver, &secret.0));
    let done = done.await.map_err(|_| AppError::internal())??;
    shell.start_sync(&app);
    shell.dossier(done).await
}

/// A supervisor does not agree, and says why.
#[tauri::command]
#[specta::specta]
pub async fn refuse_correction(
    shell: State<'_, Shell>,
    id: String,
    blob: String,
    reason: String,
) -> Answer<Dossier> {
    let refused = shell.desk.refuse_correction(dossier_id(&id)?, blob_id(&blob)?, &clean(&reason)).await?;
    shell.dossier(refused).await
}

/// Whoever asked takes it back.
#[tauri::command]
#[specta::specta]
pub async fn take_back_correction(shell: State<'_, Shell>, id: String, blob: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.take_back_correction(dossier_id(&id)?, blob_id(&blob)?).await?).await
}

/// "Chờ duyệt": corrections that wait for a colleague's word; for a supervisor.
#[tauri::command]
#[specta::specta]
pub async fn corrections_waiting(shell: State<'_, Shell>) -> Answer<Vec<WaitingCorrection>> {
    let mut waiting = vec![];
    for dossier in shell.desk.corrections_waiting().await? {
        waiting.extend(WaitingCorrection::of(shell.dossier(dossier).await?));
    }
    Ok(waiting)
}
