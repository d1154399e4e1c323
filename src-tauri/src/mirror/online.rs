//! Dossiers of the portal, and dossiers that are not accepted, as the page shows them.

use super::small;
use crate::view;
use motcua_desk::WaitingSubmission;
use motcua_dossier as domain;

impl From<&domain::Submission> for view::Sent {
    fn from(sent: &domain::Submission) -> Self {
        let account = sent.account.as_ref();
        Self {
            reference: sent.reference.clone(),
            sent_at: sent.sent_at.into(),
            resolving_agency: sent.resolving_agency.clone(),
            district: sent.district.clone(),
            account: account.map(|account| account.kind.into()),
            login: account.map(|account| account.login.clone()).unwrap_or_default(),
            assurance: account.map(|account| account.assurance.clone()).unwrap_or_default(),
            note: sent.note.clone(),
            again: sent.follows.is_some(),
        }
    }
}

/// What was said of a dossier that was not accepted.
pub(super) fn declined(dossier: &domain::Dossier) -> Option<view::Declined> {
    let domain::DossierState::Declined(said) = &dossier.state else { return None };
    Some(view::Declined {
        kind: said.kind.into(),
        reasons: said.reasons.iter().map(Into::into).collect(),
        officer: said.officer.clone(),
        at: said.at.into(),
    })
}

/// Why a draft is worked on no more.
pub(super) fn aside(dossier: &domain::Dossier) -> Option<view::SetAside> {
    let domain::DossierState::SetAside(aside) = &dossier.state else { return None };
    let (at, officer) = (aside.at.into(), aside.officer.clone());
    let told = |kind| view::SetAside {
        kind,
        at,
        officer,
        reason: String::new(),
        code: None,
        counter: String::new(),
    };
    Some(match &aside.why {
        domain::AsideWhy::Discarded { reason } => {
            view::SetAside { reason: reason.clone(), ..told(view::AsideKind::Discarded) }
        }
        domain::AsideWhy::GivenBack => told(view::AsideKind::GivenBack),
        domain::AsideWhy::AcceptedElsewhere { code, counter } => view::SetAside {
            code: Some(code.to_string()),
            counter: counter.clone(),
            ..told(view::AsideKind::AcceptedElsewhere)
        },
    })
}

impl From<&domain::DeclineReason> for view::DeclineReason {
    fn from(reason: &domain::DeclineReason) -> Self {
        Self { code: reason.code.clone(), text: reason.text.clone() }
    }
}

impl From<view::DeclineReason> for domain::DeclineReason {
    fn from(reason: view::DeclineReason) -> Self {
        Self { code: reason.code, text: super::clean(&reason.text) }
    }
}

impl view::WaitingLine {
    /// A line of the list of what waits.
    pub(crate) fn of(waiting: &WaitingSubmission, procedure_name: String) -> Self {
        let sent = &waiting.submission;
        let owner = &sent.applicant.owner;
        Self {
            id: waiting.id.to_string(),
            reference: sent.reference.clone(),
            procedure_name,
            owner_name: owner.name.clone(),
            owner_number: owner.number.masked(),
            owner_kind: owner.kind.into(),
            channel: sent.channel.into(),
            papers: small(sent.papers.len()),
            sent_at: sent.sent_at.into(),
            again: sent.follows.is_some(),
            holder: waiting.holder.as_ref().map(Into::into),
        }
    }
}
