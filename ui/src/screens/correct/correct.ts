import { m } from "#text";
import type { Correction, Dossier, FeedbackReason, WaitingCorrection } from "../../bridge/bridge";
import type { Me } from "../../session.svelte";
import { isUnsent } from "../outbox/kinds";

/** What can be wrong with a result; the same three as of any paper. */
export const REASONS: [FeedbackReason, () => string][] = [
  ["wrongInformation", m.report_wrong_information], ["notTheResult", m.report_not_the_result], ["notSigned", m.report_not_signed],
];
export const reasonWords = (reason: FeedbackReason): string => REASONS.find(([of]) => of === reason)?.[1]() ?? "";

/** One officer, however the login was typed. */
export const same = (one: string | null, other: string) => one !== null && one.trim().toLowerCase() === other.trim().toLowerCase();

/** The officer at the counter asked for it himself: somebody else agrees, and only he takes it back. */
export const isMine = (correction: Correction, me: Me) => same(me.officer, correction.login);

export const waitingOf = (dossier: Dossier): Correction | null => dossier.corrections.find((asked) => asked.state === "waiting") ?? null;

/** The warehouse does not have the result, or its last correction, yet: until then neither is corrected. */
export function unsent({ outbox, standing }: Pick<Dossier, "outbox" | "standing">): boolean {
  const steps = new Set(standing?.steps.filter((step) => step.kind === "resultCorrected").map((step) => step.id));
  return outbox.some((item) => (item.kind === "result" || steps.has(item.op)) && isUnsent(item));
}

/** A dossier's own correction as the list of a supervisor has it. */
export const asWaiting = (dossier: Dossier, correction: Correction): WaitingCorrection => ({
  dossier: dossier.id, code: dossier.code, ownerName: dossier.owner.name, procedureName: dossier.procedureName, before: dossier.resultNow ?? "", correction,
});

/** Who agrees: the officer at the counter where he supervises and did not ask; otherwise a colleague who comes to it. */
export const agreesHimself = (correction: Correction, me: Me, supervises: boolean) => supervises && !isMine(correction, me);
