/** The text in the modules of a QR code (ISO/IEC 18004, 7.4 and clause 12). */

import { correctBlock } from "./galois.js";
import {
  ALPHANUMERIC, computeSize, describeBlocks, encodeFormat, encodeVersion, findCountClass, LEVELS, listDataPlaces, listFormatPlaces,
  listVersionPlaces, MASKS, MAX_VERSION, MODES,
} from "./qr-structure.js";

/** @typedef {import("./qr-structure.js").Matrix} Matrix */
/** @typedef {import("./qr-structure.js").Level} Level */

const MAX_FORMAT_ERRORS = 3;
const MAX_VERSION_ERRORS = 3;
const TERMINATOR = 0;
const STRUCTURED_APPEND = 3;
const FNC1_FIRST = 5;
const ECI = 7;
const FNC1_SECOND = 9;

/** @param {Matrix} matrix @returns {string | null} the text, null where the modules are no readable code */
export function decodeQr(matrix) {
  return decodeUpright(matrix) ?? decodeUpright(mirror(matrix));
}

/** A code that was photographed in a mirror, or through glass from behind. @param {Matrix} matrix @returns {Matrix} */
function mirror(matrix) {
  return matrix.map((row, place) => row.map((_, other) => matrix[other][place]));
}

/** @param {Matrix} matrix @returns {string | null} */
function decodeUpright(matrix) {
  const version = (matrix.length - 17) / 4;
  if (!Number.isInteger(version) || version < 1 || version > MAX_VERSION) return null;
  const format = readFormat(matrix);
  if (format === null) return null;
  const codewords = readCodewords(matrix, version, format.mask);
  const data = correct(codewords, version, format.level);
  return data === null ? null : readText(data, version);
}

/** @param {number} left @param {number} right @returns {number} bits that differ */
function countErrors(left, right) {
  let count = 0;
  for (let rest = left ^ right; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** @param {Matrix} matrix @param {[number, number][]} places from the highest bit @returns {number} */
function readBits(matrix, places) {
  return places.reduce((sum, [row, column]) => sum * 2 + (matrix[row][column] ? 1 : 0), 0);
}

/** @param {Matrix} matrix @returns {{ level: Level, mask: number } | null} */
function readFormat(matrix) {
  const places = listFormatPlaces(matrix.length);
  const found = [0, 1].map((copy) => readBits(matrix, places.map((both) => both[copy])));
  let best = null;
  let least = MAX_FORMAT_ERRORS + 1;
  for (const level of LEVELS) {
    for (let mask = 0; mask < MASKS.length; mask += 1) {
      const errors = Math.min(...found.map((bits) => countErrors(bits, encodeFormat(level, mask))));
      if (errors < least) [best, least] = [{ level, mask }, errors];
    }
  }
  return best;
}

/**
 * The version that a symbol of some size tells of itself, null where it tells none (below 7) or nothing readable.
 * @param {Matrix} matrix @returns {number | null}
 */
export function readVersion(matrix) {
  if (matrix.length < computeSize(7)) return null;
  const places = listVersionPlaces(matrix.length).reverse();
  const found = [0, 1].map((copy) => readBits(matrix, places.map((both) => both[copy])));
  for (let version = 7; version <= MAX_VERSION; version += 1) {
    if (found.some((bits) => countErrors(bits, encodeVersion(version)) <= MAX_VERSION_ERRORS)) return version;
  }
  return null;
}

/** @param {Matrix} matrix @param {number} version @param {number} mask @returns {Uint8Array} */
function readCodewords(matrix, version, mask) {
  const turns = MASKS[mask];
  const codewords = new Uint8Array(describeBlocks(version, "L").total);
  listDataPlaces(version).forEach(([row, column], index) => {
    if (matrix[row][column] !== turns(row, column) && index >> 3 < codewords.length) codewords[index >> 3] |= 1 << (7 - (index & 7));
  });
  return codewords;
}

/** @param {Uint8Array} codewords @param {number} version @param {Level} level @returns {Uint8Array | null} data codewords, corrected */
function correct(codewords, version, level) {
  const { correction, dataLengths } = describeBlocks(version, level);
  const blocks = dataLengths.map((length) => new Uint8Array(length + correction));
  let place = 0;
  for (let index = 0; index < dataLengths[dataLengths.length - 1]; index += 1) {
    blocks.forEach((block, number) => { if (index < dataLengths[number]) block[index] = codewords[place++]; });
  }
  for (let index = 0; index < correction; index += 1) {
    blocks.forEach((block, number) => { block[dataLengths[number] + index] = codewords[place++]; });
  }
  const data = new Uint8Array(dataLengths.reduce((sum, length) => sum + length, 0));
  let end = 0;
  for (const [number, block] of blocks.entries()) {
    if (!correctBlock(block, correction)) return null;
    data.set(block.subarray(0, dataLengths[number]), end);
    end += dataLengths[number];
  }
  return data;
}

/** Bits of the data, one after the other. */
class Bits {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.place = 0;
  }

  get left() {
    return 8 * this.bytes.length - this.place;
  }

  /** @param {number} count @returns {number} */
  take(count) {
    if (count > this.left) throw new RangeError("the code ends too early");
    let value = 0;
    for (let bit = 0; bit < count; bit += 1, this.place += 1) {
      value = value * 2 + ((this.bytes[this.place >> 3] >> (7 - (this.place & 7))) & 1);
    }
    return value;
  }
}

/** @param {Uint8Array} data @param {number} version @returns {string | null} */
function readText(data, version) {
  const bits = new Bits(data);
  const parts = [];
  try {
    while (bits.left >= 4) {
      const mode = bits.take(4);
      if (mode === TERMINATOR) break;
      const part = readSegment(bits, mode, findCountClass(version));
      if (part === null) return null;
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return parts.join("");
}

/** @param {Bits} bits @param {number} mode @param {number} countClass @returns {string | null} null for a mode that is not read */
function readSegment(bits, mode, countClass) {
  if (mode === FNC1_FIRST) return "";
  if (mode === FNC1_SECOND) return bits.take(8) >= 0 ? "" : null;
  if (mode === STRUCTURED_APPEND) return null; // A text in several codes is not a whole text.
  if (mode === ECI) return skipEci(bits);
  const known = Object.values(MODES).find((item) => item.indicator === mode);
  if (known === undefined) return null;
  const count = bits.take(known.countBits[countClass]);
  if (known === MODES.numeric) return readNumeric(bits, count);
  return known === MODES.alphanumeric ? readAlphanumeric(bits, count) : readBytes(bits, count);
}

/** Which characters bytes stand for is found out from the bytes. @param {Bits} bits @returns {string} */
function skipEci(bits) {
  const first = bits.take(8);
  if (first >= 128) bits.take(first < 192 ? 8 : 16);
  return "";
}

/** @param {Bits} bits @param {number} count @returns {string} */
function readNumeric(bits, count) {
  const parts = [];
  for (let rest = count; rest > 0; rest -= 3) {
    const digits = Math.min(rest, 3);
    const number = bits.take(3 * digits + 1);
    if (number >= 10 ** digits) throw new RangeError("digits that are none");
    parts.push(String(number).padStart(digits, "0"));
  }
  return parts.join("");
}

/** @param {Bits} bits @param {number} count @returns {string} */
function readAlphanumeric(bits, count) {
  let text = "";
  for (let rest = count; rest > 0; rest -= 2) {
    const number = bits.take(rest > 1 ? 11 : 6);
    if (number >= (rest > 1 ? 45 * 45 : 45)) throw new RangeError("characters that are none");
    text += rest > 1 ? ALPHANUMERIC[Math.floor(number / 45)] + ALPHANUMERIC[number % 45] : ALPHANUMERIC[number];
  }
  return text;
}

/** @param {Bits} bits @param {number} count @returns {string} UTF-8 where the bytes are that, else Latin-1 */
function readBytes(bits, count) {
  if (8 * count > bits.left) throw new RangeError("the code ends too early");
  const bytes = Uint8Array.from({ length: count }, () => bits.take(8));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}
