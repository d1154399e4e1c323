//! The office's printed forms before the same judges.

use super::{ask, judge};
use motcua_pdf::{
    ApologyForm, BookForm, BookRow, ControlForm, ControlRow, FormFonts, FormHead, FormSubject, GuideForm,
    OfficeForm, PdfError, RefusalForm, SlipForm, StoppedForm, SupplementForm, inspect, office_form,
};
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

const CODE: &str = "000.01.20.H08-261121-0001";

static CUTS: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../assets/fonts");
    ["Regular", "Bold", "Italic"]
        .map(|cut| std::fs::read(folder.join(format!("LiberationSerif-{cut}.ttf"))).unwrap())
});

fn set(form: &OfficeForm) -> Result<Vec<u8>, PdfError> {
    set_on(form, "")
}

fn set_on(form: &OfficeForm, watermark: &str) -> Result<Vec<u8>, PdfError> {
    office_form(form, &FormFonts { regular: &CUTS[0], bold: &CUTS[1], italic: &CUTS[2], watermark })
}

fn printed(name: &str, form: &OfficeForm) -> Vec<u8> {
    let pdf = set(form).unwrap();
    // For a look with one's own eyes.
    if let Some(folder) = std::env::var_os("MOTCUA_KEEP") {
        std::fs::write(Path::new(&folder).join(format!("{name}.pdf")), &pdf).unwrap();
    }
    pdf
}

/// The text of each page as people read it, its white space made single.
pub(super) fn sheets(pdf: &[u8]) -> Option<Vec<String>> {
    let text = ask("pdftotext", pdf, &["-layout"], &["-"])?;
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    Some(pages.map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

fn head(model: &str) -> FormHead {
    FormHead {
        model: model.into(),
        agency: "UBND xã An Hòa (DEMO)".into(),
        unit: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        number: String::new(),
        place: "An Hòa".into(),
        day_line: "ngày 21 tháng 11 năm 2026".into(),
        code: CODE.into(),
        provisional: false,
    }
}

fn model(number: &str) -> FormHead {
    head(&format!("Mẫu số {number} (Ban hành kèm theo Thông tư số 01/2018/TT-VPCP)"))
}

fn subject() -> FormSubject {
    FormSubject {
        name: "Nguyễn Ngọc Ẩn Thử Nghiệm".into(),
        number: "0520••••0495".into(),
        address: "Thôn Thử Nghiệm, xã An Hòa, tỉnh Gia Lai".into(),
        phone: "0900 000 000".into(),
        email: "an.thu@example.vn".into(),
        procedure:
            "Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan, tổ chức có thẩm quyền của Việt \
                    Nam cấp hoặc chứng nhận"
                .into(),
    }
}

fn supplement() -> SupplementForm {
    SupplementForm {
        head: model("02"),
        subject: subject(),
        items: vec![
            "Bản chính Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất để đối chiếu"
                .into(),
            "Tờ khai theo mẫu có chữ ký của người yêu cầu".into(),
            "Giấy ủy quyền (trường hợp nộp thay)".into(),
        ],
        reason: "Hồ sơ nộp ngày 21/11/2026 chưa có bản chính để đối chiếu; tờ khai chưa ký.".into(),
        contact: "bà Nguyễn Thị Thử Nghiệm".into(),
        contact_phone: "0900 000 001".into(),
        officer: "Nguyễn Thị Thử Nghiệm".into(),
    }
}

fn refusal() -> RefusalForm {
    RefusalForm {
        head: model("03"),
        subject: subject(),
        reasons: vec![
            "Bản chính được cấp sai thẩm quyền, không được dùng làm cơ sở chứng thực bản sao theo quy định \
             tại khoản 2 Điều 22 Nghị định số 23/2015/NĐ-CP"
                .into(),
            "Bản chính bị tẩy xóa, sửa chữa, thêm bớt nội dung không hợp lệ".into(),
        ],
        submitter: "Đặng Thị Diệp Thử".into(),
        officer: "Nguyễn Thị Thử Nghiệm".into(),
    }
}

fn apology() -> ApologyForm {
    ApologyForm {
        head: FormHead { number: "Số: 12/PXL".into(), ..model("04") },
        subject: subject(),
        received: "08:30 ngày 21/11/2026".into(),
        due: "17:00 ngày 26/11/2026".into(),
        reason: "Văn bản xác minh của cơ quan cấp bản chính chưa gửi đến.".into(),
        again: "17:00 ngày 01/12/2026".into(),
        signer: "Trần Văn Thử Nghiệm".into(),
    }
}

fn hand_over(number: usize) -> ControlRow {
    ControlRow {
        from: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        to: "Phòng Kinh tế, Hạ tầng và Đô thị".into(),
        at: format!("08 giờ {number:02} phút, ngày 22/11/2026"),
        giver: "Nguyễn Thị Thử Nghiệm".into(),
        taker: "Lê Văn Thử".into(),
        outcome: "Đúng hạn".into(),
        note: "Đủ giấy tờ".into(),
    }
}

fn control(rows: usize) -> ControlForm {
    ControlForm {
        head: model("05"),
        subject: subject(),
        received: "08:30 ngày 21/11/2026".into(),
        rows: (1..=rows).map(hand_over).collect(),
    }
}

fn stopped() -> StoppedForm {
    StoppedForm {
        head: head("Mẫu số 05 (Ban hành kèm theo Thông tư số 03/2025/TT-VPCP)"),
        subject: subject(),
        asked: "23/11/2026".into(),
        reason: "Không còn nhu cầu chứng thực".into(),
        since: "09:15 ngày 23/11/2026".into(),
        returned: vec![
            "Bản chính Giấy chứng nhận quyền sử dụng đất (01 bản)".into(),
            "Lệ phí đã nộp: 8.000 đồng".into(),
        ],
        officer: "Nguyễn Thị Thử Nghiệm".into(),
    }
}

fn book(rows: u32) -> BookForm {
    let row = |number: u32| BookRow {
        number,
        code: format!("000.01.20.H08-261121-{number:04}"),
        procedure: subject().procedure,
        quantity: 1,
        name: "Nguyễn Ngọc Ẩn Thử Nghiệm".into(),
        address: "Thôn Thử Nghiệm, xã An Hòa, tỉnh Gia Lai".into(),
        phone: "0900 000 000".into(),
        agency: "UBND xã An Hòa".into(),
        received: "08:30 21/11/2026".into(),
        due: "17:00 26/11/2026".into(),
        forwarded: "21/11/2026".into(),
        resolved: "25/11/2026".into(),
        returned: "26/11/2026".into(),
        way: "Trực tiếp tại quầy".into(),
        signed: String::new(),
        note: String::new(),
    };
    BookForm {
        head: FormHead { code: "01/2026".into(), ..model("06") },
        from: "01/11/2026".into(),
        until: "30/11/2026".into(),
        rows: (1..=rows).map(row).collect(),
    }
}

fn slip() -> SlipForm {
    SlipForm {
        agency: "UBND xã An Hòa (DEMO)".into(),
        unit: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        code: CODE.into(),
        provisional: false,
        received: "08:30 ngày 21/11/2026".into(),
        due: "17:00 ngày 26/11/2026".into(),
        procedure: subject().procedure,
        fee: "8.000 đồng, đã thu".into(),
        contact: "0256 000 000, giờ hành chính".into(),
    }
}

/// Every form with its name and how large its pages are in points.
fn every() -> [(&'static str, OfficeForm, &'static str); 7] {
    let (a5, a4) = ("419.528 x 595.276", "841.89 x 595.276");
    [
        ("supplement", OfficeForm::Supplement(supplement()), a5),
        ("refusal", OfficeForm::Refusal(refusal()), a5),
        ("apology", OfficeForm::Apology(apology()), a5),
        ("control", OfficeForm::Control(control(3)), a5),
        ("stopped", OfficeForm::Stopped(stopped()), a5),
        ("book", OfficeForm::Book(book(12)), a4),
        ("slip", OfficeForm::Slip(slip()), "226.772 x "),
    ]
}

/// A word on paper: page, left, top, right, bottom.
type Word = (usize, [f32; 4], String);

/// Width and height of a page.
type Size = (f32, f32);

fn words(pdf: &[u8]) -> Option<(Vec<Size>, Vec<Word>)> {
    let text = ask("pdftotext", pdf, &["-bbox"], &["-"])?;
    let values = |line: &str| -> Vec<f32> {
        line.split('"').skip(1).step_by(2).filter_map(|value| value.parse().ok()).collect()
    };
    let (mut pages, mut words) = (vec![], vec![]);
    for line in text.lines().map(str::trim) {
        match values(line).as_slice() {
            [wide, tall] if line.starts_with("<page") => pages.push((*wide, *tall)),
            [left, top, right, bottom] if line.starts_with("<word") => {
                let word = line.split('>').nth(1).unwrap_or_default().split('<').next().unwrap_or_default();
                words.push((pages.len(), [*left, *top, *right, *bottom], word.to_owned()));
            }
            _ => {}
        }
    }
    Some((pages, words))
}

/// No word lies on another one or leaves the paper's margin.
pub(super) fn nothing_overlaps(name: &str, pdf: &[u8]) {
    let Some((pages, words)) = words(pdf) else { return };
    for (at, (page, [left, top, right, bottom], word)) in words.iter().enumerate() {
        let (wide, tall) = pages[page - 1];
        let inside = *left > 10.0 && *right < wide - 10.0 && *top > 9.0 && *bottom < tall - 9.0;
        assert!(inside, "{name}: {word} leaves page {page}");
        for (other_page, [l, t, r, b], other) in &words[at + 1..] {
            // The box of a word is taller than its letters.
            let air = (bottom - top).max(b - t) * 0.12;
            let apart = page != other_page
                || *right <= l + 0.5
                || *r <= left + 0.5
                || bottom - air <= t + air
                || b - air <= top + air;
            assert!(apart, "{name}: {word} and {other} lie on each other on page {page}");
        }
    }
}

#[test]
fn every_form_passes_the_judges_on_its_paper_with_its_fonts_inside() {
    for (name, form, size) in every() {
        let pdf = printed(name, &form);
        ask("qpdf", &pdf, &["--check"], &[]);
        nothing_overlaps(name, &pdf);
        if let Some(text) = ask("pdfinfo", &pdf, &[], &[]) {
            assert!(text.contains(size), "{name}: {text}");
        }
        if let Some(text) = ask("pdffonts", &pdf, &[], &[]) {
            let fonts: Vec<&str> = text.lines().skip(2).collect();
            assert_eq!(fonts.len(), 3, "{text}");
            for font in fonts {
                assert!(font.contains("LiberationSerif") && font.contains(" yes yes yes "), "{name}: {text}");
            }
        }
    }
}

#[test]
fn every_form_says_what_it_was_given() {
    let says: [&[&str]; 7] = [
        &[
            "Mẫu số 02 (Ban hành kèm theo Thông tư số 01/2018/TT-VPCP)",
            "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
            "Hồ sơ của: Nguyễn Ngọc Ẩn Thử Nghiệm",
            "Số điện thoại: 0900 000 000 Email: an.thu@example.vn",
            "2. Tờ khai theo mẫu có chữ ký của người yêu cầu",
            "Lý do: Hồ sơ nộp ngày 21/11/2026",
            "bà Nguyễn Thị Thử Nghiệm số điện thoại 0900 000 001",
            "NGƯỜI HƯỚNG DẪN",
        ],
        &[
            "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ",
            "2. Bản chính bị tẩy xóa",
            "NGƯỜI NỘP HỒ SƠ NGƯỜI TIẾP NHẬN HỒ SƠ",
        ],
        &[
            "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ",
            "Số: 12/PXL",
            "Kính gửi: Nguyễn Ngọc Ẩn Thử Nghiệm",
            "hẹn trả kết quả giải quyết hồ sơ: 17:00 ngày 26/11/2026.",
            "vào: 17:00 ngày 01/12/2026.",
            "THỦ TRƯỞNG CƠ QUAN, ĐƠN VỊ",
            "(Ký, ghi rõ họ tên, đóng dấu)",
        ],
        &[
            "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
            "Kèm theo hồ sơ của: Nguyễn Ngọc Ẩn Thử Nghiệm",
            "THỜI GIAN GIAO, NHẬN HỒ SƠ",
            "08 giờ 03 phút, ngày 22/11/2026",
            "Người giao Người nhận",
            "Đúng hạn",
        ],
        &[
            "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ",
            "Theo đề nghị của Nguyễn Ngọc Ẩn Thử Nghiệm, ngày 23/11/2026, với lý do: Không còn nhu cầu",
            "trên kể từ: 09:15 ngày 23/11/2026.",
            "2. Lệ phí đã nộp: 8.000 đồng",
        ],
        &["SỔ THEO DÕI HỒ SƠ", "Quyển số: 01/2026", "Từ ngày 01/11/2026 đến ngày 30/11/2026", "trang 2/2"],
        &["Hẹn trả kết quả: 17:00 ngày 26/11/2026", "Liên hệ: 0256 000 000", "Phí, lệ phí: 8.000 đồng"],
    ];
    for ((name, form, _), parts) in every().iter().zip(says) {
        let Some(sheets) = sheets(&printed(name, form)) else { return };
        let text = sheets.join(" ");
        for part in parts {
            assert!(text.contains(part), "{name}: {part} is missing in {text}");
        }
        let code = if *name == "book" { "01/2026" } else { CODE };
        assert!(text.contains(code) && !text.contains("TẠM"), "{name}: {text}");
    }
}

#[test]
fn a_watermark_stands_under_every_page_of_every_form() {
    const MARK: &str = "BẢN TẬP HUẤN – KHÔNG CÓ GIÁ TRỊ";
    for (name, form, size) in every() {
        let pdf = set_on(&form, MARK).unwrap();
        if let Some(folder) = std::env::var_os("MOTCUA_KEEP") {
            std::fs::write(Path::new(&folder).join(format!("{name}-watermark.pdf")), &pdf).unwrap();
        }
        ask("qpdf", &pdf, &["--check"], &[]);
        if let Some(text) = ask("pdfinfo", &pdf, &[], &[]) {
            assert!(text.contains(size), "{name}: {text}");
        }
        if let Some(text) = ask("pdffonts", &pdf, &[], &[]) {
            for font in text.lines().skip(2) {
                assert!(font.contains("LiberationSerif") && font.contains(" yes yes yes "), "{name}: {text}");
            }
        }
        let (Some(marked), Some(plain)) = (sheets(&pdf), sheets(&set(&form).unwrap())) else { return };
        assert_eq!(marked.len(), plain.len(), "{name}: it takes no room");
        for page in marked {
            assert!(page.contains(MARK), "{name}: {page}");
        }
    }
}

#[test]
fn a_temporary_code_is_marked_on_every_form() {
    for (name, mut form, _) in every() {
        match &mut form {
            OfficeForm::Supplement(form) => form.head.provisional = true,
            OfficeForm::Refusal(form) => form.head.provisional = true,
            OfficeForm::Apology(form) => form.head.provisional = true,
            OfficeForm::Control(form) => form.head.provisional = true,
            OfficeForm::Stopped(form) => form.head.provisional = true,
            OfficeForm::Book(form) => form.head.provisional = true,
            OfficeForm::Slip(form) => form.provisional = true,
            OfficeForm::Guide(_) => panic!("a guide is of no dossier"),
        }
        let pdf = printed(&format!("{name}-provisional"), &form);
        nothing_overlaps(name, &pdf);
        let Some(sheets) = sheets(&pdf) else { return };
        assert_eq!(sheets.join(" ").matches("TẠM").count(), 1, "{name}");
    }
}

/// The picture of the code as a scanner sees it, judged by a decoder of another family than the encoder.
#[test]
fn the_code_on_every_form_can_be_scanned() {
    let Some(tool) = judge("pdftoppm") else { return };
    let Some(zbar) = judge("zbarimg") else { return };
    for (name, form, _) in every() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.pdf"), printed(name, &form)).unwrap();
        let drawn = Command::new(&tool)
            .args(["-r", "100", "-png", "-singlefile", "a.pdf", "a"])
            .current_dir(dir.path())
            .status()
            .unwrap();
        assert!(drawn.success());
        let read =
            Command::new(&zbar).args(["--raw", "-q", "a.png"]).current_dir(dir.path()).output().unwrap();
        let code = if name == "book" { "01/2026" } else { CODE };
        assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), code, "{name}");
    }
}

fn guide(steps: usize) -> OfficeForm {
    OfficeForm::Guide(GuideForm {
        agency: "UBND xã An Hòa (DEMO)".into(),
        unit: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        title: "Nộp hồ sơ trực tuyến".into(),
        lead: vec!["Ông (bà) có thể nộp hồ sơ tại nhà, không phải đến quầy.".into()],
        steps: (1..=steps)
            .map(|n| format!("Bước thứ {n}: bấm \"Đồng ý và tiếp tục\", sau đó bấm \"Nộp hồ sơ\"."))
            .collect(),
        notes: vec!["Nộp thành công sẽ có tin báo qua Zalo và SMS.".into()],
        link: "https://dichvucong.gov.vn".into(),
        contact: "Bộ phận Tiếp nhận và Trả kết quả, UBND xã An Hòa (DEMO)".into(),
        day_line: "In ngày 22/11/2026".into(),
    })
}

#[test]
fn a_guide_takes_one_sheet_in_large_letters_with_a_code_a_telephone_reads() {
    for steps in [1, 4, 8, 9, 30] {
        let pdf = printed(&format!("guide-{steps}"), &guide(steps));
        nothing_overlaps("guide", &pdf);
        let Some(sheets) = sheets(&pdf) else { return };
        assert_eq!(sheets.len() == 1, steps < 30, "{steps} steps");
        let text = sheets.join(" ");
        for step in 1..=steps {
            assert!(text.contains(&format!("{step}. Bước thứ {step}:")), "{text}");
        }
        assert!(
            text.contains("Cần giúp đỡ: Bộ phận") && text.contains("https://dichvucong.gov.vn"),
            "{text}"
        );
        let (Some(tool), Some(zbar)) = (judge("pdftoppm"), judge("zbarimg")) else { continue };
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.pdf"), &pdf).unwrap();
        let last = sheets.len().to_string();
        let draw = ["-r", "100", "-png", "-singlefile", "-f", &last, "-l", &last, "a.pdf", "a"];
        assert!(Command::new(&tool).args(draw).current_dir(dir.path()).status().unwrap().success());
        let read = Command::new(&zbar).args(["--raw", "-q", "a.png"]).current_dir(dir.path()).output();
        assert_eq!(String::from_utf8_lossy(&read.unwrap().stdout).trim(), "https://dichvucong.gov.vn");
    }
}

#[test]
fn the_slip_names_nobody_and_is_as_tall_as_what_it_says() {
    let short = printed("slip", &OfficeForm::Slip(slip()));
    let longer =
        SlipForm { contact: "Bộ phận Tiếp nhận và Trả kết quả ".repeat(40), ..slip() };
    let long = printed("slip-long", &OfficeForm::Slip(longer));
    nothing_overlaps("slip-long", &long);
    let (Some((short, said)), Some((long, _))) = (words(&short), words(&long)) else { return };
    assert_eq!((short.len(), long.len()), (1, 1), "a slip is one piece of paper");
    assert!(long[0].1 > short[0].1 + 300.0);
    let last = said.iter().map(|(_, edges, _)| edges[3]).fold(0.0, f32::max);
    assert!(short[0].1 - last < 30.0, "no paper is wasted below the last line");
}

#[test]
fn nobody_signs_a_sheet_that_says_nothing() {
    for count in 1..=34 {
        let mut wanted = supplement();
        wanted.items = vec![wanted.items[0].clone(); count];
        let mut refused = refusal();
        refused.reasons = vec!["Bản chính bị tẩy xóa".into(); count];
        let mut late = apology();
        late.reason = "Cơ quan cấp bản chính chưa trả lời văn bản xác minh. ".repeat(count);
        let mut ended = stopped();
        ended.returned = vec!["Bản chính bị tẩy xóa".into(); count];
        let cases = [
            (OfficeForm::Supplement(wanted), "NGƯỜI HƯỚNG DẪN", "Lý do:"),
            (OfficeForm::Refusal(refused), "NGƯỜI TIẾP NHẬN HỒ SƠ", "Bản chính bị tẩy xóa"),
            (OfficeForm::Apology(late), "THỦ TRƯỞNG", "ngày 01/12/2026"),
            (OfficeForm::Stopped(ended), "Nguyễn Thị Thử Nghiệm", "Bản chính bị tẩy xóa"),
        ];
        for (form, signature, above) in cases {
            let pdf = set(&form).unwrap();
            let Some(sheets) = sheets(&pdf) else { return };
            let signed = sheets.iter().rfind(|sheet| sheet.contains(signature)).unwrap();
            assert!(signed.contains(above), "{count}: {signed}");
            assert!(
                sheets.len() == 1 || signed.contains(&format!("trang {0}/{0}", sheets.len())),
                "{signed}"
            );
        }
    }
}

#[test]
fn a_long_list_loses_nothing_and_says_which_page_it_is() {
    let mut form = supplement();
    form.items = (1..=30).map(|number| format!("Giấy tờ thứ {number} còn thiếu {}", form.items[0])).collect();
    let pdf = printed("supplement-30", &OfficeForm::Supplement(form));
    nothing_overlaps("supplement-30", &pdf);
    let Some(sheets) = sheets(&pdf) else { return };
    let text = sheets.join(" ");
    for number in 1..=30 {
        assert!(text.contains(&format!("{number}. Giấy tờ thứ {number} còn thiếu")), "{text}");
    }
    for (number, sheet) in sheets.iter().enumerate() {
        assert!(sheet.contains(&format!("{CODE} · trang {}/{}", number + 1, sheets.len())), "{sheet}");
    }
}

#[test]
fn rows_stand_under_their_head_on_every_page() {
    let control = printed("control-12", &OfficeForm::Control(control(12)));
    let book = printed("book-200", &OfficeForm::Book(book(200)));
    nothing_overlaps("control-12", &control);
    nothing_overlaps("book-200", &book);
    let (Some(control), Some(book)) = (sheets(&control), sheets(&book)) else { return };
    assert!(control.len() > 1 && book.len() > 10);
    let count = |sheets: &[String], part: &str| sheets.concat().matches(part).count();
    assert_eq!(count(&control, "ngày 22/11/2026"), 12, "no row is lost at the turn");
    assert_eq!(count(&book, "ĐT: 0900 000 000"), 200, "no row is lost at the turn");
    for number in 1..=200 {
        assert_eq!(count(&book, &format!("261121-{number:04}")), 1, "{number}");
    }
    for sheet in control {
        assert_eq!(sheet.matches("GHI CHÚ").count(), 1, "{sheet}");
    }
    for (number, sheet) in book.iter().enumerate() {
        assert_eq!(sheet.matches("Ghi chú").count(), 1, "{sheet}");
        assert!(sheet.contains(&format!("trang {}/{}", number + 1, book.len())), "{sheet}");
    }
}

#[test]
fn a_row_or_a_word_longer_than_a_page_goes_on_on_the_next() {
    let letters = |pdf: &[u8]| sheets(pdf).map_or(3000, |sheets| sheets.concat().matches('Ẵ').count());
    let mut refused = refusal();
    refused.reasons[0] = "Ẵ".repeat(3000);
    refused.submitter = "Ư".repeat(60);
    refused.subject.email =
        "mot.dia.chi.thu.dien.tu.rat.dai.khong.co.khoang.trang@ubnd.xaanhoa.gialai.example.gov.vn".into();
    let pdf = printed("refusal-word", &OfficeForm::Refusal(refused));
    nothing_overlaps("refusal-word", &pdf);
    assert_eq!(letters(&pdf), 3000);

    let mut rows = book(3);
    rows.rows[1].name = "Ẵ".repeat(3000);
    let pdf = printed("book-word", &OfficeForm::Book(rows));
    nothing_overlaps("book-word", &pdf);
    assert_eq!(letters(&pdf), 3000);

    let mut sheet = control(3);
    sheet.rows[1].note = "Hồ sơ đã chuyển ".repeat(300);
    let pdf = printed("control-word", &OfficeForm::Control(sheet));
    nothing_overlaps("control-word", &pdf);
    let Some(text) = sheets(&pdf) else { return };
    assert_eq!(text.concat().matches("chuyển").count(), 300);
}

#[test]
fn a_form_without_words_is_one_to_fill_in_by_hand() {
    let empty = [
        ("supplement-empty", OfficeForm::Supplement(SupplementForm::default())),
        ("refusal-empty", OfficeForm::Refusal(RefusalForm::default())),
        ("apology-empty", OfficeForm::Apology(ApologyForm::default())),
        ("control-empty", OfficeForm::Control(ControlForm::default())),
        ("stopped-empty", OfficeForm::Stopped(StoppedForm::default())),
        ("book-empty", OfficeForm::Book(BookForm::default())),
        ("slip-empty", OfficeForm::Slip(SlipForm::default())),
    ];
    for (name, form) in empty {
        let pdf = printed(name, &form);
        assert_eq!(inspect(&pdf).unwrap().pages, 1, "{name}");
        ask("qpdf", &pdf, &["--check"], &[]);
        nothing_overlaps(name, &pdf);
    }
}

#[test]
fn a_letter_that_the_face_has_not_is_a_box_of_its_width() {
    let mut form = supplement();
    form.reason = "Giấy 名前 của\u{7}người 🙂 nộp".into();
    let pdf = printed("supplement-boxes", &OfficeForm::Supplement(form));
    nothing_overlaps("supplement-boxes", &pdf);
    let Some(sheets) = sheets(&pdf) else { return };
    assert!(sheets.concat().contains("Lý do: Giấy □□ củangười □ nộp"), "{}", sheets.concat());
}

#[test]
fn a_name_that_no_head_has_room_for_is_refused() {
    let mut form = supplement();
    form.head.agency = "Ủy ban nhân dân xã An Hòa ".repeat(50);
    assert!(matches!(set(&OfficeForm::Supplement(form)), Err(PdfError::TooMuch(_))));
}

/// Words as people type them, and words without an end.
fn any_text() -> impl Strategy<Value = String> {
    let syllables = prop::sample::select(vec![
        "Nguyễn",
        "Ẩn",
        "hồ",
        "sơ",
        "giấy",
        "chứng",
        "nhận",
        "quyền",
        "sử",
        "dụng",
        "đất,",
        "ĐƯỜNG",
        "số",
        "12/3",
        "000.01.20.H08-261121-0001",
        "ƯỪỨỬỮỰ",
        "ẮẰẲẴẶ",
        "₫",
        "a@b.vn",
    ]);
    prop_oneof![
        3 => prop::collection::vec(syllables, 0..70).prop_map(|words| words.join(" ")),
        1 => "[ĐƯa-z.]{0,400}",
    ]
}

/// Form number `kind` out of these words and names.
fn form_of(
    kind: usize,
    count: usize,
    head: FormHead,
    text: &dyn Fn(usize) -> String,
    name: &dyn Fn(usize) -> String,
) -> OfficeForm {
    let subject = FormSubject {
        name: text(0),
        number: text(1),
        address: text(2),
        phone: text(3),
        email: text(4),
        procedure: text(5),
    };
    let list: Vec<String> = (0..count).map(text).collect();
    let hand_over = |at: usize| ControlRow {
        from: text(at),
        to: text(at + 1),
        at: text(at + 2),
        giver: text(at + 3),
        taker: text(at + 4),
        outcome: text(at + 5),
        note: text(at + 6),
    };
    let dossier = |at: usize| BookRow {
        number: u32::MAX,
        code: text(at),
        procedure: text(at + 1),
        quantity: 1,
        name: text(at + 2),
        address: text(at + 3),
        phone: text(at + 4),
        agency: text(at + 5),
        received: text(at + 6),
        due: text(at + 7),
        forwarded: text(at + 8),
        resolved: text(at + 9),
        returned: text(at + 10),
        way: text(at + 11),
        signed: text(at + 12),
        note: text(at + 13),
    };
    match kind {
        0 => OfficeForm::Supplement(SupplementForm {
            head,
            subject,
            items: list,
            reason: text(6),
            contact: text(7),
            contact_phone: text(8),
            officer: name(9),
        }),
        1 => OfficeForm::Refusal(RefusalForm {
            head,
            subject,
            reasons: list,
            submitter: name(8),
            officer: name(9),
        }),
        2 => OfficeForm::Apology(ApologyForm {
            head,
            subject,
            received: text(6),
            due: text(7),
            reason: text(8),
            again: text(9),
            signer: name(10),
        }),
        3 => OfficeForm::Control(ControlForm {
            head,
            subject,
            received: text(6),
            rows: (0..count).map(hand_over).collect(),
        }),
        4 => OfficeForm::Stopped(StoppedForm {
            head,
            subject,
            asked: text(6),
            reason: text(7),
            since: text(8),
            returned: list,
            officer: name(9),
        }),
        5 => OfficeForm::Book(BookForm {
            head,
            from: name(0),
            until: name(1),
            rows: (0..count).map(dossier).collect(),
        }),
        _ => OfficeForm::Slip(SlipForm {
            agency: text(0),
            unit: text(1),
            code: text(2),
            provisional: head.provisional,
            received: text(3),
            due: text(4),
            procedure: text(5),
            fee: text(6),
            contact: text(7),
        }),
    }
}

const NAME: &str = "[A-ZĐƯẨ][a-zđưẩ]{0,8}( [A-ZĐƯẨ][a-zđưẩ]{0,8}){0,6}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_words_cause_a_panic_or_lie_on_each_other(
        texts in prop::collection::vec(any_text(), 12),
        odd in prop::collection::vec(any::<String>(), 5),
        names in prop::collection::vec(NAME, 5),
        (kind, count) in (0_usize..7, 0_usize..9),
        provisional in any::<bool>(),
        wild in prop::bool::weighted(0.2),
    ) {
        // Letters no face has, and names no head has room for.
        let text = |at: usize| {
            let from = if wild && at.is_multiple_of(2) { &odd } else { &texts };
            from[at % from.len()].clone()
        };
        let name = |at: usize| if wild { text(at) } else { names[at % names.len()].clone() };
        let head = FormHead {
            model: name(0),
            agency: name(1),
            unit: name(2),
            number: name(3),
            place: name(4),
            day_line: "ngày 21 tháng 11 năm 2026".into(),
            code: if wild { text(5) } else { CODE.into() },
            provisional,
        };
        match set(&form_of(kind, count, head, &text, &name)) {
            Ok(pdf) => {
                inspect(&pdf).unwrap();
                if !wild {
                    nothing_overlaps("any", &pdf);
                }
            }
            Err(error) => prop_assert!(wild && matches!(error, PdfError::TooMuch(_)), "{error}"),
        }
    }
}
