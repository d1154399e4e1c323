//! The outbox, sync on request, sealed packages, checking a signed file.

use super::{Answer, chosen, picked, read_file};
use crate::mirror::{blob_id, op_id, outbox_item, small, verify_report};
use crate::shell::Shell;
use crate::view::{
    AppError, Approver, Approvers, CarriedPackage, ExportedPackage, JobKind, OutboxItem, RowProgress, Secret,
    Status, VerifyReport,
};
use motcua_desk::DeskError;
use std::io::BufWriter;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;

/// What leaves the machine, oldest first; received lines too when `all`.
#[tauri::command]
#[specta::specta]
pub async fn outbox(shell: State<'_, Shell>, all: bool) -> Answer<Vec<OutboxItem>> {
    shell.outbox(all).await
}

/// Makes everything that waits due now.
#[tauri::command]
#[specta::specta]
pub async fn sync_now<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Answer<Status> {
    shell.desk.retry_now().await?;
    shell.start_sync(&app);
    Ok(shell.status().await)
}

/// "Gửi lại": a refused line goes once more, a held acceptance asks for its paper again.
#[tauri::command]
#[specta::specta]
pub async fn resend<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>, op: String) -> Answer<Status> {
    shell.desk.resend(op_id(&op)?).await?;
    shell.start_sync(&app);
    Ok(shell.status().await)
}

/// "Xuất gói": unsent lines (one, or all of them) into a sealed file, where the officer says in a dialog; the page never
/// names a path. None when the dialog was closed. Nothing of the outbox changes but the note that it was exported.
#[tauri::command]
#[specta::specta]
pub async fn export_package<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    op: Option<String>,
) -> Answer<Option<ExportedPackage>> {
    let ops: Vec<_> = op.iter().map(|op| op_id(op)).collect::<Result<_, _>>()?;
    if shell.desk.outbox(false).await?.is_empty() {
        return Err(AppError::of("packageNothing")); // said before a place is asked for
    }
    let dialog = app.dialog().file().set_title("Xuất gói").add_filter("Gói Một Cửa", &["mcgoi"]);
    let Some(path) = chosen(dialog.set_file_name("hop-gui.mcgoi")).await else { return Ok(None) };
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let desk = shell.desk.clone();
    let written = tokio::task::spawn_blocking(move || {
        let package = motcua_assembly::write_whole_by(&path, |file| {
            desk.export_package(&ops, &mut BufWriter::new(file)).map_err(Stopped::Desk)
        })?;
        desk.package_saved(&package).map_err(Stopped::Desk)?;
        Ok(package)
    });
    let package = written.await.map_err(|_| AppError::internal())?.map_err(|stopped| match stopped {
        Stopped::Desk(error) => error.into(),
        Stopped::Disk => AppError::of("packageNotWritten"),
    })?;
    Ok(Some(ExportedPackage {
        file,
        operations: small(package.ops.len()),
        dossiers: small(package.dossiers),
        files: small(package.files),
        missing: small(package.missing),
    }))
}

/// "Gửi hộ gói": a sealed package of another counter, chosen in a dialog of the system, is brought to the warehouse;
/// the page never names a path. None when the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn carry_package<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    on_progress: Channel<RowProgress>,
) -> Answer<Option<CarriedPackage>> {
    let dialog = app.dialog().file().set_title("Gửi hộ gói").add_filter("Gói Một Cửa", &["mcgoi"]);
    let Some(path) = picked(dialog).await else { return Ok(None) };
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let job = shell.jobs.begin(JobKind::Fetch);
    let bytes = read_file(path).await?.map_err(|_| AppError::of("packageNotRead"))?;
    let tell = |received: u64, size: u64| {
        let at =
            RowProgress { component: 0, done: 0, total: 1, received: small(received), size: small(size) };
        drop(on_progress.send(at));
    };
    let carried = shell.desk.carry_package(&bytes, &tell, &job.cancel).await?;
    Ok(Some(CarriedPackage {
        file,
        device: carried.device.to_string(),
        made_at: carried.made_at.into(),
        operations: carried.operations,
        taken: carried.taken,
    }))
}

/// The lines that go when this one is taken back.
#[tauri::command]
#[specta::specta]
pub async fn withdrawal_of(shell: State<'_, Shell>, op: String) -> Answer<Vec<OutboxItem>> {
    let lines = shell.desk.withdrawal_of(op_id(&op)?).await?;
    let code = match lines.first() {
        Some(line) => shell.desk.dossier(line.dossier).await?.code.map(|code| code.to_string()),
        None => None,
    };
    Ok(lines.iter().map(|line| outbox_item(line, code.clone())).collect())
}

/// Who may agree that unsent work is taken back.
#[tauri::command]
#[specta::specta]
pub async fn withdrawal_approvers(shell: State<'_, Shell>) -> Answer<Approvers> {
    let approvers = shell.desk.withdrawal_approvers().await?;
    let officers = approvers.officers.into_iter();
    Ok(Approvers {
        supervisor: approvers.supervisor,
        officers: officers.map(|officer| Approver { login: officer.login, name: officer.name }).collect(),
    })
}

/// "Bỏ, không gửi": unsent work is taken back, with a reason and a supervisor's word; it is sealed into a package
/// before, and stays listed.
#[tauri::command]
#[specta::specta]
pub async fn withdraw<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    op: String,
    reason: String,
    approver: String,
    secret: Secret,
) -> Answer<Status> {
    let (op, desk) = (op_id(&op)?, shell.desk.clone());
    let done = tokio::task::spawn_blocking(move || desk.withdraw(op, &reason, &approver, &secret.0));
    done.await.map_err(|_| AppError::internal())??;
    shell.start_sync(&app);
    Ok(shell.status().await)
}

/// The sealed package of work that was taken back, where the officer says in a dialog; the name of the file.
#[tauri::command]
#[specta::specta]
pub async fn save_withdrawn<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    op: String,
) -> Answer<Option<String>> {
    let package = shell.desk.withdrawn_package(op_id(&op)?).await?;
    let dialog = app.dialog().file().set_title("Lưu gói").add_filter("Gói Một Cửa", &["mcgoi"]);
    let Some(path) = chosen(dialog.set_file_name("da-bo.mcgoi")).await else { return Ok(None) };
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let written = tokio::task::spawn_blocking(move || motcua_assembly::write_whole(&path, &package));
    written.await.map_err(|_| AppError::internal())?.map_err(|_| AppError::of("packageNotWritten"))?;
    Ok(Some(file))
}

/// Where writing a package stopped.
enum Stopped {
    Desk(DeskError),
    Disk,
}

impl From<std::io::Error> for Stopped {
    fn from(_: std::io::Error) -> Self {
        Self::Disk
    }
}

/// Checks the signatures of a file held here.
#[tauri::command]
#[specta::specta]
pub async fn verify_file(shell: State<'_, Shell>, blob: String) -> Answer<VerifyReport> {
    let bytes = shell.desk.content(&blob_id(&blob)?).await?;
    verify_report(&shell.desk.verify(&bytes).await?)
}
