import { m } from "#text";
import type { Dossier, PhaseName, Seat, Standing, StepKind, StepWish } from "../../bridge/bridge";
import type { DossierTab } from "../../router";
import type { Me } from "../../session.svelte";
import { daysUntil } from "../../text/day";
import { day } from "../../text/format";

/** What happened, by name; the officer's act has the same. */
export const stepName = (kind: StepKind): string =>
  ({
    handedOver: m.step_handedOver, takenOver: m.step_takenOver, supplementAsked: m.step_supplementAsked, supplemented: m.step_supplemented, reappointed: m.step_reappointed,
    refused: m.step_refused, stopped: m.step_stopped, originalReturned: m.step_originalReturned, resultProposed: m.step_resultProposed,
    resultCorrected: m.step_resultCorrected,
  })[kind]();

export const STEP_ICONS = {
  handedOver: "send", takenOver: "download", supplementAsked: "add", supplemented: "check", reappointed: "clock", refused: "alert", stopped: "undo", originalReturned: "give", resultProposed: "pen", resultCorrected: "pen",
} as const satisfies Record<StepKind, string>;

/** "Phòng Kinh tế (le.thi.mai)" */
export const seatWords = (seat: Seat) => (seat.officer === "" ? seat.unit : m.seat_one(seat));

const same = (a: string, b: string | null) => b !== null && a.trim().toLowerCase() === b.trim().toLowerCase();

/** Handed over and waiting for this officer: to him by name, or to anybody of his unit. */
export function comesToMe(of: { seat: Seat | null; onItsWay: boolean }, me: Me): boolean {
  if (!of.onItsWay || of.seat === null) return false;
  return of.seat.officer === "" ? same(of.seat.unit, me.unit) : same(of.seat.officer, me.officer);
}

/** Where it is, in words; nothing while the counter that accepted it has it. A list names the unit alone. */
export function seatLine(of: { seat: Seat | null; onItsWay: boolean }, me: Me, brief = false): string {
  if (of.seat === null) return "";
  if (comesToMe(of, me)) return m.seat_to_me();
  const seat = brief ? of.seat.unit : seatWords(of.seat);
  if (of.onItsWay) return m.seat_moving({ seat });
  return same(of.seat.officer, me.officer) ? m.seat_mine() : m.seat_at({ seat });
}

/** The clock runs: somebody owes the citizen a result. */
export const runs = (phase: PhaseName | null | undefined) => phase === "working" || phase === "resultProposed";
/** Refused or stopped. */
export const isOver = (phase: PhaseName | null | undefined) => phase === "refused" || phase === "stopped";

/** Where the next act of an accepted dossier is: who still has it, or has its result, goes on to return it. */
export const nextTab = (of: { phase: PhaseName | null; seat: Seat | null }): DossierTab => (of.phase === "resultProposed" || (of.phase === "working" && of.seat === null) ? "result" : "steps");

type Tone = "plain" | "action" | "success" | "warning" | "danger";
/** The badge of a phase; none while it is simply worked on. */
export function phaseBadge(phase: PhaseName | null | undefined, signed = false): { word: string; tone: Tone; icon: "alert" | "clock" | "file" | "pen" } | null {
  switch (phase) {
    case "awaitingSupplement": return { word: m.phase_awaiting(), tone: "warning", icon: "clock" };
    case "resultProposed": return { word: signed ? m.phase_proposed() : m.phase_to_sign(), tone: "action", icon: "pen" };
    case "refused": return { word: m.phase_refused(), tone: "danger", icon: "alert" };
    case "stopped": return { word: m.phase_stopped(), tone: "plain", icon: "file" };
    default: return null;
  }
}

/** What an officer can do next. */
export interface Next {
  /** What the counter most likely does now; "return": on the tab of the result. */
  first: StepKind | "return" | null;
  then: StepKind[];
  /** Acts after which nothing follows. */
  ends: StepKind[];
}

/** The acts that are possible now; the desk judges again when one is done. */
export function nextSteps(dossier: Pick<Dossier, "state" | "standing">, me: Me): Next {
  const { state, standing } = dossier;
  if (standing === null) return { first: null, then: [], ends: [] };
  const back = standing.originals.some((paper) => !paper.returned);
  if (state !== "accepted" || isOver(standing.phase)) return { first: back && state !== "draft" && state !== "withdrawn" ? "originalReturned" : null, then: [], ends: [] };
  const waits = standing.phase === "awaitingSupplement";
  const all: StepKind[] = [];
  if (standing.onItsWay) all.push("takenOver");
  if (waits) all.push("supplemented");
  if (standing.phase === "working") all.push("resultProposed");
  all.push("handedOver");
  if (!waits) all.push("supplementAsked");
  if (!waits && standing.mayReappoint) all.push("reappointed");
  if (back) all.push("originalReturned");
  const first = firstOf(standing, me);
  return { first, then: all.filter((kind) => kind !== first), ends: ["refused", "stopped"] };
}

function firstOf(standing: Standing, me: Me): Next["first"] {
  // Sent to somebody else by name: that officer takes it, nobody here is asked to.
  if (standing.onItsWay) return comesToMe(standing, me) || standing.seat?.officer === "" ? "takenOver" : null;
  if (standing.phase === "awaitingSupplement") return "supplemented";
  if (standing.phase === "resultProposed") return "return";
  return standing.seat === null ? "handedOver" : "resultProposed";
}

/** A day the law sets for an act, and how pressing it is. */
export interface Hint { words: string; when: "later" | "today" | "past" }

export function hintOf(kind: StepKind, standing: Standing, today: string): Hint | null {
  if (!runs(standing.phase)) return null;
  const of = (by: string, words: (p: { day: string }) => string, past: (p: { day: string }) => string): Hint => {
    const left = daysUntil(by, today);
    return { words: left < 0 ? past({ day: day(by) }) : words({ day: left === 0 ? m.day_is_today() : day(by) }), when: left < 0 ? "past" : left === 0 ? "today" : "later" };
  };
  if (kind === "handedOver" && standing.seat === null) return of(standing.handOverBy, m.hint_handOver, m.hint_handOver_past);
  if (kind === "supplementAsked") return standing.mayAsk ? of(standing.askBy, m.hint_ask, m.hint_ask_past) : { words: m.hint_asked(), when: "later" };
  if (kind === "reappointed" && standing.apologiseBy !== null) return of(standing.apologiseBy, m.hint_apologise, m.hint_apologise_past);
  return null;
}

/** What was typed and not yet saved. */
export interface Draft { unit: string; officer: string; items: string[]; text: string; day: string | null; approvalReason: string; approver: string }
export const blank = (): Draft => ({ unit: "", officer: "", items: [""], text: "", day: null, approvalReason: "", approver: "" });

/** A wish of that kind; what its kind does not need is empty. */
export const wishOf = (kind: StepKind, more: Partial<StepWish> = {}): StepWish => ({ kind, seat: null, items: [], text: "", day: null, row: null, approvalReason: null, ...more });
