// The book of dossiers in the fake office: its own and those of the other counters.
import { isoDay } from "../text/format";
import type { Book, BookLine, BookNoteKind, Compliance, ComponentRow, Dossier, OfficeLine } from "./bridge";

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

/** What the law asks of the dossiers of these days; `broken`: two of them lack something. */
export function complianceOf(dossiers: Dossier[], others: OfficeLine[], from: string, to: string, broken: boolean): Compliance {
  const inside = (at: number) => isoDay(at) >= from && isoDay(at) <= to;
  const accepted = dossiers.filter((d) => d.acceptedAt !== null && inside(d.acceptedAt) && d.state !== "withdrawn");
  const electronic = (r: ComponentRow) => (r.attachment ? r.attachment.source === "warehouse" || r.attachment.digitized || !r.entersWarehouse : r.reservation !== null || r.waiver !== null || !r.required);
  const judged = accepted.map((d, index) => ({
    dossier: d.id, code: d.code, procedureName: d.procedureName, ownerName: d.owner.name, received: d.acceptedAt ?? 0,
    papers: broken && index === 0 ? d.components.slice(0, 2).map((r) => r.name) : d.components.filter((r) => !electronic(r)).map((r) => r.name),
    result: broken && d.state === "completed",
    returned: d.state === "completed", reused: d.components.some((r) => r.attachment?.source === "warehouse"),
  }));
  const count = (of: (line: (typeof judged)[number]) => boolean) => judged.filter(of).length;
  const lines = judged.filter((line) => line.papers.length > 0 || line.result);
  return {
    from, to, received: judged.length, elsewhere: others.filter((o) => inside(o.acceptedAt)).length, digitized: count((l) => l.papers.length === 0), returned: count((l) => l.returned),
    electronic: count((l) => l.returned && !l.result), reused: count((l) => l.reused), target: 6000, missing: lines.length,
    lines: lines.map(({ dossier, code, procedureName, ownerName, received, papers, result }) => ({ dossier, code, procedureName, ownerName, received, papers, result })),
  };
}
