import { bridge } from "#bridge";
import { m } from "#text";
import type { Dossier, RowProgress, WaitingLine } from "../../bridge/bridge";
import { appError, isOutcome } from "../../bridge/errors";
import { session } from "../../session.svelte";
import { keep } from "./failed";

/** "Quầy 2 (le.thi.mai)", or who it is where the counter has no name. */
export const holderWords = (of: { counter: string; officer: string }) => (of.counter ? m.seat_one({ unit: of.counter, officer: of.officer }) : of.officer);

/** What waits at the portal, and opening one of it. */
export class OnlineDesk {
  lines = $state<WaitingLine[]>([]);
  /** What is being opened, and how far it is; none before the first file. */
  opening = $state<{ id: string; at: RowProgress | null; stopping: boolean } | null>(null);
  /** Another counter looks into this one: is it opened all the same? */
  asked = $state<{ id: string; who: string; until: number | null } | null>(null);
  /** The last opening was stopped. */
  stopped = $state<string | null>(null);
  private reading = false;
  private again = false;

  /** Nobody waits for the list: what goes wrong leaves it as it is, and takes no other failure off the screen. */
  async load(): Promise<void> {
    this.again = true;
    if (this.reading) return;
    this.reading = true;
    // News that come while it is read are read once more, together.
    while (this.again) {
      this.again = false;
      const lines = await bridge.submissions().catch(() => null);
      if (lines) this.lines = lines;
    }
    this.reading = false;
  }

  /** The draft it became; nothing when it was not opened. */
  async open(id: string, force = false): Promise<Dossier | null> {
    if (this.opening) return null;
    const holder = this.lines.find((line) => line.id === id)?.holder;
    this.stopped = null;
    session.failure = null;
    if (holder && !force) {
      this.asked = { id, who: holderWords(holder), until: holder.until };
      return null;
    }
    this.asked = null;
    this.opening = { id, at: null, stopping: false };
    try {
      const { dossier, failed } = await bridge.openSubmission({ id, force }, (at) => { if (this.opening) this.opening.at = at; });
      keep(id, failed);
      return dossier;
    } catch (thrown) {
      const error = appError(thrown);
      if (error.code === "submissionHeld") this.asked = { id, who: error.params.officer ?? "", until: null };
      else if (isOutcome(error)) this.stopped = id;
      else session.failure = error;
      return null;
    } finally {
      this.opening = null;
      await this.load();
    }
  }
  stop = () => {
    if (!this.opening) return;
    this.opening.stopping = true;
    void session.attempt(() => bridge.cancelJob({ job: "fetch" }));
  };
  leave = () => (this.asked = null);
}
