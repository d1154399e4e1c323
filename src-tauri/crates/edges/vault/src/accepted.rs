//! Dossiers by the moment of their acceptance, for the book. No column has that moment: of every dossier the state alone
//! is read out of its body, and only those of the span are read whole. A book is asked for a few times a day; an index of
//! its own would cost every commit.

use crate::failure::from_sqlite;
use motcua_desk::ports::VaultError;
use motcua_dossier::{Dossier, DossierState, OfficeDossier, Timestamp};
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;

/// Those of this counter, in the order of their acceptance.
pub(crate) fn own(db: &Connection, from: Timestamp, until: Timestamp) -> Result<Vec<Dossier>, VaultError> {
    let mut states =
        db.prepare_cached("SELECT place, body -> '$.state' FROM dossier").map_err(|e| from_sqlite(&e))?;
    let mut rows = states.query([]).map_err(|e| from_sqlite(&e))?;
    let mut places: Vec<i64> = vec![];
    while let Some(row) = rows.next().map_err(|e| from_sqlite(&e))? {
        let state: DossierState = parse(&row.get::<_, String>(1).map_err(|e| from_sqlite(&e))?)?;
        if state.acceptance().is_some_and(|(at, _)| (from..until).contains(&at)) {
            places.push(row.get(0).map_err(|e| from_sqlite(&e))?);
        }
    }
    let mut whole =
        db.prepare_cached("SELECT body FROM dossier WHERE place = ?1").map_err(|e| from_sqlite(&e))?;
    let mut found: Vec<Dossier> = vec![];
    for place in places {
        let body: String = whole.query_row([place], |row| row.get(0)).map_err(|e| from_sqlite(&e))?;
        found.push(parse(&body)?);
    }
    found.sort_by_key(|dossier| (dossier.state.acceptance().map(|(at, _)| at), dossier.id));
    Ok(found)
}

/// Those of the office that this counter has none of its own of. Their bodies are short.
pub(crate) fn of_office(
    db: &Connection,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<OfficeDossier>, VaultError> {
    let sql = "SELECT body FROM office WHERE body ->> '$.accepted_at' >= ?1 AND body ->> '$.accepted_at' < ?2
        AND NOT EXISTS (SELECT 1 FROM dossier WHERE dossier.id = office.id)
        ORDER BY body ->> '$.accepted_at', id";
    let mut statement = db.prepare_cached(sql).map_err(|e| from_sqlite(&e))?;
    let rows = statement
        .query_map(params![from.0, until.0], |row| row.get::<_, String>(0))
        .map_err(|e| from_sqlite(&e))?;
    rows.map(|body| parse(&body.map_err(|e| from_sqlite(&e))?)).collect()
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, VaultError> {
    serde_json::from_str(body).map_err(|_| {
        tracing::error!("vault row is not understood");
        VaultError::Damaged
    })
}
