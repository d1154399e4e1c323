//! Reference data with the warehouse's signature: a counter takes none that the province's key did not sign.

use crate::receipt::{ReceiptError, open_jws, sign_jws};
use ed25519_dalek::{SigningKey, VerifyingKey};
use motcua_dossier::{BlobId, ReferenceData, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Header of the answer that carries the signature.
pub const REFERENCE_SIGNATURE: &str = "motcua-signature";

const HEADER: &str = r#"{"alg":"EdDSA","typ":"motcua-reference+jws"}"#;

/// What is signed: which version, from when, and the hash of the very bytes of the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReferenceSeal {
    /// Format version, 1.
    pub v: u32,
    /// Version of the data.
    pub version: u64,
    /// When they come into force.
    pub effective_at: Option<Timestamp>,
    /// SHA-256 of the body.
    pub sha256: BlobId,
}

impl ReferenceSeal {
    /// The seal of these data written as these bytes.
    #[must_use]
    pub fn of(data: &ReferenceData, body: &[u8]) -> Self {
        let sha256 = BlobId(Sha256::digest(body).into());
        Self { v: 1, version: data.version, effective_at: data.effective_at, sha256 }
    }

    /// Signs (compact JWS, `EdDSA`).
    ///
    /// # Errors
    /// It cannot be written as JSON (does not happen for this type).
    pub fn sign(&self, key: &SigningKey) -> Result<String, serde_json::Error> {
        sign_jws(HEADER, self, key)
    }
}

/// Reference data as the warehouse answered them, not yet believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedReference {
    /// The bytes.
    pub body: Vec<u8>,
    /// The signature that came with them.
    pub signature: String,
}

impl SealedReference {
    /// Seals these data, as a warehouse does.
    ///
    /// # Errors
    /// They cannot be written as JSON (does not happen for this type).
    pub fn seal(data: &ReferenceData, key: &SigningKey) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_vec(data)?;
        let signature = ReferenceSeal::of(data, &body).sign(key)?;
        Ok(Self { body, signature })
    }

    /// The data, if the pinned key signed these very bytes.
    ///
    /// # Errors
    /// See [`ReceiptError`].
    pub fn open(&self, key: &VerifyingKey) -> Result<ReferenceData, ReceiptError> {
        let seal: ReferenceSeal = open_jws(HEADER, &self.signature, key)?;
        if seal.sha256.0 != <[u8; 32]>::from(Sha256::digest(&self.body)) {
            return Err(ReceiptError::Signature);
        }
        // What the key signed and this program cannot read is of a later one, not forged.
        let data: ReferenceData = serde_json::from_slice(&self.body).map_err(|_| ReceiptError::Malformed)?;
        if seal != ReferenceSeal::of(&data, &self.body) {
            return Err(ReceiptError::Signature);
        }
        Ok(data)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn data_are_believed_as_they_were_signed_and_in_no_other_form() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let data = ReferenceData { version: 4, ..ReferenceData::default() };
        let sealed = SealedReference::seal(&data, &key).unwrap();
        assert_eq!(sealed.open(&key.verifying_key()), Ok(data.clone()));
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert_eq!(sealed.open(&other), Err(ReceiptError::Signature));
        let newer = SealedReference::seal(&ReferenceData { version: 5, ..data.clone() }, &key).unwrap();
        let mixed = SealedReference { body: newer.body, ..sealed.clone() };
        assert_eq!(mixed.open(&key.verifying_key()), Err(ReceiptError::Signature));
        let body = b"{\"version\": \"of a later program\"}".to_vec();
        let seal =
            ReferenceSeal { sha256: BlobId(Sha256::digest(&body).into()), ..ReferenceSeal::of(&data, b"") };
        let unread = SealedReference { body, signature: seal.sign(&key).unwrap() };
        assert_eq!(unread.open(&key.verifying_key()), Err(ReceiptError::Malformed));
        let mut spaced = sealed;
        spaced.body.push(b' ');
        assert_eq!(spaced.open(&key.verifying_key()), Err(ReceiptError::Signature));
    }
}
