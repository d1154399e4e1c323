import { m } from "#text";
import type { Dossier } from "../../bridge/bridge";

const WHY = { finalCode: m.reprint_finalCode, papers: m.reprint_papers };

/** Why the receipt is to be printed again, in words. */
export function reprintWhy(reasons: Dossier["reprint"]): string {
  return reasons.map((reason) => WHY[reason]()).join("; ");
}
