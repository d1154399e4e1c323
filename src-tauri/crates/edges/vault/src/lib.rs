//! Encrypted SQLite and sealed blobs: cache, outbox, keys, migrations.
