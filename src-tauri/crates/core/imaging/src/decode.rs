//! Pictures in: imported PNG, JPEG, TIFF and PNM files.

use crate::{ImagingError, MAX_PIXELS, facts};
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Room for the widest layout (16 bit RGBA) of a page of [`MAX_PIXELS`].
const MAX_BYTES: u64 = MAX_PIXELS * 8;

/// An imported page, upright and opaque.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodedPage {
    /// RGB, or grey when `gray`; rows top to bottom without padding.
    pub samples: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// One byte per pixel instead of three.
    pub gray: bool,
    /// Density the file claims, when it claims the same both ways.
    pub dpi: Option<u32>,
}

/// Reads an imported picture: 8 bits a sample, transparency laid on white, EXIF orientation applied.
///
/// # Errors
/// See [`ImagingError`]; never panics on damaged bytes.
pub fn decode(bytes: &[u8]) -> Result<DecodedPage, ImagingError> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| ImagingError::UnknownKind)?;
    let dpi = match reader.format() {
        Some(ImageFormat::Jpeg) => facts::jpeg_facts(bytes).and_then(|f| f.dpi),
        Some(ImageFormat::Png) => facts::png_dpi(bytes),
        Some(ImageFormat::Tiff) => {
            if facts::tiff_pages(bytes) > 1 {
                return Err(ImagingError::SeveralPages);
            }
            facts::tiff_dpi(bytes)
        }
        Some(ImageFormat::Pnm) => None,
        _ => return Err(ImagingError::UnknownKind),
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| told(&e))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(ImagingError::Size);
    }
    if pixels > MAX_PIXELS || decoder.total_bytes() > MAX_BYTES {
        return Err(ImagingError::TooLarge);
    }
    let orientation = decoder.orientation().map_err(|e| told(&e))?;
    let gray =
        matches!(decoder.color_type(), ColorType::L8 | ColorType::L16 | ColorType::La8 | ColorType::La16);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| told(&e))?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    Ok(DecodedPage { samples: opaque(picture, gray), width, height, gray, dpi })
}

fn opaque(picture: DynamicImage, gray: bool) -> Vec<u8> {
    let on_white = |sample: u8, alpha: u8| {
        let mixed = (u32::from(sample) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    match (picture.color().has_alpha(), gray) {
        (false, true) => picture.into_luma8().into_raw(),
        (false, false) => picture.into_rgb8().into_raw(),
        (true, true) => {
            picture.into_luma_alpha8().as_raw().chunks_exact(2).map(|p| on_white(p[0], p[1])).collect()
        }
        (true, false) => picture
            .into_rgba8()
            .as_raw()
            .chunks_exact(4)
            .flat_map(|p| [on_white(p[0], p[3]), on_white(p[1], p[3]), on_white(p[2], p[3])])
            .collect(),
    }
}

fn told(error: &ImageError) -> ImagingError {
    match error {
        ImageError::Limits(_) => ImagingError::TooLarge,
        ImageError::Unsupported(_) => ImagingError::Unsupported,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => ImagingError::Damaged,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation)]
mod tests {
    use super::*;
    use crate::encode_jpeg;
    use image::{GrayAlphaImage, ImageBuffer, Luma, Rgb, RgbImage, RgbaImage};
    use proptest::prelude::*;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn colours() -> RgbImage {
        RgbImage::from_fn(9, 5, |x, y| Rgb([(x * 20) as u8, (y * 40) as u8, 77]))
    }

    #[test]
    fn lossless_kinds_come_back_exactly() {
        let picture = colours();
        for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Pnm] {
            let page = decode(&file(&DynamicImage::ImageRgb8(picture.clone()), format)).unwrap();
            assert_eq!((page.width, page.height, page.gray), (9, 5, false), "{format:?}");
            assert_eq!(&page.samples, picture.as_raw(), "{format:?}");
        }
    }

    #[test]
    fn sixteen_bits_become_eight() {
        let picture = ImageBuffer::from_fn(4, 4, |x, _| Luma([(x * 0x1111) as u16]));
        let page = decode(&file(&DynamicImage::ImageLuma16(picture), ImageFormat::Png)).unwrap();
        assert!(page.gray);
        assert_eq!(&page.samples[..4], &[0x00, 0x11, 0x22, 0x33]);
    }

    #[test]
    fn bits_become_bytes() {
        let page = decode(b"P4\n4 2\n\x50\xa0").unwrap();
        assert!(page.gray);
        assert_eq!(page.samples, [255, 0, 255, 0, 0, 255, 0, 255]);
    }

    #[test]
    fn transparency_lies_on_white() {
        let clear = RgbaImage::from_pixel(2, 2, image::Rgba([10, 20, 30, 0]));
        assert!(
            decode(&file(&clear.into(), ImageFormat::Png)).unwrap().samples.iter().all(|s| *s == 255),
            "nothing on paper is paper"
        );
        let half = GrayAlphaImage::from_pixel(2, 2, image::LumaA([0, 128]));
        assert_eq!(decode(&file(&half.into(), ImageFormat::Png)).unwrap().samples, [127; 4]);
    }

    #[test]
    fn a_turned_photo_stands_upright() {
        let jpeg = encode_jpeg(&[200; 40 * 16], 40, 16, true, 90, 300).unwrap();
        // EXIF with the one tag Orientation = 6 (turn 90° clockwise), put after SOI.
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        let mut turned = jpeg[..2].to_vec();
        turned.extend([0xff, 0xe1, 0, (exif.len() + 2) as u8]);
        turned.append(&mut exif);
        turned.extend(&jpeg[2..]);
        let page = decode(&turned).unwrap();
        assert_eq!((page.width, page.height), (16, 40));
    }

    #[test]
    fn foreign_damaged_and_oversized_files_are_told_apart() {
        assert!(matches!(decode(b"%PDF-1.7"), Err(ImagingError::UnknownKind)));
        assert!(matches!(decode(b""), Err(ImagingError::UnknownKind)));
        let png = file(&colours().into(), ImageFormat::Png);
        assert!(matches!(decode(&png[..png.len() / 2]), Err(ImagingError::Damaged)));
        assert!(matches!(decode(b"P5\n60000 60000\n255\n"), Err(ImagingError::TooLarge)));
    }

    #[test]
    fn a_tiff_of_two_pages_is_refused_rather_than_halved() {
        let mut tiff = file(&colours().into(), ImageFormat::Tiff);
        // Hang a copy of the first directory behind it.
        let at = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
        let count = u16::from_le_bytes(tiff[at..at + 2].try_into().unwrap()) as usize;
        let end = at + 2 + count * 12;
        let mut directory = tiff[at..end].to_vec();
        directory.extend([0; 4]);
        let second = (tiff.len() as u32).to_le_bytes();
        tiff[end..end + 4].copy_from_slice(&second);
        tiff.append(&mut directory);
        assert!(matches!(decode(&tiff), Err(ImagingError::SeveralPages)));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0usize..7) {
            let start: [&[u8]; 7] =
                [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"MM\0*", b"P6\n9 9 255\n", b"P4 8 8\n"];
            let _ = decode(&[start[kind], &bytes].concat());
        }

        #[test]
        fn a_bent_file_never_panics(at in any::<proptest::sample::Index>(), value in any::<u8>(), kind in 0usize..4) {
            let formats = [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Pnm, ImageFormat::Jpeg];
            let mut bytes = file(&colours().into(), formats[kind]);
            let at = at.index(bytes.len());
            bytes[at] = value;
            if let Ok(page) = decode(&bytes) {
                let channels = if page.gray { 1 } else { 3 };
                prop_assert_eq!(page.samples.len(), page.width as usize * page.height as usize * channels);
            }
        }
    }
}
