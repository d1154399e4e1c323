//! What a verification says (three-valued, ETSI EN 319 102-1, with stable reason codes).

use crate::certificate::{Certificate, CertificateCard};
use motcua_dossier::Timestamp;
use serde::Serialize;

/// Everything found in one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// One entry per signature, oldest first.
    pub signatures: Vec<SignatureReport>,
    /// The document as a whole: the worst of its signatures; a file without any is indeterminate.
    pub document: Verdict,
}

/// One signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SignatureReport {
    /// Field name.
    pub field: String,
    /// Who signed, from the certificate only.
    pub signer: CertificateCard,
    /// The signer's certificate (serialised as its fingerprint).
    pub certificate: Option<Certificate>,
    /// `/M`: only a claim of the signer's machine.
    pub claimed_at: Option<Timestamp>,
    /// Whether the signed bytes are the ones in the file.
    pub integrity: Integrity,
    /// Whether the certificate leads to an anchor.
    pub trust: Trust,
    /// Whether somebody could say that it was not revoked.
    pub revocation: Revocation,
    /// The conclusion; revocation that is not known leaves it open to the reader.
    pub verdict: Verdict,
    /// Why, as stable codes.
    pub reasons: Vec<String>,
    /// Nothing follows the signed bytes.
    pub covers_whole_file: bool,
}

/// Three-valued conclusion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Everything was checked and holds.
    Passed,
    /// Neither proven nor disproven; the reasons say what is missing.
    Indeterminate,
    /// Disproven.
    Failed,
}

/// State of the signed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Integrity {
    /// The signature fits the bytes.
    Intact,
    /// The signature does not fit, or the document was changed after signing.
    Changed,
    /// The signature itself cannot be read.
    Broken,
}

/// State of the signer's certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Trust {
    /// Leads to an anchor of the trust list.
    Trusted {
        /// Common name of the anchor.
        anchor: String,
    },
    /// No way to an anchor.
    Untrusted,
    /// Past its validity at the moment of the check.
    Expired,
    /// Before its validity.
    NotYetValid,
    /// On its issuer's revocation list.
    Revoked,
    /// Its usages do not allow signing documents.
    NotForSigning,
}

/// What the issuers' revocation lists say of the whole chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Revocation {
    /// On no current list, and there is one of every issuer.
    NotRevoked,
    /// On a list.
    Revoked,
    /// A current list is missing, or no chain was followed.
    Unknown,
}
