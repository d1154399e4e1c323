//! Signature checks over a digest.

use crate::certificate::{Certificate, KeyKind};
use der::asn1::ObjectIdentifier;
use rsa::Pkcs1v15Sign;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier;

/// A digest algorithm that is read; SHA-1 is read and called weak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the identifier of a digest or of a signature algorithm that names its digest.
    pub(crate) fn of(oid: ObjectIdentifier) -> Option<Self> {
        let text = oid.to_string();
        Some(match text.as_str() {
            "1.3.14.3.2.26" | "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => Self::Sha1,
            "2.16.840.1.101.3.4.2.1" | "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" | "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" | "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Self::Sha512,
            _ => return None,
        })
    }

    /// Hashes the pieces one after the other.
    pub(crate) fn digest(self, pieces: &[&[u8]]) -> Vec<u8> {
        fn run<D: Digest>(pieces: &[&[u8]]) -> Vec<u8> {
            let mut state = D::new();
            pieces.iter().for_each(|piece| state.update(piece));
            state.finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<Sha1>(pieces),
            Self::Sha256 => run::<Sha256>(pieces),
            Self::Sha384 => run::<Sha384>(pieces),
            Self::Sha512 => run::<Sha512>(pieces),
        }
    }

    fn padding(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

/// Whether a signature over a SHA-256 digest is of the certificate's key.
pub(crate) fn fits(certificate: &Certificate, digest: &[u8], signature: &[u8]) -> bool {
    fits_with(Hash::Sha256, certificate, digest, signature)
}

/// Whether a signature over a digest of that kind is of the certificate's key.
pub(crate) fn fits_with(hash: Hash, certificate: &Certificate, digest: &[u8], signature: &[u8]) -> bool {
    match certificate.key_kind() {
        KeyKind::Rsa { .. } => {
            certificate.rsa_key().is_some_and(|key| key.verify(hash.padding(), digest, signature).is_ok())
        }
        KeyKind::P256 => certificate.key_bytes().is_some_and(|point| {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let value = p256::ecdsa::Signature::from_der(signature);
            matches!((key, value), (Ok(key), Ok(value)) if key.verify_prehash(digest, &value).is_ok())
        }),
        KeyKind::P384 => certificate.key_bytes().is_some_and(|point| {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let value = p384::ecdsa::Signature::from_der(signature);
            matches!((key, value), (Ok(key), Ok(value)) if key.verify_prehash(digest, &value).is_ok())
        }),
        KeyKind::Other => false,
    }
}

/// Whether `issuer` signed `signed`; also says whether a weak digest was used.
pub(crate) fn issued(
    issuer: &Certificate,
    algorithm: ObjectIdentifier,
    signed: &[u8],
    signature: Option<&[u8]>,
) -> Option<Hash> {
    let hash = Hash::of(algorithm)?;
    fits_with(hash, issuer, &hash.digest(&[signed]), signature?).then_some(hash)
}
