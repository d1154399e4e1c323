//! Papers of the owner's warehouse ("Kho số hóa").

use super::Answer;
use crate::mirror::{document_id, dossier_id};
use crate::shell::Shell;
use crate::view::{AutoAttach, ConsentMethod, Dossier, JobKind, Offers, RowProgress};
use tauri::State;
use tauri::ipc::Channel;

/// Papers that may serve a row, and why others do not.
#[tauri::command]
#[specta::specta]
pub async fn offers(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Offers> {
    Ok((&shell.desk.offers(dossier_id(&id)?, component).await?).into())
}

/// "Tự động cập nhật giấy tờ đã số hóa".
#[tauri::command]
#[specta::specta]
pub async fn auto_attach(
    shell: State<'_, Shell>,
    id: String,
    on_progress: Channel<RowProgress>,
) -> Answer<AutoAttach> {
    let job = shell.jobs.begin(JobKind::Fetch);
    // Progress is safe to lose: the page may be closed by now.
    let tell = |at: motcua_desk::RowProgress| drop(on_progress.send(at.into()));
    let done = shell.desk.auto_attach(dossier_id(&id)?, &tell, &job.cancel).await?;
    let rows = done.rows.iter().map(Into::into).collect();
    Ok(AutoAttach { rows, stopped: done.stopped, dossier: shell.dossier(done.dossier).await? })
}

/// Takes a paper: attached provisionally, or reserved when it is not here and there is no network.
#[tauri::command]
#[specta::specta]
pub async fn take(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    document: String,
    national_confirmed: Option<ConsentMethod>,
    on_progress: Channel<RowProgress>,
) -> Answer<Dossier> {
    let job = shell.jobs.begin(JobKind::Fetch);
    let tell = |at: motcua_desk::RowProgress| drop(on_progress.send(at.into()));
    let (id, document) = (dossier_id(&id)?, document_id(&document)?);
    let confirmed = national_confirmed.map(Into::into);
    shell.dossier(shell.desk.take(id, component, document, confirmed, &tell, &job.cancel).await?).await
}

/// Records the citizen's confirmation of the reuse.
#[tauri::command]
#[specta::specta]
pub async fn confirm_reuse(shell: State<'_, Shell>, id: String, method: ConsentMethod) -> Answer<Dossier> {
    shell.dossier(shell.desk.confirm_reuse(dossier_id(&id)?, method.into(), None).await?).await
}
