//! Raw DER elements: signatures are over the bytes as they came, so originals are kept.

use der::{Decode, Header, Reader, SliceReader};
use std::ops::Range;

/// The next whole element (tag, length, value) of a reader.
pub(crate) fn element<'a>(reader: &mut SliceReader<'a>) -> Option<&'a [u8]> {
    reader.tlv_bytes().ok()
}

/// Where the first element inside a constructed one lies.
pub(crate) fn first_child(whole: &[u8]) -> Option<Range<usize>> {
    let mut reader = SliceReader::new(whole).ok()?;
    Header::decode(&mut reader).ok()?;
    let start = usize::try_from(reader.position()).ok()?;
    let child = element(&mut reader)?;
    Some(start..start + child.len())
}
