import { bridge } from "#bridge";
import type { AdminPeople, AdminRow, AdminSheet, AdminSheets, AdminVersion } from "../../bridge/bridge";
import { session } from "../../session.svelte";
import { inOrder, type Pending, withEdit } from "./lists";

export type Part = { kind: "sheet"; sheet: string } | { kind: "officers" } | { kind: "machines" } | { kind: "versions" };

/** The administrator's desk. It outlives the screen: what was not saved is there when he comes back, for him alone. */
class AdminDesk {
  lists = $state<AdminSheets | null>(null);
  rows = $state<AdminRow[] | null>(null);
  versions = $state<AdminVersion[] | null>(null);
  people = $state<AdminPeople | null>(null);
  part = $state<Part>({ kind: "sheet", sheet: "" });
  pending = $state<Pending[]>([]);
  /** What pending was before each act, for "Hoàn tác". */
  private before = $state<Pending[][]>([]);
  private officer: string | null = null;
  private made = 0;
  /** Answers may come in another order than they were asked for. */
  private asked = 0;

  readonly sheets = $derived(inOrder(this.lists?.sheets ?? []));
  readonly sheet = $derived.by((): AdminSheet | null => {
    const { part } = this;
    return part.kind === "sheet" ? (this.sheets.find((known) => known.name === part.sheet) ?? null) : null;
  });
  readonly canUndo = $derived(this.before.length > 0);

  /** Another officer finds an empty desk. */
  async enter(): Promise<void> {
    if (this.officer !== session.me.officer) {
      this.officer = session.me.officer;
      [this.lists, this.rows, this.people, this.versions, this.pending, this.before] = [null, null, null, null, [], []];
      this.part = { kind: "sheet", sheet: "" };
    }
    await this.load(this.lists && this.pending.length > 0 ? this.lists.version : null);
  }

  /** Reads what is shown anew; the lists in that version, or in the one in force. */
  async load(version: number | null): Promise<void> {
    const lists = await session.attempt(() => bridge.adminSheets({ version }));
    if (!lists) return;
    this.lists = lists;
    if (lists.kept && this.part.kind !== "sheet") this.part = { kind: "sheet", sheet: "" };
    const first = this.sheets[0];
    if (this.part.kind === "sheet" && this.sheet === null && first) this.part = { kind: "sheet", sheet: first.name };
    await this.show(this.part);
  }

  async show(part: Part): Promise<void> {
    const mine = (this.asked += 1);
    this.part = part;
    [this.rows, this.people, this.versions] = [null, null, null];
    const version = this.lists?.version;
    if (version === undefined) return;
    await session.attempt(async () => {
      if (part.kind === "sheet") {
        const rows = await bridge.adminRows({ version, sheet: part.sheet });
        if (mine === this.asked) this.rows = rows;
      } else if (part.kind === "versions") {
        const versions = await bridge.adminVersions();
        if (mine === this.asked) this.versions = versions;
      } else {
        const people = await bridge.adminPeople();
        if (mine === this.asked) this.people = people;
      }
    });
  }

  put(edit: Omit<Pending, "id"> & { id: number | null }): void {
    const id = edit.id ?? (this.made += 1);
    this.keep(withEdit(this.pending, { ...edit, id }, this.rows?.find((row) => row.key === edit.key)));
  }

  drop(id: number): void {
    this.keep(this.pending.filter((edit) => edit.id !== id));
  }

  dropAll(): void {
    this.keep([]);
  }

  undo(): void {
    const last = this.before.at(-1);
    if (!last) return;
    this.before = this.before.slice(0, -1);
    this.pending = last;
  }

  /** It was saved: the lists are read as they are now. */
  async saved(): Promise<void> {
    [this.pending, this.before] = [[], []];
    await this.load(null);
  }

  private keep(pending: Pending[]): void {
    this.before = [...this.before, this.pending];
    this.pending = pending;
  }
}

export const admin = new AdminDesk();
