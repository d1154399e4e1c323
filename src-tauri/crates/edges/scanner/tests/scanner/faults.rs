//! What goes wrong, and what stays.

use crate::{Bench, SLOW, request};
use motcua_desk::ports::{ScanError, ScanFault, ScanRequest, Scanner, ScannerSource};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn signal(process: i32, signal: i32) {
    // SAFETY: signals the worker this test started.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(process, signal)
    };
}

#[tokio::test]
async fn every_status_of_a_driver_is_its_own_fault() {
    let Some(bench) = Bench::new() else { return };
    for (status, fault) in [
        ("SANE_STATUS_JAMMED", ScanFault::Jammed),
        ("SANE_STATUS_NO_DOCS", ScanFault::NoPaper),
        ("SANE_STATUS_COVER_OPEN", ScanFault::CoverOpen),
        ("SANE_STATUS_IO_ERROR", ScanFault::Io),
        ("SANE_STATUS_NO_MEM", ScanFault::NoMemory),
        ("SANE_STATUS_ACCESS_DENIED", ScanFault::Denied),
        ("SANE_STATUS_DEVICE_BUSY", ScanFault::Busy),
        ("SANE_STATUS_UNSUPPORTED", ScanFault::Unsupported),
        ("SANE_STATUS_INVAL", ScanFault::Unsupported),
        ("SANE_STATUS_EOF", ScanFault::Truncated),
    ] {
        let (pages, outcome) = bench.scan(&request("test:0", &[("read-return-value", status)])).await;
        assert_eq!(outcome, Err(ScanError::Fault(fault)), "{status}");
        assert_eq!(pages.len(), 0);
    }
    let (_, outcome) =
        bench.scan(&request("test:0", &[("read-return-value", "SANE_STATUS_CANCELLED")])).await;
    assert_eq!(outcome, Err(ScanError::Cancelled), "the button of the device cancels too");
}

#[tokio::test]
async fn the_other_test_device_says_the_same() {
    let Some(bench) = Bench::new() else { return };
    let path = bench.dir.path().join("page.ppm");
    std::fs::write(&path, b"P6\n1 1\n255\n\x01\x02\x03").unwrap();
    for (status, fault) in [
        ("status-eof", ScanFault::Truncated),
        ("status-jammed", ScanFault::Jammed),
        ("status-nodocs", ScanFault::NoPaper),
        ("status-coveropen", ScanFault::CoverOpen),
        ("status-ioerror", ScanFault::Io),
        ("status-nomem", ScanFault::NoMemory),
        ("status-accessdenied", ScanFault::Denied),
    ] {
        let asked = request("pnm:0", &[("filename", path.to_str().unwrap()), (status, "yes")]);
        assert_eq!(bench.scan(&asked).await.1, Err(ScanError::Fault(fault)), "{status}");
    }
}

#[tokio::test]
async fn pages_before_a_crash_stay_and_the_next_scan_works() {
    let Some(bench) = Bench::new() else { return };
    let options = [("read-delay", "yes"), ("read-delay-duration", "20000")];
    let asked = ScanRequest { source: ScannerSource::Feeder, dpi: 50, ..request("test:0", &options) };
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let killing = async {
        let mut pages = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
            if pages.len() == 2 {
                signal(bench.worker_soon().await, libc::SIGABRT);
            }
        }
        pages
    };
    let (outcome, pages) = tokio::join!(bench.scanner.scan(&asked, sender, &cancel), killing);
    assert_eq!(outcome, Err(ScanError::Fault(ScanFault::Crashed)));
    assert!(pages.len() >= 2, "the pages that were whole are kept");
    assert!(pages.iter().all(|p| p.samples.len() == (p.width * p.height * 3) as usize));
    let (_, outcome) = bench.scan(&request("test:0", &[])).await;
    assert_eq!(outcome, Ok(1), "a crash is over with the process");
}

#[tokio::test]
async fn pages_before_a_fault_stay() {
    let Some(bench) = Bench::new() else { return };
    // Asked to feed, the device of pictures gives its file once and then an end with no bytes.
    let path = bench.dir.path().join("page.ppm");
    std::fs::write(&path, b"P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06").unwrap();
    let asked = ScanRequest {
        source: ScannerSource::Feeder,
        ..request("pnm:0", &[("filename", path.to_str().unwrap())])
    };
    let (pages, outcome) = bench.scan(&asked).await;
    assert_eq!(outcome, Err(ScanError::Fault(ScanFault::Truncated)));
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].samples, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn cancelling_a_slow_scan_returns_at_once_and_the_device_is_cleaned_up_behind() {
    let Some(bench) = Bench::new() else { return };
    let asked = ScanRequest { dpi: 600, ..request("test:0", &SLOW) };
    let (sender, _receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let cancelling = async {
        bench.worker_soon().await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        cancel.cancel();
        Instant::now()
    };
    let (outcome, at) = tokio::join!(
        async { (bench.scanner.scan(&asked, sender, &cancel).await, Instant::now()) },
        cancelling
    );
    assert_eq!(outcome.0, Err(ScanError::Cancelled));
    assert!(outcome.1.duration_since(at) < Duration::from_millis(200));
    // A second scan is queued, not an error.
    assert_eq!(bench.scan(&request("test:0", &[])).await.1, Ok(1));
    assert!(bench.worker_gone_within(Duration::from_secs(3)).await);
}

#[tokio::test]
async fn cancelling_a_worker_that_hangs_returns_at_once_and_it_is_killed_behind() {
    let Some(bench) = Bench::new() else { return };
    let asked = ScanRequest { dpi: 600, ..request("test:0", &SLOW) };
    let (sender, _receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let cancelling = async {
        signal(bench.worker_soon().await, libc::SIGSTOP);
        cancel.cancel();
        Instant::now()
    };
    let (outcome, at) = tokio::join!(
        async { (bench.scanner.scan(&asked, sender, &cancel).await, Instant::now()) },
        cancelling
    );
    assert_eq!(outcome.0, Err(ScanError::Cancelled));
    assert!(outcome.1.duration_since(at) < Duration::from_millis(200));
    assert!(bench.worker_gone_within(Duration::from_secs(4)).await, "killed after its grace");
}

#[tokio::test]
async fn a_driver_that_hangs_is_killed_by_the_watchdog() {
    let Some(bench) = Bench::new() else { return };
    let scanner = bench.scanner.clone().with_watchdog(Duration::from_millis(1200));
    let asked = ScanRequest { dpi: 300, ..request("test:0", &SLOW) };
    let (sender, _receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let (outcome, ()) = tokio::join!(scanner.scan(&asked, sender, &cancel), async {
        let worker = bench.worker_soon().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        signal(worker, libc::SIGSTOP);
    });
    assert_eq!(outcome, Err(ScanError::Fault(ScanFault::Hung)));
    assert!(bench.worker_gone_within(Duration::from_secs(2)).await);
}

#[tokio::test]
async fn a_slow_device_that_keeps_giving_is_not_taken_for_hung() {
    let Some(bench) = Bench::new() else { return };
    let scanner = bench.scanner.clone().with_watchdog(Duration::from_millis(900));
    let asked = ScanRequest { dpi: 150, ..request("test:0", &SLOW) };
    let (sender, mut receiver) = mpsc::channel(1);
    let start = Instant::now();
    let cancel = CancellationToken::new();
    let (outcome, page) = tokio::join!(scanner.scan(&asked, sender, &cancel), receiver.recv());
    assert_eq!(outcome, Ok(1));
    assert!(page.is_some());
    assert!(
        start.elapsed() > Duration::from_millis(1500),
        "the scan outlasts the watchdog, {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_dropped_scan_leaves_no_worker() {
    let Some(bench) = Bench::new() else { return };
    let asked = ScanRequest { dpi: 600, ..request("test:0", &SLOW) };
    let (sender, _receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let scan = tokio::time::timeout(Duration::from_millis(700), bench.scanner.scan(&asked, sender, &cancel));
    assert!(scan.await.is_err());
    assert!(bench.worker_gone_within(Duration::from_secs(4)).await);
}

#[tokio::test]
async fn a_machine_without_sane_is_told_apart_from_one_without_scanners() {
    let bench = Bench::with_env(&[("MOTCUA_LIBSANE", "libsane-that-is-not-here.so.9")]);
    let listed = bench.scanner.list(&CancellationToken::new()).await;
    assert_eq!(listed, Err(ScanError::NoSystem));
    assert_eq!(bench.scan(&request("test:0", &[])).await.1, Err(ScanError::NoSystem));
    if let Some(bench) = Bench::new() {
        std::fs::write(bench.dir.path().join("dll.conf"), "").unwrap();
        assert_eq!(bench.scanner.list(&CancellationToken::new()).await, Ok(Vec::new()));
    }
}
