//! Printers.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// How a printer is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PrinterState {
    /// Waits for work.
    Ready,
    /// Prints.
    Printing,
    /// Somebody, or the print system after a fault, stopped its queue.
    Stopped,
    /// No paper.
    PaperOut,
    /// Paper jam.
    Jammed,
    /// Switched off, or its cable or network is gone.
    Offline,
    /// Another fault it reports (cover, toner, …).
    Trouble,
}

impl PrinterState {
    /// Nothing is printed until somebody has looked after it.
    #[must_use]
    pub fn is_trouble(self) -> bool {
        !matches!(self, Self::Ready | Self::Printing)
    }
}

/// A printer as the print system lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PrinterInfo {
    /// Name of its queue; stored as the chosen printer.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// How it is now.
    pub state: PrinterState,
}

/// Size of the sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintSheet {
    /// 210 × 297 mm; landscape pages are turned by the print system.
    A4,
    /// 148 × 210 mm.
    A5,
    /// A strip of 80 mm.
    Slip {
        /// Its length in millimetres.
        height: u32,
    },
}

/// What to print, and on what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintRequest {
    /// Which printer.
    pub printer: String,
    /// Name of the job as the print system shows it to everybody: nothing of a person, and no dossier.
    pub title: String,
    /// Size of the sheet.
    pub sheet: PrintSheet,
    /// Whole copies, one after the other; at least one.
    pub copies: u32,
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// In the queue, or held up on the device.
    Waiting,
    /// On its way onto paper.
    Printing,
    /// Done, as far as the print system can tell.
    Printed,
    /// Somebody took it out of the queue.
    Cancelled,
    /// The print system gave it up.
    Failed,
}

impl JobState {
    /// Nothing changes any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Printed | Self::Cancelled | Self::Failed)
    }
}

/// Why the print system did not do it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// No print system on this machine, or it does not run.
    #[error("no print system on this machine")]
    NoSystem,
    /// It has no such printer (any more).
    #[error("printer is not known")]
    UnknownPrinter,
    /// It has no such job (any more).
    #[error("print job is not known")]
    UnknownJob,
    /// It does not take the job: the queue is closed, this user may not, or the printer cannot.
    #[error("print system refused")]
    Refused,
    /// The job is over: nothing is left to cancel.
    #[error("print job is over")]
    Over,
    /// No answer for too long. A job that was handed over may have been taken.
    #[error("print system does not answer")]
    Hung,
    /// It answers in a way nobody understands.
    #[error("print system answered nonsense")]
    Malformed,
}

/// Printers of this machine. Every method answers within its own time-out, seconds at most.
#[async_trait]
pub trait Printer: Send + Sync {
    /// The printers; empty when there is none.
    ///
    /// # Errors
    /// See [`PrintError`].
    async fn list(&self) -> Result<Vec<PrinterInfo>, PrintError>;

    /// One of them as it is now.
    ///
    /// # Errors
    /// `UnknownPrinter`; see [`PrintError`].
    async fn look(&self, printer: &str) -> Result<PrinterInfo, PrintError>;

    /// Hands a PDF over and returns as soon as the print system has all of it: the name of the job. A queue that is
    /// stopped or without paper takes it and keeps it waiting.
    ///
    /// # Errors
    /// See [`PrintError`]; after `Hung` nobody knows whether it was taken.
    async fn print(&self, request: &PrintRequest, pdf: &[u8]) -> Result<String, PrintError>;

    /// How far a job is.
    ///
    /// # Errors
    /// `UnknownJob`; see [`PrintError`].
    async fn job(&self, job: &str) -> Result<JobState, PrintError>;

    /// Takes a job that is not over out of its queue.
    ///
    /// # Errors
    /// `UnknownJob`, `Over`; see [`PrintError`].
    async fn cancel(&self, job: &str) -> Result<(), PrintError>;

    /// Takes a job and its bytes out of the print system's keeping, printed or not; one it does not know is forgotten.
    ///
    /// # Errors
    /// See [`PrintError`].
    async fn forget(&self, job: &str) -> Result<(), PrintError>;
}
