//! What the desk needs of the world. Each port has two real implementations, a device or
//! store in `edges/` and a twin in `testkit`, held to one contract suite.

mod converter;
mod link;
mod printer;
mod scanner;
mod signer;
mod vault;
mod world;

pub use converter::{ConvertError, Converter, ConverterInfo, WordFormat};
pub use link::{KnownOfficer, Lease, LinkError, Progress, Warehouse};
pub use printer::{JobState, PrintError, PrintRequest, PrintSheet, Printer, PrinterInfo, PrinterState};
pub use scanner::{
    ColorMode, PageFormat, RawPage, ScanError, ScanFault, ScanRequest, Scanner, ScannerInfo, ScannerSource,
};
pub use signer::{PinState, SignRequest, Signer, TokenCertificate, TokenError, TokenInfo};
pub use vault::{
    Batch, CachedIdentity, CaptureDraft, CapturedPage, Counter, FileChange, FileUses, KeptConflict,
    OfficeRows, PrintRecord, PrintState, QueuedOp, Vault, VaultError, VaultStatus, WrongSecrets,
};
pub use world::{Clock, Random};
