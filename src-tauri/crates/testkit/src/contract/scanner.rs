//! What every scanner promises, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use motcua_desk::ports::{ColorMode, PageFormat, RawPage, ScanError, ScanFault, ScanRequest, Scanner};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Sheets a full feeder holds.
pub const SHEETS: u32 = 10;

/// Faults a device can have before its first page.
const FAULTS: [ScanFault; 8] = [
    ScanFault::Jammed,
    ScanFault::NoPaper,
    ScanFault::CoverOpen,
    ScanFault::Busy,
    ScanFault::Denied,
    ScanFault::Io,
    ScanFault::NoMemory,
    ScanFault::Unsupported,
];

/// A scanner and its devices as each make sets them up. Every call prepares one scan.
pub trait ScannerBench {
    /// The scanner.
    fn scanner(&self) -> &dyn Scanner;
    /// Fills a feeder with [`SHEETS`] sheets: what to ask for to get them, in colour.
    fn feeder(&self) -> ScanRequest;
    /// A device that has this fault before its first page.
    fn failing(&self, fault: ScanFault) -> ScanRequest;
    /// A device that fails after so many whole pages, with that fault.
    fn failing_after_pages(&self) -> (ScanRequest, u32, ScanFault);
}

/// Runs the whole suite on one bench.
pub async fn scanner_contract(bench: &dyn ScannerBench) {
    devices_are_listed_under_names_that_stay(bench).await;
    whole_pages_arrive_one_by_one_while_the_scan_goes_on(bench).await;
    no_more_pages_come_than_were_asked_for(bench).await;
    grey_is_grey(bench).await;
    each_fault_is_its_own(bench).await;
    a_fault_keeps_the_pages_before_it(bench).await;
    an_unknown_device_is_gone(bench).await;
    cancelling_keeps_the_pages_already_there(bench).await;
    what_is_cancelled_beforehand_does_not_begin(bench).await;
}

async fn devices_are_listed_under_names_that_stay(bench: &dyn ScannerBench) {
    let listed = bench.scanner().list(&CancellationToken::new()).await.unwrap();
    assert!(listed.iter().any(|d| d.id == bench.feeder().device), "the device is among {listed:?}");
    assert!(listed.iter().all(|d| !d.id.is_empty() && !d.label.is_empty()), "a name for people each");
    for (n, device) in listed.iter().enumerate() {
        assert!(listed[..n].iter().all(|d| d.id != device.id), "{} is there once", device.id);
    }
    let again = bench.scanner().list(&CancellationToken::new()).await.unwrap();
    assert_eq!(again, listed, "the chosen device is found again under its id");
}

async fn whole_pages_arrive_one_by_one_while_the_scan_goes_on(bench: &dyn ScannerBench) {
    let request = bench.feeder();
    let (sender, mut receiver) = mpsc::channel(1);
    let (cancel, going) = (CancellationToken::new(), AtomicBool::new(true));
    let scanning = async {
        let outcome = bench.scanner().scan(&request, sender, &cancel).await;
        going.store(false, Ordering::SeqCst);
        outcome
    };
    let taking = async {
        let (mut pages, mut meanwhile) = (0, 0);
        while let Some(page) = receiver.recv().await {
            assert_whole(&page, &request);
            pages += 1;
            meanwhile += u32::from(going.load(Ordering::SeqCst));
        }
        (pages, meanwhile)
    };
    let (outcome, (pages, meanwhile)) = tokio::join!(scanning, taking);
    assert_eq!((outcome, pages), (Ok(SHEETS), SHEETS), "an empty feeder after a page is the normal end");
    assert!(meanwhile + 2 >= SHEETS, "pages are not held back to the end: {meanwhile} came before it");
}

async fn no_more_pages_come_than_were_asked_for(bench: &dyn ScannerBench) {
    let request = ScanRequest { max_pages: 3, ..bench.feeder() };
    let (pages, outcome) = scan(bench, &request).await;
    assert_eq!((outcome, pages.len()), (Ok(3), 3), "the count is of pages given");
}

async fn grey_is_grey(bench: &dyn ScannerBench) {
    let request = ScanRequest { mode: ColorMode::Gray, max_pages: 1, ..bench.feeder() };
    let (pages, outcome) = scan(bench, &request).await;
    assert_eq!(outcome, Ok(1));
    assert_whole(&pages[0], &request);
}

async fn each_fault_is_its_own(bench: &dyn ScannerBench) {
    for fault in FAULTS {
        let request = bench.failing(fault);
        let (pages, outcome) = scan(bench, &request).await;
        assert_eq!((outcome, pages.len()), (Err(ScanError::Fault(fault)), 0));
    }
}

async fn a_fault_keeps_the_pages_before_it(bench: &dyn ScannerBench) {
    let (request, before, fault) = bench.failing_after_pages();
    let (pages, outcome) = scan(bench, &request).await;
    assert_eq!(outcome, Err(ScanError::Fault(fault)));
    assert_eq!(pages.len(), before as usize, "pages sent before stay good");
    pages.iter().for_each(|page| assert_whole(page, &request));
}

async fn an_unknown_device_is_gone(bench: &dyn ScannerBench) {
    let request = ScanRequest { device: "nowhere:9".into(), ..bench.feeder() };
    let (pages, outcome) = scan(bench, &request).await;
    assert_eq!((outcome, pages.len()), (Err(ScanError::Fault(ScanFault::Gone)), 0), "gone is not busy");
}

async fn cancelling_keeps_the_pages_already_there(bench: &dyn ScannerBench) {
    let request = bench.feeder();
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let stopping = async {
        let first = receiver.recv().await;
        cancel.cancel();
        first
    };
    let both = async { tokio::join!(bench.scanner().scan(&request, sender, &cancel), stopping) };
    // Nobody takes the second page: cancelling must not wait for that.
    let ended = tokio::time::timeout(Duration::from_secs(5), both).await;
    let (outcome, first) = ended.expect("a cancelled scan returns");
    assert_eq!(outcome, Err(ScanError::Cancelled), "cancelled is told apart from a fault");
    assert_whole(&first.unwrap(), &request);
    while let Ok(page) = receiver.try_recv() {
        assert_whole(&page, &request);
    }
    let request = bench.feeder();
    assert_eq!(scan(bench, &request).await.1, Ok(SHEETS), "the device is free for the next scan");
}

async fn what_is_cancelled_beforehand_does_not_begin(bench: &dyn ScannerBench) {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let (sender, mut receiver) = mpsc::channel(1);
    let outcome = bench.scanner().scan(&bench.feeder(), sender, &cancel).await;
    assert_eq!(outcome, Err(ScanError::Cancelled));
    assert!(receiver.recv().await.is_none(), "no page came");
    assert_eq!(bench.scanner().list(&cancel).await, Err(ScanError::Cancelled));
}

/// Scans to the end: the pages that came and how it ended.
async fn scan(bench: &dyn ScannerBench, request: &ScanRequest) -> (Vec<RawPage>, Result<u32, ScanError>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let taking = async {
        let mut pages = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    let (outcome, pages) = tokio::join!(bench.scanner().scan(request, sender, &cancel), taking);
    (pages, outcome)
}

fn assert_whole(page: &RawPage, request: &ScanRequest) {
    let (format, depth) = match request.mode {
        ColorMode::Color => (PageFormat::Rgb8, 3),
        ColorMode::Gray => (PageFormat::Gray8, 1),
    };
    assert_eq!(page.format, format, "the colour that was asked for");
    assert_eq!(page.samples.len(), page.width as usize * page.height as usize * depth, "a whole page");
    assert!(!page.samples.is_empty() && page.dpi == request.dpi);
}
