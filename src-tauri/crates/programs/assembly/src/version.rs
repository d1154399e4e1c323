//! What `--version` says: the build, and the formats it writes.

use std::sync::LazyLock;

static LINE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{} ({}); formats: profile {}, reference {}, vault {}, blob {}, package {}, protocol {}",
        env!("CARGO_PKG_VERSION"),
        option_env!("MOTCUA_COMMIT").unwrap_or("own build"),
        crate::PROFILE_VERSION,
        crate::STARTER_VERSION,
        motcua_vault::SCHEMA_VERSION,
        motcua_vault::BLOB_VERSION,
        motcua_desk::PACKAGE_VERSION,
        motcua_link::PROTOCOL_VERSION,
    )
});

/// Version, commit of a release build, and the version of every format this program writes; one line.
#[must_use]
pub fn version_line() -> &'static str {
    &LINE
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_names_the_build_and_every_format() {
        let line = super::version_line();
        assert!(line.starts_with(concat!(env!("CARGO_PKG_VERSION"), " (")), "{line}");
        for format in ["profile 3", "reference 1", "vault 9", "blob 1", "package 1", "protocol 7"] {
            assert!(line.contains(format), "{format}: {line}");
        }
    }
}
