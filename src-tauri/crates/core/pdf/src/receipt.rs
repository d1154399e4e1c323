//! Form 01 "Giấy tiếp nhận hồ sơ và hẹn trả kết quả" on A5.

use crate::sheet::{Cut, Grid, HeadCell, Heading, LINE, Paper, Sheet, Signer, Strip};
use crate::{FormHead, PdfError};

/// The three cuts of the form's type face (TrueType bytes; Liberation Serif ≥ 2.1), and the paper's watermark.
#[derive(Clone, Copy)]
pub struct FormFonts<'a> {
    /// Regular.
    pub regular: &'a [u8],
    /// Bold.
    pub bold: &'a [u8],
    /// Italic.
    pub italic: &'a [u8],
    /// Stands in grey under the text of every page; none when empty.
    pub watermark: &'a str,
}

/// One row of the table of papers.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ReceiptRow {
    /// STT.
    pub number: u32,
    /// Tên giấy tờ.
    pub name: String,
    /// Bản chính, bản sao …
    pub form_label: String,
    /// Số lượng.
    pub quantity: u32,
    /// Where the electronic copy came from (quét, kho, tệp …).
    pub source_label: String,
    /// Pages digitised.
    pub pages: u32,
}

/// Everything the form says, already worded for people.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ReceiptForm {
    /// Cơ quan.
    pub agency: String,
    /// Bộ phận.
    pub unit: String,
    /// Địa danh.
    pub place: String,
    /// Mã hồ sơ.
    pub code: String,
    /// The code is temporary: "TẠM" is printed.
    pub provisional: bool,
    /// Thời gian nhận.
    pub received_at: String,
    /// Thời gian trả kết quả.
    pub due: String,
    /// Người nộp.
    pub submitter: String,
    /// Chủ hồ sơ.
    pub owner: String,
    /// Số định danh của chủ hồ sơ.
    pub owner_number: String,
    /// Địa chỉ.
    pub address: String,
    /// Số điện thoại.
    pub phone: String,
    /// Nội dung yêu cầu giải quyết.
    pub procedure: String,
    /// Thành phần hồ sơ.
    pub rows: Vec<ReceiptRow>,
    /// Thời gian giải quyết theo quy định.
    pub working_days: String,
    /// Phí, lệ phí.
    pub fee: String,
    /// Nơi nhận kết quả.
    pub return_place: String,
    /// Người tiếp nhận.
    pub officer: String,
    /// `ngày 21 tháng 11 năm 2026`.
    pub day_line: String,
}

/// Sets the form; a long list of papers goes on over further pages.
///
/// # Errors
/// [`PdfError::Font`] when a font cannot be read; [`PdfError::TooMuch`] when a name or the code is longer
/// than any place for it.
pub fn receipt(form: &ReceiptForm, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
    let mut sheet = Sheet::new("Giấy tiếp nhận hồ sơ và hẹn trả kết quả", Paper::A5, fonts)?;
    let head = FormHead {
        model: String::new(),
        agency: form.agency.clone(),
        unit: form.unit.clone(),
        number: String::new(),
        place: form.place.clone(),
        day_line: form.day_line.clone(),
        code: form.code.clone(),
        provisional: form.provisional,
    };
    sheet.head(&head)?;
    let titles = ["GIẤY TIẾP NHẬN HỒ SƠ", "VÀ HẸN TRẢ KẾT QUẢ"];
    sheet.title(&head, &Heading { titles: &titles, label: "Mã hồ sơ: ", note: "" })?;
    body(&mut sheet, form)?;
    Ok(sheet.finish(&format!("Mã hồ sơ {}", form.code)))
}

fn body(sheet: &mut Sheet, form: &ReceiptForm) -> Result<(), PdfError> {
    sheet.entry("Tiếp nhận hồ sơ của: ", &form.submitter, Cut::Bold);
    if !form.owner.is_empty() && form.owner != form.submitter {
        sheet.entry("Chủ hồ sơ: ", &form.owner, Cut::Bold);
    }
    sheet.entry("Số định danh của chủ hồ sơ: ", &form.owner_number, Cut::Regular);
    sheet.entry("Địa chỉ: ", &form.address, Cut::Regular);
    sheet.entry("Số điện thoại: ", &form.phone, Cut::Regular);
    sheet.entry("Nội dung yêu cầu giải quyết: ", &form.procedure, Cut::Bold);
    sheet.entry("1. Thành phần hồ sơ nộp gồm:", "", Cut::Regular);
    papers(sheet, &form.rows);
    let how = "(Ký và ghi rõ họ tên)";
    let signers = [
        Signer { title: "NGƯỜI NỘP HỒ SƠ", how, name: &form.submitter },
        Signer { title: "NGƯỜI TIẾP NHẬN HỒ SƠ", how, name: &form.officer },
    ];
    // Nobody signs a sheet that says nothing: what follows stays with the signatures.
    let tail = sheet.signed(&signers)?;
    sheet.keep(8.0 * LINE + tail);
    sheet.entry("2. Số lượng hồ sơ: ", "01 (bộ)", Cut::Regular);
    sheet.entry("3. Thời gian giải quyết hồ sơ theo quy định: ", &form.working_days, Cut::Regular);
    sheet.entry("4. Thời gian nhận hồ sơ: ", &form.received_at, Cut::Regular);
    sheet.entry("5. Thời gian trả kết quả giải quyết hồ sơ: ", &form.due, Cut::Bold);
    sheet.entry("6. Đăng ký nhận kết quả tại: ", &form.return_place, Cut::Regular);
    sheet.entry("7. Phí, lệ phí: ", &form.fee, Cut::Regular);
    sheet.entry("Vào Sổ theo dõi hồ sơ, quyển số: ", "………………, số thứ tự: ………………", Cut::Regular);
    sheet.signatures(&signers)
}

/// The table of papers.
fn papers(sheet: &mut Sheet, rows: &[ReceiptRow]) {
    // STT, tên giấy tờ, hình thức, số lượng, bản điện tử, số trang
    let widths = [24.0, 148.0, 54.0, 28.0, 58.0];
    let grid = Grid::new(sheet.paper.left, sheet.paper.right, &widths, 8.8);
    let heads = ["STT", "Tên giấy tờ", "Hình thức", "SL", "Bản điện tử", "Trang"];
    let cells: Vec<HeadCell<'_>> = heads
        .iter()
        .enumerate()
        .map(|(column, text)| HeadCell { columns: (column, column + 1), text, parts: &[] })
        .collect();
    let head = sheet.table_head(&grid, &cells);
    let rows: Vec<Strip> = rows
        .iter()
        .map(|row| {
            let dash = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
            let texts = [
                row.number.to_string(),
                row.name.clone(),
                row.form_label.clone(),
                row.quantity.to_string(),
                dash(&row.source_label),
                if row.pages == 0 { dash("") } else { row.pages.to_string() },
            ];
            sheet.row(&grid, &texts.each_ref().map(String::as_str), &[1])
        })
        .collect();
    sheet.y -= LINE - 8.0;
    sheet.table(&grid, &head, &rows);
    sheet.y += 15.0;
}
