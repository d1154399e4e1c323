//! The typesetter of the counter's forms: lines of text, rules and the code picture on a page.

mod parts;
mod table;

pub(crate) use parts::{Heading, Signer};
pub(crate) use table::{Grid, HeadCell, Strip};

use crate::{FormFonts, PdfError};
use printpdf::{
    Color, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Pt,
    Rect, Rgb, TextItem, WindingOrder,
};

/// The least body size and its line.
pub(crate) const SIZE: f32 = 9.6;
pub(crate) const LINE: f32 = 13.0;

const MM: f32 = 72.0 / 25.4;

/// The largest letters of a watermark, and how often it comes down a page.
const WATERMARK: f32 = 30.0;
const WATERMARK_STEP: f32 = 118.0;
/// Its letters at the lower edge.
const EDGE: f32 = 6.5;
/// How light it is: it must not be overlooked and must not be in the way, of readers and of code pictures.
const WATERMARK_GREY: f32 = 0.8;

/// A size of paper and the room on it; lengths in points, from the upper left corner.
#[derive(Clone, Copy)]
pub(crate) struct Paper {
    /// Width and height in millimetres, as the printer calls them.
    size: (f32, f32),
    height: f32,
    pub(crate) left: f32,
    pub(crate) right: f32,
    /// Upper edge of what goes on from the page before.
    pub(crate) top: f32,
    pub(crate) bottom: f32,
    /// Columns of the head: agency; Quốc hiệu.
    columns: ((f32, f32), (f32, f32)),
    /// How much larger than on A5 the head is.
    grade: f32,
}

impl Paper {
    pub(crate) const A5: Self = Self {
        size: (148.0, 210.0),
        height: 595.28,
        left: 40.0,
        right: 419.53 - 34.0,
        top: 40.0,
        bottom: 595.28 - 34.0,
        columns: ((40.0, 186.0), (196.0, 419.53 - 34.0)),
        grade: 1.0,
    };

    pub(crate) const A4_LANDSCAPE: Self = Self {
        size: (297.0, 210.0),
        height: 595.28,
        left: 36.0,
        right: 841.89 - 26.0,
        top: 34.0,
        bottom: 595.28 - 34.0,
        columns: ((36.0, 286.0), (541.0, 841.89 - 26.0)),
        grade: 1.15,
    };

    /// A page of any size, in points, with no head.
    pub(crate) fn bare(wide: f32, tall: f32) -> Self {
        Self {
            size: (wide / MM, tall / MM),
            height: tall,
            left: 0.0,
            right: wide,
            top: 0.0,
            bottom: tall,
            columns: ((0.0, wide), (0.0, wide)),
            grade: 1.0,
        }
    }

    /// A strip of 80 mm with 72 mm to print on, as tall as it is asked to be.
    pub(crate) fn slip(height: f32) -> Self {
        let (left, right) = (4.0 * MM, 76.0 * MM);
        Self {
            size: (80.0, height / MM),
            height,
            left,
            right,
            top: 12.0,
            bottom: height - 12.0,
            columns: ((left, right), (left, right)),
            grade: 1.0,
        }
    }
}

/// A cut of the type face.
#[derive(Clone, Copy)]
pub(crate) enum Cut {
    Regular,
    Bold,
    Italic,
}

struct Face {
    font: ParsedFont,
    handle: PdfFontHandle,
}

/// Words in one cut that stand side by side.
pub(crate) struct Run {
    pub(crate) cut: Cut,
    pub(crate) x: f32,
    pub(crate) text: String,
}

/// The page being set; `y` is the baseline's distance from the upper edge.
pub(crate) struct Sheet {
    document: PdfDocument,
    faces: [Face; 3],
    watermark: String,
    done: Vec<Vec<Op>>,
    ops: Vec<Op>,
    pub(crate) paper: Paper,
    pub(crate) y: f32,
    /// Body size and its line.
    pub(crate) size: f32,
    pub(crate) line: f32,
}

impl Sheet {
    /// # Errors
    /// [`PdfError::Font`] when a font cannot be read.
    pub(crate) fn new(name: &str, paper: Paper, fonts: &FormFonts<'_>) -> Result<Self, PdfError> {
        let mut document = PdfDocument::new(name);
        let mut face = |bytes: &[u8]| {
            let font = ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or(PdfError::Font)?;
            let handle = PdfFontHandle::External(document.add_font(&font));
            Ok(Face { font, handle })
        };
        let faces = [face(fonts.regular)?, face(fonts.bold)?, face(fonts.italic)?];
        Ok(Self {
            document,
            faces,
            watermark: fonts.watermark.to_owned(),
            done: vec![],
            ops: vec![],
            paper,
            y: paper.top,
            size: SIZE,
            line: LINE,
        })
    }

    /// The file; of several pages each says at its foot what it belongs to and which of how many it is.
    pub(crate) fn finish(mut self, foot: &str) -> Vec<u8> {
        self.turn();
        let pages = std::mem::take(&mut self.done);
        let count = pages.len();
        for (number, ops) in pages.into_iter().enumerate() {
            self.draw_watermark();
            self.ops.extend(ops);
            if count > 1 {
                let foot = format!("{foot} · trang {}/{count}", number + 1);
                let size = self.fitting(Cut::Regular, 8.0, &foot);
                let y = self.paper.height - 18.0;
                self.centre(Cut::Regular, size, (self.paper.left, self.paper.right), y, &foot);
            }
            let (wide, tall) = self.paper.size;
            let page = PdfPage::new(Mm(wide), Mm(tall), std::mem::take(&mut self.ops));
            self.document.pages.push(page);
        }
        self.document.save(&PdfSaveOptions::default(), &mut Vec::new())
    }

    /// The watermark in lines down the page. It is the first thing drawn, so all else stands on it.
    fn draw_watermark(&mut self) {
        if self.watermark.is_empty() {
            return;
        }
        let text = self.watermark.clone();
        let (left, right) = (self.paper.left, self.paper.right);
        let size = self.fitting(Cut::Bold, WATERMARK, &text);
        let x = f32::midpoint(left, right) - self.width(Cut::Bold, size, &text) / 2.0;
        let mut y = self.paper.top + WATERMARK_STEP / 2.0;
        while y < self.paper.bottom {
            self.write(grey(), Cut::Bold, size, (x, y), &text);
            y += WATERMARK_STEP;
        }
        // Once below all else, so that a program that reads the page finds it whole too.
        let x = f32::midpoint(left, right) - self.width(Cut::Bold, EDGE, &text) / 2.0;
        self.write(grey(), Cut::Bold, EDGE, (x, self.paper.height - 5.0), &text);
    }

    /// How many pages are full.
    pub(crate) fn turned(&self) -> usize {
        self.done.len()
    }

    /// `label` and a value that goes on below when it is long; an empty value is a dash.
    pub(crate) fn entry(&mut self, label: &str, value: &str, cut: Cut) {
        let value = if value.trim().is_empty() && label.ends_with(": ") { "–" } else { value };
        let lines = self.flow(self.paper.left, 0.0, &[(Cut::Regular, label), (cut, value)]);
        self.place(lines, 0.0);
    }

    /// A paragraph's spans as lines from `left` to the right edge; the first begins `indent` further in.
    /// A span that ends with a space keeps it; a word wider than the column is cut.
    pub(crate) fn flow(&self, left: f32, indent: f32, spans: &[(Cut, &str)]) -> Vec<Vec<Run>> {
        let right = self.paper.right;
        let (mut lines, mut line, mut x) = (vec![], vec![], left + indent);
        for &(cut, text) in spans {
            let mut run = String::new();
            for word in text.split_whitespace() {
                let longer = joined(&run, word);
                if x + self.width(cut, self.size, &longer) <= right {
                    run = longer;
                    continue;
                }
                if !run.is_empty() {
                    line.push(Run { cut, x, text: std::mem::take(&mut run) });
                }
                // A word longer than a line begins where there is room for some of it.
                let begins = self.width(cut, self.size, word) > right - left && right - x > 6.0 * self.size;
                if !begins && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    x = left;
                }
                for piece in self.pieces(cut, self.size, word, (right - x, right - left)) {
                    if !run.is_empty() {
                        line.push(Run { cut, x, text: run });
                        lines.push(std::mem::take(&mut line));
                        x = left;
                    }
                    run = piece;
                }
            }
            if text.ends_with(' ') {
                run.push(' ');
            }
            if !run.is_empty() {
                let next = x + self.width(cut, self.size, &run);
                line.push(Run { cut, x, text: run });
                x = next;
            }
        }
        lines.push(line);
        lines
    }

    /// Sets lines one below the other; the last two keep `tail` of room below them on their page.
    pub(crate) fn place(&mut self, lines: Vec<Vec<Run>>, tail: f32) {
        let count = lines.len();
        for (number, line) in lines.into_iter().enumerate() {
            if tail > 0.0 && number + 2 == count.max(2) {
                self.keep(if count > 1 { 2.0 * self.line } else { self.line } + tail);
            }
            self.need(self.line);
            for run in line {
                self.put(run.cut, self.size, run.x, self.y, &run.text);
            }
            self.y += self.line;
        }
    }

    fn need(&mut self, space: f32) {
        if self.y + space > self.paper.bottom + self.line {
            self.turn();
            self.y += self.line;
        }
    }

    /// What comes next and is this tall stays on one page.
    pub(crate) fn keep(&mut self, space: f32) {
        if self.y + space > self.paper.bottom && !self.ops.is_empty() {
            self.turn();
            self.y += self.line;
        }
    }

    pub(crate) fn turn(&mut self) {
        self.done.push(std::mem::take(&mut self.ops));
        self.y = self.paper.top;
    }

    /// As few lines as needed, as equal as they can be: no word stands alone.
    pub(crate) fn balanced(&self, cut: Cut, size: f32, text: &str, room: f32) -> Vec<String> {
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
    pub(crate) fn wrap(&self, cut: Cut, size: f32, text: &str, room: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let last = lines.pop().unwrap_or_default();
            let longer = joined(&last, word);
            if self.width(cut, size, &longer) <= room {
                lines.push(longer);
                continue;
            }
            if !last.is_empty() {
                lines.push(last);
            }
            lines.extend(self.pieces(cut, size, word, (room, room)));
        }
        lines
    }

    /// A word in pieces that fit, cut where a code or an address has its joints, else between letters.
    fn pieces(&self, cut: Cut, size: f32, word: &str, (first, rest): (f32, f32)) -> Vec<String> {
        let mut pieces = vec![];
        let mut room = first;
        let mut piece = String::new();
        let mut wide = 0.0;
        for letter in word.chars() {
            let more = self.width(cut, size, letter.encode_utf8(&mut [0; 4]));
            if wide + more > room && !piece.is_empty() {
                let joint = piece.rfind(['-', '/', '.', '@', '_']).map_or(0, |at| at + 1);
                let next = piece.split_off(if joint * 3 > piece.len() { joint } else { piece.len() });
                pieces.push(std::mem::replace(&mut piece, next));
                room = rest;
                wide = self.width(cut, size, &piece);
            }
            piece.push(letter);
            wide += more;
        }
        pieces.push(piece);
        pieces
    }

    #[allow(clippy::cast_precision_loss)] // font units of a line are few
    pub(crate) fn width(&self, cut: Cut, size: f32, text: &str) -> f32 {
        let font = &self.face(cut).font;
        let units: u64 = text
            .chars()
            .filter_map(|letter| font.lookup_glyph_index(u32::from(self.known(cut, letter)?)))
            .map(|glyph| u64::from(font.get_horizontal_advance(glyph)))
            .sum();
        units as f32 * size / f32::from(font.font_metrics.units_per_em.max(1))
    }

    /// The letter as the face can print it: a box for one that it has not, nothing for a control sign.
    fn known(&self, cut: Cut, letter: char) -> Option<char> {
        let has = |letter: &char| self.face(cut).font.lookup_glyph_index(u32::from(*letter)).is_some();
        [letter, '□', '?'].into_iter().find(has).filter(|_| !letter.is_control())
    }

    /// `size`, or the smaller one with which the text takes one line.
    fn fitting(&self, cut: Cut, size: f32, text: &str) -> f32 {
        let (wide, room) = (self.width(cut, size, text), self.paper.right - self.paper.left);
        if wide > room { size * room / wide } else { size }
    }

    fn face(&self, cut: Cut) -> &Face {
        match cut {
            Cut::Regular => &self.faces[0],
            Cut::Bold => &self.faces[1],
            Cut::Italic => &self.faces[2],
        }
    }

    pub(crate) fn centre(&mut self, cut: Cut, size: f32, column: (f32, f32), y: f32, text: &str) {
        let x = f32::midpoint(column.0, column.1) - self.width(cut, size, text) / 2.0;
        self.put(cut, size, x, y, text);
    }

    /// Sets a text and gives the place after it.
    pub(crate) fn put(&mut self, cut: Cut, size: f32, x: f32, y: f32, text: &str) -> f32 {
        self.write(black(), cut, size, (x, y), text)
    }

    fn write(&mut self, colour: Color, cut: Cut, size: f32, (x, y): (f32, f32), text: &str) -> f32 {
        let text: String = text.chars().filter_map(|letter| self.known(cut, letter)).collect();
        let next = x + self.width(cut, size, &text);
        if !text.is_empty() {
            let font = self.face(cut).handle.clone();
            self.ops.extend([
                Op::StartTextSection,
                Op::SetFillColor { col: colour },
                Op::SetFont { font, size: Pt(size) },
                Op::SetTextCursor { pos: Point { x: Pt(x), y: Pt(self.paper.height - y) } },
                Op::ShowText { items: vec![TextItem::Text(text)] },
                Op::EndTextSection,
            ]);
        }
        next
    }

    pub(crate) fn frame(&mut self, x: f32, y: f32, wide: f32, tall: f32, thick: f32) {
        self.block(x, y, wide, thick);
        self.block(x, y + tall, wide + thick, thick);
        self.block(x, y, thick, tall);
        self.block(x + wide, y, thick, tall);
    }

    /// A filled rectangle whose upper left corner is given.
    pub(crate) fn block(&mut self, x: f32, y: f32, wide: f32, tall: f32) {
        self.ops.push(Op::SetFillColor { col: black() });
        self.ops.push(Op::DrawRectangle {
            rectangle: Rect {
                x: Pt(x),
                y: Pt(self.paper.height - y - tall),
                width: Pt(wide),
                height: Pt(tall),
                mode: Some(PaintMode::Fill),
                winding_order: Some(WindingOrder::NonZero),
            },
        });
    }

    /// The code as a QR picture of filled runs.
    #[allow(clippy::cast_precision_loss)] // a QR picture has at most 177 modules
    pub(crate) fn code_picture(&mut self, code: &str, x: f32, y: f32, side: f32) {
        let Some(picture) = code_picture(code) else { return };
        let module = side / picture.side as f32;
        for (row, start, length) in picture.runs {
            self.block(
                x + start as f32 * module,
                y + row as f32 * module,
                length as f32 * module,
                module * 1.01,
            );
        }
    }
}

/// A QR picture: its dark parts as runs of modules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodePicture {
    /// Modules of each side, without a margin.
    pub side: u32,
    /// Row, first module and length of each run, all counted from 0.
    pub runs: Vec<(u32, u32, u32)>,
}

/// A text as a QR picture (error correction M); none when it is too long for one.
#[must_use]
pub fn code_picture(text: &str) -> Option<CodePicture> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
    let dark = code.to_colors();
    let mut runs: Vec<(u32, u32, u32)> = vec![];
    for (row, modules) in (0..).zip(dark.chunks(code.width())) {
        let mut open = false;
        for (column, module) in (0..).zip(modules) {
            let is_dark = *module == qrcode::Color::Dark;
            match runs.last_mut() {
                Some((_, _, length)) if is_dark && open => *length += 1,
                _ if is_dark => runs.push((row, column, 1)),
                _ => {}
            }
            open = is_dark;
        }
    }
    Some(CodePicture { side: u32::try_from(code.width()).ok()?, runs })
}

fn joined(line: &str, word: &str) -> String {
    if line.is_empty() { word.to_owned() } else { format!("{line} {word}") }
}

fn black() -> Color {
    Color::Rgb(Rgb { r: 0.0, g: 0.0, b: 0.0, icc_profile: None })
}

fn grey() -> Color {
    Color::Rgb(Rgb { r: WATERMARK_GREY, g: WATERMARK_GREY, b: WATERMARK_GREY, icc_profile: None })
}
