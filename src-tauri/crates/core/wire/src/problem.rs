//! Errors of the HTTP contract (RFC 9457) with a stable code.

use crate::DossierLease;
use serde::{Deserialize, Serialize};

/// `application/problem+json` body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank` or a URI of the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Vietnamese sentence for people.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code for programs.
    pub code: String,
    /// May the same request be tried again.
    pub retryable: bool,
    /// Seconds to wait before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// Which machine has the dossier (`dossierLeased`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<DossierLease>,
}
