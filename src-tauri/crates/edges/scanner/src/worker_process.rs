//! A running worker as the program sees it: reports in, kill and clean-up behind.

use crate::{
    message::{Order, Report},
    scanner::WorkerCommand,
};
use motcua_wire::{FrameError, SECRET_VARIABLES, read_frame, write_frame};
use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};
use tokio::sync::{OwnedMutexGuard, mpsc, oneshot};

/// Reports waiting to be taken; the pipe holds back a worker that is faster.
const WAITING_REPORTS: usize = 2;

/// A device ejects its last sheet and parks its lamp within this.
const RESTING: Duration = Duration::from_secs(15);

/// A worker. Dropping it asks it to stop and kills it after the grace; whoever waits for its turn
/// waits until it is gone.
pub(crate) struct Worker {
    reports: mpsc::Receiver<Result<(Report, Vec<u8>), FrameError>>,
    stdin: Option<ChildStdin>,
    life: Arc<Life>,
    grace: Duration,
    finished: bool,
}

impl Worker {
    /// Starts a worker with its order.
    pub(crate) async fn start(
        command: &WorkerCommand,
        order: &Order,
        turn: OwnedMutexGuard<()>,
        grace: Duration,
    ) -> io::Result<Self> {
        let mut process = Command::new(&command.program);
        process.args(&command.args).envs(command.env.iter().map(|(name, value)| (name, value)));
        for secret in SECRET_VARIABLES {
            process.env_remove(secret);
        }
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A group of its own: drivers that fork are killed whole, and Ctrl-C is the program's affair.
        process.process_group(0);
        let (started, starting) = oneshot::channel();
        // The parent-death signal is tied to the thread that forks, so one thread forks and stays
        // until the worker has ended.
        thread::Builder::new().name("scanner-worker".into()).spawn(move || keep(process, started, turn))?;
        let (stdin, stdout, life) =
            starting.await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))??;
        let (sender, reports) = mpsc::channel(WAITING_REPORTS);
        let mut worker = Self { reports, stdin: Some(stdin), life, grace, finished: false };
        thread::Builder::new().name("scanner-reports".into()).spawn(move || forward(stdout, &sender))?;
        if let Some(stdin) = &mut worker.stdin {
            // A worker that is gone already shows as the end of its reports.
            let _ = write_frame(stdin, order, &[]);
        }
        Ok(worker)
    }

    /// The next report; `None` when the worker ended or talks nonsense.
    pub(crate) async fn next(&mut self) -> Option<(Report, Vec<u8>)> {
        self.reports.recv().await?.ok()
    }

    /// The worker has told its last: it may take its time to bring the device to rest.
    pub(crate) fn finished(&mut self) {
        self.finished = true;
    }

    /// Kills at once.
    pub(crate) fn kill(&self) {
        self.life.kill();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let (mut stdin, life, finished) = (self.stdin.take(), Arc::clone(&self.life), self.finished);
        let grace = if finished { self.grace.max(RESTING) } else { self.grace };
        self.reports.close();
        let cleaning = thread::Builder::new().name("scanner-cleanup".into()).spawn({
            let life = Arc::clone(&life);
            move || {
                if let Some(stdin) = stdin.as_mut().filter(|_| !finished) {
                    let _ = write_frame(stdin, &Order::Cancel, &[]);
                }
                // Standard input stays open till then: its end would mean the program is gone.
                life.end_within(grace);
                drop(stdin);
            }
        });
        if cleaning.is_err() {
            life.kill();
        }
    }
}

/// Whether the worker lives; its number may be signalled only while it does.
struct Life {
    process: Mutex<Option<libc::pid_t>>,
    ended: Condvar,
}

impl Life {
    fn kill(&self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = *process {
            signal_group(process);
        }
    }

    fn end_within(&self, grace: Duration) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let (process, _) = self
            .ended
            .wait_timeout_while(process, grace, |process| process.is_some())
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = *process {
            signal_group(process);
        }
    }
}

type Started = io::Result<(ChildStdin, ChildStdout, Arc<Life>)>;

/// Starts the process, waits for its end and gives the turn on.
fn keep(mut command: Command, started: oneshot::Sender<Started>, turn: OwnedMutexGuard<()>) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let process = libc::pid_t::try_from(child.id()).ok();
    let life = Arc::new(Life { process: Mutex::new(process), ended: Condvar::new() });
    let pipes = child.stdin.take().zip(child.stdout.take());
    let answer = match pipes {
        Some((stdin, stdout)) => Ok((stdin, stdout, Arc::clone(&life))),
        None => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
    };
    if started.send(answer).is_err() {
        life.kill(); // whoever asked is gone
    }
    bury(&mut child, &life);
    drop(turn);
}

fn bury(child: &mut Child, life: &Life) {
    loop {
        // SAFETY: waits for our own child without taking its end (`WNOWAIT`), so that its number and
        // its group stay ours until the lock below is held.
        let waited = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, child.id(), &raw mut info, libc::WEXITED | libc::WNOWAIT)
        };
        if waited == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
    }
    let mut process = life.process.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(process) = process.take() {
        signal_group(process); // readers a driver forked
    }
    let _ = child.wait();
    life.ended.notify_all();
}

fn signal_group(process: libc::pid_t) {
    // SAFETY: signals the group of a child that is not buried yet.
    unsafe { libc::kill(-process, libc::SIGKILL) };
}

/// Passes reports on until the stream ends; after the program lost interest it only drains, so that
/// the worker is not stuck writing.
fn forward(mut stdout: ChildStdout, reports: &mpsc::Sender<Result<(Report, Vec<u8>), FrameError>>) {
    loop {
        let report = read_frame(&mut stdout);
        let ended = report.is_err();
        if reports.blocking_send(report).is_err() {
            let _ = io::copy(&mut stdout, &mut io::sink());
            return;
        }
        if ended {
            return;
        }
    }
}
