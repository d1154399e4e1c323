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

const focusIs = (page, test) => page.waitForFunction((t) => document.activeElement?.getAttribute("data-test") === t, test);

export const journeys = {
  async "the first tour is walked by Enter, ends by Esc, gives the focus back and comes once"(page, base) {
    await page.goto(`${base}/?scene=mixed,firstTour`);
    await page.waitForSelector("[data-test=tour]");
    assert.equal(await focused(page), "home-box", "it is offered, and the box is still the officer's");
    await page.keyboard.type("thanh");
    assert.equal(await page.inputValue("[data-test=home-box]"), "thanh", "typing is work, not the tour's");
    await page.fill("[data-test=home-box]", "");
    const seen = [];
    for (let n = 0; n < 6; n += 1) {
      seen.push(await page.textContent("[data-test=tour] h2"));
      await page.keyboard.press("Enter");
      await page.waitForTimeout(400);
    }
    assert.equal(new Set(seen).size, 6, seen.join(" · "));
    await page.waitForSelector("[data-test=tour]", { state: "detached" });
    await focusIs(page, "home-box");
    await page.keyboard.press("F1");
    await page.waitForSelector("[data-test=help-search]");
    await focusIs(page, "help-search");
    await tabTo(page, "help-tour");
    await page.keyboard.press("Enter");
    await focusIs(page, "tour-next");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=id-number]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=tour]", { state: "detached" });
    await page.waitForSelector("[data-test=home-box]");
    assert.equal(await page.locator("[data-test=tour]").count(), 0, "once ended it is not offered again");
  },

  async "a hand scanner's number and its Enter mean the number, whatever list stands there"(page, base) {
    for (const scene of ["mixed", "mixed,offline"]) {
      await page.goto("about:blank");
      await page.goto(`${base}/?scene=${scene}`);
      await page.waitForSelector("[data-test=open-dossier-line]");
      // A card nobody brought before: its own new dossier, not the first line of the day's list.
      await page.keyboard.type("099001009999||Trần Thị Quét|01011990|Nữ|Thôn Thử Nghiệm, xã An Hòa|01012021", { delay: 3 });
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("[data-test=owner-name]")?.value === "Trần Thị Quét");
      await page.keyboard.press("F6");
      await focusIs(page, "home-box");
      // A citizen of one dossier: her own, though more than one stood in the list when Enter came.
      await page.keyboard.type("099094000006|099000111|Võ Thị Ngọc Ánh|01011990|Nữ|xã An Hòa|01012021", { delay: 3 });
      await page.keyboard.press("Enter");
      await page.waitForURL(/#\/dossier\/d7\//);
      await page.waitForSelector("[data-test=home-box]", { state: "detached" });
      // Several fit: the list has the focus, and nothing is opened by the same key.
      await page.keyboard.press("F2");
      await focusIs(page, "home-box");
      await page.keyboard.type("dang ky", { delay: 3 });
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.activeElement?.closest(".worklist li"));
      await page.waitForTimeout(50);
      assert.match(page.url(), /#\/$/, scene);
    }
  },

  async "every key is in the help sheet, on every screen"(page, base) {
    for (const [scene, hash, ready] of [["locked", "", "[data-test=unlock-secret]"], ["mixed", "", "[data-test=home-box]"], ["captured", "#/dossier/d1/capture/1", "main .screen > *"], ["mixed", "#/dossier/d1/sign/1", "main .screen > *"], ["mixed", "#/dossier/d1/papers", "[data-test=accept]"]]) {
      // The scene stands before the hash: another one is another document.
      await page.goto("about:blank");
      await page.goto(`${base}/?scene=${scene}${hash}`);
      await page.waitForSelector(ready);
      await page.keyboard.press("F1");
      await page.waitForSelector("[data-test=help-sheet]");
      const acts = await page.locator("[data-test=help-sheet] [data-act]").count();
      assert.ok(acts >= 32, `${scene}${hash}: ${acts} keys`);
      assert.match(await page.textContent("[data-test=help-sheet]"), /Mất mạng: cứ làm việc[^]*Gọi người quản trị/);
      await page.keyboard.press("Escape");
      await page.waitForSelector("[data-test=help-sheet]", { state: "detached" });
    }
  },

  async "the training practises an outage and asks before it begins again"(page, base) {
    await page.goto(`${base}/?scene=mixed,training`);
    await page.waitForSelector("[data-test=training-band]");
    await page.focus("[data-test=training-outage]");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("[data-test=status-network]")?.textContent?.includes("Mất mạng"));
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("[data-test=status-network]")?.textContent?.includes("Có mạng"));
    await tabTo(page, "training-again");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=training-again-ask]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=training-again-ask]", { state: "detached" });
    await page.keyboard.press("Control+l");
    await page.waitForSelector("[data-test=locked] [data-test=training-band]");
  },

  async "the main job from the first key to the receipt, the result and its reuse needs no mouse"(page, base) {
    await page.goto(`${base}/?scene=held`);
    await page.waitForSelector("[data-test=home-box]");
    assert.equal(await focused(page), "home-box", "the box has the focus at start");
    await page.keyboard.type("099090000001");
    await page.keyboard.press("F3");
    await page.waitForSelector("[data-outcome=registered]");
    assert.equal(await page.inputValue("[data-test=id-number]"), "099090000001", "the number typed in the box comes along");
    await focusIs(page, "procedure-search");
    await page.keyboard.type("xang dau");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=case-select]");
    assert.match(await page.textContent("[aria-pressed=true]"), /1\.012222/, "Enter takes the hit of what was typed, however fast");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=component-2-state][data-state=reused]");
    await page.waitForSelector("[data-test=consent-confirm]:not([disabled])");
    await page.keyboard.press("Control+d");
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
    await page.keyboard.press("F9");
    for (const n of [1, 3]) {
      await page.waitForSelector("[data-test=digitize-save]:not([disabled])");
      await page.keyboard.press("F9");
      await page.waitForSelector(`[data-test=component-${n}-state][data-state=digitized]`);
    }
    await page.waitForSelector("[data-test=digitize-save]", { state: "detached" });

    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=receipt-code]");
    assert.match(await page.textContent("[data-test=receipt-code]"), /^000\.01\.20\.H08-261120-\d{4}$/);
    await focusIs(page, "fee-receipt");
    await page.waitForFunction(() => document.activeElement?.value !== "", undefined);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=fee-settled]");

    await page.keyboard.press("Alt+4");
    await page.waitForSelector("[data-test=result-scan]");
    await page.keyboard.press("F5");
    await page.waitForSelector("[data-test=scan-start]:not([disabled])");
    await page.keyboard.press("F5");
    await page.waitForSelector("[data-test=capture-finish]:not([disabled])");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=result-sign]:not([disabled])");
    await page.keyboard.press("F7");
    await page.waitForSelector("[data-test=sign-confirm]:not([disabled])");
    await page.keyboard.press("F7");
    await page.waitForSelector("[data-test=result-return]:not([disabled])");
    const name = await page.inputValue("[data-test=meta-name]");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=result-return]", { state: "detached" });

    await page.keyboard.press("F3");
    await focusIs(page, "id-number");
    await page.keyboard.type("099090000001");
    await page.keyboard.press("Enter");
    await focusIs(page, "procedure-search");
    await page.keyboard.type("1.012222");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=case-select]");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=auto-summary]");
    await page.waitForSelector("[data-test=component-1-state][data-state=missing]");
    await page.keyboard.press("F4");
    await focusIs(page, "picker-row-0");
    assert.ok((await page.textContent("tr:has([data-test=picker-row-0])")).includes(name), "the result just returned is offered");
    await page.keyboard.press("Space");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=component-1-state][data-state=reused]");
    await page.keyboard.press("Control+d");
    await page.waitForSelector("[data-test=consent-confirm]", { state: "detached" });
  },

  async "a dossier is handed over, taken, completed and proposed by keyboard alone"(page, base) {
    const stands = (kind) => page.waitForSelector(`[data-test=step-line][data-kind=${kind}]`);
    await page.goto(`${base}/#/dossier/d6/papers`);
    await page.waitForSelector("[data-test=steps-tab]");
    await page.keyboard.press("Alt+3");
    await page.waitForSelector("[data-test=next-steps]");

    await page.keyboard.press("F9");
    await focusIs(page, "step-unit");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=step-form-handedOver] .problem");
    assert.equal(await focused(page), "step-unit", "what is missing has the focus");
    await page.keyboard.type("Phòng Kinh tế (DEMO)");
    await page.keyboard.press("Escape");
    await focusIs(page, "step-open-handedOver");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-unit");
    assert.equal(await page.inputValue("[data-test=step-unit]"), "Phòng Kinh tế (DEMO)", "Esc loses nothing");
    await page.keyboard.press("Enter");
    await stands("handedOver");

    await focusIs(page, "step-open-takenOver");
    await page.keyboard.press("Enter");
    await stands("takenOver");
    await focusIs(page, "step-open-resultProposed");

    await tabTo(page, "step-open-supplementAsked");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-item-0");
    await page.keyboard.type("Tờ khai: ký ở trang 2");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-item-1");
    await page.keyboard.press("Backspace");
    await focusIs(page, "step-item-0");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-item-1");
    await page.keyboard.type("Giấy xác nhận cư trú");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-item-2");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-text");
    await page.keyboard.type("Chưa đủ căn cứ");
    await page.keyboard.press("Enter");
    await stands("supplementAsked");
    assert.equal(await page.locator("[data-kind=supplementAsked] .items li").count(), 2, "an empty entry is none");
    assert.match(await page.textContent("[data-test=phase]"), /Chờ bổ sung/);

    await focusIs(page, "step-print-now");
    await page.evaluate(() => { globalThis.prints = 0; globalThis.print = () => { globalThis.prints += 1; }; });
    await page.keyboard.press("Control+p");
    await page.waitForSelector("[data-test=print]:not([disabled])");
    await page.keyboard.press("Control+p");
    assert.equal(await page.evaluate(() => globalThis.prints), 1);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=viewer]", { state: "detached" });
    await focusIs(page, "step-print-now");

    await page.keyboard.press("F9");
    await focusIs(page, "step-text");
    await page.keyboard.type("Đủ cả hai");
    await page.keyboard.press("Enter");
    await stands("supplemented");
    await focusIs(page, "step-open-resultProposed");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-text");
    await page.keyboard.press("F9");
    await stands("resultProposed");
    await focusIs(page, "step-open-return");
    assert.match(await page.textContent("[data-test=phase]"), /Chờ ký kết quả/);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=result-scan]");
  },

  async "a returned result is corrected by two people and the keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=mixed#/dossier/d7/result`);
    await page.waitForSelector("[data-test=correct-open]");
    await tabTo(page, "correct-open");
    await page.keyboard.press("Enter");
    await focusIs(page, "correct-wrongInformation");
    await page.keyboard.press("F9");
    await focusIs(page, "correct-wrongInformation");
    await page.keyboard.press("Space");
    await page.keyboard.press("F9");
    await focusIs(page, "correct-text");
    await page.keyboard.type("Sai ngày sinh");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=correct-waiting]");
    await page.waitForFunction(() => document.activeElement?.id === "corrections");
    assert.equal(await page.locator("[data-test=result-corrected]").count(), 0, "nothing has changed yet");

    // The officer at the counter asked for it: a colleague comes and types his own secret.
    await tabTo(page, "correct-approve");
    await page.keyboard.press("Enter");
    await focusIs(page, "correct-secret");
    await page.keyboard.press("F9");
    await focusIs(page, "correct-secret");
    await page.keyboard.type("sai");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=correct-decide] [data-test=failure]");
    await focusIs(page, "correct-secret");
    await page.keyboard.type("dung-roi");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=result-corrected]");
    await page.waitForSelector("[data-test=correct-decide]", { state: "detached" });
    await page.waitForFunction(() => document.activeElement?.id === "corrections");
    assert.equal(await page.locator("[data-test=correct-open]:disabled").count(), 1, "the warehouse has to have this one first");
    await page.waitForSelector("[data-test=correct-unsent]");
    await page.keyboard.press("Alt+3");
    await page.waitForSelector("[data-kind=resultCorrected]");
    assert.match(await page.textContent("[data-kind=resultCorrected]"), /truong\.demo duyệt/);
    assert.equal(await page.locator("[data-test=step-before], [data-test=step-after]").count(), 2, "both are there to be read");

    // Where any colleague agrees, his name is asked for before his secret; whoever asked may take it back.
    await page.goto(`${base}/?scene=correctMine,anyColleague#/dossier/d7/result`);
    await page.reload();
    await page.waitForSelector("[data-test=correct-approve]");
    await tabTo(page, "correct-approve");
    await page.keyboard.press("Enter");
    await focusIs(page, "correct-approver");
    assert.equal(await page.locator("[data-test=correct-decide-do]:disabled").count(), 1, "nobody has agreed");
    await tabTo(page, "correct-secret");
    await page.keyboard.press("F9");
    await focusIs(page, "correct-approver");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=correct-decide]", { state: "detached" });
    await tabTo(page, "correct-take-back");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=correct-past]");
    await page.waitForFunction(() => document.activeElement?.id === "corrections");

    // What a colleague asked for waits in "Giám sát".
    await page.goto(`${base}/?scene=correctWaits#/supervise`);
    await page.reload();
    await page.waitForSelector("[data-test=approval]");
    await tabTo(page, "approval-refuse");
    await page.keyboard.press("Enter");
    await focusIs(page, "correct-refusal");
    await page.keyboard.type("Chưa sửa trang 2");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=approval]", { state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement?.id), "approvals", "the focus stays where the line was");
  },

  async "a dossier of the portal is opened, kept from a colleague and given back by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=online,unfetched`);
    await page.waitForSelector("[data-test=online-line]");
    const on = () => page.evaluate(() => document.activeElement?.dataset.line);
    const down = async (line) => {
      for (let i = 0; i < 12 && (await on()) !== line; i += 1) await page.keyboard.press("ArrowDown");
      assert.equal(await on(), line, "the arrows reach it");
    };
    await focusIs(page, "home-box");
    await down("w2");
    await page.keyboard.press("Enter");
    await focusIs(page, "online-leave");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=online-ask]", { state: "detached" });
    assert.equal(await on(), "w2", "a second Enter takes nothing from a colleague");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=online-unfetched]");
    await tabTo(page, "online-known");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=online-unfetched]", { state: "detached" });

    await page.keyboard.press("Control+k");
    await page.waitForSelector("[data-test=decline-reason-fileUnreadable]");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=decline] .problem");
    await focusIs(page, "decline-reason-papersMissing");
    await tabTo(page, "decline-reason-fileUnreadable");
    await page.keyboard.press("Space");
    await tabTo(page, "decline-other");
    await page.keyboard.type("Giấy chứng minh nơi cư trú không mở được");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=decline]", { state: "detached" });
    await page.keyboard.press("Control+k");
    await page.waitForSelector("[data-test=decline-reason-fileUnreadable]:checked");
    await tabTo(page, "decline-other");
    assert.match(await page.inputValue("[data-test=decline-other]"), /không mở được/, "Esc loses nothing");
    await page.keyboard.press("Enter");
    await focusIs(page, "decline-do");
    assert.equal(await page.locator("[data-test=declined]").count(), 0, "Enter in the text gives nothing back");
    await page.keyboard.press("Enter");
    await focusIs(page, "declined-print");
    assert.equal(await page.locator("[data-test=declined] li").count(), 2);
    for (const gone of ["accept", "decline-open", "edit", "auto-attach", "component-1-choose", "receipt-tab"]) assert.equal(await page.locator(`[data-test=${gone}]`).count(), 0, `${gone} is no more`);
    await page.keyboard.press("F5");
    assert.match(page.url(), /papers$/, "nothing is scanned into it");
    await page.keyboard.press("Control+p");
    await page.waitForSelector("[data-test=viewer] canvas");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=viewer]", { state: "detached" });
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=line-declined]");
    assert.equal(await page.locator("[data-line=w1]").count(), 0, "it waits no more");
  },

  async "a reported paper is found wrong, put right, and another found right by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=feedback`);
    await page.waitForSelector("[data-test=feedback-note]");
    await tabTo(page, "feedback-open");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-feedback=f1]");
    const stage = (id) => page.textContent(`[data-feedback=${id}] [data-test=feedback-stage]`);
    await tabTo(page, "feedback-wrong");
    await page.keyboard.press("Enter");
    await focusIs(page, "feedback-text");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=feedback-form] .problem");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=feedback-form]", { state: "detached" });
    assert.match(await stage("f1"), /Chờ trả lời/, "Esc says nothing");
    await tabTo(page, "feedback-wrong");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Sai ngày sinh so với sổ gốc");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-feedback=f1] [data-test=feedback-correct]");
    assert.match(await stage("f1"), /Cần sửa/);
    await tabTo(page, "feedback-correct");
    await page.keyboard.press("Enter");
    await focusIs(page, "feedback-text");
    await page.keyboard.type("Đã cấp lại");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=feedback-others] [data-feedback=f1]");
    assert.match(await stage("f1"), /Đã sửa/);
    await tabTo(page, "feedback-right");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Đúng như sổ gốc");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=feedback-others] [data-feedback=f2]");
    assert.match(await stage("f2"), /Kết quả đúng/);
  },

  async "a draft is discarded and restored, and a dossier of the portal goes back to its list, by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=online,addedHere#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=put-aside-open]");
    await tabTo(page, "put-aside-open");
    await page.keyboard.press("Enter");
    await focusIs(page, "put-aside-do");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=put-aside]", { state: "detached" });
    await tabTo(page, "put-aside-open");
    await page.keyboard.press("Enter");
    await focusIs(page, "put-aside-do");
    await page.keyboard.press("F9");
    await focusIs(page, "aside-restore");
    for (const gone of ["accept", "decline-open", "edit"]) assert.equal(await page.locator(`[data-test=${gone}]`).count(), 0, `${gone} is no more`);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=aside-show]");
    assert.equal(await page.locator("a[href*='d1/']").count(), 0, "it is out of the list");
    await tabTo(page, "aside-show");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=aside-lines] a");
    await page.focus("[data-test=aside-lines] a");
    await page.keyboard.press("Enter");
    await tabTo(page, "aside-restore");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=accept]");

    await page.keyboard.press("F6");
    await page.waitForSelector("[data-line=w1]");
    await page.focus("[data-line=w1]");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=put-aside-open]");
    await tabTo(page, "put-aside-open");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=give-back-added]");
    await page.keyboard.press("F9");
    await focusIs(page, "aside-again");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-line=w1]");
  },

  async "an agency's dossier is refused or accepted all the same, and nothing by one key"(page, base) {
    await page.goto(`${base}/?scene=online`);
    await page.waitForSelector("[data-line=w3]");
    await page.focus("[data-line=w3]");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=agency-defects]");
    await page.keyboard.press("F9");
    await page.waitForFunction(() => document.activeElement?.id === "complete");
    const finding = page.locator("[data-test=problems] button", { hasText: "tài khoản" });
    await finding.focus();
    await page.keyboard.press("Enter");
    await focusIs(page, "agency-accept");
    await page.keyboard.press("Enter");
    await focusIs(page, "exception-reason");
    await page.keyboard.type("Trường mới, chờ cấp tài khoản");
    await page.keyboard.press("Enter");
    await focusIs(page, "exception-drop");
    assert.equal(await finding.count(), 0, "the rule stands in the way no more");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=agency-defects]");
    await tabTo(page, "agency-refuse");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=decline-kind-refusal]:checked");
    await page.keyboard.press("F9");
    await focusIs(page, "decline-no");
    await page.keyboard.press("Escape");
    await focusIs(page, "decline-do");
    assert.equal(await page.locator("[data-test=declined]").count(), 0);
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=decline-sure]");
    await page.keyboard.press("F9");
    await focusIs(page, "declined-print");
    assert.match(await page.textContent("[data-test=declined-state]"), /Từ chối tiếp nhận/);
  },

  async "nothing ends by one key, and a failure loses nothing"(page, base) {
    await page.goto(`${base}/?scene=stepHeld,stepFails#/dossier/d6/steps`);
    await page.waitForSelector("[data-test=step-open-refused]");
    await tabTo(page, "step-open-refused");
    await page.keyboard.press("Enter");
    await focusIs(page, "step-item-0");
    await page.keyboard.type("Không thuộc thẩm quyền");
    await page.keyboard.press("F9");
    await focusIs(page, "step-no");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=step-sure]", { state: "detached" });
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=step-sure]");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=failure]");
    await focusIs(page, "step-item-0");
    assert.equal(await page.inputValue("[data-test=step-item-0]"), "Không thuộc thẩm quyền");
    assert.equal(await page.locator("[data-kind=refused]").count(), 0);
  },

  async "an owner without an account is a task until he was told how to get one"(page, base) {
    await page.goto(`${base}/?scene=guideDue`);
    await page.waitForSelector("h3.guide");
    await page.waitForFunction(() => document.activeElement?.getAttribute("data-test") === "home-box");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=guide-due]");
    await tabTo(page, "guided");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=guide-due]", { state: "detached" });
    await page.keyboard.press("Control+1");
    await page.waitForSelector("[data-test=home-box]");
    await page.waitForSelector("h3.guide", { state: "detached" });
  },

  async "a receipt made anew is asked for on the first screen until it is printed"(page, base) {
    await page.goto(`${base}/?scene=reprint`);
    await page.waitForSelector("h3.reprint");
    await page.evaluate(() => { globalThis.prints = 0; globalThis.print = () => { globalThis.prints += 1; }; });
    for (let left = 2; left > 0; left -= 1) {
      assert.equal((await page.textContent("h3.reprint span")).trim(), String(left));
      await page.waitForFunction(() => document.activeElement?.getAttribute("data-test") === "home-box");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-test=reprint]");
      await page.keyboard.press("Control+p");
      await page.waitForSelector("[data-test=print]:not([disabled])");
      await page.keyboard.press("Control+p");
      await page.waitForSelector("[data-test=reprint]", { state: "detached" });
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+1");
      await page.waitForSelector("[data-test=home-box]");
    }
    await page.waitForSelector("h3.reprint", { state: "detached" });
    assert.equal(await page.evaluate(() => globalThis.prints), 2);
  },

  async "Ctrl+P gives the receipt to the printer again, the journal counts, and printers are chosen by keyboard"(page, base) {
    await page.goto(`${base}/?scene=printer#/dossier/d3/receipt`);
    await page.waitForSelector("[data-test=print-journal] .ok");
    assert.match(await page.textContent("[data-test=print-count]"), /Đã in 1 lần/);
    await page.keyboard.press("Control+p");
    await page.waitForSelector("[data-test=print-going]");
    await page.waitForSelector("[data-test=print-going]", { state: "detached" });
    assert.match(await page.textContent("[data-test=print-count]"), /Đã in 2 lần/);
    assert.match(await page.textContent("[data-test=print-journal] li"), /in lại lần 1/);
    await tabTo(page, "printers-open", 80);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=printers-forms]");
    await tabTo(page, "printers-at-acceptance");
    await page.keyboard.press("Space");
    assert.equal(await page.isChecked("[data-test=printers-at-acceptance]"), false);
    await tabTo(page, "printers-save");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=printers]", { state: "detached" });
    await focusIs(page, "printers-open");
  },

  async "the lock covers everything and gives it back as it was, a dialog too"(page, base) {
    const unlock = async () => {
      await focusIs(page, "unlock-secret");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      assert.ok(await page.isVisible("[data-test=locked]"), "no key but the secret opens it");
      await page.keyboard.type("mat-khau-dung");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-test=locked]", { state: "detached" });
    };
    await page.clock.install();
    await page.goto(`${base}/#/new`);
    await page.waitForSelector("[data-test=procedure-option-5]");
    await tabTo(page, "owner-name");
    await page.keyboard.type("Viết dở");
    await page.clock.fastForward(9 * 60_000);
    await page.keyboard.type(" d");
    await page.clock.fastForward(9 * 60_000);
    assert.equal(await page.locator("[data-test=locked]").count(), 0, "somebody is there");
    await page.clock.fastForward(61_000);
    await page.waitForSelector("[data-test=locked]");
    assert.match(await page.textContent("[data-test=locked]"), /10 phút/);
    await unlock();
    await focusIs(page, "owner-name");
    assert.equal(await page.inputValue("[data-test=owner-name]"), "Viết dở d");

    await page.goto(`${base}/#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=edit]");
    await tabTo(page, "edit");
    await page.keyboard.press("Enter");
    await tabTo(page, "edit-owner-name");
    await page.keyboard.type("!");
    const typed = await page.inputValue("[data-test=edit-owner-name]");
    await page.keyboard.press("Control+l");
    await unlock();
    await focusIs(page, "edit-owner-name");
    assert.equal(await page.inputValue("[data-test=edit-owner-name]"), typed);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=edit-owner-name]", { state: "detached" });
  },

  async "a specialist receives several dossiers, asks, proposes and hands on by keyboard alone"(page, base) {
    const rows = () => page.locator("[data-test=queue-line]").count();
    const onRow = () => page.evaluate(() => document.activeElement?.matches("[data-test=queue-line]"));
    await page.goto(`${base}/?scene=fullDesk`);
    await page.waitForSelector("[data-test=home-box]");
    await page.keyboard.press("Control+7");
    await page.waitForSelector("[data-test=queue-line]");
    await page.waitForFunction(() => document.activeElement?.matches("[data-test=queue-line]"));
    const before = await rows();
    const comes = await page.locator("[data-test=queue-to-me]").count();
    assert.ok(comes > 1, "several wait to be received");
    for (let n = 0; n < before; n += 1) {
      if (await page.evaluate(() => document.activeElement?.querySelector("[data-test=queue-to-me]") !== null)) await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
    }
    assert.equal(await page.locator("tr.picked").count(), comes);
    for (let n = 0; n < before && !(await page.evaluate(() => document.activeElement?.matches("tr.picked"))); n += 1) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("n");
    await page.waitForSelector("[data-test=queue-done]");
    assert.match(await page.textContent("[data-test=queue-done]"), new RegExp(`Đã nhận ${comes} hồ sơ`));
    await page.waitForFunction(() => document.querySelectorAll("[data-test=queue-to-me]").length === 0);
    assert.ok(await onRow(), "the keys go on where they were");

    for (let n = 0; n < before; n += 1) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await page.keyboard.press("c");
    await page.waitForSelector("[data-test=hand-on]");
    await focusIs(page, "hand-on-unit");
    await page.keyboard.type("Phòng Kinh tế (DEMO)");
    await tabTo(page, "hand-on-text");
    await page.keyboard.type("Đề nghị thẩm tra");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=hand-on]", { state: "detached" });
    assert.match(await page.textContent("[data-test=queue-done]"), /Đã chuyển 2 hồ sơ đến Phòng Kinh tế/);
    await page.waitForFunction((n) => document.querySelectorAll("[data-test=queue-line]").length === n, before - 2);

    await page.goto(`${base}/?scene=stepHeld#/bench`);
    await page.waitForSelector("[data-test=queue-line]");
    await page.waitForFunction(() => document.activeElement?.matches("[data-test=queue-line]"));
    await page.keyboard.press("t");
    await page.waitForSelector("[data-test=step-form-resultProposed]");
    await focusIs(page, "step-text");
    await page.keyboard.type("Đủ điều kiện");
    await tabTo(page, "step-unit");
    await page.keyboard.type("Văn phòng HĐND và UBND xã (DEMO)");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=queue-done]");
    await page.waitForSelector("[data-test=one-step]", { state: "detached" });
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=home-box]");
  },

  async "the book of dossiers is asked for other days, printed and written by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=`);
    await page.waitForSelector("[data-test=home-box]");
    await page.evaluate(() => { globalThis.prints = 0; globalThis.print = () => { globalThis.prints += 1; }; });
    await page.keyboard.press("Control+6");
    await page.waitForSelector("[data-test=book-line]");
    for (let n = 0; n < 20 && !(await page.evaluate(() => document.activeElement?.matches("[data-test=book-from]"))); n += 1) await page.keyboard.press("Tab");
    await focusIs(page, "book-from");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("21112026");
    await page.keyboard.press("Tab");
    await page.waitForSelector("[data-test=failure]");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("01/11/2026");
    await page.keyboard.press("Tab");
    await page.waitForSelector("[data-test=book-line]");
    await page.waitForSelector("[data-test=failure]", { state: "detached" });
    await page.keyboard.press("Control+p");
    await page.waitForSelector("[data-test=print]:not([disabled])");
    await page.keyboard.press("Control+p");
    assert.equal(await page.evaluate(() => globalThis.prints), 1);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=viewer]", { state: "detached" });
    for (let n = 0; n < 30 && !(await page.evaluate(() => document.activeElement?.matches("[data-test=book-save]"))); n += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=book-saved]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=home-box]");
  },

  async "a guide is read, its code shown and its hand-out printed by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=notRegistered#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=progress]");
    await page.evaluate(() => { globalThis.prints = 0; globalThis.print = () => { globalThis.prints += 1; }; });
    await tabTo(page, "identity-guide-show");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=guide-identity] [data-test=guide-code]");
    await page.keyboard.press("Control+p");
    await page.waitForSelector("[data-test=print]:not([disabled])");
    await page.keyboard.press("Control+p");
    assert.equal(await page.evaluate(() => globalThis.prints), 1);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=viewer]", { state: "detached" });
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=guide]", { state: "detached" });
    await focusIs(page, "identity-guide-show");
    await tabTo(page, "recheck-identity");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=auto-summary]");
  },

  async "a paper the warehouse has is taken from there before any file of the computer"(page, base) {
    await page.goto(`${base}/?scene=#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=component-2-take]");
    // The first button of the row; the computer's files come behind it.
    await page.focus('[data-row="2"]');
    await page.keyboard.press("Tab");
    await focusIs(page, "component-2-take");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=picker-row-0]");
    await page.keyboard.press("F9");
    await page.waitForSelector('[data-test=component-2-state][data-state="reused"]');
  },

  async "what is missing is looked up beside the book and written by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=steps,notDigitized#/book`);
    await page.waitForSelector("[data-test=book-line]");
    await tabTo(page, "book-tab-lines");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("[data-test=compliance-line]");
    await focusIs(page, "book-tab-missing");
    await tabTo(page, "book-save");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=book-saved]");
  },

  async "a procedure's code can be typed; digits choose in the list only"(page, base) {
    await page.goto(`${base}/#/new`);
    await page.waitForSelector("[data-test=procedure-option-5]");
    await tabTo(page, "procedure-search");
    await page.keyboard.type("2.000815");
    assert.equal(await page.inputValue("[data-test=procedure-search]"), "2.000815");
    assert.equal(await page.locator("[aria-pressed=true]").count(), 0, "typing chooses nothing");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=case-select]");
    assert.match(await page.textContent("[aria-pressed=true]"), /2\.000815/);
    await page.fill("[data-test=procedure-search]", "");
    await page.waitForSelector("[data-test=procedure-option-5]");
    await page.keyboard.press("ArrowDown");
    await focusIs(page, "procedure-option-5");
    await page.keyboard.press("3");
    await focusIs(page, "procedure-option-3");
    assert.equal(await page.getAttribute("[data-test=procedure-option-3]", "aria-pressed"), "true");
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("ArrowUp");
    await focusIs(page, "procedure-search");
  },

  async "the warehouse is searched by its six fields without marks"(page, base) {
    await page.goto(`${base}/#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=auto-attach]");
    await page.keyboard.press("F4");
    await focusIs(page, "picker-row-0");
    const rows = () => page.locator("[data-test^=picker-row]").count();
    const all = await rows();
    await page.keyboard.press("Control+f");
    await focusIs(page, "picker-find-name");
    await page.keyboard.type("LY LICH tu phap");
    assert.equal(await rows(), 1);
    await tabTo(page, "picker-find-number");
    await page.keyboard.type("111");
    assert.equal(await rows(), 0, "fields are combined");
    await tabTo(page, "picker-find", 40);
    await page.keyboard.press("Enter");
    assert.equal(await rows(), all);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=picker]", { state: "detached" });
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

  async "a Word file becomes a PDF before it is signed, can be stopped and come back, by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=word,converting#/dossier/d1/papers`);
    await page.waitForSelector("[data-test=component-1-convert]");
    await page.keyboard.press("F7");
    await focusIs(page, "convert-do");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=convert-running]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=convert-running]", { state: "detached" });
    await focusIs(page, "convert-do");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=convert]", { state: "detached" });
    assert.equal(await page.locator("[data-test=failure]").count(), 0, "what was stopped is no failure");

    await page.goto(`${base}/?scene=word#/dossier/d1/papers`);
    await page.reload();
    await page.waitForSelector("[data-test=component-1-state][data-state=needsConvert]");
    await tabTo(page, "3");
    await page.keyboard.press("p");
    await focusIs(page, "convert-do");
    await page.keyboard.press("Enter");
    await focusIs(page, "convert-right");
    await tabTo(page, "convert-restore", 5);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=convert]", { state: "detached" });
    await page.waitForSelector("[data-test=component-3-convert]");
    await page.evaluate(() => document.activeElement?.blur?.());
    await page.keyboard.press("F9");
    await focusIs(page, "convert-do");
    await page.keyboard.press("Enter");
    await focusIs(page, "convert-right");
    await tabTo(page, "convert-view", 5);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=viewer] canvas");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-test=viewer]", { state: "detached" });
    await focusIs(page, "convert-view");
    await page.keyboard.press("Shift+Tab");
    await focusIs(page, "convert-right");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=sign-confirm]:not([disabled])");
    await page.keyboard.press("F7");
    await page.waitForSelector("[data-test=component-1-state][data-state=needsDigitize]");
    await page.waitForSelector("[data-test=component-1-origin]");

    // Put off, it keeps no other paper from being signed.
    await page.goto(`${base}/?scene=word,wordAndPdf#/dossier/d1/papers`);
    await page.reload();
    await page.waitForSelector("[data-test=component-3-state][data-state=needsSign]");
    await page.keyboard.press("F9");
    await focusIs(page, "convert-do");
    await tabTo(page, "convert-later", 5);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=sign-confirm]:not([disabled])");
    await page.keyboard.press("F7");
    await page.waitForSelector("[data-test=component-3-state][data-state=needsDigitize]");
    await page.waitForSelector("[data-test=component-1-state][data-state=needsConvert]");
  },

  async "a result the officer and the agency sign is returned when both have, in that order, by keyboard alone"(page, base) {
    await page.goto(`${base}/?scene=bothSign,resultSigned#/dossier/d3/result`);
    await page.waitForSelector("[data-test=result-return]");
    await page.waitForSelector("[data-test=meta-name]");
    for (const [role, certificate] of [["officer", "certificate-1"], ["agency", "certificate-0"]]) {
      assert.equal(await page.locator("[data-test=result-return]:disabled").count(), 1, `the signature of the ${role} is missing`);
      await page.keyboard.press("F7");
      await page.waitForSelector("[data-test=sign-confirm]:not([disabled])");
      assert.equal(await page.locator(`[data-test=${certificate}]:checked`).count(), 1, "the certificate that is asked for is chosen");
      await page.keyboard.press("F7");
      await page.waitForSelector("[data-test=result-sign]");
    }
    await page.waitForSelector("[data-test=result-return]:not([disabled])");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=result-return]", { state: "detached" });
  },

  async "unsent work is exported by keyboard alone, and stays"(page, base) {
    await page.goto(`${base}/?scene=offline#/outbox`);
    await page.waitForSelector("[data-test=outbox-export]");
    const before = await page.locator("[data-test=outbox-item-state]").count();
    for (let left = 60; left > 0 && (await focused(page)) !== "outbox-export-all"; left -= 1) await page.keyboard.press("Tab");
    assert.equal(await focused(page), "outbox-export-all");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=outbox-exported]");
    assert.equal(await page.locator("[data-test=outbox-exported-at]").count(), before);
    assert.equal(await page.locator("[data-test=outbox-item-state]").count(), before);
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

  async "an administrator sets who signs, reads what it means and saves it without a mouse; whose desk it is not is not told its key"(page, base) {
    await page.goto(`${base}/?scene=mixed,plain,support`);
    await page.waitForSelector("[data-test=home-box]");
    await page.keyboard.press("F1");
    await page.waitForSelector("[data-test=help-support]");
    assert.match(await page.textContent("[data-test=help-support]"), /0256 000 000/, "whom to ask");
    for (const act of ["place8", "place9"]) assert.equal(await page.$(`[data-act=${act}]`), null, `${act} is not his`);
    await page.goto(`${base}/?scene=admin,mixed`);
    await page.waitForSelector("[data-test=place-admin]");
    await page.keyboard.press("F1");
    await page.waitForSelector("[data-act=place9]");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+9");
    await page.waitForSelector("[data-test=admin-line]");
    await tabTo(page, "admin-sheet-cai_dat");
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-test="admin-edit-chỉ tiêu tái sử dụng của đơn vị an-hoa  01/01/2026"]');
    await tabTo(page, "admin-row-add");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=admin-form]");
    await tabTo(page, "admin-cell-ma");
    await page.keyboard.type("ký giấy");
    await page.waitForSelector("[data-test=admin-cell-ma-hint]");
    assert.match(await page.textContent("[data-test=admin-cell-ma-hint]"), /không vào Kho/, "what it means, and what it never allows");
    await tabTo(page, "admin-cell-gia_tri");
    await page.keyboard.type("cán bộ rồi cơ quan");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=admin-form]", { state: "detached" });
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=admin-save]:not([disabled])");
    await tabTo(page, "admin-reason");
    await page.keyboard.type("Quyết định mẫu");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=admin-saved]");
  },

  async "an administrator changes a row, looks at it and saves it without a mouse; nobody else finds the place"(page, base) {
    await page.goto(`${base}/?scene=mixed`);
    await page.waitForSelector("[data-test=home-box]");
    assert.equal(await page.$("[data-test=place-admin]"), null, "without the role there is no such place");
    await page.goto(`${base}/?scene=admin,mixed`);
    await page.waitForSelector("[data-test=place-admin]");
    await page.keyboard.press("Control+9");
    await page.waitForSelector("[data-test=admin-line]");
    await tabTo(page, "admin-sheet-lich");
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-test="admin-edit-30/04/2027"]');
    await page.keyboard.press("Control+f");
    await focusIs(page, "admin-filter");
    await page.keyboard.type("chien thang");
    await tabTo(page, "admin-edit-30/04/2027");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=admin-form]");
    await tabTo(page, "admin-cell-ly_do");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Ngày Giải phóng miền Nam");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=admin-form]", { state: "detached" });
    assert.match(await page.textContent("[data-test=admin-pending]"), /^1 /, "one change waits");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=admin-save]:not([disabled])");
    await tabTo(page, "admin-reason");
    await page.keyboard.type("Thông báo mẫu");
    await page.keyboard.press("F9");
    await page.waitForSelector("[data-test=admin-saved]");
    assert.match(await page.textContent("[data-test=admin-saved]"), /13/, "a version of its own");
  },
};
