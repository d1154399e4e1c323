//! Lines of a paper set from top to bottom, as a typist of an office sets them.

use super::{
    canvas::{BLACK, Canvas, Cut, Typeface, WIDTH},
    hand,
};

const LEFT: f32 = 236.0; // 30 mm
const RIGHT: f32 = 1536.0; // 15 mm
const SIZE: f32 = 13.0;
const LEADING: f32 = 50.0;

/// A sheet being written.
pub(crate) struct Sheet<'a> {
    pub(crate) canvas: Canvas,
    face: &'a Typeface,
    y: f32,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(face: &'a Typeface) -> Self {
        let mut canvas = Canvas::new();
        hand::specimen_mark(&mut canvas, face);
        Self { canvas, face, y: 190.0 }
    }

    /// The head: the issuing office on the left, the State's name and motto on the right.
    pub(crate) fn head(&mut self, office: &[&str], number: &str) {
        let (left, right) = (460.0, 1120.0);
        if office.is_empty() {
            let middle = page_middle();
            self.at(middle, 0.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Cut::Bold, SIZE);
            let width = self.at(middle, 50.0, "Độc lập - Tự do - Hạnh phúc", Cut::Bold, SIZE + 0.5);
            self.rule(middle, 66.0, width);
            self.y += 150.0;
            return;
        }
        self.at(right, 0.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Cut::Bold, 11.5);
        let width = self.at(right, 46.0, "Độc lập - Tự do - Hạnh phúc", Cut::Bold, 12.5);
        self.rule(right, 60.0, width);
        let mut down = 0.0;
        for (n, line) in office.iter().enumerate() {
            let cut = if n + 1 == office.len() { Cut::Bold } else { Cut::Regular };
            let width = self.at(left, down, line, cut, 11.5);
            if n + 1 == office.len() {
                self.rule(left, down + 14.0, width * 0.45);
            }
            down += 44.0;
        }
        self.at(left, down + 22.0, number, Cut::Regular, 12.0);
        self.y += 190.0;
    }

    /// The title, one or more lines; lines in brackets are smaller.
    pub(crate) fn title(&mut self, lines: &[&str]) {
        self.y += 34.0;
        for line in lines {
            let (cut, size) = if line.starts_with('(') { (Cut::Italic, 13.0) } else { (Cut::Bold, 16.5) };
            self.at(page_middle(), 0.0, line, cut, size);
            self.y += 62.0;
        }
        self.y += 26.0;
    }

    /// A line in the middle.
    pub(crate) fn middle(&mut self, text: &str, cut: Cut) {
        self.at(page_middle(), 0.0, text, cut, SIZE);
        self.y += LEADING + 8.0;
    }

    /// A place and date at the right.
    pub(crate) fn dated(&mut self, text: &str) {
        self.y += 10.0;
        self.at(1130.0, 0.0, text, Cut::Italic, SIZE);
        self.y += LEADING;
    }

    /// A paragraph, justified, its first line indented. `*bold*` and `_italic_` words are set so.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.set(text, (LEFT, RIGHT), 96.0, true);
        self.y += 8.0;
    }

    /// A line of a form: no indent.
    pub(crate) fn field(&mut self, text: &str) {
        self.set(text, (LEFT, RIGHT), 0.0, false);
        self.y += 5.0;
    }

    /// A ruled table of three columns with a bold head; the first column names the row.
    pub(crate) fn table(&mut self, head: [&str; 3], rows: &[[&str; 3]]) {
        let edges = [LEFT, LEFT + 330.0, LEFT + 815.0, RIGHT];
        self.y += 18.0;
        let top = self.y - 44.0;
        self.y += 4.0;
        self.rule_across(top);
        for (n, row) in std::iter::once(&head).chain(rows).enumerate() {
            let start = self.y;
            let mut lowest = start;
            for (column, text) in row.iter().enumerate() {
                self.y = start;
                let text =
                    if n == 0 { format!("*{}*", text.replace(' ', "* *")) } else { (*text).to_owned() };
                self.set(&text, (edges[column] + 14.0, edges[column + 1] - 10.0), 0.0, false);
                lowest = lowest.max(self.y);
            }
            self.y = lowest + 12.0;
            self.rule_across(self.y - 46.0);
        }
        for edge in edges {
            self.canvas.line((edge, top), (edge, self.y - 46.0), 2.0);
        }
        self.y += 26.0;
    }

    /// Signature blocks side by side; a block of a name in capitals carries an office's seal.
    pub(crate) fn signed(&mut self, blocks: &[Block<'_>], seed: u64) {
        self.y += 14.0;
        let start = self.y;
        for (n, block) in (0u64..).zip(blocks) {
            self.y = start;
            for (line, cut) in block.heads {
                self.at(block.middle, 0.0, line, *cut, SIZE);
                self.y += 46.0;
            }
            let sign = (block.middle, self.y + 95.0);
            hand::signature(&mut self.canvas, sign, seed.wrapping_add(n * 77));
            if block.sealed {
                // A third over the signature, as the rules of seals have it.
                hand::seal(&mut self.canvas, self.face, (sign.0 - 150.0, sign.1 - 8.0), seed + n);
            }
            self.y += 245.0;
            self.at(block.middle, 0.0, block.name, Cut::Bold, SIZE);
        }
    }

    fn set(&mut self, text: &str, (left, right): (f32, f32), indent: f32, justified: bool) {
        let space = self.face.width(" ", Cut::Regular, SIZE);
        // A run of spaces in a form stays a gap; a word of its own keeps it.
        let text = text.replace("      ", " \u{a0}\u{a0}\u{a0}\u{a0}\u{a0} ");
        let words: Vec<(String, Cut)> = text.split(' ').filter(|w| !w.is_empty()).map(styled).collect();
        let widths: Vec<f32> = words.iter().map(|(w, cut)| self.face.width(w, *cut, SIZE)).collect();
        let (mut first, mut start) = (0, left + indent);
        while first < words.len() {
            let (mut last, mut width) = (first, widths[first]);
            while last + 1 < words.len() && start + width + space + widths[last + 1] <= right {
                last += 1;
                width += space + widths[last];
            }
            let gaps = f32::from(u16::try_from(last - first).unwrap_or(1));
            let stretch = justified && last + 1 < words.len() && gaps > 0.0;
            let gap = if stretch { space + (right - start - width) / gaps } else { space };
            let mut x = start;
            for n in first..=last {
                self.canvas.text(self.face, (x, self.y), &words[n].0, (words[n].1, SIZE), BLACK);
                x += widths[n] + gap;
            }
            self.y += LEADING;
            first = last + 1;
            start = left;
        }
    }

    fn at(&mut self, middle: f32, down: f32, text: &str, cut: Cut, size: f32) -> f32 {
        let width = self.face.width(text, cut, size);
        self.canvas.text(self.face, (middle - width / 2.0, self.y + down), text, (cut, size), BLACK);
        width
    }

    fn rule(&mut self, middle: f32, down: f32, width: f32) {
        let y = self.y + down;
        self.canvas.line((middle - width / 2.0, y), (middle + width / 2.0, y), 2.0);
    }

    fn rule_across(&mut self, y: f32) {
        self.canvas.line((LEFT, y), (RIGHT, y), 2.0);
    }
}

/// Who signs, and where.
pub(crate) struct Block<'a> {
    pub(crate) middle: f32,
    pub(crate) heads: &'a [(&'a str, Cut)],
    pub(crate) name: &'a str,
    pub(crate) sealed: bool,
}

/// A word with its cut: `*bold*`, `_italic_`; punctuation may follow the mark.
fn styled(word: &str) -> (String, Cut) {
    for (mark, cut) in [('*', Cut::Bold), ('_', Cut::Italic)] {
        if word.starts_with(mark) {
            return (word.replace(mark, ""), cut);
        }
    }
    (word.to_owned(), Cut::Regular)
}

#[allow(clippy::cast_precision_loss)]
fn page_middle() -> f32 {
    WIDTH as f32 / 2.0 + 40.0
}
