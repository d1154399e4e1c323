//! Tables: rows of boxes on a common grid of lines; the head stands above the rows of every page.

use super::{Cut, Sheet};

/// Room above and below the lines of a row.
const PAD: f32 = 5.0;

/// Columns and type of a table.
pub(crate) struct Grid {
    pub(crate) edges: Vec<f32>,
    pub(crate) size: f32,
    pub(crate) line: f32,
}

impl Grid {
    /// Columns of these widths from `left`; the last one goes to `right`.
    pub(crate) fn new(left: f32, right: f32, widths: &[f32], size: f32) -> Self {
        let mut edges = vec![left];
        let mut x = left;
        for wide in widths {
            x += wide;
            edges.push(x);
        }
        edges.push(right);
        Self { edges, size, line: size + 2.0 }
    }

    /// Left and right edge of a span of columns.
    fn span(&self, columns: (usize, usize)) -> (f32, f32) {
        let edge = |at: usize| self.edges.get(at).or(self.edges.last()).copied().unwrap_or_default();
        (edge(columns.0), edge(columns.1))
    }
}

/// A cell of the head, whole or over several columns with a cell of its own below each.
pub(crate) struct HeadCell<'a> {
    pub(crate) columns: (usize, usize),
    pub(crate) text: &'a str,
    pub(crate) parts: &'a [&'a str],
}

/// A line in a row, `at` lines below its top.
struct Placed {
    at: f32,
    columns: (usize, usize),
    cut: Cut,
    centred: bool,
    text: String,
}

/// A row, set but not drawn.
pub(crate) struct Strip {
    boxes: Vec<((usize, usize), (usize, usize))>,
    lines: Vec<Placed>,
    count: usize,
}

impl Strip {
    /// An empty row with a box for each span of columns.
    pub(crate) fn new(boxes: &[(usize, usize)]) -> Self {
        let boxes = boxes.iter().map(|columns| (*columns, (0, usize::MAX))).collect();
        Self { boxes, lines: vec![], count: 1 }
    }

    /// Adds lines from line `at` on and gives the line below them.
    pub(crate) fn add(
        &mut self,
        at: usize,
        columns: (usize, usize),
        cut: Cut,
        centred: bool,
        lines: Vec<String>,
    ) -> usize {
        let below = at + lines.len();
        for (number, text) in lines.into_iter().enumerate() {
            self.lines.push(Placed { at: lines_tall(at + number), columns, cut, centred, text });
        }
        self.count = self.count.max(below);
        below
    }

    fn tall(&self, grid: &Grid) -> f32 {
        lines_tall(self.count) * grid.line + PAD
    }
}

impl Sheet {
    /// Lines of a cell over these columns.
    pub(crate) fn cell(&self, grid: &Grid, columns: (usize, usize), cut: Cut, text: &str) -> Vec<String> {
        let (left, right) = grid.span(columns);
        self.wrap(cut, grid.size, text, right - left - 6.0)
    }

    /// Lines of a cell over these columns, as equal as they can be.
    pub(crate) fn middle_cell(
        &self,
        grid: &Grid,
        columns: (usize, usize),
        cut: Cut,
        text: &str,
    ) -> Vec<String> {
        let (left, right) = grid.span(columns);
        self.balanced(cut, grid.size, text, right - left - 6.0)
    }

    /// A row of one text for each column; names read from the left, all else is centred.
    pub(crate) fn row(&self, grid: &Grid, texts: &[&str], names: &[usize]) -> Strip {
        let columns: Vec<(usize, usize)> = (0..texts.len()).map(|column| (column, column + 1)).collect();
        let mut strip = Strip::new(&columns);
        for (column, text) in texts.iter().enumerate() {
            let lines = self.cell(grid, columns[column], Cut::Regular, text);
            strip.add(0, columns[column], Cut::Regular, !names.contains(&column), lines);
        }
        strip
    }

    /// The head of a table, each text in the middle of its box.
    pub(crate) fn table_head(&self, grid: &Grid, cells: &[HeadCell<'_>]) -> Strip {
        let bold = |columns: (usize, usize), text: &str| {
            let (left, right) = grid.span(columns);
            self.balanced(Cut::Bold, grid.size, text, right - left - 4.0)
        };
        let part = |cell: &HeadCell<'_>, number: usize| {
            let column = cell.columns.0 + number;
            (column, column + 1)
        };
        let (mut upper, mut lower, mut count) = (0, 0, 1);
        for cell in cells {
            let lines = bold(cell.columns, cell.text).len();
            for (number, text) in cell.parts.iter().enumerate() {
                lower = lower.max(bold(part(cell, number), text).len());
            }
            if cell.parts.is_empty() {
                count = count.max(lines);
            } else {
                upper = upper.max(lines);
            }
        }
        // Two storeys have a line of air, for the edge between them.
        count = count.max(upper + lower + usize::from(lower > 0));
        let mut strip = Strip { boxes: vec![], lines: vec![], count };
        let mut middle = |columns: (usize, usize), rows: (usize, usize), text: &str| {
            let lines = bold(columns, text);
            let free = lines_tall((rows.1 - rows.0).saturating_sub(lines.len())) / 2.0;
            let end = if rows.1 == count { usize::MAX } else { rows.1 };
            strip.boxes.push((columns, (rows.0, end)));
            for (number, text) in lines.into_iter().enumerate() {
                let at = lines_tall(rows.0 + number) + free;
                strip.lines.push(Placed { at, columns, cut: Cut::Bold, centred: true, text });
            }
        };
        for cell in cells {
            let end = if cell.parts.is_empty() { count } else { upper };
            middle(cell.columns, (0, end), cell.text);
            for (number, text) in cell.parts.iter().enumerate() {
                middle(part(cell, number), (upper, count), text);
            }
        }
        strip
    }

    /// Head and rows from `y` downwards; a row longer than a page goes on on the next.
    pub(crate) fn table(&mut self, grid: &Grid, head: &Strip, rows: &[Strip]) {
        let above = head.tall(grid);
        let page = self.paper.bottom - self.paper.top;
        let mut headed = false;
        for row in rows {
            let mut from = 0;
            while from < row.count {
                let rest = lines_tall(row.count - from) * grid.line + PAD;
                let whole = rest + above <= page;
                let mut room = self.paper.bottom - self.y - if headed { 0.0 } else { above };
                let least = if whole { rest } else { 4.0 * grid.line + PAD };
                if room < least && self.y > self.paper.top {
                    self.turn();
                    headed = false;
                    room = page - above;
                }
                if !headed {
                    self.strip(grid, head, (0, head.count));
                    headed = true;
                }
                let to =
                    if whole { row.count } else { row.count.min(from + lines_in(room - PAD, grid.line)) };
                self.strip(grid, row, (from, to));
                from = to;
            }
        }
    }

    /// The lines `from..to` of a row, from `y` downwards.
    fn strip(&mut self, grid: &Grid, strip: &Strip, (from, to): (usize, usize)) {
        let (top, first) = (self.y, lines_tall(from));
        let tall = lines_tall(to - from) * grid.line + PAD;
        for (columns, rows) in &strip.boxes {
            let (left, right) = grid.span(*columns);
            // An edge within a row stands between its lines.
            let upper = if rows.0 <= from { 0.0 } else { lines_tall(rows.0 - from) * grid.line + PAD / 2.0 };
            let lower = if rows.1 >= to {
                tall
            } else {
                lines_tall(rows.1.saturating_sub(from)) * grid.line + PAD / 2.0
            };
            self.frame(left, top + upper, right - left, lower - upper, 0.4);
        }
        for placed in &strip.lines {
            if placed.at < first || placed.at >= lines_tall(to) {
                continue;
            }
            let y = top + (placed.at - first + 1.0) * grid.line;
            let (left, right) = grid.span(placed.columns);
            if placed.centred {
                self.centre(placed.cut, grid.size, (left, right), y, &placed.text);
            } else {
                self.put(placed.cut, grid.size, left + 3.0, y, &placed.text);
            }
        }
        self.y = top + tall;
    }
}

#[allow(clippy::cast_precision_loss)] // lines of a row are few
fn lines_tall(lines: usize) -> f32 {
    lines as f32
}

/// Whole lines in a room, one at least.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a page's height
fn lines_in(room: f32, line: f32) -> usize {
    (room / line).max(1.0) as usize
}
