//! Sealed packages that a machine carries for another.

use super::{Shared, Who, blocking};
use crate::problem::Refusal;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use motcua_dossier::BlobId;
use motcua_wire::CarriedPackage;

/// Keeps a file that was sent as a sealed package of a machine, until somebody with the recovery key takes it. Again
/// is free, and says what became of it.
#[utoipa::path(post, path = "/v1/packages/{sha256}", tag = "files",
    params(("sha256" = String, Path, description = "SHA-256 of the package, 64 hex digits")),
    responses((status = 200, body = super::openapi::CarriedPackageSchema),
        (status = 404, description = "blobUnknown", body = super::openapi::ProblemSchema),
        (status = 422, description = "blobIdMalformed, packageUnfit", body = super::openapi::ProblemSchema)),
    security(("device" = [])))]
pub(super) async fn carry(
    State(warehouse): Shared,
    Extension(caller): Who,
    Path(id): Path<String>,
) -> Result<Json<CarriedPackage>, Refusal> {
    let id = BlobId::parse(&id).map_err(|_| Refusal::BlobIdMalformed)?;
    blocking(warehouse, move |w| w.carry_package(&caller, &id).map(Json)).await
}
