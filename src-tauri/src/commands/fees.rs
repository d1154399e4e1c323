//! Fees: entries of a dossier, and the end of a shift.

use super::{Answer, chosen, save};
use crate::mirror::{dossier_id, op_id};
use crate::shell::Shell;
use crate::view::{AppError, Dossier, FeeWish, Shift};
use motcua_dossier::Day;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

/// Enters a payment, relief or reversal.
#[tauri::command]
#[specta::specta]
pub async fn enter_fee(shell: State<'_, Shell>, id: String, wish: FeeWish) -> Answer<Dossier> {
    shell.dossier(shell.desk.enter_fee(dossier_id(&id)?, wish.try_into()?).await?).await
}

/// Says rightly what the warehouse did not take.
#[tauri::command]
#[specta::specta]
pub async fn mend_fee(shell: State<'_, Shell>, id: String, entry: String, wish: FeeWish) -> Answer<Dossier> {
    let done = shell.desk.mend_fee(dossier_id(&id)?, op_id(&entry)?, wish.try_into()?).await?;
    shell.dossier(done).await
}

/// The number of a receipt that follows the officer's last one.
#[tauri::command]
#[specta::specta]
pub async fn next_fee_receipt(shell: State<'_, Shell>) -> Answer<Option<String>> {
    Ok(shell.desk.next_fee_receipt().await?)
}

/// What the officer took on a day (`yyyy-MM-dd`) at this counter.
#[tauri::command]
#[specta::specta]
pub async fn fee_shift(shell: State<'_, Shell>, day: String) -> Answer<Shift> {
    Ok((&shell.desk.fee_shift(self::day(&day)?).await?).into())
}

/// The same as a table for a spreadsheet, into a place the officer picks; none when he closed the dialog.
#[tauri::command]
#[specta::specta]
pub async fn save_fee_shift<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    day: String,
) -> Answer<Option<String>> {
    let shift = shell.desk.fee_shift(self::day(&day)?).await?;
    let dialog = app.dialog().file().set_file_name(format!("thu-phi-{}.csv", shift.day.format_iso()));
    let Some(path) = chosen(dialog.add_filter("CSV", &["csv"])).await else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    save(path, shift.table()).await?;
    Ok(Some(name))
}

fn day(text: &str) -> Answer<Day> {
    Day::parse(text).map_err(|_| AppError::internal())
}
