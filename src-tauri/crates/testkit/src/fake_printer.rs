//! Printers whose paper a test lays in and takes out.

use async_trait::async_trait;
use motcua_desk::ports::{JobState, PrintError, PrintRequest, Printer, PrinterInfo, PrinterState};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The printer of the forms.
pub const FAKE_PRINTER: &str = "quay-1";
/// The printer of the slips.
pub const FAKE_SLIP_PRINTER: &str = "phieu-80";

/// A sheet as it came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Printed {
    /// What was asked for.
    pub request: PrintRequest,
    /// The document.
    pub pdf: Vec<u8>,
}

/// Two printers. One that is well prints when it is asked how far a job is; one that is not keeps its jobs.
#[derive(Default)]
pub struct FakePrinter(Mutex<State>);

#[derive(Default)]
struct State {
    /// What each printer is like when it is not ready.
    trouble: BTreeMap<String, PrinterState>,
    closed: Option<PrintError>,
    jobs: BTreeMap<u32, (Printed, JobState)>,
    last: u32,
    out: Vec<Printed>,
}

impl FakePrinter {
    /// Something is wrong with a printer from now on, or (`Ready`) nothing any more.
    pub fn put(&self, printer: &str, state: PrinterState) {
        self.state().trouble.insert(printer.to_owned(), state);
    }

    /// What waits at a printer begins to come out, and stays there while something is wrong with the printer.
    pub fn begin(&self, printer: &str) {
        for (printed, state) in self.state().jobs.values_mut() {
            if printed.request.printer == printer && *state == JobState::Waiting {
                *state = JobState::Printing;
            }
        }
    }

    /// The print system answers with that error from now on, or (none) works again.
    pub fn close(&self, error: Option<PrintError>) {
        self.state().closed = error;
    }

    /// What came out, in order.
    #[must_use]
    pub fn out(&self) -> Vec<Printed> {
        self.state().out.clone()
    }

    /// Jobs whose bytes the print system still keeps.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.state().jobs.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, PrintError> {
        let state = self.state();
        match state.closed {
            Some(error) => Err(error),
            None => Ok(state),
        }
    }
}

impl State {
    fn info(&self, id: &str) -> Result<PrinterInfo, PrintError> {
        let label = match id {
            FAKE_PRINTER => "Máy in quầy 1 (DEMO)",
            FAKE_SLIP_PRINTER => "Máy in phiếu (DEMO)",
            _ => return Err(PrintError::UnknownPrinter),
        };
        let state = self.trouble.get(id).copied().unwrap_or(PrinterState::Ready);
        Ok(PrinterInfo { id: id.to_owned(), label: label.to_owned(), state })
    }

    /// Prints whatever can be printed.
    fn work(&mut self) {
        for (printed, state) in self.jobs.values_mut() {
            let printer = self.trouble.get(&printed.request.printer);
            if !state.is_over() && printer.is_none_or(|state| !state.is_trouble()) {
                *state = JobState::Printed;
                self.out.push(printed.clone());
            }
        }
    }
}

#[async_trait]
impl Printer for FakePrinter {
    async fn list(&self) -> Result<Vec<PrinterInfo>, PrintError> {
        let state = self.open()?;
        [FAKE_PRINTER, FAKE_SLIP_PRINTER].into_iter().map(|id| state.info(id)).collect()
    }

    async fn look(&self, printer: &str) -> Result<PrinterInfo, PrintError> {
        self.open()?.info(printer)
    }

    async fn print(&self, request: &PrintRequest, pdf: &[u8]) -> Result<String, PrintError> {
        let mut state = self.open()?;
        state.info(&request.printer)?;
        state.last += 1;
        let job = state.last;
        let printed = Printed { request: request.clone(), pdf: pdf.to_vec() };
        state.jobs.insert(job, (printed, JobState::Waiting));
        Ok(job.to_string())
    }

    async fn job(&self, job: &str) -> Result<JobState, PrintError> {
        let mut state = self.open()?;
        state.work();
        let number: u32 = job.parse().map_err(|_| PrintError::UnknownJob)?;
        state.jobs.get(&number).map(|(_, state)| *state).ok_or(PrintError::UnknownJob)
    }

    async fn cancel(&self, job: &str) -> Result<(), PrintError> {
        let mut state = self.open()?;
        let number: u32 = job.parse().map_err(|_| PrintError::UnknownJob)?;
        let (_, held) = state.jobs.get_mut(&number).ok_or(PrintError::UnknownJob)?;
        if held.is_over() {
            return Err(PrintError::Over);
        }
        *held = JobState::Cancelled;
        Ok(())
    }

    async fn forget(&self, job: &str) -> Result<(), PrintError> {
        let mut state = self.open()?;
        if let Ok(number) = job.parse::<u32>() {
            state.jobs.remove(&number);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::printer::{PrinterBench, printer_contract};

    struct Bench(FakePrinter);

    #[async_trait]
    impl PrinterBench for Bench {
        fn printer(&self) -> &dyn Printer {
            &self.0
        }

        fn ready(&self) -> &str {
            FAKE_PRINTER
        }

        async fn put(&self, state: PrinterState) -> String {
            self.0.put(FAKE_SLIP_PRINTER, state);
            FAKE_SLIP_PRINTER.to_owned()
        }

        async fn mend(&self) {
            self.0.put(FAKE_SLIP_PRINTER, PrinterState::Ready);
        }

        async fn out(&self) -> Vec<Vec<u8>> {
            self.0.out().into_iter().map(|printed| printed.pdf).collect()
        }

        async fn kept(&self) -> usize {
            self.0.kept()
        }
    }

    #[tokio::test]
    async fn the_twin_keeps_what_every_printer_promises() {
        printer_contract(&Bench(FakePrinter::default())).await;
    }
}
