//! Training: an own folder beside the real one, with an own vault, token, papers and warehouse, all of this machine.
//!
//! `motcua --training demo --prepare` makes what is in it: the invented people of the demo belong to that program. This
//! file says whose the folder is, starts and stops its warehouse, and never touches another folder.

use crate::profile::{CounterProfile, ProfileError};
use motcua_platform::ProfileDir;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Says whose the folder is; written into it before anything else.
const MARK: &str = "TAP-HUAN.txt";
const MARK_TEXT: &str = "Thư mục tập huấn của Một Cửa. Mọi tên, số và giấy tờ trong đây đều là giả định; có thể xóa cả thư mục.\n";
/// Whom and what the officer practises with.
const CAST: &str = "training.json";
/// The next start begins all over again.
const AGAIN: &str = "again";
/// The warehouse that runs for this folder.
const SERVER: &str = "warehouse.pid";
/// Ports of this machine at which a training warehouse may listen.
const PORTS: std::ops::Range<u16> = 7461..7499;
/// So long a warehouse may take to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(20);
const FAREWELL: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(50);

/// Whom and what the officer practises with. All of it is invented, so it may be shown to anybody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TrainingCast {
    /// Officer's login.
    pub officer: String,
    /// Secret that opens the training vault.
    pub officer_secret: String,
    /// PIN of the training token.
    pub pin: String,
    /// An owner with an identity account and papers in the warehouse.
    pub owner_number: String,
    /// His name.
    pub owner_name: String,
}

/// Why there is no training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The folder beside the real one holds something else, which is left as it is.
    #[error("{0} is not a training folder")]
    Occupied(PathBuf),
    /// What the folder needs could not be made; `training.log` in it says why.
    #[error("the training folder could not be prepared")]
    Prepare,
    /// The warehouse of the folder does not start.
    #[error("the training warehouse does not start")]
    Warehouse,
    /// The settings of the folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Disk, or a program of ours is not where it belongs.
    #[error("training: {0}")]
    Io(#[from] io::Error),
}

impl TrainingError {
    /// Stable code; its sentences are `err_<code>` and `rec_<code>`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Occupied(_) => "trainingOccupied",
            Self::Prepare | Self::Io(_) => "trainingNotMade",
            Self::Warehouse => "trainingWarehouse",
            Self::Profile(error) => error.code(),
        }
    }
}

/// Makes the folder for training and marks it as such; one that is marked stays as it is.
///
/// # Errors
/// Something else lies there.
pub fn claim_training(dir: &ProfileDir) -> Result<(), TrainingError> {
    let mark = dir.root().join(MARK);
    if mark.exists() {
        return Ok(());
    }
    if fs::read_dir(dir.root()).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(TrainingError::Occupied(dir.root().to_owned()));
    }
    dir.create().map_err(io::Error::other)?;
    Ok(motcua_platform::write_whole(&mark, MARK_TEXT.as_bytes())?)
}

/// Nobody works in a folder as if it were for training that was not made for it. What is wrong with its settings is said
/// where they are read.
///
/// # Errors
/// It is not marked, not complete, or a counter's own.
pub fn require_training(dir: &ProfileDir) -> Result<(), TrainingError> {
    if !dir.root().join(MARK).exists() {
        return Err(TrainingError::Prepare);
    }
    match whole(dir) {
        Err(TrainingError::Prepare | TrainingError::Profile(ProfileError::Absent(_))) => {
            Err(TrainingError::Prepare)
        }
        _ => Ok(()),
    }
}

/// The last act of preparing: from now on the counter in the folder is one for training.
///
/// # Errors
/// The folder is not marked, its settings reach further than this machine, or the disk refuses.
pub fn complete_training(dir: &ProfileDir, cast: &TrainingCast) -> Result<(), TrainingError> {
    if !dir.root().join(MARK).exists() {
        return Err(TrainingError::Occupied(dir.root().to_owned()));
    }
    let profile = CounterProfile { training: true, ..CounterProfile::load(dir.root())? };
    profile.check_training()?;
    profile.save(dir.root())?;
    let cast = serde_json::to_vec_pretty(cast).map_err(io::Error::other)?;
    Ok(motcua_platform::write_whole(&dir.root().join(CAST), &cast)?)
}

/// A free port for a warehouse that is being prepared.
fn training_port() -> Option<u16> {
    PORTS.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
}

/// The training folder beside a counter's own, with its warehouse while this lives.
#[derive(Debug)]
pub struct TrainingGround {
    dir: ProfileDir,
    programs: PathBuf,
    cast: TrainingCast,
    address: SocketAddr,
    server: Mutex<Option<Child>>,
}

impl TrainingGround {
    /// Makes the folder beside `real` where there is none yet (it takes some seconds) and starts its warehouse.
    /// `programs` is where ours lie: [`own_programs`].
    ///
    /// # Errors
    /// See [`TrainingError`]; nothing of `real` is read or written.
    pub fn beside(real: &ProfileDir, programs: &Path) -> Result<Self, TrainingError> {
        prepare_training(real, programs)?;
        Self::at(real.training(), programs)
    }

    /// A training folder that is complete; starts its warehouse.
    ///
    /// # Errors
    /// See [`TrainingError`].
    pub fn at(dir: ProfileDir, programs: &Path) -> Result<Self, TrainingError> {
        let ground = Self {
            address: whole(&dir)?.training_warehouse()?,
            cast: cast_of(&dir)?,
            dir,
            programs: programs.to_owned(),
            server: Mutex::default(),
        };
        end_stray_server(ground.dir.root());
        ground.connect()?;
        Ok(ground)
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &ProfileDir {
        &self.dir
    }

    /// Whom and what the officer practises with.
    #[must_use]
    pub fn cast(&self) -> &TrainingCast {
        &self.cast
    }

    /// The officer practises an outage: nothing listens where the warehouse was, or not yet again.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.server.try_lock().map_or(true, |server| server.is_none())
    }

    /// The warehouse ends.
    pub fn cut(&self) {
        if let Some(mut child) = self.server().take() {
            end(&mut child);
            // What cannot be removed names a process that is gone, and is looked at before it is believed.
            drop(fs::remove_file(self.dir.root().join(SERVER)));
        }
    }

    /// The warehouse answers again.
    ///
    /// # Errors
    /// It does not start.
    pub fn connect(&self) -> Result<(), TrainingError> {
        let mut server = self.server();
        if server.is_some() {
            return Ok(());
        }
        let mut child = Command::new(self.programs.join("motcua-warehouse"))
            .arg("serve")
            .arg("--data")
            .arg(self.dir.root().join("warehouse"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_of(self.dir.root())?)
            .spawn()?;
        motcua_platform::write_whole(&self.dir.root().join(SERVER), child.id().to_string().as_bytes())?;
        let begin = Instant::now();
        while child.try_wait()?.is_none() && begin.elapsed() < PATIENCE {
            if TcpStream::connect_timeout(&self.address, GLANCE).is_ok() {
                *server = Some(child);
                return Ok(());
            }
            std::thread::sleep(GLANCE);
        }
        end(&mut child);
        Err(TrainingError::Warehouse)
    }

    /// The next start makes everything in this folder anew. The real folder is not concerned.
    ///
    /// # Errors
    /// Disk.
    pub fn begin_again(&self) -> Result<(), TrainingError> {
        Ok(motcua_platform::write_whole(&self.dir.root().join(AGAIN), b"")?)
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TrainingGround {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Makes the training folder beside `real` where it is not complete.
///
/// # Errors
/// See [`TrainingError`]; nothing of `real` is read or written.
pub fn prepare_training(real: &ProfileDir, programs: &Path) -> Result<(), TrainingError> {
    let dir = real.training();
    if dir.root().join(AGAIN).exists() {
        erase(&dir)?;
    }
    claim_training(&dir)?;
    if whole(&dir).is_ok() && cast_of(&dir).is_ok() {
        return Ok(());
    }
    let port = training_port().ok_or(TrainingError::Warehouse)?;
    let made = Command::new(programs.join("motcua"))
        .arg("--profile")
        .arg(real.root())
        .args(["--training", "demo", "--prepare"])
        .env("MOTCUA_DEMO_PORT", port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log_of(dir.root())?)
        .status()?;
    if !made.success() {
        return Err(TrainingError::Prepare);
    }
    whole(&dir).map(drop)
}

/// Opens the window for training beside the real one, as a program of its own.
///
/// # Errors
/// The program does not start.
pub fn open_training_window(real: &ProfileDir) -> Result<(), TrainingError> {
    let mut window = Command::new(std::env::current_exe()?)
        .arg("--profile")
        .arg(real.root())
        .arg("--training")
        .stdin(Stdio::null())
        .spawn()?;
    // Only so that it leaves no trace in the list of processes when it ends.
    std::thread::spawn(move || drop(window.wait()));
    Ok(())
}

/// The settings of a folder that is complete and for training.
fn whole(dir: &ProfileDir) -> Result<CounterProfile, TrainingError> {
    let profile = CounterProfile::load(dir.root())?;
    if profile.training { Ok(profile) } else { Err(TrainingError::Prepare) }
}

fn cast_of(dir: &ProfileDir) -> Result<TrainingCast, TrainingError> {
    let bytes = fs::read(dir.root().join(CAST))?;
    serde_json::from_slice(&bytes).map_err(|_| TrainingError::Prepare)
}

/// Removes a training folder, and no other.
fn erase(dir: &ProfileDir) -> Result<(), TrainingError> {
    if !dir.root().join(MARK).exists() {
        return Err(TrainingError::Occupied(dir.root().to_owned()));
    }
    end_stray_server(dir.root());
    for entry in fs::read_dir(dir.root())? {
        let entry = entry?;
        // The mark goes last: a removal that was interrupted is finished at the next start.
        if entry.file_name() == MARK || entry.file_name() == AGAIN {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(dir.root().join(AGAIN))?;
    Ok(())
}

fn log_of(root: &Path) -> io::Result<File> {
    fs::create_dir_all(root.join("logs"))?;
    File::options().create(true).append(true).open(root.join("logs/training.log"))
}

/// Asks a child to end, and makes it.
fn end(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // One that is gone already cannot be asked.
        let _ = kill_process(pid, Signal::TERM);
    }
    let begin = Instant::now();
    while begin.elapsed() < FAREWELL {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(GLANCE);
    }
    drop(child.kill());
    drop(child.wait());
}

/// A window that was killed leaves its warehouse behind, which holds port and database: it ends. Only a process that
/// names this folder on its command line is one.
fn end_stray_server(root: &Path) {
    let Ok(text) = fs::read_to_string(root.join(SERVER)) else { return };
    let Some(pid) = text.trim().parse().ok().and_then(Pid::from_raw) else { return };
    let data = root.join("warehouse");
    let ours = || {
        let line = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == data.as_os_str().as_encoded_bytes())
    };
    let begin = Instant::now();
    while ours() && begin.elapsed() < FAREWELL {
        let _ = kill_process(pid, Signal::TERM);
        std::thread::sleep(GLANCE);
    }
    drop(fs::remove_file(root.join(SERVER)));
}

/// The directory in which our programs lie: this one's.
///
/// # Errors
/// This program does not know its own path.
pub fn own_programs() -> io::Result<PathBuf> {
    let own = crate::wiring::worker_program()?;
    own.parent().map(Path::to_owned).ok_or(io::Error::from(io::ErrorKind::NotFound))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cast() -> TrainingCast {
        TrainingCast {
            officer: "canbo.demo".into(),
            officer_secret: "Demo-2026-mot-cua".into(),
            pin: "Demo@2026".into(),
            owner_number: "012345678901".into(),
            owner_name: "NGUYỄN VĂN MẪU".into(),
        }
    }

    fn settings(url: &str) -> String {
        serde_json::json!({
            "version": 2, "warehouse_url": url, "ca_pem": "", "agency_code": "000.01.20.H08", "agency_name": "a",
            "unit_name": "u", "place": "p", "recovery_key": "", "receipt_key": "",
        })
        .to_string()
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_neither_claimed_nor_erased() {
        let dir = tempfile::tempdir().unwrap();
        let other = ProfileDir::at(dir.path().join("motcua-training"));
        fs::create_dir(other.root()).unwrap();
        fs::write(other.root().join("thư"), "quan trọng").unwrap();
        fs::write(other.root().join(AGAIN), "").unwrap();
        assert!(matches!(claim_training(&other), Err(TrainingError::Occupied(_))));
        assert!(matches!(erase(&other), Err(TrainingError::Occupied(_))));
        let real = ProfileDir::at(dir.path().join("motcua"));
        assert!(matches!(prepare_training(&real, dir.path()), Err(TrainingError::Occupied(_))));
        assert_eq!(fs::read_to_string(other.root().join("thư")).unwrap(), "quan trọng");
    }

    #[test]
    fn only_a_claimed_folder_that_reaches_this_machine_becomes_one_for_training() {
        let dir = tempfile::tempdir().unwrap();
        let place = ProfileDir::at(dir.path().join("motcua-training"));
        assert!(matches!(complete_training(&place, &cast()), Err(TrainingError::Occupied(_))));
        let required = || require_training(&place).map_err(|error| error.code());
        assert_eq!(required(), Err("trainingNotMade"), "there is nothing");
        claim_training(&place).unwrap();
        assert_eq!(required(), Err("trainingNotMade"), "it is not complete");
        fs::write(place.settings(), settings("https://kho.gialai.gov.vn")).unwrap();
        let outside = complete_training(&place, &cast()).unwrap_err();
        assert_eq!(outside.code(), "trainingOutside");
        fs::write(place.settings(), settings("https://127.0.0.1:7461")).unwrap();
        assert!(whole(&place).is_err(), "a demo alone is no training");
        assert_eq!(required(), Err("trainingNotMade"));
        complete_training(&place, &cast()).unwrap();
        assert_eq!(required(), Ok(()));
        fs::remove_file(place.root().join(MARK)).unwrap();
        assert_eq!(required(), Err("trainingNotMade"), "a folder that is not marked is not for training");
        assert!(whole(&place).unwrap().training);
        assert_eq!(cast_of(&place).unwrap(), cast());
    }

    #[test]
    fn beginning_again_empties_the_training_folder_and_leaves_the_real_one() {
        let dir = tempfile::tempdir().unwrap();
        let real = ProfileDir::at(dir.path().join("motcua"));
        real.create().unwrap();
        fs::write(real.settings(), "thật").unwrap();
        let place = real.training();
        claim_training(&place).unwrap();
        fs::create_dir_all(place.vault()).unwrap();
        fs::write(place.vault().join("vault.db"), "tập").unwrap();
        fs::write(place.root().join(AGAIN), "").unwrap();
        erase(&place).unwrap();
        let left: Vec<_> = fs::read_dir(place.root()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, [MARK], "still ours");
        assert_eq!(fs::read_to_string(real.settings()).unwrap(), "thật");
    }

    #[test]
    fn a_process_that_is_not_of_the_folder_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        // This test itself: it names no such folder.
        fs::write(dir.path().join(SERVER), std::process::id().to_string()).unwrap();
        end_stray_server(dir.path());
        assert!(!dir.path().join(SERVER).exists());
    }
}
