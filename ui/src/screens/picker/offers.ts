import type { Offer } from "../../bridge/bridge";

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

export function pageOf(items: Offer[], page: number): { rows: Offer[]; pages: number; first: number } {
  const pages = Math.max(1, Math.ceil(items.length / PAGE));
  const at = Math.min(Math.max(1, Math.floor(page) || 1), pages);
  return { rows: items.slice((at - 1) * PAGE, at * PAGE), pages, first: (at - 1) * PAGE };
}
