//! Marked values of a run are nowhere to be found in clear: logs, database, sealed files, reports.

use crate::counter::Counter;
use std::path::{Path, PathBuf};

#[test]
fn marked_names_numbers_and_pin_are_in_no_file_of_the_counter() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let (number, name) = ("099123454321", "ZYXWVU ĐÁNH DẤU QPONML");
    let opened =
        counter.data(&["dossier", "open", "--owner", number, "--name", name, "--procedure", "1.000894"]);
    let id = opened["id"].as_str().unwrap().to_owned();
    crate::offline::fill(&counter, &id);
    counter.data(&["dossier", "accept", &id]);
    counter.drain();

    let pin = "Demo@2026";
    let secret = "Demo-2026-mot-cua";
    for place in ["vault", "logs"] {
        for file in files(&counter.path().join(place)) {
            let bytes = std::fs::read(&file).unwrap();
            for marked in [number, name, "ZYXWVU", pin, secret] {
                for form in forms(marked) {
                    assert!(
                        !bytes.windows(form.len()).any(|w| w == form),
                        "{} has a marked value in clear",
                        file.display()
                    );
                }
            }
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

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    assert!(!found.is_empty(), "there are files to look into");
    found
}
