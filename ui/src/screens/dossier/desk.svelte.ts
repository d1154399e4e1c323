import { bridge } from "#bridge";
import { m } from "#text";
import type { Attachment, AutoAttach, ComponentRow, ConsentMethod, DeclineKind, DeclineReason, Dossier, RowProgress } from "../../bridge/bridge";
import { session } from "../../session.svelte";
import { keep } from "../online/failed";

/** The dossier on the table: what it is now, and the acts of its rows. */
export class DossierDesk {
  dossier = $state<Dossier | null>(null);
  /** What "Tự động cập nhật giấy tờ đã số hóa" found, until the next act. */
  auto = $state<Pick<AutoAttach, "rows" | "stopped"> | null>(null);
  /** The same while it runs; `at` is how far it is, none while the warehouse is asked. */
  fetching = $state<{ at: RowProgress | null; stopping: boolean } | null>(null);
  busy = $state(false);
  /** Rows the officer ticked or unticked for "Ký số"; the others are as they need it. */
  picked = $state<Record<number, boolean>>({});
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  #online: boolean | null = null;

  async load(): Promise<void> {
    await this.act(() => bridge.dossier({ id: this.id }));
  }

  /** Runs an act whose answer is the dossier as it is now. */
  async act(run: () => Promise<Dossier | null>): Promise<boolean> {
    this.busy = true;
    const answer = await session.attempt(run);
    this.busy = false;
    if (answer) this.dossier = answer;
    return answer !== undefined && answer !== null;
  }

  async autoAttach(): Promise<void> {
    const answer = await this.#attach((run) => session.attempt(run));
    if (!answer) return;
    this.auto = { rows: answer.rows, stopped: answer.stopped };
    session.say(autoWords(answer));
  }
  /** The same for a dossier opened just now. Nobody asked for it: what was in its way is told when somebody does. */
  async reuse(): Promise<void> {
    const answer = await this.#attach((run) => run().catch(() => undefined));
    if (!answer?.rows.some((row) => row.outcome !== "none")) return;
    this.auto = { rows: answer.rows, stopped: answer.stopped };
    session.say(autoWords(answer));
  }
  /** The network came back: what a draft opened without it would have been offered is looked for now. */
  hear(online: boolean | null): void {
    if (online && this.#online === false && this.unasked && !this.busy) void this.reuse();
    this.#online = online;
  }
  async #attach(attempt: (run: () => Promise<AutoAttach>) => Promise<AutoAttach | undefined>): Promise<AutoAttach | undefined> {
    this.busy = true;
    this.auto = null;
    this.fetching = { at: null, stopping: false };
    const answer = await attempt(() => bridge.autoAttach({ id: this.id }, (at) => { if (this.fetching) this.fetching.at = at; }));
    this.busy = false;
    this.fetching = null;
    if (answer) this.dossier = answer.dossier;
    return answer;
  }
  stop = () => {
    if (!this.fetching) return;
    this.fetching.stopping = true;
    void session.attempt(() => bridge.cancelJob({ job: "fetch" }));
  };

  attachFile = (component: number) => this.act(() => bridge.attachFile({ id: this.id, component }));
  convert = (component: number) => this.act(() => bridge.convertWord({ id: this.id, component }));
  restoreWord = (component: number) => this.act(() => bridge.restoreWord({ id: this.id, component }));
  waive = (component: number, database: string, note: string) => this.act(() => bridge.waive({ id: this.id, component, database, note }));
  addPaper = (name: string) => this.act(() => bridge.addPaper({ id: this.id, name }));
  detach = (component: number) => this.act(() => bridge.detach({ id: this.id, component }));
  confirm = (method: ConsentMethod) => this.act(() => bridge.confirmReuse({ id: this.id, method }));
  /** Who has an account by now: what the warehouse has of him is put onto the rows, as when the dossier was opened. */
  recheck = async () => {
    const before = this.dossier?.identity.outcome;
    const answered = await this.act(() => bridge.recheckIdentity({ id: this.id }));
    if (answered && before !== "registered" && this.dossier?.identity.outcome === "registered" && this.dossier.state === "draft") await this.reuse();
  };
  accept = () => this.act(() => bridge.accept({ id: this.id }));
  decline = (kind: DeclineKind, reasons: DeclineReason[]) => this.act(() => bridge.decline({ id: this.id, kind, reasons }));
  setException = (reason: string) => this.act(() => bridge.setException({ id: this.id, reason }));
  giveBack = (confirmed: boolean) => this.act(() => bridge.giveBackSubmission({ id: this.id, confirmed }));
  discard = (reason: string) => this.act(() => bridge.discardDraft({ id: this.id, reason }));
  restore = () => this.act(() => bridge.restoreDraft({ id: this.id }));
  takeUp = () => this.act(() => bridge.takeUp({ id: this.id }));
  /** What was sent through the portal is opened here again, or asked for what did not come. */
  openAgain = () => this.act(async () => {
    const { dossier, failed } = await bridge.openSubmission({ id: this.id, force: false }, () => undefined);
    keep(this.id, failed);
    return dossier;
  });
  guided = () => this.act(() => bridge.guided({ id: this.id }));
  print = (form: string) => this.act(() => bridge.printForm({ id: this.id, form }));
  cancelPrint = (number: number) => this.act(() => bridge.cancelPrint({ id: this.id, number }));
  printed = (receipt: string) => this.act(() => bridge.receiptPrinted({ id: this.id, receipt }));

  /** A draft whose owner's papers the warehouse was never asked for. */
  get unasked(): boolean {
    return this.dossier?.state === "draft" && this.dossier.components.some((row) => row.matchesAt === null);
  }
  /** Rows whose papers "Ký số" takes at once: those that still need a signature, and what the officer made of it. */
  get ticked(): number[] {
    const rows = this.dossier?.components.filter(canSign) ?? [];
    return rows.filter((row) => this.picked[row.number] ?? row.needsSignature !== "none").map((row) => row.number);
  }
  capture(component: number): void {
    session.go({ name: "capture", id: this.id, component });
  }
  sign(components: number[]): void {
    session.go({ name: "sign", id: this.id, components });
  }
}

/** What "Tự động cập nhật giấy tờ đã số hóa" did, in one sentence. */
export function autoWords({ rows, stopped }: Pick<AutoAttach, "rows" | "stopped">): string {
  const found = autoCounts(rows);
  if (stopped) return m.auto_stopped({ attached: found.attached });
  return found.attached === 0 ? m.auto_nothing(found) : m.auto_summary(found);
}

export function autoCounts(rows: AutoAttach["rows"]): { attached: number; ambiguous: number; none: number } {
  const of = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
  return { attached: of("attached"), ambiguous: of("ambiguous"), none: of("none") };
}

/** Only a PDF of ours can be signed, and not after it was digitized. */
export const signable = (attachment: Attachment | null): attachment is Attachment =>
  attachment !== null && attachment.mediaType === "application/pdf" && attachment.source !== "warehouse" && !attachment.digitized;

export const canSign = (row: ComponentRow) => row.open && signable(row.attachment);

/** A Word file, which has to become a PDF before it is signed. */
export const convertible = (row: ComponentRow) => row.open && row.attachment !== null && row.attachment.word;

/** Rows whose Word file keeps their paper from the warehouse; without those that were put off. */
export const toConvert = (dossier: Dossier, postponed: readonly number[] = []) =>
  dossier.components.filter((row) => convertible(row) && row.entersWarehouse && !postponed.includes(row.number));

/** Rows whose paper can enter the warehouse now. */
export const toDigitize = (dossier: Dossier) => dossier.components.filter((row) => row.open && row.canDigitize);

/** What stands between a draft and its acceptance when nothing but signing and digitizing does. */
export function nextStep(dossier: Dossier, postponed: readonly number[] = []): "convert" | "sign" | "digitize" | null {
  if (dossier.problems.length === 0 || dossier.problems.some((problem) => problem.code !== "componentNotDigitized")) return null;
  if (toConvert(dossier, postponed).length > 0) return "convert";
  if (toSign(dossier).length > 0) return "sign";
  return toDigitize(dossier).length > 0 ? "digitize" : null;
}

/** Rows that still lack the signature they need. */
export const toSign = (dossier: Dossier) => dossier.components.filter((row) => canSign(row) && row.needsSignature !== "none");

export type RowState = "waived" | "missing" | "capturing" | "reserved" | "reserveFailed" | "reused" | "needsConvert" | "needsSign" | "needsDigitize" | "digitized" | "attached" | "optional" | "elsewhere";

/** The one word that says how far a row is; of a dossier that is `over` nothing is still to be done. */
export function rowState(row: ComponentRow, takenUp = false, over = false): RowState {
  const { attachment } = row;
  if (row.reservation && !attachment) return row.reservation.problem ? "reserveFailed" : "reserved";
  if (!attachment && row.waiver) return "waived";
  if (!attachment) {
    if (takenUp) return "elsewhere";
    if (row.capturing > 0 && !over) return "capturing";
    return row.required ? "missing" : "optional";
  }
  if (attachment.source === "warehouse") return "reused";
  if (attachment.digitized) return "digitized";
  if (over) return "attached";
  if (attachment.word && row.entersWarehouse) return "needsConvert";
  if (row.needsSignature !== "none") return "needsSign";
  if (row.entersWarehouse) return "needsDigitize";
  return "attached";
}
