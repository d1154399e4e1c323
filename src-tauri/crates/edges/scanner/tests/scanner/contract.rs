//! The suite every scanner is held to, on SANE's own devices.

use crate::{Bench, request};
use motcua_desk::ports::{ScanFault, ScanRequest, Scanner, ScannerSource};
use motcua_testkit::contract::scanner::{ScannerBench, scanner_contract};

impl ScannerBench for Bench {
    fn scanner(&self) -> &dyn Scanner {
        &self.scanner
    }

    fn feeder(&self) -> ScanRequest {
        // The test device's feeder holds ten sheets, always.
        ScanRequest { source: ScannerSource::Feeder, ..request("test:0", &[]) }
    }

    fn failing(&self, fault: ScanFault) -> ScanRequest {
        let status = match fault {
            ScanFault::Jammed => "SANE_STATUS_JAMMED",
            ScanFault::NoPaper => "SANE_STATUS_NO_DOCS",
            ScanFault::CoverOpen => "SANE_STATUS_COVER_OPEN",
            ScanFault::Busy => "SANE_STATUS_DEVICE_BUSY",
            ScanFault::Denied => "SANE_STATUS_ACCESS_DENIED",
            ScanFault::Io => "SANE_STATUS_IO_ERROR",
            ScanFault::NoMemory => "SANE_STATUS_NO_MEM",
            ScanFault::Unsupported => "SANE_STATUS_UNSUPPORTED",
            other => panic!("the test device cannot be {other:?}"),
        };
        request("test:0", &[("read-return-value", status)])
    }

    fn failing_after_pages(&self) -> (ScanRequest, u32, ScanFault) {
        // Asked to feed, the device of pictures gives its file once and then an end with no bytes.
        let path = self.dir.path().join("once.ppm");
        std::fs::write(&path, b"P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06").unwrap();
        let asked = request("pnm:0", &[("filename", path.to_str().unwrap())]);
        (ScanRequest { source: ScannerSource::Feeder, ..asked }, 1, ScanFault::Truncated)
    }
}

#[tokio::test]
async fn sane_keeps_what_every_scanner_promises() {
    let Some(bench) = Bench::new() else { return };
    scanner_contract(&bench).await;
}
