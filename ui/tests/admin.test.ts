import { beforeEach, describe, expect, it } from "vitest";
import type { AdminRow, AdminSheet } from "../src/bridge/bridge";
import { adminOf } from "../src/bridge/fake-admin";
import { admin } from "../src/screens/admin/admin.svelte";
import { both, cellProblem, editsOf, faultWords, filtered, inOrder, keyOf, merged, noteOf, type Pending, sheetName, withEdit, wordsOf } from "../src/screens/admin/lists";

const sheet: AdminSheet = {
  name: "lich", about: "Ngày nghỉ", key: 1, rows: 2,
  columns: [{ name: "ngay", title: "Ngày", kind: "day", words: [], notes: [] }, { name: "loai", title: "Loại ngày", kind: "choice", words: ["nghỉ"], notes: [] }, { name: "ly_do", title: "Lý do", kind: "text", words: [], notes: [] }],
};
const rows: AdminRow[] = [{ key: "01/01/2027", cells: ["01/01/2027", "nghỉ", "Tết Dương lịch"] }, { key: "30/04/2027", cells: ["30/04/2027", "nghỉ", "Ngày Chiến thắng"] }];
const edit = (id: number, key: string | null, cells: string[] | null): Pending => ({ id, sheet: "lich", key, cells });
const last = ["30/04/2027", "nghỉ", "Lễ"];
const fresh = ["02/09/2027", "nghỉ", "Quốc khánh"];

describe("the administrator's lists", () => {
  it("show the rows as they will be, new ones first", () => {
    const lines = merged(sheet, rows, [edit(1, "30/04/2027", last), edit(2, null, fresh), edit(3, "01/01/2027", null), { ...edit(4, null, ["x"]), sheet: "khac" }]);
    expect(lines.map((line) => [line.key, line.fate])).toEqual([["02/09/2027", "added"], ["01/01/2027", "removed"], ["30/04/2027", "changed"]]);
    expect(lines[2]?.cells[2]).toBe("Lễ");
    expect(merged(sheet, rows, []).every((line) => line.fate === null)).toBe(true);
  });

  it("are filtered by words without marks", () => {
    const lines = merged(sheet, rows, []);
    expect(filtered(lines, "chien thang").map((line) => line.key)).toEqual(["30/04/2027"]);
    expect(filtered(lines, "tet 2027")).toHaveLength(1);
    expect(filtered(lines, " ")).toHaveLength(2);
    expect(filtered(lines, "khong co")).toHaveLength(0);
  });

  it("have one edit for a row, and none that changes nothing", () => {
    const one = withEdit([], edit(1, "30/04/2027", last), rows[1]);
    expect(withEdit(one, edit(2, "30/04/2027", null), rows[1])).toEqual([edit(2, "30/04/2027", null)]);
    expect(withEdit(one, edit(3, "30/04/2027", rows[1]?.cells ?? []), rows[1])).toEqual([]);
    const added = withEdit([], edit(4, null, fresh), undefined);
    expect(withEdit(added, edit(4, null, last), undefined)).toEqual([edit(4, null, last)]);
    expect(withEdit(added, edit(4, null, null), undefined)).toEqual([]);
  });

  it("judge a cell by its column before the warehouse does", () => {
    const [day, , text] = sheet.columns;
    if (!day || !text) throw new Error("columns");
    expect(cellProblem(day, "31/02/2027", true)).toBeDefined();
    expect(cellProblem(day, "2-9-2027", true)).toBeUndefined();
    expect(cellProblem(day, "", true)).toBeDefined();
    expect(cellProblem(text, "", false)).toBeUndefined();
    expect(cellProblem({ ...text, kind: "number" }, "12a", false)).toBeDefined();
    expect(cellProblem({ ...text, kind: "number" }, "1.200,5", false)).toBeUndefined();
  });

  it("are called as people say, and one that is not known yet as the warehouse calls it", () => {
    const later = { ...sheet, name: "mat_trang", about: "Mặt trăng" };
    expect(sheetName(sheet)).toBe("Lịch nghỉ, làm bù");
    expect(sheetName("mat_trang", [later])).toBe("Mặt trăng");
    expect(inOrder([later, sheet, { ...sheet, name: "to_chuc" }]).map((of) => of.name)).toEqual(["to_chuc", "lich", "mat_trang"]);
    expect(keyOf({ ...sheet, key: 2 }, ["a", ""])).toBe("a");
    expect(faultWords([sheet], { sheet: "lich", key: "x", column: "ly_do", message: "Sai" })).toContain("Lý do");
    expect(faultWords([sheet], { sheet: "lich", key: "", column: null, message: "Sai" })).toContain("Sai");
  });

  it("say what a chosen setting means and keep one that is not known here", () => {
    const column: AdminSheet["columns"][number] = { name: "ma", title: "Cài đặt", kind: "choice", words: ["a", "b"], notes: ["về a", "về b"] };
    expect([noteOf(column, "b"), noteOf(column, ""), noteOf({ ...column, notes: [] }, "a")]).toEqual(["về b", undefined, undefined]);
    expect(wordsOf(column, "moon.phase")).toEqual(["a", "b", "moon.phase"]);
    expect(wordsOf(column, "a")).toEqual(["a", "b"]);
  });

  it("name the rows that somebody else changed too", () => {
    const changed = [{ sheet: "lich", key: "30/04/2027", fate: "changed" as const, cells: [] }, { sheet: "lich", key: "02/09/2027", fate: "added" as const, cells: [] }];
    expect(both([sheet], [edit(1, "30/04/2027", last)], changed).map((row) => row.key)).toEqual(["30/04/2027"]);
    expect(both([sheet], [edit(2, null, fresh)], changed).map((row) => row.key), "added by both").toEqual(["02/09/2027"]);
  });
});

describe("the administrator's desk", () => {
  beforeEach(() => {
    admin.dropAll();
    while (admin.canUndo) admin.undo();
    admin.dropAll();
  });
  it("takes back one act at a time", () => {
    admin.rows = rows;
    admin.put({ id: null, sheet: "lich", key: "30/04/2027", cells: last });
    admin.put({ id: null, sheet: "lich", key: null, cells: fresh });
    expect(admin.pending).toHaveLength(2);
    admin.undo();
    expect(admin.pending.map((of) => of.key)).toEqual(["30/04/2027"]);
    admin.dropAll();
    expect(admin.pending).toHaveLength(0);
    admin.undo();
    expect(admin.pending).toHaveLength(1);
  });
});

describe("the fake warehouse of the screens", () => {
  const fail = (code: string): never => {
    throw new Error(code);
  };
  const make = (...scenes: string[]) => adminOf({ scene: (name) => scenes.includes(name), fail, now: Date.parse("2026-11-20T09:12:00+07:00") });
  const wish = { base: 12, like: null, edits: editsOf([edit(1, null, fresh)]), from: null, reason: "Mẫu", save: true };

  it("looks, makes, and takes a version back as the real one does", async () => {
    const bridge = make();
    expect((await bridge.adminChange({ ...wish, save: false })).version).toBeNull();
    const made = await bridge.adminChange(wish);
    expect(made.version).toBe(13);
    expect((await bridge.adminChange(wish)).newer?.version).toBe(13);
    const back = await bridge.adminChange({ ...wish, base: 13, like: 12, edits: [] });
    expect([back.version, back.rows.map((row) => row.fate)]).toEqual([14, ["removed"]]);
    const history = await bridge.adminHistory({ sheet: "lich", key: "02/09/2027" });
    expect(history.map((step) => step.change.fate)).toEqual(["added", "removed"]);
  });

  it("shows the lists of the machine without a line, to be read", async () => {
    const bridge = make("offline", "adminKept");
    const lists = await bridge.adminSheets({ version: null });
    expect([lists.kept, lists.mayChange]).toEqual([true, false]);
    expect((await bridge.adminRows({ version: lists.version, sheet: "cai_dat" })).length).toBeGreaterThan(0);
    await expect(bridge.adminPeople()).rejects.toThrow("adminOffline");
  });

  it("refuses what the real one refuses", async () => {
    await expect(make("offline").adminVersions()).rejects.toThrow("adminOffline");
    await expect(make("adminReads").adminChange(wish)).rejects.toThrow("adminBeyondGrant");
    await expect(make().adminChange({ ...wish, reason: " " })).rejects.toThrow("adminReasonMissing");
    await expect(make().adminAct({ kind: "endOfficer", login: "canbo.demo", ended: true })).rejects.toThrow("adminOwnRight");
    const dangling = { sheet: "truong_hop", key: null, cells: ["9.999999", "01", "Không có", "1", "0"] };
    const report = await make().adminChange({ ...wish, edits: [dangling] });
    expect(report.faults.map((fault) => fault.column)).toEqual(["ma_thu_tuc"]);
  });
});
