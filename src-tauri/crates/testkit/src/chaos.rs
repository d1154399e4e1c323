//! A line that misbehaves on purpose: a TCP proxy between a real client and a real server.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Both ends are closed in order.
    Close,
    /// Both ends get a reset.
    Reset,
    /// Nothing passes any more and neither end is told: a half-open line.
    Silence,
}

/// Where a line ends: once, and only there; the next connection is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutAt {
    /// After so many bytes from the client, counted over all connections from now on.
    Sent(u64),
    /// After so many bytes from the server.
    Answered(u64),
}

/// A TCP line to a server, with faults that can be changed while it runs. Dropping it cuts everything.
pub struct ChaosLine {
    address: SocketAddr,
    state: Arc<State>,
    end: CancellationToken,
}

#[derive(Default)]
struct State {
    sent: AtomicU64,
    answered: AtomicU64,
    cuts: AtomicU32,
    refusing: AtomicBool,
    /// Bytes a second and direction; 0 for as fast as it goes.
    rate: AtomicU64,
    /// Microseconds every byte is on its way.
    latency: AtomicU64,
    /// When the line is free again, in each direction: all connections share it.
    free: [Mutex<Option<Instant>>; 2],
    armed: Mutex<Option<(CutAt, Cut)>>,
}

#[derive(Clone, Copy)]
enum Way {
    Sent,
    Answered,
}

impl ChaosLine {
    /// A line to `server` without faults.
    ///
    /// # Errors
    /// No port of this machine is free.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, state, end) =
            (listener.local_addr()?, Arc::<State>::default(), CancellationToken::new());
        let (shared, stop) = (Arc::clone(&state), end.clone());
        tokio::spawn(async move {
            loop {
                let client = tokio::select! {
                    () = stop.cancelled() => return,
                    client = listener.accept() => client,
                };
                let Ok((client, _)) = client else { continue };
                if shared.refusing.load(Ordering::SeqCst) {
                    let _ = client.set_zero_linger();
                    continue;
                }
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = connection(client, server, shared) => {}
                    }
                });
            }
        });
        Ok(Self { address, state, end })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the line at that byte, counted from now; in place of an earlier wish.
    pub fn cut(&self, at: CutAt, how: Cut) {
        let mut armed = self.state.armed.lock().expect("no thread panics while it holds this lock");
        self.state.sent.store(0, Ordering::SeqCst);
        self.state.answered.store(0, Ordering::SeqCst);
        *armed = Some((at, how));
    }

    /// New connections are reset at once, or let through again.
    pub fn refuse(&self, refusing: bool) {
        self.state.refusing.store(refusing, Ordering::SeqCst);
    }

    /// Bytes a second in each direction, shared by all connections; 0 for as fast as it goes.
    pub fn slow_down(&self, bytes_per_second: u64) {
        self.state.rate.store(bytes_per_second, Ordering::SeqCst);
    }

    /// How long every byte is on its way, in each direction.
    pub fn delay(&self, latency: Duration) {
        self.state.latency.store(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Bytes from the server since the start or the last [`ChaosLine::cut`], TLS and all.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.state.answered.load(Ordering::SeqCst)
    }

    /// Bytes from the clients since the start or the last [`ChaosLine::cut`], TLS and all.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::SeqCst)
    }

    /// Cuts that were made.
    #[must_use]
    pub fn cuts(&self) -> u32 {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for ChaosLine {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn connection(mut client: TcpStream, server: SocketAddr, state: Arc<State>) {
    let Ok(mut upstream) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
    let cut = {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = upstream.split();
        tokio::select! {
            cut = pump(&mut from_client, &mut to_server, &state, Way::Sent) => cut,
            cut = pump(&mut from_server, &mut to_client, &state, Way::Answered) => cut,
        }
    };
    match cut {
        Some(Cut::Reset) => {
            let _ = (client.set_zero_linger(), upstream.set_zero_linger());
        }
        // Until the line is dropped.
        Some(Cut::Silence) => std::future::pending().await,
        Some(Cut::Close) | None => {}
    }
}

/// Carries bytes one way until an end is reached or the line is cut.
async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    state: &State,
    way: Way,
) -> Option<Cut> {
    let (on_its_way, mut arriving) = mpsc::channel::<(Instant, Vec<u8>, Option<Cut>)>(256);
    let take = async move {
        // Dropped at the end of this, so that the other half knows of it.
        let on_its_way = on_its_way;
        let mut buffer = vec![0u8; 16 * 1024];
        loop {
            let Some(n) = from.read(&mut buffer).await.ok().filter(|n| *n > 0) else { return };
            let (allowed, cut) = state.allow(way, n as u64);
            let bytes = buffer[..usize::try_from(allowed).unwrap_or(n)].to_vec();
            let carried = state.carried(way, allowed);
            // What the line has not carried yet is not taken from its end either.
            tokio::time::sleep_until(carried).await;
            let latency = Duration::from_micros(state.latency.load(Ordering::SeqCst));
            if on_its_way.send((carried + latency, bytes, cut)).await.is_err() || cut.is_some() {
                return;
            }
        }
    };
    let give = async {
        while let Some((at, bytes, cut)) = arriving.recv().await {
            tokio::time::sleep_until(at).await;
            to.write_all(&bytes).await.ok()?;
            if cut.is_some() {
                // What was let through arrives; a reset at once would take it back.
                let _ = to.flush().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                return cut;
            }
        }
        None
    };
    tokio::pin!(give);
    tokio::select! {
        biased;
        end = &mut give => end,
        () = take => give.await,
    }
}

impl State {
    /// When the line will have carried so many bytes more.
    fn carried(&self, way: Way, n: u64) -> Instant {
        let now = Instant::now();
        let rate = self.rate.load(Ordering::SeqCst);
        let Some(micros) = n.saturating_mul(1_000_000).checked_div(rate) else { return now };
        let mut free = self.free[way as usize].lock().expect("no thread panics while it holds this lock");
        let done = free.map_or(now, |at| at.max(now)) + Duration::from_micros(micros);
        *free = Some(done);
        done
    }

    /// Counts `n` bytes; says how many of them may pass and how the line ends there.
    fn allow(&self, way: Way, n: u64) -> (u64, Option<Cut>) {
        let mut armed = self.armed.lock().expect("no thread panics while it holds this lock");
        let counter = match way {
            Way::Sent => &self.sent,
            Way::Answered => &self.answered,
        };
        let before = counter.load(Ordering::SeqCst);
        let limit = match (*armed, way) {
            (Some((CutAt::Sent(limit), how)), Way::Sent) => Some((limit, how)),
            (Some((CutAt::Answered(limit), how)), Way::Answered) => Some((limit, how)),
            _ => None,
        };
        match limit {
            Some((limit, how)) if before + n > limit => {
                *armed = None;
                let allowed = limit.saturating_sub(before);
                counter.store(before + allowed, Ordering::SeqCst);
                self.cuts.fetch_add(1, Ordering::SeqCst);
                (allowed, Some(how))
            }
            _ => {
                counter.store(before + n, Ordering::SeqCst);
                (n, None)
            }
        }
    }
}
