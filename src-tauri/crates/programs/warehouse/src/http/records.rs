//! Everything that is not a file: who we are, reference data, identity, papers, operations, numbers.

use super::{Shared, Who, blocking};
use crate::apply::{MIN_SCHEMA, reject};
use crate::audit::leased;
use crate::problem::Refusal;
use crate::reference::{Reference, end_of};
use crate::warehouse::{Caller, Warehouse};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use motcua_dossier::{Day, DocumentSummary, DossierId, IdNumber, IdentityAnswer, NumberBlock, OpId};
use motcua_wire::{
    About, DossierView, IdentityReply, LeaseBlock, Op, OpResult, OpsReply, OwnerIdentity, PURPOSE, Purpose,
    REFERENCE_SIGNATURE, ReferenceSeal, SCHEMA_VERSION,
};
use serde::Deserialize;
use std::sync::Arc;

const MAX_OPS: usize = 100;
const MAX_OWNERS: usize = 10;
const MAX_BLOCK: u32 = 200;

/// Who is there; needs no key.
#[utoipa::path(get, path = "/v1/about", tag = "warehouse",
    responses((status = 200, body = super::openapi::AboutSchema),
        (status = 503, description = "storageTrouble", body = super::openapi::ProblemSchema)))]
pub(super) async fn about(State(warehouse): Shared) -> Result<Json<About>, Refusal> {
    let epoch = blocking(Arc::clone(&warehouse), |w| Ok(w.records.read(|v| v.epoch())?)).await?;
    Ok(Json(About {
        name: "motcua-warehouse".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        min_schema: MIN_SCHEMA,
        max_schema: SCHEMA_VERSION,
        epoch,
        time: warehouse.now(),
        receipt_key: hex::encode(warehouse.receipts.verifying_key().to_bytes()),
    }))
}

/// Which version the caller has, or which one it wants; one of the three.
#[derive(Deserialize)]
pub(super) struct Asked {
    since: Option<u64>,
    version: Option<u64>,
    at: Option<Day>,
}

/// Reference data in force, unless the caller has it; or a version of before, which a dossier was taken under. The
/// answer is signed by the key of the receipts.
#[utoipa::path(get, path = "/v1/reference", tag = "warehouse",
    params(("since" = Option<u64>, Query, description = "version the caller has, 0 for none"),
        ("version" = Option<u64>, Query, description = "that version"),
        ("at" = Option<String>, Query, description = "yyyy-MM-dd: in force at the end of that day")),
    responses((status = 200, description = "ReferenceData; ETag is its version, motcua-signature a JWS over its hash", body = Object),
        (status = 304, description = "the caller has what is in force"),
        (status = 404, description = "referenceUnknown", body = super::openapi::ProblemSchema),
        (status = 422, description = "queryMalformed", body = super::openapi::ProblemSchema),
        (status = 503, description = "referenceAbsent, storageTrouble", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn reference(
    State(warehouse): Shared,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::QueryMalformed)?;
    if [asked.since.is_some(), asked.version.is_some(), asked.at.is_some()].iter().filter(|a| **a).count() > 1
    {
        return Err(Refusal::QueryMalformed);
    }
    let matching = headers.get(header::IF_NONE_MATCH).cloned();
    blocking(warehouse, move |w| {
        let in_force = newest(w)?;
        let wanted = match (asked.version, asked.at) {
            (None, None) => None,
            (Some(version), _) => Some(version),
            (None, Some(day)) => {
                let version = w.records.read(|v| v.reference_in_force(end_of(day)))?;
                Some(version.ok_or(Refusal::ReferenceUnknown)?)
            }
        };
        let other = match wanted.filter(|version| *version != in_force.data.version) {
            Some(version) => {
                let found = w.records.read(|v| v.reference_version(version))?;
                Some(found.ok_or(Refusal::ReferenceUnknown)?)
            }
            None => None,
        };
        let data = other.as_ref().unwrap_or(&in_force.data);
        let etag = format!("\"r{}\"", data.version);
        // A counter may hold what a restored warehouse has lost; nothing here is newer then.
        let newest = w.records.read(|v| v.newest_reference_version())?.unwrap_or(0);
        if asked.since.is_some_and(|since| since == data.version || since > newest)
            || matching.is_some_and(|tag| tag.as_bytes() == etag.as_bytes())
        {
            return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
        }
        let body = serde_json::to_vec(data).map_err(crate::StoreError::from)?;
        let seal = ReferenceSeal::of(data, &body).sign(&w.receipts).map_err(crate::StoreError::from)?;
        let headers = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::ETAG, etag),
            (HeaderName::from_static(REFERENCE_SIGNATURE), seal),
        ];
        Ok((headers, body).into_response())
    })
    .await
}

/// What a person is looked up for; nobody is looked up without it, nor by an officer who works with nobody's papers.
pub(super) fn purpose(caller: &Caller, headers: &HeaderMap) -> Result<Purpose, Refusal> {
    if caller.scope().is_empty() {
        return Err(Refusal::LookUpNotGranted);
    }
    let word = headers.get(PURPOSE).and_then(|value| value.to_str().ok());
    word.and_then(Purpose::of_word).ok_or(Refusal::PurposeAbsent)
}

/// "Xác minh danh tính số".
#[utoipa::path(get, path = "/v1/identity/{number}", tag = "people",
    params(("number" = String, Path, description = "CMND, CCCD, passport, tax code or agency code"),
        ("motcua-purpose" = inline(super::openapi::Purpose), Header, description = "what the person is looked up for")),
    responses((status = 200, body = super::openapi::IdentityReplySchema),
        (status = 403, description = "lookUpNotGranted", body = super::openapi::ProblemSchema),
        (status = 422, description = "numberMalformed, purposeAbsent", body = super::openapi::ProblemSchema),
        (status = 429, description = "tooManyLookups", body = super::openapi::ProblemSchema),
        (status = 503, description = "identityServiceDown: only that service is out; storageTrouble", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn identity(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Json<IdentityReply>, Refusal> {
    let number = IdNumber::parse(&number).map_err(|_| Refusal::NumberMalformed)?;
    let purpose = purpose(&caller, &headers)?;
    warehouse.gates.look_up(caller.device)?;
    blocking(warehouse, move |w| {
        w.note_look_up(&caller, "identity.asked", purpose, std::slice::from_ref(&number))?;
        let entry = w.identity.look_up(&number).map_err(|_| Refusal::IdentityServiceDown)?;
        let registered = entry.as_ref().is_some_and(|e| e.registered);
        let answer = if registered { IdentityAnswer::Registered } else { IdentityAnswer::NotRegistered };
        let told = OwnerIdentity { answer, at: w.now() };
        w.records.write(|v| v.tell_identity(&number, &caller.agency, &told))?;
        Ok(Json(IdentityReply { answer, name: entry.and_then(|e| e.name), at: told.at }))
    })
    .await
}

/// Papers of an owner, under all numbers known for the person, newest first.
#[utoipa::path(get, path = "/v1/documents", tag = "papers",
    params(("owner" = Vec<String>, Query, description = "one to ten numbers of the owner", explode),
        ("motcua-purpose" = inline(super::openapi::Purpose), Header, description = "what the person is looked up for")),
    responses((status = 200, description = "DocumentSummary, newest first", body = Vec<Object>),
        (status = 403, description = "lookUpNotGranted", body = super::openapi::ProblemSchema),
        (status = 422, description = "numberMalformed, purposeAbsent, queryMalformed", body = super::openapi::ProblemSchema),
        (status = 429, description = "tooManyLookups", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn documents(
    State(warehouse): Shared,
    Extension(caller): Who,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Vec<DocumentSummary>>, Refusal> {
    let Query(pairs) = query.map_err(|_| Refusal::QueryMalformed)?;
    if pairs.is_empty() || pairs.len() > MAX_OWNERS || pairs.iter().any(|(key, _)| key != "owner") {
        return Err(Refusal::QueryMalformed);
    }
    let owners = pairs
        .iter()
        .map(|(_, number)| IdNumber::parse(number))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Refusal::NumberMalformed)?;
    let purpose = purpose(&caller, &headers)?;
    warehouse.gates.look_up(caller.device)?;
    blocking(warehouse, move |w| {
        let today = w.now().day();
        w.note_look_up(&caller, "documents.listed", purpose, &owners)?;
        Ok(Json(w.records.read(|v| v.papers_of(&owners, caller.scope(), today))?))
    })
    .await
}

/// The batch as it arrives: operations are read one by one, so that one that is not understood
/// delays no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOps {
    ops: Vec<serde_json::Value>,
}

/// Sends operations, at most 100.
#[utoipa::path(post, path = "/v1/ops", tag = "dossiers", request_body = super::openapi::OpsRequestSchema,
    responses((status = 200, body = super::openapi::OpsReplySchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, tooManyOps", body = super::openapi::ProblemSchema),
        (status = 503, description = "storageTrouble, referenceAbsent", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn ops(
    State(warehouse): Shared,
    Extension(caller): Who,
    body: Result<Json<RawOps>, JsonRejection>,
) -> Result<Json<OpsReply>, Refusal> {
    let Json(RawOps { ops }) = body.map_err(|e| json_refusal(&e))?;
    if ops.len() > MAX_OPS {
        return Err(Refusal::TooManyOps);
    }
    let ops = ops.into_iter().map(read_op).collect::<Result<Vec<_>, _>>()?;
    warehouse.require_room()?;
    blocking(warehouse, move |w| {
        let reference = newest(w)?;
        Ok(Json(OpsReply { results: w.apply_all(&caller, ops, &reference)? }))
    })
    .await
}

/// A dossier in the caller's scope.
#[utoipa::path(get, path = "/v1/dossiers/{id}", tag = "dossiers",
    params(("id" = String, Path, description = "UUID")),
    responses((status = 200, description = "DossierView; ETag is its version, \"v<version>\"", body = Object),
        (status = 404, description = "dossierUnknown", body = super::openapi::ProblemSchema),
        (status = 422, description = "dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn dossier(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = DossierId::parse(&id).map_err(|_| Refusal::DossierIdMalformed)?;
    blocking(warehouse, move |w| {
        let now = w.now();
        let found = w.records.read(|v| Ok((v.dossier(id)?, v.receipts(id)?, v.lease_of(id, now)?)))?;
        let (Some(row), receipts, lease) = found else { return Err(Refusal::DossierUnknown) };
        let sent_it = row.submitted.as_ref().is_some_and(|(_, by)| *by == caller.device);
        if caller.portal && !sent_it || !caller.portal && !caller.scope().contains(&row.agency) {
            return Err(Refusal::DossierUnknown);
        }
        w.note_read(&caller, "dossier.read", id.to_string())?;
        let version = [(header::ETAG, super::leases::etag(row.version))];
        Ok((version, Json(DossierView { receipts, ..row.view(id, lease) })).into_response())
    })
    .await
}

/// Leases ordinals of a day to the calling machine; blocks never overlap. Under the same `Idempotency-Key` the
/// same block is given again, so that a lost answer costs no ordinals.
#[utoipa::path(post, path = "/v1/number-blocks", tag = "dossiers",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible ASCII characters")),
    request_body = super::openapi::LeaseBlockSchema,
    responses((status = 200, body = super::openapi::NumberBlockSchema),
        (status = 403, description = "agencyMismatch", body = super::openapi::ProblemSchema),
        (status = 409, description = "numbersUsedUp", body = super::openapi::ProblemSchema),
        (status = 413, description = "bodyTooLarge", body = super::openapi::ProblemSchema),
        (status = 422, description = "bodyMalformed, idempotencyKeyMalformed, idempotencyMismatch", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn number_blocks(
    State(warehouse): Shared,
    Extension(caller): Who,
    headers: HeaderMap,
    body: Result<Json<LeaseBlock>, JsonRejection>,
) -> Result<Json<NumberBlock>, Refusal> {
    let Json(wish) = body.map_err(|e| json_refusal(&e))?;
    if wish.agency.as_str() != caller.agency {
        return Err(Refusal::AgencyMismatch);
    }
    let key = idempotency_key(&headers)?;
    blocking(warehouse, move |w| {
        let (count, now) = (wish.count.clamp(1, MAX_BLOCK), w.now());
        w.records.attempt(|v| {
            let given = key.as_deref().map(|key| v.block_under(key, caller.device)).transpose()?.flatten();
            match given {
                Some((block, wished))
                    if (&block.agency, block.day, wished) == (&wish.agency, wish.day, count) =>
                {
                    Ok(Json(block))
                }
                Some(_) => Err(Refusal::IdempotencyMismatch),
                None => {
                    let key = key.as_deref();
                    let block = v.lease_block(&wish.agency, wish.day, count, caller.device, now, key)?;
                    let block = block.ok_or(Refusal::NumbersUsedUp)?;
                    v.audit(&leased(&caller, &block, now))?;
                    Ok(Json(block))
                }
            }
        })
    })
    .await
}

/// The caller's name for a request, under which it has one effect however often it is sent.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().map_err(|_| Refusal::IdempotencyKeyMalformed)?;
    let fits = (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(Some(key.to_owned())) } else { Err(Refusal::IdempotencyKeyMalformed) }
}

fn newest(warehouse: &Warehouse) -> Result<Arc<Reference>, Refusal> {
    match warehouse.reference() {
        Ok(reference) => reference.ok_or(Refusal::ReferenceAbsent),
        Err(error) => {
            tracing::error!(%error, "reference data cannot be used");
            Err(Refusal::StorageTrouble)
        }
    }
}

pub(super) fn json_refusal(rejection: &JsonRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::BodyTooLarge
    } else {
        Refusal::BodyMalformed
    }
}

/// Reads one operation; one of another schema or shape is answered on its own when at least its
/// id can be read.
fn read_op(value: serde_json::Value) -> Result<Result<Op, OpResult>, Refusal> {
    let schema = value.get("schema_version").and_then(serde_json::Value::as_u64);
    let op_id = value.get("op_id").and_then(|v| v.as_str()).and_then(|t| OpId::parse(t).ok());
    match (serde_json::from_value(value), op_id) {
        (Ok(op), _) => Ok(Ok(op)),
        (Err(_), None) => Err(Refusal::BodyMalformed),
        (Err(_), Some(op_id)) => {
            let known =
                schema.is_some_and(|s| (u64::from(MIN_SCHEMA)..=u64::from(SCHEMA_VERSION)).contains(&s));
            let code = if known || schema.is_none() { "opMalformed" } else { "schemaUnknown" };
            Ok(Err(reject(op_id, code, vec![])))
        }
    }
}
