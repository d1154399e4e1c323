//! What every converter promises, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use crate::word::{DocxPart, compound, docx, docx_of, docx_with};
use motcua_desk::FileError;
use motcua_desk::ports::{ConvertError, Converter};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Converters as each make sets them up.
pub trait ConverterBench: Sync {
    /// One that is well.
    fn converter(&self) -> &dyn Converter;
    /// The same on a machine without the program.
    fn absent(&self) -> &dyn Converter;
    /// The same with a program that never ends by itself.
    fn endless(&self) -> &dyn Converter;
    /// Files and running programs of it that are left.
    fn left_behind(&self) -> usize;
}

/// Runs the whole suite on one bench.
pub async fn converter_contract(bench: &dyn ConverterBench) {
    a_word_file_becomes_a_readable_pdf(bench).await;
    what_is_no_good_word_file_is_refused_by_its_kind(bench).await;
    a_refusal_spoils_nothing_for_the_next(bench).await;
    a_cancel_ends_it_soon_and_leaves_nothing(bench).await;
    a_dropped_call_leaves_nothing(bench).await;
    a_machine_without_it_says_so(bench).await;
}

async fn convert(converter: &dyn Converter, word: &[u8]) -> Result<Vec<u8>, ConvertError> {
    converter.to_pdf(word, &CancellationToken::new()).await
}

async fn a_word_file_becomes_a_readable_pdf(bench: &dyn ConverterBench) {
    assert!(!bench.converter().about().await.unwrap().name.is_empty(), "a name for people");
    let pdf = convert(bench.converter(), &docx("Đơn đề nghị")).await.unwrap();
    let facts = motcua_pdf::inspect(&pdf).unwrap();
    assert_eq!((facts.pages, facts.signatures, facts.active_content), (1, 0, false));
    assert_eq!(bench.left_behind(), 0);
}

async fn what_is_no_good_word_file_is_refused_by_its_kind(bench: &dyn ConverterBench) {
    let whole = docx("Đơn");
    let space = DocxPart::new("word/media/image1.bmp", &vec![0; 90 * 1024 * 1024]);
    let body = "<w:p/>";
    for (word, why) in [
        (vec![], FileError::Empty),
        (crate::unsigned_pdf(1), FileError::NotWord),
        (b"MZ\x90\0 a program".to_vec(), FileError::NotWord),
        (docx_of(&[DocxPart::new("xl/workbook.xml", b"<x/>")]), FileError::NotWord),
        (whole[..whole.len() / 2].to_vec(), FileError::Broken),
        (docx_with(body, &[DocxPart::new("word/vbaProject.bin", b"x")]), FileError::Macros),
        (docx_with(body, &[space.clone(), space.clone(), space]), FileError::TooLarge),
        (compound(&["Root Entry", "EncryptionInfo", "EncryptedPackage"], 0), FileError::Encrypted),
        (compound(&["Root Entry", "WordDocument"], 0x0100), FileError::Encrypted),
        (compound(&["Root Entry", "WordDocument", "Macros"], 0), FileError::Macros),
    ] {
        assert_eq!(convert(bench.converter(), &word).await, Err(ConvertError::File(why)));
    }
    assert_eq!(bench.left_behind(), 0);
}

async fn a_refusal_spoils_nothing_for_the_next(bench: &dyn ConverterBench) {
    assert!(convert(bench.converter(), b"PK\x03\x04").await.is_err());
    assert!(convert(bench.converter(), &docx("Đơn khác")).await.is_ok());
}

async fn a_cancel_ends_it_soon_and_leaves_nothing(bench: &dyn ConverterBench) {
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(bench.converter().to_pdf(&docx("Đơn"), &cancel).await, Err(ConvertError::Cancelled));
    let (cancel, word) = (CancellationToken::new(), docx("Đơn"));
    let begun = Instant::now();
    let officer = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(bench.endless().to_pdf(&word, &cancel), officer);
    assert_eq!(ended, Err(ConvertError::Cancelled));
    assert!(begun.elapsed() < Duration::from_secs(5), "it was killed");
    until_nothing_is_left(bench).await;
}

async fn a_dropped_call_leaves_nothing(bench: &dyn ConverterBench) {
    let (cancel, word) = (CancellationToken::new(), docx("Đơn"));
    let begun = bench.endless().to_pdf(&word, &cancel);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), begun).await.is_err(),
        "it never ends by itself"
    );
    until_nothing_is_left(bench).await;
}

async fn until_nothing_is_left(bench: &dyn ConverterBench) {
    for _ in 0..100 {
        if bench.left_behind() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} files and programs are left", bench.left_behind());
}

async fn a_machine_without_it_says_so(bench: &dyn ConverterBench) {
    assert_eq!(bench.absent().about().await, Err(ConvertError::Missing));
    assert_eq!(convert(bench.absent(), &docx("Đơn")).await, Err(ConvertError::Missing));
}
