//! Opening and closing the counter, its status line, stopping what runs.

use super::{Answer, chosen};
use crate::shell::Shell;
use crate::view::{AppError, CrashNote, JobKind, Millis, Secret, Status};
use motcua_assembly::CounterProfile;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

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

/// Makes this machine known to the warehouse by an administrator's one-time code, and tries the line at once.
#[tauri::command]
#[specta::specta]
pub async fn enrol_machine(shell: State<'_, Shell>, code: String) -> Answer<Status> {
    let profile = CounterProfile::load(shell.profile.root()).map_err(|_| AppError::internal())?;
    motcua_assembly::enrol(&shell.profile, &profile, &code).await?;
    shell.desk.retry_now().await?;
    Ok(shell.status().await)
}

/// Nothing was typed for a while: locks, unless the officer waits for a job of his. The answer says which.
#[tauri::command]
#[specta::specta]
pub async fn lock_idle<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Answer<Status> {
    if !shell.works() {
        shell.close(&app).await;
    }
    Ok(shell.status().await)
}

/// What went wrong in an earlier run, until the officer has said that he knows.
#[tauri::command]
#[specta::specta]
pub async fn crash_note(shell: State<'_, Shell>) -> Answer<Option<CrashNote>> {
    #[allow(clippy::cast_precision_loss)] // exact until the year 287396
    let note = |(path, at): (&std::path::Path, i64)| CrashNote {
        at: Millis(at as f64),
        path: path.display().to_string(),
    };
    Ok(shell.crashes.untold().map(note))
}

/// He knows.
#[tauri::command]
#[specta::specta]
pub async fn crash_known(shell: State<'_, Shell>) -> Answer<()> {
    shell.crashes.told();
    Ok(())
}

/// Saves a copy of the report where the officer chooses in a dialog of the system; false when it was closed.
#[tauri::command]
#[specta::specta]
pub async fn save_crash_report<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Answer<bool> {
    let Some((report, _)) = shell.crashes.untold() else { return Ok(false) };
    let dialog = app.dialog().file().set_title("Lưu báo cáo sự cố").set_file_name("mot-cua-su-co.json");
    let Some(path) = chosen(dialog).await else { return Ok(false) };
    tokio::fs::copy(report, path).await.map_err(|_| AppError::of("reportNotSaved"))?;
    shell.crashes.told();
    Ok(true)
}

/// Stops a running job; nothing happens when none of that kind runs.
#[tauri::command]
#[specta::specta]
pub async fn cancel_job(shell: State<'_, Shell>, job: JobKind) -> Answer<()> {
    shell.jobs.cancel(job);
    Ok(())
}
