//! The hand-out with a guide: large letters, numbered steps, and the address as a code for a telephone.

use super::GuideForm;
use super::letters::numbered;
use crate::sheet::{Cut, Paper, Sheet};
use crate::{FormFonts, PdfError};

/// Body sizes and lines, the largest first: people read it standing, and without their glasses.
const SIZES: [(f32, f32); 4] = [(14.0, 18.6), (13.0, 17.2), (12.0, 16.0), (11.0, 14.8)];
/// Side of the code picture.
const PICTURE: f32 = 82.0;
/// Between two steps.
const GAP: f32 = 3.0;

impl GuideForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        let mut sheet = None;
        for size in SIZES {
            let set = self.on(size, fonts)?;
            let whole = set.turned() == 0;
            sheet = Some(set);
            if whole {
                break;
            }
        }
        sheet.map(|sheet| sheet.finish(&self.title)).ok_or(PdfError::TooMuch("a guide has no size"))
    }

    fn on(&self, size: (f32, f32), fonts: &FormFonts<'_>) -> Result<Sheet, PdfError> {
        let mut sheet = Sheet::new(&self.title, Paper::A5, fonts)?;
        (sheet.size, sheet.line) = size;
        let column = (sheet.paper.left, sheet.paper.right);
        sheet.y = 38.0;
        for (cut, name) in [(Cut::Regular, &self.agency), (Cut::Bold, &self.unit)] {
            for line in sheet.few(cut, 9.4, &name.to_uppercase(), column)? {
                sheet.centre(cut, 9.4, column, sheet.y, &line);
                sheet.y += 12.0;
            }
        }
        sheet.y += 14.0;
        for line in sheet.few(Cut::Bold, 18.0, &self.title, column)? {
            sheet.centre(Cut::Bold, 18.0, column, sheet.y, &line);
            sheet.y += 22.0;
        }
        sheet.y += 2.0;
        for text in &self.lead {
            paragraph(&mut sheet, Cut::Regular, text);
        }
        if !self.steps.is_empty() {
            sheet.y += GAP;
            numbered(&mut sheet, &self.steps, 0.0, GAP);
        }
        for text in &self.notes {
            paragraph(&mut sheet, Cut::Italic, text);
        }
        self.foot(&mut sheet);
        Ok(sheet)
    }

    /// The address beside its code, and whom to ask; they stay together.
    fn foot(&self, sheet: &mut Sheet) {
        let (left, right) = (sheet.paper.left, sheet.paper.right);
        let picture = if self.link.is_empty() { 0.0 } else { PICTURE };
        sheet.keep(picture + 2.0 * sheet.line);
        sheet.block(left, sheet.y - 6.0, right - left, 0.8);
        let top = sheet.y + 2.0;
        let beside = if self.link.is_empty() { left } else { left + PICTURE + 14.0 };
        sheet.y = top + sheet.line;
        if !self.link.is_empty() {
            sheet.code_picture(&self.link, left, top, PICTURE);
            beside_picture(sheet, beside, Cut::Regular, "Quét mã bằng điện thoại hoặc mở:");
            beside_picture(sheet, beside, Cut::Bold, &self.link);
        }
        let ask = format!("Cần giúp đỡ: {}", self.contact);
        beside_picture(sheet, beside, Cut::Regular, &ask);
        beside_picture(sheet, beside, Cut::Italic, &self.day_line);
        sheet.y = sheet.y.max(top + picture);
    }
}

fn paragraph(sheet: &mut Sheet, cut: Cut, text: &str) {
    sheet.y += GAP;
    let lines = sheet.flow(sheet.paper.left, 0.0, &[(cut, text)]);
    sheet.place(lines, 0.0);
}

fn beside_picture(sheet: &mut Sheet, left: f32, cut: Cut, text: &str) {
    let size = sheet.size.min(12.0);
    for line in sheet.wrap(cut, size, text, sheet.paper.right - left) {
        sheet.put(cut, size, left, sheet.y, &line);
        sheet.y += size * 1.32;
    }
}
