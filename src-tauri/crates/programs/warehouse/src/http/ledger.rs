//! What is kept beside dossiers: fees, feedback, uses of papers, confirmations, owners. Every list has a limit, is
//! told within the caller's scope only, and who looked is noted.

use super::{Shared, Who, blocking};
use crate::problem::Refusal;
use crate::store::{By, account};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use motcua_dossier::{Day, DocumentId, DossierId, IdNumber};
use motcua_wire::{ConsentRecord, DossierFees, DossierSteps, FeeTotals, FeedbackPage, MAX_PAGE, Owner, Use};
use serde::Deserialize;

type Asked<T> = Result<Query<T>, QueryRejection>;

/// Fees of a dossier of the caller's scope; settled or not follows from the entries.
#[utoipa::path(get, path = "/v1/dossiers/{id}/fees", tag = "fees",
    params(("id" = String, Path, description = "UUID")),
    responses((status = 200, body = super::openapi::DossierFeesSchema),
        (status = 404, description = "dossierUnknown", body = super::openapi::ProblemSchema),
        (status = 422, description = "dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn fees(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Json<DossierFees>, Refusal> {
    let id = DossierId::parse(&id).map_err(|_| Refusal::DossierIdMalformed)?;
    blocking(warehouse, move |w| {
        let (row, entries) = w.records.read(|v| Ok((v.dossier(id)?, v.fee_entries(id)?)))?;
        let row = row.filter(|row| caller.scope().contains(&row.agency)).ok_or(Refusal::DossierUnknown)?;
        w.note_read(&caller, "fees.read", id.to_string())?;
        let account = account(row.accepted.as_ref().map_or(0, |a| a.fee), &entries);
        Ok(Json(DossierFees::of(id, &account, row.accepted.is_some(), entries)))
    })
    .await
}

/// What happened to a dossier of the caller's scope after its acceptance.
#[utoipa::path(get, path = "/v1/dossiers/{id}/steps", tag = "dossiers",
    params(("id" = String, Path, description = "UUID")),
    responses((status = 200, body = super::openapi::DossierStepsSchema),
        (status = 404, description = "dossierUnknown", body = super::openapi::ProblemSchema),
        (status = 422, description = "dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn steps(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Json<DossierSteps>, Refusal> {
    let id = DossierId::parse(&id).map_err(|_| Refusal::DossierIdMalformed)?;
    blocking(warehouse, move |w| {
        let (row, entries) = w.records.read(|v| Ok((v.dossier(id)?, v.step_entries(id)?)))?;
        row.filter(|row| caller.scope().contains(&row.agency)).ok_or(Refusal::DossierUnknown)?;
        w.note_read(&caller, "steps.read", id.to_string())?;
        Ok(Json(DossierSteps { dossier: id, entries }))
    })
    .await
}

/// Which day, and whose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shift {
    day: Day,
    officer: Option<String>,
}

/// What the officers of the agencies whose figures the caller reads took on a day, by officer and method: the end of
/// a shift.
#[utoipa::path(get, path = "/v1/fees/totals", tag = "fees",
    params(("day" = String, Query, description = "yyyy-MM-dd"), ("officer" = Option<String>, Query)),
    responses((status = 200, body = super::openapi::FeeTotalsSchema),
        (status = 422, description = "queryMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn totals(
    State(warehouse): Shared,
    Extension(caller): Who,
    asked: Asked<Shift>,
) -> Result<Json<FeeTotals>, Refusal> {
    let Query(Shift { day, officer }) = asked.map_err(|_| Refusal::QueryMalformed)?;
    blocking(warehouse, move |w| {
        let items = w.records.read(|v| v.fee_totals(caller.figures(), day, officer.as_deref()))?;
        w.note_read(&caller, "fees.totalled", day.format_iso())?;
        Ok(Json(FeeTotals { day, items }))
    })
    .await
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedbackAsked {
    after: Option<u64>,
    limit: Option<u32>,
    open: Option<bool>,
}

/// Feedback the agencies of the caller's scope recorded, feedback on papers they filed, and what was found wrong of papers
/// their dossiers use; oldest first.
#[utoipa::path(get, path = "/v1/feedback", tag = "feedback",
    params(("after" = Option<u64>, Query, description = "next of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200),
        ("open" = Option<bool>, Query, description = "only what has no answer yet")),
    responses((status = 200, body = super::openapi::FeedbackPageSchema),
        (status = 422, description = "queryMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn feedback(
    State(warehouse): Shared,
    Extension(caller): Who,
    asked: Asked<FeedbackAsked>,
) -> Result<Json<FeedbackPage>, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::QueryMalformed)?;
    let (after, limit) = (asked.after.unwrap_or(0), page(asked.limit)?);
    if i64::try_from(after).is_err() {
        return Err(Refusal::QueryMalformed);
    }
    blocking(warehouse, move |w| {
        let open = asked.open.unwrap_or(false);
        let today = w.now().day();
        let (items, next) = w.records.read(|v| {
            let mut found = v.feedback_after(caller.scope(), after, limit + 1, open)?;
            let more = found.len() > limit as usize;
            found.truncate(limit as usize);
            let next = found.last().filter(|_| more).map(|(serial, _)| *serial);
            let told = |(_, given)| crate::ledger::told(v, &caller, given, today);
            Ok((found.into_iter().map(told).collect::<Result<Vec<_>, _>>()?, next))
        })?;
        w.note_read(&caller, "feedback.listed", format!("{} after {after}", items.len()))?;
        Ok(Json(FeedbackPage { items, next }))
    })
    .await
}

/// By dossier or by paper, one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByAsked {
    dossier: Option<String>,
    document: Option<String>,
    limit: Option<u32>,
}

impl ByAsked {
    fn read(&self) -> Result<(By, u32), Refusal> {
        let by = match (&self.dossier, &self.document) {
            (Some(id), None) => By::Dossier(DossierId::parse(id).map_err(|_| Refusal::DossierIdMalformed)?),
            (None, Some(id)) => By::Document(DocumentId::parse(id).map_err(|_| Refusal::QueryMalformed)?),
            _ => return Err(Refusal::QueryMalformed),
        };
        Ok((by, page(self.limit)?))
    }

    fn subject(&self) -> String {
        self.dossier.clone().or_else(|| self.document.clone()).unwrap_or_default()
    }
}

fn page(limit: Option<u32>) -> Result<u32, Refusal> {
    let limit = limit.unwrap_or(MAX_PAGE);
    if (1..=MAX_PAGE).contains(&limit) { Ok(limit) } else { Err(Refusal::QueryMalformed) }
}

/// Papers reused by dossiers of the caller's scope, newest first.
#[utoipa::path(get, path = "/v1/reuse", tag = "papers",
    params(("dossier" = Option<String>, Query, description = "UUID; this or document"),
        ("document" = Option<String>, Query, description = "UUID"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Vec<super::openapi::UseSchema>),
        (status = 422, description = "queryMalformed, dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn reuse(
    State(warehouse): Shared,
    Extension(caller): Who,
    asked: Asked<ByAsked>,
) -> Result<Json<Vec<Use>>, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::QueryMalformed)?;
    let (by, limit) = asked.read()?;
    blocking(warehouse, move |w| {
        let found = w.records.read(|v| v.uses(by, caller.scope(), limit))?;
        w.note_read(&caller, "reuse.listed", asked.subject())?;
        Ok(Json(found))
    })
    .await
}

/// Confirmations of reuse recorded for dossiers of the caller's scope, newest first.
#[utoipa::path(get, path = "/v1/consents", tag = "people",
    params(("dossier" = Option<String>, Query, description = "UUID; this or document"),
        ("document" = Option<String>, Query, description = "UUID"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, body = Vec<super::openapi::ConsentRecordSchema>),
        (status = 422, description = "queryMalformed, dossierIdMalformed", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn consents(
    State(warehouse): Shared,
    Extension(caller): Who,
    asked: Asked<ByAsked>,
) -> Result<Json<Vec<ConsentRecord>>, Refusal> {
    let Query(asked) = asked.map_err(|_| Refusal::QueryMalformed)?;
    let (by, limit) = asked.read()?;
    blocking(warehouse, move |w| {
        let found = w.records.read(|v| v.consents(by, caller.scope(), limit))?;
        w.note_read(&caller, "consents.listed", asked.subject())?;
        Ok(Json(found))
    })
    .await
}

/// A person or organisation: the numbers known for it, its name, and what the identity service last said of it to a
/// counter of the caller's agency.
#[utoipa::path(get, path = "/v1/owners/{number}", tag = "people",
    params(("number" = String, Path, description = "CMND, CCCD, passport, tax code or agency code"),
        ("motcua-purpose" = inline(super::openapi::Purpose), Header, description = "what the person is looked up for")),
    responses((status = 200, body = super::openapi::OwnerSchema),
        (status = 403, description = "lookUpNotGranted", body = super::openapi::ProblemSchema),
        (status = 422, description = "numberMalformed, purposeAbsent", body = super::openapi::ProblemSchema),
        (status = 429, description = "tooManyLookups", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn owner(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Owner>, Refusal> {
    let number = IdNumber::parse(&number).map_err(|_| Refusal::NumberMalformed)?;
    let purpose = super::records::purpose(&caller, &headers)?;
    warehouse.gates.look_up(caller.device)?;
    blocking(warehouse, move |w| {
        w.note_look_up(&caller, "owner.read", purpose, std::slice::from_ref(&number))?;
        let owner = w.records.read(|v| {
            let numbers = v.all_numbers(std::slice::from_ref(&number))?;
            let numbers: Vec<IdNumber> = numbers.iter().filter_map(|n| IdNumber::parse(n).ok()).collect();
            let (mut name, mut identity) = (v.owner_name(&number)?, None);
            for other in &numbers {
                name = name.map_or_else(|| v.owner_name(other), |name| Ok(Some(name)))?;
                let told = v.identity_told(other, &caller.agency)?;
                identity = [identity, told].into_iter().flatten().max_by_key(|t| t.at);
            }
            Ok(Owner { numbers, name, identity })
        })?;
        Ok(Json(owner))
    })
    .await
}
