// @vitest-environment node
import { describe, expect, it } from "vitest";
import { keyName, SHORTCUTS } from "../src/shortcuts/table";

describe("shortcuts", () => {
  it("no key means two things where both count", () => {
    for (const a of SHORTCUTS) {
      for (const b of SHORTCUTS) {
        if (a === b || (a.scope !== b.scope && a.scope !== "everywhere" && b.scope !== "everywhere")) continue;
        expect(keyName(a) === keyName(b), `${a.act} and ${b.act} share ${keyName(a)}`).toBe(false);
      }
    }
  });

  it("keys that count everywhere are function keys, Esc or carry a modifier", () => {
    for (const s of SHORTCUTS.filter((x) => x.scope === "everywhere")) {
      expect(/^F\d+$/.test(s.code) || s.code === "Escape" || s.ctrl || s.alt, s.act).toBeTruthy();
    }
  });

  it("every act has one key", () => {
    expect(new Set(SHORTCUTS.map((s) => s.act)).size).toBe(SHORTCUTS.length);
  });
});
