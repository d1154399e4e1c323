//! The port: batches of signatures through the worker.

use crate::{
    child::{Worker, WorkerCommand},
    message::{Listed, Reply, Request},
};
use async_trait::async_trait;
use motcua_desk::ports::{SignRequest, Signer, TokenCertificate, TokenError, TokenInfo};
use std::{path::PathBuf, time::Duration};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How long the module may take before it is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeLimits {
    /// Logging in (the officer may be typing at a PIN pad) and each signature.
    pub sign: Duration,
    /// Everything else.
    pub other: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { sign: Duration::from_secs(60), other: Duration::from_secs(10) }
    }
}

/// [`Signer`] by a PKCS#11 module in a child process, which is kept between calls.
pub struct Pkcs11Signer {
    command: WorkerCommand,
    module: PathBuf,
    limits: TimeLimits,
    /// Taken out while it is used: a worker left in the middle of something is never used again.
    worker: Mutex<Option<Worker>>,
}

impl Pkcs11Signer {
    /// A signer by `module`; nothing is started before the first call.
    #[must_use]
    pub fn new(command: WorkerCommand, module: PathBuf) -> Self {
        Self { command, module, limits: TimeLimits::default(), worker: Mutex::new(None) }
    }

    /// The same with other time limits.
    #[must_use]
    pub fn with_limits(self, limits: TimeLimits) -> Self {
        Self { limits, ..self }
    }

    /// The worker at hand if it still runs, else a fresh one with the module loaded.
    async fn ready(&self, at_hand: Option<Worker>) -> Result<Worker, TokenError> {
        if let Some(mut worker) = at_hand
            && worker.is_alive()
        {
            return Ok(worker);
        }
        let mut worker = Worker::start(self.command.clone()).await.map_err(|error| {
            tracing::warn!(kind = %error.kind(), "token worker cannot be started");
            TokenError::NoModule
        })?;
        let module = self.module.to_string_lossy().into_owned();
        match worker.ask(Request::Open { module }, Zeroizing::default(), self.limits.other).await? {
            (Reply::Failed(fault), _) => Err(fault.into_error(0)),
            _ => Ok(worker),
        }
    }

    /// One question outside a batch.
    async fn ask(&self, request: Request) -> Result<(Reply, Vec<u8>), TokenError> {
        let mut place = self.worker.lock().await;
        let mut worker = self.ready(place.take()).await?;
        let answer = worker.ask(request, Zeroizing::default(), self.limits.other).await?;
        *place = Some(worker);
        match answer.0 {
            Reply::Failed(fault) => Err(fault.into_error(0)),
            reply => Ok((reply, answer.1)),
        }
    }

    /// Logs in, signs every message, logs out; the outer error means the worker is lost.
    async fn batch(
        &self,
        worker: &mut Worker,
        request: SignRequest,
        on_done: &(dyn Fn(usize) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Result<Vec<Vec<u8>>, TokenError>, TokenError> {
        let SignRequest { certificate, pin, messages } = request;
        let begin = Request::Begin {
            slot: certificate.slot,
            key_id: certificate.key_id,
            certificate: certificate.der.len(),
            pin: pin.is_some(),
        };
        let pin_length = pin.as_ref().map_or(0, |pin| pin.len());
        // Room for all of it at once, so that no half-filled copy of the PIN is left behind.
        let mut body = Zeroizing::new(Vec::with_capacity(certificate.der.len() + pin_length));
        body.extend_from_slice(&certificate.der);
        if let Some(pin) = pin {
            body.extend_from_slice(pin.as_bytes());
        }
        if let (Reply::Failed(fault), _) = worker.ask(begin, body, self.limits.sign).await? {
            return Ok(Err(fault.into_error(0)));
        }
        on_done(0);
        let mut signatures = Vec::with_capacity(messages.len());
        for message in messages {
            if cancel.is_cancelled() {
                break;
            }
            match worker.ask(Request::Sign, Zeroizing::new(message), self.limits.sign).await? {
                (Reply::Signature, signature) => {
                    signatures.push(signature);
                    on_done(signatures.len());
                }
                // The worker has logged out by itself.
                (Reply::Failed(fault), _) => return Ok(Err(fault.into_error(signatures.len()))),
                _ => return Err(TokenError::Crashed),
            }
        }
        worker.ask(Request::End, Zeroizing::default(), self.limits.other).await?;
        Ok(if signatures.is_empty() { Err(TokenError::Cancelled) } else { Ok(signatures) })
    }
}

#[async_trait]
impl Signer for Pkcs11Signer {
    async fn tokens(&self) -> Result<Vec<TokenInfo>, TokenError> {
        match self.ask(Request::Tokens).await? {
            (Reply::Tokens(tokens), _) => Ok(tokens),
            _ => Err(TokenError::Crashed),
        }
    }

    async fn certificates(&self) -> Result<Vec<TokenCertificate>, TokenError> {
        let (Reply::Certificates(listed), body) = self.ask(Request::Certificates).await? else {
            return Err(TokenError::Crashed);
        };
        split(listed, &body).ok_or(TokenError::Crashed)
    }

    async fn sign(
        &self,
        request: SignRequest,
        on_done: &(dyn Fn(usize) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<u8>>, TokenError> {
        if cancel.is_cancelled() {
            return Err(TokenError::Cancelled);
        }
        if request.messages.is_empty() {
            return Ok(Vec::new());
        }
        let mut place = self.worker.lock().await;
        let mut worker = self.ready(place.take()).await?;
        let outcome = self.batch(&mut worker, request, on_done, cancel).await?;
        *place = Some(worker);
        outcome
    }
}

fn split(listed: Vec<Listed>, mut body: &[u8]) -> Option<Vec<TokenCertificate>> {
    let mut certificates = Vec::with_capacity(listed.len());
    for Listed { slot, key_id, length } in listed {
        let (der, rest) = body.split_at_checked(length)?;
        certificates.push(TokenCertificate { slot, key_id, der: der.to_vec() });
        body = rest;
    }
    Some(certificates)
}
