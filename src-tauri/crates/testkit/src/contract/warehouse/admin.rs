//! The administrator at every warehouse: who may, and what becomes of a change of the lists.

use super::WarehouseBench;
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_wire::{
    AdminAct, AdminReply, AdminRequest, Change, ChangeReport, RowFate, SheetChange, SheetEdit, SheetList,
    SheetRow, VersionLine,
};
use zeroize::Zeroizing;

const LIST: &str = "lich";
const DAY: &str = "02/09/2027";

pub(super) async fn suite<B: WarehouseBench>(make: &impl AsyncFn() -> B) {
    nobody_else_administers(&make().await).await;
    a_change_is_looked_at_made_and_taken_back(&make().await).await;
    a_change_of_what_was_changed_meanwhile_is_told(&make().await).await;
    an_officer_comes_and_goes(&make().await).await;
}

async fn sit_down(bench: &dyn WarehouseBench) -> std::sync::Arc<dyn Warehouse> {
    bench.appoint("quan.tri", "Mat-khau-mau-1");
    let line = bench.line(0);
    line.log_in("quan.tri", &Zeroizing::new("Mat-khau-mau-1".to_owned())).await.unwrap();
    line
}

async fn sheets(line: &dyn Warehouse) -> SheetList {
    match line.admin(&AdminRequest::Sheets { version: None }).await.unwrap() {
        AdminReply::Sheets(list) => list,
        other => panic!("{other:?}"),
    }
}

async fn rows(line: &dyn Warehouse, version: u64) -> Vec<SheetRow> {
    match line.admin(&AdminRequest::Rows { version, sheet: LIST.into() }).await.unwrap() {
        AdminReply::Rows { rows } => rows,
        other => panic!("{other:?}"),
    }
}

async fn versions(line: &dyn Warehouse) -> Vec<VersionLine> {
    match line.admin(&AdminRequest::Versions {}).await.unwrap() {
        AdminReply::Versions { versions } => versions,
        other => panic!("{other:?}"),
    }
}

async fn change(line: &dyn Warehouse, wish: &SheetChange) -> ChangeReport {
    match line.admin(&AdminRequest::Change(wish.clone())).await.unwrap() {
        AdminReply::Change(report) => report,
        other => panic!("{other:?}"),
    }
}

fn day_off(base: u64, day: &str, save: bool) -> SheetChange {
    let cells = Some(vec![day.to_owned(), "nghỉ".into(), "Quốc khánh".into()]);
    let edits = vec![SheetEdit { sheet: LIST.into(), key: None, cells }];
    SheetChange { base, like: None, edits, from: None, reason: "Thông báo mẫu".into(), save }
}

async fn nobody_else_administers(bench: &dyn WarehouseBench) {
    let refused = Err(LinkError::Refused("adminNotGranted".into()));
    let asked = AdminRequest::Sheets { version: None };
    let line = bench.line(0);
    assert_eq!(line.admin(&asked).await, refused, "a machine alone");
    bench.employ("canbo.mau", "Mat-khau-mau-1");
    line.log_in("canbo.mau", &Zeroizing::new("Mat-khau-mau-1".to_owned())).await.unwrap();
    assert_eq!(line.admin(&asked).await, refused, "an officer without the role");
}

async fn a_change_is_looked_at_made_and_taken_back(bench: &dyn WarehouseBench) {
    let line = sit_down(bench).await;
    let list = sheets(&*line).await;
    let head = list.sheets.iter().find(|head| head.name == LIST).unwrap();
    let (base, before) = (list.version, rows(&*line, list.version).await);
    assert!(list.may_change && head.rows as usize == before.len() && head.columns.len() == 3);

    let wrong = change(&*line, &day_off(base, "32/13/2027", true)).await;
    assert_eq!((wrong.version, wrong.faults.len()), (None, 1));
    assert_eq!(wrong.faults[0].column.as_deref(), Some("ngay"), "with its place");
    let seen = change(&*line, &day_off(base, DAY, false)).await;
    assert_eq!((seen.version, seen.rows.len(), seen.rows[0].fate), (None, 1, RowFate::Added));
    assert_eq!(rows(&*line, base).await, before, "looking changes nothing");
    let silent = SheetChange { reason: " ".into(), ..day_off(base, DAY, true) };
    let silent = line.admin(&AdminRequest::Change(silent)).await;
    assert_eq!(silent, Err(LinkError::Refused("adminUnfit".into())), "nothing without a reason");

    let cursor = line.changes(None, 500, 0).await.unwrap().next_cursor;
    let made = change(&*line, &day_off(base, DAY, true)).await.version.unwrap();
    assert!(made > base);
    assert!(rows(&*line, made).await.iter().any(|row| row.key == DAY));
    let told = line.changes(Some(&cursor), 500, 0).await.unwrap().items;
    assert!(told.contains(&Change::Reference { version: made }), "the counters are told");
    let newest = versions(&*line).await.remove(0);
    assert_eq!((newest.version, newest.in_force, newest.officer.as_str()), (made, true, "quan.tri"));
    assert_eq!(newest.reason, "Thông báo mẫu");

    let edits = vec![];
    let back = SheetChange { base: made, like: Some(base), edits, ..day_off(base, DAY, true) };
    let back = change(&*line, &back).await.version.unwrap();
    assert!(back > made, "a new version, nothing is deleted");
    assert_eq!(rows(&*line, back).await, before);
    assert!(rows(&*line, made).await.iter().any(|row| row.key == DAY), "and the one between stays readable");
    let asked = AdminRequest::History { sheet: LIST.into(), key: DAY.into() };
    let AdminReply::History { steps } = line.admin(&asked).await.unwrap() else { panic!() };
    let steps: Vec<_> = steps.iter().map(|step| (step.version, step.change.fate)).collect();
    assert_eq!(steps, [(made, RowFate::Added), (back, RowFate::Removed)]);
}

async fn a_change_of_what_was_changed_meanwhile_is_told(bench: &dyn WarehouseBench) {
    let line = sit_down(bench).await;
    let base = sheets(&*line).await.version;
    let made = change(&*line, &day_off(base, DAY, true)).await.version.unwrap();
    let late = change(&*line, &day_off(base, "03/09/2027", true)).await;
    let newer = late.newer.expect("another one is in force");
    assert_eq!((late.version, newer.version), (None, made));
    assert_eq!(newer.rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), [DAY]);
    let asked = AdminRequest::Diff { from: base, to: made };
    let AdminReply::Diff { rows } = line.admin(&asked).await.unwrap() else { panic!() };
    assert_eq!(rows, newer.rows);
    assert!(change(&*line, &day_off(made, "03/09/2027", true)).await.version.is_some(), "on the new one");
    let unknown = line.admin(&AdminRequest::Sheets { version: Some(99) }).await;
    assert_eq!(unknown, Err(LinkError::Refused("referenceUnknown".into())));
}

async fn an_officer_comes_and_goes(bench: &dyn WarehouseBench) {
    let line = sit_down(bench).await;
    let people = async || match line.admin(&AdminRequest::People {}).await.unwrap() {
        AdminReply::People(people) => people,
        other => panic!("{other:?}"),
    };
    let act = async |act: AdminAct| line.admin(&AdminRequest::Act(act)).await;
    let node = people().await.units.first().unwrap().id.clone();
    let wish =
        || AdminAct::AddOfficer {
            login: "moi.mau".into(), name: "Trần Văn Mẫu".into(), node: node.clone()
        };
    let AdminReply::Act(done) = act(wish()).await.unwrap() else { panic!() };
    assert!(done.secret.as_ref().is_some_and(|secret| secret.len() >= 8), "a first secret, told once");
    assert!(!format!("{done:?}").contains(done.secret.as_deref().unwrap()));
    assert_eq!(act(wish()).await, Err(LinkError::Refused("officerExists".into())));
    let role = motcua_wire::Role::Intake;
    let (login, procedures) = ("moi.mau".to_owned(), None);
    let granted = AdminAct::Grant { login, role, node, procedures, from: None, until: None };
    act(granted).await.unwrap();
    let found = people().await.officers.into_iter().find(|o| o.login == "moi.mau").unwrap();
    assert_eq!(found.grants.iter().map(|g| g.role).collect::<Vec<_>>(), [role]);
    act(AdminAct::EndOfficer { login: "moi.mau".into(), ended: true }).await.unwrap();
    let found = people().await.officers.into_iter().find(|o| o.login == "moi.mau").unwrap();
    assert!(found.ended);
    let own = act(AdminAct::EndOfficer { login: "quan.tri".into(), ended: true }).await;
    assert_eq!(own, Err(LinkError::Refused("adminOwnRight".into())));
    let gone = act(AdminAct::NewSecret { login: "khong.co".into() }).await;
    assert_eq!(gone, Err(LinkError::Refused("adminGone".into())));
}
