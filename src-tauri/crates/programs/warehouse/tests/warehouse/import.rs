//! A province's existing papers: each row alone, checked as at a counter, again changes nothing.

use crate::paper;
use crate::world::{
    AGENCY, OTHER_AGENCY, OWNER, OWNER_OLD, STRANGER, World, accept, consent, fresh_uuid, is_applied, now,
    push, rejected_code, returned, reuse, today, upload,
};
use motcua_desk::ports::Warehouse;
use motcua_dossier::{DocumentStatus, DossierId, IdNumber, PaperCode};
use motcua_warehouse::{ImportError, ImportKind, ImportReport, ImportWish, RowReport, check, import};
use motcua_wire::{Change, OpPayload, Purpose};

/// Writes a list and takes it over.
#[allow(clippy::unwrap_in_result)] // the list is the test's own
fn take(
    world: &World,
    kind: ImportKind,
    text: &[u8],
    dry_run: bool,
) -> Result<(ImportReport, Vec<RowReport>), ImportError> {
    let csv = world.dir.path().join("list.csv");
    std::fs::write(&csv, text).unwrap();
    let wish = ImportWish { kind, csv, files: world.dir.path().join("files"), dry_run };
    let mut rows = Vec::new();
    let report = import(&world.config, &wish, &mut |row| rows.push(row.clone()))?;
    Ok((report, rows))
}

fn file(world: &World, name: &str, bytes: &[u8]) {
    let path = world.dir.path().join("files").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn codes(rows: &[RowReport]) -> Vec<(u64, &str, bool)> {
    rows.iter().map(|r| (r.line, r.code, r.refused)).collect()
}

fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
    (report.rows, report.added, report.there, report.refused)
}

async fn papers(world: &World, number: &str) -> Vec<motcua_dossier::DocumentSummary> {
    world.line(0).documents(&[IdNumber::parse(number).unwrap()], Purpose::Intake).await.unwrap()
}

const HEAD: &str =
    "so_dinh_danh;tep_tin;loai_giay_to;ten_giay_to;ho_ten;ma_giay_to;chia_se;ngay_cap;het_han\n";

fn line(file: &str, code: &str) -> String {
    format!("{STRANGER};{file};Kết quả giải quyết;Giấy khai sinh;MẪU HAI;{code};có;02/02/2024;\n")
}

#[tokio::test]
async fn old_papers_enter_once_signed_ones_are_reused_and_unsigned_ones_are_not() {
    let world = World::new().await;
    file(&world, "signed.pdf", &world.signed("old stock"));
    file(&world, "2019/plain.pdf", &paper::pdf(2, "old paper"));
    file(&world, "officer.pdf", &world.officer.sign(&paper::pdf(1, "officer"), now()));
    let text = format!(
        "\u{feff}{HEAD}{}{}{}",
        line("signed.pdf", "CU.1"),
        line("2019\\plain.pdf", "CU.2"),
        line("officer.pdf", "")
    );
    let (dry, notes) = take(&world, ImportKind::Documents, text.as_bytes(), true).unwrap();
    assert_eq!(counts(&dry), (3, 3, 0, 0));
    assert_eq!(papers(&world, STRANGER).await.len(), 0, "a dry run writes nothing");
    let (report, rows) = take(&world, ImportKind::Documents, text.as_bytes(), false).unwrap();
    assert_eq!((counts(&report), &rows), ((3, 3, 0, 0), &notes), "and says what will happen");
    assert_eq!(codes(&rows), [(3, "fileUnsigned", false), (4, "agencySignatureMissing", false)]);
    let found = papers(&world, STRANGER).await;
    let of = |code: &str| found.iter().find(|p| p.code.as_str() == code).unwrap();
    assert_eq!((of("CU.1").status, of("CU.2").status), (DocumentStatus::Valid, DocumentStatus::Unsigned));
    assert_eq!((of("CU.2").record.pages, of("CU.1").owner_name.as_str()), (2, "MẪU HAI"));
    assert_eq!(found.len(), 3);
    for _ in 0..2 {
        let (again, rows) = take(&world, ImportKind::Documents, text.as_bytes(), false).unwrap();
        assert_eq!((counts(&again), rows.len()), ((3, 0, 3, 0), 0), "again changes nothing");
    }
    assert_eq!(papers(&world, STRANGER).await, found);
    for (code, applied) in [("CU.1", true), ("CU.2", false)] {
        let dossier = DossierId(fresh_uuid());
        let receipt = upload(&world.line(0), &paper::pdf(1, &format!("receipt {code}"))).await;
        let document = of(code).record.id;
        let mut accepted = accept(world.code(0).await, receipt, vec![reuse(document)]);
        accepted.applicant.owner.number = IdNumber::parse(STRANGER).unwrap();
        accepted.consents = vec![consent(vec![document], false)];
        let op = world.op(0, dossier, 0, OpPayload::AcceptDossier(Box::new(accepted)));
        let answer = push(&world.line(0), &op).await;
        assert_eq!(is_applied(&answer), applied, "{code}: {answer:?}");
        if !applied {
            assert_eq!(rejected_code(&answer), "documentBadSignature");
        }
    }
    assert!(check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn a_hostile_row_is_refused_with_its_line_and_stops_no_other() {
    let world = World::new().await;
    file(&world, "good.pdf", &world.signed("good"));
    file(&world, "other.pdf", &world.signed("other"));
    file(&world, "word.doc", b"\xd0\xcf\x11\xe0 an old word document");
    file(&world, "empty.pdf", b"");
    let mut changed = world.signed("mark-original");
    let at = changed.windows(13).position(|w| w == b"mark-original").unwrap();
    changed[at..at + 13].copy_from_slice(b"mark-0riginal");
    file(&world, "changed.pdf", &changed);
    file(&world, "stranger.pdf", &world.authority_stranger_signed());
    world.stock(&world.signed("somebody's"), |d| d.code = Some(PaperCode::parse("KHO.1").unwrap()));
    std::fs::write(world.dir.path().join("secret.pdf"), world.signed("secret")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(world.dir.path().join("secret.pdf"), world.dir.path().join("files/link.pdf"))
        .unwrap();
    let mut text = HEAD.as_bytes().to_vec();
    for row in [
        line("good.pdf", "A.1"),                                           // 2
        line("../secret.pdf", ""),                                         // 3
        line("/etc/passwd", ""),                                           // 4
        line("link.pdf", ""),                                              // 5
        line("nowhere.pdf", ""),                                           // 6
        line("word.doc", ""),                                              // 7
        line("empty.pdf", ""),                                             // 8
        line("changed.pdf", ""),                                           // 9
        line("stranger.pdf", ""),                                          // 10
        line("other.pdf", "KHO.1"),                                        // 11
        line("good.pdf", "A.9"),                                           // 12
        "12345;other.pdf;K;T;N;;có;;\n".to_owned(),                        // 13
        format!("{STRANGER};other.pdf;K;T;N;;có;32/13/2024;\n"),           // 14
        format!("{STRANGER};other.pdf;K;T;N;;có;02/02/2024;01/01/2020\n"), // 15
        format!("{STRANGER};other.pdf;K;T;N;;có;02/02/2999;\n"),           // 16
        format!("{STRANGER};other.pdf;K;T;N;;maybe;;\n"),                  // 17
        format!("{STRANGER};other.pdf;K;T;N;;không;;\n"),                  // 18
        format!("{STRANGER};other.pdf;K;T;;;có;;\n"),                      // 19
        format!("{STRANGER};other.pdf;;T;N;;có;;\n"),                      // 20
        format!("{STRANGER};\"other.pdf;K\n"),                             // 21
        format!("{STRANGER};other.pdf\n"),                                 // 22
    ] {
        text.extend(row.into_bytes());
    }
    text.extend(b"\xff\xfe;x;x;x;x;x;x;x;x\n"); // 23
    text.extend(vec![b'a'; 100_000]); // 24
    text.push(b'\n');
    text.extend(line("other.pdf", "') DROP TABLE documents --").into_bytes()); // 25
    let (report, rows) = take(&world, ImportKind::Documents, &text, false).unwrap();
    assert_eq!(
        codes(&rows),
        [
            (3, "pathOutside", true),
            (4, "pathOutside", true),
            (5, "pathOutside", true),
            (6, "fileMissing", true),
            (7, "fileNotPdf", true),
            (8, "fileEmpty", true),
            (9, "fileChangedAfterSigning", true),
            (10, "fileNotTrusted", false),
            (11, "codeTaken", true),
            (12, "sameFile", true),
            (13, "numberMalformed", true),
            (14, "valueMalformed", true),
            (15, "validityBeforeIssue", true),
            (16, "dayInFuture", true),
            (17, "valueUnknown", true),
            (18, "seenByNobody", true),
            (19, "ownerUnknown", true),
            (20, "valueMissing", true),
            (21, "rowQuotes", true),
            (22, "rowColumns", true),
            (23, "rowNotUtf8", true),
            (24, "rowTooLong", true),
        ]
    );
    assert_eq!(counts(&report), (24, 3, 0, 21));
    assert!(rows.iter().all(|r| r.message.contains(' ') && !r.message.contains(STRANGER)));
    let found = papers(&world, STRANGER).await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().any(|p| p.code.as_str() == "') DROP TABLE documents --"));
    assert!(found.iter().any(|p| p.status == DocumentStatus::BadSignature), "not believed, not reused");
    let moved = format!("{HEAD}{}", line("other.pdf", "A.1"));
    let (_, rows) = take(&world, ImportKind::Documents, moved.as_bytes(), false).unwrap();
    assert_eq!(codes(&rows), [(2, "rowChanged", true)], "what was taken over is never overwritten");
}

#[tokio::test]
async fn a_head_with_an_unknown_or_an_absent_column_stops_before_the_first_row() {
    let world = World::new().await;
    for (text, wanted) in [
        ("so_dinh_danh;ho_ten;tuoi\n1;2;3\n", "tuoi"),
        ("Số định danh;Số khác\n1;2\n", "ho_ten"),
        ("", "trống"),
    ] {
        let error = take(&world, ImportKind::Owners, text.as_bytes(), false).unwrap_err();
        assert!(matches!(&error, ImportError::Head(t) if t.contains(wanted)), "{error}");
    }
}

#[tokio::test]
async fn owners_bring_their_numbers_and_names_and_numbers_of_two_people_are_refused() {
    let world = World::new().await;
    let text = format!(
        "Số định danh,Họ tên,Số khác\n{STRANGER},\"MẪU, HAI\",990000002|C7654321\n{STRANGER},\"MẪU, HAI\",990000002|C7654321\n099000000003,MẪU BA,{OWNER_OLD}|990000002\n"
    );
    let (dry, notes) = take(&world, ImportKind::Owners, text.as_bytes(), true).unwrap();
    assert_eq!(counts(&dry), (3, 2, 1, 0), "a dry run knows its own rows, not what they would do: {notes:?}");
    let (report, rows) = take(&world, ImportKind::Owners, text.as_bytes(), false).unwrap();
    assert_eq!(counts(&report), (3, 1, 1, 1));
    assert_eq!(codes(&rows), [(4, "numbersOfTwoPeople", true)]);
    file(&world, "a.pdf", &world.signed("under the old number"));
    let list = "so_dinh_danh,tep_tin,loai_giay_to,ten_giay_to,chia_se\n990000002,a.pdf,K,T,có\n";
    assert_eq!(counts(&take(&world, ImportKind::Documents, list.as_bytes(), false).unwrap().0), (1, 1, 0, 0));
    let found = papers(&world, "C7654321").await;
    assert_eq!((found.len(), found[0].owner_name.as_str()), (1, "MẪU, HAI"));
}

#[tokio::test]
async fn an_open_dossier_keeps_its_old_code_and_is_completed_at_a_counter() {
    let world = World::new().await;
    file(&world, "receipt.pdf", &paper::pdf(1, "old receipt"));
    file(&world, "form.pdf", &paper::pdf(1, "old form"));
    let day = today().format_iso();
    let of_today = format!("{AGENCY}-{}{}{}-0030", &day[2..4], &day[5..7], &day[8..10]);
    let head = "ma_ho_so;ma_co_quan;ma_thu_tuc;so_dinh_danh;ho_ten;ngay_tiep_nhan;han_tra;tep_bien_nhan;thanh_phan;le_phi\n";
    let row = |code: &str, agency: &str, procedure: &str, from: &str, due: &str| {
        format!("{code};{agency};{procedure};{OWNER};MẪU;{from};{due};receipt.pdf;Đơn=form.pdf|Ảnh;20000\n")
    };
    let text = [
        head.to_owned(),
        row("HS-2019/00017", AGENCY, "1.000894", "02/11/2026 08:30", "16/11/2026"),
        row(&of_today, AGENCY, "1.000894", &day, "2999-12-31"),
        row("HS-2", OTHER_AGENCY, "1.000894", "02/11/2026", "16/11/2026"),
        row("HS-3", AGENCY, "9.999999", "02/11/2026", "16/11/2026"),
        row("HS-4", AGENCY, "1.000894", "02/11/2026", "01/11/2026"),
        row("HS-5", AGENCY, "1.000894", "02/11/2999", "16/11/2999"),
        row("TAM-1-1", AGENCY, "1.000894", "02/11/2026", "16/11/2026"),
    ]
    .concat();
    let (report, rows) = take(&world, ImportKind::Dossiers, text.as_bytes(), false).unwrap();
    assert_eq!(
        codes(&rows),
        [
            (4, "agencyUnknown", true),
            (5, "procedureUnknown", true),
            (6, "dueBeforeAcceptance", true),
            (7, "dayInFuture", true),
            (8, "valueMalformed", true)
        ]
    );
    assert_eq!(counts(&report), (7, 2, 0, 5));
    assert_eq!(counts(&take(&world, ImportKind::Dossiers, text.as_bytes(), false).unwrap().0), (7, 0, 2, 5));
    assert_eq!(world.lease(0, 5).await.next, 31, "an ordinal of the old system is not given again");
    let line = world.line(0);
    let told = line.changes(None, 500, 0).await.unwrap().items;
    let id = told.iter().find_map(|change| match change {
        Change::Dossier { id, code: Some(code), .. } if code.as_str() == "HS-2019/00017" => Some(*id),
        _ => None,
    });
    let id = id.expect("counters are told of it");
    let view = line.dossier(id).await.unwrap().unwrap();
    let accepted = view.accepted.unwrap();
    assert_eq!((accepted.code.as_str(), accepted.fee, view.version), ("HS-2019/00017", 20_000, 1));
    assert_eq!((accepted.components.len(), accepted.deadline.working_days), (2, 10));
    assert!(
        line.fetch(&accepted.receipt, &|_, _| {}, &tokio_util::sync::CancellationToken::new()).await.is_ok()
    );
    let bytes = world.signed("the result");
    upload(&line, &bytes).await;
    let op = world.op(0, id, view.version, returned(paper::record(OWNER, &bytes, 1)));
    assert!(is_applied(&push(&line, &op).await));
    assert!(check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn a_long_list_is_read_row_by_row() {
    let world = World::new().await;
    let mut text = String::from("so_dinh_danh;ho_ten\n");
    for n in 0..20_000 {
        text.push_str(&format!("{:012};MẪU {n}\n", 99_000_100_000u64 + n));
    }
    let (report, rows) = take(&world, ImportKind::Owners, text.as_bytes(), true).unwrap();
    assert_eq!((counts(&report), rows.len()), ((20_000, 20_000, 0, 0), 0));
}
