// Strict JSON: the part that has one reading and one canonical form (RFC 8785 over I-JSON, RFC 7493). Names twice, numbers other than
// whole ones below 2^53, and half pairs of surrogates are refused. Objects that are read have no prototype, so any name is just a name.

import { FormError, fromUtf8, isWellFormed, toUtf8 } from "./bytes.js";

const MAX_BYTES = 1 << 20;
/** Levels of lists and objects. */
const MAX_DEPTH = 32;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const HEX = /^[0-9a-fA-F]{4}$/;
const MAX_NUMBER_CHARACTERS = 17;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS = /** @type {[string, boolean | null][]} */ ([["true", true], ["false", false], ["null", null]]);

/** @typedef {null | boolean | number | string | any[] | { [name: string]: any }} JsonValue */

/** A place in a text that is being read. */
class Reader {
  /** @param {string} text @param {number} maxDepth */
  constructor(text, maxDepth) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.place = 0;
  }

  /** @param {RegExp} pattern sticky @returns {string} */
  match(pattern) {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text);
    if (found === null) return "";
    this.place = pattern.lastIndex;
    return found[0];
  }

  skip() {
    this.match(SPACE);
  }

  /** @param {string} character @returns {boolean} */
  take(character) {
    const isThere = this.text.startsWith(character, this.place);
    if (isThere) this.place += character.length;
    return isThere;
  }

  /** @param {string} character */
  expect(character) {
    if (!this.take(character)) throw new FormError(`no JSON: ${character} is missing at character ${this.place}`);
  }
}

/**
 * Read one JSON value from UTF-8 without a byte order mark; raises `FormError` whatever else is given.
 * @param {Uint8Array} bytes @param {number} [maxBytes] @param {number} [maxDepth] @returns {JsonValue}
 */
export function parseJson(bytes, maxBytes = MAX_BYTES, maxDepth = MAX_DEPTH) {
  if (bytes.length > maxBytes) throw new FormError(`JSON of ${bytes.length} bytes, at most ${maxBytes} are read`, "too_large");
  const reader = new Reader(fromUtf8(bytes), maxDepth);
  reader.skip();
  const value = readValue(reader, 0);
  reader.skip();
  if (reader.place !== reader.text.length) throw new FormError("no JSON: something stands after the value");
  return value;
}

/** @param {Uint8Array} bytes @param {number} [maxBytes] @returns {{ [name: string]: any }} */
export function parseJsonObject(bytes, maxBytes = MAX_BYTES) {
  const value = parseJson(bytes, maxBytes);
  if (!isObject(value)) throw new FormError("JSON that is not an object");
  return /** @type {{ [name: string]: any }} */ (value);
}

/** @param {unknown} value @returns {boolean} */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {Reader} reader @param {number} depth @returns {JsonValue} */
function readValue(reader, depth) {
  const next = reader.text[reader.place];
  if (next === '"') return readText(reader);
  if (next === "{" || next === "[") {
    if (depth >= reader.maxDepth) throw new FormError("JSON nested too deep");
    return next === "{" ? readObject(reader, depth + 1) : readList(reader, depth + 1);
  }
  for (const [word, value] of WORDS) if (reader.take(word)) return value;
  return readNumber(reader);
}

/** @param {Reader} reader @returns {number} */
function readNumber(reader) {
  const text = reader.match(NUMBER);
  if (text === "" || /[.eE]/.test(text)) throw new FormError("no JSON, or a number that is not whole");
  const number = Number(text);
  if (text.length > MAX_NUMBER_CHARACTERS || !Number.isSafeInteger(number)) {
    throw new FormError("an integer beyond 2^53 - 1, which JSON programs read differently");
  }
  return number === 0 ? 0 : number; // There is no minus zero among whole numbers.
}

/** @param {Reader} reader @returns {string} */
function readText(reader) {
  reader.expect('"');
  const parts = [];
  for (;;) {
    parts.push(reader.match(PLAIN));
    if (reader.take('"')) break;
    reader.expect("\\");
    const letter = reader.text[reader.place] ?? "";
    reader.place += 1;
    parts.push(letter === "u" ? readUnit(reader) : readEscape(letter));
  }
  const text = parts.join("");
  if (!isWellFormed(text)) throw new FormError("a text with half a pair of surrogates, which has no UTF-8 form");
  return text;
}

/** @param {string} letter @returns {string} */
function readEscape(letter) {
  if (letter === "" || !Object.hasOwn(ESCAPES, letter)) throw new FormError("no JSON: an unknown escape in a text");
  return ESCAPES[/** @type {keyof typeof ESCAPES} */ (letter)];
}

/** @param {Reader} reader @returns {string} */
function readUnit(reader) {
  const digits = reader.text.slice(reader.place, reader.place + 4);
  if (!HEX.test(digits)) throw new FormError("no JSON: an escape without four digits");
  reader.place += 4;
  return String.fromCharCode(Number.parseInt(digits, 16));
}

/** @param {Reader} reader @param {number} depth @returns {any[]} */
function readList(reader, depth) {
  reader.expect("[");
  reader.skip();
  /** @type {any[]} */
  const items = [];
  if (reader.take("]")) return items;
  for (;;) {
    reader.skip();
    items.push(readValue(reader, depth));
    reader.skip();
    if (reader.take("]")) return items;
    reader.expect(",");
  }
}

/** @param {Reader} reader @param {number} depth @returns {{ [name: string]: any }} */
function readObject(reader, depth) {
  reader.expect("{");
  reader.skip();
  const members = Object.create(null);
  if (reader.take("}")) return members;
  for (;;) {
    reader.skip();
    const name = readText(reader);
    reader.skip();
    reader.expect(":");
    reader.skip();
    if (name in members) throw new FormError("a JSON object that has a name twice");
    members[name] = readValue(reader, depth);
    reader.skip();
    if (reader.take("}")) return members;
    reader.expect(",");
  }
}

/**
 * The canonical form (RFC 8785) of a value that `parseJson` would read back.
 * @param {JsonValue} value @returns {Uint8Array}
 */
export function encodeJcs(value) {
  return toUtf8(write(value));
}

/** @param {JsonValue} value @returns {string} */
function write(value) {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (isObject(value)) {
    const members = /** @type {{ [name: string]: any }} */ (value);
    return `{${Object.keys(members).sort(compareUnits).map((name) => `${JSON.stringify(name)}:${write(members[name])}`).join(",")}}`;
  }
  const isPlain = value === null || typeof value === "boolean" || typeof value === "string" || Number.isSafeInteger(value);
  if (!isPlain) throw new FormError("a value that has no place in this JSON");
  return JSON.stringify(value);
}

/** @param {string} left @param {string} right by UTF-16 units @returns {number} */
function compareUnits(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether two values are the same, whatever the order of names. @param {JsonValue} left @param {JsonValue} right */
export function isSameJson(left, right) {
  return write(left) === write(right);
}
