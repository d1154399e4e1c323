//! The key that signs receipts, on disk.

use ed25519_dalek::SigningKey;
use std::io::{self, Write};
use std::path::Path;

/// The key that signs receipts, made at the first start and readable by its owner only.
///
/// # Errors
/// The file cannot be read or written, or is not 64 hex digits.
pub fn receipt_key(data: &Path) -> io::Result<SigningKey> {
    let path = data.join("receipt.key");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut bytes = [0u8; 32];
            hex::decode_to_slice(text.trim(), &mut bytes).map_err(io::Error::other)?;
            Ok(SigningKey::from_bytes(&bytes))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let mut bytes = [0u8; 32];
            getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path)?;
            file.write_all(hex::encode(bytes).as_bytes())?;
            file.sync_all()?;
            Ok(SigningKey::from_bytes(&bytes))
        }
        Err(e) => Err(e),
    }
}
