//! What comes out: the text, the pages, a PDF that can be signed.

use crate::{convert, judge, needs_libreoffice};
use motcua_testkit::word::docx_pages;
use motcua_testkit::{FRIDAY_MORNING, pki};
use std::process::Command;

/// Every Vietnamese vowel with every mark, đ, and the words of a letterhead.
const TEXT: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM. Đơn đề nghị của Trần Văn Mẫu: \
    àáảãạ ằắẳẵặ ầấẩẫậ èéẻẽẹ ềếểễệ ìíỉĩị òóỏõọ ồốổỗộ ờớởỡợ ùúủũụ ừứửữự ỳýỷỹỵ đĐ Ữ Ỹ Ợ";

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn vietnamese_text_comes_through_whole_and_precomposed() {
    let Some(bench) = needs_libreoffice() else { return };
    let pdf =
        convert(&bench.well, &docx_pages(&[TEXT, "Trang hai: chữ ký của người làm đơn"])).await.unwrap();
    assert_eq!(motcua_pdf::inspect(&pdf).unwrap().pages, 2);
    if let Some(text) = judge("pdftotext", &["-enc", "UTF-8", "{}", "-"], &pdf) {
        let text = words(&text);
        assert!(text.contains(&words(TEXT)), "{text}");
        assert!(text.contains("Trang hai: chữ ký của người làm đơn"), "{text}");
    }
    judge("qpdf", &["--check", "{}"], &pdf);
    if let Some(fonts) = judge("pdffonts", &["{}"], &pdf) {
        let faces: Vec<&str> = fonts.lines().skip(2).filter(|line| !line.trim().is_empty()).collect();
        assert!(
            faces.iter().all(|face| face.contains("LiberationSerif")),
            "one face for every letter: {fonts}"
        );
    }
    if let Some(facts) = judge("pdfinfo", &["{}"], &pdf) {
        assert!(facts.contains("A4"), "{facts}");
    }
}

#[tokio::test]
async fn the_old_format_comes_through_too() {
    let Some(bench) = needs_libreoffice() else { return };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("don.docx"), docx_pages(&[TEXT, "Trang hai"])).unwrap();
    // A profile's first start asks for a second one.
    for _ in 0..2 {
        let made = Command::new("/usr/lib/libreoffice/program/soffice")
            .arg(format!("-env:UserInstallation=file://{}/profile", dir.path().display()))
            .args(["--headless", "--convert-to", "doc:MS Word 97", "--outdir"])
            .args([dir.path(), &dir.path().join("don.docx")])
            .output()
            .unwrap();
        if made.status.success() {
            break;
        }
    }
    let doc = std::fs::read(dir.path().join("don.doc")).unwrap();
    assert_eq!(motcua_desk::word_format(&doc), Ok(motcua_desk::ports::WordFormat::Doc));
    let pdf = convert(&bench.well, &doc).await.unwrap();
    assert_eq!(motcua_pdf::inspect(&pdf).unwrap().pages, 2);
    if let Some(text) = judge("pdftotext", &["-enc", "UTF-8", "{}", "-"], &pdf) {
        assert!(words(&text).contains(&words(TEXT)), "{text}");
    }
    judge("qpdf", &["--check", "{}"], &pdf);
}

#[tokio::test]
async fn what_comes_out_can_be_signed_and_verified() {
    let Some(bench) = needs_libreoffice() else { return };
    let pdf = convert(&bench.well, &docx_pages(&["Đơn đề nghị"])).await.unwrap();
    let signed = pki().sign(&pdf, &pki().agency, FRIDAY_MORNING);
    let facts = motcua_pdf::inspect(&signed).unwrap();
    assert_eq!((facts.pages, facts.signatures, facts.active_content), (1, 1, false));
    if let Some(said) = judge("pdfsig", &["-nocert", "{}"], &signed) {
        assert!(said.contains("Signature is Valid"), "{said}");
    }
}

#[tokio::test]
async fn two_files_at_once_wait_for_each_other() {
    let Some(bench) = needs_libreoffice() else { return };
    let (one, two) = (docx_pages(&["Đơn thứ nhất"]), docx_pages(&["Đơn thứ hai", "x"]));
    let (one, two) = tokio::join!(convert(&bench.well, &one), convert(&bench.well, &two));
    assert_eq!(motcua_pdf::inspect(&one.unwrap()).unwrap().pages, 1);
    assert_eq!(motcua_pdf::inspect(&two.unwrap()).unwrap().pages, 2);
    assert_eq!(bench.left(), 0);
}
