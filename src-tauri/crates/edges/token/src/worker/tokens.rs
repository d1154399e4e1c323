//! Tokens in their slots and the certificates on them, seen without logging in.

use super::{
    answer::Answer,
    module::{Having, Module},
};
use crate::{
    certificate::PublicKey,
    message::{Fault, Listed},
};
use cryptoki_sys::*;
use motcua_desk::ports::{PinState, TokenInfo};
use std::{
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

/// Some modules see no token that came after they were initialised; initialising again too often
/// breaks others.
const RESTART_EVERY: Duration = Duration::from_secs(4);

/// The module's tokens.
pub(super) struct Tokens {
    pub(super) module: Rc<Module>,
    restarted: Instant,
}

/// A session that is closed when dropped.
pub(super) struct Session {
    pub(super) module: Rc<Module>,
    pub(super) handle: CK_SESSION_HANDLE,
}

impl Tokens {
    /// Loads the module.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let module = Module::load(path).ok_or(Fault::NoModule)?;
        Ok(Self { module: Rc::new(module), restarted: Instant::now() })
    }

    /// Tokens now in a slot.
    pub(super) fn list(&mut self) -> Result<Vec<TokenInfo>, Fault> {
        let mut tokens = Vec::new();
        for slot in self.slots()? {
            match self.module.token_info(slot) {
                Ok(info) if is_blank(&info) => {}
                Ok(info) => tokens.push(describe(slot, &info)),
                Err(gone) if gone.is_removal() || gone.0 == CKR_TOKEN_NOT_RECOGNIZED => {}
                Err(other) => return Err(other.before_work()),
            }
        }
        Ok(tokens)
    }

    /// Certificates of all tokens that have, as far as can be told, their private key there; the
    /// bytes follow each other in the second part.
    pub(super) fn certificates(&mut self) -> Result<(Vec<Listed>, Vec<u8>), Fault> {
        let (mut listed, mut body) = (Vec::new(), Vec::new());
        for token in self.list()? {
            let slot = slot_id(token.slot);
            let found = Session::open(&self.module, slot).and_then(|session| session.own_certificates());
            let found = match found {
                Err(gone) if gone.is_removal() => continue,
                found => found.map_err(Answer::before_work)?,
            };
            for (id, der) in found {
                listed.push(Listed { slot: token.slot, key_id: hex::encode(id), length: der.len() });
                body.extend(der);
            }
        }
        Ok((listed, body))
    }

    /// The session and token that hold this very certificate, looked for in `slot` first: a PIN must
    /// never reach another token.
    pub(super) fn holding(&mut self, slot: CK_SLOT_ID, der: &[u8]) -> Result<(Session, CK_SLOT_ID), Fault> {
        let mut slots: Vec<_> = self.list()?.iter().map(|token| slot_id(token.slot)).collect();
        slots.sort_by_key(|other| *other != slot);
        let mut failed = if slots.is_empty() { Fault::NoToken } else { Fault::KeyMissing };
        for slot in slots {
            let session = Session::open(&self.module, slot);
            let outcome = session.and_then(|session| Ok((session.has_certificate(der)?, session)));
            match outcome {
                Ok((true, session)) => return Ok((session, slot)),
                Ok((false, _)) => {}
                Err(answer) => failed = answer.before_work(),
            }
        }
        Err(failed)
    }

    /// Slots with a token; starts the module anew when it seems to have lost sight of them.
    fn slots(&mut self) -> Result<Vec<CK_SLOT_ID>, Fault> {
        let seen = self.module.slots();
        let due = match &seen {
            Ok(slots) => slots.is_empty() && self.restarted.elapsed() >= RESTART_EVERY,
            Err(_) => true,
        };
        if !due {
            return seen.map_err(Answer::before_work);
        }
        self.restarted = Instant::now();
        self.module.restart().map_err(Answer::before_work)?;
        self.module.slots().map_err(Answer::before_work)
    }
}

impl Session {
    /// Opens one.
    pub(super) fn open(module: &Rc<Module>, slot: CK_SLOT_ID) -> Result<Self, Answer> {
        let handle = module.open_session(slot)?;
        Ok(Self { module: Rc::clone(module), handle })
    }

    /// An attribute's bytes, empty when there is none.
    pub(super) fn bytes(&self, object: CK_OBJECT_HANDLE, kind: CK_ATTRIBUTE_TYPE) -> Result<Vec<u8>, Answer> {
        Ok(self.module.attribute(self.handle, object, kind)?.unwrap_or_default())
    }

    /// Objects that have all of these.
    pub(super) fn find(&self, having: &[Having<'_>]) -> Result<Vec<CK_OBJECT_HANDLE>, Answer> {
        self.module.find(self.handle, having)
    }

    /// `CKA_ID` of the certificate with these bytes; `None` when it is not on the token.
    pub(super) fn certificate_id(&self, der: &[u8]) -> Result<Option<Vec<u8>>, Answer> {
        for object in self.find(&[Having::Class(CKO_CERTIFICATE)])? {
            if self.bytes(object, CKA_VALUE)? == der {
                return self.bytes(object, CKA_ID).map(Some);
            }
        }
        Ok(None)
    }

    fn has_certificate(&self, der: &[u8]) -> Result<bool, Answer> {
        Ok(self.certificate_id(der)?.is_some())
    }

    #[allow(clippy::type_complexity, reason = "pairs of (CKA_ID, DER), used once")]
    fn own_certificates(&self) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Answer> {
        // Before login most tokens hide private keys; what is visible is a help, not a proof.
        let mut keys = Vec::new();
        for key in self.find(&[Having::Class(CKO_PRIVATE_KEY)])? {
            keys.push((self.bytes(key, CKA_ID)?, self.bytes(key, CKA_MODULUS)?));
        }
        let mut own = Vec::new();
        for object in self.find(&[Having::Class(CKO_CERTIFICATE)])? {
            let (der, id) = (self.bytes(object, CKA_VALUE)?, self.bytes(object, CKA_ID)?);
            let Some(public) = PublicKey::of_certificate(&der) else { continue };
            let untold = keys.is_empty() || id.is_empty();
            if untold || keys.iter().any(|(key, modulus)| *key == id || public.is_modulus(modulus)) {
                own.push((id, der));
            }
        }
        Ok(own)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.module.close_session(self.handle);
    }
}

/// What the flags say of the PIN, the worst first.
pub(super) fn pin_state(info: &CK_TOKEN_INFO) -> PinState {
    let has = |flag| info.flags & flag != 0;
    if has(CKF_USER_PIN_LOCKED) {
        PinState::Locked
    } else if has(CKF_USER_PIN_FINAL_TRY) {
        PinState::LastTry
    } else if has(CKF_USER_PIN_COUNT_LOW) {
        PinState::Low
    } else if has(CKF_USER_PIN_TO_BE_CHANGED) {
        PinState::MustChange
    } else {
        PinState::Normal
    }
}

/// Whether the reader or token has a PIN pad.
pub(super) fn has_pin_pad(info: &CK_TOKEN_INFO) -> bool {
    info.flags & CKF_PROTECTED_AUTHENTICATION_PATH != 0
}

/// A slot's number as the module's type.
pub(super) fn slot_id(slot: u64) -> CK_SLOT_ID {
    CK_SLOT_ID::try_from(slot).unwrap_or(CK_SLOT_ID::MAX)
}

fn describe(slot: CK_SLOT_ID, info: &CK_TOKEN_INFO) -> TokenInfo {
    TokenInfo {
        slot,
        label: text(&info.label),
        serial: text(&info.serialNumber),
        pin_pad: has_pin_pad(info),
        pin: pin_state(info),
    }
}

/// A token nobody has set up, such as SoftHSM's free slot.
fn is_blank(info: &CK_TOKEN_INFO) -> bool {
    info.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED) == 0
}

/// Fixed-width text, padded with blanks (or zeros, by some).
fn text(padded: &[u8]) -> String {
    String::from_utf8_lossy(padded).trim_end_matches(['\0', ' ']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lose_their_padding_and_the_worst_pin_flag_is_told() {
        assert_eq!(text(b"CA Token        \0\0"), "CA Token");
        let flags = |flags| pin_state(&CK_TOKEN_INFO { flags, ..CK_TOKEN_INFO::default() });
        assert_eq!(flags(0), PinState::Normal);
        assert_eq!(flags(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY), PinState::LastTry);
        assert_eq!(flags(CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED), PinState::Locked);
        assert_eq!(flags(CKF_USER_PIN_TO_BE_CHANGED), PinState::MustChange);
    }
}
