//! What operations put beside a dossier: entries of its fees, steps after its acceptance, and feedback on papers.

use crate::apply::{AHEAD_MS, OFFLINE_MS, Stop, rejected};
use crate::store::{DossierRow, PaperRow, Source, StoreError, View, account};
use crate::warehouse::Caller;
use motcua_dossier::{
    CorrectedResult, Day, EvidenceSource, FeeAct, FeeFault, FeeRecord, FeedbackAct, FeedbackRecord, MAX_FEE,
    OpId, StepAct, StepRecord, Timestamp, same_officer,
};
use motcua_wire::{
    Change, FeeEntry, Feedback, FeedbackAnswer, FeedbackFinding, MAX_RECEIPT_NUMBER, MAX_STEP_ITEMS,
    MAX_TEXT, Op,
};
use std::collections::BTreeSet;

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
    let mut record = record.clone();
    match &mut record.act {
        FeeAct::Paid { amount, receipt_number, .. } => {
            text("receipt_number", receipt_number, MAX_RECEIPT_NUMBER)?;
            bounded(*amount, "amount")?;
            // One number however it was typed.
            *receipt_number = receipt_number.trim().to_owned();
            if view.fee_receipt_taken(&caller.agency, receipt_number)? {
                return Err(rejected("feeReceiptTaken", &["receipt_number"]));
            }
        }
        FeeAct::Relieved { amount, reason } => {
            text("reason", reason, MAX_TEXT)?;
            bounded(*amount, "amount")?;
        }
        FeeAct::Reversed { reason, .. } => text("reason", reason, MAX_TEXT)?,
    }
    let entries = view.fee_entries(op.dossier)?;
    in_its_time(&record, accepted.accepted_at, &entries, now)?;
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
    Ok(view.put_fee(&source(caller, op, now), &record, reversed)?)
}

/// No fee and no entry of one is larger: sums of many have to fit as well.
pub(crate) fn bounded(amount: u64, field: &str) -> Result<(), Stop> {
    if amount > MAX_FEE { Err(rejected("feeTooLarge", &[field])) } else { Ok(()) }
}

/// The day of an entry decides in which shift's total it stands: it lies after what it is about, and not further
/// back than a machine may have been away. Clocks of two machines differ by as much as one may be ahead.
fn in_its_time(
    record: &FeeRecord,
    accepted_at: Timestamp,
    entries: &[FeeEntry],
    now: Timestamp,
) -> Result<(), Stop> {
    let about = match &record.act {
        FeeAct::Reversed { entry, .. } => entries.iter().find(|e| e.id == *entry).map(|e| e.record.at),
        FeeAct::Paid { .. } | FeeAct::Relieved { .. } => None,
    };
    let earliest = about.map_or(accepted_at, |at| at.max(accepted_at));
    if record.at.0.saturating_add(AHEAD_MS) < earliest.0 {
        return Err(rejected("madeTooEarly", &["at"]));
    }
    if record.at.0 < now.0.saturating_sub(OFFLINE_MS) {
        return Err(rejected("madeTooLongAgo", &["at"]));
    }
    Ok(())
}

/// What happened to an accepted dossier. It happened: the citizen has the paper that says so, or a colleague has the
/// dossier. So it is refused for what it says alone, never for what others did meanwhile.
pub(crate) fn step(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    record: &StepRecord,
    dossier: &DossierRow,
    now: Timestamp,
) -> Result<(), Stop> {
    by_officer(&record.officer, record.at, now)?;
    let Some(accepted) = &dossier.accepted else {
        return Err(Stop::Deferred(vec![op.dossier.to_string()]));
    };
    if record.at.0.saturating_add(AHEAD_MS) < accepted.accepted_at.0 {
        return Err(rejected("madeTooEarly", &["at"]));
    }
    let optional = |field: &str, value: &str| match value.chars().count() {
        n if n > MAX_TEXT => Err(rejected("textTooLong", &[field])),
        _ => Ok(()),
    };
    let each = |field: &str, items: &[String]| match items.len() {
        0 => Err(rejected("textMissing", &[field])),
        n if n > MAX_STEP_ITEMS => Err(rejected("textTooLong", &[field])),
        _ => items.iter().try_for_each(|item| text(field, item, MAX_TEXT)),
    };
    match &record.act {
        StepAct::HandedOver { to: seat, note } => {
            text("to.unit", &seat.unit, MAX_TEXT)?;
            optional("to.officer", &seat.officer)?;
            optional("note", note)?;
        }
        StepAct::TakenOver { by: seat } => {
            text("by.unit", &seat.unit, MAX_TEXT)?;
            optional("by.officer", &seat.officer)?;
        }
        StepAct::SupplementAsked { items, reason, exception } => {
            each("items", items)?;
            text("reason", reason, MAX_TEXT)?;
            if let Some(exception) = exception {
                text("exception.reason", &exception.reason, MAX_TEXT)?;
                text("exception.approved_by", &exception.approved_by, MAX_OFFICER)?;
                if same_officer(&exception.approved_by, &record.officer) {
                    return Err(rejected("approverIsOfficer", &["exception.approved_by"]));
                }
            }
        }
        StepAct::Supplemented { note, papers, .. } => {
            optional("note", note)?;
            if papers.len() > MAX_STEP_ITEMS {
                return Err(rejected("textTooLong", &["papers"]));
            }
            let mut absent = vec![];
            for paper in papers {
                text("papers.name", &paper.name, MAX_TEXT)?;
                match (&paper.source, paper.source.document()) {
                    // A reuse is confirmed and counted by an acceptance alone.
                    (EvidenceSource::Warehouse { .. } | EvidenceSource::Absent, _) => {
                        return Err(rejected("paperUnfit", &["papers.source"]));
                    }
                    (_, Some(document)) if view.paper(document)?.is_none() => {
                        absent.push(document.to_string());
                    }
                    _ => {}
                }
            }
            if !absent.is_empty() {
                return Err(Stop::Deferred(absent));
            }
        }
        StepAct::ResultProposed { note } => optional("note", note)?,
        StepAct::Reappointed { reason, .. } | StepAct::Stopped { reason } => {
            text("reason", reason, MAX_TEXT)?;
        }
        StepAct::Refused { reasons } => each("reasons", reasons)?,
        StepAct::OriginalReturned { .. } => {}
        StepAct::ResultCorrected(corrected) => {
            text("text", &corrected.text, MAX_TEXT)?;
            text("approved_by", &corrected.approved_by, MAX_OFFICER)?;
            if same_officer(&corrected.approved_by, &record.officer) {
                return Err(rejected("approverIsOfficer", &["approved_by"]));
            }
        }
    }
    view.put_step(&source(caller, op, now), record)?;
    Ok(view.set_promise(op.dossier, accepted)?)
}

/// "Phản ánh về kết quả giải quyết": goes to the agency that filed the paper, which finds it wrong or answers it.
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
                paper.record.metadata.shared
                    || paper.filed_by.as_ref().is_some_and(|by| caller.office.contains(by))
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
                confirmed: None,
                answer: None,
                ours: false,
                paper: None,
                uses: vec![],
            };
            view.put_feedback(&source(caller, op, now), &given)?;
            given
        }
        FeedbackAct::Confirmed { feedback, text: finding } => {
            text("text", finding, MAX_TEXT)?;
            let given = own(view, caller, *feedback)?;
            // Of a paper nobody filed who reported it answers alone; to take it from everybody he is not the one.
            if given.to_agency.is_none() {
                return Err(rejected("documentOfOtherAgency", &["feedback"]));
            }
            if given.answer.is_some() || given.confirmed.is_some() {
                return Err(rejected("feedbackAnswered", &["feedback"]));
            }
            let finding = FeedbackFinding {
                text: finding.trim().to_owned(),
                officer: record.officer.clone(),
                at: record.at,
            };
            view.confirm_feedback(*feedback, &finding)?;
            Feedback { confirmed: Some(finding), ..given }
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
            let own_report =
                caller.office.contains(&given.from_agency) && same_officer(&given.officer, &record.officer);
            if *corrected && own_report && view.is_result(given.document)? {
                return Err(rejected("approverIsOfficer", &["officer"]));
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
    let mut agencies: BTreeSet<String> = told.to_agency.into_iter().chain([told.from_agency]).collect();
    // Whoever's dossier uses a paper that was found wrong hears of it, and of what came of it.
    if told.confirmed.is_some() {
        agencies.extend(view.agencies_using(told.document)?);
    }
    for agency in agencies {
        view.note(&change, Some(&agency), now)?;
    }
    Ok(())
}

/// A result was corrected: the version before is told of as a paper its own agency found wrong and filed anew, so that
/// whoever uses it hears of it as of any other (decision 24). What others had reported of the paper is answered by it.
pub(crate) fn told_wrong(
    view: &View<'_>,
    caller: &Caller,
    op: &Op,
    (record, corrected): (&StepRecord, &CorrectedResult),
    before: &PaperRow,
    now: Timestamp,
) -> Result<(), Stop> {
    let document = corrected.document;
    let (words, officer, at) = (corrected.text.trim().to_owned(), record.officer.clone(), record.at);
    let mut answered = view.unanswered(document)?;
    let given = Feedback {
        id: op.op_id,
        document,
        version: before.version,
        reason: corrected.reason,
        text: words.clone(),
        officer: officer.clone(),
        given_at: corrected.asked_at,
        from_agency: caller.agency.clone(),
        to_agency: before.filed_by.clone(),
        confirmed: None,
        answer: None,
        ours: false,
        paper: None,
        uses: vec![],
    };
    view.put_feedback(&source(caller, op, now), &given)?;
    view.confirm_feedback(op.op_id, &FeedbackFinding { text: words.clone(), officer: officer.clone(), at })?;
    let answer = FeedbackAnswer { corrected: true, text: words, officer, at };
    let using = view.agencies_using(document)?;
    answered.push((op.op_id, caller.agency.clone()));
    for (id, from) in answered {
        view.answer_feedback(id, &answer)?;
        let agencies: BTreeSet<&String> =
            using.iter().chain([&from]).chain(before.filed_by.as_ref()).collect();
        for agency in agencies {
            view.note(&Change::Feedback { id, document }, Some(agency), now)?;
        }
    }
    Ok(())
}

/// A feedback as a caller is told of it: what only those two agencies said to each other stays with them.
pub(crate) fn told(
    view: &View<'_>,
    caller: &Caller,
    given: Feedback,
    today: Day,
) -> Result<Feedback, StoreError> {
    let scope = caller.scope();
    let between = std::iter::once(&given.from_agency).chain(&given.to_agency).any(|of| scope.contains(of));
    let uses = if given.is_wrong() { view.wrong_uses(given.document, given.version, scope)? } else { vec![] };
    Ok(Feedback {
        ours: caller.office.contains(given.to_agency.as_ref().unwrap_or(&given.from_agency)),
        paper: view.paper_seen(given.document, scope, today)?,
        uses,
        text: if between { given.text } else { String::new() },
        officer: if between { given.officer } else { String::new() },
        ..given
    })
}

/// A feedback the caller's office answers: on a paper it filed, or on one nobody here filed when it took it. An office
/// answers for those whose work it took over.
fn own(view: &View<'_>, caller: &Caller, id: OpId) -> Result<Feedback, Stop> {
    view.feedback(id)?
        .filter(|given| caller.office.contains(given.to_agency.as_ref().unwrap_or(&given.from_agency)))
        .ok_or_else(|| rejected("feedbackUnknown", &["feedback"]))
}

pub(crate) fn by_officer(officer: &str, at: Timestamp, now: Timestamp) -> Result<(), Stop> {
    text("officer", officer, MAX_OFFICER)?;
    if at.0 > now.0.saturating_add(AHEAD_MS) {
        return Err(rejected("madeInFuture", &["at"]));
    }
    Ok(())
}

pub(crate) fn text(field: &str, text: &str, longest: usize) -> Result<(), Stop> {
    match text.trim().chars().count() {
        0 => Err(rejected("textMissing", &[field])),
        n if n > longest => Err(rejected("textTooLong", &[field])),
        _ => Ok(()),
    }
}
