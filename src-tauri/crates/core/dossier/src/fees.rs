//! Fees of one dossier: an append-only account in whole đồng.

use crate::{OpId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest fee and largest amount of an entry, in đồng: far above any fee there is, and so far below what numbers can
/// hold that no sum of a day overflows.
pub const MAX_FEE: u64 = 1_000_000_000_000;

/// How it was paid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeMethod {
    /// Tiền mặt.
    Cash,
    /// Chuyển khoản.
    Transfer,
    /// Trên Cổng dịch vụ công.
    Portal,
    /// Qua bưu chính.
    Post,
}

/// One entry of the account. Nothing is ever changed: a mistake is reversed, and entered anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum FeeAct {
    /// Thu.
    Paid {
        /// Đồng.
        amount: u64,
        /// How.
        method: FeeMethod,
        /// Số biên lai; once for each agency unless it was reversed.
        receipt_number: String,
    },
    /// Miễn, giảm.
    Relieved {
        /// Đồng; all that is due when exempt.
        amount: u64,
        /// Why.
        reason: String,
    },
    /// An entry is taken back, whole.
    Reversed {
        /// Which.
        entry: OpId,
        /// Why.
        reason: String,
    },
}

/// An entry as an officer makes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRecord {
    /// What.
    pub act: FeeAct,
    /// Who.
    pub officer: String,
    /// When, by the machine's clock.
    pub at: Timestamp,
}

/// An entry on a counter's side: what it says, and whether it counts there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeLine {
    /// The operation that brings it.
    pub id: OpId,
    /// What it says.
    pub record: FeeRecord,
    /// The warehouse did not take it, and another line says it rightly, or two officers took it back. It stays to be read.
    #[serde(default)]
    pub void: bool,
}

/// Why an entry is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeeFault {
    /// Nothing.
    #[error("amount is zero")]
    Zero,
    /// More than is due.
    #[error("more than is due")]
    BeyondDue,
    /// It names no entry of this account, or one that is itself a reversal.
    #[error("entry is unknown")]
    EntryUnknown,
    /// It was reversed before.
    #[error("entry was reversed before")]
    ReversedBefore,
}

/// The account of one dossier. What is due never falls below zero, and a reversal restores exactly what
/// its entry took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeeAccount {
    fee: u64,
    paid: u64,
    relieved: u64,
    /// Amount, whether it was a payment, whether it stands.
    entries: BTreeMap<OpId, (u64, bool, bool)>,
}

impl FeeAccount {
    /// The account of a dossier with this fee.
    #[must_use]
    pub fn new(fee: u64) -> Self {
        Self { fee, paid: 0, relieved: 0, entries: BTreeMap::new() }
    }

    /// The account these entries make under a fee, which may have changed since they were taken. One that does not fit
    /// those before it counts nothing.
    #[must_use]
    pub fn of<'a>(fee: u64, entries: impl IntoIterator<Item = (OpId, &'a FeeAct)>) -> Self {
        let mut account = Self::new(u64::MAX);
        for (id, act) in entries {
            // Refused is not entered; whoever wants to know enters for himself.
            let _refused = account.enter(id, act);
        }
        account.under_fee(fee)
    }

    /// Enters.
    ///
    /// # Errors
    /// See [`FeeFault`]; nothing is entered then.
    pub fn enter(&mut self, entry: OpId, act: &FeeAct) -> Result<(), FeeFault> {
        match act {
            FeeAct::Paid { amount, .. } | FeeAct::Relieved { amount, .. } => {
                if *amount == 0 {
                    return Err(FeeFault::Zero);
                }
                if *amount > self.due() {
                    return Err(FeeFault::BeyondDue);
                }
                let payment = matches!(act, FeeAct::Paid { .. });
                *(if payment { &mut self.paid } else { &mut self.relieved }) += amount;
                self.entries.insert(entry, (*amount, payment, true));
            }
            FeeAct::Reversed { entry: reversed, .. } => {
                let (amount, payment, stands) =
                    self.entries.get_mut(reversed).ok_or(FeeFault::EntryUnknown)?;
                if !*stands {
                    return Err(FeeFault::ReversedBefore);
                }
                *stands = false;
                *(if *payment { &mut self.paid } else { &mut self.relieved }) -= *amount;
            }
        }
        Ok(())
    }

    /// Fee of the case.
    #[must_use]
    pub fn fee(&self) -> u64 {
        self.fee
    }

    /// Paid and not reversed.
    #[must_use]
    pub fn paid(&self) -> u64 {
        self.paid
    }

    /// Exempt or reduced and not reversed.
    #[must_use]
    pub fn relieved(&self) -> u64 {
        self.relieved
    }

    /// The same entries under another fee: a corrected acceptance may name another case. What was paid stays paid.
    #[must_use]
    pub fn under_fee(self, fee: u64) -> Self {
        Self { fee, ..self }
    }

    /// Still to be paid.
    #[must_use]
    pub fn due(&self) -> u64 {
        // Entered within a fee, so their sum fits.
        self.fee.saturating_sub(self.paid + self.relieved)
    }

    /// Paid or relieved beyond a fee that was lowered afterwards; given back by reversing entries.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        (self.paid + self.relieved).saturating_sub(self.fee)
    }

    /// Nothing is to be paid any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.due() == 0
    }

    /// The entry counts and can be taken back by another.
    #[must_use]
    pub fn stands(&self, entry: OpId) -> bool {
        self.entries.get(&entry).is_some_and(|(.., stands)| *stands)
    }
}

/// The number of a receipt that usually follows: its last digits one higher, as many as before. None where there are
/// no digits at its end, or only nines.
#[must_use]
pub fn next_receipt_number(number: &str) -> Option<String> {
    let digits = number.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (head, tail) = number.split_at(number.len() - digits);
    let next = tail.parse::<u64>().ok()?.checked_add(1)?.to_string();
    (next.len() <= digits).then(|| format!("{head}{next:0>digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> OpId {
        OpId::derive(1, &[n; 10])
    }

    fn act(kind: u8, amount: u64, of: u8) -> FeeAct {
        match kind {
            0 => FeeAct::Paid { amount, method: FeeMethod::Cash, receipt_number: "1".into() },
            1 => FeeAct::Relieved { amount, reason: "miễn".into() },
            _ => FeeAct::Reversed { entry: id(of), reason: "nhầm".into() },
        }
    }

    proptest! {
        #[test]
        fn what_is_due_is_never_below_zero_and_a_reversal_is_exact(
            fee in 0u64..100_000,
            acts in prop::collection::vec((0u8..3, prop_oneof![0u64..60_000, Just(u64::MAX)], 0u8..20), 0..20),
        ) {
            let mut account = FeeAccount::new(fee);
            // A second book, kept in wider numbers and from the beginning each time.
            let mut standing: Vec<(OpId, u64, u8)> = vec![];
            for (n, (kind, amount, of)) in (0u8..).zip(acts) {
                let before = account.clone();
                let taken = account.enter(id(n), &act(kind, amount, of));
                match (kind, taken) {
                    (_, Err(_)) => prop_assert_eq!(&account, &before, "what is refused changes nothing"),
                    (2, Ok(())) => {
                        let place = standing.iter().position(|(e, ..)| *e == id(of));
                        prop_assert!(place.is_some(), "only what stands is reversed");
                        standing.remove(place.unwrap_or_default());
                    }
                    (kind, Ok(())) => standing.push((id(n), amount, kind)),
                }
                let sum = |kind: u8| standing.iter().filter(|s| s.2 == kind).map(|s| u128::from(s.1)).sum::<u128>();
                prop_assert_eq!(u128::from(account.paid()), sum(0));
                prop_assert_eq!(u128::from(account.relieved()), sum(1));
                prop_assert_eq!(u128::from(account.due()) + sum(0) + sum(1), u128::from(fee));
                prop_assert_eq!(account.is_settled(), account.due() == 0);
            }
        }
    }

    #[test]
    fn a_lower_fee_afterwards_leaves_what_was_paid_and_says_so() {
        let mut account = FeeAccount::new(8000);
        assert_eq!(account.enter(id(1), &act(0, 8000, 0)), Ok(()));
        let mut account = account.under_fee(5000);
        assert_eq!((account.paid(), account.due(), account.beyond()), (8000, 0, 3000));
        assert_eq!(account.enter(id(2), &act(0, 1, 0)), Err(FeeFault::BeyondDue));
        assert_eq!(account.enter(id(3), &act(2, 0, 1)), Ok(()));
        assert_eq!((account.due(), account.beyond()), (5000, 0));
    }

    #[test]
    fn the_next_receipt_follows_its_book() {
        assert_eq!(next_receipt_number("AB/26P-0000099").as_deref(), Some("AB/26P-0000100"));
        assert_eq!(next_receipt_number("7").as_deref(), Some("8"));
        for none in ["", "quyển 3a", "BL-999", "99999999999999999999999"] {
            assert_eq!(next_receipt_number(none), None, "{none}");
        }
    }

    #[test]
    fn an_account_of_entries_leaves_out_what_does_not_fit() {
        let paid = act(0, 5000, 0);
        let account =
            FeeAccount::of(8000, [(id(1), &paid), (id(2), &act(2, 0, 9)), (id(3), &act(1, 3000, 0))]);
        assert_eq!((account.paid(), account.relieved(), account.due()), (5000, 3000, 0));
        assert!(account.stands(id(1)) && !account.stands(id(2)));
    }

    #[test]
    fn nothing_is_reversed_twice_and_no_reversal_is_reversed() {
        let mut account = FeeAccount::new(8000);
        assert_eq!(account.enter(id(1), &act(0, 8000, 0)), Ok(()));
        assert!(account.is_settled());
        assert_eq!(account.enter(id(2), &act(0, 1, 0)), Err(FeeFault::BeyondDue));
        assert_eq!(account.enter(id(3), &act(2, 0, 1)), Ok(()));
        assert_eq!((account.due(), account.paid()), (8000, 0));
        assert_eq!(account.enter(id(4), &act(2, 0, 1)), Err(FeeFault::ReversedBefore));
        assert_eq!(account.enter(id(5), &act(2, 0, 3)), Err(FeeFault::EntryUnknown));
        assert_eq!(account.enter(id(6), &act(1, 0, 0)), Err(FeeFault::Zero));
    }
}
