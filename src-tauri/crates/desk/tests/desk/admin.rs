//! "Quản trị" at the counter: the warehouse's lists, officers and machines.

use crate::steps::sync;
use motcua_desk::ports::LinkError;
use motcua_desk::{AdminAct, AdminError, DeskError, Login, RowFate, SheetChange, SheetEdit};
use motcua_testkit::{OFFICER, Office, SECRET};
use motcua_wire::Role;

const LIST: &str = "lich";

/// A counter whose officer has that role at the warehouse, and is known there.
async fn office(role: Role) -> Office {
    let office = Office::ready().await;
    office.warehouse.employ(OFFICER, SECRET, &[role]);
    office.desk.lock().await;
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    sync(&office).await;
    office
}

fn wish(base: u64, day: &str, save: bool) -> SheetChange {
    let cells = Some(vec![day.to_owned(), "nghỉ".to_owned(), "Quốc khánh".to_owned()]);
    let edits = vec![SheetEdit { sheet: LIST.to_owned(), key: None, cells }];
    SheetChange { base, like: None, edits, from: None, reason: "Quyết định mẫu".to_owned(), save }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, DeskError>) -> &'static str {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn only_an_administrator_is_answered_and_only_with_a_line() {
    let plain = office(Role::Intake).await;
    assert!(!plain.desk.status().await.login.administers());
    assert_eq!(code(plain.desk.admin_sheets(None).await), "adminNotGranted");
    let office = office(Role::Administrator).await;
    assert!(office.desk.status().await.login.administers());
    assert!(!Login::NotAsked.administers());
    assert_eq!(office.desk.admin_sheets(None).await.unwrap().sheets[0].name, LIST);
    assert_eq!(code(office.desk.admin_sheets(Some(99)).await), "adminGone");
    office.warehouse.out(Some(LinkError::Offline));
    assert_eq!(office.desk.admin_versions().await, Err(AdminError::Offline.into()));
    let act = AdminAct::NewSecret { login: OFFICER.to_owned() };
    assert_eq!(code(office.desk.admin_act(act).await), "adminOffline", "and nothing waits in the outbox");
    assert!(office.desk.outbox(true).await.unwrap().is_empty());
    office.warehouse.out(None);
    office.desk.lock().await;
    assert_eq!(code(office.desk.admin_sheets(None).await), "vaultLocked", "nobody is at work");
}

#[tokio::test]
async fn without_a_line_an_administrator_reads_the_lists_of_this_counter_and_nobody_else_does() {
    let office = office(Role::Administrator).await;
    let there = office.desk.admin_lists(None).await.unwrap();
    assert!(!there.kept && there.list.may_change);
    let data = office.desk.reference().await.unwrap();
    office.warehouse.out(Some(LinkError::Offline));
    let kept = office.desk.admin_lists(None).await.unwrap();
    assert!(kept.kept && !kept.list.may_change, "to be read");
    assert_eq!(kept.list.version, data.version);
    let procedures = kept.list.sheets.iter().find(|sheet| sheet.name == "thu_tuc").unwrap();
    assert_eq!(procedures.rows as usize, data.procedures.len());
    let rows = office.desk.admin_rows(data.version, "thu_tuc").await.unwrap();
    assert_eq!(rows[0].key, data.procedures[0].code.to_string());
    assert_eq!(code(office.desk.admin_rows(data.version, "khong-co").await), "adminGone");
    assert_eq!(code(office.desk.admin_lists(Some(99)).await), "adminOffline", "another version is not here");
    let saved = office.desk.admin_change(wish(data.version, "02/09/2027", true)).await;
    assert_eq!(code(saved), "adminOffline");
    // He opens the counter anew and is still known from before, for as long as that word counts.
    office.desk.lock().await;
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    assert!(office.desk.may_administer().unwrap());
    assert!(office.desk.admin_lists(None).await.unwrap().kept);
    office.clock.pass(std::time::Duration::from_secs(15 * 24 * 60 * 60));
    assert!(!office.desk.may_administer().unwrap());
    assert_eq!(code(office.desk.admin_lists(None).await), "adminOffline");
    let plain = self::office(Role::Intake).await;
    plain.warehouse.out(Some(LinkError::Offline));
    assert_eq!(code(plain.desk.admin_lists(None).await), "adminOffline");
}

#[tokio::test]
async fn a_change_that_is_saved_reaches_the_counter_and_can_be_taken_back() {
    let office = office(Role::Administrator).await;
    let desk = &office.desk;
    let base = desk.admin_sheets(None).await.unwrap().version;
    let before = desk.admin_rows(base, LIST).await.unwrap();
    let silent = SheetChange { reason: " ".to_owned(), ..wish(base, "02/09/2027", true) };
    assert_eq!(desk.admin_change(silent).await, Err(AdminError::ReasonMissing.into()));
    let wrong = desk.admin_change(wish(base, "x", true)).await.unwrap();
    assert_eq!((wrong.version, wrong.faults.len()), (None, 1));
    let made = desk.admin_change(wish(base, "02/09/2027", true)).await.unwrap().version.unwrap();
    sync(&office).await;
    let known = desk.reference().await.unwrap();
    assert_eq!(known.version, made);
    assert!(known.calendar.days_off.iter().any(|off| off.day.format_vn() == "02/09/2027"));
    let late = desk.admin_change(wish(base, "03/09/2027", true)).await.unwrap();
    assert_eq!(late.newer.unwrap().version, made, "somebody else's version is told, with its rows");
    let edits = vec![];
    let back = SheetChange { like: Some(base), edits, ..wish(made, "", true) };
    let back = desk.admin_change(back).await.unwrap().version.unwrap();
    assert_eq!(desk.admin_rows(back, LIST).await.unwrap(), before);
    let fates: Vec<_> =
        desk.admin_history(LIST, "02/09/2027").await.unwrap().iter().map(|step| step.change.fate).collect();
    assert_eq!(fates, [RowFate::Added, RowFate::Removed]);
    assert!(desk.admin_diff(base, back).await.unwrap().is_empty());
    assert_eq!(desk.admin_versions().await.unwrap().len(), 3);
}

#[tokio::test]
async fn officers_come_with_a_secret_that_is_told_once() {
    let office = office(Role::Administrator).await;
    let desk = &office.desk;
    let people = desk.admin_people().await.unwrap();
    let (login, name) = ("moi.mau".to_owned(), "Trần Văn Mẫu".to_owned());
    let wish = || AdminAct::AddOfficer {
        login: login.clone(),
        name: name.clone(),
        node: people.units[0].id.clone(),
    };
    let done = desk.admin_act(wish()).await.unwrap();
    let secret = done.secret.clone().unwrap();
    assert!(!format!("{done:?}").contains(&secret), "no log has it");
    assert_eq!(code(desk.admin_act(wish()).await), "officerExists");
    let own = AdminAct::EndOfficer { login: OFFICER.to_owned(), ended: true };
    assert_eq!(code(desk.admin_act(own).await), "adminOwnRight");
    desk.admin_act(AdminAct::EndOfficer { login: login.clone(), ended: true }).await.unwrap();
    let found = desk.admin_people().await.unwrap().officers.into_iter().find(|o| o.login == login).unwrap();
    assert!(found.ended);
}
