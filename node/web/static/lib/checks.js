// Checks as they are made, one after another, and what every verification has in common (docs/formats/report.md).

import { OPEN_REASONS, Refusal } from "./errors.js";
import { formatDatetime, MAX_TIME_MS } from "./datetimes.js";

/** How far the reference time may be behind the times in a file: clocks differ. */
export const CLOCK_TOLERANCE_MS = 300_000;

/** @typedef {"valid" | "invalid" | "undetermined"} Verdict */
/** @typedef {{ name: string, verdict: Verdict, detail: string, against: string, as_of: string | null, reason: string | null }} Check */
/** @typedef {{ atTimeMs: number, maxAgeMs: number | null }} Times */
/** @typedef {{ kind: string, verdict: Verdict, as_of: string | null, statement: any, register: string | null, checks: Check[], notes: string[] }} Report */

/** Checks made so far. A step that fails is listed and ends its line of reasoning. */
export class Checks {
  constructor() {
    /** @type {Check[]} */
    this.items = [];
  }

  /**
   * Carry out a step, which gives a value and what was found; list it as valid, or as what its refusal says.
   * @template T
   * @param {string} name @param {string} against @param {() => [T, string] | Promise<[T, string]>} step
   * @returns {Promise<T | null>} null where the step failed
   */
  async attempt(name, against, step) {
    try {
      const [value, detail] = await step();
      this.items.push({ name, verdict: "valid", detail, against, as_of: null, reason: null });
      return value;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const verdict = OPEN_REASONS.has(error.reason) ? "undetermined" : "invalid";
      this.items.push({ name, verdict, detail: error.message, against, as_of: null, reason: error.reason });
      return null;
    }
  }

  /** Say as of when the checks hold. @param {number | null} timeMs */
  date(timeMs) {
    if (timeMs === null) return;
    for (const item of this.items) item.as_of = formatDatetime(timeMs);
  }
}

/** The worst answer of all checks; of none it is invalid. @param {Check[]} checks @returns {Verdict} */
export function findVerdict(checks) {
  const verdicts = new Set(checks.map((check) => check.verdict));
  if (verdicts.size === 0 || verdicts.has("invalid")) return "invalid";
  return verdicts.has("undetermined") ? "undetermined" : "valid";
}

/**
 * @param {string} kind @param {Checks} checks
 * @param {{ asOfMs?: number | null, statement?: any, register?: string | null, notes?: string[] }} [found] @returns {Report}
 */
export function makeReport(kind, checks, { asOfMs = null, statement = null, register = null, notes = [] } = {}) {
  const as_of = asOfMs === null ? null : formatDatetime(asOfMs);
  return { kind, verdict: findVerdict(checks.items), as_of, statement, register, checks: checks.items, notes };
}

/** An age in milliseconds; raises where it is too high, or the time is after the one asked about. @param {number} asOfMs @param {Times} times */
export function verifyAge(asOfMs, { atTimeMs, maxAgeMs }) {
  requireNotAfter(asOfMs, atTimeMs);
  const ageMs = Math.max(atTimeMs - asOfMs, 0);
  if (maxAgeMs !== null && ageMs > maxAgeMs) throw new Refusal("stale", "the evidence is older than accepted", `${Math.floor(ageMs / 1000)} s`);
  return ageMs;
}

/** @param {number} timeMs @param {number} atTimeMs */
export function requireNotAfter(timeMs, atTimeMs) {
  if (timeMs > atTimeMs + CLOCK_TOLERANCE_MS) throw new Refusal("stale", "it is from after the time asked about", formatDatetime(timeMs));
}

/** @param {import("./trust.js").VerifiedCheckpoint} verified @returns {string} */
export function describeSigners(verified) {
  const names = verified.cosigners.map((item) => item.keyName).join(", ") || "nobody";
  return `log of ${verified.checkpoint.size} entries, cosigned by ${names}`;
}

/** The latest time for which a quorum vouches, null without one. @param {import("./trust.js").VerifiedCheckpoint | null} verified */
export function computeQuorumTimeMs(verified) {
  if (verified === null || verified.quorumTimeS === null) return null;
  return Math.min(Number(verified.quorumTimeS) * 1000, MAX_TIME_MS); // A clock may say what no calendar has: that is a time to come.
}
