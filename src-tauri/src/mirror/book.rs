//! The book of dossiers as the page shows it.

use super::{iso, small};
use crate::view;
use motcua_desk::{Book, BookLine, BookNote};

/// Most lines a page shows; the paper and the table have all.
const SHOWN: usize = 500;

impl From<&Book> for view::Book {
    fn from(book: &Book) -> Self {
        Self {
            from: book.from.format_iso(),
            to: book.to.format_iso(),
            count: small(book.lines.len()),
            lines: book.lines.iter().take(SHOWN).map(Into::into).collect(),
        }
    }
}

impl From<&BookLine> for view::BookLine {
    fn from(line: &BookLine) -> Self {
        Self {
            dossier: line.dossier.to_string(),
            here: line.here,
            code: line.code.as_ref().map(ToString::to_string),
            procedure_name: line.procedure.clone(),
            owner_name: line.owner.clone(),
            received: line.received.into(),
            due: line.due.day.format_iso(),
            forwarded: iso(line.forwarded),
            returned: iso(line.returned),
            return_method: line.way.map(Into::into),
            note: line.note.map(Into::into),
        }
    }
}

impl From<BookNote> for view::BookNote {
    fn from(note: BookNote) -> Self {
        let (kind, day) = match note {
            BookNote::AwaitingSupplement(day) => (view::BookNoteKind::AwaitingSupplement, day),
            BookNote::Refused(day) => (view::BookNoteKind::Refused, day),
            BookNote::Stopped(day) => (view::BookNoteKind::Stopped, day),
            BookNote::TakenBack(day) => (view::BookNoteKind::TakenBack, day),
            BookNote::FirstDue(day) => (view::BookNoteKind::FirstDue, day),
        };
        Self { kind, day: day.format_iso() }
    }
}
