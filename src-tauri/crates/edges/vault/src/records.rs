//! Rows of the database as the port's types.

use crate::failure::from_sqlite;
use motcua_desk::ports::{
    Batch, CachedIdentity, CaptureDraft, Counter, FileUses, KeptConflict, OfficeRows, PrintRecord, QueuedOp,
    VaultError,
};
use motcua_dossier::{
    BlobId, DeviceId, DocumentSummary, Dossier, DossierId, HeldFile, IdNumber, NumberBlock, OfficeDossier,
    OpId, OutboxItem, ReferenceData, SearchQuery, SearchText, SearchWord, Timestamp,
};
use motcua_wire::SignedReceipt;
use rusqlite::{Connection, OptionalExtension, Params, Row, Transaction, TransactionBehavior, params};
use serde::{Serialize, de::DeserializeOwned};
use std::cmp::Reverse;
use std::collections::HashSet;

type Done<T> = Result<T, VaultError>;

/// What names a file (`blob_use.kind`).
#[derive(Clone, Copy)]
enum User {
    Dossier = 0,
    Line = 1,
    Capture = 2,
}

/// A change of a file's row.
pub(crate) enum FileRow {
    Fetched(BlobId),
    Idle(BlobId, Option<Timestamp>),
    /// With its key for the recovery key.
    Seal(BlobId, Timestamp, Vec<u8>),
    Forget(BlobId),
}

/// An operation that is still to arrive sends the file `?1`.
const UNSENT: &str = "EXISTS (SELECT 1 FROM blob_use u JOIN outbox o ON o.op = u.user
                      WHERE u.blob = ?1 AND u.kind = 1
                        AND o.state ->> '$.state' NOT IN ('received', 'replaced', 'withdrawn'))";

/// How one kind of row is searched. `?1` is an FTS5 expression. The index numbers its rows by minus their place: it is
/// walked forwards in half the time that it is walked backwards in.
struct Searched<T> {
    /// At most `?1` rows, the newest first.
    newest: &'static str,
    /// The newest first.
    found: &'static str,
    /// The index's number of the row that `?1` rows are newer than; about, for it is looked for by the time in the id.
    number_after: &'static str,
    /// The numbers up to `?2` of the rows that are found, at most `?3`.
    found_up_to: &'static str,
    /// Places and bodies of all rows, the newest first.
    all: &'static str,
    /// Indexes the texts `?2`, `?3`, `?4` under the number `?1`.
    insert: &'static str,
    /// The same for a row that was indexed before.
    replace: &'static str,
    id: fn(&T) -> DossierId,
    text: fn(&T) -> SearchText,
}

const DOSSIERS: Searched<Dossier> = Searched {
    newest: "SELECT body FROM dossier ORDER BY place DESC LIMIT ?1",
    found: "SELECT d.body FROM dossier_text t CROSS JOIN dossier d ON d.place = -t.rowid
            WHERE dossier_text MATCH ?1 ORDER BY t.rowid",
    number_after: "SELECT -place FROM dossier ORDER BY id DESC LIMIT 1 OFFSET ?1",
    found_up_to: "SELECT rowid FROM dossier_text WHERE dossier_text MATCH ?1 AND rowid <= ?2 LIMIT ?3",
    all: "SELECT place, body FROM dossier ORDER BY place DESC",
    insert: "INSERT INTO dossier_text (rowid, words, marked, ends) VALUES (?1, ?2, ?3, ?4)",
    replace: "REPLACE INTO dossier_text (rowid, words, marked, ends) VALUES (?1, ?2, ?3, ?4)",
    id: |dossier| dossier.id,
    text: Dossier::search_text,
};

/// Without those this counter has a dossier of.
const OFFICE: Searched<OfficeDossier> = Searched {
    newest: "SELECT body FROM office WHERE NOT EXISTS (SELECT 1 FROM dossier WHERE dossier.id = office.id)
             ORDER BY place DESC LIMIT ?1",
    found: "SELECT o.body FROM office_text t CROSS JOIN office o ON o.place = -t.rowid
            WHERE office_text MATCH ?1 AND NOT EXISTS (SELECT 1 FROM dossier WHERE dossier.id = o.id)
            ORDER BY t.rowid",
    number_after: "SELECT -place FROM office ORDER BY id DESC LIMIT 1 OFFSET ?1",
    found_up_to: "SELECT rowid FROM office_text WHERE office_text MATCH ?1 AND rowid <= ?2 LIMIT ?3",
    all: "SELECT place, body FROM office ORDER BY place DESC",
    insert: "INSERT INTO office_text (rowid, words, marked, ends) VALUES (?1, ?2, ?3, ?4)",
    replace: "REPLACE INTO office_text (rowid, words, marked, ends) VALUES (?1, ?2, ?3, ?4)",
    id: |row| row.id,
    text: OfficeDossier::search_text,
};

/// The tables of one open vault.
pub(crate) struct Records(Connection);

impl Records {
    /// The tables behind a connection whose schema is the newest.
    pub(crate) fn new(db: Connection) -> Self {
        Self(db)
    }

    /// The connection itself.
    pub(crate) fn connection(&self) -> &Connection {
        &self.0
    }

    /// First row of a new vault.
    pub(crate) fn begin(&self, device: DeviceId) -> Done<()> {
        self.run("INSERT INTO counter VALUES (1, ?1, 0, 0)", [device.to_string()])
    }

    /// What a crash left half sent waits again.
    pub(crate) fn requeue(&self) -> Done<()> {
        self.run(
            r#"UPDATE outbox SET state = '{"state":"queued"}' WHERE state ->> '$.state' = 'sending'"#,
            [],
        )
    }

    /// Writes all of the batch or nothing.
    pub(crate) fn commit(&mut self, batch: &Batch, files: &[FileRow]) -> Done<()> {
        let tx =
            self.0.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| from_sqlite(&e))?;
        Writing { tx: &tx }.all(batch, files)?;
        tx.commit().map_err(|e| from_sqlite(&e))
    }

    pub(crate) fn dossier(&self, id: DossierId) -> Done<Option<Dossier>> {
        self.body("SELECT body FROM dossier WHERE id = ?1", [id.to_string()])
    }

    pub(crate) fn dossiers(&self, query: &str, limit: u32) -> Done<Vec<Dossier>> {
        self.search(&DOSSIERS, query, limit)
    }

    /// By the index of days.
    pub(crate) fn owed(&self, limit: u32) -> Done<Vec<Dossier>> {
        let sql = "SELECT d.body FROM owed o CROSS JOIN dossier d ON d.id = o.dossier
            ORDER BY o.due, o.dossier LIMIT ?1";
        self.bodies(sql, [limit])
    }

    pub(crate) fn office(&self, query: &str, limit: u32) -> Done<Vec<OfficeDossier>> {
        self.search(&OFFICE, query, limit)
    }

    /// By the index of those that were handed to somebody.
    pub(crate) fn office_seated(&self, limit: u32) -> Done<Vec<OfficeDossier>> {
        let sql =
            "SELECT body FROM office WHERE body ->> '$.seat' IS NOT NULL AND body ->> '$.returned_at' IS NULL
            AND NOT EXISTS (SELECT 1 FROM dossier WHERE dossier.id = office.id) ORDER BY place DESC LIMIT ?1";
        self.bodies(sql, [limit])
    }

    fn search<T: DeserializeOwned>(&self, searched: &Searched<T>, query: &str, limit: u32) -> Done<Vec<T>> {
        let query = SearchQuery::parse(query);
        if query.is_blank() {
            return self.bodies(searched.newest, [limit]);
        }
        if query.words().is_empty() || limit == 0 {
            return Ok(vec![]);
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = if query.has_marks() { self.newest(searched, &query, true, most)? } else { vec![] };
        if found.len() < most {
            let exact: HashSet<DossierId> = found.iter().map(searched.id).collect();
            let all = self.newest(searched, &query, false, most)?;
            found.extend(all.into_iter().filter(|row| !exact.contains(&(searched.id)(row))));
            found.truncate(most);
        }
        Ok(found)
    }

    /// The newest rows that have every word. The index walks past every row of each word it is asked for, however few
    /// rows have them all. So it is asked for some of them, and the rest is looked for in the rows these leave, where
    /// that costs less ([`plan`]).
    fn newest<T: DeserializeOwned>(
        &self,
        searched: &Searched<T>,
        query: &SearchQuery,
        marks: bool,
        most: usize,
    ) -> Done<Vec<T>> {
        let expression = if marks { with_marks } else { without_marks };
        let words: Vec<String> = query.words().iter().map(expression).collect();
        let asked = match words.len() {
            1 => vec![0],
            _ => plan(&self.samples(searched, &words)?),
        };
        let expressions: Vec<&str> =
            asked.iter().filter_map(|at| words.get(*at)).map(String::as_str).collect();
        let fits = |row: &T| {
            let text = || (searched.text)(row);
            asked.len() == words.len()
                || if marks { query.finds_exactly(&text()) } else { query.finds(&text()) }
        };
        let mut statement = self.0.prepare_cached(searched.found).map_err(|e| from_sqlite(&e))?;
        let mut rows = statement.query([expressions.join(" AND ")]).map_err(|e| from_sqlite(&e))?;
        let mut found = vec![];
        while found.len() < most {
            let Some(row) = rows.next().map_err(|e| from_sqlite(&e))? else { break };
            let row = parse(&row.get::<_, String>(0).map_err(|e| from_sqlite(&e))?)?;
            if fits(&row) {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Which of about [`SAMPLE`] newest rows have each word; none when fewer than [`RARE`] rows at all have it.
    fn samples<T>(&self, searched: &Searched<T>, words: &[String]) -> Done<Vec<HashSet<i64>>> {
        let last: Option<i64> = self.rows(searched.number_after, [SAMPLE], |r| r.get(0))?.pop();
        let last = last.unwrap_or(i64::MAX);
        let sample = |word: &String| {
            let found = |last: i64, most: u32| {
                self.rows(searched.found_up_to, params![word, last, most], |r| r.get(0))
            };
            let mut rows: HashSet<i64> = found(last, SAMPLE)?.into_iter().collect();
            if rows.len() < 5 {
                let any: Vec<i64> = found(i64::MAX, RARE)?;
                // Too few of the newest to tell by: rare, or one more than in the sample.
                if any.len() < RARE as usize { rows.clear() } else { rows.extend(any.last()) }
            }
            Ok(rows)
        };
        words.iter().map(sample).collect()
    }

    pub(crate) fn office_dossier(&self, id: DossierId) -> Done<Option<OfficeDossier>> {
        self.body("SELECT body FROM office WHERE id = ?1", [id.to_string()])
    }

    pub(crate) fn conflict(&self, op: OpId) -> Done<Option<KeptConflict>> {
        self.body("SELECT body FROM conflict WHERE op = ?1", [op.to_string()])
    }

    pub(crate) fn prints(&self, dossier: DossierId) -> Done<Vec<PrintRecord>> {
        self.bodies("SELECT body FROM print WHERE dossier = ?1 ORDER BY number", [dossier.to_string()])
    }

    pub(crate) fn outbox(&self, all: bool) -> Done<Vec<OutboxItem>> {
        let which =
            if all { "1" } else { "state ->> '$.state' NOT IN ('received', 'replaced', 'withdrawn')" };
        let sql = format!("SELECT {LINE} FROM outbox WHERE {which} ORDER BY sequence");
        self.rows(&sql, [], Line::read)?.into_iter().map(Line::item).collect()
    }

    /// By the index of dossiers' lines.
    pub(crate) fn outbox_of(&self, dossier: DossierId) -> Done<Vec<OutboxItem>> {
        let sql = format!("SELECT {LINE} FROM outbox WHERE dossier = ?1 ORDER BY sequence");
        self.rows(&sql, [dossier.to_string()], Line::read)?.into_iter().map(Line::item).collect()
    }

    pub(crate) fn queued(&self, op: OpId) -> Done<Option<QueuedOp>> {
        Ok(self.lines("op = ?1", [op.to_string()])?.pop())
    }

    /// By the index of fees' lines.
    pub(crate) fn fee_lines(&self, from: Timestamp, until: Timestamp) -> Done<Vec<QueuedOp>> {
        let which = r#"kind = '"fee"' AND queued_at >= ?1 AND queued_at < ?2 ORDER BY sequence"#;
        self.lines(which, params![from.0, until.0])
    }

    pub(crate) fn fee_receipts(&self, number: &str) -> Done<Vec<(DossierId, OpId)>> {
        let sql = r#"SELECT dossier, op FROM outbox WHERE kind = '"fee"'
            AND body ->> '$.payload.act.receipt_number' = ?1
            AND state ->> '$.state' NOT IN ('replaced', 'withdrawn')"#;
        let found = self.rows(sql, [number], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        let read = |(dossier, op): (String, String)| {
            let dossier = DossierId::parse(&dossier).map_err(|_| VaultError::Damaged)?;
            Ok((dossier, OpId::parse(&op).map_err(|_| VaultError::Damaged)?))
        };
        found.into_iter().map(read).collect()
    }

    fn lines(&self, which: &str, params: impl Params) -> Done<Vec<QueuedOp>> {
        let sql = format!("SELECT {LINE}, body, receipt FROM outbox WHERE {which}");
        let found = self.rows(&sql, params, |r| {
            Ok((Line::read(r)?, r.get::<_, String>(9)?, r.get::<_, Option<String>>(10)?))
        })?;
        let read = |(line, body, receipt): (Line, String, Option<String>)| {
            Ok(QueuedOp { item: line.item()?, op: parse(&body)?, receipt: receipt.map(SignedReceipt) })
        };
        found.into_iter().map(read).collect()
    }

    /// The moment is that of the oldest answer among the numbers that were asked about.
    pub(crate) fn documents(&self, owner: &[IdNumber]) -> Done<(Option<Timestamp>, Vec<DocumentSummary>)> {
        let mut oldest: Option<Timestamp> = None;
        let mut found: Vec<DocumentSummary> = Vec::new();
        for number in owner {
            let at = self
                .rows("SELECT at FROM owner_fetch WHERE owner = ?1", [number.value()], |r| {
                    r.get::<_, i64>(0)
                })?
                .first()
                .map(|at| Timestamp(*at));
            let Some(at) = at else { continue };
            oldest = Some(oldest.map_or(at, |o| o.min(at)));
            found.extend(self.bodies::<DocumentSummary>(
                "SELECT body FROM document WHERE owner = ?1 ORDER BY position",
                [number.value()],
            )?);
        }
        // The same paper may be known under two numbers of one person.
        let mut seen = HashSet::new();
        found.retain(|d| seen.insert(d.record.id));
        Ok((oldest, found))
    }

    pub(crate) fn identity(&self, number: &IdNumber) -> Done<Option<CachedIdentity>> {
        self.body("SELECT body FROM identity WHERE number = ?1", [number.value()])
    }

    pub(crate) fn capture(&self, dossier: DossierId, component: u32) -> Done<Option<CaptureDraft>> {
        self.body(
            "SELECT body FROM capture WHERE dossier = ?1 AND component = ?2",
            params![dossier.to_string(), component],
        )
    }

    pub(crate) fn reference(&self) -> Done<ReferenceData> {
        Ok(self.body("SELECT body FROM reference WHERE id = 1", [])?.unwrap_or_default())
    }

    pub(crate) fn blocks(&self) -> Done<Vec<NumberBlock>> {
        self.bodies("SELECT body FROM block ORDER BY position", [])
    }

    pub(crate) fn counter(&self) -> Done<Counter> {
        counter_of(&self.0)
    }

    pub(crate) fn setting(&self, key: &str) -> Done<Option<String>> {
        Ok(self.rows("SELECT value FROM setting WHERE key = ?1", [key], |r| r.get(0))?.pop())
    }

    /// Wrapped key of a file that can be read here.
    pub(crate) fn blob_key(&self, id: &BlobId) -> Done<Option<Vec<u8>>> {
        let sql = "SELECT wrapped FROM blob WHERE id = ?1 AND sealed_at IS NULL";
        Ok(self.rows(sql, [id.to_string()], |r| r.get(0))?.pop())
    }

    /// A file's key that only the recovery key opens.
    pub(crate) fn sealed_key(&self, id: &BlobId) -> Done<Option<Vec<u8>>> {
        let sql = "SELECT wrapped FROM blob WHERE id = ?1 AND sealed_at IS NOT NULL";
        Ok(self.rows(sql, [id.to_string()], |r| r.get(0))?.pop())
    }

    /// Bytes of a file's content; of a sealed one only when asked for.
    pub(crate) fn blob_size(&self, id: &BlobId, sealed: bool) -> Done<Option<u64>> {
        let sql = "SELECT size FROM blob WHERE id = ?1 AND (?2 OR sealed_at IS NULL)";
        let size = self.rows(sql, params![id.to_string(), sealed], |r| r.get(0))?.pop();
        size.map(unsigned).transpose()
    }

    /// Files by their ids, after that one.
    pub(crate) fn held_files(&self, after: Option<&BlobId>, limit: u32) -> Done<Vec<HeldFile>> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        self.files(
            "SELECT id, fetched, idle_since, sealed_at FROM blob WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after, limit],
        )
    }

    /// One of them.
    pub(crate) fn held_file(&self, id: &BlobId) -> Done<Option<HeldFile>> {
        let sql = "SELECT id, fetched, idle_since, sealed_at FROM blob WHERE id = ?1";
        Ok(self.files(sql, [id.to_string()])?.pop())
    }

    fn files(&self, sql: &str, params: impl Params) -> Done<Vec<HeldFile>> {
        self.rows(sql, params, |r| Ok((r.get::<_, String>(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?
            .into_iter()
            .map(|(id, fetched, idle_since, sealed_at): (_, _, Option<i64>, Option<i64>)| {
                Ok(HeldFile {
                    id: BlobId::parse(&id).map_err(|_| VaultError::Damaged)?,
                    fetched,
                    idle_since: idle_since.map(Timestamp),
                    sealed_at: sealed_at.map(Timestamp),
                })
            })
            .collect()
    }

    pub(crate) fn file_uses(&self, id: &BlobId) -> Done<FileUses> {
        let mut uses = FileUses::default();
        let sql = "SELECT kind, user FROM blob_use WHERE blob = ?1 ORDER BY kind, user";
        let named =
            self.rows(sql, [id.to_string()], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?;
        for (kind, user) in named {
            if kind == User::Dossier as i64 {
                uses.dossiers.push(DossierId::parse(&user).map_err(|_| VaultError::Damaged)?);
            } else if kind == User::Line as i64 {
                uses.lines.push(OpId::parse(&user).map_err(|_| VaultError::Damaged)?);
            } else {
                uses.captured = true;
            }
        }
        Ok(uses)
    }

    /// A sealed file that no unsent work needs.
    pub(crate) fn may_go(&self, id: &BlobId) -> Done<bool> {
        let sql = format!("SELECT 1 FROM blob WHERE id = ?1 AND sealed_at IS NOT NULL AND NOT {UNSENT}");
        Ok(!self.rows(&sql, [id.to_string()], |r| r.get::<_, i64>(0))?.is_empty())
    }

    /// Remembers the wrapped key of a sealed file that is on the disk.
    pub(crate) fn keep_blob_key(&self, id: &BlobId, size: usize, wrapped: &[u8]) -> Done<()> {
        self.run(
            "INSERT INTO blob (id, size, wrapped) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET size = excluded.size, wrapped = excluded.wrapped,
                                            idle_since = NULL, sealed_at = NULL",
            params![id.to_string(), signed(size as u64)?, wrapped],
        )
    }

    /// Something needs the file again.
    pub(crate) fn want_blob(&self, id: &BlobId) -> Done<()> {
        self.run(
            "UPDATE blob SET idle_since = NULL WHERE id = ?1 AND idle_since IS NOT NULL",
            [id.to_string()],
        )
    }

    /// All sealed files.
    pub(crate) fn blob_ids(&self) -> Done<Vec<BlobId>> {
        self.rows("SELECT id FROM blob", [], |r| r.get::<_, String>(0))?
            .iter()
            .map(|id| BlobId::parse(id).map_err(|_| VaultError::Damaged))
            .collect()
    }

    fn run(&self, sql: &str, params: impl Params) -> Done<()> {
        self.0.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(|e| from_sqlite(&e))?;
        Ok(())
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Vec<T>> {
        let mut statement = self.0.prepare_cached(sql).map_err(|e| from_sqlite(&e))?;
        let rows = statement.query_map(params, read).map_err(|e| from_sqlite(&e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| from_sqlite(&e))
    }

    fn bodies<T: DeserializeOwned>(&self, sql: &str, params: impl Params) -> Done<Vec<T>> {
        self.rows(sql, params, |r| r.get::<_, String>(0))?.iter().map(|body| parse(body)).collect()
    }

    fn body<T: DeserializeOwned>(&self, sql: &str, params: impl Params) -> Done<Option<T>> {
        Ok(self.bodies(sql, params)?.pop())
    }
}

/// One batch on its way in.
struct Writing<'a> {
    tx: &'a Transaction<'a>,
}

impl Writing<'_> {
    fn all(&self, batch: &Batch, files: &[FileRow]) -> Done<()> {
        newest_first(&batch.dossiers, Dossier::place).try_for_each(|d| self.dossier(d))?;
        self.outbox(batch)?;
        for (number, at, documents) in &batch.documents {
            self.run("DELETE FROM owner_fetch WHERE owner = ?1", [number.value()])?;
            self.run("INSERT INTO owner_fetch VALUES (?1, ?2)", params![number.value(), at.0])?;
            for (position, document) in (0_i64..).zip(documents) {
                let row = params![number.value(), position, json(document)?];
                self.run("INSERT INTO document VALUES (?1, ?2, ?3)", row)?;
            }
        }
        for (number, identity) in &batch.identities {
            self.run("REPLACE INTO identity VALUES (?1, ?2)", params![number.value(), json(identity)?])?;
        }
        batch.captures.iter().try_for_each(|c| self.capture(c))?;
        if let Some(reference) = &batch.reference {
            self.run("REPLACE INTO reference VALUES (1, ?1)", [json(reference)?])?;
        }
        if let Some(blocks) = &batch.blocks {
            self.run("DELETE FROM block", [])?;
            for (position, block) in (0_i64..).zip(blocks) {
                self.run("INSERT INTO block VALUES (?1, ?2)", params![position, json(block)?])?;
            }
        }
        for (key, value) in &batch.settings {
            self.run("REPLACE INTO setting VALUES (?1, ?2)", [key, value])?;
        }
        if let Some(told) = &batch.office {
            self.office(told)?;
        }
        for conflict in &batch.conflicts {
            let row = params![conflict.op.to_string(), json(conflict)?];
            self.run("REPLACE INTO conflict VALUES (?1, ?2)", row)?;
        }
        batch.prints.iter().try_for_each(|print| self.print(print))?;
        files.iter().try_for_each(|file| self.file(file))
    }

    /// A number that is neither known nor the next one is of somebody who works on something old.
    fn print(&self, record: &PrintRecord) -> Done<()> {
        let sql = "REPLACE INTO print SELECT ?1, ?2, ?3
            WHERE ?2 BETWEEN 1 AND (SELECT ifnull(max(number), 0) + 1 FROM print WHERE dossier = ?1)";
        let changed = self.run(sql, params![record.dossier.to_string(), record.number, json(record)?])?;
        // Replacing counts as one row, too.
        known(changed)
    }

    fn file(&self, change: &FileRow) -> Done<()> {
        match change {
            FileRow::Fetched(id) => {
                self.run("UPDATE blob SET fetched = 1 WHERE id = ?1", [id.to_string()]).map(drop)
            }
            FileRow::Idle(id, since) => {
                let row = params![id.to_string(), since.map(|at| at.0)];
                self.run("UPDATE blob SET idle_since = ?2 WHERE id = ?1", row).map(drop)
            }
            FileRow::Seal(id, at, wrapped) => {
                let sql = format!(
                    "UPDATE blob SET sealed_at = ?2, wrapped = ?3
                     WHERE id = ?1 AND sealed_at IS NULL AND NOT {UNSENT}"
                );
                known(self.run(&sql, params![id.to_string(), at.0, wrapped])?)
            }
            FileRow::Forget(id) => {
                let sql =
                    format!("DELETE FROM blob WHERE id = ?1 AND sealed_at IS NOT NULL AND NOT {UNSENT}");
                known(self.run(&sql, [id.to_string()])?)
            }
        }
    }

    /// The files `user` names from now on.
    fn names(&self, kind: User, user: &str, files: impl IntoIterator<Item = BlobId>) -> Done<()> {
        name_files(self.tx, kind, user, files)
    }

    fn office(&self, told: &OfficeRows) -> Done<()> {
        let epoch = signed(told.epoch)?;
        for row in newest_first(&told.rows, OfficeDossier::place) {
            let (id, version) = (row.id.to_string(), signed(row.version)?);
            let held: Option<(i64, i64, i64, String)> = self
                .tx
                .prepare_cached("SELECT place, epoch, version, body FROM office WHERE id = ?1")
                .and_then(|mut s| {
                    s.query_row([&id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).optional()
                })
                .map_err(|e| from_sqlite(&e))?;
            let (text, body) = (row.search_text(), json(row)?);
            let Some((place, of, before, known)) = held else {
                let mut place = row.place();
                while self.run(
                    "INSERT OR IGNORE INTO office VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![place, id, epoch, version, body],
                )? == 0
                {
                    place += 1;
                }
                index(self.tx, OFFICE.insert, place, &text)?;
                crate::queue::note_office(self.tx, row)?;
                continue;
            };
            if (of, before) > (epoch, version) {
                continue;
            }
            self.run(
                "UPDATE office SET epoch = ?2, version = ?3, body = ?4 WHERE place = ?1",
                params![place, epoch, version, body],
            )?;
            crate::queue::note_office(self.tx, row)?;
            let known: Option<OfficeDossier> = serde_json::from_str(&known).ok();
            if known.is_none_or(|known| known.search_text() != text) {
                index(self.tx, OFFICE.replace, place, &text)?;
            }
        }
        if told.complete {
            self.run(
                "DELETE FROM office_text WHERE rowid IN (SELECT -place FROM office WHERE epoch < ?1)",
                [epoch],
            )?;
            self.run("DELETE FROM office WHERE epoch < ?1", [epoch])?;
            crate::queue::forget_others(self.tx)?;
        }
        Ok(())
    }

    fn dossier(&self, dossier: &Dossier) -> Done<()> {
        let id = dossier.id.to_string();
        let stored: Option<(i64, i64, String)> = self
            .tx
            .prepare_cached("SELECT place, revision, body FROM dossier WHERE id = ?1")
            .and_then(|mut s| s.query_row([&id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional())
            .map_err(|e| from_sqlite(&e))?;
        let revision = signed(dossier.revision)?;
        if revision != stored.as_ref().map_or(0, |(_, revision, _)| *revision) + 1 {
            return Err(VaultError::Stale);
        }
        crate::owed::note(self.tx, dossier)?;
        crate::queue::note_own(self.tx, dossier)?;
        let text = dossier.search_text();
        let Some((place, _, before)) = stored else {
            self.names(User::Dossier, &id, dossier.files())?;
            let place = insert_dossier(self.tx, dossier.place(), &id, revision, &json(dossier)?)?;
            return index(self.tx, DOSSIERS.insert, place, &text);
        };
        let known: Option<Dossier> = serde_json::from_str(&before).ok();
        if known.as_ref().is_none_or(|known| !known.files().eq(dossier.files())) {
            self.names(User::Dossier, &id, dossier.files())?;
        }
        self.run(
            "UPDATE dossier SET revision = ?2, body = ?3 WHERE place = ?1",
            params![place, revision, json(dossier)?],
        )?;
        // Most changes of a dossier are not about what it is found by.
        if known.is_none_or(|known| known.search_text() != text) {
            index(self.tx, DOSSIERS.replace, place, &text)?;
        }
        Ok(())
    }

    /// New lines follow the counter's last number without a gap, and the counter follows them.
    fn outbox(&self, batch: &Batch) -> Done<()> {
        let mut counter = counter_of(self.tx)?;
        for queued in &batch.enqueue {
            let item = &queued.item;
            if item.sequence != counter.last_sequence + 1 {
                return Err(VaultError::Stale);
            }
            counter.last_sequence = item.sequence;
            self.run(
                "INSERT INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    item.op.to_string(),
                    item.dossier.to_string(),
                    signed(item.sequence)?,
                    json(&item.kind)?,
                    json(&item.blobs)?,
                    item.queued_at.0,
                    json(&queued.op)?,
                    json(&item.state)?,
                    item.attempts,
                    item.last_error,
                    queued.receipt.as_ref().map(|r| &r.0),
                ],
            )?;
            self.names(User::Line, &item.op.to_string(), item.blobs.iter().copied())?;
        }
        if let Some(wished) = &batch.counter {
            if wished.last_sequence != counter.last_sequence {
                return Err(VaultError::Stale);
            }
            counter = wished.clone();
        }
        self.run(
            "UPDATE counter SET device = ?1, last_sequence = ?2, provisional = ?3 WHERE id = 1",
            params![counter.device.to_string(), signed(counter.last_sequence)?, signed(counter.provisional)?],
        )?;
        for item in &batch.outbox {
            let changed = self.run(
                "UPDATE outbox SET state = ?2, attempts = ?3, last_error = ?4 WHERE op = ?1",
                params![item.op.to_string(), json(&item.state)?, item.attempts, item.last_error],
            )?;
            known(changed)?;
        }
        for (op, receipt) in &batch.receipts {
            let changed =
                self.run("UPDATE outbox SET receipt = ?2 WHERE op = ?1", params![op.to_string(), receipt.0])?;
            known(changed)?;
        }
        Ok(())
    }

    fn capture(&self, draft: &CaptureDraft) -> Done<()> {
        let dossier = draft.dossier.to_string();
        self.names(User::Capture, &format!("{dossier}/{}", draft.component), pages(draft))?;
        if draft.pages.is_empty() {
            self.run(
                "DELETE FROM capture WHERE dossier = ?1 AND component = ?2",
                params![dossier, draft.component],
            )?;
        } else {
            self.run(
                "REPLACE INTO capture VALUES (?1, ?2, ?3)",
                params![dossier, draft.component, json(draft)?],
            )?;
        }
        Ok(())
    }

    fn run(&self, sql: &str, params: impl Params) -> Done<usize> {
        self.tx.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(|e| from_sqlite(&e))
    }
}

const LINE: &str = "op, dossier, sequence, kind, blobs, state, attempts, queued_at, last_error";

/// A line of the outbox as its row has it.
struct Line {
    op: String,
    dossier: String,
    sequence: i64,
    kind: String,
    blobs: String,
    state: String,
    attempts: u32,
    queued_at: i64,
    last_error: Option<String>,
}

impl Line {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            op: row.get(0)?,
            dossier: row.get(1)?,
            sequence: row.get(2)?,
            kind: row.get(3)?,
            blobs: row.get(4)?,
            state: row.get(5)?,
            attempts: row.get(6)?,
            queued_at: row.get(7)?,
            last_error: row.get(8)?,
        })
    }

    fn item(self) -> Done<OutboxItem> {
        Ok(OutboxItem {
            op: OpId::parse(&self.op).map_err(|_| VaultError::Damaged)?,
            dossier: DossierId::parse(&self.dossier).map_err(|_| VaultError::Damaged)?,
            sequence: unsigned(self.sequence)?,
            kind: parse(&self.kind)?,
            blobs: parse(&self.blobs)?,
            state: parse(&self.state)?,
            attempts: self.attempts,
            queued_at: Timestamp(self.queued_at),
            last_error: self.last_error,
        })
    }
}

fn counter_of(db: &Connection) -> Done<Counter> {
    let (device, last_sequence, provisional): (String, i64, i64) = db
        .prepare_cached("SELECT device, last_sequence, provisional FROM counter WHERE id = 1")
        .and_then(|mut s| s.query_row([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))))
        .map_err(|e| from_sqlite(&e))?;
    Ok(Counter {
        device: DeviceId::parse(&device).map_err(|_| VaultError::Damaged)?,
        last_sequence: unsigned(last_sequence)?,
        provisional: unsigned(provisional)?,
    })
}

/// Takes the dossiers of schema 1 over. One whose body is not understood keeps its row: it stays as damaged as it was,
/// and holds up nobody else's work.
pub(crate) fn take_over(db: &Connection) -> Done<()> {
    let each = |row: &Row<'_>| -> rusqlite::Result<(String, i64, i64, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    };
    let mut old = db
        .prepare("SELECT id, revision, opened_at, body FROM dossier_of_schema_1 ORDER BY opened_at, id")
        .map_err(|e| from_sqlite(&e))?;
    for row in old.query_map([], each).map_err(|e| from_sqlite(&e))? {
        let (id, revision, opened_at, body) = row.map_err(|e| from_sqlite(&e))?;
        let dossier: Option<Dossier> = serde_json::from_str(&body).ok();
        let place = dossier.map_or(opened_at << 20, |d| d.place());
        insert_dossier(db, place, &id, revision, &body)?;
    }
    drop(old);
    db.execute_batch("DROP TABLE dossier_of_schema_1").map_err(|e| from_sqlite(&e))
}

/// Makes every row of an older schema findable. One that is not understood is not found by any word.
pub(crate) fn index_again(db: &Connection) -> Done<()> {
    fn all<T: DeserializeOwned>(db: &Connection, searched: &Searched<T>) -> Done<()> {
        let mut rows = db.prepare(searched.all).map_err(|e| from_sqlite(&e))?;
        let each = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        for row in rows.query_map([], each).map_err(|e| from_sqlite(&e))? {
            let (place, body) = row.map_err(|e| from_sqlite(&e))?;
            let text = serde_json::from_str(&body).map(|row| (searched.text)(&row)).unwrap_or_default();
            index(db, searched.insert, place, &text)?;
        }
        Ok(())
    }
    all(db, &DOSSIERS)?;
    all(db, &OFFICE)
}

/// Writes a new dossier at its place, or at the next free one, and says which.
fn insert_dossier(db: &Connection, mut place: i64, id: &str, revision: i64, body: &str) -> Done<i64> {
    let mut insert = db
        .prepare_cached("INSERT OR IGNORE INTO dossier VALUES (?1, ?2, ?3, ?4)")
        .map_err(|e| from_sqlite(&e))?;
    while insert.execute(params![place, id, revision, body]).map_err(|e| from_sqlite(&e))? == 0 {
        place += 1;
    }
    Ok(place)
}

/// Makes the row at `place` findable by its text. `sql` is of [`Searched`].
fn index(db: &Connection, sql: &str, place: i64, text: &SearchText) -> Done<()> {
    db.prepare_cached(sql)
        .and_then(|mut s| s.execute(params![-place, text.words, text.marked, text.ends]))
        .map_err(|e| from_sqlite(&e))?;
    Ok(())
}

/// The order new rows are written in. The index puts down what it has gathered whenever a row comes before the last.
fn newest_first<T>(rows: &[T], place: fn(&T) -> i64) -> impl Iterator<Item = &T> {
    let mut sorted: Vec<&T> = rows.iter().collect();
    sorted.sort_by_key(|row| Reverse(place(row)));
    sorted.into_iter()
}

/// Notes what each dossier, operation and scan of an older schema names. A row that is not understood names nothing:
/// what only it names is taken for loose, which is never deleted.
pub(crate) fn note_uses(db: &Connection) -> Done<()> {
    let noted = |sql: &str, kind: User, files: &dyn Fn(&str) -> Option<Vec<BlobId>>| -> Done<()> {
        let mut rows = db.prepare(sql).map_err(|e| from_sqlite(&e))?;
        let each = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        for row in rows.query_map([], each).map_err(|e| from_sqlite(&e))? {
            let (user, body) = row.map_err(|e| from_sqlite(&e))?;
            name_files(db, kind, &user, files(&body).unwrap_or_default())?;
        }
        Ok(())
    };
    noted("SELECT id, body FROM dossier", User::Dossier, &|body| {
        serde_json::from_str::<Dossier>(body).ok().map(|dossier| dossier.files().collect())
    })?;
    noted("SELECT op, blobs FROM outbox", User::Line, &|blobs| serde_json::from_str(blobs).ok())?;
    noted("SELECT dossier || '/' || component, body FROM capture", User::Capture, &|body| {
        serde_json::from_str::<CaptureDraft>(body).ok().map(|draft| pages(&draft).collect())
    })
}

fn pages(draft: &CaptureDraft) -> impl Iterator<Item = BlobId> {
    draft.pages.iter().flat_map(|page| [page.image, page.thumbnail])
}

fn name_files(db: &Connection, kind: User, user: &str, files: impl IntoIterator<Item = BlobId>) -> Done<()> {
    let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
        db.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(|e| from_sqlite(&e))
    };
    run("DELETE FROM blob_use WHERE user = ?1 AND kind = ?2", params![user, kind as i64])?;
    for file in files {
        let row = params![user, kind as i64, file.to_string()];
        run("INSERT OR IGNORE INTO blob_use (user, kind, blob) VALUES (?1, ?2, ?3)", row)?;
    }
    Ok(())
}

/// A word as an FTS5 expression. It holds letters and digits only and stands in quotes: nothing in it is
/// an operator.
fn without_marks(word: &SearchWord) -> String {
    let forward = phrase("words", &word.tokens, word.open);
    match &word.backwards {
        Some(end) => format!("({forward} OR ends : \"{end}\" *)"),
        None => forward,
    }
}

/// A single word of letters that is there with its marks is there without them; the index is not asked twice.
fn with_marks(word: &SearchWord) -> String {
    let marked = || phrase("marked", &word.marked, false);
    match word.marked.len() {
        0 => without_marks(word),
        1 if word.backwards.is_none() => marked(),
        _ => format!("({} AND {})", without_marks(word), marked()),
    }
}

/// Newest rows looked at to guess how common words are, alone and together.
const SAMPLE: u32 = 1000;
/// Fewer rows than these are read without another thought.
const RARE: u32 = 100;

/// The words worth asking the index for, by the rows of the sample that have each: at every step the word that makes it
/// cheapest, as long as it does. A word that comes with another ("đăng" with "ký") leaves out nothing more.
fn plan(samples: &[HashSet<i64>]) -> Vec<usize> {
    /// Walking past every row of a word that all rows have costs 1; reading every row costs this.
    const READ: f64 = 2000.0;
    /// Where few rows of the sample are left, words count as independent.
    const FEW: f64 = 20.0;
    let rows = f64::from(SAMPLE);
    let share = |at: usize| samples[at].len() as f64 / rows;
    let (mut chosen, mut best) = (vec![], (f64::INFINITY, 0));
    let (mut walked, mut left) = (0.0, 1.0);
    let mut together: Option<HashSet<i64>> = None;
    while chosen.len() < samples.len() {
        let with = |at: usize| {
            let (now, before) = match &together {
                None => (samples[at].len(), rows),
                Some(with_all) => (with_all.intersection(&samples[at]).count(), with_all.len() as f64),
            };
            let narrowed = left * (now as f64 + FEW * share(at)) / (before + FEW);
            (walked + share(at) + READ * narrowed, narrowed, at)
        };
        let open = (0..samples.len()).filter(|at| !chosen.contains(at)).map(with);
        let Some((cost, narrowed, at)) = open.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        chosen.push(at);
        walked += share(at);
        left = narrowed;
        together = Some(match together {
            None => samples[at].clone(),
            Some(with_all) => &with_all & &samples[at],
        });
        if cost < best.0 {
            best = (cost, chosen.len());
        }
    }
    chosen.truncate(best.1);
    chosen
}

fn phrase(column: &str, tokens: &[String], open: bool) -> String {
    format!("{column} : \"{}\"{}", tokens.join(" "), if open { " *" } else { "" })
}

/// A line that is not in the outbox cannot change: whoever asks works on something old.
fn known(changed: usize) -> Done<()> {
    if changed == 1 { Ok(()) } else { Err(VaultError::Stale) }
}

fn json(value: &impl Serialize) -> Done<String> {
    serde_json::to_string(value).map_err(|_| VaultError::Storage)
}

fn parse<T: DeserializeOwned>(body: &str) -> Done<T> {
    serde_json::from_str(body).map_err(|_| {
        tracing::error!("vault row is not understood");
        VaultError::Damaged
    })
}

fn signed(value: u64) -> Done<i64> {
    i64::try_from(value).map_err(|_| VaultError::Storage)
}

fn unsigned(value: i64) -> Done<u64> {
    u64::try_from(value).map_err(|_| VaultError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::plan;
    use std::collections::HashSet;

    /// Rows from `first` on, each `step`th of a thousand.
    fn every(step: usize, first: i64) -> HashSet<i64> {
        (first..1000).step_by(step).collect()
    }

    #[test]
    fn the_index_is_asked_for_the_words_that_leave_few_rows() {
        assert_eq!(plan(&[every(2, 0)]), [0]);
        assert_eq!(plan(&[every(2, 0), every(1000, 7)]), [1, 0], "a row in a thousand is still a thousand");
        assert_eq!(plan(&[every(2, 0), HashSet::new(), every(3, 0)]), [1], "hardly any row has it");
        assert_eq!(plan(&[every(3, 0), every(7, 0), every(5, 0)]), [1, 2, 0]);
        let common: HashSet<i64> = every(1, 0);
        assert_eq!(plan(&[common.clone(), every(11, 0), every(7, 0), common]), [1, 2]);
        let together = [every(9, 3), every(9, 3), every(2, 1), every(5, 0)];
        assert_eq!(plan(&together), [0, 3, 2, 1], "the second of two that go together leaves out least");
    }
}
