//! A machine becomes known by a code, stays known by itself, and is known no longer: over the real line.

use crate::world::{AGENCY, OTHER_AGENCY, World, fresh_uuid};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{AgencyCode, DeviceId, Timestamp};
use motcua_link::{DeviceIdentity, HttpWarehouse, LinkSettings, enrol};
use motcua_warehouse::{device_code, device_code_again, devices, revoke_device};
use std::path::PathBuf;

fn settings(world: &World) -> (LinkSettings, PathBuf) {
    let identity = world.dir.path().join("new.json");
    (LinkSettings { url: world.url(), ca_pem: world.ca_pem.clone(), identity: identity.clone() }, identity)
}

fn agency(code: &str) -> AgencyCode {
    AgencyCode::parse(code).unwrap()
}

#[tokio::test]
async fn a_new_machine_works_by_its_code_and_no_longer_when_it_is_revoked() {
    let world = World::new().await;
    let (settings, identity) = settings(&world);
    let (machine, ours) = (DeviceId(fresh_uuid()), agency(AGENCY));
    let line = HttpWarehouse::new(settings.clone()).unwrap();
    line.about().await.unwrap();
    assert_eq!(line.reference(0).await.unwrap_err(), LinkError::Unauthorized, "it is not known yet");
    let code = device_code(&world.config, &ours, "Quầy mới").unwrap().code;
    let elsewhere = enrol(&settings, &code, machine, &agency(OTHER_AGENCY)).await;
    assert_eq!(elsewhere.unwrap_err(), LinkError::Refused("enrolOfOtherAgency".into()));
    enrol(&settings, &code.to_lowercase(), machine, &ours).await.unwrap();
    assert!(!identity.with_extension("pending").exists());
    let again = enrol(&settings, &code, machine, &ours).await;
    assert_eq!(again.unwrap_err(), LinkError::Refused("enrolCodeRefused".into()), "a code is good once");
    assert!(DeviceIdentity::load(&identity).unwrap().is_some(), "what it has stays when a code is refused");
    // The line that was open meanwhile finds the certificate at its next contact.
    line.about().await.unwrap();
    assert!(line.reference(0).await.unwrap().is_some());
    revoke_device(&world.config, machine).unwrap();
    assert_eq!(line.reference(0).await.unwrap_err(), LinkError::Revoked, "also on an open connection");
    let row = devices(&world.config).unwrap().into_iter().find(|row| row.id == machine).unwrap();
    assert!(row.revoked && row.name == "Quầy mới");
    let fresh = device_code(&world.config, &ours, "Quầy khác").unwrap().code;
    let taken = enrol(&settings, &fresh, machine, &ours).await;
    assert_eq!(taken.unwrap_err(), LinkError::Refused("enrolMachineKnown".into()));
    let code = device_code_again(&world.config, machine).unwrap().code;
    enrol(&settings, &code, machine, &ours).await.unwrap();
    line.about().await.unwrap();
    assert!(line.reference(0).await.unwrap().is_some(), "a new code admits it again, as the same machine");
}

#[tokio::test]
async fn a_machine_of_one_office_does_not_become_one_of_another() {
    let world = World::new().await;
    let (settings, _) = settings(&world);
    let code = device_code(&world.config, &agency(OTHER_AGENCY), "Máy").unwrap().code;
    let taken = enrol(&settings, &code, world.devices[0], &agency(OTHER_AGENCY)).await;
    assert_eq!(taken.unwrap_err(), LinkError::Refused("enrolOfOtherAgency".into()));
    assert!(world.line(0).reference(0).await.is_ok());
}

#[tokio::test]
async fn a_certificate_is_renewed_by_itself_when_it_is_time() {
    let world = World::new().await;
    let file = world.identity(0);
    let line = world.line(0);
    line.about().await.unwrap();
    let before = DeviceIdentity::load(&file).unwrap().unwrap();
    let mut due = before.clone();
    due.renew_from = Timestamp(0);
    due.save(&file).unwrap();
    line.about().await.unwrap();
    let after = DeviceIdentity::load(&file).unwrap().unwrap();
    assert!(after != due && after.renew_from > Timestamp(0), "a fresh certificate lies on the disk");
    assert!(line.reference(0).await.is_ok(), "and is in use");
    before.save(&file).unwrap();
    assert!(world.line(0).reference(0).await.is_ok(), "the former is good until its end");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_none() {
    let (world, stranger) = (World::new().await, World::new().await);
    let line = world.line_with(stranger.identity(0), &world.ca_pem);
    let refused = line.reference(0).await.unwrap_err();
    // Where the server's word about it is cut off by its closing the line, only that is known.
    assert!(matches!(refused, LinkError::Unauthorized | LinkError::Offline), "{refused:?}");
    assert!(world.line(0).reference(0).await.is_ok());
}

#[tokio::test]
async fn a_damaged_identity_leaves_the_counter_without_the_warehouse_and_no_worse() {
    let world = World::new().await;
    let (settings, identity) = settings(&world);
    for text in ["{", r#"{"version":1,"key":"x","certificate":"x","renew_from":0,"until":0}"#] {
        std::fs::write(&identity, text).unwrap();
        let line = HttpWarehouse::new(settings.clone()).unwrap();
        assert!(line.about().await.is_ok());
        assert_eq!(line.reference(0).await.unwrap_err(), LinkError::Unauthorized);
    }
}
