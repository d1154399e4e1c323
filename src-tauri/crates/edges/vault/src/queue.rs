//! The queue of the office in a table of its own: one short row for each dossier that the citizen is owed something for. What
//! this counter has itself goes before what the warehouse tells of it, once it is accepted or declined here.

use crate::failure::from_sqlite;
use motcua_desk::ports::VaultError;
use motcua_dossier::{
    Day, Dossier, Load, OfficeDossier, QueueFilter, QueuePage, QueueRow, QueueState, SeatLoad, seat_key,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Notes a dossier of this counter, or that nothing is owed for it. Of one that is unsettled here the office's word counts.
pub(crate) fn note_own(db: &Connection, dossier: &Dossier) -> Result<(), VaultError> {
    let id = dossier.id.to_string();
    let row = if dossier.is_unsettled() { office_row(db, &id)? } else { QueueRow::of_own(dossier) };
    note(db, &id, row)
}

/// Notes what the warehouse tells of a dossier this counter does not have, or has not settled.
pub(crate) fn note_office(db: &Connection, told: &OfficeDossier) -> Result<(), VaultError> {
    let id = told.id.to_string();
    if is_settled_here(db, &id)? { Ok(()) } else { note(db, &id, QueueRow::of_office(told)) }
}

fn note(db: &Connection, id: &str, row: Option<QueueRow>) -> Result<(), VaultError> {
    match row {
        Some(row) => write(db, &row),
        None => remove(db, id),
    }
}

/// The line of the queue that the office's row makes. One that is not understood makes none.
fn office_row(db: &Connection, id: &str) -> Result<Option<QueueRow>, VaultError> {
    let told = body_of(db, "SELECT body FROM office WHERE id = ?1", id)?;
    let told: Option<OfficeDossier> = told.and_then(|body| serde_json::from_str(&body).ok());
    Ok(told.as_ref().and_then(QueueRow::of_office))
}

/// This counter has it and knows what became of it. Of one that is not understood nobody else's word counts either.
fn is_settled_here(db: &Connection, id: &str) -> Result<bool, VaultError> {
    let Some(body) = body_of(db, "SELECT body FROM dossier WHERE id = ?1", id)? else { return Ok(false) };
    let own: Option<Dossier> = serde_json::from_str(&body).ok();
    Ok(own.is_none_or(|own| !own.is_unsettled()))
}

fn body_of(db: &Connection, sql: &str, id: &str) -> Result<Option<String>, VaultError> {
    db.prepare_cached(sql)
        .and_then(|mut s| s.query_row([id], |row| row.get(0)).optional())
        .map_err(|e| from_sqlite(&e))
}

/// The rows of others go that the office does not know any more.
pub(crate) fn forget_others(db: &Connection) -> Result<(), VaultError> {
    let sql = "DELETE FROM queue WHERE here = 0 AND dossier NOT IN (SELECT id FROM office)";
    db.execute(sql, []).map(drop).map_err(|e| from_sqlite(&e))
}

/// The same of every dossier of an older schema. One that is not understood stands in no queue.
pub(crate) fn note_all(db: &Connection) -> Result<(), VaultError> {
    each(db, "SELECT body FROM dossier", |body| {
        serde_json::from_str(body).map_or(Ok(()), |dossier: Dossier| note_own(db, &dossier))
    })?;
    each(db, "SELECT body FROM office", |body| {
        serde_json::from_str(body).map_or(Ok(()), |told: OfficeDossier| note_office(db, &told))
    })
}

fn each(
    db: &Connection,
    sql: &str,
    mut with: impl FnMut(&str) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let mut statement = db.prepare(sql).map_err(|e| from_sqlite(&e))?;
    for body in statement.query_map([], |row| row.get::<_, String>(0)).map_err(|e| from_sqlite(&e))? {
        with(&body.map_err(|e| from_sqlite(&e))?)?;
    }
    Ok(())
}

/// A page of the rows that are asked for, and how many there are in all.
pub(crate) fn page(
    db: &Connection,
    filter: &QueueFilter,
    today: Day,
    skip: u32,
    limit: u32,
) -> Result<QueuePage, VaultError> {
    let (which, mut values) = condition(filter, today);
    let count = db
        .prepare_cached(&format!("SELECT count(*) FROM queue WHERE {which}"))
        .and_then(|mut s| s.query_row(params_from_iter(&values), |row| row.get(0)))
        .map_err(|e| from_sqlite(&e))?;
    values.extend([Value::from(i64::from(limit)), Value::from(i64::from(skip))]);
    let sql = format!("SELECT body FROM queue WHERE {which} ORDER BY due, dossier LIMIT ? OFFSET ?");
    let mut statement = db.prepare_cached(&sql).map_err(|e| from_sqlite(&e))?;
    let found = statement
        .query_map(params_from_iter(&values), |row| row.get::<_, String>(0))
        .map_err(|e| from_sqlite(&e))?;
    let rows = found.map(|body| parse(&body.map_err(|e| from_sqlite(&e))?));
    Ok(QueuePage { rows: rows.collect::<Result<_, _>>()?, count })
}

/// How much lies with whom.
pub(crate) fn loads(db: &Connection, today: Day) -> Result<Vec<SeatLoad>, VaultError> {
    let sum = |state| {
        let (which, values) = condition(&QueueFilter { state: Some(state), ..QueueFilter::default() }, today);
        (format!("sum({which})"), values)
    };
    let states = [
        QueueState::Late,
        QueueState::Today,
        QueueState::Soon,
        QueueState::AwaitingSupplement,
        QueueState::ToReturn,
        QueueState::OnItsWay,
    ];
    let (sums, values): (Vec<String>, Vec<Vec<Value>>) = states.map(sum).into_iter().unzip();
    let sql = format!(
        "SELECT min(body), count(*), {} FROM queue GROUP BY unit, officer ORDER BY unit, officer",
        sums.join(", ")
    );
    let mut statement = db.prepare_cached(&sql).map_err(|e| from_sqlite(&e))?;
    let found = statement
        .query_map(params_from_iter(values.concat()), |row| {
            let load = Load {
                all: row.get(1)?,
                late: row.get(2)?,
                today: row.get(3)?,
                soon: row.get(4)?,
                awaiting: row.get(5)?,
                to_return: row.get(6)?,
                on_its_way: row.get(7)?,
            };
            Ok((row.get::<_, String>(0)?, load))
        })
        .map_err(|e| from_sqlite(&e))?;
    found
        .map(|found| {
            let (body, load) = found.map_err(|e| from_sqlite(&e))?;
            Ok(SeatLoad { seat: parse(&body)?.seat, load })
        })
        .collect()
}

/// What [`QueueFilter::fits`] says, for the columns.
fn condition(filter: &QueueFilter, today: Day) -> (String, Vec<Value>) {
    let (mut parts, mut values) = (vec!["1"], vec![]);
    if let Some(seat) = &filter.mine {
        let (unit, officer) = seat_key(Some(seat));
        parts.push("((officer = '' AND unit <> '' AND unit = ?) OR (officer <> '' AND officer = ?))");
        values.extend([Value::from(unit), Value::from(officer)]);
    }
    if let Some(unit) = &filter.unit {
        parts.push("unit = ?");
        values.push(Value::from(unit.trim().to_lowercase()));
    }
    if let Some(officer) = &filter.officer {
        parts.push("officer = ?");
        values.push(Value::from(officer.trim().to_lowercase()));
    }
    if let Some(state) = filter.state {
        parts.push(match state {
            QueueState::AwaitingSupplement => "stands",
            QueueState::ToReturn => "signs",
            QueueState::OnItsWay => "moving",
            QueueState::Late | QueueState::Today | QueueState::Soon => "(NOT stands AND due BETWEEN ? AND ?)",
        });
        if let Some(days) = state.days(today) {
            values.extend([days.start(), days.end()].map(|day| Value::from(day_key(*day))));
        }
    }
    (parts.join(" AND "), values)
}

fn write(db: &Connection, row: &QueueRow) -> Result<(), VaultError> {
    let (unit, officer) = seat_key(row.seat.as_ref());
    let body = serde_json::to_string(row).map_err(|_| VaultError::Storage)?;
    db.prepare_cached("REPLACE INTO queue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        .and_then(|mut s| {
            s.execute(params![
                row.dossier.to_string(),
                row.here,
                day_key(row.due.day),
                unit,
                officer,
                row.stands(),
                row.is_proposed(),
                row.on_its_way,
                body
            ])
        })
        .map(drop)
        .map_err(|e| from_sqlite(&e))
}

fn remove(db: &Connection, id: &str) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM queue WHERE dossier = ?1")
        .and_then(|mut s| s.execute([id]))
        .map(drop)
        .map_err(|e| from_sqlite(&e))
}

/// A day as the table has it; before the first day of the calendar nothing is due.
fn day_key(day: Day) -> String {
    if day.0.year() < 0 { String::new() } else { day.format_iso() }
}

fn parse(body: &str) -> Result<QueueRow, VaultError> {
    serde_json::from_str(body).map_err(|_| {
        tracing::error!("vault row is not understood");
        VaultError::Damaged
    })
}
