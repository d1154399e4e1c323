//! Files by the SHA-256 of their bytes. A name appears only when the bytes are whole and flushed.

use motcua_dossier::BlobId;
use motcua_wire::MAX_FILE;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Folder of uploads under way, beside the shelves so that a rename stays inside one file system.
const UPLOADS: &str = "uploads";

/// Why a file was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// The bytes hash to something else.
    #[error("bytes do not hash to the name")]
    HashMismatch,
    /// More than [`MAX_FILE`] bytes.
    #[error("file is too large")]
    TooLarge,
    /// Disk.
    #[error("disk failed: {0}")]
    Io(#[from] io::Error),
}

/// A folder of blobs.
pub struct Blobs {
    folder: PathBuf,
    next: AtomicU64,
}

/// A file being received; dropped without [`Incoming::finish`], it leaves nothing behind.
pub(crate) struct Incoming {
    file: File,
    part: PathBuf,
    hash: Sha256,
    size: u64,
    done: bool,
}

impl Blobs {
    /// Opens or makes the folder; files whose single request was cut by a crash are removed.
    ///
    /// # Errors
    /// Disk.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let this = Self::beside(folder)?;
        for entry in fs::read_dir(folder.join("incoming"))? {
            fs::remove_file(entry?.path())?;
        }
        Ok(this)
    }

    /// Opens or makes the folder beside a server that may be writing to it.
    ///
    /// # Errors
    /// Disk.
    pub fn beside(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder.join("incoming"))?;
        fs::create_dir_all(folder.join(UPLOADS))?;
        Ok(Self::at(folder))
    }

    /// A folder that is only read.
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), next: AtomicU64::new(0) }
    }

    /// Stores bytes that are already in memory (seeding).
    ///
    /// # Errors
    /// See [`BlobError`].
    pub fn put(&self, bytes: &[u8]) -> Result<BlobId, BlobError> {
        let id = BlobId(Sha256::digest(bytes).into());
        let mut incoming = self.receive()?;
        incoming.push(bytes)?;
        incoming.finish(self, &id)?;
        Ok(id)
    }

    /// Reads a file whole.
    ///
    /// # Errors
    /// Disk; `NotFound` when there is none.
    pub fn read(&self, id: &BlobId) -> io::Result<Vec<u8>> {
        fs::read(self.path(id))
    }

    /// Does the file's content still hash to its name.
    ///
    /// # Errors
    /// Disk; `NotFound` when there is none.
    pub fn is_whole(&self, id: &BlobId) -> io::Result<bool> {
        Ok(hash_of(&File::open(self.path(id))?)? == id.0)
    }

    /// Takes a file over from another folder of blobs; what does not hash to its name is not taken.
    pub(crate) fn take_from(&self, other: &Self, id: &BlobId) -> Result<u64, BlobError> {
        let (mut file, mut buffer) = (File::open(other.path(id))?, vec![0u8; 1 << 16]);
        let mut incoming = self.receive()?;
        loop {
            let n = file.read(&mut buffer)?;
            if n == 0 {
                return incoming.finish(self, id);
            }
            incoming.push(&buffer[..n])?;
        }
    }

    /// Moves a file whose bytes changed out of the way, so that a counter that has it sends it again.
    pub(crate) fn set_aside(&self, id: &BlobId, aside: &Path) -> io::Result<()> {
        fs::create_dir_all(aside)?;
        let path = self.path(id);
        fs::rename(&path, aside.join(id.to_string()))?;
        flush_folder(path.parent().unwrap_or(&self.folder))
    }

    pub(crate) fn has(&self, id: &BlobId) -> bool {
        self.path(id).is_file()
    }

    pub(crate) fn receive(&self) -> io::Result<Incoming> {
        let name = format!("{}-{}.part", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed));
        let part = self.folder.join("incoming").join(name);
        let file = File::create_new(&part)?;
        Ok(Incoming { file, part, hash: Sha256::new(), size: 0, done: false })
    }

    /// Where the bytes of an upload lie until it is committed. `upload` is an id of ours, never a caller's word.
    pub(crate) fn part(&self, upload: &str) -> PathBuf {
        self.folder.join(UPLOADS).join(upload)
    }

    /// Gives a finished upload its name, if its bytes hash to it.
    pub(crate) fn adopt(&self, upload: &str, id: &BlobId) -> Result<u64, BlobError> {
        let part = self.part(upload);
        let file = File::open(&part)?;
        if hash_of(&file)? != id.0 {
            return Err(BlobError::HashMismatch);
        }
        let size = file.metadata()?.len();
        self.place(&file, &part, id)?;
        Ok(size)
    }

    /// Removes the bytes of uploads that are not among `open`.
    pub(crate) fn sweep_parts(&self, open: &std::collections::BTreeSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.join(UPLOADS))? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| open.contains(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Flushes the bytes, gives them their name and flushes the folder.
    fn place(&self, file: &File, part: &Path, id: &BlobId) -> io::Result<()> {
        file.sync_all()?;
        let path = self.path(id);
        let shelf = path.parent().unwrap_or(&self.folder);
        if !shelf.is_dir() {
            fs::create_dir_all(shelf)?;
            flush_folder(&self.folder)?;
        }
        fs::rename(part, &path)?;
        flush_folder(shelf)
    }

    /// Every file with its size.
    pub(crate) fn list(&self) -> io::Result<Vec<(BlobId, u64)>> {
        let mut found = Vec::new();
        for shelf in fs::read_dir(&self.folder)? {
            let shelf = shelf?;
            if shelf.file_name() == "incoming" || shelf.file_name() == UPLOADS || !shelf.file_type()?.is_dir()
            {
                continue;
            }
            for entry in fs::read_dir(shelf.path())? {
                let entry = entry?;
                if let Some(id) = entry.file_name().to_str().and_then(|n| BlobId::parse(n).ok()) {
                    found.push((id, entry.metadata()?.len()));
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn path(&self, id: &BlobId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(&name[..2]).join(name)
    }
}

impl Incoming {
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        if self.size > MAX_FILE {
            return Err(BlobError::TooLarge);
        }
        self.hash.update(bytes);
        self.file.write_all(bytes)?;
        Ok(())
    }

    /// Checks the hash, flushes, gives the file its name and flushes the folder.
    pub(crate) fn finish(mut self, blobs: &Blobs, id: &BlobId) -> Result<u64, BlobError> {
        if self.hash.clone().finalize().as_slice() != id.0 {
            return Err(BlobError::HashMismatch);
        }
        blobs.place(&self.file, &self.part, id)?;
        self.done = true;
        Ok(self.size)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.part);
        }
    }
}

pub(crate) fn hash_of(mut file: &File) -> io::Result<[u8; 32]> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0u8; 1 << 16]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..n]);
    }
}

/// A rename is durable only when its folder is flushed; Windows has no such call and needs none.
pub(crate) fn flush_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn wrong_bytes_never_get_a_name_and_leave_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let mut incoming = blobs.receive().unwrap();
        incoming.push(b"other").unwrap();
        let id = BlobId(Sha256::digest(b"wished").into());
        assert!(matches!(incoming.finish(&blobs, &id), Err(BlobError::HashMismatch)));
        assert!(!blobs.has(&id));
        assert_eq!(fs::read_dir(dir.path().join("incoming")).unwrap().count(), 0);
        assert_eq!(blobs.list().unwrap(), vec![]);
    }

    #[test]
    fn a_changed_file_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let id = blobs.put(b"paper").unwrap();
        assert!(blobs.is_whole(&id).unwrap());
        fs::write(blobs.path(&id), b"papeR").unwrap();
        assert!(!blobs.is_whole(&id).unwrap());
    }
}
