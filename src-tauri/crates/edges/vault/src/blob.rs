//! Sealed files, format v1 (`BLOB_V1.md`): 64 KiB STREAM chunks under a key of their own.

use crate::disk;
use crate::keys::{Key, make_random, unwrap_key, wrap_key};
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use motcua_desk::ports::VaultError;
use motcua_dossier::BlobId;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"MCVBLOB\0";
const VERSION: u8 = 1;
const XCHACHA_STREAM: u8 = 1;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const HEADER: usize = 48;
const PREFIX: usize = 19;

const KEY_MAGIC: [u8; 4] = *b"MCK\x01";
const WRAPPED: usize = 4 + 24 + 48;

/// The sealed files of one vault.
pub(crate) struct BlobStore {
    dir: PathBuf,
    master: Key,
    names: Key,
}

impl BlobStore {
    /// Files in `dir`, their keys wrapped by `master`, their names hashed with `names`.
    pub(crate) fn new(dir: PathBuf, master: Key, names: Key) -> Self {
        Self { dir, master, names }
    }

    /// Keyed hash of the plain file's SHA-256: says nothing to whoever has the plain file.
    pub(crate) fn name(&self, id: &BlobId) -> [u8; 32] {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&*self.names).expect("HMAC takes keys of any length");
        mac.update(&id.0);
        mac.finalize().into_bytes().into()
    }

    /// Seals and writes, durable; gives the wrapped key the database keeps.
    pub(crate) fn write(&self, id: &BlobId, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key: Key = Zeroizing::new(make_random()?);
        let sealed = seal(&key, &make_random()?, plain)?;
        disk::replace(&self.path(id), &[&sealed])?;
        self.wrap(id, &key, &make_random()?)
    }

    /// Reads, opens, and checks that it is the file asked for; none when the file is not there.
    pub(crate) fn read(&self, id: &BlobId, wrapped: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let key = self.unwrap(id, wrapped)?;
        let Some(sealed) = disk::read(&self.path(id))? else { return Ok(None) };
        let plain = open(&key, &sealed)?;
        if identify(&plain) != *id {
            return Err(VaultError::Damaged);
        }
        Ok(Some(plain))
    }

    /// Is the file there.
    pub(crate) fn has(&self, id: &BlobId) -> bool {
        self.path(id).is_file()
    }

    /// Removes what an interrupted write left.
    pub(crate) fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().ends_with(disk::UNFINISHED) {
                // Nothing acknowledged is in it; one that stays does no harm.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        Path::new(&self.dir).join(hex::encode(self.name(id)))
    }

    fn wrap(&self, id: &BlobId, key: &Key, nonce: &[u8; 24]) -> Result<Vec<u8>, VaultError> {
        let mut out = Vec::with_capacity(WRAPPED);
        out.extend_from_slice(&KEY_MAGIC);
        out.extend_from_slice(nonce);
        out.extend_from_slice(&wrap_key(&self.master, nonce, key, &self.name(id))?);
        Ok(out)
    }

    fn unwrap(&self, id: &BlobId, wrapped: &[u8]) -> Result<Key, VaultError> {
        let rest = wrapped.strip_prefix(&KEY_MAGIC).ok_or(VaultError::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<24>().ok_or(VaultError::Damaged)?;
        unwrap_key(&self.master, nonce, sealed, &self.name(id)).ok_or(VaultError::Damaged)
    }
}

/// Identity of plain bytes.
pub(crate) fn identify(plain: &[u8]) -> BlobId {
    BlobId(Sha256::digest(plain).into())
}

fn seal(key: &Key, prefix: &[u8; PREFIX], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let header = header(prefix, plain.len());
    let chunks = chunk_count(plain.len());
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let mut out = Vec::with_capacity(HEADER + plain.len() + chunks * TAG);
    out.extend_from_slice(&header);
    for index in 0..chunks {
        let chunk = &plain[index * CHUNK..plain.len().min((index + 1) * CHUNK)];
        let start = out.len();
        out.extend_from_slice(chunk);
        let nonce = chunk_nonce(prefix, index, index + 1 == chunks)?;
        let tag = cipher
            .encrypt_in_place_detached(&nonce, &header, &mut out[start..])
            .map_err(|_| VaultError::Storage)?;
        out.extend_from_slice(&tag);
    }
    Ok(out)
}

fn open(key: &Key, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (head, mut rest) = sealed.split_first_chunk::<HEADER>().ok_or(VaultError::Damaged)?;
    if head[..8] != MAGIC {
        return Err(VaultError::Damaged);
    }
    if head[8] > VERSION {
        return Err(VaultError::Newer);
    }
    let mut prefix = [0u8; PREFIX];
    prefix.copy_from_slice(&head[24..24 + PREFIX]);
    let mut length = [0u8; 8];
    length.copy_from_slice(&head[16..24]);
    let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| VaultError::Damaged)?;
    // The length decides nothing before it fits the bytes that are there.
    let chunks = chunk_count(length);
    let whole = chunks.checked_mul(TAG).and_then(|tags| tags.checked_add(length));
    if *head != header(&prefix, length) || whole != Some(rest.len()) {
        return Err(VaultError::Damaged);
    }
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let mut plain = Vec::with_capacity(length);
    for index in 0..chunks {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK + TAG));
        rest = after;
        let (body, tag) = chunk.split_at(chunk.len() - TAG);
        let start = plain.len();
        plain.extend_from_slice(body);
        let nonce = chunk_nonce(&prefix, index, index + 1 == chunks)?;
        cipher
            .decrypt_in_place_detached(&nonce, head, &mut plain[start..], Tag::from_slice(tag))
            .map_err(|_| VaultError::Damaged)?;
    }
    Ok(plain)
}

fn header(prefix: &[u8; PREFIX], length: usize) -> [u8; HEADER] {
    let mut header = [0u8; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8] = VERSION;
    header[9] = XCHACHA_STREAM;
    header[12..16].copy_from_slice(&[0, 0, 1, 0]); // 65,536, little endian
    header[16..24].copy_from_slice(&(length as u64).to_le_bytes());
    header[24..24 + PREFIX].copy_from_slice(prefix);
    header
}

/// An empty file is one empty last chunk.
fn chunk_count(length: usize) -> usize {
    length.div_ceil(CHUNK).max(1)
}

fn chunk_nonce(prefix: &[u8; PREFIX], index: usize, last: bool) -> Result<XNonce, VaultError> {
    let index = u32::try_from(index).map_err(|_| VaultError::Damaged)?;
    let mut nonce = [0u8; 24];
    nonce[..PREFIX].copy_from_slice(prefix);
    nonce[PREFIX..PREFIX + 4].copy_from_slice(&index.to_be_bytes());
    nonce[23] = u8::from(last);
    Ok(nonce.into())
}
