//! "Bàn xử lý" and "Giám sát": what was handed on in the office, and who has it.

use super::{Answer, chosen, save};
use crate::mirror::{clean, dossier_id};
use crate::shell::Shell;
use crate::view::{Overview, Queue, QueueAsk, QueueStateName, Seat, TakenStep};
use motcua_desk::SeveralWish;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

/// What was handed to the officer, or to anybody of his unit; with `unit` all of that unit.
#[tauri::command]
#[specta::specta]
pub async fn bench(
    shell: State<'_, Shell>,
    unit: Option<String>,
    state: Option<QueueStateName>,
    page: u32,
) -> Answer<Queue> {
    Ok((&shell.desk.bench(unit.as_deref().map(clean), state.map(Into::into), page).await?).into())
}

/// Every dossier the citizen is owed something for; for a supervisor.
#[tauri::command]
#[specta::specta]
pub async fn office_queue(shell: State<'_, Shell>, ask: QueueAsk, page: u32) -> Answer<Queue> {
    Ok((&shell.desk.office_queue(&ask.into(), page).await?).into())
}

/// Who has how much; for a supervisor.
#[tauri::command]
#[specta::specta]
pub async fn office_overview(shell: State<'_, Shell>) -> Answer<Overview> {
    Ok((&shell.desk.office_overview().await?).into())
}

/// What was asked for as a table for a spreadsheet, into a place the officer picks; none when he closed the dialog.
#[tauri::command]
#[specta::specta]
pub async fn save_office_queue<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    ask: QueueAsk,
) -> Answer<Option<String>> {
    let table = shell.desk.office_queue_table(&ask.into()).await?;
    let today = shell.desk.today().format_iso();
    let dialog = app.dialog().file().set_file_name(format!("ho-so-dang-giai-quyet-{today}.csv"));
    let Some(path) = chosen(dialog.add_filter("CSV", &["csv"])).await else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    save(path, table).await?;
    Ok(Some(name))
}

/// Hands several dossiers on, or takes them over when nobody is named; each is a step of its own.
#[tauri::command]
#[specta::specta]
pub async fn take_several<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    ids: Vec<String>,
    to: Option<Seat>,
    note: String,
) -> Answer<Vec<TakenStep>> {
    let ids = ids.iter().map(|id| dossier_id(id)).collect::<Result<Vec<_>, _>>()?;
    let wish = match to {
        Some(to) => SeveralWish::HandOver { to: to.into(), note: clean(&note) },
        None => SeveralWish::TakeOver,
    };
    let taken = shell.desk.take_several(&ids, &wish).await?;
    shell.start_sync(&app);
    Ok(taken.into_iter().map(Into::into).collect())
}

/// Gives work to somebody else and says why; for a supervisor.
#[tauri::command]
#[specta::specta]
pub async fn reassign<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    ids: Vec<String>,
    to: Seat,
    reason: String,
) -> Answer<Vec<TakenStep>> {
    let ids = ids.iter().map(|id| dossier_id(id)).collect::<Result<Vec<_>, _>>()?;
    let taken = shell.desk.reassign(&ids, to.into(), &clean(&reason)).await?;
    shell.start_sync(&app);
    Ok(taken.into_iter().map(Into::into).collect())
}
