//! Feedback on papers, as the page shows it.

use crate::view;
use motcua_desk::FeedbackLine;
use motcua_dossier as domain;

impl From<view::Judgement> for motcua_desk::Judgement {
    fn from(judgement: view::Judgement) -> Self {
        match judgement {
            view::Judgement::Right => Self::Right,
            view::Judgement::Wrong => Self::Wrong,
        }
    }
}

impl view::FeedbackLine {
    /// A line of the list; agencies by their names, drafts beside the dossiers the warehouse knows.
    pub(crate) fn of(
        line: FeedbackLine,
        name: impl Fn(&str) -> String,
        drafts: impl IntoIterator<Item = domain::Dossier>,
    ) -> Self {
        let given = line.feedback;
        let stage = stage(&given, line.unsent.as_ref());
        let paper = given.paper.as_ref();
        let said = paper.map(|paper| &paper.record.metadata);
        let drafts = drafts.into_iter().map(|draft| view::WrongUse {
            dossier: draft.id.to_string(),
            code: None,
            owner_name: draft.applicant.owner.name,
            officer: draft.officer,
            returned: false,
        });
        let uses = given.uses.into_iter().map(|known| view::WrongUse {
            dossier: known.dossier.to_string(),
            code: Some(known.code.to_string()),
            owner_name: known.owner_name,
            officer: known.officer,
            returned: known.returned,
        });
        Self {
            id: given.id.to_string(),
            paper: said.map(|said| said.name.clone()).unwrap_or_default(),
            paper_code: paper.map(|paper| paper.code.to_string()).unwrap_or_default(),
            owner_name: paper.map(|paper| paper.owner_name.clone()).unwrap_or_default(),
            owner_number: paper
                .and_then(|paper| paper.record.owner.first())
                .map(domain::IdNumber::masked)
                .unwrap_or_default(),
            reason: given.reason.into(),
            text: given.text,
            from_agency: name(&given.from_agency),
            from_officer: given.officer,
            given_at: given.given_at.into(),
            to_agency: given.to_agency.as_deref().map(name).unwrap_or_default(),
            ours: given.ours,
            stage,
            unsent: line.unsent.is_some(),
            finding: given.confirmed.map(|finding| view::FeedbackNote {
                text: finding.text,
                officer: finding.officer,
                at: finding.at.into(),
            }),
            answer: given.answer.map(|answer| view::FeedbackNote {
                text: answer.text,
                officer: answer.officer,
                at: answer.at.into(),
            }),
            uses: drafts.chain(uses).collect(),
        }
    }
}

/// What this office said counts before the warehouse has it.
fn stage(given: &motcua_desk::Feedback, unsent: Option<&domain::FeedbackAct>) -> view::FeedbackStage {
    let of = |corrected| if corrected { view::FeedbackStage::Corrected } else { view::FeedbackStage::Right };
    match (&given.answer, unsent) {
        (Some(answer), _) => of(answer.corrected),
        (None, Some(domain::FeedbackAct::Answered { corrected, .. })) => of(*corrected),
        (None, Some(domain::FeedbackAct::Confirmed { .. })) => view::FeedbackStage::Wrong,
        (None, _) if given.confirmed.is_some() => view::FeedbackStage::Wrong,
        (None, _) => view::FeedbackStage::Open,
    }
}
