//! A running converter: it ends by itself, by a kill, or with this program; its folder goes after it.

use crate::scratch::Scratch;
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::oneshot;

/// A process and its group. Dropping it kills it; the folder it works in goes when it is gone.
pub(crate) struct Running {
    life: Arc<Mutex<Life>>,
    ended: oneshot::Receiver<io::Result<Option<i32>>>,
}

/// The number of a process may be signalled only while it is not buried.
#[derive(Default)]
struct Life {
    process: Option<u32>,
    doomed: bool,
}

impl Running {
    /// Starts it. One thread forks and stays until the process has ended: the parent-death signal is tied to it.
    pub(crate) fn start(mut command: Command, folder: Arc<Scratch>, seconds: u64) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        prepare(&mut command, seconds);
        let life = Arc::new(Mutex::new(Life::default()));
        let (sender, ended) = oneshot::channel();
        let kept = Arc::clone(&life);
        thread::Builder::new().name("converter".into()).spawn(move || {
            let answer = keep(command, &kept);
            drop(folder);
            // Nobody listens when the call was dropped.
            let _ = sender.send(answer);
        })?;
        Ok(Self { life, ended })
    }

    /// Its exit code; none when a signal ended it.
    pub(crate) async fn end(&mut self) -> io::Result<Option<i32>> {
        (&mut self.ended).await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.doomed = true;
        if let Some(process) = life.process {
            kill(process);
        }
    }
}

fn keep(mut command: Command, life: &Mutex<Life>) -> io::Result<Option<i32>> {
    let mut child = {
        let mut life = life.lock().unwrap_or_else(PoisonError::into_inner);
        if life.doomed {
            return Ok(None);
        }
        let child = command.spawn()?;
        life.process = Some(child.id());
        child
    };
    bury(&mut child, life)
}

#[cfg(unix)]
fn prepare(command: &mut Command, seconds: u64) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    // SAFETY: between fork and exec `close` calls the system with plain numbers and its own stack, and allocates nothing.
    unsafe { command.pre_exec(move || crate::fence::close(seconds)) };
}

#[cfg(unix)]
fn bury(child: &mut Child, life: &Mutex<Life>) -> io::Result<Option<i32>> {
    loop {
        // SAFETY: waits for our own child without taking its end (`WNOWAIT`), so that its number and its group stay ours
        // until the lock below is held.
        let waited = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, child.id(), &raw mut info, libc::WEXITED | libc::WNOWAIT)
        };
        if waited == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
    }
    let mut life = life.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(process) = life.process.take() {
        kill(process); // whatever it started itself
    }
    Ok(child.wait()?.code())
}

#[cfg(unix)]
fn kill(process: u32) {
    let Ok(process) = libc::pid_t::try_from(process) else { return };
    // SAFETY: signals the group of a child that is not buried yet.
    unsafe { libc::kill(-process, libc::SIGKILL) };
}

#[cfg(not(unix))]
fn prepare(_command: &mut Command, _seconds: u64) {}

/// Looks every now and then whether it ended or has to.
#[cfg(not(unix))]
fn bury(child: &mut Child, life: &Mutex<Life>) -> io::Result<Option<i32>> {
    loop {
        if life.lock().unwrap_or_else(PoisonError::into_inner).doomed {
            drop(child.kill());
            return Ok(child.wait()?.code());
        }
        if let Some(ended) = child.try_wait()? {
            return Ok(ended.code());
        }
        thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[cfg(not(unix))]
fn kill(_process: u32) {}
