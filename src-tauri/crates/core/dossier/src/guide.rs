//! Guides for people: what to do, step by step, as dated data. A guide is plain text, so that an administrator
//! writes it without a program:
//!
//! ```text
//! Từ ngày: 20/07/2026
//! Liên kết: https://dichvucong.gov.vn
//! What it is for.
//! 1. First step.
//! 2. Second step.
//! What is said at the end.
//! ```

use crate::{Day, GuideText, IDENTITY_GUIDE, ReferenceData};
use serde::Serialize;

/// Key of the guide to filing from home.
pub const ONLINE_GUIDE: &str = "online";

/// Key of the guide to one's own warehouse.
pub const WAREHOUSE_GUIDE: &str = "warehouse";

/// The guides that are shipped, key and text; the first line is the heading. Those with a dot are another text of the
/// guide before it, for other days.
const SHIPPED: [(&str, &str); 5] = [
    (IDENTITY_GUIDE, include_str!("../../../../../assets/guides/identity.txt")),
    ("identity.phone", include_str!("../../../../../assets/guides/identity.phone.txt")),
    (ONLINE_GUIDE, include_str!("../../../../../assets/guides/online.txt")),
    ("online.account", include_str!("../../../../../assets/guides/online.account.txt")),
    (WAREHOUSE_GUIDE, include_str!("../../../../../assets/guides/warehouse.txt")),
];

const LINK: &str = "Liên kết:";
const FROM: &str = "Từ ngày:";
const UNTIL: &str = "Đến ngày:";
const CONTACT: &str = "Liên hệ:";

/// A guide as people follow it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Guide {
    /// What it is for, without what tells its texts apart.
    pub key: String,
    /// Heading.
    pub title: String,
    /// Address people open on their own telephone; http or https.
    pub link: Option<String>,
    /// First day; none: always before.
    pub from: Option<Day>,
    /// Last day; none: until another begins.
    pub until: Option<Day>,
    /// Whom to ask; empty: the office itself.
    pub contact: String,
    /// What stands above the steps.
    pub lead: Vec<String>,
    /// The steps in their order, without their numbers.
    pub steps: Vec<String>,
    /// What stands below the steps.
    pub notes: Vec<String>,
}

impl Guide {
    /// Reads a text; a day or an address that cannot be read is left out (the reference data's own check finds it).
    #[must_use]
    pub fn read(text: &GuideText) -> Self {
        let key = text.key.split('.').next().unwrap_or_default().to_owned();
        let mut guide = Self { key, title: text.title.trim().to_owned(), ..Self::default() };
        for line in text.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(link) = line.strip_prefix(LINK) {
                guide.link = Some(link.trim().to_owned()).filter(|link| is_address(link));
            } else if let Some(day) = line.strip_prefix(FROM) {
                guide.from = Day::parse(day.trim()).ok();
            } else if let Some(day) = line.strip_prefix(UNTIL) {
                guide.until = Day::parse(day.trim()).ok();
            } else if let Some(contact) = line.strip_prefix(CONTACT) {
                contact.trim().clone_into(&mut guide.contact);
            } else if let Some(step) = step_of(line) {
                guide.steps.push(step.to_owned());
            } else if guide.steps.is_empty() {
                guide.lead.push(line.to_owned());
            } else {
                guide.notes.push(line.to_owned());
            }
        }
        guide
    }

    fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl GuideText {
    /// The guides that are shipped, for a province that begins with them.
    #[must_use]
    pub fn shipped() -> Vec<Self> {
        let split = |(key, text): (&str, &str)| {
            let (title, text) = text.split_once('\n').unwrap_or((text, ""));
            Self { key: key.to_owned(), title: title.trim().to_owned(), text: text.trim().to_owned() }
        };
        SHIPPED.map(split).to_vec()
    }

    /// A day or an address of the text cannot be read, or its last day is before its first.
    pub(crate) fn is_malformed(&self) -> bool {
        let says = |label: &str| self.text.lines().any(|line| line.trim().starts_with(label));
        let guide = Guide::read(self);
        (says(LINK) && guide.link.is_none())
            || (says(FROM) && guide.from.is_none())
            || (says(UNTIL) && guide.until.is_none())
            || guide.from.zip(guide.until).is_some_and(|(from, until)| until < from)
    }
}

impl ReferenceData {
    /// The guides in force on a day, one of each key: those that are shipped first, the province's own after them. A
    /// text of the province takes the place of the shipped one; of several the one that began last.
    #[must_use]
    pub fn guides_on(&self, day: Day) -> Vec<Guide> {
        let shipped: Vec<Guide> = GuideText::shipped().iter().map(Guide::read).collect();
        let own = self.own_guides();
        let mut keys: Vec<&str> = vec![];
        for guide in shipped.iter().chain(&own) {
            if !keys.contains(&guide.key.as_str()) {
                keys.push(&guide.key);
            }
        }
        let best = |of: &[Guide], key: &str| {
            let holding = of.iter().filter(|guide| guide.key == key && guide.holds_on(day));
            holding.max_by_key(|guide| guide.from).cloned()
        };
        let titled = |key: &str| {
            let usual = best(&shipped, key);
            let mut guide = best(&own, key).or_else(|| usual.clone())?;
            if guide.title.is_empty() {
                guide.title = usual.map_or_else(|| guide.key.clone(), |usual| usual.title);
            }
            Some(guide)
        };
        keys.into_iter().filter_map(titled).collect()
    }

    /// The guide of a key that is in force on a day.
    #[must_use]
    pub fn guide_on(&self, key: &str, day: Day) -> Option<Guide> {
        self.guides_on(day).into_iter().find(|guide| guide.key == key)
    }

    /// Guides the province wrote. Texts that are no guide (names of databases, lists) have a key of their own kind or
    /// no step.
    fn own_guides(&self) -> Vec<Guide> {
        let identity = GuideText {
            key: IDENTITY_GUIDE.to_owned(),
            title: String::new(),
            text: self.identity_guide.clone(),
        };
        let texts = std::iter::once(&identity).chain(&self.guides);
        let guides = texts.filter(|text| is_key(&text.key) && !text.text.trim().is_empty()).map(Guide::read);
        guides.filter(|guide| guide.key == IDENTITY_GUIDE || !guide.steps.is_empty()).collect()
    }
}

/// A key that can stand in an address of the window.
fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// The text of a line that begins with a number and a dot.
fn step_of(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 2 {
        return None;
    }
    line.get(digits..)?.strip_prefix(['.', ')'])?.strip_prefix(' ').map(str::trim)
}

fn is_address(link: &str) -> bool {
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty()) && link.len() <= 200 && !link.contains(char::is_whitespace)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn text(key: &str, text: &str) -> GuideText {
        GuideText { key: key.into(), title: String::new(), text: text.into() }
    }

    #[test]
    fn the_way_to_an_account_is_the_one_of_its_day_with_the_labels_as_printed() {
        let data = ReferenceData::default();
        let now = data.guide_on(IDENTITY_GUIDE, day("20/07/2026")).unwrap();
        assert!(
            now.lead.concat().contains("VNeID") && now.steps.concat().contains("\"Xác minh danh tính số\"")
        );
        assert!(!now.steps.concat().contains("OTP"), "the telephone's way ended");
        let old = data.guide_on(IDENTITY_GUIDE, day("19/07/2026")).unwrap();
        let labels = [
            "banner \"Cổng dịch vụ công quốc gia\"",
            "\"Tài khoản được cấp bởi cổng DVC QG\"",
            "\"Đăng ký\"",
            "\"Thuê bao di động\"",
            "\"Đăng ký\"",
            "OTP",
            "\"Xác minh danh tính số\"",
        ];
        assert_eq!(old.steps.len(), labels.len());
        for (step, label) in old.steps.iter().zip(labels) {
            assert!(step.contains(label), "{label}: {step}");
        }
        assert!(old.steps.concat().contains("\"Xác nhận\""));
    }

    #[test]
    fn filing_from_home_has_its_labels_as_printed() {
        let data = ReferenceData::default();
        for on in ["19/07/2026", "22/11/2026"] {
            let online = data.guide_on(ONLINE_GUIDE, day(on)).unwrap();
            let all = online.steps.join("\n");
            for label in [
                "\"Đăng nhập\"",
                "VNeID",
                "\"Nộp trực tuyến\"",
                "\"Người nộp\"",
                "\"Chủ hồ sơ\"",
                "\"Quay lại\"",
                "\"Đồng ý và tiếp tục\"",
                "\"Nộp hồ sơ\"",
            ] {
                assert!(all.contains(label), "{on}: {label}");
            }
        }
    }

    #[test]
    fn ones_own_warehouse_has_its_labels_as_printed() {
        let own = ReferenceData::default().guide_on(WAREHOUSE_GUIDE, day("22/11/2026")).unwrap();
        let all = own.steps.join("\n");
        for label in [
            "\"Kho dữ liệu cá nhân, tổ chức\"",
            "\"Cập nhật dữ liệu kho cá nhân, tổ chức\"",
            "\"Thêm mới\"",
            "\"Hiển thị\"",
            "\"Chia sẻ\"",
            "\"Chọn tệp tin\"",
            "\"Cập nhật\"",
            "\"Bỏ qua\"",
        ] {
            assert!(all.contains(label), "{label}");
        }
    }

    #[test]
    fn a_text_of_the_province_takes_the_place_of_the_shipped_one_on_its_days() {
        let data = ReferenceData {
            identity_guide: "Đến phòng 2.\nhỏi cô Thử".into(),
            guides: vec![
                text(
                    "online.2027",
                    "Từ ngày: 01/01/2027\nLiên kết: https://a.example\nĐọc:\n1. Một\n2) Hai\nHết",
                ),
                text("csdl.QG", "Tên"),
                text("khac", "không có bước nào"),
                text("nop-thue", "1. Đến quầy 3"),
                text("ghi chú", "1. Không gọi được"),
            ],
            ..ReferenceData::default()
        };
        let keys = |on: &str| data.guides_on(day(on)).into_iter().map(|guide| guide.key).collect::<Vec<_>>();
        assert_eq!(keys("31/12/2026"), ["identity", "online", "warehouse", "nop-thue"]);
        let own = data.guide_on("online", day("01/01/2027")).unwrap();
        assert_eq!(own.steps, ["Một", "Hai"]);
        assert_eq!((own.lead, own.notes), (vec!["Đọc:".to_owned()], vec!["Hết".to_owned()]));
        assert_eq!(own.link.as_deref(), Some("https://a.example"));
        assert_eq!(own.title, "Nộp hồ sơ trực tuyến", "a text without a heading has the shipped one's");
        assert!(data.guide_on("online", day("31/12/2026")).unwrap().steps.len() > 5);
        let identity = data.guide_on("identity", day("22/11/2026")).unwrap();
        assert_eq!(
            (identity.lead.len(), identity.steps.len()),
            (2, 0),
            "a text without steps is read as it is"
        );
    }

    #[test]
    fn a_day_or_an_address_nobody_can_read_is_a_fault() {
        for (wrong, is) in [
            ("Từ ngày: mai\n1. a", true),
            ("Liên kết: javascript:alert(1)\n1. a", true),
            ("Từ ngày: 02/01/2026\nĐến ngày: 01/01/2026\n1. a", true),
            ("Từ ngày: 01/01/2026\nLiên kết: https://a.example\n1. a", false),
            ("2026 là năm nay", false),
        ] {
            let data = ReferenceData { guides: vec![text("x", wrong)], ..ReferenceData::default() };
            assert_eq!(!data.faults().is_empty(), is, "{wrong}");
        }
        assert!(GuideText::shipped().iter().all(|shipped| !shipped.is_malformed()));
    }
}
