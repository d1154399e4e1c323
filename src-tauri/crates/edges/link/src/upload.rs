//! Sending one file: whole, in chunks, with progress and a way to stop. The resumable form replaces
//! this module and nothing else.

use crate::answer::{failure, success};
use motcua_desk::ports::{LinkError, Progress};
use motcua_dossier::BlobId;
use reqwest::{Body, Client, Url, header};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CHUNK: usize = 64 * 1024;
const TICK: Duration = Duration::from_millis(100);

/// Sends the file; done when the server has verified its hash.
pub(crate) async fn upload(
    client: &Client,
    url: Url,
    device_key: &header::HeaderValue,
    blob: &BlobId,
    bytes: &[u8],
    progress: Progress<'_>,
    cancel: &CancellationToken,
) -> Result<(), LinkError> {
    debug_assert_eq!(url.path_segments().and_then(|mut s| s.next_back()), Some(blob.to_string().as_str()));
    let total = bytes.len() as u64;
    let sent = Arc::new(AtomicU64::new(0));
    let body = Body::wrap_stream(chunks(bytes.to_vec(), Arc::clone(&sent)));
    let request = client
        .put(url)
        .header(header::AUTHORIZATION, device_key)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, total)
        .body(body)
        .send();
    progress(0, total);
    let exchange = async {
        let response = success(request.await.map_err(|e| failure(&e))?).await?;
        drop(response);
        Ok(())
    };
    tokio::pin!(exchange);
    let mut told = 0;
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(LinkError::Cancelled),
            outcome = &mut exchange => {
                if outcome.is_ok() {
                    progress(total, total);
                }
                return outcome;
            }
            () = tokio::time::sleep(TICK) => {
                let now = sent.load(Ordering::Relaxed);
                if now != told {
                    told = now;
                    progress(now, total);
                }
            }
        }
    }
}

/// The bytes piece by piece; a piece counts as sent when the connection asks for the next one.
fn chunks(
    bytes: Vec<u8>,
    sent: Arc<AtomicU64>,
) -> impl futures_util::Stream<Item = Result<Vec<u8>, std::convert::Infallible>> {
    futures_util::stream::unfold((bytes, 0usize), move |(bytes, at)| {
        sent.store(at as u64, Ordering::Relaxed);
        let end = (at + CHUNK).min(bytes.len());
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
        let mut stream = Box::pin(chunks(bytes.clone(), Arc::clone(&sent)));
        let mut got = Vec::new();
        while let Some(piece) = stream.next().await {
            assert!(sent.load(Ordering::Relaxed) <= got.len() as u64);
            got.extend(piece.unwrap());
        }
        assert_eq!(got, bytes);
    }
}
