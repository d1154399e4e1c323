import { m } from "#text";
import { errorText } from "../../bridge/errors";
import type { QueueLine, QueueStateName, Seat, TakenStep } from "../../bridge/bridge";
import type { Me } from "../../session.svelte";
import { daysUntil } from "../../text/day";
import { day } from "../../text/format";
import { comesToMe, seatWords } from "../steps/steps";

export const STATES: readonly QueueStateName[] = ["late", "today", "soon", "awaitingSupplement", "toReturn", "onItsWay"];
export const stateName = (state: QueueStateName): string =>
  ({ late: m.queue_late, today: m.queue_today, soon: m.queue_soon, awaitingSupplement: m.phase_awaiting, toReturn: m.queue_to_return, onItsWay: m.queue_on_its_way })[state]();

/** Unit and login are compared without the space around them, in small letters. */
export const folded = (text: string | undefined) => (text ?? "").trim().toLowerCase();

interface Urgency { word: string; tone: "plain" | "action" | "warning" | "danger"; icon: "alert" | "clock" | "pen" | "check" }

/** How pressing a dossier is, in words; while the citizen brings what is missing nothing is late. */
export function urgency(line: Pick<QueueLine, "phase" | "due">, today: string): Urgency {
  if (line.phase === "awaitingSupplement") return { word: m.phase_awaiting(), tone: "warning", icon: "clock" };
  const left = daysUntil(line.due, today);
  if (left < 0) return { word: m.queue_late_by({ n: -left }), tone: "danger", icon: "alert" };
  if (left === 0) return { word: m.queue_today(), tone: "warning", icon: "clock" };
  if (left <= 2) return { word: m.queue_left({ n: left }), tone: "warning", icon: "clock" };
  return { word: m.queue_left({ n: left }), tone: "plain", icon: "check" };
}

/** Who has it, in words. */
export const holder = (seat: Seat | null) => (seat === null ? m.queue_at_counter() : seatWords(seat));

/** An act of one line or of several. */
export type BenchAct = "receive" | "handOn" | "ask" | "propose";

/** What the officer can do with a line; the desk judges again when it is done. */
export function actsOf(line: QueueLine, me: Me): Set<BenchAct> {
  const acts = new Set<BenchAct>(["handOn"]);
  if (line.onItsWay) acts.add("receive");
  if (line.phase !== "awaitingSupplement") acts.add("ask");
  if (line.phase === "working" && !comesToMe(line, me)) acts.add("propose");
  return acts;
}

/** What was not done, each with its reason. */
export const refusals = (taken: TakenStep[], lines: QueueLine[]) =>
  taken.flatMap((step) => (step.refused ? [{ id: step.id, code: lines.find((line) => line.id === step.id)?.code ?? m.no_code_yet(), why: errorText(step.refused) }] : []));

/** "Trang 2 / 3" */
export const pagesOf = (count: number, lines: number) => Math.max(1, Math.ceil(count / lines));
export const dueWords = (iso: string) => (iso === "" ? "" : day(iso));
