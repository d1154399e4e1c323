//! The CMS that goes into `/Contents` (PAdES baseline B-B).
use crate::certificate::Certificate;

/// Why a CMS cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The certificate's key is neither RSA nor ECDSA on P-256 or P-384.
    #[error("key of the certificate is not supported")]
    Key,
    /// The token's answer is not a signature of this certificate's key over these attributes.
    #[error("signature does not fit the certificate")]
    Mismatch,
    /// A value cannot be written as DER.
    #[error("signature cannot be encoded")]
    Encoding,
}

/// The signed attributes of one document: what the token signs.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedAttributes {
    der: Vec<u8>,
}

impl SignedAttributes {
    /// Attributes over a document's digest: content type, message digest, signing certificate (v2).
    ///
    /// # Errors
    /// The certificate's issuer or serial cannot be written as DER.
    pub fn for_document(_digest: &[u8; 32], _certificate: &Certificate) -> Result<Self, SignatureError> {
        Ok(Self { der: vec![] })
    }

    /// The DER `SET OF` (tag 0x31) that is hashed and signed.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.der
    }
}

/// Puts attributes, certificates and the token's signature into one CMS.
///
/// # Errors
/// See [`SignatureError`].
pub fn assemble_cms(
    _attributes: &SignedAttributes,
    _certificate: &Certificate,
    _chain: &[Certificate],
    _signature: &[u8],
) -> Result<Vec<u8>, SignatureError> {
    Err(SignatureError::Encoding)
}
