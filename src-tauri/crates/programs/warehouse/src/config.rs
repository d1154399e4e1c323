//! Settings of a server: `warehouse.json` in its data directory, and over it the variables
//! `MOTCUA_WAREHOUSE_*` of the environment.

use crate::limits::Limits;
use crate::notices::NoticeSettings;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Version of `warehouse.json` this program reads and writes.
pub const CONFIG_VERSION: u32 = 1;

/// Beginning of every variable.
pub const PREFIX: &str = "MOTCUA_WAREHOUSE_";

/// Variables without their prefix.
pub(crate) const VARIABLES: [&str; 20] = [
    "LISTEN",
    "TLS_CERT",
    "TLS_KEY",
    "METRICS_FROM",
    "DEVICE_PER_MINUTE",
    "ADDRESS_PER_MINUTE",
    "LOOKUPS_PER_MINUTE",
    "LOGINS_PER_MINUTE",
    "ZALO_URL",
    "ZALO_HEADERS_FILE",
    "ZALO_CA_FILE",
    "SMS_URL",
    "SMS_HEADERS_FILE",
    "SMS_CA_FILE",
    "EMAIL_URL",
    "EMAIL_HEADERS_FILE",
    "EMAIL_CA_FILE",
    "NOTICE_ATTEMPTS",
    "NOTICE_GIVE_UP_DAYS",
    "NOTICE_HOLD_DAYS",
];

/// Settings of one server. Relative paths are below the data directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// [`CONFIG_VERSION`].
    pub version: u32,
    /// The data directory; not written to the file.
    #[serde(skip)]
    pub data: PathBuf,
    /// Address to listen on unless the command line says otherwise.
    #[serde(default = "default_listen")]
    pub listen: String,
    /// TLS certificate chain, PEM.
    pub tls_cert: PathBuf,
    /// TLS private key, PEM.
    pub tls_key: PathBuf,
    /// Epoch a new database begins with; from then on the database has its own.
    #[serde(default = "first_epoch")]
    pub epoch: u64,
    /// Addresses that may read `/metrics` besides this machine.
    #[serde(default)]
    pub metrics_from: Vec<IpAddr>,
    /// How much one caller may ask for.
    #[serde(default)]
    pub limits: Limits,
    /// Which services send notices.
    #[serde(default)]
    pub notices: NoticeSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: CONFIG_VERSION,
            data: PathBuf::new(),
            listen: default_listen(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            epoch: first_epoch(),
            metrics_from: vec![],
            limits: Limits::default(),
            notices: NoticeSettings::default(),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is absent or unreadable.
    #[error("warehouse.json cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not the JSON that was expected.
    #[error("warehouse.json is not understood: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error("warehouse.json has the newer version {0}")]
    Newer(u32),
    /// The value of that variable is not understood.
    #[error("{PREFIX}{0} is not understood")]
    Variable(&'static str),
}

impl Config {
    /// Reads `warehouse.json` of a data directory and the environment, which goes before it.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(data: &Path) -> Result<Self, ConfigError> {
        Self::load_with(data, &|name| std::env::var(name).ok())
    }

    /// Like [`Config::load`], with another environment. Without a file, both paths of TLS in the environment
    /// are enough.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load_with(data: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let said = |name| environment(&format!("{PREFIX}{name}")).filter(|value| !value.trim().is_empty());
        let mut config = match Self::load_file(data) {
            Err(ConfigError::Io(e))
                if e.kind() == std::io::ErrorKind::NotFound
                    && said("TLS_CERT").is_some()
                    && said("TLS_KEY").is_some() =>
            {
                Self { data: data.to_owned(), ..Self::default() }
            }
            read => read?,
        };
        for name in VARIABLES {
            if let Some(value) = said(name) {
                config.set(name, value.trim()).ok_or(ConfigError::Variable(name))?;
            }
        }
        Ok(config)
    }

    /// What the file alone says: the only settings that are ever written back.
    pub(crate) fn load_file(data: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read(data.join("warehouse.json"))?;
        let mut config: Self = serde_json::from_slice(&text)?;
        if config.version > CONFIG_VERSION {
            return Err(ConfigError::Newer(config.version));
        }
        data.clone_into(&mut config.data);
        Ok(config)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "LISTEN" => value.clone_into(&mut self.listen),
            "TLS_CERT" => self.tls_cert = value.into(),
            "TLS_KEY" => self.tls_key = value.into(),
            "METRICS_FROM" => {
                self.metrics_from =
                    value.split(',').map(|ip| ip.trim().parse()).collect::<Result<_, _>>().ok()?;
            }
            "DEVICE_PER_MINUTE" => self.limits.device_per_minute = value.parse().ok()?,
            "ADDRESS_PER_MINUTE" => self.limits.address_per_minute = value.parse().ok()?,
            "LOOKUPS_PER_MINUTE" => self.limits.lookups_per_minute = value.parse().ok()?,
            "LOGINS_PER_MINUTE" => self.limits.logins_per_minute = value.parse().ok()?,
            "NOTICE_ATTEMPTS" => self.notices.attempts = value.parse().ok()?,
            "NOTICE_GIVE_UP_DAYS" => self.notices.give_up_days = value.parse().ok()?,
            "NOTICE_HOLD_DAYS" => self.notices.hold_days = value.parse().ok()?,
            _ => return self.set_sender(name, value),
        }
        Some(())
    }

    /// One setting of a service that sends notices; what it is sent and answers is in the
    /// file only.
    fn set_sender(&mut self, name: &str, value: &str) -> Option<()> {
        let (channel, what) = name.split_once('_')?;
        let sender = match channel {
            "ZALO" => &mut self.notices.zalo,
            "SMS" => &mut self.notices.sms,
            "EMAIL" => &mut self.notices.email,
            _ => return None,
        };
        let sender = sender.get_or_insert_default();
        match what {
            "URL" => value.clone_into(&mut sender.url),
            "HEADERS_FILE" => sender.headers_file = Some(value.into()),
            "CA_FILE" => sender.ca_file = Some(value.into()),
            _ => return None,
        }
        Some(())
    }

    /// Writes `warehouse.json`, whole or not at all.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn save(&self) -> Result<(), ConfigError> {
        std::fs::create_dir_all(&self.data)?;
        let fresh = self.data.join("warehouse.json.new");
        std::fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(fresh, self.data.join("warehouse.json"))?;
        Ok(())
    }
}

fn default_listen() -> String {
    "127.0.0.1:8843".to_owned()
}

fn first_epoch() -> u64 {
    1
}
