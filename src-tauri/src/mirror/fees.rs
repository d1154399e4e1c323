//! Fees as the page shows them, and an entry as it comes from the page.

use super::{op_id, state_name};
use crate::view::{self, AppError, Money};
use motcua_desk::{Shift, ShiftEntry};
use motcua_dossier::{self as domain, FeeAct, FeeLine};

impl From<u64> for Money {
    fn from(amount: u64) -> Self {
        // No amount is above 10^12.
        #[allow(clippy::cast_precision_loss)]
        Self(amount as f64)
    }
}

impl Money {
    /// Whole đồng; what is none is more than any fee, and refused as such.
    fn whole(self) -> u64 {
        let fits = self.0.fract() == 0.0 && (0.0..=1e15).contains(&self.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        if fits { self.0 as u64 } else { u64::MAX }
    }
}

impl view::Fees {
    pub(super) fn of(dossier: &domain::Dossier, outbox: &[domain::OutboxItem]) -> Self {
        let account = dossier.fee_account();
        let entry = |line: &FeeLine| {
            let state = outbox.iter().find(|item| item.op == line.id).map(|item| &item.state);
            let (amount, method) = dossier.fee_money(&line.record.act);
            view::FeeEntry::of(line, amount, method, account.stands(line.id), state)
        };
        Self {
            paid: account.paid().into(),
            relieved: account.relieved().into(),
            due: account.due().into(),
            beyond: account.beyond().into(),
            entries: dossier.fees.iter().map(entry).collect(),
        }
    }
}

impl view::FeeEntry {
    fn of(
        line: &FeeLine,
        amount: u64,
        method: Option<domain::FeeMethod>,
        stands: bool,
        state: Option<&domain::OutboxState>,
    ) -> Self {
        let (kind, text, reverses) = match &line.record.act {
            FeeAct::Paid { receipt_number, .. } => (view::FeeKind::Paid, receipt_number, None),
            FeeAct::Relieved { reason, .. } => (view::FeeKind::Relieved, reason, None),
            FeeAct::Reversed { entry, reason } => (view::FeeKind::Reversed, reason, Some(entry.to_string())),
        };
        Self {
            id: line.id.to_string(),
            kind,
            amount: amount.into(),
            method: method.map(Into::into),
            text: text.clone(),
            reverses,
            officer: line.record.officer.clone(),
            at: line.record.at.into(),
            void: line.void,
            stands,
            outbox: state.map(state_name),
            problem: match state {
                Some(domain::OutboxState::NeedsAttention { code }) => Some(code.clone()),
                _ => None,
            },
        }
    }
}

impl From<&ShiftEntry> for view::ShiftLine {
    fn from(entry: &ShiftEntry) -> Self {
        Self {
            dossier: entry.dossier.to_string(),
            code: entry.code.as_ref().map(ToString::to_string),
            owner_name: entry.owner.clone(),
            entry: view::FeeEntry::of(
                &entry.line,
                entry.amount,
                entry.method,
                entry.stands,
                Some(&entry.state),
            ),
        }
    }
}

impl From<&Shift> for view::Shift {
    fn from(shift: &Shift) -> Self {
        let method = |row: &motcua_desk::ShiftMethod| view::ShiftMethod {
            method: row.method.into(),
            count: row.count,
            paid: row.paid.into(),
            reversed: row.reversed.into(),
        };
        Self {
            day: shift.day.format_iso(),
            officer: shift.officer.clone(),
            methods: shift.methods.iter().map(method).collect(),
            relieved_count: shift.relieved_count,
            relieved: shift.relieved.into(),
            lines: shift.entries.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<view::FeeWish> for FeeAct {
    type Error = AppError;

    fn try_from(wish: view::FeeWish) -> Result<Self, AppError> {
        let text = super::clean(&wish.text);
        Ok(match wish.kind {
            view::FeeKind::Paid => Self::Paid {
                amount: wish.amount.whole(),
                method: wish.method.ok_or_else(AppError::internal)?.into(),
                receipt_number: text,
            },
            view::FeeKind::Relieved => Self::Relieved { amount: wish.amount.whole(), reason: text },
            view::FeeKind::Reversed => {
                let entry = wish.entry.as_deref().ok_or_else(AppError::internal)?;
                Self::Reversed { entry: op_id(entry)?, reason: text }
            }
        })
    }
}
