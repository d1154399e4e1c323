//! Dossiers that other counters of the office work on too: lists, leases, conflicts, and the comparison with the warehouse.

use super::Answer;
use crate::mirror::{dossier_id, field_name, op_id, reconciled_day};
use crate::shell::Shell;
use crate::view::{Conflict, Dossier, OfficeLine, Reconciliation, SideChoice, Status, Work};
use std::collections::HashMap;
use tauri::{AppHandle, Runtime, State};

/// Dossiers of the office that other counters took in, as typed.
#[tauri::command]
#[specta::specta]
pub async fn list_office(shell: State<'_, Shell>, query: String) -> Answer<Vec<OfficeLine>> {
    Ok(shell.desk.office_dossiers(&query).await?.iter().map(Into::into).collect())
}

/// Goes on with a dossier another counter took in.
#[tauri::command]
#[specta::specta]
pub async fn take_up(shell: State<'_, Shell>, id: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.take_up(dossier_id(&id)?).await?).await
}

/// A dossier is open on the screen: this counter asks to work on it alone; `force` takes it from another.
#[tauri::command]
#[specta::specta]
pub async fn begin_work(shell: State<'_, Shell>, id: String, force: bool) -> Answer<Work> {
    Ok((&shell.desk.begin_work(dossier_id(&id)?, force).await?).into())
}

/// It is closed.
#[tauri::command]
#[specta::specta]
pub async fn end_work(shell: State<'_, Shell>, id: String) -> Answer<()> {
    Ok(shell.desk.end_work(dossier_id(&id)?).await?)
}

/// Both sides of a line others' work stands in the way of; none when there is no conflict.
#[tauri::command]
#[specta::specta]
pub async fn conflict(shell: State<'_, Shell>, op: String) -> Answer<Option<Conflict>> {
    Ok(shell.desk.conflict(op_id(&op)?).await?.as_ref().map(Into::into))
}

/// Settles it by the sides that were chosen.
#[tauri::command]
#[specta::specta]
pub async fn settle_conflict<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    op: String,
    choices: Vec<SideChoice>,
) -> Answer<Dossier> {
    let choices = choices.iter().map(|choice| (field_name(choice), choice.side.into())).collect();
    let dossier = shell.desk.settle_conflict(op_id(&op)?, &choices).await?;
    shell.start_sync(&app);
    shell.dossier(dossier).await
}

/// "Đối chiếu": what left in the last `days` days against what the warehouse has.
#[tauri::command]
#[specta::specta]
pub async fn reconcile(shell: State<'_, Shell>, days: u32) -> Answer<Reconciliation> {
    let found = shell.desk.reconcile(days).await?;
    let mut codes = HashMap::new();
    for line in found.days.iter().flat_map(|day| &day.lines) {
        if let std::collections::hash_map::Entry::Vacant(entry) = codes.entry(line.item.dossier) {
            let dossier = shell.desk.dossier(line.item.dossier).await.ok();
            entry.insert(dossier.and_then(|dossier| dossier.code).map(|code| code.to_string()));
        }
    }
    let code = |id| codes.get(&id).cloned().flatten();
    Ok(Reconciliation {
        at: found.at.into(),
        days: found.days.iter().map(|day| reconciled_day(day, code)).collect(),
    })
}

/// Sends received lines again that the warehouse does not know any more.
#[tauri::command]
#[specta::specta]
pub async fn send_again<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    ops: Vec<String>,
) -> Answer<Status> {
    let ops = ops.iter().map(|op| op_id(op)).collect::<Result<Vec<_>, _>>()?;
    shell.desk.send_again(&ops).await?;
    shell.start_sync(&app);
    Ok(shell.status().await)
}
