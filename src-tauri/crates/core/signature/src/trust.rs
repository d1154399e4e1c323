//! Whom the office trusts.

use crate::certificate::Certificate;
use der::Decode;
use motcua_dossier::Timestamp;
use x509_cert::crl::CertificateList;

/// Anchors, intermediates and revocation lists; data, never code.
#[derive(Clone, Default)]
pub struct TrustList {
    pub(crate) anchors: Vec<Certificate>,
    pub(crate) intermediates: Vec<Certificate>,
    pub(crate) lists: Vec<RevocationList>,
}

/// A CRL with the bytes its issuer signed.
#[derive(Clone)]
pub(crate) struct RevocationList {
    pub(crate) parsed: CertificateList,
    pub(crate) signed: Vec<u8>,
}

/// A text of the trust list cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("trust list has a block that cannot be read")]
pub struct TrustListError;

impl TrustList {
    /// Reads PEM texts: self-issued certificates are anchors, others intermediates,
    /// `X509 CRL` blocks revocation lists.
    ///
    /// # Errors
    /// A certificate or list block that does not decode.
    pub fn from_pem(texts: &[String]) -> Result<Self, TrustListError> {
        let mut list = Self::default();
        for (label, bytes) in texts.iter().flat_map(|text| crate::pem::blocks(text)) {
            match label.as_str() {
                "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                    list.add(Certificate::from_der(&bytes).map_err(|_| TrustListError)?);
                }
                "X509 CRL" => list.lists.push(RevocationList::from_der(&bytes).ok_or(TrustListError)?),
                _ => {}
            }
        }
        Ok(list)
    }

    /// Whether there is no anchor at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Whether a chain that holds at `now` leads from the certificate to an anchor; a link known to be
    /// revoked breaks it (RFC 5280 §6).
    #[must_use]
    pub fn knows(&self, certificate: &Certificate, now: Timestamp) -> bool {
        crate::path::find(certificate, &[], self, now).is_some_and(|path| !path.revoked)
    }

    fn add(&mut self, certificate: Certificate) {
        let place = if certificate.is_self_issued() { &mut self.anchors } else { &mut self.intermediates };
        if !place.contains(&certificate) {
            place.push(certificate);
        }
    }
}

impl RevocationList {
    fn from_der(der: &[u8]) -> Option<Self> {
        let parsed = CertificateList::from_der(der).ok()?;
        let signed = der[crate::asn1::first_child(der)?].to_vec();
        Some(Self { parsed, signed })
    }
}
