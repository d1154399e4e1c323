//! Frames of a page put together as 8-bit samples without padding.

use crate::sane::{FrameKind, FrameParameters};
use motcua_desk::ports::{ColorMode, PageFormat, ScanFault};

/// Most bytes of one frame; a frame between processes holds no more.
const MAX_BYTES: usize = 1 << 30;

/// One frame as it was read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    parameters: FrameParameters,
    bytes: Vec<u8>,
}

/// A whole page.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) format: PageFormat,
    pub(crate) samples: Vec<u8>,
}

impl Frame {
    /// An empty frame; its announced size must be one that can be held.
    pub(crate) fn new(parameters: FrameParameters) -> Result<Self, ScanFault> {
        let announced = parameters.bytes_per_line.checked_mul(parameters.lines.unwrap_or(1));
        let announced = announced.filter(|n| *n <= MAX_BYTES).ok_or(ScanFault::NoMemory)?;
        let wide = parameters.width.checked_mul(3 * 2).is_some();
        if !wide || parameters.bytes_per_line < needed(&parameters).ok_or(ScanFault::Unsupported)? {
            return Err(ScanFault::Io);
        }
        Ok(Self { parameters, bytes: Vec::with_capacity(announced) })
    }

    /// No byte came yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes bytes the device gave. What comes after the last announced line is padding.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), ScanFault> {
        let room = match self.parameters.lines {
            Some(lines) => (self.parameters.bytes_per_line * lines).saturating_sub(self.bytes.len()),
            None if self.bytes.len() + bytes.len() > MAX_BYTES => return Err(ScanFault::NoMemory),
            None => bytes.len(),
        };
        self.bytes.extend_from_slice(&bytes[..room.min(bytes.len())]);
        Ok(())
    }

    /// Lines that came whole; fewer than announced is [`ScanFault::Truncated`].
    fn lines(&self) -> Result<usize, ScanFault> {
        let came = self.bytes.len() / self.parameters.bytes_per_line;
        match self.parameters.lines {
            Some(lines) if came < lines => Err(ScanFault::Truncated),
            Some(lines) => Ok(lines),
            None if came == 0 => Err(ScanFault::Truncated),
            None => Ok(came),
        }
    }

    /// 8-bit samples without padding.
    fn samples(&self, lines: usize) -> Vec<u8> {
        let FrameParameters { kind, width, depth, bytes_per_line, .. } = self.parameters;
        let channels = channels(kind);
        let mut samples = Vec::with_capacity(width * channels * lines);
        for line in self.bytes.chunks_exact(bytes_per_line).take(lines) {
            match depth {
                8 => samples.extend_from_slice(&line[..width * channels]),
                16 => samples.extend(line[..width * channels * 2].chunks_exact(2).map(|pair| {
                    // The machine's byte order; the high byte is the 8-bit value.
                    u16::from_ne_bytes([pair[0], pair[1]]).to_be_bytes()[0]
                })),
                _ => {
                    let bit = |plane: usize, x: usize| {
                        // Colour bits come as one byte of eight pixels per colour in turn.
                        line[(x / 8) * channels + plane] >> (7 - x % 8) & 1 == 1
                    };
                    for x in 0..width {
                        // A set bit is black in grey, full light in a colour.
                        let light = |plane| bit(plane, x) != (kind == FrameKind::Gray);
                        samples.extend((0..channels).map(|plane| if light(plane) { 255 } else { 0 }));
                    }
                }
            }
        }
        samples
    }
}

/// Makes the page of its frames: one of grey or colour, or three of one colour each.
pub(crate) fn assemble(frames: &[Frame], wish: ColorMode) -> Result<Picture, ScanFault> {
    let first = frames.first().ok_or(ScanFault::Truncated)?;
    let (width, height) = (first.parameters.width, first.lines()?);
    let (format, samples) = match first.parameters.kind {
        FrameKind::Gray if frames.len() == 1 => (PageFormat::Gray8, first.samples(height)),
        FrameKind::Rgb if frames.len() == 1 => (PageFormat::Rgb8, first.samples(height)),
        FrameKind::Pass(_) => (PageFormat::Rgb8, woven(frames, width, height)?),
        FrameKind::Gray | FrameKind::Rgb => return Err(ScanFault::Unsupported),
    };
    let samples = match (format, wish) {
        (PageFormat::Rgb8, ColorMode::Gray) => {
            let grey = samples.chunks_exact(3).map(grey_of).collect();
            return Ok(Picture { width, height, format: PageFormat::Gray8, samples: grey });
        }
        _ => samples,
    };
    Ok(Picture { width, height, format, samples })
}

fn woven(frames: &[Frame], width: usize, height: usize) -> Result<Vec<u8>, ScanFault> {
    let mut planes = [None, None, None];
    for frame in frames {
        let FrameKind::Pass(color) = frame.parameters.kind else { return Err(ScanFault::Unsupported) };
        if frame.parameters.width != width || frame.lines()? != height {
            return Err(ScanFault::Truncated);
        }
        planes[color] = Some(frame.samples(height));
    }
    let [Some(red), Some(green), Some(blue)] = planes else { return Err(ScanFault::Truncated) };
    Ok(red.iter().zip(&green).zip(&blue).flat_map(|((r, g), b)| [*r, *g, *b]).collect())
}

/// Luma of Rec. 601.
fn grey_of(pixel: &[u8]) -> u8 {
    let luma =
        (299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]) + 500) / 1000;
    u8::try_from(luma).unwrap_or(u8::MAX)
}

fn channels(kind: FrameKind) -> usize {
    match kind {
        FrameKind::Rgb => 3,
        FrameKind::Gray | FrameKind::Pass(_) => 1,
    }
}

fn needed(parameters: &FrameParameters) -> Option<usize> {
    let channels = channels(parameters.kind);
    match parameters.depth {
        1 => Some(parameters.width.div_ceil(8) * channels),
        8 => Some(parameters.width * channels),
        16 => Some(parameters.width * channels * 2),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn frame(kind: FrameKind, depth: u32, bytes_per_line: usize, width: usize, bytes: &[u8]) -> Frame {
        let lines = Some(bytes.len() / bytes_per_line);
        let mut frame =
            Frame::new(FrameParameters { kind, last: true, bytes_per_line, width, lines, depth }).unwrap();
        frame.push(bytes).unwrap();
        frame
    }

    fn page(frames: &[Frame]) -> Vec<u8> {
        assemble(frames, ColorMode::Color).map(|p| p.samples).unwrap()
    }

    #[test]
    fn padding_at_the_end_of_lines_is_dropped() {
        assert_eq!(page(&[frame(FrameKind::Gray, 8, 4, 3, &[1, 2, 3, 99, 4, 5, 6, 99])]), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn one_and_sixteen_bits_become_eight() {
        assert_eq!(
            page(&[frame(FrameKind::Gray, 1, 2, 9, &[0b1010_0000, 0b1000_0000])]),
            [0, 255, 0, 255, 255, 255, 255, 255, 0],
            "a set bit is black"
        );
        assert_eq!(page(&[frame(FrameKind::Rgb, 1, 3, 1, &[0x80, 0, 0x80])]), [255, 0, 255]);
        let words: Vec<u8> = [0x12ffu16, 0xab00].iter().flat_map(|w| w.to_ne_bytes()).collect();
        assert_eq!(page(&[frame(FrameKind::Gray, 16, 4, 2, &words)]), [0x12, 0xab]);
    }

    #[test]
    fn three_passes_in_any_order_make_one_page() {
        let passes = [
            frame(FrameKind::Pass(1), 8, 2, 2, &[2, 5]),
            frame(FrameKind::Pass(2), 8, 2, 2, &[3, 6]),
            frame(FrameKind::Pass(0), 8, 2, 2, &[1, 4]),
        ];
        assert_eq!(page(&passes), [1, 2, 3, 4, 5, 6]);
        assert!(matches!(assemble(&passes[..2], ColorMode::Color), Err(ScanFault::Truncated)));
    }

    #[test]
    fn a_page_with_lines_missing_is_truncated_and_one_of_unknown_length_is_not() {
        let parameters = FrameParameters {
            kind: FrameKind::Gray,
            last: true,
            bytes_per_line: 2,
            width: 2,
            lines: Some(2),
            depth: 8,
        };
        let mut short = Frame::new(parameters).unwrap();
        short.push(&[1, 2, 3]).unwrap();
        assert!(matches!(assemble(&[short], ColorMode::Color), Err(ScanFault::Truncated)));
        let mut hand = Frame::new(FrameParameters { lines: None, ..parameters }).unwrap();
        assert!(matches!(assemble(&[hand.clone()], ColorMode::Color), Err(ScanFault::Truncated)));
        hand.push(&[1, 2, 3]).unwrap();
        assert_eq!(page(&[hand]), [1, 2], "a line that broke off is left out");
    }

    #[test]
    fn a_colour_device_asked_for_grey_gives_grey() {
        let grey = assemble(&[frame(FrameKind::Rgb, 8, 3, 1, &[255, 255, 255])], ColorMode::Gray).unwrap();
        assert_eq!((grey.format, &grey.samples[..]), (PageFormat::Gray8, &[255u8][..]));
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        let parameters = FrameParameters {
            kind: FrameKind::Rgb,
            last: true,
            bytes_per_line: 10,
            width: 10,
            lines: Some(1),
            depth: 8,
        };
        assert!(matches!(Frame::new(parameters), Err(ScanFault::Io)), "a line shorter than its pixels");
        let huge = FrameParameters { bytes_per_line: usize::MAX, lines: Some(9), ..parameters };
        assert!(matches!(Frame::new(huge), Err(ScanFault::NoMemory)));
        assert!(matches!(
            Frame::new(FrameParameters { depth: 12, ..parameters }),
            Err(ScanFault::Unsupported)
        ));
    }
}
