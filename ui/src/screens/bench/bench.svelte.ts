import { bridge } from "#bridge";
import { m } from "#text";
import type { Dossier, Queue, QueueLine, TakenStep } from "../../bridge/bridge";
import { session } from "../../session.svelte";
import { count } from "../../text/format";
import { nextTab } from "../steps/steps";
import { refusals } from "./queue";

/** Runs an act again as long as it was asked for meanwhile: a hundred pieces of news are one or two readings. */
export function coalesced(act: () => Promise<void>): () => void {
  let [running, again] = [false, false];
  return () => {
    again = true;
    if (running) return;
    running = true;
    void (async () => {
      while (again) {
        again = false;
        await act();
      }
      running = false;
    })();
  };
}

/** What both queues share: the page that is shown, what is picked, and what became of the last act. */
export class QueueDesk {
  queue = $state<Queue | null>(null);
  page = $state(0);
  picked = $state<string[]>([]);
  busy = $state(false);
  /** What was done, in a sentence. */
  done = $state<string | null>(null);
  refused = $state<{ id: string; code: string; why: string }[]>([]);
  #asked = 0;
  readonly #ask: (page: number) => Promise<Queue>;

  constructor(ask: (page: number) => Promise<Queue>) {
    this.#ask = ask;
  }

  get lines(): QueueLine[] {
    return this.queue?.lines ?? [];
  }

  /** Reads the page again; what is picked stays as far as it is still there. */
  async load(quiet = false): Promise<void> {
    const mine = (this.#asked += 1);
    const answer = quiet ? await this.#ask(this.page).catch(() => undefined) : await session.attempt(() => this.#ask(this.page));
    if (!answer || mine !== this.#asked) return;
    // The last line of a page went: the page before it is the last now.
    if (answer.lines.length === 0 && answer.page > 0 && answer.count > 0) {
      this.page = Math.max(0, Math.ceil(answer.count / answer.pageLines) - 1);
      return this.load(quiet);
    }
    this.queue = answer;
    this.picked = this.picked.filter((id) => answer.lines.some((line) => line.id === id));
  }

  async turn(page: number): Promise<void> {
    [this.page, this.picked] = [page, []];
    await this.load();
  }

  /** What is picked, or this line alone. */
  targets(line?: QueueLine): QueueLine[] {
    if (line && !this.picked.includes(line.id)) return [line];
    return this.lines.filter((known) => this.picked.includes(known.id));
  }

  /** Does the same with several; true when it was tried. What was refused stays picked, each with its reason. */
  async several(act: () => Promise<TakenStep[]>, done: (of: { n: string }) => string): Promise<boolean> {
    if (this.busy) return false;
    [this.busy, this.done, this.refused] = [true, null, []];
    const lines = this.lines;
    const taken = await session.attempt(act);
    this.busy = false;
    if (!taken) return false;
    this.refused = refusals(taken, lines);
    const moved = taken.length - this.refused.length;
    this.done = moved > 0 ? done({ n: count(moved) }) : null;
    this.picked = this.refused.map((step) => step.id);
    if (this.done) session.say(m.step_said({ what: this.done }));
    await this.load(true);
    return true;
  }

  /** Opens a dossier; one that another counter took in comes to this machine first. */
  async open(line: QueueLine): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const dossier: Dossier | undefined = await session.attempt(() => (line.here ? bridge.dossier({ id: line.id }) : bridge.takeUp({ id: line.id })));
    this.busy = false;
    if (dossier) session.go({ name: "dossier", id: line.id, tab: dossier.standing ? nextTab(dossier.standing) : "steps" });
  }
}
