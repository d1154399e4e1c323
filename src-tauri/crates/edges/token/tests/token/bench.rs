//! A token to test with: a SoftHSM2 token of its own for each test.

use der::{Decode, Encode};
use motcua_desk::ports::{SignRequest, Signer, TokenCertificate};
use motcua_token::{Pkcs11Signer, TimeLimits, WorkerCommand};
use p256::ecdsa::{DerSignature, SigningKey};
use spki::SubjectPublicKeyInfoOwned;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    str::FromStr,
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;
use x509_cert::{
    builder::{Builder, CertificateBuilder, Profile},
    name::Name,
    serial_number::SerialNumber,
    time::Validity,
};
use zeroize::Zeroizing;

pub(crate) const PIN: &str = "Demo@2026";
pub(crate) const RSA: &str = "01";
pub(crate) const EC: &str = "02";
/// This certificate has no `CKA_ID`; its key is found by its modulus.
pub(crate) const NAMELESS: &str = "";

const LABEL: &str = "MOTCUA TEST";

/// SoftHSM2 where Debian and Fedora put it.
fn softhsm() -> Option<PathBuf> {
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

fn shim() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.parent()?.parent()?.join("libmotcua_p11shim.so");
    path.exists().then_some(path)
}

/// A token with three keys and a signer that uses it.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    module: PathBuf,
}

impl Bench {
    /// Behind SoftHSM2 itself; `None` (said loudly) where it is not installed.
    pub(crate) fn plain() -> Option<Self> {
        let Some(module) = softhsm() else {
            skip("SoftHSM2 is not installed");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("tokens");
        copy(stock(&module), &store);
        write_conf(dir.path(), &store);
        Some(Self { dir, module })
    }

    /// Behind the fault injector; `None` (said loudly) where that is not built.
    pub(crate) fn faulty(script: &serde_json::Value) -> Option<Self> {
        let Some(module) = shim() else {
            skip("libmotcua_p11shim.so is not built: cargo build -p motcua-p11shim");
            return None;
        };
        let bench = Self { module, ..Self::plain()? };
        bench.script(script);
        Some(bench)
    }

    /// Changes what goes wrong, also while the signer runs.
    pub(crate) fn script(&self, script: &serde_json::Value) {
        let fresh = self.dir.path().join("faults.new");
        fs::write(&fresh, script.to_string()).unwrap();
        fs::rename(fresh, self.dir.path().join("faults.json")).unwrap();
    }

    /// How often the module's function was called.
    pub(crate) fn calls(&self, function: &str) -> u64 {
        let text = fs::read(self.dir.path().join("faults.state")).unwrap_or_default();
        let state: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        state["calls"][function].as_u64().unwrap_or(0)
    }

    pub(crate) fn signer(&self) -> Pkcs11Signer {
        let path = |name: &str| self.dir.path().join(name).to_string_lossy().into_owned();
        let env = [
            ("SOFTHSM2_CONF", path("softhsm2.conf")),
            ("MOTCUA_P11SHIM_SCRIPT", path("faults.json")),
            ("MOTCUA_P11SHIM_TARGET", softhsm().unwrap().to_string_lossy().into_owned()),
        ];
        let command = WorkerCommand {
            program: env!("CARGO_BIN_EXE_motcua-token-worker").into(),
            args: Vec::new(),
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        let limits = TimeLimits { sign: Duration::from_secs(5), other: Duration::from_secs(5) };
        Pkcs11Signer::new(command, self.module.clone()).with_limits(limits)
    }
}

/// The certificate with this `CKA_ID` as the signer lists it.
pub(crate) async fn certificate(signer: &Pkcs11Signer, key_id: &str) -> TokenCertificate {
    let all = signer.certificates().await.unwrap();
    all.into_iter().find(|certificate| certificate.key_id == key_id).unwrap()
}

pub(crate) fn request(certificate: &TokenCertificate, pin: &str, count: usize) -> SignRequest {
    SignRequest {
        certificate: certificate.clone(),
        pin: Some(Zeroizing::new(pin.into())),
        messages: messages(count),
    }
}

pub(crate) fn messages(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("signed attributes of document {n}").into_bytes()).collect()
}

/// The key inside a listed certificate.
pub(crate) fn public_key(certificate: &TokenCertificate) -> Vec<u8> {
    let read = x509_cert::Certificate::from_der(&certificate.der).unwrap();
    read.tbs_certificate.subject_public_key_info.to_der().unwrap()
}

#[allow(clippy::print_stderr)] // a skipped test must be seen
fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
}

fn write_conf(dir: &Path, store: &Path) {
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        store.display()
    );
    fs::write(dir.join("softhsm2.conf"), text).unwrap();
}

/// The token every test copies: made once, its keys generated on it.
fn stock(module: &Path) -> &'static Path {
    static STOCK: OnceLock<TempDir> = OnceLock::new();
    let dir = STOCK.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("tokens");
        fs::create_dir(&store).unwrap();
        write_conf(dir.path(), &store);
        let tool = Tool { dir: dir.path(), module };
        tool.run(&["--init-token", "--slot-index", "0", "--so-pin", "SoDemo@2026", "--label", LABEL]);
        tool.run(&[
            "--init-pin",
            "--so-pin",
            "SoDemo@2026",
            "--new-pin",
            PIN,
            "--login",
            "--login-type",
            "so",
        ]);
        tool.key(RSA, "rsa:2048", Some(RSA));
        tool.key(EC, "EC:prime256v1", Some(EC));
        tool.key("03", "rsa:2048", None);
        dir
    });
    Box::leak(dir.path().join("tokens").into_boxed_path())
}

struct Tool<'a> {
    dir: &'a Path,
    module: &'a Path,
}

impl Tool<'_> {
    fn run(&self, arguments: &[&str]) {
        let output = Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", self.dir.join("softhsm2.conf"))
            .arg("--module")
            .arg(self.module)
            .args(arguments)
            .output()
            .expect("pkcs11-tool (package opensc) prepares the test token");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn logged_in(&self, arguments: &[&str]) {
        self.run(&[&["--token-label", LABEL, "--login", "--pin", PIN], arguments].concat());
    }

    /// Makes a key on the token and a certificate for it, with or without a `CKA_ID` of its own.
    fn key(&self, id: &str, kind: &str, certificate_id: Option<&str>) {
        self.logged_in(&["--keypairgen", "--key-type", kind, "--id", id, "--label", "key"]);
        let public = self.dir.join("public.der");
        let public = public.to_str().unwrap();
        self.logged_in(&["--read-object", "--type", "pubkey", "--id", id, "--output-file", public]);
        let certificate = self.dir.join("certificate.der");
        fs::write(&certificate, issue(&fs::read(public).unwrap())).unwrap();
        let mut write = vec!["--write-object", certificate.to_str().unwrap(), "--type", "cert"];
        write.extend(certificate_id.into_iter().flat_map(|id| ["--id", id]));
        self.logged_in(&write);
    }
}

fn issue(public_key: &[u8]) -> Vec<u8> {
    let issuer = SigningKey::from_bytes(&[7; 32].into()).unwrap();
    let name = Name::from_str("CN=Test").unwrap();
    let builder = CertificateBuilder::new(
        Profile::Leaf { issuer: name.clone(), enable_key_agreement: false, enable_key_encipherment: false },
        SerialNumber::from(1u32),
        Validity::from_now(Duration::from_secs(86_400)).unwrap(),
        name,
        SubjectPublicKeyInfoOwned::from_der(public_key).unwrap(),
        &issuer,
    )
    .unwrap();
    builder.build::<DerSignature>().unwrap().to_der().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
