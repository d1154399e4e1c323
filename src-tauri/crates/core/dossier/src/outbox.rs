//! What leaves the machine, and how far each piece truly is.

use crate::{BlobId, DossierId, OpId, Timestamp};
use serde::{Deserialize, Serialize};

/// What an outgoing item does in the warehouse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxKind {
    /// A digitized component enters the owner's warehouse.
    Document,
    /// A dossier was accepted.
    Acceptance,
    /// A dossier was not accepted.
    Decline,
    /// A result was returned.
    Result,
    /// An entry of the dossier's fees.
    Fee,
    /// What happened to the dossier after its acceptance.
    Step,
    /// "Phản ánh về kết quả giải quyết".
    Feedback,
    /// Unsent work was taken back; the warehouse is told so that it never applies what it may have of it.
    Withdrawal,
}

/// True state of one item. The shown state is never ahead of the durable one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum OutboxState {
    /// Chờ gửi: committed, durable, queued.
    Queued,
    /// Đang gửi (n %): volatile; becomes `Queued` at start.
    Sending {
        /// Bytes the server has.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Đã gửi, kho đang kiểm: the warehouse holds the operation and all its files and has not confirmed it yet.
    Sent,
    /// Đang chờ mạng: queued, no contact.
    WaitingForNetwork {
        /// When it is tried again.
        next_try: Timestamp,
    },
    /// Kho đã nhận: verified by the server, its signed receipt is held.
    Received {
        /// Server time of the receipt.
        at: Timestamp,
    },
    /// Cần xử lý: refused, needs a person.
    NeedsAttention {
        /// Stable code of the refusal; the window has the sentence.
        code: String,
    },
    /// Đã thay: refused or held back, and what it carried was replaced since; it is not sent any more.
    Replaced,
    /// Đã bỏ: taken back by two officers, sealed into a package before; it is not sent any more.
    Withdrawn,
}

impl OutboxState {
    /// Nothing more is to be done about it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Received { .. } | Self::Replaced | Self::Withdrawn)
    }
}

/// One line of the outbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutboxItem {
    /// The operation.
    pub op: OpId,
    /// Its dossier; items of one dossier go in `sequence` order, dossiers are independent.
    pub dossier: DossierId,
    /// Order on this device, from 1, without gaps.
    pub sequence: u64,
    /// What it does.
    pub kind: OutboxKind,
    /// Files that must be in the warehouse before the operation counts.
    pub blobs: Vec<BlobId>,
    /// How far it is.
    pub state: OutboxState,
    /// Times it was tried.
    pub attempts: u32,
    /// When it was put into the outbox.
    pub queued_at: Timestamp,
    /// Code of the last failure, if any.
    pub last_error: Option<String>,
}
