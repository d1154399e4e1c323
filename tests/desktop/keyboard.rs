//! The main job in the real window by keyboard alone: no pointer, no element is clicked or focused from
//! outside. Afterwards nothing that was typed is found in clear in what the window left behind.

use super::{Counter, PIN, SECRET, program, target};
use crate::driver::{WRITTEN, Window};
use fantoccini::key::Key;
use motcua_tests::sweep;

/// Marked values, of nobody.
const NUMBER: &str = "099123454321";
const NAME: &str = "ZYXWVU QPONML";
const WRONG: &str = "Sai@2026-nham";
/// "Mua hóa đơn lẻ": one required paper, and it enters the warehouse.
const PROCEDURE: &str = "1.005435";

#[tokio::test]
async fn an_officer_walks_the_main_job_without_a_mouse_and_leaves_nothing_in_clear() {
    let Some(counter) = Counter::prepare() else { return };
    let shots = target().join("../screenshots/keyboard");
    let mut window = Window::open(&program("motcua-desktop"), counter.dir.path(), &shots).await.unwrap();
    let walked = walk(&window).await;
    window.shot(if walked.is_err() { "failed" } else { "received" }).await.unwrap();
    window.close().await.unwrap();
    walked.unwrap();

    let everything = [NUMBER, NAME, "ZYXWVU", "QPONML", PIN, SECRET, WRONG];
    let looked = sweep::profile(counter.dir.path(), &everything, &[PIN, SECRET, WRONG]);
    for place in ["vault", "logs", "warehouse", "counter.json"].into_iter().chain(WRITTEN.map(|w| w.1)) {
        assert!(looked.contains(place), "{place} was looked into, not only {looked:?}");
    }
    let left = sweep::files(&counter.dir.path().join("xdg-data"));
    assert!(!left.is_empty(), "WebKit keeps its data where it was looked for");
}

async fn walk(window: &Window) -> anyhow::Result<()> {
    // A wrong secret first: it is mostly the right one with a slip.
    on(window, "unlock-secret").await?;
    typed(window, WRONG).await?;
    key(window, Key::Enter).await?;
    window.find("failure").await?;
    on(window, "unlock-secret").await?;
    typed(window, SECRET).await?;
    key(window, Key::Enter).await?;

    on(window, "home-box").await?;
    typed(window, NUMBER).await?;
    key(window, Key::F3).await?;
    window.find("identity-answer").await?;
    on(window, "owner-name").await?;
    typed(window, NAME).await?;
    lock_and_unlock(window).await?;
    tab_to(window, "[data-test=procedure-search]").await?;
    typed(window, PROCEDURE).await?;
    key(window, Key::Enter).await?;
    window.wait("a procedure is chosen", &there("[aria-pressed=true]")).await?;
    key(window, Key::F9).await?;
    window.find("problems").await?;

    tab_to(window, "[data-row=\"1\"]").await?;
    typed(window, "q").await?;
    window.find("scan-start").await?;
    key(window, Key::F5).await?;
    window.find("page-thumb-0").await?;
    window.find("capture-finish").await?;
    key(window, Key::F9).await?;
    window.until("component-1-state", "needsSign").await?;

    key(window, Key::F7).await?;
    window.find("sign-confirm").await?;
    window.wait("a certificate is chosen", &there("label:has(:checked) .org")).await?;
    key(window, Key::F7).await?;
    let main = window.enter_second().await?;
    on(window, "pin-input").await?;
    typed(window, WRONG).await?;
    key(window, Key::Enter).await?;
    window
        .wait("the PIN window says that it is wrong", &there("[data-test=pin-input][aria-invalid]"))
        .await?;
    on(window, "pin-input").await?;
    typed(window, PIN).await?;
    key(window, Key::Enter).await?;
    window.leave_second(main).await?;

    window.until("component-1-state", "needsDigitize").await?;
    tab_to(window, "[data-test=component-1-digitize]").await?;
    key(window, Key::Enter).await?;
    window.find("meta-name").await?;
    key(window, Key::F9).await?;
    window.until("component-1-state", "digitized").await?;
    // The news of it may be there before the dialog has its answer and goes.
    window.wait("the dialog is gone", "return !document.querySelector('dialog[open]')").await?;
    key(window, Key::F9).await?;
    window.find("receipt-code").await?;
    window.until("outbox-item-state", "Kho đã nhận").await
}

/// What was typed is under the lock, and the focus is where it was when it opens.
async fn lock_and_unlock(window: &Window) -> anyhow::Result<()> {
    window.chord(Key::Control, 'l').await?;
    window.find("locked").await?;
    on(window, "unlock-secret").await?;
    for _ in 0..2 {
        key(window, Key::Escape).await?;
    }
    anyhow::ensure!(window.has("locked").await?, "Esc opens nothing");
    typed(window, SECRET).await?;
    key(window, Key::Enter).await?;
    window.wait("the lock is gone", "return !document.querySelector('[data-test=locked]')").await?;
    on(window, "owner-name").await?;
    let kept = window.look("return document.activeElement.value").await?;
    anyhow::ensure!(kept == NAME, "what was typed is still there, not {kept}");
    Ok(())
}

async fn key(window: &Window, key: Key) -> anyhow::Result<()> {
    window.strike([char::from(key)]).await
}

async fn typed(window: &Window, text: &str) -> anyhow::Result<()> {
    window.strike(text.chars()).await
}

/// Waits until the element with that `data-test` has the focus and takes what is typed.
async fn on(window: &Window, test: &str) -> anyhow::Result<()> {
    let script = format!(
        "const e = document.activeElement; return e?.dataset.test === '{test}' && !e.disabled && document.hasFocus()"
    );
    window.wait(&format!("{test} has the focus"), &script).await
}

/// Presses Tab until that element has the focus.
async fn tab_to(window: &Window, selector: &str) -> anyhow::Result<()> {
    window.wait(selector, &there(selector)).await?;
    for _ in 0..60 {
        if window.look(&format!("return !!document.activeElement?.matches('{selector}')")).await? == true {
            return Ok(());
        }
        key(window, Key::Tab).await?;
    }
    anyhow::bail!("Tab never reaches {selector}")
}

fn there(selector: &str) -> String {
    format!("return !!document.querySelector('{selector}')")
}
