//! The suite every warehouse is held to: the real server over TLS, through the real client.

use crate::authority::{Authority, Identity};
use crate::paper;
use crate::world::{AGENCY, AGENCY_NAME, OWNER, World, now};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{AgencyCode, DeviceId, DocumentRecord, IdNumber, ProcedureCode, Timestamp};
use motcua_link::{HttpWarehouse, LinkSettings};
use motcua_testkit::contract::warehouse::{SignedBy, WarehouseBench, warehouse_contract};
use motcua_warehouse::{GrantWish, add_officer, grant};
use motcua_wire::Role;
use std::path::PathBuf;
use std::sync::Arc;

struct Server {
    world: World,
    /// Where it listened, also after it was cut.
    url: String,
    stranger: Identity,
    portal: (DeviceId, PathBuf),
}

/// Number of the portal among the machines.
const PORTAL: u8 = 2;

impl Server {
    fn identity(&self, machine: u8) -> PathBuf {
        if machine == PORTAL { self.portal.1.clone() } else { self.world.identity(machine.into()) }
    }
}

#[async_trait::async_trait]
impl WarehouseBench for Server {
    fn line(&self, machine: u8) -> Arc<dyn Warehouse> {
        let (url, ca_pem) = (self.url.clone(), self.world.ca_pem.clone());
        let settings = LinkSettings { url, ca_pem, identity: self.identity(machine) };
        Arc::new(HttpWarehouse::new(settings).unwrap())
    }

    fn device(&self, machine: u8) -> DeviceId {
        if machine == PORTAL { self.portal.0 } else { self.world.devices[usize::from(machine)] }
    }

    fn portal(&self) -> u8 {
        PORTAL
    }

    fn agency(&self) -> AgencyCode {
        AgencyCode::parse(AGENCY).unwrap()
    }

    fn receipt_key(&self) -> [u8; 32] {
        motcua_warehouse::receipt_key(&self.world.config.data).unwrap().verifying_key().to_bytes()
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn owner(&self) -> IdNumber {
        IdNumber::parse(OWNER).unwrap()
    }

    fn procedure(&self) -> ProcedureCode {
        ProcedureCode::parse("1.000894.H08").unwrap()
    }

    fn case(&self) -> String {
        self.world.reference().procedures[0].cases[0].code.clone()
    }

    fn paper(&self, by: SignedBy, mark: u8) -> Vec<u8> {
        let page = paper::pdf(1, &format!("paper {mark}"));
        match by {
            SignedBy::Agency => self.world.agency.sign(&page, now()),
            SignedBy::Officer => self.world.officer.sign(&page, now()),
            SignedBy::Stranger => self.stranger.sign(&page, now()),
            SignedBy::Nobody => page,
        }
    }

    fn stock(&self, record: DocumentRecord, pdf: &[u8]) {
        self.world.stock(pdf, |document| {
            document.record = record;
            document.filed_at.0 -= 3_600_000;
        });
    }

    fn restore(&self) {
        let records = self.world.config.data.join("records.db");
        motcua_warehouse::Records::open(&records).unwrap().raise_epoch().unwrap();
    }

    fn employ(&self, login: &str, secret: &str) {
        add_officer(&self.world.config, login, "Nguyễn Thị Mẫu", "xa", &secret.to_owned().into()).unwrap();
        let (role, node) = (Role::Intake, "xa".to_owned());
        let wish = GrantWish { role, node, procedures: None, from: None, until: None };
        grant(&self.world.config, login, &wish).unwrap();
    }

    fn appoint(&self, login: &str, secret: &str) {
        add_officer(&self.world.config, login, "Lê Văn Mẫu", "xa", &secret.to_owned().into()).unwrap();
        let (role, node) = (Role::Administrator, "xa".to_owned());
        let wish = GrantWish { role, node, procedures: None, from: None, until: None };
        grant(&self.world.config, login, &wish).unwrap();
    }

    fn silence_identity(&self) {
        std::fs::remove_file(self.world.config.data.join("identity.json")).unwrap();
    }

    async fn cut(&mut self) {
        self.world.down().await;
    }
}

#[tokio::test]
async fn the_server_keeps_what_every_warehouse_promises() {
    warehouse_contract(async || {
        let world = World::new().await;
        let stranger = Authority::new("CA lạ").issue(AGENCY_NAME, -5, 30);
        let portal = world.portal().await;
        Server { url: world.url(), world, stranger, portal }
    })
    .await;
}
