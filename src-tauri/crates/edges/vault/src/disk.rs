//! Directories and files of this user only, replaced whole and durable.

use crate::failure::from_io;
use motcua_desk::ports::VaultError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Ending of a file that is not whole yet.
pub(crate) const UNFINISHED: &str = ".unfinished";

/// How long a lock that seems held is looked at again.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Exclusive use of a vault directory, until dropped; the operating system ends it with the process.
pub(crate) struct Hold(#[allow(dead_code)] File);

impl Hold {
    /// Takes the lock file, or says who is in the way.
    pub(crate) fn take(path: &Path) -> Result<Self, VaultError> {
        let file = private_file().create(true).truncate(false).open(path).map_err(|e| from_io(&e))?;
        match patiently(|| file.try_lock()) {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(VaultError::InUse),
            Err(TryLockError::Error(e)) => Err(from_io(&e)),
        }
    }
}

/// Some program holds the lock file. Looks by asking for a share of it, given back at once.
pub(crate) fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(patiently(|| file.try_lock_shared()), Err(TryLockError::WouldBlock))
}

/// A program that starts another one gives it everything for a moment, locks too, until the other one is itself: a lock
/// that was just given back may seem held. Who really holds it holds it longer.
fn patiently(lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 0..TRIES {
        match lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    lock()
}

/// Makes a directory (and its parents) that only this user may enter.
pub(crate) fn make_dir(path: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).and_then(|()| narrow(path)).map_err(|e| from_io(&e))
}

/// Makes an empty file that only this user may read; the database grows in it.
pub(crate) fn make_empty(path: &Path) -> Result<(), VaultError> {
    private_file().create_new(true).open(path).and_then(|f| f.sync_all()).map_err(|e| from_io(&e))
}

/// Replaces `path` with `parts`, whole or not at all, durable before it returns:
/// a file beside it, fsync, rename, fsync of the directory.
pub(crate) fn replace(path: &Path, parts: &[&[u8]]) -> Result<(), VaultError> {
    replace_by(path, |file| parts.iter().try_for_each(|part| file.write_all(part)))
}

/// The same with the bytes of another file, however many.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), VaultError> {
    replace_by(to, |file| io::copy(&mut File::open(from)?, file).map(drop))
}

fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), VaultError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(UNFINISHED);
    let beside = PathBuf::from(beside);
    let written = (|| {
        let mut file = private_file().create(true).truncate(true).open(&beside)?;
        write(&mut file)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_parent(path)
    })();
    written.map_err(|e| {
        // Best effort: a half written file is swept at the next unlock anyway.
        let _ = fs::remove_file(&beside);
        from_io(&e)
    })
}

/// A file that is about to be replaced: its bytes can be reached until this is dropped.
pub(crate) struct Replaced(File);

impl Replaced {
    /// The file as it is.
    pub(crate) fn open(path: &Path) -> Result<Self, VaultError> {
        private_file().open(path).map(Self).map_err(|e| from_io(&e))
    }

    /// Nothing but zeros where it lay, durable; after another took its place.
    pub(crate) fn blot(mut self) -> Result<(), VaultError> {
        let blotted = (|| {
            let length = usize::try_from(self.0.metadata()?.len()).unwrap_or(usize::MAX);
            self.0.write_all(&vec![0; length])?;
            self.0.sync_all()
        })();
        blotted.map_err(|e| from_io(&e))
    }
}

/// No room beside `path` for what an open database needs. Tried, since a quota shows in no number.
pub(crate) fn is_full(path: &Path) -> bool {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".room");
    beside.push(UNFINISHED);
    let tried = private_file().create(true).truncate(true).open(&beside);
    let tried = tried.and_then(|mut file| file.write_all(&[0; 64 << 10]).and_then(|()| file.sync_all()));
    let _ = fs::remove_file(&beside);
    tried.is_err_and(|e| from_io(&e) == VaultError::Full)
}

/// Makes the directory entry of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Reads a file; none when it is not there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(from_io(&e)),
    }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn narrow(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_let_go_of_a_moment_later_is_no_lock_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.lock");
        let held = Hold::take(&path).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(PAUSE * 3);
                drop(held);
            });
            drop(Hold::take(&path).unwrap());
        });
        let held = Hold::take(&path).unwrap();
        assert!(is_held(&path));
        assert_eq!(Hold::take(&path).err(), Some(VaultError::InUse));
        drop(held);
    }
}
