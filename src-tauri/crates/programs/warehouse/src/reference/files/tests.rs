//! Any reference data come back from every format as they went.

use super::*;
use crate::reference::content_hash;
use crate::reference::tables::{data_of, tables_of};
use motcua_dossier::{
    Calendar, Category, ComponentSpec, CopyForm, DayOff, FormTemplate, GuideText, HandlingCase, LawRule,
    NoticeChannel, NoticeEvent, NoticeTemplate, OrgNode, Procedure, ProcedureCode, ResultCode, RuleKey,
    Setting, Target, WorkingHours,
};
use proptest::collection::vec;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

/// Texts as people and attackers write them; a table keeps no space around them.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zA-Z0-9ăâđêôơưẮỗự,;.:|\"'=+@_()/ \n\t-]{1,24}",
        Just("=1+1".to_owned()),
        Just("'=cmd".to_owned()),
        Just("_x0041_ <b>&amp;".to_owned()),
        Just("một\r\nhai".to_owned()),
        Just("😀 ẮẰẲẴẶ".to_owned()),
    ];
    part.prop_map(|text| cell(&text)).prop_filter("something is left", |text| !text.is_empty())
}

fn day() -> impl Strategy<Value = Day> {
    (1990i32..2060, 1u8..=12, 1u8..=28)
        .prop_map(|(y, m, d)| Day::parse(&format!("{y:04}-{m:02}-{d:02}")).unwrap())
}

fn code() -> impl Strategy<Value = ResultCode> {
    (0u32..999_999).prop_map(|n| ResultCode::parse(&format!("KQ.G15.{n:06}")).unwrap())
}

fn component() -> impl Strategy<Value = ComponentSpec> {
    let forms = prop_oneof![Just(CopyForm::Original), Just(CopyForm::Extract), Just(CopyForm::Copy)];
    let fresh = prop::option::of(0u32..4000);
    (text(), forms, 0u32..9, vec(code(), 0..3), fresh, any::<(bool, bool)>()).prop_map(
        |(name, form, quantity, result_codes, fresh_days, (required, enters_warehouse))| ComponentSpec {
            number: 0,
            name,
            form,
            quantity,
            result_codes,
            fresh_days,
            required,
            enters_warehouse,
        },
    )
}

fn procedure() -> impl Strategy<Value = Procedure> {
    let case = (text(), 0u32..100, any::<u32>());
    (text(), text(), vec(case, 0..3), vec(component(), 0..3), prop::option::of(code()), any::<(bool, u8)>())
        .prop_map(|(name, field, cases, components, result_code, (agency_applicant, version))| Procedure {
            code: ProcedureCode::parse("1.000000.H08").unwrap(),
            level: field.clone(),
            result_name: if result_code.is_some() { name.clone() } else { String::new() },
            name,
            field,
            agency_applicant,
            cases: (0..)
                .zip(cases)
                .map(|(n, (name, working_days, fee))| HandlingCase {
                    code: format!("C{n}"),
                    name,
                    working_days,
                    working_hours: working_days % 5,
                    fee: fee.into(),
                })
                .collect(),
            components: (1..).zip(components).map(|(number, c)| ComponentSpec { number, ..c }).collect(),
            result_code,
            version: version.into(),
        })
}

fn node() -> impl Strategy<Value = OrgNode> {
    (text(), prop::option::of(day()), any::<bool>()).prop_map(|(name, from, coded)| OrgNode {
        id: String::new(),
        parent: None,
        level: name.clone(),
        name,
        agency_code: coded.then(|| "000.01.20.H08".to_owned()),
        from,
        until: from,
        successor: None,
    })
}

fn reference() -> impl Strategy<Value = ReferenceData> {
    let guides = vec((text(), text()), 0..3);
    let targets = vec((text(), 0u32..=10_000), 0..3);
    let days = prop::collection::btree_map(day(), text(), 0..4);
    let first = (vec(procedure(), 0..4), vec(node(), 0..5), vec((text(), vec(code(), 0..3)), 0..4), days);
    (first, guides, targets, prop::option::of(text()), vec((text(), text()), 0..3)).prop_map(
        |((procedures, nodes, categories, days), guides, targets, guide, texts)| ReferenceData {
            procedures: (0..)
                .zip(procedures)
                .map(|(n, p)| Procedure {
                    code: ProcedureCode::parse(&format!("1.{n:06}.H08")).unwrap(),
                    ..p
                })
                .collect(),
            categories: (1..)
                .zip(categories)
                .map(|(number, (name, result_codes))| Category { number, name, result_codes })
                .collect(),
            tree: (0..)
                .zip(nodes)
                .map(|(n, node)| OrgNode {
                    id: format!("n{n}"),
                    agency_code: node.agency_code.as_ref().map(|_| format!("000.{n:02}.20.H08")),
                    parent: (n > 0).then(|| format!("n{}", n / 2)),
                    ..node
                })
                .collect(),
            calendar: Calendar {
                days_off: days.into_iter().map(|(day, reason)| DayOff { day, reason }).collect(),
                worked_weekends: vec![],
            },
            identity_guide: guide.unwrap_or_default(),
            hours: vec![WorkingHours { weekday: 7, from: "07:30".into(), until: "11:00".into() }],
            forms: (0..)
                .zip(&texts)
                .map(|(n, (name, text))| FormTemplate {
                    code: format!("{n:02}"),
                    name: name.clone(),
                    paper: "A5".into(),
                    text: text.clone(),
                })
                .collect(),
            guides: (0..)
                .zip(guides)
                .map(|(n, (title, text))| GuideText { key: format!("g{n}"), title, text })
                .collect(),
            targets: (2020..)
                .zip(targets)
                .map(|(year, (name, rate))| Target { code: "4.2".into(), name, year, rate })
                .collect(),
            rules: RuleKey::ALL
                .into_iter()
                .map(|key| LawRule { from: Some(Day::parse("2027-07-01").unwrap()), ..LawRule::usual(key) })
                .collect(),
            settings: [
                ("sign.entering", "officer_then_agency"),
                ("offline.grace_days", "30"),
                ("support.hours", "7:30–17:00"),
                ("moon.phase", "full"),
            ]
            .map(|(key, value)| Setting {
                key: key.into(),
                value: value.into(),
                from: Some(Day::parse("2027-07-01").unwrap()),
                ..Setting::default()
            })
            .to_vec(),
            notices: vec![NoticeTemplate::usual(NoticeEvent::Overdue, NoticeChannel::Email)],
            ..ReferenceData::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_data_come_back_from_every_format(data in reference()) {
        prop_assert!(data.faults().is_empty(), "{:?}", data.faults());
        prop_assert_eq!(&data_of(&tables_of(&data)).unwrap(), &data);
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.xlsx", "a.json", "lists"] {
            let to = dir.path().join(name);
            write(&data, &to).unwrap();
            let back = match read(&to).unwrap().unwrap() {
                Content::Lists(lists) => over(&ReferenceData::default(), lists).unwrap(),
                Content::Whole(data) => data_of(&tables_of(&data)).unwrap(),
            };
            prop_assert_eq!(&back, &data, "{}", name);
            prop_assert_eq!(content_hash(&back).unwrap(), content_hash(&data).unwrap());
        }
    }

    #[test]
    fn no_cell_of_a_csv_is_a_formula_to_a_spreadsheet(text in "\\PC{0,12}") {
        let written = guarded(&text);
        prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']));
        prop_assert_eq!(unguarded(&written), text);
    }

    #[test]
    fn whatever_a_file_holds_it_is_read_or_refused(bytes in vec(any::<u8>(), 0..300), which in 0usize..3) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(["thu_tuc.csv", "x.xlsx", "x.json"][which]);
        std::fs::write(&path, bytes).unwrap();
        let _ = read(&path).unwrap();
    }
}

#[test]
fn a_list_of_before_a_column_came_is_read_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let lists = |case: &str| {
        std::fs::write(dir.path().join("thu_tuc.csv"), "ma;ten;linh_vuc;cap;co_quan_nop;ma_ket_qua;ten_ket_qua;phien_ban\n1.000894.H08;Kết hôn;Hộ tịch;Xã;;;;1\n").unwrap();
        std::fs::write(dir.path().join("truong_hop.csv"), case).unwrap();
        match read(dir.path()).unwrap() {
            Ok(Content::Lists(lists)) => over(&ReferenceData::default(), lists),
            Ok(Content::Whole(_)) => unreachable!(),
            Err(faults) => Err(faults),
        }
    };
    let old = "ma_thu_tuc;ma;ten;ngay_lam_viec;le_phi\n1.000894.H08;A;Thường;3;8.000\n";
    let case = &lists(old).unwrap().procedures[0].cases[0];
    assert_eq!((case.working_days, case.working_hours, case.fee), (3, 0, 8000));
    let new = "ma_thu_tuc;ma;ten;ngay_lam_viec;le_phi;gio_lam_viec\n1.000894.H08;A;Thường;0;8.000;4\n";
    let case = &lists(new).unwrap().procedures[0].cases[0];
    assert_eq!((case.working_days, case.working_hours), (0, 4));
    let short = "ma_thu_tuc;ma;ten;ngay_lam_viec\n1.000894.H08;A;Thường;3\n";
    let faults = lists(short).unwrap_err();
    assert_eq!(faults.iter().map(|f| f.column.as_deref()).collect::<Vec<_>>(), [Some("le_phi")]);
}

#[test]
fn a_formula_and_an_error_in_a_workbook_are_refused_with_their_cells_and_a_date_is_a_day() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Lịch").unwrap();
    for (column, name) in (0u16..).zip(["Ngày", "Loại", "Lý do"]) {
        sheet.write_string(0, column, name).unwrap();
    }
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let first = rust_xlsxwriter::ExcelDateTime::from_ymd(2027, 9, 2).unwrap();
    sheet.write_datetime_with_format(1, 0, &first, &date).unwrap();
    sheet.write_string(1, 1, "nghỉ").unwrap();
    sheet.write_string(1, 2, "Quốc khánh").unwrap();
    let tables = read_workbook(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(tables[0].rows, [(2, vec!["02/09/2027".into(), "nghỉ".into(), "Quốc khánh".into()])]);
    let sheet = book.worksheet_from_index(0).unwrap();
    sheet.write_formula(2, 2, "=HYPERLINK(\"http://x\")").unwrap();
    let faults = read_workbook(&book.save_to_buffer().unwrap()).unwrap_err();
    let found: Vec<_> = faults.iter().map(|f| (f.row, f.column.as_deref(), f.code)).collect();
    assert_eq!(found, [(3, Some("C"), "formula")]);
}

#[test]
fn a_long_revocation_list_goes_through_every_cell() {
    let line = "A".repeat(64);
    let long = std::iter::repeat_n(line.as_str(), 2000).collect::<Vec<_>>().join("\n");
    let data = ReferenceData { trust_pem: vec![long.clone()], ..ReferenceData::default() };
    let rows = &tables_of(&data).into_iter().find(|t| t.sheet.name == "chung_thu").unwrap().rows;
    assert!(rows.len() > 2 && rows.iter().all(|(_, cells)| cells[2].len() < 32_767));
    let whole: Vec<&str> = rows.iter().map(|(_, cells)| cells[2].as_str()).collect();
    assert_eq!(whole.join("\n"), long.nfc().collect::<String>());
}
