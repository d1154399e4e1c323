//! The outbox, sync on request, checking a signed file.

use super::Answer;
use crate::mirror::{blob_id, op_id, verify_report};
use crate::shell::Shell;
use crate::view::{OutboxItem, Status, VerifyReport};
use tauri::{AppHandle, Runtime, State};

/// What leaves the machine, oldest first; received lines too when `all`.
#[tauri::command]
#[specta::specta]
pub async fn outbox(shell: State<'_, Shell>, all: bool) -> Answer<Vec<OutboxItem>> {
    shell.outbox(all).await
}

/// Makes everything that waits due now.
#[tauri::command]
#[specta::specta]
pub async fn sync_now<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Answer<Status> {
    shell.desk.retry_now().await?;
    shell.start_sync(&app);
    Ok(shell.status().await)
}

/// "Gửi lại": a refused line goes once more, a held acceptance asks for its paper again.
#[tauri::command]
#[specta::specta]
pub async fn resend<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>, op: String) -> Answer<Status> {
    shell.desk.resend(op_id(&op)?).await?;
    shell.start_sync(&app);
    Ok(shell.status().await)
}

/// Checks the signatures of a file held here.
#[tauri::command]
#[specta::specta]
pub async fn verify_file(shell: State<'_, Shell>, blob: String) -> Answer<VerifyReport> {
    let bytes = shell.desk.content(&blob_id(&blob)?).await?;
    verify_report(&shell.desk.verify(&bytes).await?)
}
