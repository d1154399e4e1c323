//! The real window, driven as an officer drives it: unlock, scan, sign with a PIN in the second window,
//! digitize, accept, "Kho đã nhận", result, and the same paper reused in the next dossier.
//!
//! Real parts: the program, WebKit, the SANE driver, SoftHSM2, the warehouse over TLS. Pictures of every
//! step go to `target/screenshots`. Skipped loudly where a tool is missing.

#![allow(clippy::unwrap_used, clippy::unwrap_in_result, clippy::print_stdout)]

mod driver;
mod keyboard;

use driver::{Ended, Window, missing_tools};
use fantoccini::key::Key;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SECRET: &str = "Demo-2026-mot-cua";
const PIN: &str = "Demo@2026";
/// "Bùi Thị Chưa Có": no account and no paper anywhere, so that what is reused later was made here.
const OWNER: &str = "099008000008";
const OWNER_NAME: &str = "Bùi Thị Chưa Có";
/// Phiếu lý lịch tư pháp: its result is a component of the next one.
const FIRST: &str = "phieu ly lich tu phap";
/// Cấp lần đầu chứng chỉ hành nghề khám bệnh, chữa bệnh.
const SECOND: &str = "cap lan dau chung chi hanh nghe";

#[tokio::test]
async fn an_officer_walks_the_main_job_in_the_real_window() {
    let Some(counter) = Counter::prepare() else { return };
    let shots = target().join("../screenshots");
    let mut window = Window::open(&program("motcua-desktop"), counter.dir.path(), &shots).await.unwrap();
    let walked = walk(&mut window).await;
    if walked.is_err() {
        window.shot("failed").await.unwrap();
    }
    window.close().await.unwrap();
    walked.unwrap();
}

async fn walk(window: &mut Window) -> anyhow::Result<()> {
    window.shot("locked").await?;
    window.write("unlock-secret", SECRET).await?;
    window.click("unlock-submit").await?;
    window.find("new-dossier").await?;
    window.shot("home").await?;

    open_dossier(window, FIRST).await?;
    window.shot("dossier").await?;
    let rows = rows_to_fill(window).await?;
    for row in &rows {
        fill(window, row).await?;
    }
    window.shot("complete").await?;
    view(window, &rows[0]).await?;
    let code = accept(window).await?;
    anyhow::ensure!(code.starts_with("000.01.20.H08-"), "a final code from the leased block, not {code}");
    until_received(window).await?;
    window.shot("received").await?;
    let bare = window.look("return getComputedStyle(document.body).fontFamily").await?;
    anyhow::ensure!(bare.as_str().is_some_and(|f| !f.is_empty()), "the style sheet is blocked");

    pay(window).await?;
    return_result(window).await?;

    open_dossier(window, SECOND).await?;
    window.click("auto-attach").await?;
    window.find("auto-summary").await?;
    window.shot("reused").await?;
    window.click("consent-confirm").await?;
    for row in rows_to_fill(window).await? {
        fill(window, &row).await?;
    }
    accept(window).await?;
    until_received(window).await?;
    window.shot("second-received").await
}

async fn open_dossier(window: &mut Window, procedure: &str) -> anyhow::Result<()> {
    window.click("place-new").await?;
    window.write("id-number", OWNER).await?;
    window.click("verify-identity").await?;
    window.find("identity-answer").await?;
    if window.value("owner-name").await?.is_empty() {
        window.write("owner-name", OWNER_NAME).await?;
    }
    window.write("procedure-search", procedure).await?;
    // The list follows what is typed.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    window.click("procedure-option-1").await?;
    window.shot("new-dossier").await?;
    window.click("open-dossier").await?;
    window.find("problems").await.map(|_| ())
}

/// Rows that are required and have no paper yet.
async fn rows_to_fill(window: &Window) -> anyhow::Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-state=missing]')].map(e => e.dataset.test.split('-')[1])";
    let rows = window.look(script).await?;
    Ok(rows.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect())
}

/// Scans a paper into a row, signs it, and digitizes it where it enters the warehouse.
async fn fill(window: &mut Window, row: &str) -> anyhow::Result<()> {
    window.click_until(&format!("component-{row}-choose"), &format!("component-{row}-scan")).await?;
    window.click(&format!("component-{row}-scan")).await?;
    scan(window, row).await?;
    window.click(&format!("component-{row}-sign")).await?;
    sign(window, row).await?;
    window.find(&format!("component-{row}-state")).await?;
    if window.has(&format!("component-{row}-digitize")).await? {
        window.click(&format!("component-{row}-digitize")).await?;
        window.find("meta-name").await?;
        window.shot(&format!("digitize-{row}")).await?;
        let seen = "const e = document.querySelector('[data-test=meta-name]'); const r = e.getBoundingClientRect(); \
                    return e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))";
        anyhow::ensure!(window.look(seen).await? == true, "the form's first field lies outside its dialog");
        window.click("digitize-save").await?;
        window.until(&format!("component-{row}-state"), "digitized").await?;
    }
    Ok(())
}

async fn scan(window: &mut Window, row: &str) -> anyhow::Result<()> {
    window.click("scan-start").await?;
    window.find("page-thumb-0").await?;
    window.find("capture-finish").await?;
    let shown = "const i = document.querySelector('[data-test=page-thumb-0] img'); return i.complete && i.naturalWidth";
    for _ in 0..50 {
        if window.look(shown).await?.as_u64().is_some_and(|width| width > 0) {
            window.shot(&format!("scanned-{row}")).await?;
            return window.click("capture-finish").await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the page's picture does not come through the page protocol")
}

async fn sign(window: &mut Window, row: &str) -> anyhow::Result<()> {
    window.find("certificate-0").await?;
    let chosen =
        window.look("return document.querySelector('label:has(:checked) .org')?.innerText ?? ''").await?;
    anyhow::ensure!(chosen != "Phạm Văn Người Lạ (DEMO)" && chosen != "", "signs by itself with {chosen}");
    window.shot(&format!("sign-{row}")).await?;
    window.click("sign-confirm").await?;
    window.type_pin(PIN, &format!("pin-{row}")).await
}

/// The paper itself, dark on light, is drawn from the page protocol's bytes.
async fn view(window: &mut Window, row: &str) -> anyhow::Result<()> {
    window.click(&format!("component-{row}-view")).await?;
    window.find("viewer").await?;
    let drawn = "const c = document.querySelector('[data-test=viewer-pages] canvas'); if (!c || c.width < 400) return 0; \
                 const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let dark = 0; \
                 for (let i = 0; i < d.length; i += 4) if (d[i] < 128 && d[i + 3] > 0) dark++; \
                 return dark * 8 < d.length ? dark : 0";
    for _ in 0..100 {
        if window.look(drawn).await?.as_u64().is_some_and(|dark| dark > 500) {
            window.shot("viewer").await?;
            return window.press("viewer", Key::Escape).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    window.shot("viewer-empty").await?;
    anyhow::bail!("the viewer draws nothing")
}

async fn accept(window: &mut Window) -> anyhow::Result<String> {
    window.click("accept").await?;
    let code = window.text("receipt-code").await?;
    window.shot("receipt").await?;
    Ok(code)
}

/// Every line of the dossier says "Kho đã nhận"; no word before the warehouse's receipt is held.
async fn until_received(window: &Window) -> anyhow::Result<()> {
    window.until("outbox-item-state", "Kho đã nhận").await
}

/// The fee of the dossier, in cash; nothing is returned before.
async fn pay(window: &mut Window) -> anyhow::Result<()> {
    window.write("fee-receipt", "AB/26P-0000001").await?;
    window.click("fee-pay").await?;
    window.find("fee-settled").await?;
    window.shot("paid").await
}

async fn return_result(window: &mut Window) -> anyhow::Result<()> {
    window.click("result-tab").await?;
    window.click("result-scan").await?;
    scan(window, "result").await?;
    window.click("result-sign").await?;
    sign(window, "result").await?;
    window.find("meta-name").await?;
    window.shot("result").await?;
    window.click("result-return").await?;
    window.until("outbox-item-state", "Kho đã nhận").await?;
    window.shot("returned").await
}

/// A demo profile with its warehouse process.
struct Counter {
    dir: tempfile::TempDir,
    _warehouse: Ended,
}

impl Counter {
    /// None, said loudly, when this machine lacks a part.
    fn prepare() -> Option<Self> {
        let mut missing: Vec<String> = missing_tools().into_iter().map(str::to_owned).collect();
        for part in ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/libsane.so.1"] {
            if !Path::new(part).exists() {
                missing.push(part.to_owned());
            }
        }
        for name in ["motcua", "motcua-warehouse", "motcua-desktop"] {
            if !program(name).exists() {
                missing.push(format!("{name} (cargo build --workspace)"));
            }
        }
        if !missing.is_empty() {
            println!(
                "SKIPPED LOUDLY: the real window is not driven, this machine lacks {}",
                missing.join(", ")
            );
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let prepared = Command::new(program("motcua"))
            .arg("--profile")
            .arg(dir.path())
            .args(["demo", "--prepare"])
            .output()
            .unwrap();
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
        let settings = dir.path().join("counter.json");
        let text = std::fs::read_to_string(&settings).unwrap().replace(":8843", &format!(":{port}"));
        std::fs::write(&settings, text).unwrap();
        let mut serve = Command::new(program("motcua-warehouse"));
        serve
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(dir.path().join("warehouse"))
            .stdout(Stdio::piped());
        let mut warehouse = Ended::start(&mut serve).unwrap();
        let mut line = String::new();
        BufReader::new(warehouse.stdout().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("listening"), "the warehouse says where it listens: {line:?}");
        Some(Self { dir, _warehouse: warehouse })
    }
}

fn target() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned()
}

fn program(name: &str) -> PathBuf {
    target().join(name)
}
