// What the fields of a structure may be (docs/formats/codec.md): readers that take a decoded value and give it back, checked, or raise
// `FormError`. Whole numbers beyond 2^53 - 1 are bigints.

import { FormError, toUtf8 } from "./bytes.js";
import { decode } from "./codec.js";

/** @typedef {(value: any) => any} Reader */

export const MAX_ENTRY_BYTES = 65_535;
export const MAX_VALUE_BYTES = 1 << 20;
export const MAX_INDEX = 2n ** 63n - 1n;
const MAX_TIME_MS = 253_402_300_799_999;
const MAX_DAY = 2_932_896;

/** @param {string} name @param {(value: any) => boolean} isGood @returns {Reader} */
function check(name, isGood) {
  return (value) => {
    if (!isGood(value)) throw new FormError(`${name}: a value does not fit`);
    return value;
  };
}

/** @param {string} name @param {number | bigint} low @param {number | bigint} high @returns {Reader} */
export function integer(name, low, high) {
  return check(name, (value) => (typeof value === "number" || typeof value === "bigint") && value >= low && value <= high);
}

/** @param {string} name @param {number} low @param {number} high @returns {Reader} */
export function binary(name, low, high = low) {
  return check(name, (value) => value instanceof Uint8Array && value.length >= low && value.length <= high);
}

/** @param {string} name @param {number} high bytes of UTF-8 @param {number} [low] @returns {Reader} */
export function text(name, high, low = 1) {
  return check(name, (value) => {
    if (typeof value !== "string") return false;
    const length = toUtf8(value).length;
    return length >= low && length <= high;
  });
}

/** @type {Reader} */
export const boolean = check("truth value", (value) => typeof value === "boolean");

/** @param {string} name @param {(number | string)[]} values @returns {Reader} */
export function member(name, values) {
  return check(name, (value) => values.includes(value));
}

/** @param {Reader} inner @returns {Reader} */
export function optional(inner) {
  return (value) => (value === null ? null : inner(value));
}

/** @param {string} name @param {Reader} inner @param {number} low @param {number} high @returns {Reader} */
export function sequence(name, inner, low, high) {
  return (value) => {
    if (!Array.isArray(value) || value.length < low || value.length > high) throw new FormError(`${name}: not a list of ${low} to ${high} items`);
    return value.map(inner);
  };
}

/** A list of fields as an object. @param {string} name @param {Record<string, Reader>} fields @returns {Reader} */
export function struct(name, fields) {
  const entries = Object.entries(fields);
  return (value) => {
    if (!Array.isArray(value) || value.length !== entries.length) throw new FormError(`${name}: not a list of ${entries.length} fields`);
    return Object.fromEntries(entries.map(([field, read], index) => [field, read(value[index])]));
  };
}

export const hash32 = binary("hash", 32);
export const publicKey = binary("public key", 32);
export const identifier = binary("identifier", 16);
export const position = integer("position", 0, MAX_INDEX);
export const timeMs = integer("time_ms", 0, MAX_TIME_MS);
export const day = integer("day", 0, MAX_DAY);
export const minutes = integer("minutes", -(2 ** 31), 2 ** 31 - 1);
export const points = integer("points", 0, Number.MAX_SAFE_INTEGER);

/** Read a value by its shape. @param {Reader} shape @param {Uint8Array} bytes @param {number} [maxBytes] */
export function decodeAs(shape, bytes, maxBytes = MAX_ENTRY_BYTES) {
  return shape(decode(bytes, maxBytes));
}
