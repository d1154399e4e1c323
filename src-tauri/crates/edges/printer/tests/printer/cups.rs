//! A CUPS of the test's own. Its device is a script that says what it is told to say, and keeps what it gets.

use motcua_desk::ports::Printer;
use motcua_printer::CupsPrinter;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A printer that is well.
pub(crate) const READY: &str = "quay-1";
/// A printer the test puts into trouble.
pub(crate) const OTHER: &str = "phieu-80";

/// While the file `trouble` says something the device reports it and prints nothing.
const DEVICE: &str = r#"#!/bin/sh
if [ $# -eq 0 ]; then echo 'direct counter "Unknown" "Counter"'; exit 0; fi
dir=${DEVICE_URI#counter:}
said=
# Taken out of the queue: what was said is taken back.
trap '[ -z "$said" ] || echo "STATE: -$said" >&2; exit 1' TERM
while trouble=$(cat "$dir/trouble-$PRINTER" 2>/dev/null) && [ -n "$trouble" ]; do
    [ "$trouble" = "$said" ] || echo "STATE: +$trouble" >&2
    said=$trouble
    sleep 0.05
done
[ -z "$said" ] || echo "STATE: -$said" >&2
number=$(printf '%06d' "$1")
if [ -n "$6" ]; then cat "$6"; else cat; fi > "$dir/sheet-$number.part"
echo "copies=$4 title=$3 $5" > "$dir/told"
mv "$dir/sheet-$number.part" "$dir/sheet-$number.pdf"
"#;

/// A running CUPS; it ends with the value.
pub(crate) struct PrivateCups {
    pub(crate) printer: CupsPrinter,
    dir: TempDir,
    server: Child,
}

impl PrivateCups {
    /// `None`, said loudly, where CUPS is not installed or the test may not run it.
    pub(crate) async fn start() -> Option<Self> {
        let present = Path::new("/usr/sbin/cupsd").exists() && Path::new("/usr/sbin/lpadmin").exists();
        let root =
            std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        if !present || !root {
            eprintln!(
                "SKIPPED: cupsd is not on this machine, or not run by root (apt install cups cups-client)"
            );
            return None;
        }
        let dir = tempfile::Builder::new().prefix("cups").tempdir_in("/tmp").unwrap();
        configure(dir.path());
        let server = Command::new("/usr/sbin/cupsd")
            .args(["-f", "-c"])
            .arg(dir.path().join("etc/cupsd.conf"))
            .arg("-s")
            .arg(dir.path().join("etc/cups-files.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cups = Self { printer: CupsPrinter::at(dir.path().join("cups.sock")), dir, server };
        cups.until_it_answers().await;
        let device = format!("counter:{}", cups.tray().display());
        for name in [READY, OTHER] {
            cups.run("lpadmin", &["-p", name, "-E", "-v", &device, "-o", "printer-error-policy=retry-job"]);
        }
        Some(cups)
    }

    async fn until_it_answers(&self) {
        for _ in 0..200 {
            if self.printer.list().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("cupsd does not answer");
    }

    /// An administrator's program of CUPS.
    pub(crate) fn run(&self, program: &str, args: &[&str]) {
        let done = Command::new(Path::new("/usr/sbin").join(program))
            .args(args)
            .env("CUPS_SERVER", self.dir.path().join("cups.sock"))
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// What the other device reports; nothing: it prints.
    pub(crate) fn say(&self, trouble: &str) {
        std::fs::write(self.tray().join(format!("trouble-{OTHER}")), trouble).unwrap();
    }

    /// Sheets that came out, in the order of their jobs.
    pub(crate) fn sheets(&self) -> Vec<Vec<u8>> {
        files(&self.tray(), "sheet-", ".pdf").iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// What the device was told with its last job.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(self.tray().join("told")).unwrap()
    }

    /// Documents in the spool.
    pub(crate) fn documents(&self) -> usize {
        files(&self.dir.path().join("spool"), "d", "").len()
    }

    pub(crate) async fn until_over(&self, job: &str) {
        for _ in 0..200 {
            if self.printer.job(job).await.unwrap().is_over() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("job {job} does not end");
    }

    fn tray(&self) -> PathBuf {
        self.dir.path().join("tray")
    }
}

impl Drop for PrivateCups {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn files(dir: &Path, begins: &str, ends: &str) -> Vec<PathBuf> {
    let fits = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        path.is_file() && name.starts_with(begins) && name.ends_with(ends)
    };
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()).filter(fits).collect();
    found.sort();
    found
}

/// Its own folders, the device among CUPS's own programs, and the policy CUPS is shipped with.
fn configure(dir: &Path) {
    for folder in ["etc/ppd", "spool/tmp", "cache", "state", "log", "tray", "bin/backend"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    for part in ["cgi-bin", "daemon", "driver", "filter", "monitor", "notifier"] {
        std::os::unix::fs::symlink(Path::new("/usr/lib/cups").join(part), dir.join("bin").join(part))
            .unwrap();
    }
    let open = |path: PathBuf, mode: u32| {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    std::fs::write(dir.join("bin/backend/counter"), DEVICE).unwrap();
    open(dir.join("bin/backend/counter"), 0o755);
    open(dir.to_owned(), 0o755);
    // Devices run as CUPS's own user.
    open(dir.join("tray"), 0o777);
    let root = dir.display();
    let files = format!(
        "ServerRoot {root}/etc\nRequestRoot {root}/spool\nTempDir {root}/spool/tmp\nCacheDir {root}/cache\n\
         StateDir {root}/state\nServerBin {root}/bin\nErrorLog {root}/log/error_log\nAccessLog {root}/log/access_log\n\
         PageLog {root}/log/page_log\nSystemGroup root\nSandboxing relaxed\n"
    );
    std::fs::write(dir.join("etc/cups-files.conf"), files).unwrap();
    let server = format!(
        "LogLevel warn\nListen {root}/cups.sock\nBrowsing Off\nWebInterface No\nDefaultAuthType Basic\n\
         JobRetryInterval 1\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n\
         <Policy default>\nJobPrivateAccess default\nJobPrivateValues default\n\
         <Limit Create-Job Print-Job Print-URI Validate-Job>\nOrder deny,allow\n</Limit>\n\
         <Limit Cancel-Job Purge-Jobs>\nRequire user @OWNER @SYSTEM\nOrder deny,allow\n</Limit>\n\
         <Limit CUPS-Add-Modify-Printer CUPS-Delete-Printer>\nRequire user @SYSTEM\nOrder deny,allow\n</Limit>\n\
         <Limit Pause-Printer Resume-Printer CUPS-Accept-Jobs CUPS-Reject-Jobs>\nRequire user @SYSTEM\n\
         Order deny,allow\n</Limit>\n<Limit All>\nOrder deny,allow\n</Limit>\n</Policy>\n"
    );
    std::fs::write(dir.join("etc/cupsd.conf"), server).unwrap();
}
