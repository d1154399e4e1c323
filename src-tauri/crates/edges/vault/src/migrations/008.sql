-- Schema 8. The journal of prints: which form of which dossier went to which printer, and what became of it.

CREATE TABLE print (
    dossier TEXT NOT NULL,
    number  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (dossier, number)
) STRICT, WITHOUT ROWID;
