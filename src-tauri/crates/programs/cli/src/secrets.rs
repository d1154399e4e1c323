//! The officer's secret and the PIN: from the environment or typed without echo; never an argument.

use crate::arguments::VaultAction;
use crate::output::{Failure, Output};
use anyhow::{Context, bail};
use motcua_desk::ports::{LinkError, VaultError, VaultStatus};
use motcua_desk::{Desk, DeskError};
use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, ExitCode, Stdio};
use zeroize::Zeroizing;

/// Opens the vault for `MOTCUA_OFFICER` (or the only officer).
pub(crate) async fn unlock(desk: &Desk) -> Result<(), Failure> {
    match desk.status().await.vault {
        VaultStatus::Open { .. } => return Ok(()),
        VaultStatus::Sealed { .. } => return Err(DeskError::from(VaultError::Sealed).into()),
        VaultStatus::Absent | VaultStatus::Locked { .. } => {}
    }
    let officer = officer(desk).await?;
    let secret = ask("MOTCUA_SECRET", &format!("Mật khẩu của {officer}"))?;
    Ok(desk.unlock(&officer, &secret).await?)
}

/// The PIN for signing.
pub(crate) fn pin() -> Result<Zeroizing<String>, Failure> {
    Ok(ask("MOTCUA_PIN", "PIN của thiết bị ký số")?)
}

/// `motcua vault …`.
pub(crate) async fn vault(desk: &Desk, action: &VaultAction, output: Output) -> Result<ExitCode, Failure> {
    match action {
        VaultAction::Status | VaultAction::Reopen { .. } => {}
        VaultAction::Create { name } => {
            let officer = std::env::var("MOTCUA_OFFICER").context("cần MOTCUA_OFFICER: tên cán bộ")?;
            let secret = ask("MOTCUA_SECRET", &format!("Mật khẩu mới của {officer}"))?;
            desk.create_vault(&officer, &secret).await?;
            named(desk, &officer, name.as_deref()).await?;
        }
        VaultAction::Enrol { officer, name } => {
            unlock(desk).await?;
            let secret = ask("MOTCUA_NEW_SECRET", &format!("Mật khẩu mới của {officer}"))?;
            desk.enrol(officer, &secret).await?;
            named(desk, officer, name.as_deref()).await?;
        }
        VaultAction::Name { officer, name } => {
            if let VaultStatus::Locked { officers } = desk.status().await.vault
                && !officers.contains(officer)
            {
                return Err(DeskError::from(VaultError::UnknownOfficer).into());
            }
            unlock(desk).await?;
            desk.name_officer(officer, name).await?;
        }
    }
    show(desk, output).await
}

/// `motcua vault reopen`, with the vault open by the recovery key. Of a machine that is still revoked nothing would
/// stay open: its next contact would seal it again.
pub(crate) async fn reopen(desk: &Desk, officer: &str, output: Output) -> Result<ExitCode, Failure> {
    if desk.is_revoked().await {
        return Err(DeskError::from(LinkError::Revoked).into());
    }
    let secret = ask("MOTCUA_NEW_SECRET", &format!("Mật khẩu mới của {officer}"))?;
    desk.enrol(officer, &secret).await?;
    desk.lock().await;
    show(desk, output).await
}

async fn show(desk: &Desk, output: Output) -> Result<ExitCode, Failure> {
    let status = desk.status().await.vault;
    output.data(&status, || match &status {
        VaultStatus::Absent => println!("chưa có"),
        VaultStatus::Sealed { at } => println!("đã niêm phong lúc {}", at.format_vn()),
        VaultStatus::Locked { officers } => println!("đang khóa: {}", officers.join(", ")),
        VaultStatus::Open { officer } => println!("đang mở: {officer}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn named(desk: &Desk, officer: &str, name: Option<&str>) -> Result<(), Failure> {
    if let Some(name) = name {
        desk.name_officer(officer, name).await?;
    }
    Ok(())
}

async fn officer(desk: &Desk) -> anyhow::Result<String> {
    if let Ok(name) = std::env::var("MOTCUA_OFFICER") {
        return Ok(name);
    }
    match desk.status().await.vault {
        VaultStatus::Locked { officers } => match officers.as_slice() {
            [only] => Ok(only.clone()),
            _ => bail!("máy này có nhiều cán bộ, ghi tên ở MOTCUA_OFFICER: {}", officers.join(", ")),
        },
        VaultStatus::Absent => bail!("máy này chưa có kho; tạo bằng `motcua vault create`"),
        VaultStatus::Sealed { .. } => Err(VaultError::Sealed.into()),
        VaultStatus::Open { officer } => Ok(officer),
    }
}

/// Environment first, then the terminal with echo off, then one line of standard input.
pub(crate) fn ask(variable: &str, prompt: &str) -> anyhow::Result<Zeroizing<String>> {
    if let Ok(value) = std::env::var(variable) {
        return Ok(Zeroizing::new(value));
    }
    let stdin = std::io::stdin();
    let terminal = stdin.is_terminal();
    if terminal {
        eprint!("{prompt}: ");
        std::io::stderr().flush()?;
        echo(false);
    }
    let mut line = Zeroizing::new(String::new());
    let read = stdin.lock().read_line(&mut line);
    if terminal {
        echo(true);
        eprintln!();
    }
    if read? == 0 {
        bail!("không có {prompt}: đặt {variable} hoặc gõ vào");
    }
    Ok(Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned()))
}

fn echo(on: bool) {
    let state = if on { "echo" } else { "-echo" };
    let done = Command::new("stty").arg(state).stdin(Stdio::inherit()).status();
    drop(done);
}
