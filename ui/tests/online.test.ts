import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DossierLine, RowProgress, WaitingLine } from "../src/bridge/bridge";
import { outKind } from "../src/screens/outbox/kinds";
import { groupOf, reuseRate, waitingFor } from "../src/screens/home/worklist";
import { begun, forget, keep, reasonsOf } from "../src/screens/online/decline";

/** An office of its own in that scene. */
async function office(scene: string) {
  vi.resetModules();
  vi.stubGlobal("location", { search: `?scene=${scene}`, hash: "" });
  const { bridge } = await import("../src/bridge/fake");
  const { OnlineDesk } = await import("../src/screens/online/online.svelte");
  const { DossierDesk } = await import("../src/screens/dossier/desk.svelte");
  const { kept, forget } = await import("../src/screens/online/failed");
  const { session } = await import("../src/session.svelte");
  const online = new OnlineDesk();
  await online.load();
  const table = async (id: string) => {
    const desk = new DossierDesk(id);
    await desk.load();
    return desk;
  };
  return { bridge, online, table, kept, forget, session };
}
afterEach(() => vi.unstubAllGlobals());

describe("what waits at the portal", () => {
  const waiting = (more: Partial<WaitingLine>): WaitingLine => ({ id: "", reference: "TT-1", procedureName: "Đăng ký khai sinh", ownerName: "Phan Thị Mẫu", ownerNumber: "0990••••0031", ownerKind: "citizen", channel: "online", papers: 1, sentAt: 0, again: false, holder: null, ...more });
  it("is found by name, reference, procedure and the number it may be", () => {
    const lines = [waiting({ id: "a" }), waiting({ id: "b", ownerName: "Hoàng Văn Thử", reference: "TT-2", ownerNumber: "0990••••0032" })];
    const found = (text: string) => waitingFor(lines, text).map((line) => line.id);
    expect(found("")).toEqual(["a", "b"]);
    expect(found("hoang van")).toEqual(["b"]);
    expect(found("tt-1")).toEqual(["a"]);
    expect(found("khai sinh")).toEqual(["a", "b"]);
    expect(found("099095000032")).toEqual(["b"]);
    expect(found("099095000099")).toEqual([]);
    expect(waitingFor([waiting({ ownerNumber: "000.••••.H08" })], "099095000031"), "an agency's number is no citizen's").toEqual([]);
  });
  it("becomes a draft with its papers on their rows, and is in the list no more", async () => {
    const { online } = await office("online");
    expect(online.lines.map((line) => line.id)).toEqual(["w1", "w2", "w3"]);
    const dossier = await online.open("w1");
    expect(dossier).toMatchObject({ state: "draft", channel: "online", sent: { reference: "TT-261120-0031", again: true } });
    expect(dossier?.components.every((row) => row.attachment !== null)).toBe(true);
    expect(online.lines.map((line) => line.id)).toEqual(["w2", "w3"]);
  });
  it("is taken from another counter only when the officer says so", async () => {
    const { online, bridge } = await office("online");
    const asked = vi.spyOn(bridge, "openSubmission");
    expect(await online.open("w2")).toBeNull();
    expect(online.asked).toMatchObject({ id: "w2", who: "Quầy 2 (le.thi.mai)" });
    expect(asked, "the line said it already").not.toHaveBeenCalled();
    online.leave();
    expect(online.asked).toBeNull();
    expect((await online.open("w2", true))?.id).toBe("w2");
  });
  it("asks the same when another counter took it since the list was heard", async () => {
    const { online, session } = await office("online,heldSince");
    expect(await online.open("w1")).toBeNull();
    expect([online.asked, session.failure]).toEqual([{ id: "w1", who: "le.thi.mai", until: null }, null]);
    expect((await online.open("w1", true))?.id).toBe("w1");
  });
  it("says why it cannot be opened; without a line the list stays", async () => {
    const offline = await office("online,offline");
    expect(await offline.online.open("w1")).toBeNull();
    expect([offline.session.failure?.code, offline.online.lines.length]).toEqual(["submissionOffline", 3]);
    const gone = await office("online,submissionGone");
    await gone.online.open("w1");
    expect([gone.session.failure?.code, gone.online.lines.length]).toEqual(["submissionGone", 2]);
  });
  it("reading the list again leaves a failure on the screen", async () => {
    const { online, session } = await office("online,offline");
    await online.open("w1");
    await online.load();
    expect(session.failure?.code).toBe("submissionOffline");
  });
  it("shows how far it is, and stopping opens nothing", async () => {
    const { online, bridge, session } = await office("online,fetching");
    let heard: RowProgress | null = null;
    const running = online.open("w1");
    await vi.waitFor(() => expect((heard = online.opening?.at ?? null)).toMatchObject({ done: 1, total: 3 }));
    expect(heard).not.toBeNull();
    expect(await online.open("w3"), "one at a time").toBeNull();
    online.stop();
    expect(online.opening?.stopping).toBe(true);
    expect(await running).toBeNull();
    expect([online.opening, online.stopped, session.failure, online.lines.length]).toEqual([null, "w1", null, 3]);
    await expect(bridge.dossier({ id: "w1" })).rejects.toThrow();
  });
  it("tells which papers did not come until the officer knows", async () => {
    const { online, kept, forget } = await office("online,unfetched");
    const dossier = await online.open("w1");
    expect(kept("w1")).toEqual([{ name: "Giấy tờ chứng minh nơi cư trú", code: "fileMissing" }]);
    expect(dossier?.components[2]?.attachment).toBeNull();
    forget("w1");
    expect(kept("w1")).toEqual([]);
  });
});

describe("the rule for agencies' dossiers", () => {
  it("keeps one from being accepted until an officer says why he does", async () => {
    const { online, table } = await office("online");
    await online.open("w3");
    const desk = await table("w3");
    const found = () => desk.dossier?.problems.filter((problem) => problem.field === "owner.kind").map((problem) => problem.code);
    expect(desk.dossier?.defects).toEqual(["agencyOtherAccount", "agencyPapersUnsigned"]);
    expect(found()).toEqual(["agencyOtherAccount", "agencyPapersUnsigned"]);
    expect(await desk.setException(" Chờ cấp tài khoản ")).toBe(true);
    expect([desk.dossier?.exception, found()]).toEqual(["Chờ cấp tài khoản", []]);
    await desk.setException("");
    expect([desk.dossier?.exception, found()?.length]).toEqual([null, 2]);
  });
});

describe("a dossier that is not accepted", () => {
  const known = [{ code: "a", text: "Thiếu giấy tờ" }, { code: "b", text: "Sai mẫu" }];
  it("needs a reason, ticked or in the officer's words", async () => {
    expect(reasonsOf(known, { ticked: {}, other: "  " })).toEqual([]);
    expect(reasonsOf(known, { ticked: { b: true, a: false, x: true }, other: "" })).toEqual([known[1]]);
    expect(reasonsOf(known, { ticked: { a: true }, other: " Ảnh mờ " })).toEqual([known[0], { code: "", text: "Ảnh mờ" }]);
    const { table, session } = await office("");
    const desk = await table("d1");
    expect(await desk.decline("supplement", [])).toBe(false);
    expect([session.failure?.code, desk.dossier?.state]).toEqual(["stepTextMissing", "draft"]);
  });
  it("is written where the officer left it, and begins with what the rule found", () => {
    expect(begun("x", [])).toEqual({ kind: "supplement", ticked: {}, other: "" });
    expect(begun("x", ["b"])).toEqual({ kind: "refusal", ticked: { b: true }, other: "" });
    keep("x", { kind: "supplement", ticked: { a: true }, other: "Ảnh mờ" });
    expect(begun("x", [])).toEqual({ kind: "supplement", ticked: { a: true }, other: "Ảnh mờ" });
    expect(begun("x", ["b"])).toEqual({ kind: "refusal", ticked: { a: true, b: true }, other: "Ảnh mờ" });
    forget("x");
    expect(begun("x", []).other).toBe("");
  });
  it("can be read and nothing else, and its word is on the way", async () => {
    const { table } = await office("mixed");
    const desk = await table("d1");
    expect(await desk.decline("refusal", [{ code: "", text: "Không thuộc thẩm quyền" }])).toBe(true);
    expect(desk.dossier).toMatchObject({ state: "declined", declined: { kind: "refusal", officer: "canbo.demo" }, problems: [], standing: null });
    expect(desk.dossier?.components.some((row) => row.open)).toBe(false);
    expect(desk.ticked).toEqual([]);
    expect(desk.dossier?.outbox.map((line) => outKind(line.kind)).at(-1)).toBe("Hồ sơ không tiếp nhận");
    expect(await desk.decline("refusal", [{ code: "", text: "lần nữa" }])).toBe(false);
  });
  it("is a draft again when the word is taken back before it left", async () => {
    const { bridge, table } = await office("");
    const desk = await table("d1");
    await desk.decline("supplement", [{ code: "", text: "Thiếu giấy tờ" }]);
    const op = desk.dossier?.outbox.find((line) => line.kind === "decline")?.op ?? "";
    expect(await bridge.withdrawalOf({ op })).toHaveLength(1);
    await bridge.withdraw({ op, reason: "Trả nhầm hồ sơ của người khác", approver: "truong.demo", secret: "dung-roi" });
    await desk.load();
    expect(desk.dossier).toMatchObject({ state: "draft", declined: null });
  });
  it("is no work, and counts in no rate", () => {
    const line = (more: Partial<DossierLine>): DossierLine => ({ id: "x", code: null, ownerName: "", ownerNumber: "", procedureName: "", state: "declined", declined: null, openedAt: 0, deadline: "2026-11-18", phase: null, seat: null, onItsWay: false, outbox: null, reused: 0, reprint: [], guideDue: true, feeDue: 0, ...more });
    expect(groupOf(line({}), "2026-11-20", { officer: null, unit: "" })).toBe("done");
    expect(reuseRate([line({ reused: 2 }), line({ state: "accepted", phase: "working" })])).toMatchObject({ received: 1, percent: 0 });
  });
});

describe("a draft that is set aside", () => {
  it("leaves the lists, is found again and restored", async () => {
    const { bridge, table } = await office("");
    const desk = await table("d1");
    expect(await desk.discard("Mở nhầm thủ tục")).toBe(true);
    expect(desk.dossier).toMatchObject({ state: "setAside", aside: { kind: "discarded", reason: "Mở nhầm thủ tục" }, problems: [] });
    expect((await bridge.listDossiers({ query: "" })).some((line) => line.id === "d1")).toBe(false);
    expect((await bridge.listSetAside({ query: "" })).map((line) => line.id)).toEqual(["d1"]);
    expect(await desk.restore()).toBe(true);
    expect(desk.dossier).toMatchObject({ state: "draft", aside: null });
    expect(await bridge.listSetAside({ query: "" })).toEqual([]);
  });
  it("waits in the list of the portal again, with its papers when it is opened here", async () => {
    const { bridge, table } = await office("online,addedHere");
    const { dossier } = await bridge.openSubmission({ id: "w1", force: false }, () => undefined);
    const desk = await table(dossier.id);
    expect(await desk.giveBack(false)).toBe(false);
    expect(await desk.giveBack(true)).toBe(true);
    expect((await bridge.submissions()).some((line) => line.id === "w1")).toBe(true);
    expect(await desk.openAgain()).toBe(true);
    expect(desk.dossier).toMatchObject({ state: "draft", added: 1 });
  });
});

const shipped = join(import.meta.dirname, "../../assets/guides");
it.runIf(existsSync(shipped))("the guides of the pictures are those that are shipped", async () => {
  const { bridge } = await office("notRegistered");
  const { guides } = await bridge.guides();
  for (const guide of guides) {
    const [title = "", ...lines] = readFileSync(join(shipped, `${guide.key}.txt`), "utf8").trim().split("\n");
    const said = lines.filter((line) => !/^(Từ|Đến) ngày:/.test(line));
    const numbered = guide.steps.map((step, index) => `${index + 1}. ${step}`);
    expect([guide.title, `Liên kết: ${guide.link}`, ...guide.lead, ...numbered, ...guide.notes]).toEqual([title, ...said]);
  }
  const { guide } = await bridge.checkIdentity({ number: "099090000001" });
  expect(guide?.key).toBe("identity");
});
