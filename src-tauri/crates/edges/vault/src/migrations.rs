//! Schema versions over `PRAGMA user_version`: forward only, one transaction each, after a verified
//! copy of what was there.

use crate::database;
use crate::disk;
use crate::failure::from_sqlite;
use crate::keys::Key;
use motcua_desk::ports::VaultError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// Version of the database schema this program writes.
pub const SCHEMA_VERSION: usize = STEPS.len();

/// Step `n` leads from schema `n` to `n + 1`. A shipped step never changes.
pub(crate) const STEPS: &[Step] = &[
    Step { sql: include_str!("migrations/001.sql"), then: nothing_more },
    Step { sql: include_str!("migrations/002.sql"), then: crate::records::take_over },
    Step { sql: include_str!("migrations/003.sql"), then: nothing_more },
    Step { sql: include_str!("migrations/004.sql"), then: crate::records::note_uses },
    Step { sql: include_str!("migrations/005.sql"), then: crate::records::index_again },
    Step { sql: include_str!("migrations/006.sql"), then: nothing_more },
    Step { sql: include_str!("migrations/007.sql"), then: crate::owed::note_all },
    Step { sql: include_str!("migrations/008.sql"), then: nothing_more },
    Step { sql: include_str!("migrations/009.sql"), then: crate::queue::note_all },
];

/// One step of the schema: its statements, then what they cannot say.
pub(crate) struct Step {
    sql: &'static str,
    then: fn(&Connection) -> Result<(), VaultError>,
}

fn nothing_more(_: &Connection) -> Result<(), VaultError> {
    Ok(())
}

/// Schema of an open database.
pub(crate) fn version(db: &Connection) -> Result<usize, VaultError> {
    let version: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(|e| from_sqlite(&e))?;
    usize::try_from(version).map_err(|_| VaultError::Damaged)
}

/// Brings the database to the newest of `steps`. One that is newer is refused and was not written to.
pub(crate) fn migrate(db: &mut Connection, path: &Path, key: &Key, steps: &[Step]) -> Result<(), VaultError> {
    let found = version(db)?;
    if found > steps.len() {
        return Err(VaultError::Newer);
    }
    for (done, step) in steps.iter().enumerate().skip(found) {
        if found > 0 {
            back_up(db, path, key, done)?;
        }
        let next = u32::try_from(done + 1).map_err(|_| VaultError::Storage)?;
        let tx = db.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(|e| from_sqlite(&e))?;
        tx.execute_batch(step.sql).map_err(|e| from_sqlite(&e))?;
        (step.then)(&tx)?;
        tx.pragma_update(None, "user_version", next)
            .and_then(|()| tx.commit())
            .map_err(|e| from_sqlite(&e))?;
    }
    Ok(())
}

/// Where the copy of schema `version` lies.
fn backup_path(path: &Path, version: usize) -> PathBuf {
    path.with_extension(format!("schema-{version}.db"))
}

/// Copies the whole database, still encrypted, and reads the copy through before anything is changed.
fn back_up(db: &Connection, path: &Path, key: &Key, version: usize) -> Result<(), VaultError> {
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, i64>(0))
        .map_err(|e| from_sqlite(&e))
        .and_then(|busy| if busy == 0 { Ok(()) } else { Err(VaultError::InUse) })?;
    let copy = backup_path(path, version);
    disk::copy(path, &copy)?;
    let copied = database::connect(&copy, key)?;
    database::check(&copied)?;
    if self::version(&copied)? != version {
        return Err(VaultError::Damaged);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    const FIRST: Step = plain("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('kept');");
    const SECOND: Step = plain("ALTER TABLE t ADD COLUMN w TEXT; UPDATE t SET w = v;");
    const BROKEN: Step = plain("UPDATE t SET v = 'half done'; SELECT * FROM no_such_table;");
    const STOPPED: Step = Step { sql: "UPDATE t SET v = 'half done';", then: |_| Err(VaultError::Damaged) };

    const fn plain(sql: &'static str) -> Step {
        Step { sql, then: nothing_more }
    }

    fn database_at(dir: &Path) -> (Connection, PathBuf, Key) {
        let (path, key) = (dir.join("vault.db"), Zeroizing::new([5u8; 32]));
        disk::make_empty(&path).unwrap();
        (database::connect(&path, &key).unwrap(), path, key)
    }

    fn value(db: &Connection, column: &str) -> String {
        db.query_row(&format!("SELECT {column} FROM t"), [], |r| r.get(0)).unwrap()
    }

    #[test]
    fn an_older_schema_is_migrated_after_a_copy_that_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let (mut db, path, key) = database_at(dir.path());
        migrate(&mut db, &path, &key, &[FIRST]).unwrap();
        migrate(&mut db, &path, &key, &[FIRST, SECOND]).unwrap();
        assert_eq!((version(&db).unwrap(), value(&db, "w").as_str()), (2, "kept"));
        let copy = database::connect(&backup_path(&path, 1), &key).unwrap();
        assert_eq!((version(&copy).unwrap(), value(&copy, "v").as_str()), (1, "kept"));
    }

    #[test]
    fn a_step_that_fails_leaves_the_schema_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let (mut db, path, key) = database_at(dir.path());
        migrate(&mut db, &path, &key, &[FIRST]).unwrap();
        for step in [BROKEN, STOPPED] {
            assert!(migrate(&mut db, &path, &key, &[FIRST, step]).is_err());
            assert_eq!((version(&db).unwrap(), value(&db, "v").as_str()), (1, "kept"));
        }
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (mut db, path, key) = database_at(dir.path());
        migrate(&mut db, &path, &key, &[FIRST, SECOND]).unwrap();
        assert_eq!(migrate(&mut db, &path, &key, &[FIRST]), Err(VaultError::Newer));
        assert_eq!(version(&db).unwrap(), 2);
    }
}
