//! "Sổ theo dõi hồ sơ", and what the law asks of the dossiers in it.

use super::{Answer, chosen, save};
use crate::shell::Shell;
use crate::view::{AppError, Book, Compliance};
use motcua_dossier::Day;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

/// What the office accepted from one day to another (`yyyy-MM-dd`, both counted).
#[tauri::command]
#[specta::specta]
pub async fn book(shell: State<'_, Shell>, from: String, to: String) -> Answer<Book> {
    Ok((&shell.desk.book(day(&from)?, day(&to)?).await?).into())
}

/// The same as a table for a spreadsheet, into a place the officer picks; none when he closed the dialog.
#[tauri::command]
#[specta::specta]
pub async fn save_book<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    from: String,
    to: String,
) -> Answer<Option<String>> {
    let book = shell.desk.book(day(&from)?, day(&to)?).await?;
    let days = format!("{}_{}", book.from.format_iso(), book.to.format_iso());
    save_table(&app, &format!("so-theo-doi-{days}.csv"), book.table()).await
}

/// The same days held against what the law asks of every dossier.
#[tauri::command]
#[specta::specta]
pub async fn compliance(shell: State<'_, Shell>, from: String, to: String) -> Answer<Compliance> {
    Ok((&shell.desk.compliance(day(&from)?, day(&to)?).await?).into())
}

/// The same as a table for a spreadsheet, into a place the officer picks; none when he closed the dialog.
#[tauri::command]
#[specta::specta]
pub async fn save_compliance<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    from: String,
    to: String,
) -> Answer<Option<String>> {
    let found = shell.desk.compliance(day(&from)?, day(&to)?).await?;
    let days = format!("{}_{}", found.from.format_iso(), found.to.format_iso());
    save_table(&app, &format!("so-hoa-tra-ket-qua-{days}.csv"), found.table()).await
}

async fn save_table<R: Runtime>(app: &AppHandle<R>, name: &str, table: Vec<u8>) -> Answer<Option<String>> {
    let dialog = app.dialog().file().set_file_name(name);
    let Some(path) = chosen(dialog.add_filter("CSV", &["csv"])).await else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    save(path, table).await?;
    Ok(Some(name))
}

fn day(text: &str) -> Answer<Day> {
    Day::parse(text).map_err(|_| AppError::internal())
}
