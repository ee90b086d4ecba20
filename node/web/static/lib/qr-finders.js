/** The three finder patterns of a QR code in a picture: dark, light and dark squares in one another, at any angle. */

/** @typedef {import("./qr-image.js").Plane} Plane */
/** @typedef {{ x: number, y: number, module: number, count: number }} Finder a centre, the width of a module, how often it was seen */

const RATIOS = [1, 1, 3, 1, 1];
const TOLERANCE = 0.6;
const MAX_CANDIDATES = 24;
const MAX_TRIPLES = 60;

/** @param {number[]} runs @returns {boolean} whether five runs are as those through a finder pattern */
function isFinder(runs) {
  const module = (runs[0] + runs[1] + runs[2] + runs[3] + runs[4]) / 7;
  if (module < 0.9) return false;
  return RATIOS.every((ratio, place) => Math.abs(runs[place] - ratio * module) < Math.max(ratio * module * TOLERANCE * (ratio === 3 ? 0.7 : 1), 0.6));
}

/** @param {Plane} dark @returns {Finder[]} candidates, those seen most often first */
export function findFinders(dark) {
  /** @type {Finder[]} */
  const found = [];
  for (let y = 0; y < dark.height; y += 1) {
    for (const [x, width] of scanRow(dark, y)) {
      const centre = crossCheck(dark, x, y, width);
      if (centre !== null) addCandidate(found, centre);
    }
  }
  return found.filter((item) => item.count > 1).sort((left, right) => right.count / right.module - left.count / left.module).slice(0, MAX_CANDIDATES);
}

/** @param {Plane} dark @param {number} y @returns {[number, number][]} middle and width of what looks like a finder */
function scanRow(dark, y) {
  /** @type {[number, number][]} */
  const hits = [];
  const { width, values } = dark;
  const offset = y * width;
  const runs = [0, 0, 0, 0, 0];
  let start = 0;
  for (let x = 1; x <= width; x += 1) {
    if (x < width && values[offset + x] === values[offset + x - 1]) continue;
    runs.shift();
    runs.push(x - start);
    start = x;
    if (values[offset + x - 1] === 1 && runs[0] > 0 && isFinder(runs)) {
      hits.push([x - runs[4] - runs[3] - runs[2] / 2, runs[0] + runs[1] + runs[2] + runs[3] + runs[4]]);
    }
  }
  return hits;
}

/**
 * Look along the other direction, and along the first one again through the middle found; null where it is no finder pattern.
 * @param {Plane} dark @param {number} x @param {number} y @param {number} width @returns {Finder | null}
 */
function crossCheck(dark, x, y, width) {
  const down = measure(dark, Math.floor(x), y, 0, 1, width);
  if (down === null) return null;
  const middle = y + down.shift;
  const across = measure(dark, Math.floor(x), Math.floor(middle), 1, 0, width);
  if (across === null) return null;
  const slanted = measure(dark, Math.floor(x) + Math.round(across.shift), Math.floor(middle), 1, 1, width * 0.85);
  if (slanted === null) return null;
  return { x: Math.floor(x) + across.shift + 0.5, y: middle + 0.5, module: (across.length + down.length) / 14, count: 1 };
}

/**
 * Runs through a point in one direction. `shift` is from the point to the middle of the dark run there.
 * @param {Plane} dark @param {number} x @param {number} y @param {number} dx @param {number} dy @param {number} expected
 * @returns {{ length: number, shift: number } | null}
 */
function measure(dark, x, y, dx, dy, expected) {
  const before = walk(dark, x, y, -dx, -dy, expected);
  const after = walk(dark, x, y, dx, dy, expected);
  if (before === null || after === null) return null;
  const runs = [before[2], before[1], before[0] + after[0] - 1, after[1], after[2]];
  const length = runs.reduce((sum, run) => sum + run, 0);
  if (length < expected * 0.55 || length > expected * 1.8 || !isFinder(runs)) return null;
  return { length, shift: (after[0] - before[0]) / 2 };
}

/** @param {Plane} dark @param {number} x @param {number} y @param {number} dx @param {number} dy @param {number} most @returns {number[] | null} */
function walk({ width, height, values }, x, y, dx, dy, most) {
  const runs = [0, 0, 0];
  let state = 0;
  for (let step = 0; step <= most * 2; step += 1) {
    const column = x + step * dx;
    const row = y + step * dy;
    const isInside = column >= 0 && column < width && row >= 0 && row < height;
    const value = isInside ? values[row * width + column] : 0;
    if (value !== (state === 1 ? 0 : 1)) {
      if (step === 0) return null;
      state += 1;
      if (state === 3) return runs;
    }
    if (!isInside) return null;
    runs[state] += 1;
  }
  return null;
}

/** @param {Finder[]} found @param {Finder} centre */
function addCandidate(found, centre) {
  const near = found.find((item) => Math.hypot(item.x - centre.x, item.y - centre.y) < item.module * 2
    && Math.abs(item.module - centre.module) < Math.max(item.module * 0.5, 1));
  if (near === undefined) {
    found.push(centre);
    return;
  }
  const total = near.count + 1;
  for (const name of /** @type {("x" | "y" | "module")[]} */ (["x", "y", "module"])) near[name] += (centre[name] - near[name]) / total;
  near.count = total;
}

/**
 * Triples that may be the corners of one code, the likeliest first: upper left, upper right, lower left.
 * @param {Finder[]} finders @returns {[Finder, Finder, Finder][]}
 */
export function listTriples(finders) {
  const scored = [];
  for (let first = 0; first < finders.length; first += 1) {
    for (let second = first + 1; second < finders.length; second += 1) {
      for (let third = second + 1; third < finders.length; third += 1) {
        const triple = orient(finders[first], finders[second], finders[third]);
        const penalty = judge(triple);
        if (penalty < 1.2) scored.push({ triple, penalty });
      }
    }
  }
  return scored.sort((left, right) => left.penalty - right.penalty).slice(0, MAX_TRIPLES).map((item) => item.triple);
}

/** @param {Finder} left @param {Finder} right @returns {number} */
function distance(left, right) {
  return Math.hypot(left.x - right.x, left.y - right.y);
}

/** The upper left one lies across from the longest side, and from it the upper right one comes first clockwise. @param {Finder} a @param {Finder} b @param {Finder} c @returns {[Finder, Finder, Finder]} */
function orient(a, b, c) {
  const sides = [distance(b, c), distance(a, c), distance(a, b)];
  const longest = sides.indexOf(Math.max(...sides));
  const [corner, one, other] = [[a, b, c], [b, a, c], [c, a, b]][longest];
  const turn = (one.x - corner.x) * (other.y - corner.y) - (one.y - corner.y) * (other.x - corner.x);
  return turn > 0 ? [corner, one, other] : [corner, other, one];
}

/** How far three centres are from the corners of a square of one make; 0 is perfect. @param {[Finder, Finder, Finder]} triple @returns {number} */
function judge([corner, right, below]) {
  const across = distance(corner, right);
  const down = distance(corner, below);
  const modules = [corner.module, right.module, below.module];
  const module = (modules[0] + modules[1] + modules[2]) / 3;
  if (Math.min(across, down) < 10 * module || Math.max(across, down) > 220 * module) return Infinity;
  const cosine = ((right.x - corner.x) * (below.x - corner.x) + (right.y - corner.y) * (below.y - corner.y)) / (across * down);
  const uneven = Math.max(across, down) / Math.min(across, down) - 1;
  const spread = Math.max(...modules) / Math.min(...modules) - 1;
  return Math.abs(cosine) + uneven + spread * 0.5;
}
