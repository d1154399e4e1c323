//! Failures of disk and database as the port names them. Only codes are logged: texts of errors
//! may carry what an officer wrote.

use motcua_desk::ports::VaultError;
use rusqlite::ErrorCode;
use std::io;

pub(crate) fn from_io(error: &io::Error) -> VaultError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => VaultError::Full,
        kind => {
            tracing::error!(?kind, os = error.raw_os_error(), "vault file failed");
            VaultError::Storage
        }
    }
}

pub(crate) fn from_sqlite(error: &rusqlite::Error) -> VaultError {
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        // Anything else is a row that is not what this program writes.
        tracing::error!("vault row is not understood");
        return VaultError::Damaged;
    };
    match failure.code {
        ErrorCode::DiskFull => VaultError::Full,
        // The index of the log could not grow: the one thing of it that takes room.
        _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => VaultError::Full,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => VaultError::Damaged,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => VaultError::InUse,
        code => {
            tracing::error!(?code, extended = failure.extended_code, "vault database failed");
            VaultError::Storage
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_other_trouble() {
        assert_eq!(from_io(&io::Error::from(io::ErrorKind::StorageFull)), VaultError::Full);
        assert_eq!(from_io(&io::Error::from(io::ErrorKind::PermissionDenied)), VaultError::Storage);
        let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(13), None);
        assert_eq!(from_sqlite(&full), VaultError::Full);
        let corrupt = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(11), None);
        assert_eq!(from_sqlite(&corrupt), VaultError::Damaged);
    }
}
