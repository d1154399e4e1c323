import type { FailedPaper } from "../../bridge/bridge";

/** Why papers could not be fetched at the last try. In memory only; that they are not there is in the dossier. */
const missing = new Map<string, FailedPaper[]>();
/** Dossiers of which the officer knows. */
const known = new Set<string>();

export const keep = (id: string, failed: FailedPaper[]) => void missing.set(id, failed);
export const kept = (id: string): FailedPaper[] => missing.get(id) ?? [];
export const isKnown = (id: string) => known.has(id);
export const forget = (id: string) => {
  missing.delete(id);
  known.add(id);
};
