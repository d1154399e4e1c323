//! The SQLCipher connection: raw key, durable settings, integrity.

use crate::disk;
use crate::failure::from_sqlite;
use crate::keys::Key;
use crate::migrations::{self, STEPS};
use motcua_desk::ports::VaultError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Makes the database with the newest schema.
pub(crate) fn create(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    disk::make_empty(path)?;
    open(path, key)
}

/// Opens it and brings it to the newest schema.
pub(crate) fn open(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    // The files beside the database that SQLite cannot make on a full disk fail without saying why.
    open_at(path, key).map_err(|error| match error {
        VaultError::Storage if disk::is_full(path) => VaultError::Full,
        other => other,
    })
}

fn open_at(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    let mut db = connect(path, key)?;
    if migrations::version(&db)? > STEPS.len() {
        return Err(VaultError::Newer); // before any setting could write to it
    }
    let mode: String =
        db.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0)).map_err(|e| from_sqlite(&e))?;
    if mode != "wal" {
        tracing::error!("vault database has no write-ahead log");
        return Err(VaultError::Storage);
    }
    migrations::migrate(&mut db, path, key, STEPS)?;
    disk::sync_parent(path).map_err(|e| crate::failure::from_io(&e))?;
    Ok(db)
}

/// Opens the file with its key; the first read fails when the key is not its own.
pub(crate) fn connect(path: &Path, key: &Key) -> Result<Connection, VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(|e| from_sqlite(&e))?;
    let mut digits = Zeroizing::new([0u8; 64]);
    hex::encode_to_slice(**key, &mut *digits).map_err(|_| VaultError::Storage)?;
    let mut statement = Zeroizing::new(String::with_capacity(160));
    // Its own log goes to standard error; failures come back as codes anyway.
    statement.push_str("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
    statement.extend(digits.iter().map(|b| char::from(*b)));
    statement.push_str("'\"; PRAGMA cipher_compatibility = 4;");
    db.execute_batch(&statement)
        .and_then(|()| {
            db.execute_batch(
                "PRAGMA temp_store = MEMORY;
                 PRAGMA secure_delete = ON;
                 PRAGMA foreign_keys = ON;
                 PRAGMA trusted_schema = OFF;
                 PRAGMA synchronous = FULL;
                 SELECT count(*) FROM sqlite_schema;",
            )
        })
        .and_then(|()| db.pragma_update(None, "cache_size", -opened_kibibytes(path)))
        .and_then(|()| db.busy_timeout(Duration::from_secs(5)))
        .map_err(|e| from_sqlite(&e))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// How much of the database stays decrypted, in KiB: an eighth of the file, 8 to 64 MiB. A counter's years fit the
/// least; searching a million dossiers would decrypt the same pages again and again with less than the most.
fn opened_kibibytes(path: &Path) -> i64 {
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    i64::try_from(size / 8 / 1024).unwrap_or(i64::MAX).clamp(8 * 1024, 64 * 1024)
}

/// Every page fits its check value and every index its table.
pub(crate) fn check(db: &Connection) -> Result<(), VaultError> {
    let lines = |pragma: &str| -> rusqlite::Result<Vec<String>> {
        db.prepare(pragma)?.query_map([], |r| r.get::<_, String>(0))?.collect()
    };
    // The first prints nothing when all is well, the second "ok".
    let pages = lines("PRAGMA cipher_integrity_check").map_err(|e| from_sqlite(&e))?;
    let tables = lines("PRAGMA integrity_check").map_err(|e| from_sqlite(&e))?;
    if pages.is_empty() && tables == ["ok"] { Ok(()) } else { Err(VaultError::Damaged) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_that_keep_a_promise_are_on() {
        let dir = tempfile::tempdir().unwrap();
        let db = create(&dir.path().join("vault.db"), &Zeroizing::new([1; 32])).unwrap();
        let setting = |name: &str| -> i64 { db.pragma_query_value(None, name, |r| r.get(0)).unwrap() };
        assert_eq!(setting("synchronous"), 2, "FULL: a committed transaction survives a power cut");
        assert_eq!(setting("temp_store"), 2, "memory: nothing in clear beside the database");
        assert_eq!(setting("secure_delete"), 1);
        assert_eq!(setting("foreign_keys"), 1);
        let cipher: String = db.pragma_query_value(None, "cipher_version", |r| r.get(0)).unwrap();
        assert!(cipher.starts_with('4'), "SQLCipher, not plain SQLite: {cipher}");
        check(&db).unwrap();
    }

    #[test]
    fn another_key_reads_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.db");
        drop(create(&path, &Zeroizing::new([1; 32])).unwrap());
        assert_eq!(open(&path, &Zeroizing::new([2; 32])).err(), Some(VaultError::Damaged));
    }

    #[test]
    fn a_database_without_room_is_full_and_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let db = create(&dir.path().join("vault.db"), &Zeroizing::new([1; 32])).unwrap();
        let pages: i64 = db.pragma_query_value(None, "page_count", |r| r.get(0)).unwrap();
        db.query_row(&format!("PRAGMA max_page_count = {}", pages + 2), [], |_| Ok(())).unwrap();
        let error = db.execute("INSERT INTO setting VALUES ('k', hex(zeroblob(100000)))", []).unwrap_err();
        assert_eq!(from_sqlite(&error), VaultError::Full);
        let rows: i64 = db.query_row("SELECT count(*) FROM setting", [], |r| r.get(0)).unwrap();
        assert_eq!(rows, 0);
    }
}
