//! Signatures found in a file, and what happened to the file after each.

use crate::PdfError;
use crate::changes::changed_beyond_signing;
use crate::file::File;
use crate::token::{Dict, Value};
use std::collections::BTreeSet;
use std::ops::Range;

/// One signature as it lies in the file; nothing cryptographic is judged here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundSignature {
    /// Full name of the field.
    pub field: String,
    /// `/SubFilter`.
    pub sub_filter: String,
    /// `/ByteRange`; zeroes when it cannot be read.
    pub byte_range: [u64; 4],
    /// Decoded `/Contents` with its zero padding.
    pub contents: Vec<u8>,
    /// `/M`: only a claim.
    pub claimed_at: Option<time::OffsetDateTime>,
    /// Four numbers that start at 0, leave out exactly `<hex>` of this `/Contents` and end at a revision's end.
    pub well_formed: bool,
    /// Nothing follows the signed bytes.
    pub covers_whole_file: bool,
    /// What follows is more than further signatures, time stamps or validation material.
    pub later_changes: bool,
}

/// All signatures, oldest first.
///
/// # Errors
/// The file itself cannot be read strictly.
pub fn signatures(pdf: &[u8]) -> Result<Vec<FoundSignature>, PdfError> {
    signatures_in(&File::open(pdf)?)
}

/// The same of a file that is open.
pub(crate) fn signatures_in(file: &File<'_>) -> Result<Vec<FoundSignature>, PdfError> {
    let mut walk = Walk { file, seen: BTreeSet::new(), used: BTreeSet::new(), found: vec![] };
    let (_, catalog) = file.catalog()?;
    let form = catalog.value.dict().map(|dict| file.entry(dict, "AcroForm")).transpose()?.flatten();
    if let Some(fields) =
        form.as_ref().and_then(Value::dict).map(|form| file.entry(form, "Fields")).transpose()?.flatten()
    {
        for field in fields.array().ok_or(PdfError::Broken("list of fields"))? {
            walk.field(field, "", false, 0)?;
        }
    }
    let mut found = walk.found;
    // A part that was too much to read may be the part that was changed.
    file.budget().check()?;
    found.sort_by_key(|signature| signature.byte_range[2].saturating_add(signature.byte_range[3]));
    Ok(found)
}

struct Walk<'f, 'a> {
    file: &'f File<'a>,
    seen: BTreeSet<u32>,
    /// Signature objects already held by a field.
    used: BTreeSet<u32>,
    found: Vec<FoundSignature>,
}

impl Walk<'_, '_> {
    fn field(&mut self, field: &Value, parent: &str, inherited: bool, depth: usize) -> Result<(), PdfError> {
        let number = field.reference();
        if depth > 32 || number.is_some_and(|number| !self.seen.insert(number)) {
            return Err(PdfError::Broken("fields go round"));
        }
        let (value, offset) = match number {
            Some(number) if self.file.entries.contains_key(&number) => {
                let object = self.file.object(number)?;
                (object.value, object.offset)
            }
            Some(_) => return Ok(()),
            None => (field.clone(), None),
        };
        let Some(dict) = value.dict() else { return Ok(()) };
        let own = self.file.entry(dict, "T")?.and_then(|name| name.text().map(decode));
        let name = match own {
            Some(own) if parent.is_empty() => own,
            Some(own) => format!("{parent}.{own}"),
            None => parent.to_owned(),
        };
        let kind = self.file.entry(dict, "FT")?;
        let signs = kind.as_ref().map_or(inherited, |kind| kind.name() == Some(b"Sig"));
        if let (true, Some(held)) = (signs, dict.find("V")) {
            self.signature(held, offset, &name)?;
        }
        if let Some(kids) = self.file.entry(dict, "Kids")? {
            let kids = kids.array().unwrap_or_default();
            // Lists of every level are held while the deepest is read.
            self.file.charge(size_of_val(kids), "fields")?;
            for kid in kids {
                self.field(kid, &name, signs, depth + 1)?;
            }
        }
        Ok(())
    }

    fn signature(&mut self, held: &Value, field_offset: Option<usize>, name: &str) -> Result<(), PdfError> {
        let (value, offset, alone) = match held.reference() {
            Some(number) => {
                if !matches!(self.file.entries.get(&number), Some(entry) if *entry != crate::file::Entry::Free)
                {
                    return Ok(());
                }
                let object = self.file.object(number)?;
                (object.value, object.offset, self.used.insert(number))
            }
            None => (held.clone(), field_offset, true),
        };
        let Some(dict) = value.dict() else { return Ok(()) };
        let range = self.file.entry(dict, "ByteRange")?.and_then(|range| numbers(&range));
        let contents = self.file.entry(dict, "Contents")?;
        let place = dict
            .find("Contents")
            .filter(|value| value.text().is_some())
            .and_then(|value| offset.map(|offset| value.span.start + offset..value.span.end + offset));
        let direct = dict.find("ByteRange").is_some_and(|value| value.array().is_some());
        let claimed = self.file.entry(dict, "M")?.and_then(|at| at.text().map(decode));
        // Any number of fields may name the same signature.
        self.file.charge(contents.as_ref().and_then(Value::text).map_or(0, <[u8]>::len), "signatures")?;
        let mut signature = FoundSignature {
            field: name.to_owned(),
            sub_filter: name_of(self.file, dict, "SubFilter")?,
            byte_range: range.unwrap_or_default(),
            contents: contents.as_ref().and_then(Value::text).unwrap_or_default().to_vec(),
            claimed_at: claimed.as_deref().and_then(moment),
            well_formed: false,
            covers_whole_file: false,
            later_changes: true,
        };
        if let (Some(range), Some(place), true, true) = (range, place, direct, alone) {
            self.judge(&mut signature, range, &place);
        }
        self.found.push(signature);
        Ok(())
    }

    /// The four-number rule, and what came after.
    fn judge(&self, signature: &mut FoundSignature, range: [u64; 4], gap: &Range<usize>) {
        let data = self.file.data;
        let [a, b, c, d] = range.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let Some(end) = c.checked_add(d).filter(|&end| end <= data.len()) else { return };
        let hex = data.get(gap.start) == Some(&b'<') && data.get(gap.end.wrapping_sub(1)) == Some(&b'>');
        if a != 0 || b != gap.start || c != gap.end || !hex {
            return;
        }
        let rest = &data[end..];
        if rest.is_empty() || (rest.len() <= 2 && rest.iter().all(|&b| b == b'\r' || b == b'\n')) {
            // Bytes after the end mark would be signed but never shown.
            signature.well_formed = self.file.fault != Some("bytes after the end mark");
            signature.covers_whole_file = true;
            signature.later_changes = false;
            return;
        }
        let Ok(signed) = File::open_within(&data[..end], self.file.budget()) else { return };
        let known = self.file.sections.iter().any(|section| section.offset == signed.newest());
        if !known || signed.fault == Some("bytes after the end mark") {
            return;
        }
        signature.well_formed = true;
        signature.later_changes = changed_beyond_signing(&signed, self.file).unwrap_or(true);
    }
}

fn numbers(range: &Value) -> Option<[u64; 4]> {
    let list: Vec<u64> =
        range.array()?.iter().map(|item| u64::try_from(item.int()?).ok()).collect::<Option<_>>()?;
    list.try_into().ok()
}

fn name_of(file: &File<'_>, dict: &Dict, key: &str) -> Result<String, PdfError> {
    let value = file.entry(dict, key)?;
    Ok(value
        .as_ref()
        .and_then(Value::name)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .unwrap_or_default())
}

/// A text string: UTF-16 with its mark, UTF-8 with its mark, else one byte per letter.
fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            let units: Vec<u16> =
                rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// `D:YYYYMMDDHHmmSS+07'00'`; missing parts count as their first value, a missing zone as UTC.
fn moment(text: &str) -> Option<time::OffsetDateTime> {
    let text = text.strip_prefix("D:").unwrap_or(text);
    let part = |range: Range<usize>, usual: u8| match text.get(range.clone()) {
        Some(digits) => digits.parse::<u8>().ok(),
        // A part may be absent, not cut in half.
        None => (text.len() <= range.start).then_some(usual),
    };
    let year = text.get(0..4)?.parse::<i32>().ok()?;
    let month = time::Month::try_from(part(4..6, 1)?).ok()?;
    let date = time::Date::from_calendar_date(year, month, part(6..8, 1)?).ok()?;
    let clock = time::Time::from_hms(part(8..10, 0)?, part(10..12, 0)?, part(12..14, 0)?).ok()?;
    let zone: String = text.get(14..).unwrap_or_default().chars().filter(|c| *c != '\'').collect();
    let offset = match zone.get(0..1) {
        Some(sign @ ("+" | "-")) => {
            let hours = zone.get(1..3)?.parse::<i8>().ok()?;
            let minutes = zone.get(3..5).map_or(Some(0), |m| m.parse::<i8>().ok())?;
            let turn = if sign == "-" { -1 } else { 1 };
            time::UtcOffset::from_hms(hours.checked_mul(turn)?, minutes.checked_mul(turn)?, 0).ok()?
        }
        _ => time::UtcOffset::UTC,
    };
    Some(date.with_time(clock).assume_offset(offset))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn claimed_moments_are_read_with_and_without_a_zone() {
        assert_eq!(moment("D:20261121083000+07'00'").unwrap().unix_timestamp(), 1_795_224_600);
        assert_eq!(moment("D:20261121013000Z").unwrap().unix_timestamp(), 1_795_224_600);
        assert!(moment("D:2026112").is_none());
        assert!(moment("hôm qua").is_none());
    }
}
