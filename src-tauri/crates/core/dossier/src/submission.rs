//! A dossier that was sent through the province's portal or the post and that no counter has accepted yet (inventory G),
//! what is checked of an agency's (I-02 to I-04), and what an officer says who does not accept.

use crate::{
    AgencyCode, Applicant, Channel, Day, Dossier, DossierId, EvidenceSource, IdNumber, PartyKind,
    ProcedureCode, ReferenceData, ReturnMethod, Timestamp,
};
use serde::{Deserialize, Serialize};

/// The account a dossier was sent with (G-02, I-06).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalAccount {
    /// Whose: a citizen's, an enterprise's or an agency's own.
    pub kind: PartyKind,
    /// Number the account is registered under, when the portal tells it.
    #[serde(default)]
    pub number: Option<IdNumber>,
    /// How its holder was known, in the portal's words ("VNeID", "USB ký số"); may be empty.
    #[serde(default)]
    pub login: String,
    /// Level of that ("IAL3"); may be empty.
    #[serde(default)]
    pub assurance: String,
}

/// Debug output carries no personal data.
impl std::fmt::Debug for PortalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PortalAccount({:?})", self.kind)
    }
}

/// One paper of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmittedPaper {
    /// Row of the procedure it was sent for; 0 when for none.
    #[serde(default)]
    pub component: u32,
    /// What the sender was asked for, or calls it.
    pub name: String,
    /// A file, or a paper of the owner's warehouse he chose himself.
    pub source: EvidenceSource,
}

/// A dossier as it was sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Submission {
    /// Number by which its sender finds it again at the portal.
    pub reference: String,
    /// Agency that is to accept it ("Phường/Xã nộp hồ sơ").
    pub agency: AgencyCode,
    /// "Cơ quan giải quyết hồ sơ", when another resolves it; may be empty.
    #[serde(default)]
    pub resolving_agency: String,
    /// "Quận/Huyện nộp hồ sơ", where the portal still asks for one; may be empty.
    #[serde(default)]
    pub district: String,
    /// Hình thức nộp.
    pub channel: Channel,
    /// Hình thức nhận kết quả.
    pub return_method: ReturnMethod,
    /// Chủ hồ sơ and Người nộp.
    pub applicant: Applicant,
    /// The account, when it came through the portal.
    #[serde(default)]
    pub account: Option<PortalAccount>,
    /// Which procedure.
    pub procedure: ProcedureCode,
    /// "Trường hợp giải quyết".
    pub case_code: String,
    /// What was sent with it.
    pub papers: Vec<SubmittedPaper>,
    /// What its sender wrote; may be empty.
    #[serde(default)]
    pub note: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The one that came back and that this one is sent instead of.
    #[serde(default)]
    pub follows: Option<DossierId>,
}

/// Most papers of one.
pub const MAX_SUBMITTED_PAPERS: usize = 100;

/// What an officer says who does not accept a dossier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineKind {
    /// Form 02: something is missing or to be put right; it may come again.
    Supplement,
    /// Form 03: it is not accepted.
    Refusal,
}

/// One of the reasons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeclineReason {
    /// Stable code of a reason of the list; empty when it is only in words.
    #[serde(default)]
    pub code: String,
    /// As printed.
    pub text: String,
}

/// A dossier that was not accepted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Declined {
    /// Which form.
    pub kind: DeclineKind,
    /// Why; at least one.
    pub reasons: Vec<DeclineReason>,
    /// Officer.
    pub officer: String,
    /// When (machine's clock).
    pub at: Timestamp,
}

/// Why an agency's dossier may be refused; either is enough, and the officer decides (decision 8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgencyDefect {
    /// It did not come from the agency's own account, or somebody was authorised to send it (I-02, I-03).
    OtherAccount,
    /// A file of it is neither signed nor certified (I-02).
    PapersUnsigned,
}

impl AgencyDefect {
    /// Its stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherAccount => "agencyOtherAccount",
            Self::PapersUnsigned => "agencyPapersUnsigned",
        }
    }
}

/// Keys of guides that name a reason begin with this.
const REASON: &str = "tuchoi.";

impl ReferenceData {
    /// Reasons officers choose from who do not accept a dossier: guides `tuchoi.CODE` with the reason as heading. Where there
    /// are none, the usual ones; those of the rule for agencies always.
    #[must_use]
    pub fn decline_reasons(&self) -> Vec<DeclineReason> {
        let named = self.guides.iter().filter_map(|guide| {
            let code = guide.key.strip_prefix(REASON)?.to_owned();
            Some(DeclineReason { code, text: guide.title.clone() })
        });
        let mut reasons: Vec<DeclineReason> = named.collect();
        let usual = [
            ("papersMissing", "Thiếu thành phần hồ sơ theo quy định của thủ tục"),
            ("formWrong", "Tờ khai chưa đúng mẫu hoặc chưa ghi đủ nội dung"),
            ("fileUnreadable", "Tệp tin không mở được hoặc không đọc được"),
            ("notCompetent", "Không thuộc thẩm quyền tiếp nhận, giải quyết của cơ quan"),
            (
                AgencyDefect::OtherAccount.code(),
                "Hồ sơ của cơ quan không được nộp bằng tài khoản của chính cơ quan đó",
            ),
            (
                AgencyDefect::PapersUnsigned.code(),
                "Thành phần hồ sơ của cơ quan chưa được ký số hoặc chứng thực điện tử",
            ),
        ];
        let own = !reasons.is_empty();
        let defects = [AgencyDefect::OtherAccount, AgencyDefect::PapersUnsigned].map(AgencyDefect::code);
        for (code, text) in usual {
            // What the rule for agencies finds is always among them.
            let wanted = !own || defects.contains(&code) && reasons.iter().all(|known| known.code != code);
            if wanted {
                reasons.push(DeclineReason { code: code.to_owned(), text: text.to_owned() });
            }
        }
        reasons
    }
}

impl Dossier {
    /// What an agency's dossier lacks by the rule that holds from that day on; nothing of anybody else's.
    #[must_use]
    pub fn agency_defects(&self, from: Day) -> Vec<AgencyDefect> {
        let sent = self.submission.as_ref().map_or(self.opened_at, |sent| sent.sent_at);
        if self.applicant.owner.kind != PartyKind::Agency || sent.day() < from {
            return vec![];
        }
        let account = self.submission.as_ref().and_then(|sent| sent.account.as_ref());
        let own = account.is_some_and(|account| {
            let of_owner = |number: &IdNumber| self.applicant.owner.numbers().contains(number);
            account.kind == PartyKind::Agency && account.number.as_ref().is_none_or(of_owner)
        });
        let unsigned = |file: &crate::Attachment| !file.is_reused() && file.signatures.is_empty();
        let mut defects = vec![];
        if !own || self.applicant.submitter.is_some() {
            defects.push(AgencyDefect::OtherAccount);
        }
        if self.components.iter().filter_map(|row| row.attachment.as_ref()).any(unsigned) {
            defects.push(AgencyDefect::PapersUnsigned);
        }
        defects
    }
}
