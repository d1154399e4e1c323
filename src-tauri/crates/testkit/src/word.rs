//! Word files made by tests: no binary of unknown origin lies in the repository.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// One part of a DOCX.
#[derive(Clone, Debug)]
pub struct DocxPart {
    name: String,
    packed: Vec<u8>,
    length: u32,
    sum: u32,
}

impl DocxPart {
    /// A part of that content.
    #[must_use]
    pub fn new(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(vec![], Compression::default());
        encoder.write_all(content).unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(content);
        Self {
            name: name.to_owned(),
            packed: encoder.finish().unwrap(),
            length: content.len() as u32,
            sum: sum.sum(),
        }
    }
}

/// A ZIP file of these parts.
#[must_use]
pub fn docx_of(parts: &[DocxPart]) -> Vec<u8> {
    let (mut file, mut list) = (vec![], vec![]);
    for part in parts {
        let mut facts = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
        facts.extend(part.sum.to_le_bytes());
        facts.extend((part.packed.len() as u32).to_le_bytes());
        facts.extend(part.length.to_le_bytes());
        facts.extend((part.name.len() as u16).to_le_bytes());
        facts.extend([0, 0]);
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(&facts);
        list.extend([0; 10]);
        list.extend((file.len() as u32).to_le_bytes());
        list.extend(part.name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(&facts);
        file.extend(part.name.as_bytes());
        file.extend(&part.packed);
    }
    let (at, count) = (file.len() as u32, (parts.len() as u16).to_le_bytes());
    file.extend(&list);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count);
    file.extend(count);
    file.extend((list.len() as u32).to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// A whole DOCX: each text a paragraph on a page of its own, A4, Times New Roman.
#[must_use]
pub fn docx_pages(pages: &[&str]) -> Vec<u8> {
    let mut body = String::new();
    for (n, text) in pages.iter().enumerate() {
        let before = if n > 0 { "<w:pPr><w:pageBreakBefore/></w:pPr>" } else { "" };
        body.push_str(&format!(
            "<w:p>{before}<w:r><w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\"/>\
             <w:sz w:val=\"28\"/></w:rPr><w:t>{text}</w:t></w:r></w:p>"
        ));
    }
    docx_with(&body, &[])
}

/// A whole DOCX of one page.
#[must_use]
pub fn docx(text: &str) -> Vec<u8> {
    docx_pages(&[text])
}

/// A whole DOCX of that body, with further parts.
#[must_use]
pub fn docx_with(body: &str, more: &[DocxPart]) -> Vec<u8> {
    const TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
        <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
        <Override PartName=\"/word/settings.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml\"/>\
        <Override PartName=\"/word/document.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    const ROOT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
        <Relationship Id=\"r1\" Target=\"word/document.xml\" \
        Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\"/></Relationships>";
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body>{body}\
         <w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>"
    );
    let mut parts = vec![
        DocxPart::new("[Content_Types].xml", TYPES.as_bytes()),
        DocxPart::new("_rels/.rels", ROOT.as_bytes()),
        DocxPart::new("word/document.xml", document.as_bytes()),
    ];
    parts.extend(more.iter().cloned());
    docx_of(&parts)
}

/// A compound file with entries of these names, as far as its kind is judged; `flags` are those of the FibBase. No program
/// can read a text in it.
#[must_use]
pub fn compound(names: &[&str], flags: u16) -> Vec<u8> {
    const SECTOR: usize = 512;
    const END: u32 = 0xFFFF_FFFE;
    let directories = names.len().div_ceil(4);
    let text = 1 + directories as u32;
    let mut file = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    file.resize(24, 0);
    file.extend([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    file.resize(44, 0);
    file.extend(1u32.to_le_bytes());
    file.extend(1u32.to_le_bytes());
    file.extend([0, 0, 0, 0, 0, 0x10, 0, 0]);
    file.extend(END.to_le_bytes());
    file.extend([0; 4]);
    file.extend(END.to_le_bytes());
    file.extend([0; 4]);
    file.extend([0; 4]);
    file.resize(SECTOR, 0xFF);
    let mut table = vec![0xFFFF_FFFDu32];
    table.extend((1..=directories as u32).map(|n| if n == directories as u32 { END } else { n + 1 }));
    table.push(END);
    file.extend(table.iter().flat_map(|n| n.to_le_bytes()));
    file.resize(2 * SECTOR, 0xFF);
    for name in names {
        let begun = file.len();
        file.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        file.resize(begun + 64, 0);
        file.extend(((name.len() as u16 + 1) * 2).to_le_bytes());
        file.extend([2, 1]);
        file.resize(begun + 116, 0);
        file.extend(text.to_le_bytes());
        file.extend(4096u64.to_le_bytes());
    }
    file.resize((2 + directories) * SECTOR, 0);
    file.extend(0xA5ECu16.to_le_bytes());
    file.extend([0; 8]);
    file.extend(flags.to_le_bytes());
    file.resize((3 + directories) * SECTOR, 0);
    file
}

/// A picture (PNG) of one dark square, as somebody's private file.
#[must_use]
pub fn square() -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], content: &[u8]| {
        file.extend((content.len() as u32).to_be_bytes());
        let mut sum = flate2::Crc::new();
        sum.update(kind);
        sum.update(content);
        file.extend(kind);
        file.extend(content);
        file.extend(sum.sum().to_be_bytes());
    };
    let size = 64u32.to_be_bytes();
    chunk(b"IHDR", &[&size[..], &size[..], &[8, 0, 0, 0, 0]].concat());
    let mut encoder = flate2::write::ZlibEncoder::new(vec![], Compression::default());
    let mut line = [0x20; 65];
    line[0] = 0; // no filter
    encoder.write_all(&line.repeat(64)).unwrap();
    chunk(b"IDAT", &encoder.finish().unwrap());
    chunk(b"IEND", &[]);
    file
}
