//! A draft that is worked on no more and was never accepted at this counter: nothing of it is deleted.

use crate::{
    Attachment, Dossier, DossierCode, DossierState, EvidenceSource, Submission, SubmittedPaper, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why a draft was set aside, when, and by whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SetAside {
    /// When.
    pub at: Timestamp,
    /// Officer; of one that was accepted elsewhere, the officer there.
    pub officer: String,
    /// Why.
    pub why: AsideWhy,
}

/// Why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsideWhy {
    /// Bỏ hồ sơ nháp: the counter's own draft is not wanted; it can be restored.
    Discarded {
        /// In the officer's words; may be empty.
        reason: String,
    },
    /// Trả lại danh sách: what was sent waits for any counter, this one too.
    GivenBack,
    /// Another counter accepted it meanwhile.
    AcceptedElsewhere {
        /// Code it has there.
        code: DossierCode,
        /// What the office calls that machine; may be empty.
        counter: String,
    },
}

/// A paper of a draft that was set aside before the dossier came here in another form. It stays on this machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormerPaper {
    /// Name of its row.
    pub name: String,
    /// The file.
    pub attachment: Attachment,
}

impl Dossier {
    /// Papers that this counter put onto rows: neither sent with the dossier nor of the warehouse.
    pub fn added_papers(&self) -> impl Iterator<Item = FormerPaper> {
        let papers = self.submission.iter().flat_map(|sent| &sent.papers);
        let sent: BTreeSet<_> = papers.filter_map(|paper| paper.source.blob()).collect();
        self.components.iter().filter_map(move |row| {
            let file = row.attachment.as_ref()?;
            let added = !file.is_reused() && !sent.contains(&file.blob);
            added.then(|| FormerPaper { name: row.name.clone(), attachment: file.clone() })
        })
    }

    /// It stands at this counter and was neither accepted nor declined, as far as this counter knows: what the office says
    /// of it counts beside it.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        matches!(self.state, DossierState::Draft | DossierState::SetAside(_) | DossierState::Withdrawn { .. })
    }

    /// What was sent with it and stands on no row, of a draft: computed, so that no restart forgets it. A row that has something
    /// else by now lacks nothing.
    #[must_use]
    pub fn unfetched(&self) -> Vec<(u32, SubmittedPaper)> {
        let Some(sent) = self.submission.as_deref().filter(|_| self.state == DossierState::Draft) else {
            return vec![];
        };
        let empty = |number: u32| {
            let row = self.components.iter().find(|row| row.number == number);
            row.is_none_or(|row| {
                row.attachment.is_none() && row.reservation.is_none() && row.waiver.is_none()
            })
        };
        let placed = self.places(sent).into_iter().zip(&sent.papers);
        placed
            .filter(|(number, paper)| comes_with_a_file(&paper.source) && empty(*number))
            .map(|(number, paper)| (number, paper.clone()))
            .collect()
    }

    /// The row of every paper that was sent, in their order: by its number, else by its name, else one beyond the last.
    #[must_use]
    pub fn places(&self, sent: &Submission) -> Vec<u32> {
        let mut taken = BTreeSet::new();
        let mut next = self.components.iter().map(|row| row.number).max().unwrap_or(0);
        let mut places = vec![];
        for paper in &sent.papers {
            let free = self.components.iter().filter(|row| !taken.contains(&row.number));
            let numbered = free.clone().find(|row| row.number == paper.component);
            let row = numbered.or_else(|| free.clone().find(|row| row.name == paper.name));
            let number = row.map_or_else(
                || {
                    next += 1;
                    next
                },
                |row| row.number,
            );
            taken.insert(number);
            places.push(number);
        }
        places
    }
}

fn comes_with_a_file(source: &EvidenceSource) -> bool {
    matches!(source, EvidenceSource::File { .. } | EvidenceSource::Warehouse { .. })
}
