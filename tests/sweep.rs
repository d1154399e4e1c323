//! Looks for marked values of a run in what it left behind: names, numbers, PIN and secrets in clear.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the demo itself writes in clear for its visitor and its parts: no counter has them.
const DEMO_INPUTS: [&str; 4] = ["authority", "pages", "softhsm", "readme.txt"];

/// Sweeps a counter's whole profile and gives the names of what was looked into. `secrets` are those of
/// `everything` the server must not have either; it holds what was filed, names and numbers too.
///
/// # Panics
/// A marked value is there in clear.
#[must_use]
pub fn profile(dir: &Path, everything: &[&str], secrets: &[&str]) -> BTreeSet<String> {
    let mut looked = BTreeSet::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if DEMO_INPUTS.contains(&name.as_str()) {
            continue;
        }
        clean(&entry.path(), if name == "warehouse" { secrets } else { everything });
        looked.insert(name);
    }
    looked
}

/// No file of a place has a marked value in clear.
///
/// # Panics
/// One has.
pub fn clean(place: &Path, marked: &[&str]) {
    for file in files(place) {
        absent(&std::fs::read(&file).unwrap(), marked, &file.display().to_string());
    }
}

/// Nor have these bytes of a place.
///
/// # Panics
/// They have.
pub fn absent(bytes: &[u8], marked: &[&str], place: &str) {
    for text in marked {
        for form in forms(text) {
            let found = bytes.windows(form.len()).any(|w| w == form);
            assert!(!found, "{place} has a marked value in clear");
        }
    }
}

/// UTF-8, UTF-16 and the three alignments of base64.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()];
    for skip in 0..3 {
        let mut padded = vec![b'.'; skip];
        padded.extend_from_slice(text.as_bytes());
        let coded = base64(&padded);
        // Characters that also depend on the neighbours are cut off on both sides.
        let start = (skip * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        forms.push(coded.as_bytes()[start..end].to_vec());
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const SET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|c| {
            let n = (u32::from(c[0]) << 16)
                | (u32::from(*c.get(1).unwrap_or(&0)) << 8)
                | u32::from(*c.get(2).unwrap_or(&0));
            [18, 12, 6, 0].map(|s| char::from(SET[(n >> s & 63) as usize]))
        })
        .collect()
}

/// Every file below; a file is its own only one. Sockets and the like have no content.
///
/// # Panics
/// A directory cannot be read.
#[must_use]
pub fn files(place: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![place.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}
