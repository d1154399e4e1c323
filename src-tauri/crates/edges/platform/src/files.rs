//! Files people asked for.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Writes a file whole or not at all; what stood under that name stays until the new bytes are flushed.
///
/// # Errors
/// The path names no file, or the disk refuses; nothing is left beside it then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole_by(path, |file| file.write_all(bytes))
}

/// The same for a file that is too large to be held in memory: `write` puts its bytes, one after another.
///
/// # Errors
/// As [`write_whole`], or what `write` says; what stood under that name stays then.
pub fn write_whole_by<T, E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let name = path.file_name().ok_or(io::Error::from(io::ErrorKind::InvalidInput))?;
    let part = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let written = (|| {
        let mut file = File::create(&part)?;
        let done = write(&mut file)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        Ok(done)
    })();
    if written.is_err() {
        // What cannot be removed either was not made.
        drop(fs::remove_file(&part));
    }
    written
}

/// The first `most` bytes of a file somebody chose; whoever asks for one byte more than it takes learns that there are more.
///
/// # Errors
/// The file cannot be read.
pub fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_the_one_before_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("giấy.pdf");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        // A folder in the way of the part stands for a disk that refuses.
        fs::create_dir(dir.path().join(".giấy.pdf.part")).unwrap();
        assert!(write_whole(&path, b"three").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two", "what was there is not lost");
        let onto_a_folder = dir.path().join("folder");
        fs::create_dir_all(onto_a_folder.join("full")).unwrap();
        assert!(write_whole(&onto_a_folder, b"x").is_err());
        assert!(!dir.path().join(".folder.part").exists(), "nothing is left beside it");
        assert!(write_whole(Path::new("/"), b"x").is_err());
    }
}
