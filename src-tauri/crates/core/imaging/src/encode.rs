//! Pictures out: the page as JPEG and its thumbnail.

use crate::{ImagingError, MAX_PIXELS};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, PixelDensity};

const THUMBNAIL_QUALITY: u8 = 75;
const THUMBNAIL_DPI: u32 = 72;

/// Encodes samples (RGB, or grey when `gray`, rows without padding) as a baseline JPEG whose JFIF
/// density is `dpi`. The same input gives the same bytes.
///
/// # Errors
/// [`ImagingError::Size`] when the samples do not fill the page, [`ImagingError::TooLarge`] past
/// [`MAX_PIXELS`] or 65,535 pixels a side.
pub fn encode_jpeg(
    samples: &[u8],
    width: u32,
    height: u32,
    gray: bool,
    quality: u8,
    dpi: u32,
) -> Result<Vec<u8>, ImagingError> {
    check_size(samples, width, height, gray)?;
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| ImagingError::TooLarge);
    let (wide, high) = (side(width)?, side(height)?);
    let density = u16::try_from(dpi.max(1)).unwrap_or(u16::MAX);
    let mut jpeg = Vec::with_capacity(samples.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, quality.clamp(1, 100));
    encoder.set_density(PixelDensity::dpi(density));
    // Averaged chroma keeps the thin strokes of a seal; picking one sample of four breaks them.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let color = if gray { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(samples, wide, high, color).map_err(|_| ImagingError::Size)?;
    Ok(jpeg)
}

/// Makes a JPEG whose longer side is at most `longest_side` pixels, every pixel the mean of the
/// pixels under it. A page already that small is not enlarged.
///
/// # Errors
/// As [`encode_jpeg`].
pub fn thumbnail(
    samples: &[u8],
    width: u32,
    height: u32,
    gray: bool,
    longest_side: u32,
) -> Result<Vec<u8>, ImagingError> {
    check_size(samples, width, height, gray)?;
    let longest = width.max(height);
    let goal = longest_side.clamp(1, longest);
    let scaled = |side: u32| {
        let side = (u64::from(side) * u64::from(goal)).div_ceil(u64::from(longest)).max(1);
        u32::try_from(side).unwrap_or(goal)
    };
    let (small_width, small_height) = (scaled(width), scaled(height));
    let small = averaged(
        samples,
        (width as usize, height as usize),
        (small_width as usize, small_height as usize),
        gray,
    );
    encode_jpeg(&small, small_width, small_height, gray, THUMBNAIL_QUALITY, THUMBNAIL_DPI)
}

fn averaged(samples: &[u8], from: (usize, usize), to: (usize, usize), gray: bool) -> Vec<u8> {
    let channels = if gray { 1 } else { 3 };
    let mut small = Vec::with_capacity(to.0 * to.1 * channels);
    // First and last-but-one source index of each target index; every source pixel lies in one box.
    let span = |index: usize, from: usize, to: usize| {
        let start = index * from / to;
        (start, ((index + 1) * from / to).max(start + 1))
    };
    let columns: Vec<_> = (0..to.0).map(|x| span(x, from.0, to.0)).collect();
    for y in 0..to.1 {
        let (top, bottom) = span(y, from.1, to.1);
        for &(left, right) in &columns {
            let mut sum = [0u64; 3];
            for row in top..bottom {
                let row = &samples[(row * from.0 + left) * channels..(row * from.0 + right) * channels];
                for pixel in row.chunks_exact(channels) {
                    for (total, &sample) in sum.iter_mut().zip(pixel) {
                        *total += u64::from(sample);
                    }
                }
            }
            let count = ((bottom - top) * (right - left)) as u64;
            // A mean of bytes is a byte.
            small.extend(sum[..channels].iter().map(|total| u8::try_from(total / count).unwrap_or(u8::MAX)));
        }
    }
    small
}

fn check_size(samples: &[u8], width: u32, height: u32, gray: bool) -> Result<(), ImagingError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(ImagingError::TooLarge);
    }
    let bytes = pixels * if gray { 1 } else { 3 };
    if pixels == 0 || bytes != samples.len() as u64 {
        return Err(ImagingError::Size);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation)]
mod tests {
    use super::*;
    use crate::{decode, jpeg_facts};
    use proptest::prelude::*;

    fn gradient(width: u32, height: u32) -> Vec<u8> {
        (0..height)
            .flat_map(|y| {
                (0..width).flat_map(move |x| [(x * 255 / width) as u8, (y * 255 / height) as u8, 90])
            })
            .collect()
    }

    #[test]
    fn a_page_keeps_size_colour_and_the_density_that_was_asked() {
        let samples = gradient(120, 80);
        let jpeg = encode_jpeg(&samples, 120, 80, false, 90, 200).unwrap();
        let facts = jpeg_facts(&jpeg).unwrap();
        assert_eq!((facts.width, facts.height, facts.components, facts.dpi), (120, 80, 3, Some(200)));
        let page = decode(&jpeg).unwrap();
        assert!(!page.gray);
        let worst = page.samples.iter().zip(&samples).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst < 12, "a smooth page survives quality 90, worst difference {worst}");
    }

    #[test]
    fn a_grey_page_has_one_component() {
        let jpeg = encode_jpeg(&[128; 64 * 32], 64, 32, true, 80, 300).unwrap();
        assert_eq!(jpeg_facts(&jpeg).unwrap().components, 1);
        assert!(decode(&jpeg).unwrap().gray);
    }

    #[test]
    fn the_same_page_gives_the_same_bytes() {
        let samples = gradient(50, 50);
        assert_eq!(
            encode_jpeg(&samples, 50, 50, false, 82, 200).unwrap(),
            encode_jpeg(&samples, 50, 50, false, 82, 200).unwrap()
        );
    }

    #[test]
    fn samples_that_do_not_fill_the_page_are_refused() {
        assert_eq!(encode_jpeg(&[0; 10], 2, 2, false, 80, 200), Err(ImagingError::Size));
        assert_eq!(encode_jpeg(&[], 0, 5, true, 80, 200), Err(ImagingError::Size));
        assert_eq!(thumbnail(&[0; 3], 1, 2, false, 10), Err(ImagingError::Size));
        assert_eq!(encode_jpeg(&[0; 70_000], 70_000, 1, true, 80, 200), Err(ImagingError::TooLarge));
        assert_eq!(encode_jpeg(&[], u32::MAX, u32::MAX, true, 80, 200), Err(ImagingError::TooLarge));
    }

    #[test]
    fn a_thumbnail_keeps_the_shape_and_the_mean() {
        let samples: Vec<u8> =
            (0..200 * 100).flat_map(|i| if i % 2 == 0 { [0; 3] } else { [200; 3] }).collect();
        let small = decode(&thumbnail(&samples, 200, 100, false, 50).unwrap()).unwrap();
        assert_eq!((small.width, small.height), (50, 25));
        assert!(small.samples.iter().all(|s| s.abs_diff(100) < 6), "stripes average to their mean");
        let same = decode(&thumbnail(&samples, 200, 100, false, 900).unwrap()).unwrap();
        assert_eq!((same.width, same.height), (200, 100), "a small page is not enlarged");
    }

    proptest! {
        #[test]
        fn every_size_makes_a_thumbnail_within_bounds(width in 1u32..90, height in 1u32..90, goal in 0u32..120) {
            let samples = vec![7u8; (width * height) as usize];
            let small = jpeg_facts(&thumbnail(&samples, width, height, true, goal).unwrap()).unwrap();
            prop_assert!(small.width.max(small.height) <= goal.max(1));
            prop_assert!(small.width <= width && small.height <= height);
        }
    }
}
