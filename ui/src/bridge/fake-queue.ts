// The queue of the fake office: what its counters accepted and somebody is owed, who has it, and since when.
import { isoDay } from "../text/format";
import { daysUntil } from "../text/day";
import { folded } from "../screens/bench/queue";
import type { Dossier, Load, OfficeLine, Queue, QueueAsk, QueueLine, QueueStateName, Seat, SeatLoad } from "./bridge";

const PAGE = 50;
const OVER = new Set(["refused", "stopped"]);

export function ownLine(d: Dossier): QueueLine | null {
  if (d.state !== "accepted" || d.standing === null || OVER.has(d.standing.phase)) return null;
  const { phase, seat, onItsWay, steps } = d.standing;
  const moves = steps.filter((step) => !step.void && (step.kind === "handedOver" || step.kind === "takenOver"));
  return {
    id: d.id, here: true, code: d.code, ownerName: d.owner.name, ownerNumber: `${d.owner.number.slice(0, 4)}••••${d.owner.number.slice(-4)}`, procedureName: d.procedureName, acceptedAt: d.acceptedAt ?? d.openedAt,
    officer: d.officer, counter: d.takenUp?.counter ?? "", due: d.deadline ?? "", phase, seat, onItsWay, movedBy: moves.findLast((step) => step.kind === "handedOver")?.officer ?? "", movedAt: moves.at(-1)?.at ?? null,
  };
}

export function officeQueueLine(o: OfficeLine): QueueLine | null {
  if (o.state !== "accepted" || OVER.has(o.phase)) return null;
  const { id, code, ownerName, ownerNumber, procedureName, acceptedAt, officer, counter, deadline: due, phase, seat, onItsWay } = o;
  return { id, here: false, code, ownerName, ownerNumber, procedureName, acceptedAt, officer, counter, due, phase, seat, onItsWay, movedBy: seat ? officer : "", movedAt: seat ? acceptedAt + 15 * 60_000 : null };
}

/** Many dossiers of invented people, so that a page is full and another follows. */
export function crowd(now: number, me: Seat): QueueLine[] {
  const [last, first] = [["Võ", "Lý", "Phan", "Trịnh", "Đinh", "Mai"], ["Thử An", "Thử Bình", "Thử Chi", "Thử Dung", "Thử Em"]];
  const units = [me.unit, "Phòng Kinh tế (DEMO)", "Văn phòng HĐND và UBND xã (DEMO)"];
  const names = ["Đăng ký khai sinh", "Cấp Giấy xác nhận tình trạng hôn nhân", "Đăng ký hoạt động cửa hàng bán lẻ xăng dầu"];
  return Array.from({ length: 124 }, (_, n) => {
    const due = isoDay(now + (Math.floor(n / 12) - 2) * 86_400_000);
    const seat = n % 5 === 4 ? null : { unit: units[n % 3] ?? "", officer: n % 3 === 0 ? (n % 4 === 0 ? "" : me.officer) : n % 3 === 1 ? "tran.van.son" : "le.thi.mai" };
    return {
      id: `q${n}`, here: n % 2 === 0, code: `000.01.20.H08-2611${String(10 + (n % 10))}-${String(n + 1).padStart(4, "0")}`, ownerName: `${last[n % 6]} ${first[n % 5]}`, ownerNumber: `0990••••${String(n).padStart(4, "0")}`, procedureName: names[n % 3] ?? "",
      acceptedAt: now - (124 - n) * 3_600_000, officer: "le.thi.mai", counter: n % 2 === 0 ? "" : "Quầy 2", due, phase: n % 11 === 5 ? "awaitingSupplement" : n % 7 === 3 ? "resultProposed" : "working", seat, onItsWay: seat !== null && n % 4 === 0,
      movedBy: seat ? "le.thi.mai" : "", movedAt: seat ? now - (n + 1) * 2_700_000 : null,
    };
  });
}

export function isIn(line: QueueLine, state: QueueStateName, today: string): boolean {
  const [stands, left] = [line.phase === "awaitingSupplement", daysUntil(line.due, today)];
  switch (state) {
    case "awaitingSupplement": return stands;
    case "toReturn": return line.phase === "resultProposed";
    case "onItsWay": return line.onItsWay;
    case "late": return !stands && left < 0;
    case "today": return !stands && left === 0;
    case "soon": return !stands && left > 0 && left <= 2;
  }
}

export function fits(line: QueueLine, ask: QueueAsk & { mine?: Seat | null }, today: string): boolean {
  const [unit, officer] = [folded(line.seat?.unit), folded(line.seat?.officer)];
  const mine = !ask.mine || (officer === "" ? unit !== "" && unit === folded(ask.mine.unit) : officer === folded(ask.mine.officer));
  return mine && (ask.unit === null || unit === folded(ask.unit)) && (ask.officer === null || officer === folded(ask.officer)) && (ask.state === null || isIn(line, ask.state, today));
}

export const inOrder = (lines: QueueLine[]) => lines.toSorted((a, b) => a.due.localeCompare(b.due) || a.id.localeCompare(b.id));

export function pageOf(all: QueueLine[], ask: QueueAsk & { mine?: Seat | null }, page: number, today: string, asOf: number | null): Queue {
  const found = inOrder(all.filter((line) => fits(line, ask, today)));
  const units = [...new Set(all.flatMap((line) => (line.seat ? [line.seat.unit] : [])))].toSorted((a, b) => a.localeCompare(b));
  return { lines: found.slice(page * PAGE, (page + 1) * PAGE), count: found.length, page, pageLines: PAGE, asOf, units };
}

export function loads(all: QueueLine[], today: string): SeatLoad[] {
  const known = new Map<string, SeatLoad>();
  for (const line of all) {
    const key = line.seat ? `${folded(line.seat.unit)} ${folded(line.seat.officer)}` : "";
    const of = known.get(key) ?? { seat: line.seat, load: none() };
    known.set(key, { seat: of.seat, load: sum(of.load, loadOf(line, today)) });
  }
  return [...known.entries()].toSorted(([a], [b]) => a.localeCompare(b)).map(([, of]) => of);
}

export const none = (): Load => ({ all: 0, late: 0, today: 0, soon: 0, awaiting: 0, toReturn: 0, onItsWay: 0 });
export const sum = (a: Load, b: Load): Load => ({ all: a.all + b.all, late: a.late + b.late, today: a.today + b.today, soon: a.soon + b.soon, awaiting: a.awaiting + b.awaiting, toReturn: a.toReturn + b.toReturn, onItsWay: a.onItsWay + b.onItsWay });
function loadOf(line: QueueLine, today: string): Load {
  const is = (state: QueueStateName) => Number(isIn(line, state, today));
  return { all: 1, late: is("late"), today: is("today"), soon: is("soon"), awaiting: is("awaitingSupplement"), toReturn: is("toReturn"), onItsWay: is("onItsWay") };
}
