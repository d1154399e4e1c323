//! What the law asks of every dossier: its papers digitized when it is taken in, its result returned as an electronic
//! one (Decree 107/2021; source documents 000 and 003: 100 %), and how many reuse a paper, beside the target (decision 9).
//! Only what this counter took in can be judged: the warehouse tells the office no papers of others.

use crate::book::span;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::spreadsheet::Spreadsheet;
use motcua_dossier::{ComponentRow, Day, Dossier, DossierCode, DossierId, DossierState, Phase, Timestamp};

/// The dossiers of some days, held against what the law asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compliance {
    /// First day, counted.
    pub from: Day,
    /// Last day, counted.
    pub to: Day,
    /// Dossiers of other counters, which are not judged here.
    pub elsewhere: u32,
    /// The office's target of reuse on the last day, in hundredths of a percent.
    pub target: u32,
    /// Dossiers of this counter in the order of acceptance.
    pub lines: Vec<ComplianceLine>,
}

/// One dossier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComplianceLine {
    /// Which.
    pub dossier: DossierId,
    /// Mã hồ sơ.
    pub code: Option<DossierCode>,
    /// Tên thủ tục hành chính.
    pub procedure: String,
    /// Tên cá nhân, tổ chức.
    pub owner: String,
    /// When it was accepted.
    pub received: Timestamp,
    /// Papers that are not in electronic form, by their names.
    pub papers_missing: Vec<String>,
    /// What became of the result.
    pub result: ResultForm,
    /// At least one paper is reused.
    pub reused: bool,
}

/// In what form the result was returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResultForm {
    /// Not returned yet.
    Pending,
    /// There is none: refused or stopped.
    None,
    /// Returned with the agency's electronic one.
    Electronic,
    /// Returned without.
    PaperOnly,
}

impl Compliance {
    /// Dossiers whose papers are all in electronic form.
    #[must_use]
    pub fn digitized(&self) -> usize {
        self.lines.iter().filter(|line| line.papers_missing.is_empty()).count()
    }

    /// Dossiers whose result was returned.
    #[must_use]
    pub fn returned(&self) -> usize {
        let over = [ResultForm::Electronic, ResultForm::PaperOnly];
        self.lines.iter().filter(|line| over.contains(&line.result)).count()
    }

    /// Of these, with the electronic one.
    #[must_use]
    pub fn electronic(&self) -> usize {
        self.lines.iter().filter(|line| line.result == ResultForm::Electronic).count()
    }

    /// Dossiers that reuse a paper.
    #[must_use]
    pub fn reused(&self) -> usize {
        self.lines.iter().filter(|line| line.reused).count()
    }

    /// Dossiers of which something is missing.
    pub fn missing(&self) -> impl Iterator<Item = &ComplianceLine> {
        self.lines.iter().filter(|line| line.is_missing())
    }

    /// A table for a spreadsheet, one line for each dossier of this counter.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let mut table = Spreadsheet::new(&[
            "stt",
            "ma_ho_so",
            "ten_thu_tuc",
            "ten_ca_nhan_to_chuc",
            "ngay_nhan",
            "so_hoa_dau_vao",
            "ket_qua_dien_tu",
            "su_dung_lai",
            "con_thieu",
        ]);
        for (number, line) in (1_u32..).zip(&self.lines) {
            let fields: [&str; 9] = [
                &number.to_string(),
                line.code.as_ref().map_or("", |code| code.as_str()),
                &line.procedure,
                &line.owner,
                &line.received.format_vn(),
                if line.papers_missing.is_empty() { "đủ" } else { "thiếu" },
                line.result.word(),
                if line.reused { "có" } else { "không" },
                &line.papers_missing.join(", "),
            ];
            table.line(&fields);
        }
        table.finish()
    }
}

impl ComplianceLine {
    /// A paper or the electronic result is missing.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        !self.papers_missing.is_empty() || self.result == ResultForm::PaperOnly
    }

    fn of(dossier: Dossier) -> Option<Self> {
        let (received, _) = dossier.state.acceptance()?;
        let (phase, electronic) = (dossier.standing()?.phase, has_electronic_result(&dossier));
        let result = match (&dossier.state, phase) {
            // What was taken back was never received.
            (
                DossierState::Withdrawn { .. }
                | DossierState::Draft
                | DossierState::SetAside(_)
                | DossierState::Declined(_),
                _,
            ) => return None,
            (DossierState::Completed { .. }, _) if electronic => ResultForm::Electronic,
            (DossierState::Completed { .. }, _) => ResultForm::PaperOnly,
            (DossierState::Accepted { .. }, Phase::Refused { .. } | Phase::Stopped { .. }) => {
                ResultForm::None
            }
            (DossierState::Accepted { .. }, _) => ResultForm::Pending,
        };
        let reused = dossier.reused().next().is_some();
        let missing = dossier.components.into_iter().filter(|row| !is_electronic(row));
        Some(Self {
            papers_missing: missing.map(|row| row.name).collect(),
            reused,
            dossier: dossier.id,
            code: dossier.code,
            procedure: dossier.procedure_name,
            owner: dossier.applicant.owner.name,
            received,
            result,
        })
    }
}

impl ResultForm {
    /// As the table says it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "chưa trả",
            Self::None => "không có kết quả",
            Self::Electronic => "có",
            Self::PaperOnly => "thiếu",
        }
    }
}

/// The paper is here in electronic form, comes from the warehouse or a database, or was not needed.
fn is_electronic(row: &ComponentRow) -> bool {
    match (&row.attachment, &row.reservation) {
        (Some(paper), _) => paper.is_reused() || !row.enters_warehouse || paper.digitized.is_some(),
        (None, Some(reserved)) => reserved.problem.is_none(),
        (None, None) => row.waiver.is_some() || !row.required,
    }
}

fn has_electronic_result(dossier: &Dossier) -> bool {
    dossier.result.as_ref().is_some_and(|result| result.attachment.digitized.is_some())
}

impl Desk {
    /// What was accepted from one day to another, both counted, held against what the law asks. It needs no line.
    ///
    /// # Errors
    /// As [`Desk::book`].
    pub async fn compliance(&self, from: Day, to: Day) -> Result<Compliance, DeskError> {
        let (first, end) = span(from, to)?;
        // What was taken up from another counter has its papers there.
        let (own, taken): (Vec<Dossier>, Vec<Dossier>) =
            self.vault.accepted(first, end)?.into_iter().partition(|dossier| dossier.taken_up.is_none());
        let others = self.vault.office_accepted(first, end)?.len() + taken.len();
        let mut lines: Vec<ComplianceLine> = own.into_iter().filter_map(ComplianceLine::of).collect();
        lines.sort_by_key(|line| (line.received, line.dossier));
        Ok(Compliance {
            from,
            to,
            elsewhere: u32::try_from(others).unwrap_or(u32::MAX),
            target: self.vault.reference()?.reuse_target(self.office.agency_code.as_str(), to),
            lines,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn line(papers: &[&str], result: ResultForm, reused: bool) -> ComplianceLine {
        ComplianceLine {
            dossier: DossierId::derive(1, &[0; 10]),
            code: None,
            procedure: "Thủ tục thử".into(),
            owner: "NGUYỄN VĂN MẪU".into(),
            received: Timestamp(0),
            papers_missing: papers.iter().map(|&name| name.to_owned()).collect(),
            result,
            reused,
        }
    }

    #[test]
    fn a_paper_that_is_not_digitized_and_a_result_on_paper_alone_are_missing() {
        let day = Day::parse("22/11/2026").unwrap();
        let found = Compliance {
            from: day,
            to: day,
            elsewhere: 0,
            target: 6000,
            lines: vec![
                line(&["Tờ khai", "Giấy chứng sinh"], ResultForm::Pending, false),
                line(&[], ResultForm::PaperOnly, true),
                line(&[], ResultForm::Electronic, true),
                line(&[], ResultForm::None, false),
            ],
        };
        assert_eq!((found.digitized(), found.reused()), (3, 2));
        assert_eq!((found.returned(), found.electronic()), (2, 1), "what has no result owes none");
        assert_eq!(found.missing().count(), 2);
        let table = String::from_utf8(found.table()).unwrap();
        assert!(table.contains(";thiếu;chưa trả;không;Tờ khai, Giấy chứng sinh\r\n"), "{table}");
        assert!(table.contains(";đủ;thiếu;có;\r\n"), "{table}");
    }
}
