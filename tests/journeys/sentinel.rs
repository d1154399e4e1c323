//! Marked values of a run are nowhere to be found in clear: the counter's whole profile, temporary files,
//! what the programs and the server said, the server's store.

use crate::counter::Counter;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the demo itself writes in clear for its visitor and its parts: no counter has them.
const DEMO_INPUTS: [&str; 4] = ["authority", "pages", "softhsm", "readme.txt"];
const PIN: &str = "Demo@2026";
const SECRET: &str = "Demo-2026-mot-cua";
const NUMBER: &str = "099123454321";
const NAME: &str = "ZYXWVU ĐÁNH DẤU QPONML";

#[test]
fn marked_names_numbers_and_pin_are_in_no_file_of_the_counter() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let id = crate::offline::open_for(&counter, (NUMBER, NAME), "1.000894");
    crate::offline::fill(&counter, &id);
    counter.data(&["dossier", "accept", &id]);
    counter.drain();
    // A wrong PIN and a wrong secret leave no trace either; then the result, and a day without the server.
    counter.data(&["dossier", "scan", &id, "0", "--device", "pnm:0", "--pages", "1"]);
    let agency = counter.agency();
    let sign = ["dossier", "sign", &id, "0", "--certificate", &agency];
    let refused = counter.command(&sign).env("MOTCUA_PIN", WRONG).output().unwrap();
    assert!(!refused.status.success());
    let locked = counter.command(&["outbox"]).env("MOTCUA_SECRET", WRONG).output().unwrap();
    assert!(!locked.status.success());
    counter.data(&sign);
    counter.cut_warehouse();
    counter.data(&["dossier", "return", &id]);
    assert_eq!(counter.motcua(&["sync"]).status.code(), Some(3));
    counter.start_warehouse();
    counter.drain();
    counter.data(&["dossier", "list", NUMBER]);
    counter.cut_warehouse();

    let everything = [NUMBER, NAME, "ZYXWVU", "QPONML", PIN, SECRET, WRONG];
    let secrets = [PIN, SECRET, WRONG];
    let mut looked = BTreeSet::new();
    for entry in std::fs::read_dir(counter.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if DEMO_INPUTS.contains(&name.as_str()) {
            continue;
        }
        // The server holds what was filed, names and numbers too; the counter's secrets never reach it.
        clean(&entry.path(), if name == "warehouse" { &secrets } else { &everything });
        looked.insert(name);
    }
    for place in ["vault", "logs", "warehouse", "counter.json"] {
        assert!(looked.contains(place), "{place} was looked into, not only {looked:?}");
    }
    clean(&counter.temporary(), &everything);
    assert!(files(&counter.server_talk()).len() >= 4, "both starts of the server left what they said");
    clean(&counter.server_talk(), &everything);
    let said = counter.said();
    assert!(said.len() > 1000, "the programs said something");
    absent(&said, &secrets, "what the programs said");
}

/// What is typed wrongly is a secret as well: it is mostly the right one with a slip.
const WRONG: &str = "Sai@2026-nham";

fn clean(place: &Path, marked: &[&str]) {
    for file in files(place) {
        absent(&std::fs::read(&file).unwrap(), marked, &file.display().to_string());
    }
}

fn absent(bytes: &[u8], marked: &[&str], place: &str) {
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

/// Every file below; a file is its own only one.
fn files(place: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![place.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
        } else {
            found.push(path);
        }
    }
    found
}
