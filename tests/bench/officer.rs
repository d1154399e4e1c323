//! An officer at the real window, by keyboard alone: from the first key to the receipt.
//!
//! He types a key in 200 ms, needs 1.2 s for each decision, asks the citizen in five seconds; a page takes the scanner a second,
//! a signature the token half a second. He sees what is written on the screen and knows the keys of the help sheet; nothing is
//! filled in for him. Catalogue of 2,000 procedures of eight papers, 10,000 dossiers in his vault; with the warehouse there,
//! and again with the network gone.

mod counter;
mod hands;

use crate::Scale;
use crate::driver::{Window, missing_tools};
use crate::report::{Gate, Report, Times};
use counter::{Counter, PAPERS};
use fantoccini::key::Key;
use hands::{Hands, Pace};
use motcua_demo::softtoken;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// One of the three dossiers.
#[derive(Clone, Copy)]
struct Kind {
    what: &'static str,
    /// Papers of the owner that the warehouse has.
    stocked: u32,
    /// Papers that are scanned; the others are not asked for.
    scans: u32,
    /// Seconds from the first key to the receipt.
    gate: f64,
    /// Number of the procedure in the catalogue.
    procedure: u32,
}

const KINDS: [Kind; 3] = [
    Kind { what: "(a) seven of the warehouse, one scan", stocked: 7, scans: 1, gate: 45.0, procedure: 101 },
    Kind { what: "(b) five scans", stocked: 0, scans: 5, gate: 90.0, procedure: 202 },
    Kind { what: "(c) all eight of the warehouse", stocked: 8, scans: 0, gate: 20.0, procedure: 303 },
];

/// What the source documents show for one paper: clicks, and dialogs among them.
const SEEDS_CLICKS: u32 = 20;
const SEEDS_DIALOGS: u32 = 3;

/// Dossiers one after the other while the memory of all processes is watched.
const LONG_DAY: usize = 300;

/// How long the key that was pressed last takes to the picture that follows it; every key since.
const WATCH_KEYS: &str = "window.__paints = []; addEventListener('keydown', event => { \
    requestAnimationFrame(() => { const after = new MessageChannel(); \
    after.port1.onmessage = () => window.__paints.push(performance.now() - event.timeStamp); \
    after.port2.postMessage(0) }) }, true)";

/// From Enter on the line that has the focus to the picture with the dossier's papers or steps.
const WATCH_OPENING: &str = "window.__opened = null; addEventListener('keydown', event => { \
    const at = event.timeStamp; \
    const there = '[data-test^=component-], [data-test=next-steps], [data-test^=result-]'; \
    const look = () => { if (!document.querySelector(there)) return requestAnimationFrame(look); \
    const after = new MessageChannel(); \
    after.port1.onmessage = () => { window.__opened = performance.now() - at }; after.port2.postMessage(0) }; \
    requestAnimationFrame(look) }, { capture: true, once: true }); \
    document.querySelector('[data-test=open-dossier-line]').focus()";

pub(crate) async fn at_the_window(report: &mut Report, scale: Scale) {
    let missing = missing_tools();
    if !missing.is_empty() {
        report.skipped(&format!("the window is not driven, this machine lacks {}", missing.join(", ")));
        return;
    }
    let rounds = if scale.quick { 1 } else { 10 };
    let mut counter = Counter::prepare(rounds * 2, &KINDS);
    let begun = Instant::now();
    let mut window = open(&counter).await;
    report.row("cold start to usable, with the driver's own", begun.elapsed().as_secs_f64(), "s", Gate::None);
    let ended = async {
        unlock(&window).await?;
        for (n, kind) in KINDS.iter().enumerate() {
            take_in_often(report, &window, (n, kind), 0..rounds, Line::Up).await?;
        }
        opened(report, &window, if scale.quick { 2 } else { 20 }).await?;
        counter.cut();
        for (n, kind) in KINDS.iter().enumerate() {
            // Whose papers these are is known here of owners who came before; the others bring theirs.
            let came_before = kind.stocked > 0;
            let first = if came_before { 0 } else { rounds };
            let kind = Kind { procedure: kind.procedure + u32::from(came_before), ..*kind };
            take_in_often(report, &window, (n, &kind), first..first + rounds, Line::Cut).await?;
        }
        Ok(())
    };
    let ended = ended.await;
    judge(report, &mut window, &counter, ended).await;
    drop(window.close().await);
    receipts(report, &counter, (rounds * 2, (rounds * 2 * KINDS.len()) as f64));
}

/// Dossiers without a pause, the papers of each on their way to the warehouse meanwhile.
pub(crate) async fn a_long_day(report: &mut Report, scale: Scale) {
    let missing = missing_tools();
    if !missing.is_empty() {
        report.skipped(&format!("the window is not driven, this machine lacks {}", missing.join(", ")));
        return;
    }
    let dossiers = if scale.quick { 3 } else { LONG_DAY };
    let counter = Counter::prepare(dossiers, &KINDS[..1]);
    let mut window = open(&counter).await;
    let ended = async {
        unlock(&window).await?;
        window.look(WATCH_KEYS).await?;
        let mut hands = Hands::on(&window, Pace::NONE);
        let (mut third, mut most) = (0.0, 0.0_f64);
        for n in 0..dossiers {
            // Every procedure asks for the same eight papers.
            let kind = Kind { procedure: 1000 + u32::try_from(n).unwrap_or(0), ..KINDS[0] };
            take_in(&mut hands, &kind, &number(0, n), Line::Up).await?;
            let memory = memory_of(counter.dir.path());
            most = most.max(memory);
            if n + 1 == (dossiers / 3).max(1) {
                third = memory;
            }
        }
        let last = memory_of(counter.dir.path());
        report.row(
            &format!("memory of all processes after {dossiers} dossiers"),
            last,
            "MB",
            Gate::AtMost(400.0),
        );
        report.row("  the most of them, looked at after each", most, "MB", Gate::None);
        report.row("  against the first third", last / third, "×", Gate::AtMost(1.1));
        let paints = window.look("return window.__paints").await?;
        let paints: Vec<f64> = serde_json::from_value(paints)?;
        let times = Times(paints.iter().map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1000.0)).collect());
        report.times("key to paint while papers leave", &times, [Gate::None, Gate::None, Gate::AtMost(50.0)]);
        anyhow::Ok(())
    };
    let ended = ended.await;
    judge(report, &mut window, &counter, ended).await;
    drop(window.close().await);
}

/// Is the warehouse there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    Cut,
}

async fn open(counter: &Counter) -> Window {
    let dir = counter.dir.path();
    let window = Window::open(&program("motcua-desktop"), dir, &dir.join("shots")).await.unwrap();
    window.find("unlock-secret").await.unwrap();
    window
}

async fn unlock(window: &Window) -> anyhow::Result<()> {
    let mut hands = Hands::on(window, Pace::OFFICER);
    hands.write_secret(motcua_demo::OFFICER_SECRET).await?;
    hands.press(Key::Enter).await?;
    hands.look("Hồ sơ của tôi hôm nay").await
}

/// A journey that ended early is a gate that is missed, and leaves its picture.
async fn judge(report: &mut Report, window: &mut Window, counter: &Counter, ended: anyhow::Result<()>) {
    let Err(error) = ended else { return };
    println!("    {error:#}");
    report.row("journeys that ended early", 1.0, "", Gate::AtMost(0.0));
    drop(window.shot("failed").await);
    let kept = std::env::temp_dir().join("motcua-officer");
    drop(Command::new("cp").arg("-rT").arg(counter.dir.path().join("shots")).arg(&kept).status());
    println!("    its picture is in {}", kept.display());
}

async fn take_in_often(
    report: &mut Report,
    window: &Window,
    (n, kind): (usize, &Kind),
    rounds: std::ops::Range<usize>,
    line: Line,
) -> anyhow::Result<()> {
    let mut times = Times::default();
    let mut hands = Hands::on(window, Pace::OFFICER);
    for round in rounds {
        (hands.keys, hands.log) = (0, vec![]);
        let begun = Instant::now();
        let done = take_in(&mut hands, kind, &number(n, round), line).await;
        done.map_err(|error| error.context(format!("{} round {round}", kind.what)))?;
        times.0.push(begun.elapsed());
    }
    println!("    {}", hands.log.join(" "));
    let what = format!("{}{}", kind.what, if line == Line::Cut { ", no network" } else { "" });
    let worst = times.0.iter().max().map_or(f64::NAN, Duration::as_secs_f64);
    let seconds = Gate::AtMost(kind.gate);
    report.row(&format!("{what}, median of {}", times.0.len()), times.millis(50) / 1000.0, "s", seconds);
    report.row(&format!("{what}, worst"), worst, "s", seconds);
    report.row(&format!("{what}, keys"), f64::from(hands.keys), "keys", Gate::None);
    if line == Line::Up {
        let papers = kind.stocked + kind.scans;
        report.row(
            "  the source documents' way, clicks",
            f64::from(papers * SEEDS_CLICKS),
            "clicks",
            Gate::None,
        );
        report.row("  and dialogs", f64::from(papers * SEEDS_DIALOGS), "", Gate::None);
    }
    Ok(())
}

/// From the first key to the receipt.
async fn take_in(hands: &mut Hands<'_>, kind: &Kind, owner: &str, line: Line) -> anyhow::Result<()> {
    hands.press(Key::F2).await?;
    hands.write(owner).await?;
    hands.press(Key::F3).await?;
    // Without a network the answer of before is still here for whoever came before.
    let new = line == Line::Cut && kind.stocked == 0;
    hands.look(if new { "Chưa kiểm được" } else { "Đã có" }).await?;
    hands.decide().await;
    if new {
        // What the identity service would have said is asked of the citizen.
        hands.write(&format!("Người Thử Nghiệm {owner}")).await?;
        hands.press(Key::Enter).await?;
    }
    hands.write(&format!("mau so {}", kind.procedure)).await?;
    hands.look(&format!("mẫu số {}", kind.procedure)).await?;
    hands.decide().await;
    hands.press(Key::Enter).await?;
    hands.look("Trường hợp giải quyết").await?;
    hands.press(Key::F9).await?;
    hands.look("Thành phần hồ sơ").await?;
    if kind.stocked > 0 {
        hands.look(&format!("Lấy từ kho {} / {PAPERS}", kind.stocked)).await?;
        hands.decide().await;
        hands.ask_the_citizen().await;
        hands.chord(Key::Control, 'd').await?;
        hands.look("Bằng lời").await?;
    }
    for scan in 0..kind.scans {
        hands.press(Key::F5).await?;
        hands.look("Quét").await?;
        hands.ready("scan-start").await?;
        hands.press(Key::F5).await?;
        let asked = Instant::now();
        hands.ready("capture-finish").await?;
        hands.page_since(asked).await;
        hands.decide().await;
        hands.press(Key::F9).await?;
        hands.count("Chờ ký số", scan + 1).await?;
    }
    if kind.scans > 0 {
        sign_and_digitize(hands, kind.scans).await?;
    }
    hands.decide().await;
    // The news of a paper may be there before its dialog has the answer and goes.
    hands.window.wait("the dialog is gone", "return !document.querySelector('dialog[open]')").await?;
    hands.press(Key::F9).await?;
    hands.look("Giấy tiếp nhận hồ sơ").await?;
    // The receipt and the acceptance are one commit, and only then is its code shown.
    hands.ready("receipt-code").await
}

async fn sign_and_digitize(hands: &mut Hands<'_>, scans: u32) -> anyhow::Result<()> {
    hands.press(Key::F9).await?;
    hands.ready("sign-confirm").await?;
    hands.decide().await;
    hands.press(Key::F7).await?;
    let main = hands.window.enter_second().await?;
    hands.ready("pin-input").await?;
    hands.write_secret(softtoken::PIN).await?;
    hands.press(Key::Enter).await?;
    hands.window.leave_second(main).await?;
    hands.look("Chờ số hóa").await?;
    hands.press(Key::F9).await?;
    for left in (0..scans).rev() {
        hands.ready("digitize-save").await?;
        hands.decide().await;
        hands.press(Key::F9).await?;
        hands.count("Chờ số hóa", left).await?;
    }
    Ok(())
}

/// A dossier of the list is opened.
async fn opened(report: &mut Report, window: &Window, times: usize) -> anyhow::Result<()> {
    let mut hands = Hands::on(window, Pace::NONE);
    let mut taken = Times::default();
    for _ in 0..times {
        hands.press(Key::F2).await?;
        hands.write(&number(0, 0)).await?;
        hands.look("1 hồ sơ").await?;
        hands.ready("open-dossier-line").await?;
        window.look(WATCH_OPENING).await?;
        hands.press(Key::Enter).await?;
        window.wait("an opened dossier", "return window.__opened !== null").await?;
        let ms: f64 = serde_json::from_value(window.look("return window.__opened").await?)?;
        taken.0.push(Duration::from_secs_f64(ms / 1000.0));
    }
    report.times("open a dossier", &taken, [Gate::AtMost(100.0), Gate::AtMost(100.0), Gate::None]);
    Ok(())
}

/// Every receipt can be had from the disk as a PDF once the window is gone.
fn receipts(report: &mut Report, counter: &Counter, (rounds, wanted): (usize, f64)) {
    let out = counter.dir.path().join("receipt.pdf");
    let mut had = 0.0;
    for (kind, round) in (0..KINDS.len()).flat_map(|kind| (0..rounds).map(move |round| (kind, round))) {
        let said = motcua(counter, &["dossier", "list", &number(kind, round), "--json"]);
        let found: Vec<serde_json::Value> = serde_json::from_slice(&said).unwrap_or_default();
        for id in found.iter().filter_map(|dossier| dossier["id"].as_str()) {
            drop(std::fs::remove_file(&out));
            motcua(counter, &["dossier", "receipt", id, "--out", &out.to_string_lossy()]);
            had += f64::from(std::fs::read(&out).is_ok_and(|pdf| pdf.starts_with(b"%PDF-")));
        }
    }
    report.row("receipts had from the disk as PDF afterwards", had, "", Gate::AtLeast(wanted));
}

fn motcua(counter: &Counter, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(program("motcua"));
    command.arg("--profile").arg(counter.dir.path()).args(arguments);
    command.env("MOTCUA_SECRET", motcua_demo::OFFICER_SECRET);
    command.output().map(|said| said.stdout).unwrap_or_default()
}

/// Resident megabytes of the window, its page and its workers: shared pages counted once for each.
fn memory_of(profile: &Path) -> f64 {
    let said = |pid: &str, file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let mark = profile.as_os_str().as_encoded_bytes();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let kilobytes = ids.filter_map(|pid| {
        let status = String::from_utf8_lossy(&said(&pid, "status")).into_owned();
        let name = status.lines().next()?.split_whitespace().nth(1)?.to_owned();
        let ours =
            name.starts_with("motcua-desktop") || name.starts_with("WebKit") && name != "WebKitWebDriver";
        // The page's processes know the profile by their environment alone.
        let here = said(&pid, "environ").windows(mark.len()).any(|window| window == mark);
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        (ours && here).then(|| resident.split_whitespace().next()?.parse::<f64>().ok()).flatten()
    });
    kilobytes.sum::<f64>() / 1024.0
}

/// The owner of that round: invented, a number no province gives.
fn number(kind: usize, round: usize) -> String {
    format!("09919{kind}{round:04}00")
}

/// A program of the release build.
fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().find(|dir| dir.join("motcua-warehouse").exists()).unwrap().join(name)
}
