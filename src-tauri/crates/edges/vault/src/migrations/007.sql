-- Schema 7. The lines of one dossier, the open lines, the dossiers whose result is owed (noted by owed::note_all), and the
-- office's dossiers that were handed to somebody are found without reading the rest.

CREATE INDEX outbox_dossier ON outbox (dossier, sequence);
CREATE INDEX outbox_open ON outbox (sequence) WHERE state ->> '$.state' NOT IN ('received', 'replaced', 'withdrawn');
CREATE TABLE owed (
    dossier TEXT PRIMARY KEY,
    due     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX owed_due ON owed (due, dossier);
CREATE INDEX office_seated ON office (place)
    WHERE body ->> '$.seat' IS NOT NULL AND body ->> '$.returned_at' IS NULL;
