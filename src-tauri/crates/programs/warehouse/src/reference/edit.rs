//! The lists row by row: what an administrator sees and changes in the window, and by `motcua-warehouse admin`.

use super::tables::{self, CellFault, RowChange, SHEETS, Table, cell, fault};
use super::versions::{self, ReferenceError, Taking, Which, begin_of, find, take_in};
use crate::audit::Hand;
use crate::{Config, Warehouse};
use motcua_dossier::{Day, ReferenceData};
use motcua_wire::sheets::{self, key_of};
use motcua_wire::{
    CellDiff, ChangeReport, EditFault, NewerVersion, RowDiff, RowFate, RowStep, SheetChange, SheetEdit,
    SheetList, SheetRow, VersionLine,
};
use serde::Serialize;

const SHEET_UNKNOWN: (&str, &str) = ("sheetUnknown", "Không có danh sách tên này");
const ROW_GONE: (&str, &str) =
    ("rowGone", "Dòng này không còn trong danh sách: hãy xem lại phiên bản mới rồi sửa lại");
const CELLS: (&str, &str) = ("rowColumns", "Số ô của dòng không khớp số cột của danh sách");

/// The lists of a version, or of the one in force.
pub(crate) fn sheets(
    warehouse: &Warehouse,
    version: Option<u64>,
    may_change: bool,
) -> Result<SheetList, ReferenceError> {
    let data = find(warehouse, version.map_or(Which::Now, Which::Version))?;
    let sheets = sheets::heads(&data);
    Ok(SheetList { version: data.version, effective_at: data.effective_at, may_change, sheets })
}

/// The rows of one list; none when there is no such list.
pub(crate) fn rows(
    warehouse: &Warehouse,
    version: u64,
    sheet: &str,
) -> Result<Option<Vec<SheetRow>>, ReferenceError> {
    let data = find(warehouse, Which::Version(version))?;
    Ok(sheets::rows(&data, sheet))
}

/// Looks at a change or makes a version of it. Nothing is made when something is wrong, when another version is in
/// force on the day than the one looked at, or when the content is there already.
pub(crate) fn change(
    warehouse: &Warehouse,
    hand: &Hand,
    wish: &SheetChange,
) -> Result<ChangeReport, ReferenceError> {
    let now = warehouse.now();
    let effective = wish.from.map_or(now, |day| begin_of(day).max(now));
    let (before, newest) = warehouse.records.read(|v| {
        let version = v.reference_in_force(effective)?;
        let data = version.map(|version| v.reference_version(version)).transpose()?.flatten();
        Ok((data, v.newest_reference_version()?))
    })?;
    let under = before.as_ref().map_or(0, |data| data.version);
    if under != wish.base {
        let rows = versions::diff(warehouse, wish.base, under)?.into_iter().map(row_diff).collect();
        let newer = Some(NewerVersion { version: under, rows });
        return Ok(ChangeReport { newer, ..ChangeReport::default() });
    }
    let base = match wish.like {
        Some(version) => find(warehouse, Which::Version(version))?,
        None => before.clone().unwrap_or_default(),
    };
    let mut tables = tables::tables_of(&base);
    let read = match edit(&mut tables, &wish.edits) {
        Ok(()) => tables::data_of(&tables),
        Err(faults) => Err(faults),
    };
    let taking = Taking { effective, source: wish.reason.trim(), hand, dry_run: !wish.save };
    let report = take_in(warehouse, (before, newest), read, &taking)?;
    Ok(ChangeReport {
        version: report.version,
        unchanged: report.unchanged,
        effective_at: report.effective_at,
        faults: report.faults.into_iter().map(|wrong| placed(&tables, wrong)).collect(),
        rows: report.changes.into_iter().map(row_diff).collect(),
        newer: None,
        replaced_by: report.replaced_by,
    })
}

/// Puts the edits into the lists. Every row that is named is looked up before any is touched, so that a row may take
/// the key another one gives up.
fn edit(tables: &mut [Table], edits: &[SheetEdit]) -> Result<(), Vec<CellFault>> {
    let mut faults = Vec::new();
    let mut fresh = Vec::new();
    let mut gone = Vec::new();
    for (edit, number) in edits.iter().zip(1..) {
        let Some((at, table)) = tables.iter().enumerate().find(|(_, t)| t.sheet.name == edit.sheet) else {
            faults.push(fault(&edit.sheet, 0, None, SHEET_UNKNOWN));
            continue;
        };
        let cells: Option<Vec<String>> =
            edit.cells.as_ref().map(|cells| cells.iter().map(|text| cell(text)).collect());
        if cells.as_ref().is_some_and(|cells| cells.len() != table.sheet.columns.len()) {
            faults.push(fault(&edit.sheet, 0, None, CELLS));
            continue;
        }
        let place = match &edit.key {
            None => None,
            Some(key) => {
                let found = table.rows.iter().position(|(_, cells)| key_of(table.sheet, cells) == *key);
                if found.is_none() {
                    faults.push(fault(&edit.sheet, 0, None, ROW_GONE));
                    continue;
                }
                found
            }
        };
        fresh.push((at, place, cells, number));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let last = tables.iter().flat_map(|t| t.rows.iter().map(|(number, _)| *number)).max().unwrap_or(1);
    for (at, place, cells, number) in fresh {
        let Some(table) = tables.get_mut(at) else { continue };
        match (place, cells) {
            (Some(row), Some(cells)) => {
                if let Some((_, held)) = table.rows.get_mut(row) {
                    *held = cells;
                }
            }
            (Some(row), None) => gone.push((at, row)),
            (None, Some(cells)) => table.rows.push((last + number, cells)),
            (None, None) => {}
        }
    }
    gone.sort_unstable();
    gone.dedup();
    for (at, row) in gone.into_iter().rev() {
        if let Some(table) = tables.get_mut(at) {
            table.rows.remove(row);
        }
    }
    Ok(())
}

/// Where something is wrong, by the row's key: row numbers are of files.
fn placed(tables: &[Table], wrong: CellFault) -> EditFault {
    let table = tables.iter().find(|table| table.sheet.name == wrong.sheet);
    let row = table.and_then(|table| table.rows.iter().find(|(number, _)| *number == wrong.row));
    let key = table.zip(row).map(|(table, (_, cells))| key_of(table.sheet, cells)).unwrap_or_default();
    let (code, message) = (wrong.code.to_owned(), wrong.message.to_owned());
    EditFault { sheet: wrong.sheet, key, column: wrong.column, code, message }
}

fn row_diff(change: RowChange) -> RowDiff {
    let cells = change.cells.into_iter();
    RowDiff {
        sheet: change.sheet.to_owned(),
        key: change.key,
        fate: match change.what {
            "added" => RowFate::Added,
            "removed" => RowFate::Removed,
            _ => RowFate::Changed,
        },
        cells: cells
            .map(|(column, before, after)| CellDiff { column: column.to_owned(), before, after })
            .collect(),
    }
}

/// Every version, newest first.
pub(crate) fn version_lines(warehouse: &Warehouse) -> Result<Vec<VersionLine>, ReferenceError> {
    let lines = versions::list(warehouse)?.into_iter().map(|row| VersionLine {
        version: row.version,
        effective_at: row.effective_at,
        made_at: row.loaded_at,
        reason: row.source,
        officer: row.officer,
        in_force: row.in_force,
        planned: row.planned,
    });
    Ok(lines.collect())
}

/// What differs between two versions.
pub(crate) fn diff_rows(warehouse: &Warehouse, from: u64, to: u64) -> Result<Vec<RowDiff>, ReferenceError> {
    Ok(versions::diff(warehouse, from, to)?.into_iter().map(row_diff).collect())
}

/// In which versions a row was not as before.
pub(crate) fn row_steps(
    warehouse: &Warehouse,
    sheet: &str,
    key: &str,
) -> Result<Vec<RowStep>, ReferenceError> {
    let steps = versions::history(warehouse, sheet, key)?.into_iter().map(|step| RowStep {
        version: step.version,
        effective_at: step.effective_at,
        change: row_diff(step.change),
    });
    Ok(steps.collect())
}

/// One list of a version with its columns.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowsReport {
    /// Which version.
    pub version: u64,
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<SheetRow>,
}

/// The rows of one list; none when there is no such list.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_rows(
    config: &Config,
    sheet: &str,
    which: Which,
) -> Result<Option<RowsReport>, ReferenceError> {
    let warehouse = Warehouse::beside(config)?;
    let version = find(&warehouse, which)?.version;
    let columns = SHEETS.iter().find(|known| known.name == sheet).map(|known| known.columns.to_vec());
    let rows = rows(&warehouse, version, sheet)?;
    Ok(columns.zip(rows).map(|(columns, rows)| RowsReport { version, columns, rows }))
}

/// How one row becomes another one.
pub struct RowWish<'a> {
    /// Which list.
    pub sheet: &'a str,
    /// The row it was; none for a new one.
    pub key: Option<&'a str>,
    /// Column and value; the others stay. None when the row goes.
    pub cells: Option<&'a [(String, String)]>,
}

/// Changes, adds or removes one row over what is in force on the day.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_set(
    config: &Config,
    wish: &RowWish<'_>,
    (from, reason, save): (Option<Day>, &str, bool),
) -> Result<ChangeReport, ReferenceError> {
    let warehouse = Warehouse::beside(config)?;
    let base = on_day(&warehouse, from)?;
    let cells = match whole_row(&base, wish) {
        Ok(cells) => cells,
        Err(wrong) => {
            let faults = vec![placed(&[], wrong)];
            return Ok(ChangeReport { faults, ..ChangeReport::default() });
        }
    };
    let edit = SheetEdit { sheet: wish.sheet.to_owned(), key: wish.key.map(str::to_owned), cells };
    let change_wish = SheetChange {
        base: base.version,
        like: None,
        edits: vec![edit],
        from,
        reason: reason.to_owned(),
        save,
    };
    change(&warehouse, &Hand::operator(), &change_wish)
}

/// Every cell of the row: what is not named is as it was, or empty.
fn whole_row(base: &ReferenceData, wish: &RowWish<'_>) -> Result<Option<Vec<String>>, CellFault> {
    let Some(named) = wish.cells else { return Ok(None) };
    let wrong = |column: Option<&str>, what| fault(wish.sheet, 0, column, what);
    let tables = tables::tables_of(base);
    let table = tables.iter().find(|table| table.sheet.name == wish.sheet);
    let table = table.ok_or_else(|| wrong(None, SHEET_UNKNOWN))?;
    let mut cells = match wish.key {
        None => vec![String::new(); table.sheet.columns.len()],
        Some(key) => {
            let held = table.rows.iter().find(|(_, cells)| key_of(table.sheet, cells) == key);
            held.map(|(_, cells)| cells.clone()).ok_or_else(|| wrong(None, ROW_GONE))?
        }
    };
    for (column, value) in named {
        let place = table.sheet.columns.iter().position(|known| known == column);
        let held = place.and_then(|place| cells.get_mut(place));
        *held.ok_or_else(|| wrong(Some(column), ("columnUnknown", "Không có cột tên này")))? = value.clone();
    }
    Ok(Some(cells))
}

/// Brings the content of an earlier version back as a new one; nothing is deleted.
///
/// # Errors
/// See [`ReferenceError`].
pub fn reference_undo(
    config: &Config,
    like: u64,
    (from, reason, save): (Option<Day>, &str, bool),
) -> Result<ChangeReport, ReferenceError> {
    let warehouse = Warehouse::beside(config)?;
    let base = on_day(&warehouse, from)?.version;
    let wish = SheetChange { base, like: Some(like), edits: vec![], from, reason: reason.to_owned(), save };
    change(&warehouse, &Hand::operator(), &wish)
}

/// What is in force at the beginning of that day, or now.
fn on_day(warehouse: &Warehouse, from: Option<Day>) -> Result<ReferenceData, ReferenceError> {
    let now = warehouse.now();
    let effective = from.map_or(now, |day| begin_of(day).max(now));
    let version = warehouse.records.read(|v| v.reference_in_force(effective))?;
    version.map_or_else(|| Ok(ReferenceData::default()), |version| find(warehouse, Which::Version(version)))
}
