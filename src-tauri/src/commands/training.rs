//! Learning: the training beside the real counter, its outage, its new beginning, and the first tour.

use super::Answer;
use crate::shell::Shell;
use crate::view::{AppError, Status};
use motcua_assembly::{TrainingError, TrainingGround};
use std::sync::Arc;
use tauri::{AppHandle, Runtime, State};

/// "Mở bản tập huấn": a window of its own on the folder beside this counter's; the first time it takes some seconds.
/// Nothing happens in the training itself.
#[tauri::command]
#[specta::specta]
pub async fn open_training(shell: State<'_, Shell>) -> Answer<()> {
    if shell.training.is_some() {
        return Ok(());
    }
    let real = shell.profile.clone();
    aside(move || {
        motcua_assembly::prepare_training(&real, &motcua_assembly::own_programs()?)?;
        motcua_assembly::open_training_window(&real)
    })
    .await
}

/// "Thử mất mạng": the training's warehouse ends, or answers again.
#[tauri::command]
#[specta::specta]
pub async fn simulate_outage(shell: State<'_, Shell>, cut: bool) -> Answer<Status> {
    let ground = ground(&shell)?;
    aside(move || {
        if cut {
            ground.cut();
            return Ok(());
        }
        ground.connect()
    })
    .await?;
    // So that the lights say it at once; a closed vault has nothing to send and nothing to say.
    drop(shell.desk.retry_now().await);
    Ok(shell.status().await)
}

/// "Làm lại từ đầu": the program begins anew with a fresh training folder.
#[tauri::command]
#[specta::specta]
pub async fn reset_training<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Answer<()> {
    ground(&shell)?.begin_again()?;
    shell.close(&app).await;
    app.request_restart();
    Ok(())
}

/// The officer has seen the first tour, or does not want it.
#[tauri::command]
#[specta::specta]
pub async fn end_tour(shell: State<'_, Shell>) -> Answer<Status> {
    if let Some(officer) = shell.status().await.officer {
        shell.desk.end_tour(&officer).await?;
    }
    Ok(shell.status().await)
}

/// The real counter has no outage to practise and nothing to begin again.
fn ground(shell: &Shell) -> Answer<Arc<TrainingGround>> {
    shell.training.clone().ok_or_else(AppError::internal)
}

/// Away from the threads that answer the page.
async fn aside<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, TrainingError> + Send + 'static,
) -> Answer<T> {
    Ok(tokio::task::spawn_blocking(act).await.map_err(|_| AppError::internal())??)
}
