//! What happens to a dossier after its acceptance: who has it, what is asked for, when it is paused, refused or stopped.
//!
//! Steps are only ever added, like entries of fees: what two counters did goes together, and where the dossier stands and
//! when its result is due is computed from them. A day that is promised is in the step that promises it, as the receipt's
//! is in the acceptance: nobody counts it again under other data. The law's numbers come as [`StepRules`], read from dated
//! data.

use crate::correct::same_officer;
use crate::{
    BlobId, ComponentEvidence, CorrectedResult, Day, Deadline, LawRule, OpId, ReferenceData, RuleKey,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whoever works on a dossier: a unit, and the officer there when one is named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Name of the unit as printed.
    pub unit: String,
    /// Login of the officer; empty: anybody there.
    #[serde(default)]
    pub officer: String,
}

/// How a dossier came to whoever has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// Login of the officer who handed it on; empty when it was taken without that.
    pub from: String,
    /// When it was handed over, or taken since.
    pub at: Timestamp,
}

/// A colleague agreed that a rule is not kept, for a reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Why.
    pub reason: String,
    /// Who agreed; never the officer himself.
    pub approved_by: String,
}

/// What is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum StepAct {
    /// Chuyển hồ sơ: a line of form 05 begins.
    HandedOver {
        /// To whom.
        to: Seat,
        /// What is to be done there.
        #[serde(default)]
        note: String,
    },
    /// Nhận hồ sơ: the line of form 05 ends.
    TakenOver {
        /// By whom.
        by: Seat,
    },
    /// Yêu cầu bổ sung, hoàn thiện hồ sơ (form 02): the clock stops.
    SupplementAsked {
        /// What is to be handed in or put right, one entry each.
        items: Vec<String>,
        /// Why.
        reason: String,
        /// Beyond the number the law allows.
        #[serde(default)]
        exception: Option<Exception>,
    },
    /// What was asked for is there: the whole time limit begins anew (Decree 61/2018 art. 19.4).
    Supplemented {
        /// What came.
        #[serde(default)]
        note: String,
        /// When the result is due now.
        due: Deadline,
        /// Papers that came, row by row; those of rows that were told before stay as they were.
        #[serde(default)]
        papers: Vec<ComponentEvidence>,
    },
    /// Xin lỗi và hẹn lại ngày trả kết quả (form 04).
    Reappointed {
        /// Why it is late.
        reason: String,
        /// When it is promised now.
        due: Deadline,
    },
    /// Từ chối tiếp nhận, giải quyết (form 03).
    Refused {
        /// Why, one entry each.
        reasons: Vec<String>,
    },
    /// Dừng giải quyết theo yêu cầu (Circular 03/2025/TT-VPCP art. 7).
    Stopped {
        /// What the citizen asked for.
        reason: String,
    },
    /// Trả lại bản chính đã đối chiếu (Decree 61/2018 art. 20.2).
    OriginalReturned {
        /// Which row.
        component: u32,
    },
    /// Đề xuất kết quả: it is to be signed.
    ResultProposed {
        /// What is proposed.
        #[serde(default)]
        note: String,
    },
    /// Đính chính kết quả đã trả: two officers agree. Schema 7.
    ResultCorrected(Box<CorrectedResult>),
}

impl StepAct {
    /// Papers that came with it.
    #[must_use]
    pub fn papers(&self) -> &[ComponentEvidence] {
        match self {
            Self::Supplemented { papers, .. } => papers,
            _ => &[],
        }
    }

    /// The correction of a result, if it is one.
    #[must_use]
    pub fn corrected(&self) -> Option<&CorrectedResult> {
        match self {
            Self::ResultCorrected(corrected) => Some(corrected),
            _ => None,
        }
    }

    /// Files it names; each has to be there before it.
    pub fn files(&self) -> impl Iterator<Item = BlobId> {
        let papers = self.papers().iter().filter_map(|paper| paper.source.blob());
        papers.chain(self.corrected().map(|corrected| corrected.blob))
    }
}

/// A step as an officer makes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// What.
    pub act: StepAct,
    /// Who.
    pub officer: String,
    /// When, by the machine's clock.
    pub at: Timestamp,
}

impl StepRecord {
    /// Logins of whoever took it and whoever agreed.
    pub fn officers(&self) -> impl Iterator<Item = &str> {
        let approver = match &self.act {
            StepAct::SupplementAsked { exception: Some(exception), .. } => {
                Some(exception.approved_by.as_str())
            }
            StepAct::ResultCorrected(corrected) => Some(corrected.approved_by.as_str()),
            _ => None,
        };
        std::iter::once(self.officer.as_str()).chain(approver)
    }
}

/// A step on a counter's side.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StepLine {
    /// The operation that brings it.
    pub id: OpId,
    /// What it says.
    pub record: StepRecord,
    /// Taken back by two officers before the warehouse had it; it counts nothing and stays to be read.
    #[serde(default)]
    pub void: bool,
}

/// How far a dossier is between acceptance and result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Đang giải quyết.
    #[default]
    Working,
    /// Chờ bổ sung: the clock stands.
    AwaitingSupplement {
        /// Since when.
        since: Timestamp,
    },
    /// A result is proposed and to be signed.
    ResultProposed {
        /// Since when.
        since: Timestamp,
    },
    /// Đã từ chối.
    Refused {
        /// When.
        at: Timestamp,
    },
    /// Đã dừng theo yêu cầu.
    Stopped {
        /// When.
        at: Timestamp,
    },
}

impl Phase {
    /// The clock runs: somebody owes the citizen a result.
    #[must_use]
    pub fn runs(self) -> bool {
        matches!(self, Self::Working | Self::ResultProposed { .. })
    }

    /// Refused or stopped.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Stopped { .. })
    }
}

/// What the law allows on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepRules {
    /// Requests for supplements.
    pub supplements: u32,
    /// Further days promised.
    pub reappointments: u32,
    /// Days before the promised day on which an apology has to be out.
    pub apology_days: u32,
}

impl ReferenceData {
    /// The numbers of the law on a day.
    #[must_use]
    pub fn step_rules(&self, day: Day) -> StepRules {
        let number = |key| {
            let usual = || LawRule::usual(key).number().unwrap_or(1);
            self.rule(key, day).number().unwrap_or_else(usual)
        };
        StepRules {
            supplements: number(RuleKey::Supplements),
            reappointments: number(RuleKey::Reappointments),
            apology_days: number(RuleKey::ApologyDays),
        }
    }
}

/// Why a step is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepFault {
    /// It was refused or stopped: nothing follows.
    #[error("dossier is over")]
    Over,
    /// Something is asked for already.
    #[error("a supplement is awaited")]
    AwaitingSupplement,
    /// Nothing is asked for.
    #[error("no supplement is awaited")]
    NothingAsked,
    /// The law allows no further request without a reason and a colleague who agrees.
    #[error("too many requests for supplements")]
    TooManySupplements,
    /// The law allows no further day.
    #[error("too many reappointments")]
    TooManyReappointments,
    /// The day promised is not after the one before.
    #[error("the day is not later")]
    NotLater,
    /// Nothing is said where something has to be.
    #[error("text is missing")]
    TextMissing,
    /// Given back before.
    #[error("original was given back before")]
    ReturnedBefore,
    /// The officer agrees with himself.
    #[error("approver is the officer")]
    ApproverIsOfficer,
}

/// Where a dossier stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How far it is.
    pub phase: Phase,
    /// Who has it; none: the counter that accepted it.
    pub seat: Option<Seat>,
    /// Handed over and not taken yet.
    pub on_its_way: bool,
    /// How it came there; none while the counter that accepted it has it.
    pub moved: Option<Moved>,
    /// When the result is due; the clock stands while a supplement is awaited.
    pub due: Deadline,
    /// Requests so far.
    pub supplements: u32,
    /// Days promised beyond the first, since the clock last began.
    pub reappointments: u32,
    /// Rows whose original was given back.
    pub originals_returned: BTreeSet<u32>,
}

impl Standing {
    /// Right after the acceptance.
    #[must_use]
    pub fn accepted(due: Deadline) -> Self {
        Self {
            phase: Phase::Working,
            seat: None,
            on_its_way: false,
            moved: None,
            due,
            supplements: 0,
            reappointments: 0,
            originals_returned: BTreeSet::new(),
        }
    }

    /// After these steps, in their order. One that does not fit those before it (two counters without a line) counts as far
    /// as it can: what was said to the citizen was said.
    #[must_use]
    pub fn after<'a>(due: Deadline, steps: impl IntoIterator<Item = &'a StepRecord>) -> Self {
        let mut standing = Self::accepted(due);
        for step in steps {
            standing.take(step);
        }
        standing
    }

    fn take(&mut self, step: &StepRecord) {
        match &step.act {
            StepAct::HandedOver { to, .. } => {
                (self.seat, self.on_its_way) = (Some(to.clone()), true);
                self.moved = Some(Moved { from: step.officer.clone(), at: step.at });
            }
            StepAct::TakenOver { by } => {
                (self.seat, self.on_its_way) = (Some(by.clone()), false);
                let from = self.moved.take().map(|moved| moved.from).unwrap_or_default();
                self.moved = Some(Moved { from, at: step.at });
            }
            StepAct::SupplementAsked { .. } => {
                self.supplements += 1;
                self.phase = Phase::AwaitingSupplement { since: step.at };
            }
            StepAct::Supplemented { due, .. } => {
                self.due = due.clone();
                self.reappointments = 0;
                self.phase = Phase::Working;
            }
            StepAct::Reappointed { due, .. } => {
                self.reappointments += 1;
                self.due = due.clone();
            }
            StepAct::Refused { .. } => self.phase = Phase::Refused { at: step.at },
            StepAct::Stopped { .. } => self.phase = Phase::Stopped { at: step.at },
            StepAct::OriginalReturned { component } => drop(self.originals_returned.insert(*component)),
            StepAct::ResultProposed { .. } => self.phase = Phase::ResultProposed { since: step.at },
            // The citizen has his result; which file it is stands beside where the dossier stands.
            StepAct::ResultCorrected(_) => {}
        }
    }

    /// Nothing follows but originals that are given back.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase.is_over()
    }

    /// May this be done now.
    ///
    /// # Errors
    /// See [`StepFault`].
    pub fn allows(&self, step: &StepRecord, rules: StepRules) -> Result<(), StepFault> {
        let said = |text: &str| if text.trim().is_empty() { Err(StepFault::TextMissing) } else { Ok(()) };
        let each = |texts: &[String]| {
            if texts.is_empty() {
                Err(StepFault::TextMissing)
            } else {
                texts.iter().try_for_each(|t| said(t))
            }
        };
        if self.is_over() && !matches!(step.act, StepAct::OriginalReturned { .. }) {
            return Err(StepFault::Over);
        }
        let waits = matches!(self.phase, Phase::AwaitingSupplement { .. });
        match &step.act {
            StepAct::HandedOver { to, .. } => said(&to.unit),
            StepAct::TakenOver { by } => said(&by.unit),
            StepAct::SupplementAsked { .. } | StepAct::ResultProposed { .. } if waits => {
                Err(StepFault::AwaitingSupplement)
            }
            StepAct::SupplementAsked { items, reason, exception } => {
                each(items)?;
                said(reason)?;
                match exception {
                    None if self.supplements >= rules.supplements => Err(StepFault::TooManySupplements),
                    None => Ok(()),
                    Some(exception) => {
                        said(&exception.reason)?;
                        said(&exception.approved_by)?;
                        let same = same_officer(&exception.approved_by, &step.officer);
                        if same { Err(StepFault::ApproverIsOfficer) } else { Ok(()) }
                    }
                }
            }
            StepAct::Supplemented { .. } if !waits => Err(StepFault::NothingAsked),
            StepAct::Supplemented { .. } | StepAct::ResultProposed { .. } => Ok(()),
            StepAct::Reappointed { .. } if waits => Err(StepFault::AwaitingSupplement),
            StepAct::Reappointed { .. } if self.reappointments >= rules.reappointments => {
                Err(StepFault::TooManyReappointments)
            }
            StepAct::Reappointed { due, .. } if due.day <= self.due.day => Err(StepFault::NotLater),
            StepAct::Reappointed { reason, .. } | StepAct::Stopped { reason } => said(reason),
            StepAct::Refused { reasons } => each(reasons),
            StepAct::OriginalReturned { component } if self.originals_returned.contains(component) => {
                Err(StepFault::ReturnedBefore)
            }
            StepAct::OriginalReturned { .. } => Ok(()),
            StepAct::ResultCorrected(corrected) => {
                said(&corrected.text)?;
                said(&corrected.approved_by)?;
                let same = same_officer(&corrected.approved_by, &step.officer);
                if same { Err(StepFault::ApproverIsOfficer) } else { Ok(()) }
            }
        }
    }

    /// The last day on which an apology is in time; after it the day passes without one.
    #[must_use]
    pub fn apology_until(&self, rules: StepRules) -> Day {
        let mut day = self.due.day;
        for _ in 0..rules.apology_days {
            day = day.0.previous_day().map_or(day, Day);
        }
        day
    }
}

/// Days the law sets for what is done next; shown, never enforced, for late is better than not at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepDays {
    /// Whoever resolves it has the dossier by then (Decree 61/2018 art. 18.2).
    pub hand_over: Day,
    /// More is asked for by then: counted from when the present seat took it, or from the acceptance (art. 19.4).
    pub ask: Day,
    /// An apology is out by then (art. 19.9); none where that day lies before the clock began.
    pub apologise: Option<Day>,
}

impl ReferenceData {
    /// By when the next steps of a dossier are to be done, by the calendar and the law of the day it was accepted.
    #[must_use]
    pub fn step_days<'a>(
        &self,
        accepted_at: Timestamp,
        standing: &Standing,
        steps: impl IntoIterator<Item = &'a StepRecord>,
    ) -> StepDays {
        let day = accepted_at.day();
        let late =
            self.rule(RuleKey::TransferUntil, day).minute().is_some_and(|until| accepted_at.minute() > until);
        let open = self.calendar.is_working(day) && !late;
        let usual = || LawRule::usual(RuleKey::InsufficientDays).number().unwrap_or(3);
        let insufficient = self.rule(RuleKey::InsufficientDays, day).number().unwrap_or_else(usual);
        let (mut from, mut began) = (day, day);
        for step in steps {
            match step.act {
                StepAct::TakenOver { .. } => from = step.at.day(),
                StepAct::Supplemented { .. } => began = step.at.day(),
                _ => {}
            }
        }
        StepDays {
            hand_over: if open { day } else { self.calendar.working_days_after(day, 1) },
            ask: self.calendar.working_days_after(from, insufficient),
            apologise: Some(self.calendar.last_working(standing.apology_until(self.step_rules(day))))
                .filter(|until| *until >= began),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: StepRules = StepRules { supplements: 1, reappointments: 1, apology_days: 1 };

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn at(text: &str, hour: i64) -> Timestamp {
        Timestamp(day(text).start().0 + hour * 60 * 60_000)
    }

    fn step(at: Timestamp, act: StepAct) -> StepRecord {
        StepRecord { act, officer: "canbo.mau".into(), at }
    }

    fn asked(exception: Option<Exception>) -> StepAct {
        StepAct::SupplementAsked {
            items: vec!["Giấy khai sinh".into()],
            reason: "Thiếu giấy tờ".into(),
            exception,
        }
    }

    fn due(text: &str) -> Deadline {
        Deadline::plain(day(text), 3)
    }

    /// Accepted on Friday 20 November 2026 with three working days.
    fn after(steps: &[StepRecord]) -> Standing {
        Standing::after(due("25/11/2026"), steps)
    }

    fn supplemented(again: &str) -> StepAct {
        StepAct::Supplemented { note: String::new(), due: due(again), papers: vec![] }
    }

    #[test]
    fn a_supplement_stops_the_clock_and_the_limit_begins_anew() {
        let first = step(at("23/11/2026", 9), asked(None));
        let waiting = after(std::slice::from_ref(&first));
        assert_eq!((waiting.phase, waiting.supplements), (Phase::AwaitingSupplement { since: first.at }, 1));
        let came = step(at("02/12/2026", 10), supplemented("07/12/2026"));
        assert_eq!(waiting.allows(&came, RULES), Ok(()));
        let on = after(&[first.clone(), came.clone()]);
        assert_eq!((on.phase, on.due.day), (Phase::Working, day("07/12/2026")));
        assert!(!waiting.phase.runs() && on.phase.runs(), "nobody is late while something is awaited");
        assert_eq!(on.allows(&came, RULES), Err(StepFault::NothingAsked));
        assert_eq!(on.allows(&first, RULES), Err(StepFault::TooManySupplements), "once, full and exact");
        let with = |by: &str| Exception { reason: "Phát sinh mới".into(), approved_by: by.into() };
        let agreed = step(at("03/12/2026", 9), asked(Some(with("truongphong"))));
        assert_eq!(on.allows(&agreed, RULES), Ok(()));
        let alone = step(at("03/12/2026", 9), asked(Some(with("CANBO.MAU"))));
        assert_eq!(on.allows(&alone, RULES), Err(StepFault::ApproverIsOfficer));
    }

    #[test]
    fn the_days_of_the_next_steps_follow_the_hour_and_the_seat() {
        let data = ReferenceData::default();
        let days = |accepted: Timestamp, steps: &[StepRecord]| {
            let days = data.step_days(accepted, &after(steps), steps);
            [days.hand_over, days.ask, days.apologise.unwrap()]
        };
        let morning = days(at("20/11/2026", 9), &[]);
        assert_eq!(morning, ["20/11/2026", "25/11/2026", "24/11/2026"].map(day), "on the same day");
        let over_the_weekend = Standing::accepted(due("23/11/2026"));
        let apology = |standing: &Standing| data.step_days(at("20/11/2026", 9), standing, []).apologise;
        assert_eq!(apology(&over_the_weekend), Some(day("20/11/2026")), "no apology on a Sunday");
        assert_eq!(apology(&Standing::accepted(due("20/11/2026"))), None, "due on the day itself");
        assert_eq!(days(at("20/11/2026", 16), &[])[0], day("23/11/2026"), "after the hour: on the next one");
        let by = Seat { unit: "Công chức tư pháp".into(), officer: "tu.phap".into() };
        let taken = step(at("24/11/2026", 8), StepAct::TakenOver { by });
        assert_eq!(days(at("20/11/2026", 9), &[taken])[1], day("27/11/2026"), "counted by whoever has it");
    }

    #[test]
    fn another_day_is_promised_once_and_later() {
        let again = |text: &str| {
            let act = StepAct::Reappointed { reason: "Chờ xác minh".into(), due: due(text) };
            step(at("24/11/2026", 9), act)
        };
        let fresh = after(&[]);
        assert_eq!((fresh.due.day, fresh.apology_until(RULES)), (day("25/11/2026"), day("24/11/2026")));
        assert_eq!(fresh.allows(&again("25/11/2026"), RULES), Err(StepFault::NotLater));
        let first = again("30/11/2026");
        assert_eq!(fresh.allows(&first, RULES), Ok(()));
        let on = after(std::slice::from_ref(&first));
        assert_eq!(on.due.day, day("30/11/2026"));
        assert_eq!(on.allows(&again("01/12/2026"), RULES), Err(StepFault::TooManyReappointments));
    }

    #[test]
    fn nothing_follows_a_refusal_but_the_originals() {
        let reasons = vec!["Không đủ điều kiện".to_owned()];
        let refused = step(at("23/11/2026", 9), StepAct::Refused { reasons });
        let over = after(std::slice::from_ref(&refused));
        assert!(over.is_over());
        assert_eq!(over.allows(&refused, RULES), Err(StepFault::Over));
        let back = step(at("23/11/2026", 10), StepAct::OriginalReturned { component: 2 });
        assert_eq!(over.allows(&back, RULES), Ok(()));
        let ticked = after(&[refused, back.clone()]);
        assert_eq!(ticked.allows(&back, RULES), Err(StepFault::ReturnedBefore));
    }

    #[test]
    fn a_hand_over_is_on_its_way_until_it_is_taken() {
        let seat = |officer: &str| Seat { unit: "Công chức tư pháp".into(), officer: officer.into() };
        let sent = step(at("20/11/2026", 10), StepAct::HandedOver { to: seat(""), note: String::new() });
        let taken = step(at("20/11/2026", 14), StepAct::TakenOver { by: seat("tu.phap") });
        assert!(after(std::slice::from_ref(&sent)).on_its_way);
        let there = after(&[sent, taken]);
        assert_eq!((there.on_its_way, there.seat), (false, Some(seat("tu.phap"))));
    }

    proptest! {
        /// Whatever two counters did without a line, the dossier stands somewhere, and asks are never forgotten.
        #[test]
        fn any_steps_in_any_order_leave_a_standing(kinds in prop::collection::vec(0u8..7, 0..24)) {
            let seat = Seat { unit: "Phòng mẫu".into(), officer: String::new() };
            let steps: Vec<StepRecord> = (0..).zip(&kinds).map(|(n, kind)| {
                let act = match kind {
                    0 => StepAct::HandedOver { to: seat.clone(), note: String::new() },
                    1 => StepAct::TakenOver { by: seat.clone() },
                    2 => asked(None),
                    3 => supplemented("02/12/2026"),
                    4 => StepAct::Reappointed { reason: "x".into(), due: due("01/12/2026") },
                    5 => StepAct::OriginalReturned { component: n },
                    _ => StepAct::ResultProposed { note: String::new() },
                };
                step(at("23/11/2026", i64::from(n)), act)
            }).collect();
            let standing = after(&steps);
            let count = |wanted: u8| u32::try_from(kinds.iter().filter(|k| **k == wanted).count()).unwrap();
            prop_assert_eq!(standing.supplements, count(2));
            prop_assert_eq!(standing.originals_returned.len(), count(5) as usize);
            prop_assert!(!standing.is_over());
            prop_assert!(standing.due.day >= day("25/11/2026"));
        }
    }
}
