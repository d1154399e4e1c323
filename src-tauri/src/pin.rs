//! The PIN window: a window of its own with one command. The PIN travels from its field to the token
//! port and nowhere else; it is wiped after use, never logged, never stored, never sent twice.

use crate::error::SIGN_CANCELLED;
use crate::view::{AppError, PinAnswer, Secret, SignPrompt};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tauri::utils::config::WebviewUrl;
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Runtime, WebviewWindow, WebviewWindowBuilder, http};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Label of the window; its capability names it.
pub const LABEL: &str = "pin";

/// Narrower than the main window's: no wasm, worker, blob or page protocol.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
     connect-src ipc: http://ipc.localhost; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One click of the officer.
pub struct Entry {
    /// What was typed; empty when the reader has a pad of its own.
    pub pin: Zeroizing<String>,
    /// Tells the window what became of it.
    pub answer: oneshot::Sender<PinAnswer>,
}

/// The place where the PIN window and the signing job meet. One window at a time.
#[derive(Default)]
pub struct PinDesk {
    session: Mutex<Option<Session>>,
}

struct Session {
    entries: mpsc::Sender<Entry>,
    cancel: CancellationToken,
    /// A PIN is being tried now.
    busy: bool,
}

impl PinDesk {
    /// Opens a session; none when one is open already. `cancel` fires when the officer gives up.
    pub fn open(&self, cancel: CancellationToken) -> Option<mpsc::Receiver<Entry>> {
        let mut session = self.lock();
        if session.is_some() {
            return None;
        }
        let (entries, clicks) = mpsc::channel(1);
        *session = Some(Session { entries, cancel, busy: false });
        Some(clicks)
    }

    /// Is the window open with nothing on its way to the token.
    pub fn waits(&self) -> bool {
        self.lock().as_ref().is_some_and(|session| !session.busy)
    }

    /// Ends the session: the window is gone or the job is over.
    pub fn close(&self) {
        if let Some(session) = self.lock().take() {
            session.cancel.cancel();
        }
    }

    /// Ends the asking and lets the job go on: the PIN was taken.
    pub fn release(&self) {
        self.lock().take();
    }

    /// What the window's only command does. No PIN means: give up.
    ///
    /// # Errors
    /// No signing job waits for a PIN.
    pub async fn submit(&self, pin: Option<Secret>) -> Result<PinAnswer, AppError> {
        let Some(Secret(pin)) = pin else {
            self.close();
            return Ok(PinAnswer { done: true, retry: None });
        };
        let (answer, answered) = oneshot::channel();
        {
            let mut session = self.lock();
            // A second click while the first one works is refused, never queued: it could reach the
            // token after a wrong PIN without anyone's doing.
            let open = session.as_mut().filter(|s| !s.busy).ok_or_else(|| AppError::of(SIGN_CANCELLED))?;
            open.entries.try_send(Entry { pin, answer }).map_err(|_| AppError::of(SIGN_CANCELLED))?;
            open.busy = true;
        }
        let answer = answered.await.unwrap_or(PinAnswer { done: true, retry: None });
        if let Some(session) = self.lock().as_mut() {
            session.busy = false;
        }
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the window with its prompt. The prompt is there before the page is; it never asks for it.
///
/// # Errors
/// The window system refuses.
pub fn open_window<R: Runtime>(app: &AppHandle<R>, prompt: &SignPrompt) -> tauri::Result<WebviewWindow<R>> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("pin.html".into()))
        .title(if prompt.training { "TẬP HUẤN – Ký số" } else { "Ký số" })
        .inner_size(480.0, 440.0)
        .resizable(false)
        .maximizable(false)
        .minimizable(false)
        // Never behind the window that waits for it.
        .always_on_top(true)
        .center()
        .visible(false)
        .initialization_script(prompt_script(prompt))
        .on_navigation(crate::window::is_own_page)
        .on_web_resource_request(|_, response| {
            let policy = http::HeaderValue::from_static(CSP);
            response.headers_mut().insert(http::header::CONTENT_SECURITY_POLICY, policy);
        })
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                // A window that cannot be shown is closed by the officer's next act; nothing else depends on it.
                let _ = window.show();
                let _ = window.set_focus();
            }
        })
        .build()
}

/// Sets `window.__PROMPT__`. The JSON goes in as a string literal, so that no name on a paper is ever code.
fn prompt_script(prompt: &SignPrompt) -> String {
    let json = serde_json::to_string(prompt).unwrap_or_default();
    let literal = serde_json::to_string(&json).unwrap_or_default();
    let literal =
        literal.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("Object.defineProperty(window, \"__PROMPT__\", {{ value: JSON.parse({literal}) }});")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::view::{CertificateChoice, Millis, PinStateName, SignerRole};

    pub(crate) fn prompt(document: &str) -> SignPrompt {
        SignPrompt {
            job: "sign".into(),
            title: "Ký số".into(),
            token_label: "DEMO".into(),
            documents: vec![document.into()],
            pin_state: PinStateName::Normal,
            pin_pad: false,
            certificate: CertificateChoice {
                fingerprint: String::new(),
                slot: "0".into(),
                token_label: "DEMO".into(),
                organization: "UBND xã An Hòa (DEMO)".into(),
                valid_from: Millis(0.0),
                valid_until: Millis(0.0),
                authority: "CA".into(),
                role: SignerRole::Agency,
                problem: None,
                untrusted: false,
                pin_state: PinStateName::Normal,
                pin_pad: false,
            },
            training: false,
        }
    }

    fn secret(text: &str) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    #[test]
    fn a_paper_name_is_never_code() {
        let script = prompt_script(&prompt("\"); alert(1); //</script>\u{2028}\\"));
        assert!(!script.contains("</script>") && !script.contains('\u{2028}'));
        assert!(script.contains(r#"\\\"); alert(1)"#), "the quote stays inside the literal: {script}");
    }

    #[tokio::test]
    async fn a_second_click_while_the_first_works_reaches_no_token() {
        let pins = std::sync::Arc::new(PinDesk::default());
        let cancel = CancellationToken::new();
        let mut clicks = pins.open(cancel.clone()).unwrap();
        assert!(pins.open(CancellationToken::new()).is_none(), "one PIN window at a time");
        let first = tokio::spawn({
            let pins = pins.clone();
            async move { pins.submit(Some(secret("1"))).await }
        });
        tokio::task::yield_now().await;
        let entry = clicks.recv().await.unwrap();
        assert_eq!(entry.pin.as_str(), "1");
        assert!(pins.submit(Some(secret("2"))).await.is_err(), "it is being tried now");
        entry.answer.send(PinAnswer { done: true, retry: None }).ok().unwrap();
        assert!(first.await.unwrap().unwrap().done);
        assert!(!cancel.is_cancelled());
    }

    #[tokio::test]
    async fn giving_up_ends_the_session_and_a_late_pin_is_refused() {
        let pins = PinDesk::default();
        let cancel = CancellationToken::new();
        let mut clicks = pins.open(cancel.clone()).unwrap();
        assert!(pins.submit(None).await.unwrap().done);
        assert!(cancel.is_cancelled());
        assert!(clicks.recv().await.is_none(), "the job sees that nobody will click any more");
        assert!(pins.submit(Some(secret("1"))).await.is_err());
    }
}
