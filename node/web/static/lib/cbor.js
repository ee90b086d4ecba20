// Deterministic CBOR (RFC 8949, 4.2.1), as much of it as a counter card needs (docs/formats/counter-card.md): integers of 64 bits, byte
// strings, texts, lists, and maps whose keys are integers. Anything else is refused.

import { compare, FormError, fromUtf8, join, toUtf8 } from "./bytes.js";

const MAX_DEPTH = 8;
const MAX_LENGTH = 65_535;
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const SHORT = 23;
const FOLLOWING = new Map([[24, 1], [25, 2], [26, 4], [27, 8]]);

/** @typedef {number | bigint | Uint8Array | string | any[] | Map<number | bigint, any>} CborValue whole numbers above 2^53 - 1 are bigints */

/** @param {bigint} value @returns {number | bigint} */
function toNumber(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** @param {number} major @param {bigint} number @returns {Uint8Array} */
function encodeHead(major, number) {
  if (number <= SHORT) return Uint8Array.of((major << 5) | Number(number));
  for (const [marker, size] of FOLLOWING) {
    if (number >= 1n << BigInt(8 * size)) continue;
    const head = new Uint8Array(1 + size);
    head[0] = (major << 5) | marker;
    for (let place = size, rest = number; place > 0; place -= 1, rest >>= 8n) head[place] = Number(rest & 0xffn);
    return head;
  }
  throw new FormError("a number of more than 64 bits");
}

/** The one encoding of a value; raises `FormError` for what has none here. @param {CborValue} value @returns {Uint8Array} */
export function encodeCbor(value) {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) {
    const whole = BigInt(/** @type {number} */ (value));
    return whole >= 0n ? encodeHead(UNSIGNED, whole) : encodeHead(NEGATIVE, -1n - whole);
  }
  if (value instanceof Uint8Array) return join(encodeHead(BYTES, BigInt(value.length)), value);
  if (typeof value === "string") {
    const bytes = toUtf8(value);
    return join(encodeHead(TEXT, BigInt(bytes.length)), bytes);
  }
  if (Array.isArray(value)) return join(encodeHead(LIST, BigInt(value.length)), ...value.map(encodeCbor));
  if (!(value instanceof Map)) throw new FormError("a value that has no place in this CBOR");
  const pairs = [...value].map(([key, item]) => [encodeCbor(key), encodeCbor(item)]).sort(([left], [right]) => compare(left, right));
  return join(encodeHead(MAP, BigInt(pairs.length)), ...pairs.flat());
}

/** The value whose one encoding these bytes are; raises only `FormError`. @param {Uint8Array} bytes @returns {CborValue} */
export function decodeCbor(bytes) {
  const [value, end] = decodeAt(bytes, 0, MAX_DEPTH);
  if (end !== bytes.length) throw new FormError("there are bytes after the CBOR value");
  return value;
}

/** @param {Uint8Array} bytes @param {number} start @param {number} levelsLeft @returns {[CborValue, number]} */
function decodeAt(bytes, start, levelsLeft) {
  if (levelsLeft <= 0) throw new FormError("CBOR nested too deep");
  const [major, number, place] = decodeHead(bytes, start);
  if (major === UNSIGNED || major === NEGATIVE) return [toNumber(major === UNSIGNED ? number : -1n - number), place];
  if (number > MAX_LENGTH) throw new FormError("a string, list or map that is too long");
  const length = Number(number);
  if (major === BYTES) return [take(bytes, place, length), place + length];
  if (major === TEXT) return [fromUtf8(take(bytes, place, length)), place + length];
  if (major === LIST) return decodeList(bytes, place, length, levelsLeft - 1);
  if (major === MAP) return decodeMap(bytes, place, length, levelsLeft - 1);
  throw new FormError("CBOR of a type that has no place here");
}

/** Major type, the number in the head, and where the head ends. @param {Uint8Array} bytes @param {number} start @returns {[number, bigint, number]} */
function decodeHead(bytes, start) {
  const [first] = take(bytes, start, 1);
  const major = first >> 5;
  const low = first & 0x1f;
  if (low <= SHORT) return [major, BigInt(low), start + 1];
  const size = FOLLOWING.get(low);
  if (size === undefined) throw new FormError("CBOR of indefinite length, or with a reserved head");
  const number = take(bytes, start + 1, size).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const least = size === 1 ? BigInt(SHORT + 1) : 1n << BigInt(4 * size);
  if (number < least) throw new FormError("a number that is not in its shortest form");
  return [major, number, start + 1 + size];
}

/** @param {Uint8Array} bytes @param {number} place @param {number} count @param {number} levelsLeft @returns {[any[], number]} */
function decodeList(bytes, place, count, levelsLeft) {
  const items = [];
  let next = place;
  for (let number = 0; number < count; number += 1) {
    const [item, end] = decodeAt(bytes, next, levelsLeft);
    items.push(item);
    next = end;
  }
  return [items, next];
}

/** @param {Uint8Array} bytes @param {number} place @param {number} count @param {number} levelsLeft @returns {[Map<number | bigint, any>, number]} */
function decodeMap(bytes, place, count, levelsLeft) {
  const pairs = new Map();
  let before = new Uint8Array();
  let next = place;
  for (let number = 0; number < count; number += 1) {
    const [key, end] = decodeAt(bytes, next, levelsLeft);
    const encoded = bytes.slice(next, end);
    if (!["number", "bigint"].includes(typeof key) || compare(encoded, before) <= 0) {
      throw new FormError("keys of a map are integers, in order, each once");
    }
    before = encoded;
    const [item, after] = decodeAt(bytes, end, levelsLeft);
    pairs.set(/** @type {number | bigint} */ (key), item);
    next = after;
  }
  return [pairs, next];
}

/** @param {Uint8Array} bytes @param {number} start @param {number} size @returns {Uint8Array} */
function take(bytes, start, size) {
  const part = bytes.slice(start, start + size);
  if (part.length !== size) throw new FormError("the CBOR was cut off");
  return part;
}
