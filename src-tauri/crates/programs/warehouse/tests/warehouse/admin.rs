//! The administrator over HTTPS: within his grant, by the same functions as at the server, and in the audit.

use crate::world::{AGENCY, OTHER_AGENCY, World, now, today};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{AgencyCode, Day, OrgNode, ReferenceData};
use motcua_warehouse::{
    GrantWish, RowWish, Which, add_officer, audit_verify, device_code, devices, grant, reference_list,
    reference_rows, reference_set, reference_undo,
};
use motcua_wire::{
    AdminAct, AdminReply, AdminRequest, ChangeReport, ColumnKind, People, Role, RowFate, SheetChange,
    SheetEdit, SheetList,
};
use zeroize::Zeroizing;

const SECRET: &str = "Mat-khau-mau-1";

fn node(id: &str, parent: Option<&str>, agency: &str) -> OrgNode {
    OrgNode {
        id: id.into(),
        parent: parent.map(str::to_owned),
        name: format!("Đơn vị mẫu {id}"),
        level: "mẫu".into(),
        agency_code: (!agency.is_empty()).then(|| agency.to_owned()),
        from: None,
        until: None,
        successor: None,
    }
}

/// A province of two communes, and an administrator at that node, at work at the first machine.
async fn province(at: &str) -> (World, impl Warehouse) {
    let world = World::new().await;
    let own = OrgNode { parent: Some("tinh".into()), ..crate::world::tree().remove(0) };
    world.load_tree(6, vec![node("tinh", None, ""), own, node("xa2", Some("tinh"), OTHER_AGENCY)]);
    let secret = Zeroizing::new(SECRET.to_owned());
    add_officer(&world.config, "quan.tri", "Lê Văn Mẫu", "xa", &secret).unwrap();
    add_officer(&world.config, "xa.hai", "Trần Thị Mẫu", "xa2", &secret).unwrap();
    let node = at.to_owned();
    let wish = GrantWish { role: Role::Administrator, node, procedures: None, from: None, until: None };
    grant(&world.config, "quan.tri", &wish).unwrap();
    let line = world.line(0);
    line.log_in("quan.tri", &secret).await.unwrap();
    (world, line)
}

async fn sheets(line: &impl Warehouse) -> SheetList {
    match line.admin(&AdminRequest::Sheets { version: None }).await.unwrap() {
        AdminReply::Sheets(list) => list,
        other => panic!("{other:?}"),
    }
}

async fn people(line: &impl Warehouse) -> People {
    match line.admin(&AdminRequest::People {}).await.unwrap() {
        AdminReply::People(people) => people,
        other => panic!("{other:?}"),
    }
}

async fn act(line: &impl Warehouse, act: AdminAct) -> Result<AdminReply, LinkError> {
    line.admin(&AdminRequest::Act(act)).await
}

async fn change(line: &impl Warehouse, wish: SheetChange) -> ChangeReport {
    match line.admin(&AdminRequest::Change(wish)).await.unwrap() {
        AdminReply::Change(report) => report,
        other => panic!("{other:?}"),
    }
}

fn refused<T>(code: &str) -> Result<T, LinkError> {
    Err(LinkError::Refused(code.into()))
}

fn edit(sheet: &str, key: Option<&str>, cells: Option<&[&str]>) -> SheetEdit {
    SheetEdit {
        sheet: sheet.into(),
        key: key.map(str::to_owned),
        cells: cells.map(|cells| cells.iter().map(|text| (*text).to_owned()).collect()),
    }
}

fn wish(base: u64, edits: Vec<SheetEdit>, save: bool) -> SheetChange {
    SheetChange { base, like: None, edits, from: None, reason: "Quyết định mẫu".into(), save }
}

#[tokio::test]
async fn the_lists_are_the_whole_provinces_and_so_is_the_grant_of_whoever_changes_them() {
    let (_world, line) = province("xa").await;
    let list = sheets(&line).await;
    assert!(!list.may_change, "a commune's administrator reads");
    let rows = vec![edit("lich", None, Some(&["02/09/2027", "nghỉ", "Quốc khánh"]))];
    let asked = AdminRequest::Change(wish(list.version, rows, false));
    assert_eq!(line.admin(&asked).await, refused("adminBeyondGrant"), "and changes nothing");
    let (_world, line) = province("tinh").await;
    let list = sheets(&line).await;
    assert!(list.may_change);
    let mut named = list.sheets.iter().flat_map(|sheet| sheet.columns.iter());
    assert!(named.clone().all(|column| !column.title.is_empty()));
    assert!(named.any(|column| matches!(&column.kind, ColumnKind::Choice { words, .. } if words.len() > 1)));
}

#[tokio::test]
async fn a_change_names_every_fault_by_its_row_and_makes_nothing() {
    let (world, line) = province("tinh").await;
    let base = sheets(&line).await.version;
    let made = reference_list(&world.config).unwrap().len();
    let edits = vec![
        edit("lich", None, Some(&["32/09/2027", "nghỉ", ""])),
        edit("truong_hop", None, Some(&["9.999999", "01", "Không có thủ tục", "1", "0", ""])),
    ];
    let report = change(&line, wish(base, edits, true)).await;
    let places: Vec<_> =
        report.faults.iter().map(|f| (f.sheet.as_str(), f.key.as_str(), f.column.as_deref())).collect();
    assert_eq!(report.version, None);
    assert!(places.contains(&("lich", "32/09/2027", Some("ngay"))), "{places:?}");
    assert!(
        places.contains(&("truong_hop", "9.999999 01", Some("ma_thu_tuc"))),
        "a reference to nothing: {places:?}"
    );
    assert!(report.faults.iter().all(|fault| !fault.message.is_empty()));
    let gone = change(&line, wish(base, vec![edit("lich", Some("01/01/1900"), None)], true)).await;
    assert_eq!(gone.faults[0].code, "rowGone");
    let short = change(&line, wish(base, vec![edit("lich", None, Some(&["02/09/2027"]))], true)).await;
    assert_eq!(short.faults[0].code, "rowColumns");
    assert_eq!(reference_list(&world.config).unwrap().len(), made, "nothing was made");
}

#[tokio::test]
async fn a_setting_is_a_row_that_is_explained_judged_and_taken_back_like_any_other() {
    let (world, line) = province("tinh").await;
    let list = sheets(&line).await;
    let base = list.version;
    let sheet = list.sheets.iter().find(|sheet| sheet.name == "cai_dat").unwrap();
    let ColumnKind::Choice { words, notes } = &sheet.columns[0].kind else { panic!("words") };
    assert_eq!(words.len(), notes.len());
    assert!(notes.iter().all(|note| note.chars().count() > 20), "each says what it does");
    let row = |key: &str, unit: &str, paper: &str, value: &str| {
        edit("cai_dat", None, Some(&[key, unit, paper, "", "", value, ""]))
    };
    for (wrong, column, code) in [
        (row("ký giấy vào Kho", "", "", "cán bộ"), "gia_tri", "settingUnfit"),
        (row("ký giấy vào Kho", "", "giấy khai sinh", "cơ quan"), "loai_giay", "valueMalformed"),
        (row("số ngày được dùng khi mất mạng", "", "", "91"), "gia_tri", "settingUnfit"),
        (row("số ngày được dùng khi mất mạng", "", "KQ.G15.000031", "14"), "loai_giay", "settingUnfit"),
        (row("chỉ tiêu tái sử dụng của đơn vị", "", "", "65"), "don_vi", "valueMissing"),
        (row("chỉ tiêu tái sử dụng của đơn vị", "xa", "", "100,01"), "gia_tri", "settingUnfit"),
        (row("hỗ trợ: điện thoại", "không có", "", "0256 000 000"), "don_vi", "valueDangling"),
        (row("số ngày lam viec mat mangg", "", "", "14"), "ma", "valueUnknown"),
    ] {
        let faults = change(&line, wish(base, vec![wrong], true)).await.faults;
        let places: Vec<_> = faults.iter().map(|f| (f.column.as_deref(), f.code.as_str())).collect();
        assert_eq!(places, [(Some(column), code)]);
    }
    // A key of a newer program is kept as it is.
    let good = vec![
        row("ký giấy vào Kho", "xa", "KQ.G15.000031", "cán bộ rồi cơ quan"),
        row("chỉ tiêu tái sử dụng của đơn vị", "tinh", "", "65,5"),
        row("moon.phase", "", "", "full"),
    ];
    let report = change(&line, wish(base, good, true)).await;
    assert_eq!((report.faults.len(), report.rows.len()), (0, 3), "{:?}", report.faults);
    let made = report.version.unwrap();
    let rows =
        |version| reference_rows(&world.config, "cai_dat", Which::Version(version)).unwrap().unwrap().rows;
    let held = rows(made);
    assert_eq!(held[0].cells[5], "cán bộ rồi cơ quan");
    assert_eq!((held[1].cells[5].as_str(), held[2].key.as_str()), ("65,5", "moon.phase"));
    let sealed = line.reference(0).await.unwrap().unwrap();
    let data: ReferenceData = serde_json::from_slice(&sealed.body).unwrap();
    assert_eq!(data.reuse_target(AGENCY, today()), 6550, "counters hear of it");
    let back = reference_undo(&world.config, base, (None, "Sửa nhầm", true)).unwrap().version.unwrap();
    assert!(rows(back).is_empty());
}

#[tokio::test]
async fn a_change_takes_effect_on_its_day_and_says_what_replaces_it() {
    let (world, line) = province("tinh").await;
    let base = sheets(&line).await.version;
    let day = Day(today().0.next_day().unwrap());
    let rows = || vec![edit("lich", None, Some(&["02/09/2027", "nghỉ", "Quốc khánh"]))];
    let planned = change(&line, SheetChange { from: Some(day), ..wish(base, rows(), true) }).await;
    let made = planned.version.unwrap();
    assert!(planned.effective_at.unwrap() > now());
    assert_eq!(sheets(&line).await.version, base, "what is in force stays so today");
    let listed = reference_list(&world.config).unwrap();
    let line_of = listed.iter().find(|v| v.version == made).unwrap();
    assert_eq!(
        (line_of.officer.as_str(), line_of.source.as_str(), line_of.planned),
        ("quan.tri", "Quyết định mẫu", true)
    );
    let today =
        change(&line, wish(base, vec![edit("lich", None, Some(&["03/09/2027", "nghỉ", "Nghỉ bù"]))], false))
            .await;
    assert_eq!(today.replaced_by, Some(made), "told before it is saved: {today:?}");
    let late = change(&line, SheetChange { from: Some(day), ..wish(base, rows(), true) }).await;
    assert_eq!(late.newer.map(|newer| newer.version), Some(made), "on that day another one is in force");
    assert!(audit_verify(&world.config, None).unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_row_may_take_the_key_another_gives_up() {
    let (_world, line) = province("tinh").await;
    let base = sheets(&line).await.version;
    let first = vec![
        edit("lich", None, Some(&["02/09/2027", "nghỉ", "một"])),
        edit("lich", None, Some(&["03/09/2027", "nghỉ", "hai"])),
    ];
    let base = change(&line, wish(base, first, true)).await.version.unwrap();
    let swap = vec![
        edit("lich", Some("02/09/2027"), Some(&["03/09/2027", "nghỉ", "một"])),
        edit("lich", Some("03/09/2027"), Some(&["02/09/2027", "nghỉ", "hai"])),
    ];
    let report = change(&line, wish(base, swap, true)).await;
    assert_eq!((report.faults.len(), report.rows.len()), (0, 2));
    assert!(report.rows.iter().all(|row| row.fate == RowFate::Changed));
}

#[tokio::test]
async fn officers_and_machines_are_kept_within_the_grant() {
    let (world, line) = province("xa").await;
    let (own, other) = (AgencyCode::parse(AGENCY).unwrap(), AgencyCode::parse(OTHER_AGENCY).unwrap());
    let seen = people(&line).await;
    assert_eq!(seen.officers.iter().map(|o| o.login.as_str()).collect::<Vec<_>>(), ["quan.tri"]);
    assert!(seen.machines.iter().all(|machine| machine.agency == AGENCY) && !seen.machines.is_empty());
    assert_eq!(seen.units.iter().map(|unit| unit.id.as_str()).collect::<Vec<_>>(), ["xa"]);
    let strange = devices(&world.config).unwrap().into_iter().find(|m| m.agency == OTHER_AGENCY).unwrap();
    let role = Role::Intake;
    let (login, procedures) = ("xa.hai".to_owned(), None);
    for (wish, code) in [
        (AdminAct::NewSecret { login: login.clone() }, "adminGone"),
        (AdminAct::EndOfficer { login, ended: true }, "adminGone"),
        (
            AdminAct::AddOfficer { login: "moi".into(), name: "Mẫu".into(), node: "tinh".into() },
            "adminBeyondGrant",
        ),
        (
            AdminAct::Grant {
                login: "quan.tri".into(),
                role,
                node: "tinh".into(),
                procedures,
                from: None,
                until: None,
            },
            "adminOwnRight",
        ),
        (AdminAct::MachineCode { agency: other, name: "Quầy".into() }, "adminBeyondGrant"),
        (AdminAct::MachineCodeAgain { machine: strange.id }, "adminGone"),
        (AdminAct::RevokeMachine { machine: strange.id }, "adminGone"),
    ] {
        assert_eq!(act(&line, wish).await, refused(code));
    }
    assert!(!devices(&world.config).unwrap().iter().any(|m| m.id == strange.id && m.revoked));
    let AdminReply::Act(code) =
        act(&line, AdminAct::MachineCode { agency: own, name: "Quầy 9".into() }).await.unwrap()
    else {
        panic!("a code")
    };
    assert!(code.until.unwrap() > now() && code.secret.is_some());
}

#[tokio::test]
async fn a_first_secret_opens_a_session_and_a_grant_said_twice_is_one() {
    let (world, line) = province("tinh").await;
    let wish =
        AdminAct::AddOfficer { login: "moi.mau".into(), name: "Ngô Văn Mẫu".into(), node: "xa".into() };
    let AdminReply::Act(done) = act(&line, wish).await.unwrap() else { panic!("done") };
    let secret = Zeroizing::new(done.secret.unwrap());
    let given = || AdminAct::Grant {
        login: "moi.mau".into(),
        role: Role::Intake,
        node: "xa".into(),
        procedures: None,
        from: None,
        until: None,
    };
    for _ in 0..2 {
        act(&line, given()).await.unwrap();
    }
    let found = people(&line).await.officers.into_iter().find(|o| o.login == "moi.mau").unwrap();
    assert_eq!(found.grants.len(), 1);
    let beside = world.line(1);
    assert_eq!(beside.log_in("moi.mau", &secret).await.unwrap().roles, [Role::Intake]);
    let own = people(&line).await.officers.into_iter().find(|o| o.login == "quan.tri").unwrap();
    let revoked = AdminAct::Revoke { login: "quan.tri".into(), grant: own.grants[0].id };
    assert_eq!(act(&line, revoked).await, refused("adminOwnRight"));
    let foreign = AdminAct::Revoke { login: "moi.mau".into(), grant: own.grants[0].id };
    assert_eq!(act(&line, foreign).await, refused("adminGone"), "a grant goes with its officer");
    let path = world.config.data.join("records.db");
    let by: i64 = rusqlite::Connection::open(path)
        .unwrap()
        .query_row(
            "SELECT count(*) FROM audit WHERE officer = 'quan.tri' AND action LIKE 'officer.%'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(by, 2, "under his own name");
    assert!(device_code(&world.config, &AgencyCode::parse(AGENCY).unwrap(), "Quầy").is_ok());
}

#[tokio::test]
async fn nobody_reaches_beyond_his_own_grant_by_way_of_others_or_himself() {
    let (world, line) = province("xa").await;
    let secret = Zeroizing::new(SECRET.to_owned());
    add_officer(&world.config, "tinh.mau", "Võ Thị Mẫu", "xa", &secret).unwrap();
    let whole = |role, procedures: Option<&str>| GrantWish {
        role,
        node: "tinh".into(),
        procedures: procedures.map(str::to_owned),
        from: None,
        until: None,
    };
    grant(&world.config, "tinh.mau", &whole(Role::Administrator, None)).unwrap();
    let yesterday = today().0.previous_day().map(Day);
    let given = |login: &str, role, procedures: Option<&str>, from| AdminAct::Grant {
        login: login.into(),
        role,
        node: "xa".into(),
        procedures: procedures.map(str::to_owned),
        from,
        until: None,
    };
    for (wish, code) in [
        (AdminAct::NewSecret { login: "tinh.mau".into() }, "adminBeyondGrant"),
        (AdminAct::EndOfficer { login: "tinh.mau".into(), ended: true }, "adminBeyondGrant"),
        (AdminAct::NewSecret { login: "quan.tri".into() }, "adminOwnRight"),
        (given("quan.tri", Role::Intake, None, None), "adminOwnRight"),
        (given("tinh.mau", Role::Intake, None, yesterday), "adminUnfit"),
        (given("tinh.mau", Role::Administrator, Some("Hộ tịch"), None), "adminUnfit"),
    ] {
        assert_eq!(act(&line, wish).await, refused(code));
    }
    assert!(world.line(1).log_in("tinh.mau", &secret).await.is_ok(), "his secret is his");
    act(&line, given("tinh.mau", Role::Intake, None, None)).await.unwrap();
    let held = people(&line).await.officers.into_iter().find(|o| o.login == "tinh.mau").unwrap().grants;
    assert_eq!(held.iter().find(|g| g.role == Role::Intake).unwrap().from, Some(today()), "from today");
}

#[tokio::test]
async fn an_administrator_for_a_time_makes_none_for_longer() {
    let (world, line) = province("xa").await;
    let secret = Zeroizing::new(SECRET.to_owned());
    for login in ["mot.mau", "hai.mau"] {
        add_officer(&world.config, login, "Hồ Văn Mẫu", "xa", &secret).unwrap();
    }
    let until = today().0.next_day().map(Day);
    let wish =
        GrantWish { role: Role::Administrator, node: "xa".into(), procedures: None, from: None, until };
    grant(&world.config, "mot.mau", &wish).unwrap();
    drop(line);
    let line = world.line(1);
    line.log_in("mot.mau", &secret).await.unwrap();
    let given = |until| AdminAct::Grant {
        login: "hai.mau".into(),
        role: Role::Administrator,
        node: "xa".into(),
        procedures: None,
        from: None,
        until,
    };
    assert_eq!(act(&line, given(None)).await, refused("adminBeyondGrant"));
    act(&line, given(until)).await.unwrap();
}

#[tokio::test]
async fn the_command_line_sets_a_row_and_takes_a_version_back() {
    let world = World::new().await;
    let cells = |values: &[(&str, &str)]| -> Vec<(String, String)> {
        values.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect()
    };
    let new = cells(&[("ngay", "02/09/2027"), ("loai", "nghỉ"), ("ly_do", "Quốc khánh")]);
    let set = |key: Option<&str>, cells: Option<&[(String, String)]>, save: bool| {
        let wish = RowWish { sheet: "lich", key, cells };
        reference_set(&world.config, &wish, (None, "Quyết định mẫu", save)).unwrap()
    };
    assert_eq!(set(None, Some(&new), false).version, None, "looked at");
    let made = set(None, Some(&new), true).version.unwrap();
    let named = set(Some("02/09/2027"), Some(&cells(&[("ly_do", "Tết Độc lập")])), true).version.unwrap();
    let rows =
        |version| reference_rows(&world.config, "lich", Which::Version(version)).unwrap().unwrap().rows;
    assert_eq!(rows(named).last().unwrap().cells, ["02/09/2027", "nghỉ", "Tết Độc lập"], "the others stay");
    assert_eq!(
        set(Some("02/09/2027"), Some(&cells(&[("khong_co", "x")])), true).faults[0].code,
        "columnUnknown"
    );
    let gone = set(Some("02/09/2027"), None, true).version.unwrap();
    assert!(rows(gone).iter().all(|row| row.key != "02/09/2027"));
    let back = reference_undo(&world.config, made, (None, "Sửa nhầm", true)).unwrap().version.unwrap();
    assert_eq!(rows(back), rows(made));
    assert!(reference_rows(&world.config, "khong_co", Which::Now).unwrap().is_none());
}
