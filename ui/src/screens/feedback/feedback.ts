import { m } from "#text";
import type { FeedbackLine, FeedbackReason, WrongUse } from "../../bridge/bridge";

/** The office has yet to close it. */
export const waitsForUs = (line: FeedbackLine) => line.ours && (line.stage === "open" || line.stage === "wrong");

/** A dossier with a wrong paper, and which. */
export interface Use { use: WrongUse; paper: string; feedback: string }

/** What an officer is to do something about, his own first; what was given back is for whoever supervises, last. */
export function wrongUses(lines: FeedbackLine[], me: string | null): Use[] {
  const rank = (use: WrongUse) => (use.returned ? 2 : use.officer === me ? 0 : 1);
  const found = new Map<string, Use>();
  for (const line of lines) for (const use of line.uses) found.set(`${use.dossier} ${line.paperCode}`, { use, paper: line.paper, feedback: line.id });
  return [...found.values()].toSorted((a, b) => rank(a.use) - rank(b.use));
}

export const openUses = (lines: FeedbackLine[], me: string | null) => wrongUses(lines, me).filter(({ use }) => !use.returned);

export const reasonWords = (reason: FeedbackReason): string => ({ wrongInformation: m.report_wrong_information, notTheResult: m.report_not_the_result, notSigned: m.report_not_signed })[reason]();

interface Stage { tone: "plain" | "action" | "success" | "warning"; icon: "clock" | "pen" | "check"; word: string }
export function stageBadge(line: FeedbackLine): Stage {
  switch (line.stage) {
    case "open": return line.ours ? { tone: "warning", icon: "clock", word: m.feedback_stage_open() } : { tone: "plain", icon: "clock", word: m.feedback_stage_open_there() };
    case "wrong": return { tone: "warning", icon: "pen", word: m.feedback_stage_wrong() };
    case "right": return { tone: "success", icon: "check", word: m.feedback_stage_right() };
    case "corrected": return { tone: "success", icon: "check", word: m.feedback_stage_corrected() };
  }
}
