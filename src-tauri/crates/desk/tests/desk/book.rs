//! "Sổ theo dõi hồ sơ": every dossier of the office once, by the day it was accepted.

use crate::steps::*;
use motcua_desk::ports::Clock;
use motcua_desk::{BookError, BookLine, BookNote, NewDossier, StepWish};
use motcua_dossier::{Applicant, Day, DossierId, Party, ReturnMethod, Seat};
use motcua_testkit::{FAKE_DEVICE, Office, new_dossier, owner};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

async fn lines(office: &Office, from: Day, to: Day) -> Vec<BookLine> {
    office.desk.book(from, to).await.unwrap().lines
}

async fn ids(office: &Office, from: Day, to: Day) -> Vec<DossierId> {
    lines(office, from, to).await.iter().map(|line| line.dossier).collect()
}

#[tokio::test]
async fn the_book_has_what_was_accepted_on_its_days_in_that_order() {
    let office = Office::ready().await;
    office.open().await;
    let friday = office.clock.now().day();
    let first = accept_scanned(&office).await;
    office.clock.pass(DAY);
    let saturday = office.clock.now().day();
    let second = accept_scanned(&office).await;
    assert_eq!(ids(&office, friday, friday).await, [first.id], "a draft is not in it");
    assert_eq!(ids(&office, saturday, saturday).await, [second.id]);
    assert_eq!(ids(&office, friday, saturday).await, [first.id, second.id]);
    assert_eq!(ids(&office, day("2026-11-01"), day("2026-11-19")).await, [] as [DossierId; 0]);
    let [line] = &lines(&office, friday, friday).await[..] else { panic!("one dossier") };
    assert!(line.here);
    assert_eq!(line.code, first.code);
    assert_eq!((&line.owner, &line.phone), (&owner().name, &owner().phone));
    assert_eq!((line.received.day(), line.due.day), (friday, day("2026-11-26")));
    assert_eq!((line.way, line.note, line.returned), (Some(ReturnMethod::Counter), None, None));
}

#[tokio::test]
async fn what_other_counters_accepted_is_in_it_once() {
    let first = Office::ready().await;
    let ours = accept_scanned(&first).await;
    sync(&first).await;
    let second = first.beside(5);
    sync(&second).await;
    second.desk.choose_scanner(FAKE_DEVICE).await.unwrap();
    let theirs = accept_scanned(&second).await.id;
    sync(&second).await;
    sync(&first).await;
    let friday = first.clock.now().day();
    for (office, own) in [(&first, ours.id), (&second, theirs)] {
        let found = lines(office, friday, friday).await;
        assert_eq!(found.len(), 2, "its own and the other's");
        for line in &found {
            assert_eq!(line.here, line.dossier == own);
            assert_eq!(
                line.address.is_empty(),
                !line.here,
                "what the warehouse does not tell is left to the pen"
            );
        }
    }
    second.desk.take_up(ours.id).await.unwrap();
    let found = lines(&second, friday, friday).await;
    assert_eq!(found.len(), 2, "what was taken up is one dossier");
    assert!(found.iter().all(|line| line.here));
    let [line] = &found.iter().filter(|line| line.dossier == ours.id).collect::<Vec<_>>()[..] else {
        panic!("once")
    };
    assert_eq!(line.code, ours.code);
}

#[tokio::test]
async fn the_book_says_what_became_of_a_dossier() {
    let office = Office::ready().await;
    let friday = office.clock.now().day();
    let id = accept_scanned(&office).await.id;
    let to = Seat { unit: "Công chức tư pháp (mẫu)".into(), officer: String::new() };
    office.desk.take_step(id, StepWish::HandOver { to, note: String::new() }).unwrap();
    let items = vec!["Bản sao giấy chứng sinh".into()];
    office
        .desk
        .take_step(id, StepWish::AskSupplement { items, reason: "Thiếu giấy tờ".into(), approval: None })
        .unwrap();
    let waiting = lines(&office, friday, friday).await.remove(0);
    assert_eq!(waiting.forwarded, Some(friday));
    assert_eq!(waiting.note, Some(BookNote::AwaitingSupplement(friday)));
    office.clock.pass(DAY * 4);
    office.desk.take_step(id, StepWish::Supplement { note: "đủ".into() }).unwrap();
    let later = lines(&office, friday, friday).await.remove(0);
    assert_eq!((later.due.day, later.note), (day("2026-11-27"), Some(BookNote::FirstDue(day("2026-11-26")))));
}

#[tokio::test]
async fn a_book_covers_a_year_at_most_and_ends_after_it_begins() {
    let office = Office::ready().await;
    let book = async |from, to| office.desk.book(day(from), day(to)).await;
    assert_eq!(book("2026-11-21", "2026-11-20").await.unwrap_err(), BookError::Reversed.into());
    assert_eq!(book("2026-01-01", "2027-01-02").await.unwrap_err(), BookError::TooLong.into());
    assert!(book("2026-01-01", "2027-01-01").await.unwrap().lines.is_empty(), "366 days");
    assert_eq!(book("2026-11-21", "2026-11-20").await.unwrap_err().code(), "bookReversed");
}

#[tokio::test]
async fn the_book_is_printed_and_written_as_a_table_that_computes_nothing() {
    let office = Office::ready().await;
    let friday = office.clock.now().day();
    let empty = office.desk.book(friday, friday).await.unwrap();
    assert!(office.desk.printed_book(&empty).await.unwrap().starts_with(b"%PDF-"), "also without a dossier");
    let party = Party { name: "=1+1; Mẫu".into(), ..owner() };
    let applicant = Applicant { owner: party, submitter: None };
    let draft = office.desk.open_dossier(NewDossier { applicant, ..new_dossier() }).await.unwrap().id;
    let accepted = fill_and_accept(&office, draft).await;
    let book = office.desk.book(friday, friday).await.unwrap();
    assert!(office.desk.printed_book(&book).await.unwrap().starts_with(b"%PDF-"));
    let table = String::from_utf8(book.table()).unwrap();
    let written: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(written.len(), 3, "the heads, one dossier, and the end of its line");
    assert!(written[0].starts_with("\u{feff}stt;ma_ho_so;"), "a spreadsheet knows UTF-8 by its mark");
    assert_eq!(written[0].split(';').count(), 16);
    assert!(written[1].starts_with(&format!("1;{};", accepted.code.unwrap())), "{}", written[1]);
    assert!(written[1].contains(";\"'=1+1; Mẫu\";"), "{}", written[1]);
}
