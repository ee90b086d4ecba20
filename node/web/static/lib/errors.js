// What the library refuses, and the one list of reasons for which the answer stays open (docs/reasons.md).

/** Something was refused: why (a reason of docs/reasons.md), what, and the offending value as text. */
export class Refusal extends Error {
  /** @param {string} reason @param {string} detail @param {string} [value] */
  constructor(reason, detail, value = "") {
    super(value === "" || detail.includes(value) ? detail : `${detail} (${value})`);
    this.reason = reason;
    this.value = value;
  }
}

/** Bytes or a text that are not in their form. */
export class FormError extends Refusal {
  /** @param {string} detail @param {string} [reason] */
  constructor(detail, reason = "malformed") {
    super(reason, detail);
  }
}

/** With these nothing is wrong, but something could not be decided. */
export const OPEN_REASONS = new Set([
  "unsupported_version",
  "untrusted_log",
  "key_binding_missing",
  "no_code",
  "several_codes",
  "status_unknown",
  "node_not_current",
  "stale",
  "busy",
  "not_final",
  "node_unreachable",
]);
