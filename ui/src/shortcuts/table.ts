import type { MessageKey } from "#text";

/** What a key asks for. */
export type Act =
  | "help" | "box" | "newDossier" | "warehouse" | "scan" | "park" | "sign" | "outbox" | "accept" | "print" | "back" | "lock"
  | "place1" | "place2" | "place3" | "place4" | "place5" | "place6" | "place7" | "place8" | "place9" | "section1" | "section2" | "section3" | "section4" | "section5"
  | "consent" | "decline" | "find" | "rowWarehouse" | "rowScan" | "rowDatabase" | "rowReport" | "rowConvert" | "rowView" | "rowReceive" | "rowHandOn" | "rowAsk" | "rowPropose" | "pageUp" | "pageDown" | "optionPick";

/** Where a key counts: everywhere, or only while a row, a line of the bench, a page or an option of a list has the focus. */
export type Scope = "everywhere" | "row" | "line" | "page" | "option";

export interface Shortcut {
  act: Act;
  scope: Scope;
  /** Physical key, so that input methods do not matter. */
  code: string;
  ctrl?: true;
  alt?: true;
  /** The digit keys up to this one mean the same act; the handler hears which. */
  upTo?: number;
  text: MessageKey;
}

/** The one table: the dispatcher, the hints on buttons and the help sheet all read it. */
export const SHORTCUTS: readonly Shortcut[] = [
  { act: "help", scope: "everywhere", code: "F1", text: "key_help" },
  { act: "box", scope: "everywhere", code: "F2", text: "key_box" },
  { act: "newDossier", scope: "everywhere", code: "F3", text: "key_newDossier" },
  { act: "warehouse", scope: "everywhere", code: "F4", text: "key_warehouse" },
  { act: "scan", scope: "everywhere", code: "F5", text: "key_scan" },
  { act: "park", scope: "everywhere", code: "F6", text: "key_park" },
  { act: "sign", scope: "everywhere", code: "F7", text: "key_sign" },
  { act: "outbox", scope: "everywhere", code: "F8", text: "key_outbox" },
  { act: "accept", scope: "everywhere", code: "F9", text: "key_accept" },
  { act: "print", scope: "everywhere", code: "KeyP", ctrl: true, text: "key_print" },
  { act: "consent", scope: "everywhere", code: "KeyD", ctrl: true, text: "key_consent" },
  { act: "decline", scope: "everywhere", code: "KeyK", ctrl: true, text: "key_decline" },
  { act: "find", scope: "everywhere", code: "KeyF", ctrl: true, text: "key_find" },
  { act: "lock", scope: "everywhere", code: "KeyL", ctrl: true, text: "lock" },
  { act: "back", scope: "everywhere", code: "Escape", text: "key_back" },
  { act: "place1", scope: "everywhere", code: "Digit1", ctrl: true, text: "place_home" },
  { act: "place2", scope: "everywhere", code: "Digit2", ctrl: true, text: "place_new" },
  { act: "place3", scope: "everywhere", code: "Digit3", ctrl: true, text: "place_returns" },
  { act: "place4", scope: "everywhere", code: "Digit4", ctrl: true, text: "place_outbox" },
  { act: "place5", scope: "everywhere", code: "Digit5", ctrl: true, text: "place_fees" },
  { act: "place6", scope: "everywhere", code: "Digit6", ctrl: true, text: "place_book" },
  { act: "place7", scope: "everywhere", code: "Digit7", ctrl: true, text: "place_bench" },
  { act: "place8", scope: "everywhere", code: "Digit8", ctrl: true, text: "place_supervise" },
  { act: "place9", scope: "everywhere", code: "Digit9", ctrl: true, text: "place_admin" },
  { act: "section1", scope: "everywhere", code: "Digit1", alt: true, text: "tab_papers" },
  { act: "section2", scope: "everywhere", code: "Digit2", alt: true, text: "tab_receipt" },
  { act: "section3", scope: "everywhere", code: "Digit3", alt: true, text: "tab_steps" },
  { act: "section4", scope: "everywhere", code: "Digit4", alt: true, text: "tab_result" },
  { act: "section5", scope: "everywhere", code: "Digit5", alt: true, text: "key_fees" },
  { act: "rowWarehouse", scope: "row", code: "KeyK", text: "key_rowWarehouse" },
  { act: "rowScan", scope: "row", code: "KeyQ", text: "key_rowScan" },
  { act: "rowDatabase", scope: "row", code: "KeyD", text: "key_rowDatabase" },
  { act: "rowReport", scope: "row", code: "KeyL", text: "key_rowReport" },
  { act: "rowConvert", scope: "row", code: "KeyP", text: "key_rowConvert" },
  { act: "rowView", scope: "row", code: "KeyX", text: "key_rowView" },
  { act: "rowReceive", scope: "line", code: "KeyN", text: "key_rowReceive" },
  { act: "rowHandOn", scope: "line", code: "KeyC", text: "key_rowHandOn" },
  { act: "rowAsk", scope: "line", code: "KeyB", text: "key_rowAsk" },
  { act: "rowPropose", scope: "line", code: "KeyT", text: "key_rowPropose" },
  { act: "pageUp", scope: "page", code: "ArrowUp", alt: true, text: "key_pageUp" },
  { act: "pageDown", scope: "page", code: "ArrowDown", alt: true, text: "key_pageDown" },
  { act: "optionPick", scope: "option", code: "Digit1", upTo: 9, text: "key_optionPick" },
];

/** "Ctrl+1", as printed on buttons and in the help sheet. */
export function keyName(shortcut: Shortcut): string {
  const names: Record<string, string> = { Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓" };
  const key = names[shortcut.code] ?? shortcut.code.replace(/^(Key|Digit)/, "");
  return `${shortcut.ctrl ? "Ctrl+" : ""}${shortcut.alt ? "Alt+" : ""}${key}${shortcut.upTo === undefined ? "" : `–${shortcut.upTo}`}`;
}

export const keyOf = (act: Act) => {
  const found = SHORTCUTS.find((shortcut) => shortcut.act === act);
  return found ? keyName(found) : "";
};
