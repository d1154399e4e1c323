//! Reference data as the lists people keep: what an administrator sees row by row, at the warehouse and, without a
//! line, on his machine. How such lists are read back is the warehouse's.

use crate::admin::{ColumnKind, SheetColumn, SheetHead, SheetRow};
use motcua_dossier::{
    CopyForm, Day, IDENTITY_GUIDE, NoticeChannel, NoticeEvent, ReferenceData, ResultCode, RuleKey, Setting,
    SettingKey, SettingKind, SigningRule,
};
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
pub const SHEETS: [Sheet; 14] = [
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
    sheet(
        "cai_dat",
        "Cài đặt của tỉnh có ngày hiệu lực: ai ký, chỉ tiêu của đơn vị, ai hỗ trợ",
        4,
        &["ma", "don_vi", "loai_giay", "tu_ngay", "den_ngay", "gia_tri", "can_cu"],
    ),
    sheet("chung_thu", "Chứng thư tin cậy và danh sách thu hồi, PEM", 2, &["so", "phan", "noi_dung"]),
];

/// What a column is called on a screen, and how it is typed.
#[must_use]
pub fn column(sheet: &Sheet, name: &str) -> (&'static str, ColumnKind) {
    use ColumnKind as K;
    let words = |words: &mut dyn Iterator<Item = &'static str>| K::Choice {
        words: words.map(str::to_owned).collect(),
        notes: vec![],
    };
    let bools = || words(&mut BOOLS.iter().map(|(word, _)| *word));
    match (sheet.name, name) {
        ("quy_dinh", "ma") => ("Quy định", words(&mut RULES.iter().map(|(word, _)| *word))),
        ("cai_dat", "ma") => {
            let words = SETTINGS.iter().map(|(word, _, _)| (*word).to_owned()).collect();
            (
                "Cài đặt",
                K::Choice { words, notes: SETTINGS.iter().map(|(_, _, note)| (*note).to_owned()).collect() },
            )
        }
        ("cai_dat", "gia_tri") => ("Giá trị", K::Text),
        ("cai_dat", "don_vi") => ("Đơn vị (mã)", K::Text),
        ("cai_dat", "loai_giay") => ("Loại giấy (mã kết quả)", K::Text),
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
#[must_use]
pub fn key_of(sheet: &Sheet, cells: &[String]) -> String {
    cells.iter().take(sheet.key).map(String::as_str).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// A list with its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Which list.
    pub sheet: &'static Sheet,
    /// Number of the row or line in its file, and the cells in the order of the columns.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Forms of copies, by the word the lists have.
pub const FORMS: [(&str, CopyForm); 6] = [
    ("Bản chính", CopyForm::Original),
    ("Bản sao y", CopyForm::TrueCopy),
    ("Bản chứng thực", CopyForm::CertifiedCopy),
    ("Sao lục", CopyForm::CopyOfCopy),
    ("Trích sao", CopyForm::Extract),
    ("Bản sao", CopyForm::Copy),
];
/// Events of notices, by the word the lists have.
pub const EVENTS: [(&str, NoticeEvent); 10] = [
    ("tiếp nhận", NoticeEvent::Received),
    ("cần bổ sung", NoticeEvent::NeedsSupplement),
    ("có kết quả", NoticeEvent::ResultReady),
    ("quá hạn", NoticeEvent::Overdue),
    ("hẹn lại", NoticeEvent::NewAppointment),
    ("dừng giải quyết", NoticeEvent::Stopped),
    ("từ chối giải quyết", NoticeEvent::Refused),
    ("chưa tiếp nhận", NoticeEvent::NotYetAccepted),
    ("không tiếp nhận", NoticeEvent::NotAccepted),
    ("đính chính kết quả", NoticeEvent::ResultCorrected),
];
/// Channels of notices, by the word the lists have.
pub const CHANNELS: [(&str, NoticeChannel); 3] =
    [("Zalo", NoticeChannel::Zalo), ("SMS", NoticeChannel::Sms), ("Email", NoticeChannel::Email)];
/// What the law counts with, by the word the lists have.
pub const RULES: [(&str, RuleKey); 7] = [
    ("trong ngày đến", RuleKey::SameDayUntil),
    ("chuyển trong ngày đến", RuleKey::TransferUntil),
    ("số lần yêu cầu bổ sung", RuleKey::Supplements),
    ("ngày báo hồ sơ chưa đủ", RuleKey::InsufficientDays),
    ("ngày xin lỗi trước hạn", RuleKey::ApologyDays),
    ("số lần hẹn lại", RuleKey::Reappointments),
    ("tài khoản cơ quan từ ngày", RuleKey::AgencyAccountFrom),
];
/// Yes and no, by the word the lists have.
pub const BOOLS: [(&str, bool); 2] = [("có", true), ("không", false)];
/// Days: is it worked, by the word the lists have.
pub const DAYS: [(&str, bool); 2] = [("nghỉ", false), ("làm việc", true)];
/// Days of the week, 1 Monday, by the word the lists have.
pub const WEEKDAYS: [(&str, u8); 7] = [("2", 1), ("3", 2), ("4", 3), ("5", 4), ("6", 5), ("7", 6), ("CN", 7)];

/// Settings by the word the lists have, with the sentence that explains each.
pub const SETTINGS: [(&str, SettingKey, &str); 10] = [
    (
        "ký giấy vào Kho",
        SettingKey::SignEntering,
        "Giấy đưa vào Kho cần chữ ký số của ai: «cơ quan» (khi không đặt) hoặc «cán bộ rồi cơ quan». Chỉ chữ ký của cán bộ thì giấy không vào Kho. Để trống đơn vị là toàn tỉnh, để trống loại giấy là mọi giấy; dòng nêu loại giấy được dùng trước, rồi đến đơn vị gần nhất. Giấy cũ nạp vào Kho từ tệp chỉ cần chữ ký của cơ quan.",
    ),
    (
        "ký giấy ở lại hồ sơ",
        SettingKey::SignStaying,
        "Bản quét chỉ lưu trong hồ sơ được nhắc ký số bằng chữ ký của ai: «cán bộ» (khi không đặt), «cơ quan» hoặc «cán bộ rồi cơ quan».",
    ),
    (
        "chỉ tiêu tái sử dụng của đơn vị",
        SettingKey::ReuseTarget,
        "Phần trăm hồ sơ có dùng lại giấy tờ số hóa mà đơn vị và các đơn vị trực thuộc phải đạt, từ 0 đến 100. Phải nêu đơn vị; chỉ tiêu chung của tỉnh nằm ở danh sách Chỉ tiêu (mã 4.3).",
    ),
    (
        "số ngày được dùng khi mất mạng",
        SettingKey::OfflineGraceDays,
        "Sau từng này ngày (tính cả ngày nghỉ) không liên lạc, giấy tờ của Kho lưu trên máy tạm không dùng; việc khác vẫn như thường. Từ 3 đến 90, khi không đặt là 14. Thiết lập riêng của máy được dùng trước.",
    ),
    (
        "số phút tự khóa",
        SettingKey::LockAfterMinutes,
        "Sau từng này phút không ai gõ, cửa sổ tự khóa. Từ 1 đến 60, khi không đặt là 10. Thiết lập riêng của máy được dùng trước.",
    ),
    (
        "hỗ trợ: tên bộ phận",
        SettingKey::SupportUnit,
        "Ai giúp cán bộ khi gặp trục trặc; hiện trong Trợ giúp (F1), ở thông báo lỗi và trong motcua doctor. Các dòng hỗ trợ của đơn vị gần nhất được dùng cùng nhau.",
    ),
    (
        "hỗ trợ: điện thoại",
        SettingKey::SupportPhone,
        "Số điện thoại của bộ phận hỗ trợ: chữ số, dấu cách, dấu chấm, dấu ngoặc, + và -.",
    ),
    (
        "hỗ trợ: giờ làm việc",
        SettingKey::SupportHours,
        "Bộ phận hỗ trợ trả lời trong những giờ nào, ví dụ 7:30–17:00 ngày làm việc.",
    ),
    ("hỗ trợ: thư điện tử", SettingKey::SupportEmail, "Địa chỉ thư điện tử của bộ phận hỗ trợ."),
    ("hỗ trợ: Zalo", SettingKey::SupportZalo, "Số hoặc tên Zalo của bộ phận hỗ trợ."),
];
/// Rules of signing, by the word the lists have.
pub const SIGNING: [(&str, SigningRule); 3] = [
    ("cán bộ", SigningRule::Officer),
    ("cơ quan", SigningRule::Agency),
    ("cán bộ rồi cơ quan", SigningRule::OfficerThenAgency),
];

fn word_of<T: PartialEq + Copy>(known: &[(&'static str, T)], value: T) -> String {
    known.iter().find(|(_, v)| *v == value).map(|(word, _)| (*word).to_owned()).unwrap_or_default()
}

/// A cell in its one form: composed letters, no space around it, line ends of one kind.
#[must_use]
pub fn cell(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().nfc().collect()
}

/// The lists of these data.
#[must_use]
pub fn tables_of(data: &ReferenceData) -> Vec<Table> {
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
    for s in &data.settings {
        add("cai_dat", setting_cells(s));
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

/// A key or a value this program has no word for stands as it is, and comes back so.
fn setting_cells(setting: &Setting) -> Vec<String> {
    let key = SettingKey::of(&setting.key);
    let word = SETTINGS.iter().find(|(_, known, _)| Some(*known) == key).map(|(word, _, _)| *word);
    let value = match key.map(SettingKey::kind) {
        Some(SettingKind::Rate) => setting.value.parse().ok().map(percent),
        Some(SettingKind::Signing(_)) => {
            let rule = SIGNING.iter().find(|(_, rule)| rule.code() == setting.value);
            rule.map(|(word, _)| (*word).to_owned())
        }
        _ => None,
    };
    let day = |day: Option<Day>| day.map(Day::format_vn).unwrap_or_default();
    vec![
        word.unwrap_or(&setting.key).to_owned(),
        setting.unit.clone().unwrap_or_default(),
        setting.paper.clone().unwrap_or_default(),
        day(setting.from),
        day(setting.until),
        value.unwrap_or_else(|| setting.value.clone()),
        setting.basis.clone(),
    ]
}

/// Heads of all lists of these data.
#[must_use]
pub fn heads(data: &ReferenceData) -> Vec<SheetHead> {
    let heads = tables_of(data).into_iter().map(|Table { sheet, rows }| SheetHead {
        name: sheet.name.to_owned(),
        about: sheet.about.to_owned(),
        columns: sheet.columns.iter().map(|name| named(sheet, name)).collect(),
        key: u32::try_from(sheet.key).unwrap_or(u32::MAX),
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
    });
    heads.collect()
}

/// The rows of one list of these data; none when there is no such list.
#[must_use]
pub fn rows(data: &ReferenceData, sheet: &str) -> Option<Vec<SheetRow>> {
    let table = tables_of(data).into_iter().find(|table| table.sheet.name == sheet)?;
    let keyed = |(_, cells): (u64, Vec<String>)| SheetRow { key: key_of(table.sheet, &cells), cells };
    Some(table.rows.into_iter().map(keyed).collect())
}

fn named(sheet: &Sheet, name: &str) -> SheetColumn {
    let (title, kind) = column(sheet, name);
    SheetColumn { name: name.to_owned(), title: title.to_owned(), kind }
}
