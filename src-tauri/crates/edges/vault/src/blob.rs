//! Sealed files, format v1 (`BLOB_V1.md`): 64 KiB STREAM chunks under a key of their own.

use crate::disk;
use crate::keys::{Key, make_random, unwrap_key, wrap_key};
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use motcua_desk::ports::VaultError;
use motcua_dossier::BlobId;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"MCVBLOB\0";
/// Version of the sealed file format (`BLOB_V1.md`).
pub const BLOB_VERSION: u8 = 1;
const XCHACHA_STREAM: u8 = 1;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const HEADER: usize = 48;
const PREFIX: usize = 19;

const KEY_MAGIC: [u8; 4] = *b"MCK\x01";
const WRAPPED: usize = 4 + 24 + 48;
const SEALED_MAGIC: [u8; 4] = *b"MCS\x01";

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
        self.open_file(id, &self.unwrap(id, wrapped)?)
    }

    fn open_file(&self, id: &BlobId, key: &Key) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(sealed) = disk::read(&self.path(id))? else { return Ok(None) };
        let plain = open(key, &sealed)?;
        if identify(&plain) != *id {
            return Err(VaultError::Damaged);
        }
        Ok(Some(plain))
    }

    /// The file's key for the recovery key alone, in place of `wrapped`: whoever forgets that reads it no more.
    pub(crate) fn give_away(
        &self,
        id: &BlobId,
        wrapped: &[u8],
        recovery: &[u8; 32],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.unwrap(id, wrapped)?;
        let ephemeral = StaticSecret::from(make_random::<32>()?);
        let (public, nonce) = (PublicKey::from(&ephemeral), make_random::<24>()?);
        let agreed = agree(&ephemeral, &PublicKey::from(*recovery), public.as_bytes(), recovery)?;
        Ok([&SEALED_MAGIC[..], public.as_bytes(), &nonce, &wrap_key(&agreed, &nonce, &key, &self.name(id))?]
            .concat())
    }

    /// A sealed file, read with the private recovery key; none when it is not there.
    pub(crate) fn read_sealed(
        &self,
        id: &BlobId,
        sealed: &[u8],
        private: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let rest = sealed.strip_prefix(&SEALED_MAGIC).ok_or(VaultError::Damaged)?;
        let (public, rest) = rest.split_first_chunk::<32>().ok_or(VaultError::Damaged)?;
        let (nonce, wrapped) = rest.split_first_chunk::<24>().ok_or(VaultError::Damaged)?;
        let private = StaticSecret::from(*private);
        let recovery = PublicKey::from(&private);
        let agreed = agree(&private, &PublicKey::from(*public), public, recovery.as_bytes())?;
        let key = unwrap_key(&agreed, nonce, wrapped, &self.name(id)).ok_or(VaultError::Damaged)?;
        self.open_file(id, &key)
    }

    /// Removes files, durable before it returns. One that is not there is as gone as it should be.
    pub(crate) fn remove(&self, ids: &[BlobId]) -> Result<(), VaultError> {
        for id in ids {
            match std::fs::remove_file(self.path(id)) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(crate::failure::from_io(&e));
                }
                _ => {}
            }
        }
        match ids.first() {
            Some(id) => disk::sync_parent(&self.path(id)).map_err(|e| crate::failure::from_io(&e)),
            None => Ok(()),
        }
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

/// The key both sides of a sealed copy come to; both public keys go into it.
fn agree(
    own: &StaticSecret,
    other: &PublicKey,
    ephemeral: &[u8; 32],
    recovery: &[u8; 32],
) -> Result<Key, VaultError> {
    let shared = own.diffie_hellman(other);
    if !shared.was_contributory() {
        return Err(VaultError::Damaged);
    }
    let mut key = Zeroizing::new([0u8; 32]);
    Hkdf::<Sha256>::new(Some(&[&ephemeral[..], recovery].concat()), shared.as_bytes())
        .expand(b"motcua vault v1 sealed copy", &mut *key)
        .map_err(|_| VaultError::Storage)?;
    Ok(key)
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
    if head[8] > BLOB_VERSION {
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
    header[8] = BLOB_VERSION;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../tests/fixtures/vault/blob_v1");

    #[derive(serde::Deserialize)]
    struct Vector {
        size: usize,
        sha256: String,
        blob_master: String,
        file_names: String,
        file_key: String,
        nonce_prefix: String,
        wrap_nonce: String,
        name: String,
        wrapped_key: String,
        sealed: String,
    }

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        let mut out = [0; N];
        hex::decode_to_slice(text, &mut out).unwrap();
        out
    }

    fn pattern(size: usize) -> Vec<u8> {
        (0..size).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect()
    }

    fn key(byte: u8) -> Key {
        Zeroizing::new([byte; 32])
    }

    fn damaged<T>(result: Result<T, VaultError>) -> bool {
        matches!(result, Err(VaultError::Damaged))
    }

    #[test]
    fn vectors_of_version_1_open_and_are_made_the_same() {
        let list = std::fs::read(format!("{VECTORS}/vectors.json")).unwrap();
        let vectors: Vec<Vector> = serde_json::from_slice(&list).unwrap();
        assert_eq!(vectors.len(), 4);
        for v in vectors {
            let plain = pattern(v.size);
            let id = BlobId::parse(&v.sha256).unwrap();
            assert_eq!(identify(&plain), id);
            let dir = tempfile::tempdir().unwrap();
            let store = BlobStore::new(
                dir.path().into(),
                Zeroizing::new(bytes(&v.blob_master)),
                Zeroizing::new(bytes(&v.file_names)),
            );
            assert_eq!(hex::encode(store.name(&id)), v.name);
            std::fs::copy(format!("{VECTORS}/{}", v.sealed), dir.path().join(&v.name)).unwrap();
            let wrapped = hex::decode(&v.wrapped_key).unwrap();
            assert_eq!(store.read(&id, &wrapped).unwrap().unwrap(), plain, "{} bytes", v.size);
            let file_key = Zeroizing::new(bytes(&v.file_key));
            let again = seal(&file_key, &bytes(&v.nonce_prefix), &plain).unwrap();
            assert_eq!(again, std::fs::read(format!("{VECTORS}/{}", v.sealed)).unwrap());
            assert_eq!(store.wrap(&id, &file_key, &bytes(&v.wrap_nonce)).unwrap(), wrapped);
        }
    }

    #[test]
    fn a_file_cut_anywhere_or_made_longer_is_damaged() {
        let plain = pattern(2 * CHUNK + 5);
        let sealed = seal(&key(1), &[2; PREFIX], &plain).unwrap();
        let ends = [0, 1, HEADER - 1, HEADER, HEADER + 1, HEADER + CHUNK + TAG, sealed.len() - 1];
        for end in ends {
            assert!(damaged(open(&key(1), &sealed[..end])), "cut at {end}");
        }
        let longer = [&sealed[..], &[0]].concat();
        assert!(damaged(open(&key(1), &longer)));
    }

    #[test]
    fn a_cut_at_a_chunk_is_found_even_when_the_header_agrees() {
        let sealed = seal(&key(1), &[2; PREFIX], &pattern(2 * CHUNK)).unwrap();
        let mut shorter = sealed[..HEADER + CHUNK + TAG].to_vec();
        shorter[16..24].copy_from_slice(&(CHUNK as u64).to_le_bytes());
        assert!(damaged(open(&key(1), &shorter)), "the header and the last-chunk flag are sealed in");
    }

    #[test]
    fn chunks_in_another_order_are_damaged() {
        let sealed = seal(&key(1), &[2; PREFIX], &pattern(3 * CHUNK)).unwrap();
        let (first, second) =
            (HEADER..HEADER + CHUNK + TAG, HEADER + CHUNK + TAG..HEADER + 2 * (CHUNK + TAG));
        let mut swapped = sealed.clone();
        swapped[first.clone()].copy_from_slice(&sealed[second.clone()]);
        swapped[second].copy_from_slice(&sealed[first]);
        assert!(damaged(open(&key(1), &swapped)));
    }

    #[test]
    fn every_flipped_bit_is_damaged() {
        let sealed = seal(&key(1), &[2; PREFIX], b"a short page").unwrap();
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut flipped = sealed.clone();
                flipped[at] ^= 1 << bit;
                assert!(open(&key(1), &flipped).is_err(), "byte {at} bit {bit}");
            }
        }
        assert!(damaged(open(&key(3), &sealed)), "another key");
    }

    #[test]
    fn a_later_format_is_told_apart_from_damage() {
        let mut sealed = seal(&key(1), &[2; PREFIX], b"page").unwrap();
        sealed[8] = 2;
        assert_eq!(open(&key(1), &sealed), Err(VaultError::Newer));
    }

    #[test]
    fn a_wrapped_key_opens_only_its_own_file() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::new(dir.path().into(), key(1), key(2));
        let (a, b) = (identify(b"page a"), identify(b"page b"));
        let (key_a, key_b) = (store.write(&a, b"page a").unwrap(), store.write(&b, b"page b").unwrap());
        assert!(damaged(store.read(&a, &key_b)));
        std::fs::rename(store.path(&b), store.path(&a)).unwrap();
        assert!(damaged(store.read(&a, &key_a)), "another file in its place");
        assert_eq!(store.read(&b, &key_b), Ok(None));
        let other = BlobStore::new(dir.path().into(), key(9), key(2));
        assert!(damaged(other.read(&a, &key_a)), "another master key");
    }
}
