//! What a row of a dossier shows for itself, as it is told to the warehouse.

use crate::{BlobId, DocumentId, Provenance};
use serde::{Deserialize, Serialize};

/// What fills one component row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ComponentEvidence {
    /// Row number.
    pub number: u32,
    /// Name as printed.
    pub name: String,
    /// What is there.
    pub source: EvidenceSource,
}

/// Source of a component's file (inventory D-09).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum EvidenceSource {
    /// Scanned at the counter.
    Scan {
        /// The file.
        blob: BlobId,
        /// The paper it became, when it entered the warehouse.
        document: Option<DocumentId>,
    },
    /// Chosen from the computer.
    File {
        /// The file.
        blob: BlobId,
        /// The paper it became, when it entered the warehouse.
        document: Option<DocumentId>,
    },
    /// Taken from the warehouse.
    Warehouse {
        /// The paper.
        document: DocumentId,
        /// Its version.
        version: u64,
        /// Its store.
        provenance: Provenance,
    },
    /// Not handed in: its data are in a database of the state, where an officer looked. Schema 2.
    Database {
        /// Name of the database.
        database: String,
        /// What was found there; may be empty.
        #[serde(default)]
        note: String,
    },
    /// Nothing (not required).
    Absent,
}

impl EvidenceSource {
    /// The paper of the owner's warehouse that a file of this counter became.
    #[must_use]
    pub fn document(&self) -> Option<DocumentId> {
        match self {
            Self::Scan { document, .. } | Self::File { document, .. } => *document,
            Self::Warehouse { .. } | Self::Database { .. } | Self::Absent => None,
        }
    }

    /// The file, where it came in here.
    #[must_use]
    pub fn blob(&self) -> Option<BlobId> {
        match self {
            Self::Scan { blob, .. } | Self::File { blob, .. } => Some(*blob),
            Self::Warehouse { .. } | Self::Database { .. } | Self::Absent => None,
        }
    }
}
