//! The work of the office as a queue: what was handed to the officer at this machine, wherever it was accepted ("Bàn xử lý"),
//! and, for a supervisor, who has what ("Giám sát"). All of it is read from what this counter has and has heard.

use crate::accept::due_text;
use crate::desk::Desk;
use crate::error::{DeskError, OfficeProblem, StepError};
use crate::spreadsheet::Spreadsheet;
use crate::steps::StepWish;
use motcua_dossier::{
    Day, DossierId, Load, Phase, QueueFilter, QueueRow, QueueState, Seat, SeatLoad, StepFault, Timestamp,
};
use std::collections::BTreeSet;

/// Rows on a page.
pub const QUEUE_PAGE: u32 = 50;
/// Most dossiers that one act moves.
pub const MAX_AT_ONCE: usize = 100;
/// Rows of a table are read in portions.
const PORTION: u32 = 500;

/// A page of the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queue {
    /// In the order of their days.
    pub rows: Vec<QueueRow>,
    /// So many fit what was asked for.
    pub count: u32,
    /// Pages begin at 0.
    pub page: u32,
    /// The day that says what is late.
    pub today: Day,
    /// When the warehouse was heard last; none: not since the start.
    pub as_of: Option<Timestamp>,
    /// Units that have something, in their order.
    pub units: Vec<String>,
}

/// Who has how much.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overview {
    /// The whole office.
    pub whole: Load,
    /// With whom it lies; what nobody handed on comes first.
    pub seats: Vec<SeatLoad>,
    /// Lines of this machine that did not leave; those of other counters are not known here.
    pub unsent: u32,
    /// Lines of this machine that wait for a person.
    pub attention: u32,
    /// When the warehouse was heard last.
    pub as_of: Option<Timestamp>,
}

/// What is done with several dossiers alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SeveralWish {
    /// Nhận.
    TakeOver,
    /// Chuyển.
    HandOver {
        /// To whom.
        to: Seat,
        /// What is to be done there; may be empty.
        note: String,
    },
}

impl From<&SeveralWish> for StepWish {
    fn from(wish: &SeveralWish) -> Self {
        match wish {
            SeveralWish::TakeOver => Self::TakeOver,
            SeveralWish::HandOver { to, note } => Self::HandOver { to: to.clone(), note: note.clone() },
        }
    }
}

/// What became of one of several dossiers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenStep {
    /// Which.
    pub dossier: DossierId,
    /// Why it was not done; none: it is on this machine, durable and queued.
    pub refused: Option<DeskError>,
}

impl Desk {
    /// What was handed to the officer at this machine, or to anybody of its unit; with `unit` all that lies with that unit.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn bench(
        &self,
        unit: Option<String>,
        state: Option<QueueState>,
        page: u32,
    ) -> Result<Queue, DeskError> {
        let mine = unit.is_none().then(|| self.my_seat());
        self.queue(&QueueFilter { mine, unit, officer: None, state }, page)
    }

    /// Every dossier the citizen is owed something for, wherever it is.
    ///
    /// # Errors
    /// The officer is no supervisor; the vault is closed.
    pub async fn office_queue(&self, filter: &QueueFilter, page: u32) -> Result<Queue, DeskError> {
        self.supervises()?;
        self.queue(filter, page)
    }

    /// Who has how much, and what of this machine did not leave.
    ///
    /// # Errors
    /// The officer is no supervisor; the vault is closed.
    pub async fn office_overview(&self) -> Result<Overview, DeskError> {
        self.supervises()?;
        let seats = self.vault.queue_loads(self.today())?;
        let whole = seats.iter().fold(Load::default(), |sum, seat| sum.with(seat.load));
        let status = self.status().await;
        let (unsent, attention) = (status.queued, status.attention);
        Ok(Overview { whole, seats, unsent, attention, as_of: status.last_contact })
    }

    /// The same rows as a table for a spreadsheet, all of them.
    ///
    /// # Errors
    /// The officer is no supervisor; the vault is closed.
    pub async fn office_queue_table(&self, filter: &QueueFilter) -> Result<Vec<u8>, DeskError> {
        self.supervises()?;
        let today = self.today();
        let mut table = Spreadsheet::new(&[
            "ma_ho_so",
            "ten_thu_tuc",
            "chu_ho_so",
            "so_dinh_danh",
            "ngay_nhan",
            "ngay_hen_tra",
            "tinh_trang",
            "dang_o_bo_phan",
            "can_bo",
            "tu_luc",
            "nguoi_chuyen",
            "da_nhan",
            "noi_tiep_nhan",
            "can_bo_tiep_nhan",
        ]);
        let mut skip = 0;
        loop {
            let found = self.vault.queue(filter, today, skip, PORTION)?;
            for row in &found.rows {
                write_row(&mut table, row, today);
            }
            skip += PORTION;
            if skip >= found.count {
                return Ok(table.finish());
            }
        }
    }

    /// Does the same with several dossiers, each a step of its own: what one of them is refused for holds no other. One that
    /// this machine does not have is taken up first, which needs a line.
    ///
    /// # Errors
    /// More than [`MAX_AT_ONCE`]; the vault is closed. Everything else is told for each dossier.
    pub async fn take_several(
        &self,
        ids: &[DossierId],
        wish: &SeveralWish,
    ) -> Result<Vec<TakenStep>, DeskError> {
        let ids: BTreeSet<DossierId> = ids.iter().copied().collect();
        if ids.len() > MAX_AT_ONCE {
            return Err(OfficeProblem::TooManyAtOnce.into());
        }
        let mut moved = vec![];
        for dossier in ids {
            let refused = match self.take_one(dossier, wish).await {
                Ok(()) => None,
                Err(DeskError::Vault(error)) => return Err(error.into()),
                Err(error) => Some(error),
            };
            moved.push(TakenStep { dossier, refused });
        }
        Ok(moved)
    }

    /// A supervisor gives work to somebody else, and says why: the reason is the note of each hand-over.
    ///
    /// # Errors
    /// The officer is no supervisor; no reason; as [`Desk::take_several`].
    pub async fn reassign(
        &self,
        ids: &[DossierId],
        to: Seat,
        reason: &str,
    ) -> Result<Vec<TakenStep>, DeskError> {
        self.supervises()?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(StepError::Unfit(StepFault::TextMissing).into());
        }
        self.take_several(ids, &SeveralWish::HandOver { to, note: reason.to_owned() }).await
    }

    async fn take_one(&self, id: DossierId, wish: &SeveralWish) -> Result<(), DeskError> {
        let dossier = self.take_up(id).await?;
        if *wish == SeveralWish::TakeOver && !dossier.standing().is_some_and(|standing| standing.on_its_way) {
            return Err(StepError::NothingSent.into());
        }
        self.take_step(id, wish.into()).map(drop)
    }

    fn queue(&self, filter: &QueueFilter, page: u32) -> Result<Queue, DeskError> {
        let today = self.today();
        let found = self.vault.queue(filter, today, page.saturating_mul(QUEUE_PAGE), QUEUE_PAGE)?;
        let mut units: Vec<String> = vec![];
        for seat in self.vault.queue_loads(today)?.into_iter().filter_map(|load| load.seat) {
            if units.last() != Some(&seat.unit) {
                units.push(seat.unit);
            }
        }
        let as_of = self.live().last_contact;
        Ok(Queue { rows: found.rows, count: found.count, page, today, as_of, units })
    }

    fn my_seat(&self) -> Seat {
        Seat { unit: self.office.unit_name.clone(), officer: self.officer() }
    }

    fn supervises(&self) -> Result<(), DeskError> {
        if self.may_supervise()? { Ok(()) } else { Err(OfficeProblem::NotSupervisor.into()) }
    }
}

fn write_row(table: &mut Spreadsheet, row: &QueueRow, today: Day) {
    let seat = |of: fn(&Seat) -> &str| row.seat.as_ref().map_or("", of);
    let moved = row.moved.as_ref();
    let taken = match (&row.seat, row.on_its_way) {
        (None, _) => "",
        (Some(_), true) => "chưa",
        (Some(_), false) => "rồi",
    };
    table.line(&[
        row.code.as_ref().map_or("", |code| code.as_str()),
        &row.procedure_name,
        &row.owner_name,
        &row.owner_number.masked(),
        &row.accepted_at.format_vn(),
        &due_text(&row.due),
        queue_words(row, today),
        seat(|seat| &seat.unit),
        seat(|seat| &seat.officer),
        &moved.map(|moved| moved.at.format_vn()).unwrap_or_default(),
        moved.map_or("", |moved| &moved.from),
        taken,
        &row.counter,
        &row.officer,
    ]);
}

/// How pressing a dossier of the queue is, in words; as the window says it.
#[must_use]
pub fn queue_words(row: &QueueRow, today: Day) -> &'static str {
    match row.phase {
        Phase::AwaitingSupplement { .. } => "chờ bổ sung",
        _ if row.is_in(QueueState::Late, today) => "quá hạn",
        _ if row.is_in(QueueState::Today, today) => "đến hạn hôm nay",
        Phase::ResultProposed { .. } => "chờ ký, trả kết quả",
        _ if row.is_in(QueueState::Soon, today) => "sắp đến hạn",
        _ => "còn hạn",
    }
}
