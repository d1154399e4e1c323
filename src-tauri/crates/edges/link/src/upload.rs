//! Sending one file. A small one goes whole in one request; a larger one in pieces that can be gone on
//! with after a cut, also after a restart: the server remembers how far it is. Another resumable form
//! replaces this module and nothing else.

use crate::answer::{failure, json, success};
use crate::warehouse::{HttpWarehouse, USUAL, send};
use base64::{Engine, engine::general_purpose::STANDARD};
use motcua_desk::ports::{LinkError, Progress};
use motcua_dossier::BlobId;
use motcua_wire::{BlobsQuery, BlobsReply, CHUNK, OpenUpload, SMALLEST_CHUNK};
use reqwest::{Body, Method, RequestBuilder, Response, header};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PIECE: usize = 64 * 1024;
const TICK: Duration = Duration::from_millis(100);
/// The server reads and flushes the file again.
const COMMIT: Duration = Duration::from_secs(75);
/// Tries without one more byte before the outbox is told.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

impl HttpWarehouse {
    /// Sends the file; done when the server has verified its hash.
    pub(crate) async fn send_file(
        &self,
        blob: &BlobId,
        bytes: &[u8],
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), LinkError> {
        let exchange = async {
            if bytes.len() as u64 <= CHUNK {
                let request = self.request(Method::PUT, &["blobs", &blob.to_string()])?;
                let request = request.header(header::CONTENT_TYPE, "application/octet-stream");
                match self.send_bytes(request, bytes, 0, bytes.len() as u64, progress).await {
                    // On a line that does not carry it whole, it goes as a large one does.
                    Err(error) if is_passing(&error) => {}
                    outcome => return outcome.map(|_| ()),
                }
            }
            match self.upload_in_chunks(blob, bytes, progress).await {
                // The upload was forgotten meanwhile, or the server's disk lost a part of it: once more.
                Err(LinkError::Refused(code)) if STARTS_OVER.contains(&code.as_str()) => {
                    self.upload_in_chunks(blob, bytes, progress).await
                }
                outcome => outcome,
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(LinkError::Cancelled),
            outcome = exchange => outcome,
        }
    }

    async fn upload_in_chunks(
        &self,
        blob: &BlobId,
        bytes: &[u8],
        progress: Progress<'_>,
    ) -> Result<(), LinkError> {
        let total = bytes.len() as u64;
        let Some(mut open) = self.position(blob, total).await? else {
            progress(total, total);
            return Ok(());
        };
        // A small file comes here only from a line that broke.
        let (mut chunk, mut tries) = (if total <= CHUNK { SMALLEST_CHUNK } else { CHUNK }, 0);
        while open.received < total {
            let end = (open.received + chunk).min(total);
            let piece = &bytes[index(open.received)..index(end)];
            let request = self
                .tus(Method::PATCH, &["uploads", &open.id])?
                .header(header::CONTENT_TYPE, "application/offset+octet-stream")
                .header("upload-offset", open.received);
            let sent = self.send_bytes(request, piece, open.received, total, progress).await;
            match sent.and_then(|answer| offset(&answer)) {
                Ok(received) if (open.received + 1..=total).contains(&received) => {
                    open.received = received;
                    (chunk, tries) = ((chunk * 2).min(CHUNK), 0);
                }
                Ok(_) => return Err(LinkError::Malformed),
                Err(error) if is_passing(&error) => {
                    chunk = (chunk / 2).max(SMALLEST_CHUNK);
                    tries += 1;
                    if tries > TRIES {
                        // The server answered in between: it is this file that does not get through, and
                        // no other waits for it.
                        return Err(match error {
                            LinkError::Offline => LinkError::Trouble { retry_after: None },
                            error => error,
                        });
                    }
                    tokio::time::sleep(PAUSE * tries).await;
                    let received =
                        offset(&send(self.tus(Method::HEAD, &["uploads", &open.id])?, USUAL).await?)?;
                    if received > open.received {
                        tries = 0;
                    }
                    open.received = received;
                }
                Err(error) => return Err(error),
            }
        }
        send(self.request(Method::POST, &["blobs", &blob.to_string(), "commit"])?, COMMIT).await?;
        progress(total, total);
        Ok(())
    }

    /// The upload to go on with, a fresh one, or none when the file is there.
    async fn position(&self, blob: &BlobId, total: u64) -> Result<Option<OpenUpload>, LinkError> {
        let query = self.request(Method::POST, &["blobs", "check"])?.json(&BlobsQuery { blobs: vec![*blob] });
        let reply: BlobsReply = json(send(query, USUAL).await?).await?;
        let state = reply.blobs.into_iter().find(|state| state.id == *blob).ok_or(LinkError::Malformed)?;
        if state.have {
            return Ok(None);
        }
        if let Some(open) = state.upload.filter(|open| open.received <= total) {
            return Ok(Some(open));
        }
        let create = self
            .tus(Method::POST, &["uploads"])?
            .header("upload-length", total)
            .header("upload-metadata", format!("sha256 {}", STANDARD.encode(blob.to_string())));
        let created = send(create, USUAL).await?;
        // The address is ours to build: a server's word never sends our bytes elsewhere.
        let location = created.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
        let id = location.and_then(|l| l.rsplit('/').next()).filter(|id| !id.is_empty());
        let id = id.ok_or(LinkError::Malformed)?.to_owned();
        Ok(Some(OpenUpload { id, received: 0 }))
    }

    fn tus(&self, method: Method, parts: &[&str]) -> Result<RequestBuilder, LinkError> {
        Ok(self.request(method, parts)?.header("tus-resumable", "1.0.0"))
    }

    /// Sends `bytes`, which begin at `before` of `total`, and tells how far it is.
    async fn send_bytes(
        &self,
        request: RequestBuilder,
        bytes: &[u8],
        before: u64,
        total: u64,
        progress: Progress<'_>,
    ) -> Result<Response, LinkError> {
        let sent = Arc::new(AtomicU64::new(0));
        let body = Body::wrap_stream(pieces(bytes.to_vec(), Arc::clone(&sent)));
        let request = request.header(header::CONTENT_LENGTH, bytes.len()).body(body).send();
        progress(before, total);
        let exchange = async { success(request.await.map_err(|e| failure(&e))?).await };
        tokio::pin!(exchange);
        let mut told = 0;
        loop {
            tokio::select! {
                biased;
                outcome = &mut exchange => {
                    if outcome.is_ok() {
                        progress(before + bytes.len() as u64, total);
                    }
                    return outcome;
                }
                () = tokio::time::sleep(TICK) => {
                    let now = sent.load(Ordering::Relaxed);
                    if now != told {
                        told = now;
                        progress(before + now, total);
                    }
                }
            }
        }
    }
}

const STARTS_OVER: [&str; 4] = ["uploadUnknown", "uploadExpired", "uploadIncomplete", "blobHashMismatch"];

/// Worth another try with what the server has by now.
fn is_passing(error: &LinkError) -> bool {
    match error {
        LinkError::Offline | LinkError::Trouble { .. } => true,
        LinkError::Refused(code) => code == "uploadOffsetMismatch",
        _ => false,
    }
}

fn offset(answer: &Response) -> Result<u64, LinkError> {
    let value = answer.headers().get("upload-offset").and_then(|v| v.to_str().ok());
    value.and_then(|v| v.parse().ok()).ok_or(LinkError::Malformed)
}

/// Offsets are never beyond a file that lies in memory.
fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// The bytes piece by piece; a piece counts as sent when the connection asks for the next one.
fn pieces(
    bytes: Vec<u8>,
    sent: Arc<AtomicU64>,
) -> impl futures_util::Stream<Item = Result<Vec<u8>, std::convert::Infallible>> {
    futures_util::stream::unfold((bytes, 0usize), move |(bytes, at)| {
        sent.store(at as u64, Ordering::Relaxed);
        let end = (at + PIECE).min(bytes.len());
        let piece = bytes[at..end].to_vec();
        std::future::ready((!piece.is_empty()).then_some((Ok(piece), (bytes, end))))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    #[tokio::test]
    async fn pieces_make_the_whole_and_progress_never_runs_ahead() {
        let bytes: Vec<u8> = (0..150_000u32).map(|i| (i % 251) as u8).collect();
        let sent = Arc::new(AtomicU64::new(0));
        let mut stream = Box::pin(pieces(bytes.clone(), Arc::clone(&sent)));
        let mut got = Vec::new();
        while let Some(piece) = stream.next().await {
            assert!(sent.load(Ordering::Relaxed) <= got.len() as u64);
            got.extend(piece.unwrap());
        }
        assert_eq!(got, bytes);
    }
}
