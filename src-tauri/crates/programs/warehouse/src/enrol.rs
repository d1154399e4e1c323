//! Machines of the offices: one-time codes, certificates of the server's own authority, revocation.
//!
//! A certificate says machine, agency and generation, and is believed because this authority signed it; the database
//! says at each request whether the machine is still admitted. So a restore of an older backup locks out no machine
//! that renewed its certificate since.

use crate::audit::{Hand, command, event};
use crate::problem::Refusal;
use crate::store::{CodeRow, DeviceRow, StoreError};
use crate::warehouse::{Caller, Warehouse};
use crate::{Config, ServeError};
use motcua_dossier::{AgencyCode, DeviceId, Timestamp};
use motcua_wire::{CERTIFICATE_DAYS, EnrolDevice, Enrolled, RENEW_AFTER_DAYS, RENEWAL_GRACE_DAYS};
use p256::ecdsa::signature::Verifier;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SerialNumber, SignatureAlgorithm,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::referenced::OwnedToRef;
use x509_cert::der::{Decode, DecodePem, Encode};
use x509_cert::request::CertReq;

/// Minutes a code may be used.
pub const CODE_MINUTES: i64 = 10;
/// Wrong tries after which a code is dead.
const CODE_TRIES: u32 = 5;
/// Crockford's letters: none is taken for another when read from a screen.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters that only find the code; the rest is the secret.
const SELECTOR: usize = 4;
const CODE: usize = 12;
/// So far a machine's clock may be behind ours.
const BACKDATED: Duration = Duration::from_secs(60 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// So long after a restore machines are admitted that only their certificates tell of.
const READMIT_MS: i64 = (CERTIFICATE_DAYS + RENEWAL_GRACE_DAYS) * DAY_MS;
const KEY_FILE: &str = "device-ca.key";

/// The authority that signs machines' certificates. Its key is all it has; its name is fixed.
pub(crate) struct DeviceAuthority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl DeviceAuthority {
    /// Opens the authority of a data directory, made at the first call.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(KEY_FILE);
        let key = match std::fs::read_to_string(&path) {
            Ok(text) => KeyPair::from_pem(&text).map_err(io::Error::other)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => make_key(data, &path)?,
            Err(e) => return Err(e),
        };
        let mut params = CertificateParams::new(vec![]).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "Mot Cua device CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).map_err(io::Error::other)?.der().clone();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    fn issue(&self, key: &DeviceKey, device: &DeviceRow, now: Timestamp) -> Result<Enrolled, StoreError> {
        let trouble = |_| StoreError::Identifier;
        let from = instant(now)?;
        let until = from + time::Duration::days(CERTIFICATE_DAYS);
        let mut params = CertificateParams::new(vec![]).map_err(trouble)?;
        params.distinguished_name.push(DnType::CommonName, device.id.to_string());
        params.distinguished_name.push(DnType::OrganizationName, device.agency.clone());
        params.distinguished_name.push(DnType::OrganizationalUnitName, unit_of(device));
        params.serial_number = Some(SerialNumber::from_slice(&random::<16>()?));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (from - BACKDATED, until);
        let certificate = params.signed_by(key, &self.issuer).map_err(trouble)?;
        Ok(Enrolled {
            device: device.id,
            agency: AgencyCode::parse(&device.agency).map_err(|_| StoreError::Identifier)?,
            certificate: certificate.pem(),
            renew_from: Timestamp(now.0 + RENEW_AFTER_DAYS * DAY_MS),
            until: Timestamp(until.unix_timestamp() * 1000),
        })
    }

    /// Believes certificates of this authority alone and asks for one without insisting. One that has run out is
    /// believed too: what it is still good for is decided at each request.
    pub(crate) fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, ServeError> {
        let trouble = |e: &dyn std::fmt::Display| ServeError::Tls(e.to_string());
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).map_err(|e| trouble(&e))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()
            .map_err(|e| trouble(&e))?;
        Ok(Arc::new(AnyDate(inner)))
    }
}

/// How the certificate names the generation, and what kind of machine it is: a warehouse that was restored knows
/// nothing else of it.
fn unit_of(device: &DeviceRow) -> String {
    if device.portal { format!("{} {PORTAL}", device.generation) } else { device.generation.to_string() }
}

/// Marks the certificate of a portal.
const PORTAL: &str = "portal";

fn make_key(data: &Path, path: &Path) -> io::Result<KeyPair> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    // Whole or not at all, and never over another's.
    let fresh = data.join(format!("{KEY_FILE}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(key.serialize_pem().as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&fresh, path);
    std::fs::remove_file(&fresh)?;
    crate::store::flush_folder(data)?;
    match linked {
        Ok(()) => Ok(key),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            KeyPair::from_pem(&std::fs::read_to_string(path)?).map_err(io::Error::other)
        }
        Err(e) => Err(e),
    }
}

/// Looks at a certificate as on a day of its life.
#[derive(Debug)]
struct AnyDate(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for AnyDate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let unreadable = || rustls::Error::from(rustls::CertificateError::BadEncoding);
        let certificate = x509_cert::Certificate::from_der(end_entity).map_err(|_| unreadable())?;
        let validity = certificate.tbs_certificate.validity;
        let seconds = |t: x509_cert::time::Time| t.to_unix_duration().as_secs();
        let day = now.as_secs().clamp(
            seconds(validity.not_before),
            seconds(validity.not_after).max(seconds(validity.not_before)),
        );
        self.0.verify_client_cert(
            end_entity,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_secs(day)),
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// What the certificate of a connection says; its signature was checked by the handshake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Presented {
    pub(crate) device: DeviceId,
    pub(crate) agency: String,
    pub(crate) generation: u32,
    /// A portal's.
    pub(crate) portal: bool,
    /// Last moment it is valid.
    pub(crate) until: Timestamp,
}

impl Presented {
    pub(crate) fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
        let subject = &certificate.tbs_certificate.subject;
        let part = |oid: &str| {
            let oid = ObjectIdentifier::new(oid).ok()?;
            let all = subject.0.iter().flat_map(|rdn| rdn.0.iter());
            let value = &all.filter(|part| part.oid == oid).map(|part| &part.value).next()?;
            std::str::from_utf8(value.value()).ok().map(str::to_owned)
        };
        let until = certificate.tbs_certificate.validity.not_after.to_unix_duration();
        let unit = part("2.5.4.11")?;
        let (generation, portal) = match unit.split_once(' ') {
            None => (unit.as_str(), false),
            Some((generation, PORTAL)) => (generation, true),
            Some(_) => return None,
        };
        Some(Self {
            device: DeviceId::parse(&part("2.5.4.3")?).ok()?,
            agency: part("2.5.4.10")?,
            generation: generation.parse().ok()?,
            portal,
            until: Timestamp(i64::try_from(until.as_millis()).ok()?),
        })
    }
}

/// Is the certificate asked for more than its own renewal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Errand {
    Work,
    Renewal,
}

/// A public key whose owner proved that he has the private one.
struct DeviceKey(Vec<u8>);

impl PublicKeyData for DeviceKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl DeviceKey {
    /// The key of a request that is signed by it; nothing else of the request counts.
    fn of_request(pem: &str) -> Option<Self> {
        let request = CertReq::from_pem(pem).ok()?;
        let key = p256::ecdsa::VerifyingKey::try_from(request.info.public_key.owned_to_ref()).ok()?;
        let signature = p256::ecdsa::Signature::from_der(request.signature.as_bytes()?).ok()?;
        key.verify(&request.info.to_der().ok()?, &signature).ok()?;
        Some(Self(key.to_encoded_point(false).as_bytes().to_vec()))
    }

    fn used_by(&self, device: DeviceId, generation: u32) -> [u8; 32] {
        let hash = Sha256::new().chain_update(b"motcua code used v1\0").chain_update(device.0.as_bytes());
        hash.chain_update(generation.to_be_bytes()).chain_update(&self.0).finalize().into()
    }
}

/// A code for one machine, told once.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct DeviceCode {
    /// In groups, for typing.
    pub code: String,
    /// Agency the machine will belong to.
    pub agency: AgencyCode,
    /// Name of the machine for people.
    pub name: String,
    /// Last moment it can be used.
    pub until: Timestamp,
}

/// Debug output leaves the code out.
impl std::fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceCode").field("agency", &self.agency).finish_non_exhaustive()
    }
}

/// A machine as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DeviceReport {
    /// Identity.
    pub id: DeviceId,
    /// Its agency.
    pub agency: String,
    /// Name for people.
    pub name: String,
    /// A portal, no counter.
    pub portal: bool,
    /// No longer admitted.
    pub revoked: bool,
    /// End of the certificate issued last; none before it enrolled.
    pub certificate_until: Option<Timestamp>,
}

/// Why an administrator's act on machines was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No machine has that identity.
    #[error("no machine {0}")]
    Unknown(DeviceId),
    /// The name is empty or longer than 100 letters.
    #[error("name of the machine is empty or too long")]
    Name,
    /// What should be a request is none, or its key is not proved.
    #[error("certificate request cannot be used")]
    Request,
    /// Store.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl From<StoreError> for DeviceError {
    fn from(error: StoreError) -> Self {
        Self::Serve(error.into())
    }
}

/// Makes a one-time code for a new machine of an agency; only its hash is kept.
///
/// # Errors
/// See [`DeviceError`].
pub fn device_code(config: &Config, agency: &AgencyCode, name: &str) -> Result<DeviceCode, DeviceError> {
    Warehouse::beside(config)?.device_code(&Hand::operator(), agency, name)
}

fn fitting(name: &str) -> Result<&str, DeviceError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 { Err(DeviceError::Name) } else { Ok(name) }
}

/// Makes a one-time code for a portal: it may submit dossiers to that agency and those below it, and does nothing else.
///
/// # Errors
/// See [`DeviceError`].
pub fn portal_code(config: &Config, agency: &AgencyCode, name: &str) -> Result<DeviceCode, DeviceError> {
    make_code(&Warehouse::beside(config)?, &Hand::operator(), agency, fitting(name)?, (None, true))
}

/// Makes a one-time code by which a machine that is known enrols again: it was set up anew, its certificate ended, or
/// it was revoked. No other code does that.
///
/// # Errors
/// See [`DeviceError`].
pub fn device_code_again(config: &Config, id: DeviceId) -> Result<DeviceCode, DeviceError> {
    Warehouse::beside(config)?.device_code_again(&Hand::operator(), id)
}

fn make_code(
    warehouse: &Warehouse,
    hand: &Hand,
    agency: &AgencyCode,
    name: &str,
    (device, portal): (Option<DeviceId>, bool),
) -> Result<DeviceCode, DeviceError> {
    let now = warehouse.now();
    let letters: String =
        random::<CODE>()?.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let until = Timestamp(now.0 + CODE_MINUTES * 60 * 1000);
    let row = CodeRow {
        selector: letters[..SELECTOR].to_owned(),
        secret: secret_hash(&letters),
        agency: agency.to_string(),
        name: name.to_owned(),
        portal,
        device,
        until,
        tries: 0,
        used: None,
    };
    warehouse.records.write(|v| {
        v.drop_codes_before(now)?;
        v.put_code(&row)?;
        v.audit(&hand.did("device.code", format!("{agency} {}", row.selector), now))
    })?;
    let groups: Vec<&str> = [0, 4, 8].map(|at| &letters[at..at + 4]).to_vec();
    Ok(DeviceCode { code: groups.join("-"), agency: agency.clone(), name: row.name, until })
}

/// Every machine, by agency and name.
///
/// # Errors
/// See [`DeviceError`].
pub fn devices(config: &Config) -> Result<Vec<DeviceReport>, DeviceError> {
    Ok(Warehouse::beside(config)?.devices()?)
}

/// Admits a machine no longer; a running server notices at its next request. A new code admits it again.
///
/// # Errors
/// See [`DeviceError`].
pub fn revoke_device(config: &Config, id: DeviceId) -> Result<(), DeviceError> {
    Warehouse::beside(config)?.revoke_device(&Hand::operator(), id)
}

/// Issues a certificate to a machine that is known, without a code: for whoever has the data directory, as
/// the demo and the tests. Ends the machine's earlier certificates.
///
/// # Errors
/// See [`DeviceError`].
pub fn issue_certificate(config: &Config, id: DeviceId, csr: &str) -> Result<Enrolled, DeviceError> {
    let key = DeviceKey::of_request(csr).ok_or(DeviceError::Request)?;
    let warehouse = Warehouse::beside(config)?;
    let now = warehouse.now();
    let found = warehouse.records.read(|v| v.device(id))?;
    let mut device = found.ok_or(DeviceError::Unknown(id))?;
    device.generation += 1;
    let enrolled = warehouse.devices.issue(&key, &device, now)?;
    device.certificate_until = Some(enrolled.until);
    warehouse.records.write(|v| {
        v.put_device(&device)?;
        v.audit(&command("device.enrolled", id.to_string(), now))
    })?;
    Ok(enrolled)
}

impl Warehouse {
    /// A one-time code for a new machine of an agency.
    pub(crate) fn device_code(
        &self,
        hand: &Hand,
        agency: &AgencyCode,
        name: &str,
    ) -> Result<DeviceCode, DeviceError> {
        make_code(self, hand, agency, fitting(name)?, (None, false))
    }

    /// A one-time code by which a machine that is known enrols again.
    pub(crate) fn device_code_again(&self, hand: &Hand, id: DeviceId) -> Result<DeviceCode, DeviceError> {
        let row = self.records.read(|v| v.device(id))?.ok_or(DeviceError::Unknown(id))?;
        let agency = AgencyCode::parse(&row.agency).map_err(|_| StoreError::Identifier)?;
        make_code(self, hand, &agency, &row.name, (Some(id), row.portal))
    }

    /// Every machine, by agency and name.
    pub(crate) fn devices(&self) -> Result<Vec<DeviceReport>, StoreError> {
        let rows = self.records.read(|v| v.devices())?;
        Ok(rows
            .into_iter()
            .map(|row| DeviceReport {
                id: row.id,
                agency: row.agency,
                name: row.name,
                portal: row.portal,
                revoked: row.revoked,
                certificate_until: row.certificate_until,
            })
            .collect())
    }

    /// Admits a machine no longer.
    pub(crate) fn revoke_device(&self, hand: &Hand, id: DeviceId) -> Result<(), DeviceError> {
        let now = self.now();
        let known = self.records.write(|v| {
            let known = v.revoke_device(id)?;
            if known {
                v.audit(&hand.did("device.revoked", id.to_string(), now))?;
            }
            Ok(known)
        })?;
        if known { Ok(()) } else { Err(DeviceError::Unknown(id)) }
    }

    /// Enrols a machine by a one-time code. The same key may come again with its code, for the answer may have
    /// been lost on the way.
    pub(crate) fn enrol(&self, wish: &EnrolDevice) -> Result<Enrolled, Refusal> {
        let key = DeviceKey::of_request(&wish.csr).ok_or(Refusal::CsrMalformed)?;
        let letters = plain_code(&wish.code).ok_or(Refusal::EnrolCodeRefused)?;
        let now = self.now();
        // A wrong try is counted although it is refused, so the refusal is no error of the transaction.
        self.records.attempt::<Result<Enrolled, Refusal>, StoreError>(|v| {
            let Some(mut code) = v.code(&letters[..SELECTOR], now)? else {
                return Ok(Err(Refusal::EnrolCodeRefused));
            };
            if code.tries >= CODE_TRIES {
                return Ok(Err(Refusal::EnrolCodeRefused));
            }
            if code.secret != secret_hash(&letters) {
                code.tries += 1;
                v.put_code(&code)?;
                return Ok(Err(Refusal::EnrolCodeRefused));
            }
            if code.device.is_some_and(|device| device != wish.device) {
                return Ok(Err(Refusal::EnrolCodeRefused));
            }
            if code.agency != wish.agency.as_str() {
                return Ok(Err(Refusal::EnrolOfOtherAgency));
            }
            let known = v.device(wish.device)?;
            // What another office's machine has not sent yet is that office's.
            if known.as_ref().is_some_and(|row| row.agency != code.agency) {
                return Ok(Err(Refusal::EnrolOfOtherAgency));
            }
            let generation = match (code.used, &known) {
                // What was used is good for its own answer and nothing else: the same machine and key, and nobody
                // revoked it or enrolled it anew in between.
                (Some(used), Some(row)) if used == key.used_by(row.id, row.generation) && !row.revoked => {
                    row.generation
                }
                (Some(_), _) => return Ok(Err(Refusal::EnrolCodeRefused)),
                (None, None) => 1,
                // Only a code for that machine admits it again; one that never had a certificate is a new one.
                (None, Some(row)) if code.device.is_none() && (row.generation > 0 || row.revoked) => {
                    return Ok(Err(Refusal::EnrolMachineKnown));
                }
                (None, Some(row)) => row.generation + 1,
            };
            let mut device = DeviceRow {
                id: wish.device,
                agency: code.agency.clone(),
                name: code.name.clone(),
                portal: code.portal,
                revoked: false,
                generation,
                certificate_until: None,
            };
            let enrolled = self.devices.issue(&key, &device, now)?;
            device.certificate_until = Some(enrolled.until);
            v.put_device(&device)?;
            code.used = Some(key.used_by(device.id, generation));
            v.put_code(&code)?;
            v.audit(&event(device.id, "", "device.enrolled", code.selector, now))?;
            Ok(Ok(enrolled))
        })?
    }

    /// Gives an enrolled machine its next certificate; the one it has stays good until its end, for the answer may
    /// be lost on the way.
    pub(crate) fn renew(&self, caller: &Caller, csr: &str) -> Result<Enrolled, Refusal> {
        let key = DeviceKey::of_request(csr).ok_or(Refusal::CsrMalformed)?;
        let now = self.now();
        self.records.attempt(|v| {
            let mut device = v.device(caller.device)?.ok_or(Refusal::Unauthorized)?;
            let enrolled = self.devices.issue(&key, &device, now)?;
            device.certificate_until = Some(enrolled.until);
            v.put_device(&device)?;
            v.audit(&event(caller.device, "", "device.renewed", device.id.to_string(), now))?;
            Ok(enrolled)
        })
    }

    /// Who a certificate is, if it may do that now.
    pub(crate) fn caller(&self, presented: Option<&Presented>, errand: Errand) -> Result<Caller, Refusal> {
        let presented = presented.ok_or(Refusal::Unauthorized)?;
        let now = self.now();
        let device = match self.records.read(|v| v.device(presented.device))? {
            Some(row) if row.generation >= presented.generation => row,
            // Enrolled after the backup this warehouse was restored from: its certificate is what is left of it.
            behind if self.records.read(|v| v.was_restored_since(Timestamp(now.0 - READMIT_MS)))? => {
                self.readmit(presented, behind, now)?
            }
            _ => return Err(Refusal::Unauthorized),
        };
        if device.revoked && device.agency == presented.agency {
            return Err(Refusal::DeviceRevoked);
        }
        if device.generation != presented.generation || device.agency != presented.agency {
            return Err(Refusal::Unauthorized);
        }
        let grace = if errand == Errand::Renewal { RENEWAL_GRACE_DAYS * DAY_MS } else { 0 };
        if now.0 > presented.until.0 + grace {
            return Err(Refusal::CertificateExpired);
        }
        Ok(self.machine(device.id, device.agency, device.portal)?)
    }

    fn readmit(
        &self,
        presented: &Presented,
        behind: Option<DeviceRow>,
        now: Timestamp,
    ) -> Result<DeviceRow, Refusal> {
        let device = DeviceRow {
            id: presented.device,
            agency: presented.agency.clone(),
            name: behind.as_ref().map(|row| row.name.clone()).unwrap_or_default(),
            portal: presented.portal,
            // Its certificate is newer than whatever the backup knows of it.
            revoked: false,
            generation: presented.generation,
            certificate_until: Some(presented.until),
        };
        self.records.write(|v| {
            v.put_device(&device)?;
            v.audit(&event(device.id, "", "device.readmitted", device.id.to_string(), now))
        })?;
        Ok(device)
    }
}

/// The letters of a code, however it was typed.
fn plain_code(typed: &str) -> Option<String> {
    let letters: String = typed
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    let fits = letters.len() == CODE && letters.bytes().all(|b| LETTERS.contains(&b));
    fits.then_some(letters)
}

fn secret_hash(letters: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"motcua device code v1\0").chain_update(letters).finalize().into()
}

fn instant(at: Timestamp) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1000)).map_err(|_| StoreError::Identifier)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::Io(io::Error::other(e.to_string())))?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::warehouse::on_clock;
    use std::sync::atomic::{AtomicI64, Ordering};

    const NOW: i64 = 1_795_143_600_000;
    const AGENCY: &str = "000.01.20.H08";

    struct Office {
        warehouse: Warehouse,
        now: Arc<AtomicI64>,
        _dir: tempfile::TempDir,
    }

    impl Office {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let now = Arc::new(AtomicI64::new(NOW));
            Self { warehouse: on_clock(dir.path(), &now), now, _dir: dir }
        }

        /// A code whose letters are all the same mark.
        fn code(&self, mark: char) -> String {
            self.code_for(mark, None)
        }

        fn code_for(&self, mark: char, device: Option<DeviceId>) -> String {
            let letters = mark.to_string().repeat(CODE);
            let row = CodeRow {
                selector: letters[..SELECTOR].to_owned(),
                secret: secret_hash(&letters),
                agency: AGENCY.to_owned(),
                name: "Quầy 1".to_owned(),
                portal: false,
                device,
                until: Timestamp(self.now.load(Ordering::SeqCst) + CODE_MINUTES * 60 * 1000),
                tries: 0,
                used: None,
            };
            self.warehouse.records.write(|v| v.put_code(&row)).unwrap();
            letters
        }

        fn enrol(&self, code: &str, device: DeviceId, csr: &str) -> Result<Enrolled, Refusal> {
            let agency = AgencyCode::parse(AGENCY).map_err(|_| Refusal::BodyMalformed)?;
            self.warehouse.enrol(&EnrolDevice { code: code.to_owned(), device, agency, csr: csr.to_owned() })
        }

        fn may(&self, enrolled: &Enrolled, errand: Errand) -> Result<DeviceId, Refusal> {
            self.warehouse.caller(Some(&presented(enrolled)), errand).map(|caller| caller.device)
        }

        fn later(&self, days: i64) {
            self.now.fetch_add(days * DAY_MS, Ordering::SeqCst);
        }
    }

    fn machine(mark: u8) -> DeviceId {
        DeviceId::derive(1, &[mark; 10])
    }

    fn request() -> String {
        let key = KeyPair::generate().unwrap();
        CertificateParams::new(vec![]).unwrap().serialize_request(&key).unwrap().pem().unwrap()
    }

    fn presented(enrolled: &Enrolled) -> Presented {
        use rustls::pki_types::pem::PemObject;
        Presented::read(&CertificateDer::from_pem_slice(enrolled.certificate.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_code_is_good_once_for_one_key_for_ten_minutes() {
        let office = Office::new();
        let (code, csr) = (office.code('7'), request());
        let first = office.enrol("7777-7777 7777", machine(1), &csr).unwrap();
        assert_eq!(office.may(&first, Errand::Work).unwrap(), machine(1));
        let lost = office.enrol(&code, machine(1), &csr).unwrap();
        assert_eq!(presented(&lost), presented(&first), "the answer was lost and is given again");
        assert_eq!(office.enrol(&code, machine(1), &request()).unwrap_err(), Refusal::EnrolCodeRefused);
        let late = office.code('8');
        office.now.fetch_add(CODE_MINUTES * 60 * 1000 + 1, Ordering::SeqCst);
        assert_eq!(office.enrol(&late, machine(2), &request()).unwrap_err(), Refusal::EnrolCodeRefused);
        assert_eq!(office.enrol("nonsense", machine(2), &request()).unwrap_err(), Refusal::EnrolCodeRefused);
    }

    #[test]
    fn a_code_that_is_guessed_at_dies_and_one_of_another_office_is_not_used_up() {
        let office = Office::new();
        let code = office.code('9');
        let elsewhere = EnrolDevice {
            code: code.clone(),
            device: machine(1),
            agency: AgencyCode::parse("000.02.20.H08").unwrap(),
            csr: request(),
        };
        assert_eq!(office.warehouse.enrol(&elsewhere).unwrap_err(), Refusal::EnrolOfOtherAgency);
        for n in 0..CODE_TRIES {
            let wrong = format!("9999000{n}0000");
            assert_eq!(office.enrol(&wrong, machine(1), &request()).unwrap_err(), Refusal::EnrolCodeRefused);
        }
        assert_eq!(office.enrol(&code, machine(1), &request()).unwrap_err(), Refusal::EnrolCodeRefused);
    }

    #[test]
    fn a_request_that_does_not_prove_its_key_is_refused() {
        let office = Office::new();
        let code = office.code('A');
        assert_eq!(office.enrol(&code, machine(1), "x").unwrap_err(), Refusal::CsrMalformed);
        // The signature of another request under this one.
        let (one, other) = (CertReq::from_pem(request()).unwrap(), CertReq::from_pem(request()).unwrap());
        let forged = CertReq { signature: other.signature, ..one };
        use x509_cert::der::{EncodePem, pem::LineEnding};
        let forged = forged.to_pem(LineEnding::LF).unwrap();
        assert_eq!(office.enrol(&code, machine(1), &forged).unwrap_err(), Refusal::CsrMalformed);
        assert!(office.enrol(&code, machine(1), &request()).is_ok(), "the code was not used up");
    }

    #[test]
    fn a_certificate_is_renewed_also_late_and_works_only_in_time() {
        let office = Office::new();
        let first = office.enrol(&office.code('B'), machine(1), &request()).unwrap();
        office.later(CERTIFICATE_DAYS + 1);
        assert_eq!(office.may(&first, Errand::Work), Err(Refusal::CertificateExpired));
        assert_eq!(office.may(&first, Errand::Renewal), Ok(machine(1)));
        let caller = office.warehouse.caller(Some(&presented(&first)), Errand::Renewal).unwrap();
        let next = office.warehouse.renew(&caller, &request()).unwrap();
        assert_eq!(office.may(&next, Errand::Work), Ok(machine(1)));
        office.later(RENEWAL_GRACE_DAYS);
        assert_eq!(office.may(&first, Errand::Renewal), Err(Refusal::CertificateExpired));
    }

    #[test]
    fn a_new_code_keeps_the_machine_and_ends_what_it_had() {
        let office = Office::new();
        let first = office.enrol(&office.code('C'), machine(1), &request()).unwrap();
        let second = office.enrol(&office.code_for('D', Some(machine(1))), machine(1), &request()).unwrap();
        assert_eq!(office.may(&first, Errand::Renewal), Err(Refusal::Unauthorized));
        assert_eq!(office.may(&second, Errand::Work), Ok(machine(1)));
        assert!(office.warehouse.records.write(|v| v.revoke_device(machine(1))).unwrap());
        assert_eq!(office.may(&second, Errand::Work), Err(Refusal::DeviceRevoked));
        assert_eq!(office.may(&second, Errand::Renewal), Err(Refusal::DeviceRevoked));
        let third = office.enrol(&office.code_for('E', Some(machine(1))), machine(1), &request()).unwrap();
        assert_eq!(office.may(&third, Errand::Work), Ok(machine(1)), "a new code admits it again");
        assert!(!office.warehouse.records.write(|v| v.revoke_device(machine(9))).unwrap());
    }

    #[test]
    fn a_used_code_admits_no_other_machine_and_none_that_was_revoked() {
        let office = Office::new();
        let other = office.enrol(&office.code('G'), machine(2), &request()).unwrap();
        let (code, csr) = (office.code('H'), request());
        let refused = |code: &str, device, csr: &str| office.enrol(code, device, csr).unwrap_err();
        assert_eq!(
            refused(&code, machine(2), &csr),
            Refusal::EnrolMachineKnown,
            "a new code is for new machines"
        );
        office.enrol(&code, machine(1), &csr).unwrap();
        for device in [machine(2), machine(3)] {
            assert_eq!(refused(&code, device, &csr), Refusal::EnrolCodeRefused, "used is used");
        }
        assert_eq!(office.may(&other, Errand::Work), Ok(machine(2)));
        assert!(office.warehouse.records.write(|v| v.revoke_device(machine(1))).unwrap());
        assert_eq!(refused(&code, machine(1), &csr), Refusal::EnrolCodeRefused);
        let again = office.code_for('J', Some(machine(1)));
        assert_eq!(
            refused(&again, machine(4), &request()),
            Refusal::EnrolCodeRefused,
            "it is for one machine"
        );
        office.enrol(&again, machine(1), &request()).unwrap();
        assert_eq!(refused(&code, machine(1), &csr), Refusal::EnrolCodeRefused, "an older key stays out");
    }

    #[test]
    fn a_machine_that_a_restore_forgot_is_admitted_by_its_certificate() {
        let office = Office::new();
        let enrolled = office.enrol(&office.code('F'), machine(1), &request()).unwrap();
        office.warehouse.records.write(|v| v.forget_device(machine(1))).unwrap();
        assert_eq!(office.may(&enrolled, Errand::Work), Err(Refusal::Unauthorized), "nothing was restored");
        let restored = Timestamp(office.now.load(Ordering::SeqCst));
        office.warehouse.records.write(|v| v.note_restore(restored)).unwrap();
        assert_eq!(office.may(&enrolled, Errand::Work), Ok(machine(1)));
        assert_eq!(office.warehouse.records.read(|v| v.devices()).unwrap().len(), 1);
    }
}
