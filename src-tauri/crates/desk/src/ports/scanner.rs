//! Scanners.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A scanner as the driver lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScannerInfo {
    /// Driver's name of the device (`pnm:0`, `airscan:e0:…`); stored as the chosen device.
    pub id: String,
    /// Maker and model for people.
    pub label: String,
}

/// Where the sheets lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScannerSource {
    /// Whatever the device prefers.
    #[default]
    Auto,
    /// Glass.
    Flatbed,
    /// Automatic document feeder, one side.
    Feeder,
}

/// Colour of a scan. Papers under the digitizing duty are scanned in colour (decision 15).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColorMode {
    /// 24 bit.
    #[default]
    Color,
    /// 8 bit grey.
    Gray,
}

/// What to scan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScanRequest {
    /// Which device.
    pub device: String,
    /// Dots per inch asked of the device; not below 200 for the archive profile.
    pub dpi: u32,
    /// Colour or grey.
    pub mode: ColorMode,
    /// Glass or feeder.
    pub source: ScannerSource,
    /// Stop after so many pages (a flatbed always gives one).
    pub max_pages: u32,
    /// Further driver options by name, verbatim (`filename`, `read-return-value`, …); setting only.
    #[serde(default)]
    pub options: Vec<(String, String)>,
}

/// Layout of the samples of a raw page, rows top to bottom without padding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageFormat {
    /// 3 bytes per pixel.
    Rgb8,
    /// 1 byte per pixel.
    Gray8,
}

/// One page as the device gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct RawPage {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Layout of `samples`.
    pub format: PageFormat,
    /// Dots per inch that were asked for.
    pub dpi: u32,
    /// `width * height * bytes per pixel` bytes.
    pub samples: Vec<u8>,
}

/// What is wrong with the device; each has its own message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanFault {
    /// Paper jam.
    Jammed,
    /// No paper (before the first page; after one it is the normal end).
    NoPaper,
    /// Cover open.
    CoverOpen,
    /// Another program holds the device.
    Busy,
    /// No permission.
    Denied,
    /// I/O error between computer and device.
    Io,
    /// Driver ran out of memory.
    NoMemory,
    /// Device refused the settings.
    Unsupported,
    /// The driver gave nothing for too long and was stopped.
    Hung,
    /// The driver crashed.
    Crashed,
    /// The page ended before it was whole.
    Truncated,
    /// Device is not there (any more).
    Gone,
}

/// Why a scan did not go on. Pages sent before stay valid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The device or its driver.
    #[error("scanner fault {0:?}")]
    Fault(ScanFault),
    /// No scanning software on this machine (libsane missing).
    #[error("no scanner system on this machine")]
    NoSystem,
    /// The officer cancelled.
    #[error("scan was cancelled")]
    Cancelled,
}

/// Scanners of this machine.
#[async_trait]
pub trait Scanner: Send + Sync {
    /// Lists the devices. May take many seconds; never call it on the way to a scan.
    ///
    /// # Errors
    /// See [`ScanError`].
    async fn list(&self, cancel: &CancellationToken) -> Result<Vec<ScannerInfo>, ScanError>;

    /// Scans; every whole page goes through `pages` as soon as it is there. Returns how many.
    /// After an error the pages already sent are good. Cancelling returns within 200 ms; the
    /// device is cleaned up behind.
    ///
    /// # Errors
    /// See [`ScanError`].
    async fn scan(
        &self,
        request: &ScanRequest,
        pages: mpsc::Sender<RawPage>,
        cancel: &CancellationToken,
    ) -> Result<u32, ScanError>;
}
