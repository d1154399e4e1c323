//! Steps after the acceptance as the page shows them, and one as it comes from the page.

use super::{Around, clean, deadline, state_name};
use crate::view::{self, AppError, StepKind};
use motcua_desk::{Approval, StepWish};
use motcua_dossier::{self as domain, Phase, Standing, StepAct, StepLine};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Name of a phase, and since when.
pub(super) fn phase(phase: Phase) -> (view::PhaseName, Option<view::Millis>) {
    match phase {
        Phase::Working => (view::PhaseName::Working, None),
        Phase::AwaitingSupplement { since } => (view::PhaseName::AwaitingSupplement, Some(since.into())),
        Phase::ResultProposed { since } => (view::PhaseName::ResultProposed, Some(since.into())),
        Phase::Refused { at } => (view::PhaseName::Refused, Some(at.into())),
        Phase::Stopped { at } => (view::PhaseName::Stopped, Some(at.into())),
    }
}

/// Why the result is due on that day: counted, or promised since.
pub(super) fn reason(dossier: &domain::Dossier, due: &domain::Deadline) -> String {
    let promises = |step: &&domain::StepRecord| {
        matches!(step.act, StepAct::Reappointed { .. } | StepAct::Supplemented { .. })
    };
    match dossier.steps_taken().filter(promises).last() {
        Some(domain::StepRecord { act: StepAct::Reappointed { .. }, at, .. }) => {
            format!("đã xin lỗi và hẹn lại ngày {}", at.day().format_vn())
        }
        Some(step) => {
            format!("{}; tính lại từ khi bổ sung đủ, {}", deadline::reason(due), step.at.day().format_vn())
        }
        None => deadline::reason(due),
    }
}

impl From<&domain::Seat> for view::Seat {
    fn from(seat: &domain::Seat) -> Self {
        Self { unit: seat.unit.clone(), officer: seat.officer.clone() }
    }
}

impl From<view::Seat> for domain::Seat {
    fn from(seat: view::Seat) -> Self {
        Self { unit: clean(&seat.unit), officer: clean(&seat.officer) }
    }
}

impl Around<'_> {
    pub(super) fn standing(
        &self,
        d: &domain::Dossier,
        standing: &Standing,
        days: domain::StepDays,
        outbox: &[domain::OutboxItem],
    ) -> view::Standing {
        let accepted = d.state.acceptance().map_or(d.opened_at, |(at, _)| at);
        let rules = self.reference.step_rules(accepted.day());
        let (name, since) = phase(standing.phase);
        // What stays in the dossier (an application) is handed in for good; what came from elsewhere is not here.
        let shown = |row: &&domain::ComponentRow| {
            row.form == domain::CopyForm::Original
                && row.enters_warehouse
                && row.waiver.is_none()
                && row.reuse().is_none()
                && (row.attachment.is_some() || d.taken_up.is_some())
        };
        let originals = d.components.iter().filter(shown);
        view::Standing {
            phase: name,
            since,
            seat: standing.seat.as_ref().map(Into::into),
            on_its_way: standing.on_its_way,
            may_ask: standing.supplements < rules.supplements,
            may_reappoint: standing.reappointments < rules.reappointments,
            hand_over_by: days.hand_over.format_iso(),
            ask_by: days.ask.format_iso(),
            apologise_by: days.apologise.map(domain::Day::format_iso),
            originals: originals
                .map(|row| view::Original {
                    row: row.number,
                    name: row.name.clone(),
                    returned: standing.originals_returned.contains(&row.number),
                })
                .collect(),
            steps: d.steps.iter().map(|line| step(d, line, outbox, self.names)).collect(),
        }
    }
}

fn step(
    d: &domain::Dossier,
    line: &StepLine,
    outbox: &[domain::OutboxItem],
    names: &HashMap<String, String>,
) -> view::Step {
    let name = |login: &String| names.get(login).unwrap_or(login).clone();
    let state = outbox.iter().find(|item| item.op == line.id).map(|item| &item.state);
    let blank = view::Step {
        id: line.id.to_string(),
        kind: StepKind::TakenOver,
        officer: name(&line.record.officer),
        at: line.record.at.into(),
        seat: None,
        items: vec![],
        text: String::new(),
        day: None,
        row: None,
        approved_by: None,
        approval_reason: None,
        files: vec![],
        void: line.void,
        form: false,
        outbox: state.map(state_name),
        problem: match state {
            Some(domain::OutboxState::NeedsAttention { code }) => Some(code.clone()),
            _ => None,
        },
    };
    match line.record.act.clone() {
        StepAct::HandedOver { to, note } => {
            view::Step { kind: StepKind::HandedOver, seat: Some((&to).into()), text: note, ..blank }
        }
        StepAct::TakenOver { by } => view::Step { seat: Some((&by).into()), ..blank },
        StepAct::SupplementAsked { items, reason, exception } => {
            let (approved_by, approval_reason) = exception.map(|e| (name(&e.approved_by), e.reason)).unzip();
            let kind = StepKind::SupplementAsked;
            view::Step { kind, items, text: reason, approved_by, approval_reason, form: true, ..blank }
        }
        StepAct::Supplemented { note, due, papers } => {
            let (day, items) = (Some(due.day.format_iso()), papers.into_iter().map(|p| p.name).collect());
            view::Step { kind: StepKind::Supplemented, text: note, day, items, ..blank }
        }
        StepAct::Reappointed { reason, due } => {
            let day = Some(due.day.format_iso());
            view::Step { kind: StepKind::Reappointed, text: reason, day, form: true, ..blank }
        }
        StepAct::Refused { reasons } => {
            view::Step { kind: StepKind::Refused, items: reasons, form: true, ..blank }
        }
        StepAct::Stopped { reason } => {
            view::Step { kind: StepKind::Stopped, text: reason, form: true, ..blank }
        }
        StepAct::OriginalReturned { component } => {
            let row = d.component(component).map_or_else(|_| component.to_string(), |row| row.name.clone());
            view::Step { kind: StepKind::OriginalReturned, row: Some(row), ..blank }
        }
        StepAct::ResultProposed { note } => {
            view::Step { kind: StepKind::ResultProposed, text: note, ..blank }
        }
        StepAct::ResultCorrected(corrected) => view::Step {
            kind: StepKind::ResultCorrected,
            items: vec![corrected.reason.label().to_owned()],
            text: corrected.text.clone(),
            approved_by: Some(name(&corrected.approved_by)),
            files: vec![corrected.before.to_string(), corrected.blob.to_string()],
            ..blank
        },
    }
}

impl view::StepWish {
    /// As the desk takes it; `approver` and `secret` are those of a colleague who agrees.
    pub(crate) fn wish(
        self,
        approver: Option<String>,
        secret: Option<Zeroizing<String>>,
    ) -> Result<StepWish, AppError> {
        let text = clean(&self.text);
        let items: Vec<String> = self.items.iter().map(|item| clean(item)).collect();
        Ok(match self.kind {
            StepKind::HandedOver => {
                StepWish::HandOver { to: self.seat.ok_or_else(AppError::internal)?.into(), note: text }
            }
            StepKind::TakenOver => StepWish::TakeOver,
            StepKind::SupplementAsked => StepWish::AskSupplement {
                items,
                reason: text,
                approval: approver.map(|approver| Approval {
                    reason: clean(&self.approval_reason.unwrap_or_default()),
                    approver,
                    secret: secret.unwrap_or_default(),
                }),
            },
            StepKind::Supplemented => StepWish::Supplement { note: text },
            StepKind::Reappointed => {
                let day = self.day.as_deref().map(domain::Day::parse);
                let day = day.and_then(Result::ok).ok_or_else(|| AppError::of("stepNotLater"))?;
                StepWish::Reappoint { reason: text, day }
            }
            StepKind::Refused => StepWish::Refuse { reasons: items },
            StepKind::Stopped => StepWish::Stop { reason: text },
            StepKind::OriginalReturned => {
                StepWish::ReturnOriginal { component: self.row.ok_or_else(AppError::internal)? }
            }
            StepKind::ResultProposed => StepWish::ProposeResult { note: text, to: self.seat.map(Into::into) },
            // It is asked for and agreed to by commands of its own.
            StepKind::ResultCorrected => return Err(AppError::internal()),
        })
    }
}
