/** Pictures as a QR reader wants them: grey, of a bearable size, and then dark or light. */

/** @typedef {{ width: number, height: number, values: Uint8Array }} Plane one value a pixel, row by row */

const BIAS = 7;
const FLAT = 24;

/**
 * Grey values of a picture with four bytes a pixel, over white where it is transparent.
 * @param {{ width: number, height: number, data: ArrayLike<number> }} image @returns {Plane}
 */
export function makeGrey({ width, height, data }) {
  const values = new Uint8Array(width * height);
  for (let pixel = 0, place = 0; pixel < values.length; pixel += 1, place += 4) {
    const alpha = data[place + 3];
    const grey = (data[place] * 306 + data[place + 1] * 601 + data[place + 2] * 117) >> 10;
    values[pixel] = alpha === 255 ? grey : 255 - (((255 - grey) * alpha) / 255);
  }
  return { width, height, values };
}

/** The plane with its longer side at most `most`, each value a mean of what it covers. @param {Plane} plane @param {number} most @returns {Plane} */
export function shrink(plane, most) {
  const factor = Math.max(plane.width, plane.height) / most;
  if (factor <= 1) return plane;
  const width = Math.max(1, Math.floor(plane.width / factor));
  const height = Math.max(1, Math.floor(plane.height / factor));
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const top = Math.floor(y * factor);
    const bottom = Math.min(plane.height, Math.max(top + 1, Math.floor((y + 1) * factor)));
    for (let x = 0; x < width; x += 1) {
      const left = Math.floor(x * factor);
      const right = Math.min(plane.width, Math.max(left + 1, Math.floor((x + 1) * factor)));
      values[y * width + x] = mean(plane, left, top, right, bottom);
    }
  }
  return { width, height, values };
}

/** @param {Plane} plane @param {number} left @param {number} top @param {number} right @param {number} bottom @returns {number} */
function mean(plane, left, top, right, bottom) {
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) sum += plane.values[y * plane.width + x];
  }
  return sum / ((right - left) * (bottom - top));
}

/** Twice the size, in between values by the straight line. @param {Plane} plane @returns {Plane} */
export function enlarge(plane) {
  const width = plane.width * 2;
  const height = plane.height * 2;
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) values[y * width + x] = interpolate(plane, x / 2 - 0.25, y / 2 - 0.25);
  }
  return { width, height, values };
}

/** @param {Plane} plane @param {number} x @param {number} y @returns {number} */
function interpolate({ width, height, values }, x, y) {
  const left = Math.min(Math.max(Math.floor(x), 0), width - 1);
  const top = Math.min(Math.max(Math.floor(y), 0), height - 1);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const across = Math.min(Math.max(x - left, 0), 1);
  const down = Math.min(Math.max(y - top, 0), 1);
  const above = values[top * width + left] * (1 - across) + values[top * width + right] * across;
  const below = values[bottom * width + left] * (1 - across) + values[bottom * width + right] * across;
  return above * (1 - down) + below * down;
}

/**
 * Dark (1) where a pixel is darker than its surroundings: light that falls unevenly does no harm.
 * @param {Plane} plane @param {number} radius of the surroundings @returns {Plane}
 */
export function thresholdLocally(plane, radius) {
  const { width, height, values } = plane;
  const sums = sumUp(plane);
  const dark = new Uint8Array(values.length);
  const whole = findThreshold(plane);
  for (let y = 0; y < height; y += 1) {
    const top = Math.max(0, y - radius);
    const bottom = Math.min(height, y + radius + 1);
    for (let x = 0; x < width; x += 1) {
      const left = Math.max(0, x - radius);
      const right = Math.min(width, x + radius + 1);
      const sum = sums[bottom * (width + 1) + right] - sums[top * (width + 1) + right] - sums[bottom * (width + 1) + left] + sums[top * (width + 1) + left];
      const around = sum / ((right - left) * (bottom - top));
      const value = values[y * width + x];
      // Where all is alike, noise would make a pattern: there the whole picture decides.
      const isFlat = Math.abs(value - around) < BIAS && Math.abs(around - whole) > FLAT;
      dark[y * width + x] = isFlat ? Number(around < whole) : Number(value < around);
    }
  }
  return { width, height, values: dark };
}

/** Without grain: each dark or light pixel as most of the nine around it are. @param {Plane} plane of 0 and 1 @returns {Plane} */
export function smooth({ width, height, values }) {
  const calm = Uint8Array.from(values);
  for (let y = 1; y < height - 1; y += 1) {
    for (let place = y * width + 1; place < (y + 1) * width - 1; place += 1) {
      const above = values[place - width - 1] + values[place - width] + values[place - width + 1];
      const below = values[place + width - 1] + values[place + width] + values[place + width + 1];
      calm[place] = Number(above + below + values[place - 1] + values[place] + values[place + 1] > 4);
    }
  }
  return { width, height, values: calm };
}

/** Sums of all values above and to the left of a place. @param {Plane} plane @returns {Float64Array} */
function sumUp({ width, height, values }) {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += values[y * width + x];
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  return sums;
}

/** Dark (1) below one threshold for the whole picture. @param {Plane} plane @returns {Plane} */
export function thresholdWhole(plane) {
  const threshold = findThreshold(plane);
  return { width: plane.width, height: plane.height, values: plane.values.map((value) => Number(value <= threshold)) };
}

/** The value that parts dark and light best (Otsu 1979). @param {Plane} plane @returns {number} */
function findThreshold({ values }) {
  const counts = new Float64Array(256);
  for (const value of values) counts[value] += 1;
  const all = counts.reduce((sum, count, value) => sum + count * value, 0);
  let best = 127;
  let most = -1;
  let below = 0;
  let sum = 0;
  for (let value = 0; value < 255; value += 1) {
    below += counts[value];
    sum += counts[value] * value;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (sum / below - (all - sum) / above) ** 2;
    if (between > most) [best, most] = [value, between];
  }
  return best;
}

/** @param {Plane} plane of 0 and 1 @returns {Plane} */
export function invert(plane) {
  return { ...plane, values: plane.values.map((value) => 1 - value) };
}
