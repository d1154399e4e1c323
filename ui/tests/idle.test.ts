// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchIdle } from "../src/idle";

const MINUTE = 60_000;
let target: EventTarget;
let asked: number;
let locks: boolean;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-20T09:12:00+07:00") });
  target = new EventTarget();
  asked = 0;
  locks = true;
  const idle = async () => {
    asked += 1;
    if (locks) stop(); // as the window does: a locked one is not watched
    return locks;
  };
  stop = watchIdle({ after: 10 * MINUTE, now: () => Date.now(), target, idle });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});
const pass = (minutes: number) => vi.advanceTimersByTimeAsync(minutes * MINUTE);

it.each(["keydown", "pointerdown", "pointermove", "wheel"])("%s counts as somebody being there", async (name) => {
  await pass(9);
  target.dispatchEvent(new Event(name));
  await pass(9.9);
  expect(asked).toBe(0);
  await pass(0.2);
  expect(asked).toBe(1);
});

it("a job that runs is waited for, and its end begins the time anew", async () => {
  locks = false;
  await pass(10.1);
  expect(asked).toBe(1);
  locks = true;
  await pass(9);
  expect(asked, "not at once after a long scan").toBe(1);
  await pass(1.2);
  expect(asked).toBe(2);
});

it("a machine that slept is locked as soon as it wakes", async () => {
  vi.setSystemTime(Date.now() + 60 * MINUTE);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toBe(1);
});

it("a clock set back does not keep the window open for ever", async () => {
  vi.setSystemTime(Date.now() - 365 * 24 * 60 * MINUTE);
  await pass(10.2);
  expect(asked).toBe(1);
});

it("hears and asks nothing after it was stopped", async () => {
  stop();
  await pass(30);
  expect(asked).toBe(0);
});
