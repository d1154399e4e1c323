//! One counter for a journey: its demo profile, its warehouse process, and `motcua` commands on it.

use serde_json::Value;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A prepared counter in a directory of its own.
pub(crate) struct Counter {
    pub(crate) dir: tempfile::TempDir,
    beside: tempfile::TempDir,
    warehouse: Option<Child>,
    starts: u32,
    said: RefCell<Vec<u8>>,
    /// Where everything that reaches the disk is written down, while it is.
    pub(crate) recorded: Option<PathBuf>,
    /// While this file is there, the disk has only as much room left as it says.
    pub(crate) full: Option<PathBuf>,
}

impl Counter {
    /// Prepares the demo profile; none (said loudly) when this machine lacks a part.
    pub(crate) fn prepare() -> Option<Self> {
        for part in ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/libsane.so.1"] {
            if !Path::new(part).exists() {
                println!("SKIPPED LOUDLY: {part} is not on this machine");
                return None;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let beside = tempfile::tempdir().unwrap();
        std::fs::create_dir(beside.path().join("tmp")).unwrap();
        std::fs::create_dir(beside.path().join("server")).unwrap();
        let mut counter = Self {
            dir,
            beside,
            warehouse: None,
            starts: 0,
            said: RefCell::default(),
            recorded: None,
            full: None,
        };
        counter.free_port();
        let done = counter.motcua(&["demo", "--prepare"]);
        assert!(done.status.success(), "the demo profile is prepared: {}", text(&done.stderr));
        Some(counter)
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The temporary directory of every program of this counter, and of nobody else.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.beside.path().join("tmp")
    }

    /// What the server wrote to stdout and stderr, a pair of files for each start.
    pub(crate) fn server_talk(&self) -> PathBuf {
        self.beside.path().join("server")
    }

    /// What [`Self::motcua`] heard on stdout and stderr so far.
    pub(crate) fn said(&self) -> Vec<u8> {
        self.said.borrow().clone()
    }

    /// A command on this counter, unlocked by the demo's secrets.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("motcua"));
        command
            .arg("--json")
            .arg("--profile")
            .arg(self.path())
            .args(arguments)
            .env("MOTCUA_OFFICER", "canbo.demo")
            .env("MOTCUA_SECRET", "Demo-2026-mot-cua")
            .env("MOTCUA_PIN", "Demo@2026")
            .env("TMPDIR", self.temporary())
            .env("MOTCUA_DEMO_PORT", std::fs::read_to_string(self.path().join("port")).unwrap_or_default())
            .stdin(Stdio::null());
        self.record(&mut command);
        command
    }

    fn record(&self, command: &mut Command) {
        for (file, name) in [(&self.recorded, "MOTCUA_DISK_LOG"), (&self.full, "MOTCUA_DISK_FULL")] {
            if let Some(file) = file {
                let shim = program("libmotcua_diskshim.so");
                command.env("LD_PRELOAD", shim).env("MOTCUA_DISK_ROOT", self.path()).env(name, file);
            }
        }
    }

    pub(crate) fn motcua(&self, arguments: &[&str]) -> Output {
        let done = self.command(arguments).output().unwrap();
        let mut said = self.said.borrow_mut();
        said.extend_from_slice(&done.stdout);
        said.extend_from_slice(&done.stderr);
        done
    }

    /// Runs a command that must succeed and gives its data.
    pub(crate) fn data(&self, arguments: &[&str]) -> Value {
        let done = self.motcua(arguments);
        assert!(done.status.success(), "motcua {arguments:?}: {}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
    }

    pub(crate) fn start_warehouse(&mut self) {
        self.starts += 1;
        let talk = |kind: &str| self.server_talk().join(format!("{}.{kind}", self.starts));
        let file = |kind: &str| std::fs::File::create(talk(kind)).unwrap();
        let mut command = Command::new(program("motcua-warehouse"));
        self.record(&mut command);
        let child = command
            .args(["serve", "--data"])
            .arg(self.path().join("warehouse"))
            .env("TMPDIR", self.temporary())
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        let (out, err) = (talk("out"), talk("err"));
        self.warehouse = Some(child);
        let begin = Instant::now();
        while !std::fs::read_to_string(&out).unwrap().contains("listening") {
            let said = std::fs::read_to_string(&err).unwrap();
            assert!(begin.elapsed() < Duration::from_secs(30), "the warehouse says where it listens: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Takes the server away without asking it: a power cut.
    pub(crate) fn cut_warehouse(&mut self) {
        if let Some(mut child) = self.warehouse.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The server has not ended.
    pub(crate) fn warehouse_is_up(&mut self) -> bool {
        self.warehouse.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Sends until nothing waits.
    pub(crate) fn drain(&self) {
        for _ in 0..30 {
            let done = self.motcua(&["sync"]);
            let report: Value = serde_json::from_slice(&done.stdout).unwrap_or(Value::Null);
            assert_eq!(report["attention"], 0, "nothing is refused: {}", text(&done.stderr));
            if report["waiting"] == 0 && report["online"] == true && self.waiting().is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        panic!("the outbox did not drain: {:?}", self.waiting());
    }

    /// Outbox lines the warehouse has not received.
    pub(crate) fn waiting(&self) -> Vec<Value> {
        self.data(&["outbox"]).as_array().cloned().unwrap_or_default()
    }

    /// Fingerprint of the usable agency certificate on the token.
    pub(crate) fn agency(&self) -> String {
        let list = self.data(&["certificates"]);
        let agency =
            list.as_array().unwrap().iter().find(|c| c["role"] == "agency" && c["problem"].is_null());
        agency.expect("the token has the agency's certificate")["fingerprint"].as_str().unwrap().to_owned()
    }

    fn free_port(&mut self) {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        std::fs::write(self.path().join("port"), port.to_string()).unwrap();
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.cut_warehouse();
    }
}

/// A built program of ours.
pub(crate) fn program(name: &str) -> PathBuf {
    let target = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let path = target.join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --workspace` first", path.display());
    path
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
