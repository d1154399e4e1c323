//! Phiếu kiểm soát: a row for every hand-over, with room for both to sign.

use super::{ControlForm, ControlRow};
use crate::sheet::{Cut, Grid, HeadCell, Heading, LINE, Paper, Sheet, Strip};
use crate::{FormFonts, PdfError};

/// Columns: agency, giver, taker, outcome, note.
const WIDTHS: [f32; 4] = [84.0, 76.0, 76.0, 60.0];
/// Rows to write on when there is nothing to print.
const BLANK: usize = 3;

impl ControlForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        let mut sheet = Sheet::new("Phiếu kiểm soát quá trình giải quyết hồ sơ", Paper::A5, fonts)?;
        sheet.head(&self.head)?;
        let titles = ["PHIẾU KIỂM SOÁT QUÁ TRÌNH", "GIẢI QUYẾT HỒ SƠ"];
        sheet.title(&self.head, &Heading { titles: &titles, label: "Mã hồ sơ: ", note: "" })?;
        sheet.entry("Kèm theo hồ sơ của: ", &self.subject.name, Cut::Bold);
        sheet.entry("Số điện thoại: ", &self.subject.phone, Cut::Regular);
        sheet.entry("Loại thủ tục: ", &self.subject.procedure, Cut::Bold);
        sheet.entry("Ngày nhận hồ sơ: ", &self.received, Cut::Regular);
        sheet.y -= LINE - 10.0;
        let grid = Grid::new(sheet.paper.left, sheet.paper.right, &WIDTHS, 8.8);
        let whole = |columns, text| HeadCell { columns, text, parts: &[] };
        let head = sheet.table_head(
            &grid,
            &[
                whole((0, 1), "TÊN CƠ QUAN"),
                whole((1, 3), "THỜI GIAN GIAO, NHẬN HỒ SƠ"),
                whole((3, 4), "KẾT QUẢ GIẢI QUYẾT HỒ SƠ"),
                whole((4, 5), "GHI CHÚ"),
            ],
        );
        let blank = vec![ControlRow::default(); BLANK];
        let rows = if self.rows.is_empty() { &blank } else { &self.rows };
        let rows: Vec<Strip> = rows.iter().map(|row| row.strip(&sheet, &grid)).collect();
        sheet.table(&grid, &head, &rows);
        Ok(sheet.finish(&format!("Mã hồ sơ {}", self.head.code)))
    }
}

impl ControlRow {
    fn strip(&self, sheet: &Sheet, grid: &Grid) -> Strip {
        let mut strip = Strip::new(&[(0, 1), (1, 3), (3, 4), (4, 5)]);
        let or = |text: &str, dots: &str| if text.trim().is_empty() { dots.into() } else { text.to_owned() };
        let mut below = 0;
        for (label, agency) in [("Giao:", &self.from), ("Nhận:", &self.to)] {
            let text = format!("{label} {}", or(agency, "…………… ……………………"));
            let lines = sheet.cell(grid, (0, 1), Cut::Regular, &text);
            below = strip.add(below, (0, 1), Cut::Regular, false, lines);
        }
        let mut lines = sheet.middle_cell(grid, (1, 3), Cut::Regular, &self.at);
        if self.at.trim().is_empty() {
            lines = ["…… giờ …… phút,", "ngày …… tháng …… năm ………"].map(str::to_owned).to_vec();
        }
        let below = strip.add(0, (1, 3), Cut::Regular, true, lines);
        for (column, label, name) in [(1, "Người giao", &self.giver), (2, "Người nhận", &self.taker)]
        {
            let columns = (column, column + 1);
            let under = strip.add(below, columns, Cut::Italic, true, vec![label.to_owned()]);
            // Two lines of room to sign.
            let lines = sheet.middle_cell(grid, columns, Cut::Bold, name);
            strip.add(under + 2, columns, Cut::Bold, true, lines);
        }
        for (columns, text) in [((3, 4), &self.outcome), ((4, 5), &self.note)] {
            strip.add(0, columns, Cut::Regular, true, sheet.cell(grid, columns, Cut::Regular, text));
        }
        strip
    }
}
