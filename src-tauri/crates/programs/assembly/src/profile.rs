//! The profile of one counter: a directory with `counter.json`, the vault and the logs.

use motcua_dossier::{AgencyCode, DeviceId, Retention};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Version of `counter.json` this program writes; a newer one is refused, untouched.
pub const PROFILE_VERSION: u32 = 3;

/// Settings of this counter that must be readable before the vault is open. Holds no secret; key and certificate of
/// the machine lie beside it (`device.json`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CounterProfile {
    /// [`PROFILE_VERSION`].
    pub version: u32,
    /// Base URL of the provincial warehouse.
    pub warehouse_url: String,
    /// The province's CA, PEM; the only root the client believes.
    pub ca_pem: String,
    /// Identity of this machine, made at its first start when the file has none.
    #[serde(default)]
    pub device_id: Option<DeviceId>,
    /// Code of the receiving agency.
    pub agency_code: AgencyCode,
    /// Its name as printed.
    pub agency_name: String,
    /// Name of the one-stop unit.
    pub unit_name: String,
    /// Place name for printed dates.
    pub place: String,
    /// PKCS#11 module; empty when no token is used here.
    #[serde(default)]
    pub pkcs11_module: PathBuf,
    /// Environment of the token worker.
    #[serde(default)]
    pub pkcs11_env: BTreeMap<String, String>,
    /// Environment of the scanner worker.
    #[serde(default)]
    pub sane_env: BTreeMap<String, String>,
    /// Driver options by device.
    #[serde(default)]
    pub scanner_options: BTreeMap<String, Vec<(String, String)>>,
    /// The agency's recovery key (X25519 public key, hex).
    pub recovery_key: String,
    /// Key the warehouse signs receipts with (Ed25519, hex), pinned.
    pub receipt_key: String,
    /// Days that files stay on this machine, each within its bounds.
    #[serde(default)]
    pub retention: Retention,
    /// Days without contact after which papers of others on this machine are not used, from 3 to 90; as the province
    /// decided without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_grace_days: Option<u32>,
    /// Minutes without input after which the window locks, from 1 to 60; as the province decided without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_after_minutes: Option<u32>,
    /// A counter at which people only learn: nothing in it is real, and it reaches a warehouse of this machine alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub training: bool,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// No `counter.json` in the directory.
    #[error("no counter profile in {0}")]
    Absent(PathBuf),
    /// Written by a newer program.
    #[error("counter profile has the newer version {0}")]
    Newer(u32),
    /// Not the JSON that was expected.
    #[error("counter profile is not understood: {0}")]
    Malformed(String),
    /// A counter for training names a warehouse that is not of this machine.
    #[error("the training profile names a warehouse elsewhere")]
    TrainingOutside,
    /// Disk.
    #[error("counter profile cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

impl ProfileError {
    /// Stable code; its sentences are `err_<code>` and `rec_<code>`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent(_) => "profileAbsent",
            Self::Newer(_) => "profileNewer",
            Self::Malformed(_) => "profileMalformed",
            Self::TrainingOutside => "trainingOutside",
            Self::Io(_) => "profileUnreadable",
        }
    }
}

impl CounterProfile {
    /// Reads `counter.json`.
    ///
    /// # Errors
    /// See [`ProfileError`].
    pub fn load(dir: &Path) -> Result<Self, ProfileError> {
        let path = dir.join("counter.json");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(ProfileError::Absent(dir.to_owned()));
            }
            Err(e) => return Err(e.into()),
        };
        let raw: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|e| ProfileError::Malformed(e.to_string()))?;
        let version = raw.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if version > u64::from(PROFILE_VERSION) {
            return Err(ProfileError::Newer(u32::try_from(version).unwrap_or(u32::MAX)));
        }
        // Version 1 had the machine's key in it, which no warehouse takes any more; it enrols by a code instead.
        let mut profile: Self =
            serde_json::from_value(raw).map_err(|e| ProfileError::Malformed(e.to_string()))?;
        // Up to version 2 both were written whether anybody had chosen them or not; the province decides them now.
        if version < 3 {
            profile.offline_grace_days = profile.offline_grace_days.filter(|days| *days != 14);
            profile.lock_after_minutes = profile.lock_after_minutes.filter(|minutes| *minutes != 10);
        }
        Ok(Self { version: PROFILE_VERSION, ..profile })
    }

    /// Where the warehouse of a training profile listens; only a port of this machine is one.
    ///
    /// # Errors
    /// [`ProfileError::TrainingOutside`].
    pub(crate) fn training_warehouse(&self) -> Result<SocketAddr, ProfileError> {
        let address = self.warehouse_url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        let address = address.and_then(|rest| rest.parse::<SocketAddr>().ok());
        address.filter(|address| address.ip().is_loopback()).ok_or(ProfileError::TrainingOutside)
    }

    /// Nothing that is learned here may reach anybody.
    pub(crate) fn check_training(&self) -> Result<(), ProfileError> {
        if self.training { self.training_warehouse().map(drop) } else { Ok(()) }
    }

    /// Writes `counter.json` for its owner only, whole or not at all.
    ///
    /// # Errors
    /// Disk.
    pub fn save(&self, dir: &Path) -> Result<(), ProfileError> {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let temporary = dir.join("counter.json.new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let text = serde_json::to_vec_pretty(self).map_err(|e| ProfileError::Malformed(e.to_string()))?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&temporary, dir.join("counter.json"))?;
        fs::File::open(dir)?.sync_all()?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_profile_and_a_newer_one_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(CounterProfile::load(dir.path()), Err(ProfileError::Absent(_))));
        fs::write(dir.path().join("counter.json"), r#"{"version": 99}"#).unwrap();
        assert!(matches!(CounterProfile::load(dir.path()), Err(ProfileError::Newer(99))));
        fs::write(dir.path().join("counter.json"), r#"{"version": 1}"#).unwrap();
        assert!(matches!(CounterProfile::load(dir.path()), Err(ProfileError::Malformed(_))));
    }

    #[test]
    fn a_training_profile_reaches_this_machine_alone() {
        let profile = |url: &str, training: bool| -> CounterProfile {
            serde_json::from_value(serde_json::json!({
                "version": 2, "warehouse_url": url, "ca_pem": "", "agency_code": "000.01.20.H08", "agency_name": "a",
                "unit_name": "u", "place": "p", "recovery_key": "", "receipt_key": "", "training": training,
            }))
            .unwrap()
        };
        for inside in ["https://127.0.0.1:7461", "https://127.0.0.1:7461/", "https://[::1]:7461"] {
            assert!(profile(inside, true).check_training().is_ok(), "{inside}");
        }
        for outside in [
            "https://kho.gialai.gov.vn",
            "https://127.0.0.1.kho.vn:7461",
            "https://10.0.0.1:7461",
            "http://127.0.0.1:7461",
            "https://127.0.0.1:7461@kho.vn",
            "https://127.0.0.1:7461/../kho",
            "",
        ] {
            let refused = profile(outside, true).check_training();
            assert!(matches!(refused, Err(ProfileError::TrainingOutside)), "{outside}");
            assert!(profile(outside, false).check_training().is_ok(), "a real counter reaches the province");
        }
        assert!(!serde_json::to_string(&profile("", false)).unwrap().contains("training"), "as before");
    }

    #[test]
    fn a_profile_of_the_first_version_keeps_its_machine_and_loses_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let id = "01a1fd07-c562-7069-b328-0c13631b4c9b";
        let old = serde_json::json!({
            "version": 1, "warehouse_url": "https://kho", "ca_pem": "", "device_key": "00ff", "device_id": id,
            "agency_code": "000.01.20.H08", "agency_name": "a", "unit_name": "u", "place": "p",
            "recovery_key": "", "receipt_key": "",
        });
        fs::write(dir.path().join("counter.json"), old.to_string()).unwrap();
        let profile = CounterProfile::load(dir.path()).unwrap();
        assert_eq!(profile.device_id.unwrap().to_string(), id);
        profile.save(dir.path()).unwrap();
        let written = fs::read_to_string(dir.path().join("counter.json")).unwrap();
        assert!(written.contains("\"version\": 3") && !written.contains("device_key"), "{written}");
    }
}
