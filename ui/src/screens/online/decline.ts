import type { DeclineKind, DeclineReason } from "../../bridge/bridge";

/** What was ticked and written and not yet saved; Esc never loses it. */
export interface Draft { kind: DeclineKind; ticked: Record<string, boolean>; other: string }

/** In memory only. */
const written = new Map<string, Draft>();

/** Where the dialog begins: as it was left, with these defects ticked; a defect is refused, anything else may come again. */
export function begun(id: string, defects: string[]): Draft {
  const left = written.get(id) ?? { kind: "supplement", ticked: {}, other: "" };
  const ticked = { ...left.ticked, ...Object.fromEntries(defects.map((code) => [code, true])) };
  return { ...left, ticked, kind: defects.length > 0 ? "refusal" : left.kind };
}
export const keep = (id: string, draft: Draft) => void written.set(id, draft);
export const forget = (id: string) => void written.delete(id);

/** What an officer ticked and wrote, as it is printed; empty when he gave no reason. */
export function reasonsOf(known: DeclineReason[], { ticked, other }: Pick<Draft, "ticked" | "other">): DeclineReason[] {
  const chosen = known.filter((reason) => ticked[reason.code]);
  const text = other.trim();
  return text === "" ? chosen : [...chosen, { code: "", text }];
}
