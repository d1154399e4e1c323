//! What is said between the program and its token worker. A PIN travels in the body only.

use motcua_desk::ports::{PinState, TokenError, TokenInfo};
use serde::{Deserialize, Serialize};

/// Asked of the worker; one answer follows each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Load this module; the first request. Body: none.
    Open {
        /// Path of the PKCS#11 library.
        module: String,
    },
    /// Which tokens are in a slot?
    Tokens,
    /// Which certificates are on them?
    Certificates,
    /// Log in for a batch. Body: the certificate's DER, then the PIN.
    Begin {
        /// Slot the certificate was seen in.
        slot: u64,
        /// `CKA_ID` in hex.
        key_id: String,
        /// Length of the certificate in the body.
        certificate: usize,
        /// Whether a PIN follows it; none = the reader's pad asks.
        pin: bool,
    },
    /// Sign one message of the batch. Body: the message.
    Sign,
    /// Log out; the batch is over.
    End,
}

/// The worker's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// Done; nothing to tell.
    Done,
    /// Tokens.
    Tokens(Vec<TokenInfo>),
    /// Certificates; body: their DER, one after the other.
    Certificates(Vec<Listed>),
    /// Body: the signature.
    Signature,
    /// It did not work.
    Failed(Fault),
}

/// A certificate of the body of [`Reply::Certificates`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) slot: u64,
    pub(crate) key_id: String,
    pub(crate) length: usize,
}

/// A [`TokenError`] as the worker knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    NoModule,
    NoToken,
    PinWrong(PinState),
    PinLocked,
    PinInvalid,
    /// Gone while it worked.
    Removed,
    KeyMissing,
    /// Cancelled at the reader's pad.
    Cancelled,
    Device(String),
}

impl Fault {
    /// The error to tell; `done` signatures were finished before.
    pub(crate) fn into_error(self, done: usize) -> TokenError {
        match self {
            Self::NoModule => TokenError::NoModule,
            Self::NoToken => TokenError::NoToken,
            Self::PinWrong(state) => TokenError::PinWrong(state),
            Self::PinLocked => TokenError::PinLocked,
            Self::PinInvalid => TokenError::PinInvalid,
            Self::Removed => TokenError::Removed { done },
            Self::KeyMissing => TokenError::KeyMissing,
            Self::Cancelled => TokenError::Cancelled,
            Self::Device(answer) => TokenError::Device(answer),
        }
    }
}
