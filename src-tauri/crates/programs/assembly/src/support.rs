//! Whom to ask for help, beside the vault: who cannot open the counter needs help most. It is an office's contact, no
//! personal data, and the next opening writes it anew.

use motcua_dossier::SupportContact;
use std::path::Path;

/// Name of the file in the profile directory.
const FILE: &str = "support.json";

/// The contact as it was known when the vault was open last; none where nobody was named or the file is no such.
pub(crate) fn known(profile: &Path) -> Option<SupportContact> {
    let bytes = std::fs::read(profile.join(FILE)).ok()?;
    serde_json::from_slice(&bytes).ok().filter(|contact: &SupportContact| !contact.is_empty())
}

/// Keeps the contact. What cannot be written keeps nobody from working.
pub(crate) fn keep(profile: &Path, contact: Option<&SupportContact>) {
    if known(profile).as_ref() == contact {
        return;
    }
    let path = profile.join(FILE);
    let done = match contact {
        None => std::fs::remove_file(path),
        Some(contact) => serde_json::to_vec_pretty(contact)
            .map_err(std::io::Error::from)
            .and_then(|bytes| std::fs::write(path, bytes)),
    };
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "contact of whoever helps is not kept");
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_contact_is_known_after_a_restart_until_another_or_none_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(known(dir.path()), None);
        let contact = SupportContact { phone: "0256 000 000".into(), ..SupportContact::default() };
        keep(dir.path(), Some(&contact));
        assert_eq!(known(dir.path()), Some(contact));
        keep(dir.path(), None);
        keep(dir.path(), None);
        assert_eq!(known(dir.path()), None);
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        assert_eq!(known(dir.path()), None, "a broken file keeps nobody out");
    }
}
