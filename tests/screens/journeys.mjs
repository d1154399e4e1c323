// Journeys by keyboard alone; the focus is asserted after each step.
import assert from "node:assert/strict";

const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("data-test") ?? document.activeElement?.getAttribute("data-row") ?? document.activeElement?.tagName);
async function tabTo(page, test, limit = 60) {
  for (let i = 0; i < limit; i += 1) {
    if ((await focused(page)) === test) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${test}; the focus is on ${await focused(page)}`);
}

export const journeys = {
  async "an intake from the first key to the receipt needs no mouse"(page, base) {
    await page.goto(`${base}/?scene=held`);
    await page.waitForSelector("[data-test=home-box]");
    assert.equal(await focused(page), "home-box", "the box has the focus at start");
    await page.keyboard.type("052090000495");
    await page.keyboard.press("F3");
    await page.waitForSelector("[data-test=id-number]");
    await page.waitForFunction(() => document.activeElement?.getAttribute("data-test") === "id-number");
    await page.keyboard.type("052090000495");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-outcome=registered]");
    await page.waitForFunction(() => document.activeElement?.getAttribute("data-test") === "procedure-search");
    await page.keyboard.type("xang dau");
    await page.waitForFunction(() => document.querySelectorAll("[data-test^=procedure-option]").length === 1);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=case-select]");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=auto-attach]");

    await tabTo(page, "auto-attach");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=component-2-state][data-state=reused]");
    await tabTo(page, "consent-confirm");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=consent-confirm]", { state: "detached" });

    for (const n of [1, 3]) {
      await page.evaluate(() => document.activeElement?.blur?.());
      await tabTo(page, String(n));
      await page.keyboard.press("q");
      await page.waitForSelector("[data-test=scan-start]:not([disabled])");
      await page.keyboard.press("F5");
      await page.waitForSelector("[data-test=page-thumb-2]");
      await page.waitForSelector("[data-test=capture-finish]:not([disabled])");
      if (n === 1) {
        await tabTo(page, "page-thumb-0");
        await page.keyboard.press("Alt+ArrowDown");
        await page.waitForFunction(() => document.activeElement?.getAttribute("data-test") === "page-thumb-1");
      }
      await page.keyboard.press("F9");
      await page.waitForSelector(`[data-test=component-${n}-state][data-state=needsSign]`);
    }

    await page.keyboard.press("F7");
    await page.waitForSelector("[data-test=sign-confirm]:not([disabled])");
    await page.keyboard.press("F7");
    await page.waitForSelector("[data-test=component-1-state][data-state=needsDigitize]");
    for (const n of [1, 3]) {
      await tabTo(page, `component-${n}-digitize`);
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-test=meta-name]");
      await tabTo(page, "digitize-save");
      await page.keyboard.press("Enter");
      await page.waitForSelector(`[data-test=component-${n}-state][data-state=digitized]`);
    }

    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=receipt-code]");
    assert.match(await page.textContent("[data-test=receipt-code]"), /^000\.01\.20\.H08-261120-\d{4}$/);
    await page.keyboard.press("F3");
    await page.waitForFunction(() => document.activeElement?.getAttribute("data-test") === "id-number");
  },

  async "Esc goes one level back and closes a dialog first"(page, base) {
    await page.goto(`${base}/?scene=mixed#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=component-4-choose]");
    await page.keyboard.press("F4");
    await page.waitForSelector("[data-test=picker]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=picker]", { state: "detached" });
    await page.waitForSelector("[data-test=component-4-choose]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=home-box]");
  },

  async "single letters never act in a text field"(page, base) {
    await page.goto(`${base}/?scene=mixed`);
    await page.waitForSelector("[data-test=home-box]");
    await page.keyboard.type("kqx");
    assert.equal(await page.inputValue("[data-test=home-box]"), "kqx");
    assert.equal(await focused(page), "home-box");
  },

  async "a PIN leaves the field when it is sent"(page, base) {
    await page.goto(`${base}/pin.html`);
    await page.waitForSelector("[data-test=pin-input]");
    assert.equal(await focused(page), "pin-input");
    await page.keyboard.type("0000");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[aria-invalid]");
    assert.equal(await page.inputValue("[data-test=pin-input]"), "");
  },

  async "after acceptance the shown state follows the warehouse"(page, base) {
    await page.goto(`${base}/?scene=complete#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=accept]");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=receipt-code]");
    await page.waitForFunction(() => [...document.querySelectorAll("[data-test=outbox-item-state]")].every((e) => e.textContent.includes("Kho đã nhận")));
  },
};
