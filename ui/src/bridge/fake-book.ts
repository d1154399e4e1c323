// The book of dossiers in the fake office: its own and those of the other counters.
import { isoDay } from "../text/format";
import type { Book, BookLine, BookNoteKind, Dossier, OfficeLine } from "./bridge";

const NOTES: Record<string, BookNoteKind> = { awaitingSupplement: "awaitingSupplement", refused: "refused", stopped: "stopped" };

function own(d: Dossier, received: number): BookLine {
  const { phase, since } = d.standing ?? { phase: "working", since: null };
  const kind = d.state === "withdrawn" ? "takenBack" : NOTES[phase];
  return {
    dossier: d.id, here: true, code: d.code, procedureName: d.procedureName, ownerName: d.owner.name, received, due: d.deadline ?? "", forwarded: null,
    returned: d.completedAt === null ? null : isoDay(d.completedAt), returnMethod: d.returnMethod, note: kind ? { kind, day: isoDay(since ?? received) } : null,
  };
}

function elsewhere(o: OfficeLine): BookLine {
  const kind = NOTES[o.phase];
  return {
    dossier: o.id, here: false, code: o.code, procedureName: o.procedureName, ownerName: o.ownerName, received: o.acceptedAt, due: o.deadline, forwarded: null,
    returned: o.state === "completed" ? isoDay(o.acceptedAt) : null, returnMethod: null, note: kind ? { kind, day: isoDay(o.acceptedAt) } : null,
  };
}

/** What was accepted from one day to another, in that order. */
export function bookOf(dossiers: Dossier[], others: OfficeLine[], from: string, to: string): Book {
  const accepted = dossiers.flatMap((d) => (d.acceptedAt === null ? [] : [own(d, d.acceptedAt)]));
  const lines = [...accepted, ...others.map(elsewhere)].filter((line) => isoDay(line.received) >= from && isoDay(line.received) <= to);
  lines.sort((a, b) => a.received - b.received || a.dossier.localeCompare(b.dossier));
  return { from, to, count: lines.length, lines };
}
