//! Domain values as the DTOs of `view`, and what the page sends back as domain values. What comes from
//! the page is parsed here, at the border; nothing behind it sees an unchecked text.

mod admin;
mod book;
mod correct;
mod deadline;
mod feedback;
mod fees;
mod guides;
mod office;
mod online;
mod printing;
mod queue;
mod steps;

pub(crate) use office::{field_name, reconciled_day};
pub(crate) use printing::printed_form;

use crate::view::{self, AppError, Millis};
use motcua_desk::ports;
use motcua_dossier as domain;
use motcua_dossier::{Day, DocumentId, DossierId, IdNumber, ResultCode, Timestamp};
use std::collections::HashMap;

impl From<Timestamp> for Millis {
    fn from(at: Timestamp) -> Self {
        // Milliseconds of any sane clock are far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        Self(at.0 as f64)
    }
}

impl From<domain::SupportContact> for view::Support {
    fn from(contact: domain::SupportContact) -> Self {
        let domain::SupportContact { unit, phone, hours, email, zalo } = contact;
        Self { unit, phone, hours, email, zalo }
    }
}

/// Both directions of a pair of enums that say the same words.
macro_rules! same_words {
    ($($domain:path => $view:path { $($word:ident),+ $(,)? })+) => {
        $(impl From<$domain> for $view {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$word => Self::$word),+ }
            }
        }
        impl From<$view> for $domain {
            fn from(value: $view) -> Self {
                match value { $(<$view>::$word => Self::$word),+ }
            }
        })+
    };
}

same_words! {
    domain::PartyKind => view::PartyKind { Citizen, Enterprise, Agency }
    domain::IdKind => view::IdKindName { Cccd, Cmnd, Passport, TaxCode, Agency }
    domain::Channel => view::IntakeChannel { Direct, Postal, Online }
    domain::ReturnMethod => view::ReturnMethod { Counter, Postal, Electronic }
    domain::CopyForm => view::CopyForm { Original, TrueCopy, CertifiedCopy, CopyOfCopy, Extract, Copy }
    domain::SignerRole => view::SignerRole { Officer, Agency, Other }
    domain::ConsentMethod => view::ConsentMethod { Spoken, Paper, Pad, Portal }
    motcua_desk::Role => view::AdminRole {
        Intake, Specialist, Clerk, Signer, Certifier, Supervisor, Reporter, Administrator
    }
    motcua_desk::RowFate => view::AdminFate { Added, Removed, Changed }
    domain::DeclineKind => view::DeclineKind { Supplement, Refusal }
    domain::ReceiptChange => view::ReceiptChange { FinalCode, Papers }
    domain::StoreKind => view::Store { Agency, Personal }
    domain::Provenance => view::Provenance { Provincial, National, NationalNotSynced }
    domain::DocumentStatus => view::PaperStatus { Valid, Expired, Cancelled, Unsigned, BadSignature, UnderCorrection }
    domain::OutboxKind => view::OutboxKind { Document, Acceptance, Decline, Result, Fee, Step, Feedback, Withdrawal }
    domain::FeedbackReason => view::FeedbackReason { WrongInformation, NotTheResult, NotSigned }
    domain::FeeMethod => view::FeeMethod { Cash, Transfer, Portal, Post }
    domain::QueueState => view::QueueStateName { Late, Today, Soon, AwaitingSupplement, ToReturn, OnItsWay }
    domain::Side => view::SideName { Ours, Theirs }
    ports::ScannerSource => view::ScanSource { Auto, Flatbed, Feeder }
    ports::PinState => view::PinStateName { Normal, Low, LastTry, Locked, MustChange }
}

/// A count or size for the page; what does not fit is shown as the largest.
pub(crate) fn small(value: impl TryInto<u32>) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

pub(crate) fn dossier_id(text: &str) -> Result<DossierId, AppError> {
    DossierId::parse(text).map_err(|_| AppError::internal())
}

pub(crate) fn document_id(text: &str) -> Result<DocumentId, AppError> {
    DocumentId::parse(text).map_err(|_| AppError::internal())
}

pub(crate) fn op_id(text: &str) -> Result<domain::OpId, AppError> {
    domain::OpId::parse(text).map_err(|_| AppError::internal())
}

pub(crate) fn blob_id(text: &str) -> Result<domain::BlobId, AppError> {
    domain::BlobId::parse(text).map_err(|_| AppError::internal())
}

pub(crate) fn procedure_code(text: &str) -> Result<domain::ProcedureCode, AppError> {
    domain::ProcedureCode::parse(text).map_err(|_| AppError::internal())
}

fn day(text: Option<&String>) -> Result<Option<Day>, AppError> {
    text.filter(|t| !t.trim().is_empty())
        .map(|t| Day::parse(t.trim()))
        .transpose()
        .map_err(|_| AppError::internal())
}

fn iso(day: Option<Day>) -> Option<String> {
    day.map(Day::format_iso)
}

impl From<&domain::Party> for view::Party {
    fn from(party: &domain::Party) -> Self {
        Self {
            kind: party.kind.into(),
            number: party.number.value().to_owned(),
            aliases: party.aliases.iter().map(|n| n.value().to_owned()).collect(),
            name: party.name.clone(),
            address: party.address.clone(),
            phone: party.phone.clone(),
        }
    }
}

impl TryFrom<view::Party> for domain::Party {
    type Error = AppError;
    fn try_from(party: view::Party) -> Result<Self, AppError> {
        Ok(Self {
            kind: party.kind.into(),
            number: IdNumber::parse(&party.number)?,
            aliases: party
                .aliases
                .iter()
                .filter(|a| !a.trim().is_empty())
                .map(|a| IdNumber::parse(a))
                .collect::<Result<_, _>>()?,
            name: clean(&party.name),
            address: clean(&party.address),
            phone: clean(&party.phone),
        })
    }
}

/// One line of printable text in NFC; control characters of a pasted or scanned text are dropped.
pub(crate) fn clean(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let printable = text.nfc().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    printable.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(1000).collect()
}

impl From<&domain::Metadata> for view::Metadata {
    fn from(m: &domain::Metadata) -> Self {
        Self {
            kind: m.kind.clone(),
            category: m.category.clone(),
            result_code: m.result_code.as_ref().map(ToString::to_string),
            name: m.name.clone(),
            decision_number: m.decision_number.clone(),
            summary: m.summary.clone(),
            issuer: m.issuer.clone(),
            issued_on: iso(m.issued_on),
            valid_until: iso(m.valid_until),
            form: m.form.into(),
            store: m.store.into(),
            shown: m.shown,
            shared: m.shared,
        }
    }
}

impl TryFrom<view::Metadata> for domain::Metadata {
    type Error = AppError;
    fn try_from(m: view::Metadata) -> Result<Self, AppError> {
        let code = m.result_code.as_deref().filter(|c| !c.trim().is_empty()).map(ResultCode::parse);
        Ok(Self {
            kind: clean(&m.kind),
            category: clean(&m.category),
            result_code: code.transpose().map_err(|_| AppError::internal())?,
            name: clean(&m.name),
            decision_number: clean(&m.decision_number),
            summary: clean(&m.summary),
            issuer: clean(&m.issuer),
            issued_on: day(m.issued_on.as_ref())?,
            valid_until: day(m.valid_until.as_ref())?,
            form: m.form.into(),
            store: m.store.into(),
            shown: m.shown,
            shared: m.shared,
        })
    }
}

impl view::IdentityCheck {
    /// What was found out about a number.
    pub(crate) fn of(number: &IdNumber, check: &domain::IdentityCheck) -> Self {
        let (outcome, at, cached) = match *check {
            domain::IdentityCheck::NotAsked => (view::IdentityOutcome::NotAsked, None, false),
            domain::IdentityCheck::Answered { answer, at, cached } => {
                let outcome = match answer {
                    domain::IdentityAnswer::Registered => view::IdentityOutcome::Registered,
                    domain::IdentityAnswer::NotRegistered => view::IdentityOutcome::NotRegistered,
                };
                (outcome, Some(at.into()), cached)
            }
            domain::IdentityCheck::ServiceDown { at } => {
                (view::IdentityOutcome::ServiceDown, Some(at.into()), false)
            }
            domain::IdentityCheck::Offline { at } => (view::IdentityOutcome::Offline, Some(at.into()), false),
            domain::IdentityCheck::LinkFailed { at, fault } => {
                let outcome = match fault {
                    domain::LinkFault::Trouble => view::IdentityOutcome::LinkTrouble,
                    domain::LinkFault::Malformed => view::IdentityOutcome::LinkMalformed,
                    domain::LinkFault::Intercepted => view::IdentityOutcome::LinkIntercepted,
                    domain::LinkFault::Unauthorized => view::IdentityOutcome::LinkUnauthorized,
                };
                (outcome, Some(at.into()), false)
            }
        };
        Self {
            outcome,
            at,
            cached,
            guide: None,
            number: number.value().to_owned(),
            kind: number.kind().into(),
            earlier: None,
            suggested_name: None,
        }
    }
}

impl From<&motcua_desk::IdentityFinding> for view::IdentityCheck {
    fn from(found: &motcua_desk::IdentityFinding) -> Self {
        Self {
            guide: found.guide.as_ref().map(Into::into),
            earlier: found.earlier.as_ref().map(Into::into),
            suggested_name: found.suggested_name.clone(),
            ..Self::of(&found.number, &found.check)
        }
    }
}

impl From<motcua_desk::RowProgress> for view::RowProgress {
    fn from(at: motcua_desk::RowProgress) -> Self {
        Self {
            component: at.component,
            done: at.done,
            total: at.total,
            received: small(at.received),
            size: small(at.size),
        }
    }
}

impl From<&domain::Procedure> for view::ProcedureChoice {
    fn from(p: &domain::Procedure) -> Self {
        Self {
            code: p.code.to_string(),
            name: p.name.clone(),
            field: p.field.clone(),
            level: p.level.clone(),
            agency_applicant: p.agency_applicant,
            cases: p
                .cases
                .iter()
                .map(|c| view::HandlingCase {
                    code: c.code.clone(),
                    name: c.name.clone(),
                    working_days: c.working_days,
                    working_hours: c.working_hours,
                    fee: c.fee.into(),
                })
                .collect(),
            component_count: small(p.components.len()),
        }
    }
}

impl From<&domain::Category> for view::Category {
    fn from(c: &domain::Category) -> Self {
        Self { name: c.name.clone(), result_codes: c.result_codes.iter().map(ToString::to_string).collect() }
    }
}

impl From<&domain::Database> for view::Database {
    fn from(d: &domain::Database) -> Self {
        Self { code: d.code.clone(), name: d.name.clone() }
    }
}

impl From<&domain::SignatureMark> for view::SignatureMark {
    fn from(mark: &domain::SignatureMark) -> Self {
        Self { role: mark.role.into(), signer: mark.signer.clone(), at: mark.at.into() }
    }
}

impl From<&ports::CapturedPage> for view::CapturedPage {
    fn from(page: &ports::CapturedPage) -> Self {
        Self {
            image: page.image.to_string(),
            thumbnail: page.thumbnail.to_string(),
            width: page.width,
            height: page.height,
            dpi: page.dpi,
        }
    }
}

impl From<ports::ScannerInfo> for view::ScannerInfo {
    fn from(info: ports::ScannerInfo) -> Self {
        Self { id: info.id, label: info.label }
    }
}

/// Who took a line back, as the page shows it.
pub(crate) fn withdrawal_note(withdrawal: &domain::Withdrawal) -> view::WithdrawalNote {
    view::WithdrawalNote {
        at: withdrawal.at.into(),
        officer: withdrawal.officer.clone(),
        approved_by: withdrawal.approved_by.clone(),
        reason: withdrawal.reason.clone(),
        too_late: withdrawal.too_late,
    }
}

/// Word of an outbox state and the numbers that go with it.
pub(crate) fn state_name(state: &domain::OutboxState) -> view::OutboxStateName {
    match state {
        domain::OutboxState::Queued => view::OutboxStateName::Queued,
        domain::OutboxState::Sending { .. } => view::OutboxStateName::Sending,
        domain::OutboxState::Sent => view::OutboxStateName::Sent,
        domain::OutboxState::WaitingForNetwork { .. } => view::OutboxStateName::Waiting,
        domain::OutboxState::Received { .. } => view::OutboxStateName::Received,
        domain::OutboxState::NeedsAttention { .. } => view::OutboxStateName::Attention,
        domain::OutboxState::Replaced => view::OutboxStateName::Replaced,
        domain::OutboxState::Withdrawn => view::OutboxStateName::Withdrawn,
    }
}

/// One line of the outbox; `code` is the code of its dossier.
pub(crate) fn outbox_item(item: &domain::OutboxItem, code: Option<String>) -> view::OutboxItem {
    let mut line = view::OutboxItem {
        op: item.op.to_string(),
        dossier: item.dossier.to_string(),
        dossier_code: code,
        kind: item.kind.into(),
        state: state_name(&item.state),
        sent: 0,
        total: 0,
        next_try: None,
        received_at: None,
        problem: None,
        attempts: item.attempts,
        queued_at: item.queued_at.into(),
        last_error: item.last_error.clone(),
        exported_at: None,
        withdrawal: None,
        answers: false,
    };
    match &item.state {
        domain::OutboxState::Queued
        | domain::OutboxState::Sent
        | domain::OutboxState::Replaced
        | domain::OutboxState::Withdrawn => {}
        domain::OutboxState::Sending { sent, total } => {
            (line.sent, line.total) = (small(*sent), small(*total));
        }
        domain::OutboxState::WaitingForNetwork { next_try } => line.next_try = Some((*next_try).into()),
        domain::OutboxState::Received { at } => line.received_at = Some((*at).into()),
        domain::OutboxState::NeedsAttention { code } => line.problem = Some(code.clone()),
    }
    line
}

/// The least finished of several lines is what a dossier as a whole shows.
pub(crate) fn summary_state<'a>(
    items: impl IntoIterator<Item = &'a domain::OutboxItem>,
) -> Option<view::OutboxStateName> {
    use view::OutboxStateName::{Attention, Queued, Received, Replaced, Sending, Sent, Waiting, Withdrawn};
    let rank = |name: &view::OutboxStateName| match name {
        Replaced | Withdrawn => 0,
        Received => 1,
        Sent => 2,
        Sending => 3,
        Queued => 4,
        Waiting => 5,
        Attention => 6,
    };
    items.into_iter().map(|i| state_name(&i.state)).max_by_key(rank)
}

/// What a dossier is shown with, besides itself.
pub(crate) struct Around<'a> {
    pub(crate) reference: &'a domain::ReferenceData,
    pub(crate) badges: &'a motcua_desk::Badges,
    /// Pages scanned and not finished, by row; 0 is the result.
    pub(crate) capturing: &'a HashMap<u32, u32>,
    /// Rows that take another paper now.
    pub(crate) open: &'a [u32],
    /// What the officer who opened it is called.
    pub(crate) officer: String,
    /// Code of this office.
    pub(crate) agency: &'a str,
    /// By this machine's clock.
    pub(crate) today: Day,
    /// When a draft would be due if it were accepted now.
    pub(crate) expected: Option<&'a domain::Deadline>,
    /// By when the next steps of an accepted one are to be done.
    pub(crate) days: Option<domain::StepDays>,
    /// What an agency's draft lacks by the rule.
    pub(crate) defects: &'a [domain::AgencyDefect],
    /// What officers who took its steps or printed are called, by login.
    pub(crate) names: &'a HashMap<String, String>,
    /// Journal of its prints.
    pub(crate) prints: &'a [ports::PrintRecord],
    /// The file of its returned result that is in force.
    pub(crate) result_now: Option<domain::BlobId>,
}

impl Around<'_> {
    /// The dossier as the page shows it.
    pub(crate) fn dossier(
        &self,
        d: &domain::Dossier,
        outbox: &[domain::OutboxItem],
        problems: &[domain::FieldProblem],
    ) -> view::Dossier {
        let code = d.code.as_ref().map(ToString::to_string);
        let mut identity = view::IdentityCheck::of(&d.applicant.owner.number, &d.identity);
        if identity.outcome == view::IdentityOutcome::NotRegistered {
            identity.guide =
                self.reference.guide_on(domain::IDENTITY_GUIDE, self.today).as_ref().map(Into::into);
        }
        let (state, completed_at) = match &d.state {
            domain::DossierState::Draft => (view::DossierStateName::Draft, None),
            domain::DossierState::Declined(_) => (view::DossierStateName::Declined, None),
            domain::DossierState::SetAside(_) => (view::DossierStateName::SetAside, None),
            domain::DossierState::Accepted { .. } => (view::DossierStateName::Accepted, None),
            domain::DossierState::Completed { at, .. } => {
                (view::DossierStateName::Completed, Some((*at).into()))
            }
            domain::DossierState::Withdrawn { .. } => (view::DossierStateName::Withdrawn, None),
        };
        let accepted_at = d.state.acceptance().map(|(at, _)| at);
        let standing = d.standing();
        let deadline = standing.as_ref().map(|s| &s.due).or(self.expected);
        view::Dossier {
            id: d.id.to_string(),
            channel: d.channel.into(),
            return_method: d.return_method.into(),
            owner: (&d.applicant.owner).into(),
            submitter: d.applicant.submitter.as_ref().map(Into::into),
            identity,
            procedure_code: d.procedure.to_string(),
            procedure_name: d.procedure_name.clone(),
            case_code: d.case_code.clone(),
            case_name: self.case_name(d),
            working_days: d.working_days,
            working_hours: d.working_hours,
            fee: d.fee.into(),
            fees: view::Fees::of(d, outbox),
            components: d.components.iter().map(|row| self.row(row, outbox)).collect(),
            unconfirmed_reuse: small(d.unconfirmed_reuse().len()),
            consents: d.consents.iter().map(Into::into).collect(),
            reported: d.reports.iter().map(|report| report.document.to_string()).collect(),
            state,
            accepted_at: accepted_at.map(Into::into),
            deadline: deadline.map(|d| d.day.format_iso()),
            deadline_hour: deadline.and_then(deadline::hour),
            deadline_reason: deadline.map(|due| steps::reason(d, due)),
            sent: d.submission.as_deref().map(Into::into),
            declined: online::declined(d),
            aside: online::aside(d),
            unfetched: d.unfetched().into_iter().map(|(_, paper)| paper.name).collect(),
            added: small(d.added_papers().count()),
            defects: self.defects.iter().map(|defect| defect.code().to_owned()).collect(),
            exception: d.exception.clone(),
            standing: standing.as_ref().zip(self.days).map(|(s, days)| self.standing(d, s, days, outbox)),
            completed_at,
            result: d.result.as_ref().map(|r| view::ResultPaper {
                attachment: attachment(&r.attachment, outbox),
                metadata: (&r.metadata).into(),
            }),
            result_needs_signature: self.result_lacks(d),
            result_now: self.result_now.map(|blob| blob.to_string()),
            corrections: self.corrections(d),
            result_capturing: self.capturing.get(&0).copied().unwrap_or(0),
            receipt: d.receipt.as_ref().map(ToString::to_string),
            reprint: d.reprint.iter().map(|why| (*why).into()).collect(),
            prints: self.prints.iter().map(|record| printing::print(record, d.receipt, self.names)).collect(),
            guide_due: d.guide_due,
            taken_up: d.taken_up.as_ref().map(Into::into),
            settlements: d.settlements.iter().map(Into::into).collect(),
            officer: self.officer.clone(),
            opened_at: d.opened_at.into(),
            problems: problems
                .iter()
                .map(|p| view::Problem { field: p.field.clone(), code: p.code.clone() })
                .collect(),
            outbox: outbox.iter().map(|i| outbox_item(i, code.clone())).collect(),
            code,
        }
    }

    fn case_name(&self, d: &domain::Dossier) -> String {
        let procedure = self.reference.procedures.iter().find(|p| p.code.same_procedure(&d.procedure));
        procedure
            .and_then(|p| p.cases.iter().find(|c| c.code == d.case_code))
            .map(|c| c.name.clone())
            .unwrap_or_default()
    }

    /// Of a result that is not returned yet: the rule by which the warehouse takes it in.
    fn result_lacks(&self, d: &domain::Dossier) -> view::NeededSignature {
        let open = d.result.as_ref().filter(|result| result.attachment.digitized.is_none());
        needed(open.and_then(|result| {
            let code = result.metadata.result_code.as_ref();
            result.attachment.lacks(self.reference.signing(true, self.agency, code, self.today))
        }))
    }

    fn row(&self, row: &domain::ComponentRow, outbox: &[domain::OutboxItem]) -> view::ComponentRow {
        let matches =
            self.badges.rows.iter().find(|(number, _)| *number == row.number).map_or(0, |(_, n)| *n);
        view::ComponentRow {
            number: row.number,
            name: row.name.clone(),
            form: row.form.into(),
            quantity: row.quantity,
            required: row.required,
            enters_warehouse: row.enters_warehouse,
            result_codes: row.result_codes.iter().map(ToString::to_string).collect(),
            attachment: row.attachment.as_ref().map(|a| attachment(a, outbox)),
            reservation: row.reservation.as_ref().map(|r| view::Reservation {
                document: r.reuse.document.to_string(),
                problem: r.problem.clone(),
            }),
            waiver: row.waiver.as_ref().map(|w| view::Waiver {
                database: w.database.clone(),
                note: w.note.clone(),
                officer: w.officer.clone(),
                at: w.at.into(),
            }),
            matches,
            matches_at: self.badges.fetched_at.map(Into::into),
            capturing: self.capturing.get(&row.number).copied().unwrap_or(0),
            needs_signature: needed(row.needs_signature(self.reference, self.agency, self.today)),
            can_digitize: row.can_digitize(self.reference, self.agency, self.today),
            open: self.open.contains(&row.number),
        }
    }
}

fn needed(signer: Option<domain::SignerRole>) -> view::NeededSignature {
    match signer {
        Some(domain::SignerRole::Agency) => view::NeededSignature::Agency,
        Some(domain::SignerRole::Officer) => view::NeededSignature::Officer,
        Some(domain::SignerRole::Other) | None => view::NeededSignature::None,
    }
}

fn attachment(a: &domain::Attachment, outbox: &[domain::OutboxItem]) -> view::Attachment {
    let (source, dpi, reused) = match &a.source {
        domain::AttachmentSource::Scan { dpi } => (view::Source::Scan, Some(*dpi), None),
        domain::AttachmentSource::File => (view::Source::File, None, None),
        domain::AttachmentSource::Warehouse(reuse) => (view::Source::Warehouse, None, Some(reuse.document)),
    };
    let document = reused.or(a.digitized.map(|(_, document)| document));
    let line = a.digitized.and_then(|(op, _)| outbox.iter().find(|i| i.op == op));
    view::Attachment {
        blob: a.blob.to_string(),
        size: small(a.size),
        pages: a.pages,
        media_type: a.media_type.clone(),
        source,
        dpi,
        document: document.map(|d| d.to_string()),
        signatures: a.signatures.iter().map(Into::into).collect(),
        digitized: a.digitized.is_some(),
        outbox: line.map(|i| state_name(&i.state)),
        word: a.is_word(),
        origin: a.origin.as_ref().map(|word| view::WordOrigin {
            size: small(word.size),
            officer: word.officer.clone(),
            at: word.at.into(),
        }),
    }
}

impl From<&domain::Consent> for view::ConsentLine {
    fn from(c: &domain::Consent) -> Self {
        Self {
            at: c.at.into(),
            method: c.method.into(),
            count: small(c.documents.len()),
            national: c.national,
        }
    }
}

impl view::DossierLine {
    /// A line of the work list; the owner's number is masked there.
    pub(crate) fn of(d: &domain::Dossier, outbox: Option<view::OutboxStateName>) -> Self {
        let state = match &d.state {
            domain::DossierState::Draft => view::DossierStateName::Draft,
            domain::DossierState::Declined(_) => view::DossierStateName::Declined,
            domain::DossierState::SetAside(_) => view::DossierStateName::SetAside,
            domain::DossierState::Accepted { .. } => view::DossierStateName::Accepted,
            domain::DossierState::Completed { .. } => view::DossierStateName::Completed,
            domain::DossierState::Withdrawn { .. } => view::DossierStateName::Withdrawn,
        };
        let standing = d.standing().filter(|_| state == view::DossierStateName::Accepted);
        Self {
            id: d.id.to_string(),
            code: d.code.as_ref().map(ToString::to_string),
            owner_name: d.applicant.owner.name.clone(),
            owner_number: d.applicant.owner.number.masked(),
            procedure_name: d.procedure_name.clone(),
            state,
            declined: match &d.state {
                domain::DossierState::Declined(said) => Some(said.kind.into()),
                _ => None,
            },
            opened_at: d.opened_at.into(),
            deadline: standing.as_ref().map(|standing| standing.due.day.format_iso()),
            phase: standing.as_ref().map(|standing| steps::phase(standing.phase).0),
            on_its_way: standing.as_ref().is_some_and(|standing| standing.on_its_way),
            seat: standing.and_then(|standing| standing.seat).as_ref().map(Into::into),
            outbox,
            reused: small(d.reused().count()),
            reprint: d.reprint.iter().map(|why| (*why).into()).collect(),
            guide_due: d.guide_due,
            fee_due: match d.state {
                domain::DossierState::Accepted { .. } => d.fee_account().due(),
                _ => 0,
            }
            .into(),
        }
    }
}

impl From<&motcua_desk::Offer> for view::Offer {
    fn from(offer: &motcua_desk::Offer) -> Self {
        let (s, m) = (&offer.summary, &offer.summary.record.metadata);
        let (fit, reasons) = match &offer.fits {
            motcua_desk::Fit::Exact => (view::Fit::Exact, Vec::new()),
            motcua_desk::Fit::Suggested => (view::Fit::Suggested, Vec::new()),
            motcua_desk::Fit::Unfit { reasons } => {
                (view::Fit::Unfit, reasons.iter().map(|r| (*r).to_owned()).collect())
            }
        };
        Self {
            document: s.record.id.to_string(),
            code: s.code.to_string(),
            name: m.name.clone(),
            blob: s.record.blob.to_string(),
            fit,
            reasons,
            here: offer.here,
            provenance: s.provenance.into(),
            status: s.status.into(),
            kind: m.kind.clone(),
            category: m.category.clone(),
            store: m.store.label().to_owned(),
            store_name: s.store_name.clone(),
            size: small(s.record.size),
            owner_number: s.record.owner.first().map(|n| n.value().to_owned()).unwrap_or_default(),
            owner_name: s.owner_name.clone(),
            decision_number: m.decision_number.clone(),
            summary: m.summary.clone(),
            uses: small(s.uses),
            issued_on: iso(m.issued_on),
            valid_until: iso(m.valid_until),
            issuer: m.issuer.clone(),
        }
    }
}

impl From<&motcua_desk::Offers> for view::Offers {
    fn from(o: &motcua_desk::Offers) -> Self {
        Self {
            items: o.items.iter().map(Into::into).collect(),
            fetched_at: o.fetched_at.map(Into::into),
            problem: o.problem.map(str::to_owned),
        }
    }
}

impl From<&motcua_desk::AutoRow> for view::AutoRow {
    fn from(row: &motcua_desk::AutoRow) -> Self {
        let (outcome, count) = match row.outcome {
            motcua_desk::AutoOutcome::Attached => (view::AutoOutcome::Attached, 1),
            motcua_desk::AutoOutcome::Ambiguous(count) => (view::AutoOutcome::Ambiguous, count),
            motcua_desk::AutoOutcome::None => (view::AutoOutcome::None, 0),
        };
        Self { component: row.component, outcome, count }
    }
}

impl From<&motcua_desk::CertificateChoice> for view::CertificateChoice {
    fn from(c: &motcua_desk::CertificateChoice) -> Self {
        Self {
            fingerprint: c.fingerprint.clone(),
            slot: c.slot.to_string(),
            token_label: c.token_label.clone(),
            organization: c.card.organization.clone(),
            valid_from: c.card.valid_from.into(),
            valid_until: c.card.valid_until.into(),
            authority: c.card.authority.clone(),
            role: c.role.into(),
            problem: c.problem.map(str::to_owned),
            untrusted: c.untrusted,
            pin_state: c.pin.into(),
            pin_pad: c.pin_pad,
        }
    }
}

/// The report of a signature check, which arrives as the desk's own words: this crate does not know
/// the crate that checks signatures.
pub(crate) fn verify_report(report: &impl serde::Serialize) -> Result<view::VerifyReport, AppError> {
    #[derive(serde::Deserialize)]
    struct Card {
        organization: String,
        authority: String,
    }
    #[derive(serde::Deserialize)]
    struct State {
        state: view::Trust,
    }
    #[derive(serde::Deserialize)]
    struct Signature {
        signer: Card,
        claimed_at: Option<Timestamp>,
        integrity: view::Integrity,
        trust: State,
        revocation: view::Revocation,
        verdict: view::Verdict,
        reasons: Vec<String>,
    }
    #[derive(serde::Deserialize)]
    struct Report {
        signatures: Vec<Signature>,
        document: view::Verdict,
    }
    let read = |value| serde_json::from_value::<Report>(value).map_err(|_| AppError::internal());
    let report = read(serde_json::to_value(report).map_err(|_| AppError::internal())?)?;
    let check = |s: Signature| view::SignatureCheck {
        organization: s.signer.organization,
        authority: s.signer.authority,
        claimed_at: s.claimed_at.map(Into::into),
        integrity: s.integrity,
        trust: s.trust.state,
        revocation: s.revocation,
        verdict: s.verdict,
        reasons: s.reasons,
    };
    Ok(view::VerifyReport {
        document: report.document,
        signatures: report.signatures.into_iter().map(check).collect(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_sends_is_parsed_at_the_border() {
        let mut party = view::Party {
            kind: view::PartyKind::Citizen,
            number: "099 090 000 495".into(),
            aliases: vec![" ".into()],
            name: "  Nguye\u{302}\u{303}n\u{0}Thị\tThử ".into(),
            address: String::new(),
            phone: String::new(),
        };
        let parsed = domain::Party::try_from(party.clone()).unwrap();
        assert_eq!(parsed.number.value(), "099090000495");
        assert_eq!(parsed.name, "Nguyễn Thị Thử", "NFC, one line, no control characters");
        assert!(parsed.aliases.is_empty());
        party.number = "12".into();
        assert_eq!(domain::Party::try_from(party).unwrap_err().code, "numberShape");
    }

    #[test]
    fn a_dossier_shows_its_least_finished_line() {
        let line = |state| domain::OutboxItem {
            op: domain::OpId::derive(1, &[0; 10]),
            dossier: DossierId::derive(1, &[0; 10]),
            sequence: 1,
            kind: domain::OutboxKind::Document,
            blobs: Vec::new(),
            state,
            attempts: 0,
            queued_at: Timestamp(0),
            last_error: None,
        };
        let lines = [
            line(domain::OutboxState::Received { at: Timestamp(1) }),
            line(domain::OutboxState::NeedsAttention { code: "codeTaken".into() }),
            line(domain::OutboxState::Queued),
        ];
        assert_eq!(summary_state(&lines), Some(view::OutboxStateName::Attention));
        assert_eq!(summary_state(&lines[..1]), Some(view::OutboxStateName::Received));
        assert_eq!(summary_state(&[]), None);
    }
}
