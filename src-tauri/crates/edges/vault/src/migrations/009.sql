-- Schema 9. The queue of the office, filtered and paged in the order of its days (noted by queue::note_all). Unit and officer
-- are in small letters, empty where nobody handed the dossier on; what a list shows is in the body.

CREATE TABLE queue (
    dossier TEXT PRIMARY KEY,
    here    INTEGER NOT NULL,
    due     TEXT NOT NULL,
    unit    TEXT NOT NULL,
    officer TEXT NOT NULL,
    stands  INTEGER NOT NULL,
    signs   INTEGER NOT NULL,
    moving  INTEGER NOT NULL,
    body    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_due ON queue (due, dossier);
CREATE INDEX queue_seat ON queue (unit, officer, due, dossier);
