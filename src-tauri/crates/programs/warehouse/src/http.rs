//! The HTTP API, version 1: routes, who may call them, limits and logs.

mod admin;
mod blobs;
mod changes;
mod enrol;
mod heard_out;
mod leases;
mod ledger;
mod login;
mod office;
mod openapi;
mod packages;
mod records;
mod uploads;

pub use openapi::openapi_json;

use crate::enrol::{Errand, Presented};
use crate::problem::Refusal;
use crate::warehouse::{Caller, Warehouse};
use crate::{health, limits};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head, options, post};
use axum::{Extension, Router};
use std::sync::Arc;
use std::time::{Duration, Instant};

const MAX_JSON: usize = 8 * 1024 * 1024;
const JSON_LIMIT: Duration = Duration::from_secs(60);
const BLOB_LIMIT: Duration = Duration::from_secs(900);

/// State of every handler.
pub(crate) type Shared = State<Arc<Warehouse>>;
/// Who is calling, put there by [`authorize`].
pub(crate) type Who = Extension<Caller>;

/// Every route of `/v1`.
pub(crate) fn router(warehouse: Arc<Warehouse>) -> Router {
    let open = Router::new()
        .route("/v1/about", get(records::about))
        .route("/v1/openapi.json", get(openapi::serve))
        .route("/v1/enrol", post(enrol::enrol))
        .route("/v1/enrol/renew", post(enrol::renew))
        .route_layer(middleware::from_fn_with_state(JSON_LIMIT, time_limit));
    let json = Router::new()
        .route("/v1/reference", get(records::reference))
        .route("/v1/identity/{number}", get(records::identity))
        .route("/v1/documents", get(records::documents))
        .route("/v1/ops", post(records::ops))
        .route("/v1/ops/status", post(office::op_states))
        .route("/v1/changes", get(changes::changes))
        .route("/v1/dossiers", get(office::page))
        .route("/v1/dossiers/read", post(office::read))
        .route("/v1/submissions", get(office::submissions))
        .route("/v1/dossiers/{id}", get(records::dossier))
        .route("/v1/dossiers/{id}/lease", post(leases::take).delete(leases::give_back))
        .route("/v1/dossiers/{id}/fees", get(ledger::fees))
        .route("/v1/dossiers/{id}/steps", get(ledger::steps))
        .route("/v1/fees/totals", get(ledger::totals))
        .route("/v1/feedback", get(ledger::feedback))
        .route("/v1/reuse", get(ledger::reuse))
        .route("/v1/consents", get(ledger::consents))
        .route("/v1/owners/{number}", get(ledger::owner))
        .route("/v1/number-blocks", post(records::number_blocks))
        .route("/v1/blobs/check", post(uploads::check))
        .route("/v1/packages/{sha256}", post(packages::carry))
        .route("/v1/admin", post(admin::ask))
        .route("/v1/login", post(login::log_in))
        .route("/v1/login/refresh", post(login::go_on))
        .route("/v1/logout", post(login::log_out))
        .route_layer(middleware::from_fn_with_state(JSON_LIMIT, time_limit));
    let files = Router::new()
        .route("/v1/blobs/{sha256}", get(blobs::fetch).put(blobs::store))
        .route_layer(middleware::from_fn_with_state(BLOB_LIMIT, time_limit));
    let tus = Router::new()
        .route("/v1/uploads", options(uploads::offer).post(uploads::create))
        .route("/v1/uploads/{id}", head(uploads::position).patch(uploads::append).delete(uploads::give_up))
        .route_layer(middleware::from_fn(uploads::protocol))
        .route("/v1/blobs/{sha256}/commit", post(uploads::commit))
        .route_layer(middleware::from_fn_with_state(BLOB_LIMIT, time_limit))
        .route_layer(middleware::from_fn(uploads::to_the_end));
    let closed = json
        .merge(files)
        .merge(tus)
        .route_layer(middleware::from_fn_with_state(Arc::clone(&warehouse), authorize));
    open.merge(closed)
        .layer(middleware::from_fn_with_state(Arc::clone(&warehouse), limits::by_address))
        .merge(health::routes())
        .method_not_allowed_fallback(|| async { Refusal::MethodNotAllowed })
        .fallback(|| async { Refusal::RouteUnknown })
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .layer(middleware::from_fn(heard_out::heard_out))
        .layer(middleware::from_fn_with_state(Arc::clone(&warehouse), log))
        .with_state(warehouse)
}

/// What the certificate of the connection says, if it has one; put there by the server.
pub(crate) type Peer = Extension<Option<Presented>>;

/// Runs blocking work of a request outside the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    warehouse: Arc<Warehouse>,
    work: impl FnOnce(&Warehouse) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(move || work(&warehouse)).await.map_err(|error| {
        tracing::error!(panicked = error.is_panic(), "request did not finish");
        Refusal::StorageTrouble
    })?
}

async fn authorize(
    State(warehouse): Shared,
    Extension(peer): Peer,
    mut request: Request,
    next: Next,
) -> Response {
    let gates = Arc::clone(&warehouse);
    let access = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let access = access.and_then(|v| v.strip_prefix("Bearer ")).map(str::to_owned);
    let who = move |w: &Warehouse| {
        let mut caller = w.caller(peer.as_ref(), Errand::Work)?;
        if let Some(access) = access {
            caller.session = Some(w.session(&caller, &access)?);
        }
        Ok(caller)
    };
    match blocking(warehouse, who).await {
        Ok(caller) if caller.portal && !is_for_portals(&request) => Refusal::NotForPortals.into_response(),
        Ok(caller) => {
            if let Err(refusal) = gates.gates.admit(caller.device) {
                return refusal.into_response();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// What a portal may ask for. Of dossiers it reads those it sent, and its operations submit and nothing else.
fn is_for_portals(request: &Request) -> bool {
    const ROUTES: [&str; 8] = [
        "/v1/reference",
        "/v1/ops",
        "/v1/ops/status",
        "/v1/dossiers/{id}",
        "/v1/blobs/check",
        "/v1/blobs/{sha256}/commit",
        "/v1/uploads",
        "/v1/uploads/{id}",
    ];
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let sends = request.method() == Method::PUT;
    route.is_some_and(|route| ROUTES.contains(&route) || sends && route == "/v1/blobs/{sha256}")
}

async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::RequestTimeout.into_response(),
    }
}

/// One line per request: the route's template, never the path, which may carry a person's number.
async fn log(State(warehouse): Shared, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let started = Instant::now();
    let response = next.run(request).await;
    let took = started.elapsed();
    warehouse.metrics.answered(&method, &route, response.status(), took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), millis, "request");
    response
}
