// Steps after the acceptance in the fake office: its rules, and the dossiers whose scenes have them.
import type { Dossier, OutboxItem, Standing, Step, StepKind } from "./bridge";

/** Friday 20 November 2026, as the rest of the office. */
const at = (time: string) => Date.parse(`2026-11-${time}:00+07:00`);
const FORMS: ReadonlySet<StepKind> = new Set(["supplementAsked", "refused", "reappointed", "stopped"]);
/** What the law allows of each. */
const ALLOWED = 1;

export const SEATS = ["Công chức Tư pháp - Hộ tịch (DEMO)", "Phòng Kinh tế (DEMO)", "Văn phòng HĐND và UBND xã (DEMO)", "Bộ phận Tiếp nhận và Trả kết quả"];

export const step = (id: string, kind: StepKind, at: number, more: Partial<Step> = {}): Step => ({
  id, kind, officer: "canbo.demo", at, seat: null, items: [], text: "", day: null, row: null, approvedBy: null, approvalReason: null, files: [], void: false, form: FORMS.has(kind), outbox: "received", problem: null, ...more,
});

/** Where a dossier stands after its steps; days that passed where the scene says so. */
export function standingOf(d: Dossier, steps: Step[], outbox: OutboxItem[], late: boolean): Standing {
  const standing: Standing = {
    phase: "working", since: null, seat: null, onItsWay: false, mayAsk: true, mayReappoint: true, handOverBy: late ? "2026-11-18" : "2026-11-20", askBy: late ? "2026-11-19" : "2026-11-25", apologiseBy: dayBefore(d.deadline ?? "2026-11-24"),
    originals: d.components.filter((row) => row.form === "original" && (d.takenUp || (row.attachment && row.attachment.source !== "warehouse"))).map((row) => ({ row: row.number, name: row.name, returned: false })), steps,
  };
  let [asked, promised] = [0, 0];
  for (const taken of steps) {
    const sent = outbox.find((line) => line.op === taken.id);
    if (sent) Object.assign(taken, { outbox: sent.state, problem: sent.problem, void: sent.state === "withdrawn" });
    if (taken.void) continue;
    if (taken.kind === "handedOver" || taken.kind === "takenOver") Object.assign(standing, { seat: taken.seat, onItsWay: taken.kind === "handedOver" });
    else if (taken.kind === "originalReturned") for (const paper of standing.originals) paper.returned ||= paper.name === taken.row;
    else if (taken.kind === "supplementAsked") [asked, standing.phase, standing.since] = [asked + 1, "awaitingSupplement", taken.at];
    else if (taken.kind === "supplemented") [promised, standing.phase, standing.since] = [0, "working", null];
    else if (taken.kind === "reappointed") promised += 1;
    else if (taken.kind === "resultCorrected") continue;
    else [standing.phase, standing.since] = [taken.kind, taken.at];
  }
  return { ...standing, mayAsk: asked < ALLOWED, mayReappoint: promised < ALLOWED };
}
const dayBefore = (day: string) => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);

/** What happened to a dossier in each scene; the last day promised is its deadline. */
export function stepsOf(scene: (name: string) => boolean): Step[] {
  const justice = { unit: "Công chức Tư pháp - Hộ tịch (DEMO)", officer: "le.thi.mai" };
  const mine = { ...justice, officer: "canbo.demo" };
  const sent = step("s1", "handedOver", at("19T10:40"), { seat: mine, text: "Hồ sơ đủ, đề nghị xem trước nơi cư trú", officer: "le.thi.mai", outbox: null });
  const taken = step("s2", "takenOver", at("19T14:05"), { seat: mine });
  const asked = step("s3", "supplementAsked", at("19T15:30"), { items: ["Giấy tờ chứng minh nơi cư trú trước ngày 01/7/2025", "Tờ khai: ghi lại ngày sinh, ký ở trang 2"], text: "Chưa đủ căn cứ xác nhận thời gian cư trú" });
  const brought = step("s4", "supplemented", at("20T07:45"), { text: "Đã nộp giấy xác nhận cư trú, tờ khai đã sửa", day: "2026-11-25" });
  const apology = step("s5", "reappointed", at("20T08:10"), { text: "Chờ nơi cư trú cũ trả lời xác minh", day: "2026-11-27" });
  if (scene("stepToMe")) return [sent];
  if (scene("stepSent")) return [step("s1", "handedOver", at("20T08:12"), { seat: justice, outbox: "queued" })];
  if (scene("stepHeld")) return [sent, taken];
  if (scene("stepAwaiting")) return [sent, taken, asked];
  if (scene("stepBrought")) return [sent, taken, asked, brought];
  if (scene("stepReappointed")) return [sent, taken, asked, brought, apology];
  if (scene("stepProposed")) return [sent, taken, step("s6", "resultProposed", at("20T08:12"), { text: "Đủ điều kiện, trình Phó Chủ tịch ký" })];
  if (scene("stepOver")) return [sent, taken, step("s7", "refused", at("20T08:12"), { items: ["Không thuộc thẩm quyền của UBND xã", "Đã có giấy xác nhận còn hiệu lực, cấp ngày 02/10/2026"] })];
  if (scene("stepStopped")) return [sent, taken, step("s8", "stopped", at("20T08:12"), { text: "Công dân nộp đơn rút hồ sơ, không còn nhu cầu" }), step("s9", "originalReturned", at("20T08:30"), { row: "Tờ khai" })];
  if (scene("stepVoid")) {
    return [sent, taken, { ...asked, void: true, outbox: "withdrawn" }, step("s10", "supplementAsked", at("20T08:12"), { ...asked, id: "s10", at: at("20T08:12"), items: ["Tờ khai: ký ở trang 2"], text: "Thiếu chữ ký", approvedBy: "truong.demo", approvalReason: "Lần trước nhầm hồ sơ" })];
  }
  return [];
}
