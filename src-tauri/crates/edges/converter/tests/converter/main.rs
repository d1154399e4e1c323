//! The converter edge: the real LibreOffice on files made here, and scripts in its place that hang, crash and lie.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result, clippy::print_stderr, missing_docs)]

mod attacks;
mod contract;
mod faults;
mod letters;

use motcua_converter::LibreOffice;
use motcua_desk::ports::{ConvertError, Converter};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Converters that share a place to work in.
struct Bench {
    dir: TempDir,
    well: LibreOffice,
    none: LibreOffice,
    endless: LibreOffice,
}

/// A bench on the LibreOffice of this machine.
fn needs_libreoffice() -> Option<Bench> {
    let program = Path::new("/usr/lib/libreoffice/program/soffice");
    if !program.is_file() {
        eprintln!("SKIPPED LOUDLY: no LibreOffice (libreoffice-writer-nogui)");
        return None;
    }
    Some(bench(program))
}

fn bench(program: &Path) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("place");
    let slow = script(dir.path(), "slow", "echo $$ >> \"$HOME/../../started\"; sleep 600 & sleep 600");
    Bench {
        well: LibreOffice::at(program, &place),
        none: LibreOffice::at(dir.path().join("soffice"), &place),
        endless: LibreOffice::at(slow, &place),
        dir,
    }
}

impl Bench {
    /// Folders in the place of work, and processes of this bench that still run.
    fn left(&self) -> usize {
        let folders = std::fs::read_dir(self.dir.path().join("place")).into_iter().flatten().count();
        let place = self.dir.path().to_str().unwrap();
        let running = std::fs::read_dir("/proc").unwrap().flatten().filter(|process| {
            let said = std::fs::read(process.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&said).contains(place)
        });
        folders + running.count()
    }
}

async fn convert(office: &LibreOffice, word: &[u8]) -> Result<Vec<u8>, ConvertError> {
    office.to_pdf(word, &Default::default()).await
}

/// A program in LibreOffice's place.
fn script(dir: &Path, name: &str, does: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What an outside judge says to a PDF.
fn judge(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("made.pdf");
    std::fs::write(&file, pdf).unwrap();
    let arguments: Vec<_> =
        arguments.iter().map(|a| if *a == "{}" { file.to_str().unwrap() } else { *a }).collect();
    let Ok(said) = Command::new(program).args(arguments).output() else {
        eprintln!("SKIPPED LOUDLY: no {program}");
        return None;
    };
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{program}: {text}");
    Some(text)
}
