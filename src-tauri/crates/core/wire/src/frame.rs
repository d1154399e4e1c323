//! Frames between a program and its worker processes: magic and version, a JSON head, raw bytes.
//!
//! Layout: `"MC"`, version (1 byte), kind reserved (1 byte, 0), head length (u32 LE), body length
//! (u32 LE), head (JSON), body. Works on any reader and writer; no process is known here.

use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

/// Version of the frame layout.
pub const FRAME_VERSION: u8 = 1;

/// Environment variables by which the command line is given secrets. No worker inherits them: makers'
/// drivers run inside, and `/proc/<pid>/environ` keeps what a process was started with (proc(5)). A
/// PIN reaches the token worker in a frame and in no other way.
pub const SECRET_VARIABLES: [&str; 2] = ["MOTCUA_PIN", "MOTCUA_SECRET"];

const MAX_HEAD: usize = 1 << 20;
const MAX_BODY: usize = 1 << 30;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The other side closed the stream between two frames: a normal end.
    #[error("stream ended")]
    Ended,
    /// Not our magic or version, or a length out of bounds.
    #[error("frame is malformed")]
    Malformed,
    /// The head is not the JSON that was expected.
    #[error("frame head is not understood")]
    Head(#[from] serde_json::Error),
    /// The stream broke inside a frame.
    #[error("stream broke")]
    Io(#[from] io::Error),
}

/// Writes one frame and flushes.
///
/// # Errors
/// The head does not serialise, a part is too long, or the stream broke.
pub fn write_frame<H: Serialize>(to: &mut impl Write, head: &H, body: &[u8]) -> Result<(), FrameError> {
    let head = serde_json::to_vec(head)?;
    let head_len = u32::try_from(head.len()).map_err(|_| FrameError::Malformed)?;
    let body_len = u32::try_from(body.len()).map_err(|_| FrameError::Malformed)?;
    let mut start = [0u8; 12];
    start[..2].copy_from_slice(b"MC");
    start[2] = FRAME_VERSION;
    start[4..8].copy_from_slice(&head_len.to_le_bytes());
    start[8..].copy_from_slice(&body_len.to_le_bytes());
    to.write_all(&start)?;
    to.write_all(&head)?;
    to.write_all(body)?;
    to.flush()?;
    Ok(())
}

/// Reads one frame.
///
/// # Errors
/// [`FrameError::Ended`] when the stream ends cleanly before a frame; others inside one.
pub fn read_frame<H: DeserializeOwned>(from: &mut impl Read) -> Result<(H, Vec<u8>), FrameError> {
    let mut start = [0u8; 12];
    let mut filled = 0;
    while filled < start.len() {
        match from.read(&mut start[filled..]) {
            Ok(0) if filled == 0 => return Err(FrameError::Ended),
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    let length =
        |at: usize| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]) as usize;
    let (head_len, body_len) = (length(4), length(8));
    if &start[..2] != b"MC" || start[2] != FRAME_VERSION || head_len > MAX_HEAD || body_len > MAX_BODY {
        return Err(FrameError::Malformed);
    }
    let mut head = vec![0u8; head_len];
    from.read_exact(&mut head)?;
    let mut body = vec![0u8; body_len];
    from.read_exact(&mut body)?;
    Ok((serde_json::from_slice(&head)?, body))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_a_clean_end_is_told_apart_from_a_broken_one() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &("page", 3), b"xyz").unwrap();
        let mut from = &bytes[..];
        let (head, body): ((String, u32), _) = read_frame(&mut from).unwrap();
        assert_eq!((head.0.as_str(), head.1, &body[..]), ("page", 3, &b"xyz"[..]));
        assert!(matches!(read_frame::<String>(&mut from), Err(FrameError::Ended)));
        let mut cut = &bytes[..bytes.len() - 1];
        assert!(matches!(read_frame::<(String, u32)>(&mut cut), Err(FrameError::Io(_))));
    }

    #[test]
    fn another_version_is_refused() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &1u8, b"").unwrap();
        bytes[2] = 99;
        assert!(matches!(read_frame::<u8>(&mut &bytes[..]), Err(FrameError::Malformed)));
    }
}
