//! The server under measure: its own release process on a directory of its own.

use motcua_dossier::{AgencyCode, DeviceId};
use motcua_link::{DeviceRequest, HttpWarehouse, LinkSettings};
use motcua_testkit::reference;
use motcua_warehouse::{Config, SeedDevice, SeedFile, issue_certificate, seed};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A machine at a counter.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) id: DeviceId,
    pub(crate) agency: AgencyCode,
    /// Key and certificate.
    identity: PathBuf,
}

/// A data directory with its machines.
pub(crate) struct Province {
    pub(crate) data: PathBuf,
    pub(crate) machines: Vec<Machine>,
    ca_pem: String,
    /// Gone with the measure.
    _dir: tempfile::TempDir,
}

/// The running process.
pub(crate) struct Server {
    child: Child,
    url: String,
    ca_pem: String,
}

/// What a process used.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// Seconds of both processors.
    pub(crate) cpu: f64,
    /// Most memory at once, MB.
    pub(crate) most: f64,
}

/// An agency's code; there are at most 9,900.
pub(crate) fn agency(number: usize) -> AgencyCode {
    AgencyCode::parse(&format!("000.{:02}.{:02}.H08", number / 100 + 1, number % 100)).unwrap()
}

impl Province {
    /// So many agencies with so many machines each.
    pub(crate) fn prepare(agencies: usize, machines: usize) -> Self {
        // On a disk: the usual folder for temporary files may be memory.
        let place = std::env::var_os("MOTCUA_BENCH_DATA").unwrap_or_else(|| "/var/tmp".into());
        let dir = tempfile::Builder::new().prefix("motcua-bench-").tempdir_in(place).unwrap();
        let data = dir.path().join("data");
        let ca_pem = tls(dir.path());
        let config = Config {
            version: 1,
            data: data.clone(),
            listen: "127.0.0.1:0".into(),
            tls_cert: dir.path().join("server.pem"),
            tls_key: dir.path().join("server.key"),
            epoch: 1,
            ..Config::default()
        };
        config.save().unwrap();
        let machines: Vec<Machine> = (0..agencies * machines)
            .map(|n| Machine {
                id: DeviceId::derive(1, &u128::try_from(n).unwrap().to_be_bytes()[6..].try_into().unwrap()),
                agency: agency(n % agencies),
                identity: dir.path().join(format!("device-{n}.json")),
            })
            .collect();
        let content = SeedFile {
            version: 1,
            reference: Some(reference()),
            devices: machines
                .iter()
                .map(|m| SeedDevice {
                    id: m.id,
                    agency: m.agency.clone(),
                    name: "Máy đo".into(),
                    revoked: false,
                })
                .collect(),
            identity: Some(vec![]),
            aliases: vec![],
            documents: vec![],
            submissions: vec![],
        };
        let file = dir.path().join("seed.json");
        std::fs::write(&file, serde_json::to_vec(&content).unwrap()).unwrap();
        seed(&config, &file).unwrap();
        for machine in &machines {
            let request = DeviceRequest::new().unwrap();
            let enrolled = issue_certificate(&config, machine.id, request.csr()).unwrap();
            request.with(&enrolled).save(&machine.identity).unwrap();
        }
        Self { data, machines, ca_pem, _dir: dir }
    }

    /// Starts the server; `shim` writes down what it does to its disk.
    pub(crate) fn serve(&self, shim: Option<&Path>) -> Server {
        let out = self.data.with_file_name("serve.out");
        let file = std::fs::File::create(&out).unwrap();
        let log = std::fs::File::create(self.data.with_file_name("serve.err")).unwrap();
        let mut command = Command::new(program("motcua-warehouse"));
        if let Some(log) = shim {
            command
                .env("LD_PRELOAD", program("libmotcua_diskshim.so"))
                .env("MOTCUA_DISK_ROOT", &self.data)
                .env("MOTCUA_DISK_LOG", log);
        }
        let child = command
            .args(["serve", "--data"])
            .arg(&self.data)
            // All machines of the measure have one address, and one machine does the work of many.
            .env("MOTCUA_WAREHOUSE_ADDRESS_PER_MINUTE", "0")
            .env("MOTCUA_WAREHOUSE_DEVICE_PER_MINUTE", "0")
            .env("MOTCUA_WAREHOUSE_LOOKUPS_PER_MINUTE", "0")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(log)
            .spawn()
            .unwrap();
        let begin = Instant::now();
        let url = loop {
            let said = std::fs::read_to_string(&out).unwrap();
            let line = said.lines().next().and_then(|l| serde_json::from_str::<Value>(l).ok());
            if let Some(url) = line.as_ref().and_then(|l| l["listening"].as_str()) {
                break url.to_owned();
            }
            assert!(begin.elapsed() < Duration::from_secs(120), "the server says where it listens: {said}");
            std::thread::sleep(Duration::from_millis(10));
        };
        Server { child, url, ca_pem: self.ca_pem.clone() }
    }

    /// What `motcua-warehouse check` finds: everything read and hashed again.
    pub(crate) fn check(&self) -> Value {
        let said = Command::new(program("motcua-warehouse"))
            .args(["check", "--json", "--data"])
            .arg(&self.data)
            .output()
            .unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        serde_json::from_slice(&said.stdout).unwrap()
    }

    /// Counts in the records, beside the server.
    pub(crate) fn count(&self, sql: &str) -> usize {
        self.records().query_row(sql, [], |r| r.get(0)).unwrap()
    }

    /// A connection to the records, for a server that does not run.
    pub(crate) fn records(&self) -> rusqlite::Connection {
        let records = rusqlite::Connection::open(self.data.join("records.db")).unwrap();
        records.busy_timeout(Duration::from_secs(10)).unwrap();
        records
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        let file = self.data.with_file_name("ca.pem");
        std::fs::write(&file, &self.ca_pem).unwrap();
        file
    }
}

impl Server {
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.url.trim_start_matches("https://").parse().unwrap()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The client of the counter, as that machine. The one place where clients are set up.
    pub(crate) fn line(&self, machine: &Machine) -> HttpWarehouse {
        self.line_by(&self.url, machine)
    }

    /// The same through another address.
    pub(crate) fn line_by(&self, url: &str, machine: &Machine) -> HttpWarehouse {
        let (ca_pem, identity) = (self.ca_pem.clone(), machine.identity.clone());
        HttpWarehouse::new(LinkSettings { url: url.into(), ca_pem, identity }).unwrap()
    }

    /// A plain client of that machine.
    pub(crate) fn plain(&self, machine: &Machine) -> reqwest::Client {
        let roots = reqwest::Certificate::from_pem(self.ca_pem.as_bytes()).unwrap();
        let identity = reqwest::Identity::from_pem(pem(machine).as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([roots]).identity(identity);
        client.no_proxy().build().unwrap()
    }

    /// The machine's key and certificate as one PEM file, for clients by others.
    pub(crate) fn pem_file(&self, machine: &Machine) -> PathBuf {
        let file = machine.identity.with_extension("pem");
        std::fs::write(&file, pem(machine)).unwrap();
        file
    }

    pub(crate) fn used(&self) -> Used {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap();
        let stat = read("stat");
        // The name in brackets may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        let status = read("status");
        let most = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
        let most: f64 = most.trim().trim_end_matches(" kB").parse().unwrap();
        // USER_HZ is 100 on every Linux of today.
        Used { cpu: ticks / 100.0, most: most * 1024.0 / 1e6 }
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success(), "the server ends in order");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pem(machine: &Machine) -> String {
    let stored: Value = serde_json::from_slice(&std::fs::read(&machine.identity).unwrap()).unwrap();
    format!("{}\n{}", stored["key"].as_str().unwrap(), stored["certificate"].as_str().unwrap())
}

/// A program of the release build, beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    let target = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let path = target.join(name);
    assert!(path.exists(), "{} is not built: use `make bench`", path.display());
    path
}

/// Writes a server certificate below a fresh authority and gives the authority.
fn tls(dir: &Path) -> String {
    let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
    ca.distinguished_name.push(rcgen::DnType::CommonName, "CA thu nghiem");
    ca.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(ca, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).unwrap();
    std::fs::write(dir.join("server.pem"), server.signed_by(&key, &ca).unwrap().pem()).unwrap();
    std::fs::write(dir.join("server.key"), key.serialize_pem()).unwrap();
    ca.pem()
}
