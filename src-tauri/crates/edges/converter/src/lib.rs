//! Word files to PDF by LibreOffice, in a child process.
//!
//! Owns: where LibreOffice is looked for, the throw-away profile it runs with, its limits, the fence around it, and the
//! private place in memory that holds the file meanwhile. Does not know: dossiers, and what becomes of the PDF.
//!
//! A document is hostile until it was converted. The child runs no macro, follows no link, gets no socket but local ones
//! (Linux: a seccomp filter, which its own children inherit), so much memory and so much time; it dies with this program,
//! and what it leaves is removed, at the latest by the next start.
//!
//! ```no_run
//! # async fn convert(docx: &[u8]) {
//! use motcua_desk::ports::Converter;
//! let office = motcua_converter::LibreOffice::of_this_machine();
//! let pdf = office.to_pdf(docx, &Default::default()).await;
//! # drop(pdf);
//! # }
//! ```

mod child;
#[cfg(unix)]
mod fence;
mod office;
mod places;
mod profile;
mod scratch;

pub use office::LibreOffice;
