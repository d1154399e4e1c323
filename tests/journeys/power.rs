//! Power cuts. Everything both programs do to their disk is written down; from it the disk is made as a
//! cut at some moment can leave it: what was not flushed is lost, there, or there in parts and in another
//! order. Started on such a disk, nothing acknowledged is missing and all of it arrives once.

use crate::counter::Counter;
use crate::killed::{Dice, seed};
use crate::killed_sync::receipts;
use crate::offline::{open_for, today};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Disks of one run beside those right after an acknowledgement, and of `make soak`.
const DISKS: (u64, u64) = (14, 2_000);
/// What a disk writes whole.
const SECTOR: usize = 512;

/// One thing a program did.
enum Event {
    Write(PathBuf, usize, Vec<u8>),
    Length(PathBuf, usize),
    Flush(PathBuf),
    FlushFolder(PathBuf),
    Create(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Folder(PathBuf),
    /// A program acknowledged something on stdout.
    Said,
}

/// How much of what was not flushed the cut leaves.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Left {
    Nothing,
    Some,
    All,
}

#[test]
fn a_power_cut_at_any_moment_loses_and_doubles_nothing_acknowledged() {
    let Some(mut counter) = Counter::prepare() else { return };
    if !cfg!(target_os = "linux") {
        println!("SKIPPED LOUDLY: the disk is written down on Linux only");
        return;
    }
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();
    let given = receipts(&counter);
    let mut disk = Disk::of(counter.path());
    let log = counter.temporary().join("disk.log");
    counter.recorded = Some(log.clone());
    let job = Job::run(&mut counter);
    counter.recorded = None;
    let events = read(&std::fs::read(&log).unwrap());
    std::fs::remove_file(&log).unwrap();
    let flushes = events.iter().filter(|e| matches!(e, Event::Flush(_))).count();
    assert!(flushes > 20, "the programs were written down: {} events, {flushes} flushes", events.len());

    let mut dice = Dice(seed());
    let count = if std::env::var_os("MOTCUA_SOAK").is_some() { DISKS.1 } else { DISKS.0 };
    let mut cuts: BTreeSet<(usize, u8)> = BTreeSet::new();
    for (at, event) in events.iter().enumerate() {
        if matches!(event, Event::Said) {
            cuts.insert((at + 1, 0));
        }
    }
    let after_words = cuts.len();
    while cuts.len() < after_words + usize::try_from(count).unwrap() {
        let at = usize::try_from(dice.below(events.len() as u64)).unwrap();
        cuts.insert((at, u8::try_from(dice.below(3)).unwrap()));
    }
    let (mut said, mut done) = (0, 0);
    for (at, how) in cuts {
        while done < at {
            said += usize::from(matches!(events[done], Event::Said));
            disk.take(&events[done]);
            done += 1;
        }
        let left = [Left::Nothing, Left::Some, Left::All][usize::from(how)];
        let told = format!("cut after event {at} of {} ({left:?}), {said} acknowledged", events.len());
        disk.leave(counter.path(), left, &mut dice);
        job.holds(&mut counter, said, given, &told);
    }
    println!("{} events, {after_words} acknowledgements, {count} further cuts", events.len());
}

/// The job that is cut, and what each acknowledged step promised.
struct Job {
    id: String,
    code: String,
    steps: usize,
}

impl Job {
    fn run(counter: &mut Counter) -> Self {
        let id = open_for(counter, ("099090000495", "TRẦN VĂN MẪU"), "1.000894");
        let agency = counter.agency();
        let today = today();
        let mut steps = 2;
        for arguments in [
            &["scan", &id, "1", "--device", "pnm:1", "--pages", "1"][..],
            &["scan", &id, "2", "--device", "pnm:0", "--pages", "1"],
            &["sign", &id, "2", "--certificate", &agency],
            &["digitize", &id, "2", "--issued-on", &today],
        ] {
            counter.data(&[&["dossier"], arguments].concat());
            steps += 1;
        }
        let code = counter.data(&["dossier", "accept", &id])["code"].as_str().unwrap().to_owned();
        counter.start_warehouse();
        counter.data(&["sync"]);
        counter.cut_warehouse();
        // The server's first line on stdout is an acknowledgement that promises nothing.
        Self { id, code, steps: steps + 3 }
    }

    /// The programs start on this disk: what was acknowledged is there, and the rest goes once.
    fn holds(&self, counter: &mut Counter, said: usize, given: u64, told: &str) {
        assert!(said <= self.steps, "{told}");
        let list = counter.data(&["dossier", "list"]);
        let found = list.as_array().unwrap().iter().find(|d| d["id"] == self.id.as_str());
        if said == 0 && found.is_none() {
            return;
        }
        let Some(_) = found else { panic!("the dossier is lost: {told}") };
        let dossier = counter.data(&["dossier", "show", &self.id]);
        let row = |n: usize| &dossier["components"][n - 1]["attachment"];
        let promises: [(usize, bool, &str); 5] = [
            (3, !row(1).is_null(), "the first scan"),
            (4, !row(2).is_null(), "the second scan"),
            (5, row(2)["signatures"].as_array().is_some_and(|s| !s.is_empty()), "the signature"),
            (6, !row(2)["digitized"].is_null(), "the filing"),
            (7, dossier["code"] == self.code.as_str(), "the acceptance with its code"),
        ];
        for (step, kept, what) in promises {
            assert!(said < step || kept, "{what} was acknowledged and is lost: {told}");
        }
        for (n, kept) in [(1, !row(1).is_null()), (2, !row(2).is_null())] {
            if kept {
                let out = counter.temporary().join("out.pdf");
                let number = n.to_string();
                counter.data(&["dossier", "export", &self.id, &number, "--out", &out.to_string_lossy()]);
                assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF"), "{told}");
            }
        }
        let lines = counter.data(&["outbox", "--all"]).as_array().unwrap().len();
        let received = |counter: &Counter| {
            let all = counter.data(&["outbox", "--all"]);
            all.as_array().unwrap().iter().filter(|l| l["state"]["state"] == "received").count()
        };
        assert!(said < 9 || received(counter) == 2, "«Kho đã nhận» was acknowledged and is lost: {told}");
        counter.start_warehouse();
        counter.drain();
        counter.cut_warehouse();
        assert_eq!(received(counter), lines, "{told}");
        assert_eq!(receipts(counter) - given, lines as u64, "each arrived once: {told}");
    }
}

/// A file's bytes as they are on the disk for certain, and what was not flushed.
#[derive(Clone, Default)]
struct Inode {
    kept: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// What a folder was told and did not flush.
#[derive(Clone)]
enum Naming {
    File(PathBuf, usize),
    Folder(PathBuf),
    Gone(PathBuf),
    Moved(PathBuf, PathBuf),
}

/// A name on the disk: a file, or a folder.
type Names = BTreeMap<PathBuf, Option<usize>>;

/// A disk that forgets what is not flushed. Names are as strict as POSIX: only their folder's flush keeps them.
struct Disk {
    inodes: Vec<Inode>,
    /// Names as the programs see them.
    now: Names,
    /// Names that are certain.
    kept: Names,
    pending: BTreeMap<PathBuf, Vec<Naming>>,
}

impl Disk {
    /// Everything below a folder, flushed.
    fn of(root: &Path) -> Self {
        let mut disk =
            Self { inodes: vec![], now: Names::new(), kept: Names::new(), pending: BTreeMap::new() };
        disk.look(root, Path::new(""));
        disk.kept = disk.now.clone();
        disk
    }

    fn look(&mut self, root: &Path, below: &Path) {
        for entry in std::fs::read_dir(root.join(below)).unwrap() {
            let entry = entry.unwrap();
            let path = below.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                self.now.insert(path.clone(), None);
                self.look(root, &path);
            } else {
                self.inodes.push(Inode { kept: std::fs::read(entry.path()).unwrap(), pending: vec![] });
                self.now.insert(path, Some(self.inodes.len() - 1));
            }
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Said => {}
            Event::Create(path) => {
                self.inodes.push(Inode::default());
                let inode = self.inodes.len() - 1;
                self.now.insert(path.clone(), Some(inode));
                self.name(path, Naming::File(path.clone(), inode));
            }
            Event::Folder(path) => {
                self.now.insert(path.clone(), None);
                self.name(path, Naming::Folder(path.clone()));
            }
            Event::Remove(path) => {
                self.now.remove(path);
                self.name(path, Naming::Gone(path.clone()));
            }
            Event::Rename(from, to) => {
                if let Some(node) = self.now.remove(from) {
                    self.now.insert(to.clone(), node);
                    if from.parent() == to.parent() {
                        self.name(to, Naming::Moved(from.clone(), to.clone()));
                    } else {
                        self.name(from, Naming::Gone(from.clone()));
                        let named = node.map_or(Naming::Folder(to.clone()), |i| Naming::File(to.clone(), i));
                        self.name(to, named);
                    }
                }
            }
            Event::Write(path, at, bytes) => self.change(path, Change::Write(*at, bytes.clone())),
            Event::Length(path, length) => self.change(path, Change::Length(*length)),
            Event::Flush(path) => {
                if let Some(Some(inode)) = self.now.get(path) {
                    let inode = &mut self.inodes[*inode];
                    for change in std::mem::take(&mut inode.pending) {
                        apply(&mut inode.kept, &change, None);
                    }
                }
            }
            Event::FlushFolder(path) => {
                for naming in self.pending.remove(path).unwrap_or_default() {
                    naming.apply(&mut self.kept);
                }
            }
        }
    }

    fn change(&mut self, path: &Path, change: Change) {
        if let Some(Some(inode)) = self.now.get(path) {
            self.inodes[*inode].pending.push(change);
        }
    }

    fn name(&mut self, path: &Path, naming: Naming) {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.pending.entry(folder).or_default().push(naming);
    }

    /// Puts the disk below `root` as the cut leaves it.
    fn leave(&self, root: &Path, left: Left, dice: &mut Dice) {
        let mut names = self.kept.clone();
        for namings in self.pending.values() {
            let keep = match left {
                Left::Nothing => 0,
                Left::All => namings.len(),
                Left::Some => usize::try_from(dice.below(namings.len() as u64 + 1)).unwrap(),
            };
            namings[..keep].iter().for_each(|naming| naming.apply(&mut names));
        }
        std::fs::remove_dir_all(root).unwrap();
        std::fs::create_dir(root).unwrap();
        let folders = |names: &Names, path: &Path| {
            path.ancestors().skip(1).all(|f| f.as_os_str().is_empty() || names.get(f) == Some(&None))
        };
        for (path, node) in &names {
            // What lies in a folder whose own name was lost is lost with it; the index of a log is no file.
            if !folders(&names, path) || path.to_string_lossy().ends_with("-shm") {
                continue;
            }
            let Some(inode) = node else {
                std::fs::create_dir_all(root.join(path)).unwrap();
                continue;
            };
            let inode = &self.inodes[*inode];
            let mut bytes = inode.kept.clone();
            for change in &inode.pending {
                match left {
                    Left::Nothing => {}
                    Left::All => apply(&mut bytes, change, None),
                    Left::Some if dice.below(2) == 0 => {
                        let torn = (dice.below(3) == 0).then(|| dice.below(u64::MAX));
                        apply(&mut bytes, change, torn);
                    }
                    Left::Some => {}
                }
            }
            std::fs::write(root.join(path), bytes).unwrap();
        }
        use std::os::unix::fs::PermissionsExt;
        let private = |name: &str| {
            let path = root.join(name);
            if path.exists() {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
            }
        };
        private("counter.json");
    }
}

impl Naming {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::File(path, inode) => drop(names.insert(path.clone(), Some(*inode))),
            Self::Folder(path) => drop(names.insert(path.clone(), None)),
            Self::Gone(path) => drop(names.remove(path)),
            Self::Moved(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
        }
    }
}

/// A torn write leaves whole sectors of its beginning.
fn apply(bytes: &mut Vec<u8>, change: &Change, torn: Option<u64>) {
    match change {
        Change::Length(length) => bytes.resize(*length, 0),
        Change::Write(at, data) => {
            let whole = torn.map_or(data.len(), |t| {
                let sectors = data.len() / SECTOR;
                usize::try_from(t % (sectors as u64 + 1)).unwrap() * SECTOR
            });
            if bytes.len() < at + whole {
                bytes.resize(at + whole, 0);
            }
            bytes[*at..at + whole].copy_from_slice(&data[..whole]);
        }
    }
}

/// The records of the shim, in order.
fn read(mut log: &[u8]) -> Vec<Event> {
    fn number<const N: usize>(log: &mut &[u8]) -> u64 {
        let (head, rest) = log.split_at(N);
        *log = rest;
        head.iter().rev().fold(0, |n, byte| (n << 8) | u64::from(*byte))
    }
    fn bytes(log: &mut &[u8], length: u64) -> Vec<u8> {
        let (head, rest) = log.split_at(usize::try_from(length).unwrap());
        *log = rest;
        head.to_vec()
    }
    fn path(raw: Vec<u8>) -> PathBuf {
        PathBuf::from(String::from_utf8(raw).unwrap())
    }
    let mut events = vec![];
    while let Some((kind, rest)) = log.split_first() {
        log = rest;
        let length = number::<4>(&mut log);
        let name = path(bytes(&mut log, length));
        let offset = usize::try_from(number::<8>(&mut log)).unwrap();
        let length = number::<4>(&mut log);
        let data = bytes(&mut log, length);
        events.push(match kind {
            b'W' => Event::Write(name, offset, data),
            b'L' => Event::Length(name, offset),
            b'F' => Event::Flush(name),
            b'D' => Event::FlushFolder(name),
            b'C' => Event::Create(name),
            b'R' => Event::Rename(name, path(data)),
            b'U' => Event::Remove(name),
            b'M' => Event::Folder(name),
            // Workers speak to their parents on stdout too; what a person sees there is JSON.
            b'S' if matches!(data.first(), Some(b'{' | b'[')) => Event::Said,
            b'S' => continue,
            other => panic!("a record of another kind: {other}"),
        });
    }
    events
}
