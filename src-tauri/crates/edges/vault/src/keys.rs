//! The vault's root key and its wraps: one per officer, one for the agency's recovery key.
//!
//! Everything else is derived from the root key by HKDF-SHA-256, so a wrap opens all or nothing.

use crate::disk;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use motcua_desk::ports::VaultError;
use motcua_dossier::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

const MAGIC: &str = "motcua-vault-keys";
const VERSION: u32 = 1;
const SHORTEST_SECRET: usize = 8;

/// Cost of a new wrap: 64 MiB, 2 passes, 1 lane. About 140 ms of processor time on a two-core machine with
/// the crate optimised; the gate is an unlock below 300 ms.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 2;
/// Costs above these are not of this program: a damaged file must not eat the machine.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;

/// 32 secret bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The key all others come from.
pub(crate) struct RootKey(Key);

impl RootKey {
    /// A new one.
    pub(crate) fn make() -> Result<Self, VaultError> {
        Ok(Self(Zeroizing::new(make_random()?)))
    }

    /// Key of the database.
    pub(crate) fn database(&self) -> Key {
        self.derive("motcua vault v1 database")
    }

    /// Key that wraps the keys of sealed files.
    pub(crate) fn blobs(&self) -> Key {
        self.derive("motcua vault v1 blob master")
    }

    /// Key of the names of sealed files.
    pub(crate) fn names(&self) -> Key {
        self.derive("motcua vault v1 file names")
    }

    fn derive(&self, purpose: &str) -> Key {
        let mut out = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(None, &*self.0)
            .expand(purpose.as_bytes(), &mut *out)
            .expect("32 bytes are within what HKDF-SHA-256 gives");
        out
    }
}

/// `keys.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyFile {
    magic: String,
    version: u32,
    vault: Uuid,
    officers: Vec<OfficerWrap>,
    recovery: RecoveryWrap,
    /// When the officers' wraps were taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct OfficerWrap {
    officer: String,
    algorithm: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    nonce: String,
    wrapped: String,
}

#[derive(Serialize, Deserialize)]
struct RecoveryWrap {
    algorithm: String,
    recovery: String,
    ephemeral: String,
    nonce: String,
    wrapped: String,
}

#[derive(Deserialize)]
struct Head {
    magic: String,
    version: u32,
}

impl KeyFile {
    /// A key file with the first officer and the recovery key.
    pub(crate) fn make(
        root: &RootKey,
        officer: &str,
        secret: &str,
        recovery: &[u8; 32],
    ) -> Result<Self, VaultError> {
        let vault = uuid::Builder::from_random_bytes(make_random()?).into_uuid();
        let first = OfficerWrap::make(root, vault, officer, secret)?;
        let recovery = RecoveryWrap::make(root, vault, recovery)?;
        Ok(Self {
            magic: MAGIC.to_owned(),
            version: VERSION,
            vault,
            officers: vec![first],
            recovery,
            sealed_at: None,
        })
    }

    /// Reads the file; none when there is no vault.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, VaultError> {
        let Some(bytes) = disk::read(path)? else { return Ok(None) };
        let head: Head = serde_json::from_slice(&bytes).map_err(|_| VaultError::Damaged)?;
        if head.magic != MAGIC {
            return Err(VaultError::Damaged);
        }
        if head.version > VERSION {
            return Err(VaultError::Newer);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|_| VaultError::Damaged)
    }

    /// Since when only the recovery key opens the vault.
    pub(crate) fn sealed_at(&self) -> Option<Timestamp> {
        self.sealed_at
    }

    /// No officer opens the vault any more. The first time counts.
    pub(crate) fn seal(&mut self, at: Timestamp) {
        self.officers.clear();
        self.sealed_at.get_or_insert(at);
    }

    /// Writes the file, durable, and what it replaces is written over: wraps that were taken away do not stay on the
    /// disk, as far as the disk writes where it is told to. It counts from the first half on.
    pub(crate) fn write_over(&self, path: &Path) -> Result<(), VaultError> {
        let before = disk::Replaced::open(path)?;
        self.write(path)?;
        if let Err(error) = before.blot() {
            tracing::warn!(%error, "what the key file replaced was not written over");
        }
        Ok(())
    }

    /// Writes the file, durable.
    pub(crate) fn write(&self, path: &Path) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|_| VaultError::Storage)?;
        disk::replace(path, &[&bytes])
    }

    /// Names of the enrolled officers.
    pub(crate) fn officers(&self) -> Vec<String> {
        self.officers.iter().map(|o| o.officer.clone()).collect()
    }

    /// The agency's public recovery key this vault was made with.
    pub(crate) fn recovery(&self) -> Result<[u8; 32], VaultError> {
        unhex(&self.recovery.recovery)
    }

    /// Wraps the root key for a further officer, or anew for one who is enrolled. Opens a sealed vault to him.
    pub(crate) fn enrol(&mut self, root: &RootKey, officer: &str, secret: &str) -> Result<(), VaultError> {
        let wrap = OfficerWrap::make(root, self.vault, officer, secret)?;
        self.officers.retain(|o| o.officer != wrap.officer);
        self.officers.push(wrap);
        self.sealed_at = None;
        Ok(())
    }

    /// Is that officer enrolled.
    pub(crate) fn knows(&self, officer: &str) -> bool {
        let officer = normal(officer);
        self.officers.iter().any(|o| o.officer == officer)
    }

    /// The root key, by an officer's secret.
    pub(crate) fn open(&self, officer: &str, secret: &str) -> Result<RootKey, VaultError> {
        let officer = normal(officer);
        let wrap = self.officers.iter().find(|o| o.officer == officer).ok_or(VaultError::UnknownOfficer)?;
        wrap.open(self.vault, secret)
    }

    /// The root key, by the agency's private recovery key.
    pub(crate) fn recover(&self, private: &[u8; 32]) -> Result<RootKey, VaultError> {
        self.recovery.open(self.vault, private)
    }
}

impl OfficerWrap {
    fn make(root: &RootKey, vault: Uuid, officer: &str, secret: &str) -> Result<Self, VaultError> {
        if secret.nfc().count() < SHORTEST_SECRET {
            return Err(VaultError::WeakSecret);
        }
        let officer = normal(officer);
        if officer.is_empty() {
            return Err(VaultError::UnknownOfficer);
        }
        let (salt, nonce) = (make_random::<16>()?, make_random::<24>()?);
        let mut wrap = Self {
            officer,
            algorithm: "argon2id-v19+xchacha20poly1305".to_owned(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: 1,
            salt: hex::encode(salt),
            nonce: hex::encode(nonce),
            wrapped: String::new(),
        };
        let key = wrap.stretch(secret)?;
        wrap.wrapped = hex::encode(wrap_key(&key, &nonce, &root.0, &wrap.bound_to(vault))?);
        Ok(wrap)
    }

    fn open(&self, vault: Uuid, secret: &str) -> Result<RootKey, VaultError> {
        let nonce = unhex::<24>(&self.nonce)?;
        let wrapped = unhex::<48>(&self.wrapped)?;
        let key = self.stretch(secret)?;
        unwrap_key(&key, &nonce, &wrapped, &self.bound_to(vault)).map(RootKey).ok_or(VaultError::WrongSecret)
    }

    /// Everything the wrap says about itself goes into its check value.
    fn bound_to(&self, vault: Uuid) -> Vec<u8> {
        let Self { officer, algorithm, memory_kib, passes, lanes, salt, .. } = self;
        format!(
            "motcua vault officer v1\0{vault}\0{officer}\0{algorithm}\0{memory_kib}\0{passes}\0{lanes}\0{salt}"
        )
        .into_bytes()
    }

    fn stretch(&self, secret: &str) -> Result<Key, VaultError> {
        if self.memory_kib > MOST_MEMORY_KIB || self.passes > MOST_PASSES {
            return Err(VaultError::Damaged);
        }
        let salt = unhex::<16>(&self.salt)?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| VaultError::Damaged)?;
        // Typed with whatever input method, the same secret gives the same bytes.
        let secret: Zeroizing<String> = Zeroizing::new(secret.nfc().collect());
        let mut key = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(secret.as_bytes(), &salt, &mut *key)
            .map_err(|_| VaultError::Storage)?;
        Ok(key)
    }
}

impl RecoveryWrap {
    fn make(root: &RootKey, vault: Uuid, recovery: &[u8; 32]) -> Result<Self, VaultError> {
        let ephemeral = StaticSecret::from(make_random::<32>()?);
        let nonce = make_random::<24>()?;
        let mut wrap = Self {
            algorithm: "x25519+hkdf-sha256+xchacha20poly1305".to_owned(),
            recovery: hex::encode(recovery),
            ephemeral: hex::encode(PublicKey::from(&ephemeral).as_bytes()),
            nonce: hex::encode(nonce),
            wrapped: String::new(),
        };
        let key = wrap.agree(&ephemeral, &PublicKey::from(*recovery)).ok_or_else(|| {
            tracing::error!("recovery key is no usable x25519 key");
            VaultError::Storage
        })?;
        wrap.wrapped = hex::encode(wrap_key(&key, &nonce, &root.0, &wrap.bound_to(vault))?);
        Ok(wrap)
    }

    fn open(&self, vault: Uuid, private: &[u8; 32]) -> Result<RootKey, VaultError> {
        let nonce = unhex::<24>(&self.nonce)?;
        let wrapped = unhex::<48>(&self.wrapped)?;
        let ephemeral = PublicKey::from(unhex::<32>(&self.ephemeral)?);
        let private = StaticSecret::from(*private);
        let key = self.agree(&private, &ephemeral).ok_or(VaultError::Damaged)?;
        unwrap_key(&key, &nonce, &wrapped, &self.bound_to(vault)).map(RootKey).ok_or(VaultError::WrongSecret)
    }

    fn bound_to(&self, vault: Uuid) -> Vec<u8> {
        let Self { algorithm, recovery, ephemeral, .. } = self;
        format!("motcua vault recovery v1\0{vault}\0{algorithm}\0{recovery}\0{ephemeral}").into_bytes()
    }

    /// Both public keys go into the derivation; none when the other key is of low order.
    fn agree(&self, own: &StaticSecret, other: &PublicKey) -> Option<Key> {
        let shared = own.diffie_hellman(other);
        let mut key = Zeroizing::new([0u8; 32]);
        let salt = format!("{}{}", self.ephemeral, self.recovery);
        Hkdf::<Sha256>::new(Some(salt.as_bytes()), shared.as_bytes())
            .expand(b"motcua vault v1 recovery wrap", &mut *key)
            .expect("32 bytes are within what HKDF-SHA-256 gives");
        shared.was_contributory().then_some(key)
    }
}

/// Fresh random bytes of the operating system.
pub(crate) fn make_random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Storage)?;
    Ok(bytes)
}

/// 32 key bytes under another key: 48 bytes.
pub(crate) fn wrap_key(
    with: &Key,
    nonce: &[u8; 24],
    key: &[u8; 32],
    bound_to: &[u8],
) -> Result<Vec<u8>, VaultError> {
    XChaCha20Poly1305::new((&**with).into())
        .encrypt(XNonce::from_slice(nonce), Payload { msg: key, aad: bound_to })
        .map_err(|_| VaultError::Storage)
}

/// The key bytes again; none when anything was changed.
pub(crate) fn unwrap_key(with: &Key, nonce: &[u8; 24], wrapped: &[u8], bound_to: &[u8]) -> Option<Key> {
    let plain = XChaCha20Poly1305::new((&**with).into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg: wrapped, aad: bound_to })
        .map(Zeroizing::new)
        .ok()?;
    let mut key = Zeroizing::new([0u8; 32]);
    (plain.len() == 32).then(|| key.copy_from_slice(&plain))?;
    Some(key)
}

/// A name as it is kept, typed with whatever input method.
pub(crate) fn normal(officer: &str) -> String {
    officer.trim().nfc().collect()
}

fn unhex<const N: usize>(text: &str) -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| VaultError::Damaged)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn recovery() -> ([u8; 32], [u8; 32]) {
        let private = StaticSecret::from([7u8; 32]);
        (private.to_bytes(), PublicKey::from(&private).to_bytes())
    }

    #[test]
    fn each_wrap_gives_the_same_root_key() {
        let (private, public) = recovery();
        let root = RootKey::make().unwrap();
        let mut file = KeyFile::make(&root, "canbo.một", "bí mật dài", &public).unwrap();
        file.enrol(&root, "canbo.hai", "another secret").unwrap();
        assert_eq!(*file.open("canbo.một", "bí mật dài").unwrap().0, *root.0);
        assert_eq!(*file.open("canbo.hai", "another secret").unwrap().0, *root.0);
        assert_eq!(*file.recover(&private).unwrap().0, *root.0);
        assert_eq!(file.recover(&[9; 32]).err(), Some(VaultError::WrongSecret));
        assert_eq!(file.open("canbo.hai", "bí mật dài").err(), Some(VaultError::WrongSecret));
        assert_eq!(file.open("canbo.ba", "bí mật dài").err(), Some(VaultError::UnknownOfficer));
    }

    #[test]
    fn the_input_method_does_not_matter() {
        let root = RootKey::make().unwrap();
        let file = KeyFile::make(&root, "Thị", "mật khẩu một cửa", &recovery().1).unwrap();
        let (name, secret): (String, String) = ("Thị".nfd().collect(), "mật khẩu một cửa".nfd().collect());
        assert!(file.open(&name, &secret).is_ok());
    }

    #[test]
    fn a_wrap_moved_to_another_name_or_made_cheaper_does_not_open() {
        let root = RootKey::make().unwrap();
        let mut file = KeyFile::make(&root, "a", "a long secret", &recovery().1).unwrap();
        file.officers[0].officer = "b".into();
        assert_eq!(file.open("b", "a long secret").err(), Some(VaultError::WrongSecret));
        file.officers[0].officer = "a".into();
        file.officers[0].passes = 1;
        assert_eq!(file.open("a", "a long secret").err(), Some(VaultError::WrongSecret));
        file.officers[0].memory_kib = u32::MAX;
        assert_eq!(file.open("a", "a long secret").err(), Some(VaultError::Damaged), "never tried");
    }

    #[test]
    fn a_recovery_key_anybody_could_agree_with_is_refused() {
        let root = RootKey::make().unwrap();
        assert_eq!(
            KeyFile::make(&root, "a", "a long secret", &[0; 32]).err(),
            Some(VaultError::Storage),
            "the zero point gives everyone the same shared secret"
        );
    }

    #[test]
    fn derived_keys_differ_by_purpose() {
        let root = RootKey(Zeroizing::new([1; 32]));
        assert_ne!(*root.database(), *root.blobs());
        assert_ne!(*root.blobs(), *root.names());
    }
}
