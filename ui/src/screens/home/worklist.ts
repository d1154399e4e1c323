import type { DossierLine, OfficeLine, WaitingLine } from "../../bridge/bridge";
import type { Me } from "../../session.svelte";
import { daysUntil } from "../../text/day";
import { fold } from "../../text/format";
import { comesToMe, isOver } from "../steps/steps";

export type Group = "reprint" | "guide" | "toMe" | "overdue" | "today" | "soon" | "drafts" | "proposed" | "supplement" | "waiting" | "done";
export const GROUPS: readonly Group[] = ["reprint", "guide", "toMe", "overdue", "today", "soon", "drafts", "proposed", "supplement", "waiting", "done"];

/** Groups that stand before what came through the portal: a day is near, or somebody waits for this officer. */
export const PRESSING: ReadonlySet<Group> = new Set<Group>(["reprint", "guide", "toMe", "overdue", "today", "soon"]);

/** The group a dossier stands in; the most pressing first. */
export function groupOf(line: DossierLine, today: string, me: Me): Group {
  if (line.state === "withdrawn" || line.state === "declined" || line.state === "setAside") return "done";
  if (line.reprint.length > 0) return "reprint";
  if (line.guideDue) return "guide";
  if (line.state === "completed") return "done";
  if (line.state === "draft") return "drafts";
  if (isOver(line.phase)) return "done";
  if (comesToMe(line, me)) return "toMe";
  // The clock stands while the citizen brings what is missing: nothing is late.
  if (line.phase === "awaitingSupplement") return "supplement";
  const calm = line.phase === "resultProposed" ? "proposed" : "waiting";
  if (line.deadline === null) return calm;
  const days = daysUntil(line.deadline, today);
  if (days < 0) return "overdue";
  if (days === 0) return "today";
  return days <= 2 ? "soon" : calm;
}

/** Lines by group, in the order of pressing; nothing is dropped. */
export function worklist(lines: DossierLine[], today: string, me: Me): { group: Group; lines: DossierLine[] }[] {
  return GROUPS.map((group) => ({ group, lines: lines.filter((line) => groupOf(line, today, me) === group) })).filter((g) => g.lines.length > 0);
}

/** Dossiers of other counters that were handed to this officer, and the others. */
export function handedHere(lines: OfficeLine[], me: Me): [OfficeLine[], OfficeLine[]] {
  const mine = (line: OfficeLine) => line.state === "accepted" && !isOver(line.phase) && comesToMe(line, me);
  return [lines.filter(mine), lines.filter((line) => !mine(line))];
}

/** Dossiers of the portal that fit what was typed; a whole number fits the masked one it may be. */
export function waitingFor(lines: WaitingLine[], text: string): WaitingLine[] {
  const { kind, value } = typed(text);
  if (kind === "nothing") return lines;
  const number = value.replace(/[\s.]/g, "");
  const fits = (masked: string) => {
    const [head = "", tail = ""] = masked.split(/•+/);
    return number.length >= head.length + tail.length && number.startsWith(head) && number.endsWith(tail);
  };
  return lines.filter((line) => (kind === "identity" ? fits(line.ownerNumber) : fold(`${line.ownerName} ${line.reference} ${line.procedureName}`).includes(fold(value))));
}

/** Reuse rate of these dossiers in percent with two decimals half up, or null when nothing was received. */
export function reuseRate(lines: DossierLine[]): { reused: number; received: number; percent: number | null } {
  const received = lines.filter((line) => line.state !== "draft" && line.state !== "declined" && line.state !== "setAside");
  const reused = received.filter((line) => line.reused > 0).length;
  const percent = received.length === 0 ? null : Math.floor((reused * 10_000) / received.length + 0.5) / 100;
  return { reused, received: received.length, percent };
}

export type Typed = "nothing" | "identity" | "dossierCode" | "phone" | "words";

/** What was typed or scanned into the box, by its pattern. A CCCD QR starts with the number and "|". */
export function typed(text: string): { kind: Typed; value: string } {
  const value = text.trim();
  if (value === "") return { kind: "nothing", value };
  const qr = /^(\d{12})\|/.exec(value);
  if (qr?.[1]) return { kind: "identity", value: qr[1] };
  const compact = value.replace(/[\s.]/g, "");
  if (/^\d{12}$/.test(compact) || /^\d{9}$/.test(compact) || /^[A-Za-z]\d{7}$/.test(compact)) return { kind: "identity", value: compact };
  if (/^0\d{9}$/.test(compact)) return { kind: "phone", value: compact };
  if (/^(TAM-|[\d.]+\.[GH]\d\d-\d)/i.test(value)) return { kind: "dossierCode", value };
  return { kind: "words", value };
}
