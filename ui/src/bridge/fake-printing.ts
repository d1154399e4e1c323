// The printers of the fake office. A printer that is well prints after a moment; one without paper keeps its sheets.
import { DeskFailure, type Dossier, type Print, type PrinterInfo, type Status } from "./bridge";

type Chosen = Pick<Status, "printer" | "print">;

export function fakePrinting(scene: (name: string) => boolean, now: number) {
  const light = scene("paperOut") ? "paperOut" : scene("printerGone") ? "unknown" : "ready";
  const printers: PrinterInfo[] = scene("printersNone") ? [] : [
    { id: "quay-1", label: "Máy in quầy 1 (DEMO)", light: light === "unknown" ? "offline" : light },
    { id: "phieu-80", label: "Máy in phiếu 80 mm (DEMO)", light: "ready" },
    { id: "tang-2", label: "Máy in chung tầng 2 (DEMO)", light: "jammed" },
  ];
  const label = (id: string | null) => printers.find((printer) => printer.id === id)?.label ?? null;
  const chosen = (forms: string | null, slips: string | null, atAcceptance: boolean): Chosen => ({
    printer: forms === null ? "none" : forms === "quay-1" ? light : (printers.find((printer) => printer.id === forms)?.light ?? "unknown"),
    print: { forms, formsLabel: label(forms), slips, slipsLabel: label(slips), atAcceptance },
  });
  const line = (d: Dossier, form: string, more: Partial<Print> = {}): Print => {
    const same = d.prints.filter((print) => print.form === form && print.state !== "cancelled" && print.state !== "failed");
    return {
      number: d.prints.length + 1, form, at: now, officer: "Nguyễn Thị Thử Nghiệm", copies: form === "receipt" ? 2 : 1, printer: label(form === "slip" ? "phieu-80" : "quay-1") ?? "quay-1",
      state: "waiting", trouble: null, reprint: same.length, outdated: false, ...more,
    };
  };
  const failed = () => ({ state: "failed" as const, trouble: "printNoSystem" });
  return {
    status: () => (scene("printer") ? chosen("quay-1", "phieu-80", true) : chosen(null, null, true)),
    list: async () => {
      if (scene("printerGone")) throw new DeskFailure({ code: "printNoSystem", params: {}, reference: "7F3K-20" });
      return structuredClone(printers);
    },
    choose: (a: { forms: string | null; slips: string | null; atAcceptance: boolean }) => chosen(a.forms, a.slips, a.atAcceptance),
    print(d: Dossier, form: string, tell: (id: string) => void) {
      for (const print of d.prints) if (print.form === form && (print.state === "waiting" || print.state === "printing")) Object.assign(print, { state: "cancelled", trouble: null });
      const print = line(d, form, scene("printerGone") ? failed() : scene("paperOut") ? { trouble: "printPaperOut" } : {});
      d.prints.push(print);
      if (print.trouble || scene("printing")) return;
      setTimeout(() => {
        if (print.state !== "waiting") return;
        print.state = "printed";
        if (form === "receipt") d.reprint = [];
        tell(d.id);
      }, 600);
    },
    cancel(d: Dossier, number: number) {
      const print = d.prints.find((candidate) => candidate.number === number);
      if (print && (print.state === "waiting" || print.state === "printing")) Object.assign(print, { state: "cancelled", trouble: null });
    },
    /** What was printed before the officer looks. */
    seed(d: Dossier) {
      if (!scene("printer") || d.state === "draft") return;
      const at = d.acceptedAt ?? now;
      if (scene("paperOut")) d.prints.push(line(d, "receipt", { at, trouble: "printPaperOut" }));
      else if (scene("printerGone")) d.prints.push(line(d, "receipt", { at, ...failed() }));
      else d.prints.push(line(d, "receipt", { at, state: "printed" }));
      if (scene("reprinted")) d.prints.push(line(d, "slip", { at: at + 60_000, state: "printed" }), line(d, "receipt", { at: at + 30 * 60_000, state: "printed", reprint: 1 }));
      d.prints.forEach((print, index) => (print.number = index + 1));
    },
  };
}
