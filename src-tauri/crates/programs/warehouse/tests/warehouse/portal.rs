//! A portal at its own line: what it may ask for, and to whom it may send.

use crate::world::{AGENCY, OTHER_AGENCY, OWNER, World, accept, fresh_uuid, now, push};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{
    AgencyCode, BlobId, Channel, DeviceId, DossierCode, DossierId, IdNumber, OpId, OrgNode, Submission,
};
use motcua_link::{HttpWarehouse, LinkSettings, enrol};
use motcua_warehouse::device_code_again;
use motcua_wire::{Op, OpPayload, OpResult, Purpose, SCHEMA_VERSION};
use std::path::Path;

pub fn line(world: &World, identity: &Path) -> HttpWarehouse {
    let (url, ca_pem) = (world.url(), world.ca_pem.clone());
    HttpWarehouse::new(LinkSettings { url, ca_pem, identity: identity.to_owned() }).unwrap()
}

pub fn submit(world: &World, device: DeviceId, to: &str) -> Op {
    let like = accept(DossierCode::parse("TAM-MAU-0001").unwrap(), BlobId([1; 32]), vec![]);
    let submission = Submission {
        reference: "TT-0001".into(),
        agency: AgencyCode::parse(to).unwrap(),
        resolving_agency: String::new(),
        district: String::new(),
        channel: Channel::Online,
        return_method: like.return_method,
        applicant: like.applicant,
        account: None,
        procedure: world.reference().procedures[0].code.clone(),
        case_code: world.reference().procedures[0].cases[0].code.clone(),
        papers: vec![],
        note: String::new(),
        sent_at: now(),
        follows: None,
    };
    Op {
        op_id: OpId(fresh_uuid()),
        device,
        device_seq: 1,
        device_time: now(),
        schema_version: SCHEMA_VERSION,
        dossier: DossierId(fresh_uuid()),
        base_version: 0,
        replaces: vec![],
        payload: OpPayload::Submit(Box::new(submission)),
    }
}

fn code(result: &OpResult) -> &str {
    match result {
        OpResult::Rejected { code, .. } => code,
        _ => "",
    }
}

#[tokio::test]
async fn a_portal_asks_for_nothing_but_what_it_sent() {
    let world = World::new().await;
    let (device, identity) = world.portal().await;
    let portal = line(&world, &identity);
    let refused = LinkError::Refused("notForPortals".into());
    let owner = IdNumber::parse(OWNER).unwrap();
    assert_eq!(portal.identity(&owner, Purpose::Intake).await.unwrap_err(), refused);
    assert_eq!(portal.documents(&[owner], Purpose::Intake).await.unwrap_err(), refused);
    assert_eq!(portal.changes(None, 1, 0).await.unwrap_err(), refused);
    assert_eq!(portal.office_page(None, 1).await.unwrap_err(), refused);
    assert!(portal.reference(0).await.unwrap().is_some(), "procedures and cases are for it too");
    let op = submit(&world, device, AGENCY);
    assert!(matches!(push(&portal, &op).await, OpResult::Applied { .. }));
    assert!(portal.dossier(op.dossier).await.unwrap().is_some());
    let (other, other_identity) = world.portal_at("other.json").await;
    let other_line = line(&world, &other_identity);
    assert_eq!(other_line.dossier(op.dossier).await.unwrap(), None, "another portal did not send it");
    assert!(matches!(push(&other_line, &submit(&world, other, AGENCY)).await, OpResult::Applied { .. }));
    // What it is stays with it, and an administrator sees it: a new certificate makes it no counter.
    let listed = motcua_warehouse::devices(&world.config).unwrap();
    assert_eq!(listed.iter().filter(|d| d.portal).count(), 2);
    assert!(listed.iter().any(|d| d.id == device && d.portal));
    let again = device_code_again(&world.config, device).unwrap().code;
    let settings =
        LinkSettings { url: world.url(), ca_pem: world.ca_pem.clone(), identity: identity.clone() };
    enrol(&settings, &again, device, &AgencyCode::parse(AGENCY).unwrap()).await.unwrap();
    assert_eq!(line(&world, &identity).changes(None, 1, 0).await.unwrap_err(), refused);
}

#[tokio::test]
async fn a_portal_submits_to_the_agencies_below_its_own_and_to_no_other() {
    let world = World::new().await;
    let (device, identity) = world.portal().await;
    let portal = line(&world, &identity);
    let elsewhere = push(&portal, &submit(&world, device, OTHER_AGENCY)).await;
    assert_eq!(code(&elsewhere), "agencyUnknown");
    let node = |id: &str, parent: Option<&str>, agency: &str| OrgNode {
        id: id.into(),
        parent: parent.map(str::to_owned),
        agency_code: Some(agency.into()),
        ..crate::world::tree().remove(0)
    };
    world.load_tree(6, vec![node("tren", None, AGENCY), node("duoi", Some("tren"), OTHER_AGENCY)]);
    let op = submit(&world, device, OTHER_AGENCY);
    assert!(matches!(push(&portal, &op).await, OpResult::Applied { .. }));
    let waiting = world.line(2).submissions(None, 10).await.unwrap().items;
    assert_eq!(waiting.iter().map(|item| item.id).collect::<Vec<_>>(), [op.dossier], "it is theirs");
    assert_eq!(world.line(0).submissions(None, 10).await.unwrap().items, [], "and nobody else's");
}
