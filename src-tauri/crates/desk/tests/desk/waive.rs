//! "Khai thác từ CSDL": a paper that is not handed in, because its data are in a database of the state.

use crate::steps::*;
use motcua_desk::ports::Vault;
use motcua_desk::{CaptureError, IntakeError};
use motcua_dossier::{DossierState, GuideText, ReferenceData, TimeLimit, WorkingHours};
use motcua_testkit::{FRIDAY_MORNING, Office, reference};
use motcua_wire::{EvidenceSource, OpPayload};

const DATABASE: &str = "Cơ sở dữ liệu quốc gia về dân cư";

#[tokio::test]
async fn a_waived_paper_is_missing_no_more_and_the_warehouse_hears_where_it_is() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    scan(&office, id, FORM, 1).await;
    let fields = |problems: Vec<motcua_dossier::FieldProblem>| {
        problems.into_iter().map(|p| p.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(office.desk.problems(id).await.unwrap()), ["components.2"]);
    let waived =
        office.desk.waive(id, BIRTH, &format!(" {DATABASE} "), " có đăng ký khai sinh ").await.unwrap();
    let waiver = waived.component(BIRTH).unwrap().waiver.clone().unwrap();
    assert_eq!((&*waiver.database, &*waiver.note), (DATABASE, "có đăng ký khai sinh"));
    assert!(office.desk.problems(id).await.unwrap().is_empty());
    let accepted = office.desk.accept(id).await.unwrap();
    assert!(matches!(accepted.state, DossierState::Accepted { .. }));
    let line = &office.desk.outbox(false).await.unwrap()[0];
    let queued = office.vault.queued(line.op).unwrap().unwrap();
    assert_eq!(queued.op.schema_version, 2, "a warehouse of before is not asked what it does not know");
    let OpPayload::AcceptDossier(sent) = queued.op.payload else { panic!("an acceptance") };
    assert_eq!(
        sent.components[1].source,
        EvidenceSource::Database { database: DATABASE.into(), note: "có đăng ký khai sinh".into() }
    );
    assert_eq!(sync(&office).await.attention, 0);
    assert_eq!(accepted.reused().count(), 0, "it is no reuse");
    let second = office.beside(5);
    sync(&second).await;
    let taken = second.desk.take_up(id).await.unwrap();
    assert_eq!(taken.component(BIRTH).unwrap().waiver.as_ref().map(|w| w.database.as_str()), Some(DATABASE));
}

#[tokio::test]
async fn it_gives_way_to_a_paper_and_takes_the_place_of_one() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    office.desk.waive(id, BIRTH, DATABASE, "").await.unwrap();
    let scanned = scan(&office, id, BIRTH, 1).await;
    assert!(scanned.component(BIRTH).unwrap().waiver.is_none(), "the paper came after all");
    let waived = office.desk.waive(id, BIRTH, DATABASE, "").await.unwrap();
    assert!(waived.component(BIRTH).unwrap().attachment.is_none());
    let empty = office.desk.detach(id, BIRTH).await.unwrap();
    assert!(empty.component(BIRTH).unwrap().is_empty());
    for (database, note, error) in
        [("  ", "", IntakeError::UnknownDatabase), (DATABASE, &*"x".repeat(2001), IntakeError::TextTooLong)]
    {
        assert_eq!(office.desk.waive(id, BIRTH, database, note).await.unwrap_err(), error.into());
    }
    assert_eq!(
        office.desk.waive(id, RESULT, DATABASE, "").await.unwrap_err().code(),
        "dossierNoSuchComponent"
    );
    office.scanner.lay_in(1);
    office.desk.scan(id, BIRTH, &Default::default(), &|_, _| {}, &Default::default()).await.unwrap();
    let refused = office.desk.waive(id, BIRTH, DATABASE, "").await.unwrap_err();
    assert_eq!(refused, CaptureError::Unfinished.into(), "no page is thrown away unseen");
}

#[tokio::test]
async fn a_power_cut_while_waiving_leaves_the_paper_or_the_waiver_never_an_empty_row() {
    let office = Office::ready().await;
    let id = office.open().await.id;
    scan(&office, id, BIRTH, 1).await;
    for commits in 0..3 {
        office.vault.die_after(Some(commits));
        let waived = office.desk.waive(id, BIRTH, DATABASE, "").await;
        office.vault.die_after(None);
        let row = office.desk.dossier(id).await.unwrap().component(BIRTH).unwrap().clone();
        assert_eq!(row.waiver.is_some(), waived.is_ok());
        assert!(!row.is_empty(), "after {commits} commits");
    }
}

#[test]
fn the_databases_are_data_and_two_are_known_where_nobody_named_any() {
    let usual: Vec<_> = reference().databases().into_iter().map(|d| d.code).collect();
    assert_eq!(usual, ["CSDLQGVDC", "CSDLHTĐT"]);
    let guide =
        |key: &str, title: &str| GuideText { key: key.into(), title: title.into(), text: String::new() };
    let data = ReferenceData {
        guides: vec![guide("csdl.ĐĐ", "Cơ sở dữ liệu đất đai"), guide("khac", "Khác")],
        ..ReferenceData::default()
    };
    let named: Vec<_> = data.databases().into_iter().map(|d| (d.code, d.name)).collect();
    assert_eq!(named, [("ĐĐ".to_owned(), "Cơ sở dữ liệu đất đai".to_owned())]);
}

#[tokio::test]
async fn a_draft_tells_when_it_would_be_due_by_the_hours_of_the_office() {
    let office = Office::ready().await;
    let draft = office.open().await;
    let expected = office.desk.expected_deadline(&draft).await.unwrap();
    assert_eq!((expected.day.format_vn().as_str(), expected.minute), ("26/11/2026", None));
    let hours = vec![WorkingHours { weekday: 4, from: "07:30".into(), until: "16:45".into() }];
    let limit = TimeLimit { days: 3, ..TimeLimit::default() };
    let due = reference().calendar.due(&hours, FRIDAY_MORNING, limit, false);
    assert_eq!((due.day, due.minute), (expected.day, Some(16 * 60 + 45)), "a Thursday");
}
