//! Reference data as the server uses it: parsed once, with its trust list and agency names.

use motcua_dossier::{ProcedureCode, ReferenceData};
use motcua_signature::TrustList;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// One version of the reference data, ready for use.
pub struct Reference {
    /// As served to counters.
    pub data: ReferenceData,
    /// Anchors, intermediates and revocation lists for checking signatures.
    pub trust: TrustList,
    agencies: BTreeSet<String>,
}

impl Reference {
    /// Prepares a version for use.
    ///
    /// # Errors
    /// A certificate of the trust list cannot be read.
    pub fn new(data: ReferenceData) -> Result<Self, motcua_signature::TrustListError> {
        let trust = TrustList::from_pem(&data.trust_pem)?;
        let agencies = data.tree.iter().map(|node| agency_name(&node.name)).collect();
        Ok(Self { data, trust, agencies })
    }

    /// A certificate is an agency's when its subject's common name is the name of a node of the
    /// organisation tree; else it is an officer's.
    #[must_use]
    pub fn is_agency(&self, common_name: &str) -> bool {
        self.agencies.contains(&agency_name(common_name))
    }

    /// Is the procedure known, in whichever of its two spellings.
    #[must_use]
    pub fn knows_procedure(&self, code: &ProcedureCode) -> bool {
        self.data.procedures.iter().any(|p| p.code.same_procedure(code))
    }
}

fn agency_name(text: &str) -> String {
    text.trim().nfc().collect()
}
