//! The scanner edge against SANE's own `test` and `pnm` devices, through a real worker process.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    missing_docs
)]

mod contract;
mod environment;
mod faults;
mod pages;

use motcua_desk::ports::{ColorMode, RawPage, ScanError, ScanRequest, Scanner, ScannerSource};
use motcua_scanner::{SaneScanner, WorkerCommand};
use std::{path::Path, time::Duration};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A scanner edge over its own SANE configuration, which lists the test devices only.
pub(crate) struct Bench {
    pub(crate) scanner: SaneScanner,
    pub(crate) dir: TempDir,
}

impl Bench {
    /// `None`, said loudly, on a machine without libsane and its test devices.
    pub(crate) fn new() -> Option<Self> {
        let present = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
            .iter()
            .any(|lib| {
                Path::new(lib).join("libsane.so.1").exists()
                    && Path::new(lib).join("sane/libsane-test.so.1").exists()
            });
        if !present {
            eprintln!(
                "SKIPPED: libsane.so.1 with its test devices is not on this machine (apt install libsane1)"
            );
            return None;
        }
        Some(Self::with_env(&[]))
    }

    pub(crate) fn with_env(env: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("dll.conf"), "test\npnm\n").unwrap();
        std::fs::write(dir.path().join("test.conf"), "number_of_devices 2\nresolution 50.0\n").unwrap();
        let mut env: Vec<_> = env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        env.push(("SANE_CONFIG_DIR".into(), dir.path().to_str().unwrap().into()));
        let program = env!("CARGO_BIN_EXE_motcua-scanner-worker").into();
        let scanner = SaneScanner::new(WorkerCommand { program, args: Vec::new(), env })
            .with_watchdog(Duration::from_secs(20))
            .with_grace(Duration::from_millis(1500));
        Self { scanner, dir }
    }

    /// Scans to the end: the pages that came and how it ended.
    pub(crate) async fn scan(&self, request: &ScanRequest) -> (Vec<RawPage>, Result<u32, ScanError>) {
        let (sender, mut receiver) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let collecting = async {
            let mut pages = Vec::new();
            while let Some(page) = receiver.recv().await {
                pages.push(page);
            }
            pages
        };
        let (outcome, pages) = tokio::join!(self.scanner.scan(request, sender, &cancel), collecting);
        (pages, outcome)
    }

    /// Process number of the worker that runs now, found by its configuration folder.
    pub(crate) fn worker(&self) -> Option<i32> {
        let mark = format!("SANE_CONFIG_DIR={}", self.dir.path().to_str().unwrap());
        std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let number: i32 = entry.file_name().to_str()?.parse().ok()?;
            let env = std::fs::read(entry.path().join("environ")).ok()?;
            env.split(|b| *b == 0).any(|v| v == mark.as_bytes()).then_some(number)
        })
    }

    pub(crate) async fn worker_soon(&self) -> i32 {
        for _ in 0..200 {
            if let Some(number) = self.worker() {
                return number;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no worker was started");
    }

    pub(crate) async fn worker_gone_within(&self, limit: Duration) -> bool {
        let start = std::time::Instant::now();
        while start.elapsed() < limit {
            if self.worker().is_none() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

/// A small area of a test device, quick to scan.
pub(crate) fn request(device: &str, options: &[(&str, &str)]) -> ScanRequest {
    ScanRequest {
        device: device.into(),
        dpi: 75,
        mode: ColorMode::Color,
        source: ScannerSource::Auto,
        max_pages: 50,
        options: options.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
    }
}

/// A read so slow that the scan lasts many seconds.
pub(crate) const SLOW: [(&str, &str); 2] = [("read-delay", "yes"), ("read-delay-duration", "200000")];
