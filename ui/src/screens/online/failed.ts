import type { FailedPaper } from "../../bridge/bridge";

/** Papers that could not be fetched when a dossier was opened, until the officer knows. In memory only. */
const missing = new Map<string, FailedPaper[]>();

export const keep = (id: string, failed: FailedPaper[]) => void (failed.length > 0 && missing.set(id, failed));
export const kept = (id: string): FailedPaper[] => missing.get(id) ?? [];
export const forget = (id: string) => void missing.delete(id);
