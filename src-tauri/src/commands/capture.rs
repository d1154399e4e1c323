//! Scanning and files. Component 0 is the dossier's result.

use super::{Answer, picked, read_file};
use crate::mirror::{blob_id, dossier_id, small};
use crate::shell::Shell;
use crate::view::{AppError, CapturedPage, Dossier, JobKind, ScanEvent, ScanSource, ScannerInfo, Status};
use motcua_desk::ports::{CaptureDraft, ColorMode};
use motcua_desk::{MAX_FILE, ScanOptions};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt;
use tokio_util::sync::CancellationToken;

/// Lists the scanners; may take long.
#[tauri::command]
#[specta::specta]
pub async fn list_scanners(shell: State<'_, Shell>) -> Answer<Vec<ScannerInfo>> {
    // A list asked for while a scan runs must not stop the scan.
    let job = (!shell.jobs.runs(JobKind::Scan)).then(|| shell.jobs.begin(JobKind::Scan));
    let cancel = job.as_ref().map_or_else(CancellationToken::new, |job| job.cancel.clone());
    Ok(shell.desk.scanners(&cancel).await?.into_iter().map(Into::into).collect())
}

/// Remembers the scanner this counter uses.
#[tauri::command]
#[specta::specta]
pub async fn choose_scanner(shell: State<'_, Shell>, id: String) -> Answer<Status> {
    shell.desk.choose_scanner(&id).await?;
    Ok(shell.status().await)
}

/// Scans into a row. Each page is told after it is durable; the answer holds all pages of the row.
#[tauri::command]
#[specta::specta]
pub async fn scan(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    source: ScanSource,
    gray: bool,
    on_event: Channel<ScanEvent>,
) -> Answer<Vec<CapturedPage>> {
    let job = shell.jobs.begin(JobKind::Scan);
    let options = ScanOptions {
        source: source.into(),
        mode: if gray { ColorMode::Gray } else { ColorMode::Color },
        ..ScanOptions::default()
    };
    // Progress is safe to lose: the page may be closed by now.
    let tell = |event: ScanEvent| drop(on_event.send(event));
    tell(ScanEvent::Started);
    let draft = shell
        .desk
        .scan(
            dossier_id(&id)?,
            component,
            &options,
            &|index, page| tell(ScanEvent::Page { page: page.into(), index }),
            &job.cancel,
        )
        .await?;
    tell(ScanEvent::Finished { pages: small(draft.pages.len()) });
    Ok(pages(&draft))
}

/// Pages captured for a row and not yet a PDF.
#[tauri::command]
#[specta::specta]
pub async fn captured_pages(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
) -> Answer<Vec<CapturedPage>> {
    Ok(pages(&shell.desk.capture(dossier_id(&id)?, component).await?))
}

/// Takes a page out.
#[tauri::command]
#[specta::specta]
pub async fn remove_page(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    index: u32,
) -> Answer<Vec<CapturedPage>> {
    Ok(pages(&shell.desk.remove_page(dossier_id(&id)?, component, index).await?))
}

/// Puts a removed page back.
#[tauri::command]
#[specta::specta]
pub async fn restore_page(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    index: u32,
    image: String,
) -> Answer<Vec<CapturedPage>> {
    Ok(pages(&shell.desk.restore_page(dossier_id(&id)?, component, index, &blob_id(&image)?).await?))
}

/// Moves a page.
#[tauri::command]
#[specta::specta]
pub async fn move_page(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    from: u32,
    to: u32,
) -> Answer<Vec<CapturedPage>> {
    Ok(pages(&shell.desk.move_page(dossier_id(&id)?, component, from, to).await?))
}

/// Throws the captured pages of a row away.
#[tauri::command]
#[specta::specta]
pub async fn discard_capture(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Dossier> {
    shell.dossier(shell.desk.discard_capture(dossier_id(&id)?, component).await?).await
}

/// Makes the captured pages one PDF and attaches it.
#[tauri::command]
#[specta::specta]
pub async fn finish_capture(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Dossier> {
    shell.dossier(shell.desk.finish_capture(dossier_id(&id)?, component).await?).await
}

/// Attaches a file the officer picks in a dialog of the system; the page never names a path. None when
/// the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn attach_file<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    component: u32,
) -> Answer<Option<Dossier>> {
    let id = dossier_id(&id)?;
    let dialog = app.dialog().file().set_title("Chọn tệp").add_filter("PDF, Word", &["pdf", "doc", "docx"]);
    let Some(path) = picked(dialog).await else { return Ok(None) };
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = read_file(path).await?.map_err(|_| AppError::of("fileMissing"))?;
    // The desk has its own, smaller limits by kind.
    if bytes.len() as u64 > MAX_FILE {
        return Err(AppError::of("fileTooLarge"));
    }
    let attached = if component == 0 {
        shell.desk.attach_result(id, &name, &bytes).await?
    } else {
        shell.desk.attach_file(id, component, &name, &bytes).await?
    };
    Ok(Some(shell.dossier(attached).await?))
}

/// Is there a program on this machine that makes PDFs of Word files.
#[tauri::command]
#[specta::specta]
pub async fn converter_ready(shell: State<'_, Shell>) -> Answer<bool> {
    Ok(shell.desk.converter().await.is_ok())
}

/// "Chuyển sang PDF": the row's Word file becomes a PDF and stays as its origin.
#[tauri::command]
#[specta::specta]
pub async fn convert_word(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Dossier> {
    let job = shell.jobs.begin(JobKind::Convert);
    shell.dossier(shell.desk.convert(dossier_id(&id)?, component, &job.cancel).await?).await
}

/// The Word file takes the place of the PDF that was made of it.
#[tauri::command]
#[specta::specta]
pub async fn restore_word(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Dossier> {
    shell.dossier(shell.desk.restore_word(dossier_id(&id)?, component).await?).await
}

/// Takes the file off a row.
#[tauri::command]
#[specta::specta]
pub async fn detach(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Dossier> {
    shell.dossier(shell.desk.detach(dossier_id(&id)?, component).await?).await
}

fn pages(draft: &CaptureDraft) -> Vec<CapturedPage> {
    draft.pages.iter().map(Into::into).collect()
}
