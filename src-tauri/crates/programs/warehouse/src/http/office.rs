//! The dossiers of an agency in short, and what became of a machine's operations.

use super::records::json_refusal;
use super::{Shared, Who, blocking};
use crate::problem::Refusal;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::{Extension, Json};
use motcua_dossier::DossierId;
use motcua_wire::{
    DossierPage, DossiersQuery, DossiersReply, MAX_ASKED, MAX_PAGE, OpState, OpStatus, OpsQuery, OpsStatus,
    SubmissionPage,
};
use serde::Deserialize;

/// Where a page begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    after: Option<String>,
    limit: Option<usize>,
}

/// The accepted dossiers of the caller's agency, in the order of their ids; a list, without papers.
#[utoipa::path(get, path = "/v1/dossiers", tag = "dossiers",
    params(("after" = Option<String>, Query, description = "next of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500)),
    responses((status = 200, body = super::openapi::DossierPageSchema),
        (status = 422, description = "queryMalformed, dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn page(
    State(warehouse): Shared,
    Extension(caller): Who,
    query: Result<Query<After>, QueryRejection>,
) -> Result<Json<DossierPage>, Refusal> {
    let Query(asked) = query.map_err(|_| Refusal::QueryMalformed)?;
    let limit = asked.limit.unwrap_or(MAX_ASKED);
    if !(1..=MAX_ASKED).contains(&limit) {
        return Err(Refusal::QueryMalformed);
    }
    let after = asked.after.as_deref().map(DossierId::parse).transpose();
    let after = after.map_err(|_| Refusal::DossierIdMalformed)?;
    blocking(warehouse, move |w| {
        let page = w.office_page(caller.scope(), after, limit)?;
        if let (Some(first), Some(last)) = (page.items.first(), page.items.last()) {
            let subject = format!("{} {}..{}", page.items.len(), first.id, last.id);
            w.note_read(&caller, "dossiers.listed", subject)?;
        }
        Ok(Json(page))
    })
    .await
}

/// These of the accepted dossiers of the caller's agency, in short; others are left out.
#[utoipa::path(post, path = "/v1/dossiers/read", tag = "dossiers",
    request_body = super::openapi::DossiersQuerySchema,
    responses((status = 200, body = super::openapi::DossiersReplySchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, tooManyIds", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn read(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<DossiersQuery>, JsonRejection>,
) -> Result<Json<DossiersReply>, Refusal> {
    let Json(query) = body.map_err(|e| json_refusal(&e))?;
    if query.ids.len() > MAX_ASKED {
        return Err(Refusal::TooManyIds);
    }
    blocking(warehouse, move |w| {
        let now = w.now();
        let mut items = w.records.read(|v| {
            let mut items = vec![];
            for id in &query.ids {
                items.extend(v.office_dossier(caller.scope(), *id, now)?);
            }
            Ok(items)
        })?;
        if !items.is_empty() {
            let ids: Vec<String> = items.iter().map(|item| item.id.to_string()).collect();
            w.note_read(&caller, "dossiers.listed", ids.join(" "))?;
        }
        w.name_procedures(&mut items);
        Ok(Json(DossiersReply { items }))
    })
    .await
}

/// What was sent to the caller's agency and nobody accepted or declined yet, in the order of their ids.
#[utoipa::path(get, path = "/v1/submissions", tag = "dossiers",
    params(("after" = Option<String>, Query, description = "next of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, description = "SubmissionPage", body = Object),
        (status = 422, description = "queryMalformed, dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn submissions(
    State(warehouse): Shared,
    Extension(caller): Who,
    query: Result<Query<After>, QueryRejection>,
) -> Result<Json<SubmissionPage>, Refusal> {
    let Query(asked) = query.map_err(|_| Refusal::QueryMalformed)?;
    let limit = u32::try_from(asked.limit.unwrap_or(MAX_PAGE as usize)).unwrap_or(0);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Refusal::QueryMalformed);
    }
    let after = asked.after.as_deref().map(DossierId::parse).transpose();
    let after = after.map_err(|_| Refusal::DossierIdMalformed)?;
    blocking(warehouse, move |w| {
        let now = w.now();
        let items = w.records.read(|v| v.waiting(caller.scope(), after, limit, now))?;
        if let (Some(first), Some(last)) = (items.first(), items.last()) {
            let subject = format!("{} {}..{}", items.len(), first.id, last.id);
            w.note_read(&caller, "submissions.listed", subject)?;
        }
        let next = (items.len() == limit as usize).then(|| items.last().map(|item| item.id)).flatten();
        Ok(Json(SubmissionPage { items, next }))
    })
    .await
}

/// What became of operations of the calling machine; those of others are as unknown as ones never sent.
#[utoipa::path(post, path = "/v1/ops/status", tag = "dossiers", request_body = super::openapi::OpsQuerySchema,
    responses((status = 200, body = super::openapi::OpsStatusSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, tooManyIds", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn op_states(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<OpsQuery>, JsonRejection>,
) -> Result<Json<OpsStatus>, Refusal> {
    let Json(query) = body.map_err(|e| json_refusal(&e))?;
    if query.ops.len() > MAX_ASKED {
        return Err(Refusal::TooManyIds);
    }
    blocking(warehouse, move |w| {
        let ops = w.records.read(|v| {
            let mut ops = vec![];
            for op_id in query.ops {
                // One that was refused before may wait in the inbox now.
                let state = match v.kept_for(op_id, caller.device)? {
                    Some(waits_for) => OpState::Kept { waits_for },
                    None => v.op_outcome(op_id, caller.device)?.unwrap_or(OpState::Unknown),
                };
                ops.push(OpStatus { op_id, state });
            }
            Ok(ops)
        })?;
        Ok(Json(OpsStatus { ops }))
    })
    .await
}
