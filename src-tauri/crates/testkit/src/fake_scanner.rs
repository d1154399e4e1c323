//! A scanner whose sheets and faults a test lays in.

use async_trait::async_trait;
use motcua_desk::ports::{
    ColorMode, PageFormat, RawPage, ScanError, ScanFault, ScanRequest, Scanner, ScannerInfo,
};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Its only device.
pub const FAKE_DEVICE: &str = "fake:0";

/// Gives the pages of the next feed, then its fault if it has one.
#[derive(Default)]
pub struct FakeScanner {
    feeds: Mutex<VecDeque<(u32, Option<ScanFault>)>>,
}

impl FakeScanner {
    /// Lays in sheets for one scan.
    pub fn lay_in(&self, pages: u32) {
        self.push(pages, None);
    }

    /// Lays in sheets for one scan that ends with a fault.
    pub fn lay_in_then_fail(&self, pages: u32, fault: ScanFault) {
        self.push(pages, Some(fault));
    }

    fn push(&self, pages: u32, fault: Option<ScanFault>) {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner).push_back((pages, fault));
    }
}

#[async_trait]
impl Scanner for FakeScanner {
    async fn list(&self, cancel: &CancellationToken) -> Result<Vec<ScannerInfo>, ScanError> {
        if cancel.is_cancelled() {
            return Err(ScanError::Cancelled);
        }
        Ok(vec![ScannerInfo { id: FAKE_DEVICE.into(), label: "Máy quét thử nghiệm".into() }])
    }

    async fn scan(
        &self,
        request: &ScanRequest,
        pages: mpsc::Sender<RawPage>,
        cancel: &CancellationToken,
    ) -> Result<u32, ScanError> {
        if cancel.is_cancelled() {
            return Err(ScanError::Cancelled);
        }
        if request.device != FAKE_DEVICE {
            return Err(ScanError::Fault(ScanFault::Gone));
        }
        let feed = self.feeds.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let (count, fault) = feed.unwrap_or((0, Some(ScanFault::NoPaper)));
        for number in 0..count.min(request.max_pages) {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(ScanError::Cancelled),
                sent = pages.send(page(number, request)) => {
                    if sent.is_err() {
                        return Err(ScanError::Cancelled);
                    }
                }
            }
        }
        match fault {
            Some(fault) if count < request.max_pages => Err(ScanError::Fault(fault)),
            _ => Ok(count.min(request.max_pages)),
        }
    }
}

/// A small page; no two numbers look alike.
fn page(number: u32, request: &ScanRequest) -> RawPage {
    let (width, height) = (166u32, 234u32);
    let (format, depth) = match request.mode {
        ColorMode::Color => (PageFormat::Rgb8, 3),
        ColorMode::Gray => (PageFormat::Gray8, 1),
    };
    let shade = u8::try_from(250 - (number * 13) % 200).unwrap_or(0);
    let samples = (0..width * height * depth)
        .map(|i| if (i / depth) % 17 == number % 17 { 20 } else { shade })
        .collect();
    RawPage { width, height, format, dpi: request.dpi, samples }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::scanner::{SHEETS, ScannerBench, scanner_contract};
    use motcua_desk::ports::ScannerSource;

    struct Bench(FakeScanner);

    impl Bench {
        /// Only this scan's sheets: what an earlier request laid in and nobody scanned is taken out.
        fn lay_in(&self, pages: u32, fault: Option<ScanFault>) -> ScanRequest {
            self.0.feeds.lock().unwrap_or_else(PoisonError::into_inner).clear();
            self.0.push(pages, fault);
            ScanRequest {
                device: FAKE_DEVICE.into(),
                dpi: 200,
                mode: ColorMode::Color,
                source: ScannerSource::Feeder,
                max_pages: 50,
                options: vec![],
            }
        }
    }

    impl ScannerBench for Bench {
        fn scanner(&self) -> &dyn Scanner {
            &self.0
        }

        fn feeder(&self) -> ScanRequest {
            self.lay_in(SHEETS, None)
        }

        fn failing(&self, fault: ScanFault) -> ScanRequest {
            self.lay_in(0, Some(fault))
        }

        fn failing_after_pages(&self) -> (ScanRequest, u32, ScanFault) {
            (self.lay_in(2, Some(ScanFault::Jammed)), 2, ScanFault::Jammed)
        }
    }

    #[tokio::test]
    async fn the_twin_keeps_what_every_scanner_promises() {
        scanner_contract(&Bench(FakeScanner::default())).await;
    }
}
