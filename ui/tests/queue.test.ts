import { describe, expect, it } from "vitest";
import { bridge } from "../src/bridge/fake";
import { fits, inOrder, loads, none, pageOf, sum } from "../src/bridge/fake-queue";
import type { QueueLine, Seat } from "../src/bridge/bridge";
import { format, parent, parse } from "../src/router";
import { coalesced, QueueDesk } from "../src/screens/bench/bench.svelte";
import { actsOf, holder, pagesOf, refusals, urgency } from "../src/screens/bench/queue";

const today = "2026-11-20";
const me = { officer: "canbo.demo", unit: "Bộ phận Một cửa" };
const seat = (officer: string, unit = "Phòng Kinh tế"): Seat => ({ unit, officer });
const line = (more: Partial<QueueLine> = {}): QueueLine => ({
  id: "x", here: true, code: "000.01.20.H08-261120-0001", ownerName: "Võ Thử An", ownerNumber: "0990••••0001", procedureName: "", acceptedAt: 0, officer: "le.thi.mai", counter: "", due: today, phase: "working", seat: null, onItsWay: false, movedBy: "", movedAt: null, ...more,
});

describe("the queue", () => {
  it("says in words how pressing a dossier is, and nothing is late while the citizen is waited for", () => {
    const words = ["2026-11-17", today, "2026-11-22", "2026-11-30"].map((due) => urgency(line({ due }), today));
    expect(words.map((how) => how.word)).toEqual(["Quá hạn 3 ngày", "Hạn hôm nay", "Còn 2 ngày", "Còn 10 ngày"]);
    expect(words.map((how) => how.tone)).toEqual(["danger", "warning", "warning", "plain"]);
    expect(urgency(line({ due: "2026-11-01", phase: "awaitingSupplement" }), today).word).toBe("Chờ bổ sung");
  });
  it("offers what can be done with a line", () => {
    const acts = (more: Partial<QueueLine>) => [...actsOf(line(more), me)].toSorted();
    expect(acts({ seat: seat("canbo.demo") })).toEqual(["ask", "handOn", "propose"]);
    expect(acts({ seat: seat("canbo.demo"), onItsWay: true })).toEqual(["ask", "handOn", "receive"]);
    expect(acts({ phase: "awaitingSupplement" })).toEqual(["handOn"]);
    expect(acts({ phase: "resultProposed" })).toEqual(["ask", "handOn"]);
    expect(holder(null)).toBe("Nơi tiếp nhận (chưa chuyển)");
  });
  it("tells each that was refused, with its code and why", () => {
    const taken = [{ id: "x", refused: null }, { id: "y", refused: { code: "stepNothingSent", params: {}, reference: "" } }];
    expect(refusals(taken, [line(), line({ id: "y", code: null })])).toEqual([{ id: "y", code: "Chưa có mã", why: "Hồ sơ không còn chờ nhận." }]);
  });
  it("counts its pages", () => {
    expect([0, 1, 50, 51].map((n) => pagesOf(n, 50))).toEqual([1, 1, 1, 2]);
  });
  it("has an address of its own, one level under the first screen", () => {
    for (const name of ["bench", "supervise"] as const) {
      expect(parse(format({ name }))).toEqual({ name });
      expect(parent({ name })).toEqual({ name: "home" });
    }
  });
});

describe("the fake office's queue", () => {
  const mine = { mine: { unit: me.unit, officer: me.officer }, unit: null, officer: null, state: null };
  it("asks as the vault does: by name, or to anybody of the unit", () => {
    expect(fits(line({ seat: seat("Canbo.Demo ") }), mine, today)).toBe(true);
    expect(fits(line({ seat: seat("", " bộ phận một cửa") }), mine, today)).toBe(true);
    expect(fits(line({ seat: seat("khac", me.unit) }), mine, today)).toBe(false);
    expect(fits(line(), mine, today)).toBe(false);
    expect(fits(line(), { unit: "", officer: null, state: "today" }, today)).toBe(true);
  });
  it("pages in the order of the days and adds up who has what", () => {
    const many = Array.from({ length: 60 }, (_, n) => line({ id: `q${n}`, due: n < 2 ? "2026-11-19" : today, seat: n % 2 ? seat("a") : null }));
    const page = pageOf(many, { unit: null, officer: null, state: null }, 1, today, null);
    expect([page.lines.length, page.count, inOrder(many)[0]?.due]).toEqual([10, 60, "2026-11-19"]);
    const whole = loads(many, today).reduce((all, of) => sum(all, of.load), none());
    expect([whole.all, whole.late, whole.today]).toEqual([60, 2, 58]);
  });
});

describe("the desk of a queue", () => {
  const desk = () => new QueueDesk((page) => bridge.officeQueue({ ask: { unit: null, officer: null, state: null }, page }));
  it("acts on what is picked, or on the line alone", async () => {
    const of = desk();
    await of.load();
    const [first, second] = of.lines;
    if (!first || !second) throw new Error("two dossiers");
    expect(of.targets(first)).toEqual([first]);
    of.picked = [second.id];
    expect(of.targets(first)).toEqual([first]);
    expect(of.targets(second)).toEqual([second]);
    expect(of.targets()).toEqual([second]);
  });
  it("reads again once for all the news that came while it read", async () => {
    let [runs, finish] = [0, () => {}];
    const hear = coalesced(() => new Promise<void>((done) => { runs += 1; finish = done; }));
    for (let n = 0; n < 5; n += 1) hear();
    expect(runs).toBe(1);
    finish();
    await new Promise((done) => setTimeout(done));
    expect(runs).toBe(2);
    finish();
    await new Promise((done) => setTimeout(done));
    hear();
    expect(runs).toBe(3);
  });
  it("keeps what was refused picked, and says what was done", async () => {
    const of = desk();
    await of.load();
    const ids = of.lines.slice(0, 2).map((known) => known.id);
    await of.several(async () => [{ id: ids[0] ?? "", refused: null }, { id: ids[1] ?? "", refused: { code: "linkOffline", params: {}, reference: "" } }], ({ n }) => `xong ${n}`);
    expect([of.done, of.picked, of.refused.length]).toEqual(["xong 1", [ids[1]], 1]);
  });
});
