//! The identity service behind the warehouse ("Xác minh danh tính số").

use motcua_dossier::IdNumber;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What the service knows about one number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    /// The number.
    pub number: IdNumber,
    /// It has a digital account ("Đã có").
    pub registered: bool,
    /// Name, when the service gives one.
    #[serde(default)]
    pub name: Option<String>,
    /// Other numbers of the same person (old CMND).
    #[serde(default)]
    pub aliases: Vec<IdNumber>,
}

/// The service does not answer, although the warehouse does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("identity service does not answer")]
pub struct IdentityOutage;

/// A source of identity answers; the national service stands behind it in a province, a file in
/// a demo and in tests.
pub trait IdentityDirectory: Send + Sync {
    /// The entry of a number under any of its person's numbers; none is "Chưa có".
    ///
    /// # Errors
    /// The service is out.
    fn look_up(&self, number: &IdNumber) -> Result<Option<IdentityEntry>, IdentityOutage>;
}

/// Accounts in a JSON file, read anew at every question: a file that is absent or unreadable is
/// an outage of this service only.
pub struct FileDirectory {
    path: PathBuf,
}

impl FileDirectory {
    /// A directory of accounts in that file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl IdentityDirectory for FileDirectory {
    fn look_up(&self, number: &IdNumber) -> Result<Option<IdentityEntry>, IdentityOutage> {
        let bytes = std::fs::read(&self.path).map_err(|_| IdentityOutage)?;
        let entries: Vec<IdentityEntry> = serde_json::from_slice(&bytes).map_err(|_| IdentityOutage)?;
        Ok(entries.into_iter().find(|e| e.number == *number || e.aliases.contains(number)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_torn_file_is_an_outage_and_not_an_empty_service() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity.json");
        let directory = FileDirectory::new(path.clone());
        let number = IdNumber::parse("099000000001").unwrap();
        assert!(directory.look_up(&number).is_err());
        std::fs::write(&path, "[{").unwrap();
        assert!(directory.look_up(&number).is_err());
        std::fs::write(&path, r#"[{"number":"099000000001","registered":true,"aliases":["990000001"]}]"#)
            .unwrap();
        let old = IdNumber::parse("990000001").unwrap();
        assert!(directory.look_up(&old).unwrap().unwrap().registered, "an old number finds its person");
        assert!(directory.look_up(&IdNumber::parse("099000000009").unwrap()).unwrap().is_none());
    }
}
