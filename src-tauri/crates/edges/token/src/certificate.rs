//! The public key inside a certificate: just enough DER to find its private key on the token.
//! Rules about certificates live in `core/signature`.

/// Public key of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PublicKey {
    /// RSA.
    Rsa {
        /// Modulus without leading zeros.
        modulus: Vec<u8>,
    },
    /// Elliptic curve.
    Ec {
        /// Uncompressed or compressed point, as in the certificate.
        point: Vec<u8>,
    },
    /// Anything else.
    Other,
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

impl PublicKey {
    /// Reads it from a certificate's DER; `None` when that is not a certificate.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        let (certificate, _) = take(der, 0x30)?;
        let (mut fields, _) = take(certificate, 0x30)?;
        if let Some((_, rest)) = take(fields, 0xa0) {
            fields = rest; // version
        }
        // serial number, signature algorithm, issuer, validity, subject
        for tag in [0x02, 0x30, 0x30, 0x30, 0x30] {
            fields = take(fields, tag)?.1;
        }
        let (key_info, _) = take(fields, 0x30)?;
        let (algorithm, rest) = take(key_info, 0x30)?;
        let (bits, _) = take(rest, 0x03)?;
        let (&unused, bits) = bits.split_first()?;
        if unused != 0 {
            return None;
        }
        match take(algorithm, 0x06)?.0 {
            RSA => {
                let (numbers, _) = take(bits, 0x30)?;
                let (modulus, _) = take(numbers, 0x02)?;
                Some(Self::Rsa { modulus: trimmed(modulus).to_vec() })
            }
            EC => Some(Self::Ec { point: bits.to_vec() }),
            _ => Some(Self::Other),
        }
    }

    /// Length of a raw signature by this key.
    pub(crate) fn signature_length(&self) -> usize {
        match self {
            Self::Rsa { modulus } => modulus.len(),
            Self::Ec { point } if point.first() == Some(&4) => point.len() - 1,
            Self::Ec { point } => point.len().saturating_sub(1) * 2,
            Self::Other => 0,
        }
    }

    /// Whether `CKA_EC_POINT` is this key's point. It is a DER OCTET STRING by the standard; some
    /// modules give the bare point.
    pub(crate) fn is_point(&self, attribute: &[u8]) -> bool {
        let Self::Ec { point } = self else { return false };
        attribute == point || take(attribute, 0x04).is_some_and(|(inner, _)| inner == point)
    }

    /// Whether `CKA_MODULUS` is this key's.
    pub(crate) fn is_modulus(&self, attribute: &[u8]) -> bool {
        matches!(self, Self::Rsa { modulus } if trimmed(attribute) == modulus)
    }
}

/// Raw `r‖s` of `CKM_ECDSA` as the DER SEQUENCE that CMS wants; `None` when it cannot be one.
pub(crate) fn ecdsa_der(raw: &[u8]) -> Option<Vec<u8>> {
    if raw.is_empty() || !raw.len().is_multiple_of(2) || raw.len() > 132 {
        return None;
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let mut numbers = integer(r);
    numbers.extend(integer(s));
    let mut der = vec![0x30];
    push_length(&mut der, numbers.len());
    der.extend(numbers);
    Some(der)
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let digits = trimmed(bytes);
    let mut value = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        value.push(0);
    }
    value.extend_from_slice(digits);
    let mut der = vec![0x02];
    push_length(&mut der, value.len());
    der.extend(value);
    der
}

fn push_length(der: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        // An ECDSA value never needs more than one byte of length.
        Ok(long) => der.extend([0x81, long]),
        Err(_) => {}
    }
}

fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The content of the element at the front, if it has this tag, and what follows it.
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = der else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        (digits.iter().fold(0usize, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_ecdsa_value_becomes_the_der_that_others_read() {
        let mut raw = [0u8; 64];
        raw[0] = 0x80; // needs a leading zero
        raw[63] = 5; // leading zeros must go
        let der = ecdsa_der(&raw).unwrap();
        let read = p256::ecdsa::Signature::from_der(&der);
        assert_eq!(&der[..3], &[0x30, 38, 0x02]);
        assert_eq!(&der[der.len() - 3..], &[0x02, 0x01, 0x05]);
        assert!(read.is_ok(), "p256 reads it");
        assert_eq!(ecdsa_der(&raw[..63]), None, "an odd length is no r and s");
        assert_eq!(ecdsa_der(&[0xff; 132]).unwrap()[..2], [0x30, 0x81], "P-521 has a long length");
    }

    #[test]
    fn noise_is_no_certificate() {
        for noise in
            [&b""[..], &[0x30], &[0x30, 0x82, 0xff], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x30, 0x02, 0x30, 0]]
        {
            assert_eq!(PublicKey::of_certificate(noise), None);
        }
    }
}
