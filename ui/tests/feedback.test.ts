import { describe, expect, it } from "vitest";
import type { FeedbackLine, WrongUse } from "../src/bridge/bridge";
import { openUses, stageBadge, waitsForUs, wrongUses } from "../src/screens/feedback/feedback";

const line = (more: Partial<FeedbackLine>): FeedbackLine => ({ id: "f", paper: "Giấy khai sinh", paperCode: "1.KQ", ownerName: "", ownerNumber: "", reason: "wrongInformation", text: "", fromAgency: "", fromOfficer: "", givenAt: 0, toAgency: "", ours: true, stage: "open", unsent: false, finding: null, answer: null, uses: [], ...more });
const use = (dossier: string, officer: string, returned = false): WrongUse => ({ dossier, code: dossier, ownerName: "", officer, returned });

describe("feedback on papers", () => {
  it("waits for the office that issued the paper until it is found right or put right", () => {
    expect((["open", "wrong", "right", "corrected"] as const).map((stage) => waitsForUs(line({ stage })))).toEqual([true, true, false, false]);
    expect(waitsForUs(line({ ours: false }))).toBe(false);
    expect(stageBadge(line({})).word).not.toBe(stageBadge(line({ ours: false })).word);
  });
  it("lists each dossier with a wrong paper once, the officer's own first and what was given back last", () => {
    const lines = [line({ uses: [use("d1", "mai", true), use("d2", "mai"), use("d3", "me")] }), line({ id: "g", uses: [use("d3", "me")] })];
    expect(wrongUses(lines, "me").map((found) => found.use.dossier)).toEqual(["d3", "d2", "d1"]);
    expect(openUses(lines, "me").map((found) => found.use.dossier)).toEqual(["d3", "d2"]);
  });
});
