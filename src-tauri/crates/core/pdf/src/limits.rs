//! What one file may cost to read, whatever it claims.
//!
//! Only structure is ever inflated here (object and cross-reference streams), never pictures, page
//! content or fonts. Deflate reaches 1032 : 1 (<https://zlib.net/zlib_tech.html>), so a limit for
//! each stream is no limit for a file of many.

use crate::PdfError;
use std::cell::Cell;
use std::rc::Rc;

/// Even a small file may hold this much structure: pypdf's usual limit for a single stream is
/// 75 MB (<https://pypdf.readthedocs.io/en/stable/user/security.html>); here it is for the file.
const HELD_LEAST: usize = 64 << 20;

/// Structure is text; text deflates to about a fourth or a sixth, and in most files it is the
/// smaller part.
const HELD_PER_BYTE: usize = 8;

/// No file takes more, however large: two readings at once still leave a counter's machine with
/// 4 GB its breath.
const HELD_MOST: usize = 256 << 20;

/// Cross-reference entries: an object with its entry takes at least eight bytes even when it is
/// compressed. A long document has some ten thousand; ISO 32000-1, Annex C ends at 8 388 607.
const OBJECTS_LEAST: usize = 1 << 16;
const OBJECTS_MOST: usize = 1 << 20;
const BYTES_PER_OBJECT: usize = 8;

/// Revisions of one file, each with its section.
pub(crate) const SECTIONS: usize = 1024;

/// Values in one object or trailer. The longest in real files are widths of a font with 65 536
/// glyphs, three values each when written one by one; a value takes 30 times the memory of its text.
pub(crate) const VALUES: usize = 1 << 18;

/// How many objects a file of this size may list, over all its revisions.
pub(crate) fn objects(size: usize) -> usize {
    (size / BYTES_PER_OBJECT).clamp(OBJECTS_LEAST, OBJECTS_MOST)
}

/// Bytes that the reading of one file, its earlier revisions included, may hold at one time.
#[derive(Clone)]
pub(crate) struct Budget(Rc<Counters>);

struct Counters {
    most: usize,
    held: Cell<usize>,
    peak: Cell<usize>,
    /// Something was refused: no answer about the file may be given from what was read.
    refused: Cell<Option<&'static str>>,
}

impl Budget {
    pub(crate) fn of(size: usize) -> Self {
        Self::limited(size.saturating_mul(HELD_PER_BYTE).clamp(HELD_LEAST, HELD_MOST))
    }

    pub(crate) fn limited(most: usize) -> Self {
        Self(Rc::new(Counters { most, held: Cell::new(0), peak: Cell::new(0), refused: Cell::new(None) }))
    }

    pub(crate) fn left(&self) -> usize {
        self.0.most.saturating_sub(self.0.held.get())
    }

    /// An empty share of the budget, for one reader.
    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), held: Cell::new(0) }
    }

    /// Notes that the file asks for too much; from now on [`Budget::check`] fails.
    pub(crate) fn refuse(&self, what: &'static str) -> PdfError {
        self.0.refused.set(self.0.refused.get().or(Some(what)));
        PdfError::TooMuch(what)
    }

    /// Fails once anything was refused: callers that read on past broken parts ask at their end.
    pub(crate) fn check(&self) -> Result<(), PdfError> {
        self.0.refused.get().map_or(Ok(()), |what| Err(PdfError::TooMuch(what)))
    }

    /// The most that was held at one time.
    #[cfg(test)]
    pub(crate) fn peak(&self) -> usize {
        self.0.peak.get()
    }
}

/// What one reader holds of the budget; dropping it gives it back.
pub(crate) struct Share {
    budget: Budget,
    held: Cell<usize>,
}

impl Share {
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Takes so many bytes, or refuses.
    pub(crate) fn take(&self, bytes: usize, what: &'static str) -> Result<(), PdfError> {
        if bytes > self.budget.left() {
            return Err(self.budget.refuse(what));
        }
        let counters = &self.budget.0;
        let held = counters.held.get().saturating_add(bytes);
        counters.held.set(held);
        counters.peak.set(counters.peak.get().max(held));
        self.held.set(self.held.get().saturating_add(bytes));
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let held = &self.budget.0.held;
        held.set(held.get().saturating_sub(self.held.get()));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::file::File;
    use crate::{inspect, signatures};
    use std::fmt::Write as _;
    use std::io::Write as _;

    /// Any text followed by so many blanks, deflated: the tightest there is.
    fn deflated(head: &[u8], blanks: usize) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(head).unwrap();
        let block = vec![b' '; 1 << 16];
        for at in (0..blanks).step_by(block.len()) {
            out.write_all(&block[..block.len().min(blanks - at)]).unwrap();
        }
        out.finish().unwrap()
    }

    /// A file of these numbered bodies, with a cross-reference stream that also lists packed objects.
    fn file(bodies: &[Vec<u8>], packed: &[(u32, u32, u16)]) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut rows = vec![[0_u8; 7]];
        for (number, body) in (1_u32..).zip(bodies) {
            rows.push(row(1, u32::try_from(out.len()).unwrap(), 0));
            out.extend(format!("{number} 0 obj\n").bytes());
            out.extend(body);
            out.extend(b"\nendobj\n");
        }
        for &(number, stream, index) in packed {
            assert_eq!(number as usize, rows.len());
            rows.push(row(2, stream, index));
        }
        let start = out.len();
        let number = rows.len();
        rows.push(row(1, u32::try_from(start).unwrap(), 0));
        let table = rows.concat();
        let head = format!(
            "{number} 0 obj\n<< /Type /XRef /W [1 4 2] /Size {} /Root 1 0 R /Length {} >>\nstream\n",
            number + 1,
            table.len()
        );
        out.extend(head.bytes());
        out.extend(table);
        out.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
        out
    }

    fn row(class: u8, place: u32, index: u16) -> [u8; 7] {
        let ([a, b, c, d], [e, f]) = (place.to_be_bytes(), index.to_be_bytes());
        [class, a, b, c, d, e, f]
    }

    fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
        let head = format!("<< {dict} /Length {} >>\nstream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    }

    fn pages() -> Vec<Vec<u8>> {
        vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
            b"<< /Type /Page /Parent 2 0 R >>".to_vec(),
        ]
    }

    /// Object streams that each inflate to `size` bytes and hold one small object.
    fn many_streams(count: u32, size: usize) -> Vec<u8> {
        let mut bodies = pages();
        let mut packed = Vec::new();
        let first = count + 4;
        let data: Vec<Vec<u8>> =
            (0..count).map(|n| deflated(format!("{} 0 null ", first + n).as_bytes(), size)).collect();
        for (n, data) in (0..count).zip(&data) {
            let head = format!("{} 0 ", first + n).len();
            bodies.push(stream(&format!("/Type /ObjStm /N 1 /First {head} /Filter /FlateDecode"), data));
            packed.push((first + n, 4 + n, 0));
        }
        file(&bodies, &packed)
    }

    fn too_much(pdf: &[u8]) -> &'static str {
        let (looked, signed) = (inspect(pdf), signatures(pdf));
        match looked {
            Err(PdfError::TooMuch(what)) => {
                assert!(matches!(signed, Ok(_) | Err(PdfError::TooMuch(_))));
                what
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn object_streams_share_one_budget_for_the_file() {
        let size = 8 << 20;
        let pdf = many_streams(12, size);
        assert!(pdf.len() < 200_000, "the trap is small: {}", pdf.len());
        assert_eq!(too_much(&pdf), "object and cross-reference streams");

        let budget = Budget::of(pdf.len());
        let file = File::open_within(&pdf, &budget).unwrap();
        let mut refused = 0;
        // Twice: what was refused is not tried again, what was read is not counted again.
        for number in file.entries.keys().chain(file.entries.keys()) {
            refused += usize::from(matches!(file.object(*number), Err(PdfError::TooMuch(_))));
        }
        assert!((5 << 20..=HELD_LEAST).contains(&budget.peak()), "{}", budget.peak());
        assert_eq!(refused, 2 * 5, "seven of eight megabytes fit into 64 next to their heads");
        assert!(budget.check().is_err(), "nothing is said about a file that was not read whole");
        drop(file);
        assert_eq!(budget.left(), HELD_LEAST, "what a reader held comes back");
    }

    #[test]
    fn a_file_within_the_budget_is_read() {
        let pdf = many_streams(3, 1 << 20);
        assert_eq!(inspect(&pdf).unwrap().pages, 1);
        let budget = Budget::limited(2 << 20);
        let file = File::open_within(&pdf, &budget).unwrap();
        assert!(file.object(7).is_ok());
        assert!(matches!(file.object(8), Err(PdfError::TooMuch(_))), "the second does not fit");
        assert!(budget.peak() <= 2 << 20);
    }

    #[test]
    fn a_cross_reference_stream_is_inflated_within_the_budget() {
        let data = deflated(b"", 100 << 20);
        let mut pdf = b"%PDF-1.7\n".to_vec();
        let start = pdf.len();
        pdf.extend(b"1 0 obj\n");
        pdf.extend(stream("/Type /XRef /W [1 1 1] /Size 60000000 /Root 2 0 R /Filter /FlateDecode", &data));
        pdf.extend(format!("\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
        assert_eq!(too_much(&pdf), "object and cross-reference streams");
        let budget = Budget::of(pdf.len());
        assert!(File::open_within(&pdf, &budget).is_err());
        assert!(budget.peak() <= HELD_LEAST);
    }

    #[test]
    fn entries_are_bounded_by_the_size_of_the_file() {
        // One byte a row: a file of a kilobyte would become a million entries of 32 bytes each, twice.
        let mut zeroes = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zeroes.write_all(&vec![0; 1 << 20]).unwrap();
        let zeroes = zeroes.finish().unwrap();
        let mut pdf = b"%PDF-1.7\n".to_vec();
        let start = pdf.len();
        pdf.extend(b"1 0 obj\n");
        pdf.extend(stream("/Type /XRef /W [1 0 0] /Size 1000000 /Root 2 0 R /Filter /FlateDecode", &zeroes));
        pdf.extend(format!("\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
        assert_eq!(too_much(&pdf), "cross-reference entries");

        assert_eq!(objects(0), 65_536);
        assert_eq!(objects(4 << 20), 524_288);
        assert_eq!(objects(64 << 20), 1_048_576);
    }

    #[test]
    fn revisions_are_bounded() {
        let mut pdf = String::from("%PDF-1.7\n");
        let mut before = None;
        for _ in 0..=SECTIONS {
            let here = pdf.len();
            let previous = before.map_or(String::new(), |at: usize| format!("/Prev {at}"));
            write!(pdf, "xref\n0 0\ntrailer << /Root 1 0 R {previous} >>\n").unwrap();
            before = Some(here);
        }
        write!(pdf, "startxref\n{}\n%%EOF\n", before.unwrap()).unwrap();
        assert_eq!(too_much(pdf.as_bytes()), "revisions");
    }

    #[test]
    fn an_object_of_very_many_values_is_refused() {
        let mut bodies = pages();
        bodies.push(format!("[{}]", "0 ".repeat(VALUES)).into_bytes());
        assert_eq!(too_much(&file(&bodies, &[])), "values in one object");
        bodies[3] = format!("[{}]", "0 ".repeat(VALUES - 1)).into_bytes();
        assert!(inspect(&file(&bodies, &[])).is_ok());
    }

    #[test]
    fn an_object_stream_cannot_claim_more_objects_than_it_pays_for() {
        let mut bodies = pages();
        let pairs = "0 0 ".repeat(1 << 21);
        bodies.push(stream(&format!("/Type /ObjStm /N {} /First 0", 1_u64 << 40), pairs.as_bytes()));
        let pdf = file(&bodies, &[(5, 4, 0)]);
        assert_eq!(too_much(&pdf), "object and cross-reference streams");
    }
}
