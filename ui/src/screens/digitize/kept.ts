import type { Metadata } from "../../bridge/bridge";

/** What was written about a paper and not yet saved; Esc or signing never loses it. In memory only. */
const written = new Map<string, Metadata>();

export const keep = (id: string, component: number, metadata: Metadata) => void written.set(`${id}/${component}`, metadata);
export const kept = (id: string, component: number) => written.get(`${id}/${component}`);
export const forget = (id: string, component: number) => void written.delete(`${id}/${component}`);
