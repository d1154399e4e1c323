import { m } from "#text";
import type { Offer } from "../../bridge/bridge";
import { fold } from "../../text/format";

/** The owner's own store, what fits, or one of the further stores by its place in `storesOf`. */
export type PickerTab = "store" | "suggested" | `named-${number}`;
export const PAGE = 20;

export const national = (offer: Offer) => offer.provenance !== "provincial";

/** An unfit paper stays visible with its reason, but cannot be taken; nor can one whose link is not synchronised. */
export const takeable = (offer: Offer) =>
  offer.fit !== "unfit" && offer.status === "valid" && offer.provenance !== "nationalNotSynced";

const rank = { exact: 0, suggested: 1, unfit: 2 };

/** The store a paper lies in, as the warehouse names it; empty is the owner's own. */
export const storeOf = (offer: Offer) => offer.storeName || (national(offer) ? m.picker_tab_national() : "");

/** Further stores that hold papers of the owner, the province's before the national ones. */
export function storesOf(items: Offer[]): string[] {
  const named = items.filter((o) => storeOf(o) !== "").toSorted((a, b) => Number(national(a)) - Number(national(b)) || storeOf(a).localeCompare(storeOf(b), "vi"));
  return [...new Set(named.map(storeOf))];
}

/** The papers of a tab: best fit first, then newest. */
export function tabOf(items: Offer[], tab: PickerTab, stores: string[]): Offer[] {
  const store = tab === "store" ? "" : stores[Number(tab.slice("named-".length))];
  const inTab = items.filter((o) => (tab === "suggested" ? o.fit !== "unfit" : storeOf(o) === store));
  return inTab.toSorted((a, b) => rank[a.fit] - rank[b.fit] || (b.issuedOn ?? "").localeCompare(a.issuedOn ?? ""));
}

/** The six search fields of the warehouse, in the printed order. */
export const FIELDS = ["name", "code", "decision", "ownerName", "number", "summary"] as const;
export type Filters = Record<(typeof FIELDS)[number], string>;
export const noFilters = (): Filters => ({ name: "", code: "", decision: "", ownerName: "", number: "", summary: "" });

/** Papers whose fields hold every typed word, without regard to marks or case. */
export function filtered(items: Offer[], filters: Filters): Offer[] {
  const asked = FIELDS.map((field) => [field, fold(filters[field]).split(/\s+/).filter((word) => word !== "")] as const);
  return items.filter((o) => {
    const said: Filters = { name: o.name, code: o.code, decision: o.decisionNumber, ownerName: o.ownerName, number: o.ownerNumber, summary: o.summary };
    return asked.every(([field, words]) => words.every((word) => fold(said[field]).includes(word)));
  });
}

/** Its file can be looked at before it is taken: it is here, or the province has it and the line is up. */
export const viewable = (offer: Offer, online: boolean) => offer.here || (online && !national(offer));

export function pageOf(items: Offer[], page: number): { rows: Offer[]; pages: number; first: number } {
  const pages = Math.max(1, Math.ceil(items.length / PAGE));
  const at = Math.min(Math.max(1, Math.floor(page) || 1), pages);
  return { rows: items.slice((at - 1) * PAGE, at * PAGE), pages, first: (at - 1) * PAGE };
}
