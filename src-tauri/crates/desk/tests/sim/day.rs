//! One day, and what must be true during and after it.

use motcua_desk::ports::{Vault, VaultStatus, Warehouse};
use motcua_desk::{Desk, DeskError, FeeError, NewDossier, Ports, StepWish};
use motcua_dossier::{
    BlobId, DeclineKind, DeclineReason, DeviceId, Dossier, DossierId, DossierState, FeeAct, FeeFault,
    FeeMethod, FeedbackReason, IdentityAnswer, OpId, OutboxItem, OutboxKind, OutboxState, Seat,
};
use motcua_testkit::{
    BadLine, CASE_WITH_FEE, Dice, FRIDAY_MORNING, FakeConverter, FakePrinter, FakeScanner, FakeSigner,
    FakeWarehouse, Faults, MemoryVault, OFFICER, SECRET, SeededRandom, Simulation, SkewedClock, TaskId,
    new_dossier, owner, paper_of, pki, reference, settings, unsigned_pdf,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

const COLLEAGUE: &str = "canbo.hai";
const FORM: u32 = 1;
const BIRTH: u32 = 2;
const RESULT: u32 = 0;
const MINUTE: Duration = Duration::from_secs(60);

/// Papers as they come to the counter, signed by the agency; made once, signing is slow.
static PAPERS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| (0..12).map(|seed| paper_of(seed, "KQ.G15.000031", Some(&pki().agency)).1).collect());
static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| unsigned_pdf(9));
/// What happened on a day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Told {
    accepted: u64,
    returned: u64,
    crashes: u64,
    vault_deaths: u64,
    restores: u64,
    refused: u64,
    lost_files: u64,
    withdrawn: u64,
    revoked: u64,
    fees: u64,
    steps: u64,
    corrected: u64,
    declined: u64,
    operations: u64,
    seconds: u64,
}

impl Told {
    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.returned += other.returned;
        self.crashes += other.crashes;
        self.vault_deaths += other.vault_deaths;
        self.restores += other.restores;
        self.refused += other.refused;
        self.lost_files += other.lost_files;
        self.withdrawn += other.withdrawn;
        self.revoked += other.revoked;
        self.fees += other.fees;
        self.steps += other.steps;
        self.corrected += other.corrected;
        self.declined += other.declined;
        self.operations += other.operations;
        self.seconds += other.seconds;
    }

    /// Every kind of thing happened.
    pub(crate) fn saw_everything(&self) -> bool {
        [
            self.accepted,
            self.returned,
            self.crashes,
            self.vault_deaths,
            self.restores,
            self.refused,
            self.lost_files,
            self.withdrawn,
            self.revoked,
            self.fees,
            self.steps,
            self.corrected,
            self.declined,
        ]
        .iter()
        .all(|n| *n > 0)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} accepted, {} results, {} operations, {} crashes, {} vault deaths, {} restores, {} refusals, {} files lost, {} withdrawn, {} machines revoked, {} fees, {} steps, {} corrected, {} declined, {} h simulated",
            self.accepted,
            self.returned,
            self.operations,
            self.crashes,
            self.vault_deaths,
            self.restores,
            self.refused,
            self.lost_files,
            self.withdrawn,
            self.revoked,
            self.fees,
            self.steps,
            self.corrected,
            self.declined,
            self.seconds / 3600
        )
    }
}

/// One counter of the day.
struct Counter {
    vault: Arc<MemoryVault>,
    line: Arc<BadLine>,
    clock: Arc<SkewedClock>,
    warehouse: Arc<FakeWarehouse>,
    device: DeviceId,
    dice: Dice,
    desk: Arc<Desk>,
    tasks: Vec<TaskId>,
    /// What the window said was saved.
    promised: Arc<Mutex<BTreeMap<DossierId, String>>>,
    /// Files this disk lost.
    lost: BTreeSet<BlobId>,
}

impl Counter {
    fn new(number: u8, sim: &Simulation, dice: &Dice, warehouse: &Arc<FakeWarehouse>) -> Self {
        let vault = Arc::new(MemoryVault::default());
        let device = DeviceId::derive(u64::from(number), &[number; 10]);
        vault.create(OFFICER, &SECRET.to_owned().into(), &[5; 32], device).unwrap();
        vault.enrol(COLLEAGUE, &SECRET.to_owned().into()).unwrap();
        let far = Arc::new(warehouse.of(device)) as Arc<dyn Warehouse>;
        let line = Arc::new(BadLine::new(far, sim.timeline(), dice.apart()));
        let clock = Arc::new(SkewedClock::at(FRIDAY_MORNING, sim.timeline()));
        let desk = desk(&vault, &line, &clock, warehouse, device, dice.throw());
        Self {
            vault,
            line,
            clock,
            warehouse: Arc::clone(warehouse),
            device,
            dice: dice.apart(),
            desk,
            tasks: vec![],
            promised: Arc::default(),
            lost: BTreeSet::new(),
        }
    }

    /// The program starts: its sync loop and its officer.
    fn start(&mut self, sim: &mut Simulation, works: bool) {
        self.vault.die_after(None);
        self.vault.lock();
        self.vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
        let (vault, line, clock) = (&self.vault, &self.line, &self.clock);
        self.desk = desk(vault, line, clock, &self.warehouse, self.device, self.dice.throw());
        let looping = Arc::clone(&self.desk);
        self.tasks = vec![sim.spawn(async move { looping.run_sync(&Default::default(), &|_| {}).await })];
        if works {
            let officer = Officer {
                desk: Arc::clone(&self.desk),
                dice: self.dice.apart(),
                clock: Arc::clone(&self.clock),
                promised: Arc::clone(&self.promised),
            };
            self.tasks.push(sim.spawn(officer.work()));
        }
    }

    /// Whoever holds the recovery key lets the officers in again; true when they were locked out.
    fn reopen(&self) -> bool {
        if !matches!(self.vault.status(), VaultStatus::Sealed { .. }) {
            return false;
        }
        self.vault.die_after(None);
        self.vault.recover();
        for officer in [OFFICER, COLLEAGUE] {
            self.vault.enrol(officer, &SECRET.to_owned().into()).unwrap();
        }
        true
    }

    fn kill(&mut self, sim: &mut Simulation) {
        for task in self.tasks.drain(..) {
            sim.kill(task);
        }
    }
}

fn desk(
    vault: &Arc<MemoryVault>,
    line: &Arc<BadLine>,
    clock: &Arc<SkewedClock>,
    warehouse: &FakeWarehouse,
    device: DeviceId,
    seed: u64,
) -> Arc<Desk> {
    let ports = Ports {
        vault: Arc::clone(vault) as Arc<dyn Vault>,
        scanner: Arc::new(FakeScanner::default()),
        printer: Arc::new(FakePrinter::default()),
        converter: Arc::new(FakeConverter::default()),
        signer: Arc::new(FakeSigner::default()),
        warehouse: Arc::clone(line) as Arc<dyn Warehouse>,
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(seed)),
    };
    let office = motcua_desk::OfficeSettings { device, ..settings(warehouse) };
    Arc::new(Desk::new(ports, office))
}

struct Officer {
    desk: Arc<Desk>,
    dice: Dice,
    clock: Arc<SkewedClock>,
    promised: Arc<Mutex<BTreeMap<DossierId, String>>>,
}

impl Officer {
    async fn work(self) {
        use motcua_desk::ports::Clock;
        loop {
            self.clock.sleep(self.dice.millis(500, 40_000)).await;
            // What the machine refuses, the officer tries again another time.
            drop(self.act().await);
        }
    }

    async fn act(&self) -> Result<(), DeskError> {
        let all = self.desk.dossiers("").await?;
        if self.dice.per_mille(25) {
            let unsent = self.desk.outbox(false).await?;
            let Some(line) =
                unsent.get(usize::try_from(self.dice.below(unsent.len().max(1) as u64)).unwrap())
            else {
                return Ok(());
            };
            return self
                .desk
                .withdraw(line.op, "một lý do đủ dài", COLLEAGUE, &SECRET.to_owned().into())
                .map(drop);
        }
        match self.dice.below(10) {
            0 => self.desk.retry_now().await,
            1 => {
                let stuck = |s: &OutboxState| matches!(s, OutboxState::NeedsAttention { .. });
                let lines = self.desk.outbox(false).await?;
                match lines.iter().find(|l| stuck(&l.state)) {
                    Some(line) => self.desk.resend(line.op).await,
                    None => Ok(()),
                }
            }
            2..4 if all.len() < 4 => self.desk.open_dossier(self.new_dossier()).await.map(drop),
            _ => match all.get(usize::try_from(self.dice.below(all.len().max(1) as u64)).unwrap()) {
                Some(dossier) => self.go_on(dossier).await,
                None => self.desk.open_dossier(self.new_dossier()).await.map(drop),
            },
        }
    }

    /// Every other one costs something.
    fn new_dossier(&self) -> NewDossier {
        let new = new_dossier();
        if self.dice.per_mille(500) { NewDossier { case_code: CASE_WITH_FEE.into(), ..new } } else { new }
    }

    async fn go_on(&self, dossier: &Dossier) -> Result<(), DeskError> {
        let id = dossier.id;
        let paper = &PAPERS[usize::try_from(self.dice.below(PAPERS.len() as u64)).unwrap()];
        let row = |number| dossier.component(number).ok().and_then(|c| c.attachment.clone());
        match &dossier.state {
            DossierState::Draft if self.dice.per_mille(30) => {
                let reason = DeclineReason { code: String::new(), text: "thiếu giấy tờ".to_owned() };
                self.desk.decline(id, DeclineKind::Supplement, vec![reason]).await?;
            }
            DossierState::Draft => {
                if row(FORM).is_none() {
                    self.desk.attach_file(id, FORM, "a.pdf", &PLAIN).await?;
                }
                let held = match row(BIRTH) {
                    None => {
                        let changed = self.desk.attach_file(id, BIRTH, "b.pdf", paper).await?;
                        changed.component(BIRTH).ok().and_then(|c| c.attachment.clone())
                    }
                    held => held,
                };
                if held.is_some_and(|a| a.digitized.is_none()) {
                    let metadata = self.desk.suggest_metadata(id, BIRTH).await?;
                    self.desk.digitize(id, BIRTH, metadata).await?;
                }
                self.promise(self.desk.accept(id).await?);
            }
            DossierState::Accepted { .. } => {
                let open = self.desk.open_rows(id).await?;
                if open.contains(&BIRTH) {
                    self.desk.attach_file(id, BIRTH, "b.pdf", paper).await?;
                    let metadata = self.desk.suggest_metadata(id, BIRTH).await?;
                    self.desk.digitize(id, BIRTH, metadata).await?;
                } else if self.dice.per_mille(300) {
                    self.step(dossier)?;
                } else if self.dice.per_mille(400) {
                    if dossier.standing().is_some_and(|standing| !standing.phase.runs()) {
                        self.desk.take_step(id, came())?;
                    }
                    self.collect(dossier).await?;
                    self.desk.attach_file(id, RESULT, "r.pdf", paper).await?;
                    let metadata = self.desk.suggest_metadata(id, RESULT).await?;
                    self.desk.return_result(id, metadata).await?;
                }
            }
            DossierState::Completed { .. } if self.dice.per_mille(400) => {
                self.correct(dossier, paper).await?
            }
            DossierState::Declined(_)
            | DossierState::SetAside(_)
            | DossierState::Completed { .. }
            | DossierState::Withdrawn { .. } => {}
        }
        Ok(())
    }

    /// A result turns out wrong: asked for, agreed to, or taken back. What the warehouse does not have is not corrected.
    async fn correct(&self, dossier: &Dossier, paper: &[u8]) -> Result<(), DeskError> {
        let waits = dossier.waiting_correction().map(|asked| asked.attachment.blob);
        let done = match waits {
            None => {
                let reason = FeedbackReason::WrongInformation;
                self.desk.ask_correction(dossier.id, reason, "sai ngày sinh", "r.pdf", paper).await
            }
            Some(seen) if self.dice.per_mille(150) => self.desk.take_back_correction(dossier.id, seen).await,
            Some(seen) => {
                self.desk.approve_correction(dossier.id, seen, COLLEAGUE, &SECRET.to_owned().into())
            }
        };
        match done {
            Err(DeskError::Correct(_)) => Ok(()),
            done => done.map(drop),
        }
    }

    /// Something that happens between acceptance and result; what does not fit is refused, and nothing is lost by it.
    fn step(&self, dossier: &Dossier) -> Result<(), DeskError> {
        let wish = match self.dice.below(4) {
            0 => StepWish::HandOver {
                to: Seat { unit: "Công chức tư pháp (mẫu)".into(), officer: String::new() },
                note: String::new(),
            },
            1 => StepWish::TakeOver,
            2 => StepWish::AskSupplement {
                items: vec!["bản sao".into()],
                reason: "thiếu giấy tờ".into(),
                approval: None,
            },
            _ => came(),
        };
        match self.desk.take_step(dossier.id, wish) {
            Err(DeskError::Step(_)) => Ok(()),
            taken => taken.map(drop),
        }
    }

    /// What is due, in one payment or two, sometimes by mistake; counters use numbers of one book.
    async fn collect(&self, dossier: &Dossier) -> Result<(), DeskError> {
        let mut due = dossier.fee_account().due();
        while due > 0 {
            let amount = if self.dice.per_mille(300) { 1 + self.dice.below(due) } else { due };
            let number = format!("BL {}", self.dice.below(40));
            let paid = match self.desk.enter_fee(dossier.id, cash(amount, &number)).await {
                Err(DeskError::Fee(FeeError::ReceiptTaken)) => continue,
                paid => paid?,
            };
            if self.dice.per_mille(200)
                && let Some(entry) = paid.fees.last()
            {
                let act = FeeAct::Reversed { entry: entry.id, reason: "thu nhầm".into() };
                self.desk.enter_fee(dossier.id, act).await?;
            }
            due = self.desk.dossier(dossier.id).await?.fee_account().due();
        }
        Ok(())
    }

    /// "Đã lưu trên máy" was on the screen.
    fn promise(&self, dossier: Dossier) {
        let code = dossier.code.as_ref().map(ToString::to_string).unwrap_or_default();
        self.promised.lock().unwrap().insert(dossier.id, code);
    }
}

pub(crate) fn play(seed: u64) -> Told {
    let dice = Dice::of(seed);
    let mut sim = Simulation::new(dice.apart());
    let warehouse = Arc::new(FakeWarehouse::new(reference()));
    warehouse.know(&owner().number, IdentityAnswer::Registered, None);
    let mut counters: Vec<Counter> = (1..=1 + u8::try_from(dice.below(2)).unwrap())
        .map(|n| Counter::new(n, &sim, &dice, &warehouse))
        .collect();
    let mut told = Told::default();
    let faults = Faults {
        lost_requests: dice.below(120),
        lost_answers: dice.below(120),
        doubled: dice.below(120),
        late: dice.below(60),
        trouble: dice.below(120),
        garbled: dice.below(30),
    };
    // One contact when the counter is set up; from then on anything.
    for counter in &mut counters {
        counter.start(&mut sim, true);
    }
    sim.run(Duration::from_secs(20));
    counters.iter().for_each(|c| c.line.suffer(faults));
    let mut epoch_safe = true;
    for _ in 0..6 + dice.below(14) {
        sim.run(dice.millis(1_000, 90_000));
        cursor_never_ahead(&counters, &warehouse);
        if epoch_safe {
            shown_is_durable(&counters, &warehouse);
        }
        let at = usize::try_from(dice.below(counters.len() as u64)).unwrap();
        let counter = &mut counters[at];
        match dice.below(8) {
            0 => counter.line.cut(true),
            1 | 2 => counter.line.cut(false),
            3 => {
                counter.kill(&mut sim);
                told.crashes += 1;
                sim.run(dice.millis(10, 20_000));
                counters[at].start(&mut sim, true);
            }
            4 => {
                // The disk takes so many commits more; then the machine dies.
                counter.vault.die_after(Some(u32::try_from(dice.below(6)).unwrap()));
                sim.run(dice.millis(10, 60_000));
                counters[at].kill(&mut sim);
                told.vault_deaths += 1;
                counters[at].start(&mut sim, true);
            }
            5 if dice.per_mille(500) => {
                counter.clock.jump(i64::try_from(dice.below(1_200_000)).unwrap() - 600_000)
            }
            6 if dice.per_mille(300) => {
                warehouse.restore_empty();
                told.restores += 1;
                epoch_safe = false;
            }
            5 | 6 if dice.per_mille(400) => {
                // The file of a paper that was filed and not sent goes bad on this disk.
                let all = counter.vault.outbox(true).unwrap();
                let open = |s: &OutboxState| {
                    matches!(
                        s,
                        OutboxState::Queued | OutboxState::Sent | OutboxState::WaitingForNetwork { .. }
                    )
                };
                let alone = |line: &&OutboxItem| {
                    let mut users = all.iter().filter(|l| l.blobs.contains(&line.blobs[0]));
                    line.kind == OutboxKind::Document
                        && users.all(|l| {
                            l.dossier == line.dossier && l.kind != OutboxKind::Result && open(&l.state)
                        })
                };
                if let Some(blob) = all.iter().find(alone).map(|l| l.blobs[0]) {
                    counter.vault.forget_blob(&blob);
                    counter.lost.insert(blob);
                    told.lost_files += 1;
                }
            }
            7 if dice.per_mille(300) => warehouse.refuse_next("fileNotTrusted"),
            7 if dice.per_mille(300) => {
                // Revoked by mistake: sealed at its next contact, admitted again and opened by the recovery key.
                let known = warehouse.of(counter.device);
                known.revoke(true);
                sim.run(dice.millis(10, 120_000));
                counters[at].kill(&mut sim);
                known.revoke(false);
                told.revoked += u64::from(counters[at].reopen());
                counters[at].start(&mut sim, true);
            }
            _ => {}
        }
    }
    // The last fault. No officer acts any more: what is to go, goes by itself.
    for counter in &mut counters {
        counter.kill(&mut sim);
        counter.line.suffer(Faults::default());
        counter.line.cut(false);
        counter.start(&mut sim, false);
    }
    sim.run(MINUTE * 11);
    counters.iter().for_each(|counter| listed(counter, &mut told));
    // What needs a person is put right by one: no line is a dead end.
    for counter in &counters {
        sim.spawn(put_right(Arc::clone(&counter.desk), Arc::clone(&counter.clock)));
    }
    sim.run(MINUTE * 30);
    if std::env::var_os("MOTCUA_SEEDS").is_some() {
        counters.iter().for_each(|counter| tell_lines(counter, &warehouse));
    }
    after_all(&counters, &warehouse, &mut told);
    told.seconds = u64::try_from(sim.timeline().elapsed() / 1000).unwrap();
    told
}

/// Every line is through, or its dossier is listed for a person.
fn listed(counter: &Counter, told: &mut Told) {
    let open = counter.vault.outbox(false).unwrap();
    let attention = |l: &&OutboxItem| matches!(l.state, OutboxState::NeedsAttention { .. });
    let stuck: BTreeSet<DossierId> = open.iter().filter(attention).map(|l| l.dossier).collect();
    told.refused += stuck.len() as u64;
    for line in &open {
        assert!(stuck.contains(&line.dossier), "neither through nor listed for a person: {line:?}");
    }
}

/// What an officer does about the lines that need one.
async fn put_right(desk: Arc<Desk>, clock: Arc<SkewedClock>) {
    use motcua_desk::ports::Clock;
    loop {
        clock.sleep(MINUTE).await;
        for line in desk.outbox(false).await.unwrap() {
            if matches!(line.state, OutboxState::NeedsAttention { .. }) {
                let done = match desk.open_rows(line.dossier).await.unwrap().contains(&BIRTH) {
                    _ if line.kind == OutboxKind::Fee => mend(&desk, &line).await,
                    true => replace(&desk, line.dossier).await,
                    false => desk.resend(line.op).await,
                };
                // An acceptance whose paper was just replaced may be gone already.
                drop(done);
            }
        }
    }
}

/// A number another counter used is written anew.
async fn mend(desk: &Desk, line: &OutboxItem) -> Result<(), DeskError> {
    let dossier = desk.dossier(line.dossier).await?;
    let entry = dossier.fees.iter().find(|fee| fee.id == line.op).unwrap();
    match &entry.record.act {
        FeeAct::Paid { amount, .. } => {
            let number = format!("BL {}", line.op);
            match desk.mend_fee(line.dossier, line.op, cash(*amount, &number)).await {
                // It was paid otherwise meanwhile: the money goes back, and two officers take the entry back.
                Err(DeskError::Fee(FeeError::Unfit(FeeFault::BeyondDue))) => desk
                    .withdraw(line.op, "đã hoàn tiền cho công dân", COLLEAGUE, &SECRET.to_owned().into())
                    .map(drop),
                mended => mended.map(drop),
            }
        }
        FeeAct::Relieved { .. } | FeeAct::Reversed { .. } => desk.resend(line.op).await,
    }
}

fn came() -> StepWish {
    StepWish::Supplement { note: String::new() }
}

fn cash(amount: u64, number: &str) -> FeeAct {
    FeeAct::Paid { amount, method: FeeMethod::Cash, receipt_number: number.to_owned() }
}

async fn replace(desk: &Desk, id: DossierId) -> Result<(), DeskError> {
    desk.attach_file(id, BIRTH, "b.pdf", &PAPERS[0]).await?;
    let metadata = desk.suggest_metadata(id, BIRTH).await?;
    desk.digitize(id, BIRTH, metadata).await.map(drop)
}

/// For a day that is played again to be understood.
fn tell_lines(counter: &Counter, warehouse: &FakeWarehouse) {
    println!("counter {}", counter.device);
    for line in counter.vault.outbox(true).unwrap() {
        println!(
            "{:3} {} {:?} {:?} tries {} error {:?} applied {}",
            line.sequence,
            line.dossier,
            line.kind,
            line.state,
            line.attempts,
            line.last_error,
            warehouse.has_applied(line.op)
        );
    }
}

/// "Kho đã nhận" is on no screen before the warehouse has everything.
fn shown_is_durable(counters: &[Counter], warehouse: &FakeWarehouse) {
    for counter in counters {
        for line in counter.vault.outbox(true).unwrap() {
            if matches!(line.state, OutboxState::Received { .. }) {
                assert!(warehouse.has_applied(line.op), "received and not applied: {line:?}");
                assert!(line.blobs.iter().all(|b| warehouse.has_blob(b)), "received without its files");
                assert!(counter.vault.queued(line.op).unwrap().unwrap().receipt.is_some(), "no receipt held");
            }
        }
    }
}

/// Every counter knows every accepted dossier of the office as the warehouse has it, and nothing else.
fn knows_the_office(counters: &[Counter], warehouse: &FakeWarehouse) {
    let views = warehouse.dossiers();
    for counter in counters {
        for view in views.iter().filter(|view| view.accepted.is_some()) {
            let row = counter.vault.office_dossier(view.id).unwrap().expect("told of every accepted dossier");
            assert_eq!(row.version, view.version, "as it is now");
            assert_eq!(Some(&row.code), view.accepted.as_ref().map(|accepted| &accepted.code));
            assert_eq!(row.returned_at.is_some(), view.returned.is_some());
            if let Some(own) = counter.vault.dossier(view.id).unwrap() {
                assert_eq!(own.server_version, view.version, "this counter's own dossier too");
            }
        }
        for row in counter.vault.office("", 1000).unwrap() {
            assert!(views.iter().any(|view| view.id == row.id), "nothing that is not there");
        }
    }
}

/// What a cursor stands behind is known here: page and cursor were one commit.
fn cursor_never_ahead(counters: &[Counter], warehouse: &FakeWarehouse) {
    for counter in counters {
        let cursor = counter.vault.setting("changes_cursor").unwrap().filter(|cursor| !cursor.is_empty());
        for (id, version) in cursor.map(|cursor| warehouse.told_up_to(&cursor)).unwrap_or_default() {
            let row = counter.vault.office_dossier(id).unwrap();
            assert!(row.is_some_and(|row| row.version >= version), "the cursor is ahead of its rows");
        }
    }
}

fn after_all(counters: &[Counter], warehouse: &FakeWarehouse, told: &mut Told) {
    let views = warehouse.dossiers();
    knows_the_office(counters, warehouse);
    let mut accepted_here: BTreeMap<DossierId, String> = BTreeMap::new();
    for counter in counters {
        let dossiers = counter.vault.dossiers("", 1000).unwrap();
        for (id, code) in counter.promised.lock().unwrap().iter() {
            let held = dossiers.iter().find(|d| d.id == *id).expect("a saved dossier is there");
            assert!(!matches!(held.state, DossierState::Draft), "a saved acceptance is there");
            let now = held.code.as_ref().unwrap();
            assert!(now.as_str() == code || code.starts_with("TAM-"), "a code on paper holds");
        }
        assert_eq!(counter.vault.outbox(false).unwrap(), [], "everything is through in the end");
        for line in counter.vault.outbox(true).unwrap() {
            told.operations += 1;
            if matches!(line.state, OutboxState::Received { .. }) {
                assert!(warehouse.has_applied(line.op), "received and not applied");
                for blob in &line.blobs {
                    assert!(warehouse.has_blob(blob), "received without its file");
                    whole(counter, blob);
                }
            }
        }
        for dossier in dossiers {
            if matches!(dossier.state, DossierState::Draft) {
                continue;
            }
            if let DossierState::Declined(said) = &dossier.state {
                told.declined += 1;
                let view = views.iter().find(|v| v.id == dossier.id).expect("it is told");
                assert_eq!(view.declined.as_ref().map(|there| &there.record), Some(&**said));
                continue;
            }
            if matches!(dossier.state, DossierState::Withdrawn { .. }) {
                told.withdrawn += 1;
                let arrived = views.iter().any(|v| v.id == dossier.id && v.accepted.is_some());
                assert!(!arrived, "what was taken back never arrives");
                continue;
            }
            told.accepted += 1;
            let code = dossier.code.as_ref().unwrap().to_string();
            let view = views.iter().find(|v| v.id == dossier.id).expect("an accepted dossier arrives");
            let there = view.accepted.as_ref().expect("its acceptance arrives");
            assert_eq!(there.code.to_string(), code, "one code on both sides");
            let completed = matches!(dossier.state, DossierState::Completed { .. });
            assert_eq!(view.returned.is_some(), completed, "its result arrives");
            told.returned += u64::from(completed);
            if let Some((document, blob)) = dossier.returned_result() {
                let paper = warehouse.paper(document).expect("its paper is there");
                assert_eq!(paper.record.blob, blob, "the last correction that counts has its place");
                told.corrected += dossier.corrected_results().count() as u64;
            }
            let entered = dossier.fees.iter().filter(|line| !line.void).map(|line| line.id);
            let taken = warehouse.fees_of(dossier.id).expect("an accepted dossier has an account");
            assert_eq!(
                entered.collect::<BTreeSet<_>>(),
                taken.entries.iter().map(|entry| entry.id).collect(),
                "every entry that counts arrives, once, and no other"
            );
            // Two officers may have taken an entry back afterwards.
            let settled = taken.settled || !dossier.withdrawals.is_empty();
            assert!(!completed || settled, "nothing is returned before its fee is settled");
            told.fees += taken.entries.len() as u64;
            let taken = warehouse.steps_of(dossier.id).expect("an accepted dossier is there");
            let steps = dossier.steps.iter().filter(|line| !line.void).map(|line| line.id);
            let arrived: Vec<OpId> = taken.entries.iter().map(|entry| entry.id).collect();
            assert_eq!(
                steps.collect::<Vec<_>>(),
                arrived,
                "every step that counts arrives, once, in its order"
            );
            told.steps += arrived.len() as u64;
            assert!(accepted_here.insert(dossier.id, code).is_none(), "one dossier, one counter");
        }
    }
    let codes: BTreeSet<&String> = accepted_here.values().collect();
    assert_eq!(codes.len(), accepted_here.len(), "no two dossiers share a code");
    for view in &views {
        if view.accepted.is_some() {
            assert!(accepted_here.contains_key(&view.id), "an acceptance nobody made");
        }
    }
}

fn whole(counter: &Counter, blob: &BlobId) {
    let here = counter.vault.blob(blob).unwrap().is_some() || counter.lost.contains(blob);
    assert!(here, "a file this counter made is still there");
}
