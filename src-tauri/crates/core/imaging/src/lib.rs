//! A page picture to a clean page picture: encoding, thumbnails, decoding of imported images.
//!
//! Bytes in, bytes out, one thread per page: parallelism belongs to whoever calls. Hostile bytes
//! give an error and nothing else; no decoded picture grows past [`MAX_PIXELS`].
//!
//! ```
//! let white = vec![255; 30 * 40 * 3];
//! let jpeg = motcua_imaging::encode_jpeg(&white, 30, 40, false, 80, 200)?;
//! assert_eq!(motcua_imaging::decode(&jpeg)?.width, 30);
//! # Ok::<(), motcua_imaging::ImagingError>(())
//! ```
#![forbid(unsafe_code)]

mod decode;
mod encode;
mod facts;

pub use decode::{DecodedPage, decode};
pub use encode::{encode_jpeg, thumbnail};
pub use facts::{JpegFacts, jpeg_facts};

/// Most pixels of one page: A3 at 600 dpi with room to spare.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Why a picture could not be made or read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImagingError {
    /// A side is zero, or the samples are not `width * height` pixels.
    #[error("picture size does not fit its samples")]
    Size,
    /// More pixels than [`MAX_PIXELS`], or a side too long for the format.
    #[error("picture is too large")]
    TooLarge,
    /// Not PNG, JPEG, TIFF or PNM.
    #[error("not a picture of a known kind")]
    UnknownKind,
    /// A known kind whose variety cannot be read here (a palette TIFF, for example).
    #[error("this variety of the picture format cannot be read")]
    Unsupported,
    /// Several pages in one file: taking the first alone would lose the others.
    #[error("the picture file holds several pages")]
    SeveralPages,
    /// The bytes are damaged.
    #[error("picture is damaged")]
    Damaged,
}
