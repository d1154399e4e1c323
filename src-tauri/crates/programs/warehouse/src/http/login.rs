//! Who works at a machine.

use super::records::json_refusal;
use super::{Shared, Who, blocking};
use crate::problem::Refusal;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use motcua_wire::{LoggedIn, Login, RefreshLogin};

/// An officer begins to work at the calling machine, which must be of his office.
#[utoipa::path(post, path = "/v1/login", tag = "officers", request_body = super::openapi::LoginSchema,
    responses((status = 200, body = super::openapi::LoggedInSchema),
        (status = 403, description = "loginRefused, officeWithoutOfficers", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed", body = super::openapi::ProblemSchema),
        (status = 429, description = "loginWait, tooManyRequests", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn log_in(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Json<LoggedIn>, Refusal> {
    let Json(login) = body.map_err(|e| json_refusal(&e))?;
    warehouse.gates.log_in(caller.device)?;
    blocking(warehouse, move |w| w.log_in(&caller, &login).map(Json)).await
}

/// The next tokens of a session; the one sent goes no further once they are used.
#[utoipa::path(post, path = "/v1/login/refresh", tag = "officers", request_body = super::openapi::RefreshLoginSchema,
    responses((status = 200, body = super::openapi::LoggedInSchema),
        (status = 403, description = "loginExpired, officerOfOtherOffice", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn go_on(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<RefreshLogin>, JsonRejection>,
) -> Result<Json<LoggedIn>, Refusal> {
    let Json(wish) = body.map_err(|e| json_refusal(&e))?;
    blocking(warehouse, move |w| w.go_on(&caller, &wish.refresh).map(Json)).await
}

/// The officer stops working at the calling machine; a session that is not there is no trouble.
#[utoipa::path(post, path = "/v1/logout", tag = "officers", request_body = super::openapi::RefreshLoginSchema,
    responses((status = 204, description = "ended, now or before"),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn log_out(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<RefreshLogin>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let Json(wish) = body.map_err(|e| json_refusal(&e))?;
    blocking(warehouse, move |w| w.log_out(&caller, &wish.refresh)).await?;
    Ok(StatusCode::NO_CONTENT)
}
