//! What a picture file says of itself, read from its headers without decoding.

/// Facts a JPEG needs for going into a PDF unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct JpegFacts {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// 1 grey, 3 colour, 4 CMYK.
    pub components: u8,
    /// JFIF density, when it is the same both ways.
    pub dpi: Option<u32>,
    /// Bits per sample; a PDF takes 8.
    pub precision: u8,
    /// EXIF orientation, 1 upright; anything else must be applied before the bytes go anywhere.
    pub orientation: u8,
    /// The file carries EXIF, XMP or comments, which may name a place or a person: such bytes are
    /// re-encoded rather than passed through.
    pub carries_metadata: bool,
}

/// Reads a JPEG's headers up to the frame header; `None` when the bytes are not a JPEG that has one.
#[must_use]
pub fn jpeg_facts(bytes: &[u8]) -> Option<JpegFacts> {
    if bytes.get(..2)? != [0xff, 0xd8] {
        return None;
    }
    let (mut at, mut dpi, mut orientation, mut carries_metadata) = (2, None, 1, false);
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        if marker == 0xff {
            at += 1; // fill byte
            continue;
        }
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            at += 2; // no length
            continue;
        }
        let length = usize::from(be16(bytes, at + 2)?);
        let segment = bytes.get(at + 4..at + 2 + length)?;
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let (height, width) = (u32::from(be16(segment, 1)?), u32::from(be16(segment, 3)?));
                let (precision, components) = (*segment.first()?, *segment.get(5)?);
                if width == 0 || height == 0 || !matches!(components, 1 | 3 | 4) {
                    return None;
                }
                return Some(JpegFacts {
                    width,
                    height,
                    components,
                    dpi,
                    precision,
                    orientation,
                    carries_metadata,
                });
            }
            0xe0 if segment.starts_with(b"JFIF\0") => dpi = jfif_dpi(segment),
            0xe1 => {
                carries_metadata = true;
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    orientation = exif_orientation(exif).unwrap_or(1);
                }
            }
            0xed | 0xfe => carries_metadata = true,
            0xd9 | 0xda => return None, // the picture before its frame header
            _ => {}
        }
        at += 2 + length;
    }
}

/// Density of a PNG's `pHYs`.
pub(crate) fn png_dpi(bytes: &[u8]) -> Option<u32> {
    let mut at = 8;
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let kind = bytes.get(at + 4..at + 8)?;
        if kind == b"pHYs" {
            let data = bytes.get(at + 8..at + 17)?;
            let (x, y) = (be32(data, 0)?, be32(data, 4)?);
            let dpi = (u64::from(x) * 254 + 5_000) / 10_000; // per metre to per inch
            return (x == y && data[8] == 1).then(|| u32::try_from(dpi).ok()).flatten().filter(|d| *d > 0);
        }
        if kind == b"IDAT" {
            return None;
        }
        at = at.checked_add(length)?.checked_add(12)?;
    }
}

/// Density of a TIFF's first page.
pub(crate) fn tiff_dpi(bytes: &[u8]) -> Option<u32> {
    let tiff = Tiff::new(bytes)?;
    let first = tiff.first()?;
    let per_inch = match tiff.short(first, 296) {
        None | Some(2) => 1.0,
        Some(3) => 2.54,
        Some(_) => return None,
    };
    let (x, y) = (tiff.ratio(first, 282)?, tiff.ratio(first, 283)?);
    whole_dpi(x * per_inch, y * per_inch)
}

/// Full pages of a TIFF; reduced pictures beside them do not count.
pub(crate) fn tiff_pages(bytes: &[u8]) -> usize {
    let Some(tiff) = Tiff::new(bytes) else { return 0 };
    let (mut pages, mut next, mut steps) = (0, tiff.first(), 0);
    while let Some(at) = next.filter(|_| steps < 10_000) {
        let reduced = tiff.long(at, 254).is_some_and(|kind| kind & 1 == 1);
        pages += usize::from(!reduced);
        steps += 1;
        next = tiff.next(at);
    }
    pages
}

fn jfif_dpi(segment: &[u8]) -> Option<u32> {
    let (units, x, y) = (*segment.get(7)?, f64::from(be16(segment, 8)?), f64::from(be16(segment, 10)?));
    match units {
        1 => whole_dpi(x, y),
        2 => whole_dpi(x * 2.54, y * 2.54),
        _ => None,
    }
}

/// Scanners write 299.72 for 300, and sides that differ by a hair.
fn whole_dpi(x: f64, y: f64) -> Option<u32> {
    if !x.is_finite() || !(1.0..=65_535.0).contains(&x) || (x - y).abs() > 1.0 {
        return None;
    }
    // In 1..=65535 by the line above.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some(x.round() as u32)
}

fn exif_orientation(exif: &[u8]) -> Option<u8> {
    let tiff = Tiff::new(exif)?;
    let value = tiff.short(tiff.first()?, 274)?;
    u8::try_from(value).ok().filter(|v| (1..=8).contains(v))
}

/// The directories of a TIFF, or of the EXIF block built like one.
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        match bytes.get(..4)? {
            b"II*\0" => Some(Self { bytes, little: true }),
            b"MM\0*" => Some(Self { bytes, little: false }),
            _ => None,
        }
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let value = be16(self.bytes, at)?;
        Some(if self.little { value.swap_bytes() } else { value })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let value = be32(self.bytes, at)?;
        Some(if self.little { value.swap_bytes() } else { value })
    }

    fn offset(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok().filter(|offset| *offset != 0)
    }

    fn first(&self) -> Option<usize> {
        self.offset(4)
    }

    fn next(&self, directory: usize) -> Option<usize> {
        let count = usize::from(self.u16(directory)?);
        self.offset(directory.checked_add(2 + count * 12)?)
    }

    fn entry(&self, directory: usize, tag: u16) -> Option<usize> {
        let count = usize::from(self.u16(directory)?);
        (0..count)
            .map_while(|n| directory.checked_add(2 + n * 12))
            .take_while(|at| self.u16(*at).is_some())
            .find(|at| self.u16(*at) == Some(tag))
    }

    fn short(&self, directory: usize, tag: u16) -> Option<u16> {
        self.u16(self.entry(directory, tag)? + 8)
    }

    fn long(&self, directory: usize, tag: u16) -> Option<u32> {
        self.u32(self.entry(directory, tag)? + 8)
    }

    fn ratio(&self, directory: usize, tag: u16) -> Option<f64> {
        let at = self.offset(self.entry(directory, tag)? + 8)?;
        let (above, below) = (self.u32(at)?, self.u32(at.checked_add(4)?)?);
        (below != 0).then(|| f64::from(above) / f64::from(below))
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::encode_jpeg;
    use proptest::prelude::*;

    #[test]
    fn jfif_density_per_centimetre_is_told_per_inch() {
        let mut jpeg = encode_jpeg(&[1; 64], 8, 8, true, 80, 118).unwrap();
        let unit = jpeg.windows(5).position(|w| w == b"JFIF\0").unwrap() + 7;
        assert_eq!(jpeg_facts(&jpeg).unwrap().dpi, Some(118));
        jpeg[unit] = 2;
        assert_eq!(jpeg_facts(&jpeg).unwrap().dpi, Some(300));
        jpeg[unit] = 0;
        assert_eq!(jpeg_facts(&jpeg).unwrap().dpi, None, "without a unit it is only a shape");
    }

    #[test]
    fn metadata_and_orientation_are_seen() {
        let jpeg = encode_jpeg(&[1; 64], 8, 8, true, 80, 200).unwrap();
        let plain = jpeg_facts(&jpeg).unwrap();
        assert_eq!((plain.orientation, plain.carries_metadata, plain.precision), (1, false, 8));
        let mut turned = jpeg[..2].to_vec();
        turned
            .extend(b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0");
        turned.extend(&jpeg[2..]);
        let facts = jpeg_facts(&turned).unwrap();
        assert_eq!((facts.orientation, facts.carries_metadata), (3, true));
    }

    #[test]
    fn png_and_tiff_densities_are_read() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR0123456789abc0000\0\0\0\x09pHYs".to_vec();
        png.extend([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]); // 11811 per metre
        assert_eq!(png_dpi(&png), Some(300));
        let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
        tiff.extend(b"\x1a\x01\x05\0\x01\0\0\0\x32\0\0\0\x1b\x01\x05\0\x01\0\0\0\x32\0\0\0");
        tiff.extend(b"\x28\x01\x03\0\x01\0\0\0\x02\0\0\0\0\0\0\0");
        tiff.extend([0x40, 0x75, 0, 0, 0x64, 0, 0, 0, 0, 0]); // 30016 / 100
        assert_eq!(tiff.len(), 0x32 + 10);
        assert_eq!(tiff_dpi(&tiff), Some(300));
        assert_eq!(tiff_pages(&tiff), 1);
    }

    #[test]
    fn a_directory_that_points_at_itself_ends() {
        let tiff = b"II*\0\x08\0\0\0\0\0\x08\0\0\0";
        assert_eq!(tiff_pages(tiff), 10_000);
    }

    proptest! {
        #[test]
        fn hostile_headers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0usize..4) {
            let start: [&[u8]; 4] = [b"", b"\xff\xd8\xff\xe0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"];
            let bytes = [start[kind], &bytes].concat();
            let _ = (jpeg_facts(&bytes), png_dpi(&bytes), tiff_dpi(&bytes), tiff_pages(&bytes));
        }
    }
}
