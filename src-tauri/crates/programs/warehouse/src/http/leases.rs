//! Leases of dossiers: one machine works on a dossier, the others know who.

use super::records::json_refusal;
use super::{Shared, Who, blocking};
use crate::audit::event;
use crate::problem::Refusal;
use crate::store::{DossierRow, View};
use crate::warehouse::Caller;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use motcua_dossier::{DossierId, Timestamp};
use motcua_wire::{Change, DossierEvent, DossierLease, LEASE_HOURS, LeaseDossier};

const MAX_OFFICER: usize = 100;

/// The strong validator of a dossier's version.
pub(super) fn etag(version: u64) -> String {
    format!("\"v{version}\"")
}

/// Takes a dossier for the calling machine, or renews that; `force` takes it from another one, which is
/// recorded. `If-Match` names the version the caller works on.
#[utoipa::path(post, path = "/v1/dossiers/{id}/lease", tag = "dossiers",
    params(("id" = String, Path, description = "UUID"), ("If-Match" = String, Header, description = "\"v<version>\"")),
    request_body = super::openapi::LeaseDossierSchema,
    responses((status = 200, body = super::openapi::DossierLeaseSchema),
        (status = 404, description = "dossierUnknown", body = super::openapi::ProblemSchema),
        (status = 409, description = "dossierLeased, with held_by", body = super::openapi::ProblemSchema),
        (status = 412, description = "dossierChanged", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "dossierIdMalformed, bodyMalformed", body = super::openapi::ProblemSchema),
        (status = 428, description = "ifMatchAbsent", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn take(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<LeaseDossier>, JsonRejection>,
) -> Result<Response, Refusal> {
    let id = DossierId::parse(&id).map_err(|_| Refusal::DossierIdMalformed)?;
    let Json(wish) = body.map_err(|e| json_refusal(&e))?;
    if wish.officer.trim().is_empty() || wish.officer.chars().count() > MAX_OFFICER {
        return Err(Refusal::BodyMalformed);
    }
    let matching = headers.get(header::IF_MATCH).cloned().ok_or(Refusal::IfMatchAbsent)?;
    blocking(warehouse, move |w| {
        let now = w.now();
        w.records.attempt(|v| {
            let row = own(v, &caller, id)?;
            if matching.as_bytes() != etag(row.version).as_bytes() {
                return Err(Refusal::DossierChanged);
            }
            let held = v.lease_of(id, now)?;
            let from = held.as_ref().filter(|lease| lease.device != caller.device);
            if let Some(other) = from.filter(|_| !wish.force) {
                return Ok(Refusal::DossierLeased.held_by(other.clone()));
            }
            let until = Timestamp(now.0 + LEASE_HOURS * 60 * 60 * 1000);
            let lease = DossierLease { dossier: id, device: caller.device, officer: wish.officer, until };
            v.put_lease(&lease, from, now)?;
            v.audit(&event(caller.device, &lease.officer, "dossier.leased", id.to_string(), now))?;
            if held.is_none_or(|before| before.device != caller.device) {
                tell(v, id, &row, DossierEvent::Leased, now)?;
            }
            Ok(Json(lease).into_response())
        })
    })
    .await
}

/// Gives a dossier back; again is free.
#[utoipa::path(delete, path = "/v1/dossiers/{id}/lease", tag = "dossiers",
    params(("id" = String, Path, description = "UUID")),
    responses((status = 204, description = "nobody holds it"),
        (status = 404, description = "dossierUnknown", body = super::openapi::ProblemSchema),
        (status = 409, description = "dossierLeased, with held_by: another machine holds it", body = super::openapi::ProblemSchema),
        (status = 422, description = "dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn give_back(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = DossierId::parse(&id).map_err(|_| Refusal::DossierIdMalformed)?;
    blocking(warehouse, move |w| {
        let now = w.now();
        w.records.attempt(|v| {
            let row = own(v, &caller, id)?;
            match v.lease_of(id, now)? {
                Some(other) if other.device != caller.device => {
                    return Ok(Refusal::DossierLeased.held_by(other));
                }
                Some(_) => {
                    v.drop_lease(id)?;
                    tell(v, id, &row, DossierEvent::LeaseEnded, now)?;
                }
                None => {}
            }
            Ok(StatusCode::NO_CONTENT.into_response())
        })
    })
    .await
}

fn own(view: &View<'_>, caller: &Caller, id: DossierId) -> Result<DossierRow, Refusal> {
    view.dossier(id)?.filter(|row| caller.office.contains(&row.agency)).ok_or(Refusal::DossierUnknown)
}

fn tell(
    view: &View<'_>,
    id: DossierId,
    row: &DossierRow,
    what: DossierEvent,
    now: Timestamp,
) -> Result<(), Refusal> {
    let code = row.accepted.as_ref().map(|accepted| accepted.code.clone());
    let change = Change::Dossier { id, version: row.version, code, what };
    Ok(view.note(&change, Some(&row.agency), now)?)
}
