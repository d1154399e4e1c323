//! Dossiers of the portal, and dossiers that are not accepted.

use super::Answer;
use crate::mirror::{clean, dossier_id};
use crate::shell::Shell;
use crate::view::{
    DeclineKind, DeclineReason, Dossier, DossierLine, FailedPaper, JobKind, OpenedDossier, RowProgress,
    WaitingLine,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

/// What was sent to the office and waits, as it was heard last.
#[tauri::command]
#[specta::specta]
pub async fn submissions(shell: State<'_, Shell>) -> Answer<Vec<WaitingLine>> {
    let (waiting, reference) = (shell.desk.submissions().await?, shell.desk.reference().await?);
    let named = |item: &motcua_desk::WaitingSubmission| {
        let mut known = reference.procedures.iter();
        let named = known.find(|known| known.code.same_procedure(&item.submission.procedure));
        named.map(|procedure| procedure.name.clone()).unwrap_or_default()
    };
    let mut lines: Vec<WaitingLine> = waiting.iter().map(|item| WaitingLine::of(item, named(item))).collect();
    for holder in lines.iter_mut().filter_map(|line| line.holder.as_mut()) {
        holder.officer = shell.desk.officer_name(&holder.officer).await?;
    }
    Ok(lines)
}

/// Opens one of them at this counter, with its files; `force` takes it from the counter that looks into it.
#[tauri::command]
#[specta::specta]
pub async fn open_submission(
    shell: State<'_, Shell>,
    id: String,
    force: bool,
    on_progress: Channel<RowProgress>,
) -> Answer<OpenedDossier> {
    let job = shell.jobs.begin(JobKind::Fetch);
    // Progress is safe to lose: the page may be closed by now.
    let tell = |at: motcua_desk::RowProgress| drop(on_progress.send(at.into()));
    let opened = shell.desk.open_submission(dossier_id(&id)?, force, &tell, &job.cancel).await?;
    let failed = opened.failed.into_iter().map(|(name, code)| FailedPaper { name, code: code.to_owned() });
    Ok(OpenedDossier { failed: failed.collect(), dossier: shell.dossier(opened.dossier).await? })
}

/// Reasons to choose from.
#[tauri::command]
#[specta::specta]
pub async fn decline_reasons(shell: State<'_, Shell>) -> Answer<Vec<DeclineReason>> {
    Ok(shell.desk.decline_reasons().await?.iter().map(Into::into).collect())
}

/// Does not accept a draft.
#[tauri::command]
#[specta::specta]
pub async fn decline<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    kind: DeclineKind,
    reasons: Vec<DeclineReason>,
) -> Answer<Dossier> {
    let reasons = reasons.into_iter().map(Into::into).collect();
    let done = shell.desk.decline(dossier_id(&id)?, kind.into(), reasons).await?;
    shell.start_sync(&app);
    shell.dossier(done).await
}

/// Why an agency's dossier is accepted though the rule is not kept; empty takes that back.
#[tauri::command]
#[specta::specta]
pub async fn set_exception(shell: State<'_, Shell>, id: String, reason: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.set_exception(dossier_id(&id)?, &clean(&reason)).await?).await
}

/// "Trả lại danh sách": another counter sees it wait at once. `confirmed`: the officer knows that papers of this counter
/// stay here.
#[tauri::command]
#[specta::specta]
pub async fn give_back_submission<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    confirmed: bool,
) -> Answer<Dossier> {
    let done = shell.desk.give_back_submission(dossier_id(&id)?, confirmed).await?;
    shell.start_sync(&app);
    shell.dossier(done).await
}

/// "Bỏ hồ sơ nháp".
#[tauri::command]
#[specta::specta]
pub async fn discard_draft(shell: State<'_, Shell>, id: String, reason: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.discard(dossier_id(&id)?, &clean(&reason)).await?).await
}

/// A discarded draft is worked on again.
#[tauri::command]
#[specta::specta]
pub async fn restore_draft(shell: State<'_, Shell>, id: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.restore_draft(dossier_id(&id)?).await?).await
}

/// Drafts that were set aside, the last first.
#[tauri::command]
#[specta::specta]
pub async fn list_set_aside(shell: State<'_, Shell>, query: String) -> Answer<Vec<DossierLine>> {
    shell.lines(&shell.desk.set_aside_dossiers(&query).await?).await
}
