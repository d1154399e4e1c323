//! Loose files: scan, make, sign, verify.

use crate::arguments::{MakeAction, ScanAction, SignAction, Source, VerifyAction};
use crate::output::{Failure, Output, sentence, word};
use crate::secrets;
use anyhow::Context;
use motcua_desk::ports::{ColorMode, ScannerSource};
use motcua_desk::{Desk, ScanOptions};
use motcua_signature::{Revocation, Verdict};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// `motcua scan`: without a device the devices are listed.
pub(crate) async fn scan(desk: &Desk, action: &ScanAction, output: Output) -> Result<ExitCode, Failure> {
    let cancel = on_interrupt();
    let (Some(device), Some(out)) = (&action.device, &action.out) else {
        let list = desk.scanners(&cancel).await?;
        output.data(&list, || list.iter().for_each(|s| println!("{}\t{}", s.id, s.label)))?;
        return Ok(ExitCode::SUCCESS);
    };
    let options = ScanOptions {
        source: match action.source {
            Source::Auto => ScannerSource::Auto,
            Source::Flatbed => ScannerSource::Flatbed,
            Source::Feeder => ScannerSource::Feeder,
        },
        mode: if action.gray { ColorMode::Gray } else { ColorMode::Color },
        dpi: action.dpi,
        max_pages: action.pages,
    };
    let mut extra = Vec::new();
    for option in &action.options {
        let (name, value) = option.split_once('=').with_context(|| format!("{option}: cần TÊN=GIÁ TRỊ"))?;
        extra.push((name.to_owned(), value.to_owned()));
    }
    let on_page = |number: u32| eprintln!("trang {number}");
    let scanned = desk.scan_loose(device, &options, extra, &on_page, &cancel).await?;
    write_whole(out, &scanned.pdf)?;
    let said = json!({ "file": out, "pages": scanned.pages, "fault": scanned.fault.as_ref().map(motcua_desk::DeskError::code) });
    output.data(&said, || println!("{}", out.display()))?;
    match scanned.fault {
        Some(fault) => Err(fault.into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// `motcua make`.
pub(crate) async fn make(desk: &Desk, action: &MakeAction, output: Output) -> Result<ExitCode, Failure> {
    let mut images = Vec::with_capacity(action.images.len());
    for path in &action.images {
        images.push(read(path)?);
    }
    let pdf = desk.make_pdf(&action.title, &images).await?;
    write_whole(&action.out, &pdf)?;
    output.data(&json!({ "file": action.out, "pages": images.len(), "size": pdf.len() }), || {
        println!("{}", action.out.display());
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `motcua certificates`.
pub(crate) async fn certificates(desk: &Desk, output: Output) -> Result<ExitCode, Failure> {
    let list = desk.certificates().await?;
    let data: Vec<_> = list
        .iter()
        .map(|c| {
            json!({ "fingerprint": c.fingerprint, "token": c.token_label, "organization": c.card.organization,
                    "valid_from": c.card.valid_from, "valid_until": c.card.valid_until, "authority": c.card.authority,
                    "role": c.role, "problem": c.problem, "untrusted": c.untrusted, "pin": c.pin })
        })
        .collect();
    output.data(&data, || {
        for c in &list {
            let until = c.card.valid_until.day().format_vn();
            let untrusted = c.untrusted.then_some("CA chưa được tin cậy");
            let problem = c.problem.or(untrusted).map(|p| format!(" ({p})")).unwrap_or_default();
            println!(
                "{}  {} · đến {until} · {}{problem}",
                c.fingerprint, c.card.organization, c.card.authority
            );
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `motcua sign`.
pub(crate) async fn sign(desk: &Desk, action: &SignAction, output: Output) -> Result<ExitCode, Failure> {
    if action.files.len() > 1 && !action.out.is_dir() {
        return Err(anyhow::anyhow!("{}: nhiều tệp cần một thư mục có sẵn", action.out.display()).into());
    }
    let mut files = Vec::with_capacity(action.files.len());
    for path in &action.files {
        files.push(read(path)?);
    }
    let pin = secrets::pin()?;
    let signed = desk.sign_loose(&files, &action.certificate, Some(pin), &on_interrupt()).await?;
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, bytes) in action.files.iter().zip(&signed) {
        let to = match path.file_name() {
            Some(name) if action.out.is_dir() => action.out.join(name),
            _ => action.out.clone(),
        };
        if to == *path {
            return Err(anyhow::anyhow!("{}: không ghi đè tệp gốc", to.display()).into());
        }
        write_whole(&to, bytes)?;
        written.push(to);
    }
    output.data(&json!({ "files": written }), || written.iter().for_each(|p| println!("{}", p.display())))?;
    Ok(ExitCode::SUCCESS)
}

/// `motcua verify`; exit code 1 when the document does not hold, 4 when that cannot be told.
pub(crate) async fn verify(desk: &Desk, action: &VerifyAction, output: Output) -> Result<ExitCode, Failure> {
    let bytes = read(&action.file)?;
    let report = if action.trust.is_empty() {
        secrets::unlock(desk).await?;
        desk.verify(&bytes).await?
    } else {
        let mut trust = Vec::new();
        for path in &action.trust {
            trust.push(String::from_utf8_lossy(&read(path)?).into_owned());
        }
        desk.verify_with(&bytes, &trust).await?
    };
    output.data(&report, || {
        if report.signatures.is_empty() {
            println!("không có chữ ký số");
        }
        for s in &report.signatures {
            println!(
                "{} · {} · {} · {} · {}{}",
                s.signer.organization,
                s.signer.authority,
                verdict(s.verdict, s.revocation),
                word("integrity", &s.integrity),
                word("trust", &s.trust),
                if s.reasons.is_empty() { String::new() } else { format!(" · {}", s.reasons.join(", ")) }
            );
        }
    })?;
    Ok(match report.document {
        _ if report.signatures.is_empty() => ExitCode::from(4),
        Verdict::Passed => ExitCode::SUCCESS,
        Verdict::Indeterminate => ExitCode::from(4),
        Verdict::Failed => ExitCode::from(1),
    })
}

/// The window's words; a signature whose revocation nobody could tell is not simply a good one.
fn verdict(verdict: Verdict, revocation: Revocation) -> String {
    let word = match verdict {
        Verdict::Passed if revocation == Revocation::Unknown => "revocationUnknown",
        Verdict::Passed => "passed",
        Verdict::Indeterminate => "indeterminate",
        Verdict::Failed => "failed",
    };
    sentence("verdict", word, &BTreeMap::new()).unwrap_or_default()
}

/// A token that Ctrl+C cancels.
pub(crate) fn on_interrupt() -> CancellationToken {
    let cancel = CancellationToken::new();
    let ours = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            ours.cancel();
        }
    });
    cancel
}

/// Reads a file named by the officer.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("không đọc được {}", path.display()))
}

/// Writes a file whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    motcua_assembly::write_whole(path, bytes).with_context(|| format!("không ghi được {}", path.display()))
}
