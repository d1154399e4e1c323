//! The desk's converter port over LibreOffice.

use crate::child::Running;
use crate::scratch::{self, Scratch};
use crate::{places, profile};
use async_trait::async_trait;
use motcua_desk::MAX_FILE;
use motcua_desk::ports::{ConvertError, Converter, ConverterInfo, WordFormat};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How long one file may take; a hundred pages take a few seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// A new profile asks to be started once more with this exit code.
const AGAIN: i32 = 81;
const STARTS: u32 = 3;

/// PDF/A-2b, so letters are embedded and nothing in it acts; forms become plain text; a file with links keeps them as text.
const FILTER: &str = concat!(
    "pdf:writer_pdf_Export:{",
    r#""SelectPdfVersion":{"type":"long","value":"2"},"#,
    r#""ExportFormFields":{"type":"boolean","value":"false"},"#,
    r#""ExportBookmarks":{"type":"boolean","value":"false"},"#,
    r#""ConvertOOoTargetToPDFTarget":{"type":"boolean","value":"false"}}"#
);

/// LibreOffice of this machine: one file at a time, each in a process, a profile and a folder of its own.
#[derive(Clone, Debug)]
pub struct LibreOffice {
    program: Option<PathBuf>,
    home: PathBuf,
    patience: Duration,
    turn: Arc<Mutex<()>>,
}

impl LibreOffice {
    /// The one that is installed when it is needed: it may be installed while this program runs. What a killed program of
    /// this user left is removed now.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let home = scratch::home();
        scratch::sweep(&home);
        Self { program: None, home, patience: PATIENCE, turn: Arc::default() }
    }

    /// That program, working below that folder.
    #[must_use]
    pub fn at(program: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        Self { program: Some(program.into()), home: home.into(), patience: PATIENCE, turn: Arc::default() }
    }

    /// A file that takes longer is given up; 90 s unless set.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn program(&self) -> Result<PathBuf, ConvertError> {
        let found = match &self.program {
            Some(program) => Some(program.clone()).filter(|path| path.is_file()),
            None => places::find(),
        };
        found.map(places::engine).ok_or(ConvertError::Missing)
    }

    /// Starts it until it is content with its profile.
    async fn run(
        &self,
        program: &Path,
        folder: &Arc<Scratch>,
        format: WordFormat,
    ) -> Result<(), ConvertError> {
        for _ in 0..STARTS {
            let command = command(program, folder.dir(), format);
            let mut running = Running::start(command, Arc::clone(folder), self.patience.as_secs() + 30)
                .map_err(|error| failed("could not be started", &error))?;
            match running.end().await.map_err(|error| failed("was lost", &error))? {
                Some(AGAIN) => {}
                Some(0) => return Ok(()),
                code => {
                    tracing::debug!(?code, "the converter ended");
                    return Err(ConvertError::Failed);
                }
            }
        }
        Err(ConvertError::Failed)
    }
}

fn failed(what: &str, error: &std::io::Error) -> ConvertError {
    tracing::warn!(kind = ?error.kind(), "the converter {what}");
    ConvertError::Failed
}

/// Nothing of this program's environment goes in: no secret, no proxy, no session.
fn command(program: &Path, dir: &Path, format: WordFormat) -> Command {
    const NOWHERE: &str = "http://127.0.0.1:9";
    let filter = match format {
        WordFormat::Doc => "MS Word 97",
        WordFormat::Docx => "MS Word 2007 XML",
    };
    let mut command = Command::new(program);
    command.env_clear().current_dir(dir);
    if cfg!(windows) {
        // Windows starts nothing without them.
        for name in ["SystemRoot", "SystemDrive", "windir", "PATHEXT", "ComSpec"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
    } else {
        command.env("PATH", "/usr/bin:/bin");
    }
    for name in ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME"]
    {
        command.env(name, dir);
    }
    command.env("LANG", "C.UTF-8").env("FONTCONFIG_FILE", dir.join("fonts.conf"));
    for name in ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, NOWHERE);
    }
    command.arg(format!("-env:UserInstallation={}", profile::address(&dir.join("profile"))));
    command.args([
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--nologo",
        "--nofirststartwizard",
    ]);
    command
        .arg(format!("--infilter={filter}"))
        .args(["--convert-to", FILTER, "--outdir"])
        .arg(dir.join("out"));
    command.arg(dir.join(format!("in.{}", format.extension())));
    command
}

/// The private folder with the file in it.
fn lay_in(home: &Path, word: &[u8], format: WordFormat) -> std::io::Result<Scratch> {
    let folder = Scratch::make(home)?;
    profile::write(folder.dir())?;
    std::fs::write(folder.dir().join(format!("in.{}", format.extension())), word)?;
    Ok(folder)
}

fn take_out(dir: &Path) -> Result<Vec<u8>, ConvertError> {
    let file = std::fs::File::open(dir.join("out").join("in.pdf")).map_err(|_| ConvertError::Failed)?;
    let mut pdf = vec![];
    file.take(MAX_FILE + 1).read_to_end(&mut pdf).map_err(|_| ConvertError::Failed)?;
    if pdf.len() as u64 > MAX_FILE {
        return Err(ConvertError::TooLarge);
    }
    if pdf.starts_with(b"%PDF-") { Ok(pdf) } else { Err(ConvertError::Failed) }
}

#[async_trait]
impl Converter for LibreOffice {
    async fn about(&self) -> Result<ConverterInfo, ConvertError> {
        let program = self.program()?;
        #[cfg(unix)]
        let fenced = crate::fence::FENCED;
        #[cfg(not(unix))]
        let fenced = false;
        Ok(ConverterInfo { name: format!("LibreOffice ({})", program.display()), fenced })
    }

    async fn to_pdf(&self, word: &[u8], cancel: &CancellationToken) -> Result<Vec<u8>, ConvertError> {
        let work = async {
            let format = motcua_desk::word_format(word)?;
            let program = self.program()?;
            let _turn = self.turn.lock().await;
            let folder = lay_in(&self.home, word, format).map_err(|error| {
                tracing::warn!(kind = ?error.kind(), "no private folder for a conversion");
                ConvertError::NoRoom
            })?;
            let folder = Arc::new(folder);
            // Given up or cancelled, the child is killed by the drop of what is awaited here.
            match tokio::time::timeout(self.patience, self.run(&program, &folder, format)).await {
                Ok(done) => done?,
                Err(_) => return Err(ConvertError::Hung),
            }
            take_out(folder.dir())
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ConvertError::Cancelled),
            done = work => done,
        }
    }
}
