-- Schema 1. Bodies are JSON of the domain types; columns beside them are what is searched or ordered by.

CREATE TABLE dossier (
    id        TEXT PRIMARY KEY,
    revision  INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    folded    TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT;
-- Covers the search, so that it never touches the bodies of dossiers it does not show.
CREATE INDEX dossier_newest ON dossier (opened_at DESC, id DESC, folded);

CREATE TABLE outbox (
    op         TEXT PRIMARY KEY,
    dossier    TEXT NOT NULL,
    sequence   INTEGER NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    blobs      TEXT NOT NULL,
    queued_at  INTEGER NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    last_error TEXT,
    receipt    TEXT
) STRICT;
CREATE TRIGGER outbox_operation_never_changes
BEFORE UPDATE OF op, dossier, sequence, kind, blobs, queued_at, body ON outbox
BEGIN SELECT RAISE(ABORT, 'operation never changes'); END;
CREATE TRIGGER outbox_unsent_work_is_never_deleted
BEFORE DELETE ON outbox WHEN OLD.receipt IS NULL
BEGIN SELECT RAISE(ABORT, 'unsent work is never deleted'); END;

CREATE TABLE owner_fetch (
    owner TEXT PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT;
CREATE TABLE document (
    owner    TEXT NOT NULL REFERENCES owner_fetch (owner) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (owner, position)
) STRICT;

CREATE TABLE identity (
    number TEXT PRIMARY KEY,
    body   TEXT NOT NULL
) STRICT;

CREATE TABLE capture (
    dossier   TEXT NOT NULL,
    component INTEGER NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (dossier, component)
) STRICT;

CREATE TABLE reference (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL
) STRICT;

CREATE TABLE block (
    position INTEGER PRIMARY KEY,
    body     TEXT NOT NULL
) STRICT;

CREATE TABLE counter (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    device        TEXT NOT NULL,
    last_sequence INTEGER NOT NULL,
    provisional   INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE blob (
    id      TEXT PRIMARY KEY,
    size    INTEGER NOT NULL,
    wrapped BLOB NOT NULL
) STRICT;
