import type { MessageKey } from "#text";
import { keyName, type Scope, type Shortcut, SHORTCUTS } from "../../shortcuts/table";
import { fold } from "../../text/format";

/** Keys that count in one place, under its name. */
export interface KeyGroup { name: string; title: MessageKey; keys: Shortcut[] }

const TITLES: Record<Scope, MessageKey> = { everywhere: "help_everywhere", row: "help_row", line: "help_line", page: "help_page", option: "help_option" };
/** Of the keys that count everywhere, those that lead to a place are many and belong together. */
const WAYS: [string, RegExp, MessageKey][] = [
  ["places", /^place\d/, "help_places"],
  ["sections", /^section\d/, "help_sections"],
];

/** A group's name: the place where its keys count. A new scope or act comes into its group by itself. */
function groupOf(shortcut: Shortcut): { name: string; title: MessageKey } {
  const way = WAYS.find(([, acts]) => acts.test(shortcut.act));
  return way ? { name: way[0], title: way[2] } : { name: shortcut.scope, title: TITLES[shortcut.scope] };
}

/** Words, key and place match what was typed, marks or none. */
export const matches = (query: string, ...texts: string[]) => {
  const all = fold(texts.join(" "));
  return fold(query).split(/\s+/).every((word) => all.includes(word));
};

/** Whose desk a place is; nobody else is told its key. */
export type Desks = { supervises: boolean; administrator: boolean } | null;
const hasPlace = (shortcut: Shortcut, desks: Desks) => (shortcut.act === "place8" ? desks?.supervises === true : shortcut.act === "place9" ? desks?.administrator === true : true);

/** The keys of the one table that lead somewhere for this officer, or those that were searched for, by the place where they count. */
export function keyGroups(query: string, say: (key: MessageKey) => string, desks: Desks): KeyGroup[] {
  const groups = new Map<string, KeyGroup>();
  for (const shortcut of SHORTCUTS) {
    if (!hasPlace(shortcut, desks)) continue;
    const { name, title } = groupOf(shortcut);
    if (!matches(query, keyName(shortcut), say(shortcut.text), say(title))) continue;
    const group = groups.get(name) ?? { name, title, keys: [] };
    group.keys.push(shortcut);
    groups.set(name, group);
  }
  return [...groups.values()];
}
