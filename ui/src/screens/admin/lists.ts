import { m } from "#text";
import type { AdminColumn, AdminDiff, AdminEdit, AdminFault, AdminFate, AdminRole, AdminRow, AdminSheet } from "../../bridge/bridge";
import { parseDay } from "../../text/day";
import { fold } from "../../text/format";

/** So many rows are put into the table; a filter finds the others. */
export const SHOWN = 200;

/** A change of one row that was not saved. */
export interface Pending {
  id: number;
  sheet: string;
  /** The row it was; null for a new one. */
  key: string | null;
  /** The row it becomes; null when it goes. */
  cells: string[] | null;
}

/** A row of the table: as it is, or as it will be. */
export interface Line {
  id: string;
  key: string;
  cells: string[];
  fate: AdminFate | null;
  pending: Pending | null;
}

const NAMES: Record<string, () => string> = {
  to_chuc: m.admin_sheet_to_chuc, thu_tuc: m.admin_sheet_thu_tuc, truong_hop: m.admin_sheet_truong_hop, thanh_phan: m.admin_sheet_thanh_phan, danh_muc: m.admin_sheet_danh_muc,
  lich: m.admin_sheet_lich, gio_lam: m.admin_sheet_gio_lam, bieu_mau: m.admin_sheet_bieu_mau, huong_dan: m.admin_sheet_huong_dan, chi_tieu: m.admin_sheet_chi_tieu,
  quy_dinh: m.admin_sheet_quy_dinh, cai_dat: m.admin_sheet_cai_dat, thong_bao: m.admin_sheet_thong_bao, chung_thu: m.admin_sheet_chung_thu,
};
const ORDER = Object.keys(NAMES);

/** What a list is called here; one this program does not know yet is called as the warehouse calls it. */
export const sheetName = (sheet: AdminSheet | string, sheets: AdminSheet[] = []): string => {
  const name = typeof sheet === "string" ? sheet : sheet.name;
  const about = typeof sheet === "string" ? sheets.find((known) => known.name === sheet)?.about : sheet.about;
  return NAMES[name]?.() ?? about ?? name;
};

export function inOrder(sheets: AdminSheet[]): AdminSheet[] {
  const place = (sheet: AdminSheet) => (ORDER.includes(sheet.name) ? ORDER.indexOf(sheet.name) : ORDER.length);
  return [...sheets].sort((a, b) => place(a) - place(b));
}

export const columnTitle = (sheets: AdminSheet[], sheet: string, column: string): string =>
  sheets.find((known) => known.name === sheet)?.columns.find((known) => known.name === column)?.title ?? column;

export const keyOf = (sheet: AdminSheet, cells: string[]): string => cells.slice(0, sheet.key).join(" ").trimEnd();

/** The words of a column, and one this program does not know where the row has it: it is not lost by looking at it. */
export const wordsOf = (column: AdminColumn, held: string): string[] => (held === "" || column.words.includes(held) ? column.words : [...column.words, held]);

/** What the chosen word of a column means, where that needs saying. */
export const noteOf = (column: AdminColumn, word: string): string | undefined => column.notes[column.words.indexOf(word)];

/** The rows as they will be: new ones first, so that they are seen. */
export function merged(sheet: AdminSheet, rows: AdminRow[], pending: Pending[]): Line[] {
  const own = pending.filter((edit) => edit.sheet === sheet.name);
  const touched = new Map(own.flatMap((edit) => (edit.key === null ? [] : [[edit.key, edit] as const])));
  const added = own.flatMap((edit): Line[] => (edit.key !== null || edit.cells === null ? [] : [{ id: `new-${edit.id}`, key: keyOf(sheet, edit.cells), cells: edit.cells, fate: "added", pending: edit }]));
  const kept = rows.map((row): Line => {
    const edit = touched.get(row.key) ?? null;
    if (!edit) return { id: row.key, key: row.key, cells: row.cells, fate: null, pending: null };
    return { id: row.key, key: row.key, cells: edit.cells ?? row.cells, fate: edit.cells === null ? "removed" : "changed", pending: edit };
  });
  return [...added, ...kept];
}

export function filtered(lines: Line[], query: string): Line[] {
  const words = fold(query).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return lines;
  return lines.filter((line) => {
    const said = fold(line.cells.join(" "));
    return words.every((word) => said.includes(word));
  });
}

/** Why a cell cannot be written like that; the warehouse judges the rest. */
export function cellProblem(column: AdminColumn, value: string, isKey: boolean): string | undefined {
  const text = value.trim();
  if (text === "") return isKey ? m.admin_form_key() : undefined;
  if (column.kind === "number" && !/^[\d.,]+$/.test(text)) return m.admin_form_number();
  if (column.kind === "day" && parseDay(text) === null) return m.day_wrong();
  return undefined;
}

/** Puts an edit among the others: a row has one, and one that changes nothing is none. */
export function withEdit(pending: Pending[], edit: Pending, row: AdminRow | undefined): Pending[] {
  const others = pending.filter((other) => other.id !== edit.id && !(edit.key !== null && other.sheet === edit.sheet && other.key === edit.key));
  const same = row !== undefined && edit.cells !== null && edit.cells.every((cell, n) => cell === row.cells[n]);
  const nothing = same || (edit.key === null && edit.cells === null);
  return nothing ? others : [...others, edit];
}

export const editsOf = (pending: Pending[]): AdminEdit[] => pending.map(({ sheet, key, cells }) => ({ sheet, key, cells }));

/** Rows that somebody else changed too, or added under the same key. */
export function both(sheets: AdminSheet[], pending: Pending[], rows: AdminDiff[]): AdminDiff[] {
  const fresh = (edit: Pending) => {
    const sheet = sheets.find((known) => known.name === edit.sheet);
    return sheet && edit.cells ? keyOf(sheet, edit.cells) : null;
  };
  return rows.filter((row) => pending.some((edit) => edit.sheet === row.sheet && (edit.key === row.key || fresh(edit) === row.key)));
}

export const fateWords: Record<AdminFate, () => string> = { added: m.admin_fate_added, removed: m.admin_fate_removed, changed: m.admin_fate_changed };
export const fateBadges: Record<AdminFate, { tone: "success" | "action" | "danger"; words: () => string }> = {
  added: { tone: "success", words: m.admin_row_added }, changed: { tone: "action", words: m.admin_row_changed }, removed: { tone: "danger", words: m.admin_row_removed },
};

export function faultWords(sheets: AdminSheet[], fault: AdminFault): string {
  const sheet = sheetName(fault.sheet, sheets);
  if (fault.key === "") return m.admin_preview_fault_whole({ sheet, message: fault.message });
  if (fault.column === null) return m.admin_preview_fault_row({ sheet, key: fault.key, message: fault.message });
  return m.admin_preview_fault({ sheet, key: fault.key, column: columnTitle(sheets, fault.sheet, fault.column), message: fault.message });
}

export const ROLES: Record<AdminRole, () => string> = {
  intake: m.admin_role_intake, specialist: m.admin_role_specialist, clerk: m.admin_role_clerk, signer: m.admin_role_signer,
  certifier: m.admin_role_certifier, supervisor: m.admin_role_supervisor, reporter: m.admin_role_reporter, administrator: m.admin_role_administrator,
};
