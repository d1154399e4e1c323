//! Backup of a whole warehouse beside a running server, and the way back.
//!
//! A backup folder holds one shelf of files by their hash, shared by all generations, and one folder
//! `backup-<time>` for each generation: the records, the settings and keys, the list of files and a
//! manifest with the hash of each. A generation gets its name only when everything in it was read back.
//!
//! The records are copied first: every file they name is on the disk already and files are never
//! removed, so the copy and the shelf fit each other.

use crate::store::{Blobs, Records, flush_folder, hash_of};
use crate::warehouse::system_now;
use crate::{BlobError, Config, ConfigError, NoticeSettings, ServeError, StoreError, Warehouse};
use motcua_dossier::{BlobId, Day, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

/// Version of the manifest this program reads and writes.
pub const BACKUP_VERSION: u32 = 1;

const MAGIC: &str = "motcua-backup";
const MANIFEST: &str = "manifest.json";
const RECORDS: &str = "records.db";
const LIST: &str = "blobs.list";
const MARKER: &str = "restoring";
const LOCK: &str = "serve.lock";
const SECRETS: [&str; 4] = ["warehouse.json", "receipt.key", "device-ca.key", "identity.json"];

/// Ordinals of so many days before the backup may have been leased after it: a provisional code gets a
/// final one of the day of acceptance.
const DAYS_BEFORE: i64 = 30;
/// Ordinals may be leased so many days ahead.
const DAYS_AHEAD: i64 = 7;

/// What a generation holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    magic: String,
    version: u32,
    at: Timestamp,
    program: String,
    schema: u32,
    epoch: u64,
    files: Vec<Held>,
    blobs: u64,
    blob_bytes: u64,
    /// Named by the records, nowhere to be found when the backup was made.
    missing: Vec<BlobId>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    name: String,
    size: u64,
    sha256: String,
}

/// What was backed up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BackupReport {
    /// Folder of the generation.
    pub generation: PathBuf,
    /// Files of papers and dossiers in it.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Files that earlier generations did not have.
    pub blobs_new: u64,
    /// Files the records name and nobody has; the rest is whole.
    pub blobs_missing: Vec<String>,
    /// Files of an earlier generation that had changed on the backup's disk and were taken anew.
    pub blobs_renewed: u64,
    /// Generations removed because there were more than wished for.
    pub removed: usize,
}

/// What was restored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RestoreReport {
    /// Folder of the generation.
    pub generation: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// Files that are there.
    pub blobs: u64,
    /// Of these, files that lay in the data directory already.
    pub blobs_kept: u64,
    /// Files that neither the backup nor the data directory has whole; counters that have them send them.
    pub blobs_missing: Vec<String>,
    /// The raised epoch, at which counters push again what they have.
    pub epoch: u64,
    /// Machines, officers and grants are as the replaced records knew them last, not as at the time of the backup.
    pub access_kept: bool,
    /// Until then no notice is sent, unless somebody releases them.
    pub notices_held_until: Timestamp,
    /// Where the records that were there before lie now.
    pub set_aside: Option<PathBuf>,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The warehouse cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Disk.
    #[error("disk failed: {0}")]
    Io(#[from] io::Error),
    /// No generation there, or not one of ours.
    #[error("no backup of a warehouse was found")]
    NotABackup,
    /// Made by a newer program.
    #[error("the backup was made by a newer version ({0})")]
    Newer(u32),
    /// A part of the generation is not what its manifest says.
    #[error("{0} of the backup is not what its manifest says")]
    Changed(String),
    /// The data directory holds something already.
    #[error("the data directory is not empty")]
    NotEmpty,
    /// A server or another command holds the directory.
    #[error("another program holds the directory")]
    Held,
}

/// Makes a backup of a data directory; a server may run beside it. `whole` reads every file of earlier
/// generations again; `keep` removes the oldest generations beyond that number.
///
/// # Errors
/// See [`BackupError`]; nothing that looks like a backup is left behind.
pub fn back_up(
    config: &Config,
    to: &Path,
    whole: bool,
    keep: Option<usize>,
) -> Result<BackupReport, BackupError> {
    let warehouse = Warehouse::beside(config)?;
    fs::create_dir_all(to)?;
    let _held = hold(&to.join("backup.lock"))?;
    let shelf = Blobs::open(&to.join("blobs"))?;
    let at = warehouse.now();
    let name = name_of(at)?;
    let making = to.join(format!("making-{name}"));
    remove_unfinished(to)?;
    private_folder(&making)?;
    warehouse.records.copy_to(&making.join(RECORDS))?;
    let mut manifest = Manifest {
        magic: MAGIC.to_owned(),
        version: BACKUP_VERSION,
        at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: 0,
        epoch: 0,
        files: vec![held(&making, RECORDS)?],
        blobs: 0,
        blob_bytes: 0,
        missing: vec![],
    };
    let wanted = {
        let copy = Records::open_copy(&making.join(RECORDS))?;
        if !copy.is_whole()? {
            return Err(BackupError::Changed(RECORDS.to_owned()));
        }
        manifest.schema = copy.schema()?;
        manifest.epoch = copy.read(|v| v.epoch())?;
        named_blobs(&copy)?
    };
    let (mut new, mut renewed) = (0, 0);
    let mut list = BufWriter::new(private_file(&making.join(LIST))?);
    for blob in &wanted {
        let there = shelf.has(blob);
        let size = if there && (!whole || shelf.is_whole(blob)?) {
            Some(fs::metadata(shelf.path(blob))?.len())
        } else {
            let taken = take(&shelf, &warehouse.blobs, blob)?;
            new += u64::from(taken.is_some() && !there);
            renewed += u64::from(taken.is_some() && there);
            taken
        };
        match size {
            Some(size) => {
                manifest.blobs += 1;
                manifest.blob_bytes += size;
                writeln!(list, "{blob} {size}")?;
            }
            None => manifest.missing.push(*blob),
        }
    }
    list.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    manifest.files.push(held(&making, LIST)?);
    for name in settings_of(config) {
        if config.data.join(&name).is_file() {
            copy_private(&config.data.join(&name), &making.join(&name))?;
            manifest.files.push(held(&making, &name)?);
        }
    }
    let mut file = private_file(&making.join(MANIFEST))?;
    let text = serde_json::to_vec_pretty(&manifest).map_err(StoreError::from)?;
    file.write_all(&text)?;
    file.sync_all()?;
    flush_folder(&making)?;
    read_generation(&making)?;
    let generation = to.join(&name);
    fs::rename(&making, &generation)?;
    flush_folder(to)?;
    warehouse.note_command("backup.made", hex::encode(sha256_of(&generation.join(MANIFEST))?))?;
    let removed = keep.map_or(Ok(0), |keep| remove_oldest(to, keep.max(1)))?;
    Ok(BackupReport {
        generation,
        blobs: manifest.blobs,
        blob_bytes: manifest.blob_bytes,
        blobs_new: new,
        blobs_missing: manifest.missing.iter().map(ToString::to_string).collect(),
        blobs_renewed: renewed,
        removed,
    })
}

/// Restores the newest generation of a backup folder, or the one named, into a data directory, and
/// raises the epoch. `replace` allows a directory that holds something: its records and settings are set
/// aside, its whole files are kept. Cut by a crash, it is run again; a half restored directory is not served.
///
/// # Errors
/// See [`BackupError`].
pub fn restore(from: &Path, data: &Path, replace: bool) -> Result<RestoreReport, BackupError> {
    let generation = newest_generation(from)?;
    let manifest = read_generation(&generation)?;
    let backup = Blobs::at(&generation.join("../blobs"));
    fs::create_dir_all(data)?;
    let _held = hold(&data.join(LOCK))?;
    if !replace && !is_half_restored(data) && !is_empty(data)? {
        return Err(BackupError::NotEmpty);
    }
    let replaced = Records::open_copy(&data.join(RECORDS));
    let before = replaced.as_ref().ok().and_then(|r| r.read(|v| v.epoch()).ok()).unwrap_or(0);
    // None in records of an earlier schema, or where the disk is lost.
    let access = replaced.ok().and_then(|r| r.read(|v| v.access()).ok());
    private_file(&data.join(MARKER))?.sync_all()?;
    flush_folder(data)?;
    let now = system_now();
    let set_aside = set_aside(data, now)?;
    let blobs = Blobs::open(&data.join("blobs"))?;
    let (mut there, mut kept, mut missing) = (0, 0, vec![]);
    let mut settle = |blob: BlobId| -> Result<(), BackupError> {
        let has = blobs.has(&blob);
        if has && blobs.is_whole(&blob)? {
            kept += 1;
        } else if take(&blobs, &backup, &blob)?.is_none() {
            if has {
                // Under its name with other bytes it would be believed to be there.
                blobs.set_aside(&blob, &data.join("damaged"))?;
            }
            missing.push(blob.to_string());
            return Ok(());
        }
        there += 1;
        Ok(())
    };
    for line in BufReader::new(File::open(generation.join(LIST))?).lines() {
        let line = line?;
        let blob = line.split(' ').next().and_then(|text| BlobId::parse(text).ok());
        settle(blob.ok_or_else(|| BackupError::Changed(LIST.to_owned()))?)?;
    }
    manifest.missing.iter().try_for_each(|blob| settle(*blob))?;
    for file in manifest.files.iter().filter(|f| f.name != RECORDS && f.name != LIST) {
        copy_private(&generation.join(&file.name), &data.join(&file.name))?;
    }
    let fresh = data.join("records.db.new");
    copy_private(&generation.join(RECORDS), &fresh)?;
    fs::rename(fresh, data.join(RECORDS))?;
    flush_folder(data)?;
    let hold_days = Config::load(data).map_or_else(|_| NoticeSettings::default(), |c| c.notices).hold_days;
    let notices_held_until = Timestamp(now.0.saturating_add(i64::from(hold_days) * 24 * 60 * 60 * 1000));
    let epoch = {
        let records = Records::open(&data.join(RECORDS))?;
        let (from, until) = (days_from(manifest.at, -DAYS_BEFORE), days_from(now, DAYS_AHEAD));
        let subject = hex::encode(sha256_of(&generation.join(MANIFEST))?);
        records.write(|v| {
            v.cede_ordinals(from, until, now)?;
            v.cede_versions()?;
            access.as_ref().map_or(Ok(()), |access| v.keep_access(access))?;
            v.note_restore(now)?;
            v.hold_notices(now, notices_held_until)?;
            v.audit(&crate::audit::command("restored", subject, now))?;
            v.raise_epoch(above(before.max(manifest.epoch), now))
        })?
    };
    fs::remove_file(data.join(MARKER))?;
    flush_folder(data)?;
    let warehouse = Warehouse::beside(&Config::load(data)?)?;
    warehouse.sign_audit(now)?;
    Ok(RestoreReport {
        generation,
        made_at: manifest.at,
        blobs: there,
        blobs_kept: kept,
        blobs_missing: missing,
        epoch,
        access_kept: access.is_some(),
        notices_held_until,
        set_aside,
    })
}

/// An epoch above every one that the warehouse ever had. The clock is part of it: the same backup restored
/// twice must not give one epoch twice, and a backup knows nothing of the first time.
fn above(before: u64, now: Timestamp) -> u64 {
    before.saturating_add(1).max(u64::try_from(now.0 / 1000).unwrap_or(0))
}

/// A restore did not come to its end there.
pub(crate) fn is_half_restored(data: &Path) -> bool {
    data.join(MARKER).exists()
}

/// Says that one program alone serves or restores a data directory, as long as the value lives.
pub(crate) fn hold_data(data: &Path) -> Result<File, ServeError> {
    fs::create_dir_all(data)?;
    match hold(&data.join(LOCK)) {
        Ok(file) => Ok(file),
        Err(BackupError::Io(error)) => Err(error.into()),
        Err(_) => Err(ServeError::Held),
    }
}

fn hold(path: &Path) -> Result<File, BackupError> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(BackupError::Held),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Every file the records name.
pub(crate) fn named_blobs(records: &Records) -> Result<BTreeSet<BlobId>, StoreError> {
    let mut blobs = records.read(|v| v.blob_ids())?;
    blobs.extend(records.read(|v| v.paper_blobs())?);
    Ok(blobs)
}

/// Copies a file and reads it back; none when the source has it not, or not whole.
fn take(to: &Blobs, from: &Blobs, blob: &BlobId) -> Result<Option<u64>, BackupError> {
    match to.take_from(from, blob) {
        Ok(size) if to.is_whole(blob)? => Ok(Some(size)),
        Ok(_) => Err(BackupError::Changed(blob.to_string())),
        Err(BlobError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(BlobError::Io(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// Settings and keys; files of TLS and of services that send notices only when they lie in the data directory.
fn settings_of(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = SECRETS.iter().map(|n| (*n).to_owned()).collect();
    let services = config.notices.channels().into_iter().filter_map(|(_, service)| service);
    let of_services = services.flat_map(|s| [&s.headers_file, &s.ca_file]).flatten();
    for path in [&config.tls_cert, &config.tls_key].into_iter().chain(of_services) {
        if is_inside(path)
            && let Some(name) = path.to_str()
            && !names.iter().any(|n| n == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// A path that cannot leave its folder.
fn is_inside(path: &Path) -> bool {
    path.components().all(|c| matches!(c, Component::Normal(_)))
}

/// Reads a generation: every part is what the manifest says, the records are whole.
fn read_generation(generation: &Path) -> Result<Manifest, BackupError> {
    let text = fs::read(generation.join(MANIFEST)).map_err(|_| BackupError::NotABackup)?;
    let loose: serde_json::Value = serde_json::from_slice(&text).map_err(|_| BackupError::NotABackup)?;
    if loose["magic"] != MAGIC {
        return Err(BackupError::NotABackup);
    }
    let version = loose["version"].as_u64().and_then(|v| u32::try_from(v).ok()).unwrap_or(u32::MAX);
    if version > BACKUP_VERSION {
        return Err(BackupError::Newer(version));
    }
    let manifest: Manifest = serde_json::from_value(loose).map_err(|_| BackupError::NotABackup)?;
    for file in &manifest.files {
        let changed = || BackupError::Changed(file.name.clone());
        if !is_inside(Path::new(&file.name))
            || *file != held(generation, &file.name).map_err(|_| changed())?
        {
            return Err(changed());
        }
    }
    if ![RECORDS, LIST].iter().all(|name| manifest.files.iter().any(|f| f.name == *name)) {
        return Err(BackupError::NotABackup);
    }
    if !Records::open_copy(&generation.join(RECORDS))?.is_whole()? {
        return Err(BackupError::Changed(RECORDS.to_owned()));
    }
    Ok(manifest)
}

fn generations(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ours = path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("backup-"));
        if ours && path.join(MANIFEST).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn newest_generation(from: &Path) -> Result<PathBuf, BackupError> {
    if from.join(MANIFEST).is_file() {
        return Ok(from.to_owned());
    }
    generations(from).map_err(|_| BackupError::NotABackup)?.pop().ok_or(BackupError::NotABackup)
}

/// Removes generations only: files on the shelf may belong to any of those that stay.
fn remove_oldest(folder: &Path, keep: usize) -> io::Result<usize> {
    let all = generations(folder)?;
    let surplus = all.len().saturating_sub(keep);
    for old in &all[..surplus] {
        fs::remove_dir_all(old)?;
    }
    Ok(surplus)
}

fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|n| n.starts_with("making-")) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// What a data directory may hold and still be empty.
fn is_empty(data: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(data)? {
        if entry?.file_name() != LOCK {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Moves everything but the files of papers out of the way; nothing is ever removed.
fn set_aside(data: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    let aside = data.join(format!("replaced-{}", now.0));
    let mut moved = false;
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        let name = entry.file_name();
        let stays = [LOCK, MARKER, "blobs", "damaged"].iter().any(|n| name == *n)
            || name.to_str().is_some_and(|n| n.starts_with("replaced-"));
        if !stays {
            fs::create_dir_all(&aside)?;
            fs::rename(entry.path(), aside.join(name))?;
            moved = true;
        }
    }
    flush_folder(data)?;
    Ok(moved.then_some(aside))
}

fn held(folder: &Path, name: &str) -> io::Result<Held> {
    let path = folder.join(name);
    let size = fs::metadata(&path)?.len();
    Ok(Held { name: name.to_owned(), size, sha256: hex::encode(sha256_of(&path)?) })
}

fn sha256_of(path: &Path) -> io::Result<[u8; 32]> {
    hash_of(&File::open(path)?)
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file only its owner can read: records, keys and settings of a warehouse.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        private_folder(folder)?;
    }
    let mut file = private_file(to)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()
}

fn name_of(at: Timestamp) -> io::Result<String> {
    let format =
        time::macros::format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z");
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
        .map_err(io::Error::other)?
        .format(format)
        .map(|text| format!("backup-{text}"))
        .map_err(io::Error::other)
}

fn days_from(at: Timestamp, days: i64) -> Day {
    Timestamp(at.0.saturating_add(days * 24 * 60 * 60 * 1000)).day()
}
