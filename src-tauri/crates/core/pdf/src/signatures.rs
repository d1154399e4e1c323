//! Signatures found in a file, and what happened to the file after each.
use crate::PdfError;

/// One signature as it lies in the file; nothing cryptographic is judged here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundSignature {
    /// Full name of the field.
    pub field: String,
    /// `/SubFilter`.
    pub sub_filter: String,
    /// `/ByteRange`; zeroes when it cannot be read.
    pub byte_range: [u64; 4],
    /// Decoded `/Contents` with its zero padding.
    pub contents: Vec<u8>,
    /// `/M`: only a claim.
    pub claimed_at: Option<time::OffsetDateTime>,
    /// Four numbers that start at 0, leave out exactly `<hex>` of this `/Contents` and end at a revision's end.
    pub well_formed: bool,
    /// Nothing follows the signed bytes.
    pub covers_whole_file: bool,
    /// What follows is more than further signatures, time stamps or validation material.
    pub later_changes: bool,
}

/// All signatures, oldest first.
///
/// # Errors
/// The file itself cannot be read strictly.
pub fn signatures(_pdf: &[u8]) -> Result<Vec<FoundSignature>, PdfError> {
    Err(PdfError::NotPdf)
}
