//! The training on real parts: it lies beside the counter, reaches its own warehouse alone, prints what is worth nothing,
//! practises an outage and begins again; the real counter's folder stays as it is, byte for byte.

use crate::counter::{Counter, program, text};
use motcua_assembly::{CounterProfile, ProfileDir, TrainingGround};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Every file below a folder with its bytes.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// A command at the training beside the counter, which must succeed; gives its data.
fn training(counter: &Counter, arguments: &[&str]) -> serde_json::Value {
    let done = counter.command(&[&["--training"], arguments].concat()).output().unwrap();
    let said = text(&done.stderr);
    assert!(done.status.success(), "motcua --training {arguments:?}: {said}");
    assert!(said.contains("TẬP HUẤN – dữ liệu giả định"), "each command says where it works: {said}");
    serde_json::from_slice(&done.stdout).unwrap_or_default()
}

fn words_of(pdf: &Path) -> Option<String> {
    let read = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").stdin(Stdio::null()).output();
    let Ok(read) = read else {
        println!("SKIPPED LOUDLY: pdftotext is not installed");
        return None;
    };
    Some(text(&read.stdout).split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn the_training_lies_beside_the_counter_and_never_touches_it() {
    let Some(counter) = Counter::prepare() else { return };
    let before = contents(counter.path());
    let programs = program("motcua").parent().unwrap().to_owned();
    let place = ProfileDir::at(counter.path());
    let learned_in = place.training();
    let open = TrainingGround::beside(&place, &programs).unwrap();
    assert_eq!(open.dir(), &learned_in);

    let real = CounterProfile::load(place.root()).unwrap();
    let learned = CounterProfile::load(learned_in.root()).unwrap();
    assert!(learned.training && !real.training);
    assert_ne!(learned.warehouse_url, real.warehouse_url, "another warehouse");
    assert_ne!(learned.ca_pem, real.ca_pem, "another authority: neither takes the other's server");
    assert_ne!((learned.device_id, &learned.receipt_key), (real.device_id, &real.receipt_key));
    assert!(!learned_in.root().starts_with(place.root()) && !place.root().starts_with(learned_in.root()));
    assert!(learned.warehouse_url.starts_with("https://127.0.0.1:"), "{}", learned.warehouse_url);
    let outside = CounterProfile { warehouse_url: "https://kho.example.vn".to_owned(), ..learned.clone() };
    let refused = motcua_assembly::assemble_from(&learned_in, outside).err().map(|error| error.code());
    assert_eq!(refused, Some("trainingOutside"), "settings that reach further make no training");

    // The warehouse runs while the training is open, ends for an outage and comes back.
    training(&counter, &["sync"]);
    let (number, name) = (open.cast().owner_number.clone(), open.cast().owner_name.clone());
    let wish = ["dossier", "open", "--owner", &number, "--name", &name, "--procedure", "1.000894"];
    training(&counter, &wish);
    assert!(!training(&counter, &["dossier", "list"]).as_array().unwrap().is_empty());
    open.cut();
    assert!(open.is_cut());
    let lost = counter.command(&["--training", "sync"]).output().unwrap();
    assert_eq!(lost.status.code(), Some(3), "nothing listens: {}", text(&lost.stderr));
    open.connect().unwrap();
    training(&counter, &["sync"]);

    // Whatever is printed says that it is worth nothing.
    let book = counter.temporary().join("so.pdf");
    training(&counter, &["book", "--pdf", book.to_str().unwrap()]);
    if let Some(words) = words_of(&book) {
        assert!(words.contains("BẢN TẬP HUẤN – KHÔNG CÓ GIÁ TRỊ"), "{words}");
    }

    // It begins again with nothing of what was done; the warehouse of a killed window is no hindrance.
    open.begin_again().unwrap();
    std::mem::forget(open);
    let anew = TrainingGround::beside(&place, &programs).unwrap();
    let again = CounterProfile::load(learned_in.root()).unwrap();
    assert!(again.training && again.device_id != learned.device_id, "all anew");
    assert_eq!(training(&counter, &["dossier", "list"]).as_array().map(Vec::len), Some(0));
    drop(anew);
    std::fs::remove_dir_all(learned_in.root()).unwrap();

    assert_eq!(contents(counter.path()), before, "the real counter is as it was, byte for byte");
}
