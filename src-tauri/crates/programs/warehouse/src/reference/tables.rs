//! Reference data as lists that people keep in a spreadsheet, and back. One form for every format: what an
//! export wrote is read as the same data, so the same content is the same version.

use crate::import::column_name;
use motcua_dossier::{
    Category, ComponentSpec, CopyForm, Day, DayOff, FaultKind, FormTemplate, GuideText, HandlingCase,
    IDENTITY_GUIDE, LawRule, NoticeChannel, NoticeEvent, NoticeTemplate, OrgNode, Procedure, ProcedureCode,
    ReferenceData, ReferenceFault, ReferenceList, ResultCode, RuleKey, Target, WorkingHours, fold,
};
use motcua_signature::TrustList;
use motcua_wire::ColumnKind;
use serde::Serialize;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Longest text of one cell of a certificate; a workbook takes 32,767 characters.
const PIECE: usize = 30_000;

/// One list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// Name of the sheet, and of the CSV file.
    pub name: &'static str,
    /// For people.
    pub about: &'static str,
    /// Its columns; all are there.
    pub columns: &'static [&'static str],
    /// So many columns, from the first, tell a row from the others.
    pub key: usize,
    /// So many of the last columns came later: a file of before is read without them.
    pub late: usize,
}

const fn sheet(
    name: &'static str,
    about: &'static str,
    key: usize,
    columns: &'static [&'static str],
) -> Sheet {
    Sheet { name, about, columns, key, late: 0 }
}

/// Every list, in the order of the workbook.
pub const SHEETS: [Sheet; 13] = [
    sheet(
        "thu_tuc",
        "Thủ tục hành chính",
        1,
        &["ma", "ten", "linh_vuc", "cap", "co_quan_nop", "ma_ket_qua", "ten_ket_qua", "phien_ban"],
    ),
    Sheet {
        late: 1,
        ..sheet(
            "truong_hop",
            "Trường hợp giải quyết, thời hạn, lệ phí",
            2,
            &["ma_thu_tuc", "ma", "ten", "ngay_lam_viec", "le_phi", "gio_lam_viec"],
        )
    },
    sheet(
        "thanh_phan",
        "Thành phần hồ sơ và mã kết quả thay được",
        2,
        &[
            "ma_thu_tuc",
            "so",
            "ten",
            "hinh_thuc_ban",
            "so_luong",
            "ma_ket_qua",
            "cap_trong_ngay",
            "bat_buoc",
            "vao_kho",
        ],
    ),
    sheet("danh_muc", "Danh mục giấy tờ", 1, &["so", "ten", "ma_ket_qua"]),
    sheet(
        "to_chuc",
        "Cây tổ chức có ngày hiệu lực",
        2,
        &["ma", "tu_ngay", "den_ngay", "truc_thuoc", "ten", "cap", "ma_co_quan", "ke_thua"],
    ),
    sheet("lich", "Ngày nghỉ, ngày cuối tuần làm việc", 1, &["ngay", "loai", "ly_do"]),
    sheet("gio_lam", "Giờ làm việc", 2, &["thu", "tu", "den"]),
    sheet("bieu_mau", "Biểu mẫu", 1, &["ma", "ten", "kho_giay", "noi_dung"]),
    sheet(
        "huong_dan",
        "Hướng dẫn; khóa identity: khi chưa có định danh",
        1,
        &["khoa", "tieu_de", "noi_dung"],
    ),
    sheet("chi_tieu", "Chỉ tiêu, phần trăm", 2, &["ma", "nam", "ten", "muc"]),
    sheet(
        "quy_dinh",
        "Con số luật định có ngày hiệu lực: giờ, số lần, số ngày",
        2,
        &["ma", "tu_ngay", "den_ngay", "gia_tri", "can_cu"],
    ),
    sheet(
        "thong_bao",
        "Nội dung thông báo; để trống nội dung là không gửi",
        2,
        &["su_kien", "kenh", "tieu_de", "noi_dung"],
    ),
    sheet("chung_thu", "Chứng thư tin cậy và danh sách thu hồi, PEM", 2, &["so", "phan", "noi_dung"]),
];

/// What a column is called on a screen, and how it is typed.
pub(super) fn column(sheet: &Sheet, name: &str) -> (&'static str, ColumnKind) {
    use ColumnKind as K;
    let words = |words: &mut dyn Iterator<Item = &'static str>| K::Choice {
        words: words.map(str::to_owned).collect(),
    };
    let bools = || words(&mut BOOLS.iter().map(|(word, _)| *word));
    match (sheet.name, name) {
        ("quy_dinh", "ma") => ("Quy định", words(&mut RULES.iter().map(|(word, _)| *word))),
        ("quy_dinh", "gia_tri") => ("Giá trị", K::Text),
        ("gio_lam", "tu") => ("Từ giờ", K::Text),
        ("gio_lam", "den") => ("Đến giờ", K::Text),
        ("gio_lam", _) => ("Thứ", words(&mut WEEKDAYS.iter().map(|(word, _)| *word))),
        ("lich", "loai") => ("Loại ngày", words(&mut DAYS.iter().map(|(word, _)| *word))),
        ("chung_thu", "noi_dung") => ("Chứng thư (PEM)", K::Lines),
        ("thu_tuc" | "truong_hop" | "thanh_phan" | "danh_muc", "ten") => ("Tên", K::Lines),
        (_, "ma_thu_tuc") => ("Mã thủ tục", K::Text),
        (_, "ma") => ("Mã", K::Text),
        (_, "khoa") => ("Khóa", K::Text),
        (_, "so") => ("Số", K::Number),
        (_, "phan") => ("Phần", K::Number),
        (_, "linh_vuc") => ("Lĩnh vực", K::Text),
        (_, "cap") => ("Cấp", K::Text),
        (_, "co_quan_nop") => ("Cơ quan được nộp", bools()),
        (_, "ma_ket_qua") => ("Mã kết quả", K::Text),
        (_, "ten_ket_qua") => ("Tên kết quả", K::Text),
        (_, "phien_ban") => ("Phiên bản", K::Number),
        (_, "ngay_lam_viec") => ("Ngày làm việc", K::Number),
        (_, "gio_lam_viec") => ("Giờ làm việc", K::Number),
        (_, "le_phi") => ("Phí, lệ phí (đồng)", K::Number),
        (_, "hinh_thuc_ban") => ("Hình thức bản", words(&mut FORMS.iter().map(|(word, _)| *word))),
        (_, "so_luong") => ("Số lượng", K::Number),
        (_, "cap_trong_ngay") => ("Cấp trong (ngày)", K::Number),
        (_, "bat_buoc") => ("Bắt buộc", bools()),
        (_, "vao_kho") => ("Vào kho", bools()),
        (_, "tu_ngay") => ("Từ ngày", K::Day),
        (_, "den_ngay") => ("Đến hết ngày", K::Day),
        (_, "truc_thuoc") => ("Trực thuộc (mã)", K::Text),
        (_, "ma_co_quan") => ("Mã cơ quan", K::Text),
        (_, "ke_thua") => ("Kế thừa (mã)", K::Text),
        (_, "ngay") => ("Ngày", K::Day),
        (_, "ly_do") => ("Lý do", K::Text),
        (_, "kho_giay") => ("Khổ giấy", K::Text),
        (_, "noi_dung") => ("Nội dung", K::Lines),
        (_, "tieu_de") => ("Tiêu đề", K::Text),
        (_, "nam") => ("Năm", K::Number),
        (_, "muc") => ("Mức (%)", K::Number),
        (_, "can_cu") => ("Căn cứ", K::Text),
        (_, "su_kien") => ("Sự kiện", words(&mut EVENTS.iter().map(|(word, _)| *word))),
        (_, "kenh") => ("Kênh", words(&mut CHANNELS.iter().map(|(word, _)| *word))),
        _ => ("Tên", K::Text),
    }
}

/// What tells a row of that list from the others.
pub(super) fn key_of(sheet: &Sheet, cells: &[String]) -> String {
    cells.iter().take(sheet.key).map(String::as_str).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// A list with its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Table {
    pub(super) sheet: &'static Sheet,
    /// Number of the row or line in its file, and the cells in the order of the columns.
    pub(super) rows: Vec<(u64, Vec<String>)>,
}

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
const CONTROL: (&str, &str) = ("control", "Ô có ký tự điều khiển: hãy xóa và gõ lại");

const FORMS: [(&str, CopyForm); 6] = [
    ("Bản chính", CopyForm::Original),
    ("Bản sao y", CopyForm::TrueCopy),
    ("Bản chứng thực", CopyForm::CertifiedCopy),
    ("Sao lục", CopyForm::CopyOfCopy),
    ("Trích sao", CopyForm::Extract),
    ("Bản sao", CopyForm::Copy),
];
const EVENTS: [(&str, NoticeEvent); 9] = [
    ("tiếp nhận", NoticeEvent::Received),
    ("cần bổ sung", NoticeEvent::NeedsSupplement),
    ("có kết quả", NoticeEvent::ResultReady),
    ("quá hạn", NoticeEvent::Overdue),
    ("hẹn lại", NoticeEvent::NewAppointment),
    ("dừng giải quyết", NoticeEvent::Stopped),
    ("từ chối giải quyết", NoticeEvent::Refused),
    ("chưa tiếp nhận", NoticeEvent::NotYetAccepted),
    ("không tiếp nhận", NoticeEvent::NotAccepted),
];
const CHANNELS: [(&str, NoticeChannel); 3] =
    [("Zalo", NoticeChannel::Zalo), ("SMS", NoticeChannel::Sms), ("Email", NoticeChannel::Email)];
const RULES: [(&str, RuleKey); 7] = [
    ("trong ngày đến", RuleKey::SameDayUntil),
    ("chuyển trong ngày đến", RuleKey::TransferUntil),
    ("số lần yêu cầu bổ sung", RuleKey::Supplements),
    ("ngày báo hồ sơ chưa đủ", RuleKey::InsufficientDays),
    ("ngày xin lỗi trước hạn", RuleKey::ApologyDays),
    ("số lần hẹn lại", RuleKey::Reappointments),
    ("tài khoản cơ quan từ ngày", RuleKey::AgencyAccountFrom),
];
const BOOLS: [(&str, bool); 2] = [("có", true), ("không", false)];
const DAYS: [(&str, bool); 2] = [("nghỉ", false), ("làm việc", true)];
const WEEKDAYS: [(&str, u8); 7] = [("2", 1), ("3", 2), ("4", 3), ("5", 4), ("6", 5), ("7", 6), ("CN", 7)];

fn word_of<T: PartialEq + Copy>(known: &[(&'static str, T)], value: T) -> String {
    known.iter().find(|(_, v)| *v == value).map(|(word, _)| (*word).to_owned()).unwrap_or_default()
}

/// The sheet of that name, however it is written.
pub(super) fn sheet_of(name: &str) -> Option<&'static Sheet> {
    let name = column_name(name);
    SHEETS.iter().find(|s| s.name == name)
}

/// A cell in its one form: composed letters, no space around it, line ends of one kind.
pub(super) fn cell(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().nfc().collect()
}

/// The lists of these data.
pub(super) fn tables_of(data: &ReferenceData) -> Vec<Table> {
    let codes = |codes: &[ResultCode]| codes.iter().map(ResultCode::to_string).collect::<Vec<_>>().join("|");
    let day = |day: &Option<Day>| day.map(Day::format_vn).unwrap_or_default();
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut rows: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    let mut add = |sheet: &'static str, row: Vec<String>| rows.entry(sheet).or_default().push(row);
    for p in &data.procedures {
        add(
            "thu_tuc",
            vec![
                p.code.to_string(),
                p.name.clone(),
                p.field.clone(),
                p.level.clone(),
                word_of(&BOOLS, p.agency_applicant),
                p.result_code.as_ref().map(ResultCode::to_string).unwrap_or_default(),
                p.result_name.clone(),
                p.version.to_string(),
            ],
        );
        for c in &p.cases {
            let (days, fee) = (c.working_days.to_string(), c.fee.to_string());
            let hours = if c.working_hours == 0 { String::new() } else { c.working_hours.to_string() };
            add("truong_hop", vec![p.code.to_string(), c.code.clone(), c.name.clone(), days, fee, hours]);
        }
        for c in &p.components {
            add(
                "thanh_phan",
                vec![
                    p.code.to_string(),
                    c.number.to_string(),
                    c.name.clone(),
                    word_of(&FORMS, c.form),
                    c.quantity.to_string(),
                    codes(&c.result_codes),
                    c.fresh_days.map(|d| d.to_string()).unwrap_or_default(),
                    word_of(&BOOLS, c.required),
                    word_of(&BOOLS, c.enters_warehouse),
                ],
            );
        }
    }
    for c in &data.categories {
        add("danh_muc", vec![c.number.to_string(), c.name.clone(), codes(&c.result_codes)]);
    }
    for n in &data.tree {
        add(
            "to_chuc",
            vec![
                n.id.clone(),
                day(&n.from),
                day(&n.until),
                or_empty(&n.parent),
                n.name.clone(),
                n.level.clone(),
                or_empty(&n.agency_code),
                or_empty(&n.successor),
            ],
        );
    }
    for off in &data.calendar.days_off {
        add("lich", vec![off.day.format_vn(), word_of(&DAYS, false), off.reason.clone()]);
    }
    for worked in &data.calendar.worked_weekends {
        add("lich", vec![worked.format_vn(), word_of(&DAYS, true), String::new()]);
    }
    for h in &data.hours {
        add("gio_lam", vec![word_of(&WEEKDAYS, h.weekday), h.from.clone(), h.until.clone()]);
    }
    for f in &data.forms {
        add("bieu_mau", vec![f.code.clone(), f.name.clone(), f.paper.clone(), f.text.clone()]);
    }
    if !data.identity_guide.is_empty() {
        add("huong_dan", vec![IDENTITY_GUIDE.to_owned(), String::new(), data.identity_guide.clone()]);
    }
    for g in &data.guides {
        add("huong_dan", vec![g.key.clone(), g.title.clone(), g.text.clone()]);
    }
    for t in &data.targets {
        add("chi_tieu", vec![t.code.clone(), t.year.to_string(), t.name.clone(), percent(t.rate)]);
    }
    for r in &data.rules {
        let cells =
            vec![word_of(&RULES, r.key), day(&r.from), day(&r.until), r.value.clone(), r.basis.clone()];
        add("quy_dinh", cells);
    }
    for n in &data.notices {
        let (event, channel) = (word_of(&EVENTS, n.event), word_of(&CHANNELS, n.channel));
        add("thong_bao", vec![event, channel, n.subject.clone(), n.text.clone()]);
    }
    for (number, pem) in (1..).zip(&data.trust_pem) {
        for (part, piece) in (1..).zip(pieces(pem)) {
            add("chung_thu", vec![i64::to_string(&number), i64::to_string(&part), piece]);
        }
    }
    SHEETS
        .iter()
        .map(|sheet| {
            let rows = rows.remove(sheet.name).unwrap_or_default();
            let rows = rows.into_iter().map(|row| row.iter().map(|text| cell(text)).collect::<Vec<_>>());
            Table { sheet, rows: (2..).zip(rows).collect() }
        })
        .collect()
}

/// A long text at its line ends; never empty.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in cell(text).lines() {
        let full = pieces.last().is_some_and(|p| !p.is_empty() && p.len() + line.len() > PIECE);
        if full {
            pieces.push(String::new());
        }
        if let Some(last) = pieces.last_mut() {
            if !last.is_empty() {
                last.push('\n');
            }
            last.push_str(line);
        }
    }
    pieces
}

fn percent(rate: u32) -> String {
    let (whole, rest) = (rate / 100, rate % 100);
    match rest {
        0 => whole.to_string(),
        rest if rest.is_multiple_of(10) => format!("{whole},{}", rest / 10),
        rest => format!("{whole},{rest:02}"),
    }
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
    for wrong in data.faults() {
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
