/** Why an agency's dossier is accepted all the same, written and not yet saved; Esc never loses it. In memory only. */
const written = new Map<string, string>();

export const keep = (id: string, reason: string) => void written.set(id, reason);
export const kept = (id: string) => written.get(id) ?? "";
