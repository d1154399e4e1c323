//! Printers, and what is printed on them.

use super::Answer;
use crate::mirror::{dossier_id, printed_form};
use crate::shell::Shell;
use crate::view::{Dossier, PrinterInfo, Status};
use tauri::{AppHandle, Runtime, State};

/// Printers of this machine.
#[tauri::command]
#[specta::specta]
pub async fn list_printers(shell: State<'_, Shell>) -> Answer<Vec<PrinterInfo>> {
    Ok(shell.desk.printers().await?.into_iter().map(Into::into).collect())
}

/// Remembers what this machine prints on; none: the window shows the sheet, and the officer prints from there.
#[tauri::command]
#[specta::specta]
pub async fn choose_printers(
    shell: State<'_, Shell>,
    forms: Option<String>,
    slips: Option<String>,
    at_acceptance: bool,
) -> Answer<Status> {
    shell.desk.choose_printers(forms.as_deref(), slips.as_deref(), at_acceptance).await?;
    shell.look_at_printer().await;
    Ok(shell.status().await)
}

/// Prints a form of a dossier: `receipt`, `control`, `slip`, `decline` or the id of a step. Answers when the print system
/// has it; what becomes of it is told as the dossier changes.
#[tauri::command]
#[specta::specta]
pub async fn print_form<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    form: String,
) -> Answer<Dossier> {
    let id = dossier_id(&id)?;
    let record = shell.desk.print(id, printed_form(&form)?).await?;
    shell.follow_print(&app, &record);
    shell.dossier(shell.desk.dossier(id).await?).await
}

/// Takes a print out of the queue; one that is on paper by now stays printed.
#[tauri::command]
#[specta::specta]
pub async fn cancel_print(shell: State<'_, Shell>, id: String, number: u32) -> Answer<Dossier> {
    let id = dossier_id(&id)?;
    shell.desk.cancel_print(id, number).await?;
    shell.dossier(shell.desk.dossier(id).await?).await
}
