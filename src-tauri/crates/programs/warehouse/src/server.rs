//! Starting and stopping: TLS, limits on connections, a shutdown that lets requests finish.

use crate::backup::hold_data;
use crate::enrol::Presented;
use crate::http::router;
use crate::notices::Outbox;
use crate::warehouse::Warehouse;
use crate::{Config, ConfigError, StoreError};
use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures_util::future::{BoxFuture, FutureExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::Layer;

const GRACE: Duration = Duration::from_secs(10);
/// So often what waits is looked at, beside the moments when a file arrives.
const SWEEP: Duration = Duration::from_secs(60);

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// `warehouse.json`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Disk or network.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// TLS certificate or key cannot be read or do not fit each other.
    #[error("tls certificate or key cannot be used: {0}")]
    Tls(String),
    /// Another server, or a restore, holds the data directory.
    #[error("another program serves or restores this data directory")]
    Held,
    /// A restore was cut; it has to be run again.
    #[error("a restore of this data directory did not come to its end: run it again")]
    HalfRestored,
    /// The trust list of the reference data cannot be read.
    #[error("trust list of the reference data cannot be read")]
    TrustList,
}

/// A server that is listening.
pub struct RunningServer {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    closing: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    /// Signs audit heads from time to time.
    signer: JoinHandle<()>,
    warehouse: Arc<Warehouse>,
    /// Keeps a second server and a restore away.
    held: Option<File>,
}

impl RunningServer {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL for counters.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Lets running requests finish, then closes.
    ///
    /// # Errors
    /// The server had failed.
    pub async fn stop(self) -> Result<(), ServeError> {
        self.closing.cancel();
        self.handle.graceful_shutdown(Some(GRACE));
        self.wait().await
    }

    /// Waits until the server ends.
    ///
    /// # Errors
    /// The server failed.
    pub async fn wait(self) -> Result<(), ServeError> {
        let ended = self.task.await.map_err(std::io::Error::other)?;
        self.signer.abort();
        sign(self.warehouse, |w| w.sign_audit(w.now())).await;
        drop(self.held);
        Ok(ended?)
    }
}

/// Opens the data directory and listens.
///
/// # Errors
/// See [`ServeError`].
pub async fn start(config: Config, listener: TcpListener) -> Result<RunningServer, ServeError> {
    let opened = config.clone();
    let (held, warehouse) = tokio::task::spawn_blocking(move || {
        Ok::<_, ServeError>((hold_data(&opened.data)?, Warehouse::open(&opened)?))
    })
    .await
    .map_err(std::io::Error::other)??;
    let server = start_with(&config, warehouse, listener)?;
    Ok(RunningServer { held: Some(held), ..server })
}

/// Listens for an opened warehouse.
pub(crate) fn start_with(
    config: &Config,
    warehouse: Warehouse,
    listener: TcpListener,
) -> Result<RunningServer, ServeError> {
    let machines = warehouse.devices.verifier()?;
    let tls =
        tls_of(&config.data.join(&config.tls_cert), &config.data.join(&config.tls_key), Some(machines))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = Handle::new();
    let acceptor = KnowsMachines(RustlsAcceptor::new(RustlsConfig::from_config(tls)));
    let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(handle.clone());
    server.http_builder().http1().header_read_timeout(Duration::from_secs(15)).timer(hyper_timer());
    server.http_builder().http2().max_header_list_size(16 * 1024).timer(hyper_timer());
    let outbox = Outbox::new(config);
    let warehouse = Arc::new(warehouse);
    let closing = warehouse.closing.clone();
    let sweeper = tokio::spawn(sweep(Arc::clone(&warehouse)));
    let notices = tokio::spawn(crate::notices::run(Arc::clone(&warehouse), outbox));
    let stopping = closing.clone();
    let service = router(Arc::clone(&warehouse)).into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move {
        let ended = server.serve(service).await;
        sweeper.abort();
        stopping.cancel();
        let _ = notices.await;
        ended
    });
    let signer = tokio::spawn(sign_heads(Arc::downgrade(&warehouse)));
    Ok(RunningServer { address, handle, closing, task, signer, warehouse, held: None })
}

/// Looks every few seconds whether an audit head is to be signed, as long as the server lives.
async fn sign_heads(warehouse: Weak<Warehouse>) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    loop {
        tick.tick().await;
        let Some(warehouse) = warehouse.upgrade() else { return };
        sign(warehouse, Warehouse::sign_audit_if_due).await;
    }
}

async fn sign(
    warehouse: Arc<Warehouse>,
    how: impl FnOnce(&Warehouse) -> Result<(), StoreError> + Send + 'static,
) {
    match tokio::task::spawn_blocking(move || how(&warehouse)).await {
        Ok(Err(error)) => tracing::error!(%error, "audit head could not be signed"),
        Err(error) => tracing::error!(panicked = error.is_panic(), "audit head could not be signed"),
        Ok(Ok(())) => {}
    }
}

/// Serves until SIGTERM or ctrl-c. `ready` is called with the base URL once requests are taken.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(
    config: Config,
    listener: TcpListener,
    ready: impl FnOnce(&str),
) -> Result<(), ServeError> {
    let server = start(config, listener).await?;
    ready(&server.url());
    let (handle, closing) = (server.handle.clone(), server.closing.clone());
    let watch = tokio::spawn(async move {
        stop_signal().await;
        closing.cancel();
        handle.graceful_shutdown(Some(GRACE));
    });
    let ended = server.wait().await;
    watch.abort();
    ended
}

/// What waited when the server stopped is looked at first.
async fn sweep(warehouse: Arc<Warehouse>) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        let warehouse = Arc::clone(&warehouse);
        if tokio::task::spawn_blocking(move || warehouse.sweep()).await.is_err() {
            tracing::error!("sweep did not finish");
        }
    }
}

/// Tells each request what the certificate of its connection says.
#[derive(Clone)]
struct KnowsMachines(RustlsAcceptor);

impl<S: Send + 'static> Accept<TcpStream, S> for KnowsMachines {
    type Stream = <RustlsAcceptor as Accept<TcpStream, S>>::Stream;
    type Service = AddExtension<S, Option<Presented>>;
    type Future = BoxFuture<'static, std::io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = self.0.accept(stream, service);
        async move {
            let (stream, service) = accepted.await?;
            let presented = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let presented = presented.and_then(Presented::read);
            Ok((stream, Extension(presented).layer(service)))
        }
        .boxed()
    }
}

fn hyper_timer() -> hyper_util::rt::TokioTimer {
    hyper_util::rt::TokioTimer::new()
}

/// What the server says of itself, and whom it asks for a certificate.
pub(crate) fn tls_of(
    cert: &Path,
    key: &Path,
    machines: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<Arc<rustls::ServerConfig>, ServeError> {
    let trouble = |e: &dyn std::fmt::Display| ServeError::Tls(e.to_string());
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| trouble(&e))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| trouble(&e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| trouble(&e))?
        .with_client_cert_verifier(machines.unwrap_or_else(|| Arc::new(NoClientAuth)))
        .with_single_cert(chain, key)
        .map_err(|e| trouble(&e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
            }
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
