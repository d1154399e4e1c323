//! A token with software keys that counts its PIN like a government token: three tries.

use crate::pki::{Identity, pki};
use async_trait::async_trait;
use motcua_desk::ports::{PinState, SignRequest, Signer, TokenCertificate, TokenError, TokenInfo};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The PIN that opens it.
pub const PIN: &str = "Demo@2026";

/// The token.
pub struct FakeSigner(Mutex<State>);

struct State {
    present: bool,
    wrong: u32,
    fault: Option<TokenError>,
    gate: Option<(usize, Arc<Notify>)>,
    leaves_after: Option<usize>,
    logins: u32,
}

impl Default for FakeSigner {
    fn default() -> Self {
        Self(Mutex::new(State {
            present: true,
            wrong: 0,
            fault: None,
            gate: None,
            leaves_after: None,
            logins: 0,
        }))
    }
}

impl FakeSigner {
    /// Puts the token in or takes it out.
    pub fn plug(&self, present: bool) {
        self.state().present = present;
    }

    /// The next signing fails like this, after the PIN was accepted.
    pub fn fail_next(&self, fault: TokenError) {
        self.state().fault = Some(fault);
    }

    /// The token is pulled out after so many signatures of the next batch.
    pub fn pull_out_after(&self, signatures: usize) {
        self.state().leaves_after = Some(signatures);
    }

    /// The next batch waits after so many signatures until the gate is notified.
    pub fn wait_after(&self, signatures: usize, gate: Arc<Notify>) {
        self.state().gate = Some((signatures, gate));
    }

    /// Times a PIN was presented.
    #[must_use]
    pub fn logins(&self) -> u32 {
        self.state().logins
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One login try, with the key it opens. What cannot succeed anyway sends no PIN.
    fn log_in(&self, request: &SignRequest) -> Result<&'static Identity, TokenError> {
        let mut state = self.state();
        if !state.present {
            return Err(TokenError::NoToken);
        }
        let identity = Self::identities().into_iter().find(|i| i.der == request.certificate.der);
        let identity = identity.ok_or(TokenError::KeyMissing)?;
        if state.wrong >= 3 {
            return Err(TokenError::PinLocked);
        }
        let pin = request.pin.as_ref().filter(|p| !p.is_empty()).ok_or(TokenError::PinInvalid)?;
        state.logins += 1;
        if pin.as_str() != PIN {
            state.wrong += 1;
            return Err(match pin_state(state.wrong) {
                PinState::Locked => TokenError::PinLocked,
                other => TokenError::PinWrong(other),
            });
        }
        state.wrong = 0;
        state.fault.take().map_or(Ok(identity), Err)
    }

    fn identities() -> [&'static Identity; 3] {
        [&pki().officer, &pki().agency, &pki().expired]
    }
}

fn pin_state(wrong: u32) -> PinState {
    match wrong {
        0 => PinState::Normal,
        1 => PinState::Low,
        2 => PinState::LastTry,
        _ => PinState::Locked,
    }
}

#[async_trait]
impl Signer for FakeSigner {
    async fn tokens(&self) -> Result<Vec<TokenInfo>, TokenError> {
        let state = self.state();
        let token = TokenInfo {
            slot: 1,
            label: "USB ký số (thử nghiệm)".into(),
            serial: "0001".into(),
            pin_pad: false,
            pin: pin_state(state.wrong),
        };
        Ok(if state.present { vec![token] } else { vec![] })
    }

    async fn certificates(&self) -> Result<Vec<TokenCertificate>, TokenError> {
        if !self.state().present {
            return Ok(vec![]);
        }
        let held = |(i, id): (usize, &Identity)| TokenCertificate {
            slot: 1,
            key_id: format!("{i:02x}"),
            der: id.der.clone(),
        };
        Ok(Self::identities().into_iter().enumerate().map(held).collect())
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
            return Ok(vec![]);
        }
        let identity = self.log_in(&request)?;
        let gate = self.state().gate.take();
        on_done(0);
        let mut signatures = Vec::with_capacity(request.messages.len());
        for message in &request.messages {
            if let Some((_, gate)) = gate.as_ref().filter(|(after, _)| *after == signatures.len()) {
                gate.notified().await;
            }
            if cancel.is_cancelled() {
                break;
            }
            let mut state = self.state();
            if state.leaves_after == Some(signatures.len()) {
                (state.leaves_after, state.present) = (None, false);
                return Err(TokenError::Removed { done: signatures.len() });
            }
            drop(state);
            signatures.push(identity.sign(message));
            on_done(signatures.len());
        }
        if signatures.is_empty() { Err(TokenError::Cancelled) } else { Ok(signatures) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::signer::{SignerBench, signer_contract};

    impl SignerBench for FakeSigner {
        fn signer(&self) -> &dyn Signer {
            self
        }

        fn pin(&self) -> &str {
            PIN
        }

        fn plug(&self, present: bool) {
            Self::plug(self, present);
        }

        fn pull_out_after(&self, signatures: u32) {
            Self::pull_out_after(self, signatures as usize);
        }
    }

    #[tokio::test]
    async fn the_twin_keeps_what_every_signer_promises() {
        signer_contract(|| Box::new(FakeSigner::default())).await;
    }
}
