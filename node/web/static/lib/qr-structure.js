/**
 * What reader and writer of QR codes share (ISO/IEC 18004): sizes, places, masks and the protected numbers in a symbol.
 * Versions go from 1 to 40, levels are named L, M, Q and H, and a matrix is a list of rows of truth values, true for dark.
 */

/** @typedef {"L" | "M" | "Q" | "H"} Level */
/** @typedef {boolean[][]} Matrix */

export const MAX_VERSION = 40;
/** @type {Level[]} */
export const LEVELS = ["L", "M", "Q", "H"];
export const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Numbers by which a mode announces itself, and the bits of its count in versions up to 9, 26 and 40. */
export const MODES = {
  numeric: { indicator: 1, countBits: [10, 12, 14] },
  alphanumeric: { indicator: 2, countBits: [9, 11, 13] },
  byte: { indicator: 4, countBits: [8, 16, 16] },
};

/** Correction codewords in each block, and number of blocks (table 9), for versions 1 to 40. */
const BLOCKS = {
  L: {
    correction: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
      28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    count: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8,
      8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
  },
  M: {
    correction: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
      26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
    count: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
      17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
  },
  Q: {
    correction: [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
      28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    count: [1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20,
      23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68],
  },
  H: {
    correction: [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
      30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    count: [1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
      25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81],
  },
};

/** The number that stands for a level in the format information. @type {Record<Level, number>} */
const LEVEL_NUMBERS = { L: 1, M: 0, Q: 3, H: 2 };
const FORMAT_MASK = 0x5412;

/** Whether a mask turns the module at (row, column), by number. @type {((row: number, column: number) => boolean)[]} */
export const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_row, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** @param {number} version @returns {number} modules a side */
export function computeSize(version) {
  return 17 + 4 * version;
}

/** @param {number} version @returns {number} which of a mode's `countBits` holds */
export function findCountClass(version) {
  return version < 10 ? 0 : version < 27 ? 1 : 2;
}

/** @param {number} version @returns {number[]} rows and columns where centres of alignment patterns are */
export function listAlignment(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : 2 * Math.ceil((4 * version + 4) / (2 * count - 2));
  const last = computeSize(version) - 7;
  return [6, ...Array.from({ length: count - 1 }, (_, index) => last - step * (count - 2 - index))];
}

/** @param {number} version @returns {[number, number][]} centres of alignment patterns: none lies on a finder pattern */
export function listAlignmentCentres(version) {
  const places = listAlignment(version);
  const last = places[places.length - 1];
  const isFinder = (/** @type {number} */ row, /** @type {number} */ column) =>
    (row === 6 && (column === 6 || column === last)) || (row === last && column === 6);
  return places.flatMap((row) =>
    places.filter((column) => !isFinder(row, column)).map((column) => /** @type {[number, number]} */ ([row, column])),
  );
}

/** @param {number} version @returns {Matrix} true where a module has a fixed purpose and carries no data */
export function markReserved(version) {
  const size = computeSize(version);
  const reserved = Array.from({ length: size }, () => new Array(size).fill(false));
  const fill = (/** @type {number} */ top, /** @type {number} */ left, /** @type {number} */ height, /** @type {number} */ width) => {
    for (let row = top; row < top + height; row += 1) reserved[row].fill(true, left, left + width);
  };
  fill(0, 0, 9, 9);
  fill(0, size - 8, 9, 8);
  fill(size - 8, 0, 8, 9);
  fill(6, 0, 1, size);
  fill(0, 6, size, 1);
  for (const [row, column] of listAlignmentCentres(version)) fill(row - 2, column - 2, 5, 5);
  if (version >= 7) {
    fill(0, size - 11, 6, 3);
    fill(size - 11, 0, 3, 6);
  }
  return reserved;
}

/**
 * The places of data in the order in which they are filled: pairs of columns from the right, up and down in turn.
 * @param {number} version @returns {[number, number][]} rows and columns
 */
export function listDataPlaces(version) {
  const reserved = markReserved(version);
  const size = reserved.length;
  /** @type {[number, number][]} */
  const places = [];
  let isUpward = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5; // The column of the timing pattern is left out.
    for (let step = 0; step < size; step += 1) {
      const row = isUpward ? size - 1 - step : step;
      for (const column of [right, right - 1]) if (!reserved[row][column]) places.push([row, column]);
    }
    isUpward = !isUpward;
  }
  return places;
}

/**
 * How the codewords of a symbol are divided. `dataLengths` has the data codewords of each block: shorter blocks come first.
 * @param {number} version @param {Level} level @returns {{ correction: number, dataLengths: number[], total: number }}
 */
export function describeBlocks(version, level) {
  const correction = BLOCKS[level].correction[version - 1];
  const count = BLOCKS[level].count[version - 1];
  const total = countCodewords(version);
  const data = total - correction * count;
  const short = Math.floor(data / count);
  const long = data % count;
  return { correction, dataLengths: Array.from({ length: count }, (_, index) => (index < count - long ? short : short + 1)), total };
}

/** @param {number} version @returns {number} codewords in a symbol */
function countCodewords(version) {
  const size = computeSize(version);
  const across = listAlignment(version).length;
  const alignment = across === 0 ? 0 : 25 * (across * across - 3) - 10 * (across - 2);
  const modules = size * size - 3 * 64 - 2 * (size - 16) - alignment - 31 - (version >= 7 ? 36 : 0);
  return Math.floor(modules / 8);
}

/** @param {Level} level @param {number} mask @returns {number} 15 bits */
export function encodeFormat(level, mask) {
  const data = LEVEL_NUMBERS[level] * 8 + mask;
  return ((data << 10) | computeRemainder(data << 10, 0x537, 10)) ^ FORMAT_MASK;
}

/** @param {number} version from 7 @returns {number} 18 bits */
export function encodeVersion(version) {
  return (version << 12) | computeRemainder(version << 12, 0x1f25, 12);
}

/** @param {number} value @param {number} generator @param {number} degree @returns {number} */
function computeRemainder(value, generator, degree) {
  let rest = value;
  for (let bit = 31 - Math.clz32(rest); bit >= degree; bit = 31 - Math.clz32(rest)) {
    rest ^= generator << (bit - degree);
    if (rest === 0) break;
  }
  return rest;
}

/**
 * Places of the 15 bits of the format information, from the highest: once around the upper left finder, once at the others.
 * @param {number} size @returns {[[number, number], [number, number]][]} both places of each bit
 */
export function listFormatPlaces(size) {
  return Array.from({ length: 15 }, (_, bit) => {
    const line = bit < 6 ? bit : bit < 8 ? bit + 1 : 0;
    /** @type {[number, number]} */
    const first = bit < 8 ? [8, line] : [bit === 8 ? 7 : 14 - bit, 8];
    /** @type {[number, number]} */
    const second = bit < 7 ? [size - 1 - bit, 8] : [8, size - 15 + bit];
    return [first, second];
  });
}

/**
 * Places of the 18 bits of the version information, from the lowest.
 * @param {number} size @returns {[[number, number], [number, number]][]} both places of each bit
 */
export function listVersionPlaces(size) {
  return Array.from({ length: 18 }, (_, bit) => {
    const long = size - 11 + (bit % 3);
    const short = Math.floor(bit / 3);
    return [[short, long], [long, short]];
  });
}
