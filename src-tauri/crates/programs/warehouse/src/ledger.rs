//! What operations put beside a dossier: entries of its fees, and feedback on papers.

use crate::apply::{AHEAD_MS, Stop, rejected};
use crate::store::{DossierRow, Source, View, account};
use crate::warehouse::Caller;
use motcua_dossier::{FeeAct, FeeFault, FeeRecord, FeedbackAct, FeedbackRecord, OpId, Timestamp};
use motcua_wire::{Change, Feedback, FeedbackAnswer, MAX_RECEIPT_NUMBER, MAX_TEXT, Op};

const MAX_OFFICER: usize = 100;

fn source<'a>(caller: &'a Caller, op: &Op, at: Timestamp) -> Source<'a> {
    Source { op: op.op_id, dossier: op.dossier, device: op.device, agency: &caller.agency, at }
}

/// An entry of a dossier's fees. What is due is computed from the entries, and no entry takes it below zero.
pub(crate) fn fee(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    record: &FeeRecord,
    dossier: &DossierRow,
    now: Timestamp,
) -> Result<(), Stop> {
    by_officer(&record.officer, record.at, now)?;
    let Some(accepted) = &dossier.accepted else {
        return Err(Stop::Deferred(vec![op.dossier.to_string()]));
    };
    match &record.act {
        FeeAct::Paid { receipt_number, .. } => {
            text("receipt_number", receipt_number, MAX_RECEIPT_NUMBER)?;
            if view.fee_receipt_taken(&caller.agency, receipt_number)? {
                return Err(rejected("feeReceiptTaken", &["receipt_number"]));
            }
        }
        FeeAct::Relieved { reason, .. } | FeeAct::Reversed { reason, .. } => {
            text("reason", reason, MAX_TEXT)?
        }
    }
    let entries = view.fee_entries(op.dossier)?;
    let mut balance = account(accepted.fee, &entries);
    balance.enter(op.op_id, &record.act).map_err(|fault| match fault {
        FeeFault::Zero => rejected("feeZero", &["amount"]),
        FeeFault::BeyondDue => rejected("feeBeyondDue", &["amount"]),
        FeeFault::ReversedBefore => rejected("feeReversedBefore", &["entry"]),
        _ => rejected("feeEntryUnknown", &["entry"]),
    })?;
    let reversed = match &record.act {
        FeeAct::Reversed { entry, .. } => entries.iter().find(|e| e.id == *entry).map(|e| &e.record.act),
        FeeAct::Paid { .. } | FeeAct::Relieved { .. } => None,
    };
    Ok(view.put_fee(&source(caller, op, now), record, reversed)?)
}

/// "Phản ánh về kết quả giải quyết": goes to the agency that filed the paper, which answers it.
pub(crate) fn feedback(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    record: &FeedbackRecord,
    now: Timestamp,
) -> Result<(), Stop> {
    by_officer(&record.officer, record.at, now)?;
    let told = match &record.act {
        FeedbackAct::Given { document, reason, text } => {
            if text.chars().count() > MAX_TEXT {
                return Err(rejected("textTooLong", &["text"]));
            }
            let paper = view.paper(*document)?.filter(|paper| {
                paper.record.metadata.shared || paper.filed_by.as_ref() == Some(&caller.agency)
            });
            let Some(paper) = paper else { return Err(rejected("documentUnknown", &["document"])) };
            let given = Feedback {
                id: op.op_id,
                document: *document,
                version: paper.version,
                reason: *reason,
                text: text.trim().to_owned(),
                officer: record.officer.clone(),
                given_at: record.at,
                from_agency: caller.agency.clone(),
                to_agency: paper.filed_by,
                answer: None,
            };
            view.put_feedback(&source(caller, op, now), &given)?;
            given
        }
        FeedbackAct::Answered { feedback, corrected, text: answer } => {
            text("text", answer, MAX_TEXT)?;
            let given = own(view, caller, *feedback)?;
            if given.answer.is_some() {
                return Err(rejected("feedbackAnswered", &["feedback"]));
            }
            let newer = view.paper(given.document)?.is_some_and(|paper| paper.version > given.version);
            if *corrected && !newer {
                return Err(rejected("paperNotCorrected", &["corrected"]));
            }
            let answer = FeedbackAnswer {
                corrected: *corrected,
                text: answer.trim().to_owned(),
                officer: record.officer.clone(),
                at: record.at,
            };
            view.answer_feedback(*feedback, &answer)?;
            given
        }
    };
    let change = Change::Feedback { id: told.id, document: told.document };
    view.note(&change, Some(&told.from_agency), now)?;
    match told.to_agency.filter(|to| *to != told.from_agency) {
        Some(to) => Ok(view.note(&change, Some(&to), now)?),
        None => Ok(()),
    }
}

/// A feedback the caller's agency answers: on a paper it filed, or on one nobody here filed when it took it.
fn own(view: &View<'_>, caller: &Caller, id: OpId) -> Result<Feedback, Stop> {
    view.feedback(id)?
        .filter(|given| given.to_agency.as_ref().unwrap_or(&given.from_agency) == &caller.agency)
        .ok_or_else(|| rejected("feedbackUnknown", &["feedback"]))
}

fn by_officer(officer: &str, at: Timestamp, now: Timestamp) -> Result<(), Stop> {
    text("officer", officer, MAX_OFFICER)?;
    if at.0 > now.0.saturating_add(AHEAD_MS) {
        return Err(rejected("madeInFuture", &["at"]));
    }
    Ok(())
}

fn text(field: &str, text: &str, longest: usize) -> Result<(), Stop> {
    match text.trim().chars().count() {
        0 => Err(rejected("textMissing", &[field])),
        n if n > longest => Err(rejected("textTooLong", &[field])),
        _ => Ok(()),
    }
}
