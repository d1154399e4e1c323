//! PDF bytes.
//!
//! Owns: page pictures → PDF/A-2b ([`assemble`]); a strict look at any PDF ([`inspect`]);
//! the byte-preserving update that carries a signature ([`prepare`]) and the reading of
//! signatures in a file ([`signatures`]); the counter's receipt ([`receipt`]) and its other
//! printed forms ([`office_form`]); the mark of a sheet that is printed again ([`marked`]).
//!
//! Does not know: certificates, keys, files, clock, randomness. Bytes in, bytes out.
//!
//! ```
//! assert_eq!(motcua_pdf::inspect(b"<!doctype html>"), Err(motcua_pdf::PdfError::NotPdf));
//! ```
#![forbid(unsafe_code)]

mod assemble;
mod changes;
mod error;
mod file;
mod forms;
mod inspect;
mod limits;
mod mark;
mod prepare;
mod receipt;
mod sheet;
mod signatures;
mod srgb;
mod token;

pub use assemble::{AssembleInfo, PageImage, assemble};
pub use error::PdfError;
pub use forms::{
    ApologyForm, BookForm, BookRow, ControlForm, ControlRow, FormHead, FormSubject, GuideForm, OfficeForm,
    RefusalForm, SlipForm, StoppedForm, SupplementForm, office_form,
};
pub use inspect::{PdfFacts, inspect};
pub use mark::{marked, page_size};
pub use prepare::{PreparedPdf, SignatureRequest, prepare};
pub use receipt::{FormFonts, ReceiptForm, ReceiptRow, receipt};
pub use sheet::{CodePicture, code_picture};
pub use signatures::{FoundSignature, signatures};
