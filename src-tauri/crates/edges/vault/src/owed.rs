//! Dossiers whose result is owed, in the order of their days: what a work list begins with, however old it is.

use crate::failure::from_sqlite;
use motcua_desk::ports::VaultError;
use motcua_dossier::Dossier;
use rusqlite::{Connection, params};

/// Notes by when a dossier is owed, or that it is not.
pub(crate) fn note(db: &Connection, dossier: &Dossier) -> Result<(), VaultError> {
    let id = dossier.id.to_string();
    let done = match dossier.owed_by() {
        Some(day) => db
            .prepare_cached("REPLACE INTO owed VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![id, day.format_iso()])),
        None => db.prepare_cached("DELETE FROM owed WHERE dossier = ?1").and_then(|mut s| s.execute([id])),
    };
    done.map(drop).map_err(|e| from_sqlite(&e))
}

/// The same of every dossier of an older schema. One that is not understood is owed to nobody.
pub(crate) fn note_all(db: &Connection) -> Result<(), VaultError> {
    let mut rows = db.prepare("SELECT body FROM dossier").map_err(|e| from_sqlite(&e))?;
    for body in rows.query_map([], |row| row.get::<_, String>(0)).map_err(|e| from_sqlite(&e))? {
        let body = body.map_err(|e| from_sqlite(&e))?;
        if let Ok(dossier) = serde_json::from_str::<Dossier>(&body) {
            note(db, &dossier)?;
        }
    }
    Ok(())
}
