// Bytes and the texts that stand for them.

import { FormError } from "./errors.js";

export { FormError };

const HALF = /[\ud800-\udfff]/u; // With this flag, a whole pair is one character and none of these.
const HEX = /^(?:[0-9a-f]{2})*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const CHUNK = 8_192;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** One array of bytes out of several. */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Whether two arrays hold the same bytes. */
export function isSame(left, right) {
  return left.length === right.length && left.every((byte, place) => byte === right[place]);
}

/** Negative, zero or positive, as the left bytes come before, are, or come after the right ones. */
export function compare(left, right) {
  const shared = Math.min(left.length, right.length);
  for (let place = 0; place < shared; place += 1) {
    if (left[place] !== right[place]) return left[place] - right[place];
  }
  return left.length - right.length;
}

/** Whether a text has no half of a pair of surrogates, which has no UTF-8. */
export function isWellFormed(text) {
  return !HALF.test(text);
}

/** The UTF-8 of a text; raises for one that has half a pair of surrogates. */
export function toUtf8(text) {
  if (!isWellFormed(text)) throw new FormError("the text is not well-formed");
  return new TextEncoder().encode(text);
}

/** The text of UTF-8; raises for bytes that are none. */
export function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormError("the bytes are no UTF-8");
  }
}

/** Lower-case hex. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of lower-case hex; raises for another length or anything else. */
export function fromHex(text, length) {
  if (typeof text !== "string" || !HEX.test(text) || (length !== undefined && text.length !== 2 * length)) {
    throw new FormError(length === undefined ? "that is no hex" : `that is not ${length} bytes in hex`);
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, place) => Number.parseInt(text.slice(2 * place, 2 * place + 2), 16));
}

/** Base64 with padding. */
export function toBase64(bytes) {
  const parts = [];
  for (let place = 0; place < bytes.length; place += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(place, place + CHUNK)));
  return btoa(parts.join(""));
}

function unpack(text) {
  try {
    return atob(text);
  } catch {
    throw new FormError("that is no Base64");
  }
}

/** The bytes of Base64 with padding, in its one form; raises for anything else. */
export function fromBase64(text) {
  if (typeof text !== "string" || text.length % 4 !== 0 || !BASE64.test(text)) throw new FormError("that is no Base64");
  const letters = unpack(text);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  if (toBase64(bytes) !== text) throw new FormError("that is Base64 in another form");
  return bytes;
}

/** Base64 for URLs, without padding (RFC 4648, section 5; RFC 7515, section 2). */
export function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of Base64 for URLs without padding, in its one form; raises for anything else. */
export function fromBase64Url(text) {
  if (typeof text !== "string" || !BASE64URL.test(text) || text.length % 4 === 1) throw new FormError("that is no Base64 for URLs");
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4));
}

/** SHA-256 of these bytes, one part after the other. */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}
