// Signed notes and their keys (https://c2sp.org/signed-note), as strict as ledger/notes.py: what is read is written back the same.

import { FormError, fromBase64, isSame, isWellFormed, join, toBase64, toHex, toUtf8 } from "./bytes.js";
import { Refusal } from "./errors.js";
import { hash } from "./sha256.js";
import { isSignature } from "./signatures.js";

export const LOG_KEY = 1;
export const COSIGNER_KEY = 4;
const MAX_NOTE_BYTES = 262_144;
const MAX_SIGNATURES = 128;
const MAX_NAME_BYTES = 255;
const KEY_ID_BYTES = 4;
const KEY_BYTES = 32;
const LINE_START = "\u2014 ";
const KEY_ID = /^[0-9a-f]{8}$/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;
const REFUSED_IN_NAME = /[+\u0000-\u001f\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const REFUSED_IN_TEXT = /[\u0000-\u0009\u000b-\u001f]/;
const NEWLINE = toUtf8("\n");

/** @typedef {{ name: string, type: number, key: Uint8Array, keyId: Uint8Array }} VerifierKey */
/** @typedef {{ name: string, keyId: Uint8Array, signature: Uint8Array }} NoteSignature */
/** @typedef {{ text: string, signatures: NoteSignature[] }} SignedNote */

/** @param {string} text @param {string} name @returns {bigint} from 0 to 2^63 - 1 */
export function parseDecimal(text, name) {
  const number = DECIMAL.test(text) ? BigInt(text) : -1n;
  if (number < 0n || number >= 2n ** 63n) throw new FormError(`${name}: not a decimal number from 0 to 2^63 - 1 without leading zeroes`);
  return number;
}

/** @param {string} name @returns {boolean} */
function isKeyName(name) {
  return name !== "" && isWellFormed(name) && !REFUSED_IN_NAME.test(name);
}

/** @param {string} name */
export function validateKeyName(name) {
  if (!isKeyName(name)) throw new FormError("a key's name is not empty and has no spaces, plus signs or control characters");
  if (toUtf8(name).length > MAX_NAME_BYTES) throw new FormError(`a key's name has at most ${MAX_NAME_BYTES} bytes`, "too_large");
}

/** @param {string} name @param {number} type @param {Uint8Array} key @returns {Uint8Array} 4 bytes */
export function computeKeyId(name, type, key) {
  return hash(toUtf8(name), NEWLINE, Uint8Array.of(type), key).slice(0, KEY_ID_BYTES);
}

/** Read `name+id+key`. @param {string} text @returns {VerifierKey} */
export function parseVerifierKey(text) {
  const [name, keyId, ...rest] = text.split("+");
  if (rest.length === 0 || !KEY_ID.test(keyId)) throw new FormError("a verifier key is written name+key id+key");
  const material = fromBase64(rest.join("+"));
  const type = material[0];
  if (type !== LOG_KEY && type !== COSIGNER_KEY) throw new FormError("a verifier key of a type that is not supported", "unsupported_version");
  const key = material.slice(1);
  validateKeyName(name);
  if (key.length !== KEY_BYTES) throw new FormError(`a public key has ${KEY_BYTES} bytes`);
  const computed = computeKeyId(name, type, key);
  if (toHex(computed) !== keyId) throw new FormError("the key id of a verifier key does not follow from its name and key");
  return { name, type, key, keyId: computed };
}

/** Read a note; nothing is verified. @param {string} whole @returns {SignedNote} */
export function parseNote(whole) {
  if (toUtf8(whole).length > MAX_NOTE_BYTES) throw new FormError(`a note has at most ${MAX_NOTE_BYTES} bytes`, "too_large");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n") || split + 2 === whole.length) {
    throw new FormError("a note is a text, a blank line and signature lines, each ending in a newline");
  }
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new FormError(`a note has at most ${MAX_SIGNATURES} signatures`, "too_large");
  const note = { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
  if (REFUSED_IN_TEXT.test(note.text)) throw new FormError("a note has no control characters");
  if (formatNote(note) !== whole) throw new FormError("not the canonical form of a note");
  return note;
}

/** @param {string} line @returns {NoteSignature} */
function parseSignatureLine(line) {
  if (!line.startsWith(LINE_START)) throw new FormError("a signature line starts with an em dash and a space");
  const rest = line.slice(LINE_START.length);
  const space = rest.indexOf(" ");
  const name = space < 0 ? rest : rest.slice(0, space);
  const payload = fromBase64(space < 0 ? "" : rest.slice(space + 1));
  if (!isKeyName(name) || payload.length <= KEY_ID_BYTES) {
    throw new FormError("a signature line holds a key's name, a key id of four bytes and a signature");
  }
  return { name, keyId: payload.slice(0, KEY_ID_BYTES), signature: payload.slice(KEY_ID_BYTES) };
}

/** @param {SignedNote} note @returns {string} */
export function formatNote(note) {
  const lines = note.signatures.map((line) => `${LINE_START}${line.name} ${toBase64(join(line.keyId, line.signature))}\n`);
  return `${note.text}\n${lines.join("")}`;
}

/** @param {NoteSignature} line @param {VerifierKey} key @returns {boolean} */
export function isClaimedBy(line, key) {
  return line.name === key.name && isSame(line.keyId, key.keyId);
}

/**
 * Those of the log keys that signed; raises `Refusal` when a signature of one of them fails. Lines by other keys are ignored.
 * @param {SignedNote} note @param {VerifierKey[]} keys @returns {Promise<VerifierKey[]>}
 */
export async function verifyKnownSignatures(note, keys) {
  const message = toUtf8(note.text);
  const signers = [];
  for (const key of keys) {
    const lines = note.signatures.filter((line) => isClaimedBy(line, key));
    for (const line of lines) {
      if (!(await isSignature(key.key, message, line.signature))) {
        throw new Refusal("invalid_signature", "a signature on the note does not fit its text", key.name);
      }
    }
    if (lines.length > 0) signers.push(key);
  }
  return signers;
}
