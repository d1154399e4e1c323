//! What changed since a counter last asked; one question may wait for the next change.

use super::{Shared, Who, blocking};
use crate::feed::Cursor;
use crate::problem::Refusal;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use motcua_wire::{Changes, MAX_CHANGES, MAX_WAIT};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A dossier is several changes, and every machine of an office waits for them: what comes so close together
/// is told together.
const GATHER: Duration = Duration::from_millis(200);

/// Where the caller stands and how long it waits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    since: Option<String>,
    limit: Option<u32>,
    wait: Option<u32>,
}

/// What changed in the caller's scope after a cursor, oldest first. Without one from the oldest
/// that is still told.
#[utoipa::path(get, path = "/v1/changes", tag = "changes",
    params(("since" = Option<String>, Query, description = "next_cursor of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500),
        ("wait" = Option<u32>, Query, maximum = 25, description = "seconds to wait for a change")),
    responses((status = 200, body = super::openapi::ChangesSchema),
        (status = 410, description = "cursorGone: of another epoch, of another scope, or too old; ask anew without one", body = super::openapi::ProblemSchema),
        (status = 422, description = "queryMalformed, cursorMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn changes(
    State(warehouse): Shared,
    Extension(caller): Who,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Json<Changes>, Refusal> {
    let Query(asked) = query.map_err(|_| Refusal::QueryMalformed)?;
    let (limit, wait) = (asked.limit.unwrap_or(MAX_CHANGES), asked.wait.unwrap_or(0));
    if !(1..=MAX_CHANGES).contains(&limit) || wait > MAX_WAIT {
        return Err(Refusal::QueryMalformed);
    }
    let after = match asked.since.as_deref() {
        None => None,
        Some(text) => Some(Cursor::parse(text).ok_or(Refusal::CursorMalformed)?),
    };
    let until = Instant::now() + Duration::from_secs(wait.into());
    let news = warehouse.records.news_of(caller.scope());
    loop {
        // Listening begins before looking, so that nothing falls between the two.
        let told = news.notified();
        tokio::pin!(told);
        told.as_mut().enable();
        let (scope, from) = (caller.scope().clone(), after.clone());
        let page = blocking(Arc::clone(&warehouse), move |w| w.changes(&scope, from.as_ref(), limit)).await?;
        if !page.items.is_empty() || Instant::now() >= until {
            return Ok(Json(page));
        }
        tokio::select! {
            () = told => tokio::time::sleep_until(until.min(Instant::now() + GATHER)).await,
            () = tokio::time::sleep_until(until) => return Ok(Json(page)),
            () = warehouse.closing.cancelled() => return Ok(Json(page)),
        }
    }
}
