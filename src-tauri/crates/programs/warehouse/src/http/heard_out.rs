//! Whoever is refused while still sending is heard out, within bounds. A connection that is closed on bytes
//! nobody read is reset, and the reset may overtake the answer (RFC 9112, 9.6): the counter would read "no
//! network" where the server said that its disk is full.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// A chunk of ours and what a line holds on its way.
const MOST: usize = 2 * 1024 * 1024;
const LONGEST: Duration = Duration::from_secs(2);

pub(super) async fn heard_out(request: Request, next: Next) -> Response {
    // Who waits for a word before sending has nothing on its way.
    if request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body.into_data_stream())));
    let response = next.run(Request::from_parts(parts, Body::from_stream(body.clone()))).await;
    if !response.status().is_success() {
        // What ends, or fails, is over; what goes on beyond the bounds is cut.
        let _ = tokio::time::timeout(LONGEST, drain(body)).await;
    }
    response
}

async fn drain(mut body: Shared) {
    let mut heard = 0;
    while let Some(Ok(bytes)) = body.next().await {
        heard += bytes.len();
        if heard > MOST {
            return;
        }
    }
}

/// The body of a request, also after its handler let go of it.
#[derive(Clone)]
struct Shared(Arc<Mutex<BodyDataStream>>);

impl Stream for Shared {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }
}
