//! A counter that starts from nothing, and one that asks for news when there is none.

use crate::Scale;
use crate::million::fill;
use crate::report::{Gate, Report};
use crate::server::Province;
use motcua_desk::ports::Warehouse;
use motcua_testkit::ChaosLine;
use std::path::Path;
use std::time::{Duration, Instant};

/// 20 Mbit/s.
const RATE: u64 = 2_500_000;

pub(crate) async fn first_sync(report: &mut Report, scale: Scale, out: &Path) {
    let province = Province::prepare(1, 1);
    // Eleven changes each.
    fill(&province, 1, scale.of(4_546), out).await;
    let server = province.serve(None);
    let machine = &province.machines[0];
    let chaos = ChaosLine::to(server.address()).await.unwrap();
    chaos.slow_down(RATE);
    chaos.delay(Duration::from_millis(10));
    // The server's side of it: pages of the feed one after the other, as a counter asks for them. What the
    // counter does with a page is its own; its puller stands in the place of this loop once it can.
    let line = server.line_by(&format!("https://{}", chaos.address()), machine);
    let begun = Instant::now();
    let (mut cursor, mut rows, mut pages) = (None, 0, 0);
    loop {
        let page = line.changes(cursor.as_deref(), 500, 0).await.unwrap();
        rows += page.items.len();
        pages += 1;
        cursor = Some(page.next_cursor);
        if !page.has_more {
            break;
        }
    }
    let took = begun.elapsed().as_secs_f64();
    report.row(
        &format!("{rows} rows of the feed in {pages} pages at 20 Mbit/s"),
        took,
        "s",
        Gate::AtMost(30.0),
    );
    report.row("bytes for them, TLS and all", chaos.answered() as f64 / 1e6, "MB", Gate::None);
    let plain = server.plain(machine);
    let url = format!("{}/v1/changes?since={}&limit=500", server.url(), cursor.unwrap());
    let answer = plain.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = answer.bytes().await.unwrap();
    report.row("body of the one answer when nothing changed", body.len() as f64, "B", Gate::AtMost(199.0));
    server.stop();
}
