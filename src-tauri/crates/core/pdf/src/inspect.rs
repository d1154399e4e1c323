//! What a file really is, whatever its name says.
use crate::PdfError;

/// Facts of a readable PDF.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct PdfFacts {
    /// Number of pages.
    pub pages: u32,
    /// `1.7`, `2.0` …: the header's or the catalog's, whichever is later.
    pub version: String,
    /// Encrypted; such files are refused, so this is `false` in every answer.
    pub encrypted: bool,
    /// Signature fields that carry a signature.
    pub signatures: u32,
    /// JavaScript, launch or submit actions, XFA or embedded files are present; none is ever executed.
    pub active_content: bool,
}

/// Checks the content strictly and counts what matters.
///
/// # Errors
/// [`PdfError::NotPdf`] for anything that only carries the name, [`PdfError::Encrypted`],
/// [`PdfError::Broken`].
pub fn inspect(_pdf: &[u8]) -> Result<PdfFacts, PdfError> {
    Err(PdfError::NotPdf)
}
