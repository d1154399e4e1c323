//! The demo's certificate authorities and what they issue. Their keys lie in the profile and are
//! worth nothing: no real office trusts them.

use anyhow::{Context, Result};
use const_oid::db::rfc4519;
use der::{
    Any, Decode, DecodePem, Encode, EncodePem, Tag,
    asn1::{BitString, SetOfVec, UtcTime},
    pem::LineEnding,
};
use motcua_signature::{Certificate, SignedAttributes, assemble_cms};
use rand_core::{OsRng, RngCore};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::{self, SigningKey},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey},
    sha2::Sha256,
};
use signature::{Keypair, SignatureEncoding, Signer};
use spki::{DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration as StdDuration,
};
use time::{Duration, OffsetDateTime};
use x509_cert::{
    Certificate as X509, Version,
    attr::AttributeTypeAndValue,
    builder::{Builder, CertificateBuilder, Profile},
    crl::{CertificateList, RevokedCert, TbsCertList},
    ext::{AsExtension, pkix::AuthorityKeyIdentifier, pkix::CrlNumber},
    name::{Name, RdnSequence, RelativeDistinguishedName},
    serial_number::SerialNumber,
    time::{Time, Validity},
};

/// The agency of the demo; its certificate's common name and the organisation of all others.
pub const AGENCY: &str = "UBND xã An Hòa (DEMO)";
/// The officer of the demo.
pub const OFFICER: &str = "Nguyễn Thị Thử Nghiệm";

const ROOT: &str = "MỘT CỬA DEMO ROOT CA";
const ISSUING: &str = "CA phục vụ các cơ quan Nhà nước (DEMO)";
const STRANGER: &str = "CA LẠ KHÔNG TIN CẬY (DEMO)";

/// Who signs a leaf certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IssuedBy {
    /// The issuing authority under the demo's root.
    Trusted,
    /// A root that is in nobody's trust list.
    Stranger,
}

/// A leaf certificate to be issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Stem of its files under `authority/`.
    pub file: &'static str,
    /// Common name.
    pub name: &'static str,
    /// First moment it is valid.
    pub from: OffsetDateTime,
    /// Last moment it is valid.
    pub until: OffsetDateTime,
    /// Who signs it.
    pub by: IssuedBy,
}

/// The demo's authorities, kept under `<profile>/authority/`.
pub struct Authority {
    dir: PathBuf,
    root: Signing,
    issuing: Signing,
    stranger: Signing,
    at: OffsetDateTime,
}

/// A key in software with its certificate; for the papers the warehouse holds before the demo begins.
pub struct SoftwareSigner {
    key: RsaPrivateKey,
    certificate: Certificate,
}

struct Signing {
    key: SigningKey<Sha256>,
    certificate: X509,
}

impl Authority {
    /// Opens the authorities in `dir`, made at the first call with `at` as today: the two of the
    /// demo, a stranger, a revoked certificate, the revocation lists, and an agency key in software.
    ///
    /// # Errors
    /// The directory cannot be used, or what is in it is not ours.
    pub fn prepare(dir: &Path, at: OffsetDateTime) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
        let root = Signing::prepare(dir, "root", ROOT, None, at)?;
        let issuing = Signing::prepare(dir, "issuing", ISSUING, Some(&root), at)?;
        let stranger = Signing::prepare(dir, "stranger", STRANGER, None, at)?;
        let authority = Self { dir: dir.into(), root, issuing, stranger, at };
        authority.software(&authority.order("archive", AGENCY))?;
        authority.software(&authority.order("revoked", "Người Ký Đã Bị Thu Hồi (DEMO)"))?;
        if !dir.join("crl.pem").exists() {
            fs::write(dir.join("crl.pem"), authority.revocations()?)?;
        }
        if !dir.join("root-crl.pem").exists() {
            fs::write(dir.join("root-crl.pem"), authority.list(&authority.root, None)?)?;
        }
        Ok(authority)
    }

    /// A valid certificate for `name`: from a year before the demo's first day for four years.
    #[must_use]
    pub fn order(&self, file: &'static str, name: &'static str) -> Order {
        let from = self.at - Duration::days(365);
        Order { file, name, from, until: from + Duration::days(4 * 365), by: IssuedBy::Trusted }
    }

    /// What the demo's token holds: the officer, the agency, and one of each unusable kind.
    #[must_use]
    pub fn token_orders(&self) -> [Order; 5] {
        let (day, year) = (Duration::days(1), Duration::days(365));
        [
            self.order("officer", OFFICER),
            self.order("agency", AGENCY),
            Order {
                from: self.at - year * 3,
                until: self.at - day * 30,
                ..self.order("expired", "Trần Văn Hết Hạn (DEMO)")
            },
            Order {
                from: self.at + year,
                until: self.at + year * 3,
                ..self.order("not-yet-valid", "Lê Thị Chưa Hiệu Lực (DEMO)")
            },
            Order { by: IssuedBy::Stranger, ..self.order("untrusted", "Phạm Văn Người Lạ (DEMO)") },
        ]
    }

    /// Issues a certificate for a public key (DER of `SubjectPublicKeyInfo`), keeps it as
    /// `<file>.pem` and gives its DER.
    ///
    /// # Errors
    /// The key is not one, or the file cannot be written.
    pub fn issue(&self, order: &Order, public_key: &[u8]) -> Result<Vec<u8>> {
        let by = match order.by {
            IssuedBy::Trusted => &self.issuing,
            IssuedBy::Stranger => &self.stranger,
        };
        let profile = Profile::Leaf {
            issuer: by.certificate.tbs_certificate.subject.clone(),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let validity = Validity { not_before: moment(order.from)?, not_after: moment(order.until)? };
        let key = SubjectPublicKeyInfoOwned::from_der(public_key)?;
        let subject = name(order.name)?;
        let builder = CertificateBuilder::new(profile, serial()?, validity, subject, key, &by.key)?;
        let certificate = builder.build::<pkcs1v15::Signature>()?;
        fs::write(self.dir.join(format!("{}.pem", order.file)), certificate.to_pem(LineEnding::LF)?)?;
        Ok(certificate.to_der()?)
    }

    /// The trust list of the demo, as PEM: root, issuing authority, a revocation list of each.
    ///
    /// # Errors
    /// A file is missing.
    pub fn trust(&self) -> Result<Vec<String>> {
        ["root.pem", "issuing.pem", "crl.pem", "root-crl.pem"]
            .into_iter()
            .map(|file| fs::read_to_string(self.dir.join(file)).with_context(|| format!("read {file}")))
            .collect()
    }

    /// Certificates between a leaf and the root, for the signature to carry.
    ///
    /// # Errors
    /// Never for what [`Self::prepare`] made.
    pub fn chain(&self) -> Result<Vec<Certificate>> {
        Ok(vec![Certificate::from_der(&self.issuing.certificate.to_der()?)?])
    }

    /// The agency's key in software: it signed the papers the warehouse already holds.
    ///
    /// # Errors
    /// Its files cannot be read.
    pub fn archive_signer(&self) -> Result<SoftwareSigner> {
        self.software(&self.order("archive", AGENCY))
    }

    /// A signer whose certificate has been revoked.
    ///
    /// # Errors
    /// Its files cannot be read.
    pub fn revoked_signer(&self) -> Result<SoftwareSigner> {
        self.software(&self.order("revoked", "Người Ký Đã Bị Thu Hồi (DEMO)"))
    }

    fn software(&self, order: &Order) -> Result<SoftwareSigner> {
        let key = key_at(&self.dir, order.file)?;
        let path = self.dir.join(format!("{}.pem", order.file));
        if !path.exists() {
            self.issue(order, key.to_public_key().to_public_key_der()?.as_bytes())?;
        }
        Ok(SoftwareSigner { key, certificate: Certificate::from_pem(&fs::read_to_string(path)?)? })
    }

    fn revocations(&self) -> Result<String> {
        let revoked = X509::from_pem(fs::read(self.dir.join("revoked.pem"))?)?.tbs_certificate;
        let entry = RevokedCert {
            serial_number: revoked.serial_number,
            revocation_date: moment(self.at - Duration::days(60))?,
            crl_entry_extensions: None,
        };
        self.list(&self.issuing, Some(vec![entry]))
    }

    fn list(&self, by: &Signing, revoked: Option<Vec<RevokedCert>>) -> Result<String> {
        let issuer = &by.certificate.tbs_certificate;
        let key = issuer.subject_public_key_info.to_der()?;
        let key_id = AuthorityKeyIdentifier::try_from(SubjectPublicKeyInfoRef::from_der(&key)?)?;
        let number = CrlNumber(der::asn1::Uint::new(&[1])?);
        let algorithm = by.key.signature_algorithm_identifier()?;
        let list = TbsCertList {
            version: Version::V2,
            signature: algorithm.clone(),
            issuer: issuer.subject.clone(),
            this_update: moment(self.at - Duration::days(1))?,
            next_update: Some(moment(self.at + Duration::days(3 * 365))?),
            revoked_certificates: revoked,
            crl_extensions: Some(vec![
                key_id.to_extension(&issuer.subject, &[])?,
                number.to_extension(&issuer.subject, &[])?,
            ]),
        };
        let signature = by.key.try_sign(&list.to_der()?)?;
        let list = CertificateList {
            tbs_cert_list: list,
            signature_algorithm: algorithm,
            signature: BitString::from_bytes(&signature.to_vec())?,
        };
        der::pem::encode_string("X509 CRL", LineEnding::LF, &list.to_der()?)
            .map_err(|error| anyhow::anyhow!("encode the revocation list: {error}"))
    }

    /// The root's certificate, DER.
    ///
    /// # Errors
    /// Never for what [`Self::prepare`] made.
    pub fn root_der(&self) -> Result<Vec<u8>> {
        Ok(self.root.certificate.to_der()?)
    }
}

impl SoftwareSigner {
    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs a PDF as [`sign_pdf_with_key`].
    ///
    /// # Errors
    /// As there.
    pub fn sign_pdf(&self, pdf: &[u8], chain: &[Certificate], at: OffsetDateTime) -> Result<Vec<u8>> {
        sign_pdf_with_key(pdf, &self.key, &self.certificate, chain, at)
    }
}

impl Signing {
    fn prepare(
        dir: &Path,
        file: &str,
        common_name: &str,
        by: Option<&Self>,
        at: OffsetDateTime,
    ) -> Result<Self> {
        let key = SigningKey::<Sha256>::new(key_at(dir, file)?);
        let path = dir.join(format!("{file}.pem"));
        if !path.exists() {
            let from = at - Duration::days(4 * 365);
            let validity =
                Validity { not_before: moment(from)?, not_after: moment(from + Duration::days(20 * 365))? };
            let public = SubjectPublicKeyInfoOwned::from_key(key.verifying_key())?;
            let (profile, signer) = match by {
                None => (Profile::Root, &key),
                Some(by) => {
                    let issuer = by.certificate.tbs_certificate.subject.clone();
                    (Profile::SubCA { issuer, path_len_constraint: Some(0) }, &by.key)
                }
            };
            let subject = name(common_name)?;
            let builder = CertificateBuilder::new(profile, serial()?, validity, subject, public, signer)?;
            fs::write(&path, builder.build::<pkcs1v15::Signature>()?.to_pem(LineEnding::LF)?)?;
        }
        Ok(Self { key, certificate: X509::from_pem(fs::read(path)?)? })
    }
}

/// Signs a PDF as PAdES with a key in software; `at` is the claimed moment.
///
/// # Errors
/// The file is no PDF that can be signed, or the key fails.
pub fn sign_pdf_with_key(
    pdf: &[u8],
    key: &RsaPrivateKey,
    certificate: &Certificate,
    chain: &[Certificate],
    at: OffsetDateTime,
) -> Result<Vec<u8>> {
    let carried: usize = chain.iter().map(|other| other.der().len()).sum();
    let request = motcua_pdf::SignatureRequest {
        field: "Signature".into(),
        name: certificate.subject_common_name(),
        reason: String::new(),
        location: String::new(),
        at,
        reserve: certificate.der().len() + carried + 2048,
    };
    let prepared = motcua_pdf::prepare(pdf, &request)?;
    let attributes = SignedAttributes::for_document(&prepared.digest(), certificate)?;
    let value = SigningKey::<Sha256>::new(key.clone()).try_sign(attributes.to_be_signed())?;
    let cms = assemble_cms(&attributes, certificate, chain, &value.to_vec())?;
    Ok(prepared.embed(&cms)?)
}

/// The key `<file>.key.pem`, made at the first call.
fn key_at(dir: &Path, file: &str) -> Result<RsaPrivateKey> {
    let path = dir.join(format!("{file}.key.pem"));
    if path.exists() {
        return Ok(RsaPrivateKey::from_pkcs8_pem(&fs::read_to_string(path)?)?);
    }
    let key = RsaPrivateKey::new(&mut OsRng, 2048)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(key.to_pkcs8_pem(LineEnding::LF)?.as_bytes())?;
    Ok(key)
}

fn serial() -> Result<SerialNumber> {
    let mut bytes = [0u8; 16];
    OsRng.fill_bytes(&mut bytes);
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

fn moment(at: OffsetDateTime) -> Result<Time> {
    let seconds = u64::try_from(at.unix_timestamp()).context("a moment before 1970")?;
    Ok(Time::UtcTime(UtcTime::from_unix_duration(StdDuration::from_secs(seconds))?))
}

fn name(common_name: &str) -> Result<Name> {
    let part = |oid, tag, text: &str| -> Result<RelativeDistinguishedName> {
        let value = Any::new(tag, text.as_bytes())?;
        Ok(RelativeDistinguishedName(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?))
    };
    Ok(RdnSequence(vec![
        part(rfc4519::C, Tag::PrintableString, "VN")?,
        part(rfc4519::O, Tag::Utf8String, AGENCY)?,
        part(rfc4519::CN, Tag::Utf8String, common_name)?,
    ]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use motcua_dossier::Timestamp;
    use motcua_signature::{Revocation, Trust, TrustList, Verdict, verify_pdf};
    use time::macros::datetime;

    const TODAY: OffsetDateTime = datetime!(2026-11-21 08:00 +7);

    fn now() -> Timestamp {
        Timestamp(i64::try_from(TODAY.unix_timestamp_nanos() / 1_000_000).unwrap())
    }

    fn paper() -> Vec<u8> {
        let jpeg = include_bytes!("../fixtures/white.jpg").to_vec();
        let page = motcua_pdf::PageImage { jpeg, width: 8, height: 8, gray: true, dpi: 72 };
        let info = motcua_pdf::AssembleInfo { title: "Giấy thử".into(), at: TODAY, seed: [7; 16] };
        motcua_pdf::assemble(&[page], &info).unwrap()
    }

    #[test]
    fn papers_of_the_archive_are_trusted_and_those_of_a_revoked_signer_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::prepare(dir.path(), TODAY).unwrap();
        let trust = TrustList::from_pem(&authority.trust().unwrap()).unwrap();
        let chain = authority.chain().unwrap();
        let good = authority.archive_signer().unwrap().sign_pdf(&paper(), &chain, TODAY).unwrap();
        let report = verify_pdf(&good, &trust, now()).unwrap();
        assert_eq!(report.document, Verdict::Passed, "{:?}", report.signatures[0].reasons);
        assert_eq!(report.signatures[0].signer.organization, AGENCY);
        assert_eq!(report.signatures[0].revocation, Revocation::NotRevoked);
        let old = TrustList::from_pem(&authority.trust().unwrap()[..3]).unwrap();
        let report = verify_pdf(&good, &old, now()).unwrap();
        assert_eq!(report.document, Verdict::Passed, "a counter works offline");
        assert_eq!(
            report.signatures[0].revocation,
            Revocation::Unknown,
            "but it does not say more than it knows"
        );
        let revoked = authority.revoked_signer().unwrap().sign_pdf(&paper(), &chain, TODAY).unwrap();
        let report = verify_pdf(&revoked, &trust, now()).unwrap();
        assert_eq!(report.signatures[0].trust, Trust::Revoked);
    }

    #[test]
    fn a_second_call_keeps_the_keys_which_only_their_owner_reads() {
        let dir = tempfile::tempdir().unwrap();
        let first = Authority::prepare(dir.path(), TODAY).unwrap().root_der().unwrap();
        assert_eq!(Authority::prepare(dir.path(), TODAY).unwrap().root_der().unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(dir.path().join("issuing.key.pem")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
