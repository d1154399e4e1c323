//! The desk's scanner port over worker processes.

use crate::{
    message::{Order, Report},
    worker_process::Worker,
};
use async_trait::async_trait;
use motcua_desk::ports::{PageFormat, RawPage, ScanError, ScanFault, ScanRequest, Scanner, ScannerInfo};
use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};
use tokio_util::sync::CancellationToken;

const WATCHDOG: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(3);

/// How to start the worker: this very program as `worker scanner`, in most cases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkerCommand {
    /// Program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables added to its environment (`SANE_CONFIG_DIR`).
    pub env: Vec<(String, String)>,
}

/// Scanners that SANE drives. One worker process runs per job, one job at a time: a second one waits
/// until the device of the first is cleaned up.
#[derive(Clone, Debug)]
pub struct SaneScanner {
    command: WorkerCommand,
    watchdog: Duration,
    grace: Duration,
    turn: Arc<Mutex<()>>,
}

impl SaneScanner {
    /// A scanner port over that worker.
    #[must_use]
    pub fn new(command: WorkerCommand) -> Self {
        Self { command, watchdog: WATCHDOG, grace: GRACE, turn: Arc::default() }
    }

    /// A worker whose device gives no byte for so long is killed; 60 s unless set.
    #[must_use]
    pub fn with_watchdog(mut self, watchdog: Duration) -> Self {
        self.watchdog = watchdog;
        self
    }

    /// A worker asked to stop is killed after so long; 3 s unless set.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    async fn start(&self, order: &Order, cancel: &CancellationToken) -> Result<Worker, ScanError> {
        let turn: OwnedMutexGuard<()> = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ScanError::Cancelled),
            turn = Arc::clone(&self.turn).lock_owned() => turn,
        };
        Worker::start(&self.command, order, turn, self.grace).await.map_err(|error| {
            tracing::warn!(kind = ?error.kind(), "scanner worker did not start");
            ScanError::Fault(ScanFault::Crashed)
        })
    }

    async fn next(
        &self,
        worker: &mut Worker,
        cancel: &CancellationToken,
    ) -> Result<(Report, Vec<u8>), ScanError> {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ScanError::Cancelled),
            report = tokio::time::timeout(self.watchdog, worker.next()) => match report {
                Ok(Some(report)) => {
                    if matches!(report.0, Report::Devices(_) | Report::Done | Report::Failed(_)) {
                        worker.finished();
                    }
                    Ok(report)
                }
                Ok(None) => {
                    tracing::warn!("scanner worker ended without a word");
                    Err(ScanError::Fault(ScanFault::Crashed))
                }
                Err(_) => {
                    tracing::warn!("scanner worker gave nothing for too long");
                    worker.kill();
                    Err(ScanError::Fault(ScanFault::Hung))
                }
            },
        }
    }
}

#[async_trait]
impl Scanner for SaneScanner {
    async fn list(&self, cancel: &CancellationToken) -> Result<Vec<ScannerInfo>, ScanError> {
        let mut worker = self.start(&Order::List, cancel).await?;
        match self.next(&mut worker, cancel).await?.0 {
            Report::Devices(devices) => Ok(devices),
            Report::Failed(failure) => Err(failure.into()),
            Report::Progress | Report::Page { .. } | Report::Done => {
                Err(ScanError::Fault(ScanFault::Crashed))
            }
        }
    }

    async fn scan(
        &self,
        request: &ScanRequest,
        pages: mpsc::Sender<RawPage>,
        cancel: &CancellationToken,
    ) -> Result<u32, ScanError> {
        let mut worker = self.start(&Order::Scan(request.clone()), cancel).await?;
        let mut count = 0;
        loop {
            let (report, samples) = self.next(&mut worker, cancel).await?;
            let page = match report {
                Report::Progress => continue,
                Report::Done => return Ok(count),
                Report::Failed(failure) => return Err(failure.into()),
                Report::Page { width, height, format, dpi } => {
                    RawPage { width, height, format, dpi, samples }
                }
                Report::Devices(_) => return Err(ScanError::Fault(ScanFault::Crashed)),
            };
            if !is_whole(&page) {
                return Err(ScanError::Fault(ScanFault::Crashed));
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(ScanError::Cancelled),
                sent = pages.send(page) => match sent {
                    Ok(()) => count += 1,
                    Err(_) => return Err(ScanError::Cancelled), // nobody wants the pages any more
                },
            }
        }
    }
}

fn is_whole(page: &RawPage) -> bool {
    let bytes = match page.format {
        PageFormat::Rgb8 => 3,
        PageFormat::Gray8 => 1,
    };
    u64::from(page.width) * u64::from(page.height) * bytes == page.samples.len() as u64
}
