//! What program and worker say to each other; a page's samples travel as the body of its frame.

use motcua_desk::ports::{PageFormat, ScanError, ScanFault, ScanRequest, ScannerInfo};
use serde::{Deserialize, Serialize};

/// Program to worker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// List the devices.
    List,
    /// Scan.
    Scan(ScanRequest),
    /// Stop what goes on and leave the device clean.
    Cancel,
}

/// Worker to program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// Answer to [`Order::List`].
    Devices(Vec<ScannerInfo>),
    /// The device gives bytes.
    Progress,
    /// One whole page; its samples are the body.
    Page { width: u32, height: u32, format: PageFormat, dpi: u32 },
    /// No more pages.
    Done,
    /// It ended with this.
    Failed(Failure),
}

/// Why the worker's job ended early.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// libsane is not on this machine.
    NoSystem,
    /// Cancelled, here or at the device's own button.
    Cancelled,
    /// The device.
    Fault(ScanFault),
}

impl From<ScanFault> for Failure {
    fn from(fault: ScanFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Failure> for ScanError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoSystem => Self::NoSystem,
            Failure::Cancelled => Self::Cancelled,
            Failure::Fault(fault) => Self::Fault(fault),
        }
    }
}
