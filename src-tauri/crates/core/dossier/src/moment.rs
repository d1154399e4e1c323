//! Moments and calendar days as the office writes them (zone +07:00, no daylight saving time).

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, UtcOffset, format_description::FormatItem, macros::format_description};

const DAY_ISO: &[FormatItem<'static>] = format_description!("[year]-[month]-[day]");
const DAY_VN: &[FormatItem<'static>] = format_description!("[day]/[month]/[year]");
const MOMENT_VN: &[FormatItem<'static>] = format_description!("[hour]:[minute] [day]/[month]/[year]");

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment in Vietnam's zone.
    #[must_use]
    pub fn in_vietnam(self) -> OffsetDateTime {
        let zone = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok();
        // The last hours of the year 9999 are none there.
        at.and_then(|at| at.checked_to_offset(zone)).unwrap_or(OffsetDateTime::UNIX_EPOCH.to_offset(zone))
    }

    /// The calendar day in Vietnam's zone.
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.in_vietnam().date())
    }

    /// The minute of the day in Vietnam's zone.
    #[must_use]
    pub fn minute(self) -> u16 {
        let at = self.in_vietnam();
        u16::from(at.hour()) * 60 + u16::from(at.minute())
    }

    /// `HH:mm dd/MM/yyyy`, Vietnam's zone.
    #[must_use]
    pub fn format_vn(self) -> String {
        self.in_vietnam().format(MOMENT_VN).unwrap_or_default()
    }
}

/// A calendar day. Serialised as `yyyy-MM-dd`, shown as `dd/MM/yyyy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub Date);

impl Day {
    /// Reads `yyyy-MM-dd` or `dd/MM/yyyy`.
    ///
    /// # Errors
    /// Neither form, or not a day of the calendar.
    pub fn parse(text: &str) -> Result<Self, time::error::Parse> {
        Date::parse(text, DAY_ISO).or_else(|_| Date::parse(text, DAY_VN)).map(Self)
    }

    /// Its first moment, Vietnam's zone.
    #[must_use]
    pub fn start(self) -> Timestamp {
        let zone = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
        Timestamp(self.0.midnight().assume_offset(zone).unix_timestamp() * 1000)
    }

    /// `dd/MM/yyyy`.
    #[must_use]
    pub fn format_vn(self) -> String {
        self.0.format(DAY_VN).unwrap_or_default()
    }

    /// `yyyy-MM-dd`.
    #[must_use]
    pub fn format_iso(self) -> String {
        self.0.format(DAY_ISO).unwrap_or_default()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.format_iso()
    }
}

impl TryFrom<String> for Day {
    type Error = time::error::Parse;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}
