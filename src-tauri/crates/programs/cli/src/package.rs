//! "Xuất gói" on the command line: unsent work into a sealed file, and what such a file says of itself.

use crate::files::on_interrupt;
use crate::output::{Failure, Output};
use crate::secrets;
use anyhow::Context;
use motcua_assembly::{CounterProfile, ProfileDir, RescueError};
use motcua_desk::{Desk, MAX_FILE, package_header};
use motcua_dossier::{BlobId, OpId};
use serde_json::json;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use zeroize::Zeroizing;

/// `motcua outbox export`; exit code 4 when files that the lines need were not there any more.
pub(crate) fn export(desk: &Desk, to: &Path, ops: &[String], output: Output) -> Result<ExitCode, Failure> {
    let ops = ops
        .iter()
        .map(|op| {
            OpId::parse(op).with_context(|| format!("{op}: mã của mục không đúng; xem `motcua outbox`"))
        })
        .collect::<Result<Vec<OpId>, _>>()?;
    let package = motcua_assembly::write_whole_by(to, |file| {
        desk.export_package(&ops, &mut BufWriter::new(file)).map_err(Stopped::Desk)
    });
    let package = package.map_err(|stopped| match stopped {
        Stopped::Desk(error) => Failure::from(error),
        Stopped::Disk(error) => {
            Failure::from(anyhow::Error::from(error).context(format!("không ghi được {}", to.display())))
        }
    })?;
    desk.package_saved(&package)?;
    let said = json!({ "file": to, "made_at": package.at, "operations": package.ops, "dossiers": package.dossiers,
                       "files": package.files, "missing": package.missing });
    output.data(&said, || println!("{}", to.display()))?;
    eprintln!(
        "✓ {} mục, {} hồ sơ, {} tệp; các mục vẫn ở trong Hộp gửi",
        package.ops.len(),
        package.dossiers,
        package.files
    );
    if package.missing > 0 {
        eprintln!("✗ {} tệp không còn nguyên trên máy này, không có trong gói", package.missing);
        return Ok(ExitCode::from(4));
    }
    Ok(ExitCode::SUCCESS)
}

/// The counter opened with the agency's recovery key.
pub(crate) fn recovered(dir: &ProfileDir, profile: CounterProfile, key: &Path) -> Result<Arc<Desk>, Failure> {
    let unread = || format!("{}: không phải tệp khóa khôi phục", key.display());
    let text = Zeroizing::new(std::fs::read_to_string(key).with_context(unread)?);
    let private = Zeroizing::new(BlobId::parse(text.trim()).with_context(unread)?.0);
    match motcua_assembly::assemble_recovered(dir, profile, &private) {
        Ok(desk) => Ok(desk),
        Err(RescueError::Desk(error)) => Err(error.into()),
        Err(RescueError::Assembly(error)) => Err(error.into()),
        Err(error) => Err(anyhow::Error::from(error).into()),
    }
}

/// What `motcua outbox withdraw` takes back, and with whose word.
pub(crate) struct Taken<'a> {
    pub(crate) op: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) approver: &'a str,
    pub(crate) to: Option<&'a Path>,
}

/// `motcua outbox withdraw`.
pub(crate) async fn withdraw(desk: &Desk, work: Taken<'_>, output: Output) -> Result<ExitCode, Failure> {
    let op = OpId::parse(work.op)
        .with_context(|| format!("{}: mã của mục không đúng; xem `motcua outbox`", work.op))?;
    let lines = desk.withdrawal_of(op).await?;
    let secret = secrets::ask("MOTCUA_APPROVER_SECRET", &format!("Mật khẩu của {}", work.approver))?;
    let dossier = desk.withdraw(op, work.reason, work.approver, &secret)?;
    if let Some(to) = work.to {
        let package = desk.withdrawn_package(op).await?;
        motcua_assembly::write_whole(to, &package)
            .with_context(|| format!("không ghi được {}", to.display()))?;
    }
    let ops: Vec<_> = lines.iter().map(|line| line.op).collect();
    let said = json!({ "dossier": dossier.id, "withdrawn": ops, "file": work.to });
    output.data(&said, || ops.iter().for_each(|op| println!("{op}")))?;
    eprintln!("✓ đã bỏ {} mục, có gói niêm phong; kho được báo ở lần đồng bộ tới", ops.len());
    Ok(ExitCode::SUCCESS)
}

enum Stopped {
    Desk(motcua_desk::DeskError),
    Disk(std::io::Error),
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

/// `motcua package send`: a package of another counter, on its way by this one.
pub(crate) async fn send(desk: &Desk, path: &Path, output: Output) -> Result<ExitCode, Failure> {
    let unread = || format!("không đọc được {}", path.display());
    let bytes = motcua_assembly::read_up_to(path, MAX_FILE + 1).with_context(unread)?;
    let carried = desk.carry_package(&bytes, &|_, _| {}, &on_interrupt()).await?;
    output.data(&carried, || println!("{}", carried.blob))?;
    let state = if carried.taken {
        "kho đã nhận hết"
    } else {
        "kho đã giữ, chờ người giữ khóa khôi phục nhận"
    };
    eprintln!("✓ gói của máy {}, {} mục: {state}", carried.device, carried.operations);
    Ok(ExitCode::SUCCESS)
}

/// `motcua package info`: needs neither a profile nor a key. Exit code 1 when the file is not whole.
pub(crate) fn info(path: &Path, output: Output) -> Result<ExitCode, Failure> {
    let unread = || format!("không đọc được {}", path.display());
    let mut file = File::open(path).with_context(unread)?;
    let size = file.metadata().with_context(unread)?.len();
    let header = package_header(&mut file)?;
    let whole = header.sealed_length() == size;
    let said = json!({ "header": header, "size": size, "whole": whole });
    output.data(&said, || {
        println!("máy\t{}", header.device);
        println!("lúc\t{}", header.made_at.format_vn());
        println!("mục\t{}\nhồ sơ\t{}\ntệp\t{}", header.operations, header.dossiers, header.files);
        println!("cỡ\t{size} byte{}", if whole { "" } else { ", không đủ: tệp bị cắt hoặc bị thêm" });
    })?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
