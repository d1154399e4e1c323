//! A gate that understands what passes: it ends TLS, reads whole requests and answers, and lets things
//! happen to them that a [`ChaosLine`](crate::ChaosLine) cannot know of: said twice, said again later,
//! answered by somebody else.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

/// What happens to one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// It never arrives; the line is reset.
    RequestLost,
    /// Half of it arrives; the line is reset.
    RequestCut,
    /// It arrives and the answer does not; the line is reset.
    AnswerLost,
    /// It arrives and half of the answer does.
    AnswerCut,
    /// It arrives twice; the second answer comes back.
    RequestDoubled,
    /// It arrives, is answered, and arrives once more when nobody waits for it.
    RequestReplayed,
    /// It never arrives; the answer to the request before it comes back in its place.
    AnswerReplayed,
    /// Another end answers so in the server's place, in HTML; the request never arrives.
    Instead(u16),
    /// It arrives, and another end answers so.
    InsteadAfter(u16),
}

/// A gate before one server.
pub struct ChaosGate {
    address: SocketAddr,
    state: Arc<State>,
    end: CancellationToken,
}

struct State {
    server: SocketAddr,
    theirs: Arc<ClientConfig>,
    armed: Mutex<Option<(Mishap, String, String)>>,
    /// The last answer that passed.
    before: Mutex<Vec<u8>>,
    met: Mutex<u32>,
}

impl ChaosGate {
    /// A gate before `server` without mishaps. `ours` is what it shows to clients, `theirs` whom it believes.
    ///
    /// # Errors
    /// No port of this machine is free.
    pub async fn to(
        server: SocketAddr,
        ours: Arc<ServerConfig>,
        theirs: Arc<ClientConfig>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let state = Arc::new(State {
            server,
            theirs,
            armed: Mutex::default(),
            before: Mutex::default(),
            met: Mutex::default(),
        });
        let (address, end) = (listener.local_addr()?, CancellationToken::new());
        let (shared, stop) = (Arc::clone(&state), end.clone());
        let acceptor = TlsAcceptor::from(ours);
        tokio::spawn(async move {
            while let Some(client) = stop.run_until_cancelled(listener.accept()).await {
                let Ok((client, _)) = client else { continue };
                let (shared, stop, acceptor) = (Arc::clone(&shared), stop.clone(), acceptor.clone());
                tokio::spawn(async move {
                    stop.run_until_cancelled(connection(client, acceptor, shared)).await;
                });
            }
        });
        Ok(Self { address, state, end })
    }

    /// Base URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// This happens once: to the next request of that method whose path fits `template` (`{…}` is any part).
    pub fn suffer(&self, mishap: Mishap, method: &str, template: &str) {
        *lock(&self.state.armed) = Some((mishap, method.to_uppercase(), template.to_owned()));
    }

    /// Mishaps that happened.
    #[must_use]
    pub fn met(&self) -> u32 {
        *lock(&self.state.met)
    }
}

impl Drop for ChaosGate {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl State {
    /// The mishap that waits for this request, if it is the one.
    fn mishap(&self, request: &[u8]) -> Option<Mishap> {
        let head = String::from_utf8_lossy(request);
        let mut words = head.split(' ');
        let (method, path) = (words.next()?, words.next()?.split('?').next()?);
        let mut armed = lock(&self.armed);
        let (mishap, wished, template) = armed.as_ref()?;
        let (a, b): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
        let fits = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || b.starts_with('{'));
        if method != wished || !fits {
            return None;
        }
        let mishap = *mishap;
        *armed = None;
        *lock(&self.met) += 1;
        Some(mishap)
    }

    /// Hands a request to the server and gives the whole answer.
    async fn hand_on(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let tcp = TcpStream::connect(self.server).await?;
        let name = ServerName::IpAddress(self.server.ip().into());
        let mut tls = TlsConnector::from(Arc::clone(&self.theirs)).connect(name, tcp).await?;
        tls.write_all(request).await?;
        tls.flush().await?;
        answer(&mut tls, request.starts_with(b"HEAD ")).await
    }
}

async fn connection(client: TcpStream, acceptor: TlsAcceptor, state: Arc<State>) {
    let Ok(mut client) = acceptor.accept(client).await else { return };
    while let Ok(Some(request)) = whole_request(&mut client).await {
        let mishap = state.mishap(&request);
        if mishap == Some(Mishap::AnswerReplayed) {
            let before = lock(&state.before).clone();
            let _ = client.write_all(&before).await;
            continue;
        }
        if let Some(Mishap::Instead(status)) = mishap {
            let _ = client.write_all(&page(status)).await;
            continue;
        }
        let half = request.len() / 2;
        let arrives = match mishap {
            Some(Mishap::RequestLost) => &[][..],
            Some(Mishap::RequestCut) => &request[..half],
            _ => &request[..],
        };
        let answered = match arrives {
            [] => Ok(vec![]),
            part if part.len() < request.len() => cut_off(&state, part).await,
            whole => state.hand_on(whole).await,
        };
        let Ok(answer) = answered else { break };
        let answer = match mishap {
            Some(Mishap::RequestDoubled) => match state.hand_on(&request).await {
                Ok(second) => second,
                Err(_) => break,
            },
            Some(Mishap::InsteadAfter(status)) => page(status),
            _ => answer,
        };
        match mishap {
            Some(Mishap::RequestLost | Mishap::RequestCut | Mishap::AnswerLost) => break,
            Some(Mishap::AnswerCut) => {
                let _ = client.write_all(&answer[..answer.len() - 1 - answer.len() / 3]).await;
                let _ = client.flush().await;
                break;
            }
            _ => {}
        }
        answer.clone_into(&mut lock(&state.before));
        if client.write_all(&answer).await.is_err() || client.flush().await.is_err() {
            break;
        }
        if mishap == Some(Mishap::RequestReplayed) && state.hand_on(&request).await.is_err() {
            break;
        }
    }
    let _ = client.get_ref().0.set_zero_linger();
}

/// A part of a request arrives, then the line is reset.
async fn cut_off(state: &State, part: &[u8]) -> io::Result<Vec<u8>> {
    let tcp = TcpStream::connect(state.server).await?;
    let name = ServerName::IpAddress(state.server.ip().into());
    let mut tls = TlsConnector::from(Arc::clone(&state.theirs)).connect(name, tcp).await?;
    tls.write_all(part).await?;
    tls.flush().await?;
    // What was sent is read before the line breaks.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    tls.get_ref().0.set_zero_linger()?;
    Ok(vec![])
}

fn page(status: u16) -> Vec<u8> {
    let body = "<html><body>login</body></html>";
    format!(
        "HTTP/1.1 {status} Elsewhere\r\ncontent-type: text/html\r\nlocation: https://cong.invalid/\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A request to its last byte; none when the client has gone.
async fn whole_request(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![];
    let Some(head) = head(from, &mut bytes).await? else { return Ok(None) };
    let has_body = told(&bytes[..head], "content-length").is_some() || is_chunked(&bytes[..head]);
    if has_body {
        body(from, &mut bytes, head).await?;
    }
    Ok(Some(bytes))
}

/// An answer to its last byte.
async fn answer(from: &mut (impl AsyncReadExt + Unpin), to_head: bool) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    let head = head(from, &mut bytes).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = String::from_utf8_lossy(&bytes[..head]).split(' ').nth(1).map(str::to_owned);
    if !to_head && !matches!(status.as_deref(), Some("204" | "304")) {
        body(from, &mut bytes, head).await?;
    }
    Ok(bytes)
}

async fn head(from: &mut (impl AsyncReadExt + Unpin), bytes: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            return Ok(Some(end + 4));
        }
        if from.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
}

async fn body(from: &mut (impl AsyncReadExt + Unpin), bytes: &mut Vec<u8>, head: usize) -> io::Result<()> {
    let length = told(&bytes[..head], "content-length").and_then(|n| n.parse::<usize>().ok());
    let chunked = is_chunked(&bytes[..head]);
    loop {
        let whole = match length {
            Some(length) => bytes.len() >= head + length,
            None => chunked && bytes[head..].ends_with(b"0\r\n\r\n"),
        };
        if whole {
            return Ok(());
        }
        // Without a length the end of the connection is the end of the answer.
        if from.read_buf(bytes).await? == 0 {
            return if length.is_none() && !chunked {
                Ok(())
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
    }
}

fn told(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head).into_owned();
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}

fn is_chunked(head: &[u8]) -> bool {
    told(head, "transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds this lock")
}
