//! Fees at the counter. An entry is made once and never changed: a mistake is reversed, and entered anew. What is due is
//! computed from the entries, so that nobody ticks "đã thu".
//!
//! Each entry is an operation beside its dossier: it leaves the dossier's version alone, meets no lease, and nothing waits
//! for it. One the warehouse did not take (a number of a receipt that another counter used) is put right by its officer, and the
//! new line names the old one.

use crate::desk::{Change, Desk};
use crate::error::{DeskError, FeeError};
use crate::ports::{Batch, LinkError, QueuedOp};
use motcua_dossier::{
    Dossier, DossierError, DossierId, DossierState, FeeAct, FeeLine, FeeRecord, MAX_FEE, OpId, OutboxKind,
    OutboxState, next_receipt_number,
};
use motcua_wire::{DossierFees, MAX_RECEIPT_NUMBER, MAX_TEXT, OpPayload};
use std::collections::BTreeSet;

const LAST_RECEIPT: &str = "fee_last_receipt.";

impl Desk {
    /// Enters a payment, relief or reversal into the fees of an accepted dossier: durable, and queued, when this returns.
    ///
    /// # Errors
    /// The dossier is not accepted; see [`FeeError`]; the vault is closed.
    pub async fn enter_fee(&self, id: DossierId, act: FeeAct) -> Result<Dossier, DeskError> {
        let act = checked(act)?;
        let officer = self.officer();
        self.change(id, |change| change.enter_fee(act, &officer))
    }

    /// Says rightly what the warehouse did not take: the old entry counts nothing from here on, and stays to be read. A
    /// reversal of it goes with it, for it reversed nothing.
    ///
    /// Of one that was reversed here nothing is entered instead: the money was given back. The warehouse is asked first, if
    /// there is a line: it may have the entry after all, refused on its way back, and is asked to confirm it.
    ///
    /// # Errors
    /// The entry was not refused; otherwise as [`Desk::enter_fee`].
    pub async fn mend_fee(&self, id: DossierId, entry: OpId, act: FeeAct) -> Result<Dossier, DeskError> {
        let act = checked(act)?;
        if let Ok(Some(there)) = self.told_fees(id).await {
            self.take_in_fees(id, &there)?;
            if there.entries.iter().any(|known| known.id == entry) {
                self.resend(entry).await?;
                return Err(FeeError::NotRefused.into());
            }
        }
        let officer = self.officer();
        self.change(id, |change| {
            let queued = self.vault.queued(entry)?.filter(|queued| queued.item.dossier == id);
            let refused = |queued: &QueuedOp| {
                queued.item.kind == OutboxKind::Fee
                    && matches!(queued.item.state, OutboxState::NeedsAttention { .. })
            };
            let queued = queued.filter(refused).ok_or(FeeError::NotRefused)?;
            change.void_fee(entry, true);
            change.close(queued.item);
            let reversals = change.dossier.reversals_of(entry);
            for reversal in &reversals {
                change.void_fee(*reversal, true);
                if let Some(line) = self.vault.queued(*reversal)?.filter(|line| !line.item.state.is_closed())
                {
                    change.close(line.item);
                }
            }
            if !reversals.is_empty() {
                return Ok(());
            }
            change.enter_fee(act, &officer)
        })
    }

    /// The number of a receipt that follows the officer's last one here, to begin with.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn next_fee_receipt(&self) -> Result<Option<String>, DeskError> {
        let last = self.vault.setting(&format!("{LAST_RECEIPT}{}", self.officer()))?;
        Ok(last.as_deref().and_then(next_receipt_number))
    }

    /// What the warehouse tells of a dossier's fees; none of one it does not know.
    pub(crate) async fn told_fees(&self, id: DossierId) -> Result<Option<DossierFees>, DeskError> {
        match self.warehouse.fees(id).await {
            Ok(told) => Ok(told),
            Err(LinkError::Refused(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The fees of a dossier that is here, as the warehouse has them: entries of other counters are taken in, and what it
    /// has counts. True when something was new.
    pub(crate) async fn refresh_fees(&self, id: DossierId) -> Result<bool, DeskError> {
        let Some(there) = self.told_fees(id).await? else { return Ok(false) };
        self.take_in_fees(id, &there)
    }

    fn take_in_fees(&self, id: DossierId, there: &DossierFees) -> Result<bool, DeskError> {
        let _writing = self.writing();
        let Some(mut dossier) = self.vault.dossier(id)? else { return Ok(false) };
        let fees = merged(&dossier.fees, there);
        if fees == dossier.fees {
            return Ok(false);
        }
        dossier.fees = fees;
        dossier.revision += 1;
        self.vault.commit(&Batch { dossiers: vec![dossier], ..Batch::default() })?;
        Ok(true)
    }

    /// The number of a receipt is on another payment that counts, as far as this counter knows.
    fn receipt_taken(&self, number: &str, here: &Dossier) -> Result<bool, DeskError> {
        for (dossier, op) in self.vault.fee_receipts(number)? {
            let stands = if dossier == here.id {
                here.fee_account().stands(op)
            } else {
                self.vault.dossier(dossier)?.is_some_and(|dossier| dossier.fee_account().stands(op))
            };
            if stands {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Change<'_> {
    fn enter_fee(&mut self, act: FeeAct, officer: &str) -> Result<(), DeskError> {
        if !matches!(self.dossier.state, DossierState::Accepted { .. } | DossierState::Completed { .. }) {
            return Err(DossierError::NotAccepted.into());
        }
        if let FeeAct::Reversed { entry, .. } = &act
            && let Some(queued) = self.desk.vault.queued(*entry)?
            && matches!(queued.item.state, OutboxState::NeedsAttention { .. })
        {
            // The warehouse knows nothing of it; it is put right instead.
            return Err(FeeError::NotTaken.into());
        }
        let record = FeeRecord { act, officer: officer.to_owned(), at: self.now };
        // The id does not matter to the account before there is one.
        self.dossier.fee_account().enter(OpId::derive(0, &[0; 10]), &record.act).map_err(FeeError::Unfit)?;
        if let FeeAct::Paid { receipt_number, .. } = &record.act {
            if self.desk.receipt_taken(receipt_number, &self.dossier)? {
                return Err(FeeError::ReceiptTaken.into());
            }
            self.batch.settings.push((format!("{LAST_RECEIPT}{officer}"), receipt_number.clone()));
        }
        let id = self.enqueue(OutboxKind::Fee, OpPayload::Fee(Box::new(record.clone())), vec![])?;
        self.dossier.fees.push(FeeLine { id, record, void: false });
        Ok(())
    }

    /// The entry counts no more, or again.
    pub(crate) fn void_fee(&mut self, entry: OpId, void: bool) {
        for line in self.dossier.fees.iter_mut().filter(|line| line.id == entry) {
            line.void = void;
        }
    }
}

/// The texts without the space around them, none empty or longer than the warehouse takes.
fn checked(mut act: FeeAct) -> Result<FeeAct, FeeError> {
    let (text, longest, missing) = match &mut act {
        FeeAct::Paid { receipt_number, .. } => {
            (receipt_number, MAX_RECEIPT_NUMBER, FeeError::ReceiptNumberMissing)
        }
        FeeAct::Relieved { reason, .. } | FeeAct::Reversed { reason, .. } => {
            (reason, MAX_TEXT, FeeError::ReasonMissing)
        }
    };
    *text = text.trim().to_owned();
    if text.is_empty() {
        return Err(missing);
    }
    if text.chars().count() > longest {
        return Err(FeeError::TextTooLong);
    }
    match &act {
        FeeAct::Paid { amount, .. } | FeeAct::Relieved { amount, .. } if *amount > MAX_FEE => {
            Err(FeeError::TooLarge)
        }
        _ => Ok(act),
    }
}

/// What the warehouse has, in its order, then what it does not have yet. An entry it has counts, whatever was thought of it
/// here.
pub(crate) fn merged(here: &[FeeLine], there: &DossierFees) -> Vec<FeeLine> {
    let known: BTreeSet<OpId> = there.entries.iter().map(|entry| entry.id).collect();
    let taken =
        there.entries.iter().map(|entry| FeeLine { id: entry.id, record: entry.record.clone(), void: false });
    taken.chain(here.iter().filter(|line| !known.contains(&line.id)).cloned()).collect()
}
