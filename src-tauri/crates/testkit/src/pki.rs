//! A small authority with software keys: root, issuing authority, an agency, an officer, an expired officer.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::FRIDAY_MORNING;
use der::asn1::UtcTime;
use der::{Encode, EncodePem, pem::LineEnding};
use motcua_dossier::Timestamp;
use motcua_pdf::SignatureRequest;
use motcua_signature::{Certificate, SignedAttributes, assemble_cms};
use rsa::pkcs1v15::{Signature, SigningKey};
use rsa::{RsaPrivateKey, pkcs8::EncodePublicKey};
use sha2::Sha256;
use signature::{SignatureEncoding, Signer};
use spki::SubjectPublicKeyInfoOwned;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

/// Name of the agency, in the tree and on its certificate.
pub(crate) const AGENCY_NAME: &str = "UBND xã An Hòa (DEMO)";

/// A certificate and its key.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, DER.
    pub der: Vec<u8>,
    key: SigningKey<Sha256>,
}

/// Everything the authority issued.
pub struct Pki {
    /// Root and issuing certificate, PEM.
    pub trust_pem: Vec<String>,
    /// The agency.
    pub agency: Identity,
    /// An officer.
    pub officer: Identity,
    /// An officer whose certificate ended a year ago.
    pub expired: Identity,
    /// Self-signed, trusted by nobody.
    pub stranger: Identity,
    chain: Vec<Certificate>,
}

/// The authority, made once per process.
pub fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(Pki::issue)
}

impl Pki {
    fn issue() -> Self {
        let (root_key, issuing_key) = (key(), key());
        let (agency_key, officer_key) = (key(), key());
        let day = 86_400_000;
        let years = |from: i64, until: i64| {
            (Timestamp(FRIDAY_MORNING.0 + from * 365 * day), Timestamp(FRIDAY_MORNING.0 + until * 365 * day))
        };
        let root_name = name("CN=Cơ quan chứng thực gốc (DEMO),C=VN");
        let issuing_name = name("CN=CA phát hành (DEMO),C=VN");
        let root = issue(Profile::Root, 1, years(-5, 15), &root_name, &root_key, &root_key);
        let sub = Profile::SubCA { issuer: root_name, path_len_constraint: Some(0) };
        let issuing = issue(sub, 2, years(-4, 10), &issuing_name, &issuing_key, &root_key);
        let leaf = |serial, valid, subject: &str, subject_key: &SigningKey<Sha256>| {
            let profile = Profile::Leaf {
                issuer: issuing_name.clone(),
                enable_key_agreement: false,
                enable_key_encipherment: false,
            };
            issue(profile, serial, valid, &name(subject), subject_key, &issuing_key)
        };
        let agency = leaf(3, years(-1, 4), &format!("CN={AGENCY_NAME},C=VN"), &agency_key);
        let officer = leaf(4, years(-1, 4), "CN=Nguyễn Thị Thử Nghiệm,C=VN", &officer_key);
        let expired = leaf(5, years(-4, -1), "CN=Trần Văn Hết Hạn,C=VN", &officer_key);
        let alone = name(&format!("CN={AGENCY_NAME},C=VN"));
        let own = Profile::Leaf {
            issuer: alone.clone(),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let stranger = issue(own, 6, years(-1, 4), &alone, &officer_key, &officer_key);
        let pem = |c: &x509_cert::Certificate| c.to_pem(LineEnding::LF).unwrap();
        let identity = |c: &x509_cert::Certificate, key: &SigningKey<Sha256>| Identity {
            der: c.to_der().unwrap(),
            key: key.clone(),
        };
        Self {
            trust_pem: vec![pem(&root), pem(&issuing)],
            chain: vec![Certificate::from_der(&issuing.to_der().unwrap()).unwrap()],
            agency: identity(&agency, &agency_key),
            officer: identity(&officer, &officer_key),
            expired: identity(&expired, &officer_key),
            stranger: identity(&stranger, &officer_key),
        }
    }

    /// A PDF signed by one of the identities at `at`.
    #[must_use]
    pub fn sign(&self, pdf: &[u8], by: &Identity, at: Timestamp) -> Vec<u8> {
        let certificate = by.certificate();
        let request = SignatureRequest {
            field: "Test".into(),
            name: certificate.subject_common_name(),
            reason: String::new(),
            location: String::new(),
            at: at.in_vietnam(),
            reserve: 12_000,
        };
        let prepared = motcua_pdf::prepare(pdf, &request).unwrap();
        let attributes = SignedAttributes::for_document(&prepared.digest(), &certificate).unwrap();
        let signature = by.sign(attributes.to_be_signed());
        let cms = assemble_cms(&attributes, &certificate, &self.chain, &signature).unwrap();
        prepared.embed(&cms).unwrap()
    }
}

impl Identity {
    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        Certificate::from_der(&self.der).unwrap()
    }

    /// Hex SHA-256 of the certificate, as the desk names it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(self.certificate().fingerprint())
    }

    /// RSA PKCS#1 v1.5 over SHA-256 of the message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        Signer::<Signature>::sign(&self.key, message).to_vec()
    }
}

fn key() -> SigningKey<Sha256> {
    SigningKey::new(RsaPrivateKey::new(&mut rand_core::OsRng, 2048).unwrap())
}

fn name(text: &str) -> Name {
    Name::from_str(text).unwrap()
}

fn issue(
    profile: Profile,
    serial: u32,
    (from, until): (Timestamp, Timestamp),
    subject: &Name,
    subject_key: &SigningKey<Sha256>,
    issuer_key: &SigningKey<Sha256>,
) -> x509_cert::Certificate {
    let moment = |t: Timestamp| {
        let seconds = u64::try_from(t.0 / 1000).unwrap();
        Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).unwrap())
    };
    let validity = Validity { not_before: moment(from), not_after: moment(until) };
    let public: &RsaPrivateKey = subject_key.as_ref();
    let spki =
        SubjectPublicKeyInfoOwned::try_from(public.to_public_key().to_public_key_der().unwrap().as_bytes());
    let serial = SerialNumber::from(serial);
    CertificateBuilder::new(profile, serial, validity, subject.clone(), spki.unwrap(), issuer_key)
        .unwrap()
        .build::<Signature>()
        .unwrap()
}
