//! How a due day was counted, in the words of the window.

use motcua_dossier::{DayOff, Deadline};

/// "3 ngày làm việc, trừ T7-CN và 24/11 (Ngày Văn hóa Việt Nam)"; days off in a row that have one reason
/// are one span.
pub(crate) fn reason(deadline: &Deadline) -> String {
    let mut text = match (deadline.working_days, deadline.working_hours) {
        (0, 0) => match deadline.after {
            Some(minute) => format!("trong ngày làm việc; tiếp nhận sau {} nên tính ngày sau", clock(minute)),
            None => "trong ngày làm việc".to_owned(),
        },
        (0, hours) => format!("{hours} giờ làm việc"),
        (days, 0) => format!("{days} ngày làm việc, trừ T7-CN"),
        (days, hours) => format!("{days} ngày {hours} giờ làm việc, trừ T7-CN"),
    };
    let mut joined = deadline.working_days > 0;
    let spans = spans(&deadline.skipped);
    for (place, (first, last)) in spans.iter().enumerate() {
        text.push_str(match (joined, place + 1 == spans.len()) {
            (false, _) => ", trừ ",
            (true, true) => " và ",
            (true, false) => ", ",
        });
        joined = true;
        text.push_str(&short(first));
        if first.day != last.day {
            text.push('–');
            text.push_str(&short(last));
        }
        text.push_str(&format!(" ({})", first.reason));
    }
    if deadline.machine_time {
        text.push_str("; tính theo giờ máy");
    }
    text
}

/// "17:00", the hour by which it is due.
pub(crate) fn hour(deadline: &Deadline) -> Option<String> {
    deadline.minute.map(clock)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// First and last day of each run; a weekend inside a run does not end it.
fn spans(skipped: &[DayOff]) -> Vec<(&DayOff, &DayOff)> {
    let mut spans: Vec<(&DayOff, &DayOff)> = vec![];
    for off in skipped {
        match spans.last_mut() {
            Some((first, last))
                if first.reason == off.reason && (off.day.0 - last.day.0).whole_days() <= 3 =>
            {
                *last = off;
            }
            _ => spans.push((off, off)),
        }
    }
    spans
}

fn short(off: &DayOff) -> String {
    format!("{:02}/{:02}", off.day.0.day(), u8::from(off.day.0.month()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use motcua_dossier::Day;

    fn due(working_days: u32, skipped: &[(&str, &str)], machine_time: bool) -> String {
        let skipped = skipped
            .iter()
            .map(|(day, reason)| DayOff { day: Day::parse(day).unwrap(), reason: (*reason).into() })
            .collect();
        let plain = Deadline::plain(Day::parse("2027-02-23").unwrap(), working_days);
        reason(&Deadline { skipped, machine_time, ..plain })
    }

    #[test]
    fn hours_and_a_late_moment_are_said() {
        let plain = |days| Deadline::plain(Day::parse("2026-11-25").unwrap(), days);
        let late = Deadline { after: Some(900), ..plain(0) };
        assert_eq!(reason(&late), "trong ngày làm việc; tiếp nhận sau 15:00 nên tính ngày sau");
        let holiday = DayOff { day: Day::parse("2026-11-24").unwrap(), reason: "Lễ".into() };
        let both = Deadline { skipped: vec![holiday], ..late };
        assert_eq!(
            reason(&both),
            "trong ngày làm việc; tiếp nhận sau 15:00 nên tính ngày sau, trừ 24/11 (Lễ)"
        );
        assert_eq!(reason(&Deadline { working_hours: 4, ..plain(0) }), "4 giờ làm việc");
        let mixed = Deadline { working_hours: 4, minute: Some(570), ..plain(1) };
        assert_eq!(reason(&mixed), "1 ngày 4 giờ làm việc, trừ T7-CN");
        assert_eq!((hour(&mixed).as_deref(), hour(&plain(1))), (Some("09:30"), None));
    }

    #[test]
    fn the_days_off_are_named_and_a_long_holiday_is_one_span() {
        assert_eq!(due(0, &[], false), "trong ngày làm việc");
        assert_eq!(due(3, &[("2026-11-24", "Lễ")], false), "3 ngày làm việc, trừ T7-CN và 24/11 (Lễ)");
        let days = [
            ("2027-01-01", "Tết Dương lịch"),
            ("2027-02-05", "Tết"),
            ("2027-02-08", "Tết"),
            ("2027-02-09", "Tết"),
            ("2027-04-30", "Tết"),
        ];
        assert_eq!(
            due(60, &days, true),
            "60 ngày làm việc, trừ T7-CN, 01/01 (Tết Dương lịch), 05/02–09/02 (Tết) và 30/04 (Tết); \
             tính theo giờ máy"
        );
    }
}
