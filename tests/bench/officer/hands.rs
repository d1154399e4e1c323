//! Eyes and fingers: what an officer can see on the screen and press.

use crate::driver::Window;
use fantoccini::key::Key;
use serde_json::json;
use std::time::{Duration, Instant};

/// How quick somebody is.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    key: Duration,
    decision: Duration,
    /// The sentence read to the citizen and his answer.
    consent: Duration,
    /// A page through the scanner.
    page: Duration,
}

impl Pace {
    /// An officer at work: 200 ms a key, 1.2 s a decision, five seconds for the consent, 60 pages a minute.
    pub(super) const OFFICER: Self = Self {
        key: Duration::from_millis(200),
        decision: Duration::from_millis(1200),
        consent: Duration::from_secs(5),
        page: Duration::from_secs(1),
    };
    /// Nobody: as fast as the window goes.
    pub(super) const NONE: Self =
        Self { key: Duration::ZERO, decision: Duration::ZERO, consent: Duration::ZERO, page: Duration::ZERO };
}

pub(super) struct Hands<'a> {
    pub(super) window: &'a Window,
    pub(super) keys: u32,
    /// Everything pressed since it was emptied.
    pub(super) log: Vec<String>,
    pace: Pace,
}

impl<'a> Hands<'a> {
    pub(super) fn on(window: &'a Window, pace: Pace) -> Self {
        Self { window, keys: 0, log: vec![], pace }
    }

    pub(super) async fn press(&mut self, key: Key) -> anyhow::Result<()> {
        self.log.push(format!("{key:?}"));
        self.strike(char::from(key)).await
    }

    pub(super) async fn write(&mut self, text: &str) -> anyhow::Result<()> {
        self.log.push(format!("«{text}»"));
        for letter in text.chars() {
            self.strike(letter).await?;
        }
        Ok(())
    }

    /// As `write`; what was typed is not told.
    pub(super) async fn write_secret(&mut self, text: &str) -> anyhow::Result<()> {
        self.write(text).await?;
        self.log.pop();
        self.log.push("«PIN»".to_owned());
        Ok(())
    }

    pub(super) async fn chord(&mut self, held: Key, key: char) -> anyhow::Result<()> {
        self.log.push(format!("{held:?}+{key}"));
        self.keys += 2;
        let begun = Instant::now();
        self.window.chord(held, key).await?;
        tokio::time::sleep((self.pace.key * 2).saturating_sub(begun.elapsed())).await;
        Ok(())
    }

    async fn strike(&mut self, letter: char) -> anyhow::Result<()> {
        self.keys += 1;
        let begun = Instant::now();
        self.window.strike([letter]).await?;
        tokio::time::sleep(self.pace.key.saturating_sub(begun.elapsed())).await;
        Ok(())
    }

    pub(super) async fn decide(&self) {
        tokio::time::sleep(self.pace.decision).await;
    }

    pub(super) async fn ask_the_citizen(&self) {
        tokio::time::sleep(self.pace.consent).await;
    }

    /// The page that was asked for at that moment went through the scanner.
    pub(super) async fn page_since(&self, asked: Instant) {
        tokio::time::sleep(self.pace.page.saturating_sub(asked.elapsed())).await;
    }

    /// Waits until that stands on the screen.
    pub(super) async fn look(&self, words: &str) -> anyhow::Result<()> {
        let script = format!("return document.body.innerText.includes({})", json!(words));
        self.window.wait(words, &script).await
    }

    /// Waits until that stands on the screen so often.
    pub(super) async fn count(&self, words: &str, times: u32) -> anyhow::Result<()> {
        let script = format!("return document.body.innerText.split({}).length - 1 === {times}", json!(words));
        self.window.wait(&format!("{words} {times} times"), &script).await
    }

    /// Waits until a button can be pressed: that is seen by its colour, not read.
    pub(super) async fn ready(&self, test: &str) -> anyhow::Result<()> {
        self.window.find(test).await.map(drop)
    }
}
