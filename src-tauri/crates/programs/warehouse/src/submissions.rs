//! Dossiers that come through a portal, and dossiers that are not accepted.

use crate::apply::{AHEAD_MS, Stop, rejected};
use crate::ledger::{by_officer, text};
use crate::reference::Reference;
use crate::store::DossierRow;
use motcua_dossier::{Channel, DocumentId, EvidenceSource, MAX_SUBMITTED_PAPERS, Submission, Timestamp};
use motcua_wire::{DeclinedDossier, MAX_STEP_ITEMS, MAX_TEXT};

/// Numbers of one person beside the main one.
const MAX_ALIASES: usize = 10;

/// What a portal sends is looked at for its shape alone: whether it is accepted is for an officer to say.
pub(crate) fn submit(sent: &Submission, reference: &Reference, now: Timestamp) -> Result<(), Stop> {
    let known = reference.data.procedures.iter().find(|p| p.code.same_procedure(&sent.procedure));
    let procedure = known.ok_or_else(|| rejected("procedureUnknown", &["procedure"]))?;
    if !procedure.cases.iter().any(|case| case.code == sent.case_code) {
        return Err(rejected("caseUnknown", &["case_code"]));
    }
    if sent.sent_at.0 > now.0.saturating_add(AHEAD_MS) {
        return Err(rejected("madeInFuture", &["sent_at"]));
    }
    text("reference", &sent.reference, MAX_TEXT)?;
    text("applicant.owner.name", &sent.applicant.owner.name, MAX_TEXT)?;
    if let Some(submitter) = &sent.applicant.submitter {
        text("applicant.submitter.name", &submitter.name, MAX_TEXT)?;
    }
    for party in std::iter::once(&sent.applicant.owner).chain(&sent.applicant.submitter) {
        let long = [&party.address, &party.phone].iter().any(|value| value.chars().count() > MAX_TEXT);
        if long || party.aliases.len() > MAX_ALIASES {
            return Err(rejected("textTooLong", &["applicant"]));
        }
    }
    let account = sent.account.as_ref();
    let optional = [
        ("note", sent.note.as_str()),
        ("resolving_agency", sent.resolving_agency.as_str()),
        ("district", sent.district.as_str()),
        ("account.login", account.map_or("", |account| account.login.as_str())),
        ("account.assurance", account.map_or("", |account| account.assurance.as_str())),
    ];
    for (field, value) in optional {
        if value.chars().count() > MAX_TEXT {
            return Err(rejected("textTooLong", &[field]));
        }
    }
    if sent.papers.len() > MAX_SUBMITTED_PAPERS {
        return Err(rejected("tooManyPapers", &["papers"]));
    }
    for paper in &sent.papers {
        text("papers.name", &paper.name, MAX_TEXT)?;
        match paper.source {
            EvidenceSource::File { document: None, .. } | EvidenceSource::Warehouse { .. } => {}
            _ => return Err(rejected("paperUnfit", &["papers.source"])),
        }
    }
    Ok(())
}

/// What is here is what became of the very dossier that is sent: nobody told of it yet, and it is of the same person,
/// procedure and way. A counter's own dossier is told to no portal, whatever it knows of it.
pub(crate) fn became_of(sent: &Submission, dossier: &DossierRow) -> bool {
    let known = match (&dossier.accepted, &dossier.declined) {
        (Some(accepted), _) => (&accepted.applicant, &accepted.procedure, accepted.channel),
        (None, Some((declined, _))) => (&declined.applicant, &declined.procedure, declined.channel),
        (None, None) => return false,
    };
    let (applicant, procedure, channel) = known;
    dossier.submitted.is_none()
        && channel != Channel::Direct
        && channel == sent.channel
        && procedure.same_procedure(&sent.procedure)
        && applicant.owner.number == sent.applicant.owner.number
}

/// The sender chose that paper of the warehouse himself.
pub(crate) fn chose(sent: &Submission, paper: DocumentId) -> bool {
    let is = |source: &EvidenceSource| matches!(source, EvidenceSource::Warehouse { document, .. } if *document == paper);
    sent.papers.iter().any(|sent| is(&sent.source))
}

/// A dossier is not accepted: the citizen has form 02 or 03.
pub(crate) fn decline(declined: &DeclinedDossier, dossier: &DossierRow, now: Timestamp) -> Result<(), Stop> {
    let said = &declined.record;
    by_officer(&said.officer, said.at, now)?;
    if dossier.accepted.is_some() {
        return Err(rejected("alreadyAccepted", &["dossier"]));
    }
    if dossier.declined.is_some() {
        return Err(rejected("alreadyDeclined", &["dossier"]));
    }
    match said.reasons.len() {
        0 => return Err(rejected("textMissing", &["record.reasons"])),
        n if n > MAX_STEP_ITEMS => return Err(rejected("textTooLong", &["record.reasons"])),
        _ => {}
    }
    for reason in &said.reasons {
        text("record.reasons.text", &reason.text, MAX_TEXT)?;
        if reason.code.chars().count() > 100 {
            return Err(rejected("textTooLong", &["record.reasons.code"]));
        }
    }
    Ok(())
}
