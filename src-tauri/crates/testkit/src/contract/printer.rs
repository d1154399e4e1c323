//! What every print system promises, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use async_trait::async_trait;
use motcua_desk::ports::{JobState, PrintError, PrintRequest, PrintSheet, Printer, PrinterState};
use std::time::Duration;

/// Print systems need a moment from one state to the next.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// A print system as each make sets it up: a printer that is well, and one whose state the suite chooses.
#[async_trait]
pub trait PrinterBench: Sync {
    /// The print system.
    fn printer(&self) -> &dyn Printer;
    /// A printer that is well.
    fn ready(&self) -> &str;
    /// Puts the other printer into that state, and says which one it is.
    async fn put(&self, state: PrinterState) -> String;
    /// The other printer works again.
    async fn mend(&self);
    /// What came out on any of them, in order.
    async fn out(&self) -> Vec<Vec<u8>>;
    /// Documents the print system still keeps.
    async fn kept(&self) -> usize;
}

/// Runs the whole suite on one bench.
pub async fn printer_contract(bench: &dyn PrinterBench) {
    printers_are_listed_under_names_that_stay(bench).await;
    what_is_printed_comes_out_as_it_was_handed_over(bench).await;
    a_forgotten_job_leaves_nothing_behind(bench).await;
    for state in [PrinterState::PaperOut, PrinterState::Stopped] {
        a_printer_in_trouble_keeps_its_job_until_it_is_well(bench, state).await;
        what_waits_can_be_taken_out(bench, state).await;
    }
    each_trouble_is_its_own(bench).await;
    what_is_not_there_is_said_to_be_unknown(bench).await;
}

fn document(text: &str) -> Vec<u8> {
    let mut pdf = crate::unsigned_pdf(7);
    // Behind the end of the file a comment is part of it.
    pdf.extend(format!("% {text}\n").bytes());
    pdf
}

fn request(printer: &str) -> PrintRequest {
    PrintRequest { printer: printer.to_owned(), title: "Mot Cua".into(), sheet: PrintSheet::A5, copies: 1 }
}

/// How the job ends.
async fn end_of(bench: &dyn PrinterBench, job: &str) -> JobState {
    for _ in 0..TRIES {
        let state = bench.printer().job(job).await.unwrap();
        if state.is_over() {
            return state;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("job {job} does not end");
}

async fn becomes(bench: &dyn PrinterBench, printer: &str, wished: PrinterState) {
    let mut seen = None;
    for _ in 0..TRIES {
        seen = Some(bench.printer().look(printer).await.unwrap().state);
        if seen == Some(wished) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{printer} is {seen:?}, not {wished:?}");
}

async fn printers_are_listed_under_names_that_stay(bench: &dyn PrinterBench) {
    let listed = bench.printer().list().await.unwrap();
    let ready = listed.iter().find(|printer| printer.id == bench.ready()).unwrap();
    assert_eq!(ready.state, PrinterState::Ready);
    assert!(listed.iter().all(|printer| !printer.label.is_empty()), "a name for people each: {listed:?}");
    assert_eq!(&bench.printer().look(bench.ready()).await.unwrap(), ready, "the same alone and in the list");
}

async fn what_is_printed_comes_out_as_it_was_handed_over(bench: &dyn PrinterBench) {
    let pdf = document("as it is");
    let job = bench.printer().print(&request(bench.ready()), &pdf).await.unwrap();
    assert_eq!(end_of(bench, &job).await, JobState::Printed);
    assert_eq!(bench.out().await.last(), Some(&pdf), "not a byte more or less");
    assert_eq!(bench.printer().cancel(&job).await, Err(PrintError::Over), "paper is not taken back");
}

async fn a_forgotten_job_leaves_nothing_behind(bench: &dyn PrinterBench) {
    let job = bench.printer().print(&request(bench.ready()), &document("nobody's")).await.unwrap();
    assert_eq!(end_of(bench, &job).await, JobState::Printed);
    let kept = bench.kept().await;
    assert_eq!(bench.printer().forget(&job).await, Ok(()));
    assert_eq!(bench.kept().await, kept - 1, "the document is gone from the queue");
    assert_eq!(bench.printer().job(&job).await, Err(PrintError::UnknownJob));
    assert_eq!(bench.printer().forget(&job).await, Ok(()), "again is free");
}

async fn a_printer_in_trouble_keeps_its_job_until_it_is_well(bench: &dyn PrinterBench, state: PrinterState) {
    let printer = bench.put(state).await;
    let pdf = document(&format!("{state:?}"));
    let job = bench.printer().print(&request(&printer), &pdf).await.unwrap();
    becomes(bench, &printer, state).await;
    assert!(!bench.printer().job(&job).await.unwrap().is_over(), "it waits");
    assert_ne!(bench.out().await.last(), Some(&pdf));
    bench.mend().await;
    assert_eq!(end_of(bench, &job).await, JobState::Printed);
    assert_eq!(bench.out().await.last(), Some(&pdf), "what waited came out");
    becomes(bench, &printer, PrinterState::Ready).await;
}

async fn what_waits_can_be_taken_out(bench: &dyn PrinterBench, state: PrinterState) {
    let printer = bench.put(state).await;
    let pdf = document("taken out");
    let job = bench.printer().print(&request(&printer), &pdf).await.unwrap();
    becomes(bench, &printer, state).await;
    assert_eq!(bench.printer().cancel(&job).await, Ok(()));
    assert_eq!(end_of(bench, &job).await, JobState::Cancelled);
    bench.mend().await;
    becomes(bench, &printer, PrinterState::Ready).await;
    assert!(!bench.out().await.contains(&pdf), "it does not come out later");
    assert_eq!(bench.printer().forget(&job).await, Ok(()));
}

async fn each_trouble_is_its_own(bench: &dyn PrinterBench) {
    for state in [PrinterState::Jammed, PrinterState::Offline, PrinterState::Trouble] {
        let printer = bench.put(state).await;
        let job = bench.printer().print(&request(&printer), &document("kept")).await.unwrap();
        becomes(bench, &printer, state).await;
        assert_eq!(bench.printer().cancel(&job).await, Ok(()));
        bench.mend().await;
        becomes(bench, &printer, PrinterState::Ready).await;
    }
}

async fn what_is_not_there_is_said_to_be_unknown(bench: &dyn PrinterBench) {
    let port = bench.printer();
    assert_eq!(port.look("khong-co").await, Err(PrintError::UnknownPrinter));
    let nowhere = port.print(&request("khong-co"), &document("nowhere")).await;
    assert_eq!(nowhere, Err(PrintError::UnknownPrinter));
    assert_eq!(port.job("999999").await, Err(PrintError::UnknownJob));
    assert_eq!(port.job("không phải số").await, Err(PrintError::UnknownJob));
    assert_eq!(port.cancel("999999").await, Err(PrintError::UnknownJob));
}
