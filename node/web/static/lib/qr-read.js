/**
 * QR codes in pictures, where the browser has no reader of its own. Tried are several ways of telling dark from light, and of each
 * the likeliest finder patterns; a picture without a code takes all of them, which is bounded.
 */

import { decodeQr, readVersion } from "./qr-decode.js";
import { findFinders, listTriples } from "./qr-finders.js";
import { fit, judgeTiming, listVariants, listVersions, sample } from "./qr-grid.js";
import { enlarge, invert, makeGrey, shrink, smooth, thresholdLocally, thresholdWhole } from "./qr-image.js";

/** @typedef {import("./qr-image.js").Plane} Plane */
/** @typedef {{ width: number, height: number, data: ArrayLike<number> }} Picture four bytes a pixel, as an ImageData has them */

export const MAX_PIXELS = 1 << 26;
const SIDES = [900, 1800];
const SMALL = 500;
const MAX_CODES = 8;
/** Triples that are tried in vain before a plane is given up. */
const MAX_MISSES = 8;
const GOOD_TIMING = 0.72;

/**
 * The texts of codes in a picture, each once. `isThorough` also tries what costs more, and looks for several: for a file, not for one
 * of many frames of a camera.
 * @param {Picture} picture @param {{ isThorough?: boolean }} [options] @returns {string[]}
 */
export function readQrs(picture, { isThorough = true } = {}) {
  const { width, height, data } = picture;
  if (!(width > 0 && height > 0) || width * height > MAX_PIXELS || data.length < 4 * width * height) return [];
  const grey = makeGrey(picture);
  for (const dark of listPlanes(grey, isThorough)) {
    const texts = readPlane(dark, isThorough ? MAX_CODES : 1);
    if (texts.length > 0) return texts;
  }
  return [];
}

/** The text of the first code, null where none is read. @param {Picture} picture @param {{ isThorough?: boolean }} [options] @returns {string | null} */
export function readQr(picture, options = {}) {
  return readQrs(picture, options)[0] ?? null;
}

/** @param {Plane} grey @param {boolean} isThorough @returns {Generator<Plane>} */
function* listPlanes(grey, isThorough) {
  const small = shrink(grey, SIDES[0]);
  const first = thresholdLocally(small, findRadius(small));
  yield first;
  if (!isThorough) return;
  yield smooth(first);
  yield thresholdWhole(small);
  const large = shrink(grey, SIDES[1]);
  if (large !== small) {
    yield thresholdLocally(large, findRadius(large));
    yield thresholdWhole(large);
  }
  if (Math.max(grey.width, grey.height) <= SMALL) {
    const enlarged = enlarge(grey);
    yield thresholdLocally(enlarged, findRadius(enlarged));
    yield thresholdWhole(enlarged);
  }
  yield thresholdLocally(small, 12);
  yield invert(first);
}

/** @param {Plane} plane @returns {number} */
function findRadius({ width, height }) {
  return Math.max(8, Math.round(Math.min(width, height) / 12));
}

/** @param {Plane} dark @param {number} most @returns {string[]} */
function readPlane(dark, most) {
  const texts = new Set();
  const used = new Set();
  let misses = 0;
  for (const triple of listTriples(findFinders(dark))) {
    if (triple.some((finder) => used.has(finder))) continue;
    const text = readTriple(dark, triple);
    if (text === null) {
      misses += 1;
      if (misses >= MAX_MISSES) break;
      continue;
    }
    texts.add(text);
    for (const finder of triple) used.add(finder);
    if (texts.size >= most) break;
  }
  return [...texts];
}

/** @param {Plane} dark @param {[any, any, any]} triple @returns {string | null} */
function readTriple(dark, triple) {
  for (const { version, map } of listFits(dark, triple)) {
    for (const variant of version === 1 ? listVariants(map) : [map]) {
      const text = decodeQr(sample(dark, variant, version));
      if (text !== null) return text;
    }
  }
  return null;
}

/** @param {Plane} dark @param {[any, any, any]} triple */
function listFits(dark, triple) {
  const fits = [];
  const versions = listVersions(dark, triple);
  for (const version of versions) {
    const map = fit(dark, triple, version);
    if (map === null) continue;
    const timing = judgeTiming(dark, map, version);
    if (timing >= GOOD_TIMING) fits.push({ version, map, timing: timing + (isTold(dark, map, version) ? 1 : 0) });
  }
  return fits.sort((left, right) => right.timing - left.timing).slice(0, 3);
}

/** Whether the symbol itself says that it is of this version. @param {Plane} dark @param {number[]} map @param {number} version @returns {boolean} */
function isTold(dark, map, version) {
  return version >= 7 && readVersion(sample(dark, map, version)) === version;
}
