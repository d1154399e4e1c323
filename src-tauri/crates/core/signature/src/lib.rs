//! CMS and PAdES: build and verify signatures and certificate paths.
//!
//! Owns: certificates as the office sees them, the signed attributes a token signs, the CMS
//! around its answer, and the verdict on a signed file.
//!
//! Does not know: private keys, tokens, files, clock, network. What a token signs is
//! [`SignedAttributes::to_be_signed`]; its answer comes back as bytes.
//!
//! ```
//! use motcua_signature::{TrustList, verify_pdf};
//! let trust = TrustList::from_pem(&[]).unwrap();
//! assert!(verify_pdf(b"not a pdf", &trust, motcua_dossier::Timestamp(0)).is_err());
//! ```
#![forbid(unsafe_code)]

mod asn1;
mod certificate;
mod check;
mod cms;
mod path;
mod pem;
mod report;
mod trust;
mod verify;

pub use certificate::{Certificate, CertificateCard, CertificateError, CertificateProblem, KeyKind};
pub use cms::{SignatureError, SignedAttributes, assemble_cms};
pub use report::{Integrity, Report, Revocation, SignatureReport, Trust, Verdict};
pub use trust::{TrustList, TrustListError};
pub use verify::{VerifyError, verify_pdf};
