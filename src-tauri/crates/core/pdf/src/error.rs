//! Why a PDF is refused.

/// What is wrong with a PDF, or with what was asked of it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// The content is something else (a DOC, a picture, a web page), whatever its name says.
    #[error("content is not a pdf")]
    NotPdf,
    /// The file calls itself PDF and cannot be read strictly; the text names the place, never the content.
    #[error("pdf is broken: {0}")]
    Broken(&'static str),
    /// Reading the file would take more memory than a document needs: a trap, or damage that looks like one.
    /// Of a form: a name or a code that no place on it has room for.
    #[error("pdf asks for too much: {0}")]
    TooMuch(&'static str),
    /// The file needs a password or is encrypted with an empty one.
    #[error("pdf is encrypted")]
    Encrypted,
    /// The file can be read, but an in-place signature would be misread by other programs;
    /// a cleaned, unsigned copy can be signed.
    #[error("pdf cannot be signed in place: {0}")]
    NotSignable(&'static str),
    /// The signature does not fit into the space reserved for it.
    #[error("signature of {needed} bytes does not fit into the {reserved} reserved")]
    TooLarge {
        /// Size of the signature.
        needed: usize,
        /// Space reserved.
        reserved: usize,
    },
    /// A page picture that cannot go into a PDF as it is.
    #[error("page picture cannot be used: {0}")]
    Picture(&'static str),
    /// A document without pages was asked for.
    #[error("no page")]
    Empty,
    /// A font handed in cannot be used.
    #[error("font cannot be used")]
    Font,
}
