//! What a Word file is, by its content, before any program opens it.

use crate::attach::contains;
use crate::error::FileError;
use crate::ports::WordFormat;
use std::io::Read;

/// Most bytes the parts of one DOCX unpack to together; a file above it is refused, whatever it declares.
pub const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

/// Most parts of a DOCX.
const MAX_PARTS: usize = 10_000;

/// Mark of a compound file ([MS-CFB] 2.2).
const OLE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Which Word format the bytes are, when they can be converted: whole, without macros and without a password.
///
/// # Errors
/// [`FileError::Empty`], [`FileError::NotWord`], [`FileError::Macros`], [`FileError::Encrypted`],
/// [`FileError::TooLarge`] when it unpacks to more than [`MAX_UNPACKED`], else [`FileError::Broken`].
pub fn word_format(bytes: &[u8]) -> Result<WordFormat, FileError> {
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    if bytes.starts_with(&OLE) {
        return compound(bytes).map(|()| WordFormat::Doc);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return package(bytes).map(|()| WordFormat::Docx);
    }
    Err(FileError::NotWord)
}

/// A compound file that hides a DOCX behind a password ([MS-OFFCRYPTO] 2.3.4).
pub(crate) fn is_locked(bytes: &[u8]) -> bool {
    let stream: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.starts_with(&OLE) && contains(bytes, &stream)
}

/// A ZIP file with `word/document.xml` (ECMA-376 part 2; APPNOTE 6.3.9).
fn package(bytes: &[u8]) -> Result<(), FileError> {
    const END: usize = 22;
    let from = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let end =
        (from..bytes.len().saturating_sub(END - 1)).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06"));
    let end = end.ok_or(FileError::Broken)?;
    let count = usize::from(short(bytes, end + 10)?);
    if count > MAX_PARTS {
        return Err(FileError::TooLarge);
    }
    let mut at = long(bytes, end + 16)? as usize;
    let mut left = MAX_UNPACKED;
    let (mut document, mut macros) = (false, false);
    for _ in 0..count {
        if long(bytes, at)? != 0x0201_4B50 {
            return Err(FileError::Broken);
        }
        let (flags, method) = (short(bytes, at + 8)?, short(bytes, at + 10)?);
        let (packed, unpacked) = (long(bytes, at + 20)? as usize, u64::from(long(bytes, at + 24)?));
        let (name, extra, comment) = (short(bytes, at + 28)?, short(bytes, at + 30)?, short(bytes, at + 32)?);
        let local = long(bytes, at + 42)? as usize;
        let name = slice(bytes, at + 46, usize::from(name))?.to_ascii_lowercase();
        if flags & 1 != 0 {
            return Err(FileError::Encrypted);
        }
        let part = Part { local, packed, deflated: method == 8 };
        if method != 0 && method != 8 {
            return Err(FileError::Broken);
        }
        let kept = part.unpack(bytes, left, name == b"[content_types].xml")?;
        if kept.length != unpacked {
            return Err(FileError::Broken);
        }
        left -= kept.length;
        document |= name == b"word/document.xml";
        macros |= name.ends_with(b"vbaproject.bin") || contains(&kept.bytes, b"macroEnabled");
        at += 46 + name.len() + usize::from(extra) + usize::from(comment);
    }
    match (document, macros) {
        (_, true) => Err(FileError::Macros),
        (true, false) => Ok(()),
        (false, false) => Err(FileError::NotWord),
    }
}

/// One part of a package.
struct Part {
    local: usize,
    packed: usize,
    deflated: bool,
}

/// A part that was unpacked: how long it is, and its bytes where they were asked for.
struct Unpacked {
    length: u64,
    bytes: Vec<u8>,
}

impl Part {
    fn unpack(&self, bytes: &[u8], budget: u64, keep: bool) -> Result<Unpacked, FileError> {
        if long(bytes, self.local)? != 0x0403_4B50 {
            return Err(FileError::Broken);
        }
        let (name, extra) = (short(bytes, self.local + 26)?, short(bytes, self.local + 28)?);
        let data = slice(bytes, self.local + 30 + usize::from(name) + usize::from(extra), self.packed)?;
        let mut reader: Box<dyn Read + '_> =
            if self.deflated { Box::new(flate2::read::DeflateDecoder::new(data)) } else { Box::new(data) };
        let mut out = Unpacked { length: 0, bytes: vec![] };
        let mut room = vec![0; 64 * 1024];
        loop {
            let got = reader.read(&mut room).map_err(|_| FileError::Broken)?;
            if got == 0 {
                return Ok(out);
            }
            out.length += got as u64;
            if out.length > budget {
                return Err(FileError::TooLarge);
            }
            if keep {
                out.bytes.extend_from_slice(&room[..got]);
            }
        }
    }
}

/// No such sector ([MS-CFB] 2.1): everything from here on is a mark.
const LAST_SECTOR: u32 = 0xFFFF_FFFA;

/// A compound file with the stream `WordDocument` ([MS-CFB], [MS-DOC] 2.5.1).
fn compound(bytes: &[u8]) -> Result<(), FileError> {
    let file = Compound::open(bytes)?;
    let entries = file.entries()?;
    let has = |wanted: &str| entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(wanted));
    if has("EncryptedPackage") {
        return Err(FileError::Encrypted);
    }
    let word = entries.iter().find(|entry| entry.name == "WordDocument").ok_or(FileError::NotWord)?;
    // wIdent and the flags of the FibBase.
    let head = file.head_of(&entries, word)?;
    if short(head, 0)? != 0xA5EC {
        return Err(FileError::Broken);
    }
    if short(head, 0x0A)? & 0x0100 != 0 {
        return Err(FileError::Encrypted);
    }
    if has("Macros") || has("_VBA_PROJECT_CUR") || has("VBA") {
        return Err(FileError::Macros);
    }
    Ok(())
}

struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
}

struct Entry {
    name: String,
    root: bool,
    start: u32,
    size: u32,
}

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, FileError> {
        let shift = short(bytes, 30)?;
        if shift != 9 && shift != 12 {
            return Err(FileError::Broken);
        }
        let mut file = Self { bytes, sector: 1 << shift, table: vec![] };
        // Where the table of sectors lies: 109 places in the head, then a chain of further lists.
        let mut places: Vec<u32> = (0..109).map(|n| long(bytes, 76 + 4 * n)).collect::<Result<_, _>>()?;
        let mut next = long(bytes, 68)?;
        let most = file.most();
        for _ in 0..most {
            if next >= LAST_SECTOR {
                break;
            }
            let list = file.sector(next)?;
            let inside = file.sector / 4 - 1;
            for n in 0..inside {
                places.push(long(list, 4 * n)?);
            }
            next = long(list, 4 * inside)?;
        }
        let mut table = vec![];
        for place in places.into_iter().filter(|place| *place < LAST_SECTOR).take(most) {
            let sector = file.sector(place)?;
            table.extend(sector.chunks_exact(4).map(|n| u32::from_le_bytes([n[0], n[1], n[2], n[3]])));
        }
        file.table = table;
        Ok(file)
    }

    /// More sectors than that are not in the file: a chain that is longer runs in a circle.
    fn most(&self) -> usize {
        self.bytes.len() / self.sector + 1
    }

    fn sector(&self, number: u32) -> Result<&'a [u8], FileError> {
        let at = (number as usize).checked_add(1).and_then(|n| n.checked_mul(self.sector));
        slice(self.bytes, at.ok_or(FileError::Broken)?, self.sector)
    }

    /// The first bytes of a stream; a small one lies within the stream of the root ([MS-CFB] 2.4).
    fn head_of(&self, entries: &[Entry], stream: &Entry) -> Result<&'a [u8], FileError> {
        const SMALL: u32 = 4096;
        const PIECE: usize = 64;
        if stream.size >= SMALL {
            return self.sector(stream.start);
        }
        let root = entries.iter().find(|entry| entry.root).ok_or(FileError::Broken)?;
        let at = (stream.start as usize).checked_mul(PIECE).ok_or(FileError::Broken)?;
        if at / self.sector > self.most() {
            return Err(FileError::Broken);
        }
        let mut sector = root.start;
        for _ in 0..at / self.sector {
            sector = self.table.get(sector as usize).copied().ok_or(FileError::Broken)?;
        }
        slice(self.sector(sector)?, at % self.sector, PIECE)
    }

    fn entries(&self) -> Result<Vec<Entry>, FileError> {
        const ENTRY: usize = 128;
        let mut entries = vec![];
        let mut next = long(self.bytes, 48)?;
        for _ in 0..self.most() {
            if next >= LAST_SECTOR {
                return Ok(entries);
            }
            for entry in self.sector(next)?.chunks_exact(ENTRY) {
                let length = usize::from(short(entry, 64)?).saturating_sub(2).min(62);
                let name: Vec<u16> =
                    entry[..length].chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
                if entry[66] != 0 {
                    entries.push(Entry {
                        name: String::from_utf16_lossy(&name),
                        root: entry[66] == 5,
                        start: long(entry, 116)?,
                        size: long(entry, 120)?,
                    });
                }
            }
            next = self.table.get(next as usize).copied().ok_or(FileError::Broken)?;
        }
        Err(FileError::Broken)
    }
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], FileError> {
    let end = at.checked_add(length).ok_or(FileError::Broken)?;
    bytes.get(at..end).ok_or(FileError::Broken)
}

fn short(bytes: &[u8], at: usize) -> Result<u16, FileError> {
    let two = slice(bytes, at, 2)?;
    Ok(u16::from_le_bytes([two[0], two[1]]))
}

fn long(bytes: &[u8], at: usize) -> Result<u32, FileError> {
    let four = slice(bytes, at, 4)?;
    Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use motcua_testkit::word::{DocxPart, compound, docx, docx_of};

    #[test]
    fn a_docx_is_known_by_its_parts() {
        assert_eq!(word_format(&docx("Đơn đề nghị")), Ok(WordFormat::Docx));
        let other = docx_of(&[DocxPart::new("xl/workbook.xml", b"<workbook/>")]);
        assert_eq!(word_format(&other), Err(FileError::NotWord));
        assert_eq!(word_format(b"%PDF-1.7"), Err(FileError::NotWord));
        assert_eq!(word_format(&[]), Err(FileError::Empty));
    }

    #[test]
    fn macros_are_refused_by_part_and_by_type() {
        let document = DocxPart::new("word/document.xml", b"<w:document/>");
        let project = docx_of(&[document.clone(), DocxPart::new("word/vbaProject.bin", b"x")]);
        assert_eq!(word_format(&project), Err(FileError::Macros));
        let kind = b"<Types>application/vnd.ms-word.document.macroEnabled.main+xml</Types>";
        let named = docx_of(&[DocxPart::new("[Content_Types].xml", kind), document]);
        assert_eq!(word_format(&named), Err(FileError::Macros));
    }

    #[test]
    fn a_bomb_is_told_by_what_it_unpacks_to() {
        let part = DocxPart::new("word/document.xml", &vec![b' '; 100 * 1024 * 1024]);
        let bomb = docx_of(&[part.clone(), part.clone(), part]);
        assert!(bomb.len() < 1024 * 1024);
        assert_eq!(word_format(&bomb), Err(FileError::TooLarge));
    }

    #[test]
    fn a_cut_file_is_broken_wherever_it_was_cut() {
        let whole = docx("Đơn");
        for length in 4..whole.len() {
            assert!(word_format(&whole[..length]).is_err(), "cut at {length}");
        }
        let whole = compound(&["Root Entry", "WordDocument"], 0);
        assert_eq!(word_format(&whole), Ok(WordFormat::Doc));
        for length in 8..whole.len() {
            let _read = word_format(&whole[..length]);
        }
    }

    #[test]
    fn a_changed_byte_never_stops_the_reader() {
        for whole in [docx("Đơn"), compound(&["Root Entry", "WordDocument"], 0)] {
            for at in 8..whole.len() {
                for value in [0, 0xFF] {
                    let mut changed = whole.clone();
                    changed[at] = value;
                    let _read = word_format(&changed);
                }
            }
        }
    }

    #[test]
    fn a_doc_is_told_apart_by_its_streams_and_flags() {
        assert_eq!(word_format(&compound(&["Root Entry", "Workbook"], 0)), Err(FileError::NotWord));
        let macros = compound(&["Root Entry", "WordDocument", "Macros"], 0);
        assert_eq!(word_format(&macros), Err(FileError::Macros));
        let locked = compound(&["Root Entry", "WordDocument"], 0x0100);
        assert_eq!(word_format(&locked), Err(FileError::Encrypted));
        let package = compound(&["Root Entry", "EncryptionInfo", "EncryptedPackage"], 0);
        assert_eq!(word_format(&package), Err(FileError::Encrypted));
        assert!(is_locked(&package) && !is_locked(&macros));
    }
}
