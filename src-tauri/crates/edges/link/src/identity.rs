//! Who this machine is to the warehouse: its private key and the certificate the warehouse gave it, in one file
//! that its owner alone can read. The key is made here and never leaves.

use crate::answer::json;
use crate::settings::{LinkSettings, LinkSettingsError};
use crate::warehouse::{USUAL, send};
use motcua_desk::ports::LinkError;
use motcua_dossier::{AgencyCode, DeviceId, Timestamp};
use motcua_wire::{EnrolDevice, Enrolled};
use rcgen::{CertificateParams, KeyPair};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Version of the file.
const VERSION: u32 = 1;
/// Tries to enrol before the person at the keyboard is told; the same key goes each time.
const TRIES: u32 = 3;

/// Key and certificate of this machine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceIdentity {
    version: u32,
    /// PEM.
    key: String,
    /// PEM.
    certificate: String,
    /// From then on the certificate is renewed.
    pub renew_from: Timestamp,
    /// Last moment the certificate is valid.
    pub until: Timestamp,
}

/// Debug output leaves the key out.
impl std::fmt::Debug for DeviceIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceIdentity").field("until", &self.until).finish_non_exhaustive()
    }
}

impl DeviceIdentity {
    /// Reads the file; none when there is none.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or was written by a newer program.
    pub fn load(path: &Path) -> io::Result<Option<Self>> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let identity: Self = serde_json::from_slice(&text)?;
        if identity.version > VERSION { Err(io::Error::other("newer version")) } else { Ok(Some(identity)) }
    }

    /// Writes the file for its owner only, whole or not at all, durable before it returns.
    ///
    /// # Errors
    /// Disk.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        save_private(path, &serde_json::to_vec_pretty(self)?)
    }

    pub(crate) fn pems(&self) -> (&str, &str) {
        (&self.certificate, &self.key)
    }
}

/// Whole or not at all, durable, for its owner only.
fn save_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The key that was sent with a code whose answer has not come.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// Hash of the code: with another one another key goes.
    code: String,
    /// PEM.
    key: String,
}

fn pending_path(identity: &Path) -> PathBuf {
    identity.with_extension("pending")
}

fn code_hash(code: &str) -> String {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    hex::encode(Sha256::digest(letters.to_ascii_uppercase()))
}

/// A key on its way to a certificate.
pub struct DeviceRequest {
    key: String,
    csr: String,
}

impl DeviceRequest {
    /// Makes a key pair, and a request that proves it.
    ///
    /// # Errors
    /// No randomness.
    pub fn new() -> Result<Self, LinkSettingsError> {
        Self::of(&KeyPair::generate().map_err(|_| LinkSettingsError::Identity)?)
    }

    /// The request a code was sent with before, or a fresh one that is kept for when it has to be sent again.
    fn pending(identity: &Path, code: &str) -> Result<Self, LinkSettingsError> {
        let (path, code) = (pending_path(identity), code_hash(code));
        let read = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Pending>(&text).ok());
        if let Some(kept) = read.filter(|kept| kept.code == code) {
            let key = KeyPair::from_pem(&kept.key).map_err(|_| LinkSettingsError::Identity)?;
            return Self::of(&key);
        }
        let request = Self::new()?;
        let kept = Pending { code, key: request.key.clone() };
        save_private(&path, &serde_json::to_vec(&kept).map_err(|_| LinkSettingsError::Identity)?)
            .map_err(|_| LinkSettingsError::Identity)?;
        Ok(request)
    }

    fn of(key: &KeyPair) -> Result<Self, LinkSettingsError> {
        let request = CertificateParams::new(vec![]).and_then(|params| params.serialize_request(key));
        let csr = request.and_then(|request| request.pem()).map_err(|_| LinkSettingsError::Identity)?;
        Ok(Self { key: key.serialize_pem(), csr })
    }

    /// What is sent: PKCS#10, PEM.
    #[must_use]
    pub fn csr(&self) -> &str {
        &self.csr
    }

    /// The key together with the certificate that came for it.
    #[must_use]
    pub fn with(self, enrolled: &Enrolled) -> DeviceIdentity {
        DeviceIdentity {
            version: VERSION,
            key: self.key,
            certificate: enrolled.certificate.clone(),
            renew_from: enrolled.renew_from,
            until: enrolled.until,
        }
    }
}

/// Enrols this machine by a one-time code and keeps what it got at `settings.identity`.
///
/// # Errors
/// See [`LinkError`]; `Refused("enrolCodeRefused")`, `Refused("enrolOfOtherAgency")`, and `Refused("identityUnsaved")` when
/// the disk does not take it: then another code is needed.
pub async fn enrol(
    settings: &LinkSettings,
    code: &str,
    device: DeviceId,
    agency: &AgencyCode,
) -> Result<DeviceIdentity, LinkError> {
    let unfit = |error: LinkSettingsError| {
        tracing::error!(%error, "machine cannot enrol");
        LinkError::Malformed
    };
    // On the disk before it leaves: should every answer be lost, the same code and key get it again.
    let request = DeviceRequest::pending(&settings.identity, code).map_err(|error| {
        tracing::error!(%error, "key of the machine was not kept");
        LinkError::Refused("identityUnsaved".to_owned())
    })?;
    let client = settings.client(None).map_err(unfit)?;
    let url = settings.base().map_err(unfit)?.join("v1/enrol").map_err(|_| LinkError::Malformed)?;
    let wish =
        EnrolDevice { code: code.to_owned(), device, agency: agency.clone(), csr: request.csr.clone() };
    let mut tries = 0;
    let enrolled: Enrolled = loop {
        tries += 1;
        let answer = async { json(send(client.post(url.clone()).json(&wish), USUAL).await?).await };
        match answer.await {
            // The answer may have been lost; the same key gets it again.
            Err(LinkError::Offline | LinkError::Trouble { .. }) if tries < TRIES => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            outcome => break outcome?,
        }
    };
    if enrolled.device != device || enrolled.agency != *agency {
        return Err(LinkError::Malformed);
    }
    let identity = request.with(&enrolled);
    let unsaved = |error: io::Error| {
        tracing::error!(%error, "identity of the machine was not kept");
        LinkError::Refused("identityUnsaved".to_owned())
    };
    identity.save(&settings.identity).map_err(unsaved)?;
    std::fs::remove_file(pending_path(&settings.identity)).map_err(unsaved)?;
    Ok(identity)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_for_its_owner_and_debug_output_hides_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.json");
        assert_eq!(DeviceIdentity::load(&path).unwrap(), None);
        let request = DeviceRequest::new().unwrap();
        let secret = request.key.clone();
        let enrolled = Enrolled {
            device: DeviceId::derive(1, &[1; 10]),
            agency: AgencyCode::parse("000.01.20.H08").unwrap(),
            certificate: "c".into(),
            renew_from: Timestamp(1),
            until: Timestamp(2),
        };
        let identity = request.with(&enrolled);
        identity.save(&path).unwrap();
        assert_eq!(DeviceIdentity::load(&path).unwrap().as_ref(), Some(&identity));
        assert!(!format!("{identity:?}").contains(secret.lines().nth(1).unwrap()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let fresh = DeviceRequest::pending(&path, "7K3M-92QX-4DTA").unwrap();
        let again = DeviceRequest::pending(&path, "7k3m92qx4dta").unwrap();
        assert_eq!(fresh.key, again.key, "the same code is sent again with the same key");
        assert_ne!(DeviceRequest::pending(&path, "7K3M-92QX-4DTB").unwrap().key, fresh.key);
        let newer = std::fs::read_to_string(&path).unwrap().replace("\"version\": 1", "\"version\": 9");
        std::fs::write(&path, newer).unwrap();
        assert!(DeviceIdentity::load(&path).is_err());
    }
}
