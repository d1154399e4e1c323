// An office in memory with lively invented people, for screenshots, unit tests and work on the screens.
// `?scene=…` chooses its state. It is no part of the product build.
import {
  type AppError, type Attachment, type AutoAttach, type Bridge, type CapturedPage, type CertificateChoice, type ComponentRow, DeskFailure, type Dossier, type FeeEntry, type Fees, type FeeWish,
  type Conflict, type DossierLine, type IdentityCheck, type Metadata, type OfficeLine, type Offer, type OutboxItem, type Party, type PinBridge, type ProcedureChoice, type QueueLine, type Seat, type TakenStep,
  notSet, type Problem, type SignPrompt, type Status,
} from "./bridge";
import { fold, isoDay } from "../text/format";
import { bookOf, complianceOf } from "./fake-book";
import { GUIDES } from "./fake-guides";
import { feedbackOf } from "./fake-feedback";
import { adminOf } from "./fake-admin";
import { defectsOf, fillRows, REASONS, type Submission, SUBMISSIONS, waitingLine } from "./fake-online";
import { crowd, loads, none, officeQueueLine, ownLine, pageOf as queuePage, sum } from "./fake-queue";
import { fakePageSvg, fakePdf } from "./fake-paper";
import { fakePrinting } from "./fake-printing";
import { approve, asked, seedCorrections } from "./fake-correct";
import { SEATS, standingOf, step, stepsOf } from "./fake-steps";

const scenes = new Set((new URLSearchParams(globalThis.location?.search ?? "").get("scene") ?? "").split(","));
const scene = (name: string) => scenes.has(name);
const pace = scene("slow") ? 600 : 0;

/** Friday 20 November 2026, 09:12 in Vietnam. */
const NOW = Date.parse("2026-11-20T09:12:00+07:00");
const STARTED = Date.now();
const HOUR = 3_600_000;
const printing = fakePrinting(scene, NOW);
const DAY = 24 * HOUR;

const fail = (code: string, params: AppError["params"] = {}): never => {
  throw new DeskFailure({ code, params, reference: "7F3K-20" });
};
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const copy = <T>(value: T): T => structuredClone(value);
let made = 0;
const hex = (seed: string) => {
  let h = 0x811c9dc5;
  for (const c of seed) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193) >>> 0;
  return Array.from({ length: 8 }, (_, i) => (Math.imul(h + i, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")).join("");
};

const lan: Party = { kind: "citizen", number: "099090000001", aliases: ["099000111"], name: "Đỗ Thị Thanh Lan", address: "Thôn Thử Nghiệm 1, xã An Hòa (DEMO)", phone: "0900 000 001" };
const minh: Party = { kind: "citizen", number: "099085000002", aliases: [], name: "Nguyễn Văn Minh", address: "Thôn Thử Nghiệm 2, xã An Hòa (DEMO)", phone: "" };

const procedures: ProcedureChoice[] = [
  procedure("1.000894.H08", "Đăng ký kết hôn", "Hộ tịch", [["01", "Không xác minh điều kiện kết hôn", 1, 0], ["02", "Cần xác minh điều kiện kết hôn", 5, 0]], 4),
  procedure("1.004873.H08", "Cấp Giấy xác nhận tình trạng hôn nhân", "Hộ tịch", [["01", "Không phải xác minh", 3, 15000], ["02", "Phải xác minh", 23, 15000]], 3),
  procedure("1.001193.H08", "Đăng ký khai sinh", "Hộ tịch", [["01", "Đúng hạn", 1, 0]], 3),
  procedure("1.012222.H08", "Đăng ký hoạt động cửa hàng bán lẻ xăng dầu", "Công Thương", [["01", "Cấp mới", 7, 200000]], 5),
  procedure("2.000815.H08", "Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan tổ chức có thẩm quyền của Việt Nam cấp", "Chứng thực", [["01", "Trong ngày", 1, 2000]], 1),
  procedure("1.012373.H08", "Thủ tục tặng Giấy khen của Chủ tịch UBND cấp xã theo công trạng (Cấp xã)", "Thi đua khen thưởng", [["01", "Thông thường", 20, 0]], 4, true),
  procedure("1.001612.H08", "Đăng ký thành lập hộ kinh doanh", "Kinh doanh", [["01", "Thông thường", 3, 100000]], 3),
];
function procedure(code: string, name: string, field: string, cases: [string, string, number, number][], componentCount: number, agencyApplicant = false): ProcedureChoice {
  return { code, name, field, level: "Cấp xã", agencyApplicant, componentCount, cases: cases.map(([c, n, workingDays, fee]) => ({ code: c, name: n, workingDays, workingHours: 0, fee })) };
}

const identity = (outcome: IdentityCheck["outcome"], number: string, more: Partial<IdentityCheck> = {}): IdentityCheck => ({
  outcome, at: NOW - 60_000, cached: false, number, kind: "cccd", earlier: null, suggestedName: null,
  guide: outcome === "notRegistered" ? (copy(GUIDES.guides[0]) ?? null) : null,
  ...more,
});

const row = (number: number, name: string, more: Partial<ComponentRow> = {}): ComponentRow => ({
  number, name, form: "original", quantity: 1, required: true, entersWarehouse: true, resultCodes: [], attachment: null, reservation: null, waiver: null,
  matches: 0, matchesAt: NOW - HOUR, capturing: 0, needsSignature: "none", canDigitize: false, open: true, ...more, ...(scene("neverAsked") ? { matches: 0, matchesAt: null } : {}),
});

const attachment = (seed: string, more: Partial<Attachment> = {}): Attachment => ({
  blob: hex(seed), size: 512_000, pages: 2, mediaType: "application/pdf", source: "scan", dpi: 300, document: null, signatures: [], digitized: false, outbox: null, word: false, origin: null, ...more,
});

const wordFile = (seed: string) => attachment(seed, { source: "file", dpi: null, pages: 0, size: 38_000, mediaType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", word: true });

const rowsOf: Record<string, () => ComponentRow[]> = {
  "1.000894.H08": () => [
    row(1, "Tờ khai đăng ký kết hôn theo mẫu", { entersWarehouse: false }),
    row(2, "Giấy xác nhận tình trạng hôn nhân do UBND cấp xã có thẩm quyền cấp trong trường hợp người đăng ký kết hôn không thường trú tại xã làm thủ tục", { resultCodes: ["KQ.G15.000034"], matches: scene("ambiguous") ? 2 : 1 }),
    row(3, "Thẻ căn cước công dân", { form: "certifiedCopy", resultCodes: ["KQ.G01.000023", "KQ.G01.000005"], matches: 1 }),
    row(4, "Quyết định ly hôn hoặc giấy chứng tử (nếu có)", { form: "copy", required: false }),
  ],
  "1.012222.H08": () => [
    row(1, "Đơn đăng ký hoạt động (Kiểm tra)"),
    row(2, "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", { resultCodes: ["KQ.G02.000144"], matches: 1 }),
    row(3, "Bản kê trang thiết bị của cửa hàng", { form: "copy" }),
    row(4, "Thẻ căn cước công dân", { form: "certifiedCopy", matches: 1 }),
    row(5, "Tài liệu chứng minh quyền sử dụng đất", { required: false, form: "copy" }),
  ],
};
const genericRows = (n: number) => Array.from({ length: n }, (_, i) => row(i + 1, ["Tờ khai theo mẫu", "Thẻ căn cước công dân", "Giấy tờ chứng minh nơi cư trú", "Báo cáo thành tích"][i] ?? "Giấy tờ khác", { matches: i === 1 ? 1 : 0, entersWarehouse: i > 0 }));

function open(id: string, owner: Party, p: ProcedureChoice, more: Partial<Dossier> = {}): Dossier {
  const chosen = p.cases[0];
  return {
    id, code: null, channel: "direct", returnMethod: "counter", owner, submitter: null, identity: identity(scene("offline") ? "offline" : "registered", owner.number),
    procedureCode: p.code, procedureName: p.name, caseCode: chosen?.code ?? "", caseName: chosen?.name ?? "", workingDays: chosen?.workingDays ?? 0, workingHours: 0, fee: chosen?.fee ?? 0, fees: { paid: 0, relieved: 0, due: 0, beyond: 0, entries: [] },
    components: (rowsOf[p.code] ?? (() => genericRows(p.componentCount)))(), unconfirmedReuse: 0, consents: [], reported: [], state: "draft", acceptedAt: null, deadline: "2026-11-25", deadlineHour: "17:00",
    deadlineReason: "3 ngày làm việc, trừ T7-CN và 24/11", sent: null, declined: null, aside: null, unfetched: [], added: 0, defects: [], exception: null, standing: null, completedAt: null, result: null, resultNeedsSignature: "none", resultNow: null, corrections: [], resultCapturing: 0, receipt: null, reprint: [], prints: [], guideDue: false, takenUp: null, settlements: [], officer: "Nguyễn Thị Thử Nghiệm", openedAt: NOW - HOUR, problems: [], outbox: [], ...more,
  };
}

const item = (op: string, dossier: string, kind: OutboxItem["kind"], state: OutboxItem["state"], more: Partial<OutboxItem> = {}): OutboxItem => ({
  op, dossier, dossierCode: null, kind, state, sent: 0, total: 1_048_576, nextTry: null, receivedAt: state === "received" ? NOW - 20 * 60_000 : null, problem: null, attempts: 0, queuedAt: NOW - HOUR, lastError: null, exportedAt: null, withdrawal: null, answers: false, ...more,
});
const CLOSED: ReadonlySet<OutboxItem["state"]> = new Set(["received", "replaced", "withdrawn"]);
const OFFICER = "canbo.demo";

const store = new Map<string, Dossier>();
const captures = new Map<string, CapturedPage[]>();
const statusHeard = new Set<(s: Status) => void>();
const dossierHeard = new Set<(id: string) => void>();

function seed() {
  const [marriage, single, birth, petrol, , merit] = procedures as [ProcedureChoice, ProcedureChoice, ProcedureChoice, ProcedureChoice, ProcedureChoice, ProcedureChoice];
  const code = (n: number) => `000.01.20.H08-261120-${String(n).padStart(4, "0")}`;
  const draft = open("d1", lan, petrol);
  if (scene("mixed")) {
    draft.components = [
      row(1, "Đơn đăng ký hoạt động (Kiểm tra)", { attachment: attachment("don", { pages: 3 }), needsSignature: "agency" }),
      row(2, "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", { matches: 1, attachment: attachment("gcn", { source: "warehouse", dpi: null, document: "p1", pages: 1, signatures: [{ role: "agency", signer: "Sở Công Thương (DEMO)", at: NOW - 300 * DAY }] }) }),
      row(3, "Bản kê trang thiết bị của cửa hàng", { form: "copy", attachment: attachment("ke", { source: "file", dpi: null, signatures: [{ role: "agency", signer: "UBND xã An Hòa (DEMO)", at: NOW - 5 * 60_000 }] }), canDigitize: true }),
      row(4, "Thẻ căn cước công dân", { form: "certifiedCopy", matches: 2 }),
      row(5, "Tài liệu chứng minh quyền sử dụng đất", { required: false, form: "copy", capturing: 3 }),
    ];
  }
  if (scene("word")) {
    draft.components = [
      row(1, "Đơn đăng ký hoạt động (Kiểm tra)", { attachment: wordFile("don") }),
      row(2, "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", { matches: 1, attachment: attachment("gcn", { source: "warehouse", dpi: null, document: "p1", pages: 1, signatures: [{ role: "agency", signer: "Sở Công Thương (DEMO)", at: NOW - 300 * DAY }] }) }),
      row(3, "Bản kê trang thiết bị của cửa hàng", { form: "copy", ...(scene("wordAndPdf") ? { attachment: attachment("ke"), needsSignature: "agency" } : { attachment: wordFile("ke"), entersWarehouse: false }) }),
    ];
    draft.consents = [{ at: NOW - 4 * 60_000, method: "spoken", count: 1, national: false }];
  }
  if (scene("complete")) {
    draft.components = [
      row(1, "Đơn đăng ký hoạt động (Kiểm tra)", { attachment: attachment("don", { pages: 3, digitized: true, outbox: "received", signatures: [{ role: "agency", signer: "UBND xã An Hòa (DEMO)", at: NOW - 9 * 60_000 }] }) }),
      row(2, "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", { matches: 1, attachment: attachment("gcn", { source: "warehouse", dpi: null, document: "p1", pages: 1 }) }),
      row(3, "Thẻ căn cước công dân", { form: "certifiedCopy", matches: 1, reservation: scene("offline") ? { document: "p2", problem: null } : null, attachment: scene("offline") ? null : attachment("cccd", { source: "warehouse", dpi: null, document: "p2" }) }),
    ];
    draft.consents = [{ at: NOW - 4 * 60_000, method: "spoken", count: 2, national: false }];
  }
  if (scene("notRegistered")) draft.identity = identity("notRegistered", lan.number);
  add(draft);
  add(open("d2", minh, marriage, { openedAt: NOW - 2 * HOUR }));
  const done = { acceptedAt: NOW - 25 * 60_000, receipt: hex("receipt"), state: "accepted" as const, openedAt: NOW - 40 * 60_000 };
  add(open("d3", { ...lan, name: "Trần Thị Mỹ Hạnh", number: "099092000003" }, birth, {
    ...done, code: scene("provisional") ? "TAM-261120-0007" : code(3), deadline: "2026-11-20", deadlineReason: "1 ngày làm việc",
    components: [row(1, "Tờ khai đăng ký khai sinh", { attachment: attachment("tk"), entersWarehouse: false }), row(2, "Giấy chứng sinh", { attachment: attachment("gcs", { digitized: true, outbox: "received" }) }), row(3, "Thẻ căn cước công dân", { attachment: attachment("cc3", { source: "warehouse", dpi: null, document: "p2" }) })],
    outbox: scene("offline")
      ? [item("o1", "d3", "document", "waiting", { nextTry: NOW + 3 * 60_000, attempts: 2, lastError: "linkOffline" }), item("o2", "d3", "acceptance", "waiting", { nextTry: NOW + 3 * 60_000, attempts: 2, lastError: "linkOffline" })]
      : scene("received") ? [item("o1", "d3", "document", "received"), item("o2", "d3", "acceptance", "received")]
      : [item("o1", "d3", "document", "received"), item("o2", "d3", "acceptance", "sending", { sent: 540_000 })],
    result: scene("resultSigned") || scene("resultUnsigned") ? { attachment: attachment("kq", { pages: 1, signatures: scene("resultSigned") ? [{ role: "agency", signer: "UBND xã An Hòa (DEMO)", at: NOW - 60_000 }] : [] }), metadata: metadata("Giấy khai sinh", "099092000003") } : null,
  }));
  if (scene("guideDue")) Object.assign(find("d3"), { guideDue: true, identity: identity("notRegistered", "099092000003") });
  if (scene("reprint")) find("d3").reprint = ["finalCode"];
  add(open("d4", { ...minh, name: "Lê Hoàng Phúc", number: "099079000004" }, single, { ...done, code: code(1), acceptedAt: NOW - 3 * DAY, openedAt: NOW - 3 * DAY, deadline: "2026-11-18", outbox: [item("o4", "d4", "acceptance", "attention", { problem: "agencySignatureMissing", attempts: 3, lastError: "linkRefused", queuedAt: NOW - 3 * DAY })] }));
  add(open("d5", { ...minh, kind: "agency", name: "Trường Tiểu học An Hòa (DEMO)", number: "000.00.21.H08" }, merit, { ...done, code: code(2), acceptedAt: NOW - 2 * DAY, openedAt: NOW - 2 * DAY, deadline: "2026-12-16", outbox: [item("o5", "d5", "acceptance", "received", { queuedAt: NOW - 2 * DAY })] }));
  add(open("d6", { ...lan, name: "Phạm Quốc Bảo", number: "099099000005" }, single, { ...done, code: code(4), deadline: "2026-11-23", reprint: scene("reprint") ? ["finalCode", "papers"] : [], components: [row(1, "Tờ khai", { attachment: attachment("t6"), entersWarehouse: false }), row(2, "Thẻ căn cước công dân", { attachment: attachment("c6", { source: "warehouse", document: "p2" }) })], takenUp: null, settlements: scene("settled") ? [{ at: NOW - 10 * 60_000, officer: "nguyen.thi.thu", differences: conflictOf("o6").differences.map((d) => ({ ...d, taken: "theirs" as const })) }] : [], outbox: [scene("conflict") ? item("o6", "d6", "result", "attention", { problem: "dossierConflict", attempts: 1 }) : item("o6", "d6", "acceptance", "queued")] }));
  add(open("d7", { ...lan, name: "Võ Thị Ngọc Ánh", number: "099094000006" }, marriage, { ...done, state: "completed", code: code(5), openedAt: NOW - 5 * HOUR, acceptedAt: NOW - 5 * HOUR + 9 * 60_000, completedAt: NOW - 30 * 60_000, result: { attachment: attachment("k7", { signatures: [{ role: "agency", signer: "UBND xã An Hòa (DEMO)", at: NOW - HOUR }] }), metadata: metadata("Giấy chứng nhận kết hôn", "099094000006") }, resultNow: hex("k7"), outbox: [item("o7", "d7", "result", "received", { queuedAt: NOW - 30 * 60_000 })] }));
  if (scene("resultFee")) find("d6").result = { attachment: attachment("kq6", { pages: 1, signatures: [{ role: "agency", signer: "UBND xã An Hòa (DEMO)", at: NOW - 60_000 }] }), metadata: metadata("Giấy xác nhận tình trạng hôn nhân", "099099000005") };
  if (scene("fees")) {
    const entered = (id: string, entries: FeeEntry[], state: OutboxItem["state"] = "received") => {
      find(id).fees.entries.push(...entries);
      find(id).outbox.push(...entries.map((e) => item(e.id, id, "fee", state, { queuedAt: e.at, problem: state === "attention" ? "feeReceiptTaken" : null })));
    };
    entered("d4", [feeEntry("e1", cash(15_000, "AB/26P-0000123"), { at: NOW - 70 * 60_000 })]);
    if (scene("feeRefused")) entered("d6", [feeEntry("e2", cash(15_000, "AB/26P-0000124"), { at: NOW - 40 * 60_000 }), ...(scene("feeReversed") ? [feeEntry("e6", { kind: "reversed", amount: 15_000, method: "cash", text: "Ghi nhầm hồ sơ", entry: "e2" }, { at: NOW - 38 * 60_000 })] : [])], "attention");
    else {
      entered("d6", [feeEntry("e2", { ...cash(15_000, "AB/26P-0000124"), method: "transfer" }, { at: NOW - 40 * 60_000 })]);
      entered("d6", [feeEntry("e3", { kind: "reversed", amount: 15_000, method: "transfer", text: "Ghi nhầm hình thức", entry: "e2" }, { at: NOW - 38 * 60_000 }), feeEntry("e4", cash(10_000, "AB/26P-0000125"), { at: NOW - 37 * 60_000 }), feeEntry("e5", { kind: "relieved", amount: 5_000, method: null, text: "Hộ cận nghèo", entry: null }, { at: NOW - 37 * 60_000 })], "queued");
    }
  }
  seedSteps();
  const finished = store.get("d7");
  if (finished) seedCorrections(settle(finished), hex("k7b"), { login: OFFICER, officer: "Nguyễn Thị Thử Nghiệm" }, scene);
  if (scene("onlineAccepted")) Object.assign(find("d5"), { channel: "online", sent: SUBMISSIONS.w3?.sent ?? null, exception: "Trường mới thành lập, đang chờ cấp tài khoản" });
  if (scene("setAside")) {
    const officer = "le.thi.mai";
    const aside = (id: string, more: Partial<NonNullable<Dossier["aside"]>>) => Object.assign(find(id), { state: "setAside", aside: { kind: "discarded", at: NOW - 20 * 60_000, officer: OFFICER, reason: "", code: null, counter: "", ...more } });
    aside("d1", { reason: "Mở nhầm thủ tục" });
    aside("d2", { kind: "acceptedElsewhere", officer, counter: "Quầy 2", code: "000.00.20.H08-261120-0017" });
  }
  if (scene("captured")) captures.set("d1/1", [0, 1, 2, 3].map((n) => page("d1/1", n)));
}

/** "d6" lives through the steps of its scene; "steps" is an office in which they all happen. */
function seedSteps() {
  const lived = (id: string, steps: ReturnType<typeof stepsOf>, more: Partial<Dossier> = {}) => {
    const d = find(id);
    const promised = steps.findLast((s) => s.day !== null && !s.void)?.day;
    if (d.standing) d.standing.steps = steps;
    Object.assign(d, { acceptedAt: NOW - 23 * HOUR, ...(promised && { deadline: promised, deadlineReason: scene("stepReappointed") ? "đã xin lỗi và hẹn lại ngày 20/11/2026" : "3 ngày làm việc, trừ T7-CN và 24/11; tính lại từ khi bổ sung đủ, 20/11/2026" }), ...more });
    settle(d);
  };
  const steps = stepsOf(scene);
  if (steps.length > 0) lived("d6", steps, scene("stepLate") ? { deadline: "2026-11-20" } : {});
  if (scene("stepRefused")) find("d6").outbox.push(item("s3", "d6", "step", "attention", { problem: "authorNotGranted", queuedAt: NOW - 3 * HOUR, attempts: 1 }));
  if (!scene("steps")) return;
  const of = (name: string) => stepsOf((asked) => asked === name);
  lived("d3", of("stepToMe"));
  lived("d4", of("stepAwaiting"));
  lived("d5", of("stepProposed"));
  lived("d6", of("stepReappointed"));
  add({ ...copy(find("d6")), id: "d8", code: "000.01.20.H08-261119-0021", owner: { ...lan, name: "Ngô Văn Tám", number: "099088000008" }, standing: null, outbox: [] });
  lived("d8", of("stepOver"));
  add({ ...copy(find("d6")), id: "d9", code: "000.01.20.H08-261119-0022", owner: { ...lan, name: "Trương Thị Hiền", number: "099087000009" }, standing: null, outbox: [], deadline: "2026-11-19" });
  lived("d9", of("stepSent"));
}

function add(dossier: Dossier) {
  store.set(dossier.id, settle(dossier));
}

/** Completeness as the desk sees it, so that the screens move as they will. */
function settle(d: Dossier): Dossier {
  const problems: Problem[] = [];
  for (const r of d.components) {
    const a = r.attachment;
    if (!a && !r.reservation && !r.waiver && r.required) problems.push({ field: `components.${r.number}`, code: "componentMissing" });
    if (a && a.source !== "warehouse" && r.entersWarehouse && !a.digitized) problems.push({ field: `components.${r.number}`, code: "componentNotDigitized" });
  }
  const covered = d.consents.reduce((sum, c) => sum + c.count, 0);
  const reused = d.components.filter((r) => r.attachment?.source === "warehouse" || r.reservation).length;
  d.unconfirmedReuse = d.state === "draft" ? Math.max(0, reused - covered) : 0;
  if (d.unconfirmedReuse > 0) problems.push({ field: "consent", code: "reuseNotConfirmed" });
  d.defects = defectsOf(d);
  if (d.exception === null) problems.push(...d.defects.map((code) => ({ field: "owner.kind", code })));
  d.problems = d.state === "draft" ? problems : [];
  const unsent = d.outbox.some((o) => o.kind === "acceptance" && o.problem === "acceptanceHeld");
  for (const r of d.components) r.open = !r.attachment?.digitized && (d.state === "draft" || (unsent && !!r.reservation?.problem));
  for (const o of d.outbox) o.dossierCode = d.code;
  d.resultNeedsSignature = d.result && d.state !== "completed" ? lacking(d.result.attachment) : "none";
  d.fees = account(d);
  d.standing = d.state === "draft" || d.state === "declined" || d.state === "setAside" ? null : standingOf(d, d.standing?.steps ?? [], d.outbox, scene("stepLate"));
  return d;
}

/** What is paid and due, from the entries. */
function account(d: Dossier): Fees {
  const { entries } = d.fees;
  const reversed = new Set(entries.filter((e) => e.kind === "reversed" && !e.void).map((e) => e.reverses));
  for (const e of entries) {
    const sent = d.outbox.find((o) => o.op === e.id);
    Object.assign(e, { stands: e.kind !== "reversed" && !e.void && !reversed.has(e.id), outbox: sent?.state ?? null, problem: sent?.problem ?? null });
  }
  const sum = (kind: FeeEntry["kind"]) => entries.filter((e) => e.kind === kind && e.stands).reduce((all, e) => all + e.amount, 0);
  const [paid, relieved] = [sum("paid"), sum("relieved")];
  return { paid, relieved, due: Math.max(0, d.fee - paid - relieved), beyond: Math.max(0, paid + relieved - d.fee), entries };
}
function feeEntry(id: string, wish: FeeWish, more: Partial<FeeEntry> = {}): FeeEntry {
  return { id, kind: wish.kind, amount: wish.amount, method: wish.method, text: wish.text, reverses: wish.entry, officer: OFFICER, at: NOW, void: false, stands: wish.kind !== "reversed", outbox: null, problem: null, ...more };
}
const cash = (amount: number, text: string): FeeWish => ({ kind: "paid", amount, method: "cash", text, entry: null });

const find = (id: string): Dossier => store.get(id) ?? fail("dossierUnknown");
const component = (d: Dossier, n: number): ComponentRow => d.components.find((r) => r.number === n) ?? fail("componentUnknown");
const answer = async (d: Dossier): Promise<Dossier> => {
  await wait(pace);
  return copy(settle(d));
};

let broughtBack = false;
const pages = new Map<string, { name: string; page: number }>();
function page(key: string, n: number): CapturedPage {
  const blob = hex(`${key}-${n}-page`);
  pages.set(blob, { name: "Giấy tờ mẫu", page: n + 1 });
  return { image: blob, thumbnail: blob, width: 2480, height: 3508, dpi: 300 };
}

function offer(document: string, name: string, code: string, more: Partial<Offer> = {}): Offer {
  return {
    document, code: `099090000001.${code}.CS90001`, name: `099090000001.${code}.02022024.${name}`, blob: hex(document), fit: "exact", reasons: [], here: true, provenance: "provincial", status: "valid",
    kind: "Kết quả giải quyết", category: name, store: "Cá nhân/tổ chức", storeName: "", size: 98_304, ownerNumber: "099090000001", ownerName: lan.name, decisionNumber: "", summary: `${name} của Đỗ Thị Thanh Lan`, uses: 0, issuedOn: "2024-02-02", validUntil: null, issuer: "Sở Công Thương (DEMO)", ...more,
  };
}
/** Results returned in this session: the next dossier finds them. */
const returned: Offer[] = [];
const offers = (): Offer[] =>
  scene("empty") ? [] : [
    ...returned,
    offer("p1", "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", "KQ.G02.000144", { uses: 1, decisionNumber: "121/GCN-SCT" }),
    offer("p2", "Thẻ căn cước công dân", "KQ.G01.000023", { fit: "suggested", reasons: ["nameOnly"], here: false, issuer: "Bộ Công an", issuedOn: "2021-05-14" }),
    offer("p3", "Bản sao được chứng thực từ bản chính", "KQ.G15.000021", { fit: "unfit", reasons: ["resultCodeDiffers"], store: "Kho cơ quan nhà nước, tổ chức", size: 1_048_576, uses: 3 }),
    offer("p4", "Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", "KQ.G02.000144", { fit: "unfit", status: "expired", reasons: ["expired"], issuedOn: "2019-01-10", validUntil: "2024-01-10" }),
    offer("p5", "Phiếu lý lịch tư pháp số 1", "KQ.G05.000012", { fit: "suggested", provenance: "national", storeName: "Kho DVCQG", here: false, issuer: "Sở Tư pháp tỉnh khác" }),
    offer("p6", "Giấy khai sinh", "KQ.G15.000031", { fit: "suggested", provenance: "nationalNotSynced", storeName: "CSDLHTĐT", here: false, reasons: ["notSynced"], issuer: "UBND phường thử nghiệm 2 (DEMO)" }),
    offer("p7", "Giấy chứng nhận đăng ký hộ kinh doanh", "KQ.G02.000031", { fit: "unfit", storeName: "Kho Quy Nhơn", reasons: ["resultCodeDiffers"], issuer: "UBND phường thử nghiệm 1 (DEMO)" }),
  ];

const certificate = (fingerprint: string, organization: string, role: CertificateChoice["role"], more: Partial<CertificateChoice> = {}): CertificateChoice => ({
  fingerprint, slot: "0", tokenLabel: "USB ký số BCY (DEMO)", organization, validFrom: NOW - 300 * DAY, validUntil: NOW + 430 * DAY, authority: "CA phục vụ các cơ quan nhà nước (DEMO)", role, problem: null, untrusted: false, pinState: scene("lastTry") ? "lastTry" : "normal", pinPad: scene("pinPad"), ...more,
});
const certificates = (): CertificateChoice[] =>
  scene("tokenNone") ? [] : [
    certificate("aa", "UBND xã An Hòa (DEMO)", "agency", scene("tokenLocked") ? { pinState: "locked" } : {}),
    certificate("bb", "Nguyễn Thị Thử Nghiệm", "officer", scene("tokenLocked") ? { pinState: "locked" } : {}),
    certificate("dd", "Phạm Văn Người Lạ (DEMO)", "officer", { untrusted: true, authority: "CA LẠ (DEMO)" }),
    certificate("cc", "Nguyễn Thị Thử Nghiệm (cũ)", "officer", { problem: "certificateExpired", validFrom: NOW - 800 * DAY, validUntil: NOW - 70 * DAY }),
  ];

const metadata = (name: string, number = lan.number): Metadata => ({
  kind: "Kết quả giải quyết", category: "Giấy khai sinh", resultCode: "KQ.G15.000031", name: `${number}.KQ.G15.000031.20112026.${name}`, decisionNumber: "", summary: name, issuer: "UBND xã An Hòa (DEMO)",
  issuedOn: "2026-11-20", validUntil: null, form: "original", store: "personal", shown: true, shared: false,
});

/** Whose signature a paper for the warehouse lacks first. */
const first = scene("bothSign") ? "officer" as const : "agency" as const;
/** Whose it still lacks, by the province's rule: whoever is asked for first comes first. */
const lacking = ({ signatures }: Attachment): ComponentRow["needsSignature"] => {
  const signedBy = signatures.map((mark) => mark.role);
  if (first === "officer" && !signedBy.includes("officer")) return "officer";
  return signedBy.lastIndexOf("agency") > (first === "officer" ? signedBy.indexOf("officer") : -1) ? "none" : "agency";
};
const lost = scene("offline") || scene("machine") || scene("intercepted");
const status: Status = {
  vault: scene("absent") ? "absent" : scene("sealed") ? "sealed" : scene("locked") ? "locked" : "open", sealedAt: scene("sealed") ? NOW - 5 * 60_000 : null, officers: ["canbo.demo", "truong.demo"], officer: scene("absent") || scene("locked") || scene("sealed") ? null : "canbo.demo",
  officerName: scene("unnamed") ? null : "Nguyễn Thị Thử Nghiệm", agencyName: "UBND xã An Hòa (DEMO)", unitName: "Bộ phận Tiếp nhận và Trả kết quả", version: "0.1.0", online: !lost, trouble: scene("offline") ? "linkOffline" : scene("machine") ? "linkUnauthorized" : scene("intercepted") ? "linkIntercepted" : null, lastContact: lost ? NOW - 47 * 60_000 : NOW - 30_000,
  warehouseLogin: scene("loginRefused") ? "refused" : scene("loginWithoutRole") ? "withoutRole" : scene("loginNotAsked") ? "notAsked" : "known",
  administrator: scene("admin"),
  warehouseName: scene("loginRefused") || scene("loginNotAsked") ? null : "Nguyễn Thị Thử Nghiệm",
  queued: 0, attention: 0, token: scene("tokenNone") ? "none" : scene("tokenLocked") ? "locked" : "present", tokenLabel: scene("tokenNone") ? null : "USB ký số BCY (DEMO)", scannerId: "pnm:0", scannerLabel: "Máy quét quầy 1 (DEMO)", referenceVersion: 12, blockLeft: 46, reuseTarget: 6000, offlineDaysLeft: scene("graceOver") ? 0 : scene("graceEnds") ? 2 : 14, lockAfterMinutes: 10, support: scene("support") ? { unit: "Tổ hỗ trợ một cửa (DEMO)", phone: "0256 000 000", hours: "7:30–17:00", email: "hotro@demo.example", zalo: "" } : null, supervises: !scene("plain"),
  tourSeen: !scene("firstTour"), training: scene("training") ? { officer: OFFICER, officerSecret: "Demo-2026-mot-cua", pin: "Demo@2026", ownerNumber: lan.number, ownerName: lan.name, cut: false } : null,
  ...printing.status(),
};
function current(): Status {
  const items = [...store.values()].flatMap((d) => d.outbox);
  status.queued = items.filter((i) => i.state === "queued" || i.state === "sending" || i.state === "sent" || i.state === "waiting").length;
  status.attention = items.filter((i) => i.state === "attention").length;
  return copy(status);
}
const tell = (id: string) => {
  for (const heard of dossierHeard) heard(id);
  for (const heard of statusHeard) heard(current());
};

let cancelled = false;
let release = () => {};
/** Something that takes until the officer stops it. */
const held = () => new Promise<void>((done) => (release = done));
if (!scene("empty")) seed();
else add(open("d1", lan, procedures[3] as ProcedureChoice));
if (scene("empty")) store.clear();
if (store.has("d3")) printing.seed(find("d3"));

/** What other counters of the office took in. */
/** Dossiers of the queue that are in no other list of the fake office. */
const more: QueueLine[] = scene("fullDesk") ? crowd(NOW, { unit: status.unitName, officer: OFFICER }) : [];
const queued = (): QueueLine[] => [...[...store.values()].map((d) => ownLine(settle(d))), ...office.filter((o) => !store.has(o.id)).map(officeQueueLine), ...more].filter((line) => line !== null);
function moveOne(id: string, to: Seat | null, note: string): TakenStep {
  const refuse = (code: string): TakenStep => ({ id, refused: { code, params: {}, reference: "7F3K-21" } });
  const line = queued().find((known) => known.id === id);
  if (!line) return refuse("officeDossierUnknown");
  if (scene("offline") && !line.here) return refuse("linkOffline");
  if (to === null && (!line.onItsWay || (scene("takenSince") && id === more.find((known) => known.onItsWay)?.id))) return refuse("stepNothingSent");
  const [seat, now] = [to ?? { unit: line.seat?.unit ?? "", officer: OFFICER }, { movedAt: NOW + (made += 1) * 1000, onItsWay: to !== null }];
  Object.assign(more.find((known) => known.id === id) ?? {}, { seat, ...now, ...(to && { movedBy: OFFICER }), here: true });
  Object.assign(office.find((known) => known.id === id) ?? {}, { seat, onItsWay: now.onItsWay });
  store.get(id)?.standing?.steps.push(step(`q${made}`, to ? "handedOver" : "takenOver", now.movedAt, { seat, text: note, outbox: "queued" }));
  return { id, refused: null };
}
const office: OfficeLine[] = scene("empty") ? [] : [
  officeLine("f1", "Huỳnh Thị Kim Ngân", "099093000011", 11, { holder: { counter: "Quầy 2", officer: "le.thi.mai", until: NOW + 3 * HOUR } }),
  officeLine("f2", "Nguyễn Hữu Tài", "099081000012", 12, { deadline: "2026-11-20" }),
  ...(scene("steps") ? [officeLine("f4", "Đặng Minh Khôi", "099091000014", 14, { seat: { unit: "Công chức Tư pháp - Hộ tịch (DEMO)", officer: OFFICER }, onItsWay: true }), officeLine("f5", "Hồ Thị Bé", "099089000015", 15, { phase: "awaitingSupplement", seat: { unit: "Phòng Kinh tế (DEMO)", officer: "tran.van.son" } })] : []),
  officeLine("f3", "Bùi Thị Ngọc Diệp", "099096000013", 13, { state: "completed", officer: "tran.van.son", counter: "Quầy 3", acceptedAt: NOW - 2 * DAY }),
];
function officeLine(id: string, ownerName: string, number: string, n: number, more: Partial<OfficeLine> = {}): OfficeLine {
  return { id, code: `000.01.20.H08-261120-${String(n).padStart(4, "0")}`, ownerName, ownerNumber: `${number.slice(0, 4)}••••${number.slice(-4)}`, procedureName: "Đăng ký khai sinh", state: "accepted", acceptedAt: NOW - 50 * 60_000, deadline: "2026-11-24", phase: "working", seat: null, onItsWay: false, officer: "le.thi.mai", counter: "Quầy 2", holder: null, ...more };
}
function text(name: string, value: string) { return { name, form: "text" as const, text: value }; }
function conflictOf(op: string): Conflict { return {
  op, dossier: "d6", kind: scene("conflictAcceptance") ? "acceptance" : scene("conflictOutcome") ? "decline" : "result", at: NOW - 5 * 60_000, heldBy: scene("conflictHeld") ? { counter: "", officer: "le.thi.mai", until: NOW + 2 * HOUR } : null,
  added: scene("conflictAcceptance") ? 1 : 0,
  differences: scene("conflictHeld") ? [] : scene("conflictOutcome") ? [
    { field: "outcome", row: null, taken: null,
      ours: [{ name: "decided", form: "word", text: "refusal" }, text("reasons", "Không thuộc thẩm quyền tiếp nhận, giải quyết của cơ quan"), text("officer", "canbo.demo"), { name: "at", form: "moment", text: String(NOW - HOUR) }],
      theirs: [{ name: "decided", form: "word", text: "accepted" }, text("code", "000.00.20.H08-261120-0017"), text("officer", "le.thi.mai"), { name: "at", form: "moment", text: String(NOW - 2 * HOUR) }] },
  ] : scene("conflictAcceptance") ? [
    { field: "owner", row: null, taken: null, ours: [text("name", "Phạm Quốc Bảo"), text("number", "099099000005"), text("address", "Thôn Thử Nghiệm 3, xã An Hòa (DEMO)")], theirs: [text("name", "Phạm Quốc Bảo"), text("number", "099099000005"), text("address", "Thôn Thử Nghiệm 4, xã An Hòa (DEMO)")] },
    { field: "channel", row: null, taken: null, ours: [{ name: "", form: "word", text: "direct" }], theirs: [{ name: "", form: "word", text: "postal" }] },
    { field: "component", row: 2, taken: null, ours: [text("name", "Thẻ căn cước công dân"), { name: "source", form: "word", text: "scan" }], theirs: [text("name", "Thẻ căn cước công dân"), { name: "source", form: "word", text: "warehouse" }] },
    { field: "fee", row: null, taken: null, ours: [{ name: "", form: "money", text: "15000" }], theirs: [{ name: "", form: "money", text: "0" }] },
    { field: "submitter", row: null, taken: "theirs", ours: [], theirs: [text("name", "Phạm Thị Hà"), text("number", "099097000021")] },
  ] : [
    { field: "result", row: null, taken: null,
      ours: [text("name", "Giấy xác nhận tình trạng hôn nhân"), text("decision", "118/XN-UBND"), { name: "issued", form: "day", text: "2026-11-20" }, { name: "returned", form: "moment", text: String(NOW - HOUR) }, text("officer", "nguyen.thi.thu")],
      theirs: [text("name", "Giấy xác nhận tình trạng hôn nhân"), text("decision", "117/XN-UBND"), { name: "issued", form: "day", text: "2026-11-20" }, { name: "returned", form: "moment", text: String(NOW - 2 * HOUR) }, text("officer", "le.thi.mai")] },
  ],
}; }
const sentAgain = new Set<string>();

/** Dossiers of the portal that no counter opened; the scenes about them have some. */
const reported = scene("feedback") ? feedbackOf(scene("feedbackWrong")) : [];
const waiting = (): Record<string, Submission> => (scene("online") ? Object.fromEntries(Object.entries(SUBMISSIONS).filter(([id]) => (!store.has(id) || store.get(id)?.aside?.kind === "givenBack") && !gone.has(id))) : {});
const gone = new Set<string>();
const procedureOf = (of: Submission): ProcedureChoice => procedures.find((p) => p.code === of.procedure) ?? fail("procedureUnknown");

const line = (d: Dossier): DossierLine => ({
  id: d.id, code: d.code, ownerName: d.owner.name, ownerNumber: `${d.owner.number.slice(0, 4)}••••${d.owner.number.slice(-4)}`, procedureName: d.procedureName, state: d.state, declined: d.declined?.kind ?? null, openedAt: d.openedAt,
  deadline: d.state === "draft" ? null : d.deadline, phase: d.state === "accepted" ? (d.standing?.phase ?? null) : null, seat: d.state === "accepted" ? (d.standing?.seat ?? null) : null, onItsWay: d.state === "accepted" && d.standing?.onItsWay === true, outbox: d.outbox.at(-1)?.state ?? null, reused: d.components.filter((r) => r.attachment?.source === "warehouse").length, reprint: d.reprint, guideDue: d.guideDue, feeDue: d.state === "accepted" ? d.fees.due : 0,
});

export const bridge: Bridge = {
  status: async () => current(),
  createVault: async ({ officer, secret }) => {
    if (secret.length < 8) fail("vaultWeakSecret");
    Object.assign(status, { vault: "open", officer, officers: [officer] });
    return current();
  },
  unlock: async ({ officer, secret }) => {
    await wait(pace);
    if (secret === "sai") fail("vaultWrongSecret");
    if (scene("tries")) fail("vaultTooManyTries", { seconds: "480", wait: "8:00" });
    Object.assign(status, { vault: "open", officer });
    return current();
  },
  lock: async () => {
    Object.assign(status, { vault: "locked", officer: null });
    return current();
  },
  nameOfficer: async ({ name }) => {
    status.officerName = name.trim() || null;
    return current();
  },
  enrolMachine: async ({ code }) => {
    if (code.replace(/[^0-9a-z]/gi, "").toUpperCase() !== "7K3M92QX4DTA") fail("enrolCodeRefused");
    Object.assign(status, { online: true, trouble: null, lastContact: NOW });
    return current();
  },
  lockIdle: async () => {
    if (!scene("scanning")) Object.assign(status, { vault: "locked", officer: null });
    return current();
  },
  openTraining: async () => {
    if (scene("trainingFails")) fail("trainingNotMade");
    if (scene("trainingSlow")) await held();
  },
  simulateOutage: async ({ cut }) => {
    if (!status.training) fail("internal");
    else Object.assign(status, { training: { ...status.training, cut }, online: !cut, trouble: cut ? "linkOffline" : null });
    return current();
  },
  resetTraining: async () => globalThis.location?.reload(),
  endTour: async () => {
    status.tourSeen = true;
    return current();
  },
  crashNote: async () => (scene("crashed") ? { at: NOW - 14 * HOUR, path: "/home/canbo/.local/share/motcua/crashes/1795097520000.json" } : null),
  crashKnown: async () => void scenes.delete("crashed"),
  saveCrashReport: async () => scenes.delete("crashed"),
  checkIdentity: async ({ number }) => {
    await wait(pace);
    const bareNumber = number.replace(/[\s.]/g, "");
    if (!/^(\d{9}|\d{12}|[A-Za-z]\d{7}|\d{10})$/.test(bareNumber)) fail("numberInvalid");
    if (scene("offline")) return identity("offline", bareNumber);
    for (const silence of ["serviceDown", "linkTrouble", "linkMalformed", "linkIntercepted", "linkUnauthorized"] as const)
      if (scene(silence)) return identity(silence, bareNumber);
    if (bareNumber.endsWith("000") || scene("notRegistered")) return identity("notRegistered", bareNumber);
    return identity("registered", bareNumber, { earlier: bareNumber === lan.number ? lan : null, suggestedName: null });
  },
  findProcedures: async ({ query }) => copy(procedures.filter((p) => fold(`${p.name} ${p.code}`).includes(fold(query.trim()))).slice(0, 10)),
  categories: async () => [
    { name: "Bản sao được chứng thực từ bản chính", resultCodes: ["KQ.G15.000021"] }, { name: "Giấy khai sinh", resultCodes: ["KQ.G15.000031"] },
    { name: "Thẻ căn cước công dân", resultCodes: ["KQ.G01.000023", "KQ.G01.000005"] }, { name: "Trích lục khai tử", resultCodes: [] },
  ],
  databases: async () => [{ code: "CSDLQGVDC", name: "Cơ sở dữ liệu quốc gia về dân cư" }, { code: "CSDLHTĐT", name: "Cơ sở dữ liệu hộ tịch điện tử" }],
  waive: async ({ id, component: n, database, note }) => {
    const d = find(id);
    Object.assign(component(d, n), { attachment: null, reservation: null, waiver: { database, note, officer: OFFICER, at: NOW } });
    return answer(d);
  },
  openDossier: async (a) => {
    const p = procedures.find((x) => x.code === a.procedureCode) ?? fail("procedureUnknown");
    const d = open(`n${(made += 1)}`, a.owner, p, { submitter: a.submitter, channel: a.channel as Dossier["channel"], openedAt: NOW });
    add(d);
    return answer(d);
  },
  updateDossier: async (a) => answer(Object.assign(find(a.id), { owner: a.owner, submitter: a.submitter, channel: a.channel, returnMethod: a.returnMethod, caseCode: a.caseCode })),
  recheckIdentity: async ({ id }) => answer(Object.assign(find(id), { identity: identity(scene("offline") ? "offline" : "registered", find(id).owner.number) })),
  dossier: async ({ id }) => answer(find(id)),
  listDossiers: async ({ query }) => [...store.values()].filter((d) => d.state !== "setAside" && fold(`${d.owner.name} ${d.owner.number} ${d.code ?? ""} ${d.procedureName}`).includes(fold(query))).map(line),
  listScanners: async () => (scene("scannerNone") ? [] : [{ id: "pnm:0", label: "Máy quét quầy 1 (DEMO)" }, { id: "escl:1", label: "Máy quét mạng tầng 2 (DEMO)" }]),
  chooseScanner: async ({ id }) => {
    status.scannerId = id;
    return current();
  },
  listPrinters: async () => printing.list(),
  choosePrinters: async (a) => {
    Object.assign(status, printing.choose(a));
    return current();
  },
  printForm: async ({ id, form }) => {
    printing.print(find(id), form, tell);
    return answer(find(id));
  },
  cancelPrint: async ({ id, number }) => {
    printing.cancel(find(id), number);
    return answer(find(id));
  },
  scan: async ({ id, component: n }, onEvent) => {
    cancelled = false;
    const key = `${id}/${n}`;
    const list = captures.get(key) ?? [];
    captures.set(key, list);
    onEvent({ kind: "started" });
    for (let i = 0; i < 3; i += 1) {
      await wait(scene("slow") ? 700 : 15);
      if (cancelled) fail("cancelled");
      const next = page(key, 100 + (made += 1));
      list.push(next);
      onEvent({ kind: "page", page: next, index: list.length - 1 });
      if (scene("jam") && i === 1) fail("scanPaperJam");
      if (scene("scanning") && i === 1) await wait(600_000);
    }
    onEvent({ kind: "finished", pages: list.length });
    return copy(list);
  },
  capturedPages: async ({ id, component: n }) => copy(captures.get(`${id}/${n}`) ?? []),
  removePage: async ({ id, component: n, index }) => {
    const list = captures.get(`${id}/${n}`) ?? [];
    list.splice(index, 1);
    return copy(list);
  },
  restorePage: async ({ id, component: n, index, image }) => {
    const list = captures.get(`${id}/${n}`) ?? [];
    list.splice(index, 0, { image, thumbnail: image, width: 2480, height: 3508, dpi: 300 });
    return copy(list);
  },
  movePage: async ({ id, component: n, from, to }) => {
    const list = captures.get(`${id}/${n}`) ?? [];
    list.splice(to, 0, ...list.splice(from, 1));
    return copy(list);
  },
  discardCapture: async ({ id, component: n }) => {
    captures.delete(`${id}/${n}`);
    return answer(find(id));
  },
  finishCapture: async ({ id, component: n }) => {
    const d = find(id);
    const count = captures.get(`${id}/${n}`)?.length ?? 0;
    captures.delete(`${id}/${n}`);
    const a = attachment(`scan-${id}-${n}-${(made += 1)}`, { pages: count, size: 310_000 * count });
    if (n === 0) d.result = { attachment: a, metadata: metadata("Giấy khai sinh", d.owner.number) };
    else Object.assign(component(d, n), { attachment: a, capturing: 0, needsSignature: component(d, n).entersWarehouse ? first : "none" });
    return answer(d);
  },
  cancelJob: async () => {
    cancelled = true;
    release();
  },
  attachFile: async ({ id, component: n }) => {
    const d = find(id);
    if (scene("fileNotPdf")) fail("fileNotPdf");
    const a = scene("attachWord") ? wordFile(`word-${id}-${n}`) : attachment(`file-${id}-${n}-${(made += 1)}`, { source: "file", dpi: null });
    if (n === 0) d.result = { attachment: a, metadata: metadata("Giấy khai sinh", d.owner.number) };
    else Object.assign(component(d, n), { attachment: a, needsSignature: component(d, n).entersWarehouse && !a.word ? first : "none" });
    return answer(d);
  },
  converterReady: async () => !scene("converterNone"),
  convertWord: async ({ id, component: n }) => {
    cancelled = false;
    const r = component(find(id), n);
    const word = r.attachment ?? fail("dossierNothingAttached");
    if (scene("converting")) await held();
    if (cancelled) fail("convertCancelled");
    if (scene("convertFails")) fail("convertFailed");
    const pdf = attachment(`pdf-${id}-${n}`, { source: "file", dpi: null, pages: 3, size: 96_000, origin: { size: word.size, officer: OFFICER, at: NOW } });
    Object.assign(r, { attachment: pdf, needsSignature: r.entersWarehouse ? first : "none" });
    return answer(find(id));
  },
  restoreWord: async ({ id, component: n }) => {
    Object.assign(component(find(id), n), { attachment: wordFile(`word-${id}-${n}`), needsSignature: "none", canDigitize: false });
    return answer(find(id));
  },
  detach: async ({ id, component: n }) => {
    Object.assign(component(find(id), n), { attachment: null, reservation: null, waiver: null, needsSignature: "none", canDigitize: false });
    return answer(find(id));
  },
  offers: async () => ({ items: offers(), fetchedAt: scene("offline") || scene("linkTrouble") ? NOW - 47 * 60_000 : NOW, problem: scene("offline") ? "linkOffline" : scene("linkTrouble") ? "linkTrouble" : null }),
  autoAttach: async ({ id }, onProgress) => {
    cancelled = false;
    const d = find(id);
    const open = d.components.filter((r) => !r.attachment);
    const rows: AutoAttach["rows"] = [];
    for (const r of open) {
      const size = r.matches === 1 ? 2_400_000 : 0;
      onProgress({ component: r.number, done: rows.length, total: open.length, received: size * 0.4, size });
      if (scene("fetching") && r.matches === 1 && rows.length > 1) await held();
      if (cancelled) break;
      if (r.matches === 1) r.attachment = attachment(`auto-${r.number}`, { source: "warehouse", dpi: null, document: `p${r.number}`, signatures: [{ role: "agency", signer: "Sở Công Thương (DEMO)", at: NOW - 300 * DAY }] });
      rows.push({ component: r.number, outcome: r.matches === 1 ? "attached" : r.matches > 1 ? "ambiguous" : "none", count: r.matches });
    }
    return { rows, stopped: rows.length < open.length, dossier: await answer(d) };
  },
  take: async ({ id, component: n, document }, onProgress) => {
    cancelled = false;
    const d = find(id);
    const o = offers().find((x) => x.document === document) ?? fail("documentUnknown");
    onProgress({ component: n, done: 0, total: 1, received: o.size * 0.4, size: o.size });
    if (scene("fetching")) await held();
    if (cancelled) fail("linkCancelled");
    if (o.here || !scene("offline")) Object.assign(component(d, n), { attachment: attachment(document, { source: "warehouse", dpi: null, document, size: o.size }) });
    else Object.assign(component(d, n), { reservation: { document, problem: null } });
    return answer(d);
  },
  bringPaper: async ({ document }, onProgress) => {
    cancelled = false;
    const o = offers().find((x) => x.document === document) ?? fail("documentUnknown");
    onProgress({ component: 0, done: 0, total: 1, received: o.size * 0.4, size: o.size });
    if (scene("fetching")) await held();
    if (cancelled) fail("linkCancelled");
    if (o.provenance !== "provincial") fail("consentMissing");
    return o.blob;
  },
  bringBack: async () => {
    if (scene("offline")) fail("linkOffline");
    broughtBack = true;
  },
  saveFile: async () => {
    if (scene("diskFull")) fail("fileNotSaved");
    return true;
  },
  confirmReuse: async ({ id, method }) => {
    const d = find(id);
    d.consents.push({ at: NOW, method, count: d.unconfirmedReuse, national: false });
    return answer(d);
  },
  reportPaper: async ({ id, document }) => {
    const d = find(id);
    if (d.reported.includes(document)) fail("reportedBefore");
    d.reported.push(document);
    d.outbox.push(item(`x${(made += 1)}`, id, "feedback", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    return answer(d);
  },
  certificates: async () => certificates(),
  sign: async ({ id, components, fingerprint }, onProgress) => {
    cancelled = false;
    if (scene("signing")) await held();
    await wait(pace);
    if (cancelled) fail("signCancelled");
    if (scene("pinWrong")) fail("signPinWrong", { state: "low" });
    const d = find(id);
    const by = certificates().find((c) => c.fingerprint === fingerprint) ?? fail("signKeyMissing");
    const order = components.toSorted((x, y) => x - y);
    const signed: number[] = [];
    const tell = () => onProgress({ component: order[Math.min(signed.length, order.length - 1)] ?? 0, done: signed.length, total: order.length, received: 0, size: 0 });
    tell();
    for (const n of order) {
      if (scene("signingRows") && signed.length === 1) await held();
      if (cancelled) break;
      const target = n === 0 ? d.result?.attachment : component(d, n).attachment;
      target?.signatures.push({ role: by.role, signer: by.organization, at: NOW });
      const lacks = target ? lacking(target) : "none";
      if (n > 0) Object.assign(component(d, n), { needsSignature: lacks, canDigitize: lacks === "none" && component(d, n).entersWarehouse });
      signed.push(n);
      tell();
    }
    return { signed, left: order.slice(signed.length), dossier: await answer(d) };
  },
  suggestMetadata: async ({ id, component: n }) => {
    const d = find(id);
    return { ...metadata(n === 0 ? "Giấy khai sinh" : component(d, n).name, d.owner.number), ...(n > 0 && { kind: "Thành phần hồ sơ", category: "", resultCode: null, name: `${d.owner.number}.${component(d, n).name}` }), ...(n === 0 && { shared: true }) };
  },
  digitize: async ({ id, component: n }) => {
    const d = find(id);
    const r = component(d, n);
    if (r.attachment) Object.assign(r.attachment, { digitized: true, outbox: scene("offline") ? "waiting" : "queued" });
    r.canDigitize = false;
    d.outbox.push(item(`x${(made += 1)}`, id, "document", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    return answer(d);
  },
  accept: async ({ id }) => {
    const d = find(id);
    if (settle(d).problems.length > 0) fail("dossierIncomplete");
    Object.assign(d, { state: "accepted", code: scene("offline") ? "TAM-261120-0008" : "000.01.20.H08-261120-0006", acceptedAt: NOW, receipt: hex("receipt") });
    d.outbox.push(item(`x${(made += 1)}`, id, "acceptance", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    if (status.print.forms && status.print.atAcceptance) printing.print(d, "receipt", tell);
    if (!scene("offline") && !scene("held")) {
      setTimeout(() => {
        for (const o of d.outbox) Object.assign(o, { state: "received", receivedAt: NOW });
        tell(id);
      }, 900);
    }
    return answer(d);
  },
  receiptPrinted: async ({ id, receipt }) => {
    const d = find(id);
    if (d.receipt === receipt) d.reprint = [];
    tell(id);
    return answer(d);
  },
  guided: async ({ id }) => {
    const d = find(id);
    d.guideDue = false;
    tell(id);
    return answer(d);
  },
  returnResult: async ({ id, metadata: said }) => {
    const d = find(id);
    if (!d.result) fail("resultMissing");
    if (settle(d).standing?.phase === "awaitingSupplement") fail("stepAwaitingSupplement");
    if (d.standing?.phase === "refused" || d.standing?.phase === "stopped") fail("stepOver");
    if (d.fees.due > 0) fail("feeDue", { due: String(d.fees.due) });
    Object.assign(d, { state: "completed", completedAt: NOW, resultNow: d.result?.attachment.blob ?? null });
    if (d.result) {
      d.result.metadata = said;
      returned.push(offer(`r-${id}`, said.category, said.resultCode ?? "", { name: said.name, blob: d.result.attachment.blob, issuer: said.issuer, issuedOn: said.issuedOn, summary: said.summary }));
    }
    d.outbox.push(item(`x${(made += 1)}`, id, "result", "queued", { queuedAt: NOW }));
    return answer(d);
  },
  enterFee: async ({ id, wish }) => {
    const d = settle(find(id));
    if (d.state === "draft") fail("dossierNotAccepted");
    if (wish.kind === "paid" && [...store.values()].some((x) => x.fees.entries.some((e) => e.kind === "paid" && e.stands && e.text === wish.text.trim()))) fail("feeReceiptTaken");
    const of = d.fees.entries.find((e) => e.id === wish.entry);
    const op = `fee${(made += 1)}`;
    d.fees.entries.push(feeEntry(op, wish, of && { amount: of.amount, method: of.method }));
    d.outbox.push(item(op, id, "fee", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    return answer(d);
  },
  mendFee: async ({ id, entry, wish }) => {
    const d = find(id);
    for (const e of d.fees.entries) if (e.id === entry) e.void = true;
    for (const o of d.outbox) if (o.op === entry) Object.assign(o, { state: "replaced", problem: null });
    return bridge.enterFee({ id, wish });
  },
  nextFeeReceipt: async () => (scene("firstReceipt") ? null : "AB/26P-0000127"),
  takeStep: async ({ id, wish, approver, secret }) => {
    await wait(pace);
    const d = settle(find(id));
    const { standing } = d;
    if (!standing || (d.state !== "accepted" && wish.kind !== "originalReturned")) return fail("dossierNotAccepted");
    if (scene("stepFails")) fail("stepTextTooLong");
    if ((standing.phase === "refused" || standing.phase === "stopped") && wish.kind !== "originalReturned") fail("stepOver");
    if (wish.kind === "supplementAsked" && !standing.mayAsk) {
      if (approver === null) fail("stepTooManySupplements");
      if (approver === OFFICER) fail("withdrawApproverIsOfficer");
      if (secret === "sai") fail("vaultWrongSecret");
    }
    if (wish.kind === "reappointed" && (wish.day === null || wish.day <= (d.deadline ?? ""))) fail("stepNotLater");
    if (wish.kind === "reappointed" && [0, 6].includes(new Date(wish.day ?? "").getUTCDay())) fail("stepDayOff");
    const op = `step${(made += 1)}`;
    const again = wish.kind === "supplemented" ? "2026-11-26" : wish.day;
    standing.steps.push(step(op, wish.kind, NOW + made * 60_000, {
      seat: wish.kind === "resultProposed" ? null : wish.kind === "takenOver" ? { unit: standing.seat?.unit ?? status.unitName, officer: OFFICER } : wish.seat, items: wish.items, text: wish.text, day: again, outbox: "queued",
      row: d.components.find((r) => r.number === wish.row)?.name ?? null, approvedBy: approver, approvalReason: wish.approvalReason,
    }));
    if (wish.kind === "resultProposed" && wish.seat) standing.steps.push(step(`step${(made += 1)}`, "handedOver", NOW + made * 60_000, { seat: wish.seat, text: wish.text, outbox: "queued" }));
    if (again !== null) Object.assign(d, { deadline: again, deadlineReason: wish.kind === "supplemented" ? "tính lại từ khi bổ sung đủ, 20/11/2026" : "đã xin lỗi và hẹn lại ngày 20/11/2026" });
    d.outbox.push(item(op, id, "step", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    return answer(d);
  },
  addPaper: async ({ id, name }) => {
    const d = settle(find(id));
    if (d.standing?.phase !== "awaitingSupplement") fail("stepNothingAsked");
    if (name.trim() === "") fail("stepTextMissing");
    d.components.push(row(Math.max(...d.components.map((r) => r.number)) + 1, name.trim(), { form: "copy", required: false, entersWarehouse: false, open: true }));
    return answer(d);
  },
  seats: async () => SEATS,
  bench: async ({ unit, state, page }) => {
    await wait(pace);
    return copy(queuePage(queued(), { unit, officer: null, state, mine: unit === null ? { unit: status.unitName, officer: OFFICER } : null }, page, isoDay(NOW), status.lastContact));
  },
  officeQueue: async ({ ask, page }) => {
    if (!status.supervises) fail("notSupervisor");
    return copy(queuePage(queued(), ask, page, isoDay(NOW), status.lastContact));
  },
  officeOverview: async () => {
    if (!status.supervises) fail("notSupervisor");
    const seats = loads(queued(), isoDay(NOW));
    const { queued: unsent, attention } = current();
    return { whole: seats.reduce((all, of) => sum(all, of.load), none()), seats, unsent, attention, asOf: status.lastContact };
  },
  saveOfficeQueue: async () => (scene("diskFull") ? fail("fileNotSaved") : "ho-so-dang-giai-quyet-2026-11-20.csv"),
  takeSeveral: async ({ ids, to, note }) => {
    await wait(pace);
    return ids.map((id) => moveOne(id, to, note));
  },
  reassign: async ({ ids, to, reason }) => {
    if (!status.supervises) fail("notSupervisor");
    if (reason.trim() === "") fail("stepTextMissing");
    return ids.map((id) => moveOne(id, to, reason));
  },
  askCorrection: async ({ id, reason, text }) => {
    await wait(pace);
    const d = settle(find(id));
    if (scene("dialogClosed")) return null;
    if (d.resultNow === null) return fail("correctNotReturned");
    if (d.corrections.some((of) => of.state === "waiting")) fail("correctWaiting");
    if (scene("correctUnsigned")) fail("agencySignatureMissing");
    d.corrections.push(asked(d.resultNow, hex(`k${(made += 1)}`), { login: OFFICER, officer: d.officer, at: NOW, reason, text }));
    return answer(d);
  },
  approveCorrection: async ({ id, blob, approver, secret }) => {
    await wait(pace);
    const d = settle(find(id));
    const of = d.corrections.find((one) => one.state === "waiting" && one.blob === blob);
    if (!of) return fail("correctNoneWaiting");
    if (approver === of.login) fail("correctOwnRequest");
    if (secret === "sai") fail("vaultWrongSecret");
    const op = `correct${(made += 1)}`;
    d.outbox.push(item(op, id, "step", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    approve(d, Object.assign(of, { decidedBy: approver, decidedAt: NOW }), { id: op, outbox: "queued" });
    return answer(d);
  },
  refuseCorrection: async ({ id, blob, reason }) => {
    await wait(pace);
    const d = find(id);
    const of = d.corrections.find((one) => one.state === "waiting" && one.blob === blob);
    if (!of) return fail("correctNoneWaiting");
    Object.assign(of, { state: "refused", decidedBy: OFFICER, decidedAt: NOW, refusal: reason });
    return answer(d);
  },
  takeBackCorrection: async ({ id, blob }) => {
    await wait(pace);
    const d = find(id);
    const of = d.corrections.find((one) => one.state === "waiting" && one.blob === blob);
    if (!of) return fail("correctNoneWaiting");
    if (of.login !== OFFICER) fail("correctNotOwnRequest");
    Object.assign(of, { state: "takenBack", decidedAt: NOW });
    return answer(d);
  },
  correctionsWaiting: async () => {
    if (!status.supervises) fail("notSupervisor");
    return copy([...store.values()].flatMap((d) => d.corrections.filter((of) => of.state === "waiting").map((correction) => ({ dossier: d.id, code: d.code, ownerName: d.owner.name, procedureName: d.procedureName, before: d.resultNow ?? "", correction }))));
  },
  submissions: async () => Object.entries(waiting()).map(([id, of]) => waitingLine(id, of, procedureOf(of).name, of.holder)),
  openSubmission: async ({ id, force }, onProgress) => {
    cancelled = false;
    const here = store.get(id);
    if (here) {
      await wait(pace);
      if (here.aside?.kind === "givenBack") Object.assign(here, { state: "draft", aside: null });
      return { dossier: await answer(here), failed: here.unfetched.map((name) => ({ name, code: "fileMissing" })) };
    }
    await wait(pace);
    if (scene("offline")) fail("submissionOffline");
    const of = waiting()[id];
    if (!of || scene("submissionGone")) {
      gone.add(id);
      return fail("submissionGone");
    }
    if ((of.holder || scene("heldSince")) && !force) fail("submissionHeld", { officer: of.holder?.officer ?? "le.thi.mai" });
    for (let done = 0; done < of.papers.length; done += 1) {
      onProgress({ component: done + 1, done, total: of.papers.length, received: 700_000, size: 1_900_000 });
      if (scene("fetching") && done === 1) await held();
      if (cancelled) fail("linkCancelled");
    }
    const d = open(id, of.owner, procedureOf(of), { channel: "online", returnMethod: "electronic", submitter: of.submitter, openedAt: NOW, sent: of.sent });
    const failed = fillRows(d.components, of, (seed) => attachment(seed, { source: "file", dpi: null, pages: 1, size: 240_000 }), scene("unfetched"));
    d.unfetched = failed.map((paper) => paper.name);
    if (scene("addedHere")) d.added = 1;
    add(d);
    return { dossier: await answer(d), failed };
  },
  declineReasons: async () => REASONS,
  decline: async ({ id, kind, reasons }) => {
    await wait(pace);
    const d = find(id);
    if (d.state !== "draft") fail("dossierNotDraft");
    if (reasons.every((reason) => reason.text.trim() === "")) fail("stepTextMissing");
    if (scene("declineFails")) fail("stepTextTooLong");
    Object.assign(d, { state: "declined", declined: { kind, reasons, officer: OFFICER, at: NOW } });
    d.outbox.push(item(`x${(made += 1)}`, id, "decline", scene("offline") ? "waiting" : "queued", { queuedAt: NOW }));
    return answer(d);
  },
  feedback: async () => reported,
  answerFeedback: async ({ id, judgement, text }) => {
    const line = reported.find((known) => known.id === id) ?? fail("feedbackNotHeard");
    if (scene("feedbackAnswered") || line.stage === "right" || line.stage === "corrected") fail("feedbackAnsweredBefore");
    const note = { text, officer: OFFICER, at: NOW };
    Object.assign(line, judgement === "right" ? { stage: "right", unsent: true, answer: note } : { stage: "wrong", unsent: true, finding: note });
  },
  correctPaper: async ({ id, text }) => {
    const line = reported.find((known) => known.id === id) ?? fail("feedbackNotHeard");
    if (scene("feedbackSameFile")) fail("feedbackSameFile");
    Object.assign(line, { stage: "corrected", unsent: true, answer: { text, officer: OFFICER, at: NOW } });
    return true;
  },
  bringReported: async () => (scene("offline") ? fail("linkOffline") : "kq"),
  giveBackSubmission: async ({ id, confirmed }) => {
    await wait(pace);
    const d = find(id);
    if (d.state !== "draft") fail("dossierNotDraft");
    if (d.added > 0 && !confirmed) fail("asidePapersAdded", { papers: String(d.added) });
    return answer(Object.assign(d, { state: "setAside", aside: { kind: "givenBack", at: NOW, officer: OFFICER, reason: "", code: null, counter: "" } }));
  },
  discardDraft: async ({ id, reason }) => {
    await wait(pace);
    const d = find(id);
    if (d.state !== "draft") fail("dossierNotDraft");
    if (d.outbox.some((o) => !CLOSED.has(o.state))) fail("asideUnsent");
    return answer(Object.assign(d, { state: "setAside", aside: { kind: "discarded", at: NOW, officer: OFFICER, reason: reason.trim(), code: null, counter: "" } }));
  },
  restoreDraft: async ({ id }) => {
    const d = find(id);
    if (d.aside?.kind !== "discarded") fail("asideNotDiscarded");
    return answer(Object.assign(d, { state: "draft", aside: null }));
  },
  listSetAside: async ({ query }) => [...store.values()].filter((d) => d.state === "setAside" && fold(`${d.owner.name} ${d.owner.number} ${d.procedureName}`).includes(fold(query))).map(line),
  ...adminOf({ scene, fail, now: NOW }),
  setException: async ({ id, reason }) => answer(Object.assign(find(id), { exception: reason.trim() || null })),
  feeShift: async ({ day }) => {
    const lines = day !== "2026-11-20" ? [] : [...store.values()].flatMap((d) => settle(d).fees.entries.map((entry) => ({ dossier: d.id, code: d.code, ownerName: d.owner.name, entry: copy(entry) })));
    const methods = (["cash", "transfer", "portal", "post"] as const).map((method) => {
      const of = (kind: FeeEntry["kind"]) => lines.filter((l) => l.entry.kind === kind && l.entry.method === method && !l.entry.void);
      const sum = (kind: FeeEntry["kind"]) => of(kind).reduce((all, l) => all + l.entry.amount, 0);
      return { method, count: of("paid").length, paid: sum("paid"), reversed: sum("reversed") };
    });
    const free = lines.filter((l) => l.entry.kind === "relieved" && l.entry.stands);
    return { day, officer: OFFICER, methods: methods.filter((row) => row.count > 0 || row.reversed > 0), relievedCount: free.length, relieved: free.reduce((all, l) => all + l.entry.amount, 0), lines };
  },
  saveFeeShift: async ({ day }) => {
    if (scene("diskFull")) fail("fileNotSaved");
    return `thu-phi-${day}.csv`;
  },
  book: async ({ from, to }) => {
    if (from > to) fail("bookReversed");
    if (Date.parse(to) - Date.parse(from) > 365 * DAY) fail("bookTooLong");
    const found = copy(bookOf([...store.values()].map(settle), await bridge.listOffice({ query: "" }), from, to));
    return scene("longBook") ? { ...found, count: 1234 } : found;
  },
  saveBook: async ({ from, to }) => {
    if (scene("diskFull")) fail("fileNotSaved");
    return `so-theo-doi-${from}_${to}.csv`;
  },
  compliance: async ({ from, to }) => {
    if (from > to) fail("bookReversed");
    return copy(complianceOf([...store.values()].map(settle), await bridge.listOffice({ query: "" }), from, to, scene("notDigitized")));
  },
  saveCompliance: async ({ from, to }) => {
    if (scene("diskFull")) fail("fileNotSaved");
    return `so-hoa-tra-ket-qua-${from}_${to}.csv`;
  },
  guides: async () => copy(GUIDES),
  outbox: async ({ all }) => [...store.values()].flatMap((d) => copy(settle(d).outbox)).filter((i) => all || !CLOSED.has(i.state)),
  syncNow: async () => {
    await wait(pace);
    if (scene("offline")) fail("linkOffline");
    for (const d of store.values()) for (const o of d.outbox) if (o.state !== "attention" && !CLOSED.has(o.state)) Object.assign(o, { state: "received", receivedAt: NOW });
    tell("");
    return current();
  },
  resend: async ({ op }) => {
    const line = [...store.values()].flatMap((d) => d.outbox).find((o) => o.op === op);
    if (!line) fail("outboxLineUnknown");
    if (line?.state === "attention") Object.assign(line, { state: "queued", problem: null });
    tell("");
    return current();
  },
  withdrawalOf: async ({ op }) => {
    const d = [...store.values()].find((x) => x.outbox.some((o) => o.op === op));
    const line = d?.outbox.find((o) => o.op === op);
    if (!d || !line || CLOSED.has(line.state)) fail("withdrawNothing");
    const alone = line?.kind === "result" || line?.kind === "decline" || line?.kind === "step" || d?.state === "draft";
    return copy((d?.outbox ?? []).filter((o) => !CLOSED.has(o.state) && (!alone || o.op === op)));
  },
  withdrawalApprovers: async () => ({ supervisor: !scene("anyColleague"), officers: scene("anyColleague") || scene("noSupervisor") ? [] : [{ login: "truong.demo", name: "Trần Văn Trưởng" }] }),
  withdraw: async ({ op, reason, approver, secret }) => {
    await wait(pace);
    if (reason.trim().length < 10) fail("withdrawReasonMissing");
    if (approver === OFFICER) fail("withdrawApproverIsOfficer");
    if (secret === "sai") fail("vaultWrongSecret");
    if (scene("approverEnded")) fail("withdrawApproverNotSupervisor");
    const d = [...store.values()].find((x) => x.outbox.some((o) => o.op === op));
    const line = d?.outbox.find((o) => o.op === op);
    if (!d || !line) fail("withdrawNothing");
    else {
      const alone = line.kind === "result" || line.kind === "decline" || line.kind === "step" || d.state === "draft";
      const withdrawal = { at: NOW, officer: OFFICER, approvedBy: approver, reason, tooLate: false };
      for (const o of d.outbox) if (!CLOSED.has(o.state) && (!alone || o.op === op)) Object.assign(o, { state: "withdrawn", withdrawal, exportedAt: NOW });
      if (!alone) d.state = "withdrawn";
      if (line.kind === "decline") Object.assign(d, { state: "draft", declined: null });
      d.outbox.push(item(`x${(made += 1)}`, d.id, "withdrawal", "queued", { queuedAt: NOW }));
      tell(d.id);
    }
    return current();
  },
  saveWithdrawn: async () => "da-bo.mcgoi",
  carryPackage: async (onProgress) => {
    cancelled = false;
    await wait(pace);
    if (scene("offline")) fail("linkOffline");
    if (scene("packageCut")) fail("packageCut");
    onProgress({ component: 0, done: 0, total: 1, received: 3 << 20, size: 12 << 20 });
    if (scene("fetching")) await held();
    if (cancelled) fail("linkCancelled");
    return { file: "quay-2.mcgoi", device: "00000000-0002-7202-8202-020202020202", madeAt: NOW - 3 * 3_600_000, operations: 12, taken: scene("packageTaken") };
  },
  exportPackage: async ({ op }) => {
    await wait(pace);
    if (scene("diskFull")) fail("packageNotWritten");
    const lines = [...store.values()].flatMap((d) => d.outbox).filter((o) => !CLOSED.has(o.state) && (op === null || o.op === op));
    if (lines.length === 0) fail("packageNothing");
    for (const o of lines) o.exportedAt = NOW;
    return { file: "hop-gui.mcgoi", operations: lines.length, dossiers: new Set(lines.map((o) => o.dossier)).size, files: lines.length * 2, missing: scene("filesMissing") ? 1 : 0 };
  },
  listOffice: async ({ query }) => office.filter((o) => (!store.has(o.id) || store.get(o.id)?.state === "setAside") && fold(`${o.ownerName} ${o.code} ${o.procedureName}`).includes(fold(query.trim()))),
  takeUp: async ({ id }) => {
    await wait(pace);
    if (scene("offline")) fail("linkOffline");
    const row = office.find((o) => o.id === id);
    if (!row) return fail("officeDossierUnknown");
    const birth = procedures.find((p) => p.name === row.procedureName) as ProcedureChoice;
    if (!store.has(id) || store.get(id)?.state === "setAside") add(open(id, { ...lan, name: row.ownerName }, birth, { code: row.code, state: row.state, acceptedAt: row.acceptedAt, deadline: row.deadline, officer: row.officer, takenUp: { counter: row.counter, officer: row.officer, at: NOW } }));
    const { standing } = find(id);
    if (standing && row.seat && standing.steps.length === 0) standing.steps.push(step(`h-${id}`, row.onItsWay ? "handedOver" : "takenOver", NOW - 40 * 60_000, { seat: row.seat, officer: row.officer, outbox: null }));
    return answer(find(id));
  },
  beginWork: async ({ id, force }) => {
    if (find(id).state !== "accepted") return { state: "onlyHere", holder: null };
    if (scene("offline")) return { state: "unasked", holder: null };
    const holder = office.find((o) => o.id === id)?.holder ?? (scene("heldElsewhere") ? { counter: "Quầy 2", officer: "le.thi.mai", until: NOW + 3 * HOUR } : null);
    return holder && !force ? { state: "elsewhere", holder } : { state: "held", holder: null };
  },
  endWork: async () => undefined,
  conflict: async ({ op }) => (scene("conflictGone") ? null : conflictOf(op)),
  settleConflict: async ({ op }) => {
    const d = find("d6");
    for (const o of d.outbox) if (o.op === op) Object.assign(o, { state: "replaced", problem: null });
    tell("d6");
    return answer(d);
  },
  reconcile: async () => {
    await wait(pace);
    if (scene("offline")) fail("linkOffline");
    const lost = ["l1", "l2"].filter((op) => !sentAgain.has(op));
    const lines = scene("reconcileLost") ? [
      ...lost.map((op, i) => ({ op, dossier: "d3", dossierCode: "000.01.20.H08-261119-0003", kind: i === 0 ? ("document" as const) : ("acceptance" as const), finding: "unknown" as const, queuedAt: NOW - DAY })),
      { op: "l3", dossier: "d5", dossierCode: "000.01.20.H08-261119-0002", kind: "result" as const, finding: "differs" as const, queuedAt: NOW - DAY },
    ] : [];
    return { at: NOW, days: scene("empty") ? [] : [
      { day: "2026-11-20", sent: 24, received: 21, kept: 1, waiting: 2, unknown: 0, differs: 0, lines: [{ op: "l4", dossier: "d6", dossierCode: "000.01.20.H08-261120-0004", kind: "document", finding: "kept", queuedAt: NOW - HOUR }, { op: "l5", dossier: "d6", dossierCode: "000.01.20.H08-261120-0004", kind: "acceptance", finding: "waiting", queuedAt: NOW - HOUR }, { op: "l6", dossier: "d4", dossierCode: "000.01.20.H08-261120-0001", kind: "acceptance", finding: "refused", queuedAt: NOW - HOUR }] },
      { day: "2026-11-19", sent: 61, received: scene("reconcileLost") ? 58 : 61, kept: 0, waiting: 0, unknown: scene("reconcileLost") ? lost.length : 0, differs: scene("reconcileLost") ? 1 : 0, lines },
      { day: "2026-11-18", sent: 48, received: 48, kept: 0, waiting: 0, unknown: 0, differs: 0, lines: [] },
    ] };
  },
  sendAgain: async ({ ops }) => {
    for (const op of ops) sentAgain.add(op);
    return current();
  },
  verifyFile: async () => ({
    document: scene("badSignature") ? "failed" : "passed",
    signatures: [{ organization: "UBND xã An Hòa (DEMO)", authority: "CA phục vụ các cơ quan nhà nước (DEMO)", claimedAt: NOW - HOUR, integrity: scene("badSignature") ? "changed" : "intact", trust: "trusted", revocation: scene("revocationUnknown") ? "unknown" : "notRevoked", verdict: scene("badSignature") ? "failed" : "passed", reasons: scene("badSignature") ? ["fileChangedAfterSigning"] : scene("revocationUnknown") ? ["revocationUnknown"] : [] }],
  }),
  imageUrl: (blob) => {
    const known = pages.get(blob) ?? { name: "Giấy tờ mẫu", page: 1 };
    return URL.createObjectURL(new Blob([fakePageSvg(known.name, known.page)], { type: "image/svg+xml" }));
  },
  pdf: async (paper) => {
    if (scene("brokenPdf")) fail("blob" in paper ? "fileBroken" : notSet(paper));
    if (scene("graceOver")) fail("offlineGraceOver");
    if (scene("onlyThere") && !broughtBack) fail("fileOnlyThere");
    return fakePdf(3);
  },
  onStatus: (heard) => {
    statusHeard.add(heard);
    return () => statusHeard.delete(heard);
  },
  onDossier: (heard) => {
    dossierHeard.add(heard);
    return () => dossierHeard.delete(heard);
  },
  now: () => NOW + Date.now() - STARTED,
};

export function pinBridge(): PinBridge {
  const of = (pinState: CertificateChoice["pinState"]): SignPrompt => ({
    job: "sign", title: "", tokenLabel: "USB ký số BCY (DEMO)", documents: ["Đơn đăng ký hoạt động (Kiểm tra)", "Bản kê trang thiết bị của cửa hàng"], pinState, pinPad: scene("pinPad"),
    certificate: certificate("aa", "UBND xã An Hòa (DEMO)", "agency", { pinState }), training: scene("training"),
  });
  return {
    prompt: of(scene("lastTry") ? "lastTry" : scene("tokenLocked") ? "locked" : "normal"),
    submitPin: async ({ pin }) => (pin === null || pin === "123456" ? { done: true, retry: null } : { done: false, retry: of("low") }),
  };
}
