//! The port over CUPS.

use crate::ipp::{Answer, Group, Operation, Request};
use crate::owner::login;
use crate::talk::ask;
use async_trait::async_trait;
use motcua_desk::ports::{
    JobState, PrintError, PrintRequest, PrintSheet, Printer, PrinterInfo, PrinterState,
};
use std::path::PathBuf;
use std::time::Duration;

/// Where CUPS listens unless somebody says otherwise.
const SOCKET: &str = "/run/cups/cups.sock";
/// CUPS's own variable for that.
const SERVER: &str = "CUPS_SERVER";

/// A question is answered from memory.
const PATIENCE: Duration = Duration::from_secs(5);
/// A document is written to the spool.
const PATIENCE_WITH_DOCUMENT: Duration = Duration::from_secs(30);

/// Status codes (RFC 8011, appendix B).
const FAILED: u16 = 0x0400;
const NOT_POSSIBLE: u16 = 0x0404;
const NOT_FOUND: u16 = 0x0406;
const GONE: u16 = 0x0407;

/// Most copies of one job.
const MOST_COPIES: u32 = 99;

const ABOUT_PRINTER: [&str; 5] =
    ["printer-name", "printer-info", "printer-state", "printer-state-reasons", "printer-is-accepting-jobs"];

/// CUPS at its domain socket.
pub struct CupsPrinter {
    socket: PathBuf,
    patience: Duration,
}

impl CupsPrinter {
    /// The print system at that socket.
    #[must_use]
    pub fn at(socket: PathBuf) -> Self {
        Self { socket, patience: PATIENCE }
    }

    /// The print system of this machine: where `CUPS_SERVER` says, when that is a socket, or where CUPS usually listens.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let named = std::env::var_os(SERVER).map(PathBuf::from).filter(|path| path.is_absolute());
        Self::at(named.unwrap_or_else(|| PathBuf::from(SOCKET)))
    }

    /// Waits so long for an answer instead of the usual time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn ask(&self, path: &str, request: Request) -> Result<Answer, PrintError> {
        ask(&self.socket, path, request.finish(&[]), self.patience).await
    }
}

#[async_trait]
impl Printer for CupsPrinter {
    async fn list(&self) -> Result<Vec<PrinterInfo>, PrintError> {
        let request = Request::new(Operation::Printers).keywords("requested-attributes", &ABOUT_PRINTER);
        let answer = self.ask("/", request).await?;
        match answer.status {
            // CUPS says so when it has no queue.
            NOT_FOUND => Ok(vec![]),
            status if status >= FAILED => Err(PrintError::Refused),
            _ => Ok(answer.groups.iter().filter_map(printer_of).collect()),
        }
    }

    async fn look(&self, printer: &str) -> Result<PrinterInfo, PrintError> {
        let path = path_of(printer)?;
        let request = Request::new(Operation::PrinterAttributes)
            .uri("printer-uri", &uri_of(&path))
            .keywords("requested-attributes", &ABOUT_PRINTER);
        let answer = known(self.ask(&path, request).await?, PrintError::UnknownPrinter)?;
        answer.groups.iter().find_map(printer_of).ok_or(PrintError::Malformed)
    }

    async fn print(&self, request: &PrintRequest, pdf: &[u8]) -> Result<String, PrintError> {
        let path = path_of(&request.printer)?;
        let copies = i32::try_from(request.copies.clamp(1, MOST_COPIES)).unwrap_or(1);
        let message = named(Request::new(Operation::PrintJob).uri("printer-uri", &uri_of(&path)))
            .name("job-name", &request.title)
            .media_type("document-format", "application/pdf")
            .job()
            .integer("copies", copies)
            .keyword("media", &media(request.sheet))
            .keyword("print-scaling", "auto")
            .keyword("sides", "one-sided")
            .keyword("multiple-document-handling", "separate-documents-collated-copies")
            .finish(pdf);
        let patience = self.patience.max(PATIENCE_WITH_DOCUMENT);
        let answer = ask(&self.socket, &path, message, patience).await?;
        let answer = known(answer, PrintError::UnknownPrinter)?;
        let job = answer.groups.iter().find_map(|group| group.number("job-id"));
        job.map(|job| job.to_string()).ok_or(PrintError::Malformed)
    }

    async fn job(&self, job: &str) -> Result<JobState, PrintError> {
        let number = number_of(job)?;
        let request = named(Request::new(Operation::JobAttributes).uri("job-uri", &job_uri(number)))
            .keywords("requested-attributes", &["job-state"]);
        let answer = known(self.ask("/jobs/", request).await?, PrintError::UnknownJob)?;
        let state = answer.groups.iter().find_map(|group| group.number("job-state"));
        state.and_then(job_state).ok_or(PrintError::Malformed)
    }

    async fn cancel(&self, job: &str) -> Result<(), PrintError> {
        let number = number_of(job)?;
        let request = named(Request::new(Operation::CancelJob).uri("job-uri", &job_uri(number)));
        match self.ask("/jobs/", request).await? {
            answer if answer.status == NOT_POSSIBLE => Err(PrintError::Over),
            answer => known(answer, PrintError::UnknownJob).map(drop),
        }
    }

    async fn forget(&self, job: &str) -> Result<(), PrintError> {
        let number = number_of(job)?;
        let request = named(Request::new(Operation::CancelJob).uri("job-uri", &job_uri(number)))
            .boolean("purge-job", true);
        match known(self.ask("/jobs/", request).await?, PrintError::UnknownJob) {
            Ok(_) | Err(PrintError::UnknownJob) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Says who asks. Without a name CUPS takes the job as anybody's.
fn named(request: Request) -> Request {
    match login() {
        Some(name) => request.name("requesting-user-name", &name),
        None => request,
    }
}

/// An answer that says "done".
fn known(answer: Answer, absent: PrintError) -> Result<Answer, PrintError> {
    match answer.status {
        NOT_FOUND | GONE => Err(absent),
        status if status >= FAILED => {
            tracing::debug!(status, "print system refuses");
            Err(PrintError::Refused)
        }
        _ => Ok(answer),
    }
}

/// Names of queues have no blank, no slash and no sign that would end the path.
fn path_of(printer: &str) -> Result<String, PrintError> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"/#?\\'\"".contains(c);
    if printer.is_empty() || !printer.chars().all(fits) {
        return Err(PrintError::UnknownPrinter);
    }
    let mut path = String::from("/printers/");
    for byte in printer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(path)
}

fn uri_of(path: &str) -> String {
    format!("ipp://localhost{path}")
}

fn job_uri(number: i32) -> String {
    format!("ipp://localhost/jobs/{number}")
}

fn number_of(job: &str) -> Result<i32, PrintError> {
    job.parse().ok().filter(|number| *number > 0).ok_or(PrintError::UnknownJob)
}

fn printer_of(group: &Group) -> Option<PrinterInfo> {
    let id = group.text("printer-name")?;
    let label = group.text("printer-info").filter(|label| !label.trim().is_empty());
    let accepts = group.is("printer-is-accepting-jobs").unwrap_or(true);
    let state = state_of(group.number("printer-state")?, &group.texts("printer-state-reasons"), accepts);
    Some(PrinterInfo { label: label.unwrap_or_else(|| id.clone()), id, state })
}

/// State and reasons (RFC 8011, sections 5.4.11 and 5.4.12). What a person must see to comes first, the stopped queue last:
/// CUPS stops a queue for some of these reasons.
fn state_of(state: i32, reasons: &[String], accepts: bool) -> PrinterState {
    const STOPPED: i32 = 5;
    const PROCESSING: i32 = 4;
    // Said with or without its weight; of reports only that one is a fault, drivers use it for nothing else.
    let said = |words: &[&str]| {
        reasons.iter().any(|reason| {
            let plain = reason.trim_end_matches("-error").trim_end_matches("-warning");
            words.contains(&plain)
        })
    };
    if said(&["media-jam"]) {
        PrinterState::Jammed
    } else if said(&["media-empty", "media-needed"]) {
        PrinterState::PaperOut
    } else if said(&["offline", "offline-report", "shutdown", "connecting-to-device", "timed-out"]) {
        PrinterState::Offline
    } else if reasons.iter().any(|reason| reason.ends_with("-error")) {
        PrinterState::Trouble
    } else if state == STOPPED || !accepts {
        PrinterState::Stopped
    } else if state == PROCESSING {
        PrinterState::Printing
    } else {
        PrinterState::Ready
    }
}

/// States of a job (RFC 8011, section 5.3.7).
fn job_state(state: i32) -> Option<JobState> {
    Some(match state {
        // pending, held, stopped
        3 | 4 | 6 => JobState::Waiting,
        5 => JobState::Printing,
        7 => JobState::Cancelled,
        8 => JobState::Failed,
        9 => JobState::Printed,
        _ => return None,
    })
}

/// Names of media (PWG 5101.1).
fn media(sheet: PrintSheet) -> String {
    match sheet {
        PrintSheet::A4 => "iso_a4_210x297mm".to_owned(),
        PrintSheet::A5 => "iso_a5_148x210mm".to_owned(),
        PrintSheet::Slip { height } => format!("custom_slip_80x{height}mm"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(number: i32, reasons: &[&str]) -> PrinterState {
        let reasons: Vec<String> = reasons.iter().map(|&reason| reason.to_owned()).collect();
        state_of(number, &reasons, true)
    }

    #[test]
    fn what_a_person_must_see_to_is_told_before_the_queue() {
        assert_eq!(state(3, &["none"]), PrinterState::Ready);
        assert_eq!(state(4, &["none"]), PrinterState::Printing);
        assert_eq!(state(5, &["paused"]), PrinterState::Stopped);
        assert_eq!(state(5, &["media-empty-error", "paused"]), PrinterState::PaperOut);
        assert_eq!(state(4, &["media-empty"]), PrinterState::PaperOut);
        assert_eq!(state(3, &["media-jam-warning"]), PrinterState::Jammed);
        assert_eq!(state(4, &["media-empty-report"]), PrinterState::Printing, "a report is no fault");
        assert_eq!(state(4, &["offline-report"]), PrinterState::Offline, "but this one is");
        assert_eq!(state(3, &["offline"]), PrinterState::Offline);
        assert_eq!(state(3, &["cover-open-error"]), PrinterState::Trouble);
        assert_eq!(state(3, &["toner-low-warning"]), PrinterState::Ready, "it prints on");
        assert_eq!(state_of(3, &[], false), PrinterState::Stopped, "a closed queue takes nothing");
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_the_path() {
        assert_eq!(path_of("Máy-1"), Ok("/printers/M%C3%A1y-1".to_owned()));
        for name in ["", "../admin", "a b", "a?x", "a#x"] {
            assert_eq!(path_of(name), Err(PrintError::UnknownPrinter), "{name}");
        }
    }
}
