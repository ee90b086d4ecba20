// Verification of a business card, with the checks of certificates/card_verification.py in their order.

import { computeDigest, computeOpenAudience, parseCard, validateClaims } from "./card.js";
import { Checks, CLOCK_TOLERANCE_MS, makeReport, requireNotAfter } from "./checks.js";
import { formatDatetime } from "./datetimes.js";
import { Refusal } from "./errors.js";
import { readIssuer, requireLogKey, verifyJws } from "./jws.js";
import { findStatus } from "./position-status.js";

/** How long a card that is shown without the verifier's nonce counts as shown. */
const OPEN_SHOWING_MS = 600_000;

/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./verify-certificate.js").Question} Question */

/** @param {Uint8Array} data @param {Question} question @returns {Promise<import("./checks.js").Report>} */
export async function verifyCard(data, question) {
  const checks = new Checks();
  const card = await checks.attempt("format", "SD-JWT VC", () => {
    const found = parseCard(data);
    return [found, `card at position ${found.position} of ${found.chainId}`];
  });
  if (card === null) return makeReport("card", checks);
  const { atTimeMs } = question.times;
  const signed = await checks.attempt("signature", `log keys of ${card.chainId}`, () => verifySigner(card, question));
  const shown = await checks.attempt("disclosures", "digests in the signed part", () => verifyDisclosures(card));
  await checks.attempt("holder", "key in the card", () => verifyHolder(card, question));
  await checks.attempt("time", formatDatetime(atTimeMs), () => [true, verifyTime(card, atTimeMs)]);
  const found = await verifyStanding(checks, card, question);
  const statement = signed && shown ? describe(card, found, atTimeMs) : null;
  return makeReport("card", checks, { asOfMs: found?.asOfMs ?? null, statement, notes: listNotes(card, question) });
}

/** @param {Card} card @param {Question} question @returns {Promise<[boolean, string]>} */
async function verifySigner(card, { trust }) {
  const key = readIssuer(card.jws);
  requireLogKey(trust, card.chainId, key);
  await verifyJws(card.jws, key);
  return [true, "signed by a node of the region"];
}

/** @param {Card} card @returns {[boolean, string]} */
function verifyDisclosures(card) {
  validateClaims(card);
  const unknown = card.disclosures.find((item) => !card.digests.has(item.digest));
  if (unknown !== undefined) throw new Refusal("commitment_mismatch", "the card was not issued with what it shows", unknown.name.slice(0, 60));
  return [true, `${card.disclosures.length} claims are shown: ${card.disclosures.map((item) => item.name).join(", ") || "none"}`];
}

/** @param {Card} card @param {Question} question @returns {Promise<[boolean, string]>} */
async function verifyHolder(card, { times, audience = null, nonce = null }) {
  const { binding } = card;
  if (binding === null) throw new Refusal("key_binding_missing", "the card was not shown by its holder");
  if (binding.payload.sd_hash !== computeDigest(card.signedText)) throw new Refusal("commitment_mismatch", "the holder has shown something else");
  await verifyJws(binding, card.key);
  const isOpen = audience === null && nonce === null;
  for (const [name, expected] of [["aud", isOpen ? computeOpenAudience(card.chainId) : audience], ["nonce", nonce]]) {
    if (expected !== null && binding.payload[String(name)] !== expected) throw new Refusal("claim_mismatch", `the card was shown for another ${name} than yours`);
  }
  const shownMs = binding.payload.iat * 1000;
  const ageMs = times.atTimeMs - shownMs;
  if (ageMs < -CLOCK_TOLERANCE_MS) requireNotAfter(shownMs, times.atTimeMs);
  if (nonce === null && ageMs > OPEN_SHOWING_MS) throw new Refusal("stale", "the card was shown too long ago", formatDatetime(shownMs));
  return [true, `the holder showed it ${Math.floor(Math.max(ageMs, 0) / 1000)} s ago${nonce === null ? "" : ", for your nonce"}`];
}

/** @param {Card} card @param {number} atTimeMs @returns {string} */
function verifyTime(card, atTimeMs) {
  requireNotAfter(card.validFromMs, atTimeMs);
  if (card.expiresMs <= atTimeMs) return `it expired on ${formatDatetime(card.expiresMs)}: it is history`;
  return `it is good until ${formatDatetime(card.expiresMs)}`;
}

/** Look up the position; what was found is returned also where it is no good. @param {Checks} checks @param {Card} card @param {Question} question */
async function verifyStanding(checks, card, { status, trust, times }) {
  /** @type {import("./position-status.js").FoundStatus[]} */
  const found = [];
  await checks.attempt("standing", `position ${card.position}`, async () => {
    const read = await findStatus(status, card, trust, times);
    found.push(read);
    if (read.status !== "valid") throw new Refusal("not_current", `the card is ${read.status}`, read.source);
    return [true, `the card stands, says ${read.source}`];
  });
  if (found.length === 0) return null;
  checks.items[checks.items.length - 1].as_of = formatDatetime(found[0].asOfMs);
  return found[0];
}

/** @param {Card} card @param {import("./position-status.js").FoundStatus | null} found @param {number} atTimeMs */
function describe(card, found, atTimeMs) {
  const standing = found?.status ?? null;
  const isOver = (standing === null || standing === "valid") && card.expiresMs <= atTimeMs;
  return {
    chain_id: card.chainId,
    position: card.position,
    first_day: formatDatetime(card.validFromMs).slice(0, 10),
    last_day: formatDatetime(card.expiresMs - 1000).slice(0, 10),
    standing: isOver ? "expired" : standing,
    claims: Object.fromEntries(card.disclosures.map((item) => [item.name, item.value])),
    hidden: card.digests.size - card.disclosures.length,
  };
}

/** @param {Card} card @param {Question} question @returns {string[]} */
function listNotes(card, { times, nonce = null }) {
  const notes = card.expiresMs <= times.atTimeMs ? ["expired_card"] : [];
  return card.binding !== null && nonce === null ? [...notes, "shown_to_anybody"] : notes;
}
