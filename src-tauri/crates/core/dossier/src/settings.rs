//! What a province decides for its counters and its warehouse, as dated data: who signs which paper, targets of
//! units, whom to ask for help, how long a machine works alone.
//!
//! A key or a value this program does not know is kept and has no effect: a newer warehouse may have set it.

use crate::reference::Faults;
use crate::{Attachment, AttachmentSource, ComponentRow, Day, FaultKind, ReferenceData, ReferenceFault};
use crate::{ReferenceList, ResultCode, SignerRole};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Days a machine works alone where nobody decided it.
pub const USUAL_GRACE_DAYS: u32 = 14;
/// Longest line of text a setting takes, in letters.
const MAX_LINE: usize = 200;

/// One decision with where and when it holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Setting {
    /// Code of a [`SettingKey`], or of one this program does not know.
    pub key: String,
    /// Node of the organisation tree it holds for with everything below; none: everywhere.
    #[serde(default)]
    pub unit: Option<String>,
    /// Result code of the papers it holds for; none: all of them.
    #[serde(default)]
    pub paper: Option<String>,
    /// First day; none: always before.
    #[serde(default)]
    pub from: Option<Day>,
    /// Last day; none: until another begins.
    #[serde(default)]
    pub until: Option<Day>,
    /// What was decided, in the form its key asks for.
    pub value: String,
    /// The instrument that decides it, as people cite it.
    #[serde(default)]
    pub basis: String,
}

/// What can be decided. There is none that nothing obeys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SettingKey {
    /// Who signs a paper that enters the warehouse.
    SignEntering,
    /// Who signs a scan that stays in the dossier.
    SignStaying,
    /// The target of reuse of a unit; the province's own is a row of its targets.
    ReuseTarget,
    /// Days of work without contact after which papers of others rest.
    OfflineGraceDays,
    /// Minutes without input after which the window locks.
    LockAfterMinutes,
    /// Who helps.
    SupportUnit,
    /// His telephone.
    SupportPhone,
    /// When he can be reached.
    SupportHours,
    /// His e-mail.
    SupportEmail,
    /// His Zalo.
    SupportZalo,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingKind {
    /// The code of one of these rules.
    Signing(&'static [SigningRule]),
    /// Hundredths of a percent, to 10000.
    Rate,
    /// A whole number.
    Number {
        /// Smallest.
        least: u32,
        /// Largest.
        most: u32,
    },
    /// One line of text.
    Line,
    /// Digits, spaces, dots, brackets, plus and minus.
    Phone,
    /// An address of e-mail.
    Email,
}

/// Who signs a paper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SigningRule {
    /// The officer's signature is enough; only of a paper that stays in the dossier.
    Officer,
    /// The agency's is there; whoever signed before it does not matter.
    Agency,
    /// A person's first, and the agency's after it.
    OfficerThenAgency,
}

impl SigningRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Officer, Self::Agency, Self::OfficerThenAgency];

    /// As it is written in a setting.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Agency => "agency",
            Self::OfficerThenAgency => "officer_then_agency",
        }
    }

    /// Whose signature a paper with these, oldest first, still lacks. Whoever is no agency is a person: which person may
    /// sign is told by trust, not by this.
    #[must_use]
    pub fn missing(self, signers: &[SignerRole]) -> Option<SignerRole> {
        let agency =
            |signers: &[SignerRole]| (!signers.contains(&SignerRole::Agency)).then_some(SignerRole::Agency);
        match self {
            Self::Officer => signers.is_empty().then_some(SignerRole::Officer),
            Self::Agency => agency(signers),
            Self::OfficerThenAgency => match signers.iter().position(|role| *role != SignerRole::Agency) {
                // An agency that signed first signs again, after the person.
                Some(person) => agency(&signers[person..]),
                None => Some(SignerRole::Officer),
            },
        }
    }
}

/// What may be said of a paper that enters: an officer's signature alone never lets one in.
const ENTERING: [SigningRule; 2] = [SigningRule::Agency, SigningRule::OfficerThenAgency];

impl SettingKey {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 10] = [
        Self::SignEntering,
        Self::SignStaying,
        Self::ReuseTarget,
        Self::OfflineGraceDays,
        Self::LockAfterMinutes,
        Self::SupportUnit,
        Self::SupportPhone,
        Self::SupportHours,
        Self::SupportEmail,
        Self::SupportZalo,
    ];

    /// As it is written in a setting.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SignEntering => "sign.entering",
            Self::SignStaying => "sign.staying",
            Self::ReuseTarget => "target.reuse",
            Self::OfflineGraceDays => "offline.grace_days",
            Self::LockAfterMinutes => "lock.after_minutes",
            Self::SupportUnit => "support.unit",
            Self::SupportPhone => "support.phone",
            Self::SupportHours => "support.hours",
            Self::SupportEmail => "support.email",
            Self::SupportZalo => "support.zalo",
        }
    }

    /// The key of that code; none for one this program does not know.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.code() == code)
    }

    /// How its value is written.
    #[must_use]
    pub fn kind(self) -> SettingKind {
        match self {
            Self::SignEntering => SettingKind::Signing(&ENTERING),
            Self::SignStaying => SettingKind::Signing(&SigningRule::ALL),
            Self::ReuseTarget => SettingKind::Rate,
            // A weekend at least, a quarter of a year at most.
            Self::OfflineGraceDays => SettingKind::Number { least: 3, most: 90 },
            // Never at once and never not at all.
            Self::LockAfterMinutes => SettingKind::Number { least: 1, most: 60 },
            Self::SupportUnit | Self::SupportHours | Self::SupportZalo => SettingKind::Line,
            Self::SupportPhone => SettingKind::Phone,
            Self::SupportEmail => SettingKind::Email,
        }
    }

    /// It may be said of one kind of paper.
    #[must_use]
    pub fn is_of_papers(self) -> bool {
        matches!(self, Self::SignEntering | Self::SignStaying)
    }

    /// It is said of a unit; the province's own stands elsewhere.
    #[must_use]
    pub fn is_of_units(self) -> bool {
        self == Self::ReuseTarget
    }
}

impl SettingKind {
    /// Can the value be used.
    #[must_use]
    pub fn takes(self, value: &str) -> bool {
        let plain = !value.trim().is_empty()
            && value.chars().count() <= MAX_LINE
            && !value.chars().any(char::is_control);
        let number = || value.parse::<u32>().ok();
        plain
            && match self {
                Self::Signing(rules) => rules.iter().any(|rule| rule.code() == value),
                Self::Rate => number().is_some_and(|rate| rate <= 10_000),
                Self::Number { least, most } => number().is_some_and(|n| (least..=most).contains(&n)),
                Self::Line => true,
                Self::Phone => {
                    let fits = |c: char| c.is_ascii_digit() || " .+-()".contains(c);
                    value.chars().all(fits) && value.chars().filter(char::is_ascii_digit).count() >= 3
                }
                Self::Email => {
                    let parts = value.split_once('@');
                    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
                        && !value.contains(char::is_whitespace)
                }
            }
    }
}

/// Whom to ask for help. What was not said is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SupportContact {
    /// Who helps.
    #[serde(default)]
    pub unit: String,
    /// Telephone.
    #[serde(default)]
    pub phone: String,
    /// When.
    #[serde(default)]
    pub hours: String,
    /// E-mail.
    #[serde(default)]
    pub email: String,
    /// Zalo.
    #[serde(default)]
    pub zalo: String,
}

impl SupportContact {
    /// Nothing was said at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In one line.
    #[must_use]
    pub fn line(&self) -> String {
        let zalo = if self.zalo.is_empty() { String::new() } else { format!("Zalo {}", self.zalo) };
        let parts = [&self.unit, &self.phone, &self.hours, &self.email, &zalo];
        let said: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        said.join(" · ")
    }
}

impl ComponentRow {
    /// Whose signature the row's file still lacks by what the province decided.
    #[must_use]
    pub fn needs_signature(&self, data: &ReferenceData, agency: &str, day: Day) -> Option<SignerRole> {
        let attachment = self.attachment.as_ref()?;
        if attachment.is_reused() || !attachment.is_pdf() || attachment.digitized.is_some() {
            return None;
        }
        // What an officer said of the paper counts when it enters; before, what its row asks for.
        let said = attachment.metadata.as_ref().map(|said| said.result_code.as_ref());
        let code = said.unwrap_or_else(|| self.result_codes.first());
        if self.enters_warehouse {
            return attachment.lacks(data.signing(true, agency, code, day));
        }
        let scanned = matches!(attachment.source, AttachmentSource::Scan { .. });
        attachment.lacks(data.signing(false, agency, code, day)).filter(|_| scanned)
    }

    /// "Số hóa" is possible now.
    #[must_use]
    pub fn can_digitize(&self, data: &ReferenceData, agency: &str, day: Day) -> bool {
        self.enters_warehouse
            && self.attachment.as_ref().is_some_and(|a| {
                a.is_pdf()
                    && !a.is_reused()
                    && a.digitized.is_none()
                    && self.needs_signature(data, agency, day).is_none()
            })
    }
}

impl Attachment {
    /// Whose signature it still lacks by that rule.
    #[must_use]
    pub fn lacks(&self, rule: SigningRule) -> Option<SignerRole> {
        let signers: Vec<SignerRole> = self.signatures.iter().map(|mark| mark.role).collect();
        rule.missing(&signers)
    }
}

impl Setting {
    fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl ReferenceData {
    /// Who signs a paper of that kind at an agency on a day (decision 2). Where nothing is said: the agency what enters
    /// the warehouse, the officer what stays in the dossier.
    #[must_use]
    pub fn signing(&self, enters: bool, agency: &str, paper: Option<&ResultCode>, day: Day) -> SigningRule {
        let (key, usual) = match enters {
            true => (SettingKey::SignEntering, SigningRule::Agency),
            false => (SettingKey::SignStaying, SigningRule::Officer),
        };
        let said = self.setting(key, agency, paper, day);
        said.and_then(|value| SigningRule::ALL.into_iter().find(|rule| rule.code() == value)).unwrap_or(usual)
    }

    /// What is decided of a number for an agency on a day; none where nothing is said.
    #[must_use]
    pub fn setting_number(&self, key: SettingKey, agency: &str, day: Day) -> Option<u32> {
        self.setting(key, agency, None, day)?.parse().ok()
    }

    /// Dossiers that reuse a paper, of a hundred: what an agency is to reach on a day, in hundredths of a percent. The
    /// nearest unit's target; where none is set, the province's of that year.
    #[must_use]
    pub fn reuse_target(&self, agency: &str, day: Day) -> u32 {
        let own = self.setting_number(SettingKey::ReuseTarget, agency, day);
        own.unwrap_or_else(|| self.provincial_reuse_target(u16::try_from(day.0.year()).unwrap_or(u16::MAX)))
    }

    /// Whom an agency asks for help on a day: everything that the nearest unit says that says anything. The hours of one
    /// office beside the telephone of another would be of no use.
    #[must_use]
    pub fn support(&self, agency: &str, day: Day) -> Option<SupportContact> {
        let units = self.units_above(agency, day).into_iter().map(Some).chain([None]);
        let at = |unit: Option<&str>, key| {
            let said = self.holding(key, day).filter(|set| set.unit.as_deref() == unit);
            said.max_by_key(|set| set.from).map(|set| set.value.trim().to_owned()).unwrap_or_default()
        };
        let contacts = units.map(|unit| SupportContact {
            unit: at(unit, SettingKey::SupportUnit),
            phone: at(unit, SettingKey::SupportPhone),
            hours: at(unit, SettingKey::SupportHours),
            email: at(unit, SettingKey::SupportEmail),
            zalo: at(unit, SettingKey::SupportZalo),
        });
        contacts.into_iter().find(|contact| !contact.is_empty())
    }

    /// Settings no warehouse takes in. A counter does not ask: it goes without what it does not understand, since a newer
    /// warehouse may know more than it does.
    #[must_use]
    pub fn setting_faults(&self) -> Vec<ReferenceFault> {
        let mut found = Faults::default();
        let list = ReferenceList::Settings;
        let nodes: BTreeSet<&str> = self.tree.iter().map(|node| node.id.as_str()).collect();
        let mut places = BTreeSet::new();
        for (at, set) in self.settings.iter().enumerate() {
            found.text(list, at, "key", &set.key);
            found.once(list, at, "from", places.insert((&set.key, &set.unit, &set.paper, set.from)));
            if set.unit.as_deref().is_some_and(|unit| !nodes.contains(unit)) {
                found.add(list, at, "unit", FaultKind::Dangling);
            }
            if set.from.zip(set.until).is_some_and(|(from, until)| until < from) {
                found.add(list, at, "until", FaultKind::Backwards);
            }
            if set.paper.as_deref().is_some_and(|paper| ResultCode::parse(paper).is_err()) {
                found.add(list, at, "paper", FaultKind::Malformed);
            }
            let Some(key) = SettingKey::of(&set.key) else { continue };
            if set.value.trim().is_empty() {
                found.add(list, at, "value", FaultKind::Missing);
            } else if !key.kind().takes(&set.value) {
                found.add(list, at, "value", FaultKind::Unfit);
            }
            if set.paper.is_some() && !key.is_of_papers() {
                found.add(list, at, "paper", FaultKind::Unfit);
            }
            if set.unit.is_none() && key.is_of_units() {
                found.add(list, at, "unit", FaultKind::Missing);
            }
        }
        found.all()
    }

    /// The value that holds: of that kind of paper before one of all papers, then of the nearest unit, then the one that
    /// began last.
    fn setting(&self, key: SettingKey, agency: &str, paper: Option<&ResultCode>, day: Day) -> Option<&str> {
        let units = self.units_above(agency, day);
        let near = |set: &Setting| match set.unit.as_deref() {
            None => Some(0),
            // The nearer, the larger.
            Some(unit) => units.iter().rev().position(|above| *above == unit).map(|place| place + 1),
        };
        let of = |set: &Setting| match set.paper.as_deref() {
            None => Some(false),
            Some(said) => {
                let said = ResultCode::parse(said).ok()?;
                (paper == Some(&said)).then_some(true)
            }
        };
        let fit = self.holding(key, day).filter_map(|set| Some(((of(set)?, near(set)?, set.from), set)));
        fit.max_by_key(|(rank, _)| *rank).map(|(_, set)| set.value.as_str())
    }

    /// Settings of a key on a day whose value can be used.
    fn holding(&self, key: SettingKey, day: Day) -> impl Iterator<Item = &Setting> {
        let usable =
            move |set: &&Setting| set.key == key.code() && set.holds_on(day) && key.kind().takes(&set.value);
        self.settings.iter().filter(usable)
    }

    /// The node of an agency on a day and those above it, the nearest first. One that has no place any more stands where
    /// it stood last.
    fn units_above(&self, agency: &str, day: Day) -> Vec<&str> {
        let began = |node: &&crate::OrgNode| node.from.is_none_or(|from| from <= day);
        let row_of = |is: &dyn Fn(&&crate::OrgNode) -> bool| {
            let rows = self.tree.iter().filter(began).filter(|node| is(node));
            rows.max_by_key(|node| node.from)
        };
        let mut here = row_of(&|node| node.agency_code.as_deref() == Some(agency));
        let mut above: Vec<&str> = vec![];
        while let Some(node) = here
            && !above.contains(&node.id.as_str())
        {
            above.push(&node.id);
            here = node.parent.as_deref().and_then(|parent| row_of(&|node| node.id == parent));
        }
        above
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{OrgNode, Target};
    use SignerRole::{Agency, Officer, Other};

    const OWN: &str = "000.01.20.H08";

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn node(id: &str, parent: Option<&str>, agency: Option<&str>) -> OrgNode {
        OrgNode {
            id: id.into(),
            parent: parent.map(Into::into),
            name: format!("Đơn vị {id}"),
            level: String::new(),
            agency_code: agency.map(Into::into),
            from: None,
            until: None,
            successor: None,
        }
    }

    fn set(key: SettingKey, unit: Option<&str>, value: &str) -> Setting {
        let unit = unit.map(Into::into);
        Setting { key: key.code().into(), unit, value: value.into(), ..Setting::default() }
    }

    /// Province, district, commune; another commune beside it.
    fn data(settings: Vec<Setting>) -> ReferenceData {
        let tree = vec![
            node("tinh", None, None),
            node("huyen", Some("tinh"), None),
            node("xa", Some("huyen"), Some(OWN)),
            node("xa2", Some("huyen"), Some("000.02.20.H08")),
        ];
        ReferenceData { tree, settings, ..ReferenceData::default() }
    }

    #[test]
    fn what_a_paper_lacks_is_told_by_the_order_of_its_signatures() {
        let cases: [(&[SignerRole], [Option<SignerRole>; 3]); 7] = [
            (&[], [Some(Officer), Some(Agency), Some(Officer)]),
            (&[Officer], [None, Some(Agency), Some(Agency)]),
            (&[Other], [None, Some(Agency), Some(Agency)]),
            (&[Agency], [None, None, Some(Officer)]),
            (&[Officer, Agency], [None, None, None]),
            (&[Other, Agency], [None, None, None]),
            (&[Agency, Officer], [None, None, Some(Agency)]),
        ];
        for (signers, wanted) in cases {
            assert_eq!(SigningRule::ALL.map(|rule| rule.missing(signers)), wanted, "{signers:?}");
        }
    }

    #[test]
    fn without_a_word_the_agency_signs_what_enters_and_the_officer_what_stays() {
        let data = data(vec![]);
        let on = day("22/11/2026");
        assert_eq!(data.signing(true, OWN, None, on), SigningRule::Agency);
        assert_eq!(data.signing(false, OWN, None, on), SigningRule::Officer);
        assert_eq!(ReferenceData::default().signing(true, OWN, None, on), SigningRule::Agency);
    }

    #[test]
    fn no_setting_lets_an_officers_signature_alone_into_the_warehouse() {
        let loose = data(vec![set(SettingKey::SignEntering, None, "officer")]);
        assert_eq!(loose.signing(true, OWN, None, day("22/11/2026")), SigningRule::Agency);
        let found: Vec<_> = loose.setting_faults().into_iter().map(|f| (f.field, f.what)).collect();
        assert_eq!(found, [("value", FaultKind::Unfit)]);
        assert!(data(vec![set(SettingKey::SignStaying, None, "agency")]).setting_faults().is_empty());
    }

    #[test]
    fn the_kind_of_paper_comes_before_the_unit_and_the_unit_before_the_day() {
        let birth = ResultCode::parse("KQ.G15.000001").unwrap();
        let other = ResultCode::parse("KQ.G15.000002").unwrap();
        let both = "officer_then_agency";
        let of_birth = Setting {
            paper: Some(birth.to_string()),
            from: Some(day("01/01/2026")),
            ..set(SettingKey::SignEntering, None, both)
        };
        let below = set(SettingKey::SignEntering, Some("xa"), "agency");
        let data = data(vec![of_birth, below, set(SettingKey::SignEntering, Some("huyen"), both)]);
        let on = |agency, paper, text: &str| data.signing(true, agency, paper, day(text));
        assert_eq!(on(OWN, Some(&birth), "22/11/2026"), SigningRule::OfficerThenAgency);
        assert_eq!(on(OWN, Some(&birth), "31/12/2025"), SigningRule::Agency);
        assert_eq!(on(OWN, Some(&other), "22/11/2026"), SigningRule::Agency);
        assert_eq!(on(OWN, None, "22/11/2026"), SigningRule::Agency);
        assert_eq!(on("000.02.20.H08", None, "22/11/2026"), SigningRule::OfficerThenAgency);
        assert_eq!(on("000.09.20.H08", None, "22/11/2026"), SigningRule::Agency, "an agency nobody knows");
    }

    #[test]
    fn a_units_target_holds_on_its_days_for_all_below_it_until_one_of_them_has_its_own() {
        let target = |unit, value: &str, from: &str, until: Option<&str>| Setting {
            from: Some(day(from)),
            until: until.map(day),
            ..set(SettingKey::ReuseTarget, Some(unit), value)
        };
        let mut data = data(vec![
            target("huyen", "6500", "01/01/2025", None),
            target("xa", "7000", "01/01/2026", Some("31/12/2026")),
            target("huyen", "6600", "01/01/2027", None),
        ]);
        let (code, name) = ("4.3".to_owned(), String::new());
        data.targets = vec![Target { code, name, year: 2024, rate: 5000 }];
        let on = |text: &str| data.reuse_target(OWN, day(text));
        let days = ["31/12/2023", "31/12/2024", "01/01/2025", "01/01/2026", "31/12/2026", "01/01/2027"];
        assert_eq!(days.map(on), [6000, 5000, 6500, 7000, 7000, 6600]);
        assert_eq!(data.reuse_target("000.02.20.H08", day("01/06/2026")), 6500);
        let everywhere = data_with(set(SettingKey::ReuseTarget, None, "6500"));
        assert_eq!(everywhere, [("unit", FaultKind::Missing)], "the province's stands among the targets");
    }

    fn data_with(setting: Setting) -> Vec<(&'static str, FaultKind)> {
        data(vec![setting]).setting_faults().into_iter().map(|f| (f.field, f.what)).collect()
    }

    #[test]
    fn help_comes_whole_from_the_nearest_unit_that_offers_any() {
        let all = vec![
            set(SettingKey::SupportUnit, None, "Trung tâm của tỉnh"),
            set(SettingKey::SupportHours, None, "7:30–17:00"),
            set(SettingKey::SupportPhone, Some("xa"), "0256 000 000"),
        ];
        let data = data(all);
        let on = day("22/11/2026");
        let own = data.support(OWN, on).unwrap();
        assert_eq!(
            (own.phone.as_str(), own.hours.as_str()),
            ("0256 000 000", ""),
            "not the province's hours"
        );
        let other = data.support("000.02.20.H08", on).unwrap();
        assert_eq!(other.line(), "Trung tâm của tỉnh · 7:30–17:00");
        assert_eq!(ReferenceData::default().support(OWN, on), None);
    }

    #[test]
    fn every_value_has_its_form_and_what_is_unknown_has_no_effect() {
        let takes = |key: SettingKey, value: &str| key.kind().takes(value);
        for (key, good, bad) in [
            (SettingKey::ReuseTarget, "10000", "10001"),
            (SettingKey::OfflineGraceDays, "90", "91"),
            (SettingKey::OfflineGraceDays, "3", "2"),
            (SettingKey::LockAfterMinutes, "1", "0"),
            (SettingKey::LockAfterMinutes, "60", "61"),
            (SettingKey::SupportPhone, "(0256) 3.123-456", "gọi cô Thử"),
            (SettingKey::SupportEmail, "hotro@tinh.example", "hotro"),
            (SettingKey::SupportUnit, "Tổ hỗ trợ", "\u{7}"),
            (SettingKey::SignStaying, "officer", "nobody"),
        ] {
            assert!(takes(key, good), "{key:?} {good}");
            assert!(!takes(key, bad) && !takes(key, ""), "{key:?} {bad}");
        }
        let unknown = Setting { key: "moon.phase".into(), value: "full".into(), ..Setting::default() };
        let newer = set(SettingKey::OfflineGraceDays, None, "forever");
        let data = data(vec![unknown, newer, set(SettingKey::OfflineGraceDays, None, "30")]);
        assert!(data.faults().is_empty(), "a counter takes what a newer warehouse knows");
        assert_eq!(
            data.setting_number(SettingKey::OfflineGraceDays, OWN, day("22/11/2026")),
            Some(30),
            "what cannot be read stands in nobody's way"
        );
        for key in SettingKey::ALL {
            assert_eq!(SettingKey::of(key.code()), Some(key));
        }
    }

    #[test]
    fn a_setting_names_what_is_there_and_is_said_once() {
        let grace = |unit| set(SettingKey::OfflineGraceDays, unit, "14");
        assert_eq!(data_with(grace(Some("không có"))), [("unit", FaultKind::Dangling)]);
        let of_paper = Setting { paper: Some("KQ.G15.000001".into()), ..grace(None) };
        assert_eq!(data_with(of_paper), [("paper", FaultKind::Unfit)]);
        let late = Setting { from: Some(day("02/01/2026")), until: Some(day("01/01/2026")), ..grace(None) };
        assert_eq!(data_with(late), [("until", FaultKind::Backwards)]);
        let twice = data(vec![grace(None), grace(Some("xa")), grace(None)]).setting_faults();
        assert_eq!(twice.into_iter().map(|f| (f.entry, f.what)).collect::<Vec<_>>(), [(2, FaultKind::Twice)]);
    }
}
