//! The instruments the office's work rests on, as dated data: what is cited, and on what digitizing rests on a day.

use crate::{Day, ReferenceData};

/// Key of the province's own list; it takes the place of the shipped one.
const OWN: &str = "van-ban";

/// Marks an instrument that digitizing rests on.
const DIGITIZING: &str = "số hóa";

/// What the source documents cite and what came since, a line each:
/// number | day of issue | first day | last day | about what | mark.
const SHIPPED: &str = include_str!("../../../../../assets/seed/legal-documents.txt");

/// A decree, circular, decision or letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LegalDocument {
    /// Kind and number as cited ("Nghị định 107/2021/NĐ-CP").
    pub name: String,
    /// Day of issue, where it is known.
    pub issued: Option<Day>,
    /// First day; none: not known, and then it holds from its issue.
    pub from: Option<Day>,
    /// Last day; none: still in force.
    pub until: Option<Day>,
    /// About what; may be empty.
    pub about: String,
    /// Digitizing rests on it.
    pub digitizing: bool,
}

impl LegalDocument {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('|').map(str::trim);
        let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
        let mut next = || fields.next().unwrap_or_default();
        let [issued, from, until] = [next(), next(), next()].map(|day| Day::parse(day).ok());
        let about = next().to_owned();
        Some(Self { name, issued, from, until, about, digitizing: next() == DIGITIZING })
    }

    fn holds_on(&self, day: Day) -> bool {
        let from = self.from.or(self.issued);
        from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// As it is cited: with its day where that is known.
    #[must_use]
    pub fn cited(&self) -> String {
        match self.issued {
            Some(day) => format!("{} ngày {}", self.name, day.format_vn()),
            None => self.name.clone(),
        }
    }
}

impl ReferenceData {
    /// All instruments: the province's list (guide `van-ban`), the shipped one where there is none.
    #[must_use]
    pub fn legal_documents(&self) -> Vec<LegalDocument> {
        let own = self.guides.iter().find(|guide| guide.key == OWN && !guide.text.trim().is_empty());
        let text = own.map_or(SHIPPED, |guide| &guide.text);
        text.lines().filter_map(LegalDocument::read).collect()
    }

    /// What digitizing rests on, on a day, the newest first.
    #[must_use]
    pub fn digitizing_basis(&self, day: Day) -> Vec<LegalDocument> {
        let mut basis = self.legal_documents();
        basis.retain(|document| document.digitizing && document.holds_on(day));
        basis.sort_by_key(|document| std::cmp::Reverse(document.from.or(document.issued)));
        basis
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::GuideText;

    fn on(data: &ReferenceData, day: &str) -> Vec<String> {
        let basis = data.digitizing_basis(Day::parse(day).unwrap());
        basis.into_iter().map(|document| document.name).collect()
    }

    #[test]
    fn digitizing_rests_on_what_was_in_force_that_day() {
        let data = ReferenceData::default();
        assert_eq!(on(&data, "01/04/2024"), ["Thông tư 01/2023/TT-VPCP", "Nghị định 107/2021/NĐ-CP"]);
        let now = [
            "Nghị định 367/2025/NĐ-CP",
            "Thông tư 03/2025/TT-VPCP",
            "Nghị định 118/2025/NĐ-CP",
            "Thông tư 01/2023/TT-VPCP",
        ];
        assert_eq!(on(&data, "22/11/2026"), now);
        let own = GuideText {
            key: OWN.into(),
            title: String::new(),
            text: "Nghị định 1/2027/NĐ-CP | 01/01/2027 | 01/02/2027 | | thử | số hóa\n\nCông văn 2 | | | | |"
                .into(),
        };
        let data = ReferenceData { guides: vec![own], ..ReferenceData::default() };
        assert_eq!(on(&data, "31/01/2027"), [] as [String; 0]);
        assert_eq!(on(&data, "01/02/2027"), ["Nghị định 1/2027/NĐ-CP"]);
        assert_eq!(data.legal_documents().len(), 2);
    }

    #[test]
    fn every_document_the_sources_cite_is_there_with_its_number_and_day() {
        let shipped = ReferenceData::default().legal_documents();
        for cited in [
            "Công văn 201/VPUBND-TTPVHCC ngày 19/03/2024",
            "Thông tư 01/2023/TT-VPCP ngày 05/04/2023",
            "Công văn 70/UBND-VP ngày 19/01/2023",
            "Công văn 676/VPUBND-TTPVHCC ngày 26/08/2024",
            "Nghị định 30/2020/NĐ-CP ngày 05/03/2020",
            "Quyết định 766/QĐ-TTg ngày 23/06/2022",
            "Quyết định 235/QĐ-UBND ngày 18/01/2024",
            "Quyết định 231/QĐ-UBND ngày 24/01/2024",
            "Công văn 99/UBND ngày 02/02/2023",
            "Công văn 223/VPUBND-KSTT ngày 13/01/2023",
            "Nghị định 107/2021/NĐ-CP ngày 06/12/2021",
        ] {
            assert!(shipped.iter().any(|document| document.cited() == cited), "{cited}");
        }
        let mut names: Vec<&str> = shipped.iter().map(|document| document.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), shipped.len(), "each once");
        assert_eq!(shipped.len(), SHIPPED.lines().count(), "every line is read");
    }
}
