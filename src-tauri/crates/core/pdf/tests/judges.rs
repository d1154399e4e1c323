//! Outside judges for the files this crate makes. A missing judge is said loudly.
// The judges are programs: they read files.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "judges/forms.rs"]
mod forms;

use motcua_pdf::{
    AssembleInfo, FormFonts, PageImage, PdfError, ReceiptForm, ReceiptRow, assemble, inspect, marked,
    page_size, receipt, signatures,
};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

fn judge(tool: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATH")
        .and_then(|paths| std::env::split_paths(&paths).map(|dir| dir.join(tool)).find(|path| path.exists()));
    if found.is_none() {
        eprintln!("!!! SKIPPED: the judge {tool} is not installed; this test proved nothing");
    }
    found
}

fn ask(tool: &str, pdf: &[u8], before: &[&str], after: &[&str]) -> Option<String> {
    let tool = judge(tool)?;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    std::fs::write(&path, pdf).unwrap();
    let answer = Command::new(tool).args(before).arg(&path).args(after).output().unwrap();
    let text = String::from_utf8_lossy(&[answer.stdout, answer.stderr].concat()).into_owned();
    assert!(answer.status.success(), "{text}");
    Some(text)
}

fn jpeg(width: u16, height: u16, gray: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (kind, parts) =
        if gray { (jpeg_encoder::ColorType::Luma, 1) } else { (jpeg_encoder::ColorType::Rgb, 3) };
    let pixels = vec![210; usize::from(width) * usize::from(height) * parts];
    jpeg_encoder::Encoder::new(&mut bytes, 80).encode(&pixels, width, height, kind).unwrap();
    bytes
}

fn page(gray: bool) -> PageImage {
    PageImage { jpeg: jpeg(1654, 2339, gray), width: 1654, height: 2339, gray, dpi: 200 }
}

fn info() -> AssembleInfo {
    let at = time::OffsetDateTime::from_unix_timestamp(1_795_224_600).unwrap();
    AssembleInfo { title: "Tờ khai <đăng ký> & khác".into(), at, seed: [3; 16] }
}

fn form() -> ReceiptForm {
    let row = |number, name: &str, form_label: &str, source_label: &str, pages| ReceiptRow {
        number,
        name: name.into(),
        form_label: form_label.into(),
        quantity: 1,
        source_label: source_label.into(),
        pages,
    };
    ReceiptForm {
        agency: "UBND xã An Hòa (DEMO)".into(),
        unit: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        place: "An Hòa".into(),
        code: "000.01.20.H08-261121-0001".into(),
        provisional: true,
        received_at: "08:30 ngày 21/11/2026".into(),
        due: "17:00 ngày 26/11/2026".into(),
        submitter: "Đặng Thị Diệp Thử".into(),
        owner: "Nguyễn Ngọc Ẩn Thử Nghiệm".into(),
        owner_number: "0520••••0495".into(),
        address: "Thôn Thử Nghiệm, xã An Hòa, tỉnh Gia Lai".into(),
        phone: "0900 000 000".into(),
        procedure:
            "Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan, tổ chức có thẩm quyền của Việt Nam \
                    cấp hoặc chứng nhận"
                .into(),
        rows: vec![
            row(1, "Tờ khai đăng ký theo mẫu", "Bản chính", "Quét", 2),
            row(
                2,
                "Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
                "Bản sao",
                "Kho tỉnh",
                4,
            ),
            row(3, "Giấy ủy quyền (nếu có)", "Bản chính", "", 0),
        ],
        working_days: "03 ngày làm việc".into(),
        fee: "8.000 đồng".into(),
        return_place: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        officer: "Nguyễn Thị Thử Nghiệm".into(),
        day_line: "ngày 21 tháng 11 năm 2026".into(),
    }
}

fn fonts() -> FormFonts<'static> {
    FormFonts {
        regular: include_bytes!("../../../../../assets/fonts/LiberationSerif-Regular.ttf"),
        bold: include_bytes!("../../../../../assets/fonts/LiberationSerif-Bold.ttf"),
        italic: include_bytes!("../../../../../assets/fonts/LiberationSerif-Italic.ttf"),
        watermark: "",
    }
}

fn printed(form: &ReceiptForm) -> Vec<u8> {
    let pdf = receipt(form, &fonts()).unwrap();
    // For a look with one's own eyes.
    if let Some(folder) = std::env::var_os("MOTCUA_KEEP") {
        std::fs::write(Path::new(&folder).join(format!("receipt-{}.pdf", form.rows.len())), &pdf).unwrap();
    }
    pdf
}

#[test]
fn pages_keep_their_pictures_and_their_size_on_paper() {
    let pages = [page(false), page(true)];
    let pdf = assemble(&pages, &info()).unwrap();
    for page in &pages {
        assert!(
            pdf.windows(page.jpeg.len()).any(|window| window == page.jpeg),
            "the JPEG is copied byte for byte"
        );
    }
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/MediaBox [0 0 595.44 842.04]"));
    let facts = inspect(&pdf).unwrap();
    assert_eq!(
        (facts.pages, facts.version.as_str(), facts.signatures, facts.active_content),
        (2, "1.7", 0, false)
    );
    assert!(signatures(&pdf).unwrap().is_empty());
    ask("qpdf", &pdf, &["--check"], &[]);
    if let Some(text) = ask("pdfinfo", &pdf, &[], &[]) {
        assert!(text.contains("Pages:           2") && text.contains("595.44 x 842.04"), "{text}");
    }
    if let Some(text) = ask("pdfimages", &pdf, &["-list"], &[]) {
        assert_eq!(text.matches(" jpeg ").count(), 2, "{text}");
        assert!(text.contains(" 200 "), "{text}");
    }
}

#[test]
fn the_file_says_and_keeps_what_pdf_a_asks() {
    let pdf = assemble(&[page(false)], &info()).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(pdf.starts_with(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3"));
    for part in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        "Tờ khai &lt;đăng ký&gt; &amp; khác",
        "/GTS_PDFA1",
        "/ID [<03030303030303030303030303030303>",
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
    for never in ["/Info ", "/Encrypt", "/Interpolate", "/SMask", "/JavaScript", "/LZWDecode", "/AA"] {
        assert!(!text.replace("/Info (sRGB", "").contains(never), "{never} does not belong there");
    }
    let again = assemble(&[page(false)], &info()).unwrap();
    assert_eq!(pdf, again, "the same input gives the same file");
}

#[test]
fn pictures_that_lie_about_themselves_are_refused() {
    assert_eq!(assemble(&[], &info()), Err(PdfError::Empty));
    let mut wrong = page(true);
    wrong.width += 1;
    assert!(matches!(assemble(&[wrong], &info()), Err(PdfError::Picture(_))));
    let mut png = page(true);
    png.jpeg = b"\x89PNG\r\n\x1a\n".to_vec();
    assert!(matches!(assemble(&[png], &info()), Err(PdfError::Picture(_))));
}

#[test]
fn other_files_with_the_name_of_a_pdf_are_told_apart() {
    let word = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old document".as_slice();
    for bytes in [word, b"<!doctype html><html>", &jpeg(8, 8, true), b"", b"PK\x03\x04"] {
        assert_eq!(inspect(bytes), Err(PdfError::NotPdf));
    }
    assert!(matches!(inspect(b"%PDF-1.7\nnothing"), Err(PdfError::Broken(_))));
}

#[test]
fn an_encrypted_file_is_refused() {
    let Some(tool) = judge("qpdf") else { return };
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("a.pdf"), dir.path().join("b.pdf"));
    std::fs::write(&from, assemble(&[page(true)], &info()).unwrap()).unwrap();
    let status =
        Command::new(tool).args(["--encrypt", "a", "b", "256", "--"]).args([&from, &to]).status().unwrap();
    assert!(status.success());
    assert_eq!(inspect(&std::fs::read(to).unwrap()), Err(PdfError::Encrypted));
}

#[test]
fn the_receipt_can_be_read_by_people_and_programs() {
    let pdf = printed(&form());
    let facts = inspect(&pdf).unwrap();
    assert_eq!(facts.pages, 1);
    ask("qpdf", &pdf, &["--check"], &[]);
    if let Some(text) = ask("pdftotext", &pdf, &["-layout"], &["-"]) {
        for part in [
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "GIẤY TIẾP NHẬN HỒ SƠ",
            "000.01.20.H08-261121-0001",
            "TẠM",
            "Nguyễn Ngọc Ẩn Thử Nghiệm",
            "17:00 ngày 26/11/2026",
            "Vào Sổ theo dõi hồ sơ, quyển số:",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}

#[test]
fn a_sheet_that_is_printed_again_says_so_on_every_page_and_nothing_else_moves() {
    let mut form = form();
    let row = form.rows[1].clone();
    form.rows = (1..=40).map(|number| ReceiptRow { number, ..row.clone() }).collect();
    let pdf = printed(&form);
    let again = marked(&pdf, "Bản in lại lần 2", &fonts()).unwrap();
    let pages = inspect(&pdf).unwrap().pages;
    assert_eq!(inspect(&again).unwrap().pages, pages);
    assert_eq!(page_size(&again), page_size(&pdf));
    assert_eq!(page_size(&pdf), Ok((148, 210)), "A5 in whole millimetres");
    ask("qpdf", &again, &["--check"], &[]);
    let read = |pdf: &[u8]| ask("pdftotext", pdf, &["-layout"], &["-"]);
    let (Some(before), Some(after)) = (read(&pdf), read(&again)) else { return };
    assert_eq!(after.matches("Bản in lại lần 2").count(), pages as usize);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let unmarked = after.replace("Bản in lại lần 2", "");
    assert_eq!(words(&unmarked), words(&before), "the rest stands as it stood");
    assert_eq!(marked(b"no pdf", "x", &fonts()), Err(PdfError::Broken("form to be marked")));
}

#[test]
fn a_final_code_prints_no_mark_and_a_long_list_turns_the_page() {
    let mut form = form();
    form.provisional = false;
    let row = form.rows[1].clone();
    form.rows = (1..=40).map(|number| ReceiptRow { number, ..row.clone() }).collect();
    let pdf = printed(&form);
    let pages = inspect(&pdf).unwrap().pages;
    assert!(pages > 1);
    if let Some(text) = ask("pdftotext", &pdf, &["-layout"], &["-"]) {
        assert!(!text.contains("TẠM"));
        let sheets: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
        assert_eq!(sheets.len(), pages as usize);
        for (number, sheet) in sheets.iter().enumerate() {
            let rows = sheet.matches("Bản sao").count();
            let heads = sheet.matches("Tên giấy tờ").count();
            assert_eq!(heads, usize::from(rows > 0), "rows stand under their head: {sheet}");
            assert!(sheet.contains(&format!("{} · trang {}/{pages}", form.code, number + 1)), "{sheet}");
        }
        assert_eq!(text.matches("Bản sao").count(), 40, "no row is lost at the turn");
    }
}

#[test]
fn nobody_signs_a_sheet_that_says_nothing() {
    for count in 1..=12 {
        let mut form = form();
        let row = form.rows[1].clone();
        form.rows = (1..=count).map(|number| ReceiptRow { number, ..row.clone() }).collect();
        let Some(text) = ask("pdftotext", &printed(&form), &["-layout"], &["-"]) else { return };
        let signed = text.split('\u{c}').find(|sheet| sheet.contains("NGƯỜI TIẾP NHẬN HỒ SƠ")).unwrap();
        assert!(signed.contains("5. Thời gian trả kết quả"), "{count} papers: {text}");
    }
}

#[test]
fn a_word_longer_than_the_receipt_loses_no_letter() {
    let mut form = form();
    form.rows[1].name = "Ẵ".repeat(3000);
    form.address = "Ẵ".repeat(200);
    form.officer = "Ẵ".repeat(40);
    let pdf = printed(&form);
    forms::nothing_overlaps("receipt", &pdf);
    let Some(sheets) = forms::sheets(&pdf) else { return };
    assert_eq!(sheets.concat().matches('Ẵ').count(), 3240);
}

/// The picture of the code as a scanner sees it, judged by a decoder of another family than the encoder.
#[test]
fn the_code_on_the_receipt_can_be_scanned() {
    let pdf = printed(&form());
    let Some(tool) = judge("pdftoppm") else { return };
    let Some(zbar) = judge("zbarimg") else { return };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.pdf"), &pdf).unwrap();
    let drawn = Command::new(tool)
        .args(["-r", "100", "-png", "-singlefile", "a.pdf", "a"])
        .current_dir(dir.path())
        .status()
        .unwrap();
    assert!(drawn.success());
    let read = Command::new(zbar).args(["--raw", "-q", "a.png"]).current_dir(dir.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), "000.01.20.H08-261121-0001");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_cause_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let small = PageImage { jpeg: jpeg(16, 16, true), width: 16, height: 16, gray: true, dpi: 200 };
        let mut pdf = assemble(&[small], &info()).unwrap();
        let at = at.index(pdf.len());
        if cut { pdf.truncate(at) } else { pdf[at] = byte }
        let _ = inspect(&pdf);
        let _ = signatures(&pdf);
    }
}
