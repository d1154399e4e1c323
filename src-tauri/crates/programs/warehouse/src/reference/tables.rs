//! Reference data as lists that people keep in a spreadsheet, and back. One form for every format: what an
//! export wrote is read as the same data, so the same content is the same version.

use crate::import::column_name;
use motcua_dossier::{
    Category, ComponentSpec, CopyForm, Day, DayOff, FaultKind, FormTemplate, GuideText, HandlingCase,
    IDENTITY_GUIDE, LawRule, NoticeTemplate, OrgNode, Procedure, ProcedureCode, ReferenceData,
    ReferenceFault, ReferenceList, ResultCode, Setting, SettingKey, SettingKind, Target, WorkingHours, fold,
};
use motcua_signature::TrustList;
use motcua_wire::sheets::{BOOLS, CHANNELS, DAYS, EVENTS, FORMS, RULES, SETTINGS, SIGNING, WEEKDAYS, key_of};
pub use motcua_wire::sheets::{SHEETS, Sheet};
pub(super) use motcua_wire::sheets::{Table, cell, tables_of};
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CellFault {
    /// Sheet, file or place in JSON.
    pub sheet: String,
    /// Row of the sheet or line of the file, from 1; 0 when it is about the whole.
    pub row: u64,
    /// Column, when it is about one.
    pub column: Option<String>,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do, in Vietnamese.
    pub message: &'static str,
}

pub(super) fn fault(
    sheet: &str,
    row: u64,
    column: Option<&str>,
    (code, message): (&'static str, &'static str),
) -> CellFault {
    CellFault { sheet: sheet.to_owned(), row, column: column.map(str::to_owned), code, message }
}

const MISSING: (&str, &str) = ("valueMissing", "Thiếu giá trị bắt buộc: hãy điền vào ô này");
const MALFORMED: (&str, &str) = ("valueMalformed", "Giá trị không đúng dạng: hãy sửa theo mẫu của cột");
const UNKNOWN: (&str, &str) = ("valueUnknown", "Không có lựa chọn này: hãy dùng đúng từ trong bản xuất ra");
const TWICE: (&str, &str) = ("valueTwice", "Trùng với dòng khác: hãy bỏ hoặc sửa một trong hai dòng");
const OVERLAP: (&str, &str) = (
    "daysOverlap",
    "Dòng khác cùng mã cũng có hiệu lực trong những ngày này: hãy sửa ngày để không chồng nhau",
);
const DANGLING: (&str, &str) =
    ("valueDangling", "Nêu một mã không có trong danh sách: hãy thêm dòng đó hoặc sửa mã");
const CIRCLE: (&str, &str) = ("circle", "Các dòng trực thuộc hoặc kế thừa lẫn nhau thành vòng: hãy sửa mã");
const BACKWARDS: (&str, &str) = ("backwards", "Kết thúc trước khi bắt đầu: hãy sửa một trong hai giá trị");
const CONTRADICTION: (&str, &str) =
    ("contradiction", "Ngày này vừa nghỉ vừa làm việc: hãy giữ một trong hai dòng");
const PLACEHOLDER: (&str, &str) = (
    "placeholderUnknown",
    "Chỗ điền không dùng được cho sự kiện này: chỉ dùng {ma_ho_so}, {thu_tuc}, {co_quan}; hồ sơ đã tiếp nhận có thêm {ngay_tiep_nhan}, {ngay_hen_tra}; hẹn lại có thêm {ngay_hen_moi}",
);
const UNTRUSTED: (&str, &str) =
    ("certificateUnreadable", "Không đọc được chứng thư hoặc danh sách thu hồi: hãy dán lại nguyên văn PEM");
const UNFIT: (&str, &str) = (
    "settingUnfit",
    "Không hợp với cài đặt này: hãy xem lời giải thích của cài đặt; số phải trong giới hạn, loại giấy chỉ dùng cho cài đặt về ký số",
);
const CONTROL: (&str, &str) = ("control", "Ô có ký tự điều khiển: hãy xóa và gõ lại");

/// The sheet of that name, however it is written.
pub(super) fn sheet_of(name: &str) -> Option<&'static Sheet> {
    let name = column_name(name);
    SHEETS.iter().find(|s| s.name == name)
}

fn percent_of(text: &str) -> Option<u32> {
    let (whole, rest) = text.trim_end_matches('%').trim().split_once([',', '.']).unwrap_or((text, ""));
    let whole = whole.trim_end_matches('%').trim();
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let cents = match rest.len() {
        0 => 0,
        1 if digits(rest) => rest.parse::<u32>().ok()? * 10,
        2 if digits(rest) => rest.parse::<u32>().ok()?,
        _ => return None,
    };
    (!whole.is_empty() && digits(whole))
        .then(|| whole.parse::<u32>().ok())??
        .checked_mul(100)?
        .checked_add(cents)
}

/// One row as it is read; what is wrong is noted and a harmless value stands in for it.
struct Row<'a> {
    sheet: &'static Sheet,
    number: u64,
    cells: &'a [String],
    faults: &'a mut Vec<CellFault>,
}

impl Row<'_> {
    fn text(&self, column: &str) -> String {
        let place = self.sheet.columns.iter().position(|c| *c == column);
        place.and_then(|n| self.cells.get(n)).map(|text| cell(text)).unwrap_or_default()
    }

    fn wrong(&mut self, column: &str, what: (&'static str, &'static str)) {
        self.faults.push(fault(self.sheet.name, self.number, Some(column), what));
    }

    fn optional(&self, column: &str) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    fn read<T>(&mut self, column: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.optional(column)?;
        let value = read(&text);
        if value.is_none() {
            self.wrong(column, MALFORMED);
        }
        value
    }

    fn must<T>(&mut self, column: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        if self.optional(column).is_none() {
            self.wrong(column, MISSING);
            return None;
        }
        self.read(column, read)
    }

    fn number<N: TryFrom<u64>>(&mut self, column: &str) -> Option<N> {
        self.must(column, |text| whole(text).and_then(|n| N::try_from(n).ok()))
    }

    fn word<T: Copy>(&mut self, column: &str, known: &[(&'static str, T)]) -> Option<T> {
        let Some(text) = self.optional(column) else {
            self.wrong(column, MISSING);
            return None;
        };
        let folded = fold(&text);
        let found = known.iter().find(|(word, _)| fold(word) == folded).map(|(_, value)| *value);
        if found.is_none() {
            self.wrong(column, UNKNOWN);
        }
        found
    }

    fn codes(&mut self, column: &str) -> Vec<ResultCode> {
        let parse = |text: &str| {
            text.split('|').map(|code| ResultCode::parse(code.trim()).ok()).collect::<Option<Vec<_>>>()
        };
        self.read(column, parse).unwrap_or_default()
    }

    fn day(&mut self, column: &str) -> Option<Day> {
        self.read(column, |text| Day::parse(text).ok())
    }
}

/// `1246` or `1.246`.
fn whole(text: &str) -> Option<u64> {
    let mut groups = text.split('.');
    let first = groups.next()?;
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let rest: Vec<_> = groups.collect();
    let grouped = rest.is_empty() || first.len() <= 3 && rest.iter().all(|g| g.len() == 3 && digits(g));
    (digits(first) && grouped).then(|| text.replace('.', "").parse().ok())?
}

/// The data of these lists; a list that is absent is empty.
///
/// # Errors
/// Everything that is wrong, each with its place.
pub(super) fn data_of(tables: &[Table]) -> Result<ReferenceData, Vec<CellFault>> {
    let mut faults = Vec::new();
    let mut data = ReferenceData::default();
    // Where each entry of a list came from, to say where a fault of the whole is.
    let mut places: BTreeMap<ReferenceList, Vec<u64>> = BTreeMap::new();
    let mut cases: Vec<(u64, Option<ProcedureCode>, HandlingCase)> = Vec::new();
    let mut components: Vec<(u64, Option<ProcedureCode>, ComponentSpec)> = Vec::new();
    let mut trust: Vec<(u64, u32, String)> = Vec::new();
    for table in tables {
        for (number, cells) in &table.rows {
            let mut row = Row { sheet: table.sheet, number: *number, cells, faults: &mut faults };
            for column in table.sheet.columns {
                if row.text(column).chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
                    row.wrong(column, CONTROL);
                }
            }
            let row = &mut row;
            let mut put = |list| places.entry(list).or_default().push(*number);
            match table.sheet.name {
                "thu_tuc" => {
                    if let Some(procedure) = procedure(row) {
                        data.procedures.push(procedure);
                        put(ReferenceList::Procedures);
                    }
                }
                "truong_hop" => {
                    let of = row.must("ma_thu_tuc", |t| ProcedureCode::parse(t).ok());
                    let case = HandlingCase {
                        code: row.text("ma"),
                        name: row.text("ten"),
                        working_days: row.number("ngay_lam_viec").unwrap_or_default(),
                        working_hours: row
                            .read("gio_lam_viec", |t| u32::try_from(whole(t)?).ok())
                            .unwrap_or_default(),
                        fee: row.read("le_phi", whole).unwrap_or_default(),
                    };
                    cases.push((*number, of, case));
                }
                "thanh_phan" => {
                    let of = row.must("ma_thu_tuc", |t| ProcedureCode::parse(t).ok());
                    components.push((*number, of, component(row)));
                }
                "danh_muc" => {
                    let number = row.number("so").unwrap_or_default();
                    let (name, result_codes) = (row.text("ten"), row.codes("ma_ket_qua"));
                    data.categories.push(Category { number, name, result_codes });
                    put(ReferenceList::Categories);
                }
                "to_chuc" => {
                    data.tree.push(OrgNode {
                        id: row.text("ma"),
                        parent: row.optional("truc_thuoc"),
                        name: row.text("ten"),
                        level: row.text("cap"),
                        agency_code: row.optional("ma_co_quan"),
                        from: row.day("tu_ngay"),
                        until: row.day("den_ngay"),
                        successor: row.optional("ke_thua"),
                    });
                    put(ReferenceList::Tree);
                }
                "lich" => {
                    let day = row.must("ngay", |t| Day::parse(t).ok());
                    match (day, row.word("loai", &DAYS)) {
                        (Some(day), Some(true)) => {
                            data.calendar.worked_weekends.push(day);
                            put(ReferenceList::WorkedWeekends);
                        }
                        (Some(day), Some(false)) => {
                            data.calendar.days_off.push(DayOff { day, reason: row.text("ly_do") });
                            put(ReferenceList::DaysOff);
                        }
                        _ => {}
                    }
                }
                "gio_lam" => {
                    if let Some(weekday) = row.word("thu", &WEEKDAYS) {
                        data.hours.push(WorkingHours {
                            weekday,
                            from: row.text("tu"),
                            until: row.text("den"),
                        });
                        put(ReferenceList::Hours);
                    }
                }
                "bieu_mau" => {
                    data.forms.push(FormTemplate {
                        code: row.text("ma"),
                        name: row.text("ten"),
                        paper: row.text("kho_giay"),
                        text: row.text("noi_dung"),
                    });
                    put(ReferenceList::Forms);
                }
                "huong_dan" if row.text("khoa") == IDENTITY_GUIDE => {
                    if !data.identity_guide.is_empty() {
                        row.wrong("khoa", TWICE);
                    }
                    data.identity_guide = row.text("noi_dung");
                }
                "huong_dan" => {
                    data.guides.push(GuideText {
                        key: row.text("khoa"),
                        title: row.text("tieu_de"),
                        text: row.text("noi_dung"),
                    });
                    put(ReferenceList::Guides);
                }
                "chi_tieu" => {
                    data.targets.push(Target {
                        code: row.text("ma"),
                        name: row.text("ten"),
                        year: row.number("nam").unwrap_or_default(),
                        rate: row.must("muc", percent_of).unwrap_or_default(),
                    });
                    put(ReferenceList::Targets);
                }
                "quy_dinh" => {
                    if let Some(key) = row.word("ma", &RULES) {
                        data.rules.push(LawRule {
                            key,
                            value: row.text("gia_tri"),
                            from: row.day("tu_ngay"),
                            until: row.day("den_ngay"),
                            basis: row.text("can_cu"),
                        });
                        put(ReferenceList::Rules);
                    }
                }
                "thong_bao" => {
                    let (event, channel) = (row.word("su_kien", &EVENTS), row.word("kenh", &CHANNELS));
                    if let (Some(event), Some(channel)) = (event, channel) {
                        let (subject, text) = (row.text("tieu_de"), row.text("noi_dung"));
                        data.notices.push(NoticeTemplate { event, channel, subject, text });
                        put(ReferenceList::Notices);
                    }
                }
                "cai_dat" => {
                    if let Some(setting) = setting(row) {
                        data.settings.push(setting);
                        put(ReferenceList::Settings);
                    }
                }
                _ => {
                    let of = row.number::<u32>("so").unwrap_or_default();
                    row.number::<u32>("phan");
                    trust.push((*number, of, row.text("noi_dung")));
                }
            }
        }
    }
    hang(&mut data, cases, components, &mut places, &mut faults);
    certificates(&mut data, trust, &mut faults);
    for wrong in data.faults().into_iter().chain(data.setting_faults()) {
        faults.push(placed(&wrong, &places));
    }
    if faults.is_empty() {
        Ok(data)
    } else {
        faults.sort_by(|a, b| (&a.sheet, a.row, &a.column).cmp(&(&b.sheet, b.row, &b.column)));
        faults.dedup();
        Err(faults)
    }
}

fn setting(row: &mut Row<'_>) -> Option<Setting> {
    let said = row.text("ma");
    let key = match SETTINGS.iter().find(|(word, _, _)| fold(word) == fold(&said)) {
        Some((_, key, _)) => key.code().to_owned(),
        // A newer program has a word for it: it stays.
        None if is_code(&said) && SettingKey::of(&said).is_none() => said,
        None => {
            row.wrong("ma", if said.is_empty() { MISSING } else { UNKNOWN });
            return None;
        }
    };
    let typed = row.text("gia_tri");
    let value = match SettingKey::of(&key).map(SettingKey::kind) {
        Some(SettingKind::Rate) => percent_of(&typed).map(|rate| rate.to_string()),
        Some(SettingKind::Number { .. }) => whole(&typed).map(|number| number.to_string()),
        Some(SettingKind::Signing(_)) => {
            let rule = SIGNING.iter().find(|(word, _)| fold(word) == fold(&typed));
            rule.map(|(_, rule)| rule.code().to_owned())
        }
        _ => None,
    };
    Some(Setting {
        key,
        unit: row.optional("don_vi"),
        paper: row.optional("loai_giay"),
        from: row.day("tu_ngay"),
        until: row.day("den_ngay"),
        value: value.unwrap_or(typed),
        basis: row.text("can_cu"),
    })
}

/// `group.name`, as codes of settings are.
fn is_code(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    text.split_once('.').is_some_and(|(group, name)| part(group) && part(name))
}

fn procedure(row: &mut Row<'_>) -> Option<Procedure> {
    let code = row.must("ma", |t| ProcedureCode::parse(t).ok());
    let procedure = Procedure {
        name: row.text("ten"),
        field: row.text("linh_vuc"),
        level: row.text("cap"),
        agency_applicant: row.optional("co_quan_nop").is_some()
            && row.word("co_quan_nop", &BOOLS).unwrap_or_default(),
        cases: vec![],
        components: vec![],
        result_code: row.read("ma_ket_qua", |t| ResultCode::parse(t).ok()),
        result_name: row.text("ten_ket_qua"),
        version: row.read("phien_ban", |t| u32::try_from(whole(t)?).ok()).unwrap_or_default(),
        code: code?,
    };
    Some(procedure)
}

fn component(row: &mut Row<'_>) -> ComponentSpec {
    ComponentSpec {
        number: row.number("so").unwrap_or_default(),
        name: row.text("ten"),
        form: row.word("hinh_thuc_ban", &FORMS).unwrap_or(CopyForm::Copy),
        quantity: row.number("so_luong").unwrap_or_default(),
        result_codes: row.codes("ma_ket_qua"),
        fresh_days: row.read("cap_trong_ngay", |t| u32::try_from(whole(t)?).ok()),
        required: row.optional("bat_buoc").is_none() || row.word("bat_buoc", &BOOLS).unwrap_or_default(),
        enters_warehouse: row.optional("vao_kho").is_some()
            && row.word("vao_kho", &BOOLS).unwrap_or_default(),
    }
}

/// Cases and components go to their procedures, in their order.
fn hang(
    data: &mut ReferenceData,
    cases: Vec<(u64, Option<ProcedureCode>, HandlingCase)>,
    components: Vec<(u64, Option<ProcedureCode>, ComponentSpec)>,
    places: &mut BTreeMap<ReferenceList, Vec<u64>>,
    faults: &mut Vec<CellFault>,
) {
    let by_key: BTreeMap<String, usize> =
        data.procedures.iter().enumerate().map(|(n, p)| (p.code.key().to_owned(), n)).collect();
    let mut of = |sheet: &str, row: u64, code: Option<&ProcedureCode>| {
        let found = by_key.get(code?.key()).copied();
        if found.is_none() {
            faults.push(fault(sheet, row, Some("ma_thu_tuc"), DANGLING));
        }
        found
    };
    let mut case_rows = vec![vec![]; data.procedures.len()];
    for (row, code, case) in cases {
        if let Some(n) = of("truong_hop", row, code.as_ref()) {
            data.procedures[n].cases.push(case);
            case_rows[n].push(row);
        }
    }
    let mut component_rows = vec![vec![]; data.procedures.len()];
    for (row, code, component) in components {
        if let Some(n) = of("thanh_phan", row, code.as_ref()) {
            data.procedures[n].components.push(component);
            component_rows[n].push(row);
        }
    }
    places.insert(ReferenceList::Cases, case_rows.concat());
    places.insert(ReferenceList::Components, component_rows.concat());
}

/// The parts of each certificate joined; each is read alone, so that its row can be named.
fn certificates(data: &mut ReferenceData, trust: Vec<(u64, u32, String)>, faults: &mut Vec<CellFault>) {
    let mut whole: Vec<(u64, u32, String)> = Vec::new();
    for (row, number, text) in trust {
        match whole.last_mut().filter(|(_, last, _)| *last == number) {
            Some((_, _, before)) => {
                before.push('\n');
                before.push_str(&text);
            }
            None => whole.push((row, number, text)),
        }
    }
    for (row, _, text) in whole {
        // A text without any block is read as an empty list.
        let blocks = text.contains("-----BEGIN ") && text.contains("-----END ");
        if !blocks || TrustList::from_pem(std::slice::from_ref(&text)).is_err() {
            faults.push(fault("chung_thu", row, Some("noi_dung"), UNTRUSTED));
        }
        data.trust_pem.push(text);
    }
}

/// The place of a fault in the lists, by the place of its entry in the data.
fn placed(wrong: &ReferenceFault, places: &BTreeMap<ReferenceList, Vec<u64>>) -> CellFault {
    use ReferenceList as L;
    let (sheet, columns): (&str, &[(&str, &str)]) = match wrong.list {
        L::Procedures => ("thu_tuc", &[("code", "ma"), ("name", "ten")]),
        L::Cases => ("truong_hop", &[("code", "ma"), ("name", "ten")]),
        L::Components => ("thanh_phan", &[("number", "so"), ("name", "ten")]),
        L::Categories => ("danh_muc", &[("number", "so"), ("name", "ten")]),
        L::Tree => (
            "to_chuc",
            &[
                ("id", "ma"),
                ("name", "ten"),
                ("parent", "truc_thuoc"),
                ("successor", "ke_thua"),
                ("from", "tu_ngay"),
                ("until", "den_ngay"),
                ("agency_code", "ma_co_quan"),
            ],
        ),
        L::DaysOff | L::WorkedWeekends => ("lich", &[("day", "ngay"), ("reason", "ly_do")]),
        L::Hours => ("gio_lam", &[("weekday", "thu"), ("from", "tu"), ("until", "den")]),
        L::Forms => ("bieu_mau", &[("code", "ma"), ("name", "ten")]),
        L::Guides => ("huong_dan", &[("key", "khoa"), ("text", "noi_dung")]),
        L::Targets => ("chi_tieu", &[("code", "ma"), ("rate", "muc")]),
        L::Rules => ("quy_dinh", &[("value", "gia_tri"), ("from", "tu_ngay"), ("until", "den_ngay")]),
        L::Notices => ("thong_bao", &[("event", "su_kien"), ("text", "noi_dung")]),
        L::Settings => (
            "cai_dat",
            &[
                ("key", "ma"),
                ("unit", "don_vi"),
                ("paper", "loai_giay"),
                ("from", "tu_ngay"),
                ("until", "den_ngay"),
                ("value", "gia_tri"),
            ],
        ),
    };
    let what = match wrong.what {
        FaultKind::Missing => MISSING,
        FaultKind::Twice => TWICE,
        FaultKind::Overlap => OVERLAP,
        FaultKind::Dangling => DANGLING,
        FaultKind::Circle => CIRCLE,
        FaultKind::Malformed => MALFORMED,
        FaultKind::Backwards => BACKWARDS,
        FaultKind::Contradiction => CONTRADICTION,
        FaultKind::Placeholder => PLACEHOLDER,
        FaultKind::Unfit => UNFIT,
    };
    let row = places.get(&wrong.list).and_then(|rows| rows.get(wrong.entry)).copied().unwrap_or_default();
    let column = columns.iter().find(|(field, _)| *field == wrong.field).map(|(_, column)| *column);
    fault(sheet, row, column, what)
}

/// One row that is not the same in two versions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowChange {
    /// Which list.
    pub sheet: &'static str,
    /// What tells the row from the others.
    pub key: String,
    /// `added`, `removed` or `changed`.
    pub what: &'static str,
    /// Columns that differ, with the value before and after; of a changed row.
    pub cells: Vec<(&'static str, String, String)>,
}

/// What differs between two versions, row by row; the order of rows is not a difference.
pub(super) fn differences(before: &[Table], after: &[Table]) -> Vec<RowChange> {
    let mut found = Vec::new();
    for (old, new) in before.iter().zip(after) {
        let sheet = new.sheet;
        let by_key = |table: &Table| -> BTreeMap<String, Vec<String>> {
            table.rows.iter().map(|(_, cells)| (key_of(sheet, cells), cells.clone())).collect()
        };
        let (old, mut new) = (by_key(old), by_key(new));
        for (key, cells) in old {
            match new.remove(&key) {
                None => found.push(RowChange { sheet: sheet.name, key, what: "removed", cells: vec![] }),
                Some(after) if after != cells => {
                    let both = sheet.columns.iter().zip(cells.into_iter().zip(after));
                    let cells = both.filter(|(_, (a, b))| a != b).map(|(c, (a, b))| (*c, a, b)).collect();
                    found.push(RowChange { sheet: sheet.name, key, what: "changed", cells });
                }
                Some(_) => {}
            }
        }
        let added = new.into_keys();
        found.extend(added.map(|key| RowChange { sheet: sheet.name, key, what: "added", cells: vec![] }));
    }
    found
}
