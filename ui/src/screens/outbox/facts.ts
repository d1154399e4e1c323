import { m } from "#text";

/** What a value of a dossier is called, by its name at the desk. */
export const FIELDS: Record<string, () => string> = {
  owner: m.cf_owner, submitter: m.cf_submitter, result: m.cf_result, channel: m.cf_channel, return_method: m.cf_return_method, identity: m.cf_identity,
  procedure: m.cf_procedure, case_code: m.cf_case_code, reference_version: m.cf_reference_version, accepted_at: m.cf_accepted_at, deadline: m.cf_deadline,
  fee: m.cf_fee, officer: m.cf_officer, code: m.cf_code, outcome: m.cf_outcome,
};

/** What one line of a value is called. */
export const FACTS: Record<string, () => string> = {
  name: m.fact_name, number: m.fact_number, address: m.fact_address, phone: m.fact_phone, decision: m.fact_decision, issued: m.fact_issued, issuer: m.fact_issuer,
  returned: m.fact_returned, officer: m.fact_officer, source: m.fact_source, answer: m.fact_answer, at: m.fact_at, decided: m.fact_decided, code: m.cf_code, reasons: m.fact_reasons,
};

/** Words of the protocol as the officer says them. */
export const WORDS: Record<string, () => string> = {
  direct: m.channel_direct, postal: m.channel_postal, online: m.channel_online, counter: m.return_counter, electronic: m.return_electronic,
  scan: m.word_scan, file: m.word_file, warehouse: m.word_warehouse, absent: m.conflict_none, registered: m.word_registered, not_registered: m.word_not_registered, accepted: m.state_accepted, supplement: m.state_declined_supplement, refusal: m.state_declined_refusal,
};

/** What became of a dossier: the warehouse has one word of it, which stands. */
export const OUTCOME = "outcome";
