import type { StepKind } from "../../bridge/bridge";
import type { Draft } from "./steps";

/** What was written about a step and not yet saved; Esc or another screen never loses it. In memory only, no secret. */
const written = new Map<string, Draft>();

export const keep = (id: string, kind: StepKind, draft: Draft) => void written.set(`${id}/${kind}`, draft);
export const kept = (id: string, kind: StepKind) => written.get(`${id}/${kind}`);
export const forget = (id: string, kind: StepKind) => void written.delete(`${id}/${kind}`);
