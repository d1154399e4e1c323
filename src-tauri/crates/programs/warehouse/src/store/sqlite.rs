//! The SQLite engine: WAL, every commit flushed, one writer, a few readers.

use super::schema;
use crate::scope::Scope;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

const IDLE_READERS: usize = 4;
const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Why the store did not do it. Nothing is ever half done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Database failure (disk full, damaged file, locked by another program).
    #[error("database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A stored value is not what this program writes.
    #[error("stored value is not understood: {0}")]
    Value(#[from] serde_json::Error),
    /// A stored identifier is not what this program writes.
    #[error("stored identifier is not understood")]
    Identifier,
    /// Written by a newer program.
    #[error("records were written by a newer version")]
    Newer,
    /// Disk failure outside the database.
    #[error("disk failed: {0}")]
    Io(#[from] std::io::Error),
}

impl StoreError {
    /// The disk has no room.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Database(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Io(error) => is_full(error),
            Self::Value(_) | Self::Identifier | Self::Newer => false,
        }
    }
}

/// The disk, or the share of it that this program may use, has no room.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// The records of one warehouse.
pub struct Records {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    news: Mutex<HashMap<Scope, Arc<Notify>>>,
}

/// A consistent view of the records, inside a transaction when writing.
///
/// The second part names whom the transaction has news for: an agency, or all.
pub(crate) struct View<'a>(pub(super) &'a Connection, pub(super) RefCell<Vec<Option<String>>>);

impl View<'_> {
    /// Does the work and takes it back: what would be refused is refused, nothing else is left of it.
    pub(crate) fn undone<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let run = |sql| self.0.execute_batch(sql).map_err(StoreError::from).map_err(E::from);
        run("SAVEPOINT undone")?;
        let out = work();
        run("ROLLBACK TO undone; RELEASE undone")?;
        out
    }
}

impl Records {
    /// Opens or makes the file and brings it to the newest schema.
    ///
    /// # Errors
    /// Disk, or written by a newer program.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = Connection::open(path)?;
        prepare(&writer)?;
        schema::migrate(&mut writer)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            news: Mutex::default(),
        })
    }

    /// Opens a file that nobody writes to (a copy in a backup) without changing a byte of it.
    pub(crate) fn open_copy(path: &Path) -> Result<Self, StoreError> {
        let copy = Connection::open_with_flags(path, READ_ONLY)?;
        schema::require_known(&copy)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(copy),
            readers: Mutex::default(),
            news: Mutex::default(),
        })
    }

    /// Writes a consistent copy to a new file. Runs beside a server: neither readers nor the writer wait.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let target = path.to_str().ok_or(StoreError::Identifier)?;
        let connection = Connection::open_with_flags(&self.path, READ_ONLY)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.execute("VACUUM INTO ?", [target])?;
        Ok(std::fs::File::open(path)?.sync_all()?)
    }

    /// Number of the schema's last step.
    pub(crate) fn schema(&self) -> Result<u32, StoreError> {
        Ok(lock(&self.writer).query_row("PRAGMA user_version", [], |r| r.get(0))?)
    }

    /// Can a write begin within a second; nothing is written.
    pub(crate) fn takes_writes(&self) -> Result<(), StoreError> {
        let mut connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(1))?;
        begin(&mut connection).map(drop)
    }

    /// Reads from one consistent snapshot.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = lock(&self.readers).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = Connection::open_with_flags(&self.path, READ_ONLY)?;
                connection.busy_timeout(std::time::Duration::from_secs(5))?;
                connection
            }
        };
        let tx = connection.transaction()?;
        let out = read(&View(&tx, RefCell::default()));
        drop(tx);
        let mut readers = lock(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        out
    }

    /// Writes in one transaction; an error leaves nothing behind. Committed means flushed to disk.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.attempt(write)
    }

    /// Like [`Records::write`], for work that may stop for reasons of its own.
    pub(crate) fn attempt<T, E: From<StoreError>>(
        &self,
        write: impl FnOnce(&View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = lock(&self.writer);
        let tx = begin(&mut connection).map_err(E::from)?;
        let view = View(&tx, RefCell::default());
        let out = write(&view)?;
        let news = view.1.into_inner();
        tx.commit().map_err(StoreError::from).map_err(E::from)?;
        self.tell(&news);
        Ok(out)
    }

    /// Woken after each commit that changed something in the scope.
    pub(crate) fn news_of(&self, scope: &Scope) -> Arc<Notify> {
        Arc::clone(lock(&self.news).entry(scope.clone()).or_default())
    }

    fn tell(&self, news: &[Option<String>]) {
        if news.is_empty() {
            return;
        }
        let for_all = news.contains(&None);
        for (scope, waiting) in lock(&self.news).iter() {
            if for_all || news.iter().flatten().any(|told| scope.contains(told)) {
                waiting.notify_waiters();
            }
        }
    }

    /// Begins another epoch, as a restore must: places in the order of changes mean nothing any more, and
    /// counters send again what the warehouse may have lost. Says which it is now.
    ///
    /// # Errors
    /// Disk.
    pub fn raise_epoch(&self) -> Result<u64, StoreError> {
        self.write(|view| view.raise_epoch(0))
    }

    /// Asks the engine whether its file is whole.
    pub(crate) fn is_whole(&self) -> Result<bool, StoreError> {
        let answer: String = lock(&self.writer).query_row("PRAGMA integrity_check", [], |r| r.get(0))?;
        Ok(answer == "ok")
    }
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(())
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// A panic inside a transaction rolls it back, so a poisoned lock guards nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
