//! The rest of the reference data: hours, forms, guides, targets and the texts of notices; and what is
//! wrong with a whole version of it.

use crate::rules::minute_of;
use crate::{AgencyCode, Day, LawRule, OrgNode, ReferenceData, RuleKey};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Hours in which an office is open on one day of the week; a day may have two rows (morning, afternoon).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkingHours {
    /// 1 Monday … 7 Sunday (ISO 8601).
    pub weekday: u8,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`.
    pub until: String,
}

/// A printed form ("Mẫu 02: Phiếu yêu cầu bổ sung") whose text is data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormTemplate {
    /// Number of the form ("01").
    pub code: String,
    /// Name as printed.
    pub name: String,
    /// Size of paper ("A5").
    pub paper: String,
    /// Its text with placeholders.
    pub text: String,
}

/// A text people are shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuideText {
    /// What it is for.
    pub key: String,
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
}

/// A database of the state in which officers look things up instead of asking for a paper.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Database {
    /// Short name ("CSDLQGVDC").
    pub code: String,
    /// Name as printed.
    pub name: String,
}

/// What the office is measured by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Target {
    /// Code of the indicator ("4.2").
    pub code: String,
    /// Name of the indicator.
    pub name: String,
    /// Year it is set for.
    pub year: u16,
    /// Hundredths of a percent: 8000 is 80 %.
    pub rate: u32,
}

/// The indicator "khai thác, sử dụng lại thông tin, dữ liệu số hóa" (Decision 766/QĐ-TTg).
const REUSE: &str = "4.3";

/// Its target where the reference data have none, in hundredths of a percent: that of the source documents.
const USUAL_REUSE: u32 = 6000;

impl ReferenceData {
    /// Dossiers that reuse a paper, of a hundred: what the province is to reach in a year, in hundredths of a percent. A
    /// year without a target has the last one's.
    pub(crate) fn provincial_reuse_target(&self, year: u16) -> u32 {
        let set = self.targets.iter().filter(|target| target.code == REUSE && target.year <= year);
        set.max_by_key(|target| target.year).map_or(USUAL_REUSE, |target| target.rate)
    }
}

/// What people are told of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// The dossier was accepted.
    Received,
    /// Something has to be handed in.
    NeedsSupplement,
    /// The result is there.
    ResultReady,
    /// The day promised has passed: an apology.
    Overdue,
    /// Another day is promised (form 04).
    NewAppointment,
    /// It was stopped, as its applicant asked.
    Stopped,
    /// It was refused after it had been accepted.
    Refused,
    /// It was not accepted and may come again (form 02).
    NotYetAccepted,
    /// It was not accepted (form 03).
    NotAccepted,
    /// The result that was returned was wrong, and there is a right one.
    ResultCorrected,
}

/// How people are told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeChannel {
    /// Zalo, by the number of the telephone.
    Zalo,
    /// A text message.
    Sms,
    /// An e-mail.
    Email,
}

/// The text of one event on one channel. An empty text: nothing is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoticeTemplate {
    /// Which event.
    pub event: NoticeEvent,
    /// Which channel.
    pub channel: NoticeChannel,
    /// Heading of an e-mail.
    #[serde(default)]
    pub subject: String,
    /// The text, with [`NoticeEvent::placeholders`].
    pub text: String,
}

impl NoticeEvent {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::NeedsSupplement,
        Self::ResultReady,
        Self::Overdue,
        Self::NewAppointment,
        Self::Stopped,
        Self::Refused,
        Self::NotYetAccepted,
        Self::NotAccepted,
        Self::ResultCorrected,
    ];

    /// What its text may have in braces. Reasons and what is asked for are not among them: they may say something of a
    /// person, and a message is read by whoever holds the telephone.
    #[must_use]
    pub fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::NotYetAccepted | Self::NotAccepted => &["ma_ho_so", "thu_tuc", "co_quan"],
            Self::NewAppointment => {
                &["ma_ho_so", "thu_tuc", "co_quan", "ngay_tiep_nhan", "ngay_hen_tra", "ngay_hen_moi"]
            }
            Self::Received
            | Self::NeedsSupplement
            | Self::ResultReady
            | Self::Overdue
            | Self::Stopped
            | Self::Refused
            | Self::ResultCorrected => &["ma_ho_so", "thu_tuc", "co_quan", "ngay_tiep_nhan", "ngay_hen_tra"],
        }
    }
}

impl NoticeChannel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Zalo, Self::Sms, Self::Email];
}

impl NoticeTemplate {
    /// What is sent where the reference data says nothing of an event.
    #[must_use]
    pub fn usual(event: NoticeEvent, channel: NoticeChannel) -> Self {
        let (subject, text) = match event {
            NoticeEvent::Received => (
                "Đã tiếp nhận hồ sơ {ma_ho_so}",
                "{co_quan} đã tiếp nhận hồ sơ {ma_ho_so} ({thu_tuc}) ngày {ngay_tiep_nhan}, hẹn trả kết quả ngày {ngay_hen_tra}.",
            ),
            NoticeEvent::NeedsSupplement => (
                "Hồ sơ {ma_ho_so} cần bổ sung",
                "Hồ sơ {ma_ho_so} ({thu_tuc}) cần bổ sung giấy tờ. Đề nghị liên hệ {co_quan}.",
            ),
            NoticeEvent::ResultReady => (
                "Hồ sơ {ma_ho_so} đã có kết quả",
                "Hồ sơ {ma_ho_so} ({thu_tuc}) đã có kết quả. Kết quả điện tử đã được lưu vào Kho dữ liệu; khi nhận bản giấy đề nghị mang theo Giấy tiếp nhận hồ sơ.",
            ),
            NoticeEvent::Overdue => (
                "Xin lỗi trả kết quả chậm hồ sơ {ma_ho_so}",
                "{co_quan} xin lỗi vì chưa trả kết quả hồ sơ {ma_ho_so} ({thu_tuc}) đúng hẹn ngày {ngay_hen_tra}. Chúng tôi sẽ sớm thông báo ngày hẹn mới.",
            ),
            NoticeEvent::NewAppointment => (
                "Xin lỗi và hẹn lại ngày trả kết quả hồ sơ {ma_ho_so}",
                "{co_quan} xin lỗi vì không kịp trả kết quả hồ sơ {ma_ho_so} ({thu_tuc}) như đã hẹn ngày {ngay_hen_tra}. Ngày hẹn mới: {ngay_hen_moi}.",
            ),
            NoticeEvent::Stopped => (
                "Đã dừng giải quyết hồ sơ {ma_ho_so}",
                "{co_quan} đã dừng giải quyết hồ sơ {ma_ho_so} ({thu_tuc}) theo yêu cầu của người nộp. Đề nghị liên hệ {co_quan} để nhận thông báo.",
            ),
            NoticeEvent::Refused => (
                "Hồ sơ {ma_ho_so} không được giải quyết",
                "Hồ sơ {ma_ho_so} ({thu_tuc}) không được giải quyết. Đề nghị liên hệ {co_quan} để nhận thông báo và biết lý do.",
            ),
            NoticeEvent::NotYetAccepted => (
                "Hồ sơ {ma_ho_so} cần hoàn thiện trước khi tiếp nhận",
                "Hồ sơ {ma_ho_so} ({thu_tuc}) chưa được tiếp nhận vì cần bổ sung, hoàn thiện. Đề nghị xem yêu cầu ở nơi đã nộp hồ sơ hoặc liên hệ {co_quan}.",
            ),
            NoticeEvent::NotAccepted => (
                "Hồ sơ {ma_ho_so} không được tiếp nhận",
                "Hồ sơ {ma_ho_so} ({thu_tuc}) không được tiếp nhận. Đề nghị xem lý do ở nơi đã nộp hồ sơ hoặc liên hệ {co_quan}.",
            ),
            NoticeEvent::ResultCorrected => (
                "Kết quả hồ sơ {ma_ho_so} đã được đính chính",
                "{co_quan} đã đính chính kết quả hồ sơ {ma_ho_so} ({thu_tuc}) và xin lỗi vì sai sót. Bản điện tử đúng đã thay bản cũ trong Kho dữ liệu; đề nghị liên hệ {co_quan} để đổi bản giấy.",
            ),
        };
        Self { event, channel, subject: subject.to_owned(), text: text.to_owned() }
    }

    /// Names in braces that have no value for its event.
    fn unknown_placeholder(&self) -> bool {
        [&self.subject, &self.text].iter().any(|text| {
            text.split('{').skip(1).any(|rest| {
                let name = rest.split_once('}').map(|(name, _)| name);
                name.is_none_or(|name| !self.event.placeholders().contains(&name))
            })
        })
    }
}

/// Key of the guide that is [`ReferenceData::identity_guide`]; no other guide bears it.
pub const IDENTITY_GUIDE: &str = "identity";

/// Keys of guides that name a database begin with this.
const DATABASE: &str = "csdl.";

/// One thing that is wrong in reference data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferenceFault {
    /// Which list.
    pub list: ReferenceList,
    /// Which entry of it, from 0; of a list within procedures, counted through all of them.
    pub entry: usize,
    /// Which field.
    pub field: &'static str,
    /// What.
    pub what: FaultKind,
}

/// The lists of reference data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceList {
    /// Procedures.
    Procedures,
    /// Their cases.
    Cases,
    /// Their components with the result codes that satisfy them.
    Components,
    /// Categories of papers.
    Categories,
    /// The organisation tree.
    Tree,
    /// Days off.
    DaysOff,
    /// Weekends that are worked.
    WorkedWeekends,
    /// Hours.
    Hours,
    /// Forms.
    Forms,
    /// Guides.
    Guides,
    /// Targets.
    Targets,
    /// What the law counts with.
    Rules,
    /// Texts of notices.
    Notices,
    /// What the province decided.
    Settings,
}

/// What may be wrong with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// A value has to be there.
    Missing,
    /// Another entry has it.
    Twice,
    /// Another entry of the same holds on some of its days.
    Overlap,
    /// It names an entry that is not there.
    Dangling,
    /// A node is above itself, or takes over from itself.
    Circle,
    /// It is not in the form such values have.
    Malformed,
    /// The end is before the beginning.
    Backwards,
    /// Both a day off and a day that is worked.
    Contradiction,
    /// A placeholder nobody knows.
    Placeholder,
    /// Not what its setting takes.
    Unfit,
}

impl ReferenceData {
    /// Everything that makes these data unusable. A counter takes none with a fault, a warehouse neither.
    #[must_use]
    pub fn faults(&self) -> Vec<ReferenceFault> {
        let mut found = Faults::default();
        self.procedure_faults(&mut found);
        self.tree_faults(&mut found);
        self.calendar_faults(&mut found);
        let mut numbers = BTreeSet::new();
        for (at, category) in self.categories.iter().enumerate() {
            found.text(ReferenceList::Categories, at, "name", &category.name);
            found.once(ReferenceList::Categories, at, "number", numbers.insert(category.number));
        }
        let mut codes = BTreeSet::new();
        for (at, form) in self.forms.iter().enumerate() {
            found.text(ReferenceList::Forms, at, "code", &form.code);
            found.text(ReferenceList::Forms, at, "name", &form.name);
            found.once(ReferenceList::Forms, at, "code", codes.insert(&form.code));
        }
        let mut keys = BTreeSet::from([IDENTITY_GUIDE]);
        for (at, guide) in self.guides.iter().enumerate() {
            found.text(ReferenceList::Guides, at, "key", &guide.key);
            found.once(ReferenceList::Guides, at, "key", keys.insert(&guide.key));
            if guide.is_malformed() {
                found.add(ReferenceList::Guides, at, "text", FaultKind::Malformed);
            }
        }
        let mut targets = BTreeSet::new();
        for (at, target) in self.targets.iter().enumerate() {
            found.text(ReferenceList::Targets, at, "code", &target.code);
            found.once(ReferenceList::Targets, at, "code", targets.insert((&target.code, target.year)));
            if target.rate > 10_000 {
                found.add(ReferenceList::Targets, at, "rate", FaultKind::Malformed);
            }
        }
        let mut rules: BTreeMap<RuleKey, Vec<&LawRule>> = BTreeMap::new();
        for (at, rule) in self.rules.iter().enumerate() {
            let known = rules.entry(rule.key).or_default();
            found.once(ReferenceList::Rules, at, "from", known.iter().all(|other| other.from != rule.from));
            known.push(rule);
            if !rule.is_well_formed() {
                found.add(ReferenceList::Rules, at, "value", FaultKind::Malformed);
            }
            if rule.from.zip(rule.until).is_some_and(|(from, until)| until < from) {
                found.add(ReferenceList::Rules, at, "until", FaultKind::Backwards);
            }
        }
        let mut notices = BTreeSet::new();
        for (at, notice) in self.notices.iter().enumerate() {
            found.once(ReferenceList::Notices, at, "event", notices.insert((notice.event, notice.channel)));
            if notice.unknown_placeholder() {
                found.add(ReferenceList::Notices, at, "text", FaultKind::Placeholder);
            }
        }
        found.0
    }

    /// The databases officers look into: guides `csdl.CODE` with the name as heading. Where there are none, the two
    /// the source documents name (003, component rows).
    #[must_use]
    pub fn databases(&self) -> Vec<Database> {
        let named = self.guides.iter().filter_map(|guide| {
            let code = guide.key.strip_prefix(DATABASE)?.to_owned();
            Some(Database { code, name: guide.title.clone() })
        });
        let named: Vec<Database> = named.collect();
        if !named.is_empty() {
            return named;
        }
        [("CSDLQGVDC", "Cơ sở dữ liệu quốc gia về dân cư"), ("CSDLHTĐT", "Cơ sở dữ liệu hộ tịch điện tử")]
            .map(|(code, name)| Database { code: code.to_owned(), name: name.to_owned() })
            .to_vec()
    }

    /// Do these data come after those: they are in force later, or were made later for the same moment.
    #[must_use]
    pub fn follows(&self, other: &Self) -> bool {
        (self.effective_at, self.version) > (other.effective_at, other.version)
    }

    /// The text of a notice; none when nothing is to be sent.
    #[must_use]
    pub fn notice(&self, event: NoticeEvent, channel: NoticeChannel) -> Option<NoticeTemplate> {
        let said = self.notices.iter().find(|n| (n.event, n.channel) == (event, channel));
        let template = said.cloned().unwrap_or_else(|| NoticeTemplate::usual(event, channel));
        (!template.text.trim().is_empty()).then_some(template)
    }

    fn procedure_faults(&self, found: &mut Faults) {
        let mut keys = BTreeSet::new();
        let (mut case_at, mut component_at) = (0, 0);
        for (at, procedure) in self.procedures.iter().enumerate() {
            found.text(ReferenceList::Procedures, at, "name", &procedure.name);
            found.once(ReferenceList::Procedures, at, "code", keys.insert(procedure.code.key()));
            let mut cases = BTreeSet::new();
            for case in &procedure.cases {
                found.text(ReferenceList::Cases, case_at, "code", &case.code);
                found.text(ReferenceList::Cases, case_at, "name", &case.name);
                found.once(ReferenceList::Cases, case_at, "code", cases.insert(&case.code));
                case_at += 1;
            }
            let mut numbers = BTreeSet::new();
            for component in &procedure.components {
                found.text(ReferenceList::Components, component_at, "name", &component.name);
                let fresh = component.number > 0 && numbers.insert(component.number);
                found.once(ReferenceList::Components, component_at, "number", fresh);
                component_at += 1;
            }
        }
    }

    fn tree_faults(&self, found: &mut Faults) {
        let list = ReferenceList::Tree;
        let ids: BTreeSet<&str> = self.tree.iter().map(|n| n.id.as_str()).collect();
        let mut by_id: BTreeMap<&str, Vec<&OrgNode>> = BTreeMap::new();
        let mut by_code: BTreeMap<&str, Vec<&OrgNode>> = BTreeMap::new();
        for (at, node) in self.tree.iter().enumerate() {
            found.text(list, at, "id", &node.id);
            found.text(list, at, "name", &node.name);
            // A node that moves or changes has a row for each span of days.
            let rows = by_id.entry(&node.id).or_default();
            if rows.iter().any(|other| other.from == node.from) {
                found.add(list, at, "id", FaultKind::Twice);
            } else if rows.iter().any(|other| overlap(other, node)) {
                found.add(list, at, "from", FaultKind::Overlap);
            }
            rows.push(node);
            for (field, other) in [("parent", &node.parent), ("successor", &node.successor)] {
                if other.as_deref().is_some_and(|other| !ids.contains(other)) {
                    found.add(list, at, field, FaultKind::Dangling);
                }
            }
            if node.successor.as_ref() == Some(&node.id) {
                found.add(list, at, "successor", FaultKind::Circle);
            }
            if node.from.zip(node.until).is_some_and(|(from, until)| until < from) {
                found.add(list, at, "until", FaultKind::Backwards);
            }
            if let Some(code) = node.agency_code.as_deref() {
                if AgencyCode::parse(code).is_err() {
                    found.add(list, at, "agency_code", FaultKind::Malformed);
                }
                // Whose work it is has one answer on every day.
                let named = by_code.entry(code).or_default();
                if named.iter().any(|other| other.id != node.id && overlap(other, node)) {
                    found.add(list, at, "agency_code", FaultKind::Twice);
                }
                named.push(node);
            }
        }
        for at in self.circles() {
            found.add(list, at, "parent", FaultKind::Circle);
        }
    }

    /// Rows whose node is above itself, or below one that is, on some day. A row stands for its node from its first
    /// day until another row of the node begins, so nothing changes between the first days of rows.
    fn circles(&self) -> BTreeSet<usize> {
        let begins: BTreeSet<Option<Day>> = self.tree.iter().map(|node| node.from).collect();
        let mut found = BTreeSet::new();
        for day in begins {
            let mut here: BTreeMap<&str, usize> = BTreeMap::new();
            for (at, node) in self.tree.iter().enumerate().filter(|(_, node)| node.from <= day) {
                let place = here.entry(&node.id).or_insert(at);
                if self.tree[*place].from < node.from {
                    *place = at;
                }
            }
            for at in here.values() {
                // So many steps lead out of any tree of these nodes.
                let (mut above, mut steps) = (Some(*at), 0);
                while let Some(row) = above
                    && steps <= here.len()
                {
                    above = self.tree[row].parent.as_deref().and_then(|id| here.get(id)).copied();
                    steps += 1;
                }
                if steps > here.len() {
                    found.insert(*at);
                }
            }
        }
        found
    }

    fn calendar_faults(&self, found: &mut Faults) {
        let mut days: BTreeSet<Day> = BTreeSet::new();
        for (at, off) in self.calendar.days_off.iter().enumerate() {
            found.text(ReferenceList::DaysOff, at, "reason", &off.reason);
            found.once(ReferenceList::DaysOff, at, "day", days.insert(off.day));
        }
        let mut worked = BTreeSet::new();
        for (at, day) in self.calendar.worked_weekends.iter().enumerate() {
            found.once(ReferenceList::WorkedWeekends, at, "day", worked.insert(day));
            if days.contains(day) {
                found.add(ReferenceList::WorkedWeekends, at, "day", FaultKind::Contradiction);
            }
        }
        for (at, hours) in self.hours.iter().enumerate() {
            let (from, until) = (minute_of(&hours.from), minute_of(&hours.until));
            if !(1..=7).contains(&hours.weekday) {
                found.add(ReferenceList::Hours, at, "weekday", FaultKind::Malformed);
            }
            for (field, read) in [("from", from), ("until", until)] {
                if read.is_none() {
                    found.add(ReferenceList::Hours, at, field, FaultKind::Malformed);
                }
            }
            if from.zip(until).is_some_and(|(from, until)| until <= from) {
                found.add(ReferenceList::Hours, at, "until", FaultKind::Backwards);
            }
        }
    }
}

/// Two rows hold on one day.
fn overlap(one: &OrgNode, other: &OrgNode) -> bool {
    let begins_in_time =
        |a: &OrgNode, b: &OrgNode| a.from.zip(b.until).is_none_or(|(from, until)| from <= until);
    begins_in_time(one, other) && begins_in_time(other, one)
}

#[derive(Default)]
pub(crate) struct Faults(Vec<ReferenceFault>);

impl Faults {
    pub(crate) fn all(self) -> Vec<ReferenceFault> {
        self.0
    }

    pub(crate) fn add(&mut self, list: ReferenceList, entry: usize, field: &'static str, what: FaultKind) {
        self.0.push(ReferenceFault { list, entry, field, what });
    }

    pub(crate) fn text(&mut self, list: ReferenceList, entry: usize, field: &'static str, text: &str) {
        if text.trim().is_empty() {
            self.add(list, entry, field, FaultKind::Missing);
        }
    }

    pub(crate) fn once(&mut self, list: ReferenceList, entry: usize, field: &'static str, fresh: bool) {
        if !fresh {
            self.add(list, entry, field, FaultKind::Twice);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn node(id: &str, parent: Option<&str>) -> OrgNode {
        OrgNode {
            id: id.into(),
            parent: parent.map(Into::into),
            name: format!("Đơn vị {id}"),
            level: "xã".into(),
            agency_code: None,
            from: None,
            until: None,
            successor: None,
        }
    }

    fn faults(tree: Vec<OrgNode>) -> Vec<(usize, &'static str, FaultKind)> {
        let data = ReferenceData { tree, ..ReferenceData::default() };
        data.faults().into_iter().map(|f| (f.entry, f.field, f.what)).collect()
    }

    #[test]
    fn the_target_of_reuse_is_the_years_or_the_last_one_and_sixty_where_nobody_set_one() {
        let target = |code: &str, year, rate| Target { code: code.into(), name: String::new(), year, rate };
        let targets = vec![target("4.3", 2024, 5000), target("4.2", 2026, 8000), target("4.3", 2027, 7000)];
        let data = ReferenceData { targets, ..ReferenceData::default() };
        assert_eq!(
            [2023, 2024, 2026, 2027].map(|year| data.provincial_reuse_target(year)),
            [6000, 5000, 5000, 7000]
        );
    }

    #[test]
    fn a_tree_has_no_circle_and_no_loose_end() {
        assert_eq!(faults(vec![node("a", None), node("b", Some("a"))]), []);
        assert_eq!(faults(vec![node("a", Some("x"))]), [(0, "parent", FaultKind::Dangling)]);
        let circle = [(0, "parent", FaultKind::Circle), (1, "parent", FaultKind::Circle)];
        assert_eq!(faults(vec![node("a", Some("b")), node("b", Some("a"))]), circle);
        assert_eq!(faults(vec![node("a", None), node("a", None)]), [(1, "id", FaultKind::Twice)]);
        let late = OrgNode {
            from: Some(Day::parse("02/02/2026").unwrap()),
            until: Some(Day::parse("01/02/2026").unwrap()),
            agency_code: Some("không phải mã".into()),
            ..node("a", None)
        };
        let wrong = [(0, "until", FaultKind::Backwards), (0, "agency_code", FaultKind::Malformed)];
        assert_eq!(faults(vec![late]), wrong);
    }

    fn dated(id: &str, parent: Option<&str>, from: Option<&str>, until: Option<&str>) -> OrgNode {
        let day = |text: &str| Day::parse(text).unwrap();
        OrgNode { from: from.map(day), until: until.map(day), ..node(id, parent) }
    }

    #[test]
    fn a_node_moves_on_its_day_and_no_two_rows_hold_on_one() {
        let (old, new) = (Some("31/12/2025"), Some("01/01/2026"));
        let roots = || vec![node("a", None), node("b", None)];
        let tree = |more: Vec<OrgNode>| faults([roots(), more].concat());
        assert_eq!(tree(vec![dated("c", Some("a"), None, old), dated("c", Some("b"), new, None)]), []);
        let late = dated("c", Some("b"), old, None);
        assert_eq!(tree(vec![dated("c", Some("a"), None, old), late]), [(3, "from", FaultKind::Overlap)]);
        let again = dated("c", Some("b"), new, None);
        assert_eq!(tree(vec![again.clone(), again]), [(3, "id", FaultKind::Twice)]);
        // a is below b from the day on which b was below a no more; a day earlier it would go round.
        let turned = |b_until, a_from| {
            let rows = vec![
                dated("a", None, None, old),
                dated("a", Some("b"), a_from, None),
                dated("b", Some("a"), None, b_until),
                dated("b", None, new, None),
            ];
            faults(rows)
        };
        assert_eq!(turned(old, new), []);
        let circle = vec![
            dated("a", None, None, old),
            dated("a", Some("b"), new, None),
            dated("b", Some("a"), None, None),
        ];
        assert_eq!(faults(circle), [(1, "parent", FaultKind::Circle), (2, "parent", FaultKind::Circle)]);
    }

    #[test]
    fn an_agency_has_one_place_on_every_day() {
        let coded = |node: OrgNode| OrgNode { agency_code: Some("000.01.20.H08".into()), ..node };
        let (old, new) = (Some("31/12/2025"), Some("01/01/2026"));
        let one_after_the_other =
            vec![coded(dated("a", None, None, old)), coded(dated("b", None, new, None))];
        assert_eq!(faults(one_after_the_other), []);
        let both = vec![coded(dated("a", None, None, new)), coded(dated("b", None, new, None))];
        assert_eq!(faults(both), [(1, "agency_code", FaultKind::Twice)]);
    }

    #[test]
    fn hours_and_notices_are_read_before_they_are_used() {
        let hours =
            |from: &str, until: &str| WorkingHours { weekday: 1, from: from.into(), until: until.into() };
        let notice = NoticeTemplate {
            text: "Hồ sơ {ma_ho_so}, {ho_ten}".into(),
            ..NoticeTemplate::usual(NoticeEvent::Received, NoticeChannel::Sms)
        };
        let told = |event, text: &str| NoticeTemplate {
            text: text.into(),
            ..NoticeTemplate::usual(event, NoticeChannel::Sms)
        };
        let data = ReferenceData {
            hours: vec![hours("07:30", "11:30"), hours("7:30", "11:30"), hours("13:00", "12:59")],
            notices: vec![
                notice,
                told(NoticeEvent::NewAppointment, "{ma_ho_so}: {ngay_hen_moi}"),
                told(NoticeEvent::Overdue, "{ma_ho_so}: {ngay_hen_moi}"),
                told(NoticeEvent::NotAccepted, "{ma_ho_so}: {ngay_hen_tra}"),
            ],
            ..ReferenceData::default()
        };
        let found: Vec<_> = data.faults().into_iter().map(|f| (f.list, f.entry, f.what)).collect();
        let wanted = [
            (ReferenceList::Hours, 1, FaultKind::Malformed),
            (ReferenceList::Hours, 2, FaultKind::Backwards),
            (ReferenceList::Notices, 0, FaultKind::Placeholder),
            (ReferenceList::Notices, 2, FaultKind::Placeholder),
            (ReferenceList::Notices, 3, FaultKind::Placeholder),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn every_event_has_a_text_unless_it_is_said_that_it_has_none() {
        let mut data = ReferenceData::default();
        for (event, channel) in NoticeEvent::ALL.into_iter().flat_map(|e| NoticeChannel::ALL.map(|c| (e, c)))
        {
            let usual = data.notice(event, channel).unwrap();
            assert!(!usual.unknown_placeholder() && usual.text.contains("{ma_ho_so}"));
        }
        let silent = NoticeTemplate {
            text: String::new(),
            ..NoticeTemplate::usual(NoticeEvent::Overdue, NoticeChannel::Zalo)
        };
        data.notices.push(silent);
        assert_eq!(data.notice(NoticeEvent::Overdue, NoticeChannel::Zalo), None);
        assert!(data.notice(NoticeEvent::Overdue, NoticeChannel::Sms).is_some());
    }

    #[test]
    fn what_takes_effect_later_follows_whatever_its_number() {
        let data = |version, at| ReferenceData { version, effective_at: at, ..ReferenceData::default() };
        let (old, urgent, planned) =
            (data(5, None), data(7, Some(Timestamp(10))), data(6, Some(Timestamp(20))));
        assert!(urgent.follows(&old) && planned.follows(&urgent) && !urgent.follows(&planned));
        assert!(!old.follows(&old));
    }
}
