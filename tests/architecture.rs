//! Holds the four rules of ARCHITECTURE.md: arrows point inward, edges never know each other, core and
//! desk do not touch the world, and a heavy dependency has one owner.
#![allow(clippy::unwrap_used)]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

/// Crate -> which of our crates it may name (dev-dependencies are free: tests may reach outward).
/// `core/signature` reads PDFs through `core/pdf` because a PAdES verdict is about both.
/// Edges and core share `wire` for frames to their workers.
const ARROWS: &[(&str, &[&str])] = &[
    ("dossier", &[]),
    ("imaging", &[]),
    ("pdf", &[]),
    ("signature", &["pdf", "dossier"]),
    ("wire", &["dossier"]),
    ("desk", &["dossier", "imaging", "pdf", "signature", "wire"]),
    ("scanner", &["desk", "dossier", "wire"]),
    ("printer", &["desk"]),
    ("converter", &["desk"]),
    ("token", &["desk", "dossier", "signature", "wire"]),
    ("vault", &["desk", "dossier", "wire"]),
    ("link", &["desk", "dossier", "wire"]),
    ("platform", &["desk", "dossier"]),
    (
        "assembly",
        &["desk", "dossier", "scanner", "printer", "converter", "token", "vault", "link", "platform"],
    ),
    ("cli", &["desk", "dossier", "signature", "assembly", "demo"]),
    ("warehouse", &["dossier", "wire", "pdf", "signature"]),
    ("demo", &["dossier", "wire", "pdf", "signature", "imaging", "warehouse"]),
    ("desktop", &["desk", "dossier", "assembly"]),
    ("testkit", &["desk", "dossier", "wire", "pdf", "signature", "imaging"]),
    ("p11shim", &[]),
    ("diskshim", &[]),
    ("tests", &[]),
];

/// Heavy dependency -> the crates that alone may use it directly outside tests.
const OWNERS: &[(&str, &[&str])] = &[
    ("tauri", &["desktop"]),
    ("specta", &["desktop"]),
    ("clap", &["cli", "warehouse", "desktop"]),
    ("axum", &["warehouse"]),
    ("rusqlite", &["vault", "warehouse"]),
    // the warehouse sends notices to services
    ("reqwest", &["link", "warehouse"]),
    // the demo profile initialises its own software token
    ("cryptoki", &["token", "demo"]),
    ("pcsc", &["token"]),
    ("libloading", &["scanner", "token", "p11shim"]),
    ("lopdf", &["pdf"]),
    ("printpdf", &["pdf"]),
    ("image", &["imaging"]),
    ("jpeg-encoder", &["imaging"]),
    // the demo authority issues the certificates
    ("cms", &["signature", "demo"]),
    // the counter makes its key and request, the server issues; the demo has a province's CA
    ("rcgen", &["demo", "link", "warehouse"]),
    ("ab_glyph", &["demo"]),
    // sealed files here, sealed packages there
    ("chacha20poly1305", &["vault", "wire"]),
    ("argon2", &["vault", "warehouse"]),
];

/// What core and desk must not depend on: it would give them files, network, clock or randomness.
const WORLDLY: &[&str] =
    &["getrandom", "rand", "reqwest", "rusqlite", "libloading", "libc", "tauri", "axum", "ureq"];

#[test]
fn arrows_point_inward_and_edges_do_not_know_each_other() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    for package in metadata.workspace_packages() {
        let name = short(&package.name);
        let allowed =
            allowed.get(name).unwrap_or_else(|| panic!("{name} has no row in the table of arrows: add it"));
        for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
            if dependency.name.starts_with("motcua-") {
                let to = short(&dependency.name);
                assert!(allowed.contains(to), "{name} must not name {to}: the rules forbid that arrow");
            }
        }
    }
}

#[test]
fn the_folder_is_the_ring() {
    let metadata = metadata();
    let ring_of = |path: &str| -> u8 {
        if path.contains("/crates/core/") {
            1
        } else if path.contains("/crates/desk/") {
            2
        } else if path.contains("/crates/edges/") {
            3
        } else {
            4
        }
    };
    let rings: BTreeMap<String, u8> = metadata
        .workspace_packages()
        .iter()
        .map(|p| (p.name.to_string(), ring_of(p.manifest_path.as_str())))
        .collect();
    for package in metadata.workspace_packages() {
        for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
            let Some(to) = rings.get(&dependency.name) else { continue };
            let from = rings[&package.name.to_string()];
            assert!(
                *to <= from,
                "{} (ring {from}) must not name {} (ring {to}): arrows point inward",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn a_heavy_dependency_stays_with_its_owner() {
    let metadata = metadata();
    for (heavy, owners) in OWNERS {
        for package in metadata.workspace_packages() {
            let name = short(&package.name);
            let uses =
                package.dependencies.iter().any(|d| d.name == *heavy && d.kind == DependencyKind::Normal);
            assert!(!uses || owners.contains(&name), "{heavy} belongs to {owners:?}, not to {name}");
        }
    }
}

#[test]
fn core_and_desk_do_not_touch_the_world() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let path = package.manifest_path.as_str();
        if !path.contains("/crates/core/") && !path.contains("/crates/desk/") {
            continue;
        }
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            assert!(
                !WORLDLY.contains(&dependency.name.as_str()),
                "{} must not use {}",
                package.name,
                dependency.name
            );
        }
        let source = package.manifest_path.parent().unwrap().join("src");
        for file in rust_files(source.as_std_path()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let product = text.split("#[cfg(test)]").next().unwrap();
            for forbidden in [
                "std::fs",
                "std::net",
                "std::env::",
                "SystemTime::now",
                "Instant::now",
                "OffsetDateTime::now",
                "std::process",
                "std::thread",
                "thread::spawn",
                "tokio::time",
            ] {
                assert!(!product.contains(forbidden), "{} uses {forbidden}", file.display());
            }
        }
    }
}

#[test]
fn there_is_one_provider_of_tls_and_one_generation_of_cryptography() {
    let metadata = metadata();
    for (name, versions) in [("rustls", 1), ("ring", 1), ("der", 1), ("x509-cert", 1)] {
        let found: BTreeSet<String> =
            metadata.packages.iter().filter(|p| p.name == name).map(|p| p.version.to_string()).collect();
        assert!(found.len() <= versions, "{name} is there in {found:?}: one is enough");
    }
    assert!(!metadata.packages.iter().any(|p| p.name == "aws-lc-rs"), "ring is the one provider");
}

/// The tables of requirements (law, PDF/A, PAdES) name the test that fails without each; a renamed test
/// must not leave them behind. Short forms with an ellipsis and single words are not names of tests.
#[test]
fn the_tables_of_requirements_name_tests_that_exist() {
    let crates = std::path::Path::new("../src-tauri");
    let sources: String = rust_files(crates)
        .iter()
        .filter(|file| !file.components().any(|part| part.as_os_str() == "target"))
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    for table in ["dossier/RULES.md", "pdf/PDFA_2.md", "signature/PADES.md"] {
        let text = std::fs::read_to_string(crates.join("crates/core").join(table)).unwrap();
        let names: Vec<&str> = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| {
                word.matches('_').count() >= 3
                    && word.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
            })
            .collect();
        assert!(names.len() > 3, "{table} names hardly any test");
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "{table} names {name}, which does not exist");
        }
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path("../Cargo.toml")
        .other_options(vec!["--locked".into(), "--filter-platform".into(), "x86_64-unknown-linux-gnu".into()])
        .exec()
        .unwrap()
}

fn short(name: &str) -> &str {
    name.strip_prefix("motcua-").unwrap_or(name)
}

fn rust_files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}
