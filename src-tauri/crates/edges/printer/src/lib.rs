//! Printers through CUPS.
//!
//! Owns: the Internet Printing Protocol (RFC 8010, RFC 8011) as far as a counter needs it, spoken over the domain socket
//! of the print system of this machine. Does not know: what is printed and why. No child process, no temporary file: the
//! bytes of a form go from memory to CUPS, which keeps them until the job is forgotten.
//!
//! ```no_run
//! # async fn look() {
//! use motcua_desk::ports::Printer;
//! let printers = motcua_printer::CupsPrinter::of_this_machine().list().await;
//! # drop(printers);
//! # }
//! ```

mod cups;
mod ipp;
mod owner;
mod talk;

pub use cups::CupsPrinter;
