//! "Quản trị": lists of the reference data, officers and machines, all at the warehouse.

use super::Answer;
use crate::mirror::clean;
use crate::shell::Shell;
use crate::view::{
    AdminAct, AdminChange, AdminDiff, AdminDone, AdminPeople, AdminReport, AdminRow, AdminSheets, AdminStep,
    AdminVersion,
};
use tauri::State;

/// The lists of a version, or of the one in force.
#[tauri::command]
#[specta::specta]
pub async fn admin_sheets(shell: State<'_, Shell>, version: Option<u32>) -> Answer<AdminSheets> {
    Ok(shell.desk.admin_lists(version.map(u64::from)).await?.into())
}

/// The rows of one list.
#[tauri::command]
#[specta::specta]
pub async fn admin_rows(shell: State<'_, Shell>, version: u32, sheet: String) -> Answer<Vec<AdminRow>> {
    let rows = shell.desk.admin_rows(version.into(), &sheet).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Looks at a change of the lists, or makes a version of it.
#[tauri::command]
#[specta::specta]
pub async fn admin_change(shell: State<'_, Shell>, change: AdminChange) -> Answer<AdminReport> {
    Ok(shell.desk.admin_change(change.try_into()?).await?.into())
}

/// Every version, newest first.
#[tauri::command]
#[specta::specta]
pub async fn admin_versions(shell: State<'_, Shell>) -> Answer<Vec<AdminVersion>> {
    Ok(shell.desk.admin_versions().await?.into_iter().map(Into::into).collect())
}

/// What differs between two versions.
#[tauri::command]
#[specta::specta]
pub async fn admin_diff(shell: State<'_, Shell>, from: u32, to: u32) -> Answer<Vec<AdminDiff>> {
    Ok(shell.desk.admin_diff(from.into(), to.into()).await?.into_iter().map(Into::into).collect())
}

/// In which versions a row was not as before.
#[tauri::command]
#[specta::specta]
pub async fn admin_history(shell: State<'_, Shell>, sheet: String, key: String) -> Answer<Vec<AdminStep>> {
    let steps = shell.desk.admin_history(&sheet, &clean(&key)).await?;
    Ok(steps.into_iter().map(Into::into).collect())
}

/// Officers and machines within the administrator's grant.
#[tauri::command]
#[specta::specta]
pub async fn admin_people(shell: State<'_, Shell>) -> Answer<AdminPeople> {
    Ok(shell.desk.admin_people().await?.into())
}

/// Something done with an officer or a machine.
#[tauri::command]
#[specta::specta]
pub async fn admin_act(shell: State<'_, Shell>, act: AdminAct) -> Answer<AdminDone> {
    Ok(shell.desk.admin_act(act.try_into()?).await?.into())
}
