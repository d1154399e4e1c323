//! Counters at work: dossiers with their papers, as the client sends them.

use crate::Scale;
use crate::papers::{blob, record, signed};
use crate::report::{Gate, Report, Times};
use crate::server::{Machine, Province, Server};
use ed25519_dalek::VerifyingKey;
use motcua_desk::ports::Warehouse;
use motcua_dossier::{
    Applicant, BlobId, Channel, Deadline, DocumentId, DossierCode, DossierId, IdNumber, IdentityCheck, OpId,
    Party, PartyKind, ProcedureCode, ReturnMethod, Timestamp,
};
use motcua_link::HttpWarehouse;
use motcua_wire::{
    AcceptedDossier, ComponentEvidence, EvidenceSource, LeaseBlock, Op, OpPayload, OpResult, OpsRequest,
    SCHEMA_VERSION, SignedReceipt,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Papers of a dossier and bytes of each.
pub(crate) const PAPERS: usize = 5;
pub(crate) const SIZE: usize = 300_000;

/// What one dossier sends.
pub(crate) struct Work {
    pub(crate) machine: usize,
    pub(crate) files: Vec<(BlobId, Vec<u8>)>,
    pub(crate) papers: Vec<Op>,
    pub(crate) accept: Op,
}

/// Times of everything that was asked.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) dossiers: Times,
    pub(crate) files: Times,
    pub(crate) pushes: Times,
    pub(crate) receipts: Vec<(OpId, BTreeSet<BlobId>, SignedReceipt)>,
}

pub(crate) fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(now.as_millis()).unwrap())
}

fn random<T>(derive: impl Fn(u64, &[u8; 10]) -> T) -> T {
    let mut bytes = [0u8; 10];
    getrandom::fill(&mut bytes).unwrap();
    derive(u64::try_from(now().0).unwrap(), &bytes)
}

/// A dossier with its papers, ready to be sent.
pub(crate) fn work(
    machine: usize,
    of: &Machine,
    code: DossierCode,
    owner: &str,
    size: usize,
    papers: usize,
    seed: u64,
) -> Work {
    let dossier = random(DossierId::derive);
    let mut sequence = u64::try_from(now().0).unwrap() * 10;
    let mut op = |payload| {
        sequence += 1;
        Op {
            op_id: random(OpId::derive),
            device: of.id,
            device_seq: sequence,
            device_time: now(),
            schema_version: SCHEMA_VERSION,
            dossier,
            base_version: 0,
            replaces: vec![],
            payload,
        }
    };
    let mut files: Vec<(BlobId, Vec<u8>)> = vec![];
    let (mut filings, mut components) = (vec![], vec![]);
    for n in 0..papers {
        let pdf = signed(size, seed * 100 + n as u64);
        let record = record(random(DocumentId::derive), owner, &pdf);
        components.push(ComponentEvidence {
            number: n as u32 + 1,
            name: format!("Giấy {}", n + 1),
            source: EvidenceSource::Scan { blob: record.blob, document: Some(record.id) },
        });
        files.push((record.blob, pdf));
        filings.push(op(OpPayload::FileDocument { record, owner_name: "Trần Văn Mẫu".into() }));
    }
    let receipt = crate::papers::page(30_000, seed * 100 + 99);
    let accepted = AcceptedDossier {
        code,
        channel: Channel::Direct,
        return_method: ReturnMethod::Counter,
        applicant: Applicant {
            owner: Party {
                kind: PartyKind::Citizen,
                number: IdNumber::parse(owner).unwrap(),
                aliases: vec![],
                name: "Trần Văn Mẫu".into(),
                address: "Thôn 1, xã An Hòa".into(),
                phone: String::new(),
            },
            submitter: None,
        },
        identity: IdentityCheck::NotAsked,
        procedure: ProcedureCode::parse("1.004873.H08").unwrap(),
        case_code: "thuong".into(),
        reference_version: 3,
        accepted_at: now(),
        deadline: Deadline::plain(now().day(), 3),
        fee: 8000,
        components,
        consents: vec![],
        receipt: blob(&receipt),
        officer: "canbo.do".into(),
        exception: None,
    };
    files.push((accepted.receipt, receipt));
    let accept = op(OpPayload::AcceptDossier(Box::new(accepted)));
    Work { machine, files, papers: filings, accept }
}

/// Codes for so many dossiers of each machine in turn.
pub(crate) async fn codes(server: &Server, machines: &[Machine], count: usize) -> Vec<(usize, DossierCode)> {
    let mut codes = vec![];
    let each = count.div_ceil(machines.len());
    for (n, machine) in machines.iter().enumerate() {
        let line = server.line(machine);
        let mut left = each;
        while left > 0 {
            let wish =
                LeaseBlock { agency: machine.agency.clone(), day: now().day(), count: left.min(200) as u32 };
            let mut block = line.lease_block(&wish).await.unwrap();
            while let Some(code) = block.take() {
                codes.push((n, code));
                left = left.saturating_sub(1);
            }
        }
    }
    // One machine after the other would be another load.
    let per = codes.len() / machines.len();
    (0..count).map(|n| codes[n % machines.len() * per + n / machines.len()].clone()).collect()
}

/// Sends a dossier as the counter does: what there is, the files two at a time, the receipts of the papers,
/// the acceptance.
pub(crate) async fn send(line: &HttpWarehouse, work: &Work, watch: &Mutex<Watch>) {
    let asked = push(line, &work.papers, watch).await;
    assert!(asked.iter().all(|r| matches!(r, OpResult::Deferred { kept: true, .. })), "{asked:?}");
    let next = std::sync::atomic::AtomicUsize::new(0);
    let lane = || async {
        while let Some((id, bytes)) = work.files.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
            let begun = Instant::now();
            line.upload(id, bytes, &|_, _| {}, &CancellationToken::new()).await.unwrap();
            watch.lock().await.files.0.push(begun.elapsed());
        }
    };
    tokio::join!(lane(), lane());
    let mut answers = push(line, &work.papers, watch).await;
    answers.extend(push(line, std::slice::from_ref(&work.accept), watch).await);
    let mut watch = watch.lock().await;
    for (answer, op) in answers.into_iter().zip(work.papers.iter().chain([&work.accept])) {
        let (OpResult::Applied { receipt, .. } | OpResult::Duplicate { receipt, .. }) = answer else {
            panic!("not applied: {answer:?}");
        };
        let files = match &op.payload {
            OpPayload::FileDocument { record, .. } => BTreeSet::from([record.blob]),
            _ => work.files.iter().map(|(id, _)| *id).collect(),
        };
        watch.receipts.push((op.op_id, files, receipt));
    }
}

async fn push(line: &HttpWarehouse, ops: &[Op], watch: &Mutex<Watch>) -> Vec<OpResult> {
    let begun = Instant::now();
    let reply = line.push(&OpsRequest { ops: ops.to_vec() }).await.unwrap();
    watch.lock().await.pushes.0.push(begun.elapsed());
    reply.results
}

/// So many dossiers a second begin, whether or not earlier ones have ended; a dossier's time counts from the
/// moment it was due, so that a slow server cannot slow the clock down with it.
pub(crate) async fn at_rate(
    lines: &Arc<Vec<HttpWarehouse>>,
    works: Vec<Work>,
    per_second: f64,
    watch: &Arc<Mutex<Watch>>,
) -> Duration {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (n, work) in works.into_iter().enumerate() {
        let due = begun + Duration::from_secs_f64(n as f64 / per_second);
        tokio::time::sleep_until(due.into()).await;
        let (lines, watch) = (Arc::clone(lines), Arc::clone(watch));
        running.spawn(async move {
            send(&lines[work.machine], &work, &watch).await;
            watch.lock().await.dossiers.0.push(due.elapsed());
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    begun.elapsed()
}

/// Every receipt verifies and names its operation and its files.
pub(crate) fn believe(watch: &Watch, key: &VerifyingKey) {
    for (op, files, receipt) in &watch.receipts {
        let body = receipt.verify(key).unwrap();
        assert_eq!(body.op_id, *op);
        assert_eq!(body.blobs.iter().copied().collect::<BTreeSet<_>>(), *files);
    }
}

pub(crate) async fn receipt_key(line: &HttpWarehouse) -> VerifyingKey {
    let key = hex::decode(line.about().await.unwrap().receipt_key).unwrap();
    VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap()
}

pub(crate) fn make(
    codes: Vec<(usize, DossierCode)>,
    machines: &[Machine],
    size: usize,
    first: u64,
) -> Vec<Work> {
    let each = |(n, (machine, code)): (usize, (usize, DossierCode))| {
        let owner = format!("051{:09}", first + n as u64);
        work(machine, &machines[machine], code, &owner, size, PAPERS, first + n as u64)
    };
    codes.into_iter().enumerate().map(each).collect()
}

/// The gate of the issue, on an empty store, and how far it is from the server's limit.
pub(crate) async fn into_an_empty_store(report: &mut Report, scale: Scale) {
    let province = Province::prepare(10, 2);
    let server = province.serve(None);
    let lines: Arc<Vec<_>> = Arc::new(province.machines.iter().map(|m| server.line(m)).collect());
    let key = receipt_key(&lines[0]).await;
    let count = scale.of(300);
    let works = make(codes(&server, &province.machines, count).await, &province.machines, SIZE, 1);
    let watch = Arc::new(Mutex::new(Watch::default()));
    let before = server.used();
    let took = at_rate(&lines, works, 10.0, &watch).await;
    let used = server.used();
    {
        let watch = watch.lock().await;
        believe(&watch, &key);
        report.row(
            "dossiers a second, offered 10",
            count as f64 / took.as_secs_f64(),
            "/s",
            Gate::AtLeast(9.5),
        );
        report.times("a whole dossier (10 requests, 5 PDFs of 300 kB)", &watch.dossiers, [Gate::None; 3]);
        let p99 = Gate::AtMost(300.0);
        report.times("a file of 300 kB stored", &watch.files, [Gate::None, Gate::None, p99]);
        report.times("operations answered", &watch.pushes, [Gate::None, Gate::None, p99]);
        report.row("CPU of the server per dossier", (used.cpu - before.cpu) / count as f64, "s", Gate::None);
        report.row("memory of the server at most", used.most, "MB", Gate::AtMost(512.0));
    }
    let more = scale.of(200);
    let codes_left = codes(&server, &province.machines, more).await;
    let works = make(codes_left, &province.machines, SIZE, 10_000);
    let fast = Arc::new(Mutex::new(Watch::default()));
    let took = as_fast_as_it_goes(&lines, works, 4, &fast).await;
    report.row(
        "dossiers a second, 4 counters without a pause",
        more as f64 / took.as_secs_f64(),
        "/s",
        Gate::AtLeast(10.0),
    );
    believe(&*fast.lock().await, &key);
    server.stop();
    let check = province.check();
    assert_eq!(check["files"], (count + more) * (PAPERS + 1), "every file is there, hashed again");
    assert_eq!(check["receipts"], (count + more) * (PAPERS + 1), "each operation had its effect once");
    flushes(report, scale).await;
}

async fn as_fast_as_it_goes(
    lines: &Arc<Vec<HttpWarehouse>>,
    works: Vec<Work>,
    at_once: usize,
    watch: &Arc<Mutex<Watch>>,
) -> Duration {
    let works = Arc::new(std::sync::Mutex::new(works));
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let (lines, watch, works) = (Arc::clone(lines), Arc::clone(watch), Arc::clone(&works));
        running.spawn(async move {
            loop {
                let Some(work) = works.lock().unwrap().pop() else { return };
                send(&lines[work.machine], &work, &watch).await;
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    begun.elapsed()
}

/// Counted by a library that stands before libc: files, folders and the database.
async fn flushes(report: &mut Report, scale: Scale) {
    let province = Province::prepare(1, 1);
    let log = province.data.with_file_name("disk.log");
    let server = province.serve(Some(&log));
    let line = server.line(&province.machines[0]);
    let count = scale.of(1000).min(10);
    let works = make(codes(&server, &province.machines, count).await, &province.machines, SIZE, 1);
    let before = counted(&log);
    let watch = Mutex::new(Watch::default());
    for work in &works {
        send(&line, work, &watch).await;
    }
    let after = counted(&log);
    let each = |kind: usize| (after[kind] - before[kind]) as f64 / count as f64;
    report.row("fsyncs per dossier, files and database", each(0), "", Gate::None);
    report.row("fsyncs per dossier, folders", each(1), "", Gate::None);
    server.stop();
}

/// Flushes of files and of folders in the log of the shim.
fn counted(log: &std::path::Path) -> [u64; 2] {
    let bytes = std::fs::read(log).unwrap();
    let mut rest = &bytes[..];
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    let mut counts = [0, 0];
    while let Some((kind, after)) = rest.split_first() {
        let path = number(after);
        let Some(data) = after.get(4 + path + 8..).filter(|a| a.len() >= 4).map(number) else { break };
        counts[0] += u64::from(*kind == b'F');
        counts[1] += u64::from(*kind == b'D');
        let Some(next) = after.get(4 + path + 8 + 4 + data..) else { break };
        rest = next;
    }
    counts
}
