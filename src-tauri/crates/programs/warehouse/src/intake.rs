//! What a file must be to enter the warehouse. The server repeats every check the counter made.

use crate::Reference;
use motcua_dossier::{BlobId, DocumentRecord, ResultCode, SignerRole, SigningRule, Timestamp};
use motcua_pdf::PdfError;
use motcua_signature::{Integrity, SignatureReport, Trust, Verdict, verify_pdf};

/// What is true of a file that may enter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFacts {
    /// Pages.
    pub pages: u32,
    /// Who signed it, oldest first: an agency, or whoever is none.
    pub signers: Vec<SignerRole>,
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
    /// No officer signed it before an agency, as the province asks for.
    #[error("officerSignatureMissing")]
    OfficerSignatureMissing,
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
    let role = |name: &str| if reference.is_agency(name) { SignerRole::Agency } else { SignerRole::Other };
    let certificates = report.signatures.iter().filter_map(|s| s.certificate.as_ref());
    let signers = certificates.map(|c| role(&c.subject_common_name())).collect();
    Ok(FileFacts { pages: facts.pages, signers })
}

/// What an operation says of the file of a paper.
pub(crate) struct PaperFile<'a> {
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) pages: u32,
    /// The kind of the paper.
    pub(crate) code: Option<&'a ResultCode>,
}

impl<'a> PaperFile<'a> {
    pub(crate) fn of(record: &'a DocumentRecord) -> Self {
        let code = record.metadata.result_code.as_ref();
        Self { blob: record.blob, size: record.size, pages: record.pages, code }
    }
}

/// Examines a file that is to become a paper: also what is said of it must fit, and whoever that rule asks for must have
/// signed.
///
/// # Errors
/// See [`FileRefusal`].
pub(crate) fn admit(
    pdf: &[u8],
    file: &PaperFile<'_>,
    reference: &Reference,
    rule: SigningRule,
    now: Timestamp,
) -> Result<(), FileRefusal> {
    let facts = examine(pdf, reference, now)?;
    if file.size != pdf.len() as u64 {
        return Err(FileRefusal::SizeMismatch);
    }
    if file.pages != facts.pages {
        return Err(FileRefusal::PagesMismatch);
    }
    facts.signed_by(rule)
}

impl FileFacts {
    /// Does it have the signatures of that rule.
    ///
    /// # Errors
    /// The one it lacks.
    pub fn signed_by(&self, rule: SigningRule) -> Result<(), FileRefusal> {
        match rule.missing(&self.signers) {
            None => Ok(()),
            Some(SignerRole::Agency) => Err(FileRefusal::AgencySignatureMissing),
            Some(SignerRole::Officer | SignerRole::Other) => Err(FileRefusal::OfficerSignatureMissing),
        }
    }
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
