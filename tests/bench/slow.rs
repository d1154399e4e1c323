//! A counter that comes back after an offline morning, over a thin line: the real desk, its real vault and
//! its real client.

use crate::Scale;
use crate::load::{codes, now, work};
use crate::report::{Gate, Report};
use crate::server::Province;
use motcua_desk::ports::{Batch, QueuedOp, Vault};
use motcua_desk::{Desk, OfficeSettings, Ports};
use motcua_dossier::{BlobId, Deadline, DossierState, OutboxItem, OutboxKind, OutboxState, Retention};
use motcua_platform::{SystemClock, SystemRandom};
use motcua_testkit::contract::vault::{OFFICER, RECOVERY, SECRET, sample_dossier};
use motcua_testkit::{ChaosLine, FakeConverter, FakePrinter, FakeScanner, FakeSigner};
use motcua_vault::SealedVault;
use motcua_wire::OpPayload;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// 5 Mbit/s.
const RATE: u64 = 625_000;

pub(crate) async fn day_over_a_thin_line(report: &mut Report, scale: Scale) {
    let (dossiers, papers, size) = if scale.quick { (2, 2, 200_000) } else { (10, 5, 2_000_000) };
    let province = Province::prepare(1, 1);
    let server = province.serve(None);
    let machine = &province.machines[0];
    let vault = Arc::new(SealedVault::at(province.data.with_file_name("vault")));
    vault.create(OFFICER, &SECRET.to_owned().into(), &RECOVERY, machine.id).unwrap();
    let mut sequence = 0;
    let mut bytes = 0;
    for (n, (_, code)) in codes(&server, &province.machines, dossiers).await.into_iter().enumerate() {
        let owner = format!("051{n:09}");
        let work = work(0, machine, code.clone(), &owner, size, papers, n as u64 + 1);
        for (_, file) in &work.files {
            vault.put_blob(file).unwrap();
            bytes += file.len();
        }
        let mut dossier = sample_dossier(n as u8, "Trần Văn Mẫu");
        dossier.id = work.accept.dossier;
        dossier.code = Some(code);
        let deadline = Deadline::plain(now().day(), 3);
        dossier.state = DossierState::Accepted { at: now(), deadline };
        let all: Vec<BlobId> = work.files.iter().map(|(id, _)| *id).collect();
        let mut enqueue = vec![];
        for mut op in work.papers.into_iter().chain([work.accept]) {
            sequence += 1;
            op.device_seq = sequence;
            let (kind, blobs) = match &op.payload {
                OpPayload::FileDocument { record, .. } => (OutboxKind::Document, vec![record.blob]),
                _ => (OutboxKind::Acceptance, all.clone()),
            };
            let item = OutboxItem {
                op: op.op_id,
                dossier: op.dossier,
                sequence,
                kind,
                blobs,
                state: OutboxState::Queued,
                attempts: 0,
                queued_at: op.device_time,
                last_error: None,
            };
            enqueue.push(QueuedOp { item, op, receipt: None });
        }
        vault.commit(&Batch { dossiers: vec![dossier], enqueue, ..Batch::default() }).unwrap();
    }
    let chaos = ChaosLine::to(server.address()).await.unwrap();
    let url = format!("https://{}", chaos.address());
    let warehouse = server.line_by(&url, machine);
    let key = crate::load::receipt_key(&warehouse).await;
    let office = OfficeSettings {
        device: machine.id,
        agency_code: machine.agency.clone(),
        agency_name: "UBND xã An Hòa (DEMO)".into(),
        unit_name: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        place: "An Hòa".into(),
        receipt_key: key.to_bytes(),
        recovery_key: RECOVERY,
        scanner_options: BTreeMap::new(),
        offline_grace_days: None,
        retention: Retention::default(),
        lock_after_minutes: None,
        support: None,
        training: false,
    };
    let ports = Ports {
        vault: Arc::clone(&vault) as Arc<dyn Vault>,
        scanner: Arc::new(FakeScanner::default()),
        printer: Arc::new(FakePrinter::default()),
        converter: Arc::new(FakeConverter::default()),
        signer: Arc::new(FakeSigner::default()),
        warehouse: Arc::new(warehouse),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let desk = Desk::new(ports, office);
    chaos.slow_down(RATE);
    chaos.delay(Duration::from_millis(15));
    let lines = sequence as usize;
    let filings = dossiers * papers;
    let done = AtomicBool::new(false);
    let begun = Instant::now();
    let sending = async {
        for _ in 0..50 {
            let said = desk.sync_once(&CancellationToken::new(), &|_| {}).await.unwrap();
            assert_eq!(said.attention, 0, "nothing is refused");
            if vault.outbox(false).unwrap().is_empty() {
                break;
            }
        }
        done.store(true, Ordering::SeqCst);
        begun.elapsed()
    };
    let watching = async {
        let (mut papers_known, mut all_known) = (None, None);
        while !done.load(Ordering::SeqCst) && all_known.is_none() {
            let known = province.count("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM ops)");
            if known >= filings {
                papers_known.get_or_insert(begun.elapsed());
            }
            if known >= lines {
                all_known.get_or_insert(begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (papers_known, all_known)
    };
    let (took, (papers_known, all_known)) = tokio::join!(sending, watching);
    assert!(vault.outbox(false).unwrap().is_empty(), "the outbox is empty");
    let received = vault.outbox(true).unwrap();
    assert!(
        received.iter().all(|l| matches!(l.state, OutboxState::Received { .. })) && received.len() == lines
    );
    let seconds = |t: Option<Duration>| t.unwrap_or(took).as_secs_f64();
    let what = format!("{dossiers} dossiers, {filings} PDFs, {:.1} MB at 5 Mbit/s", bytes as f64 / 1e6);
    report.row(&format!("{what}: all of it"), took.as_secs_f64(), "s", Gate::None);
    report.row("the warehouse knows of every paper after", seconds(papers_known), "s", Gate::None);
    report.row("the warehouse knows of every operation after", seconds(all_known), "s", Gate::AtMost(10.0));
    let used = bytes as f64 / took.as_secs_f64() / RATE as f64 * 100.0;
    report.row(
        "share of the line used by the files",
        used,
        "%",
        if scale.quick { Gate::None } else { Gate::AtLeast(90.0) },
    );
    server.stop();
    assert_eq!(province.check()["receipts"], lines, "each operation had its effect once");
}
