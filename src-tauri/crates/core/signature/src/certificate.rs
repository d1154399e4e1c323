//! Certificates: what the card shows, and whether one may sign.

use const_oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_EMAIL_PROTECTION};
use der::asn1::ObjectIdentifier;
use der::{Decode, SliceReader, Tag, Tagged};
use motcua_dossier::Timestamp;
use rsa::traits::PublicKeyParts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::name::Name;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
/// id-kp-documentSigning (RFC 9336), Adobe authentic documents, Microsoft document signing.
const SIGNING_USAGES: [ObjectIdentifier; 5] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"),
    ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"),
    ID_KP_EMAIL_PROTECTION,
    ANY_EXTENDED_KEY_USAGE,
];
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// An X.509 certificate together with its original bytes.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    parsed: Arc<x509_cert::Certificate>,
    signed: std::ops::Range<usize>,
}

/// What an officer is shown of a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CertificateCard {
    /// Tên tổ chức: the subject's common name.
    pub organization: String,
    /// Ngày hiệu lực.
    pub valid_from: Timestamp,
    /// Ngày hết hạn.
    pub valid_until: Timestamp,
    /// Tên CA: the issuer's common name.
    pub authority: String,
}

/// The key in a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum KeyKind {
    /// RSA of that modulus size.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
    },
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// Anything else; neither used nor verified.
    Other,
}

/// Why a certificate may not sign now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CertificateProblem {
    /// Past its last day.
    #[error("certificate has expired")]
    Expired,
    /// Before its first day.
    #[error("certificate is not yet valid")]
    NotYetValid,
    /// Key usage or extended key usage does not allow signing documents.
    #[error("certificate is not for signing")]
    NoSigningUsage,
    /// A certificate of an authority, which signs certificates only.
    #[error("certificate belongs to an authority")]
    Authority,
    /// A kind of key that is not supported, or RSA below 2048 bits.
    #[error("key of the certificate is weak or not supported")]
    Key,
}

impl CertificateProblem {
    /// The stable code shown pages and programs match on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "certificateExpired",
            Self::NotYetValid => "certificateNotYetValid",
            Self::NoSigningUsage => "notForSigning",
            Self::Authority => "certificateOfAuthority",
            Self::Key => "keyUnsupported",
        }
    }
}

/// The bytes are not an X.509 certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a certificate")]
pub struct CertificateError;

impl Certificate {
    /// Reads DER; bytes after the certificate are dropped (tokens pad).
    ///
    /// # Errors
    /// Not a certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let mut reader = SliceReader::new(der).map_err(|_| CertificateError)?;
        let whole = crate::asn1::element(&mut reader).ok_or(CertificateError)?;
        let parsed = x509_cert::Certificate::from_der(whole).map_err(|_| CertificateError)?;
        let signed = crate::asn1::first_child(whole).ok_or(CertificateError)?;
        Ok(Self { der: whole.into(), parsed: Arc::new(parsed), signed })
    }

    /// Reads the first `CERTIFICATE` block of a PEM text.
    ///
    /// # Errors
    /// No such block, or not a certificate.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        crate::pem::blocks(pem)
            .find(|(label, _)| label == "CERTIFICATE")
            .ok_or(CertificateError)
            .and_then(|(_, der)| Self::from_der(&der))
    }

    /// The original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject's common name; empty when there is none.
    #[must_use]
    pub fn subject_common_name(&self) -> String {
        attribute_text(&self.parsed.tbs_certificate.subject, COMMON_NAME).unwrap_or_default()
    }

    /// The subject's organization; empty when there is none.
    #[must_use]
    pub fn organization(&self) -> String {
        attribute_text(&self.parsed.tbs_certificate.subject, ORGANIZATION).unwrap_or_default()
    }

    /// The issuer's common name, else its organization.
    #[must_use]
    pub fn issuer_common_name(&self) -> String {
        let issuer = &self.parsed.tbs_certificate.issuer;
        attribute_text(issuer, COMMON_NAME)
            .or_else(|| attribute_text(issuer, ORGANIZATION))
            .unwrap_or_default()
    }

    /// First moment of validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        moment(self.parsed.tbs_certificate.validity.not_before)
    }

    /// Last moment of validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        moment(self.parsed.tbs_certificate.validity.not_after)
    }

    /// Serial number, upper-case hex.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hex::encode_upper(self.parsed.tbs_certificate.serial_number.as_bytes())
    }

    /// SHA-256 of the certificate's bytes.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// What an officer is shown.
    #[must_use]
    pub fn card(&self) -> CertificateCard {
        CertificateCard {
            organization: self.subject_common_name(),
            valid_from: self.not_before(),
            valid_until: self.not_after(),
            authority: self.issuer_common_name(),
        }
    }

    /// Whether documents may be signed with it at that moment; says nothing about trust.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn may_sign(&self, at: Timestamp) -> Result<(), CertificateProblem> {
        if at < self.not_before() {
            return Err(CertificateProblem::NotYetValid);
        }
        if at > self.not_after() {
            return Err(CertificateProblem::Expired);
        }
        self.purpose()?;
        match self.key_kind() {
            KeyKind::Rsa { bits } if bits < 2048 => Err(CertificateProblem::Key),
            KeyKind::Other => Err(CertificateProblem::Key),
            KeyKind::Rsa { .. } | KeyKind::P256 | KeyKind::P384 => Ok(()),
        }
    }

    /// The key's kind and size.
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        let key = &self.parsed.tbs_certificate.subject_public_key_info;
        if key.algorithm.oid == RSA {
            return self
                .rsa_key()
                .and_then(|key| u32::try_from(key.n().bits()).ok())
                .map_or(KeyKind::Other, |bits| KeyKind::Rsa { bits });
        }
        let curve = key.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok());
        match curve {
            Some(P256) if key.algorithm.oid == EC => KeyKind::P256,
            Some(P384) if key.algorithm.oid == EC => KeyKind::P384,
            _ => KeyKind::Other,
        }
    }

    /// Key usage and extended key usage allow signing documents.
    pub(crate) fn purpose(&self) -> Result<(), CertificateProblem> {
        let tbs = &self.parsed.tbs_certificate;
        if tbs.get::<BasicConstraints>().ok().flatten().is_some_and(|(_, basic)| basic.ca) {
            return Err(CertificateProblem::Authority);
        }
        let usage = tbs.get::<KeyUsage>().map_err(|_| CertificateProblem::NoSigningUsage)?;
        if usage.is_some_and(|(_, usage)| {
            !usage.0.contains(KeyUsages::DigitalSignature) && !usage.0.contains(KeyUsages::NonRepudiation)
        }) {
            return Err(CertificateProblem::NoSigningUsage);
        }
        let extended = tbs.get::<ExtendedKeyUsage>().map_err(|_| CertificateProblem::NoSigningUsage)?;
        if extended.is_some_and(|(_, usages)| !usages.0.iter().any(|oid| SIGNING_USAGES.contains(oid))) {
            return Err(CertificateProblem::NoSigningUsage);
        }
        Ok(())
    }

    /// The RSA key, if it is one of at most 8192 bits.
    pub(crate) fn rsa_key(&self) -> Option<rsa::RsaPublicKey> {
        let key = self.key_bytes()?;
        let parts = rsa::pkcs1::RsaPublicKey::try_from(key).ok()?;
        let n = rsa::BigUint::from_bytes_be(parts.modulus.as_bytes());
        let e = rsa::BigUint::from_bytes_be(parts.public_exponent.as_bytes());
        rsa::RsaPublicKey::new_with_max_size(n, e, 8192).ok()
    }

    /// The subject public key's bits.
    pub(crate) fn key_bytes(&self) -> Option<&[u8]> {
        self.parsed.tbs_certificate.subject_public_key_info.subject_public_key.as_bytes()
    }

    /// The bytes the issuer signed, as they came.
    pub(crate) fn signed_part(&self) -> &[u8] {
        &self.der[self.signed.clone()]
    }

    /// The decoded certificate.
    pub(crate) fn parsed(&self) -> &x509_cert::Certificate {
        &self.parsed
    }

    /// Subject and issuer are the same name.
    pub(crate) fn is_self_issued(&self) -> bool {
        same_name(&self.parsed.tbs_certificate.subject, &self.parsed.tbs_certificate.issuer)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

/// The fingerprint only: a certificate names a person.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", hex::encode(self.fingerprint()))
    }
}

/// As the fingerprint in hex.
impl Serialize for Certificate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.fingerprint()))
    }
}

/// Names are equal when their texts are: authorities mix string types, case and spaces.
pub(crate) fn same_name(a: &Name, b: &Name) -> bool {
    a.0.len() == b.0.len()
        && a.0.iter().zip(b.0.iter()).all(|(left, right)| {
            left.0.len() == right.0.len()
                && left.0.iter().all(|one| {
                    right.0.iter().any(|two| one.oid == two.oid && same_value(&one.value, &two.value))
                })
        })
}

/// An X.509 time in milliseconds.
pub(crate) fn moment(time: x509_cert::time::Time) -> Timestamp {
    Timestamp(i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX))
}

fn same_value(a: &der::Any, b: &der::Any) -> bool {
    match (text(a), text(b)) {
        (Some(a), Some(b)) => squeeze(&a) == squeeze(&b),
        _ => a == b,
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The last attribute of that type: the most specific one.
fn attribute_text(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    name.0
        .iter()
        .flat_map(|rdn| rdn.0.iter())
        .rfind(|attribute| attribute.oid == oid)
        .and_then(|attribute| text(&attribute.value).map(|text| text.trim().to_owned()))
}

fn text(value: &der::Any) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            bytes.is_ascii().then(|| bytes.iter().map(|&b| char::from(b)).collect())
        }
        Tag::TeletexString => Some(bytes.iter().map(|&b| char::from(b)).collect()),
        Tag::BmpString => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|p| u16::from_be_bytes([p[0], p[1]])).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}
