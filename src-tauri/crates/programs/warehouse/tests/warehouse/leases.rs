//! Leases, beyond what the contract says of every warehouse.

use crate::paper;
use crate::world::{OWNER, World, file_document, fresh_uuid, is_applied, push, upload};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::DossierId;
use motcua_wire::{LeaseDossier, Problem};
use serde_json::json;

async fn dossier(world: &World) -> DossierId {
    let (line, bytes) = (world.line(0), world.signed("leased"));
    upload(&line, &bytes).await;
    let id = DossierId(fresh_uuid());
    let op = world.op(0, id, 0, file_document(paper::record(OWNER, &bytes, 1)));
    assert!(is_applied(&push(&line, &op).await));
    id
}

#[tokio::test]
async fn a_version_is_an_etag_and_a_lease_names_it() {
    let world = World::new().await;
    let address = format!("{}/v1/dossiers/{}", world.url(), dossier(&world).await);
    let lease = format!("{address}/lease");
    let shown = world.raw_of(1).get(&address).send().await.unwrap();
    assert_eq!(shown.headers()["etag"], "\"v1\"");
    let take = async |version: Option<&str>, machine: usize| {
        let request = world.raw_of(machine).post(&lease).json(&json!({"officer": "canbo.mau"}));
        let request = version.iter().fold(request, |request, v| request.header("if-match", *v));
        request.send().await.unwrap()
    };
    for (version, status, code) in [
        (None, 428, "ifMatchAbsent"),
        (Some("\"v2\""), 412, "dossierChanged"),
        (Some("v1"), 412, "dossierChanged"),
    ] {
        let answer = take(version, 0).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json::<Problem>().await.unwrap().code, code);
    }
    assert_eq!(take(Some("\"v1\""), 0).await.status(), 200);
    let refused = take(Some("\"v1\""), 1).await;
    assert_eq!(refused.status(), 409);
    let problem: Problem = refused.json().await.unwrap();
    let holder = problem.held_by.unwrap();
    assert_eq!((problem.code.as_str(), holder.device), ("dossierLeased", world.devices[0]));
    assert_eq!(take(Some("\"v1\""), 2).await.status(), 404, "another agency knows no such dossier");
}

#[tokio::test]
async fn a_lease_survives_a_restart_and_opens_nothing_to_others() {
    let mut world = World::new().await;
    let id = dossier(&world).await;
    let wish = LeaseDossier { officer: "canbo.mau".into(), force: false };
    world.line(0).lease_dossier(id, 1, &wish).await.unwrap();
    world.down().await;
    world.up().await;
    let lease = world.line(1).dossier(id).await.unwrap().unwrap().lease.unwrap();
    assert_eq!(lease.device, world.devices[0]);
    let unknown = LinkError::Refused("dossierUnknown".into());
    assert_eq!(world.line(2).give_back_dossier(id).await.unwrap_err(), unknown);
    let force = LeaseDossier { force: true, ..wish };
    assert_eq!(world.line(2).lease_dossier(id, 1, &force).await.unwrap_err(), unknown);
}
