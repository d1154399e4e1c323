//! Notices to people ("Zalo, SMS", inventory A-14): made in the transaction of what they tell, sent at least once.
//!
//! A notice has one key for its dossier, event and channel, and for the operation where the same may happen again. It is
//! marked as tried before it leaves and as sent after somebody took it; a crash between the two sends it again under the
//! same key, by which the service that sends it knows it.
//!
//! A restored warehouse has forgotten what it told people since the backup. So it holds its notices for some days,
//! and what lies before the restore is written down as not sent: a notice too few is asked for, a second apology is not
//! taken back.

mod operate;
mod send;

pub use operate::{NoticeReport, NoticeState, notices_list, notices_release, notices_retry};
pub use send::{Accepted, HttpSender, NoticeSettings};
pub(crate) use send::{Outbox, run};

use crate::apply::Stop;
use crate::reference::Reference;
use crate::store::{DossierRow, NewNotice, StoreError, View};
use crate::warehouse::Warehouse;
use motcua_dossier::{
    Applicant, Day, DeclineKind, DossierId, NoticeChannel, NoticeEvent, OpId, Party, ProcedureCode, Standing,
    StepAct, StepRecord, Timestamp,
};
use motcua_wire::{AcceptedDossier, DeclinedDossier, Op, OpPayload};
use sha2::{Digest, Sha256};

/// What is late for longer is known to people by now; so a warehouse that begins to send tells no old stories.
const OVERDUE_DAYS: i64 = 7;
/// Dossiers told of at once.
const AT_ONCE: u32 = 200;
/// Digits a number for Zalo or SMS has.
const PHONE: std::ops::RangeInclusive<usize> = 8..=15;

/// The notices of an operation that was applied.
pub(crate) fn raise_for(
    view: &View<'_>,
    op: &Op,
    dossier: &DossierRow,
    reference: &Reference,
    now: Timestamp,
) -> Result<(), Stop> {
    let told = match &op.payload {
        OpPayload::AcceptDossier(_) => accepted_told(op, dossier, NoticeEvent::Received),
        OpPayload::ReturnResult(_) => accepted_told(op, dossier, NoticeEvent::ResultReady),
        OpPayload::Step(record) => step_told(view, op, record, dossier, now)?,
        OpPayload::Decline(declined) => Some(decline_told(op, declined, dossier)),
        OpPayload::FileDocument { .. }
        | OpPayload::Submit(_)
        | OpPayload::Withdraw(_)
        | OpPayload::Fee(_)
        | OpPayload::Feedback(_) => None,
    };
    let Some(told) = told else { return Ok(()) };
    let state = match view.restored_at()? {
        // It comes again after a restore: whether people were told of it is not known here.
        Some(restored) if op.device_time < restored => NoticeState::Withheld,
        _ => NoticeState::Waiting,
    };
    Ok(raise(view, &told, state, Some(reference), now)?)
}

/// What somebody is to be told, before it has words.
struct Told<'a> {
    event: NoticeEvent,
    dossier: DossierId,
    /// The operation that says it, where the same may happen to a dossier again; none of what is told once.
    of: Option<OpId>,
    agency: &'a str,
    applicant: &'a Applicant,
    procedure: &'a ProcedureCode,
    /// What its applicant knows the dossier by.
    name: String,
    days: Vec<(&'static str, String)>,
}

impl<'a> Told<'a> {
    fn of_accepted(
        event: NoticeEvent,
        dossier: DossierId,
        agency: &'a str,
        accepted: &'a AcceptedDossier,
        due: Day,
    ) -> Self {
        Self {
            event,
            dossier,
            of: None,
            agency,
            applicant: &accepted.applicant,
            procedure: &accepted.procedure,
            name: accepted.code.to_string(),
            days: vec![
                ("{ngay_tiep_nhan}", accepted.accepted_at.day().format_vn()),
                ("{ngay_hen_tra}", due.format_vn()),
            ],
        }
    }
}

fn accepted_told<'a>(op: &Op, row: &'a DossierRow, event: NoticeEvent) -> Option<Told<'a>> {
    let accepted = row.accepted.as_ref()?;
    Some(Told::of_accepted(event, op.dossier, &row.agency, accepted, accepted.deadline.day))
}

/// A step its applicant is told of; what goes on inside the offices is theirs.
fn step_told<'a>(
    view: &View<'_>,
    op: &Op,
    record: &StepRecord,
    row: &'a DossierRow,
    now: Timestamp,
) -> Result<Option<Told<'a>>, StoreError> {
    // It comes late: whoever has his result is asked for nothing more.
    if row.returned.is_some() && record.act.corrected().is_none() {
        return Ok(None);
    }
    let event = match &record.act {
        StepAct::SupplementAsked { .. } => NoticeEvent::NeedsSupplement,
        // It comes from a counter that was long without a line: nobody is promised a day that has passed.
        StepAct::Reappointed { due, .. } if due.day < now.day() => return Ok(None),
        StepAct::Reappointed { .. } => NoticeEvent::NewAppointment,
        StepAct::Stopped { .. } => NoticeEvent::Stopped,
        StepAct::Refused { .. } => NoticeEvent::Refused,
        StepAct::ResultCorrected(_) => NoticeEvent::ResultCorrected,
        StepAct::HandedOver { .. }
        | StepAct::TakenOver { .. }
        | StepAct::Supplemented { .. }
        | StepAct::OriginalReturned { .. }
        | StepAct::ResultProposed { .. } => return Ok(None),
    };
    let Some(accepted) = &row.accepted else { return Ok(None) };
    let steps = view.step_entries(op.dossier)?;
    let before = steps.iter().filter(|step| step.id != op.op_id).map(|step| &step.record);
    let promised = Standing::after(accepted.deadline.clone(), before).due.day;
    let mut told = Told::of_accepted(event, op.dossier, &row.agency, accepted, promised);
    told.of = Some(op.op_id);
    if let StepAct::Reappointed { due, .. } = &record.act {
        told.days.push(("{ngay_hen_moi}", due.day.format_vn()));
    }
    Ok(Some(told))
}

/// A dossier that is not accepted has no code: its applicant knows it by the number the portal gave it, or by the day.
fn decline_told<'a>(op: &Op, declined: &'a DeclinedDossier, row: &'a DossierRow) -> Told<'a> {
    let said = &declined.record;
    let reference = row.submitted.as_ref().map(|(sent, _)| sent.reference.clone());
    Told {
        event: match said.kind {
            DeclineKind::Supplement => NoticeEvent::NotYetAccepted,
            DeclineKind::Refusal => NoticeEvent::NotAccepted,
        },
        dossier: op.dossier,
        of: Some(op.op_id),
        agency: &row.agency,
        applicant: &declined.applicant,
        procedure: &declined.procedure,
        name: reference.unwrap_or_else(|| format!("nộp ngày {}", said.at.day().format_vn())),
        days: vec![],
    }
}

fn raise(
    view: &View<'_>,
    told: &Told<'_>,
    state: NoticeState,
    reference: Option<&Reference>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (dossier, event) = (told.dossier, word(told.event)?);
    let once = told.of.map_or_else(|| event.clone(), |op| format!("{event} {op}"));
    if !view.note_event(dossier, &once, now)? {
        return Ok(());
    }
    let Some(reference) = reference.map(|r| &r.data) else { return Ok(()) };
    let applicant = told.applicant;
    let phone = applicant.submitter.as_ref().and_then(phone_of).or_else(|| phone_of(&applicant.owner));
    let office = reference.tree.iter().find(|node| node.agency_code.as_deref() == Some(told.agency));
    let procedure = reference.procedures.iter().find(|p| p.code.same_procedure(told.procedure));
    let mut values = vec![
        ("{ma_ho_so}", told.name.clone()),
        ("{thu_tuc}", procedure.map_or_else(|| told.procedure.to_string(), |p| p.name.clone())),
        ("{co_quan}", office.map_or_else(|| told.agency.to_owned(), |node| node.name.clone())),
    ];
    values.extend(told.days.iter().cloned());
    for channel in NoticeChannel::ALL {
        // An applicant has told no address for e-mail so far.
        let recipient = match channel {
            NoticeChannel::Zalo | NoticeChannel::Sms => phone.as_deref(),
            NoticeChannel::Email => None,
        };
        let (Some(recipient), Some(template)) = (recipient, reference.notice(told.event, channel)) else {
            continue;
        };
        let channel = word(channel)?;
        let of = told.of.map_or_else(String::new, |op| format!(" {op}"));
        let key = hex::encode(&Sha256::digest(format!("{dossier} {event} {channel}{of}"))[..16]);
        // Of what is not sent nothing is kept that says something of a person.
        let (recipient, subject, text) = match state {
            NoticeState::Withheld => (send::masked(recipient), String::new(), String::new()),
            _ => (recipient.to_owned(), filled(&template.subject, &values), filled(&template.text, &values)),
        };
        let notice = NewNotice {
            key: &key,
            dossier,
            event: &event,
            channel: &channel,
            recipient: &recipient,
            subject: &subject,
            text: &text,
        };
        view.put_notice(&notice, state.word(), now)?;
    }
    Ok(())
}

/// Puts values into their places, once: what a value says is not looked into again.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                text.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text + rest
}

fn phone_of(party: &Party) -> Option<String> {
    let digits: String = party.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    PHONE.contains(&digits.trim_start_matches('+').len()).then_some(digits)
}

fn word(value: impl serde::Serialize) -> Result<String, StoreError> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}

impl Warehouse {
    /// What time brings: reference data that came into force, promises that were not kept.
    pub(crate) fn upkeep(&self) -> Result<(), StoreError> {
        let now = self.now();
        for version in self.records.read(|v| v.untold_reference(now))? {
            self.records.write(|v| v.tell_reference(version, now))?;
        }
        let event = word(NoticeEvent::Overdue)?;
        let week_ago = Timestamp(now.0 - OVERDUE_DAYS * 24 * 60 * 60 * 1000).day();
        let (held, restored) = self.records.read(|v| Ok((v.notices_held(now)?, v.restored_at()?)))?;
        if held.is_some() {
            return Ok(());
        }
        // A day that had passed before a restore was told of then, or counters have not yet told what became of it.
        let first = restored.map_or(week_ago, |at| week_ago.max(at.day()));
        let span: (Day, Day) = (first, now.day());
        let late = self.records.read(|v| v.overdue(&event, span, AT_ONCE))?;
        if late.is_empty() {
            return Ok(());
        }
        let Ok(reference) = self.reference() else { return Ok(()) };
        self.records.write(|v| {
            late.iter().try_for_each(|late| {
                let due = late.accepted.deadline.day;
                let event = NoticeEvent::Overdue;
                let told = Told::of_accepted(event, late.dossier, &late.agency, &late.accepted, due);
                raise(v, &told, NoticeState::Waiting, reference.as_deref(), now)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_read_as_a_template() {
        let values = [("{ma_ho_so}", "{co_quan}".to_owned()), ("{co_quan}", "X".to_owned())];
        assert_eq!(filled("a {ma_ho_so} b {co_quan} {khac", &values), "a {co_quan} b X {khac");
    }
}
