-- Schema 5. The rows of both search indexes are numbered against the place: the newest has the lowest number, so that
-- the newest first is the way an index is walked fastest. They are written anew by records::index_again.

DROP TABLE dossier_text;
DROP TABLE office_text;

-- By minus the place, otherwise as in schema 2.
CREATE VIRTUAL TABLE dossier_text USING fts5 (
    words,
    marked,
    ends,
    content = '',
    contentless_delete = 1,
    tokenize = 'ascii',
    prefix = '1 2 3 4 5 6'
);
CREATE VIRTUAL TABLE office_text USING fts5 (
    words,
    marked,
    ends,
    content = '',
    contentless_delete = 1,
    tokenize = 'ascii',
    prefix = '1 2 3 4 5 6'
);
