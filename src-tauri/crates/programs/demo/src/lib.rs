//! The demo profile: test authority, software token, rendered papers, warehouse content.
//!
//! Everything in it is invented, and everything it does is real: the token signs by PKCS#11, the
//! scanner is a SANE device, the warehouse checks every signature.
//!
//! ```no_run
//! # fn demo(now: motcua_dossier::Timestamp) -> anyhow::Result<()> {
//! let demo = motcua_demo::prepare(std::path::Path::new("/tmp/motcua-demo"), now)?;
//! println!("{} / {}", demo.officer, demo.officer_secret);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod authority;
pub mod content;
pub mod pages;
pub mod softtoken;

use anyhow::{Context, Result};
use motcua_dossier::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Login of the demo officer.
pub const OFFICER: &str = "canbo.demo";
/// Secret that opens the demo vault.
pub const OFFICER_SECRET: &str = "Demo-2026-mot-cua";

/// What a visitor of the demo must know; all of it is in `readme.txt` too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoProfile {
    /// Officer's login.
    pub officer: String,
    /// His name, on receipts.
    pub officer_name: String,
    /// Secret that opens the vault.
    pub officer_secret: String,
    /// PIN of the token.
    pub pin: String,
    /// An owner with an identity account and papers in the warehouse.
    pub owner_number: String,
    /// His name.
    pub owner_name: String,
}

/// Makes the demo profile in `dir`, or leaves a complete one as it is: `counter.json` is written
/// last, so a profile that has it is whole.
///
/// # Errors
/// Disk, SoftHSM2 or opensc absent, or a part of the demo failed.
pub fn prepare(dir: &Path, now: Timestamp) -> Result<DemoProfile> {
    let owner = content::OWNERS.first().context("no owner")?;
    let profile = DemoProfile {
        officer: OFFICER.to_owned(),
        officer_name: authority::OFFICER.to_owned(),
        officer_secret: OFFICER_SECRET.to_owned(),
        pin: softtoken::PIN.to_owned(),
        owner_number: owner.number.to_owned(),
        owner_name: owner.name.to_owned(),
    };
    if dir.join("counter.json").exists() {
        return Ok(profile);
    }
    std::fs::create_dir_all(dir)?;
    let dir = &std::fs::canonicalize(dir)?;
    for part in ["logs", "results", "sane"] {
        std::fs::create_dir_all(dir.join(part))?;
    }
    let at = now.in_vietnam();
    let papers = pages::render_papers(&dir.join("pages")).context("papers")?;
    // SANE lists the drivers from the last line up: the one with the papers comes first.
    std::fs::write(dir.join("sane/dll.conf"), "test\npnm\n")?;
    std::fs::write(dir.join("sane/pnm.conf"), "")?;
    let authority = authority::Authority::prepare(&dir.join("authority"), at).context("authority")?;
    let token = softtoken::prepare(&dir.join("softhsm"), &authority).context("token")?;
    let signer = authority.archive_signer()?;
    let chain = authority.chain()?;
    let draw = |title: &str, lines: &[String]| {
        let seed = Sha256::digest(format!("{title}{lines:?}").as_bytes());
        pages::page_pdf(title, lines, at, <[u8; 16]>::try_from(&seed[..16])?)
    };
    let sign = |pdf: &[u8]| signer.sign_pdf(pdf, &chain, at);
    let tools = content::Tools { draw: &draw, sign: &sign, trust_pem: authority.trust()? };
    let line = content::prepare(dir, now, &tools).context("warehouse")?;
    // As an installer brings it from the province: a counter that never reached the warehouse has its catalogue.
    let starter = json!({ "version": 1, "reference": line.reference });
    content::write_private(&dir.join("reference.json"), &serde_json::to_vec(&starter)?)?;
    let result = pages::PaperKind::MarriageCertificate;
    let pdf = result.render()?.to_pdf(result.title(), at, content::random()?)?;
    std::fs::write(dir.join("results").join(format!("{}.pdf", result.stem())), pdf)?;
    let recovery = recovery_key(&dir.join("authority"))?;
    let scanner_options: serde_json::Map<String, serde_json::Value> = papers
        .iter()
        .take(2)
        .enumerate()
        .map(|(n, paper)| (format!("pnm:{n}"), json!([["filename", paper.file]])))
        .collect();
    let counter = json!({
        "version": 3,
        "warehouse_url": line.url,
        "ca_pem": line.ca_pem,
        "device_id": line.device,
        "agency_code": content::AGENCY_CODE,
        "agency_name": content::AGENCY_NAME,
        "unit_name": "Bộ phận Tiếp nhận và Trả kết quả",
        "place": "An Hòa",
        "pkcs11_module": token.module,
        "pkcs11_env": { "SOFTHSM2_CONF": token.conf },
        "sane_env": { "SANE_CONFIG_DIR": dir.join("sane") },
        "scanner_options": scanner_options,
        "recovery_key": recovery,
        "receipt_key": line.receipt_key,
    });
    content::write_private(&dir.join("device.json"), line.identity.as_bytes())?;
    std::fs::write(dir.join("readme.txt"), readme(&profile))?;
    let fresh = dir.join("counter.json.new");
    content::write_private(&fresh, &serde_json::to_vec_pretty(&counter)?)?;
    std::fs::rename(fresh, dir.join("counter.json"))?;
    Ok(profile)
}

/// The agency's recovery key; its private half stays with the demo authority.
fn recovery_key(dir: &Path) -> Result<String> {
    let secret = x25519_dalek::StaticSecret::from(content::random::<32>()?);
    content::write_private(&dir.join("recovery.key"), hex::encode(secret.to_bytes()).as_bytes())?;
    Ok(hex::encode(x25519_dalek::PublicKey::from(&secret).to_bytes()))
}

fn readme(profile: &DemoProfile) -> String {
    use std::fmt::Write;
    let mut text = format!(
        "Một Cửa - cấu hình trình diễn. Mọi tên, số và giấy tờ đều là hư cấu.\n\n\
         Cán bộ: {}\nMật khẩu: {}\nPIN thiết bị ký số: {}\nSO PIN: {}\n\n\
         Mã kết quả KQ.G15.9xxxxx chỉ có trong bản trình diễn này.\n\nChủ hồ sơ mẫu:\n",
        profile.officer,
        profile.officer_secret,
        profile.pin,
        softtoken::SO_PIN
    );
    for owner in content::OWNERS {
        let account = if owner.registered { "Đã có" } else { "Chưa có" };
        let _ = writeln!(text, "  {:<16} {} [{account}]: {}", owner.number, owner.name, owner.story);
    }
    text
}
