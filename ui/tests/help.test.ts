// @vitest-environment node
import { describe, expect, it } from "vitest";
import { m } from "#text";
import { HINTS, placeOf } from "../src/screens/tour/tour";
import { keyGroups, matches } from "../src/screens/help/groups";
import { SHORTCUTS } from "../src/shortcuts/table";
import type { DossierLine } from "../src/bridge/bridge";
import { supportLine } from "../src/support";
import vi from "../src/text/vi.json";

const say = (key: keyof typeof m) => (m[key] as () => string)();

const all = { supervises: true, administrator: true };

describe("the help sheet", () => {
  it("has every key of the one table, once, under the place where it counts", () => {
    const groups = keyGroups("", say, all);
    expect(groups.flatMap((g) => g.keys.map((s) => s.act)).sort()).toEqual(SHORTCUTS.map((s) => s.act).sort());
    for (const group of groups) {
      expect(new Set(group.keys.map((s) => s.scope)).size, group.name).toBe(1);
      expect(group.title in vi, group.title).toBe(true);
    }
    expect(groups.map((g) => g.name)).toEqual(["everywhere", "places", "sections", "row", "line", "page", "option"]);
  });
  it("finds a key by its words without marks, by its name and by its place", () => {
    const found = (query: string) => keyGroups(query, say, all).flatMap((g) => g.keys.map((s) => s.act));
    expect(found("tiep nhan")).toContain("accept");
    expect(found("f9")).toEqual(["accept"]);
    expect(found("ctrl+l")).toEqual(["lock"]);
    expect(found("trang quét")).toEqual(["pageUp", "pageDown"]);
    expect(found("zzz")).toEqual([]);
    expect(matches("  ", "gì cũng được")).toBe(true);
  });
});

describe("whose desks and whom to ask", () => {
  it("tells the keys of the supervisor's and the administrator's places to them alone", () => {
    const places = (desks: Parameters<typeof keyGroups>[2]) => keyGroups("", say, desks).flatMap((g) => g.keys.map((s) => s.act)).filter((act) => act === "place8" || act === "place9");
    expect(places(all)).toEqual(["place8", "place9"]);
    expect(places({ supervises: true, administrator: false })).toEqual(["place8"]);
    expect(places({ supervises: false, administrator: true })).toEqual(["place9"]);
    expect(places(null), "before anybody is at work").toEqual([]);
  });
  it("names whoever helps in one line, and nobody where nobody is named", () => {
    const contact = { unit: "Tổ hỗ trợ", phone: "0256 000 000", hours: "", email: "", zalo: "0900" };
    expect(supportLine(contact)).toBe("Tổ hỗ trợ · 0256 000 000 · Zalo 0900");
    expect([supportLine(null), supportLine({ unit: "", phone: "", hours: "", email: "", zalo: "" })]).toEqual([null, null]);
  });
});

describe("the first tour", () => {
  const line = (more: Partial<DossierLine>) => ({ id: "x", state: "accepted", ...more }) as DossierLine;
  it("has five or six hints with their words", () => {
    expect(HINTS.length).toBeLessThanOrEqual(6);
    for (const hint of HINTS) for (const key of [hint.title, hint.text]) expect(key in vi, key).toBe(true);
    const letters = HINTS.reduce((sum, hint) => sum + say(hint.text).length, 0);
    expect(letters, "a minute of reading").toBeLessThan(900);
  });
  it("shows a draft of the officer's own where there is one, and opens nothing else", () => {
    const rows = HINTS.find((hint) => hint.title === "tour_rows");
    if (!rows) throw new Error("no such hint");
    expect(placeOf(rows, [line({ id: "a" }), line({ id: "b", state: "draft" })])).toEqual({ name: "dossier", id: "b", tab: "papers" });
    expect(placeOf(rows, [line({ id: "a" })])).toEqual({ name: "home" });
  });
});
