//! Verifying the signatures of a PDF.

use crate::certificate::{Certificate, CertificateCard, CertificateProblem, KeyKind, same_name};
use crate::check::{Hash, fits_with};
use crate::cms::{CONTENT_TYPE, ID_DATA, ID_SIGNED_DATA, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2};
use crate::path;
use crate::report::{Integrity, Report, Revocation, SignatureReport, Trust, Verdict};
use crate::trust::TrustList;
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode, Encode, SliceReader};
use motcua_dossier::Timestamp;
use motcua_pdf::FoundSignature;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

/// ESS signing-certificate, version 1 (SHA-1).
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");

/// The file cannot be verified at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(transparent)]
pub struct VerifyError(#[from] pub motcua_pdf::PdfError);

/// Checks every signature of a file.
///
/// # Errors
/// The file itself cannot be read strictly.
pub fn verify_pdf(pdf: &[u8], trust: &TrustList, now: Timestamp) -> Result<Report, VerifyError> {
    let signatures: Vec<SignatureReport> =
        motcua_pdf::signatures(pdf)?.iter().map(|found| Check::run(pdf, found, trust, now)).collect();
    // Time stamps alone do not make a signed document.
    let document =
        signatures.iter().map(|signature| signature.verdict).max().unwrap_or(Verdict::Indeterminate);
    Ok(Report { signatures, document })
}

/// One signature under examination; every finding leaves a reason.
struct Check<'c> {
    pdf: &'c [u8],
    found: &'c FoundSignature,
    reasons: Vec<String>,
    integrity: Integrity,
    revocation: Revocation,
    /// The signed bytes are intact, yet something keeps the answer open.
    open: bool,
}

/// The readable parts of a CMS.
struct Envelope {
    signer: SignerInfo,
    hash: Hash,
    leaf: Certificate,
    others: Vec<Certificate>,
}

impl<'c> Check<'c> {
    fn run(pdf: &'c [u8], found: &'c FoundSignature, trust: &TrustList, now: Timestamp) -> SignatureReport {
        let (integrity, revocation) = (Integrity::Intact, Revocation::Unknown);
        let mut check = Self { pdf, found, reasons: vec![], integrity, revocation, open: false };
        if !found.well_formed {
            check.fail(Integrity::Broken, "byteRangeMalformed");
        }
        let envelope = check.envelope();
        if let Some(envelope) = &envelope {
            check.bytes(envelope);
        }
        if found.later_changes && found.well_formed {
            check.fail(Integrity::Changed, "changedAfterSigning");
        }
        let state = match &envelope {
            Some(envelope) => check.trust(envelope, trust, now),
            None => Trust::Untrusted,
        };
        check.conclude(envelope.map(|envelope| envelope.leaf), state)
    }

    fn fail(&mut self, integrity: Integrity, reason: &str) {
        if self.integrity != Integrity::Broken {
            self.integrity = integrity;
        }
        self.say(reason);
    }

    fn say(&mut self, reason: &str) {
        if !self.reasons.iter().any(|known| known == reason) {
            self.reasons.push(reason.to_owned());
        }
    }

    fn doubt(&mut self, reason: &str) {
        self.open = true;
        self.say(reason);
    }

    fn envelope(&mut self) -> Option<Envelope> {
        let envelope = self.read();
        if envelope.is_none() && self.integrity != Integrity::Broken {
            self.fail(Integrity::Broken, "cmsMalformed");
        } else if envelope.is_none() {
            self.say("cmsMalformed");
        }
        envelope
    }

    /// DER with zero padding after it; exactly one signer whose certificate is carried.
    fn read(&mut self) -> Option<Envelope> {
        let contents = &self.found.contents;
        let mut reader = SliceReader::new(contents).ok()?;
        let whole = crate::asn1::element(&mut reader)?;
        if contents[whole.len()..].iter().any(|&byte| byte != 0) {
            return None;
        }
        let info = ContentInfo::from_der(whole).ok()?;
        if info.content_type != ID_SIGNED_DATA {
            return None;
        }
        let data: SignedData = info.content.decode_as().ok()?;
        if self.found.sub_filter == "ETSI.RFC3161" {
            self.doubt("timestampNotChecked");
        } else if data.encap_content_info.econtent_type != ID_DATA
            || data.encap_content_info.econtent.is_some()
        {
            self.fail(Integrity::Broken, "contentInsideSignature");
        }
        let [signer] = data.signer_infos.0.as_slice() else { return None };
        let mut certificates = Vec::new();
        for choice in data.certificates.iter().flat_map(|set| set.0.iter()) {
            if let CertificateChoices::Certificate(certificate) = choice {
                certificates.push(Certificate::from_der(&certificate.to_der().ok()?).ok()?);
            }
        }
        let place = certificates.iter().position(|certificate| names(&signer.sid, certificate))?;
        let leaf = certificates.swap_remove(place);
        let hash = Hash::of(signer.digest_alg.oid)?;
        Some(Envelope { signer: signer.clone(), hash, leaf, others: certificates })
    }

    /// Digest of the byte range, attributes, and the signature over them.
    fn bytes(&mut self, envelope: &Envelope) {
        if self.found.sub_filter == "ETSI.RFC3161" {
            return;
        }
        if !matches!(self.found.sub_filter.as_str(), "ETSI.CAdES.detached" | "adbe.pkcs7.detached") {
            self.doubt("subFilterUnsupported");
            return;
        }
        let Some(pieces) = self.pieces() else { return };
        let digest = envelope.hash.digest(&pieces);
        let signer = &envelope.signer;
        let algorithm = signer.signature_algorithm.oid;
        let named = Hash::of(algorithm);
        if named.is_some_and(|named| named != envelope.hash) {
            self.fail(Integrity::Broken, "digestAlgorithmsDiffer");
            return;
        }
        if named.is_none() && algorithm != const_oid::db::rfc5912::RSA_ENCRYPTION {
            self.doubt("algorithmUnsupported");
            return;
        }
        if envelope.hash == Hash::Sha1 {
            self.doubt("weakAlgorithm");
        }
        match envelope.leaf.key_kind() {
            KeyKind::Rsa { bits } if bits < 2048 => self.doubt("weakAlgorithm"),
            KeyKind::Other => {
                self.doubt("algorithmUnsupported");
                return;
            }
            KeyKind::Rsa { .. } | KeyKind::P256 | KeyKind::P384 => {}
        }
        let Some(attributes) = &signer.signed_attrs else {
            self.doubt("signingCertificateMissing");
            if !fits_with(envelope.hash, &envelope.leaf, &digest, signer.signature.as_bytes()) {
                self.fail(Integrity::Changed, "signatureMismatch");
            }
            return;
        };
        let only = |oid: ObjectIdentifier| {
            let mut all = attributes.iter().filter(|attribute| attribute.oid == oid);
            match (all.next().map(|attribute| attribute.values.as_slice()), all.next()) {
                (Some([value]), None) => Some(value),
                _ => None,
            }
        };
        let kind = only(CONTENT_TYPE).and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
        let said = only(MESSAGE_DIGEST).and_then(|value| value.decode_as::<OctetString>().ok());
        if kind != Some(ID_DATA) || said.is_none() {
            self.fail(Integrity::Broken, "cmsMalformed");
        }
        if said.is_some_and(|said| said.as_bytes() != digest) {
            self.fail(Integrity::Changed, "digestMismatch");
        }
        let signed = attributes.to_der().unwrap_or_default();
        let over = envelope.hash.digest(&[&signed]);
        if !fits_with(envelope.hash, &envelope.leaf, &over, signer.signature.as_bytes()) {
            self.fail(Integrity::Changed, "signatureMismatch");
        }
        match only(SIGNING_CERTIFICATE_V2) {
            Some(value) => match value.to_der().ok().and_then(|der| bound_fingerprint(&der)) {
                Some((hash, print)) if hash.digest(&[envelope.leaf.der()]) == print => {}
                Some(_) => self.fail(Integrity::Broken, "signingCertificateMismatch"),
                None => self.doubt("signingCertificateMissing"),
            },
            None if only(SIGNING_CERTIFICATE).is_some() => self.doubt("weakAlgorithm"),
            None if self.found.sub_filter == "ETSI.CAdES.detached" => self.doubt("signingCertificateMissing"),
            None => self.say("signingCertificateMissing"),
        }
    }

    fn pieces(&self) -> Option<[&'c [u8]; 2]> {
        let [a, b, c, d] = self.found.byte_range.map(|number| usize::try_from(number).ok());
        let first = self.pdf.get(a?..a?.checked_add(b?)?)?;
        let second = self.pdf.get(c?..c?.checked_add(d?)?)?;
        Some([first, second])
    }

    fn trust(&mut self, envelope: &Envelope, trust: &TrustList, now: Timestamp) -> Trust {
        let leaf = &envelope.leaf;
        if self.found.sub_filter != "ETSI.RFC3161"
            && let Err(problem) = leaf.purpose()
        {
            self.doubt(if problem == CertificateProblem::Authority {
                "notForSigning"
            } else {
                problem.code()
            });
            return Trust::NotForSigning;
        }
        if now < leaf.not_before() {
            self.doubt("certificateNotYetValid");
            return Trust::NotYetValid;
        }
        if now > leaf.not_after() {
            self.doubt("certificateExpired");
            return Trust::Expired;
        }
        let Some(path) = path::find(leaf, &envelope.others, trust, now) else {
            self.doubt("chainUntrusted");
            return Trust::Untrusted;
        };
        if path.weak {
            self.doubt("weakAlgorithm");
        }
        if path.revoked {
            self.revocation = Revocation::Revoked;
            self.say("certificateRevoked");
            return Trust::Revoked;
        }
        if path.revocation_known {
            self.revocation = Revocation::NotRevoked;
        } else {
            // Offline is normal at the counter: said, and left to the reader.
            self.say("revocationUnknown");
        }
        Trust::Trusted { anchor: path.anchor }
    }

    fn conclude(mut self, certificate: Option<Certificate>, trust: Trust) -> SignatureReport {
        let verdict = if self.integrity != Integrity::Intact || trust == Trust::Revoked {
            Verdict::Failed
        } else if self.open {
            Verdict::Indeterminate
        } else {
            Verdict::Passed
        };
        if self.found.claimed_at.is_some() {
            self.say("claimedTimeOnly");
        }
        let unknown = || CertificateCard {
            organization: String::new(),
            valid_from: Timestamp(0),
            valid_until: Timestamp(0),
            authority: String::new(),
        };
        SignatureReport {
            field: self.found.field.clone(),
            signer: certificate.as_ref().map_or_else(unknown, Certificate::card),
            certificate,
            claimed_at: self
                .found
                .claimed_at
                .and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok())
                .map(Timestamp),
            integrity: self.integrity,
            trust,
            revocation: self.revocation,
            verdict,
            reasons: self.reasons,
            covers_whole_file: self.found.covers_whole_file,
        }
    }
}

fn names(sid: &SignerIdentifier, certificate: &Certificate) -> bool {
    let tbs = &certificate.parsed().tbs_certificate;
    match sid {
        SignerIdentifier::IssuerAndSerialNumber(wanted) => {
            wanted.serial_number == tbs.serial_number && same_name(&wanted.issuer, &tbs.issuer)
        }
        SignerIdentifier::SubjectKeyIdentifier(wanted) => {
            matches!(tbs.get::<SubjectKeyIdentifier>(), Ok(Some((_, own))) if own == *wanted)
        }
    }
}

/// Digest kind and digest of the first certificate in a `SigningCertificateV2`.
fn bound_fingerprint(attribute: &[u8]) -> Option<(Hash, Vec<u8>)> {
    use der::{Header, Reader, Tag};
    let inner = |bytes: &[u8]| -> Option<Vec<u8>> {
        let mut reader = SliceReader::new(bytes).ok()?;
        let header = Header::decode(&mut reader).ok()?;
        (header.tag == Tag::Sequence).then(|| reader.read_slice(header.length).ok().map(<[u8]>::to_vec))?
    };
    let first = inner(&inner(&inner(attribute)?)?)?;
    let mut reader = SliceReader::new(&first).ok()?;
    let element = crate::asn1::element(&mut reader)?;
    let (hash, print) = if element.first() == Some(&0x30) {
        let algorithm = spki::AlgorithmIdentifierOwned::from_der(element).ok()?;
        (Hash::of(algorithm.oid)?, crate::asn1::element(&mut reader)?)
    } else {
        (Hash::Sha256, element)
    };
    Some((hash, OctetString::from_der(print).ok()?.into_bytes()))
}
