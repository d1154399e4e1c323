//! The demo's signing token: SoftHSM2 in the profile, its keys made on it.
//!
//! SoftHSM2 takes its place from the environment, which only a process of its own may set safely;
//! so OpenSC's `pkcs11-tool` does the work (Debian packages `softhsm2` and `opensc`).

use crate::authority::Authority;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// PIN of the demo's token.
pub const PIN: &str = "Demo@2026";
/// PIN of its security officer.
pub const SO_PIN: &str = "SoDemo@2026";

const LABEL: &str = "MOTCUA DEMO";
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// The demo's token, ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SoftToken {
    /// The PKCS#11 library.
    pub module: PathBuf,
    /// Value of `SOFTHSM2_CONF` for every process that loads it.
    pub conf: PathBuf,
    /// Label of the token.
    pub label: String,
    /// Its PIN.
    pub pin: String,
}

/// Makes the token under `dir` (`<profile>/softhsm`) with a key and a certificate for each of
/// [`Authority::token_orders`]; keeps one that is complete, makes an unfinished one anew.
///
/// # Errors
/// SoftHSM2 or `pkcs11-tool` is not installed, or refuses.
pub fn prepare(dir: &Path, authority: &Authority) -> Result<SoftToken> {
    let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    let module = module.context("SoftHSM2 is not installed (Debian package softhsm2)")?;
    let token = SoftToken { module, conf: dir.join("softhsm2.conf"), label: LABEL.into(), pin: PIN.into() };
    let complete = dir.join("complete");
    if complete.exists() {
        return Ok(token);
    }
    let store = dir.join("tokens");
    if store.exists() {
        fs::remove_dir_all(&store)?;
    }
    fs::create_dir_all(&store).with_context(|| format!("create {}", store.display()))?;
    let store = fs::canonicalize(store)?;
    fs::write(
        &token.conf,
        format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            store.display()
        ),
    )?;
    token.tool(&["--init-token", "--slot-index", "0", "--so-pin", SO_PIN, "--label", LABEL])?;
    token.tool(&["--init-pin", "--login", "--login-type", "so", "--so-pin", SO_PIN, "--new-pin", PIN])?;
    for (order, id) in authority.token_orders().iter().zip(["01", "02", "03", "04", "05"]) {
        let passing = [dir.join("public.der"), dir.join("certificate.der")];
        let [public, certificate] = &passing;
        let (public_path, certificate_path) = (text(public)?, text(certificate)?);
        let named = ["--id", id, "--label", order.file];
        token.logged_in(&["--keypairgen", "--key-type", "rsa:2048", "--usage-sign"], &named)?;
        token
            .logged_in(&["--read-object", "--type", "pubkey", "--output-file", public_path], &["--id", id])?;
        fs::write(certificate, authority.issue(order, &fs::read(public)?)?)?;
        token.logged_in(&["--write-object", certificate_path, "--type", "cert"], &named)?;
        for path in &passing {
            fs::remove_file(path)?;
        }
    }
    fs::write(complete, "")?;
    Ok(token)
}

impl SoftToken {
    fn logged_in(&self, what: &[&str], which: &[&str]) -> Result<()> {
        self.tool(&[&["--token-label", LABEL, "--login", "--pin", PIN], what, which].concat())
    }

    fn tool(&self, arguments: &[&str]) -> Result<()> {
        let output = Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", &self.conf)
            .arg("--module")
            .arg(&self.module)
            .args(arguments)
            .output()
            .context("pkcs11-tool is not installed (Debian package opensc)")?;
        if !output.status.success() {
            bail!("pkcs11-tool {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the profile's path is not Unicode")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_token_holds_five_certificates_with_their_keys_and_is_kept() {
        if !MODULES.iter().any(|module| Path::new(module).exists()) {
            eprintln!("SKIPPED: SoftHSM2 is not installed");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let authority =
            Authority::prepare(&dir.path().join("authority"), datetime!(2026-11-21 08:00 +7)).unwrap();
        let token = prepare(&dir.path().join("softhsm"), &authority).unwrap();
        let listed = Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", &token.conf)
            .arg("--module")
            .arg(&token.module)
            .args(["--token-label", LABEL, "--login", "--pin", PIN, "--list-objects"])
            .output()
            .unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        for kind in ["Certificate Object", "Private Key Object", "Public Key Object"] {
            assert_eq!(listed.matches(kind).count(), 5, "{kind}: {listed}");
        }
        let before = fs::read_dir(dir.path().join("softhsm/tokens")).unwrap().count();
        assert_eq!(prepare(&dir.path().join("softhsm"), &authority).unwrap(), token);
        assert_eq!(fs::read_dir(dir.path().join("softhsm/tokens")).unwrap().count(), before);
    }
}
