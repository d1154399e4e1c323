import type { MessageKey } from "#text";
import type { Dossier } from "../../bridge/bridge";
import { type Act, keyOf } from "../../shortcuts/table";
import { toConvert, toDigitize, toSign } from "./desk.svelte";

/** The five steps of taking a dossier in, in the order of source document 004. */
export const STEPS = ["identity", "check", "digitize", "attach", "sign"] as const;
export type StepName = (typeof STEPS)[number];

/** `later`: nobody waits for it, the machine asks again by itself. */
export type StepState = "done" | "next" | "open" | "later";

export interface Progress {
  steps: { name: StepName; state: StepState }[];
  /** What to do now, and the key that does it; empty where there is none. */
  todo: MessageKey;
  key: string;
}

const PAPERS = new Set(["componentMissing", "componentNotDigitized", "reservationFailed", "captureUnfinished"]);

/** How far a draft is. Computed from what stands in it: the steps are no wizard, and each may be done in any order.
 * `postponed`: rows whose Word file waits until the officer comes back to it. */
export function progress(dossier: Dossier, postponed: readonly number[] = []): Progress {
  const { problems, components, identity } = dossier;
  const has = (code: string) => problems.some((problem) => problem.code === code);
  const answered = identity.outcome === "registered" || identity.outcome === "notRegistered";
  const done: Record<StepName, boolean> = {
    identity: answered,
    check: problems.every((problem) => PAPERS.has(problem.code)),
    digitize: !has("componentMissing") || components.every((row) => !row.required || row.attachment !== null || row.reservation !== null || row.waiver !== null || row.capturing > 0),
    attach: !has("componentMissing") && !has("reservationFailed") && !has("captureUnfinished"),
    sign: toSign(dossier).length === 0 && toDigitize(dossier).length === 0 && !has("componentNotDigitized"),
  };
  // Papers are signed when they are there; before, nothing to sign is no step done.
  if (!done.attach) done.sign = false;
  const later = !answered && identity.outcome !== "notAsked";
  const next = STEPS.find((name) => !done[name] && !(name === "identity" && later));
  const steps = STEPS.map((name) => ({ name, state: done[name] ? ("done" as const) : name === next ? ("next" as const) : name === "identity" && later ? ("later" as const) : ("open" as const) }));
  const [todo, act] = what(dossier, postponed, next, has);
  return { steps, todo, key: act ? keyOf(act) : "" };
}

function what(dossier: Dossier, postponed: readonly number[], next: StepName | undefined, has: (code: string) => boolean): [MessageKey, Act | null] {
  const fits = dossier.components.some((row) => row.matches > 0 && row.required && !row.attachment && !row.reservation && !row.waiver);
  switch (next) {
    case "identity":
      return ["progress_todo_identity", null];
    case "check":
      return has("reuseNotConfirmed") ? ["progress_todo_consent", "consent"] : ["progress_todo_check", null];
    case "digitize":
      return fits ? ["progress_todo_warehouse", "warehouse"] : ["progress_todo_scan", "scan"];
    case "attach":
      return has("captureUnfinished") ? ["progress_todo_finish", "scan"] : ["progress_todo_warehouse", "warehouse"];
    case "sign":
      if (toConvert(dossier, postponed).length > 0) return ["progress_todo_convert", "sign"];
      if (toSign(dossier).length > 0) return ["progress_todo_sign", "sign"];
      // Nothing but what was put off: no key asks for it again, its row does.
      return toDigitize(dossier).length === 0 && toConvert(dossier).length > 0 ? ["progress_todo_convert", null] : ["progress_todo_digitize", "accept"];
    default:
      return ["progress_todo_accept", "accept"];
  }
}
