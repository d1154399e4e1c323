//! Papers of the owner's warehouse ("Kho số hóa").

use super::{Answer, chosen, save};
use crate::mirror::{blob_id, document_id, dossier_id, small};
use crate::shell::Shell;
use crate::view::{
    AppError, AutoAttach, ConsentMethod, Dossier, FeedbackReason, JobKind, Offers, RowProgress,
};
use std::path::PathBuf;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, Runtime, State};
use tauri_plugin_dialog::DialogExt;

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

/// Brings a paper's file to this machine to be looked at or saved; nothing is taken. Answers its content.
#[tauri::command]
#[specta::specta]
pub async fn bring_paper(
    shell: State<'_, Shell>,
    id: String,
    document: String,
    on_progress: Channel<RowProgress>,
) -> Answer<String> {
    let job = shell.jobs.begin(JobKind::Fetch);
    let tell = |received: u64, size: u64| {
        let at =
            RowProgress { component: 0, done: 0, total: 1, received: small(received), size: small(size) };
        drop(on_progress.send(at));
    };
    let (id, document) = (dossier_id(&id)?, document_id(&document)?);
    Ok(shell.desk.bring_paper(id, document, &tell, &job.cancel).await?.to_string())
}

/// "Tải lại": a file whose time on this machine is over comes back from the warehouse.
#[tauri::command]
#[specta::specta]
pub async fn bring_back(
    shell: State<'_, Shell>,
    blob: String,
    on_progress: Channel<RowProgress>,
) -> Answer<()> {
    let job = shell.jobs.begin(JobKind::Fetch);
    let tell = |received: u64, size: u64| {
        let at =
            RowProgress { component: 0, done: 0, total: 1, received: small(received), size: small(size) };
        drop(on_progress.send(at));
    };
    Ok(shell.desk.bring_back(blob_id(&blob)?, &tell, &job.cancel).await?)
}

/// "Tải về": a PDF held here goes where the officer says in a dialog of the system, Downloads first; the page
/// never names a path. False when the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn save_file<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    blob: String,
    name: String,
) -> Answer<bool> {
    let bytes = shell.desk.content(&blob_id(&blob)?).await?;
    let mut dialog = app.dialog().file().set_title("Tải về").add_filter("PDF", &["pdf"]);
    if let Ok(downloads) = app.path().download_dir() {
        dialog = dialog.set_directory(downloads);
    }
    // A paper of the training says on itself that it is invented; its name says it before it is opened.
    let name = if shell.desk.office().training { format!("TẬP HUẤN - {name}") } else { name };
    let Some(path) = chosen(dialog.set_file_name(file_name(&name))).await else { return Ok(false) };
    save_pdf(path, bytes).await?;
    Ok(true)
}

/// Writes a PDF, whole or not at all.
async fn save_pdf(path: PathBuf, bytes: Vec<u8>) -> Answer<()> {
    if crate::pages::is_pdf(&bytes) { save(path, bytes).await } else { Err(AppError::of("fileNotPdf")) }
}

/// The name of a paper as a file name every system takes.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c };
    let stem: String = name.trim().chars().map(plain).take(80).collect();
    let stem = stem.trim_matches(['.', ' ']);
    format!("{}.pdf", if stem.is_empty() { "giay-to" } else { stem })
}

/// "Phản ánh về kết quả giải quyết": a paper of the owner is wrong.
#[tauri::command]
#[specta::specta]
pub async fn report_paper(
    shell: State<'_, Shell>,
    id: String,
    document: String,
    reason: FeedbackReason,
    text: String,
) -> Answer<Dossier> {
    let (id, document) = (dossier_id(&id)?, document_id(&document)?);
    shell.dossier(shell.desk.report_paper(id, document, reason.into(), &text).await?).await
}

/// Records the citizen's confirmation of the reuse.
#[tauri::command]
#[specta::specta]
pub async fn confirm_reuse(shell: State<'_, Shell>, id: String, method: ConsentMethod) -> Answer<Dossier> {
    shell.dossier(shell.desk.confirm_reuse(dossier_id(&id)?, method.into(), None).await?).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_has_a_file_name_every_system_takes() {
        let long = "099090000001.KQ.G15.000031.02022024.Giấy khai sinh";
        assert_eq!(file_name(long), format!("{long}.pdf"));
        assert_eq!(file_name("../121/GCN: \"a\"?"), "-121-GCN- -a--.pdf");
        assert_eq!(file_name(" .. "), "giay-to.pdf");
        assert_eq!(file_name(&"ấ".repeat(300)).chars().count(), 84);
    }

    #[tokio::test]
    async fn only_a_pdf_is_saved_and_a_folder_that_is_not_there_is_told() {
        let folder = std::env::temp_dir().join(format!("motcua-save-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("giấy.pdf");
        save_pdf(path.clone(), b"%PDF-1.7 a paper".into()).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"%PDF-1.7 a paper");
        assert_eq!(save_pdf(path.clone(), b"<html>".into()).await.unwrap_err().code, "fileNotPdf");
        assert_eq!(std::fs::read(&path).unwrap(), b"%PDF-1.7 a paper", "the file there is not touched");
        let nowhere = folder.join("absent/x.pdf");
        assert_eq!(save_pdf(nowhere, b"%PDF-1.7".into()).await.unwrap_err().code, "fileNotSaved");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
