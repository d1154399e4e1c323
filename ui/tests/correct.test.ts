import { describe, expect, it } from "vitest";
import { bridge } from "../src/bridge/fake";
import { asked } from "../src/bridge/fake-correct";
import { agreesHimself, asWaiting, isMine, REASONS, reasonWords, unsent, waitingOf } from "../src/screens/correct/correct";

const me = (officer: string) => ({ officer, unit: "Bộ phận Một cửa" });

describe("a correction of a returned result", () => {
  it("knows its own officer however the login was typed, and nobody where none is open", () => {
    const correction = asked("b", "k", { login: "le.thi.mai" });
    expect([me("le.thi.mai"), me(" LE.THI.MAI "), me("canbo.demo"), { officer: null, unit: "" }].map((who) => isMine(correction, who))).toEqual([true, true, false, false]);
  });
  it("is agreed to by the officer at the counter only where he supervises and did not ask", () => {
    const correction = asked("b", "k", { login: "le.thi.mai" });
    expect(agreesHimself(correction, me("canbo.demo"), true)).toBe(true);
    expect(agreesHimself(correction, me("canbo.demo"), false)).toBe(false);
    expect(agreesHimself(correction, me("LE.THI.MAI"), true)).toBe(false);
  });
  it("has the three reasons of any wrong paper", () => {
    expect(REASONS.map(([reason]) => reason)).toEqual(["wrongInformation", "notTheResult", "notSigned"]);
    expect(REASONS.every(([reason]) => reasonWords(reason).length > 20)).toBe(true);
  });
  it("goes from the request to the second person's word, and to one that was looked at alone", async () => {
    const dossier = await bridge.dossier({ id: "d7" });
    const before = dossier.resultNow;
    expect(before).not.toBeNull();
    const waits = await bridge.askCorrection({ id: "d7", reason: "wrongInformation", text: "Sai ngày sinh" });
    const correction = waits === null ? null : waitingOf(waits);
    if (waits === null || correction === null) throw new Error("it waits");
    expect(unsent(dossier), "the warehouse has the result").toBe(false);
    expect([waits.resultNow, asWaiting(waits, correction).before]).toEqual([before, before]);
    expect((await bridge.correctionsWaiting()).map((line) => line.dossier)).toEqual(["d7"]);
    const at = { id: "d7", blob: correction.blob };
    await expect(bridge.approveCorrection({ ...at, approver: correction.login, secret: "x" })).rejects.toMatchObject({ error: { code: "correctOwnRequest" } });
    await expect(bridge.approveCorrection({ id: "d7", blob: before ?? "", approver: "truong.demo", secret: "x" })).rejects.toMatchObject({ error: { code: "correctNoneWaiting" } });
    const done = await bridge.approveCorrection({ ...at, approver: "truong.demo", secret: "x" });
    expect([done.resultNow, waitingOf(done), done.standing?.steps.at(-1)?.files]).toEqual([correction.blob, null, [before, correction.blob]]);
    expect(unsent(done), "its correction is on the way").toBe(true);
    const withdrawn = { ...done, outbox: done.outbox.map((item) => ({ ...item, state: "withdrawn" as const })) };
    expect(unsent(withdrawn), "what was given up holds nothing up").toBe(false);
    const waitsStill = { ...dossier, outbox: dossier.outbox.map((item) => ({ ...item, state: "attention" as const })) };
    expect(unsent(waitsStill)).toBe(true);
  });
});
