//! Officers at the warehouse: who works at which machine, and what he sees.

use crate::world::{AGENCY, OWNER, World};
use motcua_dossier::{AgencyCode, Day};
use motcua_warehouse::{
    GrantWish, OfficerError, add_officer, end_officer, grant, officers, revoke_grant, set_officer_secret,
};
use motcua_wire::{LoggedIn, Problem, Role};
use reqwest::Client;
use serde_json::{Value, json};
use zeroize::Zeroizing;

const LOGIN: &str = "canbo.mau";
const SECRET: &str = "Mat-khau-mau-1";

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn wish(role: Role) -> GrantWish {
    GrantWish { role, node: "xa".into(), procedures: None, from: None, until: None }
}

async fn world() -> World {
    let world = World::new().await;
    add_officer(&world.config, LOGIN, "Nguyễn Thị Mẫu", "xa", &secret(SECRET)).unwrap();
    world
}

async fn post(client: &Client, world: &World, path: &str, body: Value) -> Result<LoggedIn, (u16, String)> {
    let answer = client.post(format!("{}{path}", world.url())).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 200 {
        Ok(answer.json().await.unwrap())
    } else {
        Err((status, answer.json::<Problem>().await.unwrap().code))
    }
}

async fn login(client: &Client, world: &World, secret: &str) -> Result<LoggedIn, (u16, String)> {
    post(client, world, "/v1/login", json!({"login": LOGIN, "secret": secret})).await
}

async fn refresh(client: &Client, world: &World, token: &str) -> Result<LoggedIn, (u16, String)> {
    post(client, world, "/v1/login/refresh", json!({"refresh": token})).await
}

/// How many papers of the owner are listed with that token, or why none are.
async fn papers(client: &Client, world: &World, access: &str) -> Result<usize, String> {
    let url = format!("{}/v1/documents?owner={OWNER}", world.url());
    let answer = client.get(url).bearer_auth(access).send().await.unwrap();
    if answer.status() == 200 {
        Ok(answer.json::<Vec<Value>>().await.unwrap().len())
    } else {
        Err(answer.json::<Problem>().await.unwrap().code)
    }
}

fn refused<T>(status: u16, code: &str) -> Result<T, (u16, String)> {
    Err((status, code.to_owned()))
}

#[tokio::test]
async fn an_officer_sees_what_his_grants_allow_and_no_longer() {
    let world = world().await;
    world.stock(&world.signed("of the office"), |d| {
        d.record.metadata.shared = false;
        d.filed_by = Some(AgencyCode::parse(AGENCY).unwrap());
    });
    let machine = world.raw_of(0);
    let session = login(&machine, &world, SECRET).await.unwrap();
    assert_eq!((session.officer.as_str(), session.name.as_str()), (LOGIN, "Nguyễn Thị Mẫu"));
    assert!(session.roles.is_empty());
    assert_eq!(
        papers(&machine, &world, &session.access).await,
        Ok(0),
        "without a grant nothing of the office"
    );
    let mut ended = wish(Role::Clerk);
    ended.until = Some(Day::parse("2020-01-01").unwrap());
    grant(&world.config, LOGIN, &ended).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, Ok(0), "a grant has its days");
    let id = grant(&world.config, LOGIN, &wish(Role::Intake)).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, Ok(1), "noticed at the next request");
    assert_eq!(login(&machine, &world, SECRET).await.unwrap().roles, [Role::Intake]);
    let session = login(&machine, &world, SECRET).await.unwrap();
    revoke_grant(&world.config, id).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, Ok(0));
    end_officer(&world.config, LOGIN, true).unwrap();
    assert_eq!(papers(&machine, &world, &session.access).await, Err("loginExpired".into()));
    assert_eq!(login(&machine, &world, SECRET).await, refused(403, "loginRefused"));
    assert!(
        officers(&world.config).unwrap()[0].ended && officers(&world.config).unwrap()[0].grants.len() == 2
    );
}

#[tokio::test]
async fn officer_and_machine_belong_to_one_office_and_tokens_to_one_machine() {
    let world = world().await;
    let (ours, beside, theirs) = (world.raw_of(0), world.raw_of(1), world.raw_of(2));
    assert_eq!(login(&theirs, &world, SECRET).await, refused(403, "loginRefused"));
    let session = login(&ours, &world, SECRET).await.unwrap();
    assert_eq!(papers(&beside, &world, &session.access).await, Err("loginExpired".into()));
    assert_eq!(refresh(&beside, &world, &session.refresh).await, refused(403, "loginExpired"));
    assert!(
        login(&beside, &world, SECRET).await.is_ok(),
        "the same officer at another machine of the office"
    );
    assert!(papers(&ours, &world, &session.access).await.is_ok(), "does not end the first session");
    let bare = world
        .raw()
        .post(format!("{}/v1/login", world.url()))
        .json(&json!({"login": LOGIN, "secret": SECRET}));
    assert_eq!(bare.send().await.unwrap().status(), 401, "a machine that is not enrolled logs nobody in");
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_lost_answer_is_asked_again() {
    let world = world().await;
    let machine = world.raw_of(0);
    let first = login(&machine, &world, SECRET).await.unwrap();
    let lost = refresh(&machine, &world, &first.refresh).await.unwrap();
    let second = refresh(&machine, &world, &first.refresh).await.unwrap();
    assert!(papers(&machine, &world, &second.access).await.is_ok());
    assert_eq!(papers(&machine, &world, &first.access).await, Err("loginExpired".into()));
    assert_eq!(refresh(&machine, &world, &lost.refresh).await, refused(403, "loginExpired"));
    let third = refresh(&machine, &world, &second.refresh).await.unwrap();
    assert_eq!(refresh(&machine, &world, &first.refresh).await, refused(403, "loginExpired"));
    set_officer_secret(&world.config, LOGIN, &secret("Mat-khau-khac-2")).unwrap();
    assert_eq!(
        refresh(&machine, &world, &third.refresh).await,
        refused(403, "loginExpired"),
        "a new secret ends it"
    );
    assert!(login(&machine, &world, "Mat-khau-khac-2").await.is_ok());
}

#[tokio::test]
async fn five_wrong_secrets_begin_a_wait_also_for_the_right_one() {
    let world = world().await;
    let machine = world.raw_of(0);
    for _ in 0..5 {
        assert_eq!(login(&machine, &world, "Sai-mat-khau").await, refused(403, "loginRefused"));
    }
    assert_eq!(login(&machine, &world, SECRET).await, refused(429, "loginWait"));
    let nobody = post(&machine, &world, "/v1/login", json!({"login": "khong.co", "secret": SECRET})).await;
    assert_eq!(nobody, refused(403, "loginRefused"), "nobody is told which logins there are");
}

#[tokio::test]
async fn an_administrator_is_told_what_he_typed_wrong() {
    let world = world().await;
    let config = &world.config;
    assert!(matches!(add_officer(config, LOGIN, "B", "xa", &secret(SECRET)), Err(OfficerError::Exists(_))));
    assert!(matches!(add_officer(config, "b", "B", "nowhere", &secret(SECRET)), Err(OfficerError::Node(_))));
    assert!(matches!(add_officer(config, "b", "B", "xa", &secret("ngan")), Err(OfficerError::Secret)));
    assert!(matches!(add_officer(config, "b b", "B", "xa", &secret(SECRET)), Err(OfficerError::Name)));
    assert!(matches!(grant(config, "b", &wish(Role::Signer)), Err(OfficerError::Unknown(_))));
    assert!(matches!(revoke_grant(config, 77), Err(OfficerError::Grant(77))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_that_come_at_once_are_counted_one_after_another() {
    let world = world().await;
    let machine = world.raw_of(0);
    let tries = (0..12).map(|_| login(&machine, &world, "Sai-mat-khau"));
    let answers = futures_util::future::join_all(tries).await;
    let looked_at = answers.iter().filter(|answer| **answer == refused(403, "loginRefused")).count();
    assert_eq!(looked_at, 5, "the others wait: {answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_dismissed_while_his_secret_is_verified_stays_dismissed() {
    let world = world().await;
    let machine = world.raw_of(0);
    for _ in 0..3 {
        end_officer(&world.config, LOGIN, false).unwrap();
        let tries = futures_util::future::join_all((0..4).map(|_| login(&machine, &world, SECRET)));
        let dismissal = async {
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
            end_officer(&world.config, LOGIN, true).unwrap();
        };
        let (answers, ()) = tokio::join!(tries, dismissal);
        assert!(officers(&world.config).unwrap()[0].ended);
        for session in answers.into_iter().flatten() {
            assert_eq!(papers(&machine, &world, &session.access).await, Err("loginExpired".into()));
        }
    }
}
