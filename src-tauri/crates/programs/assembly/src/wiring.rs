//! From a profile to a working [`Desk`].

use crate::profile::{CounterProfile, ProfileError};
use crate::starter::StartedVault;
use crate::training::TrainingError;
use motcua_converter::LibreOffice;
use motcua_desk::ports::{Clock, LinkError, Random};
use motcua_desk::{Desk, DeskError, OfficeSettings, ports};
use motcua_dossier::DeviceId;
use motcua_link::{DeviceIdentity, HttpWarehouse, LinkSettings, LinkSettingsError};
use motcua_platform::{ProfileDir, SystemClock, SystemRandom};
use motcua_printer::CupsPrinter;
use motcua_scanner::SaneScanner;
use motcua_token::Pkcs11Signer;
use motcua_vault::SealedVault;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Why no desk could be made of the profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssemblyError {
    /// `counter.json`.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// URL or CA.
    #[error(transparent)]
    Link(#[from] LinkSettingsError),
    /// A key in `counter.json` is not 64 hex digits.
    #[error("{0} in the counter profile is not 64 hexadecimal digits")]
    Key(&'static str),
    /// The folder for training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The path of this executable is not known, so no worker can be started.
    #[error("this program does not know its own path")]
    Executable(#[source] std::io::Error),
}

impl AssemblyError {
    /// Stable code; its sentences are `err_<code>` and `rec_<code>`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Profile(error) => error.code(),
            // Both lie in `counter.json`.
            Self::Link(_) | Self::Key(_) => "profileMalformed",
            Self::Training(error) => error.code(),
            Self::Executable(_) => "programUnknown",
        }
    }
}

/// Loads the profile and wires every port to its edge. Opens nothing: no vault, device or connection.
///
/// # Errors
/// See [`AssemblyError`].
pub fn assemble(dir: &ProfileDir) -> Result<Arc<Desk>, AssemblyError> {
    assemble_from(dir, CounterProfile::load(dir.root())?)
}

/// [`assemble`] with a profile already at hand.
///
/// # Errors
/// See [`AssemblyError`].
pub fn assemble_from(dir: &ProfileDir, profile: CounterProfile) -> Result<Arc<Desk>, AssemblyError> {
    desk_on(dir, profile, SealedVault::at(dir.vault()))
}

/// [`assemble`] with the vault open by the agency's private recovery key, for a machine none of whose officers can
/// open it, or whose sealed files are asked for.
///
/// # Errors
/// See [`RescueError`].
pub fn assemble_recovered(
    dir: &ProfileDir,
    profile: CounterProfile,
    private: &[u8; 32],
) -> Result<Arc<Desk>, RescueError> {
    let vault = SealedVault::open_with_recovery(&dir.vault(), private).map_err(DeskError::from)?;
    Ok(desk_on(dir, profile, vault)?)
}

/// Why a machine was not opened with the recovery key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RescueError {
    /// The profile.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// The vault.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

fn desk_on(
    dir: &ProfileDir,
    profile: CounterProfile,
    vault: SealedVault,
) -> Result<Arc<Desk>, AssemblyError> {
    profile.check_training()?;
    let program = worker_program().map_err(AssemblyError::Executable)?;
    let (device, link) = (device_of(dir, &profile)?, link_of(dir, &profile));
    let args = |name: &str| vec![OsString::from("worker"), OsString::from(name)];
    let pairs = |env: BTreeMap<String, String>| env.into_iter().collect::<Vec<_>>();
    let scanner = motcua_scanner::WorkerCommand {
        program: program.clone(),
        args: args("scanner"),
        env: pairs(profile.sane_env),
    };
    let token = motcua_token::WorkerCommand { program, args: args("token"), env: pairs(profile.pkcs11_env) };
    let office = OfficeSettings {
        device,
        agency_code: profile.agency_code,
        agency_name: profile.agency_name,
        unit_name: profile.unit_name,
        place: profile.place,
        receipt_key: key("receipt_key", &profile.receipt_key)?,
        recovery_key: key("recovery_key", &profile.recovery_key)?,
        scanner_options: profile.scanner_options,
        retention: profile.retention.bounded(),
        // A weekend at least, a quarter of a year at most.
        offline_grace_days: profile.offline_grace_days.map(|days| days.clamp(3, 90)),
        // Never at once and never not at all.
        lock_after_minutes: profile.lock_after_minutes.map(|minutes| minutes.clamp(1, 60)),
        support: crate::support::known(dir.root()),
        training: profile.training,
    };
    let vault = Arc::new(StartedVault::new(vault, dir.root(), office.agency_code.clone()));
    let ports = ports_of(vault, scanner, token, profile.pkcs11_module, link)?;
    Ok(Arc::new(Desk::new(ports, office)))
}

/// Enrols this machine at the warehouse by a one-time code. A machine that was enrolled before stays the
/// same one, and what it has not sent stays unsent.
///
/// # Errors
/// See [`EnrolError`].
pub async fn enrol(
    dir: &ProfileDir,
    profile: &CounterProfile,
    code: &str,
) -> Result<DeviceIdentity, EnrolError> {
    profile.check_training()?;
    let device = device_of(dir, profile)?;
    Ok(motcua_link::enrol(&link_of(dir, profile), code, device, &profile.agency_code).await?)
}

/// Why a machine did not enrol.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// `counter.json` could not be written, or is for training and names a warehouse elsewhere.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The warehouse.
    #[error(transparent)]
    Link(#[from] LinkError),
}

fn link_of(dir: &ProfileDir, profile: &CounterProfile) -> LinkSettings {
    LinkSettings {
        url: profile.warehouse_url.clone(),
        ca_pem: profile.ca_pem.clone(),
        identity: dir.identity(),
    }
}

/// The machine's identity; one that has none makes it, once.
fn device_of(dir: &ProfileDir, profile: &CounterProfile) -> Result<DeviceId, ProfileError> {
    if let Some(device) = profile.device_id {
        return Ok(device);
    }
    let mut chance = [0u8; 10];
    SystemRandom.fill(&mut chance);
    let device = DeviceId::derive(u64::try_from(SystemClock.now().0).unwrap_or(0), &chance);
    CounterProfile { device_id: Some(device), ..profile.clone() }.save(dir.root())?;
    Ok(device)
}

fn ports_of(
    vault: Arc<dyn ports::Vault>,
    scanner: motcua_scanner::WorkerCommand,
    token: motcua_token::WorkerCommand,
    module: PathBuf,
    link: LinkSettings,
) -> Result<motcua_desk::Ports, AssemblyError> {
    Ok(motcua_desk::Ports {
        vault,
        scanner: Arc::new(SaneScanner::new(scanner)),
        printer: Arc::new(CupsPrinter::of_this_machine()),
        converter: Arc::new(LibreOffice::of_this_machine()),
        signer: Arc::new(Pkcs11Signer::new(token, module)),
        warehouse: Arc::new(HttpWarehouse::new(link)?),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    })
}

/// The executable that holds the workers: this one, or the one named by `MOTCUA_WORKER` (tests run
/// inside a harness that is no worker).
pub(crate) fn worker_program() -> std::io::Result<PathBuf> {
    match std::env::var_os("MOTCUA_WORKER") {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => std::env::current_exe(),
    }
}

fn key(name: &'static str, text: &str) -> Result<[u8; 32], AssemblyError> {
    motcua_dossier::BlobId::parse(text).map(|b| b.0).map_err(|_| AssemblyError::Key(name))
}
