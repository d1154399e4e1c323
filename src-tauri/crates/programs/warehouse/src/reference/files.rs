//! The formats: a workbook, a folder of CSV files (or one of them), JSON.

use super::tables::{CellFault, Sheet, Table, cell, data_of, fault, sheet_of, tables_of};
use crate::import::column_name;
use calamine::{Data, Reader, Xlsx, XlsxError, open_workbook_from_rs};
use motcua_dossier::{Day, ReferenceData};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::Path;

/// Largest file that is read.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// A workbook is packed; so much it may be when it is not.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// A cell beyond these is a slip of somebody's hand, or meant to use up memory.
const MAX_ROWS: u32 = 100_000;
const MAX_COLUMNS: u32 = 64;
/// What makes a spreadsheet take a text for a formula, and the mark itself.
const SUSPECT: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

const UNREADABLE: (&str, &str) =
    ("fileUnreadable", "Không đọc được tệp: hãy mở, lưu lại đúng định dạng rồi nạp lại");
const TOO_LARGE: (&str, &str) = ("fileTooLarge", "Tệp quá lớn: tối đa 64 MiB, và 256 MiB khi giải nén");
const SHEET_TOO_LARGE: (&str, &str) =
    ("sheetTooLarge", "Có ô nằm quá xa: tối đa 100.000 dòng và 64 cột, hãy xóa các dòng và cột thừa");
const NOT_UTF8: (&str, &str) = ("fileNotUtf8", "Tệp không phải UTF-8: trong Excel hãy lưu dạng CSV UTF-8");
const QUOTES: (&str, &str) = ("rowQuotes", "Dấu ngoặc kép không khớp: hãy kiểm tra ô có dấu ngoặc kép");
const SHEET_UNKNOWN: (&str, &str) =
    ("sheetUnknown", "Không có danh sách tên này: hãy dùng đúng tên trong bản xuất ra");
const SHEET_TWICE: (&str, &str) = ("sheetTwice", "Danh sách này có hai lần: hãy bỏ một");
const COLUMN_UNKNOWN: (&str, &str) =
    ("columnUnknown", "Không có cột tên này: hãy dùng đúng tên trong bản xuất ra");
const COLUMN_MISSING: (&str, &str) = ("columnMissing", "Thiếu cột này: hãy thêm cột, ô có thể để trống");
const COLUMN_TWICE: (&str, &str) = ("columnTwice", "Cột này có hai lần: hãy bỏ một");
const CELLS: (&str, &str) = ("rowColumns", "Dòng có nhiều ô hơn dòng tiêu đề: hãy bỏ ô thừa");
const FORMULA: (&str, &str) = ("formula", "Ô có công thức: hãy thay bằng giá trị (Dán giá trị)");
const ERROR_CELL: (&str, &str) = ("errorCell", "Ô báo lỗi của bảng tính: hãy điền giá trị");
const JSON_UNKNOWN: (&str, &str) =
    ("fieldUnknown", "Không có mục tên này: hãy dùng đúng tên trong bản xuất ra");
const JSON_MALFORMED: (&str, &str) = ("jsonMalformed", "JSON không đúng dạng tại vị trí này");

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Disk.
    #[error("không ghi được: {0}")]
    Io(#[from] std::io::Error),
    /// The workbook cannot hold it.
    #[error("không ghi được bảng tính: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// Does not happen for these types.
    #[error("không ghi được JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a file says: some lists, or everything.
pub(super) enum Content {
    Lists(Vec<Table>),
    Whole(Box<ReferenceData>),
}

/// Reads a workbook (`.xlsx`), JSON (`.json`), one list (`.csv`) or a folder of lists.
pub(super) fn read(path: &Path) -> std::io::Result<Result<Content, Vec<CellFault>>> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if path.is_dir() {
        return read_folder(path);
    }
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    if std::fs::metadata(path)?.len() > MAX_FILE {
        return Ok(Err(vec![fault(&name, 0, None, TOO_LARGE)]));
    }
    let bytes = std::fs::read(path)?;
    Ok(match extension.as_str() {
        "xlsx" => read_workbook(&bytes).map(Content::Lists),
        "json" => read_json(&bytes).map(|data| Content::Whole(Box::new(data))),
        "csv" => {
            let stem = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
            match sheet_of(stem) {
                None => Err(vec![fault(&name, 0, None, SHEET_UNKNOWN)]),
                Some(sheet) => read_csv(sheet, &bytes).map(|table| Content::Lists(vec![table])),
            }
        }
        _ => Err(vec![fault(&name, 0, None, UNREADABLE)]),
    })
}

fn read_folder(path: &Path) -> std::io::Result<Result<Content, Vec<CellFault>>> {
    let (mut tables, mut faults) = (Vec::new(), Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        let path = file.path();
        if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("csv")) {
            continue;
        }
        match read(&path)? {
            Ok(Content::Lists(read)) => tables.extend(read),
            Ok(Content::Whole(_)) => {}
            Err(wrong) => faults.extend(wrong),
        }
    }
    if tables.is_empty() && faults.is_empty() {
        faults.push(fault(&path.display().to_string(), 0, None, UNREADABLE));
    }
    Ok(if faults.is_empty() { Ok(Content::Lists(tables)) } else { Err(faults) })
}

/// Puts the rows of a list into the order of its columns.
fn table(
    sheet: &'static Sheet,
    head: &[String],
    rows: Vec<(u64, Vec<String>)>,
    faults: &mut Vec<CellFault>,
) -> Table {
    let names: Vec<String> = head.iter().map(|name| column_name(name)).collect();
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if !sheet.columns.contains(&name.as_str()) {
            faults.push(fault(sheet.name, 1, Some(name), COLUMN_UNKNOWN));
        }
        if !seen.insert(name) {
            faults.push(fault(sheet.name, 1, Some(name), COLUMN_TWICE));
        }
    }
    let places: Vec<Option<usize>> =
        sheet.columns.iter().map(|column| names.iter().position(|name| name == column)).collect();
    // A file of before a column came has nothing to say of it.
    let asked = sheet.columns.len() - sheet.late;
    for (column, _) in sheet.columns.iter().zip(&places).take(asked).filter(|(_, place)| place.is_none()) {
        faults.push(fault(sheet.name, 1, Some(column), COLUMN_MISSING));
    }
    let mut kept = Vec::new();
    for (number, cells) in rows {
        if cells.iter().all(|text| text.trim().is_empty()) {
            continue;
        }
        let beyond = cells
            .iter()
            .enumerate()
            .any(|(n, text)| !text.trim().is_empty() && names.get(n).is_none_or(String::is_empty));
        if beyond {
            faults.push(fault(sheet.name, number, None, CELLS));
        }
        let of =
            |place: &Option<usize>| place.and_then(|n| cells.get(n)).map(|t| cell(t)).unwrap_or_default();
        kept.push((number, places.iter().map(of).collect()));
    }
    Table { sheet, rows: kept }
}

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

fn read_workbook(bytes: &[u8]) -> Result<Vec<Table>, Vec<CellFault>> {
    let whole = |what| vec![fault("xlsx", 0, None, what)];
    if !unpacks_within(bytes, MAX_UNPACKED).map_err(|_| whole(UNREADABLE))? {
        return Err(whole(TOO_LARGE));
    }
    let mut book: Book<'_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| whole(UNREADABLE))?;
    let (mut tables, mut faults): (Vec<Table>, Vec<CellFault>) = (Vec::new(), Vec::new());
    for name in book.sheet_names() {
        let Some(sheet) = sheet_of(&name) else {
            faults.push(fault(&name, 0, None, SHEET_UNKNOWN));
            continue;
        };
        if tables.iter().any(|t| t.sheet == sheet) {
            faults.push(fault(&name, 0, None, SHEET_TWICE));
        }
        let found = match cells_of(&mut book, &name).map_err(|_| whole(UNREADABLE))? {
            Ok(found) => found,
            Err((row, column)) => {
                faults.push(fault(sheet.name, u64::from(row) + 1, Some(&letters(column)), SHEET_TOO_LARGE));
                continue;
            }
        };
        // What a formula came to is not what somebody wrote.
        for (row, column) in found.formulas {
            faults.push(fault(sheet.name, u64::from(row) + 1, Some(&letters(column)), FORMULA));
        }
        let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
        for ((row, column), value) in found.values {
            let number = u64::from(row) + 1;
            let text = text_of(&value).unwrap_or_else(|| {
                faults.push(fault(sheet.name, number, Some(&letters(column)), ERROR_CELL));
                String::new()
            });
            if rows.last().is_none_or(|(last, _)| *last != number) {
                rows.push((number, vec![]));
            }
            if let Some((_, texts)) = rows.last_mut() {
                texts.resize(column as usize, String::new());
                texts.push(text);
            }
        }
        let head =
            if rows.first().is_some_and(|(number, _)| *number == 1) { rows.remove(0).1 } else { vec![] };
        tables.push(table(sheet, &head, rows, &mut faults));
    }
    if tables.is_empty() && faults.is_empty() {
        faults = whole(UNREADABLE);
    }
    if faults.is_empty() { Ok(tables) } else { Err(faults) }
}

/// What a sheet holds, by row and column.
#[derive(Default)]
struct Cells {
    values: BTreeMap<(u32, u32), Data>,
    formulas: BTreeSet<(u32, u32)>,
}

/// Reads cell by cell: two cells at opposite ends of a sheet would make a table of seventeen thousand million. The
/// place of a cell that is too far out otherwise.
fn cells_of(book: &mut Book<'_>, name: &str) -> Result<Result<Cells, (u32, u32)>, XlsxError> {
    let too_far = |(row, column): (u32, u32)| row >= MAX_ROWS || column >= MAX_COLUMNS;
    let mut found = Cells::default();
    let mut cells = book.worksheet_cells_reader(name)?;
    while let Some(cell) = cells.next_cell()? {
        let value = Data::from(cell.get_value().clone());
        if value == Data::Empty {
            continue;
        }
        if too_far(cell.get_position()) {
            return Ok(Err(cell.get_position()));
        }
        found.values.insert(cell.get_position(), value);
    }
    drop(cells);
    let mut cells = book.worksheet_cells_reader(name)?;
    while let Some(cell) = cells.next_formula()? {
        if cell.get_value().is_empty() {
            continue;
        }
        if too_far(cell.get_position()) {
            return Ok(Err(cell.get_position()));
        }
        found.formulas.insert(cell.get_position());
    }
    Ok(Ok(found))
}

/// Unpacks everything once, to count it: what a packed file says of its size is its own word.
fn unpacks_within(bytes: &[u8], most: u64) -> Result<bool, zip::result::ZipError> {
    let mut packed = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut left = most;
    for n in 0..packed.len() {
        let mut part = packed.by_index(n)?.take(left + 1);
        let size = std::io::copy(&mut part, &mut std::io::sink())?;
        if size > left {
            return Ok(false);
        }
        left -= size;
    }
    Ok(true)
}

fn letters(column: u32) -> String {
    let mut column = column as usize;
    let mut text = String::new();
    loop {
        let letter = u8::try_from(column % 26).unwrap_or_default();
        text.insert(0, char::from(b'A' + letter));
        if column < 26 {
            return text;
        }
        column = column / 26 - 1;
    }
}

/// A cell as a person reads it; none for a cell that shows an error.
fn text_of(value: &Data) -> Option<String> {
    Some(match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(n) => n.to_string(),
        Data::Float(n) => n.to_string().replace('.', ","),
        Data::Bool(yes) => if *yes { "có" } else { "không" }.to_owned(),
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
            if at.as_f64() < 1.0 {
                format!("{hour:02}:{minute:02}")
            } else {
                let day = Day::parse(&format!("{year:04}-{month:02}-{day:02}")).ok()?;
                day.format_vn()
            }
        }
        Data::Error(_) => return None,
    })
}

/// One list. Comma, semicolon or tab; quoted cells may have line ends.
fn read_csv(sheet: &'static Sheet, bytes: &[u8]) -> Result<Table, Vec<CellFault>> {
    let text = std::str::from_utf8(bytes).map_err(|_| vec![fault(sheet.name, 0, None, NOT_UTF8)])?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (told, text, skipped) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((delimiter, rest)) => (delimiter.trim_end().chars().next(), rest, 1),
        None => (None, text, 0),
    };
    let head = text.lines().next().unwrap_or_default();
    let count = |d: char| head.chars().filter(|c| *c == d).count();
    let most = [';', '\t', ','].into_iter().max_by_key(|d| count(*d)).unwrap_or(',');
    let records = parse(text, told.unwrap_or(most))
        .map_err(|line| vec![fault(sheet.name, line + skipped, None, QUOTES)])?;
    let mut records = records.into_iter().map(|(line, cells)| {
        (line + skipped, cells.into_iter().map(|text| unguarded(&text)).collect::<Vec<_>>())
    });
    let mut faults = Vec::new();
    let head = records.next().map(|(_, cells)| cells).unwrap_or_default();
    let table = table(sheet, &head, records.collect(), &mut faults);
    if faults.is_empty() { Ok(table) } else { Err(faults) }
}

/// Records with the line each begins on; the line of a quote that does not fit otherwise.
fn parse(text: &str, delimiter: char) -> Result<Vec<(u64, Vec<String>)>, u64> {
    let mut records = Vec::new();
    let (mut line, mut began) = (1, 1);
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let mut fresh = true;
    while let Some(letter) = letters.next() {
        if letter == '"' && fresh {
            fresh = false;
            let opened = line;
            loop {
                match letters.next() {
                    None => return Err(opened),
                    Some('"') if letters.peek() == Some(&'"') => {
                        letters.next();
                        cell.push('"');
                    }
                    Some('"') => break,
                    Some(letter) => {
                        line += u64::from(letter == '\n');
                        cell.push(letter);
                    }
                }
            }
            if letters.peek().is_some_and(|next| ![delimiter, '\r', '\n'].contains(next)) {
                return Err(line);
            }
        } else if letter == delimiter {
            cells.push(std::mem::take(&mut cell));
            fresh = true;
        } else if letter == '\n' {
            line += 1;
            cells.push(std::mem::take(&mut cell));
            records.push((began, std::mem::take(&mut cells)));
            (began, fresh) = (line, true);
        } else if letter != '\r' || letters.peek() != Some(&'\n') {
            fresh = false;
            cell.push(letter);
        }
    }
    if !cell.is_empty() || !cells.is_empty() {
        cells.push(cell);
        records.push((began, cells));
    }
    Ok(records)
}

/// A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn guarded(text: &str) -> String {
    if text.starts_with(SUSPECT) { format!("'{text}") } else { text.to_owned() }
}

fn unguarded(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(SUSPECT) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// Reads JSON of the shape counters are served; `version` and `effective_at` may be absent.
fn read_json(bytes: &[u8]) -> Result<ReferenceData, Vec<CellFault>> {
    let malformed = |error: &serde_json::Error| {
        let column = Some(error.column()).filter(|c| *c > 0).map(|c| c.to_string());
        vec![fault("json", error.line() as u64, column.as_deref(), JSON_MALFORMED)]
    };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|e| malformed(&e))?;
    if let Some(object) = value.as_object_mut() {
        object.entry("version").or_insert(0.into());
    }
    // Read again from the text where that is possible: then the place is known.
    let data: ReferenceData = serde_json::from_slice(bytes)
        .or_else(|first| serde_json::from_value(value.clone()).map_err(|_| first))
        .map_err(|e| malformed(&e))?;
    let known = serde_json::to_value(&data).unwrap_or_default();
    let mut unknown = Vec::new();
    unknown_fields(&value, &known, "", &mut unknown);
    if unknown.is_empty() {
        Ok(data)
    } else {
        Err(unknown.iter().map(|path| fault("json", 0, Some(path), JSON_UNKNOWN)).collect())
    }
}

/// Paths that are in what was read and not in what it was understood as.
fn unknown_fields(read: &Value, known: &Value, path: &str, found: &mut Vec<String>) {
    match (read, known) {
        (Value::Object(read), Value::Object(known)) => {
            for (name, value) in read {
                let path = format!("{path}/{name}");
                match known.get(name) {
                    Some(known) => unknown_fields(value, known, &path, found),
                    None => found.push(path),
                }
            }
        }
        (Value::Array(read), Value::Array(known)) => {
            for (n, (read, known)) in read.iter().zip(known).enumerate() {
                unknown_fields(read, known, &format!("{path}/{n}"), found);
            }
        }
        _ => {}
    }
}

/// Writes a workbook (`.xlsx`), JSON (`.json`), or a folder of CSV files. A file is there whole or not at all.
pub(super) fn write(data: &ReferenceData, path: &Path) -> Result<(), ExportError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "json" => {
            let mut text = serde_json::to_vec_pretty(data)?;
            text.push(b'\n');
            whole(path, &text)
        }
        "xlsx" => whole(path, &workbook(&tables_of(data))?),
        _ => {
            std::fs::create_dir_all(path)?;
            for table in tables_of(data) {
                whole(&path.join(format!("{}.csv", table.sheet.name)), csv(&table).as_bytes())?;
            }
            Ok(())
        }
    }
}

fn whole(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    std::fs::write(&fresh, bytes)?;
    Ok(std::fs::rename(fresh, path)?)
}

fn csv(table: &Table) -> String {
    let mut text = String::from("\u{feff}");
    let head = table.sheet.columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    for cells in std::iter::once(&head).chain(table.rows.iter().map(|(_, cells)| cells)) {
        let quoted = cells.iter().map(|cell| {
            let cell = guarded(cell);
            if cell.contains(['"', ',', ';', '\n', '\t', '\r']) || cell != cell.trim() {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell
            }
        });
        text.push_str(&quoted.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

/// Every cell is a text: no formula is ever written.
fn workbook(tables: &[Table]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let plain = Format::new().set_num_format("@");
    for table in tables {
        let sheet = book.add_worksheet().set_name(table.sheet.name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, name) in (0u16..).zip(table.sheet.columns) {
            sheet.set_column_width(column, 24)?;
            sheet.set_column_format(column, &plain)?;
            sheet.write_string_with_format(0, column, *name, &bold)?;
        }
        for (row, (_, cells)) in (1u32..).zip(&table.rows) {
            for (column, text) in (0u16..).zip(cells).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string_with_format(row, column, text, &plain)?;
            }
        }
    }
    book.save_to_buffer()
}

/// Some lists over a whole: what is not among them stays as it is.
pub(super) fn over(base: &ReferenceData, lists: Vec<Table>) -> Result<ReferenceData, Vec<CellFault>> {
    let mut tables = tables_of(base);
    for list in lists {
        for table in tables.iter_mut().filter(|table| table.sheet == list.sheet) {
            table.rows.clone_from(&list.rows);
        }
    }
    data_of(&tables)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
