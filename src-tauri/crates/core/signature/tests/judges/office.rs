//! A small authority for tests: root, issuing authority, officer; and a token that is a key in memory.

use motcua_pdf::{AssembleInfo, PageImage, SignatureRequest, assemble, prepare};
use motcua_signature::{Certificate, SignedAttributes, TrustList, assemble_cms};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{Keypair, SignatureEncoding, Signer};
use sha2::Sha256;
use spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Encode, EncodePem};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

/// Moment of all tests: 2026-11-21.
pub(crate) const NOW: i64 = 1_795_224_600;

pub(crate) enum Key {
    Rsa(Box<SigningKey<Sha256>>),
    P256(p256::ecdsa::SigningKey),
}

pub(crate) struct Office {
    pub root: Certificate,
    pub issuing: Certificate,
    pub officer: Certificate,
    pub key: Key,
    pub curve_officer: Certificate,
    pub curve_key: Key,
    pub root_pem: String,
    issuing_key: SigningKey<Sha256>,
}

/// Made once: RSA keys are slow to find.
pub(crate) fn office() -> &'static Office {
    static OFFICE: OnceLock<Office> = OnceLock::new();
    OFFICE.get_or_init(|| {
        let mut random = rand_core::OsRng;
        let mut rsa = || SigningKey::<Sha256>::new(RsaPrivateKey::new(&mut random, 2048).unwrap());
        let (root_key, issuing_key, officer_key) = (rsa(), rsa(), rsa());
        let curve_key = p256::ecdsa::SigningKey::random(&mut rand_core::OsRng);
        let root_name = "CN=Root Thu Nghiem,O=Mot Cua,C=VN";
        let issuing_name = "CN=CA Thu Nghiem,O=Mot Cua,C=VN";
        let officer_name = "CN=Nguyễn Thị Thử Nghiệm,O=UBND xã An Hòa (DEMO),C=VN";
        let root = issue(Profile::Root, 1, root_name, &root_key, public(&root_key));
        let issuing = Profile::SubCA { issuer: name(root_name), path_len_constraint: Some(0) };
        let issuing = issue(issuing, 2, issuing_name, &root_key, public(&issuing_key));
        let leaf = || Profile::Leaf {
            issuer: name(issuing_name),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let officer = issue(leaf(), 3, officer_name, &issuing_key, public(&officer_key));
        let curve = SubjectPublicKeyInfoOwned::from_key(*curve_key.verifying_key()).unwrap();
        let curve_officer = issue(leaf(), 4, officer_name, &issuing_key, curve);
        let root_pem = root.to_pem(der::pem::LineEnding::LF).unwrap();
        let own = |certificate: &x509_cert::Certificate| {
            Certificate::from_der(&certificate.to_der().unwrap()).unwrap()
        };
        Office {
            root: own(&root),
            issuing: own(&issuing),
            officer: own(&officer),
            key: Key::Rsa(Box::new(officer_key)),
            curve_officer: own(&curve_officer),
            curve_key: Key::P256(curve_key),
            root_pem,
            issuing_key,
        }
    })
}

impl Office {
    pub(crate) fn trust(&self) -> TrustList {
        TrustList::from_pem(std::slice::from_ref(&self.root_pem)).unwrap()
    }

    /// A current list of the issuing authority that names one certificate, as PEM.
    pub(crate) fn revocation_list(&self, serial: u8) -> String {
        let algorithm = spki::AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
            parameters: Some(der::Any::null()),
        };
        let tbs_cert_list = TbsCertList {
            version: x509_cert::Version::V2,
            signature: algorithm.clone(),
            issuer: name("CN=CA Thu Nghiem,O=Mot Cua,C=VN"),
            this_update: day(-1),
            next_update: Some(day(30)),
            revoked_certificates: Some(vec![RevokedCert {
                serial_number: SerialNumber::new(&[serial]).unwrap(),
                revocation_date: day(-2),
                crl_entry_extensions: None,
            }]),
            crl_extensions: None,
        };
        let value = self.issuing_key.sign(&tbs_cert_list.to_der().unwrap()).to_vec();
        let signature = der::asn1::BitString::from_bytes(&value).unwrap();
        let list = CertificateList { tbs_cert_list, signature_algorithm: algorithm, signature };
        let der = list.to_der().unwrap();
        der::pem::encode_string("X509 CRL", der::pem::LineEnding::LF, &der).unwrap()
    }

    /// Prepares, signs with RSA and embeds.
    pub(crate) fn sign(&self, pdf: &[u8], name: &str) -> Vec<u8> {
        self.sign_as(pdf, name, &self.officer, &self.key)
    }

    pub(crate) fn sign_as(&self, pdf: &[u8], name: &str, officer: &Certificate, key: &Key) -> Vec<u8> {
        let prepared = prepare(pdf, &request(name)).unwrap();
        let attributes = SignedAttributes::for_document(&prepared.digest(), officer).unwrap();
        let signature = match key {
            Key::Rsa(key) => key.sign(attributes.to_be_signed()).to_vec(),
            Key::P256(key) => {
                let value: p256::ecdsa::Signature = key.sign(attributes.to_be_signed());
                value.to_der().as_bytes().to_vec()
            }
        };
        let chain = [self.issuing.clone()];
        prepared.embed(&assemble_cms(&attributes, officer, &chain, &signature).unwrap()).unwrap()
    }
}

pub(crate) fn request(name: &str) -> SignatureRequest {
    SignatureRequest {
        field: "ChuKy".into(),
        name: name.into(),
        reason: "Số hóa thành phần hồ sơ".into(),
        location: "An Hòa".into(),
        at: at(),
        reserve: 8192,
    }
}

/// Two small pages.
pub(crate) fn document() -> Vec<u8> {
    let page = |gray| PageImage { jpeg: jpeg(gray), width: 16, height: 16, gray, dpi: 200 };
    assemble(&[page(true), page(false)], &AssembleInfo { title: "Tờ khai".into(), at: at(), seed: [7; 16] })
        .unwrap()
}

fn at() -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(NOW)
        .unwrap()
        .to_offset(time::UtcOffset::from_hms(7, 0, 0).unwrap())
}

fn jpeg(gray: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    let (kind, parts) =
        if gray { (jpeg_encoder::ColorType::Luma, 1) } else { (jpeg_encoder::ColorType::Rgb, 3) };
    encoder.encode(&vec![200; 16 * 16 * parts], 16, 16, kind).unwrap();
    bytes
}

fn public(key: &SigningKey<Sha256>) -> SubjectPublicKeyInfoOwned {
    let der = key.verifying_key().to_public_key_der().unwrap();
    SubjectPublicKeyInfoOwned::try_from(der.as_bytes()).unwrap()
}

fn name(text: &str) -> Name {
    Name::from_str(text).unwrap()
}

fn issue(
    profile: Profile,
    serial: u8,
    subject: &str,
    issuer: &SigningKey<Sha256>,
    key: SubjectPublicKeyInfoOwned,
) -> x509_cert::Certificate {
    // Outside judges use the machine's clock, so the certificates are valid for years around the tests.
    let validity = Validity { not_before: day(-1000), not_after: day(3000) };
    let serial = SerialNumber::new(&[serial]).unwrap();
    CertificateBuilder::new(profile, serial, validity, name(subject), key, issuer)
        .unwrap()
        .build::<rsa::pkcs1v15::Signature>()
        .unwrap()
}

fn day(days: i64) -> Time {
    let seconds = u64::try_from(NOW + days * 86_400).unwrap();
    let moment: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
    Time::try_from(moment).unwrap()
}
