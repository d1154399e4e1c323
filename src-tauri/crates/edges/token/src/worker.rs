//! Inside the worker process: reads questions from stdin, answers on stdout, one at a time.

mod answer;
mod batch;
mod module;
mod tokens;

use crate::message::{Fault, Reply, Request};
use batch::Batch;
use motcua_wire::{FrameError, read_frame, write_frame};
use std::{fs::File, io, process::ExitCode};
use tokens::Tokens;
use zeroize::Zeroizing;

/// Runs this process as a token worker until its stdin ends.
///
/// The process leaves no core dump, cannot be traced by others of the same user, and dies with the
/// program that started it.
#[must_use]
pub fn worker_main() -> ExitCode {
    harden();
    let Ok((mut from, mut to)) = pipes() else { return ExitCode::FAILURE };
    let mut desk = Desk::default();
    loop {
        let (request, body) = match read_frame::<Request>(&mut from) {
            Ok((request, body)) => (request, Zeroizing::new(body)),
            Err(FrameError::Ended) => return ExitCode::SUCCESS,
            Err(_) => return ExitCode::FAILURE,
        };
        let (reply, body) = match desk.answer(request, body) {
            Ok(answer) => answer,
            Err(fault) => (Reply::Failed(fault), Vec::new()),
        };
        if write_frame(&mut to, &reply, &body).is_err() {
            return ExitCode::FAILURE;
        }
    }
}

/// The loaded module and the batch under way.
#[derive(Default)]
struct Desk {
    tokens: Option<Tokens>,
    batch: Option<Batch>,
}

impl Desk {
    fn answer(&mut self, request: Request, body: Zeroizing<Vec<u8>>) -> Result<(Reply, Vec<u8>), Fault> {
        if let Request::Open { module } = request {
            self.tokens = Some(Tokens::open(module.as_ref())?);
            return Ok((Reply::Done, Vec::new()));
        }
        let tokens = self.tokens.as_mut().ok_or(Fault::NoModule)?;
        match request {
            Request::Open { .. } | Request::Tokens => Ok((Reply::Tokens(tokens.list()?), Vec::new())),
            Request::Certificates => {
                let (listed, body) = tokens.certificates()?;
                Ok((Reply::Certificates(listed), body))
            }
            Request::Begin { slot, key_id, certificate, pin } => {
                self.batch = None;
                let (certificate, typed) = body.split_at_checked(certificate).ok_or(Fault::KeyMissing)?;
                let pin = pin.then(|| Zeroizing::new(typed.to_vec()));
                self.batch = Some(Batch::begin(tokens, slot, &key_id, certificate, pin)?);
                Ok((Reply::Done, Vec::new()))
            }
            Request::Sign => {
                let batch = self.batch.as_mut().ok_or(Fault::NoToken)?;
                match batch.sign(&body) {
                    Ok(signature) => Ok((Reply::Signature, signature)),
                    Err(fault) => {
                        // Dropping it logs out.
                        self.batch = None;
                        Err(fault)
                    }
                }
            }
            Request::End => {
                self.batch = None;
                Ok((Reply::Done, Vec::new()))
            }
        }
    }
}

/// The frames' pipes, unbuffered so that no PIN stays in a buffer. Standard output itself is
/// pointed at standard error: whatever a module prints must not fall between the frames.
#[cfg(unix)]
fn pipes() -> io::Result<(File, File)> {
    use std::os::fd::AsFd;
    let from = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let to = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    // SAFETY: both are valid descriptors of this process; no Rust object owns 1.
    if unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((from, to))
}

#[cfg(windows)]
fn pipes() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle;
    let from = File::from(io::stdin().as_handle().try_clone_to_owned()?);
    let to = File::from(io::stdout().as_handle().try_clone_to_owned()?);
    Ok((from, to))
}

#[cfg(target_os = "linux")]
fn harden() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls on this process with valid arguments; a refusal changes nothing.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
    }
}

#[cfg(not(target_os = "linux"))]
fn harden() {}
