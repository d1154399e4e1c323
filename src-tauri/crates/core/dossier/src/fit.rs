//! Does a paper of the warehouse satisfy a component (decision 6): by the set of result codes, the
//! owner and validity; a name alone only ever suggests.

use crate::{
    AttachmentSource, ComponentRow, Day, DocumentStatus, DocumentSummary, PaperName, Party, Provenance, fold,
};
use time::Duration;

/// How a paper and a component go together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fit {
    /// A result code of the component, and nothing against it.
    Exact,
    /// Only the name is alike; an officer decides.
    Suggested,
    /// Found, but not usable for this component; at least one reason.
    Unfit(Vec<UnfitReason>),
}

/// Why a paper is found but does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnfitReason {
    /// It is the result of something else.
    OtherResultCode,
    /// Hết hiệu lực.
    Expired,
    /// Hủy.
    Cancelled,
    /// Chưa ký số.
    Unsigned,
    /// Its signature was found wrong.
    BadSignature,
    /// Found wrong by whoever issued it, and to be filed anew.
    UnderCorrection,
    /// Known nationally, not synchronised yet.
    NotSynced,
    /// Its owner or agency does not share it.
    NotShared,
    /// Older than the component allows.
    TooOld,
    /// The component limits the age and the paper names no day of issue.
    IssueDateMissing,
    /// Filed under the same number with another name.
    NameDiffers,
}

impl UnfitReason {
    /// Stable code; the window has the sentence.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherResultCode => "otherResultCode",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unsigned => "unsigned",
            Self::BadSignature => "badSignature",
            Self::UnderCorrection => "underCorrection",
            Self::NotSynced => "notSynced",
            Self::NotShared => "notShared",
            Self::TooOld => "tooOld",
            Self::IssueDateMissing => "issueDateMissing",
            Self::NameDiffers => "nameDiffers",
        }
    }
}

impl ComponentRow {
    /// How a paper of `owner` goes with this row on `today`; `agency` is the name of the office that
    /// asks (its own papers need not be shared with it).
    #[must_use]
    pub fn fit(&self, paper: &DocumentSummary, owner: &Party, agency: &str, today: Day) -> Fit {
        let mut reasons = Vec::new();
        match paper.status {
            DocumentStatus::Valid => {}
            DocumentStatus::Expired => reasons.push(UnfitReason::Expired),
            DocumentStatus::Cancelled => reasons.push(UnfitReason::Cancelled),
            DocumentStatus::Unsigned => reasons.push(UnfitReason::Unsigned),
            DocumentStatus::BadSignature => reasons.push(UnfitReason::BadSignature),
            DocumentStatus::UnderCorrection => reasons.push(UnfitReason::UnderCorrection),
        }
        let said = &paper.record.metadata;
        if said.valid_until.is_some_and(|until| until < today) && !reasons.contains(&UnfitReason::Expired) {
            reasons.push(UnfitReason::Expired);
        }
        if paper.provenance == Provenance::NationalNotSynced {
            reasons.push(UnfitReason::NotSynced);
        }
        if !said.shared && fold(&said.issuer) != fold(agency) {
            reasons.push(UnfitReason::NotShared);
        }
        if let Some(days) = self.fresh_days {
            match said.issued_on.map(|day| day.0.checked_add(Duration::days(i64::from(days)))) {
                None => reasons.push(UnfitReason::IssueDateMissing),
                Some(Some(last)) if Day(last) < today => reasons.push(UnfitReason::TooOld),
                Some(_) => {}
            }
        }
        let (typed, known) = (fold(&owner.name), fold(&paper.owner_name));
        if !typed.is_empty() && !known.is_empty() && typed != known {
            reasons.push(UnfitReason::NameDiffers);
        }
        let by_code = said.result_code.as_ref().is_some_and(|code| self.result_codes.contains(code));
        let by_name = !by_code && self.is_named_like(paper);
        if !by_code && !by_name {
            reasons.insert(0, UnfitReason::OtherResultCode);
        }
        match (reasons.is_empty(), by_code) {
            (false, _) => Fit::Unfit(reasons),
            (true, true) => Fit::Exact,
            (true, false) => Fit::Suggested,
        }
    }

    /// May a paper still be put into this row without throwing anything away.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attachment.is_none() && self.reservation.is_none() && self.waiver.is_none()
    }

    /// The paper taken or reserved from the warehouse, if that is what fills the row.
    #[must_use]
    pub fn reuse(&self) -> Option<&crate::Reuse> {
        match (&self.attachment, &self.reservation) {
            (Some(crate::Attachment { source: AttachmentSource::Warehouse(reuse), .. }), _) => Some(reuse),
            (None, Some(reservation)) => Some(&reservation.reuse),
            _ => None,
        }
    }

    /// Most words of the paper's label stand in the name of the row.
    fn is_named_like(&self, paper: &DocumentSummary) -> bool {
        let said = &paper.record.metadata;
        let label = PaperName::parse(&said.name).map_or_else(|_| said.name.clone(), |name| name.label);
        let own = fold(&self.name);
        let own: Vec<&str> = own.split(' ').collect();
        [said.category.as_str(), label.as_str()].into_iter().any(|text| {
            let text = fold(text);
            let words: Vec<&str> = text.split(' ').filter(|w| w.chars().count() > 1).collect();
            let common = words.iter().filter(|w| own.contains(w)).count();
            words.len() >= 2 && common * 3 >= words.len() * 2
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        BlobId, CopyForm, DocumentId, DocumentRecord, IdNumber, Metadata, PaperCode, PartyKind, ResultCode,
        StoreKind, Timestamp,
    };

    fn row() -> ComponentRow {
        ComponentRow {
            number: 1,
            name: "Phiếu lý lịch tư pháp số 1".into(),
            form: CopyForm::Original,
            quantity: 1,
            result_codes: vec![ResultCode::parse("KQ.G15.000040").unwrap()],
            fresh_days: Some(180),
            required: true,
            enters_warehouse: true,
            attachment: None,
            reservation: None,
            waiver: None,
        }
    }

    fn owner() -> Party {
        Party {
            kind: PartyKind::Citizen,
            number: IdNumber::parse("001203000019").unwrap(),
            aliases: vec![],
            name: "Trần Văn Mẫu".into(),
            address: String::new(),
            phone: String::new(),
        }
    }

    fn paper(code: &str, issued: &str) -> DocumentSummary {
        let result = ResultCode::parse(code).unwrap();
        DocumentSummary {
            code: PaperCode::derive(&owner().number, &result, ""),
            record: DocumentRecord {
                id: DocumentId::derive(1, &[1; 10]),
                owner: vec![owner().number],
                metadata: Metadata {
                    kind: "Kết quả giải quyết".into(),
                    category: "Phiếu lý lịch tư pháp số 1".into(),
                    result_code: Some(result),
                    name: "001203000019.KQ.G15.000040.Phiếu lý lịch tư pháp số 1".into(),
                    decision_number: String::new(),
                    summary: String::new(),
                    issuer: "Sở Tư pháp".into(),
                    issued_on: Some(Day::parse(issued).unwrap()),
                    valid_until: None,
                    form: CopyForm::Original,
                    store: StoreKind::Personal,
                    shown: true,
                    shared: true,
                },
                blob: BlobId([1; 32]),
                size: 1,
                pages: 1,
                supersedes: None,
            },
            version: 1,
            uses: 0,
            status: DocumentStatus::Valid,
            provenance: Provenance::Provincial,
            store_name: String::new(),
            owner_name: "TRẦN VĂN MẪU".into(),
            filed_at: Timestamp(0),
        }
    }

    fn today() -> Day {
        Day::parse("2026-11-21").unwrap()
    }

    #[test]
    fn a_valid_paper_of_the_code_fits_and_one_past_the_freshness_limit_says_so() {
        let fresh = paper("KQ.G15.000040", "2026-06-01");
        assert_eq!(row().fit(&fresh, &owner(), "UBND", today()), Fit::Exact);
        let old = paper("KQ.G15.000040", "2026-01-01");
        assert_eq!(row().fit(&old, &owner(), "UBND", today()), Fit::Unfit(vec![UnfitReason::TooOld]));
    }

    #[test]
    fn a_like_name_under_another_code_only_suggests() {
        let alike = paper("KQ.G15.000041", "2026-06-01");
        assert_eq!(row().fit(&alike, &owner(), "UBND", today()), Fit::Suggested);
        let mut other = alike;
        other.record.metadata.category = "Giấy khai sinh".into();
        other.record.metadata.name = "Giấy khai sinh".into();
        assert_eq!(
            row().fit(&other, &owner(), "UBND", today()),
            Fit::Unfit(vec![UnfitReason::OtherResultCode])
        );
    }

    #[test]
    fn what_is_not_shared_cancelled_or_of_another_name_is_told_with_every_reason() {
        let mut paper = paper("KQ.G15.000040", "2026-06-01");
        paper.record.metadata.shared = false;
        paper.status = DocumentStatus::Cancelled;
        paper.owner_name = "Lê Thị Khác".into();
        assert_eq!(
            row().fit(&paper, &owner(), "UBND", today()),
            Fit::Unfit(vec![UnfitReason::Cancelled, UnfitReason::NotShared, UnfitReason::NameDiffers])
        );
        paper.status = DocumentStatus::Valid;
        paper.owner_name = String::new();
        assert_eq!(
            row().fit(&paper, &owner(), "Sở Tư pháp", today()),
            Fit::Exact,
            "its own paper is shared with itself"
        );
    }
}
