//! Working time as data, and deadlines with their reasoning.

use crate::{Day, Timestamp};
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
    /// Working days counted.
    pub working_days: u32,
    /// Days off that were skipped, with their reasons (weekends not listed).
    pub skipped: Vec<DayOff>,
    /// Computed from this machine's clock ("giờ máy"), not from the server's.
    pub machine_time: bool,
}

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
        let mut next = day;
        for _ in 0..60 {
            let Some(after) = next.0.next_day() else { break };
            next = Day(after);
            if self.is_working(next) {
                break;
            }
        }
        next
    }

    /// The day `working_days` working days after reception; the day of reception is not counted.
    #[must_use]
    pub fn deadline(&self, received: Timestamp, working_days: u32, machine_time: bool) -> Deadline {
        let mut day = received.day();
        let mut left = working_days;
        let mut skipped = Vec::new();
        while left > 0 {
            let Some(next) = day.0.next_day() else { break };
            day = Day(next);
            if self.is_working(day) {
                left -= 1;
            } else if let Some(off) = self.days_off.iter().find(|d| d.day == day) {
                skipped.push(off.clone());
            }
        }
        Deadline { day, working_days, skipped, machine_time }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_holiday_and_a_weekend_are_skipped_and_the_holiday_is_named() {
        let calendar = Calendar {
            days_off: vec![DayOff { day: Day::parse("24/11/2026").unwrap(), reason: "Ngày nghỉ".into() }],
            worked_weekends: vec![],
        };
        // Friday 2026-11-20 10:00 +07:00
        let friday = Timestamp(1_795_143_600_000);
        assert_eq!(friday.format_vn(), "10:00 20/11/2026");
        let due = calendar.deadline(friday, 2, false);
        assert_eq!(due.day.format_vn(), "25/11/2026", "Sat, Sun and the 24th do not count");
        assert_eq!(due.skipped.len(), 1);
    }

    #[test]
    fn a_worked_saturday_counts() {
        let calendar =
            Calendar { days_off: vec![], worked_weekends: vec![Day::parse("21/11/2026").unwrap()] };
        let due = calendar.deadline(Timestamp(1_795_143_600_000), 1, false);
        assert_eq!(due.day.format_vn(), "21/11/2026");
    }
}
