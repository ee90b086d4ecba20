// What a code is worth at this till, out of what its signature, the till's memory and the ledger say. No page in here.

import { DONE, REFUSED } from "../wallet/outbox.js";

export const GOOD = "good";
export const BAD = "bad";
export const OPEN = "open";

const CLOSED = new Set(["captured", "released", "expired"]);

/**
 * The answer to a code: `{ tone, key, card, ... }`, of which `key` names the words.
 * `report` is that of the verification with the network off, `chainId` the chain of the till, `own` the till's capture of the hold if
 * there is one, `onLedger` what the ledger says of the hold: null where nobody could ask.
 */
export function judge({ report, chainId, own, onLedger }) {
  const card = report.statement;
  const failed = report.checks.find((check) => check.verdict !== "valid");
  if (failed !== undefined) return judgeFailed(report, failed);
  // A trust file may name logs of other regions: what those set aside cannot be taken here.
  if (card.chain_id !== chainId) return { tone: BAD, key: "other", card };
  if (own?.state === DONE) return { tone: BAD, key: "taken", card, atMs: own.settledMs, points: own.about.points };
  if (own?.state === REFUSED) return { tone: BAD, key: "refused", card, item: own };
  if (own !== undefined) return { tone: OPEN, key: "queued", card, atMs: own.madeMs, points: own.about.points };
  if (onLedger === null) return { tone: GOOD, key: "offline", card };
  if (CLOSED.has(onLedger.status)) return { tone: BAD, key: onLedger.status, card };
  return { tone: GOOD, key: "good", card };
}

function judgeFailed(report, failed) {
  const card = report.statement;
  if (failed.name === "merchant") return { tone: BAD, key: card?.profile === "organisation" ? "desk" : "other", card };
  if (failed.reason === "hold_expired") return { tone: BAD, key: "over", card };
  if (failed.verdict === "undetermined") return { tone: OPEN, key: "unknown", card, reason: failed.reason, detail: failed.detail };
  return { tone: BAD, key: "invalid", card, reason: failed.reason, detail: failed.detail };
}
