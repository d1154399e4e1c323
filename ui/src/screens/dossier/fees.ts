import { m } from "#text";
import type { FeeKind, FeeMethod } from "../../bridge/bridge";

/** How a fee is paid, in the order of the counter. */
export const feeMethods = (): [FeeMethod, string][] => [
  ["cash", m.fee_method_cash()], ["transfer", m.fee_method_transfer()], ["portal", m.fee_method_portal()], ["post", m.fee_method_post()],
];

export const feeKinds = (): Record<FeeKind, string> => ({ paid: m.fee_kind_paid(), relieved: m.fee_kind_relieved(), reversed: m.fee_kind_reversed() });
