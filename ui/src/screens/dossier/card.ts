/** What the QR of a citizen's card says of its holder. */
export interface Card {
  number: string;
  /** The nine digits of the card before, where it says them. */
  former: string;
  name: string;
  address: string;
}

/** Reads `number|former number|name|born|sex|address|issued`; a later card may have more fields. */
export function readCard(text: string): Card | null {
  const [number = "", former = "", name = "", , , address = ""] = text.split("|").map((part) => part.trim());
  if (!/^\d{12}$/.test(number) || name === "") return null;
  return { number, former: /^\d{9}$/.test(former) ? former : "", name, address };
}
