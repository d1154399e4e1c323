//! Taking over a province's existing papers from CSV lists: each row alone, checked as at a counter, and
//! doing it again changes nothing.

mod csv;
mod officers;
mod rows;

pub(crate) use csv::column_name;
pub use officers::{LeftGrant, OFFICER_COLUMNS, OfficerImportReport, import_officers};
pub use rows::columns;

use crate::audit::command;
use crate::{BlobError, Config, Reference, ServeError, StoreError, Warehouse};
use csv::{Csv, Fault, HeadFault};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a list is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// People and organisations with all their numbers.
    Owners,
    /// Papers with their PDFs.
    Documents,
    /// Dossiers that are still open, with their receipts.
    Dossiers,
}

impl ImportKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Owners => "owners",
            Self::Documents => "documents",
            Self::Dossiers => "dossiers",
        }
    }
}

/// A column of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Name without marks; with marks it is read alike.
    pub name: &'static str,
    /// Every row has it.
    pub required: bool,
    /// For people.
    pub about: &'static str,
    /// A value.
    pub example: &'static str,
}

/// What to take over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportWish {
    /// What the list is about.
    pub kind: ImportKind,
    /// The list.
    pub csv: PathBuf,
    /// Folder of the files it names.
    pub files: PathBuf,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// Something about one row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowReport {
    /// Line of the file on which the row begins.
    pub line: u64,
    /// Column, when it is about one.
    pub column: Option<&'static str>,
    /// Stable code.
    pub code: &'static str,
    /// For people; names nobody.
    pub message: &'static str,
    /// The row did not enter; else it did, and this is to be known about it.
    pub refused: bool,
}

/// What became of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ImportReport {
    /// What it was about.
    pub kind: ImportKind,
    /// Nothing was written.
    pub dry_run: bool,
    /// Rows read.
    pub rows: u64,
    /// Rows that entered.
    pub added: u64,
    /// Rows that were there already.
    pub there: u64,
    /// Rows that did not enter.
    pub refused: u64,
}

/// Why a list was not read to its end; rows that entered before stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The warehouse cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The list cannot be read.
    #[error("không đọc được danh sách: {0}")]
    Io(#[from] std::io::Error),
    /// The head line is not understood.
    #[error("dòng tiêu đề: {0}")]
    Head(String),
    /// There is no reference data to check against.
    #[error("kho chưa có dữ liệu danh mục: chạy lệnh seed trước")]
    NoReference,
}

/// Why a row does not enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    column: Option<&'static str>,
    code: &'static str,
    message: &'static str,
}

/// What became of one row.
pub(crate) enum Entered {
    Added,
    /// Entered, and something is to be known about it.
    Noted(Refused),
    There,
}

/// How a row ends early.
pub(crate) enum Stop {
    Refused(Refused),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<BlobError> for Stop {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Io(error) => error.into(),
            BlobError::TooLarge | BlobError::HashMismatch => {
                refused(Some("tep_tin"), "fileTooLarge", "Tệp tin quá lớn")
            }
        }
    }
}

pub(crate) fn refused(column: Option<&'static str>, code: &'static str, message: &'static str) -> Stop {
    Stop::Refused(Refused { column, code, message })
}

/// Everything a row needs.
pub(crate) struct Import<'a> {
    warehouse: &'a Warehouse,
    reference: Option<Arc<Reference>>,
    files: &'a Path,
    dry_run: bool,
    /// Keys of this run: in a dry run nothing else tells that a row comes twice.
    seen: HashMap<[u8; 16], [u8; 16]>,
}

/// One row with its values by column.
pub(crate) struct Row<'a> {
    columns: &'a [String],
    fields: &'a [String],
}

impl Row<'_> {
    /// The value; empty when the column or the value is absent.
    pub(crate) fn text(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|c| c == column);
        place.and_then(|n| self.fields.get(n)).map_or("", String::as_str)
    }

    /// A value every row has.
    pub(crate) fn required(&self, column: &'static str) -> Result<&str, Stop> {
        let text = self.text(column);
        if text.is_empty() {
            return Err(refused(Some(column), "valueMissing", "Thiếu giá trị bắt buộc"));
        }
        Ok(text)
    }

    fn hash(&self, columns: &[Column], files: &[[u8; 32]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for column in columns {
            let value = self.text(column.name);
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value);
        }
        files.iter().for_each(|file| hash.update(file));
        hash.finalize().into()
    }
}

/// Takes a list over; a server may run beside it. `tell` hears of every row that is not simply added.
///
/// # Errors
/// See [`ImportError`].
pub fn import(
    config: &Config,
    wish: &ImportWish,
    tell: &mut dyn FnMut(&RowReport),
) -> Result<ImportReport, ImportError> {
    let warehouse = Warehouse::beside(config)?;
    let columns = columns(wish.kind);
    let (mut csv, names) = open(&wish.csv, columns)?;
    let reference = warehouse.reference()?;
    if reference.is_none() && wish.kind != ImportKind::Owners {
        return Err(ImportError::NoReference);
    }
    let mut run = Import {
        warehouse: &warehouse,
        reference,
        files: &wish.files,
        dry_run: wish.dry_run,
        seen: HashMap::new(),
    };
    let mut report =
        ImportReport { kind: wish.kind, dry_run: wish.dry_run, rows: 0, added: 0, there: 0, refused: 0 };
    while let Some(record) = csv.next()? {
        report.rows += 1;
        let outcome = match &record.fields {
            Err(fault) => Err(row_fault(*fault)),
            Ok(fields) => {
                let row = Row { columns: &names, fields };
                match wish.kind {
                    ImportKind::Owners => run.owner(&row),
                    ImportKind::Documents => run.document(&row),
                    ImportKind::Dossiers => run.dossier(&row),
                }
            }
        };
        let mut say = |what: Refused, refused: bool| {
            let Refused { column, code, message } = what;
            tell(&RowReport { line: record.line, column, code, message, refused });
        };
        match outcome {
            Ok(Entered::Added) => report.added += 1,
            Ok(Entered::There) => report.there += 1,
            Ok(Entered::Noted(note)) => {
                report.added += 1;
                say(note, false);
            }
            Err(Stop::Refused(why)) => {
                report.refused += 1;
                say(why, true);
            }
            Err(Stop::Store(error)) => return Err(error.into()),
        }
    }
    if !wish.dry_run {
        let subject = format!(
            "{}: {} added, {} there, {} refused",
            wish.kind.word(),
            report.added,
            report.there,
            report.refused
        );
        warehouse.note_command("imported", subject)?;
    }
    Ok(report)
}

/// A list and the names of its columns, all of them known and none that is needed absent.
fn open(list: &Path, columns: &[Column]) -> Result<(Csv<BufReader<File>>, Vec<String>), ImportError> {
    let csv = Csv::open(BufReader::new(File::open(list)?))?.map_err(|f| head_fault(&f))?;
    let names = csv.columns().to_vec();
    let unknown = names.iter().find(|n| !columns.iter().any(|c| c.name == *n));
    if let Some(unknown) = unknown {
        return Err(ImportError::Head(format!("không có cột nào tên \"{unknown}\"")));
    }
    if let Some(absent) = columns.iter().find(|c| c.required && !names.iter().any(|n| n == c.name)) {
        return Err(ImportError::Head(format!("thiếu cột \"{}\"", absent.name)));
    }
    Ok((csv, names))
}

impl Import<'_> {
    /// Was a row with that key taken over before, in this run or an earlier one.
    fn is_there(&mut self, kind: ImportKind, key: &str, row_hash: &[u8; 32]) -> Result<bool, Stop> {
        let held = self.warehouse.records.read(|v| v.imported(kind.word(), key))?;
        let mut same = held.map(|held| held == *row_hash);
        if self.dry_run && same.is_none() {
            let short = |hash: &[u8]| {
                let mut out = [0u8; 16];
                out.copy_from_slice(&hash[..16]);
                out
            };
            let earlier = self.seen.insert(short(&Sha256::digest(key)), short(row_hash));
            same = earlier.map(|earlier| earlier == short(row_hash));
        }
        match same {
            None => Ok(false),
            Some(true) => Ok(true),
            Some(false) => {
                Err(refused(None, "rowChanged", "Đã nhập trước đây với nội dung khác; không ghi đè"))
            }
        }
    }

    /// Writes what a row brings, with its entry in the audit, in one transaction; nothing in a dry run.
    fn commit(
        &self,
        kind: ImportKind,
        key: &str,
        row_hash: &[u8; 32],
        subject: String,
        write: impl FnOnce(&crate::store::View<'_>) -> Result<(), StoreError>,
    ) -> Result<(), Stop> {
        if self.dry_run {
            return Ok(());
        }
        let (now, action) = match kind {
            ImportKind::Owners => (self.warehouse.now(), "owner.imported"),
            ImportKind::Documents => (self.warehouse.now(), "paper.imported"),
            ImportKind::Dossiers => (self.warehouse.now(), "dossier.imported"),
        };
        self.warehouse.records.write(|v| {
            write(v)?;
            v.put_import(kind.word(), key, row_hash, now)?;
            v.audit(&command(action, subject, now))
        })?;
        Ok(())
    }
}

fn head_fault(fault: &HeadFault) -> ImportError {
    ImportError::Head(match fault {
        HeadFault::Empty => "tệp trống".to_owned(),
        HeadFault::NotUtf8 => "tệp không phải UTF-8 (trong Excel: lưu dạng \"CSV UTF-8\")".to_owned(),
        HeadFault::Broken => "không đọc được".to_owned(),
        HeadFault::Twice(name) => format!("cột \"{name}\" có hai lần"),
    })
}

fn row_fault(fault: Fault) -> Stop {
    let (code, message) = match fault {
        Fault::TooLong => ("rowTooLong", "Dòng quá dài"),
        Fault::NotUtf8 => ("rowNotUtf8", "Dòng có ký tự không phải UTF-8"),
        Fault::Quotes => ("rowQuotes", "Dấu ngoặc kép không khớp"),
        Fault::Control => ("rowControl", "Dòng có ký tự điều khiển"),
        Fault::Columns => ("rowColumns", "Số cột không khớp dòng tiêu đề"),
    };
    refused(None, code, message)
}
