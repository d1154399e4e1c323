//! The dossiers of an agency in short, beyond what the contract says of every warehouse.

use crate::paper;
use crate::world::{OWNER, World, accept, is_applied, push, upload};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::DossierId;
use motcua_warehouse::audit_export;
use motcua_wire::{OpPayload, OpState};

#[tokio::test]
async fn another_agency_sees_no_dossier_and_no_operation_and_every_look_is_noted() {
    let mut world = World::new().await;
    let line = world.line(0);
    let receipt = upload(&line, &paper::pdf(1, "receipt")).await;
    let dossier = DossierId(crate::world::fresh_uuid());
    let accepted = accept(world.code(0).await, receipt, vec![]);
    let op = world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(accepted)));
    assert!(is_applied(&push(&line, &op).await));
    let seen = world.line(1).office_page(None, 500).await.unwrap().items;
    assert_eq!(seen.iter().map(|row| row.id).collect::<Vec<_>>(), [dossier]);
    assert_eq!(seen[0].procedure_name, "Đăng ký kết hôn", "as the newest reference data names it");
    assert!(!seen[0].counter.is_empty(), "what the office calls the machine");
    assert_eq!(world.line(1).office_dossiers(&[dossier]).await.unwrap(), seen);
    assert_eq!(world.line(2).office_page(None, 500).await.unwrap().items, []);
    assert_eq!(world.line(2).office_dossiers(&[dossier]).await.unwrap(), []);
    for machine in [1, 2] {
        let told = world.line(machine).op_states(&[op.op_id]).await.unwrap();
        assert_eq!(told[0].state, OpState::Unknown);
    }
    for limit in [0, 501] {
        let refused = world.line(1).office_page(None, limit).await.unwrap_err();
        assert_eq!(refused, LinkError::Refused("queryMalformed".into()));
    }
    world.down().await;
    let mut chain = Vec::new();
    audit_export(&world.config, &mut chain).unwrap();
    let chain = String::from_utf8(chain).unwrap();
    assert_eq!(chain.matches("dossiers.listed").count(), 2, "who saw nothing looked at nothing");
    assert!(!chain.contains(OWNER));
}
