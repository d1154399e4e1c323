//! The real window under WebDriver: WebKitWebDriver starts it on a display of its own.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long the slowest step (scan, signature, upload) may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// Where the program and WebKit may write, below the profile.
pub(crate) const WRITTEN: [(&str, &str); 4] = [
    ("XDG_DATA_HOME", "xdg-data"),
    ("XDG_CACHE_HOME", "xdg-cache"),
    ("XDG_CONFIG_HOME", "xdg-config"),
    ("TMPDIR", "tmp"),
];

/// One pixel that changes its colour for a second.
const BLINK: &str = "const dot = document.body.appendChild(document.createElement('i')); let turn = 0; \
    dot.style.cssText = 'position:fixed;right:0;bottom:0;width:1px;height:1px'; \
    const timer = setInterval(() => { dot.style.background = turn++ % 2 ? '#000' : '#fff'; \
    if (turn > 40) { clearInterval(timer); dot.remove() } }, 25)";

/// Programs the test cannot do without; the missing ones.
pub(crate) fn missing_tools() -> Vec<&'static str> {
    let here = |name: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|d| d.join(name).is_file()))
    };
    ["WebKitWebDriver", "Xvfb", "dbus-daemon"].into_iter().filter(|name| !here(name)).collect()
}

/// A process that ends with the test.
pub(crate) struct Ended(Child);

impl Ended {
    /// Starts a program.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        Ok(Self(command.stdin(Stdio::null()).spawn()?))
    }

    /// What it says, when that was asked for.
    pub(crate) fn stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // It may be gone by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The window, its driver and its display.
pub(crate) struct Window {
    client: Client,
    shots: PathBuf,
    taken: u32,
    driver: Ended,
    bus: Ended,
    display: Ended,
}

impl Window {
    /// Starts display, bus, driver and the program on a profile.
    pub(crate) async fn open(program: &Path, profile: &Path, shots: &Path) -> anyhow::Result<Self> {
        static OPENED: AtomicU32 = AtomicU32::new(0);
        std::fs::create_dir_all(shots)?;
        let number = 90 + (std::process::id() + OPENED.fetch_add(1, Ordering::Relaxed)) % 400;
        for place in WRITTEN {
            std::fs::create_dir_all(profile.join(place.1))?;
        }
        let screen = format!(":{number}");
        let mut xvfb = Command::new("Xvfb");
        xvfb.args([&screen, "-screen", "0", "1366x820x24", "-nolisten", "tcp"]).stderr(Stdio::null());
        let display = Ended::start(&mut xvfb)?;
        let socket = profile.join("bus");
        let address = format!("unix:path={}", socket.display());
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--address", &address]).stderr(Stdio::null());
        let bus = Ended::start(&mut daemon)?;
        let port = free_port()?;
        let mut webdriver = Command::new("WebKitWebDriver");
        webdriver
            .args([format!("--port={port}"), "--host=127.0.0.1".into()])
            .env("DISPLAY", &screen)
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("GDK_BACKEND", "x11")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("NO_AT_BRIDGE", "1")
            .envs(WRITTEN.map(|(name, place)| (name, profile.join(place))))
            .env("LANG", "C.UTF-8");
        let driver = Ended::start(&mut webdriver)?;
        let mut capabilities = Capabilities::new();
        capabilities.insert(
            "webkitgtk:browserOptions".into(),
            json!({ "binary": program, "args": ["--profile", profile] }),
        );
        let url = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        let client = loop {
            let connector = hyper_util::client::legacy::connect::HttpConnector::new();
            match ClientBuilder::new(connector).capabilities(capabilities.clone()).connect(&url).await {
                Ok(client) => break client,
                Err(error) if begun.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
            }
        };
        Ok(Self { client, shots: shots.to_owned(), taken: 0, driver, bus, display })
    }

    /// The element with that `data-test`, once it can be used.
    ///
    /// It is waited for by a script: WebKit's own "find" waits long for an element that is not there yet.
    pub(crate) async fn find(&self, test: &str) -> anyhow::Result<Element> {
        let selector = format!("[data-test=\"{test}\"]");
        let usable = format!(
            "const e = document.querySelector('{selector}'); \
             return !!e && !e.disabled && e.getClientRects().length > 0"
        );
        let begun = Instant::now();
        while self.look(&usable).await? != json!(true) {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "{test} does not appear: {}", self.complaint().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(self.client.find(Locator::Css(&selector)).await?)
    }

    /// Is it there now.
    pub(crate) async fn has(&self, test: &str) -> anyhow::Result<bool> {
        let there = self.look(&format!("return !!document.querySelector('[data-test=\"{test}\"]')")).await?;
        Ok(there == json!(true))
    }

    /// Clicks it, after scrolling it to the middle: WebKit scrolls no further than the screen's edge,
    /// where the action bar lies.
    pub(crate) async fn click(&self, test: &str) -> anyhow::Result<()> {
        let element = self.find(test).await?;
        let middle = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
        self.client.execute(middle, vec![json!(format!("[data-test=\"{test}\"]"))]).await?;
        Ok(element.click().await?)
    }

    /// Replaces what is in the field.
    pub(crate) async fn write(&self, test: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(test).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Presses a key on it.
    pub(crate) async fn press(&self, test: &str, key: Key) -> anyhow::Result<()> {
        Ok(self.find(test).await?.send_keys(&String::from(char::from(key))).await?)
    }

    /// Its text.
    pub(crate) async fn text(&self, test: &str) -> anyhow::Result<String> {
        Ok(self.find(test).await?.text().await?)
    }

    /// Value of a form field.
    pub(crate) async fn value(&self, test: &str) -> anyhow::Result<String> {
        Ok(self.find(test).await?.prop("value").await?.unwrap_or_default())
    }

    /// Waits until every element with that `data-test` has `wanted` as its `data-state`, or in its text.
    pub(crate) async fn until(&self, test: &str, wanted: &str) -> anyhow::Result<()> {
        let script = format!(
            "return [...document.querySelectorAll('[data-test=\"{test}\"]')].map(e => e.dataset.state ?? e.innerText)"
        );
        let begun = Instant::now();
        loop {
            let seen = self.look(&script).await?;
            let words: Vec<&str> = seen.as_array().into_iter().flatten().filter_map(|v| v.as_str()).collect();
            if !words.is_empty() && words.iter().all(|w| w.contains(wanted)) {
                return Ok(());
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "{test} says {words:?}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Presses keys one after the other, as a keyboard does: they go to whatever has the focus.
    pub(crate) async fn strike(&self, keys: impl IntoIterator<Item = char>) -> anyhow::Result<()> {
        let strokes = keys.into_iter().fold(KeyActions::new("keyboard".into()), |strokes, value| {
            strokes.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        Ok(self.client.perform_actions(strokes).await?)
    }

    /// Presses a key while another one is held.
    pub(crate) async fn chord(&self, held: Key, key: char) -> anyhow::Result<()> {
        let strokes = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: held.into() })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held.into() });
        Ok(self.client.perform_actions(strokes).await?)
    }

    /// Waits until the script gives true.
    pub(crate) async fn wait(&self, what: &str, script: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.look(script).await? != json!(true) {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "{what}: {}", self.complaint().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The window that comes up beside this one; what follows goes there.
    pub(crate) async fn enter_second(&self) -> anyhow::Result<WindowHandle> {
        let main = self.client.window().await?;
        let second = self.second_window(&main).await?;
        self.client.switch_to_window(second).await?;
        Ok(main)
    }

    /// Waits until the second window is gone and goes back.
    pub(crate) async fn leave_second(&self, main: WindowHandle) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.client.windows().await?.len() > 1 {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the PIN window stays open");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(self.client.switch_to_window(main).await?)
    }

    /// Clicks until that opened what was meant. News of a paper on its way makes its row higher, and a click
    /// aimed just before lands beside the button: a person clicks again.
    pub(crate) async fn click_until(&self, test: &str, opened: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            self.click(test).await?;
            let clicked = Instant::now();
            while clicked.elapsed() < Duration::from_secs(5) {
                if self.has(opened).await? {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "{test} does not open {opened}");
        }
    }

    /// Runs a script in the page, to look, never to act.
    pub(crate) async fn look(&self, script: &str) -> anyhow::Result<serde_json::Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Signs with the chosen certificate: confirms, types the PIN in the second window, comes back.
    pub(crate) async fn type_pin(&mut self, pin: &str, name: &str) -> anyhow::Result<()> {
        let main = self.enter_second().await?;
        self.find("pin-input").await?.send_keys(pin).await?;
        self.shot(name).await?;
        self.click("pin-submit").await?;
        // The window closes itself when the token took the PIN.
        self.leave_second(main).await
    }

    async fn second_window(&self, main: &WindowHandle) -> anyhow::Result<WindowHandle> {
        let begun = Instant::now();
        loop {
            if let Some(other) = self.client.windows().await?.into_iter().find(|w| w != main) {
                return Ok(other);
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "no PIN window: {}", self.complaint().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Takes a picture of the page, numbered in order.
    ///
    /// WebKit takes it at the page's next repaint, and a page at rest repaints once a minute (its clock): a
    /// dot in the corner blinks meanwhile.
    pub(crate) async fn shot(&mut self, name: &str) -> anyhow::Result<()> {
        self.taken += 1;
        self.look(BLINK).await?;
        let picture = self.client.screenshot().await?;
        std::fs::write(self.shots.join(format!("{:02}-{name}.png", self.taken)), picture)?;
        Ok(())
    }

    /// Ends the session, the window and its display.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.client.close().await?;
        drop((self.driver, self.bus, self.display));
        Ok(())
    }

    /// What the page says went wrong, and where it stands.
    async fn complaint(&self) -> String {
        let script =
            "return document.querySelector('[data-test=failure]')?.innerText ?? document.body.innerText";
        let said = self.client.execute(script, Vec::new()).await;
        said.ok().and_then(|v| v.as_str().map(|s| s.chars().take(600).collect())).unwrap_or_default()
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
