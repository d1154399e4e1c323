//! One question to CUPS and its answer: HTTP over its domain socket.

use crate::ipp::{Answer, read};
use crate::owner::login;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use motcua_desk::ports::PrintError;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;

/// A list of printers is a few kilobytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Asks. `path` says what it is about (`/printers/…`, `/jobs/…`, `/`).
pub(crate) async fn ask(
    socket: &Path,
    path: &str,
    message: Vec<u8>,
    patience: Duration,
) -> Result<Answer, PrintError> {
    let message = Bytes::from(message);
    let asked = async {
        match exchange(socket, path, message.clone(), None).await? {
            // The socket itself tells CUPS who asks; it wants to hear the name as well.
            (StatusCode::UNAUTHORIZED, _) => match login() {
                Some(name) => exchange(socket, path, message, Some(name)).await,
                None => Err(PrintError::Refused),
            },
            answered => Ok(answered),
        }
    };
    let (status, body) = tokio::time::timeout(patience, asked).await.map_err(|_| PrintError::Hung)??;
    match status {
        StatusCode::OK => read(&body).ok_or(PrintError::Malformed),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(PrintError::Refused),
        _ => Err(PrintError::Malformed),
    }
}

async fn exchange(
    socket: &Path,
    path: &str,
    message: Bytes,
    name: Option<String>,
) -> Result<(StatusCode, Bytes), PrintError> {
    let stream = UnixStream::connect(socket).await.map_err(|_| PrintError::NoSystem)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    let mut request = Request::post(path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/ipp")
        .header(header::CONNECTION, "close");
    if let Some(name) = name {
        request = request.header(header::AUTHORIZATION, format!("PeerCred {name}"));
    }
    let request = request.body(Full::new(message)).map_err(|_| PrintError::UnknownPrinter)?;
    let answered = async {
        let answer = sender.send_request(request).await.map_err(|e| broken(&e))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await;
        Ok((status, body.map_err(|_| PrintError::Malformed)?.to_bytes()))
    };
    // The connection has to be moved along while the answer is awaited, and ends with it.
    let mut connection = std::pin::pin!(connection);
    let mut answered = std::pin::pin!(answered);
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            done = &mut answered => return done,
            ended = &mut connection, if open => {
                open = false;
                if let Err(error) = ended {
                    return Err(broken(&error));
                }
            }
        }
    }
}

fn broken(error: &hyper::Error) -> PrintError {
    tracing::debug!(%error, "print system's connection");
    PrintError::Malformed
}
