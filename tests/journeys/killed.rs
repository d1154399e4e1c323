//! The program killed (SIGKILL) at named points of the whole job and at random moments inside every step:
//! nothing acknowledged is lost or doubled.
//!
//! A step is acknowledged when its JSON is whole on stdout; a scanned page when stderr names it.

use crate::counter::{Counter, program, text};
use crate::offline::today;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// One command of the whole job, in its place.
struct Step {
    /// The sub-command; those below `dossier` are named without it.
    name: &'static str,
    /// What is typed; words in braces are filled in.
    typed: &'static str,
    /// What the dossier shows when it was done; none of a step that only reads.
    effect: Option<fn(&Value) -> bool>,
    /// Where it is killed in the round of named points.
    point: Point,
}

/// The named points.
#[derive(Clone, Copy, PartialEq)]
enum Point {
    /// Right after it was acknowledged, before the program could close anything.
    Acknowledged,
    /// At the first page and, in a second run, when it was acknowledged.
    PageThenAcknowledged,
    /// When the server has stored something of what is sent.
    HalfSent,
}

const fn step(name: &'static str, typed: &'static str, effect: Option<fn(&Value) -> bool>) -> Step {
    Step { name, typed, effect, point: Point::Acknowledged }
}

const fn at(mut step: Step, point: Point) -> Step {
    step.point = point;
    step
}

/// The whole job of two dossiers, every step of it.
const JOB: [Step; 37] = [
    step("identity", "identity {owner}", None),
    step("open", "dossier open --owner {owner} --name {name} --procedure 1.000894", None),
    step("list", "dossier list {owner}", None),
    step("show", "dossier show {id}", None),
    at(
        step("scan", "dossier scan {id} 1 --device pnm:1 --pages 1", Some(|d| file(d, 1))),
        Point::PageThenAcknowledged,
    ),
    step("scan", "dossier scan {id} 2 --device pnm:0 --pages 1", Some(|d| file(d, 2))),
    step("attach", "dossier attach {id} 3 {file}", Some(|d| file(d, 3))),
    step("detach", "dossier detach {id} 3", Some(|d| !file(d, 3))),
    step("attach", "dossier attach {id} 3 {word}", Some(|d| file(d, 3))),
    step("convert", "dossier convert {id} 3", Some(|d| row(d, 3)["origin"].is_object())),
    step(
        "waive",
        "dossier waive {id} 3 --database CSDLQGVDC",
        Some(|d| !d["components"][2]["waiver"].is_null()),
    ),
    step("sign", "dossier sign {id} 2 --certificate {agency}", Some(|d| signed(row(d, 2)))),
    step(
        "digitize",
        "dossier digitize {id} 2 --issued-on {today}",
        Some(|d| !row(d, 2)["digitized"].is_null()),
    ),
    step("accept", "dossier accept {id}", Some(|d| state(d) == "accepted")),
    step("receipt", "dossier receipt {id} --out {out}", None),
    step("guided", "dossier guided {id}", None),
    at(step("sync", "sync", None), Point::HalfSent),
    step("attach", "dossier attach {id} 0 {file}", Some(|d| !row(d, 0).is_null())),
    step("sign", "dossier sign {id} 0 --certificate {agency}", Some(|d| signed(row(d, 0)))),
    step("return", "dossier return {id}", Some(|d| state(d) == "completed")),
    step("export", "dossier export {id} 0 --out {out}", None),
    at(step("sync", "sync", None), Point::HalfSent),
    step("open", "dossier open --owner {owner} --name {name} --procedure 1.000894", None),
    step("discard", "dossier discard {id}", Some(|d| state(d) == "set_aside")),
    step("restore", "dossier restore {id}", Some(|d| state(d) == "draft")),
    step("offers", "dossier offers {id} 2", None),
    step("auto", "dossier auto {id}", Some(|d| file(d, 2))),
    step("detach", "dossier detach {id} 2", Some(|d| !file(d, 2))),
    step("take", "dossier take {id} 2 {document}", Some(|d| file(d, 2))),
    step(
        "report",
        "dossier report {id} {document} --reason wrong-information",
        Some(|d| d["reports"][0].is_object()),
    ),
    step("confirm", "dossier confirm {id}", Some(|d| d["consents"][0].is_object())),
    at(
        step("scan", "dossier scan {id} 1 --device pnm:1 --pages 1", Some(|d| file(d, 1))),
        Point::PageThenAcknowledged,
    ),
    step("accept", "dossier accept {id}", Some(|d| state(d) == "accepted")),
    step("outbox", "outbox --all", None),
    at(step("sync", "sync", None), Point::HalfSent),
    step("offers", "dossier offers {id} 2", None),
    step("show", "dossier show {id}", None),
];

/// The job as far as this machine can do it.
fn job_here() -> impl Iterator<Item = &'static Step> {
    static WHOLE: [Step; 37] = JOB;
    let office = std::path::Path::new("/usr/lib/libreoffice/program/soffice").is_file();
    if !office {
        println!(
            "SKIPPED LOUDLY: no LibreOffice (libreoffice-writer-nogui), nothing is killed while it converts"
        );
    }
    WHOLE.iter().filter(move |step| office || step.name != "convert")
}

/// The attachment of a row; 0 is the result.
fn row(dossier: &Value, number: usize) -> &Value {
    match number {
        0 => &dossier["result"]["attachment"],
        n => &dossier["components"][n - 1]["attachment"],
    }
}

fn file(dossier: &Value, number: usize) -> bool {
    !row(dossier, number).is_null()
}

fn signed(attachment: &Value) -> bool {
    attachment["signatures"].as_array().is_some_and(|s| !s.is_empty())
}

fn state(dossier: &Value) -> &str {
    dossier["state"]["state"].as_str().unwrap()
}

#[test]
fn the_job_that_is_killed_has_every_dossier_command() {
    let help = Command::new(program("motcua")).args(["dossier", "--help"]).output().unwrap();
    let help = text(&help.stdout);
    let listed = help.lines().skip_while(|l| *l != "Lệnh:").skip(1).take_while(|l| !l.is_empty());
    let commands: BTreeSet<&str> =
        listed.filter_map(|l| l.split_whitespace().next()).filter(|c| *c != "help").collect();
    assert!(commands.len() >= 15, "the commands are read from the help: {commands:?}");
    let killed: BTreeSet<&str> =
        JOB.iter().filter(|s| s.typed.starts_with(&format!("dossier {}", s.name))).map(|s| s.name).collect();
    assert_eq!(commands, killed);
}

#[test]
fn what_is_typed_wrong_ends_with_its_own_code_and_in_vietnamese() {
    for (arguments, said) in [
        (&["dossier", "show"][..], "Còn thiếu: <ID>."),
        (&["--json", "doktor"][..], "Không có lệnh «doktor»."),
    ] {
        let done = Command::new(program("motcua")).args(arguments).output().unwrap();
        assert_eq!(done.status.code(), Some(2));
        let talk = text(&done.stderr);
        assert!(talk.contains(said) && talk.contains("--help") && talk.contains("mã: usage"), "{talk}");
        let data = serde_json::from_slice::<Value>(&done.stdout).ok();
        assert_eq!(data.is_some(), arguments[0] == "--json", "{}", text(&done.stdout));
        assert!(data.is_none_or(|d| d["error"]["code"] == "usage"));
    }
}

#[test]
fn sigkill_at_every_named_point_loses_and_doubles_nothing_acknowledged() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let mut job = Job::new(&counter, 1);
    for step in job_here() {
        job.note(step);
        let arguments = job.arguments(step.typed);
        if step.point == Point::PageThenAcknowledged {
            let page = job.run(&arguments, |seen| seen.pages > 0);
            assert!(page.killed, "{}: killed when the first page was acknowledged", step.name);
            assert!(!step.done(&job.shown()), "killed before the pages became a file");
            job.acknowledged_pages += page.pages;
        }
        let stored = job.stored();
        let run = job.run(&arguments, |seen| match step.point {
            Point::HalfSent => job.stored() > stored,
            Point::Acknowledged | Point::PageThenAcknowledged => seen.acknowledged(),
        });
        if step.point == Point::HalfSent {
            assert!(run.killed, "killed when the server had stored something");
            job.hold_all();
            counter.drain();
            job.refresh();
            continue;
        }
        let said = run.data.unwrap_or_else(|| panic!("{arguments:?}: {}", run.talk));
        job.learn(step, said, run.pages);
    }
    job.end(&[1]);
}

#[test]
fn sigkill_at_random_moments_of_every_step_loses_and_doubles_nothing() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let rounds = if std::env::var_os("MOTCUA_SOAK").is_some() { 20 } else { 2 };
    let seed = seed();
    let mut dice = Dice(seed);
    let mut job = Job::new(&counter, 1);
    for round in 1..=rounds {
        job.round = round;
        for step in job_here() {
            job.note(step);
            random(&mut job, step, &mut dice);
        }
    }
    job.end(&(1..=rounds).collect::<Vec<_>>());
}

/// Kills the step twice at random moments, then lets it through unless its effect is there already.
fn random(job: &mut Job<'_>, step: &Step, dice: &mut Dice) {
    let arguments = job.arguments(step.typed);
    for attempt in 1..=2u64 {
        let limit = Duration::from_millis(20 + dice.below(450 * attempt));
        let begin = Instant::now();
        let run = job.run(&arguments, |_| begin.elapsed() > limit);
        if step.name == "open" {
            job.unacknowledged += usize::from(run.data.is_none());
        }
        if step.name == "sync" {
            job.hold_all();
            continue;
        }
        if let Some(said) = run.data {
            return job.learn(step, said, run.pages);
        }
        job.acknowledged_pages += run.pages;
        if step.name == "open" || job.id.is_empty() {
            continue;
        }
        // Not acknowledged: it was done as a whole or not at all.
        let now = job.shown();
        if step.effect.is_some() && step.done(&now) {
            return job.learn(step, now, 0);
        }
        assert_eq!(now, job.dossiers[&job.id], "{}: nothing is half done", step.name);
    }
    if step.name == "sync" {
        job.counter.drain();
        return job.refresh();
    }
    let run = job.run(&arguments, |_| false);
    let said = run.data.unwrap_or_else(|| panic!("{arguments:?}: {}", run.talk));
    job.learn(step, said, run.pages);
}

impl Step {
    fn done(&self, dossier: &Value) -> bool {
        self.effect.is_some_and(|effect| effect(dossier))
    }
}

/// What was acknowledged so far.
struct Job<'a> {
    counter: &'a Counter,
    agency: String,
    round: u32,
    /// The dossier in work.
    id: String,
    /// The paper offered for its second row.
    document: String,
    /// Every acknowledged dossier as it was acknowledged last.
    dossiers: BTreeMap<String, Value>,
    /// Runs of `open` that were killed before they said what they opened.
    unacknowledged: usize,
    /// Pages of the row in work that were acknowledged before its file was.
    acknowledged_pages: usize,
    codes: Vec<String>,
}

/// What a run said until it ended or was killed.
struct Run {
    data: Option<Value>,
    pages: usize,
    talk: String,
    killed: bool,
}

impl Run {
    fn acknowledged(&self) -> bool {
        self.data.is_some()
    }
}

impl<'a> Job<'a> {
    fn new(counter: &'a Counter, round: u32) -> Self {
        Self {
            counter,
            agency: counter.agency(),
            round,
            id: String::new(),
            document: String::new(),
            dossiers: BTreeMap::new(),
            unacknowledged: 0,
            acknowledged_pages: 0,
            codes: vec![],
        }
    }

    fn arguments(&self, typed: &str) -> Vec<String> {
        let results = std::fs::read_dir(self.counter.path().join("results")).unwrap();
        let result = results.map(|e| e.unwrap().path()).next().unwrap();
        let filled = |word: &str| match word {
            "{owner}" => owner(self.round),
            "{name}" => "NGUYỄN THỊ BỀN VỮNG".to_owned(),
            "{id}" => self.id.clone(),
            "{document}" => self.document.clone(),
            "{agency}" => self.agency.clone(),
            "{today}" => today(),
            "{file}" => result.to_string_lossy().into_owned(),
            "{word}" => {
                let word = self.counter.temporary().join("don.docx");
                std::fs::write(&word, motcua_testkit::word::docx("Đơn đề nghị")).unwrap();
                word.to_string_lossy().into_owned()
            }
            "{out}" => self.counter.temporary().join("out.pdf").to_string_lossy().into_owned(),
            plain => plain.to_owned(),
        };
        typed.split(' ').map(filled).collect()
    }

    fn note(&mut self, step: &Step) {
        println!("round {} · {} · {}", self.round, step.name, step.typed);
        self.acknowledged_pages = 0;
    }

    /// Runs a command and kills it as soon as `enough` of what it said so far.
    fn run(&self, arguments: &[String], enough: impl Fn(&Run) -> bool) -> Run {
        let place = |kind: &str| self.counter.server_talk().with_file_name(format!("run.{kind}"));
        let file = |path: &PathBuf| std::fs::File::create(path).unwrap();
        let (out, err) = (place("out"), place("err"));
        let typed: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = self.counter.command(&typed).stdout(file(&out)).stderr(file(&err)).spawn().unwrap();
        let seen = |killed| {
            let talk = text(&std::fs::read(&err).unwrap());
            let data = serde_json::from_slice::<Value>(&std::fs::read(&out).unwrap()).ok();
            let pages = talk.lines().filter(|l| l.starts_with("trang ")).count();
            Run { data: data.filter(|d| d["error"].is_null()), pages, talk, killed }
        };
        loop {
            if child.try_wait().unwrap().is_some() {
                return seen(false);
            }
            if enough(&seen(false)) {
                child.kill().unwrap();
                child.wait().unwrap();
                return seen(true);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Takes note of what was acknowledged, and looks whether it is there just so.
    fn learn(&mut self, step: &Step, said: Value, pages: usize) {
        match step.name {
            "identity" | "sync" | "outbox" | "list" | "export" => {}
            "offers" => {
                let exact = said["items"].as_array().unwrap().iter().filter(|o| o["fit"] == "exact");
                let exact: Vec<&str> = exact.map(|o| o["document"].as_str().unwrap()).collect();
                assert_eq!(exact.len(), 1, "the filed paper is offered once: {said}");
                self.document = exact[0].to_owned();
            }
            _ => {
                said["id"].as_str().unwrap().clone_into(&mut self.id);
                let before = self.dossiers.insert(self.id.clone(), said);
                assert!(step.name != "open" || before.is_none(), "no dossier was opened twice");
            }
        }
        if self.id.is_empty() {
            return;
        }
        let now = self.shown();
        assert_eq!(now, self.dossiers[&self.id], "{}: what was acknowledged is there just so", step.name);
        assert!(step.effect.is_none() || step.done(&now), "{}: its effect is there: {now}", step.name);
        if step.name == "scan" {
            let number = if step.typed.contains("{id} 1") { 1 } else { 2 };
            let held = usize::try_from(row(&now, number)["pages"].as_u64().unwrap()).unwrap();
            let acknowledged = self.acknowledged_pages + pages;
            assert!(held >= acknowledged, "{held} pages of {acknowledged} acknowledged ones: {now}");
        }
        if step.name == "accept" {
            self.codes.push(now["code"].as_str().unwrap().to_owned());
        }
    }

    fn shown(&self) -> Value {
        self.counter.data(&["dossier", "show", &self.id])
    }

    /// What the sync may not change of any dossier that was acknowledged.
    fn hold_all(&self) {
        for (id, held) in &self.dossiers {
            let now = self.counter.data(&["dossier", "show", id]);
            for part in ["id", "code", "applicant", "components", "result", "state", "consents", "receipt"] {
                assert_eq!(now[part], held[part], "{part} of {id}");
            }
        }
    }

    /// The sync notes versions of the server and answers of the identity service on the dossiers.
    fn refresh(&mut self) {
        self.hold_all();
        for (id, held) in &mut self.dossiers {
            *held = self.counter.data(&["dossier", "show", id]);
        }
    }

    /// Files the server holds.
    fn stored(&self) -> usize {
        let mut open = vec![self.counter.path().join("warehouse/blobs")];
        let mut count = 0;
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() { open.push(path) } else { count += 1 }
            }
        }
        count
    }

    /// Both sides once everything was sent: each act once here, once there.
    fn end(&self, rounds: &[u32]) {
        self.counter.drain();
        self.hold_all();
        let distinct: BTreeSet<&String> = self.codes.iter().collect();
        assert_eq!(distinct.len(), 2 * rounds.len(), "every dossier has its own code: {:?}", self.codes);
        let all = self.counter.data(&["outbox", "--all"]);
        let mut acts: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for line in all.as_array().unwrap() {
            assert_eq!(line["state"]["state"], "received", "{line}");
            let dossier = line["dossier"].as_str().unwrap().to_owned();
            *acts.entry(dossier).or_default().entry(line["kind"].to_string()).or_default() += 1;
        }
        for (id, dossier) in &self.dossiers {
            let wanted = if state(dossier) == "completed" { 3 } else { 2 };
            assert_eq!(
                acts[id].len(),
                wanted,
                "{id}: paper, acceptance and result, or acceptance and report"
            );
            assert!(acts[id].values().all(|n| *n == 1), "{id}: each act once: {:?}", acts[id]);
        }
        assert_eq!(acts.len(), self.dossiers.len(), "nothing of a dossier nobody acknowledged was sent");
        let check = Command::new(program("motcua-warehouse"))
            .args(["check", "--json", "--data"])
            .arg(self.counter.path().join("warehouse"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&check.stdout).unwrap();
        assert!(check.status.success(), "the warehouse is whole: {report}");
        assert_eq!(report["receipts"], 5 * rounds.len(), "the warehouse took each operation once: {report}");
        for round in rounds {
            let dossiers = self.counter.data(&["dossier", "list", &owner(*round)]);
            let ids: Vec<&str> =
                dossiers.as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
            let known = ids.iter().filter(|id| self.dossiers.contains_key(**id)).count();
            assert_eq!(known, 2, "both acknowledged dossiers are there once: {ids:?}");
            assert!(ids.len() <= 2 + self.unacknowledged, "and at most those nobody heard of: {ids:?}");
            let latest = self.dossiers.values().find(|d| {
                d["applicant"]["owner"]["number"] == owner(*round).as_str() && state(d) == "accepted"
            });
            let id = latest.unwrap()["id"].as_str().unwrap();
            let offers = self.counter.data(&["dossier", "offers", id, "2"]);
            let items = offers["items"].as_array().unwrap();
            assert_eq!(items.len(), 2, "the paper and the result are there once each: {offers}");
            let uses: u64 = items.iter().map(|o| o["uses"].as_u64().unwrap()).sum();
            assert_eq!(uses, 1, "the paper was used once: {offers}");
        }
    }
}

/// An owner of its own for every round.
fn owner(round: u32) -> String {
    format!("0341999{:05}", 700 + round)
}

/// Another seed for every run; `SEED` replays one.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
    });
    println!("replay with SEED={seed}");
    seed
}

/// xorshift64*: enough to choose moments, replayable from its seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 |= 1;
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound.max(1)
    }
}
