//! What a file must be to enter the warehouse. The server repeats every check the counter made.

use crate::Reference;
use motcua_dossier::{DocumentRecord, Timestamp};
use motcua_pdf::PdfError;
use motcua_signature::{Integrity, SignatureReport, Trust, Verdict, verify_pdf};

/// What is true of a file that may enter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFacts {
    /// Pages.
    pub pages: u32,
    /// One of its valid signatures is an agency's.
    pub agency_signed: bool,
}

/// Why a file may not enter; one code per reason.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileRefusal {
    /// Content is something else.
    #[error("fileNotPdf")]
    NotPdf,
    /// Needs a password or is encrypted with an empty one.
    #[error("fileEncrypted")]
    Encrypted,
    /// Calls itself PDF and cannot be read.
    #[error("fileBroken")]
    Broken,
    /// Carries no signature.
    #[error("fileUnsigned")]
    Unsigned,
    /// A signature cannot be read or does not hold.
    #[error("fileSignatureInvalid")]
    SignatureInvalid,
    /// Changed after it was signed.
    #[error("fileChangedAfterSigning")]
    ChangedAfterSigning,
    /// A signer's certificate leads to no anchor of the trust list.
    #[error("fileNotTrusted")]
    NotTrusted,
    /// A signer's certificate has expired.
    #[error("fileSignerExpired")]
    SignerExpired,
    /// A signer's certificate is not valid yet.
    #[error("fileSignerNotYetValid")]
    SignerNotYetValid,
    /// A signer's certificate is revoked.
    #[error("fileSignerRevoked")]
    SignerRevoked,
    /// A signer's certificate is not meant for signing documents.
    #[error("fileSignerNotAllowed")]
    SignerNotAllowed,
    /// No agency signed it.
    #[error("agencySignatureMissing")]
    AgencySignatureMissing,
    /// The record tells another size.
    #[error("sizeMismatch")]
    SizeMismatch,
    /// The record tells another number of pages.
    #[error("pagesMismatch")]
    PagesMismatch,
}

impl FileRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> String {
        self.to_string()
    }
}

/// Examines a file: PDF, not encrypted, every signature holds and leads to an anchor.
///
/// # Errors
/// The first reason against it, see [`FileRefusal`].
pub fn examine(pdf: &[u8], reference: &Reference, now: Timestamp) -> Result<FileFacts, FileRefusal> {
    let facts = motcua_pdf::inspect(pdf).map_err(|e| refusal_of(&e))?;
    if facts.encrypted {
        return Err(FileRefusal::Encrypted);
    }
    if facts.signatures == 0 {
        return Err(FileRefusal::Unsigned);
    }
    let report = verify_pdf(pdf, &reference.trust, now).map_err(|e| refusal_of(&e.0))?;
    if report.signatures.is_empty() {
        return Err(FileRefusal::Unsigned);
    }
    for signature in &report.signatures {
        judge(signature)?;
    }
    let agency_signed = report
        .signatures
        .iter()
        .filter_map(|s| s.certificate.as_ref())
        .any(|c| reference.is_agency(&c.subject_common_name()));
    Ok(FileFacts { pages: facts.pages, agency_signed })
}

/// Examines a file that is to become a paper: also the record must fit and an agency must have signed.
///
/// # Errors
/// See [`FileRefusal`].
pub(crate) fn admit(
    pdf: &[u8],
    record: &DocumentRecord,
    reference: &Reference,
    now: Timestamp,
) -> Result<(), FileRefusal> {
    let facts = examine(pdf, reference, now)?;
    if record.size != pdf.len() as u64 {
        return Err(FileRefusal::SizeMismatch);
    }
    if record.pages != facts.pages {
        return Err(FileRefusal::PagesMismatch);
    }
    if !facts.agency_signed {
        return Err(FileRefusal::AgencySignatureMissing);
    }
    Ok(())
}

fn judge(signature: &SignatureReport) -> Result<(), FileRefusal> {
    match signature.integrity {
        Integrity::Intact => {}
        Integrity::Changed => return Err(FileRefusal::ChangedAfterSigning),
        Integrity::Broken => return Err(FileRefusal::SignatureInvalid),
    }
    match signature.trust {
        Trust::Trusted { .. } => {}
        Trust::Untrusted => return Err(FileRefusal::NotTrusted),
        Trust::Expired => return Err(FileRefusal::SignerExpired),
        Trust::NotYetValid => return Err(FileRefusal::SignerNotYetValid),
        Trust::Revoked => return Err(FileRefusal::SignerRevoked),
        Trust::NotForSigning => return Err(FileRefusal::SignerNotAllowed),
    }
    match signature.verdict {
        Verdict::Passed => Ok(()),
        Verdict::Indeterminate | Verdict::Failed => Err(FileRefusal::SignatureInvalid),
    }
}

fn refusal_of(error: &PdfError) -> FileRefusal {
    match error {
        PdfError::NotPdf => FileRefusal::NotPdf,
        PdfError::Encrypted => FileRefusal::Encrypted,
        _ => FileRefusal::Broken,
    }
}
