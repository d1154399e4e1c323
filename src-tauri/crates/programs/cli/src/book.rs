//! `motcua book`: the book of dossiers (form 06), as a list, as JSON, as PDF and as a table.

use crate::arguments::BookAction;
use crate::files::write_whole;
use crate::output::{Failure, Output};
use motcua_desk::{Book, BookLine, BookNote, Compliance, Desk};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(crate) async fn run(desk: &Desk, action: &BookAction, output: Output) -> Result<ExitCode, Failure> {
    let today = desk.today();
    if action.missing {
        return missing(desk, action, output).await;
    }
    let book = desk.book(action.from.unwrap_or(today), action.to.unwrap_or(today)).await?;
    if let Some(path) = &action.pdf {
        write_whole(path, &desk.printed_book(&book).await?)?;
        eprintln!("Đã ghi {}.", path.display());
    }
    if let Some(path) = &action.csv {
        write_whole(path, &book.table())?;
        eprintln!("Đã ghi {}.", path.display());
    }
    let dossiers: Vec<Value> = book.lines.iter().map(said).collect();
    let said = json!({ "from": book.from.format_iso(), "to": book.to.format_iso(), "dossiers": dossiers });
    output.data(&said, || show(&book))?;
    Ok(ExitCode::SUCCESS)
}

/// What the law asks of every dossier, and where something is missing.
async fn missing(desk: &Desk, action: &BookAction, output: Output) -> Result<ExitCode, Failure> {
    let today = desk.today();
    let found = desk.compliance(action.from.unwrap_or(today), action.to.unwrap_or(today)).await?;
    if let Some(path) = &action.csv {
        write_whole(path, &found.table())?;
        eprintln!("Đã ghi {}.", path.display());
    }
    let dossiers: Vec<Value> = found
        .lines
        .iter()
        .map(|line| {
            json!({ "dossier": line.dossier, "code": line.code, "procedure": line.procedure,
                "received": line.received, "papers_missing": line.papers_missing,
                "result": line.result.word(), "reused": line.reused })
        })
        .collect();
    let said = json!({ "from": found.from.format_iso(), "to": found.to.format_iso(),
        "received": found.lines.len(), "elsewhere": found.elsewhere, "digitized": found.digitized(),
        "returned": found.returned(), "electronic": found.electronic(), "reused": found.reused(),
        "target": found.target, "dossiers": dossiers });
    output.data(&said, || show_missing(&found))?;
    Ok(ExitCode::SUCCESS)
}

fn show_missing(found: &Compliance) {
    let received = found.lines.len();
    println!(
        "{} – {}\t{received} hồ sơ · số hóa {}/{received} · kết quả điện tử {}/{} · sử dụng lại {}/{received}",
        found.from.format_vn(),
        found.to.format_vn(),
        found.digitized(),
        found.electronic(),
        found.returned(),
        found.reused()
    );
    for line in found.missing() {
        println!(
            "{}\t{}\tcòn thiếu: {}\tkết quả điện tử: {}",
            line.code.as_ref().map_or("—", |code| code.as_str()),
            line.procedure,
            line.papers_missing.join(", "),
            line.result.word()
        );
    }
}

/// A dossier in the book, as JSON.
fn said(line: &BookLine) -> Value {
    json!({ "dossier": line.dossier, "here": line.here, "code": line.code, "procedure": line.procedure,
        "owner": line.owner, "address": line.address, "phone": line.phone, "agency": line.agency,
        "received": line.received, "due": line.due, "forwarded": line.forwarded, "returned": line.returned,
        "return_method": line.way, "note": line.note.map(note) })
}

fn note(note: BookNote) -> Value {
    let (kind, day) = match note {
        BookNote::AwaitingSupplement(day) => ("awaiting_supplement", day),
        BookNote::Refused(day) => ("refused", day),
        BookNote::Stopped(day) => ("stopped", day),
        BookNote::TakenBack(day) => ("taken_back", day),
        BookNote::FirstDue(day) => ("first_due", day),
    };
    json!({ "kind": kind, "day": day })
}

fn show(book: &Book) {
    println!("{} – {}\t{} hồ sơ", book.from.format_vn(), book.to.format_vn(), book.lines.len());
    for (number, line) in (1_u32..).zip(&book.lines) {
        println!(
            "{number}\t{}\t{}\t{}\tnhận {}\thẹn {}\t{}",
            line.code.as_ref().map_or("—", |code| code.as_str()),
            line.owner,
            line.procedure,
            line.received.format_vn(),
            line.due.day.format_vn(),
            line.returned.map_or_else(|| "chưa trả".to_owned(), |day| format!("trả {}", day.format_vn()))
        );
    }
}
