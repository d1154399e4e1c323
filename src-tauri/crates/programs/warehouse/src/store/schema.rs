//! Schema of `records.db`; forward only, one transaction per step.

use super::StoreError;
use rusqlite::Connection;

/// Migrations in order; `PRAGMA user_version` counts those done.
const STEPS: [&str; 17] = [
    "
CREATE TABLE devices(
  id TEXT PRIMARY KEY, key_hash BLOB NOT NULL UNIQUE, agency TEXT NOT NULL, name TEXT NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE reference(version INTEGER PRIMARY KEY, body TEXT NOT NULL, loaded_at INTEGER NOT NULL) STRICT;
CREATE TABLE aliases(number TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT;
CREATE INDEX aliases_person ON aliases(person);
CREATE TABLE blobs(
  id BLOB PRIMARY KEY, size INTEGER NOT NULL, stored_at INTEGER NOT NULL, device TEXT) STRICT;
CREATE TABLE documents(
  serial INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, code TEXT NOT NULL,
  record TEXT NOT NULL, blob BLOB NOT NULL, owner_name TEXT NOT NULL, status TEXT NOT NULL,
  provenance TEXT NOT NULL, shared INTEGER NOT NULL, filed_at INTEGER NOT NULL, filed_by TEXT,
  base_uses INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX documents_blob ON documents(blob);
CREATE TABLE document_versions(
  document TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL, blob BLOB NOT NULL,
  filed_at INTEGER NOT NULL, op TEXT, PRIMARY KEY(document, version)) STRICT;
CREATE TABLE document_owners(
  number TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY(number, document)) STRICT, WITHOUT ROWID;
CREATE TABLE dossiers(
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, agency TEXT NOT NULL, code TEXT UNIQUE,
  accepted TEXT, returned TEXT) STRICT;
CREATE TABLE dossier_blobs(
  dossier TEXT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY(dossier, blob)) STRICT, WITHOUT ROWID;
CREATE INDEX dossier_blobs_blob ON dossier_blobs(blob);
CREATE TABLE uses(
  dossier TEXT NOT NULL, document TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(dossier, document)) STRICT, WITHOUT ROWID;
CREATE INDEX uses_document ON uses(document);
CREATE TABLE consents(
  dossier TEXT NOT NULL, document TEXT NOT NULL, at INTEGER NOT NULL, method TEXT NOT NULL,
  officer TEXT NOT NULL, national INTEGER NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY(dossier, document, at)) STRICT, WITHOUT ROWID;
CREATE TABLE ops(
  id TEXT PRIMARY KEY, body_hash BLOB NOT NULL, dossier TEXT NOT NULL, device TEXT NOT NULL,
  device_seq INTEGER NOT NULL, version INTEGER, receipt TEXT, code TEXT, at INTEGER NOT NULL) STRICT;
CREATE INDEX ops_dossier ON ops(dossier, version);
CREATE TABLE number_blocks(
  id INTEGER PRIMARY KEY, agency TEXT NOT NULL, day TEXT NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, device TEXT NOT NULL, leased_at INTEGER NOT NULL,
  CHECK(first BETWEEN 1 AND 9999 AND last BETWEEN first AND 9999), UNIQUE(agency, day, first)) STRICT;
",
    "
CREATE TABLE blob_senders(
  blob BLOB NOT NULL, device TEXT NOT NULL, PRIMARY KEY(blob, device)) STRICT, WITHOUT ROWID;
INSERT INTO blob_senders(blob, device) SELECT id, device FROM blobs WHERE device IS NOT NULL;
CREATE TABLE uploads(
  id TEXT PRIMARY KEY, device TEXT NOT NULL, blob BLOB NOT NULL, length INTEGER NOT NULL,
  received INTEGER NOT NULL DEFAULT 0, touched_at INTEGER NOT NULL, holder TEXT,
  held_until INTEGER NOT NULL DEFAULT 0, UNIQUE(device, blob), CHECK(received BETWEEN 0 AND length)) STRICT;
",
    "
ALTER TABLE documents ADD COLUMN store_name TEXT NOT NULL DEFAULT '';
",
    "
CREATE TABLE inbox(
  op TEXT PRIMARY KEY, body_hash BLOB NOT NULL, body TEXT NOT NULL, dossier TEXT NOT NULL,
  device TEXT NOT NULL, device_seq INTEGER NOT NULL, agency TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX inbox_lane ON inbox(dossier, device, device_seq);
CREATE INDEX inbox_device ON inbox(device);
CREATE TABLE inbox_files(
  blob BLOB NOT NULL, op TEXT NOT NULL, PRIMARY KEY(blob, op)) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_files_op ON inbox_files(op);
",
    "
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE changes(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, agency TEXT, body TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX changes_agency ON changes(agency, seq);
INSERT INTO changes(agency, body, at)
  SELECT agency, json_object('kind', 'dossier', 'id', id, 'version', version, 'code', code, 'what',
      CASE WHEN returned IS NOT NULL THEN 'returned' WHEN accepted IS NOT NULL THEN 'accepted'
        ELSE 'paper_filed' END),
    coalesce((SELECT max(at) FROM ops WHERE dossier = d.id), 0) AS at FROM dossiers d
  UNION ALL SELECT filed_by, json_object('kind', 'document', 'id', id, 'version', version, 'dossier', NULL),
    filed_at FROM documents WHERE filed_by IS NOT NULL
  UNION ALL SELECT NULL, json_object('kind', 'reference', 'version', version), loaded_at FROM reference
  ORDER BY at;
",
    "
CREATE TABLE leases(
  dossier TEXT PRIMARY KEY, device TEXT NOT NULL, officer TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE lease_takeovers(
  id INTEGER PRIMARY KEY, dossier TEXT NOT NULL, from_device TEXT NOT NULL, from_officer TEXT NOT NULL,
  to_device TEXT NOT NULL, to_officer TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
",
    "
ALTER TABLE number_blocks ADD COLUMN key TEXT;
ALTER TABLE number_blocks ADD COLUMN wished INTEGER;
CREATE UNIQUE INDEX number_blocks_key ON number_blocks(device, key) WHERE key IS NOT NULL;
",
    "
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, officer TEXT NOT NULL,
  action TEXT NOT NULL, subject TEXT NOT NULL, prev_hash BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE audit_heads(
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
CREATE TABLE owners(number TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE imports(
  kind TEXT NOT NULL, key TEXT NOT NULL, row_hash BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(kind, key)) STRICT, WITHOUT ROWID;
CREATE INDEX documents_code ON documents(code);
",
    "
CREATE TABLE replaced_ops(
  op TEXT NOT NULL, device TEXT NOT NULL, by_op TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(op, device)) STRICT, WITHOUT ROWID;
CREATE TABLE withdrawals(
  op TEXT PRIMARY KEY, dossier TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE acceptances(
  dossier TEXT NOT NULL, version INTEGER NOT NULL, op TEXT NOT NULL, PRIMARY KEY(dossier, version)) STRICT, WITHOUT ROWID;
",
    "
CREATE INDEX dossiers_agency ON dossiers(agency, id);
CREATE TABLE dossier_history(
  dossier TEXT NOT NULL, version INTEGER NOT NULL, accepted TEXT, returned TEXT,
  PRIMARY KEY(dossier, version)) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE machines(
  id TEXT PRIMARY KEY, agency TEXT NOT NULL, name TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 0, certificate_until INTEGER) STRICT;
INSERT INTO machines(id, agency, name, revoked) SELECT id, agency, name, revoked FROM devices;
DROP TABLE devices;
ALTER TABLE machines RENAME TO devices;
CREATE TABLE device_codes(
  selector TEXT PRIMARY KEY, secret BLOB NOT NULL, agency TEXT NOT NULL, name TEXT NOT NULL,
  device TEXT, until INTEGER NOT NULL, tries INTEGER NOT NULL, used BLOB) STRICT;
CREATE TABLE officers(
  login TEXT PRIMARY KEY, name TEXT NOT NULL, node TEXT NOT NULL, secret TEXT NOT NULL,
  wrong INTEGER NOT NULL, wrong_at INTEGER NOT NULL, ended INTEGER NOT NULL) STRICT;
CREATE TABLE grants(
  id INTEGER PRIMARY KEY AUTOINCREMENT, officer TEXT NOT NULL, role TEXT NOT NULL, node TEXT NOT NULL,
  procedures TEXT, from_day TEXT, until_day TEXT) STRICT;
CREATE INDEX grants_officer ON grants(officer);
CREATE TABLE sessions(
  officer TEXT NOT NULL, device TEXT NOT NULL, access BLOB NOT NULL UNIQUE, access_until INTEGER NOT NULL,
  refresh BLOB NOT NULL UNIQUE, former BLOB, refresh_until INTEGER NOT NULL,
  PRIMARY KEY(officer, device)) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_former ON sessions(former);
",
    "
ALTER TABLE reference ADD COLUMN effective_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reference ADD COLUMN hash BLOB;
ALTER TABLE reference ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE reference ADD COLUMN officer TEXT NOT NULL DEFAULT '';
ALTER TABLE reference ADD COLUMN told INTEGER NOT NULL DEFAULT 1;
CREATE INDEX reference_force ON reference(effective_at, version);
ALTER TABLE ops ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;
CREATE TABLE fees(
  serial INTEGER PRIMARY KEY, op TEXT NOT NULL UNIQUE, dossier TEXT NOT NULL, agency TEXT NOT NULL,
  device TEXT NOT NULL, officer TEXT NOT NULL, day TEXT NOT NULL, kind TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK(amount > 0), method TEXT, receipt_number TEXT, reverses TEXT UNIQUE,
  record TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX fees_dossier ON fees(dossier);
CREATE INDEX fees_day ON fees(agency, day);
CREATE INDEX fees_receipt ON fees(agency, receipt_number) WHERE receipt_number IS NOT NULL;
CREATE TABLE feedback(
  serial INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL,
  version INTEGER NOT NULL, dossier TEXT NOT NULL, from_agency TEXT NOT NULL, to_agency TEXT,
  device TEXT NOT NULL, officer TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL,
  given_at INTEGER NOT NULL, at INTEGER NOT NULL, answered_at INTEGER, corrected INTEGER, answer TEXT,
  answered_by TEXT) STRICT;
CREATE INDEX feedback_from ON feedback(from_agency, serial);
CREATE INDEX feedback_to ON feedback(to_agency, serial);
CREATE INDEX consents_document ON consents(document);
CREATE TABLE identity_told(
  number TEXT NOT NULL, agency TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(number, agency)) STRICT, WITHOUT ROWID;
CREATE TABLE notice_events(
  dossier TEXT NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(dossier, event)) STRICT, WITHOUT ROWID;
CREATE TABLE notices(
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, dossier TEXT NOT NULL, event TEXT NOT NULL,
  channel TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, error TEXT,
  made_at INTEGER NOT NULL, sent_at INTEGER) STRICT;
CREATE INDEX notices_due ON notices(next_at) WHERE state = 'waiting';
CREATE INDEX dossiers_promised ON dossiers(json_extract(accepted, '$.deadline.day'))
  WHERE accepted IS NOT NULL AND returned IS NULL;
",
    "
CREATE TABLE packages(
  blob BLOB PRIMARY KEY, device TEXT NOT NULL, made_at INTEGER NOT NULL, operations INTEGER NOT NULL,
  carried_by TEXT NOT NULL, carried_at INTEGER NOT NULL, taken_at INTEGER) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE steps(
  serial INTEGER PRIMARY KEY, op TEXT NOT NULL UNIQUE, dossier TEXT NOT NULL, agency TEXT NOT NULL,
  device TEXT NOT NULL, officer TEXT NOT NULL, record TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX steps_dossier ON steps(dossier);
UPDATE ops SET aside = 2 WHERE id IN (SELECT op FROM withdrawals);
ALTER TABLE dossiers ADD COLUMN due TEXT;
UPDATE dossiers SET due = json_extract(accepted, '$.deadline.day') WHERE accepted IS NOT NULL;
DROP INDEX dossiers_promised;
CREATE INDEX dossiers_promised ON dossiers(due) WHERE due IS NOT NULL AND returned IS NULL;
",
    "
ALTER TABLE dossiers ADD COLUMN submitted TEXT;
ALTER TABLE dossiers ADD COLUMN submitted_by TEXT;
ALTER TABLE dossiers ADD COLUMN declined TEXT;
ALTER TABLE dossiers ADD COLUMN declined_op TEXT;
CREATE INDEX dossiers_waiting ON dossiers(agency, id)
  WHERE submitted IS NOT NULL AND accepted IS NULL AND declined IS NULL;
ALTER TABLE devices ADD COLUMN portal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device_codes ADD COLUMN portal INTEGER NOT NULL DEFAULT 0;
",
    "
ALTER TABLE feedback ADD COLUMN confirmed TEXT;
CREATE INDEX feedback_document ON feedback(document);
",
    "
ALTER TABLE dossier_history ADD COLUMN declined TEXT;
ALTER TABLE dossier_history ADD COLUMN declined_op TEXT;
",
];

/// How many steps a file has seen. A file of a newer program is refused, untouched.
pub(super) fn require_known(connection: &Connection) -> Result<usize, StoreError> {
    let done: usize = connection.query_row("PRAGMA user_version", [], |r| r.get::<_, u32>(0))? as usize;
    if done > STEPS.len() { Err(StoreError::Newer) } else { Ok(done) }
}

/// Brings the file to the newest schema.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let done = require_known(connection)?;
    for (step, sql) in STEPS.iter().enumerate().skip(done) {
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", u32::try_from(step + 1).unwrap_or(u32::MAX))?;
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use motcua_dossier::DossierId;
    use motcua_wire::{Change, DossierEvent};

    #[test]
    fn an_older_file_keeps_what_it_has_and_tells_it() {
        let mut file = Connection::open_in_memory().unwrap();
        file.execute_batch(STEPS[0]).unwrap();
        file.pragma_update(None, "user_version", 1).unwrap();
        file.execute(
            "INSERT INTO documents(id, version, code, record, blob, owner_name, status, provenance, shared, filed_at)
             VALUES('a', 1, 'c', '{}', x'00', 'A', 'valid', 'provincial', 1, 0)",
            [],
        )
        .unwrap();
        let id = DossierId::derive(1, &[1; 10]);
        file.execute_batch(&format!(
            "INSERT INTO reference(version, body, loaded_at) VALUES(5, '{{}}', 1);
             INSERT INTO dossiers(id, version, agency, accepted) VALUES('{id}', 2, 'a', '{{}}');
             INSERT INTO devices(id, key_hash, agency, name, revoked) VALUES('m', x'00', 'a', 'Máy', 1);
             INSERT INTO ops(id, body_hash, dossier, device, device_seq, at) VALUES('o', x'00', '{id}', 'd', 1, 2);"
        ))
        .unwrap();
        migrate(&mut file).unwrap();
        migrate(&mut file).unwrap();
        let told: Vec<String> = file
            .prepare("SELECT body FROM changes ORDER BY seq")
            .and_then(|mut rows| rows.query_map([], |r| r.get(0))?.collect())
            .unwrap();
        let told: Vec<Change> = told.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        let change = Change::Dossier { id, version: 2, code: None, what: DossierEvent::Accepted };
        assert_eq!(told, [Change::Reference { version: 5 }, change], "what was there is told");
        let store: String = file.query_row("SELECT store_name FROM documents", [], |r| r.get(0)).unwrap();
        assert_eq!(store, "");
        let sql = "SELECT agency || name || revoked || generation FROM devices WHERE id = 'm'";
        let machine: String = file.query_row(sql, [], |r| r.get(0)).unwrap();
        assert_eq!(machine, "aMáy10", "a machine is known, and has to enrol");
        file.pragma_update(None, "user_version", STEPS.len() + 1).unwrap();
        assert!(matches!(migrate(&mut file), Err(StoreError::Newer)));
    }
}
