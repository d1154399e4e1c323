//! Reference data as the server uses it: parsed once, with its trust list and agency names. Its versions come
//! in from files of offices and are kept for ever (`versions`).

mod edit;
mod files;
mod tables;
mod versions;

pub use edit::{RowWish, RowsReport, reference_rows, reference_set, reference_undo};
pub(crate) use edit::{change, diff_rows, row_steps, rows, sheets, version_lines};
pub use files::ExportError;
pub use tables::{CellFault, RowChange, SHEETS, Sheet};
pub(crate) use versions::end_of;
pub use versions::{
    ReferenceError, ReferenceReport, ReferenceVersion, RowHistory, Which, reference_diff, reference_export,
    reference_history, reference_import, reference_list,
};

use crate::scope::Tree;
use motcua_dossier::{ProcedureCode, ReferenceData};
use motcua_signature::TrustList;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// One version of the reference data, ready for use.
pub struct Reference {
    /// As served to counters.
    pub data: ReferenceData,
    /// Anchors, intermediates and revocation lists for checking signatures.
    pub trust: TrustList,
    agencies: BTreeSet<String>,
    pub(crate) tree: Tree,
}

impl Reference {
    /// Prepares a version for use.
    ///
    /// # Errors
    /// A certificate of the trust list cannot be read.
    pub fn new(data: ReferenceData) -> Result<Self, motcua_signature::TrustListError> {
        let trust = TrustList::from_pem(&data.trust_pem)?;
        let agencies = data.tree.iter().map(|node| agency_name(&node.name)).collect();
        let tree = Tree::new(&data.tree);
        Ok(Self { data, trust, agencies, tree })
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

/// Identity of the content: the same from whatever file it came, and whatever its number and day.
pub(crate) fn content_hash(data: &ReferenceData) -> Result<[u8; 32], crate::StoreError> {
    let mut hash = Sha256::new();
    for table in tables::tables_of(data) {
        hash.update(serde_json::to_vec(&(table.sheet.name, table.rows))?);
    }
    Ok(hash.finalize().into())
}

fn agency_name(text: &str) -> String {
    text.trim().nfc().collect()
}
