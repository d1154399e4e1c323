//! How a machine becomes known, and stays so.

use super::records::json_refusal;
use super::{Peer, Shared, blocking};
use crate::enrol::Errand;
use crate::problem::Refusal;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, State};
use axum::{Extension, Json};
use motcua_wire::{EnrolDevice, Enrolled, RenewDevice};
use std::net::SocketAddr;

/// Enrols a machine by the one-time code of an administrator. The same request may come again.
#[utoipa::path(post, path = "/v1/enrol", tag = "machines", request_body = super::openapi::EnrolDeviceSchema,
    responses((status = 200, body = super::openapi::EnrolledSchema),
        (status = 403, description = "enrolCodeRefused, enrolMachineKnown, enrolOfOtherAgency", body = super::openapi::ProblemSchema),
        (status = 408, description = "requestTimeout", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, csrMalformed", body = super::openapi::ProblemSchema),
        (status = 429, description = "tooManyRequests", body = super::openapi::ProblemSchema),
        (status = 503, description = "storageTrouble", body = super::openapi::ProblemSchema)))]
pub(super) async fn enrol(
    State(warehouse): Shared,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    body: Result<Json<EnrolDevice>, JsonRejection>,
) -> Result<Json<Enrolled>, Refusal> {
    let Json(wish) = body.map_err(|e| json_refusal(&e))?;
    warehouse.gates.enrol(address.ip())?;
    blocking(warehouse, move |w| w.enrol(&wish).map(Json)).await
}

/// The next certificate of an enrolled machine. Its own may have run out, up to 90 days ago.
#[utoipa::path(post, path = "/v1/enrol/renew", tag = "machines", request_body = super::openapi::RenewDeviceSchema,
    responses((status = 200, body = super::openapi::EnrolledSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, csrMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn renew(
    State(warehouse): Shared,
    Extension(peer): Peer,
    body: Result<Json<RenewDevice>, JsonRejection>,
) -> Result<Json<Enrolled>, Refusal> {
    let wish = body.map_err(|e| json_refusal(&e));
    blocking(warehouse, move |w| {
        let caller = w.caller(peer.as_ref(), Errand::Renewal)?;
        w.gates.admit(caller.device)?;
        w.renew(&caller, &wish?.0.csr).map(Json)
    })
    .await
}
