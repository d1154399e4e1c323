import type { Support } from "./bridge/bridge";

/** Whom to ask for help, in one line; null where nobody is named. */
export function supportLine(contact: Support | null | undefined): string | null {
  if (!contact) return null;
  const said = [contact.unit, contact.phone, contact.hours, contact.email, contact.zalo === "" ? "" : `Zalo ${contact.zalo}`].filter((part) => part !== "");
  return said.length === 0 ? null : said.join(" · ");
}
