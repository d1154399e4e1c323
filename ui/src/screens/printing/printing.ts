import { m } from "#text";
import { codeText } from "../../bridge/errors";
import type { Dossier, Paper, Print, PrinterLight, Status } from "../../bridge/bridge";

export const LIGHTS: Record<PrinterLight, () => string> = {
  none: m.printer_none, ready: m.printer_ready, printing: m.printer_printing, stopped: m.printer_stopped, paperOut: m.printer_paperOut,
  jammed: m.printer_jammed, offline: m.printer_offline, trouble: m.printer_trouble, unknown: m.printer_unknown,
};
const FORMS: Record<string, () => string> = { receipt: m.print_form_receipt, control: m.print_form_control, slip: m.print_form_slip, decline: m.print_form_decline };
const TROUBLES: Record<string, () => string> = {
  printStopped: m.printer_stopped, printPaperOut: m.printer_paperOut, printJammed: m.printer_jammed, printOffline: m.printer_offline, printTrouble: m.printer_trouble, printHung: m.printer_unknown,
};
const OVER: ReadonlySet<Print["state"]> = new Set(["printed", "cancelled", "failed"]);

/** What the printer of the forms is like, in one word and one tone; never the tone alone. */
export function lightTone(light: PrinterLight): "good" | "warn" | "off" {
  if (light === "none") return "off";
  return light === "ready" || light === "printing" ? "good" : "warn";
}

export const formWord = (form: string) => (FORMS[form] ?? m.print_form_step)();

export const isOver = (print: Print) => OVER.has(print.state);

/** What is in the way, in two or three words where there are such. */
export const troubleWord = (code: string) => TROUBLES[code]?.() ?? codeText(code).replace(/\.$/u, "").toLowerCase();

/** Prints of the receipt that holds now; one that was taken back or given up is no print. */
export function receiptPrints(dossier: Dossier): Print[] {
  return dossier.prints.filter((print) => print.form === "receipt" && !print.outdated);
}

/** The newest sheet that is not on paper though somebody wanted it; of each form its last try counts. */
export function openPrint(dossier: Dossier): Print | null {
  const last = [...new Set(dossier.prints.map((print) => print.form))].map((form) => dossier.prints.findLast((print) => print.form === form));
  const open = last.filter((print) => print !== undefined && !print.outdated && print.state !== "printed" && print.state !== "cancelled");
  return open.reduce<Print | null>((newest, print) => (print && (!newest || print.number > newest.number) ? print : newest), null);
}

/** The queue a paper goes to; none: it is printed from the window. */
export function printerOf(paper: Paper, status: Status | null): string | null {
  if (!status || "from" in paper) return null;
  return "form" in paper && paper.form === "slip" ? status.print.slips : status.print.forms;
}

/** What people call it. */
export function printerName(paper: Paper, status: Status | null): string {
  const slip = "form" in paper && paper.form === "slip";
  return (slip ? (status?.print.slipsLabel ?? status?.print.slips) : (status?.print.formsLabel ?? status?.print.forms)) ?? "";
}
