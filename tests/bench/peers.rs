//! Other clients against the same server in the same run. There is no other server to stand beside ours:
//! `tusd` and its like are in no package registry this project uses, so the peers are clients.

use crate::Scale;
use crate::papers::{blob, noise};
use crate::report::{Gate, Report};
use crate::server::Province;
use motcua_desk::ports::Warehouse;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

pub(crate) async fn uploads(report: &mut Report, scale: Scale) {
    let province = Province::prepare(1, 1);
    let server = province.serve(None);
    let machine = &province.machines[0];
    let size = if scale.quick { 2_000_000 } else { 60_000_000 };
    let rounds = 3;
    let megabytes = size as f64 / 1e6;
    let mut stored = 0;
    let mut file = |round: u64| {
        stored += 1;
        noise(size, 9_000 + round)
    };
    let speed = |times: &[Duration]| megabytes / times.iter().min().unwrap().as_secs_f64();

    let line = server.line(machine);
    let mut ours = vec![];
    for round in 0..rounds {
        let bytes = file(round);
        let id = blob(&bytes);
        let begun = Instant::now();
        line.upload(&id, &bytes, &|_, _| {}, &CancellationToken::new()).await.unwrap();
        ours.push(begun.elapsed());
    }
    let what = format!("ours, {megabytes:.0} MB in pieces of 1 MiB, flushed, hashed again at the commit");
    report.row(&what, speed(&ours), "MB/s", Gate::None);

    let plain = server.plain(machine);
    let mut puts = vec![];
    for round in 10..10 + rounds {
        let bytes = file(round);
        let url = format!("{}/v1/blobs/{}", server.url(), blob(&bytes));
        let begun = Instant::now();
        let answer = plain.put(url).body(bytes).send().await.unwrap();
        puts.push(begun.elapsed());
        assert_eq!(answer.status(), 201);
    }
    report.row("plain PUT, whole, not to be resumed", speed(&puts), "MB/s", Gate::None);

    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("uploads");
    let python = Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/motcua/judges/bin/python");
    let clients: [(&str, PathBuf, &str); 2] =
        [("tuspy 1.1.0", python, "tuspy.py"), ("tus-js-client 4.3.1", "node".into(), "tus-js-client.mjs")];
    for (n, (name, program, script)) in clients.into_iter().enumerate() {
        let mut times = vec![];
        for round in 0..rounds {
            let bytes = file(20 + n as u64 * 10 + round);
            let path = province.data.with_file_name("file.bin");
            std::fs::write(&path, &bytes).unwrap();
            let begun = Instant::now();
            let said = tokio::process::Command::new(&program)
                .arg(tests.join(script))
                .arg(format!("{}/v1/uploads", server.url()))
                .arg(server.pem_file(machine))
                .arg(&path)
                .arg(blob(&bytes).to_string())
                .arg((1 << 20).to_string())
                .env("REQUESTS_CA_BUNDLE", province.ca_file())
                .env("NODE_EXTRA_CA_CERTS", province.ca_file())
                .env("NO_PROXY", "127.0.0.1")
                .output()
                .await;
            let Ok(said) = said else { break };
            if !said.status.success() {
                break;
            }
            let sent = begun.elapsed();
            let url = format!("{}/v1/blobs/{}/commit", server.url(), blob(&bytes));
            let begun = Instant::now();
            let answer = plain.post(url).header("tus-resumable", "1.0.0").send();
            assert!(answer.await.unwrap().status().is_success());
            times.push(sent + begun.elapsed());
        }
        if times.len() < usize::try_from(rounds).unwrap() {
            report.skipped(&format!("{name} is not on this machine (`make test` installs it)"));
        } else {
            report.row(
                &format!("{name}, pieces of 1 MiB, start of its program included"),
                speed(&times),
                "MB/s",
                Gate::None,
            );
        }
    }
    server.stop();
    // What a client that is not there did not send was counted before it was found to be missing.
    assert!(province.check()["files"].as_u64().unwrap() <= stored);
}
