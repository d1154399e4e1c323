//! Signing tokens.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// What the token's flags say about the PIN; never a number counted by us (decision 16).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// Nothing special.
    Normal,
    /// At least one wrong try since the last good one.
    Low,
    /// One try left.
    LastTry,
    /// Locked; only the issuer unlocks.
    Locked,
    /// Must be changed before use.
    MustChange,
}

/// A token in a slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Slot number of the module; stable while the token stays in.
    pub slot: u64,
    /// Label without padding.
    pub label: String,
    /// Serial number.
    pub serial: String,
    /// Reader or token has its own PIN pad.
    pub pin_pad: bool,
    /// PIN state by the flags.
    pub pin: PinState,
}

/// A certificate on a token that has its private key there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenCertificate {
    /// Token it is on.
    pub slot: u64,
    /// `CKA_ID` in hex; empty on some tokens.
    pub key_id: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
}

/// A batch of digests to sign with one PIN entry.
pub struct SignRequest {
    /// The certificate (its DER names the key).
    pub certificate: TokenCertificate,
    /// PIN; none when the reader has a pad. Wiped after use, never logged.
    pub pin: Option<Zeroizing<String>>,
    /// To be signed, one per document: the DER of the CMS signed attributes.
    pub messages: Vec<Vec<u8>>,
}

/// Why a token did not sign.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// No PKCS#11 module is set or it cannot be loaded.
    #[error("token module cannot be loaded")]
    NoModule,
    /// No token in any slot, or the one asked for is gone before work began.
    #[error("no token")]
    NoToken,
    /// `CKR_PIN_INCORRECT`, and only that; the state is read from the flags afterwards.
    #[error("wrong pin")]
    PinWrong(PinState),
    /// `CKR_PIN_LOCKED`, or the flag says so.
    #[error("pin is locked")]
    PinLocked,
    /// The PIN has a length or characters the token refuses.
    #[error("pin is not acceptable")]
    PinInvalid,
    /// Removed while it worked; `done` signatures were finished.
    #[error("token was removed")]
    Removed {
        /// Finished before.
        done: usize,
    },
    /// The key of this certificate is not on the token.
    #[error("key is not on the token")]
    KeyMissing,
    /// The module gave nothing for too long and was stopped.
    #[error("token module hangs")]
    Hung,
    /// The module crashed.
    #[error("token module crashed")]
    Crashed,
    /// Any other answer of the module, by its `CKR_` name; not a PIN error.
    #[error("token answered {0}")]
    Device(String),
    /// The officer cancelled before the first document was signed.
    #[error("signing was cancelled")]
    Cancelled,
}

/// Signing tokens of this machine.
#[async_trait]
pub trait Signer: Send + Sync {
    /// Tokens now in a slot. Cheap enough to be polled once a second.
    ///
    /// # Errors
    /// See [`TokenError`].
    async fn tokens(&self) -> Result<Vec<TokenInfo>, TokenError>;

    /// Certificates with a private key, read without logging in.
    ///
    /// # Errors
    /// See [`TokenError`].
    async fn certificates(&self) -> Result<Vec<TokenCertificate>, TokenError>;

    /// Logs in once and signs every message (RSA PKCS#1 v1.5 or ECDSA over SHA-256, by the key's type;
    /// an ECDSA value comes back as DER). `on_done` hears how many are signed: zero once the token is
    /// open, then after each. Stops at the first failure. One login try, never a retry. Signatures
    /// finished before a failure are lost to the caller except for their number; those finished before
    /// the officer cancelled are the answer, which is shorter than the request then.
    ///
    /// # Errors
    /// See [`TokenError`]; `Cancelled` when nothing was signed.
    async fn sign(
        &self,
        request: SignRequest,
        on_done: &(dyn Fn(usize) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<u8>>, TokenError>;
}
