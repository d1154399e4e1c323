//! CSV as offices write it: comma, semicolon or tab, with or without a byte order mark, quoted fields with
//! line breaks. One record at a time in bounded memory; a broken record costs itself and no other.

use motcua_dossier::fold;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use unicode_normalization::UnicodeNormalization;

/// Longest record, and longest line, in bytes.
const MAX_RECORD: usize = 64 * 1024;
/// A record whose quotes are still open after so many lines is broken at its first one.
const MAX_LINES: usize = 50;
const MAX_COLUMNS: usize = 100;

/// Why one record is not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    TooLong,
    NotUtf8,
    Quotes,
    Control,
    Columns,
}

/// One record with the number of its first line in the file.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) fields: Result<Vec<String>, Fault>,
}

/// Why the file is not understood at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HeadFault {
    Empty,
    NotUtf8,
    Broken,
    Twice(String),
}

/// A file being read.
pub(super) struct Csv<R> {
    source: R,
    delimiter: u8,
    lines: u64,
    /// Lines of a broken record after its first one, to be read as records of their own.
    back: VecDeque<Line>,
    columns: Vec<String>,
}

struct Line {
    number: u64,
    /// None when it was too long to keep.
    bytes: Option<Vec<u8>>,
}

enum Parsed {
    Whole(Vec<Vec<u8>>),
    /// A quote is still open.
    Open,
    Bad,
}

impl<R: BufRead> Csv<R> {
    /// Reads the head line.
    pub(super) fn open(source: R) -> io::Result<Result<Self, HeadFault>> {
        let mut this = Self { source, delimiter: b',', lines: 0, back: VecDeque::new(), columns: vec![] };
        let Some(mut line) = this.line()? else { return Ok(Err(HeadFault::Empty)) };
        let mut told = None;
        if let Some(text) = line.bytes.as_deref().map(without_mark)
            && let [b's', b'e', b'p', b'=', delimiter] = text
        {
            told = Some(*delimiter);
            let Some(next) = this.line()? else { return Ok(Err(HeadFault::Empty)) };
            line = next;
        }
        let Some(bytes) = line.bytes else { return Ok(Err(HeadFault::Broken)) };
        let head = without_mark(&bytes);
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Ok(Err(HeadFault::NotUtf8));
        }
        let count = |d: u8| head.iter().filter(|b| **b == d).count();
        let most = b",;\t".iter().copied().max_by_key(|d| (count(*d), *d == b','));
        this.delimiter = told.or(most).unwrap_or(b',');
        let fields = match parse(head, this.delimiter) {
            Parsed::Whole(fields) => fields,
            Parsed::Open | Parsed::Bad => return Ok(Err(HeadFault::Broken)),
        };
        for field in fields {
            let Ok(text) = String::from_utf8(field) else { return Ok(Err(HeadFault::NotUtf8)) };
            let name = column_name(&text);
            if !name.is_empty() && this.columns.contains(&name) {
                return Ok(Err(HeadFault::Twice(name)));
            }
            this.columns.push(name);
        }
        while this.columns.last().is_some_and(String::is_empty) {
            this.columns.pop();
        }
        if this.columns.is_empty() {
            return Ok(Err(HeadFault::Empty));
        }
        Ok(if this.columns.len() > MAX_COLUMNS { Err(HeadFault::Broken) } else { Ok(this) })
    }

    /// Names of the columns: without marks, words joined by `_`.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The next record that is not empty.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            let Some(first) = self.line()? else { return Ok(None) };
            let line = first.number;
            let Some(mut bytes) = first.bytes else {
                return Ok(Some(Record { line, fields: Err(Fault::TooLong) }));
            };
            let mut more: Vec<Line> = Vec::new();
            let fields = loop {
                match parse(&bytes, self.delimiter) {
                    Parsed::Whole(fields) => break Ok(fields),
                    Parsed::Bad => break Err(Fault::Quotes),
                    Parsed::Open => {}
                }
                if more.len() + 1 >= MAX_LINES {
                    break Err(Fault::Quotes);
                }
                let Some(next) = self.line()? else { break Err(Fault::Quotes) };
                let fits = next.bytes.as_ref().is_some_and(|b| bytes.len() + b.len() < MAX_RECORD);
                if fits && let Some(next) = &next.bytes {
                    bytes.push(b'\n');
                    bytes.extend_from_slice(next);
                }
                more.push(next);
                if !fits {
                    break Err(Fault::Quotes);
                }
            };
            if fields.is_err() {
                for later in more.into_iter().rev() {
                    self.back.push_front(later);
                }
            }
            match fields.and_then(|fields| self.texts(fields)) {
                Ok(fields) if fields.iter().all(String::is_empty) => {}
                fields => return Ok(Some(Record { line, fields })),
            }
        }
    }

    fn texts(&self, fields: Vec<Vec<u8>>) -> Result<Vec<String>, Fault> {
        let mut texts = Vec::with_capacity(fields.len());
        for field in fields {
            let text = String::from_utf8(field).map_err(|_| Fault::NotUtf8)?;
            let text: String = text.replace(['\r', '\n', '\t'], " ").trim().nfc().collect();
            if text.chars().any(char::is_control) {
                return Err(Fault::Control);
            }
            texts.push(text);
        }
        while texts.len() > self.columns.len() && texts.last().is_some_and(String::is_empty) {
            texts.pop();
        }
        let empty = texts.iter().all(String::is_empty);
        if texts.len() == self.columns.len() || empty { Ok(texts) } else { Err(Fault::Columns) }
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let (mut bytes, mut long, mut any) = (Vec::new(), false, false);
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|b| *b == b'\n');
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            if bytes.len() + piece.len() > MAX_RECORD {
                long = true;
            } else if !long {
                bytes.extend_from_slice(piece);
            }
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.source.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.lines += 1;
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(Some(Line { number: self.lines, bytes: (!long).then_some(bytes) }))
    }
}

/// A column's name as written by people, in one form: `Mã giấy tờ` and `ma_giay_to` are the same.
pub(crate) fn column_name(text: &str) -> String {
    fold(&text.replace('_', " ")).replace(' ', "_")
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes)
}

fn parse(bytes: &[u8], delimiter: u8) -> Parsed {
    let (mut fields, mut field) = (Vec::new(), Vec::new());
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match bytes.get(at) {
                    None => return Parsed::Open,
                    Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                        field.push(b'"');
                        at += 2;
                    }
                    Some(b'"') => {
                        at += 1;
                        break;
                    }
                    Some(byte) => {
                        field.push(*byte);
                        at += 1;
                    }
                }
            }
            if bytes.get(at).is_some_and(|b| *b != delimiter) {
                return Parsed::Bad;
            }
        } else {
            while let Some(byte) = bytes.get(at).filter(|b| **b != delimiter) {
                field.push(*byte);
                at += 1;
            }
        }
        fields.push(std::mem::take(&mut field));
        if fields.len() > MAX_COLUMNS {
            return Parsed::Bad;
        }
        if at >= bytes.len() {
            return Parsed::Whole(fields);
        }
        at += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    type Read = Vec<(u64, Result<Vec<String>, Fault>)>;

    fn read(text: &[u8]) -> (Vec<String>, Read) {
        let mut csv = Csv::open(text).unwrap().unwrap_or_else(|e| panic!("{e:?}"));
        let mut rows = Vec::new();
        while let Some(record) = csv.next().unwrap() {
            rows.push((record.line, record.fields));
        }
        (csv.columns().to_vec(), rows)
    }

    fn row(fields: &[&str]) -> Result<Vec<String>, Fault> {
        Ok(fields.iter().map(|f| (*f).to_owned()).collect())
    }

    #[test]
    fn commas_semicolons_tabs_and_marks_are_read_alike() {
        for text in [
            "Số định danh,Họ tên\r\n1,\"A, B\"\r\n",
            "\u{feff}so_dinh_danh;ho_ten\n1;A, B",
            "sep=;\nSỐ ĐỊNH DANH;Họ Tên\n\n;\n1;A, B\n",
            "so dinh danh\tHO TEN\n1\tA, B\n",
        ] {
            let (columns, rows) = read(text.as_bytes());
            assert_eq!(columns, ["so_dinh_danh", "ho_ten"], "{text:?}");
            assert_eq!(rows[0].1, row(&["1", "A, B"]), "{text:?}");
            assert_eq!(rows.len(), 1);
        }
    }

    #[test]
    fn a_quoted_field_keeps_quotes_and_line_breaks() {
        let (_, rows) = read(b"a,b\n\"x \"\"y\"\"\",\"one\ntwo\"\nn,m\n");
        assert_eq!(rows, [(2, row(&["x \"y\"", "one two"])), (4, row(&["n", "m"]))]);
    }

    #[test]
    fn a_broken_record_costs_itself_and_no_other() {
        let mut text = b"a,b\n\"never closed,1\nn,m\n\"x\"y,2\n\xff,3\nonly one\n1,2,3\n\x07,4\n".to_vec();
        text.extend(vec![b'z'; MAX_RECORD + 1]);
        text.extend(b"\nlast,row");
        let (_, rows) = read(&text);
        assert_eq!(
            rows,
            [
                (2, Err(Fault::Quotes)),
                (3, row(&["n", "m"])),
                (4, Err(Fault::Quotes)),
                (5, Err(Fault::NotUtf8)),
                (6, Err(Fault::Columns)),
                (7, Err(Fault::Columns)),
                (8, Err(Fault::Control)),
                (9, Err(Fault::TooLong)),
                (10, row(&["last", "row"])),
            ]
        );
    }

    #[test]
    fn a_head_that_is_not_understood_stops_before_the_first_row() {
        let fault = |text: &[u8]| Csv::open(text).unwrap().err().unwrap();
        assert_eq!(fault(b""), HeadFault::Empty);
        assert_eq!(fault(b",,\n"), HeadFault::Empty);
        assert_eq!(fault(&[0xff, 0xfe, b'a', 0]), HeadFault::NotUtf8);
        assert_eq!(fault(b"\"a\n"), HeadFault::Broken);
        assert_eq!(fault("Tên,ten".as_bytes()), HeadFault::Twice("ten".into()));
    }
}
