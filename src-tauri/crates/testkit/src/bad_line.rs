//! A line to a warehouse on which everything happens that happens to lines, by the throws of its dice.

use crate::simulation::{Dice, Timeline};
use async_trait::async_trait;
use motcua_desk::ports::{KnownOfficer, Lease, LinkError, Progress, Warehouse};
use motcua_dossier::{BlobId, DocumentSummary, DossierId, IdNumber, NumberBlock, OfficeDossier, OpId};
use motcua_wire::{
    About, AdminReply, AdminRequest, CarriedPackage, Changes, DossierFees, DossierPage, DossierSteps,
    DossierView, FeedbackPage, IdentityReply, LeaseBlock, LeaseDossier, OpStatus, OpsReply, OpsRequest,
    Purpose, SealedReference, SubmissionPage,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How often what happens, in a thousand calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// The request never arrives.
    pub lost_requests: u64,
    /// The answer never arrives.
    pub lost_answers: u64,
    /// The request arrives twice.
    pub doubled: u64,
    /// The caller is told of no contact, and the request arrives later.
    pub late: u64,
    /// The warehouse is in trouble.
    pub trouble: u64,
    /// The answer is garbled.
    pub garbled: u64,
}

/// The line.
pub struct BadLine {
    far: Arc<dyn Warehouse>,
    timeline: Timeline,
    dice: Dice,
    faults: Mutex<Faults>,
    down: AtomicBool,
    late: Mutex<Vec<(i64, OpsRequest)>>,
}

/// A call under way.
type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, LinkError>> + Send + 'a>>;

/// What becomes of one call.
enum Fate {
    Good,
    LostAnswer,
    Doubled,
    Fails(LinkError),
}

impl BadLine {
    /// A line that is good until told otherwise.
    #[must_use]
    pub fn new(far: Arc<dyn Warehouse>, timeline: Timeline, dice: Dice) -> Self {
        let (faults, down, late) = (Mutex::default(), AtomicBool::new(false), Mutex::default());
        Self { far, timeline, dice, faults, down, late }
    }

    /// From now on this happens.
    pub fn suffer(&self, faults: Faults) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// No contact at all, or contact again.
    pub fn cut(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    async fn fate(&self) -> Fate {
        self.arrive_late().await;
        self.timeline.sleep(self.dice.millis(2, 900)).await;
        if self.down.load(Ordering::Relaxed) {
            return Fate::Fails(LinkError::Offline);
        }
        let f = *self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let mut throw = self.dice.below(1000);
        for (often, fate) in [
            (f.lost_requests, Fate::Fails(LinkError::Offline)),
            (f.lost_answers, Fate::LostAnswer),
            (f.doubled, Fate::Doubled),
            (f.trouble, Fate::Fails(LinkError::Trouble { retry_after: self.pause() })),
            (f.garbled, Fate::Fails(LinkError::Malformed)),
        ] {
            if throw < often {
                return fate;
            }
            throw -= often;
        }
        Fate::Good
    }

    fn pause(&self) -> Option<u32> {
        self.dice.per_mille(300).then(|| u32::try_from(self.dice.below(20)).unwrap_or(0))
    }

    async fn call<'a, T: Send>(
        &'a self,
        request: impl Fn() -> Asked<'a, T> + Send + Sync,
    ) -> Result<T, LinkError> {
        match self.fate().await {
            Fate::Good => request().await,
            Fate::LostAnswer => {
                drop(request().await);
                self.timeline.sleep(Duration::from_secs(8)).await;
                Err(LinkError::Offline)
            }
            Fate::Doubled => {
                drop(request().await);
                request().await
            }
            Fate::Fails(error) => Err(error),
        }
    }

    /// Operations whose senders gave up on them arrive all the same.
    async fn arrive_late(&self) {
        let now = self.timeline.elapsed();
        let due: Vec<OpsRequest> = {
            let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            let (due, later) = late.drain(..).partition(|(at, _)| *at <= now);
            *late = later;
            due.into_iter().map(|(_, request): (i64, OpsRequest)| request).collect()
        };
        for request in due {
            drop(self.far.push(&request).await);
        }
    }
}

#[async_trait]
impl Warehouse for BadLine {
    async fn about(&self) -> Result<About, LinkError> {
        self.call(|| self.far.about()).await
    }

    async fn reference(&self, since: u64) -> Result<Option<SealedReference>, LinkError> {
        self.call(|| self.far.reference(since)).await
    }

    async fn identity(&self, number: &IdNumber, purpose: Purpose) -> Result<IdentityReply, LinkError> {
        self.call(|| self.far.identity(number, purpose)).await
    }

    async fn documents(
        &self,
        owner: &[IdNumber],
        purpose: Purpose,
    ) -> Result<Vec<DocumentSummary>, LinkError> {
        self.call(|| self.far.documents(owner, purpose)).await
    }

    async fn fetch(
        &self,
        blob: &BlobId,
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, LinkError> {
        self.call(|| self.far.fetch(blob, progress, cancel)).await
    }

    async fn upload(
        &self,
        blob: &BlobId,
        bytes: &[u8],
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LinkError> {
        self.call(|| self.far.upload(blob, bytes, progress, cancel)).await
    }

    async fn push(&self, request: &OpsRequest) -> Result<OpsReply, LinkError> {
        let late = self.faults.lock().unwrap_or_else(PoisonError::into_inner).late;
        if self.dice.per_mille(late) {
            let at = self.timeline.elapsed() + i64::try_from(self.dice.below(90_000)).unwrap_or(0);
            self.late.lock().unwrap_or_else(PoisonError::into_inner).push((at, request.clone()));
            self.timeline.sleep(Duration::from_secs(20)).await;
            return Err(LinkError::Offline);
        }
        self.call(|| self.far.push(request)).await
    }

    async fn lease_block(&self, request: &LeaseBlock) -> Result<NumberBlock, LinkError> {
        self.call(|| self.far.lease_block(request)).await
    }

    async fn dossier(&self, id: DossierId) -> Result<Option<DossierView>, LinkError> {
        self.call(|| self.far.dossier(id)).await
    }

    async fn fees(&self, id: DossierId) -> Result<Option<DossierFees>, LinkError> {
        self.call(|| self.far.fees(id)).await
    }

    async fn steps(&self, id: DossierId) -> Result<Option<DossierSteps>, LinkError> {
        self.call(|| self.far.steps(id)).await
    }

    async fn submissions(&self, after: Option<DossierId>, limit: u32) -> Result<SubmissionPage, LinkError> {
        self.call(|| self.far.submissions(after, limit)).await
    }

    async fn feedback(&self, after: Option<u64>, limit: u32) -> Result<FeedbackPage, LinkError> {
        self.call(|| self.far.feedback(after, limit)).await
    }

    async fn admin(&self, asked: &AdminRequest) -> Result<AdminReply, LinkError> {
        self.call(|| self.far.admin(asked)).await
    }

    async fn lease_dossier(
        &self,
        id: DossierId,
        version: u64,
        request: &LeaseDossier,
    ) -> Result<Lease, LinkError> {
        self.call(|| self.far.lease_dossier(id, version, request)).await
    }

    async fn give_back_dossier(&self, id: DossierId) -> Result<(), LinkError> {
        self.call(|| self.far.give_back_dossier(id)).await
    }

    async fn changes(&self, since: Option<&str>, limit: u32, wait: u32) -> Result<Changes, LinkError> {
        self.call(|| self.far.changes(since, limit, wait)).await
    }

    async fn office_page(&self, after: Option<DossierId>, limit: u32) -> Result<DossierPage, LinkError> {
        self.call(|| self.far.office_page(after, limit)).await
    }

    async fn office_dossiers(&self, ids: &[DossierId]) -> Result<Vec<OfficeDossier>, LinkError> {
        self.call(|| self.far.office_dossiers(ids)).await
    }

    async fn log_in(&self, login: &str, secret: &Zeroizing<String>) -> Result<KnownOfficer, LinkError> {
        self.call(|| self.far.log_in(login, secret)).await
    }

    fn session(&self) -> Option<KnownOfficer> {
        self.far.session()
    }

    fn log_out(&self) {
        self.far.log_out();
    }

    async fn tell_logged_out(&self) -> Result<(), LinkError> {
        // Mostly there is nothing to tell, and then nothing goes over the line.
        self.far.tell_logged_out().await
    }

    async fn carry_package(&self, package: &BlobId) -> Result<CarriedPackage, LinkError> {
        self.call(|| self.far.carry_package(package)).await
    }

    async fn op_states(&self, ops: &[OpId]) -> Result<Vec<OpStatus>, LinkError> {
        self.call(|| self.far.op_states(ops)).await
    }
}
