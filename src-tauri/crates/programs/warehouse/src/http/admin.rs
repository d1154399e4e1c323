//! The administrator's one route: a question or an act, and its answer.

use super::{Shared, Who, blocking};
use crate::http::records::json_refusal;
use crate::problem::Refusal;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::{Extension, Json};
use motcua_wire::{AdminReply, AdminRequest};

/// What an administrator asks for or does: lists of the reference data, officers, machines. Acts are in the audit under
/// his name; looking at lists of rules is nobody's paper and is not.
#[utoipa::path(post, path = "/v1/admin", tag = "admin", request_body(description = "AdminRequest", content = Object),
    responses((status = 200, description = "AdminReply", body = Object),
        (status = 403, description = "adminNotGranted, adminBeyondGrant", body = super::openapi::ProblemSchema),
        (status = 404, description = "adminGone, referenceUnknown", body = super::openapi::ProblemSchema),
        (status = 409, description = "officerExists, adminOwnRight, referenceOvertaken", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, adminUnfit", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn ask(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<AdminRequest>, JsonRejection>,
) -> Result<Json<AdminReply>, Refusal> {
    let Json(asked) = body.map_err(|e| json_refusal(&e))?;
    blocking(warehouse, move |w| w.administer(&caller, asked).map(Json)).await
}
