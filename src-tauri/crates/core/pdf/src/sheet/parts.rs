//! What the forms share: the head by Decree 30/2020, the title with the code picture, the signatures.

use super::{Cut, LINE, SIZE, Sheet};
use crate::{FormHead, PdfError};

/// Least room for the signatures.
const SIGNED: f32 = 58.0;
/// Lines a text may take where the form has a place of fixed height for it.
const PLACE: usize = 8;
/// Side of the code picture.
const PICTURE: f32 = 58.0;

/// What stands beside the code picture.
pub(crate) struct Heading<'a> {
    /// Tên loại giấy, a line each.
    pub(crate) titles: &'a [&'a str],
    /// What the code is: `Mã hồ sơ: `.
    pub(crate) label: &'a str,
    /// A further line in italics.
    pub(crate) note: &'a str,
}

/// Somebody who signs.
pub(crate) struct Signer<'a> {
    pub(crate) title: &'a str,
    pub(crate) how: &'a str,
    pub(crate) name: &'a str,
}

impl Sheet {
    /// Head by Decree 30/2020: agency on the left; Quốc hiệu and Tiêu ngữ on the right.
    ///
    /// # Errors
    /// [`PdfError::TooMuch`] when a name is too long for any head.
    pub(crate) fn head(&mut self, head: &FormHead) -> Result<(), PdfError> {
        let paper = self.paper;
        let (left, right) = paper.columns;
        let (small, large, grade) = (8.6 * paper.grade, 9.4 * paper.grade, paper.grade);
        let size = self.fitting(Cut::Italic, 7.2, &head.model);
        let x = paper.right - self.width(Cut::Italic, size, &head.model);
        self.put(Cut::Italic, size, x, 22.0, &head.model);
        let top = 38.0;
        let mut y = top;
        for (cut, name) in [(Cut::Regular, &head.agency), (Cut::Bold, &head.unit)] {
            for line in self.few(cut, small, &name.to_uppercase(), left)? {
                self.centre(cut, small, left, y, &line);
                y += if line.is_empty() { 0.0 } else { 11.0 * grade };
            }
        }
        if y > top {
            self.block(f32::midpoint(left.0, left.1) - 24.0, y - 6.6 * grade, 48.0, 0.6);
        }
        y += 2.0;
        if !head.number.trim().is_empty() {
            for line in self.few(Cut::Regular, 9.2 * grade, &head.number, left)? {
                y += 10.0 * grade;
                self.centre(Cut::Regular, 9.2 * grade, left, y - 4.0, &line);
            }
        }
        let motto = "Độc lập - Tự do - Hạnh phúc";
        self.centre(Cut::Bold, small, right, top, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
        self.centre(Cut::Bold, large, right, top + 12.5 * grade, motto);
        let wide = self.width(Cut::Bold, large, motto);
        self.block(f32::midpoint(right.0, right.1) - wide / 2.0, top + 16.5 * grade, wide, 0.6);
        let mut day = top + 33.0 * grade;
        let day_line = if head.day_line.trim().is_empty() {
            "ngày …… tháng …… năm ………"
        } else {
            &head.day_line
        };
        let place = if head.place.trim().is_empty() { "………………" } else { &head.place };
        let text = format!("{place}, {day_line}");
        for (number, line) in self.few(Cut::Italic, 9.2 * grade, &text, right)?.iter().enumerate() {
            day += if number > 0 { 11.0 * grade } else { 0.0 };
            self.centre(Cut::Italic, 9.2 * grade, right, day, line);
        }
        self.y = y.max(day);
        Ok(())
    }

    /// The name of the form beside the code picture, the code below it.
    ///
    /// # Errors
    /// [`PdfError::TooMuch`] when the code is too long to be one.
    pub(crate) fn title(&mut self, head: &FormHead, heading: &Heading<'_>) -> Result<(), PdfError> {
        let (top, grade) = (self.y + 10.0, self.paper.grade);
        let mut column = (self.paper.left, self.paper.right);
        if !head.code.trim().is_empty() {
            self.code_picture(&head.code, self.paper.left, top, PICTURE);
            column.0 += PICTURE + 12.0;
            // On a wide sheet the title stands in the middle of the sheet.
            column.1 -= if grade > 1.0 { PICTURE + 12.0 } else { 0.0 };
        }
        let mut y = top + if heading.titles.len() > 1 { 17.0 } else { 22.0 };
        for title in heading.titles {
            self.centre(Cut::Bold, 13.0 * grade, column, y, title);
            y += 16.0;
        }
        y += 2.0;
        y = self.code_line(head, heading.label, column, y)?;
        if !heading.note.is_empty() {
            for line in self.few(Cut::Italic, SIZE, heading.note, column)? {
                self.centre(Cut::Italic, SIZE, column, y, &line);
                y += LINE;
            }
        }
        self.y = (top + PICTURE + 17.0).max(y + 4.0) + self.size - SIZE;
        Ok(())
    }

    /// The code, and the mark when it is temporary; gives the line below.
    fn code_line(
        &mut self,
        head: &FormHead,
        label: &str,
        column: (f32, f32),
        y: f32,
    ) -> Result<f32, PdfError> {
        if head.code.trim().is_empty() {
            return Ok(y);
        }
        let mark = if head.provisional { 40.0 } else { 0.0 };
        let wide = self.width(Cut::Regular, 10.0, label) + self.width(Cut::Bold, 10.0, &head.code) + mark;
        let mut y = y;
        let next = if wide <= column.1 - column.0 {
            let x = f32::midpoint(column.0, column.1) - wide / 2.0;
            let next = self.put(Cut::Regular, 10.0, x, y, label);
            self.put(Cut::Bold, 10.0, next, y, &head.code)
        } else {
            let x = self.put(Cut::Regular, 10.0, column.0, y, label);
            let lines = self.few(Cut::Bold, 10.0, &head.code, (x, column.1 - mark))?;
            let mut next = x;
            for (number, line) in lines.iter().enumerate() {
                y += if number > 0 { LINE } else { 0.0 };
                next = self.put(Cut::Bold, 10.0, x, y, line);
            }
            next
        };
        if head.provisional {
            self.frame(next + 6.0, y - 10.0, 34.0, 14.0, 1.0);
            self.centre(Cut::Bold, 10.0, (next + 6.0, next + 40.0), y + 0.3, "TẠM");
        }
        Ok(y + 16.0)
    }

    /// How tall the signatures are at least.
    ///
    /// # Errors
    /// [`PdfError::TooMuch`] when a name is too long for any signature.
    pub(crate) fn signed(&self, signers: &[Signer<'_>]) -> Result<f32, PdfError> {
        let (mut titles, mut names) = (1, 1);
        for (signer, column) in signers.iter().zip(self.signing(signers.len())) {
            titles = titles.max(self.few(Cut::Bold, self.size, signer.title, column)?.len());
            names = names.max(self.few(Cut::Bold, self.size, signer.name, column)?.len());
        }
        Ok(SIGNED + self.below(titles) + self.below(names))
    }

    /// Two who sign, or one on the right, with as much room as the sheet has.
    ///
    /// # Errors
    /// [`PdfError::TooMuch`] when a name is too long for any signature.
    pub(crate) fn signatures(&mut self, signers: &[Signer<'_>]) -> Result<(), PdfError> {
        let tall = self.signed(signers)?;
        if self.y + tall > self.paper.bottom {
            self.turn();
        }
        let mut set = vec![];
        for (signer, column) in signers.iter().zip(self.signing(signers.len())) {
            let title = self.few(Cut::Bold, self.size, signer.title, column)?;
            let name = self.few(Cut::Bold, self.size, signer.name, column)?;
            set.push((column, title, signer.how, name));
        }
        let top = self.y + 8.0;
        let how = top + 12.0 + self.below(set.iter().map(|(_, title, ..)| title.len()).max().unwrap_or(1));
        let most = 66.0 + tall - SIGNED;
        let names = top + (self.paper.bottom - self.y - 12.0).clamp(tall - 12.0, most);
        for (column, title, text, name) in set {
            for (line, y) in title.iter().zip(self.lines_from(top)) {
                self.centre(Cut::Bold, self.size, column, y, line);
            }
            self.centre(Cut::Italic, 8.8, column, how, text);
            for (line, y) in name.iter().zip(self.lines_from(names - self.below(name.len()))) {
                self.centre(Cut::Bold, self.size, column, y, line);
            }
        }
        self.y = names;
        Ok(())
    }

    /// Where so many sign.
    fn signing(&self, count: usize) -> [(f32, f32); 2] {
        let (left, right) = (self.paper.left, self.paper.right);
        let middle = f32::midpoint(left, right);
        // Who signs alone has the longer title.
        let first = if count > 1 { (left, middle) } else { (middle - 26.0, right) };
        [first, (middle, right)]
    }

    /// Balanced lines, as many as a place of fixed height has room for.
    pub(crate) fn few(
        &self,
        cut: Cut,
        size: f32,
        text: &str,
        column: (f32, f32),
    ) -> Result<Vec<String>, PdfError> {
        let lines = self.balanced(cut, size, text, column.1 - column.0);
        if lines.len() > PLACE {
            return Err(PdfError::TooMuch("a name is longer than its place on the form"));
        }
        Ok(lines)
    }

    /// How far the last of so many lines is below the first.
    fn below(&self, lines: usize) -> f32 {
        f32::from(u16::try_from(lines.saturating_sub(1)).unwrap_or(u16::MAX)) * self.line
    }

    fn lines_from(&self, y: f32) -> impl Iterator<Item = f32> + use<> {
        let line = self.line;
        std::iter::successors(Some(y), move |y| Some(y + line))
    }
}
