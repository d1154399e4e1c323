-- Schema 2. Dossiers are searched by words (FTS5) instead of a scan, newest first by the number of their row.
-- The dossiers are taken over by records::take_over.

ALTER TABLE dossier RENAME TO dossier_of_schema_1;
DROP INDEX dossier_newest;

-- `place` is Dossier::place: the newer dossier has the higher number.
CREATE TABLE dossier (
    place    INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    body     TEXT NOT NULL
) STRICT;

-- Dossier::search_text by place. The text itself is not kept: it is made from the body. Its words are folded and apart
-- already; `ascii` takes every further letter as it is, where `unicode61` has its own (older) opinion of what a letter is.
CREATE VIRTUAL TABLE dossier_text USING fts5 (
    words,
    marked,
    ends,
    content = '',
    contentless_delete = 1,
    tokenize = 'ascii',
    prefix = '1 2 3 4 5 6'
);
