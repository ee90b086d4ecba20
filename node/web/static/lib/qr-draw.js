/** The fixed patterns of a QR code, its masks, and which mask is best (ISO/IEC 18004, 6.3, 7.8 and 7.9). */

import {
  computeSize, encodeFormat, encodeVersion, listAlignmentCentres, listFormatPlaces, listVersionPlaces, markReserved, MASKS,
} from "./qr-structure.js";

/** @typedef {import("./qr-structure.js").Level} Level */
/** @typedef {import("./qr-structure.js").Matrix} Matrix */

/** Light modules beside a pattern that looks like a finder's, as a text of one row. */
const FALSE_FINDERS = ["10111010000", "00001011101"];

/** @param {number} version @returns {Matrix} a symbol with its fixed patterns and nothing else */
export function drawFixed(version) {
  const size = computeSize(version);
  const matrix = Array.from({ length: size }, () => new Array(size).fill(false));
  for (let index = 8; index < size - 8; index += 1) matrix[6][index] = matrix[index][6] = index % 2 === 0;
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) drawRings(matrix, row, column, 3);
  for (const [row, column] of listAlignmentCentres(version)) drawRings(matrix, row, column, 2);
  matrix[size - 8][8] = true;
  if (version >= 7) {
    const bits = encodeVersion(version);
    listVersionPlaces(size).forEach((places, bit) => {
      for (const [row, column] of places) matrix[row][column] = ((bits >> bit) & 1) === 1;
    });
  }
  return matrix;
}

/** A dark ring around a light one around a dark middle. @param {Matrix} matrix @param {number} row @param {number} column @param {number} radius */
function drawRings(matrix, row, column, radius) {
  for (let down = -radius; down <= radius; down += 1) {
    for (let right = -radius; right <= radius; right += 1) {
      matrix[row + down][column + right] = Math.max(Math.abs(down), Math.abs(right)) !== radius - 1;
    }
  }
}

/** @param {Matrix} matrix @param {Level} level @param {number} mask */
export function drawFormat(matrix, level, mask) {
  const bits = encodeFormat(level, mask);
  listFormatPlaces(matrix.length).forEach((places, index) => {
    for (const [row, column] of places) matrix[row][column] = ((bits >> (14 - index)) & 1) === 1;
  });
}

/** Turn the modules that a mask turns; doing it again undoes it. @param {Matrix} matrix @param {number} version @param {number} mask */
export function applyMask(matrix, version, mask) {
  const turns = MASKS[mask];
  markReserved(version).forEach((line, row) => {
    line.forEach((isReserved, column) => {
      if (!isReserved && turns(row, column)) matrix[row][column] = !matrix[row][column];
    });
  });
}

/** @param {Matrix} matrix not masked @param {number} version @param {Level} level @returns {number} the mask of least penalty */
export function findBestMask(matrix, version, level) {
  let best = 0;
  let least = Infinity;
  for (let mask = 0; mask < MASKS.length; mask += 1) {
    const tried = matrix.map((row) => [...row]);
    applyMask(tried, version, mask);
    drawFormat(tried, level, mask);
    const penalty = computePenalty(tried);
    if (penalty < least) [best, least] = [mask, penalty];
  }
  return best;
}

/** @param {Matrix} matrix @returns {number} */
function computePenalty(matrix) {
  const rows = matrix.map((row) => row.map((isDark) => (isDark ? "1" : "0")).join(""));
  const columns = matrix[0].map((_, column) => rows.map((row) => row[column]).join(""));
  const lines = [...rows, ...columns].reduce((sum, line) => sum + countRuns(line) + countFalseFinders(line), 0);
  const dark = rows.join("").replaceAll("0", "").length / (matrix.length * matrix.length);
  return lines + countSquares(matrix) + 10 * Math.floor(Math.abs(dark * 100 - 50) / 5);
}

/** @param {string} line @returns {number} */
function countRuns(line) {
  return (line.match(/0{5,}|1{5,}/g) ?? []).reduce((sum, run) => sum + run.length - 2, 0);
}

/** @param {string} line @returns {number} */
function countFalseFinders(line) {
  let sum = 0;
  for (const pattern of FALSE_FINDERS) {
    for (let at = line.indexOf(pattern); at >= 0; at = line.indexOf(pattern, at + 1)) sum += 40;
  }
  return sum;
}

/** @param {Matrix} matrix @returns {number} */
function countSquares(matrix) {
  let sum = 0;
  for (let row = 1; row < matrix.length; row += 1) {
    for (let column = 1; column < matrix.length; column += 1) {
      const isDark = matrix[row][column];
      if (matrix[row - 1][column] === isDark && matrix[row][column - 1] === isDark && matrix[row - 1][column - 1] === isDark) sum += 3;
    }
  }
  return sum;
}
