import { m } from "#text";

const ZONE = "Asia/Ho_Chi_Minh";
const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "2-digit", month: "2-digit", year: "numeric" });
const clockFormat = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false });
const isoFormat = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, day: "2-digit", month: "2-digit", year: "numeric" });
const grouping = new Intl.NumberFormat("vi-VN");

/** 20/11/2026 */
export const date = (at: number) => dayFormat.format(at);
/** 09:12 */
export const clock = (at: number) => clockFormat.format(at);
/** 09:12 20/11/2026 */
export const moment = (at: number) => `${clock(at)} ${date(at)}`;
/** 2026-11-20 in Vietnam. */
export const isoDay = (at: number) => isoFormat.format(at);
/** "2026-11-24" → 24/11/2026 */
export const day = (iso: string) => iso.split("-").reverse().join("/");
/** 17:00 25/11/2026; the day alone where no hour is known. */
export const dueAt = (iso: string, hour: string | null) => (hour === null ? day(iso) : `${hour} ${day(iso)}`);
/** The time a case gives: days, hours, or within the day. */
export function limitWords(of: { workingDays: number; workingHours: number }): string {
  if (of.workingDays === 0 && of.workingHours === 0) return m.limit_same_day();
  if (of.workingHours === 0) return m.limit_days({ days: of.workingDays });
  return of.workingDays === 0 ? m.limit_hours({ hours: of.workingHours }) : m.limit_both({ days: of.workingDays, hours: of.workingHours });
}
export const count = (n: number) => grouping.format(n);
export const money = (dong: number) => (dong === 0 ? m.fee_none() : m.fee_amount({ n: grouping.format(dong) }));

/** 8000 → 8.000 */
export const dong = (amount: number) => grouping.format(amount);
/** "8.000" or "8000" as typed, with or without the unit → 8000; null when it is no amount. */
export function amountOf(text: string): number | null {
  const digits = text.replace(/[^\d-]/g, "");
  return /^\d{1,13}$/.test(digits) ? Number(digits) : null;
}

/** 75 seconds → 1:15 */
export const minutesSeconds = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export function bytes(size: number): string {
  if (size < 1024) return m.size_bytes({ n: size });
  if (size < 1024 * 1024) return m.size_kb({ n: Math.round(size / 1024) });
  return m.size_mb({ n: (size / 1024 / 1024).toFixed(1).replace(".", ",") });
}

/** How long ago, in the words an officer would use. */
export function age(at: number, now: number): string {
  const minutes = Math.max(0, Math.floor((now - at) / 60_000));
  if (minutes < 1) return m.age_now();
  if (minutes < 60) return m.age_minutes({ n: minutes });
  if (minutes < 60 * 24) return m.age_hours({ n: Math.floor(minutes / 60) });
  return m.age_days({ n: Math.floor(minutes / 60 / 24) });
}

/** Lower case without marks, for matching on screen. */
export const fold = (text: string) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
