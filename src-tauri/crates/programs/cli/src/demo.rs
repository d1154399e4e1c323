//! `motcua demo`: prepares the demo profile, starts the warehouse and walks the main job, or opens the window on it.

use crate::arguments::DemoAction;
use crate::journey;
use crate::output::{Failure, Output};
use anyhow::{Context, bail};
use motcua_assembly::{
    CounterProfile, ProfileDir, TrainingCast, assemble_from, claim_training, complete_training, init_logging,
};
use motcua_desk::Desk;
use motcua_desk::ports::VaultStatus;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

/// Runs the demo in `profile` (default: `motcua-demo` beside the usual profile); for training, in the folder for training
/// that lies beside it.
pub(crate) async fn run(
    profile: Option<PathBuf>,
    training: bool,
    action: &DemoAction,
    output: Output,
) -> Result<ExitCode, Failure> {
    if training && action.window {
        return open_training(profile).await;
    }
    let dir = if training { training_dir(profile)? } else { demo_dir(profile)? };
    let begin = Instant::now();
    let demo = prepare(dir.root())?;
    eprintln!("✓ Cấu hình mẫu sẵn sàng: {} ({:.1} s)", dir.root().display(), begin.elapsed().as_secs_f32());
    init_logging(dir.root(), "motcua");
    let desk = assemble_from(&dir, CounterProfile::load(dir.root()).map_err(anyhow::Error::from)?)
        .map_err(anyhow::Error::from)?;
    open_vault(&desk, &demo).await?;
    if !training && !action.window {
        // Whoever prepares it on the command line is no newcomer at the window.
        desk.end_tour(&demo.officer).await?;
    }
    if training {
        complete_training(&dir, &cast(&demo)).map_err(anyhow::Error::from)?;
    }
    if action.prepare {
        desk.lock().await;
        return Ok(ExitCode::SUCCESS);
    }
    let warehouse = start_warehouse(&desk, dir.root()).await?;
    let done = if action.window {
        desk.lock().await;
        open_window(&dir, &demo).await
    } else {
        journey::walk(&desk, dir.root(), &demo, output).await
    };
    desk.lock().await;
    if let Some(mut child) = warehouse {
        // The server closes its database on SIGTERM; it has three seconds.
        if let Some(id) = child.id() {
            let asked = std::process::Command::new("kill").arg(id.to_string()).status();
            drop(asked);
        }
        let ended = tokio::time::timeout(Duration::from_secs(3), child.wait()).await;
        drop(ended);
    }
    done
}

fn demo_dir(profile: Option<PathBuf>) -> Result<ProfileDir, Failure> {
    if profile.is_some() || std::env::var_os("MOTCUA_PROFILE").is_some() {
        return Ok(ProfileDir::find(profile).map_err(anyhow::Error::from)?);
    }
    let usual = ProfileDir::find(None).map_err(anyhow::Error::from)?;
    Ok(ProfileDir::at(usual.root().with_file_name("motcua-demo")))
}

fn training_dir(profile: Option<PathBuf>) -> Result<ProfileDir, Failure> {
    let dir = ProfileDir::find(profile).map_err(anyhow::Error::from)?.training();
    claim_training(&dir).map_err(anyhow::Error::from)?;
    Ok(dir)
}

/// The window prepares the folder itself and has its warehouse.
async fn open_training(profile: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let dir = ProfileDir::find(profile).map_err(anyhow::Error::from)?;
    let window = Command::new(beside("motcua-desktop")?)
        .arg("--profile")
        .arg(dir.root())
        .arg("--training")
        .kill_on_drop(true)
        .status();
    let status = window.await.map_err(anyhow::Error::from)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn cast(demo: &motcua_demo::DemoProfile) -> TrainingCast {
    TrainingCast {
        officer: demo.officer.clone(),
        officer_secret: demo.officer_secret.clone(),
        pin: demo.pin.clone(),
        owner_number: demo.owner_number.clone(),
        owner_name: demo.owner_name.clone(),
    }
}

fn prepare(dir: &Path) -> anyhow::Result<motcua_demo::DemoProfile> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = motcua_dossier::Timestamp(i64::try_from(now.as_millis())?);
    motcua_demo::prepare(dir, now).context("cấu hình mẫu")
}

async fn open_vault(desk: &Desk, demo: &motcua_demo::DemoProfile) -> Result<(), Failure> {
    let secret = Zeroizing::new(demo.officer_secret.clone());
    match desk.status().await.vault {
        VaultStatus::Absent => desk.create_vault(&demo.officer, &secret).await?,
        VaultStatus::Locked { .. } | VaultStatus::Sealed { .. } => {
            desk.unlock(&demo.officer, &secret).await?
        }
        VaultStatus::Open { .. } => {}
    }
    // A profile of an earlier version has none.
    if desk.officer_name(&demo.officer).await? == demo.officer {
        desk.name_officer(&demo.officer, &demo.officer_name).await?;
    }
    Ok(())
}

/// Starts `motcua-warehouse` beside this program; none when one with our key answers already.
async fn start_warehouse(desk: &Desk, dir: &Path) -> anyhow::Result<Option<Child>> {
    if desk.reach_warehouse().await.is_ok() {
        return Ok(None);
    }
    let begin = Instant::now();
    let program = beside("motcua-warehouse")?;
    let mut child = Command::new(&program)
        .arg("serve")
        .arg("--data")
        .arg(dir.join("warehouse"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(std::fs::File::create(dir.join("logs/warehouse.log"))?))
        .kill_on_drop(true)
        .spawn()
        .with_context(|| program.display().to_string())?;
    let stdout = child.stdout.take().context("kho không có đầu ra")?;
    let mut lines = BufReader::new(stdout).lines();
    match tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await {
        Ok(Ok(Some(line))) => eprintln!("✓ Kho đang chạy: {line} ({:.1} s)", begin.elapsed().as_secs_f32()),
        _ => bail!("kho không khởi động được; xem {}", dir.join("logs/warehouse.log").display()),
    }
    // Whatever else it says is read away so that the pipe never fills.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Some(child))
}

async fn open_window(dir: &ProfileDir, demo: &motcua_demo::DemoProfile) -> Result<ExitCode, Failure> {
    eprintln!("  Cán bộ: {} · mật khẩu: {} · PIN: {}", demo.officer, demo.officer_secret, demo.pin);
    let status = Command::new(beside("motcua-desktop")?)
        .arg("--profile")
        .arg(dir.root())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(anyhow::Error::from)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A program of ours in the same directory.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        bail!("{} chưa được dựng", path.display());
    }
    Ok(path)
}
