// Base58btc multibase, Ed25519 multikeys and did:key names, by the rules of certificates/multibase.py: one text for each value.

import { FormError, join } from "./bytes.js";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ED25519_PREFIX = Uint8Array.of(0xed, 0x01);
const KEY_BYTES = 32;
const MAX_CHARACTERS = 256;
export const DID_KEY = "did:key:";

/** @param {Uint8Array} bytes @returns {string} */
export function formatMultibase(bytes) {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let digits = "";
  while (number > 0n) {
    digits = ALPHABET[Number(number % 58n)] + digits;
    number /= 58n;
  }
  const start = bytes.findIndex((byte) => byte !== 0);
  return `z${"1".repeat(start < 0 ? bytes.length : start)}${digits}`;
}

/** @param {string} text @returns {Uint8Array} */
export function parseMultibase(text) {
  if (text.length > MAX_CHARACTERS) throw new FormError(`multibase text of ${text.length} characters, at most ${MAX_CHARACTERS} are read`);
  if (!text.startsWith("z")) throw new FormError("multibase text that does not begin with z (base58btc)");
  let number = 0n;
  let zeros = 0;
  for (const character of text.slice(1)) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new FormError("a character that is none of base58");
    if (number === 0n && digit === 0) zeros += 1;
    number = number * 58n + BigInt(digit);
  }
  const bytes = [];
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 255n));
  return Uint8Array.from([...new Array(zeros).fill(0), ...bytes]);
}

/** @param {Uint8Array} key @returns {string} `z6Mk...` */
export function formatMultikey(key) {
  return formatMultibase(join(ED25519_PREFIX, key));
}

/** @param {string} text @returns {Uint8Array} */
export function parseMultikey(text) {
  const bytes = parseMultibase(text);
  if (bytes[0] !== 0xed || bytes[1] !== 0x01) throw new FormError("a multikey that is not an Ed25519 public key");
  if (bytes.length !== KEY_BYTES + 2) throw new FormError("an Ed25519 multikey of another length");
  return bytes.slice(2);
}

/** @param {Uint8Array} key @returns {string} `did:key:z6Mk...` */
export function formatDidKey(key) {
  return `${DID_KEY}${formatMultikey(key)}`;
}

/** @param {string} text @returns {Uint8Array} */
export function parseDidKey(text) {
  if (!text.startsWith(DID_KEY)) throw new FormError("an identifier that does not begin with did:key:");
  return parseMultikey(text.slice(DID_KEY.length));
}

/** Read `did:key:z6Mk...#z6Mk...`, whose halves must name one key. @param {string} text @returns {Uint8Array} */
export function parseKeyMethod(text) {
  const [did, ...rest] = text.split("#");
  const key = parseDidKey(did);
  if (rest.join("#") !== did.slice(DID_KEY.length)) throw new FormError("a verification method whose fragment is not the key of its did:key");
  return key;
}
