//! The printer edge against a CUPS of the test's own: its own configuration, socket, spool and backend.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result, clippy::print_stderr, missing_docs)]

mod contract;
mod cups;

use cups::PrivateCups;
use motcua_desk::ports::{PrintError, PrintRequest, PrintSheet, Printer};
use motcua_printer::CupsPrinter;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_machine_without_cups_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let printer = CupsPrinter::at(dir.path().join("no.sock"));
    assert_eq!(printer.list().await, Err(PrintError::NoSystem));
    assert_eq!(printer.look("quay-1").await, Err(PrintError::NoSystem));
}

#[tokio::test]
async fn a_print_system_that_hangs_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("deaf.sock");
    let _deaf = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let printer = CupsPrinter::at(socket).with_patience(Duration::from_millis(300));
    let begun = Instant::now();
    assert_eq!(printer.list().await, Err(PrintError::Hung));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn nonsense_is_told_apart() {
    use std::io::{Read, Write};
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("mad.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0u8; 4096];
        let got = stream.read(&mut asked).unwrap();
        assert!(got > 0, "somebody asks");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhm?");
    });
    assert_eq!(CupsPrinter::at(socket).list().await, Err(PrintError::Malformed));
}

#[tokio::test]
async fn copies_paper_and_title_reach_the_device() {
    let Some(cups) = PrivateCups::start().await else { return };
    let request = PrintRequest {
        printer: cups::READY.into(),
        title: "Mot Cua".into(),
        sheet: PrintSheet::Slip { height: 123 },
        copies: 2,
    };
    let job = cups.printer.print(&request, b"%PDF-1.7 (DEMO)").await.unwrap();
    cups.until_over(&job).await;
    let told = cups.told();
    assert!(told.starts_with("copies=2 title=Mot Cua "), "{told}");
    assert!(told.contains("media=custom_slip_80x123mm"), "{told}");
}
