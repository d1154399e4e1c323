//! The slip of 80 mm: set once to learn how tall it is, then on paper of that height.

use super::SlipForm;
use crate::sheet::{Cut, LINE, Paper, SIZE, Sheet};
use crate::{FormFonts, PdfError};

/// The tallest page a PDF reader must show.
const TALLEST: f32 = 14_000.0;
/// Side of the code picture.
const PICTURE: f32 = 96.0;

impl SlipForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        let trial = self.on(TALLEST, fonts)?;
        if trial.turned() > 0 {
            return Ok(trial.finish("Phiếu tra cứu hồ sơ"));
        }
        Ok(self.on(trial.y + 14.0, fonts)?.finish(""))
    }

    fn on(&self, height: f32, fonts: &FormFonts<'_>) -> Result<Sheet, PdfError> {
        let mut sheet = Sheet::new("Phiếu tra cứu hồ sơ", Paper::slip(height), fonts)?;
        sheet.y = 20.0;
        middle(&mut sheet, Cut::Regular, 8.6, &self.agency.to_uppercase());
        middle(&mut sheet, Cut::Bold, 8.6, &self.unit.to_uppercase());
        sheet.y += 9.0;
        middle(&mut sheet, Cut::Bold, 13.0, "PHIẾU TRA CỨU HỒ SƠ");
        let (left, right) = (sheet.paper.left, sheet.paper.right);
        if !self.code.trim().is_empty() {
            let x = f32::midpoint(left, right) - PICTURE / 2.0;
            sheet.keep(PICTURE);
            sheet.code_picture(&self.code, x, sheet.y - 5.0, PICTURE);
            sheet.y += PICTURE + 12.0;
            middle(&mut sheet, Cut::Bold, 12.0, &self.code);
        }
        if self.provisional {
            let x = f32::midpoint(left, right);
            sheet.frame(x - 20.0, sheet.y - 9.5, 40.0, 15.0, 1.0);
            sheet.centre(Cut::Bold, 11.0, (left, right), sheet.y + 2.0, "TẠM");
            sheet.y += 20.0;
        }
        sheet.block(left, sheet.y - 7.0, right - left, 0.8);
        sheet.y += 8.0;
        sheet.entry("Nhận hồ sơ: ", &self.received, Cut::Regular);
        sheet.entry("Hẹn trả kết quả: ", &self.due, Cut::Bold);
        sheet.entry("Thủ tục: ", &self.procedure, Cut::Regular);
        sheet.entry("Phí, lệ phí: ", &self.fee, Cut::Regular);
        sheet.entry("Liên hệ: ", &self.contact, Cut::Regular);
        sheet.block(left, sheet.y - 7.0, right - left, 0.8);
        sheet.y += 7.0;
        for line in ["Phiếu này không thay", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"]
        {
            middle(&mut sheet, Cut::Italic, 8.6, line);
        }
        sheet.y -= LINE;
        Ok(sheet)
    }
}

/// Lines in the middle of the slip.
fn middle(sheet: &mut Sheet, cut: Cut, size: f32, text: &str) {
    let column = (sheet.paper.left, sheet.paper.right);
    for line in sheet.balanced(cut, size, text, column.1 - column.0) {
        sheet.keep(size - LINE);
        sheet.centre(cut, size, column, sheet.y, &line);
        sheet.y += size * LINE / SIZE;
    }
}
