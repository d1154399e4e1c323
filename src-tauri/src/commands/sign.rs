//! Signing. The main window asks for it; the PIN goes through the PIN window only.

use super::Answer;
use crate::error::SIGN_CANCELLED;
use crate::mirror::dossier_id;
use crate::pin;
use crate::shell::Shell;
use crate::view::{
    AppError, CertificateChoice, JobKind, PinAnswer, RowProgress, Secret, SignPrompt, SignedRows,
};
use motcua_desk::DeskError;
use motcua_desk::ports::TokenError;
use motcua_dossier as domain;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, Runtime, State};

/// Certificates on the tokens of this machine.
#[tauri::command]
#[specta::specta]
pub async fn certificates(shell: State<'_, Shell>) -> Answer<Vec<CertificateChoice>> {
    Ok(shell.desk.certificates().await?.iter().map(Into::into).collect())
}

/// Opens the PIN window and signs the rows' files with one certificate; answers when signing is done or
/// stopped. A wrong PIN leaves the window open for another click of the officer; once the token took the
/// PIN it is gone, and `on_progress` and `cancel_job` of the main window take over.
#[tauri::command]
#[specta::specta]
pub async fn sign<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
    components: Vec<u32>,
    fingerprint: String,
    on_progress: Channel<RowProgress>,
) -> Answer<SignedRows> {
    let id = dossier_id(&id)?;
    let job = shell.jobs.begin(JobKind::Sign);
    let Some(mut clicks) = shell.pins.open(job.cancel.clone()) else {
        return Err(AppError::of(SIGN_CANCELLED));
    };
    // Whatever happens below, the session and its window end with this command.
    let asking = Asking { app: &app, shell: &shell, open: AtomicBool::new(true) };
    let mut prompt = prompt(&shell, id, &components, &fingerprint).await?;
    pin::open_window(&app, &prompt).map_err(|_| AppError::internal())?;
    loop {
        let entry = tokio::select! {
            entry = clicks.recv() => entry,
            () = job.cancel.cancelled() => None,
        };
        let Some(entry) = entry else { return Err(AppError::of(SIGN_CANCELLED)) };
        let typed = (!prompt.pin_pad).then_some(entry.pin);
        let unanswered = Mutex::new(Some(entry.answer));
        let answer = |what: PinAnswer| {
            if let Some(window) = unanswered.lock().unwrap_or_else(PoisonError::into_inner).take() {
                drop(window.send(what));
            }
        };
        let tell = |at: motcua_desk::RowProgress| {
            // The first news is that the token took the PIN.
            answer(PinAnswer { done: true, retry: None });
            asking.end();
            // Progress is safe to lose: the page may be closed by now.
            drop(on_progress.send(at.into()));
        };
        match shell.desk.sign(id, &components, &fingerprint, typed, &job.cancel, &tell).await {
            Ok(done) => {
                let dossier = shell.dossier(done.dossier).await?;
                return Ok(SignedRows { signed: done.signed, left: done.left, dossier });
            }
            Err(DeskError::Token(TokenError::PinWrong(state)))
                if state != motcua_desk::ports::PinState::Locked =>
            {
                prompt.pin_state = state.into();
                prompt.certificate.pin_state = state.into();
                answer(PinAnswer { done: false, retry: Some(prompt.clone()) });
            }
            Err(error) => {
                answer(PinAnswer { done: true, retry: None });
                return Err(error.into());
            }
        }
    }
}

/// The PIN window's only command. No PIN means: give up.
#[tauri::command]
#[specta::specta]
pub async fn submit_pin(shell: State<'_, Shell>, pin: Option<Secret>) -> Answer<PinAnswer> {
    shell.pins.submit(pin).await
}

/// The PIN window while a job of this command asks in it.
struct Asking<'a, R: Runtime> {
    app: &'a AppHandle<R>,
    shell: &'a Shell,
    open: AtomicBool,
}

impl<R: Runtime> Asking<'_, R> {
    /// Takes the window away; a second time does nothing, the window may be another job's by then.
    fn end(&self) {
        if !self.open.swap(false, Ordering::Relaxed) {
            return;
        }
        self.shell.pins.release();
        if let Some(window) = self.app.get_webview_window(pin::LABEL) {
            // `destroy` does not ask the page, which may be stuck.
            drop(window.destroy());
        }
    }
}

impl<R: Runtime> Drop for Asking<'_, R> {
    fn drop(&mut self) {
        self.end();
    }
}

async fn prompt(
    shell: &Shell,
    id: domain::DossierId,
    components: &[u32],
    fingerprint: &str,
) -> Answer<SignPrompt> {
    let certificate = shell
        .desk
        .certificates()
        .await?
        .iter()
        .map(CertificateChoice::from)
        .find(|c| c.fingerprint == fingerprint)
        .ok_or_else(|| AppError::from(DeskError::from(motcua_desk::SignError::CertificateMissing)))?;
    let dossier = shell.desk.dossier(id).await?;
    let documents = components
        .iter()
        .map(|n| {
            dossier.component(*n).map_or_else(|_| dossier.procedure_name.clone(), |row| row.name.clone())
        })
        .collect();
    Ok(SignPrompt {
        job: "sign".into(),
        title: dossier.procedure_name,
        token_label: certificate.token_label.clone(),
        documents,
        pin_state: certificate.pin_state,
        pin_pad: certificate.pin_pad,
        certificate,
        training: shell.desk.office().training,
    })
}
