//! Reference data: versions that come in from files, take effect on their day, and stay readable.

use crate::paper;
use crate::world::{World, accept, is_applied, now, push, rejected_code, today, upload};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{Day, DossierId, ProcedureCode, ReferenceData, Timestamp};
use motcua_warehouse::{
    ReferenceReport, Which, reference_diff, reference_export, reference_history, reference_import,
    reference_list,
};
use motcua_wire::{Change, OpPayload, SealedReference};
use std::path::{Path, PathBuf};

fn take(world: &World, file: &Path, from: Option<Day>, dry_run: bool) -> ReferenceReport {
    reference_import(&world.config, file, from, dry_run).unwrap()
}

fn exported(world: &World, name: &str) -> PathBuf {
    let to = world.dir.path().join(name);
    reference_export(&world.config, Which::Now, &to).unwrap();
    to
}

fn places(report: &ReferenceReport) -> Vec<(&str, u64, &str, &str)> {
    let of = |f: &motcua_warehouse::CellFault| f.column.clone().unwrap_or_default();
    let columns: Vec<String> = report.faults.iter().map(of).collect();
    let columns: Vec<&'static str> = columns.into_iter().map(|c| &*c.leak()).collect();
    report.faults.iter().zip(columns).map(|(f, column)| (f.sheet.as_str(), f.row, column, f.code)).collect()
}

fn tomorrow() -> Day {
    Day(today().0.next_day().unwrap())
}

async fn served(world: &World, query: &str) -> (u16, Option<ReferenceData>) {
    let url = format!("{}/v1/reference{query}", world.url());
    let answer = world.raw_of(0).get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.ok())
}

#[tokio::test]
async fn what_is_exported_is_read_as_the_same_version_in_every_format() {
    let world = World::new().await;
    for name in ["all.xlsx", "all.json", "lists"] {
        let file = exported(&world, name);
        let report = take(&world, &file, None, false);
        assert_eq!((report.faults, report.unchanged, report.version), (vec![], true, Some(5)), "{name}");
    }
    assert_eq!(reference_list(&world.config).unwrap().len(), 1);
}

#[tokio::test]
async fn one_list_changes_alone_the_counters_are_told_and_the_same_again_is_nothing() {
    let world = World::new().await;
    let line = world.line(0);
    let cursor = line.changes(None, 500, 0).await.unwrap().next_cursor;
    let lich = world.dir.path().join("lich.csv");
    std::fs::write(&lich, "ngày;loại;lý do\n02/09/2027;nghỉ;Quốc khánh\n").unwrap();
    let dry = take(&world, &lich, None, true);
    assert_eq!((dry.version, dry.changes.len()), (None, 1));
    assert_eq!(line.reference(5).await.unwrap(), None, "a dry run writes nothing");
    let report = take(&world, &lich, None, false);
    assert_eq!((report.version, report.unchanged, &report.changes), (Some(6), false, &dry.changes));
    let news = line.changes(Some(&cursor), 500, 0).await.unwrap().items;
    assert_eq!(news, [Change::Reference { version: 6 }]);
    let (status, data) = served(&world, "?since=5").await;
    let data = data.unwrap();
    assert_eq!((status, data.version, data.procedures.len()), (200, 6, 2), "the other lists stayed");
    assert_eq!(data.calendar.days_off[0].reason, "Quốc khánh");
    for _ in 0..2 {
        let again = take(&world, &lich, None, false);
        assert_eq!((again.version, again.unchanged, again.changes.len()), (Some(6), true, 0));
    }
    assert_eq!(reference_diff(&world.config, 5, 6).unwrap(), report.changes);
    let history = reference_history(&world.config, "lich", "02/09/2027").unwrap();
    assert_eq!(history.iter().map(|h| (h.version, h.change.what)).collect::<Vec<_>>(), [(6, "added")]);
    assert!(motcua_warehouse::audit_verify(&world.config, None).unwrap().is_clean());
}

#[tokio::test]
async fn a_version_of_tomorrow_waits_and_the_old_ones_stay_readable() {
    let world = World::new().await;
    let file = exported(&world, "lists").join("danh_muc.csv");
    std::fs::write(&file, "so,ten,ma_ket_qua\n1,Giấy khai sinh,KQ.G15.000031\n").unwrap();
    assert_eq!(take(&world, &file, Some(tomorrow()), false).version, Some(6));
    assert_eq!(served(&world, "").await.1.unwrap().version, 5, "not yet in force");
    assert_eq!(served(&world, "?version=6").await.1.unwrap().categories.len(), 1);
    let at = |day: Day| format!("?at={}", day.format_iso());
    assert_eq!(served(&world, &at(tomorrow())).await.1.unwrap().version, 6);
    assert_eq!(served(&world, &at(today())).await.1.unwrap().version, 5);
    std::fs::write(&file, "so,ten,ma_ket_qua\n7,Bằng lái xe,\n").unwrap();
    let urgent = take(&world, &file, None, false);
    assert_eq!((urgent.version, urgent.replaced_by), (Some(7), Some(6)));
    assert_eq!(served(&world, "?since=5").await.1.unwrap().version, 7);
    assert_eq!(served(&world, "?since=7").await.0, 304);
    assert_eq!(served(&world, "?since=900").await.0, 304, "a counter knows what a restored warehouse lost");
    assert_eq!(served(&world, "?version=5").await.1.unwrap().categories.len(), 0);
    assert_eq!((served(&world, "?version=8").await.0, served(&world, "?at=1990-01-01").await.0), (404, 404));
    assert_eq!(served(&world, "?version=5&since=5").await.0, 422);
    let listed = reference_list(&world.config).unwrap();
    let states: Vec<_> = listed.iter().map(|v| (v.version, v.in_force, v.planned)).collect();
    assert_eq!(states, [(7, true, false), (6, false, true), (5, false, false)]);
}

#[tokio::test]
async fn a_wrong_row_refuses_the_whole_and_says_where_and_what_to_do() {
    let world = World::new().await;
    let lists = exported(&world, "lists");
    std::fs::write(
        lists.join("truong_hop.csv"),
        "ma_thu_tuc;ma;ten;ngay_lam_viec;le_phi\n1.000894.000.00.00.H08;A;Thường;ba;8.000\n\n9.999999.H08;B;Khác;1;0\n",
    )
    .unwrap();
    std::fs::write(lists.join("lich.csv"), "ngay,loai,ly_do\n31/02/2027,nghỉ,Không có\n02/09/2027,nghỉ,\n")
        .unwrap();
    std::fs::write(
        lists.join("to_chuc.csv"),
        "ma,truc_thuoc,ten,cap,ma_co_quan,tu_ngay,den_ngay\nxa,tinh,Xã,xã,,01/07/2025,01/06/2025\n",
    )
    .unwrap();
    let report = take(&world, &lists, None, false);
    let column = ("to_chuc", 1, "ke_thua", "columnMissing");
    assert_eq!(places(&report), [column], "a list is read when its columns are there");
    let whole =
        "ma,truc_thuoc,ten,cap,ma_co_quan,tu_ngay,den_ngay,ke_thua\nxa,tinh,Xã,xã,,01/07/2025,01/06/2025,\n";
    std::fs::write(lists.join("to_chuc.csv"), whole).unwrap();
    std::fs::write(lists.join("thong_bao.csv"), "su_kien,kenh,tieu_de,noi_dung\nquá hạn,SMS,,Gửi {ho_ten}\n")
        .unwrap();
    std::fs::write(lists.join("chung_thu.csv"), "so,phan,noi_dung\n1,1,không phải PEM\n").unwrap();
    let report = take(&world, &lists, None, false);
    assert_eq!(
        places(&report),
        [
            ("chung_thu", 2, "noi_dung", "certificateUnreadable"),
            ("lich", 2, "ngay", "valueMalformed"),
            ("lich", 3, "ly_do", "valueMissing"),
            ("thong_bao", 2, "noi_dung", "placeholderUnknown"),
            ("to_chuc", 2, "den_ngay", "backwards"),
            ("to_chuc", 2, "truc_thuoc", "valueDangling"),
            ("truong_hop", 2, "ngay_lam_viec", "valueMalformed"),
            ("truong_hop", 4, "ma_thu_tuc", "valueDangling"),
        ]
    );
    assert!(report.faults.iter().all(|f| f.message.contains(": ")), "what is wrong, and what to do");
    assert_eq!(reference_list(&world.config).unwrap().len(), 1);
    let json = world.dir.path().join("typed.json");
    std::fs::write(&json, r#"{"procedures":[],"categories":[],"tree":[],"calender":{}}"#).unwrap();
    assert_eq!(places(&take(&world, &json, None, false)), [("json", 0, "/calender", "fieldUnknown")]);
    std::fs::write(&json, "{\"procedures\":[],\n\"tree\":5}").unwrap();
    assert_eq!(take(&world, &json, None, false).faults[0].code, "jsonMalformed");
}

#[tokio::test]
async fn a_dossier_is_judged_by_the_version_it_was_taken_under() {
    let world = World::new().await;
    let lists = exported(&world, "lists");
    for name in ["thu_tuc", "truong_hop", "thanh_phan"] {
        let file = lists.join(format!("{name}.csv"));
        let head = std::fs::read_to_string(&file).unwrap().lines().next().unwrap().to_owned();
        std::fs::write(file, head).unwrap();
    }
    assert_eq!(take(&world, &lists, None, false).version, Some(6));
    for (version, procedure, taken) in
        [(5, "1.000894.H08", true), (6, "1.000894.H08", false), (5, "1.000895.H08", false)]
    {
        let line = world.line(0);
        let receipt = upload(&line, &paper::pdf(1, &format!("receipt {version} {procedure}"))).await;
        let mut accepted = accept(world.code(0).await, receipt, vec![]);
        accepted.reference_version = version;
        accepted.procedure = ProcedureCode::parse(procedure).unwrap();
        let dossier = DossierId(crate::world::fresh_uuid());
        let answer =
            push(&line, &world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(accepted)))).await;
        assert_eq!(is_applied(&answer), taken, "{version} {procedure}: {answer:?}");
        if !taken {
            assert_eq!(rejected_code(&answer), "procedureUnknown");
        }
    }
}

#[tokio::test]
async fn what_is_served_is_signed_by_the_key_of_the_receipts() {
    let world = World::new().await;
    let url = format!("{}/v1/reference", world.url());
    let answer = world.raw_of(0).get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"r5\"");
    let signature = answer.headers()["motcua-signature"].to_str().unwrap().to_owned();
    let mut sealed = SealedReference { body: answer.bytes().await.unwrap().to_vec(), signature };
    let key_of = motcua_warehouse::receipt_key(&world.config.data).unwrap().verifying_key();
    let data = sealed.open(&key_of).unwrap();
    assert!(data.version == 5 && data.effective_at.is_some_and(|at: Timestamp| at <= now()));
    let text = String::from_utf8(sealed.body).unwrap().replace("hướng dẫn", "hướng đẫn");
    sealed.body = text.into_bytes();
    assert!(sealed.open(&key_of).is_err());
    let known = world.raw_of(0).get(&url).header("if-none-match", "\"r5\"");
    assert_eq!(known.send().await.unwrap().status(), 304);
}

#[tokio::test]
async fn a_node_moves_on_its_day_and_two_rows_never_hold_on_one() {
    let world = World::new().await;
    let file = exported(&world, "lists").join("to_chuc.csv");
    let head = "ma,truc_thuoc,ten,cap,ma_co_quan,tu_ngay,den_ngay,ke_thua\ntinh,,Tỉnh,tỉnh,,,,\nhuyen,tinh,Huyện,huyện,,,,\n";
    let moves = |begins: &str, code: &str| {
        let rows = format!(
            "xa,huyen,Xã,xã,000.01.20.H08,,31/12/2026,\nxa,tinh,Xã,xã,000.01.20.H08,{begins},,\nto,xa,Tổ,tổ,{code},,,\n"
        );
        std::fs::write(&file, format!("{head}{rows}")).unwrap();
        take(&world, &file, None, false)
    };
    assert_eq!(places(&moves("31/12/2026", "")), [("to_chuc", 5, "tu_ngay", "daysOverlap")]);
    let taken = [("to_chuc", 6, "ma_co_quan", "valueTwice")];
    assert_eq!(places(&moves("01/01/2027", "000.01.20.H08")), taken, "an agency has one place on every day");
    let report = moves("01/01/2027", "");
    assert_eq!((places(&report), report.version), (vec![], Some(6)));
    let added: Vec<_> = report.changes.iter().filter(|c| c.key.starts_with("xa")).collect();
    assert_eq!(
        added.iter().map(|c| (c.key.as_str(), c.what)).collect::<Vec<_>>(),
        [("xa", "changed"), ("xa 01/01/2027", "added")]
    );
    assert_eq!(served(&world, "").await.1.unwrap().tree.len(), 5);
    for name in ["again.xlsx", "again.json", "again"] {
        let report = take(&world, &exported(&world, name), None, false);
        assert_eq!((report.faults, report.unchanged), (vec![], true), "{name}");
    }
}

#[tokio::test]
async fn a_workbook_that_is_too_much_when_it_is_unpacked_is_refused_before_it_is() {
    let world = World::new().await;
    let file = world.dir.path().join("far.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("lich").unwrap();
    sheet.write_string(0, 0, "ngay").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    book.save(&file).unwrap();
    let wanted = [("lich", 1_048_576, "XFD", "sheetTooLarge")];
    assert_eq!(places(&take(&world, &file, None, true)), wanted);
    let mut packed = zip::ZipWriter::new(std::fs::File::create(&file).unwrap());
    let how = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    packed.start_file("xl/sharedStrings.xml", how).unwrap();
    for _ in 0..257 {
        std::io::Write::write_all(&mut packed, &[b' '; 1 << 20]).unwrap();
    }
    packed.finish().unwrap();
    assert!(file.metadata().unwrap().len() < 1 << 20);
    assert_eq!(take(&world, &file, None, true).faults[0].code, "fileTooLarge");
}
