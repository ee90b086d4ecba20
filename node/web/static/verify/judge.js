// A verification in a worker, with an end to its patience.

import { findVerdict } from "../lib/checks.js";

const PATIENCE_MS = 60_000;

let worker = null;
let last = 0;

/** The report on `data`, and what can be asked about it; `asked` has `times`, `nonce`, `status` and `refused`. */
export function judge(data, trust, asked) {
  worker ??= new Worker(new URL("../lib/verify-worker.js", import.meta.url), { type: "module" });
  last += 1;
  const id = last;
  const current = worker;
  return new Promise((resolve) => {
    const finish = (answer) => {
      clearTimeout(timer);
      current.removeEventListener("message", hear);
      current.removeEventListener("error", fail);
      resolve(answer);
    };
    const stop = (reason, detail) => {
      current.terminate();
      worker = null;
      finish({ report: makeFailure(reason, detail), subject: null });
    };
    const hear = ({ data: answer }) => {
      if (answer.id !== id) return;
      if (answer.fault === undefined) finish(answer);
      else stop("internal", answer.fault);
    };
    const fail = (event) => stop("internal", event.message ?? "the browser cannot run the verification");
    const timer = setTimeout(() => stop("too_large", `it was not verified within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    current.addEventListener("message", hear);
    current.addEventListener("error", fail);
    current.postMessage({ id, data, trust, ...asked });
  });
}

/** A report on what could not be opened or verified, and why. */
export function makeFailure(reason, detail) {
  const isOpen = ["no_code", "several_codes", "no_attachment", "internal"].includes(reason);
  const check = { name: "format", verdict: isOpen ? "undetermined" : "invalid", detail, against: "files and codes of this ledger", as_of: null, reason };
  return { kind: "unknown", verdict: findVerdict([check]), as_of: null, statement: null, register: null, checks: [check], notes: [] };
}
