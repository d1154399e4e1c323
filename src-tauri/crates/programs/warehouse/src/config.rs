//! Settings of a server: `warehouse.json` in its data directory.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of `warehouse.json` this program reads and writes.
pub const CONFIG_VERSION: u32 = 1;

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
}

impl Config {
    /// Reads `warehouse.json` of a data directory.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(data: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read(data.join("warehouse.json"))?;
        let mut config: Self = serde_json::from_slice(&text)?;
        if config.version > CONFIG_VERSION {
            return Err(ConfigError::Newer(config.version));
        }
        data.clone_into(&mut config.data);
        Ok(config)
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
