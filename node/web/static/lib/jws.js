// JSON Web Signatures in compact form with Ed25519 alone, as strict as certificates/jws.py; and the keys of logs that sign them.

import { FormError, fromBase64Url, fromUtf8, isSame, toUtf8 } from "./bytes.js";
import { Refusal } from "./errors.js";
import { parseJsonObject } from "./json.js";
import { parseDidKey, parseKeyMethod } from "./multibase.js";
import { verifySignature } from "./signatures.js";

const ALGORITHM = "EdDSA";
const SIGNATURE_BYTES = 64;
const MAX_SECONDS = 253_402_300_799;
const SPACE = /^[ \t\r\n]+|[ \t\r\n]+$/g;

/** @typedef {{ header: any, payload: any, signed: Uint8Array, signature: Uint8Array }} Jws */
/** @typedef {import("./trust.js").TrustPolicy} TrustPolicy */

/** A text of a signed file, without white space at its ends. @param {Uint8Array} data @param {number} maxBytes @returns {string} */
export function decodeAscii(data, maxBytes) {
  if (data.length > maxBytes) throw new FormError(`it has ${data.length} bytes, at most ${maxBytes} are read`, "too_large");
  if (data.some((byte) => byte > 0x7f)) throw new FormError("it is not written in base64url");
  return fromUtf8(data).replace(SPACE, "");
}

/**
 * Read a compact form of type `kind` with exactly these other members; nothing is verified.
 * @param {string} text @param {string} kind @param {string[]} header @param {string[]} payload @param {number} maxBytes @returns {Jws}
 */
export function parseJws(text, kind, header, payload, maxBytes) {
  const parts = text.split(".");
  if (parts.length !== 3) throw new FormError("a signed object has three parts with dots between them");
  const [head, body] = parts.slice(0, 2).map((part) => parseJsonObject(fromBase64Url(part), maxBytes));
  requireMembers(head, ["alg", "typ", ...header], "header");
  requireMembers(body, payload, "payload");
  if (head.alg !== ALGORITHM || head.typ !== kind) throw new FormError(`the header is not that of ${kind} signed with ${ALGORITHM}`);
  const signature = fromBase64Url(parts[2]);
  if (signature.length !== SIGNATURE_BYTES) throw new FormError("a signature of another length than 64 bytes");
  return { header: head, payload: body, signed: toUtf8(`${parts[0]}.${parts[1]}`), signature };
}

/** @param {any} found @param {string[]} expected @param {string} place */
function requireMembers(found, expected, place) {
  const isRight = Object.keys(found).length === expected.length && expected.every((name) => name in found);
  if (!isRight) throw new FormError(`the ${place} has an unknown member, or lacks one`);
}

/** @param {Jws} jws @param {Uint8Array} key */
export async function verifyJws(jws, key) {
  await verifySignature(key, jws.signed, jws.signature);
}

/** @param {any} value @param {string} name @param {number} [maxCharacters] @returns {string} */
export function takeText(value, name, maxCharacters = 1_024) {
  const length = typeof value === "string" ? [...value].length : 0;
  if (length < 1 || length > maxCharacters) throw new FormError(`${name} is not a text of 1 to ${maxCharacters} characters`);
  return value;
}

/** @param {any} value @param {string} name @returns {number} */
export function takeSeconds(value, name) {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_SECONDS) throw new FormError(`${name} is not a time in seconds`);
  return value;
}

/** The key of `iss`, which `kid` must name too. @param {Jws} jws @returns {Uint8Array} */
export function readIssuer({ header, payload }) {
  const issuer = takeText(payload.iss, "iss");
  const kid = takeText(header.kid, "kid");
  const key = parseDidKey(issuer);
  if (!isSame(parseKeyMethod(kid), key)) throw new FormError("the header names another key than the issuer's");
  return key;
}

/** Raise `Refusal` unless a trust file names the key for the chain's log. @param {TrustPolicy[]} trust @param {string} chainId @param {Uint8Array} key */
export function requireLogKey(trust, chainId, key) {
  const isNamed = trust.some((policy) => policy.logs.some((log) => log.key.name === chainId && isSame(log.key.key, key)));
  if (!isNamed) throw new Refusal("untrusted_log", "no trust file given names the key of the node that signed", chainId);
}
