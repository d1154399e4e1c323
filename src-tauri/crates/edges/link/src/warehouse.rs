//! Desk's `Warehouse` over HTTPS.

use crate::answer::{failure, json, success};
use crate::identity::{DeviceIdentity, DeviceRequest};
use crate::session::{Asked, Sessions};
use crate::settings::{LinkSettings, LinkSettingsError};
use async_trait::async_trait;
use motcua_desk::ports::{KnownOfficer, Lease, LinkError, Progress, Warehouse};
use motcua_dossier::{
    BlobId, DocumentSummary, DossierId, IdNumber, NumberBlock, OfficeDossier, OpId, Timestamp,
};
use motcua_wire::{
    About, AdminReply, AdminRequest, CarriedPackage, Changes, DossierFees, DossierPage, DossierSteps,
    DossierView, DossiersQuery, DossiersReply, Enrolled, FeedbackPage, IdentityReply, LeaseBlock,
    LeaseDossier, MAX_FILE, OpStatus, OpsQuery, OpsReply, OpsRequest, OpsStatus, PURPOSE, Problem, Purpose,
    REFERENCE_SIGNATURE, RenewDevice, SealedReference, SubmissionPage,
};
use reqwest::header::IF_MATCH;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use sha2::{Digest, Sha256};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

pub(crate) const QUICK: Duration = Duration::from_secs(8);
pub(crate) const USUAL: Duration = Duration::from_secs(20);
/// The server looks into every file of a batch before it answers.
const BATCH: Duration = Duration::from_secs(75);
/// A file on a slow line comes for a long time.
const FILE: Duration = Duration::from_secs(60 * 60);

/// The provincial warehouse at the other end of the line.
pub struct HttpWarehouse {
    settings: LinkSettings,
    base: Url,
    line: RwLock<Line>,
    pub(crate) sessions: Sessions,
    /// One renewal at a time.
    renewing: tokio::sync::Mutex<()>,
}

/// The client, and whom it says it is.
#[derive(Clone)]
struct Line {
    client: Client,
    identity: Option<DeviceIdentity>,
}

impl HttpWarehouse {
    /// Makes the line; nothing is sent yet.
    ///
    /// # Errors
    /// See [`LinkSettingsError`].
    pub fn new(settings: LinkSettings) -> Result<Self, LinkSettingsError> {
        let base = settings.base()?;
        let line = match stored(&settings) {
            // A counter whose identity is damaged goes on without the warehouse.
            Some(identity) => settings
                .client(Some(&identity))
                .map(|client| Line { client, identity: Some(identity) })
                .or_else(|error| match error {
                    LinkSettingsError::Identity => {
                        Ok(Line { client: settings.client(None)?, identity: None })
                    }
                    error => Err(error),
                })?,
            None => Line { client: settings.client(None)?, identity: None },
        };
        Ok(Self {
            settings,
            base,
            line: RwLock::new(line),
            renewing: tokio::sync::Mutex::new(()),
            sessions: Sessions::default(),
        })
    }

    fn line(&self) -> Line {
        self.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn become_known(&self, identity: DeviceIdentity) {
        match self.settings.client(Some(&identity)) {
            Ok(client) => {
                let line = Line { client, identity: Some(identity) };
                *self.line.write().unwrap_or_else(PoisonError::into_inner) = line;
            }
            Err(error) => tracing::error!(%error, "identity of this machine cannot be used"),
        }
    }

    /// Another program of this counter may have enrolled it or renewed its certificate meanwhile.
    fn look_again(&self) {
        if let Some(identity) = stored(&self.settings)
            && self.line().identity.as_ref() != Some(&identity)
        {
            self.become_known(identity);
        }
    }

    /// Renews the certificate when it is time, by the warehouse's clock. Trouble is left to the next contact.
    async fn renew_if_due(&self, now: Timestamp) {
        let Ok(_alone) = self.renewing.try_lock() else { return };
        if self.line().identity.is_none_or(|identity| now < identity.renew_from) {
            return;
        }
        match self.renew().await {
            Ok(identity) => self.become_known(identity),
            Err(error) => tracing::warn!(%error, "certificate of this machine was not renewed"),
        }
    }

    async fn renew(&self) -> Result<DeviceIdentity, LinkError> {
        let request = DeviceRequest::new().map_err(|_| LinkError::Malformed)?;
        let wish = RenewDevice { csr: request.csr().to_owned() };
        let asked = self.request(Method::POST, &["enrol", "renew"])?.json(&wish);
        let enrolled: Enrolled = json(send(asked, USUAL).await?).await?;
        let identity = request.with(&enrolled);
        identity.save(&self.settings.identity).map_err(|error| {
            tracing::error!(%error, "renewed certificate was not kept");
            LinkError::Malformed
        })?;
        Ok(identity)
    }

    fn url(&self, parts: &[&str]) -> Result<Url, LinkError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| LinkError::Malformed)?.pop_if_empty().push("v1").extend(parts);
        Ok(url)
    }

    pub(crate) fn request(&self, method: Method, parts: &[&str]) -> Result<RequestBuilder, LinkError> {
        Ok(self.line().client.request(method, self.url(parts)?))
    }
}

/// What lies on the disk, if it can be read.
fn stored(settings: &LinkSettings) -> Option<DeviceIdentity> {
    DeviceIdentity::load(&settings.identity)
        .inspect_err(|error| tracing::warn!(%error, "identity of this machine cannot be read"))
        .ok()
        .flatten()
}

pub(crate) async fn send(request: RequestBuilder, limit: Duration) -> Result<Response, LinkError> {
    success(request.timeout(limit).send().await.map_err(|e| failure(&e))?).await
}

#[async_trait]
impl Warehouse for HttpWarehouse {
    async fn about(&self) -> Result<About, LinkError> {
        self.look_again();
        let about: About = json(send(self.request(Method::GET, &["about"])?, QUICK).await?).await?;
        self.renew_if_due(about.time).await;
        Ok(about)
    }

    async fn reference(&self, since: u64) -> Result<Option<SealedReference>, LinkError> {
        let request = self.request(Method::GET, &["reference"])?.query(&[("since", since)]);
        let response = send(request, USUAL).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let signature = response.headers().get(REFERENCE_SIGNATURE).and_then(|v| v.to_str().ok());
        let signature = signature.ok_or(LinkError::Malformed)?.to_owned();
        let body = response.bytes().await.map_err(|e| failure(&e))?.to_vec();
        Ok(Some(SealedReference { body, signature }))
    }

    async fn identity(&self, number: &IdNumber, purpose: Purpose) -> Result<IdentityReply, LinkError> {
        let request = self.request(Method::GET, &["identity", number.value()])?;
        json(self.send_as_officer(request.header(PURPOSE, purpose.word()), QUICK).await?).await
    }

    async fn documents(
        &self,
        owner: &[IdNumber],
        purpose: Purpose,
    ) -> Result<Vec<DocumentSummary>, LinkError> {
        let query: Vec<(&str, &str)> = owner.iter().map(|n| ("owner", n.value())).collect();
        let request = self.request(Method::GET, &["documents"])?.query(&query);
        json(self.send_as_officer(request.header(PURPOSE, purpose.word()), USUAL).await?).await
    }

    async fn fetch(
        &self,
        blob: &BlobId,
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, LinkError> {
        let exchange = async {
            let request = self.request(Method::GET, &["blobs", &blob.to_string()])?;
            let mut response = self.send_as_officer(request, FILE).await?;
            let total = response.content_length().unwrap_or(0);
            let (mut bytes, mut hash) = (Vec::new(), Sha256::new());
            while let Some(piece) = response.chunk().await.map_err(|e| failure(&e))? {
                if (bytes.len() + piece.len()) as u64 > MAX_FILE {
                    return Err(LinkError::Malformed);
                }
                hash.update(&piece);
                bytes.extend_from_slice(&piece);
                progress(bytes.len() as u64, total);
            }
            if hash.finalize().as_slice() == blob.0 { Ok(bytes) } else { Err(LinkError::Malformed) }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(LinkError::Cancelled),
            outcome = exchange => outcome,
        }
    }

    async fn upload(
        &self,
        blob: &BlobId,
        bytes: &[u8],
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LinkError> {
        self.send_file(blob, bytes, progress, cancel).await
    }

    async fn push(&self, request: &OpsRequest) -> Result<OpsReply, LinkError> {
        let reply: OpsReply =
            json(send(self.request(Method::POST, &["ops"])?.json(request), BATCH).await?).await?;
        let answered = reply.results.iter().map(motcua_wire::OpResult::op_id);
        if answered.eq(request.ops.iter().map(|op| op.op_id)) { Ok(reply) } else { Err(LinkError::Malformed) }
    }

    async fn lease_block(&self, request: &LeaseBlock) -> Result<NumberBlock, LinkError> {
        // Said twice by the line it is one wish: ordinals that nobody has are lost for the day.
        let mut wish = [0u8; 16];
        getrandom::fill(&mut wish).map_err(|_| LinkError::Offline)?;
        let request = self.request(Method::POST, &["number-blocks"])?.json(request);
        json(send(request.header("idempotency-key", hex::encode(wish)), QUICK).await?).await
    }

    async fn dossier(&self, id: DossierId) -> Result<Option<DossierView>, LinkError> {
        match self.send_as_officer(self.request(Method::GET, &["dossiers", &id.to_string()])?, USUAL).await {
            Ok(response) => json(response).await.map(Some),
            Err(LinkError::Refused(code)) if code == "dossierUnknown" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn fees(&self, id: DossierId) -> Result<Option<DossierFees>, LinkError> {
        // The account belongs to the office, whoever works there now.
        let request = self.request(Method::GET, &["dossiers", &id.to_string(), "fees"])?;
        match send(request, QUICK).await {
            Ok(response) => json(response).await.map(Some),
            Err(LinkError::Refused(code)) if code == "dossierUnknown" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn steps(&self, id: DossierId) -> Result<Option<DossierSteps>, LinkError> {
        // As the account: the office's, whoever works there now.
        let request = self.request(Method::GET, &["dossiers", &id.to_string(), "steps"])?;
        match send(request, QUICK).await {
            Ok(response) => json(response).await.map(Some),
            Err(LinkError::Refused(code)) if code == "dossierUnknown" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn submissions(&self, after: Option<DossierId>, limit: u32) -> Result<SubmissionPage, LinkError> {
        let request = self.request(Method::GET, &["submissions"])?.query(&[("limit", limit)]);
        let request = after.iter().fold(request, |request, id| request.query(&[("after", id.to_string())]));
        // The list is the office's, whoever works there now.
        json(send(request, USUAL).await?).await
    }

    async fn feedback(&self, after: Option<u64>, limit: u32) -> Result<FeedbackPage, LinkError> {
        let request = self.request(Method::GET, &["feedback"])?.query(&[("limit", limit)]);
        let request = after.iter().fold(request, |request, after| request.query(&[("after", after)]));
        // The list is the office's, whoever works there now.
        json(send(request, USUAL).await?).await
    }

    async fn admin(&self, asked: &AdminRequest) -> Result<AdminReply, LinkError> {
        let request = self.request(Method::POST, &["admin"])?.json(asked);
        json(self.send_as(Asked::OfLists, request, USUAL).await?).await
    }

    async fn lease_dossier(
        &self,
        id: DossierId,
        version: u64,
        request: &LeaseDossier,
    ) -> Result<Lease, LinkError> {
        let request = self
            .request(Method::POST, &["dossiers", &id.to_string(), "lease"])?
            .header(IF_MATCH, format!("\"v{version}\""))
            .json(request);
        let response = request.timeout(QUICK).send().await.map_err(|e| failure(&e))?;
        if response.status() != StatusCode::CONFLICT {
            return json(success(response).await?).await.map(Lease::Ours);
        }
        let problem: Problem = json(response).await?;
        problem.held_by.map(Lease::Theirs).ok_or(LinkError::Refused(problem.code))
    }

    async fn give_back_dossier(&self, id: DossierId) -> Result<(), LinkError> {
        send(self.request(Method::DELETE, &["dossiers", &id.to_string(), "lease"])?, QUICK).await.map(drop)
    }

    async fn changes(&self, since: Option<&str>, limit: u32, wait: u32) -> Result<Changes, LinkError> {
        let numbers = [("limit", limit), ("wait", wait)];
        let request = self.request(Method::GET, &["changes"])?.query(&numbers);
        let request = since.iter().fold(request, |request, cursor| request.query(&[("since", cursor)]));
        json(send(request, USUAL + Duration::from_secs(wait.into())).await?).await
    }

    async fn office_page(&self, after: Option<DossierId>, limit: u32) -> Result<DossierPage, LinkError> {
        let request = self.request(Method::GET, &["dossiers"])?.query(&[("limit", limit)]);
        let request = after.iter().fold(request, |request, id| request.query(&[("after", id.to_string())]));
        json(send(request, USUAL).await?).await
    }

    async fn office_dossiers(&self, ids: &[DossierId]) -> Result<Vec<OfficeDossier>, LinkError> {
        let query = DossiersQuery { ids: ids.to_vec() };
        let request = self.request(Method::POST, &["dossiers", "read"])?.json(&query);
        let reply: DossiersReply = json(send(request, USUAL).await?).await?;
        Ok(reply.items)
    }

    async fn op_states(&self, ops: &[OpId]) -> Result<Vec<OpStatus>, LinkError> {
        let query = OpsQuery { ops: ops.to_vec() };
        let request = self.request(Method::POST, &["ops", "status"])?.json(&query);
        let reply: OpsStatus = json(send(request, USUAL).await?).await?;
        if reply.ops.iter().map(|op| op.op_id).eq(ops.iter().copied()) {
            Ok(reply.ops)
        } else {
            Err(LinkError::Malformed)
        }
    }

    async fn carry_package(&self, package: &BlobId) -> Result<CarriedPackage, LinkError> {
        let request = self.request(Method::POST, &["packages", &package.to_string()])?;
        json(send(request, USUAL).await?).await
    }

    async fn log_in(&self, login: &str, secret: &Zeroizing<String>) -> Result<KnownOfficer, LinkError> {
        self.open_session(login, secret).await
    }

    fn session(&self) -> Option<KnownOfficer> {
        self.sessions.officer()
    }

    fn log_out(&self) {
        self.sessions.end();
    }

    async fn tell_logged_out(&self) -> Result<(), LinkError> {
        self.tell_ended().await
    }
}
