// The one signature rule: Ed25519 as libsodium decides it. See ed25519.js.

import { isEquationTrue, readPoints } from "./ed25519.js";
import { Refusal } from "./errors.js";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * Whether `signature` is one by `key` over `message`. Where the browser knows Ed25519, it must say so, too.
 * @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature @returns {Promise<boolean>}
 */
export async function isSignature(key, message, signature) {
  if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const points = readPoints(key, signature);
  if (points === null || !(await isEquationTrue(points, key, message, signature))) return false;
  return (await askBrowser(key, message, signature)) ?? true;
}

/** What the browser says, null where it knows no Ed25519. */
async function askBrowser(key, message, signature) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
  } catch {
    return null;
  }
}

/**
 * Raise `Refusal` unless `signature` is one by `key` over `message`.
 * @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature
 */
export async function verifySignature(key, message, signature) {
  if (!(await isSignature(key, message, signature))) {
    throw new Refusal("invalid_signature", "the signature does not fit the key and the content");
  }
}
