/** From three finder patterns in a picture to the modules of a code: size, perspective, and a look at each module. */

import { computeSize, listAlignmentCentres, MAX_VERSION } from "./qr-structure.js";

/** @typedef {import("./qr-image.js").Plane} Plane */
/** @typedef {import("./qr-finders.js").Finder} Finder */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {number[]} Homography eight numbers that lead from modules to pixels */
/** @typedef {{ from: Point, to: Point }} Pair a place in the code, in modules, and in the picture, in pixels */

const FINDER_MIDDLE = 3.5;
const LOOKS = [[0, 0], [0.22, 0], [-0.22, 0], [0, 0.22], [0, -0.22]];
const ALIGNMENT = ["11111", "10001", "10101", "10001", "11111"];
const GOOD_ALIGNMENT = 22;

/** @param {Plane} dark @param {number} x @param {number} y @returns {number} 1 where it is dark */
function look({ width, height, values }, x, y) {
  const column = Math.floor(x);
  const row = Math.floor(y);
  return column >= 0 && column < width && row >= 0 && row < height ? values[row * width + column] : 0;
}

/** @param {Homography} map @param {number} x @param {number} y @returns {Point} */
function apply(map, x, y) {
  const depth = map[6] * x + map[7] * y + 1;
  return { x: (map[0] * x + map[1] * y + map[2]) / depth, y: (map[3] * x + map[4] * y + map[5]) / depth };
}

/**
 * Versions that three finders may belong to, the likeliest first.
 * @param {Plane} dark @param {[Finder, Finder, Finder]} triple @returns {number[]}
 */
export function listVersions(dark, [corner, right, below]) {
  const measured = [[corner, right], [right, corner], [corner, below], [below, corner]].map(([from, to]) => measureModule(dark, from, to)).filter((item) => item > 0);
  const traced = measured.length > 0 ? measured.reduce((sum, item) => sum + item, 0) / measured.length : (corner.module + right.module + below.module) / 3;
  const between = (Math.hypot(right.x - corner.x, right.y - corner.y) + Math.hypot(below.x - corner.x, below.y - corner.y)) / 2;
  const likeliest = Math.round((between / traced + 7 - 17) / 4);
  return [0, 1, -1, 2, -2, 3, -3].map((step) => likeliest + step).filter((version) => version >= 1 && version <= MAX_VERSION);
}

/** The width of a module along a line from one finder to another: from its middle to its border are 3.5. @param {Plane} dark @param {Finder} from @param {Finder} to @returns {number} */
function measureModule(dark, from, to) {
  const whole = Math.hypot(to.x - from.x, to.y - from.y);
  const dx = (to.x - from.x) / whole;
  const dy = (to.y - from.y) / whole;
  const lengths = [1, -1].map((sign) => {
    let changes = 0;
    for (let step = 0; step < whole; step += 0.25) {
      if (look(dark, from.x + sign * step * dx, from.y + sign * step * dy) === (changes % 2 === 0 ? 0 : 1)) changes += 1;
      if (changes === 3) return step;
    }
    return 0;
  });
  return lengths[0] > 0 && lengths[1] > 0 ? (lengths[0] + lengths[1]) / 7 : 0;
}

/**
 * The way from modules to pixels for a version, refined at the alignment patterns.
 * @param {Plane} dark @param {[Finder, Finder, Finder]} triple @param {number} version @returns {Homography | null}
 */
export function fit(dark, [corner, right, below], version) {
  const size = computeSize(version);
  const far = size - FINDER_MIDDLE;
  const pairs = [
    { from: { x: FINDER_MIDDLE, y: FINDER_MIDDLE }, to: corner },
    { from: { x: far, y: FINDER_MIDDLE }, to: right },
    { from: { x: FINDER_MIDDLE, y: far }, to: below },
  ];
  const guess = { from: { x: far, y: far }, to: { x: right.x + below.x - corner.x, y: right.y + below.y - corner.y } };
  let map = solve([...pairs, guess]);
  if (map === null || version === 1) return map;
  const centres = listAlignmentCentres(version).map(([row, column]) => ({ x: column + 0.5, y: row + 0.5 }));
  const last = centres[centres.length - 1];
  const anchor = findAlignment(dark, map, last, Math.max(4, size * 0.13));
  if (anchor !== null) map = solve([...pairs, { from: last, to: anchor }]) ?? map;
  if (version < 7) return map;
  return refine(dark, map, pairs, centres);
}

/**
 * Version 1 has no alignment pattern, so where its fourth corner is is tried, the nearest places first.
 * @param {Homography} map @returns {Homography[]}
 */
export function listVariants(map) {
  const far = computeSize(1) - FINDER_MIDDLE;
  const known = [[FINDER_MIDDLE, FINDER_MIDDLE], [far, FINDER_MIDDLE], [FINDER_MIDDLE, far]].map(([x, y]) => ({ from: { x, y }, to: apply(map, x, y) }));
  const steps = [0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8];
  const shifts = steps.flatMap((dx) => steps.map((dy) => [dx, dy])).sort((left, right) => Math.hypot(...left) - Math.hypot(...right));
  const variants = shifts.map(([dx, dy]) => solve([...known, { from: { x: far, y: far }, to: apply(map, far + dx, far + dy) }]));
  return variants.filter((item) => item !== null);
}

/** @param {Plane} dark @param {Homography} map @param {Pair[]} pairs @param {Point[]} centres @returns {Homography} */
function refine(dark, map, pairs, centres) {
  let best = map;
  for (const reach of [2, 1]) {
    const seen = [...pairs];
    for (const from of centres) {
      const to = findAlignment(dark, best, from, reach);
      if (to !== null) seen.push({ from, to });
    }
    if (seen.length >= 6) best = solve(seen) ?? best;
  }
  return best;
}

/**
 * The middle of an alignment pattern near where it should be, null where there is none.
 * @param {Plane} dark @param {Homography} map @param {Point} place in modules @param {number} reach in modules @returns {Point | null}
 */
function findAlignment(dark, map, place, reach) {
  const step = reach > 3 ? 0.5 : 0.25;
  let best = GOOD_ALIGNMENT - 1;
  let nearest = Infinity;
  /** @type {Point[]} */
  let places = [];
  for (let down = -reach; down <= reach; down += step) {
    for (let across = -reach; across <= reach; across += step) {
      const score = countMatches(dark, map, place.x + across, place.y + down, best);
      if (score < best || score < GOOD_ALIGNMENT) continue;
      const from = Math.hypot(across, down);
      // Of equally good ones the nearest, and those right beside it: their mean is the middle.
      if (score > best || from < nearest - 1.5) [best, nearest, places] = [score, from, []];
      if (from <= nearest + 1.5) places.push({ x: place.x + across, y: place.y + down });
      nearest = Math.min(nearest, from);
    }
  }
  if (places.length === 0) return null;
  const middle = places.reduce((sum, item) => ({ x: sum.x + item.x / places.length, y: sum.y + item.y / places.length }), { x: 0, y: 0 });
  return apply(map, middle.x, middle.y);
}

/** How many of the 25 modules around a place are as in an alignment pattern. @param {Plane} dark @param {Homography} map @param {number} x @param {number} y @param {number} best @returns {number} */
function countMatches(dark, map, x, y, best) {
  let misses = 0;
  for (let row = 0; row < 5; row += 1) {
    for (let column = 0; column < 5; column += 1) {
      const { x: left, y: top } = apply(map, x + column - 2, y + row - 2);
      if (String(look(dark, left, top)) !== ALIGNMENT[row][column]) misses += 1;
      if (25 - misses < best) return 0;
    }
  }
  return 25 - misses;
}

/**
 * The map of least squares for four pairs or more (direct linear transformation), null where they lie on a line.
 * @param {Pair[]} pairs @returns {Homography | null}
 */
export function solve(pairs) {
  const matrix = Array.from({ length: 8 }, () => new Array(9).fill(0));
  for (const { from, to } of pairs) {
    const rows = [
      [from.x, from.y, 1, 0, 0, 0, -from.x * to.x, -from.y * to.x, to.x],
      [0, 0, 0, from.x, from.y, 1, -from.x * to.y, -from.y * to.y, to.y],
    ];
    for (const row of rows) {
      for (let line = 0; line < 8; line += 1) for (let column = 0; column < 9; column += 1) matrix[line][column] += row[line] * row[column];
    }
  }
  return eliminate(matrix);
}

/** @param {number[][]} matrix eight rows of nine @returns {number[] | null} */
function eliminate(matrix) {
  for (let pivot = 0; pivot < 8; pivot += 1) {
    let best = pivot;
    for (let row = pivot + 1; row < 8; row += 1) if (Math.abs(matrix[row][pivot]) > Math.abs(matrix[best][pivot])) best = row;
    [matrix[pivot], matrix[best]] = [matrix[best], matrix[pivot]];
    if (Math.abs(matrix[pivot][pivot]) < 1e-9) return null;
    for (let row = 0; row < 8; row += 1) {
      if (row === pivot) continue;
      const factor = matrix[row][pivot] / matrix[pivot][pivot];
      for (let column = pivot; column < 9; column += 1) matrix[row][column] -= factor * matrix[pivot][column];
    }
  }
  return matrix.map((row, place) => row[8] / row[place]);
}

/** How well the timing patterns fit, from 0 to 1. @param {Plane} dark @param {Homography} map @param {number} version @returns {number} */
export function judgeTiming(dark, map, version) {
  const size = computeSize(version);
  let right = 0;
  for (let place = 8; place < size - 8; place += 1) {
    const isDark = place % 2 === 0 ? 1 : 0;
    for (const [x, y] of [[place + 0.5, 6.5], [6.5, place + 0.5]]) {
      const point = apply(map, x, y);
      if (look(dark, point.x, point.y) === isDark) right += 1;
    }
  }
  return right / (2 * (size - 16));
}

/** @param {Plane} dark @param {Homography} map @param {number} version @returns {import("./qr-structure.js").Matrix} */
export function sample(dark, map, version) {
  const size = computeSize(version);
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (__, column) => {
    let sum = 0;
    for (const [dx, dy] of LOOKS) {
      const point = apply(map, column + 0.5 + dx, row + 0.5 + dy);
      sum += look(dark, point.x, point.y);
    }
    return sum * 2 > LOOKS.length;
  }));
}
