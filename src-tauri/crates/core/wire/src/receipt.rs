//! Receipts: what the warehouse signs when it has verified everything ("Kho đã nhận").

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use motcua_dossier::{BlobId, DocumentId, DossierId, OpId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A compact JWS (RFC 7515, `EdDSA`) over a [`ReceiptBody`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedReceipt(pub String);

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// Format version, 1.
    pub v: u32,
    /// Operation.
    pub op_id: OpId,
    /// Dossier.
    pub dossier: DossierId,
    /// Its version after the operation.
    pub version: u64,
    /// Paper filed by it, if any.
    pub document: Option<DocumentId>,
    /// Every file that was verified.
    pub blobs: Vec<BlobId>,
    /// Server time.
    pub at: Timestamp,
}

/// Why a receipt is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not three base64url parts with an `EdDSA` header.
    #[error("receipt is malformed")]
    Malformed,
    /// The signature does not fit the pinned key.
    #[error("receipt signature does not fit")]
    Signature,
}

const HEADER: &str = r#"{"alg":"EdDSA","typ":"motcua-receipt+jws"}"#;

impl SignedReceipt {
    /// Signs a body. Deterministic: the same body and key give the same text.
    ///
    /// # Errors
    /// The body cannot be written as JSON (does not happen for this type).
    pub fn sign(body: &ReceiptBody, key: &SigningKey) -> Result<Self, serde_json::Error> {
        sign_jws(HEADER, body, key).map(Self)
    }

    /// Checks the signature and reads the body.
    ///
    /// # Errors
    /// See [`ReceiptError`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<ReceiptBody, ReceiptError> {
        open_jws(HEADER, &self.0, key)
    }
}

/// A compact JWS under a fixed header.
pub(crate) fn sign_jws(
    header: &str,
    body: &impl Serialize,
    key: &SigningKey,
) -> Result<String, serde_json::Error> {
    let head = B64.encode(header);
    let payload = B64.encode(serde_json::to_vec(body)?);
    let signature = key.sign(format!("{head}.{payload}").as_bytes());
    Ok(format!("{head}.{payload}.{}", B64.encode(signature.to_bytes())))
}

/// The body of a compact JWS, if it has that very header and the key signed it.
pub(crate) fn open_jws<T: DeserializeOwned>(
    header: &str,
    text: &str,
    key: &VerifyingKey,
) -> Result<T, ReceiptError> {
    let parts: Vec<&str> = text.split('.').collect();
    let [head, payload, signature] = parts[..] else { return Err(ReceiptError::Malformed) };
    if B64.decode(head).ok().as_deref() != Some(header.as_bytes()) {
        return Err(ReceiptError::Malformed);
    }
    let bytes = B64.decode(signature).map_err(|_| ReceiptError::Malformed)?;
    let signature = Signature::from_slice(&bytes).map_err(|_| ReceiptError::Malformed)?;
    key.verify(format!("{head}.{payload}").as_bytes(), &signature).map_err(|_| ReceiptError::Signature)?;
    let body = B64.decode(payload).map_err(|_| ReceiptError::Malformed)?;
    serde_json::from_slice(&body).map_err(|_| ReceiptError::Malformed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use motcua_dossier::DossierId;

    #[test]
    fn a_changed_receipt_is_not_believed() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let body = ReceiptBody {
            v: 1,
            op_id: OpId::derive(1, &[1; 10]),
            dossier: DossierId::derive(1, &[2; 10]),
            version: 3,
            document: None,
            blobs: vec![BlobId([9; 32])],
            at: Timestamp(5),
        };
        let receipt = SignedReceipt::sign(&body, &key).unwrap();
        assert_eq!(receipt.verify(&key.verifying_key()), Ok(body));
        let other = SigningKey::from_bytes(&[8; 32]);
        assert_eq!(receipt.verify(&other.verifying_key()), Err(ReceiptError::Signature));
        let cut = SignedReceipt(receipt.0[..receipt.0.len() - 4].to_owned());
        assert!(cut.verify(&key.verifying_key()).is_err());
    }
}
