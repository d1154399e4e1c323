//! What the window keeps: the desk, the running jobs, the place of the PIN window, the token last seen.

use crate::crash::Crashes;
use crate::jobs::Jobs;
use crate::mirror::{outbox_item, small, summary_state, withdrawal_note};
use crate::pin::PinDesk;
use crate::view::{self, AppError, JobKind, PrinterLight, Status, TokenPresence, VaultState, WarehouseLogin};
use motcua_assembly::{ProfileDir, TrainingGround};
use motcua_desk::Login;
use motcua_desk::ports::{PrintRecord, VaultStatus};
use motcua_desk::{Desk, SyncEvent, TokenState};
use motcua_dossier as domain;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tauri::{AppHandle, Emitter, Manager, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;

/// Heard by the main window whenever sync, token or vault change state.
pub const STATUS_CHANGED: &str = "statusChanged";
/// Heard by the main window when a dossier changed behind it.
pub const DOSSIER_CHANGED: &str = "dossierChanged";

const TOKEN_POLL: Duration = Duration::from_secs(2);
const PRINTER_POLL: Duration = Duration::from_secs(8);
/// A print is asked after this often in its first minute, then more seldom.
const PRINT_POLL: Duration = Duration::from_millis(700);
const PRINT_POLL_LATER: Duration = Duration::from_secs(5);
const PRINT_SOON: u32 = 90;
const TELL_PAUSE: Duration = Duration::from_millis(100);

/// Managed state of the program; lives until the process ends.
pub struct Shell {
    /// What an officer does.
    pub desk: Arc<Desk>,
    /// Running jobs.
    pub jobs: Jobs,
    /// Where PINs arrive.
    pub pins: PinDesk,
    /// What went wrong in earlier runs.
    pub crashes: Crashes,
    /// Where this counter's settings lie.
    pub profile: ProfileDir,
    /// The folder people learn in; none at a real counter.
    pub training: Option<Arc<TrainingGround>>,
    token: Mutex<TokenState>,
    printer: Mutex<PrinterLight>,
    /// Prints somebody asks after already.
    followed: Mutex<HashSet<(domain::DossierId, u32)>>,
}

fn practised(ground: &TrainingGround) -> view::Training {
    let cast = ground.cast().clone();
    view::Training {
        officer: cast.officer,
        officer_secret: cast.officer_secret,
        pin: cast.pin,
        owner_number: cast.owner_number,
        owner_name: cast.owner_name,
        cut: ground.is_cut(),
    }
}

fn refused_login(code: &str) -> WarehouseLogin {
    match code {
        "loginRefused" => WarehouseLogin::Refused,
        "officeWithoutOfficers" => WarehouseLogin::MachineOnly,
        "officerOfOtherOffice" => WarehouseLogin::OtherOffice,
        "loginExpired" => WarehouseLogin::Ended,
        _ => WarehouseLogin::Failed,
    }
}

/// What a line of the outbox tells of its dossier.
type CodeAndWithdrawals = (Option<String>, Vec<domain::Withdrawal>);

impl Shell {
    /// A shell around a desk.
    #[must_use]
    pub fn new(desk: Arc<Desk>, crashes: Crashes, profile: ProfileDir) -> Self {
        let (jobs, pins) = (Jobs::default(), PinDesk::default());
        let (token, printer) = (Mutex::new(TokenState::None), Mutex::new(PrinterLight::None));
        let (training, followed) = (None, Mutex::default());
        Self { desk, jobs, pins, crashes, profile, training, token, printer, followed }
    }

    /// The same for learning.
    #[must_use]
    pub fn for_training(self, ground: Option<Arc<TrainingGround>>) -> Self {
        Self { training: ground, ..self }
    }

    /// Where the counter stands.
    pub async fn status(&self) -> Status {
        let status = self.desk.status().await;
        let office = self.desk.office();
        let mut sealed_at = None;
        let (vault, officers, officer) = match status.vault {
            VaultStatus::Absent => (VaultState::Absent, Vec::new(), None),
            VaultStatus::Locked { officers } => (VaultState::Locked, officers, None),
            VaultStatus::Sealed { at } => {
                sealed_at = Some(at.into());
                (VaultState::Sealed, Vec::new(), None)
            }
            VaultStatus::Open { officer } => (VaultState::Open, Vec::new(), Some(officer)),
        };
        let open = officer.is_some();
        let (token, token_label) = match self.token() {
            TokenState::None => (TokenPresence::None, None),
            TokenState::Present { label, .. } => (TokenPresence::Present, Some(label)),
            TokenState::Locked { label } => (TokenPresence::Locked, Some(label)),
        };
        let officer_name = match &officer {
            Some(login) => self.desk.officer_name(login).await.ok().filter(|name| name != login),
            None => None,
        };
        let tour_seen = match &officer {
            Some(login) => self.desk.tour_seen(login).await.unwrap_or(true),
            None => true,
        };
        let administrator = open && self.desk.may_administer().unwrap_or(false);
        let (warehouse_login, warehouse_name) = match status.login {
            Login::NotAsked => (WarehouseLogin::NotAsked, None),
            Login::Known(known) if !known.looks_people_up() => {
                (WarehouseLogin::WithoutRole, Some(known.name))
            }
            Login::Known(known) => (WarehouseLogin::Known, Some(known.name)),
            Login::Refused(code) => (refused_login(&code), None),
        };
        let print = self.desk.print_settings().await.unwrap_or_default();
        let printer = *self.printer.lock().unwrap_or_else(PoisonError::into_inner);
        Status {
            vault,
            sealed_at,
            officers,
            officer,
            officer_name,
            agency_name: office.agency_name.clone(),
            unit_name: office.unit_name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            online: status.online,
            trouble: status.trouble.map(str::to_owned),
            last_contact: status.last_contact.map(Into::into),
            warehouse_login,
            administrator,
            warehouse_name,
            queued: status.queued,
            attention: status.attention,
            token,
            token_label,
            scanner_id: status.scanner,
            scanner_label: self.desk.scanner_label().await.ok().flatten(),
            reference_version: small(status.reference_version),
            block_left: status.block_left,
            reuse_target: status.reuse_target,
            offline_days_left: status.offline_days_left,
            lock_after_minutes: status.lock_after_minutes,
            support: status.support.map(Into::into),
            tour_seen,
            training: self.training.as_deref().map(practised),
            supervises: open && self.desk.may_supervise().unwrap_or(false),
            printer,
            print: print.into(),
        }
    }

    /// The vault is open: work in the background begins.
    ///
    /// # Errors
    /// None today; a command's answer.
    pub async fn opened<R: Runtime>(&self, app: &AppHandle<R>) -> Result<Status, AppError> {
        if let Ok(token) = self.desk.token_state().await {
            *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
        }
        self.start_sync(app);
        let status = self.status().await;
        // An event nobody hears is no failure: the answer carries the same status.
        drop(app.emit_to(crate::window::MAIN, STATUS_CHANGED, &status));
        Ok(status)
    }

    /// Sync runs in the background from here on; it does already after the first call.
    pub fn start_sync<R: Runtime>(&self, app: &AppHandle<R>) {
        if self.jobs.runs(JobKind::Sync) {
            return;
        }
        let job = self.jobs.begin(JobKind::Sync);
        tauri::async_runtime::spawn(watch_token(app.clone(), job.cancel.clone()));
        tauri::async_runtime::spawn(watch_printer(app.clone(), job.cancel.clone()));
        let (desk, app) = (self.desk.clone(), app.clone());
        tauri::async_runtime::spawn(async move {
            let (events, heard) = tokio::sync::mpsc::unbounded_channel();
            let telling = tauri::async_runtime::spawn(tell(app, heard));
            desk.run_sync(&job.cancel, &|event| _ = events.send(event)).await;
            // The teller ends when nobody can tell it anything any more.
            drop(events);
            drop(telling.await);
        });
    }

    /// Asks the print system how the chosen printer is; true when that is news.
    pub async fn look_at_printer(&self) -> bool {
        let seen = match self.desk.printer_state().await {
            Ok(Some(state)) => state.into(),
            Ok(None) => PrinterLight::None,
            Err(_) => PrinterLight::Unknown,
        };
        let mut held = self.printer.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *held, seen) != seen
    }

    /// Prints what F9 prints, behind the acceptance, and tells the page what becomes of it.
    pub fn print_accepted<R: Runtime>(&self, app: &AppHandle<R>, id: domain::DossierId) {
        let (desk, app) = (self.desk.clone(), app.clone());
        tauri::async_runtime::spawn(async move {
            // What went wrong is in the journal; without an open vault there is nobody to tell.
            if let Ok(Some(record)) = desk.print_accepted(id).await {
                tell_dossier(&app, id);
                app.state::<Self>().follow_print(&app, &record);
            }
        });
    }

    /// Asks after a print until it is over, once for each, and tells the page what is new.
    pub fn follow_print<R: Runtime>(&self, app: &AppHandle<R>, record: &PrintRecord) {
        let (id, number) = (record.dossier, record.number);
        let asks = || self.followed.lock().unwrap_or_else(PoisonError::into_inner).insert((id, number));
        if !record.is_open() || !asks() {
            return;
        }
        let (desk, app, mut known) = (self.desk.clone(), app.clone(), record.clone());
        tauri::async_runtime::spawn(async move {
            let mut asked = 0;
            while known.is_open() {
                asked += 1;
                tokio::time::sleep(if asked < PRINT_SOON { PRINT_POLL } else { PRINT_POLL_LATER }).await;
                let Ok(now) = desk.follow_print(id, number).await else { break };
                if now != known {
                    known = now;
                    tell_dossier(&app, id);
                    tell_printer(&app).await;
                }
            }
            app.state::<Self>().forget_print(id, number);
        });
    }

    fn forget_print(&self, id: domain::DossierId, number: u32) {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).remove(&(id, number));
    }

    /// From the start of the program to its end: a machine that was revoked is sealed at its first contact, whether
    /// somebody opens it or not.
    pub fn watch_revocation<R: Runtime>(&self, app: &AppHandle<R>) {
        let (desk, app) = (self.desk.clone(), app.clone());
        tauri::async_runtime::spawn(async move {
            let (events, heard) = tokio::sync::mpsc::unbounded_channel();
            let telling = tauri::async_runtime::spawn(tell(app, heard));
            desk.watch_revocation(&tokio_util::sync::CancellationToken::new(), &|event| {
                _ = events.send(event)
            })
            .await;
            drop(events);
            drop(telling.await);
        });
    }

    /// Stops everything and closes the vault. No draft is lost.
    pub async fn close<R: Runtime>(&self, app: &AppHandle<R>) {
        self.jobs.cancel_all();
        self.pins.close();
        self.desk.lock().await;
        // The lock waits for no network.
        let desk = self.desk.clone();
        drop(tauri::async_runtime::spawn(async move { desk.tell_left().await }));
        drop(app.emit_to(crate::window::MAIN, STATUS_CHANGED, &self.status().await));
    }

    /// Does the officer wait for a job of his, so that nothing typed does not mean nobody there. A PIN
    /// window nobody types into is no job.
    pub fn works(&self) -> bool {
        let signs = self.jobs.runs(JobKind::Sign) && !self.pins.waits();
        signs
            || [JobKind::Scan, JobKind::Fetch, JobKind::Convert].into_iter().any(|kind| self.jobs.runs(kind))
    }

    /// The outbox as the page shows it.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn outbox(&self, all: bool) -> Result<Vec<view::OutboxItem>, AppError> {
        let items = self.desk.outbox(all).await?;
        let mut known: HashMap<domain::DossierId, Option<CodeAndWithdrawals>> = HashMap::new();
        for item in &items {
            if let std::collections::hash_map::Entry::Vacant(e) = known.entry(item.dossier) {
                let dossier = self.desk.dossier(item.dossier).await.ok();
                e.insert(dossier.map(|d| (d.code.map(|c| c.to_string()), d.withdrawals)));
            }
        }
        let mut lines = Vec::with_capacity(items.len());
        for item in &items {
            let dossier = known.get(&item.dossier).cloned().flatten();
            let answers = dossier.is_none();
            let (code, withdrawals) = dossier.unwrap_or_default();
            let mut line = outbox_item(item, code);
            line.answers = answers;
            line.withdrawal =
                withdrawals.iter().rev().find(|w| w.ops.contains(&item.op)).map(withdrawal_note);
            line.exported_at = self.desk.exported_at(item.op)?.map(Into::into);
            lines.push(line);
        }
        Ok(lines)
    }

    /// Lines of the work list.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn lines(&self, dossiers: &[domain::Dossier]) -> Result<Vec<view::DossierLine>, AppError> {
        let mut lines = Vec::with_capacity(dossiers.len());
        for dossier in dossiers {
            let outbox = self.desk.outbox_of(dossier.id).await?;
            lines.push(view::DossierLine::of(dossier, summary_state(outbox.iter())));
        }
        Ok(lines)
    }

    /// A dossier with everything the page shows about it.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn dossier(&self, dossier: domain::Dossier) -> Result<view::Dossier, AppError> {
        let desk = &self.desk;
        let outbox = desk.outbox_of(dossier.id).await?;
        let reference = desk.reference().await?;
        let badges = desk.badges(dossier.id).await?;
        let problems = desk.problems(dossier.id).await?;
        let mut capturing = HashMap::new();
        for number in dossier.components.iter().map(|c| c.number).chain([0]) {
            capturing.insert(number, small(desk.capture(dossier.id, number).await?.pages.len()));
        }
        let open = desk.open_rows(dossier.id).await?;
        let expected = match dossier.state {
            domain::DossierState::Draft => Some(desk.expected_deadline(&dossier).await?),
            _ => None,
        };
        let days = desk.step_days(&dossier).await?;
        let mut names = HashMap::new();
        let prints = desk.prints(dossier.id).await?;
        let steps = dossier.steps.iter().flat_map(|line| line.record.officers());
        let corrections = dossier.corrections.iter().flat_map(|asked| {
            let decided = match &asked.state {
                domain::CorrectionState::Approved { by, .. }
                | domain::CorrectionState::Refused { by, .. } => Some(by.as_str()),
                domain::CorrectionState::Waiting | domain::CorrectionState::TakenBack { .. } => None,
            };
            std::iter::once(asked.officer.as_str()).chain(decided)
        });
        let printed = prints.iter().map(|record| record.officer.as_str());
        // A list of its own: what is chained here cannot be held while the vault is asked.
        let logins: Vec<&str> = steps.chain(corrections).chain(printed).collect();
        for login in logins {
            if !names.contains_key(login) {
                names.insert(login.to_owned(), desk.officer_name(login).await?);
            }
        }
        let defects = match dossier.state {
            domain::DossierState::Draft => desk.agency_defects(&dossier)?,
            _ => vec![],
        };
        let around = crate::mirror::Around {
            reference: &reference,
            badges: &badges,
            capturing: &capturing,
            open: &open,
            officer: desk.officer_name(&dossier.officer).await?,
            agency: desk.office().agency_code.as_str(),
            today: desk.today(),
            expected: expected.as_ref(),
            days,
            defects: &defects,
            names: &names,
            prints: &prints,
            result_now: desk.current_result(&dossier)?.map(|(_, blob)| blob),
        };
        Ok(around.dossier(&dossier, &outbox, &problems))
    }

    fn token(&self) -> TokenState {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the state; true when it is news.
    fn token_seen(&self, seen: TokenState) -> bool {
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *held != seen;
        *held = seen;
        news
    }
}

/// Tells the page when a token comes, goes or locks.
async fn watch_token<R: Runtime>(app: AppHandle<R>, cancel: tokio_util::sync::CancellationToken) {
    while !cancel.is_cancelled() {
        let shell = app.state::<Shell>();
        // While a job signs, the module is busy and its flags are in motion.
        if !shell.jobs.runs(JobKind::Sign) {
            // A module that hangs or crashed shows no token; the sign command says why.
            let seen = shell.desk.token_state().await.unwrap_or(TokenState::None);
            if shell.token_seen(seen) {
                drop(app.emit_to(crate::window::MAIN, STATUS_CHANGED, &shell.status().await));
            }
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(TOKEN_POLL) => {}
        }
    }
}

/// Tells the page how the printer is when that changes.
async fn watch_printer<R: Runtime>(app: AppHandle<R>, cancel: tokio_util::sync::CancellationToken) {
    while !cancel.is_cancelled() {
        tell_printer(&app).await;
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(PRINTER_POLL) => {}
        }
    }
}

async fn tell_printer<R: Runtime>(app: &AppHandle<R>) {
    let shell = app.state::<Shell>();
    if shell.look_at_printer().await {
        drop(app.emit_to(crate::window::MAIN, STATUS_CHANGED, &shell.status().await));
    }
}

fn tell_dossier<R: Runtime>(app: &AppHandle<R>, id: domain::DossierId) {
    let payload = view::DossierChanged { id: id.to_string() };
    drop(app.emit_to(crate::window::MAIN, DOSSIER_CHANGED, payload));
}

/// Tells the page what sync changed, at most ten times a second; what piles up meanwhile is told once.
async fn tell<R: Runtime>(app: AppHandle<R>, mut heard: UnboundedReceiver<SyncEvent>) {
    while let Some(first) = heard.recv().await {
        let mut changed = HashSet::new();
        let mut next = Some(first);
        while let Some(event) = next {
            match event {
                SyncEvent::DossierChanged(id) => drop(changed.insert(id)),
                // The status carries no byte counts; lines under way are re-read with it.
                SyncEvent::StatusChanged | SyncEvent::OfficeChanged | SyncEvent::Sending { .. } => {}
            }
            next = heard.try_recv().ok();
        }
        for id in changed {
            let payload = view::DossierChanged { id: id.to_string() };
            drop(app.emit_to(crate::window::MAIN, DOSSIER_CHANGED, payload));
        }
        let status = app.state::<Shell>().status().await;
        drop(app.emit_to(crate::window::MAIN, STATUS_CHANGED, status));
        tokio::time::sleep(TELL_PAUSE).await;
    }
}
