//! Opening and closing the counter, its status line, stopping what runs.

use super::Answer;
use crate::shell::Shell;
use crate::view::{JobKind, Secret, Status};
use tauri::{AppHandle, Runtime, State};

/// Where the counter stands.
#[tauri::command]
#[specta::specta]
pub async fn status(shell: State<'_, Shell>) -> Answer<Status> {
    Ok(shell.status().await)
}

/// Makes the vault of this counter with its first officer.
#[tauri::command]
#[specta::specta]
pub async fn create_vault<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    officer: String,
    secret: Secret,
) -> Answer<Status> {
    shell.desk.create_vault(officer.trim(), &secret.0).await?;
    shell.opened(&app).await
}

/// Opens the vault and starts the background work.
#[tauri::command]
#[specta::specta]
pub async fn unlock<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    officer: String,
    secret: Secret,
) -> Answer<Status> {
    shell.desk.unlock(officer.trim(), &secret.0).await?;
    shell.opened(&app).await
}

/// Stops what runs and closes the vault. No draft is lost.
#[tauri::command]
#[specta::specta]
pub async fn lock<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Answer<Status> {
    shell.close(&app).await;
    Ok(shell.status().await)
}

/// What the officer at the counter is called on receipts.
#[tauri::command]
#[specta::specta]
pub async fn name_officer(shell: State<'_, Shell>, name: String) -> Answer<Status> {
    if let Some(officer) = shell.status().await.officer {
        shell.desk.name_officer(&officer, &name).await?;
    }
    Ok(shell.status().await)
}

/// Stops a running job; nothing happens when none of that kind runs.
#[tauri::command]
#[specta::specta]
pub async fn cancel_job(shell: State<'_, Shell>, job: JobKind) -> Answer<()> {
    shell.jobs.cancel(job);
    Ok(())
}
