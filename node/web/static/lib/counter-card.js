// Counter cards (docs/formats/counter-card.md): whose word one is, whether it is still time, and for which merchant. By the rules of
// certificates/counter_verification.py.

import { fromBase45 } from "./base45.js";
import { isSame, toHex, toUtf8 } from "./bytes.js";
import { decodeCbor, encodeCbor } from "./cbor.js";
import { Checks, makeReport, requireNotAfter } from "./checks.js";
import { formatDatetime } from "./datetimes.js";
import { FormError, Refusal } from "./errors.js";
import { isSignature } from "./signatures.js";

export const PREFIX = "HLC1:";
const MAX_CHARACTERS = 1_024;
const MAX_SECONDS = 253_402_300_799;
const MAX_QUANTITY = 1_000;
const MAX_STARS = 5;
const MAX_POSITIONS = 2 ** 31;
const TAG = 0xd2;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
const EDDSA = -8;
const ISS = 1;
const EXP = 4;
const IAT = 6;
const CTI = 7;
const CNF = 8;
const PROFILE = -70_001;
const THUMBPRINT = 5;

/** @typedef {{ keyId: Uint8Array, payload: Uint8Array, signature: Uint8Array }} Cose */
/** @typedef {{ hold: string, merchant: string, offer: string, quantity: number, points: number }} MerchantProfile */
/** @typedef {{ account: string, stars: number, position: number, key_thumbprint: string }} DeskProfile */
/** @typedef {{ chainId: string, issuedMs: number, untilMs: number, name: "merchant" | "organisation", profile: MerchantProfile | DeskProfile }} Card */

/** @param {any} value @param {number} length @returns {value is Uint8Array} */
function isBytes(value, length) {
  return value instanceof Uint8Array && value.length === length;
}

/** @param {any} value @param {number | bigint} low @param {number | bigint} high */
function isWithin(value, low, high) {
  return ["number", "bigint"].includes(typeof value) && value >= low && value <= high;
}

/** @param {any} value @param {(number | bigint)[]} keys @returns {value is Map<number, any>} */
function hasKeys(value, keys) {
  return value instanceof Map && value.size === keys.length && keys.every((key) => value.has(key));
}

/** Read a COSE_Sign1 by EdDSA with a key id of four bytes. @param {Uint8Array} bytes @returns {Cose} */
function parseCose(bytes) {
  if (bytes[0] !== TAG) throw new FormError("it is no COSE_Sign1");
  const parts = decodeCbor(bytes.subarray(1));
  const isWhole = Array.isArray(parts) && parts.length === 4 && parts[0] instanceof Uint8Array && hasKeys(parts[1], [])
    && parts[2] instanceof Uint8Array && isBytes(parts[3], SIGNATURE_BYTES);
  if (!isWhole) throw new FormError("it is no COSE_Sign1 of four parts with a signature of 64 bytes");
  const [protectedBytes, , payload, signature] = parts;
  const header = decodeCbor(protectedBytes);
  if (!hasKeys(header, [1, 4]) || header.get(1) !== EDDSA || !isBytes(header.get(4), KEY_ID_BYTES)) {
    throw new FormError("the header does not say EdDSA and a key id of four bytes, and nothing else");
  }
  return { keyId: header.get(4), payload, signature };
}

/** @param {Cose} cose @returns {Uint8Array} the bytes that are signed */
function buildSigned({ keyId, payload }) {
  const header = encodeCbor(new Map(/** @type {[number, any][]} */ ([[1, EDDSA], [4, keyId]])));
  return encodeCbor(["Signature1", header, new Uint8Array(), payload]);
}

/** Read the text of a code; nothing is verified. @param {string} text @returns {{ card: Card, cose: Cose }} */
export function parseCounterCard(text) {
  if (toUtf8(text).length > MAX_CHARACTERS) throw new FormError(`a counter card has at most ${MAX_CHARACTERS} characters`, "too_large");
  if (!text.startsWith(PREFIX)) throw new FormError(`a counter card begins with ${PREFIX}`);
  const cose = parseCose(fromBase45(text.slice(PREFIX.length)));
  return { card: readClaims(decodeCbor(cose.payload)), cose };
}

/** @param {any} claims @returns {Card} */
function readClaims(claims) {
  const isMap = claims instanceof Map && [ISS, EXP, IAT, PROFILE].every((key) => claims.has(key));
  const [chainId, until, issued, profile] = isMap ? [ISS, EXP, IAT, PROFILE].map((key) => claims.get(key)) : [];
  const isGood = typeof chainId === "string" && chainId !== "" && toUtf8(chainId).length <= 255 && isWithin(issued, 0, MAX_SECONDS)
    && isWithin(until, 0, MAX_SECONDS) && issued < until && Array.isArray(profile);
  if (!isGood) throw new FormError("the card does not have the claims of a counter card");
  const known = claims.size === 5 ? readProfile(claims, profile) : null;
  if (known !== null) return { chainId, issuedMs: issued * 1000, untilMs: until * 1000, ...known };
  const [number] = profile;
  if (isWithin(number, -(2n ** 64n), 2n ** 64n) && number !== 1 && number !== 2) {
    throw new FormError(`a counter card of the profile ${number} is not known here`, "unsupported_version");
  }
  throw new FormError("the card does not have the members of its profile");
}

/** @param {Map<any, any>} claims @param {any[]} profile @returns {any} */
function readProfile(claims, profile) {
  if (claims.has(CTI)) return readMerchant(profile, claims.get(CTI));
  return claims.has(CNF) ? readDesk(profile, claims.get(CNF)) : null;
}

/** @param {any[]} items @param {any} hold @returns {{ name: "merchant", profile: MerchantProfile } | null} */
function readMerchant(items, hold) {
  const [number, merchant, offer, quantity, points] = items;
  const isGood = items.length === 5 && number === 1 && [hold, merchant, offer].every((item) => isBytes(item, 16))
    && isWithin(quantity, 1, MAX_QUANTITY) && isWithin(points, 0, Number.MAX_SAFE_INTEGER);
  if (!isGood) return null;
  return { name: "merchant", profile: { hold: toHex(hold), merchant: toHex(merchant), offer: toHex(offer), quantity, points } };
}

/** @param {any[]} items @param {any} confirmation @returns {{ name: "organisation", profile: DeskProfile } | null} */
function readDesk(items, confirmation) {
  const [number, account, stars, position] = items;
  const isGood = items.length === 4 && number === 2 && isBytes(account, 16) && isWithin(stars, 0, MAX_STARS)
    && isWithin(position, 0, MAX_POSITIONS - 1) && hasKeys(confirmation, [THUMBPRINT]) && isBytes(confirmation.get(THUMBPRINT), 32);
  if (!isGood) return null;
  const key_thumbprint = toHex(confirmation.get(THUMBPRINT));
  return { name: "organisation", profile: { account: toHex(account), stars, position, key_thumbprint } };
}

/**
 * The report on the text of a code; never raises for any text. `merchant` (in hex) says whose counter it is, null where nobody asks.
 * @param {string} text @param {import("./trust.js").TrustPolicy[]} trust @param {import("./checks.js").Times} times
 * @param {string | null} [merchant] @returns {Promise<import("./checks.js").Report>}
 */
export async function verifyCounterCard(text, trust, times, merchant = null) {
  const checks = new Checks();
  const parsed = await checks.attempt("format", "COSE_Sign1, CWT, Base45", () => readText(text));
  if (parsed === null) return makeReport("counter_card", checks);
  const { card, cose } = parsed;
  const { atTimeMs } = times;
  const signed = await checks.attempt("signature", `log keys of ${card.chainId}`, () => verifySigner(card, cose, trust));
  await checks.attempt("time", formatDatetime(atTimeMs), () => verifyTime(card, atTimeMs));
  if (merchant !== null) await checks.attempt("merchant", merchant, () => verifyMerchant(card, merchant));
  const notes = [card.name === "merchant" ? "captured_once" : "copy_of_code"];
  const statement = signed === null ? null : describeCard(card, atTimeMs);
  return makeReport("counter_card", checks, { asOfMs: card.issuedMs, statement, notes });
}

/** @param {string} text @returns {[{ card: Card, cose: Cose }, string]} */
function readText(text) {
  const parsed = parseCounterCard(text.replace(/^[\t\r\n]+|[\t\r\n]+$/g, ""));
  return [parsed, `counter card of ${parsed.card.chainId}`];
}

/** @param {Card} card @param {Cose} cose @param {import("./trust.js").TrustPolicy[]} trust @returns {Promise<[boolean, string]>} */
async function verifySigner(card, cose, trust) {
  // Four bytes tell keys apart and protect nothing: each key of that id is tried.
  const named = trust.flatMap((policy) => policy.logs).map((log) => log.key).filter((key) => key.name === card.chainId);
  const keys = named.filter((key) => isSame(key.keyId, cose.keyId));
  if (keys.length === 0) throw new Refusal("untrusted_log", "no trust file given names the key of the node that signed", card.chainId);
  for (const key of keys) {
    if (await isSignature(key.key, buildSigned(cose), cose.signature)) return [true, "signed by a node of the region"];
  }
  throw new Refusal("invalid_signature", "the signature does not fit the card", toHex(cose.keyId));
}

/** @param {Card} card @param {number} atTimeMs @returns {[boolean, string]} */
function verifyTime(card, atTimeMs) {
  requireNotAfter(card.issuedMs, atTimeMs);
  if (card.untilMs <= atTimeMs) {
    const reason = card.name === "merchant" ? "hold_expired" : "expired";
    throw new Refusal(reason, "the card's time is over", formatDatetime(card.untilMs));
  }
  return [true, `it is good until ${formatDatetime(card.untilMs)}`];
}

/** @param {Card} card @param {string} merchant @returns {[boolean, string]} */
function verifyMerchant(card, merchant) {
  if (card.name !== "merchant" || /** @type {MerchantProfile} */ (card.profile).merchant !== merchant) {
    throw new Refusal("claim_mismatch", "the card is not for this merchant");
  }
  return [true, "the points are set aside for this merchant"];
}

/** @param {Card} card @param {number} atTimeMs */
function describeCard(card, atTimeMs) {
  return {
    chain_id: card.chainId,
    profile: card.name,
    issued: formatDatetime(card.issuedMs),
    until: formatDatetime(card.untilMs),
    standing: atTimeMs < card.untilMs ? "valid" : "expired",
    ...card.profile,
  };
}
