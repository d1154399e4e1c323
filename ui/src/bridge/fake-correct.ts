// Corrections of a returned result in the fake office: what was asked for, and by whom, in each scene.
import type { Correction, Dossier, Step } from "./bridge";
import { step } from "./fake-steps";

const at = (time: string) => Date.parse(`2026-11-${time}:00+07:00`);
const COLLEAGUE = { login: "le.thi.mai", officer: "Lê Thị Mai" };

export const asked = (before: string, blob: string, more: Partial<Correction> = {}): Correction => ({
  before, blob, pages: 2, reason: "wrongInformation", text: "Sai ngày sinh của người vợ: ghi 12/4/1999, đúng là 21/4/1999", ...COLLEAGUE, at: at("20T08:52"), state: "waiting", decidedBy: null, decidedAt: null, refusal: null, ...more,
});

const corrected = (of: Correction): Step => step("k1", "resultCorrected", of.decidedAt ?? of.at, {
  officer: of.officer, items: ["Tệp tin kết quả điện tử bị sai lệch thông tin công dân."], text: of.text, approvedBy: of.decidedBy, files: [of.before, of.blob], outbox: "received",
});

/** A colleague, or the officer himself, asked; it waits, was agreed to, or not. */
export function seedCorrections(d: Dossier, blob: string, me: { login: string; officer: string }, scene: (name: string) => boolean): void {
  const before = d.resultNow ?? "";
  if (scene("correctWaits")) d.corrections = [asked(before, blob)];
  else if (scene("correctMine")) d.corrections = [asked(before, blob, me)];
  else if (scene("correctRefused")) d.corrections = [asked(before, blob, { ...me, state: "refused", decidedBy: "Trần Văn Trưởng", decidedAt: at("20T09:05"), refusal: "Bản mới chưa sửa ngày ở trang 2" })];
  else if (scene("corrected")) approve(d, Object.assign(asked(before, blob), { decidedBy: "Trần Văn Trưởng", decidedAt: at("20T09:05") }));
}

/** What an agreed correction makes of the dossier. */
export function approve(d: Dossier, of: Correction, more: Partial<Step> = {}): void {
  of.state = "approved";
  if (!d.corrections.includes(of)) d.corrections.push(of);
  d.resultNow = of.blob;
  d.standing?.steps.push({ ...corrected(of), ...more });
}
