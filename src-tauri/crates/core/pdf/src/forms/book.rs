//! Sổ theo dõi hồ sơ: a row for every dossier of the time.

use super::{BookForm, BookRow};
use crate::sheet::{Cut, Grid, HeadCell, Heading, LINE, Paper, Sheet, Strip};
use crate::{FormFonts, PdfError};

/// All columns but the last, which takes the rest.
const WIDTHS: [f32; 14] =
    [22.0, 64.0, 96.0, 30.0, 72.0, 84.0, 60.0, 44.0, 44.0, 46.0, 44.0, 44.0, 46.0, 42.0];
/// Columns read from the left: procedure, name, address, agency, note.
const NAMES: [usize; 5] = [2, 4, 5, 6, 14];

const HEADS: [HeadCell<'_>; 10] = [
    HeadCell { columns: (0, 1), text: "STT", parts: &[] },
    HeadCell { columns: (1, 2), text: "Mã hồ sơ", parts: &[] },
    HeadCell { columns: (2, 3), text: "Tên thủ tục hành chính", parts: &[] },
    HeadCell { columns: (3, 4), text: "Số lượng hồ sơ (bộ)", parts: &[] },
    HeadCell { columns: (4, 5), text: "Tên cá nhân, tổ chức", parts: &[] },
    HeadCell { columns: (5, 6), text: "Địa chỉ, số điện thoại", parts: &[] },
    HeadCell { columns: (6, 7), text: "Cơ quan chủ trì giải quyết", parts: &[] },
    HeadCell {
        columns: (7, 11),
        text: "Ngày, tháng, năm",
        parts: &["Nhận hồ sơ", "Hẹn trả kết quả", "Chuyển hồ sơ đến cơ quan giải quyết", "Nhận kết quả"],
    },
    HeadCell {
        columns: (11, 14),
        text: "Trả kết quả",
        parts: &["Ngày, tháng, năm", "Phương thức nhận kết quả", "Ký nhận"],
    },
    HeadCell { columns: (14, 15), text: "Ghi chú", parts: &[] },
];

impl BookForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        let mut sheet = Sheet::new("Sổ theo dõi hồ sơ", Paper::A4_LANDSCAPE, fonts)?;
        sheet.head(&self.head)?;
        let [from, until] =
            [&self.from, &self.until].map(|day| if day.trim().is_empty() { "…………" } else { day.trim() });
        let time = format!("Từ ngày {from} đến ngày {until}");
        let heading = Heading { titles: &["SỔ THEO DÕI HỒ SƠ"], label: "Quyển số: ", note: &time };
        sheet.title(&self.head, &heading)?;
        let grid = Grid::new(sheet.paper.left, sheet.paper.right, &WIDTHS, 7.6);
        let head = sheet.table_head(&grid, &HEADS);
        let mut rows: Vec<Strip> = self.rows.iter().map(|row| row.strip(&sheet, &grid)).collect();
        if rows.is_empty() {
            let mut none = Strip::new(&[(0, 15)]);
            let words = "Không có hồ sơ nào trong thời gian này.".to_owned();
            none.add(0, (0, 15), Cut::Italic, true, vec![words]);
            rows.push(none);
        }
        sheet.y -= LINE - 5.0;
        sheet.table(&grid, &head, &rows);
        Ok(sheet.finish(&format!("Sổ theo dõi hồ sơ từ {from} đến {until}")))
    }
}

impl BookRow {
    fn strip(&self, sheet: &Sheet, grid: &Grid) -> Strip {
        let (number, quantity) = (self.number.to_string(), self.quantity.to_string());
        let texts: [&str; 15] = [
            &number,
            &self.code,
            &self.procedure,
            &quantity,
            &self.name,
            &self.address,
            &self.agency,
            &self.received,
            &self.due,
            &self.forwarded,
            &self.resolved,
            &self.returned,
            &self.way,
            &self.signed,
            &self.note,
        ];
        let mut strip = sheet.row(grid, &texts, &NAMES);
        if !self.phone.trim().is_empty() {
            let below = sheet.cell(grid, (5, 6), Cut::Regular, &self.address).len();
            let below = if self.address.trim().is_empty() { 0 } else { below };
            let lines = sheet.cell(grid, (5, 6), Cut::Regular, &format!("ĐT: {}", self.phone));
            strip.add(below, (5, 6), Cut::Regular, false, lines);
        }
        strip
    }
}
