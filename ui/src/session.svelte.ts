import { bridge } from "#bridge";
import type { AppError, Status } from "./bridge/bridge";
import { appError, isOutcome } from "./bridge/errors";
import { format, parent, parse, type Route } from "./router";

/** Who is here: a dossier is handed to an officer, or to anybody of his unit. */
export interface Me { officer: string | null; unit: string }

/** What every screen shares: the desk's state, the place, and the last error. */
class Session {
  status = $state<Status | null>(null);
  route = $state<Route>(parse(globalThis.location?.hash ?? ""));
  failure = $state<AppError | null>(null);
  helpOpen = $state(false);
  /** The first tour: offered at the first start, or asked for. */
  tour = $state<"offered" | "asked" | null>(null);
  printersOpen = $state(false);
  now = $state(bridge.now());
  /** A number typed in the box, carried to the form in memory only. */
  carried = "";
  /** The dossier opened just now: what the warehouse has is put onto its rows as soon as it is on the table. */
  fresh = "";
  /** One sentence said politely to a screen reader. */
  said = $state("");

  get me(): Me {
    return { officer: this.status?.officer ?? null, unit: this.status?.unitName ?? "" };
  }

  async start(): Promise<void> {
    window.addEventListener("hashchange", () => {
      this.route = parse(location.hash);
      this.failure = null;
    });
    bridge.onStatus((status) => (this.status = status));
    setInterval(() => (this.now = bridge.now()), 15_000);
    await this.attempt(async () => (this.status = await bridge.status()));
  }

  go(route: Route): void {
    location.hash = format(route);
  }

  back(): void {
    this.go(parent(this.route));
  }

  say(sentence: string): void {
    this.said = sentence;
  }

  /** Runs an act of the officer; an error becomes the banner, a cancelled act nothing. */
  async attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    this.failure = null;
    try {
      return await act();
    } catch (thrown) {
      const error = appError(thrown);
      if (!isOutcome(error)) this.failure = error;
      return undefined;
    }
  }

  async refresh(): Promise<void> {
    await this.attempt(async () => (this.status = await bridge.status()));
  }
}

export const session = new Session();
