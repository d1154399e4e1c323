import { describe, expect, it, vi } from "vitest";
import { bridge } from "../src/bridge/fake";
import type { Attachment, ComponentRow, Dossier, DossierLine, Offer, OfficeLine, Standing } from "../src/bridge/bridge";
import { errorText, isOutcome } from "../src/bridge/errors";
import { format, parent, parse, type Route } from "../src/router";
import { noteWords, returnWords } from "../src/screens/book/book";
import { readCard } from "../src/screens/dossier/card";
import { autoWords, DossierDesk, nextStep, rowState, toConvert } from "../src/screens/dossier/desk.svelte";
import { progress } from "../src/screens/dossier/progress";
import { FIELDS, filtered, noFilters, pageOf, storesOf, tabOf, takeable, viewable } from "../src/screens/picker/offers";
import { session } from "../src/session.svelte";
import { reprintWhy } from "../src/screens/dossier/reprint";
import { groupOf, handedHere, reuseRate, typed, worklist } from "../src/screens/home/worklist";
import { hintOf, nextSteps, seatLine, nextTab } from "../src/screens/steps/steps";
import { bytes, date, isoDay, minutesSeconds, moment } from "../src/text/format";
import { parseDay } from "../src/text/day";

const line = (more: Partial<DossierLine>): DossierLine => ({ id: "x", code: null, ownerName: "", ownerNumber: "", procedureName: "", state: "accepted", declined: null, openedAt: 0, deadline: null, phase: "working", seat: null, onItsWay: false, outbox: null, reused: 0, reprint: [], guideDue: false, feeDue: 0, ...more });

describe("a draft opened without a network", () => {
  it("asks the warehouse by itself when the network is back, once", async () => {
    const desk = new DossierDesk("d1");
    await desk.load();
    expect(desk.unasked).toBe(false);
    desk.dossier?.components.forEach((row) => (row.matchesAt = null));
    expect(desk.unasked).toBe(true);
    const asked = vi.spyOn(desk, "reuse").mockResolvedValue();
    for (const online of [true, false, false, null]) desk.hear(online);
    expect(asked, "never while nothing came back").not.toHaveBeenCalled();
    for (const online of [false, true, true]) desk.hear(online);
    expect(asked).toHaveBeenCalledOnce();
    desk.dossier?.components.forEach((row) => (row.matchesAt = 1));
    for (const online of [false, true]) desk.hear(online);
    expect(asked, "what was asked is known").toHaveBeenCalledOnce();
  });
});

describe("the box", () => {
  it("knows what was typed by its pattern", () => {
    expect(typed("099090000001").kind).toBe("identity");
    expect(typed("099090000001|099000111|Đỗ Thị|01011990|Nữ|xã|01012021")).toEqual({ kind: "identity", value: "099090000001" });
    expect(typed("099000111").kind).toBe("identity");
    expect(typed("B1234567").kind).toBe("identity");
    expect(typed("0900000001").kind).toBe("phone");
    expect(typed("000.01.20.H08-261120-0003").kind).toBe("dossierCode");
    expect(typed("TAM-261120-0003").kind).toBe("dossierCode");
    expect(typed("thanh lan").kind).toBe("words");
    expect(typed("  ").kind).toBe("nothing");
  });
});

describe("the QR of a citizen's card", () => {
  it("gives number, name and address, with or without the former number and later fields", () => {
    const read = { number: "099090000001", former: "", name: "Đỗ Thị Thử", address: "Thôn 1, xã An Hòa" };
    expect(readCard("099090000001||Đỗ Thị Thử|01011990|Nữ|Thôn 1, xã An Hòa|01012021")).toEqual(read);
    expect(readCard(" 099090000001|099000111|Đỗ Thị Thử|01011990|Nữ|Thôn 1, xã An Hòa|01012021|x|y\n")).toEqual({ ...read, former: "099000111" });
  });
  it("is told from everything else that is typed there", () => {
    for (const text of ["099090000001", "099090000001|", "09909|a|b", "", "a|b|c|d", "B1234567"]) expect(readCard(text)).toBeNull();
  });
});

const me = { officer: "canbo.demo", unit: "Bộ phận Một cửa" };
const seat = (officer: string, unit = "Phòng Kinh tế") => ({ unit, officer });

describe("the worklist", () => {
  const today = "2026-11-20";
  it("puts the most pressing first and drops nothing", () => {
    const lines = [line({ state: "completed" }), line({ deadline: "2026-11-18" }), line({ deadline: today }), line({ deadline: "2026-11-22" }), line({ deadline: "2026-12-30" }), line({ state: "draft", deadline: "2026-11-01" })];
    expect(lines.map((l) => groupOf(l, today, me))).toEqual(["done", "overdue", "today", "soon", "waiting", "drafts"]);
    expect(worklist(lines, today, me).map((g) => g.group)).toEqual(["overdue", "today", "soon", "drafts", "waiting", "done"]);
  });
  it("asks for a receipt to be printed again before anything else, until it is", () => {
    const changed = line({ deadline: "2026-11-18", reprint: ["finalCode", "papers"] });
    expect(worklist([line({ deadline: today }), changed], today, me).map((g) => g.group)).toEqual(["reprint", "today"]);
    expect(groupOf(line({ state: "completed", reprint: ["papers"] }), today, me)).toBe("reprint");
    expect(groupOf({ ...changed, reprint: [] }, today, me)).toBe("overdue");
    expect(groupOf(line({ state: "completed", guideDue: true }), today, me)).toBe("guide");
    expect(reprintWhy(changed.reprint)).toBe("mã chính thức thay mã tạm; giấy tờ đã thay");
  });
  it("puts what was handed to the officer or his unit first, however late the rest is", () => {
    const handed = line({ deadline: "2026-12-30", seat: seat("Canbo.demo"), onItsWay: true });
    expect(worklist([line({ deadline: "2026-11-18" }), handed], today, me).map((g) => g.group)).toEqual(["toMe", "overdue"]);
    expect(groupOf(line({ deadline: today, seat: seat("", "Bộ phận Một cửa"), onItsWay: true }), today, me)).toBe("toMe");
    expect(groupOf(line({ deadline: today, seat: seat("le.thi.mai"), onItsWay: true }), today, me)).toBe("today");
    expect(groupOf(line({ deadline: today, seat: seat("canbo.demo") }), today, me), "taken before").toBe("today");
    expect(groupOf({ ...handed, phase: "refused" }, today, me)).toBe("done");
  });
  it("calls late only what the clock runs for", () => {
    const late = { deadline: "2026-11-18" };
    expect(groupOf(line({ ...late, phase: "awaitingSupplement" }), today, me)).toBe("supplement");
    expect(groupOf(line({ ...late, phase: "stopped" }), today, me)).toBe("done");
    expect(groupOf(line({ ...late, phase: "resultProposed" }), today, me)).toBe("overdue");
    expect(groupOf(line({ deadline: "2026-12-30", phase: "resultProposed" }), today, me)).toBe("proposed");
  });
  it("leads to where the next act is", () => {
    expect(nextTab({ phase: "working", seat: null })).toBe("result");
    expect(nextTab({ phase: "working", seat: seat("x") })).toBe("steps");
    expect(nextTab({ phase: "resultProposed", seat: seat("x") })).toBe("result");
    expect(nextTab({ phase: "awaitingSupplement", seat: null })).toBe("steps");
  });
  it("takes what another counter handed to the officer out of the office's list", () => {
    const row = (id: string, more: Partial<OfficeLine>): OfficeLine => ({ id, code: "", ownerName: "", ownerNumber: "", procedureName: "", state: "accepted", acceptedAt: 0, deadline: today, phase: "working", seat: null, onItsWay: false, officer: "", counter: "", holder: null, ...more });
    const rows = [row("a", {}), row("b", { seat: seat("canbo.demo"), onItsWay: true }), row("c", { seat: seat("canbo.demo"), onItsWay: true, phase: "stopped" })];
    expect(handedHere(rows, me).map((part) => part.map((r) => r.id))).toEqual([["b"], ["a", "c"]]);
  });
  it("counts the reuse rate per dossier, two decimals half up, and nothing received is no zero", () => {
    expect(reuseRate([line({ state: "draft", reused: 3 })]).percent).toBeNull();
    expect(reuseRate([line({ reused: 2 }), line({}), line({})]).percent).toBe(33.33);
    expect(reuseRate(Array.from({ length: 306 }, (_, i) => line({ reused: i === 0 ? 1 : 0 }))).percent).toBe(0.33);
  });
});

describe("what is done next", () => {
  const standing = (more: Partial<Standing> = {}): Standing => ({ phase: "working", since: null, seat: null, onItsWay: false, mayAsk: true, mayReappoint: true, handOverBy: "2026-11-20", askBy: "2026-11-25", apologiseBy: "2026-11-19", originals: [], steps: [], ...more });
  const of = (more: Partial<Standing> = {}, state: "accepted" | "completed" = "accepted") => nextSteps({ state, standing: standing(more) }, me);
  it("is only what is possible now, the most likely first", () => {
    expect(of()).toEqual({ first: "handedOver", then: ["resultProposed", "supplementAsked", "reappointed"], ends: ["refused", "stopped"] });
    expect(of({ seat: seat("canbo.demo") }).first).toBe("resultProposed");
    expect(of({ seat: seat("canbo.demo"), onItsWay: true }).first).toBe("takenOver");
    expect(of({ seat: seat(""), onItsWay: true }).first).toBe("takenOver");
    expect(of({ phase: "awaitingSupplement" })).toEqual({ first: "supplemented", then: ["handedOver"], ends: ["refused", "stopped"] });
    expect(of({ phase: "resultProposed", mayReappoint: false })).toEqual({ first: "return", then: ["handedOver", "supplementAsked"], ends: ["refused", "stopped"] });
  });
  it("is nobody's task here while it goes to another officer, but can be taken", () => {
    const other = of({ seat: seat("le.thi.mai"), onItsWay: true });
    expect([other.first, other.then[0]]).toEqual([null, "takenOver"]);
  });
  it("is to give originals back and nothing else once it is over", () => {
    const originals = [{ row: 1, name: "", returned: true }, { row: 2, name: "", returned: false }];
    for (const phase of ["refused", "stopped"] as const) expect(of({ phase, originals })).toEqual({ first: "originalReturned", then: [], ends: [] });
    expect(of({ phase: "refused" }).first).toBeNull();
    expect(of({ originals }, "completed").first).toBe("originalReturned");
    expect(nextSteps({ state: "draft", standing: null }, me).first).toBeNull();
  });
  it("says its day, today and past by a word", () => {
    const today = "2026-11-20";
    expect(hintOf("supplementAsked", standing(), today)).toEqual({ words: "Yêu cầu bổ sung chậm nhất 25/11/2026", when: "later" });
    expect(hintOf("handedOver", standing(), today)).toEqual({ words: "Chuyển trước hết ngày hôm nay", when: "today" });
    expect(hintOf("reappointed", standing(), today)).toMatchObject({ when: "past", words: expect.stringContaining("Đã quá ngày") });
    expect(hintOf("handedOver", standing({ seat: seat("") }), today), "it was handed over").toBeNull();
    expect(hintOf("reappointed", standing({ phase: "awaitingSupplement" }), today), "the clock stands").toBeNull();
    expect(hintOf("reappointed", standing({ apologiseBy: null }), today), "there was no such day").toBeNull();
  });
  it("says who has it, in the officer's own words where it is himself", () => {
    expect(seatLine({ seat: null, onItsWay: false }, me)).toBe("");
    expect(seatLine({ seat: seat("le.thi.mai"), onItsWay: false }, me)).toBe("Đang ở: Phòng Kinh tế (le.thi.mai)");
    expect(seatLine({ seat: seat(""), onItsWay: true }, me)).toBe("Đang chuyển đến: Phòng Kinh tế");
    expect(seatLine({ seat: seat("canbo.demo"), onItsWay: false }, me)).toBe("Tôi đang giữ");
    expect(seatLine({ seat: seat("canbo.demo"), onItsWay: true }, me)).toBe("Chuyển đến tôi, chờ nhận");
  });
});

describe("a Word file on a row", () => {
  it("becomes a PDF before it is signed, says where it came from, and can come back", async () => {
    const desk = new DossierDesk("d2");
    await desk.load();
    const dossier = () => desk.dossier as Dossier;
    const attached = () => dossier().components[1]?.attachment;
    await desk.restoreWord(2);
    expect(toConvert(dossier()).map((row) => row.number)).toEqual([2]);
    dossier().problems = [{ field: "components.2", code: "componentNotDigitized" }];
    expect(nextStep(dossier()), "told before the token is asked for").toBe("convert");
    expect(progress(dossier()).todo).not.toBe("progress_todo_sign");
    const first = dossier().components[0] as ComponentRow;
    const [was, paper] = [{ ...first }, { ...(attached() as Attachment), word: false, mediaType: "application/pdf" }];
    Object.assign(first, { attachment: paper, entersWarehouse: true, needsSignature: "agency" });
    expect(nextStep(dossier()), "it comes first").toBe("convert");
    expect(nextStep(dossier(), [2]), "put off, it keeps no other row from its signature").toBe("sign");
    expect(progress(dossier(), [2]).todo).not.toBe("progress_todo_convert");
    Object.assign(first, { needsSignature: "none", canDigitize: true });
    expect(nextStep(dossier(), [2])).toBe("digitize");
    Object.assign(first, was);
    expect(nextStep(dossier(), [2]), "its own paper is told as missing").toBeNull();
    expect(await desk.convert(2)).toBe(true);
    expect(attached()).toMatchObject({ word: false, mediaType: "application/pdf", source: "file", dpi: null, pages: 3, origin: { officer: "canbo.demo" } });
    expect(toConvert(dossier())).toEqual([]);
    expect(desk.ticked, "now it is signed with the others").toContain(2);
    expect(await desk.restoreWord(2)).toBe(true);
    expect(attached()).toMatchObject({ word: true, origin: null });
    expect(desk.ticked).not.toContain(2);
  });
  it("that was stopped is no failure", () => {
    expect(isOutcome({ code: "convertCancelled", params: {}, reference: "" })).toBe(true);
    expect(isOutcome({ code: "convertFailed", params: {}, reference: "" })).toBe(false);
  });
});

describe("rows of the dossier", () => {
  const row = (more: Partial<ComponentRow>): ComponentRow => ({ number: 1, name: "", form: "original", quantity: 1, required: true, entersWarehouse: true, resultCodes: [], attachment: null, reservation: null, waiver: null, matches: 0, matchesAt: null, capturing: 0, needsSignature: "none", canDigitize: false, open: true, ...more });
  const file = { blob: "", size: 1, pages: 1, mediaType: "application/pdf", source: "scan" as const, dpi: 300, document: null, signatures: [], digitized: false, outbox: null, word: false, origin: null };
  it("say how far they are and never more", () => {
    expect(rowState(row({}))).toBe("missing");
    expect(rowState(row({ required: false }))).toBe("optional");
    expect(rowState(row({ capturing: 2 }))).toBe("capturing");
    expect(rowState(row({ reservation: { document: "p", problem: null } }))).toBe("reserved");
    expect(rowState(row({ reservation: { document: "p", problem: "documentUnknown" } }))).toBe("reserveFailed");
    expect(rowState(row({ attachment: file, needsSignature: "agency" }))).toBe("needsSign");
    expect(rowState(row({ attachment: file }))).toBe("needsDigitize");
    expect(rowState(row({ attachment: { ...file, digitized: true } }))).toBe("digitized");
    expect(rowState(row({ attachment: file, entersWarehouse: false }))).toBe("attached");
    expect(rowState(row({ attachment: { ...file, source: "warehouse" } }))).toBe("reused");
    expect(rowState(row({ attachment: { ...file, word: true } })), "a Word file is no paper for the warehouse yet").toBe("needsConvert");
    expect(rowState(row({ attachment: { ...file, word: true }, entersWarehouse: false })), "it may stay a Word file in the dossier").toBe("attached");
    expect(rowState(row({ attachment: file, needsSignature: "agency" }), false, true), "nobody signs it any more").toBe("attached");
  });
});

describe("the ticks of the papers", () => {
  it("stand at what still needs a signature, and the officer may change them", async () => {
    const desk = new DossierDesk("d1");
    await desk.load();
    const rows = desk.dossier?.components ?? [];
    const scanned = (needsSignature: ComponentRow["needsSignature"]) => ({ attachment: { blob: "", size: 1, pages: 1, mediaType: "application/pdf", source: "scan" as const, dpi: 300, document: null, signatures: [], digitized: false, outbox: null }, needsSignature });
    Object.assign(rows[0] as ComponentRow, scanned("agency"));
    Object.assign(rows[1] as ComponentRow, scanned("none"));
    expect(desk.ticked).toEqual([1]);
    desk.picked[2] = true;
    desk.picked[3] = true;
    expect(desk.ticked).toEqual([1, 2]);
    desk.picked[1] = false;
    expect(desk.ticked).toEqual([2]);
  });
});

describe("what is left of a draft", () => {
  const problem = (code: string, n: number) => ({ field: `components.${n}`, code });
  const unfiled = (needsSignature: ComponentRow["needsSignature"], canDigitize: boolean) => ({ open: true, needsSignature, canDigitize, attachment: { blob: "", size: 1, pages: 1, mediaType: "application/pdf", source: "scan" as const, dpi: 300, document: null, signatures: [], digitized: false, outbox: null } });
  it("is signed, digitized and accepted by one key, in that order, and only when nothing else is missing", async () => {
    const desk = new DossierDesk("d1");
    await desk.load();
    const dossier = desk.dossier as Dossier;
    Object.assign(dossier.components[0] as ComponentRow, unfiled("agency", false));
    Object.assign(dossier.components[1] as ComponentRow, unfiled("none", true));
    dossier.problems = [problem("componentNotDigitized", 1), problem("componentNotDigitized", 2)];
    expect(nextStep(dossier)).toBe("sign");
    Object.assign(dossier.components[0] as ComponentRow, unfiled("none", true));
    expect(nextStep(dossier)).toBe("digitize");
    dossier.problems.push(problem("componentMissing", 3));
    expect(nextStep(dossier), "what is missing is told first").toBeNull();
    dossier.problems = [];
    expect(nextStep(dossier)).toBeNull();
  });
});

describe("the automatic update", () => {
  it("shows how far it is while it runs and says what it did", async () => {
    const desk = new DossierDesk("d1");
    await desk.load();
    const running = desk.autoAttach();
    expect(desk.fetching).toMatchObject({ stopping: false, at: { total: 5 } });
    desk.stop();
    expect(desk.fetching?.stopping).toBe(true);
    await running;
    expect(desk.fetching).toBeNull();
    expect(desk.auto?.rows.map((r) => r.outcome)).toEqual(["none", "attached", "none", "attached", "none"]);
  });
  it("that was stopped says what was kept and nothing about rows it did not reach", () => {
    const rows = [{ component: 1, outcome: "attached" as const, count: 1 }];
    expect(autoWords({ rows, stopped: true })).toContain("Đã lấy 1 giấy tờ và giữ lại");
    expect(autoWords({ rows, stopped: false })).toContain("Đã lấy từ kho 1 giấy tờ");
  });
  it("runs by itself for a dossier opened just now, and tells nobody what was in its way", async () => {
    const [procedure] = await bridge.findProcedures({ query: "xang dau" });
    const owner = { kind: "citizen" as const, number: "099090000001", aliases: [], name: "Người Mẫu", address: "", phone: "" };
    const made = await bridge.openDossier({ channel: "direct", returnMethod: "counter", owner, submitter: null, procedureCode: procedure?.code ?? "", caseCode: procedure?.cases[0]?.code ?? "" });
    const desk = new DossierDesk(made.id);
    await desk.load();
    await desk.reuse();
    expect(desk.auto?.rows.some((row) => row.outcome === "attached")).toBe(true);
    const failing = vi.spyOn(bridge, "autoAttach").mockRejectedValueOnce({ code: "linkTrouble", params: {}, reference: "r" });
    await desk.reuse();
    expect([failing.mock.calls.length, session.failure, desk.auto, desk.busy]).toEqual([1, null, null, false]);
  });
});

describe("signing", () => {
  it("that is stopped keeps what was signed and names what is left", async () => {
    const id = "d3";
    const heard: number[] = [];
    const done = await bridge.sign({ id, components: [2, 1], fingerprint: "aa" }, (at) => {
      heard.push(at.done);
      if (at.done === 1) void bridge.cancelJob({ job: "sign" });
    });
    expect(heard).toEqual([0, 1]);
    expect([done.signed, done.left]).toEqual([[1], [2]]);
    expect(done.dossier.components[0]?.attachment?.signatures).toHaveLength(1);
  });
  it("of a result ends where the province asks for no more signatures, whoever signed already", async () => {
    const at = { id: "d3", components: [0] };
    const attached = await bridge.attachFile({ id: "d3", component: 0 });
    expect(attached?.resultNeedsSignature).toBe("agency");
    const byOfficer = await bridge.sign({ ...at, fingerprint: "bb" }, () => undefined);
    expect(byOfficer.dossier.resultNeedsSignature).toBe("agency");
    const byAgency = await bridge.sign({ ...at, fingerprint: "aa" }, () => undefined);
    expect(byAgency.dossier.resultNeedsSignature).toBe("none");
  });
});

describe("the picker", () => {
  const offer = (more: Partial<Offer>): Offer => ({ document: "", code: "", name: "", blob: "", fit: "exact", reasons: [], here: true, provenance: "provincial", status: "valid", kind: "", category: "", store: "", storeName: "", size: 0, ownerNumber: "", ownerName: "", decisionNumber: "", summary: "", uses: 0, issuedOn: null, validUntil: null, issuer: "", ...more });
  it("never lets an unfit, invalid or unsynchronised paper be taken", () => {
    expect(takeable(offer({}))).toBe(true);
    expect(takeable(offer({ fit: "unfit" }))).toBe(false);
    expect(takeable(offer({ status: "expired" }))).toBe(false);
    expect(takeable(offer({ provenance: "nationalNotSynced" }))).toBe(false);
  });
  it("keeps the national store apart from the province's own", () => {
    const items = [offer({ document: "own" }), offer({ document: "national", provenance: "national" }), offer({ document: "link", provenance: "nationalNotSynced" })];
    const stores = storesOf(items);
    expect(stores).toEqual(["Kho quốc gia"]);
    expect(tabOf(items, "store", stores).map((o) => o.document)).toEqual(["own"]);
    expect(tabOf(items, "named-0", stores).map((o) => o.document)).toEqual(["national", "link"]);
  });
  it("has a tab for every store the warehouse names, the province's first", () => {
    const items = [
      offer({ document: "a", provenance: "national", storeName: "Kho DVCQG" }), offer({ document: "b", provenance: "national", storeName: "CSDLHTĐT" }),
      offer({ document: "c", storeName: "Kho Quy Nhơn", fit: "unfit" }), offer({ document: "d" }), offer({ document: "e", provenance: "nationalNotSynced", storeName: "Kho DVCQG" }),
    ];
    const stores = storesOf(items);
    expect(stores).toEqual(["Kho Quy Nhơn", "CSDLHTĐT", "Kho DVCQG"]);
    expect(stores.map((_, n) => tabOf(items, `named-${n}`, stores).map((o) => o.document))).toEqual([["c"], ["b"], ["a", "e"]]);
    expect(tabOf(items, "store", stores).map((o) => o.document)).toEqual(["d"]);
  });
  it("lets a paper be looked at before it is taken, a national one only when it is here", () => {
    expect(viewable(offer({ here: false }), true)).toBe(true);
    expect(viewable(offer({ here: false }), false)).toBe(false);
    expect(viewable(offer({ here: false, provenance: "national" }), true)).toBe(false);
    expect(viewable(offer({ here: true, provenance: "national" }), false)).toBe(true);
  });
  it("orders by fit, then the newest, twenty a page", () => {
    const items = [offer({ document: "old", issuedOn: "2020-01-01" }), offer({ document: "s", fit: "suggested" }), offer({ document: "new", issuedOn: "2024-01-01" }), offer({ document: "u", fit: "unfit" })];
    expect(tabOf(items, "store", []).map((o) => o.document)).toEqual(["new", "old", "s", "u"]);
    expect(tabOf(items, "suggested", []).map((o) => o.document)).toEqual(["new", "old", "s"]);
    const many = Array.from({ length: 41 }, (_, i) => offer({ document: String(i) }));
    expect(pageOf(many, 3)).toMatchObject({ pages: 3, first: 40 });
    expect(pageOf(many, 99).rows).toHaveLength(1);
    expect(pageOf([], 1).pages).toBe(1);
  });
});

describe("the search of the warehouse", () => {
  const offer = (more: Partial<Offer>): Offer => ({ document: "", code: "", name: "", blob: "", fit: "exact", reasons: [], here: true, provenance: "provincial", status: "valid", kind: "", category: "", store: "", storeName: "", size: 0, ownerNumber: "", ownerName: "", decisionNumber: "", summary: "", uses: 0, issuedOn: null, validUntil: null, issuer: "", ...more });
  const papers = [
    offer({ document: "a", ownerName: "Trần Thử", name: "Giấy đăng ký", code: "099.KQ.G15.900001", decisionNumber: "12/QĐ", ownerNumber: "099090000001", summary: "Bản chính" }),
    offer({ document: "b", ownerName: "Trần Thử", name: "Giấy khai sinh", code: "099.KQ.G15.900002", decisionNumber: "34/QĐ", ownerNumber: "099090000001", summary: "Bản sao" }),
  ];
  const found = (more: Partial<ReturnType<typeof noFilters>>) => filtered(papers, { ...noFilters(), ...more }).map((o) => o.document);
  it("has six fields, each without regard to marks and case, all combined", () => {
    expect(FIELDS).toHaveLength(6);
    expect(found({})).toEqual(["a", "b"]);
    expect(found({ name: "DANG ky" })).toEqual(["a"]);
    expect(found({ code: "900002" })).toEqual(["b"]);
    expect(found({ decision: "12/qd" })).toEqual(["a"]);
    expect(found({ ownerName: "thu" })).toEqual(["a", "b"]);
    expect(found({ number: "0001" })).toEqual(["a", "b"]);
    expect(found({ summary: "sao" })).toEqual(["b"]);
    expect(found({ name: "giay", summary: "sao", decision: "12" })).toEqual([]);
  });
});

describe("the book of dossiers", () => {
  const day = "2026-11-20";
  it("has each dossier of its days once, in the order of acceptance, also those of other counters", async () => {
    const { count, lines } = await bridge.book({ from: day, to: day });
    expect(lines.length).toBe(count);
    expect(new Set(lines.map((row) => row.dossier)).size).toBe(count);
    expect(lines.map((row) => row.received)).toEqual(lines.map((row) => row.received).sort((a, b) => a - b));
    expect(lines.every((row) => isoDay(row.received) === day)).toBe(true);
    expect(new Set(lines.map((row) => row.here))).toEqual(new Set([true, false]));
  });
  it("ends after it begins and covers a year at most", async () => {
    await expect(bridge.book({ from: "2026-11-21", to: day })).rejects.toMatchObject({ error: { code: "bookReversed" } });
    await expect(bridge.book({ from: "2025-11-01", to: day })).rejects.toMatchObject({ error: { code: "bookTooLong" } });
  });
  it("says in words what is out of the ordinary", () => {
    expect(noteWords({ kind: "firstDue", day })).toBe("Hẹn lần đầu 20/11/2026");
    expect(noteWords({ kind: "takenBack", day })).toBe("Đã bỏ 20/11/2026");
    expect(returnWords("electronic")).toBe("Bản điện tử");
  });
});

describe("addresses", () => {
  const routes: Route[] = [{ name: "home" }, { name: "new" }, { name: "returns" }, { name: "outbox" }, { name: "fees" }, { name: "book" }, { name: "dossier", id: "a1", tab: "result" }, { name: "dossier", id: "a1", tab: "steps" }, { name: "capture", id: "a1", component: 0 }, { name: "sign", id: "a1", components: [1, 3] }, { name: "sign", id: "a1", components: [] }];
  it.each(routes)("are read back as they were written: %o", (route) => expect(parse(format(route))).toEqual(route));
  it("unknown addresses lead home, Esc one level back", () => {
    expect(parse("#/elsewhere")).toEqual({ name: "home" });
    expect(parent({ name: "capture", id: "a", component: 0 })).toEqual({ name: "dossier", id: "a", tab: "result" });
    expect(parent({ name: "dossier", id: "a", tab: "papers" })).toEqual({ name: "home" });
  });
});

describe("words and figures", () => {
  const at = Date.parse("2026-11-20T18:30:00Z");
  it("times are Vietnam's, dates dd/MM/yyyy", () => {
    expect(date(at)).toBe("21/11/2026");
    expect(isoDay(at)).toBe("2026-11-21");
    expect(moment(at)).toBe("01:30 21/11/2026");
    expect(minutesSeconds(485)).toBe("8:05");
    expect(bytes(761_712)).toBe("744 KB");
    expect(bytes(1_261_014)).toBe("1,2 MB");
  });
  it("a day typed by hand is read, an impossible one is not", () => {
    expect(parseDay("2/2/2024")).toBe("2024-02-02");
    expect(parseDay("02022024")).toBe("2024-02-02");
    expect(parseDay("29-02-2023")).toBeNull();
    expect(parseDay("31/04/2026")).toBeNull();
    expect(parseDay("hôm nay")).toBeNull();
  });
  it("an unknown error code still gets a sentence", () => {
    expect(errorText({ code: "neverHeardOf", params: {}, reference: "" })).toBe(errorText({ code: "internal", params: {}, reference: "" }));
  });
});
