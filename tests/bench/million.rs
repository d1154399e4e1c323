//! A province's warehouse: a million papers, a thousand machines that listen, counters at work.

use crate::Scale;
use crate::load::{Watch, at_rate, believe, codes, make, now, receipt_key, send, work};
use crate::papers::Sequence;
use crate::report::{Gate, Report, Times};
use crate::server::{Province, agency};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{DossierId, IdNumber};
use motcua_link::HttpWarehouse;
use motcua_wire::Purpose;
use rusqlite::types::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// The owner of the one dossier all the others are made of.
const OWNER: &str = "051999999999";
const SECONDS: usize = 60;

/// Fills the store of a province with so many dossiers of five papers each, spread over its agencies. One
/// dossier is sent in truth; the rows it left are written again under other names, so that the store is what
/// the server itself writes, whatever its tables are. Kept for the next run.
pub(crate) async fn fill(province: &Province, agencies: usize, dossiers: usize, out: &Path) {
    let schema: u32 = province.records().query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
    let machines = province.machines.len();
    let kept = out.join(format!("store-{dossiers}-{agencies}-{machines}-schema-{schema}"));
    if !kept.join("whole").exists() {
        let begun = Instant::now();
        let _ = std::fs::remove_dir_all(&kept);
        let server = province.serve(None);
        let line = server.line(&province.machines[0]);
        let (_, code) = codes(&server, &province.machines[..1], 1).await.remove(0);
        let work = work(0, &province.machines[0], code.clone(), OWNER, 30_000, 5, 77);
        send(&line, &work, &Mutex::new(Watch::default())).await;
        server.stop();
        multiply(province, &work, code.as_str(), agencies, dossiers);
        println!("  a store of {} papers made in {:.0} s", dossiers * 5, begun.elapsed().as_secs_f64());
        copy(&province.data, &kept);
        std::fs::write(kept.join("whole"), "").unwrap();
    }
    copy(&kept, &province.data);
}

/// Records, files and keys; settings and TLS stay each province's own.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for stale in ["records.db-wal", "records.db-shm"] {
        let _ = std::fs::remove_file(to.join(stale));
    }
    let parts: Vec<PathBuf> = ["records.db", "blobs", "receipt.key"].iter().map(|p| from.join(p)).collect();
    assert!(Command::new("cp").arg("-a").args(parts).arg(to).status().unwrap().success());
}

fn multiply(province: &Province, work: &crate::load::Work, code: &str, agencies: usize, dossiers: usize) {
    let mut records = province.records();
    records
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA wal_autocheckpoint = 100000")
        .unwrap();
    let of = format!("printf('000.%02d.%02d.H08', i % {agencies} / 100 + 1, i % {agencies} % 100)");
    let name = |kind: usize| format!("printf('01990000-00{kind:02x}-7000-8000-%012x', i)");
    let day =
        format!("substr(strftime('%Y%m%d', '2026-11-20', '-' || (i / {agencies} / 300) || ' days'), 3)");
    // What is long before what it holds: a code begins with its agency.
    let mut names: Vec<(String, String)> = vec![
        (code.to_owned(), format!("{of} || '-' || {day} || printf('-%04d', i / {agencies} % 300 + 1)")),
        (work.accept.dossier.to_string(), name(0)),
        (work.accept.op_id.to_string(), name(1)),
        (OWNER.to_owned(), "printf('052%09d', i)".to_owned()),
    ];
    for (n, op) in work.papers.iter().enumerate() {
        names.push((op.op_id.to_string(), name(10 + n)));
        if let motcua_wire::OpPayload::FileDocument { record, .. } = &op.payload {
            names.push((record.id.to_string(), name(20 + n)));
        }
    }
    for n in 0..5 {
        // The suffixes of an empty store.
        names.push((format!("CS{}", 10_001 + n), format!("printf('CS%d', 20000 + i * 5 + {n})")));
    }
    names.push((agency(0).to_string(), of));
    let tx = records.transaction().unwrap();
    let tables: Vec<String> = tx
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mine = |value: &Value| matches!(value, Value::Text(t) if names[..names.len() - 6].iter().any(|(n, _)| t.contains(n)));
    for table in tables {
        // A chain cannot be multiplied; blocks and uploads belong to machines.
        if ["audit", "audit_heads", "number_blocks", "uploads"].contains(&table.as_str()) {
            continue;
        }
        let columns: Vec<(String, bool)> = tx
            .prepare(&format!("SELECT name, type = 'INTEGER' AND pk = 1 FROM pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let kept: Vec<&str> =
            columns.iter().filter(|(_, counted)| !counted).map(|(c, _)| c.as_str()).collect();
        let rows: Vec<Vec<Value>> = tx
            .prepare(&format!("SELECT {} FROM {table} LIMIT 100", kept.join(", ")))
            .unwrap()
            .query_map([], |r| (0..kept.len()).map(|n| r.get(n)).collect())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for row in rows.into_iter().filter(|row| row.iter().any(mine)) {
            let renamed = |(n, value): (usize, &Value)| {
                let Value::Text(text) = value else { return format!("?{}", n + 1) };
                names
                    .iter()
                    .filter(|(name, _)| text.contains(name.as_str()))
                    .fold(format!("?{}", n + 1), |inner, (name, other)| {
                        format!("replace({inner}, '{name}', {other})")
                    })
            };
            let values: Vec<String> = row.iter().enumerate().map(renamed).collect();
            let sql = format!(
                "INSERT INTO {table}({}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {dossiers})
                 SELECT {} FROM n",
                kept.join(", "),
                values.join(", ")
            );
            tx.execute(&sql, rusqlite::params_from_iter(&row)).unwrap_or_else(|e| panic!("{table}: {e}"));
        }
    }
    tx.commit().unwrap();
    records.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// What listened, and what it heard.
#[derive(Default)]
struct Heard {
    answers: AtomicUsize,
    changes: AtomicUsize,
}

pub(crate) async fn at_a_million(report: &mut Report, scale: Scale, out: &Path) {
    let (agencies, each) = if scale.quick { (5, 4) } else { (50, 20) };
    let dossiers = scale.of(200_000);
    let province = Province::prepare(agencies, each);
    fill(&province, agencies, dossiers, out).await;
    let begun = Instant::now();
    let server = province.serve(None);
    report.row(
        &format!("start with {} papers", dossiers * 5),
        begun.elapsed().as_secs_f64(),
        "s",
        Gate::None,
    );
    let size = std::fs::metadata(province.data.join("records.db")).unwrap().len();
    report.row("records", size as f64 / 1e6, "MB", Gate::None);
    let lines: Arc<Vec<HttpWarehouse>> = Arc::new(province.machines.iter().map(|m| server.line(m)).collect());
    let key = receipt_key(&lines[0]).await;

    // Machines that listen, each on a line of its own.
    let heard = Arc::new(Heard::default());
    let ready = Arc::new(AtomicUsize::new(0));
    let end = CancellationToken::new();
    let mut listening = tokio::task::JoinSet::new();
    let begun = Instant::now();
    let newest = province.count("SELECT max(seq) FROM changes") as u64;
    for machine in &province.machines {
        let (line, heard, ready, end) =
            (server.line(machine), Arc::clone(&heard), Arc::clone(&ready), end.clone());
        listening.spawn(async move {
            let mut cursor = place(newest, &scope_of(&line).await);
            line.changes(Some(&cursor), 500, 0).await.unwrap();
            ready.fetch_add(1, Ordering::SeqCst);
            while let Some(page) = end.run_until_cancelled(line.changes(Some(&cursor), 500, 25)).await {
                let page = page.unwrap();
                cursor = page.next_cursor;
                heard.answers.fetch_add(1, Ordering::SeqCst);
                heard.changes.fetch_add(page.items.len(), Ordering::SeqCst);
            }
        });
    }
    let machines = province.machines.len();
    while ready.load(Ordering::SeqCst) < machines {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    report.row(
        &format!("{machines} machines have connected after"),
        begun.elapsed().as_secs_f64(),
        "s",
        Gate::None,
    );
    let quiet = Duration::from_secs(if scale.quick { 2 } else { 30 });
    let before = server.used();
    tokio::time::sleep(quiet).await;
    let idle = (server.used().cpu - before.cpu) / quiet.as_secs_f64() * 100.0;
    report.row("processor of the server while they only listen", idle, "%", Gate::None);

    // Counters at work and people who look things up, at the same time.
    let seconds = if scale.quick { 3 } else { SECONDS };
    let (rate, reads_a_second) = (10, 20);
    let count = seconds * rate;
    let works =
        make(codes(&server, &province.machines, count).await, &province.machines, crate::load::SIZE, 500_000);
    let applied = || province.count("SELECT count(*) FROM ops WHERE version IS NOT NULL");
    let there = applied();
    let watch = Arc::new(Mutex::new(Watch::default()));
    let before = server.used();
    heard.changes.store(0, Ordering::SeqCst);
    heard.answers.store(0, Ordering::SeqCst);
    let reading =
        read(&lines, &province, agencies, dossiers, seconds * reads_a_second, reads_a_second as f64);
    let (took, reads) = tokio::join!(at_rate(&lines, works, rate as f64, &watch), reading);
    let used = server.used();
    let watch = watch.lock().await;
    believe(&watch, &key);
    assert_eq!(applied() - there, count * 6, "each operation had its effect once");
    report.row(
        "dossiers a second, offered 10, beside all this",
        count as f64 / took.as_secs_f64(),
        "/s",
        Gate::AtLeast(9.5),
    );
    let gates = [Gate::AtMost(50.0), Gate::AtMost(150.0), Gate::AtMost(300.0)];
    let mut all = Times::default();
    for (what, times) in &reads {
        report.times(&format!("read: {what}"), times, [Gate::None; 3]);
        all.0.extend(&times.0);
    }
    report.times("reads, all", &all, gates);
    let gates = [Gate::AtMost(100.0), Gate::AtMost(300.0), Gate::AtMost(500.0)];
    let mut all = Times::default();
    for (what, times) in [("operations", &watch.pushes), ("a file of 300 kB", &watch.files)] {
        report.times(&format!("write: {what}"), times, [Gate::None; 3]);
        all.0.extend(&times.0);
    }
    report.times("writes, all", &all, gates);
    report.times("a whole dossier (10 requests)", &watch.dossiers, [Gate::None; 3]);
    report.row(
        "CPU of the server per dossier, listeners included",
        (used.cpu - before.cpu) / count as f64,
        "s",
        Gate::None,
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    // A dossier tells of five papers filed, each twice (paper and dossier), and of its acceptance.
    let expected = count * 11 * each;
    let told = heard.changes.load(Ordering::SeqCst);
    assert_eq!(told, expected, "every machine of an agency heard of every change, once");
    report.row("changes heard by the machines that listen", told as f64, "", Gate::None);
    report.row("in so many answers", heard.answers.load(Ordering::SeqCst) as f64, "", Gate::None);
    report.row("memory of the server at most", server.used().most, "MB", Gate::AtMost(512.0));
    end.cancel();
    while let Some(done) = listening.join_next().await {
        done.unwrap();
    }
    server.stop();
}

/// The last part of every cursor of a machine names its scope.
async fn scope_of(line: &HttpWarehouse) -> String {
    let told = line.changes(None, 1, 0).await.unwrap().next_cursor;
    told.rsplit_once('.').unwrap().1.to_owned()
}

/// Where a machine stands that was told so many changes.
fn place(seq: u64, scope: &str) -> String {
    format!("v2.1.{seq}.{scope}")
}

/// What counters look up: papers of a person, dossiers, news, whether the reference data is the newest.
async fn read(
    lines: &Arc<Vec<HttpWarehouse>>,
    province: &Province,
    agencies: usize,
    dossiers: usize,
    count: usize,
    per_second: f64,
) -> Vec<(&'static str, Times)> {
    const KINDS: [&str; 4] =
        ["papers of a person", "a dossier", "a page of changes", "is the reference data new"];
    let mut random = Sequence(now().0.unsigned_abs());
    let mut scopes = vec![];
    for line in lines.iter() {
        scopes.push(scope_of(line).await);
    }
    let scopes = Arc::new(scopes);
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let newest = province.count("SELECT max(seq) FROM changes") as u64;
    for n in 0..count {
        let due = begun + Duration::from_secs_f64(n as f64 / per_second);
        tokio::time::sleep_until(due.into()).await;
        let which = random.below(dossiers as u64) + 1;
        let at = usize::try_from(which).unwrap() % agencies;
        let kind = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][usize::try_from(random.below(10)).unwrap()];
        let (lines, scopes) = (Arc::clone(lines), Arc::clone(&scopes));
        let since = random.below(newest);
        running.spawn(async move {
            let line = &lines[at];
            match kind {
                0 => {
                    let owner = IdNumber::parse(&format!("052{which:09}")).unwrap();
                    assert_eq!(line.documents(&[owner], Purpose::Intake).await.unwrap().len(), 5);
                }
                1 => {
                    let id = DossierId::parse(&format!("01990000-0000-7000-8000-{which:012x}")).unwrap();
                    let found = line.dossier(id).await.unwrap().unwrap();
                    assert_eq!(found.receipts.len(), 6);
                }
                2 => drop(line.changes(Some(&place(since, &scopes[at])), 500, 0).await.unwrap()),
                _ => assert!(line.reference(3).await.unwrap().is_none()),
            }
            (kind, due.elapsed())
        });
    }
    let mut times: Vec<(&str, Times)> = KINDS.into_iter().map(|k| (k, Times::default())).collect();
    while let Some(done) = running.join_next().await {
        let (kind, took) = done.unwrap();
        times[kind].1.0.push(took);
    }
    times
}
