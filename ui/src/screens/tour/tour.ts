import type { MessageKey } from "#text";
import type { DossierLine } from "../../bridge/bridge";
import type { Route } from "../../router";

/** One hint of the first tour: what it points at, and where that stands. */
export interface Hint {
  title: MessageKey;
  text: MessageKey;
  /** The real control, the first of these that is on the screen. */
  at: readonly string[];
  place: "home" | "new" | "dossier";
}

export const HINTS: readonly Hint[] = [
  { title: "tour_box", text: "tour_box_text", place: "home", at: ["div:has(> [data-test=home-box])"] },
  { title: "tour_person", text: "tour_person_text", place: "new", at: ["[data-test=id-number]"] },
  { title: "tour_rows", text: "tour_rows_text", place: "dossier", at: ["[data-test=auto-attach]", "main table", "[data-test=new-dossier]"] },
  { title: "tour_accept", text: "tour_accept_text", place: "dossier", at: ["[data-test=accept]", "[data-test=new-dossier]"] },
  { title: "tour_lights", text: "tour_lights_text", place: "home", at: [".shell > footer"] },
  { title: "tour_keys", text: "tour_keys_text", place: "home", at: ["[data-test=help]"] },
];

/** Where the hint's control stands. Without a draft at hand a dossier is only spoken of, on the first screen. */
export function placeOf(hint: Hint, lines: readonly DossierLine[]): Route {
  if (hint.place === "new") return { name: "new" };
  const draft = hint.place === "dossier" ? lines.find((line) => line.state === "draft") : undefined;
  return draft ? { name: "dossier", id: draft.id, tab: "papers" } : { name: "home" };
}
