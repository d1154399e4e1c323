import { bridge } from "#bridge";
import { m } from "#text";
import type { CapturedPage, ComponentRow, Dossier, ScannerInfo, ScanEvent } from "../../bridge/bridge";
import { session } from "../../session.svelte";

/** Pages of one paper on the way from the scanner to the dossier. Every page shown is already on the disk. */
export class CaptureDesk {
  readonly id: string;
  readonly component: number;
  dossier = $state<Dossier | null>(null);
  pages = $state<CapturedPage[]>([]);
  scanners = $state<ScannerInfo[]>([]);
  looked = $state(false);
  device = $state("");
  source = $state<"auto" | "flatbed" | "feeder">("auto");
  color = $state<"color" | "gray">("color");
  scanning = $state(false);
  busy = $state(false);
  removed = $state<{ index: number; page: CapturedPage } | null>(null);
  large = $state<CapturedPage | null>(null);

  constructor(id: string, component: number) {
    this.id = id;
    this.component = component;
  }

  get row(): ComponentRow | undefined {
    return this.dossier?.components.find((row) => row.number === this.component);
  }
  /** Two scanners of one make are told apart by the driver's name of each. */
  get choices(): { value: string; label: string }[] {
    const twins = (label: string) => this.scanners.filter((s) => s.label === label).length > 1;
    return this.scanners.map((s) => ({ value: s.id, label: twins(s.label) ? `${s.id} · ${s.label}` : s.label }));
  }
  get #where() {
    return { id: this.id, component: this.component };
  }

  async start(): Promise<void> {
    await session.attempt(async () => {
      [this.dossier, this.pages] = await Promise.all([bridge.dossier({ id: this.id }), bridge.capturedPages(this.#where)]);
    });
    await this.look();
  }

  /** Looks for scanners, and takes the one this counter used last. */
  async look(): Promise<void> {
    this.looked = false;
    const found = await session.attempt(() => bridge.listScanners());
    this.scanners = found ?? [];
    this.looked = true;
    const kept = session.status?.scannerId;
    this.device = this.scanners.find((s) => s.id === kept)?.id ?? this.scanners[0]?.id ?? "";
    if (this.device !== "" && this.device !== kept) await this.choose();
  }

  async choose(): Promise<void> {
    const status = await session.attempt(() => bridge.chooseScanner({ id: this.device }));
    if (status) session.status = status;
  }

  async scan(): Promise<void> {
    if (this.scanning || this.device === "") return;
    this.scanning = true;
    this.removed = null;
    const heard = (event: ScanEvent) => {
      if (event.kind !== "page") return;
      if (!this.pages.some((page) => page.image === event.page.image)) this.pages.push(event.page);
      session.say(m.scanned({ n: this.pages.length }));
    };
    const pages = await session.attempt(() => bridge.scan({ ...this.#where, source: this.source, gray: this.color === "gray" }, heard));
    this.scanning = false;
    const failure = session.failure;
    const kept = pages ?? (await session.attempt(() => bridge.capturedPages(this.#where)));
    if (kept) this.pages = kept;
    session.failure = failure;
  }

  async stop(): Promise<void> {
    await session.attempt(() => bridge.cancelJob({ job: "scan" }));
  }

  async remove(index: number): Promise<void> {
    const page = this.pages[index];
    if (!page || this.scanning) return;
    const pages = await session.attempt(() => bridge.removePage({ ...this.#where, index }));
    if (!pages) return;
    this.pages = pages;
    this.removed = { index, page };
  }

  async undo(): Promise<void> {
    if (!this.removed) return;
    const { index, page } = this.removed;
    const pages = await session.attempt(() => bridge.restorePage({ ...this.#where, index, image: page.image }));
    if (!pages) return;
    this.pages = pages;
    this.removed = null;
  }

  async move(from: number, to: number): Promise<boolean> {
    if (this.scanning || to < 0 || to >= this.pages.length) return false;
    const pages = await session.attempt(() => bridge.movePage({ ...this.#where, from, to }));
    if (pages) this.pages = pages;
    return pages !== undefined;
  }

  async discard(): Promise<void> {
    if (await session.attempt(() => bridge.discardCapture(this.#where))) session.back();
  }

  async finish(): Promise<void> {
    if (this.pages.length === 0 || this.scanning || this.busy) return;
    this.busy = true;
    const done = await session.attempt(() => bridge.finishCapture(this.#where));
    this.busy = false;
    if (done) session.back();
  }
}
