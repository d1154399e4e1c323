//! The suite every print system is held to, on CUPS.

use crate::cups::{OTHER, PrivateCups, READY};
use async_trait::async_trait;
use motcua_desk::ports::{Printer, PrinterState};
use motcua_testkit::contract::printer::{PrinterBench, printer_contract};

#[async_trait]
impl PrinterBench for PrivateCups {
    fn printer(&self) -> &dyn Printer {
        &self.printer
    }

    fn ready(&self) -> &str {
        READY
    }

    async fn put(&self, state: PrinterState) -> String {
        match state {
            PrinterState::Stopped => self.run("cupsdisable", &[OTHER]),
            PrinterState::PaperOut => self.say("media-empty-error"),
            PrinterState::Jammed => self.say("media-jam-error"),
            PrinterState::Offline => self.say("offline-report,connecting-to-device"),
            PrinterState::Trouble => self.say("cover-open-error"),
            PrinterState::Ready | PrinterState::Printing => panic!("no trouble"),
        }
        OTHER.to_owned()
    }

    async fn mend(&self) {
        self.say("");
        self.run("cupsenable", &[OTHER]);
    }

    async fn out(&self) -> Vec<Vec<u8>> {
        self.sheets()
    }

    async fn kept(&self) -> usize {
        self.documents()
    }
}

#[tokio::test]
async fn cups_keeps_what_every_printer_promises() {
    let Some(cups) = PrivateCups::start().await else { return };
    printer_contract(&cups).await;
}
