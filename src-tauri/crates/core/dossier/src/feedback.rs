//! Feedback on a paper or a result ("Phản ánh về kết quả giải quyết", inventory H).

use crate::{DocumentId, OpId, Timestamp};
use serde::{Deserialize, Serialize};

/// The three reasons there are (inventory H-05).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackReason {
    /// The file tells something else of the citizen.
    WrongInformation,
    /// The file is somebody else's, or of another matter.
    NotTheResult,
    /// The file bears no signature of the Government Cipher Committee.
    NotSigned,
}

impl FeedbackReason {
    /// All of them, in printed order.
    pub const ALL: [Self; 3] = [Self::WrongInformation, Self::NotTheResult, Self::NotSigned];

    /// The sentence, verbatim.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::WrongInformation => "Tệp tin kết quả điện tử bị sai lệch thông tin công dân.",
            Self::NotTheResult => {
                "Tệp tin kết quả điện tử của công dân không phải là kết quả công dân được giải quyết."
            }
            Self::NotSigned => {
                "Tệp tin kết quả của công dân chưa được ký bằng chứng thư số được cấp bởi Ban cơ yếu chính phủ."
            }
        }
    }
}

/// What happens to a feedback.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum FeedbackAct {
    /// An officer records it for the citizen; the operation's id is the feedback's.
    Given {
        /// About which paper.
        document: DocumentId,
        /// Which of the three.
        reason: FeedbackReason,
        /// "Ý kiến, phản ánh về kết quả giải quyết".
        #[serde(default)]
        text: String,
    },
    /// The issuing agency finds that the paper is wrong: it is to be filed anew, and nobody is offered it meanwhile.
    Confirmed {
        /// Which feedback.
        feedback: OpId,
        /// What is wrong.
        text: String,
    },
    /// The issuing agency has filed the paper anew (a version that supersedes), or says why it is right.
    Answered {
        /// Which feedback.
        feedback: OpId,
        /// The paper was filed anew.
        corrected: bool,
        /// What was done, or why not.
        text: String,
    },
}

impl FeedbackAct {
    /// The feedback it answers; none of a feedback itself.
    #[must_use]
    pub fn answers(&self) -> Option<OpId> {
        match self {
            Self::Given { .. } => None,
            Self::Confirmed { feedback, .. } | Self::Answered { feedback, .. } => Some(*feedback),
        }
    }
}

/// A paper that was reported from a dossier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The operation that tells of it.
    pub op: OpId,
    /// Which paper.
    pub document: DocumentId,
    /// Why.
    pub reason: FeedbackReason,
}

/// An act of an officer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRecord {
    /// What.
    pub act: FeedbackAct,
    /// Who.
    pub officer: String,
    /// When, by the machine's clock.
    pub at: Timestamp,
}
