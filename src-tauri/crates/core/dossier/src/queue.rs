//! The queue of an office: accepted dossiers that the citizen is owed something for, who has each, and when it is due.

use crate::{
    Day, Deadline, Dossier, DossierCode, DossierId, IdNumber, Moved, OfficeDossier, Phase, Seat, Standing,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A day within so many calendar days is near, as on the work list.
const NEAR_DAYS: i64 = 2;

/// A dossier of the queue. No more of people than a list shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueRow {
    /// Which.
    pub dossier: DossierId,
    /// This machine has it; others are known by what the warehouse tells.
    pub here: bool,
    /// Code on the receipt.
    pub code: Option<DossierCode>,
    /// Name of the procedure.
    pub procedure_name: String,
    /// Name of the owner.
    pub owner_name: String,
    /// Number of the owner; lists show it masked.
    pub owner_number: IdNumber,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Officer who accepted it.
    pub officer: String,
    /// What the office calls the counter that accepted it; empty of this machine's own, or where it has no name.
    pub counter: String,
    /// When the result is due now.
    pub due: Deadline,
    /// How far it is.
    pub phase: Phase,
    /// Who has it; none: the counter that accepted it.
    pub seat: Option<Seat>,
    /// Handed over and not taken yet.
    pub on_its_way: bool,
    /// Who handed it on last, and when it came there; none of one that nobody handed on, or where it is not told.
    pub moved: Option<Moved>,
}

impl QueueRow {
    /// A dossier this machine has; none that nobody is owed anything for.
    #[must_use]
    pub fn of_own(dossier: &Dossier) -> Option<Self> {
        dossier.owed_by()?;
        let (accepted_at, _) = dossier.state.acceptance()?;
        let Standing { phase, seat, on_its_way, due, moved, .. } = dossier.standing()?;
        let counter = dossier.taken_up.as_ref().map(|taken| taken.counter.clone()).unwrap_or_default();
        let owner = &dossier.applicant.owner;
        Some(Self {
            dossier: dossier.id,
            here: true,
            code: dossier.code.clone(),
            procedure_name: dossier.procedure_name.clone(),
            owner_name: owner.name.clone(),
            owner_number: owner.number.clone(),
            accepted_at,
            officer: dossier.officer.clone(),
            counter,
            due,
            phase,
            seat,
            on_its_way,
            moved,
        })
    }

    /// A dossier that another counter has; none that nobody is owed anything for.
    #[must_use]
    pub fn of_office(row: &OfficeDossier) -> Option<Self> {
        if row.returned_at.is_some() || row.phase.is_over() {
            return None;
        }
        Some(Self {
            dossier: row.id,
            here: false,
            code: Some(row.code.clone()),
            procedure_name: row.procedure_name.clone(),
            owner_name: row.owner_name.clone(),
            owner_number: row.owner_number.clone(),
            accepted_at: row.accepted_at,
            officer: row.officer.clone(),
            counter: row.counter.clone(),
            due: row.deadline.clone(),
            phase: row.phase,
            seat: row.seat.clone(),
            on_its_way: row.on_its_way,
            moved: row.moved.clone(),
        })
    }

    /// The clock stands: the citizen brings what is missing.
    #[must_use]
    pub fn stands(&self) -> bool {
        matches!(self.phase, Phase::AwaitingSupplement { .. })
    }

    /// A result is proposed: to be signed and returned.
    #[must_use]
    pub fn is_proposed(&self) -> bool {
        matches!(self.phase, Phase::ResultProposed { .. })
    }

    /// The order of the queue: by the day, then by the id.
    #[must_use]
    pub fn place(&self) -> (Day, DossierId) {
        (self.due.day, self.dossier)
    }
}

/// What pressing, or waiting, a queue is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// Its day is over.
    Late,
    /// Due today.
    Today,
    /// Due in the next days.
    Soon,
    /// The clock stands until the citizen brings what is missing.
    AwaitingSupplement,
    /// A result is proposed: to be signed and returned.
    ToReturn,
    /// Handed over, and nobody has taken it.
    OnItsWay,
}

impl QueueState {
    /// The days a dossier is due on that is in this state by its day; none of a state that days do not tell. What waits for
    /// the citizen is in none of them.
    #[must_use]
    pub fn days(self, today: Day) -> Option<RangeInclusive<Day>> {
        match self {
            Self::Late => Some(Day(time::Date::MIN)..=plus(today, -1)),
            Self::Today => Some(today..=today),
            Self::Soon => Some(plus(today, 1)..=plus(today, NEAR_DAYS)),
            Self::AwaitingSupplement | Self::ToReturn | Self::OnItsWay => None,
        }
    }
}

/// Which dossiers of the queue are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueueFilter {
    /// At this officer by name, or at his unit and at nobody there by name.
    pub mine: Option<Seat>,
    /// At this unit; empty: at no unit, for nobody handed it on.
    pub unit: Option<String>,
    /// At this officer.
    pub officer: Option<String>,
    /// In this state.
    pub state: Option<QueueState>,
}

impl QueueFilter {
    /// Does a row of the queue belong to what is asked for on that day.
    #[must_use]
    pub fn fits(&self, row: &QueueRow, today: Day) -> bool {
        let (unit, officer) = seat_key(row.seat.as_ref());
        let mine = self.mine.as_ref().is_none_or(|seat| {
            let (my_unit, me) = seat_key(Some(seat));
            if officer.is_empty() { !unit.is_empty() && unit == my_unit } else { officer == me }
        });
        mine && self.unit.as_ref().is_none_or(|asked| folded(asked) == unit)
            && self.officer.as_ref().is_none_or(|asked| folded(asked) == officer)
            && self.state.is_none_or(|state| row.is_in(state, today))
    }
}

impl QueueRow {
    /// Is it in that state on a day.
    #[must_use]
    pub fn is_in(&self, state: QueueState, today: Day) -> bool {
        match state {
            QueueState::AwaitingSupplement => self.stands(),
            QueueState::ToReturn => self.is_proposed(),
            QueueState::OnItsWay => self.on_its_way,
            QueueState::Late | QueueState::Today | QueueState::Soon => {
                !self.stands() && state.days(today).is_some_and(|days| days.contains(&self.due.day))
            }
        }
    }
}

/// One page of the queue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueuePage {
    /// In the order of their days.
    pub rows: Vec<QueueRow>,
    /// So many there are in all.
    pub count: u32,
}

/// How much lies with somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeatLoad {
    /// With whom; none: at the counters that accepted it.
    pub seat: Option<Seat>,
    /// How much.
    pub load: Load,
}

/// Dossiers by state. A dossier is due on one day at most, but may be on its way or to be signed beside that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Load {
    /// All of them.
    pub all: u32,
    /// Their day is over.
    pub late: u32,
    /// Due today.
    pub today: u32,
    /// Due in the next days.
    pub soon: u32,
    /// Waiting for the citizen.
    pub awaiting: u32,
    /// Proposed: to be signed and returned.
    pub to_return: u32,
    /// Handed over, taken by nobody.
    pub on_its_way: u32,
}

impl Load {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            late: self.late + other.late,
            today: self.today + other.today,
            soon: self.soon + other.soon,
            awaiting: self.awaiting + other.awaiting,
            to_return: self.to_return + other.to_return,
            on_its_way: self.on_its_way + other.on_its_way,
        }
    }

    fn of(row: &QueueRow, today: Day) -> Self {
        let is = |state| u32::from(row.is_in(state, today));
        Self {
            all: 1,
            late: is(QueueState::Late),
            today: is(QueueState::Today),
            soon: is(QueueState::Soon),
            awaiting: is(QueueState::AwaitingSupplement),
            to_return: is(QueueState::ToReturn),
            on_its_way: is(QueueState::OnItsWay),
        }
    }
}

/// How much lies with whom, in the order of units and officers; what nobody handed on comes first.
#[must_use]
pub fn seat_loads<'a>(rows: impl IntoIterator<Item = &'a QueueRow>, today: Day) -> Vec<SeatLoad> {
    let mut loads: BTreeMap<(String, String), SeatLoad> = BTreeMap::new();
    for row in rows {
        let empty = || SeatLoad { seat: row.seat.clone(), load: Load::default() };
        let known = loads.entry(seat_key(row.seat.as_ref())).or_insert_with(empty);
        known.load = known.load.with(Load::of(row, today));
    }
    loads.into_values().collect()
}

/// A seat as it is compared: unit and officer without the space around them, in small letters; both empty for none.
#[must_use]
pub fn seat_key(seat: Option<&Seat>) -> (String, String) {
    seat.map(|seat| (folded(&seat.unit), folded(&seat.officer))).unwrap_or_default()
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn plus(day: Day, days: i64) -> Day {
    Day(day.0.saturating_add(time::Duration::days(days)))
}
