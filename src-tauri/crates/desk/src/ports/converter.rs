//! Word files to PDF.

use crate::error::FileError;
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

/// How a Word file is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WordFormat {
    /// The binary format of Word 97 to 2003 ([MS-DOC]).
    Doc,
    /// Office Open XML (ECMA-376).
    Docx,
}

impl WordFormat {
    /// How a file of it is called, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Docx => "docx",
        }
    }
}

/// The program that converts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConverterInfo {
    /// What people call it.
    pub name: String,
    /// The operating system keeps it from the network, whatever the document asks for; where it is not, only the program's
    /// own settings do.
    pub fenced: bool,
}

/// Why no PDF was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// This machine has no program for it.
    #[error("no converter is installed")]
    Missing,
    /// The file is not one that is converted.
    #[error(transparent)]
    File(#[from] FileError),
    /// The program could not read it, crashed, or needed more memory than it gets.
    #[error("the converter made no PDF of it")]
    Failed,
    /// It took longer than it gets.
    #[error("the converter took too long")]
    Hung,
    /// The PDF is larger than what is taken.
    #[error("the PDF is too large")]
    TooLarge,
    /// No private place for it in memory or on the disk.
    #[error("no room to convert in")]
    NoRoom,
    /// Stopped by the officer; nothing is left of it.
    #[error("conversion was cancelled")]
    Cancelled,
}

/// Makes a PDF of a Word file, on this machine and without the network. Nothing the file carries is executed or fetched, and
/// whatever the end (also a cancelled or dropped call), nothing of it stays outside the answer.
#[async_trait]
pub trait Converter: Send + Sync {
    /// Which program would do it. Starts nothing.
    ///
    /// # Errors
    /// [`ConvertError::Missing`].
    async fn about(&self) -> Result<ConverterInfo, ConvertError>;

    /// Converts. One file at a time: a second call waits for the first.
    ///
    /// # Errors
    /// See [`ConvertError`]; a file that [`crate::word_format`] refuses is refused here too.
    async fn to_pdf(&self, word: &[u8], cancel: &CancellationToken) -> Result<Vec<u8>, ConvertError>;
}
