//! A library that is loaded before libc (`LD_PRELOAD`, Linux only) and writes down, in order, every write,
//! flush, rename, removal and new file below `MOTCUA_DISK_ROOT` into the file `MOTCUA_DISK_LOG`, together
//! with what the program says on stdout. From it every state a disk can be in after a power cut is made.
//! For tests only; it changes nothing of what the program does.
//!
//! The same library plays a full disk: while there is the file `MOTCUA_DISK_FULL`, the program may let its
//! files grow by as many bytes as that file says, counted from when it came, and is then told `ENOSPC`. What
//! was written may be written over. Either part works without the other.
//!
//! A record: kind (one byte), length of the path (u32), path below the root, offset (u64), length of the
//! data (u32), data; numbers little-endian. One `write` per record, appended, so that the records of
//! several processes do not mix.
#![cfg(target_os = "linux")]
#![allow(
    missing_docs,
    clippy::missing_safety_doc,
    reason = "each function is the one of libc it stands before"
)]
#![allow(clippy::cast_possible_truncation, reason = "results of calls fit their own types")]

use libc::{c_char, c_int, c_long, c_void, mode_t, off_t, size_t, ssize_t};
use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

const WRITE: u8 = b'W';
const FLUSH: u8 = b'F';
const FLUSH_FOLDER: u8 = b'D';
const CREATE: u8 = b'C';
const LENGTH: u8 = b'L';
const RENAME: u8 = b'R';
const REMOVE: u8 = b'U';
const FOLDER: u8 = b'M';
const SAID: u8 = b'S';

struct Recorder {
    root: PathBuf,
    /// Negative when nothing is to be written down.
    log: c_int,
    full: Option<std::ffi::CString>,
}

/// Bytes the files of this program have grown by since there is a limit.
static GROWN: AtomicU64 = AtomicU64::new(0);
static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
/// Open files below the root: path, and whether it is a folder.
static OPEN: Mutex<Option<HashMap<c_int, (PathBuf, bool)>>> = Mutex::new(None);

fn recorder() -> Option<&'static Recorder> {
    let made = RECORDER.get_or_init(|| {
        let root = PathBuf::from(std::env::var_os("MOTCUA_DISK_ROOT")?);
        let path = |name| std::ffi::CString::new(std::env::var_os(name)?.into_vec()).ok();
        let full = path("MOTCUA_DISK_FULL");
        let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
        let log = path("MOTCUA_DISK_LOG").map_or(-1, |log| {
            // SAFETY: the path is a C string that lives through the call.
            unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, log.as_ptr(), flags, 0o600) }
        });
        let log = c_int::try_from(log).unwrap_or(-1);
        (log >= 0 || full.is_some()).then_some(Recorder { root, log, full })
    });
    made.as_ref()
}

fn open_files() -> MutexGuard<'static, Option<HashMap<c_int, (PathBuf, bool)>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// How far the files may still grow; none when there is no limit now.
    fn room(&self) -> Option<u64> {
        let path = self.full.as_ref()?;
        let flags = libc::O_RDONLY | libc::O_CLOEXEC;
        // SAFETY: the path is a C string that lives through the call.
        let fd = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0) };
        if fd < 0 {
            GROWN.store(0, Ordering::SeqCst);
            return None;
        }
        let mut text = [0u8; 20];
        // SAFETY: the buffer is ours and as long as said; the descriptor was opened here.
        let read = unsafe {
            let read = libc::syscall(libc::SYS_read, fd, text.as_mut_ptr(), text.len());
            libc::syscall(libc::SYS_close, fd);
            read
        };
        let text = text.get(..usize::try_from(read).ok()?)?;
        let allowed: u64 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
        Some(allowed.saturating_sub(GROWN.load(Ordering::SeqCst)))
    }

    /// So many bytes more from there: those that fit, none when nothing does.
    fn grow(&self, fd: c_int, from: u64, count: size_t) -> Option<size_t> {
        // SAFETY: asks for the size of an open file; all zeroes are a value of the type.
        let size = unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            let asked = libc::syscall(libc::SYS_fstat, fd, &raw mut stat);
            if asked == 0 { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 }
        };
        let growth = (from + count as u64).saturating_sub(size);
        let Some(room) = self.room().filter(|room| *room < growth) else {
            GROWN.fetch_add(growth, Ordering::SeqCst);
            return Some(count);
        };
        GROWN.fetch_add(room, Ordering::SeqCst);
        let fits = (count as u64).saturating_sub(growth - room);
        usize::try_from(fits).ok().filter(|fits| *fits > 0)
    }

    fn note(&self, kind: u8, path: &Path, offset: u64, data: &[u8]) {
        if self.log < 0 {
            return;
        }
        let path = path.as_os_str().as_bytes();
        let mut record = Vec::with_capacity(path.len() + data.len() + 17);
        record.push(kind);
        record.extend_from_slice(&u32::try_from(path.len()).unwrap_or(0).to_le_bytes());
        record.extend_from_slice(path);
        record.extend_from_slice(&offset.to_le_bytes());
        record.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_le_bytes());
        record.extend_from_slice(data);
        // SAFETY: the buffer is ours and as long as said; a failure loses a record, and the test then fails.
        unsafe { libc::syscall(libc::SYS_write, self.log, record.as_ptr(), record.len()) };
    }

    /// A path below the root, none for any other.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        let whole =
            if path.is_absolute() { path.to_owned() } else { std::env::current_dir().ok()?.join(path) };
        let mut plain = PathBuf::new();
        for part in whole.components() {
            match part {
                Component::ParentDir => drop(plain.pop()),
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
            }
        }
        plain.strip_prefix(&self.root).ok().map(Path::to_owned)
    }
}

/// The path of a call that is taken from a folder's descriptor or from where the program stands.
unsafe fn named(folder: c_int, path: *const c_char) -> Option<PathBuf> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller of libc gave a C string.
    let given = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes())).to_owned();
    let recorder = recorder()?;
    if folder != libc::AT_FDCWD && !given.is_absolute() {
        return Some(open_files().as_ref()?.get(&folder)?.0.join(given));
    }
    recorder.below(&given)
}

fn opened(fd: c_long, path: Option<PathBuf>, flags: c_int, was_there: bool) -> c_int {
    let fd = c_int::try_from(fd).unwrap_or(-1);
    let mut open = open_files();
    let open = open.get_or_insert_default();
    open.remove(&fd);
    let (Some(path), true, Some(recorder)) = (path, fd >= 0, recorder()) else { return fd };
    let folder = flags & libc::O_DIRECTORY != 0 || recorder.root.join(&path).is_dir();
    if !folder && !was_there {
        recorder.note(CREATE, &path, 0, &[]);
    } else if flags & libc::O_TRUNC != 0 {
        recorder.note(LENGTH, &path, 0, &[]);
    }
    open.insert(fd, (path, folder));
    fd
}

fn is_there(path: Option<&PathBuf>) -> bool {
    path.zip(recorder()).is_some_and(|(path, r)| r.root.join(path).symlink_metadata().is_ok())
}

unsafe fn open_at(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: handed on from the caller of libc.
    let name = unsafe { named(folder, path) };
    let was_there = is_there(name.as_ref());
    let makes = name.is_some() && !was_there && flags & libc::O_CREAT != 0;
    if makes && recorder().and_then(Recorder::room) == Some(0) {
        return no_space();
    }
    // SAFETY: the very arguments of the caller.
    let fd = unsafe { libc::syscall(libc::SYS_openat, folder, path, flags, c_long::from(mode)) };
    opened(fd, name, flags, was_there)
}

/// # Safety
/// As `open(2)`; the mode is read only when the flags create.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: handed on.
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: handed on.
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: handed on.
    unsafe { open_at(folder, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: handed on.
    unsafe { open_at(folder, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(fd: c_int) -> c_int {
    if let Some(open) = open_files().as_mut() {
        open.remove(&fd);
    }
    // SAFETY: the caller's descriptor.
    c_int::try_from(unsafe { libc::syscall(libc::SYS_close, fd) }).unwrap_or(-1)
}

fn no_space() -> c_int {
    // SAFETY: the error number of this thread.
    unsafe { *libc::__errno_location() = libc::ENOSPC };
    -1
}

/// How many of these bytes the disk takes; none when it is full.
fn allowed(fd: c_int, count: size_t, at: Option<off_t>) -> Option<size_t> {
    let known = open_files().as_ref().is_some_and(|open| open.contains_key(&fd));
    let Some(recorder) = recorder().filter(|r| known && r.full.is_some()) else { return Some(count) };
    // SAFETY: asks where the descriptor stands.
    let from = at.unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_lseek, fd, 0, libc::SEEK_CUR) });
    recorder.grow(fd, u64::try_from(from).unwrap_or(0), count)
}

fn wrote(fd: c_int, bytes: *const c_void, done: ssize_t, offset: Option<off_t>) {
    let Ok(done) = usize::try_from(done) else { return };
    if done == 0 || bytes.is_null() {
        return;
    }
    let Some(recorder) = recorder() else { return };
    // SAFETY: the kernel has just read as many bytes there.
    let data = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), done) };
    let path = open_files().as_ref().and_then(|open| open.get(&fd).cloned());
    let Some((path, _)) = path else {
        if fd == 1 {
            recorder.note(SAID, Path::new(""), 0, data);
        }
        return;
    };
    let offset = offset.map_or_else(
        || {
            // SAFETY: asks where the descriptor stands.
            let now = unsafe { libc::syscall(libc::SYS_lseek, fd, 0, libc::SEEK_CUR) };
            u64::try_from(now).unwrap_or(0).saturating_sub(done as u64)
        },
        |o| u64::try_from(o).unwrap_or(0),
    );
    recorder.note(WRITE, &path, offset, data);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    let Some(count) = allowed(fd, count, None) else { return no_space() as ssize_t };
    // SAFETY: the very arguments of the caller.
    let done = unsafe { libc::syscall(libc::SYS_write, fd, bytes, count) } as ssize_t;
    wrote(fd, bytes, done, None);
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    let Some(count) = allowed(fd, count, Some(at)) else { return no_space() as ssize_t };
    // SAFETY: the very arguments of the caller.
    let done = unsafe { libc::syscall(libc::SYS_pwrite64, fd, bytes, count, at) } as ssize_t;
    wrote(fd, bytes, done, Some(at));
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    // SAFETY: handed on.
    unsafe { pwrite(fd, bytes, count, at) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, parts: *const libc::iovec, count: c_int) -> ssize_t {
    let known = fd == 1 || open_files().as_ref().is_some_and(|open| open.contains_key(&fd));
    if !known {
        // SAFETY: the very arguments of the caller.
        return unsafe { libc::syscall(libc::SYS_writev, fd, parts, count) } as ssize_t;
    }
    let mut whole = 0;
    for n in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller's array has so many parts.
        let part = unsafe { *parts.add(n) };
        // SAFETY: a part is a buffer of the caller.
        let done = unsafe { write(fd, part.iov_base, part.iov_len) };
        if done < 0 {
            return if whole == 0 { done } else { whole };
        }
        whole += done;
        if usize::try_from(done).unwrap_or(0) < part.iov_len {
            break;
        }
    }
    whole
}

fn flushed(fd: c_int, done: c_long) -> c_int {
    let found = open_files().as_ref().and_then(|open| open.get(&fd).cloned());
    if let (0, Some((path, folder)), Some(recorder)) = (done, found, recorder()) {
        recorder.note(if folder { FLUSH_FOLDER } else { FLUSH }, &path, 0, &[]);
    }
    c_int::try_from(done).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: the caller's descriptor.
    flushed(fd, unsafe { libc::syscall(libc::SYS_fsync, fd) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: the caller's descriptor.
    flushed(fd, unsafe { libc::syscall(libc::SYS_fdatasync, fd) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    // SAFETY: the caller's descriptor.
    let done = unsafe { libc::syscall(libc::SYS_ftruncate, fd, length) };
    let found = open_files().as_ref().and_then(|open| open.get(&fd).cloned());
    if let (0, Some((path, _)), Some(recorder)) = (done, found, recorder()) {
        recorder.note(LENGTH, &path, u64::try_from(length).unwrap_or(0), &[]);
    }
    c_int::try_from(done).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    // SAFETY: handed on.
    unsafe { ftruncate(fd, length) }
}

unsafe fn renamed(done: c_long, from: Option<PathBuf>, to: Option<PathBuf>) -> c_int {
    if done == 0
        && let (Some(from), Some(to), Some(recorder)) = (from, to, recorder())
    {
        recorder.note(RENAME, &from, 0, to.as_os_str().as_bytes());
        for (path, _) in open_files().get_or_insert_default().values_mut() {
            if *path == from {
                path.clone_from(&to);
            }
        }
    }
    c_int::try_from(done).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: handed on.
    unsafe { renameat(libc::AT_FDCWD, from, libc::AT_FDCWD, to) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(a: c_int, from: *const c_char, b: c_int, to: *const c_char) -> c_int {
    // SAFETY: the caller gave C strings.
    let (old, new) = unsafe { (named(a, from), named(b, to)) };
    // SAFETY: the very arguments of the caller.
    let done = unsafe { libc::syscall(libc::SYS_renameat2, a, from, b, to, 0) };
    // SAFETY: nothing is read through a pointer.
    unsafe { renamed(done, old, new) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: handed on.
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(folder: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the caller gave a C string.
    let name = unsafe { named(folder, path) };
    // SAFETY: the very arguments of the caller.
    let done = unsafe { libc::syscall(libc::SYS_unlinkat, folder, path, flags) };
    if let (0, Some(name), Some(recorder)) = (done, name, recorder()) {
        recorder.note(REMOVE, &name, 0, &[]);
    }
    c_int::try_from(done).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller gave a C string.
    let name = unsafe { named(libc::AT_FDCWD, path) };
    if name.is_some() && recorder().and_then(Recorder::room) == Some(0) {
        return no_space();
    }
    // SAFETY: the very arguments of the caller.
    let done = unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, path, c_long::from(mode)) };
    if let (0, Some(name), Some(recorder)) = (done, name, recorder()) {
        recorder.note(FOLDER, &name, 0, &[]);
    }
    c_int::try_from(done).unwrap_or(-1)
}
