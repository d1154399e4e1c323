//! Form 01 "Giấy tiếp nhận hồ sơ và hẹn trả kết quả" on A5.
use crate::PdfError;

/// The three cuts of the form's type face (TrueType bytes; Liberation Serif ≥ 2.1).
#[derive(Clone, Copy)]
pub struct FormFonts<'a> {
    /// Regular.
    pub regular: &'a [u8],
    /// Bold.
    pub bold: &'a [u8],
    /// Italic.
    pub italic: &'a [u8],
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

/// Sets the form.
///
/// # Errors
/// [`PdfError::Font`] when a font cannot be read.
pub fn receipt(_form: &ReceiptForm, _fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
    Err(PdfError::Font)
}
