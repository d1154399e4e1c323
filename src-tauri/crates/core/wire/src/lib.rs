//! Versioned messages: desktop to warehouse (`/v1`), and program to worker.
//!
//! Requests refuse unknown fields; responses ignore them. Every durable or exchanged
//! thing names its version. No transport is known here.

mod frame;
mod problem;
mod protocol;
mod receipt;

pub use frame::{FRAME_VERSION, FrameError, SECRET_VARIABLES, read_frame, write_frame};
pub use problem::Problem;
pub use protocol::{
    About, AcceptedDossier, ComponentEvidence, DossierView, EvidenceSource, IdentityReply, LeaseBlock, Op,
    OpPayload, OpResult, OpsReply, OpsRequest, ReturnedResult, SCHEMA_VERSION,
};
pub use receipt::{ReceiptBody, ReceiptError, SignedReceipt};
