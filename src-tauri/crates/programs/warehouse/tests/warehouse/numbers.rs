//! Ordinals of the day.

use crate::world::{AGENCY, OTHER_AGENCY, World, today};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::AgencyCode;
use motcua_wire::LeaseBlock;
use std::collections::BTreeSet;

#[tokio::test]
async fn blocks_of_two_machines_never_overlap_even_when_leased_at_once() {
    let world = World::new().await;
    let (first, second) = (world.line(0), world.line(1));
    let wish = LeaseBlock { agency: AgencyCode::parse(AGENCY).unwrap(), day: today(), count: 7 };
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        let (a, b) = tokio::join!(first.lease_block(&wish), second.lease_block(&wish));
        for mut block in [a.unwrap(), b.unwrap()] {
            while let Some(code) = block.take() {
                assert!(seen.insert(code), "given twice");
            }
        }
    }
    assert_eq!(seen.len(), 140);
}

#[tokio::test]
async fn a_day_ends_at_9999_and_says_so() {
    let world = World::new().await;
    let mut last = 0;
    for _ in 0..50 {
        last = world.lease(0, 200).await.last;
    }
    assert_eq!(last, 9999, "the last block is cut, not run over");
    let wish = LeaseBlock { agency: AgencyCode::parse(AGENCY).unwrap(), day: today(), count: 1 };
    let refused = world.line(1).lease_block(&wish).await.unwrap_err();
    assert_eq!(refused, LinkError::Refused("numbersUsedUp".into()));
}

#[tokio::test]
async fn a_machine_leases_for_its_own_agency_only() {
    let world = World::new().await;
    let wish = LeaseBlock { agency: AgencyCode::parse(OTHER_AGENCY).unwrap(), day: today(), count: 1 };
    let refused = world.line(0).lease_block(&wish).await.unwrap_err();
    assert_eq!(refused, LinkError::Refused("agencyMismatch".into()));
    assert!(world.line(2).lease_block(&wish).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_costs_no_ordinals_when_the_request_has_a_key() {
    let world = World::new().await;
    let ask = async |machine: usize, key_name: &str, count: u32| {
        let wish = LeaseBlock { agency: AgencyCode::parse(AGENCY).unwrap(), day: today(), count };
        let request = world.raw_of(machine).post(format!("{}/v1/number-blocks", world.url()));
        let answer = request.header("idempotency-key", key_name).json(&wish).send().await.unwrap();
        answer.json::<serde_json::Value>().await.unwrap()
    };
    let first = ask(0, "a", 5).await;
    assert_eq!((&first["next"], &first["last"]), (&1.into(), &5.into()));
    assert_eq!(ask(0, "a", 5).await, first, "the same block again");
    assert_eq!(ask(0, "a", 6).await["code"], "idempotencyMismatch");
    assert_eq!(ask(0, "b", 5).await["next"], 6);
    assert_eq!(ask(1, "a", 5).await["next"], 11, "each machine has its own keys");
    for bad in ["", "a b", &"x".repeat(65)] {
        assert_eq!(ask(0, bad, 5).await["code"], "idempotencyKeyMalformed");
    }
    assert_eq!(world.lease(0, 1).await.next, 16, "nothing was lost");
}
