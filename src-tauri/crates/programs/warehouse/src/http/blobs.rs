//! Files: stored only when their bytes hash to their name, streamed both ways.

use super::{Shared, Who, blocking};
use crate::problem::Refusal;
use crate::store::{BlobError, is_full};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use motcua_dossier::BlobId;
use motcua_wire::MAX_FILE;
use tokio_util::io::ReaderStream;

impl From<BlobError> for Refusal {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::HashMismatch => Self::BlobHashMismatch,
            BlobError::TooLarge => Self::BodyTooLarge,
            BlobError::Io(error) => {
                tracing::error!(%error, "file could not be stored");
                if is_full(&error) { Self::StorageFull } else { Self::StorageTrouble }
            }
        }
    }
}

/// Fetches a file in the caller's scope; outside it, it does not exist.
#[utoipa::path(get, path = "/v1/blobs/{sha256}", tag = "files",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, 64 hex digits")),
    responses((status = 200, description = "the bytes", content_type = "application/octet-stream"),
        (status = 404, description = "blobUnknown", body = super::openapi::ProblemSchema),
        (status = 422, description = "blobIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn fetch(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = BlobId::parse(&id).map_err(|_| Refusal::BlobIdMalformed)?;
    let path = blocking(warehouse, move |w| {
        if !w.sees_blob(caller.scope(), &id)? {
            return Err(Refusal::BlobUnknown);
        }
        w.note_read(&caller, "file.read", id.to_string())?;
        Ok(w.blobs.path(&id))
    })
    .await?;
    let file = tokio::fs::File::open(path).await.map_err(|_| Refusal::BlobUnknown)?;
    let size = file.metadata().await.map_err(|_| Refusal::StorageTrouble)?.len();
    let mut response = Body::from_stream(ReaderStream::with_capacity(file, 1 << 16)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    Ok(response)
}

/// Stores a file. Sending the same file again changes nothing.
#[utoipa::path(put, path = "/v1/blobs/{sha256}", tag = "files",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, 64 hex digits")),
    request_body(content = super::openapi::BytesSchema, content_type = "application/octet-stream", description = "at most 64 MiB"),
    responses((status = 201, description = "stored and flushed"), (status = 200, description = "was there already"),
        (status = 408, description = "uploadBroken, requestTimeout", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "blobIdMalformed, blobHashMismatch", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn store(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let id = BlobId::parse(&id).map_err(|_| Refusal::BlobIdMalformed)?;
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|size| size > MAX_FILE) {
        return Err(Refusal::BodyTooLarge);
    }
    warehouse.require_room()?;
    let mut incoming = warehouse.blobs.receive().map_err(BlobError::from)?;
    let mut body = request.into_body().into_data_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Refusal::UploadBroken)?;
        incoming = tokio::task::spawn_blocking(move || incoming.push(&chunk).map(|()| incoming))
            .await
            .map_err(|_| Refusal::StorageTrouble)??;
    }
    blocking(warehouse, move |w| {
        let there = w.blobs.has(&id);
        let size = incoming.finish(&w.blobs, &id)?;
        let now = w.now();
        let fresh = w.records.write(|v| {
            let known = v.has_blob(&id)?;
            v.add_blob(&id, size, now, Some(caller.device))?;
            Ok::<_, crate::StoreError>(!known)
        })?;
        w.file_arrived(&caller, &id);
        Ok(if fresh || !there { StatusCode::CREATED } else { StatusCode::OK })
    })
    .await
}
