//! A counter for training: whatever it prints says so, and the first tour is shown once to each officer.

use crate::steps::accept_scanned;
use motcua_desk::{PrintedForm, StepWish, TRAINING_WATERMARK};
use motcua_testkit::{OFFICER, Office};
use std::io::Write;
use std::process::{Command, Stdio};

/// The text of a PDF; none where poppler is not installed.
#[allow(clippy::print_stderr)]
fn text_of(pdf: &[u8]) -> Option<String> {
    let started = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut reader) = started else {
        eprintln!("SKIPPED: pdftotext is not installed");
        return None;
    };
    reader.stdin.take()?.write_all(pdf).ok()?;
    let text = reader.wait_with_output().ok()?.stdout;
    Some(String::from_utf8_lossy(&text).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Everything that one accepted dossier prints.
async fn everything_printed(office: &Office) -> Vec<(&'static str, Vec<u8>)> {
    let desk = &office.desk;
    let dossier = accept_scanned(office).await;
    let (id, receipt) = (dossier.id, dossier.receipt.unwrap());
    let asked = StepWish::AskSupplement {
        items: vec!["Giấy tờ thử nghiệm".to_owned()],
        reason: "thử nghiệm".to_owned(),
        approval: None,
    };
    let asked = desk.take_step(id, asked).unwrap().steps[0].id;
    let day = dossier.state.acceptance().unwrap().0.day();
    let book = desk.book(day, day).await.unwrap();
    vec![
        ("receipt", desk.content(&receipt).await.unwrap()),
        ("supplement", desk.printed_form(id, PrintedForm::Step(asked)).await.unwrap()),
        ("control", desk.printed_form(id, PrintedForm::Control).await.unwrap()),
        ("slip", desk.printed_form(id, PrintedForm::Slip).await.unwrap()),
        ("book", desk.printed_book(&book).await.unwrap()),
    ]
}

#[tokio::test]
async fn whatever_a_training_counter_prints_says_that_it_is_worth_nothing() {
    let training = everything_printed(&Office::ready().await.for_training()).await;
    let real = everything_printed(&Office::ready().await).await;
    for ((name, marked), (_, plain)) in training.into_iter().zip(real) {
        assert!(marked.starts_with(b"%PDF-") && marked != plain, "{name}");
        let (Some(marked), Some(plain)) = (text_of(&marked), text_of(&plain)) else { return };
        assert!(marked.contains(TRAINING_WATERMARK), "{name}: {marked}");
        assert!(!plain.contains("TẬP HUẤN"), "{name}: a real paper never says it");
    }
}

#[tokio::test]
async fn the_first_tour_is_remembered_for_each_officer() {
    let mut office = Office::ready().await;
    assert!(!office.desk.tour_seen(OFFICER).await.unwrap());
    office.desk.end_tour(OFFICER).await.unwrap();
    office.restart();
    assert!(office.desk.tour_seen(OFFICER).await.unwrap(), "after a restart too");
    assert!(!office.desk.tour_seen("canbo.khac").await.unwrap(), "a colleague has not seen it");
}
