//! What the law counts with, as dated data: hours, days and numbers that change by decree, never by program.

use crate::{Day, ReferenceData};
use serde::{Deserialize, Serialize};

/// One thing the law sets a number, an hour or a day for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKey {
    /// `HH:MM`: what is done on the day it is asked for is due on the next working day when it came after this hour.
    SameDayUntil,
    /// `HH:MM`: a dossier goes to whoever resolves it on the same day, or first thing on the next working day when it
    /// came after this hour (Decree 61/2018 art. 18.2).
    TransferUntil,
    /// How often something more may be asked for; further times need a reason and a supervisor (art. 11.2c, 15.3).
    Supplements,
    /// Working days in which a specialist says that a dossier is not sufficient (art. 19.4).
    InsufficientDays,
    /// Days before the promised day on which an apology has to be out (art. 19.9).
    ApologyDays,
    /// How often another day may be promised (art. 19.9).
    Reappointments,
    /// `yyyy-MM-dd`: from this day on a dossier of an agency comes from the agency's own account, its papers signed or
    /// certified (source document 001).
    AgencyAccountFrom,
}

impl RuleKey {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::SameDayUntil,
        Self::TransferUntil,
        Self::Supplements,
        Self::InsufficientDays,
        Self::ApologyDays,
        Self::Reappointments,
        Self::AgencyAccountFrom,
    ];
}

/// A rule with the days it holds on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LawRule {
    /// What it sets.
    pub key: RuleKey,
    /// Number, hour or day, as the key says.
    pub value: String,
    /// First day; none: always before.
    #[serde(default)]
    pub from: Option<Day>,
    /// Last day; none: until another begins.
    #[serde(default)]
    pub until: Option<Day>,
    /// The instrument that sets it, as people cite it.
    #[serde(default)]
    pub basis: String,
}

impl LawRule {
    /// What holds where the reference data say nothing.
    #[must_use]
    pub fn usual(key: RuleKey) -> Self {
        let (value, basis) = match key {
            RuleKey::SameDayUntil => ("15:00", "Nghị định 23/2015/NĐ-CP, Điều 7"),
            RuleKey::TransferUntil => ("15:00", "Nghị định 61/2018/NĐ-CP, Điều 18"),
            RuleKey::Supplements => ("1", "Nghị định 61/2018/NĐ-CP, Điều 11, 15"),
            RuleKey::InsufficientDays => ("3", "Nghị định 61/2018/NĐ-CP, Điều 19"),
            RuleKey::ApologyDays | RuleKey::Reappointments => ("1", "Nghị định 61/2018/NĐ-CP, Điều 19"),
            RuleKey::AgencyAccountFrom => ("2024-09-11", "Công văn của UBND huyện Tuy Phước, tháng 8/2024"),
        };
        Self { key, value: value.to_owned(), from: None, until: None, basis: basis.to_owned() }
    }

    /// Its number, where it is one.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.value.parse().ok()
    }

    /// Its hour as minutes of the day, where it is one.
    #[must_use]
    pub fn minute(&self) -> Option<u16> {
        minute_of(&self.value)
    }

    /// Its day, where it is one.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        Day::parse(&self.value).ok()
    }

    /// Is the value what its key asks for.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        match self.key {
            RuleKey::SameDayUntil | RuleKey::TransferUntil => self.minute().is_some(),
            RuleKey::Supplements
            | RuleKey::InsufficientDays
            | RuleKey::ApologyDays
            | RuleKey::Reappointments => self.number().is_some_and(|number| number <= 365),
            RuleKey::AgencyAccountFrom => self.day().is_some(),
        }
    }

    fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl ReferenceData {
    /// The rule that holds on a day: the one that began last, the usual one where there is none.
    #[must_use]
    pub fn rule(&self, key: RuleKey, day: Day) -> LawRule {
        let holding = self.rules.iter().filter(|rule| rule.key == key && rule.holds_on(day));
        holding.max_by_key(|rule| rule.from).cloned().unwrap_or_else(|| LawRule::usual(key))
    }
}

/// `HH:MM` as minutes of the day.
pub(crate) fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let read = |part: &str, below: u16| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok())?.filter(|n| *n < below)
    };
    Some(read(hours, 24)? * 60 + read(minutes, 60)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn the_rule_that_began_last_holds_and_the_usual_one_where_none_does() {
        let rule = |value: &str, from: Option<&str>, until: Option<&str>| LawRule {
            value: value.into(),
            from: from.map(day),
            until: until.map(day),
            ..LawRule::usual(RuleKey::Supplements)
        };
        let data = ReferenceData {
            rules: vec![
                rule("2", Some("01/01/2027"), Some("31/12/2027")),
                rule("0", Some("01/06/2027"), None),
            ],
            ..ReferenceData::default()
        };
        let on = |text: &str| data.rule(RuleKey::Supplements, day(text)).value;
        assert_eq!(["31/12/2026", "01/01/2027", "31/05/2027"].map(on), ["1", "2", "2"].map(String::from));
        assert_eq!(["01/06/2027", "01/01/2028"].map(on), ["0", "0"].map(String::from));
        assert_eq!(data.rule(RuleKey::ApologyDays, day("01/06/2027")).number(), Some(1));
    }

    #[test]
    fn every_usual_rule_is_in_the_form_of_its_key_and_names_its_source() {
        for key in RuleKey::ALL {
            let rule = LawRule::usual(key);
            assert!(rule.is_well_formed() && !rule.basis.is_empty(), "{key:?}");
            assert!(!LawRule { value: "khoảng 3".into(), ..rule }.is_well_formed(), "{key:?}");
        }
    }
}
