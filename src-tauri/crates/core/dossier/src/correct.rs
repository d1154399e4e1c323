//! Đính chính kết quả: a result the citizen has turns out wrong. One officer asks for the correction, another one agrees,
//! and only then does it leave the counter; the paper as it was stays in the warehouse as an earlier version.

use crate::{Attachment, BlobId, DocumentId, Dossier, DossierState, FeedbackReason, OpId, Timestamp};
use serde::{Deserialize, Serialize};

/// A correction that was agreed upon, as the step that brings it to the warehouse says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectedResult {
    /// The paper the result became.
    pub document: DocumentId,
    /// Its file as the colleague saw it replaced: a paper that was filed anew meanwhile is not.
    pub before: BlobId,
    /// The corrected file, signed by the agency.
    pub blob: BlobId,
    /// Its bytes.
    pub size: u64,
    /// Its pages.
    pub pages: u32,
    /// What was wrong.
    pub reason: FeedbackReason,
    /// What was wrong, in the officer's words.
    pub text: String,
    /// When the officer asked for it.
    pub asked_at: Timestamp,
    /// Who agreed; never the officer himself.
    pub approved_by: String,
}

/// A correction of a dossier's result as its counter knows it, from the first word on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Correction {
    /// The file of the result when it was asked for: what whoever agrees saw beside the corrected one.
    pub before: BlobId,
    /// The corrected file.
    pub attachment: Attachment,
    /// What was wrong.
    pub reason: FeedbackReason,
    /// What was wrong, in the officer's words.
    pub text: String,
    /// Who asked.
    pub officer: String,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub state: CorrectionState,
}

/// What became of a correction that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CorrectionState {
    /// Chờ duyệt: nothing of it has left the counter.
    Waiting,
    /// Đã duyệt.
    Approved {
        /// Who agreed.
        by: String,
        /// When.
        at: Timestamp,
        /// The step that brings it.
        op: OpId,
    },
    /// Không duyệt.
    Refused {
        /// Who did not agree.
        by: String,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Whoever asked took it back.
    TakenBack {
        /// When.
        at: Timestamp,
    },
}

/// Why a result is not corrected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorrectionFault {
    /// No result was handed over, or not at this counter.
    #[error("no result was returned here")]
    NotReturned,
    /// Another correction of it waits already.
    #[error("a correction waits")]
    Waiting,
    /// None waits, or another than the one that was looked at.
    #[error("no such correction waits")]
    NoneWaiting,
    /// The result has another file by now than when it was asked for.
    #[error("result changed since it was asked for")]
    Overtaken,
    /// It is the file the citizen has.
    #[error("file is the one before")]
    SameFile,
    /// Whoever asked for it does not agree with himself.
    #[error("approver is the officer who asked")]
    OwnRequest,
    /// Only whoever asked for it takes it back.
    #[error("officer did not ask for it")]
    NotOwnRequest,
}

/// One officer however his login was typed.
#[must_use]
pub fn same_officer(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Dossier {
    /// The paper its result became and the file it has now, corrections that count among them; none before it is returned,
    /// and none where another counter returned it.
    #[must_use]
    pub fn returned_result(&self) -> Option<(DocumentId, BlobId)> {
        let result = self.result.as_ref().filter(|_| matches!(self.state, DossierState::Completed { .. }))?;
        let (_, document) = result.attachment.digitized?;
        let corrected = self.corrected_results().filter(|c| c.document == document).last();
        Some((document, corrected.map_or(result.attachment.blob, |c| c.blob)))
    }

    /// Corrections of its result that count, in their order; those of other counters too.
    pub fn corrected_results(&self) -> impl Iterator<Item = &CorrectedResult> {
        self.steps_taken().filter_map(|step| step.act.corrected())
    }

    /// The correction that waits for a colleague's word.
    #[must_use]
    pub fn waiting_correction(&self) -> Option<&Correction> {
        self.corrections.iter().find(|correction| correction.state == CorrectionState::Waiting)
    }

    /// Asks for a correction; it changes nothing until somebody else agrees.
    ///
    /// # Errors
    /// See [`CorrectionFault`].
    pub fn ask_correction(&mut self, correction: Correction) -> Result<(), CorrectionFault> {
        let (_, blob) = self.returned_result().ok_or(CorrectionFault::NotReturned)?;
        if self.waiting_correction().is_some() {
            return Err(CorrectionFault::Waiting);
        }
        if correction.attachment.blob == blob {
            return Err(CorrectionFault::SameFile);
        }
        self.corrections.push(correction);
        Ok(())
    }

    /// The one correction that waits, and it is the file that was looked at: what somebody agrees to is what he saw.
    ///
    /// # Errors
    /// None waits, or another one.
    pub fn waiting_mut(&mut self, seen: BlobId) -> Result<&mut Correction, CorrectionFault> {
        let waits = |c: &&mut Correction| c.state == CorrectionState::Waiting && c.attachment.blob == seen;
        self.corrections.iter_mut().find(waits).ok_or(CorrectionFault::NoneWaiting)
    }
}

impl Correction {
    /// May that officer agree, or refuse to.
    ///
    /// # Errors
    /// He asked for it himself.
    pub fn judged_by(&self, officer: &str) -> Result<(), CorrectionFault> {
        if same_officer(&self.officer, officer) { Err(CorrectionFault::OwnRequest) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Day, Deadline, ReferenceData, Standing, StepAct, StepFault, StepRecord};

    fn step(officer: &str, approved_by: &str, text: &str) -> StepRecord {
        let corrected = CorrectedResult {
            document: DocumentId::derive(1, &[1; 10]),
            before: BlobId([1; 32]),
            blob: BlobId([2; 32]),
            size: 1,
            pages: 1,
            reason: FeedbackReason::WrongInformation,
            text: text.into(),
            asked_at: Timestamp(1),
            approved_by: approved_by.into(),
        };
        let act = StepAct::ResultCorrected(Box::new(corrected));
        StepRecord { act, officer: officer.into(), at: Timestamp(2) }
    }

    fn standing() -> Standing {
        Standing::accepted(Deadline::plain(Timestamp(0).day(), 1))
    }

    #[test]
    fn one_person_is_never_two_however_the_name_is_typed() {
        let rules = ReferenceData::default().step_rules(Day(Timestamp(0).day().0));
        let judged = |record: &StepRecord| standing().allows(record, rules);
        assert_eq!(judged(&step("canbo.mau", "truong.phong", "Sai ngày sinh")), Ok(()));
        for own in ["canbo.mau", "CANBO.MAU", " Canbo.Mau\n"] {
            assert_eq!(judged(&step("canbo.mau", own, "x")), Err(StepFault::ApproverIsOfficer), "{own}");
        }
        assert_eq!(judged(&step("canbo.mau", "  ", "x")), Err(StepFault::TextMissing), "nobody agreed");
        assert_eq!(judged(&step("canbo.mau", "truong.phong", " ")), Err(StepFault::TextMissing));
    }

    #[test]
    fn it_names_its_file_and_both_officers_and_moves_no_day() {
        let record = step("canbo.mau", "truong.phong", "Sai ngày sinh");
        assert_eq!(record.act.files().collect::<Vec<_>>(), [BlobId([2; 32])]);
        assert_eq!(record.officers().collect::<Vec<_>>(), ["canbo.mau", "truong.phong"]);
        let before = standing();
        assert_eq!(Standing::after(before.due.clone(), [&record]), before, "the citizen has his result");
    }

    #[test]
    fn it_is_written_as_one_flat_step() {
        let record = step("canbo.mau", "truong.phong", "Sai ngày sinh");
        let text = serde_json::to_string(&record).unwrap_or_default();
        assert!(text.starts_with(r#"{"act":{"kind":"result_corrected","document":"#), "{text}");
        assert_eq!(serde_json::from_str::<StepRecord>(&text).ok(), Some(record));
        let more = text.replacen(r#""pages":1"#, r#""pages":1,"owner":["099000000009"]"#, 1);
        assert!(serde_json::from_str::<StepRecord>(&more).is_err(), "and says nothing else");
    }
}
