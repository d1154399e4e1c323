//! Papers (giấy tờ), their versions, owners and uses.

use super::{StoreError, View};
use crate::scope::Scope;
use motcua_dossier::{
    BlobId, Day, DocumentId, DocumentRecord, DocumentStatus, DocumentSummary, DossierId, IdNumber, OpId,
    PaperCode, Provenance, Timestamp,
};
use motcua_wire::Change;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// What is stored of a paper's state; "Hết hiệu lực" is never stored, it follows from the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StoredStatus {
    Valid,
    Cancelled,
    BadSignature,
    Unsigned,
}

/// A paper as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PaperRow {
    pub(crate) record: DocumentRecord,
    pub(crate) code: String,
    pub(crate) version: u64,
    pub(crate) status: StoredStatus,
    pub(crate) provenance: Provenance,
    pub(crate) store_name: String,
    pub(crate) owner_name: String,
    pub(crate) filed_at: Timestamp,
    pub(crate) filed_by: Option<String>,
    pub(crate) base_uses: u64,
}

const COLUMNS: &str = "d.record, d.code, d.version, d.status, d.provenance, d.owner_name, d.filed_at,
    d.filed_by, d.base_uses, d.base_uses + (SELECT count(*) FROM uses u WHERE u.document = d.id),
    d.store_name";

impl StoredStatus {
    fn text(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Cancelled => "cancelled",
            Self::BadSignature => "bad_signature",
            Self::Unsigned => "unsigned",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        Ok(match text {
            "valid" => Self::Valid,
            "cancelled" => Self::Cancelled,
            "bad_signature" => Self::BadSignature,
            "unsigned" => Self::Unsigned,
            _ => return Err(StoreError::Identifier),
        })
    }
}

impl PaperRow {
    /// May the paper be used on that day.
    pub(crate) fn status_on(&self, day: Day) -> DocumentStatus {
        match self.status {
            StoredStatus::Cancelled => DocumentStatus::Cancelled,
            StoredStatus::BadSignature => DocumentStatus::BadSignature,
            StoredStatus::Unsigned => DocumentStatus::Unsigned,
            StoredStatus::Valid if self.record.metadata.valid_until.is_some_and(|last| last < day) => {
                DocumentStatus::Expired
            }
            StoredStatus::Valid => DocumentStatus::Valid,
        }
    }
}

impl View<'_> {
    pub(crate) fn paper(&self, id: DocumentId) -> Result<Option<PaperRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM documents d WHERE d.id = ?");
        let found = self.0.prepare_cached(&sql)?.query_row([id.to_string()], raw).optional()?;
        found.map(|raw| raw.read().map(|(row, _)| row)).transpose()
    }

    /// It came as the result of a dossier.
    pub(crate) fn is_result(&self, id: DocumentId) -> Result<bool, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT 1 FROM document_versions v JOIN ops o ON o.id = v.op JOIN dossiers d ON d.id = o.dossier
             WHERE v.document = ?1 AND v.version = 1 AND d.returned ->> '$.record.id' = ?1",
        )?;
        Ok(statement.exists([id.to_string()])?)
    }

    /// Papers of these people in a scope, newest first.
    pub(crate) fn papers_of(
        &self,
        owners: &[IdNumber],
        scope: &Scope,
        today: Day,
    ) -> Result<Vec<DocumentSummary>, StoreError> {
        let numbers = serde_json::to_string(&self.all_numbers(owners)?)?;
        let sql = format!(
            "SELECT {COLUMNS} FROM documents d
             WHERE d.id IN (SELECT document FROM document_owners
                            WHERE number IN (SELECT value FROM json_each(?1)))
               AND (d.shared = 1 OR {})
             ORDER BY d.filed_at DESC, d.serial DESC",
            Scope::holds("d.filed_by", "?2")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows =
            statement.query_map(params![numbers, scope.parameter()], raw)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(|raw| self.summary(raw, today)).collect()
    }

    /// A paper a scope may see.
    pub(crate) fn paper_seen(
        &self,
        id: DocumentId,
        scope: &Scope,
        today: Day,
    ) -> Result<Option<DocumentSummary>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM documents d WHERE d.id = ?1 AND (d.shared = 1 OR {})",
            Scope::holds("d.filed_by", "?2")
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let found = statement.query_row(params![id.to_string(), scope.parameter()], raw).optional()?;
        found.map(|raw| self.summary(raw, today)).transpose()
    }

    fn summary(&self, raw: RawPaper, today: Day) -> Result<DocumentSummary, StoreError> {
        let (row, uses) = raw.read()?;
        let status = match row.status_on(today) {
            DocumentStatus::Valid if self.is_under_correction(row.record.id, row.version)? => {
                DocumentStatus::UnderCorrection
            }
            status => status,
        };
        Ok(DocumentSummary {
            code: PaperCode::parse(&row.code).map_err(|_| StoreError::Identifier)?,
            version: row.version,
            uses,
            status,
            provenance: row.provenance,
            store_name: row.store_name,
            owner_name: row.owner_name,
            filed_at: row.filed_at,
            record: row.record,
        })
    }

    /// Every paper's file, for the check of a whole warehouse.
    pub(crate) fn paper_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        let mut statement = self.0.prepare("SELECT DISTINCT blob FROM document_versions")?;
        let rows = statement.query_map([], |r| r.get::<_, [u8; 32]>(0))?;
        Ok(rows.map(|r| r.map(BlobId)).collect::<Result<_, _>>()?)
    }

    /// A suffix no other paper has; opaque (inventory K-06).
    pub(crate) fn next_paper_suffix(&self) -> Result<String, StoreError> {
        let last: u64 =
            self.0.query_row("SELECT coalesce(max(serial), 0) FROM documents", [], |r| r.get(0))?;
        Ok(format!("CS{}", 10_001 + last))
    }

    /// Stores a new paper or a new version of one; the versions before stay in the history.
    pub(crate) fn put_paper(
        &self,
        row: &PaperRow,
        from: Option<(OpId, DossierId)>,
    ) -> Result<(), StoreError> {
        let record = serde_json::to_string(&row.record)?;
        let (id, blob) = (row.record.id.to_string(), row.record.blob.0);
        self.0.execute(
            "INSERT INTO documents(id, version, code, record, blob, owner_name, status, provenance, shared,
               filed_at, filed_by, base_uses, store_name) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT(id) DO UPDATE SET version = excluded.version, record = excluded.record,
               blob = excluded.blob, owner_name = excluded.owner_name, status = excluded.status,
               shared = excluded.shared, filed_at = excluded.filed_at",
            params![
                id,
                row.version,
                row.code,
                record,
                blob.as_slice(),
                row.owner_name,
                row.status.text(),
                provenance_text(row.provenance),
                row.record.metadata.shared,
                row.filed_at.0,
                row.filed_by,
                row.base_uses,
                row.store_name,
            ],
        )?;
        self.0.execute(
            "INSERT INTO document_versions(document, version, record, blob, filed_at, op)
             VALUES(?, ?, ?, ?, ?, ?)",
            params![
                id,
                row.version,
                record,
                blob.as_slice(),
                row.filed_at.0,
                from.map(|(op, _)| op.to_string())
            ],
        )?;
        for number in &row.record.owner {
            self.0.execute(
                "INSERT INTO document_owners(number, document) VALUES(?, ?) ON CONFLICT DO NOTHING",
                [number.value(), &id],
            )?;
        }
        if row.filed_by.is_some() {
            let dossier = from.map(|(_, dossier)| dossier);
            let change = Change::Document { id: row.record.id, version: row.version, dossier };
            self.note(&change, row.filed_by.as_deref(), row.filed_at)?;
        }
        Ok(())
    }

    /// Did one of these operations file a version of the paper.
    pub(crate) fn filed_by_one_of(&self, id: DocumentId, ops: &[OpId]) -> Result<bool, StoreError> {
        let ops: Vec<String> = ops.iter().map(ToString::to_string).collect();
        Ok(self
            .0
            .prepare_cached(
                "SELECT 1 FROM document_versions WHERE document = ? AND op IN (SELECT value FROM json_each(?))",
            )?
            .exists(params![id.to_string(), serde_json::to_string(&ops)?])?)
    }

    /// Another paper took its place: it stays in the records and is not reused any more.
    pub(crate) fn cancel_paper(
        &self,
        id: DocumentId,
        agency: &str,
        dossier: DossierId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(paper) = self.paper(id)? else { return Ok(()) };
        self.0.execute(
            "UPDATE documents SET status = ? WHERE id = ?",
            params![StoredStatus::Cancelled.text(), id.to_string()],
        )?;
        self.note(&Change::Document { id, version: paper.version, dossier: Some(dossier) }, Some(agency), at)
    }

    /// A corrected acceptance no longer uses the papers it does not name.
    pub(crate) fn forget_uses_but(
        &self,
        dossier: DossierId,
        named: &BTreeSet<DocumentId>,
    ) -> Result<(), StoreError> {
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
        self.0.execute(
            "DELETE FROM uses WHERE dossier = ? AND document NOT IN (SELECT value FROM json_each(?))",
            params![dossier.to_string(), serde_json::to_string(&named)?],
        )?;
        Ok(())
    }

    /// Counts one use of a paper by a dossier, once however often it is said.
    pub(crate) fn count_use(
        &self,
        dossier: DossierId,
        document: DocumentId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO uses(dossier, document, at) VALUES(?, ?, ?) ON CONFLICT DO NOTHING",
            params![dossier.to_string(), document.to_string(), at.0],
        )?;
        Ok(())
    }
}

struct RawPaper {
    record: String,
    code: String,
    version: u64,
    status: String,
    provenance: String,
    owner_name: String,
    filed_at: i64,
    filed_by: Option<String>,
    base_uses: u64,
    uses: u64,
    store_name: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawPaper> {
    Ok(RawPaper {
        record: row.get(0)?,
        code: row.get(1)?,
        version: row.get(2)?,
        status: row.get(3)?,
        provenance: row.get(4)?,
        owner_name: row.get(5)?,
        filed_at: row.get(6)?,
        filed_by: row.get(7)?,
        base_uses: row.get(8)?,
        uses: row.get(9)?,
        store_name: row.get(10)?,
    })
}

impl RawPaper {
    fn read(self) -> Result<(PaperRow, u64), StoreError> {
        let row = PaperRow {
            record: serde_json::from_str(&self.record)?,
            code: self.code,
            version: self.version,
            status: StoredStatus::parse(&self.status)?,
            provenance: provenance(&self.provenance)?,
            store_name: self.store_name,
            owner_name: self.owner_name,
            filed_at: Timestamp(self.filed_at),
            filed_by: self.filed_by,
            base_uses: self.base_uses,
        };
        Ok((row, self.uses))
    }
}

fn provenance_text(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::Provincial => "provincial",
        Provenance::National => "national",
        Provenance::NationalNotSynced => "national_not_synced",
    }
}

fn provenance(text: &str) -> Result<Provenance, StoreError> {
    Ok(match text {
        "provincial" => Provenance::Provincial,
        "national" => Provenance::National,
        "national_not_synced" => Provenance::NationalNotSynced,
        _ => return Err(StoreError::Identifier),
    })
}
