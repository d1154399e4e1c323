//! The counter's other printed forms, beside form 01: Thông tư 01/2018/TT-VPCP and 03/2025/TT-VPCP.

mod book;
mod control;
mod guide;
mod letters;
mod slip;

use crate::{FormFonts, PdfError};

/// What stands above every form; the head follows Nghị định 30/2020/NĐ-CP.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FormHead {
    /// Số mẫu and the circular that issued it, at the upper right. The circulars number the forms differently
    /// (Thông tư 01/2018: 01–06; 03/2025, phụ lục I: 01–07), so which one is in force is the caller's to say.
    /// Left out when empty.
    pub model: String,
    /// Cơ quan.
    pub agency: String,
    /// Bộ phận.
    pub unit: String,
    /// Số, ký hiệu văn bản (`Số: 12/PXL`). Left out when empty.
    pub number: String,
    /// Địa danh.
    pub place: String,
    /// `ngày 21 tháng 11 năm 2026`.
    pub day_line: String,
    /// Mã hồ sơ; of [`BookForm`] the quyển số. Without it there is no code picture.
    pub code: String,
    /// The code is temporary: "TẠM" is printed.
    pub provisional: bool,
}

/// Whose dossier it is and what it asks for. An empty field is a dash.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FormSubject {
    /// Hồ sơ của.
    pub name: String,
    /// Số định danh. Left out when empty.
    pub number: String,
    /// Địa chỉ.
    pub address: String,
    /// Số điện thoại.
    pub phone: String,
    /// Thư điện tử.
    pub email: String,
    /// Nội dung yêu cầu giải quyết: tên thủ tục hành chính.
    pub procedure: String,
}

/// Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ (mẫu số 02; Nghị định 61/2018/NĐ-CP điều 17).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SupplementForm {
    /// Head.
    pub head: FormHead,
    /// Dossier.
    pub subject: FormSubject,
    /// Nội dung phải hoàn thiện; numbered on paper. Without any, a line is left to be written by hand.
    pub items: Vec<String>,
    /// Lý do.
    pub reason: String,
    /// Người hoặc nơi liên hệ khi có vướng mắc; dots when empty.
    pub contact: String,
    /// Số điện thoại liên hệ; dots when empty.
    pub contact_phone: String,
    /// Người hướng dẫn.
    pub officer: String,
}

/// Phiếu từ chối tiếp nhận giải quyết hồ sơ (mẫu số 03; Nghị định 61/2018/NĐ-CP điều 17).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RefusalForm {
    /// Head.
    pub head: FormHead,
    /// Dossier.
    pub subject: FormSubject,
    /// Lý do; numbered on paper. Without any, a line is left to be written by hand.
    pub reasons: Vec<String>,
    /// Người nộp hồ sơ.
    pub submitter: String,
    /// Người tiếp nhận hồ sơ.
    pub officer: String,
}

/// Phiếu xin lỗi và hẹn lại ngày trả kết quả (mẫu số 04; Nghị định 61/2018/NĐ-CP điều 19).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApologyForm {
    /// Head.
    pub head: FormHead,
    /// Dossier; Kính gửi.
    pub subject: FormSubject,
    /// Ngày tiếp nhận (`08:30 ngày 21/11/2026`).
    pub received: String,
    /// Thời gian hẹn trả kết quả.
    pub due: String,
    /// Lý do chậm.
    pub reason: String,
    /// Thời gian hẹn lại.
    pub again: String,
    /// Thủ trưởng cơ quan, đơn vị; empty leaves the name to be written by hand.
    pub signer: String,
}

/// Phiếu kiểm soát quá trình giải quyết hồ sơ (mẫu số 05 of 2018, 06 of 2025).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ControlForm {
    /// Head.
    pub head: FormHead,
    /// Dossier.
    pub subject: FormSubject,
    /// Ngày nhận.
    pub received: String,
    /// Hand-overs in their order. Without any, rows are left to be written by hand.
    pub rows: Vec<ControlRow>,
}

/// One hand-over of a dossier; what is empty is left to be written by hand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ControlRow {
    /// Cơ quan giao.
    pub from: String,
    /// Cơ quan nhận.
    pub to: String,
    /// Giờ, phút, ngày giao nhận.
    pub at: String,
    /// Người giao.
    pub giver: String,
    /// Người nhận.
    pub taker: String,
    /// Kết quả giải quyết: trước hạn, đúng hạn, quá hạn.
    pub outcome: String,
    /// Ghi chú.
    pub note: String,
}

/// Thông báo dừng giải quyết hồ sơ theo đề nghị (Thông tư 03/2025/TT-VPCP điều 7).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoppedForm {
    /// Head.
    pub head: FormHead,
    /// Dossier; who asked.
    pub subject: FormSubject,
    /// Ngày đề nghị (`20/11/2026`).
    pub asked: String,
    /// Lý do đề nghị dừng.
    pub reason: String,
    /// Dừng kể từ (`08:30 ngày 21/11/2026`).
    pub since: String,
    /// Giấy tờ, phí trả lại; numbered on paper.
    pub returned: Vec<String>,
    /// Người ký của bộ phận.
    pub officer: String,
}

/// Sổ theo dõi hồ sơ (mẫu số 06 of 2018, 07 of 2025).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BookForm {
    /// Head.
    pub head: FormHead,
    /// Từ ngày.
    pub from: String,
    /// Đến ngày.
    pub until: String,
    /// Dossiers in their order.
    pub rows: Vec<BookRow>,
}

/// A dossier in the book; what is empty stays empty, to be written by hand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BookRow {
    /// STT.
    pub number: u32,
    /// Mã hồ sơ.
    pub code: String,
    /// Tên thủ tục hành chính.
    pub procedure: String,
    /// Số lượng hồ sơ (bộ).
    pub quantity: u32,
    /// Tên cá nhân, tổ chức.
    pub name: String,
    /// Địa chỉ.
    pub address: String,
    /// Số điện thoại.
    pub phone: String,
    /// Cơ quan chủ trì giải quyết.
    pub agency: String,
    /// Ngày nhận hồ sơ.
    pub received: String,
    /// Ngày hẹn trả kết quả.
    pub due: String,
    /// Ngày chuyển hồ sơ đến cơ quan giải quyết.
    pub forwarded: String,
    /// Ngày nhận kết quả từ cơ quan giải quyết.
    pub resolved: String,
    /// Ngày trả kết quả.
    pub returned: String,
    /// Phương thức nhận kết quả.
    pub way: String,
    /// Ký nhận.
    pub signed: String,
    /// Ghi chú.
    pub note: String,
}

/// The slip of an 80 mm printer: how to find the dossier again. It names nobody.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SlipForm {
    /// Cơ quan.
    pub agency: String,
    /// Bộ phận.
    pub unit: String,
    /// Mã hồ sơ.
    pub code: String,
    /// The code is temporary: "TẠM" is printed.
    pub provisional: bool,
    /// Thời gian nhận.
    pub received: String,
    /// Thời gian trả kết quả.
    pub due: String,
    /// Tên thủ tục hành chính.
    pub procedure: String,
    /// Phí, lệ phí.
    pub fee: String,
    /// Where to ask.
    pub contact: String,
}

/// A guide to take home (A5): what to do, step by step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GuideForm {
    /// Cơ quan.
    pub agency: String,
    /// Bộ phận.
    pub unit: String,
    /// Heading.
    pub title: String,
    /// What stands above the steps, a paragraph each.
    pub lead: Vec<String>,
    /// The steps; numbered on paper.
    pub steps: Vec<String>,
    /// What stands below them, a paragraph each.
    pub notes: Vec<String>,
    /// Address for the reader's own telephone; without one there is no code picture.
    pub link: String,
    /// Whom to ask.
    pub contact: String,
    /// `In ngày 21/11/2026`.
    pub day_line: String,
}

/// A form of the office, its words already made for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfficeForm {
    /// Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ, A5.
    Supplement(SupplementForm),
    /// Phiếu từ chối tiếp nhận giải quyết hồ sơ, A5.
    Refusal(RefusalForm),
    /// Phiếu xin lỗi và hẹn lại ngày trả kết quả, A5.
    Apology(ApologyForm),
    /// Phiếu kiểm soát quá trình giải quyết hồ sơ, A5.
    Control(ControlForm),
    /// Thông báo dừng giải quyết hồ sơ, A5.
    Stopped(StoppedForm),
    /// Sổ theo dõi hồ sơ, A4 landscape.
    Book(BookForm),
    /// Slip of 80 mm, as tall as what it says.
    Slip(SlipForm),
    /// Hướng dẫn cho công dân, A5.
    Guide(GuideForm),
}

/// Sets a form; what is long goes on over further pages.
///
/// # Errors
/// [`PdfError::Font`] when a font cannot be read; [`PdfError::TooMuch`] when a name in the head, a name
/// to be signed or the code is longer than any place for it.
pub fn office_form(form: &OfficeForm, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
    match form {
        OfficeForm::Supplement(form) => form.set(fonts),
        OfficeForm::Refusal(form) => form.set(fonts),
        OfficeForm::Apology(form) => form.set(fonts),
        OfficeForm::Control(form) => form.set(fonts),
        OfficeForm::Stopped(form) => form.set(fonts),
        OfficeForm::Book(form) => form.set(fonts),
        OfficeForm::Slip(form) => form.set(fonts),
        OfficeForm::Guide(form) => form.set(fonts),
    }
}
