import { m } from "#text";
import type { OutboxKind, OutboxStateName } from "../../bridge/bridge";

/** What a line of the outbox is. */
export const outKind = (kind: OutboxKind): string =>
  ({ document: m.out_kind_document, acceptance: m.out_kind_acceptance, decline: m.out_kind_decline, result: m.out_kind_result, fee: m.out_kind_fee, step: m.out_kind_step, feedback: m.out_kind_feedback, withdrawal: m.out_kind_withdrawal })[kind]();

/** The warehouse does not have it, and it was not given up. */
export const isUnsent = ({ state }: { state: OutboxStateName }): boolean => state !== "received" && state !== "replaced" && state !== "withdrawn";
