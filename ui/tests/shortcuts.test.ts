// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { handle, handleFloating, holdForDialog, onKey, onScopedKey } from "../src/shortcuts/dispatch";
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

  const press = (code: string, more: object = {}) => {
    let taken = false;
    const event = { code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, repeat: false, target: null, preventDefault: () => (taken = true), stopPropagation: () => undefined, ...more } as unknown as KeyboardEvent;
    return { event, taken: () => taken };
  };
  it("an open dialog takes its own keys and nothing but help and the lock reaches the screen under it", () => {
    const heard: string[] = [];
    const screen = handle({ accept: () => heard.push("screen"), help: () => heard.push("help"), lock: () => heard.push("lock") });
    const release = holdForDialog();
    const dialog = handle({ accept: () => heard.push("dialog") });
    onKey(press("F9").event);
    onKey(press("F1").event);
    onKey(press("KeyL", { ctrlKey: true }).event);
    dialog();
    onKey(press("F9").event);
    release();
    onKey(press("F9").event);
    screen();
    expect(heard).toEqual(["dialog", "help", "lock", "screen"]);
  });
  it("what floats over the screens has its keys before a screen that comes later, never before a dialog", () => {
    const heard: string[] = [];
    const gone = handleFloating({ back: () => heard.push("hint") });
    const screen = handle({ back: () => heard.push("screen"), accept: () => heard.push("accept") });
    onKey(press("Escape").event);
    onKey(press("F9").event);
    const release = holdForDialog();
    onKey(press("Escape").event);
    release();
    gone();
    onKey(press("Escape").event);
    screen();
    expect(heard).toEqual(["hint", "accept", "screen"]);
  });
  it("a digit chooses an option only where an option has the focus", () => {
    vi.stubGlobal("HTMLElement", class {});
    const chosen: number[] = [];
    const plain = press("Digit2");
    onKey(plain.event);
    expect(plain.taken(), "in the search box a digit is text").toBe(false);
    for (const code of ["Digit2", "Numpad9", "Digit0", "KeyA"]) onScopedKey(press(code).event, "option", { optionPick: (digit) => chosen.push(digit) });
    vi.unstubAllGlobals();
    expect(chosen).toEqual([2, 9]);
  });

  it("every act has one key", () => {
    expect(new Set(SHORTCUTS.map((s) => s.act)).size).toBe(SHORTCUTS.length);
  });
});
