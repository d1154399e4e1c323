//! The private place of one conversion: in memory where there is such a place, readable by this user alone, and removed
//! whatever happens. A folder is held by a lock that dies with the program, so the next start removes what a killed one left.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const NAME: &str = "motcua-convert";
const LOCK: &str = "lock";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
    lock: Option<File>,
}

/// Where such folders lie: the user's own folder in memory, else memory shared by all, else the folder for temporary files.
pub(crate) fn home() -> PathBuf {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir());
    let memory = || Some(PathBuf::from("/dev/shm")).filter(|dir| cfg!(target_os = "linux") && dir.is_dir());
    of_user.or_else(memory).unwrap_or_else(std::env::temp_dir).join(own_name())
}

#[cfg(unix)]
fn own_name() -> String {
    // SAFETY: takes nothing and always succeeds.
    format!("{NAME}-{}", unsafe { libc::geteuid() })
}

#[cfg(not(unix))]
fn own_name() -> String {
    NAME.to_owned()
}

impl Scratch {
    /// A new folder below `home`, after what dead programs left there was removed.
    pub(crate) fn make(home: &Path) -> io::Result<Self> {
        make_private(home)?;
        sweep(home);
        let dir = home.join(format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        make_private(&dir)?;
        let mut scratch = Self { dir, lock: None };
        let lock = OpenOptions::new().write(true).create_new(true).open(scratch.dir.join(LOCK))?;
        lock.try_lock().map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?;
        scratch.lock = Some(lock);
        Ok(scratch)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.lock.take());
        if std::fs::remove_dir_all(&self.dir).is_err() {
            // A program that is being killed may write once more.
            std::thread::sleep(std::time::Duration::from_millis(100));
            if std::fs::remove_dir_all(&self.dir).is_err() {
                tracing::warn!("a folder of a conversion could not be removed; the next start tries again");
            }
        }
    }
}

/// Removes the folders no living program holds.
pub(crate) fn sweep(home: &Path) {
    if !is_private(home) {
        return; // somebody else's, or none
    }
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        let dir = entry.path();
        let Ok(lock) = OpenOptions::new().write(true).open(dir.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            drop(std::fs::remove_dir_all(&dir));
        }
    }
}

/// Makes the folder for this user alone, or makes sure that the one that is there is such a folder.
#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    if is_private(dir) { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// A folder of this user that nobody else may enter, and no link to one.
#[cfg(unix)]
fn is_private(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    // SAFETY: takes nothing and always succeeds.
    let us = unsafe { libc::geteuid() };
    std::fs::symlink_metadata(dir)
        .is_ok_and(|found| found.is_dir() && found.uid() == us && found.mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    // The folder for temporary files is the user's own there.
    std::fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn is_private(dir: &Path) -> bool {
    dir.is_dir()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_private_and_goes_with_its_holder() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().join("place");
        let scratch = Scratch::make(&home).unwrap();
        std::fs::write(scratch.dir().join("in.docx"), b"x").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(scratch.dir()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        let other = Scratch::make(&home).unwrap();
        assert!(scratch.dir().is_dir(), "what is in use is not swept");
        let (first, second) = (scratch.dir().to_owned(), other.dir().to_owned());
        drop((scratch, other));
        assert!(!first.exists() && !second.exists());
    }

    #[test]
    fn what_a_killed_program_left_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().join("place");
        let mut left = Scratch::make(&home).unwrap();
        std::fs::write(left.dir().join("in.docx"), "dữ liệu cá nhân").unwrap();
        let dir = left.dir().to_owned();
        drop(left.lock.take()); // as the end of a program does
        std::mem::forget(left);
        drop(Scratch::make(&home).unwrap());
        assert!(!dir.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_others_may_enter_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let (open, link) = (home.path().join("open"), home.path().join("link"));
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Scratch::make(&open).is_err());
        std::os::unix::fs::symlink(home.path(), &link).unwrap();
        assert!(Scratch::make(&link).is_err());
    }
}
