//! The life of a dossier after its acceptance.

use super::Answer;
use crate::mirror::{clean, dossier_id};
use crate::shell::Shell;
use crate::view::{AppError, Dossier, Secret, StepWish};
use tauri::{AppHandle, Runtime, State};

/// Takes a step of an accepted dossier. `approver` and his secret are given where a colleague has to agree.
#[tauri::command]
#[specta::specta]
pub async fn take_step<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    wish: StepWish,
    approver: Option<String>,
    secret: Option<Secret>,
) -> Answer<Dossier> {
    let (id, desk) = (dossier_id(&id)?, shell.desk.clone());
    let wish = wish.wish(approver, secret.map(|secret| secret.0))?;
    let done = tokio::task::spawn_blocking(move || desk.take_step(id, wish));
    let done = done.await.map_err(|_| AppError::internal())??;
    shell.start_sync(&app);
    shell.dossier(done).await
}

/// Adds a row for a paper of a supplement that the procedure does not name.
#[tauri::command]
#[specta::specta]
pub async fn add_paper(shell: State<'_, Shell>, id: String, name: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.add_paper(dossier_id(&id)?, &clean(&name)).await?).await
}

/// Units a dossier may be handed to; those used from here first.
#[tauri::command]
#[specta::specta]
pub async fn seats(shell: State<'_, Shell>) -> Answer<Vec<String>> {
    Ok(shell.desk.seats().await?)
}
