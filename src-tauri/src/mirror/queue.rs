//! The office's queue as the page shows it.

use super::{clean, small};
use crate::view;
use motcua_desk as desk;
use motcua_dossier as domain;

impl From<&desk::Queue> for view::Queue {
    fn from(queue: &desk::Queue) -> Self {
        Self {
            lines: queue.rows.iter().map(Into::into).collect(),
            count: queue.count,
            page: queue.page,
            page_lines: desk::QUEUE_PAGE,
            as_of: queue.as_of.map(Into::into),
            units: queue.units.clone(),
        }
    }
}

impl From<&domain::QueueRow> for view::QueueLine {
    fn from(row: &domain::QueueRow) -> Self {
        Self {
            id: row.dossier.to_string(),
            here: row.here,
            code: row.code.as_ref().map(ToString::to_string),
            owner_name: row.owner_name.clone(),
            owner_number: row.owner_number.masked(),
            procedure_name: row.procedure_name.clone(),
            accepted_at: row.accepted_at.into(),
            officer: row.officer.clone(),
            counter: row.counter.clone(),
            due: row.due.day.format_iso(),
            phase: super::steps::phase(row.phase).0,
            seat: row.seat.as_ref().map(Into::into),
            on_its_way: row.on_its_way,
            moved_by: row.moved.as_ref().map(|moved| moved.from.clone()).unwrap_or_default(),
            moved_at: row.moved.as_ref().map(|moved| moved.at.into()),
        }
    }
}

impl From<view::QueueAsk> for domain::QueueFilter {
    fn from(ask: view::QueueAsk) -> Self {
        Self {
            mine: None,
            unit: ask.unit.as_deref().map(clean),
            officer: ask.officer.as_deref().map(clean),
            state: ask.state.map(Into::into),
        }
    }
}

impl From<&desk::Overview> for view::Overview {
    fn from(overview: &desk::Overview) -> Self {
        let seat = |of: &domain::SeatLoad| view::SeatLoad {
            seat: of.seat.as_ref().map(Into::into),
            load: of.load.into(),
        };
        Self {
            whole: overview.whole.into(),
            seats: overview.seats.iter().map(seat).collect(),
            unsent: small(overview.unsent),
            attention: small(overview.attention),
            as_of: overview.as_of.map(Into::into),
        }
    }
}

impl From<domain::Load> for view::Load {
    fn from(load: domain::Load) -> Self {
        let domain::Load { all, late, today, soon, awaiting, to_return, on_its_way } = load;
        Self { all, late, today, soon, awaiting, to_return, on_its_way }
    }
}

impl From<desk::TakenStep> for view::TakenStep {
    fn from(taken: desk::TakenStep) -> Self {
        Self { id: taken.dossier.to_string(), refused: taken.refused.map(Into::into) }
    }
}
