// The business card on the phone: what it can disclose, and a presentation of what the holder chooses (docs/formats/card.md).
// Whether the card is good is for its verifiers to say; here it is only read, within bounds.

import { FormError, fromBase64Url, fromUtf8, sha256, toBase64Url, toUtf8 } from "../lib/bytes.js";
import { sign } from "./keys.js";

const MAX_CARD_BYTES = 65_536;
const MAX_DISCLOSURES = 128;
const NONCE_BYTES = 16;

function readJson(part) {
  try {
    return JSON.parse(fromUtf8(fromBase64Url(part)));
  } catch {
    throw new FormError("that is no card");
  }
}

function readDisclosure(text) {
  const parts = readJson(text);
  if (!Array.isArray(parts) || parts.length !== 3 || typeof parts[1] !== "string") throw new FormError("that is no card");
  return { text, name: parts[1], value: parts[2] };
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Read a card as its holder keeps it, or as it was shown by somebody.
 * @returns `{ jwt, payload, disclosures: [{ text, name, value }] }`. Raises `FormError` for anything else.
 */
export function readCard(text) {
  if (text.length > MAX_CARD_BYTES) throw new FormError("that is too large for a card");
  const [jwt, ...rest] = text.trim().split("~");
  const disclosures = rest.slice(0, -1);
  const parts = jwt.split(".");
  if (rest.length === 0 || parts.length !== 3 || disclosures.length > MAX_DISCLOSURES) throw new FormError("that is no card");
  const payload = readJson(parts[1]);
  if (!isObject(payload) || typeof payload.vct !== "string" || !Number.isSafeInteger(payload.exp)) throw new FormError("that is no card");
  return { jwt, payload, disclosures: disclosures.map(readDisclosure) };
}

/** Whether a card is bound to a key. */
export function isOfKey(card, key) {
  return card.payload.cnf?.jwk?.x === toBase64Url(key.publicKey);
}

/**
 * The card as it is shown: the claims of these names, and that the holder shows it here and now.
 * `audience` and `nonce` are what the other side asked for, where it asked.
 */
export async function present(card, names, key, { audience, nonce = null, timeMs = Date.now() }) {
  const shown = card.disclosures.filter((disclosure) => names.has(disclosure.name)).map((disclosure) => `${disclosure.text}~`);
  const before = `${card.jwt}~${shown.join("")}`;
  const header = toBase64Url(toUtf8(JSON.stringify({ alg: "EdDSA", typ: "kb+jwt" })));
  const payload = {
    aud: audience,
    iat: Math.floor(timeMs / 1000),
    nonce: nonce ?? toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
    sd_hash: toBase64Url(await sha256(toUtf8(before))),
  };
  const signed = `${header}.${toBase64Url(toUtf8(JSON.stringify(payload)))}`;
  return `${before}${signed}.${toBase64Url(await sign(key, toUtf8(signed)))}`;
}
