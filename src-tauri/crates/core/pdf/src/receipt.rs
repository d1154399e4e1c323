//! Form 01 "Giấy tiếp nhận hồ sơ và hẹn trả kết quả" on A5.

use crate::PdfError;
use printpdf::{
    Color, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Pt,
    Rect, Rgb, TextItem, WindingOrder,
};

/// A5 in points.
const WIDTH: f32 = 419.53;
const HEIGHT: f32 = 595.28;
const LEFT: f32 = 40.0;
const RIGHT: f32 = WIDTH - 34.0;
const BOTTOM: f32 = 34.0;
/// Upper edge of what goes on from the page before.
const TOP: f32 = 40.0;
/// Body size and its line; those of the table.
const SIZE: f32 = 9.6;
const LINE: f32 = 13.0;
const CELL: f32 = 8.8;
const CELL_LINE: f32 = 10.8;

/// Least room for the signatures.
const SIGNED: f32 = 58.0;

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

/// Sets the form; a long list of papers goes on over further pages.
///
/// # Errors
/// [`PdfError::Font`] when a font cannot be read.
pub fn receipt(form: &ReceiptForm, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
    let mut document = PdfDocument::new("Giấy tiếp nhận hồ sơ và hẹn trả kết quả");
    let mut sheet = Sheet::new(&mut document, fonts)?;
    sheet.head(form);
    sheet.title(form);
    sheet.body(form)?;
    sheet.signatures(form);
    document.pages = sheet.finish(&form.code);
    Ok(document.save(&PdfSaveOptions::default(), &mut Vec::new()))
}

/// A cut of the type face.
#[derive(Clone, Copy)]
enum Cut {
    Regular,
    Bold,
    Italic,
}

struct Face {
    font: ParsedFont,
    handle: PdfFontHandle,
}

/// A row of the table, set but not drawn.
struct SetRow {
    cells: Vec<Vec<String>>,
    tall: f32,
    cut: Cut,
}

/// The page being set; `y` is the baseline's distance from the upper edge.
struct Sheet {
    faces: [Face; 3],
    done: Vec<Vec<Op>>,
    ops: Vec<Op>,
    y: f32,
}

impl Sheet {
    fn new(document: &mut PdfDocument, fonts: &FormFonts<'_>) -> Result<Self, PdfError> {
        let mut face = |bytes: &[u8]| {
            let font = ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or(PdfError::Font)?;
            let handle = PdfFontHandle::External(document.add_font(&font));
            Ok(Face { font, handle })
        };
        let faces = [face(fonts.regular)?, face(fonts.bold)?, face(fonts.italic)?];
        Ok(Self { faces, done: vec![], ops: vec![], y: 38.0 })
    }

    /// Head by Decree 30/2020: agency on the left; Quốc hiệu and Tiêu ngữ on the right.
    fn head(&mut self, form: &ReceiptForm) {
        let (left, right) = ((LEFT, 186.0), (196.0, RIGHT));
        let top = self.y;
        let mut y = top;
        for line in self.balanced(Cut::Regular, 8.6, &form.agency.to_uppercase(), left.1 - left.0) {
            self.centre(Cut::Regular, 8.6, left, y, &line);
            y += 11.0;
        }
        for line in self.balanced(Cut::Bold, 8.6, &form.unit.to_uppercase(), left.1 - left.0) {
            self.centre(Cut::Bold, 8.6, left, y, &line);
            y += 11.0;
        }
        let middle = f32::midpoint(left.0, left.1);
        self.rule(middle - 24.0, y - 6.6, 48.0, 0.6);
        y += 2.0;
        self.centre(Cut::Bold, 8.6, right, top, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
        self.centre(Cut::Bold, 9.4, right, top + 12.5, "Độc lập - Tự do - Hạnh phúc");
        let wide = self.width(Cut::Bold, 9.4, "Độc lập - Tự do - Hạnh phúc");
        self.rule(f32::midpoint(right.0, right.1) - wide / 2.0, top + 16.5, wide, 0.6);
        let day = format!("{}, {}", form.place, form.day_line);
        self.centre(Cut::Italic, 9.2, right, top + 33.0, &day);
        self.y = y.max(top + 33.0);
    }

    fn title(&mut self, form: &ReceiptForm) {
        let top = self.y + 10.0;
        let code = 58.0;
        self.code_picture(&form.code, LEFT, top, code);
        let column = (LEFT + code + 12.0, RIGHT);
        self.centre(Cut::Bold, 13.0, column, top + 17.0, "GIẤY TIẾP NHẬN HỒ SƠ");
        self.centre(Cut::Bold, 13.0, column, top + 33.0, "VÀ HẸN TRẢ KẾT QUẢ");
        let label = "Mã hồ sơ: ";
        let mark = if form.provisional { 40.0 } else { 0.0 };
        let wide = self.width(Cut::Regular, 10.0, label) + self.width(Cut::Bold, 10.0, &form.code) + mark;
        let x = f32::midpoint(column.0, column.1) - wide / 2.0;
        let next = self.put(Cut::Regular, 10.0, x, top + 51.0, label);
        let next = self.put(Cut::Bold, 10.0, next, top + 51.0, &form.code);
        if form.provisional {
            self.frame(next + 6.0, top + 41.0, 34.0, 14.0, 1.0);
            self.centre(Cut::Bold, 10.0, (next + 6.0, next + 40.0), top + 51.3, "TẠM");
        }
        self.y = top + code + 17.0;
    }

    fn body(&mut self, form: &ReceiptForm) -> Result<(), PdfError> {
        self.entry("Tiếp nhận hồ sơ của: ", &form.submitter, Cut::Bold);
        if !form.owner.is_empty() && form.owner != form.submitter {
            self.entry("Chủ hồ sơ: ", &form.owner, Cut::Bold);
        }
        self.entry("Số định danh của chủ hồ sơ: ", &form.owner_number, Cut::Regular);
        self.entry("Địa chỉ: ", &form.address, Cut::Regular);
        self.entry("Số điện thoại: ", &form.phone, Cut::Regular);
        self.entry("Nội dung yêu cầu giải quyết: ", &form.procedure, Cut::Bold);
        self.entry("1. Thành phần hồ sơ nộp gồm:", "", Cut::Regular);
        self.table(&form.rows)?;
        // Nobody signs a sheet that says nothing: what follows stays with the signatures.
        if self.y + 8.0 * LINE + SIGNED > HEIGHT - BOTTOM {
            self.turn();
            self.y += LINE;
        }
        self.entry("2. Số lượng hồ sơ: ", "01 (bộ)", Cut::Regular);
        self.entry("3. Thời gian giải quyết hồ sơ theo quy định: ", &form.working_days, Cut::Regular);
        self.entry("4. Thời gian nhận hồ sơ: ", &form.received_at, Cut::Regular);
        self.entry("5. Thời gian trả kết quả giải quyết hồ sơ: ", &form.due, Cut::Bold);
        self.entry("6. Đăng ký nhận kết quả tại: ", &form.return_place, Cut::Regular);
        self.entry("7. Phí, lệ phí: ", &form.fee, Cut::Regular);
        self.entry("Vào Sổ theo dõi hồ sơ, quyển số: ", "………………, số thứ tự: ………………", Cut::Regular);
        Ok(())
    }

    /// The table of papers; its head stands above the rows of every page.
    fn table(&mut self, rows: &[ReceiptRow]) -> Result<(), PdfError> {
        // STT, tên giấy tờ, hình thức, số lượng, bản điện tử, số trang
        let edges = [LEFT, LEFT + 24.0, LEFT + 172.0, LEFT + 226.0, LEFT + 254.0, LEFT + 312.0, RIGHT];
        let heads = ["STT", "Tên giấy tờ", "Hình thức", "SL", "Bản điện tử", "Trang"].map(str::to_owned);
        let head = self.set_row(&edges, &heads, Cut::Bold);
        self.y -= LINE - 8.0;
        let mut headed = false;
        for row in rows {
            let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
            let cells = [
                row.number.to_string(),
                row.name.clone(),
                row.form_label.clone(),
                row.quantity.to_string(),
                or_dash(row.source_label.clone()),
                or_dash(if row.pages == 0 { String::new() } else { row.pages.to_string() }),
            ];
            let row = self.set_row(&edges, &cells, Cut::Regular);
            if head.tall + row.tall > HEIGHT - BOTTOM - TOP {
                return Err(PdfError::Broken("a row is longer than a page"));
            }
            let above = if headed { 0.0 } else { head.tall };
            if self.y + above + row.tall > HEIGHT - BOTTOM {
                self.turn();
                headed = false;
            }
            if !headed {
                self.table_row(&edges, &head);
                headed = true;
            }
            self.table_row(&edges, &row);
        }
        self.y += 15.0;
        Ok(())
    }

    /// Cells as lines, and how tall the row is.
    fn set_row(&self, edges: &[f32; 7], cells: &[String; 6], cut: Cut) -> SetRow {
        let cells: Vec<Vec<String>> = cells
            .iter()
            .enumerate()
            .map(|(column, text)| self.wrap(cut, CELL, text, edges[column + 1] - edges[column] - 6.0))
            .collect();
        let lines = u16::try_from(cells.iter().map(Vec::len).max().unwrap_or(1)).unwrap_or(u16::MAX);
        SetRow { cells, tall: f32::from(lines) * CELL_LINE + 5.0, cut }
    }

    /// One row from `y` downwards.
    fn table_row(&mut self, edges: &[f32; 7], row: &SetRow) {
        let top = self.y;
        for (column, lines) in row.cells.iter().enumerate() {
            self.frame(edges[column], top, edges[column + 1] - edges[column], row.tall, 0.4);
            let mut y = top + CELL_LINE;
            for line in lines {
                // Names read from the left, all else is centred.
                if column == 1 && matches!(row.cut, Cut::Regular) {
                    self.put(row.cut, CELL, edges[column] + 3.0, y, line);
                } else {
                    self.centre(row.cut, CELL, (edges[column], edges[column + 1]), y, line);
                }
                y += CELL_LINE;
            }
        }
        self.y = top + row.tall;
    }

    fn signatures(&mut self, form: &ReceiptForm) {
        if self.y + SIGNED > HEIGHT - BOTTOM {
            self.turn();
        }
        // As much room to sign as the sheet has.
        let name = (HEIGHT - BOTTOM - self.y - 12.0).clamp(SIGNED - 12.0, 66.0);
        let (left, right) = ((LEFT, f32::midpoint(LEFT, RIGHT)), (f32::midpoint(LEFT, RIGHT), RIGHT));
        let y = self.y + 8.0;
        for (column, title) in [(left, "NGƯỜI NỘP HỒ SƠ"), (right, "NGƯỜI TIẾP NHẬN HỒ SƠ")]
        {
            self.centre(Cut::Bold, SIZE, column, y, title);
            self.centre(Cut::Italic, 8.8, column, y + 12.0, "(Ký và ghi rõ họ tên)");
        }
        let submitter = form.submitter.clone();
        self.centre(Cut::Bold, SIZE, left, y + name, &submitter);
        self.centre(Cut::Bold, SIZE, right, y + name, &form.officer);
        self.y = y + name;
    }

    /// `label` and a value that goes on below when it is long.
    fn entry(&mut self, label: &str, value: &str, cut: Cut) {
        let start = LEFT + self.width(Cut::Regular, SIZE, label);
        let value = if value.is_empty() && label.ends_with(": ") { "–" } else { value };
        let mut first = true;
        let mut x = start;
        let words = value.split_whitespace().peekable();
        self.need(LINE);
        self.put(Cut::Regular, SIZE, LEFT, self.y, label);
        let mut line = String::new();
        for word in words {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            let breakable = first || !line.is_empty();
            if breakable && x + self.width(cut, SIZE, &longer) > RIGHT {
                self.put(cut, SIZE, x, self.y, &line);
                self.y += LINE;
                self.need(LINE);
                (x, first, line) = (LEFT, false, word.to_owned());
            } else {
                line = longer;
            }
        }
        self.put(cut, SIZE, x, self.y, &line);
        self.y += LINE;
    }

    fn need(&mut self, space: f32) {
        if self.y + space > HEIGHT - BOTTOM + LINE {
            self.turn();
            self.y += LINE;
        }
    }

    fn turn(&mut self) {
        self.done.push(std::mem::take(&mut self.ops));
        self.y = TOP;
    }

    /// As few lines as needed, as equal as they can be: no word stands alone.
    fn balanced(&self, cut: Cut, size: f32, text: &str, room: f32) -> Vec<String> {
        let mut best = self.wrap(cut, size, text, room);
        let mut room = room;
        while best.len() > 1 && room > 40.0 {
            room -= 6.0;
            let tighter = self.wrap(cut, size, text, room);
            if tighter.len() > best.len() {
                break;
            }
            best = tighter;
        }
        best
    }

    /// Lines of words; a word wider than the column is cut.
    fn wrap(&self, cut: Cut, size: f32, text: &str, room: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let last = lines.last().cloned().unwrap_or_default();
            let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
            if self.width(cut, size, &longer) <= room {
                lines.pop();
                lines.push(longer);
                continue;
            }
            if last.is_empty() {
                lines.pop();
            }
            let mut piece = String::new();
            for letter in word.chars() {
                piece.push(letter);
                if self.width(cut, size, &piece) > room && piece.chars().count() > 1 {
                    piece.pop();
                    lines.push(std::mem::replace(&mut piece, letter.to_string()));
                }
            }
            lines.push(piece);
        }
        lines
    }

    #[allow(clippy::cast_precision_loss)] // font units and module counts are small
    fn width(&self, cut: Cut, size: f32, text: &str) -> f32 {
        let font = &self.face(cut).font;
        let units: u32 = text
            .chars()
            .map(|letter| {
                font.lookup_glyph_index(u32::from(letter))
                    .map_or(0, |glyph| u32::from(font.get_horizontal_advance(glyph)))
            })
            .sum();
        units as f32 * size / f32::from(font.font_metrics.units_per_em.max(1))
    }

    fn face(&self, cut: Cut) -> &Face {
        match cut {
            Cut::Regular => &self.faces[0],
            Cut::Bold => &self.faces[1],
            Cut::Italic => &self.faces[2],
        }
    }

    fn centre(&mut self, cut: Cut, size: f32, column: (f32, f32), y: f32, text: &str) {
        let x = f32::midpoint(column.0, column.1) - self.width(cut, size, text) / 2.0;
        self.put(cut, size, x, y, text);
    }

    /// Sets a text and gives the place after it.
    fn put(&mut self, cut: Cut, size: f32, x: f32, y: f32, text: &str) -> f32 {
        if !text.is_empty() {
            let font = self.face(cut).handle.clone();
            self.ops.extend([
                Op::StartTextSection,
                Op::SetFillColor { col: black() },
                Op::SetFont { font, size: Pt(size) },
                Op::SetTextCursor { pos: Point { x: Pt(x), y: Pt(HEIGHT - y) } },
                Op::ShowText { items: vec![TextItem::Text(text.to_owned())] },
                Op::EndTextSection,
            ]);
        }
        x + self.width(cut, size, text)
    }

    fn rule(&mut self, x: f32, y: f32, wide: f32, thick: f32) {
        self.block(x, y, wide, thick);
    }

    fn frame(&mut self, x: f32, y: f32, wide: f32, tall: f32, thick: f32) {
        self.block(x, y, wide, thick);
        self.block(x, y + tall, wide + thick, thick);
        self.block(x, y, thick, tall);
        self.block(x + wide, y, thick, tall);
    }

    /// A filled rectangle whose upper left corner is given.
    fn block(&mut self, x: f32, y: f32, wide: f32, tall: f32) {
        self.ops.push(Op::SetFillColor { col: black() });
        self.ops.push(Op::DrawRectangle {
            rectangle: Rect {
                x: Pt(x),
                y: Pt(HEIGHT - y - tall),
                width: Pt(wide),
                height: Pt(tall),
                mode: Some(PaintMode::Fill),
                winding_order: Some(WindingOrder::NonZero),
            },
        });
    }

    /// The code as a QR picture of filled runs.
    #[allow(clippy::cast_precision_loss)] // a QR picture has at most 177 modules
    fn code_picture(&mut self, code: &str, x: f32, y: f32, side: f32) {
        let Ok(picture) = qrcode::QrCode::with_error_correction_level(code, qrcode::EcLevel::M) else {
            return;
        };
        let count = picture.width();
        let module = side / count as f32;
        let dark = picture.to_colors();
        for (row, modules) in dark.chunks(count).enumerate() {
            let mut start = 0;
            while start < count {
                let length =
                    modules[start..].iter().take_while(|module| **module == qrcode::Color::Dark).count();
                if length > 0 {
                    self.block(
                        x + start as f32 * module,
                        y + row as f32 * module,
                        length as f32 * module,
                        module * 1.01,
                    );
                }
                start += length.max(1);
            }
        }
    }

    /// All pages; when there are several, each says whose it is and which of how many.
    fn finish(mut self, code: &str) -> Vec<PdfPage> {
        self.turn();
        let pages = std::mem::take(&mut self.done);
        let count = pages.len();
        let page = |(number, ops)| {
            self.ops = ops;
            if count > 1 {
                let foot = format!("Mã hồ sơ {code} · trang {}/{count}", number + 1);
                self.centre(Cut::Regular, 8.0, (LEFT, RIGHT), HEIGHT - 18.0, &foot);
            }
            PdfPage::new(Mm(148.0), Mm(210.0), std::mem::take(&mut self.ops))
        };
        pages.into_iter().enumerate().map(page).collect()
    }
}

fn black() -> Color {
    Color::Rgb(Rgb { r: 0.0, g: 0.0, b: 0.0, icc_profile: None })
}
