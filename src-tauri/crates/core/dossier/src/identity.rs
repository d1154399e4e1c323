//! Who a citizen, enterprise or agency is: numbers, kinds, the answer of the identity service.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Kind of an identifying number (domain rules: CMND 9 digits, CCCD/số định danh 12 digits, passport, tax code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdKind {
    /// Số định danh cá nhân / CCCD, 12 digits.
    Cccd,
    /// CMND, 9 digits; an older number of the same person.
    Cmnd,
    /// Hộ chiếu: one letter and seven digits.
    Passport,
    /// Mã số thuế, 10 digits (check digit) or 10-3.
    TaxCode,
    /// Mã định danh cơ quan, e.g. `000.00.20.H08`.
    Agency,
}

/// A validated identifying number. Two numbers are equal when kind and value are.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdNumber {
    kind: IdKind,
    value: String,
}

/// Why a text is no identifying number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdNumberError {
    /// Nothing was typed.
    #[error("identifying number is empty")]
    Empty,
    /// The text has none of the known shapes.
    #[error("identifying number has no known shape")]
    Shape,
    /// A ten-digit tax code whose check digit does not fit.
    #[error("check digit of tax code does not fit")]
    CheckDigit,
}

impl IdNumber {
    /// Reads what was typed: spaces, dots and hyphens between digits are ignored for
    /// CCCD and CMND; the kind follows from the shape (12 digits CCCD, 9 CMND, letter + 7 passport,
    /// 10 or 10-3 tax code, dotted agency code).
    ///
    /// # Errors
    /// See [`IdNumberError`].
    pub fn parse(text: &str) -> Result<Self, IdNumberError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(IdNumberError::Empty);
        }
        if let Some(value) = agency_shape(text) {
            return Ok(Self { kind: IdKind::Agency, value });
        }
        let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '\u{a0}')).collect();
        if let Some((head, tail)) = compact.split_once('-')
            && head.len() == 10
            && tail.len() == 3
            && digits(head)
            && digits(tail)
        {
            return tax_code(head, compact.clone());
        }
        let compact = compact.replace('-', "");
        if digits(&compact) {
            return match compact.len() {
                12 => Ok(Self { kind: IdKind::Cccd, value: compact }),
                9 => Ok(Self { kind: IdKind::Cmnd, value: compact }),
                10 => tax_code(&compact.clone(), compact),
                _ => Err(IdNumberError::Shape),
            };
        }
        let upper = compact.to_ascii_uppercase();
        let mut chars = upper.chars();
        if upper.len() == 8
            && chars.next().is_some_and(|c| c.is_ascii_uppercase())
            && chars.all(|c| c.is_ascii_digit())
        {
            return Ok(Self { kind: IdKind::Passport, value: upper });
        }
        Err(IdNumberError::Shape)
    }

    /// What kind of number it is.
    #[must_use]
    pub fn kind(&self) -> IdKind {
        self.kind
    }

    /// The number in its normal form.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// First four and last four characters, the middle hidden: for lists and anything outside the open dossier.
    #[must_use]
    pub fn masked(&self) -> String {
        let chars: Vec<char> = self.value.chars().collect();
        if chars.len() < 9 {
            let tail: String = chars.iter().rev().take(3).rev().collect();
            return format!("••••{tail}");
        }
        let head: String = chars.iter().take(4).collect();
        let tail: String = chars.iter().skip(chars.len() - 4).collect();
        format!("{head}••••{tail}")
    }
}

/// Debug output never shows the number: it may reach a log.
impl std::fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdNumber({:?})", self.kind)
    }
}

impl From<IdNumber> for String {
    fn from(id: IdNumber) -> Self {
        id.value
    }
}

impl TryFrom<String> for IdNumber {
    type Error = IdNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Kind of an applicant or owner (seed 001, registration methods).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// Công dân.
    Citizen,
    /// Doanh nghiệp.
    Enterprise,
    /// Cơ quan nhà nước.
    Agency,
}

/// A person or organisation named on a dossier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Citizen, enterprise or agency.
    pub kind: PartyKind,
    /// Main identifying number.
    pub number: IdNumber,
    /// Other numbers of the same person (old CMND).
    #[serde(default)]
    pub aliases: Vec<IdNumber>,
    /// Full name as on the paper.
    pub name: String,
    /// Address, may be empty.
    #[serde(default)]
    pub address: String,
    /// Phone, may be empty.
    #[serde(default)]
    pub phone: String,
}

impl Party {
    /// Every number the person or organisation is known by, the main one first.
    #[must_use]
    pub fn numbers(&self) -> Vec<IdNumber> {
        let mut numbers = vec![self.number.clone()];
        numbers.extend(self.aliases.iter().filter(|a| **a != self.number).cloned());
        numbers
    }
}

/// Debug output carries no personal data.
impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Party({:?})", self.kind)
    }
}

/// What the identity service says about a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityAnswer {
    /// "Đã có": the number has a digital account.
    Registered,
    /// "Chưa có": it has none.
    NotRegistered,
}

/// Outcome of pressing "Xác minh danh tính số", kept on the dossier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum IdentityCheck {
    /// Never asked.
    NotAsked,
    /// The service answered at that moment (server time when online, cached answers keep theirs).
    Answered {
        /// What it said.
        answer: IdentityAnswer,
        /// When it said so.
        at: Timestamp,
        /// The answer came from this machine's cache, not from the service now.
        cached: bool,
    },
    /// "Hệ thống định danh không trả lời": the warehouse was reached, its identity service was not.
    ServiceDown {
        /// When it was tried.
        at: Timestamp,
    },
    /// "Chưa kiểm được (mất mạng)": no contact with the warehouse; re-checked by itself later.
    Offline {
        /// When it was tried.
        at: Timestamp,
    },
    /// Something answered and it was no answer to the question; re-checked by itself later.
    LinkFailed {
        /// When it was tried.
        at: Timestamp,
        /// What stood in the way.
        fault: LinkFault,
    },
}

/// What stands between the counter and an answer when the network is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkFault {
    /// The warehouse itself is in trouble.
    Trouble,
    /// It answers something that cannot be read.
    Malformed,
    /// Somebody else answers in its place: a captive portal, a device in between.
    Intercepted,
    /// It does not know this machine.
    Unauthorized,
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `d{3}.d{2}.d{2}.[GH]d{2}` low to high, or the reverse order; stored as typed, upper case.
fn agency_shape(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split('.').collect();
    let level_one = |p: &str| p.len() == 3 && p.starts_with(['G', 'H']) && digits(&p[1..]);
    let ok = parts.len() == 4
        && ((level_one(parts[3]) && parts[..3].iter().all(|p| digits(p) && (2..=3).contains(&p.len())))
            || (level_one(parts[0]) && parts[1..].iter().all(|p| digits(p) && (2..=3).contains(&p.len()))));
    ok.then(|| upper.clone())
}

/// Check digit of a tax code: Σ dᵢ·{31,29,23,19,17,13,7,5,3}; tenth = 10 − (Σ mod 11).
fn tax_code(ten: &str, value: String) -> Result<IdNumber, IdNumberError> {
    const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    let d: Vec<u32> = ten.bytes().map(|b| u32::from(b - b'0')).collect();
    let sum: u32 = d.iter().zip(WEIGHTS).map(|(a, w)| a * w).sum();
    if 10 - (sum % 11).min(10) == d[9] && !sum.is_multiple_of(11) {
        Ok(IdNumber { kind: IdKind::TaxCode, value })
    } else {
        Err(IdNumberError::CheckDigit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn kind_follows_from_the_shape() {
        for (text, kind) in [
            ("012345678901", IdKind::Cccd),
            ("012 345 678 901", IdKind::Cccd),
            ("123456789", IdKind::Cmnd),
            ("c1234567", IdKind::Passport),
            ("0100109106", IdKind::TaxCode),
            ("0100109106-001", IdKind::TaxCode),
            ("000.00.20.H08", IdKind::Agency),
        ] {
            assert_eq!(IdNumber::parse(text).unwrap().kind(), kind, "{text}");
        }
    }

    #[test]
    fn a_wrong_tax_code_is_told_apart_from_a_wrong_shape() {
        assert_eq!(IdNumber::parse("0100109107"), Err(IdNumberError::CheckDigit));
        assert_eq!(IdNumber::parse("12345"), Err(IdNumberError::Shape));
        assert_eq!(IdNumber::parse("  "), Err(IdNumberError::Empty));
    }

    #[test]
    fn the_outcome_of_a_check_is_stored_by_these_words() {
        let (at, cached) = (Timestamp(7), false);
        for (stored, check) in [
            (r#"{"outcome":"not_asked"}"#, IdentityCheck::NotAsked),
            (
                r#"{"outcome":"answered","answer":"registered","at":7,"cached":false}"#,
                IdentityCheck::Answered { answer: IdentityAnswer::Registered, at, cached },
            ),
            (r#"{"outcome":"service_down","at":7}"#, IdentityCheck::ServiceDown { at }),
            (r#"{"outcome":"offline","at":7}"#, IdentityCheck::Offline { at }),
            (
                r#"{"outcome":"link_failed","at":7,"fault":"intercepted"}"#,
                IdentityCheck::LinkFailed { at, fault: LinkFault::Intercepted },
            ),
        ] {
            assert_eq!(serde_json::from_str::<IdentityCheck>(stored).unwrap(), check, "{stored}");
            assert_eq!(serde_json::to_string(&check).unwrap(), stored);
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        assert!(!format!("{:?}", IdNumber::parse("012345678901").unwrap()).contains("0123"));
    }
}
