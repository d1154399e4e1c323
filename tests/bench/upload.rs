//! One file: what a cut costs, and the floor under everything.

use crate::Scale;
use crate::papers::{blob, noise};
use crate::report::{Gate, Report};
use crate::server::Province;
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_testkit::{ChaosLine, Cut, CutAt};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

const MIB: usize = 1 << 20;

/// What no store can be faster than: hash, copy and flush of the same bytes, on the same disk.
pub(crate) fn floor(report: &mut Report, scale: Scale) {
    let bytes = noise(if scale.quick { 4 * MIB } else { 60 * MIB }, 1);
    let megabytes = bytes.len() as f64 / 1e6;
    let begun = Instant::now();
    let hash = Sha256::digest(&bytes);
    report.row("SHA-256 in memory", megabytes / begun.elapsed().as_secs_f64(), "MB/s", Gate::None);
    assert_ne!(hash.as_slice(), [0; 32]);
    let place = Province::prepare(1, 1);
    let begun = Instant::now();
    let mut file = std::fs::File::create(place.data.join("floor")).unwrap();
    file.write_all(&bytes).unwrap();
    file.sync_all().unwrap();
    report.row("write and fsync", megabytes / begun.elapsed().as_secs_f64(), "MB/s", Gate::None);
    let rounds = scale.of(1000);
    let begun = Instant::now();
    for n in 0..rounds {
        file.write_all(&n.to_le_bytes()).unwrap();
        file.sync_data().unwrap();
    }
    report.row("small durable writes", rounds as f64 / begun.elapsed().as_secs_f64(), "/s", Gate::None);
}

/// Cuts at every kind of byte: the first ones, inside a piece, at its border, the last ones, in the answers.
pub(crate) async fn cut_anywhere(report: &mut Report, scale: Scale) {
    let province = Province::prepare(1, 1);
    let server = province.serve(None);
    let machine = &province.machines[0];
    let size = 5 * MIB + 12_345;
    let mut most = 0i64;
    let mut cuts = 0;
    let mut whole = 0;
    let rounds = scale.of(200);
    for round in 0..=rounds {
        let chaos = ChaosLine::to(server.address()).await.unwrap();
        let url = format!("https://{}", chaos.address());
        let line = server.line_by(&url, machine);
        let file = noise(size, 1000 + round as u64);
        let id = blob(&file);
        if round > 0 {
            let at = (round - 1) as u64 * (size as u64 + 20_000) / rounds as u64;
            let border = (round / 4 % 5 + 1) as u64 * MIB as u64;
            let cut = match round % 4 {
                0 | 1 => CutAt::Sent(at),
                2 => CutAt::Sent(border + round as u64 % 3 - 1),
                _ => CutAt::Answered(at % 6_000),
            };
            chaos.cut(cut, if round % 2 == 0 { Cut::Close } else { Cut::Reset });
        }
        let mut arrived = Err(LinkError::Offline);
        for _ in 0..3 {
            arrived = line.upload(&id, &file, &|_, _| {}, &CancellationToken::new()).await;
            if arrived != Err(LinkError::Offline) {
                break;
            }
        }
        arrived.unwrap();
        if round == 0 {
            whole = chaos.sent();
        } else {
            cuts += chaos.cuts();
            most = most.max(i64::try_from(chaos.sent()).unwrap() - i64::try_from(whole).unwrap());
        }
    }
    server.stop();
    let check = province.check();
    assert_eq!(check["files"], rounds + 1, "every file is there, hashed again");
    report.row("cuts that fell into an upload of 5 MiB", cuts.into(), "", Gate::None);
    report.row(
        "most sent again after a cut, handshakes included",
        most as f64 / MIB as f64,
        "MiB",
        Gate::AtMost(1.0),
    );
}
