import { m } from "#text";
import type { BookNote, BookNoteKind, ReturnMethod } from "../../bridge/bridge";
import { day } from "../../text/format";

const NOTES: Record<BookNoteKind, (of: { day: string }) => string> = {
  awaitingSupplement: m.book_note_awaitingSupplement,
  refused: m.book_note_refused,
  stopped: m.book_note_stopped,
  takenBack: m.book_note_takenBack,
  firstDue: m.book_note_firstDue,
};
const WAYS: Record<ReturnMethod, () => string> = { counter: m.return_counter, postal: m.return_postal, electronic: m.return_electronic };

/** What is out of the ordinary with a dossier, as the printed book says it. */
export const noteWords = (note: BookNote) => NOTES[note.kind]({ day: day(note.day) });
export const returnWords = (way: ReturnMethod) => WAYS[way]();

/** A share in percent with two decimals, half up ("33,33"), as reports print it. */
export function percentOf(n: number, all: number): string {
  return (Math.floor((n * 10_000) / all + 0.5) / 100).toLocaleString("vi", { maximumFractionDigits: 2 });
}
