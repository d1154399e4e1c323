// @vitest-environment node
import { describe, expect, it } from "vitest";
import { m } from "#text";
import { HINTS, placeOf } from "../src/screens/tour/tour";
import { keyGroups, matches } from "../src/screens/help/groups";
import { SHORTCUTS } from "../src/shortcuts/table";
import type { DossierLine } from "../src/bridge/bridge";
import vi from "../src/text/vi.json";

const say = (key: keyof typeof m) => (m[key] as () => string)();

describe("the help sheet", () => {
  it("has every key of the one table, once, under the place where it counts", () => {
    const groups = keyGroups("", say);
    expect(groups.flatMap((g) => g.keys.map((s) => s.act)).sort()).toEqual(SHORTCUTS.map((s) => s.act).sort());
    for (const group of groups) {
      expect(new Set(group.keys.map((s) => s.scope)).size, group.name).toBe(1);
      expect(group.title in vi, group.title).toBe(true);
    }
    expect(groups.map((g) => g.name)).toEqual(["everywhere", "places", "sections", "row", "line", "page", "option"]);
  });
  it("finds a key by its words without marks, by its name and by its place", () => {
    const found = (query: string) => keyGroups(query, say).flatMap((g) => g.keys.map((s) => s.act));
    expect(found("tiep nhan")).toContain("accept");
    expect(found("f9")).toEqual(["accept"]);
    expect(found("ctrl+l")).toEqual(["lock"]);
    expect(found("trang quét")).toEqual(["pageUp", "pageDown"]);
    expect(found("zzz")).toEqual([]);
    expect(matches("  ", "gì cũng được")).toBe(true);
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
