//! Page pictures → one PDF/A-2b file.

use crate::PdfError;
use crate::srgb::srgb_profile;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// One scanned page as it goes into the PDF: the JPEG bytes are copied, never re-encoded.
#[derive(Clone, Debug)]
pub struct PageImage {
    /// Baseline or progressive JPEG.
    pub jpeg: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A grey scan; the file's own number of components decides how it is shown.
    pub gray: bool,
    /// Scan resolution; the page gets its true size on paper from it.
    pub dpi: u32,
}

/// What is said about the document.
#[derive(Clone, Debug)]
pub struct AssembleInfo {
    /// Title, in the metadata only.
    pub title: String,
    /// Moment of assembly.
    pub at: time::OffsetDateTime,
    /// Random bytes for the file's `/ID`.
    pub seed: [u8; 16],
}

/// Writes the pages, in order, as PDF 1.7 that claims and keeps PDF/A-2b.
///
/// # Errors
/// No page; a picture that is not an 8-bit grey or colour JPEG of the size it claims, or a page
/// outside 3 to 14400 points.
pub fn assemble(pages: &[PageImage], info: &AssembleInfo) -> Result<Vec<u8>, PdfError> {
    if pages.is_empty() {
        return Err(PdfError::Empty);
    }
    let mut out = Writer::default();
    out.bytes.extend(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
    out.object(
        1,
        "<< /Type /Catalog /Pages 2 0 R /Metadata 3 0 R /Lang (vi-VN) /OutputIntents [<< /Type /OutputIntent \
         /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2-1) /Info (sRGB IEC61966-2-1) \
         /DestOutputProfile 4 0 R >>] >>",
    );
    let mut kids = String::new();
    for index in 0..pages.len() {
        let _ = write!(kids, "{} 0 R ", 5 + 3 * index);
    }
    out.object(2, &format!("<< /Type /Pages /Count {} /Kids [{}] >>", pages.len(), kids.trim_end()));
    out.stream(3, "/Type /Metadata /Subtype /XML", metadata(info).as_bytes());
    out.stream(4, "/N 3 /Alternate /DeviceRGB", &srgb_profile());
    for (index, page) in pages.iter().enumerate() {
        page.write(5 + 3 * index, &mut out)?;
    }
    Ok(out.finish(&info.seed))
}

impl PageImage {
    fn write(&self, first: usize, out: &mut Writer) -> Result<(), PdfError> {
        let frame = Frame::read(&self.jpeg)?;
        if (frame.width, frame.height) != (self.width, self.height) {
            return Err(PdfError::Picture("size differs from what the scan says"));
        }
        let space = match frame.components {
            1 => "/DeviceGray",
            3 if !self.gray || frame.components == 3 => "/DeviceRGB",
            _ => return Err(PdfError::Picture("colours are neither grey nor RGB")),
        };
        if self.dpi == 0 {
            return Err(PdfError::Picture("no resolution"));
        }
        let side = |pixels: u32| f64::from(pixels) * 72.0 / f64::from(self.dpi);
        let (width, height) = (side(self.width), side(self.height));
        if [width, height].iter().any(|side| !(3.0..=14400.0).contains(side)) {
            return Err(PdfError::Picture("page is too small or too large"));
        }
        let (width, height) = (points(width), points(height));
        out.object(
            first,
            &format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {} 0 R \
                 /Resources << /XObject << /Im0 {} 0 R >> >> >>",
                first + 1,
                first + 2
            ),
        );
        out.stream(first + 1, "", format!("q {width} 0 0 {height} 0 0 cm /Im0 Do Q").as_bytes());
        let picture = format!(
            "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace {space} /BitsPerComponent 8 \
             /Filter /DCTDecode",
            self.width, self.height
        );
        out.stream(first + 2, &picture, &self.jpeg);
        Ok(())
    }
}

/// Points with at most two decimals: 1654 px at 200 dpi are `595.44`.
fn points(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The frame header of a JPEG.
struct Frame {
    width: u32,
    height: u32,
    components: u8,
}

impl Frame {
    fn read(jpeg: &[u8]) -> Result<Self, PdfError> {
        let broken = PdfError::Picture("not a JPEG");
        if !jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Err(broken);
        }
        let mut rest = &jpeg[2..];
        loop {
            let [0xFF, marker, tail @ ..] = rest else { return Err(broken) };
            if *marker == 0xFF {
                rest = &rest[1..];
                continue;
            }
            let &[high, low, ..] = tail else { return Err(broken) };
            let length = usize::from(u16::from_be_bytes([high, low]));
            match *marker {
                0xC0..=0xC2 => {
                    let &[_, _, bits, h1, h2, w1, w2, components, ..] = tail else { return Err(broken) };
                    if bits != 8 {
                        return Err(PdfError::Picture("not 8 bits a colour"));
                    }
                    let pair = |a, b| u32::from(u16::from_be_bytes([a, b]));
                    return Ok(Self { width: pair(w1, w2), height: pair(h1, h2), components });
                }
                0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    return Err(PdfError::Picture("a kind of JPEG that PDF does not know"));
                }
                0xD9 | 0xDA => return Err(broken),
                _ => rest = tail.get(length.max(2)..).ok_or_else(|| broken.clone())?,
            }
        }
    }
}

/// XMP, the only place where the document is described: there is no document information dictionary.
fn metadata(info: &AssembleInfo) -> String {
    let at = info.at;
    let zone = at.offset();
    let moment = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        if zone.is_negative() { '-' } else { '+' },
        zone.whole_hours().unsigned_abs(),
        zone.minutes_past_hour().unsigned_abs()
    );
    let mut title = String::new();
    for letter in info.title.chars() {
        match letter {
            '&' => title.push_str("&amp;"),
            '<' => title.push_str("&lt;"),
            '>' => title.push_str("&gt;"),
            control if control.is_control() => title.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => {}
            other => title.push(other),
        }
    }
    let producer = concat!("Một Cửa ", env!("CARGO_PKG_VERSION"));
    format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
<pdfaid:part>2</pdfaid:part>\n\
<pdfaid:conformance>B</pdfaid:conformance>\n\
<dc:format>application/pdf</dc:format>\n\
<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
<xmp:CreateDate>{moment}</xmp:CreateDate>\n\
<xmp:ModifyDate>{moment}</xmp:ModifyDate>\n\
<xmp:MetadataDate>{moment}</xmp:MetadataDate>\n\
<xmp:CreatorTool>Một Cửa</xmp:CreatorTool>\n\
<pdf:Producer>{producer}</pdf:Producer>\n\
</rdf:Description>\n\
</rdf:RDF>\n\
</x:xmpmeta>\n\
<?xpacket end=\"w\"?>"
    )
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
}

impl Writer {
    fn object(&mut self, number: usize, text: &str) {
        self.begin(number);
        self.bytes.extend(format!("{number} 0 obj\n{text}\nendobj\n").as_bytes());
    }

    fn stream(&mut self, number: usize, keys: &str, data: &[u8]) {
        self.begin(number);
        let head = format!("{number} 0 obj\n<< {keys} /Length {} >>\nstream\n", data.len());
        self.bytes.extend(head.as_bytes());
        self.bytes.extend(data);
        self.bytes.extend(b"\nendstream\nendobj\n");
    }

    fn begin(&mut self, number: usize) {
        debug_assert_eq!(number, self.offsets.len() + 1, "objects are written in order");
        self.offsets.push(self.bytes.len());
    }

    fn finish(mut self, seed: &[u8; 16]) -> Vec<u8> {
        let start = self.bytes.len();
        let size = self.offsets.len() + 1;
        let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for offset in &self.offsets {
            let _ = writeln!(table, "{offset:010} 00000 n ");
        }
        let changing = Sha256::new().chain_update(seed).chain_update(&self.bytes).finalize();
        let _ = write!(
            table,
            "trailer\n<< /Size {size} /Root 1 0 R /ID [<{}> <{}>] >>\nstartxref\n{start}\n%%EOF\n",
            hex(seed),
            hex(&changing[..16])
        );
        self.bytes.extend(table.as_bytes());
        self.bytes
    }
}

/// Upper-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}
