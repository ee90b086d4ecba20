/**
 * QR codes from texts (ISO/IEC 18004): numeric, alphanumeric and byte mode, all versions and levels, the mask of least penalty.
 */

import { computeCorrection } from "./galois.js";
import { applyMask, drawFixed, drawFormat, findBestMask } from "./qr-draw.js";
import { ALPHANUMERIC, describeBlocks, findCountClass, listDataPlaces, MAX_VERSION, MODES } from "./qr-structure.js";

/** @typedef {import("./qr-structure.js").Level} Level */
/** @typedef {import("./qr-structure.js").Matrix} Matrix */
/** @typedef {{ level?: Level, minVersion?: number, mask?: number }} Options */

/**
 * Return the modules of a code, true for dark, without the light border of four modules that must surround it.
 *
 * The smallest version that holds the text is taken. Text outside the alphanumeric characters is written as UTF-8.
 * @param {string} text @param {Options} [options] the level is M if none is given
 * @returns {Matrix}
 * @throws {RangeError} when no version holds the text
 */
export function encodeQr(text, options = {}) {
  const level = options.level ?? "M";
  const segment = encodeSegment(text);
  const version = findVersion(segment, level, options.minVersion ?? 1);
  const codewords = interleave(packData(segment, version, level), version, level);
  const matrix = drawFixed(version);
  listDataPlaces(version).forEach(([row, column], index) => {
    matrix[row][column] = ((codewords[index >> 3] ?? 0) >> (7 - (index & 7)) & 1) === 1;
  });
  const mask = options.mask ?? findBestMask(matrix, version, level);
  applyMask(matrix, version, mask);
  drawFormat(matrix, level, mask);
  return matrix;
}

/** @typedef {{ mode: { indicator: number, countBits: number[] }, count: number, bits: number[] }} Segment */

/** @param {string} text @returns {Segment} */
function encodeSegment(text) {
  if (/^[0-9]+$/.test(text)) return encodeNumeric(text);
  if (text !== "" && [...text].every((character) => ALPHANUMERIC.includes(character))) return encodeAlphanumeric(text);
  const bytes = new TextEncoder().encode(text);
  const bits = [];
  for (const byte of bytes) push(bits, byte, 8);
  return { mode: MODES.byte, count: bytes.length, bits };
}

/** @param {string} text @returns {Segment} */
function encodeNumeric(text) {
  /** @type {number[]} */
  const bits = [];
  for (let index = 0; index < text.length; index += 3) {
    const part = text.slice(index, index + 3);
    push(bits, Number(part), 3 * part.length + 1);
  }
  return { mode: MODES.numeric, count: text.length, bits };
}

/** @param {string} text @returns {Segment} */
function encodeAlphanumeric(text) {
  /** @type {number[]} */
  const bits = [];
  for (let index = 0; index < text.length; index += 2) {
    const first = ALPHANUMERIC.indexOf(text[index]);
    if (index + 1 < text.length) push(bits, first * 45 + ALPHANUMERIC.indexOf(text[index + 1]), 11);
    else push(bits, first, 6);
  }
  return { mode: MODES.alphanumeric, count: text.length, bits };
}

/** @param {number[]} bits @param {number} value @param {number} length */
function push(bits, value, length) {
  for (let bit = length - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
}

/** @param {number} version @param {Level} level @returns {number} */
function countDataBits(version, level) {
  return 8 * describeBlocks(version, level).dataLengths.reduce((sum, length) => sum + length, 0);
}

/** @param {Segment} segment @param {Level} level @param {number} minVersion @returns {number} */
function findVersion(segment, level, minVersion) {
  for (let version = minVersion; version <= MAX_VERSION; version += 1) {
    const countBits = segment.mode.countBits[findCountClass(version)];
    const isCountable = segment.count < 2 ** countBits;
    if (isCountable && 4 + countBits + segment.bits.length <= countDataBits(version, level)) return version;
  }
  throw new RangeError("the text is too long for a QR code");
}

/** @param {Segment} segment @param {number} version @param {Level} level @returns {Uint8Array} data codewords */
function packData(segment, version, level) {
  const capacity = countDataBits(version, level);
  /** @type {number[]} */
  const bits = [];
  push(bits, segment.mode.indicator, 4);
  push(bits, segment.count, segment.mode.countBits[findCountClass(version)]);
  for (const bit of segment.bits) bits.push(bit);
  push(bits, 0, Math.min(4, capacity - bits.length));
  push(bits, 0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) push(bits, pad, 8);
  const data = new Uint8Array(capacity / 8);
  bits.forEach((bit, index) => { data[index >> 3] |= bit << (7 - (index & 7)); });
  return data;
}

/** @param {Uint8Array} data @param {number} version @param {Level} level @returns {Uint8Array} codewords as they are placed */
function interleave(data, version, level) {
  const { correction, dataLengths, total } = describeBlocks(version, level);
  let offset = 0;
  const blocks = dataLengths.map((length) => {
    const block = data.subarray(offset, offset + length);
    offset += length;
    return { block, correction: computeCorrection(block, correction) };
  });
  const placed = new Uint8Array(total);
  let end = 0;
  for (let index = 0; index < dataLengths[dataLengths.length - 1]; index += 1) {
    for (const item of blocks) if (index < item.block.length) placed[end++] = item.block[index];
  }
  for (let index = 0; index < correction; index += 1) {
    for (const item of blocks) placed[end++] = item.correction[index];
  }
  return placed;
}
