//! Papers of the owner's warehouse ("Kho số hóa").

use super::Answer;
use crate::mirror::{document_id, dossier_id};
use crate::shell::Shell;
use crate::view::{AutoAttach, ConsentMethod, Dossier, Offers};
use tauri::State;

/// Papers that may serve a row, and why others do not.
#[tauri::command]
#[specta::specta]
pub async fn offers(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Offers> {
    Ok((&shell.desk.offers(dossier_id(&id)?, component).await?).into())
}

/// "Tự động cập nhật giấy tờ đã số hóa".
#[tauri::command]
#[specta::specta]
pub async fn auto_attach(shell: State<'_, Shell>, id: String) -> Answer<AutoAttach> {
    let done = shell.desk.auto_attach(dossier_id(&id)?).await?;
    let rows = done.rows.iter().map(Into::into).collect();
    Ok(AutoAttach { rows, dossier: shell.dossier(done.dossier).await? })
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
) -> Answer<Dossier> {
    let (id, document) = (dossier_id(&id)?, document_id(&document)?);
    let confirmed = national_confirmed.map(Into::into);
    shell.dossier(shell.desk.take(id, component, document, confirmed).await?).await
}

/// Records the citizen's confirmation of the reuse.
#[tauri::command]
#[specta::specta]
pub async fn confirm_reuse(shell: State<'_, Shell>, id: String, method: ConsentMethod) -> Answer<Dossier> {
    shell.dossier(shell.desk.confirm_reuse(dossier_id(&id)?, method.into(), None).await?).await
}
