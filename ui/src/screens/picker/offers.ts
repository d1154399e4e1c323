import type { Offer } from "../../bridge/bridge";
import { fold } from "../../text/format";

export type PickerTab = "store" | "suggested" | "national";
export const PAGE = 20;

export const national = (offer: Offer) => offer.provenance !== "provincial";

/** An unfit paper stays visible with its reason, but cannot be taken; nor can one whose link is not synchronised. */
export const takeable = (offer: Offer) =>
  offer.fit !== "unfit" && offer.status === "valid" && offer.provenance !== "nationalNotSynced";

const rank = { exact: 0, suggested: 1, unfit: 2 };

/** The papers of a tab: best fit first, then newest. */
export function tabOf(items: Offer[], tab: PickerTab): Offer[] {
  const inTab = items.filter((o) => (tab === "suggested" ? o.fit !== "unfit" : tab === "national" ? national(o) : !national(o)));
  return inTab.toSorted((a, b) => rank[a.fit] - rank[b.fit] || (b.issuedOn ?? "").localeCompare(a.issuedOn ?? ""));
}

/** The six search fields of the warehouse, in the printed order. */
export const FIELDS = ["name", "code", "decision", "ownerName", "number", "summary"] as const;
export type Filters = Record<(typeof FIELDS)[number], string>;
export const noFilters = (): Filters => ({ name: "", code: "", decision: "", ownerName: "", number: "", summary: "" });

/** Papers whose fields hold every typed word, without regard to marks or case. All papers offered belong to `ownerName`. */
export function filtered(items: Offer[], filters: Filters, ownerName: string): Offer[] {
  const asked = FIELDS.map((field) => [field, fold(filters[field]).split(/\s+/).filter((word) => word !== "")] as const);
  return items.filter((o) => {
    const said: Filters = { name: o.name, code: o.code, decision: o.decisionNumber, ownerName, number: o.ownerNumber, summary: o.summary };
    return asked.every(([field, words]) => words.every((word) => fold(said[field]).includes(word)));
  });
}

export function pageOf(items: Offer[], page: number): { rows: Offer[]; pages: number; first: number } {
  const pages = Math.max(1, Math.ceil(items.length / PAGE));
  const at = Math.min(Math.max(1, Math.floor(page) || 1), pages);
  return { rows: items.slice((at - 1) * PAGE, at * PAGE), pages, first: (at - 1) * PAGE };
}
