//! "Sổ theo dõi hồ sơ".

use super::{Answer, chosen, save};
use crate::shell::Shell;
use crate::view::{AppError, Book};
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
    let dialog = app.dialog().file().set_file_name(format!("so-theo-doi-{days}.csv"));
    let Some(path) = chosen(dialog.add_filter("CSV", &["csv"])).await else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    save(path, book.table()).await?;
    Ok(Some(name))
}

fn day(text: &str) -> Answer<Day> {
    Day::parse(text).map_err(|_| AppError::internal())
}
