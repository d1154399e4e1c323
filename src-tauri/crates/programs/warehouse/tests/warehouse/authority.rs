//! A test authority made with x509-cert, and keys that sign as a token would.

use der::asn1::BitString;
use der::{DecodePem, Encode, EncodePem};
use motcua_dossier::Timestamp;
use motcua_pdf::{SignatureRequest, prepare};
use motcua_signature::{Certificate, SignedAttributes, assemble_cms};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

pub struct Authority {
    key: SigningKey,
    name: Name,
    pub root_pem: String,
    serial: AtomicU32,
}

pub struct Identity {
    key: SigningKey,
    certificate: Certificate,
    serial: SerialNumber,
}

impl Authority {
    pub fn new(common_name: &str) -> Self {
        let key = SigningKey::random(&mut rand_core::OsRng);
        let name = name(common_name);
        let builder = CertificateBuilder::new(
            Profile::Root,
            SerialNumber::from(1u32),
            years(0, 20),
            name.clone(),
            spki(&key),
            &key,
        )
        .unwrap();
        let root = builder.build::<DerSignature>().unwrap();
        let root_pem = root.to_pem(der::pem::LineEnding::LF).unwrap();
        Self { key, name, root_pem, serial: AtomicU32::new(2) }
    }

    /// A signing certificate valid between those days, counted from now.
    pub fn issue(&self, common_name: &str, from_days: i64, until_days: i64) -> Identity {
        let key = SigningKey::random(&mut rand_core::OsRng);
        let serial = SerialNumber::from(self.serial.fetch_add(1, Ordering::Relaxed));
        let profile = Profile::Leaf {
            issuer: self.name.clone(),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let builder = CertificateBuilder::new(
            profile,
            serial.clone(),
            Validity { not_before: moment(from_days), not_after: moment(until_days) },
            name(common_name),
            spki(&key),
            &self.key,
        )
        .unwrap();
        let der = builder.build::<DerSignature>().unwrap().to_der().unwrap();
        Identity { key, certificate: Certificate::from_der(&der).unwrap(), serial }
    }

    /// A revocation list with that one certificate on it, PEM.
    pub fn revoke(&self, identity: &Identity) -> String {
        let root = x509_cert::Certificate::from_pem(&self.root_pem).unwrap();
        let algorithm = root.signature_algorithm;
        let list = TbsCertList {
            version: x509_cert::Version::V2,
            signature: algorithm.clone(),
            issuer: self.name.clone(),
            this_update: moment(-1),
            next_update: Some(moment(30)),
            revoked_certificates: Some(vec![RevokedCert {
                serial_number: identity.serial.clone(),
                revocation_date: moment(-1),
                crl_entry_extensions: None,
            }]),
            crl_extensions: None,
        };
        let signature: DerSignature = self.key.sign(&list.to_der().unwrap());
        let whole = CertificateList {
            tbs_cert_list: list,
            signature_algorithm: algorithm,
            signature: BitString::from_bytes(signature.as_bytes()).unwrap(),
        };
        der::pem::encode_string("X509 CRL", der::pem::LineEnding::LF, &whole.to_der().unwrap()).unwrap()
    }
}

impl Identity {
    /// Signs the file the way the desk and a token do together.
    pub fn sign(&self, pdf: &[u8], at: Timestamp) -> Vec<u8> {
        let request = SignatureRequest {
            field: "MotCua".into(),
            name: self.certificate.subject_common_name(),
            reason: String::new(),
            location: String::new(),
            at: at.in_vietnam(),
            reserve: 8192,
        };
        let prepared = prepare(pdf, &request).unwrap();
        let attributes = SignedAttributes::for_document(&prepared.digest(), &self.certificate).unwrap();
        let signature: DerSignature = self.key.sign(attributes.to_be_signed());
        let cms = assemble_cms(&attributes, &self.certificate, &[], signature.as_bytes()).unwrap();
        prepared.embed(&cms).unwrap()
    }
}

fn name(common_name: &str) -> Name {
    Name::from_str(&format!("CN={},O=Một Cửa TEST,C=VN", common_name.replace(',', "\\,"))).unwrap()
}

fn spki(key: &SigningKey) -> SubjectPublicKeyInfoOwned {
    let document = key.verifying_key().to_public_key_der().unwrap();
    SubjectPublicKeyInfoOwned::try_from(document.as_bytes()).unwrap()
}

fn years(from: i64, until: i64) -> Validity {
    Validity { not_before: moment(from * 365 - 1), not_after: moment(until * 365) }
}

fn moment(days: i64) -> Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seconds = now.as_secs().checked_add_signed(days * 86_400).unwrap();
    Time::UtcTime(der::asn1::UtcTime::from_unix_duration(Duration::from_secs(seconds)).unwrap())
}
