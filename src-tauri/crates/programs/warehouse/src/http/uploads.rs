//! Resumable uploads, tus 1.0.0 (tus.io/protocols/resumable-upload): core, creation, creation-with-upload,
//! checksum, expiration, termination. A file enters the store by its commit, which hashes it again.
//!
//! Bytes count as received when they are flushed. A request that is cut keeps what arrived; one with a
//! checksum keeps nothing unless it fits. A newer request for the same upload stops an older one, so that
//! a counter whose line broke need not wait until the server notices.

use super::records::json_refusal;
use super::{Shared, Who, blocking};
use crate::problem::Refusal;
use crate::store::{BlobError, UploadRow};
use crate::warehouse::{Caller, UPLOAD_LIFE_MS, Warehouse};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use motcua_dossier::{BlobId, Timestamp};
use motcua_wire::{BlobState, BlobsQuery, BlobsReply, MAX_FILE, OpenUpload};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::io::SeekFrom;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
const PIECE: &str = "application/offset+octet-stream";

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

const MAX_BLOBS: usize = 200;
const MAX_OPEN: u32 = 64;
/// A line that gives no byte for so long is taken for broken.
const SILENCE: Duration = Duration::from_secs(20);
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// So long an older request is given to let go.
const LET_GO: Duration = Duration::from_secs(5);

/// A request whose caller is gone goes on to its end: what arrived is noted and the upload is let go.
pub(super) async fn to_the_end(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request));
    task.await.unwrap_or_else(|_| Refusal::StorageTrouble.into_response())
}

/// Every request but `OPTIONS` names the version, once; every answer does.
pub(super) async fn protocol(request: Request, next: Next) -> Response {
    let named = request.headers().get_all(RESUMABLE).iter().eq([VERSION]);
    let mut response = if named || request.method() == Method::OPTIONS {
        next.run(request).await
    } else {
        let mut response = Refusal::UploadVersionUnsupported.into_response();
        response.headers_mut().insert("tus-version", VERSION);
        response
    };
    response.headers_mut().insert(RESUMABLE, VERSION);
    response
}

/// What of these files need not be sent, or not from its beginning. Files outside the agency's scope are
/// as absent as those that are nowhere.
#[utoipa::path(post, path = "/v1/blobs/check", tag = "files", request_body = super::openapi::BlobsQuerySchema,
    responses((status = 200, body = super::openapi::BlobsReplySchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn check(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<BlobsQuery>, JsonRejection>,
) -> Result<Json<BlobsReply>, Refusal> {
    let Json(query) = body.map_err(|e| json_refusal(&e))?;
    if query.blobs.len() > MAX_BLOBS {
        return Err(Refusal::BodyMalformed);
    }
    blocking(warehouse, move |w| {
        let now = w.now();
        let state = |id: BlobId| {
            if w.may_name(&caller, &id)? {
                return Ok(BlobState { id, have: true, upload: None });
            }
            let open = w.records.read(|v| v.upload_of(&id, caller.device))?;
            let upload = open
                .filter(|row| !is_expired(row, now))
                .map(|row| OpenUpload { id: row.id, received: row.received });
            Ok::<_, crate::StoreError>(BlobState { id, have: false, upload })
        };
        Ok(Json(BlobsReply { blobs: query.blobs.into_iter().map(state).collect::<Result<_, _>>()? }))
    })
    .await
}

/// Takes a finished upload into the store, if its bytes hash to the name. Again is free.
#[utoipa::path(post, path = "/v1/blobs/{sha256}/commit", tag = "files",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, 64 hex digits")),
    responses((status = 204, description = "stored and flushed"),
        (status = 404, description = "uploadUnknown", body = super::openapi::ProblemSchema),
        (status = 409, description = "uploadIncomplete", body = super::openapi::ProblemSchema),
        (status = 422, description = "blobIdMalformed, blobHashMismatch", body = super::openapi::ProblemSchema),
        (status = 423, description = "uploadHeld", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn commit(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id = BlobId::parse(&id).map_err(|_| Refusal::BlobIdMalformed)?;
    let device = caller.device;
    let open =
        blocking(Arc::clone(&warehouse), move |w| Ok(w.records.read(|v| v.upload_of(&id, device))?)).await?;
    let Some(open) = open else {
        let stored = blocking(warehouse, move |w| Ok(w.may_name(&caller, &id)?)).await?;
        return if stored { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::UploadUnknown) };
    };
    let held = Held::take(&warehouse, &caller, &open.id).await?;
    if held.row.received < held.row.length {
        held.release(held.row.received).await?;
        return Err(Refusal::UploadIncomplete);
    }
    blocking(warehouse, move |w| {
        let upload = &held.row.id;
        match w.blobs.adopt(upload, &id) {
            Ok(size) => {
                let now = w.now();
                w.records.write(|v| {
                    v.add_blob(&id, size, now, Some(device))?;
                    v.close_upload(upload)
                })?;
                w.file_arrived(&caller, &id);
                Ok(StatusCode::NO_CONTENT)
            }
            Err(error @ BlobError::HashMismatch) => {
                forget(w, upload)?;
                Err(error.into())
            }
            Err(BlobError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                forget(w, upload)?;
                Err(Refusal::UploadUnknown)
            }
            Err(error) => {
                let now = w.now();
                w.records.write(|v| v.release_upload(upload, &held.holder, held.row.received, now))?;
                Err(error.into())
            }
        }
    })
    .await
}

/// What of the protocol is understood.
#[utoipa::path(options, path = "/v1/uploads", tag = "files",
    responses((status = 204, description = "Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm")),
    security(("device" = [])))]
pub(super) async fn offer() -> Response {
    let headers = [
        ("tus-version", "1.0.0".to_owned()),
        ("tus-extension", EXTENSIONS.to_owned()),
        ("tus-max-size", MAX_FILE.to_string()),
        ("tus-checksum-algorithm", "sha256,sha1".to_owned()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Opens an upload; the file is named by `sha256` (hex digits, then base64) in `Upload-Metadata`. A body is its
/// beginning. One file of a machine has one upload: a second one takes the place of the first.
#[utoipa::path(post, path = "/v1/uploads", tag = "files",
    params(("Tus-Resumable" = String, Header), ("Upload-Length" = u64, Header), ("Upload-Metadata" = String, Header)),
    request_body(content = Option<super::openapi::BytesSchema>, content_type = "application/offset+octet-stream"),
    responses((status = 201, description = "Location, Upload-Expires, Upload-Offset"),
        (status = 400, description = "uploadHeadersMalformed", body = super::openapi::ProblemSchema),
        (status = 408, description = "uploadBroken, requestTimeout", body = super::openapi::ProblemSchema),
        (status = 412, description = "uploadVersionUnsupported", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 415, description = "uploadTypeUnsupported", body = super::openapi::ProblemSchema),
        (status = 423, description = "uploadHeld", body = super::openapi::ProblemSchema),
        (status = 429, description = "tooManyUploads", body = super::openapi::ProblemSchema),
        (status = 460, description = "uploadChecksumMismatch", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn create(
    State(warehouse): Shared,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Refusal> {
    let headers = request.headers();
    let length = number(headers, &LENGTH).ok_or(Refusal::UploadHeadersMalformed)?;
    let blob = named_blob(headers).ok_or(Refusal::UploadHeadersMalformed)?;
    if length > MAX_FILE {
        return Err(Refusal::BodyTooLarge);
    }
    warehouse.require_room()?;
    let begins = headers.contains_key(header::CONTENT_TYPE);
    if begins {
        require_piece(headers)?;
    }
    let checksum = Checksum::of(headers)?;
    let device = caller.device;
    let earlier =
        blocking(Arc::clone(&warehouse), move |w| Ok(w.records.read(|v| v.upload_of(&blob, device))?))
            .await?;
    if let Some(earlier) = earlier {
        // Nobody writes to what is about to be replaced.
        match Held::take(&warehouse, &caller, &earlier.id).await {
            Ok(held) => blocking(Arc::clone(&warehouse), move |w| forget(w, &held.row.id)).await?,
            // The same request, said twice, was quicker, or its time ran out.
            Err(Refusal::UploadUnknown | Refusal::UploadExpired) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let row = blocking(Arc::clone(&warehouse), move |w| {
        let now = w.now();
        let id = fresh_id();
        let stale = w.records.attempt(|v| {
            let stale = v.close_stale_uploads(Timestamp(now.0 - UPLOAD_LIFE_MS), now)?;
            if v.uploads_of(device)? >= MAX_OPEN {
                return Err(Refusal::TooManyUploads);
            }
            v.open_upload(&id, device, &blob, length, now)?;
            Ok(stale)
        })?;
        for upload in stale {
            forget(w, &upload)?;
        }
        std::fs::File::create(w.blobs.part(&id)).map_err(BlobError::from)?;
        Ok(UploadRow { id, blob, length, received: 0, touched_at: now })
    })
    .await?;
    let location = format!("/v1/uploads/{}", row.id);
    let (row, received) = if begins {
        let held = Held::take(&warehouse, &caller, &row.id).await?;
        (row, receive(held, request.into_body(), checksum).await?)
    } else {
        (row, 0)
    };
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, text(&location)?);
    headers.insert(OFFSET, HeaderValue::from(received));
    headers.insert(EXPIRES, expiry(row.touched_at)?);
    Ok(response)
}

/// How far an upload is.
#[utoipa::path(head, path = "/v1/uploads/{id}", tag = "files",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)),
    responses((status = 200, description = "Upload-Offset, Upload-Length, Upload-Expires"),
        (status = 404, description = "uploadUnknown"), (status = 410, description = "uploadExpired"),
        (status = 412, description = "uploadVersionUnsupported"), (status = 423, description = "uploadHeld")),
    security(("device" = [])))]
pub(super) async fn position(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    // Whoever asks has no other request under way that matters to it.
    let held = Held::take(&warehouse, &caller, &id).await?;
    let (received, length, touched) = (held.row.received, held.row.length, held.row.touched_at);
    held.release(received).await?;
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(OFFSET, HeaderValue::from(received));
    headers.insert(LENGTH, HeaderValue::from(length));
    headers.insert(EXPIRES, expiry(touched)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Goes on with an upload at the offset the server has.
#[utoipa::path(patch, path = "/v1/uploads/{id}", tag = "files",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header), ("Upload-Offset" = u64, Header),
        ("Upload-Checksum" = Option<String>, Header)),
    request_body(content = super::openapi::BytesSchema, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Upload-Offset, Upload-Expires"),
        (status = 400, description = "uploadHeadersMalformed", body = super::openapi::ProblemSchema),
        (status = 404, description = "uploadUnknown", body = super::openapi::ProblemSchema),
        (status = 408, description = "uploadBroken, requestTimeout", body = super::openapi::ProblemSchema),
        (status = 409, description = "uploadOffsetMismatch", body = super::openapi::ProblemSchema),
        (status = 410, description = "uploadExpired", body = super::openapi::ProblemSchema),
        (status = 412, description = "uploadVersionUnsupported", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 415, description = "uploadTypeUnsupported", body = super::openapi::ProblemSchema),
        (status = 423, description = "uploadHeld", body = super::openapi::ProblemSchema),
        (status = 460, description = "uploadChecksumMismatch", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn append(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    require_piece(request.headers())?;
    let offset = number(request.headers(), &OFFSET).ok_or(Refusal::UploadHeadersMalformed)?;
    warehouse.require_room()?;
    let checksum = Checksum::of(request.headers())?;
    let held = Held::take(&warehouse, &caller, &id).await?;
    if held.row.received != offset {
        held.release(held.row.received).await?;
        return Err(Refusal::UploadOffsetMismatch);
    }
    let received = receive(held, request.into_body(), checksum).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(OFFSET, HeaderValue::from(received));
    response.headers_mut().insert(EXPIRES, expiry(warehouse.now())?);
    Ok(response)
}

/// Gives an upload up; its bytes are removed.
#[utoipa::path(delete, path = "/v1/uploads/{id}", tag = "files",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)),
    responses((status = 204, description = "gone"),
        (status = 404, description = "uploadUnknown", body = super::openapi::ProblemSchema),
        (status = 410, description = "uploadExpired", body = super::openapi::ProblemSchema),
        (status = 412, description = "uploadVersionUnsupported", body = super::openapi::ProblemSchema),
        (status = 423, description = "uploadHeld", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn give_up(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let held = Held::take(&warehouse, &caller, &id).await?;
    blocking(warehouse, move |w| forget(w, &held.row.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An upload of which this request is the one writer.
struct Held {
    warehouse: Arc<Warehouse>,
    holder: String,
    row: UploadRow,
    /// Fires when a newer request wants the upload.
    stop: CancellationToken,
}

impl Held {
    /// Asks the writer of the moment to let go and takes its place.
    async fn take(warehouse: &Arc<Warehouse>, caller: &Caller, id: &str) -> Result<Self, Refusal> {
        let (device, holder) = (caller.device, fresh_id());
        let until = Instant::now() + LET_GO;
        loop {
            let (wanted, name) = (id.to_owned(), holder.clone());
            let taken = blocking(Arc::clone(warehouse), move |w| {
                let now = w.now();
                w.records.attempt(|v| {
                    let row = v.upload(&wanted, device)?.ok_or(Refusal::UploadUnknown)?;
                    if is_expired(&row, now) {
                        return Err(Refusal::UploadExpired);
                    }
                    Ok(v.hold_upload(&row.id, &name, now)?.then_some(row))
                })
            })
            .await?;
            if let Some(row) = taken {
                let stop = CancellationToken::new();
                writers(warehouse).insert(row.id.clone(), stop.clone());
                return Ok(Self { warehouse: Arc::clone(warehouse), holder, row, stop });
            }
            if let Some(writer) = writers(warehouse).get(id) {
                writer.cancel();
            }
            if Instant::now() >= until {
                return Err(Refusal::UploadHeld);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Notes what is flushed and lets go.
    async fn release(&self, received: u64) -> Result<(), Refusal> {
        writers(&self.warehouse).remove(&self.row.id);
        let (id, holder) = (self.row.id.clone(), self.holder.clone());
        let noted = blocking(Arc::clone(&self.warehouse), move |w| {
            let now = w.now();
            Ok(w.records.write(|v| v.release_upload(&id, &holder, received, now))?)
        })
        .await?;
        if noted { Ok(()) } else { Err(Refusal::UploadHeld) }
    }

    /// Still the one writer.
    async fn is_ours(&self) -> bool {
        let (id, holder) = (self.row.id.clone(), self.holder.clone());
        let kept = blocking(Arc::clone(&self.warehouse), move |w| {
            let now = w.now();
            Ok(w.records.write(|v| v.keep_upload(&id, &holder, now))?)
        });
        kept.await.unwrap_or(false)
    }
}

/// How the bytes of a request ended.
enum End {
    Whole,
    Cut,
    TooMany,
}

/// Writes a request's bytes behind those that are there.
async fn receive(held: Held, body: Body, checksum: Option<Checksum>) -> Result<u64, Refusal> {
    let outcome = write(&held, body, checksum).await;
    let kept = outcome.as_ref().map_or(held.row.received, |(_, received)| *received);
    held.release(kept).await?;
    let (verdict, received) = outcome.map_err(BlobError::from)?;
    verdict.map(|()| received)
}

/// The verdict on the request, and how many bytes of the upload are flushed now.
async fn write(
    held: &Held,
    body: Body,
    mut checksum: Option<Checksum>,
) -> std::io::Result<(Result<(), Refusal>, u64)> {
    let before = held.row.received;
    let part = held.warehouse.blobs.part(&held.row.id);
    let mut file = tokio::fs::OpenOptions::new().write(true).create(true).truncate(false).open(part).await?;
    // What lies beyond the noted bytes was never flushed for certain.
    file.set_len(before).await?;
    file.seek(SeekFrom::Start(before)).await?;
    let (mut at, mut alive) = (before, Instant::now());
    let mut body = body.into_data_stream();
    let end = loop {
        let piece = tokio::select! {
            biased;
            () = held.stop.cancelled() => break End::Cut,
            piece = tokio::time::timeout(SILENCE, body.next()) => piece,
        };
        match piece {
            Ok(None) => break End::Whole,
            Err(_) | Ok(Some(Err(_))) => break End::Cut,
            Ok(Some(Ok(bytes))) => {
                if at + bytes.len() as u64 > held.row.length {
                    break End::TooMany;
                }
                file.write_all(&bytes).await?;
                at += bytes.len() as u64;
                if let Some(sum) = &mut checksum {
                    sum.update(&bytes);
                }
            }
        }
        if alive.elapsed() > SIGN_OF_LIFE {
            if !held.is_ours().await {
                break End::Cut;
            }
            alive = Instant::now();
        }
    };
    file.flush().await?;
    file.sync_data().await?;
    let fits = checksum.map(Checksum::fits);
    Ok(match (end, fits) {
        (End::TooMany, _) => (Err(Refusal::BodyTooLarge), before),
        (End::Cut, None) => (Err(Refusal::UploadBroken), at),
        (End::Cut, Some(_)) => (Err(Refusal::UploadBroken), before),
        (End::Whole, Some(false)) => (Err(Refusal::UploadChecksumMismatch), before),
        (End::Whole, _) => (Ok(()), at),
    })
}

/// `Upload-Checksum`: the algorithm, a space, base64.
struct Checksum {
    hash: Hash,
    told: Vec<u8>,
}

enum Hash {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(value) = headers.get("upload-checksum") else { return Ok(None) };
        let malformed = Refusal::UploadHeadersMalformed;
        let (algorithm, told) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or(malformed)?;
        let hash = match algorithm {
            "sha1" => Hash::Sha1(Sha1::new()),
            "sha256" => Hash::Sha256(Sha256::new()),
            _ => return Err(malformed),
        };
        Ok(Some(Self { hash, told: STANDARD.decode(told).map_err(|_| malformed)? }))
    }

    fn update(&mut self, bytes: &[u8]) {
        match &mut self.hash {
            Hash::Sha1(hash) => hash.update(bytes),
            Hash::Sha256(hash) => hash.update(bytes),
        }
    }

    fn fits(self) -> bool {
        match self.hash {
            Hash::Sha1(hash) => hash.finalize().as_slice() == self.told,
            Hash::Sha256(hash) => hash.finalize().as_slice() == self.told,
        }
    }
}

fn writers(
    warehouse: &Warehouse,
) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, CancellationToken>> {
    warehouse.writers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Row first: bytes without a row are swept, a row without its bytes would be believed.
fn forget(warehouse: &Warehouse, upload: &str) -> Result<(), Refusal> {
    warehouse.records.write(|v| v.close_upload(upload))?;
    writers(warehouse).remove(upload);
    match std::fs::remove_file(warehouse.blobs.part(upload)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(BlobError::Io(error).into()),
        _ => Ok(()),
    }
}

fn is_expired(row: &UploadRow, now: Timestamp) -> bool {
    row.touched_at.0 + UPLOAD_LIFE_MS < now.0
}

fn require_piece(headers: &HeaderMap) -> Result<(), Refusal> {
    let piece = headers.get(header::CONTENT_TYPE).is_some_and(|v| v == PIECE);
    if piece { Ok(()) } else { Err(Refusal::UploadTypeUnsupported) }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let mut values = headers.get_all(name).iter();
    // Said twice is not said: two readers might believe two values.
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let value = value.to_str().ok()?;
    value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok())?
}

/// `Upload-Metadata`: pairs of key and base64, between commas.
fn named_blob(headers: &HeaderMap) -> Option<BlobId> {
    let pairs = headers.get("upload-metadata")?.to_str().ok()?;
    let (_, value) =
        pairs.split(',').filter_map(|p| p.trim().split_once(' ')).find(|(k, _)| *k == "sha256")?;
    BlobId::parse(std::str::from_utf8(&STANDARD.decode(value).ok()?).ok()?).ok()
}

fn text(value: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::try_from(value).map_err(|_| Refusal::StorageTrouble)
}

/// The date form of HTTP (RFC 9110, 5.6.7).
fn expiry(touched: Timestamp) -> Result<HeaderValue, Refusal> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let at = time::OffsetDateTime::from_unix_timestamp((touched.0 + UPLOAD_LIFE_MS) / 1000)
        .map_err(|_| Refusal::StorageTrouble)?;
    text(&at.format(format).map_err(|_| Refusal::StorageTrouble)?)
}

fn fresh_id() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the operating system always has randomness after start-up");
    hex::encode(bytes)
}
