//! Working time as data, and deadlines with their reasoning.
//!
//! A time limit in working days begins on the day after what it is counted from (Civil Code 2015, art. 147.2) and is over
//! when the office closes on its last day. What is done "within the day" is due on the day itself, or on the next
//! working day when it came after the hour the law sets. A limit in working hours is counted through the hours
//! in which the office is open.

use crate::rules::minute_of;
use crate::{Day, Timestamp, WorkingHours};
use serde::{Deserialize, Serialize};
use time::Weekday;

/// A day on which the office is closed although it is a weekday, with the reason shown to people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DayOff {
    /// The day.
    pub day: Day,
    /// Why ("Quốc khánh").
    pub reason: String,
}

/// Working days: weekly days off are Saturday and Sunday; everything else is data.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Calendar {
    /// Public holidays and local closures.
    #[serde(default)]
    pub days_off: Vec<DayOff>,
    /// Saturdays and Sundays worked by a yearly decision.
    #[serde(default)]
    pub worked_weekends: Vec<Day>,
}

/// When the result is due, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    /// The day.
    pub day: Day,
    /// Minute of that day by which it is due; none where the office's hours are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute: Option<u16>,
    /// Working days counted.
    pub working_days: u32,
    /// Working hours counted beside them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub working_hours: u32,
    /// It came after this minute of the day, so that what is done within the day is due on the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u16>,
    /// Days off that were skipped, with their reasons (weekends not listed).
    pub skipped: Vec<DayOff>,
    /// Computed from this machine's clock ("giờ máy"), not from the server's.
    pub machine_time: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Deadline {
    /// A day so many working days away, of which nothing else is known.
    #[must_use]
    pub fn plain(day: Day, working_days: u32) -> Self {
        Self {
            day,
            minute: None,
            working_days,
            working_hours: 0,
            after: None,
            skipped: vec![],
            machine_time: false,
        }
    }
}

/// How long something may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TimeLimit {
    /// Working days; none of these and no hours is "within the day".
    pub days: u32,
    /// Working hours, beside the days or instead of them.
    pub hours: u32,
    /// Minute of the day after which "within the day" is the next working day.
    pub same_day_until: Option<u16>,
}

/// Longest span of closed days that is looked through: no calendar has one.
const CLOSED_AT_MOST: u32 = 366;

/// Most days a limit in hours is counted over: forty years, far beyond any procedure, so that no data holds the count.
const MOST_DAYS_OF_HOURS: u32 = 10_000;

/// A minute after any closing hour: nothing of the day counts any more.
const DAY_OVER: u16 = u16::MAX;

impl Calendar {
    /// Is the office open that day.
    #[must_use]
    pub fn is_working(&self, day: Day) -> bool {
        if self.days_off.iter().any(|d| d.day == day) {
            return false;
        }
        !matches!(day.0.weekday(), Weekday::Saturday | Weekday::Sunday) || self.worked_weekends.contains(&day)
    }

    /// The first day after `day` on which the office is open.
    #[must_use]
    pub fn next_working(&self, day: Day) -> Day {
        self.next_open(day, &mut vec![])
    }

    /// The day so many working days after `day`.
    #[must_use]
    pub fn working_days_after(&self, day: Day, count: u32) -> Day {
        (0..count).fold(day, |day, _| self.next_working(day))
    }

    /// The day itself, or the last one before it on which the office is open.
    #[must_use]
    pub fn last_working(&self, day: Day) -> Day {
        let mut last = day;
        for _ in 0..CLOSED_AT_MOST {
            let Some(before) = last.0.previous_day().filter(|_| !self.is_working(last)) else { break };
            last = Day(before);
        }
        last
    }

    /// A day somebody promises: due when the office closes on it.
    #[must_use]
    pub fn promised(&self, hours: &[WorkingHours], day: Day) -> Deadline {
        Deadline { minute: closing(hours, day), ..Deadline::plain(day, 0) }
    }

    /// The same; days off on the way are noted.
    fn next_open(&self, day: Day, skipped: &mut Vec<DayOff>) -> Day {
        let mut next = day;
        for _ in 0..CLOSED_AT_MOST {
            let Some(after) = next.0.next_day() else { break };
            next = Day(after);
            if self.is_working(next) {
                break;
            }
            skipped.extend(self.days_off.iter().find(|d| d.day == next).cloned());
        }
        next
    }

    /// When something is due that was asked for at `received`.
    #[must_use]
    pub fn due(
        &self,
        hours: &[WorkingHours],
        received: Timestamp,
        limit: TimeLimit,
        machine_time: bool,
    ) -> Deadline {
        let (mut day, mut skipped, mut after) = (received.day(), vec![], None);
        let minute = received.minute();
        if limit.days == 0 && limit.hours == 0 {
            if !self.is_working(day) {
                skipped.extend(self.days_off.iter().find(|d| d.day == day).cloned());
                day = self.next_open(day, &mut skipped);
            } else if limit.same_day_until.is_some_and(|until| minute > until) {
                after = limit.same_day_until;
                day = self.next_open(day, &mut skipped);
            }
        }
        for _ in 0..limit.days {
            day = self.next_open(day, &mut skipped);
        }
        let mut closing = closing(hours, day);
        if limit.hours > 0 {
            // Hours beside days begin when the last of the days is over.
            let from = if limit.days == 0 { minute } else { DAY_OVER };
            let minutes = limit.hours.saturating_mul(60);
            (day, closing) = self.through_hours(hours, day, from, minutes, &mut skipped);
        }
        Deadline {
            day,
            minute: closing,
            working_days: limit.days,
            working_hours: limit.hours,
            after,
            skipped,
            machine_time,
        }
    }

    /// So many minutes of opening time on from a minute of a day. Where no hours are known an open day has eight of
    /// them, whole, and the answer names no minute. Days that never end (hours that are all empty) end the count.
    fn through_hours(
        &self,
        hours: &[WorkingHours],
        mut day: Day,
        mut from: u16,
        minutes: u32,
        skipped: &mut Vec<DayOff>,
    ) -> (Day, Option<u16>) {
        const EIGHT: u32 = 8 * 60;
        let mut left = minutes;
        for _ in 0..MOST_DAYS_OF_HOURS {
            if !self.is_working(day) || from == DAY_OVER {
                // Nothing of this day counts.
            } else if hours.is_empty() {
                if left <= EIGHT {
                    return (day, None);
                }
                left -= EIGHT;
            } else {
                for (begin, end) in spans(hours, day) {
                    let begin = begin.max(from);
                    let here = u32::from(end.saturating_sub(begin));
                    if left <= here {
                        return (day, Some(begin + u16::try_from(left).unwrap_or(u16::MAX)));
                    }
                    left -= here;
                }
            }
            day = self.next_open(day, skipped);
            from = 0;
        }
        (day, None)
    }
}

/// Opening hours of a day in their order; a day nobody gave hours for (a Saturday that is worked) has those of Monday.
fn spans(hours: &[WorkingHours], day: Day) -> Vec<(u16, u16)> {
    let of = |weekday: u8| {
        let rows = hours.iter().filter(|row| row.weekday == weekday);
        let mut spans: Vec<(u16, u16)> =
            rows.filter_map(|row| minute_of(&row.from).zip(minute_of(&row.until))).collect();
        spans.sort_unstable();
        spans
    };
    let here = of(day.0.weekday().number_from_monday());
    if here.is_empty() { of(1) } else { here }
}

/// Minute at which the office closes on a day.
fn closing(hours: &[WorkingHours], day: Day) -> Option<u16> {
    spans(hours, day).last().map(|(_, until)| *until)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn at(text: &str, hour: i64, minute: i64) -> Timestamp {
        Timestamp(day(text).start().0 + (hour * 60 + minute) * 60_000)
    }

    fn off(text: &str, reason: &str) -> DayOff {
        DayOff { day: day(text), reason: reason.into() }
    }

    /// Vietnam in 2026: Tết from Monday 16 to Friday 20 February, Saturday 22 August worked for Monday 31 August.
    fn year_2026() -> Calendar {
        let mut days_off: Vec<DayOff> = (16..=20).map(|d| off(&format!("{d}/02/2026"), "Tết")).collect();
        days_off.extend([
            off("30/04/2026", "Chiến thắng"),
            off("01/05/2026", "Lao động"),
            off("31/08/2026", "Hoán đổi"),
            off("01/09/2026", "Quốc khánh"),
            off("02/09/2026", "Quốc khánh"),
            off("24/11/2026", "Văn hóa"),
        ]);
        Calendar { days_off, worked_weekends: vec![day("22/08/2026")] }
    }

    /// 7:30 to 11:30 and 13:30 to 17:00, Friday until 16:30.
    fn hours() -> Vec<WorkingHours> {
        let row = |weekday, from: &str, until: &str| WorkingHours {
            weekday,
            from: from.into(),
            until: until.into(),
        };
        (1..=5)
            .flat_map(|weekday| {
                let until = if weekday == 5 { "16:30" } else { "17:00" };
                [row(weekday, "13:30", until), row(weekday, "07:30", "11:30")]
            })
            .collect()
    }

    fn days(days: u32) -> TimeLimit {
        TimeLimit { days, ..TimeLimit::default() }
    }

    const WITHIN_THE_DAY: TimeLimit = TimeLimit { days: 0, hours: 0, same_day_until: Some(15 * 60) };

    #[test]
    fn working_days_of_a_real_year() {
        for (received, limit, due, named) in [
            ("20/11/2026", 2, "25/11/2026", 1), // Friday; Saturday, Sunday and the 24th do not count
            ("20/11/2026", 1, "23/11/2026", 0),
            ("21/11/2026", 1, "23/11/2026", 0), // accepted on a Saturday: Monday is the first day
            ("13/02/2026", 1, "23/02/2026", 5), // over Tết
            ("13/02/2026", 5, "27/02/2026", 5),
            ("21/08/2026", 1, "22/08/2026", 0), // the Saturday that is worked
            ("28/08/2026", 1, "03/09/2026", 3), // Friday before the long holiday
            ("29/04/2026", 3, "06/05/2026", 2),
            ("31/12/2026", 1, "01/01/2027", 0), // a year nobody has given days off for yet
            ("27/02/2028", 2, "29/02/2028", 0), // a leap day
        ] {
            let found = year_2026().due(&hours(), at(received, 9, 12), days(limit), false);
            assert_eq!((found.day, found.skipped.len()), (day(due), named), "{received} + {limit}");
        }
    }

    #[test]
    fn it_is_over_when_the_office_closes_that_day() {
        let minute =
            |received: &str, limit| year_2026().due(&hours(), at(received, 9, 0), limit, false).minute;
        assert_eq!(minute("19/11/2026", days(1)), Some(16 * 60 + 30), "a Friday");
        assert_eq!(minute("20/11/2026", days(1)), Some(17 * 60));
        assert_eq!(
            minute("21/08/2026", days(1)),
            Some(17 * 60),
            "a Saturday that is worked is like a Monday"
        );
        assert_eq!(year_2026().due(&[], at("20/11/2026", 9, 0), days(1), false).minute, None);
    }

    #[test]
    fn within_the_day_is_the_next_one_after_the_hour_of_the_law() {
        let due = |text: &str, hour, minute| {
            let found = year_2026().due(&hours(), at(text, hour, minute), WITHIN_THE_DAY, false);
            (found.day, found.after)
        };
        assert_eq!(due("23/11/2026", 15, 0), (day("23/11/2026"), None), "at the hour itself it is in time");
        assert_eq!(due("23/11/2026", 15, 1), (day("25/11/2026"), Some(900)), "over the 24th");
        assert_eq!(due("20/11/2026", 16, 29), (day("23/11/2026"), Some(900)), "a minute before closing");
        assert_eq!(due("22/11/2026", 8, 0), (day("23/11/2026"), None), "a Sunday is no late hour");
        let on_a_holiday = year_2026().due(&hours(), at("24/11/2026", 8, 0), WITHIN_THE_DAY, false);
        assert_eq!((on_a_holiday.day, on_a_holiday.skipped.len()), (day("25/11/2026"), 1));
    }

    #[test]
    fn working_hours_are_counted_while_the_office_is_open() {
        let due = |text: &str, hour, minute, limit| {
            let found = year_2026().due(&hours(), at(text, hour, minute), limit, false);
            (found.day, found.minute.map(|m| (m / 60, m % 60)))
        };
        let four = TimeLimit { hours: 4, ..TimeLimit::default() };
        assert_eq!(due("20/11/2026", 7, 30, four), (day("20/11/2026"), Some((11, 30))), "to the noon break");
        assert_eq!(due("20/11/2026", 9, 0, four), (day("20/11/2026"), Some((15, 0))), "over it");
        assert_eq!(due("20/11/2026", 12, 0, four), (day("23/11/2026"), Some((8, 30))), "over the weekend");
        assert_eq!(due("23/11/2026", 18, 0, four), (day("25/11/2026"), Some((11, 30))), "after closing");
        let both = TimeLimit { days: 1, hours: 2, ..TimeLimit::default() };
        assert_eq!(
            due("20/11/2026", 16, 0, both),
            (day("25/11/2026"), Some((9, 30))),
            "Monday is the day, the 24th is off, the hours are Wednesday's"
        );
        for days in 0..4 {
            let dues = (0..40).map(|hours| due("20/11/2026", 9, 0, TimeLimit { days, hours, ..four }));
            let dues: Vec<_> = dues.skip(usize::from(days == 0)).collect();
            assert!(dues.is_sorted(), "more time is never sooner: {dues:?}");
        }
        let none = year_2026().due(&[], at("20/11/2026", 9, 0), TimeLimit { hours: 9, ..four }, false);
        assert_eq!(
            (none.day, none.minute),
            (day("23/11/2026"), None),
            "eight hours a day where none are known"
        );
        let saturday = year_2026().due(&[], at("21/11/2026", 9, 0), four, false);
        assert_eq!(saturday.day, day("23/11/2026"), "never a day on which it is closed");
    }

    #[test]
    fn a_deadline_of_before_the_hours_were_kept_is_read() {
        let old = r#"{"day":"2026-11-25","working_days":2,"skipped":[],"machine_time":true}"#;
        let read: Deadline = serde_json::from_str(old).unwrap();
        assert_eq!((read.day, read.minute, read.working_hours), (day("25/11/2026"), None, 0));
        assert_eq!(serde_json::to_string(&read).unwrap(), old, "and written as it was");
    }
}
