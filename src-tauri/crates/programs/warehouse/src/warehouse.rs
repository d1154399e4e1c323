//! The warehouse as one value: everything a request needs.

use crate::audit::Journal;
use crate::enrol::DeviceAuthority;
use crate::health::Metrics;
use crate::limits::Gates;
use crate::officers::Session;
use crate::scope::Scope;
use crate::{
    Blobs, Config, FileDirectory, IdentityDirectory, Records, Reference, ServeError, StoreError, receipt_key,
};
use ed25519_dalek::SigningKey;
use motcua_dossier::{BlobId, DeviceId, Timestamp};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use tokio_util::sync::CancellationToken;

/// An upload is kept for a day after its last byte: a counter that was closed in the evening goes on in
/// the morning.
pub(crate) const UPLOAD_LIFE_MS: i64 = 24 * 60 * 60 * 1000;

/// Where the server's time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Records, blobs, keys and the services behind them.
pub struct Warehouse {
    pub(crate) records: Records,
    pub(crate) blobs: Blobs,
    pub(crate) receipts: SigningKey,
    /// Signs the certificates of machines.
    pub(crate) devices: DeviceAuthority,
    pub(crate) identity: Box<dyn IdentityDirectory>,
    pub(crate) clock: Clock,
    /// The server is stopping: nobody waits for news any more.
    pub(crate) closing: CancellationToken,
    /// Who writes to which upload now, to be asked to stop by a newer request.
    pub(crate) writers: Mutex<HashMap<String, CancellationToken>>,
    /// Reads that wait for their entry in the audit.
    pub(crate) journal: Journal,
    pub(crate) metrics: Metrics,
    pub(crate) metrics_from: Vec<IpAddr>,
    pub(crate) gates: Gates,
    /// Held while an officer's secret is verified.
    pub(crate) verifying: Mutex<()>,
    /// The data directory.
    pub(crate) data: PathBuf,
    reference: RwLock<Option<Arc<Reference>>>,
}

/// Who is calling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    pub(crate) device: DeviceId,
    pub(crate) agency: String,
    /// What the machine's office works on: its own, and that of offices whose work it took over.
    pub(crate) office: Scope,
    /// A portal: it submits dossiers and does nothing else.
    pub(crate) portal: bool,
    /// The officer who works there, where one is logged in.
    pub(crate) session: Option<Session>,
}

impl Caller {
    /// What the caller may see.
    pub(crate) fn scope(&self) -> &Scope {
        self.session.as_ref().map_or(&self.office, |session| &session.scope)
    }

    /// Whose figures the caller reads.
    pub(crate) fn figures(&self) -> &Scope {
        self.session.as_ref().map_or(&self.office, |session| &session.figures)
    }
}

impl Warehouse {
    /// Opens the data directory with the system clock and the identity file in it.
    ///
    /// # Errors
    /// Database, blob folder or key cannot be opened.
    pub fn open(config: &Config) -> Result<Self, ServeError> {
        let identity = Box::new(FileDirectory::new(config.data.join("identity.json")));
        Self::open_with(config, identity, Arc::new(system_now))
    }

    /// Opens the data directory with another clock or identity service.
    ///
    /// # Errors
    /// Database, blob folder or key cannot be opened.
    pub fn open_with(
        config: &Config,
        identity: Box<dyn IdentityDirectory>,
        clock: Clock,
    ) -> Result<Self, ServeError> {
        let this = Self::assemble(config, Blobs::open, identity, clock)?;
        this.reconcile()?;
        Ok(this)
    }

    /// Opens the data directory for a command that may run beside a server: nothing is tidied up.
    pub(crate) fn beside(config: &Config) -> Result<Self, ServeError> {
        let identity = Box::new(FileDirectory::new(config.data.join("identity.json")));
        Self::assemble(config, Blobs::beside, identity, Arc::new(system_now))
    }

    fn assemble(
        config: &Config,
        blobs: fn(&Path) -> std::io::Result<Blobs>,
        identity: Box<dyn IdentityDirectory>,
        clock: Clock,
    ) -> Result<Self, ServeError> {
        if crate::backup::is_half_restored(&config.data) {
            return Err(ServeError::HalfRestored);
        }
        std::fs::create_dir_all(&config.data)?;
        let records = Records::open(&config.data.join("records.db"))?;
        records.write(|v| v.seed_epoch(config.epoch))?;
        let blobs = blobs(&config.data.join("blobs"))?;
        let receipts = receipt_key(&config.data)?;
        let devices = DeviceAuthority::open(&config.data)?;
        Ok(Self {
            records,
            blobs,
            receipts,
            devices,
            identity,
            clock,
            closing: CancellationToken::new(),
            writers: Mutex::default(),
            journal: Journal::default(),
            metrics: Metrics::default(),
            metrics_from: config.metrics_from.clone(),
            gates: Gates::new(config.limits),
            verifying: Mutex::default(),
            data: config.data.clone(),
            reference: RwLock::default(),
        })
    }

    /// Server time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The reference data in force, or none before the first seed. Noticed without a restart when
    /// another process loads a newer one, or when its day comes.
    ///
    /// # Errors
    /// The database failed or the stored trust list cannot be read.
    pub fn reference(&self) -> Result<Option<Arc<Reference>>, ServeError> {
        let now = self.now();
        let Some(version) = self.records.read(|v| v.reference_in_force(now))? else { return Ok(None) };
        let held = self.reference.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(held) = held.filter(|r| r.data.version == version) {
            return Ok(Some(held));
        }
        let Some(data) = self.records.read(|v| v.reference_version(version))? else { return Ok(None) };
        let fresh = Arc::new(Reference::new(data).map_err(|_| ServeError::TrustList)?);
        *self.reference.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Arc::clone(&fresh));
        Ok(Some(fresh))
    }

    /// A machine of an agency, as things are today.
    pub(crate) fn machine(
        &self,
        device: DeviceId,
        agency: String,
        portal: bool,
    ) -> Result<Caller, StoreError> {
        let reference = self.reference().map_err(|error| match error {
            ServeError::Store(error) => error,
            error => StoreError::Io(std::io::Error::other(error.to_string())),
        })?;
        let office = match reference {
            Some(reference) => reference.tree.office(&agency, self.now().day()),
            None => Scope::only(&agency),
        };
        Ok(Caller { device, agency, office, portal, session: None })
    }

    /// The file is here whole, and in that scope. What is shared is nobody's who works with nobody's papers.
    pub(crate) fn sees_blob(&self, scope: &Scope, id: &BlobId) -> Result<bool, StoreError> {
        let seen = self.records.read(|v| Ok(v.has_blob(id)? && v.blob_in_scope(id, scope)?))?;
        Ok(seen && !scope.is_empty() && self.blobs.has(id))
    }

    /// The file is here whole, and the machine may name it. A portal names what it brought itself: what others brought is as
    /// absent for it as what is nowhere.
    pub(crate) fn may_name(&self, caller: &Caller, id: &BlobId) -> Result<bool, StoreError> {
        if !caller.portal {
            return self.sees_blob(&caller.office, id);
        }
        let brought = self.records.read(|v| Ok(v.has_blob(id)? && v.brought_by(id, caller.device)?))?;
        Ok(brought && self.blobs.has(id))
    }

    /// A file whose row was lost in a crash gets its row back; a row whose file is gone is reported;
    /// uploads nobody came back for are forgotten.
    fn reconcile(&self) -> Result<(), ServeError> {
        let now = self.now();
        let open = self.records.write(|v| {
            v.release_all_uploads()?;
            v.close_stale_uploads(Timestamp(now.0 - UPLOAD_LIFE_MS), now)?;
            v.upload_ids()
        })?;
        self.blobs.sweep_parts(&open)?;
        let on_disk = self.blobs.list()?;
        let (added, missing) = self.records.write(|v| {
            let known = v.blob_ids()?;
            let mut added = 0usize;
            for (id, size) in &on_disk {
                if !known.contains(id) {
                    v.add_blob(id, *size, now, None)?;
                    added += 1;
                }
            }
            let there: std::collections::BTreeSet<_> = on_disk.iter().map(|(id, _)| *id).collect();
            Ok((added, known.iter().filter(|id| !there.contains(id)).count()))
        })?;
        if added > 0 {
            tracing::warn!(added, "files without a row were taken back in");
        }
        if missing > 0 {
            tracing::error!(missing, "rows without a file");
        }
        Ok(())
    }
}

pub(crate) fn system_now() -> Timestamp {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    Timestamp(i64::try_from(now).unwrap_or(i64::MAX))
}

/// A warehouse whose time is told to it.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) fn on_clock(data: &Path, now: &Arc<std::sync::atomic::AtomicI64>) -> Warehouse {
    let config = Config {
        version: 1,
        data: data.to_owned(),
        listen: String::new(),
        tls_cert: "".into(),
        tls_key: "".into(),
        epoch: 1,
        ..Config::default()
    };
    let identity = Box::new(FileDirectory::new(data.join("identity.json")));
    let now = Arc::clone(now);
    let clock = move || Timestamp(now.load(std::sync::atomic::Ordering::SeqCst));
    Warehouse::open_with(&config, identity, Arc::new(clock)).unwrap()
}
