//! What the desk asks of every file: is it readable, is it signed, by whom, may it be trusted.

use crate::desk::Desk;
use crate::error::{DeskError, FileError};
use motcua_dossier::{BlobId, ReferenceData, SignatureMark, SignerRole, Timestamp};
use motcua_pdf::PdfError;
use motcua_signature::{Certificate, Integrity, Report, Trust, TrustList, Verdict, verify_pdf};
use unicode_normalization::UnicodeNormalization;

impl Desk {
    /// Checks every signature of a PDF against the trust list held here.
    ///
    /// # Errors
    /// Not a readable PDF, the vault is closed.
    pub async fn verify(&self, bytes: &[u8]) -> Result<Report, DeskError> {
        self.check_signatures(bytes)
    }

    /// The bytes of a file held here.
    ///
    /// # Errors
    /// Not on this machine, or not any more; a paper of others after long without contact; the vault is closed.
    pub async fn content(&self, blob: &BlobId) -> Result<Vec<u8>, DeskError> {
        self.may_read(blob)?;
        self.held(blob)
    }

    pub(crate) fn held(&self, blob: &BlobId) -> Result<Vec<u8>, DeskError> {
        match self.vault.blob(blob)? {
            Some(bytes) => Ok(bytes),
            None if self.is_there(blob)? => Err(FileError::OnlyThere.into()),
            None => Err(FileError::Missing.into()),
        }
    }

    pub(crate) fn check_signatures(&self, bytes: &[u8]) -> Result<Report, DeskError> {
        let trust = trust_list(&*self.vault.reference()?);
        verify_pdf(bytes, &trust, self.clock.now()).map_err(|e| file_error(&e.0).into())
    }
}

/// The trust list of the reference data. A block that cannot be read is left out rather than taking
/// the rest with it: what it would have proven stays unproven.
pub(crate) fn trust_list(reference: &ReferenceData) -> TrustList {
    let readable: Vec<String> = reference
        .trust_pem
        .iter()
        .filter(|text| TrustList::from_pem(std::slice::from_ref(*text)).is_ok())
        .cloned()
        .collect();
    TrustList::from_pem(&readable).unwrap_or_default()
}

/// A certificate is an agency's when its common name is the name of a node of the organisation tree.
pub(crate) fn is_agency(common_name: &str, reference: &ReferenceData) -> bool {
    let plain = |text: &str| -> String { text.trim().nfc().collect() };
    let name = plain(common_name);
    !name.is_empty() && reference.tree.iter().any(|node| plain(&node.name) == name)
}

/// Signatures that were checked and hold, as marks on an attachment; others are not marks.
/// `own` is the certificate of an officer of this counter.
pub(crate) fn marks(
    report: &Report,
    reference: &ReferenceData,
    own: Option<&Certificate>,
    now: Timestamp,
) -> Vec<SignatureMark> {
    report
        .signatures
        .iter()
        .filter(|s| {
            let mine = own.is_some() && s.certificate.as_ref() == own;
            s.verdict == Verdict::Passed || (mine && s.integrity == Integrity::Intact)
        })
        .map(|s| SignatureMark {
            role: if is_agency(&s.signer.organization, reference) {
                SignerRole::Agency
            } else if own.is_some() && s.certificate.as_ref() == own {
                SignerRole::Officer
            } else {
                SignerRole::Other
            },
            signer: s.signer.organization.clone(),
            at: s.claimed_at.unwrap_or(now),
        })
        .collect()
}

/// The first reason why a signed file is not believed; none when every signature holds.
pub(crate) fn disbelief(report: &Report) -> Option<FileError> {
    if report.signatures.is_empty() {
        return Some(FileError::Unsigned);
    }
    let worst = report.signatures.iter().find_map(|s| match (&s.integrity, &s.trust, s.verdict) {
        (_, _, Verdict::Passed) => None,
        (Integrity::Broken, _, _) => Some(FileError::SignatureInvalid),
        (Integrity::Changed, _, _) => Some(FileError::ChangedAfterSigning),
        (Integrity::Intact, Trust::Untrusted | Trust::NotForSigning, _) => Some(FileError::NotTrusted),
        (Integrity::Intact, Trust::Expired | Trust::NotYetValid, _) => Some(FileError::SignerExpired),
        (Integrity::Intact, Trust::Revoked, _) => Some(FileError::SignerRevoked),
        (Integrity::Intact, Trust::Trusted { .. }, _) => Some(FileError::SignatureInvalid),
    });
    worst.or_else(|| (report.document != Verdict::Passed).then_some(FileError::SignatureInvalid))
}

/// A signature whose bytes do not hold: such a file is refused wherever it comes from.
pub(crate) fn tampering(report: &Report) -> Option<FileError> {
    report.signatures.iter().find_map(|s| match s.integrity {
        Integrity::Intact => None,
        Integrity::Changed => Some(FileError::ChangedAfterSigning),
        Integrity::Broken => Some(FileError::SignatureInvalid),
    })
}

pub(crate) fn file_error(error: &PdfError) -> FileError {
    match error {
        PdfError::NotPdf => FileError::NotPdf,
        PdfError::Encrypted => FileError::Encrypted,
        // Broken and whatever further fault the reader learns to tell.
        _ => FileError::Broken,
    }
}
