//! A batch of signatures under one login.

use super::{
    answer::Answer,
    module::Having,
    tokens::{Session, Tokens, has_pin_pad, pin_state, slot_id},
};
use crate::{
    certificate::{PublicKey, ecdsa_der},
    message::Fault,
};
use cryptoki_sys::*;
use motcua_desk::ports::PinState;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// DER of `DigestInfo` for SHA-256, up to the digest.
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// Logged in, with the key at hand. Dropping it logs out.
pub(super) struct Batch {
    session: Session,
    slot: CK_SLOT_ID,
    key: CK_OBJECT_HANDLE,
    public: PublicKey,
    mechanism: CK_MECHANISM_TYPE,
    /// Kept only for a key that wants the PIN for every signature; wiped with the batch.
    pin_each: Option<Zeroizing<Vec<u8>>>,
    always_authenticate: bool,
}

impl Batch {
    /// Finds the token by its certificate, logs in with one try, finds the key.
    pub(super) fn begin(
        tokens: &mut Tokens,
        slot: u64,
        key_id: &str,
        certificate: &[u8],
        pin: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Self, Fault> {
        let public = PublicKey::of_certificate(certificate).ok_or(Fault::KeyMissing)?;
        let (session, slot) = tokens.holding(slot_id(slot), certificate)?;
        let id = session.certificate_id(certificate).map_err(Answer::before_work)?.unwrap_or_default();
        let id = if id.is_empty() { hex::decode(key_id).unwrap_or_default() } else { id };
        let pin = login(&session, slot, CKU_USER, pin)?;
        let mechanisms = session.module.mechanisms(slot);
        let mut batch = Self {
            session,
            slot,
            key: 0,
            mechanism: public.mechanism(&mechanisms)?,
            public,
            pin_each: pin,
            always_authenticate: false,
        };
        batch.key = batch.find_key(&id).map_err(Answer::during_work)?.ok_or(Fault::KeyMissing)?;
        let flag = batch.session.bytes(batch.key, CKA_ALWAYS_AUTHENTICATE);
        batch.always_authenticate = flag.is_ok_and(|flag| flag.first() == Some(&CK_TRUE));
        if !batch.always_authenticate {
            batch.pin_each = None;
        }
        Ok(batch)
    }

    /// Signs one message with SHA-256.
    pub(super) fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let Self { session, key, public, mechanism, .. } = self;
        session.module.sign_init(session.handle, *mechanism, *key).map_err(Answer::during_work)?;
        if self.always_authenticate {
            let pin = self.pin_each.take();
            self.pin_each = login(session, self.slot, CKU_CONTEXT_SPECIFIC, pin)?;
        }
        let data = match *mechanism {
            CKM_SHA256_RSA_PKCS => message.to_vec(),
            CKM_RSA_PKCS => [&DIGEST_INFO[..], &Sha256::digest(message)].concat(),
            _ => Sha256::digest(message).to_vec(),
        };
        let signature = session.module.sign(session.handle, &data, public.signature_length());
        let signature = signature.map_err(Answer::during_work)?;
        if *mechanism == CKM_ECDSA {
            return ecdsa_der(&signature).ok_or_else(|| Fault::Device("CKR_FUNCTION_FAILED".into()));
        }
        Ok(signature)
    }

    /// The private key by `CKA_ID`, else by the key itself.
    fn find_key(&self, id: &[u8]) -> Result<Option<CK_OBJECT_HANDLE>, Answer> {
        let kind = if matches!(self.public, PublicKey::Ec { .. }) { CKK_EC } else { CKK_RSA };
        if let Some(key) = self.only_key(kind, id)? {
            return Ok(Some(key));
        }
        for key in self.session.find(&[Having::Class(CKO_PRIVATE_KEY), Having::KeyType(kind)])? {
            if self.public.is_modulus(&self.session.bytes(key, CKA_MODULUS)?) {
                return Ok(Some(key));
            }
        }
        // A private key on a curve does not show its point: its public twin does.
        for twin in self.session.find(&[Having::Class(CKO_PUBLIC_KEY), Having::KeyType(kind)])? {
            if !self.public.is_point(&self.session.bytes(twin, CKA_EC_POINT)?) {
                continue;
            }
            if let Some(key) = self.only_key(kind, &self.session.bytes(twin, CKA_ID)?)? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// The one private key with this `CKA_ID`; an empty or shared id names none.
    fn only_key(&self, kind: CK_KEY_TYPE, id: &[u8]) -> Result<Option<CK_OBJECT_HANDLE>, Answer> {
        if id.is_empty() {
            return Ok(None);
        }
        let having = [Having::Class(CKO_PRIVATE_KEY), Having::KeyType(kind), Having::Id(id)];
        Ok(match self.session.find(&having)?[..] {
            [only] => Some(only),
            _ => None,
        })
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let _ = self.session.module.logout(self.session.handle);
    }
}

impl PublicKey {
    fn mechanism(&self, offered: &[CK_MECHANISM_TYPE]) -> Result<CK_MECHANISM_TYPE, Fault> {
        match self {
            Self::Rsa { .. } if offered.contains(&CKM_SHA256_RSA_PKCS) => Ok(CKM_SHA256_RSA_PKCS),
            Self::Rsa { .. } => Ok(CKM_RSA_PKCS),
            Self::Ec { .. } => Ok(CKM_ECDSA),
            Self::Other => Err(Fault::KeyMissing),
        }
    }
}

/// One login try. The flags are read before it, so that a locked token is never tried, and after a
/// refusal, so that the officer learns where the PIN stands. Gives the PIN back.
fn login(
    session: &Session,
    slot: CK_SLOT_ID,
    user: CK_USER_TYPE,
    pin: Option<Zeroizing<Vec<u8>>>,
) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
    let before = session.module.token_info(slot).map_err(Answer::before_work)?;
    if pin_state(&before) == PinState::Locked {
        return Err(Fault::PinLocked);
    }
    let pin = if has_pin_pad(&before) { None } else { Some(pin.unwrap_or_default()) };
    if pin.as_ref().is_some_and(|pin| pin.is_empty()) {
        return Err(Fault::PinInvalid);
    }
    let typed = pin.as_ref().map(|pin| pin.as_slice());
    let refused = match session.module.login(session.handle, user, typed) {
        Ok(()) | Err(Answer(CKR_USER_ALREADY_LOGGED_IN)) => return Ok(pin),
        Err(refused) => refused,
    };
    let after = session.module.token_info(slot).map_or(PinState::Normal, |info| pin_state(&info));
    Err(match refused.0 {
        CKR_PIN_LOCKED => Fault::PinLocked,
        CKR_PIN_INCORRECT if after == PinState::Locked => Fault::PinLocked,
        CKR_PIN_INCORRECT => Fault::PinWrong(after),
        CKR_PIN_INVALID | CKR_PIN_LEN_RANGE => Fault::PinInvalid,
        _ => refused.during_work(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_signs_with_the_hash_on_the_token_if_it_can() {
        let rsa = PublicKey::Rsa { modulus: vec![1] };
        assert_eq!(rsa.mechanism(&[CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS]), Ok(CKM_SHA256_RSA_PKCS));
        assert_eq!(rsa.mechanism(&[CKM_RSA_PKCS]), Ok(CKM_RSA_PKCS));
        assert_eq!(rsa.mechanism(&[]), Ok(CKM_RSA_PKCS), "a token that will not say has at least this");
        assert_eq!(PublicKey::Other.mechanism(&[]), Err(Fault::KeyMissing));
    }
}
