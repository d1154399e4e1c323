//! From a signer's certificate to an anchor (RFC 5280, the part the office needs).

use crate::certificate::{Certificate, moment, same_name};
use crate::check::{Hash, issued};
use crate::trust::TrustList;
use const_oid::AssociatedOid;
use der::asn1::ObjectIdentifier;
use motcua_dossier::Timestamp;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage,
    IssuingDistributionPoint, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};

/// Longest chain that is followed, leaf and anchor included.
const LENGTH: usize = 8;
/// Signatures checked in the search of one chain; a guard against cross-certified mazes.
const EFFORT: usize = 64;

/// What the search found.
pub(crate) struct Path {
    /// Common name of the anchor.
    pub(crate) anchor: String,
    /// Some link was signed with SHA-1.
    pub(crate) weak: bool,
    /// Some link is on its issuer's list.
    pub(crate) revoked: bool,
    /// Every link below the anchor was looked up in a current list of its issuer.
    pub(crate) revocation_known: bool,
}

/// Finds a chain that holds at `now`.
pub(crate) fn find(
    leaf: &Certificate,
    carried: &[Certificate],
    trust: &TrustList,
    now: Timestamp,
) -> Option<Path> {
    let mut search = Search { carried, trust, now, effort: 0 };
    search.climb(&mut vec![leaf.clone()])
}

struct Search<'s> {
    carried: &'s [Certificate],
    trust: &'s TrustList,
    now: Timestamp,
    effort: usize,
}

impl Search<'_> {
    fn climb(&mut self, chain: &mut Vec<Certificate>) -> Option<Path> {
        let last = chain.last()?.clone();
        if critical_extension_unknown(&last) {
            return None;
        }
        if self.trust.anchors.contains(&last) {
            let anchor = last.subject_common_name();
            return (chain.len() > 1).then_some(Path {
                anchor,
                weak: false,
                revoked: false,
                revocation_known: true,
            });
        }
        if chain.len() >= LENGTH {
            return None;
        }
        let trust = self.trust;
        let carried = self.carried;
        for issuer in trust.anchors.iter().chain(&trust.intermediates).chain(carried) {
            if chain.contains(issuer) || !self.may_issue(issuer, &last, chain.len()) {
                continue;
            }
            self.effort += 1;
            if self.effort > EFFORT {
                return None;
            }
            let Some(hash) = signed_by(issuer, &last) else { continue };
            chain.push(issuer.clone());
            let above = self.climb(chain);
            chain.pop();
            if let Some(mut path) = above {
                let state = self.revocation(&last, issuer);
                path.weak |= hash == Hash::Sha1;
                path.revoked |= state == Some(true);
                path.revocation_known &= state.is_some();
                return Some(path);
            }
        }
        None
    }

    /// An authority by basic constraints and key usage, valid now; `below` certificates are under it.
    fn may_issue(&self, issuer: &Certificate, subject: &Certificate, below: usize) -> bool {
        let tbs = &issuer.parsed().tbs_certificate;
        if !same_name(&tbs.subject, &subject.parsed().tbs_certificate.issuer)
            || self.now < issuer.not_before()
            || self.now > issuer.not_after()
            || !key_identifiers_fit(issuer, subject)
        {
            return false;
        }
        let Ok(Some((_, basic))) = tbs.get::<BasicConstraints>() else { return false };
        // The leaf itself does not count, so one certificate below leaves a path length of zero.
        let length = basic.path_len_constraint.is_none_or(|most| below <= usize::from(most) + 1);
        let usage = match tbs.get::<KeyUsage>() {
            Ok(usage) => usage.is_none_or(|(_, usage)| usage.0.contains(KeyUsages::KeyCertSign)),
            Err(_) => false,
        };
        basic.ca && length && usage
    }

    /// `Some(true)`: revoked; `Some(false)`: on no current list of its issuer; `None`: not known.
    fn revocation(&self, certificate: &Certificate, issuer: &Certificate) -> Option<bool> {
        let issuer_name = &issuer.parsed().tbs_certificate.subject;
        let serial = &certificate.parsed().tbs_certificate.serial_number;
        let mut answer = None;
        for list in &self.trust.lists {
            let tbs = &list.parsed.tbs_cert_list;
            if !same_name(&tbs.issuer, issuer_name) {
                continue;
            }
            let may = match issuer.parsed().tbs_certificate.get::<KeyUsage>() {
                Ok(usage) => usage.is_none_or(|(_, usage)| usage.0.contains(KeyUsages::CRLSign)),
                Err(_) => false,
            };
            let bits = list.parsed.signature.as_bytes();
            if !may || issued(issuer, list.parsed.signature_algorithm.oid, &list.signed, bits).is_none() {
                continue;
            }
            let listed = tbs
                .revoked_certificates
                .iter()
                .flatten()
                .any(|entry| entry.serial_number == *serial && moment(entry.revocation_date) <= self.now);
            if listed {
                return Some(true);
            }
            // A list for some certificates only, or one about others, or an old one, clears nobody.
            let partial =
                tbs.crl_extensions.iter().flatten().any(|extension| {
                    extension.critical || extension.extn_id == IssuingDistributionPoint::OID
                });
            let current = moment(tbs.this_update) <= self.now
                && tbs.next_update.is_some_and(|next| self.now <= moment(next));
            if !partial && current {
                answer = Some(false);
            }
        }
        answer
    }
}

fn signed_by(issuer: &Certificate, subject: &Certificate) -> Option<Hash> {
    let parsed = subject.parsed();
    if parsed.signature_algorithm != parsed.tbs_certificate.signature {
        return None;
    }
    issued(issuer, parsed.signature_algorithm.oid, subject.signed_part(), parsed.signature.as_bytes())
}

fn key_identifiers_fit(issuer: &Certificate, subject: &Certificate) -> bool {
    let own = issuer.parsed().tbs_certificate.get::<SubjectKeyIdentifier>().ok().flatten();
    let asked = subject.parsed().tbs_certificate.get::<AuthorityKeyIdentifier>().ok().flatten();
    match (own, asked.and_then(|(_, asked)| asked.key_identifier)) {
        (Some((_, own)), Some(asked)) => own.0 == asked,
        _ => true,
    }
}

fn critical_extension_unknown(certificate: &Certificate) -> bool {
    const KNOWN: [ObjectIdentifier; 4] =
        [BasicConstraints::OID, KeyUsage::OID, ExtendedKeyUsage::OID, CertificatePolicies::OID];
    certificate
        .parsed()
        .tbs_certificate
        .extensions
        .iter()
        .flatten()
        .any(|extension| extension.critical && !KNOWN.contains(&extension.extn_id))
}
