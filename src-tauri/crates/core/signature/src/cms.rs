//! The CMS that goes into `/Contents` (RFC 5652; PAdES baseline B-B, EN 319 142-1).

use crate::certificate::{Certificate, KeyKind};
use crate::check::fits;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos};
use der::asn1::{Null, ObjectIdentifier, OctetString, SetOfVec};
use der::{Any, Decode, Encode, Sequence};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::serial_number::SerialNumber;

pub(crate) const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(crate) const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(crate) const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
pub(crate) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
pub(crate) const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// Why a CMS cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The certificate's key is neither RSA nor ECDSA on P-256 or P-384.
    #[error("key of the certificate is not supported")]
    Key,
    /// The token's answer is not a signature of this certificate's key over these attributes.
    #[error("signature does not fit the certificate")]
    Mismatch,
    /// A value cannot be written as DER.
    #[error("signature cannot be encoded")]
    Encoding,
}

impl From<der::Error> for SignatureError {
    fn from(_: der::Error) -> Self {
        Self::Encoding
    }
}

/// The signed attributes of one document: what the token signs.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedAttributes {
    der: Vec<u8>,
}

/// `SigningCertificateV2` (RFC 5035) with SHA-256, whose algorithm is left out as the default.
#[derive(Clone, Sequence)]
pub(crate) struct EssCertificates {
    pub(crate) certs: Vec<EssCertificate>,
}

#[derive(Clone, Sequence)]
pub(crate) struct EssCertificate {
    pub(crate) hash: OctetString,
    pub(crate) issuer_serial: IssuerSerial,
}

#[derive(Clone, Sequence)]
pub(crate) struct IssuerSerial {
    pub(crate) issuer: Vec<GeneralName>,
    pub(crate) serial_number: SerialNumber,
}

impl SignedAttributes {
    /// Attributes over a document's digest: content type, message digest, signing certificate (v2).
    /// The moment of signing is left to `/M` of the PDF.
    ///
    /// # Errors
    /// The certificate's issuer or serial cannot be written as DER.
    pub fn for_document(digest: &[u8; 32], certificate: &Certificate) -> Result<Self, SignatureError> {
        let tbs = &certificate.parsed().tbs_certificate;
        let ess = EssCertificates {
            certs: vec![EssCertificate {
                hash: OctetString::new(certificate.fingerprint())?,
                issuer_serial: IssuerSerial {
                    issuer: vec![GeneralName::DirectoryName(tbs.issuer.clone())],
                    serial_number: tbs.serial_number.clone(),
                },
            }],
        };
        let attributes = SetOfVec::try_from(vec![
            attribute(CONTENT_TYPE, Any::encode_from(&ID_DATA)?)?,
            attribute(MESSAGE_DIGEST, Any::encode_from(&OctetString::new(digest.as_slice())?)?)?,
            attribute(SIGNING_CERTIFICATE_V2, Any::encode_from(&ess)?)?,
        ])?;
        Ok(Self { der: attributes.to_der()? })
    }

    /// The DER `SET OF` (tag 0x31) that is hashed and signed.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.der
    }
}

/// Puts attributes, certificates and the token's signature into one CMS. The signature (PKCS#1 v1.5
/// or ECDSA as DER) is checked first: a token that answers nonsense is found before a file is written.
///
/// # Errors
/// See [`SignatureError`].
pub fn assemble_cms(
    attributes: &SignedAttributes,
    certificate: &Certificate,
    chain: &[Certificate],
    signature: &[u8],
) -> Result<Vec<u8>, SignatureError> {
    let null = Any::encode_from(&Null)?;
    let algorithm = match certificate.key_kind() {
        KeyKind::Rsa { .. } => AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(null) },
        KeyKind::P256 | KeyKind::P384 => AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None },
        KeyKind::Other => return Err(SignatureError::Key),
    };
    if !fits(certificate, &Sha256::digest(attributes.to_be_signed()), signature) {
        return Err(SignatureError::Mismatch);
    }
    let digest_alg = AlgorithmIdentifierOwned { oid: SHA256, parameters: None };
    let tbs = &certificate.parsed().tbs_certificate;
    let signer = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: tbs.issuer.clone(),
            serial_number: tbs.serial_number.clone(),
        }),
        digest_alg: digest_alg.clone(),
        signed_attrs: Some(SetOfVec::from_der(attributes.to_be_signed())?),
        signature_algorithm: algorithm,
        signature: OctetString::new(signature)?,
        unsigned_attrs: None,
    };
    let mut certificates = SetOfVec::new();
    for one in std::iter::once(certificate).chain(chain) {
        let choice = CertificateChoices::Certificate(one.parsed().clone());
        // A chain that repeats the leaf or itself is written once.
        if !certificates.iter().any(|known| *known == choice) {
            certificates.insert(choice)?;
        }
    }
    let signed = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![digest_alg])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: ID_DATA, econtent: None },
        certificates: Some(certificates.into()),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![signer])?,
    };
    Ok(ContentInfo { content_type: ID_SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()?)
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, SignatureError> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}
