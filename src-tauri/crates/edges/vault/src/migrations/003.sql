-- Schema 3. What is known of the office's dossiers, whoever took them in, and what the warehouse said when it did
-- not take an operation.

-- `place` is OfficeDossier::place: the newer dossier has the higher number. `epoch` is the warehouse's history the row
-- was told in.
CREATE TABLE office (
    place   INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    epoch   INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL
) STRICT;

-- OfficeDossier::search_text by place, as dossier_text.
CREATE VIRTUAL TABLE office_text USING fts5 (
    words,
    marked,
    ends,
    content = '',
    contentless_delete = 1,
    tokenize = 'ascii',
    prefix = '1 2 3 4 5 6'
);

CREATE TABLE conflict (
    op   TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;
