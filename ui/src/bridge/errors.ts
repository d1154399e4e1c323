import { m, type MessageKey } from "#text";
import type { AppError } from "./bindings";
import { DeskFailure } from "./bridge";

/** Ends of an act that are no errors: the officer closed or stopped something. */
const OUTCOMES = new Set(["cancelled", "scanCancelled", "signCancelled", "linkCancelled", "syncCancelled", "convertCancelled"]);

export const isOutcome = (error: AppError) => OUTCOMES.has(error.code);

/** What the screens show for any thrown value. */
export function appError(thrown: unknown): AppError {
  if (thrown instanceof DeskFailure) return thrown.error;
  return { code: "internal", params: {}, reference: "" };
}

type Sentence = (params: { [k: string]: string }) => string;

function sentence(half: "err" | "rec", error: AppError): string {
  const key = `${half}_${error.code}` as MessageKey;
  const found = (key in m ? m[key] : half === "err" ? m.err_internal : m.rec_internal) as Sentence;
  return found(error.params);
}

/** What happened. */
export const errorText = (error: AppError) => sentence("err", error);
/** What to do. */
export const adviceText = (error: AppError) => sentence("rec", error);

/** A code that stands alone (outbox problem, completeness finding, refused certificate). */
export const codeText = (code: string, params: { [k: string]: string } = {}) => errorText({ code, params, reference: "" });
export const codeAdvice = (code: string, params: { [k: string]: string } = {}) => adviceText({ code, params, reference: "" });
