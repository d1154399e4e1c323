//! Codes of the office: procedures, results, papers, agencies, dossiers.

use crate::{Day, IdNumber};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is no such code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The text does not follow the grammar.
    #[error("code does not follow its grammar")]
    Grammar,
    /// An ordinal outside 1..=9999 (more than 9,999 dossiers a day never overflow silently).
    #[error("ordinal of the day is used up")]
    OrdinalUsedUp,
}

macro_rules! text_code {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the code.
            ///
            /// # Errors
            /// The text does not follow the grammar.
            pub fn parse(text: &str) -> Result<Self, CodeError> {
                let text = text.trim();
                if $check(text) { Ok(Self(text.to_owned())) } else { Err(CodeError::Grammar) }
            }

            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;
            fn try_from(text: String) -> Result<Self, CodeError> {
                Self::parse(&text)
            }
        }
    };
}

text_code!(
    /// `d.dddddd[.ddd.dd.dd].Xdd`; both lengths are read, [`ProcedureCode::same_procedure`] compares `d.dddddd`.
    ProcedureCode,
    is_procedure
);
text_code!(
    /// `KQ.Gdd.dddddd` of the national catalogue "Kết quả" (inventory K; domain 1.5).
    ResultCode,
    is_result
);
text_code!(
    /// Mã giấy tờ: `owner.result_code[.suffix]`; older opaque codes of the province are kept as they are.
    PaperCode,
    is_paper
);
text_code!(
    /// Agency code, four levels written low to high: `V1V2V3.Z1Z2.Y1Y2.MX1X2`.
    AgencyCode,
    is_agency
);

impl ProcedureCode {
    /// `d.dddddd`, the part that names the procedure.
    #[must_use]
    pub fn key(&self) -> &str {
        let mut dots = self.0.match_indices('.').map(|(i, _)| i);
        let _first = dots.next();
        dots.next().map_or(self.0.as_str(), |end| &self.0[..end])
    }

    /// Do both name the same procedure, whatever their length.
    #[must_use]
    pub fn same_procedure(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl PaperCode {
    /// `owner.result_code[.suffix]` for a paper of a known kind.
    #[must_use]
    pub fn derive(owner: &IdNumber, result: &ResultCode, suffix: &str) -> Self {
        let tail = if suffix.is_empty() { String::new() } else { format!(".{suffix}") };
        Self(format!("{}.{}{tail}", owner.value(), result))
    }
}

/// Tên giấy tờ: `owner.result_code[.ddmmyyyy].label`; the label is free text and may contain dots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaperName {
    /// Owner's number, verbatim (may be zeroed in old data).
    pub owner: String,
    /// Result code.
    pub result: ResultCode,
    /// Date segment, when eight digits form a day.
    pub day: Option<Day>,
    /// Free text.
    pub label: String,
}

impl PaperName {
    /// Reads from left to right with fixed segments; never splits the label on its dots.
    ///
    /// # Errors
    /// No owner or no result code at the start.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let (owner, rest) = text.split_once('.').ok_or(CodeError::Grammar)?;
        let parts: Vec<&str> = rest.splitn(4, '.').collect();
        let [kq, agency, number, rest] = parts[..] else { return Err(CodeError::Grammar) };
        let result = ResultCode::parse(&format!("{kq}.{agency}.{number}"))?;
        if owner.is_empty() || !owner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(CodeError::Grammar);
        }
        let dated = rest.split_once('.').and_then(|(head, label)| Some((eight_digit_day(head)?, label)));
        Ok(match dated {
            Some((day, label)) => {
                Self { owner: owner.to_owned(), result, day: Some(day), label: label.to_owned() }
            }
            None => Self { owner: owner.to_owned(), result, day: None, label: rest.to_owned() },
        })
    }
}

impl fmt::Display for PaperName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.owner, self.result)?;
        if let Some(day) = self.day {
            write!(f, ".{:02}{:02}{:04}", day.0.day(), u8::from(day.0.month()), day.0.year())?;
        }
        write!(f, ".{}", self.label)
    }
}

/// Dossier code `V1V2V3.Z1Z2.Y1Y2.MX1X2-YYMMDD-XXXX` (Circular 01/2018/TT-VPCP art. 19), or the
/// provisional `TAM-<device>-<n>` of a counter whose leased block ran dry.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DossierCode(String);

impl DossierCode {
    /// Builds the final code.
    ///
    /// # Errors
    /// Ordinal outside 1..=9999.
    pub fn derive(agency: &AgencyCode, day: Day, ordinal: u32) -> Result<Self, CodeError> {
        if !(1..=9999).contains(&ordinal) {
            return Err(CodeError::OrdinalUsedUp);
        }
        let d = day.0;
        Ok(Self(format!(
            "{agency}-{:02}{:02}{:02}-{ordinal:04}",
            d.year().rem_euclid(100),
            u8::from(d.month()),
            d.day()
        )))
    }

    /// Builds a provisional code; every paper that carries it is marked "TẠM".
    #[must_use]
    pub fn provisional(device_short: &str, number: u64) -> Self {
        Self(format!("TAM-{device_short}-{number}"))
    }

    /// Reads a code of either kind.
    ///
    /// # Errors
    /// Neither kind.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let text = text.trim();
        if text.starts_with("TAM-") {
            return Ok(Self(text.to_owned()));
        }
        let mut parts = text.rsplitn(3, '-');
        let (ordinal, day, agency) = (parts.next(), parts.next(), parts.next());
        match (agency, day, ordinal) {
            (Some(agency), Some(day), Some(ordinal))
                if is_agency(agency) && n_digits(day, 6) && n_digits(ordinal, 4) && ordinal != "0000" =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(CodeError::Grammar),
        }
    }

    /// Keeps a code of an older system as it is: 4 to 60 printable ASCII characters without a space, not a
    /// provisional code of ours.
    ///
    /// # Errors
    /// Something else.
    pub fn kept(text: &str) -> Result<Self, CodeError> {
        let text = text.trim();
        let printable = text.bytes().all(|b| b.is_ascii_graphic());
        if (4..=60).contains(&text.len()) && printable && !text.starts_with("TAM-") {
            Ok(Self(text.to_owned()))
        } else {
            Err(CodeError::Grammar)
        }
    }

    /// Made from a leased block, not provisional.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !self.0.starts_with("TAM-")
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DossierCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Ordinals of one agency and day, leased to one device in advance so that a receipt printed offline
/// carries its final code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NumberBlock {
    /// Receiving agency.
    pub agency: AgencyCode,
    /// Day the ordinals belong to.
    pub day: Day,
    /// Next ordinal to give out.
    pub next: u32,
    /// Last ordinal of the block.
    pub last: u32,
}

impl NumberBlock {
    /// Gives out the next code, or none when the block is used up.
    pub fn take(&mut self) -> Option<DossierCode> {
        if self.next > self.last {
            return None;
        }
        let code = DossierCode::derive(&self.agency, self.day, self.next).ok()?;
        self.next += 1;
        Some(code)
    }

    /// Codes left.
    #[must_use]
    pub fn left(&self) -> u32 {
        (self.last + 1).saturating_sub(self.next)
    }
}

fn n_digits(text: &str, n: usize) -> bool {
    text.len() == n && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_procedure(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let province = |p: &str| p.len() == 3 && p.starts_with(['H', 'G']) && n_digits(&p[1..], 2);
    match parts[..] {
        [a, b] => n_digits(a, 1) && n_digits(b, 6),
        [a, b, c] => n_digits(a, 1) && n_digits(b, 6) && (province(c) || n_digits(c, 2)),
        [a, b, c, d, e, f] => {
            n_digits(a, 1)
                && n_digits(b, 6)
                && n_digits(c, 3)
                && n_digits(d, 2)
                && n_digits(e, 2)
                && province(f)
        }
        _ => false,
    }
}

fn is_result(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts[..], ["KQ", agency, number]
        if agency.len() == 3 && agency.starts_with(['G', 'H']) && n_digits(&agency[1..], 2) && n_digits(number, 6))
}

fn is_paper(text: &str) -> bool {
    !text.is_empty() && text.len() <= 120 && !text.chars().any(char::is_control)
}

fn is_agency(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts[..], [v, z, y, m]
        if n_digits(v, 3) && n_digits(z, 2) && n_digits(y, 2)
            && m.len() == 3 && m.starts_with(['G', 'H']) && n_digits(&m[1..], 2))
}

fn eight_digit_day(text: &str) -> Option<Day> {
    if !n_digits(text, 8) {
        return None;
    }
    Day::parse(&format!("{}/{}/{}", &text[..2], &text[2..4], &text[4..])).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_an_older_system_is_kept_as_it_is() {
        for code in ["000.01.20.H08-261102-0001", "HS-2019/00017", "H08.12-190403-0007"] {
            let kept = DossierCode::kept(code).unwrap();
            assert!(kept.as_str() == code && kept.is_final());
        }
        for wrong in ["", "a b c d", "TAM-9-1", "mã-cũ-1", &"x".repeat(61)] {
            assert_eq!(DossierCode::kept(wrong), Err(CodeError::Grammar), "{wrong}");
        }
    }

    #[test]
    fn both_lengths_of_a_procedure_code_name_the_same_procedure() {
        let short = ProcedureCode::parse("1.005435.H08").unwrap();
        let long = ProcedureCode::parse("1.005435.000.00.00.H08").unwrap();
        assert!(short.same_procedure(&long));
        assert!(ProcedureCode::parse("1.00543.H08").is_err());
    }

    #[test]
    fn paper_names_of_the_seeds_are_read() {
        let name =
            PaperName::parse("012345678901.KQ.G15.000021.02022024.Bản sao được chứng thực từ bản chính")
                .unwrap();
        assert_eq!(name.day.unwrap().format_vn(), "02/02/2024");
        assert_eq!(name.label, "Bản sao được chứng thực từ bản chính");
        let undated = PaperName::parse("000000000000.KQ.G01.000023.Thẻ căn cước công dân").unwrap();
        assert_eq!(undated.day, None);
        assert_eq!(undated.to_string(), "000000000000.KQ.G01.000023.Thẻ căn cước công dân");
    }

    #[test]
    fn a_label_may_contain_dots() {
        let name = PaperName::parse("123456789.KQ.G01.000005.Bản số 1. Có dấu chấm").unwrap();
        assert_eq!(name.label, "Bản số 1. Có dấu chấm");
    }

    #[test]
    fn a_dossier_code_follows_the_circular_and_never_overflows() {
        let agency = AgencyCode::parse("000.00.20.H08").unwrap();
        let day = Day::parse("2026-11-21").unwrap();
        assert_eq!(DossierCode::derive(&agency, day, 7).unwrap().as_str(), "000.00.20.H08-261121-0007");
        assert_eq!(DossierCode::derive(&agency, day, 10_000), Err(CodeError::OrdinalUsedUp));
        assert!(DossierCode::parse("000.00.00.H08-240826-0001").unwrap().is_final());
        assert!(DossierCode::parse("000.00.00.H08-240826-0000").is_err());
    }

    #[test]
    fn a_block_gives_each_ordinal_once() {
        let agency = AgencyCode::parse("000.00.20.H08").unwrap();
        let mut block =
            NumberBlock { agency, day: Day::parse("2026-11-21").unwrap(), next: 9998, last: 9999 };
        assert!(block.take().is_some() && block.take().is_some());
        assert_eq!(block.take(), None);
        assert_eq!(block.left(), 0);
    }

    #[test]
    fn names_printed_in_the_seeds_are_read_and_written_back() {
        let certified = "Bản sao được chứng thực từ bản chính";
        for (head, day, label) in [
            ("052090000495.KQ.G15.000021", Some("02022024"), certified),
            ("000000000000.KQ.G15.000021", Some("02022024"), certified),
            ("000000000000.KQ.G01.000023", None, "Thẻ căn cước công dân"),
            ("052098000814.KQ.G02.000144", None, "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu"),
            ("205404812.KQ.G01.000005", None, "Thẻ căn cước công dân"),
            ("205404812.KQ.G01.000005", None, "99999999.Thẻ căn cước công dân"),
        ] {
            let dated = day.map(|day| format!("{day}.")).unwrap_or_default();
            let text = format!("{head}.{dated}{label}");
            let name = PaperName::parse(&text).unwrap();
            assert_eq!(format!("{}.{}", name.owner, name.result), head);
            assert_eq!(name.day, day.map(|_| Day::parse("2024-02-02").unwrap()), "{text}");
            assert_eq!(name.label, label);
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn codes_printed_in_the_seeds_are_kept_and_their_suffix_means_nothing() {
        for (owner, result) in [("052098000814", "KQ.G02.000144"), ("205404812", "KQ.G01.000005")] {
            let printed = PaperCode::parse(&format!("{owner}.{result}.CS10387")).unwrap();
            let owner = IdNumber::parse(owner).unwrap();
            assert_eq!(PaperCode::derive(&owner, &ResultCode::parse(result).unwrap(), "CS10387"), printed);
        }
        for old in ["052090000495_6/ĐT", "052090000495..6/ĐT", "0520900004956/DT"] {
            assert_eq!(PaperCode::parse(old).unwrap().as_str(), old);
        }
    }
}
