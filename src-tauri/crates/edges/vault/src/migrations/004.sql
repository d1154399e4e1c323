-- Schema 4. How long files are kept. A sealed file's `wrapped` is its key for the agency's recovery key alone.

ALTER TABLE blob ADD COLUMN fetched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blob ADD COLUMN idle_since INTEGER;
ALTER TABLE blob ADD COLUMN sealed_at INTEGER;

-- What names a file. `kind`: 0 a dossier, 1 an operation, 2 a scan under way (`user` is its dossier and row).
-- Written with what names it; filled by records::note_uses.
CREATE TABLE blob_use (
    user TEXT NOT NULL,
    kind INTEGER NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (user, kind, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_use_of ON blob_use (blob);
