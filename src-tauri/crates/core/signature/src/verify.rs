//! Verifying the signatures of a PDF.
use crate::report::Report;
use crate::trust::TrustList;
use motcua_dossier::Timestamp;

/// The file cannot be verified at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(transparent)]
pub struct VerifyError(#[from] pub motcua_pdf::PdfError);

/// Checks every signature of a file.
///
/// # Errors
/// The file itself cannot be read strictly.
pub fn verify_pdf(pdf: &[u8], _trust: &TrustList, _now: Timestamp) -> Result<Report, VerifyError> {
    motcua_pdf::signatures(pdf)?;
    Err(VerifyError(motcua_pdf::PdfError::NotPdf))
}
