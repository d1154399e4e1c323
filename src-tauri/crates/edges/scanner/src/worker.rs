//! The worker's side: one order, libsane, pages out.

use crate::{
    message::{Failure, Order, Report},
    picture::{self, Frame, Picture},
    sane::{Device, Sane, Status},
    settings::{self, Agreed},
};
use motcua_desk::ports::{ScanFault, ScanRequest};
use motcua_wire::{FrameError, read_frame, write_frame};
use std::{
    fs::File,
    io,
    os::fd::FromRawFd,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

const READ_SIZE: usize = 256 * 1024;
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// After a cancel, or when the program is gone, a driver gets so long before the process ends.
const LAST_GRACE: Duration = Duration::from_secs(5);
/// A device just used from another source says busy for a moment.
const SETTLING: Duration = Duration::from_millis(700);

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Runs the worker: one order on stdin, frames on stdout, then the end. Programs call it first thing
/// when started as `worker scanner`.
#[must_use]
pub fn worker_main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE, // the program that would be told is gone
    }
}

fn work() -> Result<(), FrameError> {
    tie_to_parent();
    let mut out = private_stdout()?;
    let (order, _) = read_frame::<Order>(&mut io::stdin().lock())?;
    thread::Builder::new().spawn(watch_for_cancel)?;
    let outcome = match order {
        Order::List => list(&mut out),
        Order::Scan(request) => scan(&request, &mut out),
        Order::Cancel => Ok(()),
    };
    match outcome {
        Err(Stop::Failure(failure)) => write_frame(&mut out, &Report::Failed(failure), &[]),
        Err(Stop::Stream(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}

/// Why a job stopped.
enum Stop {
    Failure(Failure),
    Stream(FrameError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Failure(status.into())
    }
}

impl From<ScanFault> for Stop {
    fn from(fault: ScanFault) -> Self {
        Self::Failure(fault.into())
    }
}

impl From<FrameError> for Stop {
    fn from(error: FrameError) -> Self {
        Self::Stream(error)
    }
}

fn list(out: &mut File) -> Result<(), Stop> {
    let sane = Sane::load()?;
    let devices = sane.devices()?;
    Ok(write_frame(out, &Report::Devices(devices), &[])?)
}

fn scan(request: &ScanRequest, out: &mut File) -> Result<(), Stop> {
    let sane = Sane::load()?;
    let device = settled(|| sane.open(&request.device)).map_err(|status| match status {
        Status::Invalid => Failure::Fault(ScanFault::Gone),
        other => other.into(),
    })?;
    let outcome = settings::apply(&device, request)
        .map_err(Stop::from)
        .and_then(|agreed| pages(&device, request, agreed, out));
    let last = match outcome {
        Ok(()) => Report::Done,
        Err(Stop::Failure(failure)) => Report::Failed(failure),
        Err(stream) => return Err(stream),
    };
    // Told before the device is put to rest: a driver that hangs or crashes there changes nothing.
    write_frame(out, &last, &[])?;
    device.cancel();
    Ok(())
}

fn pages(device: &Device<'_>, request: &ScanRequest, agreed: Agreed, out: &mut File) -> Result<(), Stop> {
    let most = if agreed.feeds { request.max_pages } else { 1 };
    let mut buffer = vec![0u8; READ_SIZE];
    for number in 0..most {
        let Some(picture) = page(device, request, number, &mut buffer, out)? else { return Ok(()) };
        let side = |n: usize| u32::try_from(n).map_err(|_| ScanFault::Io);
        let (width, height) = (side(picture.width)?, side(picture.height)?);
        let head = Report::Page { width, height, format: picture.format, dpi: agreed.dpi };
        write_frame(out, &head, &picture.samples)?;
    }
    Ok(())
}

/// One page, or none at the feeder's end.
fn page(
    device: &Device<'_>,
    request: &ScanRequest,
    number: u32,
    buffer: &mut [u8],
    out: &mut File,
) -> Result<Option<Picture>, Stop> {
    let mut frames = Vec::new();
    loop {
        let began =
            if number == 0 && frames.is_empty() { settled(|| device.start()) } else { device.start() };
        match began {
            Err(Status::NoDocs) if number > 0 && frames.is_empty() => return Ok(None),
            other => other?,
        }
        let parameters = device.parameters()?;
        let mut frame = Frame::new(parameters)?;
        let mut told = Instant::now();
        loop {
            if CANCELLED.load(Ordering::Relaxed) {
                return Err(Failure::Cancelled.into());
            }
            match device.read(buffer) {
                Ok(0) => thread::sleep(Duration::from_millis(5)),
                Ok(length) => {
                    frame.push(&buffer[..length])?;
                    if told.elapsed() >= PROGRESS_EVERY {
                        write_frame(out, &Report::Progress, &[])?;
                        told = Instant::now();
                    }
                }
                Err(Status::Eof) => break,
                Err(Status::NoDocs) if number > 0 && frames.is_empty() && frame.is_empty() => {
                    return Ok(None);
                }
                // Paper ran out in the middle of a sheet: not an end, a page that is not whole.
                Err(Status::NoDocs) if !frames.is_empty() || !frame.is_empty() => {
                    return Err(ScanFault::Truncated.into());
                }
                Err(status) => return Err(status.into()),
            }
        }
        frames.push(frame);
        if parameters.last || frames.len() > 3 {
            return Ok(Some(picture::assemble(&frames, request.mode)?));
        }
    }
}

/// Tries once more after a moment when the device says busy.
fn settled<T>(attempt: impl Fn() -> Result<T, Status>) -> Result<T, Status> {
    match attempt() {
        Err(Status::Busy) => {
            thread::sleep(SETTLING);
            attempt()
        }
        other => other,
    }
}

/// A cancel or the end of stdin raises the flag; the reading thread itself calls `sane_cancel`,
/// because some drivers crash when another thread does.
fn watch_for_cancel() {
    // Either an order to cancel, or the program is gone: both end the job.
    let _ = read_frame::<Order>(&mut io::stdin().lock());
    CANCELLED.store(true, Ordering::Relaxed);
    thread::sleep(LAST_GRACE);
    // SAFETY: ends the process without running the driver's exit handlers, which may hang too.
    unsafe { libc::_exit(1) }
}

/// Frames leave through a descriptor of their own: drivers that print would break them.
fn private_stdout() -> io::Result<File> {
    // SAFETY: plain descriptor calls; the new descriptor is owned by the file alone.
    unsafe {
        let own = libc::fcntl(libc::STDOUT_FILENO, libc::F_DUPFD_CLOEXEC, 3);
        if own < 0 || libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(File::from_raw_fd(own))
    }
}

/// The worker dies with the program and leaves no memory image of a page on disk.
fn tie_to_parent() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls change this process only and read nothing but their arguments.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
    }
}
