//! Who works at the counter, as the warehouse knows it.

use crate::steps::sync;
use motcua_desk::Login;
use motcua_desk::ports::LinkError;
use motcua_testkit::{OFFICER, Office, SECRET};
use motcua_wire::Role;

async fn unlocked(office: &Office) {
    office.desk.lock().await;
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
}

async fn state(office: &Office) -> Login {
    office.desk.status().await.login
}

#[tokio::test]
async fn whoever_unlocks_with_a_line_is_known_to_the_warehouse_until_he_locks() {
    let office = Office::ready().await;
    office.warehouse.employ(OFFICER, SECRET, &[Role::Intake]);
    assert_eq!(state(&office).await, Login::NotAsked);
    unlocked(&office).await;
    assert_eq!(state(&office).await, Login::NotAsked, "unlocking waits for nobody");
    sync(&office).await;
    let Login::Known(known) = state(&office).await else { panic!("not known") };
    assert_eq!((known.login.as_str(), known.roles.as_slice()), (OFFICER, [Role::Intake].as_slice()));
    sync(&office).await;
    assert_eq!(office.warehouse.logins(), (1, 0), "once");
    office.desk.lock().await;
    assert_eq!(state(&office).await, Login::NotAsked, "at once");
    office.desk.tell_left().await;
    office.desk.tell_left().await;
    assert_eq!(office.warehouse.logins(), (1, 1), "the warehouse is told, once");
    unlocked(&office).await;
    sync(&office).await;
    office.warehouse.end_session();
    assert_eq!(state(&office).await, Login::Refused("loginExpired".into()));
    assert!(sync(&office).await.online, "and the work goes on");
}

#[tokio::test]
async fn a_login_that_is_refused_keeps_nobody_from_working_and_is_not_counted_twice() {
    let office = Office::ready().await;
    office.warehouse.employ(OFFICER, "Mat-khau-khac-1", &[Role::Intake]);
    for _ in 0..3 {
        unlocked(&office).await;
        assert!(sync(&office).await.online);
        assert_eq!(state(&office).await, Login::Refused("loginRefused".into()));
    }
    assert_eq!(office.warehouse.logins().0, 1, "the same secret is not wrong again at every unlocking");
    office.desk.lock().await;
    assert!(office.desk.unlock(OFFICER, &"Sai-2026-mot-cua".to_owned().into()).await.is_err());
    assert_eq!(office.warehouse.logins().0, 1, "what does not open the counter is never sent");
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    office.open().await;
}

#[tokio::test]
async fn without_a_line_the_secret_is_not_kept() {
    let office = Office::ready().await;
    office.warehouse.employ(OFFICER, SECRET, &[Role::Intake]);
    office.warehouse.out(Some(LinkError::Offline));
    unlocked(&office).await;
    sync(&office).await;
    office.warehouse.out(None);
    sync(&office).await;
    assert_eq!((state(&office).await, office.warehouse.logins()), (Login::NotAsked, (0, 0)));
    unlocked(&office).await;
    sync(&office).await;
    assert!(matches!(state(&office).await, Login::Known(_)), "the next unlocking says who he is");
}
